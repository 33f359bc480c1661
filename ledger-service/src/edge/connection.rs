//! A connection, before HTTP: whether there is room for it, TLS, and what becomes of a peer that reads nothing.

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

/// What speaks TLS, read from the files of the settings; `None` where they name none.
///
/// # Errors
/// Where one of the two files is missing or cannot be used.
pub async fn tls(settings: &Settings) -> anyhow::Result<Option<RustlsConfig>> {
    let (certificate, key) = match (&settings.tls_certificate, &settings.tls_key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => bail!("tls_certificate and tls_key go together: one of them is not set"),
    };
    // A second installation finds the first one's.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let read = RustlsConfig::from_pem_file(certificate, key).await;
    let config =
        read.with_context(|| format!("the certificate {} and its key {}", certificate.display(), key.display()))?;
    Ok(Some(config))
}

/// Reads the files again, for connections to come. Where they are wrong, the ones of before stay.
pub async fn read_again(tls: &RustlsConfig, settings: &Settings) {
    let (Some(certificate), Some(key)) = (&settings.tls_certificate, &settings.tls_key) else { return };
    match tls.reload_from_pem_file(certificate, key).await {
        Ok(()) => tracing::info!("the certificate was read again"),
        Err(error) => tracing::error!(reason = %error, "the certificate cannot be read; the one of before stays"),
    }
}

/// A place among the connections, for as long as one lives.
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

/// Takes connections in.
#[derive(Clone)]
pub struct Doorkeeper {
    places: Arc<Semaphore>,
    tls: Option<RustlsAcceptor>,
    unread: Duration,
}

impl Doorkeeper {
    /// As it is set.
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
