//! The settings: one list of names, defaults and descriptions.
//!
//! Every setting has one name in three spellings: the flag `--body-bytes-max`, the variable `POINTS_BANK_BODY_BYTES_MAX`, and
//! the key `body_bytes_max` of the file. A flag wins over the environment, the environment over the file, and the file over the
//! default. [`mod@file`] reads the file, [`show`] tells where each value comes from.

pub mod file;
pub mod show;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use axum::http::Uri;
use clap::{Args, ValueEnum, value_parser};
use ipnet::IpNet;
use tracing_subscriber::filter::LevelFilter;

#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where to listen; port 0 takes a free one
    #[arg(long, env = "POINTS_BANK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// The address that people use, as it stands in QR codes [default: where it listens]
    #[arg(long, env = "POINTS_BANK_PUBLIC_URL", default_value = "", hide_default_value = true, value_parser = no_or_public_url, value_name = "URL")]
    pub public_url: String,
    /// Folder of uploaded files and their jobs
    #[arg(long, env = "POINTS_BANK_DATA_FOLDER", default_value = "points-bank-data", value_name = "FOLDER")]
    pub data_folder: PathBuf,
    /// The certificate and its chain, PEM: with it, the service speaks TLS itself; SIGHUP makes it read them again
    #[arg(long, env = "POINTS_BANK_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, env = "POINTS_BANK_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Proxies whose X-Forwarded-For and X-Request-Id are believed: addresses or networks, separated by commas
    #[arg(long, env = "POINTS_BANK_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network, value_name = "NETWORKS")]
    pub trusted_proxies: Vec<IpNet>,
    /// How long somebody stays logged in without opening a page, in minutes
    #[arg(long, env = "POINTS_BANK_SESSION_MINUTES_MAX", default_value_t = 30, value_parser = value_parser!(u32).range(1..=1440), value_name = "MINUTES")]
    pub session_minutes_max: u32,
    /// How long somebody stays logged in at most, however many pages they open, in hours
    #[arg(long, env = "POINTS_BANK_SESSION_HOURS_MAX", default_value_t = 12, value_parser = value_parser!(u32).range(1..=168), value_name = "HOURS")]
    pub session_hours_max: u32,
    /// How the log is written, to standard error
    #[arg(long, env = "POINTS_BANK_LOG_FORMAT", value_enum, default_value_t = LogFormat::Json, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// What is written to the log: off, error, warn, info, debug
    #[arg(long, env = "POINTS_BANK_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: LevelFilter,
    #[command(flatten)]
    pub limits: LimitSettings,
}

