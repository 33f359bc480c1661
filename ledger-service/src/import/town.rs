//! Reads every file of a town's folder but `attendance.csv`, and checks that the references lead somewhere.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::attendance::ATTENDANCE;
use super::fault::{Fault, Notice, Place, Problem, Shown, Warning};
use super::field::{Field, LARGEST_INTEGER, LONGEST_CODE, LONGEST_NAME};
use super::keys::Keys;
use super::rows::{
    Activity, AwardRule, CatalogueItem, EarningRule, FlatAward, Grade, ItemKind, Partner, ServiceType, Station, Stock,
    Team, Theme, Town, Unit, Volunteer,
};
use super::sheet::{Layout, Row, Sheet};

const LONGEST_STATION: usize = 16;
const LONGEST_SKU: usize = 8;
const LONGEST_SEX: usize = 8;
const MOST_POINTS_PER_HOUR: i64 = 1_000_000;
const MOST_POINTS_AWARDED: i64 = 1_000_000;

static UNITS: Layout =
    Layout { file: "units.csv", columns: &["unit", "parent", "level", "name", "origin"], personal: false };
static STATIONS: Layout =
    Layout { file: "stations.csv", columns: &["station", "name", "unit", "origin"], personal: false };
static TEAMS: Layout =
    Layout { file: "teams.csv", columns: &["team", "name", "kind", "motto", "origin"], personal: false };
static SERVICE_TYPES: Layout =
    Layout { file: "service_types.csv", columns: &["service_type", "name", "rule", "origin"], personal: false };
static EARNING_RULES: Layout = Layout {
    file: "earning_rules.csv",
    columns: &["rule", "name", "points_per_hour", "coefficient", "records_service_time"],
    personal: false,
};
static FLAT_AWARDS: Layout =
    Layout { file: "flat_awards.csv", columns: &["rule", "name", "points", "when"], personal: false };
