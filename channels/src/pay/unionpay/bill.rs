//! UnionPay's bill of a clearing day: base64 of deflate of a ZIP, in which `…ZM_…` holds a line for each transaction
//! and `…ZME_…` one for each correction. Lines have fixed widths in bytes, and are GBK: they are cut before they are
//! decoded.

use super::config::Account;
use super::request::settle_date;
use super::sign::field;
use crate::crypto::{base64, from_base64};
use crate::pay::stamp::from_stamp10;
use crate::pay::{Bill, BillError, BillKind, BillLine, BillLineKind, BillStep};
use crate::{Moment, Reply};
use flate2::Compression;
use flate2::read::{ZlibDecoder, ZlibEncoder};
use std::io::{Cursor, Read};
use std::ops::Range;
use yitong_values::{BusinessDay, Cents};

pub const ZIP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// One file of the ZIP, unpacked: some 200,000 lines.
pub const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;
const FILES_MAX: usize = 64;

/// Where a column stands in a line: after all columns before it and one blank behind each.
const fn column(widths: &[usize], number: usize) -> Range<usize> {
    let (mut start, mut before) = (0, 1);
    while before < number {
        start += widths[before - 1] + 1;
        before += 1;
    }
    start..start + widths[number - 1]
}

const ZM: [usize; 42] = [
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13,
    13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
];
const ZME: [usize; 22] = [3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135];
/// Newer layouts cut the last column into several; nothing behind this one is read, but a shorter line was cut off.
const ZM_BYTES_MIN: usize = column(&ZM, 42).end;
const ZME_BYTES_MIN: usize = column(&ZME, 22).end;

impl Account {
    pub fn bill_step(&self, day: BusinessDay, kind: BillKind, so_far: &[Reply], at: &Moment) -> BillStep {
        let failed = |why: String| BillStep::Failed { why };
        let reply = match (kind, so_far) {
            (BillKind::Funds, _) => return BillStep::None,
            (BillKind::Trades, []) => {
                return self.ask_for_bill(day, at).map_or_else(|why| failed(why.to_string()), BillStep::Send);
            }
            (BillKind::Trades, [.., last]) => last,
        };
        let fields = match self.verified(reply, at) {
            Ok(fields) => fields,
            Err(why) => return failed(why),
        };
        let asked = settle_date(day);
        if field(&fields, "txnType") != Some("76") || field(&fields, "settleDate") != Some(asked.as_str()) {
            return failed("the answer is not about the bill of this day".to_owned());
        }
        match (field(&fields, "respCode"), field(&fields, "fileContent")) {
            (Some("00"), Some(content)) => unpacked(content).map_or_else(failed, BillStep::Ready),
            (Some("98"), _) => BillStep::Empty,
            (Some("03" | "04" | "05" | "06" | "37"), _) => BillStep::NotReady,
            (code, _) => failed(code.unwrap_or("no code").to_owned()),
        }
    }
}

/// `fileContent` from a ZIP, as UnionPay packs it.
pub fn packed(zip: &[u8]) -> String {
    let mut deflated = Vec::new();
    ZlibEncoder::new(zip, Compression::default()).read_to_end(&mut deflated).expect("memory can be read");
    base64(&deflated)
}

fn unpacked(content: &str) -> Result<Vec<u8>, String> {
    let deflated = from_base64(content).ok_or("the file is not base64")?;
    limited(ZlibDecoder::new(deflated.as_slice()), ZIP_BYTES_MAX)
}

/// All of a reader, and an error when it is cut off or larger than it may be.
fn limited(reader: impl Read, max: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = reader.take(max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|_| "it can't be unpacked: cut off or altered")?;
    if bytes.len() <= max { Ok(bytes) } else { Err(format!("more than {max} bytes when unpacked")) }
}

pub(super) fn read(mer_id: &str, day: BusinessDay, kind: BillKind, file: &[u8]) -> Result<Bill, BillError> {
    let no_bill = |why: &str| BillError::NotABill(why.to_owned());
    if kind == BillKind::Funds {
        return Err(no_bill("UnionPay has no bill of funds"));
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).map_err(|_| no_bill("not a ZIP, or cut off"))?;
    if archive.len() > FILES_MAX {
        return Err(no_bill("too many files"));
    }
    let mut lines = Vec::new();
    let mut found = false;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| no_bill("a file in it can't be opened"))?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let parse = match (name.contains("ZM_"), name.contains("ZME_")) {
            (true, _) => trade as Parse,
            (_, true) => correction as Parse,
            // Sums and files of other products.
            _ => continue,
        };
        found |= name.contains("ZM_");
        // The ZIP's checksum finds what was altered or cut off inside.
        let text = limited(entry, FILE_BYTES_MAX).map_err(BillError::NotABill)?;
        read_lines(&text, mer_id, day, parse, &mut lines)?;
    }
    if found { Ok(Bill { lines }) } else { Err(no_bill("it holds no list of transactions (ZM)")) }
}

