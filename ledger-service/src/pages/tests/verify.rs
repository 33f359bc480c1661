//! Receipts, checked by us and by the page's script.

use std::process::{Command as Process, Stdio};

use bank_tests::spellings::of_code;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};
use baoyulan_ledger::proof::receipt::token_as_typed;
use baoyulan_ledger::proof::{Receipt, ReceiptNumber, SigningKey};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use super::*;
use baoyulan_ledger::proof::typed::Typed;

async fn token(site: &Site, number: &str) -> String {
    site.ledger().receipt(&ReceiptNumber::parse(number).unwrap()).await.unwrap().unwrap()
}

/// What the page says of a receipt, asked with a form.
async fn asked(site: &Site, presented: &str) -> Answer {
    site.post("/v", &[("receipt", presented)], "").await
}

/// That the page tells this outcome, in its two titles, in this tone and above everything else.
fn assert_tells(answer: &Answer, outcome: &str, tone: &str, title: &str) {
    let body = &answer.body;
    assert!(body.contains(&format!("<title>{title} · ")), "{body}");
    assert!(body.contains(&format!("<h1 id=\"title\" class=\"{tone}\" tabindex=\"-1\">{title}</h1>")), "{body}");
    let verdict = format!("<div id=\"verdict\"><div data-verdict=\"{outcome}\" data-checked-by=\"server\"");
    let place = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part}: {body}"));
    assert!(place("</h1>") < place(&verdict) && place(&verdict) < place("<form id=\"form\""), "{body}");
}

#[tokio::test]
async fn we_tell_whether_a_receipt_is_genuine_in_the_bank_and_still_stands() {
    let site = Site::open().await;
    for (number, outcome, tone, title, other) in [
        ("S01-26-000001", "stands", "good", "回执是真的，现在有效", ""),
        ("S01-26-000002", "reversed", "bad", "这次兑换已经撤销，回执作废", "撤销时开的回执：S01-26-000004"),
        ("S01-26-000004", "reversal", "unsure", "这是撤销兑换的回执", "撤销的是回执 S01-26-000002"),
    ] {
        let token = token(&site, number).await;
        let lines: Vec<&str> = token.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for pasted in [token.clone(), format!(" https://points.example/v#{token}\n"), lines.join("\r\n")] {
            let answer = asked(&site, &pasted).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_tells(&answer, outcome, tone, title);
            assert!(answer.body.contains("不是您的手机自己验的") && answer.body.contains(number), "{}", answer.body);
            assert!(answer.body.contains(other), "{other}: {}", answer.body);
            assert!(!answer.body.contains("剩余"), "what somebody has left: {}", answer.body);
        }
    }
    let good = token(&site, "S01-26-000001").await;
    let altered = good.replacen('.', ".A", 1);
    for (pasted, code) in [
        (altered.as_str(), "wrong_signature"),
        (&good.replacen("eyJ", "eyK", 1), "unknown_key"),
        (&format!("{good}=="), "malformed_signature"),
        (&good.replacen('.', &format!(".{}", "A".repeat(900)), 1), "too_long"),
    ] {
        let answer = asked(&site, pasted).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_tells(&answer, "refused", "bad", "不是真的回执");
        assert!(answer.body.contains(&format!("data-code=\"{code}\"")), "{code}");
    }
    for (presented, outcome, title) in [
        ("", "empty", "请先填回执号"),
        (" \n", "empty", "请先填回执号"),
        ("https://points.example/v#", "unread", "没看懂"),
        ("S01-2026-000001", "unread", "没看懂"),
        ("abc.def", "unread", "没看懂"),
        ("S01-26-000001 S01-26-000002", "several", "请一次只查一张"),
        (&good[..good.len() - 1], "incomplete", "文字不完整，还没有查"),
        (&good[..100], "incomplete", "文字不完整，还没有查"),
    ] {
        let answer = asked(&site, presented).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_tells(&answer, outcome, "unsure", title);
    }
}

