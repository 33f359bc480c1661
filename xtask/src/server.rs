//! `cargo xtask postgres`

use std::io;

use xtask::postgres::Server;

use crate::run::Outcome;

/// Prints the address of a new server and keeps it until standard input ends.
pub fn run() -> Outcome {
    let server = Server::start()?;
    println!("{}", server.url());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
