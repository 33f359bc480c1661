//! Receipts under the eyes of programs that are not ours: openssl, and a JOSE library (npm's `jose`, in tests/foreign).
//!
//! Both must verify what the counter prints, and refuse whatever was altered. Where a foreign decoder is more lenient
//! than the format (spellings of the same signature bytes), ours must be the stricter.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bank_tests::bank::TestBank;
use data_encoding::{BASE64, BASE64URL_NOPAD};

use crate::support::{Counter, Folder, program, run};

/// A receipt, and the key set that it was issued under.
struct Issued {
    folder: TestBank,
    token: String,
    /// The 32 bytes of the key.
    key: Vec<u8>,
}

const CARD: &str = "1000157592";

fn issued() -> Issued {
    issued_after(&[])
}

/// A receipt that was issued after this command of the counter.
fn issued_after(command: &[&str]) -> Issued {
    let bank = TestBank::sqlite();
    let counter = Counter(&bank);
    counter.import(&Folder::town());
    if !command.is_empty() {
        counter.run(command).good();
    }
    let token =
        counter.run(&["redeem", "--card", CARD, "--station", "S01", "--item", "G10=1"]).good().trim().to_owned();
    let keys = counter.run(&["keys"]).good();
    let x = keys.split(r#""x": ""#).nth(1).unwrap().split('"').next().unwrap();
    let key = BASE64URL_NOPAD.decode(x.as_bytes()).unwrap();
    std::fs::write(bank.folder().join("keys.json"), keys).unwrap();
    Issued { folder: bank, token, key }
}

impl Issued {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.folder().join(name)
    }

    fn parts(&self) -> (&str, &str, &str) {
        let mut parts = self.token.split('.');
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
    }

    /// A token of another key's making, which says what this one says.
    fn forged(&self) -> String {
        let (header, payload, _) = self.parts();
        let key = baoyulan_ledger::proof::SigningKey::from_seed(&[42; 32]);
        let signed = format!("{header}.{payload}");
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes())))
    }

    /// This token's claims under other headers, signed by nobody or with the public key as a secret.
    fn other_algorithms(&self) -> Vec<String> {
        let (header, payload, signature) = self.parts();
        let header = String::from_utf8(BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap();
        let with = |algorithm: &str, signature: &str| {
            let header =
                BASE64URL_NOPAD.encode(header.replace(r#""Ed25519""#, &format!(r#""{algorithm}""#)).as_bytes());
            format!("{header}.{payload}.{signature}")
        };
        vec![with("none", ""), with("HS256", signature), with("EdDSA", signature), with("ES256", signature)]
    }

    /// Every single bit of header, payload and signature flipped, one here and one there.
    fn flipped(&self) -> Vec<String> {
        let (header, payload, signature) = self.parts();
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        let flip = |part: &str, bit: usize| {
            let mut bytes = decode(part);
            bytes[bit / 8] ^= 1 << (bit % 8);
            BASE64URL_NOPAD.encode(&bytes)
        };
        let bits = |part: &str| (0..decode(part).len() * 8).step_by(61).collect::<Vec<_>>();
        let mut tokens: Vec<String> =
            bits(payload).iter().map(|bit| format!("{header}.{}.{signature}", flip(payload, *bit))).collect();
        tokens.extend(bits(signature).iter().map(|bit| format!("{header}.{payload}.{}", flip(signature, *bit))));
        tokens.extend(bits(header).iter().map(|bit| format!("{}.{payload}.{signature}", flip(header, *bit))));
        tokens
    }

    /// Other spellings of the same bytes: padding, and stray bits in a part's last character.
    fn respelled(&self) -> Vec<String> {
        let (header, payload, signature) = self.parts();
        let padded = |part: &str| {
            BASE64.encode(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).replace('+', "-").replace('/', "_")
        };
        let mut tokens =
            vec![format!("{header}.{payload}.{}", padded(signature)), format!("{header}.{payload}.{signature}=")];
        if padded(payload) != payload {
            tokens.push(format!("{header}.{}.{signature}", padded(payload)));
        }
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (rest, last) = signature.split_at(signature.len() - 1);
        let others = alphabet.chars().filter(|character| !last.starts_with(*character));
        tokens.extend(others.map(|character| format!("{header}.{payload}.{rest}{character}")));
        tokens
    }

    fn ours(&self, token: &str) -> bool {
        let keys = self.file("keys.json");
        run(&mut program(&["verify-receipt", token, "--keys", keys.to_str().unwrap()])).code == 0
    }

    /// What openssl says of the signature over the first two parts, the third being decoded for it.
    fn openssl(&self, token: &str) -> bool {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let Ok(signature) = BASE64URL_NOPAD.decode(signature.as_bytes()) else { return false };
        // SubjectPublicKeyInfo of RFC 8410: a fixed head and the 32 bytes.
        let der = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &self.key].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64.encode(&der));
        let (key, text, raw) = (self.file("key.pem"), self.file("signed"), self.file("signature"));
        std::fs::write(&key, pem).unwrap();
        std::fs::write(&text, signed).unwrap();
        std::fs::write(&raw, signature).unwrap();
        let mut openssl = Command::new("openssl");
        openssl
            .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-inkey"])
            .arg(key)
            .arg("-in")
            .arg(text)
            .arg("-sigfile")
            .arg(raw);
        run(&mut openssl).code == 0
    }

    /// What the JOSE library says of tokens.
    fn jose(&self, tokens: &[String]) -> Vec<bool> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/foreign");
        install(&folder);
        let mut node = Command::new("node");
        node.arg(folder.join("verify.mjs")).arg(self.file("keys.json"));
        let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        node.stdin.take().unwrap().write_all(tokens.join("\n").as_bytes()).unwrap();
        let output = node.wait_with_output().unwrap();
        let verdicts: Vec<bool> = String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "ok").collect();
        assert_eq!(verdicts.len(), tokens.len(), "a verdict for each token");
        verdicts
    }
}

