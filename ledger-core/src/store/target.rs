//! Where a bank is: in a SQLite file or a PostgreSQL schema.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnectOptions;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::SqliteConnectOptions;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::dialect::Engine;
use super::watch::Watch;
use crate::fault::Fault;
use crate::ledger::LOCK_SECONDS_MAX;

/// How long a connection waits while somebody else's transaction holds what it needs, unless it is told otherwise.
const PATIENCE: Duration = Duration::from_secs(LOCK_SECONDS_MAX as u64);

/// The address of a bank.
#[derive(Clone)]
pub struct Target {
    shown: String,
    place: Place,
    opening: Opening,
    patience: Duration,
    turn: Arc<Mutex<()>>,
    watch: Arc<Watch>,
}

/// How connections open a SQLite file. PostgreSQL knows only one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// For writing. The file is turned to WAL if it is not yet.
    #[default]
    Writing,
    /// For reading, beside others who may write. Not a byte of the file is changed.
    Reading,
    /// For reading a file that nobody changes meanwhile. Nothing is locked, and nothing is made beside the file.
    Frozen,
    /// As SQLite does it by itself, in the mode that the file has.
    Plain,
    /// A new file that nobody knows yet. It is not safe before it is whole and synced.
    Fresh,
}

/// Whose turn it is to write, until this is dropped; see [`Target::turn`].
pub type Turn = Option<OwnedMutexGuard<()>>;

#[derive(Clone)]
pub(super) enum Place {
    #[cfg(feature = "sqlite")]
    Sqlite(Box<SqliteConnectOptions>),
    #[cfg(feature = "postgres")]
    Postgres { options: Box<PgConnectOptions>, schema: String },
}

/// Without user and password, which the driver's options would tell.
impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Target({})", self.shown)
    }
}

impl Target {
    /// Reads an address: `sqlite://town.db`, `sqlite:///var/lib/town.db` or
    /// `postgres://user@host/database?schema=town`.
    ///
    /// # Errors
    /// [`Fault::BadUrl`].
    pub fn parse(url: &str) -> Result<Self, Fault> {
        let is_clean = url.trim() == url && !url.contains(char::is_control);
        let place = if !is_clean {
            Err("a blank or a line's end stands in it or around it".to_owned())
        } else if url.starts_with("sqlite:") {
            sqlite(url)
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            postgres(url)
        } else {
            Err("it begins with neither sqlite: nor postgres:".to_owned())
        };
        let place = place.map_err(|reason| {
            let reason = format!("{reason}; use sqlite://town.db or postgres://host/database?schema=town");
            Fault::BadUrl { url: shown_of_none(url), reason }
        })?;
        let shown = shown(&place, url);
        Ok(Self {
            shown,
            place,
            opening: Opening::default(),
            patience: PATIENCE,
            turn: Arc::default(),
            watch: Arc::default(),
        })
    }

