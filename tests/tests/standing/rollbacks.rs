//! The bank is an older copy of itself, or another one.

use std::path::Path;

use bank_tests::bank::{NOON, TestBank, cards, keyed, redeem, unkeyed};
use bank_tests::both_engines;
use bank_tests::journal::{Tables, assert_whole};
use baoyulan_ledger::{Error, Fault, Ledger, Options};

use super::support::{accepting, beside, code, codes, copy, execute, file_of, point, put_back, schema_of, town};

both_engines!(an_older_copy_under_a_running_ledger_is_found_out, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    let redeemed = ledger.post(keyed(7, redeem(&cards()[0], "S01", "V01", 1))).await;
    assert!(matches!(redeemed, Err(Error::Rejected(_)) | Ok(_)));
    ledger.post(unkeyed(point(&points))).await.unwrap();

    put_back(bank, older).await;
    let expected = if bank.is_postgres() { "rolled_back" } else { "moved" };
    assert_eq!(codes(&ledger, &points).await, [expected; 4]);
    let before = Tables::open(bank.url()).await.dump().await;
    assert_eq!(codes(&ledger, &points).await, [expected; 4], "it is not believed again");
    ledger.close().await;
    assert_eq!(Tables::open(bank.url()).await.dump().await, before, "nothing was written into it");
    assert_whole(bank.url()).await;
});

both_engines!(an_older_copy_is_opened_only_by_somebody_who_knows, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    let (size, _) = ledger.journal_head().await.unwrap();
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    put_back(bank, older).await;
    let before = Tables::open(bank.url()).await.dump().await;

    let fault = Ledger::open(bank.url(), bank.options()).await.unwrap_err();
    let Fault::RolledBack { size_seen, size_found, last_seen_at } = fault else { unreachable!("{fault:?}") };
    assert_eq!((size_seen, size_found, last_seen_at), (size + 2, size, NOON));
    assert_eq!(Tables::open(bank.url()).await.dump().await, before);
    // Who only reads may look at an older copy.
    let reader = Ledger::open(bank.url(), Options { read_only: true, create: None, ..bank.options() }).await.unwrap();
    assert_eq!(reader.journal_head().await.unwrap().0, size);
    reader.close().await;

    let ledger = Ledger::open(bank.url(), accepting(bank)).await.unwrap();
    let rows = Tables::open(bank.url()).await.rows("SELECT position, size_seen FROM ledger_rollback_acceptances").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0][0].integer(), rows[0][1].integer()), (size as i64, size as i64 + 2));
    let actors = format!("SELECT actor, kind FROM ledger_records WHERE position = {size}");
    let record = Tables::open(bank.url()).await.rows(&actors).await;
    assert_eq!((record[0][0].text(), record[0][1].text()), ("operator-1", "RLBA"));
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    // Afterwards it is a bank like any other, and the flag changes nothing any more.
    for options in [bank.options(), accepting(bank)] {
        let ledger = Ledger::open(bank.url(), options).await.unwrap();
        ledger.post(unkeyed(point(&points))).await.unwrap();
        ledger.close().await;
    }
    assert_eq!(Tables::open(bank.url()).await.rows("SELECT position FROM ledger_rollback_acceptances").await.len(), 1);
    assert_whole(bank.url()).await;
});

both_engines!(nobody_goes_on_beside_a_copy_that_did, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let copied = copy(bank).await;
    let (ledger, receipts) = (bank.open().await, bank.open().await);
    // It has the bank's key folder, and nothing says so: a copy of a schema, or one that is meant to take the bank's place.
    bank.turn_chance_to(7);
    let options = Options { even_if_gone: true, ..bank.options() };
    let fork = Ledger::open(&copied.url(bank), options).await.unwrap();
    fork.post(unkeyed(point(&points))).await.unwrap();
    assert_eq!(code(ledger.journal_head().await), "rolled_back", "whoever reads the bank finds out");
    assert_eq!(code(receipts.post(unkeyed(point(&points))).await), "rolled_back", "and so does whoever posts");
    fork.post(unkeyed(point(&points))).await.unwrap();
    for ledger in [ledger, receipts, fork] {
        ledger.close().await;
    }
});

#[tokio::test]
async fn a_copy_with_the_banks_keys_is_not_opened_beside_it_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let original = file_of(&bank);
    let elsewhere = beside(&original, "-copy");
    let url = format!("sqlite://{}", elsewhere.display());
    let open = async |url: &str| Ledger::open(url, Options { create: None, ..bank.options() }).await;
    for make in [std::fs::hard_link::<&Path, &Path>, |from, to| std::fs::copy(from, to).map(drop)] {
        make(&original, &elsewhere).unwrap();
        assert_eq!(open(&url).await.unwrap_err().code(), "copied");
        let reader = Ledger::open(&url, Options { read_only: true, create: None, ..bank.options() }).await.unwrap();
        reader.close().await;
        std::fs::remove_file(&elsewhere).unwrap();
    }
    // A link is the very file, with the very log.
    std::os::unix::fs::symlink(&original, &elsewhere).unwrap();
    open(&url).await.unwrap().close().await;
    std::fs::remove_file(&elsewhere).unwrap();
    // A bank that was moved is where it is.
    std::fs::rename(&original, &elsewhere).unwrap();
    let ledger = open(&url).await.unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    assert_eq!(open(bank.url()).await.unwrap_err().code(), "no_bank");

    // With a folder of its own, even a copy of the bank's, a copy is a bank for itself.
    let keys = bank.folder().join("keys-of-the-copy");
    std::fs::create_dir(&keys).unwrap();
    bank.copy_keys(&keys, |_| true);
    std::fs::copy(&elsewhere, &original).unwrap();
    let options = Options { create: None, key_folder: Some(keys), ..bank.options() };
    Ledger::open(bank.url(), options).await.unwrap().close().await;
}

