//! Reads members: what the rules know of them, what people know of them, and what a page or a kiosk shows first.

use std::collections::{BTreeMap, HashMap};

use super::conn::{Conn, Fetched, Read, all, key, read};
use super::hold::pieces_of;
use crate::book::hold::{Held, free_lots, reserved_of};
use crate::book::{AccountId, Class};
use crate::fault::Fault;
use crate::people::member::consent_day;
use crate::people::{BalanceOnReceipts, CardNumber, CardState, Member, MemberId, MemberRow, PersonRow, Pseudonym};
use crate::row::ColumnType::Integer;
use crate::world::World;

/// A volunteer's balances. Points count even if they have expired.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerBalance {
    pub card: CardNumber,
    /// Minutes of service, as posted.
    pub minutes: i64,
    pub points: i64,
}

/// What a page or a kiosk shows first about a volunteer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct VolunteerAccount {
    pub card: CardNumber,
    pub member: MemberId,
    /// The name on receipts, which reveals nobody.
    pub pseudonym: Pseudonym,
    pub card_state: CardState,
    /// Whether the volunteer's receipts say what the volunteer has left.
    pub balance_on_receipts: BalanceOnReceipts,
    /// The volunteer's real name. Mask it before you show it to others.
    pub name: String,
    /// The code of the station nearest to the volunteer's home; may be empty.
    pub home_station: String,
    /// Minutes of service, as posted.
    pub minutes: i64,
    /// All points in the account, also expired ones.
    pub points: i64,
    /// What is left in each lot, by the first instant (UTC seconds) at which it can no longer be spent.
    pub lots: BTreeMap<i64, i64>,
    /// What holds have of the points.
    pub held: Held,
    /// Points that were spent and then taken back, because their earning was reversed. Whatever comes in settles them first.
    pub points_owed: i64,
}

impl VolunteerAccount {
    /// What can be spent at `now` in each lot, the one that expires first first.
    pub fn free_lots(&self, now: i64) -> impl Iterator<Item = (i64, i64)> {
        free_lots(&self.lots, &self.held, Class::Liability, now).filter(|(_, free)| *free > 0)
    }

    /// The points that have expired at `now` and that no hold keeps.
    pub fn points_expired(&self, now: i64) -> i64 {
        let expired = self.lots.range(..=now);
        expired.map(|(lot, left)| left - reserved_of(&self.held, Class::Liability, *lot, now)).sum()
    }

    /// The points that can be spent at `now`, less those that are owed.
    pub fn points_spendable(&self, now: i64) -> i64 {
        let free: i64 = self.free_lots(now).map(|(_, free)| free).sum();
        (free - self.points_owed).max(0)
    }
}

const BY_CARD: Read = read(
    "SELECT m.member, m.pseudonym, m.points_account, m.minutes_account, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
     WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT), p.consent_on, \
     CAST(COALESCE((SELECT c.balance FROM ledger_balance_choices c \
     WHERE c.member = m.member ORDER BY c.position DESC LIMIT 1), 1) AS BIGINT), \
     CAST(COALESCE((SELECT a.account FROM ledger_accounts a WHERE a.address = 'receivable/' || m.pseudonym || '/points'), -1) \
     AS BIGINT), p.card \
     FROM {keys} CROSS JOIN ledger_people p CROSS JOIN ledger_members m WHERE p.card = k.a AND m.member = p.member",
    &[Integer],
);
const BY_NUMBER: Read = read(
    "SELECT m.member, m.pseudonym, m.points_account, m.minutes_account, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
     WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT), CAST(COALESCE(p.consent_on, '') AS TEXT), \
     CAST(COALESCE((SELECT c.balance FROM ledger_balance_choices c \
     WHERE c.member = m.member ORDER BY c.position DESC LIMIT 1), 1) AS BIGINT), \
     CAST(COALESCE((SELECT a.account FROM ledger_accounts a WHERE a.address = 'receivable/' || m.pseudonym || '/points'), -1) \
     AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_members m LEFT JOIN ledger_people p ON p.member = m.member WHERE m.member = k.a",
    &[Integer],
);
const PEOPLE: Read = read(
    "SELECT p.member, p.position, p.card, p.name, p.sex, p.birth_year, p.team, p.action_group, p.grid, p.building_group, \
     p.home_station, p.consent_on FROM {keys} CROSS JOIN ledger_people p WHERE p.member = k.a",
    &[Integer],
);
const BALANCES: Read = all(
    "SELECT p.card, t.quantity, b.quantity FROM ledger_people p CROSS JOIN ledger_members m CROSS JOIN ledger_balances t \
     CROSS JOIN ledger_balances b WHERE m.member = p.member AND t.account = m.minutes_account AND b.account = m.points_account \
     ORDER BY p.card",
);
const ACCOUNTS: Read = read(
    "SELECT p.card, m.member, m.pseudonym, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
     WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT), p.name, p.home_station, t.quantity, b.quantity, \
     CAST(COALESCE(l.expires_at, 0) AS BIGINT), CAST(COALESCE(l.remaining, 0) AS BIGINT), \
     CAST(COALESCE((SELECT c.balance FROM ledger_balance_choices c \
     WHERE c.member = m.member ORDER BY c.position DESC LIMIT 1), 1) AS BIGINT), m.points_account, b.held_pieces, \
     CAST(COALESCE((SELECT d.quantity FROM ledger_accounts a CROSS JOIN ledger_balances d \
     WHERE a.address = 'receivable/' || m.pseudonym || '/points' AND d.account = a.account), 0) AS BIGINT) \
     FROM {keys} CROSS JOIN ledger_people p CROSS JOIN ledger_members m CROSS JOIN ledger_balances t \
     CROSS JOIN ledger_balances b LEFT JOIN ledger_lots l ON l.account = m.points_account AND l.remaining <> 0 \
     WHERE p.card = k.a AND m.member = p.member AND t.account = m.minutes_account AND b.account = m.points_account",
    &[Integer],
);
const CARD: Read = read("SELECT p.card FROM {keys} CROSS JOIN ledger_people p WHERE p.member = k.a", &[Integer]);

