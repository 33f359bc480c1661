//! Credentials, sessions, visits, login links and PINs, and the readings that every page needs. One statement answers many
//! callers, and must say the same as the slow readings.

#![expect(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bank_tests::bank::{
    NOON, TestBank, attendance, cards, credential, offer, pin, post_all, redeem, reference_town, station, unkeyed,
};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, Value, assert_whole};
use baoyulan_ledger::access::{Entrant, LINK_SECONDS_MAX, PinCheck, Session, Visit};
use baoyulan_ledger::book::Address;
use baoyulan_ledger::command::{
    ChooseBalance, Command, NewEntry, Post, ReverseRedemption, RevokeCredential, SetCardState,
};
use baoyulan_ledger::people::{
    BalanceOnReceipts, CardNumber, CardState, Credential, Door, MemberId, NewCredential, Role,
};
use baoyulan_ledger::proof::{Digest, sha256};
use baoyulan_ledger::statement::{StatementFrom, StatementStart, VolunteerPosting};
use baoyulan_ledger::store::member::VolunteerAccount;
use baoyulan_ledger::{Error, Fault, Ledger, Options, Rejection};
use sqlx::{Connection, Executor, PgConnection};
use tokio::task::JoinSet;

fn number(card: &str) -> CardNumber {
    CardNumber::parse(card).unwrap()
}

/// A card number that nobody has.
fn unknown(member_number: i64) -> CardNumber {
    CardNumber::of_member_number(77_000_000 + member_number).unwrap()
}

fn token(text: &str) -> Digest {
    sha256(&[text.as_bytes()])
}

fn grant(address: &Address, points: i64, expires_at: i64) -> Command {
    let granted = Address::new("expense/points-granted").unwrap();
    let entries = vec![NewEntry::new(granted, points), NewEntry::new(address.clone(), -points).expiring_at(expires_at)];
    Command::Post(Post { entries })
}

async fn points_of(ledger: &Ledger, card: &str) -> Address {
    ledger.volunteer_statement(number(card)).await.unwrap().unwrap().points.address
}

/// The town after some weeks. There are points in several lots, some of them spent, given back or expired; a blocked
/// card; minutes without points and points without minutes; and a volunteer who has done nothing yet.
async fn busy_town(bank: &TestBank, ledger: &Ledger) {
    reference_town(ledger).await;
    let [anna, berta, carl, dora, ..] = cards();
    let at_day = |card: &str, grade: &str| attendance("A0003", card, "2026-06-05T08:00", "2026-06-05T16:00", grade);
    for card in [&anna, &berta, &carl] {
        let commands = [
            attendance("A0001", card, "2026-06-01T14:00", "2026-06-01T16:00", "good"),
            attendance("A0005", card, "2026-06-08T19:00", "2026-06-08T21:00", "pass"),
            at_day(card, "excellent"),
            // This records time and earns nothing.
            attendance("A0002", card, "2026-06-02T08:30", "2026-06-02T10:30", "fail"),
        ];
        post_all(ledger, commands).await;
    }
    post_all(ledger, [at_day(&dora, "good")]).await;
    for card in [&anna, &berta] {
        let points = points_of(ledger, card).await;
        let lots = [(150, 1_000_000), (200, 2_000_000), (7, 3_000)];
        post_all(ledger, lots.map(|(quantity, seconds)| grant(&points, quantity, NOON + seconds))).await;
    }
    bank.set_now(NOON + 3_000);
    let commands = [
        redeem(&anna, "S01", "G10", 1),
        redeem(&anna, "S01", "G01", 2),
        redeem(&berta, "S01", "G10", 1),
        redeem(&berta, "S02", "G01", 1),
        Command::ReverseRedemption(ReverseRedemption::whole("S01-26-000003")),
        Command::SetCardState(SetCardState { card: carl, state: CardState::Blocked }),
        Command::ChooseBalance(ChooseBalance { card: anna.clone(), balance: BalanceOnReceipts::Printed }),
        Command::ChooseBalance(ChooseBalance { card: berta.clone(), balance: BalanceOnReceipts::Printed }),
        Command::ChooseBalance(ChooseBalance { card: berta.clone(), balance: BalanceOnReceipts::LeftOut }),
        Command::SetOffer(offer("G01", "香皂", 31, 4)),
        station("S02", "泰达青筑二期"),
    ];
    post_all(ledger, commands).await;
}

// Credentials ---------------------------------------------------------------------------------------------------------------

