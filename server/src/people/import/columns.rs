//! Which column is which: Chinese and English headers in any order, under a title or two.

use super::sheet::{Cell, Sheet};

/// Rows from the top in which headers are looked for.
const HEADER_ROWS: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Field {
    Number,
    Name,
    Class,
    Grade,
    Gender,
    IdNumber,
    Phone,
    JoinedOn,
}

impl Field {
    pub const ALL: [Field; 8] = [
        Field::Number,
        Field::Name,
        Field::Class,
        Field::Grade,
        Field::Gender,
        Field::IdNumber,
        Field::Phone,
        Field::JoinedOn,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Field::Number => "number",
            Field::Name => "name",
            Field::Class => "class",
            Field::Grade => "grade",
            Field::Gender => "gender",
            Field::IdNumber => "id_number",
            Field::Phone => "phone",
            Field::JoinedOn => "joined_on",
        }
    }

    pub fn from_word(word: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.word() == word)
    }

    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Field::Number => ("学号／工号", "Number"),
            Field::Name => ("姓名", "Name"),
            Field::Class => ("班级／部门", "Class"),
            Field::Grade => ("年级", "Grade"),
            Field::Gender => ("性别", "Gender"),
            Field::IdNumber => ("身份证号", "ID number"),
            Field::Phone => ("手机号", "Phone"),
            Field::JoinedOn => ("入学日期", "Joined on"),
        }
    }

    /// A student has a class; staff may have none.
    pub fn required(self, student: bool) -> bool {
        matches!(self, Field::Number | Field::Name) || (student && self == Field::Class)
    }

    /// Headers that mean this field, the surest first: where two columns could be meant, the surer one is.
    fn headers(self) -> &'static [&'static str] {
        match self {
            Field::Number => &[
                "学号",
                "学生学号",
                "校内学号",
                "学生编号",
                "学生证号",
                "学籍辅号",
                "工号",
                "教职工号",
                "职工号",
                "教工号",
                "员工编号",
                "人员编号",
                "studentno",
                "studentnumber",
                "studentid",
                "staffno",
                "employeeno",
                "number",
                "编号",
                "no",
                "id",
            ],
            Field::Name => &[
                "姓名",
                "学生姓名",
                "名字",
                "学生",
                "教师姓名",
                "教职工姓名",
                "员工姓名",
                "name",
                "fullname",
                "studentname",
            ],
            Field::Class => &[
                "班级",
                "行政班",
                "行政班级",
                "所在班级",
                "所属班级",
                "就读班级",
                "班别",
                "班级名称",
                "班",
                "部门",
                "科室",
                "所在部门",
                "所属部门",
                "class",
                "classname",
                "department",
            ],
            Field::Grade => &["年级", "所在年级", "年级名称", "grade"],
            Field::Gender => &["性别", "gender", "sex"],
            Field::IdNumber => &[
                "身份证号",
                "身份证号码",
                "身份证件号",
                "身份证件号码",
                "证件号码",
                "证件号",
                "身份证",
                "居民身份证号",
                "idnumber",
                "idcard",
                "nationalid",
            ],
            Field::Phone => &[
                "手机",
                "手机号",
                "手机号码",
                "联系电话",
                "电话",
                "家长电话",
                "家长手机",
                "家长手机号",
                "家长联系电话",
                "监护人电话",
                "监护人手机",
                "监护人手机号",
                "监护人联系电话",
                "联系方式",
                "父亲电话",
                "父亲手机",
                "父亲手机号",
                "母亲电话",
                "母亲手机",
                "母亲手机号",
                "紧急联系人电话",
                "紧急联系电话",
                "phone",
                "mobile",
                "telephone",
            ],
            Field::JoinedOn => &["入学日期", "入学时间", "入学年月", "入职日期", "入职时间", "joinedon", "enrolled"],
        }
    }
}

/// The sheet and row in which most headers were recognised, and what its columns mean.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mapping {
    pub sheet: usize,
    /// Zero-based.
    pub header_row: usize,
    /// By column: the word of a field.
    pub columns: Vec<Option<String>>,
    /// The headers as they stand: for the file of refused rows, when the file itself is gone.
    #[serde(default)]
    pub headers: Vec<String>,
}

impl Mapping {
    pub fn column(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|word| word.as_deref() == Some(field.word()))
    }

    pub fn missing(&self, student: bool) -> Vec<Field> {
        let needed = Field::ALL.into_iter().filter(|field| field.required(student));
        needed.filter(|field| self.column(*field).is_none()).collect()
    }
}

