//! `teams.csv`: sub-teams and action groups.

use std::path::Path;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::people::Team;

use super::fault::Fault;
use super::sheet::Layout;
use super::table::Table;

pub static LAYOUT: Layout =
    Layout { file: "teams.csv", row: "team", columns: &["team", "name", "kind", "motto", "origin"], personal: false };

pub fn read(folder: &Path) -> Result<Table<Team>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        Ok(Team {
            code: keys.add_code(&row.field("team")?)?,
            name: row.field("name")?.plain()?,
            kind: row.field("kind")?.plain()?,
            motto: row.field("motto")?.plain()?,
            origin: row.field("origin")?.plain()?,
        })
    })
}

pub fn command(team: &Team) -> Command {
    Command::SetTeam(team.clone())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, repeated};
    use super::*;

    #[test]
    fn what_is_no_team_is_a_fault() {
        let long_name = "乐".repeat(201);
        expect_faults(
            &LAYOUT,
            &[
                ("老有所乐", &long_name, "line 6, column motto: the text is 201 characters long"),
                ("T2", "T1", &repeated(3, "team", "team \"T1\"", 2)),
            ],
        );
        expect_read(&LAYOUT, &[("百事帮,sub_team,,seed", ",,,")]);
    }
}
