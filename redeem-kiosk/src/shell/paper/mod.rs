//! The receipt on paper: a [`Slip`] is drawn as a picture and sent to the station's printer.
//!
//! It promises that every type size is at least 12 pt; that the QR code is at least 25 mm wide, holds exactly the slip's URL,
//! and has number, points and the journal's head in text below it; that a copy is marked; and that a [`PaperFault`] comes back
//! within a known time. It refuses to print without Chinese fonts: there is no [`ReceiptPrinter`] then ([`FontMissing`]), and
//! the station redeems without paper.
//!
//! Paper undoes nothing. By the time of printing the redemption is posted, and whatever happens here is only told: the screen
//! shows the number, and a copy can be printed later.

mod code;
mod fonts;
mod picture;
mod printer;
mod raster;
mod rows;
mod slip;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod typeset;
mod wire;
mod words;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use code::NoCode;
pub use fonts::FontMissing;
pub use picture::{DrawingFault, Roll};
pub use printer::{PaperFault, Patience};
pub use slip::{JournalHead, Kind, Line, Slip};
pub use status::PaperState;
pub use target::{Target, TargetUnreadable};

use fonts::Fonts;
use picture::{Drawn, draw};
use printer::Printer;

#[derive(Debug, Clone)]
pub struct Settings {
    pub target: Target,
    pub roll: Roll,
    /// The file or folder of the fonts; without one, the system's.
    pub fonts: Option<PathBuf>,
    /// How long each step may take.
    pub patience: Patience,
}

/// A slip is on paper, as far as anybody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Printed {
    /// How the paper is now; never [`PaperState::Out`].
    pub paper: PaperState,
    /// Why it has no QR code, where it goes without.
    pub without_code: Option<NoCode>,
}

/// The station's printer, one slip at a time. Cheap to clone.
#[derive(Clone)]
pub struct ReceiptPrinter {
    fonts: Fonts,
    roll: Roll,
    printer: Printer,
    /// Held by the thread that prints, and so for as long as it hangs.
    turn: Arc<Mutex<()>>,
}

impl ReceiptPrinter {
    /// Finds the fonts. The printer may be off; it is looked for with each slip.
    ///
    /// # Errors
    /// [`FontMissing`]
    pub fn new(settings: Settings) -> Result<Self, FontMissing> {
        Ok(Self {
            fonts: Fonts::find(settings.fonts.as_deref())?,
            roll: settings.roll,
            printer: Printer::new(settings.target, settings.patience),
            turn: Arc::new(Mutex::new(())),
        })
    }

    /// Prints a slip, away from the caller's thread and within [`Patience::whole`].
    ///
    /// # Errors
    /// [`PaperFault`], which undoes nothing. After `Busy` and `OutOfPaper` the slip may still come: what is printed again
    /// should be a copy.
    pub async fn print(&self, slip: Slip) -> Result<Printed, PaperFault> {
        let Self { fonts, roll, .. } = self.clone();
        self.at_our_turn(move |printer| {
            let Drawn { picture, without_code } = draw(&slip, roll, &fonts)?;
            let paper = printer.print(&raster::encode(&picture))?;
            Ok(Printed { paper, without_code })
        })
        .await
    }

    /// How the paper is, for a screen that says so before anybody needs it.
    ///
    /// # Errors
    /// [`PaperFault`]
    pub async fn paper(&self) -> Result<PaperState, PaperFault> {
        self.at_our_turn(Printer::paper).await
    }

    async fn at_our_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Printer) -> Result<T, PaperFault> + Send + 'static,
    ) -> Result<T, PaperFault> {
        let (printer, turn) = (self.printer.clone(), Arc::clone(&self.turn));
        let work = async {
            let turn = turn.lock_owned().await;
            let thread = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                work(&printer)
            });
            // The thread does not come back only if it has panicked.
            thread.await.unwrap_or(Err(PaperFault::NotDrawn(DrawingFault::Drawing)))
        };
        tokio::time::timeout(self.printer.patience().whole(), work).await.unwrap_or(Err(PaperFault::Busy))
    }
}