both_engines!(a_credential_is_seen_and_taken_back_at_once_everywhere, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    reference_town(&one).await;
    assert_eq!(other.access().credential("till-1").await.unwrap(), None);
    assert_eq!(other.access().credential("till\0").await.unwrap(), None);

    let till = credential("till-1", Role::Teller, "S01");
    let phone = NewCredential {
        card: cards()[0].clone(),
        valid_until: Some(NOON + 60),
        ..credential("phone-1", Role::Volunteer, "")
    };
    post_all(&one, [Command::IssueCredential(till.clone()), Command::IssueCredential(phone.clone())]).await;
    let found = other.access().credential("till-1").await.unwrap().unwrap();
    let expected = Credential {
        code: till.code.clone(),
        actor: till.actor.clone(),
        role: Role::Teller,
        station: "S01".to_owned(),
        member: None,
        token_hash: token("till-1"),
        valid_from: NOON,
        valid_until: None,
        revoked: false,
    };
    assert_eq!(found, expected);
    assert!(found.is_valid(i64::MAX));
    let found = other.access().credential("phone-1").await.unwrap().unwrap();
    assert_eq!(one.card_of_member(found.member.unwrap()).await.unwrap(), Some(number(&phone.card)));
    assert_eq!((found.is_valid(NOON + 59), found.is_valid(NOON + 60)), (true, false));

    // The other ledger's writer has not heard of them yet.
    let again = other.post(unkeyed(Command::IssueCredential(till))).await;
    assert!(matches!(again, Err(Error::Rejected(Rejection::CredentialExists { .. }))), "{again:?}");
    let revoke = || Command::RevokeCredential(RevokeCredential { credential: "till-1".to_owned() });
    post_all(&other, [revoke()]).await;
    let found = one.access().credential("till-1").await.unwrap().unwrap();
    assert_eq!(found, Credential { revoked: true, ..expected.clone() });
    assert!(!found.is_valid(NOON));
    let again = one.post(unkeyed(revoke())).await;
    assert!(matches!(again, Err(Error::Rejected(Rejection::AlreadyRevoked { .. }))), "{again:?}");

    let all = other.access().all_credentials().await.unwrap();
    assert_eq!(all.iter().map(|credential| credential.code.as_str()).collect::<Vec<_>>(), ["phone-1", "till-1"]);
    assert_eq!(all[1], found);
    one.close().await;
    other.close().await;
    assert_whole(bank.url()).await;
});

// Visits at a kiosk -------------------------------------------------------------------------------------------------------------

/// A visit at a kiosk that staff began, of somebody who stood so then.
fn visit(name: &str, member: Option<MemberId>, standing: i64, opened_at: i64) -> Visit {
    Visit {
        token_hash: token(name),
        device: "kiosk-1".to_owned(),
        station: "S01".to_owned(),
        member,
        attendant: "till-1".to_owned(),
        standing,
        opened_at,
        used_at: opened_at,
    }
}

both_engines!(a_visit_is_known_everywhere_until_it_is_closed_or_forgotten, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    reference_town(&one).await;
    let member = one.volunteer_account(number(&cards()[0])).await.unwrap().unwrap().member;
    let visit = |name: &str, member, opened_at| visit(name, member, -1, opened_at);
    let (first, second) = (visit("first", Some(member), NOON), visit("second", None, NOON + 5));
    one.access().open_visit(first.clone(), NOON - 600).await.unwrap();
    one.access().open_visit(second.clone(), NOON - 595).await.unwrap();
    assert_eq!(other.access().visit(token("first")).await.unwrap(), Some(first.clone()));
    assert_eq!(other.access().visit(token("second")).await.unwrap(), Some(second.clone()));
    assert_eq!(other.access().visit(token("third")).await.unwrap(), None);

    other.access().use_visit(token("first"), NOON + 60).await.unwrap();
    // A slower process does not set it back.
    one.access().use_visit(token("first"), NOON + 30).await.unwrap();
    assert_eq!(one.access().visit(token("first")).await.unwrap(), Some(Visit { used_at: NOON + 60, ..first.clone() }));
    assert_eq!(one.access().visit(token("second")).await.unwrap(), Some(second.clone()), "the other one's is its own");

    other.access().close_visit(token("first")).await.unwrap();
    assert_eq!(one.access().visit(token("first")).await.unwrap(), None);
    one.access().use_visit(token("first"), NOON + 70).await.unwrap();
    assert_eq!(one.access().visit(token("first")).await.unwrap(), None, "what is closed stays closed");

    // Those of long ago go when somebody comes.
    one.access().open_visit(visit("third", None, NOON + 605), NOON + 5).await.unwrap();
    assert_eq!(other.access().visit(token("second")).await.unwrap(), None);
    let kept = Tables::open(bank.url()).await.rows("SELECT visit FROM ledger_visits").await;
    assert_eq!(kept, [[Value::Bytes(token("third").to_vec())]], "the hash alone");
    one.close().await;
    other.close().await;
    assert_whole(bank.url()).await;
});

// Sessions and login links ----------------------------------------------------------------------------------------------------

/// A session of a volunteer, or of a member of staff who has shown a credential.
fn session(text: &str, member: Option<i64>, credential: &str) -> Session {
    let (member, credential) = (member.map(MemberId), credential.to_owned());
    Session { token_hash: token(text), member, credential, standing: -1, opened_at: NOON, expires_at: NOON + 3600 }
}

/// Which of these sessions each of the ledgers can see.
async fn there<'a>(ledgers: [&Ledger; 2], texts: &[&'a str]) -> Vec<&'a str> {
    let mut there = Vec::new();
    for text in texts {
        let one = ledgers[0].access().session(token(text)).await.unwrap();
        assert_eq!(one, ledgers[1].access().session(token(text)).await.unwrap(), "{text}");
        there.extend(one.map(|_| *text));
    }
    there
}

