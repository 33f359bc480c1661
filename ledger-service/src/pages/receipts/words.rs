//! The words of the receipts.

use crate::pages::words::{Word, words};

words! {
    Word in "receipts.ftl":
    ReceiptsTitle,
    ReceiptsEmpty,
    RedemptionReceiptTitle,
    ReversalReceiptTitle,
    ReceiptKind,
    ReceiptNumber,
    ReceiptIssued,
    ReceiptStation,
    ReceiptItems,
    ReceiptPoints,
    ReceiptSpent,
    ReceiptGivenBack,
    ReceiptLeft,
    StandingGood,
    StandingReversed,
    StandingReversal,
    ReceiptQr,
    ReceiptQrNote,
    ReceiptVerifyButton,
    BackToReceiptsLink,
}
