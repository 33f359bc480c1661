//! `partners.csv`: who works with the town.

use std::path::Path;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::people::Partner;

use super::fault::Fault;
use super::sheet::Layout;
use super::table::Table;

pub static LAYOUT: Layout =
    Layout { file: "partners.csv", row: "partner", columns: &["partner", "name", "origin"], personal: false };

pub fn read(folder: &Path) -> Result<Table<Partner>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        Ok(Partner {
            code: keys.add_code(&row.field("partner")?)?,
            name: row.field("name")?.plain()?,
            origin: row.field("origin")?.plain()?,
        })
    })
}

pub fn command(partner: &Partner) -> Command {
    Command::SetPartner(partner.clone())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, repeated};
    use super::*;

    #[test]
    fn what_is_no_partner_is_a_fault() {
        expect_faults(&LAYOUT, &[("P2", "P1", &repeated(3, "partner", "partner \"P1\"", 2))]);
        expect_read(&LAYOUT, &[("P1", &"x".repeat(64))]);
    }
}
