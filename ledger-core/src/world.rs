//! What the rules see: the part of the bank that a command's decision depends on, in memory.
//!
//! A world that starts empty and is given every effect is the whole bank (that is how rules are tested, and how a
//! journal is replayed). The writer's world holds what was loaded so far; before it decides, it loads what is missing.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use crate::book::{Account, AccountId, AccountState, Address, Commodity, Entry};
use crate::command::Key;
use crate::earn::attendance::Past;
use crate::earn::{Activity, Policy};
use crate::effect::{ActivityRow, AttendanceRow, BankRow, Effect, Effects, Erasable, RedemptionLineRow, StationRow};
use crate::people::member::MemberId;
use crate::people::place::{Chain, StationId};
use crate::people::{CardNumber, CardState, Credential, Member, Partner, Station, Team, Unit};
use crate::proof::receipt::first_link;
use crate::proof::{Digest, ReceiptNumber};
use crate::reject::Rejection;
use crate::shop::{Offer, RedeemedLine};
use crate::time::LocalMinute;

/// The bank's fixed facts.
#[derive(Debug, Clone)]
pub struct Bank {
    /// As they stand in its row.
    pub row: BankRow,
    /// Its time zone.
    pub zone: TimeZone,
}

/// What an attendance is compared with: the volunteer's earlier ones that can matter from a local minute on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// All whose `relevant_until` is later than this are here.
    pub since: LocalMinute,
    /// They.
    pub past: Vec<Past>,
}

/// A redemption that may be reversed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Position of its record.
    pub position: i64,
    /// Who.
    pub member: MemberId,
    /// Where.
    pub station: StationId,
    /// The month whose limit it counts against.
    pub month: i64,
    /// What.
    pub lines: Vec<RedeemedLine>,
    /// Its entries.
    pub entries: Vec<Entry>,
    /// SHA-256 of its token.
    pub token: Digest,
    /// Whether it was reversed.
    pub reversed: bool,
    /// Whether it is a reversal itself.
    pub is_reversal: bool,
}

/// What became of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// SHA-256 of what was sent.
    pub content_hash: Digest,
    /// The position of its record, or why it was refused.
    pub outcome: Result<i64, Rejection>,
}

/// See the module's head.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The bank; `None` before it is founded.
    pub bank: Option<Bank>,
    /// The number that the next account gets.
    pub next_account: AccountId,
    /// Scales of commodities.
    pub commodities: HashMap<Commodity, i64>,
    /// Accounts by number.
    pub accounts: HashMap<AccountId, Account>,
    /// Numbers by address.
    pub addresses: HashMap<Address, AccountId>,
    /// Units by code.
    pub units: HashMap<String, Unit>,
    /// Teams by code.
    pub teams: HashMap<String, Team>,
    /// Partners by code.
    pub partners: HashMap<String, Partner>,
    /// Stations by code.
    pub stations: HashMap<String, Station>,
    /// What is registered of stations, by code.
    pub station_rows: HashMap<String, StationRow>,
    /// Members by number.
    pub members: HashMap<MemberId, Member>,
    /// Members by card.
    pub cards: HashMap<CardNumber, MemberId>,
    /// Details and titles that are to be compared with new ones, by subject.
    pub documents: HashMap<String, String>,
    /// Credentials by code.
    pub credentials: HashMap<String, Credential>,
    /// The current policy and its version.
    pub policy: Option<(i64, Policy)>,
    /// Activities by code.
    pub activities: HashMap<String, Activity>,
    /// Attendances by member.
    pub histories: HashMap<MemberId, History>,
    /// Offers by SKU, in their current version.
    pub offers: HashMap<String, Offer>,
    /// Pieces had by member, SKU and month; a missing one is 0.
    pub pieces_had: HashMap<(MemberId, String, i64), i64>,
    /// Redemptions by receipt.
    pub redemptions: HashMap<ReceiptNumber, Redemption>,
    /// Positions of records that have been reversed.
    pub reversed: HashSet<i64>,
    /// What became of ids.
    pub settled: HashMap<Key, Settled>,
}

