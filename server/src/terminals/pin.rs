//! The number with which a cashier opens a shift: what a new one must be.

use crate::plumbing::http::Problem;

pub const DIGITS_MIN: usize = 4;
pub const DIGITS_MAX: usize = 6;
/// Kept in place of a hash that was taken back: no number fits it, and the terminal says what to do.
pub const RESET: &str = "";

/// What half of all people would take: lines and shapes on the keypad, and numbers that sound like words.
const COMMON: [&str; 16] = [
    "2580", "0852", "1379", "7931", "1470", "3690", "1314", "5201", "0520", "8888", "147258", "258369", "159357",
    "520520", "131452", "521314",
];

/// Whether it can be used: 4 to 6 digits that nobody guesses at once.
pub fn check_new(pin: &str) -> Result<(), Problem> {
    if !(DIGITS_MIN..=DIGITS_MAX).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        let (zh, en) = ("开班密码为 4 至 6 位数字。", "The number has 4 to 6 digits.");
        return Err(Problem::bad("bad_pin", zh, en).field("pin"));
    }
    if is_trivial(pin.as_bytes()) || COMMON.contains(&pin) {
        let zh = "这个密码太容易猜到：请勿用重复、连续的数字或年份。";
        let en = "That is easy to guess: no repeated digits, no run of digits, no year.";
        return Err(Problem::bad("weak_pin", zh, en).field("pin"));
    }
    Ok(())
}

/// The same part again and again, a run up or down, or a year.
fn is_trivial(pin: &[u8]) -> bool {
    let repeats = |part: usize| pin.chunks(part).all(|chunk| pin.starts_with(chunk));
    let steps = |by: i16| pin.windows(2).all(|pair| (i16::from(pair[1]) - i16::from(pair[0])).rem_euclid(10) == by);
    let year = pin.len() == 4 && (pin.starts_with(b"19") || pin.starts_with(b"20"));
    (1..=pin.len() / 2).any(repeats) || steps(1) || steps(9) || year
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pin: &str, said: Result<(), &str>) {
        let answer = check_new(pin).map_err(|problem| problem.code().to_owned());
        assert_eq!(answer, said.map_err(str::to_owned), "{pin}");
    }

    #[test]
    fn a_new_number_is_not_the_first_one_that_is_tried() {
        for good in ["4827", "90517", "739204", "1123", "2211"] {
            check(good, Ok(()));
        }
        for shape in ["", "123", "1234567", "12a4", "１２３４", "48 27"] {
            check(shape, Err("bad_pin"));
        }
        for weak in ["0000", "1234", "4321", "7890", "0987", "1212", "123123", "2580", "1987", "2026", "520520"] {
            check(weak, Err("weak_pin"));
        }
    }
}
