//! Audits a town of a year: attendances, and a redemption for every four of them, each under its own id.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{Channel, Command, Envelope};
use baoyulan_ledger::poster::BATCH_COMMANDS_MAX;
use baoyulan_ledger::store::dialect::Engine;
use uuid::Uuid;

use crate::place::{Place, engine_name};
use crate::table::{Aim, Section, Table, grouped, seconds};
use crate::{Options, posting, town};

/// The aim for a million records, in seconds.
const AIM: u64 = 40;

/// Makes a bank of about so many records as there are rows to import, audits it, and says how long that took.
///
/// # Errors
/// A command is not accepted, or the audit finds a difference.
pub async fn run(options: &Options) -> Result<Section> {
    let mut section = Section::new("An audit");
    let mut table = Table::new("", &["", "records", "seconds", "records a second"]);
    for engine in &options.engines {
        let (records, milliseconds) = audit(*engine, options.rows).await?;
        let (name, a_second) = (engine_name(*engine), records * 1000 / milliseconds.max(1));
        table.row([name.to_owned(), grouped(records), seconds(milliseconds), grouped(a_second)]);
        let of_a_million = 1_000_000_000 / a_second.max(1);
        section.aims.push(Aim {
            what: format!("{name}: seconds for a million records at this rate"),
            aim: format!("< {AIM}"),
            measured: seconds(of_a_million),
            met: Some(of_a_million < AIM * 1000),
        });
    }
    section.tables.push(table);
    Ok(section)
}

async fn audit(engine: Engine, rows: usize) -> Result<(u64, u64)> {
    let place = Place::new(engine).await?;
    let ledger = place.open_bank().await?;
    town::make(&ledger, rows).await?;
    town::fund(&ledger).await?;
    post(&ledger, rows - rows / 5, town::attendance).await?;
    post(&ledger, rows / 5, town::redemption).await?;
    place.settle().await?;
    let begun = Instant::now();
    let audited = ledger.audit(|_, _| {}).await?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis())?;
    ensure!(audited.difference.is_none(), "{:?}", audited.difference);
    posting::close(Arc::new(ledger)).await?;
    place.remove().await?;
    Ok((audited.size, milliseconds))
}

async fn post(ledger: &Ledger, count: usize, command: fn(usize) -> Result<Command>) -> Result<()> {
    let envelope = |number| Ok(Envelope::keyed(Uuid::now_v7(), "desk", Channel::Api, command(number)?));
    for from in (0..count).step_by(BATCH_COMMANDS_MAX) {
        let envelopes: Result<Vec<Envelope>> = (from..count.min(from + BATCH_COMMANDS_MAX)).map(envelope).collect();
        for outcome in ledger.post_all(envelopes?).await? {
            outcome?;
        }
    }
    Ok(())
}
