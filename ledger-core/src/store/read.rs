//! What is read outside the writer: balances, statements, receipts, keys, and the trial balance.

use std::collections::{BTreeMap, HashMap};

use super::conn::{Conn, Read, Row};
use super::load::by_keys;
use super::tables::ColumnType::{Integer, Text};
use crate::book::Class;
use crate::earn::{Policy, Reason};
use crate::effect::Cell;
use crate::fault::Fault;
use crate::people::{CardNumber, CardState, Pseudonym};
use crate::proof::{ReceiptNumber, VerifyingKey};
use crate::shop::{Offer, OfferKind, OfferTerms};

/// A volunteer's balances: posted, expired or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolunteerBalance {
    /// The card.
    pub card: CardNumber,
    /// Minutes of service.
    pub minutes: i64,
    /// Points.
    pub points: i64,
}

/// One posting of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Its position in the journal.
    pub position: i64,
    /// When it was posted, UTC seconds.
    pub posted_at: i64,
    /// The day it counts for.
    pub effective_day: i64,
    /// The kind of its command, four letters.
    pub kind: String,
    /// The account's number.
    pub account: i64,
    /// What it moved, in smallest units, debits positive.
    pub quantity: i64,
    /// The account's balance after it, debits positive.
    pub balance_after: i64,
    /// The reason that the caller gave; may be empty.
    pub note: String,
    /// The receipt's token, where there is one.
    pub receipt: Option<String>,
}

/// A page of a statement, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPage {
    /// Its postings.
    pub lines: Vec<StatementLine>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<i64>,
}

/// A line of the trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalanceLine {
    /// The commodity.
    pub commodity: String,
    /// The class.
    pub class: Class,
    /// Sum of debit balances.
    pub debits: i128,
    /// Sum of credit balances.
    pub credits: i128,
}

/// The trial balance, and what was compared to make sure of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// Its lines, by commodity and class, from the balances.
    pub lines: Vec<TrialBalanceLine>,
    /// What does not agree, in words; empty where all does.
    pub disagreements: Vec<String>,
}

/// A volunteer's account as it stands: what a page or a kiosk shows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolunteerAccount {
    /// The card.
    pub card: CardNumber,
    /// The member's number.
    pub member: i64,
    /// The member's pseudonym, as it stands on receipts.
    pub pseudonym: Pseudonym,
    /// Whether the card may be used.
    pub card_state: CardState,
    /// The name. Mask it before you show it.
    pub name: String,
    /// Station nearest to home; may be empty.
    pub home_station: String,
    /// Minutes of service.
    pub minutes: i64,
    /// Points, expired or not.
    pub points: i64,
    /// What is left in lots, by the first instant at which it can no longer be spent.
    pub lots: BTreeMap<i64, i64>,
}

/// A receipt as the bank keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedReceipt {
    /// Its token, as it was signed.
    pub token: String,
    /// Whether its redemption has been reversed since.
    pub reversed: bool,
}

/// What a station has to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// The offer, in its current version.
    pub offer: Offer,
    /// Pieces or places left at the station; `None` where its stock was never opened.
    pub pieces_left: Option<i64>,
}

const fn all(sql: &'static str) -> Read {
    Read { sql, keys: &[] }
}

const VOLUNTEER_BALANCES: Read = all(
    "SELECT p.card, t.quantity, b.quantity FROM ledger_people p CROSS JOIN ledger_members m CROSS JOIN ledger_balances t \
     CROSS JOIN ledger_balances b WHERE m.member = p.member AND t.account = m.minutes_account AND b.account = m.points_account \
     ORDER BY p.card",
);
const VOLUNTEER_ACCOUNTS: Read = Read {
    sql: "SELECT p.card, m.member, m.pseudonym, CAST(COALESCE((SELECT s.state FROM ledger_card_states s \
          WHERE s.member = m.member ORDER BY s.position DESC LIMIT 1), 1) AS BIGINT), p.name, p.home_station, t.quantity, b.quantity, \
          CAST(COALESCE(l.expires_at, 0) AS BIGINT), CAST(COALESCE(l.remaining, 0) AS BIGINT) \
          FROM {keys} CROSS JOIN ledger_people p CROSS JOIN ledger_members m CROSS JOIN ledger_balances t \
          CROSS JOIN ledger_balances b LEFT JOIN ledger_lots l ON l.account = m.points_account AND l.remaining <> 0 \
          WHERE p.card = k.a AND m.member = p.member AND t.account = m.minutes_account AND b.account = m.points_account",
    keys: &[Integer],
};
const CARD_OF_MEMBER: Read =
    Read { sql: "SELECT p.card FROM {keys} CROSS JOIN ledger_people p WHERE p.member = k.a", keys: &[Integer] };
