//! A device at a station. It keeps one connection open, and waits for its answer before it asks again.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use axum::body::Bytes;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::callers::Caller;
use crate::town;

/// What a connection asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whether the service is ready.
    Ready,
    /// Whether the process lives. This route does nothing, but goes through the same layers as the others.
    NoOp,
    /// A volunteer's balance.
    Balance,
    /// A redemption at the connection's station, under a new key.
    Redemption,
}

/// A device, and what it asks for.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    /// The device's access token.
    pub token: &'a str,
    /// The number of the device's station.
    pub station: usize,
    pub asked: Asked,
    /// Added to the number of each call, so that a later load concerns other volunteers and items.
    pub from: usize,
}

/// An open connection to the service.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    authorization: HeaderValue,
    station: String,
    asked: Asked,
    from: usize,
}

impl Connection {
    /// Connects a device to the service.
    ///
    /// # Errors
    /// Nobody listens at the address.
    pub async fn open(address: SocketAddr, device: &Device<'_>) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // If it ends early, the next request says why.
        tokio::spawn(connection);
        let host = HeaderValue::try_from(address.to_string())?;
        let authorization = HeaderValue::try_from(format!("Bearer {}", device.token))?;
        let Device { station, asked, from, .. } = *device;
        Ok(Self { sender, host, authorization, station: town::station(station), asked, from })
    }

    /// Sends request number `number` and reads the whole answer.
    ///
    /// # Errors
    /// The connection breaks, or the answer has the wrong status.
    pub async fn ask(&mut self, number: usize) -> Result<()> {
        let request = self.request(number)?;
        self.sender.ready().await?;
        let mut response = self.sender.send_request(request).await?;
        let expected = if self.asked == Asked::Redemption { StatusCode::CREATED } else { StatusCode::OK };
        if response.status() != expected {
            let status = response.status();
            let body = response.into_body().collect().await?.to_bytes();
            anyhow::bail!("{status}: {}", String::from_utf8_lossy(&body));
        }
        let mut length = 0;
        while let Some(frame) = response.frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len);
        }
        ensure!(length > 0, "an answer without a body");
        Ok(())
    }

    fn request(&self, number: usize) -> Result<Request<Full<Bytes>>> {
        let number = self.from + number;
        let (method, path, body) = match self.asked {
            Asked::Ready => (Method::GET, "/readyz".to_owned(), String::new()),
            Asked::NoOp => (Method::GET, "/healthz".to_owned(), String::new()),
            Asked::Balance => {
                let card = town::card(town::volunteer_of(number))?;
                (Method::GET, format!("/v1/volunteers/{card}/balance"), String::new())
            }
            Asked::Redemption => (Method::POST, "/v1/redemptions".to_owned(), self.redemption(number)?),
        };
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.try_into()?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        if self.asked == Asked::Redemption {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert("idempotency-key", HeaderValue::try_from(Uuid::now_v7().to_string())?);
        }
        Ok(request)
    }

    fn redemption(&self, number: usize) -> Result<String> {
        let body = serde_json::json!({
            "card": town::card(town::volunteer_of(number))?,
            "station": self.station,
            "lines": [{ "sku": town::sku_of(number), "pieces": 1 }],
            "points_shown": town::PRICE,
        });
        Ok(body.to_string())
    }
}

impl Caller for Connection {
    async fn call(&mut self, number: usize) -> Result<()> {
        self.ask(number).await
    }
}
