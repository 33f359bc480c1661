//! Requests beyond single commands: several that are posted together or not at all, and what would happen.

use super::Ledger;
use crate::fault::Fault;
use crate::poster::{AtomicOutcome, Outcome, Sequence, SubmittedAtomic, SubmittedRequests, dry_run};
use crate::request::{AtomicEnvelope, Request};

impl Ledger {
    /// Posts commands together or not at all, under one id, and waits until the outcome is durable. Each becomes a record of
    /// its own, at positions that follow one another. The same id and content again give the same answer.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::{Address, Class, Commodity};
    /// # use baoyulan_ledger::command::{Channel, Command, DefineCommodity, NewAccount, NewEntry, Post};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options, Rejection};
    /// use baoyulan_ledger::AtomicEnvelope;
    ///
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let cent = Commodity::new("CENT").unwrap();
    /// # ledger.ensure("shop", [DefineCommodity { commodity: cent.clone(), scale: 2 }.into()]).await?;
    /// # let (till, safe) = (Address::new("till").unwrap(), Address::new("safe").unwrap());
    /// # let open = |address: &Address| {
    /// #     Command::OpenAccount(NewAccount::new(address.clone(), Class::Asset, cent.clone()))
    /// # };
    /// # let transfer = Command::Post(Post {
    /// #     entries: vec![NewEntry::new(till.clone(), -500), NewEntry::new(safe.clone(), 500)],
    /// # });
    /// // The till has nothing that could be taken to the safe, so neither of them is opened.
    /// let id = uuid::Uuid::now_v7();
    /// let commands = vec![open(&till), open(&safe), transfer];
    /// let rejected = ledger.post_atomic(AtomicEnvelope::keyed(id, "till-1", Channel::Host, commands)).await?.unwrap_err();
    /// assert_eq!((rejected.failed, rejected.rejection.code().as_str()), (2, "below_floor"));
    /// assert_eq!(ledger.account(&till).await?, None);
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// A [`Fault`] if something broke: send the same again, under the same id.
    pub async fn post_atomic(&self, envelope: AtomicEnvelope) -> Result<AtomicOutcome, Fault> {
        self.submit_atomic(envelope).await?.outcome().await
    }

    /// Puts commands that are posted together or not at all into the writer's queue, and returns before it decides them.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit_atomic(&self, envelope: AtomicEnvelope) -> Result<SubmittedAtomic, Fault> {
        self.poster()?.submit_atomic(envelope, None).await
    }

    /// Puts requests of both sorts into the writer's queue, in this order, and returns before it decides them.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit_requests(&self, requests: Vec<Request>) -> Result<SubmittedRequests, Fault> {
        self.submit_requests_in(&Sequence::default(), requests).await
    }

    /// The same to requests that go on with a sequence.
    ///
    /// # Errors
    /// [`Fault::Closed`], [`Fault::ReadOnly`].
    pub async fn submit_requests_in(
        &self,
        sequence: &Sequence,
        requests: Vec<Request>,
    ) -> Result<SubmittedRequests, Fault> {
        self.poster()?.submit_requests(requests, sequence).await
    }

    /// Answers what would happen if these requests were posted now, in this order. Nothing is written, no id is looked up or
    /// used, and a bank that is opened for reading only answers too.
    ///
    /// The requests see what is committed, and each other. They are decided as a whole, in memory. Positions and times are
    /// those that they would have if nobody else posted; there are no receipts, and what chance decides comes out differently
    /// in earnest.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite://{}/shop.db", folder.path().display());
    /// # use baoyulan_ledger::book::Commodity;
    /// # use baoyulan_ledger::command::{Channel, Command, DefineCommodity, Envelope};
    /// # use baoyulan_ledger::{Ledger, NewBank, Options};
    /// # let ledger = Ledger::open(&url, Options::create(NewBank::new("shop"))).await?;
    /// # let define = DefineCommodity { commodity: Commodity::new("CENT").unwrap(), scale: 2 };
    /// let envelope = Envelope::unkeyed("till-1", Channel::Host, Command::DefineCommodity(define));
    /// let would_be = ledger.dry_run(vec![envelope.clone().into()]).await?.remove(0);
    /// assert_eq!(ledger.journal_head().await?.0, 1, "nothing was written");
    ///
    /// let posted = ledger.post(envelope).await?;
    /// assert_eq!(would_be.into_atomic().unwrap()[0].position, posted.position);
    /// # ledger.close().await;
    /// # anyhow::Ok(()) })?;
    /// # anyhow::Ok(())
    /// ```
    ///
    /// # Errors
    /// [`Fault::ClockAhead`], [`Fault::Database`], [`Fault::Damaged`].
    pub async fn dry_run(&self, requests: Vec<Request>) -> Result<Vec<Outcome>, Fault> {
        let clock = self.open.clock.clone();
        self.open.readers.read(async |conn| dry_run(conn, clock, requests).await).await
    }
}
