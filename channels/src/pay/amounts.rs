//! Yuan as text, to and from whole numbers. No float on the way.

use yitong_values::Cents;

/// `12.50`: how the channels want yuan.
pub fn yuan(amount: Cents) -> String {
    amount.to_string()
}

/// Yuan as the channels write them: an optional sign, and no third decimal, which nobody can pay.
pub fn from_yuan(text: &str) -> Option<Cents> {
    text.parse().ok()
}

/// Yuan with up to five decimals, as fees stand in bills, in thousandths of a fen.
pub fn milli_from_yuan(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (yuan, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(yuan) || !all_digits(part) || part.len() > 5 {
        return None;
    }
    let scale = 10i64.pow(5 - part.len() as u32);
    let milli = yuan.parse::<i64>().ok()?.checked_mul(100_000)?.checked_add(part.parse::<i64>().ok()? * scale)?;
    Some(if negative { -milli } else { milli })
}

/// The same the other way round, for what is shown beside a total that does not fit.
pub fn yuan_from_milli(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", milli.unsigned_abs() / 100_000, milli.unsigned_abs() % 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_read_and_written_exactly() {
        for (text, fen) in [("0.01", 1), ("12.50", 1250), ("-0.04", -4), ("28790.16", 2_879_016), ("6", 600)] {
            assert_eq!(from_yuan(text), Some(Cents::new(fen)), "{text}");
        }
        assert_eq!(yuan(Cents::new(1250)), "12.50");
        for wrong in ["", "1.005", "1e2", "¥1", "1,000.00", " 1.00", "NaN", "99999999999999999999"] {
            assert_eq!(from_yuan(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn fees_have_five_decimals() {
        for (text, milli) in [("0.02400", 2400), ("-0.02000", -2000), ("0.1", 10_000), ("3", 300_000)] {
            assert_eq!(milli_from_yuan(text), Some(milli), "{text}");
        }
        for wrong in ["", "0.000001", "0.60%", "--1", "1.", ".5", "99999999999999999"] {
            assert_eq!(milli_from_yuan(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_can_be_read(number in -1_000_000_000_000i64..1_000_000_000_000) {
            proptest::prop_assert_eq!(from_yuan(&yuan(Cents::new(number))), Some(Cents::new(number)));
            proptest::prop_assert_eq!(milli_from_yuan(&yuan_from_milli(number)), Some(number));
        }
    }
}
