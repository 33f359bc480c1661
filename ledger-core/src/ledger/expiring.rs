//! Expiry: what lies in expired lots is posted to breakage, and lapsed holds are closed, page by page.
//!
//! It can be stopped at any moment and run again, and several may run at once: what one has posted the other finds no more.

use std::collections::{BTreeMap, VecDeque};

use super::Ledger;
use crate::book::{AccountId, Commodity, Expire, HoldId};
use crate::command::{Channel, Command, Envelope};
use crate::fault::{Error, Fault};
use crate::poster::{Posted, Submitted};
use crate::reject::{Expected, Field, Rejection};
use crate::store::account::accounts;
use crate::store::expiry::{DuePage, due_page, holds_closed};
use crate::store::record;

/// How many account numbers are looked through at a time. Nobody else's command waits for more than two pages.
const PAGE_ACCOUNTS: i64 = 4096;
/// How many accounts, or holds, one record has at most.
const RECORD_MAX: usize = 512;
/// How many pages are on their way to the writer: while it writes one, it decides the next.
const PAGES_SUBMITTED_MAX: usize = 2;

/// What an expiry has posted, or would post.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// The instant, UTC seconds: what had expired or lapsed by then.
    pub until: i64,
    /// What went to breakage, by commodity.
    pub commodities: BTreeMap<Commodity, ExpiredQuantity>,
    /// How many lapsed holds were closed.
    pub holds: u64,
    /// How many records it took; 0 where nothing was posted.
    pub records: u64,
}

/// What went to breakage of one commodity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpiredQuantity {
    /// How many accounts had something in expired lots.
    pub accounts: u64,
    /// How many lots.
    pub lots: u64,
    /// Smallest units.
    pub quantity: i128,
}

impl Expired {
    fn at(until: i64) -> Self {
        Self { until, ..Self::default() }
    }

    /// Adds what one account has lost: the quantities of its lots.
    fn add(&mut self, commodity: &Commodity, lots: impl IntoIterator<Item = i64>) {
        let of_commodity = self.commodities.entry(commodity.clone()).or_default();
        of_commodity.accounts += 1;
        for quantity in lots {
            of_commodity.lots += 1;
            of_commodity.quantity += i128::from(quantity);
        }
    }

    /// Adds what a record has posted. The lots are those of the accounts; breakage has none.
    fn add_posted(&mut self, posted: &Posted) {
        self.records += 1;
        for entries in posted.entries.chunk_by(|one, other| one.account == other.account) {
            if let Some(first) = entries.first().filter(|entry| entry.lot != 0) {
                self.add(&first.commodity, entries.iter().map(|entry| entry.quantity.abs()));
            }
        }
    }
}

