//! The station's front end (驿站自助机).
//!
//! It will be an agent on the station's own machine: its page on 127.0.0.1, with no front-end framework; one pure
//! `update(model, input) -> (model, effects)` and one pure view for each screen; an outbox in a SQLite file of its own, so
//! that nothing is handed over before it is written down, whether the network is there or not.
//!
//! None of that is here yet. What is here is the check that a station makes of every receipt before the paper is cut, or
//! when somebody brings one back: does this bank's key verify it? It needs neither the bank nor the network.
//!
//! `redeem-kiosk <token> <key-set.json>` says what the receipt says and ends with 0; with 1 where it is not a receipt of
//! these keys, with 2 where it cannot tell.

mod shell;

use std::process::ExitCode;

use baoyulan_ledger::proof::key::JsonWebKeySet;
use baoyulan_ledger::proof::receipt::keys_of;
use baoyulan_ledger::proof::{Receipt, VerifyingKey};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [token, file] = arguments.as_slice() else {
        eprintln!("Usage: redeem-kiosk <token> <key-set.json>");
        return ExitCode::from(2);
    };
    match read_keys(file).map(|keys| Receipt::verify(token, &keys)) {
        Ok(Ok(receipt)) => {
            println!("verified: this bank issued the receipt; whether it was reversed since, its journal tells");
            receipt.words(false).iter().for_each(|line| println!("{line}"));
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("not verified: {error}");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("the keys {file}: {reason}");
            ExitCode::from(2)
        }
    }
}

fn read_keys(file: &str) -> Result<Vec<VerifyingKey>, String> {
    let text = std::fs::read(file).map_err(|error| error.to_string())?;
    let set: JsonWebKeySet = serde_json::from_slice(&text).map_err(|error| format!("no JSON Web Key Set: {error}"))?;
    let keys = keys_of(&set);
    if keys.is_empty() { Err("none of them is one of Ed25519".to_owned()) } else { Ok(keys) }
}
