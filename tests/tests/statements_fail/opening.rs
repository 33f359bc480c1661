//! A statement fails while a bank is founded, opened, or brought up to date.

use std::path::PathBuf;

use bank_tests::aged::age;
use bank_tests::bank::{NOON, TestBank, reference_town};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole, recompute};
use baoyulan_ledger::store::cuts::{Cut, Cuts};
use baoyulan_ledger::store::migrate::MIGRATIONS;
use baoyulan_ledger::{Fault, Ledger, Options};

use crate::CUTS;

fn another(bank: &TestBank) -> TestBank {
    if bank.is_postgres() { TestBank::postgres() } else { TestBank::sqlite() }
}

/// Opens a bank while a statement fails. Returns whether it was reached.
async fn open(bank: &TestBank, options: Options, statement: usize, cut: Cut) -> (Result<Ledger, Fault>, bool) {
    let cuts = Cuts::at(bank.url()).unwrap();
    cuts.arm(statement, cut);
    let opened = Ledger::open(bank.url(), options).await;
    (opened, cuts.disarm())
}

/// Asserts that the bank is whole and as large as it should be.
async fn assert_sound(bank: &TestBank, ledger: &Ledger, size: u64, what: &str) {
    let head = ledger.journal_head().await.unwrap();
    assert_eq!(head.0, size, "{what}");
    assert_eq!(recompute(bank.url()).await, head, "{what}");
    assert_eq!(ledger.trial_balance().await.unwrap().disagreements, [""; 0], "{what}");
}

/// The names of the files beside the bank, without the bank's own.
fn left_over(bank: &TestBank) -> Vec<PathBuf> {
    let files = std::fs::read_dir(bank.folder()).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.to_string_lossy().contains(".unfinished-")).collect()
}

fn keys(bank: &TestBank) -> usize {
    let files = std::fs::read_dir(bank.key_folder()).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|kind| kind == "receipt-key")).count()
}

/// Whether there is a bank at the address.
async fn is_founded(bank: &TestBank) -> bool {
    let options = Options { create: None, read_only: true, ..bank.options() };
    match Ledger::open(bank.url(), options).await {
        Ok(ledger) => {
            ledger.close().await;
            true
        }
        Err(fault) => {
            assert_eq!(fault.code(), "no_bank", "{fault}");
            false
        }
    }
}

both_engines!(a_bank_is_founded_once_whatever_statement_fails, async |bank| {
    let mut count = 0;
    let mut bank = another(bank);
    for cut in [Cut::Before, Cut::After] {
        for statement in 1.. {
            let what = format!("{cut:?} statement {statement} of founding");
            let (opened, has_failed) = open(&bank, bank.options(), statement, cut).await;
            match opened {
                Ok(ledger) => ledger.close().await,
                Err(fault) => {
                    assert!(has_failed, "{what}: {fault:?}");
                    let is_there = is_founded(&bank).await;
                    assert!(!is_there || fault.may_have_been_applied(), "{what}: it is there, and {fault:?}");
                    assert!(is_there || fault.may_have_been_applied() || keys(&bank) == 0, "{what}: a key is left");
                }
            }
            assert_eq!(left_over(&bank), [""; 0].map(PathBuf::from), "{what}");
            if is_founded(&bank).await {
                // It opens, so its key is there.
                let ledger = bank.open().await;
                assert_sound(&bank, &ledger, 1, &what).await;
                ledger.close().await;
                bank = another(&bank);
            }
            if !has_failed {
                break;
            }
            count += 1;
        }
    }
    println!("{count} statements failed while a bank was founded");
});

both_engines!(a_bank_is_opened_or_stays_as_it_was_whatever_statement_fails, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let mut count = 0;
    for cut in CUTS {
        for statement in 1.. {
            let what = format!("{cut:?} statement {statement} of opening");
            let (opened, has_failed) = open(bank, bank.options(), statement, cut).await;
            match opened {
                Ok(ledger) => ledger.close().await,
                Err(fault) => assert!(!fault.may_have_been_applied(), "{what}: {fault:?}"),
            }
            if !has_failed {
                break;
            }
            let ledger = bank.open().await;
            assert_eq!(ledger.journal_head().await.unwrap().0, size, "{what}");
            ledger.close().await;
            count += 1;
        }
    }
    assert_whole(bank.url()).await;
    println!("{count} statements failed while a bank was opened");
});

// A bank whose clock is far ahead: whoever opens it says that it is right, and a record keeps that.
both_engines!(a_clock_is_accepted_once_whatever_statement_fails, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (mut size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let (mut now, mut count) = (NOON, 0);
    for cut in [Cut::Before, Cut::After] {
        for statement in 1.. {
            let what = format!("{cut:?} statement {statement} of accepting a clock");
            now += 60 * 86_400;
            bank.set_now(now);
            let accepting = || Options { accept_clock: Some("operator-1".to_owned()), ..bank.options() };
            let (opened, has_failed) = open(bank, accepting(), statement, cut).await;
            let (found, _) = recompute(bank.url()).await;
            match opened {
                Ok(ledger) => {
                    assert_eq!(found, size + 1, "{what}");
                    ledger.close().await;
                }
                Err(fault) => {
                    assert!(found == size || fault.may_have_been_applied(), "{what}: it is there, and {fault:?}");
                }
            }
            size += 1;
            let ledger = Ledger::open(bank.url(), accepting()).await.unwrap();
            assert_sound(bank, &ledger, size, &what).await;
            ledger.close().await;
            if !has_failed {
                break;
            }
            count += 1;
        }
    }
    assert_whole(bank.url()).await;
    println!("{count} statements failed while a clock was accepted");
});

async fn version(bank: &TestBank) -> usize {
    Tables::open(bank.url()).await.rows("SELECT version FROM ledger_migrations").await.len()
}

both_engines!(a_bank_is_brought_up_to_date_or_stays_as_it_was_whatever_statement_fails, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    age(bank).await;
    let old = Tables::open(bank.url()).await.dump().await;
    let mut count = 0;
    for cut in [Cut::Before, Cut::After] {
        for statement in 1.. {
            let what = format!("{cut:?} statement {statement} of a migration");
            let options = Options { create: None, ..bank.options() };
            let (opened, has_failed) = open(bank, options, statement, cut).await;
            let version = version(bank).await;
            match opened {
                Ok(ledger) => {
                    assert_eq!(version, MIGRATIONS.len(), "{what}");
                    ledger.close().await;
                }
                Err(fault) if version == 1 => {
                    assert_eq!(Tables::open(bank.url()).await.dump().await, old, "{what}: {fault}");
                }
                Err(fault) => assert_eq!(version, MIGRATIONS.len(), "{what}: {fault:?}"),
            }
            if version > 1 {
                let ledger = bank.open().await;
                assert_sound(bank, &ledger, size, &what).await;
                ledger.close().await;
                age(bank).await;
            }
            if !has_failed {
                break;
            }
            count += 1;
        }
    }
    bank.open().await.close().await;
    assert_whole(bank.url()).await;
    println!("{count} statements failed during migrations");
});
