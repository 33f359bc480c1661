//! `cargo xtask bench`

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::postgres::{Server, URL_VARIABLE};

use crate::run::{Outcome, cargo, ended, root, succeed};

/// The option that names another revision to measure next to this one.
const AGAINST: &str = "--against";

/// Runs the benchmarks with these arguments. They start the service that was built next to them.
pub fn run(arguments: &[&str]) -> Outcome {
    let server = Server::start()?;
    let mut benches = cargo("run --release --locked --package bank-benches --");
    match arguments.iter().position(|argument| *argument == AGAINST) {
        Some(at) => {
            let revision = *arguments.get(at + 1).ok_or("--against needs a revision: say which")?;
            let (commit, program) = build(revision)?;
            benches.arg("against").arg(program).arg(commit).args(&arguments[..at]).args(&arguments[at + 2..]);
        }
        None => {
            succeed(&mut cargo("build --release --locked --package ledger-service"))?;
            benches.args(arguments);
        }
    }
    succeed(benches.env(URL_VARIABLE, server.url()))
}

/// Builds that revision's benchmarks in a worktree of its own. Returns the commit, and where the program is.
fn build(revision: &str) -> Outcome<(String, PathBuf)> {
    let asked = format!("{revision}^{{commit}}");
    let commit = read(git(root()).args(["rev-parse", "--verify", "--short=12", "--end-of-options", &asked]))?;
    let worktree = root().join("target/against").join(&commit);
    if worktree.join(".git").is_file() {
        // Whoever made the worktree may have been interrupted.
        succeed(git(&worktree).args(["reset", "--quiet", "--hard", &commit]))?;
    } else {
        // Git may remember a worktree that somebody has deleted, so force it.
        succeed(git(root()).args(["worktree", "add", "--quiet", "--force", "--detach"]).arg(&worktree).arg(&commit))?;
    }
    let target = worktree.join("target");
    let mut build = cargo("build --release --locked --package bank-benches --target-dir");
    succeed(build.arg(&target).current_dir(&worktree))?;
    Ok((commit, target.join("release/bank-benches")))
}

fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(folder);
    git
}

/// Runs the command and returns what it printed, without the end of the line.
fn read(command: &mut Command) -> Outcome<String> {
    let output = command.output()?;
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    ended(command, output.status)?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
