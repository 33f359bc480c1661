//! The SQLite file, its log and the index of the log are those that were opened, and whole.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bank_tests::bank::{TestBank, unkeyed};
use bank_tests::journal::assert_whole;
use baoyulan_ledger::book::Address;
use baoyulan_ledger::{Ledger, Options};

use super::support::{beside, code, codes, execute, file_of, point, town};

#[tokio::test]
async fn a_file_that_is_not_the_one_that_was_opened_is_not_served_on_sqlite() {
    type Act = fn(&Path, &Path);
    let acts: [(&str, Act); 7] = [
        ("deleted", |file, _| std::fs::remove_file(file).unwrap()),
        ("moved", |file, _| std::fs::rename(file, beside(file, "-away")).unwrap()),
        ("replaced by another bank", |file, other| {
            std::fs::remove_file(beside(file, "-wal")).unwrap();
            std::fs::remove_file(beside(file, "-shm")).unwrap();
            std::fs::rename(other, file).unwrap();
        }),
        ("overwritten with an older copy", |file, _| {
            std::fs::write(file, std::fs::read(beside(file, "-older")).unwrap()).unwrap();
        }),
        ("overwritten with another bank", |file, other| std::fs::write(file, std::fs::read(other).unwrap()).unwrap()),
        ("its log deleted", |file, _| std::fs::remove_file(beside(file, "-wal")).unwrap()),
        ("the index of its log deleted", |file, _| std::fs::remove_file(beside(file, "-shm")).unwrap()),
    ];
    for (what, act) in acts {
        let (bank, another) = (TestBank::sqlite(), TestBank::sqlite());
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        std::fs::copy(file_of(&bank), beside(&file_of(&bank), "-older")).unwrap();
        bank.open().await.post(unkeyed(point(&points))).await.unwrap();
        another.turn_chance_to(9);
        let (other, _) = town(&another).await;
        other.close().await;

        let ledger = bank.open().await;
        ledger.post(unkeyed(point(&points))).await.unwrap();
        act(&file_of(&bank), &file_of(&another));
        assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "{what}");
        let kept = std::fs::read(file_of(&bank)).ok();
        ledger.close().await;
        assert_eq!(std::fs::read(file_of(&bank)).ok(), kept, "{what}: nothing was written into the new file");
    }
}

/// Goes on with a copy of the closed bank elsewhere, by so many commands; returns the copy's file.
async fn fork(bank: &TestBank, points: &Address, commands: usize) -> PathBuf {
    let folder = tempfile::tempdir_in(bank.folder()).unwrap().keep();
    let file = folder.join("fork.db");
    std::fs::copy(file_of(bank), &file).unwrap();
    bank.copy_keys(&folder, |_| true);
    bank.turn_chance_to(7);
    let options = Options { key_folder: Some(folder), ..bank.options() };
    let ledger = Ledger::open(&format!("sqlite://{}", file.display()), options).await.unwrap();
    for _ in 0..commands {
        ledger.post(unkeyed(point(points))).await.unwrap();
    }
    ledger.close().await;
    file
}

/// A copy of the bank itself, with which somebody went on elsewhere, has its name and never a shorter journal.
#[tokio::test]
async fn a_copy_that_went_on_elsewhere_is_found_out_in_the_files_place_on_sqlite() {
    for commands in [2, 9] {
        let bank = TestBank::sqlite();
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        let fork = fork(&bank, &points, commands).await;
        let ledger = bank.open().await;
        for _ in 0..3 {
            ledger.post(unkeyed(point(&points))).await.unwrap();
        }
        std::fs::write(file_of(&bank), std::fs::read(fork).unwrap()).unwrap();
        assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "{commands} commands");
    }
}

/// A batch has many records, so there are sizes at which no process has seen the journal.
#[tokio::test]
async fn a_copy_that_went_on_to_a_size_nobody_has_seen_is_found_out_on_sqlite() {
    for commands in [1, 2, 3, 5] {
        let bank = TestBank::sqlite();
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        let fork = fork(&bank, &points, commands).await;
        bank.turn_chance_to(8);
        let ledger = bank.open().await;
        let batch = std::iter::repeat_with(|| unkeyed(point(&points))).take(6).collect();
        assert!(ledger.post_all(batch).await.unwrap().iter().all(Result::is_ok));
        std::fs::write(file_of(&bank), std::fs::read(fork).unwrap()).unwrap();
        assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "{commands} commands");
    }
}

