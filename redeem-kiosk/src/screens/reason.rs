//! Why not, in words, and the code by which staff find it in the manual.
//!
//! What the bank's rules refuse is said in the words that every door has, from [`page_parts::rejection`]; the screen knows
//! the names of what is on offer. What is the kiosk's own has its words here.

use baoyulan_ledger::Rejection;
use maud::{Markup, html};
use page_parts::rejection;

use super::frame::{around, town_words, words};
use super::words::{Word, Words, word_list};
use crate::app::Model;
use crate::app::answer::{Refusal, Trouble};
use crate::app::model::{Hitch, Obstacle};
use crate::app::receipt::Doubt;

word_list! {
    "reason.ftl":
    ErrorTooShort,
    ErrorUnknownCode,
    ErrorPinWrong,
    ErrorPinWait,
    ErrorNotStaff,
    ErrorOtherStation,
    ErrorOtherReceipt,
    ErrorIncompleteReceipt,
    ErrorOther,
    ErrorNoAnswer,
    ErrorBusy,
    ErrorBroken,
    ErrorGarbled,
    ErrorClock,
    ErrorBank,
    ErrorSetUp,
}

pub struct Reason {
    /// `K10`
    pub code: &'static str,
    /// What happened and what to do.
    pub text: Markup,
}

impl Reason {
    fn new(code: &'static str, text: &str) -> Self {
        Self { code, text: html! { (text) } }
    }
}

/// Of what is wrong on a screen that goes on.
pub fn of_hitch(model: &Model, hitch: &Hitch) -> Reason {
    let words = words(model);
    match hitch {
        Hitch::CardMistyped => Reason { code: "K01", ..of_rejection(model, &Rejection::CardCheckDigits) },
        Hitch::TooShort => Reason::new("K02", &words.say(Word::ErrorTooShort)),
        Hitch::UnknownCode => Reason::new("K03", &words.say(Word::ErrorUnknownCode)),
        Hitch::Refused(refusal) => of_refusal(model, refusal),
        Hitch::Trouble(trouble) => of_trouble(words, *trouble),
    }
}

pub fn of_refusal(model: &Model, refusal: &Refusal) -> Reason {
    let words = words(model);
    match refusal {
        Refusal::Rejected(rejection) => of_rejection(model, rejection),
        Refusal::PinWrong => Reason::new("K10", &words.say(Word::ErrorPinWrong)),
        Refusal::PinWait { seconds } => {
            Reason::new("K11", &words.with(Word::ErrorPinWait, [("seconds", (*seconds).into())]))
        }
        Refusal::NotStaff => Reason::new("K13", &words.say(Word::ErrorNotStaff)),
        Refusal::OtherStation => Reason::new("K42", &words.say(Word::ErrorOtherStation)),
        Refusal::OtherReceipt => Reason::new("K43", &words.say(Word::ErrorOtherReceipt)),
        Refusal::IncompleteReceipt => Reason::new("K44", &words.say(Word::ErrorIncompleteReceipt)),
        Refusal::Unknown(_) => Reason::new(CODE_OF_OTHERS, &words.say(Word::ErrorOther)),
    }
}

fn of_rejection(model: &Model, rejection: &Rejection) -> Reason {
    let words = words(model);
    let code = code(rejection);
    let offer = rejection::sku(rejection).and_then(|sku| model.offer(&sku));
    let text = match offer {
        Some(offer) => around(&town_words(words, &offer.name), |mark| {
            rejection::say_named(words.language, rejection, |_| Some(mark.to_owned()))
        }),
        None => html! { (rejection::say(words.language, rejection)) },
    };
    Reason { code, text }
}

/// A receipt came that is not believed: one that the bank has signed does not answer the order.
pub fn code_of_doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Key => CODE_OF_KEY,
        Doubt::Issuer
        | Doubt::Station
        | Doubt::Subject
        | Doubt::Content
        | Doubt::Reversed
        | Doubt::Seen
        | Doubt::Older => "K24",
    }
}

/// A key that the kiosk has not met.
const CODE_OF_KEY: &str = "K26";

/// What is refused for a reason that has no code of its own in the manual: the log has the bank's code.
const CODE_OF_OTHERS: &str = "K39";

