//! What scales say: weight as text, all the time or when asked. Grams are whole numbers from the first digit on; a
//! weight that can't be read exactly is no weight.

use crate::face::Weight;
use crate::words::Trouble;
use serde::{Deserialize, Serialize};

/// Which of the languages the scale speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Lines without being asked: `ST,GS,+  0.250kg`.
    #[default]
    Continuous,
    /// `W` is answered with STX, digits in kilograms and CR, or with `?` and a byte of flags (Toledo 8217 and its kin).
    Asked,
    /// ENQ is answered with ACK, then DC1 with a block that ends in its own checksum (CAS and its kin).
    Block,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    Weight(Weight),
    Trouble(Trouble),
    /// The scale is there and waits for the next question.
    Acknowledged,
}

const STX: u8 = 2;
const ETX: u8 = 3;
const EOT: u8 = 4;
const ENQ: u8 = 5;
const ACK: u8 = 6;
const SOH: u8 = 1;
const DC1: u8 = 0x11;
/// No answer of any of the three is longer.
const ANSWER_BYTES_MAX: usize = 40;
/// Beyond the heaviest counter scale; a number above is a misread point.
const GRAMS_MAX: i64 = 300_000;

impl Protocol {
    /// What the host sends to be told a weight; nothing to a scale that talks by itself.
    pub fn question(self) -> &'static [u8] {
        match self {
            Protocol::Continuous => &[],
            Protocol::Asked => b"W\r",
            Protocol::Block => &[ENQ],
        }
    }

    /// What the host sends when the scale has said that it is ready.
    pub fn second_question(self) -> &'static [u8] {
        match self {
            Protocol::Block => &[DC1],
            Protocol::Continuous | Protocol::Asked => &[],
        }
    }
}

/// Finds readings in pieces of any length; what fits no form is dropped up to the next end.
pub struct Decoder {
    protocol: Protocol,
    rest: Vec<u8>,
    too_long: bool,
}

impl Decoder {
    pub fn new(protocol: Protocol) -> Self {
        Decoder { protocol, rest: Vec::new(), too_long: false }
    }

    pub fn hear(&mut self, piece: &[u8], tell: &mut dyn FnMut(Reading)) {
        for &byte in piece {
            if self.protocol == Protocol::Block && byte == ACK && self.rest.is_empty() {
                tell(Reading::Acknowledged);
                continue;
            }
            let end = match self.protocol {
                Protocol::Continuous => matches!(byte, b'\r' | b'\n'),
                // The byte of flags can be any, also a CR.
                Protocol::Asked => byte == b'\r' && self.rest.last() != Some(&b'?'),
                Protocol::Block => byte == EOT,
            };
            if end {
                self.end(tell);
            } else if self.rest.len() < ANSWER_BYTES_MAX {
                self.rest.push(byte);
            } else {
                self.too_long = true;
            }
        }
    }

    /// A new question is asked: what is left of the last answer belongs to nothing.
    pub fn forget(&mut self) {
        self.rest.clear();
        self.too_long = false;
    }

    fn end(&mut self, tell: &mut dyn FnMut(Reading)) {
        let bytes = std::mem::take(&mut self.rest);
        let too_long = std::mem::take(&mut self.too_long);
        if bytes.is_empty() && !too_long {
            return;
        }
        let reading = match self.protocol {
            Protocol::Continuous => continuous(&bytes),
            Protocol::Asked => asked(&bytes),
            Protocol::Block => block(&bytes),
        };
        tell(reading.filter(|_| !too_long).unwrap_or(Reading::Trouble(Trouble::Noise)));
    }
}

