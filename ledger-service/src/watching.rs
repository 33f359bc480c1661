//! Looks at the bank from time to time, and tells the log when it stands in another way than before.

use std::time::Duration;

use baoyulan_ledger::clock::ClockState;
use baoyulan_ledger::ledger::Standing;
use baoyulan_ledger::{Fault, Ledger};

use crate::state::App;

/// How often the bank is looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Looks at the bank until the service ends.
pub async fn watch(app: App) {
    let mut told = Told::default();
    loop {
        if let Ok(ledger) = app.ledger() {
            told.look(ledger).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What the log was told last: codes of faults, empty where all is well.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    clock: &'static str,
    bank: &'static str,
    memory: &'static str,
}

impl Told {
    async fn look(&mut self, ledger: &Ledger) {
        let now = match ledger.standing().await {
            Ok(standing) => self.of(&standing),
            Err(fault) => Self { bank: tell(self.bank, Some(&fault), "the bank cannot be read"), ..Self::default() },
        };
        if *self != now && now == Self::default() {
            tracing::info!("the bank stands as it should");
        }
        *self = now;
    }

    fn of(&self, standing: &Standing) -> Self {
        let clock = match &standing.clock {
            ClockState::Right => "",
            ClockState::Behind { seconds } => {
                if self.clock != "clock_behind" {
                    tracing::warn!(
                        code = "clock_behind",
                        seconds,
                        "the clock is behind the last record, whose time is used"
                    );
                }
                "clock_behind"
            }
            ClockState::Ahead(fault) => tell(self.clock, Some(fault), "the clock is not believed"),
        };
        // A clock that is ahead is told above.
        let not_writable = standing.not_writable.as_ref().filter(|fault| !matches!(fault, Fault::ClockAhead { .. }));
        Self {
            clock,
            bank: tell(self.bank, not_writable, "the bank takes no postings"),
            memory: tell(
                self.memory,
                standing.not_remembered.as_ref(),
                "how far the bank has grown is not written down",
            ),
        }
    }
}

/// Tells the log of a fault that it does not know yet. Returns the fault's code.
fn tell(told: &'static str, fault: Option<&Fault>, what: &str) -> &'static str {
    let Some(fault) = fault else { return "" };
    if fault.code() != told {
        tracing::error!(code = fault.code(), reason = %fault, "{what}");
    }
    fault.code()
}
