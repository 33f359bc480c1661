//! Attendance in time: when it may be recorded, from which day on it counts, how long it may be, and what the clocks of a
//! town's zone have to do with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use bank_tests::bank::{
    NOON, TestBank, activity, attendance, cards, details, execute, keyed, post_all, reference_town, sample_town,
    unkeyed,
};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole, hex, records};
use baoyulan_ledger::book::commodity::{MINUTE, POINT};
use baoyulan_ledger::book::{Account, Address};
use baoyulan_ledger::command::{Command, Envelope, NewEntry, Post, SetMember};
use baoyulan_ledger::earn::ActivityPlan;
use baoyulan_ledger::people::{CardNumber, MemberDetails};
use baoyulan_ledger::reject::{Expected, Field};
use baoyulan_ledger::{Error, Fault, Ledger, NewBank, Options, Posted, Rejection};

/// Posts one command at a bank that is opened for it, so that nothing is known but what is stored.
async fn post_anew(bank: &TestBank, envelope: Envelope) -> Result<Posted, Rejection> {
    // Some tests let years pass from one command to the next.
    let options = Options { accept_clock: Some("operator-1".to_owned()), ..bank.options() };
    let ledger = Ledger::open(bank.url(), options).await.unwrap();
    let outcome = ledger.post(envelope).await;
    ledger.close().await;
    match outcome {
        Ok(posted) => Ok(posted),
        Err(Error::Rejected(rejection)) => Err(rejection),
        Err(Error::Fault(fault)) => unreachable!("{fault}"),
    }
}

/// The same for many, without an id. Says what each came to: minutes and points, or why not.
async fn outcomes(bank: &TestBank, commands: Vec<Command>) -> Vec<Result<(i64, i64), String>> {
    let mut outcomes = Vec::new();
    for command in commands {
        let outcome = post_anew(bank, unkeyed(command)).await;
        let moved = outcome.map(|posted| (posted.moved(MINUTE), posted.moved(POINT)));
        outcomes.push(moved.map_err(|rejection| rejection.code()));
    }
    outcomes
}

fn refused(code: &str) -> Result<(i64, i64), String> {
    Err(code.to_owned())
}

fn invalid(field: Field, expected: Expected) -> Rejection {
    Rejection::InvalidField { field, expected }
}

async fn town_with(bank: &TestBank, activities: impl IntoIterator<Item = ActivityPlan>) {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    post_all(&ledger, activities.into_iter().map(Command::SetActivity)).await;
    ledger.close().await;
}

both_engines!(an_attendance_counts_once_it_is_over, async |bank| {
    // It is noon of 15 June: one activity is under way, others are to come, the last of them in 2062.
    let activities = [
        activity("N1", "elder", "2026-06-15T10:00", "2026-06-15T14:00", false),
        activity("N2", "elder", "2026-06-16T08:00", "2026-06-16T10:00", false),
        activity("N3", "elder", "2062-03-05T08:00", "2062-03-05T10:00", false),
        activity("N4", "elder", "9999-12-31T08:00", "9999-12-31T23:59", false),
    ];
    town_with(bank, activities).await;
    let [anna, berta, carl, ..] = cards();
    let to = |card: &str, check_out: &str| attendance("N1", card, "2026-06-15T10:00", check_out, "good");
    let sent_early = keyed(1, to(&carl, "2026-06-15T12:01"));
    assert_eq!(post_anew(bank, sent_early.clone()).await, Err(Rejection::NotOverYet));
    let tries = vec![
        to(&berta, "2026-06-15T12:01"),
        to(&berta, "2026-06-15T13:00"),
        // To the minute.
        to(&anna, "2026-06-15T12:00"),
        attendance("N2", &anna, "2026-06-16T08:00", "2026-06-16T10:00", "good"),
        attendance("N3", &anna, "2062-03-05T08:00", "2062-03-05T10:00", "good"),
        attendance("N4", &anna, "9999-12-31T08:00", "9999-12-31T23:59", "good"),
        // What is over may still be at another time than the activity, and what is not over may lie outside it too.
        attendance("N2", &anna, "2026-06-15T08:00", "2026-06-15T10:00", "good"),
        attendance("A0001", &anna, "2026-06-01T14:00", "2062-06-01T16:00", "good"),
        attendance("A0001", &anna, "2062-06-01T14:00", "2026-06-01T16:00", "good"),
    ];
    assert_eq!(
        outcomes(bank, tries).await,
        [
            refused("not_over_yet"),
            refused("not_over_yet"),
            // Two hours at 12 an hour, and 10 for organising it.
            Ok((120, 34)),
            refused("not_over_yet"),
            refused("not_over_yet"),
            refused("not_over_yet"),
            refused("outside_activity"),
            refused("not_over_yet"),
            refused("check_out_not_after_check_in"),
        ]
    );
    bank.set_now(NOON + 59);
    assert_eq!(outcomes(bank, vec![to(&berta, "2026-06-15T12:01")]).await, [refused("not_over_yet")]);
    bank.set_now(NOON + 60);
    assert_eq!(outcomes(bank, vec![to(&berta, "2026-06-15T12:01")]).await, [Ok((121, 24))]);
    assert_eq!(post_anew(bank, sent_early.clone()).await, Err(Rejection::NotOverYet), "an id has one outcome");
    assert!(Rejection::NotOverYet.retryable());
    post_anew(bank, unkeyed(sent_early.command)).await.unwrap();
    assert_whole(bank.url()).await;
});

