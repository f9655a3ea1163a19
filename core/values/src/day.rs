//! Moments (milliseconds UTC) and business days (the school's calendar day, China time, no clock inside).

use std::fmt;
use std::str::FromStr;

pub const DAY_MS: i64 = 86_400_000;
/// China keeps one offset all year (GB/T 7408; no summer time since 1991).
pub const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_ms(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    pub const fn ms(self) -> i64 {
        self.0
    }

    pub fn plus_ms(self, ms: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(ms))
    }

    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Minutes since midnight in China, 0 to 1439.
    pub fn china_minute(self) -> u16 {
        ((self.0 + CHINA_OFFSET_MS).rem_euclid(DAY_MS) / 60_000) as u16
    }

    pub fn china_day(self) -> BusinessDay {
        BusinessDay::from_epoch_days((self.0 + CHINA_OFFSET_MS).div_euclid(DAY_MS))
    }
}

/// RFC 3339 with the offset of China: `2026-11-24T12:05:00.123+08:00`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = (self.0 + CHINA_OFFSET_MS).rem_euclid(DAY_MS);
        let (s, ms) = (ms / 1000, ms % 1000);
        write!(f, "{}T{:02}:{:02}:{:02}.{:03}+08:00", self.china_day(), s / 3600, s / 60 % 60, s % 60, ms)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A calendar day of the school. Its number is `yyyymmdd`, so that rows read well and sort right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDay(i32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written like 2026-11-24, between 1970 and 9999")]
pub struct DayError;

impl BusinessDay {
    pub fn new(year: i32, month: u8, day: u8) -> Result<BusinessDay, DayError> {
        let known =
            (1970..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
        if known { Ok(BusinessDay(year * 10_000 + i32::from(month) * 100 + i32::from(day))) } else { Err(DayError) }
    }

    /// From the stored number `yyyymmdd`.
    pub fn from_number(number: i64) -> Result<BusinessDay, DayError> {
        let number = i32::try_from(number).map_err(|_| DayError)?;
        BusinessDay::new(number / 10_000, (number / 100 % 100) as u8, (number % 100) as u8)
    }

    pub fn number(self) -> i64 {
        i64::from(self.0)
    }

    pub fn year(self) -> i32 {
        self.0 / 10_000
    }

    pub fn month(self) -> u8 {
        (self.0 / 100 % 100) as u8
    }

    pub fn day(self) -> u8 {
        (self.0 % 100) as u8
    }

    /// `yyyymm`, the key of monthly limits.
    pub fn month_number(self) -> i64 {
        i64::from(self.0 / 100)
    }

    pub fn plus_days(self, days: i64) -> BusinessDay {
        BusinessDay::from_epoch_days(self.epoch_days() + days)
    }

    pub fn weekday(self) -> Weekday {
        use Weekday::*;
        // 1970-01-01 was a Thursday.
        [Thursday, Friday, Saturday, Sunday, Monday, Tuesday, Wednesday][self.epoch_days().rem_euclid(7) as usize]
    }

    /// The moment at which this day begins in China.
    pub fn start(self) -> Timestamp {
        Timestamp(self.epoch_days() * DAY_MS - CHINA_OFFSET_MS)
    }

    // Civil-calendar arithmetic after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    pub fn epoch_days(self) -> i64 {
        let (m, d) = (i64::from(self.month()), i64::from(self.day()));
        let y = i64::from(self.year()) - i64::from(m <= 2);
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
        era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
    }

    pub fn from_epoch_days(days: i64) -> BusinessDay {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let d = doy - (153 * mp + 2) / 5 + 1;
        let m = if mp < 10 { mp + 3 } else { mp - 9 };
        let y = yoe + era * 400 + i64::from(m <= 2);
        BusinessDay((y * 10_000 + m * 100 + d) as i32)
    }
}

fn days_in_month(year: i32, month: u8) -> u8 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        _ => 31,
    }
}

impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BusinessDay {
    type Err = DayError;

    fn from_str(text: &str) -> Result<BusinessDay, DayError> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
        if !shaped {
            return Err(DayError);
        }
        let part = |from: usize, to: usize| text[from..to].parse::<i32>().map_err(|_| DayError);
        BusinessDay::new(part(0, 4)?, part(5, 7)? as u8, part(8, 10)? as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> BusinessDay {
        text.parse().expect("a day in a test is well written")
    }

    #[test]
    fn a_day_in_china_begins_eight_hours_early() {
        let lunch = Timestamp::from_ms(1_795_494_300_000);
        assert_eq!(lunch.to_string(), "2026-11-24T12:25:00.000+08:00");
        assert_eq!(lunch.china_day(), day("2026-11-24"));
        assert_eq!(lunch.china_minute(), 12 * 60 + 25);
        assert_eq!(day("2026-11-24").start().to_string(), "2026-11-24T00:00:00.000+08:00");
    }

    #[test]
    fn only_days_of_the_calendar() {
        for wrong in ["2026-02-29", "2026-13-01", "2026-00-10", "26-1-1", "2026/01/01", "2026-01-1x"] {
            assert_eq!(wrong.parse::<BusinessDay>(), Err(DayError), "{wrong}");
        }
        assert_eq!(day("2028-02-29").plus_days(1), day("2028-03-01"));
        assert_eq!(day("2026-11-24").weekday(), Weekday::Tuesday);
    }

    proptest::proptest! {
        #[test]
        fn days_count_without_gaps(days in 0i64..2_000_000) {
            let a = BusinessDay::from_epoch_days(days);
            proptest::prop_assert_eq!(a.epoch_days(), days);
            proptest::prop_assert!(a < a.plus_days(1));
            proptest::prop_assert_eq!(BusinessDay::from_number(a.number()), Ok(a));
        }
    }
}
