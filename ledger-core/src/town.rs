//! A town in the bank: what it counts, the accounts of its own, and what its rules see.

use std::sync::LazyLock;

use crate::book::{AccountId, AccountRow, Address, Class, Commodity, CommodityRow, NO_FLOOR};
use crate::earn::{Activity, ActivityId, History, InForce, TitleRow};
use crate::effect::Effect;
use crate::fault::Impossible;
use crate::people::{CardNumber, Credential, Member, MemberId, Partner, PersonRow, PinRow, StationRow, Team, Unit};
use crate::proof::ReceiptNumber;
use crate::rule::Halt;
use crate::shop::{Offer, PiecesHadKey, Redemption};
use crate::slice::Slice;
use crate::time::LocalMinute;
use crate::world::World;

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
        static ADDRESSES: LazyLock<[Address; 4]> = LazyLock::new(|| {
            ["expense/points-granted", "income/points-redeemed", "income/points-expired", "expense/service-received"]
                .map(Address::of_code)
        });
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

/// What a town's rules see.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Town {
    // Whole: read once, when the writer is cold.
    pub units: Slice<String, Unit>,
    pub teams: Slice<String, Team>,
    pub partners: Slice<String, Partner>,
    pub stations: Slice<String, StationRow>,
    pub offers: Slice<String, Offer>,
    /// The earning policy in force, and its version.
    pub policy: Option<InForce>,
    // By key.
    pub members: Slice<MemberId, Member>,
    pub cards: Slice<CardNumber, MemberId>,
    pub people: Slice<MemberId, PersonRow>,
    pub pins: Slice<MemberId, PinRow>,
    pub credentials: Slice<String, Credential>,
    pub activities: Slice<String, Activity>,
    pub titles: Slice<ActivityId, TitleRow>,
    pub histories: Slice<MemberId, History, LocalMinute>,
    pub pieces_had: Slice<PiecesHadKey, i64>,
    pub redemptions: Slice<ReceiptNumber, Redemption>,
}

impl Town {
    /// A town of which nothing is known yet; `is_whole`: what will be applied to it is all there is.
    pub fn new(is_whole: bool) -> Self {
        fn by_key<K: Clone + Eq + std::hash::Hash + Ord, V, W>(name: &'static str, is_whole: bool) -> Slice<K, V, W> {
            if is_whole { Slice::whole(name) } else { Slice::partial(name) }
        }
        Self {
            units: Slice::whole("units"),
            teams: Slice::whole("teams"),
            partners: Slice::whole("partners"),
            stations: Slice::whole("stations"),
            offers: Slice::whole("offers"),
            policy: None,
            members: by_key("members", is_whole),
            cards: by_key("cards", is_whole),
            people: by_key("people", is_whole),
            pins: by_key("pins", is_whole),
            credentials: by_key("credentials", is_whole),
            activities: by_key("activities", is_whole),
            titles: by_key("titles", is_whole),
            histories: by_key("histories", is_whole),
            pieces_had: by_key("pieces_had", is_whole),
            redemptions: by_key("redemptions", is_whole),
        }
    }

    /// The batch is committed: what is more than `keys_max` of a kind is forgotten.
    pub fn settle(&mut self, keys_max: usize) {
        let Self {
            units,
            teams,
            partners,
            stations,
            offers,
            policy: _,
            members,
            cards,
            people,
            pins,
            credentials,
            activities,
            titles,
            histories,
            pieces_had,
            redemptions,
        } = self;
        units.settle(keys_max);
        teams.settle(keys_max);
        partners.settle(keys_max);
        stations.settle(keys_max);
        offers.settle(keys_max);
        members.settle(keys_max);
        cards.settle(keys_max);
        people.settle(keys_max / 5);
        pins.settle(0);
        credentials.settle(keys_max / 5);
        activities.settle(keys_max);
        titles.settle(keys_max / 5);
        histories.settle(keys_max / 2);
        pieces_had.settle(keys_max);
        redemptions.settle(keys_max / 5);
    }

    /// Whether the store has something to look up.
    pub fn wants(&self) -> bool {
        let Self {
            units,
            teams,
            partners,
            stations,
            offers,
            policy: _,
            members,
            cards,
            people,
            pins,
            credentials,
            activities,
            titles,
            histories,
            pieces_had,
            redemptions,
        } = self;
        units.wants()
            || teams.wants()
            || partners.wants()
            || stations.wants()
            || offers.wants()
            || members.wants()
            || cards.wants()
            || people.wants()
            || pins.wants()
            || credentials.wants()
            || activities.wants()
            || titles.wants()
            || histories.wants()
            || pieces_had.wants()
            || redemptions.wants()
    }

    /// Every state that a batch has changed, once, as it is at the end.
    #[cfg(feature = "store")]
    pub(crate) fn write_states(&mut self, rows: &mut crate::store::Rows) {
        for key in self.pieces_had.take_changed() {
            let pieces = self.pieces_had.peek(&key).copied().unwrap_or(0);
            rows.push(&key.row(pieces));
        }
        for member in self.people.take_changed() {
            rows.push_known(self.people.peek(&member));
        }
        for activity in self.titles.take_changed() {
            rows.push_known(self.titles.peek(&activity));
        }
        for member in self.pins.take_changed() {
            rows.push_known(self.pins.peek(&member));
        }
    }
}
