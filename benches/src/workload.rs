//! Workloads that a process measures one at a time, so that this program can ask another build of itself for the same.
//!
//! `bank-benches measure <workload> --engine sqlite|postgres --commands N` prints one line,
//! `{"figure":28915}`. A later build asks an earlier one, so neither the names nor that line may ever change.
//! `BANK_TEST_POSTGRES` says where PostgreSQL is.

use anyhow::{Context, Result};
use baoyulan_ledger::store::dialect::Engine;

use crate::posting::{CALLERS, alone, share};
use crate::table::grouped;
use crate::transfers::{Ids, Transfers, bytes_a_transfer};
use crate::{Options, town};

/// The argument with which this program measures one workload.
pub const MEASURE: &str = "measure";

/// A workload, and how it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Attendances a second, from this many callers.
    Earnings(usize),
    /// Redemptions a second, from this many callers.
    Redemptions(usize),
    /// Transfers of one kind a second.
    Transfers(Transfers),
    /// By how many bytes a transfer makes a SQLite file grow.
    TransferBytes(Ids),
}

impl Workload {
    /// Lists all workloads in the order of the tables.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = CALLERS.map(Self::Earnings).to_vec();
        all.extend(CALLERS.map(Self::Redemptions));
        all.extend(Transfers::all().into_iter().map(Self::Transfers));
        all.extend([Ids::InOrder, Ids::Random].map(Self::TransferBytes));
        all
    }

    /// The name that builds use among themselves; it never changes.
    pub fn name(self) -> String {
        match self {
            Self::Earnings(callers) => format!("earnings/callers/{callers}"),
            Self::Redemptions(callers) => format!("redemptions/callers/{callers}"),
            Self::Transfers(transfers) => format!("transfers/{}", transfers.name()),
            Self::TransferBytes(ids) => format!("transfers/bytes/{}", ids.name()),
        }
    }

    /// Whether the workload belongs to a group: `earnings`, `redemptions`, `transfers`, or `ledger` for the first two.
    pub fn belongs_to(self, group: &str) -> bool {
        match self {
            Self::Earnings(_) => ["earnings", "ledger"].contains(&group),
            Self::Redemptions(_) => ["redemptions", "ledger"].contains(&group),
            Self::Transfers(_) | Self::TransferBytes(_) => group == "transfers",
        }
    }

    /// Whether the workload can be measured on this engine.
    pub fn runs_on(self, engine: Engine) -> bool {
        engine == Engine::Sqlite || !matches!(self, Self::TransferBytes(_))
    }

    /// The title in a table, and the number of callers.
    pub fn title(self) -> (String, String) {
        match self {
            Self::Earnings(callers) => ("**earnings**".to_owned(), grouped(callers as u64)),
            Self::Redemptions(callers) => ("**redemptions**".to_owned(), grouped(callers as u64)),
            Self::Transfers(transfers) => (transfers.title(), grouped(transfers.callers() as u64)),
            Self::TransferBytes(Ids::InOrder) => ("bytes of file a transfer".to_owned(), String::new()),
            Self::TransferBytes(Ids::Random) => ("bytes of file a transfer, random ids".to_owned(), String::new()),
        }
    }

    /// Measures the workload on a new bank. With the most callers there are
    /// `commands` commands, with fewer callers fewer.
    ///
    /// # Errors
    /// The first command that is not accepted.
    pub async fn measure(self, engine: Engine, commands: usize) -> Result<u64> {
        let measured = match self {
            Self::Earnings(callers) => alone(engine, callers, share(commands, callers), town::attendance).await?,
            Self::Redemptions(callers) => alone(engine, callers, share(commands, callers), town::redemption).await?,
            Self::Transfers(transfers) => transfers.measure(engine, commands).await?,
            Self::TransferBytes(ids) => return bytes_a_transfer(ids, commands).await,
        };
        Ok(measured.rate)
    }
}

/// Measures the workload with this name and prints the figure.
///
/// # Errors
/// There is no such workload, or a command is not accepted.
pub async fn child(name: &str, options: &Options) -> Result<()> {
    let workload = Workload::all().into_iter().find(|workload| workload.name() == name);
    let workload = workload.with_context(|| format!("this build has no workload called {name}"))?;
    for engine in options.engines.iter().filter(|engine| workload.runs_on(**engine)) {
        println!("{}", figure_line(workload.measure(*engine, options.commands).await?));
    }
    Ok(())
}

fn figure_line(figure: u64) -> String {
    serde_json::json!({ "figure": figure }).to_string()
}

/// Reads the figure that a build has printed.
///
/// # Errors
/// The build has printed something else.
pub fn figure_of(output: &str) -> Result<u64> {
    let line: serde_json::Value = serde_json::from_str(output.trim()).with_context(|| format!("{output:?}"))?;
    line["figure"].as_u64().with_context(|| format!("no figure in {output:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds that are compared understand each other by these words.
    #[test]
    fn names_and_figures_of_workloads_do_not_change() {
        let names: Vec<String> = Workload::all().into_iter().map(Workload::name).collect();
        let expected = [
            "earnings/callers/1",
            "earnings/callers/64",
            "earnings/callers/1024",
            "redemptions/callers/1",
            "redemptions/callers/64",
            "redemptions/callers/1024",
            "transfers/uniform/batches/1000",
            "transfers/uniform/batches/8190",
            "transfers/uniform/callers/1",
            "transfers/uniform/callers/64",
            "transfers/uniform/callers/1024",
            "transfers/uniform/callers/1024/random-ids",
            "transfers/one-hot/batches/1000",
            "transfers/one-hot/batches/8190",
            "transfers/one-hot/callers/1",
            "transfers/one-hot/callers/64",
            "transfers/one-hot/callers/1024",
            "transfers/bytes/ids-in-order",
            "transfers/bytes/random-ids",
        ];
        assert_eq!(names, expected);
        assert_eq!(figure_line(28_915), r#"{"figure":28915}"#);
        assert_eq!(figure_of("{\"figure\":28915}\n").unwrap(), 28_915);
    }
}