/// `ST,GS,+  0.250kg`: stable or not, gross or net, sign, number, unit. Some leave the second word out.
fn continuous(line: &[u8]) -> Option<Reading> {
    let line = std::str::from_utf8(line).ok()?.trim_matches(|c: char| c.is_control() || c == ' ');
    let (state, rest) = line.split_once(',')?;
    let (tare, number) = match rest.split_once(',') {
        Some((kind, number)) => (matches!(kind.trim(), "NT" | "TR"), number),
        None => (false, rest),
    };
    let stable = match state.trim() {
        // QT is a stable count of pieces with some makers, and never a weight.
        "ST" => true,
        "US" => false,
        "OL" | "+OL" => return Some(Reading::Trouble(Trouble::Overload)),
        "UL" | "-OL" => return Some(Reading::Trouble(Trouble::BelowZero)),
        _ => return None,
    };
    let number: String = number.chars().filter(|c| *c != ' ').collect();
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let grams = grams(digits, &number[digits.len()..])?;
    Some(Reading::Weight(Weight { grams, stable, tare }))
}

/// STX, digits in kilograms; or STX, `?` and flags.
fn asked(answer: &[u8]) -> Option<Reading> {
    let start = answer.iter().position(|byte| *byte & 0x7f == STX)?;
    match &answer[start + 1..] {
        [b'?', flags] => Some(flagged(*flags)),
        digits => {
            let text = std::str::from_utf8(digits).ok()?.trim();
            let (tare, text) = match text.strip_suffix('N') {
                Some(text) => (true, text),
                None => (false, text),
            };
            Some(Reading::Weight(Weight { grams: grams(text, "kg")?, stable: true, tare }))
        }
    }
}

/// A scale that can't give a weight says why. In motion is no trouble, but the next moment's weight.
fn flagged(flags: u8) -> Reading {
    match flags {
        flags if flags & 0b0010 != 0 => Reading::Trouble(Trouble::Overload),
        flags if flags & 0b0100 != 0 => Reading::Trouble(Trouble::BelowZero),
        flags if flags & 0b0001 != 0 => Reading::Weight(Weight { grams: 0, stable: false, tare: false }),
        _ => Reading::Trouble(Trouble::Noise),
    }
}

/// SOH STX, state, sign, six characters, unit of two, checksum, ETX (EOT has ended it).
fn block(answer: &[u8]) -> Option<Reading> {
    let start = answer.windows(2).position(|two| two == [SOH, STX])?;
    let &[state, sign, ref number @ .., check, ETX] = &answer[start + 2..] else { return None };
    let sum = answer[start + 2..answer.len() - 2].iter().fold(0, |sum, byte| sum ^ byte);
    if number.len() != 8 || sum != check {
        return None;
    }
    if sign == b'F' {
        return Some(Reading::Trouble(Trouble::Overload));
    }
    let stable = match state {
        b'S' => true,
        b'U' => false,
        _ => return None,
    };
    let text = std::str::from_utf8(number).ok()?;
    let unit = text.get(6..)?.trim();
    let value = grams(text.get(..6)?.trim(), unit)?;
    let grams = match sign {
        b' ' | b'+' => value,
        b'-' => -value,
        _ => return None,
    };
    Some(Reading::Weight(Weight { grams, stable, tare: false }))
}

