//! Posting in a transaction that the host has begun: the host's own rows and the ledger's are committed together, or not at all.

use super::Ledger;
use crate::command::Envelope;
use crate::fault::{Fault, Unfit};
use crate::poster::{self, Desk, PendingAnswer};
use crate::store::Conn;
use crate::store::dialect::Engine;
use crate::store::host::{check, confirm, lock};
use crate::store::lent::{HostConnection, lend};
use crate::store::savepoint::Savepoint;

impl Ledger {
    /// Posts commands in a transaction that you have begun, all of them in this order. They are committed with what you write
    /// there yourself, or vanish with it: this neither begins, commits nor rolls back.
    ///
    /// On SQLite, begin with `BEGIN IMMEDIATE`, over a connection to the bank's own file with `synchronous` at least FULL. On
    /// PostgreSQL, begin at READ COMMITTED, which is what a server does unless it is told otherwise; the connection goes to the
    /// database of the bank's schema, and its `search_path` does not show another bank.
    ///
    /// An outcome is pending until you have committed: it has no position and no receipt, and no other reader sees it. Then
    /// the command's id tells both: ask [`Self::outcome`], or send the same envelope again with [`Self::post`]. A rejection is stored under the id as
    /// soon as you commit, and not at all if you roll back. After a rejection or a fault your transaction is as usable as before;
    /// a fault undoes all that this call has written.
    ///
    /// From here on until you end it, your transaction holds the bank's head: nobody else posts meanwhile, in any process, and
    /// [`Self::post`] waits. So post last and commit soon, and never wait for [`Self::post`] before: after
    /// [`lock_seconds_max`](super::Options::lock_seconds_max) it ends in [`Fault::HeadHeld`]. On PostgreSQL this call waits no
    /// longer than that either, or than your own `lock_timeout` if you have set one.
    ///
    /// If you stop waiting for this call in the middle, all of the commands may be in your transaction, or none of them: roll
    /// back, or ask by id afterwards.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope};
    /// use baoyulan_ledger::sqlx::{self, Connection, SqliteConnection};
    /// use baoyulan_ledger::{Ledger, NewBank, Options, StoredOutcome};
    /// # use baoyulan_ledger::book::Commodity;
    /// # let euro = DefineCommodity { commodity: Commodity::new("EUR").unwrap(), scale: 2 };
    ///
    /// let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// let mut connection = SqliteConnection::connect(&url).await?;
    /// sqlx::query("CREATE TABLE orders (number INTEGER)").execute(&mut connection).await?;
    ///
    /// let envelope = Envelope::keyed(uuid::Uuid::now_v7(), "shop", Channel::Host, Command::DefineCommodity(euro));
    /// let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    /// sqlx::query("INSERT INTO orders VALUES (1)").execute(&mut *transaction).await?;
    /// let outcomes = ledger.post_in(&mut transaction, vec![envelope.clone()]).await?;
    /// assert!(outcomes[0].is_ok());
    /// transaction.commit().await?; // the order and the posting, together
    ///
    /// let outcome = ledger.outcome(&envelope.key.unwrap()).await?; // asks by id
    /// let Some(StoredOutcome::Posted(records)) = outcome else { unreachable!() };
    /// assert_eq!(records[0].position, 1);
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::Unfit`] if the ledger cannot post in this transaction, with the reason; [`Fault::HeadHeld`];
    /// [`Fault::ReadOnly`], [`Fault::Closed`], [`Fault::ClockAhead`], [`Fault::RolledBack`], [`Fault::Database`]. Nothing was changed.
    pub async fn post_in<'h>(
        &self,
        connection: impl Into<HostConnection<'h>>,
        envelopes: Vec<Envelope>,
    ) -> PendingAnswer {
        let desk = self.open.desk.as_ref().ok_or(Fault::opened_read_only())?;
        if self.poster()?.is_closed() {
            return Err(Fault::Closed);
        }
        let target = &self.open.target;
        target.watch().go_on()?;
        let connection = connection.into();
        if connection.engine() != target.engine() {
            return Err(other_engine(connection.engine()).into());
        }
        let mut savepoint = Savepoint::set(connection).await?;
        let (conn, served) = lend(target);
        let outcome = savepoint.serve(served, Box::pin(self.post_over(conn, desk, &envelopes))).await;
        savepoint.end(outcome).await
    }

    /// Posts over a connection that a host has lent, once its transaction holds the head.
    async fn post_over(&self, mut conn: Conn, desk: &Desk, envelopes: &[Envelope]) -> PendingAnswer {
        let target = &self.open.target;
        let settings = check(&mut conn, target).await?;
        lock(&mut conn, target, &settings).await?;
        let is_held = self.open.readers.is_head_held().await?;
        confirm(&mut conn, target, is_held).await?;
        let outcomes = Box::pin(poster::post_in(&mut conn, desk, envelopes)).await?;
        settings.restore(&mut conn).await?;
        Ok(outcomes)
    }
}

fn other_engine(found: Engine) -> Unfit {
    let found = match found {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    Unfit::OtherEngine { found: found.to_owned() }
}
