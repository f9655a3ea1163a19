//! Money in and the books: top-ups with receipts, statements, days that close, and a proof that finds an altered fen.

use crate::lunch::{Lunch, fen, told};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong::plumbing::db::Place;
use yitong::signin::roles::Role;

#[tokio::test]
async fn a_top_up_within_its_caps_has_a_receipt() {
    let lunch = Lunch::start().await;
    let person = lunch.pupil("1", "王小明").await;
    for (amount, code) in [
        (99, "topup_under_minimum"),
        (0, "topup_under_minimum"),
        (-100, "topup_under_minimum"),
        (i64::MIN, "topup_under_minimum"),
        (50_001, "topup_over_single_cap"),
        (i64::MAX, "topup_over_single_cap"),
    ] {
        assert_eq!(told(&lunch.top_up(&person, amount).await), (422, code, "amount"), "{amount}");
    }
    let first = lunch.top_up(&person, 50_000).await.expect(200).json;
    let second = lunch.top_up(&person, 40_000).await.expect(200).json;
    assert_eq!((&first["receipt_number"], &second["receipt_number"]), (&json!("261124-0001"), &json!("261124-0002")));
    assert_eq!((&second["balance_after"], &second["cashier"]["name"]), (&fen(90_000), &json!("测试admin")));
    let over = lunch.top_up(&person, 10_001).await;
    assert_eq!(told(&over), (422, "topup_over_balance_cap", "amount"));
    assert_eq!((&over.json["cap"], &over.json["room"]), (&json!(100_000), &json!(10_000)), "the most that is allowed");

    let path = lunch.path(&format!("topups/{}", second["id"].as_str().expect("an id")));
    let ask = json!({"person": person, "amount": fen(40_000)});
    assert_eq!(lunch.admin.put(&path, ask).await.expect(200).json, second);
    let other = json!({"person": person, "amount": fen(40_001)});
    assert_eq!(told(&lunch.admin.put(&path, other).await), (409, "name_taken", ""));
    let reversal = |id: uuid::Uuid| json!({"id": id, "reason": "金额打错"});
    let back = format!("{path}/reversal");
    let taken = second["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    assert_eq!(told(&lunch.admin.put(&back, reversal(taken)).await), (409, "name_taken", ""));
    let name = lunch.name();
    let undone = lunch.admin.put(&back, reversal(name)).await.expect(200).json;
    assert_eq!(undone["reversed_by"], json!(name));
    assert_eq!(lunch.admin.put(&back, reversal(name)).await.expect(200).json, undone);
    assert_eq!(told(&lunch.admin.put(&back, reversal(lunch.name())).await), (409, "already_reversed", ""));
    let audit = lunch.admin.get(&lunch.path("audit?action=topup.reverse")).await.expect(200).json;
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1));
    lunch.paid(&person, 1_000).await;
    let spent = lunch.path(&format!("topups/{}/reversal", first["id"].as_str().expect("an id")));
    assert_eq!(told(&lunch.admin.put(&spent, reversal(lunch.name())).await), (409, "already_spent", ""));
    assert_eq!(lunch.money(&person).await, (49_000, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn days_close_in_their_order_and_the_export_gives_every_balance() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    for amount in [100, 200, 300] {
        lunch.paid(&person, amount).await;
    }
    let (mut amounts, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = lunch.path(&format!("people/{person}/statement?limit=3{cursor}"));
        let page = lunch.admin.get(&path).await.expect(200).json;
        amounts.extend(page["items"].as_array().expect("lines").iter().filter_map(|l| l["amount"]["fen"].as_i64()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(amounts, [-300, -200, -100, 10_000]);
    let export = lunch.admin.get(&lunch.path("ledger/export.jsonl")).await.expect(200);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in String::from_utf8(export.bytes).expect("UTF-8").lines() {
        let entry: Value = serde_json::from_str(line).expect("a JSON object a line");
        for posting in entry["postings"].as_array().expect("postings") {
            let account = posting[0].as_str().expect("an account").to_owned();
            *sums.entry(account).or_default() += posting[1].as_i64().expect("fen");
        }
    }
    assert_eq!(sums.values().sum::<i64>(), 0, "{sums:?}");
    let own = |(account, _): &(&String, &i64)| account.contains(&person);
    assert_eq!(sums.iter().filter(own).map(|(_, fen)| fen).sum::<i64>(), 9_400, "{sums:?}");

    lunch.at(1, 12, 0).await;
    lunch.paid(&person, 400).await;
    lunch.at(2, 0, 11).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let day = |day: &str| lunch.path(&format!("ledger/days/{day}"));
    assert_eq!(told(&finance.put(&day("2026-11-26"), json!({})).await), (409, "day_not_over", ""));
    let early = finance.put(&day("2026-11-25"), json!({})).await;
    assert_eq!((told(&early), &early.json["day"]), ((409, "earlier_day_open", ""), &json!("2026-11-24")));
    let closed = finance.put(&day("2026-11-24"), json!({})).await.expect(200).json;
    assert_eq!(closed["entries"], 4);
    assert_eq!(finance.put(&day("2026-11-24"), json!({})).await.expect(200).json, closed);
    let next = finance.put(&day("2026-11-25"), json!({})).await.expect(200).json;
    assert_eq!(next["previous"], closed["root"]);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn one_altered_fen_is_found() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let purchase = lunch.paid(&person, 500).await;
    lunch.at(1, 12, 0).await;
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    finance.put(&lunch.path("ledger/days/2026-11-24"), json!({})).await.expect(200);
    lunch.books_are_whole().await;
    let Place::File(path) = &lunch.server.app.config.database else { return };
    let file = rusqlite::Connection::open(path).expect("the file opens beside the server");
    let id: uuid::Uuid = purchase.parse().expect("an id");
    let alter = "UPDATE entry SET amount = amount + 1 WHERE id = ?1";
    let refused = file.execute(alter, [id.as_bytes().as_slice()]).expect_err("a guard refuses it");
    assert!(refused.to_string().contains("immutable"), "{refused}");
    let guard: String = file
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'entry_is_never_changed'", [], |row| row.get(0))
        .expect("the guard is there");
    file.execute_batch("DROP TRIGGER entry_is_never_changed").expect("whoever has the file can drop it");
    file.execute(alter, [id.as_bytes().as_slice()]).expect("altered");
    let findings = async || {
        let proof = lunch.admin.post(&lunch.path("ledger/verifications"), json!({})).await.expect(200).json;
        assert_eq!(proof["ok"], false);
        proof["findings"].as_array().expect("findings").clone()
    };
    assert!(findings().await.iter().any(|f| f["zh"].as_str().is_some_and(|zh| zh.contains("entry_is_never_changed"))));
    file.execute_batch(&guard).expect("and put it back");
    let found = findings().await;
    assert!(found.iter().any(|f| f["entry"] == json!(id)), "the entry is named: {found:?}");
    assert!(found.iter().any(|f| f["day"] == "2026-11-24"), "and its day: {found:?}");
    // A balance that was altered is found by the entries.
    file.execute("UPDATE account SET wallet_0 = wallet_0 + 1", []).expect("altered");
    assert!(findings().await.iter().any(|f| f["account"] == json!(person)), "and the account");
}

#[tokio::test]
async fn an_old_purchase_keeps_its_price_and_barcodes_are_right() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let rice = lunch.dish(json!({})).await;
    let tray = json!({"mode": "dish", "items": [rice.times(1)], "amount": null});
    let sold = lunch.sell(json!({"person": person}), 0, tray).await;
    let dish = lunch.path(&format!("dishes/{}", rice.id));
    let dearer = lunch.admin.patch(&dish, json!({"name": "大米饭", "price": fen(200)})).await.expect(200).json;
    assert_eq!(dearer["revision"], 2);
    let purchase = lunch.path(&format!("purchases/{}", sold["purchase"]["id"].as_str().expect("an id")));
    let old = lunch.admin.get(&purchase).await.expect(200).json;
    assert_eq!((&old["items"][0]["name"], &old["items"][0]["price"]), (&json!("米饭"), &fen(150)));
    let revisions = lunch.admin.get(&format!("{dish}/revisions")).await.expect(200).json;
    let prices: Vec<_> = revisions["items"].as_array().expect("a list").iter().map(|r| r["price"].clone()).collect();
    assert_eq!(prices, [fen(200), fen(150)]);
    let mut seen = std::collections::BTreeSet::new();
    for n in 0..20 {
        lunch.dish(json!({"name": format!("菜{n}")})).await;
    }
    let dishes = lunch.admin.get(&lunch.path("dishes?limit=200")).await.expect(200).json;
    for dish in dishes["items"].as_array().expect("dishes") {
        let code = dish["barcode"].as_str().expect("a barcode");
        let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits.iter().enumerate().map(|(i, d)| d * if i % 2 == 0 { 1 } else { 3 }).sum();
        assert!(digits.len() == 13 && sum.is_multiple_of(10), "{code} is an EAN-13");
        assert!(seen.insert(code.to_owned()), "{code} is given once");
    }
    let taken = json!({"barcode": seen.first()});
    let mine = lunch.admin.patch(&dish, taken.clone()).await;
    assert!(mine.status == 200 || told(&mine) == (409, "barcode_taken", "barcode"), "{}", mine.json);
    assert_eq!(
        told(&lunch.admin.patch(&dish, json!({"barcode": "6901234567890"})).await),
        (422, "bad_barcode", "barcode")
    );
    lunch.admin.patch(&dish, json!({"barcode": "RICE-01"})).await.expect(200);
    let svg = lunch.admin.get(&format!("{dish}/barcode.svg")).await.expect(200);
    assert!(String::from_utf8_lossy(&svg.bytes).contains("<svg xmlns="));
}

#[tokio::test]
async fn totals_move_with_a_sale_and_back_and_the_stream_ends_with_the_server() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 10_000).await;
    let total = async || {
        let sales = lunch.admin.get(&lunch.path("sales")).await.expect(200).json;
        let stall = &sales["canteens"][0]["stalls"][0]["amount"];
        assert_eq!(stall, &sales["total"]["amount"]);
        (sales["total"]["amount"]["fen"].as_i64(), sales["total"]["count"].as_i64(), sales["refused"].as_i64())
    };
    assert_eq!(total().await, (Some(0), Some(0), Some(0)));
    let purchase = lunch.paid(&person, 500).await;
    assert_eq!(lunch.sell(json!({"person": person}), 9_999, json!({})).await["outcome"], "refused");
    assert_eq!(total().await, (Some(500), Some(1), Some(1)));
    let undo = json!({"id": lunch.name(), "reason": "打错了"});
    lunch.admin.put(&lunch.path(&format!("purchases/{purchase}/reversal")), undo).await.expect(200);
    assert_eq!(total().await, (Some(0), Some(0), Some(1)));

    let Lunch { server, school, admin, stall, .. } = lunch;
    let at = server.app.now().to_string();
    let id = server.app.new_id();
    // The whole stream is read: it comes to its end only because the server stops.
    let reading = tokio::spawn(async move { admin.get(&school.path("sales/events")).await });
    let seller = server.visitor();
    let ask = json!({"username": "admin", "password": crate::cast::PASSWORD});
    seller.post("/api/v1/session", ask).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let ask = json!({"stall": stall, "payer": {"person": person}, "mode": "amount", "amount": fen(700), "at": at});
    seller.put(&school.path(&format!("purchases/{id}")), ask).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_millis(1_400)).await;
    drop(server);
    let stream = reading.await.expect("the stream is read to its end").expect(200);
    let text = String::from_utf8(stream.bytes).expect("UTF-8");
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data.trim()).expect("an event is JSON"))
        .collect();
    assert!(events.len() >= 2, "{text}");
    assert_eq!(events[0]["total"]["amount"], fen(0));
    assert_eq!(events[events.len() - 1]["total"]["amount"], fen(700));
}
