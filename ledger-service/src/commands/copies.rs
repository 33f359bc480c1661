//! `backup` and `restore`: copies of the whole bank, checked before they get their names.

use std::path::PathBuf;
use std::process::ExitCode;

use baoyulan_ledger::Fault;
use baoyulan_ledger::ledger::copy::{self, Copied};
use clap::Args;
use data_encoding::HEXLOWER;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bank::BankArguments;
use crate::output::{print_done, say};

#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The new file; nothing is ever overwritten
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The file that `backup` has made
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

pub async fn backup(bank: &BankArguments, BackupArguments { to }: &BackupArguments) -> anyhow::Result<ExitCode> {
    let progress = progress_bar();
    let copying = copy::backup(bank.url()?, to, |rows, all| show(&progress, rows, all));
    let copied = unless_stopped(copying).await?;
    progress.finish_and_clear();
    print_done(&format!("{}: {}", to.display(), said(&copied)), &to.display().to_string())?;
    say(&format!(
        "In no backup: the file {}.receipt-key, and {0}.pin-pepper if there are PINs. Copy both from the key folder, and keep \
         them elsewhere.",
        copied.bank.bank_id
    ));
    Ok(ExitCode::SUCCESS)
}

pub async fn restore(bank: &BankArguments, RestoreArguments { from }: &RestoreArguments) -> anyhow::Result<ExitCode> {
    let progress = progress_bar();
    let copying = copy::restore(from, bank.url()?, |rows, all| show(&progress, rows, all));
    let copied = unless_stopped(copying).await?;
    progress.finish_and_clear();
    print_done(&format!("restored: {}", said(&copied)), &copied.bank.bank_id)?;
    say(&format!(
        "Next: put {}.receipt-key into the key folder, and {0}.pin-pepper if there are PINs; if that is the key folder of the \
         bank that was lost, start the service once with --accept-rollback; run audit; start the service. What was posted after \
         this backup is not in the bank: see \"Backup and restore\" in OPERATION.md.",
        copied.bank.bank_id
    ));
    Ok(ExitCode::SUCCESS)
}

/// Waits for a copy, or for somebody who presses Ctrl-C: then what was begun is removed.
async fn unless_stopped(copying: impl Future<Output = Result<Copied, Fault>>) -> anyhow::Result<Copied> {
    tokio::select! {
        copied = copying => Ok(copied?),
        _ = tokio::signal::ctrl_c() => anyhow::bail!("stopped; nothing was made"),
    }
}

fn said(Copied { bank, size, root, posted_at, rows }: &Copied) -> String {
    let last = jiff::Timestamp::from_second(*posted_at).map_or_else(|_| posted_at.to_string(), |last| last.to_string());
    let (root, id) = (HEXLOWER.encode(root), &bank.bank_id);
    let issuer = &bank.issuer;
    format!("bank {id} of {issuer}, {size} records, the last of {last}, root {root}, {rows} rows, checked")
}

fn progress_bar() -> ProgressBar {
    let progress = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
        progress.set_style(style);
    }
    progress
}

fn show(progress: &ProgressBar, rows: u64, all: u64) {
    progress.set_length(all);
    progress.set_position(rows);
}
