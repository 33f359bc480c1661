//! A counter in a process of its own, for tests that kill it, or let several work at one bank.
//!
//! `counter_worker post URL KEY_FOLDER` opens the bank and says `ready`. It then reads commands as lines `{"id",
//! "command"}`, keeps many of them in flight, and says each outcome as one line. `counter_worker found URL KEY_FOLDER`
//! says `waiting` and waits for a line. It then opens or founds the bank, and says the bank's id and its key's.
//! `counter_worker expire URL KEY_FOLDER` says `ready`, lets expire what is due, and says how many accounts it has looked
//! through whenever it knows, and `done` at the end. `counter_worker host URL KEY_FOLDER` does what `post` does, with each command
//! in a transaction of its own, in which it writes an order too; now and then it rolls one back first.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bank_tests::bank::{CLERK, NOON, keyed, sample_town};
use bank_tests::host::{Host, order_of};
use baoyulan_ledger::command::{Channel, Command};
use baoyulan_ledger::{Clock, Error, Ledger, Options, Pending, Posted, Rejection};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// How many commands are in flight at most.
const IN_FLIGHT: u32 = 64;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, url, key_folder] = arguments.as_slice() else {
        bail!("usage: counter_worker post|found|expire|host URL KEY_FOLDER");
    };
    let key_folder = Some(PathBuf::from(key_folder));
    let options = Options { key_folder, clock: Clock::Fixed(NOON), moves_reserved: true, ..Options::existing() };
    match what.as_str() {
        "post" => post(url, options).await,
        "found" => found(url, options).await,
        "expire" => expire(url, options).await,
        "host" => host(url, options).await,
        other => bail!("{other} is neither post, found, expire nor host"),
    }
}

/// Says a line in one write, so that a kill leaves all of it or nothing.
fn say(line: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(format!("{line}\n").as_bytes())?;
    Ok(output.flush()?)
}

async fn found(url: &str, options: Options) -> anyhow::Result<()> {
    say("waiting")?;
    std::io::stdin().read_line(&mut String::new())?;
    let create = Some(sample_town());
    let ledger = Ledger::open(url, Options { create, ..options }).await?;
    let keys: Vec<String> = ledger.receipt_keys().await?.iter().map(|key| key.id().to_owned()).collect();
    say(&format!("{} {}", ledger.bank().bank_id, keys.join(" ")))?;
    ledger.close().await;
    Ok(())
}

async fn expire(url: &str, options: Options) -> anyhow::Result<()> {
    let ledger = Ledger::open(url, options).await?;
    say("ready")?;
    // If the caller is gone, nobody hears it.
    let heard = |accounts: u64, _| drop(say(&accounts.to_string()));
    ledger.expire(CLERK, Channel::Counter, None, heard).await?;
    ledger.close().await;
    say("done")
}

async fn post(url: &str, options: Options) -> anyhow::Result<()> {
    let ledger = Arc::new(Ledger::open(url, options).await?);
    say("ready")?;
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT as usize));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (id, command) = read(&line).with_context(|| line.clone())?;
        let permit = Arc::clone(&in_flight).acquire_owned().await?;
        let ledger = Arc::clone(&ledger);
        tokio::spawn(async move {
            let outcome = ledger.post(keyed(id.as_u128(), command)).await;
            // An answer takes a while to reach the caller, who may find the counter dead before that.
            tokio::time::sleep(Duration::from_millis((id.as_u128() % 3) as u64)).await;
            // If the caller is gone, nobody hears the answer.
            let _ = say(&answer(id, outcome).to_string());
            drop(permit);
        });
    }
    drop(in_flight.acquire_many(IN_FLIGHT).await?);
    if let Some(ledger) = Arc::into_inner(ledger) {
        ledger.close().await;
    }
    Ok(())
}

/// One in how many commands is rolled back before it is posted.
const ROLLED_BACK: u64 = 3;

async fn host(url: &str, options: Options) -> anyhow::Result<()> {
    let ledger = Ledger::open(url, options).await?;
    let mut host = Host::at(url).await;
    say("ready")?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut number = 0;
    while let Some(line) = lines.next_line().await? {
        let (id, command) = read(&line).with_context(|| line.clone())?;
        let id = id.as_u128();
        number += 1;
        if number % ROLLED_BACK == 0 {
            host.begin_patiently().await;
            host.order(-1).await;
            // It does not matter what would have become of it.
            let _ = host.post_in(&ledger, vec![keyed(id, command.clone())]).await;
            host.roll_back().await;
        }
        let pending = loop {
            host.begin_patiently().await;
            host.order(order_of(id)).await;
            match host.post_in(&ledger, vec![keyed(id, command.clone())]).await {
                Ok(mut answers) => break answers.pop().context("one answer")?,
                Err(_) => host.roll_back().await,
            }
        };
        host.commit().await;
        say(&answer(Uuid::from_u128(id), committed(&ledger, id, &command, pending).await).to_string())?;
    }
    ledger.close().await;
    Ok(())
}

/// What the ledger says of an id once the host has committed.
async fn committed(
    ledger: &Ledger,
    id: u128,
    command: &Command,
    pending: Result<Pending, Rejection>,
) -> Result<Posted, Error> {
    let pending = pending?;
    let again = ledger.post(keyed(id, command.clone())).await?;
    Ok(Posted { replayed: pending.replayed, ..again })
}

fn read(line: &str) -> anyhow::Result<(Uuid, Command)> {
    let mut request: Value = serde_json::from_str(line)?;
    let id = Uuid::parse_str(request["id"].as_str().context("no id")?)?;
    Ok((id, serde_json::from_value(request["command"].take())?))
}

fn answer(id: Uuid, outcome: Result<Posted, Error>) -> Value {
    let id = id.to_string();
    match outcome {
        Ok(posted) => {
            json!({ "id": id, "position": posted.position, "receipt": posted.receipt, "replayed": posted.replayed })
        }
        Err(Error::Rejected(rejection)) => json!({ "id": id, "rejection": rejection }),
        Err(Error::Fault(fault)) => json!({ "id": id, "fault": format!("{}: {fault}", fault.code()) }),
    }
}
