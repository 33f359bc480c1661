//! A town that has something in every table.

use bank_tests::bank::{
    NOON, TestBank, activity, attendance, cards, credential, details, keyed, offer, pin, post_all, redeem,
    reference_town, station, unit, unkeyed,
};
use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{Address, Commodity};
use baoyulan_ledger::command::{
    CaptureHold, Channel, ChooseBalance, Command, DefineCommodity, Envelope, LimitedAccounts, NewAccount, NewEntry,
    PlaceHold, Post, Redeem, ReleaseHold, Reverse, ReverseRedemption, RevokeCredential, SetAccountState, SetCardState,
    SetLimit, SetMember, Side, UndoneEntry, Window,
};
use baoyulan_ledger::people::{BalanceOnReceipts, CardState, NewCredential, Partner, Role, Team};
use baoyulan_ledger::shop::{Line, OfferTerms};
use baoyulan_ledger::{AtomicEnvelope, Ledger, Options};
use uuid::Uuid;

use crate::forger::Forger;

/// The day on which the sample town's activities are over, in UTC seconds after its clock starts.
const HOUR: i64 = 3600;

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn entry(text: &str, quantity: i64) -> NewEntry {
    NewEntry::new(address(text), quantity)
}

/// Accounts of other things than points, among them two with lots.
fn accounts() -> Vec<Command> {
    let yuan = || Commodity::new("CNY").unwrap();
    let account = |text: &str, class| NewAccount::new(address(text), class, yuan());
    let lotted = |text: &str| NewAccount { lotted: true, ..account(text, Class::Liability) };
    let voucher = |quantity: i64, expires_at| {
        let into = entry("liability/vouchers", -quantity).expiring_at(expires_at);
        Command::Post(Post { entries: vec![entry("equity/fund", quantity), into] })
    };
    let mut commands = vec![
        Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 2 }),
        Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 2 }),
        Command::OpenAccount(NewAccount { floor: None, ..account("equity/fund", Class::Equity) }),
        Command::OpenAccount(account("asset/till", Class::Asset)),
        Command::OpenAccount(lotted("liability/vouchers")),
        Command::OpenAccount(lotted("liability/gifts")),
        Command::Post(Post { entries: vec![entry("equity/fund", -123_456), entry("asset/till", 123_456)] }),
        Command::Post(Post { entries: vec![entry("asset/till", -456), entry("equity/fund", 456)] }),
        voucher(700, NOON + 30 * HOUR),
        voucher(300, NOON + 20 * HOUR),
        Command::Post(Post {
            entries: vec![entry("liability/vouchers", 400), entry("liability/gifts", -400).carrying()],
        }),
        Command::SetAccountState(SetAccountState { address: address("asset/till"), state: AccountState::Frozen }),
        Command::SetAccountState(SetAccountState { address: address("asset/till"), state: AccountState::Open }),
        limit(
            "vouchers-out",
            LimitedAccounts::Each { commodity: yuan(), prefix: "liability/".to_owned() },
            Window::Day,
        ),
        limit("fund-out", LimitedAccounts::One(address("equity/fund")), Window::Year),
        hold("order-1", 250),
        Command::CaptureHold(captured(60).keeping_rest()),
        hold("order-2", 100),
        Command::CaptureHold(CaptureHold { hold: "order-2".to_owned(), ..captured(30) }),
        // One that is in force to the end.
        Command::PlaceHold(PlaceHold {
            hold: "order-0".to_owned(),
            entries: vec![entry("asset/till", -3), entry("equity/fund", 3)],
            until: NOON + 300 * 24 * HOUR,
        }),
        hold("order-3", 7),
        Command::ReleaseHold(ReleaseHold { hold: "order-3".to_owned() }),
    ];
    // Enough for a milestone of an account with lots, of which a hold has reserved some.
    commands.extend((0..60).map(|number| voucher(1 + number, NOON + (40 + number % 3) * HOUR)));
    commands
}

fn limit(code: &str, accounts: LimitedAccounts, window: Window) -> Command {
    Command::SetLimit(SetLimit { limit: code.to_owned(), accounts, side: Side::Out, window, quantity: 1_000_000 })
}

/// Vouchers are reserved for what will be taken out of the fund.
fn hold(code: &str, quantity: i64) -> Command {
    let entries = vec![entry("liability/vouchers", quantity), entry("equity/fund", -quantity)];
    Command::PlaceHold(PlaceHold { hold: code.to_owned(), entries, until: NOON + 10 * HOUR })
}

