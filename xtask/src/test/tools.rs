//! The programs that the tests need besides Rust's own.

use std::process::Command;

use xtask::{account, path, postgres};

use crate::run::{Outcome, succeed};

/// Programs, and Debian's packages that have them.
const TOOLS: [(&str, &str); 4] = [("psql", "postgresql"), ("openssl", "openssl"), ("node", "nodejs"), ("npm", "npm")];

/// Installs what is missing, or says what to install where that is not ours to do.
pub fn provide() -> Outcome {
    let mut packages: Vec<&str> =
        TOOLS.into_iter().filter(|(program, _)| !path::has(program)).map(|(_, package)| package).collect();
    if postgres::programs().is_err() {
        packages.insert(0, "postgresql");
    }
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    let packages = packages.join(" ");
    if !path::has("apt-get") || !account::is_root()? {
        return Err(format!("please install what the tests need: {packages}").into());
    }
    println!("installing {packages}");
    apt_get("update")?;
    apt_get(&format!("install --yes --no-install-recommends {packages}"))
}

fn apt_get(arguments: &str) -> Outcome {
    succeed(Command::new("apt-get").arg("--quiet").args(arguments.split(' ')).env("DEBIAN_FRONTEND", "noninteractive"))
}
