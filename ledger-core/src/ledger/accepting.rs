//! Opening a bank that is not as expected: its clock is far ahead, or it had grown further before. It is opened
//! only if somebody says that this is right, and then a record says who said so.

use std::path::Path;

use super::Options;
use crate::bank::{Bank, CLOCK_ACCEPTED_KIND, ClockAcceptedRow, ROLLBACK_ACCEPTED_KIND, RollbackAcceptedRow};
use crate::clock::{BankClock, ClockState};
use crate::command::Channel;
use crate::effect::Effect;
use crate::fault::Fault;
use crate::poster::Journal;
use crate::proof::record::{FORMAT, RecordRow};
use crate::store::conn::{database, of_commit};
use crate::store::head_file::{HeadFile, Remembered};
use crate::store::record::{self, Head, head};
use crate::store::watch::{Seen, rolled_back};
use crate::store::write::write;
use crate::store::{Conn, Target, head_file, tree};
use crate::text::{CODE_LENGTH_MAX, is_code};
use crate::time::{date_at, day_of};

/// Makes sure that the bank has grown from what was written down of it, and judges the clock. Where either is not as it
/// should be, posts a record if the options say who goes on all the same.
///
/// # Errors
/// [`Fault::RolledBack`]; [`Fault::HeadFile`]; the engine's.
pub(super) async fn check(
    conn: &mut Conn,
    target: &Target,
    bank: &Bank,
    options: &Options,
    key_folder: &Path,
) -> Result<BankClock, Fault> {
    let mut actors = [&options.accept_rollback, &options.accept_clock].into_iter().flatten();
    if let Some(actor) = actors.find(|actor| !is_code(actor, CODE_LENGTH_MAX)) {
        return Err(Fault::BadActor { actor: actor.clone() });
    }
    // In this order: another process may post meanwhile, and what it has written down is in the bank already.
    let remembered = head_file::read(key_folder, &bank.row.bank_id)?;
    let rollbacks = remembered.as_ref().map_or(0, |remembered| remembered.rollbacks);
    let found = head(conn).await?;
    let lost = match remembered {
        Some(remembered) if !has_grown_from(conn, &remembered, &found).await? => Some(remembered.seen),
        Some(_) | None => None,
    };
    if let (Some(seen), None) = (&lost, &options.accept_rollback) {
        return Err(conn.watch().stop(rolled_back(seen, &found.seen(bank.row.bank_id.clone()))));
    }
    let mut clock = options.judge_clock(target, bank, &found);
    if let (ClockState::Ahead(_), Some(actor)) = (clock.state(), &options.accept_clock) {
        let now = options.clock.now();
        let accepted = |head: &Head| Effect::ClockAccepted(ClockAcceptedRow { last_posted_at: head.posted_at });
        let after = record(conn, target, bank, options, (CLOCK_ACCEPTED_KIND, actor, now), accepted).await?;
        clock = options.judge_clock(target, bank, &after);
    }
    if let (Some(Seen { size, root, posted_at, .. }), Some(actor)) = (lost, &options.accept_rollback) {
        let row = RollbackAcceptedRow { size_seen: size as i64, root_seen: root, last_seen_at: posted_at };
        let accepted = |_: &Head| Effect::RollbackAccepted(row.clone());
        let now = clock.now_to_post()?;
        let after = record(conn, target, bank, options, (ROLLBACK_ACCEPTED_KIND, actor, now), accepted).await?;
        HeadFile::begin(key_folder, &after.seen(bank.row.bank_id.clone()), rollbacks + 1)
            .fault()
            .map_or(Ok(()), Err)?;
    }
    Ok(clock)
}

/// Whether the journal has grown from what is remembered of it, and the file, where it is one, from what stood in it: another
/// file under the log has the log's head, but lacks its records, or has others.
pub(super) async fn has_grown_from(conn: &mut Conn, remembered: &Remembered, head: &Head) -> Result<bool, Fault> {
    let Remembered { seen, in_file, rollbacks: _ } = remembered;
    if seen.size > head.frontier.size() {
        return Ok(false);
    }
    // What does not stand in the file itself stands in the log, or is lost.
    let is_in_file = conn.check_place().await?;
    if (1..in_file.size).contains(&is_in_file) {
        return Ok(false);
    }
    // Others may post meanwhile, beyond the head that was read.
    let size = head.frontier.size();
    if is_in_file > 0 && record::count(conn, is_in_file, size).await? != size.saturating_sub(is_in_file) {
        return Ok(false);
    }
    let had = async |conn: &mut Conn, size, root| -> Result<bool, Fault> {
        Ok(tree::frontier_at(conn, size).await?.is_some_and(|then| then.root() == root))
    };
    Ok(had(conn, seen.size, seen.root).await? && (in_file.size == 0 || had(conn, in_file.size, in_file.root).await?))
}

/// Posts a record of one row, under the lock, and returns the head after it.
async fn record(
    conn: &mut Conn,
    target: &Target,
    bank: &Bank,
    options: &Options,
    (kind, actor, now): (&str, &str, i64),
    row: impl Fn(&Head) -> Effect,
) -> Result<Head, Fault> {
    let _turn = target.turn().await;
    conn.execute(conn.engine().begin()).await.map_err(database)?;
    conn.execute(conn.engine().lock_head()).await.map_err(database)?;
    let before = head(conn).await?;
    let now = now.max(before.posted_at);
    let mut salt = [0; 16];
    let no_randomness = || Fault::database("the operating system gives no random bytes");
    options.randomness.fill(&mut salt).ok_or_else(no_randomness)?;
    let record = RecordRow {
        format: FORMAT,
        kind: kind.into(),
        posted_at: now,
        effective_day: day_of(date_at(now, &bank.zone)),
        actor: actor.into(),
        channel: Channel::Host.number(),
        salt,
        leaf: [0; 32],
    };
    let mut journal = Journal::at(&before);
    journal.push(record, &[row(&before)], None);
    let (head_move, rows, after) = journal.finish(&before);
    write(conn, &head_move, rows, true).await.map_err(database).map_err(of_commit)?;
    conn.watch().changed();
    conn.watch().saw(after.seen(bank.row.bank_id.clone()));
    Ok(after)
}
