//! Mail: over a real conversation with the sandbox's mail server, which is as strict as others are.

use crate::house::{HOUR_MS, House};
use serde_json::{Value, json};
use std::sync::Arc;
use yitong::notices::{Channel, Kind, Scope};
use yitong_sandbox::{Faults, Sandbox};

const LIU: &str = "liu@example.org";

/// The sandbox's mail server, and the settings that lead there.
async fn mail_server(house: &House) -> (Sandbox, Value) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let clock = house.server.app.clock.clone();
    let address = format!("http://127.0.0.1:{}", port - 1);
    let sandbox = Sandbox::open_at(crate::till::folder().path(), &address, Arc::new(move || clock.now()));
    let sandbox = sandbox.expect("a sandbox");
    tokio::spawn(sandbox.clone().serve_mail(listener));
    let settings = sandbox.settings().mail;
    (sandbox, settings)
}

#[tokio::test]
async fn a_mail_arrives_and_what_is_refused_is_known() {
    let house = House::start().await;
    let (sandbox, settings) = mail_server(&house).await;
    let ask = json!({"provider": "smtp", "on": true, "config": settings});
    let kept = house.operator.put("/api/v1/notice-channels/mail", ask).await.expect(200);
    assert!(!String::from_utf8_lossy(&kept.bytes).contains(settings["password"].as_str().expect("a password")));
    house.address(Channel::Mail, Scope::Server, LIU).await;

    let told = house.tell(Kind::Topup).await;
    house.run().await;
    House::check_state(house.state(told).await, "sent", &[("mail", "accepted")]);
    let arrived = sandbox.messages(Some(LIU));
    assert_eq!((arrived.len(), arrived[0].title.as_str()), (1, "充值到账 12.50 元"));
    assert!(arrived[0].text.starts_with("已为张三充值 12.50 元，余额 86.40 元。"), "{}", arrived[0].text);

    // The mailbox is gone: nobody writes there again, and the phone has its turn.
    sandbox.set_faults(Faults { message_refused_percent: 100, ..Faults::default() }).expect("good faults");
    let told = house.tell(Kind::Frozen).await;
    house.run().await;
    House::check_state(house.state(told).await, "sent", &[("mail", "gone"), ("sms", "accepted")]);
    sandbox.set_faults(Faults::default()).expect("good faults");
    let told = house.tell(Kind::Topup).await;
    house.run().await;
    House::check_state(house.state(told).await, "kept", &[]);
}

#[tokio::test]
async fn a_wrong_password_is_ours_and_costs_nobody_the_address() {
    let house = House::start().await;
    let (sandbox, mut settings) = mail_server(&house).await;
    let good = settings.clone();
    settings["password"] = json!("wrong");
    let put = async |config: &Value| {
        let ask = json!({"provider": "smtp", "on": true, "config": config});
        house.operator.put("/api/v1/notice-channels/mail", ask).await.expect(200);
    };
    put(&settings).await;
    house.address(Channel::Mail, Scope::Server, LIU).await;
    let ask = json!({"address": LIU, "kind": "topup"});
    let tested = house.operator.post("/api/v1/notice-channels/mail/test", ask.clone()).await.expect(200).json;
    assert_eq!((&tested["outcome"], &tested["code"]), (&json!("refused"), &json!("535")));
    let told = house.tell(Kind::Topup).await;
    house.run().await;
    House::check_state(house.state(told).await, "failed", &[("mail", "failed")]);
    put(&good).await;
    let tested = house.operator.post("/api/v1/notice-channels/mail/test", ask).await.expect(200).json;
    assert_eq!(tested["outcome"], "accepted");
    house.later(HOUR_MS);
    let told = house.tell(Kind::Topup).await;
    house.run().await;
    House::check_state(house.state(told).await, "sent", &[("mail", "accepted")]);
    assert_eq!(sandbox.messages(Some(LIU)).len(), 2, "the test, and the message");
}

#[tokio::test]
async fn a_school_has_a_mail_server_of_its_own_but_none_of_ours() {
    let house = House::start().await;
    let path = house.school.path("notice-channels/mail");
    let with = |host: &str, tls: &str| json!({"provider": "smtp", "on": true, "config": {"host": host, "tls": tls, "from": "notice@school.example"}});
    house.office.put(&path, with("smtp.school.example", "starttls")).await.expect(200);
    for (host, tls) in [("127.0.0.1", "none"), ("localhost", "starttls"), ("smtp.school.example", "none")] {
        let refused = house.office.put(&path, with(host, tls)).await.expect(422);
        assert_eq!(refused.json["code"], "bad_channel_config", "{host} {tls}");
    }
}

#[tokio::test]
async fn a_guardian_proves_an_address_before_anything_else_is_sent_there() {
    let house = House::start().await;
    let codes = async |address: &str| {
        let ask = json!({"address": address});
        house.mother.post("/api/v1/guardian/mail/codes", ask).await
    };
    let none = house.mother.get("/api/v1/guardian/mail").await.expect(200).json;
    assert_eq!(none, json!({"mask": null, "gone": false, "available": false}));
    assert_eq!(codes(LIU).await.expect(409).json["code"], "mail_unavailable");
    let (sandbox, settings) = mail_server(&house).await;
    let ask = json!({"provider": "smtp", "on": true, "config": settings});
    house.operator.put("/api/v1/notice-channels/mail", ask).await.expect(200);
    assert_eq!(codes("liu").await.expect(422).json["code"], "bad_address");

    let sent = codes("liu@Example.ORG").await.expect(202).json;
    assert_eq!(sent["sent_to"], "l***@example.org");
    codes(LIU).await.expect(429);
    house.run().await;
    let mail = sandbox.messages(Some(LIU)).remove(0);
    let code: String = mail.text.chars().filter(char::is_ascii_digit).take(6).collect();
    house.tell(Kind::Topup).await;
    house.run().await;
    assert_eq!(sandbox.messages(Some(LIU)).len(), 1, "nobody has proved it yet");

    // Somebody else's guess, a wrong one, and the right one.
    let put = |code: &str| json!({"address": LIU, "code": code});
    let (father, _) = house.server.guardian("13800138001").await;
    father.put("/api/v1/guardian/mail", put(&code)).await.expect(422);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = house.mother.put("/api/v1/guardian/mail", put(wrong)).await.expect(422);
    assert_eq!(refused.json["code"], "wrong_code");
    let kept = house.mother.put("/api/v1/guardian/mail", put(&code)).await.expect(200).json;
    assert_eq!(kept, json!({"mask": "l***@example.org", "gone": false, "available": true}));
    house.mother.put("/api/v1/guardian/mail", put(&code)).await.expect(422);
    house.tell(Kind::Topup).await;
    house.run().await;
    assert_eq!(sandbox.messages(Some(LIU)).len(), 2);
    let log = house.office.get(&house.school.path("notices")).await.expect(200);
    assert!(!String::from_utf8_lossy(&log.bytes).contains(&code));

    // She chooses by kind; and takes it back.
    let choose = json!({"kinds": [{"kind": "topup", "in_app": true, "push": true, "wechat": true, "alipay": true,
        "mail": false, "sms": false}]});
    house.mother.put("/api/v1/guardian/preferences", choose).await.expect(200);
    house.tell(Kind::Topup).await;
    house.run().await;
    assert_eq!(sandbox.messages(Some(LIU)).len(), 2);
    let none = house.mother.delete("/api/v1/guardian/mail").await.expect(200).json;
    assert_eq!(none["mask"], Value::Null);
    house.tell(Kind::Arrears).await;
    house.run().await;
    assert_eq!(sandbox.messages(Some(LIU)).len(), 2);
}
