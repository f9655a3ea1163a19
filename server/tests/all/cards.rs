//! Cards that name a person by their number: bound, lost, found, replaced; and what they buy at a terminal.

use crate::agent::{Agent, how};
use crate::lunch::{Lunch, fen, told};
use serde_json::{Value, json};
use yitong::signin::roles::Role;
use yitong_sync::wire::people::PeoplePage;
use yitong_sync::{Body, PayerShown, Sale};

async fn bind(lunch: &Lunch, person: &str, number: &str) -> String {
    let id = lunch.name().to_string();
    let path = lunch.path(&format!("people/{person}/cards/{id}"));
    lunch.admin.put(&path, json!({"number": number})).await.expect(200);
    id
}

/// The numbers that a terminal has of a person.
async fn mirrored(lunch: &Lunch, agent: &Agent, person: &str) -> Vec<String> {
    let bytes = agent.get(lunch, "people?since=0&limit=100").await.expect(200).bytes;
    let page: PeoplePage = serde_json::from_slice(&bytes).expect("a page");
    page.items.into_iter().find(|of| of.id.to_string() == person).map(|of| of.cards).unwrap_or_default()
}

fn by_card(lunch: &Lunch, agent: &Agent, number: &str, fen: i64) -> Sale {
    let sale = agent.sale(lunch, &lunch.name().to_string(), fen);
    Sale { payer: PayerShown::Card(number.into()), photo_checked: true, ..sale }
}

#[tokio::test]
async fn a_number_belongs_to_one_person_at_a_time() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let (one, two) = (lunch.pupil("2026001", "王小明").await, lunch.pupil("2026002", "李小红").await);
    let put = async |person: &str, id: &str, ask: Value| {
        lunch.admin.put(&lunch.path(&format!("people/{person}/cards/{id}")), ask).await
    };
    let id = lunch.name().to_string();
    assert_eq!(told(&put(&one, &id, json!({"number": "12"})).await), (422, "bad_card_number", "number"));
    let bound = put(&one, &id, json!({"number": "04:a2:3b:1c"})).await.expect(200).json;
    assert_eq!((&bound["mask"], &bound["state"]), (&json!("••••3B1C"), &json!("active")));
    assert!(!bound.to_string().contains("04A23B"), "the number is not given out: {bound}");
    put(&one, &id, json!({"number": "04A23B1C"})).await.expect(200);
    let other = lunch.name().to_string();
    assert_eq!(told(&put(&two, &other, json!({"number": "04 A2 3B 1C"})).await), (409, "card_taken", "number"));
    assert_eq!(told(&put(&two, &id, json!({"number": "04FFEE00"})).await), (409, "name_taken", "card"));
    assert_eq!(put(&lunch.name().to_string(), &other, json!({"number": "04FFEE00"})).await.status, 404);
    let found = lunch.admin.get(&lunch.path("cards?number=04a23b1c")).await.expect(200).json;
    assert_eq!((&found["name"], &found["card"]["id"]), (&json!("王小明"), &json!(id)));
    assert_eq!(mirrored(&lunch, &agent, &one).await, ["04A23B1C"]);
    // Lost, found, replaced, given to the next child.
    let loss = lunch.path(&format!("cards/{id}/loss"));
    lunch.admin.put(&loss, json!({})).await.expect(204);
    assert!(mirrored(&lunch, &agent, &one).await.is_empty());
    assert_eq!(told(&put(&two, &other, json!({"number": "04A23B1C"})).await).0, 409, "a lost card is still theirs");
    lunch.admin.delete(&loss).await.expect(204);
    let next = lunch.name().to_string();
    put(&one, &next, json!({"number": "04112233", "replaces": id})).await.expect(200);
    assert_eq!(mirrored(&lunch, &agent, &one).await, ["04112233"]);
    put(&two, &other, json!({"number": "04A23B1C"})).await.expect(200);
    assert_eq!(mirrored(&lunch, &agent, &two).await, ["04A23B1C"]);
    lunch.admin.put(&loss, json!({})).await.expect(204);
    assert_eq!(mirrored(&lunch, &agent, &two).await, ["04A23B1C"], "what ended stays ended, and is nobody else's loss");
    let list = lunch.admin.get(&lunch.path(&format!("people/{one}/cards"))).await.expect(200).json;
    let states: Vec<_> = list["items"].as_array().expect("a list").iter().map(|of| of["state"].clone()).collect();
    assert!(states.contains(&json!("active")) && states.contains(&json!("ended")) && states.len() == 2, "{list}");
    lunch.admin.delete(&lunch.path(&format!("cards/{other}"))).await.expect(204);
    assert!(mirrored(&lunch, &agent, &two).await.is_empty());
    let audit = lunch.admin.get(&lunch.path("audit")).await.expect(200).json.to_string();
    assert!(audit.contains("card.bind") && !audit.contains("04A23B1C"), "the trail holds no number");
    for n in 0..8 {
        bind(&lunch, &two, &format!("0500000{n}")).await;
    }
    let ninth = put(&two, &lunch.name().to_string(), json!({"number": "05AAAAAA"})).await;
    assert_eq!(told(&ninth), (422, "too_many", "number"));
}

