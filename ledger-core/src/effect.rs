//! What a command changes: rows, each with its position in the journal. A record *is* the list of its rows.
//!
//! `decide` returns effects, the world applies them, the journal hashes them and the store writes them: all four read
//! the same cells, so none can know of a change that the others miss.

use crate::book::{AccountId, AccountState, Address, Class, Commodity, Entry};
use crate::earn::attendance::{Assessed, Span};
use crate::people::member::MemberId;
use crate::people::place::StationId;
use crate::people::{CardNumber, CardState, Credential, MemberDetails, Partner, Pseudonym, Team, Unit};
use crate::proof::{Digest, Receipt};
use crate::shop::{OfferTerms, RedeemedLine};
use crate::time::Day;

/// One value of a row. There are no others: no NULL, no float, no engine's own types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Digest> for Cell {
    fn from(value: Digest) -> Self {
        Self::Bytes(value.to_vec())
    }
}

/// Cells of these values.
macro_rules! cells {
    ($($value:expr),* $(,)?) => { vec![$($crate::effect::Cell::from($value)),*] };
}
#[cfg(feature = "store")]
pub(crate) use cells;

/// The kind of a row: its number in the journal is fixed for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i64)]
#[allow(missing_docs, reason = "each is documented at the effect of the same name")]
pub enum RowKind {
    Bank = 1,
    Key = 2,
    Commodity = 3,
    Account = 4,
    AccountState = 5,
    Entry = 6,
    Unit = 7,
    Team = 8,
    Partner = 9,
    Station = 10,
    Member = 11,
    CardState = 12,
    Audit = 13,
    Policy = 14,
    Activity = 15,
    Attendance = 16,
    Offer = 17,
    RedemptionLine = 18,
    Credential = 19,
}

impl RowKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 19] = [
        Self::Bank,
        Self::Key,
        Self::Commodity,
        Self::Account,
        Self::AccountState,
        Self::Entry,
        Self::Unit,
        Self::Team,
        Self::Partner,
        Self::Station,
        Self::Member,
        Self::CardState,
        Self::Audit,
        Self::Policy,
        Self::Activity,
        Self::Attendance,
        Self::Offer,
        Self::RedemptionLine,
        Self::Credential,
    ];
}

/// One row that a record adds. Numbers that are "none" are −1, texts that are "none" are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The bank itself, once, at position 0.
    Bank(BankRow),
    /// A public key.
    Key(KeyRow),
    /// A commodity and its scale.
    Commodity(Commodity, i64),
    /// An account is opened.
    Account(AccountRow),
    /// An account's state.
    AccountState(AccountId, AccountState),
    /// An entry, with the account's balance after it and the position of the one before it.
    Entry(Entry),
    /// A unit, as it is from here on.
    Unit(Unit),
    /// A team, as it is from here on.
    Team(Team),
    /// A partner, as it is from here on.
    Partner(Partner),
    /// A station, as it is from here on.
    Station(StationRow),
    /// A member: pseudonym and accounts.
    Member(MemberRow),
    /// A member's card is blocked, or active again.
    CardState(MemberId, CardState),
    /// That something erasable changed: the salted digest of what it became.
    Audit {
        /// What it is about: `member/<pseudonym>`, `activity/<code>`.
        subject: String,
        /// SHA-256(salt ‖ details).
        digest: Digest,
    },
    /// A version of the policy, from 1, as JSON.
    Policy(i64, String),
    /// An activity, as it is from here on.
    Activity(ActivityRow),
    /// An attendance with its normalised inputs and what it earned.
    Attendance(AttendanceRow),
    /// A version of an offer.
    Offer(i64, OfferTerms),
    /// A line of a redemption; of a reversal, with negative pieces.
    RedemptionLine(RedemptionLineRow),
    /// A credential, as it is from here on.
    Credential(Credential),
}

/// See [`Effect::Bank`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRow {
    /// Random, 32 hexadecimal digits.
    pub bank_id: String,
    /// Whether it is for demonstration.
    pub demo: bool,
    /// The name on its receipts.
    pub issuer: String,
    /// The journal's origin.
    pub origin: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Version of the journal's format.
    pub format_version: i64,
}

/// See [`Effect::Key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// First 11 characters of its RFC 7638 thumbprint.
    pub kid: String,
    /// What it may sign.
    pub purpose: i64,
    /// The 32 bytes of its public half.
    pub public: Digest,
    /// From when on it signs, UTC seconds.
    pub valid_from: i64,
    /// Until when, −1 while it is in use.
    pub valid_until: i64,
}

/// See [`Effect::Account`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub account: AccountId,
    /// Its address.
    pub address: Address,
    /// Its class.
    pub class: Class,
    /// What it holds.
    pub commodity: Commodity,
    /// Lowest balance on its normal side.
    pub floor: i64,
    /// Whether it holds lots.
    pub lotted: bool,
}

