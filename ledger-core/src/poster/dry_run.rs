//! What would happen: requests decided as if they were posted now, of which nothing is written.

use std::sync::Arc;

use super::batch::{Decided, Desk, Draft, Group, Unit};
use super::source::Source;
use super::{Outcome, Posted};
use crate::clock::{BankClock, Randomness};
use crate::command::Envelope;
use crate::fault::Fault;
use crate::proof::SigningKey;
use crate::request::Request;
use crate::rule::check_envelope;
use crate::store::conn::database;
use crate::store::pen::Interrupted;
use crate::store::{Conn, cold};

/// Decides the requests on what is committed. They see each other, and no ids.
///
/// # Errors
/// [`Fault::ClockAhead`], [`Fault::Database`], [`Fault::Damaged`].
pub(crate) async fn dry_run(conn: &mut Conn, clock: BankClock, requests: Vec<Request>) -> Result<Vec<Outcome>, Fault> {
    // Nobody may get a receipt of what has not happened, so nothing is signed with the bank's key. Nor does anything use up
    // what a demonstration draws its chance from.
    let key = Arc::new(SigningKey::from_seed(&[0; 32]));
    let desk = Desk { clock, randomness: Randomness::System, key, moves_reserved: false };
    let (mut world, head) = cold(conn).await?;
    let mut draft = Draft::begin(&head, false);
    let now = draft.now(&desk)?;
    let requests: Vec<Vec<Envelope>> = requests.into_iter().map(without_ids).collect();
    let units: Vec<Unit<'_>> = requests.iter().map(Vec::as_slice).collect();
    let mut rest = units.as_slice();
    while !rest.is_empty() {
        let source = Source::Reader(conn);
        let mut group = Group { draft: &mut draft, world: &mut world, source, desk: &desk, now };
        rest = group.decide(rest).await.map_err(fault)?;
        // It may be long, and it runs where the caller does.
        tokio::task::yield_now().await;
    }
    draft.into_decided().into_iter().map(outcome).collect()
}

/// A request's commands, without the id: whether it was used is not asked. One that is no id is refused as always.
fn without_ids(request: Request) -> Vec<Envelope> {
    let mut envelopes = match request {
        Request::One(envelope) => vec![*envelope],
        Request::Atomic(envelope) => envelope.into_envelopes(),
    };
    if let Some(first) = envelopes.first_mut()
        && check_envelope(first).is_ok()
    {
        first.key = None;
    }
    envelopes
}

fn outcome(decided: Decided) -> Result<Outcome, Fault> {
    Ok(match decided {
        Decided::Posted(posted) => Outcome::One(Ok(without_receipt(posted))),
        Decided::Rejected(rejection) => Outcome::One(Err(rejection)),
        Decided::Together(outcome) => {
            Outcome::Atomic(outcome.map(|posted| posted.into_iter().map(without_receipt).collect()))
        }
        Decided::Settled(_) | Decided::SettledTogether(_) => {
            return Err(Fault::damaged("an id that nobody has asked for"));
        }
    })
}

fn without_receipt(posted: Posted) -> Posted {
    Posted { receipt: None, ..posted }
}

fn fault(interrupted: Interrupted) -> Fault {
    match interrupted {
        Interrupted::Broken(fault) => fault,
        Interrupted::NotWritten(error) => database(error),
        Interrupted::Overtaken => Fault::database("the bank has moved on within one reading"),
    }
}
