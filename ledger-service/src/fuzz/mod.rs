//! Fuzz targets: what is promised of any bytes that somebody may send. Each target is a function of the bytes that panics where
//! the promise is broken; that nothing else panics is promised too.
//!
//! `cargo test` gives each target what is committed in `tests/fuzz/corpus`, and some thousands of changes to it. `cargo xtask
//! soak` lets libFuzzer look for bytes that reach more of the code, for as long as one likes: see `tests/fuzz`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here has been found")]

mod bodies;
mod lines;
mod receipts;
mod sheets;
mod site;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use bodies::bodies;
pub use lines::lines;
pub use receipts::receipts;
pub use sheets::sheets;

/// Where the committed bytes of a target are.
fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target)
}
