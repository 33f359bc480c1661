//! An id is used once: whoever sends it again, with the same content, is told what was decided the first time, for ever.
//!
//! Commands are sent to a bank on SQLite under fresh ids and under ids used before, singly, together and at the same
//! time, with the same content and with other content; in between, the bank is closed and opened again, and time passes.
//! What to decide is not the question here (`rules.rs` asks it): only that it is decided once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{
    Channel, Command, Envelope, NewAccount, NewEntry, OpenStock, Post, Redeem, ReverseRedemption, SetCardState,
    SetMember, SetStation,
};
use baoyulan_ledger::earn::{ActivityPlan, AttendanceSheetRow, EarningRule, Grade, Policy, ServiceType};
use baoyulan_ledger::people::{CardState, MemberDetails, Unit};
use baoyulan_ledger::shop::{Line, OfferKind, OfferTerms};
use baoyulan_ledger::{Clock, Error, Ledger, NewBank, Options, Posted, Rejection};
use uuid::Uuid;

/// 2026-01-16T09:00 in Shanghai: the four days of activities are over.
const MORNING: i64 = 1_768_525_200;
/// 2026-01-12, the first of them.
const FIRST_DAY: i64 = 20_465;
const CARDS: [&str; 2] = ["1000186983", "0000004269"];

type Outcome = Result<Posted, Rejection>;

