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

/// Something broke. The message says what to do; [`Fault::code`] stays the same from version to version.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Fault {
    /// The URL is not the address of a bank.
    #[error(
        "{url} is not the address of a bank: {reason}; use sqlite://town.db or postgres://host/database?schema=town"
    )]
    BadUrl { url: String, reason: String },
    /// There is no bank at that address.
    #[error("there is no bank at {url}; an import makes one, or Options::create")]
    NoBank { url: String },
    /// A newer version of this program has changed the bank's schema.
    #[error("the bank has schema version {found}, this program knows {known}: use the newer program")]
    SchemaTooNew { found: i64, known: i64 },
    /// The bank has applied a migration whose text differs from this program's.
    #[error("migration {version} of the bank differs from this program's: it was made by another build")]
    SchemaDiffers { version: i64 },
    /// The connection could lose a committed transaction in a power failure.
    #[error("the database connection is not durable: {setting} is {found}, not {expected}")]
    NotDurable { setting: String, found: String, expected: String },
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
    /// Somebody tried to write to a bank that was opened with [`read_only`](crate::ledger::Options::read_only).
    #[error("the bank was opened for reading only")]
    ReadOnly,
    /// The caller supplied a clock or random bits, and the bank is not for demonstration.
    #[error("this is not a demonstration bank: it takes its time and its random bits from the machine alone")]
    NotADemo,
    /// The database refused a statement, or could not be reached. Nothing was changed.
    #[error("the database failed: {reason}; nothing was changed")]
    Database { reason: String },
    /// The write failed, and nobody can tell whether it was committed. Send the command again under the same id.
    #[error("the outcome is unknown ({reason}): send the command again under the same id")]
    OutcomeUnknown { reason: String },
    /// The bank holds something that the ledger never wrote.
    #[error("the bank is damaged: {what}; restore it from a backup")]
    Damaged { what: String },
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
        match self {
            Self::BadUrl { .. } => "bad_url",
            Self::NoBank { .. } => "no_bank",
            Self::SchemaTooNew { .. } => "schema_too_new",
            Self::SchemaDiffers { .. } => "schema_differs",
            Self::NotDurable { .. } => "not_durable",
            Self::KeyMissing { .. } => "key_missing",
            Self::NoKeyFolder => "no_key_folder",
            Self::KeyFile { .. } => "key_file",
            Self::ReadOnly => "read_only",
            Self::NotADemo => "not_a_demo",
            Self::Database { .. } => "database",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Damaged { .. } => "damaged",
            Self::Unasked(_) => "unasked",
            Self::Closed => "closed",
        }
    }

    /// The fault of a batch, told to a caller of whose commands the first `posted` are posted: they must not hear that
    /// nothing was changed.
    #[cfg(feature = "store")]
    pub(crate) fn after(self, posted: usize) -> Self {
        if let Self::Database { reason } = &self
            && posted > 0
        {
            return Self::OutcomeUnknown { reason: format!("{reason}; the first {posted} commands are posted") };
        }
        self
    }

    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
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

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    #[test]
    fn nobody_hears_that_nothing_was_changed_when_something_was() {
        let fault = || Fault::Database { reason: "the disk is full".to_owned() };
        assert!(fault().after(0).to_string().contains("nothing was changed"));
        let told = fault().after(8192).to_string();
        assert!(told.contains("the first 8192 commands are posted") && !told.contains("nothing was changed"), "{told}");
    }
}
