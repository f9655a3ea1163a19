//! An amount as the words that are recorded (`web/src/kiosk/clips`): 12.50 is 十 2 点 5 元.

/// Every word that an amount needs.
pub const WORDS: [&str; 17] =
    ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "十", "百", "千", "万", "两", "点", "元"];
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const FEN_MAX: u64 = 99_999_999;

/// `None` above what a counter takes (¥999,999.99): a clip that is wrong is worse than none.
pub fn amount(fen: u64) -> Option<Vec<&'static str>> {
    if fen > FEN_MAX {
        return None;
    }
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut words = whole(yuan);
    if jiao > 0 || fen > 0 {
        words.extend(["点", digit(jiao)]);
    }
    if fen > 0 {
        words.push(digit(fen));
    } else if words == ["2"] {
        // Two of something is 两; inside a number it stays 二.
        words = vec!["两"];
    }
    words.push("元");
    Some(words)
}

fn digit(of: u64) -> &'static str {
    DIGITS[usize::try_from(of % 10).unwrap_or_default()]
}

fn whole(number: u64) -> Vec<&'static str> {
    if number == 0 {
        return vec!["0"];
    }
    let mut words = Vec::new();
    let (myriads, rest) = (number / 10_000, number % 10_000);
    if myriads > 0 {
        words = if myriads == 2 { vec!["两"] } else { group(myriads) };
        words.push("万");
        if (1..1000).contains(&rest) {
            words.push("0");
        }
    }
    words.extend(group(rest));
    // 十二, not 一十二, where nothing stands before it.
    if words.starts_with(&["1", "十"]) {
        words.remove(0);
    }
    words
}

/// Below ten thousand; one 零 for any run of zeros between digits.
fn group(number: u64) -> Vec<&'static str> {
    let mut words = Vec::new();
    let mut gap = false;
    for (place, name) in [(1000, Some("千")), (100, Some("百")), (10, Some("十")), (1, None)] {
        let of = number / place % 10;
        if of == 0 {
            gap = !words.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            words.push("0");
        }
        words.push(if of == 2 && place >= 100 { "两" } else { digit(of) });
        words.extend(name);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_spoken_as_people_say_them() {
        let check = |fen, expected: &str| assert_eq!(amount(fen).expect("spoken").concat(), expected, "{fen}");
        check(0, "0元");
        check(1250, "十2点5元");
        check(1255, "十2点55元");
        check(5, "0点05元");
        check(200, "两元");
        check(250, "2点5元");
        check(1000, "十元");
        check(1200, "十2元");
        check(2000, "2十元");
        check(11_000, "1百1十元");
        check(10_100, "1百01元");
        check(20_000, "两百元");
        check(22_222, "两百2十2点22元");
        check(100_100, "1千01元");
        check(101_000, "1千01十元");
        check(1_000_000, "1万元");
        check(1_000_500, "1万05元");
        check(1_010_000, "1万01百元");
        check(1_200_000, "1万两千元");
        check(10_000_000, "十万元");
        check(99_999_999, "9十9万9千9百9十9点99元");
        assert_eq!(amount(100_000_000), None);
    }

    #[test]
    fn every_word_is_recorded() {
        let clips = include_str!("../../../web/src/kiosk/clips/clips.json");
        for word in WORDS {
            assert!(clips.contains(&format!("\"{word}\": [")), "{word}");
        }
        for fen in [0, 1, 10, 99, 12_345, 2_000_200, 20_304_050, 99_999_999] {
            let words = amount(fen).expect("spoken");
            assert!(words.iter().all(|word| WORDS.contains(word)), "{words:?}");
        }
    }
}