both_engines!(sessions_are_open_until_they_are_closed, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    reference_town(&one).await;
    let head = one.journal_head().await.unwrap();
    let texts = ["phone", "tablet", "neighbour", "till", "till again", "office"];
    let sessions = [
        session(texts[0], Some(7), ""),
        session(texts[1], Some(7), ""),
        session(texts[2], Some(8), ""),
        session(texts[3], None, "till-1"),
        session(texts[4], None, "till-1"),
        session(texts[5], None, "office-1"),
    ];
    for session in &sessions {
        one.access().open_session(session.clone()).await.unwrap();
    }
    for session in &sessions {
        assert_eq!(other.access().session(session.token_hash).await.unwrap().as_ref(), Some(session));
    }
    assert_eq!(one.access().session(token("nobody")).await.unwrap(), None);
    // A token is never used twice. If somebody tries, others can still log in.
    let twice = one.access().open_session(sessions[0].clone()).await;
    assert!(matches!(twice, Err(Fault::Database { .. })), "{twice:?}");

    other.access().close_session(token("tablet")).await.unwrap();
    other.access().close_session(token("tablet")).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, ["phone", "neighbour", "till", "till again", "office"]);
    one.access().open_session(sessions[1].clone()).await.unwrap();
    other.access().close_sessions_of_member(MemberId(7)).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, ["neighbour", "till", "till again", "office"]);
    one.access().close_sessions_of_credential("till-1".to_owned()).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, ["neighbour", "office"]);
    one.access().close_sessions_of_credential(String::new()).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, ["neighbour", "office"]);

    // Opening a session deletes those that are over.
    let later = |text: &str, opened_at| Session { opened_at, expires_at: NOON + 9000, ..session(text, Some(9), "") };
    one.access().open_session(later("in time", NOON + 3599)).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, ["neighbour", "office"]);
    one.access().open_session(later("after it", NOON + 3600)).await.unwrap();
    assert_eq!(there([&one, &other], &texts).await, [""; 0]);
    assert_eq!(there([&one, &other], &["in time", "after it"]).await, ["in time", "after it"]);

    assert_eq!(one.journal_head().await.unwrap(), head, "visits leave no trace in the journal");
    one.close().await;
    other.close().await;
    assert_whole(bank.url()).await;
});

// People who log in do not wait for a pause of the writer: there may be none for a whole morning.
both_engines!(sessions_open_while_the_writer_is_always_at_work, async |bank| {
    bank.move_reserved();
    let ledger = Arc::new(bank.open().await);
    busy_town(bank, &ledger).await;
    let points = points_of(&ledger, &cards()[0]).await;
    let (is_open, watched) = tokio::sync::watch::channel(true);
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let (ledger, points, is_open) = (Arc::clone(&ledger), points.clone(), watched.clone());
        callers.spawn(async move {
            while *is_open.borrow() {
                ledger.post(unkeyed(grant(&points, 1, NOON + 5_000_000 + caller))).await.unwrap();
            }
        });
    }
    let visits: Vec<String> = (0..50).map(|visit| format!("visit {visit}")).collect();
    for visit in &visits {
        ledger.access().open_session(session(visit, Some(7), "")).await.unwrap();
    }
    is_open.send(false).unwrap();
    callers.join_all().await;
    for visit in &visits {
        assert!(ledger.access().session(token(visit)).await.unwrap().is_some(), "{visit}");
    }
});

both_engines!(a_login_link_is_taken_once_and_in_time, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    let taken = |member| Some(Entrant { member: MemberId(member), standing: -1 });
    for (text, member) in [("link", 7), ("last second", 8), ("too late", 9)] {
        one.access().add_login_link(token(text), MemberId(member), NOON, NOON + 600).await.unwrap();
    }
    assert_eq!(other.access().take_login_link(token("no link"), NOON).await.unwrap(), None);
    assert_eq!(other.access().take_login_link(token("link"), NOON + 5).await.unwrap(), taken(7));
    for ledger in [&one, &other] {
        assert_eq!(ledger.access().take_login_link(token("link"), NOON + 5).await.unwrap(), None);
    }
    assert_eq!(one.access().take_login_link(token("last second"), NOON + 599).await.unwrap(), taken(8));
    assert_eq!(one.access().take_login_link(token("too late"), NOON + 600).await.unwrap(), None);
    // The link is gone, even for a clock that is behind.
    assert_eq!(one.access().take_login_link(token("too late"), NOON).await.unwrap(), None);

    one.access().add_login_link(token("old"), MemberId(7), NOON, NOON + 600).await.unwrap();
    one.access().add_login_link(token("new"), MemberId(7), NOON + 600, NOON + 1200).await.unwrap();
    one.close().await;
    other.close().await;
    let links = Tables::open(bank.url()).await.rows("SELECT link FROM ledger_login_links").await;
    assert_eq!(links, [[Value::Bytes(token("new").to_vec())]], "links whose time is over are not kept");
});

