//! What the service, the outbox and the printer say, as far as a screen needs it.

use std::collections::BTreeMap;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::proof::typed::TypedNumber;
use jiff::tz::TimeZone;

use super::secret::Secret;

/// A volunteer whom the service knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volunteer {
    /// The name, masked by the service.
    pub name: String,
    /// Their name on receipts, which names nobody.
    pub pseudonym: String,
    /// Points that can be spent now.
    pub points_spendable: i64,
    /// Pieces had this month, by offer: what counts against monthly limits.
    pub pieces_had: BTreeMap<String, i64>,
    pub is_blocked: bool,
}

impl Volunteer {
    /// They have had so many more pieces, or have given them back.
    pub fn count(&mut self, receipt: &ReceiptFacts) {
        for (sku, pieces, _) in &receipt.lines {
            let change = if receipt.is_reversal { -pieces } else { *pieces };
            *self.pieces_had.entry(sku.clone()).or_default() += change;
        }
    }
}

/// Somebody who has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    pub volunteer: Volunteer,
    /// The token of their visit: the service lets the device ask nothing about them without it.
    pub visit: Secret,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The bank's name on receipts, which never changes.
    pub issuer: String,
    /// The zone of the bank's days.
    pub zone: TimeZone,
    /// What the station has to offer.
    pub catalogue: Vec<Offer>,
    /// How many records the journal has; `None` where that did not come.
    pub journal_size: Option<i64>,
}

/// What the station has to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub sku: String,
    pub name: String,
    /// Points for one piece or place.
    pub points: i64,
    /// Pieces for one person in a month; 0 for any number.
    pub monthly_limit: i64,
    /// Pieces or places left here.
    pub pieces_left: i64,
    /// Whether it is a place in a service, not a thing.
    pub is_service: bool,
}

/// A receipt, as the service answered it and after it was compared with what it must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// `S01-26-000042`.
    pub number: String,
    /// The bank that it says has issued it.
    pub issuer: String,
    /// The station's code.
    pub station: String,
    /// The pseudonym of the person whose it is.
    pub subject: String,
    /// SHA-256 of the receipt that it reverses, in hexadecimal digits; empty in a redemption's.
    pub reverses: String,
    /// Whether it is of a reversal.
    pub is_reversal: bool,
    /// The receipt as it was signed.
    pub token: String,
    /// What the QR code holds; empty where the service said nothing that a phone could open.
    pub url: String,
    /// In UTC seconds.
    pub issued_at: i64,
    /// The position of its record in the journal.
    pub position: i64,
    /// SKU, pieces, points each.
    pub lines: Vec<(String, i64, i64)>,
    /// Points of all lines together.
    pub points: i64,
    /// Points that could be spent after it, where its owner chose to have that on receipts.
    pub points_left: Option<i64>,
    /// Whether all of it was reversed since; known where it was looked up.
    pub is_reversed: bool,
    /// Pieces that came back since, by offer; known where it was looked up.
    pub returned: Vec<(String, i64)>,
}

impl ReceiptFacts {
    /// Whether some of it has come back, and not all.
    pub fn is_partly_returned(&self) -> bool {
        !self.is_reversed && !self.returned.is_empty()
    }

    /// The lines with what has not come back.
    pub fn left(&self) -> Vec<(String, i64, i64)> {
        let returned =
            |sku: &str| self.returned.iter().filter(|(of, _)| of == sku).map(|(_, pieces)| pieces).sum::<i64>();
        let left = self.lines.iter().map(|(sku, pieces, each)| (sku.clone(), pieces - returned(sku), *each));
        left.filter(|(_, pieces, _)| *pieces > 0).collect()
    }

    /// The points of what has not come back. What a receipt does not bear out is at most what it says.
    pub fn points_not_returned(&self) -> i64 {
        if self.returned.is_empty() {
            return self.points;
        }
        let points: i128 = self.left().iter().map(|(_, pieces, each)| i128::from(*pieces) * i128::from(*each)).sum();
        i64::try_from(points).unwrap_or(self.points).min(self.points)
    }
}

/// Why something could not be asked, or is not known yet. It may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// Nobody answered, or not in time.
    NoAnswer,
    /// The service asks for patience.
    Busy,
    /// The service says that something broke.
    Broken,
    /// What came is not what the API promises.
    Garbled,
    /// The kiosk's own clock is further ahead of the service's than it may be.
    ClockAhead,
    /// A key that the kiosk has not met: the bank's was replaced, or somebody else answers.
    UnknownKey,
    /// The token is not that of a device of this station.
    OtherCredential,
}

impl Trouble {
    /// Whether waiting does not help: somebody has to see to the machine.
    pub fn needs_staff(self) -> bool {
        match self {
            Self::ClockAhead | Self::UnknownKey | Self::OtherCredential => true,
            Self::NoAnswer | Self::Busy | Self::Broken | Self::Garbled => false,
        }
    }
}

/// A no of the service's, by rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The bank's rules say no.
    Rejected(Rejection),
    /// Card and PIN do not belong together.
    PinWrong,
    /// Too many PINs were wrong.
    PinWait { seconds: i64 },
    /// The work card does not belong to this station.
    NotStaff,
    /// The receipt is one of another station.
    OtherStation,
    /// The bank has another receipt under the number of the one that was scanned.
    OtherReceipt,
    /// A part of a receipt was scanned.
    IncompleteReceipt,
    /// Something that this kiosk has no words for: its code.
    Unknown(String),
}

impl Refusal {
    /// The stable code, as the API has it.
    pub fn code(&self) -> String {
        match self {
            Self::Rejected(rejection) => rejection.code(),
            Self::PinWrong => "pin_wrong".to_owned(),
            Self::PinWait { .. } => "pin_wait".to_owned(),
            Self::NotStaff => "not_staff".to_owned(),
            Self::OtherStation => "other_station".to_owned(),
            Self::OtherReceipt => "other_receipt".to_owned(),
            Self::IncompleteReceipt => "incomplete_receipt".to_owned(),
            Self::Unknown(code) => code.clone(),
        }
    }
}

/// Why a question has no good answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    Refused(Refusal),
    Trouble(Trouble),
    /// This device may not ask (any more).
    Denied,
}

/// What became of an order that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted(Box<ReceiptFacts>),
    /// Refused, and final for its id.
    Refused(Refusal),
    /// The service cannot read it. Final where nothing was sent before.
    Unreadable(String),
    /// Not decided, or not known: the same again, after so many milliseconds at least.
    Unknown(Trouble, Option<i64>),
    /// Not decided: this device may not ask (any more).
    Denied,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Whom the records name.
    pub actor: String,
    /// The token of their own visit.
    pub visit: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Print {
    /// There is no printer here.
    None,
    Printing,
    Printed,
    NoPaper,
    Failed,
}

/// What was read with a scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// A card number whose check digits are right.
    Card(Secret),
    /// The token of a work card.
    WorkCard(Secret),
    /// A receipt's number, and its token.
    Receipt(String, String),
    /// The number alone.
    Number(TypedNumber),
    /// A part of a receipt's token.
    Incomplete,
    Unknown,
}
