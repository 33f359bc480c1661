//! Measures holds, captures, reversals, what is taken out of five lots, and JSON Lines, next to plain transfers of the same round.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::{Command as Process, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{CaptureHold, Channel, Command, Envelope, NewEntry, PlaceHold, Post, Reverse};
use baoyulan_ledger::store::dialect::Engine;
use uuid::Uuid;

use crate::callers::rate;
use crate::ceilings::BULK;
use crate::place::{Place, engine_name};
use crate::table::{Section, Table, grouped, median, ratio};
use crate::transfers::{Accounts, Ids, open_accounts, transfer};
use crate::{Options, wallets};

/// From how many lots each of these postings takes, one piece from each.
const LOTS: i64 = 5;
const DAY: i64 = 86_400;
const ACTOR: &str = "desk";

/// What is measured, in the order of the table.
const MEASURED: [&str; 7] = [
    "**transfers**",
    "**holds** placed",
    "**captures** of a whole hold",
    "**reversals** of a transfer",
    "**five lots**: a posting that takes from as many",
    "**JSON Lines**: transfers read, posted and answered",
    "accounts opened",
];

/// Measures on every engine, round by round.
///
/// # Errors
/// The first command that is not accepted.
pub async fn run(options: &Options) -> Result<Section> {
    let mut section = Section::new("The engine's commands");
    for engine in &options.engines {
        let mut rounds = Vec::new();
        for round in 0..options.rounds {
            eprintln!("engine, round {}, {}", round + 1, engine_name(*engine));
            rounds.push(measure_round(*engine, options.commands).await?);
        }
        let mut table = Table::new(engine_name(*engine), &["", "a second", "÷ transfers"]);
        for (index, what) in MEASURED.into_iter().enumerate() {
            let rate = median(rounds.iter().map(|round| round[index]));
            let quotient = median(rounds.iter().map(|round| round[index] * 100 / round[0].max(1)));
            table.row([what.to_owned(), grouped(rate), ratio(quotient)]);
        }
        section.tables.push(table);
    }
    Ok(section)
}

/// The rates of [`MEASURED`], all on one bank.
async fn measure_round(engine: Engine, count: usize) -> Result<[u64; 7]> {
    let place = Place::new(engine).await?;
    let ledger = place.open_bank().await?;
    open_accounts(&ledger).await?;
    let transfers = envelopes(count, |number| transfer(Accounts::Uniform, Ids::InOrder, number))?;
    let (transferred, positions) = post(&ledger, &place, transfers).await?;

    let until = seconds_now()? + 30 * DAY;
    let entries = |number| match transfer(Accounts::Uniform, Ids::InOrder, number)?.command {
        Command::Post(Post { entries }) => Ok(entries),
        _ => anyhow::bail!("a transfer is a posting"),
    };
    let hold = |number: usize| format!("order-{number}");
    let placing = envelopes(count, |number| {
        Ok(keyed(Command::PlaceHold(PlaceHold { hold: hold(number), entries: entries(number)?, until })))
    })?;
    let (placed, _) = post(&ledger, &place, placing).await?;
    let capturing = envelopes(count, |number| {
        Ok(keyed(Command::CaptureHold(CaptureHold { hold: hold(number), entries: None, keep_rest: false })))
    })?;
    let (captured, _) = post(&ledger, &place, capturing).await?;
    let reversing = positions.iter().map(|&position| keyed(Command::Reverse(Reverse { position, entries: None })));
    let (reversed, _) = post(&ledger, &place, reversing.collect()).await?;

    let opened = open_wallets(&ledger, &place, count).await?;
    fill_wallets(&ledger, &place, count).await?;
    let taking = envelopes(count, |number| {
        let (from, to) = (wallets::wallet(number)?, wallets::address("spent")?);
        let entries = vec![NewEntry::new(from, LOTS), NewEntry::new(to, -LOTS)];
        Ok(keyed(Command::Post(Post { entries })))
    })?;
    let (taken, _) = post(&ledger, &place, taking).await?;
    ledger.close().await;

    let lines = json_lines(&place, count)?;
    let ledger = place.open_bank().await?;
    ensure!(ledger.trial_balance().await?.disagreements.is_empty(), "the books do not agree");
    ledger.close().await;
    place.remove().await?;
    Ok([transferred, placed, captured, reversed, taken, lines, opened])
}

fn envelopes(count: usize, envelope: impl Fn(usize) -> Result<Envelope>) -> Result<Vec<Envelope>> {
    (0..count).map(envelope).collect()
}

fn keyed(command: Command) -> Envelope {
    Envelope::keyed(Uuid::now_v7(), ACTOR, Channel::Api, command)
}

/// Posts them in the largest batches. Returns how many a second, and the positions.
async fn post(ledger: &Ledger, place: &Place, mut envelopes: Vec<Envelope>) -> Result<(u64, Vec<i64>)> {
    place.settle().await?;
    let mut positions = Vec::with_capacity(envelopes.len());
    let begun = Instant::now();
    while !envelopes.is_empty() {
        let batch = envelopes.drain(..envelopes.len().min(BULK[BULK.len() - 1])).collect();
        for outcome in ledger.post_all(batch).await? {
            positions.push(outcome?.position);
        }
    }
    Ok((rate(positions.len(), begun.elapsed()), positions))
}

fn seconds_now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// Opens an account with lots for each posting, and one that takes what is spent.
async fn open_wallets(ledger: &Ledger, place: &Place, count: usize) -> Result<u64> {
    post(ledger, place, wallets::beginning()?.into_iter().map(keyed).collect()).await?;
    let wallets = envelopes(count, |number| Ok(keyed(wallets::open(number)?)))?;
    Ok(post(ledger, place, wallets).await?.0)
}

/// Gives each account one piece in each of its lots.
async fn fill_wallets(ledger: &Ledger, place: &Place, count: usize) -> Result<()> {
    let now = seconds_now()?;
    let lots: Vec<(i64, i64)> = (1..=LOTS).map(|lot| (1, now + lot * 30 * DAY)).collect();
    post(ledger, place, wallets::fill(count, &lots)?.into_iter().map(keyed).collect()).await?;
    Ok(())
}

/// Posts transfers with the service's command `post`, from a file. The time is that of the whole process.
fn json_lines(place: &Place, count: usize) -> Result<u64> {
    let file = place.folder().join("requests.jsonl");
    let mut lines = BufWriter::new(File::create(&file)?);
    for number in 0..count {
        let envelope = transfer(Accounts::Uniform, Ids::InOrder, number)?;
        let command = serde_json::to_value(&envelope.command)?;
        writeln!(lines, "{}", serde_json::json!({"id": Uuid::now_v7(), "actor": ACTOR, "command": command}))?;
    }
    lines.into_inner()?.sync_all()?;
    let program = std::env::current_exe()?.with_file_name("ledger-service");
    ensure!(program.exists(), "{} is not there: `cargo xtask bench` builds it", program.display());
    let answers = place.folder().join("answers.jsonl");
    let begun = Instant::now();
    let status = Process::new(program)
        .args(["post", "--key-folder"])
        .arg(place.folder())
        .arg(&file)
        .env("POINTS_BANK", place.bank_url()?)
        .stdin(Stdio::null())
        .stdout(File::create(&answers)?)
        .status()?;
    let rate = rate(count, begun.elapsed());
    let answers = std::fs::read_to_string(answers)?;
    let accepted = answers.lines().filter(|line| line.contains("\"position\":")).count();
    ensure!(status.success() && accepted == count, "{status}: {accepted} of {count} were accepted");
    Ok(rate)
}
