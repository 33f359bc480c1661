//! The programs and fonts that the tests need besides Rust's own.

use std::path::Path;
use std::process::Command;

use xtask::{account, path, postgres};

use crate::run::{Outcome, succeed};

/// Programs, and Debian's packages that have them.
const TOOLS: [(&str, &str); 4] = [("psql", "postgresql"), ("openssl", "openssl"), ("node", "nodejs"), ("npm", "npm")];

/// Receipts are drawn with it: the font's files, whatever the system calls their folder, and Debian's package.
const FONT: (&str, &str) = ("NotoSansCJK", "fonts-noto-cjk");
const FONT_FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];

/// Installs what is missing, or says what to install where that is not ours to do.
pub fn provide() -> Outcome {
    let mut packages: Vec<&str> =
        TOOLS.into_iter().filter(|(program, _)| !path::has(program)).map(|(_, package)| package).collect();
    if postgres::programs().is_err() {
        packages.insert(0, "postgresql");
    }
    if !FONT_FOLDERS.iter().any(|folder| has_font(Path::new(folder))) {
        packages.push(FONT.1);
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

fn has_font(folder: &Path) -> bool {
    folder.read_dir().into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { has_font(&path) } else { entry.file_name().to_string_lossy().starts_with(FONT.0) }
    })
}

fn apt_get(arguments: &str) -> Outcome {
    succeed(Command::new("apt-get").arg("--quiet").args(arguments.split(' ')).env("DEBIAN_FRONTEND", "noninteractive"))
}
