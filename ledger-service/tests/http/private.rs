//! What is kept of people is read by nobody but the service's own user, whatever its umask is.

use std::fs::Metadata;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bank_tests::bank::TestBank;
use bank_tests::service::{self, command, under};

use super::support::{credential, files, run, town};

/// What the file system answers; `None` where what was asked about is no longer there: a service that runs renames and removes
/// files between one look and the next.
fn unless_gone<T>(answer: std::io::Result<T>) -> Option<T> {
    let is_gone = answer.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    (!is_gone).then(|| answer.unwrap())
}

/// All that is in a folder, however deep, with what the file system says of each.
fn all(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let mut found = Vec::new();
    for entry in unless_gone(std::fs::read_dir(folder)).into_iter().flatten() {
        let path = entry.unwrap().path();
        let Some(metadata) = unless_gone(std::fs::metadata(&path)) else { continue };
        if metadata.is_dir() {
            found.extend(all(&path));
        }
        found.push((path, metadata));
    }
    found
}

/// Asserts that everything in the folder is its owner's alone; gives the names of what is there.
fn assert_private(folder: &Path) -> Vec<String> {
    let found = all(folder);
    for (path, metadata) in &found {
        let mode = metadata.permissions().mode() & 0o7777;
        assert_eq!(mode, if metadata.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
    found.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn is_found(names: &[String], end: &str) -> bool {
    names.iter().any(|name| name.ends_with(end))
}

#[test]
fn nobody_else_reads_a_bank_its_keys_its_uploads_and_its_reports() {
    for umask in ["022", "000"] {
        let bank = TestBank::sqlite();
        let report = bank.folder().join("refused.csv");
        std::fs::write(&report, "row,code,words\n").unwrap();
        std::fs::set_permissions(&report, PermissionsExt::from_mode(0o644)).unwrap();
        let mut import = command(&bank);
        import.args(["import", town().to_str().unwrap(), "--demo", "--report"]).arg(&report);
        import.env("POINTS_BANK_KEY_FOLDER", bank.folder().join("keys/of/the/bank"));
        assert!(under(umask, &import).status().unwrap().success());
        run(&bank, &["pin", "set", "--card", "1000157592"], "482913");
        assert_private(bank.folder());

        let token = credential(&bank, "coordinator", &[]);
        let service = service::Service::start_under(&bank, umask);
        let mut broken = files(&town());
        broken[0].1 = b"nonsense".to_vec();
        let caller = service.client(&token);
        // One that fails, and one whose report stays.
        for (key, files) in [("broken", broken), ("the town", files(&town()))] {
            let location = caller.upload(key, &files).expect(202)["id"].as_str().unwrap().to_owned();
            let state = || caller.get(&format!("/v1/imports/{location}")).expect(200)["state"].clone();
            while state() != "done" && state() != "failed" {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        let names = assert_private(bank.folder());
        for end in ["-wal", "-shm", ".receipt-key", ".pin-pepper", "job.json", "refused.csv"] {
            assert!(is_found(&names, end), "{end}: {names:?}");
        }
    }
}

/// Without a home there is no folder for the key of a bank on PostgreSQL, and none is made up.
#[test]
fn a_key_without_a_place_is_refused() {
    let bank = TestBank::postgres();
    let here = tempfile::tempdir().unwrap();
    let run = |key_folder: Option<&Path>, arguments: &[&str]| {
        let mut process = std::process::Command::new(service::program());
        process
            .args(["--bank", bank.url()])
            .args(arguments)
            .env_remove("HOME")
            .env_remove("XDG_DATA_HOME")
            .current_dir(here.path());
        process.args(key_folder.into_iter().flat_map(|folder| ["--key-folder".as_ref(), folder.as_os_str()]));
        process.output().unwrap()
    };
    let import = ["import", &std::fs::canonicalize(town()).unwrap().display().to_string(), "--demo"];
    let refused = run(None, &import);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.starts_with("no_key_folder") && error.contains("--key-folder"), "{error}");
    assert!(all(here.path()).is_empty());

    let keys = tempfile::tempdir().unwrap();
    assert!(run(Some(keys.path()), &import).status.success());
    // Whoever only reads needs no key.
    assert!(run(None, &["balances"]).status.success());
    assert!(all(here.path()).is_empty());
}
