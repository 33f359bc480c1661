//! Several batches are on their way when a statement fails, or the ledger is being closed.

use bank_tests::bank::{TestBank, keyed, post_all};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole, recompute};
use baoyulan_ledger::command::Envelope;
use baoyulan_ledger::poster::{Answer, Submitted};
use baoyulan_ledger::store::cuts::{Cut, Cuts};
use baoyulan_ledger::{Ledger, Posted, Rejection};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::CUTS;
use crate::cases::{address, groundwork, transfer};

/// So many statements that three small batches never need more.
const STATEMENTS: usize = 32;

async fn begun(bank: &TestBank) -> Ledger {
    let ledger = bank.open().await;
    post_all(&ledger, bank_tests::bank::town_commands().into_iter().chain(groundwork())).await;
    ledger
}

/// Three batches of transfers, no two of which are of the same quantity, and the first batch once more.
fn batches(number: usize) -> Vec<Vec<Envelope>> {
    let batch = |part: usize| {
        let ids = (0..3).map(|id| (number * 16 + part * 4 + id) as u128);
        ids.map(|id| keyed(id + 1, transfer("equity/fund", "asset/till", id as i64 + 1))).collect()
    };
    vec![batch(0), batch(1), batch(2), batch(0)]
}

/// The sum that batches bring.
fn quantity(batches: &[Vec<Envelope>]) -> i64 {
    batches[..3].iter().flatten().map(|envelope| envelope.key.as_ref().unwrap().id.as_u128() as i64).sum()
}

/// Whether an answer is true, given what the same commands were answered with afterwards.
fn assert_true(answer: &Answer, again: &[Result<Posted, Rejection>], what: &str) {
    let was_there = again.iter().all(|outcome| outcome.as_ref().unwrap().replayed);
    match answer {
        Ok(outcomes) => {
            assert!(was_there, "{what}: what was answered is there");
            let places = |outcomes: &[Result<Posted, Rejection>]| -> Vec<i64> {
                outcomes.iter().map(|outcome| outcome.as_ref().unwrap().position).collect()
            };
            assert_eq!(places(outcomes), places(again), "{what}");
        }
        Err(fault) => {
            assert!(fault.may_be_sent_again(), "{what}: {fault:?}");
            assert!(fault.may_have_been_applied() || !was_there, "{what}: {fault:?}");
        }
    }
}

/// Sends batches again until all are there, and asserts that what was said of each is true.
async fn settle(ledger: &Ledger, batches: &[Vec<Envelope>], answers: &[Answer], what: &str) {
    // The last one is the first one once more. If it may have been carried out, that says nothing of the first one.
    let is_last_one_lost = answers[3].as_ref().is_err_and(|fault| !fault.may_have_been_applied());
    for (index, (batch, answer)) in batches.iter().zip(answers).take(3).enumerate() {
        let again = ledger.post_all(batch.clone()).await.unwrap();
        if index > 0 || answer.is_ok() || is_last_one_lost {
            assert_true(answer, &again, what);
        }
    }
}

async fn fail(bank: &TestBank, ledger: &Ledger, statement: usize, cut: Cut, what: &str) -> bool {
    let cuts = Cuts::at(bank.url()).unwrap();
    let all = batches(CUTS.iter().position(|one| *one == cut).unwrap() * STATEMENTS + statement);
    let till = || async { ledger.account(&address("asset/till")).await.unwrap().unwrap().balance };
    let before = till().await;
    cuts.arm(statement, cut);
    let mut submitted: Vec<Submitted> = Vec::new();
    for batch in &all {
        submitted.push(ledger.submit(batch.clone()).await.unwrap());
    }
    let mut answers = Vec::new();
    for submitted in submitted {
        answers.push(submitted.outcomes().await);
    }
    let has_failed = cuts.disarm();
    settle(ledger, &all, &answers, what).await;
    assert_eq!(till().await - before, quantity(&all), "{what}: each is carried out once");
    has_failed
}

