//! The reversal of an earning: minutes and points are taken back, and what was spent already is owed. With the last of it goes the
//! attendance: its minutes no longer count, and it may be recorded again.

use super::activity::ActivityId;
use crate::book::reversal::{Transaction, Undoing};
use crate::book::{AccountId, Leg};
use crate::effect::{Effect, Effects, Fact};
use crate::people::debt::{account_to_charge, ask_debt};
use crate::people::{Member, MemberId};
use crate::row::row;
use crate::rule::{Halt, Moment};
use crate::slice::Unasked;
use crate::world::World;

row! {
    /// An attendance no longer counts: all that it earned was taken back.
    journal "ledger_attendance_reversals", AttendanceReversalRow {
        /// The position of the attendance.
        attendance: i64,
        member: MemberId,
        activity: ActivityId,
    }
}

impl Fact for AttendanceReversalRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.histories.update(&self.member, |history| history.remove(self.activity))
    }
}

/// Asks for what the reversal of a member's earning reads.
pub(crate) fn ask(world: &mut World, member: MemberId) {
    world.town.histories.ask(&member);
    world.town.members.ask(&member);
    ask_debt(world, member);
}

/// What the reversal changes.
pub(crate) fn effects(
    world: &World,
    transaction: &Transaction,
    (member, activity): (&Member, ActivityId),
    mut undoing: Undoing,
    moment: &Moment,
) -> Result<Effects, Halt> {
    let is_last = undoing.leaves_nothing(transaction);
    let owed = undoing.owed.remove(&member.points).unwrap_or(0);
    let (charged, opened) = account_to_charge(world, member)?;
    let more = (owed > 0).then(|| Leg::new(charged.id, owed));
    let account_of = |number: AccountId| {
        if number == charged.id { Ok(Some(&charged)) } else { world.accounts.get(&number) }
    };
    let effects = undoing.effects(transaction, more, moment.now, account_of)?;
    let gone = AttendanceReversalRow { attendance: transaction.position, member: member.id, activity };
    let rows = opened.filter(|_| owed > 0).into_iter();
    Ok(effects.and(rows).and(is_last.then_some(Effect::AttendanceReversal(gone))))
}
