//! Imports a year's attendances as the importer does: in chunks of 8,192 without ids, preparing one chunk while another
//! is being posted. Each import runs in a process of its own, so that its memory can be measured.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{Channel, Envelope};
use baoyulan_ledger::people::{CardNumber, MemberId};
use baoyulan_ledger::row::ColumnType;
use baoyulan_ledger::store::conn::{Cell, Read};
use baoyulan_ledger::store::dialect::Engine;
use baoyulan_ledger::store::member::members_by_card;
use baoyulan_ledger::store::{Conn, Target, load_wanted};
use baoyulan_ledger::world::World;
use xtask::postgres::{URL_VARIABLE, shared_url};

use crate::Options;
use crate::place::{Place, engine_name, engine_option};
use crate::table::{Aim, Section, Table, grouped, median, seconds};
use crate::{posting, town};

/// The argument with which this program starts itself for one import.
pub const CHILD: &str = "import-child";
/// How many rows are posted together.
const CHUNK: usize = 8192;
/// How many volunteers the measurement of the index reads without knowing anything about them.
pub const COLD: usize = 1000;
/// The aim for a million rows: milliseconds, and memory in KiB.
const AIM: (u64, u64) = (60_000, 300_000_000 / 1024);
const AIM_ROWS: usize = 1_000_000;

/// Reads all attendances, as one must if no index says whose they are.
const EVERYONE: Read = Read {
    sql: std::borrow::Cow::Borrowed(
        "SELECT t.member, t.activity, t.credited_from, t.credited_until, t.day, t.minutes_counted, t.service_day_points \
          FROM {keys} CROSS JOIN ledger_attendances t WHERE t.relevant_until > k.a",
    ),
    keys: &[ColumnType::Integer],
};

/// What the importing program knows when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it has just been started.
    Cold,
    /// The volunteers: the same program has made the town.
    Warm,
    /// The volunteers, too; but the index on attendances is dropped.
    WarmWithoutIndex,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::WarmWithoutIndex => "warm-without-index",
        }
    }
}

/// What an import took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imported {
    pub milliseconds: u64,
    /// The process's largest resident set, in KiB.
    pub peak_kib: u64,
    /// How many milliseconds it took afterwards to read 1,000 volunteers' last month.
    pub cold_read: u64,
}

/// Measures imports on every engine, round by round.
pub async fn run(options: &Options) -> Result<Section> {
    let mut table = Table::new("", &["", "rows", "seconds", "rows a second", "peak memory, MB"]);
    let mut section = Section::new("Import");
    let mut imported: Vec<Vec<Imported>> = vec![Vec::new(); options.engines.len()];
    for round in 0..options.rounds {
        for (index, engine) in options.engines.iter().enumerate() {
            eprintln!("import, round {}, {}", round + 1, engine_name(*engine));
            imported[index].push(in_child(*engine, options.rows, Kind::Cold)?);
        }
    }
    for (engine, imported) in options.engines.iter().zip(imported) {
        let milliseconds = median(imported.iter().map(|imported| imported.milliseconds)).max(1);
        let peak_kib = median(imported.iter().map(|imported| imported.peak_kib));
        let (rows, name) = (options.rows as u64, engine_name(*engine));
        let megabytes = grouped(peak_kib * 1024 / 1_000_000);
        table.row([
            name.to_owned(),
            grouped(rows),
            seconds(milliseconds),
            grouped(rows * 1000 / milliseconds),
            megabytes.clone(),
        ]);
        let whole = options.rows >= AIM_ROWS;
        section.aims.push(Aim {
            what: format!("{name}: {} attendances imported, seconds", grouped(rows)),
            aim: format!("< {}", AIM.0 / 1000),
            measured: seconds(milliseconds),
            met: whole.then_some(milliseconds < AIM.0),
        });
        section.aims.push(Aim {
            what: format!("{name}: the same, peak memory of the importing process, MB"),
            aim: "< 300".to_owned(),
            measured: megabytes,
            met: whole.then_some(peak_kib < AIM.1),
        });
    }
    section.tables.push(table);
    Ok(section)
}

/// Runs an import in a process of its own.
pub fn in_child(engine: Engine, rows: usize, kind: Kind) -> Result<Imported> {
    let child = Command::new(std::env::current_exe()?)
        .args([CHILD, kind.name(), "--engine", engine_option(engine), "--rows", &rows.to_string()])
        .env(URL_VARIABLE, shared_url()?)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(child.status.success(), "the importing process: {}", child.status);
    let text = String::from_utf8(child.stdout)?;
    let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [milliseconds, peak_kib, cold_read] = numbers[..] else { bail!("the importing process printed {text:?}") };
    Ok(Imported { milliseconds, peak_kib, cold_read })
}

