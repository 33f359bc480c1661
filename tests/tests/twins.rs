//! Twins. With the same clock, random bits and keys, the same commands give the same rows in every table, on both
//! engines and in batches of any size.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::BTreeMap;

use bank_tests::bank::{
    NOON, TestBank, activity, attendance, cards, credential, details, keyed, offer, pin, policy, redeem, station,
    town_commands, unit, unkeyed,
};
use bank_tests::host::Host;
use bank_tests::journal::{Tables, Value, assert_whole, recompute};
use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{AccountId, Address, Commodity, HoldId};
use baoyulan_ledger::command::{
    CaptureHold, ChooseBalance, Command, DefineCommodity, Envelope, Expire, KINDS, LimitedAccounts, NewAccount,
    NewEntry, PlaceHold, Post, Redeem, ReleaseHold, Reverse, ReverseRedemption, RevokeCredential, SetAccountState,
    SetCardState, SetLimit, SetMember, Side, Window,
};
use baoyulan_ledger::people::{BalanceOnReceipts, CardState, MemberDetails, NewCredential, Role, Team};
use baoyulan_ledger::shop::{Line, OfferTerms};
use baoyulan_ledger::time::date_of;
use baoyulan_ledger::{Ledger, Options, Pending, Posted, PostedEntry, Rejection, UnmovedAccount};
use data_encoding::BASE64URL_NOPAD;

type Outcome = Result<Posted, Rejection>;
type Dump = BTreeMap<String, Vec<Vec<Value>>>;

/// Random choices that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        // Knuth's generator, whose high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())].clone()
    }
}

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn yuan() -> Commodity {
    Commodity::new("CNY").unwrap()
}

fn transfer(from: &str, to: &str, quantity: i64) -> Command {
    let entry = |text, quantity| NewEntry::new(address(text), quantity);
    Command::Post(Post { entries: vec![entry(from, -quantity), entry(to, quantity)] })
}

fn hold(code: &str, quantity: i64) -> Command {
    let Command::Post(Post { entries }) = transfer("asset/till", "equity/fund", quantity) else { unreachable!() };
    Command::PlaceHold(PlaceHold { hold: code.to_owned(), entries, until: NOON + 86_400 })
}

/// Lets expire what is due of the accounts that there are once the vouchers are.
fn expire(until: i64) -> Command {
    Command::Expire(Expire { until, accounts: (0..30).map(AccountId).collect(), holds: Vec::new() })
}

/// The position of the record that places a hold which lapses before the commands are over, if time passes.
const LAPSING: HoldId = HoldId(44);
/// When it lapses.
const LAPSES: i64 = NOON + 7000;

/// Somebody who consented before 2020.
fn consented_early() -> MemberDetails {
    MemberDetails { consent_on: "2019-12-01".to_owned(), ..details("雷佳霞") }
}

/// Places the hold that lapses.
fn lapsing_hold() -> Command {
    let Command::PlaceHold(hold) = hold("h-lapsing", 5) else { unreachable!() };
    Command::PlaceHold(PlaceHold { until: LAPSES, ..hold })
}

/// Closes the hold that lapses.
fn expire_hold() -> Command {
    Command::Expire(Expire { until: LAPSES, accounts: Vec::new(), holds: vec![LAPSING] })
}

/// Of the accounts of a commodity under a prefix, or of one where there is no commodity.
fn limit(code: &str, (commodity, place): (&str, &str), side: Side, window: Window, quantity: i64) -> Command {
    let accounts = match Commodity::new(commodity) {
        Some(commodity) => LimitedAccounts::Each { commodity, prefix: place.to_owned() },
        None => LimitedAccounts::One(address(place)),
    };
    Command::SetLimit(SetLimit { limit: code.to_owned(), accounts, side, window, quantity })
}

