//! A statement fails while somebody reads, or somebody comes in at a door.

use std::fmt::Debug;

use bank_tests::bank::{NOON, TestBank, cards, post_all, town_commands};
use bank_tests::both_engines;
use baoyulan_ledger::access::{Session, Visit};
use baoyulan_ledger::book::AccountId;
use baoyulan_ledger::people::{CardNumber, Door, MemberId};
use baoyulan_ledger::proof::{Digest, sha256};
use baoyulan_ledger::store::cuts::{Cut, Cuts};
use baoyulan_ledger::{Fault, Ledger};

use crate::CUTS;
use crate::cases::{address, groundwork};

async fn begun(bank: &TestBank) -> Ledger {
    Cuts::at(bank.url()).unwrap();
    let ledger = bank.open().await;
    post_all(&ledger, town_commands().into_iter().chain(groundwork())).await;
    ledger
}

/// Lets each statement of a reading fail. Nobody reads anything else than what is there, and the next reading succeeds.
async fn fail_each<T: Debug + PartialEq>(
    bank: &TestBank,
    what: &str,
    read: impl AsyncFn() -> Result<T, Fault>,
) -> usize {
    let cuts = Cuts::at(bank.url()).unwrap();
    let expected = read().await.unwrap();
    let mut count = 0;
    for cut in CUTS {
        for statement in 1.. {
            cuts.arm(statement, cut);
            let found = read().await;
            if !cuts.disarm() {
                assert_eq!(found.unwrap(), expected);
                break;
            }
            count += 1;
            match found {
                Ok(found) => assert_eq!(found, expected, "{what}: {cut:?} statement {statement}"),
                Err(fault) => {
                    let is_told = fault.may_be_sent_again() && !fault.may_have_been_applied();
                    assert!(is_told, "{what}: {cut:?} statement {statement}: {fault:?}");
                }
            }
            assert_eq!(read().await.unwrap(), expected, "{what}: after {cut:?} statement {statement}");
        }
    }
    count
}

both_engines!(readings_are_right_or_fail_whatever_statement_fails, async |bank| {
    let ledger = begun(bank).await;
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let till = [address("asset/till"), address("equity/fund")];
    let count = fail_each(bank, "the head", async || ledger.journal_head().await).await
        + fail_each(bank, "balances", async || ledger.balances(&till).await).await
        + fail_each(bank, "a trial balance", async || Ok(ledger.trial_balance().await?.disagreements)).await
        + fail_each(bank, "a statement", async || Ok(format!("{:?}", ledger.statement(AccountId(0), None, 10).await?)))
            .await
        + fail_each(bank, "keys", async || Ok(ledger.receipt_keys().await?.len())).await
        + fail_each(bank, "a volunteer", async || Ok(format!("{:?}", ledger.volunteer_account(card).await?))).await
        + fail_each(bank, "a PIN", async || Ok(format!("{:?}", ledger.access().pin_check(card, Door::Web).await?)))
            .await
        + fail_each(bank, "a session", async || ledger.access().session(token("nobody")).await).await;
    ledger.close().await;
    println!("{count} statements of readings failed");
});

fn token(text: &str) -> Digest {
    sha256(&[text.as_bytes()])
}

fn session(name: &str) -> Session {
    let (member, credential) = (Some(MemberId(0)), String::new());
    Session { token_hash: token(name), member, credential, standing: -1, opened_at: NOON, expires_at: NOON + 3600 }
}

fn visit(name: &str) -> Visit {
    Visit {
        token_hash: token(name),
        device: "kiosk-1".to_owned(),
        station: "S01".to_owned(),
        member: None,
        attendant: "till-1".to_owned(),
        standing: -1,
        opened_at: NOON,
        used_at: NOON,
    }
}

/// Something that is written at a door, and whether it is there afterwards.
async fn fail_door(
    bank: &TestBank,
    what: &str,
    write: impl AsyncFn(&str) -> Result<(), Fault>,
    is_there: impl AsyncFn(&str) -> bool,
) -> usize {
    let cuts = Cuts::at(bank.url()).unwrap();
    let mut count = 0;
    for cut in CUTS {
        for statement in 1.. {
            let name = format!("{cut:?}-{statement}");
            cuts.arm(statement, cut);
            let written = write(&name).await;
            let has_failed = cuts.disarm();
            let found = is_there(&name).await;
            match &written {
                Ok(()) => assert!(found, "{what}: {name}: what was answered is there"),
                Err(fault) => {
                    assert!(fault.may_be_sent_again(), "{what}: {name}: {fault:?}");
                    assert!(!found || fault.may_have_been_applied(), "{what}: {name}: it is there, and {fault:?}");
                }
            }
            if !has_failed {
                break;
            }
            count += 1;
            write(&format!("{name}, another")).await.unwrap();
        }
    }
    count
}

both_engines!(what_is_said_at_the_doors_is_true_whatever_statement_fails, async |bank| {
    let ledger = begun(bank).await;
    let access = ledger.access();
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let count = fail_door(
        bank,
        "a session",
        async |name| access.open_session(session(name)).await,
        async |name| access.session(token(name)).await.unwrap().is_some(),
    )
    .await
        + fail_door(
            bank,
            "a visit",
            async |name| access.open_visit(visit(name), NOON - 600).await,
            async |name| access.visit(token(name)).await.unwrap().is_some(),
        )
        .await;
    // Whoever mistypes a PIN is counted, or it is said that nobody can tell.
    let cuts = Cuts::at(bank.url()).unwrap();
    let misses = async || access.pin_check(card, Door::Web).await.unwrap().misses;
    for statement in 1.. {
        let before = misses().await;
        cuts.arm(statement, Cut::After);
        let counted = access.add_pin_miss(card, Door::Web, NOON, NOON - 600).await;
        let has_failed = cuts.disarm();
        let is_counted = misses().await == before + 1;
        assert!(is_counted || misses().await == before);
        assert!(counted.map_or_else(|fault| !is_counted || fault.may_have_been_applied(), |()| is_counted));
        if !has_failed {
            break;
        }
    }
    ledger.close().await;
    println!("{count} statements at the doors failed");
});
