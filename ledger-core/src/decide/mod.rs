//! `decide(world, command, moment) -> effects or a rejection`: every rule, without I/O.
//!
//! The rules themselves stand with their nouns (`book`, `people`, `earn`, `shop`); here they are put in order. The order
//! of the checks is the precedence of the rejections; after the last check nothing can fail.

mod access;
mod bookkeeping;
mod earning;
mod founding;
mod redemption;
mod registration;
mod reversal;

pub use founding::{CHART_OF_ACCOUNTS, found};
pub use registration::{handed_over_address, stock_address, supply_address};

use crate::book::transaction::{self, Leg, LegLots, Refusal};
use crate::book::{AccountId, Address};
use crate::command::{Command, Envelope};
use crate::effect::{Effect, Effects};
use crate::people::{CardNumber, Member};
use crate::proof::sha256;
use crate::reject::Rejection;
use crate::text::{PLAIN_LENGTH_MAX, is_code, is_label, is_plain};
use crate::time::{Day, date_at, day_of};
use crate::world::World;

/// What is given to a decision from outside: the time, the place in the journal, and chance.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// UTC seconds: the only time a rule sees.
    pub now: i64,
    /// The position that the record will have.
    pub position: i64,
    /// Random bits: what hides an erasable document in its digest.
    pub audit_salt: [u8; 16],
    /// Random bits: a new member's pseudonym.
    pub pseudonym: [u8; 10],
}

/// What the command changes, or why it is refused.
///
/// # Errors
/// The first rule that says no.
pub fn decide(world: &World, envelope: &Envelope, moment: &Moment) -> Result<Effects, Rejection> {
    check_envelope(envelope)?;
    match &envelope.command {
        Command::DefineCommodity { commodity, scale } => bookkeeping::define_commodity(world, commodity, *scale),
        Command::OpenAccount(account) => bookkeeping::open_account(world, account),
        Command::SetAccountState { address, state } => bookkeeping::set_account_state(world, address, *state),
        Command::Post { entries } => bookkeeping::post(world, entries, moment),
        Command::SetUnit(unit) => registration::set_unit(world, unit),
        Command::SetTeam(team) => registration::set_team(world, team),
        Command::SetPartner(partner) => registration::set_partner(world, partner),
        Command::SetStation { code, unit, name, origin } => {
            registration::set_station(world, code, unit, name, origin, moment)
        }
        Command::SetMember { card, details } => registration::set_member(world, card, details, moment),
        Command::SetCardState { card, state } => registration::set_card_state(world, card, *state),
        Command::IssueCredential(new) => access::issue_credential(world, new, moment),
        Command::RevokeCredential { credential } => access::revoke_credential(world, credential),
        Command::SetPin { card, verifier } => access::set_pin(world, card, verifier, moment),
        Command::SetPolicy(policy) => registration::set_policy(world, policy),
        Command::SetActivity(plan) => registration::set_activity(world, plan, moment),
        Command::SetOffer(terms) => registration::set_offer(world, terms),
        Command::OpenStock { station, sku, pieces } => registration::open_stock(world, station, sku, *pieces, moment),
        Command::RecordAttendance(row) => earning::record_attendance(world, row, moment),
        Command::Redeem { card, station, lines, points_shown } => {
            redemption::redeem(world, card, station, lines, *points_shown, moment)
        }
        Command::ReverseRedemption { receipt } => reversal::reverse(world, receipt, moment),
    }
}

/// The day that a record counts for: what the envelope says, what the command says, or today.
pub fn effective_day(world: &World, envelope: &Envelope, effects: &Effects, now: i64) -> Day {
    envelope.effective_on.map(day_of).or(effects.effective_day).unwrap_or_else(|| day_of(date_at(now, &world.zone())))
}

