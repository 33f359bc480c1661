//! Commands posted through the public API by many callers, each under an id of its own.

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
/// The most of them.
pub const CALLERS_MAX: usize = 1024;
/// Commands at so many callers, where there are `commands` at the most callers.
pub fn share(commands: usize, callers: usize) -> usize {
    match callers {
        1 => (commands / 50).max(100),
        64 => (commands / 4).max(100),
        _ => commands,
    }
}

/// Posts commands `from` and following of a kind, by so many callers, each under an id of its own.
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

/// Posts so many envelopes, numbered from 0, by so many callers.
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

/// Makes sure of the books, and closes them.
pub async fn close(ledger: Arc<Ledger>) -> Result<()> {
    town::check(&ledger).await?;
    match Arc::into_inner(ledger) {
        Some(ledger) => ledger.close().await,
        None => bail!("somebody still holds the bank"),
    }
    Ok(())
}

/// So many commands of one kind, by so many callers, on a new town.
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
