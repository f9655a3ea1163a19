//! Makes scans of what a serial scanner sends: bytes in pieces of any length, each code ended by CR, LF, TAB or a
//! pause.

use crate::face::Event;
use encoding_rs::GB18030;
use serde::{Deserialize, Serialize};

/// The longest code has 470 digits; what is longer is noise, or another device than a scanner.
pub const SCAN_BYTES_MAX: usize = 1000;

/// What ends a scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// CR, LF or both, as every scanner leaves its factory.
    #[default]
    Line,
    Tab,
    /// Nothing is sent after the code: the pause is its end.
    Pause,
}

pub struct Lines {
    ends: Ends,
    rest: Vec<u8>,
    too_long: bool,
}

impl Lines {
    pub fn new(ends: Ends) -> Self {
        Lines { ends, rest: Vec::new(), too_long: false }
    }

    /// A piece; tells what ended in it.
    pub fn hear(&mut self, piece: &[u8], tell: &mut dyn FnMut(Event)) {
        for &byte in piece {
            if self.is_end(byte) {
                self.end(tell);
            } else if self.rest.len() < SCAN_BYTES_MAX {
                self.rest.push(byte);
            } else {
                self.too_long = true;
            }
        }
    }

    /// Nothing more came for a while. Where a sign ends the scans, one without it must not become the beginning of the
    /// next one.
    pub fn pause(&mut self, tell: &mut dyn FnMut(Event)) {
        match self.ends {
            Ends::Pause => self.end(tell),
            Ends::Line | Ends::Tab if self.holding() => {
                self.rest.clear();
                self.too_long = false;
                tell(Event::Misread);
            }
            Ends::Line | Ends::Tab => {}
        }
    }

    pub fn holding(&self) -> bool {
        !self.rest.is_empty()
    }

    fn is_end(&self, byte: u8) -> bool {
        match self.ends {
            Ends::Line => matches!(byte, b'\r' | b'\n'),
            Ends::Tab => byte == b'\t',
            Ends::Pause => false,
        }
    }

    fn end(&mut self, tell: &mut dyn FnMut(Event)) {
        let bytes = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.too_long) {
            return tell(Event::Misread);
        }
        match text(&bytes) {
            Some(text) if text.is_empty() => {}
            Some(text) => tell(Event::Scan(text)),
            None => tell(Event::Misread),
        }
    }
}

/// The code in what came over the wire: without frame, spaces and the scanner's word about the kind of the code. `None`
/// when it is no text at all.
pub fn text(bytes: &[u8]) -> Option<String> {
    let decoded = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Scanners sold here put Chinese out in GBK unless they are told otherwise.
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned(),
    };
    // STX and ETX, where a scanner frames what it sends; a GS inside belongs to a GS1 code.
    let framed = |c: char| c.is_control() || c.is_whitespace() || c == '\u{feff}';
    let code = without_symbology(decoded.trim_matches(framed)).trim_matches(framed);
    let clean = code.chars().all(|c| !c.is_control() || c == '\u{1d}');
    (clean && code.len() <= SCAN_BYTES_MAX).then(|| code.to_owned())
}

/// Without the AIM identifier (`]Q3`, `]d2`, `]C1` …), where a scanner was set up to send it. No code of ours begins
/// so.
fn without_symbology(code: &str) -> &str {
    match code.as_bytes() {
        [b']', kind, modifier, ..] if kind.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => &code[3..],
        _ => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(ends: Ends, pieces: &[&[u8]]) -> Vec<Event> {
        let mut lines = Lines::new(ends);
        let mut events = Vec::new();
        for piece in pieces {
            lines.hear(piece, &mut |event| events.push(event));
        }
        lines.pause(&mut |event| events.push(event));
        events
    }

    fn scan(text: &str) -> Event {
        Event::Scan(text.into())
    }

    #[test]
    fn finds_the_scans_in_the_pieces() {
        let check = |ends, pieces: &[&[u8]], expected: &[Event]| assert_eq!(heard(ends, pieces), expected);
        check(Ends::Line, &[b"690123\r\n"], &[scan("690123")]);
        check(Ends::Line, &[b"69", b"0123\r", b"\n97", b"11\r\n"], &[scan("690123"), scan("9711")]);
        check(Ends::Line, &[b"690123"], &[Event::Misread]);
        check(Ends::Pause, &[b"690", b"123"], &[scan("690123")]);
        check(Ends::Tab, &[b"690\t123\t"], &[scan("690"), scan("123")]);
        check(Ends::Line, &[b"\r\n\r\n"], &[]);
        check(Ends::Line, &["陈\r".as_bytes()], &[scan("陈")]);
        check(Ends::Line, &[&[0xb3, 0xc2, b'\r']], &[scan("陈")]);
        check(Ends::Line, &[&[0xff, 0xff, b'\r']], &[Event::Misread]);
    }

    #[test]
    fn takes_frame_and_symbology_off() {
        let check = |bytes: &[u8], expected: Option<&str>| assert_eq!(text(bytes).as_deref(), expected);
        check(b"\x02690123\x03", Some("690123"));
        check(b"]Q3\x1d0106901234567892", Some("0106901234567892"));
        check(b"]C10112\x1d3103000250", Some("0112\u{1d}3103000250"));
        check(b"]E0 6901234567892 ", Some("6901234567892"));
        check(b"]", Some("]"));
        check(b"12\x0034", None);
        check(b"#S1|2|3#", Some("#S1|2|3#"));
    }

    #[test]
    fn refuses_what_is_longer_than_a_code_once_and_goes_on() {
        let long = [b'9'; SCAN_BYTES_MAX + 1];
        assert_eq!(heard(Ends::Line, &[&long, b"\r690123\r"]), [Event::Misread, scan("690123")]);
        assert_eq!(heard(Ends::Line, &[&long[1..], b"\r"]).len(), 1);
        assert_ne!(heard(Ends::Line, &[&long[1..], b"\r"]), [Event::Misread]);
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 1usize..50) {
            for ends in [Ends::Line, Ends::Tab, Ends::Pause] {
                let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
                prop_assert_eq!(heard(ends, &pieces), heard(ends, &[&bytes]));
            }
        }

        #[test]
        fn every_code_comes_through(code in "[!-~]{6,470}") {
            prop_assume!(!code.starts_with(']'));
            prop_assert_eq!(heard(Ends::Line, &[code.as_bytes(), b"\r\n"]), [scan(&code)]);
        }
    }
}