/// What other processes have posted and moved into the file is proved to be the beginning of the journal.
#[tokio::test]
async fn a_size_that_only_another_process_has_seen_is_proved_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let other = bank.open().await;
    for _ in 0..3 {
        let batch = |commands| std::iter::repeat_with(|| unkeyed(point(&points))).take(commands).collect();
        other.post_all(batch(2)).await.unwrap();
        execute(bank.url(), "PRAGMA wal_checkpoint(PASSIVE)").await;
        other.post_all(batch(300)).await.unwrap();
        assert_eq!(codes(&ledger, &points).await, [""; 4]);
        assert_eq!(codes(&other, &points).await, [""; 4]);
    }
    other.close().await;
    ledger.close().await;
    assert_whole(bank.url()).await;
}

/// The index is shared memory, and whoever writes over it changes what everybody finds in the log.
#[tokio::test]
async fn an_index_of_the_log_that_was_overwritten_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let index = beside(&file_of(&bank), "-shm");
    let older = std::fs::read(&index).unwrap();
    ledger.post(unkeyed(point(&points))).await.unwrap();
    overwrite(&index, &older);
    assert_eq!(codes(&ledger, &points).await, ["rolled_back"; 4], "an older copy of its own");

    let (bank, another) = (TestBank::sqlite(), TestBank::sqlite());
    let (ledger, points) = town(&bank).await;
    another.turn_chance_to(9);
    let (_other, _) = town(&another).await;
    let foreign = std::fs::read(beside(&file_of(&another), "-shm")).unwrap();
    overwrite(&beside(&file_of(&bank), "-shm"), &foreign);
    assert_eq!(codes(&ledger, &points).await, ["moved"; 4], "another bank's");

    // The engine itself makes one anew that is no index at all.
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let index = beside(&file_of(&bank), "-shm");
    overwrite(&index, &vec![0; older.len()]);
    assert_eq!(codes(&ledger, &points).await, [""; 4], "nothing");
    ledger.close().await;
    assert_whole(bank.url()).await;
}

/// Writes over a file without making it shorter first: whoever has mapped it would be killed.
fn overwrite(file: &Path, content: &[u8]) {
    std::fs::File::options().write(true).open(file).unwrap().write_all(content).unwrap();
}

#[tokio::test]
async fn a_log_that_was_emptied_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    std::fs::File::options().write(true).open(beside(&file_of(&bank), "-wal")).unwrap().set_len(0).unwrap();
    assert_eq!(codes(&ledger, &points).await, ["moved"; 4]);
}

/// After a crash the newest records stand in the log alone. It has the newer head, but an older file lacks what had been moved
/// there meanwhile.
#[tokio::test]
async fn an_older_file_under_a_newer_log_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let older = std::fs::read(file_of(&bank)).unwrap();
    let ledger = bank.open().await;
    for _ in 0..20 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    execute(bank.url(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
    for _ in 0..3 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    // What a crash leaves.
    let (file, log) = (file_of(&bank), beside(&file_of(&bank), "-wal"));
    let (newer, kept) = (std::fs::read(&file).unwrap(), std::fs::read(&log).unwrap());
    let head = bank.key_folder().join(format!("{}.head", ledger.bank().bank_id));
    let remembered = std::fs::read(&head).unwrap();
    ledger.close().await;
    for (content, expected) in [(&older, "rolled_back"), (&newer, "")] {
        std::fs::write(&file, content).unwrap();
        std::fs::write(&log, &kept).unwrap();
        std::fs::write(&head, &remembered).unwrap();
        let _ = std::fs::remove_file(beside(&file, "-shm"));
        assert_eq!(code(Ledger::open(bank.url(), bank.options()).await), expected);
    }
    assert_whole(bank.url()).await;
}

#[tokio::test]
async fn a_file_that_was_cut_is_found_out_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.close().await;
    let ledger = bank.open().await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    let file = std::fs::File::options().write(true).open(file_of(&bank)).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    assert_eq!(codes(&ledger, &points).await, ["moved"; 4]);
}

