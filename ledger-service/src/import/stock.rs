//! `stock.csv`: the pieces, or places, that a station begins with.

use std::collections::BTreeMap;
use std::path::Path;

use baoyulan_ledger::book::QUANTITY_MAX;
use baoyulan_ledger::command::{Command, OpenStock};

use super::fault::{Fault, Notice, Warning};
use super::keys::Keys;
use super::sheet::Layout;
use super::table::Table;

pub static LAYOUT: Layout = Layout {
    file: "stock.csv",
    row: "stock of this station for the SKU",
    columns: &["station", "sku", "pieces"],
    personal: false,
};

pub fn read(folder: &Path, stations: &Keys, skus: &Keys) -> Result<Table<OpenStock>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let station = stations.look_up(&row.field("station")?)?;
        let sku = skus.look_up(&row.field("sku")?)?;
        // Neither of the two holds a space.
        keys.add(&format!("{station} {sku}"), &row.field("sku")?)?;
        Ok(OpenStock { station, sku, pieces: row.field("pieces")?.integer(0..=QUANTITY_MAX)? })
    })
}

pub fn command(stock: &OpenStock) -> Command {
    Command::OpenStock(stock.clone())
}

/// Warns of each row whose figure is not the one with which the bank opened that stock: an import does not change it. What the
/// bank opened is by station and SKU.
pub fn changed(stock: &Table<OpenStock>, opened: &BTreeMap<String, BTreeMap<String, i64>>) -> Vec<Warning> {
    let rows = stock.rows.iter().filter_map(|row| {
        let OpenStock { station, sku, pieces } = &row.content;
        let opened = *opened.get(station)?.get(sku)?;
        let notice = Notice::StockOpened { opened, pieces: *pieces };
        (opened != *pieces).then(|| Warning { place: stock.place(row, "pieces"), notice })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, out_of_range, real_town, repeated, unknown};
    use super::*;

    #[test]
    fn what_is_no_stock_is_a_fault() {
        expect_faults(
            &LAYOUT,
            &[
                ("S01", "no-9", &unknown("station", "station", "stations.csv")),
                ("G01", "no-9", &unknown("sku", "SKU", "catalogue.csv")),
                ("S01,G02", "S01,G01", &repeated(3, "sku", "stock of this station for the SKU \"G01\"", 2)),
                ("G01,11", "G01,-11", &out_of_range("pieces", "-11", "0 to 9007199254740991")),
                ("G01,11", "G01,1e3", "line 2, column pieces: the text \"1e3\" is not a whole number; write"),
            ],
        );
    }

    #[test]
    fn stock_is_read_as_the_command_that_opens_it() {
        let first = OpenStock { station: "S01".to_owned(), sku: "G01".to_owned(), pieces: 11 };
        assert_eq!(real_town().stock.rows[0].content, first);
    }

    #[test]
    fn a_figure_that_differs_from_what_the_bank_opened_is_a_warning() {
        let town = real_town();
        let opened = |pieces| {
            let of_station = BTreeMap::from([("G01".to_owned(), pieces)]);
            changed(&town.stock, &BTreeMap::from([("S01".to_owned(), of_station)]))
        };
        assert_eq!(opened(11), []);
        let [warning] = &opened(500)[..] else { panic!("one warning") };
        let expected = "stock.csv, line 2, column pieces: the bank opened this stock with 500, not 11, and ";
        assert!(warning.to_string().starts_with(expected), "{warning}");
    }
}
