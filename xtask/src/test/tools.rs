//! The programs that the tests need besides Rust's own.

use std::process::{Command, Stdio};

use xtask::{account, path, postgres};

use crate::run::{Outcome, succeed};

/// For each tool, a shell command that succeeds if it is there, and the Debian package that has it.
const TOOLS: [(&str, &str); 8] = [
    ("command -v psql", "postgresql"),
    ("command -v openssl", "openssl"),
    ("command -v node", "nodejs"),
    ("command -v npm", "npm"),
    ("command -v chromium", "chromium"),
    ("fc-list :lang=zh | grep .", "fonts-noto-cjk"),
    ("command -v python3", "python3"),
    ("python3 -c 'import ensurepip, venv'", "python3-venv"),
];

/// Installs what is missing, or says what to install if this program may not.
pub fn provide() -> Outcome {
    let mut packages: Vec<&str> =
        TOOLS.into_iter().filter(|(sign, _)| !is_there(sign)).map(|(_, package)| package).collect();
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

fn is_there(sign: &str) -> bool {
    let mut shell = Command::new("sh");
    shell.args(["-c", sign]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

fn apt_get(arguments: &str) -> Outcome {
    succeed(Command::new("apt-get").arg("--quiet").args(arguments.split(' ')).env("DEBIAN_FRONTEND", "noninteractive"))
}
