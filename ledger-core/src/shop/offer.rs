//! Offers: what points are exchanged for, at an immutable version of its price.

use serde::{Deserialize, Serialize};

use super::stock::{handed_over_address, supply_address};
use crate::book::{AccountId, Class, Commodity, CommodityRow, NewAccount, QUANTITY_MAX};
use crate::effect::{Effect, Effects, Fact};
use crate::proof::receipt::SKU_LENGTH_MAX;
use crate::reject::{Expected, Field, Rejection};
use crate::row::{numbered, row};
use crate::rule::{Halt, Moment, Rule, plain, require, set};
use crate::slice::Unasked;
use crate::text::is_code;
use crate::world::World;

/// What kind of thing an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferKind {
    /// A thing.
    Goods,
    /// A service; its stock is places.
    Service,
    /// A voucher.
    Voucher,
}

numbered!(OfferKind { Goods = 1, Service = 2, Voucher = 3 });

impl OfferKind {
    /// The kind of a name: goods, service, voucher.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "goods" => Some(Self::Goods),
            "service" => Some(Self::Service),
            "voucher" => Some(Self::Voucher),
            _ => None,
        }
    }
}

/// An offer and what it costs; a change of anything is a new version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferTerms {
    /// Its code, 1 to 8 characters of `[A-Za-z0-9._:/-]`.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: OfferKind,
    /// Points for one piece.
    pub points: i64,
    /// What one piece costs the sponsor, in fen (1/100 CNY).
    pub cost_fen: i64,
    /// Pieces for one person in one calendar month, 0 for any number.
    pub monthly_limit: i64,
}

/// The current version of an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its version, from 1.
    pub version: i64,
    /// Its terms.
    pub terms: OfferTerms,
}

row! {
    /// A version of an offer.
    journal "ledger_offers", OfferRow {
        sku: String,
        /// From 1; the latest is in force.
        version: i64,
        name: String,
        kind: OfferKind,
        /// For one piece.
        points: i64,
        /// For one piece, 1/100 CNY.
        cost_fen: i64,
        /// Pieces for one person in one calendar month, 0 for any number.
        monthly_limit: i64,
    }
}

impl OfferRow {
    /// The offer that the row is a version of.
    pub fn offer(&self) -> Offer {
        let Self { sku, version, name, kind, points, cost_fen, monthly_limit } = self.clone();
        Offer { version, terms: OfferTerms { sku, name, kind, points, cost_fen, monthly_limit } }
    }
}

impl Fact for OfferRow {
    fn apply(&self, world: &mut World, _: i64) -> Result<(), Unasked> {
        world.town.offers.put(self.sku.clone(), self.offer());
        Ok(())
    }
}

impl Rule for OfferTerms {
    const KIND: &'static str = "OFFR";

    fn needs(&self, world: &mut World, _: &Moment) {
        for address in [supply_address(&self.sku), handed_over_address(&self.sku)].into_iter().flatten() {
            world.addresses.ask(&address);
        }
    }

    fn decide(&self, world: &World, _: &Moment) -> Result<Effects, Halt> {
        self.check()?;
        let current = world.town.offers.get(&self.sku)?;
        let version = current.map_or(1, |offer| offer.version + 1);
        let effects = set(current.map(|offer| &offer.terms), self, &self.sku, || self.row(version))?;
        if current.is_some() { Ok(effects) } else { Ok(effects.and(self.accounts(world)?)) }
    }
}

impl OfferTerms {
    fn check(&self) -> Result<(), Rejection> {
        require(is_code(&self.sku, SKU_LENGTH_MAX), Field::Sku, Expected::Code8)?;
        plain(Field::Name, &self.name)?;
        if !(1..=QUANTITY_MAX).contains(&self.points) {
            return Err(Rejection::field(Field::Points, Expected::OneOrMore));
        }
        if [self.cost_fen, self.monthly_limit].iter().any(|number| !(0..=QUANTITY_MAX).contains(number)) {
            return Err(Rejection::field(Field::CostOrLimit, Expected::ZeroOrMore));
        }
        Ok(())
    }

    fn row(&self, version: i64) -> Effect {
        let Self { sku, name, kind, points, cost_fen, monthly_limit } = self.clone();
        Effect::Offer(Box::new(OfferRow { sku, version, name, kind, points, cost_fen, monthly_limit }))
    }

    /// What a new offer's pieces are counted in, and where they come from and go to.
    fn accounts(&self, world: &World) -> Result<Vec<Effect>, Halt> {
        let commodity = Commodity::item(&self.sku);
        let (supply, handed_over) = (supply_address(&self.sku)?, handed_over_address(&self.sku)?);
        for address in [&supply, &handed_over] {
            if world.addresses.has(address)? {
                return Err(Rejection::AccountExists { address: address.to_string() }.into());
            }
        }
        let mut rows = Vec::with_capacity(3);
        match world.commodities.get(&commodity)? {
            None => rows.push(Effect::Commodity(CommodityRow { commodity: commodity.clone(), scale: 0 })),
            Some(0) => {}
            Some(scale) => {
                let commodity = commodity.as_str().to_owned();
                return Err(Rejection::CommodityDefined { commodity, scale: *scale }.into());
            }
        }
        let first = world.next_account.0;
        let sides = [(supply, Class::Equity), (handed_over, Class::Expense)];
        rows.extend(sides.into_iter().zip(first..).map(|((address, class), number)| {
            let account = NewAccount { floor: None, ..NewAccount::new(address, class, commodity.clone()) };
            Effect::Account(account.row(AccountId(number)))
        }));
        Ok(rows)
    }
}
