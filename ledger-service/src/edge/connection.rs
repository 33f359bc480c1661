//! Connections before HTTP: how many there may be, TLS, and peers that read nothing.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use ipnet::IpNet;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;
use tower_http::add_extension::AddExtension;

use crate::config::Settings;
use crate::limits::household;

/// How long a TLS handshake may take.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// The certificate and key that the settings name; `None` if they name neither.
pub async fn tls(settings: &Settings) -> anyhow::Result<Option<RustlsConfig>> {
    let (certificate, key) = match (&settings.tls_certificate, &settings.tls_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => bail!("tls_certificate and tls_key go together: one of them is not set"),
    };
    // Fails if a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let read = RustlsConfig::from_pem_file(certificate, key).await;
    let config =
        read.with_context(|| format!("the certificate {} and its key {}", certificate.display(), key.display()))?;
    Ok(Some(config))
}

/// Reads the files again, for connections to come. If they cannot be used, the earlier ones stay in use.
pub async fn read_again(tls: &RustlsConfig, settings: &Settings) {
    let (Some(certificate), Some(key)) = (&settings.tls_certificate, &settings.tls_key) else { return };
    match tls.reload_from_pem_file(certificate, key).await {
        Ok(()) => tracing::info!("the certificate was read again"),
        Err(error) => tracing::error!(reason = %error, "the certificate cannot be read; the one of before stays"),
    }
}

/// A connection's place among all of them, held as long as it lives.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Option<Share>,
}

impl Place {
    fn of(permit: OwnedSemaphorePermit, share: Option<Share>) -> Self {
        metrics::gauge!("points_bank_connections").increment(1);
        Self { _permit: permit, _share: share }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("points_bank_connections").decrement(1);
    }
}

/// How many connections each household has.
#[derive(Debug, Default)]
struct Households(Mutex<HashMap<IpAddr, u32>>);

impl Households {
    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        // A count is right at any moment, so what a panic has left is right too.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's part of what its household may have.
#[derive(Debug)]
struct Share {
    household: IpAddr,
    households: Arc<Households>,
}

impl Share {
    /// `None` if the household has so many connections already.
    fn of(household: IpAddr, households: &Arc<Households>, connections_max: u32) -> Option<Self> {
        let mut counts = households.counts();
        let count = counts.entry(household).or_insert(0);
        if *count >= connections_max {
            return None;
        }
        *count += 1;
        Some(Self { household, households: Arc::clone(households) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.households.counts();
        if let Some(count) = counts.get_mut(&self.household) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.household);
            }
        }
    }
}

/// Lets a connection in if there is a place for it, and its household has not too many.
#[derive(Clone)]
pub struct Doorkeeper {
    places: Arc<Semaphore>,
    households: Arc<Households>,
    connections_per_address_max: u32,
    /// Everybody's connections come from there, so no share applies.
    trusted_proxies: Arc<[IpNet]>,
    tls: Option<RustlsAcceptor>,
    unread: Duration,
}

impl Doorkeeper {
    pub fn new(settings: &Settings, tls: Option<RustlsConfig>) -> Self {
        let limits = &settings.limits;
        Self {
            places: Arc::new(Semaphore::new(limits.connections_max.get() as usize)),
            households: Arc::default(),
            connections_per_address_max: limits.connections_per_address_max.get(),
            trusted_proxies: settings.trusted_proxies.clone().into(),
            tls: tls.map(|tls| RustlsAcceptor::new(tls).handshake_timeout(HANDSHAKE_PATIENCE)),
            unread: Duration::from_secs(limits.unread_seconds_max.get().into()),
        }
    }

    /// A place for a connection from that peer.
    fn place(&self, peer: IpAddr) -> io::Result<Place> {
        let peer = peer.to_canonical();
        let refused = |reason| {
            metrics::counter!("points_bank_connections_refused_total", "reason" => reason).increment(1);
            io::Error::from(io::ErrorKind::ConnectionRefused)
        };
        let share = if self.trusted_proxies.iter().any(|network| network.contains(&peer)) {
            None
        } else {
            let share = Share::of(household(peer), &self.households, self.connections_per_address_max);
            Some(share.ok_or_else(|| refused("address"))?)
        };
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| refused("all"))?;
        Ok(Place::of(permit, share))
    }

    async fn secured(self, stream: TcpStream) -> io::Result<Either<TcpStream, TlsStream>> {
        stream.set_nodelay(true)?;
        match self.tls {
            None => Ok(Either::Left(stream)),
            Some(tls) => Ok(Either::Right(tls.accept(stream, ()).await?.0)),
        }
    }
}

type TlsStream = <RustlsAcceptor as Accept<TcpStream, ()>>::Stream;
type Stream = Pin<Box<TimeoutStream<Either<TcpStream, TlsStream>>>>;
type Kept<S> = AddExtension<S, Arc<Place>>;

impl<S: Send + 'static> Accept<TcpStream, S> for Doorkeeper {
    type Stream = Stream;
    type Service = Kept<S>;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Stream, Kept<S>)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let (place, unread) = (this.place(stream.peer_addr()?.ip())?, this.unread);
            let mut stream = TimeoutStream::new(this.secured(stream).await?);
            stream.set_write_timeout(Some(unread));
            Ok((Box::pin(stream), AddExtension::new(service, Arc::new(place))))
        })
    }
}