impl World {
    /// The account of an address.
    pub fn account(&self, address: &Address) -> Option<&Account> {
        self.addresses.get(address).and_then(|account| self.accounts.get(account))
    }

    /// The member of a card.
    pub fn member_of_card(&self, card: CardNumber) -> Option<&Member> {
        self.cards.get(&card).and_then(|member| self.members.get(member))
    }

    /// The bank's zone; UTC before it is founded.
    pub fn zone(&self) -> TimeZone {
        self.bank.as_ref().map_or(TimeZone::UTC, |bank| bank.zone.clone())
    }

    /// The bank's issuer; empty before it is founded.
    pub fn issuer(&self) -> &str {
        self.bank.as_ref().map_or("", |bank| &bank.row.issuer)
    }

    /// Remembers what became of an id.
    pub fn settle(&mut self, key: &Key, content_hash: Digest, outcome: Result<i64, Rejection>) {
        self.settled.insert(key.clone(), Settled { content_hash, outcome });
    }

    /// Applies what a command changes. `decide` has checked all of it: nothing here can be refused.
    pub fn apply(&mut self, position: i64, effects: &Effects, token: Option<Digest>) {
        for row in &effects.rows {
            self.apply_row(position, row);
        }
        if let Some(erasable) = &effects.erasable {
            self.apply_erasable(erasable);
        }
        if let Some(position) = effects.reverses {
            self.reversed.insert(position);
        }
        if let (Some(draft), Some(token)) = (&effects.receipt, token) {
            if let Some(station) = self.stations.get_mut(&draft.receipt.station) {
                station.chain = Chain { year: draft.year, number: draft.number, digest: token };
            }
            self.remember_redemption(position, effects, draft.station, token);
        }
    }

