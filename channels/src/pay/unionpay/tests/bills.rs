//! Bills: the published line, and files of our own that are cut off or altered.

use super::super::bill::read;
use super::super::{packed, sign};
use super::*;
use crate::pay::{BillError, BillKind, BillLine, BillLineKind, BillStep, Connector};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use yitong_values::BusinessDay;
use zip::write::SimpleFileOptions;

const PUBLISHED_MERCHANT: &str = "802310048993424";

fn day(text: &str) -> BusinessDay {
    text.parse().expect("a day in a test is well written")
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn with_line(line: &[u8]) -> Result<Vec<BillLine>, BillError> {
    let file = zipped(&[("INN15090688ZM_802310048993424", line)]);
    read(PUBLISHED_MERCHANT, day("2015-09-06"), BillKind::Trades, &file).map(|bill| bill.lines)
}

/// The published line with other words in some of its columns.
fn line(changes: &[(usize, &str)]) -> Vec<u8> {
    let mut line = published!("zm_line.txt").as_bytes().to_vec();
    for (start, text) in changes {
        line[*start..*start + text.len()].copy_from_slice(text.as_bytes());
    }
    line
}

// Where columns begin, counted apart from this code from the widths that UnionPay publishes.
const SENT_AT: usize = 35;
const AMOUNT: usize = 66;
const FEE: usize = 166;
const NET: usize = 180;
const TXN_TYPE: usize = 215;
const NUMBER: usize = 112;
const ORIGINAL_NUMBER: usize = 476;

#[test]
fn the_published_line_is_read() {
    let lines = with_line(&line(&[])).unwrap();
    let expected = BillLine {
        kind: BillLineKind::Payment,
        number: "10078087".to_owned(),
        refund_number: None,
        channel_number: "201509061122031906248".to_owned(),
        amount: Cents::new(476_800),
        fee_milli: 2_861_000,
        at: at("20150906112203"),
        state: "S56".to_owned(),
    };
    assert_eq!(lines, [expected]);
}

#[test]
fn a_refund_names_both_numbers() {
    let refund = line(&[
        (TXN_TYPE, "04"),
        (FEE, "C000000002861"),
        (NET, "D000000473939"),
        (NUMBER, "R0078087"),
        (ORIGINAL_NUMBER, "10078087"),
    ]);
    let [read] = with_line(&refund).unwrap().try_into().unwrap();
    assert_eq!((read.kind, read.fee_milli), (BillLineKind::Refund, -2_861_000));
    assert_eq!((read.number.as_str(), read.refund_number.as_deref()), ("10078087", Some("R0078087")));
}

#[test]
fn a_line_that_does_not_prove_itself_is_refused() {
    let check = |changes: &[(usize, &str)]| {
        let refused = with_line(&line(changes));
        assert!(matches!(refused, Err(BillError::Line { line: 1, .. })), "{changes:?}");
    };
    check(&[(AMOUNT, "000000476801")]);
    check(&[(FEE, "C000000002861")]);
    check(&[(NET, "X000000473939")]);
    check(&[(NET, "C00000047393 ")]);
    check(&[(AMOUNT, "           +")]);
    check(&[(TXN_TYPE, "04")]);
    check(&[(SENT_AT, "0231112203")]);
    let file = zipped(&[("INN15090688ZM_802310048993424", published!("zm_line.txt").as_bytes())]);
    let others = read(MERCHANT, day("2015-09-06"), BillKind::Trades, &file);
    assert!(matches!(others, Err(BillError::Line { line: 1, .. })));
}

#[test]
fn what_is_no_bill_is_refused() {
    let no_bill = |file: &[u8]| read(PUBLISHED_MERCHANT, day("2015-09-06"), BillKind::Trades, file);
    assert!(matches!(no_bill(b"no zip"), Err(BillError::NotABill(_))));
    assert!(matches!(no_bill(&zipped(&[("INF15090688_802310048993424", b"x")])), Err(BillError::NotABill(_))));
    let empty = zipped(&[("INN15090688ZM_802310048993424", b"")]);
    assert_eq!(no_bill(&empty).unwrap().lines, []);
    let correction = zipped(&[
        ("INN15090688ZM_802310048993424", b"" as &[u8]),
        ("INN15090688ZME_802310048993424", &zme(PUBLISHED_MERCHANT)),
    ]);
    let [read] = no_bill(&correction).unwrap().lines.try_into().unwrap();
    assert_eq!((read.kind, read.state.as_str()), (BillLineKind::Other, "ZME E30"));
}

fn zme(merchant: &str) -> Vec<u8> {
    let widths = [3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135];
    let mut words = [""; 22];
    let known = [(0, "E30"), (3, "190624"), (4, "0906112203"), (6, "000000000100"), (14, "D000000000000")];
    known.iter().for_each(|(at, word)| words[*at] = word);
    words[16] = merchant;
    let cells: Vec<_> = words.iter().zip(widths).map(|(word, width)| format!("{word:width$}")).collect();
    cells.join(" ").into_bytes()
}

fn bill_answer(more: &[(&str, &str)]) -> Vec<Reply> {
    let mut fields = about_order(&[("txnType", "76"), ("settleDate", "0301")]);
    more.iter().for_each(|(name, value)| set(&mut fields, name, value));
    vec![answer(&by_unionpay(fields))]
}

#[test]
fn a_bill_is_fetched_in_one_step() {
    let unionpay = unionpay();
    let now = moment("20270302100000");
    let step = |so_far: &[Reply]| unionpay.bill(day("2027-03-01"), BillKind::Trades, so_far, &now);
    let BillStep::Send(call) = step(&[]) else { panic!("a call") };
    assert_eq!(call.url, "https://files.example/");
    let sent = sign::from_form_text(&call.body).unwrap();
    assert_eq!(sign::field(&sent, "settleDate"), Some("0301"));
    let content = packed(b"PK and so on");
    assert_eq!(step(&bill_answer(&[("fileContent", &content)])), BillStep::Ready(b"PK and so on".to_vec()));
    assert_eq!(step(&bill_answer(&[("respCode", "98")])), BillStep::Empty);
    assert_eq!(step(&bill_answer(&[("respCode", "05")])), BillStep::NotReady);
    let cut = &content[..content.len() - 8];
    for (what, failed) in [
        ("no file", bill_answer(&[])),
        ("cut off", bill_answer(&[("fileContent", cut)])),
        ("another day", bill_answer(&[("fileContent", &content), ("settleDate", "0228")])),
        ("an error", bill_answer(&[("respCode", "11")])),
        ("not signed", vec![answer(&about_order(&[("txnType", "76")]))]),
    ] {
        assert!(matches!(step(&failed), BillStep::Failed { .. }), "{what}");
    }
    assert_eq!(unionpay.bill(day("2027-03-01"), BillKind::Funds, &[], &now), BillStep::None);
    let bomb = packed(&vec![0; super::super::ZIP_BYTES_MAX + 1]);
    assert!(matches!(step(&bill_answer(&[("fileContent", &bomb)])), BillStep::Failed { .. }));
}

proptest! {
    #[test]
    fn a_cut_line_is_refused(end in 1_usize..607, before in 0_usize..3) {
        let whole = line(&[]);
        let mut text = whole.repeat(before);
        text.extend(&whole[..end]);
        let refused = with_line(&text);
        prop_assert!(matches!(refused, Err(BillError::Line { line, .. }) if line == before + 1), "{refused:?}");
    }

    #[test]
    fn a_cut_or_altered_file_is_refused(place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let file = zipped(&[("INN15090688ZM_802310048993424", &line(&[]))]);
        let read = |file: &[u8]| read(PUBLISHED_MERCHANT, day("2015-09-06"), BillKind::Trades, file);
        let whole = read(&file).unwrap();
        let at = place.index(file.len());
        prop_assert!(read(&file[..at]).is_err());
        let mut altered = file.clone();
        altered[at] ^= flip;
        // A byte of the frame that says nothing about the content may change; the lines may not.
        prop_assert!(read(&altered).map_or(true, |bill| bill == whole));
    }
}
