//! An amount as it is keyed: text as typed, and exact fen. Nothing is ever rounded.

use super::act::Key;
use yitong_values::Cents;

/// ¥99,999.99: more is a slip of the hand.
pub const KEYED_MAX: Cents = Cents::new(9_999_999);

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keyed(String);

impl Keyed {
    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn back(&mut self) {
        self.0.pop();
    }

    /// A key that would make it no amount, or too large a one, does nothing.
    pub fn press(&mut self, key: Key) {
        match key {
            Key::Digit(digit) => self.digit(digit),
            Key::DoubleZero => {
                self.digit(0);
                self.digit(0);
            }
            Key::Dot if !self.0.contains('.') => {
                if self.0.is_empty() {
                    self.0.push('0');
                }
                self.0.push('.');
            }
            Key::Back => self.back(),
            Key::Clear => self.clear(),
            Key::Dot | Key::Enter => {}
        }
    }

    fn digit(&mut self, digit: u8) {
        let mut next = if self.0 == "0" { String::new() } else { self.0.clone() };
        next.push(char::from(b'0' + digit));
        if Keyed(next.clone()).amount().is_some_and(|amount| amount <= KEYED_MAX) {
            self.0 = next;
        }
    }

    /// `12.` is twelve. Nothing keyed is no amount.
    pub fn amount(&self) -> Option<Cents> {
        self.0.trim_end_matches('.').parse().ok()
    }

    /// How many, when a dish follows.
    pub fn count(&self) -> Option<u32> {
        self.0.parse().ok().filter(|count| (1..=yitong_purchase::COUNT_MAX).contains(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &str, text: &str, fen: Option<i64>) {
        let mut keyed = Keyed::default();
        for key in keys.split(' ').filter_map(Key::from_word) {
            keyed.press(key);
        }
        assert_eq!((keyed.text(), keyed.amount().map(Cents::fen)), (text, fen), "{keys}");
    }

    #[test]
    fn what_is_typed_is_what_is_charged() {
        check("1 2 . 5", "12.5", Some(1250));
        check("1 2 .", "12.", Some(1200));
        check("1 2 . 3 4 5", "12.34", Some(1234));
        check(". 5", "0.5", Some(50));
        check("0 0 7", "7", Some(700));
        check("1 00", "100", Some(10_000));
        check("00", "0", Some(0));
        check("1 . .", "1.", Some(100));
        check("1 2 back", "1", Some(100));
        check("1 . back back", "", None);
        check("1 2 clear 3", "3", Some(300));
        check("9 9 9 9 9 . 9 9", "99999.99", Some(9_999_999));
        check("9 9 9 9 9 9", "99999", Some(9_999_900));
        check("enter", "", None);
    }
}
