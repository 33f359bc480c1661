//! A town's commands, made again from their rows. Of members the journal knows no card, so each has one here that nobody else has.

use std::collections::HashMap;

use crate::audit::entries::entries;
use crate::audit::record::Record;
use crate::audit::{Difference, Replay};
use crate::command::Command;
use crate::earn::{ActivityId, ActivityPlan, AttendanceSheetRow, Policy};
use crate::effect::{Effect, Effects};
use crate::people::member::{consent_day, new_member};
use crate::people::{
    CardNumber, ChooseBalance, MemberDetails, MemberId, NewCredential, Partner, Pseudonym, RevokeCredential,
    SetCardState, SetMember, SetPin, SetStation, StationId, Team, Unit,
};
use crate::proof::record::AuditRow;
use crate::proof::{Digest, ReceiptNumber};
use crate::row::{Row as _, Table};
use crate::rule::Rule;
use crate::shop::{Line, OfferTerms, OpenStock, Redeem, ReverseRedemption};
use crate::time::{Day, time_of};
use crate::world::World;

const UNIT: &str = <Unit as Rule>::KIND;
const TEAM: &str = <Team as Rule>::KIND;
const PARTNER: &str = <Partner as Rule>::KIND;
const STATION: &str = <SetStation as Rule>::KIND;
const MEMBER: &str = <SetMember as Rule>::KIND;
const CARD: &str = <SetCardState as Rule>::KIND;
const BALANCE: &str = <ChooseBalance as Rule>::KIND;
const ISSUE: &str = <NewCredential as Rule>::KIND;
const REVOKE: &str = <RevokeCredential as Rule>::KIND;
const PIN: &str = <SetPin as Rule>::KIND;
const POLICY: &str = <Policy as Rule>::KIND;
const ACTIVITY: &str = <ActivityPlan as Rule>::KIND;
const ATTENDANCE: &str = <AttendanceSheetRow as Rule>::KIND;
const OFFER: &str = <OfferTerms as Rule>::KIND;
const STOCK: &str = <OpenStock as Rule>::KIND;
const REDEEM: &str = <Redeem as Rule>::KIND;
const REVERSE: &str = <ReverseRedemption as Rule>::KIND;

/// What is looked up the other way round than rules do.
#[derive(Debug, Default)]
pub(crate) struct Town {
    cards: HashMap<MemberId, CardNumber>,
    pseudonyms: HashMap<String, MemberId>,
    activities: HashMap<ActivityId, String>,
    stations: HashMap<StationId, String>,
    receipts: HashMap<i64, ReceiptNumber>,
}

impl Town {
    /// A card of the member's, as a command names it.
    fn card(&self, member: MemberId) -> Option<String> {
        self.cards.get(&member).map(CardNumber::to_string)
    }

    /// The member of an audit's subject, `pin/<pseudonym>`.
    fn member_of(&self, subject: &str, kind: &str) -> Option<MemberId> {
        self.pseudonyms.get(subject.strip_prefix(kind)?.strip_prefix('/')?).copied()
    }

    /// The code of an activity.
    pub(crate) fn activity(&self, activity: ActivityId) -> Option<&str> {
        self.activities.get(&activity).map(String::as_str)
    }

    /// The pseudonym of a member.
    pub(crate) fn pseudonyms(&self) -> HashMap<MemberId, &str> {
        self.pseudonyms.iter().map(|(pseudonym, member)| (*member, pseudonym.as_str())).collect()
    }

    /// The code of a station.
    pub(super) fn station(&self, station: StationId) -> Option<&str> {
        self.stations.get(&station).map(String::as_str)
    }

    /// Remembers what a record has added, after it is applied.
    pub(super) fn learn(&mut self, world: &mut World, record: &Record) {
        for row in &record.rows {
            if let Effect::Member(row) = row {
                self.learn_member(world, row.member, &row.pseudonym);
            } else if let Effect::Activity(row) = row {
                self.activities.insert(row.id, row.code.clone());
            } else if let Effect::Station(row) = row {
                self.stations.insert(row.station, row.code.clone());
            }
        }
        if let Some(receipt) = &record.receipt
            && let Some(station) = self.station(StationId(receipt.chain.0))
        {
            let (station, year, number) = (station.to_owned(), receipt.year, receipt.number);
            self.receipts.insert(record.position, ReceiptNumber { station, year, number });
        }
        self.learn_consent(world, record);
    }

    fn learn_member(&mut self, world: &mut World, member: MemberId, pseudonym: &Pseudonym) {
        let number = i64::try_from(self.cards.len()).ok().and_then(CardNumber::of_member_number);
        if let Some(card) = number {
            self.cards.insert(member, card);
            world.town.cards.put(card, member);
        }
        self.pseudonyms.insert(pseudonym.as_str().to_owned(), member);
    }

