//! The ledger: open a bank, post commands to it, and read it.

mod accepting;
mod auditing;
#[cfg(feature = "sqlite")]
pub mod copy;
mod ensuring;
mod expiring;
mod founding;
mod host;
mod keys;
mod limits;
mod opening;
mod past;
mod records;
mod requests;
mod standing;
#[cfg(feature = "town")]
mod town;

pub use ensuring::Definition;
pub use expiring::{Expired, ExpiredQuantity};
pub use past::{BalanceOn, HISTORY_TRANSACTIONS_MAX};
pub use standing::Standing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use keys::KnownKeys;
use opening::Opened;

#[cfg(feature = "town")]
use crate::access::Access;
use crate::bank::{Bank, BankRow};
use crate::book::{Account, AccountId, Address};
use crate::clock::{BankClock, Clock, LastRecord, Randomness};
use crate::command::Envelope;
use crate::fault::{Error, Fault};
use crate::poster::{Desk, Posted, Poster, Stopped, WARM_KEYS_MAX};
use crate::proof::{Digest, ReceiptNumber, VerifyingKey};
use crate::reject::Rejection;
use crate::store::account::accounts;
use crate::store::chain::{self, IssuedReceipt};
use crate::store::head_file::{HeadFile, HeadKeeper};
use crate::store::readers::Readers;
use crate::store::record::Head;
use crate::store::statement::{StatementPage, statement};
use crate::store::trial_balance::{TrialBalance, trial_balance};
use crate::store::watch::Seen;
use crate::store::{Conn, Home, Target, record};

/// How many connections a ledger has at most, unless the host says otherwise.
pub const CONNECTIONS_MAX: usize = 16;
/// How many connections a ledger must be allowed at least.
pub const CONNECTIONS_MIN: usize = 8;
/// Of these connections, those that are not for readings: the writer's two, and one each for accounts, credentials, sessions,
/// visits and logins.
const CONNECTIONS_RESERVED: usize = 7;

/// What a new bank is like.
#[derive(Debug, Clone)]
pub struct NewBank {
    /// The name on receipts: 1 to 40 characters of `[A-Za-z0-9._:/-]`. It can never change.
    pub issuer: String,
    /// The journal's name, `<host>/journal`: 1 to 200 characters of `[A-Za-z0-9._:/-]`. It can never change.
    pub origin: String,
    /// The IANA name of the time zone in which the bank counts days, months and years. A town's zone must not have changed
    /// its clocks since 2000. It can never change.
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
    pub fn of_town(issuer: &str) -> Self {
        Self { time_zone: "Asia/Shanghai".to_owned(), town: true, ..Self::new(issuer) }
    }
}

/// By how many days a clock may be ahead of the last record when a bank is opened, unless the host says otherwise.
pub const CLOCK_DAYS_AHEAD_MAX: u32 = 31;

/// How many seconds a posting waits while somebody else's transaction holds the bank, unless the host says otherwise.
pub const LOCK_SECONDS_MAX: u32 = 30;

