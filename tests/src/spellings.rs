//! One table of the ways in which people type, paste and scan a number or a code. The test of every door reads it, so that no
//! door takes what another refuses.

/// What stands before, in the middle and behind; and whether the digits are full-width.
type Way = (&'static str, &'static str, &'static str, bool);

const OF_CODES: [Way; 12] = [
    ("", "", "", false),
    (" ", "", "\r\n", false),
    ("\u{A0}", "", "\u{A0}", false),
    ("\u{3000}", "", "\u{2003}", false),
    ("\u{FEFF}", "", "", false),
    ("\u{200B}", "", "\u{200D}\u{2060}", false),
    ("\u{202A}", "", "\u{202C}\u{200E}", false),
    ("", "", "", true),
    ("\u{FEFF} ", "", "\u{3000}", true),
    ("", " ", "", false),
    ("", "\u{A0}\u{200B}", "", true),
    ("\u{3164}", "\u{AD}", "\u{2800}\u{FE0F}", false),
];

/// Between groups of digits people also write these. A code may have a hyphen of its own.
const OF_DIGITS: [Way; 4] =
    [("", "-", "", false), ("", " - ", "", false), ("\t", "\u{2013}", "", true), ("", "\u{FF0D}", "", true)];

/// Not the same: what is in it is no digit.
pub const NOT_DIGITS: [&str; 4] = ["x", "+", "．", "²"];

/// The code as people write it: a station's, an offer's, a receipt's number, a token.
pub fn of_code(code: &str) -> Vec<String> {
    OF_CODES.iter().map(|way| written(code, *way)).collect()
}

/// The digits as people write them: of a card, of a PIN.
pub fn of_digits(digits: &str) -> Vec<String> {
    OF_CODES.iter().chain(&OF_DIGITS).map(|way| written(digits, *way)).collect()
}

fn written(text: &str, (before, between, after, full_width): Way) -> String {
    let half = text.len() / 2;
    let width = |text: &str| -> String {
        let digit =
            |character: char| char::from_u32(u32::from(character) + 0xFEE0).filter(|_| character.is_ascii_digit());
        text.chars().map(|character| digit(character).filter(|_| full_width).unwrap_or(character)).collect()
    };
    format!("{before}{}{between}{}{after}", width(&text[..half]), width(&text[half..]))
}
