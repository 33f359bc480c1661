//! `serve`: makes everything ready, listens, and stops in order. The service may be away.

use std::fs;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use axum_server::Handle;
use baoyulan_ledger::time::is_possible;
use jiff::Timestamp;
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::agent::{Agent, inbox};
use super::client::Client;
use super::clips::Clips;
use super::clock::Clock;
use super::effects::Hands;
use super::entry::Entry;
use super::outbox::Outbox;
use super::paper::{self, Patience, ReceiptPrinter, Roll, Target};
use super::server::{Shell, router};
use super::settings::Settings;
use super::{key, private};
use crate::app::Model;
use crate::app::model::Rules;

/// How long a connection may take until it has asked something: each is an open file, and there are not many.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take until it asks something more.
const IDLE_PATIENCE: Duration = Duration::from_secs(60);
/// How long open pages may take to let go.
const STOP_PATIENCE: Duration = Duration::from_secs(3);
/// A good answer of the service is good for so long.
const ONLINE_MS: i64 = 15_000;

/// Serves until it is told to stop.
///
/// # Errors
/// Where the address is taken, or the data folder cannot be used; where a part of it ends before it is told to.
pub async fn serve(settings: &Settings) -> anyhow::Result<()> {
    if settings.station.is_empty() {
        bail!("which station? add --station S01, or set REDEEM_KIOSK_STATION");
    }
    ensure_clock(SystemTime::now())?;
    super::log::start(settings.log_level);
    if is_open(&settings.service) {
        tracing::warn!("the service is not spoken to by https: PINs can be read on the way");
    }
    private::keep_to_owner();
    private::folder(&settings.data_folder)?;
    let listener =
        TcpListener::bind(settings.listen).await.with_context(|| format!("cannot listen at {}", settings.listen))?;
    let address = listener.local_addr()?;
    let entry = Entry::new(&settings.data_folder, address)?;
    let stopping = CancellationToken::new();
    let (agent, shell) = agent(settings, &entry, &stopping)?;
    announce(settings, &entry)?;
    let mut agent = tokio::spawn(agent.run(stopping.clone()));
    let handle = Handle::new();
    let mut server = axum_server::Server::<SocketAddr>::from_listener(listener)
        .handle(handle.clone())
        .http1_only()
        .first_request_timeout(HEAD_PATIENCE);
    server.http_builder().http1().header_read_timeout(IDLE_PATIENCE);
    let mut server = tokio::spawn(server.serve(router(shell).into_make_service()));
    // Without one of them the other would show the last moment for ever.
    tokio::select! {
        () = stop_signal() => {}
        end = &mut agent => return Err(ended("agent", end)),
        end = &mut server => return Err(ended("page's server", end)),
    }
    stopping.cancel();
    // Whoever is still connected after that has had their time.
    handle.graceful_shutdown(Some(STOP_PATIENCE));
    let _ = server.await;
    let _ = tokio::time::timeout(STOP_PATIENCE, agent).await;
    Ok(())
}

/// Why nothing goes on: systemd starts the program again, and the outbox knows what was under way.
fn ended<T>(part: &str, end: Result<T, JoinError>) -> anyhow::Error {
    let how = if end.is_err_and(|error| error.is_panic()) {
        "by a fault of its own, which is told above"
    } else {
        "before it was told to"
    };
    anyhow::anyhow!("the {part} has ended {how}; start the kiosk again")
}

fn agent(settings: &Settings, entry: &Entry, stopping: &CancellationToken) -> anyhow::Result<(Agent, Shell)> {
    let token = settings.token()?;
    let printer = printer(settings);
    let rules = Rules { prints: printer.is_some(), ..rules(settings, credential_of(&token))? };
    let clock = Clock::new(settings.clock_file.clone());
    let model = Model::new(rules.clone(), clock.now());
    let (inbox, end) = inbox();
    let client = Client::new(settings, token)?;
    let outbox = Outbox::new(&settings.data_folder.join("outbox.db"));
    let hands = Hands::new(inbox.clone(), client, outbox, printer, &rules);
    let (agent, model) = Agent::new(end, clock, model, hands);
    Ok((
        agent,
        Shell {
            entry: entry.clone(),
            inbox,
            model,
            clips: Clips::new(settings.clips_folder.clone()),
            stopping: stopping.clone(),
        },
    ))
}

/// The station's printer. Without its fonts nothing is printed, and the station redeems all the same.
fn printer(settings: &Settings) -> Option<ReceiptPrinter> {
    if settings.printer == Target::None {
        return None;
    }
    let roll = if settings.paper_millimetres == "80" { Roll::Millimetres80 } else { Roll::Millimetres58 };
    let (target, fonts) = (settings.printer.clone(), settings.fonts.clone());
    let settings = paper::Settings { target, roll, fonts, patience: Patience::default() };
    let printer = ReceiptPrinter::new(settings);
    printer.inspect_err(|error| tracing::error!(reason = %error, "no receipt is printed")).ok()
}

