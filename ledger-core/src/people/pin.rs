//! PINs: what a volunteer's PIN is checked against. The PIN itself never comes into the ledger.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::card::{ask_member, member_of};
use super::member::MemberId;
use crate::effect::{Effects, Erasable, Erasing};
use crate::proof::sha256;
use crate::reject::{Expected, Field, Rejection};
use crate::row::{numbered, row};
use crate::rule::{Halt, Moment, Rule, audit};
use crate::world::World;

/// Characters of a PIN's verifier, at most.
const VERIFIER_LENGTH_MAX: usize = 300;

/// Where somebody types a PIN. Each door counts wrong ones for itself, so a guesser at one keeps nobody from the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The pages, which anybody can reach.
    Web,
    /// The stations: kiosks and counters, which show a credential.
    Station,
}

numbered!(Door { Web = 1, Station = 2 });

row! {
    /// Erasable: what a volunteer's PIN is checked against.
    state(1) "ledger_pins", PinRow {
        member: MemberId,
        /// The position of the record that set it.
        position: i64,
        /// Argon2id in PHC form, with a pepper that is not in the bank.
        verifier: String,
    }
}

impl Erasing for PinRow {
    /// The verifier's hash: one that was replaced must not stay in what is kept of its change.
    fn document(&self) -> String {
        // Hexadecimal digits need no escaping: this is their JSON.
        format!("\"{}\"", HEXLOWER.encode(&sha256(&[self.verifier.as_bytes()])))
    }

    fn apply(&self, world: &mut World) {
        world.town.pins.put(self.member, self.clone());
    }
}

/// Sets what a volunteer's PIN is checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPin {
    /// The card number.
    pub card: String,
    /// Argon2id in PHC form, at most 300 characters: the PIN itself never comes here.
    pub verifier: String,
}

impl Rule for SetPin {
    const KIND: &'static str = "PINS";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask_member(world, &self.card);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let is_verifier = self.verifier.starts_with("$argon2id$")
            && self.verifier.len() <= VERIFIER_LENGTH_MAX
            && self.verifier.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_verifier {
            return Err(Rejection::field(Field::Verifier, Expected::Argon2id).into());
        }
        let member = member_of(world, &self.card)?;
        let pin = PinRow { member: member.id, position: moment.position, verifier: self.verifier.clone() };
        let subject = format!("pin/{}", member.pseudonym.as_str());
        let audit = audit(subject, moment.audit_salt, &pin.document());
        Ok(Effects { erasable: Some(Erasable::Pin(pin)), ..Effects::of(vec![audit]) })
    }
}
