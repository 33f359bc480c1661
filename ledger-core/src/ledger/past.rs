//! Reads the past: an account as of a position, its entries newest first, its balance by effective day; and holds.

use super::Ledger;
use crate::book::{Account, Address};
use crate::fault::Fault;
use crate::store::account::accounts;
use crate::store::hold::{PlacedHold, placed_hold};
use crate::store::milestone::{AccountAt, Which, account_at, last_position};
use crate::store::record;
use crate::store::statement::{StatementPage, statement, sum_until_day};
use crate::time::Day;

/// How many transactions a page of an account's history has at most.
pub const HISTORY_TRANSACTIONS_MAX: usize = 1000;

/// An account's balance by effective day, as it is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceOn {
    /// The account as it is now.
    pub account: Account,
    /// The sum of its entries that count for the day or an earlier one: smallest units, debits positive. It may lie beyond what
    /// a balance can be.
    pub balance: i128,
    /// The position of the last record that is counted in. A later one may count for an earlier day.
    pub position: i64,
}

impl BalanceOn {
    /// The balance on the account's normal side.
    pub fn normal_balance(&self) -> i128 {
        self.balance * i128::from(self.account.class.normal_sign())
    }
}

impl Ledger {
    /// Reads an account as it was after the record at a position: its balance, state, lots and what holds had reserved of it.
    /// `None` if there was no account at this address yet, or the journal is not that long.
    ///
    /// It reads at most 64 of the account's records (where the account has more lots and pieces in holds than that, twice as many
    /// as those) and one milestone, however many records there are.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::{Address, Class, Commodity};
    /// # use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope, NewAccount, NewEntry, Post};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let cent = Commodity::new("CENT").unwrap();
    /// # let (till, fund) = (Address::new("till").unwrap(), Address::new("fund").unwrap());
    /// # let open_till = NewAccount::new(till.clone(), Class::Asset, cent.clone());
    /// # let open_fund = NewAccount { floor: None, ..NewAccount::new(fund.clone(), Class::Equity, cent.clone()) };
    /// # let define = DefineCommodity { commodity: cent, scale: 2 };
    /// # ledger.ensure("shop", [define.into(), open_till.into(), open_fund.into()]).await?;
    /// # let add = |quantity| {
    /// #     let entries = vec![NewEntry::new(till.clone(), quantity), NewEntry::new(fund.clone(), -quantity)];
    /// #     Envelope::unkeyed("till-1", Channel::Host, Command::Post(Post { entries }))
    /// # };
    /// let first = ledger.post(add(500)).await?;
    /// ledger.post(add(200)).await?;
    /// let then = ledger.account_at(&till, first.position).await?.unwrap();
    /// assert_eq!((then.account.balance, then.posted_at), (500, first.posted_at));
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn account_at(&self, address: &Address, position: i64) -> Result<Option<AccountAt>, Fault> {
        self.open.readers.read_by_keys(async |conn| account_at(conn, Which::Address(address), position).await).await
    }

    /// Adds up an account's entries that count for a day or an earlier one. `None` if there is no account at this address.
    ///
    /// It reads all transactions of the account, a few microseconds each: for reports, not for every request.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn balance_on(&self, address: &Address, day: Day) -> Result<Option<BalanceOn>, Fault> {
        self.open
            .readers
            .read_by_keys(async |conn| {
                let Some(account) = accounts(conn, std::slice::from_ref(address), &[]).await?.pop() else {
                    return Ok(None);
                };
                let position = record::last(conn).await?;
                let balance = sum_until_day(conn, &account, day).await?;
                Ok(Some(BalanceOn { account, balance, position }))
            })
            .await
    }

    /// Reads a page of an account's entries, newest first: up to `transactions_max` transactions (1 to 1,000) at positions
    /// before `before`, or from the latest. For the next page pass the position of this one's last line. `None` if there is no
    /// account at this address.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn history(
        &self,
        address: &Address,
        before: Option<i64>,
        transactions_max: usize,
    ) -> Result<Option<StatementPage>, Fault> {
        let limit = i64::try_from(transactions_max.clamp(1, HISTORY_TRANSACTIONS_MAX)).unwrap_or(1);
        self.open
            .readers
            .read_by_keys(async |conn| {
                let last = record::last(conn).await?;
                let until = before.map_or(last, |before| last.min(before.saturating_sub(1)));
                let found = last_position(conn, Which::Address(address), until).await?;
                if let Some((account, start)) = found {
                    return Ok(Some(statement(conn, account, Some(start), limit).await?));
                }
                let is_there = !accounts(conn, std::slice::from_ref(address), &[]).await?.is_empty();
                Ok(is_there.then(|| StatementPage { lines: Vec::new(), next: None }))
            })
            .await
    }

    /// Finds a hold by its code, with what was put into it and what is left. `None` if no hold has this code.
    ///
    /// Whether it still holds anything depends on the time: [`Hold::is_in_force`](crate::book::Hold::is_in_force).
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn hold(&self, code: &str) -> Result<Option<PlacedHold>, Fault> {
        self.open.readers.read_by_keys(async |conn| placed_hold(conn, code).await).await
    }
}
