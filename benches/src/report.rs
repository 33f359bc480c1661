//! Prints the report, and writes it to `RESULTS.md`. Transfers, the comparison of two builds, and HTTP are parts with
//! their own conditions and aims: you can measure and write each without the rest.

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

*`cargo xtask bench --write` writes this file; do not edit it.*

**How to read this.** Do not trust absolute figures. The same program on the same machine differs by a factor of two within
minutes, depending on the disk and on what else is running. Trust the *ratios*: each compares, within one round, what the
bank does with what the same machine, driver and database did a moment earlier without a bank. Rounds are interleaved, and
the tables give medians over the rounds. Every write is durable: SQLite runs with WAL and `synchronous=FULL`, PostgreSQL
with `fsync` and `synchronous_commit`. The database, the callers and the bank share one machine.

- **Earnings** are attendances. Each posts four entries: service minutes and points, in lots that expire, from the accounts
  that grant them to the volunteer's. It also stores how the points were worked out, a record in the journal's tree, and
  the outcome of the caller's id.
- **Redemptions** exchange points for a piece of stock at one of 14 stations. Each posts four entries and issues a signed
  receipt, which is linked to the station's last one.
- A *caller* is a task that waits for its answer before it asks again. Each command has its own id. The bank accepts all
  commands, and afterwards the trial balance is even. It has known all volunteers since the beginning of the run.
- The **textbook writer** does what an ordinary service does for an earning: it writes the same rows in a database
  transaction of their own, over one connection on SQLite (which has one writer) and 32 on PostgreSQL. It looks nothing up,
  works out no points and hashes nothing. All its earnings meet in two accounts of the bank. People usually split such
  accounts, so that is measured too.
- **Bulk** writes one row and two balances for each transfer, in the driver's fastest form. The database can take in no more.
- **One row a commit** is the least that a command can cost when there is only one caller.
- A latency is how long a caller waits. With 1,024 callers, most of that is the queue.
";

const IMPORT: &str = "\
A town of 20,000 volunteers holds 33 activities a day, with 83 volunteers at each. A program that has just been started
imports them in the order of their dates, in chunks of 8,192 rows without ids; it prepares the next chunk while one is being
posted. Memory is that of this process. On SQLite that includes the database.
";

const INDEX: &str = "\
An earning pays for one index besides the primary keys: `ledger_attendances_member`. It answers one question: which of a
volunteer's earlier attendances can matter to this one? The writer asks it once for each volunteer whom it does not know
yet. Without the index, it would have to read every attendance in the bank.
";

const HTTP: &str = "\
`ledger-service serve` runs as we deliver it, on a town of 20,000 volunteers who all have points. The client has the
credentials of 14 tellers, one for each station. It runs on the same machine, over loopback, and keeps its connections open.

- A **redemption** is `POST /v1/redemptions` with a new key. The service looks up the credential, decides, signs and stores,
  and answers with the receipt. A **balance** is `GET /v1/volunteers/{card}/balance`, read from the database each time.
- The **no-op** is `/healthz` of the same process, through the same router and layers, with the same credential.
- **axum alone** is one route without layers, in a process that does nothing else.
- In the closed loop, each connection asks again as soon as it has its answer: with 1,024 connections, most of a latency is
  the queue. In the open loop, redemptions are due at fixed instants, whether or not the earlier ones are answered, and a
  latency counts from that instant.
- Every answer must have the right status, and afterwards the trial balance must be even.
";

const TRANSFERS: &str = "\
A transfer is a transaction of two entries between accounts of its own commodity, without people, a shop or lots. Like every
other command it writes a record in the journal's tree and the outcome of the caller's id, and it is just as durable.

- Both accounts are picked at random, or one side is always the same **hot account**.
- In **batches**, one caller sends many transfers with `post_all` and waits for all answers before it sends more; a latency is
  then that of a batch. Otherwise each caller sends one transfer with `post` and waits for its answer.
- Ids are in the order of time (UUID version 7), except in the row with **random ids** (version 4).
- Each row has a new bank, whose accounts were opened just before. The bank accepts all transfers, and afterwards the trial
  balance is even.
- **Bulk** and **one row a commit** are the same ceilings as in the part about commands.
- The bytes are those by which the SQLite file grew after batches of 8,190. The file then holds everything, and no log lies
  beside it.
";

const PAST: &str = "\
One account takes part in every transaction. It is read as it stands, and as of random positions of its history, in turn. A
milestone of each account's balance is kept now and then, instead of an index over all entries.
";

