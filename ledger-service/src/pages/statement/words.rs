//! The words of the statement.

use crate::pages::words::{Word, words};

words! {
    Word in "statement.ftl":
    StatementTitle,
    StatementEmpty,
    KindAttendance,
    KindRedemption,
    KindReversal,
    KindOther,
    ChangePoints,
    ChangeHours,
    PointsAfter,
    ReceiptOf,
    ReasonCut,
    ReasonTime,
    ReasonPoints,
    ReasonRounded,
    AwardOrganiser,
    AwardServiceDay,
    AwardTheme,
    RedeemedLine,
}
