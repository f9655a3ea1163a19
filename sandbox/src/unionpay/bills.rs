//! UnionPay's file of a clearing day: lines of fixed width, in a ZIP, in a field of the answer.

use super::{Asked, FORMAT, RIGHT, Refusal, Said, answered};
use crate::Sandbox;
use crate::bill_day::{self, Line, whole_fen};
use crate::books::Channel;
use crate::identity::UNIONPAY_MER_ID;
use crate::wire::{Incoming, Outgoing};
use crate::zip;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;
use yitong_channels::crypto::base64;
use yitong_channels::pay::stamp::stamp14;
use yitong_values::{BusinessDay, Timestamp};

const READY_AFTER_MS: i64 = (24 + 9) * 3_600_000;
const NO_FILE: Refusal = Refusal("98", "文件不存在");
const WIDTHS: [usize; 42] = [
    3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21, 15, 1, 15, 32, 13,
    13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
];

pub fn ask(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    answered(sandbox, incoming, |asked| file(sandbox, asked))
}

fn file(sandbox: &Sandbox, asked: &Asked) -> Said {
    if asked.get("txnType") != "76" || asked.get("txnSubType") != "01" || asked.need("fileType")? != "00" {
        return Err(RIGHT);
    }
    let now = sandbox.now();
    let day = latest(asked.need("settleDate")?, now).ok_or(FORMAT)?;
    let faults = sandbox.faults();
    if !faults.bills_at_once && now < day.start().plus_ms(READY_AFTER_MS) {
        return Err(NO_FILE);
    }
    let of_day = bill_day::of_day(&mut sandbox.state().books, Channel::Unionpay, day, now, &faults);
    if of_day.counted.is_empty() {
        return Err(NO_FILE);
    }
    let mut list: Vec<u8> = of_day.counted.iter().flat_map(row).collect();
    if faults.bill_cut {
        // Fixed widths have no totals: what is cut off shows in the last line itself.
        list.truncate(list.len() - 100);
    }
    let name = format!("INN{:02}{}ZM_{UNIONPAY_MER_ID}", day.year() % 100, asked.get("settleDate"));
    let packed = zip::archive(&[(name.clone().into_bytes(), list)]);
    Ok(vec![
        ("respCode", "00".into()),
        ("respMsg", "成功[0000000]".into()),
        ("fileName", format!("{name}.zip")),
        ("fileContent", base64(&deflated(&packed))),
    ])
}

/// The latest such day that is not after today: the request names no year.
fn latest(text: &str, now: Timestamp) -> Option<BusinessDay> {
    let today = now.china_day();
    let shaped = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let of_year = |year: i32| BusinessDay::from_number(i64::from(year) * 10_000 + text.parse::<i64>().ok()?).ok();
    [today.year(), today.year() - 1].into_iter().filter(|_| shaped).filter_map(of_year).find(|day| *day <= today)
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes what is written")
}

/// Cells by their number in the description, counted from one; what is not named is blank.
fn row(line: &Line) -> Vec<u8> {
    let fee = whole_fen(line.fee_milli).fen();
    let (code, amount, net, kind) = match &line.refund {
        None => ("S22", line.amount.fen(), line.amount.fen() - fee, "01"),
        Some(part) => ("S30", part.amount.fen(), -part.amount.fen() - fee, "04"),
    };
    let (number, channel_number) = match &line.refund {
        None => (&line.number, &line.channel_number),
        Some(part) => (&part.number, &part.channel_number),
    };
    let (original, original_id) = match &line.refund {
        None => ("", ""),
        Some(_) => (line.number.as_str(), line.channel_number.as_str()),
    };
    let cells: &[(usize, String)] = &[
        (1, code.to_owned()),
        (2, "48021234".to_owned()),
        (3, "00049998".to_owned()),
        (4, super::trace_number(channel_number)),
        (5, stamp14(line.at)[4..].to_owned()),
        (6, "6216***********0018".to_owned()),
        (7, format!("{amount:012}")),
        (8, "8211".to_owned()),
        (9, "08".to_owned()),
        (10, channel_number.clone()),
        (12, number.clone()),
        (13, "01".to_owned()),
        (16, signed(-fee)),
        (17, signed(net)),
        (18, "0001".to_owned()),
        (20, kind.to_owned()),
        (21, "01".to_owned()),
        (22, "000201".to_owned()),
        (27, original_id.to_owned()),
        (28, UNIONPAY_MER_ID.to_owned()),
        (34, "01080209".to_owned()),
        (41, original.to_owned()),
    ];
    let mut out = Vec::new();
    for (index, width) in WIDTHS.iter().enumerate() {
        let cell = cells.iter().find(|(number, _)| *number == index + 1).map_or("", |(_, cell)| cell.as_str());
        let mut bytes = cell.as_bytes().to_vec();
        bytes.resize(*width, b' ');
        out.extend(bytes);
        out.push(b' ');
    }
    out.pop();
    out.extend(b"\r\n");
    out
}

/// `C` is credited to the merchant, `D` is taken from it.
fn signed(fen: i64) -> String {
    format!("{}{:012}", if fen < 0 { 'D' } else { 'C' }, fen.unsigned_abs())
}
