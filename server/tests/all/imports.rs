//! The school's own list: read in any shape, shown row by row, applied once however often it is asked.

use crate::lunch::{Lunch, told};
use crate::testkit::{Answer, Client};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use rust_xlsxwriter::{Formula, Workbook};
use serde_json::{Value, json};
use std::io::Cursor;

pub async fn upload(who: &Client, path: &str, name: &str, bytes: &[u8], kind: &str) -> Answer {
    let mut body = Vec::new();
    for (part, value) in
        [(format!("name=\"file\"; filename=\"{name}\""), bytes), ("name=\"kind\"".to_owned(), kind.as_bytes())]
    {
        body.extend(format!("--limit\r\nContent-Disposition: form-data; {part}\r\n\r\n").as_bytes());
        body.extend(value);
        body.extend(b"\r\n");
    }
    body.extend(b"--limit--\r\n");
    who.send("POST", path, &[("content-type", "multipart/form-data; boundary=limit")], body).await
}

async fn plan_of(lunch: &Lunch, bytes: &[u8]) -> Value {
    let path = lunch.path("plans/import");
    upload(&lunch.admin, &path, "名单.xlsx", bytes, "student").await.expect(201).json
}

fn id(plan: &Value) -> String {
    plan["id"].as_str().expect("a plan has an id").to_owned()
}

/// Each row as `row verdict codes`.
async fn verdicts(lunch: &Lunch, plan: &Value) -> Vec<String> {
    let path = lunch.path(&format!("plans/{}/rows?limit=200", id(plan)));
    let rows = lunch.admin.get(&path).await.expect(200).json;
    let rows = rows["items"].as_array().expect("rows").iter().map(|row| {
        let reasons = row["reasons"].as_array().expect("reasons");
        let words = |key: &str| reasons.iter().all(|r| r[key].as_str().is_some_and(|text| !text.is_empty()));
        assert!(words("zh") && words("en"), "{row}");
        let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["code"].as_str()).collect();
        format!("{} {} {}", row["row"], row["verdict"].as_str().unwrap_or_default(), codes.join("+")).trim().to_owned()
    });
    rows.collect()
}

