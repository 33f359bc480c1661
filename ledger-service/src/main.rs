//! Start.
mod import;
fn main() {}
