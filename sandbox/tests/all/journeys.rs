//! An order from its making to the bill, at each channel, through our connectors.

use crate::kit::{World, done, key_of, order_in};
use yitong_channels::Outcome;
use yitong_channels::pay::alipay::Alipay;
use yitong_channels::pay::chinaums::ChinaUms;
use yitong_channels::pay::unionpay::UnionPay;
use yitong_channels::pay::wechat::Wechat;
use yitong_channels::pay::{
    BillKind, BillLineKind, BillStep, Closed, Connector, Event, OrderState, Refund, RefundKey, RefundState, Scene,
};
use yitong_sandbox::Faults;
use yitong_values::{Cents, DAY_MS};

pub fn wechat(world: &World) -> Wechat {
    let settings = world.sandbox.settings().wechat;
    Wechat::new(&serde_json::from_value(settings).expect("these are a connector's settings")).expect("good settings")
}

pub fn unionpay(world: &World) -> UnionPay {
    let settings = world.sandbox.settings().unionpay;
    UnionPay::read(&serde_json::from_value(settings).expect("these are a connector's settings")).expect("good settings")
}

pub fn alipay(settings: serde_json::Value) -> Alipay {
    Alipay::new(&serde_json::from_value(settings).expect("these are a connector's settings")).expect("good settings")
}

pub fn chinaums(world: &World) -> ChinaUms {
    let settings = world.sandbox.settings().chinaums;
    ChinaUms::read(&serde_json::from_value(settings).expect("these are a connector's settings")).expect("good settings")
}

/// Pay, hear of it, ask, give a part back, hear of it, ask, and find both in the bill of the next morning.
async fn journey(world: &World, connector: &dyn Connector, scene: Scene, number: &str) {
    let order = world.order(connector, number, scene, 1250).await;
    let at = world.moment();
    let key = key_of(&order, None);
    let ask = async || done(connector.queried(&key, &world.send(&connector.query(&key, &at).unwrap()).await, &at));
    let before = ask().await.state;
    assert!([OrderState::Waiting, OrderState::Absent, OrderState::Paying].contains(&before), "{before:?}");

    world.sandbox.fail(number).unwrap();
    world.sandbox.pay(number).unwrap();
    let notice = world.notice(connector).await;
    let told = order_in(&notice);
    assert_eq!((told.number.as_str(), told.state, told.amount), (number, OrderState::Paid, Some(order.amount)));
    let paid = ask().await;
    assert_eq!(
        (paid.state, paid.amount, paid.channel_number.clone()),
        (told.state, told.amount, told.channel_number.clone())
    );
    let closing = connector.closed(&key, &world.send(&connector.close(&key, &at).unwrap()).await, &at);
    assert!(!matches!(closing, Outcome::Done(Closed::Closed | Closed::Absent)), "{closing:?}");

    let refund = |number: String, fen| Refund {
        order: key_of(&order, paid.channel_number.clone()),
        number,
        amount: Cents::new(fen),
        reason: "退款".to_owned(),
        made_at: world.now(),
        notify_url: world.notify_url.clone(),
    };
    let part = refund(format!("{number}R1"), 250);
    let sent = connector.refund(&part, &at).unwrap();
    let state = done(connector.refunded(&part, &world.send(&sent).await, &at)).state;
    assert!([RefundState::Processing, RefundState::Done].contains(&state), "{state:?}");
    let notice = world.notice(connector).await;
    assert!(matches!(&notice.what, Event::Refund { .. } | Event::Order(_)), "{notice:?}");
    let refund_key = RefundKey {
        order: part.order.clone(),
        number: part.number.clone(),
        channel_number: None,
        made_at: part.made_at,
    };
    let asked = connector.query_refund(&refund_key, &at).unwrap();
    let told = done(connector.refund_queried(&refund_key, &world.send(&asked).await, &at));
    assert_eq!(told.state, RefundState::Done);
    // China UMS names the sum of all refunds there, which is no amount of this one.
    assert!(told.amount.is_none_or(|amount| amount == part.amount), "{told:?}");
    // Never done: more than is left, in whatever words the channel says so.
    let rest = refund(format!("{number}R2"), 1001);
    let reply = world.send(&connector.refund(&rest, &at).unwrap()).await;
    assert!(!matches!(connector.refunded(&rest, &reply, &at), Outcome::Done(_)));

    world.pass(DAY_MS);
    let day = order.made_at.china_day();
    let file = match world.bill(connector, day, BillKind::Trades).await {
        BillStep::Ready(file) => file,
        // China UMS brings its bill by other ways than this interface.
        BillStep::None => return,
        other => panic!("{other:?}"),
    };
    let bill = connector.read_bill(day, BillKind::Trades, &file).unwrap();
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.kind, line.number.as_str(), line.amount.fen())).collect();
    assert_eq!(lines, [(BillLineKind::Payment, number, 1250), (BillLineKind::Refund, number, 250)]);
    assert_eq!(bill.lines[1].refund_number.as_deref(), Some(part.number.as_str()));
    world.pass(-DAY_MS);
    let totals = world.get(&format!("/books?day={day}")).await;
    assert!(String::from_utf8_lossy(&totals.body).contains("\"paid_fen\":1250"));
}

