//! Sends bytes to the printer, within a time and with typed faults. It may wait, and so belongs on a thread of its own.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use super::picture::DrawingFault;
use super::status::{AFTER_ALL, NOW, PaperState};
use super::target::Target;
use super::wire::Wire;

/// Why there is no paper, or not all of it. It never says anything about the redemption, which stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaperFault {
    /// None is set up, it is off, or it cannot be opened.
    #[error("there is no printer: {reason}")]
    NoPrinter { reason: ErrorKind },
    /// Another slip is being printed, or this one took too long.
    #[error("the printer is busy")]
    Busy,
    /// The printer says so, before the slip or in its midst.
    #[error("the printer is out of paper")]
    OutOfPaper,
    /// The wire broke in the midst of the slip.
    #[error("the printer broke off: {reason}")]
    Broken { reason: ErrorKind },
    /// The slip could not even be drawn.
    #[error(transparent)]
    NotDrawn(#[from] DrawingFault),
}

impl PaperFault {
    /// A stable name, for logs and screens.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoPrinter { .. } => "no_printer",
            Self::Busy => "printer_busy",
            Self::OutOfPaper => "out_of_paper",
            Self::Broken { .. } => "printer_broken",
            Self::NotDrawn(_) => "slip_not_drawn",
        }
    }
}

/// How long each step may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until a printer in the network takes the connection.
    pub connecting: Duration,
    /// Until it says how its paper is.
    pub answering: Duration,
    /// Until it has taken all bytes of a slip.
    pub sending: Duration,
    /// Until it has printed them. Only waited for where it has answered before.
    pub printing: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(3),
            answering: Duration::from_millis(300),
            sending: Duration::from_secs(15),
            printing: Duration::from_secs(5),
        }
    }
}

impl Patience {
    /// All of it, with a second for the drawing and the system.
    pub fn whole(&self) -> Duration {
        self.connecting + self.answering * 3 + self.sending + self.printing + Duration::from_secs(1)
    }
}

/// A printer that is opened anew for each slip: it may be unplugged and plugged in again at any time.
#[derive(Debug, Clone)]
pub struct Printer {
    target: Target,
    patience: Patience,
}

impl Printer {
    pub fn new(target: Target, patience: Patience) -> Self {
        Self { target, patience }
    }

    /// How long anything may take at most, if the system keeps to its times.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Prints, and says how the paper is afterwards.
    ///
    /// # Errors
    /// [`PaperFault`]; after `OutOfPaper` and `Busy` the printer may still print what it has taken.
    pub fn print(&self, bytes: &[u8]) -> Result<PaperState, PaperFault> {
        let mut wire = self.open()?;
        let before = self.paper_now(&mut wire)?;
        if let Err(error) = wire.send(bytes, after(self.patience.sending)) {
            // A printer without paper stops taking bytes: ask before calling it busy.
            self.paper_now(&mut wire)?;
            return Err(self.broken(&error));
        }
        if before == PaperState::Unknown {
            return Ok(before);
        }
        let printed = match wire.ask(&AFTER_ALL, after(self.patience.printing)) {
            PaperState::Out => return Err(PaperFault::OutOfPaper),
            PaperState::Unknown => self.paper_now(&mut wire)?,
            known @ (PaperState::Enough | PaperState::NearEnd) => known,
        };
        // A connection that is closed with something unread is cut off instead.
        drop(wire.drain(after(self.patience.answering)));
        Ok(printed)
    }

    /// How the paper is, without printing.
    ///
    /// # Errors
    /// [`PaperFault`]
    pub fn paper(&self) -> Result<PaperState, PaperFault> {
        let mut wire = self.open()?;
        self.paper_now(&mut wire)
    }

    fn open(&self) -> Result<Wire, PaperFault> {
        let wire = match &self.target {
            Target::None => return Err(PaperFault::NoPrinter { reason: ErrorKind::NotFound }),
            Target::File(path) => Wire::file(path),
            Target::Device(path) => Wire::device(path),
            Target::Tcp(address) => Wire::tcp(address, self.patience.connecting),
        };
        #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's kinds are not ours")]
        wire.map_err(|error| match error.kind() {
            // One program at a time has a device.
            ErrorKind::ResourceBusy => PaperFault::Busy,
            reason => PaperFault::NoPrinter { reason },
        })
    }

    fn paper_now(&self, wire: &mut Wire) -> Result<PaperState, PaperFault> {
        match wire.ask(&NOW, after(self.patience.answering)) {
            PaperState::Out => Err(PaperFault::OutOfPaper),
            state @ (PaperState::Enough | PaperState::NearEnd | PaperState::Unknown) => Ok(state),
        }
    }

    fn broken(&self, error: &io::Error) -> PaperFault {
        match (error.kind(), &self.target) {
            (ErrorKind::TimedOut, _) => PaperFault::Busy,
            // "No space left on device" is how the system's printer drivers say it.
            (ErrorKind::StorageFull, Target::Device(_)) => PaperFault::OutOfPaper,
            (reason, _) => PaperFault::Broken { reason },
        }
    }
}

fn after(time: Duration) -> Instant {
    Instant::now() + time
}
