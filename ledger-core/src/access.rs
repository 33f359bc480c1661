//! Access: credentials, PINs, sessions, login links and visits at a kiosk. No rule reads sessions, login links, visits or
//! wrong PINs.
//!
//! Commands set credentials and PINs, and the journal records that; this module looks them up. Sessions, login links,
//! visits and wrong PINs are kept beside the journal and deleted when they are over.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::fault::Fault;
use crate::people::{CardNumber, Credential, Door, MemberId};
use crate::proof::Digest;
use crate::store::conn::of_commit;
use crate::store::grouped::Grouped;
pub use crate::store::login_link::LINK_SECONDS_MAX;
pub use crate::store::pin::PinCheck;
pub use crate::store::session::{Entrant, Session};
pub use crate::store::visit::Visit;
use crate::store::{Conn, Home, Target, credential, login_link, pin, record, session, visit};

/// Looks up who may act, and keeps sessions. Get it from [`crate::Ledger::access`].
#[derive(Debug)]
pub struct Access {
    home: Arc<Home>,
    target: Target,
    read_only: bool,
    credentials: Grouped<String, Credential>,
    sessions: Grouped<Digest, Session>,
    visits: Grouped<Digest, Visit>,
    /// The connection for writing. One is enough: people type slowly.
    desk: Mutex<Option<Conn>>,
}

impl Access {
    pub(crate) fn new(home: &Arc<Home>, target: Target, read_only: bool) -> Result<Self, Fault> {
        Ok(Self {
            credentials: Grouped::start(home, target.clone(), |conn, codes| Box::pin(credentials(conn, codes)))?,
            sessions: Grouped::start(home, target.clone(), |conn, tokens| Box::pin(sessions(conn, tokens)))?,
            visits: Grouped::start(home, target.clone(), |conn, tokens| Box::pin(visits(conn, tokens)))?,
            desk: Mutex::new(None),
            home: Arc::clone(home),
            target,
            read_only,
        })
    }