impl Ledger {
    /// Posts to breakage what lies in lots that had expired at `until` (UTC seconds; `None`: now), and closes the holds that had
    /// lapsed. Frozen accounts too. It changes no answer about what can be spent. `on_progress` hears how many accounts were
    /// looked through, and of how many.
    ///
    /// If it is stopped, or something breaks, what was posted stays: call it again.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// use baoyulan_ledger::command::Channel;
    /// use baoyulan_ledger::{Ledger, NewBank, Options};
    ///
    /// let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// let expired = ledger.expire("night-run", Channel::Host, None, |_done, _all| {}).await?;
    /// assert_eq!((expired.records, expired.holds), (0, 0)); // nothing has ever been posted
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Rejected`] if `until` is later than now, or breakage takes no entries. [`Error::Fault`] if something broke.
    pub async fn expire(
        &self,
        actor: &str,
        channel: Channel,
        until: Option<i64>,
        mut on_progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Expired, Error> {
        let mut run = Run { ledger: self, summary: Expired::at(self.expiry_until(until)?), submitted: VecDeque::new() };
        let all = self.accounts_opened().await?;
        for first in (0..all).step_by(PAGE_ACCOUNTS as usize) {
            let end = all.min(first + PAGE_ACCOUNTS);
            let page = self.due_page(first, end, run.summary.until).await?;
            let envelopes = envelopes(&page, run.summary.until, actor, channel);
            let is_empty = envelopes.is_empty();
            if !is_empty {
                run.submitted.push_back((self.submit(envelopes).await?, end));
            }
            // While the last one is with the writer, the next page is read.
            let left = if is_empty { 0 } else { PAGES_SUBMITTED_MAX - 1 };
            while run.submitted.len() > left {
                on_progress(run.answered().await? as u64, all as u64);
            }
            if is_empty {
                on_progress(end as u64, all as u64);
            }
        }
        while !run.submitted.is_empty() {
            on_progress(run.answered().await? as u64, all as u64);
        }
        Ok(run.summary)
    }

    /// What [`Self::expire`] would post if nobody posted anything meanwhile. It only reads.
    ///
    /// # Errors
    /// [`Error::Rejected`] if `until` is later than now; [`Error::Fault`].
    pub async fn expired(
        &self,
        until: Option<i64>,
        mut on_progress: impl FnMut(u64, u64) + Send,
    ) -> Result<Expired, Error> {
        let mut summary = Expired::at(self.expiry_until(until)?);
        let all = self.accounts_opened().await?;
        for first in (0..all).step_by(PAGE_ACCOUNTS as usize) {
            let end = all.min(first + PAGE_ACCOUNTS);
            let DuePage { accounts: numbers, holds } = self.due_page(first, end, summary.until).await?;
            let now = self.now();
            for account in self.open.readers.read(async |conn| accounts(conn, &[], &numbers).await).await? {
                let lots: Vec<i64> = account.due_lots(summary.until, now).map(|(_, free)| free).collect();
                if !lots.is_empty() {
                    summary.add(&account.commodity, lots);
                }
            }
            summary.holds += holds.len() as u64;
            on_progress(end as u64, all as u64);
        }
        Ok(summary)
    }

    fn expiry_until(&self, until: Option<i64>) -> Result<i64, Error> {
        let now = self.now();
        let until = until.unwrap_or(now);
        if until > now {
            return Err(Rejection::field(Field::Until, Expected::NotLaterThanNow).into());
        }
        Ok(until)
    }

    /// How many accounts were ever opened: their numbers are those below.
    async fn accounts_opened(&self) -> Result<i64, Fault> {
        self.open.readers.read(async |conn| Ok(record::head(conn).await?.next_account.0)).await
    }

    async fn due_page(&self, first: i64, end: i64, until: i64) -> Result<DuePage, Fault> {
        self.open.readers.read(async |conn| due_page(conn, AccountId(first), AccountId(end), until).await).await
    }
}

/// The commands for a page. They need no ids: what was posted before is found no more.
fn envelopes(page: &DuePage, until: i64, actor: &str, channel: Channel) -> Vec<Envelope> {
    let envelope = |accounts: &[AccountId], holds: &[HoldId]| {
        let (accounts, holds) = (accounts.to_vec(), holds.to_vec());
        Envelope::unkeyed(actor, channel, Command::Expire(Expire { until, accounts, holds }))
    };
    let of_accounts = page.accounts.chunks(RECORD_MAX).map(|accounts| envelope(accounts, &[]));
    let of_holds = page.holds.chunks(RECORD_MAX).map(|holds| envelope(&[], holds));
    of_accounts.chain(of_holds).collect()
}

/// An expiry on its way.
struct Run<'a> {
    ledger: &'a Ledger,
    summary: Expired,
    /// The pages that are with the writer, and the account number at which each ends.
    submitted: VecDeque<(Submitted, i64)>,
}

impl Run<'_> {
    /// Waits for the first page, adds up what it has posted, and returns where it ends.
    async fn answered(&mut self) -> Result<i64, Error> {
        let Some((submitted, end)) = self.submitted.pop_front() else { return Ok(0) };
        let mut without_entries = Vec::new();
        for outcome in submitted.outcomes().await? {
            match outcome {
                Ok(posted) => {
                    self.summary.add_posted(&posted);
                    without_entries.extend(posted.entries.is_empty().then_some(posted.position));
                }
                // Somebody else has posted it meanwhile, or all of it is reserved.
                Err(Rejection::NothingExpired) => {}
                Err(rejection) => return Err(rejection.into()),
            }
        }
        // What has no entries has closed holds.
        if !without_entries.is_empty() {
            let readers = &self.ledger.open.readers;
            self.summary.holds += readers.read(async |conn| holds_closed(conn, &without_entries).await).await?;
        }
        Ok(end)
    }
}
