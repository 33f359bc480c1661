//! What an entry may say beside its quantity: which lots it carries, and what the account has afterwards; and what a refusal says.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{NOON, TestBank, attendance, cards, keyed, post_all, redeem, reference_town, unkeyed};
use bank_tests::both_engines;
use bank_tests::host::Host;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::account::AccountState;
use baoyulan_ledger::book::{Address, Class, Commodity};
use baoyulan_ledger::command::{
    CaptureHold, Channel, Command, DefineCommodity, LimitedAccounts, NewAccount, NewEntry, PlaceHold, Post,
    ReleaseHold, Reverse, SetAccountState, SetLimit, Side, Window,
};
use baoyulan_ledger::people::CardNumber;
use baoyulan_ledger::reject::Condition;
use baoyulan_ledger::{AtomicEnvelope, Error, Ledger, Posted, Rejection};

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

/// Two accounts of a host's own, in a town's bank.
fn purses() -> [NewAccount; 2] {
    let purse = |address| NewAccount { floor: None, ..NewAccount::new(at(address), Class::Asset, Commodity::point()) };
    [purse("shop/till"), purse("shop/safe")]
}

fn transfer(from: &Address, to: &Address) -> Vec<NewEntry> {
    vec![NewEntry::new(to.clone(), 5), NewEntry::new(from.clone(), -5)]
}

/// What nobody may do with an account of the town's, whatever else they name.
fn meddling(own: &Address) -> Vec<Command> {
    let till = at("shop/till");
    let hold = |entries| PlaceHold { hold: "h-1".to_owned(), entries, until: NOON + DAY };
    let state = |state| Command::SetAccountState(SetAccountState { address: own.clone(), state });
    vec![
        post(transfer(own, &till)),
        post(transfer(&till, own)),
        Command::PlaceHold(hold(transfer(own, &till))),
        Command::PlaceHold(hold(transfer(&till, own))),
        state(AccountState::Frozen),
        state(AccountState::Closed),
        state(AccountState::Open),
        Command::OpenAccount(NewAccount::new(own.clone(), Class::Asset, Commodity::point())),
    ]
}

/// Addresses of a town's bank, those too that nobody has opened yet.
async fn reserved(ledger: &Ledger) -> Vec<Address> {
    let card = CardNumber::parse(&cards()[0]).unwrap();
    let anna = ledger.volunteer_statement(card).await.unwrap().unwrap();
    let pseudonym = anna.member.pseudonym.as_str();
    let own = ["points-granted", "service-received"].map(|name| format!("expense/{name}"));
    let income = ["points-redeemed", "points-expired"].map(|name| format!("income/{name}"));
    let of_anna = ["points", "minutes"].map(|name| format!("member/{pseudonym}/{name}"));
    let others = ["station/S01/stock/G01", "station/S99/stock/G99", "supply/G01", "handed-over/G01", "member/x"];
    let debts = format!("receivable/{pseudonym}/points");
    let all = own.into_iter().chain(income).chain(of_anna).chain(others.map(str::to_owned)).chain([debts]);
    all.map(|address| at(&address)).collect()
}

