//! Who wants to hear what over which way, and at which hours.

use crate::house::{HOUR_MS, House, params};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::notices::{Kind, NewNotice, Reach};
use yitong_values::PersonId;

#[tokio::test]
async fn lunch_is_no_sms_unless_somebody_wants_it() {
    let house = House::start().await;
    let told = house.tell(Kind::Purchase).await;
    house.run().await;
    assert!(house.sms.asked().is_empty());
    House::check_state(house.state(told).await, "kept", &[]);

    let choose = |in_app: bool| json!({"kinds": [{"kind": "purchase", "in_app": in_app, "push": true, "wechat": true, "alipay": true, "sms": true}]});
    let refused = house.mother.put("/api/v1/guardian/preferences", choose(false)).await.expect(422);
    assert_eq!(refused.json["code"], "inbox_fixed");
    let chosen = house.mother.put("/api/v1/guardian/preferences", choose(true)).await.expect(200).json;
    let kinds = chosen["kinds"].as_array().expect("a list");
    let purchase = kinds.iter().find(|of| of["kind"] == "purchase").expect("it is there");
    assert_eq!((&purchase["sms"], &purchase["fixed"]), (&json!(true), &json!(true)));
    assert!(kinds.iter().all(|of| of["kind"] != "sign_in_code"));

    house.tell(Kind::Purchase).await;
    house.run().await;
    let sms = house.sms.asked();
    let values: Value = serde_json::from_str(&sms[0].query("TemplateParam").expect("values")).expect("JSON");
    assert_eq!(values, json!({"name": "张三", "money": "12.50"}), "money is written for people");

    let only_inbox = NewNotice { reach: Reach::Inbox, ..house.notice(Kind::Purchase) };
    let id = only_inbox.id;
    assert!(house.server.queue(only_inbox).await);
    assert_eq!(house.run().await, 0, "she did not agree to messages that leave this server");
    House::check_state(house.state(id).await, "kept", &[]);
    let again = house.office.post(&house.school.path(&format!("notices/{id}/resend")), json!({})).await.expect(409);
    assert_eq!(again.json["code"], "notice_not_again");
}

#[tokio::test]
async fn at_night_nothing_rings_but_what_must() {
    let house = House::start().await;
    house.subscribe("a").await;
    // 22:30; lunch is at 12:00.
    house.later(10 * HOUR_MS + HOUR_MS / 2);
    let child = PersonId::new(Uuid::from_u128(7));
    let mut bought = Vec::new();
    for (fen, balance) in [(500, 9_500), (700, 8_800), (300, 8_500)] {
        let (fen, balance) = (fen.to_string(), balance.to_string());
        let time = house.server.app.now().ms().to_string();
        let values = params(&[("child", "张三"), ("amount", &fen), ("balance", &balance), ("time", &time)]);
        let new = NewNotice { about: Some(child), params: values, ..house.notice(Kind::Purchase) };
        bought.push(new.id);
        assert!(house.server.queue(new).await);
        house.later(1_000);
    }
    let topup = house.tell(Kind::Topup).await;
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 1, "safety rings at any hour");
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 5, "who looks finds them at any hour");

    house.later(8 * HOUR_MS);
    house.run().await;
    assert!(house.push.asked().is_empty(), "half past six");
    house.later(HOUR_MS);
    house.run().await;
    house.sign_in_again().await;
    assert_eq!(house.push.asked().len(), 2, "the top-up, and one message about three purchases");
    House::check_state(house.state(topup).await, "sent", &[("push", "accepted")]);
    let mut states = Vec::new();
    for id in bought {
        states.push(house.state(id).await.0);
    }
    states.sort();
    assert_eq!(states, ["joined", "joined", "sent"]);
    let log = house.office.get(&house.school.path("notices?state=sent&kind=purchase")).await.expect(200).json;
    assert_eq!(log["items"][0]["text"], "张三有 3 笔消费，共 15.00 元，余额 85.00 元。");
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 5, "each lunch has its own line there");
}

#[tokio::test]
async fn an_inbox_holds_what_somebody_wants_and_what_must_be() {
    let house = House::start().await;
    let off = json!({"kinds": [{"kind": "meal_missed", "in_app": false, "push": false, "wechat": false,
        "alipay": false, "sms": false}]});
    house.mother.put("/api/v1/guardian/preferences", off).await.expect(200);
    house.tell(Kind::MealMissed).await;
    house.tell(Kind::Topup).await;
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    let kinds: Vec<&Value> = inbox["items"].as_array().expect("a list").iter().map(|of| &of["kind"]).collect();
    assert_eq!(kinds, ["topup"]);
}

#[tokio::test]
async fn one_person_is_not_flooded() {
    let house = House::start().await;
    house.subscribe("a").await;
    for _ in 0..25 {
        house.tell(Kind::Topup).await;
    }
    house.run().await;
    assert_eq!(house.push.asked().len(), 20, "twenty an hour, whatever happens");
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 1, "safety comes through");
}
