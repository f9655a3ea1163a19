//! What channels answer, and what is kept of their accounts.

use crate::channel::FakeChannel;
use crate::house::{HOUR_MS, House, PHONE};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use yitong::notices::{Channel, Confidential, Kind, NewNotice, Recipient, Scope};
use yitong_values::{NoticeId, Timestamp};

#[tokio::test]
async fn a_browser_that_is_gone_gives_its_turn_to_the_phone() {
    let house = House::start().await;
    house.subscribe("a").await;
    house.subscribe("b").await;
    let told = house.tell(Kind::Frozen).await;
    assert_eq!(house.run().await, 1);
    assert_eq!(house.push.asked().len(), 2, "each browser has it");
    assert!(house.sms.asked().is_empty(), "who has a push needs no SMS");
    House::check_state(house.state(told).await, "sent", &[("push", "accepted"), ("push", "accepted")]);

    for _ in 0..2 {
        house.push.say(410, "");
    }
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    assert_eq!(house.push.asked().len(), 2);
    let sms = house.sms.asked();
    assert_eq!(sms.len(), 1);
    assert_eq!(sms[0].query("TemplateCode").as_deref(), Some("SMS_frozen"));
    assert_eq!(sms[0].query("PhoneNumbers").as_deref(), Some(PHONE));
    let values: Value = serde_json::from_str(&sms[0].query("TemplateParam").expect("values")).expect("JSON");
    assert_eq!(values, json!({"name": "张三", "by": "家长"}));
    assert_eq!(sms[0].query("OutId"), Some(told.to_string()), "its name, by which a repeat is known");
    let tries = [("push", "gone"), ("push", "gone"), ("sms", "accepted")];
    House::check_state(house.state(told).await, "sent", &tries);

    house.later(HOUR_MS);
    house.tell(Kind::Frozen).await;
    house.run().await;
    assert!(house.push.asked().is_empty(), "what is gone is not asked again");
    assert_eq!(house.sms.asked().len(), 1);
}

#[tokio::test]
async fn each_answer_of_a_channel_has_its_consequence() {
    let house = House::start().await;
    let fails = |code: &str| format!("{{\"Code\":\"{code}\",\"Message\":\"to {PHONE}\"}}");
    let of = |state: &'static str| [("sms", state)];

    house.sms.say(503, "");
    house.sms.say(200, &fails("ServiceUnavailable"));
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    house.later(60_000);
    house.run().await;
    assert_eq!(house.sms.asked().len(), 2);
    House::check_state(house.state(told).await, "waiting", &of("waiting"));
    house.later(120_000);
    house.run().await;
    House::check_state(house.state(told).await, "sent", &of("accepted"));

    house.later(HOUR_MS);
    house.sms.asked();
    house.sms.say(200, &fails("isv.SMS_TEMPLATE_ILLEGAL"));
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    House::check_state(house.state(told).await, "failed", &of("failed"));
    let log = house.office.get(&house.school.path("notices?limit=1")).await.expect(200).json;
    let tried = &log["items"][0]["deliveries"][0];
    assert_eq!((&tried["class"], &tried["code"]), (&json!("permanent"), &json!("isv.SMS_TEMPLATE_ILLEGAL")));
    assert!(!log.to_string().contains(PHONE), "the channel's words name the number; the log does not: {log}");
    assert_eq!(log["items"][0]["to_mask"], "138****8000");

    // Half an answer, twice: it may have arrived, and is not sent a third time.
    house.later(HOUR_MS);
    house.sms.asked();
    for _ in 0..2 {
        house.sms.say(200, "half an ans");
    }
    let child = NewNotice { kind: Kind::LowBalance, ..house.notice(Kind::LowBalance) };
    let told = child.id;
    assert!(house.server.queue(child).await);
    for _ in 0..4 {
        house.run().await;
        house.later(90_000);
    }
    let asked = house.sms.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].query("OutId"), asked[1].query("OutId"), "under one name");
    House::check_state(house.state(told).await, "unknown", &of("unknown"));
}

#[tokio::test]
async fn one_token_is_fetched_for_all() {
    let house = House::start().await;
    let wecom = FakeChannel::start("{\"errcode\":0,\"msgid\":\"m\",\"access_token\":\"t\",\"expires_in\":7200}").await;
    let own = json!({"provider": "app", "on": true, "config": {"corp_id": "c", "secret": "sesame", "agent_id": 1}});
    let elsewhere = json!({"provider": "app", "on": true, "config": {"corp_id": "c", "secret": "sesame", "agent_id": 1,
        "base_url": wecom.url}});
    let path = house.school.path("notice-channels/wecom");
    house.office.put(&path, own).await.expect(200);
    let refused = house.office.put(&path, elsewhere.clone()).await.expect(422);
    assert_eq!(refused.json["code"], "bad_channel_config", "a school's settings lead nowhere else");
    house.office.put(&path, json!({"provider": "app", "on": false})).await.expect(200);
    house.operator.put("/api/v1/notice-channels/wecom", elsewhere).await.expect(200);
    house.address(Channel::Wecom, Scope::Server, "member-1").await;
    for _ in 0..5 {
        house.tell(Kind::Topup).await;
    }
    house.run().await;
    let paths = |asked: &[crate::channel::Asked], part: &str| asked.iter().filter(|of| of.uri.contains(part)).count();
    let asked = wecom.asked();
    assert_eq!((paths(&asked, "gettoken"), paths(&asked, "message/send")), (1, 5));

    // The channel takes it back before its time: one is fetched, and the message goes out at once.
    wecom.say(200, "{\"errcode\":42001,\"errmsg\":\"expired\"}");
    let told = house.tell(Kind::Topup).await;
    house.run().await;
    let asked = wecom.asked();
    assert_eq!((paths(&asked, "gettoken"), paths(&asked, "message/send")), (1, 2));
    House::check_state(house.state(told).await, "sent", &[("wecom", "accepted")]);
}

