//! Receipts: JWS compact tokens (RFC 7515), signed with `Ed25519` (RFC 8037, RFC 9864) over I-JSON (RFC 7493).
//!
//! A token has exactly one spelling. The reader rebuilds the token from what it read and compares it byte by byte. That
//! one comparison refuses padding, other base64, other headers, another order, and duplicate or unknown keys.
//! `docs/RECEIPTS.md` lists the fields.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::key::{JsonWebKeySet, SigningKey, VerifyingKey};
use super::{Digest, sha256};
use crate::book::QUANTITY_MAX;
use crate::language::Language;
use crate::text::{code_as_typed, is_code};

/// How many characters a token may have. A QR code on paper 58 mm wide holds no more.
pub const TOKEN_LENGTH_MAX: usize = 900;
/// How many characters an issuer may have.
pub const ISSUER_LENGTH_MAX: usize = 40;
/// How many characters a SKU may have.
pub const SKU_LENGTH_MAX: usize = 8;
/// How many characters a station's code may have.
pub const STATION_LENGTH_MAX: usize = 16;

/// Which kind of event a receipt confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptKind {
    /// Points were exchanged for pieces.
    Redemption,
    /// An earlier receipt, to which this one refers, was reversed.
    Reversal,
}

/// A receipt's number, printed like `S01-26-000042`: the station, the year, and a count without gaps within both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptNumber {
    /// The station's code, at most [`STATION_LENGTH_MAX`] characters.
    pub station: String,
    /// The calendar year in the bank's zone. Only its last two digits are printed.
    pub year: i64,
    /// Counts from 1 in each year; printed with at least six digits.
    pub number: i64,
}

impl ReceiptNumber {
    /// Reads a number as it is printed, and as people write, paste and scan it (see [`crate::text`]). `None` if the text has
    /// any other form. The year is taken to be in 2000–2099.
    pub fn parse(text: &str) -> Option<Self> {
        let text = code_as_typed(text);
        Self::read(&text)
    }

    fn read(text: &str) -> Option<Self> {
        let (rest, number) = text.rsplit_once('-')?;
        let (station, year) = rest.rsplit_once('-')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code(station, STATION_LENGTH_MAX)
            || year.len() != 2
            || !digits(year)
            || number.len() < 6
            || !digits(number)
        {
            return None;
        }
        let parsed =
            Self { station: station.to_owned(), year: 2000 + year.parse::<i64>().ok()?, number: number.parse().ok()? };
        (parsed.to_string() == text).then_some(parsed)
    }
}

impl std::fmt::Display for ReceiptNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}-{:02}-{:06}", self.station, self.year.rem_euclid(100), self.number)
    }
}

/// How many lines a receipt may have.
pub const LINES_MAX: usize = 10;

/// One offer on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptLine {
    /// The offer's code, at most [`SKU_LENGTH_MAX`] characters.
    pub sku: String,
    /// How many pieces were handed over, or came back in a reversal; at least 1.
    pub pieces: i64,
    /// The price of one piece in points.
    pub points_each: i64,
}

impl ReceiptLine {
    fn of((sku, pieces, points_each): (String, i64, i64)) -> Self {
        Self { sku, pieces, points_each }
    }
}

/// The content of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Receipt {
    /// The bank's name, which never changes; a code of at most [`ISSUER_LENGTH_MAX`] characters.
    pub issuer: String,
    pub kind: ReceiptKind,
    /// The number as it is printed; see [`ReceiptNumber`].
    pub number: String,
    /// When the receipt was issued, in UTC seconds.
    pub issued_at: i64,
    /// The station's code, at most [`STATION_LENGTH_MAX`] characters.
    pub station: String,
    /// The record's position in the journal, from 0.
    pub position: i64,
    /// The volunteer's pseudonym, which reveals neither name nor card.
    pub subject: String,
    /// What was handed over or came back: 1 to [`LINES_MAX`] lines.
    pub lines: Vec<ReceiptLine>,
    /// The sum of pieces × points over all lines.
    pub points: i64,
    /// The points that the volunteer could still spend afterwards, without expired
    /// ones. `None` if the receipt does not say.
    pub balance: Option<i64>,
    /// SHA-256 of the station's previous token, or [`first_link`].
    pub previous: Digest,
    /// SHA-256 of the token that this receipt reverses; `None` in a redemption's receipt.
    pub reference: Option<Digest>,
}