/// Many look at the files at the same time, and the log grows between one look and the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_not_taken_for_somebody_who_cuts_the_log_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let (ledger, points) = (ledger.clone(), points.clone());
        readers.spawn(async move {
            for _ in 0..40 {
                ledger.account(&points).await.unwrap();
            }
        });
    }
    for _ in 0..200 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
    }
    while let Some(read) = readers.join_next().await {
        read.unwrap();
    }
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
}

/// Another program may move all of the log into the file, and empty it.
#[tokio::test]
async fn a_log_that_another_program_has_moved_into_the_file_does_no_harm_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    ledger.post(unkeyed(point(&points))).await.unwrap();
    execute(bank.url(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
    assert_eq!(std::fs::metadata(beside(&file_of(&bank), "-wal")).unwrap().len(), 0);
    assert_eq!(codes(&ledger, &points).await, [""; 4]);
    ledger.close().await;
    assert_whole(bank.url()).await;
}

/// Reads the bank as any other program does, in a process of its own, and closes it again.
fn read_by_another_program(file: &Path) {
    const READ: &str = "import sqlite3, sys\nbank = sqlite3.connect(sys.argv[1])\n\
                        bank.execute('SELECT count(*) FROM ledger_records').fetchone()\nbank.close()";
    let status = std::process::Command::new("python3").args(["-c", READ]).arg(file).status().unwrap();
    assert!(status.success(), "python3 is needed");
}

/// POSIX takes a process's locks from a file when the process closes any descriptor of it. Then another program that
/// closes the file believes to be the last one, and deletes the log.
#[tokio::test]
async fn other_programs_that_read_the_bank_do_it_no_harm_on_sqlite() {
    let bank = TestBank::sqlite();
    let (ledger, points) = town(&bank).await;
    let beside_it = bank.open().await;
    for _ in 0..5 {
        ledger.post(unkeyed(point(&points))).await.unwrap();
        read_by_another_program(&file_of(&bank));
        assert!(beside(&file_of(&bank), "-wal").exists(), "the log was deleted under the ledger");
        assert_eq!(codes(&ledger, &points).await, [""; 4]);
        // Opened and closed again in this process, for reading and for posting.
        let reading = Options { read_only: true, create: None, ..bank.options() };
        Ledger::open(bank.url(), reading).await.unwrap().close().await;
        bank.open().await.close().await;
    }
    let (size, _) = ledger.journal_head().await.unwrap();
    beside_it.close().await;
    ledger.close().await;
    assert_eq!(bank.open().await.journal_head().await.unwrap().0, size);
    assert_whole(bank.url()).await;
}

/// Whoever puts a file in order may choose another size for its pages.
#[tokio::test]
async fn a_file_with_pages_of_another_size_is_a_bank_like_any_other_on_sqlite() {
    for bytes in [512, 8192, 65_536] {
        let bank = TestBank::sqlite();
        let (ledger, points) = town(&bank).await;
        ledger.close().await;
        execute(
            bank.url(),
            &format!("PRAGMA journal_mode = DELETE; PRAGMA page_size = {bytes}; VACUUM; PRAGMA journal_mode = WAL"),
        )
        .await;
        let ledger = bank.open().await;
        for _ in 0..3 {
            assert_eq!(codes(&ledger, &points).await, [""; 4], "{bytes}");
            execute(bank.url(), "PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
        assert_eq!(codes(&ledger, &points).await, [""; 4], "{bytes}");
        let older = std::fs::read(beside(&file_of(&bank), "-shm")).unwrap();
        ledger.post(unkeyed(point(&points))).await.unwrap();
        overwrite(&beside(&file_of(&bank), "-shm"), &older);
        assert_ne!(codes(&ledger, &points).await, [""; 4], "{bytes}");
        ledger.close().await;
    }
}
