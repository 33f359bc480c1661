//! Posts commands through the public API from many callers, each command under its own id.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::store::dialect::Engine;
use uuid::Uuid;

use crate::callers::{Measured, measure};
use crate::place::Place;
use crate::town;

/// How many callers ask at once.
pub const CALLERS: [usize; 3] = [1, 64, 1024];
/// The largest number of callers.
pub const CALLERS_MAX: usize = 1024;
/// How many commands this many callers send if [`CALLERS_MAX`] send `commands`.
pub fn share(commands: usize, callers: usize) -> usize {
    match callers {
        1 => (commands / 50).max(100),
        64 => (commands / 4).max(100),
        _ => commands,
    }
}

/// Posts commands of a kind, numbered from `from`, from this many callers, each under its own id.
///
/// # Errors
/// The first command that is not accepted.
pub async fn post(
    ledger: &Arc<Ledger>,
    callers: usize,
    from: usize,
    count: usize,
    command: fn(usize) -> Result<Command>,
) -> Result<Measured> {
    let envelope = move |number| Ok(Envelope::keyed(Uuid::now_v7(), "desk", Channel::Api, command(from + number)?));
    post_envelopes(ledger, callers, count, envelope).await
}

/// Posts envelopes, numbered from 0, from this many callers.
///
/// # Errors
/// The first command that is not accepted.
pub async fn post_envelopes(
    ledger: &Arc<Ledger>,
    callers: usize,
    count: usize,
    envelope: impl Fn(usize) -> Result<Envelope> + Copy + Send + Sync + 'static,
) -> Result<Measured> {
    let ledger = Arc::clone(ledger);
    let call = move |number| {
        let ledger = Arc::clone(&ledger);
        async move {
            let posted = ledger.post(envelope(number)?).await?;
            ensure!(!posted.replayed, "position {} was posted before", posted.position);
            Ok(())
        }
    };
    measure(callers, count, call).await
}

/// Checks the books and closes the bank.
pub async fn close(ledger: Arc<Ledger>) -> Result<()> {
    town::check(&ledger).await?;
    match Arc::into_inner(ledger) {
        Some(ledger) => ledger.close().await,
        None => bail!("somebody still holds the bank"),
    }
    Ok(())
}

/// Posts commands of one kind from this many callers, to a new town.
///
/// # Errors
/// The first command that is not accepted.
pub async fn alone(
    engine: Engine,
    callers: usize,
    count: usize,
    command: fn(usize) -> Result<Command>,
) -> Result<Measured> {
    let place = Place::new(engine).await?;
    let ledger = Arc::new(place.open_bank().await?);
    town::make(&ledger, count).await?;
    town::fund(&ledger).await?;
    place.settle().await?;
    let measured = post(&ledger, callers, 0, count, command).await?;
    close(ledger).await?;
    place.remove().await?;
    Ok(measured)
}
