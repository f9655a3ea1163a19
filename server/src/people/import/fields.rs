//! Fields of a person as people write them: checked, brought into one form, or refused with the mend.

use super::sheet::{Cell, Flaw};
use yitong_values::BusinessDay;

/// Why a value is refused, in words that say how to mend it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    pub code: String,
    pub field: String,
    pub value: String,
    pub zh: String,
    pub en: String,
}

pub fn reason(code: &str, field: &str, value: &str, zh: impl Into<String>, en: impl Into<String>) -> Reason {
    Reason { code: code.into(), field: field.into(), value: value.into(), zh: zh.into(), en: en.into() }
}

/// A flaw of the cell itself comes before anything about its value.
pub fn flaw_of(cell: &Cell, field: &str) -> Option<Reason> {
    Some(match cell.flaw? {
        Flaw::Date if field == "joined_on" => return None,
        Flaw::Date => reason(
            "cell_is_a_date",
            field,
            &cell.text,
            "Excel 把此格变成了日期（如 7-1 变成 7月1日）：请把该列设为“文本”格式并重新填写。",
            "Excel turned this cell into a date: format the column as text and enter it again.",
        ),
        Flaw::Formula => reason(
            "formula_without_value",
            field,
            &cell.text,
            "此格是公式且没有可用的值：请复制该列，选择性粘贴为“数值”后再保存。",
            "This cell is a formula without a value: copy the column and paste it as values.",
        ),
        Flaw::LostDigits => reason(
            "digits_lost",
            field,
            &cell.text,
            "Excel 把长号码存成了数字，末几位已丢失：请把该列设为“文本”格式并重新填写。",
            "Excel kept this long number as a number and lost its last digits: format the column as text and enter it again.",
        ),
        Flaw::Scientific => reason(
            "scientific_number",
            field,
            &cell.text,
            "号码被 Excel 写成了科学计数（如 1.0E+09）：请把该列设为“文本”格式并重新填写。",
            "Excel wrote this number in scientific notation: format the column as text and enter it again.",
        ),
    })
}

pub fn number(text: &str) -> Result<String, Reason> {
    let text = text.replace(' ', "").to_uppercase();
    // 20266002.0, as programs write a number that is none.
    let whole = text.strip_suffix(".0").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
    let text = whole.map_or(text.clone(), str::to_owned);
    let shaped = (1..=20).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-');
    if shaped {
        return Ok(text);
    }
    let (zh, en) = if text.is_empty() {
        ("缺少学号／工号：请补填。", "The number is missing: fill it in.")
    } else {
        ("学号／工号只能是 1 至 20 位字母或数字。", "A number has 1 to 20 letters or digits.")
    };
    Err(reason(if text.is_empty() { "number_missing" } else { "number_malformed" }, "number", &text, zh, en))
}

pub fn name(text: &str) -> Result<String, Reason> {
    let text = text.replace(['•', '．', '‧', '・', '･'], "·").replace('’', "'");
    let han = text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
    // Between Chinese characters, a full stop is the point of a transcribed name.
    let text = if han { text.replace('.', "·") } else { text };
    // Spaces inside a Chinese name only line it up; in other names they part its words.
    let text = if han { text.replace(' ', "") } else { text.split_whitespace().collect::<Vec<_>>().join(" ") };
    if text.is_empty() {
        return Err(reason("name_missing", "name", "", "缺少姓名：请补填。", "The name is missing: fill it in."));
    }
    let good = text.chars().count() <= 40 && text.chars().all(|c| c.is_alphabetic() || "·.'- \u{f0b}".contains(c));
    if good {
        return Ok(text);
    }
    let (zh, en) =
        ("姓名中有数字或符号，或超过 40 个字：请核对。", "The name holds digits or signs, or is over 40 characters.");
    Err(reason("name_malformed", "name", &text, zh, en))
}

/// What people write into a cell to say that there is nothing.
fn nothing(text: &str) -> bool {
    ["", "无", "暂无", "没有", "未知", "/", "\\", "-", "--", "—", "——", "n/a", "na", "none"].contains(&text)
}

pub fn gender(text: &str) -> Result<Option<String>, Reason> {
    match text.to_lowercase().as_str() {
        text if nothing(text) => Ok(None),
        "男" | "男性" | "m" | "male" | "1" => Ok(Some("m".into())),
        "女" | "女性" | "f" | "female" | "2" => Ok(Some("f".into())),
        _ => Err(reason(
            "gender_unknown",
            "gender",
            text,
            "性别请填“男”或“女”，或留空。",
            "Gender is 男 or 女, or left empty.",
        )),
    }
}

/// GB 11643-1999: seventeen digits, weights, and a check sign modulo eleven.
pub fn id_number(text: &str) -> Result<Option<String>, Reason> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    if nothing(&text.to_lowercase()) {
        return Ok(None);
    }
    let wrong = |code: &str, zh: &str, en: &str| Err(reason(code, "id_number", &text, zh, en));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    // Passports and permits of Hong Kong, Macao and Taiwan: letters, and no check sign that we could check.
    let other = (6..=17).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    // A permit of Taiwan has eight digits.
    if other || text.len() == 8 && digits(&text) {
        return Ok(Some(text));
    }
    if text.len() == 15 && digits(&text) {
        let long = format!("{}19{}", &text[..6], &text[6..]);
        return id_number(&format!("{long}{}", check_sign(&long)));
    }
    // Six Chinese characters are eighteen bytes, too.
    if text.len() != 18 || !text.is_ascii() || !digits(&text[..17]) {
        return wrong(
            "id_number_malformed",
            "身份证号应为 18 位：请核对位数。",
            "An ID number has 18 digits: count them.",
        );
    }
    let born = format!("{}-{}-{}", &text[6..10], &text[10..12], &text[12..14]);
    let old = text[6..10].parse::<i32>().is_ok_and(|year| (1800..1970).contains(&year));
    let real = if old { born[5..7] <= *"12" && born[8..10] <= *"31" } else { born.parse::<BusinessDay>().is_ok() };
    if !real {
        return wrong(
            "id_number_birth",
            "身份证号中的出生日期不存在：请核对。",
            "The birthday inside the ID number does not exist.",
        );
    }
    if text[17..] != check_sign(&text[..17]).to_string() {
        return wrong(
            "id_number_checksum",
            "身份证号的校验位不对，很可能有一位填错：请核对。",
            "The check digit of the ID number is wrong: one digit is probably mistyped.",
        );
    }
    Ok(Some(text))
}

