//! The ledger: open a bank, post commands to it, and read it.

mod founding;
#[cfg(feature = "town")]
mod town;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

#[cfg(feature = "town")]
use crate::access::Access;
use crate::bank::{Bank, BankRow};
use crate::book::{Account, AccountId, Address};
use crate::clock::{Clock, Randomness};
use crate::command::Envelope;
use crate::fault::{Error, Fault};
use crate::key_file;
use crate::poster::{Posted, Poster, WARM_KEYS_MAX};
use crate::proof::{Digest, ReceiptNumber, VerifyingKey};
use crate::store::account::accounts;
use crate::store::bank::{bank, receipt_keys};
use crate::store::chain::{self, IssuedReceipt};
use crate::store::readers::Readers;
use crate::store::statement::{StatementPage, statement};
use crate::store::trial_balance::{TrialBalance, trial_balance};
use crate::store::{Conn, Target, migrate, record};

/// What a new bank is like.
#[derive(Debug, Clone)]
pub struct NewBank {
    /// The name on receipts: 1 to 40 characters of `[A-Za-z0-9._:/-]`. It can never change.
    pub issuer: String,
    /// The journal's name, `<host>/journal`: 1 to 200 characters of `[A-Za-z0-9._:/-]`. It can never change.
    pub origin: String,
    /// The IANA name of the time zone in which the bank counts days, months and years.
    pub time_zone: String,
    /// Whether the bank is for demonstration. Only then does it accept a clock and random bits from the caller.
    pub demo: bool,
    /// Whether the bank is a town's, with members, activities and offers. It can never change.
    pub town: bool,
}

impl NewBank {
    /// A bank with accounts alone, for any use. It starts empty, and its days are those of UTC.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            origin: format!("{issuer}/journal"),
            time_zone: "UTC".to_owned(),
            demo: false,
            town: false,
        }
    }

    /// A town's bank: it has members, activities and offers, and counts minutes and
    /// points. Its days are those of Asia/Shanghai.
    #[cfg(feature = "town")]
    pub fn of_town() -> Self {
        Self {
            issuer: "baoyulan".to_owned(),
            origin: "baoyulan.example/journal".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            demo: false,
            town: true,
        }
    }
}

/// How to open a bank.
#[derive(Debug, Clone)]
pub struct Options {
    /// Founds this bank if there is none. With `None`, a missing bank is [`Fault::NoBank`].
    pub create: Option<NewBank>,
    /// Opens the bank for reading only. The private key is then not needed.
    pub read_only: bool,
    /// The folder of the private key. With `None`, it is the SQLite file's folder,
    /// or for PostgreSQL the user's data folder.
    pub key_folder: Option<PathBuf>,
    /// A real bank accepts only the machine's clock.
    pub clock: Clock,
    /// A real bank accepts only the operating system's random bits.
    pub randomness: Randomness,
    /// How many accounts the writer keeps in memory between batches, at most; and how many members, ids and so on. It
    /// reads again what it has forgotten, so this changes the speed and no outcome.
    pub warm_keys_max: usize,
}

impl Options {
    /// Opens a bank for posting, and founds it if there is none.
    pub fn create(bank: NewBank) -> Self {
        Self { create: Some(bank), ..Self::existing() }
    }

    /// Opens a bank for posting. A missing bank is an error.
    pub fn existing() -> Self {
        Self {
            create: None,
            read_only: false,
            key_folder: None,
            clock: Clock::Machine,
            randomness: Randomness::System,
            warm_keys_max: WARM_KEYS_MAX,
        }
    }

    /// Opens a bank for reading only. A missing bank is an error.
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::existing() }
    }
}

/// An open bank. All methods but [`Self::close`] take `&self`, so you can share it in an `Arc`.
#[derive(Debug)]
pub struct Ledger {
    bank: Bank,
    readers: Readers,
    #[cfg(feature = "town")]
    town: town::Doors,
    clock: Clock,
    key_folder: PathBuf,
    poster: Option<Poster>,
    writer: Option<tokio::task::JoinHandle<()>>,
}