/// Every kind of command, some of which the rules reject.
fn openings() -> Vec<Command> {
    let fund = NewAccount { floor: None, ..NewAccount::new(address("equity/fund"), Class::Equity, yuan()) };
    let till = NewAccount::new(address("asset/till"), Class::Asset, yuan());
    let vouchers =
        NewAccount { lotted: true, ..NewAccount::new(address("liability/vouchers"), Class::Liability, yuan()) };
    let voucher = |quantity: i64, expires_at| {
        Command::Post(Post {
            entries: vec![
                NewEntry::new(address("equity/fund"), quantity),
                NewEntry { expires_at, ..NewEntry::new(address("liability/vouchers"), -quantity) },
            ],
        })
    };
    // Everything again that the town was made of: what is loaded whole must be there for it to be refused.
    let mut openings = town_commands();
    openings.extend([
        Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 2 }),
        Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 3 }),
        Command::OpenAccount(fund),
        Command::OpenAccount(till.clone()),
        Command::OpenAccount(till),
        Command::OpenAccount(vouchers),
        transfer("equity/fund", "asset/till", 123_456),
        transfer("asset/till", "equity/fund", 999_999),
        transfer("asset/till", "nowhere", 1),
        Command::SetAccountState(SetAccountState { address: address("asset/till"), state: AccountState::Frozen }),
        transfer("asset/till", "equity/fund", 1),
        Command::SetAccountState(SetAccountState { address: address("asset/till"), state: AccountState::Closed }),
        Command::SetAccountState(SetAccountState { address: address("asset/till"), state: AccountState::Open }),
        voucher(700, Some(NOON + 1000)),
        voucher(300, Some(NOON + 500)),
        voucher(1, None),
        voucher(-900, None),
        voucher(5000, Some(NOON + 400_000)),
        voucher(300, Some(NOON + 9000)),
        // An earning of long ago has expired when it is posted.
        Command::SetMember(SetMember { card: cards()[3].clone(), details: consented_early() }),
        Command::SetActivity(activity("Z0001", "elder", "2020-03-01T14:00", "2020-03-01T16:00", false)),
        attendance("Z0001", &cards()[3], "2020-03-01T14:00", "2020-03-01T16:00", "good"),
        expire(NOON),
        expire(NOON + 10),
        lapsing_hold(),
        hold("h-0", 3),
        Command::CaptureHold(
            CaptureHold::all("h-0").of([(address("asset/till"), -1), (address("equity/fund"), 1)]).keeping_rest(),
        ),
        Command::ReleaseHold(ReleaseHold { hold: "h-0".to_owned() }),
        Command::CaptureHold(CaptureHold::all("h-0")),
        hold("h-0", 3),
        Command::PlaceHold(PlaceHold {
            hold: "h-8".to_owned(),
            entries: vec![NewEntry::new(address("liability/vouchers"), 30), NewEntry::new(address("asset/till"), -30)],
            until: NOON + 30 * 86_400,
        }),
        limit("l-0", ("", "asset/till"), Side::In, Window::Year, 124_000),
        transfer("equity/fund", "asset/till", 1000),
        transfer("equity/fund", "asset/till", 400),
        limit("l-0", ("", "asset/till"), Side::In, Window::Year, 124_000),
        limit("l-0", ("", "asset/till"), Side::In, Window::Year, -1),
        limit("l-0", ("", "nowhere"), Side::In, Window::Year, 5),
        Command::SetUnit(unit("grid-9", "nowhere", "grid", "第九网格")),
        Command::SetTeam(Team {
            code: "T1".to_owned(),
            kind: "sub_team".to_owned(),
            name: "百事帮".to_owned(),
            motto: "有事您说话".to_owned(),
            origin: "seed".to_owned(),
        }),
        station("S02", "泰达青筑二期"),
        Command::SetCardState(SetCardState { card: cards()[5].clone(), state: CardState::Blocked }),
        Command::ChooseBalance(ChooseBalance { card: cards()[0].clone(), balance: BalanceOnReceipts::Printed }),
        Command::IssueCredential(credential("till-1", Role::Teller, "S01")),
        Command::IssueCredential(NewCredential {
            card: cards()[0].clone(),
            valid_until: Some(NOON + 1_000_000),
            ..credential("phone-1", Role::Volunteer, "")
        }),
        Command::RevokeCredential(RevokeCredential { credential: "phone-1".to_owned() }),
        pin(&cards()[0], "first"),
        Command::SetOffer(OfferTerms { points: 31, ..offer("G01", "香皂", 30, 4) }),
        Command::SetPolicy(Box::new(policy())),
    ]);
    // Enough for a milestone of an account with lots, of which a hold has reserved some.
    openings.extend((0..60).map(|number| voucher(1 + number % 3, Some(NOON + 90_000 + 500 * (number % 4)))));
    openings
}

