//! What the office sets at terminals: cashiers' numbers, and what stands on the screens.

use crate::agent::Agent;
use crate::cast::PASSWORD;
use crate::lunch::{Lunch, told};
use serde_json::{Value, json};
use yitong::signin::{Scope, roles::Role};
use yitong_sync::wire::setup::{CashierWire, Setup};

async fn setup(lunch: &Lunch, agent: &Agent) -> Setup {
    serde_json::from_slice(&agent.get(lunch, "setup").await.expect(200).bytes).expect("a set-up")
}

async fn mirrored(lunch: &Lunch, agent: &Agent, name: &str) -> CashierWire {
    let cashiers = setup(lunch, agent).await.cashiers;
    cashiers.into_iter().find(|of| of.name == name).expect("the cashier is mirrored")
}

#[tokio::test]
async fn a_cashier_has_a_number_that_nobody_reads() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let cashier = lunch.cashier_of("wang", &lunch.stall).await;
    let list = async || lunch.admin.get(&lunch.path("cashiers")).await.expect(200).json;
    let first = list().await;
    let id = first["items"][0]["id"].as_str().expect("a cashier").to_owned();
    assert_eq!(first["items"][0]["places"], json!(["一食堂 · 面点"]));
    assert_eq!(first["items"][0]["pin"]["state"], "none");
    assert_eq!(mirrored(&lunch, &agent, "测试wang").await.pin, None);
    // The office gives one.
    let path = lunch.path(&format!("cashiers/{id}/pin"));
    let put = async |pin: Value| lunch.admin.put(&path, json!({"pin": pin})).await;
    assert_eq!(told(&put("12".into()).await), (422, "bad_pin", "pin"));
    assert_eq!(told(&put("1234567".into()).await), (422, "bad_pin", "pin"));
    assert_eq!(told(&put("4321".into()).await), (422, "weak_pin", "pin"));
    let before = setup(&lunch, &agent).await.version;
    put("4827".into()).await.expect(204);
    let given = mirrored(&lunch, &agent, "测试wang").await.pin.expect("a hash");
    assert!(given.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{given}");
    assert_ne!(setup(&lunch, &agent).await.version, before, "terminals hear of it");
    let text = list().await.to_string();
    assert!(text.contains(r#""state":"set""#) && text.contains(r#""by_self":false"#), "{text}");
    assert!(!text.contains("argon2") && !text.contains("4827"), "{text}");
    // Taken back: a number is asked for, and none fits.
    lunch.admin.delete(&path).await.expect(204);
    assert_eq!(mirrored(&lunch, &agent, "测试wang").await.pin.as_deref(), Some(""));
    assert_eq!(list().await["items"][0]["pin"]["state"], "reset");
    // The cashier sets the own one, with the own password.
    let own = lunch.path("own-pin");
    assert_eq!(cashier.get(&own).await.expect(200).json["pin"]["state"], "reset");
    let set = async |password: &str, pin: &str| cashier.put(&own, json!({"password": password, "pin": pin})).await;
    assert_eq!(told(&set("another word", "4827").await), (422, "wrong_password", "password"));
    assert_eq!(told(&set(PASSWORD, "1111").await), (422, "weak_pin", "pin"));
    set(PASSWORD, "90517").await.expect(204);
    let chosen = mirrored(&lunch, &agent, "测试wang").await.pin.expect("a hash");
    assert!(yitong::signin::password::verify("90517".into(), Some(chosen.clone())).await);
    assert!(!yitong::signin::password::verify("4827".into(), Some(chosen)).await);
    assert_eq!(list().await["items"][0]["pin"]["by_self"], true);
    // No number at all.
    put(Value::Null).await.expect(204);
    assert_eq!(mirrored(&lunch, &agent, "测试wang").await.pin, None);
    // The trail says who and what, never the number.
    let audit = lunch.admin.get(&lunch.path("audit?action=cashier.pin")).await.expect(200).json;
    let mut words: Vec<_> =
        audit["items"].as_array().expect("a list").iter().map(|of| of["after"]["pin"].as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, [Some("none"), Some("reset"), Some("set"), Some("set")], "{audit}");
    assert!(!audit.to_string().contains("90517"));
}

#[tokio::test]
async fn only_the_office_touches_anothers_number() {
    let lunch = Lunch::start().await;
    let cashier = lunch.cashier_of("wang", &lunch.stall).await;
    lunch.cashier_of("li", &lunch.other_stall).await;
    let manager_at = Scope::Stall(lunch.stall.parse().expect("an id"));
    lunch.server.user("manager", lunch.school, &[(Role::CanteenManager, manager_at)]).await;
    let manager = lunch.server.visitor();
    manager.post("/api/v1/session", json!({"username": "manager", "password": PASSWORD})).await.expect(200);
    let seen = manager.get(&lunch.path("cashiers")).await.expect(200).json;
    let names: Vec<_> = seen["items"].as_array().expect("a list").iter().map(|of| of["username"].clone()).collect();
    assert_eq!(names, [json!("wang")], "a manager of one stall sees who sells there");
    let id = seen["items"][0]["id"].as_str().expect("an id").to_owned();
    let path = lunch.path(&format!("cashiers/{id}/pin"));
    manager.put(&path, json!({"pin": "4827"})).await.expect(403);
    manager.delete(&path).await.expect(403);
    cashier.get(&lunch.path("cashiers")).await.expect(403);
    cashier.put(&path, json!({"pin": "4827"})).await.expect(403);
    // Whoever is no cashier has no number to set; nobody guesses the password through it.
    assert_eq!(lunch.admin.get(&lunch.path("own-pin")).await.expect(200).json["pin"], Value::Null);
    lunch.admin.put(&lunch.path("own-pin"), json!({"password": PASSWORD, "pin": "4827"})).await.expect(404);
    lunch.admin.delete(&lunch.path(&format!("cashiers/{}/pin", lunch.name()))).await.expect(404);
    let own = lunch.path("own-pin");
    let mut last = 0;
    for _ in 0..12 {
        last = cashier.put(&own, json!({"password": "guess", "pin": "4827"})).await.status;
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn notices_are_shown_from_and_to() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let path = lunch.path("terminal-screen");
    let mut screen = lunch.admin.get(&path).await.expect(200).json;
    assert_eq!(screen["notices"], json!([]));
    let now = lunch.server.app.now();
    let (from, to) = (now.plus_ms(3_600_000), now.plus_ms(7_200_000));
    screen["notices"] = json!([
        {"zh": " 周五吃饺子 ", "en": "Dumplings on Friday", "from": from.to_string(), "to": to.to_string()},
        {"zh": "请光盘", "en": "", "from": null, "to": null},
    ]);
    screen["show_balance"] = json!(false);
    screen["keep_days"] = json!(90);
    lunch.admin.put(&path, screen.clone()).await.expect(204);
    let set = setup(&lunch, &agent).await;
    let notice = &set.notices[0];
    assert_eq!((notice.zh.as_str(), notice.from, notice.to), ("周五吃饺子", Some(from), Some(to)));
    assert_eq!((set.notices[1].from, set.notices[1].to), (None, None));
    assert_eq!((set.terminal.show_balance, set.terminal.keep_days), (false, 90));
    // Whoever read it before that does not undo it unseen.
    assert_eq!(told(&lunch.admin.put(&path, screen.clone()).await), (409, "changed_meanwhile", ""));
    let mut again = lunch.admin.get(&path).await.expect(200).json;
    assert_eq!(again["notices"][0]["from"], json!(from.to_string()));
    again["notices"][0]["to"] = json!(from.to_string());
    assert_eq!(told(&lunch.admin.put(&path, again.clone()).await), (422, "bad_screen", "notices"));
    again["notices"][0]["to"] = json!("tomorrow");
    assert_eq!(told(&lunch.admin.put(&path, again.clone()).await), (422, "bad_time", "notices"));
    again["notices"] = json!([{"zh": "　", "en": "only English", "from": null, "to": null}]);
    assert_eq!(told(&lunch.admin.put(&path, again.clone()).await), (422, "bad_screen", "notices"));
    again["notices"] = json!([]);
    lunch.admin.put(&path, again).await.expect(204);
    assert!(setup(&lunch, &agent).await.notices.is_empty());
}
