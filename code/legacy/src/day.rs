//! The last day of validity, in the three forms in which the earlier system may have printed it.

/// A day of the calendar, compared as such; which day it is today is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateForm {
    /// `20300831`
    YearMonthDay,
    /// `300831`: the years 2000 to 2099.
    ShortYear,
    /// `2030-08-31`
    Dashes,
}

impl Day {
    /// `None` for a day that the calendar does not have; years 1 to 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Day> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Day { year, month, day })
    }

    pub fn year(self) -> u16 {
        self.year
    }

    pub fn month(self) -> u8 {
        self.month
    }

    pub fn day(self) -> u8 {
        self.day
    }
}

impl DateForm {
    pub(crate) const ALL: [DateForm; 3] = [DateForm::YearMonthDay, DateForm::ShortYear, DateForm::Dashes];

    pub fn word(self) -> &'static str {
        match self {
            DateForm::YearMonthDay => "yyyymmdd",
            DateForm::ShortYear => "yymmdd",
            DateForm::Dashes => "yyyy-mm-dd",
        }
    }

    /// How many characters a date takes: as many as its word.
    pub(crate) const fn len(self) -> usize {
        match self {
            DateForm::YearMonthDay => 8,
            DateForm::ShortYear => 6,
            DateForm::Dashes => 10,
        }
    }

    /// `None` when the year does not fit into two digits.
    pub fn print(self, Day { year, month, day }: Day) -> Option<String> {
        match self {
            DateForm::YearMonthDay => Some(format!("{year:04}{month:02}{day:02}")),
            DateForm::ShortYear if !(2000..=2099).contains(&year) => None,
            DateForm::ShortYear => Some(format!("{:02}{month:02}{day:02}", year - 2000)),
            DateForm::Dashes => Some(format!("{year:04}-{month:02}-{day:02}")),
        }
    }

    pub fn parse(self, text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        if bytes.len() != self.len() {
            return None;
        }
        let (year, month, day) = match self {
            DateForm::YearMonthDay => (number(&bytes[..4])?, &bytes[4..6], &bytes[6..]),
            DateForm::ShortYear => (2000 + number(&bytes[..2])?, &bytes[2..4], &bytes[4..]),
            DateForm::Dashes if bytes[4] != b'-' || bytes[7] != b'-' => return None,
            DateForm::Dashes => (number(&bytes[..4])?, &bytes[5..7], &bytes[8..]),
        };
        Day::new(year, u8::try_from(number(month)?).ok()?, u8::try_from(number(day)?).ok()?)
    }
}

/// At most four digits. `str::parse` would take a sign as well.
fn number(digits: &[u8]) -> Option<u16> {
    let each = digits.iter().map(|byte| byte.is_ascii_digit().then(|| u16::from(byte - b'0')));
    each.into_iter().try_fold(0, |sum, digit| Some(sum * 10 + digit?))
}
