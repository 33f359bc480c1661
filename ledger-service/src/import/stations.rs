//! `stations.csv`: where points are exchanged.

use std::path::Path;

use baoyulan_ledger::command::{Command, SetStation};
use baoyulan_ledger::proof::receipt::STATION_LENGTH_MAX;

use super::fault::Fault;
use super::keys::Keys;
use super::sheet::Layout;
use super::table::Table;

pub static LAYOUT: Layout =
    Layout { file: "stations.csv", row: "station", columns: &["station", "name", "unit", "origin"], personal: false };

pub fn read(folder: &Path, units: &Keys) -> Result<Table<Command>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let station = row.field("station")?;
        Ok(Command::SetStation(SetStation {
            code: keys.add(&station.receipt_code(STATION_LENGTH_MAX)?, &station)?,
            name: row.field("name")?.title()?,
            unit: units.look_up(&row.field("unit")?)?,
            origin: row.field("origin")?.plain()?,
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, repeated, unknown};
    use super::*;

    #[test]
    fn what_is_no_station_is_a_fault() {
        expect_faults(
            &LAYOUT,
            &[
                (
                    "S01",
                    "S0000000000000001",
                    "line 2, column station: the text is 17 characters long; shorten it to at most 16",
                ),
                ("S01", "站01", "line 2, column station: the text \"站01\" is not a code; use only"),
                ("S01", "", "line 2, column station: the field is empty"),
                ("S02", "S01", &repeated(3, "station", "station \"S01\"", 2)),
                ("grid-1", "no-9", &unknown("unit", "unit", "units.csv")),
                ("grid-1", "", "line 2, column unit: the field is empty"),
            ],
        );
    }
}