#[derive(Debug, Clone, Args)]
pub struct LimitSettings {
    /// Requests of one credential in a second; a burst may have twice as many
    #[arg(
        long,
        env = "POINTS_BANK_CREDENTIAL_REQUESTS_PER_SECOND_MAX",
        default_value = "2000",
        value_name = "REQUESTS"
    )]
    pub credential_requests_per_second_max: NonZeroU32,
    /// Requests without a credential from one address in a second; a burst may have twice as many
    #[arg(long, env = "POINTS_BANK_ADDRESS_REQUESTS_PER_SECOND_MAX", default_value = "500", value_name = "REQUESTS")]
    pub address_requests_per_second_max: NonZeroU32,
    /// Wrong tokens, PINs and links from one address in a minute, and as many receipts asked for by number
    #[arg(long, env = "POINTS_BANK_GUESSES_PER_MINUTE_MAX", default_value = "60", value_name = "GUESSES")]
    pub guesses_per_minute_max: NonZeroU32,
    /// Wrong PINs on the web in a minute, from all addresses together; addresses from which somebody has logged in within a
    /// month, and since this process started, go on, and so do the stations
    #[arg(long, env = "POINTS_BANK_WEB_MISSES_PER_MINUTE_MAX", default_value = "30", value_name = "MISSES")]
    pub web_misses_per_minute_max: NonZeroU32,
    /// Wrong PINs within ten minutes, over all cards and doors, that raise the alarm
    #[arg(long, env = "POINTS_BANK_MISSES_ALARM", default_value = "100", value_name = "MISSES")]
    pub misses_alarm: NonZeroU32,
    /// Connections at a time; every further one is closed at once
    #[arg(long, env = "POINTS_BANK_CONNECTIONS_MAX", default_value = "12000", value_name = "CONNECTIONS")]
    pub connections_max: NonZeroU32,
    /// Connections of one address at a time, of those; trusted proxies may have any number
    #[arg(long, env = "POINTS_BANK_CONNECTIONS_PER_ADDRESS_MAX", default_value = "2000", value_name = "CONNECTIONS")]
    pub connections_per_address_max: NonZeroU32,
    /// Connections to the database; whoever needs one more waits for it
    #[arg(long, env = "POINTS_BANK_DATABASE_CONNECTIONS_MAX", default_value_t = 16, value_parser = value_parser!(u16).range(8..), value_name = "CONNECTIONS")]
    pub database_connections_max: u16,
    /// How long a connection may take to send the head of its first request, in seconds
    #[arg(long, env = "POINTS_BANK_HEADER_SECONDS_MAX", default_value = "10", value_name = "SECONDS")]
    pub header_seconds_max: NonZeroU32,
    /// How long a connection is kept between requests, in seconds
    #[arg(long, env = "POINTS_BANK_IDLE_SECONDS_MAX", default_value = "75", value_name = "SECONDS")]
    pub idle_seconds_max: NonZeroU32,
    /// How fast a body must come on average once ten seconds have passed, in bytes a second
    #[arg(long, env = "POINTS_BANK_BODY_BYTES_PER_SECOND_MIN", default_value = "1024", value_name = "BYTES")]
    pub body_bytes_per_second_min: NonZeroU32,
    /// How long a client may leave its answer unread, in seconds
    #[arg(long, env = "POINTS_BANK_UNREAD_SECONDS_MAX", default_value = "30", value_name = "SECONDS")]
    pub unread_seconds_max: NonZeroU32,
    /// How long a request may take once its body has arrived, in seconds
    #[arg(long, env = "POINTS_BANK_REQUEST_SECONDS_MAX", default_value = "30", value_name = "SECONDS")]
    pub request_seconds_max: NonZeroU32,
    /// How long a request waits for its outcome in the ledger, in seconds; less than request_seconds_max
    #[arg(long, env = "POINTS_BANK_WAIT_SECONDS_MAX", default_value_t = 20, value_parser = value_parser!(u64).range(1..), value_name = "SECONDS")]
    pub wait_seconds_max: u64,
    /// Bytes of a body, other than an upload
    #[arg(long, env = "POINTS_BANK_BODY_BYTES_MAX", default_value_t = 64 * 1024, value_parser = value_parser!(u64).range(1024..), value_name = "BYTES")]
    pub body_bytes_max: u64,
    /// Bytes of an upload
    #[arg(long, env = "POINTS_BANK_UPLOAD_BYTES_MAX", default_value_t = 256 * 1024 * 1024, value_parser = value_parser!(u64).range(1024..), value_name = "BYTES")]
    pub upload_bytes_max: u64,
    /// How long an upload may take to arrive, in minutes
    #[arg(long, env = "POINTS_BANK_UPLOAD_MINUTES_MAX", default_value = "60", value_name = "MINUTES")]
    pub upload_minutes_max: NonZeroU32,
    /// Uploads at a time that are arriving or not imported yet
    #[arg(long, env = "POINTS_BANK_UNFINISHED_UPLOADS_MAX", default_value = "16", value_name = "UPLOADS")]
    pub unfinished_uploads_max: NonZeroU32,
    /// Of those, the uploads of one credential
    #[arg(
        long,
        env = "POINTS_BANK_UNFINISHED_UPLOADS_PER_CREDENTIAL_MAX",
        default_value = "4",
        value_name = "UPLOADS"
    )]
    pub unfinished_uploads_per_credential_max: NonZeroU32,
    /// Bytes of all uploads that are arriving or not imported yet
    #[arg(long, env = "POINTS_BANK_UNFINISHED_BYTES_MAX", default_value_t = 2 * 1024 * 1024 * 1024, value_parser = value_parser!(u64).range(1024..), value_name = "BYTES")]
    pub unfinished_bytes_max: u64,
    /// Of those, the bytes of one credential's uploads
    #[arg(long, env = "POINTS_BANK_UNFINISHED_BYTES_PER_CREDENTIAL_MAX", default_value_t = 512 * 1024 * 1024, value_parser = value_parser!(u64).range(1024..), value_name = "BYTES")]
    pub unfinished_bytes_per_credential_max: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

