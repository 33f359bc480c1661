//! The five files that make the earning policy: `earning_rules.csv`, `service_types.csv`, `flat_awards.csv`,
//! `grades.csv` and `themes.csv`. Its limits of time are the library's.

use std::path::Path;

use baoyulan_ledger::command::Command;
use baoyulan_ledger::earn::policy::{AWARD_POINTS_MAX, POINTS_PER_HOUR_MAX};
use baoyulan_ledger::earn::{Award, EarningRule, Grade, Policy, ServiceType};

use super::fault::Fault;
use super::keys::Keys;
use super::plan::Planned;
use super::sheet::Layout;
use super::table::Table;

pub static EARNING_RULES: Layout = Layout {
    file: "earning_rules.csv",
    row: "earning rule",
    columns: &["rule", "name", "points_per_hour", "coefficient", "records_service_time"],
    personal: false,
};

pub static SERVICE_TYPES: Layout = Layout {
    file: "service_types.csv",
    row: "service type",
    columns: &["service_type", "name", "rule", "origin"],
    personal: false,
};

pub static FLAT_AWARDS: Layout =
    Layout { file: "flat_awards.csv", row: "rule", columns: &["rule", "name", "points", "when"], personal: false };

pub static GRADES: Layout =
    Layout { file: "grades.csv", row: "grade", columns: &["grade", "name", "coefficient"], personal: false };

pub static THEMES: Layout = Layout { file: "themes.csv", row: "month", columns: &["month", "name"], personal: false };

/// The codes of awards that a town may give.
const AWARDS: [&str; 3] = ["E06", "E07", "E08"];

/// What an award's code stands for: the organiser's, that of a month's first service day, that of a theme month.
fn award_of<'policy>(policy: &'policy mut Policy, code: &str) -> Option<&'policy mut Award> {
    match code {
        "E06" => Some(&mut policy.organiser_award),
        "E07" => Some(&mut policy.service_day_award),
        "E08" => Some(&mut policy.theme_award),
        _ => None,
    }
}

/// Reads the rules by which time becomes points, and returns their codes.
pub fn read_earning_rules(folder: &Path, policy: &mut Policy) -> Result<Keys, Fault> {
    let rules = Table::read(folder, &EARNING_RULES, |row, keys| {
        let code = keys.add_code(&row.field("rule")?)?;
        let rule = EarningRule {
            name: row.field("name")?.plain()?,
            points_per_hour: row.field("points_per_hour")?.integer(0..=POINTS_PER_HOUR_MAX)?,
            coefficient: row.field("coefficient")?.coefficient()?,
            records_service_time: row.field("records_service_time")?.yes_or_no()?,
        };
        policy.rules.insert(code, rule);
        Ok(())
    })?;
    Ok(rules.keys)
}

/// Reads the kinds of service, each with its rule, and returns their codes.
pub fn read_service_types(folder: &Path, rules: &Keys, policy: &mut Policy) -> Result<Keys, Fault> {
    let service_types = Table::read(folder, &SERVICE_TYPES, |row, keys| {
        let code = keys.add_code(&row.field("service_type")?)?;
        let service_type = ServiceType {
            name: row.field("name")?.plain()?,
            rule: rules.look_up(&row.field("rule")?)?,
            origin: row.field("origin")?.plain()?,
        };
        policy.service_types.insert(code, service_type);
        Ok(())
    })?;
    Ok(service_types.keys)
}

/// Reads the points on top. `when` is for people, and only has to be text.
pub fn read_flat_awards(folder: &Path, policy: &mut Policy) -> Result<(), Fault> {
    Table::read(folder, &FLAT_AWARDS, |row, keys| {
        let field = row.field("rule")?;
        let rule = keys.add_code(&field)?;
        let award = field.word(&AWARDS, |code| award_of(policy, code))?;
        *award = Award {
            rule,
            name: row.field("name")?.plain()?,
            points: row.field("points")?.integer(1..=AWARD_POINTS_MAX)?,
        };
        row.field("when")?.plain()?;
        Ok(())
    })?;
    Ok(())
}

pub fn read_grades(folder: &Path, policy: &mut Policy) -> Result<(), Fault> {
    Table::read(folder, &GRADES, |row, keys| {
        let code = keys.add_code(&row.field("grade")?)?;
        let grade = Grade { name: row.field("name")?.plain()?, coefficient: row.field("coefficient")?.coefficient()? };
        policy.grades.insert(code, grade);
        Ok(())
    })?;
    Ok(())
}

/// Reads the months that carry a theme.
pub fn read_themes(folder: &Path, policy: &mut Policy) -> Result<(), Fault> {
    Table::read(folder, &THEMES, |row, keys| {
        let field = row.field("month")?;
        let month: u8 = field.integer(1..=12)?;
        keys.add(&month.to_string(), &field)?;
        policy.theme_months.insert(month, row.field("name")?.plain()?);
        Ok(())
    })?;
    Ok(())
}