const PIECES_HAD: Read = Read {
    sql: "SELECT h.sku, h.pieces FROM {keys} CROSS JOIN ledger_pieces_had h \
          WHERE h.member = k.a AND h.month = k.b AND h.pieces <> 0",
    keys: &[Integer, Integer],
};
const CATALOGUE: Read = Read {
    sql: "SELECT o.sku, o.version, o.name, o.kind, o.points, o.cost_fen, o.monthly_limit, \
          CAST(COALESCE(b.quantity, -1) AS BIGINT) FROM {keys} CROSS JOIN ledger_offers o \
          LEFT JOIN ledger_accounts a ON a.address = 'station/' || k.a || '/stock/' || o.sku \
          LEFT JOIN ledger_balances b ON b.account = a.account ORDER BY o.version",
    keys: &[Text],
};
const STATION_NAMES: Read = all("SELECT code, name FROM ledger_stations ORDER BY position");
const KEYS: Read = all("SELECT kid, public_key, purpose FROM ledger_keys ORDER BY position, kid");
const RECEIPT: Read = Read {
    sql: "SELECT r.token, CAST(COALESCE(v.position, -1) AS BIGINT) FROM {keys} CROSS JOIN ledger_stations s \
          CROSS JOIN ledger_receipts r LEFT JOIN ledger_reversals v ON v.reversed_position = r.position \
          WHERE s.code = k.a AND r.station = s.station AND r.year = k.b AND r.number = k.c LIMIT 1",
    keys: &[Text, Integer, Integer],
};
const LAST_POSITION: Read = Read {
    sql: "SELECT b.last_position FROM {keys} CROSS JOIN ledger_balances b WHERE b.account = k.a",
    keys: &[Integer],
};
// Walks from transaction to transaction along the account's own chain: primary keys alone.
const STATEMENT: Read = Read {
    sql: "WITH RECURSIVE walk(account, position, steps) AS (SELECT k.a, k.b, k.c FROM {keys} UNION ALL \
          SELECT w.account, (SELECT MIN(e.previous) FROM ledger_entries e WHERE e.position = w.position AND e.account = w.account), \
          w.steps - 1 FROM walk w WHERE w.steps > 1 AND w.position >= 0) \
          SELECT w.position, d.posted_at, d.effective_day, d.kind, e.account, e.quantity, e.balance_after, e.previous, d.reason, \
          CAST(COALESCE(r.token, '') AS TEXT) FROM walk w CROSS JOIN ledger_entries e CROSS JOIN ledger_records d \
          LEFT JOIN ledger_receipts r ON r.position = d.position \
          WHERE e.position = w.position AND e.account = w.account AND d.position = w.position \
          ORDER BY w.position DESC, e.lot DESC",
    keys: &[Integer, Integer, Integer],
};
const REASONS: Read = Read {
    sql: "SELECT t.position, v.code, d.policy_version, t.rule, t.grade, t.minutes_credited, t.minutes_counted, t.time_points, \
          t.organiser_points, t.service_day_points, t.theme_points, CAST(COALESCE(l.title, '') AS TEXT) \
          FROM {keys} CROSS JOIN ledger_attendances t CROSS JOIN ledger_records d CROSS JOIN ledger_activities v \
          LEFT JOIN ledger_titles l ON l.activity = v.activity \
          WHERE t.position = k.a AND d.position = k.a AND v.activity = t.activity AND v.position = v.activity",
    keys: &[Integer],
};
const POLICIES: Read = Read {
    sql: "SELECT p.version, p.document FROM {keys} CROSS JOIN ledger_policies p WHERE p.version = k.a",
    keys: &[Integer],
};
const REDEEMED: Read = Read {
    sql: "SELECT l.position, o.name, l.pieces, l.points_each, l.sku FROM {keys} CROSS JOIN ledger_redemption_lines l \
          CROSS JOIN ledger_offers o WHERE l.position = k.a AND o.sku = l.sku AND o.version = l.offer_version \
          ORDER BY l.position, l.line",
    keys: &[Integer],
};
// Sums in two parts, so that no engine's integer overflows: billions and the rest.
const TRIAL_BALANCE: Read = all("SELECT a.commodity, a.class, \
     CAST(SUM(CASE WHEN b.quantity > 0 THEN b.quantity / 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity > 0 THEN b.quantity % 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity < 0 THEN b.quantity / 1000000000 ELSE 0 END) AS BIGINT), \
     CAST(SUM(CASE WHEN b.quantity < 0 THEN b.quantity % 1000000000 ELSE 0 END) AS BIGINT) \
     FROM ledger_balances b CROSS JOIN ledger_accounts a WHERE a.account = b.account GROUP BY a.commodity, a.class");
