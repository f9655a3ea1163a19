//! Two banks that do not exist: one with widths and GBK, one with CSV and UTF-8.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use yitong_values::{BusinessDay, Cents};

fn bank(value: Value) -> Layout {
    serde_json::from_value(value).expect("the settings of the tests can be read")
}

/// A debit file with widths, totals first.
fn widths() -> Layout {
    bank(json!({
        "encoding": "gbk",
        "shape": "fixed",
        "columns": [
            { "field": { "constant": "D" }, "width": 1 },
            { "field": "sequence", "width": 4 },
            { "field": "number", "width": 18 },
            { "field": "account", "width": 20 },
            { "field": "name", "width": 12 },
            { "field": "amount", "width": 10, "unit": "fen" },
            { "field": "day", "width": 8 },
        ],
        "totals": {
            "place": "first",
            "columns": [
                { "field": { "mark": "H" }, "width": 1 },
                { "field": "batch_number", "width": 10 },
                { "field": "count", "width": 6 },
                { "field": "sum", "width": 14, "unit": "fen" },
            ],
        },
    }))
}

/// Results in CSV, totals last.
fn results() -> Layout {
    bank(json!({
        "encoding": "utf8",
        "shape": { "csv": { "separator": ",", "quotes": "double" } },
        "titles": "line",
        "columns": [
            { "field": "number", "title": "商户流水号" },
            { "field": "amount", "title": "金额" },
            { "field": "status", "title": "结果码" },
            { "field": "reason", "title": "说明" },
            { "field": "bank_number", "title": "银行流水号" },
        ],
        "totals": {
            "place": "last",
            "columns": [
                { "field": { "mark": "合计" } },
                { "field": "batch_number" },
                { "field": "count" },
                { "field": "sum" },
                { "field": "done_sum" },
            ],
        },
        "status": { "done": ["0000"], "failed": ["1001", "1002"] },
    }))
}

const RESULTS: &str = "商户流水号,金额,结果码,说明,银行流水号\r\n\
    01J9ZB3Q7M5T2V8W,12.50,0000,,9001\r\n\
    01J9ZB3Q7M5T2V8X,7.00,1001,\"余额不足, 请\"\"稍后\"\"再试\",\r\n\
    01J9ZB3Q7M5T2V8Y,0.50,9999,处理中,\r\n\
    合计,B20270301,3,20.00,12.50\r\n";

fn statement() -> Layout {
    bank(json!({
        "encoding": "gbk",
        "shape": { "csv": { "separator": "|" } },
        "line_end": "lf",
        "columns": [
            { "field": "day", "day": "dashes" },
            { "field": "bank_number" },
            { "field": "amount_in", "unit": "yuan_grouped" },
            { "field": "amount_out", "unit": "yuan_grouped" },
            { "field": "balance", "unit": "yuan_grouped" },
            { "field": "counter_name" },
            { "field": "purpose" },
        ],
    }))
}

fn gbk(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = encoding_rs::GBK.encode(text);
    assert!(!lost, "a text of the tests is GBK");
    bytes.into_owned()
}

fn day(text: &str) -> BusinessDay {
    text.parse().expect("a day in a test is well written")
}

fn instruction(number: &str, name: &str, fen: i64) -> Instruction {
    Instruction {
        number: number.to_owned(),
        account: "6226090000000048".to_owned(),
        name: name.to_owned(),
        bank_code: String::new(),
        amount: Cents::new(fen),
        purpose: String::new(),
    }
}

fn batch() -> Vec<Instruction> {
    vec![instruction("01J9ZB3Q7M5T2V8W", "王小明", 1250), instruction("01J9ZB3Q7M5T2V8X", "欧阳丽", 700)]
}

#[test]
fn a_batch_is_written_to_the_byte() {
    let file = write(&widths(), "B20270301", day("2027-03-01"), &batch()).unwrap();
    let expected = [
        "HB20270301 00000200000000001950\r\n",
        "D000101J9ZB3Q7M5T2V8W  6226090000000048    王小明      000000125020270301\r\n",
        "D000201J9ZB3Q7M5T2V8X  6226090000000048    欧阳丽      000000070020270301\r\n",
    ];
    assert_eq!(file, gbk(&expected.concat()));
    let mut csv = results();
    csv.columns[2].field = LineField::Account;
    csv.columns[3].field = LineField::Name;
    csv.totals = None;
    let with_comma = [instruction("01J9ZB3Q7M5T2V8W", "Wang, \"Ming\"", 1250)];
    let file = write(&csv, "B1", day("2027-03-01"), &with_comma).unwrap();
    let line = "01J9ZB3Q7M5T2V8W,12.50,6226090000000048,\"Wang, \"\"Ming\"\"\",\r\n";
    assert_eq!(String::from_utf8(file).unwrap(), format!("商户流水号,金额,结果码,说明,银行流水号\r\n{line}"));
}

