//! Whether a receipt is believed: the bank's signature says who wrote it, and not that it answers what was asked.

use std::collections::BTreeMap;

use baoyulan_ledger::proof::ReceiptNumber;
use baoyulan_ledger::proof::receipt::token_digest;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answer::ReceiptFacts;
use super::order::Order;
use super::secret::Secret;

/// What an order is sent and judged by: kept with it, so that a later start judges the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The token of the visit in which it was made; empty in what an earlier version kept, as are the others.
    pub visit: Secret,
    /// The bank's name.
    pub issuer: String,
    /// The pseudonym of the person whom it is for.
    pub subject: String,
    /// SHA-256 of the receipt that is reversed, in hexadecimal digits.
    pub reverses: String,
    /// What was left of that receipt: SKU, pieces, points each.
    pub lines: Vec<(String, i64, i64)>,
    /// The last receipt that was seen before, or the last record of the journal then: this one comes after both.
    pub after: Mark,
    /// When it was made by the kiosk's own clock, in UTC seconds; 0 in what an earlier version kept. Whoever answers in the
    /// service's place may say that the journal has not grown, but cannot have a receipt signed at another time.
    #[serde(default)]
    pub made_at: i64,
}

/// By how many seconds the kiosk's clock may be ahead of the service's. If it is further ahead, no orders are made.
pub const LEAD_SECONDS_MAX: i64 = 15 * 60;

impl Terms {
    /// Of a redemption.
    pub fn of_redemption(visit: Secret, issuer: &str, subject: &str, (after, made_at): (Mark, i64)) -> Self {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        Self { visit, issuer, subject, after, made_at, ..Self::default() }
    }

    /// Of the reversal of that receipt.
    pub fn of_reversal(visit: Secret, receipt: &ReceiptFacts, (after, made_at): (Mark, i64)) -> Self {
        Self {
            visit,
            issuer: receipt.issuer.clone(),
            subject: receipt.subject.clone(),
            reverses: HEXLOWER.encode(&token_digest(&receipt.token)),
            lines: receipt.left(),
            after,
            made_at,
        }
    }

    /// Whether nothing is known of what its receipt must say, because an earlier version kept the order.
    fn is_unknown(&self) -> bool {
        self.subject.is_empty()
    }
}

/// A receipt's place: numbers of a station grow within a year, positions in the journal for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    pub position: i64,
    pub year: i64,
    pub number: i64,
}

impl Default for Mark {
    /// Before all receipts.
    fn default() -> Self {
        Self { position: -1, year: 0, number: 0 }
    }
}

impl Mark {
    fn of(receipt: &ReceiptFacts) -> Option<Self> {
        Self::at(receipt.position, &receipt.number)
    }

    /// None where that is no receipt's number.
    pub fn at(position: i64, number: &str) -> Option<Self> {
        let ReceiptNumber { year, number, .. } = ReceiptNumber::parse(number)?;
        Some(Self { position, year, number })
    }

    fn comes_after(self, other: Self) -> bool {
        self.position > other.position && (self.year, self.number) > (other.year, other.number)
    }
}

/// A receipt that was seen, and for which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenReceipt {
    pub id: Uuid,
    pub number: String,
    pub position: i64,
    pub issuer: String,
}

/// The receipts that this kiosk has seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Who has issued them; empty before the first.
    pub issuer: String,
    /// The latest, also of those that were looked up.
    pub last: Mark,
    /// By position, those that come after what an order under way comes after: all others are too old for any order.
    pub recent: BTreeMap<i64, (Uuid, String)>,
}

impl Seen {
    pub fn add(&mut self, receipt: SeenReceipt) {
        let SeenReceipt { id, number, position, issuer } = receipt;
        if let Some(mark) = Mark::at(position, &number) {
            self.last = self.last.max(mark);
        }
        self.issuer = issuer;
        self.recent.insert(position, (id, number));
    }

    /// A receipt that was looked up, of an earlier order: those of later ones come after it.
    pub fn look_at(&mut self, receipt: &ReceiptFacts) {
        self.last = self.last.max(Mark::of(receipt).unwrap_or_default());
    }

    /// Forgets what is too old for orders that come after `first`; all, where there is no order under way.
    pub fn forget_until(&mut self, first: Option<Mark>) {
        match first {
            Some(first) => self.recent.retain(|position, _| *position > first.position),
            None => self.recent.clear(),
        }
    }

    /// Whether number or position was seen for another order, or this order has had another.
    fn contradicts(&self, id: Uuid, receipt: &ReceiptFacts) -> bool {
        self.recent.iter().any(|(position, (other, number))| {
            let is_this = *position == receipt.position && *number == receipt.number;
            let overlaps = *position == receipt.position || *number == receipt.number || *other == id;
            overlaps && (*other != id || !is_this)
        })
    }
}

/// Why a receipt is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// It is signed, but with a key that the kiosk does not know as the bank's. All others have been signed by the bank.
    Key,
    Issuer,
    Station,
    /// It is another person's.
    Subject,
    /// It is of something else than was ordered: other goods, other points, or another kind.
    Content,
    /// It reverses another receipt.
    Reversed,
    /// It was seen before, for another order.
    Seen,
    /// It is older than the order.
    Older,
}

/// Whether a receipt answers that order; if not, why not.
pub fn doubt(
    id: Uuid,
    order: &Order,
    terms: &Terms,
    receipt: &ReceiptFacts,
    seen: &Seen,
    station: &str,
) -> Option<Doubt> {
    let is_issuers = |issuer: &str| issuer.is_empty() || receipt.issuer == issuer;
    let is_after = Mark::of(receipt).is_some_and(|mark| mark.comes_after(terms.after))
        && receipt.issued_at >= terms.made_at - LEAD_SECONDS_MAX;
    let holds = [
        (Doubt::Issuer, is_issuers(&terms.issuer) && is_issuers(&seen.issuer)),
        (Doubt::Station, receipt.station == station),
        (Doubt::Subject, terms.is_unknown() || receipt.subject == terms.subject),
        (Doubt::Content, is_of_content(order, terms, receipt)),
        (Doubt::Reversed, terms.is_unknown() || receipt.reverses == terms.reverses),
        (Doubt::Seen, !seen.contradicts(id, receipt)),
        (Doubt::Older, is_after),
    ];
    holds.into_iter().find(|(_, holds)| !holds).map(|(doubt, _)| doubt)
}

fn is_of_content(order: &Order, terms: &Terms, receipt: &ReceiptFacts) -> bool {
    match order {
        Order::Redemption { lines, points_shown, .. } => {
            let listed = receipt.lines.iter().map(|(sku, pieces, _)| (sku, *pieces));
            !receipt.is_reversal
                && receipt.points == *points_shown
                && listed.eq(lines.iter().map(|line| (&line.sku, line.pieces)))
        }
        Order::Reversal { .. } => receipt.is_reversal && (terms.is_unknown() || is_part(&receipt.lines, &terms.lines)),
    }
}

/// Whether these lines are of those, at the same prices. A counter may have taken back some of it meanwhile: then the rest came back.
fn is_part(lines: &[(String, i64, i64)], of: &[(String, i64, i64)]) -> bool {
    let holds = |(sku, pieces, each): &(String, i64, i64)| {
        of.iter().any(|(of, most, price)| of == sku && pieces <= most && price == each)
    };
    !lines.is_empty() && lines.iter().all(holds)
}
