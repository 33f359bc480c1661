//! Expiry as a posting: what lies in expired lots goes to breakage, once, whoever stops it or runs it twice; and nobody can spend more
//! or less than before.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::BTreeMap;

use bank_tests::bank::{CLERK, NOON, TestBank, cards, post_all, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::counter::Counter;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::book::{AccountId, AccountState, Address, Class, Commodity, HoldId};
use baoyulan_ledger::command::{
    CaptureHold, Channel, Command, DefineCommodity, Expire, NewAccount, NewEntry, PlaceHold, Post, ReleaseHold,
    Reverse, SetAccountState, UndoneEntry,
};
use baoyulan_ledger::ledger::Expired;
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::reject::{Expected, Field};
use baoyulan_ledger::statement::PostingReason;
use baoyulan_ledger::{Error, Ledger, Rejection};

const DAY: i64 = 24 * 3600;

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn star() -> Commodity {
    Commodity::new("STAR").unwrap()
}

fn wallet(number: usize) -> Address {
    at(&format!("wallet/{number}"))
}

/// Opens wallets with lots, and who fills them.
async fn wallets(ledger: &Ledger, count: usize) {
    let define = Command::DefineCommodity(DefineCommodity { commodity: star(), scale: 0 });
    let granted = NewAccount { floor: None, ..NewAccount::new(at("granted"), Class::Expense, star()) };
    let wallets = (0..count).map(|number| {
        let lotted = NewAccount { lotted: true, ..NewAccount::new(wallet(number), Class::Liability, star()) };
        Command::OpenAccount(lotted)
    });
    post_all(ledger, [define, Command::OpenAccount(granted)].into_iter().chain(wallets)).await;
}

/// Gives each of these wallets so much until an instant.
fn grant(wallets: impl IntoIterator<Item = usize>, quantity: i64, expires_at: i64) -> Command {
    let mut entries: Vec<NewEntry> =
        wallets.into_iter().map(|number| NewEntry::new(wallet(number), -quantity).expiring_at(expires_at)).collect();
    entries.push(NewEntry::new(at("granted"), quantity * entries.len() as i64));
    Command::Post(Post { entries })
}

async fn expire(ledger: &Ledger) -> Expired {
    ledger.expire(CLERK, Channel::Counter, None, |_, _| {}).await.unwrap()
}

/// Accounts, lots and quantity of the one commodity; and holds.
fn sums(expired: &Expired) -> (u64, u64, i128, u64) {
    assert!(expired.commodities.len() <= 1, "{expired:?}");
    let sums = expired.commodities.get(&star()).cloned().unwrap_or_default();
    (sums.accounts, sums.lots, sums.quantity, expired.holds)
}

async fn balance(ledger: &Ledger, address: &str) -> i64 {
    ledger.account(&at(address)).await.unwrap().unwrap().normal_balance()
}

/// What can be spent of each wallet, today and later.
async fn spendable(ledger: &Ledger, count: usize) -> Vec<[i64; 3]> {
    let addresses: Vec<Address> = (0..count).map(wallet).collect();
    let mut all = Vec::new();
    for addresses in addresses.chunks(2000) {
        let accounts = ledger.balances(addresses).await.unwrap();
        let now = ledger.now();
        all.extend(accounts.iter().map(|account| [0, 30, 400].map(|days| account.spendable(now + days * DAY))));
    }
    assert_eq!(all.len(), count);
    all
}

/// As many accounts as it takes to fill two pages and begin a third.
const MANY: usize = 8200;

/// Many wallets, of which a few hundred have something until yesterday, or the day before, and others until next month.
async fn many_wallets(bank: &TestBank) -> Ledger {
    bank.set_now(NOON - 10 * DAY);
    let ledger = bank.open().await;
    wallets(&ledger, MANY).await;
    let grants = [
        grant((0..MANY).step_by(11), 7, NOON - DAY),
        grant((0..MANY).step_by(22), 5, NOON - 2 * DAY),
        grant((0..MANY).step_by(22), 50, NOON + 30 * DAY),
        grant((1..MANY).step_by(11), 60, NOON + 30 * DAY),
    ];
    post_all(&ledger, grants).await;
    bank.set_now(NOON);
    ledger
}

/// What is due of [`many_wallets`]: accounts, lots, quantity, holds.
fn due_of_many() -> (u64, u64, i128, u64) {
    let (more, less) = (MANY.div_ceil(11) as u64, MANY.div_ceil(22) as u64);
    (more, more + less, i128::from(more * 7 + less * 5), 0)
}

async fn assert_expired(bank: &TestBank, ledger: &Ledger) {
    assert_eq!(i128::from(balance(ledger, "breakage/STAR").await), due_of_many().2);
    assert!(ledger.trial_balance().await.unwrap().disagreements.is_empty());
    assert_whole(bank.url()).await;
}

both_engines!(what_is_due_is_posted_page_by_page_and_once, async |bank| {
    let ledger = many_wallets(bank).await;
    let before = spendable(&ledger, MANY).await;
    let dry = ledger.expired(None, |_, _| {}).await.unwrap();
    let (size, _) = ledger.journal_head().await.unwrap();
    let mut heard = Vec::new();
    let run = ledger.expire(CLERK, Channel::Counter, None, |done, all| heard.push((done, all))).await.unwrap();
    assert_eq!(sums(&dry), due_of_many());
    assert_eq!(dry, Expired { records: 0, ..run.clone() }, "a dry run says what is posted");
    assert_eq!(ledger.journal_head().await.unwrap().0, size + run.records);
    let all = MANY as u64 + 5;
    assert_eq!(heard, [4096, 8192, all].map(|done| (done, all)));
    assert_eq!(spendable(&ledger, MANY).await, before);
    assert_expired(bank, &ledger).await;

    let again = expire(&ledger).await;
    assert_eq!((sums(&again), again.records), ((0, 0, 0, 0), 0), "there is nothing to do twice");
    assert_eq!(ledger.journal_head().await.unwrap().0, size + run.records);
    ledger.close().await;
});

both_engines!(a_killed_expiry_goes_on_where_it_was, async |bank| {
    let ledger = many_wallets(bank).await;
    let before = spendable(&ledger, MANY).await;
    ledger.close().await;
    let worker = || {
        let worker = Counter::start(env!("CARGO_BIN_EXE_counter_worker"), "expire", bank);
        assert_eq!(worker.line(), "ready");
        worker
    };
    // One before it has posted anything that it knows of, one in the middle.
    drop(worker());
    let second = worker();
    assert_eq!(second.line(), "4096");
    drop(second);
    let last = worker();
    while last.line() != "done" {}
    drop(last);
    let ledger = bank.open().await;
    assert_eq!(expire(&ledger).await.records, 0);
    assert_eq!(spendable(&ledger, MANY).await, before);
    assert_expired(bank, &ledger).await;
    ledger.close().await;
});

both_engines!(two_at_once_post_nothing_twice, async |bank| {
    let one = many_wallets(bank).await;
    let other = bank.open().await;
    let (left, right) = tokio::join!(expire(&one), expire(&other));
    let both = [left, right].map(|expired| sums(&expired));
    let sum = |of: fn((u64, u64, i128, u64)) -> i128| -> i128 { both.iter().copied().map(of).sum() };
    assert_eq!(sum(|sums| i128::from(sums.0)), i128::from(due_of_many().0));
    assert_eq!(sum(|sums| i128::from(sums.1)), i128::from(due_of_many().1));
    assert_eq!(sum(|sums| sums.2), due_of_many().2);
    assert_expired(bank, &one).await;
    one.close().await;
    other.close().await;
});

fn hold(code: &str, number: usize, quantity: i64, until: i64) -> Command {
    let entries = vec![NewEntry::new(wallet(number), quantity), NewEntry::new(at("granted"), -quantity)];
    Command::PlaceHold(PlaceHold { hold: code.to_owned(), entries, until })
}

/// The rows of sweeps: account, lot in days from now, quantity, swept.
async fn sweeps(bank: &TestBank) -> Vec<[i64; 4]> {
    let rows = Tables::open(bank.url()).await.rows("SELECT account, lot, quantity, swept FROM ledger_sweeps").await;
    let mut sweeps: Vec<[i64; 4]> = rows.iter().map(|row| [0, 1, 2, 3].map(|column| row[column].integer())).collect();
    sweeps.iter_mut().for_each(|sweep| sweep[1] = (sweep[1] - NOON) / DAY);
    sweeps.sort_unstable();
    sweeps
}

both_engines!(a_hold_keeps_its_lot_until_it_lapses, async |bank| {
    let ledger = bank.open().await;
    wallets(&ledger, 2).await;
    let first = ledger.account(&wallet(0)).await.unwrap().unwrap().id.0;
    post_all(&ledger, [grant([0, 1], 20, NOON + DAY), hold("order-1", 0, 5, NOON + 3 * DAY)]).await;
    bank.set_now(NOON + 2 * DAY);
    let dry = ledger.expired(None, |_, _| {}).await.unwrap();
    assert_eq!(sums(&dry), (2, 2, 35, 0), "what is reserved does not expire");
    assert_eq!(sums(&expire(&ledger).await), (2, 2, 35, 0));
    let nothing = expire(&ledger).await;
    assert_eq!((sums(&nothing), nothing.records), ((0, 0, 0, 0), 0), "all that is left is reserved");
    let taken = [(wallet(0), 2), (at("granted"), -2)];
    post_all(&ledger, [Command::CaptureHold(CaptureHold::all("order-1").of(taken).keeping_rest())]).await;

    // When the hold lapses, what it kept has expired.
    bank.set_now(NOON + 3 * DAY);
    let dry = ledger.expired(None, |_, _| {}).await.unwrap();
    let run = expire(&ledger).await;
    assert_eq!(sums(&run), (1, 1, 3, 1));
    assert_eq!(dry, Expired { records: 0, ..run });
    assert_eq!(sweeps(bank).await, [[first, 1, 3, 18], [first, 1, 15, 15], [first + 1, 1, 20, 20]]);
    let release = Command::ReleaseHold(ReleaseHold { hold: "order-1".to_owned() });
    let refused = ledger.post(unkeyed(release)).await.unwrap_err();
    assert!(matches!(refused, Error::Rejected(Rejection::HoldClosed { .. })), "{refused}");
    assert_eq!(balance(&ledger, "breakage/STAR").await, 38);
    assert_eq!(expire(&ledger).await.records, 0);
    assert_eq!(ledger.audit(|_, _| {}).await.unwrap().difference, None);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_hold_of_several_accounts_is_closed_once, async |bank| {
    let ledger = bank.open().await;
    wallets(&ledger, 3).await;
    post_all(&ledger, [grant([0, 1], 20, NOON + 90 * DAY)]).await;
    let entries = vec![
        NewEntry::new(wallet(0), 4),
        NewEntry::new(wallet(1), 3),
        NewEntry::new(wallet(2), -7).expiring_at(NOON + 50 * DAY),
    ];
    let gift = PlaceHold { hold: "gift".to_owned(), entries, until: NOON + DAY };
    post_all(&ledger, [Command::PlaceHold(gift), hold("later", 0, 1, NOON + 5 * DAY)]).await;
    let before_lapse = spendable(&ledger, 3).await;
    bank.set_now(NOON + 2 * DAY);
    let lapsed = spendable(&ledger, 3).await;
    assert_ne!(lapsed, before_lapse);
    assert_eq!(sums(&ledger.expired(None, |_, _| {}).await.unwrap()), (0, 0, 0, 1));
    let run = expire(&ledger).await;
    assert_eq!((sums(&run), run.records), ((0, 0, 0, 1), 1));
    assert_eq!(spendable(&ledger, 3).await, lapsed, "it was over before a record said so");
    assert_eq!(expire(&ledger).await.records, 0);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_expiry_that_is_reversed_gives_thirty_days, async |bank| {
    let ledger = bank.open().await;
    wallets(&ledger, 2).await;
    let first = ledger.account(&wallet(0)).await.unwrap().unwrap().id.0;
    post_all(&ledger, [grant([0, 1], 20, NOON + DAY), hold("lapsing", 0, 5, NOON + DAY)]).await;
    bank.set_now(NOON + 2 * DAY);
    // Accounts and holds in one record: what is reversed was spent when it was swept, not when the hold was placed.
    let hold_id = ledger.journal_head().await.unwrap().0 as i64 - 1;
    let both = [first, first + 1].map(AccountId).to_vec();
    let command = Expire { until: NOON + 2 * DAY, accounts: both, holds: vec![HoldId(hold_id)] };
    let position = ledger.post(unkeyed(Command::Expire(command))).await.unwrap().position;
    bank.set_now(NOON + 3 * DAY);
    let half = vec![(wallet(0), -8), (at("breakage/STAR"), 8)];
    let entries = half.into_iter().map(|(address, quantity)| UndoneEntry { address, quantity }).collect();
    post_all(&ledger, [Command::Reverse(Reverse { position, entries: Some(entries) })]).await;
    // The bank is opened anew: what was swept is read again.
    ledger.close().await;
    let ledger = bank.open().await;
    post_all(&ledger, [Command::Reverse(Reverse { position, entries: None })]).await;
    assert_eq!(balance(&ledger, "breakage/STAR").await, 0);
    let back = ledger.account(&wallet(0)).await.unwrap().unwrap();
    assert_eq!(back.lots.into_iter().filter(|(_, left)| *left > 0).collect::<Vec<_>>(), [(NOON + 33 * DAY, 20)]);
    let of_first = [[first, 1, -12, 0], [first, 1, -8, 12], [first, 1, 20, 20]];
    assert_eq!(sweeps(bank).await, [&of_first[..], &[[first + 1, 1, -20, 0], [first + 1, 1, 20, 20]]].concat());
    bank.set_now(NOON + 33 * DAY);
    assert_eq!(sums(&expire(&ledger).await), (2, 2, 40, 0));
    assert_eq!(ledger.audit(|_, _| {}).await.unwrap().difference, None);
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(frozen_accounts_expire_too, async |bank| {
    let ledger = bank.open().await;
    wallets(&ledger, 2).await;
    let set = |address: &str, state| Command::SetAccountState(SetAccountState { address: at(address), state });
    post_all(&ledger, [grant([0], 20, NOON + DAY), set("wallet/0", AccountState::Frozen)]).await;
    bank.set_now(NOON + DAY);
    assert_eq!(sums(&expire(&ledger).await), (1, 1, 20, 0));
    let account = ledger.account(&wallet(0)).await.unwrap().unwrap();
    assert_eq!((account.balance, account.state), (0, AccountState::Frozen));

    // Breakage may be frozen as well; a closed account takes nothing for ever.
    let emptied = vec![NewEntry::new(at("breakage/STAR"), 20), NewEntry::new(at("granted"), -20)];
    let frozen = set("breakage/STAR", AccountState::Frozen);
    post_all(&ledger, [grant([1], 5, NOON + 2 * DAY), Command::Post(Post { entries: emptied }), frozen]).await;
    bank.set_now(NOON + 2 * DAY);
    assert_eq!(sums(&expire(&ledger).await), (1, 1, 5, 0));
    post_all(&ledger, [set("breakage/STAR", AccountState::Open)]).await;
    let emptied = vec![NewEntry::new(at("breakage/STAR"), 5), NewEntry::new(at("granted"), -5)];
    let closed = set("breakage/STAR", AccountState::Closed);
    post_all(&ledger, [Command::Post(Post { entries: emptied }), closed, grant([1], 5, NOON + 3 * DAY)]).await;
    bank.set_now(NOON + 3 * DAY);
    let refused = ledger.expire(CLERK, Channel::Counter, None, |_, _| {}).await.unwrap_err();
    let expected = Rejection::AccountNotOpen { address: "breakage/STAR".to_owned() };
    assert!(matches!(&refused, Error::Rejected(rejection) if *rejection == expected), "{refused}");
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_expiry_looks_no_further_than_its_instant, async |bank| {
    let ledger = bank.open().await;
    wallets(&ledger, 1).await;
    post_all(&ledger, [grant([0], 20, NOON + DAY), grant([0], 30, NOON + 2 * DAY)]).await;
    bank.set_now(NOON + 5 * DAY);
    let until = |instant| ledger.expire(CLERK, Channel::Counter, Some(instant), |_, _| {});
    assert_eq!(sums(&until(NOON + DAY - 1).await.unwrap()), (0, 0, 0, 0));
    assert_eq!(sums(&until(NOON + DAY).await.unwrap()), (1, 1, 20, 0));
    let expected = Rejection::InvalidField { field: Field::Until, expected: Expected::NotLaterThanNow };
    let ahead = NOON + 5 * DAY + 1;
    let refused = until(ahead).await.unwrap_err();
    assert!(matches!(&refused, Error::Rejected(rejection) if *rejection == expected), "{refused}");
    let refused = ledger.expired(Some(ahead), |_, _| {}).await.unwrap_err();
    assert!(matches!(&refused, Error::Rejected(rejection) if *rejection == expected), "{refused}");
    // The rule itself says so too.
    let command = Command::Expire(Expire { until: ahead, accounts: Vec::new(), holds: Vec::new() });
    let refused = ledger.post(unkeyed(command)).await.unwrap_err();
    assert!(matches!(&refused, Error::Rejected(rejection) if *rejection == expected), "{refused}");
    assert_eq!(sums(&expire(&ledger).await), (1, 1, 30, 0));
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_volunteer_can_spend_as_much_as_before, async |bank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let address = ledger.volunteer_statement(card).await.unwrap().unwrap().points.address;
    let granted = |points: i64, days: i64| {
        let points_in = NewEntry::new(address.clone(), -points).expiring_at(NOON + days * DAY);
        Command::Post(Post { entries: vec![NewEntry::new(at("expense/points-granted"), points), points_in] })
    };
    post_all(&ledger, [granted(40, 1), granted(25, 9)]).await;
    bank.set_now(NOON + 3 * DAY);
    let seen = async || {
        let account = ledger.volunteer_account(card).await.unwrap().unwrap();
        let now = ledger.now();
        (account.points, account.points_spendable(now), account.points_expired(now))
    };
    assert_eq!(seen().await, (65, 25, 40));
    let run = expire(&ledger).await;
    let quantities: BTreeMap<&str, i128> =
        run.commodities.iter().map(|(commodity, expired)| (commodity.as_str(), expired.quantity)).collect();
    assert_eq!((quantities, run.holds), (BTreeMap::from([("POINT", 40)]), 0));
    assert_eq!(seen().await, (25, 25, 0), "they are gone, and nobody could spend them before");
    let statement = ledger.volunteer_statement(card).await.unwrap().unwrap();
    let newest = &statement.postings[0];
    assert_eq!((newest.points, newest.points_after, newest.minutes), (-40, Some(25), 0));
    assert!(matches!(newest.what, PostingReason::Expiry), "{:?}", newest.what);
    assert_eq!(statement.points.spendable(ledger.now()), 25);
    assert_eq!(balance(&ledger, "income/points-expired").await, 40);
    assert!(ledger.account(&at("breakage/POINT")).await.unwrap().is_none());
    ledger.close().await;
    assert_whole(bank.url()).await;
});
