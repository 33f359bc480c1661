//! Receipts, checked by us and by the page's script.

use std::process::{Command as Process, Stdio};

use bank_tests::spellings::of_code;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::token_as_typed;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber, SigningKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use super::*;

async fn token(site: &Site, number: &str) -> String {
    site.ledger().receipt(&ReceiptNumber::parse(number).unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn we_tell_whether_a_receipt_is_genuine_and_whether_it_stands() {
    let site = Site::open().await;
    for (number, standing) in
        [("S01-26-000001", "stands"), ("S01-26-000002", "reversed"), ("S01-26-000004", "reversal")]
    {
        let token = token(&site, number).await;
        for pasted in [token.clone(), format!(" https://points.example/v#{token}\n")] {
            let answer = site.post("/v", &[("token", &pasted)], "").await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(answer.body.contains("data-verdict=\"genuine\" data-checked-by=\"server\""), "{}", answer.body);
            assert!(answer.body.contains(&format!("data-standing=\"{standing}\"")), "{}", answer.body);
            assert!(answer.body.contains("不是您的手机自己验的") && answer.body.contains(number));
        }
    }
    let good = token(&site, "S01-26-000001").await;
    let altered = good.replacen('.', ".A", 1);
    for (pasted, code) in [
        (altered.as_str(), "wrong_signature"),
        ("a.b.c", "unknown_key"),
        ("", "not_three_parts"),
        (&"a".repeat(901), "too_long"),
    ] {
        let answer = site.post("/v", &[("token", pasted)], "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(&format!("data-code=\"{code}\"")), "{code}");
        assert!(!answer.body.contains("data-checked-by=\"server\" data-verdict=\"genuine\""));
    }
}

/// Tokens that are nearly the one given: each character changed, left out, doubled, and the spellings that a lax
/// decoder would take.
fn nearly(token: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for place in 0..token.len() {
        for replacement in ["", "A", "=", "."] {
            tokens.push(format!("{}{replacement}{}", &token[..place], &token[place + 1..]));
        }
    }
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
        tokens.push(format!("{}{last}", &token[..token.len() - 1]));
    }
    tokens.extend([format!("{token}="), format!("{token} "), format!("{token}."), String::new(), "..".to_owned()]);
    tokens
}

/// The bank's key; the pepper of its PINs lies beside it.
fn signing_key(site: &Site) -> SigningKey {
    let files = std::fs::read_dir(site.bank.key_folder()).unwrap().map(|file| file.unwrap().path());
    let mut keys = files.filter(|path| path.extension().is_none_or(|ending| ending != "pin-pepper"));
    let seed = std::fs::read_to_string(keys.next().unwrap()).unwrap();
    SigningKey::from_seed(&HEXLOWER.decode(seed.trim_end().as_bytes()).unwrap().try_into().unwrap())
}

/// Signed by the right key, and still no receipts.
fn signed_nonsense(site: &Site, good: &str) -> Vec<String> {
    let key = signing_key(site);
    let encoding = BASE64URL_NOPAD;
    let parts: Vec<&str> = good.split('.').collect();
    let payload = String::from_utf8(encoding.decode(parts[1].as_bytes()).unwrap()).unwrap();
    let sign = |payload: &str| {
        let signed = format!("{}.{}", parts[0], encoding.encode(payload.as_bytes()));
        format!("{signed}.{}", encoding.encode(&key.sign(signed.as_bytes())))
    };
    [
        payload.clone(),
        payload.replace("\"pts\":30", "\"pts\":30,\"pts\":30"),
        payload.replace("\"pts\":30", "\"pts\":31"),
        payload.replace("\"pts\":30", "\"pts\": 30"),
        payload.replace("\"pts\":30", "\"pts\":30.0"),
        payload.replace("\"pts\":30", "\"pts\":3e1"),
        payload.replace("\"pts\":30", "\"pts\":30,\"x\":1"),
        payload.replace("\"pts\":30", "\"pts\":30,\"__proto__\":1"),
        payload.replace("[\"G01\",1,30]", "[\"G01\",-1,-30]"),
        payload.replace("[\"G01\",1,30]", "[\"G01\",1,30,0]"),
        payload.replace("[\"G01\",1,30]", "[\"G01-TOOLONG\",1,30]"),
        payload.replace("{\"iss\"", "{\"iss\":\"x\",\"iss\""),
        payload.replace("\"rno\":\"S01", "\"rno\":\"S02"),
        payload.replace("-000001", "-0000001"),
        payload.replace("\"seq\":", "\"seq\":-"),
        payload.replace("\"seq\":", "\"seq\":9007199254740992"),
        payload.replace("\"rno\"", "\"knd\":\"V\",\"rno\""),
        payload.replace("\"rno\"", "\"knd\":\"P\",\"rno\""),
        payload.replace("\"rno\"", "\"knd\":null,\"rno\""),
        payload.replace("\"prv\":\"", "\"prv\":\"A"),
        payload.replace("\"sub\":\"", "\"sub\":\"\\u0030"),
        payload.replace('}', ",\"ref\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"),
        format!("\u{feff}{payload}"),
        format!("[{payload}]"),
        "null".to_owned(),
    ]
    .map(|payload| sign(&payload))
    .to_vec()
}

