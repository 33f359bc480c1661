//! `serve`: opens the bank, listens, and stops in order.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use baoyulan_ledger::{Fault, Ledger, Options};

use crate::arguments::{BankArguments, ServeArguments};
use crate::config::Settings;
use crate::router::router;
use crate::state::App;
use crate::{jobs, metrics, open, print};

/// How long what is under way may take once the service stops.
const STOP_PATIENCE: Duration = Duration::from_secs(8);
/// How long to wait before the bank is tried again, at most.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// Serves until it is told to stop.
///
/// # Errors
/// Where the address is taken, or the bank cannot be used for a reason that waiting does not mend.
pub async fn serve(bank: &BankArguments, arguments: &ServeArguments) -> anyhow::Result<ExitCode> {
    metrics::install()?;
    let mut settings = Settings { listen: arguments.listen, ..Settings::default() };
    let listener = std::net::TcpListener::bind(settings.listen)
        .map_err(|error| anyhow::anyhow!("cannot listen at {}: {error}", settings.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    settings.public_url = arguments.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    if let Some(folder) = &arguments.data_folder {
        settings.data_folder.clone_from(folder);
    }
    let app = App::new(settings);
    let handle = axum_server::Handle::<SocketAddr>::new();
    let server = axum_server::from_tcp(listener)?
        .handle(handle.clone())
        .serve(router(app.clone()).into_make_service_with_connect_info::<SocketAddr>());
    print(&format!("listening at http://{address}"))?;
    let mut server = tokio::spawn(server);
    let opened = tokio::select! {
        outcome = open_patiently(&app, bank) => outcome,
        () = stop_signal() => Ok(()),
        ended = &mut server => ended?.map_err(Into::into),
    };
    if opened.is_ok() && app.waits_for().is_none() {
        tokio::select! {
            () = stop_signal() => {}
            ended = &mut server => ended??,
        }
    }
    app.wait_for(Some("the service is stopping".to_owned()));
    app.stopping().cancel();
    handle.graceful_shutdown(Some(STOP_PATIENCE));
    // Whoever is still connected after that has had their time.
    let _ = tokio::time::timeout(STOP_PATIENCE + Duration::from_secs(1), server).await;
    app.close().await;
    opened.map(|()| ExitCode::SUCCESS)
}

/// Opens the bank; while its database is away, waits and says why.
async fn open_patiently(app: &App, bank: &BankArguments) -> anyhow::Result<()> {
    let mut wait = Duration::from_millis(100);
    let ledger: Ledger = loop {
        match open(bank, Options::existing()).await {
            Ok(ledger) => break ledger,
            Err(error) if matches!(error.downcast_ref(), Some(Fault::Database { .. })) => {
                tracing::warn!(reason = %error, "the bank cannot be opened yet");
                app.wait_for(Some("the database does not answer; the service waits for it".to_owned()));
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(OPEN_AGAIN);
            }
            Err(error) => return Err(error),
        }
    };
    let unfinished = app.jobs().read()?;
    app.opened(ledger);
    for job in unfinished {
        jobs::run(app, job.id);
    }
    Ok(())
}

/// Waits until the process is told to stop.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
