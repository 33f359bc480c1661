//! The words of the check of a receipt.

use crate::pages::words::{Word, words};

words! {
    Word in "verify.ftl":
    VerifyTitle,
    VerifyLead,
    VerifyField,
    VerifyFieldHint,
    VerifyHereButton,
    VerifyServerButton,
    VerifyServerNote,
    VerifyWorking,
    VerifyGoodHeading,
    VerifyGoodText,
    VerifyLimits,
    VerifyServerGood,
    VerifyBadHeading,
    VerifyTooLong,
    VerifyNotThreeParts,
    VerifyUnknownKey,
    VerifyMalformedSignature,
    VerifyWrongSignature,
    VerifyMalformedPayload,
    VerifyUnableHeading,
    VerifyNoCrypto,
    VerifyNoKeys,
}