fn captured(quantity: i64) -> CaptureHold {
    CaptureHold::all("order-1").of([(address("liability/vouchers"), quantity), (address("equity/fund"), -quantity)])
}

/// People, their cards, PINs and credentials, each set more than once.
fn people() -> Vec<Command> {
    let [anna, berta, .., franz] = cards();
    let team = |code: &str, motto: &str| {
        let (code, motto) = (code.to_owned(), motto.to_owned());
        let [kind, name, origin] = ["sub_team", "百事帮", "seed"].map(str::to_owned);
        Command::SetTeam(Team { code, kind, name, motto, origin })
    };
    let partner = |name: &str| {
        let [code, name, origin] = ["P2", name, "seed"].map(str::to_owned);
        Command::SetPartner(Partner { code, name, origin })
    };
    let phone = NewCredential {
        card: anna.clone(),
        valid_until: Some(NOON + 1_000_000),
        ..credential("phone-1", Role::Volunteer, "")
    };
    vec![
        team("T1", "有事您说话"),
        partner("天文台"),
        partner("紫金山天文台"),
        station("S02", "泰达青筑二期"),
        Command::SetMember(SetMember { card: berta.clone(), details: details("周江") }),
        Command::SetCardState(SetCardState { card: franz.clone(), state: CardState::Blocked }),
        Command::SetCardState(SetCardState { card: berta.clone(), state: CardState::Blocked }),
        Command::SetCardState(SetCardState { card: berta.clone(), state: CardState::Active }),
        Command::ChooseBalance(ChooseBalance { card: anna.clone(), balance: BalanceOnReceipts::Printed }),
        Command::ChooseBalance(ChooseBalance { card: berta.clone(), balance: BalanceOnReceipts::Printed }),
        Command::IssueCredential(credential("till-1", Role::Teller, "S01")),
        Command::IssueCredential(credential("office-1", Role::Coordinator, "")),
        Command::IssueCredential(phone),
        Command::RevokeCredential(RevokeCredential { credential: "phone-1".to_owned() }),
        pin(&anna, "first"),
        pin(&anna, "second"),
        pin(&berta, "third"),
        Command::SetOffer(OfferTerms { points: 31, ..offer("G01", "香皂", 30, 4) }),
    ]
}

/// What is earned, redeemed and reversed, under ids and with notes; some of it is refused.
async fn lives(ledger: &Ledger) {
    let [anna, berta, carla, ..] = cards();
    let mut second = bank_tests::bank::policy();
    second.organiser_award.points = 12;
    let mut retitled = activity("A0001", "elder", "2026-06-01T14:00", "2026-06-01T16:00", false);
    retitled.title = "敬老".to_owned();
    let earned = post_all(
        ledger,
        [
            attendance("A0003", &anna, "2026-06-05T07:50", "2026-06-05T16:00", "excellent"),
            attendance("A0003", &berta, "2026-06-05T08:00", "2026-06-05T16:10", "good"),
            Command::SetPolicy(Box::new(second)),
            Command::SetActivity(retitled),
            attendance("A0001", &anna, "2026-06-01T14:00", "2026-06-01T15:40", "good"),
            attendance("A0005", &berta, "2026-06-08T19:00", "2026-06-08T21:00", "pass"),
            attendance("A0004", &carla, "2026-05-31T22:10", "2026-06-01T01:30", "fail"),
        ],
    )
    .await;
    let line = |sku: &str, pieces| Line { sku: sku.to_owned(), pieces };
    let both = Redeem {
        card: anna.clone(),
        station: "S01".to_owned(),
        lines: vec![line("G01", 1), line("V01", 1)],
        points_shown: None,
    };
    let whole = |number: i64| ReverseRedemption::whole(&format!("S01-26-{number:06}"));
    let reverse = |receipt: &str| Command::ReverseRedemption(ReverseRedemption::whole(receipt));
    let noted = |id, command| Envelope {
        on_behalf_of: "committee".to_owned(),
        device: "kiosk-1".to_owned(),
        reason: "有虫".to_owned(),
        ..keyed(id, command)
    };
    for envelope in [
        keyed(1, Command::Redeem(both)),
        keyed(2, redeem(&berta, "S02", "G01", 1)),
        keyed(3, redeem(&berta, "S01", "G01", 1)),
        noted(4, reverse("S01-26-000001")),
        noted(5, reverse("S02-26-000001")),
        keyed(6, redeem(&anna, "S01", "G01", 3)),
        keyed(9, Command::ReverseRedemption(ReverseRedemption { lines: Some(vec![line("G01", 1)]), ..whole(4) })),
    ] {
        ledger.post(envelope).await.unwrap();
    }
    let together = |id, commands| AtomicEnvelope::keyed(Uuid::from_u128(id), "shop", Channel::Host, commands);
    let filled = vec![entry("equity/fund", -5), entry("asset/till", 5)];
    let posted = Command::Post(Post { entries: filled });
    let pair = ledger.post_atomic(together(10, vec![posted.clone(), posted.clone()])).await.unwrap().unwrap();
    let refused = Command::Post(Post { entries: vec![entry("asset/till", 1), entry("nowhere", -1)] });
    ledger.post_atomic(together(11, vec![posted, refused])).await.unwrap().unwrap_err();
    // A part of a posting is taken back; and an earning of which most has been spent.
    let back = [("equity/fund", 2), ("asset/till", -2)];
    let back = back.map(|(text, quantity)| UndoneEntry { address: address(text), quantity });
    let position = pair[0].position;
    let part = Command::Reverse(Reverse { position, entries: Some(back.into()) });
    let earning = Command::Reverse(Reverse { position: earned[0].position, entries: None });
    for (id, command) in [(12, part), (13, earning)] {
        ledger.post(keyed(id, command)).await.unwrap();
    }
    for (id, command) in [(7, redeem(&carla, "S01", "G10", 1)), (8, reverse("S01-26-000001"))] {
        ledger.post(keyed(id, command)).await.unwrap_err();
    }
}