#[test]
fn what_the_bank_could_misread_is_not_written() {
    let check = |column: &str, zh: &str, change: fn(&mut Instruction)| {
        let mut batch = batch();
        change(&mut batch[1]);
        let problems = write(&widths(), "B1", day("2027-03-01"), &batch).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("one problem in {column}") };
        assert_eq!((problem.line, problem.column.as_deref()), (2, Some(column)));
        assert!(problem.zh.contains(zh), "{}", problem.zh);
        assert!(problem.en.is_ascii() && !problem.en.is_empty());
    };
    check("amount", "大于零", |line| line.amount = Cents::ZERO);
    check("amount", "大于零", |line| line.amount = Cents::new(-1));
    check("number", "重复", |line| line.number = "01J9ZB3Q7M5T2V8W".to_owned());
    check("number", "最多 18 字节", |line| line.number = "0".repeat(19));
    check("account", "空格", |line| line.account = " 1".to_owned());
    check("name", "最多 12 字节", |line| line.name = "阿卜杜拉·买买提".to_owned());
    check("name", "第 2 个字", |line| line.name = "王𬱖".to_owned());
    check("name", "换行", |line| line.name = "王\n明".to_owned());
    let mut plain = results();
    plain.shape = Shape::Csv { separator: '|', quotes: Quotes::Never };
    plain.columns[2].field = LineField::Account;
    plain.columns[3].field = LineField::Name;
    let problems = write(&plain, "B1", day("2027-03-01"), &[instruction("01", "a|b", 1)]).unwrap_err();
    assert_eq!(problems[0].column.as_deref(), Some("说明"));
    assert!(write(&widths(), "B1", day("2027-03-01"), &[]).is_err());
}

#[test]
fn a_batch_is_finished_only_as_it_was_approved() {
    let layout = widths();
    let head = BatchHead { number: "B1".to_owned(), day: day("2027-03-01"), count: 2, sum: Cents::new(1951) };
    let mut out = Vec::new();
    let mut writing = Writing::begin(&layout, &head, &mut out).unwrap();
    for line in &batch() {
        writing.line(line, &mut out).unwrap();
    }
    assert!(writing.end(&mut out).is_err());
    assert_eq!(format!("{:?}", batch()[0]), "Instruction(01J9ZB3Q7M5T2V8W 12.50)");
}

#[test]
fn results_are_read_and_unknown_words_stay_unknown() {
    let read = read_results(&results(), "B20270301", RESULTS.as_bytes()).unwrap();
    assert_eq!(read.proof, Proof::Totals);
    assert_eq!((read.tally.count, read.tally.sum), (3, Cents::new(2000)));
    let [done, failed, unknown] = read.lines.as_slice() else { panic!("three lines") };
    assert_eq!((done.line, done.amount, &done.outcome), (2, Cents::new(1250), &LineOutcome::Done));
    assert_eq!(done.bank_number.as_deref(), Some("9001"));
    let reason = "余额不足, 请\"稍后\"再试".to_owned();
    assert_eq!(failed.outcome, LineOutcome::Failed { word: "1001".to_owned(), reason });
    assert_eq!(unknown.outcome, LineOutcome::Unknown { word: "9999".to_owned() });
    let with_bom = ["\u{feff}".as_bytes(), RESULTS.as_bytes()].concat();
    assert_eq!(read_results(&results(), "B20270301", &with_bom).unwrap(), read);
}