    /// A bank in this SQLite file.
    ///
    /// # Errors
    /// [`Fault::BadUrl`] if it is the address of a server or of a bank, and no file.
    #[cfg(feature = "sqlite")]
    pub fn of_file(file: &Path) -> Result<Self, Fault> {
        let name = file.to_string_lossy();
        let is_address = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| name.starts_with(scheme));
        if is_address || name.contains("://") {
            return Err(Fault::BadUrl {
                url: shown_of_none(&name),
                reason: "write the path of a file here, such as town.db".to_owned(),
            });
        }
        let place = Place::Sqlite(Box::new(SqliteConnectOptions::new().filename(file)));
        let shown = format!("sqlite://{name}");
        Ok(Self {
            shown,
            place,
            opening: Opening::default(),
            patience: PATIENCE,
            turn: Arc::default(),
            watch: Arc::default(),
        })
    }

    /// Waits for the turn to write, among all who share this target or a clone of it.
    ///
    /// A SQLite file has one writer at a time, and whoever finds it busy sleeps and asks again. Beside a writer that is
    /// always at work, somebody who writes now and then would hardly ever ask at the right moment. So within a process
    /// they queue. PostgreSQL has no such turns.
    pub async fn turn(&self) -> Turn {
        match self.engine() {
            Engine::Sqlite => Some(Arc::clone(&self.turn).lock_owned().await),
            Engine::Postgres => None,
        }
    }

    /// The address without user and password, for messages.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// That no bank is there.
    pub fn no_bank(&self) -> Fault {
        Fault::NoBank { url: self.shown.clone() }
    }

    /// What tells this place from all others: a file by its whole path, whatever the program's folder is. The file itself need
    /// not be there, and a link to it is a name of its own.
    pub fn address(&self) -> String {
        let Some(file) = self.file() else { return self.shown.clone() };
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
        let file = folder.zip(file.file_name()).map_or(file.clone(), |(folder, name)| folder.join(name));
        format!("sqlite://{}", file.display())
    }

    /// Whether a file is at this address, and another one there, or the same under a name with which it has another log.
    pub fn is_beside(&self, there: &Self) -> bool {
        let place = |target: &Self| {
            let file = target.file()?.canonicalize().ok()?;
            let folder = std::fs::metadata(file.parent()?).ok()?;
            Some(((folder.dev(), folder.ino()), file.file_name()?.to_owned()))
        };
        let (here, there) = (place(self), place(there));
        here.is_some() && there.is_some() && here != there
    }

    /// What was seen of the bank by all who share this target or a clone of it.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// The engine that keeps the bank.
    pub fn engine(&self) -> Engine {
        match self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "postgres")]
            Place::Postgres { .. } => Engine::Postgres,
        }
    }

    /// The same place, whose connections are opened so.
    #[must_use]
    pub fn opened_for(&self, opening: Opening) -> Self {
        Self { opening, ..self.clone() }
    }

    /// The same place, whose connections wait so long while somebody else's transaction holds what they need.
    #[must_use]
    pub fn waiting_for(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// How long a connection waits while somebody else's transaction holds what it needs.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) fn opening(&self) -> Opening {
        self.opening
    }

    /// The bank's file; `None` on PostgreSQL.
    pub fn file(&self) -> Option<&Path> {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(options) => Some(options.get_filename()),
            #[cfg(feature = "postgres")]
            Place::Postgres { .. } => None,
        }
    }

    /// The bank's schema; `None` on SQLite.
    pub fn schema(&self) -> Option<&str> {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Place::Postgres { schema, .. } => Some(schema),
        }
    }

    /// Where the private key is, unless the host names another folder: beside the SQLite file, or
    /// for PostgreSQL in the user's data folder.
    ///
    /// # Errors
    /// [`Fault::NoKeyFolder`] where nothing says which that is: a key under the folder in which the program happens to run
    /// would be lost.
    pub fn default_key_folder(&self) -> Result<PathBuf, Fault> {
        if let Some(file) = self.file() {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            return Ok(folder.unwrap_or(Path::new(".")).to_owned());
        }
        data_folder(std::env::var_os("XDG_DATA_HOME"), std::env::var_os("HOME"))
            .map(|folder| folder.join("points-bank"))
            .ok_or(Fault::NoKeyFolder)
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

/// The user's data folder, as the XDG Base Directory Specification has it: a relative path is not valid.
fn data_folder(data_home: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: Option<OsString>| path.map(PathBuf::from).filter(|path| path.is_absolute());
    absolute(data_home).or_else(|| Some(absolute(home)?.join(".local/share")))
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str) -> Result<Place, String> {
    let (path, parameters) = url.split_once('?').unwrap_or((url, ""));
    // All others would let the bank lose what it commits, or not show what others have committed.
    const HARMLESS: [&str; 5] = ["", "mode=ro", "mode=rw", "mode=rwc", "immutable=false"];
    if !parameters.split('&').all(|parameter| HARMLESS.contains(&parameter)) {
        return Err("the address of a bank's file has no parameters".to_owned());
    }
    if path.ends_with('/') {
        return Err("it names a folder and no file".to_owned());
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|error| error.to_string())?;
    if options.get_filename().as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err("it names no file, and a bank in memory would be lost".to_owned());
    }
    Ok(Place::Sqlite(Box::new(options)))
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<Place, String> {
    Err("this program was built without SQLite (feature `sqlite`)".to_owned())
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<Place, String> {
    if !url.split_once(':').is_some_and(|(_, rest)| rest.starts_with("//")) {
        return Err("behind postgres: it has no //".to_owned());
    }
    let (url, schema) = take_schema(url)?;
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    if schema.is_empty() || schema.len() > 63 || !schema.chars().all(is_plain) {
        return Err("a schema's name is 1 to 63 lower-case letters, digits and underscores".to_owned());
    }
    let options = PgConnectOptions::from_str(&url).map_err(|error| error.to_string())?;
    Ok(Place::Postgres { options: Box::new(options), schema })
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<Place, String> {
    Err("this program was built without PostgreSQL (feature `postgres`)".to_owned())
}

/// What the driver knows beside the schema. It would write the value of any other parameter to the log, and a mistyped one
/// would lead to another bank.
#[cfg(feature = "postgres")]
const PARAMETERS: [&str; 21] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslca",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "statement-cache-capacity",
    "target_session_attrs",
    "user",
];

/// Takes `schema=` out of the query string: the driver does not know it.
#[cfg(feature = "postgres")]
fn take_schema(url: &str) -> Result<(String, String), String> {
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), "public".to_owned())) };
    let (ours, theirs): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| pair.starts_with("schema="));
    if ours.len() > 1 {
        return Err("it names two schemas".to_owned());
    }
    let is_known = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| PARAMETERS.contains(&name));
    if let Some(unknown) = theirs.iter().position(|pair| !is_known(pair)) {
        // Its name is not repeated: it may be part of a password.
        return Err(format!("nobody knows parameter {} beside the schema", unknown + 1));
    }
    let schema = ours.first().and_then(|pair| pair.strip_prefix("schema=")).unwrap_or("public");
    let rest = if theirs.is_empty() { base.to_owned() } else { format!("{base}?{}", theirs.join("&")) };
    Ok((rest, schema.to_owned()))
}

