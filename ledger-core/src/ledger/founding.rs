//! Founding a bank: its schema, its key and its first record, in one transaction under a lock. All that can be checked is
//! checked before anything is made, and what was made goes again if the rest fails.

#[cfg(feature = "sqlite")]
use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;

use super::{NewBank, Options};
use crate::bank::{Bank, BankRow, FOUNDING_KIND, KeyRow, found};
use crate::book::AccountId;
use crate::clock::{Clock, Randomness};
use crate::command::Channel;
use crate::fault::Fault;
use crate::key_file::{self, NewKeyFile};
use crate::poster::{Journal, array};
use crate::proof::receipt::ISSUER_LENGTH_MAX;
use crate::proof::record::{FORMAT, RecordRow};
use crate::proof::{Frontier, KeyPurpose, SigningKey};
use crate::store::bank::bank as stored_bank;
use crate::store::conn::database;
#[cfg(feature = "sqlite")]
use crate::store::file::Unfinished;
use crate::store::migrate::{self, MIGRATIONS};
use crate::store::record::{Head, write_first};
use crate::store::write::rollback;
use crate::store::{Conn, Target};
use crate::text::is_code;
use crate::time::{date_at, day_of};
use crate::world::World;

/// A bank that is about to be founded. Its key is written already: after a crash, a key without a bank does no harm; a bank
/// without its key would be useless. If there is no bank in the end, the key's file goes with the draft.
pub(super) struct Draft {
    bank: BankRow,
    key: SigningKey,
    salt: [u8; 16],
    now: i64,
    key_file: NewKeyFile,
}

impl Draft {
    /// Checks everything that a new bank must fulfil, and makes its key.
    pub(super) fn new(
        target: &Target,
        new: &NewBank,
        options: &Options,
        key_folder: &std::path::Path,
    ) -> Result<Self, Fault> {
        check_new(target, new)?;
        if !new.demo && !matches!((&options.clock, &options.randomness), (Clock::Machine, Randomness::System)) {
            return Err(Fault::NotADemo);
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
        let key_file = key_file::create(key_folder, &bank.bank_id, &key)?;
        Ok(Self { bank, key, salt: array(salt), now: options.clock.now(), key_file })
    }

    /// Founds the bank in a database that is there, under the lock. If another process has just done so, returns that
    /// process's bank.
    pub(super) async fn found(self, conn: &mut Conn, target: &Target) -> Result<Bank, Fault> {
        migrate::migrate_locked(conn, target, MIGRATIONS, self.now).await?;
        if let Some(bank) = stored_bank(conn).await? {
            conn.execute("COMMIT").await.map_err(database)?;
            return Ok(bank);
        }
        if let Err(fault) = self.write(conn).await {
            if rollback(conn).await.is_err() {
                // Nobody can tell whether the bank is there.
                self.key_file.keep();
            }
            return Err(fault);
        }
        self.key_file.keep();
        stored_bank(conn).await?.ok_or_else(|| Fault::damaged("the bank that was just founded"))
    }

    /// Founds the bank in a new file, which gets its name once it is whole. If another process was first, that process's
    /// bank stays.
    #[cfg(feature = "sqlite")]
    pub(super) async fn found_file(self, file: &Path) -> Result<(), Fault> {
        let unfinished = Unfinished::of(file)?;
        let place = Target::of_file(unfinished.path());
        let mut conn = Conn::open(&place, true).await?;
        migrate::migrate_locked(&mut conn, &place, MIGRATIONS, self.now).await?;
        self.write(&mut conn).await?;
        conn.close().await;
        if unfinished.finish()? {
            self.key_file.keep();
        }
        Ok(())
    }

    /// Writes record 0 in the open transaction, and commits.
    async fn write(&self, conn: &mut Conn) -> Result<(), Fault> {
        let Self { bank, key, salt, now, key_file: _ } = self;
        write_founding(conn, bank.clone(), key, *salt, *now).await
    }
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