/// See [`Effect::Station`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationRow {
    /// Its number.
    pub station: StationId,
    /// Its code.
    pub code: String,
    /// Its unit.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// `seed` or `placeholder`.
    pub origin: String,
}

/// See [`Effect::Member`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Their number.
    pub member: MemberId,
    /// Their pseudonym.
    pub pseudonym: Pseudonym,
    /// Account of points.
    pub points: AccountId,
    /// Account of minutes.
    pub minutes: AccountId,
}

/// See [`Effect::Activity`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// Its number.
    pub activity: i64,
    /// Its code.
    pub code: String,
    /// Kind of service.
    pub service_type: String,
    /// The day it counts for.
    pub day: Day,
    /// Start, local minutes.
    pub starts_at: i64,
    /// End, local minutes.
    pub ends_at: i64,
    /// Station's code.
    pub station: String,
    /// Team's code.
    pub team: String,
    /// Organiser, −1 for none.
    pub organiser: MemberId,
    /// Whether it is a service day.
    pub service_day: bool,
}

/// See [`Effect::Attendance`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttendanceRow {
    /// The volunteer.
    pub member: MemberId,
    /// The activity.
    pub activity: i64,
    /// The day it counts for.
    pub day: Day,
    /// Check-in as entered, local minutes.
    pub check_in: i64,
    /// Check-out as entered, local minutes.
    pub check_out: i64,
    /// The credited span, local minutes.
    pub credited: Span,
    /// Until when it matters to others, local minutes.
    pub relevant_until: i64,
    /// The earning rule's code.
    pub rule: String,
    /// The grade's code.
    pub grade: String,
    /// What it earns.
    pub assessed: Assessed,
    /// How it was noted.
    pub source: String,
    /// Who entered it.
    pub entered_by: String,
    /// Who confirmed it.
    pub confirmed_by: String,
}

/// See [`Effect::RedemptionLine`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionLineRow {
    /// From 0.
    pub line: i64,
    /// Who.
    pub member: MemberId,
    /// Where.
    pub station: StationId,
    /// The month whose limit it counts against, `year × 12 + month − 1`.
    pub month: i64,
    /// What, how many and for how much.
    pub redeemed: RedeemedLine,
}

impl Effect {
    /// The row's kind and its cells, in the order in which the journal and the table have them; the position goes before.
    pub fn row(&self) -> (RowKind, Vec<Cell>) {
        match self {
            Self::Bank(row) => (
                RowKind::Bank,
                cells![
                    row.bank_id.as_str(),
                    row.demo,
                    row.issuer.as_str(),
                    row.origin.as_str(),
                    row.time_zone.as_str(),
                    row.format_version
                ],
            ),
            Self::Key(row) => {
                (RowKind::Key, cells![row.kid.as_str(), row.purpose, row.public, row.valid_from, row.valid_until])
            }
            Self::Commodity(commodity, scale) => (RowKind::Commodity, cells![commodity.as_str(), *scale]),
            Self::Account(row) => (
                RowKind::Account,
                cells![
                    row.account,
                    row.address.as_str(),
                    row.class.number(),
                    row.commodity.as_str(),
                    row.floor,
                    row.lotted
                ],
            ),
            Self::AccountState(account, state) => (RowKind::AccountState, cells![*account, state.number()]),
            Self::Entry(row) => {
                (RowKind::Entry, cells![row.account, row.lot, row.quantity, row.balance_after, row.previous])
            }
            Self::Unit(row) => (
                RowKind::Unit,
                cells![
                    row.code.as_str(),
                    row.parent.as_str(),
                    row.level.as_str(),
                    row.name.as_str(),
                    row.origin.as_str()
                ],
            ),
            Self::Team(row) => (
                RowKind::Team,
                cells![
                    row.code.as_str(),
                    row.kind.as_str(),
                    row.name.as_str(),
                    row.motto.as_str(),
                    row.origin.as_str()
                ],
            ),
            Self::Partner(row) => (RowKind::Partner, cells![row.code.as_str(), row.name.as_str(), row.origin.as_str()]),
            Self::Station(row) => (
                RowKind::Station,
                cells![row.code.as_str(), row.station, row.unit.as_str(), row.name.as_str(), row.origin.as_str()],
            ),
            Self::Member(row) => (RowKind::Member, cells![row.member, row.pseudonym.as_str(), row.points, row.minutes]),
            Self::CardState(member, state) => (RowKind::CardState, cells![*member, state.number()]),
            Self::Audit { subject, digest } => (RowKind::Audit, cells![subject.as_str(), *digest]),
            Self::Policy(version, document) => (RowKind::Policy, cells![*version, document.as_str()]),
            Self::Activity(row) => (RowKind::Activity, activity_cells(row)),
            Self::Attendance(row) => (RowKind::Attendance, attendance_cells(row)),
            Self::Offer(version, terms) => (
                RowKind::Offer,
                cells![
                    terms.sku.as_str(),
                    *version,
                    terms.name.as_str(),
                    terms.kind.number(),
                    terms.points,
                    terms.cost_fen,
                    terms.monthly_limit
                ],
            ),
            Self::RedemptionLine(row) => {
                let RedeemedLine { sku, offer_version, pieces, points_each } = &row.redeemed;
                (
                    RowKind::RedemptionLine,
                    cells![
                        row.line,
                        row.member,
                        row.station,
                        row.month,
                        sku.as_str(),
                        *offer_version,
                        *pieces,
                        *points_each
                    ],
                )
            }
            Self::Credential(row) => (
                RowKind::Credential,
                cells![
                    row.code.as_str(),
                    row.actor.as_str(),
                    row.role.number(),
                    row.station.as_str(),
                    row.member,
                    row.token_hash,
                    row.valid_from,
                    row.valid_until,
                    row.revoked
                ],
            ),
        }
    }
}

