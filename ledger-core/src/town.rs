//! A town in the bank: what it counts, the accounts of its own, and what its rules see.

use std::sync::LazyLock;

use crate::book::{AccountId, AccountRow, Address, Class, Commodity, CommodityRow, NO_FLOOR, Reverse, Transaction};
use crate::effect::{Effect, Effects};
use crate::fault::Impossible;
use crate::people::MemberId;
use crate::reject::Rejection;
use crate::reserved::{POINTS_EXPIRED, POINTS_GRANTED, POINTS_REDEEMED, SERVICE_RECEIVED};
use crate::rule::{Halt, Moment, Rule as _};
use crate::slice::slices;
use crate::time::LocalMinute;
use crate::world::World;
use crate::{earn, people, proof, shop};

/// The accounts that a town's bank has from its first record on.
///
/// Points outstanding are what the bank owes its volunteers; granting them is its expense, and redeeming them or letting
/// them expire its income. Service time given is what volunteers have put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum OwnAccount {
    PointsGranted,
    PointsRedeemed,
    PointsExpired,
    ServiceReceived,
}

impl OwnAccount {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::PointsGranted, Self::PointsRedeemed, Self::PointsExpired, Self::ServiceReceived];

    /// Its address.
    pub fn address(self) -> &'static Address {
        static ADDRESSES: LazyLock<[Address; 4]> =
            LazyLock::new(|| [POINTS_GRANTED, POINTS_REDEEMED, POINTS_EXPIRED, SERVICE_RECEIVED].map(Address::of_code));
        &ADDRESSES[self as usize]
    }

    fn class(self) -> Class {
        match self {
            Self::PointsGranted | Self::ServiceReceived => Class::Expense,
            Self::PointsRedeemed | Self::PointsExpired => Class::Income,
        }
    }

    fn commodity(self) -> Commodity {
        match self {
            Self::PointsGranted | Self::PointsRedeemed | Self::PointsExpired => Commodity::point(),
            Self::ServiceReceived => Commodity::minute(),
        }
    }

    /// Asks for it.
    pub fn ask(self, world: &mut World) {
        world.ask_account(self.address());
    }

    /// Its number.
    ///
    /// # Errors
    /// [`Halt::Impossible`] where the bank does not have it.
    pub fn number(self, world: &World) -> Result<AccountId, Halt> {
        let found = world.addresses.get(self.address())?.copied();
        found.ok_or_else(|| Impossible::new(format!("the bank has no account {}", self.address())).into())
    }
}

/// What a record is to the town, beside its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfTown {
    /// Nothing.
    Nothing,
    /// The attendance of a member at an activity.
    #[allow(missing_docs, reason = "the names say it")]
    Attendance { member: MemberId, activity: earn::ActivityId },
    /// A redemption, by its receipt.
    Redemption(proof::ReceiptNumber),
}

impl OfTown {
    /// What these effects are to the town.
    pub(crate) fn of(effects: &Effects) -> Self {
        if let Some(draft) = &effects.receipt {
            let station = draft.receipt.station.clone();
            return Self::Redemption(proof::ReceiptNumber { station, year: draft.year, number: draft.number });
        }
        let attendance = effects.rows.iter().find_map(|row| {
            let Effect::Attendance(row) = row else { return None };
            Some(Self::Attendance { member: row.member, activity: row.activity })
        });
        attendance.unwrap_or(Self::Nothing)
    }
}

/// Asks for what the town's part of a reversal reads.
pub(crate) fn ask_for_reversal(world: &mut World, position: i64, moment: &Moment) {
    match world.transactions.peek(&position).map(|transaction| transaction.of_town.clone()) {
        Some(OfTown::Attendance { member, .. }) => earn::reversal::ask(world, member),
        Some(OfTown::Redemption(number)) => {
            shop::ReverseRedemption::whole(&number.to_string()).needs(world, moment);
        }
        Some(OfTown::Nothing) | None => {}
    }
}

/// The command that reverses a redemption: it has a receipt of its own. `None` for what is none.
///
/// # Errors
/// [`Rejection::RedemptionByLines`] where a part is wanted that is not said in lines.
pub(crate) fn reversed_redemption(
    reverse: &Reverse,
    transaction: &Transaction,
) -> Result<Option<shop::ReverseRedemption>, Rejection> {
    let OfTown::Redemption(number) = &transaction.of_town else { return Ok(None) };
    if reverse.entries.is_some() {
        return Err(Rejection::RedemptionByLines);
    }
    Ok(Some(shop::ReverseRedemption::whole(&number.to_string())))
}

/// What a town's bank has from its first record on.
pub fn founding_rows() -> Vec<Effect> {
    let counted = [Commodity::minute(), Commodity::point()];
    let counted = counted.map(|commodity| Effect::Commodity(CommodityRow { commodity, scale: 0 }));
    let opened = OwnAccount::ALL.into_iter().zip(0..).map(|(own, number)| {
        Effect::Account(AccountRow {
            account: AccountId(number),
            address: own.address().clone(),
            class: own.class(),
            commodity: own.commodity(),
            floor: NO_FLOOR,
            lotted: false,
        })
    });
    counted.into_iter().chain(opened).collect()
}

slices! {
    /// What a town's rules see.
    Town {
        units whole (): String => people::Unit;
        teams whole (): String => people::Team;
        partners whole (): String => people::Partner;
        stations whole (): String => people::StationRow;
        offers whole (): String => shop::Offer;
        /// The earning policy in force, and its version.
        policy whole (): () => earn::InForce;
        members warm 1: MemberId => people::Member;
        cards warm 1: people::CardNumber => MemberId;
        people warm 5: MemberId => people::PersonRow;
        pins warm 5: MemberId => people::PinRow;
        credentials warm 5: String => people::Credential;
        activities warm 1: String => earn::Activity;
        titles warm 5: earn::ActivityId => earn::TitleRow;
        histories warm 2: MemberId => earn::History, LocalMinute;
        pieces_had warm 1: shop::PiecesHadKey => i64;
        redemptions warm 5: proof::ReceiptNumber => shop::Redemption;
    } beside {}
}

impl Town {
    /// A town of which nothing is known yet; `is_whole`: what will be applied to it is all there is.
    pub fn new(is_whole: bool) -> Self {
        Self::blank(is_whole)
    }

    /// Every state that a batch has changed, once, as it is at the end.
    #[cfg(feature = "store")]
    pub(crate) fn write_states(&mut self, rows: &mut crate::store::Rows) {
        for key in self.pieces_had.changed() {
            let pieces = self.pieces_had.peek(&key).copied().unwrap_or(0);
            rows.push(&key.row(pieces));
        }
        for member in self.people.changed() {
            rows.push_known(self.people.peek(&member));
        }
        for activity in self.titles.changed() {
            rows.push_known(self.titles.peek(&activity));
        }
        for member in self.pins.changed() {
            rows.push_known(self.pins.peek(&member));
        }
    }
}
