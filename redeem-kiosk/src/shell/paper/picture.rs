//! A slip as a picture of black and white dots, which every printer prints alike, whatever characters it knows.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::code::{Code, NoCode};
use super::fonts::Fonts;
use super::rows::rows;
use super::slip::Slip;
use super::typeset::{Sheet, typeset};

/// Of the usual printers: 203 dots an inch.
pub const DOTS_PER_MILLIMETRE: usize = 8;
/// Anything darker than this is a dot: thin strokes of type stay whole.
const WHITE_MIN: u8 = 144;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    /// 58 mm, of which 48 can be printed on.
    Millimetres58,
    /// 80 mm, of which 72 can be printed on.
    Millimetres80,
}

impl Roll {
    pub const fn width_dots(self) -> usize {
        match self {
            Self::Millimetres58 => 48 * DOTS_PER_MILLIMETRE,
            Self::Millimetres80 => 72 * DOTS_PER_MILLIMETRE,
        }
    }
}

/// Dots, row by row, eight in a byte, the leftmost in its highest bit; 1 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// A multiple of eight.
    width_dots: usize,
    bytes: Vec<u8>,
}

/// A slip that can be printed.
pub struct Drawn {
    pub picture: Picture,
    /// Why it has no QR code, where it goes without.
    pub without_code: Option<NoCode>,
}

/// The slip could not be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawingFault {
    /// They were there at the start.
    #[error("the fonts are gone")]
    FontsGone,
    /// Not for lack of anything that a station could mend.
    #[error("the slip cannot be drawn")]
    Drawing,
}

/// Draws a slip. Where its QR code does not fit the paper, the number and words take its place.
///
/// # Errors
/// [`DrawingFault`]
pub fn draw(slip: &Slip, roll: Roll, fonts: &Fonts) -> Result<Drawn, DrawingFault> {
    let width_dots = roll.width_dots();
    let code = Code::fit(&slip.receipt_url, width_dots);
    let rows = rows(slip, code.is_ok());
    let sheet = typeset(&rows, code.as_ref().ok(), fonts, slip.language, width_dots);
    let picture = rasterise(&sheet.ok_or(DrawingFault::FontsGone)?, width_dots, fonts)?;
    Ok(Drawn { picture, without_code: code.err() })
}

fn rasterise(sheet: &Sheet, width_dots: usize, fonts: &Fonts) -> Result<Picture, DrawingFault> {
    let options = Options { fontdb: fonts.database(), ..Options::default() };
    // Why it failed may quote the slip, and a fault may be logged.
    let tree = Tree::from_str(&sheet.svg, &options).map_err(|_| DrawingFault::Drawing)?;
    let size = u32::try_from(width_dots).ok().zip(u32::try_from(sheet.height_dots).ok());
    let mut pixels = size.and_then(|(width, height)| Pixmap::new(width, height)).ok_or(DrawingFault::Drawing)?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    let bytes = pixels.pixels().chunks(8).map(|eight| {
        let dots = eight.iter().enumerate().filter(|(_, pixel)| pixel.red() < WHITE_MIN);
        dots.fold(0, |byte, (place, _)| byte | 0x80 >> place)
    });
    Ok(Picture { width_dots, bytes: bytes.collect() })
}

impl Picture {
    pub fn width_bytes(&self) -> usize {
        self.width_dots / 8
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// To measure it and to read it back.
#[cfg(test)]
impl Picture {
    /// A picture of these bytes; `width_dots` is a multiple of eight.
    pub fn new(width_dots: usize, bytes: Vec<u8>) -> Self {
        Self { width_dots, bytes }
    }

    pub fn width_dots(&self) -> usize {
        self.width_dots
    }

    pub fn height_dots(&self) -> usize {
        self.bytes.len() / self.width_bytes()
    }

    /// Whether there is a black dot; outside everything is white.
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        let byte = self.bytes.get(y * self.width_bytes() + x / 8);
        x < self.width_dots && byte.is_some_and(|byte| byte & 0x80 >> (x % 8) != 0)
    }
}
