//! How points are spent: offers with their prices, stock, redemptions with their monthly limits.

pub mod offer;
pub mod redemption;

pub use offer::{Offer, OfferKind, OfferTerms};
pub use redemption::{Line, RedeemedLine};
