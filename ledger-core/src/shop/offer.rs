//! Offers: what points are exchanged for, at an immutable version of its price.

use serde::{Deserialize, Serialize};

/// What kind of thing an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// A thing.
    Goods,
    /// A service; its stock is places.
    Service,
    /// A voucher.
    Voucher,
}

impl OfferKind {
    /// The number that stands for the kind in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Goods => 1,
            Self::Service => 2,
            Self::Voucher => 3,
        }
    }

    /// The kind of a row's number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Goods, Self::Service, Self::Voucher].into_iter().find(|kind| kind.number() == number)
    }

    /// The kind of a name: goods, service, voucher.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "goods" => Some(Self::Goods),
            "service" => Some(Self::Service),
            "voucher" => Some(Self::Voucher),
            _ => None,
        }
    }
}

/// An offer and what it costs; a change of anything is a new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferTerms {
    /// Its code, 1 to 8 characters of `[A-Za-z0-9._:/-]`.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: OfferKind,
    /// Points for one piece.
    pub points: i64,
    /// What one piece costs the sponsor, in fen (1/100 CNY).
    pub cost_fen: i64,
    /// Pieces for one person in one calendar month, 0 for any number.
    pub monthly_limit: i64,
}

/// The current version of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its version, from 1.
    pub version: i64,
    /// Its terms.
    pub terms: OfferTerms,
}