/// Activities and their days: some of the town's, and those of [`spring`].
const ACTIVITIES: [(&str, &str); 13] = [
    ("A0001", "2026-06-01"),
    ("A0002", "2026-06-02"),
    ("A0003", "2026-06-05"),
    ("A0005", "2026-06-08"),
    ("A0006", "2026-06-05"),
    ("B0001", "2026-03-28"),
    ("B0002", "2026-03-29"),
    ("B0003", "2026-04-04"),
    ("B0004", "2026-04-05"),
    ("B0005", "2026-05-09"),
    ("B0006", "2026-05-10"),
    ("B0007", "2026-05-16"),
    ("B0008", "2026-05-16"),
];

/// The spring's activities: they are long, and each is a service day.
fn spring() -> impl Iterator<Item = Command> {
    ACTIVITIES.iter().filter(|(code, _)| code.starts_with('B')).map(|(code, day)| {
        Command::SetActivity(activity(code, "legal", &format!("{day}T09:00"), &format!("{day}T18:00"), true))
    })
}

/// Picks something that a host does with its books.
fn of_books(dice: &mut Dice) -> Command {
    let hold = dice.of(&["h-1", "h-2", "h-3", "h-4", "h-5", "h-6", "h-7"]).to_owned();
    let quantity = 1 + dice.roll(200) as i64;
    match dice.roll(14) {
        9..=11 => Command::Reverse(Reverse { position: dice.roll(400) as i64, entries: None }),
        12 => expire(NOON + 1000 * dice.roll(40) as i64),
        13 => expire_hold(),
        0..=2 => transfer("equity/fund", "asset/till", quantity),
        8 => {
            let place = dice.of(&[
                ("", "asset/till"),
                ("CNY", "asset/"),
                ("CNY", "liability/"),
                ("", "equity/fund"),
                ("POINT", "member/"),
                ("ITEM:G01", "station/S01/"),
                ("", "income/points-redeemed"),
            ]);
            let (side, window) = (dice.of(Side::ALL), dice.of(Window::ALL));
            limit(dice.of(&["l-1", "l-2", "l-3"]), place, side, window, dice.of(&[-1, 40, 150, 600, 125_000]))
        }
        3..=4 => Command::PlaceHold(PlaceHold {
            hold,
            entries: vec![
                NewEntry::new(address("liability/vouchers"), quantity),
                NewEntry::new(address("asset/till"), -quantity),
            ],
            until: NOON + 1000 * (1 + dice.roll(40) as i64),
        }),
        5..=6 => {
            let part = [(address("liability/vouchers"), quantity / 2), (address("asset/till"), -(quantity / 2))];
            let capture = CaptureHold::all(&hold);
            Command::CaptureHold(if dice.roll(4) == 0 { capture } else { capture.of(part).keeping_rest() })
        }
        _ => Command::ReleaseHold(ReleaseHold { hold }),
    }
}

/// Picks something that people do at a station; not all of it is allowed.
fn act(dice: &mut Dice) -> Command {
    let card = dice.of(&cards());
    match dice.roll(14) {
        0..=3 => {
            let (code, day) = dice.of(&ACTIVITIES);
            let check_in = format!("{day}T{:02}:{:02}", 7 + dice.roll(8), dice.roll(60));
            let check_out = format!("{day}T{:02}:30", 13 + dice.roll(10));
            let grade = dice.of(&["excellent", "good", "pass", "good", "fail", "perfect"]);
            attendance(code, &card, &check_in, &check_out, grade)
        }
        4 => attendance("A0004", &card, "2026-05-31T22:10", "2026-06-01T02:30", "good"),
        5..=6 => redeem(&card, dice.of(&["S01", "S02", "S03"]), dice.of(&["G01", "V01", "G10", "G99"]), 1),
        7 => {
            let line = |sku: &str, pieces| Line { sku: sku.to_owned(), pieces };
            let lines = vec![line("V01", 1), line("G01", 1 + dice.roll(2) as i64)];
            Command::Redeem(Redeem { card, station: "S01".to_owned(), lines, points_shown: Some(91) })
        }
        8 => {
            let number = 1 + dice.roll(12);
            Command::ReverseRedemption(ReverseRedemption {
                receipt: format!("{}-26-{number:06}", dice.of(&["S01", "S02"])),
                lines: (dice.roll(3) == 0).then(|| vec![Line { sku: "V01".to_owned(), pieces: 1 }]),
            })
        }
        9 => of_books(dice),
        10 => Command::SetMember(SetMember { card, details: details(dice.of(&["李梅", "王芳", "赵云"])) }),
        11 => {
            let code = dice.of(&["till-1", "till-2", "till-3", "phone-1"]);
            if dice.roll(2) == 0 {
                Command::IssueCredential(credential(code, Role::Device, dice.of(&["S01", "S02", "S03"])))
            } else {
                Command::RevokeCredential(RevokeCredential { credential: code.to_owned() })
            }
        }
        12 => pin(&card, dice.of(&["second", "third", "no verifier"])),
        _ => {
            let code = dice.of(&["A0001", "A0007"]);
            let mut plan = activity(code, "elder", "2026-06-01T14:00", "2026-06-01T16:00", false);
            plan.title = dice.of(&["敬老", "助老", "爱老"]).to_owned();
            Command::SetActivity(plan)
        }
    }
}

