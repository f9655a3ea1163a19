//! An amount as words of recorded clips: short, as a shop assistant says it. ¥12.50 is 十二点五元.

use yitong_values::Cents;

pub const PAID: &str = "收款成功";
pub const PAID_OFFLINE: &str = "离线收款";
pub const COUNTED: &str = "核验成功";
pub const BALANCE: &str = "余额";
pub const TOO_LITTLE: &str = "余额不足";
pub const LOST: &str = "已挂失";
pub const AGAIN: &str = "请重试";
pub const UNDONE: &str = "已撤销";

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const UNITS: [(i64, &str); 4] = [(10_000, "万"), (1_000, "千"), (100, "百"), (10, "十")];

/// Below zero and above what a counter sells nothing is said: a wrong amount in the air is worse than none.
pub fn amount(amount: Cents) -> Vec<String> {
    let fen = amount.fen();
    if !(0..=super::keyed::KEYED_MAX.fen()).contains(&fen) {
        return Vec::new();
    }
    let mut words = whole(fen / 100);
    let (jiao, rest) = ((fen % 100 / 10) as usize, (fen % 10) as usize);
    if fen % 100 > 0 {
        words.extend(["点", DIGITS[jiao]]);
    }
    if rest > 0 {
        words.push(DIGITS[rest]);
    }
    words.push("元");
    words.into_iter().map(str::to_owned).collect()
}

/// 1001 is 一千零一, 110 is 一百一十, and 12 is 十二.
fn whole(yuan: i64) -> Vec<&'static str> {
    let mut words = Vec::new();
    let mut left = yuan;
    let mut gap = false;
    for (unit, word) in UNITS {
        let digit = left / unit;
        left %= unit;
        match digit {
            0 => gap |= !words.is_empty(),
            1 if unit == 10 && words.is_empty() => words.push(word),
            _ => {
                if std::mem::take(&mut gap) {
                    words.push(DIGITS[0]);
                }
                words.extend([DIGITS[digit as usize], word]);
            }
        }
    }
    if left > 0 && gap {
        words.push(DIGITS[0]);
    }
    if left > 0 || words.is_empty() {
        words.push(DIGITS[left as usize]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fen: i64, spoken: &str) {
        assert_eq!(amount(Cents::new(fen)).join(" "), spoken, "{fen} fen");
    }

    #[test]
    fn amounts_as_they_are_said() {
        check(1250, "十 2 点 5 元");
        check(10_005, "1 百 点 0 5 元");
        check(50, "0 点 5 元");
        check(5, "0 点 0 5 元");
        check(0, "0 元");
        check(1_000, "十 元");
        check(2_000, "2 十 元");
        check(11_000, "1 百 1 十 元");
        check(10_100, "1 百 0 1 元");
        check(100_100, "1 千 0 1 元");
        check(101_000, "1 千 0 1 十 元");
        check(102_030, "1 千 0 2 十 点 3 元");
        check(1_000_000, "1 万 元");
        check(9_999_999, "9 万 9 千 9 百 9 十 9 点 9 9 元");
        check(-1, "");
        check(10_000_000, "");
    }

    /// Said back as a number, every amount is itself.
    #[test]
    fn every_amount_can_be_heard() {
        let value = |word: &str| DIGITS.iter().position(|d| *d == word).map(|n| n as i64);
        for fen in (0..=200_000).chain((200_000..=9_999_999).step_by(997)) {
            let said = amount(Cents::new(fen));
            let (yuan, rest) = said.split_at(said.iter().position(|w| w == "点").unwrap_or(said.len() - 1));
            let (mut sum, mut digit) = (0, None);
            for word in yuan {
                match UNITS.iter().find(|(_, unit)| unit == word) {
                    Some((unit, _)) => sum += digit.take().unwrap_or(1) * unit,
                    None => digit = value(word),
                }
            }
            let mut heard = (sum + digit.unwrap_or(0)) * 100;
            for (word, unit) in rest.iter().skip(1).zip([10, 1]).filter(|(word, _)| *word != "元") {
                heard += value(word).expect("digits follow the point") * unit;
            }
            assert_eq!(heard, fen, "{said:?}");
        }
    }
}
