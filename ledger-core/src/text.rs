//! What text may enter the ledger: short, printable, and, for codes, of an alphabet that needs no escaping anywhere.

/// The longest label, in characters.
pub const LABEL_LENGTH_MAX: usize = 64;

/// The longest name, title or remark, in characters.
pub const PLAIN_LENGTH_MAX: usize = 200;

/// The alphabet of every code, address and receipt string: `[A-Za-z0-9._:/-]`.
pub fn is_code_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | ':' | '/' | '-')
}

/// Whether `text` is a code: 1 to `length_max` characters of [`is_code_character`].
pub fn is_code(text: &str, length_max: usize) -> bool {
    !text.is_empty() && text.len() <= length_max && text.chars().all(is_code_character)
}

/// Whether `text` is plain text: at most `length_max` characters, none of them a control character.
/// NUL, which PostgreSQL cannot store, is one of those.
pub fn is_plain(text: &str, length_max: usize) -> bool {
    text.len() <= length_max * 4 && text.chars().count() <= length_max && !text.chars().any(char::is_control)
}

/// Whether `text` is a label: 1 to 64 characters in any script, none of them a control character.
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && is_plain(text, LABEL_LENGTH_MAX)
}

/// 80 bits in 16 characters of Crockford's base32, in small letters: none of them is taken for a digit.
pub fn base32(bytes: [u8; 10]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let character = |index: u32| char::from(ALPHABET[(bits >> (75 - 5 * index) & 31) as usize]);
    (0..16).map(character).collect()
}

/// What is echoed of a text that somebody sent: at most 40 characters, control characters escaped.
pub fn shown(text: &str) -> String {
    let escaped: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() { format!("{escaped}…") } else { escaped }
}
