//! What can break. A [`Fault`] is not a no: the same command may be sent again, under the same id, once it is mended.

/// A rule has met what no rule lets into a bank: a row is missing, or was written by something else.
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

/// Something broke.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The address of the bank cannot be read.
    #[error(
        "{url} is not the address of a bank: {reason}; use sqlite://town.db or postgres://host/database?schema=town"
    )]
    BadUrl {
        /// The address, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no bank at that address.
    #[error("there is no bank at {url}; an import makes one, or Options::create")]
    NoBank {
        /// The address, without its password.
        url: String,
    },
    /// The bank was written by a newer version of this program.
    #[error("the bank has schema version {found}, this program knows {known}: use the newer program")]
    SchemaTooNew {
        /// Its version.
        found: i64,
        /// The newest known.
        known: i64,
    },
    /// A migration that the bank has gone through is not the one that this program knows.
    #[error("migration {version} of the bank differs from this program's: it was made by another build")]
    SchemaDiffers {
        /// Which.
        version: i64,
    },
    /// A connection does not keep what it commits.
    #[error("the database connection is not durable: {setting} is {found}, not {expected}")]
    NotDurable {
        /// The setting.
        setting: String,
        /// What it is.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// The bank has a key whose private half is not where it should be.
    #[error(
        "the bank's signing key {kid} is not in {path}; restore that file, or name its folder with --key-folder. A new key is never made silently"
    )]
    KeyMissing {
        /// The key.
        kid: String,
        /// Where it should be.
        path: String,
    },
    /// The private key's file cannot be read or written.
    #[error("the key file {path}: {reason}")]
    KeyFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The bank is open for reading alone.
    #[error("the bank was opened for reading only")]
    ReadOnly,
    /// A clock or randomness of the caller's own was offered to a bank that is not for demonstration.
    #[error("this is not a demonstration bank: its time and its randomness are the machine's own")]
    NotADemo,
    /// The database refused a statement or could not be reached; nothing was changed.
    #[error("the database: {reason}; nothing was changed")]
    Database {
        /// Its words.
        reason: String,
    },
    /// The write failed in a way that does not say whether it was committed.
    #[error("the outcome is unknown ({reason}): send the command again under the same id")]
    OutcomeUnknown {
        /// What happened.
        reason: String,
    },
    /// The bank holds what the ledger never wrote.
    #[error("the bank is damaged: {what}; restore it from a backup")]
    Damaged {
        /// Where.
        what: String,
    },
    /// A rule of this program reads what it does not ask for. Nothing of the batch was written.
    #[error("a fault of this program: {0}; nothing was changed")]
    Unasked(#[from] crate::slice::Unasked),
    /// The writer has stopped.
    #[error("the ledger is closed")]
    Closed,
}

impl Fault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "bad_url",
            Self::NoBank { .. } => "no_bank",
            Self::SchemaTooNew { .. } => "schema_too_new",
            Self::SchemaDiffers { .. } => "schema_differs",
            Self::NotDurable { .. } => "not_durable",
            Self::KeyMissing { .. } => "key_missing",
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

    /// That the bank is damaged.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

/// Why a command was not posted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A no, by rule: final for this id.
    #[error(transparent)]
    Rejected(#[from] crate::reject::Rejection),
    /// Something broke: send it again.
    #[error(transparent)]
    Fault(#[from] Fault),
}
