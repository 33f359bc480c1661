//! Opening: what is at the address, and what has to be done before it is a bank that this program works with. Nothing is
//! changed before it is known to be a bank, or all that a new one must fulfil is checked.

use std::path::Path;

use super::founding::Draft;
use super::keys::KnownKeys;
use super::{NewBank, Options, accepting, open_patiently};
use crate::bank::Bank;
use crate::clock::{BankClock, Clock, Randomness};
use crate::fault::Fault;
use crate::place_file;
use crate::proof::SigningKey;
use crate::store::bank::bank;
#[cfg(feature = "sqlite")]
use crate::store::file::{self, Seen};
use crate::store::migrate::{self, MIGRATIONS};
use crate::store::record::head;
use crate::store::{Conn, Target};

/// An open bank.
pub(super) struct Opened {
    /// Its address, whose further connections are opened in the same way.
    pub(super) target: Target,
    pub(super) conn: Conn,
    pub(super) bank: Bank,
    pub(super) clock: BankClock,
    pub(super) known_keys: KnownKeys,
    /// The key that signs receipts; `None` if the bank is only read.
    pub(super) key: Option<SigningKey>,
}

/// Opens the bank at this address in its newest version. Founds it if there is none and the options describe one.
pub(super) async fn open(target: Target, options: &Options, key_folder: &Path) -> Result<Opened, Fault> {
    #[cfg(feature = "sqlite")]
    let draft = look(&target, options, key_folder).await?;
    #[cfg(not(feature = "sqlite"))]
    let draft = None;
    let (target, mut conn) = connect(target, options.read_only).await?;
    let known_keys = KnownKeys::default();
    match settle(&mut conn, &target, options, draft, key_folder, &known_keys).await {
        Ok((bank, clock, key)) => Ok(Opened { target, conn, bank, clock, known_keys, key }),
        Err(fault) => {
            if matches!(fault, Fault::Damaged { .. }) {
                drop(target.watch().stop(fault.clone()));
            }
            conn.close().await;
            if target.watch().go_on().is_err() {
                return Err(fault);
            }
            #[cfg(feature = "sqlite")]
            if let Some(file) = target.file() {
                file::tidy(&target, file).await;
            }
            Err(fault)
        }
    }
}

/// Looks what the file is before it is opened, and founds the bank if there is no file. Returns the draft of a bank that is to
/// be founded beside others' tables: its key is made before the file is touched.
#[cfg(feature = "sqlite")]
async fn look(target: &Target, options: &Options, key_folder: &Path) -> Result<Option<Draft>, Fault> {
    let Some(file) = target.file() else { return Ok(None) };
    let seen = file::look(target, file).await?;
    if seen == Seen::Bank {
        return Ok(None);
    }
    let new = new_bank(target, options, key_folder)?;
    let draft = Draft::new(new, options, key_folder)?;
    if seen == Seen::Others {
        return Ok(Some(draft));
    }
    draft.found_file(file).await?;
    target.watch().changed();
    Ok(None)
}

/// The bank that is to be founded where there is none.
fn new_bank<'a>(target: &Target, options: &'a Options, key_folder: &Path) -> Result<&'a NewBank, Fault> {
    let gone = place_file::banks_at(key_folder, &target.address()).next().filter(|_| !options.even_if_gone);
    if let Some(bank_id) = gone {
        return Err(Fault::BankMissing { url: target.shown().to_owned(), bank_id });
    }
    options.create.as_ref().filter(|_| !options.read_only).ok_or_else(|| target.no_bank())
}

/// Makes sure that the bank which is there is the one that was there, and is nowhere else.
///
/// # Errors
/// [`Fault::OtherBank`], [`Fault::Copied`].
fn check_place(target: &Target, bank: &Bank, options: &Options, key_folder: &Path) -> Result<(), Fault> {
    let (bank_id, address) = (&bank.row.bank_id, target.address());
    let known = place_file::address_of(key_folder, bank_id);
    if known.as_ref() == Some(&address) || options.even_if_gone {
        return Ok(());
    }
    if let Some(other) = place_file::banks_at(key_folder, &address).next() {
        return Err(Fault::OtherBank { expected: other, found: bank_id.clone() });
    }
    match known {
        Some(other) if Target::parse(&other).is_ok_and(|other| other.is_beside(target)) => {
            Err(Fault::Copied { url: target.shown().to_owned(), other })
        }
        Some(_) | None => Ok(()),
    }
}

/// Finds or founds the bank, and makes sure that it is the newest there is, at a time that can be right.
async fn settle(
    conn: &mut Conn,
    target: &Target,
    options: &Options,
    draft: Option<Draft>,
    key_folder: &Path,
    known_keys: &KnownKeys,
) -> Result<(Bank, BankClock, Option<SigningKey>), Fault> {
    let (bank, key) = find_or_found(conn, target, options, draft, key_folder, known_keys).await?;
    let clock = if options.read_only {
        options.judge_clock(target, &bank, &head(conn).await?)
    } else {
        check_place(target, &bank, options, key_folder)?;
        let clock = accepting::check(conn, target, &bank, options, key_folder).await?;
        // Where it cannot be written, neither can the file that says how far the bank has grown, and that is told.
        let _ = place_file::note(key_folder, &bank.row.bank_id, &target.address());
        clock
    };
    Ok((bank, clock, key))
}

/// Finds the bank, founds it, or brings it up to date.
async fn find_or_found(
    conn: &mut Conn,
    target: &Target,
    options: &Options,
    draft: Option<Draft>,
    key_folder: &Path,
    known_keys: &KnownKeys,
) -> Result<(Bank, Option<SigningKey>), Fault> {
    let version = migrate::version(conn).await?;
    let there = if version.is_some() { bank(conn).await? } else { None };
    let (Some(version), Some(bank)) = (version, there) else {
        let new = new_bank(target, options, key_folder)?;
        let draft = match draft {
            Some(draft) => draft,
            None => Draft::new(new, options, key_folder)?,
        };
        let bank = draft.found(conn, target).await?;
        let key = known_keys.private_key(conn, &bank.row.bank_id, key_folder).await?;
        return Ok((bank, Some(key)));
    };
    if !bank.row.demo && !matches!((&options.clock, &options.randomness), (Clock::Machine, Randomness::System)) {
        return Err(Fault::NotADemo);
    }
    if options.read_only {
        if version < MIGRATIONS.len() {
            return Err(Fault::SchemaOld { found: version as i64, known: MIGRATIONS.len() as i64 });
        }
        return Ok((bank, None));
    }
    // Before anything is changed.
    let key = known_keys.private_key(conn, &bank.row.bank_id, key_folder).await?;
    if version < MIGRATIONS.len() {
        migrate::bring_up(conn, target, MIGRATIONS, options.clock.now()).await?;
        target.watch().changed();
    }
    Ok((bank, Some(key)))
}

pub(super) async fn connect(target: Target, read_only: bool) -> Result<(Target, Conn), Fault> {
    #[cfg(feature = "sqlite")]
    if let Some(file) = target.file()
        && read_only
    {
        return file::open_for_reading(&target, file).await;
    }
    let conn = open_patiently(&target, false).await?;
    Ok((target, conn))
}
