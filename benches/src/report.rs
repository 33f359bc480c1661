//! The report: printed, and written to `RESULTS.md`.

use std::fmt::Write as _;
use std::fs::read_to_string;

use anyhow::{Context, Result};
use baoyulan_ledger::time::date_of;

use crate::Options;
use crate::place::versions;
use crate::table::{Section, Table, grouped};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");

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

/// Prints the report; with all sections and where asked for, writes it too.
pub async fn print(options: &Options, sections: &[Section]) -> Result<()> {
    let mut text = String::new();
    writeln!(text, "{HEAD}\n{}\n## Aims\n\n{}", conditions(options).await?, aims(sections).markdown())?;
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
    let text = format!("{}\n", text.trim_end());
    print!("{text}");
    if options.write {
        std::fs::write(FILE, text).context(FILE)?;
    }
    Ok(())
}

fn aims(sections: &[Section]) -> Table {
    let mut table = Table::new("", &["", "aim", "measured", ""]);
    for aim in sections.iter().flat_map(|section| &section.aims) {
        let met = aim.met.map_or("", |met| if met { "met" } else { "**missed**" });
        table.row([aim.what.clone(), aim.aim.clone(), aim.measured.clone(), met.to_owned()]);
    }
    table
}

/// Of what, when and where the figures are.
async fn conditions(options: &Options) -> Result<String> {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let date = date_of(i64::try_from(seconds / 86_400)?);
    let memory = field("/proc/meminfo", "MemTotal")?;
    let kib: u64 = memory.trim_end_matches(" kB").parse()?;
    let mut lines = vec![
        format!("`{}`", command(options)),
        format!(
            "{date}; {} rounds; {} commands at 1,024 callers, a quarter at 64, a fiftieth at one",
            options.rounds,
            grouped(options.commands as u64)
        ),
        format!(
            "{} × {}, {} GB of memory, Linux {}",
            std::thread::available_parallelism()?,
            field("/proc/cpuinfo", "model name")?,
            kib * 1024 / 1_000_000_000,
            read_to_string("/proc/sys/kernel/osrelease")?.trim()
        ),
    ];
    lines.push(versions().await?.join("; "));
    Ok(lines.iter().fold(String::new(), |text, line| text + "- " + line + "\n"))
}

fn command(options: &Options) -> String {
    let Options { rounds, commands, rows, .. } = options;
    format!("cargo xtask bench --rounds {rounds} --commands {commands} --rows {rows} --write")
}

/// The value of the first line of that name.
fn field(file: &str, name: &str) -> Result<String> {
    let text = read_to_string(file)?;
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let value = fields.into_iter().find(|(field, _)| field.trim() == name).map(|(_, value)| value.trim().to_owned());
    value.with_context(|| format!("no {name} in {file}"))
}
