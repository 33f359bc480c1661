//! Which texts the ledger accepts: short and printable ones. Codes use an alphabet that needs no escaping anywhere.

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

/// Whether `text` is plain text: at most `length_max` characters and no control characters. This also keeps out NUL,
/// which PostgreSQL cannot store.
pub fn is_plain(text: &str, length_max: usize) -> bool {
    text.len() <= length_max * 4 && text.chars().count() <= length_max && !text.chars().any(char::is_control)
}

/// Whether `text` is a label: 1 to [`LABEL_LENGTH_MAX`] characters of any script, and no control characters.
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && is_plain(text, LABEL_LENGTH_MAX)
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
