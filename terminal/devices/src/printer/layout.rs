//! Fits texts into the columns of a paper. A Chinese character is two columns wide.

use super::{Align, Line};

/// One printed row: its text without the spaces that printers add themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub text: String,
    pub align: Align,
    pub large: bool,
    pub bold: bool,
}

pub fn rows(line: &Line, columns: usize) -> Vec<Row> {
    match line {
        Line::Text { text, align, large, bold } => {
            let columns = if *large { columns / 2 } else { columns };
            let row = |text| Row { text, align: *align, large: *large, bold: *bold };
            wrapped(&clean(text), columns).into_iter().map(row).collect()
        }
        Line::Pair { left, right, bold } => {
            let row = |text| Row { text, align: Align::Left, large: false, bold: *bold };
            pair(&clean(left), &clean(right), columns).into_iter().map(row).collect()
        }
        Line::Rule => vec![Row { text: "-".repeat(columns), align: Align::Left, large: false, bold: false }],
        Line::Space => vec![Row { text: String::new(), align: Align::Left, large: false, bold: false }],
        Line::Qr(_) => Vec::new(),
    }
}

/// A name that somebody gave a dish must not be able to cut the paper or open the drawer.
pub fn clean(text: &str) -> String {
    let printable = |c: char| match c {
        // As wide as the printers' own sign, which is the full-width one.
        '\u{a5}' => Some('\u{ffe5}'),
        '\t' | '\n' | '\r' | '\u{3000}' => Some(' '),
        c if c.is_control() => None,
        c => Some(c),
    };
    text.chars().filter_map(printable).collect()
}

pub fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// What printers with a Chinese font print wide: everything that GB18030 writes in two or four bytes.
fn columns_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = columns_of(c);
        if used + wide > columns {
            rows.push(String::new());
            used = 0;
            if c == ' ' {
                continue;
            }
        }
        used += wide;
        rows.last_mut().expect("there is a row from the start").push(c);
    }
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

/// The amount stands whole at the right edge, beside the last row of the name or under it.
fn pair(left: &str, right: &str, columns: usize) -> Vec<String> {
    let mut rows = wrapped(left, columns);
    let mut tail = wrapped(right, columns);
    let first = tail.remove(0);
    let last = rows.last().map_or(0, |row| width(row));
    if last > 0 && last + 1 + width(&first) > columns {
        rows.push(String::new());
    }
    let row = rows.last_mut().expect("there is a row from the start");
    let space = columns - width(row) - width(&first);
    row.push_str(&" ".repeat(space));
    row.push_str(&first);
    rows.extend(tail);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(line: Line, columns: usize) -> Vec<String> {
        rows(&line, columns).into_iter().map(|row| row.text).collect()
    }

    fn a_pair(left: &str, right: &str) -> Line {
        Line::Pair { left: left.into(), right: right.into(), bold: false }
    }

    #[test]
    fn chinese_is_two_columns_wide() {
        assert_eq!(texts(a_pair("红烧肉 x1", "8.00"), 20), ["红烧肉 x1       8.00"]);
        assert_eq!(texts(a_pair("番茄鸡蛋盖浇饭大份", "12.50"), 20), ["番茄鸡蛋盖浇饭大份", "               12.50"]);
        let text = |text: &str| Line::Text { text: text.into(), align: Align::Left, large: false, bold: false };
        assert_eq!(texts(text("一二三四五六"), 5), ["一二", "三四", "五六"]);
        assert_eq!(texts(text("¥5\u{1b}@\u{7}"), 10), ["￥5@"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_the_paper_and_no_amount_is_torn(left in "\\PC{0,60}", right in "[0-9.]{1,10}") {
            for columns in [32, 48] {
                let rows = texts(a_pair(&left, &right), columns);
                prop_assert!(rows.iter().all(|row| width(row) <= columns));
                prop_assert!(rows.last().is_some_and(|row| row.ends_with(&right) && width(row) == columns));
            }
        }
    }
}
