//! Finds a receipt's number or its token in what somebody typed, pasted or scanned. `verify.js` of the service's pages
//! reads alike.
//!
//! People type a label along (回执号, No.), or a sentence; a Chinese keyboard writes wide letters, digits and full stops, and
//! —— for a hyphen; chats and mail programs break long lines and put > before them. A number that nobody typed is never made
//! up: where two can be meant, or none, the reader is asked again.

use super::ReceiptNumber;
use super::receipt::{STATION_LENGTH_MAX, TOKEN_LENGTH_MAX};
use crate::text::{half_width, is_code, is_code_character, is_unseen};

/// What somebody typed, pasted or scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// There is nothing.
    Nothing,
    /// Something that is neither a number nor a token.
    Unread,
    /// More than one receipt.
    Several,
    /// A number.
    Number(TypedNumber),
    /// A part of a token.
    Incomplete,
    /// A token with all its parts, or a text that is longer than any.
    Token(String),
}

/// A receipt's number as people write it: in any case, perhaps without the noughts in front, and with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedNumber {
    /// The codes that can be meant, of which the first that a station has is.
    stations: Vec<String>,
    year: i64,
    number: i64,
}

impl TypedNumber {
    /// The number under the own spelling of one of these stations; `None` where it is of none of them.
    pub fn at_one_of<'a>(&self, stations: impl Iterator<Item = &'a str> + Clone) -> Option<ReceiptNumber> {
        let known = |typed: &String| {
            let alike = || stations.clone().find(|code| code.eq_ignore_ascii_case(typed));
            stations.clone().find(|code| code == typed).or_else(alike)
        };
        let station = self.stations.iter().find_map(known)?;
        Some(ReceiptNumber { station: station.to_owned(), year: self.year, number: self.number })
    }
}

/// How every token begins: `{"alg":`.
const TOKEN_START: &str = "eyJhbGciOi";
/// How the tokens of others begin too: `{`. Without it a token has lost its beginning.
const HEADER_START: &str = "ey";
/// Base64url of a signature's 64 bytes.
const SIGNATURE_LENGTH: usize = 86;
/// No other word that people write is as long as this piece of a token.
const PIECE_LENGTH: usize = 40;
/// A number is printed with as many digits at least.
const DIGITS: usize = 6;

impl Typed {
    /// Reads what is in a field.
    pub fn read(text: &str) -> Self {
        let seen = seen(text);
        if seen.trim().is_empty() {
            return Self::Nothing;
        }
        token_in(&seen).or_else(|| number_in(&seen)).unwrap_or_else(|| piece_in(&seen))
    }
}

/// With one kind of blank and of full stop, ASCII for its full-width twins, and without what nobody sees.
fn seen(text: &str) -> String {
    let character = |character: char| match character {
        _ if character.is_whitespace() => Some(' '),
        _ if is_unseen(character) => None,
        '。' | '｡' => Some('.'),
        _ => Some(half_width(character)),
    };
    text.chars().filter_map(character).collect()
}

fn token_in(seen: &str) -> Option<Typed> {
    // Words may stand beside a token that is in one piece.
    let mut whole: Vec<&str> = seen.split(' ').flat_map(runs).filter(|run| is_whole(run)).collect();
    whole.dedup();
    match whole[..] {
        [] => token_in_lines(seen),
        [token] => Some(Typed::Token(token.to_owned())),
        [_, _, ..] => Some(Typed::Several),
    }
}

fn token_in_lines(seen: &str) -> Option<Typed> {
    let joined: String = seen.chars().filter(|character| !matches!(character, ' ' | '>')).collect();
    let rank = |run: &str| (run.starts_with(TOKEN_START), run.len());
    let longest = runs(&joined).reduce(|longest, run| if rank(run) > rank(longest) { run } else { longest })?;
    match longest.matches(TOKEN_START).count() {
        0 | 1 if is_whole(longest) => Some(Typed::Token(longest.to_owned())),
        0 if has_all_parts(longest) => Some(Typed::Incomplete),
        0 => None,
        1 if longest.len() > TOKEN_LENGTH_MAX => Some(Typed::Token(longest.to_owned())),
        1 => Some(Typed::Incomplete),
        _ => Some(Typed::Several),
    }
}

/// The pieces of a text that can be of a token. Padding is one: a padded token is not what was signed.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_of_tokens =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '=');
    text.split(move |character| !is_of_tokens(character)).map(|run| {
        let run = run.trim_matches('.');
        without_dashes(run.find(TOKEN_START).and_then(|start| run.get(start..)).unwrap_or(run))
    })
}