#[test]
fn results_that_do_not_fit_are_refused() {
    let check = |from: &str, to: &str, line: usize, column: Option<&str>| {
        assert!(RESULTS.contains(from), "{from}");
        let problems = read_results(&results(), "B20270301", RESULTS.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!((problems[0].line, problems[0].column.as_deref()), (line, column), "{from} -> {to}: {problems:?}");
        assert!(!problems[0].zh.is_ascii() && problems[0].en.is_ascii());
    };
    check("12.50,0000", "12.51,0000", 0, Some("sum"));
    check("12.50,0000", "12.505,0000", 2, Some("金额"));
    check("12.50,0000", "0.00,0000", 2, Some("amount"));
    check("12.50,0000", "-12.50,0000", 2, Some("amount"));
    check("12.50,0000", "12.50,9999", 0, Some("done_sum"));
    check("0.50,9999", "0.50", 4, None);
    check("\"\"再试\"", "\"\"再试", 3, None);
    check("T2V8X", "T2V8W", 3, Some("number"));
    check("金额", "余额", 1, Some("金额"));
    check(",3,", ",4,", 0, Some("count"));
    check(",3,", ",+3,", 5, Some("count"));
    check("合计", "总计", 5, Some("mark"));
    check("B20270301", "B20270302", 0, None);
    let gbk_bytes = gbk(RESULTS);
    assert!(read_results(&results(), "B20270301", &gbk_bytes).is_err(), "other letters than agreed");
    let missing_line: String =
        RESULTS.lines().filter(|line| !line.contains("T2V8Y")).map(|line| format!("{line}\n")).collect();
    assert!(read_results(&results(), "B20270301", missing_line.as_bytes()).is_err());
}

#[test]
fn every_bad_line_is_named() {
    let text = RESULTS.replace("12.50,0000", "x,0000").replace("0.50,9999", "y,9999");
    let problems = read_results(&results(), "B20270301", text.as_bytes()).unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(places, [2, 4]);
    let many = format!("商户流水号,金额,结果码,说明,银行流水号\n{}", "1,x,0000,,\n".repeat(PROBLEMS_MAX * 2));
    assert_eq!(read_results(&results(), "B1", many.as_bytes()).unwrap_err().len(), PROBLEMS_MAX);
}

const STATEMENT: &str = "2027-03-01|S1|1,250.00||11,250.00|支付宝|结算\n\
    2027-03-01|S2||3,000.00|8,250.00|某某食品公司|货款\n\
    2027-03-02|S3|0.05||8,250.05|丨|利息\n";

#[test]
fn a_statement_proves_itself_by_its_balances() {
    let read = read_statement(&statement(), &gbk(STATEMENT)).unwrap();
    assert_eq!(read.proof, Proof::Balances);
    let moved: Vec<_> = read.lines.iter().map(|line| (line.direction, line.amount.fen())).collect();
    assert_eq!(moved, [(Direction::In, 125_000), (Direction::Out, 300_000), (Direction::In, 5)]);
    assert_eq!(read.lines[1].counter_name, "某某食品公司");
    assert_eq!((read.tally.in_sum, read.tally.out_sum), (Cents::new(125_005), Cents::new(300_000)));
    let newest_first = Layout { order: Order::NewestFirst, ..statement() };
    let mut turned: Vec<_> = STATEMENT.lines().collect();
    turned.reverse();
    let turned = gbk(&format!("{}\n", turned.join("\n")));
    assert_eq!(read_statement(&newest_first, &turned).unwrap().proof, Proof::Balances);
    assert!(read_statement(&statement(), &turned).is_err());
    let check = |from: &str, to: &str, line: usize| {
        let problems = read_statement(&statement(), &gbk(&STATEMENT.replacen(from, to, 1))).unwrap_err();
        assert_eq!(problems[0].line, line, "{from} -> {to}");
    };
    check("||3,000.00", "||3,000.01", 2);
    check("||3,000.00", "|1.00|3,000.00", 2);
    check("||3,000.00", "||", 2);
    check("||3,000.00", "||30,00.00", 2);
    check("||3,000.00", "||-3,000.00", 2);
    check("2027-03-02", "2027-02-30", 3);
    check("2027-03-01|S2||3,000.00|8,250.00|某某食品公司|货款\n", "", 2);
    let no_balance = STATEMENT.replace("8,250.00", "");
    assert_eq!(read_statement(&statement(), &gbk(&no_balance)).unwrap().proof, Proof::Nothing);
}

#[test]
fn a_statement_can_say_the_way_by_word_or_sign() {
    let by_word = bank(json!({
        "encoding": "utf8",
        "shape": { "csv": { "separator": "\t" } },
        "final_end": "optional",
        "columns": [
            { "field": "day" }, { "field": "direction" }, { "field": "amount" }, { "field": "ignored" },
        ],
        "directions": { "in": ["贷"], "out": ["借"] },
        "totals": {
            "place": "first",
            "columns": [
                { "field": "opening" }, { "field": "in_sum" }, { "field": "out_sum" }, { "field": "closing" },
            ],
        },
    }));
    let file = |totals: &str, word: &str| format!("{totals}\n20270301\t{word}\t2.00\tx\n20270301\t借\t0.50\tx");
    let read = |totals: &str, word: &str| read_statement(&by_word, file(totals, word).as_bytes());
    assert_eq!(read("1.00\t2.00\t0.50\t2.50", "贷").unwrap().proof, Proof::Totals);
    assert_eq!(read("1.00\t2.00\t0.50\t2.51", "贷").unwrap_err()[0].column.as_deref(), Some("closing"));
    assert_eq!(read("1.00\t2.00\t0.60\t2.50", "贷").unwrap_err()[0].column.as_deref(), Some("out_sum"));
    assert_eq!(read("1.00\t2.00\t0.50\t2.50", "?").unwrap_err()[0].column.as_deref(), Some("direction"));
    let mut by_sign = by_word.clone();
    by_sign.columns[1].field = LineField::Ignored;
    by_sign.totals = None;
    let read = read_statement(&by_sign, b"20270301\t\t-2.00\t\n").unwrap();
    assert_eq!((read.lines[0].direction, read.lines[0].amount), (Direction::Out, Cents::new(200)));
}

#[test]
fn settings_are_checked_before_the_first_line() {
    let check = |purpose: Purpose, column: &str, layout: Layout| {
        assert_eq!(layout.check(purpose).unwrap_err().column.as_deref(), Some(column));
    };
    let changed = |layout: Layout, change: fn(&mut Layout)| {
        let mut layout = layout;
        change(&mut layout);
        layout
    };
    assert_eq!(widths().check(Purpose::Batch), Ok(()));
    check(Purpose::Results, "status.done", widths());
    check(Purpose::Statement, "day", results());
    check(Purpose::Batch, "account", results());
    check(Purpose::Batch, "columns.width", changed(widths(), |layout| layout.columns[2].width = None));
    check(Purpose::Batch, "columns.width", changed(widths(), |layout| layout.columns[2].width = Some(LINE_BYTES_MAX)));
    check(Purpose::Batch, "number", changed(widths(), |layout| layout.columns[1].field = LineField::Number));
    check(Purpose::Results, "columns.title", changed(results(), |layout| layout.columns[0].title = None));
    check(
        Purpose::Results,
        "shape.separator",
        changed(results(), |layout| {
            layout.shape = Shape::Csv { separator: '0', quotes: Quotes::Never };
        }),
    );
    check(Purpose::Batch, "columns", changed(widths(), |layout| layout.columns.clear()));
    assert!(serde_json::from_value::<Bank>(json!({ "debits": {} })).is_err());
}

proptest! {
    #[test]
    fn what_was_cut_off_is_refused(place in any::<prop::sample::Index>()) {
        let end = place.index(RESULTS.len());
        prop_assert!(read_results(&results(), "B20270301", &RESULTS.as_bytes()[..end]).is_err());
        let mut first = widths();
        first.columns[4].field = LineField::Status;
        first.status.done = vec!["王小明".to_owned(), "欧阳丽".to_owned()];
        let batch = write(&widths(), "B20270301", day("2027-03-01"), &batch()).unwrap();
        prop_assert!(read_results(&first, "B20270301", &batch).is_ok());
        prop_assert!(read_results(&first, "B20270301", &batch[..place.index(batch.len())]).is_err());
    }

    #[test]
    fn no_altered_byte_moves_an_amount(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let amounts = |read: &Whole<ResultLine>| read.lines.iter().map(|line| line.amount).collect::<Vec<_>>();
        let whole = read_results(&results(), "B20270301", RESULTS.as_bytes()).unwrap();
        let mut altered = RESULTS.as_bytes().to_vec();
        altered[place.index(RESULTS.len())] = byte;
        if let Ok(read) = read_results(&results(), "B20270301", &altered) {
            prop_assert_eq!(amounts(&read), amounts(&whole));
            prop_assert_eq!(read.tally.done_sum, whole.tally.done_sum);
        }
    }

    #[test]
    fn what_was_written_is_read(
        lines in prop::collection::vec(("[A-Z0-9]{8,18}", "[一-龥]{0,6}", 1_i64..9_999_999_999), 1..20),
    ) {
        let mut instructions: Vec<_> =
            lines.iter().map(|(number, name, fen)| instruction(number, name, *fen)).collect();
        instructions.sort_by(|a, b| a.number.cmp(&b.number));
        instructions.dedup_by(|a, b| a.number == b.number);
        let file = write(&widths(), "B1", day("2027-03-01"), &instructions).unwrap();
        let mut layout = widths();
        layout.columns[4].field = LineField::Status;
        layout.status.done = vec!["-".to_owned()];
        let read = read_results(&layout, "B1", &file).unwrap();
        let amounts = |line: &ResultLine| (line.number.clone(), line.amount);
        let read: Vec<_> = read.lines.iter().map(amounts).collect();
        let written: Vec<_> = instructions.iter().map(|line| (line.number.clone(), line.amount)).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn no_bytes_can_break_it(file in prop::collection::vec(any::<u8>(), 0..500)) {
        let _ = read_results(&results(), "B1", &file);
        let _ = read_results(&Layout { titles: Titles::None, totals: None, ..results() }, "B1", &file);
        let nothing = file.iter().all(|byte| b"\r\n".contains(byte));
        prop_assert!(nothing || read_statement(&statement(), &file).is_err());
    }
}
