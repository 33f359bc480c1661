//! How a bank stands: whether it can be read and posted to now, and what somebody should look at.

use super::Ledger;
use crate::clock::ClockState;
use crate::fault::Fault;
use crate::store::standing::check_writable;

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
        let clock = self.clock.state();
        self.journal_head().await?;
        let not_writable = match (&self.poster, &clock) {
            (None, _) => Some(Fault::opened_read_only()),
            (_, ClockState::Ahead(fault)) => Some(fault.clone()),
            _ => check_writable(&self.target).await.err(),
        };
        let not_remembered = self.head_keeper.as_ref().and_then(|keeper| keeper.fault());
        Ok(Standing { clock, not_writable, not_remembered })
    }
}
