//! Accounts of the operating system, as `id` reports them.

use std::io;
use std::process::Command;

/// A user of the operating system and the user's group, by number.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// The user's number.
    pub user: u32,
    /// The number of the user's group.
    pub group: u32,
}

impl Account {
    /// Finds the account with this name.
    pub fn named(name: &str) -> io::Result<Self> {
        Ok(Self { user: id(&["-u", name])?, group: id(&["-g", name])? })
    }
}

/// Whether this process runs as root.
pub fn is_root() -> io::Result<bool> {
    Ok(id(&["-u"])? == 0)
}

fn id(arguments: &[&str]) -> io::Result<u32> {
    let output = Command::new("id").args(arguments).output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::new(io::ErrorKind::NotFound, message.trim()));
    }
    String::from_utf8_lossy(&output.stdout).trim().parse().map_err(io::Error::other)
}
