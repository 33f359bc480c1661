//! `check-receipt`: what people bring, as they bring it.

use std::process::Command;

use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::{ReceiptLine, first_link};
use baoyulan_ledger::proof::{Receipt, ReceiptKind, SigningKey};

#[test]
fn a_receipt_is_checked_as_its_qr_code_holds_it_and_as_people_paste_it() {
    let key = SigningKey::from_seed(&[1; 32]);
    let receipt = Receipt {
        issuer: "baoyulan".to_owned(),
        kind: ReceiptKind::Redemption,
        number: "S01-26-000001".to_owned(),
        issued_at: 1_795_503_840,
        station: "S01".to_owned(),
        position: 42,
        subject: "7f3a".to_owned(),
        lines: vec![ReceiptLine { sku: "G10".to_owned(), pieces: 1, points_each: 300 }],
        points: 300,
        balance: None,
        previous: first_link("baoyulan", "S01"),
        reference: None,
    };
    let token = receipt.sign(&key);
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    let set = JsonWebKeySet { keys: vec![JsonWebKey::of(key.public())] };
    std::fs::write(&keys, serde_json::to_string(&set).unwrap()).unwrap();
    let check = |text: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redeem-kiosk"));
        command.arg("check-receipt").arg(text).arg(&keys).output().unwrap().status.code()
    };
    let (start, end) = token.split_at(60);
    for text in [
        token.clone(),
        format!("https://points.example/v#{token}"),
        format!("https://points.example/v%23{token}"),
        format!("\u{feff} {token}\r\n"),
        format!("{start}\n  {end}"),
        token.replace('.', "．"),
    ] {
        assert_eq!(check(&text), Some(0), "{text}");
    }
    assert_eq!(check(&token.replacen("eyJ", "eyK", 1)), Some(1));
    assert_eq!(check("https://points.example/"), Some(1));
}