static GRADES: Layout = Layout { file: "grades.csv", columns: &["grade", "name", "coefficient"], personal: false };
static THEMES: Layout = Layout { file: "themes.csv", columns: &["month", "name"], personal: false };
static CATALOGUE: Layout = Layout {
    file: "catalogue.csv",
    columns: &["sku", "name", "points", "kind", "cost_fen", "limit_per_person_per_month"],
    personal: false,
};
static STOCK: Layout = Layout { file: "stock.csv", columns: &["station", "sku", "pieces"], personal: false };
static PARTNERS: Layout = Layout { file: "partners.csv", columns: &["partner", "name", "origin"], personal: false };
static VOLUNTEERS: Layout = Layout {
    file: "volunteers.csv",
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
static ACTIVITIES: Layout = Layout {
    file: "activities.csv",
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

/// The names of all files of a town's folder.
pub const FILES: [&str; 14] = [
    UNITS.file,
    STATIONS.file,
    TEAMS.file,
    SERVICE_TYPES.file,
    EARNING_RULES.file,
    FLAT_AWARDS.file,
    GRADES.file,
    THEMES.file,
    CATALOGUE.file,
    STOCK.file,
    PARTNERS.file,
    VOLUNTEERS.file,
    ACTIVITIES.file,
    ATTENDANCE.file,
];

/// Reads the folder of a town, every file but `attendance.csv`; the first thing that is wrong is the fault.
pub fn read_town(folder: &Path) -> Result<Town, Fault> {
    let (units, unit_keys) = read_units(folder)?;
    let (stations, station_keys) = read_stations(folder, &unit_keys)?;
    let (teams, team_keys) = read_teams(folder)?;
    let (earning_rules, rule_keys) = read_earning_rules(folder)?;
    let (service_types, service_type_keys) = read_service_types(folder, &rule_keys)?;
    let (catalogue, sku_keys) = read_catalogue(folder)?;
    let (volunteers, card_keys) = read_volunteers(folder, &team_keys, &station_keys)?;
    let activities = read_activities(folder, &service_type_keys, &station_keys, &team_keys)?;
    let warnings = unknown_organisers(&activities, &card_keys);
    Ok(Town {
        units,
        stations,
        teams,
        service_types,
        earning_rules,
        flat_awards: read_flat_awards(folder)?,
        grades: read_grades(folder)?,
        themes: read_themes(folder)?,
        stock: read_stock(folder, &station_keys, &sku_keys)?,
        catalogue,
        partners: read_partners(folder)?,
        volunteers,
        activities,
        warnings,
    })
}

/// The rows of a file, and their keys for other files to refer to.
type Keyed<T> = (Vec<T>, Keys);

fn read_rows<T>(
    folder: &Path,
    layout: &'static Layout,
    mut read_row: impl FnMut(Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut sheet = Sheet::open(folder, layout)?;
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row()? {
        rows.push(read_row(row)?);
    }
    Ok(rows)
}

fn read_units(folder: &Path) -> Result<Keyed<Unit>, Fault> {
    let mut keys = Keys::new("unit", UNITS.file);
    let units = read_rows(folder, &UNITS, |row| {
        Ok(Unit {
            line: row.line(),
            unit: keys.add_code(&row.field("unit")?)?,
            parent: row.field("parent")?.optional_text(LONGEST_CODE)?,
            level: row.field("level")?.note()?,
            name: row.field("name")?.name()?,
            origin: row.field("origin")?.note()?,
        })
    })?;
    check_parents(&units)?;
    Ok((units, keys))
}

fn check_parents(units: &[Unit]) -> Result<(), Fault> {
    let by_code: HashMap<&str, &Unit> = units.iter().map(|unit| (&*unit.unit, unit)).collect();
    for unit in units {
        if let Some(parent) = unit.parent.as_deref()
            && !by_code.contains_key(parent)
        {
            let place = Place::file(UNITS.file).line(unit.line).column("parent");
            return Err(place.fault(Problem::Unknown { what: "unit", value: Shown::open(parent), file: UNITS.file }));
        }
    }
    match find_circle(units, &by_code) {
        None => Ok(()),
        Some(unit) => {
            let place = Place::file(UNITS.file).line(unit.line).column("parent");
            let value = Shown::open(&unit.unit);
            Err(place.fault(Problem::UnitUnderItself { value }))
        }
    }
}

/// A unit whose parents lead back to it, if there is one. Each unit is passed once.
fn find_circle<'units>(units: &'units [Unit], by_code: &HashMap<&str, &'units Unit>) -> Option<&'units Unit> {
    let mut passed = HashSet::new();
    for start in units {
        let mut way = HashSet::new();
        let mut unit = start;
        while passed.insert(&*unit.unit) {
            way.insert(&*unit.unit);
            let parent = unit.parent.as_deref().and_then(|code| by_code.get(code));
            match parent {
                Some(parent) if way.contains(&*parent.unit) => return Some(unit),
                Some(parent) => unit = parent,
                None => break,
            }
        }
    }
    None
}

fn read_stations(folder: &Path, units: &Keys) -> Result<Keyed<Station>, Fault> {
    let mut keys = Keys::new("station", STATIONS.file);
    let stations = read_rows(folder, &STATIONS, |row| {
        let code = row.field("station")?;
        Ok(Station {
            line: row.line(),
            station: keys.add(code.plain_code(LONGEST_STATION)?, &code)?,
            name: row.field("name")?.name()?,
            unit: units.look_up(&row.field("unit")?)?,
            origin: row.field("origin")?.note()?,
        })
    })?;
    Ok((stations, keys))
}

fn read_teams(folder: &Path) -> Result<Keyed<Team>, Fault> {
    let mut keys = Keys::new("team", TEAMS.file);
    let teams = read_rows(folder, &TEAMS, |row| {
        Ok(Team {
            line: row.line(),
            team: keys.add_code(&row.field("team")?)?,
            name: row.field("name")?.name()?,
            kind: row.field("kind")?.note()?,
            motto: row.field("motto")?.optional_text(LONGEST_NAME)?,
            origin: row.field("origin")?.note()?,
        })
    })?;
    Ok((teams, keys))
}

fn read_earning_rules(folder: &Path) -> Result<Keyed<EarningRule>, Fault> {
    let mut keys = Keys::new("earning rule", EARNING_RULES.file);
    let rules = read_rows(folder, &EARNING_RULES, |row| {
        Ok(EarningRule {
            line: row.line(),
            rule: keys.add_code(&row.field("rule")?)?,
            name: row.field("name")?.name()?,
            points_per_hour: row.field("points_per_hour")?.integer(0..=MOST_POINTS_PER_HOUR)?,
            coefficient: row.field("coefficient")?.coefficient()?,
            records_service_time: row.field("records_service_time")?.yes_or_no()?,
        })
    })?;
    Ok((rules, keys))
}

fn read_service_types(folder: &Path, rules: &Keys) -> Result<Keyed<ServiceType>, Fault> {
    let mut keys = Keys::new("service type", SERVICE_TYPES.file);
    let service_types = read_rows(folder, &SERVICE_TYPES, |row| {
        Ok(ServiceType {
            line: row.line(),
            service_type: keys.add_code(&row.field("service_type")?)?,
            name: row.field("name")?.name()?,
            rule: rules.look_up(&row.field("rule")?)?,
            origin: row.field("origin")?.note()?,
        })
    })?;
    Ok((service_types, keys))
}

fn read_flat_awards(folder: &Path) -> Result<Vec<FlatAward>, Fault> {
    let mut keys = Keys::new("rule", FLAT_AWARDS.file);
    read_rows(folder, &FLAT_AWARDS, |row| {
        let rule = row.field("rule")?;
        keys.add_code(&rule)?;
        Ok(FlatAward {
            line: row.line(),
            rule: rule.word(&AwardRule::CODES)?,
            name: row.field("name")?.name()?,
            points: row.field("points")?.integer(1..=MOST_POINTS_AWARDED)?,
            when: row.field("when")?.name()?,
        })
    })
}

fn read_grades(folder: &Path) -> Result<Vec<Grade>, Fault> {
    let mut keys = Keys::new("grade", GRADES.file);
    read_rows(folder, &GRADES, |row| {
        Ok(Grade {
            line: row.line(),
            grade: keys.add_code(&row.field("grade")?)?,
            name: row.field("name")?.name()?,
            coefficient: row.field("coefficient")?.coefficient()?,
        })
    })
}

fn read_themes(folder: &Path) -> Result<Vec<Theme>, Fault> {
    let mut keys = Keys::new("month", THEMES.file);
    read_rows(folder, &THEMES, |row| {
        let field = row.field("month")?;
        let month: i8 = field.small_integer(1..=12)?;
        keys.add(&month.to_string(), &field)?;
        Ok(Theme { line: row.line(), month, name: row.field("name")?.name()? })
    })
}

fn read_catalogue(folder: &Path) -> Result<Keyed<CatalogueItem>, Fault> {
    let mut keys = Keys::new("SKU", CATALOGUE.file);
    let items = read_rows(folder, &CATALOGUE, |row| {
        let sku = row.field("sku")?;
        let limit = row.field("limit_per_person_per_month")?;
        Ok(CatalogueItem {
            line: row.line(),
            sku: keys.add(sku.plain_code(LONGEST_SKU)?, &sku)?,
            name: row.field("name")?.name()?,
            points: row.field("points")?.integer(1..=LARGEST_INTEGER)?,
            kind: row.field("kind")?.word(&ItemKind::WORDS)?,
            cost_fen: row.field("cost_fen")?.integer(0..=LARGEST_INTEGER)?,
            limit_per_person_per_month: Some(limit.integer(0..=LARGEST_INTEGER)?).filter(|limit| *limit > 0),
        })
    })?;
    Ok((items, keys))
}

fn read_stock(folder: &Path, stations: &Keys, skus: &Keys) -> Result<Vec<Stock>, Fault> {
    let mut keys = Keys::new("stock of this station for the SKU", STOCK.file);
    read_rows(folder, &STOCK, |row| {
        let station = stations.look_up(&row.field("station")?)?;
        let sku = skus.look_up(&row.field("sku")?)?;
        keys.add(&format!("{station} {sku}"), &row.field("sku")?)?;
        Ok(Stock { line: row.line(), station, sku, pieces: row.field("pieces")?.integer(0..=LARGEST_INTEGER)? })
    })
}

fn read_partners(folder: &Path) -> Result<Vec<Partner>, Fault> {
    let mut keys = Keys::new("partner", PARTNERS.file);
    read_rows(folder, &PARTNERS, |row| {
        Ok(Partner {
            line: row.line(),
            partner: keys.add_code(&row.field("partner")?)?,
            name: row.field("name")?.name()?,
            origin: row.field("origin")?.note()?,
        })
    })
}

fn read_volunteers(folder: &Path, teams: &Keys, stations: &Keys) -> Result<Keyed<Volunteer>, Fault> {
    let mut keys = Keys::new("card", VOLUNTEERS.file);
    let volunteers = read_rows(folder, &VOLUNTEERS, |row| {
        let card = row.field("card_no")?;
        let optional = |column, longest| row.field(column)?.optional_text(longest);
        Ok(Volunteer {
            line: row.line(),
            card_no: keys.add(card.card_number()?, &card)?,
            name: row.field("name")?.name()?,
            sex: optional("sex", LONGEST_SEX)?,
            birth_year: birth_year(&row.field("birth_year")?)?,
            team: teams.look_up_if_given(&row.field("team")?)?,
            group: teams.look_up_if_given(&row.field("group")?)?,
            grid: optional("grid", LONGEST_CODE)?,
            building_group: optional("building_group", LONGEST_CODE)?,
            home_station: stations.look_up_if_given(&row.field("home_station")?)?,
            consent_on: row.field("consent_on")?.date()?,
        })
    })?;
    Ok((volunteers, keys))
}

fn birth_year(field: &Field<'_>) -> Result<Option<i16>, Fault> {
    if field.is_empty() {
        return Ok(None);
    }
    field.small_integer(1900..=2100).map(Some)
}

fn read_activities(folder: &Path, service_types: &Keys, stations: &Keys, teams: &Keys) -> Result<Vec<Activity>, Fault> {
    let mut keys = Keys::new("activity", ACTIVITIES.file);
    read_rows(folder, &ACTIVITIES, |row| {
        let activity = Activity {
            line: row.line(),
            activity_id: keys.add_code(&row.field("activity_id")?)?,
            title: row.field("title")?.name()?,
            service_type: service_types.look_up(&row.field("service_type")?)?,
            date: row.field("date")?.date()?,
            start: row.field("start")?.time()?,
            end: row.field("end")?.time()?,
            station: stations.look_up(&row.field("station")?)?,
            team: teams.look_up_if_given(&row.field("team")?)?,
            organiser: row.field("organiser")?.optional_text(LONGEST_CODE)?,
            service_day: row.field("service_day")?.yes_or_no()?,
        };
        if activity.end <= activity.start {
            return Err(row.field("end")?.fault(Problem::EndNotAfterStart));
        }
        Ok(activity)
    })
}

/// A warning for every organiser who is no volunteer of the folder. The bank may know them from an earlier one.
fn unknown_organisers(activities: &[Activity], cards: &Keys) -> Vec<Warning> {
    let unknown = activities.iter().filter_map(|activity| {
        let card = activity.organiser.as_ref().filter(|card| !cards.contain(card))?;
        let place = Place::file(ACTIVITIES.file).line(activity.line).column("organiser");
        Some(Warning { place, notice: Notice::UnknownOrganiser { value: Shown::personal(card) } })
    });
    unknown.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::civil::date;

    use super::super::sample::{Copy, real_folder};
    use super::*;

    /// Reads a copy of the town in which the first `old` of a file is `new`.
    fn read_changed(file: &str, old: &str, new: &str) -> Result<Town, String> {
        let copy = Copy::new();
        copy.replace(file, old, new);
        read_town(copy.path()).map_err(|fault| fault.to_string())
    }

    /// Every case is a file, what to replace in it by what, and how the fault begins after the file's name.
    fn expect_faults(cases: &[(&str, &str, &str, &str)]) {
        for (file, old, new, expected) in cases {
            let fault = read_changed(file, old, new).expect_err(new);
            let expected = format!("{file}, {expected}");
            assert!(fault.starts_with(&expected), "\n{fault}\nis not\n{expected}");
            assert!(fault.contains("; ") && !fault.contains('\n'), "{fault}");
        }
    }

    fn sizes(town: &Town) -> [usize; 13] {
        [
            town.units.len(),
            town.stations.len(),
            town.teams.len(),
            town.service_types.len(),
            town.earning_rules.len(),
            town.flat_awards.len(),
            town.grades.len(),
            town.themes.len(),
            town.catalogue.len(),
            town.stock.len(),
            town.partners.len(),
            town.volunteers.len(),
            town.activities.len(),
        ]
    }

    #[test]
    fn the_town_reads_clean() {
        let town = read_town(&real_folder()).unwrap();
        assert_eq!(sizes(&town), [51, 14, 10, 14, 6, 3, 4, 4, 25, 350, 4, 520, 220]);
        assert_eq!(town.warnings, []);
        assert_eq!(town.units[0].parent, None);
        assert_eq!(town.units[1].parent.as_deref(), Some("baohua"));
        assert_eq!(town.teams[4].motto.as_deref(), Some("老有所乐"));
        assert_eq!(town.earning_rules[0].coefficient.to_string(), "1.0");
        assert_eq!(town.grades[3].coefficient.to_string(), "0");
        assert_eq!(town.flat_awards[1].rule, AwardRule::ServiceDay);
        assert_eq!(town.flat_awards[1].when, "per attendance on a service day, once a calendar month");
        assert_eq!(town.catalogue[24].limit_per_person_per_month, Some(1));
        let pieces: i64 = town.stock.iter().map(|stock| stock.pieces).sum();
        assert!(pieces > 0);
    }

    #[test]
    fn rows_are_typed_and_remember_their_line() {
        let town = read_town(&real_folder()).unwrap();
        let volunteer = Volunteer {
            line: 2,
            card_no: "1000000743".to_owned(),
            name: "邹兰".to_owned(),
            sex: Some("F".to_owned()),
            birth_year: Some(1960),
            team: Some("T2".to_owned()),
            group: Some("L5".to_owned()),
            grid: Some("2".to_owned()),
            building_group: Some("2".to_owned()),
            home_station: Some("S01".to_owned()),
            consent_on: date(2026, 1, 2),
        };
        assert_eq!(town.volunteers[0], volunteer);
        let activity = Activity {
            line: 2,
            activity_id: "A0001".to_owned(),
            title: "助老陪伴".to_owned(),
            service_type: "elder".to_owned(),
            date: date(2026, 1, 22),
            start: date(2026, 1, 22).at(18, 30, 0, 0),
            end: date(2026, 1, 22).at(20, 0, 0, 0),
            station: "S04".to_owned(),
            team: Some("T4".to_owned()),
            organiser: Some("1000347227".to_owned()),
            service_day: false,
        };
        assert_eq!(town.activities[0], activity);
        assert_eq!(town.activities[219].line, 221);
    }

    /// The same sheet as a spreadsheet program may write it: a byte-order mark, CRLF, the columns turned round with
    /// an extra one among them, and a blank line after the header.
    fn rewrite(text: &str) -> String {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
        let turned = |record: &csv::StringRecord, extra: &str| -> Vec<String> {
            let mut fields: Vec<String> = record.iter().rev().map(str::to_owned).collect();
            fields.insert(1, extra.to_owned());
            fields
        };
        writer.write_record(turned(reader.headers().unwrap(), "note, extra")).unwrap();
        for record in reader.records() {
            writer.write_record(turned(&record.unwrap(), "two\nlines? no: \"three\"\u{7}")).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        text.replacen("\r\n", "\r\n\r\n \t\r\n", 1) + "\r\n\r\n"
    }

    #[test]
    fn a_town_from_another_spreadsheet_program_reads_the_same() {
        let town = read_town(&real_folder()).unwrap();
        let copy = Copy::new();
        for file in copy.files() {
            if file.ends_with(".csv") {
                copy.edit(&file, |text| rewrite(&text));
            }
        }
        let mut again = read_town(copy.path()).unwrap();
        assert_eq!(again.volunteers[0].line, 4);
        assert_eq!(again.volunteers[1].line, 6);
        for (volunteer, before) in again.volunteers.iter_mut().zip(&town.volunteers) {
            volunteer.line = before.line;
        }
        for (activity, before) in again.activities.iter_mut().zip(&town.activities) {
            activity.line = before.line;
        }
        assert_eq!(again.volunteers, town.volunteers);
        assert_eq!(again.activities, town.activities);
        assert_eq!(sizes(&again), sizes(&town));
    }

    #[test]
    fn every_file_must_be_there_and_have_a_header() {
        for layout in [
            &UNITS,
            &STATIONS,
            &TEAMS,
            &SERVICE_TYPES,
            &EARNING_RULES,
            &FLAT_AWARDS,
            &GRADES,
            &THEMES,
            &CATALOGUE,
            &STOCK,
            &PARTNERS,
            &VOLUNTEERS,
            &ACTIVITIES,
        ] {
            let copy = Copy::new();
            let path = copy.path().join(layout.file);
            let fault = || read_town(copy.path()).unwrap_err().to_string();
            for column in layout.columns {
                let header = layout.columns.join(",");
                let others = header.replacen(column, "other", 1);
                copy.replace(layout.file, &header, &others);
                let missing = format!("{}, line 1, column {column}: the header does not name", layout.file);
                assert!(fault().starts_with(&missing), "{}", fault());
                copy.replace(layout.file, &others, &header);
            }
            fs::write(&path, "").unwrap();
            assert!(fault().starts_with(&format!("{}: the file is empty", layout.file)), "{}", fault());
            fs::remove_file(&path).unwrap();
            assert!(fault().starts_with(&format!("{}: the file is not in the folder", layout.file)), "{}", fault());
            fs::create_dir(&path).unwrap();
            assert!(fault().starts_with(&format!("{}: the file cannot be read (", layout.file)), "{}", fault());
        }
    }

    #[test]
    fn rows_that_are_no_rows_of_the_sheet_are_faults() {
        expect_faults(&[
            ("teams.csv", "motto,", "motto,name,", "line 1, column name: the header names this column more than once"),
            ("stock.csv", "S01,G02,17", "S01,G02", "line 3, column pieces: the row has 2 fields where"),
            ("stock.csv", "S01,G02,17", "S01,G02,17,", "line 3: the row has 4 fields where the header has 3"),
            ("partners.csv", "P2,", "P2,\"", "line 3: a double quote is opened and never closed"),
            ("partners.csv", "P2,", &"x".repeat(65_536), "line 3: the row is longer than 65536 bytes"),
            ("stock.csv", "S01,G02", "S01,\"G02", "line 3: a double quote is opened and never closed"),
        ]);
        let copy = Copy::new();
        fs::write(copy.path().join("partners.csv"), b"partner,name,origin\nP1,\xC4\xCF\xBE\xA9,seed\n").unwrap();
        let fault = read_town(copy.path()).unwrap_err().to_string();
        assert!(fault.starts_with("partners.csv, line 2, column name: the text is not UTF-8; "), "{fault}");
    }

    #[test]
    fn texts_are_checked() {
        let long_name = "乐".repeat(201);
        let long_code = "x".repeat(65);
        expect_faults(&[
            ("units.csv", "新城社区", "新\u{0}城", "line 3, column name: the text holds the control character U+0000"),
            ("units.csv", "新城社区", "\u{9b}31m", "line 3, column name: the text holds the control character U+009B"),
            ("units.csv", "新城社区", "\"a\nb\"", "line 3, column name: the text holds the control character U+000A"),
            (
                "units.csv",
                "新城社区,",
                "新城社区\r,",
                "line 3, column name: the text holds the control character U+000D",
            ),
            (
                "units.csv",
                "\ngrid-1,",
                "\ngrid\u{7f},",
                "line 4, column unit: the text holds the control character U+007F",
            ),
            ("units.csv", "新城社区", &long_name, "line 3, column name: the text is 201 characters long; shorten"),
            ("units.csv", "\nxincheng", &format!("\n{long_code}"), "line 3, column unit: the text is 65 characters"),
            ("units.csv", "community", &long_code, "line 3, column level: the text is 65 characters long"),
            ("units.csv", "\nxincheng,", "\n,", "line 3, column unit: the field is empty"),
            ("teams.csv", "老有所乐", &long_name, "line 6, column motto: the text is 201 characters long"),
            ("activities.csv", "助老陪伴", &long_name, "line 2, column title: the text is 201 characters long"),
            ("volunteers.csv", "邹兰", &long_name, "line 2, column name: the text is 201 characters long"),
            ("volunteers.csv", ",F,", ",undisclosed,", "line 2, column sex: the text is 11 characters long"),
            ("volunteers.csv", ",2,2,", &format!(",{long_code},2,"), "line 2, column grid: the text is 65 char"),
            ("volunteers.csv", ",2,2,", &format!(",2,{long_code},"), "line 2, column building_group: the text is 65"),
            ("stations.csv", "S01", "S0000000000000001", "line 2, column station: the text is 17 characters long"),
            ("stations.csv", "S01", "站01", "line 2, column station: not a code \"站01\"; use only"),
            ("catalogue.csv", "G01", "G00000001", "line 2, column sku: the text is 9 characters long"),
            ("catalogue.csv", "G01", "G 1", "line 2, column sku: not a code \"G 1\"; use only"),
            ("flat_awards.csv", "E06", "E09", "line 2, column rule: unknown word \"E09\"; write one of: E06, E07, E08"),
            (
                "catalogue.csv",
                "goods",
                "Goods",
                "line 2, column kind: unknown word \"Goods\"; write one of: goods, ser",
            ),
            ("activities.csv", ",no\n", ",No\n", "line 2, column service_day: unknown word \"No\"; write one of: yes,"),
            ("earning_rules.csv", ",yes", ",1", "line 2, column records_service_time: unknown word \"1\"; write one"),
        ]);
        for (file, old, new) in [
            ("units.csv", "新城社区", &*"乐".repeat(200)),
            ("partners.csv", "P1", &*"x".repeat(64)),
            ("teams.csv", "百事帮,sub_team,,seed", ",,,"),
            ("catalogue.csv", "V12,", "aZ9._:/-,x,1,goods,0,0\nV12,"),
        ] {
            read_changed(file, old, new).unwrap();
        }
    }

    #[test]
    fn numbers_are_checked() {
        let whole = |column: &str, text: &str| format!("line 2, column {column}: not a whole number \"{text}\"; write");
        let range = |column: &str, text: &str, range: &str| {
            format!("line 2, column {column}: the number \"{text}\" is out of range; write a whole number from {range}")
        };
        let coefficient = |line: u64, text: &str| {
            format!("line {line}, column coefficient: not a coefficient \"{text}\"; write a number from 0 to 1000")
        };
        expect_faults(&[
            ("catalogue.csv", ",30,", ",３０,", &whole("points", "３０")),
            ("catalogue.csv", ",30,", ",+30,", &whole("points", "+30")),
            ("catalogue.csv", ",30,", ",30.0,", &whole("points", "30.0")),
            ("catalogue.csv", ",30,", ", 30,", &whole("points", " 30")),
            ("catalogue.csv", ",30,", ",-,", &whole("points", "-")),
            ("catalogue.csv", ",30,", ",\"1,000\",", &whole("points", "1,000")),
            ("catalogue.csv", ",30,", ",,", "line 2, column points: the field is empty"),
            ("catalogue.csv", ",30,", ",0,", &range("points", "0", "1 to 9007199254740991")),
            ("catalogue.csv", ",30,", ",-30,", &range("points", "-30", "1 to 9007199254740991")),
            ("catalogue.csv", ",30,", ",9007199254740992,", &range("points", "9007199254740992", "1 to 9007199")),
            ("catalogue.csv", ",30,", ",99999999999999999999,", &range("points", "99999999999999999999", "1 to 9007")),
            ("catalogue.csv", ",450,", ",-1,", &range("cost_fen", "-1", "0 to")),
            ("catalogue.csv", ",450,4", ",450,-1", &range("limit_per_person_per_month", "-1", "0 to")),
            ("stock.csv", "G01,11", "G01,-11", &range("pieces", "-11", "0 to")),
            ("stock.csv", "G01,11", "G01,1e3", &whole("pieces", "1e3")),
            ("flat_awards.csv", ",10,", ",-10,", &range("points", "-10", "1 to")),
            ("earning_rules.csv", ",10,", ",1000001,", &range("points_per_hour", "1000001", "0 to 1000000")),
            ("earning_rules.csv", ",10,", ",-1,", &range("points_per_hour", "-1", "0 to 1000000")),
            ("themes.csv", "3,", "0,", &range("month", "0", "1 to 12")),
            ("themes.csv", "3,", "13,", &range("month", "13", "1 to 12")),
            ("themes.csv", "3,", "March,", &whole("month", "March")),
            ("volunteers.csv", ",1960,", ",1899,", &range("birth_year", "1899", "1900 to 2100")),
            ("volunteers.csv", ",1960,", ",2101,", &range("birth_year", "2101", "1900 to 2100")),
            ("earning_rules.csv", ",1.0,", ",-1.0,", &coefficient(2, "-1.0")),
            ("earning_rules.csv", ",1.0,", ",1000.1,", &coefficient(2, "1000.1")),
            ("earning_rules.csv", ",1.0,", ",1.0000001,", &coefficient(2, "1.0000001")),
            ("earning_rules.csv", ",1.0,", ",\"1,0\",", &coefficient(2, "1,0")),
            ("grades.csv", "良,1.0", "良,.5", &coefficient(3, ".5")),
            ("grades.csv", "良,1.0", "良,", "line 3, column coefficient: the field is empty"),
        ]);
        let highest = read_changed("catalogue.csv", ",30,", ",9007199254740991,").unwrap();
        assert_eq!(highest.catalogue[0].points, LARGEST_INTEGER);
        let unlimited = read_changed("catalogue.csv", ",450,4", ",450,0").unwrap();
        assert_eq!(unlimited.catalogue[0].limit_per_person_per_month, None);
        let unpaid = read_changed("earning_rules.csv", ",10,", ",0,").unwrap();
        assert_eq!(unpaid.earning_rules[0].points_per_hour, 0);
    }

    #[test]
    fn dates_and_times_are_checked() {
        expect_faults(&[
            (
                "activities.csv",
                ",2026-01-22,",
                ",2026-02-29,",
                "line 2, column date: not a real date \"2026-02-29\"; w",
            ),
            ("activities.csv", ",2026-01-22,", ",2026/1/22,", "line 2, column date: not a real date \"2026/1/22\"; w"),
            ("activities.csv", ",2026-01-22,", ",,", "line 2, column date: the field is empty"),
            ("activities.csv", "T18:30", " 18:30", "line 2, column start: not a real time \"2026-01-22 18:30\"; write"),
            ("activities.csv", "T20:00", "T24:00", "line 2, column end: not a real time \"2026-01-22T24:00\"; write"),
            ("activities.csv", "T20:00", "T20:60", "line 2, column end: not a real time \"2026-01-22T20:60\"; write"),
            ("activities.csv", "T20:00", "T18:30", "line 2, column end: the activity does not end after it starts; "),
            ("activities.csv", "T20:00", "T08:00", "line 2, column end: the activity does not end after it starts; "),
            ("volunteers.csv", "2026-01-02", "2026-1-2", "line 2, column consent_on: not a real date \"2026-1-2\"; w"),
            ("volunteers.csv", "2026-01-02", "", "line 2, column consent_on: the field is empty"),
        ]);
    }

    #[test]
    fn repeated_keys_are_faults() {
        let repeated = |line: u64, column: &str, key: &str, first_line: u64| {
            format!("line {line}, column {column}: the {key} is already on line {first_line}; keep one")
        };
        expect_faults(&[
            ("units.csv", "\ngrid-2,", "\ngrid-1,", &repeated(5, "unit", "unit \"grid-1\"", 4)),
            ("stations.csv", "S02", "S01", &repeated(3, "station", "station \"S01\"", 2)),
            ("teams.csv", "T2", "T1", &repeated(3, "team", "team \"T1\"", 2)),
            ("service_types.csv", "medical", "legal", &repeated(3, "service_type", "service type \"legal\"", 2)),
            ("earning_rules.csv", "E02", "E01", &repeated(3, "rule", "earning rule \"E01\"", 2)),
            ("flat_awards.csv", "E07", "E06", &repeated(3, "rule", "rule \"E06\"", 2)),
            ("grades.csv", "good", "excellent", &repeated(3, "grade", "grade \"excellent\"", 2)),
            ("themes.csv", "5,", "03,", &repeated(3, "month", "month \"03\"", 2)),
            ("catalogue.csv", "G02", "G01", &repeated(3, "sku", "SKU \"G01\"", 2)),
            ("stock.csv", "S01,G02", "S01,G01", &repeated(3, "sku", "stock of this station for the SKU \"G01\"", 2)),
            ("partners.csv", "P2", "P1", &repeated(3, "partner", "partner \"P1\"", 2)),
            ("volunteers.csv", "1000001422", "1000000743", &repeated(3, "card_no", "card \"1000000743\"", 2)),
            ("activities.csv", "A0002", "A0001", &repeated(3, "activity_id", "activity \"A0001\"", 2)),
        ]);
    }

    #[test]
    fn dangling_references_are_faults() {
        let unknown = |column: &str, what: &str, file: &str| {
            format!("line 2, column {column}: unknown {what} \"no-9\"; add it to {file} or correct the row")
        };
        expect_faults(&[
            ("units.csv", "baohua,,", "baohua,no-9,", &unknown("parent", "unit", "units.csv")),
            ("stations.csv", "grid-1", "no-9", &unknown("unit", "unit", "units.csv")),
            ("stations.csv", "grid-1", "", "line 2, column unit: the field is empty"),
            ("service_types.csv", "E03", "no-9", &unknown("rule", "earning rule", "earning_rules.csv")),
            ("stock.csv", "S01", "no-9", &unknown("station", "station", "stations.csv")),
            ("stock.csv", "G01", "no-9", &unknown("sku", "SKU", "catalogue.csv")),
            ("activities.csv", "elder", "no-9", &unknown("service_type", "service type", "service_types.csv")),
            ("activities.csv", "S04", "no-9", &unknown("station", "station", "stations.csv")),
            ("activities.csv", "T4", "no-9", &unknown("team", "team", "teams.csv")),
            ("volunteers.csv", ",T2,", ",no-9,", &unknown("team", "team", "teams.csv")),
            ("volunteers.csv", ",L5,", ",no-9,", &unknown("group", "team", "teams.csv")),
            ("volunteers.csv", ",S01,", ",no-9,", &unknown("home_station", "station", "stations.csv")),
        ]);
        for (file, old, new) in [
            ("activities.csv", ",T4,", ",,"),
            ("volunteers.csv", "F,1960,T2,L5,2,2,S01,", ",,,,,,,"),
            ("units.csv", "grid-1,xincheng", "grid-1,grid-7-6"),
        ] {
            read_changed(file, old, new).unwrap();
        }
    }

    #[test]
    fn units_that_stand_under_themselves_are_faults() {
        expect_faults(&[
            ("units.csv", "baohua,,", "baohua,baohua,", "line 2, column parent: the unit \"baohua\" ends up under it"),
            ("units.csv", "baohua,,", "baohua,grid-1-1,", "line 3, column parent: the unit \"xincheng\" ends up"),
        ]);
    }

    #[test]
    fn card_numbers_are_checked() {
        for card in ["1000000744", "100000743", "10000007430", "100000074３"] {
            let fault = read_changed("volunteers.csv", "1000000743", card).unwrap_err();
            let expected = "volunteers.csv, line 2, column card_no: not a card number";
            assert!(fault.starts_with(expected), "{fault}");
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
            let fault = read_changed("volunteers.csv", old, new).unwrap_err();
            assert!(fault.starts_with("volunteers.csv, line 2, column "), "{fault}");
            assert!(!fault.contains('邹'), "{fault}");
        }
    }

    #[test]
    fn an_unknown_organiser_is_a_warning() {
        let points = "so nobody gets the organiser's points; ";
        for (new, expected) in [
            ("1000000744", format!("unknown organiser \"1000000744\", {points}")),
            ("邹兰", format!("unknown organiser, {points}")),
        ] {
            let town = read_changed("activities.csv", "1000347227", new).unwrap();
            assert_eq!(town.activities[0].organiser.as_deref(), Some(new));
            assert_eq!(town.warnings.len(), 1);
            let warning = town.warnings[0].to_string();
            let expected = format!("activities.csv, line 2, column organiser: {expected}");
            assert!(warning.starts_with(&expected), "{warning}");
        }
        assert_eq!(read_changed("activities.csv", "1000347227", "").unwrap().warnings, []);
        let fault = read_changed("activities.csv", "1000347227", "a\u{1b}b").unwrap_err();
        assert!(fault.starts_with("activities.csv, line 2, column organiser: the text holds the control"), "{fault}");
    }

    #[test]
    fn a_fault_reads_as_one_sentence() {
        let fault = read_changed("activities.csv", "elder", "gardening").unwrap_err();
        let expected = "activities.csv, line 2, column service_type: unknown service type \"gardening\"; \
                        add it to service_types.csv or correct the row";
        assert_eq!(fault, expected);
    }
}
