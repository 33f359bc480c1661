//! Which public keys the journal vouches for. A key that stands in the table without having been recorded makes any forged
//! receipt look genuine, so it is not published.

use super::bank::StoredKey;
use super::conn::{Conn, Read, read};
use super::{record, tree};
use crate::bank::{BankRow, FOUNDING_KIND};
use crate::book::{AccountRow, CommodityRow};
use crate::effect::Effect;
use crate::fault::Fault;
use crate::proof::cbor::Writer;
use crate::proof::record::{RecordRow, encode, leaf};
use crate::row::ColumnType::Integer;
use crate::store::conn::key;

/// More accounts than any bank is founded with. They have the first numbers.
const FOUNDING_ACCOUNTS_MAX: i64 = 256;

const RECORD: Read = read(
    "SELECT r.format, r.kind, r.posted_at, r.effective_day, r.actor, r.channel, r.salt, r.leaf \
     FROM {keys} CROSS JOIN ledger_records r WHERE r.position = k.a",
    &[Integer],
);
const BANK: Read = read(
    "SELECT b.bank_id, b.demo, b.town, b.issuer, b.origin, b.time_zone FROM {keys} CROSS JOIN ledger_bank b \
     WHERE b.position = k.a",
    &[Integer],
);
const COMMODITIES: Read =
    read("SELECT c.commodity, c.scale FROM {keys} CROSS JOIN ledger_commodities c WHERE c.position = k.a", &[Integer]);
const ACCOUNTS: Read = read(
    "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted FROM {keys} CROSS JOIN ledger_accounts a \
     WHERE a.position = k.a AND a.account < k.b",
    &[Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![RECORD, BANK, COMMODITIES, ACCOUNTS]
}

/// Whether the record at the key's position made it known: with the key, the record's rows give its leaf, and the leaf is
/// in the tree.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn is_vouched_for(conn: &mut Conn, stored: &StoredKey) -> Result<bool, Fault> {
    // So far only the record that founded the bank makes a key known. Another of that kind says nothing, wherever it stands.
    if stored.position != 0 {
        return Ok(false);
    }
    let at = || vec![key![stored.position]];
    let records = conn.fetch(&RECORD, at()).await?;
    let Some(record) = records.first() else { return Ok(false) };
    let record: RecordRow = record.row(0)?;
    if *record.kind != *FOUNDING_KIND {
        return Ok(false);
    }
    let mut rows = vec![Effect::Key(Box::new(stored.row.clone()))];
    for row in conn.fetch(&BANK, at()).await? {
        rows.push(Effect::Bank(Box::new(row.row::<BankRow>(0)?)));
    }
    for row in conn.fetch(&COMMODITIES, at()).await? {
        rows.push(Effect::Commodity(row.row::<CommodityRow>(0)?));
    }
    for row in conn.fetch(&ACCOUNTS, vec![key![stored.position, FOUNDING_ACCOUNTS_MAX]]).await? {
        rows.push(Effect::Account(row.row::<AccountRow>(0)?));
    }
    rows.sort_unstable();
    let mut writer = Writer::new();
    encode(&mut writer, stored.position, &record, &rows);
    if leaf(&record.kind, None, &record.salt, writer.written()) != record.leaf {
        return Ok(false);
    }
    let head = record::head_again(conn).await?;
    match u64::try_from(stored.position) {
        Ok(position) => tree::holds(conn, position, &head.frontier).await,
        Err(_) => Ok(false),
    }
}
