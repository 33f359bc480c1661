//! What is said of a receipt: the outcome as the page's title, then the answers to three questions, then what to do.
//!
//! Only three times yes is green. What has come back in part never is. What the bank has taken back, does not have or did not sign is red. Where nobody can know
//! now, the words say so.

use maud::{Markup, html};

use crate::pages::layout::Tone;
use crate::pages::visitor::Visitor;
use crate::pages::words::Word;
use crate::presented::Standing;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The bank signed this receipt and has it.
    Whole(Standing),
    /// The bank signed it, and does not have it.
    Missing,
    /// The bank signed it; nobody can ask the bank now.
    Unasked,
    /// The bank did not sign it.
    Refused,
    /// It could not be checked at all.
    NoKeys,
    /// The bank has a receipt of this number; what somebody holds was not checked.
    Number(Standing),
    NumberUnknown,
    NumberUnasked,
    /// Nothing was asked.
    Empty,
    /// What was asked is neither a number nor a receipt.
    Unread,
    /// More than one receipt was asked for.
    Several,
    /// A part of a receipt, of which nobody can tell whether it is genuine.
    Incomplete,
    /// Too much has been asked; only the script says so, another page says it to a form.
    Wait,
}

/// An answer to one of the three questions.
#[derive(Clone, Copy)]
enum Answer {
    Yes,
    Partly,
    No,
    Unknown,
}

impl Answer {
    fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partly => "partly",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Yes => "✓",
            Self::Partly => "!",
            Self::No => "✕",
            Self::Unknown => "?",
        }
    }
}

/// Who checked it, where there was something to check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedBy {
    Browser,
    Server,
}

impl Outcome {
    /// Every outcome that the script may have to show.
    pub const ALL: [Self; 19] = [
        Self::Whole(Standing::Stands),
        Self::Whole(Standing::PartlyReturned),
        Self::Whole(Standing::Reversed),
        Self::Whole(Standing::Reversal),
        Self::Missing,
        Self::Unasked,
        Self::Refused,
        Self::NoKeys,
        Self::Number(Standing::Stands),
        Self::Number(Standing::PartlyReturned),
        Self::Number(Standing::Reversed),
        Self::Number(Standing::Reversal),
        Self::NumberUnknown,
        Self::NumberUnasked,
        Self::Empty,
        Self::Unread,
        Self::Several,
        Self::Incomplete,
        Self::Wait,
    ];

