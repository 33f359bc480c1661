//! Activities: what volunteers attend.

use serde::{Deserialize, Serialize};

use crate::people::member::MemberId;
use crate::time::{Day, LocalMinute};

/// An activity's number: the position of the record that registered it first.
pub type ActivityId = i64;

/// An activity as it is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityPlan {
    /// Its code, `A0001`.
    pub code: String,
    /// Its title: may name people, so it stands outside the journal.
    pub title: String,
    /// The kind of service, a code of the policy.
    pub service_type: String,
    /// The day it counts for, days since 1970-01-01, also when it runs past midnight.
    pub day: Day,
    /// When it starts, local minutes.
    pub starts_at: LocalMinute,
    /// When it ends, local minutes.
    pub ends_at: LocalMinute,
    /// The station at which it takes place; may be empty.
    pub station: String,
    /// The team that runs it; may be empty.
    pub team: String,
    /// The organiser's card number; empty where there is none among the volunteers.
    pub organiser_card: String,
    /// Whether it is a service day of the town.
    pub service_day: bool,
}

/// An activity as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its number.
    pub id: ActivityId,
    /// Its code.
    pub code: String,
    /// The kind of service.
    pub service_type: String,
    /// The day it counts for.
    pub day: Day,
    /// When it starts.
    pub starts_at: LocalMinute,
    /// When it ends.
    pub ends_at: LocalMinute,
    /// The station's code; may be empty.
    pub station: String,
    /// The team's code; may be empty.
    pub team: String,
    /// The organiser.
    pub organiser: Option<MemberId>,
    /// Whether it is a service day.
    pub service_day: bool,
}
