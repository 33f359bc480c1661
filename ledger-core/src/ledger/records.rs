//! Reads what was posted: a record by its position, what became of an id, an account with its place in the journal.

use super::Ledger;
use crate::book::{Account, Address};
use crate::command::Key;
use crate::fault::Fault;
use crate::store::account::accounts;
use crate::store::posted_record::{self, PostedRecord, StoredOutcome};
use crate::store::record;

impl Ledger {
    /// Reads a record by its position: who posted it, when, how and why, and what it moved. `None` if the journal is not that
    /// long.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::Commodity;
    /// # use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let cent = DefineCommodity { commodity: Commodity::new("CENT").unwrap(), scale: 2 };
    /// let posted = ledger.post(Envelope::unkeyed("till-1", Channel::Host, Command::DefineCommodity(cent))).await?;
    /// let record = ledger.record(posted.position).await?.unwrap();
    /// assert_eq!((record.kind.as_str(), record.actor.as_str()), ("CMDT", "till-1"));
    /// assert_eq!(ledger.record(posted.position + 1).await?, None);
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn record(&self, position: i64) -> Result<Option<PostedRecord>, Fault> {
        Ok(self.records(&[position]).await?.pop())
    }

    /// Reads records by their positions, in the order of the journal. Positions that it does not have are left out.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn records(&self, positions: &[i64]) -> Result<Vec<PostedRecord>, Fault> {
        self.open.readers.read(async |conn| posted_record::records(conn, positions).await).await
    }

    /// Reads what became of an id: its record (several where commands were posted together), or the refusal. `None` if nothing was posted under it, so that it is free.
    ///
    /// A command whose envelope or credential was wrong leaves no trace, and its id stays free.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::Address;
    /// # use baoyulan_ledger::command::{Channel, Command, Envelope, Key, NewEntry, Post};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options, Rejection, StoredOutcome};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// let id = Key { credential: "till-1".into(), id: uuid::Uuid::now_v7() };
    /// assert_eq!(ledger.outcome(&id).await?, None);
    ///
    /// let post = Post { entries: vec![NewEntry::new(Address::new("nowhere").unwrap(), 5)] };
    /// let envelope = Envelope::keyed(id.id, "till-1", Channel::Host, Command::Post(post));
    /// ledger.post(envelope).await.unwrap_err();
    /// let outcome = ledger.outcome(&id).await?.unwrap();
    /// let StoredOutcome::Refused { rejected, .. } = outcome else { unreachable!() };
    /// assert!(matches!(rejected.rejection, Rejection::UnknownAccount { .. }));
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn outcome(&self, id: &Key) -> Result<Option<StoredOutcome>, Fault> {
        self.open.readers.read(async |conn| posted_record::outcome(conn, id).await).await
    }

    /// Reads an account, and the position of the last record that it takes into account.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::Damaged`].
    pub async fn account_and_position(&self, address: &Address) -> Result<(Option<Account>, i64), Fault> {
        let read = self.open.readers.read(async |conn| {
            let head = record::head(conn).await?;
            let account = accounts(conn, std::slice::from_ref(address), &[]).await?.pop();
            Ok((account, head.frontier.size() as i64 - 1))
        });
        read.await
    }
}
