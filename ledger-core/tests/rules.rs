//! Any sequence of commands, decided by the ledger and by an oracle that shares no code with it: both must say the same,
//! to the last entry, and what may never break must hold after each command.
//!
//! The sequences are made of few cards, stations and offers, so that they meet; the second test shows that they reach
//! every rejection there is.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use baoyulan_ledger::Rejection;
use baoyulan_ledger::bank::{BankRow, KeyRow, found};
use baoyulan_ledger::book::usage::UsageKey;
use baoyulan_ledger::book::{Account, AccountId, AccountState, Class, Commodity, Entry, HoldId};
use baoyulan_ledger::command::{
    CaptureHold, CapturedEntry, Channel, ChooseBalance, Command, DefineCommodity, Envelope, Expire, KINDS, Key,
    LimitedAccounts, NewAccount, NewEntry, OpenStock, PlaceHold, Post, Redeem, ReleaseHold, Reverse, ReverseRedemption,
    RevokeCredential, SetAccountState, SetCardState, SetLimit, SetMember, SetPin, SetStation, Side, UndoneEntry,
    Window,
};
use baoyulan_ledger::earn::{ActivityPlan, AttendanceSheetRow, Award, EarningRule, Grade, Policy, ServiceType};
use baoyulan_ledger::effect::{Effect, Effects, Erasable};
use baoyulan_ledger::people::{
    BalanceOnReceipts, CardNumber, CardState, Credential, MemberDetails, MemberId, NewCredential, Partner, PinRow,
    Role, Team, Unit,
};
use baoyulan_ledger::proof::record::AuditRow;
use baoyulan_ledger::proof::{Digest, ReceiptKind, sha256};
use baoyulan_ledger::reject::{Expected, PolicyFault};
use baoyulan_ledger::rule::{Halt, Moment, check_envelope, decide, effective_day};
use baoyulan_ledger::shop::{Line, OfferKind, OfferTerms, PiecesHadKey};
use baoyulan_ledger::world::World;
use data_encoding::HEXLOWER;
use oracle::calendar::{days_to, local_date, midnight, next_midnight, write_minute};
use oracle::{Event, Oracle, address, check_digits};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};

const ISSUER: &str = "rules.example";
const DAY: i64 = 86_400;
const MOST: i64 = 9_007_199_254_740_991;

/// A bank in memory, twice: as the ledger sees it, and as the oracle does.
struct Bench {
    world: World,
    oracle: Oracle,
    now: i64,
    /// Every entry with its position, in order.
    entries: Vec<(i64, Entry)>,
    tokens: BTreeMap<i64, Digest>,
    /// How often each outcome occurred.
    reached: BTreeMap<String, u64>,
}

/// What erasable documents are salted with.
const SALT: [u8; 16] = [7; 16];

/// A stand-in for a signed token's digest.
fn token_of(position: i64) -> Digest {
    sha256(&[b"token", &position.to_be_bytes()])
}

impl Bench {
    /// A town's bank.
    fn new(issuer: &str) -> Self {
        Self::of(issuer, true)
    }

    /// A bank with a town in it, or one of accounts alone.
    fn of(issuer: &str, town: bool) -> Self {
        let bank = BankRow {
            bank_id: "0".repeat(32),
            demo: true,
            town,
            issuer: issuer.to_owned(),
            origin: "rules.example/journal".to_owned(),
            time_zone: "Asia/Shanghai".to_owned(),
        };
        let kid = "01234567890".to_owned();
        let key = KeyRow { kid, purpose: 1, public_key: [0; 32], valid_from: 0, valid_until: None };
        let mut world = World::whole();
        let founding = found(bank, key);
        world.apply(0, &founding, None).unwrap();
        world.remember(0, 0, 0, &founding).unwrap();
        Self {
            world,
            oracle: if town { Oracle::new(issuer) } else { Oracle::without_town(issuer) },
            // To the second when A08 ends, so that some attendances have just ended, some will in a minute, and the
            // later activities are all to come.
            now: midnight(2026, 1, 14) + 12 * 3600,
            entries: Vec::new(),
            tokens: BTreeMap::new(),
            reached: BTreeMap::new(),
        }
    }

    /// Sends a command to both, and compares all that became of it.
    fn send(&mut self, envelope: &Envelope) -> TestCaseResult {
        let position = self.oracle.events.len() as i64;
        let random: [u8; 10] = sha256(&[b"member", &position.to_be_bytes()])[..10].try_into().unwrap();
        let moment = Moment { now: self.now, position, audit_salt: SALT, pseudonym: random };
        let decided = self.decide(envelope, &moment)?;
        prop_assert_eq!(&decided, &self.decide(envelope, &moment)?, "decided twice, differently");
        let expected = self.oracle.predict(envelope, self.now, position, random);
        let outcome = match &decided {
            Ok(_) => envelope.command.kind().to_owned(),
            Err(rejection) => rejection.code(),
        };
        *self.reached.entry(outcome).or_default() += 1;
        match (decided, expected) {
            (Ok(effects), Ok(event)) => {
                self.compare(envelope, &effects, &event)?;
                let token = effects.receipt.is_some().then(|| token_of(position));
                self.tokens.extend(token.map(|token| (position, token)));
                self.world.apply(position, &effects, token).unwrap();
                let day = effective_day(&self.world, envelope, &effects, self.now);
                self.world.remember(position, self.now, day, &effects).unwrap();
                self.oracle.events.push(event);
                self.check_entries(position, &effects)
            }
            (Err(actual), Err(expected)) => {
                prop_assert_eq!(comparable(actual), comparable(expected), "{:?}", envelope);
                Ok(())
            }
            (decided, expected) => {
                Err(TestCaseError::fail(format!("{envelope:?}: decided {decided:?}, the oracle says {expected:?}")))
            }
        }
    }

    /// What the command's own rule decides. A town's accounts are no exception here: what a hold or a gift means on a
    /// member's account must be right before the town has a command of its own that leads to it.
    fn decide(&self, envelope: &Envelope, moment: &Moment) -> Result<Result<Effects, Rejection>, TestCaseError> {
        let decided = match check_envelope(envelope) {
            Ok(()) => known(envelope, envelope.command.decide(&self.world, moment))?,
            Err(rejection) => Err(rejection),
        };
        let with_all_checks = known(envelope, decide(&self.world, envelope, moment))?;
        if self.oracle.names_reserved(&envelope.command) && check_envelope(envelope).is_ok() {
            prop_assert!(matches!(with_all_checks, Err(Rejection::ReservedAccount { .. })), "{:?}", envelope);
        } else {
            prop_assert_eq!(&with_all_checks, &decided, "{:?}", envelope);
        }
        Ok(decided)
    }

    /// An account of the ledger's.
    fn account(&self, number: AccountId) -> &Account {
        self.world.accounts.get(&number).unwrap().unwrap()
    }

    /// What the effects say must be what the oracle says.
    fn compare(&self, envelope: &Envelope, effects: &Effects, event: &Event) -> TestCaseResult {
        let entries = effects.rows.iter().filter_map(|row| match row {
            Effect::Entry(entry) => Some(entry),
            _ => None,
        });
        let address_of = |entry: &Entry| {
            let opened = effects.rows.iter().find_map(|row| match row {
                Effect::Account(row) if row.account == entry.account => Some(row.address.to_string()),
                _ => None,
            });
            opened.unwrap_or_else(|| self.account(entry.account).address.to_string())
        };
        let mut entries: Vec<(String, i64, i64)> =
            entries.map(|entry| (address_of(entry), entry.lot, entry.quantity)).collect();
        entries.sort();
        prop_assert_eq!(entries, self.oracle.entries_of(event), "entries of {:?}", envelope);

        let opened = effects.rows.iter().filter_map(|row| match row {
            Effect::Account(row) => Some((row.address.to_string(), row.lotted)),
            _ => None,
        });
        let expected = event.opened().iter().map(|account| (account.address.clone(), account.lotted));
        prop_assert_eq!(opened.collect::<Vec<_>>(), expected.collect::<Vec<_>>());

        let earned = effects.rows.iter().find_map(|row| match row {
            Effect::Attendance(row) => Some(row),
            _ => None,
        });
        let earned = earned.map(|earned| oracle::Earned {
            credited: earned.minutes_credited,
            recorded: earned.minutes_recorded,
            counted: earned.minutes_counted,
            time: earned.time_points,
            organiser: earned.organiser_points,
            service_day: earned.service_day_points,
            theme: earned.theme_points,
        });
        prop_assert_eq!(earned.as_ref(), event.earned(), "earned by {:?}", envelope);
        self.compare_access(envelope, effects, event)?;
        self.compare_sweeps(effects, event)?;
        self.compare_receipt(effects, event)
    }

    /// What goes to breakage, lot by lot.
    fn compare_sweeps(&self, effects: &Effects, event: &Event) -> TestCaseResult {
        let swept = effects.rows.iter().filter_map(|row| match row {
            Effect::Sweep(row) => Some(row),
            _ => None,
        });
        let mut swept: Vec<(String, i64, i64, i64)> = swept
            .map(|row| (self.account(row.account).address.to_string(), row.lot, row.quantity, row.swept))
            .collect();
        swept.sort();
        prop_assert_eq!(swept, self.oracle.sweeps_of(event));
        Ok(())
    }

