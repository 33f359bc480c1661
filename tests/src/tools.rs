//! Tools in other languages that tests need: npm and Python packages, which our files pin and the first run installs.
//! If one cannot be installed, the test fails and says why; no test is skipped.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests: what fails here fails the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A folder of this package.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The folder with the packages and scripts of the browser tests, installed as its lock file says.
pub fn browser() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = folder("browser");
        if !is_current(&folder.join("package-lock.json"), &folder.join("node_modules/installed.json")) {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder);
            good(&mut npm, "apt-get install nodejs npm");
            fs::copy(folder.join("package-lock.json"), folder.join("node_modules/installed.json")).unwrap();
        }
        folder
    })
}

/// The folder with the programs that `schema/requirements.txt` names, in an environment of its own below `target`.
pub fn python() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let requirements = folder("schema/requirements.txt");
        let environment = target().join("schema-tools");
        if !is_current(&requirements, &environment.join("installed.txt")) {
            let mut venv = Command::new("python3");
            good(venv.args(["-m", "venv", "--clear"]).arg(&environment), "apt-get install python3 python3-venv");
            let mut pip = Command::new(environment.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
            good(&mut pip, "is the package index within reach?");
            fs::copy(&requirements, environment.join("installed.txt")).unwrap();
        }
        environment.join("bin")
    })
}

/// The folder in which this test was built.
pub fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.unwrap_or_else(|| panic!("{} is in no folder of cargo's", test.display())).to_owned()
}

/// Whether the wanted packages are installed: a copy of the list lies beside them.
fn is_current(wanted: &Path, installed: &Path) -> bool {
    fs::read(installed).is_ok_and(|installed| installed == fs::read(wanted).unwrap())
}

/// Runs a command that must succeed; if it fails, panics with this advice.
pub fn good(command: &mut Command, advice: &str) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: {advice}"));
    if !output.status.success() {
        let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        panic!("{command:?}: {}: {advice}\n{said}\n{error}", output.status);
    }
    output
}
