//! The picture in the printer's language, ESC/POS: only the commands that every printer of the kind knows.
//!
//! The picture goes in bands, as cheap printers keep little of it in memory. Its bytes are what they are: a printer that takes
//! some of them for a question about its paper (see [`status`](super::status)) answers, and nobody is confused.

use super::picture::Picture;

/// ESC @: forget whatever was set before.
pub const BEGIN: &[u8] = b"\x1b@";
/// GS v 0 at its natural size; the width in bytes and the height in dots follow, each in two bytes, the lower first.
pub const BAND: &[u8] = b"\x1dv0\x00";
/// ESC d: four lines on, so that the last row is past the blade of a printer that is torn by hand.
pub const FEED: &[u8] = b"\x1bd\x04";
/// GS V 66 0: on to the cutter, and a cut that leaves a corner.
pub const CUT: &[u8] = b"\x1dVB\x00";
pub const BAND_DOTS_MAX: u16 = 256;

/// The bytes that print the picture once and cut it off.
pub fn encode(picture: &Picture) -> Vec<u8> {
    let width_bytes = picture.width_bytes();
    let mut bytes = BEGIN.to_vec();
    for band in picture.bytes().chunks(width_bytes * usize::from(BAND_DOTS_MAX)) {
        bytes.extend_from_slice(BAND);
        for size in [width_bytes, band.len() / width_bytes] {
            // Both are far below 2¹⁶: a roll has 72 bytes across, a band 256 dots down.
            bytes.extend_from_slice(&[(size & 0xff) as u8, (size >> 8) as u8]);
        }
        bytes.extend_from_slice(band);
    }
    bytes.extend_from_slice(FEED);
    bytes.extend_from_slice(CUT);
    bytes
}
