//! Quantities and instants, as the API writes them.

use serde::Serialize;
use utoipa::ToSchema;

/// A quantity and what it is a quantity of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Amount {
    /// Whole, in the commodity's smallest unit, within ±(2⁵³ − 1).
    quantity: i64,
    /// `POINT`, `MIN` (minutes of service), or `ITEM:<sku>` (pieces or places of an offer).
    #[schema(example = "POINT")]
    commodity: String,
}

impl Amount {
    pub fn points(quantity: i64) -> Self {
        Self { quantity, commodity: "POINT".to_owned() }
    }

    /// Minutes of service.
    pub fn minutes(quantity: i64) -> Self {
        Self { quantity, commodity: "MIN".to_owned() }
    }

    pub fn pieces(quantity: i64, sku: &str) -> Self {
        Self { quantity, commodity: format!("ITEM:{sku}") }
    }
}

/// RFC 3339, UTC.
pub fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|instant| instant.to_string()).unwrap_or_default()
}
