//! The words of the balance.

use crate::pages::words::{Word, words};

words! {
    Word in "me.ftl":
    MeTitle,
    MeGreeting,
    MeAsOf,
    MeOffline,
    MeBlocked,
    PointsHeading,
    PointsUnit,
    PointsNone,
    PointsExpired,
    ExpiryHeading,
    ExpiryLine,
    ExpirySoon,
    HoursHeading,
    HoursUnit,
    MinutesUnit,
    HoursNote,
    CardLink,
    StatementLink,
    ReceiptsLink,
    BackToBalanceLink,
}
