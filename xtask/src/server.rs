//! `cargo xtask postgres`

use std::io;

use xtask::postgres::Server;

use crate::run::Outcome;

/// Prints a new server's address, and keeps the server until standard input ends.
pub fn run() -> Outcome {
    let server = Server::start()?;
    println!("{}", server.url());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
