//! Members: a pseudonym and two accounts in the ledger; the person's details stand beside it and can be erased.

use serde::{Deserialize, Serialize};

use super::card::{ask_member, card_as_typed, member_of_card};
use super::station::station_known;
use super::team::team_known;
use super::{BalanceOnReceipts, CardNumber, CardState};
use crate::book::{AccountId, Address, Class, Commodity, NewAccount};
use crate::earn::History;
use crate::effect::{Effect, Effects, Erasable, Erasing, Fact};
use crate::reject::{Expected, Field, Rejection};
use crate::reserved::OF_MEMBERS;
use crate::row::{ColumnType, Sink, Source, Value, id, row};
use crate::rule::{Halt, Moment, Rule, audit, plain, require};
use crate::slice::Unasked;
use crate::text::{base32, is_name, name_as_typed};
use crate::time::{Day, day_of, parse_date};
use crate::world::World;

id! {
    /// A member's number: the position of the record that registered them.
    MemberId
}

/// A member's random name in the ledger: neither card number nor name can be told from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// 16 characters of Crockford's base32 from 80 random bits.
    pub fn from_random(random: [u8; 10]) -> Self {
        Self(base32(random))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of one of the member's accounts.
    pub fn address(&self, account: &str) -> Option<Address> {
        Address::new(&format!("{OF_MEMBERS}{}/{account}", self.0))
    }
}

impl Value for Pseudonym {
    const TYPE: ColumnType = ColumnType::Text;

    fn put(&self, sink: &mut impl Sink) {
        sink.text(&self.0);
    }

    fn take(source: &mut impl Source) -> Option<Self> {
        source.text().map(|text| Self(text.to_owned()))
    }
}

row! {
    /// A volunteer is registered.
    journal "ledger_members", MemberRow {
        member: MemberId,
        pseudonym: Pseudonym,
        /// Their account of points.
        points "points_account": AccountId,
        /// Their account of service minutes.
        minutes "minutes_account": AccountId,
    }
}

/// A member as the rules see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their number.
    pub id: MemberId,
    /// Their pseudonym.
    pub pseudonym: Pseudonym,
    /// Their account of points.
    pub points: AccountId,
    /// Their account of service minutes.
    pub minutes: AccountId,
    /// Where it stands what they owe; `None` for those who have never owed anything.
    pub debts: Option<AccountId>,
    /// Whether their card may be used.
    pub card_state: CardState,
    /// The day on which they consented, from which on their service counts. `None` where nobody has written it down, and
    /// once their details are erased.
    pub consent_on: Option<Day>,
    /// Whether their receipts say what they have left.
    pub balance_on_receipts: BalanceOnReceipts,
}

/// What is known of the person: kept outside the journal, so that it can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDetails {
    /// Name: it has letters, and is kept without the blanks around it, composed (NFC).
    pub name: String,
    /// Sex, as the town writes it; may be empty.
    pub sex: String,
    /// Year of birth; 0 where it is not known.
    pub birth_year: i64,
    /// Sub-team, its code; may be empty.
    pub team: String,
    /// Action group, its code; may be empty.
    pub action_group: String,
    /// Grid; may be empty.
    pub grid: String,
    /// Building group; may be empty.
    pub building_group: String,
    /// Station nearest to home, its code; may be empty.
    pub home_station: String,
    /// The day on which the person agreed to be registered, `YYYY-MM-DD`; it may be yet to come. Before it, no service
    /// counts; as long as it is empty, none counts at all.
    pub consent_on: String,
}

row! {
    /// Erasable: who a member is.
    state(1) "ledger_people", PersonRow {
        member: MemberId,
        /// The position of the record that set it.
        position: i64,
        card: CardNumber,
        name: String,
        sex: String,
        birth_year: i64,
        team: String,
        action_group: String,
        grid: String,
        building_group: String,
        home_station: String,
        consent_on: String,
    }
}

impl PersonRow {
    fn new(member: MemberId, position: i64, card: CardNumber, details: MemberDetails) -> Self {
        let MemberDetails { name, sex, birth_year, team, action_group, grid, building_group, home_station, consent_on } =
            details;
        Self {
            member,
            position,
            card,
            name,
            sex,
            birth_year,
            team,
            action_group,
            grid,
            building_group,
            home_station,
            consent_on,
        }
    }

    /// What is known of the person.
    pub fn details(&self) -> MemberDetails {
        MemberDetails {
            name: self.name.clone(),
            sex: self.sex.clone(),
            birth_year: self.birth_year,
            team: self.team.clone(),
            action_group: self.action_group.clone(),
            grid: self.grid.clone(),
            building_group: self.building_group.clone(),
            home_station: self.home_station.clone(),
            consent_on: self.consent_on.clone(),
        }
    }
}

