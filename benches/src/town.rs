//! A town with its reference data, and a year in which every number stands for another attendance.

use anyhow::{Context, Result, ensure};
use baoyulan_ledger::Ledger;
use baoyulan_ledger::command::{Channel, Command, Envelope, OpenStock, Redeem, SetMember, SetStation};
use baoyulan_ledger::earn::policy::{Award, EarningRule, Grade, Policy, ServiceType};
use baoyulan_ledger::earn::{ActivityPlan, AttendanceSheetRow};
use baoyulan_ledger::people::{CardNumber, MemberDetails, NewCredential, Role, Unit};
use baoyulan_ledger::proof::sha256;
use baoyulan_ledger::shop::{Line, OfferKind, OfferTerms};
use baoyulan_ledger::time::{Day, day_of, time_of};

/// How many volunteers the town has.
pub const VOLUNTEERS: usize = 20_000;
/// How many stations the town has.
pub const STATIONS: usize = 14;
/// How many offers each station has.
const OFFERS: usize = 10;
/// How many volunteers come to each activity.
const PER_ACTIVITY: usize = 83;
/// How many activities there are on a day: 12,000 a year.
const PER_DAY: usize = 33;
/// A number coprime to that of the volunteers, so that steps of it visit all of them in a scattered order.
const STRIDE: usize = 7919;
/// What a piece of any offer costs, in points.
pub const PRICE: i64 = 5;
/// The activity at which everybody earns the points that they later spend.
const OPENING: &str = "OPENING";
/// How many commands are posted together while the town is made.
const CHUNK: usize = 8192;
const ACTOR: &str = "clerk";

/// The first day of the town's year, about a year before today.
fn first_day() -> Day {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let today = i64::try_from(seconds / 86_400).unwrap_or(0);
    // A run that goes past midnight keeps the same day, unless the month ends. A million attendances take 366 days, and
    // all of these are over.
    day_of(baoyulan_ledger::time::date_of(today).first_of_month()) - 366
}

/// Makes the town, with activities for this many attendances.
pub async fn make(ledger: &Ledger, attendances: usize) -> Result<()> {
    let unit = Unit {
        code: "T1".to_owned(),
        parent: String::new(),
        level: "town".to_owned(),
        name: "Baoyulan".to_owned(),
        origin: "placeholder".to_owned(),
    };
    let mut commands = vec![Command::SetPolicy(Box::new(policy()?)), Command::SetUnit(unit)];
    commands.extend((0..STATIONS).map(|number| {
        Command::SetStation(SetStation {
            code: station(number),
            unit: "T1".to_owned(),
            name: format!("Station {number}"),
            origin: "placeholder".to_owned(),
        })
    }));
    commands.extend((0..OFFERS).map(|number| {
        Command::SetOffer(OfferTerms {
            sku: sku(number),
            name: format!("Offer {number}"),
            kind: OfferKind::Goods,
            points: PRICE,
            cost_fen: 300,
            monthly_limit: 0,
        })
    }));
    commands.extend((0..STATIONS * OFFERS).map(|number| {
        Command::OpenStock(OpenStock {
            station: station(number / OFFERS),
            sku: sku(number % OFFERS),
            pieces: 1_000_000_000,
        })
    }));
    for volunteer in 0..VOLUNTEERS {
        commands.push(Command::SetMember(SetMember { card: card(volunteer)?, details: details(volunteer) }));
    }
    commands.push(Command::SetActivity(plan(OPENING.to_owned(), "opening", first_day() - 1)));
    commands
        .extend((0..attendances.div_ceil(PER_ACTIVITY)).map(|activity| {
            Command::SetActivity(plan(activity_code(activity), "cleaning", day_of_activity(activity)))
        }));
    post(ledger, commands).await
}

/// Gives every volunteer points to spend.
pub async fn fund(ledger: &Ledger) -> Result<()> {
    let row = |volunteer| attendance_at(OPENING.to_owned(), first_day() - 1, volunteer);
    post(ledger, (0..VOLUNTEERS).map(row).collect::<Result<_>>()?).await
}

async fn post(ledger: &Ledger, commands: Vec<Command>) -> Result<()> {
    for chunk in commands.chunks(CHUNK) {
        let envelopes = chunk.iter().map(|command| Envelope::unkeyed(ACTOR, Channel::Host, command.clone()));
        for outcome in ledger.post_all(envelopes.collect()).await? {
            outcome?;
        }
    }
    Ok(())
}

/// Makes the attendance with this number: each is another pair of activity and volunteer, in the order of dates, and
/// nobody comes twice on one day.
pub fn attendance(number: usize) -> Result<Command> {
    let activity = number / PER_ACTIVITY;
    attendance_at(activity_code(activity), day_of_activity(activity), volunteer_of(number))
}

/// Makes a redemption of one piece at one of the stations, at the price shown.
pub fn redemption(number: usize) -> Result<Command> {
    Ok(Command::Redeem(Redeem {
        card: card(volunteer_of(number))?,
        station: station(number % STATIONS),
        lines: vec![Line { sku: sku_of(number), pieces: 1 }],
        points_shown: Some(PRICE),
    }))
}