both_engines!(of_all_who_take_a_login_link_one_gets_it, async |bank| {
    let ledgers = [Arc::new(bank.open().await), Arc::new(bank.open().await)];
    for round in 0..25 {
        let link = token(&format!("link {round}"));
        ledgers[0].access().add_login_link(link, MemberId(round), NOON, NOON + 600).await.unwrap();
        let mut takers = JoinSet::new();
        for taker in 0..6 {
            let ledger = Arc::clone(&ledgers[taker % 2]);
            takers.spawn(async move { ledger.access().take_login_link(link, NOON).await.unwrap() });
        }
        let taken: Vec<Entrant> = takers.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken, [Entrant { member: MemberId(round), standing: -1 }]);
    }
});

both_engines!(a_newer_login_link_ends_the_volunteers_older_ones, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    for (text, member, later) in [("old", 7, 0), ("neighbour's", 8, 1), ("new", 7, 2)] {
        one.access().add_login_link(token(text), MemberId(member), NOON + later, NOON + 600).await.unwrap();
    }
    let mut worked = Vec::new();
    for text in ["old", "neighbour's", "new"] {
        worked.extend(other.access().take_login_link(token(text), NOON + 5).await.unwrap().map(|_| text));
    }
    assert_eq!(worked, ["neighbour's", "new"]);
    // A link of a clock that was a year ahead does not work for a year.
    let year = NOON + 365 * 24 * 3600;
    one.access().add_login_link(token("ahead"), MemberId(7), year, year + 600).await.unwrap();
    assert_eq!(other.access().take_login_link(token("ahead"), NOON).await.unwrap(), None);
    one.access().add_login_link(token("long"), MemberId(7), NOON, NOON + LINK_SECONDS_MAX).await.unwrap();
    assert!(other.access().take_login_link(token("long"), NOON).await.unwrap().is_some());
});

// In every process, from the commit on: nobody has to end them one by one.
both_engines!(a_new_pin_or_card_state_ends_the_volunteers_sessions_and_links, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    reference_town(&one).await;
    let [anna, berta, ..] = cards();
    post_all(&one, [pin(&anna, "first"), pin(&berta, "first")]).await;
    let state = |state| Command::SetCardState(SetCardState { card: anna.clone(), state });
    let changes = [
        pin(&anna, "second"),
        // The same PIN, set again, is a new one too.
        pin(&anna, "second"),
        state(CardState::Blocked),
        state(CardState::Active),
    ];
    let of = async |card: &str| {
        let known = one.access().pin_check(number(card), Door::Web).await.unwrap();
        (known.member.unwrap(), known.standing)
    };
    let berta_known = of(&berta).await;
    for (round, change) in changes.into_iter().enumerate() {
        let (member, standing) = of(&anna).await;
        let named = |what: &str| format!("{what} {round}");
        let opened = |what: &str, (member, standing): (MemberId, i64)| Session {
            standing,
            ..session(&named(what), Some(member.0), "")
        };
        let staff = session(&named("staff"), None, "till-1");
        for session in [
            opened("phone", (member, standing)),
            opened("tablet", (member, standing)),
            opened("neighbour", berta_known),
            staff,
        ] {
            one.access().open_session(session).await.unwrap();
        }
        one.access().add_login_link(token(&named("link")), member, NOON, NOON + 600).await.unwrap();
        let texts = ["phone", "tablet", "neighbour", "staff"].map(named);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(there([&one, &other], &texts).await, texts);

        post_all(&other, [change]).await;
        assert_eq!(there([&one, &other], &texts).await, texts[2..], "round {round}");
        assert_eq!(one.access().take_login_link(token(&named("link")), NOON).await.unwrap(), None, "round {round}");
        // Whoever showed the old PIN just before does not come in with it either, neither at home nor at a kiosk.
        let visits = [(named("late"), standing), (named("in time"), of(&anna).await.1)];
        for (name, standing) in &visits {
            one.access().open_visit(visit(name, Some(member), *standing, NOON), NOON - 600).await.unwrap();
        }
        assert_eq!(other.access().visit(token(&visits[0].0)).await.unwrap(), None, "round {round}");
        assert!(other.access().visit(token(&visits[1].0)).await.unwrap().is_some(), "round {round}");
        one.access().open_session(opened("late", (member, standing))).await.unwrap();
        assert_eq!(there([&one, &other], &[&named("late")]).await, [""; 0], "round {round}");
    }
    let (member, standing) = of(&anna).await;
    one.access().add_login_link(token("link"), member, NOON, NOON + 600).await.unwrap();
    let taken = other.access().take_login_link(token("link"), NOON).await.unwrap();
    assert_eq!(taken, Some(Entrant { member, standing }));
    one.access().open_session(Session { standing, ..session("again", Some(member.0), "") }).await.unwrap();
    assert_eq!(there([&one, &other], &["again"]).await, ["again"]);
});

both_engines!(a_visit_moves_a_sessions_end_at_most_once_a_minute, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    let phone = session("phone", Some(7), "");
    one.access().open_session(phone.clone()).await.unwrap();
    one.access().open_session(session("tablet", Some(7), "")).await.unwrap();
    let end = async |text| other.access().session(token(text)).await.unwrap().unwrap().expires_at - NOON;
    for (visit, expected) in [(3659, 3600), (3660, 3660), (3600, 3660), (3700, 3660), (9000, 9000), (8000, 9000)] {
        // Each knows the session as it was opened, as visits at the same time do.
        one.access().extend_session(&phone, NOON + visit).await.unwrap();
        assert_eq!(end("phone").await, expected, "{visit}");
    }
    assert_eq!(end("tablet").await, 3600);
    let session = other.access().session(token("phone")).await.unwrap().unwrap();
    let open = [-61, -60, 8999, 9000].map(|seconds| session.is_open(NOON + seconds));
    assert_eq!(open, [false, true, true, false], "a minute before it was opened at most, and not at its end");
});