both_engines!(a_towns_accounts_are_not_for_generic_commands, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    post_all(&ledger, purses().map(Command::OpenAccount)).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    let all = reserved(&ledger).await;
    for own in &all {
        let refusal = Rejection::ReservedAccount { address: own.to_string() };
        let outcomes = ledger.post_all(meddling(own).into_iter().map(unkeyed).collect()).await.unwrap();
        assert!(outcomes.iter().all(|outcome| outcome.as_ref() == Err(&refusal)), "{own}: {outcomes:?}");
    }
    // By every other door, too.
    let (own, mut host) = (&all[0], Host::of(bank).await);
    let refusal = Rejection::ReservedAccount { address: own.to_string() };
    for (id, command) in (1..).zip(meddling(own)) {
        for _ in 0..2 {
            // Asked again, it is the refusal that was stored.
            let refused = ledger.post(keyed(id, command.clone())).await.unwrap_err();
            assert_eq!(refused.to_string(), refusal.to_string(), "{command:?}");
        }
        let fine = post(transfer(&at("shop/till"), &at("shop/safe")));
        let together = AtomicEnvelope::unkeyed("shop", Channel::Host, vec![fine, command.clone()]);
        let refused = ledger.post_atomic(together).await.unwrap().unwrap_err();
        assert_eq!((refused.failed, &refused.rejection), (1, &refusal));
        let would_be = ledger.dry_run(vec![unkeyed(command.clone()).into()]).await.unwrap().remove(0);
        assert_eq!(would_be.into_atomic().unwrap_err().rejection, refusal);
        host.begin().await;
        let answer = host.post_in(&ledger, vec![unkeyed(command)]).await.unwrap().remove(0);
        assert_eq!(answer.unwrap_err(), refusal);
        host.commit().await;
    }
    assert_eq!(ledger.journal_head().await.unwrap().0, size, "nothing was posted");
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(a_host_keeps_accounts_of_its_own_in_a_towns_bank, async |bank: &TestBank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    post_all(&ledger, purses().map(Command::OpenAccount)).await;
    post_all(&ledger, [post(transfer(&at("shop/till"), &at("shop/safe")))]).await;
    // What the town has posted can be taken back, and limits are of any account.
    let card = &cards()[0];
    let sheet = attendance("A0003", card, "2026-06-05T08:00", "2026-06-05T16:00", "good");
    let earned: Vec<Posted> = post_all(&ledger, [sheet, redeem(card, "S01", "G01", 1)]).await;
    let accounts = LimitedAccounts::Each { commodity: Commodity::point(), prefix: "member/".to_owned() };
    let limit = "points-out".to_owned();
    let limit = SetLimit { limit, accounts, side: Side::Out, window: Window::Month, quantity: 30 };
    let reverse = |posted: &Posted| Command::Reverse(Reverse { position: posted.position, entries: None });
    post_all(&ledger, [reverse(&earned[1]), Command::SetLimit(limit), reverse(&earned[0])]).await;
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_answer_has_the_balances_of_all_that_was_touched, async |bank: &TestBank| {
    let ledger = wallets(bank).await;
    let balances = |posted: &Posted| -> Vec<(String, i64)> {
        posted.balances().into_iter().map(|(address, balance)| (address.to_string(), balance)).collect()
    };
    let of = |all: &[(&str, i64)]| -> Vec<(String, i64)> {
        all.iter().map(|(address, balance)| ((*address).to_owned(), *balance)).collect()
    };
    let entries = vec![gain("anna", -40), NewEntry::new(at("granted"), -40)];
    let hold = PlaceHold { hold: "order".to_owned(), entries, until: NOON + DAY };
    let part = CaptureHold::all("order").of([(at("anna"), 15), (at("granted"), -15)]).keeping_rest();
    let open =
        NewAccount { lotted: true, ..NewAccount::new(at("dora"), Class::Liability, Commodity::new("STAR").unwrap()) };
    let frozen = SetAccountState { address: at("bert"), state: AccountState::Frozen };
    let commands = [
        (Command::PlaceHold(hold), of(&[("anna", -50), ("granted", 50)])),
        (Command::CaptureHold(part), of(&[("anna", -35), ("granted", 35)])),
        (Command::ReleaseHold(ReleaseHold { hold: "order".to_owned() }), of(&[("anna", -35), ("granted", 35)])),
        (Command::OpenAccount(open), of(&[("dora", 0)])),
        (Command::SetAccountState(frozen), of(&[("bert", 0)])),
    ];
    for (id, (command, expected)) in (1..).zip(commands.clone()) {
        let posted = ledger.post(keyed(id, command)).await.unwrap();
        assert_eq!(balances(&posted), expected, "{id}");
    }
    // It is what held then, also when somebody asks again later.
    ledger.post(unkeyed(post([gain("anna", -1), NewEntry::new(at("granted"), -1)]))).await.unwrap();
    for (id, (command, expected)) in (1..).zip(commands) {
        let posted = ledger.post(keyed(id, command)).await.unwrap();
        assert_eq!((balances(&posted), posted.replayed), (expected, true), "{id}");
    }
    ledger.close().await;
    assert_whole(bank.url()).await;
});
