//! The kinds of fields in templates of WeChat: the name says the kind (`thing1`, `amount2`), the kind what a value may
//! be. WeChat refuses a message with 47003 when one value is wrong, so every value is brought into form, or refused by
//! its name, before anything is sent.

use super::super::text;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Thing,
    Number,
    Letter,
    Symbol,
    CharacterString,
    Time,
    Date,
    Amount,
    PhoneNumber,
    CarNumber,
    Name,
    Phrase,
    Enum,
}

const KINDS: [(&str, FieldKind); 14] = [
    ("thing", FieldKind::Thing),
    ("number", FieldKind::Number),
    ("letter", FieldKind::Letter),
    ("symbol", FieldKind::Symbol),
    ("character_string", FieldKind::CharacterString),
    ("time", FieldKind::Time),
    ("date", FieldKind::Date),
    ("amount", FieldKind::Amount),
    ("phone_number", FieldKind::PhoneNumber),
    ("car_number", FieldKind::CarNumber),
    ("name", FieldKind::Name),
    ("phrase", FieldKind::Phrase),
    ("enum", FieldKind::Enum),
    ("const", FieldKind::Enum),
];

impl FieldKind {
    /// `None`: a kind that is not known.
    pub fn of(name: &str) -> Option<FieldKind> {
        let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
        KINDS.iter().find(|(known, _)| *known == kind).map(|(_, kind)| *kind)
    }

    pub fn units_max(self) -> usize {
        match self {
            FieldKind::Thing | FieldKind::Enum => 20,
            FieldKind::Number | FieldKind::Letter | FieldKind::CharacterString => 32,
            FieldKind::Symbol | FieldKind::Phrase => 5,
            // Two moments with all their parts.
            FieldKind::Time | FieldKind::Date => 41,
            // A sign, ten digits and their point, 元.
            FieldKind::Amount => 13,
            FieldKind::PhoneNumber => 17,
            FieldKind::CarNumber => 8,
            // Of letters; of Chinese characters half as many.
            FieldKind::Name => 20,
        }
    }
}

const NAME_HANZI_MAX: usize = 10;

/// The value as it may be sent, or why it can't be. The reason never repeats the value.
pub fn fitted(name: &str, value: &str) -> Result<String, String> {
    let kind = FieldKind::of(name).ok_or("WeChat knows no field of this kind")?;
    let value = text::one_line(value);
    if value.is_empty() {
        return Err("it is empty".into());
    }
    match kind {
        FieldKind::Thing => Ok(text::cut(&value, kind.units_max())),
        FieldKind::Name => person(value),
        _ if is_of(kind, &value) && text::length(&value) <= kind.units_max() => Ok(value),
        _ => Err(expectation(kind).into()),
    }
}

/// A name that is too long is its beginning: an ellipsis would be no letter of a name.
fn person(value: String) -> Result<String, String> {
    if value.chars().any(|c| c.is_ascii_digit()) {
        return Err(expectation(FieldKind::Name).into());
    }
    let is_latin = value.is_ascii();
    Ok(text::beginning(&value, if is_latin { FieldKind::Name.units_max() } else { NAME_HANZI_MAX }))
}

fn is_of(kind: FieldKind, value: &str) -> bool {
    let span = |clock| value.matches('~').count() < 2 && value.split('~').all(|part| is_moment(part.trim(), clock));
    match kind {
        FieldKind::Thing | FieldKind::Name | FieldKind::Enum => true,
        FieldKind::Number => is_decimal(value.strip_prefix('-').unwrap_or(value)),
        FieldKind::Letter => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
        FieldKind::Symbol => value.chars().all(|c| !c.is_alphanumeric() && c != ' '),
        FieldKind::CharacterString => value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '),
        FieldKind::Time => span(Clock::Needed),
        FieldKind::Date => span(Clock::Allowed),
        FieldKind::Amount => is_amount(value),
        FieldKind::PhoneNumber => {
            value.chars().any(|c| c.is_ascii_digit())
                && value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c))
        }
        FieldKind::CarNumber => is_plate(value),
        FieldKind::Phrase => value.chars().all(text::is_hanzi),
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(text),
    }
}

fn is_amount(text: &str) -> bool {
    const DIGITS_MAX: usize = 10;
    let number = text.strip_prefix(['¥', '￥', '$', '€', '£']).unwrap_or(text);
    let number = number.strip_suffix('元').unwrap_or(number);
    is_decimal(number) && number.bytes().filter(u8::is_ascii_digit).count() <= DIGITS_MAX
}

/// A Chinese character first, perhaps one last, letters and digits between.
fn is_plate(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let last = letters.len() - 1;
    letters
        .iter()
        .enumerate()
        .all(|(at, c)| c.is_ascii_alphanumeric() || ((at == 0 || at == last) && text::is_hanzi(*c)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Needed,
    Allowed,
}

/// `15:01`, `2019年10月1日 15:01`, `2026-11-27`, `11/27`: a date, a time of day, or both.
fn is_moment(text: &str, clock: Clock) -> bool {
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(one), None, None) if clock == Clock::Needed => is_time_of_day(one),
        (Some(one), None, None) => is_day(one),
        (Some(day), Some(time), None) => is_day(day) && is_time_of_day(time),
        _ => false,
    }
}

fn is_time_of_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let below = |part: &str, limit: u32| (1..=2).contains(&part.len()) && number(part).is_some_and(|n| n < limit);
    match parts[..] {
        [hour, minute] => below(hour, 24) && minute.len() == 2 && below(minute, 60),
        [hour, minute, second] => {
            below(hour, 24) && minute.len() == 2 && below(minute, 60) && second.len() == 2 && below(second, 60)
        }
        _ => false,
    }
}

