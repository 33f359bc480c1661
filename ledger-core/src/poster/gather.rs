//! Loads what commands need, in rounds: a card leads to a member, a member to accounts, an account to its lots. What
//! the world knows already is not read again.

use super::batch::Unit;
use super::source::Source;
use crate::rule::Moment;
use crate::store::load_wanted;
use crate::store::pen::Interrupted;
use crate::text::is_code;
use crate::world::World;

/// How many rounds there are at most. No command's chain of references is longer.
const ROUNDS_MAX: usize = 8;

/// Loads what the next commands need, if anything of it is not known; and then, in the same statements, what all those
/// after them need. `all` begins with the `next` ones.
///
/// It looks up the commands' ids only `under_lock`. Without the lock, a repeated id makes the write fail as a conflict,
/// since its outcome is stored under the same key. So only callers who repeat themselves pay for the lookup.
///
/// Returns whether it loaded anything.
pub async fn gather(
    source: &mut Source<'_>,
    world: &mut World,
    next: usize,
    all: &[Unit<'_>],
    moment: &Moment,
    under_lock: bool,
) -> Result<bool, Interrupted> {
    ask(world, &all[..next], moment, under_lock);
    if !world.wants() {
        return Ok(false);
    }
    for _ in 0..ROUNDS_MAX {
        ask(world, all, moment, under_lock);
        if !world.wants() {
            break;
        }
        // All that is ever loaded has its place in this future. On the heap, it does not fill the stack of whoever lends us theirs.
        Box::pin(load_wanted(source.reading().await?, world)).await?;
    }
    Ok(true)
}

fn ask(world: &mut World, units: &[Unit<'_>], moment: &Moment, under_lock: bool) {
    for envelope in units.iter().copied().flatten() {
        if under_lock
            && let Some(key) = &envelope.key
            && is_code(&key.credential, 64)
        {
            world.settled.ask(key);
        }
        envelope.command.needs(world, moment);
    }
}
