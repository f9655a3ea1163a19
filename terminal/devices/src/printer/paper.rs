//! The paper of a pretend printer: reads ESC/POS as printers do and gives rows of text, so that a test can say what a
//! person would see. Commands that no receipt of ours uses are skipped with the bytes that belong to them.

use super::layout::width;
use super::status::Asked;
use encoding_rs::GB18030;

/// What a receipt does besides being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    Cut,
    Drawer,
    Beep,
}

/// What a roll holds in a test; older rows fall off.
const ROWS_MAX: usize = 2000;
const HELD_BYTES_MAX: usize = 4096;

pub struct Paper {
    columns: usize,
    held: Vec<u8>,
    row: Vec<u8>,
    align: u8,
    large: bool,
    qr: String,
    rows: Vec<String>,
    marks: Vec<Mark>,
    questions: Vec<Asked>,
}

impl Default for Paper {
    fn default() -> Self {
        Paper::new(32)
    }
}

impl Paper {
    pub fn new(columns: usize) -> Self {
        Paper {
            columns,
            held: Vec::new(),
            row: Vec::new(),
            align: 0,
            large: false,
            qr: String::new(),
            rows: Vec::new(),
            marks: Vec::new(),
            questions: Vec::new(),
        }
    }

    pub fn rows(&self) -> &[String] {
        &self.rows
    }

    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// What the host has asked and nobody has answered yet.
    pub fn questions(&mut self) -> Vec<Asked> {
        std::mem::take(&mut self.questions)
    }

    pub fn hear(&mut self, piece: &[u8]) {
        self.held.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.held);
        let mut at = 0;
        while at < bytes.len() {
            let Some(length) = command_bytes(&bytes[at..]) else { break };
            let Some(command) = bytes.get(at..at + length) else { break };
            self.obey(command);
            at += length;
        }
        // A length that never comes true would hold everything for ever.
        self.held = if bytes.len() - at > HELD_BYTES_MAX { Vec::new() } else { bytes[at..].to_vec() };
        let over = self.rows.len().saturating_sub(ROWS_MAX);
        self.rows.drain(..over);
    }

    fn obey(&mut self, command: &[u8]) {
        match *command {
            [b'\n'] => self.feed(),
            [0x1b, b'@'] => {
                self.row.clear();
                (self.align, self.large) = (0, false);
            }
            [0x1b, b'a', align] => self.align = align % 48,
            [0x1b, b'd', lines] => (0..lines).for_each(|_| self.feed()),
            [0x1b, b'p', ..] => self.marks.push(Mark::Drawer),
            [0x1b, b'B', ..] | [7] => self.marks.push(Mark::Beep),
            [0x1d, b'!', size] => self.large = size != 0,
            [0x1d, b'V', ..] => self.marks.push(Mark::Cut),
            [0x1d, b'(', b'k', _, _, 49, 80, 48, ref data @ ..] => self.qr = String::from_utf8_lossy(data).into_owned(),
            [0x1d, b'(', b'k', _, _, 49, 81, ..] => {
                let symbol = format!("[QR {}]", std::mem::take(&mut self.qr));
                self.row.extend_from_slice(symbol.as_bytes());
            }
            [0x10, 4, 1] => self.questions.push(Asked::Printer),
            [0x10, 4, 2] => self.questions.push(Asked::Offline),
            [0x10, 4, 4] => self.questions.push(Asked::Paper),
            [byte] if byte >= 0x20 => self.row.push(byte),
            [_] | [0x10 | 0x1b | 0x1c | 0x1d, ..] => {}
            ref text => self.row.extend_from_slice(text),
        }
    }

    fn feed(&mut self) {
        let bytes = std::mem::take(&mut self.row);
        let (text, _) = GB18030.decode_without_bom_handling(&bytes);
        let used = width(&text) * if self.large { 2 } else { 1 };
        let room = self.columns.saturating_sub(used);
        let indent = match self.align {
            1 => room / 2,
            2 => room,
            _ => 0,
        };
        let row = format!("{}{text}", " ".repeat(indent));
        self.rows.push(row.trim_end().to_owned());
    }
}

/// How many bytes the command at the start takes; `None` while that can't be known yet.
fn command_bytes(bytes: &[u8]) -> Option<usize> {
    let byte = |at: usize| bytes.get(at).copied();
    Some(match byte(0)? {
        0x10 => match byte(1)? {
            4 => 3,
            _ => 2,
        },
        0x1b => match byte(1)? {
            b'@' | b'2' | b'i' | b'm' => 2,
            b'p' => 5,
            b'B' | b'$' | b'\\' => 4,
            _ => 3,
        },
        0x1c => match byte(1)? {
            b'&' | b'.' => 2,
            _ => 3,
        },
        0x1d => match byte(1)? {
            b'(' => 5 + usize::from(u16::from_le_bytes([byte(3)?, byte(4)?])),
            b'V' if byte(2)? >= 65 => 4,
            b'L' | b'W' => 4,
            _ => 3,
        },
        // The first of two bytes of a Chinese character: its second may look like a command.
        0x81..=0xfe => match byte(1)? {
            0x30..=0x39 => 4,
            _ => 2,
        },
        _ => 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(bytes: &[u8], cut: usize) -> (Vec<String>, Vec<Mark>, Vec<Asked>) {
        let mut paper = Paper::default();
        bytes.chunks(cut).for_each(|piece| paper.hear(piece));
        (paper.rows().to_vec(), paper.marks().to_vec(), paper.questions())
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 1usize..20) {
            prop_assert_eq!(seen(&bytes, cut), seen(&bytes, 1000));
        }
    }
}
