//! A host's open transaction: whether the ledger can post in it, and the head's lock.

#[cfg(feature = "sqlite")]
use std::path::Path;

use super::conn::{Conn, Fetched, Read, all, database};
use super::dialect::{Engine, Failure, failure_of};
#[cfg(feature = "sqlite")]
use super::raw_file::identity;
use super::target::Target;
use crate::fault::{Fault, Unfit};

/// The file of the host's own database, and how it keeps what it commits there.
const FILE: Read = all("SELECT file, (SELECT journal_mode FROM pragma_journal_mode), \
     (SELECT synchronous FROM pragma_synchronous) FROM pragma_database_list WHERE name = 'main'");

/// How the host's transaction is begun, what its connection is told, which bank's tables it shows (by the schema's name, and by
/// its search path), a table of which it may not show all rows, and the settings of [`TOLD`].
const SETTINGS: Read =
    all("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), \
     current_setting('client_encoding'), current_setting('synchronous_commit'), current_setting('lock_timeout'), \
     CAST(COALESCE(CAST(to_regclass('ledger_bank') AS OID), 0) AS BIGINT), \
     CAST(COALESCE(CAST(to_regclass('ledger' || '_bank') AS OID), 0) AS BIGINT), \
     COALESCE((SELECT CAST(n.nspname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.oid = to_regclass('ledger' || '_bank')), ''), \
     COALESCE((SELECT MIN(CAST(c.relname AS TEXT)) FROM pg_class c JOIN pg_class b ON b.relnamespace = c.relnamespace \
     WHERE b.oid = to_regclass('ledger_bank') AND c.relname LIKE 'ledger\\_%' AND c.relrowsecurity \
     AND row_security_active(c.oid)), ''), \
     concat_ws(',', current_setting('enable_hashjoin'), current_setting('enable_mergejoin'), \
     current_setting('enable_seqscan'), current_setting('plan_cache_mode'), current_setting('jit'))");

/// Finds nothing if somebody else holds the head.
const FREE_HEAD: Read = all("SELECT slot FROM ledger_head WHERE slot = 0 FOR UPDATE SKIP LOCKED");

/// Writes nothing, but needs the lock for writing.
const WRITE_NOTHING: &str = "UPDATE ledger_head SET slot = slot WHERE slot = -1";

/// What a server is told while the ledger posts: queries find their rows by key, as in [`Engine::prefer_keys`], and are not
/// compiled, which takes a hundred times as long as to run them.
const TOLD: [(&str, &str); 5] = [
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("jit", "off"),
];

/// What the host has told its server.
#[derive(Debug, Default)]
pub struct Settings {
    /// What it says to what the ledger tells it, in the order of [`TOLD`]; nothing on SQLite.
    told: Vec<String>,
    /// Whether the host waits for locks as long as it takes.
    waits_for_ever: bool,
}

impl Settings {
    fn of(row: &Fetched) -> Self {
        let told = row.text(9).split(',').map(str::to_owned).collect();
        Self { told, waits_for_ever: row.text(4) == "0" }
    }

    /// Tells the server what the host has told it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn restore(self, conn: &mut Conn) -> Result<(), Fault> {
        let settings = TOLD.iter().zip(self.told).map(|((name, _), value)| format!("SET LOCAL {name} = {value}"));
        let settings = settings.collect::<Vec<_>>().join("; ");
        if settings.is_empty() { Ok(()) } else { conn.execute(&settings).await.map_err(database) }
    }
}

/// Checks that the host's transaction leads to this bank, and is one in which the ledger can post.
///
/// # Errors
/// [`Fault::Unfit`], [`Fault::Database`].
pub async fn check(conn: &mut Conn, target: &Target) -> Result<Settings, Fault> {
    match conn.engine() {
        Engine::Sqlite => check_file(conn, target).await.map(|()| Settings::default()),
        Engine::Postgres => {
            let rows = conn.fetch(&SETTINGS, Vec::new()).await?;
            let row = rows.first().ok_or_else(|| Fault::database("the server tells no settings"))?;
            check_settings(row, target)?;
            Ok(Settings::of(row))
        }
    }
}

#[cfg(feature = "sqlite")]
async fn check_file(conn: &mut Conn, target: &Target) -> Result<(), Fault> {
    let rows = conn.fetch(&FILE, Vec::new()).await?;
    let (file, journal, synchronous) =
        rows.first().map_or_else(Default::default, |row| (row.text(0), row.text(1), row.integer(2)));
    let is_this = |path: &Path| identity(path).is_some_and(|found| Some(found) == target.file().and_then(identity));
    if !is_this(Path::new(&file)) {
        let found = if file.is_empty() { "a database in memory".to_owned() } else { file };
        return Err(Unfit::OtherBank { expected: target.shown().to_owned(), found }.into());
    }
    let not_durable = |setting: &str, found: String, expected: &str| {
        Err(Unfit::NotDurable { setting: setting.to_owned(), found, expected: expected.to_owned() }.into())
    };
    if journal != "wal" {
        return not_durable("journal_mode", journal, "wal");
    }
    if synchronous < 2 {
        return not_durable("synchronous", synchronous.to_string(), "2 (FULL)");
    }
    Ok(())
}

