//! What you can read in a town's bank.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Ledger;
use crate::access::Access;
use crate::earn::Activity;
use crate::fault::Fault;
use crate::people::{CardNumber, MemberId};
use crate::shop::Offer;
use crate::statement::{
    StatementFrom, VolunteerStatement, VolunteerStatementPage, volunteer_statement, volunteer_statement_page,
};
use crate::store::grouped::Grouped;
use crate::store::member::{self, VolunteerAccount, VolunteerBalance};
use crate::store::offer::{self, CatalogueItem, StockOpened};
use crate::store::{Home, Target, activity, redemption, station};
use crate::time::{date_at, month_of};

/// The readings that group the questions of many callers.
#[derive(Debug)]
pub(super) struct Doors {
    accounts: Grouped<CardNumber, VolunteerAccount>,
    pub(super) access: Access,
}

impl Doors {
    pub(super) fn open(home: &Arc<Home>, target: &Target, read_only: bool) -> Result<Self, Fault> {
        let accounts =
            Grouped::start(home, target.clone(), |conn, cards| Box::pin(member::volunteer_accounts(conn, cards)))?;
        Ok(Self { accounts, access: Access::new(home, target.clone(), read_only)? })
    }

    pub(super) async fn close(&self) {
        self.accounts.close().await;
        self.access.close().await;
    }
}

impl Ledger {
    /// Lists every volunteer's balances, sorted by card number.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_balances(&self) -> Result<Vec<VolunteerBalance>, Fault> {
        self.open.readers.read(async |conn| member::volunteer_balances(conn).await).await
    }

    /// Draws a volunteer's whole statement, newest first. `None` if nobody has this card.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_statement(&self, card: CardNumber) -> Result<Option<VolunteerStatement>, Fault> {
        self.open.readers.read_by_keys(async |conn| volunteer_statement(conn, card, None).await).await
    }

    /// Draws a volunteer's statement again, as it was when the journal had so many records: it says the same, but for what was
    /// erased. `None` if the card's owner was not registered then, or the journal is not that long.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_statement_at(
        &self,
        card: CardNumber,
        size: u64,
    ) -> Result<Option<VolunteerStatement>, Fault> {
        self.open.readers.read_by_keys(async |conn| volunteer_statement(conn, card, Some(size)).await).await
    }

    /// Reads a volunteer's present balances and lots. `None` if nobody has this card. Callers
    /// who ask at the same time share one query.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_account(&self, card: CardNumber) -> Result<Option<VolunteerAccount>, Fault> {
        self.open.town.accounts.ask(card).await
    }

    /// Finds a member's card number. `None` if there is no such member.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn card_of_member(&self, member: MemberId) -> Result<Option<CardNumber>, Fault> {
        self.open.readers.read(async |conn| member::card_of_member(conn, member).await).await
    }

    /// How many pieces a member has had this month, by SKU. They count against the monthly limits.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn pieces_had(&self, member: MemberId) -> Result<BTreeMap<String, i64>, Fault> {
        let month = month_of(date_at(self.now(), self.zone()));
        self.open.readers.read(async |conn| redemption::pieces_had(conn, member, month).await).await
    }

    /// Reads a page of a volunteer's statement, newest first: up to `postings_max` postings (1 to 1,000). After the first
    /// page pass the last one's [`VolunteerStatementPage::next`]. `None` if nobody has this card, or had it at that size of the
    /// journal.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_statement_page(
        &self,
        card: CardNumber,
        from: impl Into<StatementFrom>,
        postings_max: usize,
    ) -> Result<Option<VolunteerStatementPage>, Fault> {
        let from = from.into();
        self.open
            .readers
            .read_by_keys(async |conn| volunteer_statement_page(conn, card, from, postings_max.clamp(1, 1000)).await)
            .await
    }

    /// Lists all offers by SKU, each with the pieces that are left at a station.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn catalogue(&self, station: &str) -> Result<Vec<CatalogueItem>, Fault> {
        self.open.readers.read(async |conn| offer::catalogue(conn, station).await).await
    }

    /// With how many pieces, or places, the stock of these stations was opened, by station and SKU; what has gone since is not
    /// taken off. What a station never had is left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn stock_opened(&self, stations: &[&str]) -> Result<StockOpened, Fault> {
        self.open.readers.read(async |conn| offer::stock_opened(conn, stations).await).await
    }

    /// The names of all stations, by code.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn station_names(&self) -> Result<BTreeMap<String, String>, Fault> {
        let stations = self.open.readers.read(async |conn| station::stations(conn).await).await?;
        Ok(stations.into_iter().map(|(code, station)| (code, station.name)).collect())
    }

    /// Finds activities by code. Codes that nobody has registered are left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn activities(&self, codes: &[&str]) -> Result<BTreeMap<String, Activity>, Fault> {
        let codes = || codes.iter().map(|code| (*code).to_owned()).collect();
        self.open.readers.read(async |conn| activity::activities(conn, codes()).await).await
    }

    /// Lists all offers by SKU, each in the version that is in force.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn offers(&self) -> Result<BTreeMap<String, Offer>, Fault> {
        self.open.readers.read(async |conn| offer::offers(conn).await).await
    }
}
