//! Undoing, and what lists, files and totals say of purchases afterwards.

use crate::lunch::{Lunch, fen, told};
use crate::testkit::{Answer, Client};
use calamine::{Data, Reader, Xlsx, open_workbook_from_rs};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Cursor;
use uuid::Uuid;
use yitong::signin::{Scope, roles::Role};

async fn undo(lunch: &Lunch, who: &Client, purchase: &str, id: Uuid) -> Answer {
    let ask = json!({"id": id, "reason": "打错了"});
    who.put(&lunch.path(&format!("purchases/{purchase}/reversal")), ask).await
}

#[tokio::test]
async fn a_cashier_undoes_within_minutes_and_finance_while_the_day_lasts() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 1_000).await;
    let cashier = lunch.cashier_of("cashier", &lunch.stall).await;
    let other = lunch.cashier_of("other", &lunch.other_stall).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let first = lunch.paid(&person, 400).await;
    let second = lunch.sell(json!({"person": person}), 800, json!({"collect_later": true})).await;
    let second = second["purchase"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(lunch.money(&person).await, (0, 200));

    let absent = undo(&lunch, &other, &first, lunch.name()).await;
    assert_eq!(told(&absent), (404, "not_found", ""), "another stall's sale looks absent");
    for reason in ["", " ", "x", &"长".repeat(201)] {
        let path = lunch.path(&format!("purchases/{first}/reversal"));
        let answer = cashier.put(&path, json!({"id": lunch.name(), "reason": reason})).await;
        assert_eq!(told(&answer), (422, "reason_missing", "reason"));
    }
    let id = lunch.name();
    let undone = undo(&lunch, &cashier, &first, id).await.expect(200).json;
    assert_eq!((&undone["status"], &undone["reversed_by"]), (&json!("reversed"), &json!(id)));
    assert_eq!(lunch.money(&person).await, (400, 200));
    assert_eq!(undo(&lunch, &cashier, &first, id).await.expect(200).json, undone, "asking again is safe");
    assert_eq!(told(&undo(&lunch, &cashier, &first, lunch.name()).await), (409, "already_reversed", ""));
    let audit = lunch.admin.get(&lunch.path("audit?action=purchase.reverse")).await.expect(200).json;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "one undo, one line of the trail");

    lunch.pass_s(11 * 60);
    assert_eq!(told(&undo(&lunch, &cashier, &second, lunch.name()).await), (409, "too_late", ""));
    // A name that is taken names nothing else, be it the purchase's own.
    for taken in [second.parse().expect("an id"), id] {
        assert_eq!(told(&undo(&lunch, &finance, &second, taken).await), (409, "name_taken", ""));
    }
    assert_eq!(told(&undo(&lunch, &finance, &second, Uuid::nil()).await), (422, "bad_name", "id"));
    undo(&lunch, &finance, &second, lunch.name()).await.expect(200);
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    // What was undone counts for no limit.
    let limits = lunch.admin.get(&lunch.path(&format!("people/{person}/limits"))).await.expect(200).json;
    assert_eq!(limits["counters"]["day"], json!({"spent": fen(0), "count": 0}));
    let third = lunch.paid(&person, 300).await;
    lunch.at(1, 11, 30).await;
    assert_eq!(told(&undo(&lunch, &lunch.admin, &third, lunch.name()).await), (409, "too_late", ""));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn arrears_that_were_repaid_come_back_as_money() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    let sold = lunch.sell(json!({"person": person}), 800, json!({"collect_later": true})).await;
    let purchase = sold["purchase"]["id"].as_str().expect("an id");
    lunch.top_up(&person, 1_000).await.expect(200);
    assert_eq!(lunch.money(&person).await, (200, 0));
    assert_eq!(undo(&lunch, &lunch.admin, purchase, lunch.name()).await.status, 200);
    assert_eq!(lunch.money(&person).await, (1_000, 0));
    lunch.books_are_whole().await;
}

/// Five sales: paid 100 to 300, one undone, one refused.
async fn a_few(lunch: &Lunch) -> (String, String) {
    let plain = lunch.rich_pupil("20260001", "王小明", 1_000).await;
    let ask = json!({"kind": "staff", "number": "-2+3", "name": "李老师"});
    lunch.admin.post(&lunch.path("people"), ask).await.expect(422);
    let ask = json!({"kind": "staff", "number": "T-23", "name": "-李老师"});
    let odd = crate::lunch::id_of(&lunch.admin.post(&lunch.path("people"), ask).await.expect(201));
    lunch.top_up(&odd, 1_000).await.expect(200);
    let formula = lunch.dish(json!({"name": "=1+1", "price": fen(100)})).await;
    let tray = json!({"mode": "dish", "items": [formula.times(1)], "amount": null, "stall": lunch.other_stall});
    assert_eq!(lunch.sell(json!({"person": odd}), 0, tray).await["outcome"], "paid");
    lunch.paid(&plain, 200).await;
    lunch.paid(&plain, 300).await;
    let undone = lunch.paid(&plain, 400).await;
    undo(lunch, &lunch.admin, &undone, lunch.name()).await.expect(200);
    assert_eq!(lunch.sell(json!({"person": plain}), 5_000, json!({})).await["outcome"], "refused");
    (plain, odd)
}

