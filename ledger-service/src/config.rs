//! What can be set.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// All settings of the service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address that people and receipts' QR codes use, without a slash at its end.
    pub public_url: String,
    /// Folder of uploaded files and their jobs.
    pub data_folder: PathBuf,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// How much and how often.
    pub limits: LimitSettings,
    /// How long a volunteer stays logged in without a visit, in minutes.
    pub session_minutes_max: u32,
}

/// How much and how often.
#[derive(Debug, Clone)]
pub struct LimitSettings {
    /// Requests of one credential in a second; twice as many at once.
    pub credential_requests_per_second_max: NonZeroU32,
    /// Requests from one address in a second that show no credential.
    pub address_requests_per_second_max: NonZeroU32,
    /// Wrong tokens, PINs and links from one address in a minute.
    pub guesses_per_minute_max: NonZeroU32,
    /// Bytes of a body, but for uploads.
    pub body_bytes_max: u64,
    /// Bytes of an upload.
    pub upload_bytes_max: u64,
    /// How long a request waits for its outcome, in seconds.
    pub wait_seconds_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: "http://127.0.0.1:8080".to_owned(),
            data_folder: PathBuf::from("points-bank-data"),
            trusted_proxies: Vec::new(),
            limits: LimitSettings::default(),
            session_minutes_max: 30,
        }
    }
}

const fn some(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            credential_requests_per_second_max: some(2000),
            address_requests_per_second_max: some(500),
            guesses_per_minute_max: some(60),
            body_bytes_max: 64 * 1024,
            upload_bytes_max: 256 * 1024 * 1024,
            wait_seconds_max: 20,
        }
    }
}
