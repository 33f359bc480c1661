//! Which parts of the bank a batch's decisions depend on, and loading those that the world does not have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::book::Address;
use crate::command::{Command, Envelope, Key};
use crate::decide::{CHART_OF_ACCOUNTS, handed_over_address, stock_address, supply_address};
use crate::earn::Activity;
use crate::earn::attendance::relevant_since;
use crate::fault::Fault;
use crate::people::CardNumber;
use crate::proof::ReceiptNumber;
use crate::proof::receipt::SKU_LENGTH_MAX;
use crate::store::{Conn, load};
use crate::text::{is_code, is_label};
use crate::time::{date_at, month_of};
use crate::world::{World, document_key_of_activity, document_key_of_member};

/// Loads what the commands need. What became of their ids is asked `under_lock` alone: whatever is decided of an id is
/// written under it, so that an id that was settled before makes the first write fail as a conflict, and nobody pays for
/// the question who does not repeat themselves. What they need is found in three steps, since a card leads to a member, a member to
/// accounts, and an account to lots.
pub async fn gather(
    conn: &mut Conn,
    world: &mut World,
    envelopes: &[&Envelope],
    now: i64,
    under_lock: bool,
) -> Result<(), Fault> {
    let first = First::of(world, envelopes);
    if under_lock {
        load::outcomes(conn, world, first.keys.iter().copied()).await?;
    }
    load::cards(conn, world, first.cards.iter().copied()).await?;
    load::activities(conn, world, first.activities.iter().copied()).await?;
    load::redemptions(conn, world, first.receipts.iter()).await?;
    load::credentials(conn, world, first.credentials.iter().copied()).await?;

    let second = Second::of(world, envelopes, now);
    load::members(conn, world, second.members.iter().copied()).await?;
    load::documents(conn, world, second.details.iter().copied(), second.titles.iter().copied()).await?;
    load::histories(conn, world, &second.histories).await?;
    load::pieces_had(conn, world, second.pieces_had.iter().cloned()).await?;

    let third = Third::of(world, envelopes);
    load::accounts(conn, world, third.addresses.iter(), third.numbers.iter().copied()).await
}

/// What can be named from the commands alone.
#[derive(Default)]
struct First<'a> {
    keys: BTreeSet<&'a Key>,
    cards: BTreeSet<CardNumber>,
    activities: BTreeSet<&'a str>,
    receipts: Vec<ReceiptNumber>,
    credentials: BTreeSet<&'a str>,
}

impl<'a> First<'a> {
    fn of(world: &World, envelopes: &[&'a Envelope]) -> Self {
        let mut needs = Self::default();
        for envelope in envelopes {
            let unsettled = |key: &&Key| is_code(&key.credential, 64) && !world.settled.contains_key(*key);
            needs.keys.extend(envelope.key.as_ref().filter(unsettled));
            match &envelope.command {
                Command::SetMember { card, .. }
                | Command::SetCardState { card, .. }
                | Command::SetPin { card, .. }
                | Command::Redeem { card, .. } => {
                    needs.cards.extend(CardNumber::parse(card));
                }
                Command::IssueCredential(new) => {
                    needs.cards.extend(CardNumber::parse(&new.card));
                    needs.credentials.insert(&new.code);
                }
                Command::RevokeCredential { credential } => {
                    needs.credentials.insert(credential);
                }
                Command::SetActivity(plan) => {
                    needs.cards.extend(CardNumber::parse(&plan.organiser_card));
                    needs.activities.insert(&plan.code);
                }
                Command::RecordAttendance(row) => {
                    needs.cards.extend(CardNumber::parse(&row.card));
                    needs.activities.insert(&row.activity);
                }
                Command::ReverseRedemption { receipt } => {
                    needs
                        .receipts
                        .extend(ReceiptNumber::parse(receipt).filter(|number| !world.redemptions.contains_key(number)));
                }
                _ => {}
            }
        }
        needs.cards.retain(|card| !world.cards.contains_key(card));
        // What is no label is of nothing, and PostgreSQL takes no NUL even in a question.
        needs.credentials.retain(|code| is_code(code, 64) && !world.credentials.contains_key(*code));
        needs.activities.retain(|code| is_label(code) && !world.activities.contains_key(*code));
        needs
    }
}

/// What can be named once members, activities and redemptions are known.
#[derive(Default)]
struct Second {
    members: BTreeSet<i64>,
    details: BTreeSet<i64>,
    titles: BTreeSet<i64>,
    histories: BTreeMap<i64, i64>,
    pieces_had: BTreeSet<(i64, String, i64)>,
}

impl Second {
    fn of(world: &World, envelopes: &[&Envelope], now: i64) -> Self {
        let mut needs = Self::default();
        let planned = planned_activities(envelopes);
        let month = month_of(date_at(now, &world.zone()));
        let member_of = |card: &str| CardNumber::parse(card).and_then(|card| world.cards.get(&card)).copied();
        for envelope in envelopes {
            match &envelope.command {
                Command::SetMember { card, .. } => needs.details.extend(member_of(card)),
                Command::SetActivity(plan) => {
                    needs.titles.extend(world.activities.get(&plan.code).map(|activity| activity.id))
                }
                Command::RecordAttendance(row) => {
                    let known = world.activities.get(&row.activity).map(relevant_since);
                    let since = known.into_iter().chain(planned.get(row.activity.as_str()).copied()).min();
                    if let (Some(member), Some(since)) = (member_of(&row.card), since) {
                        needs
                            .histories
                            .entry(member)
                            .and_modify(|earliest| *earliest = since.min(*earliest))
                            .or_insert(since);
                    }
                }
                Command::Redeem { card, lines, .. } => {
                    let member = member_of(card);
                    needs.pieces_had.extend(
                        member.iter().flat_map(|member| lines.iter().map(|line| (*member, line.sku.clone(), month))),
                    );
                }
                Command::ReverseRedemption { receipt } => {
                    let redemption = ReceiptNumber::parse(receipt).and_then(|number| world.redemptions.get(&number));
                    if let Some(redemption) = redemption {
                        needs.members.insert(redemption.member);
                        let skus = redemption.lines.iter().map(|line| line.sku.clone());
                        needs.pieces_had.extend(skus.map(|sku| (redemption.member, sku, redemption.month)));
                    }
                }
                _ => {}
            }
        }
        needs.members.retain(|member| !world.members.contains_key(member));
        needs.details.retain(|member| !world.documents.contains_key(&document_key_of_member(*member)));
        needs.titles.retain(|activity| !world.documents.contains_key(&document_key_of_activity(*activity)));
        needs
            .histories
            .retain(|member, since| world.histories.get(member).is_none_or(|history| history.since > *since));
        needs.pieces_had.retain(|key| is_code(&key.1, SKU_LENGTH_MAX) && !world.pieces_had.contains_key(key));
        needs
    }
}

/// Activities that the batch itself registers: what their attendances look back to.
fn planned_activities<'a>(envelopes: &[&'a Envelope]) -> HashMap<&'a str, i64> {
    let plans = envelopes.iter().filter_map(|envelope| match &envelope.command {
        Command::SetActivity(plan) => Some(plan),
        _ => None,
    });
    let since = plans.map(|plan| {
        let activity = Activity {
            id: -1,
            code: String::new(),
            service_type: String::new(),
            day: plan.day,
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
            station: String::new(),
            team: String::new(),
            organiser: None,
            service_day: false,
        };
        (plan.code.as_str(), relevant_since(&activity))
    });
    since.collect()
}

