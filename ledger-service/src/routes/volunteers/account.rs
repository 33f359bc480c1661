//! A volunteer as the API shows them: name and card, and what they have.

use baoyulan_ledger::Ledger;
use baoyulan_ledger::people::CardState;
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::time::date_at;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::mask::masked;
use crate::problem::Problem;
use crate::routes::{Amount, instant};

/// A volunteer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Volunteer {
    /// The card number, ten digits.
    card: String,
    /// `active` or `blocked`.
    card_state: &'static str,
    /// The name, masked: 王*华.
    name: String,
    /// The pseudonym, as it stands on receipts.
    pseudonym: String,
    /// The code of the station nearest to their home; empty where it is not known.
    home_station: String,
    /// The pieces that they have had this month, by offer: what counts against monthly limits.
    pieces_had: Vec<Amount>,
    /// Their hours and points.
    balance: Balance,
}

/// The hours and points that a volunteer has.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balance {
    /// The time that they have served. It is never spent and never expires.
    service_time: Amount,
    /// All points, even those that have expired.
    points: Amount,
    /// The points that they can spend now.
    points_spendable: Amount,
    /// Points that were taken back after they had been spent. Whatever comes in settles them first, and until then nothing can be
    /// redeemed. Left out where nothing is owed.
    #[schema(required = false)]
    points_owed: Option<Amount>,
    /// The points that are left, by when they expire, the soonest first.
    lots: Vec<Lot>,
    /// When this was true, RFC 3339, UTC.
    #[schema(format = DateTime)]
    as_of: String,
}

/// Points that expire together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lot {
    /// How many of them are left.
    points: Amount,
    /// The last day on which they can be spent, in the bank's time zone.
    #[schema(format = Date)]
    last_day: String,
    /// The moment from which they can no longer be spent, RFC 3339, UTC.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether that moment has passed.
    expired: bool,
}

/// How the API calls a card's state.
pub fn state_word(state: CardState) -> &'static str {
    match state {
        CardState::Active => "active",
        CardState::Blocked => "blocked",
    }
}

impl Volunteer {
    pub async fn of(account: &VolunteerAccount, ledger: &Ledger) -> Result<Self, Problem> {
        let pieces_had = ledger.pieces_had(account.member).await?;
        Ok(Self {
            card: account.card.to_string(),
            card_state: state_word(account.card_state),
            name: masked(&account.name),
            pseudonym: account.pseudonym.as_str().to_owned(),
            home_station: account.home_station.clone(),
            pieces_had: pieces_had.iter().map(|(sku, pieces)| Amount::pieces(*pieces, sku)).collect(),
            balance: Balance::of(account, ledger.now(), ledger.zone()),
        })
    }
}

impl Balance {
    pub fn of(account: &VolunteerAccount, now: i64, zone: &TimeZone) -> Self {
        Self {
            service_time: Amount::minutes(account.minutes),
            points: Amount::points(account.points),
            points_spendable: Amount::points(account.points_spendable(now)),
            points_owed: Some(account.points_owed).filter(|owed| *owed > 0).map(Amount::points),
            lots: lots(account, now, zone),
            as_of: instant(now),
        }
    }
}

/// What is left of an account's points, by when they expire.
pub fn lots(account: &VolunteerAccount, now: i64, zone: &TimeZone) -> Vec<Lot> {
    let left = account.lots.iter().filter(|(_, left)| **left > 0);
    let lot = |(expires_at, left): (&i64, &i64)| Lot {
        points: Amount::points(*left),
        last_day: date_at(expires_at - 1, zone).to_string(),
        expires_at: instant(*expires_at),
        expired: *expires_at <= now,
    };
    left.map(lot).collect()
}