#[tokio::test]
async fn lists_are_searched_filtered_and_paged() {
    let lunch = Lunch::start().await;
    let (plain, odd) = a_few(&lunch).await;
    let amounts = |page: &Value| -> Vec<i64> {
        page["items"].as_array().expect("a list").iter().filter_map(|item| item["amount"]["fen"].as_i64()).collect()
    };
    let check = async |query: &str, wanted: &[i64]| {
        let page = lunch.admin.get(&lunch.path(&format!("purchases?{query}"))).await.expect(200).json;
        assert_eq!(amounts(&page), wanted, "{query}");
    };
    check("", &[5_000, 400, 300, 200, 100]).await;
    check("status=paid", &[300, 200, 100]).await;
    check("status=reversed", &[400]).await;
    check("status=refused", &[5_000]).await;
    check("min=200&max=400", &[400, 300, 200]).await;
    check("min=400&max=200", &[]).await;
    check(&format!("person={odd}"), &[100]).await;
    check(&format!("person={plain}&status=paid"), &[300, 200]).await;
    check(&format!("stall={}", lunch.other_stall), &[100]).await;
    check("q=%E7%8E%8B%E5%B0%8F", &[5_000, 400, 300, 200]).await;
    check("q=-23", &[100]).await;
    check("q=%25", &[]).await;
    check("from=2026-11-23&to=2026-11-23", &[]).await;
    check("from=2026-11-25&to=2026-11-24", &[]).await;
    let bad = lunch.admin.get(&lunch.path("purchases?status=lost")).await;
    assert_eq!(told(&bad), (422, "bad_status", "status"));
    assert_eq!(lunch.admin.get(&lunch.path("purchases?from=yesterday")).await.status, 400);

    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = lunch.admin.get(&lunch.path(&format!("purchases?limit=2{cursor}"))).await.expect(200).json;
        seen.extend(amounts(&page));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [5_000, 400, 300, 200, 100]);
    let refused = lunch.admin.get(&lunch.path("purchases?status=refused")).await.expect(200).json;
    let id = refused["items"][0]["id"].as_str().expect("an id");
    let detail = lunch.admin.get(&lunch.path(&format!("purchases/{id}"))).await.expect(200).json;
    let trace = detail["trace"].as_array().expect("a trace");
    assert_eq!(trace.last().map(|line| &line["ok"]), Some(&json!(false)), "{detail}");
    assert!(trace.iter().any(|line| line["zh"].as_str().is_some_and(|zh| zh.contains("本笔 ¥50.00"))), "{detail}");
    let recent = lunch.admin.get(&lunch.path(&format!("counter/{}/recent", lunch.stall))).await.expect(200).json;
    assert_eq!(amounts(&recent), [5_000, 400, 300, 200]);
}

#[tokio::test]
async fn pages_run_backwards_through_the_days() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    for day in 0..3 {
        lunch.at(day, 12, 0).await;
        for round in 1..=3 {
            lunch.top_up(&person, day * 1_000 + round * 100).await.expect(200);
            lunch.pass_s(60);
            lunch.paid(&person, day * 10 + round).await;
        }
    }
    let walk = async |list: &str, filter: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = lunch.admin.get(&lunch.path(&format!("{list}?limit=2{filter}{cursor}"))).await.expect(200).json;
            let items = page["items"].as_array().expect("a list");
            seen.extend(items.iter().map(|item| item["amount"]["fen"].as_i64().expect("fen")));
            let Some(next) = page["next"].as_str() else { break seen };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(walk("purchases", "&from=2026-11-01").await, [23, 22, 21, 13, 12, 11, 3, 2, 1]);
    assert_eq!(walk("purchases", "&from=2026-11-25&to=2026-11-25").await, [13, 12, 11]);
    assert_eq!(walk("topups", "").await, [2_300, 2_200, 2_100, 1_300, 1_200, 1_100, 300, 200, 100]);
    assert_eq!(walk("topups", "&to=2026-11-25").await, [1_300, 1_200, 1_100, 300, 200, 100]);
    let statement = format!("people/{person}/statement");
    assert_eq!(walk(&statement, "").await.len(), 18);
    assert_eq!(walk(&statement, "&kind=purchase").await, [-23, -22, -21, -13, -12, -11, -3, -2, -1]);
    assert_eq!(walk(&statement, "&from=2026-11-25&to=2026-11-25&kind=topup").await, [1_300, 1_200, 1_100]);
    assert_eq!(walk(&statement, "&to=2026-11-24").await, [-3, 300, -2, 200, -1, 100]);
    let bad = lunch.admin.get(&lunch.path(&format!("{statement}?kind=x"))).await;
    assert_eq!(told(&bad), (422, "bad_kind", "kind"));
    for (list, cursor) in [("purchases", "x"), ("purchases", "20261301.1"), ("topups", "20261124"), ("topups", "1.x")] {
        let bad = lunch.admin.get(&lunch.path(&format!("{list}?cursor={cursor}"))).await;
        assert_eq!((bad.status, bad.json["code"].as_str()), (400, Some("malformed_query")), "{list} {cursor}");
    }
}

