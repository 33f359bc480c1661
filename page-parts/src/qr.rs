//! QR codes as pictures in the page: level M, a quiet zone of four modules, black on white.

use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;
use fast_qr::{ECL, Mode};
use maud::{Markup, PreEscaped, html};

/// The code of a text, byte by byte, with what it is in words; nothing where the text is too long for one.
pub fn qr(content: &str, label: &str) -> Markup {
    let code = QRBuilder::new(content).ecl(ECL::M).mode(Mode::Byte).build();
    match code {
        // What the builder writes are numbers and colours: nothing of the text stands in it as it was.
        Ok(code) => {
            let picture = SvgBuilder::default().margin(4).to_str(&code);
            html! { div #qr .qr role="img" aria-label=(label) { (PreEscaped(picture)) } }
        }
        Err(_) => html! {},
    }
}