async fn apply(lunch: &Lunch, plan: &Value) -> Value {
    let path = lunch.path(&format!("plans/{}", id(plan)));
    lunch.admin.post(&format!("{path}/apply"), json!({})).await.expect(202);
    for _ in 0..400 {
        let now = lunch.admin.get(&path).await.expect(200).json;
        if now["state"] == "applied" {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the plan is not applied");
}

fn counts(plan: &Value) -> [i64; 4] {
    ["add", "change", "same", "refuse"].map(|key| plan["counts"][key].as_i64().expect("a count"))
}

fn book(rows: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (r, row) in (0u32..).zip(rows) {
        for (c, cell) in (0u16..).zip(row.split('|')).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(r, c, cell).expect("a cell is written");
        }
    }
    book.save_to_buffer().expect("a workbook is written")
}

#[tokio::test]
async fn the_same_list_in_any_shape_is_the_same_people() {
    let lunch = Lunch::start().await;
    let rows = ["班级|姓名|学号|身份证号", "七年级2班|王小明|20260001|11010519491231002X", "七(2)班|李雷|20260002|"];
    let first = plan_of(&lunch, &book(&rows)).await;
    assert_eq!((&first["state"], counts(&first)), (&json!("ready"), [2, 0, 0, 0]));
    assert_eq!(first["new_classes"], json!(["七年级2班"]));
    let applied = apply(&lunch, &first).await;
    assert_eq!(applied["progress"], json!({"done": 2, "total": 2}));
    let csv = "学号,姓名,班级\n20260001,王小明,七年级（2）班\n２０２６０００２, 李 雷 ,七年级2班\n,,\n";
    let gbk = encoding_rs::GBK.encode(csv).0.into_owned();
    let marked = [b"\xef\xbb\xbf", csv.as_bytes()].concat();
    for (name, bytes) in
        [("the same again", book(&rows)), ("UTF-8", csv.into()), ("UTF-8 with a mark", marked), ("GBK", gbk)]
    {
        let again = plan_of(&lunch, &bytes).await;
        assert_eq!(counts(&again), [0, 0, 2, 0], "{name}");
        apply(&lunch, &again).await;
    }
    let found = lunch.admin.get(&lunch.path("people?q=11010519491231002x")).await.expect(200).json;
    assert_eq!(found["items"][0]["name"], "王小明", "found by the whole ID number");
    assert!(!found.to_string().contains("11010519491231002"), "and masked: {found}");
    let classes = lunch.admin.get(&lunch.path("classes")).await.expect(200).json;
    assert_eq!(classes["items"].as_array().map(Vec::len), Some(2), "one class however it is written");
}

#[tokio::test]
async fn unknown_headers_are_asked_for() {
    let lunch = Lunch::start().await;
    let plan = plan_of(&lunch, &book(&["甲|乙|丙", "20260001|王小明|七年级2班"])).await;
    assert_eq!((&plan["state"], &plan["missing"]), (&json!("mapping"), &json!(["number", "name", "class"])));
    let path = lunch.path(&format!("plans/{}", id(&plan)));
    lunch.admin.post(&format!("{path}/apply"), json!({})).await.expect(409);
    let column = |index: i64, field: &str| json!({"index": index, "field": field});
    let twice = json!({"columns": [column(0, "number"), column(1, "number")]});
    assert_eq!(told(&lunch.admin.put(&format!("{path}/mapping"), twice).await), (422, "bad_mapping", "columns[1]"));
    let mapping = json!({"columns": [column(0, "number"), column(1, "name"), column(2, "class")]});
    let ready = lunch.admin.put(&format!("{path}/mapping"), mapping.clone()).await.expect(200).json;
    assert_eq!((&ready["state"], counts(&ready)), (&json!("ready"), [1, 0, 0, 0]));
    apply(&lunch, &ready).await;
    assert_eq!(told(&lunch.admin.put(&format!("{path}/mapping"), mapping).await), (409, "plan_finished", ""));
}

#[tokio::test]
async fn each_row_that_is_refused_says_why() {
    let lunch = Lunch::start().await;
    let known = lunch.pupil("1", "王小明").await;
    lunch
        .admin
        .patch(&lunch.path(&format!("people/{known}")), json!({"id_number": "11010519491231002X"}))
        .await
        .expect(200);
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    // The list begins lower down: rows are told as Excel counts them.
    let long = "长".repeat(41);
    let rows = [
        "学号|姓名|班级|身份证号",
        "2|李雷|七年级1班|110105194912310021",
        "3||七年级1班|",
        "4|韩梅||",
        "5|韩梅|七年级1班|",
        "5|韩雪|七年级1班|",
        "1.0E+09|韩冰|七年级1班|",
        "6|王3|七年级1班|",
        "7|韩火|七年级1班|11010519491231002X",
        "8|韩\u{7}水|七年级\u{1}1班|",
        "9|超长|LONG|",
    ];
    for (r, row) in (3u32..).zip(rows) {
        for (c, cell) in (0u16..).zip(row.split('|')).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(r, c, if cell == "LONG" { long.as_str() } else { cell }).expect("a cell");
        }
    }
    sheet.write(14, 0, 20_260_001.0).expect("a number kept as float");
    sheet.write(14, 1, "浮点").expect("a cell");
    sheet.write(14, 2, "七年级1班").expect("a cell");
    sheet.write_formula(15, 0, Formula::new("=A1+1").set_result("#REF!")).expect("a formula");
    sheet.write(15, 1, "公式").expect("a cell");
    sheet.write(15, 2, "七年级1班").expect("a cell");
    sheet.write(16, 0, 440_524_188_001_010_014.0).expect("a long number");
    sheet.write(16, 1, "长号").expect("a cell");
    sheet.write(16, 2, "七年级1班").expect("a cell");
    let plan = plan_of(&lunch, &made.save_to_buffer().expect("a workbook")).await;
    assert_eq!(
        verdicts(&lunch, &plan).await,
        [
            "5 refuse id_number_checksum",
            "6 refuse name_missing",
            "7 refuse class_missing",
            "8 refuse number_repeated",
            "9 refuse number_repeated",
            "10 refuse scientific_number",
            "11 refuse name_malformed",
            "12 refuse id_number_taken",
            "13 add",
            "14 refuse class_too_long",
            "15 add",
            "16 refuse formula_without_value",
            "17 refuse digits_lost",
        ]
    );
    assert_eq!(plan["new_classes"], json!([]), "a control character makes no other class");
    let file = lunch.admin.get(&lunch.path(&format!("plans/{}/refused.xlsx", id(&plan)))).await.expect(200);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(file.bytes)).expect("a workbook");
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).expect("its sheet");
    assert_eq!(range.height(), 1 + 11, "the headers and the refused rows");
    let cell = |r: usize, c: usize| range.get((r, c)).cloned().unwrap_or(Data::Empty).to_string();
    assert_eq!((cell(0, 4), cell(1, 6)), ("原因".into(), "5".into()));
    assert!((1..12).all(|r| !cell(r, 4).is_empty() && !cell(r, 5).is_empty()));
}

