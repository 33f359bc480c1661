//! Every reason to say no: a stable code and typed fields. Wording for people is made at the edge from these.
//!
//! Codes are part of the API: they are never renamed. A rejection is final for its command's id.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Declares the rejections. `again`: a *new* command of the same content may succeed later without anything being
/// corrected by hand. `no`: it will not.
macro_rules! rejections {
    ($($(#[$doc:meta])* $retry:ident $variant:ident $({
        $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
    })?: $text:literal,)*) => {
        /// A no, by rule.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        #[serde(tag = "code", rename_all = "snake_case")]
        pub enum Rejection {
            $($(#[$doc])* #[error($text)] $variant $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl Rejection {
            /// Whether a *new* command of the same content may succeed later without anything being corrected by hand.
            pub fn retryable(&self) -> bool {
                match self {
                    $(Self::$variant { .. } => retryable!($retry),)*
                }
            }

            /// One of each, with empty fields: for whoever must have words for all of them.
            pub fn one_of_each() -> Vec<Self> {
                vec![$(Self::$variant $({ $($field: Default::default()),* })?),*]
            }
        }
    };
}

/// Declares what a rejection's field may say, each with its code and with its English for engineers. The first is the
/// default.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal: $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = $text] #[serde(rename = $code)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ALL[0]
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(match self {
                    $(Self::$variant => $text,)*
                })
            }
        }
    };
}