// PINs ------------------------------------------------------------------------------------------------------------------------

both_engines!(a_pin_is_checked_against_the_latest_verifier, async |bank| {
    let (one, other) = (bank.open().await, bank.open().await);
    reference_town(&one).await;
    let [anna, berta, ..] = cards();
    let check = async |ledger: &Ledger, card| ledger.access().pin_check(card, Door::Web).await.unwrap();
    let member = one.volunteer_account(number(&anna)).await.unwrap().unwrap().member;
    let nothing = PinCheck { member: None, verifier: None, standing: -1, misses: 0, last_miss_at: 0 };
    assert_eq!(check(&one, unknown(1)).await, nothing);
    let without = PinCheck { member: Some(member), ..nothing };
    assert_eq!(check(&one, number(&anna)).await, without);

    post_all(&one, [pin(&anna, "first")]).await;
    let verifier = |rest: &str| Some(format!("$argon2id${rest}"));
    let first = check(&other, number(&anna)).await;
    assert_eq!(first, PinCheck { verifier: verifier("first"), standing: first.standing, ..without.clone() });
    post_all(&other, [pin(&anna, "second"), pin(&berta, "third")]).await;
    let second = check(&one, number(&anna)).await;
    assert_eq!(second, PinCheck { verifier: verifier("second"), standing: second.standing, ..without });
    assert!(second.standing > first.standing, "a newer PIN stands at a later record");
    let refused = one.post(unkeyed(pin(&unknown(1).to_string(), "first"))).await;
    assert!(matches!(refused, Err(Error::Rejected(Rejection::UnknownCard))), "{refused:?}");
    one.close().await;
    other.close().await;

    assert_whole(bank.url()).await;
    // The old verifier is nowhere. The present one is only where it can be erased.
    let dump = Tables::open(bank.url()).await.dump().await;
    let tables_with = |verifier: &str| {
        let has = |rows: &[Vec<Value>]| rows.iter().flatten().any(|value| format!("{value:?}").contains(verifier));
        dump.iter().filter(|(_, rows)| has(rows)).map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(tables_with("$argon2id$first"), [""; 0]);
    assert_eq!(tables_with("$argon2id$second"), ["ledger_pins"]);
});

both_engines!(wrong_pins_are_counted_for_any_card_and_forgotten, async |bank| {
    let ledgers = [Arc::new(bank.open().await), Arc::new(bank.open().await)];
    reference_town(&ledgers[0]).await;
    let (known, nobodys) = (number(&cards()[0]), unknown(1));
    let misses = async |card| {
        let check = ledgers[1].access().pin_check(card, Door::Station).await.unwrap();
        assert_eq!(check.member.is_some(), card == known);
        (check.misses, check.last_miss_at)
    };
    for (card, seconds) in [(known, 1), (nobodys, 2), (known, 3), (known, 5)] {
        ledgers[0].access().add_pin_miss(card, Door::Station, NOON + seconds, NOON - 900).await.unwrap();
    }
    assert_eq!((misses(known).await, misses(nobodys).await), ((3, NOON + 5), (1, NOON + 2)));
    assert_eq!(misses(unknown(2)).await, (0, 0));
    ledgers[1].access().forget_pin_misses(known, Door::Station).await.unwrap();
    assert_eq!((misses(known).await, misses(nobodys).await), ((0, 0), (1, NOON + 2)));

    // A miss at that very instant still counts; earlier ones are forgotten.
    ledgers[0].access().add_pin_miss(known, Door::Station, NOON + 900, NOON + 2).await.unwrap();
    assert_eq!((misses(known).await, misses(nobodys).await), ((1, NOON + 900), (1, NOON + 2)));
    ledgers[0].access().add_pin_miss(known, Door::Station, NOON + 901, NOON + 3).await.unwrap();
    assert_eq!((misses(known).await, misses(nobodys).await), ((2, NOON + 901), (0, 0)));

    // No guess is lost if many come at once.
    let mut guesses = JoinSet::new();
    for guess in 0..40 {
        let ledger = Arc::clone(&ledgers[guess % 2]);
        guesses.spawn(
            async move { ledger.access().add_pin_miss(nobodys, Door::Station, NOON + 999, NOON).await.unwrap() },
        );
    }
    guesses.join_all().await;
    assert_eq!(misses(nobodys).await, (40, NOON + 999));
});

both_engines!(each_door_counts_its_own_wrong_pins, async |bank| {
    let ledgers = [bank.open().await, bank.open().await];
    let (card, doors) = (unknown(1), [Door::Web, Door::Station]);
    let misses = async || {
        let mut misses = Vec::new();
        for door in doors {
            let check = ledgers[1].access().pin_check(card, door).await.unwrap();
            misses.push((check.misses, check.last_miss_at));
        }
        misses
    };
    for (door, seconds) in [(Door::Web, 1), (Door::Web, 2), (Door::Station, 3), (Door::Web, 4)] {
        ledgers[0].access().add_pin_miss(card, door, NOON + seconds, NOON).await.unwrap();
    }
    assert_eq!(misses().await, [(3, NOON + 4), (1, NOON + 3)]);
    ledgers[0].access().mend_pin_misses(NOON + 3).await.unwrap();
    assert_eq!(misses().await, [(3, NOON + 3), (1, NOON + 3)], "no miss lies in the future");
    ledgers[0].access().forget_pin_misses(card, Door::Station).await.unwrap();
    assert_eq!(misses().await, [(3, NOON + 3), (0, 0)]);
});

// What everybody sees first ---------------------------------------------------------------------------------------------------

/// What the slow reading says about an account.
async fn account_by_statement(ledger: &Ledger, card: &str, name: &str) -> VolunteerAccount {
    let statement = ledger.volunteer_statement(number(card)).await.unwrap().unwrap();
    VolunteerAccount {
        card: number(card),
        member: statement.member.id,
        pseudonym: statement.member.pseudonym.clone(),
        card_state: statement.member.card_state,
        balance_on_receipts: statement.member.balance_on_receipts,
        name: name.to_owned(),
        home_station: "S01".to_owned(),
        minutes: statement.minutes.normal_balance(),
        points: statement.points.normal_balance(),
        points_owed: statement.points_owed,
        lots: statement.points.lots.into_iter().filter(|(_, remaining)| *remaining != 0).collect(),
        held: statement.points.held,
    }
}

both_engines!(accounts_asked_at_once_are_what_the_statements_say, async |bank| {
    bank.move_reserved();
    let ledger = Arc::new(bank.open().await);
    busy_town(bank, &ledger).await;
    let mut expected = BTreeMap::new();
    for (card, name) in cards().iter().zip(["邹兰", "周江玉", "雷天德", "雷佳霞", "王芳", "李强"]) {
        let account = account_by_statement(&ledger, card, name).await;
        assert_eq!(ledger.card_of_member(account.member).await.unwrap(), Some(number(card)));
        expected.insert(number(card), account);
    }
    assert_eq!(ledger.card_of_member(MemberId(i64::MAX)).await.unwrap(), None);
    let blocked = expected.values().filter(|account| account.card_state == CardState::Blocked).count();
    assert_eq!(blocked, 1);
    let printed = expected.values().filter(|account| account.balance_on_receipts == BalanceOnReceipts::Printed);
    assert_eq!(printed.map(|account| account.card).collect::<Vec<_>>(), [number(&cards()[0])]);
    let lots: BTreeSet<usize> = expected.values().map(|account| account.lots.len()).collect();
    assert!(lots.contains(&0) && lots.iter().any(|lots| *lots > 2), "accounts have lots or none: {lots:?}");

    let asked: Vec<CardNumber> = expected.keys().copied().chain((0..3).map(unknown)).collect();
    let mut tasks = JoinSet::new();
    for task in 0..200 {
        let (ledger, card) = (Arc::clone(&ledger), asked[task * task % asked.len()]);
        tasks.spawn(async move { (card, ledger.volunteer_account(card).await.unwrap()) });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.len(), 200);
    for (card, account) in answers {
        assert_eq!(account.as_ref(), expected.get(&card), "{card}");
    }
    for card in asked {
        assert_eq!(ledger.volunteer_account(card).await.unwrap().as_ref(), expected.get(&card), "{card}");
    }
});

both_engines!(what_was_had_this_month_is_what_its_receipts_sum_to, async |bank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    busy_town(bank, &ledger).await;
    let mut seen = BTreeSet::new();
    for card in cards() {
        let member = ledger.volunteer_account(number(&card)).await.unwrap().unwrap().member;
        let sql = format!("SELECT sku, pieces FROM ledger_redemption_lines WHERE member = {member}");
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for row in Tables::open(bank.url()).await.rows(&sql).await {
            *sums.entry(row[0].text().to_owned()).or_default() += row[1].integer();
        }
        sums.retain(|_, pieces| *pieces != 0);
        assert_eq!(ledger.pieces_had(member).await.unwrap(), sums, "{card}");
        seen.extend(sums.into_values());
    }
    assert_eq!(seen, [1, 2].into(), "one and several were had");
    // The first instant of July in the bank's zone.
    for (now, is_new_month) in [(1_782_835_199, false), (1_782_835_200, true)] {
        bank.set_now(now);
        let anna = ledger.volunteer_account(number(&cards()[0])).await.unwrap().unwrap().member;
        assert_eq!(ledger.pieces_had(anna).await.unwrap().is_empty(), is_new_month);
    }
});