/// Makes the bank, with records enough for a whole tile of the tree, and closes it.
pub async fn rich_town(bank: &TestBank) {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    post_all(&ledger, accounts()).await;
    post_all(&ledger, people()).await;
    bank.set_now(NOON + HOUR);
    lives(&ledger).await;
    // So many records of one account are a milestone, with its lots and what holds have of it.
    let spent = || Command::Post(Post { entries: vec![entry("liability/vouchers", 1), entry("equity/fund", -1)] });
    post_all(&ledger, (0..64).map(|_| spent())).await;
    let plots = (0..130).map(|number| Command::SetUnit(unit(&format!("plot-{number}"), "grid-1", "plot", "楼")));
    post_all(&ledger, plots).await;
    // The first lots expire and a hold lapses; a part of what was swept is taken back.
    bank.set_now(NOON + 31 * HOUR);
    let expired = ledger.expire("night-run", Channel::Host, None, |_, _| {}).await.unwrap();
    assert!(expired.records > 0 && expired.holds > 0, "{expired:?}");
    let (size, _) = ledger.journal_head().await.unwrap();
    let back = [("breakage/CNY", 5), ("liability/vouchers", -5)];
    let back = back.map(|(text, quantity)| UndoneEntry { address: address(text), quantity });
    for position in (0..size as i64).rev().take(3) {
        let part = Command::Reverse(Reverse { position, entries: Some(back.clone().into()) });
        if ledger.post(unkeyed(part)).await.is_ok() {
            break;
        }
    }
    ledger.close().await;
    accept(bank).await;
    fill_visits(bank).await;
}

/// Somebody goes on with an older copy, and accepts a clock: two records that no command writes.
async fn accept(bank: &TestBank) {
    let ledger = bank.open().await;
    ledger.post(unkeyed(Command::SetUnit(unit("lost", "grid-1", "plot", "楼")))).await.unwrap();
    ledger.close().await;
    let mut forger = Forger::open(bank).await;
    forger.forget_last("ledger_units").await;
    forger.hash_again().await;
    forger.close().await;
    bank.set_now(NOON + 40 * 24 * HOUR);
    let who = || Some("operator-1".to_owned());
    let accepting = Options { accept_clock: who(), accept_rollback: who(), ..bank.options() };
    Ledger::open(bank.url(), accepting).await.unwrap().close().await;
}

/// Rows of the tables that no record knows of.
async fn fill_visits(bank: &TestBank) {
    let mut forger = Forger::open(bank).await;
    let hash = |byte: u8| forger.bytes(&[byte; 32]);
    let rows = [
        ("ledger_sessions", format!("({}, -1, 'office-1', -1, 1, 2)", hash(1))),
        ("ledger_login_links", format!("({}, 1, -1, 2)", hash(2))),
        ("ledger_pin_misses", "(1, 1, 2, 3)".to_owned()),
        ("ledger_visits", format!("({}, 'kiosk-1', 'S01', 1, -1, '', 1, 2)", hash(3))),
    ];
    for (table, row) in rows {
        forger.execute(&format!("INSERT INTO {table} VALUES {row}")).await.unwrap();
    }
    forger.close().await;
}