fn code(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::CardBlocked => "K12",
        Rejection::UnknownCard | Rejection::CardCheckDigits => "K14",
        Rejection::NoVisit => "K15",
        Rejection::OutOfStock { .. } => "K30",
        Rejection::OverLimit { .. } => "K31",
        Rejection::InsufficientPoints { .. } => "K32",
        Rejection::PointsExpired { .. } => "K33",
        Rejection::PriceChanged { .. } => "K34",
        Rejection::PointsOwed { .. } => "K35",
        Rejection::AlreadyReversed => "K40",
        Rejection::UnknownReceipt => "K41",
        Rejection::IdConflict
        | Rejection::InvalidField { .. }
        | Rejection::UnknownCommodity { .. }
        | Rejection::CommodityDefined { .. }
        | Rejection::UnknownAccount { .. }
        | Rejection::AccountExists { .. }
        | Rejection::AccountNotOpen { .. }
        | Rejection::ReservedAccount { .. }
        | Rejection::AccountNotEmpty { .. }
        | Rejection::UnknownRecord { .. }
        | Rejection::NotReversible { .. }
        | Rejection::NothingLeftToReverse { .. }
        | Rejection::BeyondRedemption { .. }
        | Rejection::RedemptionByLines
        | Rejection::AccountInHold { .. }
        | Rejection::HoldExists { .. }
        | Rejection::UnknownHold { .. }
        | Rejection::HoldClosed { .. }
        | Rejection::HoldExpired { .. }
        | Rejection::BeyondHold { .. }
        | Rejection::LotExpired { .. }
        | Rejection::NothingExpired
        | Rejection::OverLimitInWindow { .. }
        | Rejection::NoEntries
        | Rejection::AccountRepeated { .. }
        | Rejection::Unbalanced { .. }
        | Rejection::BelowFloor { .. }
        | Rejection::ConditionFailed { .. }
        | Rejection::QuantityOutOfRange
        | Rejection::ExpiryRequired { .. }
        | Rejection::LotsMismatch { .. }
        | Rejection::NotATown
        | Rejection::AlreadyRegistered { .. }
        | Rejection::RegisteredDifferently { .. }
        | Rejection::UnknownUnit { .. }
        | Rejection::UnknownTeam { .. }
        | Rejection::UnknownServiceType { .. }
        | Rejection::InvalidPolicy { .. }
        | Rejection::CredentialExists { .. }
        | Rejection::UnknownCredential { .. }
        | Rejection::AlreadyRevoked { .. }
        | Rejection::UnknownActivity
        | Rejection::UnknownGrade
        | Rejection::MissingCheckOut
        | Rejection::InvalidTime
        | Rejection::CheckOutNotAfterCheckIn
        | Rejection::NotOverYet
        | Rejection::SamePersonEnteredAndConfirmed
        | Rejection::AlreadyRecorded
        | Rejection::OutsideActivity
        | Rejection::BeforeConsent
        | Rejection::OverlapsOtherAttendance
        | Rejection::UnknownStation { .. }
        | Rejection::UnknownItem { .. }
        | Rejection::InvalidPieces
        | Rejection::TooManyLines { .. }
        | Rejection::ItemRepeated { .. }
        | Rejection::ReceiptTooLong
        | Rejection::StockOpen { .. }
        | Rejection::NotARedemption => CODE_OF_OTHERS,
    }
}

/// Of a question that has no answer yet.
pub fn of_trouble(words: Words, trouble: Trouble) -> Reason {
    match trouble {
        Trouble::NoAnswer => Reason::new("K20", &words.say(Word::ErrorNoAnswer)),
        Trouble::Busy => Reason::new("K21", &words.say(Word::ErrorBusy)),
        Trouble::Broken => Reason::new("K22", &words.say(Word::ErrorBroken)),
        Trouble::Garbled => Reason::new("K23", &words.say(Word::ErrorGarbled)),
        Trouble::ClockAhead => Reason::new("K25", &words.say(Word::ErrorClock)),
        Trouble::UnknownKey => Reason::new(CODE_OF_KEY, &words.say(Word::ErrorBank)),
        Trouble::OtherCredential => Reason::new("K61", &words.say(Word::ErrorSetUp)),
    }
}

/// Of what stands in the way of everything. Nothing was done.
pub fn of_obstacle(words: Words, obstacle: Obstacle) -> Reason {
    match obstacle {
        Obstacle::Away(trouble) if trouble.needs_staff() => of_trouble(words, trouble),
        Obstacle::Away(trouble) => Reason::new(of_trouble(words, trouble).code, &words.say(Word::UnableAway)),
        Obstacle::Outbox => Reason::new("K50", &words.say(Word::UnableOutbox)),
        Obstacle::OutboxGone => Reason::new("K51", &words.say(Word::UnableOutboxGone)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::model::Rules;
    use page_parts::Language;

    /// The kiosk's door: it says of every rejection what all doors say, in the language of who stands there.
    #[test]
    fn the_bank_s_no_is_said_in_the_words_of_all_doors() {
        for rejection in rejection::examples() {
            for language in Language::ALL {
                let mut model = Model::new(rules(), 0);
                model.preference.language = language;
                let reason = of_refusal(&model, &Refusal::Rejected(rejection.clone()));
                assert_eq!(reason.text.into_string(), html! { (rejection::say(language, &rejection)) }.into_string());
            }
        }
    }

    #[test]
    fn an_offer_is_called_by_its_name() {
        let mut model = Model::new(rules(), 0);
        model.catalogue = vec![crate::app::answer::Offer {
            sku: "G10".to_owned(),
            name: "大米 5 公斤".to_owned(),
            points: 300,
            monthly_limit: 2,
            pieces_left: 0,
            is_service: false,
        }];
        let rejection = Rejection::OutOfStock { sku: "G10".to_owned(), pieces_left: 0 };
        model.preference.language = Language::English;
        assert_eq!(
            of_refusal(&model, &Refusal::Rejected(rejection)).text.into_string(),
            "Sorry, <bdi lang=\"zh-Hans\">大米 5 公斤</bdi> has just run out. Please choose something else."
        );
    }

    fn rules() -> Rules {
        Rules {
            station: "S01".to_owned(),
            station_name: String::new(),
            credential: String::new(),
            device_key: String::new(),
            prints: false,
            idle_warning_ms: 0,
            idle_countdown_ms: 0,
            undo_ms: 0,
            patience_ms: 0,
            poll_ms: 10_000,
            online_ms: 0,
        }
    }
}
