//! What goes wrong on purpose, and that our connectors take it for what it is.

use crate::journeys::{alipay, chinaums, unionpay, wechat};
use crate::kit::{World, done, key_of, order_in};
use yitong_channels::pay::{BillError, BillKind, BillStep, Closed, Connector, NotifyRefusal, OrderState, Scene, Start};
use yitong_channels::{Headers, Method, Outcome as Said, Reply};
use yitong_sandbox::{Faults, Outcome};
use yitong_values::DAY_MS;

/// One notification, sent once.
const ONCE: fn() -> Faults = || Faults { schedule_scale: 0, ..Faults::default() };

#[tokio::test]
async fn a_lost_notification_is_found_by_asking() {
    let world = World::start().await;
    let connector = wechat(&world);
    world.faults(Faults { lost_percent: 100, ..ONCE() });
    let order = world.order(&connector, "F20261124000001", Scene::InApp, 100).await;
    world.sandbox.pay(&order.number).unwrap();
    assert!(world.silence().await);
    let (key, at) = (key_of(&order, None), world.moment());
    let closing = connector.close(&key, &at).unwrap();
    assert_eq!(done(connector.closed(&key, &world.send(&closing).await, &at)), Closed::AlreadyPaid);
    let outcomes: Vec<Outcome> = world.sandbox.deliveries(Some(&order.number)).iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Lost]);
}

#[tokio::test]
async fn a_doubled_one_names_the_same_event() {
    let world = World::start().await;
    let connector = wechat(&world);
    world.faults(Faults { doubled_percent: 100, ..ONCE() });
    let order = world.order(&connector, "F20261124000002", Scene::InApp, 100).await;
    world.sandbox.pay(&order.number).unwrap();
    let (first, second) = (world.notice(&connector).await, world.notice(&connector).await);
    assert_eq!(first, second);
}

#[tokio::test]
async fn one_that_is_not_taken_comes_again_on_schedule() {
    let world = World::start().await;
    let connector = wechat(&world);
    // A second of WeChat's schedule is a millisecond here.
    world.faults(Faults { schedule_scale: 1, ..Faults::default() });
    world.answer_with(Reply::new(500, Headers::default(), "{}"));
    let order = world.order(&connector, "F20261124000003", Scene::InApp, 100).await;
    world.sandbox.pay(&order.number).unwrap();
    let first = world.notice(&connector).await;
    let second = world.notice(&connector).await;
    assert_eq!(first.event, second.event);
    world.answer_with(connector.acknowledge(true));
    let third = world.notice(&connector).await;
    assert_eq!(first.event, third.event);
    assert!(world.silence().await);
}

#[tokio::test]
async fn a_corrupted_one_is_not_believed_and_the_next_is() {
    let world = World::start().await;
    world.faults(Faults { corrupted_percent: 100, ..ONCE() });
    let (wechat, unionpay, chinaums) = (wechat(&world), unionpay(&world), chinaums(&world));
    let alipay = alipay(world.sandbox.settings().alipay);
    let connectors: [(&dyn Connector, Scene, &str); 4] = [
        (&wechat, Scene::InApp, "F20261124000004"),
        (&unionpay, Scene::Qr, "F20261124000005"),
        (&alipay, Scene::Qr, "F20261124000006"),
        (&chinaums, Scene::Qr, "F20261124000007"),
    ];
    for (connector, scene, number) in connectors {
        world.order(connector, number, scene, 100).await;
        world.sandbox.pay(number).unwrap();
        let letter = world.letter().await;
        let refusal = connector.notified(&letter.headers, &letter.body, &world.moment());
        assert!(refusal.is_err(), "{refusal:?}");
    }
}

#[tokio::test]
async fn a_probe_is_refused() {
    let world = World::start().await;
    let connector = wechat(&world);
    world.faults(Faults { probe_percent: 100, ..ONCE() });
    let order = world.order(&connector, "F20261124000006", Scene::InApp, 100).await;
    world.sandbox.pay(&order.number).unwrap();
    let letter = world.letter().await;
    let refusal = connector.notified(&letter.headers, &letter.body, &world.moment());
    assert_eq!(refusal, Err(NotifyRefusal::BadSignature));
}

#[tokio::test]
async fn one_is_overtaken_by_another() {
    let world = World::start().await;
    let connector = wechat(&world);
    let (first, second) = ("F20261124000007", "F20261124000008");
    for number in [first, second] {
        world.order(&connector, number, Scene::InApp, 100).await;
    }
    world.faults(Faults { reordered_percent: 100, ..ONCE() });
    world.sandbox.pay(first).unwrap();
    while world.sandbox.deliveries(Some(first)).is_empty() {
        tokio::task::yield_now().await;
    }
    world.faults(ONCE());
    world.sandbox.pay(second).unwrap();
    let order = [world.notice(&connector).await, world.notice(&connector).await];
    assert_eq!(order.each_ref().map(|notice| order_in(notice).number.as_str()), [second, first]);
}

