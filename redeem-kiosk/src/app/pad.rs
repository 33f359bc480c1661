//! What the pad's keys do to the digits of a card, of a PIN, of a receipt's number.

use std::ops::RangeInclusive;

use super::control::Control;
use super::screen::Hitch;
use super::secret::Secret;

pub const CARD_DIGITS: usize = 10;
pub const PIN_DIGITS: usize = 6;
/// Digits of a receipt's number after station and year.
pub const RECEIPT_DIGITS: usize = 6;

/// Takes a key. Whether what was typed is to be used: 确定 was pressed, and as many digits are there as there must be.
pub(super) fn press(
    control: &Control,
    digits: &mut Secret,
    hitch: &mut Option<Hitch>,
    lengths: RangeInclusive<usize>,
) -> bool {
    match control {
        Control::Digit(digit) => {
            digits.push(*digit, *lengths.end());
            *hitch = None;
        }
        Control::Erase => digits.pop(),
        Control::Submit if digits.length() < *lengths.start() => *hitch = Some(Hitch::TooShort),
        Control::Submit => return true,
        Control::Back
        | Control::Home
        | Control::Help
        | Control::Stay
        | Control::Language(_)
        | Control::Size(_)
        | Control::Begin
        | Control::Attend
        | Control::Offer(_)
        | Control::NextPage
        | Control::PreviousPage
        | Control::Pieces(_)
        | Control::Confirm
        | Control::Again
        | Control::More
        | Control::Undo
        | Control::PrintAgain
        | Control::Finish
        | Control::Desk
        | Control::FindReceipt
        | Control::OtherYear
        | Control::Dismiss => {}
    }
    false
}
