//! Backups at the counter: beside a running service, over a full disk, killed in the middle; what is restored of them; and a copy
//! that nobody may write to.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bank_tests::aged::age;
use bank_tests::bank::{TestBank, cards, reference_town};
use bank_tests::both_engines;
use bank_tests::journal::assert_whole;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use xtask::account::{Account, is_root};

use crate::support::{Counter, Folder, program, run};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Copies the bank's key, as its people do by hand.
fn bring_key(from: &TestBank, to: &TestBank) {
    std::fs::create_dir_all(to.key_folder()).unwrap();
    for key in std::fs::read_dir(from.key_folder()).unwrap() {
        let key = key.unwrap();
        std::fs::copy(key.path(), to.key_folder().join(key.file_name())).unwrap();
    }
}

both_engines!(a_backup_is_restored_on_either_engine_and_the_counter_goes_on, async |bank| {
    // The ledger stays open, as a service's does.
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let counter = Counter(bank);
    let balances = counter.run(&["balances"]).good();
    let file = bank.folder().join("backup.db");
    let said = counter.run(&["backup", "--to", text(&file)]);
    let key = format!("{}.receipt-key", ledger.bank().bank_id);
    assert!(said.error.contains(&key), "{said:?}");
    assert!(said.good().starts_with(&format!(
        "{}: bank {} of {}, ",
        text(&file),
        ledger.bank().bank_id,
        ledger.bank().issuer
    )));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "it names people");
    assert_eq!(counter.run(&["backup", "--to", text(&file)]).refused(), "exists");

    for other in [TestBank::sqlite(), TestBank::postgres()] {
        let restored = Counter(&other);
        let said = restored.run(&["restore", "--from", text(&file)]);
        assert!(said.error.contains(&key) && said.error.contains("run audit"), "{said:?}");
        assert!(said.good().starts_with("restored: bank "));
        assert_eq!(restored.run(&["balances"]).good(), balances);
        restored.run(&["trial-balance"]).good();
        assert_eq!(restored.run(&["restore", "--from", text(&file)]).refused(), "exists");
        let block = ["card", "--card", &cards()[0], "block"];
        assert_eq!(restored.run(&block).refused(), "key_missing");
        bring_key(bank, &other);
        restored.run(&block).good();
        assert_whole(other.url()).await;
    }
    ledger.close().await;
});

#[tokio::test]
async fn a_full_disk_and_a_kill_leave_nothing_under_the_name() {
    let bank = TestBank::postgres();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    let file = bank.folder().join("backup.db");
    let backup = ["--bank", bank.url(), "backup", "--to", text(&file)];

    // No file grows beyond 64 KiB.
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]).arg(program(&[]).get_program()).args(backup);
    assert_eq!(run(full.stdout(Stdio::piped()).stderr(Stdio::piped())).refused(), "read_only");
    assert_eq!(unfinished(bank.folder()), Vec::<PathBuf>::new());
    assert!(!file.exists());

    // Somebody has locked a table, so a backup is certainly under way until it is killed.
    let (server, schema) = bank.url().split_once("?schema=").unwrap();
    let mut conn = PgConnection::connect(server).await.unwrap();
    let lock = format!("BEGIN; LOCK TABLE {schema}.ledger_stations IN ACCESS EXCLUSIVE MODE");
    conn.execute(sqlx::raw_sql(AssertSqlSafe(lock))).await.unwrap();
    let mut killed = program(&backup).spawn().unwrap();
    while unfinished(bank.folder()).is_empty() {
        assert_eq!(killed.try_wait().unwrap(), None);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    conn.execute("ROLLBACK").await.unwrap();
    assert!(!file.exists());
    assert_eq!(unfinished(bank.folder()).len(), 1, "its name says what it is");

    run(&mut program(&backup)).good();
    assert_whole(&format!("sqlite://{}", text(&file))).await;
    ledger.close().await;
}

/// What a backup has begun and not ended.
fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| text(file).contains(".unfinished-")).collect()
}

/// A bank that was copied as a file of WAL mode, and a backup; in a folder that is read-only, for an account that is not root.
#[tokio::test]
async fn a_copy_that_nobody_may_write_to_is_read() {
    let bank = TestBank::sqlite();
    let ledger = bank.open().await;
    reference_town(&ledger).await;
    ledger.close().await;
    let balances = Counter(&bank).run(&["balances"]).good();
    let folder = bank.folder().join("archive");
    std::fs::create_dir(&folder).unwrap();
    let (plain, backup) = (folder.join("plain.db"), folder.join("backup.db"));
    std::fs::copy(bank.folder().join("bank.db"), &plain).unwrap();
    Counter(&bank).run(&["backup", "--to", text(&backup)]).good();
    for file in [&plain, &backup] {
        std::fs::set_permissions(file, Permissions::from_mode(0o444)).unwrap();
    }
    std::fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    std::fs::set_permissions(bank.folder(), Permissions::from_mode(0o755)).unwrap();
    for file in [&plain, &backup] {
        let bytes = std::fs::read(file).unwrap();
        let mut reading = program(&["--bank", &format!("sqlite://{}", text(file)), "balances"]);
        if is_root().unwrap() {
            let Account { user, group } = Account::named("nobody").unwrap();
            reading.uid(user).gid(group);
        }
        assert_eq!(run(&mut reading).good(), balances);
        assert_eq!(std::fs::read(file).unwrap(), bytes);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // So that it can be removed.
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
}

/// The counter's commands that only read leave an older bank alone and say what to do. Those that post bring it up to date.
#[tokio::test]
async fn an_older_bank_is_read_after_it_is_brought_up_to_date() {
    for bank in [TestBank::sqlite(), TestBank::postgres()] {
        let counter = Counter(&bank);
        let folder = Folder::town();
        counter.import(&folder);
        let again = counter.import(&folder);
        let balances = counter.run(&["balances"]).good();
        age(&bank).await;
        assert_eq!(counter.run(&["balances"]).refused(), "schema_old");
        assert_eq!(counter.import(&folder), again, "what was imported before is there");
        assert_eq!(counter.run(&["balances"]).good(), balances);
    }
}

/// An address with a slip of the finger: the message names it, and nothing is made or changed.
#[test]
fn what_is_no_bank_is_named() {
    let bank = TestBank::sqlite();
    let diary = bank.folder().join("diary.txt");
    std::fs::write(&diary, "Dear diary,").unwrap();
    let address = format!("sqlite://{}", text(&diary));
    for arguments in
        [&["balances"][..], &["backup", "--to", "/dev/null/backup.db"], &["serve", "--listen", "127.0.0.1:0"]]
    {
        let said = run(program(&["--bank", &address]).args(arguments));
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.error.contains("diary.txt") || said.error.contains("/dev/null"), "{said:?}");
    }
    assert_eq!(std::fs::read(&diary).unwrap(), b"Dear diary,");
}