/// A bank in a folder of its own, which goes with it.
struct Bank {
    folder: PathBuf,
    now: Arc<AtomicI64>,
    ledger: Option<Ledger>,
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Bank {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("ids-{}", Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let mut bank = Self { folder, now: Arc::new(AtomicI64::new(MORNING)), ledger: None };
        bank.reopen().await;
        bank
    }

    async fn reopen(&mut self) {
        if let Some(ledger) = self.ledger.take() {
            ledger.close().await;
        }
        let url = format!("sqlite://{}/bank.db", self.folder.display());
        let now = Arc::clone(&self.now);
        let clock = Clock::Host(Arc::new(move || now.load(Ordering::Relaxed)));
        // The test lets years pass between two starts.
        let clock_days_ahead_max = u32::MAX;
        let new = NewBank { demo: true, ..NewBank::of_town("baoyulan") };
        let options = Options { clock, clock_days_ahead_max, ..Options::create(new) };
        self.ledger = Some(Ledger::open(&url, options).await.unwrap());
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap()
    }

    async fn post_all(&self, envelopes: Vec<Envelope>) -> Vec<Outcome> {
        self.ledger().post_all(envelopes).await.unwrap()
    }

    async fn post(&self, envelope: Envelope) -> Outcome {
        match self.ledger().post(envelope).await {
            Ok(posted) => Ok(posted),
            Err(Error::Rejected(rejection)) => Err(rejection),
            Err(Error::Fault(fault)) => panic!("{fault}"),
        }
    }

    async fn records(&self) -> i64 {
        self.ledger().journal_head().await.unwrap().0 as i64
    }

    /// A bank with two volunteers, an offer, three pieces of it at one station, and none at the other.
    async fn furnish(&self) {
        let envelopes = furniture().into_iter().map(|command| Envelope::unkeyed("setup", Channel::Import, command));
        for outcome in self.post_all(envelopes.collect()).await {
            outcome.unwrap();
        }
    }
}

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn furniture() -> Vec<Command> {
    let text = str::to_owned;
    let unit = Unit { code: text("U1"), parent: text(""), level: text("town"), name: text("it"), origin: text("seed") };
    let station = |code: &str| {
        Command::SetStation(SetStation { code: text(code), unit: text("U1"), name: text("it"), origin: text("seed") })
    };
    let fund = NewAccount { floor: None, ..NewAccount::new(address("own/fund"), Class::Equity, Commodity::point()) };
    let purse = NewAccount::new(address("own/purse"), Class::Asset, Commodity::point());
    let mut commands = vec![
        Command::SetUnit(unit),
        station("S01"),
        station("S02"),
        Command::SetPolicy(Box::new(policy())),
        offer(10),
        Command::OpenStock(OpenStock { station: text("S01"), sku: text("G1"), pieces: 25 }),
        Command::OpenAccount(fund),
        Command::OpenAccount(purse),
    ];
    commands.extend(CARDS.map(member));
    commands.extend((0..40).map(activity));
    commands
}

fn policy() -> Policy {
    let rule =
        EarningRule { name: String::new(), points_per_hour: 30, coefficient: 1.into(), records_service_time: true };
    let service = ServiceType { name: String::new(), rule: "E01".to_owned(), origin: String::new() };
    let grade = Grade { name: String::new(), coefficient: 1.into() };
    Policy {
        rules: [("E01".to_owned(), rule)].into(),
        service_types: [("care".to_owned(), service)].into(),
        grades: [("good".to_owned(), grade)].into(),
        ..Policy::with_town_limits()
    }
}

fn offer(points: i64) -> Command {
    let (sku, name) = ("G1".to_owned(), "soap".to_owned());
    Command::SetOffer(OfferTerms { sku, name, kind: OfferKind::Goods, points, cost_fen: 100, monthly_limit: 8 })
}

fn member(card: &str) -> Command {
    let details = MemberDetails {
        name: "someone".to_owned(),
        sex: String::new(),
        birth_year: 0,
        team: String::new(),
        action_group: String::new(),
        grid: String::new(),
        building_group: String::new(),
        home_station: String::new(),
        consent_on: "2026-01-12".to_owned(),
    };
    Command::SetMember(SetMember { card: card.to_owned(), details })
}

/// Forty activities of an hour, ten a day.
fn activity(index: i64) -> Command {
    let day = FIRST_DAY + index / 10;
    let starts_at = day * 1440 + (8 + index % 10) * 60;
    Command::SetActivity(ActivityPlan {
        code: format!("A{index:02}"),
        title: String::new(),
        service_type: "care".to_owned(),
        day,
        starts_at,
        ends_at: starts_at + 60,
        station: String::new(),
        team: String::new(),
        organiser_card: String::new(),
        service_day: false,
    })
}

fn attendance(card: &str, index: i64) -> Command {
    let (date, hour) = (12 + index / 10, 8 + index % 10);
    Command::RecordAttendance(AttendanceSheetRow {
        activity: format!("A{index:02}"),
        card: card.to_owned(),
        check_in: format!("2026-01-{date:02}T{hour:02}:00"),
        check_out: format!("2026-01-{date:02}T{:02}:00", hour + 1),
        grade: "good".to_owned(),
        source: "roster".to_owned(),
        entered_by: "clerk".to_owned(),
        confirmed_by: "head".to_owned(),
    })
}

fn redeem(card: &str, station: &str, pieces: i64, points_shown: Option<i64>) -> Command {
    let lines = vec![Line { sku: "G1".to_owned(), pieces }];
    Command::Redeem(Redeem { card: card.to_owned(), station: station.to_owned(), lines, points_shown })
}

fn transfer(quantity: i64) -> Command {
    let entry = |to: &str, quantity| NewEntry::new(address(to), quantity);
    Command::Post(Post { entries: vec![entry("own/purse", quantity), entry("own/fund", -quantity)] })
}

/// Repeatable chance: xorshift.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as i64 % bound
    }

    fn command(&mut self) -> Command {
        let card = CARDS[self.below(2) as usize];
        match self.below(20) {
            0..=4 => attendance(card, self.below(40)),
            5..=10 => {
                let shown = [None, None, Some(10), Some(12)][self.below(4) as usize];
                redeem(card, ["S01", "S01", "S02"][self.below(3) as usize], 1 + self.below(2), shown)
            }
            11..=13 => transfer(self.below(40) - 22),
            14 => offer(10 + self.below(3)),
            15 => {
                Command::OpenStock(OpenStock { station: "S02".to_owned(), sku: "G1".to_owned(), pieces: self.below(5) })
            }
            16 => {
                let state = [CardState::Active, CardState::Blocked][self.below(2) as usize];
                Command::SetCardState(SetCardState { card: card.to_owned(), state })
            }
            _ => Command::ReverseRedemption(ReverseRedemption {
                receipt: format!("S0{}-26-{:06}", 1 + self.below(2), 1 + self.below(9)),
                lines: None,
            }),
        }
    }

    /// The same to all that counts: another door, another device.
    fn resent(&mut self, envelope: &Envelope) -> Envelope {
        let channel = [Channel::Kiosk, Channel::Api, Channel::Host][self.below(3) as usize];
        Envelope { channel, device: ["", "K1"][self.below(2) as usize].to_owned(), ..envelope.clone() }
    }

    /// Another content under the same id: each thing that counts, differently.
    fn altered(&mut self, envelope: &Envelope) -> Envelope {
        let mut other = envelope.clone();
        match self.below(4) {
            0 => other.reason.push('!'),
            1 => other.on_behalf_of.push('x'),
            2 => other.effective_on = Some(jiff::civil::date(2026, 1, 1 + self.below(28) as i8)),
            _ => other.command = transfer(1_000 + self.below(1_000)),
        }
        other
    }
}

