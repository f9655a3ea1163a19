//! Money is a whole number of fen (分), checked at every sum, and printed in one place.

use std::fmt;
use std::str::FromStr;

/// An amount in fen. Negative amounts exist in postings; a price or a balance is never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cents(i64);

/// Why a text or a sum is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the sum is larger than an amount of money can be")]
    Overflow,
    #[error("an amount is written like 12, 12.5 or 12.50")]
    NotAnAmount,
}

impl Cents {
    pub const ZERO: Cents = Cents(0);
    /// ¥100,000,000: above this an input is a slip of the hand, not money of a school.
    pub const INPUT_MAX: Cents = Cents(10_000_000_000);

    pub const fn new(fen: i64) -> Cents {
        Cents(fen)
    }

    pub const fn fen(self) -> i64 {
        self.0
    }

    pub fn plus(self, other: Cents) -> Result<Cents, MoneyError> {
        self.0.checked_add(other.0).map(Cents).ok_or(MoneyError::Overflow)
    }

    pub fn minus(self, other: Cents) -> Result<Cents, MoneyError> {
        self.0.checked_sub(other.0).map(Cents).ok_or(MoneyError::Overflow)
    }

    pub fn times(self, count: i64) -> Result<Cents, MoneyError> {
        self.0.checked_mul(count).map(Cents).ok_or(MoneyError::Overflow)
    }

    pub fn negated(self) -> Result<Cents, MoneyError> {
        self.0.checked_neg().map(Cents).ok_or(MoneyError::Overflow)
    }

    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub fn sum(amounts: impl IntoIterator<Item = Cents>) -> Result<Cents, MoneyError> {
        amounts.into_iter().try_fold(Cents::ZERO, Cents::plus)
    }
}

/// Yuan with two digits and no sign of currency: `12.50`, `-0.05`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl fmt::Debug for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "¥{self}")
    }
}

/// Reads yuan as people write them. More than two decimals are refused, never rounded.
impl FromStr for Cents {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Cents, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (yuan, fen) = digits.split_once('.').unwrap_or((digits, "00"));
        let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(yuan) || !all_digits(fen) || fen.len() > 2 {
            return Err(MoneyError::NotAnAmount);
        }
        let yuan: i64 = yuan.parse().map_err(|_| MoneyError::Overflow)?;
        let fen_value: i64 = fen.parse().map_err(|_| MoneyError::Overflow)?;
        let fen_value = if fen.len() == 1 { fen_value * 10 } else { fen_value };
        let total = Cents(yuan).times(100)?.plus(Cents(fen_value))?;
        if negative { total.negated() } else { Ok(total) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<i64, MoneyError>) {
        assert_eq!(text.parse::<Cents>().map(Cents::fen), expected, "{text:?}");
    }

    #[test]
    fn reads_yuan() {
        check("12", Ok(1200));
        check("12.5", Ok(1250));
        check("12.50", Ok(1250));
        check("0.05", Ok(5));
        check("-0.05", Ok(-5));
        check("12.505", Err(MoneyError::NotAnAmount));
        check("", Err(MoneyError::NotAnAmount));
        check("1e3", Err(MoneyError::NotAnAmount));
        check("１２", Err(MoneyError::NotAnAmount));
        check(".5", Err(MoneyError::NotAnAmount));
        check("99999999999999999999", Err(MoneyError::Overflow));
    }

    #[test]
    fn never_wraps() {
        assert_eq!(Cents::new(i64::MAX).plus(Cents::new(1)), Err(MoneyError::Overflow));
        assert_eq!(Cents::new(i64::MIN).negated(), Err(MoneyError::Overflow));
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_can_be_read(fen in -1_000_000_000_000i64..1_000_000_000_000) {
            let cents = Cents::new(fen);
            proptest::prop_assert_eq!(cents.to_string().parse::<Cents>(), Ok(cents));
        }
    }
}
