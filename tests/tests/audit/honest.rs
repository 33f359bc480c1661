//! Banks in which nobody has changed anything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bank_tests::bank::{TestBank, execute, reference_town, unit, unkeyed};
use bank_tests::both_engines;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::{NewBank, Options};

use crate::forger::said;
use crate::town::rich_town;

both_engines!(an_honest_bank_has_no_difference, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let heard = Mutex::new(Vec::new());
    let audited = ledger.audit(|records, all| heard.lock().unwrap().push((records, all))).await.unwrap();
    let (size, root) = ledger.journal_head().await.unwrap();
    assert_eq!((audited.size, audited.root, audited.difference), (size, root, None));
    assert_eq!(heard.into_inner().unwrap().last(), Some(&(size, size)), "the progress ends with the last record");
    ledger.close().await;
    // Opened for reading only, it says the same.
    assert_eq!(said(bank).await, "");
});

both_engines!(a_bank_with_something_in_every_table_has_no_difference, async |bank| {
    rich_town(bank).await;
    assert_eq!(said(bank).await, "");
});

both_engines!(a_bank_that_is_posted_to_meanwhile_has_no_difference, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let (posting, is_over) = (ledger.clone(), Arc::new(AtomicBool::new(false)));
    let posted = Arc::clone(&is_over);
    let posting = tokio::spawn(async move {
        for number in 0..60 {
            let code = format!("plot-{number}");
            posting.post(unkeyed(Command::SetUnit(unit(&code, "grid-1", "plot", "楼")))).await.unwrap();
        }
        posted.store(true, Ordering::SeqCst);
    });
    // At least one audit begins after the last record.
    let mut sizes = Vec::new();
    loop {
        let is_last = is_over.load(Ordering::SeqCst);
        let auditing = ledger.clone();
        let audited = tokio::spawn(async move { auditing.audit(|_, _| {}).await }).await.unwrap().unwrap();
        assert_eq!(audited.difference, None, "at {} records", audited.size);
        // Somebody else may audit it too.
        assert_eq!(said(bank).await, "");
        sizes.push(audited.size);
        if is_last {
            break;
        }
    }
    posting.await.unwrap();
    assert_eq!(sizes.last(), Some(&ledger.journal_head().await.unwrap().0));
    ledger.close().await;
});

#[tokio::test]
async fn a_bank_without_a_town_is_audited_too() {
    let bank = TestBank::sqlite();
    let options = Options { create: Some(NewBank { demo: true, ..NewBank::new("shop") }), ..bank.options() };
    let ledger = baoyulan_ledger::Ledger::open(bank.url(), options).await.unwrap();
    assert_eq!(ledger.audit(|_, _| {}).await.unwrap().difference, None);
    ledger.close().await;
}

// What stands in the tables is as it was; what the engine does with them is not.
both_engines!(tables_that_this_program_has_not_made_so_are_a_difference, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.close().await;
    let (trigger, no_trigger) = if bank.is_postgres() {
        (
            "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER quiet BEFORE INSERT ON ledger_notes FOR EACH ROW EXECUTE FUNCTION quiet()",
            "DROP TRIGGER quiet ON ledger_notes",
        )
    } else {
        ("CREATE TRIGGER quiet BEFORE INSERT ON ledger_notes BEGIN SELECT RAISE(IGNORE); END", "DROP TRIGGER quiet")
    };
    let index = "CREATE UNIQUE INDEX ledger_receipts_number ON ledger_receipts (station, year, number)";
    for (change, back, named) in [
        (trigger, no_trigger, "trigger quiet"),
        ("DROP INDEX ledger_receipts_number", index, "index ledger_receipts_number"),
        ("ALTER TABLE ledger_notes ADD COLUMN more TEXT", "ALTER TABLE ledger_notes DROP COLUMN more", "more"),
        ("CREATE TABLE ledger_more (a BIGINT PRIMARY KEY)", "DROP TABLE ledger_more", "ledger_more"),
        ("CREATE INDEX notes_reason ON ledger_notes (reason)", "DROP INDEX notes_reason", "index notes_reason"),
        (
            "ALTER TABLE ledger_visits RENAME TO elsewhere; CREATE VIEW ledger_visits AS SELECT * FROM elsewhere",
            "DROP VIEW ledger_visits; ALTER TABLE elsewhere RENAME TO ledger_visits",
            "ledger_visits",
        ),
    ] {
        execute(bank, change).await;
        let told = said(bank).await;
        assert!(told.starts_with("the schema") && told.contains(named), "{change}: {told}");
        execute(bank, back).await;
        assert_eq!(said(bank).await, "", "{back}");
    }
});