impl Ledger {
    /// Opens the bank at `sqlite://town.db` or `postgres://host/database?schema=town`. If there is none, founds the
    /// bank that [`Options::create`] describes.
    ///
    /// # Errors
    /// [`Fault::BadUrl`], [`Fault::NoBank`], [`Fault::SchemaTooNew`], [`Fault::NotDurable`], [`Fault::KeyMissing`], [`Fault::NoKeyFolder`],
    /// [`Fault::NotADemo`], [`Fault::Database`].
    pub async fn open(url: &str, options: Options) -> Result<Self, Fault> {
        let target = Target::parse(url)?;
        let own = matches!((&options.clock, &options.randomness), (Clock::Machine, Randomness::System));
        let key_folder = match (&options.key_folder, options.read_only) {
            (Some(folder), _) => folder.clone(),
            // Whoever only reads needs no key.
            (None, true) => target.default_key_folder().unwrap_or_default(),
            (None, false) => target.default_key_folder()?,
        };
        let mut conn = open_patiently(&target, options.create.is_some() && !options.read_only).await?;
        let existing = if migrate::is_migrated(&mut conn).await? { bank(&mut conn).await? } else { None };
        let bank = match (existing, &options.create) {
            (Some(bank), _) => bank,
            (None, Some(new)) if !options.read_only && !new.demo && !own => return Err(Fault::NotADemo),
            (None, Some(new)) if !options.read_only => {
                founding::make(&mut conn, &target, new, &options, &key_folder).await?
            }
            (None, _) => return Err(Fault::NoBank { url: target.shown().to_owned() }),
        };
        if !bank.row.demo && !own {
            return Err(Fault::NotADemo);
        }
        let mut ledger = Self {
            bank,
            readers: Readers::new(target.clone()),
            #[cfg(feature = "town")]
            town: town::Doors::open(&target, options.read_only),
            clock: options.clock.clone(),
            key_folder: key_folder.clone(),
            poster: None,
            writer: None,
        };
        if options.read_only {
            return Ok(ledger);
        }
        let keys = receipt_keys(&mut conn).await?;
        let current = keys.last().ok_or_else(|| Fault::damaged("the bank has no key"))?;
        let key = Arc::new(key_file::read(&key_folder, &ledger.bank.row.bank_id, current.id())?);
        conn.prefer_keys().await?;
        let (poster, writer) =
            Poster::start(target, conn, options.clock, options.randomness, key, options.warm_keys_max);
        ledger.poster = Some(poster);
        ledger.writer = Some(writer);
        Ok(ledger)
    }

    /// Posts a command and waits until the outcome is durable.
    ///
    /// # Errors
    /// [`Error::Rejected`] if a rule says no. [`Error::Fault`] if something broke; send the command again under the
    /// same id.
    pub async fn post(&self, envelope: Envelope) -> Result<Posted, Error> {
        self.poster()?.post(envelope).await
    }

    /// Posts commands in this order, many in one commit, and waits until their outcomes are durable.
    ///
    /// # Errors
    /// A [`Fault`] that stopped them. Otherwise the list has an outcome, accepted or rejected, for each command.
    pub async fn post_all(&self, envelopes: Vec<Envelope>) -> crate::poster::Answer {
        self.poster()?.post_all(envelopes).await
    }

