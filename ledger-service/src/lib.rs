//! The points bank's service: the counter on the command line, the API, and the pages.
//!
//! Who may import whom: no module imports one that stands above it or beside it. A test (`order.rs`) reads this drawing.
//!
//! ```text
//! bin  lib                               the program; its parts
//! fuzz                                   what is promised of any bytes that somebody sends
//! arguments  failure                     the list of commands; an error on its way out
//! commands/<noun>  serve                 what a command does; the service's life
//! edge  router                           what every request passes; the lists of nouns
//! pages/<noun>                           pages for people
//! routes/<noun>                          the API
//! posting  presented  watching           a command under the caller's key; a receipt somebody presents; how the bank stands
//! auth  metrics                          credentials, sessions, PINs, permissions/<noun>; what is counted
//! logs                                   the log
//! state                                  what all requests share
//! jobs  limits                           imports by upload; how often anybody may ask
//! config  importing                      the settings; what all imports check
//! bank  import                           the bank of the command line; the files of a town
//! ids  mask                              ids from content; masked names
//! output  problem  redeemed              standard output; a no over HTTP; what was redeemed, in words
//! locale  refused_rows                   the language of the command line; refused rows of an import, in words
//! cells  clock  requests                 tables as CSV; a clock that cannot be; requests as JSON, and their answers
//! ```

#![warn(
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "whoever adds a variant is shown every place that tells variants apart"
)]

mod arguments;
mod auth;
mod bank;
mod cells;
mod clock;
mod commands;
mod config;
mod edge;
mod failure;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod ids;
mod import;
mod importing;
mod jobs;
mod limits;
mod locale;
mod logs;
mod mask;
mod metrics;
#[cfg(test)]
mod order;
mod output;
mod pages;
mod posting;
mod presented;
mod problem;
mod redeemed;
mod refused_rows;
mod requests;
mod router;
mod routes;
mod serve;
mod state;
mod watching;

use std::process::ExitCode;

use arguments::{Command, ConfigAct};

/// Does what the command line asks for. The code is the program's.
pub fn main() -> ExitCode {
    let outcome = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| {
        let outcome = runtime.block_on(run());
        // A thread that is still busy, such as one that reads a large file, does not hold up the end.
        runtime.shutdown_background();
        outcome
    });
    outcome.unwrap_or_else(|error| failure::report(&error))
}

async fn run() -> anyhow::Result<ExitCode> {
    let read = arguments::read()?;
    let bank = &read.arguments.bank;
    locale::ask(read.arguments.language);
    clock::refuse_impossible()?;
    anyhow::ensure!(
        read.arguments.command.posts() || !(bank.accept_clock || bank.accept_rollback),
        "this command posts nothing, so it can accept neither clock nor rollback: leave --accept-clock and \
         --accept-rollback out, or give them once to a command that posts, such as serve"
    );
    match &read.arguments.command {
        Command::Init(arguments) => commands::banks::init(bank, arguments).await,
        Command::Post(arguments) => commands::requests::post(bank, arguments).await,
        Command::Account(arguments) => commands::accounts::account(bank, arguments).await,
        Command::History(arguments) => commands::accounts::history(bank, arguments).await,
        Command::Hold(arguments) => commands::holds::hold(bank, arguments).await,
        Command::Import(arguments) => commands::imports::import(bank, arguments).await,
        Command::Balances => bank.read(commands::balances::balances).await,
        Command::Redeem(arguments) => commands::redemptions::redeem(bank, arguments).await,
        Command::Reverse(arguments) => commands::reversals::reverse(bank, arguments).await,
        Command::Statement(arguments) => commands::statements::statement(bank, arguments).await,
        Command::Card(arguments) => commands::cards::card(bank, arguments).await,
        Command::Serve(settings) => serve::serve(bank, settings).await,
        Command::Config(arguments) => match arguments.act {
            ConfigAct::Show(_) => config::show::show(&read.matches, &read.file),
        },
        Command::Openapi => router::print_openapi(),
        Command::Credential(arguments) => commands::credentials::credential(bank, arguments).await,
        Command::Pin(arguments) => commands::pins::pin(bank, arguments).await,
        Command::LoginLink(arguments) => commands::login_links::login_link(bank, arguments).await,
        Command::VerifyReceipt(arguments) => commands::receipts::verify_receipt(arguments),
        Command::Keys => bank.read(commands::receipts::keys).await,
        Command::TrialBalance => bank.read(commands::balances::trial_balance).await,
        Command::Audit => bank.read(commands::audits::audit).await,
        Command::Expire(arguments) => commands::expiry::expire(bank, arguments).await,
        Command::Backup(arguments) => commands::copies::backup(bank, arguments).await,
        Command::Restore(arguments) => commands::copies::restore(bank, arguments).await,
    }
}
