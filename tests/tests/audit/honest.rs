//! Banks in which nobody has changed anything.

use std::sync::Mutex;

use bank_tests::bank::{TestBank, reference_town};
use bank_tests::both_engines;
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

#[tokio::test]
async fn a_bank_without_a_town_is_audited_too() {
    let bank = TestBank::sqlite();
    let options = Options { create: Some(NewBank { demo: true, ..NewBank::new("shop") }), ..bank.options() };
    let ledger = baoyulan_ledger::Ledger::open(bank.url(), options).await.unwrap();
    assert_eq!(ledger.audit(|_, _| {}).await.unwrap().difference, None);
    ledger.close().await;
}
