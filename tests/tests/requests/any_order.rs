//! Any commands, single and together, in any order and in batches of any size: what is posted together is posted or refused as
//! a world in memory says that is given the commands one after the other.

use bank_tests::bank::{NOON, TestBank, attendance, cards, redeem, town_commands, unkeyed};
use bank_tests::both_engines;
use bank_tests::counter::Dice;
use bank_tests::journal::assert_whole;
use baoyulan_ledger::bank::{BankRow, KeyRow, found};
use baoyulan_ledger::book::{AccountState, Class, Commodity};
use baoyulan_ledger::command::{
    CaptureHold, CapturedEntry, Command, DefineCommodity, Envelope, NewAccount, NewEntry, PlaceHold, ReleaseHold,
    Reverse, ReverseRedemption, SetAccountState, SetCardState, SetMember,
};
use baoyulan_ledger::people::CardState;
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::rule::{Halt, Moment, decide, effective_day};
use baoyulan_ledger::world::World;
use baoyulan_ledger::{AtomicRejected, Ledger, Outcome, Rejection, Request};

use super::{at, positions, post, together};

/// How many requests a run sends.
const REQUESTS: usize = 400;
/// How many commands are together at most.
const TOGETHER_MAX: usize = 5;

/// The bank in memory, whole.
#[derive(Clone)]
struct Memory {
    world: World,
    position: i64,
}

impl Memory {
    fn of_town() -> Self {
        let text = str::to_owned;
        let bank = BankRow {
            bank_id: "0".repeat(32),
            demo: true,
            town: true,
            issuer: text("baoyulan"),
            origin: text("baoyulan.example/journal"),
            time_zone: text("Asia/Shanghai"),
        };
        let key =
            KeyRow { kid: text("01234567890"), purpose: 1, public_key: [0; 32], valid_from: 0, valid_until: None };
        let mut world = World::whole();
        world.apply(0, &found(bank, key), None).unwrap();
        Self { world, position: 1 }
    }

    /// Its position, or why it is refused.
    fn one(&mut self, envelope: &Envelope) -> Result<i64, Rejection> {
        let position = self.position;
        let token = sha256(&[&position.to_be_bytes()]);
        let pseudonym = token[..10].try_into().unwrap();
        let moment = Moment { now: NOON, position, audit_salt: [0; 16], pseudonym };
        match decide(&self.world, envelope, &moment) {
            Ok(effects) => {
                let day = effective_day(&self.world, envelope, &effects, NOON);
                let token = effects.receipt.is_some().then_some(token);
                self.world.apply(position, &effects, token).unwrap();
                self.world.remember(position, NOON, day, &effects).unwrap();
                self.position += 1;
                Ok(position)
            }
            Err(Halt::Rejected(rejection)) => Err(rejection),
            Err(halt) => unreachable!("{halt}"),
        }
    }

    /// The positions of all, or the first that is refused; then it is as before.
    fn all(&mut self, commands: &[Command]) -> Result<Vec<i64>, AtomicRejected> {
        let before = self.clone();
        let mut positions = Vec::new();
        for (failed, command) in commands.iter().enumerate() {
            match self.one(&unkeyed(command.clone())) {
                Ok(position) => positions.push(position),
                Err(rejection) => {
                    *self = before;
                    return Err(AtomicRejected { rejection, failed });
                }
            }
        }
        Ok(positions)
    }
}

fn transfer(from: &str, to: &str, quantity: i64) -> Command {
    post([NewEntry::new(at(from), -quantity), NewEntry::new(at(to), quantity)])
}

fn yuan() -> Commodity {
    Commodity::new("CNY").unwrap()
}

/// The town, and three tills; the first can owe as much as it likes.
fn openings() -> Vec<Command> {
    let till = |number: usize| NewAccount::new(at(&format!("till/{number}")), Class::Asset, yuan());
    let first = NewAccount { floor: None, ..till(0) };
    let mut openings = town_commands();
    openings.push(Command::DefineCommodity(DefineCommodity { commodity: yuan(), scale: 2 }));
    openings.extend([first, till(1), till(2)].map(Command::OpenAccount));
    openings
}

