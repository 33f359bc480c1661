//! Writes what banks of the present schema are like into `tests/fixtures/schema-<version>`, to be kept for ever:
//! `cargo run -p bank-tests --bin fixture`, and commit it. Do so once, before the next migration is written.

use bank_tests::fixture;

#[tokio::main]
async fn main() {
    for path in fixture::write().await {
        println!("{}", path.display());
    }
}
