//! Every way the ledger may change: one closed enum, and the envelope it travels in.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::book::{self, Address};
pub use crate::book::{
    CaptureHold, CapturedEntry, DefineCommodity, Expire, LimitedAccounts, NewAccount, NewEntry, PlaceHold, Post,
    ReleaseHold, Reverse, SetAccountState, SetLimit, Side, UndoneEntry, Window,
};
use crate::effect::Effects;
#[cfg(feature = "town")]
pub use crate::people::{ChooseBalance, RevokeCredential, SetCardState, SetMember, SetPin, SetStation};
use crate::reject::Rejection;
use crate::row::numbered;
use crate::rule::{Halt, Moment, Rule};
#[cfg(feature = "town")]
pub use crate::shop::{OpenStock, Redeem, ReverseRedemption};
use crate::time::day_of;
use crate::world::World;
#[cfg(feature = "town")]
use crate::{earn, people, shop};

/// A command and what is said about it: who asks, for whom, through which door, and under which id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The caller's id, made and kept by the caller *before* sending. The same id and content again give the stored
    /// outcome, a refusal too. Without one, the command's own rule must make a repetition harmless, as
    /// `already_recorded` does for an attendance; its refusals are then not kept.
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
    /// Who vouched for the person instead of a PIN, a code; may be empty. The door found it out, so it is no part of what
    /// was sent. The journal keeps it as the reason, where no other was given.
    pub attended_by: String,
    /// What the door says no with. The command is then not decided: its id gets this refusal, unless it was settled
    /// before. So a door that turns something away knows that no earlier copy can still be carried out.
    pub turned_away: Option<Rejection>,
    /// The day that it counts for; the day of posting where there is none.
    pub effective_on: Option<Date>,
    /// What is to be done.
    pub command: Command,
}

impl Envelope {
    /// An envelope without an id.
    pub fn unkeyed(actor: &str, channel: Channel, command: Command) -> Self {
        Self {
            key: None,
            actor: actor.into(),
            on_behalf_of: String::new(),
            channel,
            device: String::new(),
            reason: String::new(),
            attended_by: String::new(),
            turned_away: None,
            effective_on: None,
            command,
        }
    }

    /// An envelope under the caller's id, whose scope is the actor's own ids.
    pub fn keyed(id: Uuid, actor: &str, channel: Channel, command: Command) -> Self {
        let envelope = Self::unkeyed(actor, channel, command);
        Self { key: Some(Key { credential: Arc::clone(&envelope.actor), id }), ..envelope }
    }

    /// SHA-256 of what was sent: the command, the day, the reason and for whom; nothing that the bank adds.
    pub fn content_hash(&self) -> [u8; 32] {
        self.hash_with(&*self.command.content())
    }

    fn hash_with(&self, content: &impl Serialize) -> [u8; 32] {
        // Serialising these types cannot fail: no maps with keys other than strings, no fallible implementations.
        let content = serde_json::to_vec(&(content, self.effective_on.map(day_of), &self.reason, &self.on_behalf_of))
            .unwrap_or_default();
        crate::proof::sha256(&[&content])
    }
}

/// SHA-256 of what was sent to be posted together. Nothing but the commands differs from one envelope to the other. Of one
/// command it is the [`Envelope::content_hash`].
pub(crate) fn content_hash_of(envelopes: &[Envelope]) -> [u8; 32] {
    let first = match envelopes {
        [] => return crate::proof::sha256(&[]),
        [only] => return only.content_hash(),
        [first, ..] => first,
    };
    let commands: Vec<_> = envelopes.iter().map(|envelope| envelope.command.content()).collect();
    let commands: Vec<&Command> = commands.iter().map(|command| &**command).collect();
    first.hash_with(&commands)
}

impl Command {
    /// The command as its content is compared: entries have no order.
    #[allow(clippy::wildcard_enum_match_arm, reason = "what has no entries is compared as it is")]
    fn content(&self) -> Cow<'_, Self> {
        let is_sorted = match self {
            Self::Post(Post { entries }) | Self::PlaceHold(PlaceHold { entries, .. }) => {
                entries.is_sorted_by_key(|entry| &entry.address)
            }
            Self::CaptureHold(CaptureHold { entries: Some(entries), .. }) => {
                entries.is_sorted_by_key(|entry| &entry.address)
            }
            Self::Reverse(Reverse { entries: Some(entries), .. }) => entries.is_sorted_by_key(|entry| &entry.address),
            _ => true,
        };
        if is_sorted {
            return Cow::Borrowed(self);
        }
        let mut sorted = self.clone();
        match &mut sorted {
            Self::Post(Post { entries }) | Self::PlaceHold(PlaceHold { entries, .. }) => {
                entries.sort_by(|one, other| one.address.cmp(&other.address));
            }
            Self::CaptureHold(CaptureHold { entries: Some(entries), .. }) => {
                entries.sort_by(|one, other| one.address.cmp(&other.address));
            }
            Self::Reverse(Reverse { entries: Some(entries), .. }) => {
                entries.sort_by(|one, other| one.address.cmp(&other.address));
            }
            _ => {}
        }
        Cow::Owned(sorted)
    }
}

/// What the journal keeps of who vouched for a person; empty if nobody did.
pub fn reason_of_attendance(attended_by: &str) -> String {
    if attended_by.is_empty() { String::new() } else { format!("attended by {attended_by}") }
}

