//! `hold`: what a program reads of a hold, JSON.

use std::process::ExitCode;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::book::Address;
use baoyulan_ledger::store::hold::{PlacedHold, PlacedPiece};
use clap::Args;
use serde::Serialize;

use crate::bank::BankArguments;
use crate::output::print;

#[derive(Debug, Args)]
pub struct HoldArguments {
    /// The hold's code
    code: String,
}

/// A hold as it is printed. Quantities are as they were sent: debits positive.
#[derive(Serialize)]
struct Shown<'a> {
    hold: &'a str,
    /// Of the record that placed it.
    position: i64,
    /// UTC seconds, as in commands.
    placed_at: i64,
    until: i64,
    /// `open`, `expired` where its time is over with something left in it, or `closed`.
    state: &'static str,
    entries: Vec<ShownPiece<'a>>,
}

#[derive(Serialize)]
struct ShownPiece<'a> {
    address: &'a Address,
    commodity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    quantity: i64,
    remaining: i64,
}

impl<'a> Shown<'a> {
    fn of(PlacedHold { hold, pieces }: &'a PlacedHold, now: i64) -> Self {
        let state = match (hold.is_open(), hold.is_in_force(now)) {
            (false, _) => "closed",
            (true, true) => "open",
            (true, false) => "expired",
        };
        Self {
            hold: &hold.code,
            position: hold.id.0,
            placed_at: hold.placed_at,
            until: hold.until,
            state,
            entries: pieces.iter().map(ShownPiece::of).collect(),
        }
    }
}

impl<'a> ShownPiece<'a> {
    fn of(piece: &'a PlacedPiece) -> Self {
        Self {
            address: &piece.address,
            commodity: piece.commodity.as_str(),
            expires_at: Some(piece.lot).filter(|lot| *lot != 0),
            quantity: piece.placed,
            remaining: piece.remaining,
        }
    }
}

pub async fn hold(bank: &BankArguments, arguments: &HoldArguments) -> anyhow::Result<ExitCode> {
    bank.read(async |ledger| {
        let found = ledger.hold(&arguments.code).await?;
        let found = found.ok_or_else(|| Rejection::UnknownHold { hold: arguments.code.clone() })?;
        print(&serde_json::to_string(&Shown::of(&found, ledger.now()))?)?;
        Ok(ExitCode::SUCCESS)
    })
    .await
}
