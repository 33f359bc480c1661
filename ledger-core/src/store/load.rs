//! Loads what a batch's decisions depend on into the writer's world: the bank's reference data whole, the rest by key.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::conn::{Conn, Read, Row};
use super::tables::ColumnType::{Bytes, Integer, Text};
use crate::book::{Account, AccountState, Address, Class, Commodity, Entry};
use crate::command::Key;
use crate::earn::Activity;
use crate::earn::attendance::{Past, Span};
use crate::effect::{BankRow, Cell, Erasable, StationRow};
use crate::fault::Fault;
use crate::people::place::Chain;
use crate::people::{
    CardNumber, CardState, Credential, Member, MemberDetails, Partner, Pseudonym, Role, Station, Team, Unit,
};
use crate::proof::receipt::first_link;
use crate::proof::{Digest, Frontier, ReceiptNumber};
use crate::shop::{Offer, OfferKind, OfferTerms, RedeemedLine};
use crate::world::{Bank, History, Redemption, Settled, World, document_key_of_activity, document_key_of_member};

/// The journal's head as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its tree's edge: size and root.
    pub frontier: Frontier,
    /// When its last record was posted.
    pub posted_at: i64,
    /// The number of the next account.
    pub next_account: i64,
}

const fn all(sql: &'static str) -> Read {
    Read { sql, keys: &[] }
}

/// The bank's own row.
pub const BANK: Read = all("SELECT bank_id, demo, issuer, origin, time_zone, format_version FROM ledger_bank");
/// The head.
pub const HEAD: Read = all("SELECT size, root, frontier, posted_at, next_account FROM ledger_head WHERE slot = 0");
const COMMODITIES: Read = all("SELECT commodity, scale FROM ledger_commodities");
const UNITS: Read = all("SELECT unit, parent, level, name, origin FROM ledger_units ORDER BY position");
const TEAMS: Read = all("SELECT team, kind, name, motto, origin FROM ledger_teams ORDER BY position");
const PARTNERS: Read = all("SELECT partner, name, origin FROM ledger_partners ORDER BY position");
const STATIONS: Read = all("SELECT code, station, unit, name, origin FROM ledger_stations ORDER BY position");
const CHAINS: Read = all("SELECT station, year, number, digest FROM ledger_chains");
const POLICY: Read = all("SELECT version, document FROM ledger_policies ORDER BY version DESC LIMIT 1");
const OFFERS: Read =
    all("SELECT sku, version, name, kind, points, cost_fen, monthly_limit FROM ledger_offers ORDER BY version");

