//! `units.csv`: the units of the four-level grid, and which is part of which.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::people::Unit;

use super::fault::{Fault, Problem};
use super::plan::Planned;
use super::sheet::Layout;
use super::shown::Shown;
use super::table::{Lined, Table};

pub static LAYOUT: Layout =
    Layout { file: "units.csv", row: "unit", columns: &["unit", "parent", "level", "name", "origin"], personal: false };

pub fn read(folder: &Path) -> Result<Table<Unit>, Fault> {
    let units = Table::read(folder, &LAYOUT, |row, keys| {
        Ok(Unit {
            code: keys.add_code(&row.field("unit")?)?,
            parent: row.field("parent")?.short()?,
            level: row.field("level")?.plain()?,
            name: row.field("name")?.plain()?,
            origin: row.field("origin")?.plain()?,
        })
    })?;
    check_parents(&units)?;
    Ok(units)
}

/// The units as commands, each after the one that it is part of. [`read`] has seen to it that none is part of itself.
pub fn planned(units: &Table<Unit>) -> Vec<Planned> {
    let by_code = by_code(units);
    let depth = |unit: &Unit| {
        let mut depth = 0;
        let mut parent = by_code.get(&*unit.parent);
        while let Some(unit) = parent {
            depth += 1;
            parent = by_code.get(&*unit.content.parent);
        }
        depth
    };
    let mut ordered: Vec<&Lined<Unit>> = units.rows.iter().collect();
    ordered.sort_by_cached_key(|row| depth(&row.content));
    ordered.into_iter().map(|row| units.planned_row(row, Command::SetUnit(row.content.clone()))).collect()
}

fn by_code(units: &Table<Unit>) -> HashMap<&str, &Lined<Unit>> {
    units.rows.iter().map(|row| (&*row.content.code, row)).collect()
}

/// A parent may stand below its units, so parents are looked up when all rows are known.
fn check_parents(units: &Table<Unit>) -> Result<(), Fault> {
    for row in &units.rows {
        let parent = &row.content.parent;
        if !parent.is_empty() && !units.keys.contain(parent) {
            let unknown = Problem::Unknown { what: LAYOUT.row, value: Shown::open(parent), file: LAYOUT.file };
            return Err(units.place(row, "parent").fault(unknown));
        }
    }
    match find_circle(units) {
        None => Ok(()),
        Some(row) => {
            let value = Shown::open(&row.content.code);
            Err(units.place(row, "parent").fault(Problem::UnitUnderItself(value)))
        }
    }
}

/// A unit whose parents lead back to it, if there is one. Each unit is passed once.
fn find_circle(units: &Table<Unit>) -> Option<&Lined<Unit>> {
    let by_code = by_code(units);
    let mut passed = HashSet::new();
    for start in &units.rows {
        let mut way = HashSet::new();
        let mut row = start;
        while passed.insert(&*row.content.code) {
            way.insert(&*row.content.code);
            match by_code.get(&*row.content.parent) {
                Some(parent) if way.contains(&*parent.content.code) => return Some(row),
                Some(parent) => row = parent,
                None => break,
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, read_changed, real_town, repeated, unknown};
    use super::*;

    #[test]
    fn what_is_no_unit_is_a_fault() {
        let long_name = "乐".repeat(201);
        let long_code = "x".repeat(65);
        let control =
            |character: &str| format!("line 3, column name: the text holds the control character U+{character}");
        expect_faults(
            &LAYOUT,
            &[
                ("新城社区", "新\u{0}城", &control("0000")),
                ("新城社区", "\u{9b}31m", &control("009B")),
                ("新城社区", "\"a\nb\"", &control("000A")),
                ("新城社区,", "\"新城\r社区\",", &control("000A")),
                ("新城社区,", "新城\u{202E}社区,", &control("202E")),
                ("\ngrid-1,", "\ngrid\u{7f},", "line 4, column unit: the text holds the control character U+007F"),
                (
                    "新城社区",
                    &long_name,
                    "line 3, column name: the text is 201 characters long; shorten it to at most 200",
                ),
                ("community", &long_name, "line 3, column level: the text is 201 characters long"),
                ("\nxincheng", &format!("\n{long_code}"), "line 3, column unit: the text is 65 characters long"),
                ("\nxincheng,", "\n,", "line 3, column unit: the field is empty"),
                ("\ngrid-2,", "\ngrid-1,", &repeated(5, "unit", "unit \"grid-1\"", 4)),
                ("baohua,,", "baohua,no-9,", &unknown("parent", "unit", "units.csv")),
                ("baohua,,", &format!("baohua,{long_code},"), "line 2, column parent: the text is 65 characters long"),
            ],
        );
        let longest = "乐".repeat(200);
        expect_read(
            &LAYOUT,
            &[("新城社区", &longest), ("community", &longest), ("grid-1,xincheng", "grid-1,grid-7-6")],
        );
    }

    #[test]
    fn a_unit_that_is_part_of_itself_is_a_fault() {
        expect_faults(
            &LAYOUT,
            &[
                ("baohua,,", "baohua,baohua,", "line 2, column parent: the unit \"baohua\" is part of itself; "),
                ("baohua,,", "baohua,grid-1-1,", "line 3, column parent: the unit \"xincheng\" is part of itself; "),
            ],
        );
    }

    /// Whether each unit comes after the one that it is part of.
    fn parents_come_first(units: &Table<Unit>) -> bool {
        let mut seen = HashSet::from([String::new()]);
        planned(units).into_iter().all(|planned| {
            let Command::SetUnit(unit) = planned.command else { return false };
            seen.contains(&unit.parent) && seen.insert(unit.code)
        })
    }

    #[test]
    fn every_unit_comes_after_the_one_that_it_is_part_of() {
        let mut units = real_town().units;
        for turn in 0..units.rows.len() {
            units.rows.rotate_left(turn);
            units.rows.reverse();
            assert!(parents_come_first(&units), "{units:?}");
        }
        let moved = read_changed(&LAYOUT, "grid-1,xincheng", "grid-1,grid-7-6").unwrap();
        assert!(parents_come_first(&moved.units));
    }
}
