//! Texts: which ones the ledger accepts, and what somebody means who typed, pasted or scanned one.
//!
//! A text that was typed comes with what nobody sees: blanks of many kinds, byte order marks, characters without width; and
//! an input method for Chinese makes full-width digits. There is one reading of such a text, and every door uses it: the
//! import, the command line, the API, the pages and the kiosk. Their scripts read alike (`verify.js`, `kiosk.js`).
//!
//! | what it is | how it is read |
//! |---|---|
//! | the number of a card, a PIN | [`digits_as_typed`]: what is not seen and hyphens go, wherever they are; full-width becomes ASCII |
//! | a code: a station, an offer, a receipt's number, a token | [`code_as_typed`]: the same, but hyphens stay |
//! | what a town calls something by, in any script | [`label_as_typed`]: what is not seen around it goes, full-width digits become ASCII |
//! | the name of a person | [`name_as_typed`]: blanks around it go, and it is composed (NFC) |
//! | any other text of a town's sheet | [`trimmed`]: blanks around it go |

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};
use unicode_segmentation::UnicodeSegmentation as _;

/// How many characters a code of a caller's own may have.
pub const CODE_LENGTH_MAX: usize = 64;

/// How many characters a label may have.
pub const LABEL_LENGTH_MAX: usize = 64;

/// How many characters a name, a title or a remark may have.
pub const PLAIN_LENGTH_MAX: usize = 200;

/// Whether a code, an address or a receipt may contain this character: `[A-Za-z0-9._:/-]`.
pub fn is_code_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | ':' | '/' | '-')
}

/// Whether `text` is a code: 1 to `length_max` characters, each of which [`is_code_character`] accepts.
pub fn is_code(text: &str, length_max: usize) -> bool {
    !text.is_empty() && text.len() <= length_max && text.bytes().all(|byte| is_code_character(char::from(byte)))
}

/// Whether `text` is plain text: at most `length_max` characters, none of which [`is_control`]. This also keeps out NUL,
/// which PostgreSQL cannot store.
pub fn is_plain(text: &str, length_max: usize) -> bool {
    text.len() <= length_max * 4 && text.chars().count() <= length_max && !text.chars().any(is_control)
}

/// Whether `text` is a label: 1 to [`LABEL_LENGTH_MAX`] characters of any script, none of which [`is_control`].
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && is_plain(text, LABEL_LENGTH_MAX)
}

/// Whether `text` may be a person's name: plain text that has a letter.
pub fn is_name(text: &str) -> bool {
    is_plain(text, PLAIN_LENGTH_MAX) && text.chars().any(|character| character.is_alphabetic() && !is_unseen(character))
}

/// Whether a character is nothing to be read but tells how to show what stands around it: control characters, direction
/// marks, separators of lines and paragraphs, marks of annotations. With them a text could be turned around, or spill over
/// into what stands beside it.
pub fn is_control(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{206A}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}')
        || CodePointSetData::new::<BidiControl>().contains(character)
}

/// Whether a character looks like a gap, or takes no room at all, and joins nothing: blanks, the byte order mark, Hangul's
/// fillers, the empty pattern of Braille.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{AD}'
                | '\u{115F}'
                | '\u{1160}'
                | '\u{180E}'
                | '\u{200B}'
                | '\u{2060}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
        )
}

/// Whether nobody sees the character: it [`is_blank`], it [`is_control`], or it is one that Unicode lets a font leave out, such
/// as joiners and variation selectors.
pub fn is_unseen(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_whitespace() || character.is_ascii_control();
    }
    is_blank(character)
        || is_control(character)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

/// Without the blanks around it.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

/// The code that somebody means: see the [module](self).
pub fn code_as_typed(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    text.chars().filter(|character| !is_unseen(*character)).map(half_width).collect::<String>().into()
}

/// The digits that somebody means: see the [module](self). What else stands there stays, so that it can be refused.
///
/// ```
/// # use baoyulan_ledger::text::digits_as_typed;
/// assert_eq!(digits_as_typed(" 1000 1869-83\u{200B}"), "1000186983");
/// assert_eq!(digits_as_typed("１０００１８６９８３"), "1000186983");
/// assert_eq!(digits_as_typed("1000x86983"), "1000x86983");
/// ```
pub fn digits_as_typed(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'-') {
        return Cow::Borrowed(text);
    }
    code_as_typed(text).chars().filter(|character| !is_hyphen(*character)).collect::<String>().into()
}

/// The label that somebody means: see the [module](self).
pub fn label_as_typed(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(|character| is_blank(character) || (is_unseen(character) && !character.is_control()));
    if !text.contains(is_full_width_digit) {
        return Cow::Borrowed(text);
    }
    let digit = |character| if is_full_width_digit(character) { half_width(character) } else { character };
    text.chars().map(digit).collect::<String>().into()
}

