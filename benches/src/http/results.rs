//! The tables and aims of the service over HTTP.

use super::{CONNECTIONS, OPEN_RATE, Round, What};
use crate::Options;
use crate::callers::Measured;
use crate::place::engine_name;
use crate::table::{Aim, Section, Table, grouped, median, milliseconds, ratio};

/// The aim for redemptions: their rate as hundredths of the rate of the route that does nothing.
const REDEMPTIONS_AIM: u64 = 20;
/// The aim for balances, in the same hundredths.
const BALANCES_AIM: u64 = 50;
/// The aim for 99 of 100 redemptions at the steady rate, in milliseconds.
const OPEN_AIM_MS: u64 = 20;

/// Makes this part of the report from each engine's rounds.
pub fn section(options: &Options, rounds: &[Vec<Round>]) -> Section {
    let mut section = Section::new("HTTP");
    for (engine, rounds) in options.engines.iter().zip(rounds) {
        let name = engine_name(*engine);
        section.tables.push(table(name, rounds));
        section.aims.extend(ratios(name, rounds));
        section.aims.push(open_loop(name, rounds));
    }
    section
}

fn name(what: What) -> (String, Option<usize>) {
    match what {
        What::Redemptions(connections) => ("**redemptions**".to_owned(), Some(connections)),
        What::Balances(connections) => ("**balances**".to_owned(), Some(connections)),
        What::NoOp(connections) => ("no-op: `/healthz` of the same process".to_owned(), Some(connections)),
        What::BareNoOp(connections) => ("ceiling: axum alone, one route".to_owned(), Some(connections)),
        What::OpenRedemptions => (format!("**redemptions, {} a second sent**", grouped(OPEN_RATE.into())), None),
    }
}

fn table(caption: &str, rounds: &[Round]) -> Table {
    let mut table = Table::new(caption, &["", "connections", "a second", "p50 ms", "p99 ms", "longest ms"]);
    let order = rounds.first().map(|round| round.keys().copied().collect::<Vec<_>>()).unwrap_or_default();
    for what in order {
        let middle = |of: fn(&Measured) -> u64| median(rounds.iter().filter_map(|round| round.get(&what).map(of)));
        let (name, connections) = name(what);
        table.row([
            name,
            connections.map_or_else(|| "open loop".to_owned(), |connections| grouped(connections as u64)),
            grouped(middle(|measured| measured.rate)),
            milliseconds(middle(|measured| measured.p50.as_nanos() as u64)),
            milliseconds(middle(|measured| measured.p99.as_nanos() as u64)),
            milliseconds(middle(|measured| measured.max.as_nanos() as u64)),
        ]);
    }
    table
}

fn ratios(engine: &str, rounds: &[Round]) -> Vec<Aim> {
    // Ratios in hundredths; each compares two figures of one round.
    let of = |above: What, below: What| {
        let rate = |round: &Round, what| round.get(&what).map_or(0, |measured| measured.rate);
        median(rounds.iter().map(|round| rate(round, above) * 100 / rate(round, below).max(1)))
    };
    let mut aims = Vec::new();
    for connections in CONNECTIONS {
        let mut aim = |what: &str, above, below, at_least: Option<u64>| {
            let measured = of(above, below);
            aims.push(Aim {
                what: format!("{engine}: {what}, {} connections", grouped(connections as u64)),
                aim: at_least.map_or_else(String::new, |at_least| format!("≥ {}", ratio(at_least))),
                measured: ratio(measured),
                met: at_least.map(|at_least| measured >= at_least),
            });
        };
        let no_op = What::NoOp(connections);
        aim("redemptions ÷ no-op", What::Redemptions(connections), no_op, Some(REDEMPTIONS_AIM));
        aim("balances ÷ no-op", What::Balances(connections), no_op, Some(BALANCES_AIM));
        aim("no-op ÷ axum alone", no_op, What::BareNoOp(connections), None);
    }
    aims
}

fn open_loop(engine: &str, rounds: &[Round]) -> Aim {
    let p99 = |round: &Round| round.get(&What::OpenRedemptions).map_or(u64::MAX, |open| open.p99.as_nanos() as u64);
    let measured = median(rounds.iter().map(p99));
    Aim {
        what: format!("{engine}: p99 of a redemption, {} a second sent, ms", grouped(OPEN_RATE.into())),
        aim: format!("< {OPEN_AIM_MS}"),
        measured: milliseconds(measured),
        met: Some(measured < OPEN_AIM_MS * 1_000_000),
    }
}
