//! A dry run answers what would happen, and leaves no trace.

use bank_tests::bank::{NOON, TestBank, attendance, cards, keyed, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::command::Envelope;
use baoyulan_ledger::{Ledger, Options, Request};

use super::{below_floor, dump, grant, positions, shop, size, spend, together, twin_of};

both_engines!(a_dry_run_answers_what_would_happen_and_writes_nothing, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    ledger.post(keyed(1, spend(500))).await.unwrap_err();
    let before = dump(bank).await;
    let soon = NOON + 86_400;
    let requests = || -> Vec<Request> {
        vec![
            unkeyed(spend(51)).into(),
            // The id was used, for something else.
            keyed(1, grant(5, soon)).into(),
            unkeyed(spend(51)).into(),
            together([grant(1, soon), spend(6)]).into(),
            together([grant(2, soon), spend(5), grant(1, NOON)]).into(),
            unkeyed(grant(8, soon)).into(),
            together([]).into(),
            Envelope { actor: "no code!".into(), ..unkeyed(grant(9, soon)) }.into(),
        ]
    };
    let answered = ledger.dry_run(requests()).await.unwrap();
    assert_eq!(dump(bank).await, before);
    let head = size(&ledger).await;
    let told: Vec<_> = answered.iter().cloned().map(|outcome| positions(outcome.into_atomic())).collect();
    let invalid = |failed| Err((failed, "invalid_field".to_owned()));
    let expected = [
        below_floor(0),
        Ok(vec![head]),
        Ok(vec![head + 1]),
        below_floor(1),
        invalid(2),
        Ok(vec![head + 2]),
        Ok(vec![]),
        invalid(0),
    ];
    assert_eq!(told, expected);

    // Whoever may only read is told the same, by any thread.
    let reader = Ledger::open(bank.url(), Options { read_only: true, ..bank.options() }).await.unwrap();
    let reading = reader.clone();
    let requested = requests();
    let told_reader = tokio::spawn(async move { reading.dry_run(requested).await }).await.unwrap().unwrap();
    assert_eq!(told_reader, answered);
    reader.close().await;

    // In earnest it comes out so, but for the id.
    let mut requests = requests();
    requests[1] = unkeyed(grant(5, soon)).into();
    let submitted = ledger.submit_requests(requests).await.unwrap();
    assert_eq!(submitted.outcomes().await.unwrap(), answered);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_dry_run_signs_no_receipt_and_draws_nothing_from_a_demonstrations_chance, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let day = attendance("A0003", &cards()[0], "2026-06-05T08:00", "2026-06-05T16:00", "excellent");
    bank.turn_chance_to(1);
    let redeems = || redeem(&cards()[0], "S01", "G01", 1);
    let would_be = ledger.dry_run(vec![unkeyed(day.clone()).into(), unkeyed(redeems()).into()]).await.unwrap();
    let would_be = would_be.into_iter().flat_map(|outcome| outcome.into_atomic().unwrap());
    assert!(would_be.map(|posted| posted.receipt).all(|receipt| receipt.is_none()));
    post_all(&ledger, [day, redeems()]).await;
    ledger.close().await;

    // A twin that was never asked has the same rows, salts too.
    let twin = twin_of(bank);
    let ledger = twin.open().await;
    reference_town(&ledger).await;
    let day = attendance("A0003", &cards()[0], "2026-06-05T08:00", "2026-06-05T16:00", "excellent");
    twin.turn_chance_to(1);
    post_all(&ledger, [day, redeems()]).await;
    ledger.close().await;
    assert_eq!(dump(bank).await, dump(&twin).await);
});