const MEMBER_COLUMNS_BY_CARD: Read = Read {
    sql: "SELECT m.member, m.pseudonym, m.points_account, m.minutes_account, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
          WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT), p.card \
          FROM {keys} CROSS JOIN ledger_people p CROSS JOIN ledger_members m WHERE p.card = k.a AND m.member = p.member",
    keys: &[Integer],
};
const MEMBER_COLUMNS_BY_NUMBER: Read = Read {
    sql: "SELECT m.member, m.pseudonym, m.points_account, m.minutes_account, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
          WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT) \
          FROM {keys} CROSS JOIN ledger_members m WHERE m.member = k.a",
    keys: &[Integer],
};
const CREDENTIALS: Read = Read {
    sql: "SELECT c.credential, c.actor, c.role, c.station, c.member, c.token_hash, c.valid_from, c.valid_until, c.revoked \
          FROM {keys} CROSS JOIN ledger_credentials c WHERE c.credential = k.a ORDER BY c.position",
    keys: &[Text],
};
const PEOPLE: Read = Read {
    sql: "SELECT p.member, p.card, p.name, p.sex, p.birth_year, p.team, p.action_group, p.grid, p.building_group, p.home_station, \
          p.consent_on FROM {keys} CROSS JOIN ledger_people p WHERE p.member = k.a",
    keys: &[Integer],
};
const TITLES: Read = Read {
    sql: "SELECT t.activity, t.title FROM {keys} CROSS JOIN ledger_titles t WHERE t.activity = k.a",
    keys: &[Integer],
};
const ACTIVITIES: Read = Read {
    sql: "SELECT v.code, v.activity, v.service_type, v.day, v.starts_at, v.ends_at, v.station, v.team, v.organiser, v.service_day \
          FROM {keys} CROSS JOIN ledger_activities v WHERE v.code = k.a ORDER BY v.position",
    keys: &[Text],
};
const ACCOUNTS_BY_ADDRESS: Read = Read {
    sql: "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, b.quantity, b.last_position, b.state \
          FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b WHERE a.address = k.a AND b.account = a.account",
    keys: &[Text],
};
const ACCOUNTS_BY_NUMBER: Read = Read {
    sql: "SELECT a.account, a.address, a.class, a.commodity, a.floor, a.lotted, b.quantity, b.last_position, b.state \
          FROM {keys} CROSS JOIN ledger_accounts a CROSS JOIN ledger_balances b WHERE a.account = k.a AND b.account = k.a",
    keys: &[Integer],
};
const LOTS: Read = Read {
    sql: "SELECT l.account, l.expires_at, l.remaining FROM {keys} CROSS JOIN ledger_lots l WHERE l.account = k.a",
    keys: &[Integer],
};
const HISTORIES: Read = Read {
    sql: "SELECT t.member, t.activity, t.credited_from, t.credited_until, t.day, t.minutes_counted, t.service_day_points \
          FROM {keys} CROSS JOIN ledger_attendances t WHERE t.member = k.a AND t.relevant_until > k.b ORDER BY t.position",
    keys: &[Integer, Integer],
};
const PIECES_HAD: Read = Read {
    sql: "SELECT h.member, h.sku, h.month, h.pieces FROM {keys} CROSS JOIN ledger_pieces_had h \
          WHERE h.member = k.a AND h.sku = k.b AND h.month = k.c",
    keys: &[Integer, Text, Integer],
};
const OUTCOMES: Read = Read {
    sql: "SELECT o.credential, o.id, o.content_hash, o.position, o.rejection FROM {keys} CROSS JOIN ledger_outcomes o \
          WHERE o.credential = k.a AND o.id = k.b",
    keys: &[Text, Bytes],
};
const RECEIPTS: Read = Read {
    sql: "SELECT r.station, r.year, r.number, r.position, d.receipt_hash, d.reversed_position, CAST(COALESCE(v.position, -1) AS BIGINT) \
          FROM {keys} CROSS JOIN ledger_receipts r CROSS JOIN ledger_records d \
          LEFT JOIN ledger_reversals v ON v.reversed_position = r.position \
          WHERE r.station = k.a AND r.year = k.b AND r.number = k.c AND d.position = r.position",
    keys: &[Integer, Integer, Integer],
};
const REDEMPTION_LINES: Read = Read {
    sql: "SELECT l.position, l.member, l.month, l.sku, l.offer_version, l.pieces, l.points_each \
          FROM {keys} CROSS JOIN ledger_redemption_lines l WHERE l.position = k.a ORDER BY l.position, l.line",
    keys: &[Integer],
};
const ENTRIES: Read = Read {
    sql: "SELECT e.position, e.account, e.lot, e.quantity, e.balance_after, e.previous \
          FROM {keys} CROSS JOIN ledger_entries e WHERE e.position = k.a ORDER BY e.position, e.account, e.lot",
    keys: &[Integer],
};

/// Every read of this module, for the test that prepares them.
pub const READS: &[Read] = &[
    BANK,
    HEAD,
    COMMODITIES,
    UNITS,
    TEAMS,
    PARTNERS,
    STATIONS,
    CHAINS,
    POLICY,
    OFFERS,
    MEMBER_COLUMNS_BY_CARD,
    MEMBER_COLUMNS_BY_NUMBER,
    CREDENTIALS,
    PEOPLE,
    TITLES,
    ACTIVITIES,
    ACCOUNTS_BY_ADDRESS,
    ACCOUNTS_BY_NUMBER,
    LOTS,
    HISTORIES,
    PIECES_HAD,
    OUTCOMES,
    RECEIPTS,
    REDEMPTION_LINES,
    ENTRIES,
];

