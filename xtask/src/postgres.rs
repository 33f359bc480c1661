//! A throw-away PostgreSQL server for tests and benchmarks.
//!
//! It is as durable as a real one: `fsync` and `synchronous_commit` are on. It accepts 200 connections, and listens on
//! the loopback only. In each of its databases, `pg_stat_statements` counts every statement. That view's column
//! `toplevel` tells statements from clients from those that triggers and foreign keys added.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs, thread};

use crate::account::{self, Account};
use crate::{folder, path};

/// The environment variable by which `cargo xtask` tells tests and benchmarks where its server is.
pub const URL_VARIABLE: &str = "BANK_TEST_POSTGRES";

/// How often, and how many times, to try the port of a server that stops or starts.
const PORT_TRIED_EVERY: Duration = Duration::from_millis(20);
const PORT_TRIES_MAX: u32 = 1500;

const LIFE: &str = include_str!("postgres.sh");

/// A running server. Dropping this stops it and removes everything that it stored.
///
/// The same happens if the owning process ends in any other way, even by `SIGKILL`.
#[derive(Debug)]
pub struct Server {
    url: String,
    port: u16,
    /// The shell that runs `postgres.sh`. Its standard input is a pipe; when the pipe closes, the server ends.
    watcher: Child,
}

impl Server {
    /// Starts a new, empty server on a free port of 127.0.0.1.
    pub fn start() -> io::Result<Self> {
        Self::start_after(None)
    }

    /// Starts a standby: it follows this server by streaming replication, and can only be read until it is promoted.
    pub fn standby(&self) -> io::Result<Self> {
        Self::start_after(Some(self.port))
    }

    fn start_after(primary: Option<u16>) -> io::Result<Self> {
        let programs = programs()?;
        // Another program may take the free port before the server does, but hardly three times in a row.
        for _ in 0..2 {
            match Self::start_on(free_port()?, &programs, primary) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                result => return result,
            }
        }
        Self::start_on(free_port()?, &programs, primary)
    }

    /// Makes a standby take writes, whether it has all of the server that it followed or not. Ask it with
    /// `pg_is_in_recovery()` when it has done so.
    pub fn promote(&mut self) -> io::Result<()> {
        self.tell("promote\n")
    }

    /// Stops the server as a crash would. It keeps its data and its port.
    pub fn stop(&mut self) -> io::Result<()> {
        self.tell("stop\n")?;
        self.wait_until(|answers| !answers)
    }

    /// Starts the server again after [`Self::stop`], at the same address.
    pub fn start_again(&mut self) -> io::Result<()> {
        self.tell("start\n")?;
        self.wait_until(|answers| answers)
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        match &mut self.watcher.stdin {
            Some(input) => input.write_all(word.as_bytes()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Waits until the port answers, or until it does not.
    fn wait_until(&self, wanted: impl Fn(bool) -> bool) -> io::Result<()> {
        for _ in 0..PORT_TRIES_MAX {
            if wanted(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()) {
                return Ok(());
            }
            thread::sleep(PORT_TRIED_EVERY);
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL neither stopped nor started in time"))
    }

    /// Where the server is: `postgres://bank@127.0.0.1:PORT/postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start_on(port: u16, programs: &Path, primary: Option<u16>) -> io::Result<Self> {
        let account = server_account()?;
        let mut shell = Command::new("sh");
        shell
            .args(["-c", LIFE, "postgres.sh"])
            .arg(programs)
            .arg(folder::unused())
            .arg(port.to_string())
            .arg(primary.map(|port| port.to_string()).unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // In a group of its own, it does not get the terminal's Ctrl-C.
            .process_group(0);
        if let Some(account) = account {
            shell.uid(account.user).gid(account.group);
        }
        let mut server =
            Self { url: format!("postgres://bank@127.0.0.1:{port}/postgres"), port, watcher: shell.spawn()? };
        let mut word = String::new();
        if let Some(mut output) = server.watcher.stdout.take() {
            output.read_to_string(&mut word)?;
        }
        if word == "ready\n" { Ok(server) } else { Err(failure(&word)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // If nobody can wait for the watcher, it is gone already.
        let _ = self.watcher.wait();
    }
}

/// The server that all tests of this process share. It is the one that [`URL_VARIABLE`] names, or else a server that
/// starts with the first call and ends with the process.
pub fn shared_url() -> io::Result<&'static str> {
    static GIVEN: LazyLock<Option<String>> = LazyLock::new(|| env::var(URL_VARIABLE).ok());
    static OWN: LazyLock<Result<Server, (io::ErrorKind, String)>> =
        LazyLock::new(|| Server::start().map_err(|error| (error.kind(), error.to_string())));
    if let Some(url) = &*GIVEN {
        return Ok(url);
    }
    match &*OWN {
        Ok(server) => Ok(server.url()),
        Err((kind, message)) => Err(io::Error::new(*kind, message.as_str())),
    }
}

/// The folder with the server's programs: the first in `PATH` that has them, or else the newest of Debian's.
pub fn programs() -> io::Result<PathBuf> {
    path::folders()
        .into_iter()
        .chain(debian_folders())
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file()))
        .ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "PostgreSQL's initdb is not installed: apt-get install postgresql")
        })
}

/// Debian keeps the server's programs outside `PATH`, in one folder for each version.
fn debian_folders() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, folder)| folder).collect()
}

/// PostgreSQL refuses to run as root. Returns the account to use in that case.
fn server_account() -> io::Result<Option<Account>> {
    if !account::is_root()? {
        return Ok(None);
    }
    Account::named("postgres").or_else(|_| Account::named("nobody")).map(Some)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Finds in the log why the server did not start, and says it in one line.
fn failure(log: &str) -> io::Error {
    let kind = if log.contains("Address already in use") { io::ErrorKind::AddrInUse } else { io::ErrorKind::Other };
    let reason = log
        .lines()
        .find(|line| ["FATAL:", "ERROR:", "error:"].iter().any(|word| line.contains(word)))
        .or(log.lines().last())
        .unwrap_or("its shell said nothing");
    io::Error::new(kind, format!("PostgreSQL did not start: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_told_from_other_failures() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let error = Server::start_on(port, &programs().unwrap(), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert_eq!(error.to_string().lines().count(), 1);
    }

    #[test]
    fn a_failure_is_told_in_one_line() {
        let error = Server::start_on(free_port().unwrap(), Path::new("/nowhere"), None).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("PostgreSQL did not start: "), "{message}");
        assert!(message.contains("/nowhere/initdb"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}
