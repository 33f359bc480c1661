//! What can be pressed. A control has one spelling, which is the value of its button.

use page_parts::{Language, TextSize};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    Back,
    /// To the first screen; ends the visit.
    Home,
    Help,
    Stay,
    Language(Language),
    Size(TextSize),
    /// Begin without a card to scan.
    Begin,
    Digit(u8),
    Erase,
    /// What was typed is complete.
    Submit,
    /// A member of staff instead of a PIN.
    Attend,
    Offer(String),
    NextPage,
    PreviousPage,
    Pieces(i64),
    Confirm,
    /// Try once more, or choose again.
    Again,
    /// Something else too, in the same visit.
    More,
    Undo,
    /// The receipt on paper once more.
    PrintAgain,
    /// The person is done, and the visit ends.
    Finish,
    Desk,
    /// To look up a receipt by its number.
    FindReceipt,
    /// The receipts of this year, or of the one before.
    OtherYear,
    /// What was told on the first screen has been seen to.
    Dismiss,
}

/// The controls whose spelling is a word alone.
const WORDS: [(&str, Control); 20] = [
    ("back", Control::Back),
    ("home", Control::Home),
    ("help", Control::Help),
    ("stay", Control::Stay),
    ("begin", Control::Begin),
    ("erase", Control::Erase),
    ("submit", Control::Submit),
    ("attend", Control::Attend),
    ("next-page", Control::NextPage),
    ("previous-page", Control::PreviousPage),
    ("confirm", Control::Confirm),
    ("again", Control::Again),
    ("more", Control::More),
    ("undo", Control::Undo),
    ("print-again", Control::PrintAgain),
    ("finish", Control::Finish),
    ("desk", Control::Desk),
    ("find-receipt", Control::FindReceipt),
    ("dismiss", Control::Dismiss),
    ("other-year", Control::OtherYear),
];

impl Control {
    /// Reads a button's value.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((_, control)) = WORDS.iter().find(|(word, _)| *word == text) {
            return Some(control.clone());
        }
        let (kind, value) = text.split_once('-')?;
        match kind {
            "digit" => value.parse().ok().filter(|digit| *digit <= 9).map(Self::Digit),
            "pieces" => value.parse().ok().filter(|pieces| (1..=99).contains(pieces)).map(Self::Pieces),
            "offer" => Some(Self::Offer(value.to_owned())),
            "language" => Language::parse(value).map(Self::Language),
            "size" => TextSize::parse(value).map(Self::Size),
            _ => None,
        }
    }

    /// Whether it types: it may be pressed many times on one screen, and quickly.
    pub fn types(&self) -> bool {
        matches!(self, Self::Digit(_) | Self::Erase)
    }
}

impl std::fmt::Display for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Digit(digit) => write!(formatter, "digit-{digit}"),
            Self::Pieces(pieces) => write!(formatter, "pieces-{pieces}"),
            Self::Offer(sku) => write!(formatter, "offer-{sku}"),
            Self::Language(language) => write!(formatter, "language-{}", language.tag()),
            Self::Size(size) => write!(formatter, "size-{}", size.code()),
            word @ (Self::Back
            | Self::Home
            | Self::Help
            | Self::Stay
            | Self::Begin
            | Self::Erase
            | Self::Submit
            | Self::Attend
            | Self::NextPage
            | Self::PreviousPage
            | Self::Confirm
            | Self::Again
            | Self::More
            | Self::Undo
            | Self::PrintAgain
            | Self::Finish
            | Self::Desk
            | Self::FindReceipt
            | Self::OtherYear
            | Self::Dismiss) => {
                let spelling = WORDS.iter().find(|(_, control)| control == word).map_or("", |(spelling, _)| spelling);
                formatter.write_str(spelling)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_is_read_as_it_is_spelt() {
        let others = [
            Control::Digit(7),
            Control::Pieces(3),
            Control::Offer("G-10".to_owned()),
            Control::Language(Language::TraditionalChinese),
            Control::Size(TextSize::Largest),
        ];
        let words = WORDS.iter().map(|(_, control)| control.clone());
        for control in words.chain(others) {
            assert_eq!(Control::parse(&control.to_string()), Some(control.clone()), "{control}");
        }
        for wrong in ["", "digit-10", "digit-", "pieces-0", "pieces--1", "nothing", "language-fr"] {
            assert_eq!(Control::parse(wrong), None, "{wrong}");
        }
    }
}