    /// Puts commands into the writer's queue and returns before it decides them, so you can prepare the next ones
    /// meanwhile. The writer keeps the order. To keep batches small, submit at most
    /// [`crate::poster::BATCH_COMMANDS_MAX`] at a time.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit(&self, envelopes: Vec<Envelope>) -> Result<crate::poster::Submitted, Fault> {
        self.poster()?.submit(envelopes).await
    }

    fn poster(&self) -> Result<&Poster, Fault> {
        self.poster.as_ref().ok_or(Fault::ReadOnly)
    }

    /// Waits until the writer has answered everything, then stops it and closes all connections.
    pub async fn close(self) {
        drop(self.poster);
        if let Some(writer) = self.writer {
            // If the writer panicked, there is nothing left to wait for.
            let _ = writer.await;
        }
        #[cfg(feature = "town")]
        self.town.close().await;
        self.readers.close().await;
    }

    /// Looks up credentials and PINs, and keeps sessions.
    #[cfg(feature = "town")]
    pub fn access(&self) -> &Access {
        &self.town.access
    }

    /// The folder in which the bank's private key is kept.
    pub fn key_folder(&self) -> &std::path::Path {
        &self.key_folder
    }

    /// The time on the bank's clock, in UTC seconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// What was fixed when the bank was founded: its id, names and time zone.
    pub fn bank(&self) -> &BankRow {
        &self.bank.row
    }

    /// The time zone in which the bank counts days, months and years.
    pub fn zone(&self) -> &TimeZone {
        &self.bank.zone
    }

    /// Reads an account with its balance and lots. `None` if there is no account at this address.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn account(&self, address: &Address) -> Result<Option<Account>, Fault> {
        Ok(self.balances(std::slice::from_ref(address)).await?.pop())
    }

    /// Reads accounts with their balances and lots, in the order of `addresses`.
    /// Addresses without an account are left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn balances(&self, addresses: &[Address]) -> Result<Vec<Account>, Fault> {
        let mut found = self.readers.read(async |conn| accounts(conn, addresses, &[]).await).await?;
        found.sort_by_key(|account| addresses.iter().position(|address| *address == account.address));
        Ok(found)
    }

    /// Reads a page of an account's statement, newest first: up to `transactions_max` transactions (1 to 1,000). For
    /// the first page pass no `start`, then the last page's [`StatementPage::next`].
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn statement(
        &self,
        account: AccountId,
        start: Option<i64>,
        transactions_max: i64,
    ) -> Result<StatementPage, Fault> {
        self.readers.read(async |conn| statement(conn, account, start, transactions_max.clamp(1, 1000)).await).await
    }

    /// Finds a receipt by its number, and whether it was reversed. `None` if the bank never issued it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn issued_receipt(&self, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
        self.readers.read(async |conn| chain::receipt(conn, number).await).await
    }

    /// Finds a receipt's token by its number. `None` if the bank never issued it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt(&self, number: &ReceiptNumber) -> Result<Option<String>, Fault> {
        Ok(self.issued_receipt(number).await?.map(|receipt| receipt.token))
    }

    /// The public keys with which the bank's receipts can be verified, oldest first.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt_keys(&self) -> Result<Vec<VerifyingKey>, Fault> {
        self.readers.read(async |conn| receipt_keys(conn).await).await
    }

    /// Adds up all balances, and compares them with the entries, transactions and lots. Reads the whole bank.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn trial_balance(&self) -> Result<TrialBalance, Fault> {
        self.readers.read(async |conn| trial_balance(conn).await).await
    }

    /// The number of records in the journal, and its tree's root (RFC 9162 §2.1.1).
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn journal_head(&self) -> Result<(u64, Digest), Fault> {
        self.readers
            .read(async |conn| {
                let head = record::head(conn).await?;
                Ok((head.frontier.size(), head.frontier.root()))
            })
            .await
    }
}

/// Connects, and tries again for 5 seconds while another process is making the SQLite file and it answers "locked".
async fn open_patiently(target: &Target, create: bool) -> Result<Conn, Fault> {
    const ATTEMPTS_MAX: u32 = 200;
    let mut attempt = 0;
    loop {
        match Conn::open(target, create).await {
            Err(Fault::Database { reason }) if attempt < ATTEMPTS_MAX && reason.contains("locked") => {
                attempt += 1;
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            outcome => return outcome,
        }
    }
}
