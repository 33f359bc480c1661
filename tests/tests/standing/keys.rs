//! Which keys the journal vouches for.

use bank_tests::bank::{NOON, TestBank, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, Value, frontier, merkle_tree_hash};
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
    let bytes = |bytes: &[u8]| literal(bank, bytes);
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

// Whoever may write to the database can append records with a right leaf and a right root. Only the first one founds a bank.
both_engines!(a_second_founding_record_makes_no_key_known_and_no_other_bank, async |bank: &TestBank| {
    let (ledger, _) = town(bank).await;
    let own: Vec<String> = ledger.receipt_keys().await.unwrap().iter().map(|key| key.id().to_owned()).collect();
    let issuer = ledger.bank().issuer.clone();
    ledger.close().await;

    let mut tables = Tables::open(bank.url()).await;
    let records = bank_tests::journal::records(&mut tables).await;
    drop(tables);
    let position = records.len() as i64;
    let forged = SigningKey::from_seed(&[9; 32]);
    let bytes = |bytes: &[u8]| literal(bank, bytes);
    let mut record = records[0].clone();
    record.fields[1] = Value::Integer(position);
    let row = [
        Value::Text(forged.public().id().to_owned()),
        Value::Integer(1),
        Value::Bytes(forged.public().as_bytes().to_vec()),
        Value::Integer(NOON),
        Value::Integer(-1),
    ];
    record.rows = vec![(2, row.to_vec())];
    let mut leaves: Vec<_> = records.iter().map(|record| record.leaf()).collect();
    leaves.push(record.leaf());
    let sql = format!(
        "INSERT INTO ledger_records SELECT {position}, format, kind, posted_at, effective_day, actor, channel, salt, {leaf} \
         FROM ledger_records WHERE position = 0; \
         INSERT INTO ledger_keys (position, kid, purpose, public_key, valid_from, valid_until) \
         VALUES ({position}, '{kid}', 1, {key}, {NOON}, -1); \
         INSERT INTO ledger_bank (position, bank_id, demo, town, issuer, origin, time_zone) \
         SELECT -1, bank_id, 1, town, 'elsewhere', origin, 'UTC' FROM ledger_bank; \
         UPDATE ledger_head SET size = {size}, root = {root}, frontier = {frontier}",
        leaf = bytes(&record.leaf()),
        kid = forged.public().id(),
        key = bytes(forged.public().as_bytes()),
        size = position + 1,
        root = bytes(&merkle_tree_hash(&leaves)),
        frontier = bytes(&frontier(&leaves)),
    );
    execute(bank.url(), &sql).await;

    let ledger = bank.open().await;
    let keys: Vec<String> = ledger.receipt_keys().await.unwrap().iter().map(|key| key.id().to_owned()).collect();
    assert_eq!((keys, ledger.bank().issuer.clone()), (own, issuer));
    ledger.close().await;
});

fn literal(bank: &TestBank, bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if bank.is_postgres() { format!("'\\x{digits}'") } else { format!("x'{digits}'") }
}

/// The leaf of the first record, if it had made this key known instead of its own.
async fn leaf_with(bank: &TestBank, kid: &str) -> [u8; 32] {
    let mut tables = Tables::open(bank.url()).await;
    let records = bank_tests::journal::records(&mut tables).await;
    let mut first = records[0].clone();
    first.rows.retain(|(kind, cells)| *kind != 2 || cells[0].text() == kid);
    first.leaf()
}