/// The bank's row; `None` before it is founded.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn bank(conn: &mut Conn) -> Result<Option<Bank>, Fault> {
    let rows = conn.fetch(&BANK, Vec::new()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let row = BankRow {
        bank_id: row.text(0),
        demo: row.integer(1) == 1,
        issuer: row.text(2),
        origin: row.text(3),
        time_zone: row.text(4),
        format_version: row.integer(5),
    };
    let zone = TimeZone::get(&row.time_zone).map_err(|error| Fault::damaged(format!("its time zone: {error}")))?;
    Ok(Some(Bank { row, zone }))
}

/// The head.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn head(conn: &mut Conn) -> Result<Head, Fault> {
    let rows = conn.fetch(&HEAD, Vec::new()).await?;
    let row = rows.first().ok_or_else(|| Fault::damaged("the journal has no head"))?;
    let frontier = u64::try_from(row.integer(0)).ok().and_then(|size| Frontier::from_parts(size, row.bytes(2)));
    let frontier = frontier
        .filter(|frontier| frontier.root() == row.bytes(1))
        .ok_or_else(|| Fault::damaged("the journal's head"))?;
    Ok(Head { frontier, posted_at: row.integer(3), next_account: row.integer(4) })
}

/// A world with the bank's reference data, at this head.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn reference(conn: &mut Conn) -> Result<(World, Head), Fault> {
    // The head first: what is read after it is at least as new, and the write says whether it was newer.
    let head = head(conn).await?;
    let mut world = World { bank: bank(conn).await?, next_account: head.next_account, ..World::default() };
    for row in conn.fetch(&COMMODITIES, Vec::new()).await? {
        world.commodities.insert(commodity(&row, 0)?, row.integer(1));
    }
    for row in conn.fetch(&UNITS, Vec::new()).await? {
        let unit =
            Unit { code: row.text(0), parent: row.text(1), level: row.text(2), name: row.text(3), origin: row.text(4) };
        world.units.insert(unit.code.clone(), unit);
    }
    for row in conn.fetch(&TEAMS, Vec::new()).await? {
        let team =
            Team { code: row.text(0), kind: row.text(1), name: row.text(2), motto: row.text(3), origin: row.text(4) };
        world.teams.insert(team.code.clone(), team);
    }
    for row in conn.fetch(&PARTNERS, Vec::new()).await? {
        let partner = Partner { code: row.text(0), name: row.text(1), origin: row.text(2) };
        world.partners.insert(partner.code.clone(), partner);
    }
    stations(conn, &mut world).await?;
    if let Some(row) = conn.fetch(&POLICY, Vec::new()).await?.first() {
        let policy =
            serde_json::from_str(&row.text(1)).map_err(|error| Fault::damaged(format!("the policy: {error}")))?;
        world.policy = Some((row.integer(0), policy));
    }
    for row in conn.fetch(&OFFERS, Vec::new()).await? {
        let kind = OfferKind::from_number(row.integer(3)).ok_or_else(|| Fault::damaged("an offer's kind"))?;
        let terms = OfferTerms {
            sku: row.text(0),
            name: row.text(2),
            kind,
            points: row.integer(4),
            cost_fen: row.integer(5),
            monthly_limit: row.integer(6),
        };
        world.offers.insert(terms.sku.clone(), Offer { version: row.integer(1), terms });
    }
    Ok((world, head))
}

async fn stations(conn: &mut Conn, world: &mut World) -> Result<(), Fault> {
    let mut chains = BTreeMap::new();
    for row in conn.fetch(&CHAINS, Vec::new()).await? {
        let chain = Chain { year: row.integer(1), number: row.integer(2), digest: digest(row.bytes(3))? };
        chains.insert(row.integer(0), chain);
    }
    for row in conn.fetch(&STATIONS, Vec::new()).await? {
        let row = StationRow {
            code: row.text(0),
            station: row.integer(1),
            unit: row.text(2),
            name: row.text(3),
            origin: row.text(4),
        };
        let first = Chain { year: 0, number: 0, digest: first_link(world.issuer(), &row.code) };
        let chain = chains.get(&row.station).cloned().unwrap_or(first);
        world.stations.insert(row.code.clone(), Station { id: row.station, code: row.code.clone(), chain });
        world.station_rows.insert(row.code.clone(), row);
    }
    Ok(())
}

