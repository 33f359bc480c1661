//! `serve`: opens the bank, listens, and stops in order.
//!
//! It listens before the bank is open, and says why it waits. When it is told to stop, it is no longer ready, takes no more
//! connections, answers the requests that it has, commits what is queued, and ends within ten seconds. Told a second time, it
//! does not wait for clients. An import that is under way goes on at the next start.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use baoyulan_ledger::clock::ClockState;
use baoyulan_ledger::ledger::Standing;
use baoyulan_ledger::{Fault, Ledger, Options};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::bank::BankArguments;
use crate::config::{LimitSettings, Settings};
use crate::edge::{self, connection};
use crate::jobs::Job;
use crate::output::print;
use crate::router::router;
use crate::state::App;
use crate::{logs, metrics, watching};

/// How long requests may take once the service stops.
const STOP_PATIENCE: Duration = Duration::from_secs(6);
/// How long the bank may take to close after that.
const CLOSE_PATIENCE: Duration = Duration::from_secs(3);
/// The longest wait before the bank is tried again.
const OPEN_AGAIN: Duration = Duration::from_secs(2);
/// How often old counts are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(10);
/// How many connections may wait to be accepted.
const LINE_MAX: u32 = 4096;
/// Bytes of a request's head, which the service keeps for each connection.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How many files are open beside connections.
const FILES_MAX: u64 = 128;

/// Serves until it is told to stop. Fails if the settings cannot be used, the address is taken, or the bank cannot be opened for
/// a reason that waiting does not mend.
pub async fn serve(bank: &BankArguments, settings: &Settings) -> anyhow::Result<ExitCode> {
    let _log = logs::install(settings)?;
    metrics::install()?;
    allow_files(&settings.limits);
    let tls = connection::tls(settings).await?;
    let listener = listen(settings.listen).with_context(|| {
        format!("cannot listen at {}: stop the program that does, or set `listen`", settings.listen)
    })?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let app = App::new(completed(settings, format!("{scheme}://{address}")));
    let unfinished = app.jobs().read()?;
    warn_if_open(app.settings(), address);
    if settings.public_url.is_empty() && address.ip().is_unspecified() {
        tracing::warn!(
            public_url = app.settings().public_url,
            "receipts and login links would name this address, which nobody can open: set public_url"
        );
    }

    let handle = Handle::<SocketAddr>::new();
    let signals = Signals::new()?;
    let mut server = axum_server::Server::<SocketAddr>::from_listener(listener)
        .handle(handle.clone())
        .acceptor(connection::Doorkeeper::new(app.settings(), tls.clone()))
        .http1_only()
        .first_request_timeout(seconds(app.settings().limits.header_seconds_max));
    let idle = seconds(app.settings().limits.idle_seconds_max);
    server.http_builder().http1().header_read_timeout(idle).max_buf_size(HEAD_BYTES_MAX);
    let routes = edge::around(router(app.clone()), &app).into_make_service_with_connect_info::<SocketAddr>();
    let mut server = tokio::spawn(server.serve(routes));
    let background = [
        tokio::spawn(signals.obey(app.clone(), handle.clone(), tls)),
        tokio::spawn(forget_from_time_to_time(app.clone())),
        tokio::spawn(watching::watch(app.clone())),
    ];
    tracing::info!(%address, scheme, version = env!("CARGO_PKG_VERSION"), "listening");
    // Whoever is not told can read it in the log.
    if let Err(error) = print(&format!("listening at {scheme}://{address}")) {
        tracing::warn!(reason = %error, "where it listens cannot be printed");
    }

    let outcome = tokio::select! {
        ended = &mut server => ended?.map_err(Into::into),
        Err(error) = open_patiently(&app, bank, unfinished) => {
            stop(&app, &handle);
            // The bank's failure matters more than the server's.
            let _ = server.await;
            Err(error)
        }
    };
    background.iter().for_each(tokio::task::JoinHandle::abort);
    app.close(CLOSE_PATIENCE).await;
    tracing::info!("stopped");
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Many clients that come at once wait in line: one that is turned away would lose a second.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LINE_MAX)
}

/// The settings; if they do not name the address that people use, it is the service's own.
fn completed(settings: &Settings, own: String) -> Settings {
    let public_url = if settings.public_url.is_empty() { own } else { settings.public_url.clone() };
    Settings { public_url, ..settings.clone() }
}

fn seconds(seconds: std::num::NonZeroU32) -> Duration {
    Duration::from_secs(seconds.get().into())
}