/// An id and its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The credential under which the id is unique, a code.
    pub credential: Arc<str>,
    /// The id. One of version 7 keeps the bank's index in the order of time.
    pub id: Uuid,
}

/// The door a command came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A program that embeds the ledger.
    Host,
    /// A file of the town's.
    Import,
    /// The counter's command line.
    Counter,
    /// A station's kiosk.
    Kiosk,
    /// The service's API.
    Api,
}

numbered!(Channel { Host = 1, Import = 2, Counter = 3, Kiosk = 4, Api = 5 });

macro_rules! commands {
    (engine { $($(#[$doc:meta])* $variant:ident($type:ty),)* }
     town { $($(#[$town_doc:meta])* $town:ident($town_type:ty),)* }) => {
        /// Every way the ledger may change: the table of contents of its rules.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Command {
            $($(#[$doc])* $variant($type),)*
            $(#[cfg(feature = "town")] $(#[$town_doc])* $town($town_type),)*
        }

        impl Command {
            /// The four ASCII letters that stand for the command in the journal.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$type as Rule>::KIND,)*
                    $(#[cfg(feature = "town")] Self::$town(_) => <$town_type as Rule>::KIND,)*
                }
            }

            /// The accounts that the caller names, to open, move, hold, freeze or close them.
            pub(crate) fn named(&self) -> Vec<&Address> {
                match self {
                    $(Self::$variant(command) => command.named().collect(),)*
                    $(#[cfg(feature = "town")] Self::$town(command) => command.named().collect(),)*
                }
            }

            /// Asks the world for what the decision will read.
            pub fn needs(&self, world: &mut World, moment: &Moment) {
                match self {
                    $(Self::$variant(command) => command.needs(world, moment),)*
                    $(#[cfg(feature = "town")] Self::$town(command) => {
                        if world.is_town() {
                            command.needs(world, moment);
                        }
                    })*
                }
            }

            /// What it changes, or why it is refused.
            ///
            /// # Errors
            /// The first rule that says no, at last the limits over time; or that the decision cannot be made.
            pub fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
                book::usage::judge(world, self.decide_alone(world, moment)?, moment, self.kind())
            }

            fn decide_alone(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
                match self {
                    $(Self::$variant(command) => command.decide(world, moment),)*
                    $(#[cfg(feature = "town")] Self::$town(command) => {
                        if !world.is_town() {
                            return Err(Rejection::NotATown.into());
                        }
                        command.decide(world, moment)
                    })*
                }
            }
        }

        /// The four letters of every command, in the order of [`Command`].
        pub const KINDS: &[&str] = &[
            $(<$type as Rule>::KIND,)*
            $(#[cfg(feature = "town")] <$town_type as Rule>::KIND,)*
        ];
    };
}

commands! {
    engine {
        /// Defines what can be counted, and in which units.
        DefineCommodity(book::DefineCommodity),
        /// Opens an account.
        OpenAccount(book::NewAccount),
        /// Freezes an account, opens it again, or closes an empty one for ever.
        SetAccountState(book::SetAccountState),
        /// Posts a transaction: entries that sum to zero in each commodity.
        Post(book::Post),
        /// Reserves what a transaction would take, until a deadline.
        PlaceHold(book::PlaceHold),
        /// Posts what a hold has reserved, or a part of it.
        CaptureHold(book::CaptureHold),
        /// Frees what is left in a hold.
        ReleaseHold(book::ReleaseHold),
        /// Takes back what an earlier record has posted.
        Reverse(book::Reverse),
        /// Posts what lies in expired lots to breakage, and closes lapsed holds.
        Expire(book::Expire),
        /// Sets how much may go into accounts, or out of them, in a day, a month or a year; or removes such a limit.
        SetLimit(book::SetLimit),
    }
    town {
        /// Registers a unit of the grid, or changes it.
        SetUnit(people::Unit),
        /// Registers a team, or changes it.
        SetTeam(people::Team),
        /// Registers a partner, or changes it.
        SetPartner(people::Partner),
        /// Opens a station, or changes its name or unit.
        SetStation(people::SetStation),
        /// Registers a volunteer with a card, or changes what is known of them.
        SetMember(people::SetMember),
        /// Blocks a card, or makes it active again.
        SetCardState(people::SetCardState),
        /// Chooses whether a volunteer's receipts say what the volunteer has left.
        ChooseBalance(people::ChooseBalance),
        /// Issues a credential.
        IssueCredential(people::NewCredential),
        /// Takes a credential back, for ever.
        RevokeCredential(people::RevokeCredential),
        /// Sets what a volunteer's PIN is checked against.
        SetPin(people::SetPin),
        /// Puts a policy in force.
        SetPolicy(Box<earn::Policy>),
        /// Registers an activity. Nothing but an organiser who was unknown can be changed later.
        SetActivity(earn::ActivityPlan),
        /// Records an attendance, and posts what it earns.
        RecordAttendance(earn::AttendanceSheetRow),
        /// Makes an offer, or a new version of it.
        SetOffer(shop::OfferTerms),
        /// Opens a station's stock of an offer, once.
        OpenStock(shop::OpenStock),
        /// Exchanges points for pieces at a station.
        Redeem(shop::Redeem),
        /// Reverses a redemption, whole and once.
        ReverseRedemption(shop::ReverseRedemption),
    }
}
