//! Who may open the page: the browser that was started with the launch address, at this machine's own address.

use std::net::SocketAddr;
use std::path::Path;

use axum::http::{HeaderMap, Method, header};
use baoyulan_ledger::proof::sha256;
use data_encoding::HEXLOWER;

use super::private;

pub const COOKIE: &str = "kiosk";

#[derive(Debug, Clone)]
pub struct Entry {
    launch_token: String,
    cookie: String,
    hosts: [String; 2],
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Not this machine's address: a name that leads here from somewhere else.
    Host,
    /// A page of somebody else's.
    Origin,
    /// The launch address was not opened.
    Cookie,
}

impl Entry {
    /// The launch token is made at the first start and kept: a browser that is open when the agent starts again goes on.
    ///
    /// # Errors
    /// Where it cannot be read or made.
    pub fn new(folder: &Path, address: SocketAddr) -> anyhow::Result<Self> {
        let seed = private::seed(&folder.join("launch.token"))?;
        let word = |purpose: &str| HEXLOWER.encode(&sha256(&[purpose.as_bytes(), &seed])[..16]);
        let hosts = [address.to_string(), format!("localhost:{}", address.port())];
        Ok(Self { launch_token: word("launch "), cookie: word("cookie "), hosts })
    }

    /// The address that starts the page.
    pub fn launch_url(&self) -> String {
        format!("http://{}/start/{}", self.hosts[0], self.launch_token)
    }

    /// The cookie of whoever shows the launch token.
    pub fn cookie_for(&self, token: &str) -> Option<String> {
        is_same(token, &self.launch_token)
            .then(|| format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie))
    }

    /// Whether a request comes from this machine's own page, to this machine's own address.
    ///
    /// # Errors
    /// Why not.
    pub fn check_place(&self, method: &Method, headers: &HeaderMap) -> Result<(), Closed> {
        let one = |name: header::HeaderName| {
            let mut values = headers.get_all(name).iter();
            values.next().and_then(|value| value.to_str().ok()).filter(|_| values.next().is_none())
        };
        let Some(host) = one(header::HOST).filter(|host| self.hosts.iter().any(|own| own == host)) else {
            return Err(Closed::Host);
        };
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        match one(header::ORIGIN) {
            Some(origin) if origin.strip_prefix("http://") == Some(host) => {}
            // Browsers name no origin where a page is opened, and always where a form is sent.
            None if is_read && !headers.contains_key(header::ORIGIN) => {}
            _ => return Err(Closed::Origin),
        }
        let site = headers.get("sec-fetch-site").map(header::HeaderValue::as_bytes);
        if !is_read && site.is_some_and(|site| site != b"same-origin") {
            return Err(Closed::Origin);
        }
        Ok(())
    }

    /// Whether the browser has the cookie.
    ///
    /// # Errors
    /// It has not.
    pub fn check_cookie(&self, headers: &HeaderMap) -> Result<(), Closed> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let known = pairs.any(|(name, value)| name == COOKIE && is_same(value, &self.cookie));
        if known { Ok(()) } else { Err(Closed::Cookie) }
    }
}

/// Whether two texts are the same, in a time that does not tell how far they are.
fn is_same(one: &str, other: &str) -> bool {
    use subtle::ConstantTimeEq;
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn entry() -> Entry {
        let folder = tempfile::tempdir().unwrap();
        Entry::new(folder.path(), "127.0.0.1:8090".parse().unwrap()).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        HeaderMap::from_iter(pairs.iter().map(pair))
    }

    #[test]
    fn another_host_or_origin_is_not_let_in() {
        let check = |method: Method, pairs: &[(&'static str, &str)]| entry().check_place(&method, &headers(pairs));
        let own = ("host", "127.0.0.1:8090");
        assert_eq!(check(Method::GET, &[own]), Ok(()));
        assert_eq!(check(Method::POST, &[own, ("origin", "http://127.0.0.1:8090")]), Ok(()));
        assert_eq!(check(Method::POST, &[("host", "localhost:8090"), ("origin", "http://localhost:8090")]), Ok(()));
        for host in ["", "evil.example", "evil.example:8090", "127.0.0.1", "127.0.0.1:8091"] {
            assert_eq!(check(Method::GET, &[("host", host)]), Err(Closed::Host), "{host}");
        }
        for origin in ["null", "http://evil.example", "https://127.0.0.1:8090", "http://localhost:8090", ""] {
            assert_eq!(check(Method::POST, &[own, ("origin", origin)]), Err(Closed::Origin), "{origin}");
            assert_eq!(check(Method::GET, &[own, ("origin", origin)]), Err(Closed::Origin), "{origin}");
        }
        assert_eq!(check(Method::POST, &[own]), Err(Closed::Origin));
        let site = [own, ("origin", "http://127.0.0.1:8090"), ("sec-fetch-site", "cross-site")];
        assert_eq!(check(Method::POST, &site), Err(Closed::Origin));
    }

    #[test]
    fn the_launch_address_alone_gives_the_cookie() {
        let entry = entry();
        let url = entry.launch_url();
        let token = url.rsplit('/').next().unwrap();
        let cookie = entry.cookie_for(token).unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(entry.check_cookie(&headers(&[("cookie", &format!("other=1; {pair}"))])), Ok(()));
        assert_eq!(entry.cookie_for("wrong"), None);
        assert_eq!(entry.cookie_for(""), None);
        for wrong in ["", "kiosk=", "kiosk=wrong", &format!("x{pair}")] {
            assert_eq!(entry.check_cookie(&headers(&[("cookie", wrong)])), Err(Closed::Cookie), "{wrong}");
        }
    }
}
