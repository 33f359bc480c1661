//! How fields of a body are read: codes as people type them, and whole numbers as JSON has them.

use std::fmt;

pub use baoyulan_ledger::object::{Object, objects, objects_if_any};
use baoyulan_ledger::text::{code_as_typed, digits_as_typed};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A code as it was meant: see [`baoyulan_ledger::text`].
pub fn code<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(code_as_typed(&String::deserialize(from)?).into_owned())
}

/// The same, or null.
pub fn code_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| code_as_typed(&text).into_owned()))
}

/// The digits of a card or of a PIN, as they were meant.
pub fn digits<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(digits_as_typed(&String::deserialize(from)?).into_owned())
}

/// A whole number. JSON knows no other kind of number than those that may have decimals, so `3.0` and `3e0` are whole too.
pub fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    from.deserialize_any(Whole)
}

/// A whole number, or null.
pub fn integer_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    struct Field(i64);
    impl<'de> Deserialize<'de> for Field {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            integer(from).map(Self)
        }
    }
    Ok(Option::<Field>::deserialize(from)?.map(|Field(number)| number))
}

struct Whole;

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        Ok(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        i64::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    /// Beyond 2⁵³ a number with decimals no longer tells one whole number from the next.
    fn visit_f64<E: Error>(self, number: f64) -> Result<i64, E> {
        const LIMIT: f64 = 9_007_199_254_740_992.0;
        let is_whole = number.fract() == 0.0 && number.abs() < LIMIT;
        // In this range every whole number is exactly one of `i64`.
        if is_whole { Ok(number as i64) } else { Err(E::invalid_value(Unexpected::Float(number), &self)) }
    }
}
