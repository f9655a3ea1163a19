//! A mandate from the page to its end, and the debits between, at each channel through our connectors.

use crate::journeys::{alipay, wechat};
use crate::kit::{World, done, order_in};
use yitong_channels::pay::mandate::{Debit, Debited, Mandate, MandateKey, MandateState, Mandates};
use yitong_channels::pay::{Connector, Event, OrderKey, OrderState, Presented, Scene, Start};
use yitong_channels::{Call, Method, Outcome};
use yitong_sandbox::{DebitFate, Faults, MandateRefusal};
use yitong_values::Cents;

fn mandate(world: &World, number: &str, scene: Scene) -> Mandate {
    Mandate {
        number: number.to_owned(),
        scene,
        shown_as: "一通 0001".to_owned(),
        single_cap: Cents::new(20_000),
        made_at: world.now(),
        notify_url: world.notify_url.clone(),
        return_url: "http://127.0.0.1:9/back".to_owned(),
        payer: Some("payer-open-id".to_owned()),
    }
}

/// Where the payer's browser ends.
async fn sign(world: &World, mandates: &dyn Mandates, of: &Mandate) -> String {
    let at = world.moment();
    let presented = match mandates.sign(of, &at).expect("the mandate is well formed") {
        Start::Show(presented) => presented,
        Start::Send(call) => done(mandates.sign_begun(of, &world.send(&call).await, &at)),
    };
    let (Presented::Redirect { url } | Presented::Qr { text: url }) = presented else { panic!("a page") };
    let opened = world.send(&Call::get(url.clone())).await;
    let page = opened.headers.get("location").map_or(url, str::to_owned);
    assert!(world.send(&Call::get(page.clone())).await.text().is_some_and(|text| text.contains(&of.number)), "{page}");
    page
}

async fn ask(world: &World, mandates: &dyn Mandates, key: &MandateKey) -> MandateState {
    let at = world.moment();
    let call = mandates.query_mandate(key, &at).unwrap();
    done(mandates.mandate_queried(key, &world.send(&call).await, &at)).state
}

async fn told(world: &World, connector: &dyn Connector) -> yitong_channels::pay::mandate::ChannelMandate {
    match world.notice(connector).await.what {
        Event::Mandate(of) => of,
        other => panic!("{other:?}"),
    }
}

async fn debit(world: &World, mandates: &dyn Mandates, key: &MandateKey, number: &str) -> Outcome<Debited> {
    let at = world.moment();
    let debit = Debit {
        number: number.to_owned(),
        mandate: key.clone(),
        amount: Cents::new(5_000),
        description: "校园餐费自动充值".to_owned(),
        made_at: world.now(),
        expires_at: world.now().plus_ms(15 * 60_000),
        notify_url: world.notify_url.clone(),
    };
    let call = mandates.debit(&debit, &at).unwrap();
    mandates.debited(&debit, &world.send(&call).await, &at)
}

async fn state(world: &World, connector: &dyn Connector, number: &str) -> OrderState {
    let at = world.moment();
    let key =
        OrderKey { number: number.to_owned(), channel_number: None, made_at: world.now(), amount: Cents::new(5_000) };
    done(connector.queried(&key, &world.send(&connector.query(&key, &at).unwrap()).await, &at)).state
}