/// Everything that was ever sent under an id, and what became of it the first time.
struct Sent {
    bank: Bank,
    first: Vec<(Envelope, Outcome)>,
    by_key: BTreeMap<(Arc<str>, Uuid), usize>,
    records: i64,
    /// How often each kind of answer was given.
    answers: BTreeMap<&'static str, u64>,
}

impl Sent {
    fn fresh(&self, chance: &mut Chance) -> Envelope {
        // The same ids under two credentials: a scope of its own each.
        let actor = ["kiosk-1", "kiosk-2"][chance.below(2) as usize];
        let used = self.first.iter().filter_map(|(envelope, _)| envelope.key.clone());
        let other = used.filter(|key| *key.credential != *actor).nth(chance.below(200) as usize);
        let id = other.map(|key| key.id).filter(|id| !self.by_key.contains_key(&(actor.into(), *id)));
        Envelope::keyed(id.unwrap_or_else(|| Uuid::from_u128(chance.0.into())), actor, Channel::Kiosk, chance.command())
    }

    fn next(&self, chance: &mut Chance) -> Envelope {
        if self.first.is_empty() || chance.below(2) == 0 {
            return self.fresh(chance);
        }
        let (earlier, _) = &self.first[chance.below(self.first.len() as i64) as usize];
        if chance.below(4) == 0 { chance.altered(earlier) } else { chance.resent(earlier) }
    }

    /// One answer: the first for its id, or what must follow from the first.
    fn check(&mut self, envelope: Envelope, outcome: Outcome) {
        let key = envelope.key.clone().unwrap();
        let Some(first) = self.by_key.get(&(key.credential.clone(), key.id)) else {
            if let Ok(posted) = &outcome {
                assert!(!posted.replayed, "{envelope:?}");
                assert_eq!(posted.position, self.records, "{envelope:?}");
                self.records += 1;
            }
            *self.answers.entry(if outcome.is_ok() { "posted" } else { "refused" }).or_default() += 1;
            assert_ne!(outcome, Err(Rejection::IdConflict));
            self.by_key.insert((key.credential, key.id), self.first.len());
            self.first.push((envelope, outcome));
            return;
        };
        let (sent, became) = &self.first[*first];
        let (expected, answer) = if sent.content_hash() != envelope.content_hash() {
            (Err(Rejection::IdConflict), "conflict")
        } else {
            match became {
                Ok(posted) => (Ok(Posted { replayed: true, ..posted.clone() }), "posted before"),
                Err(rejection) => (Err(rejection.clone()), "refused before"),
            }
        };
        assert_eq!(outcome, expected, "{envelope:?}, sent first as {sent:?}");
        *self.answers.entry(answer).or_default() += 1;
    }

