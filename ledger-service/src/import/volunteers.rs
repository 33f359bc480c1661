//! `volunteers.csv`: who has a card.

use std::ops::RangeInclusive;
use std::path::Path;

use baoyulan_ledger::command::{Command, SetMember};
use baoyulan_ledger::people::MemberDetails;

use super::fault::Fault;
use super::keys::Keys;
use super::sheet::{Layout, Row};
use super::table::Table;

/// A year beyond these is a slip of the pen; the library takes any.
const BIRTH_YEARS: RangeInclusive<i64> = 1900..=2100;

pub static LAYOUT: Layout = Layout {
    file: "volunteers.csv",
    row: "card",
    columns: &[
        "card_no",
        "name",
        "sex",
        "birth_year",
        "team",
        "group",
        "grid",
        "building_group",
        "home_station",
        "consent_on",
    ],
    personal: true,
};

pub fn read(folder: &Path, teams: &Keys, stations: &Keys) -> Result<Table<Command>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let card = row.field("card_no")?;
        Ok(Command::SetMember(SetMember {
            card: keys.add(&card.card_number()?, &card)?,
            details: details(row, teams, stations)?,
        }))
    })
}

fn details(row: Row<'_>, teams: &Keys, stations: &Keys) -> Result<MemberDetails, Fault> {
    let birth_year = row.field("birth_year")?;
    Ok(MemberDetails {
        name: row.field("name")?.name()?,
        sex: row.field("sex")?.plain()?,
        birth_year: if birth_year.is_empty() { 0 } else { birth_year.integer(BIRTH_YEARS)? },
        team: teams.look_up_if_given(&row.field("team")?)?,
        action_group: teams.look_up_if_given(&row.field("group")?)?,
        grid: row.field("grid")?.plain()?,
        building_group: row.field("building_group")?.plain()?,
        home_station: stations.look_up_if_given(&row.field("home_station")?)?,
        consent_on: row.field("consent_on")?.date()?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, out_of_range, read_changed, real_town, repeated, unknown};
    use super::super::table::Lined;
    use super::*;

    #[test]
    fn what_is_no_volunteer_is_a_fault() {
        let long = "乐".repeat(201);
        expect_faults(
            &LAYOUT,
            &[
                ("1000001422", "1000000743", &repeated(3, "card_no", "card \"1000000743\"", 2)),
                ("邹兰", &long, "line 2, column name: the text is 201 characters long"),
                (",F,", &format!(",{long},"), "line 2, column sex: the text is 201 characters long"),
                (",2,2,", &format!(",{long},2,"), "line 2, column grid: the text is 201 characters long"),
                (",2,2,", &format!(",2,{long},"), "line 2, column building_group: the text is 201 characters long"),
                (",1960,", ",1899,", &out_of_range("birth_year", "1899", "1900 to 2100")),
                (",1960,", ",2101,", &out_of_range("birth_year", "2101", "1900 to 2100")),
                (",T2,", ",no-9,", &unknown("team", "team", "teams.csv")),
                (",L5,", ",no-9,", &unknown("group", "team", "teams.csv")),
                (",S01,", ",no-9,", &unknown("home_station", "station", "stations.csv")),
                (
                    "2026-01-02",
                    "2026-1-2",
                    "line 2, column consent_on: the text \"2026-1-2\" is not a real date; write",
                ),
                ("2026-01-02", "", "line 2, column consent_on: the field is empty"),
            ],
        );
        expect_read(&LAYOUT, &[("F,1960,T2,L5,2,2,S01,", ",,,,,,,")]);
    }

    #[test]
    fn a_card_number_has_ten_digits_and_the_right_last_two() {
        for card in ["1000000744", "100000743", "10000007430", "100000074４"] {
            let fault = read_changed(&LAYOUT, "1000000743", card).unwrap_err();
            assert!(fault.starts_with("volunteers.csv, line 2, column card_no: the text"), "{fault}");
            assert!(fault.contains(" is not a card number; "), "{fault}");
        }
    }

    #[test]
    fn a_name_has_letters_and_is_kept_as_it_is_meant() {
        let name = |new: &str| {
            let town = read_changed(&LAYOUT, "邹兰", new)?;
            let Command::SetMember(SetMember { details, .. }) = &town.volunteers.rows[0].content else {
                unreachable!()
            };
            Ok::<_, String>(details.name.clone())
        };
        for (new, kept) in [("\u{FEFF} 邹兰\u{3000}", "邹兰"), ("邹　兰", "邹　兰"), ("Zoe\u{308}", "Zoë")] {
            assert_eq!(name(new).unwrap(), kept);
        }
        for (bad, why) in [
            ("", "the field is empty; "),
            ("\u{3164}", "the field is empty; "),
            ("12", "a name has letters, and this one has none; "),
            ("邹\u{202E}兰", "the text holds the control character U+202E; "),
            ("邹兰\u{200F}", "the text holds the control character U+200F; "),
        ] {
            let expected = format!("volunteers.csv, line 2, column name: {why}");
            assert!(name(bad).unwrap_err().starts_with(&expected), "{bad:?}");
        }
    }

    #[test]
    fn a_name_in_a_wrong_column_is_not_shown() {
        for (old, new) in [
            ("1000000743,邹兰", "邹兰,1000000743"),
            (",1960,", ",邹兰,"),
            (",T2,", ",邹兰,"),
            (",S01,", ",邹兰,"),
            ("2026-01-02", "邹兰"),
            ("邹兰", "邹兰\u{1}"),
        ] {
            let fault = read_changed(&LAYOUT, old, new).unwrap_err();
            assert!(fault.starts_with("volunteers.csv, line 2, column "), "{fault}");
            assert!(!fault.contains('邹'), "{fault}");
        }
    }

    #[test]
    fn a_volunteer_is_read_as_the_command_that_registers_them() {
        let details = MemberDetails {
            name: "邹兰".to_owned(),
            sex: "F".to_owned(),
            birth_year: 1960,
            team: "T2".to_owned(),
            action_group: "L5".to_owned(),
            grid: "2".to_owned(),
            building_group: "2".to_owned(),
            home_station: "S01".to_owned(),
            consent_on: "2026-01-02".to_owned(),
        };
        let first =
            Lined { line: 2, content: Command::SetMember(SetMember { card: "1000000743".to_owned(), details }) };
        assert_eq!(real_town().volunteers.rows[0], first);
    }
}
