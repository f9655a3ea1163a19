//! Which column is which: Chinese and English headers in any order, under a title or two.

use super::sheet::Sheet;

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

    /// Headers that mean this field; longer ones are looked for first.
    fn headers(self) -> &'static [&'static str] {
        match self {
            Field::Number => &[
                "学号",
                "学生学号",
                "校内学号",
                "学生编号",
                "学籍辅号",
                "编号",
                "工号",
                "教职工号",
                "职工号",
                "教工号",
                "人员编号",
                "studentno",
                "studentnumber",
                "studentid",
                "number",
                "no.",
                "staffno",
                "employeeno",
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
                "班别",
                "班级名称",
                "班",
                "部门",
                "科室",
                "所在部门",
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
                "监护人电话",
                "监护人手机",
                "联系方式",
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

/// `姓 名（必填）*` means 姓名.
fn plain(header: &str) -> String {
    let cut = header.split(['(', '（', '[', '【']).next().unwrap_or_default();
    let cut = if cut.trim().is_empty() { header } else { cut };
    cut.chars().filter(|c| !c.is_whitespace() && !"*:：_-".contains(*c)).collect::<String>().to_lowercase()
}

pub fn field_of(header: &str) -> Option<Field> {
    let header = plain(header);
    Field::ALL.into_iter().find(|field| field.headers().contains(&header.as_str()))
}

pub fn propose(sheets: &[Sheet]) -> Mapping {
    let mut best = Mapping { sheet: 0, header_row: 0, columns: Vec::new() };
    let mut most = 0;
    for (s, sheet) in sheets.iter().enumerate() {
        for (r, row) in sheet.rows.iter().take(HEADER_ROWS).enumerate() {
            let mut columns: Vec<Option<String>> = Vec::new();
            for cell in row {
                let field = field_of(&cell.text).map(|field| field.word().to_owned());
                // The first column of a meaning counts; a second one is left for the administrator to choose.
                columns.push(field.filter(|word| !columns.contains(&Some(word.clone()))));
            }
            let found = columns.iter().flatten().count();
            if found > most {
                most = found;
                best = Mapping { sheet: s, header_row: r, columns };
            }
        }
    }
    if most == 0 {
        let first = sheets.first().and_then(|sheet| sheet.rows.iter().position(|row| row.len() > 1));
        best.header_row = first.unwrap_or(0);
        best.columns = vec![None; sheets.first().map_or(0, |sheet| sheet.rows[best.header_row].len())];
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::import::sheet::Cell;

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
        check("year and class apart", &["年级|班|学号|姓名|备注"], 0, "grade class number name -");
    }
}