fn integers(keys: impl IntoIterator<Item = i64>) -> Vec<Vec<Cell>> {
    keys.into_iter().map(|key| vec![Cell::Integer(key)]).collect()
}

fn texts<'a>(keys: impl IntoIterator<Item = &'a str>) -> Vec<Vec<Cell>> {
    keys.into_iter().map(|key| vec![Cell::from(key)]).collect()
}

/// Reads nothing where there are no keys. No row has a NUL in its text, and PostgreSQL does not even take the question.
pub(super) async fn by_keys(conn: &mut Conn, read: &Read, mut keys: Vec<Vec<Cell>>) -> Result<Vec<Row>, Fault> {
    keys.retain(|key| !key.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains('\0'))));
    if keys.is_empty() { Ok(Vec::new()) } else { conn.fetch(read, keys).await }
}

/// Members by card.
pub async fn cards(
    conn: &mut Conn,
    world: &mut World,
    cards: impl IntoIterator<Item = CardNumber>,
) -> Result<(), Fault> {
    for row in by_keys(conn, &MEMBER_COLUMNS_BY_CARD, integers(cards.into_iter().map(CardNumber::number))).await? {
        let card = CardNumber::from_number(row.integer(5)).ok_or_else(|| Fault::damaged("a card number"))?;
        let member = member(&row)?;
        world.cards.insert(card, member.id);
        world.members.insert(member.id, member);
    }
    Ok(())
}

/// Members by number.
pub async fn members(conn: &mut Conn, world: &mut World, members: impl IntoIterator<Item = i64>) -> Result<(), Fault> {
    for row in by_keys(conn, &MEMBER_COLUMNS_BY_NUMBER, integers(members)).await? {
        let member = member(&row)?;
        world.members.insert(member.id, member);
    }
    Ok(())
}

fn member(row: &Row) -> Result<Member, Fault> {
    Ok(Member {
        id: row.integer(0),
        pseudonym: Pseudonym::from_row(row.text(1)),
        points: row.integer(2),
        minutes: row.integer(3),
        card_state: CardState::from_number(row.integer(4)).ok_or_else(|| Fault::damaged("a card's state"))?,
    })
}

/// Credentials by code, each as its latest row has it.
pub async fn credentials<'a>(
    conn: &mut Conn,
    world: &mut World,
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<(), Fault> {
    for row in by_keys(conn, &CREDENTIALS, texts(codes)).await? {
        let credential = Credential {
            code: row.text(0),
            actor: row.text(1),
            role: Role::from_number(row.integer(2)).ok_or_else(|| Fault::damaged("a credential's role"))?,
            station: row.text(3),
            member: row.integer(4),
            token_hash: digest(row.bytes(5))?,
            valid_from: row.integer(6),
            valid_until: row.integer(7),
            revoked: row.integer(8) == 1,
        };
        world.credentials.insert(credential.code.clone(), credential);
    }
    Ok(())
}

/// Details of members and titles of activities, to be compared with new ones.
pub async fn documents(
    conn: &mut Conn,
    world: &mut World,
    members: impl IntoIterator<Item = i64>,
    activities: impl IntoIterator<Item = i64>,
) -> Result<(), Fault> {
    for row in by_keys(conn, &PEOPLE, integers(members)).await? {
        let card = CardNumber::from_number(row.integer(1)).ok_or_else(|| Fault::damaged("a card number"))?;
        let details = MemberDetails {
            name: row.text(2),
            sex: row.text(3),
            birth_year: row.integer(4),
            team: row.text(5),
            action_group: row.text(6),
            grid: row.text(7),
            building_group: row.text(8),
            home_station: row.text(9),
            consent_on: row.text(10),
        };
        let document = Erasable::Person { member: row.integer(0), card, details }.document();
        world.documents.insert(document_key_of_member(row.integer(0)), document);
    }
    for row in by_keys(conn, &TITLES, integers(activities)).await? {
        let document = Erasable::Title { activity: row.integer(0), title: row.text(1) }.document();
        world.documents.insert(document_key_of_activity(row.integer(0)), document);
    }
    Ok(())
}

