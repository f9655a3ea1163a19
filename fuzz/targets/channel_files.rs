//! Files and call-backs of payment channels come from outside: reading them never panics, what was read adds up, and
//! nothing is believed that nobody signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_channels::pay::bank_file::{
    Column, DayFormat, Directions, Encoding, FinalEnd, Layout, LineEnd, LineField, Order, Place, Quotes, Shape,
    StatusWords, Titles, TotalField, Totals, Unit, read_results, read_statement,
};
use yitong_channels::pay::chinaums::{AnswerTrust, ChinaUms, Config};
use yitong_channels::pay::unionpay::{read_zm, sign};
use yitong_channels::pay::{BillLineKind, Connector};
use yitong_channels::{Headers, Moment};
use yitong_values::{BusinessDay, Cents, Timestamp};

const MERCHANT: &str = "802310048993424";

fuzz_target!(|input: (u8, &[u8])| {
    let (which, file) = input;
    match which % 5 {
        0 => bill(file),
        1 => results(&FIXED, file),
        2 => results(&CSV, file),
        3 => statement(file),
        _ => call_back(file),
    }
});

fn bill(file: &[u8]) {
    let day = BusinessDay::new(2015, 9, 6).expect("a day of the calendar");
    for line in read_zm(MERCHANT, day, file).unwrap_or_default() {
        assert!(!line.amount.is_negative() && line.at < day.plus_days(1).start());
        assert_eq!(line.refund_number.is_some(), line.kind == BillLineKind::Refund);
    }
}

fn results(layout: &Layout, file: &[u8]) {
    if let Ok(read) = read_results(layout, "B1", file) {
        let sum = Cents::sum(read.lines.iter().map(|line| line.amount));
        assert_eq!((read.lines.len(), sum), (read.tally.count, Ok(read.tally.sum)));
    }
}

fn statement(file: &[u8]) {
    if let Ok(read) = read_statement(&STATEMENT, file) {
        let moved = read.tally.in_sum.plus(read.tally.out_sum);
        assert_eq!((read.lines.len(), moved), (read.tally.count, Ok(read.tally.sum)));
    }
}

fn call_back(body: &[u8]) {
    let at = Moment { now: Timestamp::from_ms(1_804_000_000_000), nonce: [0; 16] };
    assert!(UMS.notified(&Headers::default(), body, &at).is_err());
    for fields in [sign::from_answer_text(body), sign::from_form_text(body)].into_iter().flatten() {
        let text = sign::form_text(&fields);
        assert_eq!(sign::from_form_text(text.as_bytes()), Some(fields));
    }
}

static UMS: LazyLock<ChinaUms> = LazyLock::new(|| {
    let text = str::to_owned;
    let config = Config {
        app_id: text("1"),
        app_keys: vec![text("worthless")],
        notify_keys: vec![text("worthless as well")],
        mid: text("898201612345678"),
        tid: text("88880001"),
        inst_mid: text("H5DEFAULT"),
        source: text("3194"),
        base_url: text("https://ums.example"),
        answers: AnswerTrust::MustBeSigned,
        mobile_web: None,
        qr: None,
        in_app: None,
    };
    ChinaUms::read(&config).expect("the settings are good")
});

static FIXED: LazyLock<Layout> = LazyLock::new(|| {
    let totals = [(TotalField::Count, 3), (TotalField::Sum, 8)].map(|(field, width)| column(field, width));
    Layout {
        totals: Some(Totals { place: Place::First, columns: totals.into() }),
        ..layout(Encoding::Gbk, Shape::Fixed, &[(LineField::Number, 4), (LineField::Amount, 8), (LineField::Status, 2)])
    }
});

static CSV: LazyLock<Layout> = LazyLock::new(|| {
    let totals = [TotalField::Mark("T".to_owned()), TotalField::Count, TotalField::Sum, TotalField::DoneSum];
    Layout {
        totals: Some(Totals { place: Place::Last, columns: totals.map(|field| column(field, 64)).into() }),
        final_end: FinalEnd::Optional,
        ..layout(
            Encoding::Utf8,
            Shape::Csv { separator: ',', quotes: Quotes::Double },
            &[(LineField::Number, 64), (LineField::Amount, 64), (LineField::Status, 64)],
        )
    }
});

static STATEMENT: LazyLock<Layout> = LazyLock::new(|| {
    layout(
        Encoding::Gbk,
        Shape::Csv { separator: '|', quotes: Quotes::Never },
        &[(LineField::Day, 10), (LineField::AmountIn, 20), (LineField::AmountOut, 20), (LineField::Balance, 20)],
    )
});

fn layout(encoding: Encoding, shape: Shape, columns: &[(LineField, usize)]) -> Layout {
    Layout {
        encoding,
        shape,
        line_end: LineEnd::Lf,
        final_end: FinalEnd::Required,
        titles: Titles::None,
        columns: columns.iter().map(|(field, width)| column(field.clone(), *width)).collect(),
        totals: None,
        status: StatusWords { done: vec!["00".to_owned()], failed: vec!["01".to_owned()] },
        directions: Directions::default(),
        order: Order::OldestFirst,
    }
}

fn column<F>(field: F, width: usize) -> Column<F> {
    Column { field, title: None, width: Some(width), pad: None, unit: Unit::Yuan, day: DayFormat::Compact }
}
