//! What users are told at work: who can do something about it, over the ways that each chose.

use crate::lunch::{Lunch, told};
use crate::testkit::{Client, LUNCH};
use crate::till::Till;
use serde_json::{Value, json};
use yitong::guardians::Rights;
use yitong::notices::{Channel, run_due, set_channel};
use yitong::signin::roles::Role;
use yitong_sandbox::Sandbox;

async fn inbox(lunch: &Lunch, who: &Client) -> Vec<Value> {
    let listed = who.get(&lunch.path("my-notices")).await.expect(200).json;
    listed["items"].as_array().expect("a list").clone()
}

async fn unread(lunch: &Lunch, who: &Client) -> Value {
    who.get(&lunch.path("my-notices/unread")).await.expect(200).json["unread"].clone()
}

/// A guardian says that something is wrong.
async fn report(lunch: &Lunch, parent: &Client, binding: &str) {
    let ask = json!({"id": lunch.name(), "field": "phone", "text": "手机号已经换了"});
    parent.post(&format!("/api/v1/guardian/children/{binding}/data-reports"), ask).await.expect(201);
}

async fn family(lunch: &Lunch) -> (Client, String) {
    let child = lunch.pupil("2026001", "王小明").await;
    let (parent, id) = lunch.server.guardian("13800000001").await;
    let binding = lunch.server.bound(id, lunch.school, child.parse().expect("an id"), Rights::ALL).await;
    (parent, binding.to_string())
}

#[tokio::test]
async fn work_lies_in_the_inbox_of_who_can_do_it() {
    let lunch = Lunch::start().await;
    let (parent, binding) = family(&lunch).await;
    let cashier = lunch.server.signed_in("cashier", lunch.school, Role::Cashier).await;
    report(&lunch, &parent, &binding).await;
    let found = inbox(&lunch, &lunch.admin).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["kind"], &found[0]["read"]), (&json!("data_report_made"), &json!(false)));
    assert_eq!(found[0]["text"], "家长报告学生的手机号有误，请核对并答复。");
    assert_eq!(found[0]["link"], "/admin/data-reports");
    assert_eq!((unread(&lunch, &lunch.admin).await, unread(&lunch, &cashier).await), (json!(1), json!(0)));
    let read = json!({"up_to": found[0]["id"]});
    assert_eq!(lunch.admin.post(&lunch.path("my-notices/read"), read).await.expect(200).json["unread"], 0);

    // One's own permissions bring the kinds, and each can be switched off.
    let settings = lunch.admin.get(&lunch.path("my-notice-settings")).await.expect(200).json;
    let kinds: Vec<&str> =
        settings["kinds"].as_array().expect("a list").iter().filter_map(|of| of["kind"].as_str()).collect();
    assert_eq!(kinds, ["copy_alarm", "complaint_made", "data_report_made", "binding_requested"]);
    let none = cashier.get(&lunch.path("my-notice-settings")).await.expect(200).json;
    assert_eq!(none["kinds"], json!([]));
    let off = |kind: &str| json!({"kinds": [{"kind": kind, "in_app": false, "mail": false, "wecom": false, "dingtalk": false}]});
    lunch.admin.put(&lunch.path("my-notice-settings"), off("data_report_made")).await.expect(200);
    let refused = lunch.admin.put(&lunch.path("my-notice-settings"), off("refund_asked")).await;
    assert_eq!(told(&refused), (422, "bad_kind", "kinds"), "it is finance's");
    report(&lunch, &parent, &binding).await;
    assert_eq!(inbox(&lunch, &lunch.admin).await.len(), 1);

    // What others are told is theirs, and what one was told at another school stays there.
    let there = lunch.server.school("10002").await;
    let other = lunch.server.signed_in("other", there, Role::SchoolAdmin).await;
    assert_eq!(other.get(&there.path("my-notices")).await.expect(200).json["items"], json!([]));
    other.get(&lunch.path("my-notices")).await.expect(404);
}

