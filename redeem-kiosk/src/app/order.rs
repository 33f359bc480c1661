//! What is asked of the service under an id: made here, kept in the outbox, sent as it was kept.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::Secret;

/// A redemption, or its reversal, as the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Order {
    /// `POST /v1/redemptions`
    Redemption {
        card: Secret,
        station: String,
        lines: Vec<OrderLine>,
        /// The total that the person saw.
        points_shown: i64,
        /// Who vouched for the person: in orders of an earlier version. The service knows it from the visit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attended_by: Option<String>,
    },
    /// `POST /v1/reversals`
    Reversal {
        /// The number of the receipt that is reversed.
        receipt: String,
    },
}

/// So many of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: String,
    pub pieces: i64,
}

impl Order {
    /// Where it is sent.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Redemption { .. } => "/v1/redemptions",
            Self::Reversal { .. } => "/v1/reversals",
        }
    }

    /// What it is called where it is kept, and in the answer.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Redemption { .. } => "redemption",
            Self::Reversal { .. } => "reversal",
        }
    }

    /// Whether it is for that station.
    pub fn is_at(&self, code: &str) -> bool {
        match self {
            Self::Redemption { station, .. } => station == code,
            Self::Reversal { receipt } => receipt.strip_prefix(code).is_some_and(|rest| rest.starts_with('-')),
        }
    }

    /// Whether it is a redemption with this card.
    pub fn is_of(&self, card: &Secret) -> bool {
        matches!(self, Self::Redemption { card: own, .. } if own == card)
    }
}

/// Six letters and digits by which people can name a command: short, and none that look alike.
pub fn reference(id: Uuid) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let low = id.as_u128();
    (0..6).rev().map(|place| char::from(LETTERS[(low >> (place * 5)) as usize & 31])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_the_body_that_the_service_takes() {
        let order = Order::Redemption {
            card: Secret::new("1000157592"),
            station: "S01".to_owned(),
            lines: vec![OrderLine { sku: "G10".to_owned(), pieces: 1 }],
            points_shown: 300,
            attended_by: None,
        };
        let text = serde_json::to_string(&order).unwrap();
        assert_eq!(
            text,
            r#"{"card":"1000157592","station":"S01","lines":[{"sku":"G10","pieces":1}],"points_shown":300}"#
        );
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
        let reversal = Order::Reversal { receipt: "S01-26-000001".to_owned() };
        let text = serde_json::to_string(&reversal).unwrap();
        assert_eq!(text, r#"{"receipt":"S01-26-000001"}"#);
        assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), reversal);
    }

    #[test]
    fn a_reference_has_six_letters_that_do_not_look_alike() {
        let id = Uuid::parse_str("0190f2b1-7c3a-7d1e-9a55-3f1b2c4d5e6f").unwrap();
        let code = reference(id);
        assert_eq!(code.len(), 6);
        assert!(!code.contains(['0', '1', 'I', 'O']), "{code}");
    }
}