#[tokio::test]
async fn merged_cells_and_blank_lines_keep_their_place() {
    let lunch = Lunch::start().await;
    let mut made = Workbook::new();
    let sheet = made.add_worksheet();
    for (c, title) in (0u16..).zip(["班级", "学号", "姓名"]) {
        sheet.write(0, c, title).expect("a cell");
    }
    sheet.merge_range(1, 0, 2, 0, "七年级1班", &rust_xlsxwriter::Format::new()).expect("merged");
    for (r, number, name) in [(1, "1", "甲"), (2, "2", "乙")] {
        sheet.write(r, 1, number).expect("a cell");
        sheet.write(r, 2, name).expect("a cell");
    }
    let plan = plan_of(&lunch, &made.save_to_buffer().expect("a workbook")).await;
    assert_eq!(verdicts(&lunch, &plan).await, ["2 add", "3 add"]);
    assert!(plan["warnings"][0]["zh"].as_str().is_some_and(|zh| zh.contains("合并")), "{plan}");
    let csv = "\n学号,姓名,班级\n\n1,甲,\"七年级\n1班\"\n\n\n2,,七年级1班";
    assert_eq!(verdicts(&lunch, &plan_of(&lunch, csv.as_bytes()).await).await, ["4 add", "7 refuse name_missing"]);
}

#[tokio::test]
async fn files_that_can_not_be_read_are_refused_with_words() {
    let lunch = Lunch::start().await;
    let path = lunch.path("plans/import");
    let check = async |name: &str, bytes: &[u8], wanted: &str| {
        let answer = upload(&lunch.admin, &path, "名单.xlsx", bytes, "student").await;
        assert_eq!(told(&answer), (422, wanted, "file"), "{name}");
    };
    check("nothing", b"", "no_file").await;
    check("only blanks", b"\n\n ,,\n", "file_empty").await;
    check("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file_unreadable").await;
    check("half a workbook", &book(&["学号|姓名|班级"])[..900], "file_unreadable").await;
    check("over ten megabytes", &vec![b'x'; 10 * 1024 * 1024 + 1], "file_too_large").await;
    check("too many lines", "1,2\n".repeat(50_001).as_bytes(), "too_many_rows").await;
    check("too many columns", ",1".repeat(101).as_bytes(), "too_many_rows").await;
    // Two cells in opposite corners: as a full table they would fill every memory.
    let mut far = Workbook::new();
    let sheet = far.add_worksheet();
    sheet.write(0, 0, "学号").expect("a cell");
    sheet.write(1_048_575, 16_383, "角").expect("a cell");
    check("two corners", &far.save_to_buffer().expect("a workbook"), "too_many_rows").await;
    let answer = upload(&lunch.admin, &path, "x.csv", "学号".as_bytes(), "visitor").await;
    assert_eq!(told(&answer), (422, "bad_kind", "kind"));
    upload(&lunch.admin, &path, "x.csv", &vec![b'x'; 13 * 1024 * 1024], "student").await.expect(413);
}

