//! The part of `cargo xtask soak` that lets libFuzzer look for bytes that break a promise.

use std::fs;
use std::path::Path;

use xtask::path;

use crate::run::{Outcome, cargo, root, succeed};

/// The package with the programs, one for each target. It is none of the workspace's: its code counts where it has been.
const PACKAGE: &str = "tests/fuzz";
/// What has been found: `corpus` leads to more of the code, `failed` breaks a promise.
const FOUND: &str = "target/fuzz";
/// No input needs to be longer to reach everything.
const LENGTH_MAX: u32 = 4096;
/// Whatever takes longer hangs.
const SECONDS_MAX: u32 = 10;

/// The programs it takes besides Rust's own, and how to get them.
const TOOLS: [(&str, &str); 2] =
    [("cargo-fuzz", "cargo install --locked cargo-fuzz"), ("c++", "a C++ compiler, on Debian: apt-get install g++")];

/// Says what is missing, before anything else takes its time.
pub fn tools() -> Outcome {
    match TOOLS.into_iter().find(|(tool, _)| !path::has(tool)) {
        Some((tool, way)) => Err(format!("{tool} is missing; please install it: {way}").into()),
        None => Ok(()),
    }
}

/// Runs this target, or each of them, for so many minutes. One that fails ends the run.
pub fn run(target: Option<&str>, minutes: u32) -> Outcome {
    tools()?;
    let targets = targets()?;
    if let Some(target) = target.filter(|target| !targets.iter().any(|known| known == target)) {
        return Err(format!("there is no target {target}, but there are {}", targets.join(", ")).into());
    }
    // The same versions of everything as in the programs.
    fs::copy(root().join("Cargo.lock"), root().join(PACKAGE).join("Cargo.lock"))?;
    for name in targets.iter().filter(|name| target.is_none_or(|target| target == *name)) {
        fuzz(name, minutes)?;
    }
    Ok(())
}

/// Each target has a corpus.
fn targets() -> Outcome<Vec<String>> {
    let mut targets = Vec::new();
    for folder in fs::read_dir(root().join(PACKAGE).join("corpus"))? {
        targets.push(folder?.file_name().to_string_lossy().into_owned());
    }
    targets.sort();
    Ok(targets)
}

fn fuzz(target: &str, minutes: u32) -> Outcome {
    let found = root().join(FOUND);
    let [kept, failed] = ["corpus", "failed"].map(|kind| found.join(kind).join(target));
    fs::create_dir_all(&kept)?;
    fs::create_dir_all(&failed)?;
    println!("\n── {target} for {minutes} minutes; what reaches more of the code goes to {}", kept.display());
    let mut command = cargo(&format!("fuzz run --fuzz-dir {PACKAGE} --sanitizer none {target}"));
    command.arg("--target-dir").arg(found.join("build")).arg(kept).arg(Path::new(PACKAGE).join("corpus").join(target));
    command.arg("--").arg(format!("-artifact_prefix={}/", failed.display()));
    command.args([format!("-max_total_time={}", minutes * 60), format!("-max_len={LENGTH_MAX}")]);
    command.args([format!("-timeout={SECONDS_MAX}"), "-print_final_stats=1".to_owned()]);
    succeed(&mut command)
        .map_err(|_| format!("the target {target} fails: the bytes are in {}", failed.display()).into())
}
