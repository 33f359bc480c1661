//! Access: what a service asks at every visit, and the visits themselves. None of it is read by a rule.
//!
//! Credentials and PINs are set by commands and have their records; here they are looked up. Sessions, login links and
//! wrong PINs come and go beside the journal.

use std::collections::HashMap;
use std::pin::Pin;

use tokio::sync::Mutex;

use crate::fault::Fault;
use crate::people::{CardNumber, Credential, MemberId};
use crate::proof::Digest;
use crate::store::grouped::Grouped;
pub use crate::store::pin::PinCheck;
pub use crate::store::session::Session;
use crate::store::{Conn, Target, credential, login_link, pin, session};

/// The door to it: [`crate::Ledger::access`].
#[derive(Debug)]
pub struct Access {
    target: Target,
    read_only: bool,
    credentials: Grouped<String, Credential>,
    sessions: Grouped<Digest, Session>,
    /// The connection of what is written; one at a time is enough for what people type.
    desk: Mutex<Option<Conn>>,
}

impl Access {
    pub(crate) fn new(target: Target, read_only: bool) -> Self {
        Self {
            credentials: Grouped::start(target.clone(), |conn, codes| Box::pin(credentials(conn, codes))),
            sessions: Grouped::start(target.clone(), |conn, tokens| Box::pin(sessions(conn, tokens))),
            desk: Mutex::new(None),
            target,
            read_only,
        }
    }

    /// A credential by its code, revoked or not.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn credential(&self, code: &str) -> Result<Option<Credential>, Fault> {
        self.credentials.ask(code.to_owned()).await
    }

    /// All credentials, revoked ones too, by code.
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

    /// A session by the SHA-256 of its token, over or not.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn session(&self, token_hash: Digest) -> Result<Option<Session>, Fault> {
        self.sessions.ask(token_hash).await
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn open_session(&self, session: Session) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(async move { session::open(conn, &session).await })).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn close_session(&self, token_hash: Digest) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close(conn, token_hash))).await
    }

    /// Ends all sessions of a volunteer, on every device.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn close_sessions_of_member(&self, member: MemberId) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close_of(conn, Some(member), String::new()))).await
    }

    /// Ends all sessions that were opened with a credential.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn close_sessions_of_credential(&self, credential: String) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(session::close_of(conn, None, credential))).await
    }

    /// Adds a link, by the SHA-256 of its token, that logs a volunteer in once.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn add_login_link(&self, link: Digest, member: MemberId, now: i64, expires_at: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(login_link::add(conn, link, member, now, expires_at))).await
    }

    /// Takes a link, once: its volunteer, if it is there and in time.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn take_login_link(&self, link: Digest, now: i64) -> Result<Option<MemberId>, Fault> {
        self.write(move |conn| Box::pin(login_link::take(conn, link, now))).await
    }

    /// What the PIN of a card is checked against.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn pin_check(&self, card: CardNumber) -> Result<PinCheck, Fault> {
        self.at_desk(move |conn| Box::pin(pin::check(conn, card))).await
    }

    /// Whether any PIN has been set.
    ///
    /// # Errors
    /// [`Fault::Database`].
    pub async fn has_pins(&self) -> Result<bool, Fault> {
        self.at_desk(|conn| Box::pin(pin::has_any(conn))).await
    }

    /// Counts a wrong PIN, and forgets all whose last one was before `forget_before`.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn add_pin_miss(&self, card: CardNumber, now: i64, forget_before: i64) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(pin::add_miss(conn, card, now, forget_before))).await
    }

    /// Forgets a card's wrong PINs, after a right one.
    ///
    /// # Errors
    /// [`Fault::Database`], [`Fault::ReadOnly`].
    pub async fn forget_pin_misses(&self, card: CardNumber) -> Result<(), Fault> {
        self.write(move |conn| Box::pin(pin::forget_misses(conn, card))).await
    }

    /// Closes the connections that are kept.
    pub(crate) async fn close(self) {
        self.credentials.close().await;
        self.sessions.close().await;
        if let Some(conn) = self.desk.into_inner() {
            conn.close().await;
        }
    }

    /// Runs a statement that changes something.
    async fn write<T>(
        &self,
        statement: impl for<'c> FnOnce(&'c mut Conn) -> Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>,
    ) -> Result<T, Fault> {
        if self.read_only { Err(Fault::ReadOnly) } else { self.at_desk(statement).await }
    }

    /// Runs a statement on the kept connection, or a new one, which is kept if that went well.
    async fn at_desk<T>(
        &self,
        statement: impl for<'c> FnOnce(&'c mut Conn) -> Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'c>>,
    ) -> Result<T, Fault> {
        let mut desk = self.desk.lock().await;
        let mut kept = desk.take();
        // A server that was started again has cut it: asking is cheap beside what people type.
        if let Some(conn) = &mut kept
            && !conn.is_alive().await
        {
            kept = None;
        }
        let mut conn = match kept {
            Some(conn) => conn,
            None => Conn::open(&self.target, false).await?,
        };
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