const BALANCES_AGAINST_ENTRIES: Read = all(
    "SELECT a.address, CAST(COALESCE(b.quantity, 0) AS BIGINT), CAST(COALESCE(t.total, 0) AS BIGINT) FROM ledger_accounts a \
     LEFT JOIN ledger_balances b ON b.account = a.account \
     LEFT JOIN (SELECT account, SUM(quantity) AS total FROM ledger_entries GROUP BY account) t ON t.account = a.account \
     WHERE COALESCE(b.quantity, 0) <> COALESCE(t.total, 0) OR b.account IS NULL ORDER BY a.account LIMIT 100",
);
const ENTRIES_WITHOUT_ACCOUNT: Read = all(
    "SELECT CAST(COUNT(*) AS BIGINT) FROM ledger_entries e LEFT JOIN ledger_accounts a ON a.account = e.account WHERE a.account IS NULL",
);
const UNBALANCED_TRANSACTIONS: Read = all(
    "SELECT e.position, a.commodity FROM ledger_entries e CROSS JOIN ledger_accounts a WHERE a.account = e.account \
     GROUP BY e.position, a.commodity HAVING SUM(e.quantity) <> 0 ORDER BY e.position LIMIT 100",
);
const BALANCES_AGAINST_LOTS: Read = all("SELECT a.address FROM ledger_accounts a CROSS JOIN ledger_balances b \
     LEFT JOIN (SELECT account, SUM(remaining) AS total FROM ledger_lots GROUP BY account) l ON l.account = a.account \
     WHERE b.account = a.account AND a.lotted = 1 \
     AND COALESCE(l.total, 0) <> b.quantity * (CASE WHEN a.class IN (1, 5) THEN 1 ELSE -1 END) ORDER BY a.account LIMIT 100");

/// Every read of this module, for the test that prepares them.
pub const READS: &[Read] = &[
    VOLUNTEER_BALANCES,
    VOLUNTEER_ACCOUNTS,
    CARD_OF_MEMBER,
    PIECES_HAD,
    CATALOGUE,
    STATION_NAMES,
    KEYS,
    RECEIPT,
    LAST_POSITION,
    STATEMENT,
    REASONS,
    POLICIES,
    REDEEMED,
    TRIAL_BALANCE,
    BALANCES_AGAINST_ENTRIES,
    ENTRIES_WITHOUT_ACCOUNT,
    UNBALANCED_TRANSACTIONS,
    BALANCES_AGAINST_LOTS,
];

fn integers(keys: &[i64]) -> Vec<Vec<Cell>> {
    keys.iter().map(|key| vec![Cell::Integer(*key)]).collect()
}

/// Every volunteer's balances, by card.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn volunteer_balances(conn: &mut Conn) -> Result<Vec<VolunteerBalance>, Fault> {
    let rows = conn.fetch(&VOLUNTEER_BALANCES, Vec::new()).await?;
    let balance = |row: &Row| {
        let card = CardNumber::from_number(row.integer(0)).ok_or_else(|| Fault::damaged("a card number"))?;
        // Both accounts have their normal balance on the credit side.
        Ok(VolunteerBalance { card, minutes: -row.integer(1), points: -row.integer(2) })
    };
    rows.iter().map(balance).collect()
}

/// Volunteers' accounts by card number; who is not there is left out.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn volunteer_accounts(
    conn: &mut Conn,
    cards: Vec<CardNumber>,
) -> Result<HashMap<CardNumber, VolunteerAccount>, Fault> {
    let cards: Vec<i64> = cards.into_iter().map(CardNumber::number).collect();
    let mut accounts = HashMap::new();
    for row in conn.fetch(&VOLUNTEER_ACCOUNTS, integers(&cards)).await? {
        let card = CardNumber::from_number(row.integer(0)).ok_or_else(|| Fault::damaged("a card number"))?;
        let state = CardState::from_number(row.integer(3)).ok_or_else(|| Fault::damaged("a card's state"))?;
        let account = accounts.entry(card).or_insert_with(|| VolunteerAccount {
            card,
            member: row.integer(1),
            pseudonym: Pseudonym::from_row(row.text(2)),
            card_state: state,
            name: row.text(4),
            home_station: row.text(5),
            minutes: -row.integer(6),
            points: -row.integer(7),
            lots: BTreeMap::new(),
        });
        // A question that is asked twice gives every row twice: a lot is put where it is already.
        if row.integer(9) != 0 {
            account.lots.insert(row.integer(8), row.integer(9));
        }
    }
    Ok(accounts)
}

