//! A second opinion on every rule: slow, plain, and without a line of the ledger's own reasoning.
//!
//! It keeps one list, of what was accepted, and answers every question by walking through all of it: balances by adding
//! up, lots by earning and spending everything again, limits by counting. Points are whole numbers of 10⁻¹² here, so a
//! mistake in decimal arithmetic cannot be made twice. Of the ledger it knows the commands and the rejections alone.

pub mod calendar;
pub mod limits;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::book::{AccountState, Address, Class};
use baoyulan_ledger::command::{
    CaptureHold, ChooseBalance, Command, DefineCommodity, Envelope, Expire, NewAccount, NewEntry, OpenStock, PlaceHold,
    Post, Redeem, ReleaseHold, Reverse, ReverseRedemption, RevokeCredential, SetAccountState, SetCardState, SetMember,
    SetPin, SetStation, UndoneEntry,
};
use baoyulan_ledger::earn::{ActivityPlan, AttendanceSheetRow, EarningRule, Policy};
use baoyulan_ledger::people::{BalanceOnReceipts, CardState, MemberDetails, NewCredential, Role};
use baoyulan_ledger::reject::{Condition, Expected, Field, PolicyFault};
use baoyulan_ledger::shop::{Line, OfferTerms};
use calendar::{date_of, days_to, local_date, midnight, read_minute, wall_minute};
use unicode_normalization::UnicodeNormalization as _;

/// 2⁵³ − 1.
const MOST: i64 = 9_007_199_254_740_991;
const DAY: i64 = 86_400;

/// What is known of an account since it was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub address: String,
    class: Class,
    commodity: String,
    /// On the normal side; `None` for no floor.
    floor: Option<i64>,
    pub lotted: bool,
}

impl Opened {
    /// +1 where debits make it grow.
    fn sign(&self) -> i64 {
        if matches!(self.class, Class::Asset | Class::Expense) { 1 } else { -1 }
    }
}

/// What moved on one account, in one transaction.
#[derive(Debug, Clone)]
struct Move {
    address: String,
    /// Debits positive.
    quantity: i64,
    lots: Lots,
}

/// What a move means for lots.
#[derive(Debug, Clone, PartialEq)]
enum Lots {
    /// Nothing is said: an account without lots, or the soonest first.
    Unsaid,
    /// Into this lot.
    Into(i64),
    /// Into the lots that other moves take.
    Carried,
    /// Into these, with so much in each.
    These(Vec<(i64, i64)>),
    /// What a hold has kept for it: so much growth in each lot; none on an account without lots.
    Held(Vec<(i64, i64)>),
}

/// What is in a hold: address, lot (0 for none) and quantity, debits positive.
pub type Piece = (String, i64, i64);

/// A hold as it was placed.
#[derive(Debug, Clone)]
pub struct Placed {
    pub code: String,
    pub until: i64,
    pieces: Vec<Piece>,
}

/// What an attendance came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Earned {
    pub credited: i64,
    pub recorded: i64,
    pub counted: i64,
    pub time: i64,
    pub organiser: i64,
    pub service_day: i64,
    pub theme: i64,
}

#[derive(Debug, Clone)]
struct Attended {
    /// Minutes on the wall.
    from: i64,
    until: i64,
    day: i64,
    earned: Earned,
}

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    pub number: String,
    pub station: String,
    year: i64,
    card: String,
    pub subject: String,
    /// SKU, pieces, points each.
    pub lines: Vec<(String, i64, i64)>,
    pub points: i64,
    pub balance: Option<i64>,
    /// Position of the station's receipt before it.
    pub previous: Option<i64>,
    /// Position of the redemption that it reverses.
    pub reverses: Option<i64>,
    /// Year and month whose limits it counts against.
    month: (i64, i64),
}

/// Something that was accepted.
#[derive(Debug, Clone)]
pub struct Event {
    pub position: i64,
    now: i64,
    /// `None` for the founding.
    command: Option<Command>,
    opened: Vec<Opened>,
    moves: Vec<Move>,
    /// The hold that it placed.
    placed: Option<Placed>,
    /// What it took out of holds, be it captured, released or lapsed.
    unheld: Vec<(String, Vec<Piece>)>,
    /// The record that it reverses, and what it takes back of that record's entries: of the opposite sign.
    undoes: Option<(i64, Vec<Piece>)>,
    /// What a reversal takes back from breakage: address, lot and quantity on the normal side.
    unswept: Vec<Piece>,
    /// Of the member that it registered.
    pseudonym: String,
    /// The organiser's card, where it is an activity and the card was known.
    organiser: Option<String>,
    attended: Option<Attended>,
    pub issued: Option<Issued>,
}

impl Event {
    /// The accounts that it opened.
    pub fn opened(&self) -> &[Opened] {
        &self.opened
    }

    /// Whether it placed a hold.
    pub fn has_placed(&self) -> bool {
        self.placed.is_some()
    }

    /// What its attendance came to.
    pub fn earned(&self) -> Option<&Earned> {
        self.attended.as_ref().map(|attended| &attended.earned)
    }
}

/// A field that must be a code, and its longest.
type Code<'a> = (&'static str, &'a String, usize);
/// A field of plain text.
type Text<'a> = (&'static str, &'a String);
/// What is to become of a command.
type Answer = Result<Event, Rejection>;

/// What an account holds in lots, and how each move changed them.
#[derive(Debug, Default)]
pub struct Replay {
    /// Lot and what remains.
    pub lots: Vec<(i64, i64)>,
    /// Position, lot, and growth.
    steps: Vec<(i64, i64, i64)>,
}

impl Replay {
    fn give(&mut self, position: i64, lot: i64, growth: i64) {
        self.steps.push((position, lot, growth));
        match self.lots.iter_mut().find(|(expires_at, _)| *expires_at == lot) {
            Some((_, remaining)) => *remaining += growth,
            None => self.lots.push((lot, growth)),
        }
    }
}

/// The list.
#[derive(Debug)]
pub struct Oracle {
    issuer: String,
    /// Whether a town lives in the bank.
    has_town: bool,
    pub events: Vec<Event>,
}

fn field_named(name: &str) -> Field {
    Field::ALL.iter().copied().find(|field| field.code() == name).unwrap()
}

fn field(name: &str) -> Rejection {
    Rejection::InvalidField { field: field_named(name), expected: Expected::default() }
}

fn refuse_if(holds: bool, rejection: Rejection) -> Result<(), Rejection> {
    if holds { Err(rejection) } else { Ok(()) }
}

fn code_ok(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b':' | b'/' | b'-'))
}

fn label_ok(text: &str) -> bool {
    !text.is_empty() && text_ok(text, 64)
}

fn text_ok(text: &str, most: usize) -> bool {
    text.chars().count() <= most
        && text.chars().all(|character| !character.is_control() && !DIRECTION_MARKS.contains(&character))
}