    fn apply_row(&mut self, position: i64, row: &Effect) {
        match row {
            Effect::Bank(row) => {
                let zone = TimeZone::get(&row.time_zone).unwrap_or(TimeZone::UTC);
                self.bank = Some(Bank { row: row.clone(), zone });
            }
            Effect::Key(_) | Effect::Audit { .. } => {}
            Effect::Commodity(commodity, scale) => {
                self.commodities.insert(commodity.clone(), *scale);
            }
            Effect::Account(row) => {
                self.next_account = row.account + 1;
                self.addresses.insert(row.address.clone(), row.account);
                let account = Account {
                    id: row.account,
                    address: row.address.clone(),
                    class: row.class,
                    commodity: row.commodity.clone(),
                    floor: row.floor,
                    lotted: row.lotted,
                    state: AccountState::Open,
                    balance: 0,
                    last_position: -1,
                    lots: std::collections::BTreeMap::new(),
                };
                self.accounts.insert(row.account, account);
            }
            Effect::AccountState(account, state) => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.state = *state;
                }
            }
            Effect::Entry(entry) => self.apply_entry(position, entry),
            Effect::Unit(unit) => {
                self.units.insert(unit.code.clone(), unit.clone());
            }
            Effect::Team(team) => {
                self.teams.insert(team.code.clone(), team.clone());
            }
            Effect::Partner(partner) => {
                self.partners.insert(partner.code.clone(), partner.clone());
            }
            Effect::Station(row) => self.apply_station(row),
            Effect::Member(row) => {
                let member = Member {
                    id: row.member,
                    pseudonym: row.pseudonym.clone(),
                    points: row.points,
                    minutes: row.minutes,
                    card_state: CardState::Active,
                };
                self.members.insert(row.member, member);
                self.histories.insert(row.member, History { since: LocalMinute::MIN, past: Vec::new() });
            }
            Effect::CardState(member, state) => {
                if let Some(member) = self.members.get_mut(member) {
                    member.card_state = *state;
                }
            }
            Effect::Credential(credential) => {
                self.credentials.insert(credential.code.clone(), credential.clone());
            }
            Effect::Policy(version, document) => {
                self.policy = serde_json::from_str(document).ok().map(|policy| (*version, policy));
            }
            Effect::Activity(row) => {
                self.activities.insert(row.code.clone(), activity_of(row));
            }
            Effect::Attendance(row) => {
                if let Some(history) = self.histories.get_mut(&row.member) {
                    history.past.push(past_of(row));
                }
            }
            Effect::Offer(version, terms) => {
                self.offers.insert(terms.sku.clone(), Offer { version: *version, terms: terms.clone() });
            }
            Effect::RedemptionLine(row) => {
                *self.pieces_had.entry((row.member, row.redeemed.sku.clone(), row.month)).or_default() +=
                    row.redeemed.pieces;
            }
        }
    }

    fn apply_entry(&mut self, position: i64, entry: &Entry) {
        if let Some(account) = self.accounts.get_mut(&entry.account) {
            account.balance = entry.balance_after;
            account.last_position = position;
            if account.lotted {
                *account.lots.entry(entry.lot).or_default() += entry.quantity * account.class.normal_sign();
            }
        }
    }

    fn apply_station(&mut self, row: &StationRow) {
        if !self.stations.contains_key(&row.code) {
            let chain = Chain { year: 0, number: 0, digest: first_link(self.issuer(), &row.code) };
            self.stations.insert(row.code.clone(), Station { id: row.station, code: row.code.clone(), chain });
        }
        self.station_rows.insert(row.code.clone(), row.clone());
    }

    fn apply_erasable(&mut self, erasable: &Erasable) {
        let subject = match erasable {
            Erasable::Person { member, card, .. } => {
                self.cards.insert(*card, *member);
                document_key_of_member(*member)
            }
            Erasable::Title { activity, .. } => document_key_of_activity(*activity),
            // A PIN is never compared with a new one.
            Erasable::Pin { .. } => return,
        };
        self.documents.insert(subject, erasable.document());
    }

    fn remember_redemption(&mut self, position: i64, effects: &Effects, station: StationId, token: Digest) {
        let Some(draft) = &effects.receipt else { return };
        let rows = effects.rows.iter().filter_map(|row| match row {
            Effect::RedemptionLine(row) => Some(row),
            _ => None,
        });
        let lines: Vec<&RedemptionLineRow> = rows.collect();
        let Some(first) = lines.first() else { return };
        let entries = effects.rows.iter().filter_map(|row| match row {
            Effect::Entry(entry) => Some(entry.clone()),
            _ => None,
        });
        let number = ReceiptNumber { station: draft.receipt.station.clone(), year: draft.year, number: draft.number };
        let redemption = Redemption {
            position,
            member: first.member,
            station,
            month: first.month,
            lines: lines.iter().map(|row| row.redeemed.clone()).collect(),
            entries: entries.collect(),
            token,
            reversed: false,
            is_reversal: effects.reverses.is_some(),
        };
        self.redemptions.insert(number, redemption);
    }
}

/// The key under which a member's details are in [`World::documents`].
pub fn document_key_of_member(member: MemberId) -> String {
    format!("member/{member}")
}

/// The key under which an activity's title is in [`World::documents`].
pub fn document_key_of_activity(activity: i64) -> String {
    format!("activity/{activity}")
}

fn activity_of(row: &ActivityRow) -> Activity {
    Activity {
        id: row.activity,
        code: row.code.clone(),
        service_type: row.service_type.clone(),
        day: row.day,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        station: row.station.clone(),
        team: row.team.clone(),
        organiser: (row.organiser >= 0).then_some(row.organiser),
        service_day: row.service_day,
    }
}

fn past_of(row: &AttendanceRow) -> Past {
    Past {
        activity: row.activity,
        span: row.credited,
        day: row.day,
        minutes_counted: row.assessed.minutes_counted,
        service_day: row.assessed.service_day_points > 0,
    }
}