/// How to open a bank.
#[derive(Debug, Clone)]
pub struct Options {
    /// Founds this bank if there is none. With `None`, a missing bank is [`Fault::NoBank`].
    pub create: Option<NewBank>,
    /// Founds it also where another bank was opened before that is gone. With `false`, that is [`Fault::BankMissing`].
    pub even_if_gone: bool,
    /// Opens the bank for reading only. The private key is then not needed.
    pub read_only: bool,
    /// The folder of the private key. With `None`, it is the SQLite file's folder,
    /// or for PostgreSQL the user's data folder.
    pub key_folder: Option<PathBuf>,
    /// A real bank accepts only the machine's clock.
    pub clock: Clock,
    /// A real bank accepts only the operating system's random bits.
    pub randomness: Randomness,
    /// By how many days a clock may be ahead of the last record when the bank is opened; beyond that it is not believed.
    pub clock_days_ahead_max: u32,
    /// If the clock is further ahead than that, whoever this code names says that it is right all the same. A record
    /// keeps that.
    pub accept_clock: Option<String>,
    /// If the bank is an older copy of what was seen here, whoever this code names goes on with it knowingly. A record
    /// keeps that.
    pub accept_rollback: Option<String>,
    /// How many accounts the writer keeps in memory between batches, at most; and how many members, ids and so on. It
    /// reads again what it has forgotten, so this changes the speed and no outcome.
    pub warm_keys_max: usize,
    /// How many connections to the database the ledger has at most, at least 8. Two of them are the writer's, and five
    /// serve members' accounts, credentials, sessions, visits and logins; the others are for all other readings, which wait
    /// for a free one in the order in which they came.
    pub connections_max: usize,
    /// How many seconds a posting, or whatever else is written, waits while somebody else's transaction holds the bank, at
    /// least 1. Then it is [`Fault::HeadHeld`], and nothing was changed. A host that posts in its own transactions
    /// ([`Ledger::post_in`]) may want it shorter.
    pub lock_seconds_max: u32,
    /// For tests alone: generic commands may name the accounts of a town, which [`Rejection::ReservedAccount`] keeps from them.
    /// What they mean on such accounts can then be tried before the town has a command of its own for it.
    #[cfg(feature = "fault-injection")]
    pub moves_reserved: bool,
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
            even_if_gone: false,
            read_only: false,
            key_folder: None,
            clock: Clock::Machine,
            randomness: Randomness::System,
            clock_days_ahead_max: CLOCK_DAYS_AHEAD_MAX,
            accept_clock: None,
            accept_rollback: None,
            warm_keys_max: WARM_KEYS_MAX,
            connections_max: CONNECTIONS_MAX,
            lock_seconds_max: LOCK_SECONDS_MAX,
            #[cfg(feature = "fault-injection")]
            moves_reserved: false,
        }
    }

    /// Opens a bank for reading only. A missing bank is an error.
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::existing() }
    }

    /// Judges the clock by the bank's last record.
    fn judge_clock(&self, target: &Target, bank: &Bank, head: &Head) -> BankClock {
        let last = LastRecord { posted_at: head.posted_at, is_of_demo: bank.row.demo };
        BankClock::new(self.clock.clone(), Arc::clone(target.watch()), last, self.clock_days_ahead_max)
    }
}

/// An open bank. Its clones are the same one, and you can use it from several runtimes at once: it has threads of its own. If
/// you drop the last clone, what was sent is still posted, as long as the process lives; [`Self::close`] waits for that.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite://{}/shop.db", folder.path().display());
/// use baoyulan_ledger::{Ledger, NewBank, Options};
///
/// let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
/// let for_a_task = ledger.clone();
/// tokio::spawn(async move { for_a_task.journal_head().await }).await??;
/// ledger.close().await;
/// # anyhow::Ok(()) })?;
/// # anyhow::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Ledger {
    open: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    bank: Bank,
    readers: Readers,
    #[cfg(feature = "town")]
    town: town::Doors,
    home: Arc<Home>,
    target: Target,
    clock: BankClock,
    key_folder: PathBuf,
    known_keys: KnownKeys,
    poster: Option<Poster>,
    /// What it takes to decide in a host's transaction; `None` if the bank is only read.
    desk: Option<Desk>,
    head_keeper: Option<HeadKeeper>,
    /// Held by whoever tries whether the database takes writes again.
    trying: tokio::sync::Mutex<()>,
}

impl Ledger {
    /// Opens the bank at `sqlite://town.db` or `postgres://host/database?schema=town`. If there is none, founds the
    /// bank that [`Options::create`] describes; a host may share the database. A bank that an older version of this
    /// program has made is brought up to date, unless it is opened for reading only. Nothing of a database without a
    /// bank is changed.
    ///
    /// # Errors
    /// [`Fault::BadUrl`], [`Fault::BadBank`], [`Fault::NoBank`], [`Fault::BankMissing`], [`Fault::NotADatabase`], [`Fault::SchemaOld`], [`Fault::SchemaTooNew`],
    /// [`Fault::NotDurable`], [`Fault::KeyMissing`], [`Fault::NoKeyFolder`], [`Fault::NotADemo`], [`Fault::Database`];
    /// [`Fault::RolledBack`] if more was seen of the bank than it has; [`Fault::OutcomeUnknown`] if the bank may have been founded
    /// or changed before something broke. Open it again then.
    pub async fn open(url: &str, options: Options) -> Result<Self, Fault> {
        let patience = Duration::from_secs(options.lock_seconds_max.max(1).into());
        let target = Target::parse(url)?.waiting_for(patience);
        let watch = Arc::clone(target.watch());
        Self::open_at(target, options).await.map_err(|fault| watch.told(fault))
    }

