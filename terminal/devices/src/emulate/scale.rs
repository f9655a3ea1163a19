//! A pretend scale: what lies on it is told in the form that its protocol asks for.

use crate::scale::Protocol;

/// The heaviest that it weighs.
const GRAMS_MAX: i32 = 15_000;

pub struct Scale {
    protocol: Protocol,
    pub grams: i32,
    pub stable: bool,
    pub tare: bool,
    asked: Vec<u8>,
}

impl Scale {
    pub fn new(protocol: Protocol) -> Self {
        Scale { protocol, grams: 0, stable: true, tare: false, asked: Vec::new() }
    }

    /// What it says by itself, several times a second.
    pub fn by_itself(&self) -> Vec<u8> {
        if self.protocol != Protocol::Continuous {
            return Vec::new();
        }
        let state = match self.grams {
            _ if self.is_over() => "OL",
            _ if self.stable => "ST",
            _ => "US",
        };
        let kind = if self.tare { "NT" } else { "GS" };
        let sign = if self.grams < 0 { '-' } else { '+' };
        let (kilos, grams) = (self.grams.abs() / 1000, self.grams.abs() % 1000);
        format!("{state},{kind},{sign}{kilos:>3}.{grams:03}kg\r\n").into_bytes()
    }

    pub fn answer(&mut self, piece: &[u8]) -> Vec<u8> {
        self.asked.extend_from_slice(piece);
        let mut answer = Vec::new();
        while let Some((first, rest)) = self.asked.split_first() {
            let said = match (self.protocol, *first, rest.first()) {
                (Protocol::Asked, b'W', None) => break,
                (Protocol::Asked, b'W', Some(b'\r')) => self.asked_for(),
                (Protocol::Block, 0x05, _) => vec![0x06],
                (Protocol::Block, 0x11, _) => self.block(),
                _ => Vec::new(),
            };
            answer.extend(said);
            self.asked.remove(0);
        }
        answer
    }

    fn is_over(&self) -> bool {
        self.grams > GRAMS_MAX
    }

    fn asked_for(&self) -> Vec<u8> {
        let flags = match (self.is_over(), self.grams < 0, self.stable) {
            (true, ..) => 2,
            (_, true, _) => 4,
            (.., false) => 1,
            _ => {
                let net = if self.tare { "N" } else { "" };
                return format!("\u{2}{:02}.{:03}{net}\r", self.grams / 1000, self.grams % 1000).into_bytes();
            }
        };
        vec![2, b'?', flags, b'\r']
    }

    fn block(&self) -> Vec<u8> {
        let state = if self.stable { 'S' } else { 'U' };
        let sign = match (self.is_over(), self.grams < 0) {
            (true, _) => 'F',
            (_, true) => '-',
            _ => ' ',
        };
        let grams = if self.is_over() { 0 } else { self.grams.abs() };
        let body = format!("{state}{sign}{:>2}.{:03}kg", grams / 1000, grams % 1000).into_bytes();
        let sum = body.iter().fold(0, |sum, byte| sum ^ byte);
        [&[1, 2][..], &body, &[sum, 3, 4]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::Weight;
    use crate::scale::{Decoder, Reading};
    use crate::words::Trouble;

    fn read(scale: &mut Scale) -> Vec<Reading> {
        let mut decoder = Decoder::new(scale.protocol);
        let mut readings = Vec::new();
        let mut said = [scale.by_itself(), scale.answer(scale.protocol.question())].concat();
        for _ in 0..2 {
            decoder.hear(&said, &mut |reading| readings.push(reading));
            said = scale.answer(scale.protocol.second_question());
        }
        readings.retain(|reading| *reading != Reading::Acknowledged);
        readings
    }

    #[test]
    fn every_protocol_tells_what_lies_on_it() {
        for protocol in [Protocol::Continuous, Protocol::Asked, Protocol::Block] {
            let mut scale = Scale::new(protocol);
            scale.grams = 1250;
            let weight = Weight { grams: 1250, stable: true, tare: false };
            assert_eq!(read(&mut scale), [Reading::Weight(weight)], "{protocol:?}");
            scale.grams = 99_000;
            assert_eq!(read(&mut scale), [Reading::Trouble(Trouble::Overload)], "{protocol:?}");
        }
    }
}
