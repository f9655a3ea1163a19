//! The inbox, the office's list of messages, and a school's own words.

use crate::house::{HOUR_MS, House, PHONE};
use serde_json::{Value, json};
use yitong::notices::{self, Kind};
use yitong::signin::roles::Role;

#[tokio::test]
async fn a_school_writes_its_own_words() {
    let house = House::start().await;
    let at = |rest: &str| house.school.path(&format!("notice-templates{rest}"));
    let check = |title: &str, text: &str| json!({"title": title, "text": text});
    let refused = [
        ("", "template_empty"),
        ("{child} {dish} {amount}", "template_unknown_variable"),
        ("{child} 吃饭了", "template_missing_variable"),
        ("{child} {amount", "template_unclosed"),
        (concat!("{child}欠", "费 {amount}"), "template_shames"),
    ];
    for (text, code) in refused {
        let answer = house.office.put(&at("/purchase/zh"), check("用餐", text)).await.expect(422);
        assert_eq!(answer.json["code"], code, "{text}");
    }
    house.office.put(&at("/sign_in_code/zh"), check("a", "{code}")).await.expect(404);
    let text = "{child}同学用餐 {amount} 元[，余额 {balance} 元]。（{school}）";
    let ask = json!({"kind": "purchase", "locale": "zh", "title": "用餐", "text": text});
    let preview = house.office.post(&at("/preview"), ask).await.expect(200).json;
    assert_eq!(preview["text"], "张小明同学用餐 12.50 元，余额 86.40 元。（实验中学）");
    let put = house.office.put(&at("/purchase/zh"), check("用餐", text)).await.expect(200).json;
    assert_eq!(put["own"], true);

    house.tell(Kind::Purchase).await;
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"][0]["title"], "用餐");
    let listed = house.office.get(&at("")).await.expect(200).json;
    let own = listed["items"].as_array().expect("a list").iter().filter(|of| of["own"] == true).count();
    assert_eq!(own, 1);
    house.office.delete(&at("/purchase/zh")).await.expect(200);
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"][0]["title"], "张三消费 12.50 元");
}

#[tokio::test]
async fn an_inbox_is_read_page_by_page() {
    let house = House::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(house.tell(Kind::Topup).await);
        house.later(1_000);
    }
    let first = house.mother.get("/api/v1/guardian/notices?limit=2").await.expect(200).json;
    assert_eq!(first["items"][0]["id"], json!(ids[4]));
    assert_eq!(first["items"][0]["read"], false);
    let next = first["next"].as_str().expect("there is more");
    let second = house.mother.get(&format!("/api/v1/guardian/notices?limit=3&cursor={next}")).await.expect(200).json;
    assert_eq!((second["items"].as_array().expect("a list").len(), &second["next"]), (3, &Value::Null));
    let read = house.mother.post("/api/v1/guardian/notices/read", json!({"up_to": ids[2]})).await.expect(200).json;
    assert_eq!(read["unread"], 2);
    let (father, _) = house.server.guardian("13800138001").await;
    let other = father.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(other["items"], json!([]));
    father.post("/api/v1/guardian/notices/read", json!({"up_to": ids[4]})).await.expect(200);
    let unread = house.server.app.db.read({
        let owner = house.id.uuid();
        move |tx| notices::unread(tx, owner)
    });
    assert_eq!(unread.await, Ok(2), "nobody reads another's messages away");
}

#[tokio::test]
async fn the_office_finds_a_message_and_sends_it_again() {
    let house = House::start().await;
    let told = house.tell(Kind::Frozen).await;
    let waiting = house.office.post(&house.school.path(&format!("notices/{told}/resend")), json!({})).await.expect(409);
    assert_eq!(waiting.json["code"], "notice_waiting");
    house.run().await;
    let first = house.sms.asked();
    for (q, found) in [(PHONE, 1), ("13900139000", 0), ("张", 0)] {
        let q = yitong_channels::percent_encode(q);
        let log = house.office.get(&house.school.path(&format!("notices?q={q}"))).await.expect(200).json;
        assert_eq!(log["items"].as_array().expect("a list").len(), found, "{q}");
    }
    let empty = house.office.get(&house.school.path("notices?from=2026-11-25")).await.expect(200).json;
    assert_eq!(empty["items"], json!([]));

    house.later(HOUR_MS);
    house.office.post(&house.school.path(&format!("notices/{told}/resend")), json!({})).await.expect(202);
    house.run().await;
    let second = house.sms.asked();
    assert_eq!(second.len(), 1);
    assert_ne!(first[0].query("OutId"), second[0].query("OutId"), "this one is meant to arrive twice");
    let there = house.server.school("10002").await;
    let other = house.server.signed_in("other", there, Role::SchoolAdmin).await;
    other.post(&there.path(&format!("notices/{told}/resend")), json!({})).await.expect(404);
    let trail = house.office.get(&house.school.path("audit")).await.expect(200);
    let text = String::from_utf8_lossy(&trail.bytes).into_owned();
    assert!(text.contains("notices.resend") && !text.contains(PHONE), "{text}");
}
