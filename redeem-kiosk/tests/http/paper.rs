//! What the agent sent to its printer, as whoever holds the paper sees it.

use super::support::Town;

/// ESC @
const BEGIN: &[u8] = b"\x1b@";
/// GS v 0, before a band of the picture: its width in bytes and its height in dots follow, each in two bytes.
const BAND: &[u8] = b"\x1dv0\x00";
/// White paper around the slip.
const MARGIN_DOTS: usize = 60;

/// What the QR code on the paper says, by a decoder that is not ours.
pub fn code_on(printed: &[u8]) -> String {
    let (width, rows) = bands(printed);
    let across = 8 * width + 2 * MARGIN_DOTS;
    let blank = || std::iter::repeat_n(255, MARGIN_DOTS * across);
    let side = [255; MARGIN_DOTS];
    let dots = |byte: u8| (0..8).map(move |place| if byte & 0x80 >> place == 0 { 255 } else { 0 });
    let mut greys: Vec<u8> = blank().collect();
    for row in rows.chunks(width) {
        greys.extend(side.into_iter().chain(row.iter().copied().flat_map(dots)).chain(side));
    }
    greys.extend(blank());
    let (width, height) = (across.try_into().unwrap(), (greys.len() / across).try_into().unwrap());
    let mut image = zedbar::Image::from_gray(&greys, width, height).unwrap();
    let mut scanner = zedbar::Scanner::with_config(zedbar::DecoderConfig::new().enable(zedbar::config::QrCode));
    let found = scanner.scan(&mut image);
    let [code] = found.symbols() else { panic!("{} codes are on the paper", found.symbols().len()) };
    code.data_string().unwrap().to_owned()
}

/// The width in bytes, and all rows one after the other.
fn bands(printed: &[u8]) -> (usize, Vec<u8>) {
    let mut rest = printed.strip_prefix(BEGIN).unwrap();
    let (mut width, mut rows) = (0, Vec::new());
    while let Some(band) = rest.strip_prefix(BAND) {
        let size = |at: usize| usize::from(u16::from_le_bytes([band[at], band[at + 1]]));
        width = size(0);
        let (dots, others) = band[4..].split_at(width * size(2));
        rows.extend_from_slice(dots);
        rest = others;
    }
    (width, rows)
}

/// What the receipt in a code's address says, after the bank's own program has verified it with the bank's public keys.
pub fn verified(town: &Town, url: &str) -> serde_json::Value {
    let token = url.strip_prefix("http://points.example/v#").unwrap();
    let keys = town.path("keys.json");
    std::fs::write(&keys, town.run(&["keys"], "")).unwrap();
    town.run(&["verify-receipt", token, "--keys", keys.to_str().unwrap()], "");
    let payload = data_encoding::BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}