const DIRECTION_MARKS: [char; 12] = [
    '\u{61C}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}', '\u{202E}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Some of what is seen as nothing or as a gap: the sequences use these.
fn is_seen(character: char) -> bool {
    !" \u{A0}\u{3000}\u{200B}\u{200D}\u{FE0F}\u{FEFF}\u{1160}\u{3164}".contains(character)
}

/// Who is meant: NFKC, case folding, nothing that is not seen.
fn somebody(text: &str) -> String {
    let folded: String = text.nfkc().filter(|character| is_seen(*character)).flat_map(char::to_lowercase).collect();
    let is_dash = |character| {
        ('\u{2010}'..='\u{2015}').contains(&character)
            || "\u{2212}\u{2043}\u{2796}\u{2E3A}\u{2E3B}\u{FE58}\u{FE63}".contains(character)
    };
    folded.nfkc().collect::<String>().replace(is_dash, "-")
}

/// The ten digits that are meant.
fn card_meant(card: &str) -> String {
    card.chars()
        .filter(|character| *character != '-' && is_seen(*character))
        .map(|character| {
            "０１２３４５６７８９"
                .chars()
                .position(|digit| digit == character)
                .map_or(character, |digit| char::from(b'0' + digit as u8))
        })
        .collect()
}

/// The command with the card number that is meant, and the name.
fn meant(command: &Command) -> Command {
    let mut command = command.clone();
    match &mut command {
        Command::SetMember(SetMember { card, details }) => {
            *card = card_meant(card);
            details.name = details.name.trim_matches(|character| !is_seen(character)).nfc().collect();
        }
        Command::SetCardState(SetCardState { card, .. })
        | Command::ChooseBalance(ChooseBalance { card, .. })
        | Command::SetPin(SetPin { card, .. })
        | Command::Redeem(Redeem { card, .. })
        | Command::RecordAttendance(AttendanceSheetRow { card, .. })
        | Command::SetActivity(ActivityPlan { organiser_card: card, .. }) => *card = card_meant(card),
        Command::IssueCredential(new) if new.role == Role::Volunteer => new.card = card_meant(&new.card),
        _ => {}
    }
    command
}

/// The check digits of eight digits, from their remainder taken digit by digit as in long division.
pub fn check_digits(eight: &str) -> String {
    let remainder = format!("{eight}00").chars().fold(0, |rest, digit| (rest * 10 + digit as u32 - 48) % 97);
    format!("{:02}", 98 - remainder)
}

fn card_ok(card: &str) -> bool {
    card.chars().count() == 10
        && card.chars().all(|character| character.is_ascii_digit())
        && check_digits(&card[..8]) == card[8..]
}

/// A decimal of at most 6 places in millionths, read from its text.
fn millionths(decimal: &str) -> i128 {
    let (whole, places) = decimal.split_once('.').unwrap_or((decimal, ""));
    format!("{whole}{places:0<6}").parse().unwrap_or(-1)
}

fn coefficient_ok(decimal: &str) -> bool {
    let places = decimal.split_once('.').map_or(0, |(_, places)| places.len());
    !decimal.starts_with('-') && places <= 6 && millionths(decimal) <= 1000 * 1_000_000
}

fn policy_ok(policy: &Policy) -> bool {
    let rule_ok = |rule: &EarningRule| {
        (0..=1_000_000).contains(&rule.points_per_hour) && coefficient_ok(&rule.coefficient.to_string())
    };
    let awards = [&policy.organiser_award, &policy.service_day_award, &policy.theme_award];
    let limits = [policy.minutes_per_attendance_max, policy.minutes_per_day_max, policy.minutes_step];
    policy.service_types.values().all(|service| policy.rules.contains_key(&service.rule))
        && policy.rules.values().all(rule_ok)
        && policy.grades.values().all(|grade| coefficient_ok(&grade.coefficient.to_string()))
        && awards.iter().all(|award| (0..=1_000_000).contains(&award.points))
        && limits.iter().all(|limit| (1..=100_000).contains(limit))
        && (0..=1000).contains(&policy.valid_years)
}

/// `minutes ÷ 60 × rate × coefficient × grade`, rounded half up, in whole numbers of 10⁻¹².
fn points_for_time(minutes: i64, rule: &EarningRule, grade: &str) -> i64 {
    let sixty = 60 * 1_000_000 * 1_000_000;
    let product = i128::from(minutes)
        * i128::from(rule.points_per_hour)
        * millionths(&rule.coefficient.to_string())
        * millionths(grade);
    let (whole, rest) = (product / sixty, product % sixty);
    i64::try_from(if rest * 2 >= sixty { whole + 1 } else { whole }).unwrap_or(i64::MAX)
}

/// 80 bits as 16 characters, five bits each, through a text of zeros and ones.
fn pseudonym_of(random: [u8; 10]) -> String {
    let bits: Vec<char> = random.iter().flat_map(|byte| format!("{byte:08b}").chars().collect::<Vec<_>>()).collect();
    let character = |five: &[char]| {
        let index = five.iter().fold(0, |index, bit| index * 2 + usize::from(*bit == '1'));
        "0123456789abcdefghjkmnpqrstvwxyz".chars().nth(index).unwrap_or('?')
    };
    bits.chunks(5).map(character).collect()
}

impl Oracle {
    /// A town's bank that has just been founded.
    pub fn new(issuer: &str) -> Self {
        let own = |address: &str, class, commodity: &str| Opened {
            address: address.to_owned(),
            class,
            commodity: commodity.to_owned(),
            floor: None,
            lotted: false,
        };
        let opened = vec![
            own("expense/points-granted", Class::Expense, "POINT"),
            own("income/points-redeemed", Class::Income, "POINT"),
            own("income/points-expired", Class::Income, "POINT"),
            own("expense/service-received", Class::Expense, "MIN"),
        ];
        Self { has_town: true, ..Self::founded(issuer, opened) }
    }

    /// A bank without a town: it counts nothing and has no accounts before somebody says so.
    pub fn without_town(issuer: &str) -> Self {
        Self::founded(issuer, Vec::new())
    }

    fn founded(issuer: &str, opened: Vec<Opened>) -> Self {
        let founding = Event {
            position: 0,
            now: 0,
            command: None,
            opened,
            moves: Vec::new(),
            placed: None,
            unheld: Vec::new(),
            undoes: None,
            unswept: Vec::new(),
            pseudonym: String::new(),
            organiser: None,
            attended: None,
            issued: None,
        };
        Self { issuer: issuer.to_owned(), has_town: false, events: vec![founding] }
    }

    /// What is to become of a command.
    pub fn predict(&self, envelope: &Envelope, now: i64, position: i64, random: [u8; 10]) -> Answer {
        let event = self.predict_alone(envelope, now, position, random)?;
        self.check_limits(&event)?;
        Ok(event)
    }

    /// The same, where there are no limits over time.
    fn predict_alone(&self, envelope: &Envelope, now: i64, position: i64, random: [u8; 10]) -> Answer {
        let command = meant(&envelope.command);
        let mut blank = Event {
            position,
            now,
            command: Some(command.clone()),
            opened: Vec::new(),
            moves: Vec::new(),
            placed: None,
            unheld: Vec::new(),
            undoes: None,
            unswept: Vec::new(),
            pseudonym: String::new(),
            organiser: None,
            attended: None,
            issued: None,
        };
        let credential_ok = envelope.key.as_ref().is_none_or(|key| code_ok(&key.credential, 64));
        refuse_if(!credential_ok, field("credential"))?;
        refuse_if(!code_ok(&envelope.actor, 64), field("actor"))?;
        for (name, text) in [("on_behalf_of", &envelope.on_behalf_of), ("device", &envelope.device)] {
            refuse_if(!text.is_empty() && !code_ok(text, 64), field(name))?;
        }
        refuse_if(!text_ok(&envelope.reason, 200), field("reason"))?;
        let is_of_books = matches!(
            envelope.command,
            Command::DefineCommodity(_)
                | Command::OpenAccount(_)
                | Command::SetAccountState(_)
                | Command::Post(_)
                | Command::PlaceHold(_)
                | Command::CaptureHold(_)
                | Command::ReleaseHold(_)
                | Command::Reverse(_)
                | Command::Expire(_)
                | Command::SetLimit(_)
        );
        refuse_if(!is_of_books && !self.has_town, Rejection::NotATown)?;
        match &command {
            Command::DefineCommodity(DefineCommodity { commodity, scale }) => {
                self.define(blank, commodity.as_str(), *scale)
            }
            Command::OpenAccount(account) => self.open_account(blank, account),
            Command::SetAccountState(SetAccountState { address, state }) => {
                self.set_account_state(blank, address.as_str(), *state)
            }
            Command::Post(Post { entries }) => self.post(blank, entries),
            Command::PlaceHold(PlaceHold { hold, entries, until }) => self.place_hold(blank, hold, entries, *until),
            Command::CaptureHold(capture) => self.capture_hold(blank, capture),
            Command::Reverse(Reverse { position, entries }) => {
                self.reverse_record(blank, *position, entries.as_deref())
            }
            Command::ReleaseHold(ReleaseHold { hold }) => {
                let left = self.hold_in_force(hold, blank.now)?;
                blank.unheld = vec![(hold.clone(), left)];
                Ok(blank)
            }
            Command::Expire(expire) => self.expire(blank, expire),
            Command::SetLimit(set) => self.set_limit(blank, set),
            Command::SetUnit(_) | Command::SetTeam(_) | Command::SetPartner(_) | Command::SetStation(_) => {
                self.set_place(blank, &command)
            }
            Command::SetMember(SetMember { card, details }) => self.set_member(blank, card, details, random),
            Command::SetCardState(SetCardState { card, state }) => self.set_card_state(blank, card, *state),
            Command::ChooseBalance(ChooseBalance { card, balance }) => self.choose_balance(blank, card, *balance),
            Command::IssueCredential(new) => self.issue_credential(blank, new),
            Command::RevokeCredential(RevokeCredential { credential }) => self.revoke_credential(blank, credential),
            Command::SetPin(SetPin { card, verifier }) => self.set_pin(blank, card, verifier),
            Command::SetPolicy(policy) => {
                refuse_if(!policy_ok(policy), Rejection::InvalidPolicy { fault: PolicyFault::default() })?;
                refuse_if(
                    self.policy() == Some(policy),
                    Rejection::AlreadyRegistered { code_of: "the policy".to_owned() },
                )?;
                Ok(blank)
            }
            Command::SetActivity(plan) => self.set_activity(blank, plan),
            Command::RecordAttendance(row) => self.attend(blank, row),
            Command::SetOffer(terms) => self.set_offer(blank, terms),
            Command::OpenStock(OpenStock { station, sku, pieces }) => self.open_stock(blank, station, sku, *pieces),
            Command::Redeem(Redeem { card, station, lines, points_shown }) => {
                self.redeem(blank, card, station, lines, *points_shown)
            }
            Command::ReverseRedemption(ReverseRedemption { receipt, lines }) => {
                self.reverse(blank, receipt, lines.as_deref())
            }
        }
    }

    // Questions, each answered by walking through the list.

    fn commands(&self) -> impl DoubleEndedIterator<Item = &Command> {
        self.events.iter().filter_map(|event| event.command.as_ref())
    }

    /// Every account, in the order of opening.
    pub fn accounts(&self) -> impl Iterator<Item = &Opened> {
        self.events.iter().flat_map(|event| &event.opened)
    }

    fn account(&self, address: &str) -> Option<&Opened> {
        self.accounts().find(|account| account.address == address)
    }

    fn is_open(&self, address: &str) -> bool {
        self.state(address) == AccountState::Open
    }

    /// An account's state.
    pub fn state(&self, address: &str) -> AccountState {
        let mut now = AccountState::Open;
        for command in self.commands() {
            if let Command::SetAccountState(SetAccountState { address: of, state }) = command
                && of.as_str() == address
            {
                now = *state;
            }
        }
        now
    }

    /// An account's balance, debits positive.
    pub fn balance(&self, address: &str) -> i64 {
        let moves = self.events.iter().flat_map(|event| &event.moves);
        moves.filter(|one| one.address == address).map(|one| one.quantity).sum()
    }

    fn normal_balance(&self, address: &str) -> i64 {
        self.account(address).map_or(0, |account| account.sign() * self.balance(address))
    }

    /// Everything that an account with lots ever gained and gave, again.
    pub fn replay(&self, address: &str) -> Replay {
        self.replay_with(address, None)
    }

    fn replay_with(&self, address: &str, last: Option<&Event>) -> Replay {
        let mut replay = Replay::default();
        let sign = self.account(address).map_or(1, Opened::sign);
        for event in self.events.iter().chain(last) {
            for one in event.moves.iter().filter(|one| one.address == address) {
                replay_move(&mut replay, event, one, sign);
            }
        }
        replay
    }

    // Holds.

    /// Every hold that was ever placed, in the order of placing.
    pub fn holds(&self) -> impl Iterator<Item = &Placed> {
        self.events.iter().filter_map(|event| event.placed.as_ref())
    }

    /// What is left in a hold, be it in time or not.
    pub fn left(&self, code: &str) -> Vec<Piece> {
        let mut left: Vec<Piece> =
            self.holds().find(|placed| placed.code == code).map_or_else(Vec::new, |placed| placed.pieces.clone());
        for (_, gone) in self.events.iter().flat_map(|event| &event.unheld).filter(|(of, _)| of == code) {
            for (address, lot, quantity) in gone {
                for piece in left.iter_mut().filter(|(of, in_lot, _)| of == address && in_lot == lot) {
                    piece.2 -= quantity;
                }
            }
        }
        left.retain(|(.., quantity)| *quantity != 0);
        left
    }

    /// What holds keep from others, of one lot or of the whole account, on its normal side.
    pub fn reserved(&self, address: &str, of_lot: Option<i64>, now: i64) -> i64 {
        let Some(account) = self.account(address) else { return 0 };
        let in_time = self.holds().filter(|placed| placed.until > now);
        let pieces = in_time.flat_map(|placed| self.left(&placed.code));
        let own = pieces.filter(|(of, lot, _)| of == address && of_lot.is_none_or(|wanted| wanted == *lot));
        own.map(|(.., quantity)| (-quantity * account.sign()).max(0)).sum()
    }

    /// What may be taken of each lot, soonest first.
    fn free_lots(&self, address: &str, now: i64) -> Vec<(i64, i64)> {
        let lots = self.replay(address).lots.into_iter().filter(|(lot, _)| *lot > now);
        let mut free: Vec<(i64, i64)> =
            lots.map(|(lot, remaining)| (lot, remaining - self.reserved(address, Some(lot), now))).collect();
        free.retain(|(_, left)| *left > 0);
        free.sort_unstable();
        free
    }

    /// What can be spent.
    pub fn spendable(&self, address: &str, now: i64) -> i64 {
        if self.account(address).is_some_and(|account| account.lotted) {
            self.free_lots(address, now).iter().map(|(_, free)| free).sum()
        } else {
            self.normal_balance(address) - self.reserved(address, None, now)
        }
    }

    /// Says of each move that leaves it open which lots it takes.
    fn settle(&self, event: &mut Event) {
        for one in event.moves.iter_mut().filter(|one| one.lots == Lots::Unsaid) {
            let Some(account) = self.account(&one.address).filter(|account| account.lotted) else { continue };
            let mut missing = -one.quantity * account.sign();
            let mut taken = Vec::new();
            for (lot, free) in self.free_lots(&one.address, event.now) {
                let part = free.min(missing);
                taken.push((lot, -part));
                missing -= part;
            }
            taken.retain(|(_, part)| *part != 0);
            one.lots = Lots::These(taken);
        }
    }

    /// Where something last happened that an account feels: an entry, a state, or a hold that keeps something of it.
    pub fn version(&self, address: &str) -> i64 {
        let Some(sign) = self.account(address).map(Opened::sign) else { return -1 };
        let feels = |event: &&Event| {
            let pieces = event.placed.iter().flat_map(|placed| &placed.pieces);
            let unheld = event.unheld.iter().flat_map(|(_, pieces)| pieces);
            let is_kept = |(of, _, quantity): &Piece| of == address && quantity * sign < 0;
            event.moves.iter().any(|one| one.address == address)
                || pieces.chain(unheld).any(is_kept)
                || matches!(&event.command, Some(Command::SetAccountState(state)) if state.address.as_str() == address)
        };
        self.events.iter().rev().find(feels).map_or(-1, |event| event.position)
    }

    fn place_hold(&self, blank: Event, hold: &str, entries: &[NewEntry], until: i64) -> Answer {
        refuse_if(!code_ok(hold, 64), field("hold"))?;
        let taken = self.holds().any(|placed| placed.code == hold);
        refuse_if(taken, Rejection::HoldExists { hold: hold.to_owned() })?;
        refuse_if(until <= blank.now || until > blank.now + 366 * DAY, field("until"))?;
        let mut placed = self.post(blank, entries)?;
        let pieces = self.entries_of(&placed);
        placed.moves.clear();
        Ok(Event { placed: Some(Placed { code: hold.to_owned(), until, pieces }), ..placed })
    }

    fn hold_in_force(&self, hold: &str, now: i64) -> Result<Vec<Piece>, Rejection> {
        refuse_if(!code_ok(hold, 64), field("hold"))?;
        let text = || hold.to_owned();
        let until = self.holds().find(|placed| placed.code == hold).map(|placed| placed.until);
        let until = until.ok_or_else(|| Rejection::UnknownHold { hold: text() })?;
        let left = self.left(hold);
        refuse_if(left.is_empty(), Rejection::HoldClosed { hold: text() })?;
        refuse_if(until <= now, Rejection::HoldExpired { hold: text() })?;
        Ok(left)
    }

    fn capture_hold(&self, mut blank: Event, capture: &CaptureHold) -> Answer {
        let CaptureHold { hold, entries, keep_rest } = capture;
        let left = self.hold_in_force(hold, blank.now)?;
        let held = |address: &str| left.iter().filter(|(of, ..)| of == address).map(|(.., quantity)| quantity).sum();
        let mut wanted: Vec<(String, i64)> = Vec::new();
        for entry in entries.iter().flatten() {
            let (address, asked) = (entry.address.to_string(), entry.quantity);
            refuse_if(self.account(&address).is_none(), Rejection::UnknownAccount { address: address.clone() })?;
            let remaining: i64 = held(&address);
            let within = (remaining.min(0)..=remaining.max(0)).contains(&asked);
            refuse_if(!within, Rejection::BeyondHold { address: address.clone(), remaining, asked })?;
            wanted.push((address, asked));
        }
        if entries.is_none() {
            let of_hold = |account: &&Opened| left.iter().any(|(of, ..)| *of == account.address);
            wanted = self.accounts().filter(of_hold).map(|one| (one.address.clone(), held(&one.address))).collect();
        }
        let mut captured: Vec<Piece> = Vec::new();
        for (address, quantity) in wanted {
            let account = self.account(&address).unwrap();
            let mut missing = quantity;
            let mut own: Vec<&Piece> = left.iter().filter(|(of, ..)| *of == address).collect();
            own.sort_by_key(|(_, lot, _)| *lot);
            let mut lots = Vec::new();
            for (_, lot, there) in own {
                let part = if quantity > 0 { missing.min(*there) } else { missing.max(*there) };
                if part == 0 {
                    continue;
                }
                let over = account.lotted && quantity * account.sign() > 0 && *lot <= blank.now;
                refuse_if(over, Rejection::LotExpired { address: address.clone() })?;
                captured.push((address.clone(), *lot, part));
                lots.push((*lot, part * account.sign()));
                missing -= part;
            }
            let lots = Lots::Held(if account.lotted { lots } else { Vec::new() });
            blank.moves.push(Move { address, quantity, lots });
        }
        self.check_moves(&blank.moves, blank.now)?;
        blank.unheld = vec![(hold.clone(), if *keep_rest { captured } else { left })];
        Ok(blank)
    }

    // Expiry.

    /// Where what expires of a commodity goes.
    fn breakage(&self, commodity: &str) -> String {
        if self.has_town && commodity == "POINT" {
            return "income/points-expired".to_owned();
        }
        format!("breakage/{commodity}")
    }

    fn expire(&self, mut blank: Event, expire: &Expire) -> Answer {
        let Expire { until, accounts, holds } = expire;
        refuse_if(*until > blank.now, field("until"))?;
        let count = self.accounts().count() as i64;
        let mut numbers: Vec<i64> = accounts.iter().map(|account| account.0).collect();
        numbers.sort_unstable();
        if let Some(number) = numbers.iter().find(|number| !(0..count).contains(number)) {
            return Err(Rejection::UnknownAccount { address: number.to_string() });
        }
        let named = self.accounts().enumerate().filter(|(index, _)| numbers.contains(&(*index as i64)));
        for (_, account) in named.filter(|(_, account)| account.lotted) {
            let mut lots = self.replay(&account.address).lots;
            lots.retain(|(lot, _)| lot <= until);
            let free = |(lot, left): (i64, i64)| (lot, self.reserved(&account.address, Some(lot), blank.now) - left);
            let mut lots: Vec<(i64, i64)> = lots.into_iter().map(free).filter(|(_, part)| *part < 0).collect();
            lots.sort_unstable();
            let quantity: i64 = lots.iter().map(|(_, part)| part * account.sign()).sum();
            if quantity != 0 {
                blank.moves.push(Move { address: account.address.clone(), quantity, lots: Lots::These(lots) });
            }
        }
        let mut numbers: Vec<i64> = holds.iter().map(|hold| hold.0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let placed = self.events.iter().filter(|event| event.position == number);
            let placed = placed.filter_map(|event| event.placed.as_ref()).next();
            let placed = placed.ok_or_else(|| Rejection::UnknownHold { hold: number.to_string() })?;
            let left = self.left(&placed.code);
            if placed.until <= *until && !left.is_empty() {
                blank.unheld.push((placed.code.clone(), left));
            }
        }
        refuse_if(blank.moves.is_empty() && blank.unheld.is_empty(), Rejection::NothingExpired)?;
        self.move_to_breakage(blank)
    }

    /// What accounts have lost goes to breakage, which is opened where it is missing.
    fn move_to_breakage(&self, mut blank: Event) -> Answer {
        let mut lost: Vec<(String, i128)> = Vec::new();
        for one in &blank.moves {
            let commodity = self.account(&one.address).unwrap().commodity.clone();
            match lost.iter_mut().find(|(of, _)| *of == commodity) {
                Some((_, sum)) => *sum += i128::from(one.quantity),
                None => lost.push((commodity, i128::from(one.quantity))),
            }
        }
        lost.sort();
        for (commodity, sum) in lost.into_iter().filter(|(_, sum)| *sum != 0) {
            let quantity = i64::try_from(-sum).map_err(|_| Rejection::QuantityOutOfRange)?;
            let address = self.breakage(&commodity);
            if self.account(&address).is_none() {
                let (class, floor, lotted) = (Class::Income, None, false);
                blank.opened.push(Opened { address: address.clone(), class, commodity, floor, lotted });
            }
            blank.moves.push(Move { address, quantity, lots: Lots::Unsaid });
        }
        if !blank.moves.is_empty() {
            // As if the new accounts were opened just before.
            let mut events = self.events.clone();
            events.push(Event { moves: Vec::new(), unheld: Vec::new(), command: None, ..blank.clone() });
            let before = Self { issuer: self.issuer.clone(), has_town: self.has_town, events };
            before.check_moves_of(&blank.moves, blank.now, &[AccountState::Open, AccountState::Frozen])?;
        }
        Ok(blank)
    }

    /// What breakage has of each lot after an event that expires something, or reverses that: address, lot, what this event adds,
    /// and all of it.
    pub fn sweeps_of(&self, event: &Event) -> Vec<(String, i64, i64, i64)> {
        let of = |event: &Event| -> Vec<(String, i64, i64)> {
            if !event.unswept.is_empty() {
                return event.unswept.iter().map(|(address, lot, part)| (address.clone(), *lot, -part)).collect();
            }
            let expired = |position: i64| {
                let reversed = self.events.iter().find(|event| event.position == position);
                reversed.is_some_and(|event| matches!(event.command, Some(Command::Expire(_))))
            };
            if let Some((_, pieces)) = event.undoes.as_ref().filter(|(position, _)| expired(*position)) {
                let sign = |address: &str| self.account(address).map_or(1, Opened::sign);
                let lots = pieces.iter().filter(|(_, lot, _)| *lot != 0);
                return lots.map(|(address, lot, part)| (address.clone(), *lot, -part * sign(address))).collect();
            }
            let is_expiry = matches!(event.command, Some(Command::Expire(_)));
            let moves = event.moves.iter().filter(|_| is_expiry);
            let lots = moves.flat_map(|one| match &one.lots {
                Lots::These(lots) => lots.iter().map(|(lot, part)| (one.address.clone(), *lot, -part)).collect(),
                _ => Vec::new(),
            });
            lots.collect()
        };
        let all: Vec<(String, i64, i64)> =
            self.events.iter().filter(|earlier| earlier.position < event.position).flat_map(of).collect();
        let sum = |address: &str, lot: i64| -> i64 {
            all.iter().filter(|(of, in_lot, _)| of == address && *in_lot == lot).map(|(.., part)| part).sum()
        };
        let swept = of(event).into_iter();
        let mut swept: Vec<(String, i64, i64, i64)> =
            swept.map(|(address, lot, part)| (address.clone(), lot, part, sum(&address, lot) + part)).collect();
        swept.sort();
        swept
    }

    /// What breakage has of a lot.
    fn swept(&self, address: &str, lot: i64) -> i64 {
        let last = self.events.iter().rev().find_map(|event| {
            self.sweeps_of(event).into_iter().find(|(of, in_lot, ..)| of == address && *in_lot == lot)
        });
        last.map_or(0, |(.., swept)| swept)
    }

    /// The rows that an event adds to the books: address, lot (0 for none) and quantity, sorted.
    pub fn entries_of(&self, event: &Event) -> Vec<(String, i64, i64)> {
        let mut entries = Vec::new();
        for one in &event.moves {
            let account = self.account(&one.address).filter(|account| account.lotted);
            let Some(account) = account else {
                entries.push((one.address.clone(), 0, one.quantity));
                continue;
            };
            let is_new = self.events.iter().all(|known| known.position != event.position);
            let steps = self.replay_with(&one.address, Some(event).filter(|_| is_new)).steps;
            let mut sums: Vec<(i64, i64)> = Vec::new();
            for (_, lot, growth) in steps.into_iter().filter(|(position, ..)| *position == event.position) {
                match sums.iter_mut().find(|(of, _)| *of == lot) {
                    Some((_, sum)) => *sum += growth,
                    None => sums.push((lot, growth)),
                }
            }
            entries.extend(sums.into_iter().map(|(lot, growth)| (one.address.clone(), lot, growth * account.sign())));
        }
        entries.sort();
        entries
    }

    fn policy(&self) -> Option<&Policy> {
        self.commands().rev().find_map(|command| match command {
            Command::SetPolicy(policy) => Some(&**policy),
            _ => None,
        })
    }

    fn knows_commodity(&self, code: &str) -> bool {
        self.scale(code).is_some()
    }

    fn scale(&self, code: &str) -> Option<i64> {
        if self.has_town && (code == "POINT" || code == "MIN") {
            return Some(0);
        }
        self.commands().find_map(|command| match command {
            Command::DefineCommodity(DefineCommodity { commodity, scale }) if commodity.as_str() == code => {
                Some(*scale)
            }
            Command::SetOffer(terms) if format!("ITEM:{}", terms.sku) == code => Some(0),
            _ => None,
        })
    }

    fn knows_unit(&self, code: &str) -> bool {
        self.commands().any(|command| matches!(command, Command::SetUnit(unit) if unit.code == code))
    }

    fn knows_team(&self, code: &str) -> bool {
        self.commands().any(|command| matches!(command, Command::SetTeam(team) if team.code == code))
    }

    fn knows_station(&self, station: &str) -> bool {
        self.commands()
            .any(|command| matches!(command, Command::SetStation(SetStation { code, .. }) if code == station))
    }

    /// The record that registered the card first.
    fn registration(&self, card: &str) -> Option<&Event> {
        let card = card_meant(card);
        self.events
            .iter()
            .find(|event| matches!(&event.command, Some(Command::SetMember(SetMember { card: of, .. })) if *of == card))
    }

    /// The pseudonymous name of a card's owner.
    pub fn pseudonym(&self, card: &str) -> Option<&str> {
        self.registration(card).map(|event| event.pseudonym.as_str())
    }

    /// The address of a card's points.
    pub fn points_of(&self, card: &str) -> Option<String> {
        self.pseudonym(card).map(|pseudonym| format!("member/{pseudonym}/points"))
    }

    /// The first minute of the day on which a card's owner consented, by what was said of them last.
    fn consented(&self, card: &str) -> Option<i64> {
        let latest = self.commands().rev().find_map(|command| match command {
            Command::SetMember(SetMember { card: of, details }) if of == card => Some(details),
            _ => None,
        });
        read_day(&latest?.consent_on)
    }

    fn is_blocked(&self, card: &str) -> bool {
        let mut blocked = false;
        for command in self.commands() {
            if let Command::SetCardState(SetCardState { card: of, state }) = command
                && of == card
            {
                blocked = *state == CardState::Blocked;
            }
        }
        blocked
    }

    /// Whether the owner of a card wants to read on receipts what is left: whatever they said last.
    fn wants_balance(&self, card: &str) -> bool {
        let mut choices = self.commands().filter_map(|command| match command {
            Command::ChooseBalance(choice) if choice.card == card => Some(choice.balance),
            _ => None,
        });
        choices.next_back() == Some(BalanceOnReceipts::Printed)
    }

    /// Every credential that was ever issued, in that order, and the instant at which it was.
    pub fn credentials(&self) -> impl Iterator<Item = (&NewCredential, i64)> {
        self.events.iter().filter_map(|event| match &event.command {
            Some(Command::IssueCredential(new)) => Some((new, event.now)),
            _ => None,
        })
    }

    /// Whether a town lives in the bank, and the command names an account of its own or of its members to a generic rule.
    pub fn names_reserved(&self, command: &Command) -> bool {
        let named: Vec<&str> = match command {
            Command::OpenAccount(NewAccount { address, .. })
            | Command::SetAccountState(SetAccountState { address, .. }) => vec![address.as_str()],
            Command::Post(Post { entries }) | Command::PlaceHold(PlaceHold { entries, .. }) => {
                entries.iter().map(|entry| entry.address.as_str()).collect()
            }
            _ => Vec::new(),
        };
        self.has_town && named.into_iter().any(is_of_the_town)
    }

    /// Whether a credential was taken back.
    pub fn is_revoked(&self, code: &str) -> bool {
        self.commands().any(|command| matches!(command, Command::RevokeCredential(RevokeCredential { credential }) if credential == code))
    }

    fn activity(&self, code: &str) -> Option<(&ActivityPlan, &Event)> {
        self.events.iter().rev().find_map(|event| match &event.command {
            Some(Command::SetActivity(plan)) if plan.code == code => Some((plan, event)),
            _ => None,
        })
    }

    /// The offer as it stands.
    pub fn offer(&self, sku: &str) -> Option<&OfferTerms> {
        self.commands().rev().find_map(|command| match command {
            Command::SetOffer(terms) if terms.sku == sku => Some(terms),
            _ => None,
        })
    }

    /// What a card's owner attended.
    fn attendances(&self, card: &str) -> impl Iterator<Item = (&AttendanceSheetRow, &Attended)> {
        self.events.iter().filter_map(move |event| match (&event.command, &event.attended) {
            (Some(Command::RecordAttendance(row)), Some(attended)) if row.card == card && !self.is_undone(event) => {
                Some((row, attended))
            }
            _ => None,
        })
    }

    /// Whether all that a record has posted was taken back.
    fn is_undone(&self, event: &Event) -> bool {
        let of_event = |one: &Event| one.undoes.as_ref().is_some_and(|(of, _)| *of == event.position);
        self.events.iter().any(of_event) && self.left_to_undo(event.position).is_empty()
    }

    /// Every receipt with the position of its record, in order.
    pub fn receipts(&self) -> impl Iterator<Item = (i64, &Issued)> {
        self.events.iter().filter_map(|event| event.issued.as_ref().map(|issued| (event.position, issued)))
    }

    /// Pieces that a card's owner has had in a month and not given back.
    pub fn pieces_had(&self, card: &str, sku: &str, month: (i64, i64)) -> i64 {
        let of_month = self.receipts().filter(|(_, issued)| issued.card == card && issued.month == month);
        let pieces = of_month.map(|(_, issued)| {
            let pieces: i64 = issued.lines.iter().filter(|line| line.0 == sku).map(|line| line.1).sum();
            if issued.reverses.is_some() { -pieces } else { pieces }
        });
        pieces.sum()
    }

    /// Every card, SKU and month of a receipt.
    pub fn limits_touched(&self) -> Vec<(String, String, (i64, i64))> {
        let touched = self.receipts().flat_map(|(_, issued)| {
            issued.lines.iter().map(|line| (issued.card.clone(), line.0.clone(), issued.month))
        });
        touched.collect()
    }

    // The books.

    fn define(&self, blank: Event, code: &str, scale: i64) -> Answer {
        assert!(code_ok(code, 40), "its type takes no others");
        refuse_if(!(0..=9).contains(&scale), field("scale"))?;
        match self.scale(code) {
            Some(defined) if defined != scale => {
                Err(Rejection::CommodityDefined { commodity: code.to_owned(), scale: defined })
            }
            Some(_) | None => Ok(blank),
        }
    }

    fn open_account(&self, mut blank: Event, account: &NewAccount) -> Answer {
        let (address, commodity) = (account.address.to_string(), account.commodity.as_str().to_owned());
        assert!(code_ok(&address, 120), "its type takes no others");
        refuse_if(!self.knows_commodity(&commodity), Rejection::UnknownCommodity { commodity: commodity.clone() })?;
        let floor_ok = match account.floor {
            None => !account.lotted,
            Some(0) => true,
            Some(floor) => !account.lotted && (-MOST..0).contains(&floor),
        };
        refuse_if(!floor_ok, field("floor"))?;
        let NewAccount { class, floor, lotted, .. } = *account;
        let opened = Opened { address, class, commodity, floor, lotted };
        match self.account(&opened.address) {
            None => blank.opened.push(opened),
            Some(there) => refuse_if(*there != opened, Rejection::AccountExists { address: opened.address })?,
        }
        Ok(blank)
    }

    fn set_account_state(&self, blank: Event, address: &str, state: AccountState) -> Answer {
        let text = || address.to_owned();
        refuse_if(self.account(address).is_none(), Rejection::UnknownAccount { address: text() })?;
        let current = self.state(address);
        refuse_if(current == state, Rejection::AlreadyRegistered { code_of: text() })?;
        refuse_if(current == AccountState::Closed, Rejection::AccountNotOpen { address: text() })?;
        let quantity = self.normal_balance(address);
        refuse_if(
            state == AccountState::Closed && quantity != 0,
            Rejection::AccountNotEmpty { address: text(), quantity },
        )?;
        let in_hold = self
            .holds()
            .any(|placed| placed.until > blank.now && self.left(&placed.code).iter().any(|(held, ..)| held == address));
        refuse_if(state == AccountState::Closed && in_hold, Rejection::AccountInHold { address: text() })?;
        Ok(blank)
    }

    fn post(&self, mut blank: Event, entries: &[NewEntry]) -> Answer {
        for entry in entries {
            let address = entry.address.to_string();
            refuse_if(self.account(&address).is_none(), Rejection::UnknownAccount { address })?;
        }
        let moves = entries.iter().map(|entry| Move {
            address: entry.address.to_string(),
            quantity: entry.quantity,
            lots: match (entry.expires_at, entry.carry) {
                (None, false) => Lots::Unsaid,
                (None, true) => Lots::Carried,
                (Some(lot), false) => Lots::Into(lot),
                (Some(_), true) => Lots::These(Vec::new()),
            },
        });
        blank.moves = self.carried(moves.collect(), blank.now);
        let over = entries.iter().any(|entry| entry.expires_at.is_some_and(|lot| lot <= blank.now));
        refuse_if(over, field("expires_at"))?;
        self.check_moves(&blank.moves, blank.now)?;
        for entry in entries {
            let address = entry.address.to_string();
            let sign = self.account(&address).map_or(1, Opened::sign);
            let found = (self.balance(&address) + entry.quantity) * sign;
            let version = self.version(&address);
            if let Some(bound) = entry.version.filter(|seen| *seen != version) {
                let condition = Condition::Version;
                return Err(Rejection::ConditionFailed { address, condition, bound, found: version });
            }
            let least = entry.minimum.filter(|minimum| found < *minimum).map(|bound| (Condition::Minimum, bound));
            let most = entry.maximum.filter(|maximum| found > *maximum).map(|bound| (Condition::Maximum, bound));
            if let Some((condition, bound)) = least.or(most) {
                return Err(Rejection::ConditionFailed { address, condition, bound, found });
            }
        }
        self.settle(&mut blank);
        Ok(blank)
    }

    /// The moves, where those that carry get, piece by piece, what the others take in the commodity.
    fn carried(&self, mut moves: Vec<Move>, now: i64) -> Vec<Move> {
        if moves.iter().any(|one| !(-MOST..=MOST).contains(&one.quantity)) {
            return moves;
        }
        let lotted = |one: &Move| self.account(&one.address).filter(|account| account.lotted);
        let mut taken: Vec<(String, i64, i64)> = Vec::new();
        for one in moves.iter().filter(|one| one.lots == Lots::Unsaid) {
            let Some(account) = lotted(one) else { continue };
            let mut missing = -one.quantity * account.sign();
            let lots = self.free_lots(&account.address, now);
            if lots.iter().map(|(_, remaining)| remaining).sum::<i64>() < missing {
                continue;
            }
            for (lot, remaining) in lots {
                let part = remaining.min(missing.max(0));
                taken.push((account.commodity.clone(), lot, part));
                missing -= part;
            }
        }
        for one in moves.iter_mut().filter(|one| one.lots == Lots::Carried) {
            let Some(account) = lotted(one) else { continue };
            let wanted = one.quantity * account.sign();
            let of_it = || taken.iter().filter(|(commodity, ..)| *commodity == account.commodity);
            if wanted <= 0 || of_it().map(|(.., part)| i128::from(*part)).sum::<i128>() < i128::from(wanted) {
                continue;
            }
            let (mut missing, mut these) = (wanted, Vec::new());
            for (_, lot, part) in taken.iter_mut().filter(|(commodity, ..)| *commodity == account.commodity) {
                let piece = missing.min(*part);
                these.push((*lot, piece));
                (missing, *part) = (missing - piece, *part - piece);
            }
            these.retain(|(_, piece)| *piece > 0);
            one.lots = Lots::These(these);
        }
        moves
    }

    /// Whether moves are a transaction that may be posted.
    fn check_moves(&self, moves: &[Move], now: i64) -> Result<(), Rejection> {
        self.check_moves_of(moves, now, &[AccountState::Open])
    }

    fn check_moves_of(&self, moves: &[Move], now: i64, states: &[AccountState]) -> Result<(), Rejection> {
        refuse_if(moves.is_empty(), Rejection::NoEntries)?;
        for (index, one) in moves.iter().enumerate() {
            let address = one.address.clone();
            let in_range = one.quantity != 0 && (-MOST..=MOST).contains(&one.quantity);
            refuse_if(!in_range, Rejection::QuantityOutOfRange)?;
            refuse_if(!states.contains(&self.state(&address)), Rejection::AccountNotOpen { address: address.clone() })?;
            let repeated = moves[..index].iter().any(|earlier| earlier.address == address);
            refuse_if(repeated, Rejection::AccountRepeated { address })?;
        }
        let commodity_of = |one: &Move| self.account(&one.address).map(|account| account.commodity.clone());
        let mut commodities: Vec<String> = moves.iter().filter_map(commodity_of).collect();
        commodities.sort();
        for commodity in commodities {
            let of_it = moves.iter().filter(|one| commodity_of(one).as_ref() == Some(&commodity));
            let sum: i128 = of_it.map(|one| i128::from(one.quantity)).sum();
            refuse_if(sum != 0, Rejection::Unbalanced { commodity })?;
        }
        for account in self.accounts() {
            if let Some(one) = moves.iter().find(|one| one.address == account.address) {
                self.check_move(account, one, now)?;
            }
        }
        Ok(())
    }

    fn check_move(&self, account: &Opened, one: &Move, now: i64) -> Result<(), Rejection> {
        let address = || account.address.clone();
        let after = i128::from(self.balance(&account.address)) + i128::from(one.quantity);
        refuse_if(after.abs() > i128::from(MOST), Rejection::QuantityOutOfRange)?;
        let grows = one.quantity * account.sign() > 0;
        match &one.lots {
            Lots::Carried => return Err(Rejection::LotsMismatch { address: address() }),
            Lots::These(lots) => {
                refuse_if(!account.lotted || lots.is_empty(), Rejection::LotsMismatch { address: address() })?;
            }
            Lots::Into(lot) => {
                refuse_if(!account.lotted || !grows || *lot <= 0, Rejection::LotsMismatch { address: address() })?;
            }
            Lots::Unsaid if account.lotted && grows => return Err(Rejection::ExpiryRequired { address: address() }),
            Lots::Held(_) => return Ok(()),
            Lots::Unsaid if account.lotted => {
                let (available, asked) = (self.spendable(&account.address, now), one.quantity.abs());
                refuse_if(available < asked, Rejection::BelowFloor { address: address(), available, asked })?;
            }
            Lots::Unsaid => {}
        }
        let Some(floor) = account.floor.filter(|_| !grows) else { return Ok(()) };
        let reserved = self.reserved(&account.address, None, now);
        let (available, asked) =
            (self.balance(&account.address) * account.sign() - reserved - floor, one.quantity.abs());
        refuse_if(available < asked, Rejection::BelowFloor { address: address(), available, asked })
    }

    // Registration.

    /// Units, teams, partners and stations.
    fn set_place(&self, blank: Event, command: &Command) -> Answer {
        let (codes, texts): (Vec<Code>, Vec<Text>) = match command {
            Command::SetUnit(unit) => (
                vec![("unit", &unit.code, 64)],
                vec![("level", &unit.level), ("name", &unit.name), ("origin", &unit.origin)],
            ),
            Command::SetTeam(team) => (
                vec![("team", &team.code, 64)],
                vec![("kind", &team.kind), ("name", &team.name), ("motto", &team.motto), ("origin", &team.origin)],
            ),
            Command::SetPartner(partner) => {
                (vec![("partner", &partner.code, 64)], vec![("name", &partner.name), ("origin", &partner.origin)])
            }
            Command::SetStation(SetStation { code, name, origin, .. }) => {
                (vec![("station", code, 16)], vec![("name", name), ("origin", origin)])
            }
            _ => return Err(Rejection::NoEntries),
        };
        for (name, code, most) in &codes {
            // Only what stands on receipts must be of their alphabet; the rest is whatever a town calls it.
            let ok = if *name == "station" { code_ok(code, *most) } else { label_ok(code) };
            refuse_if(!ok, field(name))?;
        }
        for (name, text) in &texts {
            refuse_if(!text_ok(text, 200), field(name))?;
        }
        let unit = match command {
            Command::SetUnit(unit) if !unit.parent.is_empty() => Some(&unit.parent),
            Command::SetStation(SetStation { unit, .. }) => Some(unit),
            _ => None,
        };
        if let Some(unit) = unit {
            refuse_if(!self.knows_unit(unit), Rejection::UnknownUnit { unit: unit.clone() })?;
        }
        let code = codes[0].1;
        let latest = self.commands().rev().find(|earlier| match (earlier, command) {
            (Command::SetUnit(unit), Command::SetUnit(_)) => unit.code == *code,
            (Command::SetTeam(team), Command::SetTeam(_)) => team.code == *code,
            (Command::SetPartner(partner), Command::SetPartner(_)) => partner.code == *code,
            (Command::SetStation(SetStation { code: of, .. }), Command::SetStation(_)) => of == code,
            _ => false,
        });
        refuse_if(latest == Some(command), Rejection::AlreadyRegistered { code_of: code.clone() })?;
        Ok(blank)
    }

    fn set_member(&self, mut blank: Event, card: &str, details: &MemberDetails, random: [u8; 10]) -> Answer {
        refuse_if(!card_ok(card), Rejection::CardCheckDigits)?;
        let has_letter = details.name.chars().any(|character| character.is_alphabetic() && is_seen(character));
        refuse_if(!text_ok(&details.name, 200) || !has_letter, field("name"))?;
        let texts = [("sex", &details.sex), ("grid", &details.grid), ("building_group", &details.building_group)];
        for (name, text) in texts {
            refuse_if(!text_ok(text, 200), field(name))?;
        }
        let consented = &details.consent_on;
        refuse_if(!consented.is_empty() && read_day(consented).is_none(), field("consent_on"))?;
        for team in [&details.team, &details.action_group] {
            refuse_if(!team.is_empty() && !self.knows_team(team), Rejection::UnknownTeam { team: team.clone() })?;
        }
        let station = details.home_station.clone();
        refuse_if(!station.is_empty() && !self.knows_station(&station), Rejection::UnknownStation { station })?;
        let latest = self.commands().rev().find_map(|command| match command {
            Command::SetMember(SetMember { card: of, details }) if of == card => Some(details),
            _ => None,
        });
        refuse_if(latest == Some(details), Rejection::AlreadyRegistered { code_of: card.to_owned() })?;
        if latest.is_none() {
            blank.pseudonym = pseudonym_of(random);
            let own = |account: &str, class, commodity: &str, lotted| Opened {
                address: format!("member/{}/{account}", blank.pseudonym),
                class,
                commodity: commodity.to_owned(),
                floor: Some(0),
                lotted,
            };
            blank.opened =
                vec![own("points", Class::Liability, "POINT", true), own("minutes", Class::Equity, "MIN", false)];
        }
        Ok(blank)
    }

    /// That the card is one of the bank's.
    fn check_card(&self, card: &str) -> Result<(), Rejection> {
        refuse_if(!card_ok(card), Rejection::CardCheckDigits)?;
        refuse_if(self.registration(card).is_none(), Rejection::UnknownCard)
    }

    fn set_card_state(&self, blank: Event, card: &str, state: CardState) -> Answer {
        self.check_card(card)?;
        let same = self.is_blocked(card) == (state == CardState::Blocked);
        refuse_if(same, Rejection::AlreadyRegistered { code_of: card.to_owned() })?;
        Ok(blank)
    }

    fn choose_balance(&self, blank: Event, card: &str, balance: BalanceOnReceipts) -> Answer {
        self.check_card(card)?;
        let same = self.wants_balance(card) == (balance == BalanceOnReceipts::Printed);
        refuse_if(same, Rejection::AlreadyRegistered { code_of: card.to_owned() })?;
        Ok(blank)
    }

    // Who may act.

    /// A teller and a device act at one station, a coordinator at one or at all, volunteers and administrators at none in
    /// particular. A volunteer's credential is of a card, the others are of none. A code is used once.
    fn issue_credential(&self, blank: Event, new: &NewCredential) -> Answer {
        refuse_if(!code_ok(&new.code, 64), field("credential"))?;
        refuse_if(!code_ok(&new.actor, 64), field("actor"))?;
        let station_ok = match new.role {
            Role::Teller | Role::Device => !new.station.is_empty(),
            Role::Coordinator => true,
            Role::Volunteer | Role::Administrator => new.station.is_empty(),
        };
        refuse_if(!station_ok, field("station"))?;
        let station = new.station.clone();
        refuse_if(!station.is_empty() && !self.knows_station(&station), Rejection::UnknownStation { station })?;
        let over = new.valid_until.filter(|until| *until < blank.now + 1);
        refuse_if(over.is_some(), field("valid_until"))?;
        if new.role == Role::Volunteer {
            self.check_card(&new.card)?;
        } else {
            refuse_if(!new.card.is_empty(), field("card"))?;
        }
        let taken = self.credentials().any(|(earlier, _)| earlier.code == new.code);
        refuse_if(taken, Rejection::CredentialExists { credential: new.code.clone() })?;
        Ok(blank)
    }

    fn revoke_credential(&self, blank: Event, code: &str) -> Answer {
        let known = self.credentials().any(|(earlier, _)| earlier.code == code);
        refuse_if(!known, Rejection::UnknownCredential { credential: code.to_owned() })?;
        refuse_if(self.is_revoked(code), Rejection::AlreadyRevoked { credential: code.to_owned() })?;
        Ok(blank)
    }

    /// The PIN's verifier is Argon2id's, in visible ASCII, of at most 300 characters; what it says more is not looked at.
    fn set_pin(&self, blank: Event, card: &str, verifier: &str) -> Answer {
        let visible = verifier.chars().all(|character| ('!'..='~').contains(&character));
        let verifier_ok = verifier.strip_prefix("$argon2id$").is_some_and(|rest| rest.chars().count() <= 290);
        refuse_if(!(visible && verifier_ok), field("verifier"))?;
        self.check_card(card)?;
        Ok(blank)
    }

    fn set_activity(&self, mut blank: Event, plan: &ActivityPlan) -> Answer {
        refuse_if(!label_ok(&plan.code), field("activity"))?;
        refuse_if(!text_ok(&plan.title, 200), field("title"))?;
        let service_known = self.policy().is_some_and(|policy| policy.service_types.contains_key(&plan.service_type));
        refuse_if(!service_known, Rejection::UnknownServiceType { service_type: plan.service_type.clone() })?;
        let (station, team) = (plan.station.clone(), plan.team.clone());
        refuse_if(!station.is_empty() && !self.knows_station(&station), Rejection::UnknownStation { station })?;
        refuse_if(!team.is_empty() && !self.knows_team(&team), Rejection::UnknownTeam { team })?;
        let years = 0..days_to(10_000, 1, 1) * 1440;
        refuse_if(!years.contains(&plan.starts_at), field("start"))?;
        let longest = 24 * 60;
        let lasts = i128::from(plan.ends_at) - i128::from(plan.starts_at);
        let end_ok = years.contains(&plan.ends_at) && lasts > 0 && lasts <= longest;
        refuse_if(!end_ok, field("ends_at"))?;
        let on_its_day = plan.starts_at >= plan.day * 1440 && plan.starts_at < (plan.day + 1) * 1440;
        refuse_if(!on_its_day, field("date"))?;
        let known = card_ok(&plan.organiser_card) && self.registration(&plan.organiser_card).is_some();
        blank.organiser = known.then(|| plan.organiser_card.clone());
        let Some((stands, event)) = self.activity(&plan.code) else { return Ok(blank) };
        let differences = [
            ("service_type", stands.service_type != plan.service_type),
            ("date", stands.day != plan.day),
            ("start", stands.starts_at != plan.starts_at),
            ("end", stands.ends_at != plan.ends_at),
            ("station", stands.station != plan.station),
            ("team", stands.team != plan.team),
            ("service_day", stands.service_day != plan.service_day),
            ("organiser", event.organiser.is_some() && event.organiser != blank.organiser),
        ];
        for (name, differs) in differences {
            let rejection = Rejection::RegisteredDifferently { code_of: plan.code.clone(), field: field_named(name) };
            refuse_if(differs, rejection)?;
        }
        let same = stands.title == plan.title && event.organiser == blank.organiser;
        refuse_if(same, Rejection::AlreadyRegistered { code_of: plan.code.clone() })?;
        Ok(blank)
    }

    fn set_offer(&self, mut blank: Event, terms: &OfferTerms) -> Answer {
        refuse_if(!code_ok(&terms.sku, 8), field("sku"))?;
        refuse_if(!text_ok(&terms.name, 200), field("name"))?;
        refuse_if(terms.points < 1 || terms.points > MOST, field("points"))?;
        let numbers_ok = [terms.cost_fen, terms.monthly_limit].iter().all(|number| *number >= 0 && *number <= MOST);
        refuse_if(!numbers_ok, field("cost_fen, limit"))?;
        let current = self.offer(&terms.sku);
        refuse_if(current == Some(terms), Rejection::AlreadyRegistered { code_of: terms.sku.clone() })?;
        if current.is_none() {
            for (folder, class) in [("supply", Class::Equity), ("handed-over", Class::Expense)] {
                let address = format!("{folder}/{}", terms.sku);
                refuse_if(self.account(&address).is_some(), Rejection::AccountExists { address: address.clone() })?;
                let commodity = format!("ITEM:{}", terms.sku);
                blank.opened.push(Opened { address, class, commodity, floor: None, lotted: false });
            }
            let commodity = format!("ITEM:{}", terms.sku);
            // Pieces are whole. Who has defined them so already is in nobody's way.
            if let Some(scale) = self.scale(&commodity).filter(|scale| *scale != 0) {
                return Err(Rejection::CommodityDefined { commodity, scale });
            }
        }
        Ok(blank)
    }

    fn open_stock(&self, mut blank: Event, station: &str, sku: &str, pieces: i64) -> Answer {
        refuse_if(!self.knows_station(station), Rejection::UnknownStation { station: station.to_owned() })?;
        refuse_if(self.offer(sku).is_none(), Rejection::UnknownItem { sku: sku.to_owned() })?;
        refuse_if(!(0..=MOST).contains(&pieces), field("pieces"))?;
        let address = format!("station/{station}/stock/{sku}");
        let open = Rejection::StockOpen { station: station.to_owned(), sku: sku.to_owned() };
        refuse_if(self.account(&address).is_some(), open)?;
        let commodity = format!("ITEM:{sku}");
        let (class, floor) = (Class::Asset, Some(0));
        blank.opened.push(Opened { address: address.clone(), class, commodity, floor, lotted: false });
        if pieces > 0 {
            let supply = format!("supply/{sku}");
            refuse_if(!self.is_open(&supply), Rejection::AccountNotOpen { address: supply.clone() })?;
            refuse_if(self.balance(&supply) - pieces < -MOST, Rejection::QuantityOutOfRange)?;
            blank.moves = vec![
                Move { address, quantity: pieces, lots: Lots::Unsaid },
                Move { address: supply, quantity: -pieces, lots: Lots::Unsaid },
            ];
        }
        Ok(blank)
    }

    // Earning.

    fn attend(&self, mut blank: Event, row: &AttendanceSheetRow) -> Answer {
        let policy = self.policy().ok_or(Rejection::InvalidPolicy { fault: PolicyFault::default() })?;
        self.check_card(&row.card)?;
        let (plan, registered) = self.activity(&row.activity).ok_or(Rejection::UnknownActivity)?;
        let grade = policy.grades.get(&row.grade).ok_or(Rejection::UnknownGrade)?;
        refuse_if(row.check_out.is_empty(), Rejection::MissingCheckOut)?;
        let came = read_minute(&row.check_in).ok_or(Rejection::InvalidTime)?;
        let left = read_minute(&row.check_out).ok_or(Rejection::InvalidTime)?;
        refuse_if(left <= came, Rejection::CheckOutNotAfterCheckIn)?;
        refuse_if(left > wall_minute(blank.now), Rejection::NotOverYet)?;
        refuse_if(left > came + 24 * 60, field("check_out"))?;
        let (entered_by, confirmed_by) = (somebody(&row.entered_by), somebody(&row.confirmed_by));
        refuse_if(entered_by == confirmed_by, Rejection::SamePersonEnteredAndConfirmed)?;
        refuse_if(entered_by.is_empty(), field("entered_by"))?;
        refuse_if(confirmed_by.is_empty(), field("confirmed_by"))?;
        for (name, text) in
            [("source", &row.source), ("entered_by", &row.entered_by), ("confirmed_by", &row.confirmed_by)]
        {
            refuse_if(!text_ok(text, 64), field(name))?;
        }
        let unknown = || Rejection::UnknownServiceType { service_type: plan.service_type.clone() };
        let service = policy.service_types.get(&plan.service_type).ok_or_else(unknown)?;
        let rule = policy.rules.get(&service.rule).ok_or_else(unknown)?;
        let recorded = self.attendances(&row.card).any(|(earlier, _)| earlier.activity == row.activity);
        refuse_if(recorded, Rejection::AlreadyRecorded)?;
        // The minutes themselves, as a list: what is in both.
        let present: Vec<i64> = (plan.starts_at..plan.ends_at).filter(|minute| (came..left).contains(minute)).collect();
        let (Some(first), Some(last)) = (present.first(), present.last()) else {
            return Err(Rejection::OutsideActivity);
        };
        let (from, until) = (*first, *last + 1);
        let consented = self.consented(&row.card).is_some_and(|minute| minute <= from);
        refuse_if(!consented, Rejection::BeforeConsent)?;
        let overlaps = |earlier: &Attended| from < earlier.until && earlier.from < until;
        let elsewhere = self.attendances(&row.card).any(|(_, earlier)| overlaps(earlier));
        refuse_if(elsewhere, Rejection::OverlapsOtherAttendance)?;

        let credited = present.len() as i64;
        let used: i64 =
            self.attendances(&row.card).filter(|(_, one)| one.day == plan.day).map(|(_, one)| one.earned.counted).sum();
        let countable = [credited, policy.minutes_per_attendance_max, policy.minutes_per_day_max - used];
        let countable = countable.into_iter().min().unwrap_or(0).max(0);
        let counted = countable / policy.minutes_step * policy.minutes_step;
        let (year, month, _) = date_of(plan.day);
        let passed = row.grade != policy.failing_grade;
        let takes_service_day = rule.records_service_time && passed && plan.service_day;
        let taken = self.attendances(&row.card).any(|(_, one)| {
            let (of_year, of_month, _) = date_of(one.day);
            one.earned.service_day > 0 && (of_year, of_month) == (year, month)
        });
        let themed = policy.theme_months.keys().any(|theme| i64::from(*theme) == month);
        let mut earned = Earned {
            credited,
            counted,
            time: points_for_time(counted, rule, &grade.coefficient.to_string()),
            ..Earned::default()
        };
        if rule.records_service_time {
            earned.recorded = credited;
            if registered.organiser.as_ref() == Some(&row.card) {
                earned.organiser = policy.organiser_award.points;
            }
            if takes_service_day && !taken {
                earned.service_day = policy.service_day_award.points;
            }
            if passed && themed {
                earned.theme = policy.theme_award.points;
            }
        }
        let member = format!("member/{}", self.pseudonym(&row.card).unwrap_or_default());
        let plain = |address: &str, quantity| Move { address: address.to_owned(), quantity, lots: Lots::Unsaid };
        if earned.recorded > 0 {
            blank.moves.push(plain("expense/service-received", earned.recorded));
            blank.moves.push(plain(&format!("{member}/minutes"), -earned.recorded));
        }
        let points = earned.time + earned.organiser + earned.service_day + earned.theme;
        if points > 0 {
            let expires_at = midnight(year + i64::from(policy.valid_years) + 1, 1, 1);
            let address = format!("{member}/points");
            let debt = self.debt(&row.card);
            let settled = if debt > 0 { debt.min(points + self.spendable(&address, blank.now)) } else { 0 };
            blank.moves.push(plain("expense/points-granted", points));
            if settled > 0 {
                blank.moves.push(plain(&self.debts_of(&row.card), -settled));
            }
            if points != settled {
                let lots = if points > settled { Lots::Into(expires_at) } else { Lots::Unsaid };
                blank.moves.push(Move { address, quantity: settled - points, lots });
            }
        }
        if !blank.moves.is_empty() {
            self.check_moves(&blank.moves, blank.now)?;
        }
        self.settle(&mut blank);
        blank.attended = Some(Attended { from, until, day: plan.day, earned });
        Ok(blank)
    }

    // Spending.

    fn check_lines(&self, lines: &[Line]) -> Result<(), Rejection> {
        let asked_well = !lines.is_empty() && lines.iter().all(|line| line.pieces >= 1 && line.pieces <= MOST);
        refuse_if(!asked_well, Rejection::InvalidPieces)?;
        refuse_if(lines.len() > 10, Rejection::TooManyLines { lines_max: 10 })?;
        for (index, line) in lines.iter().enumerate() {
            let repeated = lines[..index].iter().any(|earlier| earlier.sku == line.sku);
            refuse_if(repeated, Rejection::ItemRepeated { sku: line.sku.clone() })?;
        }
        Ok(())
    }

    fn redeem(&self, mut blank: Event, card: &str, station: &str, lines: &[Line], shown: Option<i64>) -> Answer {
        self.check_lines(lines)?;
        self.check_card(card)?;
        refuse_if(self.is_blocked(card), Rejection::CardBlocked)?;
        refuse_if(!self.knows_station(station), Rejection::UnknownStation { station: station.to_owned() })?;
        let mut priced = Vec::new();
        for line in lines {
            let offer = self.offer(&line.sku).ok_or(Rejection::UnknownItem { sku: line.sku.clone() })?;
            priced.push((line.sku.clone(), line.pieces, offer.points));
        }
        let total: i128 = priced.iter().map(|(_, pieces, each)| i128::from(*pieces) * i128::from(*each)).sum();
        let points = i64::try_from(total).ok().filter(|points| *points <= MOST).ok_or(Rejection::QuantityOutOfRange)?;
        if let Some(points_shown) = shown {
            refuse_if(points_shown != points, Rejection::PriceChanged { points, points_shown })?;
        }
        let stock = |sku: &str| format!("station/{station}/stock/{sku}");
        for (sku, pieces, _) in &priced {
            let pieces_left = self.spendable(&stock(sku), blank.now);
            refuse_if(pieces_left < *pieces, Rejection::OutOfStock { sku: sku.clone(), pieces_left })?;
        }
        let (year, month, _) = local_date(blank.now);
        for (sku, pieces, _) in &priced {
            let monthly_limit = self.offer(sku).map_or(0, |offer| offer.monthly_limit);
            let pieces_had = self.pieces_had(card, sku, (year, month));
            let over = monthly_limit > 0 && i128::from(pieces_had) + i128::from(*pieces) > i128::from(monthly_limit);
            refuse_if(over, Rejection::OverLimit { sku: sku.clone(), pieces_had, monthly_limit })?;
        }
        let points_owed = self.debt(card);
        refuse_if(points_owed > 0, Rejection::PointsOwed { points_owed })?;
        let account = self.points_of(card).unwrap_or_default();
        let points_spendable = self.spendable(&account, blank.now);
        if points > points_spendable {
            let expired = self.replay(&account).lots.into_iter().filter(|(lot, _)| *lot <= blank.now);
            let points_expired: i64 =
                expired.map(|(lot, left)| left - self.reserved(&account, Some(lot), blank.now)).sum();
            refuse_if(
                points <= points_spendable + points_expired,
                Rejection::PointsExpired { points, points_spendable, points_expired },
            )?;
            return Err(Rejection::InsufficientPoints { points, points_spendable });
        }
        let plain = |address: String, quantity| Move { address, quantity, lots: Lots::Unsaid };
        blank.moves = vec![plain(account, points), plain("income/points-redeemed".to_owned(), -points)];
        for (sku, pieces, _) in &priced {
            blank.moves.push(plain(format!("handed-over/{sku}"), *pieces));
            blank.moves.push(plain(stock(sku), -pieces));
        }
        self.check_moves(&blank.moves, blank.now)?;
        self.settle(&mut blank);
        self.issue(blank, card, station, priced, points_spendable - points, None, (year, month))
    }

    fn reverse(&self, mut blank: Event, number: &str, lines: Option<&[Line]>) -> Answer {
        let (position, issued) =
            self.receipts().find(|(_, issued)| issued.number == number).ok_or(Rejection::UnknownReceipt)?;
        refuse_if(issued.reverses.is_some(), Rejection::NotARedemption)?;
        let left_pieces = self.left_to_undo(position);
        refuse_if(left_pieces.is_empty(), Rejection::AlreadyReversed)?;
        let left = |sku: &str| {
            let address = format!("handed-over/{sku}");
            left_pieces.iter().filter(|(of, ..)| *of == address).map(|(.., pieces)| *pieces).sum::<i64>()
        };
        let mut returned: Vec<(String, i64, i64)> = Vec::new();
        match lines {
            None => {
                let all = issued.lines.iter().map(|(sku, _, each)| (sku.clone(), left(sku), *each));
                returned.extend(all.filter(|(_, pieces, _)| *pieces > 0));
            }
            Some(lines) => {
                self.check_lines(lines)?;
                for Line { sku, pieces } in lines {
                    let line = issued.lines.iter().find(|line| line.0 == *sku);
                    let each = line.ok_or_else(|| Rejection::UnknownItem { sku: sku.clone() })?.2;
                    let pieces_left = left(sku);
                    refuse_if(*pieces > pieces_left, Rejection::BeyondRedemption { sku: sku.clone(), pieces_left })?;
                    returned.push((sku.clone(), *pieces, each));
                }
            }
        }
        let Issued { card, station, month, .. } = issued.clone();
        let points: i64 = returned.iter().map(|(_, pieces, each)| pieces * each).sum();
        let points_account = self.points_of(&card).unwrap_or_default();
        let mut wanted = vec![(points_account.clone(), -points), ("income/points-redeemed".to_owned(), points)];
        for (sku, pieces, _) in &returned {
            wanted.push((format!("handed-over/{sku}"), -pieces));
            wanted.push((format!("station/{station}/stock/{sku}"), *pieces));
        }
        let settled = self.debt(&card).min(points + self.spendable(&points_account, blank.now));
        let missing = self.undo(&mut blank, position, &wanted)?;
        assert!(missing.is_empty(), "what was redeemed was paid");
        self.check_corrections(&blank.moves, blank.now)?;
        self.keep_back(&mut blank, &card, settled);
        let balance = self.spendable(&points_account, blank.now) + points - settled;
        self.issue(blank, &card, &station, returned, balance, Some(position), month)
    }

    // Reversals.

    /// The entries of a record that nobody has taken back: what is left of each.
    pub fn left_to_undo(&self, position: i64) -> Vec<Piece> {
        let Some(event) = self.events.iter().find(|event| event.position == position) else { return Vec::new() };
        let mut left = self.entries_of(event);
        for (_, pieces) in
            self.events.iter().filter_map(|event| event.undoes.as_ref()).filter(|(of, _)| *of == position)
        {
            for (address, lot, quantity) in pieces {
                for piece in left.iter_mut().filter(|(of, in_lot, _)| of == address && in_lot == lot) {
                    piece.2 += quantity;
                }
            }
        }
        left.retain(|(.., quantity)| *quantity != 0);
        left
    }

    /// When what a record took was given up.
    fn spent_at(&self, event: &Event) -> i64 {
        let is_expiry = matches!(event.command, Some(Command::Expire(_)));
        let hold = event.unheld.first().filter(|_| !is_expiry).map(|(code, _)| code);
        let placing =
            self.events.iter().find(|one| one.placed.as_ref().is_some_and(|placed| Some(&placed.code) == hold));
        placing.unwrap_or(event).now
    }

    /// Takes back so much of each account; what accounts with lots could not give.
    fn undo(
        &self,
        blank: &mut Event,
        position: i64,
        wanted: &[(String, i64)],
    ) -> Result<Vec<(String, i64)>, Rejection> {
        let nothing_left = Rejection::NothingLeftToReverse { position };
        let left = self.left_to_undo(position);
        refuse_if(left.is_empty(), nothing_left.clone())?;
        let spent_at = self.events.iter().find(|event| event.position == position).map(|event| self.spent_at(event));
        let spent_at = spent_at.unwrap_or(blank.now);
        let (mut undone, mut missing, mut breakage) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (address, quantity)) in wanted.iter().enumerate() {
            let repeated = wanted[..index].iter().any(|(earlier, _)| earlier == address);
            refuse_if(repeated, Rejection::AccountRepeated { address: address.clone() })?;
            let mut own: Vec<&Piece> = left.iter().filter(|(of, ..)| of == address).collect();
            let there: i64 = own.iter().map(|(.., quantity)| quantity).sum();
            refuse_if(!(-there.max(0)..=-there.min(0)).contains(quantity), nothing_left.clone())?;
            let account = self.account(address).unwrap();
            let gets = quantity * account.sign() > 0;
            own.sort_by_key(|(_, lot, _)| if gets { -*lot } else { *lot });
            let mut rest = quantity.abs();
            let mut lots: Vec<(i64, i64)> = Vec::new();
            for (_, lot, there) in own {
                let part = rest.min(there.abs());
                if part > 0 {
                    undone.push((address.clone(), *lot, part * quantity.signum()));
                    lots.push((*lot, part));
                    rest -= part;
                }
            }
            let (mut owed, mut gone) = (0, 0);
            let mut moved: Vec<(i64, i64)> = Vec::new();
            if gets {
                for (lot, part) in lots {
                    let days_30 = blank.now + 30 * DAY;
                    // What had expired already was swept: that it comes back is a grace.
                    let run = if lot > spent_at { (lot - spent_at).min(30 * DAY) } else { 30 * DAY };
                    moved.push((if lot >= days_30 { lot } else { blank.now + run }, part));
                }
            } else if account.lotted {
                let replay = self.replay(address);
                let mut from_breakage = 0;
                for (lot, part) in lots {
                    let there: i64 = replay.lots.iter().filter(|(of, _)| *of == lot).map(|(_, left)| left).sum();
                    let given = part.min(there - self.reserved(address, Some(lot), blank.now));
                    moved.push((lot, -given));
                    let has_breakage = self.account(&self.breakage(&account.commodity)).is_some();
                    let back = if has_breakage { self.swept(address, lot).min(part - given) } else { 0 };
                    if back > 0 {
                        blank.unswept.push((address.clone(), lot, back));
                    }
                    from_breakage += back;
                    owed += part - given - back;
                }
                gone += from_breakage;
                if from_breakage > 0 {
                    let (address, quantity) = (self.breakage(&account.commodity), -from_breakage * account.sign());
                    breakage.push(Move { address, quantity, lots: Lots::Unsaid });
                }
                for (lot, free) in self.free_lots(address, blank.now) {
                    let taken: i64 = moved.iter().filter(|(of, _)| *of == lot).map(|(_, part)| -part).sum();
                    let given = owed.min(free - taken);
                    moved.push((lot, -given));
                    owed -= given;
                }
            }
            moved.retain(|(_, part)| *part != 0);
            let moves = quantity + (owed + gone) * account.sign();
            let lots = if account.lotted && *quantity != 0 { Lots::These(moved) } else { Lots::Unsaid };
            if moves != 0 || *quantity == 0 {
                blank.moves.push(Move { address: address.clone(), quantity: moves, lots });
            }
            if owed > 0 {
                missing.push((address.clone(), owed));
            }
        }
        for one in breakage {
            match blank.moves.iter_mut().find(|of: &&mut Move| of.address == one.address) {
                Some(of) => of.quantity += one.quantity,
                None => blank.moves.push(one),
            }
        }
        blank.undoes = Some((position, undone));
        Ok(missing)
    }

    /// Of what a card's owner gets back, so much settles what they owe: what would expire first.
    fn keep_back(&self, blank: &mut Event, card: &str, settled: i64) {
        let Some(points) = self.points_of(card).filter(|_| settled > 0) else { return };
        let one = blank.moves.iter_mut().find(|one| one.address == points).unwrap();
        one.quantity += settled;
        let mut rest = settled;
        if let Lots::These(lots) = &mut one.lots {
            lots.sort_unstable();
            for (_, part) in lots.iter_mut() {
                let kept = rest.min(*part);
                (*part, rest) = (*part - kept, rest - kept);
            }
            // What a hold has kept until it lapsed settles the rest.
            for (lot, free) in self.free_lots(&points, blank.now) {
                let part = free.min(rest);
                lots.push((lot, -part));
                rest -= part;
            }
            lots.retain(|(_, part)| *part != 0);
        }
        blank.moves.retain(|one| one.quantity != 0);
        blank.moves.push(Move { address: self.debts_of(card), quantity: -settled, lots: Lots::Unsaid });
    }

    /// Where it stands what a card's owner owes.
    fn debts_of(&self, card: &str) -> String {
        format!("receivable/{}/points", self.pseudonym(card).unwrap_or_default())
    }

    fn debt(&self, card: &str) -> i64 {
        self.normal_balance(&self.debts_of(card))
    }

    /// Any record by its position.
    fn reverse_record(&self, mut blank: Event, position: i64, entries: Option<&[UndoneEntry]>) -> Answer {
        let event = self.events.iter().find(|event| event.position == position);
        let event = event.ok_or(Rejection::UnknownRecord { position })?;
        let reversible = event.undoes.is_none() && !event.moves.is_empty();
        refuse_if(!reversible, Rejection::NotReversible { position })?;
        let left = self.left_to_undo(position);
        let mut wanted: Vec<(String, i64)> = Vec::new();
        for entry in entries.into_iter().flatten() {
            let address = entry.address.to_string();
            refuse_if(self.account(&address).is_none(), Rejection::UnknownAccount { address: address.clone() })?;
            wanted.push((address, entry.quantity));
        }
        if entries.is_none() {
            for account in self.accounts() {
                let sum: i64 = left.iter().filter(|(of, ..)| *of == account.address).map(|(.., left)| left).sum();
                if sum != 0 {
                    wanted.push((account.address.clone(), -sum));
                }
            }
        }
        if let Some(issued) = &event.issued {
            refuse_if(entries.is_some(), Rejection::RedemptionByLines)?;
            return self.reverse(blank, &issued.number, None);
        }
        let mut missing = self.undo(&mut blank, position, &wanted)?;
        let mut charged = Vec::new();
        if let Some(Command::RecordAttendance(row)) = &event.command {
            let points = self.points_of(&row.card).unwrap_or_default();
            let debts = self.debts_of(&row.card);
            if let Some(index) = missing.iter().position(|(address, _)| *address == points) {
                let (_, owed) = missing.remove(index);
                if self.account(&debts).is_none() {
                    let (address, commodity) = (debts.clone(), "POINT".to_owned());
                    let (class, floor) = (Class::Asset, Some(0));
                    blank.opened.push(Opened { address, class, commodity, floor, lotted: false });
                }
                charged.push((points, Move { address: debts, quantity: owed, lots: Lots::Unsaid }));
            }
        }
        for account in self.accounts() {
            if let Some((address, owed)) = missing.iter().find(|(address, _)| *address == account.address) {
                let asked: i64 = wanted.iter().filter(|(of, _)| of == address).map(|(_, asked)| asked.abs()).sum();
                let (address, available) = (address.clone(), asked - owed);
                return Err(Rejection::BelowFloor { address, available, asked });
            }
        }
        // An account of debts takes whatever it gets, and may not be open yet: the debtor's is checked for both.
        let mut checked = blank.moves.clone();
        for (debtor, one) in &charged {
            let given: i64 = checked.iter().filter(|of| of.address == *debtor).map(|of| of.quantity).sum();
            checked.retain(|of| of.address != *debtor);
            let (address, quantity) = (debtor.clone(), given + one.quantity);
            checked.push(Move { address, quantity, lots: Lots::Held(Vec::new()) });
        }
        self.check_corrections(&checked, blank.now)?;
        for (_, one) in charged {
            match blank.moves.iter_mut().find(|of| of.address == one.address) {
                Some(of) => of.quantity += one.quantity,
                None => blank.moves.push(one),
            }
        }
        Ok(blank)
    }

    /// What [`Self::check_moves`] says, of accounts that may be frozen.
    fn check_corrections(&self, moves: &[Move], now: i64) -> Result<(), Rejection> {
        self.check_moves_of(moves, now, &[AccountState::Open, AccountState::Frozen])
    }

    #[expect(clippy::too_many_arguments, reason = "each is one field of the receipt")]
    fn issue(
        &self,
        mut blank: Event,
        card: &str,
        station: &str,
        lines: Vec<(String, i64, i64)>,
        balance: i64,
        reverses: Option<i64>,
        month: (i64, i64),
    ) -> Answer {
        let (year, ..) = local_date(blank.now);
        let at_station: Vec<(i64, &Issued)> = self.receipts().filter(|(_, one)| one.station == station).collect();
        let count = at_station.iter().filter(|(_, one)| one.year == year).count() + 1;
        let issued = Issued {
            number: format!("{station}-{:02}-{count:06}", year % 100),
            station: station.to_owned(),
            year,
            card: card.to_owned(),
            subject: self.pseudonym(card).unwrap_or_default().to_owned(),
            points: lines.iter().map(|(_, pieces, each)| pieces * each).sum(),
            lines,
            balance: self.wants_balance(card).then_some(balance),
            previous: at_station.last().map(|(position, _)| *position),
            reverses,
            month,
        };
        // A redemption leaves 110 characters, so that its reversal's receipt, which names it, has room; and 31 more for what is
        // left, where that may come in between.
        let room = match (issued.reverses, issued.balance) {
            (Some(_), _) => 0,
            (None, Some(_)) => 110,
            (None, None) => 141,
        };
        refuse_if(self.token_length(&issued, blank.now, blank.position) + room > 900, Rejection::ReceiptTooLong)?;
        blank.issued = Some(issued);
        Ok(blank)
    }

    /// Characters of the token: header, payload and signature in base64url, with two dots.
    fn token_length(&self, issued: &Issued, now: i64, position: i64) -> usize {
        let lines: Vec<String> =
            issued.lines.iter().map(|(sku, pieces, each)| format!("[\"{sku}\",{pieces},{each}]")).collect();
        let digest = "x".repeat(43);
        let mut payload = format!(
            "{{\"iss\":\"{}\",\"rno\":\"{}\",\"iat\":{now},\"stn\":\"{}\",\"seq\":{position},\"sub\":\"{}\",\"ln\":[{}],\"pts\":{}{},\"prv\":\"{digest}\"}}",
            self.issuer,
            issued.number,
            issued.station,
            issued.subject,
            lines.join(","),
            issued.points,
            issued.balance.map(|left| format!(",\"bal\":{left}")).unwrap_or_default()
        );
        if issued.reverses.is_some() {
            payload += &format!("\"knd\":\"V\",,\"ref\":\"{digest}\"");
        }
        let header = "{\"alg\":\"Ed25519\",\"typ\":\"pbr1\",\"kid\":\"01234567890\"}";
        [header.len(), payload.len(), 64].iter().map(|bytes| (bytes * 4).div_ceil(3)).sum::<usize>() + 2
    }
}

