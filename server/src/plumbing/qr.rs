//! QR codes as pictures that a page can show and a printer can print.

use fast_qr::convert::{Builder, svg::SvgBuilder};
use fast_qr::{ECL, QRBuilder};

/// Level Q survives a scratched card; four modules of quiet zone are what scanners expect (ISO/IEC 18004).
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::Q).build().ok()?;
    Some(SvgBuilder::default().margin(4).to_str(&code))
}
