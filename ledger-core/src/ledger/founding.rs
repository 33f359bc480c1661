//! Founding a bank: its schema, its key and its first record, in one transaction under a lock. All that can be checked is
//! checked before anything is made, and what was made goes again if the rest fails.

#[cfg(feature = "sqlite")]
use std::path::Path;

use data_encoding::HEXLOWER;
use jiff::tz::{TimeZone, TimeZoneDatabase};

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
use crate::time::{date_at, day_of, is_steady};
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
    pub(super) fn new(new: &NewBank, options: &Options, key_folder: &std::path::Path) -> Result<Self, Fault> {
        let time_zone = check_new(new)?;
        if !new.demo && !matches!((&options.clock, &options.randomness), (Clock::Machine, Randomness::System)) {
            return Err(Fault::NotADemo);
        }
        let mut random = [0; 16 + 32 + 16];
        options
            .randomness
            .fill(&mut random)
            .ok_or_else(|| Fault::database("the operating system gives no random bytes"))?;
        let (bank_id, rest) = random.split_at(16);
        let (seed, salt) = rest.split_at(32);
        let bank = BankRow {
            bank_id: HEXLOWER.encode(bank_id),
            demo: new.demo,
            town: new.town,
            issuer: new.issuer.clone(),
            origin: new.origin.clone(),
            time_zone,
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
            if rollback(conn).await.is_err() && fault.may_have_been_applied() {
                // Nobody can tell whether the bank is there.
                self.key_file.keep();
            }
            return Err(fault);
        }
        self.key_file.keep();
        target.watch().changed();
        stored_bank(conn).await?.ok_or_else(|| Fault::damaged("the bank that was just founded"))
    }

    /// Founds the bank in a new file, which gets its name once it is whole. If another process was first, that process's
    /// bank stays.
    #[cfg(feature = "sqlite")]
    pub(super) async fn found_file(self, file: &Path) -> Result<(), Fault> {
        let unfinished = Unfinished::of(file)?;
        let place = Target::of_file(unfinished.path())?;
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

/// That a bank may be made like this; the name of its zone, spelled as the zone database does.
fn check_new(new: &NewBank) -> Result<String, Fault> {
    let bad = |reason: &str| Fault::BadBank { reason: reason.to_owned() };
    if new.town && !cfg!(feature = "town") {
        return Err(bad("a town's bank needs a program that was built for towns (feature `town`)"));
    }
    if !is_code(&new.issuer, ISSUER_LENGTH_MAX) {
        return Err(bad("its issuer is not 1 to 40 characters of [A-Za-z0-9._:/-]; choose another"));
    }
    if !is_code(&new.origin, 200) {
        return Err(bad("its origin is not 1 to 200 characters of [A-Za-z0-9._:/-]; choose another"));
    }
    time_zone(&new.time_zone, new.town).map_err(bad)
}

/// The zone's name in the zone database that the program brings along: a machine's own names for zones, such as
/// `localtime`, mean something else elsewhere. A town's zone also has clocks that nobody changes.
fn time_zone(name: &str, town: bool) -> Result<String, &'static str> {
    const UNKNOWN: &str = "nobody knows its time zone; use an IANA name like Asia/Shanghai";
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| UNKNOWN)?;
    let name = zone.iana_name().filter(|name| *name != "Factory").ok_or(UNKNOWN)?;
    if town && !is_steady(&zone) {
        return Err(
            "the clocks of its time zone have been changed since 2000 or will be, for summer time or otherwise, and \
             an hour of service must be an hour; use a zone that keeps its time, like Asia/Shanghai or Etc/GMT-8",
        );
    }
    Ok(name.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_s_zone_keeps_its_time() {
        for (name, kept) in [
            ("Asia/Shanghai", "Asia/Shanghai"),
            ("asia/shanghai", "Asia/Shanghai"),
            // An alias stays what it was called.
            ("PRC", "PRC"),
            ("Asia/Taipei", "Asia/Taipei"),
            // Its clocks were changed last in 1986.
            ("Asia/Kathmandu", "Asia/Kathmandu"),
            ("UTC", "UTC"),
            ("Etc/UTC", "Etc/UTC"),
            ("Etc/GMT-8", "Etc/GMT-8"),
        ] {
            assert_eq!(time_zone(name, true).as_deref(), Ok(kept), "{name}");
        }
        for name in [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            // They have no summer time any more.
            "Europe/Moscow",
            "America/Sao_Paulo",
            "Asia/Pyongyang",
        ] {
            assert!(time_zone(name, true).is_err_and(|reason| reason.contains("Etc/GMT-8")), "{name}");
            assert_eq!(time_zone(name, false).as_deref(), Ok(name), "a bank of accounts alone counts days");
        }
    }

    #[test]
    fn a_zone_has_a_name_that_is_the_same_everywhere() {
        for name in ["", "+08:00", "CST-8", "localtime", "posixrules", "Factory", "Etc/Unknown", "Asia/Nowhere"] {
            for town in [true, false] {
                assert!(time_zone(name, town).is_err_and(|reason| reason.contains("nobody knows")), "{name}");
            }
        }
    }
}