/// Reads the address that people use; without a slash at its end.
pub fn public_url(text: &str) -> Result<String, String> {
    let wrong = || {
        "write it as https://points.example or http://10.0.0.5:8080: http or https, a host, and neither ? nor # nor a name with \
         a password"
            .to_owned()
    };
    if text.contains(['?', '#', '@', '\\']) || text.contains(char::is_whitespace) {
        return Err(wrong());
    }
    let url: Uri = text.parse().map_err(|_| wrong())?;
    let is_web = matches!(url.scheme_str(), Some("http" | "https"));
    let port =
        url.authority().and_then(|authority| authority.as_str().strip_prefix(authority.host())?.strip_prefix(':'));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let has_host = url.host().is_some_and(|host| !host.is_empty());
    if is_web && has_host && is_port { Ok(text.trim_end_matches('/').to_owned()) } else { Err(wrong()) }
}

/// The same where it may be left open, so that it is where the service listens.
fn no_or_public_url(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { public_url(text) }
}

/// Reads a network, or an address as the network of itself.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    let read = text.parse::<IpNet>().or_else(|_| address());
    let network = read.map_err(|_| "it is neither an address nor a network such as 10.0.0.0/8".to_owned())?;
    Ok(canonical(network))
}

/// IPv4 addresses that are written as IPv6 ones are IPv4 addresses, as those of peers are.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let IpNet::V6(wide) = network else { return network };
    let narrow = wide.addr().to_ipv4_mapped().zip(wide.prefix_len().checked_sub(MAPPED_BITS));
    narrow.and_then(|(address, bits)| IpNet::new(address.into(), bits).ok()).unwrap_or(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_people_use_is_one_that_a_browser_can_open() {
        for (right, read) in [
            ("https://points.example", "https://points.example"),
            ("http://10.0.0.5:8080/", "http://10.0.0.5:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://town.example/points/", "https://town.example/points"),
        ] {
            assert_eq!(public_url(right).as_deref(), Ok(read));
        }
        for wrong in [
            "",
            "points.example",
            "//points.example",
            "ftp://points.example",
            "javascript:alert(1)",
            "https://",
            "https:///v",
            "https://points.example:0",
            "https://points.example:65536",
            "https://points.example:",
            "https://points.example?a=b",
            "https://points.example/#v",
            "https://clerk:secret@points.example",
            "https://points.example /",
            "https://points.example\n",
        ] {
            let refused = public_url(wrong).unwrap_err();
            assert!(refused.starts_with("write it as https://"), "{wrong}: {refused}");
        }
        assert_eq!(no_or_public_url(""), Ok(String::new()), "it is where the service listens");
    }

    #[test]
    fn an_address_is_a_network_of_itself() {
        assert_eq!(network("10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("2001:db8::/32").unwrap().to_string(), "2001:db8::/32");
        assert_eq!(network("::ffff:10.1.2.3").unwrap().to_string(), "10.1.2.3/32");
        assert_eq!(network("::ffff:10.0.0.0/104").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("::/0").unwrap().to_string(), "::/0");
        for wrong in ["", "10.0.0.0/33", "proxy.example"] {
            assert!(network(wrong).is_err(), "{wrong}");
        }
    }
}
