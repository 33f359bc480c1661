//! A process that answers over HTTP: the service, or the least that axum can do.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use tokio::net::TcpListener;

use super::client::{Asked, Connection, Device};
use crate::place::Place;

/// The argument that starts the process that does nothing.
pub const NO_OP: &str = "no-op";
/// What a process prints before its address once it listens.
const LISTENING: &str = "listening at http://";
/// How many requests a device may make in a second. The 14 devices do the work of a
/// whole town, so the limit must not matter.
const REQUESTS_PER_SECOND_MAX: &str = "1000000";
/// How long the service may take to get ready, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that answers. Dropping this kills it.
pub struct Service {
    process: Child,
    /// The address at which it listens.
    pub address: SocketAddr,
}

impl Service {
    /// Starts the service on this place's bank, and waits until it is ready.
    ///
    /// # Errors
    /// The service was not built, or does not get ready in time.
    pub async fn start(place: &Place, token: &str) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name("ledger-service");
        ensure!(program.exists(), "{} is not there: `cargo xtask bench` builds it", program.display());
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--key-folder"]).arg(place.folder());
        command.arg("--data-folder").arg(place.folder().join("data")).env("POINTS_BANK", place.bank_url()?);
        command.env("POINTS_BANK_CREDENTIAL_REQUESTS_PER_SECOND_MAX", REQUESTS_PER_SECOND_MAX);
        // It logs a line for each request, as a real service does.
        command.stderr(File::create(place.folder().join("service.log"))?);
        let service = Self::spawn(command)?;
        let device = Device { token, station: 0, asked: Asked::Ready, from: 0 };
        let begun = Instant::now();
        while let Err(error) = Connection::open(service.address, &device).await?.ask(0).await {
            ensure!(begun.elapsed() < PATIENCE, "the service is not ready: {error:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(service)
    }

    /// Starts the process that does nothing.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_no_op() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(NO_OP);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("its output")?;
        let mut service = Self { process, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        for line in BufReader::new(output).lines() {
            if let Some((_, address)) = line?.split_once(LISTENING) {
                service.address = address.trim().parse()?;
                return Ok(service);
            }
        }
        anyhow::bail!("the service ended before it listened")
    }

    /// Asks the process to stop, and waits until it has stopped.
    ///
    /// # Errors
    /// It does not stop in time, or stops with an error.
    pub async fn stop(mut self) -> Result<()> {
        let asked = Command::new("sh").args(["-c", "kill -TERM $0", &self.process.id().to_string()]).status()?;
        ensure!(asked.success(), "kill: {asked}");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                ensure!(status.success(), "the service: {status}");
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "the service does not stop");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // If it has ended already, there is nothing to kill.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves one route without layers.
///
/// # Errors
/// No port is free.
pub async fn no_op() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{LISTENING}{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // If the stream refuses the option, it is only slower.
        let _ = stream.set_nodelay(true);
    });
    let route = get(async || Json(serde_json::json!({ "status": "ok" })));
    Ok(axum::serve(listener, Router::new().route("/healthz", route)).await?)
}