/// The name that somebody means: see the [module](self).
pub fn name_as_typed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(trimmed(text))
}

fn is_full_width_digit(character: char) -> bool {
    matches!(character, '０'..='９')
}

/// ASCII for one of its full-width twins, and the hyphen for every dash.
pub fn half_width(character: char) -> char {
    match character {
        character if is_hyphen(character) => '-',
        '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
        _ => character,
    }
}

/// What stands between groups of digits: a hyphen, a dash or a minus.
fn is_hyphen(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2E3A}' | '\u{2E3B}' | '\u{FE58}' | '\u{FE63}'
    )
}

/// The letters of a name, as people count them: clusters of characters that are one letter to the eye, without what is no
/// letter and without what nobody sees. What is not seen is gone before letters are told apart, so adding it makes neither
/// more letters nor others.
pub fn letters(name: &str) -> Vec<String> {
    let seen: String = name.chars().filter(|character| !is_unseen(*character)).collect();
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&seen);
    let clusters = composed.graphemes(true).filter(|cluster| cluster.chars().any(char::is_alphanumeric));
    clusters.map(str::to_owned).collect()
}

/// Who is meant by a text that names somebody: two texts with the same key are the same person, and an empty key is nobody.
/// NFKC and case folding, without what nobody sees, and with one hyphen for all dashes. Letters and digits of different
/// scripts that look alike stay different.
pub fn person_key(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return seen(text).to_ascii_lowercase().into();
    }
    let compatible = ComposingNormalizerBorrowed::new_nfkc();
    let (before, folding) = (seen(text), CaseMapper::new());
    let folded = folding.fold_string(&compatible.normalize(&before)).into_owned();
    seen(&compatible.normalize(&folded)).into()
}

/// What is seen of a text, with one hyphen for every dash: word processors make one of the other.
fn seen(text: &str) -> String {
    let hyphen = |character| if is_hyphen(character) || LIKE_HYPHEN.contains(character) { '-' } else { character };
    text.chars().filter(|character| !is_unseen(*character) && !is_inkless(*character)).map(hyphen).collect()
}

/// What looks like a hyphen between two parts of a name and is none in a number, in whatever script: bullets, bars, waves, signs for long vowels.
const LIKE_HYPHEN: &str = "\u{2D7}\u{58A}\u{5BE}\u{6D4}\u{1400}\u{1806}\u{2053}\u{2796}\u{2CBA}\u{2E17}\u{2E1A}\u{2E40}\u{2E5D}\
                           \u{301C}\u{3030}\u{30A0}\u{30FC}\u{10EAD}";

/// Takes no ink, though Unicode does not say that nobody sees it: fillers of single scripts, and what stands for an object.
fn is_inkless(character: char) -> bool {
    matches!(character, '\u{FFFC}' | '\u{16FE4}' | '\u{1D159}')
}

/// A text that is in a bank, as it may be shown among other text: without what could turn it around or break its line.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    text.chars().filter(|character| !is_control(*character)).collect::<String>().into()
}

/// A code as a segment of an address: everything but letters, digits and `-._` in percent. The codes `.` and `..`, which an
/// address takes for steps between folders, get a `~` in front, which no code has.
///
/// ```
/// # use baoyulan_ledger::text::in_path;
/// assert_eq!(in_path("north/S1:2"), "north%2FS1%3A2");
/// assert_eq!(in_path(".."), "~..");
/// ```
pub fn in_path(code: &str) -> String {
    let step = if matches!(code, "." | "..") { "~" } else { "" };
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    step.to_owned() + &code.bytes().map(byte).collect::<String>()
}

/// The code in a segment of an address whose percents have been read: the other way round than [`in_path`], and as somebody
/// may have typed it.
pub fn code_from_path(segment: &str) -> String {
    let code = code_as_typed(segment);
    code.strip_prefix('~').unwrap_or(&code).to_owned()
}

/// Writes 80 bits as 16 characters of Crockford's base32, in lower case. The alphabet
/// leaves out letters that look like digits.
pub fn base32(bytes: [u8; 10]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let character = |index: u32| char::from(ALPHABET[(bits >> (75 - 5 * index) & 31) as usize]);
    (0..16).map(character).collect()
}

