//! What must never be read in a log: card numbers, PINs, tokens.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that prints as stars, however it is printed for a programmer.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for those that it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn length(&self) -> usize {
        self.0.chars().count()
    }

    /// With a digit more, if it then has at most that many.
    pub fn push(&mut self, digit: u8, length_max: usize) {
        if self.length() < length_max {
            self.0.push(char::from(b'0' + digit.min(9)));
        }
    }

    /// Takes its last character away.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// Its last four characters.
    pub fn tail(&self) -> String {
        self.0.chars().skip(self.length().saturating_sub(4)).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars() {
        assert_eq!(format!("{:?}", Some(Secret::new("1000186983"))), "Some(***)");
        assert_eq!(Secret::new("1000186983").tail(), "6983");
    }
}
