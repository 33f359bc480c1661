//! Every kind of command, each in a form that can be posted as often as one likes. A new kind is one line.

use bank_tests::bank::{
    NOON, activity, attendance, cards, credential, details, offer, pin, policy, redeem, station, unit,
};
use baoyulan_ledger::Posted;
use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{Address, Commodity, HoldId};
use baoyulan_ledger::command::{
    CaptureHold, ChooseBalance, Command, DefineCommodity, Expire, LimitedAccounts, NewAccount, NewEntry, OpenStock,
    PlaceHold, Post, ReleaseHold, Reverse, ReverseRedemption, RevokeCredential, SetAccountState, SetCardState,
    SetLimit, SetMember, Side, Window,
};
use baoyulan_ledger::people::{BalanceOnReceipts, CardNumber, CardState, Partner, Role, Team};
use baoyulan_ledger::shop::{OfferKind, OfferTerms};
use baoyulan_ledger::time::date_of;
use data_encoding::BASE64URL_NOPAD;

/// A command of one kind. Each number makes another one, which the rules decide alike.
pub struct Case {
    /// What it is, for messages.
    pub name: &'static str,
    make: Make,
}

enum Make {
    /// It needs nothing but the town.
    Alone(fn(i64) -> Command),
    /// It needs what another command leads to, which is posted first.
    After(fn(i64) -> Command, fn(i64, &Posted) -> Command),
}

const fn alone(name: &'static str, command: fn(i64) -> Command) -> Case {
    Case { name, make: Make::Alone(command) }
}

const fn after(name: &'static str, first: fn(i64) -> Command, command: fn(i64, &Posted) -> Command) -> Case {
    Case { name, make: Make::After(first, command) }
}

impl Case {
    /// What is posted before the command with this number.
    pub fn first(&self, number: i64) -> Option<Command> {
        match self.make {
            Make::Alone(_) => None,
            Make::After(first, _) => Some(first(number)),
        }
    }

    /// The command with this number, after [`Self::first`].
    pub fn command(&self, number: i64, first: Option<&Posted>) -> Command {
        match (&self.make, first) {
            (Make::Alone(command), _) => command(number),
            (Make::After(_, command), Some(first)) => command(number, first),
            (Make::After(..), None) => unreachable!("{} comes after another command", self.name),
        }
    }

    /// The four letters of its kind.
    pub fn kind(&self) -> &'static str {
        let (position, posted_at, entries) = (0, 0, Vec::new());
        let first = Posted { position, posted_at, receipt: None, entries, unmoved: Vec::new(), replayed: false };
        self.command(1, Some(&first)).kind()
    }

    /// Whether the rules refuse it.
    pub fn is_refused(&self) -> bool {
        self.name.starts_with("refused: ")
    }
}