    /// A credential's row and a PIN's audit: there where they must be, and nowhere else. Of a PIN the journal keeps the
    /// salted digest of its verifier's hash, and beside it stands the verifier.
    fn compare_access(&self, envelope: &Envelope, effects: &Effects, event: &Event) -> TestCaseResult {
        let issues = matches!(envelope.command, Command::IssueCredential(_) | Command::RevokeCredential(_));
        let rows = effects.rows.iter().filter(|row| matches!(row, Effect::Credential(_))).count();
        prop_assert_eq!(rows, usize::from(issues), "{:?}", envelope);
        prop_assert!(!issues || effects.rows.len() == rows, "{:?}", envelope);
        let Command::SetPin(SetPin { card, verifier }) = &envelope.command else { return Ok(()) };
        let document = format!("\"{}\"", HEXLOWER.encode(&sha256(&[verifier.as_bytes()])));
        let subject = format!("pin/{}", self.oracle.pseudonym(card).unwrap_or_default());
        let digest = sha256(&[&SALT, document.as_bytes()]);
        prop_assert_eq!(&effects.rows, &[Effect::Audit(AuditRow { subject, digest })]);
        prop_assert_eq!(effects.erasable.as_ref().map(Erasable::document), Some(document));
        let (member, position) = (self.member(card).unwrap(), event.position);
        let pin = PinRow { member, position, verifier: verifier.clone() };
        prop_assert_eq!(effects.erasable.as_ref(), Some(&Erasable::Pin(pin)));
        Ok(())
    }

    /// The number of a card's member, where anybody has it.
    fn member(&self, card: &str) -> Option<MemberId> {
        self.world.town.cards.get(&CardNumber::parse(card)?).unwrap().copied()
    }

    fn compare_receipt(&self, effects: &Effects, event: &Event) -> TestCaseResult {
        let Some((draft, issued)) = effects.receipt.as_ref().zip(event.issued.as_ref()) else {
            prop_assert_eq!(effects.receipt.is_some(), event.issued.is_some());
            return Ok(());
        };
        let receipt = &draft.receipt;
        prop_assert_eq!(&receipt.number, &issued.number);
        prop_assert_eq!(&receipt.issuer, self.world.issuer());
        prop_assert_eq!(&receipt.station, &issued.station);
        prop_assert_eq!(&receipt.subject, &issued.subject);
        let lines = receipt.lines.iter().map(|line| (line.sku.clone(), line.pieces, line.points_each));
        prop_assert_eq!(&lines.collect::<Vec<_>>(), &issued.lines);
        prop_assert_eq!(receipt.points, issued.points);
        prop_assert_eq!(receipt.balance, issued.balance);
        prop_assert_eq!(receipt.issued_at, self.now);
        prop_assert_eq!(receipt.position, event.position);
        prop_assert_eq!(effects.reverses(), issued.reverses);
        prop_assert_eq!(receipt.reference, issued.reverses.map(|position| self.tokens[&position]));
        prop_assert_eq!(receipt.kind == ReceiptKind::Reversal, issued.reverses.is_some());
        let first = || sha256(&[format!("pbr1/{}/{}", receipt.issuer, receipt.station).as_bytes()]);
        let previous = issued.previous.map_or_else(first, |position| self.tokens[&position]);
        prop_assert_eq!(receipt.previous, previous, "the chain of receipts");
        Ok(())
    }

    /// One record's entries: they sum to zero, and continue what each account had.
    fn check_entries(&mut self, position: i64, effects: &Effects) -> TestCaseResult {
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        let mut order = Vec::new();
        for row in &effects.rows {
            let Effect::Entry(entry) = row else { continue };
            let account = self.account(entry.account);
            *sums.entry(account.commodity.as_str().to_owned()).or_default() += i128::from(entry.quantity);
            let of_account = || self.entries.iter().filter(|(_, earlier)| earlier.account == entry.account);
            let sum: i64 = of_account().map(|(_, earlier)| earlier.quantity).sum();
            prop_assert_eq!(entry.balance_after, sum + entry.quantity);
            let before = of_account().map(|(position, _)| *position).filter(|earlier| *earlier < position).max();
            prop_assert_eq!(entry.previous, before.unwrap_or(-1), "the chain of entries");
            prop_assert!(entry.quantity != 0);
            order.push((entry.account, entry.lot));
            self.entries.push((position, entry.clone()));
        }
        prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", sums);
        prop_assert!(order.is_sorted() && order.iter().collect::<BTreeSet<_>>().len() == order.len());
        let touched: BTreeSet<AccountId> = order.into_iter().map(|(account, _)| account).collect();
        touched.into_iter().try_for_each(|account| self.check_account(account))
    }

    /// An account as it stands: sums, lots, floor.
    fn check_account(&self, number: AccountId) -> TestCaseResult {
        let account = self.account(number);
        let own = || self.entries.iter().filter(|(_, entry)| entry.account == number);
        let sum: i64 = own().map(|(_, entry)| entry.quantity).sum();
        prop_assert_eq!(account.balance, sum);
        prop_assert_eq!(account.balance, self.oracle.balance(account.address.as_str()));
        prop_assert_eq!(account.last_position, own().map(|(position, _)| *position).max().unwrap_or(-1));
        let (mut start, mut walked) = (account.last_position, 0);
        while start >= 0 {
            let there: Vec<&Entry> = own().filter(|(position, _)| *position == start).map(|(_, entry)| entry).collect();
            walked += there.len();
            start = there[0].previous;
        }
        prop_assert_eq!(walked, own().count(), "walking back along {}", account.address);
        prop_assert!(account.normal_balance() >= account.floor, "{} is below its floor", account.address);
        if account.lotted {
            prop_assert!(account.lots.values().all(|remaining| *remaining >= 0));
            prop_assert_eq!(account.lots.values().sum::<i64>(), account.normal_balance());
            let remaining: BTreeMap<i64, i64> =
                account.lots.iter().filter(|(_, remaining)| **remaining > 0).map(|(lot, left)| (*lot, *left)).collect();
            let lots = self.oracle.replay(account.address.as_str()).lots;
            prop_assert_eq!(remaining, lots.into_iter().filter(|(_, left)| *left > 0).collect::<BTreeMap<_, _>>());
        } else {
            prop_assert!(account.lots.is_empty());
        }
        Ok(())
    }

    /// The whole bank.
    fn check_all(&self) -> TestCaseResult {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for account in self.world.accounts.values() {
            *sums.entry(account.commodity.as_str()).or_default() += i128::from(account.balance);
            self.check_account(account.id)?;
            prop_assert_eq!(account.state, self.oracle.state(account.address.as_str()));
            if account.address.as_str().contains("/stock/") {
                prop_assert!(account.balance >= 0, "{} is negative", account.address);
            }
        }
        prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", sums);
        prop_assert_eq!(self.world.accounts.values().count(), self.oracle.accounts().count());
        for (index, account) in self.oracle.accounts().enumerate() {
            prop_assert_eq!(self.account(AccountId(index as i64)).address.as_str(), account.address.as_str());
        }
        for (card, sku, (year, month)) in self.oracle.limits_touched() {
            let had = self.oracle.pieces_had(&card, &sku, (year, month));
            let key = PiecesHadKey { member: self.member(&card).unwrap(), sku, month: year * 12 + month - 1 };
            prop_assert_eq!(self.world.town.pieces_had.get(&key).unwrap().copied(), Some(had));
            prop_assert!(had >= 0);
        }
        self.check_holds()?;
        self.check_usages()?;
        self.check_credentials()?;
        self.check_receipts()
    }

    /// What is left in each hold, what is reserved and can be spent of each account, and when it last changed.
    fn check_holds(&self) -> TestCaseResult {
        prop_assert_eq!(self.world.holds.values().count(), self.oracle.holds().count());
        for placed in self.oracle.holds() {
            let hold = self.world.hold(&placed.code).unwrap().unwrap();
            prop_assert_eq!(hold.until, placed.until);
            let left = hold.remaining.iter().filter(|(_, remaining)| **remaining != 0);
            let mut left: Vec<oracle::Piece> = left
                .map(|((number, lot), remaining)| (self.account(*number).address.to_string(), *lot, *remaining))
                .collect();
            left.sort();
            let mut expected = self.oracle.left(&placed.code);
            expected.sort();
            prop_assert_eq!(left, expected, "left in {}", placed.code);
        }
        for account in self.world.accounts.values() {
            let address = account.address.as_str();
            prop_assert_eq!(account.reserved(self.now), self.oracle.reserved(address, None, self.now));
            prop_assert_eq!(account.spendable(self.now), self.oracle.spendable(address, self.now), "{}", address);
            prop_assert_eq!(account.version, self.oracle.version(address), "{}", address);
            let unfloored = account.floor.saturating_add(account.reserved(self.now));
            prop_assert!(account.normal_balance() >= unfloored, "{address} is reserved below its floor");
        }
        Ok(())
    }

    /// What is kept of the use of limits is what was posted in the window of the account's last record.
    fn check_usages(&self) -> TestCaseResult {
        for account in self.world.accounts.values() {
            for window in Window::ALL {
                let key = UsageKey { account: account.id, window: *window };
                let Some(usage) = self.world.usages.peek(&key).filter(|usage| usage.counted_to >= 0) else { continue };
                let address = account.address.as_str();
                let used = |side| self.oracle.posted_since(address, side, *window, usage.started_at, usage.counted_to);
                prop_assert_eq!((usage.used_in, usage.used_out), (used(Side::In), used(Side::Out)), "{}", address);
                prop_assert!(usage.counted_to <= account.last_position);
            }
        }
        Ok(())
    }

    /// Credentials are what was issued, except that some were taken back.
    fn check_credentials(&self) -> TestCaseResult {
        prop_assert_eq!(self.world.town.credentials.values().count(), self.oracle.credentials().count());
        for (new, issued_at) in self.oracle.credentials() {
            let expected = Credential {
                code: new.code.clone(),
                actor: new.actor.clone(),
                role: new.role,
                station: new.station.clone(),
                member: self.member(&new.card),
                token_hash: new.token_hash,
                valid_from: issued_at,
                valid_until: new.valid_until,
                revoked: self.oracle.is_revoked(&new.code),
            };
            let credential = self.world.town.credentials.get(&new.code).unwrap().unwrap();
            prop_assert_eq!(credential, &expected);
            for now in [issued_at, self.now, new.valid_until.unwrap_or(issued_at)] {
                let in_time = new.valid_until.is_none_or(|until| now < until);
                prop_assert_eq!(credential.is_valid(now), in_time && !expected.revoked);
            }
        }
        Ok(())
    }

