//! Stock: pieces of an offer, or places in a service, at a station. Each piece is a unit of the offer's own commodity.

use serde::{Deserialize, Serialize};

use crate::book::transaction::{Leg, entries_with};
use crate::book::{Account, Address, Class, Commodity, NewAccount, QUANTITY_MAX};
use crate::effect::{Effect, Effects};
use crate::people::station::station_of;
use crate::reject::{Expected, Field, Rejection};
use crate::reserved::{HANDED_OVER, STATIONS, SUPPLY};
use crate::rule::{Halt, Moment, Rule, account_at};
use crate::text::shown;
use crate::world::World;

/// Where a station's pieces of an offer are.
///
/// # Errors
/// [`Rejection::UnknownItem`] where the codes make no address.
pub fn stock_address(station: &str, sku: &str) -> Result<Address, Rejection> {
    address(&format!("{STATIONS}{station}/stock/{sku}"), sku)
}

/// Where pieces of an offer come from.
///
/// # Errors
/// [`Rejection::UnknownItem`] where the code makes no address.
pub fn supply_address(sku: &str) -> Result<Address, Rejection> {
    address(&format!("{SUPPLY}{sku}"), sku)
}

/// Where pieces of an offer go.
///
/// # Errors
/// [`Rejection::UnknownItem`] where the code makes no address.
pub fn handed_over_address(sku: &str) -> Result<Address, Rejection> {
    address(&format!("{HANDED_OVER}{sku}"), sku)
}

fn address(text: &str, sku: &str) -> Result<Address, Rejection> {
    Address::new(text).ok_or_else(|| Rejection::UnknownItem { sku: shown(sku) })
}

/// Opens a station's stock of an offer, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStock {
    /// The station's code.
    pub station: String,
    /// The offer's code.
    pub sku: String,
    /// Pieces or places; may be none.
    pub pieces: i64,
}

impl Rule for OpenStock {
    const KIND: &'static str = "STCK";

    fn needs(&self, world: &mut World, _: &Moment) {
        if let Ok(address) = supply_address(&self.sku) {
            world.ask_account(&address);
        }
        if let Ok(address) = stock_address(&self.station, &self.sku) {
            world.addresses.ask(&address);
        }
    }

    fn decide(&self, world: &World, moment: &Moment) -> Result<Effects, Halt> {
        let Self { station, sku, pieces } = self;
        station_of(world, station)?;
        if !world.town.offers.has(sku)? {
            return Err(Rejection::UnknownItem { sku: shown(sku) }.into());
        }
        if !(0..=QUANTITY_MAX).contains(pieces) {
            return Err(Rejection::field(Field::Pieces, Expected::ZeroOrMore).into());
        }
        let address = stock_address(station, sku)?;
        if world.addresses.has(&address)? {
            return Err(Rejection::StockOpen { station: station.clone(), sku: sku.clone() }.into());
        }
        let row = NewAccount::new(address, Class::Asset, Commodity::item(sku)).row(world.next_account);
        let opened = Effects::of(vec![Effect::Account(row.clone())]);
        if *pieces == 0 {
            return Ok(opened);
        }
        // The account is opened and filled by one record: the entries see it as it is opened.
        let stock = Account::opened(&row);
        let legs = [Leg::new(stock.id, *pieces), Leg::new(account_at(world, &supply_address(sku)?)?, -pieces)];
        let filled = entries_with(&legs, moment.now, |account| {
            if account == stock.id { Ok(Some(&stock)) } else { world.accounts.get(&account) }
        })?;
        Ok(opened.and(filled))
    }
}