fn rules(settings: &Settings, credential: &str) -> anyhow::Result<Rules> {
    let milliseconds = |seconds: u32| i64::from(seconds) * 1000;
    let name = if settings.station_name.is_empty() { &settings.station } else { &settings.station_name };
    Ok(Rules {
        station: settings.station.clone(),
        station_name: name.clone(),
        credential: credential.to_owned(),
        device_key: key::public_half(&settings.data_folder)?,
        prints: false,
        idle_warning_ms: milliseconds(settings.idle_warning_seconds),
        idle_countdown_ms: milliseconds(settings.idle_countdown_seconds),
        undo_ms: milliseconds(settings.undo_minutes * 60),
        patience_ms: milliseconds(settings.patience_seconds),
        poll_ms: milliseconds(settings.poll_seconds),
        online_ms: ONLINE_MS,
    })
}

/// Whether what is said to the service can be read by others on the way.
fn is_open(service: &Url) -> bool {
    let host = service.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_own = address.map_or(host == "localhost", |address| address.is_loopback());
    service.scheme() == "http" && !is_own
}

/// The credential's name within its token, which is `pb_<credential>_<secret>`.
fn credential_of(token: &str) -> &str {
    token.strip_prefix("pb_").and_then(|rest| rest.split_once('_')).map_or("", |(credential, _)| credential)
}

/// Says where the page starts: in the file for whoever starts the browser, else on standard output, which may be a log.
fn announce(settings: &Settings, entry: &Entry) -> anyhow::Result<()> {
    use std::io::Write;
    let url = entry.launch_url();
    let mut output = std::io::stdout().lock();
    match &settings.launch_file {
        Some(file) => {
            ensure_launch_file(file)?;
            // The browser's user reads it by its group.
            private::write(file, url.as_bytes(), 0o640)
                .with_context(|| format!("the launch file {}", file.display()))?;
            writeln!(output, "the page starts at the address in {}", file.display())?;
        }
        None => writeln!(output, "{url}")?,
    }
    Ok(output.flush()?)
}

/// What stands there is an earlier launch address or nothing, or it is kept: it may be a file that was mistaken for this one.
fn ensure_launch_file(file: &Path) -> anyhow::Result<()> {
    let is_free = match fs::symlink_metadata(file) {
        Ok(found) if found.is_file() => fs::read_to_string(file).is_ok_and(|text| is_launch(text.trim())),
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::NotFound,
    };
    let file = file.display();
    anyhow::ensure!(
        is_free,
        "the launch file {file} holds something else than an earlier launch address: name another"
    );
    Ok(())
}

fn is_launch(text: &str) -> bool {
    let address = text.strip_prefix("http://").and_then(|rest| rest.split_once("/start/"));
    text.is_empty() || address.is_some_and(|(_, token)| token.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// No answer could say such a time in its head.
fn ensure_clock(now: SystemTime) -> anyhow::Result<()> {
    let is_right = is_possible(now);
    let now = Timestamp::try_from(now).map_or_else(|_| "a time that no calendar has".to_owned(), |now| now.to_string());
    anyhow::ensure!(is_right, "the machine's clock says {now}: set it, and start the kiosk again");
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

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use baoyulan_ledger::time::YEAR_10000_SECONDS;

    use super::*;

    #[tokio::test]
    async fn a_part_that_ended_is_named_and_how() {
        let broken = tokio::spawn(async { panic!("broken on purpose") }).await;
        assert!(ended::<()>("agent", broken).to_string().starts_with("the agent has ended by a fault of its own"));
        assert!(ended("agent", Ok(())).to_string().starts_with("the agent has ended before"));
    }

    #[test]
    fn only_what_stays_on_this_machine_or_is_encrypted_is_closed_to_others() {
        let open = |address: &str| is_open(&address.parse().unwrap());
        for closed in ["https://points.example", "http://localhost:1", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(!open(closed), "{closed}");
        }
        for read in
            ["http://points.example", "HTTP://10.0.0.1", "http://127.points.example", "http://localhost.example"]
        {
            assert!(open(read), "{read}");
        }
    }

    #[test]
    fn a_launch_file_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("launch");
        ensure_launch_file(&file).unwrap();
        for launch in ["", "http://127.0.0.1:8090/start/0123456789abcdef0123456789abcdef\n"] {
            fs::write(&file, launch).unwrap();
            ensure_launch_file(&file).unwrap();
        }
        for other in
            [&b"pb_k1_abc"[..], b"station = \"S01\"", b"SQLite format 3\0\xff", b"http://127.0.0.1/start/my page"]
        {
            fs::write(&file, other).unwrap();
            assert!(ensure_launch_file(&file).unwrap_err().to_string().contains("name another"), "{other:?}");
        }
        assert!(ensure_launch_file(folder.path()).is_err());
    }

    #[test]
    fn a_clock_that_no_answer_could_tell_is_named() {
        let at = |seconds| ensure_clock(UNIX_EPOCH + Duration::from_secs(seconds));
        assert!(at(0).is_ok() && at(YEAR_10000_SECONDS - 1).is_ok() && at(YEAR_10000_SECONDS).is_err());
        let error = ensure_clock(UNIX_EPOCH - Duration::from_secs(1)).unwrap_err().to_string();
        assert!(error.starts_with("the machine's clock says 1969-12-31T23:59:59Z"), "{error}");
    }

    #[test]
    fn a_token_names_its_credential() {
        assert_eq!(credential_of("pb_k7x2_a_secret"), "k7x2");
        assert_eq!(credential_of(""), "");
    }
}