/// Declares what may be wrong with a policy.
macro_rules! policy_faults {
    ($($(#[$doc:meta])* $variant:ident $({ $($(#[$field_doc:meta])* $field:ident),* $(,)? })?: $text:literal,)*) => {
        /// What is wrong with a policy.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, thiserror::Error)]
        #[serde(tag = "fault", rename_all = "snake_case")]
        pub enum PolicyFault {
            $($(#[$doc])* #[error($text)] $variant $({ $($(#[$field_doc])* $field: String),* })?,)*
        }

        impl PolicyFault {
            /// One of each, with empty fields.
            pub fn one_of_each() -> Vec<Self> {
                vec![$(Self::$variant $({ $($field: String::new()),* })?),*]
            }
        }
    };
}

macro_rules! retryable {
    (no) => {
        false
    };
    (again) => {
        true
    };
}

/// Why several commands that were to be posted together were not: none of them was posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("command {failed} of those to be posted together: {rejection}")]
pub struct AtomicRejected {
    /// What the rule says.
    #[serde(flatten)]
    pub rejection: Rejection,
    /// The first command that was refused, from 0. It is 0, too, where the whole request was.
    #[serde(default, skip_serializing_if = "is_first")]
    pub failed: usize,
}

fn is_first(failed: &usize) -> bool {
    *failed == 0
}

rejections! {
    // The command itself.
    /// The id was used before for another content.
    no IdConflict: "this id was used before for another request; use a new id",
    /// A field's text or number is not of the kind asked for.
    no InvalidField {
        /// The field.
        field: Field,
        /// What it must be.
        expected: Expected,
    }: "{field} is not valid: {expected}",

    // Double entry.
    /// No such commodity.
    no UnknownCommodity {
        /// Its code.
        commodity: String,
    }: "the commodity {commodity} is not defined; define it first",
    /// The commodity is defined with another scale.
    no CommodityDefined {
        /// Its code.
        commodity: String,
        /// Its scale.
        scale: i64,
    }: "the commodity {commodity} is defined already with scale {scale}",
    /// No such account.
    no UnknownAccount {
        /// The address.
        address: String,
    }: "there is no account {address}; open it first",
    /// A town lives in the bank, and the account is its own or one of its members'.
    no ReservedAccount {
        /// The address.
        address: String,
    }: "the account {address} belongs to the town; use the town's own commands",
    /// The address is taken.
    no AccountExists {
        /// The address.
        address: String,
    }: "the account {address} exists already",
    /// The account takes no entries.
    no AccountNotOpen {
        /// The address.
        address: String,
    }: "the account {address} is frozen or closed",
    /// Only an empty account can be closed.
    no AccountNotEmpty {
        /// The address.
        address: String,
        /// Its balance on its normal side.
        quantity: i64,
    }: "the account {address} still holds {quantity}; empty it before it is closed",
    /// An account in a hold that is in force cannot be closed.
    no AccountInHold {
        /// The address.
        address: String,
    }: "the account {address} is in a hold; capture or release that before the account is closed",
    /// The transaction has no entries.
    no NoEntries: "a transaction needs entries",
    /// An account occurs twice in one transaction.
    no AccountRepeated {
        /// The address.
        address: String,
    }: "the account {address} occurs twice; add its entries up",
    /// The entries do not sum to zero.
    no Unbalanced {
        /// The commodity.
        commodity: String,
    }: "the entries in {commodity} do not sum to zero",
    /// More was to be taken from the account than there was: above its floor, or in its lots that have not expired.
    no BelowFloor {
        /// The address.
        address: String,
        /// What could have been taken.
        #[serde(default)]
        available: i64,
        /// What was to be taken.
        #[serde(default)]
        asked: i64,
    }: "the account {address} has {available} to take, and {asked} was asked for",
    /// An entry said what the account may have afterwards, and it would have something else.
    no ConditionFailed {
        /// The address.
        address: String,
        /// Which condition.
        condition: Condition,
        /// What it says; a balance on the account's normal side.
        bound: i64,
        /// What the account would have, or the version that it has.
        found: i64,
    }: "the account {address}: {condition} {bound} was asked for, and {found} was found",
    /// A quantity of zero, or beyond ±(2⁵³ − 1).
    no QuantityOutOfRange: "a quantity is zero or beyond what the ledger takes",
    /// What an account with lots gains must say when it expires.
    no ExpiryRequired {
        /// The address.
        address: String,
    }: "the account {address} holds lots: say when they expire",
    /// Lots were named that the account does not have.
    no LotsMismatch {
        /// The address.
        address: String,
    }: "the account {address} has no such lots",

    // Reversals.
    /// No such record.
    no UnknownRecord {
        /// The position.
        position: i64,
    }: "there is no record at position {position}",
    /// The record is a reversal, or has no entries.
    no NotReversible {
        /// The position.
        position: i64,
    }: "the record at position {position} cannot be reversed: it is a reversal, or it has no entries",
    /// Less than that is left of the record, or nothing.
    no NothingLeftToReverse {
        /// The position.
        position: i64,
    }: "so much is not left to be reversed of the record at position {position}",

    // Holds.
    /// The code was used before.
    no HoldExists {
        /// The code.
        hold: String,
    }: "there is or was a hold {hold} already; use a new code",
    /// No such hold.
    no UnknownHold {
        /// The code.
        hold: String,
    }: "there is no hold {hold}",
    /// Nothing is left in the hold: it was captured or released.
    no HoldClosed {
        /// The code.
        hold: String,
    }: "nothing is left in the hold {hold}: it was captured or released",
    /// The hold's deadline has passed.
    no HoldExpired {
        /// The code.
        hold: String,
    }: "the hold {hold} has lapsed; what it held is free again",
    /// More was to be captured than is left of the account in the hold, or on the other side.
    no BeyondHold {
        /// The address.
        address: String,
        /// What is left, debits positive.
        remaining: i64,
        /// What was to be captured, debits positive.
        asked: i64,
    }: "the hold has {remaining} of the account {address} left, and {asked} was to be captured",
    /// What is captured would go into a lot that has expired.
    no LotExpired {
        /// The address.
        address: String,
    }: "what is captured for the account {address} has expired meanwhile; release the hold",

    // Expiry.
    /// Nothing of these accounts has expired, and none of these holds has lapsed.
    again NothingExpired: "nothing has expired and no hold has lapsed: there is nothing to do",

    // Limits over time.
    /// More would go into the account, or out of it, than the limit allows until the end of its day, month or year.
    again OverLimitInWindow {
        /// The limit's code.
        limit: String,
        /// The account's address.
        address: String,
        /// What was used of it before, holds included.
        used: i64,
        /// What was to be used now.
        asked: i64,
        /// What the limit allows.
        quantity: i64,
        /// The day, as `YYYY-MM-DD` in the bank's zone, from which on it begins anew.
        ends_on: String,
    }: "the limit {limit} allows {quantity} for the account {address}: {used} is used, and {asked} was asked for; it begins anew on {ends_on}",

    // Registration.
    /// The bank is not a town's: it has no people, no activities and no offers.
    no NotATown: "this bank keeps accounts alone; people, activities and offers need a bank that was made for a town",
    /// It is registered with the same content.
    no AlreadyRegistered {
        /// Its code; [`CODE_OF_POLICY`] for the policy.
        code_of: String,
    }: "{code_of} is registered already, with the same content",
    /// It is registered with a content that cannot be changed.
    no RegisteredDifferently {
        /// Its code.
        code_of: String,
        /// What differs.
        field: Field,
    }: "{code_of} is registered already with another {field}, which cannot be changed",
    /// No such unit.
    no UnknownUnit {
        /// Its code.
        unit: String,
    }: "there is no unit {unit}",
    /// No such team.
    no UnknownTeam {
        /// Its code.
        team: String,
    }: "there is no team {team}",
    /// No such kind of service.
    no UnknownServiceType {
        /// Its code.
        service_type: String,
    }: "there is no service type {service_type}",
    /// The policy's numbers or references are wrong.
    no InvalidPolicy {
        /// What is wrong: its code is the member `fault`, and what it names stands beside that.
        #[serde(flatten)]
        fault: PolicyFault,
    }: "the policy is not valid: {fault}",

    // Who may act.
    /// The code is taken.
    no CredentialExists {
        /// Its code.
        credential: String,
    }: "the credential {credential} exists already",
    /// No such credential.
    no UnknownCredential {
        /// Its code.
        credential: String,
    }: "there is no credential {credential}",
    /// It was taken back before.
    no AlreadyRevoked {
        /// Its code.
        credential: String,
    }: "the credential {credential} is revoked already",

    // Attendance, in the order in which the rules are asked.
    /// The card number is not 10 digits with their check digits.
    no CardCheckDigits: "the card number is mistyped: its check digits do not match",
    /// No such card.
    no UnknownCard: "no volunteer has this card",
    /// No such activity.
    no UnknownActivity: "there is no such activity",
    /// No such grade.
    no UnknownGrade: "there is no such grade",
    /// Nobody noted when the volunteer left.
    no MissingCheckOut: "the check-out is missing; enter it and try again",
    /// A time is not of the pattern, or does not exist.
    no InvalidTime: "a time is not a real YYYY-MM-DDTHH:MM",
    /// The check-out is not after the check-in.
    no CheckOutNotAfterCheckIn: "the check-out is not after the check-in",
    /// The attendance ends later than now, by the bank's clock and in its zone.
    again NotOverYet: "this attendance is not over yet; send it again when it is",
    /// One operator both entered and confirmed.
    no SamePersonEnteredAndConfirmed: "the same person entered and confirmed this attendance; a second one must confirm it",
    /// The volunteer's attendance at this activity is recorded.
    no AlreadyRecorded: "this attendance is recorded already",
    /// None of the time lies within the activity.
    no OutsideActivity: "the time lies outside the activity",
    /// The credited time begins before the day on which the volunteer consented, or no such day is known.
    no BeforeConsent: "the service began before the volunteer's day of consent; register that day, or correct the times",
    /// The volunteer was at another activity at that time.
    no OverlapsOtherAttendance: "the time overlaps another attendance of this volunteer",

    // Redemption.
    /// The card is blocked.
    no CardBlocked: "this card is blocked; staff can help",
    /// At the kiosk, nobody of this card has shown who they are, or their visit is over.
    again NoVisit: "no visit of this person is going on at this device: card and PIN come first",
    /// No such station.
    no UnknownStation {
        /// Its code.
        station: String,
    }: "there is no station {station}",
    /// No such offer.
    no UnknownItem {
        /// Its code.
        sku: String,
    }: "{sku} is not on offer",
    /// Nothing was asked for, or a number of pieces that is not at least one.
    no InvalidPieces: "ask for at least one piece of each item, and for at least one item",
    /// More items than one receipt holds.
    no TooManyLines {
        /// How many.
        lines_max: i64,
    }: "one redemption takes at most {lines_max} different items; make two",
    /// An item occurs twice.
    no ItemRepeated {
        /// Its code.
        sku: String,
    }: "{sku} occurs twice; add the pieces up",
    /// The total is not the one that the person saw.
    again PriceChanged {
        /// The total now.
        points: i64,
        /// The total that was seen.
        points_shown: i64,
    }: "the price has changed: {points} points, not {points_shown}; show it and ask again",
    /// The station has too few pieces.
    again OutOfStock {
        /// The offer's code.
        sku: String,
        /// Pieces left.
        pieces_left: i64,
    }: "{sku} is out of stock here: {pieces_left} left",
    /// The person has had as many this month as one may have.
    again OverLimit {
        /// The offer's code.
        sku: String,
        /// Pieces had this month.
        pieces_had: i64,
        /// Pieces allowed.
        monthly_limit: i64,
    }: "{sku}: {pieces_had} had this month, {monthly_limit} are allowed",
    /// Too few points.
    again InsufficientPoints {
        /// Points needed.
        points: i64,
        /// Points that can be spent.
        points_spendable: i64,
    }: "{points} points are needed, {points_spendable} can be spent",
    /// Enough points were earned, but too many of them have expired.
    no PointsExpired {
        /// Points needed.
        points: i64,
        /// Points that can be spent.
        points_spendable: i64,
        /// Points that have expired.
        points_expired: i64,
    }: "{points} points are needed, {points_spendable} can be spent: {points_expired} have expired",
    /// The person owes points, because something that earned them was reversed after they were spent.
    again PointsOwed {
        /// Points owed.
        points_owed: i64,
    }: "{points_owed} points are owed; what is earned next settles them, and then points can be spent again",
    /// The receipt would not fit its format.
    no ReceiptTooLong: "the receipt would be too long; make two redemptions",

    // Stock and reversal.
    /// The stock was opened before.
    no StockOpen {
        /// The station's code.
        station: String,
        /// The offer's code.
        sku: String,
    }: "the stock of {sku} at {station} is open already",
    /// No such receipt.
    no UnknownReceipt: "there is no receipt of this number",
    /// The receipt is one of a reversal.
    no NotARedemption: "a reversal cannot be reversed",
    /// More pieces were to come back than are left of that line of the redemption.
    no BeyondRedemption {
        /// The offer's code.
        sku: String,
        /// Pieces that have not come back yet.
        pieces_left: i64,
    }: "{sku}: only {pieces_left} of this redemption can still come back",
    /// A part of a redemption was to be reversed by its entries.
    no RedemptionByLines: "a part of a redemption is reversed by its receipt and its lines",
    /// It was reversed before.
    no AlreadyReversed: "this redemption has been reversed already",
}

codes! {
    /// A field of a command, by the name that the API, the files of a town or the library give it.
    Field {
        Name "name": "name",
        Accounts "accounts": "accounts",
        Activity "activity": "activity",
        Actor "actor": "actor",
        BuildingGroup "building_group": "building_group",
        Card "card": "card",
        CheckOut "check_out": "check_out",
        ConfirmedBy "confirmed_by": "confirmed_by",
        ConsentOn "consent_on": "consent_on",
        CostOrLimit "cost_fen, limit": "cost_fen, limit",
        Credential "credential": "credential",
        Date "date": "date",
        Device "device": "device",
        End "end": "end",
        EndsAt "ends_at": "ends_at",
        EnteredBy "entered_by": "entered_by",
        ExpiresAt "expires_at": "expires_at",
        Floor "floor": "floor",
        Grid "grid": "grid",
        Hold "hold": "hold",
        Kind "kind": "kind",
        Level "level": "level",
        Limit "limit": "limit",
        Motto "motto": "motto",
        OnBehalfOf "on_behalf_of": "on_behalf_of",
        Organiser "organiser": "organiser",
        Origin "origin": "origin",
        Partner "partner": "partner",
        Pieces "pieces": "pieces",
        Points "points": "points",
        Pseudonym "pseudonym": "pseudonym",
        Quantity "quantity": "quantity",
        Reason "reason": "reason",
        Scale "scale": "scale",
        ServiceDay "service_day": "service_day",
        ServiceType "service_type": "service_type",
        Sex "sex": "sex",
        Sku "sku": "sku",
        Source "source": "source",
        Start "start": "start",
        Station "station": "station",
        Team "team": "team",
        Title "title": "title",
        Unit "unit": "unit",
        Until "until": "until",
        ValidUntil "valid_until": "valid_until",
        Verifier "verifier": "verifier",
    }
}

codes! {
    /// What an entry says of the account's balance afterwards.
    Condition {
        Minimum "minimum": "at least",
        Maximum "maximum": "at most",
        Version "version": "version",
    }
}

codes! {
    /// What a field must be.
    Expected {
        Text200 "text_200": "at most 200 characters, none of them a control character or a direction mark",
        Text64 "text_64": "at most 64 characters, none of them a control character or a direction mark",
        Label64 "label_64": "1 to 64 characters, none of them a control character or a direction mark",
        Name200 "name_200": "at most 200 characters, one of them a letter, and none a control character or a direction mark",
        Somebody "somebody": "somebody: it must not be empty",
        Code64 "code_64": "1 to 64 characters of [A-Za-z0-9._:/-]",
        Code16 "code_16": "1 to 16 characters of [A-Za-z0-9._:/-]",
        Code8 "code_8": "1 to 8 characters of [A-Za-z0-9._:/-]",
        Prefix120 "prefix_120": "1 to 120 characters of [A-Za-z0-9._:/-], of which the last is /",
        DecimalPlaces9 "decimal_places_9": "0 to 9 decimal places",
        ZeroOrLess "zero_or_less": "zero or below, and zero for an account with lots",
        ZeroOrMore "zero_or_more": "0 or more",
        QuantityOrMinusOne "quantity_or_minus_one": "0 to 9,007,199,254,740,991, or -1 to remove it",
        OneOrMore "one_or_more": "1 or more",
        LaterThanStart "later_than_start": "later than starts_at",
        Hours24 "hours_24": "at most 24 hours after the beginning",
        DayOfStart "day_of_start": "the day of starts_at",
        Years1970To9999 "years_1970_to_9999": "in the years 1970 to 9999",
        DayOrEmpty "day_or_empty": "a real day as YYYY-MM-DD, or empty",
        LaterThanNow "later_than_now": "later than now",
        NotLaterThanNow "not_later_than_now": "not later than now",
        Days366 "days_366": "at most 366 days ahead",
        OneStation "one_station": "the one where a teller or a device acts",
        NoStation "no_station": "empty: volunteers and administrators are of no station",
        NoCard "no_card": "empty: only a volunteer's credential is of a card",
        Argon2id "argon2id": "Argon2id in PHC form, at most 300 characters",
    }
}

policy_faults! {
    /// There is no policy yet.
    #[default]
    NotSet: "no policy is set",
    /// A kind of service falls under a rule that the policy does not have.
    UnknownRule {
        /// The kind of service.
        service_type,
        /// The rule that it names.
        rule,
    }: "service type {service_type} names the unknown rule {rule}",
    /// The code of a rule, of a kind of service or of a grade is no label.
    NotALabel {
        /// The code.
        code_of,
    }: "\"{code_of}\" is no label: 1 to 64 characters, none of them a control character or a direction mark",
    /// A rule's numbers.
    RuleOutOfRange {
        /// The rule.
        rule,
    }: "rule {rule}: points an hour are 0 to 1,000,000, its coefficient 0 to 1000 with at most 6 places",
    /// A grade's coefficient.
    GradeOutOfRange {
        /// The grade.
        grade,
    }: "grade {grade}: its coefficient is 0 to 1000 with at most 6 places",
    /// An award's points.
    AwardOutOfRange: "awards are 0 to 1,000,000 points",
    /// The limits of minutes, or the years of validity.
    LimitOutOfRange: "minutes are 1 to 100,000, the years of validity 0 to 1000",
}

/// The `code_of` in [`Rejection::AlreadyRegistered`] of a policy, which has no code of its own.
pub const CODE_OF_POLICY: &str = "the policy";

impl Rejection {
    /// The stable code.
    pub fn code(&self) -> String {
        // The code is the serde tag, so that the two can never differ.
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("code").and_then(serde_json::Value::as_str).unwrap_or("rejected").to_owned()
    }

    /// That a field is not what it must be.
    pub(crate) fn field(field: Field, expected: Expected) -> Self {
        Self::InvalidField { field, expected }
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

    #[test]
    fn what_a_rejection_says_is_kept_flat_and_by_code() {
        for (rejection, kept) in [
            (
                Rejection::field(Field::Actor, Expected::Code64),
                r#"{"code":"invalid_field","field":"actor","expected":"code_64"}"#,
            ),
            (Rejection::InvalidPolicy { fault: PolicyFault::NotSet }, r#"{"code":"invalid_policy","fault":"not_set"}"#),
            (
                Rejection::InvalidPolicy {
                    fault: PolicyFault::UnknownRule { service_type: "visit".to_owned(), rule: "R9".to_owned() },
                },
                r#"{"code":"invalid_policy","fault":"unknown_rule","service_type":"visit","rule":"R9"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&rejection).unwrap(), kept);
            assert_eq!(serde_json::from_str::<Rejection>(kept).unwrap(), rejection);
        }
        for expected in Expected::ALL {
            assert_eq!(serde_json::to_value(expected).unwrap(), expected.code());
        }
        for field in Field::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.code());
        }
        let unknown = r#"{"code":"invalid_field","field":"actor","expected":"of another version"}"#;
        assert!(serde_json::from_str::<Rejection>(unknown).is_err());
    }

    #[test]
    fn engineers_are_told_in_words() {
        let rejection = Rejection::field(Field::EndsAt, Expected::LaterThanStart);
        assert_eq!(rejection.to_string(), "ends_at is not valid: later than starts_at");
        let fault = PolicyFault::NotALabel { code_of: "a\\nb".to_owned() };
        assert_eq!(
            Rejection::InvalidPolicy { fault }.to_string(),
            "the policy is not valid: \"a\\nb\" is no label: 1 to 64 characters, none of them a control character or a direction mark"
        );
    }
}
