//! What every request shares: the bank, the settings, the limits, the jobs. It knows no route and no caller, and nothing
//! that it holds knows it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use baoyulan_ledger::Ledger;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Settings;
use crate::jobs::{self, Jobs};
use crate::limits::Limits;
use crate::problem::Problem;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    limits: Limits,
    /// Empty until the bank is open: the service listens before that.
    ledger: OnceLock<Arc<Ledger>>,
    /// Why the service is not ready; `None` when it is.
    waiting: Mutex<Option<String>>,
    jobs: Arc<Jobs>,
    stopping: CancellationToken,
}

impl App {
    /// A service whose bank is not open yet.
    pub fn new(settings: Settings) -> Self {
        let limits = Limits::new(&settings.limits);
        let waiting = Mutex::new(Some("the bank is being opened".to_owned()));
        let jobs = Arc::new(Jobs::new(&settings.data_folder));
        let (ledger, stopping) = (OnceLock::new(), CancellationToken::new());
        Self { inner: Arc::new(Inner { settings, limits, ledger, waiting, jobs, stopping }) }
    }

    /// Takes the bank, which is open now.
    pub fn opened(&self, ledger: Ledger) {
        if self.inner.ledger.set(Arc::new(ledger)).is_ok() && !self.inner.stopping.is_cancelled() {
            self.wait_for(None);
        }
    }

    /// Says why the service is not ready; `None` says that it is.
    pub fn wait_for(&self, reason: Option<String>) {
        metrics::gauge!("points_bank_ready").set(if reason.is_none() { 1 } else { 0 });
        if let Ok(mut waiting) = self.inner.waiting.lock() {
            *waiting = reason;
        }
    }

    /// Makes the service not ready, and ends what would run for ever.
    pub fn stop(&self) {
        self.wait_for(Some("the service is stopping".to_owned()));
        self.inner.stopping.cancel();
    }

    /// Why the service is not ready; `None` when it is.
    pub fn waits_for(&self) -> Option<String> {
        self.inner.waiting.lock().ok().and_then(|waiting| waiting.clone())
    }

    /// The bank; 503 until it is open.
    pub fn ledger(&self) -> Result<&Ledger, Problem> {
        self.shared_ledger().map(Arc::as_ref)
    }

    fn shared_ledger(&self) -> Result<&Arc<Ledger>, Problem> {
        self.inner.ledger.get().ok_or_else(|| Problem::unavailable("the bank is not open yet; /readyz says why"))
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The imports by upload.
    pub fn jobs(&self) -> &Jobs {
        &self.inner.jobs
    }

    /// Runs an import by upload in the background; 503 until the bank is open.
    pub fn run_job(&self, id: Uuid) -> Result<(), Problem> {
        let (jobs, ledger) = (Arc::clone(&self.inner.jobs), Arc::clone(self.shared_ledger()?));
        jobs::run(jobs, id, ledger, self.inner.stopping.clone());
        Ok(())
    }

    /// Cancelled once the service stops.
    pub fn stopping(&self) -> &CancellationToken {
        &self.inner.stopping
    }

    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Whether the settings name a proxy at that address.
    fn trusts(&self, address: IpAddr) -> bool {
        self.settings().trusted_proxies.iter().any(|network| network.contains(&address))
    }

    fn peer(parts: &Parts) -> IpAddr {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        // An IPv4 address that arrives at an IPv6 socket is still the same address.
        peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.to_canonical())
    }

    /// Whether a request came through a trusted proxy.
    pub fn is_proxied(&self, parts: &Parts) -> bool {
        self.trusts(Self::peer(parts))
    }

    /// Where a request comes from: the peer or, if that is a trusted proxy, the last address before the trusted ones that it names.
    pub fn client_address(&self, parts: &Parts) -> IpAddr {
        let peer = Self::peer(parts);
        if !self.trusts(peer) {
            return peer;
        }
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops = forwarded.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok());
        let hops: Vec<IpAddr> = hops.map(|hop: IpAddr| hop.to_canonical()).collect();
        hops.into_iter().rev().find(|hop| !self.trusts(*hop)).unwrap_or(peer)
    }

    /// Closes the bank once nobody else holds it, so that all that was sent to it is answered first. Whoever holds it
    /// longer than `patience` loses nothing that was answered.
    pub async fn close(self, patience: Duration) {
        let closed = async {
            let inner = sole(self.inner).await;
            if let Some(ledger) = inner.ledger.into_inner() {
                sole(ledger).await.close().await;
            }
        };
        if tokio::time::timeout(patience, closed).await.is_err() {
            tracing::warn!("the bank was not closed in time; what was answered is kept all the same");
        }
    }
}

/// Waits until nobody else holds it: tasks that were told to end take a moment.
async fn sole<T>(mut shared: Arc<T>) -> T {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(sole) => return sole,
            Err(still) => shared = still,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
