//! The points bank's service. So far: the counter, on the command line.

mod access;
mod arguments;
mod auth;
mod config;
mod counter;
mod edge;
mod failure;
mod import;
mod importing;
mod jobs;
mod locale;
mod logs;
mod mask;
mod metrics;
mod pages;
mod problem;
mod refused_rows;
mod reports;
mod router;
mod routes;
mod serve;
mod state;
mod statement;

use std::process::ExitCode;

use baoyulan_ledger::{Clock, Ledger, Options};

use arguments::{BankArguments, Command, ConfigAct};

/// A batch's cells are made on one thread and freed on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        let outcome = runtime.block_on(run());
        // What still runs on a thread of its own, as the reading of a large file, does not hold up the end.
        runtime.shutdown_background();
        outcome
    });
    outcome.unwrap_or_else(|error| failure::report(&error))
}

async fn run() -> anyhow::Result<ExitCode> {
    let read = config::file::read()?;
    let bank = &read.arguments.bank;
    let language = read.arguments.language;
    locale::ask(language);
    match &read.arguments.command {
        Command::Import(arguments) => importing::import(bank, arguments).await,
        Command::Balances => reading(bank, reports::balances).await,
        Command::Redeem(arguments) => counter::redeem(bank, arguments).await,
        Command::Reverse(arguments) => counter::reverse(bank, arguments).await,
        Command::Statement(arguments) => {
            reading(bank, async |ledger| statement::statement(ledger, bank, arguments, language).await).await
        }
        Command::Card(arguments) => counter::card(bank, arguments).await,
        Command::Serve(settings) => serve::serve(bank, settings).await,
        Command::Config(arguments) => match arguments.act {
            ConfigAct::Show(_) => config::show::show(&read),
        },
        Command::Openapi => {
            print(&router::openapi().to_pretty_json()?)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Credential(arguments) => access::credential(bank, arguments).await,
        Command::Pin(arguments) => access::pin(bank, arguments).await,
        Command::LoginLink(arguments) => access::login_link(bank, arguments).await,
        Command::VerifyReceipt(arguments) => reports::verify_receipt(arguments, language),
        Command::Keys => reading(bank, reports::keys).await,
        Command::TrialBalance => reading(bank, reports::trial_balance).await,
    }
}

/// Opens the bank with these options, the key's folder and the clock being those of the command line.
async fn open(bank: &BankArguments, options: Options) -> anyhow::Result<Ledger> {
    let url = bank
        .place
        .url
        .as_deref()
        .ok_or_else(|| anyhow::anyhow!("which bank? add --bank sqlite://town.db, or set POINTS_BANK"))?;
    let options = Options { key_folder: bank.place.key_folder.clone(), clock: clock(bank), ..options };
    Ok(Ledger::open(url, options).await?)
}

/// Runs a command that only reads, and leaves the bank closed behind it.
async fn reading(
    bank: &BankArguments,
    command: impl AsyncFnOnce(&Ledger) -> anyhow::Result<ExitCode>,
) -> anyhow::Result<ExitCode> {
    let ledger = open(bank, Options::read_only()).await?;
    let outcome = command(&ledger).await;
    ledger.close().await;
    outcome
}

fn clock(bank: &BankArguments) -> Clock {
    bank.now.map_or(Clock::Machine, |now| Clock::Fixed(now.as_second()))
}

/// Writes a line to standard output; a reader that has gone away is a failure like any other.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}
