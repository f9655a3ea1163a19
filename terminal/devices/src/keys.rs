//! Keys as the kernel tells them (`/dev/input/event*`): records of 24 bytes, and the characters that a US keyboard
//! makes of them, which is how scanners type from the factory. Neither focus nor an input method has a say here.

/// A record on 64-bit Linux: two words of time, then type, code and value.
pub const RECORD_BYTES: usize = 24;

const SYN: u16 = 0;
const KEY: u16 = 1;
const SND: u16 = 0x12;
const SYN_DROPPED: u16 = 3;
const SND_TONE: u16 = 2;

/// What one record says about a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    Down(u16),
    Up(u16),
    /// The kernel's buffer ran over: what was being typed is not whole.
    Lost,
}

/// Puts records together from pieces of any length.
#[derive(Default)]
pub struct Records {
    rest: Vec<u8>,
}

impl Records {
    pub fn hear(&mut self, piece: &[u8], tell: &mut dyn FnMut(Turn)) {
        self.rest.extend_from_slice(piece);
        let whole = self.rest.len() / RECORD_BYTES * RECORD_BYTES;
        for record in self.rest[..whole].chunks_exact(RECORD_BYTES) {
            if let Some(turn) = turn(record) {
                tell(turn);
            }
        }
        self.rest.drain(..whole);
    }
}

/// `None` for what is not about a key, and for a key that is held down and repeats.
fn turn(record: &[u8]) -> Option<Turn> {
    let u16_at = |at: usize| u16::from_ne_bytes([record[at], record[at + 1]]);
    let value = i32::from_ne_bytes([record[20], record[21], record[22], record[23]]);
    match (u16_at(16), u16_at(18), value) {
        (KEY, code, 1) => Some(Turn::Down(code)),
        (KEY, code, 0) => Some(Turn::Up(code)),
        (SYN, SYN_DROPPED, _) => Some(Turn::Lost),
        _ => None,
    }
}

/// What a pretend keyboard writes: a key goes down and up.
pub fn stroke(code: u16) -> Vec<u8> {
    let sync = record(SYN, 0, 0);
    [record(KEY, code, 1), sync, record(KEY, code, 0), sync].concat()
}

/// Down or up alone.
pub fn half_stroke(code: u16, down: bool) -> Vec<u8> {
    [record(KEY, code, down.into()), record(SYN, 0, 0)].concat()
}

/// Makes the speaker of the machine sound; 0 Hz is silence.
pub fn tone(hertz: u16) -> Vec<u8> {
    [record(SND, SND_TONE, hertz.into()), record(SYN, 0, 0)].concat()
}

fn record(kind: u16, code: u16, value: i32) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[16..18].copy_from_slice(&kind.to_ne_bytes());
    record[18..20].copy_from_slice(&code.to_ne_bytes());
    record[20..24].copy_from_slice(&value.to_ne_bytes());
    record
}

pub const ESC: u16 = 1;
pub const BACKSPACE: u16 = 14;
pub const TAB: u16 = 15;
pub const ENTER: u16 = 28;
pub const LEFT_CTRL: u16 = 29;
pub const LEFT_SHIFT: u16 = 42;
pub const RIGHT_SHIFT: u16 = 54;
pub const KP_TIMES: u16 = 55;
pub const CAPS_LOCK: u16 = 58;
pub const KP_MINUS: u16 = 74;
pub const KP_PLUS: u16 = 78;
pub const KP_POINT: u16 = 83;
pub const KP_ENTER: u16 = 96;
pub const RIGHT_CTRL: u16 = 97;
pub const KP_OVER: u16 = 98;
pub const DELETE: u16 = 111;
pub const KP_COMMA: u16 = 121;

/// Code, character, character with shift.
const SIGNS: &[(u16, char, char)] = &[
    (2, '1', '!'),
    (3, '2', '@'),
    (4, '3', '#'),
    (5, '4', '$'),
    (6, '5', '%'),
    (7, '6', '^'),
    (8, '7', '&'),
    (9, '8', '*'),
    (10, '9', '('),
    (11, '0', ')'),
    (12, '-', '_'),
    (13, '=', '+'),
    (26, '[', '{'),
    (27, ']', '}'),
    (39, ';', ':'),
    (40, '\'', '"'),
    (41, '`', '~'),
    (43, '\\', '|'),
    (51, ',', '<'),
    (52, '.', '>'),
    (53, '/', '?'),
    (57, ' ', ' '),
    (KP_TIMES, '*', '*'),
    (KP_MINUS, '-', '-'),
    (KP_PLUS, '+', '+'),
    (KP_POINT, '.', '.'),
    (KP_OVER, '/', '/'),
    (KP_COMMA, ',', ','),
];

