//! A bank at which statements fail, and its twin, which is never disturbed.

use std::sync::Arc;

use bank_tests::bank::{NOON, TestBank, keyed, town_commands, unkeyed};
use bank_tests::journal::{Tables, assert_whole, recompute};
use baoyulan_ledger::command::{Command, Envelope};
use baoyulan_ledger::proof::Digest;
use baoyulan_ledger::store::cuts::{Cut, Cuts};
use baoyulan_ledger::{Ledger, Options, Posted, Rejection, Stopped};

use crate::cases::{Case, groundwork, transfer};

type Outcome = Result<Posted, Rejection>;
type Head = (u64, Digest);

/// Puts more commands into a batch.
pub type Beside = fn(Vec<Command>) -> Vec<Command>;

/// What became of commands of which a statement failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many statements failed.
    pub failed: usize,
    /// Commands that had their answer all the same.
    pub answered: usize,
    /// Commands that were carried out, and nobody was told.
    pub unheard: usize,
    /// Commands that were not carried out, of which nobody could say so.
    pub unknown: usize,
    /// Commands that were not carried out, and it was said.
    pub told: usize,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { failed, answered, unheard, unknown, told } = self;
        write!(
            formatter,
            "{failed} statements failed: {answered} batches were answered all the same, {unheard} were carried out unheard, {unknown} \
             were not and nobody could say so, of {told} it was said that nothing was changed"
        )
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.failed += other.failed;
        self.answered += other.answered;
        self.unheard += other.unheard;
        self.unknown += other.unknown;
        self.told += other.told;
    }
}

/// Two banks with the same clock, key and random bits.
pub struct Pair<'b> {
    bank: &'b TestBank,
    twin: TestBank,
    ledger: Ledger,
    undisturbed: Ledger,
    cuts: Arc<Cuts>,
    number: i64,
}

impl<'b> Pair<'b> {
    /// Two banks with the same town. The writer of the one keeps nothing in memory that it loads by key.
    pub async fn new(bank: &'b TestBank) -> Self {
        let twin = TestBank::sqlite();
        let cuts = Cuts::at(bank.url()).unwrap();
        let ledger = Ledger::open(bank.url(), Options { warm_keys_max: 0, ..bank.options() }).await.unwrap();
        let undisturbed = twin.open().await;
        let mut pair = Self { bank, twin, ledger, undisturbed, cuts, number: 0 };
        pair.post(town_commands()).await;
        pair.post(groundwork()).await;
        pair
    }

    /// Time and random bits are the same at both, however many were drawn before. Each number is a second later.
    fn turn_chance(&self) {
        self.bank.set_now(NOON + self.number);
        self.twin.set_now(NOON + self.number);
        self.bank.turn_chance_to(self.number as u64);
        self.twin.turn_chance_to(self.number as u64);
    }

    /// Posts commands at both.
    pub async fn post(&mut self, commands: Vec<Command>) -> Vec<Posted> {
        self.number += 1;
        self.turn_chance();
        let envelopes: Vec<Envelope> = commands.into_iter().map(unkeyed).collect();
        let expected = self.undisturbed.post_all(envelopes.clone()).await.unwrap();
        assert_eq!(self.ledger.post_all(envelopes).await.unwrap(), expected);
        expected.into_iter().map(Result::unwrap).collect()
    }

    /// Makes the writer forget everything, its connections too.
    async fn chill(&self) {
        self.cuts.arm(1, Cut::Before);
        self.ledger.post(keyed(u128::MAX, transfer("equity/fund", "asset/till", 1))).await.unwrap_err();
        assert!(self.cuts.disarm());
    }

    /// Lets each statement of a batch fail in turn, until all have: of each of these cases a command, and what `beside` puts
    /// with them. A cold writer knows nothing, and opens its connection anew.
    pub async fn fail_each(&mut self, cases: &[Case], cut: Cut, is_cold: bool, beside: Beside) -> Tally {
        let mut tally = Tally::default();
        for statement in 1.. {
            let (failed, count) = self.fail_one(cases, statement, cut, is_cold, beside).await;
            tally += failed;
            if count < statement {
                // Now and then a batch takes a statement more than the others, because it completes a tile of the tree. So what
                // failed last may not have been the last statement, the commit.
                tally += self.fail_one(cases, count, cut, is_cold, beside).await.0;
                break;
            }
        }
        tally
    }

    /// Lets one statement of a batch fail. Returns what that led to, and how many statements were sent.
    async fn fail_one(
        &mut self,
        cases: &[Case],
        statement: usize,
        cut: Cut,
        is_cold: bool,
        beside: Beside,
    ) -> (Tally, usize) {
        let commands = beside(self.commands(cases).await);
        let envelopes = self.keyed(commands);
        if is_cold {
            self.chill().await;
        }
        let refused = cases.iter().filter(|case| case.is_refused()).count();
        let what = format!("{cut:?} statement {statement} of {}", name(cases));
        self.fail(envelopes, statement, cut, refused, &what).await
    }

    /// A command of each case, after what comes before it.
    async fn commands(&mut self, cases: &[Case]) -> Vec<Command> {
        let mut commands = Vec::new();
        for case in cases {
            let number = self.number + 1;
            let first = match case.first(number) {
                Some(first) => self.post(vec![first]).await.pop(),
                None => None,
            };
            commands.push(case.command(number, first.as_ref()));
        }
        commands
    }

    /// Puts commands into envelopes with ids of their own.
    pub fn keyed(&mut self, commands: Vec<Command>) -> Vec<Envelope> {
        self.number += 1;
        let ids = (self.number as u128) << 32..;
        ids.zip(commands).map(|(id, command)| keyed(id, command)).collect()
    }