/// The most treacherous answer: the work is done, and the words say that it failed.
#[tokio::test]
async fn a_500_after_the_work_is_unknown_and_asking_again_is_safe() {
    let world = World::start().await;
    let connector = wechat(&world);
    world.faults(Faults { server_error_percent: 100, ..ONCE() });
    let order = yitong_channels::pay::Order { number: "F20261124000011".into(), ..world_order(&world) };
    let at = world.moment();
    let Start::Send(call) = connector.create(&order, &at).unwrap() else { panic!("WeChat is asked") };
    let outcome = connector.created(&order, &world.send(&call).await, &at);
    assert!(matches!(outcome, Said::Unknown { .. }), "{outcome:?}");
    let payer = format!("/orders/{}/fail", order.number);
    assert_eq!(world.json(Method::Post, &payer, serde_json::Value::Null).await.0, 200);
    world.faults(ONCE());
    let repeated = connector.created(&order, &world.send(&call).await, &at);
    assert!(matches!(repeated, Said::Done(_)), "{repeated:?}");
}

fn world_order(world: &World) -> yitong_channels::pay::Order {
    yitong_channels::pay::Order {
        number: String::new(),
        scene: Scene::Qr,
        amount: yitong_values::Cents::new(100),
        description: "充值".into(),
        made_at: world.now(),
        expires_at: world.now().plus_ms(900_000),
        notify_url: world.notify_url.clone(),
        return_url: "http://127.0.0.1:9/".into(),
        payer: None,
        payer_ip: "127.0.0.1".into(),
    }
}

#[tokio::test]
async fn a_shifted_clock_is_refused_on_both_sides() {
    let world = World::start().await;
    let connector = wechat(&world);
    let order = world.order(&connector, "F20261124000012", Scene::InApp, 100).await;
    world.faults(Faults { clock_shift_s: 600, ..ONCE() });
    let (key, at) = (key_of(&order, None), world.moment());
    let reply = world.send(&connector.query(&key, &at).unwrap()).await;
    assert_eq!(reply.status, 401);
    assert!(matches!(connector.queried(&key, &reply, &at), Said::Unknown { .. }));
    world.sandbox.pay(&order.number).unwrap();
    let letter = world.letter().await;
    assert_eq!(connector.notified(&letter.headers, &letter.body, &world.moment()), Err(NotifyRefusal::Stale));
}

/// Each planted difference is one that comparing finds: here that the bill still reads, and differs in that alone.
#[tokio::test]
async fn bills_differ_as_they_are_told_to() {
    let world = World::start().await;
    let connector = wechat(&world);
    for (n, fen) in [(1, 1000), (2, 2000), (3, 3000)] {
        let order = world.order(&connector, &format!("F2026112400020{n}"), Scene::InApp, fen).await;
        world.sandbox.pay(&order.number).unwrap();
        world.pass(1000);
    }
    let day = world.now().china_day();
    world.pass(DAY_MS);
    let read = async |faults: Faults| {
        world.faults(faults);
        let BillStep::Ready(file) = world.bill(&connector, day, BillKind::Trades).await else { panic!("a bill") };
        let bill = connector.read_bill(day, BillKind::Trades, &file)?;
        Ok(bill.lines.iter().map(|line| (line.amount.fen(), line.fee_milli)).collect::<Vec<_>>())
    };
    let honest = vec![(1000, 6000), (2000, 12_000), (3000, 18_000)];
    assert_eq!(read(ONCE()).await, Ok(honest.clone()));
    assert_eq!(read(Faults { bill_missing_line: true, ..ONCE() }).await, Ok(honest[1..].to_vec()));
    assert_eq!(read(Faults { bill_extra_line: true, ..ONCE() }).await.map(|lines| lines.len()), Ok(4));
    let other = vec![(1001, 6000), (2000, 12_000), (3000, 18_000)];
    assert_eq!(read(Faults { bill_other_amount: true, ..ONCE() }).await, Ok(other));
    let other = vec![(1000, 6000), (2000, 12_000), (3000, 19_000)];
    assert_eq!(read(Faults { bill_other_fee: true, ..ONCE() }).await, Ok(other));
    let cut = read(Faults { bill_cut: true, ..ONCE() }).await;
    assert!(matches!(cut, Err(BillError::Totals { .. })), "{cut:?}");
}

#[tokio::test]
async fn bills_come_in_the_morning() {
    let world = World::start().await;
    let connector = wechat(&world);
    let day = world.now().china_day();
    let order = world.order(&connector, "F20261124000301", Scene::InApp, 100).await;
    world.sandbox.pay(&order.number).unwrap();
    assert_eq!(world.bill(&connector, day, BillKind::Trades).await, BillStep::Empty);
    world.pass(18 * 3_600_000);
    assert_eq!(world.bill(&connector, day, BillKind::Trades).await, BillStep::NotReady);
    world.pass(5 * 3_600_000);
    assert!(matches!(world.bill(&connector, day, BillKind::Trades).await, BillStep::Ready(_)));
    assert_eq!(world.bill(&connector, day.plus_days(-1), BillKind::Trades).await, BillStep::Empty);
}

#[tokio::test]
async fn a_failed_try_is_no_failed_order() {
    let world = World::start().await;
    let connector = unionpay(&world);
    let order = world.order(&connector, "F20261124000401", Scene::MobileWeb, 100).await;
    world.sandbox.fail(&order.number).unwrap();
    let (key, at) = (key_of(&order, None), world.moment());
    let reply = world.send(&connector.query(&key, &at).unwrap()).await;
    assert_eq!(done(connector.queried(&key, &reply, &at)).state, OrderState::Failed);
    world.sandbox.pay(&order.number).unwrap();
    assert_eq!(order_in(&world.notice(&connector).await).state, OrderState::Paid);
}
