//! Why a PIN cannot be used, in people's words, for every door that sets one. A sentence's key is the reason's code.

use std::sync::LazyLock;

use baoyulan_ledger::people::WeakPin;

use crate::{Language, Messages};

/// In the order of the languages.
const FILES: [&str; 3] = [
    include_str!("../locales/zh-Hans/pins.ftl"),
    include_str!("../locales/zh-Hant/pins.ftl"),
    include_str!("../locales/en/pins.ftl"),
];

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| Messages::read(FILES));

/// What is wrong with the PIN, and what to do.
pub fn say(language: Language, reason: WeakPin) -> String {
    MESSAGES.say_owned(language, key(reason), Vec::new())
}

fn key(reason: WeakPin) -> String {
    reason.code().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn every_reason_has_its_words_in_every_language_and_no_word_breaks_a_rule() {
        let keys = WeakPin::ALL.map(key);
        assert_eq!(check::flaws(&keys, FILES, &[]), [""; 0]);
        for language in Language::ALL {
            let please = ["请", "請", "lease"];
            for reason in WeakPin::ALL {
                let words = say(language, reason);
                assert!(please.iter().any(|word| words.contains(word)), "{words}");
            }
        }
    }
}