fn activity_cells(row: &ActivityRow) -> Vec<Cell> {
    cells![
        row.code.as_str(),
        row.activity,
        row.service_type.as_str(),
        row.day,
        row.starts_at,
        row.ends_at,
        row.station.as_str(),
        row.team.as_str(),
        row.organiser,
        row.service_day,
    ]
}

fn attendance_cells(row: &AttendanceRow) -> Vec<Cell> {
    let earned = &row.assessed;
    cells![
        row.member,
        row.activity,
        row.day,
        row.check_in,
        row.check_out,
        row.credited.from,
        row.credited.until,
        row.relevant_until,
        row.rule.as_str(),
        row.grade.as_str(),
        earned.minutes_credited,
        earned.minutes_recorded,
        earned.minutes_counted,
        earned.time_points,
        earned.organiser_points,
        earned.service_day_points,
        earned.theme_points,
        row.source.as_str(),
        row.entered_by.as_str(),
        row.confirmed_by.as_str(),
    ]
}

/// What stands beside the journal and can be erased; its salted digest is in the record as [`Effect::Audit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasable {
    /// A person's card and details.
    Person {
        /// The member.
        member: MemberId,
        /// The card number.
        card: CardNumber,
        /// The details.
        details: MemberDetails,
    },
    /// An activity's title.
    Title {
        /// The activity.
        activity: i64,
        /// The title.
        title: String,
    },
    /// What a volunteer's PIN is checked against.
    Pin {
        /// The member.
        member: MemberId,
        /// The verifier, in PHC form.
        verifier: String,
    },
}

impl Erasable {
    /// What the audit row's digest is of, before its salt.
    pub fn document(&self) -> String {
        match self {
            Self::Person { card, details, .. } => serde_json::to_string(&(card, details)),
            Self::Title { title, .. } => serde_json::to_string(title),
            // Its hash: a verifier that was replaced must not stay in what is kept of its change.
            Self::Pin { verifier, .. } => {
                serde_json::to_string(&data_encoding::HEXLOWER.encode(&crate::proof::sha256(&[verifier.as_bytes()])))
            }
        }
        // Serialising plain structures of text and numbers cannot fail.
        .unwrap_or_default()
    }
}

/// A receipt that is signed once its place in the station's chain is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptDraft {
    /// The station.
    pub station: StationId,
    /// Calendar year of its number.
    pub year: i64,
    /// Its number in that year.
    pub number: i64,
    /// What it says; `previous` is right already.
    pub receipt: Receipt,
}

/// All that a command changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// The rows of its record, in the order of [`RowKind`] and of their keys.
    pub rows: Vec<Effect>,
    /// What stands beside the journal.
    pub erasable: Option<Erasable>,
    /// The receipt.
    pub receipt: Option<ReceiptDraft>,
    /// The position of the record that it reverses.
    pub reverses: Option<i64>,
    /// Version of the policy that it was decided under; 0 for none.
    pub policy_version: i64,
    /// The day that it counts for, where the command itself says so.
    pub effective_day: Option<Day>,
}

impl Effects {
    /// Effects of these rows alone.
    pub fn of(rows: Vec<Effect>) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Adds rows.
    #[must_use]
    pub fn and(mut self, rows: impl IntoIterator<Item = Effect>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Minutes recorded and points granted, where this is an attendance.
    pub fn earned(&self) -> Option<&Assessed> {
        self.rows.iter().find_map(|row| match row {
            Effect::Attendance(row) => Some(&row.assessed),
            _ => None,
        })
    }
}
