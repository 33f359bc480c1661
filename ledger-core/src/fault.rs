//! What can break. A [`Fault`] is not a refusal: once somebody has mended it, send
//! the same command again under the same id.

/// A rule has found something that no rule would have written: a row is missing, or another program changed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Impossible {
    what: String,
}

impl Impossible {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

/// The error of an engine, a driver or the system that led to a fault.
pub type Cause = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// Something broke. The message says what to do; [`Fault::code`] stays the same from version to version.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Fault {
    /// The URL is not the address of a bank.
    #[error("{url} is not the address of a bank: {reason}")]
    BadUrl { url: String, reason: String },
    /// No bank can be made like the one that was asked for.
    #[error("no such bank can be made: {reason}")]
    BadBank { reason: String },
    /// There is no bank at that address.
    #[error("there is no bank at {url}; an import makes one")]
    NoBank { url: String },
    /// There was a bank at that address, and it is gone. Nobody makes a new one in its place unawares.
    #[error(
        "the bank {bank_id} was at {url}, and is not there any more: put it back, mount its disk, or restore a backup; for a new bank beside its old key, say --new-bank; nothing was made"
    )]
    BankMissing { url: String, bank_id: String },
    /// The bank's file is also, or still, where it was last opened for posting. Whoever posted to both would issue each receipt number
    /// twice.
    #[error(
        "{url} is a copy of a bank that was last open at {other}, where a file still is: post there; or move that file away first, if this one takes its place; or give the copy a folder for keys of its own. Nothing was changed"
    )]
    Copied { url: String, other: String },
    /// Nobody can be named so in the journal.
    #[error(
        "`{actor}` cannot stand in the journal as the one who goes on: give your code, 1 to 64 of the characters A-Z a-z 0-9 . _ : / -; nothing was changed"
    )]
    BadActor { actor: String },
    /// The file at that address is something else.
    #[error("{path} is not a SQLite database: correct the bank's address; nothing was changed")]
    NotADatabase { path: String },
    /// Something stands where a bank was to be made or restored.
    #[error("{what} is there already: choose another place, or move it away first; nothing was changed")]
    Exists { what: String },
    /// An older version of this program made the bank, and it was opened for reading only.
    #[error(
        "the bank has schema version {found}, this program reads {known}: back the bank up, then start the service; whoever opens the bank for posting brings it up to date"
    )]
    SchemaOld { found: i64, known: i64 },
    /// A newer version of this program has changed the bank's schema.
    #[error("the bank has schema version {found}, this program knows {known}: use the newer program")]
    SchemaTooNew { found: i64, known: i64 },
    /// The bank has applied a migration whose text differs from this program's.
    #[error("migration {version} of the bank differs from this program's: it was made by another build")]
    SchemaDiffers { version: i64 },
    /// The connection could lose a committed transaction in a power failure.
    #[error("the database connection is not durable: {setting} is {found}, not {expected}")]
    NotDurable { setting: String, found: String, expected: String },
    /// The connection does not look into the bank's schema, so it could show one town under another's name.
    #[error(
        "the connection's schema is {found}, not {expected}: connect to the server itself, or to a pooler that keeps a session's settings"
    )]
    WrongSchema { found: String, expected: String },
    /// The database or the connection does not use UTF-8.
    #[error("the database's {what} is {found}, not UTF8: make a database with ENCODING 'UTF8'")]
    WrongEncoding { what: String, found: String },
    /// The connection isolates transactions in another way than the ledger relies on.
    #[error(
        "the connection's isolation is {found}, not read committed: connect to the server itself, or to a pooler that keeps a session's settings"
    )]
    WrongIsolation { found: String },
    /// One connection is not answered by one session of the server: a pooler shares sessions out by transaction.
    #[error(
        "the pooler in front of the database gives each transaction another session: let it give one session to each connection (pool_mode = session)"
    )]
    SharedSession,
    /// The bank's file is not the one that was opened any more.
    #[error(
        "{path} is not the file that was opened: {what}. What was posted since may be lost. Put the right file back, or restore a backup, and start again"
    )]
    Moved { path: String, what: String },
    /// Another bank was put in the place of the one that was opened.
    #[error("another bank, {found}, is in the place of {expected}: look who made it, and start again")]
    OtherBank { expected: String, found: String },
    /// The journal is shorter than it was, or holds other records: somebody has put an older copy in its place.
    #[error(
        "the bank was rolled back: it had {size_seen} records, the last one of {}, and now it has {size_found} or others in their place. \
         Put the newer bank back; or, if it is lost, look up what people were answered since, and open the bank once with --accept-rollback. \
         A copy on which somebody tried something out needs a key folder of its own",
        crate::time::shown(*last_seen_at)
    )]
    RolledBack { size_seen: u64, last_seen_at: i64, size_found: u64 },
    /// The machine's clock is further ahead than can be right.
    #[error(
        "the clock says {}, and the last record is of {}: set the clock; or, if it is right, start anew, and if that says so too, once with --accept-clock",
        crate::time::shown(*reading),
        crate::time::shown(*last_posted_at)
    )]
    ClockAhead { reading: i64, last_posted_at: i64 },
    /// What was seen of the bank cannot be remembered or read back.
    #[error(
        "{path} cannot be used: {reason}. It says how far the bank had grown; delete it only if the bank is the newest there is"
    )]
    HeadFile { path: String, reason: String },
    /// The file with the bank's private key is missing.
    #[error(
        "the bank's signing key {kid} is not in {path}; restore that file, or name its folder with --key-folder. A new key is never made silently"
    )]
    KeyMissing { kid: String, path: String },
    /// Nothing says where the bank's private key is: neither `--key-folder`, nor the user's home.
    #[error(
        "nothing says where the bank's signing key is kept: name its folder with --key-folder (POINTS_BANK_KEY_FOLDER), or set HOME"
    )]
    NoKeyFolder,
    /// The file with the bank's private key cannot be read or written, or holds another key.
    #[error("the key file {path} cannot be used: {reason}")]
    KeyFile { path: String, reason: String },
    /// The bank cannot be written to: it was opened with [`read_only`](crate::ledger::Options::read_only), the file or the
    /// server takes no writes, or the disk is full. Nothing was changed, and reading still works.
    #[error("the bank can only be read: {reason}; nothing was changed")]
    ReadOnly { reason: String, source: Option<Cause> },
    /// The caller supplied a clock or random bits, and the bank is not for demonstration.
    #[error("this is not a demonstration bank: it takes its time and its random bits from the machine alone")]
    NotADemo,
    /// The database refused a statement, or could not be reached. Nothing was changed.
    #[error("the database failed: {reason}; nothing was changed")]
    Database { reason: String, source: Option<Cause> },
    /// A transaction of somebody else has held the bank for longer than the ledger waits: it does not end, or whoever waits for
    /// this posting has to end it first. Nothing was changed.
    #[error(
        "somebody else's transaction has held the bank for too long ({reason}): let it end, then send the same command again; nothing was changed"
    )]
    HeadHeld { reason: String, source: Option<Cause> },
    /// The ledger does not post in the transaction that the host has lent. Nothing was changed.
    #[error("nothing was posted in the transaction: {0}; nothing was changed")]
    Unfit(#[from] Unfit),
    /// The write failed, and nobody can tell whether it was committed. Send the command again under the same id.
    #[error("the outcome is unknown ({reason}): send the command again under the same id")]
    OutcomeUnknown { reason: String, source: Option<Cause> },
    /// The bank holds something that the ledger never wrote.
    #[error("the bank is damaged: {what}; restore it from a backup")]
    Damaged { what: String, source: Option<Cause> },
    /// A rule of this program read something that it had not asked for. Nothing of its batch was written.
    #[error("this program has a fault: {0}; nothing was changed")]
    Unasked(#[from] crate::slice::Unasked),
    /// The ledger was closed, so the writer answers no more.
    #[error("the ledger is closed")]
    Closed,
}

impl Fault {
    /// The fault's name for programs, such as `no_bank`. It never changes.
    pub fn code(&self) -> &'static str {
        self.nature().0
    }

    /// Whether the same command may be sent again under the same id, to have its outcome, once somebody has done what the message
    /// says. If not, the bank has to be opened again first, or the program mended.
    ///
    /// ```
    /// use baoyulan_ledger::Fault;
    ///
    /// assert!(Fault::OutcomeUnknown { reason: "the network".into(), source: None }.may_be_sent_again());
    /// assert!(!Fault::Closed.may_be_sent_again());
    /// ```
    pub fn may_be_sent_again(&self) -> bool {
        self.nature().1.again
    }

    /// Whether the command may have been carried out all the same, by this sending. If so, only its id tells: sent again, it has
    /// its outcome. After such a fault, another one that says no is no outcome: the earlier sending may still be the one that
    /// carried it out.
    ///
    /// ```
    /// use baoyulan_ledger::Fault;
    ///
    /// assert!(Fault::OutcomeUnknown { reason: "the network".into(), source: None }.may_have_been_applied());
    /// assert!(!Fault::Database { reason: "no answer".into(), source: None }.may_have_been_applied());
    /// ```
    pub fn may_have_been_applied(&self) -> bool {
        self.nature().1.applied
    }

    /// Its name, and what it leaves of a command.
    fn nature(&self) -> (&'static str, Leaves) {
        /// Nothing was carried out, and it would be the same again.
        const NO: Leaves = Leaves { again: false, applied: false };
        /// Nothing was carried out, and it may be sent again.
        const AGAIN: Leaves = Leaves { again: true, applied: false };
        /// Nobody can tell, and it is sent again to find out.
        const UNKNOWN: Leaves = Leaves { again: true, applied: true };
        /// The bank stops, and a batch may just have been committed when it was found out.
        const STOPPED: Leaves = Leaves { again: false, applied: true };
        match self {
            Self::BadUrl { .. } => ("bad_url", NO),
            Self::BadBank { .. } => ("bad_bank", NO),
            Self::NoBank { .. } => ("no_bank", NO),
            Self::BankMissing { .. } => ("bank_missing", NO),
            Self::Copied { .. } => ("copied", NO),
            Self::BadActor { .. } => ("bad_actor", NO),
            Self::NotADatabase { .. } => ("not_a_database", NO),
            Self::Exists { .. } => ("exists", NO),
            Self::SchemaOld { .. } => ("schema_old", NO),
            Self::SchemaTooNew { .. } => ("schema_too_new", NO),
            Self::SchemaDiffers { .. } => ("schema_differs", NO),
            Self::NotDurable { .. } => ("not_durable", STOPPED),
            Self::WrongSchema { .. } => ("wrong_schema", NO),
            Self::WrongEncoding { .. } => ("wrong_encoding", NO),
            Self::WrongIsolation { .. } => ("wrong_isolation", NO),
            Self::SharedSession => ("shared_session", AGAIN),
            Self::Moved { .. } => ("moved", STOPPED),
            Self::OtherBank { .. } => ("other_bank", STOPPED),
            Self::RolledBack { .. } => ("rolled_back", STOPPED),
            Self::ClockAhead { .. } => ("clock_ahead", AGAIN),
            Self::HeadFile { .. } => ("head_file", NO),
            Self::KeyMissing { .. } => ("key_missing", NO),
            Self::NoKeyFolder => ("no_key_folder", NO),
            Self::KeyFile { .. } => ("key_file", NO),
            Self::ReadOnly { .. } => ("read_only", AGAIN),
            Self::NotADemo => ("not_a_demo", NO),
            Self::Database { .. } => ("database", AGAIN),
            Self::HeadHeld { .. } => ("head_held", AGAIN),
            Self::Unfit(unfit) => (unfit.code(), NO),
            Self::OutcomeUnknown { .. } => ("outcome_unknown", UNKNOWN),
            Self::Damaged { .. } => ("damaged", STOPPED),
            Self::Unasked(_) => ("unasked", NO),
            Self::Closed => ("closed", NO),
        }
    }

    /// The fault as it is told to a caller whose first commands, `known` of them, have outcomes already: they must not
    /// hear that nothing was changed.
    #[cfg(feature = "store")]
    #[must_use]
    pub fn after(self, known: usize) -> Self {
        if let Self::Database { reason, source } | Self::ReadOnly { reason, source } | Self::HeadHeld { reason, source } =
            &self
            && known > 0
        {
            let reason = format!("{reason}; the first {known} commands have theirs");
            return Self::OutcomeUnknown { reason, source: source.clone() };
        }
        self
    }

    /// The fault of an opening that had changed the bank before: it was founded, brought up to date, or added to.
    #[cfg(feature = "store")]
    pub(crate) fn after_change(self) -> Self {
        if let Self::Database { reason, source } | Self::ReadOnly { reason, source } = &self {
            let reason = format!("{reason}; the bank was changed before that");
            return Self::OutcomeUnknown { reason, source: source.clone() };
        }
        self
    }

    #[cfg(feature = "store")]
    pub(crate) fn opened_read_only() -> Self {
        Self::read_only("it was opened for reading")
    }

    pub(crate) fn read_only(reason: impl Into<String>) -> Self {
        Self::ReadOnly { reason: reason.into(), source: None }
    }

    pub(crate) fn database(reason: impl Into<String>) -> Self {
        Self::Database { reason: reason.into(), source: None }
    }

    pub(crate) fn outcome_unknown(reason: impl Into<String>) -> Self {
        Self::OutcomeUnknown { reason: reason.into(), source: None }
    }

    /// The fault of an id whose record is missing.
    #[cfg(feature = "store")]
    pub(crate) fn no_such_record(position: i64) -> Self {
        Self::damaged(format!("an id names position {position}, which the journal does not have"))
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into(), source: None }
    }
}