/// Activities by code.
pub async fn activities<'a>(
    conn: &mut Conn,
    world: &mut World,
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<(), Fault> {
    for row in by_keys(conn, &ACTIVITIES, texts(codes)).await? {
        let organiser = row.integer(8);
        let activity = Activity {
            code: row.text(0),
            id: row.integer(1),
            service_type: row.text(2),
            day: row.integer(3),
            starts_at: row.integer(4),
            ends_at: row.integer(5),
            station: row.text(6),
            team: row.text(7),
            organiser: (organiser >= 0).then_some(organiser),
            service_day: row.integer(9) == 1,
        };
        world.activities.insert(activity.code.clone(), activity);
    }
    Ok(())
}

/// Accounts by address and by number, with their balances and lots.
pub async fn accounts<'a>(
    conn: &mut Conn,
    world: &mut World,
    addresses: impl IntoIterator<Item = &'a Address>,
    numbers: impl IntoIterator<Item = i64>,
) -> Result<(), Fault> {
    let mut rows = by_keys(conn, &ACCOUNTS_BY_ADDRESS, texts(addresses.into_iter().map(Address::as_str))).await?;
    rows.extend(by_keys(conn, &ACCOUNTS_BY_NUMBER, integers(numbers)).await?);
    let mut lotted = Vec::new();
    for row in rows {
        let account = account(&row)?;
        if account.lotted {
            lotted.push(account.id);
        }
        world.addresses.insert(account.address.clone(), account.id);
        world.accounts.insert(account.id, account);
    }
    for row in by_keys(conn, &LOTS, integers(lotted)).await? {
        if let Some(account) = world.accounts.get_mut(&row.integer(0)) {
            account.lots.insert(row.integer(1), row.integer(2));
        }
    }
    Ok(())
}

fn account(row: &Row) -> Result<Account, Fault> {
    let damaged = || Fault::damaged(format!("account {}", row.integer(0)));
    Ok(Account {
        id: row.integer(0),
        address: Address::new(&row.text(1)).ok_or_else(damaged)?,
        class: Class::from_number(row.integer(2)).ok_or_else(damaged)?,
        commodity: commodity(row, 3)?,
        floor: row.integer(4),
        lotted: row.integer(5) == 1,
        balance: row.integer(6),
        last_position: row.integer(7),
        state: AccountState::from_number(row.integer(8)).ok_or_else(damaged)?,
        lots: BTreeMap::new(),
    })
}

fn commodity(row: &Row, column: usize) -> Result<Commodity, Fault> {
    Commodity::new(&row.text(column)).ok_or_else(|| Fault::damaged("a commodity's code"))
}

/// Attendances by member, from a local minute on; what was known of them is read anew.
pub async fn histories(conn: &mut Conn, world: &mut World, since: &BTreeMap<i64, i64>) -> Result<(), Fault> {
    for (member, since) in since {
        world.histories.insert(*member, History { since: *since, past: Vec::new() });
    }
    let keys = since.iter().map(|(member, since)| vec![Cell::Integer(*member), Cell::Integer(*since)]).collect();
    for row in by_keys(conn, &HISTORIES, keys).await? {
        let past = Past {
            activity: row.integer(1),
            span: Span { from: row.integer(2), until: row.integer(3) },
            day: row.integer(4),
            minutes_counted: row.integer(5),
            service_day: row.integer(6) > 0,
        };
        if let Some(history) = world.histories.get_mut(&row.integer(0)) {
            history.past.push(past);
        }
    }
    Ok(())
}

