//! Texts brought to the lengths that channels take. Lengths are counted in UTF-16 units, as the channels' own pages
//! count: never less than the number of characters, so a text that fits here fits by either count.

const ELLIPSIS: char = '…';

/// Without line breaks and other control characters, which templates refuse.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Cut where it is too long, and seen to be cut.
pub(super) fn cut(text: &str, units_max: usize) -> String {
    shortened(text, units_max, char::len_utf16, ELLIPSIS.len_utf16())
}

/// The same in bytes of UTF-8.
pub(super) fn cut_bytes(text: &str, bytes_max: usize) -> String {
    shortened(text, bytes_max, char::len_utf8, ELLIPSIS.len_utf8())
}

fn shortened(text: &str, most: usize, size: fn(char) -> usize, ellipsis: usize) -> String {
    if text.chars().map(size).sum::<usize>() <= most {
        return text.to_owned();
    }
    let mut cut = taken(text, most.saturating_sub(ellipsis), size);
    cut.push(ELLIPSIS);
    cut
}

/// The beginning that fits, without a sign that it was cut.
pub(super) fn beginning(text: &str, units_max: usize) -> String {
    taken(text, units_max, char::len_utf16)
}

fn taken(text: &str, most: usize, size: fn(char) -> usize) -> String {
    let mut left = most;
    let fits = |c: &char| match left.checked_sub(size(*c)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    text.chars().take_while(fits).collect()
}

pub(super) fn is_hanzi(c: char) -> bool {
    c == '〇' || ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{323af}').contains(&c)
}

/// A value of a template that takes `units_max` of anything. Words are cut; a number, a code or an address is not:
/// half of it would be another one.
pub(super) fn value(text: &str, units_max: usize) -> Result<String, String> {
    let text = one_line(text);
    if length(&text) <= units_max {
        return Ok(text);
    }
    let is_prose = text.chars().any(|c| !c.is_ascii() || c == ' ');
    if is_prose {
        return Ok(cut(&text, units_max));
    }
    Err(format!("it has {} characters of at most {units_max}, and can't be cut without becoming wrong", length(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_numbers_are_not() {
        assert_eq!(value("第一食堂一号档口", 20).as_deref(), Ok("第一食堂一号档口"));
        assert_eq!(value("第一食堂\n一号档口", 6).as_deref(), Ok("第一食堂 …"));
        assert!(value("20261127003100000001", 12).is_err_and(|why| !why.contains("2026")));
        assert_eq!(cut("🍚🍚🍚", 5), "🍚🍚…");
        assert_eq!(cut_bytes("一二三", 8), "一…");
        assert_eq!(beginning("欧阳娜娜", 2), "欧阳");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_longer_than_asked(text in "\\PC{0,80}", most in 1usize..40) {
            proptest::prop_assert!(length(&cut(&text, most)) <= most);
            proptest::prop_assert!(cut_bytes(&text, most + 2).len() <= most + 2);
            proptest::prop_assert!(length(&beginning(&text, most)) <= most);
            if let Ok(value) = value(&text, most) {
                proptest::prop_assert!(length(&value) <= most);
            }
        }
    }
}
