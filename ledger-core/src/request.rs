//! A request: one command, or several that are posted together or not at all.

use std::sync::Arc;

use jiff::civil::Date;
use uuid::Uuid;

use crate::command::{Channel, Command, Envelope, Key};

/// What a caller asks for under one id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// One command.
    One(Box<Envelope>),
    /// Several commands, all or none.
    Atomic(AtomicEnvelope),
}

impl From<Envelope> for Request {
    fn from(envelope: Envelope) -> Self {
        Self::One(Box::new(envelope))
    }
}

impl From<AtomicEnvelope> for Request {
    fn from(envelope: AtomicEnvelope) -> Self {
        Self::Atomic(envelope)
    }
}

/// Commands that are posted together or not at all, and what is said about all of them. Each becomes a record of its own, and
/// sees what those before it have changed. One database transaction commits them, at positions that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomicEnvelope {
    /// The caller's id for all of them, as in [`Envelope::key`]. A refusal is stored with the command that was refused.
    pub key: Option<Key>,
    /// Who acts, a code.
    pub actor: Arc<str>,
    /// For whom, a code; empty where they act for themselves.
    pub on_behalf_of: String,
    /// Through which door.
    pub channel: Channel,
    /// At which device, a code; may be empty.
    pub device: String,
    /// Why, in at most 200 characters; may be empty. Holds no personal data.
    pub reason: String,
    /// The day that they count for; the day of posting where there is none.
    pub effective_on: Option<Date>,
    /// What is to be done, in this order. Without any nothing is done, and the id stays free.
    pub commands: Vec<Command>,
}

impl AtomicEnvelope {
    /// Commands without an id.
    pub fn unkeyed(actor: &str, channel: Channel, commands: Vec<Command>) -> Self {
        Self {
            key: None,
            actor: actor.into(),
            on_behalf_of: String::new(),
            channel,
            device: String::new(),
            reason: String::new(),
            effective_on: None,
            commands,
        }
    }

    /// Commands under the caller's id, whose scope is the actor's own ids.
    pub fn keyed(id: Uuid, actor: &str, channel: Channel, commands: Vec<Command>) -> Self {
        let envelope = Self::unkeyed(actor, channel, commands);
        Self { key: Some(Key { credential: Arc::clone(&envelope.actor), id }), ..envelope }
    }

    /// An envelope for each command; the first has the id.
    #[cfg(feature = "store")]
    pub(crate) fn into_envelopes(self) -> Vec<Envelope> {
        let Self { mut key, actor, on_behalf_of, channel, device, reason, effective_on, commands } = self;
        let envelope = |command| Envelope {
            key: key.take(),
            actor: Arc::clone(&actor),
            on_behalf_of: on_behalf_of.clone(),
            channel,
            device: device.clone(),
            reason: reason.clone(),
            attended_by: String::new(),
            turned_away: None,
            effective_on,
            command,
        };
        commands.into_iter().map(envelope).collect()
    }
}
