//! A workbook with a sheet for each class: sheets that carry the same headers are read as one list, with the name of
//! the sheet as its last column.

use super::class::class_key;
use super::columns::{Field, headers_of};
use super::sheet::{Cell, ROWS_MAX, Sheet};

/// How the list of all sheets is called; the administrator can choose a single one instead.
pub const ALL_SHEETS: &str = "全部工作表";
const CLASS_BY_SHEET: &str = "班级（工作表名）";
pub(super) const SHEET_NAME: &str = "工作表名";

/// Puts the list of all sheets first, when there are several that belong together.
pub(super) fn combined(mut sheets: Vec<Sheet>) -> Vec<Sheet> {
    if let Some(all) = of_all(&sheets) {
        sheets.insert(0, all);
    }
    sheets
}

fn of_all(sheets: &[Sheet]) -> Option<Sheet> {
    let begins = |sheet: &Sheet| {
        let (known, row, columns) = headers_of(sheet)?;
        let texts: Vec<String> = sheet.rows[row].iter().map(|cell| cell.text.clone()).collect();
        (known >= 2).then_some((row, texts, columns))
    };
    let shown = || sheets.iter().filter(|sheet| !sheet.hidden);
    let found: Vec<_> = shown().filter_map(|sheet| Some((sheet, begins(sheet)?))).collect();
    let (_, (_, headers, columns)) = found.first()?;
    let alike: Vec<_> = found.iter().filter(|(_, (_, texts, _))| texts == headers).collect();
    let rows: usize = alike.iter().map(|(sheet, _)| sheet.rows.len()).sum();
    if alike.len() < 2 || rows > ROWS_MAX {
        return None;
    }
    let has_class = columns.contains(&Some(Field::Class));
    let are_classes = alike.iter().all(|(sheet, _)| class_key(&sheet.name).contains(|c: char| c.is_ascii_digit()));
    let title = if !has_class && are_classes { CLASS_BY_SHEET } else { SHEET_NAME };
    let text = |text: &str| Cell { text: text.to_owned(), flaw: None };
    let width = alike.iter().flat_map(|(sheet, _)| &sheet.rows).map(Vec::len).max().unwrap_or(0);
    let with = |mut row: Vec<Cell>, last: &str| {
        row.resize(width, Cell::default());
        row.push(text(last));
        row
    };
    let mut all = Sheet { name: ALL_SHEETS.into(), ..Sheet::default() };
    all.rows.push(with(headers.iter().map(|header| text(header)).collect(), title));
    for (sheet, (header_row, ..)) in alike {
        let begin = all.rows.len() + 1;
        let filled = |row: &&Vec<Cell>| row.iter().any(|cell| !cell.text.is_empty() || cell.flaw.is_some());
        all.rows.extend(sheet.rows[header_row + 1..].iter().filter(filled).map(|row| with(row.clone(), &sheet.name)));
        all.parts.push((sheet.name.clone(), begin, all.rows.len()));
        all.merged |= sheet.merged;
        all.formulas |= sheet.formulas;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::import::columns::propose;

    fn sheet(name: &str, rows: &[&str]) -> Sheet {
        let cell = |text: &str| Cell { text: text.into(), flaw: None };
        let rows = rows.iter().map(|row| row.split('|').map(cell).collect()).collect();
        Sheet { name: name.into(), rows, ..Sheet::default() }
    }

    fn check(name: &str, sheets: Vec<Sheet>, wanted_columns: &str, wanted_rows: usize) {
        let sheets = combined(sheets);
        let mapping = propose(&sheets);
        let columns: Vec<_> = mapping.columns.iter().map(|word| word.as_deref().unwrap_or("-")).collect();
        let rows = sheets[mapping.sheet].rows.len() - mapping.header_row - 1;
        assert_eq!((columns.join(" ").as_str(), rows), (wanted_columns, wanted_rows), "{name}");
    }

    #[test]
    fn sheets_of_classes_are_one_list() {
        let one = || sheet("七1班", &["花名册", "学号|姓名|备注", "1|王小明|", "2|李雷"]);
        let two = || sheet("七2班", &["学号|姓名|备注", "3|韩梅|住校"]);
        check("the sheet's name is the class", vec![one(), two()], "number name - class", 3);
        check("one sheet alone", vec![one()], "number name -", 2);
        let with_class = |name: &str| sheet(name, &["学号|姓名|班级", "1|王小明|七1班"]);
        check("with a class of their own", vec![with_class("A"), with_class("B")], "number name class -", 2);
        let other = sheet("教师", &["工号|姓名|部门|电话", "T1|王老师|语文组|1"]);
        check("a sheet of another kind stays apart", vec![two(), other], "number name class phone", 1);
        let hidden =
            Sheet { hidden: true, ..sheet("旧名单", &["学号|姓名|班级|性别|电话", "9|旧|1|男|"]) };
        check("what is hidden stays hidden", vec![hidden, one(), two()], "number name - class", 3);
        let all = combined(vec![one(), two()]).remove(0);
        assert_eq!(all.parts, [("七1班".to_owned(), 2, 3), ("七2班".to_owned(), 4, 4)]);
    }
}