/// The rows of letters, by the code of their first key.
const LETTERS: &[(u16, &str)] = &[(16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm")];

/// The rows of digits on a number pad.
const PAD: &[(u16, &str)] = &[(71, "789"), (75, "456"), (79, "123"), (82, "0")];

/// The digit of a number pad, whether or not its NumLock is on: a cashier never means the arrows.
pub fn pad_digit(code: u16) -> Option<char> {
    row(PAD, code)
}

fn row(rows: &[(u16, &str)], code: u16) -> Option<char> {
    rows.iter().find_map(|(first, signs)| signs.chars().nth(code.checked_sub(*first)?.into()))
}

/// Remembers what is held down, and gives characters.
#[derive(Default)]
pub struct Keyboard {
    held: Vec<u16>,
    caps: bool,
}

/// As many keys as hands; more is a broken keyboard, and its memory is bounded.
const HELD_MAX: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stroke {
    Sign(char),
    /// A key that makes no character.
    Named(u16),
}

impl Keyboard {
    /// `caps`: the light of CapsLock is on when the keyboard is opened.
    pub fn new(caps: bool) -> Self {
        Keyboard { held: Vec::new(), caps }
    }

    pub fn hear(&mut self, turn: Turn) -> Option<Stroke> {
        match turn {
            Turn::Lost => self.held.clear(),
            Turn::Up(code) => self.held.retain(|held| *held != code),
            Turn::Down(code) => return self.down(code),
        }
        None
    }

    fn down(&mut self, code: u16) -> Option<Stroke> {
        if self.held.len() < HELD_MAX && !self.held.contains(&code) {
            self.held.push(code);
        }
        match code {
            LEFT_SHIFT | RIGHT_SHIFT | LEFT_CTRL | RIGHT_CTRL => None,
            CAPS_LOCK => {
                self.caps = !self.caps;
                None
            }
            _ => Some(self.stroke(code)),
        }
    }

    fn stroke(&self, code: u16) -> Stroke {
        let shift = self.holds(LEFT_SHIFT) || self.holds(RIGHT_SHIFT);
        if self.holds(LEFT_CTRL) || self.holds(RIGHT_CTRL) {
            return self.control(code);
        }
        if let Some(letter) = row(LETTERS, code) {
            return Stroke::Sign(if shift != self.caps { letter.to_ascii_uppercase() } else { letter });
        }
        let sign =
            SIGNS.iter().find(|(of, ..)| *of == code).map(|(_, bare, shifted)| if shift { *shifted } else { *bare });
        sign.or_else(|| pad_digit(code)).map_or(Stroke::Named(code), Stroke::Sign)
    }

    /// Scanners send control characters as keys: Ctrl and ] is the GS inside a GS1 code, Ctrl and M an Enter.
    fn control(&self, code: u16) -> Stroke {
        match (code, row(LETTERS, code)) {
            (27, _) => Stroke::Sign('\u{1d}'),
            (_, Some('m' | 'j')) => Stroke::Named(ENTER),
            (_, Some('i')) => Stroke::Named(TAB),
            _ => Stroke::Named(code),
        }
    }

    fn holds(&self, code: u16) -> bool {
        self.held.contains(&code)
    }
}

/// The keys, with shift where it is needed, that type a text; `None` when a US keyboard has no such sign. For
/// emulators.
pub fn typed(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for sign in text.chars() {
        let (code, shift) = key_of(sign)?;
        if shift {
            bytes.extend(half_stroke(LEFT_SHIFT, true));
        }
        bytes.extend(stroke(code));
        if shift {
            bytes.extend(half_stroke(LEFT_SHIFT, false));
        }
    }
    Some(bytes)
}

fn key_of(sign: char) -> Option<(u16, bool)> {
    for (first, letters) in LETTERS {
        if let Some(n) = letters.find(sign.to_ascii_lowercase()) {
            return Some((first + u16::try_from(n).ok()?, sign.is_ascii_uppercase()));
        }
    }
    let of = |(code, bare, shifted): &(u16, char, char)| match sign {
        sign if sign == *bare => Some((*code, false)),
        sign if sign == *shifted => Some((*code, true)),
        _ => None,
    };
    SIGNS.iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], cut: usize) -> Vec<Turn> {
        let mut records = Records::default();
        let mut turns = Vec::new();
        for piece in bytes.chunks(cut) {
            records.hear(piece, &mut |turn| turns.push(turn));
        }
        turns
    }

    fn read_text(bytes: &[u8], caps: bool) -> String {
        let mut keyboard = Keyboard::new(caps);
        let strokes = read(bytes, 1000).into_iter().filter_map(|turn| keyboard.hear(turn));
        strokes.filter_map(|stroke| if let Stroke::Sign(sign) = stroke { Some(sign) } else { None }).collect()
    }

    #[test]
    fn knows_shift_caps_and_the_number_pad() {
        assert_eq!(read_text(&typed("Ab1!|+/=").expect("a US keyboard has these"), false), "Ab1!|+/=");
        assert_eq!(read_text(&typed("Ab1!").expect("a US keyboard has these"), true), "aB1!");
        let pad: Vec<u8> = [79, 80, 81, 75, 76, 77, 71, 72, 73, 82, KP_POINT].into_iter().flat_map(stroke).collect();
        assert_eq!(read_text(&pad, false), "1234567890.");
        let caps = [stroke(CAPS_LOCK), stroke(30), stroke(CAPS_LOCK), stroke(30)].concat();
        assert_eq!(read_text(&caps, false), "Aa");
        let gs = [half_stroke(LEFT_CTRL, true), stroke(27), half_stroke(LEFT_CTRL, false), stroke(2)].concat();
        assert_eq!(read_text(&gs, false), "\u{1d}1");
    }

    #[test]
    fn a_held_key_counts_once() {
        let repeat = record(KEY, 2, 2);
        let held = [&half_stroke(2, true)[..], &repeat, &repeat, &half_stroke(2, false)].concat();
        assert_eq!(read_text(&held, false), "1");
    }

    #[test]
    fn a_full_buffer_releases_shift() {
        let lost = record(SYN, SYN_DROPPED, 0);
        let bytes = [&half_stroke(LEFT_SHIFT, true)[..], &lost, &stroke(30)].concat();
        assert_eq!(read_text(&bytes, false), "a");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..500), cut in 1usize..60) {
            prop_assert_eq!(read(&bytes, cut), read(&bytes, 1000));
        }

        #[test]
        fn every_text_can_be_typed(text in "[ -~]{0,100}") {
            let bytes = typed(&text).expect("a US keyboard has every sign of ASCII");
            prop_assert_eq!(read_text(&bytes, false), text);
        }
    }
}
