//! Who may act: credentials and PINs.

use super::registration::station_known;
use super::{Moment, audit, code, member_of};
use crate::effect::{Effect, Effects, Erasable};
use crate::people::{Credential, NewCredential, Role};
use crate::reject::Rejection;
use crate::text::shown;
use crate::world::World;

/// Length of a PIN's verifier, at most.
const VERIFIER_LENGTH_MAX: usize = 300;

pub(super) fn issue_credential(world: &World, new: &NewCredential, moment: &Moment) -> Result<Effects, Rejection> {
    code("credential", &new.code, 64)?;
    code("actor", &new.actor, 64)?;
    match new.role {
        role if role.needs_station() && new.station.is_empty() => {
            return Err(Rejection::field("station", "the one where a teller or a device acts"));
        }
        Role::Volunteer | Role::Administrator if !new.station.is_empty() => {
            return Err(Rejection::field("station", "empty: volunteers and administrators are of no station"));
        }
        _ => {}
    }
    station_known(world, &new.station)?;
    if new.valid_until.is_some_and(|until| until <= moment.now) {
        return Err(Rejection::field("valid_until", "later than now"));
    }
    let member = match new.role {
        Role::Volunteer => member_of(world, &new.card)?.id,
        _ if new.card.is_empty() => -1,
        _ => return Err(Rejection::field("card", "empty: only a volunteer's credential is of a card")),
    };
    if world.credentials.contains_key(&new.code) {
        return Err(Rejection::CredentialExists { credential: new.code.clone() });
    }
    Ok(Effects::of(vec![Effect::Credential(Credential {
        code: new.code.clone(),
        actor: new.actor.clone(),
        role: new.role,
        station: new.station.clone(),
        member,
        token_hash: new.token_hash,
        valid_from: moment.now,
        valid_until: new.valid_until.unwrap_or(-1),
        revoked: false,
    })]))
}

pub(super) fn revoke_credential(world: &World, credential: &str) -> Result<Effects, Rejection> {
    let current = world
        .credentials
        .get(credential)
        .ok_or_else(|| Rejection::UnknownCredential { credential: shown(credential) })?;
    if current.revoked {
        return Err(Rejection::AlreadyRevoked { credential: current.code.clone() });
    }
    Ok(Effects::of(vec![Effect::Credential(Credential { revoked: true, ..current.clone() })]))
}

pub(super) fn set_pin(world: &World, card: &str, verifier: &str, moment: &Moment) -> Result<Effects, Rejection> {
    let is_verifier = verifier.starts_with("$argon2id$")
        && verifier.len() <= VERIFIER_LENGTH_MAX
        && verifier.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_verifier {
        return Err(Rejection::field("verifier", "Argon2id in PHC form, at most 300 characters"));
    }
    let member = member_of(world, card)?;
    let erasable = Erasable::Pin { member: member.id, verifier: verifier.to_owned() };
    let subject = format!("pin/{}", member.pseudonym.as_str());
    let mut effects = Effects::of(vec![audit(subject, moment.audit_salt, &erasable.document())]);
    effects.erasable = Some(erasable);
    Ok(effects)
}
