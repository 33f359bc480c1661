//! `stock.csv`: the pieces, or places, that a station begins with.

use std::path::Path;

use baoyulan_ledger::book::QUANTITY_MAX;
use baoyulan_ledger::command::{Command, OpenStock};

use super::fault::Fault;
use super::keys::Keys;
use super::sheet::Layout;
use super::table::Table;

pub static LAYOUT: Layout = Layout {
    file: "stock.csv",
    row: "stock of this station for the SKU",
    columns: &["station", "sku", "pieces"],
    personal: false,
};

pub fn read(folder: &Path, stations: &Keys, skus: &Keys) -> Result<Table<Command>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let station = stations.look_up(&row.field("station")?)?;
        let sku = skus.look_up(&row.field("sku")?)?;
        // Neither of the two holds a space.
        keys.add(&format!("{station} {sku}"), &row.field("sku")?)?;
        Ok(Command::OpenStock(OpenStock { station, sku, pieces: row.field("pieces")?.integer(0..=QUANTITY_MAX)? }))
    })
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
        let first = Command::OpenStock(OpenStock { station: "S01".to_owned(), sku: "G01".to_owned(), pieces: 11 });
        assert_eq!(real_town().stock.rows[0].content, first);
    }
}
