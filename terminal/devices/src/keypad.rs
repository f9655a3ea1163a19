//! The keys of a cashier's number pad, built in or on a cable: what each means at the counter.

use crate::keys::{self, Stroke};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    DoubleZero,
    Point,
    Back,
    Clear,
    Enter,
}

impl Key {
    /// The word that the agent's acts use.
    pub fn name(self) -> &'static str {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        match self {
            Key::Digit(digit) => DIGITS[usize::from(digit.min(9))],
            Key::DoubleZero => "00",
            Key::Point => ".",
            Key::Back => "back",
            Key::Clear => "clear",
            Key::Enter => "enter",
        }
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let all = [Key::DoubleZero, Key::Point, Key::Back, Key::Clear, Key::Enter].into_iter();
        let mut all = all.chain((0..=9).map(Key::Digit));
        all.find(|key| key.name() == name).ok_or_else(|| format!("no key is called {name:?}"))
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.name().into()
    }
}

/// The keys that a school's pad has beside the usual ones, by the kernel's code. Built-in pads send what their maker
/// liked; "00" has no code of its own in the kernel (most pads press zero twice).
pub type Extra = BTreeMap<u16, Key>;

/// `None` for a key that means nothing at the counter: NumLock, which some pads press around every digit, and letters.
pub fn key_of(stroke: Stroke, extra: &Extra) -> Option<Key> {
    match stroke {
        Stroke::Named(code) if extra.contains_key(&code) => extra.get(&code).copied(),
        Stroke::Sign(sign @ '0'..='9') => Some(Key::Digit(u8::try_from(sign).ok()? - b'0')),
        Stroke::Sign('.' | ',') => Some(Key::Point),
        // A pad has no key that says "clear"; the two beside the digits that mean nothing in an amount take its place.
        Stroke::Sign('-') => Some(Key::Back),
        Stroke::Sign('*') => Some(Key::Clear),
        Stroke::Named(keys::ENTER | keys::KP_ENTER) => Some(Key::Enter),
        Stroke::Named(keys::BACKSPACE) => Some(Key::Back),
        Stroke::Named(keys::ESC | keys::DELETE) => Some(Key::Clear),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keyboard, Turn};

    #[test]
    fn every_key_of_a_pad_has_its_meaning() {
        let extra = Extra::from([(240, Key::DoubleZero)]);
        let pressed = |codes: &[u16]| -> Vec<&str> {
            let mut keyboard = Keyboard::default();
            let strokes = codes.iter().filter_map(|code| keyboard.hear(Turn::Down(*code)));
            strokes.filter_map(|stroke| key_of(stroke, &extra)).map(Key::name).collect()
        };
        assert_eq!(pressed(&[79, 80, keys::KP_POINT, 76, keys::KP_ENTER]), ["1", "2", ".", "5", "enter"]);
        assert_eq!(pressed(&[2, 11, 52, keys::ENTER]), ["1", "0", ".", "enter"]);
        assert_eq!(
            pressed(&[keys::BACKSPACE, keys::ESC, keys::KP_MINUS, keys::KP_TIMES]),
            ["back", "clear", "back", "clear"]
        );
        assert_eq!(pressed(&[240]), ["00"]);
        // NumLock (69), a letter, a slash, a function key.
        assert_eq!(pressed(&[69, 30, keys::KP_OVER, 59]), [""; 0]);
    }
}
