//! One time for readers and writer, which is not believed beyond reason.

use bank_tests::bank::{NOON, TestBank, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::clock::ClockState;
use baoyulan_ledger::{Fault, Ledger, NewBank, Options};

use super::support::{DAY, code, execute, point, town};

both_engines!(a_clock_beyond_reason_posts_nothing_until_it_is_confirmed, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    bank.set_now(NOON + 3650 * DAY);
    let ledger = bank.open().await;
    assert_eq!(code(ledger.post(unkeyed(point(&points))).await), "clock_ahead");
    let standing = ledger.standing().await.unwrap();
    assert!(matches!(standing.clock, ClockState::Ahead(_)));
    assert_eq!(standing.not_writable.map(|fault| fault.code()), Some("clock_ahead"));
    ledger.close().await;

    let accepted = Options { accept_clock: Some("operator-1".to_owned()), ..bank.options() };
    let ledger = Ledger::open(bank.url(), accepted.clone()).await.unwrap();
    let posted = ledger.post(unkeyed(point(&points))).await.unwrap();
    assert_eq!((posted.posted_at, ledger.now()), (NOON + 3650 * DAY, NOON + 3650 * DAY));
    ledger.close().await;
    Ledger::open(bank.url(), accepted).await.unwrap().close().await;
    let question = "SELECT r.kind, r.actor, c.last_posted_at FROM ledger_clock_acceptances c \
                    JOIN ledger_records r ON r.position = c.position";
    let rows = Tables::open(bank.url()).await.rows(question).await;
    assert_eq!(rows.len(), 1, "once is enough");
    assert_eq!((rows[0][0].text(), rows[0][1].text(), rows[0][2].integer()), ("CLKA", "operator-1", NOON));
    assert_whole(bank.url()).await;
});

both_engines!(readers_and_the_writer_have_one_time, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    bank.set_now(NOON + 5 * DAY);
    ledger.post(unkeyed(point(&points))).await.unwrap();
    let other = bank.open().await;
    // The clock is set back: nothing is older than the last record, in any process.
    bank.set_now(NOON - 400 * DAY);
    for ledger in [&ledger, &other] {
        assert_eq!(ledger.now(), NOON + 5 * DAY);
        let standing = ledger.standing().await.unwrap();
        assert!(matches!(standing.clock, ClockState::Behind { seconds } if seconds == 405 * DAY), "{standing:?}");
        assert!(standing.not_writable.is_none());
        assert_eq!(ledger.post(unkeyed(point(&points))).await.unwrap().posted_at, NOON + 5 * DAY);
    }
});

#[tokio::test]
async fn a_real_bank_does_not_believe_a_machine_that_was_away_for_too_long_on_sqlite() {
    let bank = TestBank::sqlite();
    let real = || Options { key_folder: Some(bank.key_folder()), ..Options::create(NewBank::of_town("baoyulan")) };
    Ledger::open(bank.url(), real()).await.unwrap().close().await;
    execute(bank.url(), &format!("UPDATE ledger_head SET posted_at = posted_at - {}", 40 * DAY)).await;
    let ledger = Ledger::open(bank.url(), real()).await.unwrap();
    let ClockState::Ahead(Fault::ClockAhead { reading, last_posted_at }) = ledger.standing().await.unwrap().clock
    else {
        unreachable!("the clock is believed");
    };
    assert!(reading - last_posted_at >= 40 * DAY);
    // Readers go on from the last record's time, at the pace of the machine's own count of seconds.
    assert!((last_posted_at..last_posted_at + 600).contains(&ledger.now()));
    ledger.close().await;
    let longer = Options { clock_days_ahead_max: 41, ..real() };
    assert!(matches!(
        Ledger::open(bank.url(), longer).await.unwrap().standing().await.unwrap().clock,
        ClockState::Right
    ));
}
