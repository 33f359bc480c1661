//! Which keys the journal vouches for.

use bank_tests::bank::{NOON, TestBank, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::Tables;
use baoyulan_ledger::proof::{SigningKey, VerifyingKey};
use baoyulan_ledger::{Ledger, Options};

use super::support::{code, execute, point, town};

both_engines!(a_key_that_no_record_made_known_is_not_published, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    for _ in 0..600 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    let own = ledger.receipt_keys().await.unwrap();
    assert_eq!(own.len(), 1);
    ledger.close().await;
    let bytes = |bytes: &[u8]| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if bank.is_postgres() { format!("'\\x{digits}'") } else { format!("x'{digits}'") }
    };
    for (seed, position) in [(1, 0), (2, 1), (3, 5), (4, 100_000), (5, -1)] {
        let key = SigningKey::from_seed(&[seed; 32]);
        let sql = format!(
            "INSERT INTO ledger_keys (kid, position, purpose, public_key, valid_from, valid_until) \
             VALUES ('{}', {position}, 1, {}, {NOON}, -1)",
            key.public().id(),
            bytes(key.public().as_bytes())
        );
        execute(bank.url(), &sql).await;
    }
    let ids = |keys: Vec<VerifyingKey>| -> Vec<String> { keys.iter().map(|key| key.id().to_owned()).collect() };
    let ledger = bank.open().await;
    assert_eq!(ids(ledger.receipt_keys().await.unwrap()), ids(own.clone()));
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    let reader = Ledger::open(bank.url(), Options { read_only: true, create: None, ..bank.options() }).await.unwrap();
    assert_eq!(ids(reader.receipt_keys().await.unwrap()), ids(own));
    reader.close().await;

    // Neither does it help to give the first record a leaf that fits: the tree does not have it.
    execute(bank.url(), "DELETE FROM ledger_keys WHERE position <> 0").await;
    let forged = SigningKey::from_seed(&[1; 32]);
    let leaf = bytes(&leaf_with(bank, forged.public().id()).await);
    execute(bank.url(), &format!("UPDATE ledger_records SET leaf = {leaf} WHERE position = 0")).await;
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "damaged");
});

/// The leaf of the first record, if it had made this key known instead of its own.
async fn leaf_with(bank: &TestBank, kid: &str) -> [u8; 32] {
    let mut tables = Tables::open(bank.url()).await;
    let records = bank_tests::journal::records(&mut tables).await;
    let mut first = records[0].clone();
    first.rows.retain(|(kind, cells)| *kind != 2 || cells[0].text() == kid);
    first.leaf()
}
