//! Remarks above a plan: what was read in a way that somebody should look at, gathered into a few sentences.

use super::columns::Mapping;
use super::combine::SHEET_NAME;
use super::fields;
use super::plan::{PlannedRow, Verdict};
use super::sheet::Sheet;
use std::collections::BTreeMap;

/// Rows that a remark names; more of them say nothing more.
const ROWS_NAMED_MAX: usize = 20;
/// Headers of columns that we ourselves add: to a file of refused rows, and to sheets that are read together.
const OURS: [&str; 4] = ["原因", "Reason", "原行号", SHEET_NAME];

/// In Chinese and in English.
type Remark = (String, String);

fn said(zh: impl Into<String>, en: impl Into<String>) -> Remark {
    (zh.into(), en.into())
}

/// The numbers of these rows, in both languages; `None` when there is none.
fn named<'a>(rows: impl Iterator<Item = &'a PlannedRow>) -> Option<(String, String)> {
    let all: Vec<String> = rows.take(ROWS_NAMED_MAX + 1).map(|row| row.row.to_string()).collect();
    let more = all.len() > ROWS_NAMED_MAX;
    let shown = &all[..all.len().min(ROWS_NAMED_MAX)];
    let (zh, en) = (shown.join("、"), shown.join(", "));
    let (zh, en) = if more { (format!("{zh} 等"), format!("{en} and more")) } else { (zh, en) };
    (!all.is_empty()).then_some((zh, en))
}

pub fn remarks(sheets: &[Sheet], mapping: &Mapping, rows: &[PlannedRow]) -> Vec<Remark> {
    let sheet = &sheets[mapping.sheet.min(sheets.len() - 1)];
    let mut all = Vec::new();
    all.extend(of_sheets(sheets, sheet));
    all.extend(of_columns(mapping));
    if sheet.merged {
        all.push(said(
            "表中有合并单元格，已按每行相同的值读取，请核对。",
            "Merged cells were read with the same value in each row; please check.",
        ));
    }
    if sheet.formulas {
        all.push(said(
            "表中有公式，已读取其最后保存的值，请核对。",
            "Formulas were read with the value that was last saved; please check.",
        ));
    }
    all.extend(of_rows(rows));
    all
}

fn of_sheets(sheets: &[Sheet], read: &Sheet) -> Option<Remark> {
    if !read.parts.is_empty() {
        let zh: Vec<_> = read.parts.iter().map(|(name, from, to)| format!("“{name}”为第 {from}–{to} 行")).collect();
        let en: Vec<_> = read.parts.iter().map(|(name, from, to)| format!("“{name}” is rows {from}–{to}")).collect();
        let (count, zh, en) = (read.parts.len(), zh.join("，"), en.join(", "));
        return Some(said(
            format!("已合并读取 {count} 张标题相同的工作表，行号按合并后的顺序：{zh}。"),
            format!("{count} sheets with the same headers were read as one list, and rows are counted through: {en}."),
        ));
    }
    let list = |sheet: &&Sheet| sheet.parts.is_empty() && sheet.rows.iter().any(|row| row.len() > 1);
    let other = |sheet: &&Sheet| sheet.name != read.name;
    let others: Vec<&str> = sheets.iter().filter(other).filter(list).map(|sheet| sheet.name.as_str()).collect();
    let (zh, en) = (others.join("、"), others.join(", "));
    (!others.is_empty()).then(|| {
        said(
            format!("本次只读取工作表“{}”，未读取：{zh}。如需导入，请在列对应页另选工作表，或另行上传。", read.name),
            format!("Only the sheet “{}” was read, not: {en}. Choose another on the page of columns, or upload it by itself.", read.name),
        )
    })
}

fn of_columns(mapping: &Mapping) -> Option<Remark> {
    let free = |(c, header): &(usize, &String)| {
        let unmapped = mapping.columns.get(*c).is_none_or(Option::is_none);
        unmapped && !header.is_empty() && !OURS.contains(&header.as_str())
    };
    let left: Vec<&str> = mapping.headers.iter().enumerate().filter(free).map(|(_, header)| header.as_str()).collect();
    let (zh, en) = (left.join("、"), left.join(", "));
    (!left.is_empty()).then(|| said(format!("未导入的列：{zh}。"), format!("Columns that are not imported: {en}.")))
}

