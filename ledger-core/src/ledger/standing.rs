//! How a bank stands: whether it can be read and posted to now, and what somebody should look at.

use super::Ledger;
use crate::clock::ClockState;
use crate::fault::Fault;
use crate::store::standing::{check_kind, touch};

/// How a bank stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// What is thought of the clock.
    pub clock: ClockState,
    /// Why nothing can be posted; `None` if something can.
    pub not_writable: Option<Fault>,
    /// Why it is not written down how far the bank has grown, beside the private key; `None` if it is. If the program ends
    /// now, an older copy may be put in the bank's place unnoticed.
    pub not_remembered: Option<Fault>,
}

impl Ledger {
    /// Looks how the bank stands.
    ///
    /// # Errors
    /// It cannot even be read: [`Fault::Database`], [`Fault::Moved`], [`Fault::OtherBank`], [`Fault::RolledBack`].
    pub async fn standing(&self) -> Result<Standing, Fault> {
        let kind =
            self.open.readers.read(async |conn| Ok(check_kind(conn, self.open.target.file()).await.err())).await?;
        let clock = self.open.clock.state();
        let not_writable = match (&self.open.poster, &clock, kind) {
            (None, _, _) => Some(Fault::opened_read_only()),
            (_, ClockState::Ahead(fault), _) => Some(fault.clone()),
            (_, _, Some(fault)) => Some(fault),
            (_, _, None) => self.still_refused().await,
        };
        let not_remembered = self.open.head_keeper.as_ref().and_then(|keeper| keeper.fault());
        Ok(Standing { clock, not_writable, not_remembered })
    }

    /// If the database has refused the last write, tries one that changes nothing.
    async fn still_refused(&self) -> Option<Fault> {
        let watch = self.open.target.watch();
        if !watch.has_refused() {
            return None;
        }
        // Many may ask at the same time, and one try is enough for all.
        let _one = self.open.trying.lock().await;
        if !watch.has_refused() {
            return None;
        }
        let tried = async {
            let _turn = self.open.target.turn().await;
            let mut conn = self.open.home.open(&self.open.target).await?;
            let touched = touch(&mut conn).await;
            conn.close().await;
            touched
        };
        let fault = tried.await.err();
        if fault.is_none() {
            watch.has_written();
        }
        fault
    }
}
