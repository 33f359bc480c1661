//! `activities.csv`: what volunteers attended.

use std::collections::BTreeMap;
use std::path::Path;

use baoyulan_ledger::Rejection;
use baoyulan_ledger::command::Command;
use baoyulan_ledger::earn::{Activity, ActivityPlan};
use baoyulan_ledger::reject::{Expected, Field};
use baoyulan_ledger::time::day_of;

use super::fault::{Fault, Notice, Problem, Warning};
use super::keys::Keys;
use super::sheet::Layout;
use super::shown::Shown;
use super::table::Table;
use super::town::Town;

pub static LAYOUT: Layout = Layout {
    file: "activities.csv",
    row: "activity",
    columns: &[
        "activity_id",
        "title",
        "service_type",
        "date",
        "start",
        "end",
        "station",
        "team",
        "organiser",
        "service_day",
    ],
    personal: false,
};

pub fn read(folder: &Path, service_types: &Keys, stations: &Keys, teams: &Keys) -> Result<Table<ActivityPlan>, Fault> {
    Table::read(folder, &LAYOUT, |row, keys| {
        let plan = ActivityPlan {
            code: keys.add_code(&row.field("activity_id")?)?,
            title: row.field("title")?.plain()?,
            service_type: service_types.look_up(&row.field("service_type")?)?,
            day: day_of(row.field("date")?.date()?),
            starts_at: row.field("start")?.local_minute()?,
            ends_at: row.field("end")?.local_minute()?,
            station: stations.look_up(&row.field("station")?)?,
            team: teams.look_up_if_given(&row.field("team")?)?,
            organiser_card: row.field("organiser")?.card_if_any()?,
            service_day: row.field("service_day")?.yes_or_no()?,
        };
        match untimely(&plan) {
            Some((column, problem)) => Err(row.field(column)?.fault(problem)),
            None => Ok(plan),
        }
    })
}

/// What the ledger would refuse about an activity's times, and the column to correct.
fn untimely(plan: &ActivityPlan) -> Option<(&'static str, Problem)> {
    let Err(Rejection::InvalidField { field, expected }) = plan.check_times() else { return None };
    let problems = [
        (Expected::Years1970To9999, Problem::YearOutOfRange),
        (Expected::LaterThanStart, Problem::EndNotAfterStart),
        (Expected::Hours24, Problem::LongerThanADay),
        (Expected::DayOfStart, Problem::DateNotOfStart),
    ];
    let (_, problem) = problems.into_iter().find(|(of, _)| *of == expected)?;
    Some((if field == Field::EndsAt { "end" } else { field.code() }, problem))
}

pub fn command(plan: &ActivityPlan) -> Command {
    Command::SetActivity(plan.clone())
}

/// A warning for every organiser who is no volunteer of the folder. The bank may know them from an earlier one.
pub fn unknown_organisers(activities: &Table<ActivityPlan>, cards: &Keys) -> Vec<Warning> {
    let unknown = activities.rows.iter().filter_map(|row| {
        let card = &row.content.organiser_card;
        (!card.is_empty() && !cards.contain(card)).then(|| Warning {
            place: activities.place(row, "organiser"),
            notice: Notice::UnknownOrganiser(Shown::personal(card)),
        })
    });
    unknown.collect()
}

/// Finds the first activity of which the bank knows something else: points were given on that, so the folder is not
/// imported.
pub fn check_against(town: &Town, known: &BTreeMap<String, Activity>) -> Result<(), Fault> {
    for row in &town.activities.rows {
        let different = known.get(&row.content.code).and_then(|known| first_difference(known, &row.content));
        if let Some(column) = different {
            return Err(town.activities.place(row, column).fault(Problem::KnownDifferently { column }));
        }
    }
    Ok(())
}