/// Why a token is not a receipt that the owner of the given keys issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The text is longer than any receipt.
    #[error("the receipt is longer than {TOKEN_LENGTH_MAX} characters")]
    TooLong,
    /// The text is not three parts with dots between them.
    #[error("this is not a receipt: a receipt is three parts with dots between them")]
    NotThreeParts,
    /// The header names none of the given keys, or another way of signing.
    #[error(
        "the receipt names a key that is not this bank's, or another way of signing; check that you use this bank's keys"
    )]
    UnknownKey,
    /// The third part is not 64 bytes in canonical base64url.
    #[error("the receipt's signature is damaged; scan or copy the receipt again")]
    MalformedSignature,
    /// The key that the header names did not make this signature.
    #[error("the signature does not match: somebody altered the receipt, or another bank issued it")]
    WrongSignature,
    /// The signature is right, but the signed text is not a version 1 receipt in its only spelling.
    #[error("the content does not have the form of a receipt")]
    MalformedPayload,
}

impl ReceiptError {
    /// What is wrong and, where there is something, what to do.
    pub fn words(self, language: Language) -> String {
        match language {
            Language::SimplifiedChinese => self.in_simplified_chinese(),
            Language::TraditionalChinese => self.in_traditional_chinese(),
            Language::English => self.to_string(),
        }
    }

    fn in_simplified_chinese(self) -> String {
        match self {
            Self::TooLong => return format!("文字超过 {TOKEN_LENGTH_MAX} 个字符，不是回执。请只给一张回执的文字。"),
            Self::NotThreeParts => "文字不完整，不是回执：回执有三段，中间用点隔开。请重新扫码，或者把文字全部复制。",
            Self::UnknownKey => "回执用的不是本银行的公钥，或者不是这种签名。请看看公钥文件是不是本银行的。",
            Self::MalformedSignature => "签名坏了：可能没有扫全，也可能被改过。请重新扫码，或者重新复制。",
            Self::WrongSignature => "签名对不上：内容被改过，或者不是本银行签发的。",
            Self::MalformedPayload => "签名是对的，但内容不是回执的样子。",
        }
        .to_owned()
    }

    fn in_traditional_chinese(self) -> String {
        match self {
            Self::TooLong => return format!("文字超過 {TOKEN_LENGTH_MAX} 個字元，不是回執。請只給一張回執的文字。"),
            Self::NotThreeParts => "文字不完整，不是回執：回執有三段，中間用點隔開。請重新掃碼，或者把文字全部複製。",
            Self::UnknownKey => "回執用的不是本銀行的公鑰，或者不是這種簽名。請看看公鑰檔案是不是本銀行的。",
            Self::MalformedSignature => "簽名壞了：可能沒有掃全，也可能被改過。請重新掃碼，或者重新複製。",
            Self::WrongSignature => "簽名對不上：內容被改過，或者不是本銀行簽發的。",
            Self::MalformedPayload => "簽名是對的，但內容不是回執的樣子。",
        }
        .to_owned()
    }
}

/// The id of a receipt: SHA-256 of its token's ASCII text.
pub fn token_digest(token: &str) -> Digest {
    sha256(&[token.as_bytes()])
}

/// The token of a text that somebody pasted or scanned: of an address it stands after the last #, and chats and mail programs
/// break long lines. See [`crate::text`].
pub fn token_as_typed(text: &str) -> String {
    // Some programs escape the # of an address that they pass on.
    let text = code_as_typed(text).replace("%23", "#");
    text.rsplit_once('#').map_or(&*text, |(_, token)| token).to_owned()
}

/// The link before a station's first receipt: SHA-256 of `pbr1/<issuer>/<station>`.
pub fn first_link(issuer: &str, station: &str) -> Digest {
    sha256(&[format!("pbr1/{issuer}/{station}").as_bytes()])
}

