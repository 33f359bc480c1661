//! Reads limits over time: which there are, and how they stand with an account.

use super::Ledger;
use crate::book::usage::LimitOfAccount;
use crate::book::{Address, SetLimit};
use crate::fault::Fault;
use crate::store::limit;

impl Ledger {
    /// Lists the limits in force, in the order of their codes.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn limits(&self) -> Result<Vec<SetLimit>, Fault> {
        self.open.readers.read(async |conn| limit::in_force(conn).await).await
    }

    /// Lists the limits that are of an account, each with what is used of it now. `None` if there is no account at this address.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::{Address, Class, Commodity};
    /// # use baoyulan_ledger::command::{
    /// #     Channel, Command, DefineCommodity, Envelope, LimitedAccounts, NewAccount, NewEntry, Post, SetLimit, Side, Window,
    /// # };
    /// # use baoyulan_ledger::{Ledger, NewBank, Options};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let cent = Commodity::new("CENT").unwrap();
    /// # let (till, fund) = (Address::new("till").unwrap(), Address::new("fund").unwrap());
    /// # let open_till = NewAccount::new(till.clone(), Class::Asset, cent.clone());
    /// # let open_fund = NewAccount { floor: None, ..NewAccount::new(fund.clone(), Class::Equity, cent.clone()) };
    /// # let define = DefineCommodity { commodity: cent, scale: 2 };
    /// # ledger.ensure("shop", [define.into(), open_till.into(), open_fund.into()]).await?;
    /// # let envelope = |command| Envelope::unkeyed("till-1", Channel::Host, command);
    /// let (limit, accounts) = ("till-a-day".to_owned(), LimitedAccounts::One(till.clone()));
    /// let set = SetLimit { limit, accounts, side: Side::In, window: Window::Day, quantity: 1_000 };
    /// ledger.post(envelope(Command::SetLimit(set.clone()))).await?;
    /// let entries = vec![NewEntry::new(till.clone(), 300), NewEntry::new(fund, -300)];
    /// ledger.post(envelope(Command::Post(Post { entries }))).await?;
    /// let limits = ledger.limits_of(&till).await?.unwrap();
    /// assert_eq!((&limits[0].limit, limits[0].used), (&set, 300));
    /// # assert_eq!(ledger.limits().await?, [set]);
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn limits_of(&self, address: &Address) -> Result<Option<Vec<LimitOfAccount>>, Fault> {
        let now = self.now();
        self.open.readers.read_by_keys(async |conn| limit::of_account(conn, address, now).await).await
    }
}