/// The first column in which an activity of the bank and one of a folder differ.
fn first_difference(known: &Activity, plan: &ActivityPlan) -> Option<&'static str> {
    let differs = [
        ("service_type", known.service_type != plan.service_type),
        ("date", known.day != plan.day),
        ("start", known.starts_at != plan.starts_at),
        ("end", known.ends_at != plan.ends_at),
        ("station", known.station != plan.station),
        ("team", known.team != plan.team),
        ("service_day", known.service_day != plan.service_day),
    ];
    differs.into_iter().find(|(_, differs)| *differs).map(|(column, _)| column)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, expect_read, read_changed, real_town, repeated, unknown};
    use super::super::table::Lined;
    use super::*;

    #[test]
    fn what_is_no_activity_is_a_fault() {
        let long_title = "乐".repeat(201);
        expect_faults(
            &LAYOUT,
            &[
                ("A0002", "A0001", &repeated(3, "activity_id", "activity \"A0001\"", 2)),
                ("助老陪伴", &long_title, "line 2, column title: the text is 201 characters long"),
                ("elder", "no-9", &unknown("service_type", "service type", "service_types.csv")),
                ("S04", "no-9", &unknown("station", "station", "stations.csv")),
                ("T4", "no-9", &unknown("team", "team", "teams.csv")),
                (
                    "1000347227",
                    "1.00035E+09",
                    "line 2, column organiser: the text \"1.00035E+09\" is not a card number; ",
                ),
                (
                    "1000347227",
                    "1000347227.0",
                    "line 2, column organiser: the text \"1000347227.0\" is not a card number; ",
                ),
                (
                    "1000347227",
                    "1000347228",
                    "line 2, column organiser: the text \"1000347228\" is not a card number; ",
                ),
                ("1000347227", "########", "line 2, column organiser: the text is not a card number; "),
                ("1000347227", "#N/A", "line 2, column organiser: the text is not a card number; "),
                ("1000347227", "-", "line 2, column organiser: the text is not a card number; "),
                ("1000347227", "王1", "line 2, column organiser: the text is not a card number; "),
                ("1000347227", "a\u{1b}b", "line 2, column organiser: the text holds the control character U+001B"),
                (
                    ",no\n",
                    ",No\n",
                    "line 2, column service_day: this column does not know the word \"No\"; write one of: yes, no",
                ),
            ],
        );
        expect_read(&LAYOUT, &[(",T4,", ",,")]);
    }

    #[test]
    fn days_and_times_are_real_and_end_after_they_start() {
        expect_faults(
            &LAYOUT,
            &[
                (
                    ",2026-01-22,",
                    ",2026-02-29,",
                    "line 2, column date: the text \"2026-02-29\" is not a real date; write",
                ),
                (
                    ",2026-01-22,",
                    ",2026/1/22,",
                    "line 2, column date: the text \"2026/1/22\" is not a real date; write",
                ),
                (",2026-01-22,", ",,", "line 2, column date: the field is empty"),
                ("T18:30", " 18:30", "line 2, column start: the text \"2026-01-22 18:30\" is not a real time; write"),
                ("T20:00", "T24:00", "line 2, column end: the text \"2026-01-22T24:00\" is not a real time; write"),
                ("T20:00", "T20:60", "line 2, column end: the text \"2026-01-22T20:60\" is not a real time; write"),
                ("T20:00", "T18:30", "line 2, column end: the activity does not end after it starts; "),
                ("T20:00", "T08:00", "line 2, column end: the activity does not end after it starts; "),
                (
                    ",2026-01-22,",
                    ",2025-01-22,",
                    "line 2, column date: the activity starts on another day than its date; ",
                ),
                (
                    ",2026-01-22,",
                    ",2026-01-23,",
                    "line 2, column date: the activity starts on another day than its date; ",
                ),
                (
                    "2026-01-22T20:00",
                    "2026-01-23T18:31",
                    "line 2, column end: the activity lasts longer than 24 hours; ",
                ),
                (
                    "2026-01-22T20:00",
                    "2062-01-22T20:00",
                    "line 2, column end: the activity lasts longer than 24 hours; ",
                ),
                (
                    ",2026-01-22,2026-01-22T18:30,2026-01-22T20:00,",
                    ",1969-12-31,1969-12-31T18:30,1969-12-31T20:00,",
                    "line 2, column start: the activity is not in the years 1970 to 9999; ",
                ),
            ],
        );
    }

    #[test]
    fn a_whole_day_a_leap_day_and_the_last_day_there_is_are_fine() {
        let own = ",2026-01-22,2026-01-22T18:30,2026-01-22T20:00,";
        for times in [
            ",2026-01-22,2026-01-22T18:30,2026-01-23T18:30,",
            ",2028-02-29,2028-02-29T22:00,2028-03-01T02:00,",
            ",2026-12-31,2026-12-31T22:00,2027-01-01T02:00,",
            ",9999-12-31,9999-12-31T00:00,9999-12-31T23:59,",
            ",1970-01-01,1970-01-01T00:00,1970-01-01T01:00,",
        ] {
            expect_read(&LAYOUT, &[(own, times)]);
        }
    }

    #[test]
    fn an_activity_is_read_as_its_plan() {
        let activities = real_town().activities;
        let day = day_of(jiff::civil::date(2026, 1, 22));
        let first = ActivityPlan {
            code: "A0001".to_owned(),
            title: "助老陪伴".to_owned(),
            service_type: "elder".to_owned(),
            day,
            starts_at: day * 1440 + 18 * 60 + 30,
            ends_at: day * 1440 + 20 * 60,
            station: "S04".to_owned(),
            team: "T4".to_owned(),
            organiser_card: "1000347227".to_owned(),
            service_day: false,
        };
        assert_eq!(activities.rows[0], Lined { line: 2, content: first });
        assert_eq!(activities.rows[219].line, 221);
    }

    #[test]
    fn an_unknown_organiser_is_a_warning() {
        for (new, shown) in [("9999990058", " \"9999990058\""), ("邹兰", "")] {
            let town = read_changed(&LAYOUT, "1000347227", new).unwrap();
            assert_eq!(town.activities.rows[0].content.organiser_card, new);
            let [warning] = &*town.warnings else { panic!("{:?}", town.warnings) };
            let expected = format!(
                "activities.csv, line 2, column organiser: no row of volunteers.csv has the organiser's card{shown}, and unless "
            );
            assert!(warning.to_string().starts_with(&expected), "{warning}");
        }
        assert_eq!(read_changed(&LAYOUT, "1000347227", "").unwrap().warnings, []);
    }

    type Change = fn(&mut Activity);

    #[test]
    fn an_activity_that_the_bank_knows_otherwise_is_a_fault() {
        let town = real_town();
        let plan = &town.activities.rows[1].content;
        let known = Activity {
            id: baoyulan_ledger::earn::ActivityId(1),
            code: plan.code.clone(),
            service_type: plan.service_type.clone(),
            day: plan.day,
            starts_at: plan.starts_at,
            ends_at: plan.ends_at,
            station: plan.station.clone(),
            team: plan.team.clone(),
            organiser: None,
            service_day: plan.service_day,
        };
        let cases: [(&str, Change); 7] = [
            ("service_type", |known| known.service_type.push('x')),
            ("date", |known| known.day += 1),
            ("start", |known| known.starts_at += 1),
            ("end", |known| known.ends_at += 1),
            ("station", |known| known.station.clear()),
            ("team", |known| known.team.push('x')),
            ("service_day", |known| known.service_day = !known.service_day),
        ];
        let check = |known: Activity| check_against(&town, &BTreeMap::from([(known.code.clone(), known)]));
        check(known.clone()).unwrap();
        for (column, change) in cases {
            let mut known = known.clone();
            change(&mut known);
            let fault = check(known).unwrap_err().to_string();
            let expected = format!(
                "activities.csv, line 3, column {column}: the bank knows this activity with another {column}, "
            );
            assert!(fault.starts_with(&expected), "{fault}");
        }
    }
}
