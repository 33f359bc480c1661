//! The card number is typed.

use maud::{Markup, html};

use super::frame::{Frame, words};
use super::pad::pad;
use super::words::{Word, word_list};
use crate::app::Model;
use crate::app::model::Hitch;
use crate::app::secret::Secret;

word_list! {
    "card.ftl":
    CardTitle,
    CardLead,
}

/// Digits of a card number, in groups as they are printed.
const GROUPS: [usize; 3] = [4, 4, 2];

pub fn view(model: &Model, digits: &Secret, hitch: Option<&Hitch>) -> Markup {
    let words = words(model);
    let count = i64::try_from(digits.length()).unwrap_or_default();
    Frame::new(model, Word::CardTitle).hitch(hitch).layout("typing").body(&html! {
        div .typed-so-far {
            p .lead { (words.say(Word::CardLead)) }
            p #typed .typed aria-live="polite" {
                span .unseen { (words.with(Word::DigitsTyped, [("count", count.into())])) }
                @for group in grouped(digits.reveal()) { span .group aria-hidden="true" { (group) } }
            }
        }
        (pad(words))
    })
}

/// The digits in groups, with a mark where one is missing.
fn grouped(digits: &str) -> Vec<String> {
    let mut digits = digits.chars();
    GROUPS.iter().map(|length| (0..*length).map(|_| digits.next().unwrap_or('_')).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shown_in_the_groups_in_which_it_is_printed() {
        assert_eq!(grouped("10001"), ["1000", "1___", "__"]);
        assert_eq!(grouped("1000157592"), ["1000", "1575", "92"]);
    }
}