    async fn round(&mut self, chance: &mut Chance) {
        match chance.below(3) {
            0 => {
                let envelope = self.next(chance);
                let outcome = self.bank.post(envelope.clone()).await;
                self.check(envelope, outcome);
            }
            1 => {
                let mut envelopes: Vec<Envelope> = (0..1 + chance.below(6)).map(|_| self.next(chance)).collect();
                // One that is in its own batch twice, and once more altered.
                envelopes.push(chance.resent(&envelopes[0]));
                envelopes.push(chance.altered(&envelopes[0]));
                let outcomes = self.bank.post_all(envelopes.clone()).await;
                assert_eq!(outcomes.len(), envelopes.len());
                envelopes.into_iter().zip(outcomes).for_each(|(envelope, outcome)| self.check(envelope, outcome));
            }
            _ => {
                let envelope = self.next(chance);
                let post = || self.bank.post(envelope.clone());
                let outcomes = tokio::join!(post(), post(), post());
                let mut outcomes = vec![outcomes.0, outcomes.1, outcomes.2];
                // Whichever came first is the one that posted it.
                outcomes.sort_by_key(|outcome| outcome.as_ref().is_ok_and(|posted| posted.replayed));
                outcomes.into_iter().for_each(|outcome| self.check(envelope.clone(), outcome));
            }
        }
        assert_eq!(self.bank.records().await, self.records, "a record too many or too few");
    }

    /// Everything that was ever sent, once more, in batches.
    async fn resend_all(&mut self, chance: &mut Chance) {
        let all: Vec<Envelope> = self.first.iter().map(|(envelope, _)| chance.resent(envelope)).collect();
        for envelopes in all.chunks(50) {
            let outcomes = self.bank.post_all(envelopes.to_vec()).await;
            envelopes.iter().zip(outcomes).for_each(|(envelope, outcome)| self.check(envelope.clone(), outcome));
        }
    }
}

#[tokio::test]
async fn an_id_has_one_outcome_for_ever() {
    for seed in [1, 20_260_112] {
        let bank = Bank::new().await;
        bank.furnish().await;
        let records = bank.records().await;
        let mut sent = Sent { bank, first: Vec::new(), by_key: BTreeMap::new(), records, answers: BTreeMap::new() };
        let mut chance = Chance(seed);
        for round in 0..400 {
            sent.round(&mut chance).await;
            if round % 20 == 19 {
                sent.bank.now.fetch_add(chance.below(5 * 86_400), Ordering::Relaxed);
                sent.bank.reopen().await;
            }
        }
        sent.bank.now.fetch_add(900 * 86_400, Ordering::Relaxed);
        sent.resend_all(&mut chance).await;
        sent.bank.reopen().await;
        sent.resend_all(&mut chance).await;
        assert_eq!(sent.bank.records().await, sent.records, "something was posted twice");
        let balance = sent.bank.ledger().trial_balance().await.unwrap();
        assert!(balance.disagreements.is_empty(), "{:?}", balance.disagreements);
        println!("{:?}", sent.answers);
        for answer in ["posted", "refused", "posted before", "refused before", "conflict"] {
            assert!(sent.answers.get(answer).is_some_and(|count| *count >= 50), "{answer}: {:?}", sent.answers);
        }
        let redeemed = sent.first.iter().filter(|(_, outcome)| outcome.as_ref().is_ok_and(|one| one.receipt.is_some()));
        assert!(redeemed.count() >= 10);
    }
}