/// Exact grams: `0.250` kg is 250, `-12` g is -12. Half grams and other units are refused rather than rounded or
/// guessed.
pub fn grams(number: &str, unit: &str) -> Option<i32> {
    let scale = match unit {
        "kg" | "KG" | "Kg" => 3,
        "g" | "G" => 0,
        _ => return None,
    };
    let (negative, digits) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let digits = digits.trim_start_matches(' ');
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0 || whole.len() > 9 || !all_digits(whole) || !all_digits(part) {
        return None;
    }
    let (exact, beyond) = part.split_at(part.len().min(scale));
    if beyond.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let mut grams: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    for at in 0..scale {
        grams = grams * 10 + exact.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0'));
    }
    let signed = if negative { -grams } else { grams };
    (grams <= GRAMS_MAX).then(|| i32::try_from(signed).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(protocol: Protocol, bytes: &[u8], cut: usize) -> Vec<Reading> {
        let mut decoder = Decoder::new(protocol);
        let mut readings = Vec::new();
        for piece in bytes.chunks(cut) {
            decoder.hear(piece, &mut |reading| readings.push(reading));
        }
        readings
    }

    fn weight(grams: i32, stable: bool, tare: bool) -> Reading {
        Reading::Weight(Weight { grams, stable, tare })
    }

    const NOISE: Reading = Reading::Trouble(Trouble::Noise);
    const OVERLOAD: Reading = Reading::Trouble(Trouble::Overload);
    const BELOW: Reading = Reading::Trouble(Trouble::BelowZero);

    #[test]
    fn reads_lines() {
        let check = |line: &str, expected| {
            assert_eq!(heard(Protocol::Continuous, format!("{line}\r\n").as_bytes(), 99), [expected], "{line}");
        };
        check("ST,GS,+  0.250kg", weight(250, true, false));
        check("US,GS,+  0.251kg", weight(251, false, false));
        check("ST,NT,-  0.012kg", weight(-12, true, true));
        check("ST,GS,+   250 g", weight(250, true, false));
        check("ST,+0000.500kg", weight(500, true, false));
        check("ST,GS,+12.5000kg", weight(12_500, true, false));
        check("OL,GS,+99.999kg", OVERLOAD);
        check("OL,", OVERLOAD);
        check("UL,GS,-", BELOW);
        check("ST,GS,+ 0.2505kg", NOISE);
        check("ST,GS,+ 0.250lb", NOISE);
        check("ST,GS,+ 0.2.50kg", NOISE);
        check("ST,GS,+999999.0kg", NOISE);
        check("QT,GS,+ 12 pcs", NOISE);
        check("hello", NOISE);
    }

    #[test]
    fn reads_answers() {
        let check = |bytes: &[u8], expected: &[Reading]| assert_eq!(heard(Protocol::Asked, bytes, 99), expected);
        check(b"\x0200.250\r", &[weight(250, true, false)]);
        check(b"\x0200.250N\r", &[weight(250, true, true)]);
        check(b"\x02?\x01\r", &[weight(0, false, false)]);
        check(b"\x02?\x02\r", &[OVERLOAD]);
        check(b"\x02?\x04\r", &[BELOW]);
        check(b"\x02?\x0d\r", &[BELOW]);
        check(b"\x02x\r", &[NOISE]);
        check(b"\r\r", &[]);
    }

    fn a_block(body: &[u8]) -> Vec<u8> {
        let sum = body.iter().fold(0, |sum, byte| sum ^ byte);
        [&[SOH, STX][..], body, &[sum, ETX, EOT]].concat()
    }

    #[test]
    fn reads_blocks() {
        let check = |bytes: &[u8], expected: &[Reading]| assert_eq!(heard(Protocol::Block, bytes, 99), expected);
        check(&[ACK], &[Reading::Acknowledged]);
        check(&a_block(b"S  0.250kg"), &[weight(250, true, false)]);
        check(&a_block(b"U- 0.010kg"), &[weight(-10, false, false)]);
        check(&a_block(b"S   1250 g"), &[weight(1250, true, false)]);
        check(&a_block(b"SF        "), &[OVERLOAD]);
        let mut wrong = a_block(b"S  0.250kg");
        wrong[5] ^= 1;
        check(&wrong, &[NOISE]);
    }

    #[test]
    fn a_stream_that_never_ends_is_one_noise() {
        assert_eq!(heard(Protocol::Continuous, &[b'1'; 5000], 99), []);
        let ended = [&[b'1'; 5000][..], b"\rST,GS,+0.250kg\r"].concat();
        assert_eq!(heard(Protocol::Continuous, &ended, 99), [NOISE, weight(250, true, false)]);
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 1usize..50) {
            for protocol in [Protocol::Continuous, Protocol::Asked, Protocol::Block] {
                prop_assert_eq!(heard(protocol, &bytes, cut), heard(protocol, &bytes, 1000));
            }
        }

        #[test]
        fn kilograms_are_exact(grams in -30_000i32..=30_000) {
            let sign = if grams < 0 { '-' } else { '+' };
            let line = format!("ST,GS,{sign}{:>3}.{:03}kg\r\n", grams.abs() / 1000, grams.abs() % 1000);
            prop_assert_eq!(heard(Protocol::Continuous, line.as_bytes(), 7), [weight(grams, true, false)]);
        }
    }
}