/// Installs the library as its lock file says, where that has not been done.
fn install(folder: &Path) {
    static INSTALLED: std::sync::Once = std::sync::Once::new();
    INSTALLED.call_once(|| {
        if !folder.join("node_modules/jose").exists() {
            let status =
                Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(folder).status();
            assert!(
                status.is_ok_and(|status| status.success()),
                "npm could not install the JOSE library: apt-get install nodejs npm"
            );
        }
    });
}

#[test]
fn openssl_verifies_a_receipt_and_refuses_altered_ones() {
    let issued = issued();
    assert!(issued.openssl(&issued.token) && issued.ours(&issued.token));
    for token in issued.flipped().into_iter().step_by(3).chain([issued.forged()]) {
        assert!(!issued.openssl(&token) && !issued.ours(&token), "{token}");
    }
    // openssl is given the decoded signature, so another header is what it can refuse: the text that was signed differs.
    for token in issued.other_algorithms() {
        assert!(!issued.openssl(&token) && !issued.ours(&token), "{token}");
    }
    for token in issued.respelled() {
        assert!(!issued.openssl(&token) && !issued.ours(&token), "{token}");
    }
}

/// What somebody has left is in the token only by their own choice. Both forms are receipts to everybody, and openssl gives the
/// id by which the bank is asked.
#[test]
fn a_receipt_with_and_without_a_balance_is_one_to_foreign_programs() {
    for (command, has_balance) in [(&[][..], false), (&["card", "print-balance", "--card", CARD], true)] {
        let issued = issued_after(command);
        let (_, payload, _) = issued.parts();
        let payload = String::from_utf8(BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
        assert_eq!(payload.contains("\"bal\":"), has_balance, "{payload}");
        assert!(issued.openssl(&issued.token) && issued.ours(&issued.token), "{payload}");
        assert_eq!(issued.jose(std::slice::from_ref(&issued.token)), [true], "{payload}");
        let text = issued.file("token");
        std::fs::write(&text, &issued.token).unwrap();
        let digest = Command::new("openssl").args(["dgst", "-sha256", "-binary"]).arg(text).output().unwrap().stdout;
        assert_eq!(digest, baoyulan_ledger::proof::receipt::token_digest(&issued.token));
    }
}

#[test]
fn a_jose_library_verifies_a_receipt_and_refuses_altered_ones() {
    let issued = issued();
    assert_eq!(issued.jose(std::slice::from_ref(&issued.token)), [true]);
    let altered = [issued.flipped(), vec![issued.forged()], issued.other_algorithms()].concat();
    for (token, accepted) in altered.iter().zip(issued.jose(&altered)) {
        assert!(!accepted, "{token}");
    }
    for token in altered.iter().step_by(5) {
        assert!(!issued.ours(token), "{token}");
    }
    // 16 last characters stand for the same 64 bytes. Of these spellings a lenient decoder may take all; ours takes one.
    let respelled = issued.respelled();
    let same_bytes = issued.jose(&respelled).iter().filter(|accepted| **accepted).count();
    assert!(same_bytes <= 17, "only spellings of the same bytes can pass elsewhere, not {same_bytes}");
    for token in respelled.iter().step_by(4) {
        assert!(!issued.ours(token), "{token}");
    }
}

#[test]
fn keys_that_are_none_are_said_to_be_none() {
    let issued = issued();
    let file = issued.file("other.json");
    let verify = |content: &str| {
        std::fs::write(&file, content).unwrap();
        run(&mut program(&["verify-receipt", &issued.token, "--keys", file.to_str().unwrap()]))
    };
    for content in ["", "{}", "[]", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA","n":"x","e":"AQAB"}]}"#] {
        assert_eq!((verify(content).code, verify(content).output.as_str()), (1, ""), "{content}");
    }
    // A key set may hold keys of other kinds beside ours.
    let keys = std::fs::read_to_string(issued.file("keys.json")).unwrap();
    assert_eq!(
        verify(&keys.replacen("\"keys\": [", r#""keys": [{"kty":"RSA","n":"x","e":"AQAB","kid":"r"},"#, 1)).code,
        0
    );
    assert_eq!(run(&mut program(&["verify-receipt", &issued.token, "--keys", "/no/such/file"])).code, 1);
}

#[test]
fn a_receipt_is_told_in_the_readers_language_and_the_banks_zone() {
    let issued = issued();
    let keys = issued.file("keys.json").display().to_string();
    let verify = |language: &str, token: &str, keys: &str, more: &[&str]| {
        run(&mut program(&[&["verify-receipt", token, "--keys", keys, "--language", language], more].concat()))
    };
    let forged = issued.forged();
    for (language, not_three, wrong, unreadable) in [
        ("zh-Hans", "文字不完整，不是回执", "签名对不上", "读不了"),
        ("zh-Hant", "文字不完整，不是回執", "簽名對不上", "讀不了"),
        ("en", "this is not a receipt", "the signature does not match", "cannot be read"),
    ] {
        for (token, said) in [("a.b", not_three), (forged.as_str(), wrong)] {
            let refused = verify(language, token, &keys, &[]);
            assert!(refused.code == 1 && refused.error.starts_with(said), "{refused:?}");
        }
        assert!(verify(language, &issued.token, "/no/such/file", &[]).error.contains(unreadable));
        assert!(verify(language, &issued.token, &keys, &[]).good().contains("+08:00"));
        assert!(verify(language, &issued.token, &keys, &["--time-zone", "UTC"]).good().contains("+00:00"));
    }
}