/// With 年, 月, 日 or with one of `-`, `/`, `.` between the numbers; the year or the day may be missing.
fn is_day(text: &str) -> bool {
    let year = |part: &str| part.len() == 4 && number(part).is_some();
    let within = |part: &str, most: u32| part.len() <= 2 && number(part).is_some_and(|n| (1..=most).contains(&n));
    if text.contains('月') {
        let (before, after) = text.split_once('月').expect("it contains one");
        let (y, month) = before.split_once('年').map_or((None, before), |(y, month)| (Some(y), month));
        let day = after.strip_suffix('日');
        let day_fits = match day {
            Some(day) => within(day, 31),
            None => after.is_empty() && y.is_some(),
        };
        return y.is_none_or(year) && within(month, 12) && day_fits;
    }
    ['-', '/', '.'].iter().any(|between| match text.split(*between).collect::<Vec<_>>()[..] {
        [y, month, day] => year(y) && within(month, 12) && within(day, 31),
        [first, second] => (year(first) && within(second, 12)) || (within(first, 12) && within(second, 31)),
        _ => false,
    })
}

fn number(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

fn expectation(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Thing => "it is not a text",
        FieldKind::Number => "it is not a number of up to 32 digits",
        FieldKind::Letter => "it is not up to 32 letters",
        FieldKind::Symbol => "it is not up to five symbols",
        FieldKind::CharacterString => "it is not up to 32 letters, digits or symbols",
        FieldKind::Time => "it is not a time like 15:01 or 2026年11月27日 15:01",
        FieldKind::Date => "it is not a day like 2026年11月27日 or 2026-11-27",
        FieldKind::Amount => "it is not an amount of up to ten digits",
        FieldKind::PhoneNumber => "it is not a phone number of up to 17 characters",
        FieldKind::CarNumber => "it is not the number of a car",
        FieldKind::Name => "it is not a name: it has digits",
        FieldKind::Phrase => "it is not one to five Chinese characters",
        FieldKind::Enum => "it is longer than 20 characters",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_what_its_page_says() {
        let good = [
            ("thing1", "午餐：红烧肉 12.50"),
            ("number2", "12.50"),
            ("number2", "-3"),
            ("letter3", "ABC"),
            ("symbol4", "★"),
            ("character_string5", "NO.2026-001"),
            ("time6", "15:01"),
            ("time6", "2019年10月1日 15:01"),
            ("time6", "15:01~16:30"),
            ("date7", "2019年10月1日"),
            ("date7", "2018-01-01"),
            ("date7", "2018.01"),
            ("date7", "01-01"),
            ("date7", "10月1日"),
            ("date7", "2018/01/01 9:05:00~2018/01/02"),
            ("amount8", "￥12.50"),
            ("amount8", "12.5元"),
            ("phone_number9", "+86-0766-66888866"),
            ("car_number10", "粤A8Z888挂"),
            ("name11", "李同学"),
            ("name11", "Anna Li"),
            ("phrase12", "配送中"),
            ("enum13", "approved"),
        ];
        for (name, value) in good {
            assert_eq!(fitted(name, value).as_deref(), Ok(value), "{name}");
        }
        let bad = [
            ("thing1", " \n"),
            ("number2", "12,5"),
            ("number2", "."),
            ("letter3", "A1"),
            ("symbol4", "abc"),
            ("character_string5", "第一"),
            ("time6", "2019年10月1日"),
            ("time6", "25:00"),
            ("time6", "9:5"),
            ("time6", "9:00~10:00~11:00"),
            ("date7", "明天"),
            ("date7", "2026-13-01"),
            ("date7", "15:01"),
            ("date7", "月"),
            ("amount8", "12.505.1"),
            ("amount8", "12345678901"),
            ("amount8", "十元"),
            ("phone_number9", "一三八"),
            ("car_number10", "粤AB粤123"),
            ("name11", "李2"),
            ("phrase12", "ok"),
            ("phrase12", "正在等待取餐"),
            ("character_string5", "012345678901234567890123456789012"),
            ("keyword1", "x"),
            ("", "x"),
            ("1", "x"),
        ];
        for (name, value) in bad {
            let why = fitted(name, value).expect_err(&format!("{name}: {value}"));
            assert!(value.chars().count() < 2 || !why.contains(value), "{why}");
        }
        assert_eq!(fitted("thing1", &"字".repeat(21)), Ok(format!("{}…", "字".repeat(19))));
        assert_eq!(fitted("name1", "阿卜杜热合曼·买买提江"), Ok("阿卜杜热合曼·买买提".into()));
    }

    proptest::proptest! {
        #[test]
        fn no_value_is_ever_too_long(kind in 0usize..KINDS.len(), value in "[字a1:年月日~. 🍚-]{0,60}|\\PC{0,60}") {
            let (name, kind) = KINDS[kind];
            if let Ok(value) = fitted(&format!("{name}1"), &value) {
                proptest::prop_assert!(!value.is_empty());
                proptest::prop_assert!(text::length(&value) <= kind.units_max(), "{}: {}", name, value);
                proptest::prop_assert!(!value.chars().any(char::is_control));
                let hanzi = value.chars().filter(|c| text::is_hanzi(*c)).count();
                let most = if kind == FieldKind::Name { NAME_HANZI_MAX } else { kind.units_max() };
                proptest::prop_assert!(hanzi <= most);
            }
        }
    }
}
