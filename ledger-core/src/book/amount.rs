//! Quantities are whole numbers of a commodity's smallest unit. Only at its
//! edges does the ledger read and show decimals.

use rust_decimal::Decimal;

/// The largest quantity that the ledger accepts or holds, in smallest units: 2⁵³ − 1. Every JSON reader keeps integers
/// up to this one exact (RFC 7493, I-JSON).
pub const QUANTITY_MAX: i64 = (1 << 53) - 1;

/// Why a decimal cannot become a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The decimal has more places than the commodity.
    #[error("the amount has more than {scale} decimal places; round it before you post it")]
    NotExact {
        /// How many decimal places the commodity has.
        scale: u32,
    },
    /// The quantity is outside ±[`QUANTITY_MAX`], or the scale is over 28.
    #[error("the amount is outside ±{QUANTITY_MAX} smallest units")]
    OutOfRange,
}

/// Turns a quantity into a decimal: 1234 at scale 2 is 12.34.
///
/// # Errors
/// [`AmountError::OutOfRange`] for a scale over 28.
///
/// ```
/// # use baoyulan_ledger::book::{from_decimal, to_decimal};
/// let decimal = to_decimal(1234, 2)?;
/// assert_eq!(decimal.to_string(), "12.34");
/// assert_eq!(from_decimal(decimal, 2)?, 1234);
/// assert!(from_decimal(decimal, 1).is_err()); // exact or an error
/// # Ok::<(), baoyulan_ledger::book::amount::AmountError>(())
/// ```
pub fn to_decimal(quantity: i64, scale: u32) -> Result<Decimal, AmountError> {
    Decimal::try_from_i128_with_scale(i128::from(quantity), scale).map_err(|_| AmountError::OutOfRange)
}

/// Turns a decimal into a quantity without rounding: 12.34 at scale 2 is 1234.
///
/// # Errors
/// [`AmountError::NotExact`] if digits would be lost, [`AmountError::OutOfRange`] beyond ±[`QUANTITY_MAX`].
pub fn from_decimal(amount: Decimal, scale: u32) -> Result<i64, AmountError> {
    let exact = amount.normalize();
    let missing_places = scale.checked_sub(exact.scale()).ok_or(AmountError::NotExact { scale })?;
    let factor = 10_i128.checked_pow(missing_places).ok_or(AmountError::OutOfRange)?;
    let quantity = exact.mantissa().checked_mul(factor).ok_or(AmountError::OutOfRange)?;
    i64::try_from(quantity)
        .ok()
        .filter(|quantity| quantity.unsigned_abs() <= QUANTITY_MAX.unsigned_abs())
        .ok_or(AmountError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_quantity_survives_the_decimal(quantity in -QUANTITY_MAX..=QUANTITY_MAX, scale in 0_u32..=12) {
            prop_assert_eq!(from_decimal(to_decimal(quantity, scale).unwrap(), scale), Ok(quantity));
        }

        #[test]
        fn a_decimal_is_kept_exactly_or_refused(mantissa in any::<i64>(), places in 0_u32..=20, scale in 0_u32..=12) {
            let amount = Decimal::from_i128_with_scale(i128::from(mantissa), places);
            match from_decimal(amount, scale) {
                Ok(quantity) => prop_assert_eq!(to_decimal(quantity, scale).unwrap(), amount),
                Err(AmountError::NotExact { .. }) => prop_assert!(amount.normalize().scale() > scale),
                Err(AmountError::OutOfRange) => {
                    let scaled = i128::from(mantissa) * 10_i128.pow(scale) / 10_i128.pow(places);
                    prop_assert!(scaled.abs() > i128::from(QUANTITY_MAX));
                }
            }
        }
    }
}
