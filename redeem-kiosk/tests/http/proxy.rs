//! A network between agent and service that loses what it is told to lose.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baoyulan_ledger::proof::VerifyingKey;
use baoyulan_ledger::proof::key::{JsonWebKey, JsonWebKeySet};

use super::support::{PATIENCE, until};

/// What becomes of orders, and of questions for the bank's facts; all else passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// They do not arrive.
    LoseOrders,
    /// They arrive, and their answers do not.
    LoseAnswers,
    /// They arrive, and their answers wait.
    HoldAnswers,
    /// They arrive, and something else comes back.
    Answer(&'static str),
    /// They arrive, and their answers come back rewritten.
    Forge,
    /// Orders pass; whoever asks for the bank's facts waits.
    HoldBank,
    /// Nothing passes at all.
    Away,
}

/// What becomes of an answer's body.
type Forger = Arc<dyn Fn(&str) -> String + Send + Sync>;

struct State {
    mode: Mode,
    forger: Option<Forger>,
    /// The bodies of all answers to orders, as the service gave them.
    answers: Vec<String>,
    target: String,
    /// The set of keys that is answered in the place of the bank's.
    key_set: Option<String>,
    /// The keys of all orders that were sent.
    keys: Vec<String>,
    /// Connections that were taken and have not ended.
    passing: usize,
}

#[derive(Clone)]
pub struct Proxy {
    state: Arc<Mutex<State>>,
    pub url: String,
}

impl Proxy {
    pub fn new(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            mode: Mode::Pass,
            forger: None,
            answers: Vec::new(),
            target: service.to_owned(),
            key_set: None,
            keys: Vec::new(),
            passing: 0,
        };
        let proxy = Self { state: Arc::new(Mutex::new(state)), url };
        let own = proxy.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                own.state.lock().unwrap().passing += 1;
                std::thread::spawn(move || {
                    // Whatever goes wrong on the way is what a network does.
                    own.pass(stream.unwrap()).unwrap_or_default();
                    own.state.lock().unwrap().passing -= 1;
                });
            }
        });
        proxy
    }

    pub fn set(&self, mode: Mode) {
        self.state.lock().unwrap().mode = mode;
    }

    /// From now on, what is answered to orders is rewritten.
    pub fn forge(&self, forger: impl Fn(&str) -> String + Send + Sync + 'static) {
        let mut state = self.state.lock().unwrap();
        state.mode = Mode::Forge;
        state.forger = Some(Arc::new(forger));
    }

    /// From now on, that key is said to be the bank's only one; or the bank's own are, again.
    pub fn key(&self, key: Option<&VerifyingKey>) {
        let set = key.map(|key| JsonWebKeySet { keys: vec![JsonWebKey::of(key)] });
        self.state.lock().unwrap().key_set = set.map(|set| serde_json::to_string(&set).unwrap());
    }

    /// The bodies of all answers to orders, as the service gave them.
    pub fn answers(&self) -> Vec<String> {
        self.state.lock().unwrap().answers.clone()
    }

    pub fn target(&self, service: &str) {
        service.clone_into(&mut self.state.lock().unwrap().target);
    }

    /// How often an order was sent, and under how many keys.
    pub fn orders(&self) -> (usize, usize) {
        let keys = self.state.lock().unwrap().keys.clone();
        let different: std::collections::BTreeSet<&String> = keys.iter().collect();
        (keys.len(), different.len())
    }

    /// Waits until so many orders were sent.
    pub fn until_orders(&self, count: usize) {
        until(&format!("{count} orders are sent"), || self.orders().0 >= count);
    }

    /// Waits until nothing is on its way of whoever does not send any more.
    pub fn until_quiet(&self) {
        // Connections are taken in their order: when this one has been, all before it are counted.
        let mut last = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        last.shutdown(Shutdown::Write).unwrap();
        last.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(last.read(&mut [0]).unwrap(), 0);
        until("nothing is on its way", || self.state.lock().unwrap().passing == 0);
    }

    fn mode(&self) -> Mode {
        self.state.lock().unwrap().mode.clone()
    }

    fn wait_while(&self, mode: &Mode) {
        while self.mode() == *mode {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn pass(&self, mut client: TcpStream) -> std::io::Result<()> {
        let Some(request) = read_request(&mut client)? else { return Ok(()) };
        let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
        let is_order = head.starts_with("post /v1/redemptions") || head.starts_with("post /v1/reversals");
        if is_order {
            let key = head.split("idempotency-key: ").nth(1).unwrap().split("\r\n").next().unwrap().to_owned();
            self.state.lock().unwrap().keys.push(key);
        }
        let key_set = self.state.lock().unwrap().key_set.clone();
        if let Some(body) = key_set.filter(|_| head.starts_with("get /.well-known/jwks.json ")) {
            return client.write_all(&answer_of("200 OK", &body));
        }
        let mode = self.mode();
        match mode {
            Mode::Away => return Ok(()),
            Mode::LoseOrders if is_order => return Ok(()),
            Mode::HoldBank if head.starts_with("get /v1/bank ") => self.wait_while(&Mode::HoldBank),
            _ => {}
        }
        let answer = self.forward(&request)?;
        if is_order {
            self.state.lock().unwrap().answers.push(body_of(&answer).to_owned());
        }
        match mode {
            Mode::LoseAnswers if is_order => return Ok(()),
            Mode::Answer(text) if is_order => return client.write_all(text.as_bytes()),
            Mode::Forge if is_order => return client.write_all(&self.forged(&answer)),
            Mode::HoldAnswers if is_order => self.wait_while(&Mode::HoldAnswers),
            _ => {}
        }
        client.write_all(&answer)
    }

    /// The answer with another body.
    fn forged(&self, answer: &[u8]) -> Vec<u8> {
        let forger = self.state.lock().unwrap().forger.clone().unwrap();
        let body = forger(body_of(answer));
        answer_of("201 Created", &body)
    }

    fn forward(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let target = self.state.lock().unwrap().target.clone();
        let mut server = TcpStream::connect(target.trim_start_matches("http://"))?;
        let end = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        server.write_all(&request[..end])?;
        server.write_all(b"\r\nconnection: close")?;
        server.write_all(&request[end..])?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

fn answer_of(status: &str, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close");
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What stands behind an answer's head.
fn body_of(answer: &[u8]) -> &str {
    std::str::from_utf8(answer).unwrap().split_once("\r\n\r\n").unwrap().1
}

/// One request, head and body; none where the connection was closed.
fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
            if request.len() >= end + 4 + length.unwrap_or(0) {
                return Ok(Some(request));
            }
        }
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        request.extend_from_slice(&buffer[..read]);
    }
}