    /// Receipt numbers of a station and year are 1, 2, 3 …, whatever was refused in between.
    fn check_receipts(&self) -> TestCaseResult {
        let mut next: BTreeMap<String, u64> = BTreeMap::new();
        for (_, issued) in self.oracle.receipts() {
            let (station_and_year, number) = issued.number.rsplit_once('-').unwrap();
            let next = next.entry(station_and_year.to_owned()).or_insert(1);
            prop_assert_eq!(number.parse::<u64>().unwrap(), *next);
            *next += 1;
        }
        Ok(())
    }
}

/// What was decided; in a world that is whole that can always be told. Rows in the order in which they are posted.
fn known(envelope: &Envelope, decided: Result<Effects, Halt>) -> Result<Result<Effects, Rejection>, TestCaseError> {
    match decided {
        Ok(mut effects) => {
            effects.rows.sort();
            Ok(Ok(effects))
        }
        Err(Halt::Rejected(rejection)) => Ok(Err(rejection)),
        Err(halt) => Err(TestCaseError::fail(format!("{envelope:?}: {halt}"))),
    }
}

/// Sentences are for people: a rejection is compared by its code and its typed fields.
fn comparable(rejection: Rejection) -> Rejection {
    match rejection {
        Rejection::InvalidField { field, .. } => Rejection::InvalidField { field, expected: Expected::default() },
        Rejection::InvalidPolicy { .. } => Rejection::InvalidPolicy { fault: PolicyFault::default() },
        rejection => rejection,
    }
}

// The pools that commands are drawn from: small, so that what is drawn meets what was drawn before.

fn card_of(eight: &str) -> String {
    format!("{eight}{}", check_digits(eight))
}

/// Good cards; the first three are registered at the start.
fn good_cards() -> Vec<String> {
    ["10001869", "00000042", "99999999", "10000077", "12345678"].into_iter().map(card_of).collect()
}

/// Numbers that are not a card's. The last three are congruent to right ones, but 00, 01 and 99 are never check digits.
fn bad_cards() -> Vec<String> {
    let congruent = |right: &str, written: &str| {
        let eight = (10_000_000..).map(|number: u32| number.to_string()).find(|eight| check_digits(eight) == right);
        format!("{}{written}", eight.unwrap())
    };
    let mut cards: Vec<String> =
        ["", "1000186938", "100018698", "１０００１８６９３８", "+100018698"].map(str::to_owned).to_vec();
    cards.extend([congruent("98", "01"), congruent("97", "00"), congruent("02", "99")]);
    cards
}

/// The same card number as somebody may paste it.
fn spelled(card: &str) -> String {
    format!("\u{FEFF}{}\u{200B}", card.replacen('1', "１-", 1).replacen('0', "0\u{A0}", 1))
}

fn any_card() -> impl Strategy<Value = String> {
    let good = good_cards();
    prop_oneof![
        30 => prop::sample::select(good[..3].to_vec()),
        3 => prop::sample::select(good[3..].to_vec()),
        1 => prop::sample::select(bad_cards()),
        1 => prop::sample::select(good).prop_map(|card| spelled(&card)),
    ]
}

const STATIONS: [&str; 4] = ["S01", "S02", "S03", "S99"];

fn any_station() -> impl Strategy<Value = String> {
    prop_oneof![20 => Just("S01"), 10 => Just("S02"), 1 => Just("S03"), 1 => Just("S99")].prop_map(str::to_owned)
}

fn any_sku() -> impl Strategy<Value = String> {
    prop_oneof![10 => Just("G1"), 10 => Just("G2"), 6 => Just("V1"), 2 => Just("X1"), 1 => Just("Z9")]
        .prop_map(str::to_owned)
}

/// The policies: two that differ in everything that is reckoned with, the second without one kind of service, and bad ones.
fn policy(number: usize) -> Policy {
    let rule = |points_per_hour, coefficient: &str, records_service_time| EarningRule {
        name: String::new(),
        points_per_hour,
        coefficient: coefficient.parse().unwrap(),
        records_service_time,
    };
    let service = |rule: &str| ServiceType { name: String::new(), rule: rule.to_owned(), origin: String::new() };
    let grade = |coefficient: &str| Grade { name: String::new(), coefficient: coefficient.parse().unwrap() };
    let award = |points| Award { rule: "E".to_owned(), name: String::new(), points };
    let named = |name: &str| name.to_owned();
    let mut policy = Policy {
        rules: [
            (named("E01"), rule(10, "1.0", true)),
            (named("E02"), rule(15, "1.25", true)),
            (named("E03"), rule(8, "0.75", false)),
            (named("E04"), rule(7, "1.333333", true)),
        ]
        .into(),
        service_types: [
            (named("care"), service("E01")),
            (named("clean"), service("E02")),
            (named("train"), service("E03")),
            (named("odd"), service("E04")),
        ]
        .into(),
        grades: [
            (named("good"), grade("1")),
            (named("best"), grade("1.20")),
            (named("half"), grade("0.5")),
            (named("odd"), grade("0.142857")),
            (named("fail"), grade("0")),
        ]
        .into(),
        organiser_award: award(10),
        service_day_award: award(5),
        theme_award: award(4),
        theme_months: [(3, named("spring")), (12, named("winter"))].into(),
        ..Policy::with_town_limits()
    };
    match number {
        0 => {}
        1 => {
            policy.rules.insert(named("E01"), rule(30, "0.000001", true));
            policy.rules.insert(named("E02"), rule(40, "1.1", true));
            policy.service_types.remove("odd");
            policy.grades.remove("half");
            policy.theme_months = [(1, named("new year"))].into();
            policy.organiser_award = award(11);
            (policy.minutes_per_attendance_max, policy.minutes_per_day_max) = (200, 300);
            (policy.minutes_step, policy.valid_years) = (25, 1);
        }
        2 => policy.failing_grade = named("half"),
        3 => _ = policy.rules.remove("E03"),
        4 => _ = policy.rules.insert(named("E01"), rule(10, "1000.000001", true)),
        5 => _ = policy.grades.insert(named("fail"), grade("-0.1")),
        6 => _ = policy.grades.insert(named("fail"), grade("0.0000001")),
        7 => policy.minutes_step = 0,
        8 => policy.theme_award.points = -1,
        _ => _ = policy.rules.insert(named("E01"), rule(-1, "1", true)),
    }
    policy
}

/// An activity: code, kind, date, start and end in minutes of that day, organiser's place among the cards, service day.
type Planned = (&'static str, &'static str, (i64, i64, i64), i64, i64, usize, bool);

/// They overlap, run past midnight, fill a day beyond its cap, and lie so far back that what they earn has expired, or is
/// about to.
const ACTIVITIES: [Planned; 20] = [
    ("A01", "care", (2026, 1, 12), 480, 720, 0, false),
    ("A02", "care", (2026, 1, 12), 660, 900, 1, false),
    ("A03", "clean", (2026, 1, 12), 780, 1140, 0, false),
    ("A04", "odd", (2026, 1, 12), 1140, 1410, 9, false),
    ("A05", "care", (2026, 1, 12), 1320, 1560, 2, true),
    ("A06", "clean", (2026, 1, 13), 30, 360, 1, true),
    ("A07", "train", (2026, 1, 12), 900, 1080, 0, true),
    ("A08", "care", (2026, 1, 14), 540, 720, 9, true),
    ("A09", "train", (2026, 1, 20), 540, 800, 0, true),
    ("A10", "odd", (2026, 3, 5), 540, 660, 1, true),
    ("A11", "clean", (2022, 5, 1), 480, 960, 0, false),
    ("A12", "care", (2020, 12, 31), 1200, 1500, 1, true),
    ("A13", "clean", (2023, 3, 7), 480, 900, 2, true),
    ("A14", "clean", (2025, 12, 21), 480, 1000, 0, false),
    ("A15", "care", (2026, 3, 6), 600, 625, 3, true),
    ("A16", "odd", (2026, 3, 6), 600, 1300, 0, false),
    ("A17", "clean", (2024, 2, 29), 400, 800, 1, false),
    ("A18", "clean", (2026, 2, 28), 1300, 1600, 4, true),
    ("A19", "clean", (2022, 12, 31), 600, 1000, 9, false),
    ("A20", "train", (2026, 3, 6), 100, 599, 0, false),
];

fn activity(index: usize) -> ActivityPlan {
    let (code, service_type, (year, month, date), start, end, organiser, service_day) = ACTIVITIES[index];
    let day = days_to(year, month, date);
    ActivityPlan {
        code: code.to_owned(),
        title: String::new(),
        service_type: service_type.to_owned(),
        day,
        starts_at: day * 1440 + start,
        ends_at: day * 1440 + end,
        station: "S01".to_owned(),
        team: String::new(),
        organiser_card: good_cards().get(organiser).cloned().unwrap_or_default(),
        service_day,
    }
}

fn details() -> MemberDetails {
    MemberDetails {
        name: "someone".to_owned(),
        sex: String::new(),
        birth_year: 1950,
        team: String::new(),
        action_group: String::new(),
        grid: String::new(),
        building_group: String::new(),
        home_station: String::new(),
        consent_on: "2020-12-31".to_owned(),
    }
}

fn unit(code: &str, parent: &str) -> Unit {
    let text = str::to_owned;
    Unit { code: text(code), parent: text(parent), level: text("grid"), name: text("a unit"), origin: text("seed") }
}

fn station(code: &str, unit: &str, name: &str) -> Command {
    let text = str::to_owned;
    Command::SetStation(SetStation { code: text(code), unit: text(unit), name: text(name), origin: text("seed") })
}

fn offer(sku: &str, points: i64, monthly_limit: i64) -> OfferTerms {
    OfferTerms {
        sku: sku.to_owned(),
        name: "a thing".to_owned(),
        kind: OfferKind::Goods,
        points,
        cost_fen: 100,
        monthly_limit,
    }
}

fn commodity(code: &str) -> Commodity {
    Commodity::new(code).unwrap()
}