type Parse = fn(&[u8], &str, BusinessDay) -> Result<BillLine, String>;

/// One list of transactions, as it lies in the ZIP.
pub fn read_zm(mer_id: &str, day: BusinessDay, text: &[u8]) -> Result<Vec<BillLine>, BillError> {
    let mut lines = Vec::new();
    read_lines(text, mer_id, day, trade, &mut lines)?;
    Ok(lines)
}

fn read_lines(
    text: &[u8],
    mer_id: &str,
    day: BusinessDay,
    parse: Parse,
    lines: &mut Vec<BillLine>,
) -> Result<(), BillError> {
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        lines.push(parse(line, mer_id, day).map_err(|why| BillError::Line { line: index + 1, why })?);
    }
    Ok(())
}

fn trade(line: &[u8], mer_id: &str, day: BusinessDay) -> Result<BillLine, String> {
    if line.len() < ZM_BYTES_MIN {
        return Err(format!("{} bytes where {ZM_BYTES_MIN} are needed: it was cut off", line.len()));
    }
    let text = |number: usize| text(line, column(&ZM, number));
    if text(28)? != mer_id {
        return Err("it is about another merchant".to_owned());
    }
    let kind = match text(20)?.as_str() {
        "01" => BillLineKind::Payment,
        "04" | "31" => BillLineKind::Refund,
        _ => BillLineKind::Other,
    };
    let amount = fen(&text(7)?)?;
    let (fee, net) = (signed_fen(&text(16)?)?, signed_fen(&text(17)?)?);
    let direction = match kind {
        BillLineKind::Payment => 1,
        BillLineKind::Refund => -1,
        BillLineKind::Other => net.signum(),
    };
    // The line proves itself: what is credited is the amount less the fee.
    if amount.checked_mul(direction).and_then(|moved| moved.checked_add(fee)) != Some(net) {
        return Err("amount, fee and settled amount do not fit together".to_owned());
    }
    let (own, original) = (text(12)?, text(41)?);
    let (number, refund_number) = match kind {
        BillLineKind::Refund => (original, Some(own)),
        _ => (own, None),
    };
    Ok(BillLine {
        kind,
        number,
        refund_number,
        channel_number: text(10)?,
        amount: Cents::new(amount),
        fee_milli: fee.checked_neg().and_then(|fee| fee.checked_mul(1000)).ok_or("the fee is no amount")?,
        at: from_stamp10(&text(5)?, day).ok_or("the moment is none of the calendar")?,
        state: text(1)?,
    })
}

/// A correction names the transaction by trace number and moment only, so a person looks at it.
fn correction(line: &[u8], mer_id: &str, day: BusinessDay) -> Result<BillLine, String> {
    if line.len() < ZME_BYTES_MIN {
        return Err(format!("{} bytes where {ZME_BYTES_MIN} are needed: it was cut off", line.len()));
    }
    let text = |number: usize| text(line, column(&ZME, number));
    if ![text(17)?, text(18)?].iter().any(|merchant| merchant == mer_id) {
        return Err("it is about another merchant".to_owned());
    }
    let fee = signed_fen(&text(15)?)?;
    Ok(BillLine {
        kind: BillLineKind::Other,
        number: String::new(),
        refund_number: None,
        channel_number: format!("{} {}", text(4)?, text(5)?),
        amount: Cents::new(fen(&text(7)?)?),
        fee_milli: fee.checked_neg().and_then(|fee| fee.checked_mul(1000)).ok_or("the fee is no amount")?,
        at: from_stamp10(&text(5)?, day).ok_or("the moment is none of the calendar")?,
        state: format!("ZME {}", text(1)?),
    })
}

fn text(line: &[u8], columns: Range<usize>) -> Result<String, String> {
    let separated = columns.end >= line.len() || line[columns.end] == b' ';
    let (text, _, broken) = encoding_rs::GBK.decode(&line[columns]);
    if broken || !separated {
        return Err("the columns do not stand where they should".to_owned());
    }
    Ok(text.trim().to_owned())
}

fn fen(digits: &str) -> Result<i64, String> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all_digits).ok_or_else(|| "an amount is not digits".to_owned())
}

/// `C` is credited to the merchant, `D` is taken from it.
fn signed_fen(text: &str) -> Result<i64, String> {
    match (text.get(..1), text.get(1..)) {
        (Some("C"), Some(digits)) => fen(digits),
        (Some("D"), Some(digits)) => fen(digits).map(|fen| -fen),
        _ => Err("an amount has neither C nor D before it".to_owned()),
    }
}