/// Takes so many soaps of a redemption back.
async fn bring_back(site: &Site, receipt: &str, pieces: i64) {
    let line = baoyulan_ledger::shop::Line { sku: "G01".to_owned(), pieces };
    let command = baoyulan_ledger::command::ReverseRedemption { receipt: receipt.to_owned(), lines: Some(vec![line]) };
    post_all(site.ledger(), [Command::ReverseRedemption(command)]).await;
}

#[tokio::test]
async fn what_came_back_in_part_is_never_green_and_says_what_it_was() {
    let site = Site::open().await;
    let card = &cards()[0];
    let more = [
        attendance("A0002", card, "2026-06-02T08:30", "2026-06-02T10:30", "good"),
        attendance("A0005", card, "2026-06-08T19:00", "2026-06-08T21:00", "excellent"),
        redeem(card, "S01", "G01", 3),
    ];
    post_all(site.ledger(), more).await;
    bring_back(&site, "S01-26-000005", 1).await;
    bring_back(&site, "S01-26-000005", 1).await;
    let token = token(&site, "S01-26-000005").await;
    for (presented, outcome, language, words) in [
        (&*token, "partly-returned", "zh-Hans", ["回执是真的，部分已退", "部分有效", "（其中 2 件已退回）"]),
        (&*token, "partly-returned", "zh-Hant", ["回執是真的，部分已退", "部分有效", "（其中 2 件已退回）"]),
        (
            &*token,
            "partly-returned",
            "en",
            ["Partly returned", "In part: some of it was returned", ", 2 of them returned"],
        ),
        (
            "S01-26-000005",
            "number-partly-returned",
            "zh-Hans",
            ["有这个回执号，部分已退", "部分有效", "（其中 2 件已退回）"],
        ),
    ] {
        let answer = site.post("/v", &[("receipt", presented)], &format!("lang={language}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_tells(&answer, outcome, "unsure", words[0]);
        let (shown, _) = answer.body.split_once("<form id=\"form\"").unwrap();
        for word in words {
            assert!(shown.contains(word), "{word}: {shown}");
        }
        assert!(shown.contains("data-question=\"stands\" data-answer=\"partly\""), "{shown}");
        for part in [
            "data-return=\"S01-26-000006\"",
            "data-return=\"S01-26-000007\"",
            "data-returned=\"2\"",
            "data-points=\"60\"",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains("data-tone=\"good\""), "{shown}");
    }
    let session = site.log_in(&cards()[0]).await;
    let own = site.get("/me/receipts/S01-26-000005", &session).await.body;
    assert!(own.contains("data-standing=\"partly-returned\"") && own.contains("其中 2 件已退回"), "{own}");
    assert!(!own.contains("notice good"), "{own}");

    bring_back(&site, "S01-26-000005", 1).await;
    let answer = asked(&site, &token).await;
    assert_tells(&answer, "reversed", "bad", "这次兑换已经撤销，回执作废");
    let all = "撤销时开的回执：S01-26-000006 · S01-26-000007 · S01-26-000008";
    assert!(answer.body.contains(all), "{}", answer.body);
}

/// Its number leads to a receipt that stands, and still it is another one.
#[tokio::test]
async fn a_receipt_that_the_bank_signed_and_does_not_have_stands_nowhere() {
    let site = Site::open().await;
    let good = token(&site, "S01-26-000001").await;
    for (from, to) in [
        ("[\"G01\",1,30],\"pts\":30", "[\"G01\",9,30],\"pts\":270"),
        ("\"seq\":", "\"seq\":9"),
        ("S01-26-000001", "S01-26-000099"),
        ("S01", "S77"),
    ] {
        let twin = signed(&site, &good, |payload| {
            let (from, to) = (from.replace("],", "]],"), to.replace("],", "]],"));
            assert!(payload.contains(&from), "{from}: {payload}");
            payload.replace(&from, &to)
        });
        assert_ne!(twin, good);
        assert!(Receipt::verify(&twin, &site.ledger().receipt_keys().await.unwrap()).is_ok(), "it is signed");
        let answer = asked(&site, &twin).await;
        assert_tells(&answer, "missing", "bad", "签名是真的，但系统里查不到");
        assert!(answer.body.contains("不要凭它交东西"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_number_alone_tells_how_it_stands_with_a_receipt() {
    let site = Site::open().await;
    for (typed, outcome, tone, title) in [
        ("S01-26-000001", "number-stands", "unsure", "有这个回执号，没有撤销"),
        (" s01-26-1 ", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("Ｓ０１－２６－０００００１", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("S01-26-000001.", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("S01——26——000001", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("No. S01-26-000001", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("No.s01-26-1", "number-stands", "unsure", "有这个回执号，没有撤销"),
        ("S01-26-000002", "number-reversed", "bad", "这次兑换已经撤销，回执作废"),
        ("S01-26-000004", "number-reversal", "unsure", "这是撤销兑换的回执"),
        ("S01-26-000099", "number-unknown", "bad", "没有这个回执号"),
        ("S99-26-000001", "number-unknown", "bad", "没有这个回执号"),
    ] {
        let answer = asked(&site, typed).await;
        let status = if outcome == "number-unknown" { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(answer.status, status, "{typed}");
        assert_tells(&answer, outcome, tone, title);
        let (shown, _) = answer.body.split_once("<form id=\"form\"").unwrap();
        assert!(shown.contains("data-question=\"genuine\" data-answer=\"unknown\""), "{typed}: {shown}");
        if status == StatusCode::OK {
            assert!(shown.contains("香皂") && shown.contains("data-points=\"30\""), "{shown}");
            let receipt = Receipt::read_unverified(&token(&site, "S01-26-000001").await).unwrap();
            assert!(!answer.body.contains(&receipt.subject) && !answer.body.contains("剩余"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn numbers_are_looked_up_as_often_as_anything_may_be_guessed() {
    let site = Site::open().await;
    let limit = site.app.settings().limits.guesses_per_minute_max.get();
    let mut asked_often = 0;
    while asked(&site, "S01-26-000001").await.status == StatusCode::OK {
        asked_often += 1;
        assert!(asked_often < 4 * limit, "numbers can be walked through");
    }
    let answer = asked(&site, "S01-26-000001").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // Whoever holds a receipt does not guess.
    let token = token(&site, "S01-26-000001").await;
    assert_eq!(asked(&site, &token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_owns_a_card_chooses_whether_receipts_say_what_is_left() {
    let site = Site::open().await;
    let card = &cards()[0];
    let more = [
        attendance("A0002", card, "2026-06-02T08:30", "2026-06-02T10:30", "good"),
        attendance("A0005", card, "2026-06-08T19:00", "2026-06-08T21:00", "excellent"),
    ];
    post_all(site.ledger(), more).await;
    let session = site.log_in(card).await;
    let choose = async |balance: &str| site.post("/me/receipts/balance", &[("balance", balance)], &session).await;
    let next = async |id: u128| {
        let posted = site.ledger().post(keyed(id, redeem(card, "S01", "G01", 1))).await.unwrap();
        Receipt::read_unverified(posted.receipt.as_deref().unwrap()).unwrap()
    };
    let now = async || {
        let page = site.get("/me/receipts", &session).await.body;
        page.split("data-balance=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!((now().await.as_str(), next(20).await.balance), ("left_out", None));
    // Chosen twice is chosen once.
    for _ in 0..2 {
        choose("printed").await.goes_to("/me/receipts");
    }
    let printed = next(21).await;
    assert!(printed.balance.is_some());
    assert_eq!(now().await, "printed");
    let own = site.get(&format!("/me/receipts/{}", printed.number), &session).await.body;
    assert!(own.contains("当时剩余积分"), "its owner reads it: {own}");
    let told = asked(&site, &token(&site, &printed.number).await).await;
    assert_tells(&told, "stands", "good", "回执是真的，现在有效");
    assert!(!told.body.contains("剩余"), "nobody else does: {}", told.body);
    choose("left_out").await.goes_to("/me/receipts");
    assert_eq!((now().await.as_str(), next(22).await.balance), ("left_out", None));

    assert_eq!(choose("both").await.status, StatusCode::BAD_REQUEST);
    let answer = site.post("/me/receipts/balance", &[("balance", "printed")], "").await;
    answer.goes_to("/login?why=over");
    assert_eq!(now().await, "left_out");
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

/// The bank's key; other files of the bank lie beside it.
fn signing_key(site: &Site) -> SigningKey {
    let files = std::fs::read_dir(site.bank.key_folder()).unwrap().map(|file| file.unwrap().path());
    let mut keys = files.filter(|path| path.extension().is_some_and(|ending| ending == "receipt-key"));
    let seed = std::fs::read_to_string(keys.next().unwrap()).unwrap();
    SigningKey::from_seed(&HEXLOWER.decode(seed.trim_end().as_bytes()).unwrap().try_into().unwrap())
}

fn payload_of(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    String::from_utf8(BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

/// Another payload than the receipt's, signed by the bank's own key.
fn signed(site: &Site, good: &str, other: impl Fn(&str) -> String) -> String {
    let header = good.split('.').next().unwrap();
    let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(other(&payload_of(good)).as_bytes()));
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signing_key(site).sign(signed.as_bytes())))
}

/// Signed by the right key, and still no receipts.
fn signed_nonsense(site: &Site, good: &str) -> Vec<String> {
    let payload = payload_of(good);
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
    .map(|payload| signed(site, good, |_| payload.clone()))
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
async fn the_script_of_the_page_words_every_instant_that_a_receipt_may_have() {
    const ASK: &str = r#"
        import { moment } from "./verify.mjs";
        const worded = [];
        for (const seconds of [0, 1780272000, 8.64e12, 8.64e12 + 1, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 63]) {
          for (const lang of ["zh-Hans", "zh-Hant", "en"]) worded.push(moment(seconds, "Asia/Shanghai", lang));
        }
        console.log(JSON.stringify(worded));
    "#;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("verify.mjs"), include_str!("../../../assets/verify.js")).unwrap();
    std::fs::write(folder.path().join("ask.mjs"), ASK).unwrap();
    let output = Process::new("node").arg("ask.mjs").current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let worded: Vec<String> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((worded[3].as_str(), worded[5].as_str()), ("2026年6月1日 08:00", "1 June 2026 08:00"));
    assert_eq!(worded[9], "8640000000001");
    assert_eq!(worded.len(), 21);
}

#[tokio::test]
async fn the_script_of_the_page_reads_what_was_typed_as_the_bank_does() {
    let site = Site::open().await;
    let mut texts: Vec<String> = [
        "",
        " \n",
        "https://points.example/v#",
        "S01-26-000123",
        "s01-26-1",
        "Ｓ０１－２６－０００１２３",
        "S01—26—000123",
        "S01 - 26 - 000123\r\n",
        "\u{feff}S01\u{2011}26\u{200b}-000123\u{3000}",
        "https://points.example/v#S01-26-000123",
        "a.b\n.c",
        "S01-26-000123.",
        "S01-26-000123．",
        "S01-26-000 123",
        "S01-26-1 30",
        "S01——26——000123",
        "S01 —— 26 —— 000123",
        "S01ー26一000123",
        "S01﹣26⸺000123",
        "A--26-000123",
        "-S01-26-000123",
        "- S01-26-000123",
        "EAST——1——26——000123",
        "No. S01-26-000123",
        "No.S01-26-000123",
        "S 01-26-000123",
        "Receipt number of yesterday: S01-26-000123, thank you.",
        "回执号。S01-26-000123 积分300",
        "https://points.example/v%23S01-26-000123",
        "S01-26-000123#",
        "S01-26-000123 2026-11-24",
        "2026-11-24",
        "26-11-24",
        "24-11-2026",
        "26-11-24，S01-26-000123",
        "26-11-000024",
        "S01-26-000123 S01-26-000123",
        "S01-26-000123 - 5kg",
        "S01-26-000123\n- S01-26-000124",
        "S01-26-000123/S01-26-000124",
        "S01-26-000123S01-26-000124",
        "S01-26-000123，s01-26-123",
        "S01-26-00000l",
        "S01_26_000123",
        "S01·26·000123",
        "S01-26-000123-2",
        ".-26-000123",
        "1000157592",
        "this-is-a-long-text-of-somebody-who-hyphenates-everything",
        "S01-2026-000123",
        "26-000123",
        "S01-26-",
        "东紫园-26-000123",
        "S01-26-1234567890123456789",
        "a#b#c.d.e",
    ]
    .map(str::to_owned)
    .to_vec();
    let token = token(&site, "S01-26-000001").await;
    let lines: Vec<&str> = token.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    texts.extend([
        format!("{token}."),
        format!("<https://points.example/v?{token}>"),
        format!("receipt S01-26-000001 {token} 谢谢"),
        format!("receipt {}", lines.join("\n")),
        format!("> {}", lines.join("\n> ")),
        format!("{token} {token}"),
        format!("{token} {}", token.replace('A', "B")),
        token.repeat(2),
        token.repeat(9),
        token.replace('.', "。"),
        format!("{token}=="),
        token.replacen("eyJ", "eyK", 1),
        format!("eyJhbGciOi{}", "A".repeat(1000)),
    ]);
    texts.extend([20, 60, 200, token.len() - 1].map(|length| token[..length].to_owned()));
    texts.extend([20, 60, 200].map(|start| token[start..].to_owned()));
    // Every character of white space, and those without width, beside a number.
    texts.extend(('\0'..='\u{ffff}').filter(|one| !one.is_alphanumeric()).map(|one| format!("{one}S01-26-000123")));
    let expected: Vec<String> = texts
        .iter()
        .map(|text| match Typed::read(text) {
            Typed::Nothing => "empty".to_owned(),
            Typed::Unread => "unread".to_owned(),
            Typed::Several => "several".to_owned(),
            Typed::Incomplete => "incomplete".to_owned(),
            Typed::Number(_) => "number".to_owned(),
            Typed::Token(token) => token,
        })
        .collect();
    let answers = by_the_script(&site, &serde_json::json!({ "texts": texts }));
    for ((text, expected), answer) in texts.iter().zip(&expected).zip(&answers) {
        // The script asks us for a number with the words before it: we must read the same number in both.
        if expected == "number" {
            assert_eq!(Typed::read(answer), Typed::read(text), "{text:?}: {answer}");
        } else {
            assert_eq!(answer, expected, "{text:?}");
        }
    }
    assert_eq!(answers.len(), texts.len());
}

#[tokio::test]
async fn every_spelling_of_a_receipt_is_read_by_the_service_and_by_the_script() {
    let site = Site::open().await;
    let token = token(&site, "S01-26-000001").await;
    let pasted: Vec<String> =
        of_code(&token).into_iter().chain(of_code(&format!("https://points.example/v#{token}"))).collect();
    for pasted in &pasted {
        let answer = site.post("/v", &[("receipt", pasted)], "").await;
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

/// What `assets/verify.js` says of each token or text, in Node, which has the same WebCrypto as browsers.
fn by_the_script(site: &Site, question: &serde_json::Value) -> Vec<String> {
    const ASK: &str = r#"
        import { check, read, tokenAsTyped, Refused, isAble } from "./verify.mjs";
        import { readFileSync } from "node:fs";
        if (!(await isAble())) throw new Error("this Node knows no Ed25519");
        const { keySet, tokens = [], texts = [], pasted = [], typed = [] } = JSON.parse(readFileSync("question.json", "utf8"));
        const told = texts.map(read).map(({ number, token, outcome }) => number ?? token ?? outcome);
        const answers = [...told, ...typed.map(tokenAsTyped)];
        for (const token of [...tokens, ...pasted.map(tokenAsTyped)]) {
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
