//! Messages to people: queued once, sent once, and only while they are true.

use crate::channel::Answer;
use crate::house::{HOUR_MS, House, notice, params};
use crate::testkit::{LUNCH, Server};
use std::time::Duration;
use uuid::Uuid;
use yitong::notices::{self, Channel, Kind, NewAddress, NewNotice, Scope, SealedAddress, run_due};
use yitong_values::GuardianId;

#[tokio::test]
async fn a_cause_that_is_told_twice_is_one_message() {
    let server = Server::start().await;
    let [mother, father] = [1, 2].map(|n| GuardianId::new(Uuid::from_u128(n)));
    assert!(server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(!server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(server.queue(notice(&server, "purchase:1:father", father)).await);
    let unread = server.app.db.read(move |tx| notices::unread(tx, mother.uuid())).await;
    assert_eq!(unread, Ok(1));
}

#[tokio::test]
async fn a_new_number_takes_the_place_of_the_old_one() {
    let server = Server::start().await;
    let owner = Uuid::from_u128(1);
    let seal = &server.app.seal;
    let at = |n: u32| SealedAddress::new(seal, owner, Channel::Sms, &format!("1380013800{n}"));
    let put = |address: SealedAddress| {
        let id = server.app.new_id();
        let new = NewAddress { id, owner, channel: Channel::Sms, scope: Scope::Server, address, at: LUNCH };
        server.app.db.write("address", move |tx| notices::put_address(tx, &new))
    };
    for n in [1, 1, 2] {
        put(at(n)).await.expect("it is kept");
    }
    let dropped = server.app.db.write("drop", move |tx| notices::drop_addresses(tx, owner, Channel::Sms)).await;
    assert_eq!(dropped, Ok(1), "the last one only");
}

#[tokio::test]
async fn several_workers_send_each_message_once() {
    let house = House::start().await;
    house.subscribe("a").await;
    for _ in 0..15 {
        house.tell(Kind::Topup).await;
    }
    let runs = (0..4).map(|_| {
        let app = house.server.app.clone();
        tokio::spawn(async move { run_due(&app).await })
    });
    let mut taken = 0;
    for run in runs.collect::<Vec<_>>() {
        taken += run.await.expect("no panic").expect("it works");
    }
    assert_eq!((taken, house.push.asked().len()), (15, 15));
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_repeats_one_message() {
    let house = House::start().await;
    house.sms.next([Answer::Silence(Duration::from_secs(30))]);
    let told = house.tell(Kind::Frozen).await;
    let app = house.server.app.clone();
    let dying = tokio::spawn(async move { run_due(&app).await.map(|_| ()) });
    let mut first = Vec::new();
    while first.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first = house.sms.asked();
    }
    dying.abort();
    assert!(dying.await.is_err(), "it died while the channel had it");
    assert_eq!(house.run().await, 0, "whoever took it holds it");
    house.later(61_000);
    assert_eq!(house.run().await, 1);
    let second = house.sms.asked();
    assert_eq!(second.len(), 1);
    assert_eq!(first[0].query("OutId"), second[0].query("OutId"), "the same name, so the channel can drop it");
    House::check_state(house.state(told).await, "sent", &[("sms", "accepted")]);
    assert_eq!(house.run().await, 0);
}

#[tokio::test]
async fn what_is_not_true_any_more_is_not_told() {
    let house = House::start().await;
    house.server.app.notices.look_again(Kind::LowBalance, |_, kept| Ok(kept.params["balance"] == "100"));
    let with = |balance: &str| {
        let values = params(&[("child", "张三"), ("balance", balance), ("amount", "0")]);
        NewNotice { params: values, ..house.notice(Kind::LowBalance) }
    };
    let (still, past) = (with("100"), with("200"));
    let ids = [still.id, past.id];
    for new in [still, past] {
        assert!(house.server.queue(new).await);
    }
    house.run().await;
    House::check_state(house.state(ids[0]).await, "sent", &[("sms", "accepted")]);
    House::check_state(house.state(ids[1]).await, "dropped", &[]);
    let inbox = house.mother.get("/api/v1/guardian/notices").await.expect(200).json;
    assert_eq!(inbox["items"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn nobody_wants_yesterdays_message() {
    let house = House::start().await;
    house.sms.next(vec![Answer::Say(503, String::new()); 20]);
    let soon = house.server.app.now().plus_ms(30_000);
    let new = NewNotice { expires_at: soon, ..house.notice(Kind::Frozen) };
    let told = new.id;
    assert!(house.server.queue(new).await);
    for _ in 0..6 {
        house.run().await;
        house.later(10_000);
    }
    House::check_state(house.state(told).await, "expired", &[("sms", "waiting")]);
    let asked = house.sms.asked().len();
    house.later(HOUR_MS);
    house.run().await;
    assert!(house.sms.asked().is_empty() && asked >= 1);
}