    /// From when on a member's service counts. Where the details are erased, nobody knows any more: then it always does.
    fn learn_consent(&self, world: &mut World, record: &Record) {
        let Some(member) = record.audit().and_then(|audit| self.member_of(&audit.subject, "member")) else { return };
        let consent_on = match &record.detail {
            Some(detail) => details(&detail.document).and_then(|(_, details)| consent_day(&details.consent_on)),
            None => Some(Day::MIN),
        };
        world.town.members.change_quietly(&member, |member| member.consent_on = consent_on);
    }
}

/// What a person's document says.
fn details(document: &str) -> Option<(CardNumber, MemberDetails)> {
    serde_json::from_str(document).ok()
}

/// What the command of a record leads to; `None` where nothing here makes it again.
pub(super) fn decided(replay: &Replay, record: &Record) -> Result<Option<Effects>, Difference> {
    let town = &replay.town;
    match &*record.own.kind {
        UNIT => replay
            .decide(record, |row| if let Effect::Unit(row) = row { Some(Command::SetUnit(row.clone())) } else { None }),
        TEAM => replay
            .decide(record, |row| if let Effect::Team(row) = row { Some(Command::SetTeam(row.clone())) } else { None }),
        PARTNER => replay.decide(record, |row| {
            if let Effect::Partner(row) = row { Some(Command::SetPartner(row.clone())) } else { None }
        }),
        STATION => replay.decide(record, station),
        MEMBER => registration(replay, record).map(Some),
        CARD => replay.decide(record, |row| {
            let Effect::CardState(row) = row else { return None };
            Some(Command::SetCardState(SetCardState { card: town.card(row.member)?, state: row.state }))
        }),
        BALANCE => replay.decide(record, |row| {
            let Effect::BalanceChoice(row) = row else { return None };
            Some(Command::ChooseBalance(ChooseBalance { card: town.card(row.member)?, balance: row.balance }))
        }),
        ISSUE => replay.decide(record, |row| credential(town, row)),
        REVOKE => replay.decide(record, |row| {
            let Effect::Credential(row) = row else { return None };
            Some(Command::RevokeCredential(RevokeCredential { credential: row.code.clone() }))
        }),
        PIN => pin(town, record).map(Some),
        POLICY => replay.decide(record, |row| {
            let Effect::Policy(row) = row else { return None };
            Some(Command::SetPolicy(Box::new(row.read()?.policy)))
        }),
        ACTIVITY => replay.decide(record, |row| activity(replay, record, row)),
        ATTENDANCE => replay.decide(record, |row| attendance(town, row)),
        OFFER => replay.decide(record, |row| {
            if let Effect::Offer(row) = row { Some(Command::SetOffer(row.offer().terms)) } else { None }
        }),
        STOCK => replay.decide(record, |row| stock(record, row)),
        REDEEM => replay.decide(record, |row| redemption(town, record, row)),
        REVERSE => replay.decide(record, |row| {
            let Effect::Reversal(row) = row else { return None };
            let receipt = town.receipts.get(&row.reversed_position)?.to_string();
            let returned = lines(record).map(|line| Line { pieces: line.pieces.saturating_neg(), ..line }).collect();
            Some(Command::ReverseRedemption(ReverseRedemption { receipt, lines: Some(returned) }))
        }),
        _ => Ok(None),
    }
}

fn station(row: &Effect) -> Option<Command> {
    let Effect::Station(row) = row else { return None };
    let (code, unit, name, origin) = (row.code.clone(), row.unit.clone(), row.name.clone(), row.origin.clone());
    Some(Command::SetStation(SetStation { code, unit, name, origin }))
}

fn credential(town: &Town, row: &Effect) -> Option<Command> {
    let Effect::Credential(row) = row else { return None };
    let card = match row.member {
        Some(member) => town.card(member)?,
        None => String::new(),
    };
    Some(Command::IssueCredential(NewCredential {
        code: row.code.clone(),
        actor: row.actor.clone(),
        role: row.role,
        station: row.station.clone(),
        card,
        token_hash: row.token_hash,
        valid_until: row.valid_until,
    }))
}

/// A member's first record opens two accounts. Who the member is stands in the document, if it is not erased.
fn registration(replay: &Replay, record: &Record) -> Result<Effects, Difference> {
    let member = record.rows.iter().find_map(|row| if let Effect::Member(row) = row { Some(row) } else { None });
    let audit = audited(record)?;
    let differs = |found: &str, expected: &str| {
        Difference::at(record.position, (AuditRow::table().name, "subject"), crate::text::shown(found), expected)
    };
    if let Some(detail) = &record.detail
        && !details(&detail.document).is_some_and(|person| is_written(&detail.document, &person))
    {
        return Err(no_document(record));
    }
    let (pseudonym, mut rows) = match member {
        Some(row) => {
            let number = MemberId(record.position);
            let opened = new_member(&replay.world, number, &row.pseudonym);
            (row.pseudonym.as_str(), opened.map_err(|halt| super::meaning::refused(record, &halt))?)
        }
        None if replay.town.member_of(&audit.subject, "member").is_some() => {
            (audit.subject.strip_prefix("member/").unwrap_or_default(), Vec::new())
        }
        None => return Err(differs(&audit.subject, "member/ and the pseudonym of a member")),
    };
    rows.push(audit_row(format!("member/{pseudonym}"), audit.digest));
    Ok(Effects::of(rows))
}

