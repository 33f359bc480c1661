//! Running the program, and folders of towns to run it on.

use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bank_tests::bank::TestBank;
use tempfile::TempDir;

/// What a run of the program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: i32,
    pub output: String,
    pub error: String,
}

impl Said {
    /// What was printed, of a run that must have ended well.
    pub fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.output
    }

    /// The first line of standard error, of a run that must have ended with 1 and printed nothing.
    pub fn refused(self) -> String {
        assert_eq!((self.code, self.output.as_str()), (1, ""), "{self:?}");
        self.error.lines().next().unwrap_or_default().to_owned()
    }
}

/// The program, with these arguments alone.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-service"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["POINTS_BANK", "POINTS_BANK_NOW", "POINTS_BANK_LANGUAGE", "POINTS_BANK_ACTOR"] {
        command.env_remove(variable);
    }
    command
}

/// Runs it to its end.
pub fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        output: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The counter of one bank.
pub struct Counter<'a>(pub &'a TestBank);

impl Counter<'_> {
    /// The program at the bank, with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(&["--bank", self.0.url()]);
        command.arg("--key-folder").arg(self.0.key_folder()).args(arguments);
        command
    }

    /// Runs a command.
    pub fn run(&self, arguments: &[&str]) -> Said {
        run(&mut self.command(arguments))
    }

    /// Runs a command with this input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        // A command that refuses its arguments may end before it reads.
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(input.as_bytes()).unwrap();
        file.rewind().unwrap();
        run(self.command(arguments).stdin(file))
    }

    /// Starts a command and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    /// Imports a folder, and returns the refused rows as `row,code`.
    pub fn import(&self, folder: &Folder) -> Vec<String> {
        self.import_with(&[], folder)
    }

    /// The same at another time than now.
    pub fn import_at(&self, now: &str, folder: &Folder) -> Vec<String> {
        self.import_with(&["--now", now], folder)
    }

    fn import_with(&self, arguments: &[&str], folder: &Folder) -> Vec<String> {
        let report = self.0.folder().join("refused.csv");
        let folder = folder.path().display().to_string();
        let import = ["import", &folder, "--demo", "--report", report.to_str().unwrap()];
        self.run(&[arguments, &import].concat()).good();
        let report = std::fs::read_to_string(report).unwrap();
        let mut lines = report.lines();
        assert_eq!(lines.next(), Some("row,code,words,line"));
        lines.map(|line| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(",")).collect()
    }

    /// Minutes and points of a card.
    pub fn balance(&self, card: &str) -> (i64, i64) {
        let balances = self.run(&["balances"]).good();
        let line = balances.lines().find(|line| line.starts_with(card)).unwrap();
        let numbers: Vec<i64> = line.split(',').skip(1).map(|number| number.parse().unwrap()).collect();
        (numbers[0], numbers[1])
    }

    /// All that a redemption could change, in words.
    pub fn state(&self) -> String {
        let trial = self.run(&["trial-balance"]).good();
        trial + &self.run(&["balances"]).good()
    }
}

/// A town's folder that may be changed.
pub struct Folder(TempDir);

impl Folder {
    /// A copy of the town's own.
    pub fn town() -> Self {
        let folder = Self(TempDir::new().unwrap());
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../data/baohua");
        for file in std::fs::read_dir(source).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(file), content).unwrap();
    }

    /// The header of a file, and its rows.
    pub fn rows(&self, file: &str) -> (String, Vec<String>) {
        let text = self.read(file);
        let mut lines = text.lines().map(str::to_owned);
        (lines.next().unwrap(), lines.collect())
    }

    /// Writes a file's rows under its header.
    pub fn write_rows(&self, file: &str, rows: &[String]) {
        let (header, _) = self.rows(file);
        self.write(file, format!("{header}\n{}\n", rows.join("\n")));
    }
}