#[tokio::test]
async fn another_bank_at_a_banks_address_is_opened_only_by_somebody_who_knows_on_sqlite() {
    let (bank, another) = (TestBank::sqlite(), TestBank::sqlite());
    let (ledger, _) = town(&bank).await;
    ledger.close().await;
    another.turn_chance_to(9);
    let (other, points) = town(&another).await;
    other.close().await;
    another.copy_keys(&bank.key_folder(), |name| name.ends_with(".receipt-key"));
    std::fs::rename(file_of(&another), file_of(&bank)).unwrap();
    let open = async |even_if_gone| Ledger::open(bank.url(), Options { even_if_gone, ..bank.options() }).await;
    assert_eq!(open(false).await.unwrap_err().code(), "other_bank");
    open(true).await.unwrap().close().await;
    // From now on it is the one that is there.
    let ledger = open(false).await.unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
}

both_engines!(whoever_goes_on_is_named_as_the_journal_names_people, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    put_back(bank, older).await;
    let before = Tables::open(bank.url()).await.dump().await;
    for actor in ["", "李华", "k li", "k.li ", "a\nb", &"k".repeat(65)] {
        for options in [
            Options { accept_rollback: Some(actor.to_owned()), ..bank.options() },
            Options { accept_clock: Some(actor.to_owned()), accept_rollback: Some("k.li".into()), ..bank.options() },
        ] {
            assert_eq!(Ledger::open(bank.url(), options).await.unwrap_err().code(), "bad_actor", "{actor:?}");
        }
    }
    assert_eq!(Tables::open(bank.url()).await.dump().await, before, "nothing was written");
    Ledger::open(bank.url(), accepting(bank)).await.unwrap().close().await;
});

both_engines!(an_idle_process_takes_back_nothing_that_was_accepted, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    // It asks nothing, so it does not notice.
    let idle = bank.open().await;
    idle.post(unkeyed(point(&points))).await.unwrap();
    idle.post(unkeyed(point(&points))).await.unwrap();
    put_back(bank, older).await;
    let accepted = Ledger::open(bank.url(), accepting(bank)).await.unwrap();
    idle.close().await;
    accepted.close().await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    ledger.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(an_older_copy_that_has_grown_again_is_found_out, async |bank: &TestBank| {
    let (ledger, points) = town(bank).await;
    ledger.close().await;
    let older = copy(bank).await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    put_back(bank, older).await;
    // Somebody who has the key, and does not know what was seen, goes on with the older copy beyond that size.
    let elsewhere = bank.folder().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    for file in std::fs::read_dir(bank.key_folder()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|kind| kind == "receipt-key") {
            std::fs::copy(&file, elsewhere.join(file.file_name().unwrap())).unwrap();
        }
    }
    bank.turn_chance_to(1);
    let other = Ledger::open(bank.url(), Options { key_folder: Some(elsewhere), ..bank.options() }).await.unwrap();
    for _ in 0..300 {
        other.post(unkeyed(point(&points))).await.unwrap();
    }
    other.close().await;

    let expected = if bank.is_postgres() { "rolled_back" } else { "moved" };
    assert_eq!(codes(&ledger, &points).await, [expected; 4]);
    ledger.close().await;
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "rolled_back");
});

both_engines!(several_processes_that_take_turns_are_not_taken_for_a_rollback, async |bank: &TestBank| {
    let (one, points) = town(bank).await;
    let other = bank.open().await;
    for _ in 0..5 {
        for ledger in [&one, &other] {
            ledger.post(unkeyed(point(&points))).await.unwrap();
            assert_eq!(codes(ledger, &points).await, [""; 4]);
        }
    }
    // Whoever is closed last has not always seen the most.
    one.close().await;
    other.close().await;
    bank.open().await.close().await;
    assert_whole(bank.url()).await;
});

both_engines!(what_was_seen_and_cannot_be_read_stops_the_bank, async |bank: &TestBank| {
    let (ledger, _) = town(bank).await;
    let head = bank.key_folder().join(format!("{}.head", ledger.bank().bank_id));
    ledger.close().await;
    let kept = std::fs::read(&head).unwrap();
    std::fs::write(&head, &kept[..100]).unwrap();
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "head_file");
    // Without it nothing is known, so nothing can be compared: it is made anew.
    std::fs::remove_file(&head).unwrap();
    bank.open().await.close().await;
    assert!(head.exists());
});

#[tokio::test]
async fn another_bank_in_the_same_schema_is_found_out_on_postgres() {
    let bank = TestBank::postgres();
    let (ledger, points) = town(&bank).await;
    execute(bank.url(), &format!("DROP SCHEMA {} CASCADE", schema_of(&bank))).await;
    assert!(codes(&ledger, &points).await.iter().all(|code| ["damaged", "no_bank"].contains(code)));
    bank.turn_chance_to(9);
    assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), "bank_missing");
    let anew = Options { even_if_gone: true, ..bank.options() };
    Ledger::open(bank.url(), anew).await.unwrap().close().await;
    let (other, others) = town(&bank).await;
    for _ in 0..3 {
        other.post(unkeyed(point(&others))).await.unwrap();
    }
    assert_eq!(codes(&ledger, &points).await, ["other_bank"; 4]);
    assert_eq!(codes(&other, &others).await, [""; 4]);
    assert_whole(bank.url()).await;
}