/// The accounts that are posted to directly: address, class, commodity, floor, lots.
const OWN: [(&str, Class, &str, Option<i64>, bool); 6] = [
    ("own/cash", Class::Asset, "CNY", Some(0), false),
    ("own/fund", Class::Equity, "CNY", None, false),
    ("own/overdraft", Class::Liability, "CNY", Some(-100), false),
    ("own/vouchers", Class::Liability, "CNY", Some(0), true),
    ("own/passes", Class::Asset, "CNY", Some(0), true),
    ("own/points", Class::Income, "POINT", None, false),
];

fn own_account(index: usize) -> NewAccount {
    let (address, class, code, floor, lotted) = OWN[index];
    NewAccount { floor, lotted, ..NewAccount::new(oracle::address(address), class, commodity(code)) }
}

/// What a bank is set up with; of a sequence's start, a few are left out.
fn prologue() -> Vec<Command> {
    let mut commands = vec![
        Command::SetUnit(unit("U1", "")),
        station("S01", "U1", "one"),
        station("S02", "U1", "two"),
        Command::SetPolicy(Box::new(policy(0))),
        Command::DefineCommodity(DefineCommodity { commodity: commodity("CNY"), scale: 2 }),
    ];
    let cards = good_cards();
    // The third agreed in the night of A05, shortly before A06.
    let consents = ["2020-12-31", "2020-12-31", "2026-01-13"];
    commands.extend(cards[..3].iter().zip(consents).map(|(card, consent_on)| {
        let details = MemberDetails { consent_on: consent_on.to_owned(), ..details() };
        Command::SetMember(SetMember { card: card.clone(), details })
    }));
    commands.extend(
        [("G1", 12, 2), ("G2", 5, 0), ("V1", 30, 1)]
            .map(|(sku, points, limit)| Command::SetOffer(offer(sku, points, limit))),
    );
    commands.extend([("S01", "G1", 6), ("S01", "G2", 9), ("S01", "V1", 2), ("S02", "G1", 2), ("S02", "G2", 0)].map(
        |(station, sku, pieces)| {
            Command::OpenStock(OpenStock { station: station.to_owned(), sku: sku.to_owned(), pieces })
        },
    ));
    commands.extend((0..OWN.len()).map(|index| Command::OpenAccount(own_account(index))));
    commands.extend((0..ACTIVITIES.len() - 1).map(|index| Command::SetActivity(activity(index))));
    commands
}

/// Points to begin with, in lots that expire one after the other, so that spending is not rare.
fn opening_grants() -> Vec<Step> {
    let cards = good_cards();
    let grants = [(0, 40, 20), (0, 90, 65), (1, 33, 31), (1, 70, 380), (2, 25, 45)];
    let steps = grants.map(|(card, points, days)| Step::Post {
        entries: vec![
            (Place::PointsOf(cards[card].clone()), -points, Until::Fitting(days * DAY)),
            (Place::At("expense/points-granted".to_owned()), points, Until::Never),
        ],
        balanced: true,
    });
    steps.into()
}

/// One step of a sequence. What depends on how things stand is worked out when its turn comes.
#[derive(Debug, Clone)]
enum Step {
    /// A command as it is.
    Send(Command),
    /// One whose envelope is not well made.
    BadEnvelope(u8),
    /// Time goes by.
    Wait(Wait),
    /// A redemption; the total shown is the right one, plus so many, or none.
    Redeem { card: String, station: String, lines: Vec<Line>, shown: Option<i64> },
    /// A reversal of a receipt there is, counted from the latest: whole, or so many pieces of its first line.
    Reverse(usize, Option<i64>),
    /// A reversal of a record there is, counted from the latest.
    Undo { back: usize, part: Part },
    /// A reversal of the latest earning.
    UndoEarning,
    /// All points of a card that can be spent go.
    Drain(String),
    /// Entries at places; the last one's quantity may be made to fit.
    Post { entries: Vec<(Place, i64, Until)>, balanced: bool },
    /// The same, held for so many seconds; under a new code, or that of a hold there is, counted from the latest.
    Hold { entries: Vec<(Place, i64, Until)>, seconds: i64, again: Option<usize> },
    /// A capture of a hold there is, counted from the latest.
    Capture { back: usize, part: Part, keep_rest: bool },
    /// A release.
    Release(usize),
    /// An account in a hold is closed.
    CloseHeld(usize),
    /// What is due so many seconds ago.
    Expire(Due, i64),
    /// An account changes its state.
    State(Place, AccountState),
    /// A credential that ends in so many seconds.
    Issue(NewCredential, i64),
}

/// What an expiry looks through.
#[derive(Debug, Clone)]
enum Due {
    /// Every account and every hold.
    All,
    /// These accounts, and the records at these positions as holds.
    Some(Vec<i64>, Vec<i64>),
    /// All holds alone.
    Holds,
}

/// What is captured.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// All there is, without a word.
    All,
    /// So many quarters of what one account gives another, and so much more.
    Quarters(i64, i64),
    /// Nothing, of nobody.
    NoEntries,
    /// Of one account twice.
    Twice,
}

#[derive(Debug, Clone, Copy)]
enum Wait {
    Seconds(i64),
    /// To so many seconds before the next new year begins at the bank.
    NewYear(i64),
    /// To so many seconds before the next month does.
    NewMonth(i64),
    /// To so many seconds before the next day does.
    NewDay(i64),
}

#[derive(Debug, Clone)]
enum Place {
    At(String),
    PointsOf(String),
}

/// When what is gained expires.
#[derive(Debug, Clone, Copy)]
enum Until {
    /// In so many seconds, where the account holds lots and grows.
    Fitting(i64),
    Never,
    At(i64),
    /// When what is taken elsewhere expires.
    Carried,
    /// Of a gain, in ninety days; and the account has between so much and so much afterwards.
    Between(i64, i64),
    /// Of a gain, in ninety days; and the account was last changed so many records before it is.
    Version(i64),
}

fn any_place() -> impl Strategy<Value = Place> {
    let own: Vec<String> = OWN.iter().map(|(address, ..)| (*address).to_owned()).collect();
    prop_oneof![
        12 => prop::sample::select(own).prop_map(Place::At),
        4 => any_card().prop_map(Place::PointsOf),
        4 => prop::sample::select(vec![
            "expense/points-granted", "income/points-expired", "income/points-redeemed", "station/S01/stock/G1", "supply/G1",
            "handed-over/V1", "own/unknown",
        ]).prop_map(|address| Place::At(address.to_owned())),
    ]
}

fn any_post() -> impl Strategy<Value = Step> {
    let quantity = prop_oneof![
        20 => -120..120_i64, 1 => Just(0), 1 => Just(MOST), 1 => Just(-MOST), 1 => Just(MOST + 1), 1 => Just(i64::MIN),
    ];
    let until = prop_oneof![
        8 => (1..90_i64).prop_map(|days| Until::Fitting(days * DAY)),
        2 => Just(Until::Fitting(400 * DAY)),
        1 => Just(Until::Fitting(-DAY)),
        1 => Just(Until::Never),
        1 => prop::sample::select(vec![0, -1, 1, i64::MAX]).prop_map(Until::At),
        2 => Just(Until::Carried),
        2 => (-60..60_i64, 0..400_i64).prop_map(|(minimum, room)| Until::Between(minimum, minimum + room)),
        1 => prop::sample::select(vec![0, 0, 1]).prop_map(Until::Version),
    ];
    let entry = (any_place(), quantity, until.clone());
    let free =
        (vec(entry, 0..5), prop::bool::weighted(0.9)).prop_map(|(entries, balanced)| Step::Post { entries, balanced });
    // A grant that expires soon: what the thirty days of a reversal are about.
    let grant = (any_card(), 1..80_i64, until.clone()).prop_map(|(card, points, until)| Step::Post {
        entries: vec![
            (Place::PointsOf(card), -points, until),
            (Place::At("expense/points-granted".to_owned()), points, Until::Fitting(0)),
        ],
        balanced: true,
    });
    let between = prop::sample::select(vec![(0, 1), (0, 2), (2, 1), (3, 0), (4, 1), (3, 4)]);
    let transfer = (between, -150..150_i64, until).prop_map(|((from, to), quantity, until)| Step::Post {
        entries: vec![
            (Place::At(OWN[from].0.to_owned()), quantity, until),
            (Place::At(OWN[to].0.to_owned()), -quantity, until),
        ],
        balanced: true,
    });
    // Points that keep their lots, from one to another or to two.
    let gift =
        (any_card(), any_card(), any_card(), 1..60_i64, 0..40_i64).prop_map(|(from, to, other, points, rest)| {
            let mut entries = vec![
                (Place::PointsOf(from), points + rest, Until::Never),
                (Place::PointsOf(to), -points, Until::Carried),
            ];
            if rest > 0 {
                entries.push((Place::PointsOf(other), -rest, Until::Carried));
            }
            Step::Post { entries, balanced: true }
        });
    prop_oneof![2 => free, 3 => grant, 2 => transfer, 2 => gift]
}

fn any_hold() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![
        4 => (1..20_i64).prop_map(|hours| hours * 3600), 6 => (1..60_i64).prop_map(|days| days * DAY),
        1 => prop::sample::select(vec![0, -1, 1, 366 * DAY, 366 * DAY + 1, i64::MIN, i64::MAX]),
    ];
    let until = prop_oneof![
        3 => prop_oneof![1..90_i64, 1..4_i64].prop_map(|days| Until::Fitting(days * DAY)), 1 => Just(Until::Carried),
    ];
    // Points for pieces, both in one hold.
    let order =
        (any_card(), any_station(), any_sku(), 1..50_i64, 1..3_i64).prop_map(|(card, station, sku, points, pieces)| {
            vec![
                (Place::PointsOf(card), points, Until::Never),
                (Place::At("income/points-redeemed".to_owned()), -points, Until::Never),
                (Place::At(format!("station/{station}/stock/{sku}")), -pieces, Until::Never),
                (Place::At(format!("handed-over/{sku}")), pieces, Until::Never),
            ]
        });
    let vouchers = (prop::sample::select(vec![(3, 0), (3, 1), (0, 1), (4, 0), (2, 1)]), 1..60_i64, until.clone())
        .prop_map(|((from, to), quantity, until)| {
            let sign = if OWN[from].1 == Class::Asset { -1 } else { 1 };
            let place = |index: usize| Place::At(OWN[index].0.to_owned());
            vec![(place(from), quantity * sign, until), (place(to), -quantity * sign, until)]
        });
    let gift = (any_card(), any_card(), 1..50_i64, until).prop_map(|(from, to, points, until)| {
        vec![(Place::PointsOf(from), points, Until::Never), (Place::PointsOf(to), -points, until)]
    });
    let any = any_post().prop_map(|step| match step {
        Step::Post { entries, .. } => entries,
        _ => Vec::new(),
    });
    let entries = prop_oneof![4 => order, 4 => vouchers, 3 => gift, 2 => any];
    let again = prop_oneof![15 => Just(None), 1 => (0..3_usize).prop_map(Some)];
    (entries, seconds, again).prop_map(|(entries, seconds, again)| Step::Hold { entries, seconds, again })
}

