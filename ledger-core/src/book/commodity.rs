//! What is counted: free-form codes, each with a fixed number of decimal places.

use serde::{Deserialize, Serialize};

use crate::text::is_code;

/// A commodity's code, 1 to 40 characters of `[A-Za-z0-9._:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Commodity(String);

impl TryFrom<String> for Commodity {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("a commodity is 1 to 40 characters of [A-Za-z0-9._:/-]")
    }
}

impl From<Commodity> for String {
    fn from(commodity: Commodity) -> Self {
        commodity.0
    }
}

/// Points, in whole points. They can be spent, and they expire.
pub const POINT: &str = "POINT";
/// Service time, in minutes. It is never spent and never expires.
pub const MINUTE: &str = "MIN";
/// Decimal places at most.
pub const SCALE_MAX: i64 = 9;

impl Commodity {
    /// The commodity of that code; `None` where the code is not one.
    pub fn new(code: &str) -> Option<Self> {
        is_code(code, 40).then(|| Self(code.to_owned()))
    }

    /// Points.
    pub fn point() -> Self {
        Self(POINT.to_owned())
    }

    /// Minutes of service.
    pub fn minute() -> Self {
        Self(MINUTE.to_owned())
    }

    /// Pieces of a good, or places in a service: `ITEM:<sku>`.
    pub fn item(sku: &str) -> Self {
        Self(format!("ITEM:{sku}"))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
