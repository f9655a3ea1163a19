//! What a printer says about itself, when it is asked.

use crate::words::Trouble;

/// Asks for the four bytes of status that the same printer answers even while it is out of paper.
pub const ASK: [u8; 9] = [0x10, 4, 1, 0x10, 4, 2, 0x10, 4, 4];

/// Which question an answer belongs to: the bytes look alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Printer,
    Offline,
    Paper,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Status {
    pub paper_out: bool,
    pub paper_low: bool,
    pub cover_open: bool,
    pub stopped: bool,
}

impl Status {
    /// The worst of what is wrong, and what a cashier mends first.
    pub fn trouble(self) -> Option<Trouble> {
        let all = [
            (self.cover_open, Trouble::CoverOpen),
            (self.paper_out, Trouble::PaperOut),
            (self.stopped, Trouble::PrinterStopped),
            (self.paper_low, Trouble::PaperLow),
        ];
        all.into_iter().find_map(|(is, trouble)| is.then_some(trouble))
    }

    /// As the printer would answer [`ASK`]; for the emulator.
    pub fn answer(self, asked: Asked) -> u8 {
        let bit = |is: bool, mask: u8| if is { mask } else { 0 };
        FIXED
            | match asked {
                Asked::Printer => bit(self.paper_out || self.cover_open || self.stopped, OFFLINE),
                Asked::Offline => {
                    bit(self.cover_open, COVER_OPEN) | bit(self.paper_out, PAPER_END) | bit(self.stopped, ERROR)
                }
                Asked::Paper => bit(self.paper_low, PAPER_NEAR_END) | bit(self.paper_out, PAPER_GONE),
            }
    }
}

const FIXED: u8 = 0b0001_0010;
const FIXED_MASK: u8 = 0b1001_0011;
const OFFLINE: u8 = 0b0000_1000;
const COVER_OPEN: u8 = 0b0000_0100;
const PAPER_END: u8 = 0b0010_0000;
const ERROR: u8 = 0b0100_0000;
const PAPER_NEAR_END: u8 = 0b0000_1100;
const PAPER_GONE: u8 = 0b0110_0000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    Whole(Status),
    Noise,
}

/// Puts three answers together, as they come.
#[derive(Default)]
pub struct Statuses {
    answers: Vec<u8>,
}

impl Statuses {
    /// A new question is asked: late answers to the last one would be taken for answers to this one.
    pub fn forget(&mut self) {
        self.answers.clear();
    }

    pub fn hear(&mut self, piece: &[u8], tell: &mut dyn FnMut(Heard)) {
        for &byte in piece {
            // XON and XOFF look like nothing that is asked for, and cheap printers send them.
            if matches!(byte, 0x11 | 0x13) {
                continue;
            }
            if byte & FIXED_MASK != FIXED {
                self.answers.clear();
                tell(Heard::Noise);
                continue;
            }
            self.answers.push(byte);
            if let [printer, offline, paper] = self.answers[..] {
                self.answers.clear();
                tell(Heard::Whole(whole(printer, offline, paper)));
            }
        }
    }
}

fn whole(printer: u8, offline: u8, paper: u8) -> Status {
    let paper_out = offline & PAPER_END != 0 || paper & PAPER_GONE != 0;
    let cover_open = offline & COVER_OPEN != 0;
    let unexplained = printer & OFFLINE != 0 && !paper_out && !cover_open;
    Status {
        paper_out,
        cover_open,
        paper_low: paper & PAPER_NEAR_END != 0,
        stopped: offline & ERROR != 0 || unexplained,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(bytes: &[u8], cut: usize) -> Vec<Heard> {
        let mut statuses = Statuses::default();
        let mut all = Vec::new();
        for piece in bytes.chunks(cut) {
            statuses.hear(piece, &mut |heard| all.push(heard));
        }
        all
    }

    #[test]
    fn reads_the_bytes_of_the_manual() {
        let check = |bytes: [u8; 3], expected| {
            let [Heard::Whole(status)] = heard(&bytes, 9)[..] else { panic!("no status in {bytes:?}") };
            assert_eq!(status.trouble(), expected);
        };
        check([0x12, 0x12, 0x12], None);
        check([0x1a, 0x32, 0x72], Some(Trouble::PaperOut));
        check([0x1a, 0x16, 0x12], Some(Trouble::CoverOpen));
        check([0x12, 0x12, 0x1e], Some(Trouble::PaperLow));
        check([0x1a, 0x52, 0x12], Some(Trouble::PrinterStopped));
        check([0x1a, 0x12, 0x12], Some(Trouble::PrinterStopped));
        assert_eq!(heard(&[0xff], 9), [Heard::Noise]);
    }

    proptest! {
        #[test]
        fn what_the_emulator_says_is_understood(bits in any::<[bool; 4]>()) {
            let [paper_out, paper_low, cover_open, stopped] = bits;
            let status = Status { paper_out, paper_low, cover_open, stopped };
            let answers = [Asked::Printer, Asked::Offline, Asked::Paper].map(|asked| status.answer(asked));
            prop_assert_eq!(heard(&answers, 9), [Heard::Whole(status)]);
        }

        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 1usize..9) {
            prop_assert_eq!(heard(&bytes, cut), heard(&bytes, 100));
        }
    }
}
