//! Excel files that we write: the refused rows with their reasons, and the template.

use super::columns::Field;
use super::plan::{PlannedRow, Verdict};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// The rows as they stood, each with its reasons, ready to be mended and uploaded again.
pub fn refused(headers: &[String], rows: &[PlannedRow]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Text, so that Excel does not turn a mended number into 1.0E+09 again.
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_bold().set_num_format("@");
    let sheet = book.add_worksheet().set_name("未导入")?;
    for (c, header) in (0u16..).zip(headers) {
        sheet.write_with_format(0, c, header.as_str(), &head)?;
        sheet.set_column_width(c, 16)?;
    }
    let last = u16::try_from(headers.len()).unwrap_or(u16::MAX - 3);
    for (c, title) in (last..).zip(["原因", "Reason", "原行号"]) {
        sheet.write_with_format(0, c, title, &head)?;
        sheet.set_column_width(c, 40)?;
    }
    for (r, row) in (1u32..).zip(rows.iter().filter(|row| row.verdict == Verdict::Refuse)) {
        for (c, cell) in (0u16..last).zip(&row.cells) {
            sheet.write_with_format(r, c, cell.as_str(), &text)?;
        }
        let zh: Vec<_> = row.reasons.iter().map(|reason| reason.zh.as_str()).collect();
        let en: Vec<_> = row.reasons.iter().map(|reason| reason.en.as_str()).collect();
        sheet.write_with_format(r, last, zh.join(" "), &text)?;
        sheet.write_with_format(r, last + 1, en.join(" "), &text)?;
        sheet.write_with_format(r, last + 2, row.row.to_string(), &text)?;
    }
    book.save_to_buffer()
}

/// An empty sheet with the headers, and another one with notes and an example.
pub fn template(student: bool) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let text = Format::new().set_num_format("@");
    let head = Format::new().set_bold().set_num_format("@");
    let (sheet_name, columns): (_, &[(&str, &str)]) = if student {
        let all: &[_] = &[
            ("学号", "20260101"),
            ("姓名", "王小明"),
            ("班级", "七年级1班"),
            ("性别", "男"),
            ("身份证号", "11010519491231002X"),
            ("家长手机", "13800138000"),
            ("入学日期", "2026-09-01"),
        ];
        ("学生", all)
    } else {
        let all: &[_] = &[
            ("工号", "T0001"),
            ("姓名", "李老师"),
            ("部门", "语文组"),
            ("性别", "女"),
            ("身份证号", "440524188001010014"),
            ("手机", "13900139000"),
            ("入职日期", "2020-09-01"),
        ];
        ("教职工", all)
    };
    let sheet = book.add_worksheet().set_name(sheet_name)?;
    for (c, (title, _)) in (0u16..).zip(columns) {
        sheet.set_column_format(c, &text)?;
        sheet.write_with_format(0, c, *title, &head)?;
        sheet.set_column_width(c, 20)?;
    }
    let notes = book.add_worksheet().set_name("说明")?;
    let needed: Vec<_> = Field::ALL.iter().filter(|f| f.required(student)).map(|f| f.names().0).collect();
    let lines = [
        format!("必填：{}。其余各列可以没有，列的顺序不限。", needed.join("、")),
        "所有列已设为文本格式，长号码不会丢失数字。填写示例：".to_owned(),
        columns.iter().map(|(title, example)| format!("{title} {example}")).collect::<Vec<_>>().join("，"),
        "同一文件可以反复上传：没有变化的行不会改动任何数据。".to_owned(),
        "Required columns are named above; others may be left out, and their order is free.".to_owned(),
    ];
    notes.set_column_width(0, 90)?;
    for (r, line) in (0u32..).zip(lines) {
        notes.write(r, 0, line)?;
    }
    book.save_to_buffer()
}
