//! Payment orders against the sandbox, over HTTP on both sides: paid once, whatever gets lost, comes twice or late.

use crate::lunch::{fen, told};
use crate::till::Till;
use serde_json::{Value, json};
use std::time::Duration;
use yitong_channels::Moment;
use yitong_channels::pay::{Connector, Order, Scene, Start, wechat};
use yitong_sandbox::{Faults, Outcome};

#[tokio::test]
async fn a_paid_order_raises_the_balance_once() {
    for kind in ["wechat", "wechat_by_certificate", "alipay", "alipay_by_certificate", "unionpay", "chinaums"] {
        let till = Till::start(kind).await;
        let (id, number) = till.order(5_000).await;
        assert_eq!(till.balance().await, 0, "nothing is booked before the channel's word");
        till.sandbox.pay(&number).expect("it can be paid");
        till.until(&id, "success").await;
        assert_eq!(till.balance().await, 5_000, "{kind}");
        // Looked at again by everybody: still once.
        till.lunch.pass_s(10);
        let order = till.guardian.get(&till.orders(&id)).await.expect(200).json;
        assert_eq!((order["state"].as_str(), order["balance_after"]["fen"].as_i64()), (Some("success"), Some(5_000)));
        assert_eq!(order["presented"], Value::Null, "a paid order is not shown to be paid again");
        till.finance.post(&till.lunch.path(&format!("payment-orders/{id}/query")), json!({})).await.expect(200);
        assert_eq!(till.begin(&id, 5_000).await.expect(200).json["state"], "success");
        assert_eq!(till.balance().await, 5_000);
        assert_eq!(till.theirs().await, till.ours().await);
        till.lunch.books_are_whole().await;
    }
}