fn of_rows(rows: &[PlannedRow]) -> Vec<Remark> {
    let kept = || rows.iter().filter(|row| row.verdict != Verdict::Refuse);
    let changed = |row: &PlannedRow, field: &str| row.changes.iter().any(|change| change.field == field);
    let mut all = Vec::new();
    let gender = |row: &&PlannedRow| {
        let of_id = row.wanted.id_number.as_deref().and_then(fields::gender_of_id);
        of_id.is_some() && row.wanted.gender.is_some() && of_id != row.wanted.gender.as_deref()
    };
    if let Some((zh, en)) = named(kept().filter(gender)) {
        all.push(said(
            format!("第 {zh} 行的性别与身份证号不一致，请核对。"),
            format!("In rows {en} the gender differs from the ID number; please check."),
        ));
    }
    let another = |row: &&PlannedRow| changed(row, "name") && changed(row, "class");
    if let Some((zh, en)) = named(kept().filter(another)) {
        all.push(said(
            format!("第 {zh} 行的学号已有人使用，而姓名与班级都不同：可能是另一人，请逐一核对。"),
            format!(
                "In rows {en} the number is known, but name and class both differ: it may be somebody else; check each."
            ),
        ));
    }
    let back = |row: &&PlannedRow| changed(row, "status");
    if let Some((zh, en)) = named(kept().filter(back)) {
        all.push(said(
            format!("第 {zh} 行的人员已离校，导入后将恢复在校，请确认这不是旧名单。"),
            format!("Rows {en} bring back people who have left; make sure that this is no old list."),
        ));
    }
    all.extend(serial(rows));
    all.extend(short(rows));
    all
}

/// 1, 2, 3 … are numbers of lines, not of people.
fn serial(rows: &[PlannedRow]) -> Option<Remark> {
    let counted = rows.iter().zip(1..).all(|(row, n)| row.wanted.number == n.to_string());
    (rows.len() >= 3 && counted).then(|| {
        said(
            "学号／工号依次为 1、2、3……，像是序号：请核对列的对应。",
            "The numbers run 1, 2, 3 … like those of lines: check which column is which.",
        )
    })
}

/// Excel drops zeros at the front of a number.
fn short(rows: &[PlannedRow]) -> Option<Remark> {
    let digits =
        |row: &&PlannedRow| row.wanted.number.bytes().all(|b| b.is_ascii_digit()) && !row.wanted.number.is_empty();
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows.iter().filter(digits) {
        *lengths.entry(row.wanted.number.len()).or_default() += 1;
    }
    let (usual, of_them) = lengths.into_iter().max_by_key(|(_, count)| *count)?;
    if of_them < 3 || of_them * 10 < rows.len() * 6 {
        return None;
    }
    let (zh, en) = named(rows.iter().filter(digits).filter(|row| row.wanted.number.len() < usual))?;
    Some(said(
        format!("第 {zh} 行的学号／工号少于 {usual} 位，开头的 0 可能被 Excel 去掉了，请核对。"),
        format!("In rows {en} the number has fewer than {usual} digits; Excel may have dropped zeros at its front."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::import::columns::propose;
    use crate::people::import::plan::{Roster, plan};
    use crate::people::import::read::read;

    fn check(name: &str, file: &str, wanted: &[&str]) {
        let sheets = read(file.as_bytes()).expect("a list");
        let mapping = propose(&sheets);
        let rows = plan(&sheets[mapping.sheet], &mapping, &Roster::new("student", Vec::new()), &|_, _| Vec::new());
        let said = remarks(&sheets, &mapping, &rows);
        assert_eq!(said.len(), wanted.len(), "{name}: {said:?}");
        for ((zh, _), part) in said.iter().zip(wanted) {
            assert!(zh.contains(part), "{name}: {zh}");
        }
    }

    #[test]
    fn what_somebody_should_look_at_is_said() {
        check("nothing", "学号,姓名,班级\n20260101,王小明,七1班\n", &[]);
        check("a column that is left", "学号,姓名,班级,备注,原因\n1,王小明,七1班,住校,\n", &["未导入的列：备注。"]);
        check("lines for people", "编号,姓名,班级\n1,甲,七1班\n2,乙,七1班\n3,丙,七1班\n", &["像是序号"]);
        let short = "学号,姓名,班级\n10000001,甲,七1班\n10000002,乙,七1班\n10000003,丙,七1班\n12345,丁,七1班\n";
        check("zeros that were dropped", short, &["第 5 行的学号／工号少于 8 位"]);
        let gender = "学号,姓名,班级,性别,身份证号\n20260101,王小明,七1班,男,11010519491231002X\n";
        check("gender against the ID number", gender, &["性别与身份证号不一致"]);
    }
}
