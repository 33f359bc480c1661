//! What a command changes: rows, each with its position in the journal. A record *is* the list of its rows.
//!
//! `decide` returns effects, the world applies them, the journal hashes them and the store writes them: all four read the
//! same rows, so none can know of a change that the others miss.

use crate::proof::ReceiptDraft;
use crate::proof::record;
use crate::row::{Row, Sink, Source, Table};
use crate::slice::Unasked;
use crate::time::Day;
use crate::world::World;
use crate::{bank, book};
#[cfg(feature = "town")]
use crate::{earn, people, shop};

/// A row of the journal, and what it changes in the world.
pub trait Fact: Row {
    /// Applies the row to the world. Its rule has checked everything: nothing here is refused.
    ///
    /// # Errors
    /// [`Unasked`] where it changes what nobody has asked for.
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked>;
}

impl<T: Fact> Fact for Box<T> {
    fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
        T::apply(self, world, position)
    }
}

macro_rules! effects {
    (engine { $($(#[$doc:meta])* $number:literal $variant:ident($type:ty),)* }
     town { $($(#[$town_doc:meta])* $town_number:literal $town:ident($town_type:ty),)* }) => {
        /// One row that a record adds: the table of contents of everything that the journal keeps.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Effect {
            $($(#[$doc])* $variant($type),)*
            $(#[cfg(feature = "town")] $(#[$town_doc])* $town($town_type),)*
        }

        impl Effect {
            /// The number of its kind, fixed for ever.
            pub fn kind(&self) -> i64 {
                match self {
                    $(Self::$variant(_) => $number,)*
                    $(#[cfg(feature = "town")] Self::$town(_) => $town_number,)*
                }
            }

            /// Its table.
            pub fn table(&self) -> &'static Table {
                match self {
                    $(Self::$variant(_) => <$type as Row>::table(),)*
                    $(#[cfg(feature = "town")] Self::$town(_) => <$town_type as Row>::table(),)*
                }
            }

            /// Writes its cells.
            pub fn put(&self, sink: &mut impl Sink) {
                match self {
                    $(Self::$variant(row) => row.put(sink),)*
                    $(#[cfg(feature = "town")] Self::$town(row) => row.put(sink),)*
                }
            }

            /// Reads the cells of a row of the kind with this number; `None` where the ledger would not have written them.
            pub fn take(kind: i64, source: &mut impl Source) -> Option<Self> {
                match kind {
                    $($number => <$type as Row>::take(source).map(Self::$variant),)*
                    $(#[cfg(feature = "town")] $town_number => <$town_type as Row>::take(source).map(Self::$town),)*
                    _ => None,
                }
            }

            /// Applies it to the world.
            ///
            /// # Errors
            /// [`Unasked`].
            pub fn apply(&self, world: &mut World, position: i64) -> Result<(), Unasked> {
                match self {
                    $(Self::$variant(row) => row.apply(world, position),)*
                    $(#[cfg(feature = "town")] Self::$town(row) => row.apply(world, position),)*
                }
            }
        }

        /// Every kind of row: its number and its table, in the order of the numbers.
        pub fn kinds() -> Vec<(i64, &'static Table)> {
            vec![
                $(($number, <$type as Row>::table()),)*
                $(#[cfg(feature = "town")] ($town_number, <$town_type as Row>::table()),)*
            ]
        }
    };
}

effects! {
    engine {
        /// The bank itself, once, at position 0.
        1 Bank(Box<bank::BankRow>),
        /// A public key.
        2 Key(Box<bank::KeyRow>),
        /// A commodity and its scale.
        3 Commodity(book::CommodityRow),
        /// An account is opened.
        4 Account(book::AccountRow),
        /// An account is frozen, opened again or closed.
        5 AccountState(book::AccountStateRow),
        /// An entry, with the balance after it and the position of the one before it.
        6 Entry(book::Entry),
        /// The caller's id.
        7 Id(record::IdRow),
        /// For whom, at which device and why, where somebody said so.
        8 Note(record::NoteRow),
        /// The record that this one reverses.
        9 Reversal(record::ReversalRow),
        /// That something erasable changed.
        10 Audit(record::AuditRow),
        /// That the clock was confirmed.
        11 ClockAccepted(bank::ClockAcceptedRow),
        /// That somebody goes on with a bank that was rolled back.
        12 RollbackAccepted(bank::RollbackAcceptedRow),
        /// A hold: its code and its deadline.
        13 Hold(book::hold::HoldRow),
        /// What is put into a hold, or taken out of it.
        14 HoldEntry(book::hold::HoldEntryRow),
        /// That this record and those after it were posted together.
        15 Batch(record::BatchRow),
        /// What is taken back of an earlier record.
        16 ReversedEntry(book::reversal::ReversedEntryRow),
        /// What goes from an expired lot to breakage, or comes back from there.
        17 Sweep(book::expiry::SweepRow),
        /// A limit over time, as it is from here on.
        18 Limit(book::LimitRow),
    }
    town {
        /// A unit, as it is from here on.
        64 Unit(people::Unit),
        /// A team, as it is from here on.
        65 Team(people::Team),
        /// A partner, as it is from here on.
        66 Partner(people::Partner),
        /// A station, as it is from here on.
        67 Station(people::StationRow),
        /// A member: pseudonym and accounts.
        68 Member(people::MemberRow),
        /// A member's card is blocked, or active again.
        69 CardState(people::CardStateRow),
        /// A credential, as it is from here on.
        70 Credential(Box<people::Credential>),
        /// A version of the policy.
        71 Policy(earn::PolicyRow),
        /// An activity, as it is from here on.
        72 Activity(Box<earn::ActivityRow>),
        /// An attendance with its normalised inputs and what it earned.
        73 Attendance(Box<earn::AttendanceRow>),
        /// A version of an offer.
        74 Offer(Box<shop::OfferRow>),
        /// A line of a redemption; of a reversal, with negative pieces.
        75 RedemptionLine(shop::RedemptionLineRow),
        /// Whether a member's receipts say what the member has left.
        76 BalanceChoice(people::BalanceChoiceRow),
        /// An attendance no longer counts.
        77 AttendanceReversal(earn::reversal::AttendanceReversalRow),
    }
}

/// What stands beside the journal and can be erased; the record keeps its salted digest as [`Effect::Audit`].
pub trait Erasing {
    /// What the digest is of, after its salt.
    fn document(&self) -> String;
    /// Applies it to the world, whose slice writes it to its table.
    fn apply(&self, world: &mut World);
}

macro_rules! erasables {
    ($($(#[$doc:meta])* $variant:ident($type:ty),)*) => {
        /// Everything that can be erased.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Erasable {
            $(#[cfg(feature = "town")] $(#[$doc])* $variant($type),)*
        }

        impl Erasable {
            /// What the digest is of, after its salt.
            pub fn document(&self) -> String {
                match *self {
                    $(#[cfg(feature = "town")] Self::$variant(ref row) => row.document(),)*
                }
            }

            /// Applies it to the world.
            #[cfg_attr(not(feature = "town"), expect(unused_variables, reason = "without a town nothing is erasable"))]
            pub fn apply(&self, world: &mut World) {
                match *self {
                    $(#[cfg(feature = "town")] Self::$variant(ref row) => row.apply(world),)*
                }
            }
        }
    };
}

erasables! {
    /// A person's card and details.
    Person(Box<people::PersonRow>),
    /// An activity's title, which may name people.
    Title(earn::TitleRow),
    /// What a volunteer's PIN is checked against.
    Pin(people::PinRow),
}

/// All that a command changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// The rows of its record, in any order; the poster sorts them.
    pub rows: Vec<Effect>,
    /// What stands beside the journal and can be erased.
    pub erasable: Option<Erasable>,
    /// The receipt.
    pub receipt: Option<Box<ReceiptDraft>>,
    /// The day that it counts for, where the command itself says so.
    pub effective_day: Option<Day>,
    /// How it counts for limits. What decides it says so; its rule does not.
    pub counting: book::usage::Counting,
}

impl Effects {
    /// Effects of these rows alone.
    pub fn of(rows: Vec<Effect>) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Adds rows.
    #[must_use]
    pub fn and(mut self, rows: impl IntoIterator<Item = Effect>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// The position of the record that it reverses, where it is a reversal.
    pub fn reverses(&self) -> Option<i64> {
        self.rows
            .iter()
            .find_map(|row| if let Effect::Reversal(row) = row { Some(row.reversed_position) } else { None })
    }
}