/// All kinds of commands that the rules accept, and two that they refuse for ever.
pub const CASES: &[Case] = &[
    alone("a commodity", |n| {
        Command::DefineCommodity(DefineCommodity { commodity: commodity(&format!("N{n}")), scale: 2 })
    }),
    alone("an account", |n| open_account("new", n)),
    after(
        "an account's state",
        |n| open_account("box", n),
        |n, _| {
            let (address, state) = (address(&format!("asset/box-{n}")), AccountState::Frozen);
            Command::SetAccountState(SetAccountState { address, state })
        },
    ),
    alone("a transfer", |n| transfer("equity/fund", "asset/till", n)),
    alone("a limit", |n| {
        let (accounts, side, window) = (LimitedAccounts::One(address("asset/till")), Side::In, Window::Year);
        Command::SetLimit(SetLimit {
            limit: "till-in".to_owned(),
            accounts,
            side,
            window,
            quantity: 1_000_000_000_000 + n,
        })
    }),
    alone("a hold", |n| hold("hold", n)),
    after(
        "a capture",
        |n| hold("captured", n),
        |n, _| {
            let hold = format!("captured-{n}");
            Command::CaptureHold(CaptureHold { hold, entries: None, keep_rest: false })
        },
    ),
    after(
        "a release",
        |n| hold("released", n),
        |n, _| Command::ReleaseHold(ReleaseHold { hold: format!("released-{n}") }),
    ),
    after(
        "a transfer taken back",
        |n| transfer("equity/fund", "asset/till", n),
        |_, posted| Command::Reverse(Reverse { position: posted.position, entries: None }),
    ),
    after(
        "an expiry",
        |n| hold_until("lapsing", n, NOON + n + 1),
        |n, placed| {
            let holds = vec![HoldId(placed.position)];
            Command::Expire(Expire { until: NOON + n + 1, accounts: Vec::new(), holds })
        },
    ),
    alone("a unit", |n| Command::SetUnit(unit("grid-7", "xincheng", "grid", &format!("第{n}网格")))),
    alone("a team", |n| Command::SetTeam(team(n))),
    alone("a partner", |n| {
        Command::SetPartner(Partner { code: "P7".to_owned(), name: format!("伙伴 {n}"), origin: "seed".to_owned() })
    }),
    alone("a station", |n| station("S02", &format!("泰达青筑 {n}"))),
    alone("a member", |n| member(&card(1, n))),
    after(
        "a card's state",
        |n| member(&card(2, n)),
        |n, _| Command::SetCardState(SetCardState { card: card(2, n), state: CardState::Blocked }),
    ),
    after(
        "a choice of balance",
        |n| member(&card(3, n)),
        |n, _| Command::ChooseBalance(ChooseBalance { card: card(3, n), balance: BalanceOnReceipts::Printed }),
    ),
    alone("a credential", |n| Command::IssueCredential(credential(&format!("till-{n}"), Role::Teller, "S01"))),
    after(
        "a revocation",
        |n| Command::IssueCredential(credential(&format!("gone-{n}"), Role::Device, "S01")),
        |n, _| Command::RevokeCredential(RevokeCredential { credential: format!("gone-{n}") }),
    ),
    alone("a PIN", |n| pin(&cards()[3], &format!("verifier-{n}"))),
    alone("a policy", |n| {
        let mut policy = policy();
        policy.organiser_award.name = format!("活动组织者 {n}");
        Command::SetPolicy(Box::new(policy))
    }),
    alone("an activity", |n| in_its_hours("X", n)),
    after(
        "an attendance",
        |n| in_its_hours("D", n),
        |n, _| {
            let (card, [starts_at, ends_at]) = (&cards()[1 + (n / DAYS % 5) as usize], hours(n));
            attendance(&format!("D{n}"), card, &starts_at, &ends_at, "good")
        },
    ),
    alone("an offer", |n| Command::SetOffer(offer("G01", &format!("香皂 {n}"), 30, 4))),
    after(
        "a stock",
        |n| Command::SetOffer(offer(&format!("N{n}"), "新货", 10, 0)),
        |n, _| Command::OpenStock(OpenStock { station: "S01".to_owned(), sku: format!("N{n}"), pieces: n }),
    ),
    alone("a redemption", |_| redeem(&cards()[0], "S01", TRIFLE, 1)),
    after(
        "a reversal",
        |_| redeem(&cards()[0], "S01", TRIFLE, 2),
        |_, redeemed| Command::ReverseRedemption(ReverseRedemption::whole(&receipt(redeemed))),
    ),
    alone("refused: a transfer", |n| transfer("asset/till", "equity/fund", 1_000_000_000 + n)),
    alone("refused: a redemption", |n| redeem(&cards()[0], "S01", TRIFLE, 10_000 + n)),
];

/// The offer of one point that is redeemed again and again.
pub const TRIFLE: &str = "Q01";

/// How many accounts a delivery goes to.
const SHELVES: i64 = 100;

/// A transfer to a hundred accounts.
pub fn delivery(quantity: i64) -> Command {
    let entry = |text: &str, quantity| NewEntry::new(address(text), quantity);
    let shelves = (1..=SHELVES).map(|shelf| entry(&format!("asset/shelf-{shelf}"), quantity));
    Command::Post(Post { entries: shelves.chain([entry("equity/fund", -quantity * SHELVES)]).collect() })
}

/// How many days of the spring have an activity of their own.
const DAYS: i64 = 160;

