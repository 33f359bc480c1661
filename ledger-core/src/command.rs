//! Every way the ledger may change: one closed enum, and the envelope it travels in.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::book::{AccountState, Address, Class, Commodity};
use crate::earn::{ActivityPlan, AttendanceSheetRow, Policy};
use crate::people::{CardState, MemberDetails, NewCredential, Partner, Team, Unit};
use crate::shop::{Line, OfferTerms};
use crate::time::day_of;

/// A command and what is said about it: who asks, for whom, through which door, and under which id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The caller's id, made and kept by the caller *before* sending. The same id and content again give the stored
    /// outcome, a refusal too. Without one, the command's own rule must make a repetition harmless, as
    /// `already_recorded` does for an attendance; its refusals are then not kept.
    pub key: Option<Key>,
    /// Who acts, a code.
    pub actor: String,
    /// For whom, a code; empty where they act for themselves.
    pub on_behalf_of: String,
    /// Through which door.
    pub channel: Channel,
    /// At which device, a code; may be empty.
    pub device: String,
    /// Why, in at most 200 characters; may be empty. Holds no personal data.
    pub reason: String,
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
            actor: actor.to_owned(),
            on_behalf_of: String::new(),
            channel,
            device: String::new(),
            reason: String::new(),
            effective_on: None,
            command,
        }
    }

    /// An envelope under the caller's id, whose scope is the actor's own ids.
    pub fn keyed(id: Uuid, actor: &str, channel: Channel, command: Command) -> Self {
        Self { key: Some(Key { credential: actor.to_owned(), id }), ..Self::unkeyed(actor, channel, command) }
    }

    /// SHA-256 of what was sent: the command, the day, the reason and for whom; nothing that the bank adds.
    pub fn content_hash(&self) -> [u8; 32] {
        // Serialising these types cannot fail: no maps with keys other than strings, no fallible implementations.
        let content =
            serde_json::to_vec(&(&self.command, self.effective_on.map(day_of), &self.reason, &self.on_behalf_of))
                .unwrap_or_default();
        crate::proof::sha256(&[&content])
    }
}

/// An id and its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The credential under which the id is unique, a code.
    pub credential: String,
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

impl Channel {
    /// The number that stands for the channel in a row.
    pub fn number(self) -> i64 {
        match self {
            Self::Host => 1,
            Self::Import => 2,
            Self::Counter => 3,
            Self::Kiosk => 4,
            Self::Api => 5,
        }
    }
}

/// Every way the ledger may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    // Double entry, for any use: no people, no shops.
    /// Defines what can be counted, and in which units.
    DefineCommodity {
        /// Its code.
        commodity: Commodity,
        /// Decimal places, 0 to 9.
        scale: i64,
    },
    /// Opens an account.
    OpenAccount(NewAccount),
    /// Freezes an account, opens it again, or closes an empty one for ever.
    SetAccountState {
        /// The account.
        address: Address,
        /// Its new state.
        state: AccountState,
    },
    /// Posts a transaction: entries that sum to zero in each commodity.
    Post {
        /// Its entries, each account once.
        entries: Vec<NewEntry>,
    },

    // Who takes part.
    /// Registers a unit of the grid, or changes it.
    SetUnit(Unit),
    /// Registers a team, or changes it.
    SetTeam(Team),
    /// Registers a partner, or changes it.
    SetPartner(Partner),
    /// Opens a station, or changes its name or unit.
    SetStation {
        /// Its code, at most 16 characters.
        code: String,
        /// Its unit.
        unit: String,
        /// Its name.
        name: String,
        /// `seed` or `placeholder`.
        origin: String,
    },
    /// Registers a volunteer with a card, or changes what is known of them.
    SetMember {
        /// The card number.
        card: String,
        /// What is known of the person.
        details: MemberDetails,
    },
    /// Blocks a card, or makes it active again.
    SetCardState {
        /// The card number.
        card: String,
        /// Its new state.
        state: CardState,
    },

    // Who may act.
    /// Issues a credential.
    IssueCredential(NewCredential),
    /// Takes a credential back, for ever.
    RevokeCredential {
        /// Its code.
        credential: String,
    },
    /// Sets what a volunteer's PIN is checked against.
    SetPin {
        /// The card number.
        card: String,
        /// Argon2id in PHC form: the PIN itself never comes here.
        verifier: String,
    },

    // How points are earned.
    /// Makes a policy the current one.
    SetPolicy(Box<Policy>),
    /// Registers an activity. Nothing but an organiser who was unknown can be changed later.
    SetActivity(ActivityPlan),
    /// Records an attendance, and posts what it earns.
    RecordAttendance(AttendanceSheetRow),

    // How points are spent.
    /// Makes an offer, or a new version of it.
    SetOffer(OfferTerms),
    /// Opens a station's stock of an offer, once.
    OpenStock {
        /// The station's code.
        station: String,
        /// The offer's code.
        sku: String,
        /// Pieces or places; may be none.
        pieces: i64,
    },
    /// Exchanges points for pieces at a station.
    Redeem {
        /// The card number.
        card: String,
        /// The station's code.
        station: String,
        /// What is asked for.
        lines: Vec<Line>,
        /// The total that the person saw; another one is refused. `None` where no price was shown.
        points_shown: Option<i64>,
    },
    /// Reverses a redemption, whole and once.
    ReverseRedemption {
        /// The receipt's number, `S01-26-000042`.
        receipt: String,
    },
}

impl Command {
    /// The four ASCII letters that stand for the command in the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DefineCommodity { .. } => "CMDT",
            Self::OpenAccount(_) => "ACCT",
            Self::SetAccountState { .. } => "ACST",
            Self::Post { .. } => "POST",
            Self::SetUnit(_) => "UNIT",
            Self::SetTeam(_) => "TEAM",
            Self::SetPartner(_) => "PART",
            Self::SetStation { .. } => "STAT",
            Self::SetMember { .. } => "MEMB",
            Self::SetCardState { .. } => "CARD",
            Self::IssueCredential(_) => "CRIS",
            Self::RevokeCredential { .. } => "CRRV",
            Self::SetPin { .. } => "PINS",
            Self::SetPolicy(_) => "PLCY",
            Self::SetActivity(_) => "ACTV",
            Self::RecordAttendance(_) => "ATTD",
            Self::SetOffer(_) => "OFFR",
            Self::OpenStock { .. } => "STCK",
            Self::Redeem { .. } => "REDM",
            Self::ReverseRedemption { .. } => "RVRS",
        }
    }
}

/// An account to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    /// Its address, not taken yet.
    pub address: Address,
    /// Its class.
    pub class: Class,
    /// What it will hold; defined before.
    pub commodity: Commodity,
    /// The lowest balance on its normal side; `None` for no floor.
    pub floor: Option<i64>,
    /// Whether what it holds expires, lot by lot. Such an account never goes below zero.
    pub lotted: bool,
}

impl NewAccount {
    /// An account that never goes below zero and holds no lots.
    pub fn new(address: Address, class: Class, commodity: Commodity) -> Self {
        Self { address, class, commodity, floor: Some(0), lotted: false }
    }
}

/// An entry to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntry {
    /// The account.
    pub address: Address,
    /// Smallest units: debits positive, credits negative, never zero.
    pub quantity: i64,
    /// On an account with lots that grows: the first instant (UTC seconds) at which it can no longer be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}
