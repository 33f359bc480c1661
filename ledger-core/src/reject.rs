//! Every reason to say no: a stable code and typed fields. Wording for people is made at the edge from these.
//!
//! Codes are part of the API: they are never renamed. A rejection is final for its command's id.

use serde::{Deserialize, Serialize};

/// A no, by rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Rejection {
    // The command itself.
    /// The id was used before for another content.
    #[error("this id was used before for another request; use a new id")]
    IdConflict,
    /// A field's text or number is not of the kind asked for.
    #[error("{field} is not valid: {expected}")]
    InvalidField {
        /// The field.
        field: String,
        /// What it must be.
        expected: String,
    },

    // Double entry.
    /// No such commodity.
    #[error("the commodity {commodity} is not defined; define it first")]
    UnknownCommodity {
        /// Its code.
        commodity: String,
    },
    /// The commodity is defined with another scale.
    #[error("the commodity {commodity} is defined already with scale {scale}")]
    CommodityDefined {
        /// Its code.
        commodity: String,
        /// Its scale.
        scale: i64,
    },
    /// No such account.
    #[error("there is no account {address}; open it first")]
    UnknownAccount {
        /// The address.
        address: String,
    },
    /// The address is taken.
    #[error("the account {address} exists already")]
    AccountExists {
        /// The address.
        address: String,
    },
    /// The account takes no entries.
    #[error("the account {address} is frozen or closed")]
    AccountNotOpen {
        /// The address.
        address: String,
    },
    /// Only an empty account can be closed.
    #[error("the account {address} still holds {quantity}; empty it before it is closed")]
    AccountNotEmpty {
        /// The address.
        address: String,
        /// Its balance on its normal side.
        quantity: i64,
    },
    /// The transaction has no entries.
    #[error("a transaction needs entries")]
    NoEntries,
    /// An account occurs twice in one transaction.
    #[error("the account {address} occurs twice; add its entries up")]
    AccountRepeated {
        /// The address.
        address: String,
    },
    /// The entries do not sum to zero.
    #[error("the entries in {commodity} do not sum to zero")]
    Unbalanced {
        /// The commodity.
        commodity: String,
    },
    /// The account would fall below its floor.
    #[error("the account {address} would fall below its floor")]
    BelowFloor {
        /// The address.
        address: String,
    },
    /// A quantity of zero, or beyond ±(2⁵³ − 1).
    #[error("a quantity is zero or beyond what the ledger takes")]
    QuantityOutOfRange,
    /// What an account with lots gains must say when it expires.
    #[error("the account {address} holds lots: say when they expire")]
    ExpiryRequired {
        /// The address.
        address: String,
    },
    /// Lots were named that the account does not have.
    #[error("the account {address} has no such lots")]
    LotsMismatch {
        /// The address.
        address: String,
    },

    // Registration.
    /// It is registered with the same content.
    #[error("{code_of} is registered already, with the same content")]
    AlreadyRegistered {
        /// Its code.
        code_of: String,
    },
    /// It is registered with a content that cannot be changed.
    #[error("{code_of} is registered already with another {field}, which cannot be changed")]
    RegisteredDifferently {
        /// Its code.
        code_of: String,
        /// What differs.
        field: String,
    },
    /// No such unit.
    #[error("there is no unit {unit}")]
    UnknownUnit {
        /// Its code.
        unit: String,
    },
    /// No such team.
    #[error("there is no team {team}")]
    UnknownTeam {
        /// Its code.
        team: String,
    },
    /// No such kind of service.
    #[error("there is no service type {service_type}")]
    UnknownServiceType {
        /// Its code.
        service_type: String,
    },
    /// The policy's numbers or references are wrong.
    #[error("the policy is not valid: {fault}")]
    InvalidPolicy {
        /// What is wrong.
        fault: String,
    },

    // Who may act.
    /// The code is taken.
    #[error("the credential {credential} exists already")]
    CredentialExists {
        /// Its code.
        credential: String,
    },
    /// No such credential.
    #[error("there is no credential {credential}")]
    UnknownCredential {
        /// Its code.
        credential: String,
    },
    /// It was taken back before.
    #[error("the credential {credential} is revoked already")]
    AlreadyRevoked {
        /// Its code.
        credential: String,
    },

    // Attendance, in the order in which the rules are asked.
    /// The card number is not 10 digits with their check digits.
    #[error("the card number is mistyped: its check digits do not match")]
    CardCheckDigits,
    /// No such card.
    #[error("no volunteer has this card")]
    UnknownCard,
    /// No such activity.
    #[error("there is no such activity")]
    UnknownActivity,
    /// No such grade.
    #[error("there is no such grade")]
    UnknownGrade,
    /// Nobody noted when the volunteer left.
    #[error("the check-out is missing; enter it and try again")]
    MissingCheckOut,
    /// A time is not of the pattern, or does not exist.
    #[error("a time is not a real YYYY-MM-DDTHH:MM")]
    InvalidTime,
    /// The check-out is not after the check-in.
    #[error("the check-out is not after the check-in")]
    CheckOutNotAfterCheckIn,
    /// One operator both entered and confirmed.
    #[error("the same person entered and confirmed this attendance; a second one must confirm it")]
    SamePersonEnteredAndConfirmed,
    /// The volunteer's attendance at this activity is recorded.
    #[error("this attendance is recorded already")]
    AlreadyRecorded,
    /// None of the time lies within the activity.
    #[error("the time lies outside the activity")]
    OutsideActivity,
    /// The volunteer was at another activity at that time.
    #[error("the time overlaps another attendance of this volunteer")]
    OverlapsOtherAttendance,

    // Redemption.
    /// The card is blocked.
    #[error("this card is blocked; staff can help")]
    CardBlocked,
    /// No such station.
    #[error("there is no station {station}")]
    UnknownStation {
        /// Its code.
        station: String,
    },
    /// No such offer.
    #[error("{sku} is not on offer")]
    UnknownItem {
        /// Its code.
        sku: String,
    },
    /// Nothing was asked for, or a number of pieces that is not at least one.
    #[error("ask for at least one piece of each item, and for at least one item")]
    InvalidPieces,
    /// More items than one receipt holds.
    #[error("one redemption takes at most {lines_max} different items; make two")]
    TooManyLines {
        /// How many.
        lines_max: i64,
    },
    /// An item occurs twice.
    #[error("{sku} occurs twice; add the pieces up")]
    ItemRepeated {
        /// Its code.
        sku: String,
    },
    /// The total is not the one that the person saw.
    #[error("the price has changed: {points} points, not {points_shown}; show it and ask again")]
    PriceChanged {
        /// The total now.
        points: i64,
        /// The total that was seen.
        points_shown: i64,
    },
    /// The station has too few pieces.
    #[error("{sku} is out of stock here: {pieces_left} left")]
    OutOfStock {
        /// The offer's code.
        sku: String,
        /// Pieces left.
        pieces_left: i64,
    },
    /// The person has had as many this month as one may have.
    #[error("{sku}: {pieces_had} had this month, {monthly_limit} are allowed")]
    OverLimit {
        /// The offer's code.
        sku: String,
        /// Pieces had this month.
        pieces_had: i64,
        /// Pieces allowed.
        monthly_limit: i64,
    },
    /// Too few points.
    #[error("{points} points are needed, {points_spendable} can be spent")]
    InsufficientPoints {
        /// Points needed.
        points: i64,
        /// Points that can be spent.
        points_spendable: i64,
    },
    /// Enough points were earned, but too many of them have expired.
    #[error("{points} points are needed, {points_spendable} can be spent: {points_expired} have expired")]
    PointsExpired {
        /// Points needed.
        points: i64,
        /// Points that can be spent.
        points_spendable: i64,
        /// Points that have expired.
        points_expired: i64,
    },
    /// The receipt would not fit its format.
    #[error("the receipt would be too long; make two redemptions")]
    ReceiptTooLong,

    // Stock and reversal.
    /// The stock was opened before.
    #[error("the stock of {sku} at {station} is open already")]
    StockOpen {
        /// The station's code.
        station: String,
        /// The offer's code.
        sku: String,
    },
    /// No such receipt.
    #[error("there is no receipt of this number")]
    UnknownReceipt,
    /// The receipt is one of a reversal.
    #[error("a reversal cannot be reversed")]
    NotARedemption,
    /// It was reversed before.
    #[error("this redemption has been reversed already")]
    AlreadyReversed,
}

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> String {
        // The code is the serde tag, so that the two can never differ.
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("code").and_then(serde_json::Value::as_str).unwrap_or("rejected").to_owned()
    }

    /// Whether a *new* command of the same content may succeed later without anything being corrected by hand.
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::PriceChanged { .. }
                | Self::OutOfStock { .. }
                | Self::OverLimit { .. }
                | Self::InsufficientPoints { .. }
        )
    }

    /// That a field is not what it must be.
    pub(crate) fn field(field: &str, expected: &str) -> Self {
        Self::InvalidField { field: field.to_owned(), expected: expected.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_kept_with_its_fields_and_read_back() {
        let rejection = Rejection::OutOfStock { sku: "G10".to_owned(), pieces_left: 0 };
        let kept = serde_json::to_string(&rejection).unwrap();
        assert_eq!(kept, r#"{"code":"out_of_stock","sku":"G10","pieces_left":0}"#);
        assert_eq!(serde_json::from_str::<Rejection>(&kept).unwrap(), rejection);
        assert_eq!(rejection.code(), "out_of_stock");
        assert_eq!(Rejection::SamePersonEnteredAndConfirmed.code(), "same_person_entered_and_confirmed");
    }
}