/// The town, every kind of command, and then a few hundred commands at random: with ids, without, sent again, and with
/// one id for two different commands.
fn commands() -> Vec<Envelope> {
    let mut envelopes: Vec<Envelope> =
        town_commands().into_iter().chain(openings()).chain(spring()).map(unkeyed).collect();
    let mut dice = Dice(7);
    let mut sent: Vec<Envelope> = Vec::new();
    for number in 0..900 {
        let envelope = match dice.roll(8) {
            0 => unkeyed(act(&mut dice)),
            1 if !sent.is_empty() => dice.of(&sent),
            2 if !sent.is_empty() => Envelope { command: act(&mut dice), ..dice.of(&sent) },
            _ => Envelope {
                on_behalf_of: dice.of(&["", "guardian-7"]).to_owned(),
                device: "kiosk-1".to_owned(),
                reason: dice.of(&["", "补录", "late sheet"]).to_owned(),
                effective_on: dice.of(&[None, Some(date_of(20_600))]),
                ..keyed(number, act(&mut dice))
            },
        };
        if envelope.key.is_some() {
            sent.push(envelope.clone());
        }
        envelopes.push(envelope);
    }
    envelopes
}

/// Divides the commands into batches, whose sizes repeat `sizes`.
fn batches(sizes: &[usize]) -> Vec<Vec<Envelope>> {
    let mut rest = commands();
    let mut batches = Vec::new();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let later = rest.split_off(rest.len().min(*size));
        batches.push(std::mem::replace(&mut rest, later));
    }
    batches
}

/// What a ledger remembers from one batch to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    /// Everything that it has met.
    Warm,
    /// Only the tables that it always holds whole. After every batch it forgets all that it loads by key.
    Evicted,
    /// Nothing: the bank is opened again before every batch.
    Anew,
}

/// Posts batches with some time between them. Returns the outcomes, and what is in the bank afterwards.
async fn post(bank: &TestBank, batches: Vec<Vec<Envelope>>, seconds_between: i64) -> (Vec<Outcome>, Dump) {
    post_with(Memory::Warm, bank, batches, seconds_between).await
}

async fn post_with(
    memory: Memory,
    bank: &TestBank,
    batches: Vec<Vec<Envelope>>,
    seconds_between: i64,
) -> (Vec<Outcome>, Dump) {
    let warm_keys_max = if memory == Memory::Evicted { 0 } else { bank.options().warm_keys_max };
    let open = async || Ledger::open(bank.url(), Options { warm_keys_max, ..bank.options() }).await.unwrap();
    let mut ledger = open().await;
    let mut outcomes = Vec::new();
    for (batch, index) in batches.into_iter().zip(0..) {
        if memory == Memory::Anew {
            ledger.close().await;
            ledger = open().await;
        }
        bank.set_now(NOON + index * seconds_between);
        // If the ledger has forgotten an id, the write fails, and everything is drawn and decided a second time.
        bank.turn_chance_to(1 + index as u64);
        outcomes.extend(ledger.post_all(batch).await.unwrap());
    }
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    assert!(ledger.trial_balance().await.unwrap().disagreements.is_empty());
    assert_eq!(ledger.audit(|_, _| {}).await.unwrap().difference, None);
    ledger.close().await;
    assert_whole(bank.url()).await;
    (outcomes, Tables::open(bank.url()).await.dump().await)
}

fn assert_equal(left: &Dump, right: &Dump) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>(), "the tables");
    for (name, rows) in left {
        for (left, right) in rows.iter().zip(&right[name]) {
            assert_eq!(left, right, "{name}");
        }
        assert_eq!(rows.len(), right[name].len(), "rows of {name}");
    }
}

