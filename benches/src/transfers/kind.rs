//! Measures one kind of transfers on a bank of its own.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::Envelope;
use baoyulan_ledger::store::dialect::Engine;

use super::commands::{Accounts, Ids, open_accounts, transfer};
use crate::callers::Measured;
use crate::ceilings::BULK;
use crate::place::Place;
use crate::posting::{CALLERS, CALLERS_MAX, close, post_envelopes, share};
use crate::table::grouped;

/// How transfers are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sent {
    /// One caller sends this many together.
    Batches(usize),
    /// This many callers send them one by one.
    Singly(usize),
}

/// A kind of transfers: accounts, ids, and how they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Transfers {
    pub accounts: Accounts,
    pub ids: Ids,
    pub sent: Sent,
}

impl Transfers {
    /// A kind with ids in the order of time.
    pub fn new(accounts: Accounts, sent: Sent) -> Self {
        Self { accounts, ids: Ids::InOrder, sent }
    }

    /// Between random accounts, in the largest batches.
    pub fn in_large_batches() -> Self {
        Self::new(Accounts::Uniform, Sent::Batches(BULK[1]))
    }

    /// Between random accounts, from the most callers, under random ids.
    pub fn with_random_ids() -> Self {
        Self { ids: Ids::Random, ..Self::new(Accounts::Uniform, Sent::Singly(CALLERS_MAX)) }
    }

    /// Lists all kinds in the order of the tables.
    pub fn all() -> Vec<Self> {
        let sent: Vec<Sent> = BULK.map(Sent::Batches).into_iter().chain(CALLERS.map(Sent::Singly)).collect();
        let between = |accounts| sent.iter().map(move |sent| Self::new(accounts, *sent));
        let mut all: Vec<Self> = between(Accounts::Uniform).collect();
        all.push(Self::with_random_ids());
        all.extend(between(Accounts::OneHot));
        all
    }

    /// The name that builds use among themselves; it never changes.
    pub fn name(self) -> String {
        let accounts = match self.accounts {
            Accounts::Uniform => "uniform",
            Accounts::OneHot => "one-hot",
        };
        let sent = match self.sent {
            Sent::Batches(size) => format!("batches/{size}"),
            Sent::Singly(callers) => format!("callers/{callers}"),
        };
        match self.ids {
            Ids::InOrder => format!("{accounts}/{sent}"),
            Ids::Random => format!("{accounts}/{sent}/{}", self.ids.name()),
        }
    }

    /// The title in a table.
    pub fn title(self) -> String {
        let mut title = "**transfers**".to_owned();
        if self.accounts == Accounts::OneHot {
            title += ", one hot account";
        }
        if self.ids == Ids::Random {
            title += ", random ids";
        }
        if let Sent::Batches(size) = self.sent {
            title += &format!(", batches of {}", grouped(size as u64));
        }
        title
    }

    /// How many callers send them.
    pub fn callers(self) -> usize {
        match self.sent {
            Sent::Batches(_) => 1,
            Sent::Singly(callers) => callers,
        }
    }

    /// Measures this kind on a new bank. If transfers are sent together, a latency is that of the batch.
    ///
    /// # Errors
    /// The first transfer that is not accepted.
    pub async fn measure(self, engine: Engine, commands: usize) -> Result<Measured> {
        let place = Place::new(engine).await?;
        let ledger = Arc::new(place.open_bank().await?);
        open_accounts(&ledger).await?;
        let measured = match self.sent {
            Sent::Batches(size) => {
                let batches = batches(self.accounts, self.ids, size, commands)?;
                place.settle().await?;
                post_batches(&ledger, batches).await?
            }
            Sent::Singly(callers) => {
                place.settle().await?;
                let envelope = move |number| transfer(self.accounts, self.ids, number);
                post_envelopes(&ledger, callers, share(commands, callers), envelope).await?
            }
        };
        close(ledger).await?;
        place.remove().await?;
        Ok(measured)
    }
}

/// Makes at least this many transfers, in full batches.
///
/// # Errors
/// Never happens: all transfers are valid.
pub fn batches(accounts: Accounts, ids: Ids, size: usize, transfers: usize) -> Result<Vec<Vec<Envelope>>> {
    let batch = |batch| (batch * size..(batch + 1) * size).map(|number| transfer(accounts, ids, number)).collect();
    (0..transfers.div_ceil(size)).map(batch).collect()
}

/// Posts the transfers with these numbers through the hot account, in full batches. Before the first, it opens the accounts.
///
/// # Errors
/// The first transfer that is not accepted.
pub async fn post_hot(ledger: &Ledger, numbers: std::ops::Range<usize>) -> Result<()> {
    if numbers.start == 0 {
        open_accounts(ledger).await?;
    }
    let size = BULK[BULK.len() - 1];
    for from in numbers.clone().step_by(size) {
        let batch = (from..numbers.end.min(from + size)).map(|number| transfer(Accounts::OneHot, Ids::InOrder, number));
        for outcome in ledger.post_all(batch.collect::<Result<_>>()?).await? {
            outcome?;
        }
    }
    Ok(())
}

/// Posts one batch after the other.
///
/// # Errors
/// The first transfer that is not accepted.
pub async fn post_batches(ledger: &Ledger, batches: Vec<Vec<Envelope>>) -> Result<Measured> {
    let count = batches.iter().map(Vec::len).sum();
    let mut latencies = Vec::with_capacity(batches.len());
    let start = Instant::now();
    for batch in batches {
        let asked = Instant::now();
        for outcome in ledger.post_all(batch).await? {
            let posted = outcome?;
            ensure!(!posted.replayed, "position {} was posted before", posted.position);
        }
        latencies.push(asked.elapsed());
    }
    Ok(Measured::of(count, start.elapsed(), latencies))
}