/// That the envelope's codes are codes. A command whose envelope is wrong is refused without a trace: its id may be no id.
///
/// # Errors
/// [`Rejection::InvalidField`].
pub fn check_envelope(envelope: &Envelope) -> Result<(), Rejection> {
    let code = "1 to 64 characters of [A-Za-z0-9._:/-]";
    let credential = envelope.key.as_ref().is_none_or(|key| is_code(&key.credential, 64));
    if !credential {
        return Err(Rejection::field("credential", code));
    }
    if !is_code(&envelope.actor, 64) {
        return Err(Rejection::field("actor", code));
    }
    let optional = [("on_behalf_of", &envelope.on_behalf_of), ("device", &envelope.device)];
    if let Some((field, _)) = optional.into_iter().find(|(_, text)| !text.is_empty() && !is_code(text, 64)) {
        return Err(Rejection::field(field, code));
    }
    plain("reason", &envelope.reason)
}

/// That a text is one that may be kept: at most 200 characters, no control characters.
fn plain(field: &str, text: &str) -> Result<(), Rejection> {
    if is_plain(text, PLAIN_LENGTH_MAX) {
        Ok(())
    } else {
        Err(Rejection::field(field, "at most 200 characters, none of them a control character"))
    }
}

/// That a text is a label: what a town calls a unit, a team or an activity by, in any script.
fn label(field: &str, text: &str) -> Result<(), Rejection> {
    if is_label(text) {
        Ok(())
    } else {
        Err(Rejection::field(field, "1 to 64 characters, none of them a control character"))
    }
}

/// That a text is a code.
fn code(field: &str, text: &str, length_max: usize) -> Result<(), Rejection> {
    if is_code(text, length_max) {
        Ok(())
    } else {
        Err(Rejection::field(field, &format!("1 to {length_max} characters of [A-Za-z0-9._:/-]")))
    }
}

/// The member whose card this is.
fn member_of<'a>(world: &'a World, card: &str) -> Result<&'a Member, Rejection> {
    let card = CardNumber::parse(card).ok_or(Rejection::CardCheckDigits)?;
    world.member_of_card(card).ok_or(Rejection::UnknownCard)
}

/// The number of an account that must exist.
fn account_at(world: &World, address: &Address) -> Result<AccountId, Rejection> {
    world.addresses.get(address).copied().ok_or_else(|| Rejection::UnknownAccount { address: address.to_string() })
}

/// A leg without lots, or with lots taken soonest first.
fn leg(account: AccountId, quantity: i64) -> Leg {
    Leg { account, quantity, lots: LegLots::Automatic }
}

/// The entries that post the legs, as rows.
fn entries(world: &World, legs: &[Leg], now: i64) -> Result<Vec<Effect>, Rejection> {
    let entries = transaction::post(legs, now, |account| world.accounts.get(&account)).map_err(rejection_of)?;
    Ok(entries.into_iter().map(Effect::Entry).collect())
}

/// The row that keeps the salted digest of an erasable document.
fn audit(subject: String, salt: [u8; 16], document: &str) -> Effect {
    Effect::Audit { subject, digest: sha256(&[&salt, document.as_bytes()]) }
}

fn rejection_of(refusal: Refusal) -> Rejection {
    let text = |address: Address| address.to_string();
    match refusal {
        Refusal::NoEntries => Rejection::NoEntries,
        Refusal::QuantityOutOfRange => Rejection::QuantityOutOfRange,
        Refusal::AccountRepeated(address) => Rejection::AccountRepeated { address: text(address) },
        Refusal::UnknownAccount(account) => Rejection::UnknownAccount { address: account.to_string() },
        Refusal::AccountNotOpen(address) => Rejection::AccountNotOpen { address: text(address) },
        Refusal::Unbalanced(commodity) => Rejection::Unbalanced { commodity: commodity.as_str().to_owned() },
        Refusal::BelowFloor(address) => Rejection::BelowFloor { address: text(address) },
        Refusal::TooLittleInLots { address, .. } => Rejection::BelowFloor { address: text(address) },
        Refusal::ExpiryRequired(address) => Rejection::ExpiryRequired { address: text(address) },
        Refusal::LotsMismatch(address) => Rejection::LotsMismatch { address: text(address) },
    }
}