fn consented(card: &str, consent_on: &str) -> Command {
    let details = MemberDetails { consent_on: consent_on.to_owned(), ..details("王芳") };
    Command::SetMember(SetMember { card: card.to_owned(), details })
}

both_engines!(minutes_beyond_the_limit_of_a_day_earn_nothing, async |bank| {
    // Four hours of an attendance count, and eight of a day.
    let activities = [
        activity("D1", "elder", "2026-06-10T06:00", "2026-06-10T10:00", false),
        activity("D2", "elder", "2026-06-10T10:00", "2026-06-10T13:30", false),
        activity("D3", "elder", "2026-06-10T14:00", "2026-06-10T16:00", false),
        activity("D4", "elder", "2026-06-11T08:00", "2026-06-11T10:00", false),
    ];
    town_with(bank, activities.clone()).await;
    let berta = &cards()[1];
    let times =
        [("10T06:00", "10T10:00"), ("10T10:00", "10T13:30"), ("10T14:00", "10T16:00"), ("11T08:00", "11T10:00")];
    let attended = activities.iter().zip(times).map(|(activity, (from, until))| {
        attendance(&activity.code, berta, &format!("2026-06-{from}"), &format!("2026-06-{until}"), "good")
    });
    // 12 an hour. All service is recorded.
    assert_eq!(outcomes(bank, attended.collect()).await, [Ok((240, 48)), Ok((210, 42)), Ok((120, 6)), Ok((120, 24))]);
    assert_whole(bank.url()).await;
});

both_engines!(service_counts_from_the_day_of_consent_on, async |bank| {
    let activities = [
        activity("C1", "elder", "2026-05-30T09:00", "2026-05-30T11:00", false),
        activity("C2", "elder", "2028-02-29T22:00", "2028-03-01T02:00", false),
        activity("C3", "elder", "2026-06-02T00:00", "2026-06-02T02:00", false),
    ];
    town_with(bank, activities).await;
    let [_, berta, carl, dora, ..] = cards();
    // A0004 runs from 22:00 of 31 May to 02:00 of 1 June.
    let night = |card: &str, from: &str| attendance("A0004", card, from, "2026-06-01T02:00", "good");
    let tries = vec![
        consented(&berta, "2026-06-01"),
        night(&berta, "2026-05-31T22:00"),
        night(&berta, "2026-05-31T23:59"),
        // What lies before the activity is cut off before it is asked from when on it counts.
        attendance("A0001", &berta, "2026-06-01T14:00", "2026-06-01T16:00", "good"),
        attendance("C1", &berta, "2026-05-30T09:00", "2026-05-30T11:00", "good"),
        attendance("C1", &berta, "2026-05-30T12:00", "2026-05-30T13:00", "good"),
        night(&berta, "2026-06-01T00:00"),
        // Where nobody has written down the day, nothing counts.
        consented(&carl, ""),
        night(&carl, "2026-06-01T00:00"),
        // A day to come is no consent yet.
        consented(&carl, "2026-06-16"),
        night(&carl, "2026-06-01T00:00"),
        // It is corrected, and what was refused is judged afresh.
        consented(&carl, "2026-05-31"),
        night(&carl, "2026-05-31T22:00"),
        consented(&dora, "2026-02-29"),
        // Whoever comes before midnight, to what begins at midnight of the day of consent, serves from then on.
        consented(&dora, "2026-06-02"),
        attendance("C3", &dora, "2026-06-01T23:30", "2026-06-02T02:00", "good"),
    ];
    let registered = || Ok((0, 0));
    assert_eq!(
        outcomes(bank, tries).await,
        [
            registered(),
            refused("before_consent"),
            refused("before_consent"),
            Ok((120, 24)),
            refused("before_consent"),
            refused("outside_activity"),
            // Two hours of a night at 13 an hour, and 5 for the theme of May.
            Ok((120, 31)),
            registered(),
            refused("before_consent"),
            registered(),
            refused("before_consent"),
            registered(),
            Ok((240, 57)),
            refused("invalid_field"),
            registered(),
            Ok((120, 24)),
        ]
    );
    // In one batch the rule sees what was said of the person just before.
    let ledger = bank.open().await;
    let batch = [
        consented(&dora, "2026-06-03"),
        attendance("A0001", &dora, "2026-06-01T14:00", "2026-06-01T16:00", "good"),
        consented(&dora, "2026-06-01"),
        attendance("A0001", &dora, "2026-06-01T14:00", "2026-06-01T16:00", "good"),
    ];
    let answers = ledger.post_all(batch.map(unkeyed).into()).await.unwrap();
    ledger.close().await;
    let refusals: Vec<Option<String>> =
        answers.into_iter().map(|answer| answer.err().map(|rejection| rejection.code())).collect();
    assert_eq!(refusals, [None, Some("before_consent".to_owned()), None, None]);
    // Consent of a leap day, and a night that ends in the next month; it is nine o'clock of the next morning.
    bank.set_now(1_835_485_200);
    let leap =
        vec![consented(&dora, "2028-02-29"), attendance("C2", &dora, "2028-02-29T22:00", "2028-03-01T02:00", "good")];
    assert_eq!(outcomes(bank, leap).await[1], Ok((240, 48)));
    assert_whole(bank.url()).await;
});