    /// The name by which the script knows it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Whole(Standing::Stands) => "stands",
            Self::Whole(Standing::PartlyReturned) => "partly-returned",
            Self::Whole(Standing::Reversed) => "reversed",
            Self::Whole(Standing::Reversal) => "reversal",
            Self::Missing => "missing",
            Self::Unasked => "unasked",
            Self::Refused => "refused",
            Self::NoKeys => "no-keys",
            Self::Number(Standing::Stands) => "number-stands",
            Self::Number(Standing::PartlyReturned) => "number-partly-returned",
            Self::Number(Standing::Reversed) => "number-reversed",
            Self::Number(Standing::Reversal) => "number-reversal",
            Self::NumberUnknown => "number-unknown",
            Self::NumberUnasked => "number-unasked",
            Self::Empty => "empty",
            Self::Unread => "unread",
            Self::Several => "several",
            Self::Incomplete => "incomplete",
            Self::Wait => "wait",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Whole(Standing::Stands) => Tone::Good,
            Self::Whole(Standing::Reversed)
            | Self::Number(Standing::Reversed)
            | Self::Missing
            | Self::Refused
            | Self::NumberUnknown => Tone::Bad,
            Self::Whole(Standing::Reversal | Standing::PartlyReturned)
            | Self::Number(Standing::Stands | Standing::PartlyReturned | Standing::Reversal)
            | Self::Unasked
            | Self::NoKeys
            | Self::NumberUnasked
            | Self::Empty
            | Self::Unread
            | Self::Several
            | Self::Incomplete
            | Self::Wait => Tone::Unsure,
        }
    }

    pub fn title(self) -> Word {
        match self {
            Self::Whole(Standing::Stands) => Word::OutcomeStandsTitle,
            Self::Whole(Standing::Reversed) | Self::Number(Standing::Reversed) => Word::OutcomeReversedTitle,
            Self::Whole(Standing::Reversal) | Self::Number(Standing::Reversal) => Word::OutcomeReversalTitle,
            Self::Missing => Word::OutcomeMissingTitle,
            Self::Unasked => Word::OutcomeUnaskedTitle,
            Self::Refused => Word::OutcomeRefusedTitle,
            Self::NoKeys => Word::OutcomeNoKeysTitle,
            Self::Whole(Standing::PartlyReturned) => Word::OutcomePartlyTitle,
            Self::Number(Standing::Stands) => Word::OutcomeNumberTitle,
            Self::Number(Standing::PartlyReturned) => Word::OutcomeNumberPartlyTitle,
            Self::NumberUnknown => Word::OutcomeNumberUnknownTitle,
            Self::NumberUnasked => Word::OutcomeNumberUnaskedTitle,
            Self::Empty => Word::OutcomeEmptyTitle,
            Self::Unread => Word::OutcomeUnreadTitle,
            Self::Several => Word::OutcomeSeveralTitle,
            Self::Incomplete => Word::OutcomeIncompleteTitle,
            Self::Wait => Word::OutcomeWaitTitle,
        }
    }

    /// What to do now.
    fn text(self) -> Word {
        match self {
            Self::Whole(Standing::Stands) => Word::OutcomeStandsText,
            Self::Whole(Standing::Reversed) | Self::Number(Standing::Reversed) => Word::OutcomeReversedText,
            Self::Whole(Standing::Reversal) | Self::Number(Standing::Reversal) => Word::OutcomeReversalText,
            Self::Missing => Word::OutcomeMissingText,
            Self::Unasked => Word::OutcomeUnaskedText,
            Self::Refused => Word::OutcomeRefusedText,
            Self::NoKeys => Word::OutcomeNoKeysText,
            Self::Whole(Standing::PartlyReturned) => Word::OutcomePartlyText,
            Self::Number(Standing::Stands) => Word::OutcomeNumberText,
            Self::Number(Standing::PartlyReturned) => Word::OutcomeNumberPartlyText,
            Self::NumberUnknown => Word::OutcomeNumberUnknownText,
            Self::NumberUnasked => Word::OutcomeNumberUnaskedText,
            Self::Empty => Word::OutcomeEmptyText,
            Self::Unread => Word::OutcomeUnreadText,
            Self::Several => Word::OutcomeSeveralText,
            Self::Incomplete => Word::OutcomeIncompleteText,
            Self::Wait => Word::OutcomeWaitText,
        }
    }

    /// Is it genuine; does the bank have it; does it still stand. `None` where none of them was asked.
    fn answers(self) -> Option<[(Answer, Word); 3]> {
        use Answer::{No, Partly, Unknown, Yes};
        let stands = |standing| match standing {
            Standing::Stands => (Yes, Word::StandsYes),
            Standing::PartlyReturned => (Partly, Word::StandsPartly),
            Standing::Reversed => (No, Word::StandsReversed),
            Standing::Reversal => (Yes, Word::StandsReversal),
        };
        let (genuine, signed) = ((Yes, Word::GenuineYes), (Yes, Word::GenuineSigned));
        let unchecked = (Unknown, Word::GenuineUnknown);
        Some(match self {
            Self::Whole(standing) => [genuine, (Yes, Word::InBankYes), stands(standing)],
            Self::Missing => [signed, (No, Word::InBankNo), (No, Word::StandsNo)],
            Self::Unasked => [signed, (Unknown, Word::InBankUnknown), (Unknown, Word::StandsUnknown)],
            Self::Refused => [(No, Word::GenuineNo), (No, Word::InBankNo), (No, Word::StandsNo)],
            Self::Number(standing) => [unchecked, (Yes, Word::InBankNumber), stands(standing)],
            Self::NumberUnknown => [unchecked, (No, Word::InBankNo), (No, Word::StandsNo)],
            Self::NumberUnasked => [unchecked, (Unknown, Word::InBankUnknown), (Unknown, Word::StandsUnknown)],
            Self::NoKeys | Self::Empty | Self::Unread | Self::Several | Self::Incomplete | Self::Wait => return None,
        })
    }

    /// The words around the numbers of the reversals, or of what was reversed, or of the seconds to wait.
    fn other(self) -> Option<Word> {
        match self {
            Self::Whole(Standing::Reversed) | Self::Number(Standing::Reversed) => Some(Word::OutcomeReversedBy),
            Self::Whole(Standing::Reversal) | Self::Number(Standing::Reversal) => Some(Word::OutcomeReverses),
            Self::Wait => Some(Word::OutcomeWaitSeconds),
            // What came back stands below, with the numbers.
            Self::Whole(Standing::Stands | Standing::PartlyReturned)
            | Self::Number(Standing::Stands | Standing::PartlyReturned)
            | Self::Missing
            | Self::Unasked
            | Self::Refused
            | Self::NoKeys
            | Self::NumberUnknown
            | Self::NumberUnasked
            | Self::Empty
            | Self::Unread
            | Self::Several
            | Self::Incomplete => None,
        }
    }

    /// Who has checked the signature: nobody, where there is only a number.
    fn checked(self, by: CheckedBy) -> Option<Word> {
        match (self, by) {
            (Self::Whole(_) | Self::Missing | Self::Unasked | Self::Refused, CheckedBy::Server) => Some(Word::ByServer),
            (Self::Whole(_) | Self::Missing, CheckedBy::Browser) => Some(Word::ByDeviceAndBank),
            (Self::Unasked | Self::Refused, CheckedBy::Browser) => Some(Word::ByDevice),
            (Self::NoKeys | Self::Number(_) | Self::NumberUnknown | Self::NumberUnasked, _) => None,
            (Self::Empty | Self::Unread | Self::Several | Self::Incomplete | Self::Wait, _) => None,
        }
    }
}