const CARD_STATE_AT: Read = read(
    "SELECT CAST(COALESCE((SELECT s.state FROM ledger_card_states s WHERE s.member = k.a AND s.position <= k.b \
     ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT) FROM {keys}",
    &[Integer, Integer],
);

pub(super) fn reads() -> Vec<Read> {
    vec![BY_CARD, BY_NUMBER, PEOPLE, BALANCES, ACCOUNTS, CARD, CARD_STATE_AT]
}

/// Loads the members that the world wants, by card or by number, and the personal data that it wants.
pub(super) async fn load(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let cards = world.town.cards.take_wanted_keys();
    for (card, member) in members_by_card(conn, &cards).await? {
        world.town.cards.load(card, member.id);
        world.town.members.learn(member.id, Some(member));
    }
    let numbers = world.town.members.take_wanted_keys();
    for row in conn.fetch_by_keys(&BY_NUMBER, numbers.iter().map(|member| key![*member]).collect()).await? {
        let member = member(&row)?;
        world.town.members.load(member.id, member);
    }
    let people = world.town.people.take_wanted_keys();
    for row in conn.fetch_by_keys(&PEOPLE, people.iter().map(|member| key![*member]).collect()).await? {
        let person: PersonRow = row.row(0)?;
        world.town.people.load(person.member, person);
    }
    Ok(())
}

/// Finds members by card. Cards that nobody has are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn members_by_card(conn: &mut Conn, cards: &[CardNumber]) -> Result<Vec<(CardNumber, Member)>, Fault> {
    let rows = conn.fetch_by_keys(&BY_CARD, cards.iter().map(|card| key![*card]).collect()).await?;
    rows.iter().map(|row| Ok((row.value(8, "a card number")?, member(row)?))).collect()
}

fn member(row: &Fetched) -> Result<Member, Fault> {
    let MemberRow { member, pseudonym, points, minutes } = row.row(0)?;
    let (card_state, consent_on) = (row.value(4, "a card's state")?, consent_day(&row.text(5)));
    let balance_on_receipts: BalanceOnReceipts = row.value(6, "a choice")?;
    let debts = row.value(7, "an account's number")?;
    Ok(Member { id: member, pseudonym, points, minutes, debts, card_state, consent_on, balance_on_receipts })
}

/// The state of a member's card after the record at a position.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn card_state_at(conn: &mut Conn, member: MemberId, position: i64) -> Result<CardState, Fault> {
    let rows = conn.fetch(&CARD_STATE_AT, vec![key![member, position]]).await?;
    rows.first().map_or(Ok(CardState::Active), |row| row.value(0, "a card's state"))
}

/// Lists every volunteer's balances, sorted by card number.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn volunteer_balances(conn: &mut Conn) -> Result<Vec<VolunteerBalance>, Fault> {
    let rows = conn.fetch(&BALANCES, Vec::new()).await?;
    let balance = |row: &Fetched| {
        let card = row.value(0, "a card number")?;
        // Both accounts have credit balances.
        Ok(VolunteerBalance { card, minutes: -row.integer(1), points: -row.integer(2) })
    };
    rows.iter().map(balance).collect()
}

/// Finds volunteers' accounts by card. Cards that nobody has are left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn volunteer_accounts(
    conn: &mut Conn,
    cards: Vec<CardNumber>,
) -> Result<HashMap<CardNumber, VolunteerAccount>, Fault> {
    let mut accounts = HashMap::new();
    let mut held: HashMap<AccountId, CardNumber> = HashMap::new();
    for row in conn.fetch_by_keys(&ACCOUNTS, cards.iter().map(|card| key![*card]).collect()).await? {
        let card = row.value(0, "a card number")?;
        let first = VolunteerAccount {
            card,
            member: MemberId(row.integer(1)),
            pseudonym: row.value(2, "a pseudonym")?,
            card_state: row.value(3, "a card's state")?,
            balance_on_receipts: row.value(10, "a choice")?,
            name: row.text(4),
            home_station: row.text(5),
            minutes: -row.integer(6),
            points: -row.integer(7),
            lots: BTreeMap::new(),
            held: Held::new(),
            points_owed: row.integer(13),
        };
        if row.integer(12) > 0 {
            held.insert(AccountId(row.integer(11)), card);
        }
        // A key that is asked for twice brings every row twice, so put a lot again instead of adding it.
        let account = accounts.entry(card).or_insert(first);
        if row.integer(9) != 0 {
            account.lots.insert(row.integer(8), row.integer(9));
        }
    }
    for (account, place, piece) in pieces_of(conn, held.keys().copied()).await? {
        if let Some(account) = held.get(&account).and_then(|card| accounts.get_mut(card)) {
            account.held.insert(place, piece);
        }
    }
    Ok(accounts)
}

/// Finds a member's card number. `None` if there is no such member.
///
/// # Errors
/// [`Fault::Database`].
pub async fn card_of_member(conn: &mut Conn, member: MemberId) -> Result<Option<CardNumber>, Fault> {
    let rows = conn.fetch(&CARD, vec![key![member]]).await?;
    Ok(rows.first().and_then(|row| CardNumber::from_number(row.integer(0))))
}
