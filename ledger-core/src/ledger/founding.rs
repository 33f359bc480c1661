//! Founding a bank: its schema, its key and its first record, in one transaction under a lock.

use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;

use super::{NewBank, Options};
use crate::bank::{Bank, BankRow, FOUNDING_KIND, KeyRow, found};
use crate::book::AccountId;
use crate::command::Channel;
use crate::fault::Fault;
use crate::key_file;
use crate::poster::{Journal, array};
use crate::proof::receipt::ISSUER_LENGTH_MAX;
use crate::proof::record::{FORMAT, RecordRow};
use crate::proof::{Frontier, KeyPurpose, SigningKey};
use crate::store::bank::bank as stored_bank;
use crate::store::conn::database;
use crate::store::record::{Head, write_first};
use crate::store::{Conn, Target, migrate};
use crate::text::is_code;
use crate::time::{date_at, day_of};
use crate::world::World;

/// Migrates and founds a bank under the lock. If another process has just done so, returns that process's bank.
pub(super) async fn make(
    conn: &mut Conn,
    target: &Target,
    new: &NewBank,
    options: &Options,
    key_folder: &std::path::Path,
) -> Result<Bank, Fault> {
    check_new(target, new)?;
    let now = options.clock.now();
    migrate::migrate_locked(conn, target, now).await?;
    if let Some(bank) = stored_bank(conn).await? {
        conn.execute("COMMIT").await.map_err(database)?;
        return Ok(bank);
    }
    let mut random = [0; 16 + 32 + 16];
    options
        .randomness
        .fill(&mut random)
        .ok_or_else(|| Fault::Database { reason: "the operating system gives no random bytes".to_owned() })?;
    let (bank_id, rest) = random.split_at(16);
    let (seed, salt) = rest.split_at(32);
    let bank = BankRow {
        bank_id: HEXLOWER.encode(bank_id),
        demo: new.demo,
        town: new.town,
        issuer: new.issuer.clone(),
        origin: new.origin.clone(),
        time_zone: new.time_zone.clone(),
    };
    let key = SigningKey::from_seed(&array(seed));
    // Write the private key first. After a crash, a key without a bank does no harm;
    // a bank without its key would be useless.
    key_file::create(key_folder, &bank.bank_id, &key)?;
    write_founding(conn, bank, &key, array(salt), now).await?;
    stored_bank(conn).await?.ok_or_else(|| Fault::damaged("the bank that was just founded"))
}

fn check_new(target: &Target, new: &NewBank) -> Result<(), Fault> {
    let bad = |reason: &str| Fault::BadUrl { url: target.shown().to_owned(), reason: reason.to_owned() };
    if new.town && !cfg!(feature = "town") {
        return Err(bad("a town's bank needs a program that was built for towns (feature `town`)"));
    }
    if !is_code(&new.issuer, ISSUER_LENGTH_MAX) {
        return Err(bad("an issuer is 1 to 40 characters of [A-Za-z0-9._:/-]"));
    }
    if !is_code(&new.origin, 200) {
        return Err(bad("an origin is 1 to 200 characters of [A-Za-z0-9._:/-]"));
    }
    TimeZone::get(&new.time_zone)
        .map(drop)
        .map_err(|_| bad("nobody knows its time zone; use an IANA name like Asia/Shanghai"))
}

/// Writes record 0 in the open transaction, and commits.
async fn write_founding(
    conn: &mut Conn,
    bank: BankRow,
    key: &SigningKey,
    salt: [u8; 16],
    now: i64,
) -> Result<(), Fault> {
    let zone = TimeZone::get(&bank.time_zone).unwrap_or(TimeZone::UTC);
    let record = RecordRow {
        format: FORMAT,
        kind: FOUNDING_KIND.into(),
        posted_at: now,
        effective_day: day_of(date_at(now, &zone)),
        actor: "bank".into(),
        channel: Channel::Host.number(),
        salt,
        leaf: [0; 32],
    };
    let public = key.public();
    let key_row = KeyRow {
        kid: public.id().to_owned(),
        purpose: KeyPurpose::Receipt.number(),
        public_key: *public.as_bytes(),
        valid_from: now,
        valid_until: None,
    };
    let mut effects = found(bank, key_row);
    effects.rows.sort_unstable();
    let empty = Head { frontier: Frontier::default(), posted_at: now, next_account: AccountId(0), last_leaf: [0; 32] };
    let mut journal = Journal::at(&empty);
    journal.push(record, &effects.rows, None);
    let mut world = World::whole();
    world.apply(0, &effects, None)?;
    world.write_states(&mut journal.rows);
    journal.set_next_account(world.next_account);
    let (head_move, rows, _) = journal.finish(&empty);
    write_first(conn, &head_move, rows).await
}
