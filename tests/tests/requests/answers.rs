//! The answer to a command, and what can be read of it afterwards.

use bank_tests::bank::{CLERK, NOON, TestBank, attendance, cards, keyed, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use baoyulan_ledger::command::{Channel, Command, Envelope, Key, ReverseRedemption};
use baoyulan_ledger::time::date_of;
use baoyulan_ledger::{PostedRecord, StoredOutcome};

use super::{at, grant, id, shop, spend};

both_engines!(an_answer_says_what_each_account_has_afterwards, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    // Both lots are touched: the balance after the last of them is the account's.
    let posted = ledger.post(keyed(2, spend(35))).await.unwrap();
    assert_eq!(posted.entries.len(), 3);
    let (till, anna) = (at("shop/till"), at("wallet/anna"));
    assert_eq!(posted.balances(), [(&till, 15), (&anna, -15)].into());
    // Asked again later, the answer is what held then.
    ledger.post(unkeyed(grant(7, NOON + 86_400))).await.unwrap();
    let again = ledger.post(keyed(2, spend(35))).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.balances(), posted.balances());
    ledger.close().await;
});

both_engines!(a_record_says_who_posted_it_when_how_and_why_and_what_it_moved, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let noted = Envelope {
        on_behalf_of: "anna".to_owned(),
        device: "till-2".to_owned(),
        reason: "it was raining".to_owned(),
        effective_on: Some(date_of(20_000)),
        ..keyed(1, spend(5))
    };
    let posted = ledger.post(noted).await.unwrap();
    let record = ledger.record(posted.position).await.unwrap().unwrap();
    let expected = PostedRecord {
        position: posted.position,
        kind: "POST".to_owned(),
        actor: CLERK.to_owned(),
        channel: Channel::Kiosk,
        posted_at: NOON,
        effective_day: 20_000,
        on_behalf_of: "anna".to_owned(),
        device: "till-2".to_owned(),
        reason: "it was raining".to_owned(),
        reverses: None,
        receipt: None,
        entries: posted.entries,
    };
    assert_eq!(record, expected);
    assert_eq!(ledger.outcome(&id(1)).await.unwrap(), Some(StoredOutcome::Posted(vec![expected])));

    let refused = ledger.post(keyed(2, spend(500))).await.unwrap_err();
    let Some(StoredOutcome::Refused { rejected, refused_at: NOON }) = ledger.outcome(&id(2)).await.unwrap() else {
        unreachable!("it was refused")
    };
    assert_eq!((rejected.failed, rejected.rejection.to_string()), (0, refused.to_string()));
    assert_eq!(ledger.outcome(&id(3)).await.unwrap(), None, "nobody has used it");
    // The same id of somebody else is another one.
    assert_eq!(ledger.outcome(&Key { credential: "other".into(), ..id(1) }).await.unwrap(), None);

    let none = ledger.records(&[posted.position + 1, -1]).await.unwrap();
    assert_eq!(none, []);
    let first = ledger.record(0).await.unwrap().unwrap();
    assert_eq!((first.kind.as_str(), first.entries), ("BANK", Vec::new()));
    ledger.close().await;
});

both_engines!(a_record_names_its_receipt_and_what_it_reverses, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let day = attendance("A0003", &cards()[0], "2026-06-05T08:00", "2026-06-05T16:00", "excellent");
    ledger.post(unkeyed(day)).await.unwrap();
    let redeemed = ledger.post(keyed(1, redeem(&cards()[0], "S01", "G01", 1))).await.unwrap();
    let record = ledger.record(redeemed.position).await.unwrap().unwrap();
    let number = record.receipt_number().unwrap();
    assert_eq!((number.to_string().as_str(), &record.receipt), ("S01-26-000001", &redeemed.receipt));
    let reverse = Command::ReverseRedemption(ReverseRedemption::whole(&number.to_string()));
    let reversed = ledger.post(keyed(2, reverse)).await.unwrap();
    let records = ledger.records(&[reversed.position, redeemed.position]).await.unwrap();
    assert_eq!(records.iter().map(|record| record.reverses).collect::<Vec<_>>(), [None, Some(redeemed.position)]);
    assert_eq!(records[1].receipt_number().unwrap().to_string(), "S01-26-000002");
    ledger.close().await;
});
