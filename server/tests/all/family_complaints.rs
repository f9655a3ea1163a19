//! Complaints of guardians, from the purchase to the school's answer.

use crate::family::Family;
use crate::lunch::told;
use crate::testkit::Answer;
use serde_json::json;
use yitong::signin::roles::Role;

#[tokio::test]
async fn a_complaint_is_answered_in_time_or_shows_as_late() {
    let family = Family::start(5_000).await;
    let bought = family.lunch.paid(&family.child, 800).await;
    let name = family.lunch.name();
    let path = format!("complaints/{name}");
    let ask = json!({"purchase": bought, "kind": "wrong_amount", "text": "应为 6 元"});
    let made = family.put(&path, ask.clone()).await.expect(200).json;
    // Tuesday: five school days on is Tuesday.
    assert_eq!((&made["state"], &made["due_at"]), (&json!("open"), &json!("2026-12-01T23:59:59.000+08:00")));
    assert_eq!(family.put(&path, ask.clone()).await.expect(200).json, made);
    let other = json!({"purchase": bought, "kind": "quality", "text": ""});
    assert_eq!(told(&family.put(&path, other.clone()).await), (409, "name_taken", ""));
    let second = format!("complaints/{}", family.lunch.name());
    assert_eq!(told(&family.put(&second, other).await), (409, "complaint_open", ""));
    let detail = family.get(&format!("purchases/{bought}")).await.expect(200).json;
    assert_eq!(detail["complaint"]["id"], json!(name));
    let office = |query: &str| family.lunch.path(&format!("complaints{query}"));
    let list = family.lunch.admin.get(&office("?q=小明")).await.expect(200).json;
    assert_eq!((&list["open"], &list["overdue"], &list["items"][0]["overdue"]), (&json!(1), &json!(0), &json!(false)));
    assert_eq!(list["items"][0]["bought"]["place"], "一食堂 · 面点");
    family.lunch.at(8, 12, 0).await;
    let list = family.lunch.admin.get(&office("?overdue=true")).await.expect(200).json;
    assert_eq!((&list["overdue"], list["items"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    // The day is over: the money can't be given back by an undo, and the office is told so.
    let answer = family.lunch.path(&format!("complaints/{name}/answer"));
    let refund = json!({"text": "已核实，多收 2 元", "refund": family.lunch.name()});
    assert_eq!(told(&family.lunch.admin.put(&answer, refund).await), (409, "too_late", "refund"));
    let before = family.unread().await;
    let text = json!({"text": "已核实，价格无误"});
    let done = family.lunch.admin.put(&answer, text.clone()).await.expect(200).json;
    assert_eq!((&done["state"], &done["answered_by"]), (&json!("answered"), &json!("测试admin")));
    family.lunch.admin.put(&answer, text).await.expect(200);
    let differs = json!({"text": "另一个答复"});
    assert_eq!(told(&family.lunch.admin.put(&answer, differs).await), (409, "already_answered", ""));
    assert_eq!(family.unread().await, before + 1, "the guardian is told once");
    let mine = family.get("complaints").await.expect(200).json;
    assert_eq!(mine["items"][0]["answer"], "已核实，价格无误");
}

#[tokio::test]
async fn a_complaint_gives_the_money_back_on_the_day() {
    let family = Family::start(5_000).await;
    let bought = family.lunch.paid(&family.child, 800).await;
    let name = family.lunch.name();
    let ask = json!({"purchase": bought, "kind": "not_mine"});
    family.put(&format!("complaints/{name}"), ask).await.expect(200);
    let path = family.lunch.path(&format!("complaints/{name}/answer"));
    let refund = json!({"text": "误刷，已退回", "refund": family.lunch.name()});
    let done = family.lunch.admin.put(&path, refund.clone()).await.expect(200).json;
    assert_eq!((&done["state"], &done["refund"]), (&json!("refunded"), &refund["refund"]));
    assert_eq!(family.lunch.money(&family.child).await, (5_000, 0));
    family.lunch.admin.put(&path, refund).await.expect(200);
    assert_eq!(family.lunch.money(&family.child).await, (5_000, 0), "once");
    let lines = family.get("statement").await.expect(200).json;
    assert_eq!((&lines["items"][0]["kind"], &lines["items"][1]["undone"]), (&json!("undo"), &json!(true)));
    let nobody = family.lunch.server.signed_in("teacher", family.lunch.school, Role::Teacher).await;
    assert_eq!(nobody.get(&family.lunch.path("complaints")).await.status, 403);
    let (there, _) = family.lunch.on_other_school().await;
    let path = there.path(&format!("complaints/{name}"));
    assert_eq!(family.lunch.admin.get(&path).await.status, 404);
    family.lunch.books_are_whole().await;
}

#[tokio::test]
async fn the_office_searches_and_pages_complaints() {
    let family = Family::start(50_000).await;
    for n in 0..5 {
        let bought = family.lunch.paid(&family.child, 300 + n).await;
        let ask = json!({"purchase": bought, "kind": "other", "text": format!("说明 {n}")});
        family.put(&format!("complaints/{}", family.lunch.name()), ask).await.expect(200);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = family.lunch.admin.get(&family.lunch.path(&format!("complaints?limit=2{cursor}"))).await.expect(200);
        for item in page.json["items"].as_array().expect("a list") {
            seen.push(item["text"].as_str().expect("a text").to_owned());
        }
        let Some(next) = page.json["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["说明 4", "说明 3", "说明 2", "说明 1", "说明 0"]);
    let find = |query: &str| family.lunch.path(&format!("complaints?{query}"));
    let count = |answer: Answer| answer.expect(200).json["items"].as_array().map_or(0, Vec::len);
    assert_eq!(count(family.lunch.admin.get(&find("q=%E8%AF%B4%E6%98%8E%203")).await), 1);
    assert_eq!(count(family.lunch.admin.get(&find("q=nobody")).await), 0);
    assert_eq!(count(family.lunch.admin.get(&find("state=answered")).await), 0);
    assert_eq!(family.lunch.admin.get(&find("state=x")).await.status, 422);
    assert_eq!(family.lunch.admin.get(&find("cursor=x")).await.status, 422);
}