#[tokio::test]
async fn a_refund_is_told_to_those_who_approve_but_not_to_who_asked() {
    let till = Till::start("wechat").await;
    till.faults(|_| {});
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.until(&id, "success").await;
    till.refund(&id, 2_000).await;
    let lunch = &till.lunch;
    let found = inbox(lunch, &till.second).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["text"], "一笔 20.00 元的退款等待审批，申请人：测试finance。");
    assert!(inbox(lunch, &till.finance).await.is_empty(), "who asked knows");
    assert!(inbox(lunch, &lunch.admin).await.is_empty(), "who can't approve has nothing to do");
}

#[tokio::test]
async fn a_user_has_addresses_and_an_administrator_sets_them() {
    let lunch = Lunch::start().await;
    let (parent, binding) = family(&lunch).await;
    let server = &lunch.server;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let address = format!("http://127.0.0.1:{}", port - 1);
    let sandbox = Sandbox::open_at(crate::till::folder().path(), &address, std::sync::Arc::new(|| LUNCH));
    let sandbox = sandbox.expect("a sandbox");
    tokio::spawn(sandbox.clone().serve_mail(listener));
    let own = |channel: &str| lunch.path(&format!("my-notice-addresses/{channel}"));
    let of = |answer: &Value, channel: &str| {
        let mut listed = answer["addresses"].as_array().expect("a list").iter();
        listed.find(|of| of["channel"] == channel).cloned().expect("it is listed")
    };
    let before = lunch.admin.get(&lunch.path("my-notice-settings")).await.expect(200).json;
    assert_eq!(of(&before, "mail"), json!({"channel": "mail", "mask": null, "gone": false, "available": false}));
    set_channel(&server.app, Channel::Mail, "smtp", &sandbox.settings().mail, &[]).await.expect("settings are good");

    let wrong = lunch.admin.put(&own("mail"), json!({"address": "wang"})).await;
    assert_eq!(told(&wrong), (422, "bad_address", "address"));
    lunch.admin.put(&own("sms"), json!({"address": "13800138000"})).await.expect(404);
    let set = lunch.admin.put(&own("mail"), json!({"address": "wang@school.example"})).await.expect(200).json;
    let expected = json!({"channel": "mail", "mask": "w***@school.example", "gone": false, "available": true});
    assert_eq!(of(&set, "mail"), expected);
    report(&lunch, &parent, &binding).await;
    run_due(&server.app).await.expect("the worker works");
    assert_eq!(sandbox.messages(Some("wang@school.example")).len(), 1);
    assert_eq!(sandbox.messages(Some("wang@school.example"))[0].title, "新的信息更正");

    // An administrator of users sets it for others; nobody without that permission, and nobody of another school.
    let clerk = server.user("clerk", lunch.school, &[(Role::Teacher, lunch.school.scope())]).await;
    let path = lunch.path(&format!("users/{clerk}/notice-addresses/wecom"));
    let set = lunch.admin.put(&path, json!({"address": "ClerkLi"})).await.expect(200).json;
    assert_eq!(of(&set, "wecom")["mask"], "Cl****Li");
    let teacher = server.signed_in("teacher", lunch.school, Role::Teacher).await;
    teacher.put(&path, json!({"address": "me"})).await.expect(403);
    let there = server.school("10002").await;
    let other = server.signed_in("other", there, Role::SchoolAdmin).await;
    let theirs = there.path(&format!("users/{clerk}/notice-addresses/wecom"));
    other.put(&theirs, json!({"address": "me"})).await.expect(404);
    let dropped = lunch.admin.delete(&path).await.expect(200).json;
    assert_eq!(of(&dropped, "wecom")["mask"], Value::Null);
    let trail = lunch.admin.get(&lunch.path("audit")).await.expect(200);
    let text = String::from_utf8_lossy(&trail.bytes).into_owned();
    assert!(text.contains("user.notice_address") && !text.contains("ClerkLi"), "{text}");
}
