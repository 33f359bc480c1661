//! Connections before HTTP: how many there may be, TLS, and peers that read nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;
use tower_http::add_extension::AddExtension;

use crate::config::Settings;

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
}

impl Place {
    fn of(permit: OwnedSemaphorePermit) -> Self {
        metrics::gauge!("points_bank_connections").increment(1);
        Self { _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("points_bank_connections").decrement(1);
    }
}

/// Lets a connection in if there is a place for it.
#[derive(Clone)]
pub struct Doorkeeper {
    places: Arc<Semaphore>,
    tls: Option<RustlsAcceptor>,
    unread: Duration,
}

impl Doorkeeper {
    pub fn new(settings: &Settings, tls: Option<RustlsConfig>) -> Self {
        let limits = &settings.limits;
        Self {
            places: Arc::new(Semaphore::new(limits.connections_max.get() as usize)),
            tls: tls.map(|tls| RustlsAcceptor::new(tls).handshake_timeout(HANDSHAKE_PATIENCE)),
            unread: Duration::from_secs(limits.unread_seconds_max.get().into()),
        }
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
            let Ok(permit) = Arc::clone(&this.places).try_acquire_owned() else {
                metrics::counter!("points_bank_connections_refused_total").increment(1);
                return Err(io::ErrorKind::ConnectionRefused.into());
            };
            let (place, unread) = (Place::of(permit), this.unread);
            let mut stream = TimeoutStream::new(this.secured(stream).await?);
            stream.set_write_timeout(Some(unread));
            Ok((Box::pin(stream), AddExtension::new(service, Arc::new(place))))
        })
    }
}
