//! Set-up that a program may run at every start.

use crate::book::{Account, CommodityRow};
use crate::command::{Channel, Command, DefineCommodity, Envelope, NewAccount};
use crate::fault::Error;
use crate::ledger::Ledger;
use crate::store::commodity::commodities;

/// What a program needs in its bank before it can post: see [`Ledger::ensure`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// What can be counted.
    Commodity(DefineCommodity),
    /// An account. Whatever it holds by now, and whether it is open, is left as it is.
    Account(NewAccount),
}

impl From<DefineCommodity> for Definition {
    fn from(commodity: DefineCommodity) -> Self {
        Self::Commodity(commodity)
    }
}

impl From<NewAccount> for Definition {
    fn from(account: NewAccount) -> Self {
        Self::Account(account)
    }
}

impl From<Definition> for Command {
    fn from(definition: Definition) -> Self {
        match definition {
            Definition::Commodity(commodity) => Self::DefineCommodity(commodity),
            Definition::Account(account) => Self::OpenAccount(account),
        }
    }
}

impl Ledger {
    /// Makes sure that these commodities and accounts are defined, in this order. What is there already, as it is defined here, is
    /// not posted again: a program can call this at every start, and several may at the same time.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// use baoyulan_ledger::book::{Address, Class, Commodity};
    /// use baoyulan_ledger::command::{DefineCommodity, NewAccount};
    /// use baoyulan_ledger::{Ledger, NewBank, Options};
    ///
    /// let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// let yuan = Commodity::new("CNY").unwrap();
    /// let till = NewAccount::new(Address::new("till").unwrap(), Class::Asset, yuan.clone());
    /// for _start in 0..3 {
    ///     let definitions = [DefineCommodity { commodity: yuan.clone(), scale: 2 }.into(), till.clone().into()];
    ///     ledger.ensure("shop", definitions).await?;
    /// }
    /// assert_eq!(ledger.journal_head().await?.0, 3); // the founding, CNY, and the till
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Rejected`] at the first one that is defined otherwise, or that no rule lets in; those before it are there. Or
    /// [`Error::Fault`]: call it again.
    pub async fn ensure(&self, actor: &str, definitions: impl IntoIterator<Item = Definition>) -> Result<(), Error> {
        let mut definitions: Vec<Definition> = definitions.into_iter().collect();
        let addresses: Vec<_> =
            definitions.iter().filter_map(Definition::account).map(|new| new.address.clone()).collect();
        let accounts = self.balances(&addresses).await?;
        let commodities = self.open.readers.read(async |conn| commodities(conn).await).await?;
        definitions.retain(|definition| !definition.is_there(&accounts, &commodities));
        let envelope = |definition: Definition| Envelope::unkeyed(actor, Channel::Host, definition.into());
        for outcome in self.post_all(definitions.into_iter().map(envelope).collect()).await? {
            outcome?;
        }
        Ok(())
    }
}

impl Definition {
    fn account(&self) -> Option<&NewAccount> {
        match self {
            Self::Account(account) => Some(account),
            Self::Commodity(_) => None,
        }
    }

    /// Whether the bank has it as it is defined here.
    fn is_there(&self, accounts: &[Account], commodities: &[CommodityRow]) -> bool {
        match self {
            Self::Account(new) => accounts.iter().any(|account| new.is_definition_of(account)),
            Self::Commodity(DefineCommodity { commodity, scale }) => {
                let is_it = |row: &CommodityRow| row.commodity == *commodity && row.scale == *scale;
                commodities.iter().any(is_it)
            }
        }
    }
}