/// The policy as a command, at the first line of the rules: it is the sum of five files and stands on no single line.
pub fn planned(policy: &Policy) -> Planned {
    Planned { file: EARNING_RULES.file, line: 1, command: Command::SetPolicy(Box::new(policy.clone())) }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{expect_faults, out_of_range, read_changed, real_town, repeated, unknown};
    use super::*;

    fn no_coefficient(line: u64, text: &str) -> String {
        format!(
            "line {line}, column coefficient: the text \"{text}\" is not a coefficient; \
             write a number from 0 to 1000 with at most 6 decimals"
        )
    }

    #[test]
    fn what_is_no_rule_is_a_fault() {
        expect_faults(
            &EARNING_RULES,
            &[
                ("E02", "E01", &repeated(3, "rule", "earning rule \"E01\"", 2)),
                (",10,", ",1000001,", &out_of_range("points_per_hour", "1000001", "0 to 1000000")),
                (",10,", ",-1,", &out_of_range("points_per_hour", "-1", "0 to 1000000")),
                (",1.0,", ",-1.0,", &no_coefficient(2, "-1.0")),
                (",1.0,", ",1000.1,", &no_coefficient(2, "1000.1")),
                (",1.0,", ",1.0000001,", &no_coefficient(2, "1.0000001")),
                (",1.0,", ",\"1,0\",", &no_coefficient(2, "1,0")),
                (
                    ",yes",
                    ",1",
                    "line 2, column records_service_time: this column does not know the word \"1\"; write one of: yes, no",
                ),
            ],
        );
        expect_faults(
            &SERVICE_TYPES,
            &[
                ("medical", "legal", &repeated(3, "service_type", "service type \"legal\"", 2)),
                ("E03", "no-9", &unknown("rule", "earning rule", "earning_rules.csv")),
            ],
        );
    }

    #[test]
    fn what_is_no_award_grade_or_theme_is_a_fault() {
        expect_faults(
            &FLAT_AWARDS,
            &[
                (
                    "E06",
                    "E09",
                    "line 2, column rule: this column does not know the word \"E09\"; write one of: E06, E07, E08",
                ),
                ("E07", "E06", &repeated(3, "rule", "rule \"E06\"", 2)),
                (",10,", ",-10,", &out_of_range("points", "-10", "1 to 1000000")),
                (",10,", ",0,", &out_of_range("points", "0", "1 to 1000000")),
            ],
        );
        expect_faults(
            &GRADES,
            &[
                ("good", "excellent", &repeated(3, "grade", "grade \"excellent\"", 2)),
                ("良,1.0", "良,.5", &no_coefficient(3, ".5")),
                ("良,1.0", "良,", "line 3, column coefficient: the field is empty"),
            ],
        );
        expect_faults(
            &THEMES,
            &[
                ("3,", "0,", &out_of_range("month", "0", "1 to 12")),
                ("3,", "13,", &out_of_range("month", "13", "1 to 12")),
                ("3,", "300,", &out_of_range("month", "300", "1 to 12")),
                ("3,", "March,", "line 2, column month: the text \"March\" is not a whole number; write"),
                ("5,", "03,", &repeated(3, "month", "month \"03\"", 2)),
            ],
        );
    }

    #[test]
    fn the_words_of_the_awards_are_those_that_are_known() {
        let mut policy = Policy::with_town_limits();
        for number in 0..100 {
            let code = format!("E{number:02}");
            assert_eq!(award_of(&mut policy, &code).is_some(), AWARDS.contains(&&*code), "{code}");
        }
    }

    #[test]
    fn five_files_are_one_policy() {
        let policy = real_town().policy;
        let sizes = [policy.rules.len(), policy.service_types.len(), policy.grades.len(), policy.theme_months.len()];
        assert_eq!(sizes, [6, 14, 4, 4]);
        assert_eq!(policy.rules["E01"].coefficient.to_string(), "1.0");
        assert_eq!(policy.grades["fail"].coefficient.to_string(), "0");
        let awards = [&policy.organiser_award, &policy.service_day_award, &policy.theme_award];
        assert_eq!(awards.map(|award| &*award.rule), AWARDS);
    }

    #[test]
    fn a_policy_that_reads_is_one_that_the_library_takes() {
        assert_eq!(real_town().policy.check(), Ok(()));
        for (layout, old, new) in [
            (&EARNING_RULES, ",10,1.0,", ",1000000,1000.000000,"),
            (&EARNING_RULES, ",10,1.0,", ",0,0,"),
            (&GRADES, "excellent", &*"优".repeat(64)),
            (&FLAT_AWARDS, ",10,", ",1000000,"),
            (&GRADES, "良,1.0", "良,0.000001"),
        ] {
            let policy = read_changed(layout, old, new).unwrap().policy;
            assert_eq!(policy.check(), Ok(()), "{new}");
            assert_ne!(policy, real_town().policy, "{new}");
        }
    }
}
