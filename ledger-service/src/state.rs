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
        let jobs = Arc::new(Jobs::new(&settings));
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

    /// Where a request comes from: the peer or, if that is a trusted proxy, the last address before the trusted ones that it
    /// names. What stands before something that is no address is not believed: the client may have written it.
    pub fn client_address(&self, parts: &Parts) -> IpAddr {
        let peer = Self::peer(parts);
        if !self.trusts(peer) {
            return peer;
        }
        // A value that is no text is an address that cannot be understood.
        let values = parts.headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
        nearest_untrusted(peer, &values.collect::<Vec<_>>(), |address| self.trusts(address))
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

/// Walks X-Forwarded-For from its end to the first address that is not trusted, or to what cannot be understood.
fn nearest_untrusted(peer: IpAddr, values: &[&str], trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for hop in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(hop) = hop_address(hop.trim()) else { break };
        nearest = hop;
        if !trusts(hop) {
            break;
        }
    }
    nearest
}

/// The address in a part of X-Forwarded-For, which may have a port and, with IPv6, brackets and a zone.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let without_zone =
        |(address, rest): (&str, &str)| [address, rest.find(']').map_or("", |end| &rest[end..])].concat();
    let hop = hop.split_once('%').map_or_else(|| hop.to_owned(), without_zone);
    let with_port = |hop: &str| hop.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = |hop: &str| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = hop.parse().ok().or_else(|| with_port(&hop)).or_else(|| in_brackets(&hop));
    address.map(|address: IpAddr| address.to_canonical())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// 10.0.0.0/8 are our proxies; the peer is 10.0.0.1.
    fn client(values: &[&str]) -> String {
        let trusts = |address: IpAddr| matches!(address, IpAddr::V4(address) if address.octets()[0] == 10);
        nearest_untrusted(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), values, trusts).to_string()
    }

    #[test]
    fn the_client_is_the_last_address_before_our_proxies() {
        for (values, expected) in [
            (&[] as &[&str], "10.0.0.1"),
            (&["198.51.100.7"], "198.51.100.7"),
            (&["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            (&["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            (&["198.51.100.7:4711"], "198.51.100.7"),
            (&["[2001:db8::7]:4711, 10.0.0.2:80"], "2001:db8::7"),
            (&["[2001:db8::7]"], "2001:db8::7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["::ffff:198.51.100.7"], "198.51.100.7"),
            (&["fe80::7%eth0"], "fe80::7"),
            (&["203.0.113.9", "[fe80::7%25eth0]:4711, 10.0.0.2"], "fe80::7"),
            (&["[fe80::7%3]"], "fe80::7"),
            (&["198.51.100.6", "198.51.100.7", "10.0.0.4", "10.0.0.3", "10.0.0.2"], "198.51.100.7"),
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            assert_eq!(client(values), expected, "{values:?}");
        }
    }

    /// The client writes whatever it likes before the parts that our proxies have added.
    #[test]
    fn nothing_before_a_part_that_cannot_be_understood_is_believed() {
        for (values, expected) in [
            (&["198.51.100.7, unknown"] as &[&str], "10.0.0.1"),
            (&["198.51.100.7, _hidden, 10.0.0.2"], "10.0.0.2"),
            (&["198.51.100.7,"], "10.0.0.1"),
            (&["198.51.100.7", ""], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["198.51.100.7, [fe80::7%eth0"], "10.0.0.1"),
            (&["198.51.100.7, %eth0"], "10.0.0.1"),
            (&["198.51.100.7, 300.1.1.1:80"], "10.0.0.1"),
        ] {
            assert_eq!(client(values), expected, "{values:?}");
        }
    }
}
