//! What is counted: free-form codes, each with a fixed number of decimal places.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::effect::{Effect, Effects, Fact};
use crate::reject::{Expected, Field, Rejection};
use crate::row::{ColumnType, Sink, Source, Value, row};
use crate::rule::{Halt, Moment, Rule};
use crate::slice::Unasked;
use crate::text::is_code;
use crate::world::World;

/// A commodity's code, 1 to 40 characters of `[A-Za-z0-9._:/-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Commodity(Arc<str>);

impl TryFrom<String> for Commodity {
    type Error = &'static str;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::new(&code).ok_or("a commodity is 1 to 40 characters of [A-Za-z0-9._:/-]")
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
        is_code(code, 40).then(|| Self(code.into()))
    }

    /// Points, which a town's volunteers earn and spend.
    pub fn point() -> Self {
        Self(POINT.into())
    }

    /// Minutes of service, which a town's volunteers give.
    pub fn minute() -> Self {
        Self(MINUTE.into())
    }

    /// Pieces of a good, or places in a service: `ITEM:<sku>`.
    pub fn item(sku: &str) -> Self {
        Self(format!("ITEM:{sku}").into())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Commodity {
    const TYPE: ColumnType = ColumnType::Text;

    fn put(&self, sink: &mut impl Sink) {
        sink.text(&self.0);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.text().and_then(Self::new)
    }
}

row! {
    /// A commodity is defined, once and for ever.
    journal "ledger_commodities", CommodityRow {
        /// Its code.
        commodity: Commodity,
        /// Decimal places, 0 to [`SCALE_MAX`].
        scale: i64,
    }
}

impl Fact for CommodityRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.commodities.put(self.commodity.clone(), self.scale);
        Ok(())
    }
}

/// Defines what can be counted, and in which units. The same definition again changes nothing, and is no refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefineCommodity {
    /// Its code.
    pub commodity: Commodity,
    /// Decimal places, 0 to [`SCALE_MAX`].
    pub scale: i64,
}

impl Rule for DefineCommodity {
    const KIND: &'static str = "CMDT";

    fn needs(&self, _: &mut World, _: &Moment) {}

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        let Self { commodity, scale } = self;
        if !(0..=SCALE_MAX).contains(scale) {
            return Err(Rejection::field(Field::Scale, Expected::DecimalPlaces9).into());
        }
        match world.commodities.get(commodity)? {
            // The same again: nothing changes.
            Some(defined) if defined == scale => Ok(Effects::of(Vec::new())),
            Some(scale) => {
                Err(Rejection::CommodityDefined { commodity: commodity.as_str().to_owned(), scale: *scale }.into())
            }
            None => {
                Ok(Effects::of(vec![Effect::Commodity(CommodityRow { commodity: commodity.clone(), scale: *scale })]))
            }
        }
    }
}