#[cfg(not(feature = "sqlite"))]
async fn check_file(_: &mut Conn, target: &Target) -> Result<(), Fault> {
    Err(target.no_bank())
}

fn check_settings(row: &Fetched, target: &Target) -> Result<(), Unfit> {
    let (isolation, synchronous_commit, hidden) = (row.text(0), row.text(3), row.text(8));
    if !["read committed", "read uncommitted"].contains(&isolation.as_str()) {
        return Err(Unfit::Isolation { found: isolation });
    }
    if row.text(1) != "off" {
        return Err(Unfit::ReadOnly);
    }
    if row.text(2) != "UTF8" {
        return Err(Unfit::Encoding { found: row.text(2) });
    }
    if !["on", "remote_apply"].contains(&synchronous_commit.as_str()) {
        let (setting, expected) = ("synchronous_commit".to_owned(), "on".to_owned());
        return Err(Unfit::NotDurable { setting, found: synchronous_commit, expected });
    }
    let (here, by_path) = (row.integer(5), row.integer(6));
    let expected = || target.shown().to_owned();
    if here == 0 {
        return Err(Unfit::OtherBank { expected: expected(), found: "a database without this bank".to_owned() });
    }
    if by_path != 0 && by_path != here {
        let found = format!("the bank in the schema {} (its search_path)", row.text(7));
        return Err(Unfit::OtherBank { expected: expected(), found });
    }
    if hidden.is_empty() { Ok(()) } else { Err(Unfit::HiddenRows { table: hidden }) }
}

/// Takes the head for the host's transaction, on PostgreSQL. On SQLite it must have it: see [`confirm`].
///
/// # Errors
/// [`Fault::HeadHeld`] if somebody else does not end; [`Fault::Database`].
pub async fn lock(conn: &mut Conn, target: &Target, settings: &Settings) -> Result<(), Fault> {
    if conn.engine() == Engine::Sqlite {
        return Ok(());
    }
    let mut told: String = TOLD.iter().map(|(name, value)| format!("SET LOCAL {name} = {value}; ")).collect();
    // All in one message, so nothing comes in between. If it fails, going back to the savepoint restores the settings.
    let lock = conn.engine().lock_head();
    if settings.waits_for_ever {
        let patience = target.patience().as_millis();
        told += &format!("SET LOCAL lock_timeout = {patience}; {lock}; SET LOCAL lock_timeout = 0");
    } else {
        told += lock;
    }
    conn.execute(&told).await.map_err(database)
}

/// Makes sure that the host's transaction holds the head of this very database: somebody must hold it (`is_held`), and the
/// host's transaction must be able to write.
///
/// # Errors
/// [`Fault::Unfit`], [`Fault::Database`].
pub async fn confirm(conn: &mut Conn, target: &Target, is_held: bool) -> Result<(), Fault> {
    match conn.engine() {
        Engine::Sqlite if !is_held => Err(Unfit::NotImmediate.into()),
        Engine::Sqlite => conn.execute(WRITE_NOTHING).await.map_err(|error| match failure_of(&error) {
            // Somebody else holds it.
            Failure::Held => Unfit::NotImmediate.into(),
            Failure::Conflict
            | Failure::GivenUp
            | Failure::Refused
            | Failure::ReadOnly
            | Failure::Damaged
            | Failure::Unknown => database(error),
        }),
        Engine::Postgres if !is_held => {
            let found = "a copy of this bank in another database".to_owned();
            Err(Unfit::OtherBank { expected: target.shown().to_owned(), found }.into())
        }
        Engine::Postgres => Ok(()),
    }
}

/// Whether somebody holds the head, seen over a connection of the ledger's own. It does not wait.
///
/// # Errors
/// [`Fault::Database`]; [`Fault::Moved`] if the ledger's own file is not the one that is there now.
pub async fn is_head_held(conn: &mut Conn, target: &Target) -> Result<bool, Fault> {
    conn.check_place().await?;
    if conn.engine() == Engine::Postgres {
        return Ok(conn.fetch(&FREE_HEAD, Vec::new()).await?.is_empty());
    }
    conn.execute("PRAGMA busy_timeout = 0").await.map_err(database)?;
    let is_held = match conn.execute(conn.engine().begin()).await {
        Ok(()) => conn.execute("ROLLBACK").await.map_err(database).map(|()| false),
        Err(error) if failure_of(&error) == Failure::Held => Ok(true),
        Err(error) => Err(database(error)),
    }?;
    let patience = format!("PRAGMA busy_timeout = {}", target.patience().as_millis());
    conn.execute(&patience).await.map_err(database)?;
    Ok(is_held)
}
