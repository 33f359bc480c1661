//! The whole state of the kiosk: one value. What it shows, and what it does next, follows from it alone.

use jiff::tz::TimeZone;
use page_parts::{Language, TextSize};
use uuid::Uuid;

use super::answer::{Offer, Trouble, Volunteer};
use super::commands::Commands;
use super::receipt::Mark;
pub use super::screen::{Desk, Finished, Hitch, Lookup, Obstacle, Patience, Question, Screen, Wish};
use super::secret::Secret;

/// What the operator has set; it does not change while the agent runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The station's code.
    pub station: String,
    /// What people call it.
    pub station_name: String,
    /// The credential whose token the device shows; empty where the device has no token.
    pub credential: String,
    /// The fingerprint of the device's own key, for staff.
    pub device_key: String,
    /// Whether receipts come out on paper.
    pub prints: bool,
    /// Without a touch for so long, the visit is about to end.
    pub idle_warning_ms: i64,
    pub idle_countdown_ms: i64,
    /// How long a redemption can be taken back by whom it was made for.
    pub undo_ms: i64,
    /// How long a person is asked to wait for an outcome.
    pub patience_ms: i64,
    /// Between two questions whether the service is there.
    pub poll_ms: i64,
    /// A good answer is good for so long.
    pub online_ms: i64,
}

/// Who stands there, and what they are to the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub card: Secret,
    /// What the service says of them, once they have shown who they are.
    pub volunteer: Option<Volunteer>,
    /// The token of their visit; empty before it has begun.
    pub visit: Secret,
    /// What was under way when they came: what they were said to have had may hold it already.
    pub under_way: Option<Uuid>,
}

/// What the person has set for the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preference {
    pub language: Language,
    pub size: TextSize,
}

/// How it stands between the device and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    Starting,
    /// A good answer came a moment ago.
    Online,
    /// The last answers were none, or no good ones.
    Away(Trouble),
    /// The device is not (any more) allowed to ask.
    Revoked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlay {
    Help,
    Idle {
        /// Seconds until the visit ends.
        seconds: i64,
    },
}

/// When what happened, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    pub now: i64,
    /// The last touch or scan.
    pub touched_at: i64,
    /// The last good answer of the service.
    pub heard_at: i64,
    /// When to ask next whether the service is there.
    pub poll_at: i64,
    /// When to tell the service next that somebody is there.
    pub keep_at: i64,
    /// When to try again to write to the outbox.
    pub probe_at: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub rules: Rules,
    pub times: Times,
    /// The number of the step: what was pressed on an earlier one is not meant for this one.
    pub revision: u64,
    /// The number of the picture, counted by whoever shows it.
    pub changes: u64,
    /// The number of the last question.
    pub questions: u64,
    pub preference: Preference,
    pub screen: Screen,
    pub overlay: Option<Overlay>,
    pub session: Option<Session>,
    pub link: Link,
    /// Whether a poll is under way.
    pub is_polling: bool,
    /// The bank's name on receipts; empty until the bank has said.
    pub issuer: String,
    /// The zone of the bank's days; UTC until the bank has said.
    pub zone: TimeZone,
    /// What the station has to offer.
    pub catalogue: Vec<Offer>,
    /// How many records the bank's journal had when it was last asked.
    pub journal_size: i64,
    /// What was asked for and is not settled, and what nobody was told yet.
    pub commands: Commands,
}

impl Model {
    /// A kiosk that was just switched on, at that time.
    pub fn new(rules: Rules, now: i64) -> Self {
        Self {
            rules,
            times: Times { now, touched_at: now, poll_at: now, ..Times::default() },
            // Above all numbers of an earlier start: a page that was left open then presses nothing now.
            revision: now.unsigned_abs(),
            changes: now.unsigned_abs(),
            questions: 0,
            preference: Preference::default(),
            screen: Screen::Welcome,
            overlay: None,
            session: None,
            link: Link::Starting,
            is_polling: false,
            issuer: String::new(),
            zone: TimeZone::UTC,
            catalogue: Vec::new(),
            journal_size: 0,
            commands: Commands::default(),
        }
    }

    /// What the receipt of an order that is made now comes after: all that was seen, and all that the journal had before; and
    /// when that is, in UTC seconds.
    pub fn after(&self) -> (Mark, i64) {
        let last = self.commands.seen.last;
        (Mark { position: last.position.max(self.journal_size - 1), ..last }, self.times.now / 1000)
    }

    /// The volunteer, once they have shown who they are.
    pub fn volunteer(&self) -> Option<&Volunteer> {
        self.session.as_ref()?.volunteer.as_ref()
    }

    /// The token of the visit that goes on, of a person or of a member of staff.
    pub fn visit(&self) -> Option<&Secret> {
        let of_person = self.session.as_ref().map(|session| &session.visit);
        let of_staff = || self.screen.staff().map(|staff| &staff.visit);
        of_person.filter(|visit| !visit.is_empty()).or_else(of_staff)
    }

    pub fn offer(&self, sku: &str) -> Option<&Offer> {
        self.catalogue.iter().find(|offer| offer.sku == sku)
    }

    /// What stands in the way of every redemption.
    pub fn obstacle(&self) -> Option<Obstacle> {
        match self.link {
            _ if self.commands.is_gone => Some(Obstacle::OutboxGone),
            _ if self.commands.is_broken => Some(Obstacle::Outbox),
            Link::Away(trouble) => Some(Obstacle::Away(trouble)),
            Link::Starting | Link::Online | Link::Revoked => None,
        }
    }

    /// Whether somebody may be standing there.
    pub fn is_occupied(&self) -> bool {
        !matches!(self.screen, Screen::Welcome | Screen::Revoked) || self.overlay.is_some()
    }
}
