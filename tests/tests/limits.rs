//! Limits over time, as somebody meets them who keeps books: what counts, from when, until when, and what is given back.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{TestBank, attendance, cards, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{
    CaptureHold, Command, DefineCommodity, LimitedAccounts, NewAccount, NewEntry, PlaceHold, Post, ReleaseHold,
    ReverseRedemption, SetLimit, Side, Window,
};
use baoyulan_ledger::{Error, Ledger, Posted, Rejection};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// 2026-07-01T00:00 in the town, in UTC seconds.
const JULY: i64 = 1_782_835_200;

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn coins() -> Commodity {
    Commodity::new("COIN").unwrap()
}

/// A purse, which is a liability, may go 1000 below zero.
fn purse(address: &str) -> NewAccount {
    NewAccount { floor: Some(-1000), ..NewAccount::new(at(address), Class::Liability, coins()) }
}

/// Two purses and the mint, from which coins come and to which they go; an hour before July.
async fn purses(bank: &TestBank) -> Ledger {
    bank.set_now(JULY - HOUR);
    let ledger = bank.open().await;
    let mint = NewAccount { floor: None, ..NewAccount::new(at("mint"), Class::Equity, coins()) };
    let coins = DefineCommodity { commodity: coins(), scale: 0 };
    let definitions = [coins.into(), mint.into(), purse("purse/anna").into(), purse("purse/bert").into()];
    ledger.ensure("shop", definitions).await.unwrap();
    ledger
}

/// What a purse gets, or gives where it is negative.
fn entries(purse: &str, coins: i64) -> Vec<NewEntry> {
    vec![NewEntry::new(at(purse), -coins), NewEntry::new(at("mint"), coins)]
}

async fn moves(ledger: &Ledger, purse: &str, coins: i64) -> Result<Posted, Rejection> {
    send(ledger, Command::Post(Post { entries: entries(purse, coins) })).await
}

/// Posts it. What a limit refuses, whoever asks how the limit stands is told too.
async fn send(ledger: &Ledger, command: Command) -> Result<Posted, Rejection> {
    match ledger.post(unkeyed(command)).await {
        Ok(posted) => Ok(posted),
        Err(Error::Rejected(rejection)) => {
            assert_stands(ledger, &rejection).await;
            Err(rejection)
        }
        Err(Error::Fault(fault)) => unreachable!("{fault}"),
    }
}

async fn assert_stands(ledger: &Ledger, rejection: &Rejection) {
    let Rejection::OverLimitInWindow { limit, address, used, quantity, ends_on, .. } = rejection else { return };
    let limits = ledger.limits_of(&at(address)).await.unwrap().unwrap();
    let found = limits.iter().find(|found| found.limit.limit == *limit).unwrap();
    assert_eq!((found.used, found.limit.quantity, &found.ends_on.to_string()), (*used, *quantity, ends_on));
    assert!(ledger.limits().await.unwrap().contains(&found.limit));
}

async fn place(ledger: &Ledger, hold: &str, coins: i64, until: i64) -> Result<Posted, Rejection> {
    let entries = entries("purse/anna", coins);
    send(ledger, Command::PlaceHold(PlaceHold { hold: hold.to_owned(), entries, until })).await
}

fn limit_of(accounts: LimitedAccounts, side: Side, window: Window, quantity: i64) -> SetLimit {
    SetLimit { limit: "purse-limit".to_owned(), accounts, side, window, quantity }
}

/// Of Anna's purse.
fn annas(side: Side, window: Window, quantity: i64) -> SetLimit {
    limit_of(LimitedAccounts::One(at("purse/anna")), side, window, quantity)
}

/// Of each purse.
fn each_purse(side: Side, window: Window, quantity: i64) -> SetLimit {
    let accounts = LimitedAccounts::Each { commodity: coins(), prefix: "purse/".to_owned() };
    limit_of(accounts, side, window, quantity)
}

fn refused(purse: &str, used: i64, asked: i64, quantity: i64, ends_on: &str) -> Rejection {
    let (limit, address, ends_on) = ("purse-limit".to_owned(), purse.to_owned(), ends_on.to_owned());
    Rejection::OverLimitInWindow { limit, address, used, asked, quantity, ends_on }
}

#[track_caller]
fn assert_refused(outcome: Result<Posted, Rejection>, expected: Rejection) {
    assert_eq!(outcome.unwrap_err(), expected);
}