both_engines!(an_account_is_read_as_it_was_at_one_moment, async |bank| {
    bank.move_reserved();
    let ledger = Arc::new(bank.open().await);
    busy_town(bank, &ledger).await;
    let anna = cards()[0].clone();
    let points = points_of(&ledger, &anna).await;
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let (ledger, card) = (Arc::clone(&ledger), number(&anna));
        tasks.spawn(async move {
            for _ in 0..10 {
                let account = ledger.volunteer_account(card).await.unwrap().unwrap();
                assert_eq!(account.lots.values().sum::<i64>(), account.points);
            }
        });
    }
    for seconds in 0..40 {
        post_all(&ledger, [grant(&points, 20, NOON + 5_000_000 + seconds), redeem(&anna, "S01", "V01", 1)]).await;
        let seen = ledger.volunteer_account(number(&anna)).await.unwrap().unwrap();
        let stands = ledger.account(&points).await.unwrap().unwrap();
        assert_eq!(seen.points, stands.normal_balance(), "no answer is older than its question");
        if stands.normal_balance() < 120 {
            post_all(&ledger, [grant(&points, 300, NOON + 4_000_000)]).await;
        }
    }
    tasks.join_all().await;
});

/// Reads all pages, with this many postings on each.
async fn paged(ledger: &Ledger, card: &str, postings_max: usize) -> Vec<String> {
    let (mut postings, mut start): (Vec<VolunteerPosting>, Option<StatementStart>) = (Vec::new(), None);
    loop {
        let page = ledger.volunteer_statement_page(number(card), start, postings_max).await.unwrap().unwrap();
        let is_last = page.next.is_none();
        assert!(page.postings.len() == postings_max || is_last, "{} of {postings_max}", page.postings.len());
        assert!(!page.postings.is_empty() || start.is_none(), "no page is empty but the first");
        postings.extend(page.postings);
        start = page.next;
        if is_last {
            return written(&postings);
        }
    }
}

