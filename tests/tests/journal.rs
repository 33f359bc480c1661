//! The journal, computed twice.

use bank_tests::bank::reference_town;
use bank_tests::{both_engines, journal};

both_engines!(the_town_has_the_journal_that_its_rows_give, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    assert_eq!(journal::recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    journal::assert_whole(bank.url()).await;
    ledger.close().await;
});