async fn journey(world: &World, connector: &dyn Connector, scene: Scene) {
    let mandates = connector.mandates().expect("the sandbox's accounts have the product");
    let of = mandate(world, "M20261124000001", scene);
    let mut key = MandateKey { number: of.number.clone(), channel_number: None };
    assert_eq!(ask(world, mandates, &key).await, MandateState::Absent);
    sign(world, mandates, &of).await;
    let before = ask(world, mandates, &key).await;
    assert!([MandateState::Absent, MandateState::Waiting].contains(&before), "{before:?}");
    world.sandbox.agree(&of.number).unwrap();
    let signed = told(world, connector).await;
    assert_eq!((signed.state, signed.number.as_str()), (MandateState::Signed, of.number.as_str()));
    key.channel_number = signed.channel_number;
    assert_eq!(ask(world, mandates, &key).await, MandateState::Signed);

    let outcome = debit(world, mandates, &key, "D20261124000001").await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    let notice = world.notice(connector).await;
    assert_eq!((order_in(&notice).state, order_in(&notice).amount), (OrderState::Paid, Some(Cents::new(5_000))));
    assert_eq!(state(world, connector, "D20261124000001").await, OrderState::Paid);
    // The same number again moves nothing.
    let again = debit(world, mandates, &key, "D20261124000001").await;
    assert!(!matches!(again, Outcome::Done(Debited::Paid(_))), "{again:?}");
    assert!(world.silence().await);

    world.faults(Faults { debit_fate: DebitFate::NotEnough, ..world.sandbox.faults() });
    match debit(world, mandates, &key, "D20261124000002").await {
        Outcome::Refused { code, .. } => {
            let why = mandates.debit_refusal(&code);
            assert_eq!(why, yitong_channels::pay::mandate::DebitRefusal::NotEnough, "{code}");
        }
        // Where a debit is taken first, its state says so later.
        Outcome::Done(Debited::Accepted) => {
            assert_eq!(state(world, connector, "D20261124000002").await, OrderState::Failed);
        }
        other => panic!("{other:?}"),
    }
    world.faults(Faults { debit_fate: DebitFate::Hang, ..world.sandbox.faults() });
    let hanging = debit(world, mandates, &key, "D20261124000003").await;
    assert!(!matches!(hanging, Outcome::Done(Debited::Paid(_)) | Outcome::Refused { .. }), "{hanging:?}");
    let hanging = state(world, connector, "D20261124000003").await;
    assert!([OrderState::Waiting, OrderState::Paying].contains(&hanging), "{hanging:?}");
    world.sandbox.pay("D20261124000003").unwrap();
    assert_eq!(order_in(&world.notice(connector).await).state, OrderState::Paid);

    world.faults(Faults { debit_fate: DebitFate::Done, ..world.sandbox.faults() });
    let at = world.moment();
    let call = mandates.end_mandate(&key, &at).unwrap();
    assert_eq!(done(mandates.mandate_ended(&key, &world.send(&call).await, &at)), MandateState::Ended);
    assert_eq!(told(world, connector).await.state, MandateState::Ended);
    assert_eq!(ask(world, mandates, &key).await, MandateState::Ended);
    let after = debit(world, mandates, &key, "D20261124000004").await;
    assert!(!matches!(after, Outcome::Done(_)), "{after:?}");
    assert_eq!(state(world, connector, "D20261124000004").await, OrderState::Absent);
}

#[tokio::test]
async fn alipay_by_key_and_by_certificate() {
    for scene in [Scene::InApp, Scene::MobileWeb, Scene::Qr] {
        let world = World::start().await;
        journey(&world, &alipay(world.sandbox.settings().alipay), scene).await;
    }
    let world = World::start().await;
    journey(&world, &alipay(world.sandbox.settings().alipay_by_certificate), Scene::InApp).await;
}

#[tokio::test]
async fn wechat_inside_and_outside_of_its_app() {
    for scene in [Scene::InApp, Scene::MobileWeb] {
        let world = World::start().await;
        journey(&world, &wechat(&world), scene).await;
    }
}

#[tokio::test]
async fn whoever_refuses_or_comes_late_has_not_agreed() {
    let world = World::start().await;
    let connector = alipay(world.sandbox.settings().alipay);
    let mandates = connector.mandates().unwrap();
    let of = mandate(&world, "M20261124000009", Scene::MobileWeb);
    let key = MandateKey { number: of.number.clone(), channel_number: None };
    let page = sign(&world, mandates, &of).await;
    let refused = world.send(&Call::post(page, "application/x-www-form-urlencoded", "deed=refuse")).await;
    assert_eq!(refused.status, 303);
    assert_eq!(ask(&world, mandates, &key).await, MandateState::Waiting);
    world.pass(11 * 60_000);
    assert_eq!(world.sandbox.agree(&of.number), Err(MandateRefusal::Over));
    assert_eq!(ask(&world, mandates, &key).await, MandateState::Absent);
    assert!(world.silence().await);
}

#[tokio::test]
async fn a_payer_ends_it_at_the_channel() {
    let world = World::start().await;
    let connector = wechat(&world);
    let mandates = connector.mandates().unwrap();
    let of = mandate(&world, "M20261124000010", Scene::InApp);
    let page = sign(&world, mandates, &of).await;
    for (deed, word) in [("agree", "已签约"), ("end", "已解约")] {
        let body = format!("deed={deed}");
        let reply = world.send(&Call::post(page.clone(), "application/x-www-form-urlencoded", body)).await;
        let after = reply.headers.get("location").expect("a place to go").to_owned();
        assert!(world.get(&after).await.text().expect("a page is text").contains(word), "{deed}");
        told(&world, &connector).await;
    }
    let (status, _) = world.json(Method::Post, "/mandates/M20261124000010/end", serde_json::json!({})).await;
    assert_eq!(status, 409);
    let (_, all) = world.json(Method::Get, "/mandates", serde_json::json!(null)).await;
    assert_eq!(all["mandates"][0]["state"], "ended");
}
