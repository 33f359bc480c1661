//! What is read of a town's bank.

use std::collections::BTreeMap;

use super::Ledger;
use crate::access::Access;
use crate::earn::Activity;
use crate::fault::Fault;
use crate::people::{CardNumber, MemberId};
use crate::shop::Offer;
use crate::statement::{
    StatementStart, VolunteerStatement, VolunteerStatementPage, volunteer_statement, volunteer_statement_page,
};
use crate::store::grouped::Grouped;
use crate::store::member::{self, VolunteerAccount, VolunteerBalance};
use crate::store::offer::{self, CatalogueItem};
use crate::store::{Target, activity, redemption, station};
use crate::time::{date_at, month_of};

/// What many callers ask at once.
#[derive(Debug)]
pub(super) struct Doors {
    accounts: Grouped<CardNumber, VolunteerAccount>,
    pub(super) access: Access,
}

impl Doors {
    pub(super) fn open(target: &Target, read_only: bool) -> Self {
        let accounts = Grouped::start(target.clone(), |conn, cards| Box::pin(member::volunteer_accounts(conn, cards)));
        Self { accounts, access: Access::new(target.clone(), read_only) }
    }

    pub(super) async fn close(self) {
        self.accounts.close().await;
        self.access.close().await;
    }
}

impl Ledger {
    /// Every volunteer's balances, by card.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn volunteer_balances(&self) -> Result<Vec<VolunteerBalance>, Fault> {
        self.readers.read(async |conn| member::volunteer_balances(conn).await).await
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
        self.town.accounts.ask(card).await
    }

    /// The card of a member.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn card_of_member(&self, member: MemberId) -> Result<Option<CardNumber>, Fault> {
        self.readers.read(async |conn| member::card_of_member(conn, member).await).await
    }

    /// Pieces that a member has had this month, by SKU: what counts against monthly limits.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn pieces_had(&self, member: MemberId) -> Result<BTreeMap<String, i64>, Fault> {
        let month = month_of(date_at(self.now(), self.zone()));
        self.readers.read(async |conn| redemption::pieces_had(conn, member, month).await).await
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
        self.readers.read(async |conn| offer::catalogue(conn, station).await).await
    }

    /// Names of stations by code.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn station_names(&self) -> Result<BTreeMap<String, String>, Fault> {
        let stations = self.readers.read(async |conn| station::stations(conn).await).await?;
        Ok(stations.into_iter().map(|(code, station)| (code, station.name)).collect())
    }

    /// Activities by code; those that are not registered are left out.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn activities(&self, codes: &[&str]) -> Result<BTreeMap<String, Activity>, Fault> {
        let codes = || codes.iter().map(|code| (*code).to_owned()).collect();
        self.readers.read(async |conn| activity::activities(conn, codes()).await).await
    }

    /// All offers by SKU, in the version in force.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn offers(&self) -> Result<BTreeMap<String, Offer>, Fault> {
        self.readers.read(async |conn| offer::offers(conn).await).await
    }
}