/// What the cases rely on beside the town.
pub fn groundwork() -> Vec<Command> {
    let open = |text: &str, class| NewAccount::new(address(text), class, commodity("CNY"));
    let terms = OfferTerms { kind: OfferKind::Service, ..offer(TRIFLE, "热水一壶", 1, 0) };
    let mut commands = vec![
        Command::DefineCommodity(DefineCommodity { commodity: commodity("CNY"), scale: 2 }),
        Command::OpenAccount(NewAccount { floor: None, ..open("equity/fund", Class::Equity) }),
        Command::OpenAccount(open("asset/till", Class::Asset)),
        Command::SetOffer(terms),
        Command::OpenStock(OpenStock { station: "S01".to_owned(), sku: TRIFLE.to_owned(), pieces: 1_000_000 }),
    ];
    commands
        .extend((1..=SHELVES).map(|shelf| Command::OpenAccount(open(&format!("asset/shelf-{shelf}"), Class::Asset))));
    for day in 1..=8 {
        let (code, day) = (format!("B{day}"), format!("2026-05-{day:02}"));
        let hours = [format!("{day}T09:00"), format!("{day}T18:00")];
        commands.push(Command::SetActivity(activity(&code, "legal", &hours[0], &hours[1], true)));
        commands.push(attendance(&code, &cards()[0], &hours[0], &hours[1], "excellent"));
    }
    commands
}

pub fn address(text: &str) -> Address {
    Address::new(text).unwrap_or_else(|| unreachable!("{text} is no address"))
}

fn open_account(name: &str, n: i64) -> Command {
    Command::OpenAccount(NewAccount::new(address(&format!("asset/{name}-{n}")), Class::Asset, commodity("CNY")))
}

/// A hold of one fen, for a day.
fn hold(name: &str, n: i64) -> Command {
    hold_until(name, n, NOON + 86_400)
}

fn hold_until(name: &str, n: i64, until: i64) -> Command {
    let entry = |text, quantity| NewEntry::new(address(text), quantity);
    let entries = vec![entry("equity/fund", -1), entry("asset/till", 1)];
    Command::PlaceHold(PlaceHold { hold: format!("{name}-{n}"), entries, until })
}

fn commodity(text: &str) -> Commodity {
    Commodity::new(text).unwrap_or_else(|| unreachable!("{text} is no commodity"))
}

pub fn transfer(from: &str, to: &str, quantity: i64) -> Command {
    let entry = |text, quantity| NewEntry::new(address(text), quantity);
    Command::Post(Post { entries: vec![entry(from, -quantity), entry(to, quantity)] })
}

/// The card of a member whom nobody has met before.
fn card(series: i64, n: i64) -> String {
    let number = 30_000_000 + series * 1_000_000 + n;
    CardNumber::of_member_number(number).map(|card| card.to_string()).unwrap_or_default()
}

fn member(card: &str) -> Command {
    Command::SetMember(SetMember { card: card.to_owned(), details: details("王芳") })
}

fn team(n: i64) -> Team {
    let (code, kind) = ("T7".to_owned(), "sub_team".to_owned());
    Team { code, kind, name: "百事帮".to_owned(), motto: format!("有事您说话 {n}"), origin: "seed".to_owned() }
}

/// Two hours of a day. Numbers that are further apart than there are days, and people to come, have other hours.
fn hours(n: i64) -> [String; 2] {
    // From 2 January 2026.
    let (day, hour) = (date_of(20_455 + n % DAYS), 6 + n / DAYS / 5 % 8 * 2);
    [hour, hour + 2].map(|hour| format!("{day}T{hour:02}:00"))
}

fn in_its_hours(letter: &str, n: i64) -> Command {
    let [starts_at, ends_at] = hours(n);
    Command::SetActivity(activity(&format!("{letter}{n}"), "elder", &starts_at, &ends_at, false))
}

/// The number of the receipt that a command has led to.
fn receipt(posted: &Posted) -> String {
    let payload = posted.receipt.as_deref().and_then(|token| token.split('.').nth(1)).unwrap_or_default();
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap_or_default();
    let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    payload["rno"].as_str().unwrap_or_default().to_owned()
}