/// The offer that redemption number `number` takes.
pub fn sku_of(number: usize) -> String {
    sku(number / STATIONS % OFFERS)
}

/// Issues a credential to a teller at each station, and returns the tokens.
///
/// # Errors
/// The bank's own error.
pub async fn issue_tokens(ledger: &Ledger) -> Result<Vec<String>> {
    let token = |number| format!("pb_{number:016}_{number:032}");
    let commands = (0..STATIONS).map(|number| {
        Command::IssueCredential(NewCredential {
            code: format!("{number:016}"),
            actor: format!("teller-{number}"),
            role: Role::Teller,
            station: station(number),
            card: String::new(),
            token_hash: sha256(&[token(number).as_bytes()]),
            valid_until: None,
        })
    });
    post(ledger, commands.collect()).await?;
    Ok((0..STATIONS).map(token).collect())
}

/// The volunteer of an attendance or a redemption. Everybody comes once before anybody comes again.
pub fn volunteer_of(number: usize) -> usize {
    number * STRIDE % VOLUNTEERS
}

/// The volunteer's card number.
pub fn card(volunteer: usize) -> Result<String> {
    let number = 10_000_000 + i64::try_from(volunteer)?;
    Ok(CardNumber::of_member_number(number).context("a member number has 8 digits")?.to_string())
}

/// The local minute back to which a year's last attendance is compared with others: the beginning of its month.
pub fn last_month(attendances: usize) -> i64 {
    let last = day_of_activity(attendances.saturating_sub(1) / PER_ACTIVITY);
    day_of(baoyulan_ledger::time::date_of(last).first_of_month()) * 1440
}

/// Fails if the bank's books do not agree, or lack something that was posted.
pub async fn check(ledger: &Ledger) -> Result<()> {
    let trial = ledger.trial_balance().await?;
    ensure!(trial.disagreements.is_empty(), "the trial balance is not even: {:?}", trial.disagreements);
    for line in &trial.lines {
        let lines = trial.lines.iter().filter(|other| other.commodity == line.commodity);
        let (debits, credits) =
            lines.fold((0, 0), |(debits, credits), line| (debits + line.debits, credits + line.credits));
        ensure!(debits == credits, "{}: debits {debits}, credits {credits}", line.commodity);
    }
    Ok(())
}

fn attendance_at(activity: String, day: Day, volunteer: usize) -> Result<Command> {
    let at = |minute: i64| {
        let mut text = time_of(day * 1440 + minute).to_string();
        text.truncate("2026-01-01T09:00".len());
        text
    };
    Ok(Command::RecordAttendance(AttendanceSheetRow {
        activity,
        card: card(volunteer)?,
        check_in: at(9 * 60 - 5),
        check_out: at(11 * 60),
        grade: "good".to_owned(),
        source: "roster".to_owned(),
        entered_by: "op-01".to_owned(),
        confirmed_by: "op-02".to_owned(),
    }))
}

fn policy() -> Result<Policy> {
    let mut policy = Policy::with_town_limits();
    for (code, points_per_hour) in [("cleaning", 10), ("opening", 10_000)] {
        let rule = EarningRule {
            name: code.to_owned(),
            points_per_hour,
            coefficient: "1.2".parse()?,
            records_service_time: true,
        };
        policy.rules.insert(code.to_owned(), rule);
        let service = ServiceType { name: code.to_owned(), rule: code.to_owned(), origin: "placeholder".to_owned() };
        policy.service_types.insert(code.to_owned(), service);
    }
    policy.grades.insert("good".to_owned(), Grade { name: "good".to_owned(), coefficient: "1.1".parse()? });
    policy.theme_award = Award { rule: "theme".to_owned(), name: "theme".to_owned(), points: 2 };
    policy.theme_months.insert(3, "theme".to_owned());
    Ok(policy)
}

fn plan(code: String, service_type: &str, day: Day) -> ActivityPlan {
    ActivityPlan {
        title: format!("Activity {code}"),
        code,
        service_type: service_type.to_owned(),
        day,
        starts_at: day * 1440 + 9 * 60,
        ends_at: day * 1440 + 11 * 60,
        station: station(0),
        team: String::new(),
        organiser_card: String::new(),
        service_day: false,
    }
}

fn details(volunteer: usize) -> MemberDetails {
    MemberDetails {
        name: format!("Volunteer {volunteer}"),
        sex: String::new(),
        birth_year: 1954,
        team: String::new(),
        action_group: String::new(),
        grid: String::new(),
        building_group: String::new(),
        home_station: station(volunteer % STATIONS),
        consent_on: "2020-01-01".to_owned(),
    }
}

fn day_of_activity(activity: usize) -> Day {
    first_day() + i64::try_from(activity / PER_DAY).unwrap_or(0)
}

fn activity_code(activity: usize) -> String {
    format!("A{activity:06}")
}

/// The code of the station with this number.
pub fn station(number: usize) -> String {
    format!("S{:02}", number + 1)
}

fn sku(number: usize) -> String {
    format!("G{number:02}")
}