#[tokio::test]
async fn keys_go_in_and_never_come_out() {
    let house = House::start().await;
    let listed = house.operator.get("/api/v1/notice-channels").await.expect(200);
    let channels = listed.json["items"].as_array().expect("a list");
    let sms = channels.iter().find(|of| of["channel"] == "sms").expect("it is there");
    assert_eq!((&sms["provider"], &sms["on"]), (&json!("aliyun"), &json!(true)));
    assert_eq!(sms["templates"]["frozen"]["id"], "SMS_frozen");
    assert!(!String::from_utf8_lossy(&listed.bytes).contains("sesame"));

    // Without new keys those that are kept stay; with another provider they are of no use.
    let keep = |provider: &str| json!({"provider": provider, "on": true, "templates": sms["templates"]});
    house.operator.put("/api/v1/notice-channels/sms", keep("aliyun")).await.expect(200);
    let missing = house.operator.put("/api/v1/notice-channels/sms", keep("tencent")).await.expect(422);
    assert_eq!(missing.json["code"], "config_missing");
    let unknown =
        json!({"provider": "aliyun", "on": true, "templates": {"frozen": {"id": "S", "fields": {"a": "{dish}"}}}});
    let refused = house.operator.put("/api/v1/notice-channels/sms", unknown).await.expect(422);
    assert_eq!(refused.json["code"], "bad_template");
    let foreign = json!({"provider": "web_push", "on": true, "config": {"private_key": "x"}});
    house.operator.put("/api/v1/notice-channels/push", foreign).await.expect(422);
    house.office.get("/api/v1/notice-channels").await.expect(403);

    let ask = json!({"address": PHONE, "kind": "frozen"});
    let tested = house.operator.post("/api/v1/notice-channels/sms/test", ask.clone()).await.expect(200).json;
    assert_eq!(tested["outcome"], "accepted");
    assert_eq!(house.sms.asked().len(), 1);
    house.sms.say(200, "{\"Code\":\"isv.AMOUNT_NOT_ENOUGH\",\"Message\":\"no money\"}");
    let tested = house.operator.post("/api/v1/notice-channels/sms/test", ask).await.expect(200).json;
    let expected = json!({"outcome": "refused", "code": "isv.AMOUNT_NOT_ENOUGH", "words": "no money"});
    assert_eq!(tested, expected);

    let key = house.mother.get("/api/v1/guardian/push/key").await.expect(200).json["key"].clone();
    assert_eq!(house.mother.get("/api/v1/guardian/push/key").await.expect(200).json["key"], key, "made once");
    let inside = json!({"subscription": {"endpoint": "https://10.0.0.1/x", "keys": {"p256dh": key, "auth":
        "AAAAAAAAAAAAAAAAAAAAAA"}}});
    let refused = house.mother.put("/api/v1/guardian/push", inside).await.expect(422);
    assert_eq!(refused.json["code"], "bad_subscription");
}

#[tokio::test]
async fn a_code_reaches_a_stranger_and_nobody_else() {
    let house = House::start().await;
    let (id, at) = (NoticeId::new(house.server.app.new_id()), house.server.app.now());
    let to = Recipient::Phone(Confidential::new(&house.server.app.seal, id, "13900139000", &[("code", "246810")]));
    let code = NewNotice {
        id,
        to,
        kind: Kind::SignInCode,
        params: BTreeMap::new(),
        expires_at: at.plus_ms(300_000),
        ..house.notice(Kind::SignInCode)
    };
    assert!(house.server.queue(code).await);
    // In the middle of the night.
    house.server.app.clock.set(Timestamp::from_ms(at.ms() + 60_000));
    house.run().await;
    let sms = house.sms.asked();
    assert_eq!(sms[0].query("PhoneNumbers").as_deref(), Some("13900139000"));
    assert_eq!(sms[0].query("TemplateParam").as_deref(), Some("{\"code\":\"246810\"}"));
    let log = house.office.get(&house.school.path("notices")).await.expect(200);
    let text = String::from_utf8_lossy(&log.bytes).into_owned();
    assert!(!text.contains("246810") && !text.contains("13900139000"), "{text}");
    assert_eq!(log.json["items"][0]["to_mask"], "139****9000");
    let again = house.office.post(&house.school.path(&format!("notices/{id}/resend")), json!({})).await.expect(409);
    assert_eq!(again.json["code"], "notice_not_again");
}