    /// Finds a credential by its code, even a revoked one. `None` if no credential has this code.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn credential(&self, code: &str) -> Result<Option<Credential>, Fault> {
        self.credentials.ask(code.to_owned()).await
    }

    /// Lists all credentials, also the revoked ones, sorted by code.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn all_credentials(&self) -> Result<Vec<Credential>, Fault> {
        let codes = self.at_desk(|conn| Box::pin(credential::credential_codes(conn))).await?;
        let mut all: Vec<Credential> =
            self.at_desk(move |conn| Box::pin(credentials(conn, codes))).await?.into_values().collect();
        all.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(all)
    }

    /// Finds a session by the SHA-256 of its token, even one that has expired and is not deleted yet. One whose volunteer has
    /// had a PIN or a card's state set since is not found.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn session(&self, token_hash: Digest) -> Result<Option<Session>, Fault> {
        self.sessions.ask(token_hash).await
    }

    /// Opens a session, and deletes those that have expired.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn open_session(&self, session: Session) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(async move { session::open(conn, &session).await })).await
    }

    /// Moves a session's end to `expires_at` (UTC seconds), if that is a minute later at least: most pages write nothing.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn extend_session(&self, session: &Session, expires_at: i64) -> Result<(), Fault> {
        if !session.is_worth_extending(expires_at) {
            return Ok(());
        }
        let token_hash = session.token_hash;
        self.write(move |conn| Box::pin(session::extend(conn, token_hash, expires_at))).await
    }

    /// Ends the session with this token hash, if there is one.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn close_session(&self, token_hash: Digest) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close(conn, token_hash))).await
    }

    /// Ends all sessions of a volunteer, on every device.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn close_sessions_of_member(&self, member: MemberId) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close_of(conn, Some(member), String::new()))).await
    }

    /// Ends all sessions that were opened with a credential.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn close_sessions_of_credential(&self, credential: String) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close_of(conn, None, credential))).await
    }

    /// Finds a visit by the SHA-256 of its token, even one that is over and is not deleted yet.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn visit(&self, token_hash: Digest) -> Result<Option<Visit>, Fault> {
        self.visits.ask(token_hash).await
    }

    /// Opens a visit, and deletes all that were opened at `forget_until` (UTC seconds) or before.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn open_visit(&self, visit: Visit, forget_until: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(async move { visit::open(conn, &visit, forget_until).await })).await
    }

    /// Writes down that a visit was used at `now` (UTC seconds), if it is still open.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn use_visit(&self, token_hash: Digest, now: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(visit::used(conn, token_hash, now))).await
    }

    /// Ends the visit with this token hash, if there is one.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn close_visit(&self, token_hash: Digest) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(visit::close(conn, token_hash))).await
    }

    /// Adds a link that logs a volunteer in once. Their earlier links no longer work.
    ///
    /// `link` is the SHA-256 of the link's token. `now` and `expires_at` are UTC seconds, at most [`LINK_SECONDS_MAX`] apart;
    /// at `expires_at` the link no longer works.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn add_login_link(&self, link: Digest, member: MemberId, now: i64, expires_at: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(login_link::add(conn, link, member, now, expires_at))).await
    }

    /// Uses up a login link and returns its volunteer. `None` if there is no such link, if it has expired by `now` (UTC
    /// seconds), or if the volunteer has had a PIN or a card's state set since it was made.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn take_login_link(&self, link: Digest, now: i64) -> Result<Option<Entrant>, Fault> {
        // Whoever guesses writes nothing, and so holds up nobody who does.
        if !self.read_only && !self.at_desk(move |conn| Box::pin(login_link::has(conn, link))).await? {
            return Ok(None);
        }
        self.write(move |conn| Box::pin(login_link::take(conn, link, now))).await
    }

    /// Reads what a card's PIN is checked against, and how often somebody mistyped it at that door.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn pin_check(&self, card: CardNumber, door: Door) -> Result<PinCheck, Fault> {
        self.at_desk(move |conn| Box::pin(pin::check(conn, card, door))).await
    }

    /// Whether any volunteer has a PIN.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn has_pins(&self) -> Result<bool, Fault> {
        self.at_desk(|conn| Box::pin(pin::has_any(conn))).await
    }

    /// Counts a wrong PIN for a card at a door, and forgets all counts whose last miss was before `forget_before`. Both
    /// times are UTC seconds.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn add_pin_miss(&self, card: CardNumber, door: Door, now: i64, forget_before: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(pin::add_miss(conn, card, door, now, forget_before))).await
    }

    /// Sets a card's count of wrong PINs at a door back to zero. Call it after a right one.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn forget_pin_misses(&self, card: CardNumber, door: Door) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(pin::forget_misses(conn, card, door))).await
    }

    /// Says of all misses that lie after `now` (UTC seconds) that they came now: a clock was wrong then, or is now.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`]; [`Fault::OutcomeUnknown`] if it may have been done all the same.
    pub async fn mend_pin_misses(&self, now: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(pin::mend_misses(conn, now))).await
    }

    pub(crate) async fn close(&self) {
        self.credentials.close().await;
        self.sessions.close().await;
        self.visits.close().await;
        if let Some(conn) = self.desk.lock().await.take() {
            conn.close().await;
        }
    }

    /// Runs a statement that writes; refuses if the bank is open for reading only.
    async fn write<T: 'static>(
        &self,
        statement: impl for<'c> FnOnce(&'c mut Conn) -> Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>,
    ) -> Result<T, Fault> {
        if self.sessions.is_closed() {
            return Err(Fault::Closed);
        }
        if self.read_only {
            return Err(Fault::opened_read_only());
        }
        let _turn = self.target.turn().await;
        self.at_desk(|conn| {
            let done = statement(conn);
            Box::pin(async move { done.await.map_err(of_commit) })
        })
        .await
    }

    /// Runs a statement on the kept connection, or on a new one. The connection is kept if the statement succeeds.
    async fn at_desk<T>(
        &self,
        statement: impl for<'c> FnOnce(&'c mut Conn) -> Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>,
    ) -> Result<T, Fault> {
        let mut desk = self.desk.lock().await;
        let mut kept = desk.take();
        // A database server that restarted has cut the connection. Checking costs
        // little at the pace at which people type.
        if let Some(conn) = &mut kept
            && !conn.is_alive().await
        {
            kept = None;
        }
        let mut conn = match kept {
            Some(conn) => conn,
            None => self.home.open(&self.target).await?,
        };
        record::head(&mut conn).await?;
        let outcome = statement(&mut conn).await?;
        *desk = Some(conn);
        Ok(outcome)
    }
}

async fn credentials(conn: &mut Conn, codes: Vec<String>) -> Result<HashMap<String, Credential>, Fault> {
    Ok(credential::credentials(conn, codes).await?.into_iter().collect())
}

async fn sessions(conn: &mut Conn, tokens: Vec<Digest>) -> Result<HashMap<Digest, Session>, Fault> {
    let sessions = session::sessions(conn, tokens).await?;
    Ok(sessions.into_iter().map(|session| (session.token_hash, session)).collect())
}

async fn visits(conn: &mut Conn, tokens: Vec<Digest>) -> Result<HashMap<Digest, Visit>, Fault> {
    let visits = visit::visits(conn, tokens).await?;
    Ok(visits.into_iter().map(|visit| (visit.token_hash, visit)).collect())
}