/// One move of an account with lots, after all those before it.
fn replay_move(replay: &mut Replay, event: &Event, one: &Move, sign: i64) {
    match &one.lots {
        Lots::Into(lot) => replay.give(event.position, *lot, one.quantity * sign),
        Lots::These(lots) | Lots::Held(lots) => {
            lots.iter().for_each(|(lot, part)| replay.give(event.position, *lot, *part))
        }
        // What is unsaid was settled when it was posted.
        Lots::Carried | Lots::Unsaid => {}
    }
}

/// The first minute of a day that is written as `YYYY-MM-DD`.
fn read_day(text: &str) -> Option<i64> {
    read_minute(&format!("{text}T00:00"))
}

/// An address of a text that is one.
pub fn address(text: &str) -> Address {
    Address::new(text).unwrap_or_else(|| unreachable!("{text} is an address"))
}

/// Whether an address belongs to a town: the four accounts of its chart, and all that is kept of members and of pieces.
fn is_of_the_town(address: &str) -> bool {
    match address {
        "expense/points-granted" | "expense/service-received" | "income/points-redeemed" | "income/points-expired" => {
            true
        }
        _ => {
            let beginning = address.split_once('/').map_or("", |(beginning, _)| beginning);
            ["member", "receivable", "station", "supply", "handed-over"].contains(&beginning)
        }
    }
}