fn any_reversal() -> impl Strategy<Value = Step> {
    let back = prop_oneof![20 => 0..8_usize, 6 => 8..60_usize, 1 => Just(500)];
    let part = prop_oneof![
        8 => Just(Part::All),
        5 => (1..5_i64, Just(0)).prop_map(|(quarters, more)| Part::Quarters(quarters, more)),
        1 => (0..5_i64, prop::sample::select(vec![-1000, -1, 1, MOST]))
            .prop_map(|(quarters, more)| Part::Quarters(quarters, more)),
        1 => Just(Part::NoEntries),
        1 => Just(Part::Twice),
    ];
    (back, part).prop_map(|(back, part)| Step::Undo { back, part })
}

fn any_end_of_hold() -> impl Strategy<Value = Step> {
    let part = prop_oneof![
        4 => Just(Part::All),
        6 => (1..5_i64, Just(0)).prop_map(|(quarters, more)| Part::Quarters(quarters, more)),
        2 => (0..5_i64, prop::sample::select(vec![-1000, -1, 1, MOST, i64::MIN / 2]))
            .prop_map(|(quarters, more)| Part::Quarters(quarters, more)),
        1 => Just(Part::NoEntries),
        1 => Just(Part::Twice),
    ];
    let capture = (0..5_usize, part, prop::bool::weighted(0.6)).prop_map(|(back, part, keep_rest)| Step::Capture {
        back,
        part,
        keep_rest,
    });
    let close = (0..3_usize).prop_map(Step::CloseHeld);
    prop_oneof![12 => capture, 4 => (0..4_usize).prop_map(Step::Release), 1 => close]
}

fn any_expiry() -> impl Strategy<Value = Step> {
    let number = prop_oneof![20 => 0..30_i64, 1 => prop::sample::select(vec![-1, 1000, i64::MAX])];
    let position = prop_oneof![1 => 60..120_i64, 1 => Just(-1)];
    let some = (vec(number, 0..12), vec(position, 0..2)).prop_map(|(accounts, holds)| Due::Some(accounts, holds));
    let due = prop_oneof![6 => Just(Due::All), 2 => Just(Due::Holds), 2 => some];
    let ago = prop_oneof![12 => Just(0), 2 => (0..40_i64).prop_map(|days| days * DAY), 1 => Just(-1)];
    (due, ago).prop_map(|(due, ago)| Step::Expire(due, ago))
}

fn any_wait() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        4 => (1..36_000_i64).prop_map(Wait::Seconds),
        4 => (1..40_i64).prop_map(|days| Wait::Seconds(days * DAY)),
        1 => (300..800_i64).prop_map(|days| Wait::Seconds(days * DAY)),
        2 => prop::sample::select(vec![0, 1, 30 * DAY, 30 * DAY + 1, 30 * DAY - 1, 31 * DAY]).prop_map(Wait::NewYear),
        2 => (0..2_i64).prop_map(Wait::NewMonth),
        1 => (0..2_i64).prop_map(Wait::NewDay),
    ];
    wait.prop_map(Step::Wait)
}

fn any_redemption() -> impl Strategy<Value = Step> {
    let pieces = prop_oneof![30 => 1..4_i64, 1 => Just(0), 1 => Just(-1), 1 => Just(MOST), 1 => Just(i64::MAX)];
    let line = (any_sku(), pieces).prop_map(|(sku, pieces)| Line { sku, pieces }).boxed();
    let lines = prop_oneof![
        20 => vec(line.clone(), 1..2),
        8 => vec(line, 0..4),
        1 => Just((0..11).map(|index| Line { sku: format!("M{index}"), pieces: 1 }).collect()),
    ];
    let shown = prop_oneof![4 => Just(Some(0)), 4 => Just(None), 1 => prop::sample::select(vec![Some(1), Some(-5)])];
    (any_card(), any_station(), lines, shown).prop_map(|(card, station, lines, shown)| Step::Redeem {
        card,
        station,
        lines,
        shown,
    })
}

fn any_attendance() -> impl Strategy<Value = Step> {
    let came = prop_oneof![8 => prop::sample::select(vec![-60, -1, 0, 0, 1, 29]), 3 => 0..240_i64, 1 => 1..900_i64];
    let left = prop_oneof![
        8 => prop::sample::select(vec![-60, -1, 0, 0, 1, 45]), 3 => -240..0_i64, 1 => -900..900_i64,
        // Around a whole day, for activities of any length.
        1 => prop::sample::select(vec![900, 1199, 1200, 1201, 40 * 1440]),
    ];
    let texts = prop_oneof![
        20 => Just((None, None)),
        1 => Just((None, Some(""))),
        1 => Just((Some(""), None)),
        1 => prop::sample::select(vec!["2026-02-29T10:00", "2026-01-12T24:00", "2026-1-12T08:00", "2026-01-12 08:00", "2026-01-12T08:00:00"])
            .prop_map(|text| (Some(text), None)),
        1 => prop::sample::select(vec!["2100-02-29T10:00", "2026-04-31T10:00", "2026-00-10T10:00", "2026-01-12T10:60", "2026-01-12T1０:0"])
            .prop_map(|text| (None, Some(text))),
        1 => Just((Some("2026-01-12T08:00"), Some("2026-01-12T08:00"))),
        1 => Just((Some("2026-01-12T07:00"), Some("2026-01-12T07:45"))),
        // A day to the minute, and a minute more; forty days; to come, in this century and at its calendar's end.
        1 => prop::sample::select(vec![
            ("2026-01-12T07:00", "2026-01-13T07:00"), ("2026-01-12T07:00", "2026-01-13T07:01"),
            ("2025-12-04T08:00", "2026-01-13T08:00"), ("2062-03-05T08:00", "2062-03-05T10:00"),
            ("2026-01-12T07:00", "2062-01-12T08:00"), ("9999-12-31T08:00", "9999-12-31T23:59"),
        ]).prop_map(|(came, left)| (Some(came), Some(left))),
    ];
    let grade = prop_oneof![
        6 => Just("good"), 3 => Just("best"), 2 => Just("odd"), 1 => Just("half"), 3 => Just("fail"), 1 => Just("unknown")
    ];
    let operators = prop_oneof![
        20 => Just(("clerk", "head")), 1 => Just(("clerk", "clerk")), 1 => Just(("", "")), 1 => Just(("", "head")),
        1 => Just(("cl\u{0}erk", "head")), 1 => Just(("clerk", "\u{202E}head")),
        2 => prop::sample::select(vec![
            ("clerk", "Clerk "), ("ｃｌｅｒｋ", "clerk"), ("clerk\u{200B}", "\u{A0}clerk"), ("clerk", "\u{3000}"), ("\u{3164}", "head"),
        ]),
    ];
    // The last activity is not registered at first, and one code never is.
    (any_card(), 0..ACTIVITIES.len() + 1, came, left, texts, grade, operators).prop_map(
        |(card, index, came, left, (check_in, check_out), grade, (entered_by, confirmed_by))| {
            let plan = activity(index.min(ACTIVITIES.len() - 1));
            let text = |given: Option<&str>, minute| given.map_or_else(|| write_minute(minute), str::to_owned);
            Step::Send(Command::RecordAttendance(AttendanceSheetRow {
                activity: if index == ACTIVITIES.len() { "A99".to_owned() } else { plan.code },
                card,
                check_in: text(check_in, plan.starts_at + came),
                check_out: text(check_out, plan.ends_at + left),
                grade: grade.to_owned(),
                source: "roster".to_owned(),
                entered_by: entered_by.to_owned(),
                confirmed_by: confirmed_by.to_owned(),
            }))
        },
    )
}

/// The same hours on another day, under another code.
fn shift_to(plan: &mut ActivityPlan, day: i64) {
    let days = day - plan.day;
    plan.code = format!("A{day}");
    plan.day = day;
    plan.starts_at += days * 1440;
    plan.ends_at += days * 1440;
}

fn any_activity() -> impl Strategy<Value = Step> {
    (0..ACTIVITIES.len(), 0..22_u8, any_card()).prop_map(|(index, change, card)| {
        let mut plan = activity(index);
        match change {
            0 => plan.organiser_card = card,
            1 => plan.title = "renamed".to_owned(),
            2 => plan.ends_at += 10,
            3 => plan.starts_at = plan.ends_at,
            4 => plan.service_day = !plan.service_day,
            5 => plan.station = "S03".to_owned(),
            6 => plan.team = "T1".to_owned(),
            7 => plan.service_type = "none".to_owned(),
            8 => plan.title = "\n".to_owned(),
            9 => plan.day += 1,
            10 => (plan.code, plan.ends_at) = ("A98".to_owned(), plan.starts_at + 1440),
            11 => (plan.code, plan.ends_at) = ("A97".to_owned(), plan.starts_at + 1441),
            12 => plan.day -= 366,
            13 => shift_to(&mut plan, days_to(9999, 12, 31)),
            14 => shift_to(&mut plan, days_to(10_000, 1, 1)),
            15 => shift_to(&mut plan, days_to(1969, 12, 31)),
            16 => shift_to(&mut plan, days_to(-44, 3, 15)),
            17 => plan.starts_at = i64::MIN,
            18 => plan.ends_at = i64::MAX,
            _ => {}
        }
        Step::Send(Command::SetActivity(plan))
    })
}