/// Without the dashes behind a whole signature, with which somebody goes on: <token>——王芳.
fn without_dashes(run: &str) -> &str {
    let Some(dot) = run.rfind('.') else { return run };
    let end = run.trim_end_matches(['-', '_']).len().max(dot + 1 + SIGNATURE_LENGTH);
    run.get(..end).unwrap_or(run)
}

fn is_whole(run: &str) -> bool {
    run.starts_with(HEADER_START) && has_all_parts(run)
}

/// Whether it ends as a token does. Its beginning may be missing, or stand before a blank.
fn has_all_parts(run: &str) -> bool {
    let mut parts = run.split('.');
    let signature = parts.nth(2);
    parts.next().is_none() && signature.is_some_and(|signature| signature.len() >= SIGNATURE_LENGTH)
}

/// What holds neither a token nor a number: the middle of a token, or something else.
fn piece_in(seen: &str) -> Typed {
    let is_piece = seen.split(' ').flat_map(runs).any(|run| run.len() >= PIECE_LENGTH);
    if is_piece { Typed::Incomplete } else { Typed::Unread }
}

fn number_in(seen: &str) -> Option<Typed> {
    let text = close_gaps(&seen.replace("%23", "#").replace(['ー', 'ｰ', '一'], "-"));
    let mut found: Vec<TypedNumber> = Vec::new();
    for piece in text.split(|character| !is_code_character(character) && character != ' ') {
        let mut words = piece.split(' ').filter(|word| !word.is_empty()).peekable();
        let mut before = Vec::new();
        while let Some(word) = words.next() {
            let Some(tail) = Tail::of(word) else {
                before.push(word);
                continue;
            };
            if holds_a_number(tail.station) {
                return Some(Typed::Several);
            }
            // More digits behind fewer than are printed: the number may go on there, or points may stand beside it.
            if tail.digits.len() < DIGITS && words.peek().is_some_and(|next| is_digits(bare_end(next))) {
                return None;
            }
            let number = TypedNumber::of(&before, &tail)?;
            if !found.iter().any(|known| known.is_alike(&number)) {
                found.push(number);
            }
            before.clear();
        }
    }
    match found.len() {
        0 => None,
        1 => found.pop().map(Typed::Number),
        _ => Some(Typed::Several),
    }
}

/// Without the blanks around dashes that lead to a digit: S01 - 26 - 000123.
fn close_gaps(text: &str) -> String {
    let mut closed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from_dash)) = rest.find('-').and_then(|dash| rest.split_at_checked(dash)) {
        let behind = from_dash.trim_start_matches([' ', '-']);
        let dashes = from_dash.get(..from_dash.len() - behind.len()).unwrap_or_default();
        if behind.starts_with(|character: char| character.is_ascii_digit()) {
            closed.push_str(before.trim_end_matches(' '));
            closed.extend(dashes.chars().filter(|character| *character == '-'));
        } else {
            closed.push_str(before);
            closed.push_str(dashes);
        }
        rest = behind;
    }
    closed + rest
}

/// A word that ends like a number: `…-<yy>-<digits>`.
struct Tail<'a> {
    /// The station, perhaps with a label before it; of several dashes behind it, all but one.
    station: &'a str,
    year: &'a str,
    digits: &'a str,
}

impl<'a> Tail<'a> {
    fn of(word: &'a str) -> Option<Self> {
        let (rest, digits) = bare_end(word).rsplit_once('-')?;
        let (station, year) = rest.trim_end_matches('-').rsplit_once('-')?;
        let is_tail = is_digits(digits) && digits.len() <= 18 && is_digits(year) && year.len() == 2;
        let core = core(station);
        let is_station = core.len() <= STATION_LENGTH_MAX && core.contains(|one: char| one.is_ascii_alphanumeric());
        (is_tail && is_station && !is_date(core, digits)).then_some(Self { station, year, digits })
    }
}

/// Whether it is a day: 2026-11-24, 26-11-24, 24-11-2026. The digits of a number are six as it is printed.
fn is_date(station: &str, digits: &str) -> bool {
    is_digits(station) && matches!((station.len(), digits.len()), (4, 1 | 2) | (1 | 2, 1 | 2 | 4))
}

/// Without the punctuation of a sentence behind it.
fn bare_end(word: &str) -> &str {
    word.trim_end_matches(['.', ':', '/', '-', '_'])
}

