//! The printer's language, read back as a printer reads it.

use super::super::picture::Picture;
use super::super::raster::{BAND, BAND_DOTS_MAX, BEGIN, CUT, FEED, encode};
use super::samples;

/// What a printer would put on paper, whatever bands it comes in; panics at anything that it does not know.
pub fn read(bytes: &[u8]) -> Picture {
    let mut rest = bytes.strip_prefix(BEGIN).unwrap();
    let (mut width_bytes, mut dots) = (0, Vec::new());
    while let Some(band) = rest.strip_prefix(BAND) {
        let size = |at: usize| usize::from(u16::from_le_bytes([band[at], band[at + 1]]));
        assert!(size(2) <= usize::from(BAND_DOTS_MAX));
        width_bytes = size(0);
        let (band, others) = band[4..].split_at(width_bytes * size(2));
        dots.extend_from_slice(band);
        rest = others;
    }
    assert_eq!(rest, [FEED, CUT].concat());
    Picture::new(width_bytes * 8, dots)
}

#[test]
fn a_printer_reads_back_the_very_picture() {
    for (name, slip, roll) in samples::all() {
        let picture = samples::picture(&slip, roll);
        assert!(read(&encode(&picture)) == picture, "{name}");
    }
}
