//! The ledger: open a bank, post commands, read what became of them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;

use crate::access::Access;
use crate::book::{Account, Address};
use crate::clock::{Clock, Randomness};
use crate::command::{Channel, Envelope};
use crate::decide::found;
use crate::earn::Activity;
use crate::effect::{BankRow, KeyRow};
use crate::fault::{Error, Fault};
use crate::people::CardNumber;
use crate::poster::{Posted, Poster, array, push_record};
use crate::proof::record::{RECORD_VERSION, RecordHeader};
use crate::proof::{Frontier, KeyPurpose, ReceiptNumber, SigningKey, VerifyingKey, sha256};
use crate::shop::Offer;
use crate::statement::{
    StatementStart, VolunteerStatement, VolunteerStatementPage, volunteer_statement, volunteer_statement_page,
};
use crate::store::conn::database;
use crate::store::grouped::Grouped;
use crate::store::load::Head;
use crate::store::read::{
    self, CatalogueItem, IssuedReceipt, StatementPage, TrialBalance, VolunteerAccount, VolunteerBalance,
};
use crate::store::readers::Readers;
use crate::store::tables::TableId;
use crate::store::write::{HeadMove, Rows, write_locked};
use crate::store::{Conn, Target, load, migrate};
use crate::text::is_code;
use crate::time::{date_at, day_of, month_of};
use crate::world::{Bank, World};
use crate::{key_file, proof};

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
}

impl Default for NewBank {
    fn default() -> Self {
        Self {
            issuer: "baoyulan".to_owned(),
            origin: "baoyulan.example/journal".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
            demo: false,
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
}

impl Options {
    /// To post to a bank, which is made where there is none.
    pub fn create(bank: NewBank) -> Self {
        Self { create: Some(bank), ..Self::existing() }
    }

    /// To post to a bank that exists.
    pub fn existing() -> Self {
        Self { create: None, read_only: false, key_folder: None, clock: Clock::Machine, randomness: Randomness::System }
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
    accounts: Grouped<CardNumber, VolunteerAccount>,
    access: Access,
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
        let existing = if migrate::is_migrated(&mut conn).await? { load::bank(&mut conn).await? } else { None };
        let bank = match (existing, &options.create) {
            (Some(bank), _) => bank,
            (None, Some(new)) if !options.read_only && !new.demo && !own => return Err(Fault::NotADemo),
            (None, Some(new)) if !options.read_only => make(&mut conn, &target, new, &options, &key_folder).await?,
            (None, _) => return Err(Fault::NoBank { url: target.shown().to_owned() }),
        };
        if !bank.row.demo && !own {
            return Err(Fault::NotADemo);
        }
        let mut ledger = Self {
            bank,
            readers: Readers::new(target.clone()),
            accounts: Grouped::start(target.clone(), |conn, cards| Box::pin(read::volunteer_accounts(conn, cards))),
            access: Access::new(target.clone(), options.read_only),
            clock: options.clock.clone(),
            key_folder: key_folder.clone(),
            poster: None,
            writer: None,
        };
        if options.read_only {
            return Ok(ledger);
        }
        let keys = read::receipt_keys(&mut conn).await?;
        let current = keys.last().ok_or_else(|| Fault::damaged("the bank has no key"))?;
        let key = Arc::new(key_file::read(&key_folder, &ledger.bank.row.bank_id, current.id())?);
        conn.prefer_keys().await?;
        let (poster, writer) = Poster::start(target, conn, options.clock, options.randomness, key);
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
        self.accounts.close().await;
        self.access.close().await;
        self.readers.close().await;
    }

    /// Credentials, sessions and PINs: what a service asks at every visit.
    pub fn access(&self) -> &Access {
        &self.access
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
        self.readers
            .read(async |conn| {
                let mut world = World::default();
                load::accounts(conn, &mut world, addresses, []).await?;
                Ok(addresses.iter().filter_map(|address| world.account(address).cloned()).collect())
            })
            .await
    }

    /// Every volunteer's balances, by card.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_balances(&self) -> Result<Vec<VolunteerBalance>, Fault> {
        self.readers.read(async |conn| read::volunteer_balances(conn).await).await
    }

    /// A page of an account's statement, newest first: up to `transactions_max` transactions from `start`, which is the
    /// page before's [`StatementPage::next`].
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn statement(
        &self,
        account: i64,
        start: Option<i64>,
        transactions_max: i64,
    ) -> Result<StatementPage, Fault> {
        self.readers
            .read(async |conn| read::statement(conn, account, start, transactions_max.clamp(1, 1000)).await)
            .await
    }

    /// A volunteer's statement, newest first, as it stands now; `None` where nobody has the card.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_statement(&self, card: CardNumber) -> Result<Option<VolunteerStatement>, Fault> {
        self.readers.read(async |conn| volunteer_statement(conn, card).await).await
    }

