//! Commands that are posted together or not at all.

use bank_tests::bank::{NOON, TestBank, keyed, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::{Class, Commodity};
use baoyulan_ledger::command::{Command, NewAccount, NewEntry};
use baoyulan_ledger::{Ledger, Outcome, Rejection, StoredOutcome};

use super::{at, below_floor, dump, grant, id, positions, post, shop, size, spend, together, together_as, twin_of};

both_engines!(commands_are_posted_together_or_not_at_all, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let before = dump(bank).await;
    let head = size(&ledger).await;
    let soon = NOON + 86_400;
    let (shelf, coin) = (at("shop/shelf"), Commodity::new("COIN").unwrap());
    let opens = || Command::OpenAccount(NewAccount::new(shelf.clone(), Class::Asset, coin.clone()));
    let refused = together([grant(4, soon), opens(), spend(55)]);
    assert_eq!(positions(ledger.post_atomic(refused).await.unwrap()), below_floor(2));
    assert_eq!(dump(bank).await, before, "nothing has changed");

    // The writer does not remember it either: the account is unknown, and the coins are not there.
    let fills = post([NewEntry::new(shelf.clone(), 1), NewEntry::new(at("shop/till"), -1)]);
    let refused = ledger.post(unkeyed(fills.clone())).await.unwrap_err();
    assert_eq!(refused.to_string(), Rejection::UnknownAccount { address: shelf.to_string() }.to_string());
    ledger.post(unkeyed(spend(51))).await.unwrap_err();

    // Each sees what those before it have changed, and each is a record of its own.
    let posted = ledger.post_atomic(together([opens(), fills, grant(4, soon), spend(54)])).await.unwrap().unwrap();
    assert_eq!(posted.iter().map(|posted| posted.position).collect::<Vec<_>>(), (head..head + 4).collect::<Vec<_>>());
    assert_eq!(posted[3].balances(), [(&at("shop/till"), -1), (&at("wallet/anna"), 0)].into());
    let kinds = ledger.records(&[head, head + 1, head + 2, head + 3]).await.unwrap();
    assert_eq!(kinds.iter().map(|record| record.kind.as_str()).collect::<Vec<_>>(), ["ACCT", "POST", "POST", "POST"]);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(commands_that_are_posted_together_have_one_id_and_one_outcome_for_ever, async |bank: &TestBank| {
    let mut ledger = shop(bank).await;
    let soon = NOON + 86_400;
    let both = || [grant(4, soon), spend(2)];
    let posted = ledger.post_atomic(together_as(1, both())).await.unwrap().unwrap();
    let refuse = || together_as(2, [grant(4, soon), spend(57)]);
    let refused = ledger.post_atomic(refuse()).await.unwrap();
    assert_eq!(positions(refused.clone()), below_floor(1));
    // Now there would be enough.
    ledger.post(unkeyed(grant(100, soon))).await.unwrap();
    for opened_again in [false, true] {
        if opened_again {
            ledger.close().await;
            ledger = bank.open().await;
        }
        let again = ledger.post_atomic(together_as(1, both())).await.unwrap().unwrap();
        assert!(again.iter().all(|posted| posted.replayed));
        assert_eq!(
            again.iter().map(|again| &again.entries).collect::<Vec<_>>(),
            [&posted[0].entries, &posted[1].entries]
        );
        assert_eq!(
            again.iter().map(|again| again.position).collect::<Vec<_>>(),
            [posted[0].position, posted[1].position]
        );
        assert_eq!(ledger.post_atomic(refuse()).await.unwrap(), refused);
        let Some(StoredOutcome::Refused { rejected, .. }) = ledger.outcome(&id(2)).await.unwrap() else {
            unreachable!("it was refused")
        };
        assert_eq!(Err(rejected), refused);
        let Some(StoredOutcome::Posted(records)) = ledger.outcome(&id(1)).await.unwrap() else {
            unreachable!("it was posted")
        };
        assert_eq!(
            records.iter().map(|record| record.position).collect::<Vec<_>>(),
            [posted[0].position, posted[1].position]
        );
        // Other content, another order, or a part of it, is something else.
        let conflict = Err((0, "id_conflict".to_owned()));
        for other in [vec![spend(2), grant(4, soon)], vec![grant(4, soon)], vec![grant(4, soon), spend(2), spend(2)]] {
            assert_eq!(positions(ledger.post_atomic(together_as(1, other)).await.unwrap()), conflict);
        }
        let single = ledger.post(keyed(1, grant(4, soon))).await.unwrap_err();
        assert_eq!(single.to_string(), Rejection::IdConflict.to_string());
    }
    // Together with others, twice in one batch, and over what was decided before.
    let requests = vec![together_as(3, both()).into(), together_as(3, both()).into(), together_as(1, both()).into()];
    let outcomes = ledger.submit_requests(requests).await.unwrap().outcomes().await.unwrap();
    let replayed = outcomes.into_iter().map(|outcome| outcome.into_atomic().unwrap()[1].replayed).collect::<Vec<_>>();
    assert_eq!(replayed, [false, true, true]);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(one_command_together_with_no_other_is_the_command, async |bank: &TestBank| {
    let ledger = shop(bank).await;
    let twin = twin_of(bank);
    let single = shop(&twin).await;
    for (number, command) in [(1, spend(5)), (2, spend(500))] {
        let one = ledger.post_atomic(together_as(number, [command.clone()])).await.unwrap();
        let outcome = single.post_all(vec![keyed(number, command.clone())]).await.unwrap().remove(0);
        assert_eq!(one, Outcome::One(outcome).into_atomic());
        // So it does not matter which of the two is asked for again.
        let again = ledger.post_all(vec![keyed(number, command)]).await.unwrap().remove(0);
        assert_eq!(
            again.map(|posted| posted.position),
            one.map(|posted| posted[0].position).map_err(|no| no.rejection)
        );
    }
    for ledger in [ledger, single] {
        ledger.close().await;
    }
    assert_eq!(dump(bank).await, dump(&twin).await);
});

// Two processes post at the same time: what one decides is decided again, as a whole, when the other was first.
both_engines!(what_is_posted_together_stays_together_when_another_process_is_first, async |bank: &TestBank| {
    const ROUNDS: u128 = 20;
    let ledger = shop(bank).await;
    let other = bank.open().await;
    let soon = NOON + 86_400;
    let run = async |ledger: &Ledger, base: u128| {
        for round in 0..ROUNDS {
            let refused = together_as(base + round, [grant(1, soon), spend(1), spend(1_000_000)]);
            assert_eq!(positions(ledger.post_atomic(refused).await.unwrap()), below_floor(2));
            let posted = ledger.post_atomic(together_as(base + ROUNDS + round, [grant(3, soon), spend(2), spend(1)]));
            let posted = posted.await.unwrap().unwrap();
            assert_eq!([posted[1].position - posted[0].position, posted[2].position - posted[1].position], [1, 1]);
        }
    };
    tokio::join!(run(&ledger, 100), run(&other, 200));
    let anna = ledger.account(&at("wallet/anna")).await.unwrap().unwrap();
    assert_eq!(anna.normal_balance(), 50);
    ledger.close().await;
    other.close().await;
    assert_whole(bank.url()).await;
});
