//! Boards of relays at a serial line, which switch lamps, buzzers and drawers: the four bytes of the cheap USB boards,
//! and Modbus RTU.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// `A0`, relay, on or off, sum: LCUS boards. They do not answer.
    #[default]
    Lcus,
    /// Write single coil; the board answers with the same bytes.
    Modbus,
}

/// What a frame asks a board for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Switch {
    /// Counted from one, as it is printed on the boards.
    pub relay: u8,
    pub on: bool,
}

pub const LCUS_BYTES: usize = 4;
pub const MODBUS_BYTES: usize = 8;
const LCUS_START: u8 = 0xa0;
const WRITE_COIL: u8 = 5;

impl Protocol {
    pub fn frame(self, address: u8, switch: Switch) -> Vec<u8> {
        let Switch { relay, on } = switch;
        match self {
            Protocol::Lcus => {
                let sum = LCUS_START.wrapping_add(relay).wrapping_add(on.into());
                vec![LCUS_START, relay, on.into(), sum]
            }
            Protocol::Modbus => {
                let body = [address, WRITE_COIL, 0, relay.saturating_sub(1), if on { 0xff } else { 0 }, 0];
                [&body[..], &crc(&body).to_le_bytes()].concat()
            }
        }
    }

    /// How many bytes of answer a frame gets.
    pub fn answer_bytes(self) -> usize {
        match self {
            Protocol::Lcus => 0,
            Protocol::Modbus => MODBUS_BYTES,
        }
    }
}

/// The checksum of Modbus RTU (polynomial A001, reflected).
pub fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xffff_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xa001 } else { crc >> 1 };
        }
    }
    crc
}

/// Finds frames in pieces of any length, as a board does; bytes that begin none are skipped one by one.
pub struct Decoder {
    protocol: Protocol,
    address: u8,
    rest: Vec<u8>,
}

impl Decoder {
    pub fn new(protocol: Protocol, address: u8) -> Self {
        Decoder { protocol, address, rest: Vec::new() }
    }

    /// Tells each switch with the bytes that a board answers.
    pub fn hear(&mut self, piece: &[u8], tell: &mut dyn FnMut(Switch, Vec<u8>)) {
        let bytes = match self.protocol {
            Protocol::Lcus => LCUS_BYTES,
            Protocol::Modbus => MODBUS_BYTES,
        };
        self.rest.extend_from_slice(piece);
        let mut at = 0;
        while let Some(frame) = self.rest.get(at..at + bytes) {
            match self.switch(frame) {
                Some(switch) => {
                    let answer = if self.protocol.answer_bytes() > 0 { frame.to_vec() } else { Vec::new() };
                    tell(switch, answer);
                    at += bytes;
                }
                None => at += 1,
            }
        }
        self.rest.drain(..at);
    }

    fn switch(&self, frame: &[u8]) -> Option<Switch> {
        let switch = match (self.protocol, frame) {
            (Protocol::Lcus, &[LCUS_START, relay, state @ (0 | 1), _]) => Switch { relay, on: state == 1 },
            (Protocol::Modbus, &[_, WRITE_COIL, 0, coil, state @ (0 | 0xff), 0, ..]) => {
                Switch { relay: coil.checked_add(1)?, on: state == 0xff }
            }
            _ => return None,
        };
        (self.protocol.frame(self.address, switch) == frame).then_some(switch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(protocol: Protocol, bytes: &[u8], cut: usize) -> Vec<Switch> {
        let mut decoder = Decoder::new(protocol, 1);
        let mut switches = Vec::new();
        for piece in bytes.chunks(cut) {
            decoder.hear(piece, &mut |switch, _| switches.push(switch));
        }
        switches
    }

    #[test]
    fn frames_are_those_of_the_manuals() {
        let on = |relay| Switch { relay, on: true };
        assert_eq!(Protocol::Lcus.frame(1, on(1)), [0xa0, 1, 1, 0xa2]);
        assert_eq!(Protocol::Lcus.frame(1, Switch { relay: 2, on: false }), [0xa0, 2, 0, 0xa2]);
        // The example in every manual of a Modbus relay.
        assert_eq!(Protocol::Modbus.frame(1, on(1)), [1, 5, 0, 0, 0xff, 0, 0x8c, 0x3a]);
        assert_eq!(Protocol::Modbus.frame(1, Switch { relay: 1, on: false }), [1, 5, 0, 0, 0, 0, 0xcd, 0xca]);
    }

    proptest! {
        #[test]
        fn frames_are_found_behind_noise(
            relays in proptest::collection::vec((1u8..=16, any::<bool>()), 1..10),
            cut in 1usize..20,
        ) {
            for protocol in [Protocol::Lcus, Protocol::Modbus] {
                let switches: Vec<Switch> = relays.iter().map(|&(relay, on)| Switch { relay, on }).collect();
                let noisy = switches.iter().flat_map(|switch| [vec![0x55], protocol.frame(1, *switch)].concat());
                prop_assert_eq!(heard(protocol, &noisy.collect::<Vec<u8>>(), cut), switches);
            }
        }

        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 1usize..20) {
            for protocol in [Protocol::Lcus, Protocol::Modbus] {
                prop_assert_eq!(heard(protocol, &bytes, cut), heard(protocol, &bytes, 1000));
            }
        }
    }
}