fn check_sign(first_17: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first_17.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    char::from(b"10X98765432"[(sum % 11) as usize])
}

/// What the ID number says: the seventeenth digit is odd for men.
pub fn gender_of_id(id: &str) -> Option<&'static str> {
    let digit = (id.len() == 18).then(|| id.as_bytes()[16]).filter(u8::is_ascii_digit)?;
    Some(if digit % 2 == 1 { "m" } else { "f" })
}

/// The first number of a cell: 138…/139…, 138…（妈妈）and 0086-138… are as parents write them.
pub fn phone(text: &str) -> Result<Option<String>, Reason> {
    if nothing(&text.to_lowercase()) {
        return Ok(None);
    }
    let first = text.split(['/', '、', ',', ';', '(', '|']).map(str::trim).find(|part| !part.is_empty());
    let first = first.unwrap_or(text);
    let text: String = first.chars().filter(|c| !c.is_whitespace() && !"-:)".contains(*c)).collect();
    let prefixes = ["+86", "0086", "86"];
    let mobile = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).filter(|rest| rest.len() == 11);
    let text = mobile.unwrap_or(&text).to_owned();
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let mobile = digits && text.len() == 11 && text.starts_with('1');
    let landline =
        digits && (7..=12).contains(&text.len()) && text.starts_with('0') || digits && (7..=8).contains(&text.len());
    if mobile || landline {
        return Ok(Some(text));
    }
    let (zh, en) = (
        "电话号码应为 11 位手机号或带区号的座机号。",
        "A phone number is an 11-digit mobile or a landline with area code.",
    );
    Err(reason("phone_malformed", "phone", &text, zh, en))
}

/// 2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日, 20260901, 202609, 2026: as schools write days.
pub fn day(text: &str) -> Result<Option<BusinessDay>, Reason> {
    if text.is_empty() {
        return Ok(None);
    }
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let parsed = match numbers.as_slice() {
        [one] if one.len() == 8 => date(&one[..4], &one[4..6], &one[6..]),
        [one] if one.len() == 6 => date(&one[..4], &one[4..], "1"),
        [one] if one.len() == 4 => date(one, "9", "1"),
        [one] if one.len() == 5 => one.parse::<i64>().ok().map(|serial| BusinessDay::from_epoch_days(serial - 25_569)),
        [year, month] => date(year, month, "1"),
        [year, month, day, ..] => date(year, month, day),
        _ => None,
    };
    let (zh, en) = ("日期请写作 2026-09-01。", "Write a day like 2026-09-01.");
    parsed.map(Some).ok_or_else(|| reason("day_malformed", "joined_on", text, zh, en))
}

fn date(year: &str, month: &str, day: &str) -> Option<BusinessDay> {
    BusinessDay::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_numbers_of_the_standard() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let said = id_number(text).map(Option::unwrap_or_default).map_err(|reason| reason.code);
            assert_eq!(said, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        };
        // The examples of GB 11643-1999.
        check("11010519491231002X", Ok("11010519491231002X"));
        check("440524188001010014", Ok("440524188001010014"));
        check("11010519491231002x", Ok("11010519491231002X"));
        check("110105491231002", Ok("11010519491231002X"));
        check("110105194912310021", Err("id_number_checksum"));
        check("110105200002300025", Err("id_number_birth"));
        check("11010519491231002", Err("id_number_malformed"));
        check("暂无身份证号", Err("id_number_malformed"));
        check("H12345678", Ok("H12345678"));
        check("", Ok(""));
    }

    #[test]
    fn names_days_and_phones() {
        assert_eq!(name("王 小 明").as_deref(), Ok("王小明"));
        assert_eq!(name("阿依古丽•买买提").as_deref(), Ok("阿依古丽·买买提"));
        assert_eq!(name("Anna  Maria").as_deref(), Ok("Anna Maria"));
        assert_eq!(name("王3").map_err(|r| r.code), Err("name_malformed".into()));
        for same in ["2026-09-01", "2026/9/1", "2026.9.1", "2026年9月1日", "20260901", "202609", "2026", "46266"] {
            assert_eq!(day(same).map(|d| d.map(|d| d.to_string())), Ok(Some("2026-09-01".into())), "{same}");
        }
        for same in
            ["138-0013-8000", "13800138000/13900139000", "8613800138000", "0086-13800138000", "13800138000（妈妈）"]
        {
            let same = super::super::sheet::clean(same);
            assert_eq!(phone(&same), Ok(Some("13800138000".into())), "{same}");
        }
        assert_eq!((phone("无"), id_number("暂无"), gender("/")), (Ok(None), Ok(None), Ok(None)));
        assert_eq!(name("阿依古丽.买买提").as_deref(), Ok("阿依古丽·买买提"));
        assert_eq!(name("O’Brien").as_deref(), Ok("O'Brien"));
        assert_eq!(number("20266002.0").as_deref(), Ok("20266002"));
        assert!(number("-5").is_err());
        assert!(phone("12345").is_err());
    }
}
