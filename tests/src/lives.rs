//! What banks have lived through before they are kept as fixtures: every kind of command, accepted and refused, with ids and
//! without; lots, frozen accounts, reversals; people at the door; a clock and an older copy that somebody has accepted.

#![expect(clippy::unwrap_used, reason = "a helper of tests: what fails here fails the test")]

use baoyulan_ledger::access::{Session, Visit};
use baoyulan_ledger::book::account::{AccountState, Class};
use baoyulan_ledger::book::{Address, Commodity};
use baoyulan_ledger::command::{
    ChooseBalance, Command, DefineCommodity, Envelope, NewAccount, NewEntry, Post, ReverseRedemption, RevokeCredential,
    SetAccountState, SetCardState,
};
use baoyulan_ledger::people::{BalanceOnReceipts, CardNumber, CardState, Door, MemberId, Role};
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::time::date_of;
use baoyulan_ledger::{Error, Ledger, Options, Posted, Rejection};

use crate::bank::{
    NOON, TestBank, attendance, cards, credential, keyed, pin, post_all, redeem, town_commands, unkeyed,
};
use crate::fixture::new_bank;

/// The number of a receipt that nobody has reversed.
pub const REVERSIBLE: &str = "S01-26-000002";

/// What was sent under an id.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The id, for [`keyed`].
    pub id: u128,
    /// The command.
    pub command: Command,
}

/// What became of it.
pub type Outcome = Result<Posted, Rejection>;

const DAY: i64 = 86_400;

fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn yuan() -> Commodity {
    Commodity::new("CNY").unwrap()
}

fn entry(text: &str, quantity: i64) -> NewEntry {
    NewEntry::new(address(text), quantity)
}

fn transfer(from: &str, to: &str, quantity: i64) -> Command {
    Command::Post(Post { entries: vec![entry(from, -quantity), entry(to, quantity)] })
}

fn state(text: &str, state: AccountState) -> Command {
    Command::SetAccountState(SetAccountState { address: address(text), state })
}

/// Posts commands under ids that follow one another.
async fn send(ledger: &Ledger, first: u128, commands: Vec<Command>) -> Vec<(Sent, Outcome)> {
    let mut sent = Vec::new();
    for (id, command) in (first..).zip(commands) {
        let outcome = match ledger.post(keyed(id, command.clone())).await {
            Ok(posted) => Ok(posted),
            Err(Error::Rejected(rejection)) => Err(rejection),
            Err(Error::Fault(fault)) => unreachable!("{fault}"),
        };
        sent.push((Sent { id, command }, outcome));
    }
    sent
}

/// Accounts of every class, with lots and without, some of them frozen or closed.
fn accounts() -> Vec<Command> {
    let open = |text: &str, class| NewAccount::new(address(text), class, yuan());
    let vouchers = |text: &str| NewAccount { lotted: true, ..open(text, Class::Liability) };
    let issue = |quantity: i64, expires_at| {
        let voucher = entry("liability/vouchers", -quantity).expiring_at(expires_at);
        Command::Post(Post { entries: vec![entry("equity/fund", quantity), voucher] })
    };
    let gift = vec![entry("liability/vouchers", 300), entry("liability/gifts", -300).carrying()];
    vec![
        Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 2 }),
        Command::OpenAccount(NewAccount { floor: None, ..open("equity/fund", Class::Equity) }),
        Command::OpenAccount(NewAccount { floor: Some(-500), ..open("asset/till", Class::Asset) }),
        Command::OpenAccount(open("asset/safe", Class::Asset)),
        Command::OpenAccount(open("asset/old", Class::Asset)),
        Command::OpenAccount(open("expense/tea", Class::Expense)),
        Command::OpenAccount(open("income/sales", Class::Income)),
        Command::OpenAccount(vouchers("liability/vouchers")),
        Command::OpenAccount(vouchers("liability/gifts")),
        transfer("equity/fund", "asset/till", 100_000),
        transfer("asset/till", "asset/safe", 4_000),
        transfer("asset/till", "expense/tea", 250),
        transfer("income/sales", "asset/till", 1_999),
        issue(700, NOON + 300 * DAY),
        issue(300, NOON + 200 * DAY),
        // Over two lots.
        Command::Post(Post { entries: vec![entry("liability/vouchers", 400), entry("equity/fund", -400)] }),
        Command::Post(Post { entries: gift }),
        state("asset/safe", AccountState::Frozen),
        state("asset/old", AccountState::Closed),
    ]
}

/// The same commands again under the same ids are answered with what they had come to; these are some of them.
fn keyed_transfers() -> Vec<Command> {
    vec![
        transfer("asset/till", "expense/tea", 17),
        transfer("asset/safe", "asset/till", 1),
        transfer("asset/till", "equity/fund", 999_999),
    ]
}