both_engines!(batches_that_follow_one_another_happen_once_whatever_statement_fails, async |bank| {
    Cuts::at(bank.url()).unwrap();
    let ledger = begun(bank).await;
    let mut count = 0;
    for cut in CUTS {
        for statement in 1..=STATEMENTS {
            let what = format!("{cut:?} statement {statement}");
            count += usize::from(fail(bank, &ledger, statement, cut, &what).await);
        }
    }
    assert!(count >= CUTS.len(), "{count} statements failed");
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0]);
    assert_whole(bank.url()).await;
    println!("{count} statements of batches that follow one another failed");
});

/// Waits until a statement of the ledger's waits for somebody else's lock.
async fn wait_for_lock(bank: &TestBank) {
    let schema = bank.url().split_once("?schema=").unwrap().1;
    let question = format!(
        "SELECT pid::bigint FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND position('{schema}' IN query) > 0 \
         AND position('pg_stat_activity' IN query) = 0"
    );
    while Tables::open(bank.url()).await.rows(&question).await.is_empty() {
        tokio::task::yield_now().await;
    }
}

/// The server is still at work on a batch when the connection breaks, and the same commands are sent again before it has done
/// with it.
#[tokio::test]
async fn a_statement_that_outlives_its_connection_counts_once_on_postgres() {
    let bank = TestBank::postgres();
    let cuts = Cuts::at(bank.url()).unwrap();
    let ledger = begun(&bank).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    let (server, schema) = bank.url().split_once("?schema=").unwrap();
    let mut holder = PgConnection::connect(server).await.unwrap();
    let hold = format!("BEGIN; SELECT size FROM {schema}.ledger_head FOR UPDATE");
    holder.execute(sqlx::raw_sql(AssertSqlSafe(hold))).await.unwrap();

    // All that the transfer needs is known, so it takes one statement.
    let envelope = keyed(1, transfer("equity/fund", "asset/till", 5));
    let posting = || {
        let (ledger, envelope) = (ledger.clone(), envelope.clone());
        tokio::spawn(async move { ledger.post(envelope).await })
    };
    cuts.arm(1, Cut::Amid);
    let posted = posting();
    wait_for_lock(&bank).await;
    cuts.break_off();
    let fault = posted.await.unwrap().unwrap_err();
    assert!(fault.may_have_been_applied() && fault.may_be_sent_again(), "{fault:?}");
    assert!(cuts.disarm());
    assert_eq!(ledger.journal_head().await.unwrap().0, size, "it is not carried out yet");

    let again = posting();
    holder.execute("COMMIT").await.unwrap();
    assert!(again.await.unwrap().is_ok());
    assert_eq!(ledger.journal_head().await.unwrap().0, size + 1);
    assert!(ledger.post(envelope).await.unwrap().replayed);
    ledger.close().await;
    assert_whole(bank.url()).await;
}

both_engines!(a_ledger_closes_whatever_statement_fails_and_has_told_the_truth, async |bank| {
    let cuts = Cuts::at(bank.url()).unwrap();
    begun(bank).await.close().await;
    let mut count = 0;
    for cut in CUTS {
        for statement in 1..=STATEMENTS {
            let what = format!("{cut:?} statement {statement} while the ledger is being closed");
            let ledger = bank.open().await;
            let all = batches(CUTS.iter().position(|one| *one == cut).unwrap() * STATEMENTS + statement);
            cuts.arm(statement, cut);
            let mut submitted = Vec::new();
            for batch in &all {
                submitted.push(ledger.submit(batch.clone()).await.unwrap());
            }
            ledger.close().await;
            let mut answers = Vec::new();
            for submitted in submitted {
                answers.push(submitted.outcomes().await);
            }
            let has_failed = cuts.disarm();
            let ledger = bank.open().await;
            settle(&ledger, &all, &answers, &what).await;
            ledger.close().await;
            if !has_failed {
                break;
            }
            count += 1;
        }
    }
    assert!(count >= CUTS.len(), "{count} statements failed");
    let ledger = bank.open().await;
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    assert_whole(bank.url()).await;
    println!("{count} statements failed while the ledger was being closed");
});
