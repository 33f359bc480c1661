//! For tests alone: defects that can be switched on, so that the suite shows that it finds them.
//!
//! Where the feature `fault-injection` is off, as it is in every program that is released, `Defect::is_on` is a constant, and
//! nothing of this is left. Where it is on, the environment variable `BANK_DEFECT` names the one defect that the process has.
//! `tests/defects.txt` says which test finds which, and `cargo xtask defects` holds it to that.

/// Makes the enum, and the list of its names.
macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident $code:literal,)*) => {
        /// A defect that somebody might make; each says what is wrong, and what harm it does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Defect {
            $($(#[$doc])* $name,)*
        }

        #[cfg(feature = "fault-injection")]
        impl Defect {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in `BANK_DEFECT`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }
    };
}

defects! {
    // The rules of any ledger.
    /// What a hold has reserved of a lot is free for others: the same points are taken twice.
    LotTakenTwice "lot-taken-twice",
    /// A lot is spendable at the very instant at which it expires: an audit and a receipt disagree about who had what.
    ExpiredIsSpendable "expired-is-spendable",
    /// A hold is in force at its deadline, when what it held is free already: both get it.
    DeadlineIncluded "deadline-included",
    /// A record forgets what was taken back of it: it is taken back again and again.
    UndoneForgotten "undone-forgotten",
    /// A capture counts when it is captured, not when its hold was placed: a hold of June uses up the limit of July.
    CaptureCountsAgain "capture-counts-again",
    /// A frozen account takes postings: what was frozen in a dispute is spent.
    FrozenIsOpen "frozen-is-open",
    /// An expiry takes what a hold in force keeps: the order that was promised cannot be delivered.
    HeldExpires "held-expires",

    // The rules of a town.
    /// An earning does not settle what is owed: a debt is never paid.
    DebtNotSettled "debt-not-settled",
    /// Pieces that somebody has had do not count: the month's limit binds nobody.
    PiecesNotCounted "pieces-not-counted",
    /// Minutes that were counted earlier in the day do not count: whoever serves twice a day is paid beyond the day's limit.
    MinutesNotCounted "minutes-not-counted",
    /// A person confirms an attendance that they have entered themselves: nobody checks them.
    OnePersonConfirms "one-person-confirms",
    /// A link that logs somebody in outlives a new PIN: whoever stole the phone comes in once more.
    LinkOutlivesPin "link-outlives-pin",

    // The world and its slices.
    /// What was posted together and refused stays in the world: the next command spends what nobody has got.
    UndoForgotten "undo-forgotten",
    /// The numbers of accounts that were opened together and refused are not given back: the world is ahead of the bank.
    NumberNotGivenBack "number-not-given-back",
    /// The end of a chain of receipts stays where it is: two receipts name the same one before them.
    ChainStandsStill "chain-stands-still",

    // The writer.
    /// The caller is answered before the commit: what they were told is lost in a crash.
    AnsweredBeforeCommit "answered-before-commit",
    /// A rollback is not sent, and counts as done: what failed gets into the next commit.
    RollbackSwallowed "rollback-swallowed",
    /// After a batch that failed, the world keeps what it has changed: a refusal is told that was never stored, so the id may still
    /// get another outcome. (Records do no such harm: the head does not fit, and all is read again.)
    FailureRemembered "failure-remembered",
    /// A refusal is not stored under its id: whoever sends it again may be told something else.
    RefusalNotStored "refusal-not-stored",
    /// An id is enough to be told an outcome, whatever is sent under it: a bill is taken for another one that was paid.
    ContentNotCompared "content-not-compared",
    /// What is told under an id that was used before is another record's position: the caller reverses somebody else's record.
    ReplayNamesAnother "replay-names-another",
    /// Somebody is refused on a head that another process has moved on: they are told of a bank that is no more.
    RefusedOnStaleHead "refused-on-stale-head",

    // A host's transaction.
    /// What a host may still roll back counts as seen: the bank takes the host's rollback for its own and stops.
    SeenBeforeCommit "seen-before-commit",
    /// After a fault, what was written in a host's transaction stays there: the host commits the half of a batch.
    SavepointKept "savepoint-kept",

    // The store.
    /// The head moves from whatever it is: two processes write over each other's records.
    HeadNotCompared "head-not-compared",
    /// Limits are not read when the bank is opened: they bind nobody until they are set again.
    LimitNotLoaded "limit-not-loaded",
    /// The row with an account's balance is not written: after the next start the account has what it had before.
    BalanceNotWritten "balance-not-written",
    /// The rows with what is left in a hold are not written: after the next start it can be captured again.
    HeldNotWritten "held-not-written",
    /// A table that a crash of the server empties is taken for one that lasts: what was answered is gone after a power cut.
    DurabilityNotChecked "durability-not-checked",

    // Proof and recovery.
    /// A record's leaf does not cover that it reverses another: somebody can add or remove that unnoticed.
    ReversalNotHashed "reversal-not-hashed",
    /// A journal that has grown enough is believed, whatever its records are: a copy that went on elsewhere passes for the bank.
    HistoryNotCompared "history-not-compared",
    /// How far the bank has grown is not written down beside its key: an older copy is opened, and numbers are issued twice.
    HeadNotWrittenDown "head-not-written-down",
}

#[cfg(not(feature = "fault-injection"))]
impl Defect {
    /// Never.
    #[inline]
    pub(crate) const fn is_on(self) -> bool {
        false
    }
}

#[cfg(feature = "fault-injection")]
impl Defect {
    /// Whether the process has this defect. The first time that it does, it says so: a test that fails for another reason has
    /// found nothing.
    pub(crate) fn is_on(self) -> bool {
        static CHOSEN: std::sync::LazyLock<Option<Defect>> = std::sync::LazyLock::new(chosen);
        static TOLD: std::sync::Once = std::sync::Once::new();
        let is_on = *CHOSEN == Some(self);
        if is_on {
            TOLD.call_once(|| say(&format!("the defect {} is met", self.name())));
        }
        is_on
    }
}

/// The defect that the environment names. An unknown one ends the process: nobody may take it for none.
#[cfg(feature = "fault-injection")]
fn chosen() -> Option<Defect> {
    let name = std::env::var_os("BANK_DEFECT")?;
    let found = Defect::ALL.iter().find(|defect| name == defect.name());
    if found.is_none() {
        say(&format!("there is no defect {}", name.display()));
        std::process::exit(2);
    }
    found.copied()
}

/// Says it on the error output itself: the harness of tests would keep to itself what a macro prints.
#[cfg(feature = "fault-injection")]
fn say(line: &str) {
    use std::io::Write as _;
    // If nobody hears it, nobody counts it either.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(all(test, feature = "fault-injection"))]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_a_test_that_finds_it() {
        let table = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/defects.txt");
        let table = std::fs::read_to_string(table).unwrap();
        let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let mut listed: Vec<&str> = lines.filter_map(|line| line.split(' ').next()).collect();
        listed.dedup();
        let defects: Vec<&str> = Defect::ALL.iter().map(|defect| defect.name()).collect();
        assert_eq!(listed, defects, "in the order of defect.rs");
    }
}