/// What of an address may be shown: of a server's, only what was read from it and is no secret.
fn shown(place: &Place, url: &str) -> String {
    match place {
        #[cfg(feature = "sqlite")]
        Place::Sqlite(_) => shown_of_none(url),
        #[cfg(feature = "postgres")]
        Place::Postgres { options, schema } => {
            let port = format!(":{}", options.get_port());
            let port = if url.contains(&port) { port.as_str() } else { "" };
            let database = options.get_database().unwrap_or_default();
            format!("postgres://{}{port}/{database}?schema={schema}", options.get_host())
        }
    }
}

/// What may be shown of what is no address. A password may stand anywhere in it.
fn shown_of_none(text: &str) -> String {
    let is_path = text.chars().all(|character| character.is_ascii_alphanumeric() || "/._-".contains(character));
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.contains('@') => text.to_owned(),
        Some((scheme @ ("sqlite" | "postgres" | "postgresql"), _)) => format!("{scheme}:***"),
        _ if is_path => text.to_owned(),
        _ => "***".to_owned(),
    }
}

#[cfg(all(test, feature = "sqlite", feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_shown_without_its_password() {
        let target =
            Target::parse("postgres://clerk:secret@db.example:5433/city?schema=town_7&sslmode=disable").unwrap();
        assert_eq!(target.shown(), "postgres://db.example:5433/city?schema=town_7");
        assert_eq!((target.engine(), target.schema()), (Engine::Postgres, Some("town_7")));
        assert!(!format!("{target:?}").contains("secret"), "{target:?}");
        let target = Target::parse("postgres://db.example/city?user=a&password=secret").unwrap();
        assert_eq!(target.shown(), "postgres://db.example/city?schema=public");
        assert_eq!(Target::parse("sqlite://town.db?mode=rwc").unwrap().shown(), "sqlite://town.db?mode=rwc");
        assert_eq!(shown_of_none("town.db"), "town.db");
    }

    /// People mistype addresses, and keyboards for Chinese write other marks.
    #[test]
    fn whatever_is_mistyped_no_password_is_repeated() {
        for url in [
            "postgres://clerk:secret＠h/city",
            "postgres://clerk:secret",
            "postgres://clerk:secret/city",
            "postgres://clerk:secret h/city",
            "postgres://clerk:secret%40h/city",
            "postgres://clerk:secret，h/city",
            "postgres://clerk:secret#h/city",
            "postgres://clerk:secret@h/city?schema=town；password=secret",
            "postgres://h/city?schema=town？password=secret",
            "postgres://h/city?pass%77ord=secret",
            "postgres://h/city?pwd=secret",
            "postgres://h/city?PASSWORD=secret",
            "postgres://h/city?user=x&amp;password=secret",
            "postgres://h/city?password:secret",
            "postgres//clerk:secret@h/city",
            "postgres:clerk:secret@h/city",
            "postgres:/clerk:secret@h/city",
            "host=h password=secret",
        ] {
            let told = Target::parse(url).unwrap_err().to_string();
            assert!(!told.contains("secret"), "{url}: {told}");
        }
        for url in [
            "sqlite:postgres://clerk:se/cret@h/city",
            "postgres://clerk:se/cret@h/city",
            "postgres://clerk:s@cr?et@h/city",
            "postgres://h/c;password=secret",
        ] {
            let told = Target::parse(url).map_or_else(|fault| fault.to_string(), |target| target.shown().to_owned());
            assert!(!told.contains("se/cret") && !told.contains("cr?et"), "{url}: {told}");
        }
    }

    #[test]
    fn a_mistyped_parameter_leads_to_no_other_bank() {
        for url in ["postgres://h/d?shema=town", "postgres://h/d?Schema=town", "postgres://h/d?schema=a&schema=b"] {
            assert!(matches!(Target::parse(url), Err(Fault::BadUrl { .. })), "{url}");
        }
    }

    #[test]
    fn an_address_of_a_file_is_read() {
        let target = Target::parse("sqlite://town.db").unwrap();
        assert_eq!((target.engine(), target.file()), (Engine::Sqlite, Some(Path::new("town.db"))));
    }

    #[test]
    fn a_data_folder_is_absolute_or_there_is_none() {
        let of = |data_home: &str, home: &str| data_folder(Some(data_home.into()), Some(home.into()));
        assert_eq!(of("/data", "/home/wang"), Some("/data".into()));
        for invalid in ["", "data", "."] {
            assert_eq!(of(invalid, "/home/wang"), Some("/home/wang/.local/share".into()));
            assert_eq!(of("", invalid), None);
        }
        assert_eq!(data_folder(None, None), None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "",
            "town.db",
            "mysql://x/y",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://town.db ",
            " sqlite://town.db",
            "sqlite://town.db\r",
            "sqlite://to\nwn.db",
            "sqlite://town.db/",
            "sqlite://town.db?immutable=true",
            "sqlite://town.db?mode=rw&immutable=1",
            "sqlite://town.db?vfs=unix-none",
            "postgres://h/d?schema=town ",
            "postgres://h/d?schema=a-b",
            "postgres://h/d?schema=Town",
            "postgres://h/d?schema=\"x",
        ] {
            assert!(matches!(Target::parse(url), Err(Fault::BadUrl { .. })), "{url}");
        }
    }
}
