//! The QR code: byte mode, level M, a quiet zone of four modules on every side.
//!
//! A module has at least three dots, and the code itself is at least 25 mm wide; what cannot be printed so is refused, not
//! shrunk. On 384 dots the largest is version 25 with 997 bytes, so a token of 900 characters leaves 97 for the rest of the
//! URL. On 576 dots it is version 40, the largest there is, with 2331.

use fast_qr::{ECL, Mode, QRBuilder};

use super::picture::DOTS_PER_MILLIMETRE;

/// Light modules around the code.
pub const QUIET_MODULES: usize = 4;
/// What a phone's camera needs of thermal paper.
pub const DOTS_PER_MODULE_MIN: usize = 3;
/// Of the code without its quiet zone: 25 mm.
pub const CODE_DOTS_MIN: usize = 25 * DOTS_PER_MILLIMETRE;
/// Larger is no easier to read and takes paper.
const DOTS_PER_MODULE_WANTED: usize = 4;

/// Why a receipt has no code on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    #[error("the service named no web address for it: look at its `public_url`")]
    NoAddress,
    /// The URL is too long for a code that this paper has room for.
    #[error("a QR code of {url_bytes} bytes does not fit {width_dots} dots with {DOTS_PER_MODULE_MIN} dots a module")]
    DoesNotFit {
        url_bytes: usize,
        /// What can be printed across.
        width_dots: usize,
    },
}

/// A QR code as it will be printed.
pub struct Code {
    /// Row by row, without the quiet zone; true is dark.
    modules: Vec<Vec<bool>>,
    pub dots_per_module: usize,
}

impl Code {
    /// The code of a URL for paper of this width.
    ///
    /// # Errors
    /// [`NoCode`]
    pub fn fit(url: &str, width_dots: usize) -> Result<Self, NoCode> {
        if url.is_empty() {
            return Err(NoCode::NoAddress);
        }
        let too_long = NoCode::DoesNotFit { url_bytes: url.len(), width_dots };
        let code = QRBuilder::new(url).ecl(ECL::M).mode(Mode::Byte).build().map_err(|_| too_long)?;
        let dots_min = DOTS_PER_MODULE_MIN.max(CODE_DOTS_MIN.div_ceil(code.size));
        let dots_max = width_dots / (code.size + 2 * QUIET_MODULES);
        if dots_max < dots_min {
            return Err(too_long);
        }
        let modules = (0..code.size).map(|row| code[row].iter().map(|module| module.value()).collect()).collect();
        Ok(Self { modules, dots_per_module: dots_max.min(DOTS_PER_MODULE_WANTED.max(dots_min)) })
    }

    /// Dots across, with the quiet zone.
    pub fn width_dots(&self) -> usize {
        (self.modules.len() + 2 * QUIET_MODULES) * self.dots_per_module
    }

    /// Its dark modules as the path of an SVG, the quiet zone's corner at (`left`, `top`).
    pub fn path(&self, left: usize, top: usize) -> String {
        let dots = self.dots_per_module;
        let mut path = String::new();
        for (row, modules) in self.modules.iter().enumerate() {
            let y = top + (row + QUIET_MODULES) * dots;
            for (column, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
                let x = left + (column + QUIET_MODULES) * dots;
                path.push_str(&format!("M{x} {y}h{dots}v{dots}h-{dots}z"));
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_four_dots_where_they_fit_and_never_fewer_than_three() {
        let dots = |url_bytes: usize, width_dots| {
            Code::fit(&"x".repeat(url_bytes), width_dots).map(|code| code.dots_per_module)
        };
        for (width_dots, at_four, at_three) in [(384, 504, 997), (576, 1264, 2331)] {
            let too_long = NoCode::DoesNotFit { url_bytes: at_three + 1, width_dots };
            assert_eq!(dots(at_four, width_dots), Ok(4));
            assert_eq!(dots(at_four + 1, width_dots), Ok(3));
            assert_eq!(dots(at_three, width_dots), Ok(3));
            assert_eq!(dots(at_three + 1, width_dots), Err(too_long));
        }
    }
}
