//! Posts in a transaction that a host has lent. The rules, the records and the rows are the writer's; but nothing is kept in
//! memory afterwards, and nobody hears of a position: the host may still roll back.

use super::batch::{Decided, Desk, Draft, Group, Unit};
use super::source::Source;
use super::{BATCH_COMMANDS_MAX, Posted, PostedEntry};
use crate::command::Envelope;
use crate::defect::Defect;
use crate::fault::Fault;
use crate::reject::Rejection;
use crate::store::conn::database;
use crate::store::dialect::{Failure, failure_of};
use crate::store::pen::{Decision, Interrupted};
use crate::store::record::{self, Head};
use crate::store::{Conn, cold_at, write};
use crate::world::World;

/// A command that is posted as soon as the host commits. It has no position yet, and no receipt: once the host has committed,
/// the command's id tells both: see [`Ledger::outcome`](crate::Ledger::outcome).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The time of the record, in UTC seconds.
    pub posted_at: i64,
    /// Sorted by account and lot, with the balances after them.
    pub entries: Vec<PostedEntry>,
    /// Whether the id was used before, so that this is what was decided then; it may have been in this very transaction.
    pub replayed: bool,
}

impl From<Posted> for Pending {
    fn from(Posted { posted_at, entries, replayed, position: _, receipt: _, unmoved: _ }: Posted) -> Self {
        Self { posted_at, entries, replayed }
    }
}

/// What became of commands in a host's transaction, as long as it goes on: one for each, in their order.
pub type PendingAnswer = Result<Vec<Result<Pending, Rejection>>, Fault>;

/// Decides the commands and writes them. The host's transaction holds the head already. After a fault, undo what was written.
///
/// # Errors
/// The engine's; [`Fault::ClockAhead`]; a fault of the program.
pub async fn post_in(conn: &mut Conn, desk: &Desk, envelopes: &[Envelope]) -> PendingAnswer {
    let mut head = record::head_in_host(conn).await?;
    let mut world = cold_at(conn, &head).await?;
    let mut outcomes = Vec::with_capacity(envelopes.len());
    for batch in envelopes.chunks(BATCH_COMMANDS_MAX) {
        let decided = write_batch(conn, desk, &mut world, &mut head, batch).await.map_err(fault)?;
        if let Some(seen) = conn.watch().seen().filter(|_| Defect::SeenBeforeCommit.is_on()) {
            conn.watch().saw(head.seen(seen.bank_id));
        }
        outcomes.extend(replay(conn, decided).await?);
    }
    Ok(outcomes)
}

async fn write_batch(
    conn: &mut Conn,
    desk: &Desk,
    world: &mut World,
    head: &mut Head,
    envelopes: &[Envelope],
) -> Result<Vec<Decided>, Interrupted> {
    let mut draft = Draft::begin(head, true);
    let now = draft.now(desk)?;
    let units: Vec<Unit<'_>> = envelopes.iter().map(std::slice::from_ref).collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let source = Source::Host(conn);
        rest = Group { draft: &mut draft, world, source, desk, now }.decide(rest).await?;
    }
    let (decision, head_after, decided) = draft.end(&mut Source::Host(conn), world).await?;
    let Decision { head_move, rows, .. } = decision;
    if !rows.is_empty() {
        write::in_host(conn, head_move, rows).await?;
    }
    *head = head_after;
    Ok(decided)
}

/// Looks up the outcomes of ids that were settled earlier.
async fn replay(conn: &mut Conn, decided: Vec<Decided>) -> PendingAnswer {
    let settled = decided.iter().filter_map(|decided| match decided {
        Decided::Settled(position) => Some(*position),
        Decided::Posted(_) | Decided::Rejected(_) | Decided::Together(_) | Decided::SettledTogether(_) => None,
    });
    let replayed = record::posted(conn, settled.collect()).await?;
    let outcome = |decided| match decided {
        Decided::Posted(posted) => Ok(Ok(posted.into())),
        Decided::Rejected(rejection) => Ok(Err(rejection)),
        Decided::Settled(position) => {
            let posted = replayed.get(&position).cloned().ok_or_else(|| Fault::no_such_record(position))?;
            Ok(Ok(posted.into()))
        }
        Decided::Together(_) | Decided::SettledTogether(_) => Err(Fault::damaged("nobody has posted these together")),
    };
    decided.into_iter().map(outcome).collect()
}

/// Nothing of it is committed, whatever has happened: the host's transaction is still open, or is gone with its connection.
fn fault(interrupted: Interrupted) -> Fault {
    match interrupted {
        Interrupted::Broken(fault) => fault,
        // The head is held, so nobody else was first.
        Interrupted::NotWritten(error) if failure_of(&error) == Failure::Conflict => {
            Fault::damaged("a key is taken by a row that the journal cannot account for")
        }
        Interrupted::NotWritten(error) => database(error),
        Interrupted::Overtaken => Fault::database("the head has moved while it was held"),
    }
}
