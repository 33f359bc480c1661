//! One setting, four places to set it: flag, environment, file, default.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{program, run};

/// `config show` with a file of that text.
fn show(text: &str, arguments: &[&str]) -> (Command, TempDir) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("points-bank.toml");
    fs::write(&file, text).unwrap();
    let mut command = program(&["config", "show", "--config", file.to_str().unwrap()]);
    command.args(arguments);
    (command, folder)
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let text = "guesses_per_minute_max = 11\nwait_seconds_max = 12\nbody_bytes_max = 2000\n";
    let (mut command, _folder) = show(text, &["--body-bytes-max", "4000"]);
    command.env("POINTS_BANK_WAIT_SECONDS_MAX", "13").env("POINTS_BANK_BODY_BYTES_MAX", "3000");
    let (good, shown, error) = run(&mut command);
    assert!(good, "{error}");
    for line in [
        "guesses_per_minute_max = 11 # file",
        "wait_seconds_max = 13 # environment",
        "body_bytes_max = 4000 # flag",
        "idle_seconds_max = 75 # default",
        "# tls_key is not set",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line}\n{shown}");
    }
}

#[test]
fn what_is_shown_is_a_configuration_again_and_holds_no_password() {
    let text = "bank = \"postgres://clerk:secret@db.example/bank?schema=town\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    let (mut command, _folder) = show(text, &["--log-format", "text"]);
    let (good, shown, error) = run(&mut command);
    assert!(good && !shown.contains("secret"), "{shown}{error}");
    assert!(shown.contains("bank = \"postgres://db.example/bank?schema=town\" # file"), "{shown}");
    let (mut command, _folder) = show(&shown, &[]);
    let (good, again, error) = run(&mut command);
    assert!(good, "{error}");
    assert_eq!(
        again.replace(" # file", ""),
        shown.replace(" # file", "").replace(" # flag", "").replace(" # default", "")
    );
}

#[test]
fn the_example_parses_and_names_every_setting() {
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/points-bank.toml")).unwrap();
    let (mut command, _folder) = show(&example, &[]);
    let (good, _, error) = run(&mut command);
    assert!(good, "{error}");
    // What is only an example stands in a comment; with the comment signs gone, all of it must parse.
    let is_setting = |line: &str| line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ') && key != "bank");
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(line) if is_setting(line) => line.to_owned(),
        _ => line.to_owned(),
    };
    let whole: Vec<String> = example.lines().map(uncommented).collect();
    let (mut command, _folder) = show(&whole.join("\n"), &[]);
    let (good, all, error) = run(&mut command);
    assert!(good, "{error}");
    for line in all.lines() {
        assert!(line.ends_with(" # file"), "the example lacks: {line}");
    }
}

#[test]
fn a_bad_configuration_is_told_by_file_line_and_key() {
    for (text, words) in [
        ("\nlisten = \"127.0.0.1:1\"\nbody_byte_max = 1\n", ":3: there is no setting \"body_byte_max\""),
        ("wait_seconds_max = 0\n", ":1: wait_seconds_max: "),
        ("log_level = \"loud\"\n", ":1: log_level: "),
        ("listen = \n", ":1: "),
    ] {
        let (mut command, _folder) = show(text, &[]);
        let (good, output, error) = run(&mut command);
        assert!(!good && output.is_empty() && error.contains(words), "{text}: {error}");
    }
    let (good, _, error) = run(&mut program(&["config", "show", "--config", "/nowhere/points-bank.toml"]));
    assert!(!good && error.contains("/nowhere/points-bank.toml"), "{error}");
}

#[test]
fn a_variable_that_is_misspelt_is_refused_as_a_key_is() {
    for name in ["POINTS_BANK_LISEN", "POINTS_BANKS", "POINTS_BANK_"] {
        let (good, output, error) = run(program(&["config", "show"]).env(name, "127.0.0.1:1"));
        assert!(!good && output.is_empty(), "{name}");
        assert!(error.starts_with(&format!("there is no environment variable {name};")), "{error}");
    }
    // Whatever any of the commands knows may stand there for all of them.
    let mut command = program(&["config", "show"]);
    let (good, _, error) =
        run(command.env("POINTS_BANK_ISSUER", "baohua").env("POINTS_BANK_NOW", "2026-06-15T12:00:00+08:00"));
    assert!(good, "{error}");
}

#[test]
fn an_address_that_no_browser_opens_is_refused_wherever_it_is_set() {
    let words = "write it as https://points.example";
    let address = "points.example";
    let (mut command, _folder) = show(&format!("\npublic_url = \"{address}\"\n"), &[]);
    let (good, _, error) = run(&mut command);
    assert!(!good && error.contains(":2: public_url: ") && error.contains(words), "{error}");
    let refused = |command: &mut Command| {
        let (good, _, error) = run(command);
        assert!(!good && error.contains("--public-url") && error.contains(words), "{error}");
    };
    refused(program(&["config", "show"]).env("POINTS_BANK_PUBLIC_URL", address));
    refused(&mut program(&["config", "show", "--public-url", address]));
    refused(&mut program(&["serve", "--public-url", address]));
    refused(&mut program(&["login-link", "--card", "1000000743", "--public-url", address]));
}

/// However it is mistyped, and wherever it stands.
#[test]
fn no_word_repeats_the_password_of_an_address() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("points-bank.toml");
    let commands: [&[&str]; 6] = [
        &["config", "show"],
        &["balances"],
        &["import", "."],
        &["credential", "list"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["balances", "--nonsense"],
    ];
    for address in [
        "postgres://clerk:s3cret@127.0.0.1:1/bank",
        "postgres://clerk:s3/cret@127.0.0.1:1/bank",
        "postgres:clerk:s3cret@127.0.0.1:1/bank",
        "postgres//clerk:s3cret@h/bank",
        "postgres://clerk:s3cret@h:port/bank",
        "postgres://h:1/bank?user=clerk&password=s3cret&schema=No",
        "mysql://clerk:s3cret@h/bank",
        "clerk:s3cret@h",
    ] {
        let file_line = format!("bank = \"{address}\"\n");
        for (text, flags, variable) in [
            ("", vec!["--bank", address], ""),
            ("", Vec::new(), address),
            (file_line.as_str(), Vec::new(), ""),
            (file_line.trim_end_matches(['"', '\n']), Vec::new(), ""),
        ] {
            fs::write(&file, text).unwrap();
            for arguments in commands {
                if arguments[0] == "serve" && baoyulan_ledger::store::Target::parse(address).is_ok() {
                    // It would wait for the database; what it then says is in its log.
                    continue;
                }
                let mut command = program(arguments);
                command.args(&flags).args(["--config", file.to_str().unwrap()]).current_dir(folder.path());
                if !variable.is_empty() {
                    command.env("POINTS_BANK", variable);
                }
                let (_, output, error) = run(&mut command);
                for said in [output, error] {
                    assert!(!said.contains("s3") && !said.contains("cret@"), "{arguments:?} {address}: {said}");
                }
            }
        }
    }
}
