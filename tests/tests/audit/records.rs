//! Whole records that somebody has forged, with every hash computed again. What nobody without the private key can forge, and what
//! a command would not have led to, is found in the database alone; another history is found by what is remembered beside the key.

use bank_tests::bank::{TestBank, attendance, cards, credential, keyed, post_all, redeem, reference_town};
use bank_tests::both_engines;
use bank_tests::journal::Value;
use baoyulan_ledger::command::{Command, ReverseRedemption};
use baoyulan_ledger::people::Role;
use data_encoding::BASE64URL_NOPAD;

use crate::forger::{Forger, said, said_elsewhere};

/// A town in which somebody has earned and redeemed, and a teller has a credential.
async fn town(bank: &TestBank) {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let [anna, ..] = cards();
    post_all(
        &ledger,
        [
            Command::IssueCredential(credential("till-1", Role::Teller, "S01")),
            attendance("A0003", &anna, "2026-06-05T08:00", "2026-06-05T16:00", "excellent"),
        ],
    )
    .await;
    ledger.post(keyed(1, redeem(&anna, "S01", "G01", 1))).await.unwrap();
    ledger.close().await;
}

both_engines!(a_teller_who_was_made_administrator_is_found, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    forger.change("UPDATE ledger_credentials SET role = 4 WHERE credential = 'till-1'").await;
    let said_now = said_elsewhere(bank).await;
    assert!(said_now.contains("kind: found CRIS, accepted, expected a refusal: station is not valid"), "{said_now}");

    // Also with all hashes, as if it had been so from the beginning: that is another history than the one that was seen.
    forger.change("UPDATE ledger_credentials SET station = '' WHERE credential = 'till-1'").await;
    assert!(said_elsewhere(bank).await.contains("leaf: found"));
    forger.hash_again().await;
    assert_eq!(said_elsewhere(bank).await, "", "in the database alone there is nothing to see");
    assert!(said(bank).await.contains("that are remembered"));
    forger.close().await;
});

both_engines!(a_credential_in_the_record_of_another_command_is_found, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    let hash = forger.bytes(&[7; 32]);
    let row = format!("('root', 1, 'mallory', 4, '', -1, {hash}, 1, -1, 0)");
    forger.change(&format!("INSERT INTO ledger_credentials VALUES {row}")).await;
    forger.hash_again().await;
    let said = said_elsewhere(bank).await;
    assert_eq!(said, "ledger_credentials, position 1, credential root: found a row, expected none");
    forger.close().await;
});

/// A copy of a row of the attendance's record, with other cells.
async fn copy(forger: &mut Forger, table: &str, changes: &[(&str, Value)]) {
    let from = "(SELECT MIN(position) FROM ledger_attendances)";
    let mut rows = forger.tables.rows(&format!("SELECT * FROM {table} WHERE position = {from}")).await;
    let names = forger.columns(table).await;
    for (cell, name) in rows[0].iter_mut().zip(&names) {
        if let Some((_, changed)) = changes.iter().find(|(column, _)| column == name) {
            *cell = changed.clone();
        }
    }
    let cells: Vec<String> = rows[0].iter().map(|value| forger.literal(value)).collect();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), cells.join(", "));
    forger.change(&insert).await;
}

/// The number of an account.
async fn account(forger: &mut Forger, address: &str) -> i64 {
    let question = format!("SELECT account FROM ledger_accounts WHERE address LIKE '{address}' ORDER BY account");
    forger.tables.rows(&question).await[0][0].integer()
}

/// An entry of the last record, and what follows from it.
async fn moved(forger: &mut Forger, address: &str, lot: i64, quantity: i64) {
    let account = account(forger, address).await;
    let balance =
        format!("SELECT quantity, last_position, size FROM ledger_balances, ledger_head WHERE account = {account}");
    let balance = forger.tables.rows(&balance).await[0].clone();
    let [before, previous, at] = [0, 1, 2].map(|column| balance[column].integer());
    let after = before + quantity;
    let entry = format!("({at}, {account}, {lot}, {quantity}, {after}, {previous})");
    forger.change(&format!("INSERT INTO ledger_entries VALUES {entry}")).await;
    let set = format!("quantity = {after}, last_position = {at}, version = {at}, records = records + 1");
    forger.change(&format!("UPDATE ledger_balances SET {set} WHERE account = {account}")).await;
    if lot != 0 {
        let set = format!("SET remaining = remaining - {quantity} WHERE account = {account} AND expires_at = {lot}");
        forger.change(&format!("UPDATE ledger_lots {set}")).await;
    }
}