/// Shortens a text that somebody sent, so that a message can quote it: at most 40
/// characters, with control characters escaped.
pub fn shown(text: &str) -> String {
    let escaped: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("{escaped}…") } else { escaped }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Characters that nobody sees, of each kind.
    const UNSEEN: [char; 26] = [
        ' ',
        '\t',
        '\u{A0}',
        '\u{AD}',
        '\u{34F}',
        '\u{61C}',
        '\u{115F}',
        '\u{1160}',
        '\u{17B4}',
        '\u{180B}',
        '\u{2003}',
        '\u{200B}',
        '\u{200D}',
        '\u{200E}',
        '\u{202E}',
        '\u{2060}',
        '\u{2067}',
        '\u{2800}',
        '\u{3000}',
        '\u{3164}',
        '\u{FE0F}',
        '\u{FEFF}',
        '\u{FFA0}',
        '\u{E0067}',
        '\u{E0101}',
        '\u{1D173}',
    ];

    #[test]
    fn what_nobody_sees_is_known() {
        assert_eq!(UNSEEN.into_iter().find(|character| !is_unseen(*character)), None);
        assert_eq!("a1·王́กि-_/😀한".chars().find(|character| is_unseen(*character)), None);
    }

    #[test]
    fn what_turns_a_text_around_is_neither_plain_nor_shown() {
        for mark in "\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2066}\u{2067}\u{2068}\u{2069}\u{200E}\u{200F}\u{61C}\u{2028}\u{2029}\n\0\u{85}".chars() {
            let text = format!("大米{mark}5kg");
            assert!(!is_plain(&text, 200) && !is_label(&text) && !is_name(&text), "{mark:?}");
            assert_eq!(harmless(&text), "大米5kg");
        }
        for good in ["大米 5kg", "👩‍🌾❤️", "می‌خواهم", ""] {
            assert!(is_plain(good, 200), "{good}");
            assert_eq!(harmless(good), good);
        }
    }

    #[test]
    fn a_name_has_letters() {
        for good in ["王芳", "王　芳", "Anna Maria", "阿不都·热西提", "O'Neill 3"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", " ", "·", "123", "\u{3164}", "\u{115F}\u{2800}", "😀", "王\u{202E}芳"] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert_eq!(name_as_typed("\u{FEFF}　Zoe\u{308} \u{200B}"), "Zoë");
        assert_eq!(name_as_typed("王　芳"), "王　芳");
    }

    #[test]
    fn a_code_is_read_as_it_was_meant() {
        for text in
            ["S01-26-000042", " S01-26-000042\r\n", "\u{FEFF}S01-26-\n000042", "Ｓ０１－２６－０００04２\u{200B}"]
        {
            assert_eq!(code_as_typed(text), "S01-26-000042", "{text:?}");
        }
        assert_eq!(label_as_typed("\u{A0}第３ 小组\u{3000}"), "第3 小组");
        assert_eq!(label_as_typed("Ａ０１"), "Ａ01");
    }

    #[test]
    fn one_person_is_one_person_however_written() {
        for other in [
            "clerk-2",
            "Clerk-2 ",
            "CLERK-2",
            "ｃｌｅｒｋ－２",
            "cler\u{212A}-2",
            "clerk\u{200B}-2\u{FE0F}",
            "\u{202E}clerk-2",
            "clerk-②",
            "clerk\u{2043}2",
            "clerk\u{2E3A}2",
            "clerk\u{2796}2",
            "clerk\u{05BE}2",
            "clerk\u{30FC}2",
            "clerk\u{FF70}2",
            "clerk\u{301C}2",
            "clerk\u{FE31}2",
            "clerk\u{1D159}-2\u{FFFC}",
            "clerk\u{16FE4}-2",
        ] {
            assert_eq!(person_key(other), "clerk-2", "{other:?}");
        }
        assert_eq!(person_key("Straße"), person_key("STRASSE"));
        assert_eq!(person_key("王　芳"), person_key("王芳"));
        assert_ne!(person_key("clerk-2"), person_key("clerk-3"));
        assert_ne!(person_key("clerk-2"), person_key("clerk2"));
        for nobody in ["", " ", "　\u{200B}", "\u{3164}", "\u{2800}\u{FE0F}"] {
            assert_eq!(person_key(nobody), "", "{nobody:?}");
        }
    }

    #[test]
    fn letters_are_those_that_people_count() {
        let count = |name| letters(name).len();
        for (name, expected) in [
            ("王芳", 2),
            ("王　芳", 2),
            ("王\u{FE00}芳", 2),
            ("Zoe\u{308}", 3),
            ("क्षिति", 2),
            ("한글", 2),
            ("\u{1112}\u{1161}\u{11AB}글", 2),
            ("\u{3164}\u{115F}", 0),
            ("阿不都·热西提", 6),
            ("👩‍🌾", 0),
            ("", 0),
        ] {
            assert_eq!(count(name), expected, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_nobody_sees_makes_no_letter(
            name in "[a-z王芳建华欧阳éñ한글คि\u{308}\u{1112}\u{1161}·]{0,8}",
            places in prop::collection::vec((0_usize..40, 0..UNSEEN.len()), 0..8),
        ) {
            let mut hidden: Vec<char> = name.chars().collect();
            for (place, unseen) in places {
                hidden.insert(place % (hidden.len() + 1), UNSEEN[unseen]);
            }
            let hidden: String = hidden.into_iter().collect();
            prop_assert_eq!(letters(&hidden), letters(&name));
            prop_assert_eq!(person_key(&hidden), person_key(&name));
        }
    }
}