/// The card of a member; `None` where nobody has that number.
///
/// # Errors
/// [`Fault::Database`].
pub async fn card_of_member(conn: &mut Conn, member: i64) -> Result<Option<CardNumber>, Fault> {
    let rows = conn.fetch(&CARD_OF_MEMBER, integers(&[member])).await?;
    Ok(rows.first().and_then(|row| CardNumber::from_number(row.integer(0))))
}

/// Pieces that a member has had in a month, by SKU; what was all given back is left out.
///
/// # Errors
/// [`Fault::Database`].
pub async fn pieces_had(conn: &mut Conn, member: i64, month: i64) -> Result<BTreeMap<String, i64>, Fault> {
    let rows = conn.fetch(&PIECES_HAD, vec![vec![member.into(), month.into()]]).await?;
    Ok(rows.iter().map(|row| (row.text(0), row.integer(1))).collect())
}

/// All offers and what is left of each at a station, by SKU.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn catalogue(conn: &mut Conn, station: &str) -> Result<Vec<CatalogueItem>, Fault> {
    let mut items = BTreeMap::new();
    for row in by_keys(conn, &CATALOGUE, vec![vec![station.into()]]).await? {
        let kind = OfferKind::from_number(row.integer(3)).ok_or_else(|| Fault::damaged("an offer's kind"))?;
        let terms = OfferTerms {
            sku: row.text(0),
            name: row.text(2),
            kind,
            points: row.integer(4),
            cost_fen: row.integer(5),
            monthly_limit: row.integer(6),
        };
        // Versions come in their order: the latest is the one that holds.
        let pieces_left = Some(row.integer(7)).filter(|pieces| *pieces >= 0);
        items.insert(row.text(0), CatalogueItem { offer: Offer { version: row.integer(1), terms }, pieces_left });
    }
    Ok(items.into_values().collect())
}

/// Names of stations by code.
///
/// # Errors
/// [`Fault::Database`].
pub async fn station_names(conn: &mut Conn) -> Result<BTreeMap<String, String>, Fault> {
    Ok(conn.fetch(&STATION_NAMES, Vec::new()).await?.iter().map(|row| (row.text(0), row.text(1))).collect())
}

/// The bank's public keys for receipts, the first first.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn receipt_keys(conn: &mut Conn) -> Result<Vec<VerifyingKey>, Fault> {
    let rows = conn.fetch(&KEYS, Vec::new()).await?;
    let receipts = rows.iter().filter(|row| row.integer(2) == crate::proof::KeyPurpose::Receipt.number());
    let key = |row: &Row| {
        VerifyingKey::from_bytes(&super::load::digest(row.bytes(1))?).ok_or_else(|| Fault::damaged("a public key"))
    };
    receipts.map(key).collect()
}

/// A receipt by its number.
///
/// # Errors
/// [`Fault::Database`].
pub async fn receipt(conn: &mut Conn, number: &ReceiptNumber) -> Result<Option<IssuedReceipt>, Fault> {
    let key = vec![number.station.as_str().into(), number.year.into(), number.number.into()];
    let rows = conn.fetch(&RECEIPT, vec![key]).await?;
    Ok(rows.first().map(|row| IssuedReceipt { token: row.text(0), reversed: row.integer(1) >= 0 }))
}

/// A page of an account's statement: up to `transactions_max` transactions from `start` back, or from the last.
///
/// # Errors
/// [`Fault::Database`].
pub async fn statement(
    conn: &mut Conn,
    account: i64,
    start: Option<i64>,
    transactions_max: i64,
) -> Result<StatementPage, Fault> {
    let start = match start {
        Some(start) => start,
        None => conn.fetch(&LAST_POSITION, integers(&[account])).await?.first().map_or(-1, |row| row.integer(0)),
    };
    if start < 0 {
        return Ok(StatementPage { lines: Vec::new(), next: None });
    }
    let rows = conn.fetch(&STATEMENT, vec![vec![account.into(), start.into(), transactions_max.into()]]).await?;
    let next = rows.last().map(|row| row.integer(7)).filter(|previous| *previous >= 0);
    let lines = rows.iter().map(|row| {
        let token = row.text(9);
        StatementLine {
            position: row.integer(0),
            posted_at: row.integer(1),
            effective_day: row.integer(2),
            kind: row.text(3),
            account: row.integer(4),
            quantity: row.integer(5),
            balance_after: row.integer(6),
            note: row.text(8),
            receipt: (!token.is_empty()).then_some(token),
        }
    });
    Ok(StatementPage { lines: lines.collect(), next })
}