/// What is shown with an outcome.
pub struct Beside<'a> {
    /// The numbers of the reversals, or of what was reversed; the seconds to wait.
    pub other: Option<&'a str>,
    /// Why it was refused.
    pub reason: &'a Markup,
    /// What the receipt says.
    pub facts: &'a Markup,
}

/// The outcome below the title, which says it first.
pub fn verdict(visitor: &Visitor, outcome: Outcome, by: CheckedBy, beside: &Beside<'_>) -> Markup {
    let words = visitor.words;
    let by_code = match by {
        CheckedBy::Browser => "browser",
        CheckedBy::Server => "server",
    };
    let tone = outcome.tone().class();
    let questions = [("genuine", Word::AskGenuine), ("in-bank", Word::AskInBank), ("stands", Word::AskStands)];
    html! {
        div data-verdict=(outcome.code()) data-checked-by=(by_code) data-tone=(tone) data-title=(words.say(outcome.title())) {
            section class=(format!("notice {tone}")) {
                @if let Some(answers) = outcome.answers() {
                    ul .answers {
                        @for ((code, question), (answer, word)) in questions.into_iter().zip(answers) {
                            li data-question=(code) data-answer=(answer.code()) {
                                span .sign aria-hidden="true" { (answer.sign()) }
                                span { (words.say(question)) " " strong { (words.say(word)) } }
                            }
                        }
                    }
                }
                p .advice { (words.say(outcome.text())) }
                @if let (Some(word), Some(other)) = (outcome.other(), beside.other) {
                    p data-slot="other" { (words.with(word, [("number", other.into())])) }
                }
                (beside.reason)
            }
            (beside.facts)
            @if let Some(word) = outcome.checked(by) { p .small { (words.say(word)) } }
        }
    }
}