    async fn open_at(target: Target, options: Options) -> Result<Self, Fault> {
        let key_folder = match (&options.key_folder, options.read_only) {
            (Some(folder), _) => folder.clone(),
            // Whoever only reads needs no key.
            (None, true) => target.default_key_folder().unwrap_or_default(),
            (None, false) => target.default_key_folder()?,
        };
        let home = Home::start(target.engine())?;
        let Opened { target, mut conn, bank, clock, known_keys, key } = {
            let (options, key_folder) = (options.clone(), key_folder.clone());
            home.run(async move { opening::open(target, &options, &key_folder).await }).await?
        };
        let head_keeper = match target.watch().seen().filter(|_| !options.read_only) {
            Some(seen) => Some(keep_head(&home, &target, &key_folder, &seen)?),
            None => None,
        };
        let mut open = Open {
            bank,
            readers: Readers::new(
                Arc::clone(&home),
                target.clone(),
                options.connections_max.max(CONNECTIONS_MIN) - CONNECTIONS_RESERVED,
            ),
            #[cfg(feature = "town")]
            town: town::Doors::open(&home, &target, options.read_only)?,
            home: Arc::clone(&home),
            target: target.clone(),
            clock: clock.clone(),
            key_folder: key_folder.clone(),
            known_keys,
            poster: None,
            desk: None,
            head_keeper,
            trying: tokio::sync::Mutex::default(),
        };
        let Some(key) = key else {
            open.readers.keep(conn);
            return Ok(Self { open: Arc::new(open) });
        };
        conn.prefer_keys().await?;
        #[cfg(feature = "fault-injection")]
        let moves_reserved = options.moves_reserved;
        #[cfg(not(feature = "fault-injection"))]
        let moves_reserved = false;
        let desk = Desk { clock, randomness: options.randomness, key: Arc::new(key), moves_reserved };
        open.desk = Some(desk.clone());
        open.poster = Some(Poster::start(&home, target, conn, desk, options.warm_keys_max)?);
        Ok(Self { open: Arc::new(open) })
    }

    /// Posts a command and waits until the outcome is durable.
    ///
    /// # Errors
    /// [`Error::Rejected`] if a rule says no. [`Error::Fault`] if something broke; send the command again under the
    /// same id.
    pub async fn post(&self, envelope: Envelope) -> Result<Posted, Error> {
        self.poster()?.post(envelope).await
    }

    /// Posts commands in this order, many in one commit, and waits until their outcomes are durable. The list has an
    /// outcome, accepted or rejected, for each command.
    ///
    /// More than [`crate::poster::BATCH_COMMANDS_MAX`] commands take several commits, one after the other.
    ///
    /// # Errors
    /// [`Stopped`] at the first commit that fails: it has the outcomes of all commands before, and the [`Fault`].
    pub async fn post_all(&self, envelopes: Vec<Envelope>) -> Result<Vec<Result<Posted, Rejection>>, Stopped> {
        match self.poster() {
            Ok(poster) => poster.post_all(envelopes).await,
            Err(fault) => Err(Stopped { outcomes: Vec::new(), fault }),
        }
    }