/// An earning's reason and the title of its activity, by position.
///
/// # Errors
/// [`Fault::Database`].
pub async fn reasons(conn: &mut Conn, positions: &[i64]) -> Result<Vec<(i64, String, Reason)>, Fault> {
    let rows = conn.fetch(&REASONS, integers(positions)).await?;
    let reason = |row: &Row| {
        let reason = Reason {
            activity: row.text(1),
            policy_version: row.integer(2),
            rule: row.text(3),
            grade: row.text(4),
            minutes_credited: row.integer(5),
            minutes_counted: row.integer(6),
            time_points: row.integer(7),
            organiser_points: row.integer(8),
            service_day_points: row.integer(9),
            theme_points: row.integer(10),
        };
        (row.integer(0), row.text(11), reason)
    };
    Ok(rows.iter().map(reason).collect())
}

/// Policies by version.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn policies(conn: &mut Conn, versions: &[i64]) -> Result<Vec<(i64, Policy)>, Fault> {
    let rows = conn.fetch(&POLICIES, integers(versions)).await?;
    let policy = |row: &Row| {
        let policy =
            serde_json::from_str(&row.text(1)).map_err(|error| Fault::damaged(format!("the policy: {error}")))?;
        Ok((row.integer(0), policy))
    };
    rows.iter().map(policy).collect()
}

/// What redemptions and their reversals moved: position, name, pieces, points each, SKU.
///
/// # Errors
/// [`Fault::Database`].
pub async fn redeemed(conn: &mut Conn, positions: &[i64]) -> Result<Vec<(i64, String, i64, i64, String)>, Fault> {
    let rows = conn.fetch(&REDEEMED, integers(positions)).await?;
    Ok(rows.iter().map(|row| (row.integer(0), row.text(1), row.integer(2), row.integer(3), row.text(4))).collect())
}

/// The trial balance from the balances, compared with the sums of entries, of transactions and of lots.
///
/// # Errors
/// [`Fault::Database`], [`Fault::Damaged`].
pub async fn trial_balance(conn: &mut Conn) -> Result<TrialBalance, Fault> {
    let mut lines = Vec::new();
    for row in conn.fetch(&TRIAL_BALANCE, Vec::new()).await? {
        let sum =
            |billions: usize| i128::from(row.integer(billions)) * 1_000_000_000 + i128::from(row.integer(billions + 1));
        let class = Class::from_number(row.integer(1)).ok_or_else(|| Fault::damaged("an account's class"))?;
        lines.push(TrialBalanceLine { commodity: row.text(0), class, debits: sum(2), credits: -sum(4) });
    }
    lines.sort_by(|left, right| (&left.commodity, left.class).cmp(&(&right.commodity, right.class)));

    let mut disagreements = Vec::new();
    for commodity in lines.chunk_by(|left, right| left.commodity == right.commodity) {
        let (debits, credits) =
            commodity.iter().fold((0, 0), |(debits, credits), line| (debits + line.debits, credits + line.credits));
        if debits != credits {
            disagreements.push(format!("{}: debits {debits}, credits {credits}", commodity[0].commodity));
        }
    }
    for row in conn.fetch(&BALANCES_AGAINST_ENTRIES, Vec::new()).await? {
        disagreements.push(format!(
            "{}: its balance is {}, its entries sum to {}",
            row.text(0),
            row.integer(1),
            row.integer(2)
        ));
    }
    let orphans = conn.fetch(&ENTRIES_WITHOUT_ACCOUNT, Vec::new()).await?.first().map_or(0, |row| row.integer(0));
    if orphans > 0 {
        disagreements.push(format!("{orphans} entries are of no account"));
    }
    for row in conn.fetch(&UNBALANCED_TRANSACTIONS, Vec::new()).await? {
        disagreements.push(format!(
            "the transaction at position {} does not sum to zero in {}",
            row.integer(0),
            row.text(1)
        ));
    }
    for row in conn.fetch(&BALANCES_AGAINST_LOTS, Vec::new()).await? {
        disagreements.push(format!("{}: its lots do not add up to its balance", row.text(0)));
    }
    Ok(TrialBalance { lines, disagreements })
}