/// A PIN's document is a hash of its verifier.
fn pin(town: &Town, record: &Record) -> Result<Effects, Difference> {
    let audit = audited(record)?;
    if town.member_of(&audit.subject, "pin").is_none() {
        let found = crate::text::shown(&audit.subject);
        let place = (AuditRow::table().name, "subject");
        return Err(Difference::at(record.position, place, found, "pin/ and the pseudonym of a member"));
    }
    let is_hash = |document: &str| {
        let digits = document.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    if record.detail.as_ref().is_some_and(|detail| !is_hash(&detail.document)) {
        return Err(no_document(record));
    }
    Ok(Effects::of(vec![audit_row(audit.subject.clone(), audit.digest)]))
}

fn activity(replay: &Replay, record: &Record, row: &Effect) -> Option<Command> {
    let Effect::Activity(row) = row else { return None };
    let organiser_card = match row.organiser {
        Some(organiser) => replay.town.card(organiser)?,
        None => String::new(),
    };
    let title = match (record.audit(), &record.detail) {
        (Some(_), Some(detail)) => serde_json::from_str(&detail.document).ok()?,
        // It is erased; it was another one than the title before.
        (Some(_), None) => format!("erased at {}", record.position),
        (None, _) => replay.world.town.titles.peek(&row.id)?.title.clone(),
    };
    Some(Command::SetActivity(ActivityPlan {
        code: row.code.clone(),
        title,
        service_type: row.service_type.clone(),
        day: row.day,
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        station: row.station.clone(),
        team: row.team.clone(),
        organiser_card,
        service_day: row.service_day,
    }))
}

fn attendance(town: &Town, row: &Effect) -> Option<Command> {
    let Effect::Attendance(row) = row else { return None };
    let typed = |minute| {
        let time = time_of(minute);
        let date = time.date();
        let (year, month, day) = (date.year(), date.month(), date.day());
        format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", time.hour(), time.minute())
    };
    Some(Command::RecordAttendance(AttendanceSheetRow {
        activity: town.activity(row.activity)?.to_owned(),
        card: town.card(row.member)?,
        check_in: typed(row.check_in),
        check_out: typed(row.check_out),
        grade: row.grade.clone(),
        source: row.source.clone(),
        entered_by: row.entered_by.clone(),
        confirmed_by: row.confirmed_by.clone(),
    }))
}

/// The stock's address names the station and the offer; the pieces are what it got.
fn stock(record: &Record, row: &Effect) -> Option<Command> {
    let Effect::Account(opened) = row else { return None };
    let sku = opened.commodity.as_str().strip_prefix("ITEM:")?;
    let station = opened.address.as_str().strip_prefix("station/")?.strip_suffix(&format!("/stock/{sku}"))?;
    let got = entries(&record.rows).into_iter().find(|entry| entry.account == opened.account);
    let got = got.map(|entry| entry.quantity);
    let (station, sku, pieces) = (station.to_owned(), sku.to_owned(), got.unwrap_or(0));
    Some(Command::OpenStock(OpenStock { station, sku, pieces }))
}

fn redemption(town: &Town, record: &Record, row: &Effect) -> Option<Command> {
    let Effect::RedemptionLine(first) = row else { return None };
    Some(Command::Redeem(Redeem {
        card: town.card(first.member)?,
        station: town.station(first.station)?.to_owned(),
        lines: lines(record).collect(),
        points_shown: None,
    }))
}

/// The lines of a redemption, or of its reversal.
fn lines(record: &Record) -> impl Iterator<Item = Line> {
    record.rows.iter().filter_map(|row| {
        let Effect::RedemptionLine(row) = row else { return None };
        Some(Line { sku: row.sku.clone(), pieces: row.pieces })
    })
}

fn audited(record: &Record) -> Result<&AuditRow, Difference> {
    let missing = |table: &'static Table| Difference::at(record.position, (table.name, ""), "no row", "one");
    record.audit().ok_or_else(|| missing(AuditRow::table()))
}

fn audit_row(subject: String, digest: Digest) -> Effect {
    Effect::Audit(AuditRow { subject, digest })
}

/// Whether a document is how the ledger writes this.
fn is_written(document: &str, content: &impl serde::Serialize) -> bool {
    serde_json::to_string(content).is_ok_and(|written| written == document)
}

fn no_document(record: &Record) -> Difference {
    let place = ("ledger_audit_details", "document");
    Difference::at(record.position, place, "another value", "a document as the ledger writes it")
}
