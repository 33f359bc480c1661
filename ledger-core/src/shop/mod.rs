//! How points are spent: offers with their prices, stock, redemptions with their monthly limits, and their reversal.

pub mod offer;
pub mod redemption;
pub mod reversal;
pub mod stock;

pub use offer::{Offer, OfferKind, OfferRow, OfferTerms};
pub use redemption::{Line, PiecesHadKey, Redeem, RedeemedLine, Redemption, RedemptionLineRow};
pub use reversal::ReverseRedemption;
pub use stock::OpenStock;
