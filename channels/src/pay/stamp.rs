//! Moments as digits of Beijing time: `yyyyMMddHHmmss`, with or without the marks between.

use yitong_values::{BusinessDay, DAY_MS, Timestamp};

/// `20261127083005`.
pub fn stamp14(at: Timestamp) -> String {
    let (day, [hour, minute, second]) = parts(at);
    format!("{:08}{hour:02}{minute:02}{second:02}", day.number())
}

/// `2026-11-27 08:30:05`.
pub fn stamp19(at: Timestamp) -> String {
    let (day, [hour, minute, second]) = parts(at);
    format!("{day} {hour:02}:{minute:02}:{second:02}")
}

/// Reads `20261127083005`; `None` for anything that is not a moment of the calendar.
pub fn from_stamp14(text: &str) -> Option<Timestamp> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day = BusinessDay::from_number(text[..8].parse().ok()?).ok()?;
    in_day(day, &text[8..])
}

/// Reads `2026-11-27 08:30:05`.
pub fn from_stamp19(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(' ')?;
    let shaped = time.len() == 8 && time.as_bytes()[2] == b':' && time.as_bytes()[5] == b':';
    let digits: String = time.split(':').collect();
    if shaped { in_day(day.parse().ok()?, &digits) } else { None }
}

/// Reads `MMddHHmmss`, which carries no year: the latest such moment that is not after the end of `last`.
pub fn from_stamp10(text: &str, last: BusinessDay) -> Option<Timestamp> {
    if text.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let month_and_day: i64 = text[..4].parse().ok()?;
    let this_year = month_and_day <= last.number() % 10_000;
    let year = i64::from(last.year()) - i64::from(!this_year);
    let day = BusinessDay::from_number(year * 10_000 + month_and_day).ok()?;
    in_day(day, &text[4..])
}

fn parts(at: Timestamp) -> (BusinessDay, [i64; 3]) {
    let day = at.china_day();
    let second = at.since(day.start()).rem_euclid(DAY_MS) / 1000;
    (day, [second / 3600, second / 60 % 60, second % 60])
}

fn in_day(day: BusinessDay, digits: &str) -> Option<Timestamp> {
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| digits[from..from + 2].parse::<i64>().ok();
    let (hour, minute, second) = (part(0)?, part(2)?, part(4)?);
    let known = hour < 24 && minute < 60 && second < 60;
    known.then(|| day.start().plus_ms(((hour * 60 + minute) * 60 + second) * 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_was_written() {
        let at = from_stamp14("20261127083005").unwrap();
        assert_eq!(at.to_string(), "2026-11-27T08:30:05.000+08:00");
        assert_eq!(stamp14(at), "20261127083005");
        assert_eq!(stamp19(at), "2026-11-27 08:30:05");
        assert_eq!(from_stamp19("2026-11-27 08:30:05"), Some(at));
        for wrong in ["20260229000000", "20261127240000", "2026112708300", "2026112708300x", "+0261127083005"] {
            assert_eq!(from_stamp14(wrong), None, "{wrong}");
        }
        for wrong in ["2026-11-27T08:30:05", "2026-11-27 8:30:05", "2026-11-27 083005", "2026-11-27 08:30:60"] {
            assert_eq!(from_stamp19(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_line_without_a_year_is_never_in_the_future() {
        let new_year: BusinessDay = "2027-01-01".parse().unwrap();
        let at = |text: &str| from_stamp10(text, new_year).map(stamp14);
        assert_eq!(at("1231230100").as_deref(), Some("20261231230100"));
        assert_eq!(at("0101000500").as_deref(), Some("20270101000500"));
        assert_eq!(at("0230000500"), None);
    }
}
