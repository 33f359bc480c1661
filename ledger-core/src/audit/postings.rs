//! What is posted, or put into a hold: which lots an account gives and gets.

use std::collections::BTreeMap;

use crate::audit::entries::{Accounts, entries};
use crate::audit::meaning::refused;
use crate::audit::record::Record;
use crate::audit::{Difference, Replay};
use crate::book::transaction::{Leg, LegLots, post};
use crate::book::{AccountId, Entry};
use crate::effect::{Effect, Effects};
use crate::row::Row as _;

/// An account moves, in one lot: as an entry, or in a hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) account: AccountId,
    pub(super) lot: i64,
    pub(super) quantity: i64,
}

/// A posting leads to these entries.
pub(super) fn posting(replay: &Replay, record: &Record) -> Result<Effects, Difference> {
    let pieces = entries(&record.rows).into_iter();
    let pieces = pieces.map(|entry| Piece { account: entry.account, lot: entry.lot, quantity: entry.quantity });
    let posted = resolved(replay, record, Entry::table().name, &pieces.collect::<Vec<_>>())?;
    Ok(Effects::of(posted.into_iter().map(Effect::Entry).collect()))
}

/// The entries that these pieces come to. Every account that gives must give its soonest lots; every lot that is given either was
/// taken elsewhere, or is the only one of its account. `table` is where the pieces stand.
pub(super) fn resolved(
    replay: &Replay,
    record: &Record,
    table: &'static str,
    pieces: &[Piece],
) -> Result<Vec<Entry>, Difference> {
    let accounts = Accounts::of(&replay.world, &record.rows);
    let now = record.own.posted_at;
    let mut legs: BTreeMap<AccountId, (i64, Vec<(i64, i64)>)> = BTreeMap::new();
    for piece in pieces {
        let Some(account) = accounts.get(piece.account) else { continue };
        let (quantity, lots) = legs.entry(piece.account).or_default();
        *quantity += piece.quantity;
        let growth = piece.quantity * account.class.normal_sign();
        if account.lotted && growth > 0 {
            if piece.lot <= now {
                return Err(lot_differs(record, table, piece, &format!("later than {now}")));
            }
            lots.push((piece.lot, growth));
        }
    }
    for (number, (_, lots)) in legs.iter().filter(|(_, (_, lots))| lots.len() > 1) {
        check_carried(record, table, &accounts, pieces, *number, lots)?;
    }
    let legs = legs.into_iter().map(|(account, (quantity, lots))| Leg {
        lots: if lots.is_empty() { LegLots::Automatic } else { LegLots::Exactly(lots) },
        ..Leg::new(account, quantity)
    });
    let posted = post(&legs.collect::<Vec<_>>(), now, |account| replay.world.accounts.get(&account));
    posted.map_err(|refusal| refused(record, &refusal.into()))
}

/// An account that grows in several lots has them from others in the same commodity.
fn check_carried(
    record: &Record,
    table: &'static str,
    accounts: &Accounts<'_>,
    pieces: &[Piece],
    number: AccountId,
    lots: &[(i64, i64)],
) -> Result<(), Difference> {
    let Some(commodity) = accounts.get(number).map(|account| &account.commodity) else { return Ok(()) };
    let gives = |piece: &&Piece| {
        accounts.get(piece.account).is_some_and(|account| {
            account.commodity == *commodity && account.lotted && piece.quantity * account.class.normal_sign() < 0
        })
    };
    for (lot, growth) in lots {
        let given = pieces.iter().filter(gives).filter(|piece| piece.lot == *lot);
        let given: i64 = given.map(|piece| piece.quantity.abs()).sum();
        if given < *growth
            && let Some(piece) = pieces.iter().find(|piece| piece.account == number && piece.lot == *lot)
        {
            return Err(lot_differs(record, table, piece, "a lot that another account gives"));
        }
    }
    Ok(())
}

fn lot_differs(record: &Record, table: &'static str, piece: &Piece, expected: &str) -> Difference {
    Difference::at(record.position, (table, "lot"), piece.lot, expected)
}