fn any_registration() -> impl Strategy<Value = Step> {
    let text = str::to_owned;
    let unit = (
        prop::sample::select(vec!["U1", "U2", "", "一组\u{7}", "一 组"]),
        prop::sample::select(vec!["", "U1", "U2", "U9"]),
    )
        .prop_map(|(code, parent)| Command::SetUnit(unit(code, parent)));
    let stations = (prop::sample::select(STATIONS[..3].to_vec()), prop::sample::select(vec!["U1", "U9"]), 0..2)
        .prop_map(|(code, unit, name)| station(code, unit, if name == 0 { "one" } else { "other" }));
    let team = prop::sample::select(vec!["a motto", "another", "\t"]).prop_map(move |motto| {
        let kind = text("sub_team");
        Command::SetTeam(Team {
            code: text("T1"),
            kind,
            name: text("a team"),
            motto: text(motto),
            origin: text("seed"),
        })
    });
    let partner = prop::sample::select(vec!["P1", "P2"]).prop_map(move |code| {
        Command::SetPartner(Partner { code: text(code), name: text("it"), origin: text("seed") })
    });
    // Within the night of A05, on the day after A12 began, a leap day, yet to come; on no day, on none there is.
    let consents = prop_oneof![
        6 => Just("2020-12-31"),
        3 => prop::sample::select(vec!["2026-01-12", "2026-01-13", "2021-01-01", "2024-02-29", "2031-07-01", ""]),
        1 => prop::sample::select(vec!["2026-02-29", "2026-1-12", "12 January", "2026-01-12T00:00", "\u{7f}"]),
    ];
    let bad_name = prop::sample::select(vec!["\u{7f}", "", "\u{3164} ", "some\u{202E}one", "12"]);
    let member = (any_card(), 0..7_u8, consents, bad_name).prop_map(move |(card, change, consent_on, bad_name)| {
        let mut details = details();
        match change {
            0 => details.team = text("T1"),
            1 => details.home_station = text("S03"),
            2 => details.name = text(bad_name),
            3 => details.action_group = text("T1"),
            4 => details.name = text("\u{3000}someone\u{FEFF}"),
            _ => details.consent_on = text(consent_on),
        }
        Command::SetMember(SetMember { card, details })
    });
    let offers =
        (any_sku(), prop::sample::select(vec![5, 7, 12, 30, 0, MOST]), prop_oneof![9 => 0..4_i64, 1 => Just(-1)])
            .prop_map(|(sku, points, limit)| Command::SetOffer(offer(&sku, points, limit)));
    let stock = (any_station(), any_sku(), prop_oneof![9 => 0..5_i64, 1 => Just(-1), 1 => Just(MOST)])
        .prop_map(|(station, sku, pieces)| Command::OpenStock(OpenStock { station, sku, pieces }));
    let commodities =
        (prop::sample::select(vec!["CNY", "POINT", "KG", "ITEM:X1"]), prop::sample::select(vec![0, 2, 9, 10, -1]))
            .prop_map(|(code, scale)| Command::DefineCommodity(DefineCommodity { commodity: commodity(code), scale }));
    let accounts = (0..OWN.len(), 0..10_u8).prop_map(|(index, change)| {
        let mut account = own_account(index);
        match change {
            0 => account.commodity = commodity("none"),
            1 => account.floor = Some(1),
            2 => (account.floor, account.lotted) = (None, true),
            3 => account.address = address("own/more"),
            // An offer of this code can then not be made.
            4 => account.address = address("supply/X1"),
            _ => {}
        }
        Command::OpenAccount(account)
    });
    let command = prop_oneof![
        1 => unit, 2 => stations, 1 => team, 1 => partner, 4 => member, 8 => offers, 5 => stock, 1 => commodities, 4 => accounts,
        1 => prop_oneof![6 => 0..3_usize, 1 => 3..10_usize].prop_map(|number| Command::SetPolicy(Box::new(policy(number)))),
    ];
    command.prop_map(Step::Send)
}

/// So few that they are taken soon, and taken back; the last is no code.
const CREDENTIALS: [&str; 4] = ["C1", "C2", "C3", "C 4"];

fn any_credential() -> impl Strategy<Value = Step> {
    let text = str::to_owned;
    let code = prop::sample::select(CREDENTIALS.to_vec());
    let actor = prop_oneof![15 => Just("clerk-1"), 1 => Just("")];
    let station = prop_oneof![6 => Just(""), 4 => Just("S01"), 1 => Just("S99")];
    let card = prop_oneof![3 => any_card(), 3 => Just(String::new())];
    let until = prop_oneof![
        6 => Just(None), 3 => prop::sample::select(vec![1, DAY, 400 * DAY]).prop_map(Some), 1 => (-1..1_i64).prop_map(Some),
    ];
    // Most of them with what their role needs, and nothing else.
    let role = (prop::sample::select(Role::ALL.to_vec()), prop::bool::weighted(0.7));
    (code, actor, role, station, card, until).prop_map(move |(code, actor, (role, fitting), station, card, until)| {
        let mut new = NewCredential {
            code: text(code),
            actor: text(actor),
            role,
            station: text(station),
            card,
            token_hash: sha256(&[code.as_bytes()]),
            valid_until: None,
        };
        if fitting && role.needs_station() {
            new.station = text("S02");
        } else if fitting {
            new.station.clear();
        }
        if fitting && role != Role::Volunteer {
            new.card.clear();
        }
        match until {
            Some(seconds) => Step::Issue(new, seconds),
            None => Step::Send(Command::IssueCredential(new)),
        }
    })
}

