//! The ledger: open a bank, post commands, read what became of them.

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

/// How a bank is made that is not there yet.
#[derive(Debug, Clone)]
pub struct NewBank {
    /// The name on its receipts, at most 40 characters of `[A-Za-z0-9._:/-]`; fixed for ever.
    pub issuer: String,
    /// The name of its journal, `<host>/journal`; fixed for ever.
    pub origin: String,
    /// IANA name of the zone of its days, months and years.
    pub time_zone: String,
    /// Whether it is for demonstration: it then accepts a clock of the caller's.
    pub demo: bool,
    /// Whether a town lives in it; fixed for ever.
    pub town: bool,
}

impl NewBank {
    /// A bank of accounts alone, for any use: it holds nothing that its host has not put there. Its days are those of UTC.
    pub fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.to_owned(),
            origin: format!("{issuer}/journal"),
            time_zone: "UTC".to_owned(),
            demo: false,
            town: false,
        }
    }

    /// The bank of a town: people, activities and offers live in it, and it counts minutes and points.
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

/// How a bank is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Makes the bank where there is none; `None` is [`Fault::NoBank`].
    pub create: Option<NewBank>,
    /// Whether nothing will be posted: then no private key is needed.
    pub read_only: bool,
    /// The folder of its private key; beside the file, or the user's own data folder, where `None`.
    pub key_folder: Option<PathBuf>,
    /// Where the time comes from; a production bank accepts the machine's clock alone.
    pub clock: Clock,
    /// Where random bits come from.
    pub randomness: Randomness,
    /// How many accounts, members, ids and so on, of each kind, are kept in memory between batches, at most. What was
    /// forgotten is read again; the outcome is the same.
    pub warm_keys_max: usize,
}

impl Options {
    /// To post to a bank, which is made where there is none.
    pub fn create(bank: NewBank) -> Self {
        Self { create: Some(bank), ..Self::existing() }
    }

    /// To post to a bank that exists.
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

    /// To read a bank that exists.
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::existing() }
    }
}

/// An open bank. Cheap to share: all of it works through `&self`.
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
    /// Opens a bank at `sqlite://town.db` or `postgres://host/database?schema=town`: migrates it, founds it where that
    /// is asked for, and is ready.
    ///
    /// # Errors
    /// [`Fault::BadUrl`], [`Fault::NoBank`], [`Fault::SchemaTooNew`], [`Fault::NotDurable`], [`Fault::KeyMissing`],
    /// [`Fault::NotADemo`], [`Fault::Database`].
    pub async fn open(url: &str, options: Options) -> Result<Self, Fault> {
        let target = Target::parse(url)?;
        let own = matches!((&options.clock, &options.randomness), (Clock::Machine, Randomness::System));
        let key_folder = options.key_folder.clone().unwrap_or_else(|| target.default_key_folder());
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

    /// Posts a command. What comes back is durable.
    ///
    /// # Errors
    /// [`Error::Rejected`]: a no, by rule. [`Error::Fault`]: something broke; send the command again under the same id.
    pub async fn post(&self, envelope: Envelope) -> Result<Posted, Error> {
        self.poster()?.post(envelope).await
    }

    /// Posts commands in this order, with one commit for many.
    ///
    /// # Errors
    /// A [`Fault`] that concerns all of them; each one's own outcome is in the list.
    pub async fn post_all(&self, envelopes: Vec<Envelope>) -> crate::poster::Answer {
        self.poster()?.post_all(envelopes).await
    }

    /// Puts commands into the writer's queue and returns before they are decided: what is submitted first is decided
    /// first, while the caller prepares what comes next. At most [`crate::poster::BATCH_COMMANDS_MAX`] at a time keep
    /// batches small.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit(&self, envelopes: Vec<Envelope>) -> Result<crate::poster::Submitted, Fault> {
        self.poster()?.submit(envelopes).await
    }

    fn poster(&self) -> Result<&Poster, Fault> {
        self.poster.as_ref().ok_or(Fault::ReadOnly)
    }

    /// Waits until everything that was sent is answered, stops the writer, and leaves no connection open.
    pub async fn close(self) {
        drop(self.poster);
        if let Some(writer) = self.writer {
            // A writer that panicked has answered nobody since; there is nothing left to wait for.
            let _ = writer.await;
        }
        #[cfg(feature = "town")]
        self.town.close().await;
        self.readers.close().await;
    }

    /// Credentials, sessions and PINs: what a service asks at every visit.
    #[cfg(feature = "town")]
    pub fn access(&self) -> &Access {
        &self.town.access
    }

    /// The folder of the bank's private key.
    pub fn key_folder(&self) -> &std::path::Path {
        &self.key_folder
    }

    /// Now, by the bank's clock, UTC seconds.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// The bank's fixed facts.
    pub fn bank(&self) -> &BankRow {
        &self.bank.row
    }

    /// The zone of the bank's days.
    pub fn zone(&self) -> &TimeZone {
        &self.bank.zone
    }

    /// An account, with its balance and lots.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn account(&self, address: &Address) -> Result<Option<Account>, Fault> {
        Ok(self.balances(std::slice::from_ref(address)).await?.pop())
    }

    /// Accounts, with their balances and lots; those that do not exist are left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn balances(&self, addresses: &[Address]) -> Result<Vec<Account>, Fault> {
        let mut found = self.readers.read(async |conn| accounts(conn, addresses, &[]).await).await?;
        // In the order of the question.
        found.sort_by_key(|account| addresses.iter().position(|address| *address == account.address));
        Ok(found)
    }

    /// A page of an account's statement, newest first: up to `transactions_max` transactions from `start`, which is the
    /// page before's [`StatementPage::next`].
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

    /// A receipt by its number, and whether it still stands.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn issued_receipt(&self, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
        self.readers.read(async |conn| chain::receipt(conn, number).await).await
    }

    /// A receipt's token, by its number.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt(&self, number: &ReceiptNumber) -> Result<Option<String>, Fault> {
        Ok(self.issued_receipt(number).await?.map(|receipt| receipt.token))
    }

    /// The public keys of the bank's receipts.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt_keys(&self) -> Result<Vec<VerifyingKey>, Fault> {
        self.readers.read(async |conn| receipt_keys(conn).await).await
    }

    /// The trial balance, and whether everything agrees with it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn trial_balance(&self) -> Result<TrialBalance, Fault> {
        self.readers.read(async |conn| trial_balance(conn).await).await
    }

    /// The journal's size and root.
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

/// Connects; a SQLite file that another process is just making answers "locked" for a moment.
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