/// What the child process does: it imports and prints the figures.
pub async fn child(kind: &str, options: &Options) -> Result<()> {
    let kinds = [Kind::Cold, Kind::Warm, Kind::WarmWithoutIndex];
    let kind = kinds.into_iter().find(|known| known.name() == kind).context("an import is cold or warm")?;
    let engine = *options.engines.first().context("an import has an engine")?;
    let Imported { milliseconds, peak_kib, cold_read } = here(engine, options.rows, kind).await?;
    println!("{milliseconds} {peak_kib} {cold_read}");
    Ok(())
}

/// Makes a town and imports this many attendances.
pub async fn here(engine: Engine, rows: usize, kind: Kind) -> Result<Imported> {
    let place = Place::new(engine).await?;
    let mut ledger = place.open_bank().await?;
    town::make(&ledger, rows).await?;
    match kind {
        Kind::Cold => {
            ledger.close().await;
            ledger = place.open_bank().await?;
        }
        Kind::Warm => {}
        Kind::WarmWithoutIndex => drop_index(&place).await?,
    }
    place.settle().await?;
    let ledger = Arc::new(ledger);
    let start = Instant::now();
    import(&ledger, rows).await?;
    let milliseconds = u64::try_from(start.elapsed().as_millis())?;
    let peak_kib = peak_kib()?;
    let cold_read = if kind == Kind::Cold { 0 } else { cold_read(&place, rows, kind == Kind::Warm).await? };
    posting::close(ledger).await?;
    place.remove().await?;
    Ok(Imported { milliseconds, peak_kib, cold_read })
}

async fn import(ledger: &Arc<Ledger>, rows: usize) -> Result<()> {
    let mut posting: Option<tokio::task::JoinHandle<Result<()>>> = None;
    for from in (0..rows).step_by(CHUNK) {
        let numbers = from..(from + CHUNK).min(rows);
        let chunk: Vec<Envelope> = numbers
            .map(|number| Ok(Envelope::unkeyed("importer", Channel::Import, town::attendance(number)?)))
            .collect::<Result<_>>()?;
        if let Some(posting) = posting.take() {
            posting.await??;
        }
        let ledger = Arc::clone(ledger);
        posting = Some(tokio::spawn(async move {
            for outcome in ledger.post_all(chunk).await? {
                outcome?;
            }
            Ok(())
        }));
    }
    match posting {
        Some(posting) => posting.await?,
        None => Ok(()),
    }
}

/// Drops the index whose worth is being measured.
pub async fn drop_index(place: &Place) -> Result<()> {
    let mut link = place.link("bank.db").await?;
    link.execute("DROP INDEX ledger_attendances_member".to_owned()).await?;
    link.close().await
}

/// Measures in milliseconds how long it takes to read what decides an attendance in the last month, for volunteers
/// about whom nothing is known. Without the index, that reads all attendances once and picks the volunteers' own.
async fn cold_read(place: &Place, rows: usize, indexed: bool) -> Result<u64> {
    let mut conn = Conn::open(&Target::parse(&place.bank_url()?)?, false).await?;
    let cards = (rows.saturating_sub(COLD)..rows)
        .map(|number| CardNumber::parse(&town::card(town::volunteer_of(number)).ok()?));
    let cards = cards.collect::<Option<Vec<_>>>().context("a card")?;
    let known = members_by_card(&mut conn, &cards).await?;
    let members: BTreeSet<MemberId> = known.into_iter().map(|(_, member)| member.id).collect();
    let since = town::last_month(rows);
    let mut world = World::partial();
    let start = Instant::now();
    let found = if indexed {
        members.iter().for_each(|member| world.town.histories.ask_more(*member, since, |_, _| {}));
        load_wanted(&mut conn, &mut world).await?;
        world.town.histories.values().map(|history| history.past.len()).sum()
    } else {
        let all = conn.fetch(&EVERYONE, vec![vec![Cell::Integer(since)]]).await?;
        all.iter().filter(|row| members.contains(&MemberId(row.integer(0)))).count()
    };
    let milliseconds = u64::try_from(start.elapsed().as_millis())?;
    ensure!(found > 0, "no history was found");
    Ok(milliseconds)
}

/// The largest resident set of this process so far, in KiB.
fn peak_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
