//! Credentials: who may act, and where. The token is shown by its owner and kept nowhere; the bank has its hash.

use serde::{Deserialize, Serialize};

use super::card::{ask_member, member_of};
use super::member::MemberId;
use super::station::station_known;
use crate::effect::{Effect, Effects, Fact};
use crate::proof::Digest;
use crate::reject::{Expected, Field, Rejection};
use crate::row::{numbered, row};
use crate::rule::{Halt, Moment, Rule, code};
use crate::slice::Unasked;
use crate::text::{is_code, shown};
use crate::world::World;

/// What its owner is to the bank. What each may do is decided at the edge, by one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees their own account.
    Volunteer,
    /// Serves at a station's counter.
    Teller,
    /// Runs activities and imports.
    Coordinator,
    /// Everything.
    Administrator,
    /// A station's kiosk.
    Device,
}

numbered!(Role { Volunteer = 1, Teller = 2, Coordinator = 3, Administrator = 4, Device = 5 });

impl Role {
    /// Whether it acts at one named station and nowhere else.
    pub fn needs_station(self) -> bool {
        matches!(self, Self::Teller | Self::Device)
    }
}

row! {
    /// A credential, as it is from here on.
    journal "ledger_credentials", Credential {
        /// Its code: the scope of the ids that it sends.
        code "credential": String,
        /// Whom the records name.
        actor: String,
        role: Role,
        /// The code of the only station where it may act; empty for all.
        station: String,
        /// Of a volunteer's credential, whose.
        member: Option<MemberId>,
        /// SHA-256 of the token.
        token_hash: Digest,
        /// From when on, UTC seconds.
        valid_from: i64,
        /// The first instant at which it is no longer valid, UTC seconds; `None` for no end.
        valid_until: Option<i64>,
        /// It was taken back, for ever.
        revoked: bool,
    }
}

impl Credential {
    /// Whether it may be used at that instant.
    pub fn is_valid(&self, now: i64) -> bool {
        !self.revoked && self.valid_until.is_none_or(|until| now < until)
    }
}

/// Issues a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCredential {
    /// Its code, not taken yet.
    pub code: String,
    /// Whom the records are to name, a code.
    pub actor: String,
    /// The role.
    pub role: Role,
    /// The only station where it may act; empty for all. A teller and a device need one.
    pub station: String,
    /// A volunteer's own card number; empty for everybody else.
    pub card: String,
    /// SHA-256 of the token.
    pub token_hash: Digest,
    /// The first instant at which it is no longer valid, UTC seconds; `None` for no end.
    pub valid_until: Option<i64>,
}

impl Fact for Credential {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.credentials.put(self.code.clone(), self.clone());
        Ok(())
    }
}

impl NewCredential {
    /// That the role goes with the station that is named, or with none.
    fn check_station(&self, world: &World) -> Result<(), Halt> {
        if self.role.needs_station() && self.station.is_empty() {
            return Err(Rejection::field(Field::Station, Expected::OneStation).into());
        }
        let is_everywhere = matches!(self.role, Role::Volunteer | Role::Administrator);
        if is_everywhere && !self.station.is_empty() {
            return Err(Rejection::field(Field::Station, Expected::NoStation).into());
        }
        station_known(world, &self.station)
    }

    /// The member whose credential it is to be; only a volunteer's has one.
    fn member(&self, world: &World) -> Result<Option<MemberId>, Halt> {
        if self.role == Role::Volunteer {
            return Ok(Some(member_of(world, &self.card)?.id));
        }
        if self.card.is_empty() {
            return Ok(None);
        }
        Err(Rejection::field(Field::Card, Expected::NoCard).into())
    }
}

impl Rule for NewCredential {
    const KIND: &'static str = "CRIS";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask_member(world, &self.card);
        ask(world, &self.code);
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        code(Field::Credential, &self.code)?;
        code(Field::Actor, &self.actor)?;
        self.check_station(world)?;
        if self.valid_until.is_some_and(|until| until <= moment.now) {
            return Err(Rejection::field(Field::ValidUntil, Expected::LaterThanNow).into());
        }
        let member = self.member(world)?;
        if world.town.credentials.has(&self.code)? {
            return Err(Rejection::CredentialExists { credential: self.code.clone() }.into());
        }
        Ok(Effects::of(vec![Effect::Credential(Box::new(Credential {
            code: self.code.clone(),
            actor: self.actor.clone(),
            role: self.role,
            station: self.station.clone(),
            member,
            token_hash: self.token_hash,
            valid_from: moment.now,
            valid_until: self.valid_until,
            revoked: false,
        }))]))
    }
}

/// Takes a credential back, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeCredential {
    /// Its code.
    pub credential: String,
}

impl Rule for RevokeCredential {
    const KIND: &'static str = "CRRV";

    fn needs(&self, world: &mut World, _: &Moment) {
        ask(world, &self.credential);
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        let unknown = || Rejection::UnknownCredential { credential: shown(&self.credential) };
        if !is_code(&self.credential, 64) {
            return Err(unknown().into());
        }
        let current = world.town.credentials.get(&self.credential)?.ok_or_else(unknown)?;
        if current.revoked {
            return Err(Rejection::AlreadyRevoked { credential: current.code.clone() }.into());
        }
        Ok(Effects::of(vec![Effect::Credential(Box::new(Credential { revoked: true, ..current.clone() }))]))
    }
}

/// Asks for a credential. What is no code names none, and PostgreSQL takes no NUL even in a question.
fn ask(world: &mut World, credential: &str) {
    if is_code(credential, 64) {
        world.town.credentials.ask(credential);
    }
}