#[tokio::test]
async fn a_lost_call_back_is_made_good_by_asking() {
    let till = Till::start("wechat").await;
    till.faults(|faults| faults.lost_percent = 100);
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.sweep_after(6).await;
    assert_eq!(till.state(&id).await, "success");
    assert_eq!(till.balance().await, 5_000);
    // The result page asks, too.
    let (id, number) = till.order(2_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.lunch.pass_s(5);
    assert_eq!(till.guardian.get(&till.orders(&id)).await.expect(200).json["state"], "success");
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn an_unknown_answer_is_never_a_failure() {
    let till = Till::start("wechat").await;
    till.faults(|faults| faults.server_error_percent = 100);
    let id = till.lunch.name().to_string();
    let begun = till.begin(&id, 5_000).await.expect(200).json;
    assert_eq!((begun["state"].as_str(), &begun["presented"]), (Some("unknown"), &Value::Null));
    // The channel took it all the same; asked again under the same number it is shown.
    till.faults(|_| {});
    let again = till.begin(&id, 5_000).await.expect(200).json;
    assert_eq!((again["state"].as_str(), again["number"].as_str()), (Some("paying"), begun["number"].as_str()));
    till.sandbox.pay(again["number"].as_str().expect("a number")).expect("it can be paid");
    till.until(&id, "success").await;
    assert_eq!(till.balance().await, 5_000);
}

#[tokio::test]
async fn an_order_is_closed_by_the_channel_only() {
    let till = Till::start("wechat").await;
    // Given up by the guardian.
    let (id, _) = till.order(5_000).await;
    assert_eq!(till.guardian.delete(&till.orders(&id)).await.expect(200).json["state"], "closed");
    // Over by time.
    let (id, _) = till.order(5_000).await;
    till.sweep_after(16 * 60).await;
    assert_eq!(till.state(&id).await, "closed");
    // Given up after it was paid: it is paid.
    till.faults(|faults| faults.lost_percent = 100);
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    assert_eq!(till.guardian.delete(&till.orders(&id)).await.expect(200).json["state"], "success");
    assert_eq!(till.balance().await, 5_000);
    // The channel is silent when it should close: it is asked until it speaks.
    till.faults(|faults| faults.server_error_percent = 100);
    let id = till.lunch.name().to_string();
    till.begin(&id, 1_000).await.expect(200);
    let closing = till.guardian.delete(&till.orders(&id)).await.expect(200).json;
    assert_eq!(closing["state"], "closing");
    till.faults(|_| {});
    till.sweep_after(30).await;
    assert_eq!(till.state(&id).await, "closed");
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn caps_have_their_own_words() {
    let till = Till::start("wechat").await;
    let check = async |amount: i64, code: &str| {
        let refused = till.begin(&till.lunch.name().to_string(), amount).await;
        assert_eq!(told(&refused), (422, code, "amount"), "{amount}");
        refused.json
    };
    check(50, "topup_under_minimum").await;
    assert_eq!(check(50_001, "topup_over_single_cap").await["cap"], 50_000);
    // What is on its way counts: two orders together must not pass the cap.
    till.order(50_000).await;
    till.order(40_000).await;
    assert_eq!(check(20_000, "topup_over_balance_cap").await["room"], 10_000);
    let options = till.guardian.get(&format!("/api/v1/guardian/children/{}/topup", till.binding)).await.expect(200);
    assert_eq!(options.json["room"]["fen"], 10_000);
    assert_eq!(options.json["channels"][0]["kind"], "wechat");
    let (other, _) = till.lunch.server.guardian("13800000002").await;
    let path = till.orders(&till.lunch.name().to_string());
    let ask = json!({"amount": fen(1_000), "account": till.account, "scene": "qr"});
    assert_eq!(other.put(&path, ask).await.status, 404, "another family's child looks absent");
}

#[tokio::test]
async fn a_refund_needs_two_and_goes_back_the_way_it_came() {
    let till = Till::start("wechat").await;
    till.faults(|_| {});
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.until(&id, "success").await;
    let refund = till.refund(&id, 2_000).await;
    let over = till.lunch.path(&format!("payment-orders/{id}/refunds/{}", till.lunch.name()));
    let over = till.finance.put(&over, json!({"amount": fen(3_001), "reason": "家长申请"})).await;
    assert_eq!((told(&over), over.json["room"].as_i64()), ((422, "over_paid", "amount"), Some(3_000)));
    assert_eq!(told(&till.decide(&till.finance, &refund, "approve").await).1, "same_person");
    assert_eq!(till.balance().await, 5_000, "nothing moves before the second person");
    till.decide(&till.second, &refund, "approve").await.expect(204);
    till.until(&id, "part_refunded").await;
    assert_eq!(till.balance().await, 3_000);
    till.decide(&till.second, &refund, "approve").await.expect(204);
    assert_eq!(told(&till.decide(&till.finance, &refund, "decline").await).1, "decided_before");
    let rest = till.refund(&id, 3_000).await;
    till.decide(&till.second, &rest, "approve").await.expect(204);
    till.until(&id, "refunded").await;
    assert_eq!((till.balance().await, till.theirs().await, till.ours().await), (0, 0, 0));
    till.lunch.books_are_whole().await;
}

yitong::sql! {
    ALARM = "UPDATE refund SET alarm = 1 WHERE id = $1";
    ALARMED = "SELECT alarm FROM refund WHERE id = $1";
}

#[tokio::test]
async fn an_alarm_of_a_refund_is_looked_into_and_settled() {
    let till = Till::start("wechat").await;
    till.faults(|_| {});
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.until(&id, "success").await;
    let order = till.guardian.get(&till.orders(&id)).await.expect(200).json;
    assert!(order["account_name"].as_str().is_some_and(|name| !name.is_empty()), "{order}");
    let refund = till.refund(&id, 2_000).await;
    let row: uuid::Uuid = refund.parse().expect("an id");
    let db = &till.lunch.server.app.db;
    assert_eq!(db.write("alarm", move |tx| tx.execute(&ALARM, &[row.into()])).await, Ok(1));
    let looked = till.lunch.path(&format!("refunds/{refund}/looked"));
    assert_eq!(told(&till.finance.post(&looked, json!({"note": " "})).await), (422, "reason_missing", "note"));
    till.finance.post(&looked, json!({"note": "渠道后台已退"})).await.expect(204);
    let alarmed = db.read(move |tx| tx.one(&ALARMED, &[row.into()])?.int(0)).await;
    assert_eq!(alarmed, Ok(0));
    let history = till.detail(&id).await["history"].to_string();
    assert!(history.contains("渠道后台已退"), "{history}");
    let unknown = till.lunch.path(&format!("refunds/{}/looked", till.lunch.name()));
    assert_eq!(till.finance.post(&unknown, json!({"note": "查无此单"})).await.status, 404);
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_asked_about_under_its_number() {
    let till = Till::start("wechat").await;
    till.faults(|_| {});
    let (id, number) = till.order(5_000).await;
    till.sandbox.pay(&number).expect("it can be paid");
    till.until(&id, "success").await;
    till.faults(|faults| {
        faults.server_error_percent = 100;
        faults.lost_percent = 100;
    });
    let refund = till.refund(&id, 5_000).await;
    till.decide(&till.second, &refund, "approve").await.expect(204);
    tokio::time::sleep(Duration::from_millis(200)).await;
    till.faults(|_| {});
    for _ in 0..5 {
        till.sweep_after(120).await;
    }
    assert_eq!(till.state(&id).await, "refunded");
    assert_eq!((till.balance().await, till.theirs().await, till.ours().await), (0, 0, 0));
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_week_of_faults_ends_with_equal_books() {
    let mut till = Till::start("wechat").await;
    till.lunch.policy(|policy| policy["topup"]["balance_cap"] = fen(9_000_000)).await;
    let mut paid = 0;
    for day in 0..7 {
        till.faults(|faults| {
            faults.seed = 100 + day;
            faults.lost_percent = 20;
            faults.doubled_percent = 20;
            faults.delayed_percent = 20;
            faults.delay_ms = 30;
            faults.reordered_percent = 20;
            faults.corrupted_percent = 20;
            faults.server_error_percent = 20;
        });
        for n in 0..6_i64 {
            let id = till.lunch.name().to_string();
            let begun = till.begin(&id, 1_000 + n).await.expect(200).json;
            let number = begun["number"].as_str().expect("a number");
            // Some are paid, some abandoned, some given up while they are being paid.
            match n % 3 {
                0 | 1 => paid += i64::from(till.sandbox.pay(number).is_ok()),
                _ => {
                    till.guardian.delete(&till.orders(&id)).await.expect(200);
                    paid += i64::from(till.sandbox.pay(number).is_ok());
                }
            }
            till.sweep_after(7).await;
        }
        for _ in 0..6 {
            till.sweep_after(4 * 3600).await;
        }
    }
    till.faults(|_| {});
    for _ in 0..30 {
        till.sweep_after(3_600).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    till.sign_in_again().await;
    assert!(paid > 10, "enough was paid for the test to mean something: {paid}");
    assert_eq!(till.theirs().await, till.ours().await, "our books and the channel's are equal");
    let open = till.finance.get(&till.lunch.path("payment-orders?limit=200")).await.expect(200).json;
    for order in open["items"].as_array().expect("orders") {
        let state = order["state"].as_str().expect("a state");
        assert!(["success", "closed", "failed", "refunded", "applied"].contains(&state), "{order}");
    }
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_nobody_signed_is_not_believed() {
    let till = Till::start("wechat").await;
    let check = async |name: &str, change: fn(&mut Faults)| {
        let (id, number) = till.order(1_000).await;
        till.faults(change);
        till.sandbox.pay(&number).expect("it can be paid");
        let mut refused = None;
        for _ in 0..200 {
            let told = till.sandbox.deliveries(Some(&number));
            refused = told.iter().find(|delivery| delivery.outcome == Outcome::NotTaken).cloned();
            if refused.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(refused.is_some(), "{name}: it was taken");
        assert_eq!(till.state(&id).await, "paying", "{name}");
        till.faults(|_| {});
        till.sweep_after(6).await;
        assert_eq!(till.state(&id).await, "success", "{name}: the channel is asked instead");
    };
    check("an altered byte", |faults| faults.corrupted_percent = 100).await;
    check("a probe", |faults| faults.probe_percent = 100).await;
    check("a stale time", |faults| faults.clock_shift_s = -301).await;
    let garbage = [("content-type", "application/json")];
    let path = format!("/api/v1/channels/{}/notify", till.account);
    assert!(till.guardian.send("POST", &path, &garbage, b"{}".to_vec()).await.status >= 400, "it is not taken");
    let nobody = format!("/api/v1/channels/{}/notify", till.lunch.name());
    assert_eq!(till.guardian.send("POST", &nobody, &garbage, b"{}".to_vec()).await.status, 404);
    assert_eq!(till.balance().await, 3_000);
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn another_amount_is_never_booked_but_acknowledged() {
    let till = Till::start("wechat").await;
    // The channel can't be reached when the order is made.
    let settings =
        |base: &str| json!({"kind": "wechat", "name": "微信", "active": true, "settings": {"base_url": base}});
    let path = till.lunch.path(&format!("channel-accounts/{}", till.account));
    till.finance.put(&path, settings("http://127.0.0.1:1")).await.expect(200);
    let id = till.lunch.name().to_string();
    let begun = till.begin(&id, 5_000).await.expect(200).json;
    assert_eq!(begun["state"], "unknown");
    till.finance.put(&path, settings(till.sandbox.address())).await.expect(200);
    // Somebody who holds the keys makes the same number there for less.
    let config = serde_json::from_value(till.sandbox.settings().wechat).expect("settings");
    let connector = wechat::Wechat::new(&config).expect("a connector");
    let now = till.lunch.server.app.now();
    let order = Order {
        number: begun["number"].as_str().expect("a number").to_owned(),
        scene: Scene::Qr,
        amount: yitong_values::Cents::new(1),
        description: "充值".into(),
        made_at: now,
        expires_at: now.plus_ms(600_000),
        notify_url: format!("{}/api/v1/channels/{}/notify", till.lunch.server.address, till.account),
        return_url: String::new(),
        payer: None,
        payer_ip: "127.0.0.1".into(),
    };
    let Ok(Start::Send(call)) = connector.create(&order, &Moment { now, nonce: [7; 16] }) else {
        panic!("WeChat is told of an order")
    };
    let outside = yitong::plumbing::outside::Outside::default();
    outside.send(&call, Duration::from_secs(5), 1 << 20).await.expect("the sandbox answers");
    till.sandbox.pay(&order.number).expect("it can be paid");
    till.until(&id, "disputed").await;
    let told = till.sandbox.deliveries(Some(&order.number));
    assert!(
        told.iter().any(|delivery| delivery.outcome == Outcome::Taken),
        "it is acknowledged: a repeat would not help"
    );
    assert_eq!(till.balance().await, 0);
    let detail = till.detail(&id).await;
    assert_eq!(detail["order"]["alarm"], true);
    let looked = till.lunch.path(&format!("payment-orders/{id}/looked"));
    let looked = till.finance.post(&looked, json!({"note": "与渠道核对"})).await.expect(200);
    assert_eq!(looked.json["order"]["alarm"], false);
}

#[tokio::test]
async fn money_that_comes_late_or_twice_finds_its_way() {
    let till = Till::start("wechat").await;
    till.faults(|_| {});
    // Two ways to pay one order, and both are paid: the second goes back by itself.
    let (id, number) = till.order(5_000).await;
    let other = till.begin_by(&id, 5_000, "mobile_web").await.expect(200).json;
    assert_ne!(other["number"], number.as_str());
    till.sandbox.pay(&number).expect("it can be paid");
    till.until(&id, "success").await;
    till.sandbox.pay(other["number"].as_str().expect("a number")).expect("both can be paid");
    let path = till.lunch.path("refunds?state=done");
    for _ in 0..100 {
        till.sweep_after(61).await;
        if !till.finance.get(&path).await.expect(200).json["items"].as_array().expect("refunds").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let refunds = till.finance.get(&path).await.expect(200).json;
    assert_eq!(
        (&refunds["items"][0]["reason"], &refunds["items"][0]["amount"]["fen"]),
        (&json!("twice"), &json!(5_000))
    );
    assert_eq!((till.state(&id).await.as_str(), till.balance().await), ("success", 5_000));
    assert_eq!((till.theirs().await, till.ours().await), (5_000, 5_000));
    till.lunch.books_are_whole().await;
}