async fn assert_twins(sizes: &[usize]) {
    let (sqlite, postgres) = (TestBank::sqlite(), TestBank::postgres());
    let (left, left_rows) = post(&sqlite, batches(sizes), 60).await;
    let (right, right_rows) = post(&postgres, batches(sizes), 60).await;
    assert_eq!(left, right);
    assert_equal(&left_rows, &right_rows);
    // Commands must have filled every table, or tables would be equal because they
    // are empty. Only those of visits stay empty, those of records that opening a bank writes, and that of commands which are
    // posted together.
    let unused: Vec<&String> = left_rows.iter().filter(|(_, rows)| rows.is_empty()).map(|(name, _)| name).collect();
    let expected = [
        "ledger_batches",
        "ledger_clock_acceptances",
        "ledger_login_links",
        "ledger_pin_misses",
        "ledger_rollback_acceptances",
        "ledger_sessions",
        "ledger_visits",
    ];
    assert_eq!(unused, expected, "tables without a row");
}

#[tokio::test]
async fn one_by_one_sqlite_and_postgres_have_equal_rows() {
    assert_twins(&[1]).await;
}

#[tokio::test]
async fn in_batches_sqlite_and_postgres_have_equal_rows() {
    assert_twins(&[1, 2, 3, 100, 7, 50]).await;
}

#[tokio::test]
async fn in_one_batch_sqlite_and_postgres_have_equal_rows() {
    assert_twins(&[usize::MAX]).await;
}

/// Asserts, command by command, that a ledger decides the same whatever it remembers: all rows and the root are equal.
async fn assert_memory_changes_nothing(engine: fn() -> TestBank) {
    let warm = post_with(Memory::Warm, &engine(), batches(&[1]), 60).await;
    for memory in [Memory::Evicted, Memory::Anew] {
        let (outcomes, rows) = post_with(memory, &engine(), batches(&[1]), 60).await;
        for ((one, other), envelope) in outcomes.iter().zip(&warm.0).zip(commands()) {
            assert_eq!(one, other, "{memory:?}: {envelope:?}");
        }
        assert_equal(&rows, &warm.1);
    }
}

#[tokio::test]
async fn opened_anew_or_forgetting_everything_a_bank_decides_the_same_sqlite() {
    assert_memory_changes_nothing(TestBank::sqlite).await;
}

#[tokio::test]
async fn opened_anew_or_forgetting_everything_a_bank_decides_the_same_postgres() {
    assert_memory_changes_nothing(TestBank::postgres).await;
}

/// Asserts the same for batches. If one command of a batch is decided twice, so is
/// the whole batch, with other random bits.
async fn assert_memory_changes_no_batch(engine: fn() -> TestBank) {
    let sizes = [1, 2, 3, 100, 7, 50];
    let warm = post_with(Memory::Warm, &engine(), batches(&sizes), 60).await;
    let warm = (outcomes_without_chance(warm.0), without_chance(warm.1));
    for memory in [Memory::Evicted, Memory::Anew] {
        let (outcomes, rows) = post_with(memory, &engine(), batches(&sizes), 60).await;
        assert_eq!(outcomes_without_chance(outcomes), warm.0, "{memory:?}");
        assert_equal(&without_chance(rows), &warm.1);
    }
}

#[tokio::test]
async fn batches_are_decided_the_same_whatever_is_remembered_sqlite() {
    assert_memory_changes_no_batch(TestBank::sqlite).await;
}

#[tokio::test]
async fn batches_are_decided_the_same_whatever_is_remembered_postgres() {
    assert_memory_changes_no_batch(TestBank::postgres).await;
}

/// Posts each batch in a transaction of a host's, as [`post`] does without one.
async fn post_in_host(bank: &TestBank, batches: Vec<Vec<Envelope>>) -> (Vec<Result<Pending, Rejection>>, Dump) {
    let ledger = bank.open().await;
    let mut host = Host::at(bank.url()).await;
    let mut outcomes = Vec::new();
    for (batch, index) in batches.into_iter().zip(0..) {
        bank.set_now(NOON + index * 60);
        bank.turn_chance_to(1 + index as u64);
        host.begin().await;
        outcomes.extend(host.post_in(&ledger, batch).await.unwrap());
        host.commit().await;
    }
    assert_eq!(recompute(bank.url()).await, ledger.journal_head().await.unwrap());
    ledger.close().await;
    assert_whole(bank.url()).await;
    (outcomes, Tables::open(bank.url()).await.dump().await)
}