/// A bank of accounts alone.
pub async fn of_accounts(bank: &TestBank) -> Vec<(Sent, Outcome)> {
    let options = Options { create: Some(new_bank("accounts")), ..bank.options() };
    let ledger = Ledger::open(bank.url(), options).await.unwrap();
    post_all(&ledger, accounts()).await;
    let sent = send(&ledger, 1, keyed_transfers()).await;
    let noted = Envelope {
        on_behalf_of: "guardian-7".to_owned(),
        device: "till-1".to_owned(),
        reason: "it's late".to_owned(),
        effective_on: Some(date_of(20_600)),
        ..unkeyed(transfer("asset/till", "expense/tea", 30))
    };
    ledger.post(noted).await.unwrap();
    ledger.close().await;
    sent
}

/// What a town does beside its commands of every day.
fn town() -> Vec<Command> {
    let [anna, berta, carl, .., last] = cards();
    let mut commands = town_commands();
    commands.extend(accounts());
    commands.extend([
        Command::IssueCredential(credential("till-1", Role::Teller, "S01")),
        Command::IssueCredential(credential("kiosk-1", Role::Device, "S01")),
        Command::IssueCredential(credential("lost-1", Role::Device, "S02")),
        Command::RevokeCredential(RevokeCredential { credential: "lost-1".to_owned() }),
        Command::ChooseBalance(ChooseBalance { card: anna.clone(), balance: BalanceOnReceipts::Printed }),
        pin(&anna, "first"),
        pin(&anna, "second"),
        Command::SetCardState(SetCardState { card: last, state: CardState::Blocked }),
        attendance("A0001", &anna, "2026-06-01T14:00", "2026-06-01T16:00", "good"),
        attendance("A0003", &anna, "2026-06-05T08:00", "2026-06-05T16:00", "excellent"),
        attendance("A0003", &berta, "2026-06-05T08:00", "2026-06-05T16:00", "good"),
        attendance("A0002", &carl, "2026-06-02T08:30", "2026-06-02T10:30", "pass"),
    ]);
    commands
}

/// Redemptions, one of which is reversed and one of which is not; and what is refused.
fn keyed_counter() -> Vec<Command> {
    let [anna, berta, carl, .., last] = cards();
    let reverse = |receipt: &str| Command::ReverseRedemption(ReverseRedemption::whole(receipt));
    vec![
        redeem(&anna, "S01", "G01", 2),
        // This one's receipt is `REVERSIBLE`.
        redeem(&berta, "S01", "V01", 1),
        redeem(&berta, "S01", "G01", 1),
        redeem(&anna, "S02", "G01", 1),
        reverse("S01-26-000001"),
        reverse("S01-26-000001"),
        redeem(&carl, "S01", "G10", 1),
        redeem(&last, "S01", "G01", 1),
    ]
}

/// People at the doors: a session, a visit, a link, a wrong PIN. No record knows of them.
async fn doors(ledger: &Ledger, now: i64) {
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let account = ledger.volunteer_account(card).await.unwrap().unwrap();
    let member: MemberId = account.member;
    let access = ledger.access();
    let token = |text: &str| sha256(&[text.as_bytes()]);
    let session = Session {
        token_hash: token("phone"),
        member: Some(member),
        credential: String::new(),
        standing: access.pin_check(card, Door::Web).await.unwrap().standing,
        opened_at: now,
        expires_at: now + 3600,
    };
    let visit = Visit {
        token_hash: token("visit"),
        device: "kiosk-1".to_owned(),
        station: "S01".to_owned(),
        member: Some(member),
        attendant: "till-1".to_owned(),
        standing: session.standing,
        opened_at: now,
        used_at: now,
    };
    access.open_session(session).await.unwrap();
    access.open_visit(visit, now - 600).await.unwrap();
    access.add_login_link(token("link"), member, now, now + 600).await.unwrap();
    access.add_pin_miss(card, Door::Station, now, now - 600).await.unwrap();
}

/// A town's bank, in a file.
pub async fn of_town(bank: &TestBank) -> Vec<(Sent, Outcome)> {
    let ledger = bank.open().await;
    post_all(&ledger, town()).await;
    let mut sent = send(&ledger, 1, keyed_transfers()).await;
    sent.extend(send(&ledger, 101, keyed_counter()).await);
    ledger.close().await;

    // Somebody puts an older copy in its place and goes on with that.
    let (file, copy) = (bank.folder().join("bank.db"), bank.folder().join("copy.db"));
    std::fs::copy(&file, &copy).unwrap();
    let ledger = bank.open().await;
    post_all(&ledger, [transfer("asset/till", "expense/tea", 5)]).await;
    ledger.close().await;
    std::fs::rename(&copy, &file).unwrap();
    let accepting = Options { accept_rollback: Some("operator-1".to_owned()), ..bank.options() };
    Ledger::open(bank.url(), accepting).await.unwrap().close().await;

    // Then the clock is far ahead, and somebody says that it is right.
    bank.set_now(NOON + 60 * DAY);
    let accepting = Options { accept_clock: Some("operator-1".to_owned()), ..bank.options() };
    let ledger = Ledger::open(bank.url(), accepting).await.unwrap();
    post_all(&ledger, [transfer("asset/till", "expense/tea", 6)]).await;
    doors(&ledger, NOON + 60 * DAY).await;
    ledger.close().await;
    sent
}
