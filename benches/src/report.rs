//! The report: printed, and written to `RESULTS.md`. Transfers, two builds beside each other, and what is measured over
//! HTTP are parts with conditions and aims of their own: each can be measured and written without the rest.

use std::fmt::Write as _;
use std::fs::read_to_string;

use anyhow::{Context, Result};
use baoyulan_ledger::time::date_of;

use crate::place::versions;
use crate::table::{Section, Table, grouped};
use crate::transfers::ACCOUNTS;
use crate::{Options, results_file};

const HEAD: &str = "\
# Results

*Written by `cargo xtask bench --write`; not by hand.*

**How to read this.** Absolute figures are noise: the same program on the same machine differs by a factor of two within
minutes, with the disk and with whoever else is there. What is stated are *ratios*, each taken within one round: what the
bank does beside what the same machine, driver and database do a moment before without a bank. Rounds are interleaved, and
medians of them are quoted. Everything is durable: SQLite with WAL and `synchronous=FULL`, PostgreSQL with `fsync` and
`synchronous_commit`; the database, its callers and the bank share the machine.

- **Earnings** are attendances: service minutes and points, each from its source to the volunteer, in lots that expire,
  with the parts of their price, a record in the journal's tree and the outcome of the caller's id. Four entries each.
- **Redemptions** are points for a piece of stock at one of 14 stations: four entries, and a signed receipt chained to
  the station's last.
- Each *caller* is a task that waits for its answer before it asks again; each command has an id of its own. All are
  accepted, and the trial balance is even afterwards. Volunteers are known to the bank from the beginning of the run.
- The **textbook writer** is what an ordinary service does for an earning: one database transaction for each, with the
  same rows, one connection on SQLite (which has one writer), 32 on PostgreSQL. It looks nothing up, prices nothing and
  hashes nothing. All earnings meet in the bank's own two accounts; the usual remedy, splitting these, is measured too.
- **Bulk** is one row and two balances a transfer in the driver's fastest form: what the database can take in.
- **One row a commit** is the least that any command can cost a lonely caller.
- A latency is a caller's wait: with 1,024 callers it is mostly the queue.
";

const IMPORT: &str = "\
A town of 20,000 volunteers with 33 activities a day and 83 volunteers at each, in the order of dates, by a program that
has just been started: chunks of 8,192 rows without ids, the next made while one is posted. Memory is this process's,
which on SQLite is the database as well.
";

const INDEX: &str = "\
`ledger_attendances_member` is the only index beside primary keys that an earning pays for. It serves one question: what
a volunteer has attended that can matter to this attendance, asked once for each volunteer whom the writer does not know
yet. Without it that question reads every attendance there is.
";

const HTTP: &str = "\
`ledger-service serve` as it is delivered, with the credentials of 14 devices, one for each station, on a town of 20,000
volunteers who all have points; the client beside it on the same machine, over loopback, with connections that are kept.

- A **redemption** is `POST /v1/redemptions` with a key of its own: looked up credential, decided, signed, durable, and
  the receipt in the answer. A **balance** is `GET /v1/volunteers/{card}/balance`: read from the database for this request.
- The **no-op** is `/healthz` of the same process, through the same router and layers, with the same credential sent.
- **axum alone** is one route without layers in a process that does nothing else.
- In the closed loop each connection asks again as soon as it is answered: with 1,024 connections a latency is mostly the
  queue. In the open loop redemptions are due at fixed instants, whatever became of those before, and a latency counts
  from that instant.
- Every answer must have its status, and the trial balance is even afterwards.
";

const TRANSFERS: &str = "\
A transfer is a transaction of two entries between accounts of a commodity of its own: no people, no shop, no lots. It has
a record in the journal's tree and the outcome of the caller's id like every other command, and is as durable.

- Both accounts are picked at random; or one side is always the same **hot account**.
- In **batches**, one caller sends so many with `post_all` and waits for all answers before it sends the next ones; a
  latency is a batch's. Otherwise each caller sends one with `post` and waits for its answer.
- Ids are in the order of time (UUID version 7), but for the row with **random ids** (version 4).
- Each row has a bank of its own, whose accounts were opened just before. All transfers are accepted, and the trial
  balance is even afterwards.
- **Bulk** and **one row a commit** are the ceilings of the part about commands.
- Bytes of file are what the SQLite file grew by, with everything in it and no log beside it, after batches of 8,190.
";

const AGAINST: &str = "\
Two builds of this project in one run: in each round each workload by both, one straight after the other, each in a process
of its own and on a new bank; who is first takes turns. Rates are medians over the rounds. So are ratios, each of which is
taken within one round. Bytes are no rate: there less is better.
";