both_engines!(thirty_in_and_thirty_out_are_thirty_each_way, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    send(&ledger, Command::SetLimit(annas(Side::In, Window::Day, 50))).await.unwrap();
    for coins in [30, -30, 20, -20] {
        moves(&ledger, "purse/anna", coins).await.unwrap();
    }
    assert_refused(moves(&ledger, "purse/anna", 1).await, refused("purse/anna", 50, 1, 50, "2026-07-01"));
    // The other side is free, and so is everybody else.
    moves(&ledger, "purse/anna", -500).await.unwrap();
    moves(&ledger, "purse/bert", 500).await.unwrap();
    bank.set_now(JULY - 1);
    assert_refused(moves(&ledger, "purse/anna", 1).await, refused("purse/anna", 50, 1, 50, "2026-07-01"));
    bank.set_now(JULY);
    moves(&ledger, "purse/anna", 50).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", 1).await, refused("purse/anna", 50, 1, 50, "2026-07-02"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(what_was_used_before_a_limit_was_set_counts, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    // Earlier in June, and in the very request that sets the limit.
    bank.set_now(JULY - 2 * HOUR);
    moves(&ledger, "purse/anna", -30).await.unwrap();
    let post = |coins| unkeyed(Command::Post(Post { entries: entries("purse/anna", coins) }));
    let set = unkeyed(Command::SetLimit(annas(Side::Out, Window::Month, 100)));
    let outcomes = ledger.post_all(vec![post(-40), post(7), set, post(-31), post(-30), post(-1)]).await.unwrap();
    let refused_first = refused("purse/anna", 70, 31, 100, "2026-07-01");
    assert_eq!(outcomes[3].as_ref().unwrap_err(), &refused_first);
    assert!(outcomes[4].is_ok());
    assert_eq!(outcomes[5].as_ref().unwrap_err(), &refused("purse/anna", 100, 1, 100, "2026-07-01"));
    // Taken away it is no more; set again, all that has been used meanwhile counts too.
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Month, 100).removed())).await.unwrap();
    moves(&ledger, "purse/anna", -60).await.unwrap();
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Month, 170))).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -11).await, refused("purse/anna", 160, 11, 170, "2026-07-01"));
    moves(&ledger, "purse/anna", -10).await.unwrap();
    bank.set_now(JULY);
    moves(&ledger, "purse/anna", -170).await.unwrap();
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_limit_holds_when_the_bank_is_opened_again, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Month, 100))).await.unwrap();
    moves(&ledger, "purse/anna", -70).await.unwrap();
    ledger.close().await;
    let ledger = bank.open().await;
    assert_refused(moves(&ledger, "purse/anna", -31).await, refused("purse/anna", 70, 31, 100, "2026-07-01"));
    moves(&ledger, "purse/anna", -30).await.unwrap();
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_limit_that_is_lower_than_what_was_used_refuses_what_comes, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    moves(&ledger, "purse/anna", 80).await.unwrap();
    send(&ledger, Command::SetLimit(annas(Side::In, Window::Year, 10))).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", 1).await, refused("purse/anna", 80, 1, 10, "2027-01-01"));
    moves(&ledger, "purse/anna", -1).await.unwrap();
    // It is replaced as a whole: now it is of the other side, and of the month.
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Month, 0))).await.unwrap();
    moves(&ledger, "purse/anna", 1).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -1).await, refused("purse/anna", 1, 1, 0, "2026-07-01"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_hold_counts_when_it_is_placed_across_the_turn_of_a_month, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Month, 100))).await.unwrap();
    place(&ledger, "order-1", -60, JULY + DAY).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -41).await, refused("purse/anna", 60, 41, 100, "2026-07-01"));
    assert_refused(place(&ledger, "order-2", -41, JULY).await, refused("purse/anna", 60, 41, 100, "2026-07-01"));
    bank.set_now(JULY);
    // July has its own hundred, whatever is captured of June's hold.
    moves(&ledger, "purse/anna", -90).await.unwrap();
    let part = CaptureHold::all("order-1").of([(at("purse/anna"), 20), (at("mint"), -20)]).keeping_rest();
    send(&ledger, Command::CaptureHold(part)).await.unwrap();
    moves(&ledger, "purse/anna", -10).await.unwrap();
    send(&ledger, Command::CaptureHold(CaptureHold::all("order-1"))).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -1).await, refused("purse/anna", 100, 1, 100, "2026-08-01"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(what_is_released_or_lapses_is_given_back, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    send(&ledger, Command::SetLimit(annas(Side::Out, Window::Year, 100))).await.unwrap();
    place(&ledger, "order-1", -60, JULY + DAY).await.unwrap();
    place(&ledger, "order-2", -40, JULY).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -1).await, refused("purse/anna", 100, 1, 100, "2027-01-01"));
    // Nobody says that it has lapsed.
    bank.set_now(JULY);
    moves(&ledger, "purse/anna", -40).await.unwrap();
    let part = CaptureHold::all("order-1").of([(at("purse/anna"), 10), (at("mint"), -10)]).keeping_rest();
    send(&ledger, Command::CaptureHold(part)).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -1).await, refused("purse/anna", 100, 1, 100, "2027-01-01"));
    send(&ledger, Command::ReleaseHold(ReleaseHold { hold: "order-1".to_owned() })).await.unwrap();
    moves(&ledger, "purse/anna", -50).await.unwrap();
    assert_refused(moves(&ledger, "purse/anna", -1).await, refused("purse/anna", 100, 1, 100, "2027-01-01"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_prefix_counts_each_account_by_itself_and_those_to_come, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    send(&ledger, Command::SetLimit(each_purse(Side::In, Window::Day, 50))).await.unwrap();
    moves(&ledger, "purse/anna", 50).await.unwrap();
    moves(&ledger, "purse/bert", 50).await.unwrap();
    assert_refused(moves(&ledger, "purse/bert", 1).await, refused("purse/bert", 50, 1, 50, "2026-07-01"));
    // A purse of July's, and one whose address only looks alike.
    let later = [purse("purse/cora/small"), purse("purses")].map(Command::OpenAccount);
    post_all(&ledger, later).await;
    moves(&ledger, "purses", 51).await.unwrap();
    assert_refused(moves(&ledger, "purse/cora/small", 51).await, refused("purse/cora/small", 0, 51, 50, "2026-07-01"));
    moves(&ledger, "purse/cora/small", 50).await.unwrap();
    // Of all that refuse, the first account by its number is named, and of that the first limit by its code.
    let first = SetLimit { limit: "a".to_owned(), ..annas(Side::In, Window::Month, 40) };
    send(&ledger, Command::SetLimit(first)).await.unwrap();
    let both = [("purse/cora/small", 1), ("purse/anna", 1)].map(|(purse, coins)| NewEntry::new(at(purse), -coins));
    let entries = both.into_iter().chain([NewEntry::new(at("mint"), 2)]).collect();
    let outcome = send(&ledger, Command::Post(Post { entries })).await;
    let Rejection::OverLimitInWindow { limit, address, .. } = outcome.unwrap_err() else { unreachable!() };
    assert_eq!((limit.as_str(), address.as_str()), ("a", "purse/anna"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(what_is_reversed_is_given_back_to_the_window_in_which_it_counted, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let [anna, ..] = cards();
    let attended = |activity: &str, day: &str, from: &str, until: &str| {
        attendance(activity, &anna, &format!("{day}T{from}"), &format!("{day}T{until}"), "excellent")
    };
    let attendances = [
        attended("A0001", "2026-06-01", "14:00", "16:00"),
        attended("A0002", "2026-06-02", "08:30", "10:30"),
        attended("A0003", "2026-06-05", "08:00", "15:00"),
        attended("A0005", "2026-06-08", "19:00", "21:00"),
    ];
    post_all(&ledger, attendances).await;
    let accounts = LimitedAccounts::Each { commodity: Commodity::point(), prefix: "member/".to_owned() };
    send(&ledger, Command::SetLimit(limit_of(accounts, Side::Out, Window::Month, 60))).await.unwrap();
    let soap = async || send(&ledger, redeem(&anna, "S01", "G01", 1)).await;
    let reverse = async |receipt: &str| {
        send(&ledger, Command::ReverseRedemption(ReverseRedemption::whole(receipt))).await.unwrap()
    };
    bank.set_now(JULY - 1);
    soap().await.unwrap();
    soap().await.unwrap();
    let Rejection::OverLimitInWindow { used, asked, .. } = soap().await.unwrap_err() else {
        unreachable!("{:?}", soap().await)
    };
    assert_eq!((used, asked), (60, 30));
    reverse("S01-26-000001").await;
    soap().await.unwrap();
    // In July June's soap gives nothing back, and a reversal is never refused: it lets nothing in that counts.
    bank.set_now(JULY);
    soap().await.unwrap();
    soap().await.unwrap();
    reverse("S01-26-000002").await;
    let Rejection::OverLimitInWindow { used, ends_on, .. } = soap().await.unwrap_err() else { unreachable!() };
    assert_eq!((used, ends_on.as_str()), (60, "2026-08-01"));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_limit_is_what_it_says_or_nothing, async |bank: &TestBank| {
    let ledger = purses(bank).await;
    let set = annas(Side::In, Window::Day, 50);
    let first = send(&ledger, Command::SetLimit(set.clone())).await.unwrap();
    // The same again changes nothing; what is not there can be removed.
    let again = send(&ledger, Command::SetLimit(set.clone())).await.unwrap();
    assert!(again.position > first.position);
    let unset = SetLimit { limit: "never-set".to_owned(), ..set.clone() };
    send(&ledger, Command::SetLimit(unset.removed())).await.unwrap();
    let each = |commodity: &str, prefix: &str| {
        let commodity = Commodity::new(commodity).unwrap();
        SetLimit { accounts: LimitedAccounts::Each { commodity, prefix: prefix.to_owned() }, ..set.clone() }
    };
    for (wrong, code) in [
        (SetLimit { limit: "a b".to_owned(), ..set.clone() }, "invalid_field"),
        (SetLimit { quantity: -2, ..set.clone() }, "invalid_field"),
        (SetLimit { quantity: 1 << 53, ..set.clone() }, "invalid_field"),
        (SetLimit { accounts: LimitedAccounts::One(at("purse/nobody")), ..set.clone() }, "unknown_account"),
        (each("COIN", "purse"), "invalid_field"),
        (each("COIN", ""), "invalid_field"),
        (each("SHELL", "purse/"), "unknown_commodity"),
    ] {
        assert_eq!(send(&ledger, Command::SetLimit(wrong)).await.unwrap_err().code(), code);
    }
    ledger.close().await;
    assert_whole(bank.url()).await;
});
