//! The bytes of a receipt: ESC/POS with GB18030 texts.

use super::layout::{Row, clean, rows};
use super::{Align, Line, Receipt};
use encoding_rs::GB18030;

const ESC: u8 = 0x1b;
const GS: u8 = 0x1d;
const FS: u8 = 0x1c;

/// Pulse on the drawer's first pin: 100 ms on, 500 ms off.
pub const DRAWER_KICK: [u8; 5] = [ESC, b'p', 0, 50, 250];
/// What a symbol of version 40 takes; longer is not printed.
const QR_BYTES_MAX: usize = 2331;
const LINES_BEFORE_CUT: u8 = 3;

/// The whole receipt, and the cut. Each row says anew how it looks, so that one lost byte spoils one row.
pub fn encode(receipt: &Receipt, columns: usize) -> Vec<u8> {
    let mut bytes = vec![ESC, b'@', FS, b'&'];
    for line in &receipt.lines {
        match line {
            Line::Qr(text) => bytes.extend(qr(text)),
            line => rows(line, columns).iter().for_each(|row| bytes.extend(printed(row))),
        }
    }
    bytes.extend([ESC, b'd', LINES_BEFORE_CUT, GS, b'V', 66, 0]);
    bytes
}

fn printed(row: &Row) -> Vec<u8> {
    let size = if row.large { 0x11 } else { 0 };
    // FS ! is the same for Chinese characters on printers that keep two sizes.
    let chinese = if row.large { 0x0c } else { 0 };
    let looks = [ESC, b'a', align(row.align), ESC, b'E', row.bold.into(), GS, b'!', size, FS, b'!', chinese];
    [&looks[..], &gb18030(&row.text), b"\n"].concat()
}

fn align(align: Align) -> u8 {
    match align {
        Align::Left => 0,
        Align::Center => 1,
        Align::Right => 2,
    }
}

/// What is not in the font's two bytes becomes a wide question mark: four bytes print as two wrong signs on most
/// printers, and the columns would no longer fit.
fn gb18030(text: &str) -> Vec<u8> {
    const UNKNOWN: [u8; 2] = [0xa3, 0xbf];
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        let mut utf8 = [0; 4];
        let (encoded, ..) = GB18030.encode(c.encode_utf8(&mut utf8));
        bytes.extend_from_slice(if encoded.len() <= 2 { &encoded } else { &UNKNOWN });
    }
    bytes
}

/// Model 2, middle correction, a size that a phone reads from paper.
fn qr(text: &str) -> Vec<u8> {
    let text = clean(text);
    if text.is_empty() || text.len() > QR_BYTES_MAX {
        return Vec::new();
    }
    let dots = if text.len() > 200 { 4 } else { 6 };
    let store = u16::try_from(text.len() + 3).expect("a symbol holds less than 64 KiB").to_le_bytes();
    let mut bytes = vec![ESC, b'a', 1];
    bytes.extend([GS, b'(', b'k', 4, 0, 49, 65, 50, 0]);
    bytes.extend([GS, b'(', b'k', 3, 0, 49, 67, dots]);
    bytes.extend([GS, b'(', b'k', 3, 0, 49, 69, 49]);
    bytes.extend([GS, b'(', b'k', store[0], store[1], 49, 80, 48]);
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend([GS, b'(', b'k', 3, 0, 49, 81, 48, b'\n']);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::{Mark, Paper};

    fn printed_as_text(receipt: &Receipt, columns: usize) -> Vec<String> {
        let mut paper = Paper::default();
        paper.hear(&encode(receipt, columns));
        paper.rows().to_vec()
    }

    #[test]
    fn a_lunch_is_printed() {
        let receipt = Receipt::default().title("第一食堂").rule().pair("红烧肉 x1", "8.00").total("合计", "¥8.00");
        let receipt = receipt.qr("https://school.example/p/1").center("谢谢 Thanks");
        let expected = [
            "        第一食堂",
            "--------------------------------",
            "红烧肉 x1                   8.00",
            "合计                      ￥8.00",
            "[QR https://school.example/p/1]",
            "          谢谢 Thanks",
            "",
            "",
            "",
        ];
        assert_eq!(printed_as_text(&receipt, 32), expected);
    }

    #[test]
    fn a_name_gives_no_orders() {
        let nasty = "汤\u{1b}p\u{0}2\u{fa}\u{1d}V\u{0}\u{10}\u{4}\u{1}";
        let mut paper = Paper::default();
        paper.hear(&encode(&Receipt::default().text(nasty).qr(nasty), 48));
        assert_eq!(paper.marks(), [Mark::Cut]);
        assert_eq!(paper.questions(), []);
    }

    #[test]
    fn rare_characters_keep_their_columns() {
        let rows = printed_as_text(&Receipt::default().pair("𠮷野", "1.00"), 32);
        assert_eq!(rows[0], format!("？野{}1.00", " ".repeat(24)));
    }
}