#[tokio::test]
async fn the_script_of_the_page_says_of_every_token_what_the_bank_says() {
    let site = Site::open().await;
    let keys = site.ledger().receipt_keys().await.unwrap();
    let mut tokens = Vec::new();
    for number in ["S01-26-000001", "S01-26-000004"] {
        let good = token(&site, number).await;
        tokens.extend(nearly(&good));
        tokens.push(good);
    }
    tokens.extend(signed_nonsense(&site, &token(&site, "S01-26-000001").await));
    let expected: Vec<bool> = tokens.iter().map(|token| Receipt::verify(token, &keys).is_ok()).collect();
    assert!(expected.iter().filter(|genuine| **genuine).count() >= 3);
    let set = JsonWebKeySet { keys: keys.iter().map(JsonWebKey::of).collect() };
    let answers = by_the_script(&site, &serde_json::json!({ "keySet": set, "tokens": tokens }));
    for ((token, expected), answer) in tokens.iter().zip(expected).zip(&answers) {
        assert_eq!(answer == "genuine", expected, "{answer}: {token}");
    }
    assert_eq!(answers.len(), tokens.len());
}

#[tokio::test]
async fn every_spelling_of_a_receipt_is_read_by_the_service_and_by_the_script() {
    let site = Site::open().await;
    let token = token(&site, "S01-26-000001").await;
    let pasted: Vec<String> =
        of_code(&token).into_iter().chain(of_code(&format!("https://points.example/v#{token}"))).collect();
    for pasted in &pasted {
        let answer = site.post("/v", &[("token", pasted)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{pasted:?}");
    }
    let keys = site.ledger().receipt_keys().await.unwrap();
    let set = JsonWebKeySet { keys: keys.iter().map(JsonWebKey::of).collect() };
    let answers = by_the_script(&site, &serde_json::json!({ "keySet": set, "pasted": pasted }));
    assert_eq!(answers, vec!["genuine"; pasted.len()]);
}

/// Both take away the same characters: every one that Unicode has is tried.
#[tokio::test]
async fn the_script_and_the_library_see_the_same_characters() {
    let site = Site::open().await;
    let all: Vec<String> = (0..=0x10FFFF).filter_map(char::from_u32).map(String::from).collect();
    let read = by_the_script(&site, &serde_json::json!({ "typed": all }));
    for (character, read) in all.iter().zip(&read).filter(|(character, _)| *character != "#") {
        assert_eq!(*read, token_as_typed(character), "{character:?}");
    }
    assert_eq!(read.len(), all.len());
}

/// What `assets/verify.js` says of each token, in Node, which has the same WebCrypto as browsers.
fn by_the_script(site: &Site, question: &serde_json::Value) -> Vec<String> {
    const ASK: &str = r#"
        import { check, tokenAsTyped, Refused, isAble } from "./verify.mjs";
        import { readFileSync } from "node:fs";
        if (!(await isAble())) throw new Error("this Node knows no Ed25519");
        const { keySet, tokens, pasted, typed } = JSON.parse(readFileSync("question.json", "utf8"));
        const answers = (typed ?? []).map(tokenAsTyped);
        for (const token of tokens ?? pasted?.map(tokenAsTyped) ?? []) {
          const answer = check(token, keySet).then(() => "genuine", (error) => {
            if (error instanceof Refused) return error.code;
            throw error;
          });
          answers.push(await answer);
        }
        console.log(JSON.stringify(answers));
    "#;
    let folder = site.bank.folder();
    std::fs::write(folder.join("verify.mjs"), include_str!("../../../assets/verify.js")).unwrap();
    std::fs::write(folder.join("ask.mjs"), ASK).unwrap();
    std::fs::write(folder.join("question.json"), question.to_string()).unwrap();
    let mut node = Process::new("node");
    let output = node.arg("ask.mjs").current_dir(folder).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "node is needed, 20 or newer");
    serde_json::from_slice(&output.stdout).unwrap()
}
