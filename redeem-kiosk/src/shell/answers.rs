//! The bodies that the service answers with, as far as the agent reads them.

use baoyulan_ledger::proof::{Receipt, ReceiptKind};
use serde::Deserialize;

use crate::app::answer::{Offer, ReceiptFacts, Refusal, Staff, Volunteer};
use crate::app::secret::Secret;

/// Quantities are within this, so that every JSON reader keeps them.
const QUANTITY_MAX: i64 = (1 << 53) - 1;

#[derive(Deserialize)]
pub(super) struct AmountBody {
    quantity: i64,
    commodity: String,
}

impl AmountBody {
    fn of(&self, commodity: &str) -> Option<i64> {
        (self.commodity == commodity && self.quantity.abs() <= QUANTITY_MAX).then_some(self.quantity)
    }

    fn points(&self) -> Option<i64> {
        self.of("POINT")
    }
}

#[derive(Deserialize)]
pub(super) struct ProblemBody {
    pub(super) status: u16,
    pub(super) code: String,
    pieces_left: Option<i64>,
}

impl ProblemBody {
    pub(super) fn refusal(&self) -> Refusal {
        Refusal { code: self.code.clone(), wait_seconds: None, pieces_left: self.pieces_left }
    }
}

#[derive(Deserialize)]
pub(super) struct AttendantBody {
    actor: String,
}

impl AttendantBody {
    pub(super) fn staff(self) -> Staff {
        Staff { actor: self.actor }
    }
}

#[derive(Deserialize)]
pub(super) struct VolunteerBody {
    card: Secret,
    card_state: String,
    name: String,
    balance: BalanceBody,
}

#[derive(Deserialize)]
struct BalanceBody {
    points: AmountBody,
    points_spendable: AmountBody,
}

impl VolunteerBody {
    /// None where it is somebody else, or makes no sense.
    pub(super) fn volunteer(self, card: &Secret) -> Option<Volunteer> {
        let points_spendable = self.balance.points_spendable.points()?;
        let points_expired = self.balance.points.points()?.checked_sub(points_spendable)?;
        let is_blocked = match self.card_state.as_str() {
            "active" => false,
            "blocked" => true,
            _ => return None,
        };
        let is_good = self.card == *card && points_expired >= 0;
        is_good.then_some(Volunteer { name: self.name, points_spendable, points_expired, is_blocked })
    }
}

#[derive(Deserialize)]
pub(super) struct CatalogueBody {
    data: Vec<OfferBody>,
}

#[derive(Deserialize)]
struct OfferBody {
    sku: String,
    name: String,
    kind: String,
    points: AmountBody,
    monthly_limit: i64,
    pieces_left: AmountBody,
}

impl CatalogueBody {
    /// None where one of them makes no sense.
    pub(super) fn offers(self) -> Option<Vec<Offer>> {
        self.data.into_iter().map(OfferBody::offer).collect()
    }
}

impl OfferBody {
    fn offer(self) -> Option<Offer> {
        let points = self.points.points().filter(|points| *points >= 0)?;
        let pieces_left = self.pieces_left.of(&format!("ITEM:{}", self.sku))?;
        let is_service = self.kind != "goods";
        let is_good = self.monthly_limit >= 0 && !self.sku.is_empty();
        is_good.then_some(Offer {
            sku: self.sku,
            name: self.name,
            points,
            monthly_limit: self.monthly_limit,
            pieces_left,
            is_service,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct ReceiptBody {
    receipt_number: String,
    kind: String,
    pub(super) receipt: String,
    receipt_url: String,
    #[serde(default)]
    reversed: bool,
}

impl ReceiptBody {
    /// What its verified token says; none where what stands beside it says something else.
    pub(super) fn facts(self, receipt: Receipt) -> Option<ReceiptFacts> {
        let (kind, is_reversal) = match receipt.kind {
            ReceiptKind::Redemption => ("redemption", false),
            ReceiptKind::Reversal => ("reversal", true),
        };
        let is_url = self.receipt_url.starts_with("http://") || self.receipt_url.starts_with("https://");
        let agrees = self.kind == kind
            && self.receipt_number == receipt.number
            && is_url
            && self.receipt_url.ends_with(&format!("#{}", self.receipt));
        agrees.then_some(ReceiptFacts {
            number: receipt.number,
            is_reversal,
            token: self.receipt,
            url: self.receipt_url,
            issued_at: receipt.issued_at,
            lines: receipt.lines,
            points: receipt.points,
            points_left: receipt.balance,
            is_reversed: self.reversed,
        })
    }
}
