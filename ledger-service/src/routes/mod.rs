//! The API's routes: one noun a file. The list of them is [`crate::router`].

pub mod bank;
pub mod checks;
pub mod health;
pub mod imports;
pub mod keys;
pub mod receipts;
pub mod redemptions;
pub mod reversals;
pub mod stations;
pub mod volunteers;

mod body;
mod page;
pub mod posting;

pub use body::Body;
use serde::Serialize;
use utoipa::ToSchema;

/// A quantity and what it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Amount {
    /// In the commodity's smallest unit, within ±(2⁵³ − 1).
    quantity: i64,
    /// `POINT`, `MIN` (service minutes), or `ITEM:<sku>` (pieces or places).
    #[schema(example = "POINT")]
    commodity: String,
}

impl Amount {
    /// Points.
    pub fn points(quantity: i64) -> Self {
        Self { quantity, commodity: "POINT".to_owned() }
    }

    /// Minutes of service.
    pub fn minutes(quantity: i64) -> Self {
        Self { quantity, commodity: "MIN".to_owned() }
    }

    /// Pieces of an offer.
    pub fn pieces(quantity: i64, sku: &str) -> Self {
        Self { quantity, commodity: format!("ITEM:{sku}") }
    }
}

/// An instant as the API writes it: RFC 3339, UTC.
pub fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|instant| instant.to_string()).unwrap_or_default()
}