#[tokio::test]
async fn a_plan_goes_on_where_it_stopped_and_five_thousand_rows_are_read() {
    let lunch = Lunch::start().await;
    let list = |rows: i64| {
        let row = |n: i64| format!("{},学生甲,七年级{}班\n", 20_260_000 + n, n % 30 + 1);
        format!("学号,姓名,班级\n{}", (0..rows).map(row).collect::<String>())
    };
    let begun = std::time::Instant::now();
    let plan = plan_of(&lunch, list(5_000).as_bytes()).await;
    println!("preview of 5,000 rows: {:?}", begun.elapsed());
    assert_eq!(counts(&plan), [5_000, 0, 0, 0]);
    lunch.admin.delete(&lunch.path(&format!("plans/{}", id(&plan)))).await.expect(204);
    let csv = list(900);
    let plan = plan_of(&lunch, csv.as_bytes()).await;
    let path = lunch.path(&format!("plans/{}", id(&plan)));
    // Two at once, then again: every row once.
    let twice = format!("{path}/apply");
    let (one, two) = tokio::join!(lunch.admin.post(&twice, json!({})), lunch.admin.post(&twice, json!({})));
    assert_eq!((one.status, two.status), (202, 202));
    let lunch = lunch.restart().await;
    let done = apply(&lunch, &plan).await;
    assert_eq!((&done["progress"], counts(&done)), (&json!({"done": 900, "total": 900}), [900, 0, 0, 0]));
    assert_eq!(counts(&plan_of(&lunch, csv.as_bytes()).await), [0, 0, 900, 0]);
    let overview = lunch.admin.get(&lunch.path("overview")).await.expect(200).json;
    assert_eq!(overview["people"]["students"], 900);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn promotion_transfer_and_leaving_are_shown_and_then_applied() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    let suspended = lunch.pupil("2", "李雷").await;
    let of = |id: &str| lunch.path(&format!("people/{id}"));
    lunch.admin.patch(&of(&suspended), json!({"status": "suspended"})).await.expect(200);
    let move_on = async |kind: &str, ask: Value| {
        let plan = lunch.admin.post(&lunch.path(&format!("plans/{kind}")), ask).await.expect(201).json;
        (counts(&plan), apply(&lunch, &plan).await)
    };
    let (shown, _) = move_on("promotion", json!({"on": "2026-11-24"})).await;
    assert_eq!(shown, [0, 2, 0, 0]);
    let now = lunch.admin.get(&of(&person)).await.expect(200).json;
    assert_eq!((&now["class"]["name"], &now["status"]), (&json!("八年级1班"), &json!("active")));
    let now = lunch.admin.get(&of(&suspended)).await.expect(200).json;
    assert_eq!((&now["class"]["name"], &now["status"]), (&json!("八年级1班"), &json!("suspended")), "nobody lifted it");
    let (shown, _) = move_on("transfer", json!({"people": [person], "to_class": "八年级5班"})).await;
    assert_eq!(shown, [0, 1, 0, 0]);
    let (again, _) = move_on("transfer", json!({"people": [person], "to_class": "八(5)班"})).await;
    assert_eq!(again, [0, 0, 1, 0]);
    move_on("leaving", json!({"people": [person], "on": "2026-11-24", "reason": "转学"})).await;
    let now = lunch.admin.get(&of(&person)).await.expect(200).json;
    assert_eq!((&now["status"], &now["left_on"]), (&json!("left"), &json!("2026-11-24")));
    let sold = lunch.sell(json!({"person": person}), 100, json!({})).await;
    assert_eq!(sold["refusal"]["code"], "person_left");
    let bad = lunch.admin.post(&lunch.path("plans/leaving"), json!({"people": [], "on": "soon"})).await;
    assert_eq!(told(&bad), (422, "bad_day", "on"));
}

#[tokio::test]
async fn a_workbook_of_the_old_excel_is_read() {
    let lunch = Lunch::start().await;
    let path = lunch.path("plans/import");
    let old = include_bytes!("../fixtures/roster.xls");
    let plan = upload(&lunch.admin, &path, "名单.xls", old, "student").await.expect(201).json;
    assert_eq!((&plan["file_name"], &plan["sheet_name"]), (&json!("名单.xls"), &json!("学生")));
    assert_eq!(verdicts(&lunch, &plan).await, ["2 add", "3 add", "4 refuse name_missing"]);
    let cut = upload(&lunch.admin, &path, "名单.xls", &old[..3_000], "student").await;
    assert_eq!(told(&cut), (422, "file_unreadable", "file"));
}