/// A record at the end: the member who has earned something was at another activity too, and earned so many points more than that
/// gives. Entries, states and hashes are as they would be.
async fn earn_again(forger: &mut Forger, more: i64) {
    let number = |value: i64| Value::Integer(value);
    let head = forger.tables.rows("SELECT size, posted_at FROM ledger_head").await[0].clone();
    let at = ("position", head[0].clone());
    let other = "SELECT activity, day, starts_at, ends_at FROM ledger_activities WHERE code = 'A0001'";
    let [activity, day, from, until] = <[Value; 4]>::try_from(forger.tables.rows(other).await.remove(0)).unwrap();
    let effective = ("effective_day", day.clone());
    copy(forger, "ledger_records", &[at.clone(), ("posted_at", head[1].clone()), effective]).await;
    let row = [
        at,
        ("activity", activity),
        ("day", day),
        ("check_in", from.clone()),
        ("check_out", until.clone()),
        ("credited_from", from),
        ("credited_until", until),
        ("rule", Value::Text("E02".to_owned())),
        ("grade", Value::Text("good".to_owned())),
        ("minutes_credited", number(120)),
        ("minutes_recorded", number(120)),
        ("minutes_counted", number(120)),
        ("time_points", number(24 + more)),
        ("organiser_points", number(10)),
        ("service_day_points", number(0)),
        ("theme_points", number(0)),
    ];
    copy(forger, "ledger_attendances", &row).await;
    let lot = forger.tables.rows("SELECT MAX(expires_at) FROM ledger_lots").await[0][0].integer();
    moved(forger, "expense/points-granted", 0, 34 + more).await;
    moved(forger, "member/%/points", lot, -34 - more).await;
    moved(forger, "expense/service-received", 0, 120).await;
    moved(forger, "member/%/minutes", 0, -120).await;
    forger.hash_again().await;
}

both_engines!(a_million_points_that_nobody_has_earned_are_found, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    earn_again(&mut forger, 1_000_000).await;
    let said = said_elsewhere(bank).await;
    assert!(said.starts_with("ledger_entries, position"), "{said}");
    assert!(said.ends_with("quantity: found 1000034, expected 34"), "{said}");
    forger.close().await;
});

// Nobody can tell a record that somebody has added with all that belongs to it from one that the ledger wrote.
both_engines!(a_record_that_a_command_would_have_led_to_is_no_difference, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    earn_again(&mut forger, 0).await;
    assert_eq!(said(bank).await, "");
    forger.close().await;
});

both_engines!(a_reversal_that_was_taken_away_is_found, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    let before = forger.dump().await;
    let ledger = bank.open().await;
    let reversal = Command::ReverseRedemption(ReverseRedemption::whole("S01-26-000001"));
    ledger.post(keyed(2, reversal)).await.unwrap();
    ledger.close().await;
    assert_eq!(said(bank).await, "");

    // Every row is as it was before.
    forger.put_back(&before).await;
    assert_eq!(said_elsewhere(bank).await, "", "in the database alone there is nothing to see");
    let said = said(bank).await;
    assert!(said.starts_with("ledger_head: found a journal of") && said.contains("that are remembered"), "{said}");
    forger.close().await;
});

both_engines!(a_receipt_that_says_something_else_is_found, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    let token = forger.tables.rows("SELECT token FROM ledger_receipts").await[0][0].text().to_owned();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { unreachable!("{token}") };
    let payload = String::from_utf8(BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
    let cheaper = payload.replace(",30]", ",20]").replace(r#""pts":30"#, r#""pts":20"#);
    assert_ne!(cheaper, payload);
    let forged = format!("{header}.{}.{signature}", BASE64URL_NOPAD.encode(cheaper.as_bytes()));
    forger.change(&format!("UPDATE ledger_receipts SET token = '{forged}'")).await;
    let digest = forger.bytes(&bank_tests::journal::sha256(forged.as_bytes()));
    forger.change(&format!("UPDATE ledger_chains SET digest = {digest}")).await;
    forger.hash_again().await;
    let said = said_elsewhere(bank).await;
    assert!(said.starts_with("ledger_receipts, position") && said.contains("token: found"), "{said}");
    assert!(said.contains("signature"), "{said}");
    forger.close().await;
});

both_engines!(what_is_erased_is_no_difference_but_half_of_it_is, async |bank: &TestBank| {
    town(bank).await;
    let mut forger = Forger::open(bank).await;
    let person = forger.tables.rows("SELECT member, position FROM ledger_people ORDER BY member").await[2].clone();
    let (member, position) = (person[0].integer(), person[1].integer());
    forger.change(&format!("DELETE FROM ledger_people WHERE member = {member}")).await;
    assert!(said_elsewhere(bank).await.starts_with("ledger_people, "));
    forger.change(&format!("DELETE FROM ledger_audit_details WHERE position = {position}")).await;
    assert_eq!(said(bank).await, "");
    forger.close().await;
});