/// The station without what may be a label before it.
fn core(station: &str) -> &str {
    station.rsplit(['.', ':', '/']).next().unwrap_or_default().trim_matches('-')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether what stands before a number's end is the whole of another number.
fn holds_a_number(station: &str) -> bool {
    let station = one_dash(station);
    let is_end = |bytes: &[u8]| matches!(bytes, [b'-', tens, ones, b'-', digit] if [tens, ones, digit].into_iter().all(u8::is_ascii_digit));
    station.as_bytes().windows(5).any(is_end)
}

/// With one dash for several.
fn one_dash(text: &str) -> String {
    let mut last = ' ';
    text.chars().filter(|character| std::mem::replace(&mut last, *character) != '-' || *character != '-').collect()
}

impl TypedNumber {
    fn of(before: &[&str], tail: &Tail<'_>) -> Option<Self> {
        let stations = stations([before, &[tail.station]].concat().join(" ").as_str());
        let (year, number) = (tail.year.parse::<i64>().ok()?, tail.digits.parse().ok()?);
        (!stations.is_empty()).then_some(Self { stations, year: 2000 + year, number })
    }

    fn is_alike(&self, other: &Self) -> bool {
        let last = |number: &Self| number.stations.last().map(|station| station.to_ascii_lowercase());
        last(self) == last(other) && (self.year, self.number) == (other.year, other.number)
    }
}

/// The codes that can be meant, longest first: a label may stand before a code, with a full stop or a blank between them, and
/// a code may have these too.
fn stations(text: &str) -> Vec<String> {
    let mut stations = Vec::new();
    let mut starts = true;
    let mut last = ' ';
    for (start, character) in text.char_indices() {
        starts = matches!(last, ' ' | '.' | ':' | '/') || (starts && last == '-');
        last = character;
        let station: String = text.get(start..).unwrap_or_default().replace(' ', "");
        if !starts || character == ' ' || !station.contains(|one: char| one.is_ascii_alphanumeric()) {
            continue;
        }
        for spelling in [station.clone(), one_dash(&station).trim_end_matches('-').to_owned()] {
            if is_code(&spelling, STATION_LENGTH_MAX) && !stations.contains(&spelling) {
                stations.push(spelling);
            }
        }
    }
    stations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is looked for first and last, with year and number.
    fn number(text: &str) -> Option<(String, String)> {
        match Typed::read(text) {
            Typed::Number(TypedNumber { stations, year, number }) => {
                let shown = |station: Option<&String>| format!("{}-{}-{number:06}", station.unwrap(), year - 2000);
                Some((shown(stations.first()), shown(stations.last())))
            }
            Typed::Nothing | Typed::Unread | Typed::Several | Typed::Incomplete | Typed::Token(_) => None,
        }
    }

    #[test]
    fn a_number_is_found_as_people_write_it() {
        for text in [
            "S01-26-000123",
            " S01-26-000123\r\n",
            "S01-26-123",
            "S01 - 26 - 000123",
            "Ｓ０１－２６－０００１２３",
            "S01—26—000123",
            "S01——26——000123",
            "S01 —— 26 —— 000123",
            "S01﹣26﹣000123",
            "S01ー26ー000123",
            "S01一26一000123",
            "S01⸺26⸺000123",
            "\u{feff}S01\u{2011}26\u{200b}-000123\u{3000}",
            "https://points.example/v#S01-26-000123",
            "https://points.example/v%23S01-26-000123",
            "S01-26-000123#",
            "S01-26-000123.",
            "S01-26-000123．",
            "S01-26-000123 。",
            "（S01-26-000123）",
            "回执号 S01-26-000123",
            "回执号：S01-26-000123。",
            "回执号。S01-26-000123",
            "回执号 S01-26-000123 积分300",
            "S01-26-000123，2026-11-24",
            "S01-26-000123 2026-11-24",
            "26-11-24，S01-26-000123",
            "S01-26-000123 24-11-2026 09:30",
            "S01-26-000123 S01-26-000123",
            "S01-26-000123 - 肥皂",
            "「S01-26-000123」 是真的吗？",
        ] {
            let expected = "S01-26-000123".to_owned();
            assert_eq!(number(text).map(|(_, last)| last), Some(expected), "{text:?}");
        }
        assert_eq!(number("s01-26-000123").unwrap().0, "s01-26-000123");
    }

    #[test]
    fn a_label_is_no_part_of_a_number_unless_a_station_is_called_so() {
        for (text, first, last) in [
            ("No. S01-26-000123", "No.S01-26-000123", "S01-26-000123"),
            ("No.S01-26-000123", "No.S01-26-000123", "S01-26-000123"),
            ("Receipt no. S01-26-000123", "Receiptno.S01-26-000123", "S01-26-000123"),
            ("the number of the receipt: S01-26-000123", "ofthereceipt:S01-26-000123", "S01-26-000123"),
            ("S 01-26-000123", "S01-26-000123", "01-26-000123"),
            ("-S01-26-000123", "-S01-26-000123", "S01-26-000123"),
            ("- S01-26-000123", "-S01-26-000123", "S01-26-000123"),
            ("A--26-000123", "A--26-000123", "A-26-000123"),
            ("EAST——1——26——000123", "EAST--1--26-000123", "EAST-1-26-000123"),
        ] {
            assert_eq!(number(text), Some((first.to_owned(), last.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn of_two_numbers_none_is_told() {
        for text in [
            "S01-26-000001 S01-26-000002",
            "S01-26-000001\nS01-26-000002",
            "S01-26-000001，S02-26-000001",
            "S01-26-000001/S01-26-000002",
            "S01-26-000001S01-26-000002",
            "S01-26-000001\n- S01-26-000002",
        ] {
            assert_eq!(Typed::read(text), Typed::Several, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_guessed() {
        for text in ["", " \n", "\u{feff}", "\u{3000}\u{200b}"] {
            assert_eq!(Typed::read(text), Typed::Nothing, "{text:?}");
        }
        for text in [
            "https://points.example/v#",
            "S01-2026-000123",
            "26-000123",
            "S01-26-",
            "东紫园-26-000123",
            "S01 26 000002",
            "000002",
            "S01-26-00000l",
            "S01_26_000001",
            "S01~26~000001",
            "S01·26·000001",
            "S01-26-000001-2",
            "S01-26-1 30",
            "S01-26-1234567890123456789",
            "2026-11-24",
            "26-11-24",
            "24-11-2026",
            "11-24-26",
            "1-11-26",
            "1000157592",
            "a.b.c",
            ".-26-000001",
        ] {
            assert_eq!(Typed::read(text), Typed::Unread, "{text:?}");
        }
    }

    #[test]
    fn a_token_is_found_whole_or_is_incomplete() {
        let token = format!("{TOKEN_START}JFZDI1NTE5In0.eyJpc3MiOiJ4In0.{}", "s".repeat(SIGNATURE_LENGTH));
        let lines: Vec<&str> = token.as_bytes().chunks(40).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for text in [
            token.clone(),
            format!("{token}."),
            format!("{token}。"),
            format!("{token}——王芳"),
            format!("{token}_"),
            token.replace('.', "。"),
            format!("https://points.example/v#{token}"),
            format!("https://points.example/v?{token}"),
            format!("https://points.example/v%23{token}"),
            format!("<https://points.example/v#{token}>"),
            format!("回执：{token} 谢谢"),
            format!("Receipt S01-26-000123 {token} thank you. See you"),
            format!("{token} {token}"),
            lines.join("\r\n"),
            format!("> {}", lines.join("\n> ")),
            format!("receipt {}", lines.join(" ")),
        ] {
            assert_eq!(Typed::read(&text), Typed::Token(token.clone()), "{text:?}");
        }
        let other = token.replace('s', "t");
        for text in [format!("{token} {other}"), format!("{token}{other}")] {
            assert_eq!(Typed::read(&text), Typed::Several, "{text:?}");
        }
        for length in [12, 30, 60, token.len() - 90, token.len() - 1] {
            for text in [token[..length].to_owned(), format!("https://points.example/v#{}", &token[..length])] {
                assert_eq!(Typed::read(&text), Typed::Incomplete, "{text:?}");
            }
        }
        assert_eq!(Typed::read(&token[20..]), Typed::Incomplete);
        let foreign = token.replacen(TOKEN_START, "eyJ0eXAiOi", 1);
        assert_eq!(Typed::read(&foreign), Typed::Token(foreign.clone()), "to be refused");
        for at in 1..token.len() {
            let (before, after) = token.split_at(at);
            for text in [
                format!("{before} {after}"),
                format!("{before}\r\n{after}"),
                format!("https://points.example/v#{before}\n{after}"),
            ] {
                assert_eq!(Typed::read(&text), Typed::Token(token.clone()), "a break at {at}");
            }
        }
        assert_eq!(Typed::read(&token[60..]), Typed::Incomplete);
        let long = format!("{TOKEN_START}{}", "A".repeat(TOKEN_LENGTH_MAX));
        assert_eq!(Typed::read(&long), Typed::Token(long.clone()), "to be refused");
    }
}