/// Asserts that every kind of command has the same outcome and the same rows in a host's transaction.
async fn assert_hosts_change_nothing(engine: fn() -> TestBank) {
    let sizes = [1, 2, 3, 100, 7, 50];
    let (outcomes, rows) = post(&engine(), batches(&sizes), 60).await;
    let (pending, in_host) = post_in_host(&engine(), batches(&sizes)).await;
    let expected = outcomes.into_iter().map(|outcome| outcome.map(Pending::from));
    for ((one, other), envelope) in pending.into_iter().zip(expected).zip(commands()) {
        assert_eq!(one, other, "{envelope:?}");
    }
    assert_equal(&in_host, &rows);
}

#[tokio::test]
async fn in_a_hosts_transactions_a_bank_decides_the_same_sqlite() {
    assert_hosts_change_nothing(TestBank::sqlite).await;
}

#[tokio::test]
async fn in_a_hosts_transactions_a_bank_decides_the_same_postgres() {
    assert_hosts_change_nothing(TestBank::postgres).await;
}

#[test]
fn the_commands_are_of_all_kinds_accepted_and_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (outcomes, _) = runtime.block_on(async { post(&TestBank::sqlite(), batches(&[1]), 60).await });
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (envelope, outcome) in commands().iter().zip(&outcomes) {
        let column = match outcome {
            Ok(posted) if posted.replayed => 2,
            Ok(_) => 0,
            Err(_) => 1,
        };
        counts.entry(envelope.command.kind()).or_default()[column] += 1;
    }
    let expiries = || commands().into_iter().zip(&outcomes).filter(|(envelope, _)| envelope.command.kind() == "EXPR");
    let closing = |(_, outcome): &(Envelope, &Outcome)| matches!(outcome, Ok(posted) if posted.entries.is_empty());
    assert!(
        expiries().any(|expiry| closing(&expiry)),
        "{LAPSING:?} is not the hold that lapses: {:?}",
        holds(&outcomes)
    );
    assert_eq!(counts.len(), KINDS.len(), "{counts:?}");
    assert!(counts.values().all(|[accepted, ..]| *accepted > 0), "{counts:?}");
    let refused: std::collections::BTreeSet<String> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).map(Rejection::code).collect();
    assert!(refused.len() > 15, "{refused:?}");
    assert!(counts.values().map(|[.., replayed]| replayed).sum::<usize>() > 10, "{counts:?}");
}

/// The positions of all holds, by their codes.
fn holds(outcomes: &[Outcome]) -> Vec<(String, i64)> {
    let commands = commands();
    let placed = commands.iter().zip(outcomes).filter_map(|(envelope, outcome)| match &envelope.command {
        Command::PlaceHold(hold) => Some((hold.hold.clone(), outcome.as_ref().ok()?.position)),
        _ => None,
    });
    placed.collect()
}

