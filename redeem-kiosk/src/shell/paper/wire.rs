//! The wire to a printer: bytes to it and answers from it, each within its time.
//!
//! A file, a device and a connection are opened so that nothing on them waits; what waits is `poll`, until an instant.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use super::status::{PaperState, Question};

trait Stream: AsFd + Read + Write {}
impl Stream for File {}
impl Stream for TcpStream {}

pub struct Wire {
    stream: Box<dyn Stream>,
    can_answer: bool,
}

impl Wire {
    /// To a file that is emptied first and never answers.
    ///
    /// # Errors
    /// As the system says.
    pub fn file(path: &Path) -> io::Result<Self> {
        let file = nonblocking().write(true).create(true).truncate(true).open(path)?;
        Ok(Self { stream: Box::new(file), can_answer: false })
    }

    /// To a device, which must be there already.
    ///
    /// # Errors
    /// As the system says.
    pub fn device(path: &Path) -> io::Result<Self> {
        let file = nonblocking().read(true).write(true).open(path)?;
        Ok(Self { stream: Box::new(file), can_answer: true })
    }

    /// To the first of the host's addresses that takes the connection.
    ///
    /// # Errors
    /// As the last of them says.
    pub fn tcp(address: &str, wait_max: Duration) -> io::Result<Self> {
        let mut outcome = Err(ErrorKind::HostUnreachable.into());
        for address in address.to_socket_addrs()? {
            outcome = TcpStream::connect_timeout(&address, wait_max);
            if outcome.is_ok() {
                break;
            }
        }
        let stream = outcome?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream: Box::new(stream), can_answer: true })
    }

    /// Sends everything and waits until the system has taken it off our hands, as a device that is closed earlier loses the
    /// end.
    ///
    /// # Errors
    /// `TimedOut`, or as the system says.
    pub fn send(&mut self, mut bytes: &[u8], until: Instant) -> io::Result<()> {
        while !bytes.is_empty() {
            self.wait(PollFlags::OUT, until)?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(length) => bytes = &bytes[length..],
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.wait(PollFlags::OUT, until)
    }

    /// Asks, and waits for the answer among whatever else comes. Silence and a broken wire are the same: nobody knows.
    pub fn ask(&mut self, question: &Question, until: Instant) -> PaperState {
        if !self.can_answer || self.drain(until).is_err() || self.send(&question.bytes, until).is_err() {
            return PaperState::Unknown;
        }
        // The time counts for one who never stops talking too.
        while Instant::now() < until && self.wait(PollFlags::IN, until).is_ok() {
            match self.read() {
                Ok(byte) => {
                    if let Some(state) = byte.and_then(|byte| question.understand(byte)) {
                        return state;
                    }
                }
                Err(_) => break,
            }
        }
        PaperState::Unknown
    }

    /// Reads away what was said before, so that it is not taken for an answer.
    ///
    /// # Errors
    /// The wire is broken.
    pub fn drain(&mut self, until: Instant) -> io::Result<()> {
        while self.can_answer && Instant::now() < until && self.read()?.is_some() {}
        Ok(())
    }

    /// One byte if one is there.
    fn read(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(Some(byte[0])),
            Err(error) if is_passing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn wait(&self, flags: PollFlags, until: Instant) -> io::Result<()> {
        loop {
            let rest = Timespec::try_from(until.saturating_duration_since(Instant::now()))
                .map_err(|_| ErrorKind::InvalidInput)?;
            match poll(&mut [PollFd::from_borrowed_fd(self.stream.as_fd(), flags)], Some(&rest)) {
                Ok(0) => return Err(ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn nonblocking() -> OpenOptions {
    let mut options = OpenOptions::new();
    // NOCTTY: a printer on a serial line must not become what Ctrl-C comes from.
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    options
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