both_engines!(whoever_has_been_erased_earns_nothing, async |bank| {
    town_with(bank, []).await;
    let [anna, ..] = cards();
    let number = CardNumber::parse(&anna).unwrap().number();
    let come = || attendance("A0001", &anna, "2026-06-01T14:00", "2026-06-01T16:00", "good");
    execute(bank, &format!("UPDATE ledger_people SET consent_on = '' WHERE card = {number}")).await;
    assert_eq!(outcomes(bank, vec![come()]).await, [refused("before_consent")]);
    execute(bank, &format!("DELETE FROM ledger_people WHERE card = {number}")).await;
    assert_eq!(outcomes(bank, vec![come()]).await, [refused("unknown_card")]);
});

both_engines!(an_activity_and_an_attendance_last_a_day_at_most, async |bank| {
    town_with(bank, []).await;
    let [anna, berta, ..] = cards();
    let day = "2026-05-30T00:00";
    let whole = activity("L1", "elder", day, "2026-05-31T00:00", false);
    let longer = activity("L2", "elder", day, "2026-05-31T00:01", false);
    let other_day = |days: i64| ActivityPlan { day: whole.day + days, ..whole.clone() };
    let plans = [
        (longer, Err(invalid(Field::EndsAt, Expected::Hours24))),
        (activity("L3", "elder", day, day, false), Err(invalid(Field::EndsAt, Expected::LaterThanStart))),
        (
            activity("L4", "elder", day, "2026-05-29T23:59", false),
            Err(invalid(Field::EndsAt, Expected::LaterThanStart)),
        ),
        (other_day(365), Err(invalid(Field::Date, Expected::DayOfStart))),
        (other_day(-1), Err(invalid(Field::Date, Expected::DayOfStart))),
        (other_day(1), Err(invalid(Field::Date, Expected::DayOfStart))),
        (ActivityPlan { day: i64::MAX, ..whole.clone() }, Err(invalid(Field::Date, Expected::DayOfStart))),
        (ActivityPlan { starts_at: i64::MIN, ..whole.clone() }, Err(invalid(Field::Start, Expected::Years1970To9999))),
        (
            ActivityPlan { starts_at: -1, day: -1, ..whole.clone() },
            Err(invalid(Field::Start, Expected::Years1970To9999)),
        ),
        (ActivityPlan { ends_at: i64::MAX, ..whole.clone() }, Err(invalid(Field::EndsAt, Expected::Years1970To9999))),
        (whole, Ok(())),
        (activity("L5", "elder", "9999-12-31T00:00", "9999-12-31T23:59", false), Ok(())),
    ];
    for (plan, expected) in plans {
        let text = format!("{plan:?}");
        assert_eq!(post_anew(bank, unkeyed(Command::SetActivity(plan))).await.map(drop), expected, "{text}");
    }
    let stay = |card: &str, check_out: &str| unkeyed(attendance("L1", card, "2026-05-30T08:00", check_out, "good"));
    let too_long = Err(invalid(Field::CheckOut, Expected::Hours24));
    for check_out in ["2026-05-31T08:01", "2026-06-15T12:00"] {
        assert_eq!(post_anew(bank, stay(&anna, check_out)).await.map(drop), too_long, "{check_out}");
    }
    let posted = post_anew(bank, stay(&berta, "2026-05-31T08:00")).await.unwrap();
    assert_eq!(posted.moved(MINUTE), 16 * 60);
});