    /// A volunteer's account as it stands; `None` where nobody has the card. Many callers are answered by one statement.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_account(&self, card: CardNumber) -> Result<Option<VolunteerAccount>, Fault> {
        self.accounts.ask(card).await
    }

    /// The card of a member.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn card_of_member(&self, member: i64) -> Result<Option<CardNumber>, Fault> {
        self.readers.read(async |conn| read::card_of_member(conn, member).await).await
    }

    /// Pieces that a member has had this month, by SKU: what counts against monthly limits.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn pieces_had(&self, member: i64) -> Result<BTreeMap<String, i64>, Fault> {
        let month = month_of(date_at(self.now(), self.zone()));
        self.readers.read(async |conn| read::pieces_had(conn, member, month).await).await
    }

    /// A page of a volunteer's statement, newest first: up to `postings_max` postings, at least one, from `start`, which
    /// is the page before's [`VolunteerStatementPage::next`]. `None` where nobody has the card.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_statement_page(
        &self,
        card: CardNumber,
        start: Option<StatementStart>,
        postings_max: usize,
    ) -> Result<Option<VolunteerStatementPage>, Fault> {
        self.readers
            .read(async |conn| volunteer_statement_page(conn, card, start, postings_max.clamp(1, 1000)).await)
            .await
    }

    /// All offers and what is left of each at a station, by SKU.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn catalogue(&self, station: &str) -> Result<Vec<CatalogueItem>, Fault> {
        self.readers.read(async |conn| read::catalogue(conn, station).await).await
    }

    /// Names of stations by code.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn station_names(&self) -> Result<BTreeMap<String, String>, Fault> {
        self.readers.read(async |conn| read::station_names(conn).await).await
    }

    /// A receipt by its number, and whether it still stands.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn issued_receipt(&self, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
        self.readers.read(async |conn| read::receipt(conn, number).await).await
    }

    /// A receipt's token, by its number.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt(&self, number: &ReceiptNumber) -> Result<Option<String>, Fault> {
        Ok(self.issued_receipt(number).await?.map(|receipt| receipt.token))
    }

    /// Activities by code; those that are not registered are left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn activities(&self, codes: &[&str]) -> Result<HashMap<String, Activity>, Fault> {
        self.readers
            .read(async |conn| {
                let mut world = World::default();
                load::activities(conn, &mut world, codes.iter().copied()).await?;
                Ok(world.activities)
            })
            .await
    }

    /// The current offers.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn offers(&self) -> Result<HashMap<String, Offer>, Fault> {
        self.readers.read(async |conn| Ok(load::reference(conn).await?.0.offers)).await
    }

    /// The public keys of the bank's receipts.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn receipt_keys(&self) -> Result<Vec<VerifyingKey>, Fault> {
        self.readers.read(async |conn| read::receipt_keys(conn).await).await
    }

    /// The trial balance, and whether everything agrees with it.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn trial_balance(&self) -> Result<TrialBalance, Fault> {
        self.readers.read(async |conn| read::trial_balance(conn).await).await
    }

    /// The journal's size and root.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn journal_head(&self) -> Result<(u64, proof::Digest), Fault> {
        self.readers
            .read(async |conn| {
                let head = load::head(conn).await?;
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

/// Migrates and founds a bank, under the lock; where another process has just done so, takes what it made.
async fn make(
    conn: &mut Conn,
    target: &Target,
    new: &NewBank,
    options: &Options,
    key_folder: &std::path::Path,
) -> Result<Bank, Fault> {
    check_new(target, new)?;
    let now = options.clock.now();
    migrate::migrate_locked(conn, target, now).await?;
    if let Some(bank) = load::bank(conn).await? {
        conn.execute("COMMIT").await.map_err(database)?;
        return Ok(bank);
    }
    let mut random = [0; 16 + 32 + 16];
    options
        .randomness
        .fill(&mut random)
        .ok_or_else(|| Fault::Database { reason: "the operating system gives no random bytes".to_owned() })?;
    let (bank_id, rest) = random.split_at(16);
    let (seed, salt) = rest.split_at(32);
    let bank = BankRow {
        bank_id: HEXLOWER.encode(bank_id),
        demo: new.demo,
        issuer: new.issuer.clone(),
        origin: new.origin.clone(),
        time_zone: new.time_zone.clone(),
        format_version: RECORD_VERSION,
    };
    let key = SigningKey::from_seed(&array(seed));
    // The private half first: a bank whose key was lost in a crash must never exist. A key whose bank was is harmless.
    key_file::create(key_folder, &bank.bank_id, &key)?;
    write_founding(conn, bank, &key, array(salt), now).await?;
    load::bank(conn).await?.ok_or_else(|| Fault::damaged("the bank that was just founded"))
}

fn check_new(target: &Target, new: &NewBank) -> Result<(), Fault> {
    let bad = |reason: &str| Fault::BadUrl { url: target.shown().to_owned(), reason: reason.to_owned() };
    if !is_code(&new.issuer, proof::receipt::ISSUER_LENGTH_MAX) {
        return Err(bad("an issuer is 1 to 40 characters of [A-Za-z0-9._:/-]"));
    }
    if !is_code(&new.origin, 200) {
        return Err(bad("an origin is 1 to 200 characters of [A-Za-z0-9._:/-]"));
    }
    TimeZone::get(&new.time_zone)
        .map(drop)
        .map_err(|_| bad("its time zone is not one that is known; use a name like Asia/Shanghai"))
}

/// Writes record 0 into the open transaction, and commits it.
async fn write_founding(
    conn: &mut Conn,
    bank: BankRow,
    key: &SigningKey,
    salt: [u8; 16],
    now: i64,
) -> Result<(), Fault> {
    let zone = TimeZone::get(&bank.time_zone).unwrap_or(TimeZone::UTC);
    let header = RecordHeader {
        position: 0,
        credential: String::new(),
        id: Vec::new(),
        kind: "BANK".to_owned(),
        content_hash: Vec::new(),
        posted_at: now,
        effective_day: day_of(date_at(now, &zone)),
        actor: "bank".to_owned(),
        on_behalf_of: String::new(),
        channel: Channel::Host.number(),
        device: String::new(),
        reason: String::new(),
        policy_version: 0,
        reversed_position: -1,
    };
    let public = key.public();
    let key_row = KeyRow {
        kid: public.id().to_owned(),
        purpose: KeyPurpose::Receipt.number(),
        public: *public.as_bytes(),
        valid_from: now,
        valid_until: -1,
    };
    let effects = found(bank, key_row);
    let mut head = Head { frontier: Frontier::default(), posted_at: now, next_account: 0 };
    let mut rows = Rows::default();
    push_record(&mut rows, &mut head, header, &effects.rows, salt, None);
    let mut world = World::default();
    world.apply(0, &effects, None);
    for account in world.accounts.values() {
        rows.push(TableId::Balances, vec![account.id.into(), 0.into(), (-1).into(), account.state.number().into()]);
    }
    let head_move = HeadMove {
        from_size: 0,
        from_root: sha256(&[]),
        size: 1,
        root: head.frontier.root(),
        frontier: head.frontier.peaks(),
        posted_at: now,
        next_account: world.next_account,
    };
    let empty_root = HEXLOWER.encode(&head_move.from_root);
    let empty_root = match conn.engine() {
        crate::store::dialect::Engine::Sqlite => format!("x'{empty_root}'"),
        crate::store::dialect::Engine::Postgres => format!("'\\x{empty_root}'"),
    };
    let nothing = empty_root.replace(&HEXLOWER.encode(&head_move.from_root), "");
    let first = format!(
        "INSERT INTO ledger_head (slot, size, root, frontier, posted_at, next_account) VALUES (0, 0, {empty_root}, {nothing}, {now}, 0)"
    );
    conn.execute(&first).await.map_err(database)?;
    write_locked(conn, &head_move, rows).await.map_err(database)
}