/// Prints the report; with all sections and where asked for, writes it too.
pub async fn print(options: &Options, sections: &[Section]) -> Result<()> {
    let mut text = String::new();
    let Options { rounds, commands, rows, .. } = options;
    let command = format!("cargo xtask bench --rounds {rounds} --commands {commands} --rows {rows} --write");
    let conditions = conditions(&command, *rounds, &command_amounts(*commands)).await?;
    writeln!(text, "{HEAD}\n{conditions}\n## Aims\n\n{}", aims("", sections).markdown())?;
    for section in sections {
        writeln!(text, "## {}\n", section.title)?;
        match section.title {
            "Import" => writeln!(text, "{IMPORT}")?,
            "The index" => writeln!(text, "{INDEX}")?,
            _ => {}
        }
        for table in &section.tables {
            writeln!(text, "{}", table.markdown())?;
        }
    }
    emit(options, &text)
}

/// Prints what was measured of transfers; where asked for, writes it too.
pub async fn print_transfers(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, commands, .. } = options;
    let part = Part {
        introduction: TRANSFERS,
        command: format!("cargo xtask bench transfers --rounds {rounds} --commands {commands} --write"),
        amounts: format!("{}; {} accounts", command_amounts(*commands), grouped(ACCOUNTS)),
        aims: "Transfers beside what bounds them",
    };
    part.print(options, section).await
}

/// Prints what was measured of two builds; where asked for, writes it too.
pub async fn print_against(options: &Options, revision: &str, groups: &[&str], section: &Section) -> Result<()> {
    let Options { rounds, commands, .. } = options;
    let groups = groups.iter().fold(String::new(), |text, group| text + " " + group);
    let part = Part {
        introduction: AGAINST,
        command: format!(
            "cargo xtask bench --against {revision}{groups} --rounds {rounds} --commands {commands} --write"
        ),
        amounts: command_amounts(*commands),
        aims: "",
    };
    part.print(options, section).await
}

/// Prints what was measured over HTTP; where asked for, writes it too.
pub async fn print_http(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, requests, seconds, .. } = options;
    let part = Part {
        introduction: HTTP,
        command: format!("cargo xtask bench http --rounds {rounds} --requests {requests} --seconds {seconds} --write"),
        amounts: format!(
            "{} redemptions at 256 and at 1,024 connections, a quarter at 14; twice as many of the others; {seconds} \
             seconds of the open loop",
            grouped(*requests as u64)
        ),
        aims: "Aims over HTTP",
    };
    part.print(options, section).await
}

/// What stands in a part of its own beside its figures.
struct Part {
    introduction: &'static str,
    command: String,
    amounts: String,
    /// The heading of its aims.
    aims: &'static str,
}

impl Part {
    async fn print(&self, options: &Options, section: &Section) -> Result<()> {
        let conditions = conditions(&self.command, options.rounds, &self.amounts).await?;
        let mut text = format!("## {}\n\n{}\n{conditions}\n", section.title, self.introduction);
        if !section.aims.is_empty() {
            writeln!(text, "{}", aims(self.aims, std::slice::from_ref(section)).markdown())?;
        }
        for table in &section.tables {
            writeln!(text, "{}", table.markdown())?;
        }
        emit(options, &text)
    }
}

fn emit(options: &Options, text: &str) -> Result<()> {
    print!("{text}");
    if options.write { results_file::write(text) } else { Ok(()) }
}

/// How many commands there are at how many callers.
fn command_amounts(commands: usize) -> String {
    format!("{} commands at 1,024 callers, a quarter at 64, a fiftieth at one", grouped(commands as u64))
}

fn aims(caption: &str, sections: &[Section]) -> Table {
    let mut table = Table::new(caption, &["", "aim", "measured", ""]);
    for aim in sections.iter().flat_map(|section| &section.aims) {
        let met = aim.met.map_or("", |met| if met { "met" } else { "**missed**" });
        table.row([aim.what.clone(), aim.aim.clone(), aim.measured.clone(), met.to_owned()]);
    }
    table
}

/// Of what, when and where the figures are.
async fn conditions(command: &str, rounds: usize, amounts: &str) -> Result<String> {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let date = date_of(i64::try_from(seconds / 86_400)?);
    let memory = field("/proc/meminfo", "MemTotal")?;
    let kib: u64 = memory.trim_end_matches(" kB").parse()?;
    let lines = [
        format!("`{command}`"),
        format!("{date}; {rounds} rounds; {amounts}"),
        format!(
            "{} × {}, {} GB of memory, Linux {}",
            std::thread::available_parallelism()?,
            field("/proc/cpuinfo", "model name")?,
            kib * 1024 / 1_000_000_000,
            read_to_string("/proc/sys/kernel/osrelease")?.trim()
        ),
        versions().await?.join("; "),
    ];
    Ok(lines.iter().fold(String::new(), |text, line| text + "- " + line + "\n"))
}

/// The value of the first line of that name.
fn field(file: &str, name: &str) -> Result<String> {
    let text = read_to_string(file)?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let value = fields.into_iter().find(|(field, _)| field.trim() == name).map(|(_, value)| value.trim().to_owned());
    value.with_context(|| format!("no {name} in {file}"))
}
