//! A large pad of digits, as on a telephone.

use maud::{Markup, html};

use super::frame::{button, word_button};
use super::words::{Word, Words, word_list};
use crate::app::control::Control;

word_list! {
    "pad.ftl":
    EraseButton,
    SubmitButton,
    DigitsTyped,
}

pub fn pad(words: Words) -> Markup {
    html! {
        div #pad .pad {
            @for digit in 1..=9 { (digit_button(digit)) }
            (word_button(words, &Control::Erase, "key", Word::EraseButton))
            (digit_button(0))
            (word_button(words, &Control::Submit, "key main", Word::SubmitButton))
        }
    }
}

fn digit_button(digit: u8) -> Markup {
    button(&Control::Digit(digit), "key digit", &html! { (digit) })
}
