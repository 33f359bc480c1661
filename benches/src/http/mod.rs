//! Measures the service over HTTP: redemptions and balances, next to a route of the same process that does nothing.

mod client;
mod results;
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use baoyulan_ledger::store::dialect::Engine;

use self::client::{Asked, Connection, Device};
use self::service::Service;
pub use self::service::{NO_OP, no_op};
use crate::callers::{Measured, measure_each, measure_open};
use crate::place::{Place, engine_name};
use crate::table::Section;
use crate::{Options, posting, town};

/// How many connections the closed loop has: one for each station, and many.
const CONNECTIONS: [usize; 3] = [town::STATIONS, 256, 1024];
/// How many connections the open loop has: enough that no call waits for one.
const OPEN_CONNECTIONS: usize = 256;
/// How many redemptions a second the open loop asks for, and the time between them.
const OPEN_RATE: u32 = 1000;
const OPEN_INTERVAL: Duration = Duration::from_millis(1);

/// What is measured, in the order of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Redemptions(usize),
    Balances(usize),
    NoOp(usize),
    BareNoOp(usize),
    OpenRedemptions,
}

type Round = BTreeMap<What, Measured>;

/// Measures on every engine, round by round.
///
/// # Errors
/// The first request whose answer is wrong.
pub async fn run(options: &Options) -> Result<Section> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let mut rounds: Vec<Vec<Round>> = vec![Vec::new(); options.engines.len()];
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("HTTP, round {}, {}", round + 1, engine_name(*engine));
            rounds[index].push(measure_round(*engine, options).await?);
        }
    }
    Ok(results::section(options, &rounds))
}

/// Sends one kind of request alone over 256 connections, for a profiler.
///
/// # Errors
/// Those of [`run`].
pub async fn profile(asked: &str, options: &Options) -> Result<()> {
    let asked = match asked {
        "redemptions" => Asked::Redemption,
        "balances" => Asked::Balance,
        "no-op" => Asked::NoOp,
        _ => bail!("over HTTP, the workloads are redemptions, balances and no-op"),
    };
    for engine in &options.engines {
        let place = Place::new(*engine).await?;
        let tokens = make_town(&place).await?;
        let service = Service::start(&place, &tokens[0]).await?;
        let mut load = Load { place: &place, service: &service, tokens: &tokens, redeemed: 0 };
        println!("{:?}", load.closed(asked, CONNECTIONS[1], options.requests).await?);
        service.stop().await?;
        place.remove().await?;
    }
    Ok(())
}

/// Makes a town in this place, and returns the tokens of its stations' devices.
async fn make_town(place: &Place) -> Result<Vec<String>> {
    let bank = place.open_bank().await?;
    town::make(&bank, 0).await?;
    town::fund(&bank).await?;
    let tokens = town::issue_tokens(&bank).await?;
    bank.close().await;
    Ok(tokens)
}

async fn measure_round(engine: Engine, options: &Options) -> Result<Round> {
    let place = Place::new(engine).await?;
    let tokens = make_town(&place).await?;
    let service = Service::start(&place, &tokens[0]).await?;
    let mut load = Load { place: &place, service: &service, tokens: &tokens, redeemed: 0 };
    let mut round = Round::new();
    for connections in CONNECTIONS {
        let requests = if connections < 256 { options.requests.div_ceil(4) } else { options.requests };
        round.insert(What::NoOp(connections), load.closed(Asked::NoOp, connections, 2 * requests).await?);
        round.insert(What::Balances(connections), load.closed(Asked::Balance, connections, 2 * requests).await?);
        round.insert(What::Redemptions(connections), load.closed(Asked::Redemption, connections, requests).await?);
        let bare = Service::start_no_op()?;
        let mut beside = Load { place: &place, service: &bare, tokens: &tokens, redeemed: 0 };
        round.insert(What::BareNoOp(connections), beside.closed(Asked::NoOp, connections, 2 * requests).await?);
    }
    round.insert(What::OpenRedemptions, load.open(options.seconds).await?);
    service.stop().await?;
    posting::close(Arc::new(place.open_bank().await?)).await?;
    place.remove().await?;
    Ok(round)
}

/// The requests that a service gets.
struct Load<'a> {
    place: &'a Place,
    service: &'a Service,
    tokens: &'a [String],
    redeemed: usize,
}

impl Load<'_> {
    /// Sends requests over this many connections, each as soon as the one before is answered.
    async fn closed(&mut self, asked: Asked, connections: usize, requests: usize) -> Result<Measured> {
        let connections = self.connect(asked, connections, requests).await?;
        measure_each(connections, requests).await
    }

    /// Asks for redemptions at a steady rate, whether or not the earlier ones are answered.
    async fn open(&mut self, seconds: u32) -> Result<Measured> {
        let redemptions = OPEN_RATE * seconds;
        let connections = self.connect(Asked::Redemption, OPEN_CONNECTIONS, redemptions as usize).await?;
        measure_open(connections, redemptions, OPEN_INTERVAL).await
    }

    /// Opens connections, and lets each get one answer.
    async fn connect(&mut self, asked: Asked, connections: usize, requests: usize) -> Result<Vec<Connection>> {
        self.place.settle().await?;
        let from = self.redeemed;
        let mut opened = Vec::with_capacity(connections);
        for number in 0..connections {
            let station = number % town::STATIONS;
            let device = Device { token: &self.tokens[station], station, asked, from };
            let mut connection = Connection::open(self.service.address, &device).await?;
            connection.ask(requests + number).await?;
            opened.push(connection);
        }
        if asked == Asked::Redemption {
            self.redeemed += requests + connections;
        }
        Ok(opened)
    }
}