#[tokio::test]
async fn what_was_refused_stays_refused_when_its_cause_is_gone() {
    let mut bank = Bank::new().await;
    bank.furnish().await;
    let send = |command| Envelope::keyed(Uuid::now_v7(), "kiosk-1", Channel::Kiosk, command);
    bank.post(send(attendance(CARDS[0], 0))).await.unwrap();

    let envelope = send(redeem(CARDS[0], "S02", 1, Some(10)));
    let refused = Err(Rejection::OutOfStock { sku: "G1".to_owned(), pieces_left: 0 });
    assert_eq!(bank.post(envelope.clone()).await, refused);
    bank.post(send(Command::OpenStock(OpenStock { station: "S02".to_owned(), sku: "G1".to_owned(), pieces: 3 })))
        .await
        .unwrap();

    assert_eq!(bank.post(envelope.clone()).await, refused, "stock has come, the id is spent");
    bank.reopen().await;
    assert_eq!(bank.post(envelope.clone()).await, refused);
    let other = Envelope { reason: "again".to_owned(), ..envelope.clone() };
    assert_eq!(bank.post(other).await, Err(Rejection::IdConflict));
    assert_eq!(bank.post(envelope.clone()).await, refused, "a conflict leaves the first outcome as it is");

    let anew = bank.post(send(envelope.command)).await.unwrap();
    assert!(anew.receipt.is_some(), "a new id is a new request");
}

/// Whoever turns a command away under its id knows: an earlier copy is carried out by then, or never.
#[tokio::test]
async fn what_the_door_turns_away_is_settled_for_every_copy_of_it() {
    let mut bank = Bank::new().await;
    bank.furnish().await;
    let send = |command| Envelope::keyed(Uuid::now_v7(), "kiosk-1", Channel::Kiosk, command);
    bank.post(send(attendance(CARDS[0], 0))).await.unwrap();
    let turned_away = |envelope: &Envelope| Envelope { turned_away: Some(Rejection::NoVisit), ..envelope.clone() };

    // The copy that is turned away comes first: the others, on their way meanwhile, are refused too.
    let late = send(redeem(CARDS[0], "S01", 1, Some(10)));
    let before = bank.records().await;
    assert_eq!(bank.post(turned_away(&late)).await, Err(Rejection::NoVisit));
    assert_eq!(bank.post(late.clone()).await, Err(Rejection::NoVisit));
    bank.reopen().await;
    assert_eq!(bank.post(late.clone()).await, Err(Rejection::NoVisit));
    assert_eq!(bank.records().await, before, "nothing of it is in the journal");

    // It comes second, also within one batch, and when nobody remembers the first: it gets the first one's outcome.
    let good = send(redeem(CARDS[0], "S01", 1, Some(10)));
    let both = bank.post_all(vec![good.clone(), turned_away(&good)]).await;
    let receipt = both[0].as_ref().unwrap().receipt.clone().unwrap();
    assert_eq!(both[1].as_ref().unwrap().receipt.as_ref(), Some(&receipt));
    bank.reopen().await;
    // Who vouched is what the door adds, and no part of the content.
    let again = Envelope { attended_by: "teller-1".to_owned(), ..turned_away(&good) };
    assert_eq!(bank.post(again).await.unwrap().receipt, Some(receipt));
    // Without an id, it is turned away and leaves nothing.
    let unkeyed = Envelope { key: None, ..turned_away(&good) };
    assert_eq!(bank.post(unkeyed).await, Err(Rejection::NoVisit));
}

/// A refusal without an id is not kept: the import relies on it when it is repeated.
#[tokio::test]
async fn without_an_id_the_rule_alone_decides() {
    let bank = Bank::new().await;
    bank.furnish().await;
    let send = |command| Envelope::unkeyed("import", Channel::Import, command);
    let redemption = || send(redeem(CARDS[0], "S01", 1, None));
    let refused = bank.post(redemption()).await;
    assert_eq!(refused, Err(Rejection::InsufficientPoints { points: 10, points_spendable: 0 }));
    bank.post(send(attendance(CARDS[0], 0))).await.unwrap();
    assert_eq!(bank.post(send(attendance(CARDS[0], 0))).await, Err(Rejection::AlreadyRecorded));
    bank.post(redemption()).await.unwrap();
}
