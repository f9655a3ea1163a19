//! Names of classes as schools write them: one key for the spellings of one class.

use super::sheet::clean;

/// A name taken apart: the year, and what is left of it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Parts {
    /// 1 to 12 from primary to senior, or a year of entry such as 2026.
    year: Option<u32>,
    rest: String,
}

const DIGITS: &str = "零一二三四五六七八九";

fn is_han_number(c: char) -> bool {
    DIGITS.contains(c) || "十两〇".contains(c)
}

/// 十三 is 13, 二十一 is 21, 三 is 3; a row of digits such as 二〇二六 is read one by one.
fn han_number(text: &str) -> Option<u32> {
    let digit = |c: char| match c {
        '两' => Some(2),
        '〇' => Some(0),
        c => DIGITS.chars().position(|d| d == c).map(|n| n as u32),
    };
    let Some((tens, ones)) = text.split_once('十') else {
        return text.chars().try_fold(0u32, |sum, c| sum.checked_mul(10)?.checked_add(digit(c)?));
    };
    let one = |text: &str, empty: u32| {
        let mut all = text.chars();
        match (all.next(), all.next()) {
            (None, _) => Some(empty),
            (Some(c), None) => digit(c),
            _ => None,
        }
    };
    Some(one(tens, 1)? * 10 + one(ones, 0)?)
}

/// Numbers written in Chinese become digits, and zeros before a number go.
fn with_digits(text: &str) -> String {
    let mut out = String::new();
    let mut all = text.chars().peekable();
    while let Some(first) = all.next() {
        if !is_han_number(first) && !first.is_ascii_digit() {
            out.push(first);
            continue;
        }
        let like = |c: &char| if first.is_ascii_digit() { c.is_ascii_digit() } else { is_han_number(*c) };
        let mut run = String::from(first);
        while let Some(next) = all.next_if(like) {
            run.push(next);
        }
        let number = if first.is_ascii_digit() {
            Some(run.trim_start_matches('0').to_owned()).filter(|text| !text.is_empty())
        } else {
            han_number(&run).map(|n| n.to_string())
        };
        // 六1班 is year six, class one: numbers that touch are two.
        if out.ends_with(|c: char| c.is_ascii_digit()) {
            out.push(' ');
        }
        out.push_str(number.as_deref().unwrap_or(&run));
    }
    out
}

fn parts(name: &str) -> Parts {
    let text: String = clean(name).to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let staged = [("小学", 0), ("初中", 6), ("高中", 9), ("小", 0), ("初", 6), ("高", 9)];
    for (word, before) in staged {
        let Some(rest) = text.strip_prefix(word) else { continue };
        let Some(first) = rest.chars().next().filter(|c| is_han_number(*c) || c.is_ascii_digit()) else { continue };
        let last = if before == 0 { 6 } else { 3 };
        let year = first.to_digit(10).or_else(|| han_number(&first.to_string())).filter(|n| (1..=last).contains(n));
        if let Some(year) = year {
            return Parts { year: Some(before + year), rest: after_year(&rest[first.len_utf8()..]).to_owned() };
        }
    }
    let run = |of: fn(char) -> bool| text.find(|c: char| !of(c)).unwrap_or(text.len());
    let (han, arabic) = (run(is_han_number), run(|c| c.is_ascii_digit()));
    let at = han.max(arabic);
    let (number, rest) = text.split_at(at);
    let value = if han > 0 { han_number(number) } else { number.parse().ok() };
    let value = value.filter(|year| (1..=12).contains(year) || (1990..=2099).contains(year));
    let touches = han > 0 && rest.starts_with(|c: char| c.is_ascii_digit());
    let apart = rest.starts_with(['年', '级', '(', '-', '.', '_', '·']) || touches;
    match value.filter(|_| apart && !rest.starts_with("年制")) {
        Some(year) => Parts { year: Some(year), rest: after_year(rest).to_owned() },
        None => Parts { year: None, rest: text },
    }
}

fn after_year(rest: &str) -> &str {
    let rest = rest.strip_prefix('年').unwrap_or(rest);
    rest.strip_prefix('级').unwrap_or(rest)
}

/// One key for 七年级3班, 七(3)班, 7年3班, 初一（3）班 and 七年级（03）班: what the same class is known by.
pub fn class_key(name: &str) -> String {
    let Parts { year, rest } = parts(name);
    let apart: String = with_digits(&rest).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let rest = apart.replace('班', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    match year {
        // A whole year is no class of the same number.
        Some(year) if rest.is_empty() => format!("{year}年级"),
        Some(year) => format!("{year} {rest}"),
        None => rest,
    }
}

/// Grade and class in two columns name one class: 七年级 and 3班 are 七年级3班.
pub fn class_name(grade: &str, class: &str) -> String {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let class = if number(class) { format!("{class}班") } else { class.to_owned() };
    if grade.is_empty() || class.is_empty() || parts(&class).year.is_some() {
        return class;
    }
    let grade = match (number(grade), grade.len()) {
        (true, 4) => format!("{grade}级"),
        (true, _) => format!("{grade}年级"),
        _ => grade.to_owned(),
    };
    if class.starts_with(&grade) { class } else { format!("{grade}{class}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_has_one_key() {
        let same: [(&str, &[&str]); 9] = [
            (
                "7 3",
                &[
                    "七年级3班",
                    "七(3)班",
                    "7年3班",
                    "初一（3）班",
                    "七年级（03）班",
                    "七年级 3 班",
                    "７年级３班",
                    "初一3班",
                ],
            ),
            ("7 13", &["七年级十三班", "七年级13班", "初一（13）班", "七13班"]),
            ("7 21", &["七年级二十一班", "七年级21班"]),
            ("10 3", &["高一3班", "高一(3)班", "高1(3)班", "高一年级3班", "高中一年级3班", "十年级3班"]),
            ("6 1", &["六1班", "六（1）班", "小学六年级1班"]),
            ("8 14", &["8-14班", "八年级14班"]),
            ("2026 3", &["2026级3班", "2026级（3）班", "二〇二六级三班"]),
            ("3", &["3班", "三班", "03班"]),
            ("13", &["十三班", "13班"]),
        ];
        for (key, names) in same {
            for name in names {
                assert_eq!(class_key(name), key, "{name}");
            }
        }
        assert_ne!(class_key("3年级"), class_key("3班"));
        assert_ne!(class_key("103班"), class_key("高一3班"));
        assert_eq!(class_key("舞蹈队"), "舞蹈队");
        assert_eq!(class_key("高级班"), class_key("高级"), "no year is made up");
    }

    #[test]
    fn two_columns_name_one_class() {
        let check = |grade, class, name: &str| assert_eq!(class_name(grade, class), name);
        check("七年级", "3", "七年级3班");
        check("七年级", "七年级3班", "七年级3班");
        check("7", "3班", "7年级3班");
        check("", "七(3)班", "七(3)班");
        check("高一", "3班", "高一3班");
        check("高一", "高一3班", "高一3班");
        check("2026", "3班", "2026级3班");
        check("七年级", "实验班", "七年级实验班");
    }
}
