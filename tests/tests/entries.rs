//! What an entry may say beside its quantity: which lots it carries, and what the account has afterwards; and what a refusal says.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{NOON, TestBank, keyed, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{Command, DefineCommodity, NewAccount, NewEntry, Post};
use baoyulan_ledger::reject::Condition;
use baoyulan_ledger::{Error, Ledger, Rejection};

const DAY: i64 = 24 * 3600;

fn at(text: &str) -> Address {
    Address::new(text).unwrap()
}

fn post(entries: impl IntoIterator<Item = NewEntry>) -> Command {
    Command::Post(Post { entries: entries.into_iter().collect() })
}

/// A wallet's points, a liability, grow by credits.
fn gain(wallet: &str, points: i64) -> NewEntry {
    NewEntry::new(at(wallet), -points)
}

/// Three wallets with lots; the first has 20 points for ten days and 30 for twenty.
async fn wallets(bank: &TestBank) -> Ledger {
    let ledger = bank.open().await;
    let star = Commodity::new("STAR").unwrap();
    let wallet = |address| NewAccount { lotted: true, ..NewAccount::new(at(address), Class::Liability, star.clone()) };
    let granted = NewAccount { floor: None, ..NewAccount::new(at("granted"), Class::Expense, star.clone()) };
    let definitions = [
        DefineCommodity { commodity: star.clone(), scale: 0 }.into(),
        granted.into(),
        wallet("anna").into(),
        wallet("bert").into(),
        wallet("cora").into(),
    ];
    ledger.ensure("shop", definitions).await.unwrap();
    for (points, days) in [(20, 10), (30, 20)] {
        let grant = [NewEntry::new(at("granted"), points), gain("anna", points).expiring_at(NOON + days * DAY)];
        ledger.post(unkeyed(post(grant))).await.unwrap();
    }
    ledger
}

async fn lots(ledger: &Ledger, wallet: &str) -> Vec<(i64, i64)> {
    let lots = ledger.account(&at(wallet)).await.unwrap().unwrap().lots;
    lots.into_iter().filter(|(_, left)| *left > 0).map(|(lot, left)| ((lot - NOON) / DAY, left)).collect()
}

both_engines!(a_transfer_keeps_its_lots, async |bank: &TestBank| {
    let ledger = wallets(bank).await;
    // The first to be named gets what expires first.
    let gift = [gain("anna", -35), gain("cora", 5).carrying(), gain("bert", 30).carrying()];
    let posted = ledger.post(unkeyed(post(gift))).await.unwrap();
    assert_eq!(posted.moved("STAR"), 35);
    assert_eq!(lots(&ledger, "anna").await, [(20, 15)]);
    assert_eq!(lots(&ledger, "cora").await, [(10, 5)]);
    assert_eq!(lots(&ledger, "bert").await, [(10, 15), (20, 15)]);
    // Nothing is carried out of an account without lots, and nobody says both.
    let unlotted = [NewEntry::new(at("granted"), 5), gain("bert", 5).carrying()];
    let both = [gain("anna", -5), gain("bert", 5).carrying().expiring_at(NOON + DAY)];
    for entries in [unlotted, both] {
        let refused = ledger.post(unkeyed(post(entries))).await.unwrap_err();
        assert!(matches!(refused, Error::Rejected(Rejection::LotsMismatch { .. })), "{refused}");
    }
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_entry_says_what_the_account_has_afterwards, async |bank: &TestBank| {
    let ledger = wallets(bank).await;
    let spend = |points: i64| [gain("anna", -points).with_minimum(10), NewEntry::new(at("granted"), -points)];
    let failed = |condition, bound, found| {
        Rejection::ConditionFailed { address: "anna".to_owned(), condition, bound, found }.to_string()
    };
    let refused = ledger.post(unkeyed(post(spend(41)))).await.unwrap_err();
    assert_eq!(refused.to_string(), failed(Condition::Minimum, 10, 9));
    ledger.post(unkeyed(post(spend(40)))).await.unwrap();
    let refill = |points: i64| {
        let gained = gain("anna", points).expiring_at(NOON + DAY).with_maximum(12);
        [gained, NewEntry::new(at("granted"), points)]
    };
    let refused = ledger.post(unkeyed(post(refill(3)))).await.unwrap_err();
    assert_eq!(refused.to_string(), failed(Condition::Maximum, 12, 13));
    ledger.post(unkeyed(post(refill(2)))).await.unwrap();
    let refused = ledger.post(unkeyed(post([gain("anna", -13), NewEntry::new(at("granted"), -13)]))).await.unwrap_err();
    let below = Rejection::BelowFloor { address: "anna".to_owned(), available: 12, asked: 13 };
    assert_eq!(refused.to_string(), below.to_string());
});

both_engines!(the_order_of_entries_is_no_part_of_what_is_sent, async |bank: &TestBank| {
    let ledger = wallets(bank).await;
    let entries = [gain("anna", -5), NewEntry::new(at("granted"), -5)];
    let first = ledger.post(keyed(7, post(entries.clone()))).await.unwrap();
    let [one, other] = entries;
    let again = ledger.post(keyed(7, post([other.clone(), one]))).await.unwrap();
    assert!(again.replayed && again.position == first.position);
    let conflict = ledger.post(keyed(7, post([other, gain("anna", -6)]))).await.unwrap_err();
    assert!(matches!(conflict, Error::Rejected(Rejection::IdConflict)), "{conflict}");
});