/// Leaves out what depends on random bits, since a batch draws them from another part of the sequence than single
/// commands do. Pseudonyms become the member's number. `assert_whole` checks what hashes a salt or a pseudonym.
fn without_chance(mut dump: Dump) -> Dump {
    let members = dump["ledger_members"].clone();
    let pseudonyms: BTreeMap<String, String> =
        members.iter().map(|row| (row[2].text().to_owned(), format!("member-{}", row[0].integer()))).collect();
    let renamed = |text: &str| {
        pseudonyms.iter().fold(text.to_owned(), |text, (pseudonym, name)| text.replace(pseudonym.as_str(), name))
    };
    for (name, rows) in &mut dump {
        for row in rows.iter_mut() {
            if name == "ledger_receipts" {
                let payload = row[4].text().split('.').nth(1).unwrap();
                let payload = String::from_utf8(BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
                let (before, _) = payload.split_once(r#","prv":"#).unwrap();
                row[4] = Value::Text(before.to_owned());
            }
            for value in row.iter_mut() {
                match value {
                    Value::Text(text) => *text = renamed(text),
                    // Salts and digests. Ids and content hashes are compared by what they lead to.
                    Value::Bytes(bytes) => bytes.truncate(0),
                    Value::Integer(_) => {}
                }
            }
        }
        rows.sort();
    }
    dump
}

/// Leaves out of the outcomes what depends on random bits: a receipt's bytes, and the pseudonym in an address, whose
/// account has a number.
fn outcomes_without_chance(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let without_pseudonym = |of: Address| {
        let is_of_member = ["member/", "receivable/"].iter().any(|beginning| of.as_str().starts_with(beginning));
        if is_of_member { address("member") } else { of }
    };
    let entry = |entry: PostedEntry| PostedEntry { address: without_pseudonym(entry.address.clone()), ..entry };
    let unmoved = |account: UnmovedAccount| UnmovedAccount { address: without_pseudonym(account.address), ..account };
    let without_chance = |posted: Posted| Posted {
        receipt: None,
        entries: posted.entries.into_iter().map(entry).collect(),
        unmoved: posted.unmoved.into_iter().map(unmoved).collect(),
        ..posted
    };
    outcomes.into_iter().map(|outcome| outcome.map(without_chance)).collect()
}

async fn assert_batch_is_sequence(one: TestBank, other: TestBank) {
    let (left, left_rows) = post(&one, batches(&[1]), 0).await;
    let (right, right_rows) = post(&other, batches(&[usize::MAX]), 0).await;
    assert_eq!(outcomes_without_chance(left), outcomes_without_chance(right));
    assert_equal(&without_chance(left_rows), &without_chance(right_rows));
}

#[tokio::test]
async fn one_batch_is_its_commands_one_by_one_sqlite() {
    assert_batch_is_sequence(TestBank::sqlite(), TestBank::sqlite()).await;
}

#[tokio::test]
async fn one_batch_is_its_commands_one_by_one_postgres() {
    assert_batch_is_sequence(TestBank::postgres(), TestBank::postgres()).await;
}

/// SQLite too refuses text that PostgreSQL cannot store, and nothing else in the batch suffers.
async fn what_a_nul_leads_to(bank: TestBank) -> Vec<Result<i64, String>> {
    let ledger = bank.open().await;
    let mut outcomes = Vec::new();
    let town: Vec<Envelope> = town_commands().into_iter().map(unkeyed).collect();
    outcomes.extend(ledger.post_all(town).await.unwrap());
    let card = &cards()[0];
    let mut strange_policy = policy();
    let strange = strange_policy.service_types["elder"].clone();
    strange_policy.service_types.insert("old\0er".to_owned(), strange);
    let mut strange_scope = keyed(1, redeem(card, "S01", "G01", 1));
    strange_scope.key.as_mut().unwrap().credential = "a\0b".into();
    for strange in [
        strange_scope,
        unkeyed(redeem(card, "S01", "G\0", 1)),
        unkeyed(redeem(card, "S\0", "G01", 1)),
        unkeyed(attendance("A\0", card, "2026-06-01T14:00", "2026-06-01T16:00", "good")),
        unkeyed(Command::SetUnit(unit("a\0b", "", "grid", "乙"))),
        unkeyed(Command::SetUnit(unit("ab", "", "grid", "乙\0丙"))),
        unkeyed(Command::SetMember(SetMember { card: card.clone(), details: details("李\0梅") })),
        unkeyed(Command::SetPolicy(Box::new(strange_policy))),
        unkeyed(Command::IssueCredential(credential("a\0b", Role::Administrator, ""))),
        unkeyed(Command::RevokeCredential(RevokeCredential { credential: "a\0b".to_owned() })),
        unkeyed(pin(card, "a\0b")),
        unkeyed(Command::SetActivity(activity("Z1", "old\0er", "2026-06-01T14:00", "2026-06-01T16:00", false))),
        Envelope { reason: "a\0b".to_owned(), ..unkeyed(station("S08", "乙")) },
    ] {
        let beside = unkeyed(station("S09", &format!("第{}", outcomes.len())));
        outcomes.extend(ledger.post_all(vec![strange, beside]).await.unwrap());
    }
    ledger.close().await;
    assert_whole(bank.url()).await;
    let outcome = |outcome: Outcome| outcome.map(|posted| posted.position).map_err(|rejection| rejection.code());
    outcomes.into_iter().map(outcome).skip(town_commands().len()).collect()
}

#[tokio::test]
async fn a_nul_is_refused_on_sqlite_and_postgres_alike() {
    let sqlite = what_a_nul_leads_to(TestBank::sqlite()).await;
    assert!(sqlite.iter().step_by(2).all(Result::is_err), "{sqlite:?}");
    assert!(sqlite.iter().skip(1).step_by(2).all(Result::is_ok), "{sqlite:?}");
    assert_eq!(what_a_nul_leads_to(TestBank::postgres()).await, sqlite);
}