/// Why the ledger does not post in a transaction that a host has lent; see
/// [`Ledger::post_in`](crate::ledger::Ledger::post_in).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unfit {
    /// There is no transaction: whatever were posted would be committed by itself.
    #[error("the connection has none open: begin one first, on SQLite with BEGIN IMMEDIATE")]
    NotBegun,
    /// On SQLite it does not hold the lock for writing, and may come too late for it.
    #[error("it does not hold the lock for writing: begin it with BEGIN IMMEDIATE")]
    NotImmediate,
    /// On PostgreSQL it would not see what was committed since it began.
    #[error("its isolation is {found}: begin it with ISOLATION LEVEL READ COMMITTED")]
    Isolation { found: String },
    /// It takes no writes.
    #[error("it is READ ONLY: begin it READ WRITE")]
    ReadOnly,
    /// The connection leads to another bank, to a copy of this one, or to a database without a bank.
    #[error("its connection leads to {found}, not to {expected}: take it from the database of this bank")]
    OtherBank { expected: String, found: String },
    /// The connection goes to a database of another kind.
    #[error("its connection is one to {found}, and this bank is kept by another engine")]
    OtherEngine { found: String },
    /// The host's commit may be lost in a power failure, after others have seen it.
    #[error("its connection may lose what it commits: {setting} is {found}, not {expected}")]
    NotDurable { setting: String, found: String, expected: String },
    /// The connection does not use UTF-8.
    #[error("its connection's client_encoding is {found}, not UTF8")]
    Encoding { found: String },
    /// A policy may hide rows of the bank from the host's role.
    #[error("row-level security hides rows of {table} from its role: let a role post that sees them all")]
    HiddenRows { table: String },
}

