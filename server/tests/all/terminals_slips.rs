//! What two tills that heard nobody charged twice: given back at night, once, and said to those whom it concerns.

use crate::agent::{Agent, how};
use crate::family::Family;
use crate::lunch::Lunch;
use crate::testkit::Client;
use serde_json::{Value, json};
use yitong::signin::roles::Role;
use yitong_sync::{Body, Sale};

/// The first stall has two tills.
async fn two_tills(lunch: &Lunch) -> [Agent; 2] {
    [Agent::enrolled(lunch, "一号机", 1).await, Agent::enrolled(lunch, "二号机", 2).await]
}

/// A sale so many seconds from now, of which the till tells later.
fn later(of: &Agent, lunch: &Lunch, person: &str, fen: i64, seconds: i64) -> Sale {
    let sale = of.sale(lunch, person, fen);
    Sale { at: sale.at.plus_ms(seconds * 1000), ..sale }
}

async fn night(lunch: &Lunch, day: i64, minute: i64) {
    lunch.at(day, 2, minute).await;
    yitong::terminals::look(&lunch.server.app).await.expect("a look");
}

async fn found(lunch: &Lunch, finance: &Client) -> Vec<Value> {
    let found = finance.get(&lunch.path("offline-findings?kind=twice")).await.expect(200).json;
    found["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn the_later_one_is_given_back_and_its_payer_told() {
    let family = Family::start(10_000).await;
    let (lunch, child) = (&family.lunch, &family.child);
    let [mut first, mut second] = two_tills(lunch).await;
    let (once, twice) = (later(&first, lunch, child, 800, 0), later(&second, lunch, child, 800, 4));
    // A drink at the same stall, and a second meal a minute later.
    let (drink, more) = (later(&second, lunch, child, 300, 6), later(&second, lunch, child, 800, 60));
    let records: Vec<_> = [&twice, &drink, &more].map(|sale| second.sold(lunch, sale, child)).into();
    // The later one is heard of first.
    second.post(lunch, &records).await;
    let sold = first.sold(lunch, &once, child);
    first.post(lunch, &[sold]).await;
    assert_eq!(lunch.money(child).await, (7_300, 0));
    family.tell().await;
    night(lunch, 1, -1).await;
    assert_eq!(lunch.money(child).await, (7_300, 0), "the night is not there yet");
    for minute in [0, 1] {
        night(lunch, 1, minute).await;
        assert_eq!(lunch.money(child).await, (8_100, 0), "once");
    }
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let findings = found(lunch, &finance).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    let purchase = twice.purchase.to_string();
    let seen = (&findings[0]["purchase"], &findings[0]["terminal_name"], &findings[0]["amount"]["fen"]);
    assert_eq!(seen, (&json!(purchase), &json!("二号机"), &json!(800)));
    let path = lunch.path(&format!("offline-findings/{purchase}/twice"));
    finance.put(&path, json!({"note": "已看过"})).await.expect(204);
    assert_eq!(found(lunch, &finance).await.len(), 0);
    family.tell().await;
    let inbox = family.parent.get("/api/v1/guardian/notices").await.expect(200);
    let inbox = String::from_utf8_lossy(&inbox.bytes).into_owned();
    assert!(inbox.contains("的消费 8.00 元因重复扣款已撤销并退回"), "{inbox}");
    // The till's own undoing comes too late, and changes nothing.
    let undone = second.write(lunch, Body::Undone { purchase: twice.purchase, by: None, amount: twice.amount });
    let receipt = second.post(lunch, &[undone]).await;
    assert_eq!(receipt["quarantined"], json!([]), "{receipt}");
    assert_eq!(lunch.money(child).await, (8_100, 0));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_was_meant_stays() {
    let lunch = Lunch::start().await;
    let [mut first, mut second] = two_tills(&lunch).await;
    let meant = lunch.rich_pupil("2026001", "王小明", 5_000).await;
    let (one, two) = (later(&first, &lunch, &meant, 800, 0), later(&first, &lunch, &meant, 800, 5));
    let mut confirmed = how(&meant, two.amount);
    confirmed.trace = "c1.0;d1.5;b1.5000.800".into();
    let records = [
        first.sold(&lunch, &one, &meant),
        first.write(&lunch, Body::Sold { sale: Sale { duplicate_confirmed: true, ..two }, how: confirmed }),
    ];
    first.post(&lunch, &records).await;
    // Undone by the till before the night: the other one is the only one.
    let undone = lunch.rich_pupil("2026002", "李小红", 5_000).await;
    let (one, two) = (later(&first, &lunch, &undone, 800, 0), later(&second, &lunch, &undone, 800, 5));
    let records = [
        first.sold(&lunch, &one, &undone),
        first.write(&lunch, Body::Undone { purchase: one.purchase, by: None, amount: one.amount }),
    ];
    first.post(&lunch, &records).await;
    let sold = second.sold(&lunch, &two, &undone);
    second.post(&lunch, &[sold]).await;
    night(&lunch, 1, 0).await;
    assert_eq!((lunch.money(&meant).await, lunch.money(&undone).await), ((3_400, 0), (4_200, 0)));
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    assert_eq!(found(&lunch, &finance).await.len(), 0);
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_journal_that_comes_days_later_is_compared_as_well() {
    let lunch = Lunch::start().await;
    let [mut first, second] = two_tills(&lunch).await;
    let person = lunch.rich_pupil("2026001", "王小明", 500).await;
    // Five seconds after a till by itself, the other one with the server's word; a part of the late one is arrears.
    let alone = later(&first, &lunch, &person, 400, -5);
    let heard = second.sale(&lunch, &person, 400);
    assert_eq!(second.put(&lunch, &heard).await["verdict"]["outcome"], "paid");
    lunch.pass_s(60);
    second.put(&lunch, &second.sale(&lunch, &person, 50)).await;
    night(&lunch, 1, 0).await;
    lunch.at(3, 12, 0).await;
    let sold = first.sold(&lunch, &alone, &person);
    first.post(&lunch, &[sold]).await;
    assert_eq!(lunch.money(&person).await, (0, 350));
    // The server slept for two nights meanwhile.
    night(&lunch, 5, 0).await;
    assert_eq!(lunch.money(&person).await, (400, 350), "what is collected later is collected at the next top-up");
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let findings = found(&lunch, &finance).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["terminal_name"], "一号机", "the one that heard nobody");
    assert_eq!(findings[0]["purchase"], heard.purchase.to_string(), "the later one goes");
    lunch.books_are_whole().await;
}
