//! QR codes as pictures that a page can show and a printer can print.

use fast_qr::{ECL, QRBuilder};
use std::fmt::Write;

/// Modules of white around a code, which scanners expect (ISO/IEC 18004).
const QUIET_MODULES: usize = 4;

/// Level Q survives a scratched card. One path with a stroke of modules a step: pictures stay small, and no hairline of
/// paper shines through between two modules on any printer.
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::Q).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        let dark = |x: usize| x < code.size && code[y][x].value();
        let mut x = 0;
        while x < code.size {
            let from = x;
            while dark(x) {
                x += 1;
            }
            if x > from {
                let (left, top, long) = (from + QUIET_MODULES, y + QUIET_MODULES, x - from);
                let _ = write!(path, "M{left} {top}h{long}v1h-{long}z");
            }
            x += 1;
        }
    }
    let side = code.size + 2 * QUIET_MODULES;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_printed_code_has_45_modules_at_level_q_and_four_of_white_around() {
        let svg = super::svg(&format!("97{}", "1234567890".repeat(20)[..198].to_owned())).expect("it fits");
        assert!(svg.contains("viewBox=\"0 0 53 53\""), "version 7 has 45 modules: {svg:.120}");
        assert!(svg.contains("M4 4h7v1h-7z"), "the corner mark begins after the quiet zone");
        let steps = svg.split('M').skip(2).filter_map(|step| step.split_once('h'));
        let corners: Vec<(usize, usize)> = steps
            .filter_map(|(at, _)| at.split_once(' ').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?))))
            .collect();
        assert!(corners.len() > 400 && corners.iter().all(|(x, y)| (4..49).contains(x) && (4..49).contains(y)));
        assert!(svg.len() < 16_000, "{} bytes a code", svg.len());
    }
}