    /// Puts commands into the writer's queue and returns before it decides them, so you can prepare the next ones
    /// meanwhile. The writer keeps the order. To keep batches small, submit at most
    /// [`crate::poster::BATCH_COMMANDS_MAX`] at a time.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit(&self, envelopes: Vec<Envelope>) -> Result<crate::poster::Submitted, Fault> {
        self.poster()?.submit(envelopes, None).await
    }

    /// The same to commands that go on with a sequence.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit_in(
        &self,
        sequence: &crate::poster::Sequence,
        envelopes: Vec<Envelope>,
    ) -> Result<crate::poster::Submitted, Fault> {
        self.poster()?.submit(envelopes, Some(sequence.clone())).await
    }

    fn poster(&self) -> Result<&Poster, Fault> {
        self.open.poster.as_ref().ok_or(Fault::opened_read_only())
    }

    /// Lets no more commands in, waits until those that were sent are answered and the readings that have begun are over, and
    /// closes all connections. From then on every clone answers [`Fault::Closed`]. Closing again does nothing.
    pub async fn close(&self) {
        if let Some(poster) = &self.open.poster {
            poster.close().await;
        }
        #[cfg(feature = "town")]
        self.open.town.close().await;
        self.open.readers.close().await;
        if let Some(keeper) = &self.open.head_keeper {
            keeper.stop();
        }
    }

    /// Looks up credentials and PINs, and keeps sessions.
    #[cfg(feature = "town")]
    pub fn access(&self) -> &Access {
        &self.open.town.access
    }

    /// The folder in which the bank's private key is kept.
    pub fn key_folder(&self) -> &std::path::Path {
        &self.open.key_folder
    }

    /// The bank's time, in UTC seconds: the clock's, but never before the last record, and not beyond reason. What can be
    /// spent at this time is what a posting would find.
    pub fn now(&self) -> i64 {
        self.open.clock.now()
    }

    /// The time by which what nobody posts comes to an end: sessions, visits, credentials, links, waits. It is [`Self::now`], but
    /// while the ledger is open it never runs back, and it goes on while the clock is behind.
    pub fn running_now(&self) -> i64 {
        self.open.clock.running_now()
    }

    /// What was fixed when the bank was founded: its id, names and time zone.
    pub fn bank(&self) -> &BankRow {
        &self.open.bank.row
    }

    /// The time zone in which the bank counts days, months and years.
    pub fn zone(&self) -> &TimeZone {
        &self.open.bank.zone
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
        let mut found = self.open.readers.read(async |conn| accounts(conn, addresses, &[]).await).await?;
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
        self.open
            .readers
            .read(async |conn| statement(conn, account, start, transactions_max.clamp(1, 1000)).await)
            .await
    }

    /// Finds a receipt by its number, and how much of it has come back with which other receipts. `None` if the bank never issued it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn issued_receipt(&self, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
        self.open.readers.read(async |conn| chain::receipt(conn, number).await).await
    }

    /// Finds a receipt's token by its number. `None` if the bank never issued it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt(&self, number: &ReceiptNumber) -> Result<Option<String>, Fault> {
        Ok(self.issued_receipt(number).await?.map(|receipt| receipt.token))
    }

    /// The public keys with which the bank's receipts can be verified, oldest first. Only those are listed that a record
    /// of the journal made known.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn receipt_keys(&self) -> Result<Vec<VerifyingKey>, Fault> {
        self.open.readers.read(async |conn| self.open.known_keys.receipt_keys(conn).await).await
    }

    /// Adds up all balances, and compares them with the entries, transactions and lots. Reads the whole bank.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn trial_balance(&self) -> Result<TrialBalance, Fault> {
        self.open.readers.read(async |conn| trial_balance(conn).await).await
    }

    /// The number of records in the journal, and its tree's root (RFC 9162 §2.1.1).
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn journal_head(&self) -> Result<(u64, Digest), Fault> {
        self.open
            .readers
            .read(async |conn| {
                let head = record::head_again(conn).await?;
                Ok((head.frontier.size(), head.frontier.root()))
            })
            .await
    }
}

/// Writes down from now on how far the bank has grown, beside its key.
fn keep_head(home: &Arc<Home>, target: &Target, key_folder: &Path, seen: &Seen) -> Result<HeadKeeper, Fault> {
    let file = Arc::new(HeadFile::open(key_folder, seen));
    target.watch().write_down_in(Arc::clone(&file));
    // Nobody knows yet whether the database takes writes: the first who asks finds out.
    target.watch().refused();
    HeadKeeper::start(home, file)
}

/// Connects, and tries again for 5 seconds while another process is making the SQLite file and it answers "locked".
async fn open_patiently(target: &Target, create: bool) -> Result<Conn, Fault> {
    const ATTEMPTS_MAX: u32 = 200;
    let mut attempt = 0;
    loop {
        match Conn::open(target, create).await {
            Err(Fault::Database { reason, .. } | Fault::HeadHeld { reason, .. })
                if attempt < ATTEMPTS_MAX && reason.contains("locked") =>
            {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            outcome => return outcome,
        }
    }
}