#[tokio::test]
async fn files_hold_what_the_list_shows_and_run_nothing() {
    let lunch = Lunch::start().await;
    a_few(&lunch).await;
    let csv = lunch.admin.get(&lunch.path("purchases/export.csv")).await.expect(200);
    assert!(csv.bytes.starts_with(b"\xef\xbb\xbf"), "Excel reads UTF-8 only with a mark");
    let mut reader = csv::Reader::from_reader(&csv.bytes[3..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("well formed")).collect();
    let amounts: Vec<_> = rows.iter().map(|row| row[7].to_owned()).collect();
    assert_eq!(amounts, ["50.00", "4.00", "3.00", "2.00", "1.00"]);
    assert!(rows[0][9].starts_with("已拒绝：") && &rows[1][9] == "已撤销" && &rows[4][9] == "已支付", "{rows:?}");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} would run as a formula");
    }
    assert!(rows[4][1].contains("-23") && rows[4][6].contains("=1+1×1"), "{:?}", rows[4]);

    let xlsx = lunch.admin.get(&lunch.path("purchases/export.xlsx?status=paid")).await.expect(200);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(xlsx.bytes)).expect("a workbook");
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range(&name).expect("its sheet");
    let column = |c: usize| -> Vec<Data> { range.rows().skip(1).map(|row| row[c].clone()).collect() };
    assert_eq!(column(7), [Data::Float(3.0), Data::Float(2.0), Data::Float(1.0)]);
    assert_eq!(column(1)[2], Data::String("T-23".into()), "a text stays a text");
    assert!(book.worksheet_formula(&name).map_or(true, |all| all.used_cells().next().is_none()), "no formula");
}

#[tokio::test]
async fn a_file_of_many_pages_loses_and_doubles_nothing() {
    const SALES: i64 = 1_050;
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 50_000).await;
    let payer = json!({"person": person});
    for begin in (0..SALES).step_by(50) {
        let sell = |n: i64| {
            let ask = lunch.sale(payer.clone(), 1, json!({"confirm_duplicate": true}));
            lunch.put_sale(Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + n as u128), ask)
        };
        for answer in join_all((begin..begin + 50).map(sell)).await {
            assert_eq!(answer.expect(200).json["outcome"], "paid");
        }
    }
    let csv = lunch.admin.get(&lunch.path("purchases/export.csv?lang=en")).await.expect(200);
    let mut reader = csv::Reader::from_reader(&csv.bytes[3..]);
    assert_eq!(&reader.headers().expect("titles")[9], "Outcome");
    let ids: HashSet<String> = reader.records().map(|row| row.expect("well formed")[10].to_owned()).collect();
    assert_eq!(ids.len() as i64, SALES);
    assert_eq!(String::from_utf8_lossy(&csv.bytes).lines().count() as i64, SALES + 1, "none twice");
    let xlsx = lunch.admin.get(&lunch.path("purchases/export.xlsx")).await.expect(200);
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(xlsx.bytes)).expect("a workbook");
    let range = book.worksheet_range("消费明细").expect("its sheet");
    let listed: HashSet<String> = range.rows().skip(1).map(|row| row[10].to_string()).collect();
    assert_eq!((range.height() as i64, listed), (SALES + 1, ids));
}

#[tokio::test]
async fn below_the_school_only_the_own_place_is_seen() {
    let lunch = Lunch::start().await;
    a_few(&lunch).await;
    let scope = Scope::Stall(lunch.other_stall.parse().expect("an id"));
    lunch.server.user("manager", lunch.school, &[(Role::CanteenManager, scope)]).await;
    let manager = lunch.server.visitor();
    let ask = json!({"username": "manager", "password": crate::cast::PASSWORD});
    manager.post("/api/v1/session", ask).await.expect(200);
    let all = lunch.admin.get(&lunch.path("purchases")).await.expect(200).json;
    let own = manager.get(&lunch.path("purchases")).await.expect(200).json;
    assert_eq!(own["items"].as_array().map(Vec::len), Some(1), "{own}");
    assert_eq!(own["items"][0], all["items"][4]);
    let of = |item: &Value| lunch.path(&format!("purchases/{}", item["id"].as_str().expect("an id")));
    manager.get(&of(&all["items"][4])).await.expect(200);
    manager.get(&of(&all["items"][0])).await.expect(404);
    let csv = manager.get(&lunch.path("purchases/export.csv")).await.expect(200);
    assert_eq!(String::from_utf8_lossy(&csv.bytes).lines().count(), 2);
    let other = manager.get(&lunch.path(&format!("purchases?stall={}", lunch.stall))).await.expect(200).json;
    assert_eq!(other["items"], json!([]));
    let sales = manager.get(&lunch.path("sales")).await.expect(200).json;
    assert_eq!((&sales["total"]["amount"], &sales["total"]["count"]), (&fen(100), &json!(1)));
}
