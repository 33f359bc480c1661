//! Banks that older versions of the program have left, kept in `tests/fixtures/`: today's program brings them up to date,
//! finds in them what they had, and goes on with them.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{TestBank, cards, execute, keyed, post_all, redeem};
use bank_tests::both_engines;
use bank_tests::fixture::{self, Fixture, answer};
use bank_tests::journal::{Record, Tables, assert_whole, merkle_tree_hash, recompute, records};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{Command, Envelope, NewEntry, Post, ReverseRedemption};
use baoyulan_ledger::store::migrate::MIGRATIONS;
use baoyulan_ledger::{Error, Fault, Ledger, Options, Posted, Rejection};

/// Another place for a bank on the same engine.
fn another(bank: &TestBank) -> TestBank {
    if bank.is_postgres() { TestBank::postgres() } else { TestBank::sqlite() }
}

async fn post(ledger: &Ledger, envelope: Envelope) -> Result<Posted, Rejection> {
    match ledger.post(envelope).await {
        Ok(posted) => Ok(posted),
        Err(Error::Rejected(rejection)) => Err(rejection),
        Err(Error::Fault(fault)) => unreachable!("{fault}"),
    }
}

async fn version(bank: &TestBank) -> usize {
    Tables::open(bank.url()).await.rows("SELECT version FROM ledger_migrations").await.len()
}

/// A transfer of accounts that both fixtures have.
fn transfer(quantity: i64) -> Command {
    let entry = |text, quantity| NewEntry::new(Address::new(text).unwrap(), quantity);
    Command::Post(Post { entries: vec![entry("asset/till", -quantity), entry("expense/tea", quantity)] })
}

/// Asserts that the bank is whole, by the second implementation and by its own trial balance, and that its journal begins with
/// the fixture's.
async fn assert_grown_from(fixture: &Fixture, bank: &TestBank, ledger: &Ledger) {
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap(), "{}", fixture.path.display());
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0], "{}", fixture.path.display());
    assert_whole(bank.url()).await;
    let (size, root) = fixture.head();
    let journal = records(&mut Tables::open(bank.url()).await).await;
    let leaves: Vec<_> = journal.iter().take(size as usize).map(Record::leaf).collect();
    assert_eq!(merkle_tree_hash(&leaves), root, "{}: the first {size} records", fixture.path.display());
}

/// What was sent under an id has its old answer, and the id is good for nothing else.
async fn assert_old_answers(fixture: &Fixture, ledger: &Ledger) {
    for (envelope, expected) in fixture.sent() {
        let outcome = post(ledger, envelope.clone()).await;
        assert_eq!(answer(&outcome), expected, "{envelope:?}");
        assert!(outcome.is_err() || outcome.is_ok_and(|posted| posted.replayed), "{envelope:?}");
        let other = Envelope { command: transfer(123), ..envelope };
        assert_eq!(post(ledger, other).await, Err(Rejection::IdConflict));
    }
    assert_eq!(ledger.journal_head().await.unwrap(), fixture.head(), "nothing was posted");
}

/// What a town's bank does of old: it redeems, and reverses what was redeemed before the migration, once.
async fn use_town(fixture: &Fixture, ledger: &Ledger) {
    let redeemed = ledger.post(keyed(1001, redeem(&cards()[0], "S01", "G01", 1))).await.unwrap();
    assert!(redeemed.receipt.is_some() && !redeemed.replayed);
    let reverse = |id| keyed(id, Command::ReverseRedemption(ReverseRedemption::whole(fixture.reversible())));
    let reversed = ledger.post(reverse(1002)).await.unwrap();
    assert_eq!(reversed.moved("POINT"), 60);
    assert!(post(ledger, reverse(1003)).await.is_err(), "it is reversed once");
    let is_reversal = |envelope: &Envelope| matches!(envelope.command, Command::ReverseRedemption(_));
    let sent = fixture.sent().into_iter();
    for (number, (envelope, _)) in (1004..).zip(sent.filter(|(envelope, _)| is_reversal(envelope))) {
        let again = post(ledger, keyed(number, envelope.command)).await;
        assert_eq!(again, Err(Rejection::AlreadyReversed), "what was reversed before the migration");
    }
    assert!(ledger.post(reverse(1002)).await.unwrap().replayed);
}

async fn assert_lives_on(fixture: &Fixture, bank: &TestBank) {
    fixture.put(bank).await;
    assert_eq!(version(bank).await, fixture.schema);
    let before = Tables::open(bank.url()).await.dump().await;
    bank.set_now(fixture.posted_at() + 60);
    bank.turn_chance_to(1);
    if fixture.schema < MIGRATIONS.len() {
        let reading = Options { read_only: true, ..fixture.options(bank) };
        assert_eq!(Ledger::open(bank.url(), reading).await.unwrap_err().code(), "schema_old");
        assert_eq!(Tables::open(bank.url()).await.dump().await, before, "whoever only reads changes nothing");
    }

    let ledger = Ledger::open(bank.url(), fixture.options(bank)).await.unwrap();
    assert_eq!(version(bank).await, MIGRATIONS.len());
    assert_eq!(ledger.journal_head().await.unwrap(), fixture.head());
    assert_grown_from(fixture, bank, &ledger).await;
    assert_old_answers(fixture, &ledger).await;
    if fixture.is_of_town() {
        use_town(fixture, &ledger).await;
    }
    // More than a tile of the tree, which so begins before the migration and ends after it.
    post_all(&ledger, (1..=256).map(transfer)).await;
    assert_grown_from(fixture, bank, &ledger).await;
    ledger.close().await;

    let ledger = Ledger::open(bank.url(), fixture.options(bank)).await.unwrap();
    assert_grown_from(fixture, bank, &ledger).await;
    ledger.close().await;
}

both_engines!(banks_of_older_versions_live_on, async |bank| {
    let fixtures = fixture::all();
    assert!(fixtures.iter().any(|fixture| fixture.schema == 2), "{fixtures:?}");
    for fixture in fixtures {
        assert_lives_on(&fixture, &another(bank)).await;
    }
});

both_engines!(a_bank_of_an_older_version_whose_rows_were_changed_is_found_out, async |bank| {
    let fixture = fixture::all().into_iter().find(Fixture::is_of_town).unwrap();
    fixture.put(bank).await;
    execute(bank, "UPDATE ledger_head SET size = size - 1").await;
    let fault = Ledger::open(bank.url(), fixture.options(bank)).await.unwrap_err();
    assert!(matches!(fault, Fault::Damaged { .. }), "{fault:?}");
});
