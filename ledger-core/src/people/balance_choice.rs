//! Whether a volunteer's receipts say what the volunteer has left: each decides it for their own, and without a word they do not.

use serde::{Deserialize, Serialize};

use super::card::{ask_member, card_as_typed, member_of};
use super::member::MemberId;
use crate::effect::{Effect, Effects, Fact};
use crate::row::{numbered, row};
use crate::rule::{Halt, Moment, Rule, set};
use crate::slice::Unasked;
use crate::world::World;

/// Whether receipts say what their owner has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceOnReceipts {
    /// They do not.
    LeftOut,
    /// They do.
    Printed,
}

numbered!(BalanceOnReceipts { LeftOut = 1, Printed = 2 });

row! {
    /// From here on a member's receipts say what the member has left, or no longer. Without such a row they do not.
    journal "ledger_balance_choices", BalanceChoiceRow {
        member: MemberId,
        balance: BalanceOnReceipts,
    }
}

impl Fact for BalanceChoiceRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.members.update(&self.member, |member| member.balance_on_receipts = self.balance)
    }
}

/// Chooses whether a volunteer's receipts say what the volunteer has left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChooseBalance {
    /// The card number.
    pub card: String,
    /// The choice.
    pub balance: BalanceOnReceipts,
}

impl Rule for ChooseBalance {
    const KIND: &'static str = "RBAL";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask_member(world, &self.card);
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        let member = member_of(world, &self.card)?;
        let row = BalanceChoiceRow { member: member.id, balance: self.balance };
        let card = card_as_typed(&self.card)?.to_string();
        set(Some(&member.balance_on_receipts), &self.balance, &card, || Effect::BalanceChoice(row))
    }
}
