//! Callers are refused as the real channels refuse them.

use crate::journeys::{unionpay, wechat};
use crate::kit::World;
use yitong_channels::Call;
use yitong_channels::pay::{Connector, Order, Scene, Start};
use yitong_values::Cents;

fn order(world: &World, number: &str) -> Order {
    Order {
        number: number.to_owned(),
        scene: Scene::Qr,
        amount: Cents::new(100),
        description: "充值".to_owned(),
        made_at: world.now(),
        expires_at: world.now().plus_ms(900_000),
        notify_url: world.notify_url.clone(),
        return_url: "http://127.0.0.1:9/".to_owned(),
        payer: None,
        payer_ip: "127.0.0.1".to_owned(),
    }
}

async fn code(world: &World, call: &Call) -> (u16, String) {
    let reply = world.send(call).await;
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    (reply.status, body["code"].as_str().unwrap_or_default().to_owned())
}

fn created(connector: &dyn Connector, world: &World, order: &Order) -> Call {
    match connector.create(order, &world.moment()).unwrap() {
        Start::Send(call) => call,
        Start::Show(_) => panic!("this scene is asked for"),
    }
}

#[tokio::test]
async fn wechat_believes_nothing_unsigned() {
    let world = World::start().await;
    let connector = wechat(&world);
    let good = created(&connector, &world, &order(&world, "S20261124000001"));
    let without = |name: &str| {
        let mut call = good.clone();
        call.headers.retain(|(known, _)| known != name);
        call
    };
    assert_eq!(code(&world, &without("authorization")).await, (401, "SIGN_ERROR".into()));
    assert_eq!(code(&world, &without("user-agent")).await.0, 403);
    assert_eq!(code(&world, &without("content-type")).await.0, 415);
    let mut altered = good.clone();
    let text = String::from_utf8(altered.body).unwrap();
    altered.body = text.replace("\"total\":100", "\"total\":1").into_bytes();
    assert_eq!(code(&world, &altered).await, (401, "SIGN_ERROR".into()));
    let mut elsewhere = good.clone();
    elsewhere.url = elsewhere.url.replace("native", "jsapi");
    assert_eq!(code(&world, &elsewhere).await, (401, "SIGN_ERROR".into()));
    world.pass(301_000);
    assert_eq!(code(&world, &good).await, (401, "SIGN_ERROR".into()));
    world.pass(-301_000);
    assert_eq!(code(&world, &good).await, (200, String::new()));
}

#[tokio::test]
async fn a_number_means_one_order() {
    let world = World::start().await;
    let connector = wechat(&world);
    let first = order(&world, "S20261124000002");
    assert_eq!(code(&world, &created(&connector, &world, &first)).await.0, 200);
    let dearer = Order { amount: Cents::new(200), ..first.clone() };
    assert_eq!(code(&world, &created(&connector, &world, &dearer)).await, (400, "INVALID_REQUEST".into()));
    world.sandbox.pay(&first.number).unwrap();
    assert_eq!(code(&world, &created(&connector, &world, &first)).await, (400, "ORDERPAID".into()));
}

#[tokio::test]
async fn only_loopback_is_ever_called() {
    let world = World::start().await;
    let connector = wechat(&world);
    let far = Order { notify_url: "https://school.example/notify".into(), ..order(&world, "S20261124000003") };
    assert_eq!(code(&world, &created(&connector, &world, &far)).await, (400, "PARAM_ERROR".into()));
}

#[tokio::test]
async fn unionpay_believes_nothing_altered() {
    let world = World::start().await;
    let connector = unionpay(&world);
    let good = created(&connector, &world, &order(&world, "S20261124000004"));
    let resp_code = async |call: &Call| {
        let reply = world.send(call).await;
        let fields = yitong_channels::pay::unionpay::sign::from_answer_text(&reply.body).unwrap();
        yitong_channels::pay::unionpay::sign::field(&fields, "respCode").unwrap().to_owned()
    };
    let altered = |from: &str, to: &str| {
        let text = String::from_utf8(good.body.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        Call { body: text.replace(from, to).into_bytes(), ..good.clone() }
    };
    assert_eq!(resp_code(&altered("txnAmt=100", "txnAmt=1")).await, "11");
    assert_eq!(resp_code(&altered("merId=7", "merId=8")).await, "31");
    assert_eq!(resp_code(&altered("version=5.1.0", "version=5.0.0")).await, "10");
    assert_eq!(resp_code(&good).await, "00");
    let dearer = Order { amount: Cents::new(200), ..order(&world, "S20261124000004") };
    assert_eq!(resp_code(&created(&connector, &world, &dearer)).await, "12");
}
