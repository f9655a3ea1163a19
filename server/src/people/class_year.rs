//! The year in the name of a class, and the name a year later. What is not understood is said to be so: nobody is moved
//! by a guess.

use super::import::sheet::clean;

/// What the name of a class says about its year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Naming {
    /// 七年级3班, 七(3)班, 7年3班, 初一3班
    Year(Spelled),
    /// 2026级3班: called after the year of entry or of leaving, which stays.
    Entry,
    Unknown,
}

/// A year, how it is written, and what follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Spelled {
    pub(super) year: u32,
    form: Form,
    /// 年级, 年 or nothing.
    mark: &'static str,
    rest: String,
    wide: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Han,
    Digits,
    Word,
}

const HAN: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
const WORDS: [(&str, u32); 6] = [("初一", 7), ("初二", 8), ("初三", 9), ("高一", 10), ("高二", 11), ("高三", 12)];
const LAST_OF_JUNIOR: u32 = 9;
const LAST_OF_ALL: u32 = 12;

pub(super) fn naming(class: &str) -> Naming {
    let name = clean(class);
    let wide = class.contains('（');
    if is_entry(&name) {
        return Naming::Entry;
    }
    let word = WORDS.iter().find_map(|(word, year)| Some((*year, name.strip_prefix(word)?)));
    if let Some((year, rest)) = word {
        return Naming::Year(Spelled { year, form: Form::Word, mark: "", rest: rest.into(), wide });
    }
    match numeral(&name).and_then(|(year, form, after)| Some((year, form, marked(after)?))) {
        Some((year, form, (mark, rest))) => Naming::Year(Spelled { year, form, mark, rest: rest.into(), wide }),
        None => Naming::Unknown,
    }
}

/// The grade that a class of this name belongs to; empty when its name does not say.
pub(super) fn grade_of(class: &str) -> String {
    match naming(class) {
        Naming::Year(Spelled { year, form: Form::Word, .. }) => word(year).unwrap_or_default().to_owned(),
        Naming::Year(spelled) => format!("{}年级", spelled.numeral(spelled.year)),
        Naming::Entry | Naming::Unknown => String::new(),
    }
}

/// 九年级 or 高一, whatever a class calls it.
pub(super) fn year_name(year: u32) -> String {
    let named = word(year).filter(|_| year > LAST_OF_JUNIOR).map(str::to_owned);
    named.unwrap_or_else(|| format!("{}年级", HAN.get(year as usize - 1).copied().unwrap_or_default()))
}

impl Spelled {
    /// The same class a year later; there is none after the twelfth. The tenth year is senior school's first, 高一.
    pub(super) fn next(&self) -> Option<String> {
        if self.year >= LAST_OF_ALL {
            return None;
        }
        let next = self.year + 1;
        let (head, mark) = match self.form {
            _ if self.year == LAST_OF_JUNIOR => (word(next)?.to_owned(), ""),
            Form::Word => (word(next)?.to_owned(), ""),
            Form::Han | Form::Digits => (self.numeral(next), self.mark),
        };
        let name = format!("{head}{mark}{}", self.rest);
        Some(if self.wide { name.replace('(', "（").replace(')', "）") } else { name })
    }

    fn numeral(&self, year: u32) -> String {
        match self.form {
            Form::Digits => year.to_string(),
            Form::Han | Form::Word => HAN.get(year as usize - 1).copied().unwrap_or_default().to_owned(),
        }
    }
}

fn word(year: u32) -> Option<&'static str> {
    WORDS.iter().find(|(_, of)| *of == year).map(|(word, _)| *word)
}

/// The year that a name begins with, and what follows.
fn numeral(name: &str) -> Option<(u32, Form, &str)> {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let year = name[..digits].parse().ok().filter(|year| (1..=LAST_OF_ALL).contains(year))?;
        return Some((year, Form::Digits, &name[digits..]));
    }
    // 十二 begins with 十: the longer ones are tried first.
    let found = (1..=LAST_OF_ALL).rev().find_map(|year| Some((year, name.strip_prefix(HAN[year as usize - 1])?)));
    found.map(|(year, rest)| (year, Form::Han, rest))
}

/// What makes a number at the beginning a year: 年级, 年 before a class, or a class in brackets. 3班 is a class without
/// a year, 8-14班 might be one.
fn marked(after: &str) -> Option<(&'static str, &str)> {
    if let Some(rest) = after.strip_prefix("年级") {
        return Some(("年级", rest));
    }
    let class_follows = |rest: &str| {
        let first = rest.chars().find(|c| !c.is_whitespace());
        first.is_some_and(|c| c.is_ascii_digit() || c == '(' || HAN.iter().any(|han| han.starts_with(c)))
    };
    if let Some(rest) = after.strip_prefix('年') {
        return class_follows(rest).then_some(("年", rest));
    }
    after.starts_with('(').then_some(("", after))
}

/// 2026级3班, 26级3班, 高2026届3班.
fn is_entry(name: &str) -> bool {
    let name =
        ["小学", "初中", "高中", "小", "初", "高"].iter().find_map(|stage| name.strip_prefix(stage)).unwrap_or(name);
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let year: Option<u32> = name[..digits].parse().ok();
    let is_year = match digits {
        2 => year.is_some_and(|year| year > LAST_OF_ALL),
        4 => year.is_some_and(|year| (1990..2100).contains(&year)),
        _ => false,
    };
    is_year && (name[digits..].starts_with('届') || name[digits..].starts_with('级'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_go_up_a_year() {
        let check = |class: &str, expected: &str| {
            let said = match naming(class) {
                Naming::Year(spelled) => spelled.next().unwrap_or("none".into()),
                Naming::Entry => "entry".into(),
                Naming::Unknown => "unknown".into(),
            };
            assert_eq!(said, expected, "{class}");
        };
        check("七年级3班", "八年级3班");
        check("七(3)班", "八(3)班");
        check("七（3）班", "八（3）班");
        check("七年3班", "八年3班");
        check("三年二班", "四年二班");
        check("五年(2)班", "六年(2)班");
        check("7年3班", "8年3班");
        check("5年1班", "6年1班");
        check("7年级3班", "8年级3班");
        check("７年级 ３ 班", "8年级 3 班");
        check("初一(3)班", "初二(3)班");
        check("初一3班", "初二3班");
        check("初三(1)班", "高一(1)班");
        check("高一(3)班", "高二(3)班");
        check("高一年级5班", "高二年级5班");
        check("十年级1班", "十一年级1班");
        check("高三2班", "none");
        for (junior, senior) in
            [("九年级1班", "高一1班"), ("九(1)班", "高一(1)班"), ("9年级1班", "高一1班"), ("9年1班", "高一1班")]
        {
            check(junior, senior);
        }
        for entry in ["2026级3班", "26级3班", "高2026级(3)班", "2029届3班"] {
            check(entry, "entry");
        }
        for unknown in [
            "8-14班",
            "8.15班",
            "3班",
            "1-3班",
            "12班",
            "十一班",
            "十三班",
            "舞蹈队",
            "三年制1班",
            "初四1班",
            "13年级1班",
        ] {
            check(unknown, "unknown");
        }
    }

    #[test]
    fn a_class_has_its_grade() {
        for (class, grade) in [("七年级3班", "七年级"), ("七(3)班", "七年级"), ("7年3班", "7年级"), ("高一3班", "高一")]
        {
            assert_eq!(grade_of(class), grade, "{class}");
        }
        assert_eq!((grade_of("3班"), grade_of("2026级3班")), (String::new(), String::new()));
    }
}