const ENGINE: &str = "\
All are posted with `post_all`, in batches of 8,190, each under its own id, on one bank, in the order of the table. A hold
has the entries of a transfer. **Five lots** are those of an account of its own for each posting, which empties them; these
accounts have a row of their own. **JSON Lines** are those of `ledger-service post FILE`: the time is that of the whole
process, which reads a file and writes its answers to one. Afterwards the trial balance is even.
";

const AUDIT: &str = "\
A town of a year: attendances, and a redemption for every four of them, each under its own id. Every record is made again by
its own rule, every signature is checked, and every row of every table is compared. No difference may be found.
";

const EXPIRY: &str = "\
Every account holds two lots, of which one has expired. `Ledger::expire` finds them page by page, posts what is in them to
breakage, and writes for each lot what breakage has of it. A dry run only finds them and adds up. Beside them stand plain
transfers of the same round, in batches of 8,190. Afterwards the trial balance is even, and a second expiry finds nothing.
";

const AGAINST: &str = "\
Two builds of this project, measured in one run. In each round both builds run each workload, one right after the other, in
processes of their own and on new banks. They take turns at going first. Rates and ratios are medians over the rounds, and
each ratio was taken within one round. For rates, more is better; for bytes, less is.
";

/// Prints the report of these sections, and writes it if the options say so.
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

/// Prints the part about transfers, and writes it if the options say so.
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

/// Prints the part about the past, and writes it if the options say so.
pub async fn print_past(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, longest, .. } = options;
    let longest = if *longest { " --longest" } else { "" };
    let part = Part {
        introduction: PAST,
        command: format!("cargo xtask bench past --rounds {rounds}{longest} --write"),
        amounts: "400 readings of each sort at each length".to_owned(),
        aims: "Readings as the history grows",
    };
    part.print(options, section).await
}

/// Prints the part about the engine's commands, and writes it if the options say so.
pub async fn print_engine(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, commands, .. } = options;
    let part = Part {
        introduction: ENGINE,
        command: format!("cargo xtask bench engine --rounds {rounds} --commands {commands} --write"),
        amounts: format!("{} commands of each kind", grouped(*commands as u64)),
        aims: "",
    };
    part.print(options, section).await
}

/// Prints the part about audits, and writes it if the options say so.
pub async fn print_audit(options: &Options, section: &Section) -> Result<()> {
    let part = Part {
        introduction: AUDIT,
        command: format!("cargo xtask bench audit --rows {} --write", options.rows),
        amounts: format!("{} commands of a town", grouped(options.rows as u64)),
        aims: "Records audited",
    };
    part.print(&Options { rounds: 1, ..options.clone() }, section).await
}

/// Prints the part about expiry, and writes it if the options say so.
pub async fn print_expiry(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, commands, .. } = options;
    let part = Part {
        introduction: EXPIRY,
        command: format!("cargo xtask bench expiry --rounds {rounds} --commands {commands} --write"),
        amounts: format!("{} accounts, and as many transfers", grouped(*commands as u64)),
        aims: "Accounts beside transfers",
    };
    part.print(options, section).await
}

/// Prints the comparison of two builds, and writes it if the options say so.
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

/// Prints the part about HTTP, and writes it if the options say so.
pub async fn print_http(options: &Options, section: &Section) -> Result<()> {
    let Options { rounds, requests, seconds, .. } = options;
    let part = Part {
        introduction: HTTP,
        command: format!("cargo xtask bench http --rounds {rounds} --requests {requests} --seconds {seconds} --write"),
        amounts: format!(
            "{} redemptions at 256 and at 1,024 connections, a quarter of them at 14; twice as many other requests; \
             {seconds} seconds of the open loop",
            grouped(*requests as u64)
        ),
        aims: "Aims over HTTP",
    };
    part.print(options, section).await
}

/// What a part of the report has besides its figures.
struct Part {
    introduction: &'static str,
    command: String,
    amounts: String,
    /// The heading above the table of aims.
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

/// Says how many commands there are for each number of callers.
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

/// Says what was run, when, and on which machine.
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

/// Reads the value of the first line with this name.
fn field(file: &str, name: &str) -> Result<String> {
    let text = read_to_string(file)?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let value = fields.into_iter().find(|(field, _)| field.trim() == name).map(|(_, value)| value.trim().to_owned());
    value.with_context(|| format!("no {name} in {file}"))
}
