//! Why not, in words, and the code by which staff find it in the manual.

use super::words::{Word, Words};
use crate::app::answer::{Refusal, Trouble};
use crate::app::model::{Hitch, Obstacle};

/// A reason.
pub struct Reason {
    /// `K10`
    pub code: &'static str,
    /// What happened and what to do.
    pub text: String,
}

/// Of what is wrong on a screen that goes on.
pub fn of_hitch(words: Words, hitch: &Hitch) -> Reason {
    let (code, word) = match hitch {
        Hitch::CardMistyped => ("K01", Word::ErrorCardMistyped),
        Hitch::TooShort => ("K02", Word::ErrorTooShort),
        Hitch::UnknownCode => ("K03", Word::ErrorUnknownCode),
        Hitch::Refused(refusal) => return of_refusal(words, refusal),
        Hitch::Trouble(trouble) => return of_trouble(words, *trouble),
    };
    Reason { code, text: words.say(word) }
}

/// Of a no by rule.
pub fn of_refusal(words: Words, refusal: &Refusal) -> Reason {
    let (code, word) = match refusal.code.as_str() {
        "pin_wrong" => ("K10", Word::ErrorPinWrong),
        "pin_wait" => {
            let seconds = refusal.wait_seconds.unwrap_or(60);
            return Reason { code: "K11", text: words.with(Word::ErrorPinWait, [("seconds", seconds.into())]) };
        }
        "card_blocked" => ("K12", Word::ErrorCardBlocked),
        "not_staff" => ("K13", Word::ErrorNotStaff),
        "unknown_card" | "card_check_digits" => ("K14", Word::ErrorCardMistyped),
        "out_of_stock" => ("K30", Word::ErrorOutOfStock),
        "over_limit" => ("K31", Word::ErrorOverLimit),
        "insufficient_points" => ("K32", Word::ErrorInsufficient),
        "points_expired" => ("K33", Word::ErrorExpired),
        "price_changed" => ("K34", Word::ErrorPriceChanged),
        "already_reversed" => ("K40", Word::ErrorAlreadyReversed),
        "unknown_receipt" => ("K41", Word::ErrorUnknownReceipt),
        "other_station" => ("K42", Word::ErrorOtherStation),
        _ => ("K39", Word::ErrorOther),
    };
    Reason { code, text: words.say(word) }
}

/// Of a question that has no answer yet.
pub fn of_trouble(words: Words, trouble: Trouble) -> Reason {
    let (code, word) = match trouble {
        Trouble::NoAnswer => ("K20", Word::ErrorNoAnswer),
        Trouble::Busy => ("K21", Word::ErrorBusy),
        Trouble::Broken => ("K22", Word::ErrorBroken),
        Trouble::Garbled => ("K23", Word::ErrorGarbled),
    };
    Reason { code, text: words.say(word) }
}

/// Of what stands in the way of everything. Nothing was done.
pub fn of_obstacle(words: Words, obstacle: Obstacle) -> Reason {
    match obstacle {
        Obstacle::Away(trouble) => Reason { code: of_trouble(words, trouble).code, text: words.say(Word::UnableAway) },
        Obstacle::Outbox => Reason { code: "K50", text: words.say(Word::UnableOutbox) },
    }
}
