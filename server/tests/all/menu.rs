//! The menu: dishes of a place are changed by who manages the place, and nothing is lost between two editors.

use crate::agent::Agent;
use crate::cast::PASSWORD;
use crate::lunch::{Lunch, fen, id_of, told};
use crate::testkit::Client;
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::signin::{Scope, roles::Role};

async fn manager(lunch: &Lunch, username: &str, scope: Scope) -> Client {
    lunch.server.user(username, lunch.school, &[(Role::CanteenManager, scope)]).await;
    let client = lunch.server.visitor();
    client.post("/api/v1/session", json!({"username": username, "password": PASSWORD})).await.expect(200);
    client
}

/// A second canteen with one stall.
async fn second_canteen(lunch: &Lunch) -> (String, String) {
    let places = lunch.admin.get(&lunch.path("places")).await.expect(200).json;
    let ask = json!({"campus": places["campuses"][0]["id"], "name": "二食堂", "seats": 100});
    let canteen = id_of(&lunch.admin.post(&lunch.path("canteens"), ask).await.expect(201));
    let ask = json!({"canteen": canteen, "name": "水吧", "number": 1, "modes": ["dish"]});
    let stall = id_of(&lunch.admin.post(&lunch.path("stalls"), ask).await.expect(201));
    (canteen, stall)
}

fn uuid(text: &str) -> Uuid {
    text.parse().expect("an id")
}