/// Writes down everything about each posting: position, times, points, minutes, balances, reason and receipt.
fn written(postings: &[VolunteerPosting]) -> Vec<String> {
    postings.iter().map(|posting| format!("{posting:?}")).collect()
}

async fn whole(ledger: &Ledger, card: &str) -> Vec<String> {
    written(&ledger.volunteer_statement(number(card)).await.unwrap().unwrap().postings)
}

both_engines!(the_pages_of_a_statement_are_the_statement, async |bank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    busy_town(bank, &ledger).await;
    let mut lengths = BTreeSet::new();
    for card in cards() {
        let whole = whole(&ledger, &card).await;
        for postings_max in [1, 2, 7, 1000] {
            assert_eq!(paged(&ledger, &card, postings_max).await, whole, "{card} by {postings_max}");
        }
        lengths.insert(whole.len());
    }
    assert!(lengths.contains(&0) && lengths.iter().any(|length| *length > 7), "{lengths:?}");

    let anna = number(&cards()[0]);
    assert!(ledger.volunteer_statement_page(unknown(1), StatementFrom::Newest, 7).await.unwrap().is_none());
    let least = ledger.volunteer_statement_page(anna, StatementFrom::Newest, 0).await.unwrap().unwrap();
    assert_eq!((least.postings.len(), least.next.is_some()), (1, true), "a page has one posting at least");
    let end = StatementStart { size: 1, points: -1, minutes: -1, owed: -1 };
    let nothing = ledger.volunteer_statement_page(anna, Some(end), 7).await.unwrap().unwrap();
    assert_eq!((nothing.postings.len(), nothing.next), (0, None));
});

both_engines!(what_is_posted_between_two_pages_moves_neither, async |bank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    busy_town(bank, &ledger).await;
    let anna = &cards()[0];
    let before = whole(&ledger, anna).await;
    let first = ledger.volunteer_statement_page(number(anna), StatementFrom::Newest, 3).await.unwrap().unwrap();
    post_all(&ledger, [grant(&points_of(&ledger, anna).await, 5, NOON + 1_000_000)]).await;
    let rest = ledger.volunteer_statement_page(number(anna), first.next, 1000).await.unwrap().unwrap();
    assert_eq!([written(&first.postings), written(&rest.postings)].concat(), before);
    // Asked for at the size that the page names, it is the same again; later it would be another.
    let again =
        ledger.volunteer_statement_page(number(anna), StatementFrom::Size(first.size), 3).await.unwrap().unwrap();
    assert_eq!((written(&again.postings), again.next, again.size), (written(&first.postings), first.next, first.size));
    let now = ledger.volunteer_statement_page(number(anna), StatementFrom::Newest, 3).await.unwrap().unwrap();
    assert_eq!(now.size, ledger.journal_head().await.unwrap().0);
    assert_ne!(written(&now.postings), written(&first.postings));
    let beyond = StatementFrom::Size(now.size + 1);
    assert!(ledger.volunteer_statement_page(number(anna), beyond, 3).await.unwrap().is_none());
});

