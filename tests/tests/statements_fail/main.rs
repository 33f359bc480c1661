//! The n-th statement fails: before the engine gets it, after it has taken effect, or because the engine refuses it; for every
//! n of every kind of command. Whatever fails, each command is carried out once or not at all, what is said of it is true, and
//! when it is sent again under its id it has the outcome that it has at a twin that nothing ever disturbed.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod cases;
mod opening;
mod pair;
mod queue;
mod reading;

use std::collections::BTreeSet;

use bank_tests::bank::TestBank;
use bank_tests::both_engines;
use baoyulan_ledger::command::{Command, KINDS};
use baoyulan_ledger::store::cuts::Cut;

use cases::{CASES, Case, delivery, transfer};
use pair::{Beside, Pair, Tally, name};

const CUTS: [Cut; 3] = [Cut::Before, Cut::After, Cut::Refused];

#[test]
fn every_kind_of_command_has_its_case() {
    let kinds: BTreeSet<&str> = CASES.iter().map(Case::kind).collect();
    assert_eq!(kinds, KINDS.iter().copied().collect(), "a new kind is a line in cases.rs");
}

/// Lets every statement of batches fail in every way, and says how many that were; a slice of cases for each batch.
async fn fail_all(
    bank: &TestBank,
    what: &str,
    batches: impl Iterator<Item = &'static [Case]>,
    cuts: &[Cut],
    is_cold: bool,
    beside: Beside,
) {
    let engine = if bank.is_postgres() { "PostgreSQL" } else { "SQLite" };
    let mut pair = Pair::new(bank).await;
    let (mut all, mut count) = (Tally::default(), 0);
    for cases in batches {
        let mut tally = Tally::default();
        for cut in cuts {
            tally += pair.fail_each(cases, *cut, is_cold, beside).await;
        }
        // Otherwise nothing was tried where it matters.
        let is_recorded = cases.is_empty() || cases.iter().any(|case| !case.is_refused());
        assert!(tally.unknown > 0 && tally.told > 0, "{}: {tally}", name(cases));
        assert!(tally.unheard > 0 || !is_recorded, "{}: {tally}", name(cases));
        all += tally;
        count += 1;
    }
    pair.assert_equal(engine).await;
    pair.close().await;
    println!("{engine}, {what}, {count} kinds of batches: {all}");
}

both_engines!(a_command_happens_once_whatever_statement_fails, async |bank| {
    let each = CASES.iter().map(std::slice::from_ref);
    fail_all(bank, "commands of every kind, each alone", each, &CUTS, false, |commands| commands).await;
});

both_engines!(a_mixed_batch_happens_once_whatever_statement_fails, async |bank| {
    let each = CASES.iter().map(std::slice::from_ref);
    let mixed = |mut commands: Vec<Command>| {
        commands.insert(0, transfer("equity/fund", "asset/till", 7));
        commands.push(transfer("asset/till", "equity/fund", 3));
        commands
    };
    fail_all(bank, "commands of every kind, each among others", each, &CUTS[..2], false, mixed).await;
});

both_engines!(a_batch_of_all_kinds_happens_once_whatever_statement_of_a_cold_writer_fails, async |bank| {
    fail_all(bank, "all kinds together", std::iter::once(CASES), &CUTS, true, |commands| commands).await;
});

both_engines!(what_is_sent_again_has_its_outcome_whatever_statement_of_that_fails, async |bank| {
    let mut pair = Pair::new(bank).await;
    let mut count = 0;
    for cut in CUTS {
        count += pair.fail_each_again(CASES, cut).await;
    }
    assert!(count > CUTS.len() * 10, "{count} statements failed");
    pair.assert_equal("sent again").await;
    pair.close().await;
    println!("{count} statements of a batch of all kinds that was sent again failed");
});

both_engines!(a_large_batch_happens_once_whatever_statement_fails, async |bank| {
    let once = std::iter::once([].as_slice());
    // So many rows that SQLite is sent the first of them before all are decided, and PostgreSQL copies them.
    if bank.is_postgres() {
        fail_all(bank, "a large batch", once, &CUTS[..2], false, |_| (1..=82).map(delivery).collect()).await;
    } else {
        fail_all(bank, "a large batch", once, &CUTS[..2], false, |_| (1..=12).map(delivery).collect()).await;
    }
});