/// Every connection is an open file, and systems allow only few unless they are asked for more.
fn allow_files(limits: &LimitSettings) {
    let needed = u64::from(limits.connections_max.get()) + FILES_MAX;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(allowed) if allowed >= needed => {}
        Ok(allowed) => tracing::warn!(allowed, needed, "fewer files may be open than connections_max needs"),
        Err(error) => tracing::warn!(reason = %error, "the limit of open files cannot be raised"),
    }
}

/// PINs and tokens must not cross a network in the clear.
fn warn_if_open(settings: &Settings, address: SocketAddr) {
    if !address.ip().is_loopback() && settings.tls_certificate.is_none() && settings.trusted_proxies.is_empty() {
        tracing::warn!(
            %address,
            "others can reach this address, without TLS and without a proxy that is named: set tls_certificate and \
             tls_key, or trusted_proxies"
        );
    }
}

/// Opens the bank. While its database cannot be reached, it waits and says why. A bank that can only be read is served for
/// reading.
async fn open_patiently(app: &App, bank: &BankArguments, mut unfinished: Vec<Job>) -> anyhow::Result<()> {
    let mut wait = Duration::from_millis(100);
    let connections_max = app.settings().limits.database_connections_max.into();
    let mut options = Options { connections_max, ..Options::existing() };
    let ledger = loop {
        match open(bank, options.clone()).await {
            Ok(ledger) => break ledger,
            Err(error) if !options.read_only && matches!(error.downcast_ref(), Some(Fault::ReadOnly { .. })) => {
                tracing::error!(
                    code = "read_only",
                    reason = %error,
                    "the bank can only be read, and is served for reading: mend that, and start the service again"
                );
                options = Options { connections_max, ..Options::read_only() };
                // They go on at the next start that can post them.
                unfinished.clear();
            }
            Err(error)
                if matches!(
                    error.downcast_ref(),
                    Some(Fault::Database { .. } | Fault::OutcomeUnknown { .. } | Fault::HeadHeld { .. })
                ) =>
            {
                tracing::warn!(reason = %error, "the bank cannot be opened yet");
                app.wait_for(Some("the database does not answer; the service waits for it".to_owned()));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(OPEN_AGAIN);
            }
            Err(error) => return Err(error),
        }
    };
    tracing::info!(bank = ledger.bank().bank_id, "the bank is open");
    app.opened(ledger);
    for job in unfinished {
        app.run_job(job.id).map_err(|_| anyhow::anyhow!("the bank is not open"))?;
    }
    Ok(())
}

/// Opens the bank. What the operator accepts in doing so is told to the log.
async fn open(bank: &BankArguments, options: Options) -> anyhow::Result<Ledger> {
    if options.read_only || !(bank.accept_clock || bank.accept_rollback) {
        return bank.open(options).await;
    }
    let accepted = match bank.open_accepting_nothing(options.clone()).await {
        Err(error) => match error.downcast() {
            Ok(fault @ Fault::RolledBack { .. }) if bank.accept_rollback => fault,
            Ok(fault) => return Err(fault.into()),
            Err(error) => return Err(error),
        },
        Ok(ledger) => match ledger.standing().await {
            Ok(Standing { clock: ClockState::Ahead(fault), .. }) if bank.accept_clock => {
                ledger.close().await;
                fault
            }
            Ok(_) | Err(_) => return Ok(ledger),
        },
    };
    let ledger = bank.open(options).await?;
    let what = if let Fault::RolledBack { size_seen, size_found, .. } = &accepted {
        format!("the bank had {size_seen} records, and now has {size_found} or others in their place")
    } else {
        accepted.to_string()
    };
    tracing::warn!(code = accepted.code(), what, actor = bank.actor, "accepted; a record of the bank says so");
    Ok(ledger)
}

/// Makes the service not ready, takes no more connections, and ends what would run for ever.
fn stop(app: &App, handle: &Handle<SocketAddr>) {
    app.stop();
    handle.graceful_shutdown(Some(STOP_PATIENCE));
}

async fn forget_from_time_to_time(app: App) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        app.limits().forget();
        metrics::keep_up();
    }
}

/// The signals that the process obeys: it stops, or reads the certificate again.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn obey(mut self, app: App, handle: Handle<SocketAddr>, tls: Option<RustlsConfig>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = self.hang_up.recv() => {
                    if let Some(tls) = &tls {
                        connection::read_again(tls, app.settings()).await;
                    }
                    continue;
                }
            }
            if app.stopping().is_cancelled() {
                tracing::warn!("told to stop twice: clients are not waited for");
                handle.shutdown();
            } else {
                tracing::info!("told to stop");
                stop(&app, &handle);
            }
        }
    }
}