/// A volunteer's account of points.
async fn points_account(bank: &TestBank, card: &str) -> Account {
    bank.move_reserved();
    let ledger = Ledger::open(bank.url(), Options { create: None, ..bank.options() }).await.unwrap();
    let statement = ledger.volunteer_statement(CardNumber::parse(card).unwrap()).await.unwrap().unwrap();
    ledger.close().await;
    statement.points
}

both_engines!(what_is_posted_has_not_expired_but_what_was_earned_may_have, async |bank| {
    town_with(bank, [activity("E1", "science", "2022-02-05T08:00", "2022-02-05T10:00", false)]).await;
    let [_, berta, ..] = cards();
    let address = points_account(bank, &berta).await.address;
    let grant = |expires_at| {
        let granted = Address::new("expense/points-granted").unwrap();
        let entries = vec![NewEntry::new(granted, 5), NewEntry { expires_at, ..NewEntry::new(address.clone(), -5) }];
        unkeyed(Command::Post(Post { entries }))
    };
    for expires_at in [NOON, NOON - 1, 1, 0, -1, i64::MIN] {
        let expected = invalid(Field::ExpiresAt, Expected::LaterThanNow);
        assert_eq!(post_anew(bank, grant(Some(expires_at))).await, Err(expected), "{expires_at}");
    }
    assert!(matches!(post_anew(bank, grant(None)).await, Err(Rejection::ExpiryRequired { .. })));
    post_anew(bank, grant(Some(NOON + 1))).await.unwrap();
    // An attendance of long ago expires by the policy; its hours stay.
    let long_ago =
        vec![consented(&berta, "2022-02-05"), attendance("E1", &berta, "2022-02-05T08:00", "2022-02-05T10:00", "good")];
    assert_eq!(outcomes(bank, long_ago).await[1], Ok((120, 20)));
    let account = points_account(bank, &berta).await;
    assert_eq!((account.normal_balance(), account.spendable(NOON), account.spendable(NOON + 1)), (25, 5, 0));
    assert_whole(bank.url()).await;
});

both_engines!(a_town_s_bank_is_made_where_clocks_are_not_changed, async |bank| {
    let made_in = async |time_zone: &str| {
        let new = NewBank { time_zone: time_zone.to_owned(), ..sample_town() };
        Ledger::open(bank.url(), Options { create: Some(new), ..bank.options() }).await
    };
    for name in ["Europe/Berlin", "America/New_York", "localtime", "+08:00", "Nowhere"] {
        let Err(Fault::BadBank { reason }) = made_in(name).await else { unreachable!("{name} is refused") };
        assert!(reason.contains("like Asia/Shanghai"), "{reason}");
    }
    let ledger = made_in("asia/shanghai").await.unwrap();
    assert_eq!(ledger.bank().time_zone, "Asia/Shanghai");
    ledger.close().await;
    // A bank that was made when such zones were still allowed is opened, and goes on.
    found_in(bank, "Europe/Berlin").await;
    let ledger = bank.open().await;
    assert_eq!(ledger.zone().iana_name(), Some("Europe/Berlin"));
    reference_town(&ledger).await;
    post_all(&ledger, [attendance("A0001", &cards()[1], "2026-06-01T14:00", "2026-06-01T16:00", "good")]).await;
    ledger.close().await;
    assert_whole(bank.url()).await;
});

/// Makes the bank, which has its first record alone, one that was founded in another zone.
async fn found_in(bank: &TestBank, time_zone: &str) {
    execute(bank, &format!("UPDATE ledger_bank SET time_zone = '{time_zone}'")).await;
    let leaf = records(&mut Tables::open(bank.url()).await).await[0].leaf();
    let digits = hex(&leaf);
    let leaf = if bank.is_postgres() { format!("'\\x{digits}'") } else { format!("x'{digits}'") };
    execute(bank, &format!("UPDATE ledger_records SET leaf = {leaf}")).await;
    execute(bank, &format!("UPDATE ledger_head SET root = {leaf}, frontier = {leaf}")).await;
    // What was seen of the bank as it was.
    for file in std::fs::read_dir(bank.key_folder()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|kind| kind == "head") {
            std::fs::remove_file(file).unwrap();
        }
    }
}