#[tokio::test]
async fn a_number_buys_little_and_somebody_looked() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 10_000).await;
    let id = bind(&lunch, &person, "04A23B1C").await;
    let paid = agent.put(&lunch, &by_card(&lunch, &agent, "04A23B1C", 1_999)).await;
    assert_eq!((&paid["verdict"]["outcome"], &paid["person"]), (&json!("paid"), &json!(person)), "{paid}");
    lunch.pass_s(30);
    let refused = async |sale: Sale| agent.put(&lunch, &sale).await["verdict"]["code"].clone();
    assert_eq!(refused(by_card(&lunch, &agent, "04A23B1C", 2_001)).await, "over_card_cap");
    let unseen = Sale { photo_checked: false, ..by_card(&lunch, &agent, "04A23B1C", 100) };
    assert_eq!(refused(unseen.clone()).await, "photo_not_checked");
    assert_eq!(refused(by_card(&lunch, &agent, "04FFFFFF", 100)).await, "card_unknown");
    // The same name again gets the first answer, also when the card was lost meanwhile.
    let sale = by_card(&lunch, &agent, "04A23B1C", 150);
    let first = agent.put(&lunch, &sale).await;
    lunch.admin.put(&lunch.path(&format!("cards/{id}/loss")), json!({})).await.expect(204);
    assert_eq!(agent.put(&lunch, &sale).await["verdict"], first["verdict"]);
    assert_eq!(refused(by_card(&lunch, &agent, "04A23B1C", 100)).await, "card_lost");
    lunch.admin.delete(&lunch.path(&format!("cards/{id}/loss"))).await.expect(204);
    // The school's own rules.
    lunch.policy(|policy| policy["codes"]["card_photo_check"] = json!(false)).await;
    lunch.pass_s(30);
    assert_eq!(agent.put(&lunch, &unseen).await["verdict"]["outcome"], "paid");
    lunch.policy(|policy| policy["codes"]["card_cap"] = fen(0)).await;
    assert_eq!(refused(by_card(&lunch, &agent, "04A23B1C", 100)).await, "card_not_taken");
    let mut policy = lunch.admin.get(&lunch.path("policy")).await.expect(200).json;
    policy["codes"]["card_cap"] = fen(10_001);
    assert_eq!(told(&lunch.admin.put(&lunch.path("policy"), policy).await), (422, "bad_amount", "codes.card_cap"));
    lunch.books_are_whole().await;
}

#[tokio::test]
async fn what_a_card_bought_offline_is_charged_to_whom_it_names() {
    let lunch = Lunch::start().await;
    let mut agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let (one, two) =
        (lunch.rich_pupil("2026001", "王小明", 1_000).await, lunch.rich_pupil("2026002", "李小红", 1_000).await);
    let id = bind(&lunch, &one, "04A23B1C").await;
    let sold = |agent: &mut Agent, person: &str, fen: i64| {
        let sale = by_card(&lunch, agent, "04A23B1C", fen);
        let how = how(person, sale.amount);
        agent.write(&lunch, Body::Sold { sale, how })
    };
    let good = sold(&mut agent, &one, 300);
    let anothers = sold(&mut agent, &two, 200);
    lunch.pass_s(60);
    lunch.admin.put(&lunch.path(&format!("cards/{id}/loss")), json!({})).await.expect(204);
    lunch.pass_s(60);
    let late = sold(&mut agent, &one, 100);
    let receipt = agent.post(&lunch, &[good, anothers, late]).await;
    assert_eq!(receipt["quarantined"], json!([]), "{receipt}");
    assert_eq!((lunch.money(&one).await, lunch.money(&two).await), ((700, 0), (1_000, 0)));
    let finance = lunch.server.signed_in("finance", lunch.school, Role::Finance).await;
    let found = finance.get(&lunch.path("offline-findings")).await.expect(200).json;
    let mut kinds: Vec<_> = found["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|of| (of["kind"].as_str(), of["amount"]["fen"].as_i64()))
        .collect();
    kinds.sort();
    assert_eq!(kinds, [(Some("late_loss"), Some(100)), (Some("risk"), Some(200))], "{found}");
    lunch.books_are_whole().await;
}