/// The accounts.
#[derive(Default)]
struct Third {
    addresses: BTreeSet<Address>,
    numbers: BTreeSet<i64>,
}

impl Third {
    fn of(world: &World, envelopes: &[&Envelope]) -> Self {
        let mut needs = Self::default();
        let member_of = |card: &str| CardNumber::parse(card).and_then(|card| world.member_of_card(card));
        let own = CHART_OF_ACCOUNTS.iter().filter_map(|(address, ..)| Address::new(address));
        needs.addresses.extend(own);
        for envelope in envelopes {
            match &envelope.command {
                Command::OpenAccount(account) => needs.addresses.extend([account.address.clone()]),
                Command::SetAccountState { address, .. } => needs.addresses.extend([address.clone()]),
                Command::Post { entries } => needs.addresses.extend(entries.iter().map(|entry| entry.address.clone())),
                Command::SetOffer(terms) => {
                    needs.addresses.extend(
                        supply_address(&terms.sku).ok().into_iter().chain(handed_over_address(&terms.sku).ok()),
                    );
                }
                Command::OpenStock { station, sku, .. } => {
                    needs
                        .addresses
                        .extend(supply_address(sku).ok().into_iter().chain(stock_address(station, sku).ok()));
                }
                Command::RecordAttendance(row) => {
                    needs.numbers.extend(member_of(&row.card).iter().flat_map(|member| [member.points, member.minutes]))
                }
                Command::Redeem { card, station, lines, .. } => {
                    needs.numbers.extend(member_of(card).map(|member| member.points));
                    for line in lines {
                        needs.addresses.extend(
                            stock_address(station, &line.sku)
                                .ok()
                                .into_iter()
                                .chain(handed_over_address(&line.sku).ok()),
                        );
                    }
                }
                Command::ReverseRedemption { receipt } => {
                    let redemption = ReceiptNumber::parse(receipt).and_then(|number| world.redemptions.get(&number));
                    needs.numbers.extend(
                        redemption.iter().flat_map(|redemption| redemption.entries.iter().map(|entry| entry.account)),
                    );
                }
                _ => {}
            }
        }
        needs.addresses.retain(|address| !world.addresses.contains_key(address));
        needs.numbers.retain(|number| !world.accounts.contains_key(number));
        needs
    }
}

/// Accounts and attendances that are kept warm, at most; beyond, everything is forgotten and read again when needed.
const ACCOUNTS_MAX: usize = 100_000;
const HISTORIES_MAX: usize = 50_000;
/// Settled ids, redemptions and documents that are kept warm, at most.
const RECENT_MAX: usize = 20_000;

/// Keeps the world within bounds between batches. All that is forgotten is read again by [`gather`].
pub fn forget(world: &mut World) {
    if world.accounts.len() > ACCOUNTS_MAX || world.histories.len() > HISTORIES_MAX {
        world.accounts.clear();
        world.addresses.clear();
        world.members.clear();
        world.cards.clear();
        world.histories.clear();
        world.activities.clear();
        world.pieces_had.clear();
    }
    if world.settled.len() > RECENT_MAX {
        world.settled.clear();
    }
    if world.redemptions.len() > RECENT_MAX {
        world.redemptions.clear();
        world.reversed.clear();
        world.pieces_had.clear();
    }
    if world.credentials.len() > RECENT_MAX {
        world.credentials.clear();
    }
    if world.documents.len() > RECENT_MAX {
        world.documents.clear();
    }
}