both_engines!(the_catalogue_is_what_offers_and_stocks_say, async |bank| {
    bank.move_reserved();
    let ledger = bank.open().await;
    busy_town(bank, &ledger).await;
    let offers: BTreeMap<_, _> = ledger.offers().await.unwrap().into_iter().collect();
    assert_eq!((offers.len(), offers["G01"].version), (3, 2));
    let mut stocks = BTreeSet::new();
    for station in ["S01", "S02", "S03"] {
        let catalogue = ledger.catalogue(station).await.unwrap();
        let listed: Vec<_> = catalogue.iter().map(|item| (&item.offer.terms.sku, &item.offer)).collect();
        assert_eq!(listed, offers.iter().collect::<Vec<_>>(), "{station}");
        for item in &catalogue {
            let address = format!("station/{station}/stock/{}", item.offer.terms.sku);
            let stock = ledger.account(&Address::new(&address).unwrap()).await.unwrap();
            assert_eq!(item.pieces_left, stock.map(|stock| stock.normal_balance()), "{address}");
            stocks.insert(item.pieces_left);
        }
        // Nothing has been put beside what a stock was opened with: only redemptions have taken from it.
        let opened = ledger.stock_opened(&[station]).await.unwrap().remove(station).unwrap();
        for item in &catalogue {
            let opened = opened.get(&item.offer.terms.sku).copied();
            assert_eq!(opened.is_some(), item.pieces_left.is_some(), "{station}");
            assert!(opened >= item.pieces_left, "{station}: {opened:?}");
        }
    }
    assert!(stocks.contains(&None) && stocks.contains(&Some(0)), "{stocks:?}");
    // Both engines give the same answer to whatever somebody types into an address bar.
    assert!(ledger.catalogue("S\0").await.unwrap().is_empty());
    let names = ledger.station_names().await.unwrap();
    assert_eq!(
        names,
        [("S01", "东紫园"), ("S02", "泰达青筑二期")].map(|(code, name)| (code.into(), name.into())).into()
    );
});

// Connections -----------------------------------------------------------------------------------------------------------------

both_engines!(a_ledger_for_reading_lets_nobody_in, async |bank| {
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.access().open_session(session("phone", Some(7), "")).await.unwrap();
    let reader = Ledger::open(bank.url(), Options { read_only: true, ..bank.options() }).await.unwrap();
    let access = reader.access();
    assert_eq!(access.session(token("phone")).await.unwrap(), Some(session("phone", Some(7), "")));
    assert!(access.pin_check(number(&cards()[0]), Door::Web).await.unwrap().member.is_some());
    let card = unknown(1);
    let refusals = [
        access.open_session(session("tablet", Some(7), "")).await,
        access.close_session(token("phone")).await,
        access.close_sessions_of_member(MemberId(7)).await,
        access.close_sessions_of_credential("till-1".to_owned()).await,
        access.add_login_link(token("link"), MemberId(7), NOON, NOON + 600).await,
        access.take_login_link(token("link"), NOON).await.map(drop),
        access.add_pin_miss(card, Door::Web, NOON, NOON).await,
        access.forget_pin_misses(card, Door::Web).await,
        access.mend_pin_misses(NOON).await,
        access.extend_session(&session("phone", Some(7), ""), NOON + 9000).await,
        access.use_visit(token("visit"), NOON).await,
        access.close_visit(token("visit")).await,
    ];
    assert!(refusals.iter().all(|refusal| matches!(refusal, Err(Fault::ReadOnly { .. }))), "{refusals:?}");
    assert_eq!(ledger.access().session(token("phone")).await.unwrap(), Some(session("phone", Some(7), "")));
});

/// Ends the bank's connections, and waits until they are gone.
const CUT: &str = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'points-bank'";

#[tokio::test]
async fn an_idle_connection_that_was_cut_is_not_noticed_on_postgres() {
    let bank = TestBank::postgres_alone(xtask::postgres::shared_url().unwrap()).await;
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    post_all(&ledger, [Command::IssueCredential(credential("till-1", Role::Teller, "S01"))]).await;
    let (access, anna) = (ledger.access(), number(&cards()[0]));
    access.open_session(session("phone", Some(7), "")).await.unwrap();
    let mut knife = PgConnection::connect(bank.url()).await.unwrap();
    for round in 0..3 {
        // Each of these uses a connection of its own, or one that is kept.
        assert!(access.credential("till-1").await.unwrap().is_some());
        assert!(access.session(token("phone")).await.unwrap().is_some());
        assert!(ledger.volunteer_account(anna).await.unwrap().is_some());
        assert!(ledger.volunteer_statement_page(anna, StatementFrom::Newest, 7).await.unwrap().is_some());
        access.add_pin_miss(anna, Door::Web, NOON, NOON).await.unwrap();
        assert_eq!(access.pin_check(anna, Door::Web).await.unwrap().misses, round + 1);
        let cut = knife.fetch_all(CUT).await.unwrap().len();
        assert!(cut >= 5, "{cut} connections");
    }
    assert!(access.credential("till-1").await.unwrap().is_some());
}

/// When the last connection to a SQLite file closes, it removes the write-ahead log.
#[tokio::test]
async fn a_closed_ledger_has_no_connection_left_on_sqlite() {
    let bank = TestBank::sqlite();
    let log = bank.folder().join("bank.db-wal");
    for _ in 0..5 {
        let ledger = bank.open().await;
        ledger.volunteer_account(unknown(1)).await.unwrap();
        ledger.access().credential("till-1").await.unwrap();
        ledger.access().session(token("phone")).await.unwrap();
        ledger.access().pin_check(unknown(1), Door::Web).await.unwrap();
        ledger.volunteer_balances().await.unwrap();
        assert!(log.exists());
        ledger.close().await;
        assert!(!log.exists());
    }
}