#[tokio::test]
async fn a_manager_changes_the_dishes_of_the_own_place_only() {
    let lunch = Lunch::start().await;
    let (canteen, stall) = second_canteen(&lunch).await;
    let of_canteen = manager(&lunch, "li", Scope::Canteen(uuid(&canteen))).await;
    let of_stall = manager(&lunch, "wu", Scope::Stall(uuid(&lunch.stall))).await;
    let dishes = lunch.path("dishes");
    let new = |name: &str, more: Value| {
        let mut ask = json!({"name": name, "category": "主食", "price": fen(300)});
        ask.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        ask
    };
    let refused = |answer: crate::testkit::Answer| assert_eq!(told(&answer), (403, "outside_your_place", "stalls"));
    // Sold everywhere, at another canteen, at stalls of both: not theirs to add.
    refused(of_canteen.post(&dishes, new("到处", json!({}))).await);
    refused(of_canteen.post(&dishes, new("别处", json!({"stalls": [lunch.stall]}))).await);
    refused(of_canteen.post(&dishes, new("两处", json!({"stalls": [lunch.stall, stall]}))).await);
    refused(of_stall.post(&dishes, new("别档", json!({"stalls": [lunch.other_stall]}))).await);
    let own = id_of(&of_canteen.post(&dishes, new("果汁", json!({"stalls": [stall]}))).await.expect(201));
    let whole = id_of(&of_canteen.post(&dishes, new("汽水", json!({"canteen": canteen}))).await.expect(201));
    of_stall.post(&dishes, new("烧饼", json!({"stalls": [lunch.stall]}))).await.expect(201);

    // A dish can't be carried out of the place, nor one from outside be touched.
    let path = |id: &str| lunch.path(&format!("dishes/{id}"));
    refused(of_canteen.patch(&path(&own), json!({"stalls": []})).await);
    refused(of_canteen.patch(&path(&whole), json!({"canteen": null})).await);
    let rice = lunch.dish(json!({})).await.id;
    refused(of_canteen.patch(&path(&rice), json!({"price": fen(1)})).await);
    refused(of_canteen.post(&format!("{}/withdraw", path(&rice)), json!({})).await);
    refused(of_stall.post(&format!("{}/withdraw", path(&own)), json!({})).await);
    of_canteen.patch(&path(&own), json!({"price": fen(350)})).await.expect(200);
    of_canteen.post(&format!("{}/withdraw", path(&whole)), json!({})).await.expect(200);
    let everywhere = lunch.admin.patch(&path(&whole), json!({"canteen": null})).await.expect(200).json;
    assert_eq!((&everywhere["canteen"], &everywhere["stalls"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn a_dish_stands_where_the_school_has_places() {
    let lunch = Lunch::start().await;
    let (canteen, _) = second_canteen(&lunch).await;
    let rice = lunch.path(&format!("dishes/{}", lunch.dish(json!({})).await.id));
    let nowhere = Uuid::now_v7();
    for (ask, wanted) in [
        (json!({"canteen": nowhere}), (422, "unknown_canteen", "canteen")),
        (json!({"stalls": [lunch.stall, nowhere]}), (422, "unknown_stall", "stalls")),
        (json!({"canteen": canteen, "stalls": [lunch.stall]}), (422, "unknown_stall", "stalls")),
        (json!({"periods": [nowhere]}), (422, "unknown_period", "periods")),
        (json!({"allergens": vec!["花生"; 21]}), (422, "bad_allergens", "allergens")),
        (json!({"name_en": "x".repeat(61)}), (422, "bad_text", "name_en")),
        (json!({"id": nowhere}), (422, "bad_id", "id")),
    ] {
        assert_eq!(told(&lunch.admin.patch(&rice, ask.clone()).await), wanted, "{ask}");
    }
    lunch.admin.patch(&rice, json!({"canteen": canteen})).await.expect(200);
}

#[tokio::test]
async fn adding_a_dish_again_under_its_name_adds_nothing() {
    let lunch = Lunch::start().await;
    let (dishes, id) = (lunch.path("dishes"), Uuid::now_v7());
    let ask = json!({"id": id, "name": "米饭", "category": "主食", "price": fen(150)});
    let first = lunch.admin.post(&dishes, ask.clone()).await.expect(201).json;
    assert_eq!(first["id"], json!(id));
    assert_eq!(lunch.admin.post(&dishes, ask).await.expect(201).json, first);
    let other = json!({"id": id, "name": "面条", "category": "主食", "price": fen(150)});
    assert_eq!(told(&lunch.admin.post(&dishes, other).await), (409, "name_taken", "id"));
    let listed = lunch.admin.get(&dishes).await.expect(200).json;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    let path = lunch.path(&format!("dishes/{id}"));
    assert_eq!(lunch.admin.patch(&path, json!({"price": fen(150)})).await.expect(200).json, first, "nothing changed");
    let dearer = lunch.admin.patch(&path, json!({"price": fen(200)})).await.expect(200).json;
    assert_eq!((&dearer["revision"], &dearer["name"]), (&json!(2), &json!("米饭")));
}

#[tokio::test]
async fn two_who_edit_one_dish_at_once_lose_nothing() {
    let lunch = Lunch::start().await;
    let rice = lunch.path(&format!("dishes/{}", lunch.dish(json!({})).await.id));
    let price = async |n: i64| lunch.admin.patch(&rice, json!({"price": fen(150 + n)})).await;
    let (category, a, b, c) = tokio::join!(
        lunch.admin.patch(&rice, json!({"category": "面点", "allergens": ["麸质"]})),
        price(1),
        price(2),
        price(3),
    );
    for answer in [category, a, b, c] {
        answer.expect(200);
    }
    let listed = lunch.admin.get(&lunch.path("dishes")).await.expect(200).json;
    let dish = &listed["items"][0];
    assert_eq!((&dish["category"], &dish["allergens"]), (&json!("面点"), &json!(["麸质"])), "{dish}");
    assert_eq!(dish["revision"], 4, "{dish}");
    let revisions = lunch.admin.get(&format!("{rice}/revisions")).await.expect(200).json;
    assert_eq!(revisions["items"].as_array().map(Vec::len), Some(4), "every price is kept");
}

#[tokio::test]
async fn what_is_sold_by_weight_is_priced_to_the_gram() {
    let lunch = Lunch::start().await;
    let agent = Agent::enrolled(&lunch, "一号机", 1).await;
    let person = lunch.rich_pupil("2026001", "王小明", 10_000).await;
    let dish = lunch.dish(json!({"name": "自选菜", "price": fen(3_980), "weighed": true})).await;
    let setup = agent.get(&lunch, "setup").await.expect(200).json;
    assert_eq!((&setup["dishes"][0]["weighed"], &setup["dishes"][0]["price"]), (&json!(true), &json!(3_980)));
    let counter = lunch.admin.get(&lunch.path(&format!("counter/{}", lunch.stall))).await.expect(200).json;
    assert_eq!(counter["dishes"], json!([]), "a page has no scale");
    let ask = async |revision: &str, grams: Option<u32>, count: u32, amount: i64| {
        lunch.pass_s(30);
        let item = json!({"dish": dish.id, "revision": revision, "name": "自选菜", "category": "主食", "price": 3_980,
            "count": count, "grams": grams, "amount": amount});
        let mut sale = serde_json::to_value(agent.sale(&lunch, &person, amount)).expect("a sale is JSON");
        (sale["mode"], sale["items"]) = (json!("dish"), json!([item]));
        let path = format!("purchases/{}", sale["purchase"].as_str().expect("a name"));
        agent.send(&lunch, "PUT", &path, sale).await.expect(200).json["verdict"].clone()
    };
    // ¥39.80 × 0.352 kg = ¥14.0096.
    let paid = ask(&dish.revision, Some(352), 1, 1_401).await;
    assert_eq!((&paid["outcome"], &paid["balance_after"]), (&json!("paid"), &json!(8_599)), "{paid}");
    assert_eq!(ask(&dish.revision, Some(352), 1, 1_400).await["code"], "amount_differs");
    assert_eq!(ask(&dish.revision, Some(352), 2, 2_802).await["outcome"], "paid", "two such portions");
    assert_eq!(ask(&dish.revision, None, 1, 3_980).await["code"], "weight_missing");
    assert_eq!(ask(&dish.revision, Some(0), 1, 0).await["code"], "bad_weight");
    assert_eq!(ask(&dish.revision, Some(50_001), 1, 199_004).await["code"], "bad_weight");
    let list = lunch.admin.get(&lunch.path("purchases")).await.expect(200).json;
    assert!(list.to_string().contains("自选菜 352g"), "{list}");
    // By the piece from now on: another revision, and what the terminal still shows is not charged.
    let path = lunch.path(&format!("dishes/{}", dish.id));
    let now = lunch.admin.patch(&path, json!({"weighed": false})).await.expect(200).json;
    assert_eq!((&now["revision"], &now["weighed"]), (&json!(2), &json!(false)));
    assert_eq!(ask(&dish.revision, Some(100), 1, 398).await["code"], "price_changed");
    let fresh = now["revision_id"].as_str().expect("a revision");
    assert_eq!(ask(fresh, Some(100), 1, 398).await["code"], "not_by_weight");
    assert_eq!(ask(fresh, None, 1, 3_980).await["outcome"], "paid");
    let old = lunch.admin.get(&format!("{path}/revisions")).await.expect(200).json;
    assert_eq!((&old["items"][0]["weighed"], &old["items"][1]["weighed"]), (&json!(false), &json!(true)), "{old}");
    lunch.books_are_whole().await;
}