/// `（必填）姓 名*` means 姓名, and 联系电话1 means 联系电话.
fn plain(header: &str) -> String {
    let mut depth = 0usize;
    let outside: String = header
        .chars()
        .filter(|c| match c {
            '(' | '（' | '[' | '【' | '<' => {
                depth += 1;
                false
            }
            ')' | '）' | ']' | '】' | '>' => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
        .collect();
    let kept = if outside.trim().is_empty() { header } else { &outside };
    let kept: String = kept.chars().filter(|c| !c.is_whitespace() && !"*:：_-.、".contains(*c)).collect();
    kept.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase()
}

/// What a header means, and how sure that is: zero is the surest.
fn meaning(header: &str) -> Option<(Field, usize)> {
    // 姓名 Name, 学号/Student No.: either language alone says it.
    let chinese: String = header.chars().filter(|c| !c.is_ascii_alphabetic()).collect();
    let words = std::iter::once(header).chain(header.split(['/', '／', '|'])).chain(std::iter::once(chinese.as_str()));
    words.map(plain).find_map(|word| {
        Field::ALL.into_iter().find_map(|field| {
            let sure = field.headers().iter().position(|header| *header == word)?;
            // Of several phones the first is taken: which of the parents answers is no question of wording.
            Some((field, if field == Field::Phone { 0 } else { sure }))
        })
    })
}

pub fn field_of(header: &str) -> Option<Field> {
    meaning(header).map(|(field, _)| field)
}

/// Columns by what their headers mean. Of several that could be meant, the surest counts; of two that are alike, the
/// first, unless a person would be mistaken for another one: then nobody but the administrator can say.
fn columns_of(row: &[Cell]) -> Vec<Option<Field>> {
    let mut columns: Vec<Option<Field>> = vec![None; row.len()];
    for field in Field::ALL {
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (c, cell) in row.iter().enumerate() {
            if let Some((_, sure)) = meaning(&cell.text).filter(|(of, _)| *of == field) {
                found.push((sure, c));
            }
        }
        found.sort_unstable();
        let [(sure, first), more @ ..] = found.as_slice() else { continue };
        let twice = more.first().is_some_and(|(next, _)| next == sure);
        if !(twice && matches!(field, Field::Number | Field::Name | Field::Class)) {
            columns[*first] = Some(field);
        }
    }
    columns
}

/// The header row of a sheet: that in which most headers are known. How many those are, and what its columns mean.
pub(super) fn headers_of(sheet: &Sheet) -> Option<(usize, usize, Vec<Option<Field>>)> {
    let mut best: Option<(usize, usize, Vec<Option<Field>>)> = None;
    for (r, row) in sheet.rows.iter().take(HEADER_ROWS).enumerate() {
        let known = row.iter().filter(|cell| field_of(&cell.text).is_some()).count();
        if known > best.as_ref().map_or(0, |(known, ..)| *known) {
            best = Some((known, r, columns_of(row)));
        }
    }
    best
}

pub fn propose(sheets: &[Sheet]) -> Mapping {
    let shown = |s: &usize| !sheets[*s].hidden;
    let hidden_only = !(0..sheets.len()).any(|s| shown(&s));
    let mut most = 0;
    let mut best = Mapping { sheet: 0, header_row: 0, columns: Vec::new(), headers: Vec::new() };
    for s in (0..sheets.len()).filter(|s| hidden_only || shown(s)) {
        let Some((known, header_row, columns)) = headers_of(&sheets[s]) else { continue };
        if known > most {
            most = known;
            let columns = columns.iter().map(|field| field.map(|field| field.word().to_owned())).collect();
            best = Mapping { sheet: s, header_row, columns, headers: Vec::new() };
        }
    }
    if most == 0 {
        let first = sheets.first().and_then(|sheet| sheet.rows.iter().position(|row| row.len() > 1));
        best.header_row = first.unwrap_or(0);
        best.columns = vec![None; sheets.first().map_or(0, |sheet| sheet.rows[best.header_row].len())];
    }
    best.with_headers(sheets)
}

impl Mapping {
    /// With the headers of the sheet and row that it names.
    pub fn with_headers(mut self, sheets: &[Sheet]) -> Mapping {
        let row = sheets.get(self.sheet).and_then(|sheet| sheet.rows.get(self.header_row));
        self.headers = row.map_or(Vec::new(), |row| row.iter().map(|cell| cell.text.clone()).collect());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[&str]) -> Sheet {
        let cell = |text: &str| Cell { text: text.into(), flaw: None };
        Sheet { rows: rows.iter().map(|row| row.split('|').map(cell).collect()).collect(), ..Sheet::default() }
    }

    fn check(name: &str, rows: &[&str], header_row: usize, expected: &str) {
        let mapping = propose(&[sheet(&["说明|请勿修改"]), sheet(rows)]);
        let columns: Vec<_> = mapping.columns.iter().map(|word| word.as_deref().unwrap_or("-")).collect();
        assert_eq!((mapping.header_row, columns.join(" ").as_str()), (header_row, expected), "{name}");
    }

    #[test]
    fn headers_in_any_order_and_wording() {
        check("plain", &["姓名|学号|班级"], 0, "name number class");
        check("another order, synonyms", &["行政班|身份证件号|学生姓名|校内学号"], 0, "class id_number name number");
        check("under a title", &["第一中学2026级新生名单||", "", "学 号*|姓名（必填）|班级"], 2, "number name class");
        check("English", &["Name|Student No|Class|Gender"], 0, "name number class gender");
        check("a second phone is left alone", &["姓名|学号|班级|家长电话|联系电话"], 0, "name number class phone -");
        check("a serial number is no student number", &["编号|学号|姓名|班级"], 0, "- number name class");
        check("nor is No.", &["No.|Name|Student ID|Class"], 0, "- name number class");
        check("two names: nobody but a person can say", &["姓名|电话|学号|姓名|班级"], 0, "- phone number - class");
        check("in two languages", &["学号/Student No.|姓名 Name|(必填)班级"], 0, "number name class");
        check(
            "brackets and numbers",
            &["学号|姓名|班级|家长（监护人）手机号|联系电话1"],
            0,
            "number name class phone -",
        );
        check("as the refused file calls them", &["学号／工号|姓名|班级／部门|手机号"], 0, "number name class phone");
        check("year and class apart", &["年级|班|学号|姓名|备注"], 0, "grade class number name -");
    }
}