/// The day of consent that a person's details name, if they name one.
pub(crate) fn consent_day(text: &str) -> Option<Day> {
    parse_date(text).map(day_of)
}

impl Erasing for Box<PersonRow> {
    fn document(&self) -> String {
        // Serialising plain structures of text and numbers cannot fail.
        serde_json::to_string(&(&self.card, self.details())).unwrap_or_default()
    }

    fn apply(&self, world: &mut World) {
        world.town.cards.put(self.card, self.member);
        let consent_on = consent_day(&self.consent_on);
        world.town.members.change_quietly(&self.member, |member| member.consent_on = consent_on);
        world.town.people.put(self.member, self.as_ref().clone());
    }
}

impl Fact for MemberRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        let Self { member, pseudonym, points, minutes } = self.clone();
        let (card_state, consent_on) = (CardState::Active, None);
        let balance_on_receipts = BalanceOnReceipts::LeftOut;
        let debts = None;
        let known =
            Member { id: member, pseudonym, points, minutes, debts, card_state, consent_on, balance_on_receipts };
        world.town.members.put(member, known);
        world.town.histories.put(member, History::of_newcomer());
        Ok(())
    }
}

/// Registers a volunteer with a card, or changes what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetMember {
    /// The card number.
    pub card: String,
    /// What is known of the person.
    pub details: MemberDetails,
}

impl Rule for SetMember {
    const KIND: &'static str = "MEMB";

    fn needs(&self, world: &mut World, _: &Moment) {
        if let Some(member) = ask_member(world, &self.card) {
            world.town.people.ask(&member);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let Self { card, details } = self;
        let card = card_as_typed(card)?;
        let details = MemberDetails { name: name_as_typed(&details.name).into_owned(), ..details.clone() };
        details.check(world)?;
        let current = member_of_card(world, card)?;
        let member = current.map_or(MemberId(moment.position), |member| member.id);
        let person = PersonRow::new(member, moment.position, card, details);
        if current.is_some() {
            let known = world.town.people.get(&member)?;
            if known.is_some_and(|known| PersonRow { position: known.position, ..person.clone() } == *known) {
                return Err(Rejection::AlreadyRegistered { code_of: card.to_string() }.into());
            }
        }
        let (pseudonym, opened) = match current {
            Some(member) => (member.pseudonym.clone(), Vec::new()),
            None => {
                let pseudonym = Pseudonym::from_random(moment.pseudonym);
                let opened = new_member(world, member, &pseudonym)?;
                (pseudonym, opened)
            }
        };
        let person = Box::new(person);
        let audit = audit(format!("member/{}", pseudonym.as_str()), moment.audit_salt, &person.document());
        Ok(Effects { erasable: Some(Erasable::Person(person)), ..Effects::of(opened).and([audit]) })
    }
}

impl MemberDetails {
    /// That its texts may be kept and that what it names is there.
    fn check(&self, world: &World) -> Result<(), Halt> {
        require(is_name(&self.name), Field::Name, Expected::Name200)?;
        let texts = [(Field::Sex, &self.sex), (Field::Grid, &self.grid), (Field::BuildingGroup, &self.building_group)];
        texts.into_iter().try_for_each(|(field, text)| plain(field, text))?;
        let consent_ok = self.consent_on.is_empty() || parse_date(&self.consent_on).is_some();
        require(consent_ok, Field::ConsentOn, Expected::DayOrEmpty)?;
        team_known(world, &self.team)?;
        team_known(world, &self.action_group)?;
        station_known(world, &self.home_station)
    }
}

/// The rows of a new member: two accounts, and the member.
pub(crate) fn new_member(world: &World, member: MemberId, pseudonym: &Pseudonym) -> Result<Vec<Effect>, Halt> {
    let address =
        |account| pseudonym.address(account).ok_or_else(|| Rejection::field(Field::Pseudonym, Expected::Code64));
    let lotted =
        NewAccount { lotted: true, ..NewAccount::new(address("points")?, Class::Liability, Commodity::point()) };
    let unlotted = NewAccount::new(address("minutes")?, Class::Equity, Commodity::minute());
    let (points, minutes) = (world.next_account, AccountId(world.next_account.0 + 1));
    let row = MemberRow { member, pseudonym: pseudonym.clone(), points, minutes };
    Ok(vec![Effect::Account(lotted.row(points)), Effect::Account(unlotted.row(minutes)), Effect::Member(row)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pseudonym_is_its_eighty_bits_in_base32() {
        assert_eq!(Pseudonym::from_random([0; 10]).as_str(), "0000000000000000");
        assert_eq!(Pseudonym::from_random([0xff; 10]).as_str(), "zzzzzzzzzzzzzzzz");
        assert_eq!(Pseudonym::from_random([0, 0, 0, 0, 0, 0, 0, 0, 0, 33]).as_str(), "0000000000000011");
    }
}