#[tokio::test]
async fn wechat_in_every_scene() {
    for (scene, number) in
        [(Scene::InApp, "W20261124000001"), (Scene::MobileWeb, "W20261124000002"), (Scene::Qr, "W20261124000003")]
    {
        let world = World::start().await;
        journey(&world, &wechat(&world), scene, number).await;
    }
}

#[tokio::test]
async fn unionpay_in_every_scene() {
    for (scene, number) in [(Scene::MobileWeb, "U20261124000001"), (Scene::Qr, "U20261124000002")] {
        let world = World::start().await;
        journey(&world, &unionpay(&world), scene, number).await;
    }
}

#[tokio::test]
async fn alipay_in_every_scene_by_key_and_by_certificate() {
    for (scene, number) in
        [(Scene::InApp, "A20261124000001"), (Scene::MobileWeb, "A20261124000002"), (Scene::Qr, "A20261124000003")]
    {
        let world = World::start().await;
        journey(&world, &alipay(world.sandbox.settings().alipay), scene, number).await;
        let world = World::start().await;
        journey(&world, &alipay(world.sandbox.settings().alipay_by_certificate), scene, number).await;
    }
}

/// The older way at WeChat: the certificate that signs is fetched, sealed under the APIv3 key.
#[tokio::test]
async fn wechat_by_certificate() {
    let world = World::start().await;
    let settings = world.sandbox.settings().wechat_by_certificate;
    let connector = Wechat::new(&serde_json::from_value(settings).unwrap()).unwrap();
    journey(&world, &connector, Scene::InApp, "W20261124000021").await;
}

#[tokio::test]
async fn chinaums_in_every_scene() {
    for (scene, number) in
        [(Scene::InApp, "C20261124000001"), (Scene::MobileWeb, "C20261124000002"), (Scene::Qr, "C20261124000003")]
    {
        let world = World::start().await;
        journey(&world, &chinaums(&world), scene, number).await;
    }
}

#[tokio::test]
async fn wechat_closes_what_nobody_paid() {
    let world = World::start().await;
    let connector = wechat(&world);
    let order = world.order(&connector, "W20261124000009", Scene::Qr, 100).await;
    let (key, at) = (key_of(&order, None), world.moment());
    let call = connector.close(&key, &at).unwrap();
    assert_eq!(done(connector.closed(&key, &world.send(&call).await, &at)), Closed::Closed);
    assert!(world.sandbox.pay(&order.number).is_err());
    let asked = connector.query(&key, &at).unwrap();
    assert_eq!(done(connector.queried(&key, &world.send(&asked).await, &at)).state, OrderState::Closed);
    let absent = key_of(&yitong_channels::pay::Order { number: "W2026112400NEVER".into(), ..order }, None);
    let call = connector.query(&absent, &at).unwrap();
    assert_eq!(done(connector.queried(&absent, &world.send(&call).await, &at)).state, OrderState::Absent);
}

#[tokio::test]
async fn an_order_runs_out_by_itself() {
    let world = World::start().await;
    let connector = wechat(&world);
    let order = world.order(&connector, "W20261124000010", Scene::InApp, 100).await;
    world.pass(15 * 60_000);
    assert!(world.sandbox.pay(&order.number).is_err());
}

/// The funds bill proves the money: it adds up to what the trades say, less the fees.
async fn funds_add_up(world: &World, connector: &dyn Connector) {
    for (n, fen) in [(1, 1000), (2, 2550)] {
        let order = world.order(connector, &format!("W2026112400010{n}"), Scene::InApp, fen).await;
        world.sandbox.pay(&order.number).unwrap();
    }
    world.faults(Faults { bills_at_once: true, ..world.sandbox.faults() });
    let day = world.now().china_day();
    let BillStep::Ready(file) = world.bill(connector, day, BillKind::Funds).await else { panic!("a bill is there") };
    let bill = connector.read_bill(day, BillKind::Funds, &file).unwrap();
    assert_eq!(bill.lines.len(), 4);
    let sum: i64 = bill.lines.iter().map(|line| line.amount.fen()).sum();
    assert_eq!(sum, 1000 + 6 + 2550 + 15);
}

#[tokio::test]
async fn wechats_funds_add_up() {
    let world = World::start().await;
    funds_add_up(&world, &wechat(&world)).await;
}

#[tokio::test]
async fn alipays_funds_add_up() {
    let world = World::start().await;
    funds_add_up(&world, &alipay(world.sandbox.settings().alipay)).await;
}