    /// Posts commands, of which a statement fails, until they have their outcome.
    async fn fail(
        &mut self,
        envelopes: Vec<Envelope>,
        statement: usize,
        cut: Cut,
        refused: usize,
        what: &str,
    ) -> (Tally, usize) {
        let before = self.ledger.journal_head().await.unwrap();
        self.turn_chance();
        let expected = self.undisturbed.post_all(envelopes.clone()).await.unwrap();
        let after = self.undisturbed.journal_head().await.unwrap();
        let rejections: Vec<&Rejection> = expected.iter().filter_map(|outcome| outcome.as_ref().err()).collect();
        assert_eq!(rejections.len(), refused, "{what}: {rejections:?}");

        self.turn_chance();
        self.cuts.arm(statement, cut);
        let outcome = self.ledger.post_all(envelopes.clone()).await;
        let (has_failed, sent) = (self.cuts.disarm(), self.cuts.sent());
        let found = self.ledger.journal_head().await.unwrap();
        let tally = tally(&outcome, &expected, before, after, found, what);
        assert!(has_failed || outcome.is_ok(), "{what}: {outcome:?}");

        self.turn_chance();
        let again = self.ledger.post_all(envelopes).await.unwrap();
        let was_there = found != before;
        for (outcome, expected) in again.iter().zip(&expected) {
            assert_same(outcome, expected, what);
            assert!(outcome.as_ref().is_ok_and(|posted| posted.replayed == was_there) || outcome.is_err(), "{what}");
        }
        assert_eq!(self.ledger.journal_head().await.unwrap(), after, "{what}: after it was sent again");
        (if has_failed { tally } else { Tally::default() }, sent)
    }

    /// Posts a batch of these cases, and sends it again while each of the statements of that fails in turn. It has its outcome
    /// already: either that is the answer, or it is said that something broke, and nothing more happens. Returns how many
    /// statements failed.
    pub async fn fail_each_again(&mut self, cases: &[Case], cut: Cut) -> usize {
        let commands = self.commands(cases).await;
        let envelopes = self.keyed(commands);
        self.turn_chance();
        let expected = self.undisturbed.post_all(envelopes.clone()).await.unwrap();
        self.turn_chance();
        assert_eq!(self.ledger.post_all(envelopes.clone()).await.unwrap(), expected);
        let head = self.ledger.journal_head().await.unwrap();
        for statement in 1.. {
            let what = format!("{cut:?} statement {statement} of what is sent again");
            self.cuts.arm(statement, cut);
            let outcome = self.ledger.post_all(envelopes.clone()).await;
            let has_failed = self.cuts.disarm();
            let outcomes = match outcome {
                Ok(outcomes) => outcomes,
                Err(stopped) => {
                    assert!(has_failed && stopped.fault.may_be_sent_again(), "{what}: {stopped:?}");
                    self.ledger.post_all(envelopes.clone()).await.unwrap()
                }
            };
            outcomes.iter().zip(&expected).for_each(|(outcome, expected)| assert_same(outcome, expected, &what));
            assert_eq!(self.ledger.journal_head().await.unwrap(), head, "{what}");
            if !has_failed {
                return statement - 1;
            }
        }
        0
    }

    /// Asserts that both banks are whole, by the second implementation of the journal and by their own trial balance, and
    /// that every row of the one is in the other.
    pub async fn assert_equal(&self, what: &str) {
        let head = self.ledger.journal_head().await.unwrap();
        assert_eq!(recompute(self.bank.url()).await, head, "{what}");
        assert_eq!(self.ledger.trial_balance().await.unwrap().disagreements, [""; 0], "{what}");
        assert_whole(self.bank.url()).await;
        let [one, other] = [self.bank.url(), self.twin.url()].map(async |url| Tables::open(url).await.dump().await);
        let (one, other) = (one.await, other.await);
        for (table, rows) in &one {
            assert_eq!(rows, &other[table], "{what}: {table}");
        }
        assert_eq!(one.len(), other.len());
    }

    /// Closes both.
    pub async fn close(self) {
        self.ledger.close().await;
        self.undisturbed.close().await;
    }
}

/// What commands of these cases are called in messages.
pub fn name(cases: &[Case]) -> &'static str {
    match cases {
        [] => "a large batch",
        [case] => case.name,
        _ => "all kinds",
    }
}

fn assert_same(outcome: &Outcome, expected: &Outcome, what: &str) {
    let as_at_first = |posted: &Posted| Posted { replayed: false, ..posted.clone() };
    assert_eq!(outcome.as_ref().map(as_at_first), expected.as_ref().map(as_at_first), "{what}");
}

/// Asserts that what was said of the commands is true.
fn tally(
    outcome: &Result<Vec<Outcome>, Stopped>,
    expected: &[Outcome],
    before: Head,
    after: Head,
    found: Head,
    what: &str,
) -> Tally {
    let mut tally = Tally { failed: 1, ..Tally::default() };
    match outcome {
        Ok(outcomes) => {
            assert_eq!(outcomes, expected, "{what}");
            assert_eq!(found, after, "{what}: what was answered is there");
            tally.answered += 1;
        }
        Err(Stopped { outcomes, fault }) => {
            assert!(outcomes.is_empty() && fault.may_be_sent_again(), "{what}: {fault:?}");
            assert!(found == before || found == after, "{what}: it is carried out once or not at all");
            if !fault.may_have_been_applied() {
                assert_eq!(found, before, "{what}: {fault:?}");
                tally.told += 1;
            } else if found == after && before != after {
                tally.unheard += 1;
            } else {
                tally.unknown += 1;
            }
        }
    }
    tally
}