/// Pieces had, by member, SKU and month.
pub async fn pieces_had(
    conn: &mut Conn,
    world: &mut World,
    keys: impl IntoIterator<Item = (i64, String, i64)>,
) -> Result<(), Fault> {
    let keys: Vec<(i64, String, i64)> = keys.into_iter().collect();
    let cells = keys
        .iter()
        .map(|(member, sku, month)| vec![Cell::Integer(*member), Cell::from(sku.as_str()), Cell::Integer(*month)]);
    let rows = by_keys(conn, &PIECES_HAD, cells.collect()).await?;
    world.pieces_had.extend(keys.into_iter().map(|key| (key, 0)));
    world.pieces_had.extend(rows.iter().map(|row| ((row.integer(0), row.text(1), row.integer(2)), row.integer(3))));
    Ok(())
}

/// What became of ids.
pub async fn outcomes<'a>(
    conn: &mut Conn,
    world: &mut World,
    keys: impl IntoIterator<Item = &'a Key>,
) -> Result<(), Fault> {
    let keys =
        keys.into_iter().map(|key| vec![Cell::from(key.credential.as_str()), Cell::Bytes(key.id.as_bytes().to_vec())]);
    for row in by_keys(conn, &OUTCOMES, keys.collect()).await? {
        let id = Uuid::from_slice(row.bytes(1)).map_err(|_| Fault::damaged("an outcome's id"))?;
        let outcome = match row.integer(3) {
            -1 => Err(serde_json::from_str(&row.text(4)).map_err(|_| Fault::damaged("an outcome's rejection"))?),
            position => Ok(position),
        };
        let key = Key { credential: row.text(0), id };
        world.settled.insert(key, Settled { content_hash: digest(row.bytes(2))?, outcome });
    }
    Ok(())
}

/// Redemptions by receipt, with their lines and entries.
pub async fn redemptions<'a>(
    conn: &mut Conn,
    world: &mut World,
    numbers: impl IntoIterator<Item = &'a ReceiptNumber>,
) -> Result<(), Fault> {
    let mut asked = BTreeMap::new();
    for number in numbers {
        if let Some(station) = world.stations.get(&number.station) {
            asked.insert((station.id, number.year, number.number), number.clone());
        }
    }
    let keys = asked
        .keys()
        .map(|(station, year, number)| vec![Cell::Integer(*station), Cell::Integer(*year), Cell::Integer(*number)]);
    let receipts = by_keys(conn, &RECEIPTS, keys.collect()).await?;
    let positions = || integers(receipts.iter().map(|row| row.integer(3)));
    let lines = by_keys(conn, &REDEMPTION_LINES, positions()).await?;
    let entries = by_keys(conn, &ENTRIES, positions()).await?;
    for row in &receipts {
        let (station, position) = (row.integer(0), row.integer(3));
        let Some(number) = asked.get(&(station, row.integer(1), row.integer(2))) else { continue };
        let own_lines: Vec<&Row> = lines.iter().filter(|line| line.integer(0) == position).collect();
        let first = own_lines.first().ok_or_else(|| Fault::damaged(format!("redemption {position} has no lines")))?;
        let redemption = Redemption {
            position,
            member: first.integer(1),
            station,
            month: first.integer(2),
            lines: own_lines.iter().map(|row| redeemed_line(row)).collect(),
            entries: entries.iter().filter(|entry| entry.integer(0) == position).map(entry).collect(),
            token: digest(row.bytes(4))?,
            reversed: row.integer(6) >= 0,
            is_reversal: row.integer(5) >= 0,
        };
        world.redemptions.insert(number.clone(), redemption);
    }
    Ok(())
}

fn redeemed_line(row: &Row) -> RedeemedLine {
    RedeemedLine {
        sku: row.text(3),
        offer_version: row.integer(4),
        pieces: row.integer(5),
        points_each: row.integer(6),
    }
}

fn entry(row: &Row) -> Entry {
    Entry {
        account: row.integer(1),
        lot: row.integer(2),
        quantity: row.integer(3),
        balance_after: row.integer(4),
        previous: row.integer(5),
    }
}

pub(super) fn digest(bytes: &[u8]) -> Result<Digest, Fault> {
    bytes.try_into().map_err(|_| Fault::damaged("a digest"))
}