/// Something that can happen at a station; much of it the rules refuse. The next record gets this position.
fn act(dice: &mut Dice, next: i64) -> Command {
    let card = dice.of(&cards()).clone();
    match dice.roll(24) {
        0 | 1 => {
            let (station, sku) = (["S01", "S02"][dice.roll(2)], ["G01", "V01"][dice.roll(2)]);
            redeem(&card, station, sku, 1 + dice.roll(2) as i64)
        }
        2 => {
            let (activity, day) =
                *dice.of(&[("A0001", "2026-06-01"), ("A0003", "2026-06-05"), ("A0006", "2026-06-05")]);
            attendance(activity, &card, &format!("{day}T15:00"), &format!("{day}T16:00"), "excellent")
        }
        3 => {
            let state = *dice.of(&[CardState::Active, CardState::Blocked]);
            Command::SetCardState(SetCardState { card, state })
        }
        4 => {
            let receipt = format!("S01-26-{:06}", 1 + dice.roll(20));
            Command::ReverseRedemption(ReverseRedemption::whole(&receipt))
        }
        5 => {
            let details = bank_tests::bank::details(["邹兰", "李强"][dice.roll(2)]);
            Command::SetMember(SetMember { card, details })
        }
        6 => {
            // A new account: the next one gets its number if this is undone.
            let address = at(&format!("purse/{}", dice.roll(40)));
            Command::OpenAccount(NewAccount::new(address, Class::Asset, yuan()))
        }
        7 => transfer("till/0", &format!("purse/{}", dice.roll(40)), 1 + dice.roll(9) as i64),
        8 => {
            let state = *dice.of(&[AccountState::Open, AccountState::Frozen]);
            Command::SetAccountState(SetAccountState { address: at("till/2"), state })
        }
        9..=11 => hold(dice),
        // Of a record that is there, or will be if what is posted together is posted.
        12 | 13 => Command::Reverse(Reverse { position: next + 3 - dice.roll(15) as i64, entries: None }),
        _ => {
            let ways = [("till/0", "till/1"), ("till/0", "till/1"), ("till/1", "till/2"), ("till/2", "till/0")];
            let (from, to) = *dice.of(&ways);
            transfer(from, to, 1 + dice.roll(50) as i64)
        }
    }
}

/// A hold on a till is placed, captured, in parts too, or released.
fn hold(dice: &mut Dice) -> Command {
    let hold = format!("hold-{}", dice.roll(60));
    match dice.roll(4) {
        0 | 1 => {
            let quantity = 1 + dice.roll(20) as i64;
            let entries = vec![NewEntry::new(at("till/1"), -quantity), NewEntry::new(at("till/0"), quantity)];
            Command::PlaceHold(PlaceHold { hold, entries, until: NOON + 1000 })
        }
        2 => {
            let part = [("till/1", -1), ("till/0", 1)]
                .map(|(address, quantity)| CapturedEntry { address: at(address), quantity });
            let entries = (dice.roll(2) == 0).then(|| part.to_vec());
            Command::CaptureHold(CaptureHold { hold, entries, keep_rest: dice.roll(2) == 0 })
        }
        _ => Command::ReleaseHold(ReleaseHold { hold }),
    }
}

/// Posts requests in batches of any size, and compares every outcome with the memory's.
async fn compare(ledger: &Ledger, memory: &mut Memory, dice: &mut Dice) -> (usize, usize) {
    let (mut posted, mut undone) = (0, 0);
    let mut sent = 0;
    while sent < REQUESTS {
        let (mut requests, mut expected): (Vec<Request>, Vec<_>) = Default::default();
        for _ in 0..=dice.roll(12) {
            if dice.roll(3) == 0 {
                let envelope = unkeyed(act(dice, memory.position));
                let outcome = memory.one(&envelope).map(|position| vec![position]);
                expected.push(outcome.map_err(|rejection| AtomicRejected { rejection, failed: 0 }));
                requests.push(envelope.into());
                continue;
            }
            let commands: Vec<Command> =
                (0..2 + dice.roll(TOGETHER_MAX - 1)).map(|_| act(dice, memory.position)).collect();
            let outcome = memory.all(&commands);
            posted += usize::from(outcome.is_ok());
            undone += usize::from(outcome.as_ref().is_err_and(|rejected| rejected.failed > 0));
            expected.push(outcome);
            requests.push(together(commands).into());
        }
        sent += requests.len();
        let outcomes = ledger.submit_requests(requests).await.unwrap().outcomes().await.unwrap();
        let told: Vec<_> = outcomes.into_iter().map(Outcome::into_atomic).map(positions).collect();
        let expected = expected.into_iter().map(|outcome| outcome.map_err(|no| (no.failed, no.rejection.code())));
        assert_eq!(told, expected.collect::<Vec<_>>());
    }
    (posted, undone)
}

both_engines!(what_is_posted_together_is_decided_as_one_after_the_other, async |bank: &TestBank| {
    let mut dice = Dice::thrown("what_is_posted_together_is_decided_as_one_after_the_other");
    let mut memory = Memory::of_town();
    let openings = openings();
    memory.all(&openings).unwrap();
    let ledger = bank.open().await;
    ledger.post_atomic(together(openings)).await.unwrap().unwrap();
    let (posted, undone) = compare(&ledger, &mut memory, &mut dice).await;
    ledger.close().await;
    // What the writer knows by heart and what it reads are the same.
    let ledger = bank.open().await;
    let (posted_cold, undone_cold) = compare(&ledger, &mut memory, &mut dice).await;
    assert!(posted.min(posted_cold).min(undone).min(undone_cold) > 10, "too little has happened");
    for account in memory.world.accounts.values() {
        let held = ledger.account(&account.address).await.unwrap();
        if !account.address.as_str().starts_with("member/") {
            let held = held.unwrap();
            assert_eq!((held.balance, held.held), (account.balance, account.held.clone()), "{}", account.address);
        }
    }
    ledger.close().await;
    assert_whole(bank.url()).await;
});
