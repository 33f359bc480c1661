//! Loads what commands need, in rounds: a card leads to a member, a member to accounts, an account to its lots. What
//! the world knows already is not read again.

use crate::command::Envelope;
use crate::rule::Moment;
use crate::store::load_wanted;
use crate::store::pen::{Interrupted, Pen};
use crate::text::is_code;
use crate::world::World;

/// How many rounds there are at most. No command's chain of references is longer.
const ROUNDS_MAX: usize = 8;

/// Loads what the commands need. It looks up the commands' ids only `under_lock`. Without the lock, a repeated id makes
/// the write fail as a conflict, since its outcome is stored under the same key. So only callers who repeat themselves
/// pay for the lookup.
///
/// Returns whether it loaded anything.
pub async fn gather(
    pen: &mut Pen,
    world: &mut World,
    envelopes: &[&Envelope],
    moment: &Moment,
    under_lock: bool,
) -> Result<bool, Interrupted> {
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
        load_wanted(pen.reading().await?, world).await?;
    }
    Ok(true)
}