impl Unfit {
    /// The reason's name for programs. It never changes.
    fn code(&self) -> &'static str {
        match self {
            Self::NotBegun => "not_in_transaction",
            Self::NotImmediate => "not_immediate",
            Self::Isolation { .. } => "transaction_isolation",
            Self::ReadOnly => "transaction_read_only",
            Self::OtherBank { .. } => "transaction_of_other_bank",
            Self::OtherEngine { .. } => "transaction_of_other_engine",
            Self::NotDurable { .. } => "transaction_not_durable",
            Self::Encoding { .. } => "transaction_encoding",
            Self::HiddenRows { .. } => "transaction_hides_rows",
        }
    }
}

/// What a fault leaves of a command.
struct Leaves {
    /// Whether it may be sent again.
    again: bool,
    /// Whether it may have been carried out.
    applied: bool,
}

/// Why a command was not posted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A rule says no. This answer is final for the command's id.
    #[error(transparent)]
    Rejected(#[from] crate::reject::Rejection),
    /// Something broke. Send the command again under the same id.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// Whether the same command may be sent again under the same id, to have another answer than this one.
    ///
    /// ```
    /// use baoyulan_ledger::{Error, Rejection};
    ///
    /// assert!(!Error::Rejected(Rejection::NoEntries).may_be_sent_again()); // it would have the same answer
    /// ```
    pub fn may_be_sent_again(&self) -> bool {
        match self {
            Self::Rejected(_) => false,
            Self::Fault(fault) => fault.may_be_sent_again(),
        }
    }

    /// Whether the command may have been carried out all the same.
    ///
    /// ```
    /// use baoyulan_ledger::{Error, Rejection};
    ///
    /// assert!(!Error::Rejected(Rejection::NoEntries).may_have_been_applied());
    /// ```
    pub fn may_have_been_applied(&self) -> bool {
        match self {
            Self::Rejected(_) => false,
            Self::Fault(fault) => fault.may_have_been_applied(),
        }
    }
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    #[test]
    fn nobody_hears_that_nothing_was_changed_when_something_was() {
        let fault = || Fault::database("the disk is full");
        assert!(fault().after(0).to_string().contains("nothing was changed"));
        let told = fault().after(8192).to_string();
        assert!(
            told.contains("the first 8192 commands have theirs") && !told.contains("nothing was changed"),
            "{told}"
        );
    }
}
