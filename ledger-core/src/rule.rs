//! What every rule is given, and what it may answer. A rule stands with its noun; this is what they all have in common.
//!
//! `needs` asks the world for what the decision will read, in rounds, until nothing new is asked; `decide` reads it and
//! says what changes, or why not. Neither does any I/O. The order of a rule's checks is the precedence of its
//! rejections; after the last check nothing can fail.

use crate::book::{Account, AccountId, Address};
use crate::command::{Command, Envelope};
use crate::effect::{Effect, Effects};
use crate::fault::Impossible;
use crate::proof::record::AuditRow;
use crate::proof::sha256;
use crate::reject::{Expected, Field, Rejection};
use crate::reserved::is_reserved;
use crate::slice::Unasked;
use crate::text::{CODE_LENGTH_MAX, PLAIN_LENGTH_MAX, is_code, is_plain};
use crate::time::{Day, date_at, day_of};
use crate::world::World;

/// A command's payload, and its rule.
pub trait Rule {
    /// The four ASCII letters that stand for the command in the journal.
    const KIND: &'static str;

    /// The accounts that the caller names, to open, move, hold, freeze or close them.
    fn named(&self) -> impl Iterator<Item = &Address> {
        std::iter::empty()
    }

    /// Asks for what [`Self::decide`] reads, as far as it can be named with what is known by now.
    fn needs(&self, world: &mut World, moment: &Moment);

    /// What the command changes, or why it is refused.
    ///
    /// # Errors
    /// The first rule that says no; or that the decision cannot be made.
    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt>;
}

impl<T: Rule> Rule for Box<T> {
    const KIND: &'static str = T::KIND;

    fn named(&self) -> impl Iterator<Item = &Address> {
        T::named(self)
    }

    fn needs(&self, world: &mut World, moment: &Moment) {
        T::needs(self, world, moment);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        T::decide(self, world, moment)
    }
}

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

/// Why a rule has no effects to give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A no, by rule.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It reads what was not asked for: nothing is decided, and nothing of the batch is written.
    #[error(transparent)]
    Unasked(#[from] Unasked),
    /// The bank holds what no rule lets in.
    #[error(transparent)]
    Impossible(#[from] Impossible),
}

/// What the command of the envelope changes, or why it is refused.
///
/// # Errors
/// The first rule that says no; or that the decision cannot be made.
pub fn decide(world: &World, envelope: &Envelope, moment: &Moment) -> Result<Effects, Halt> {
    check_envelope(envelope)?;
    check_reserved(world, &envelope.command)?;
    envelope.command.decide(world, moment)
}

/// That a generic command names no account of a town that lives in the bank: such an account changes by the town's own rules
/// alone, or its points, receipts and limits would no longer tell what it has. Asked of a new command and never of a record,
/// so a bank with older records replays as it was.
///
/// # Errors
/// [`Rejection::ReservedAccount`].
pub fn check_reserved(world: &World, command: &Command) -> Result<(), Rejection> {
    if !world.is_town() {
        return Ok(());
    }
    let reserved = command.named().into_iter().find(|address| is_reserved(address));
    reserved.map_or(Ok(()), |address| Err(Rejection::ReservedAccount { address: address.to_string() }))
}

/// The day that a record counts for: what the envelope says, what the command says, or today. A reversal counts for the day of
/// what it reverses, whatever the envelope says.
pub fn effective_day(world: &World, envelope: &Envelope, effects: &Effects, now: i64) -> Day {
    let chosen = envelope.effective_on.filter(|_| effects.reverses().is_none());
    chosen.map(day_of).or(effects.effective_day).unwrap_or_else(|| day_of(date_at(now, world.zone())))
}

/// That the envelope's codes are codes. A command whose envelope is wrong is refused without a trace, for its id may be
/// no id.
///
/// # Errors
/// [`Rejection::InvalidField`].
pub fn check_envelope(envelope: &Envelope) -> Result<(), Rejection> {
    if let Some(key) = &envelope.key {
        code(Field::Credential, &key.credential)?;
    }
    code(Field::Actor, &envelope.actor)?;
    for (field, text) in [(Field::OnBehalfOf, &envelope.on_behalf_of), (Field::Device, &envelope.device)] {
        if !text.is_empty() {
            code(field, text)?;
        }
    }
    plain(Field::Reason, &envelope.reason)
}

/// That a field is what it must be.
pub(crate) fn require(holds: bool, field: Field, expected: Expected) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::field(field, expected)) }
}

/// That a text may be kept: at most 200 characters, no control characters or direction marks.
pub(crate) fn plain(field: Field, text: &str) -> Result<(), Rejection> {
    require(is_plain(text, PLAIN_LENGTH_MAX), field, Expected::Text200)
}

/// That a text is a label: what a town calls a unit, a team or an activity by, in any script.
#[cfg(feature = "town")]
pub(crate) fn label(field: Field, text: &str) -> Result<(), Rejection> {
    require(crate::text::is_label(text), field, Expected::Label64)
}

/// That a text is a code of at most 64 characters.
pub(crate) fn code(field: Field, text: &str) -> Result<(), Rejection> {
    require(is_code(text, CODE_LENGTH_MAX), field, Expected::Code64)
}

/// What is set: a new row, unless the same content stands already.
#[cfg(feature = "town")]
pub(crate) fn set<T: PartialEq>(
    current: Option<&T>,
    new: &T,
    code_of: &str,
    row: impl FnOnce() -> Effect,
) -> Result<Effects, Halt> {
    if current == Some(new) {
        return Err(Rejection::AlreadyRegistered { code_of: code_of.to_owned() }.into());
    }
    Ok(Effects::of(vec![row()]))
}

/// The row that keeps the salted digest of an erasable document.
pub(crate) fn audit(subject: String, salt: [u8; 16], document: &str) -> Effect {
    Effect::Audit(AuditRow { subject, digest: sha256(&[&salt, document.as_bytes()]) })
}

/// The number of an account that the caller has named, and which must exist.
pub(crate) fn account_at(world: &World, address: &Address) -> Result<AccountId, Halt> {
    let found = world.addresses.get(address)?.copied();
    found.ok_or_else(|| Rejection::UnknownAccount { address: address.to_string() }.into())
}

/// An account that a row of the bank names, and which therefore exists.
pub(crate) fn account(world: &World, account: AccountId) -> Result<&Account, Halt> {
    let found = world.accounts.get(&account)?;
    found.ok_or_else(|| Impossible::new(format!("account {account} does not exist")).into())
}
