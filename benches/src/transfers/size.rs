//! Measures how much space a transfer takes in a SQLite file.

use anyhow::Result;
use baoyulan_ledger::store::dialect::Engine;

use super::commands::{Accounts, Ids, open_accounts};
use super::kind::{batches, post_batches};
use crate::ceilings::BULK;
use crate::place::Place;

/// By how many bytes a transfer makes the bank's file grow, if at least this many are posted in the
/// largest batches. The file is measured while nobody has it open: it then holds everything that
/// was committed, and no log lies beside it.
///
/// # Errors
/// The first transfer that is not accepted.
pub async fn bytes_a_transfer(ids: Ids, transfers: usize) -> Result<u64> {
    let place = Place::new(Engine::Sqlite).await?;
    let ledger = place.open_bank().await?;
    open_accounts(&ledger).await?;
    ledger.close().await;
    let before = place.bank_file_bytes().await?;
    let batches = batches(Accounts::Uniform, ids, BULK[1], transfers)?;
    let count: usize = batches.iter().map(Vec::len).sum();
    let ledger = place.open_bank().await?;
    post_batches(&ledger, batches).await?;
    ledger.close().await;
    let after = place.bank_file_bytes().await?;
    place.remove().await?;
    Ok(after.saturating_sub(before) / count.max(1) as u64)
}