/// The header of every receipt that this key signs, in base64url.
fn header_segment(key: &VerifyingKey) -> String {
    BASE64URL_NOPAD.encode(format!(r#"{{"alg":"Ed25519","typ":"pbr1","kid":"{}"}}"#, key.id()).as_bytes())
}

impl Receipt {
    /// Writes the canonical JSON. Every string is a code, so nothing needs escaping.
    fn payload(&self) -> String {
        use std::fmt::Write as _;
        let mut text = format!(r#"{{"iss":"{}","#, self.issuer);
        // Writing to a string cannot fail.
        if self.kind == ReceiptKind::Reversal {
            text.push_str(r#""knd":"V","#);
        }
        let _ = write!(
            text,
            r#""rno":"{}","iat":{},"stn":"{}","seq":{},"sub":"{}","ln":["#,
            self.number, self.issued_at, self.station, self.position, self.subject
        );
        for (index, ReceiptLine { sku, pieces, points_each }) in self.lines.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let _ = write!(text, r#"{comma}["{sku}",{pieces},{points_each}]"#);
        }
        let _ = write!(text, r#"],"pts":{}"#, self.points);
        if let Some(balance) = self.balance {
            let _ = write!(text, r#","bal":{balance}"#);
        }
        let _ = write!(text, r#","prv":"{}""#, BASE64URL_NOPAD.encode(&self.previous));
        if let Some(reference) = &self.reference {
            let _ = write!(text, r#","ref":"{}""#, BASE64URL_NOPAD.encode(reference));
        }
        text.push('}');
        text
    }

    /// How many characters the token will have. You can ask before you sign.
    pub fn token_length(&self) -> usize {
        // Every key's id has 11 characters, so a header has 50 bytes; a signature has 64.
        67 + 1 + BASE64URL_NOPAD.encode_len(self.payload().len()) + 1 + 86
    }

    /// Signs the receipt and returns its token.
    pub fn sign(&self, key: &SigningKey) -> String {
        let mut token = header_segment(key.public());
        token.push('.');
        BASE64URL_NOPAD.encode_append(self.payload().as_bytes(), &mut token);
        let signature = key.sign(token.as_bytes());
        token.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut token);
        token
    }

    /// Reads a token if one of `keys` signed it.
    ///
    /// Success means that the bank issued the receipt, not that the receipt still
    /// stands: a reversal has a receipt of its own.
    ///
    /// # Errors
    /// The first [`ReceiptError`] that applies, in the order in which the enum lists them.
    pub fn verify(token: &str, keys: &[VerifyingKey]) -> Result<Self, ReceiptError> {
        if token.len() > TOKEN_LENGTH_MAX {
            return Err(ReceiptError::TooLong);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else { return Err(ReceiptError::NotThreeParts) };
        // Compare the whole header with the expected one. The token never chooses the algorithm.
        let key = keys.iter().find(|key| header_segment(key) == header).ok_or(ReceiptError::UnknownKey)?;
        // This decoder refuses padding, other alphabets, white space, and stray bits in the last character.
        let signature: [u8; 64] = BASE64URL_NOPAD
            .decode(signature.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(ReceiptError::MalformedSignature)?;
        let signed = &token[..header.len() + 1 + payload.len()];
        if !key.verifies(signed.as_bytes(), &signature) {
            return Err(ReceiptError::WrongSignature);
        }
        Self::read(payload).ok_or(ReceiptError::MalformedPayload)
    }

    /// Reads a token without checking its signature. Use it only for tokens from your own bank.
    pub fn read_unverified(token: &str) -> Option<Self> {
        Self::read(token.split('.').nth(1)?)
    }

    /// Reads a payload segment in its canonical spelling, and refuses any other.
    fn read(segment: &str) -> Option<Self> {
        let text = BASE64URL_NOPAD.decode(segment.as_bytes()).ok()?;
        let payload: Payload = serde_json::from_slice(&text).ok()?;
        let receipt = payload.into_receipt()?;
        (receipt.payload().as_bytes() == text && receipt.is_sound()).then_some(receipt)
    }

    /// Whether every field has the alphabet and the range of the format, and the sum is right.
    fn is_sound(&self) -> bool {
        let in_range = |number: &i64| (0..=QUANTITY_MAX).contains(number);
        let strings = [
            (&self.issuer, ISSUER_LENGTH_MAX),
            (&self.number, 64),
            (&self.station, STATION_LENGTH_MAX),
            (&self.subject, 64),
        ];
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.pieces) * i128::from(line.points_each)).sum();
        strings.into_iter().all(|(text, length_max)| is_code(text, length_max))
            && ReceiptNumber::read(&self.number).is_some_and(|number| number.station == self.station)
            && (1..=LINES_MAX).contains(&self.lines.len())
            && self.lines.iter().all(|ReceiptLine { sku, pieces, points_each }| {
                is_code(sku, SKU_LENGTH_MAX) && *pieces > 0 && in_range(pieces) && in_range(points_each)
            })
            && [self.issued_at, self.position, self.points, self.balance.unwrap_or(0)].iter().all(in_range)
            && i128::from(self.points) == sum
            && (self.kind == ReceiptKind::Reversal) == self.reference.is_some()
    }

    /// Describes the receipt in plain words, line by line, with the time in that zone.
    pub fn words(&self, language: Language, zone: &TimeZone) -> Vec<String> {
        let is_reversal = self.kind == ReceiptKind::Reversal;
        let issued = jiff::Timestamp::from_second(self.issued_at).map_or_else(
            |_| self.issued_at.to_string(),
            |instant| instant.display_with_offset(zone.to_offset(instant)).to_string(),
        );
        let reversed = self.reference.map(|digest| HEXLOWER.encode(&digest[..8]));
        let Self { number, issuer, station, subject, position, points, .. } = self;
        let (head, of, moved, left, reverses) = match language {
            Language::SimplifiedChinese => (
                format!(
                    "{} {number}，{issuer} 签发于 {issued}，驿站 {station}",
                    if is_reversal { "冲正回执" } else { "兑换回执" }
                ),
                format!("志愿者 {subject}（化名），日志位置 {position}"),
                format!("{} {points} 分", if is_reversal { "退回" } else { "共" }),
                self.balance.map(|left| format!("剩余 {left} 分")),
                reversed.map(|digest| format!("冲正的是 SHA-256 以 {digest} 开头的回执")),
            ),
            Language::TraditionalChinese => (
                format!(
                    "{} {number}，{issuer} 簽發於 {issued}，驛站 {station}",
                    if is_reversal { "沖正回執" } else { "兌換回執" }
                ),
                format!("志願者 {subject}（化名），日誌位置 {position}"),
                format!("{} {points} 分", if is_reversal { "退回" } else { "共" }),
                self.balance.map(|left| format!("剩餘 {left} 分")),
                reversed.map(|digest| format!("沖正的是 SHA-256 以 {digest} 開頭的回執")),
            ),
            Language::English => (
                format!(
                    "{} receipt {number} of {issuer}, issued {issued} at station {station}",
                    if is_reversal { "reversal" } else { "redemption" }
                ),
                format!("volunteer {subject} (pseudonym), journal position {position}"),
                format!("{} {points} points", if is_reversal { "given back:" } else { "spent:" }),
                self.balance.map(|left| format!("points left: {left}")),
                reversed.map(|digest| format!("reverses the receipt whose SHA-256 begins {digest}")),
            ),
        };
        let mut words = vec![head, of];
        words.extend(self.lines.iter().map(|line| line.words(language)));
        words.push(moved);
        words.extend(left);
        words.extend(reverses);
        words
    }
}

impl ReceiptLine {
    fn words(&self, language: Language) -> String {
        let Self { sku, pieces, points_each } = self;
        match language {
            Language::SimplifiedChinese | Language::TraditionalChinese => {
                format!("{sku} × {pieces}，每件 {points_each} 分")
            }
            Language::English => format!("{pieces} × {sku} at {points_each} points"),
        }
    }
}

/// Picks the keys of a JWKS that can have signed receipts: Ed25519 keys with the right id.
pub fn keys_of(set: &JsonWebKeySet) -> Vec<VerifyingKey> {
    set.keys.iter().filter_map(super::key::JsonWebKey::key).collect()
}

/// The payload as JSON; `docs/RECEIPTS.md` lists the members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: String,
    knd: Option<String>,
    rno: String,
    iat: i64,
    stn: String,
    seq: i64,
    sub: String,
    ln: Vec<(String, i64, i64)>,
    pts: i64,
    bal: Option<i64>,
    prv: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
}

impl Payload {
    fn into_receipt(self) -> Option<Receipt> {
        let digest = |text: &str| -> Option<Digest> { BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok() };
        Some(Receipt {
            kind: match self.knd.as_deref() {
                None => ReceiptKind::Redemption,
                Some("V") => ReceiptKind::Reversal,
                Some(_) => return None,
            },
            issuer: self.iss,
            number: self.rno,
            issued_at: self.iat,
            station: self.stn,
            position: self.seq,
            subject: self.sub,
            lines: self.ln.into_iter().map(ReceiptLine::of).collect(),
            points: self.pts,
            balance: self.bal,
            previous: digest(&self.prv)?,
            reference: self.reference.as_deref().map(|text| digest(text).ok_or(())).transpose().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            issuer: "bank.example".to_owned(),
            kind: ReceiptKind::Redemption,
            number: "S01-26-000001".to_owned(),
            issued_at: 1_790_000_000,
            station: "S01".to_owned(),
            position: 4321,
            subject: "0123456789abcdef".to_owned(),
            lines: vec![ReceiptLine { sku: "G10".to_owned(), pieces: 1, points_each: 300 }],
            points: 300,
            balance: Some(12),
            previous: first_link("bank.example", "S01"),
            reference: None,
        }
    }

    #[test]
    fn a_signed_receipt_is_read_back_and_has_the_length_foretold() {
        let key = SigningKey::from_seed(&[7; 32]);
        let mut reversal = receipt();
        reversal.kind = ReceiptKind::Reversal;
        reversal.reference = Some([9; 32]);
        for receipt in [receipt(), reversal] {
            let token = receipt.sign(&key);
            assert_eq!(token.len(), receipt.token_length());
            assert_eq!(Receipt::verify(&token, &[key.public().clone()]), Ok(receipt));
        }
    }

    #[test]
    fn no_single_character_can_be_changed_added_or_left_out() {
        let key = SigningKey::from_seed(&[7; 32]);
        let keys = [key.public().clone()];
        let token = receipt().sign(&key);
        for place in 0..token.len() {
            for replacement in ["", "A", "B", "=", ".", "-", "\n", "é"] {
                let altered = format!("{}{replacement}{}", &token[..place], &token[place + 1..]);
                assert_eq!(Receipt::verify(&altered, &keys).is_ok(), altered == token, "{altered}");
            }
        }
        for altered in [
            format!("{token}="),
            format!("{token}\n"),
            format!(" {token}"),
            format!("{token}."),
            String::new(),
            "..".to_owned(),
        ] {
            assert!(Receipt::verify(&altered, &keys).is_err(), "{altered:?}");
        }
    }

    /// Only two bits of the last base64url character count, so 64 bytes have 16 spellings. The reader accepts one.
    #[test]
    fn of_the_sixteen_spellings_of_a_signature_one_is_accepted() {
        const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let key = SigningKey::from_seed(&[7; 32]);
        let token = receipt().sign(&key);
        let accepted = ALPHABET.chars().filter(|last| {
            Receipt::verify(&format!("{}{last}", &token[..token.len() - 1]), &[key.public().clone()]).is_ok()
        });
        assert_eq!(accepted.count(), 1);
    }

    /// The right key signed these texts, and still they are not receipts.
    #[test]
    fn a_signature_does_not_excuse_the_content() {
        let key = SigningKey::from_seed(&[7; 32]);
        let good = receipt().payload();
        let sign = |header: &str, payload: &str| {
            let signed =
                format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(payload.as_bytes()));
            format!("{signed}.{}", BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes())))
        };
        let header = format!(r#"{{"alg":"Ed25519","typ":"pbr1","kid":"{}"}}"#, key.public().id());
        let verify = |header: &str, payload: &str| Receipt::verify(&sign(header, payload), &[key.public().clone()]);
        assert!(verify(&header, &good).is_ok());
        for other in [
            header.replace("Ed25519", "EdDSA"),
            header.replace("Ed25519", "none"),
            header.replace(r#""alg""#, r#" "alg""#),
            header.replace(r#"}"#, r#","crit":[]}"#),
        ] {
            assert_eq!(verify(&other, &good), Err(ReceiptError::UnknownKey), "{other}");
        }
        for other in [
            good.replace(r#""iat":1790000000"#, r#""iat":1790000000.0"#),
            good.replace(r#""iat":1790000000"#, r#""iat":9007199254740992"#),
            good.replace(r#""pts":300"#, r#""pts":300,"pts":300"#),
            good.replace(r#""pts":300"#, r#""pts":300,"x":1"#),
            good.replace(r#""pts":300"#, r#""pts":301"#),
            good.replace(r#""pts":300"#, r#""pts": 300"#),
            good.replace(r#"["G10",1,300]"#, r#"["G10",-1,-300]"#),
            good.replace(r#""sub":"0"#, r#""sub":"\u0030"#),
            good.replace(r#""bal":12,"#, ""),
            good.replace(r#""iss""#, r#""knd":"V","iss""#),
            good.replace(r#""rno":"S01"#, r#""rno":"S02"#),
        ] {
            let expected_good = other == receipt_without_balance();
            assert_eq!(verify(&header, &other).is_ok(), expected_good, "{other}");
        }
    }

    fn receipt_without_balance() -> String {
        let mut receipt = receipt();
        receipt.balance = None;
        receipt.payload()
    }

    #[test]
    fn a_number_has_one_spelling() {
        for text in ["S01-26-000001", "A-b-26-1234567", "S01-00-000000"] {
            assert_eq!(ReceiptNumber::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "S01", "S01-26-00001", "S01-26-0000001", "S01-2026-000001", "-26-000001"] {
            assert_eq!(ReceiptNumber::parse(text), None, "{text}");
        }
        // People add blanks; a receipt itself has none.
        assert_eq!(ReceiptNumber::parse("S01-26-000001 "), ReceiptNumber::parse("S01-26-000001"));
        assert_eq!(ReceiptNumber::read("S01-26-000001 "), None);
    }
}
