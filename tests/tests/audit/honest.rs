//! Banks in which nobody has changed anything.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bank_tests::bank::{TestBank, reference_town, unit, unkeyed};
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