fn any_pin() -> impl Strategy<Value = Step> {
    let verifier = |rest: &str| format!("$argon2id${rest}");
    let good = vec![verifier("v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), verifier(&"x".repeat(290)), verifier("")];
    let bad = vec![
        String::new(),
        "1234".to_owned(),
        "$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
        verifier(&"x".repeat(291)),
        verifier("a b"),
        verifier("\0"),
        verifier("字"),
    ];
    let verifier = prop_oneof![3 => prop::sample::select(good), 1 => prop::sample::select(bad)];
    (any_card(), verifier).prop_map(|(card, verifier)| Step::Send(Command::SetPin(SetPin { card, verifier })))
}

fn any_step() -> impl Strategy<Value = Step> {
    let card_state = (any_card(), prop::sample::select(vec![CardState::Active, CardState::Active, CardState::Blocked]))
        .prop_map(|(card, state)| Step::Send(Command::SetCardState(SetCardState { card, state })));
    let balance = prop::sample::select(vec![BalanceOnReceipts::Printed, BalanceOnReceipts::LeftOut]);
    let choice = (any_card(), balance)
        .prop_map(|(card, balance)| Step::Send(Command::ChooseBalance(ChooseBalance { card, balance })));
    let states =
        prop_oneof![6 => Just(AccountState::Open), 3 => Just(AccountState::Frozen), 1 => Just(AccountState::Closed)];
    let no_receipt = prop::sample::select(vec!["S01-26-000999", "S01-25-00001", "", "S99-26-000001", "s01-26-000001"])
        .prop_map(|receipt| Step::Send(Command::ReverseRedemption(ReverseRedemption::whole(receipt))));
    let revocation = prop::sample::select(CREDENTIALS.to_vec())
        .prop_map(|code| Step::Send(Command::RevokeCredential(RevokeCredential { credential: code.to_owned() })));
    prop_oneof![
        24 => any_attendance(),
        30 => any_redemption(),
        9 => (0..6_usize, prop_oneof![5 => Just(None), 4 => (1..3_i64).prop_map(Some), 1 => Just(Some(0))])
            .prop_map(|(back, pieces)| Step::Reverse(back, pieces)),
        14 => any_reversal(),
        6 => prop_oneof![Just(Step::UndoEarning), any_card().prop_map(Step::Drain)],
        1 => no_receipt,
        14 => any_post(),
        16 => any_hold(),
        20 => any_end_of_hold(),
        4 => any_expiry(),
        10 => any_wait(),
        12 => any_registration(),
        4 => any_activity(),
        3 => card_state,
        3 => choice,
        3 => (any_place(), states).prop_map(|(place, state)| Step::State(place, state)),
        1 => (0..6_u8).prop_map(Step::BadEnvelope),
        4 => any_credential(),
        3 => revocation,
        2 => any_pin(),
        1 => any_limit().prop_map(Step::Send),
    ]
}

/// So few that they are replaced soon; the last is no code.
const LIMITS: [&str; 5] = ["L1", "L2", "L3", "L4", "L 5"];

fn any_limit() -> impl Strategy<Value = Command> {
    let one = prop::sample::select(vec![
        "own/cash",
        "own/fund",
        "own/overdraft",
        "own/vouchers",
        "own/points",
        "income/points-redeemed",
        "own/nobody",
    ])
    .prop_map(|text| LimitedAccounts::One(address(text)));
    let each = prop::sample::select(vec![
        ("CNY", "own/"),
        ("CNY", "own/"),
        ("POINT", "member/"),
        ("POINT", "member/"),
        ("POINT", "own/"),
        ("ITEM:G1", "station/"),
        ("ITEM:G2", "station/S02/stock/"),
        ("none", "own/"),
        ("CNY", "own"),
        ("CNY", ""),
        ("CNY", "字/"),
    ])
    .prop_map(|(code, prefix)| LimitedAccounts::Each { commodity: commodity(code), prefix: prefix.to_owned() });
    let window = prop::sample::select(vec![Window::Day, Window::Month, Window::Month, Window::Year]);
    let quantity = prop_oneof![
        12 => 0..90_i64, 3 => Just(-1), 1 => prop::sample::select(vec![MOST, MOST + 1, -2, i64::MIN, i64::MAX]),
    ];
    let code = prop::sample::select(LIMITS[..].to_vec());
    let side = prop::sample::select(vec![Side::In, Side::Out]);
    (code, prop_oneof![one, each], side, window, quantity).prop_map(|(code, accounts, side, window, quantity)| {
        Command::SetLimit(SetLimit { limit: code.to_owned(), accounts, side, window, quantity })
    })
}

/// What limits are about, and little else: accounts that move often, and windows that end.
fn any_limited_step() -> impl Strategy<Value = Step> {
    let wait = prop_oneof![
        4 => (1..9000_i64).prop_map(Wait::Seconds), 4 => (0..2_i64).prop_map(Wait::NewDay),
        3 => (0..2_i64).prop_map(Wait::NewMonth), 1 => prop::sample::select(vec![0, 1]).prop_map(Wait::NewYear),
        2 => (1..20_i64).prop_map(|days| Wait::Seconds(days * DAY)),
    ];
    prop_oneof![
        8 => any_limit().prop_map(Step::Send).boxed(),
        12 => any_post().boxed(),
        10 => any_hold().boxed(),
        16 => any_end_of_hold().boxed(),
        8 => any_redemption().boxed(),
        6 => (0..6_usize, prop_oneof![Just(None), (1..3_i64).prop_map(Some)]).prop_map(|(back, pieces)| Step::Reverse(back, pieces)).boxed(),
        8 => any_reversal().boxed(),
        6 => any_expiry().boxed(),
        4 => prop_oneof![Just(Step::UndoEarning), any_card().prop_map(Step::Drain)].boxed(),
        8 => any_attendance().boxed(),
        10 => wait.prop_map(Step::Wait).boxed(),
        1 => any_registration().boxed(),
    ]
}

/// A sequence: which commands of the start are left out, and what comes after them.
fn any_sequence() -> impl Strategy<Value = (Vec<bool>, Vec<Step>)> {
    (vec(prop::bool::weighted(0.03), prologue().len()), vec(any_step(), 1..90))
}

impl Bench {
    fn send_command(&mut self, command: Command) -> TestCaseResult {
        self.send(&Envelope::unkeyed("tester", Channel::Host, command))
    }

    fn step(&mut self, step: Step) -> TestCaseResult {
        match step {
            Step::Send(command) => self.send_command(command),
            Step::BadEnvelope(which) => self.send(&bad_envelope(which)),
            Step::Wait(wait) => {
                self.now = self.later(wait);
                Ok(())
            }
            Step::Redeem { card, station, lines, shown } => {
                let each = |sku: &str| self.oracle.offer(sku).map_or(0, |offer| offer.points);
                let total: i128 = lines.iter().map(|line| i128::from(line.pieces) * i128::from(each(&line.sku))).sum();
                let points_shown = shown.zip(i64::try_from(total).ok()).map(|(more, total)| total.wrapping_add(more));
                self.send_command(Command::Redeem(Redeem { card, station, lines, points_shown }))
            }
            Step::Reverse(back, pieces) => {
                let receipts: Vec<(i64, &oracle::Issued)> = self.oracle.receipts().collect();
                let issued = receipts.into_iter().rev().nth(back).map(|(_, issued)| issued);
                let receipt = issued.map_or_else(|| "S01-26-000001".to_owned(), |issued| issued.number.clone());
                let sku = issued.map_or_else(|| "G1".to_owned(), |issued| issued.lines[0].0.clone());
                let lines = pieces.map(|pieces| vec![Line { sku, pieces }]);
                self.send_command(Command::ReverseRedemption(ReverseRedemption { receipt, lines }))
            }
            Step::UndoEarning => {
                let earning = self.oracle.events.iter().rev().find(|event| event.earned().is_some());
                let position = earning.map_or(0, |event| event.position);
                self.send_command(Command::Reverse(Reverse { position, entries: None }))
            }
            Step::Drain(card) => {
                let points = self.at(&Place::PointsOf(card.clone()));
                let quantity = self.oracle.spendable(&points, self.now);
                let gone = Place::At("income/points-redeemed".to_owned());
                let entries = [(Place::PointsOf(card), quantity, Until::Never), (gone, -quantity, Until::Never)];
                let entries = self.entries(&entries, true);
                self.send_command(Command::Post(Post { entries }))
            }
            Step::Undo { back, part } => {
                let reverse = self.undoing(back, part);
                self.send_command(Command::Reverse(reverse))
            }
            Step::Post { entries, balanced } => {
                let entries = self.entries(&entries, balanced);
                self.send_command(Command::Post(Post { entries }))
            }
            Step::Hold { entries, seconds, again } => {
                let entries = self.entries(&entries, true);
                let new = format!("h{}", self.oracle.holds().count() + 1);
                let hold = again.map_or(new, |back| self.hold_code(back));
                let until = self.now.saturating_add(seconds);
                self.send_command(Command::PlaceHold(PlaceHold { hold, entries, until }))
            }
            Step::Capture { back, part, keep_rest } => {
                let capture = self.capture(back, part, keep_rest);
                self.send_command(Command::CaptureHold(capture))
            }
            Step::Release(back) => {
                let hold = self.hold_code(back);
                self.send_command(Command::ReleaseHold(ReleaseHold { hold }))
            }
            Step::CloseHeld(back) => {
                let left = self.oracle.left(&self.hold_code(back));
                let empty = left.iter().map(|(address, ..)| address).find(|of| self.oracle.balance(of) == 0);
                let address = address(empty.map_or("own/unknown", String::as_str));
                self.send_command(Command::SetAccountState(SetAccountState { address, state: AccountState::Closed }))
            }
            Step::Expire(due, ago) => self.expire(due, ago),
            Step::State(place, state) => {
                let address = address(&self.at(&place));
                self.send_command(Command::SetAccountState(SetAccountState { address, state }))
            }
            Step::Issue(new, seconds) => {
                let valid_until = Some(self.now + seconds);
                self.send_command(Command::IssueCredential(NewCredential { valid_until, ..new }))
            }
        }
    }

    /// Lets expire what is due. What can be spent is the same before and afterwards, at any time.
    fn expire(&mut self, due: Due, ago: i64) -> TestCaseResult {
        let all_holds = || self.oracle.events.iter().filter(|event| event.has_placed()).map(|event| event.position);
        let all_accounts = || (0..self.oracle.accounts().count() as i64).rev();
        let (accounts, holds) = match due {
            Due::All => (all_accounts().collect(), all_holds().collect()),
            Due::Some(accounts, holds) => (accounts, holds),
            Due::Holds => (Vec::new(), all_holds().collect()),
        };
        let expire = Expire {
            until: self.now - ago,
            accounts: accounts.into_iter().map(AccountId).collect(),
            holds: holds.into_iter().map(HoldId).collect(),
        };
        let later = [self.now, self.now + DAY, self.now + 400 * DAY];
        let spendable = |bench: &Self| -> BTreeMap<AccountId, [i64; 3]> {
            let lotted = bench.world.accounts.values().filter(|account| account.lotted);
            lotted.map(|account| (account.id, later.map(|now| account.spendable(now)))).collect()
        };
        let before = spendable(self);
        self.send_command(Command::Expire(expire.clone()))?;
        prop_assert_eq!(before, spendable(self), "an expiry changes what can be spent");
        // What it has done is not there to be done again.
        let position = self.oracle.events.len() as i64;
        let moment = Moment { now: self.now, position, audit_salt: SALT, pseudonym: [0; 10] };
        let again = self.decide(&Envelope::unkeyed("tester", Channel::Host, Command::Expire(expire)), &moment)?;
        prop_assert!(again.is_err(), "{:?}", again);
        Ok(())
    }

    fn later(&self, wait: Wait) -> i64 {
        let (year, month, _) = local_date(self.now);
        match wait {
            // The century of receipt numbers is not to be left.
            Wait::Seconds(seconds) if year < 2060 => self.now + seconds,
            Wait::Seconds(seconds) => self.now + seconds.min(DAY),
            Wait::NewYear(before) => self.now.max(midnight(year + 1, 1, 1) - before),
            Wait::NewMonth(before) if month == 12 => midnight(year + 1, 1, 1) - before,
            Wait::NewMonth(before) => midnight(year, month + 1, 1) - before,
            Wait::NewDay(before) => self.now.max(next_midnight(self.now) - before),
        }
    }

    fn at(&self, place: &Place) -> String {
        match place {
            Place::At(address) => address.clone(),
            Place::PointsOf(card) => self.oracle.points_of(card).unwrap_or_else(|| "own/nobody".to_owned()),
        }
    }

    fn undoing(&self, back: usize, part: Part) -> Reverse {
        let position = self.oracle.events.len() as i64 - 1 - back as i64;
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (address, _, quantity) in self.oracle.left_to_undo(position) {
            *sums.entry(address).or_default() -= quantity;
        }
        let entries = self.part_of(&sums, part).map(|entries| {
            let entries = entries.into_iter();
            entries.map(|(text, quantity)| UndoneEntry { address: address(&text), quantity }).collect()
        });
        Reverse { position, entries }
    }

    /// A part of what is there: balanced, of two accounts.
    fn part_of(&self, sums: &BTreeMap<String, i64>, part: Part) -> Option<Vec<(String, i64)>> {
        let taker = sums.iter().find(|(_, quantity)| **quantity > 0);
        let giver = sums.iter().find(|(_, quantity)| **quantity < 0);
        let entry = |text: &str, quantity| (text.to_owned(), quantity);
        match (part, taker.zip(giver)) {
            (Part::All, _) => None,
            (Part::Quarters(quarters, more), Some(((taker, gets), (giver, gives)))) => {
                let quantity = gets.min(&-gives) * quarters / 4 + more;
                Some(vec![entry(taker, quantity), entry(giver, -quantity)])
            }
            (Part::Twice, Some(((taker, _), _))) => Some(vec![entry(taker, 1), entry(taker, 1)]),
            (Part::NoEntries, _) => Some(Vec::new()),
            (Part::Quarters(..) | Part::Twice, None) => Some(vec![entry("own/unknown", 1)]),
        }
    }

    fn entries(&self, entries: &[(Place, i64, Until)], balanced: bool) -> Vec<NewEntry> {
        let (mut posted, mut sum) = (Vec::new(), 0_i64);
        for (index, (place, quantity, until)) in entries.iter().enumerate() {
            let address = address(&self.at(place));
            let last = balanced && index > 0 && index + 1 == entries.len();
            let quantity = if last { sum.wrapping_neg() } else { *quantity };
            sum = sum.wrapping_add(quantity);
            let grows = self.world.account(&address).unwrap().is_some_and(|account| {
                account.lotted && i128::from(quantity) * i128::from(account.class.normal_sign()) > 0
            });
            let expires_at = match until {
                Until::Fitting(seconds) => grows.then_some(self.now + seconds),
                Until::Never | Until::Carried => None,
                Until::At(instant) => Some(*instant),
                Until::Between(..) | Until::Version(_) => grows.then_some(self.now + 90 * DAY),
            };
            let version = self.oracle.version(address.as_str());
            let entry = NewEntry { expires_at, ..NewEntry::new(address, quantity) };
            posted.push(match until {
                Until::Carried => entry.carrying(),
                Until::Between(minimum, maximum) => entry.with_minimum(*minimum).with_maximum(*maximum),
                Until::Version(before) => entry.at_version(version - before),
                Until::Fitting(_) | Until::Never | Until::At(_) => entry,
            });
        }
        posted
    }

    /// The code of a hold, counted from the latest.
    fn hold_code(&self, back: usize) -> String {
        let codes: Vec<&str> = self.oracle.holds().map(|placed| placed.code.as_str()).collect();
        codes.into_iter().rev().nth(back).unwrap_or(if back.is_multiple_of(2) { "h0" } else { "h 0" }).to_owned()
    }

    fn capture(&self, back: usize, part: Part, keep_rest: bool) -> CaptureHold {
        let hold = self.hold_code(back);
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (address, _, quantity) in self.oracle.left(&hold) {
            *sums.entry(address).or_default() += quantity;
        }
        let entries = self.part_of(&sums, part).map(|entries| {
            let entries = entries.into_iter();
            entries.map(|(text, quantity)| CapturedEntry { address: address(&text), quantity }).collect()
        });
        CaptureHold { hold, entries, keep_rest }
    }

    fn run(&mut self, left_out: &[bool], steps: Vec<Step>) -> TestCaseResult {
        for (command, left_out) in prologue().into_iter().zip(left_out) {
            if !left_out {
                self.send_command(command)?;
            }
        }
        for step in opening_grants().into_iter().chain(steps) {
            self.step(step)?;
        }
        self.check_all()
    }
}

fn bad_envelope(which: u8) -> Envelope {
    let command = Command::SetUnit(unit("U1", ""));
    let mut envelope = Envelope::unkeyed("tester", Channel::Host, command);
    match which {
        0 => envelope.actor = "".into(),
        1 => envelope.reason = "\u{0}".to_owned(),
        2 => envelope.reason = "字".repeat(201),
        3 => envelope.device = "a b".to_owned(),
        4 => envelope.on_behalf_of = "字".to_owned(),
        _ => envelope.key = Some(Key { credential: "\u{0}".into(), id: uuid::Uuid::nil() }),
    }
    envelope
}

/// Runs so many sequences, each in a bank with a town or without; what each outcome's count came to.
fn run_sequences(runner: TestRunner, town: bool) -> BTreeMap<String, u64> {
    run_sequences_of(any_sequence(), runner, town)
}

fn run_sequences_of(
    sequences: impl Strategy<Value = (Vec<bool>, Vec<Step>)>,
    mut runner: TestRunner,
    town: bool,
) -> BTreeMap<String, u64> {
    let reached = std::cell::RefCell::new(BTreeMap::new());
    let outcome = runner.run(&sequences, |(left_out, steps)| {
        let mut bench = Bench::of(ISSUER, town);
        bench.run(&left_out, steps)?;
        let mut reached = reached.borrow_mut();
        for (outcome, count) in bench.reached {
            *reached.entry(outcome).or_default() += count;
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    reached.into_inner()
}

/// Sequences of a run: a few seconds' worth.
const CASES: u32 = 1000;

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() }
}

/// New sequences every time.
#[test]
fn any_sequence_is_decided_as_the_oracle_says() {
    run_sequences(TestRunner::new(config(CASES)), true);
}

/// Limits that are set, replaced and removed while their accounts move, new sequences every time.
#[test]
fn any_sequence_under_limits_is_decided_as_the_oracle_says() {
    let sequences = (vec(Just(false), prologue().len()), vec(any_limited_step(), 1..70));
    let reached = run_sequences_of(sequences, TestRunner::new(config(CASES)), true);
    // By far fewer than there usually are, for the sequences are new every time.
    for (outcome, least) in [("LIMT", 500), ("over_limit_in_window", 30), ("HCAP", 30), ("HREL", 20), ("RVRS", 30)] {
        assert!(reached[outcome] >= least, "{outcome}: {reached:?}");
    }
}

/// Rejections that no sequence can meet, each with where it is met instead; every other code there is must be reached.
const REACHED_ELSEWHERE: [(&str, &str); 5] = [
    ("reserved_account", "it is asked of every command, beside its own rule: Bench::decide"),
    ("no_visit", "the service's door finds it: ids.rs, and the service's tests"),
    ("id_conflict", "the writer finds it: ids.rs"),
    ("receipt_too_long", "it takes codes as long as they get: a_receipt_that_would_be_too_long_is_refused"),
    ("not_a_town", "it takes a bank without a town: a_bank_without_a_town_keeps_accounts_alone"),
];

/// The same sequences every time, and they reach everything.
#[test]
fn the_sequences_reach_every_rejection() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
    let reached = run_sequences(TestRunner::new_with_rng(config(CASES), rng), true);
    println!("{reached:#?}");
    let elsewhere = |code: &String| REACHED_ELSEWHERE.iter().any(|(other, _)| other == code);
    let codes = Rejection::one_of_each().into_iter().map(|rejection| rejection.code());
    let missed: Vec<String> = codes.filter(|code| !elsewhere(code) && !reached.contains_key(code)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
    // What is accepted counts under its kind.
    let unposted: Vec<&&str> = KINDS.iter().filter(|kind| !reached.contains_key(**kind)).collect();
    assert!(unposted.is_empty(), "never accepted: {unposted:?}");
    let unexpected: Vec<_> = REACHED_ELSEWHERE.iter().filter(|(code, _)| reached.contains_key(*code)).collect();
    assert!(unexpected.is_empty(), "reached by sequences after all: {unexpected:?}");
    for (often, least) in [
        ("REDM", 500),
        ("RVRS", 100),
        ("ATTD", 500),
        ("POST", 500),
        ("HOLD", 500),
        ("HCAP", 30),
        ("EXPR", 200),
        ("points_expired", 20),
    ] {
        assert!(reached[often] >= least, "{often}: {}", reached[often]);
    }
}

/// Codes and numbers as long as they get: the one way to a receipt that does not fit its paper.
#[test]
fn a_receipt_that_would_be_too_long_is_refused() {
    let station_code = "S".repeat(16);
    let mut bench = Bench::new(&"b".repeat(40));
    let card = card_of("10001869");
    let sku = |index: i64| format!("SKU-{index:04}");
    let price = 10_000_000;
    let mut commands = vec![
        Command::SetUnit(unit("U1", "")),
        station(&station_code, "U1", "one"),
        Command::SetMember(SetMember { card: card.clone(), details: details() }),
    ];
    for index in 0..10 {
        commands.push(Command::SetOffer(offer(&sku(index), price, 0)));
        commands.push(Command::OpenStock(OpenStock {
            station: station_code.clone(),
            sku: sku(index),
            pieces: MOST / 2,
        }));
    }
    for command in commands {
        bench.send_command(command).unwrap();
    }
    let grant = vec![
        (Place::PointsOf(card.clone()), -MOST, Until::Fitting(400 * DAY)),
        (Place::At("expense/points-granted".to_owned()), MOST, Until::Never),
    ];
    bench.step(Step::Post { entries: grant, balanced: true }).unwrap();
    for (pieces, lines) in [(80_000_000, 10), (80_000_000, 9), (1, 3)] {
        let lines = (0..lines).map(|index| Line { sku: sku(index), pieces }).collect();
        let (card, station) = (card.clone(), station_code.clone());
        bench.step(Step::Redeem { card, station, lines, shown: Some(0) }).unwrap();
    }
    // A reversal's receipt is 82 or 83 characters longer: what was redeemed can always be reversed.
    // Its owner may want to read what is left by then, which takes up to 31 more.
    bench.send_command(Command::ChooseBalance(ChooseBalance { card, balance: BalanceOnReceipts::Printed })).unwrap();
    bench.step(Step::Reverse(0, None)).unwrap();
    bench.check_all().unwrap();
    assert_eq!(bench.reached.get("receipt_too_long"), Some(&2));
    assert_eq!(bench.reached.get("RVRS"), Some(&1));
}

/// Books are kept in any bank; people, activities and offers are refused in one that is no town's, whatever they say.
#[test]
fn a_bank_without_a_town_keeps_accounts_alone() {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let reached = run_sequences(TestRunner::new_with_rng(config(CASES / 2), rng), false);
    let accepted: Vec<&String> = reached.keys().filter(|outcome| KINDS.contains(&outcome.as_str())).collect();
    assert_eq!(
        accepted,
        ["ACCT", "ACST", "CMDT", "EXPR", "HCAP", "HOLD", "HREL", "LIMT", "POST", "REVS"],
        "{reached:?}"
    );
    assert!(reached["not_a_town"] >= 1000, "{reached:?}");
    for code in ["card_check_digits", "unknown_station", "invalid_policy", "unknown_item", "unknown_receipt"] {
        assert!(!reached.contains_key(code), "{code}: a town's rule was asked in a bank without a town");
    }
}
