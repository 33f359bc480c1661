//! Asking for what commands need, and loading it, in rounds: a card leads to a member, a member to accounts, an account to
//! its lots. What the world knows already is not read again.

use crate::command::Envelope;
use crate::fault::Fault;
use crate::rule::Moment;
use crate::store::{Conn, load_wanted};
use crate::text::is_code;
use crate::world::World;

/// Rounds, at most: each command leads from what it names to what that leads to, and no chain is longer.
const ROUNDS_MAX: usize = 8;

/// Loads what the commands need. What became of their ids is asked `under_lock` alone: whatever is decided of an id is
/// written under it, so an id that was settled before makes the first write fail as a conflict, and nobody pays for the
/// question who does not repeat themselves.
///
/// Returns whether anything was loaded.
pub async fn gather(
    conn: &mut Conn,
    world: &mut World,
    envelopes: &[&Envelope],
    moment: &Moment,
    under_lock: bool,
) -> Result<bool, Fault> {
    for round in 0..ROUNDS_MAX {
        for envelope in envelopes {
            if under_lock
                && let Some(key) = &envelope.key
                && is_code(&key.credential, 64)
            {
                world.settled.ask(key);
            }
            envelope.command.needs(world, moment);
        }
        if !world.wants() {
            return Ok(round > 0);
        }
        load_wanted(conn, world).await?;
    }
    Ok(true)
}
