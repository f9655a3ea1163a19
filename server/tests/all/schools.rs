//! Places, meal periods, the calendar, and the first-run set-up.

use crate::cast::{PASSWORD, School};
use crate::testkit::{Client, Server};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::schools::facts_of;
use yitong::signin::roles::Role;
use yitong_rules::DayKind;

async fn start() -> (Server, School, Client) {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    (server, school, admin)
}

fn setup(number: &str, username: &str) -> Value {
    json!({"school_name": "实验小学", "school_short": "实小", "school_number": number, "admin_name": "王芳",
           "username": username, "password": PASSWORD})
}

async fn first_campus(admin: &Client, school: School) -> String {
    let places = admin.get(&school.path("places")).await.expect(200).json;
    places["campuses"][0]["id"].as_str().expect("a school has a campus").to_owned()
}

async fn add(admin: &Client, path: String, body: Value) -> String {
    admin.post(&path, body).await.expect(201).json["id"].as_str().expect("a place has an id").to_owned()
}

#[tokio::test]
async fn the_first_visitor_sets_the_server_up() {
    let server = Server::start().await;
    let visitor = server.visitor();
    assert_eq!(visitor.get("/api/v1/setup").await.expect(200).json, json!({"needed": true}));
    for (field, wrong) in [
        ("school_number", "123"),
        ("school_name", " "),
        ("admin_name", ""),
        ("password", "short"),
        ("username", "王 芳"),
    ] {
        let mut ask = setup("10001", "wangfang");
        ask[field] = wrong.into();
        let refused = visitor.post("/api/v1/setup", ask).await.expect(422);
        assert_eq!(refused.json["field"], field);
    }
    let session = visitor.post("/api/v1/setup", setup("10001", "wangfang")).await.expect(201).json;
    assert_eq!(session["schools"][0]["name"], "实验小学");
    assert_eq!(session["schools"][0]["roles"], json!(["operator_admin", "school_admin"]));
    assert_eq!(visitor.get("/api/v1/setup").await.expect(200).json, json!({"needed": false}));
    let again = visitor.post("/api/v1/setup", setup("10002", "somebody")).await.expect(409);
    assert_eq!(again.json["code"], "already_set_up");
    visitor.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn of_many_set_ups_at_once_one_wins() {
    let server = Server::start().await;
    let numbers = (0..8).map(|n| (format!("1000{n}"), format!("admin{n}")));
    let clients: Vec<_> = numbers.map(|(number, name)| (server.visitor(), setup(&number, &name))).collect();
    let mut asked = tokio::task::JoinSet::new();
    for (client, ask) in clients {
        asked.spawn(async move { client.post("/api/v1/setup", ask).await.status });
    }
    let mut statuses = asked.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn another_site_can_not_set_up() {
    let server = Server::start().await;
    let body = setup("10001", "wangfang").to_string().into_bytes();
    let headers = [("content-type", "application/json"), ("origin", "https://evil.example")];
    let refused = server.visitor().send("POST", "/api/v1/setup", &headers, body).await.expect(403);
    assert_eq!(refused.json["code"], "other_site");
}

#[tokio::test]
async fn places_are_added_changed_and_closed() {
    let (_server, school, admin) = start().await;
    let campus = first_campus(&admin, school).await;
    let canteen = add(&admin, school.path("canteens"), json!({"campus": campus, "name": "一食堂", "seats": 300})).await;
    let ask = json!({"canteen": canteen, "name": "面点", "number": 1, "modes": ["dish", "fixed"], "fixed_price": {"fen": 800}});
    let stall = add(&admin, school.path("stalls"), ask.clone()).await;

    let twin = admin.post(&school.path("stalls"), ask).await.expect(409);
    assert_eq!((twin.json["code"].as_str(), twin.json["field"].as_str()), (Some("name_taken"), Some("number")));
    let path = school.path(&format!("stalls/{stall}"));
    let no_price = admin.patch(&path, json!({"fixed_price": null})).await.expect(422);
    assert_eq!(no_price.json["code"], "bad_fixed_price");
    let changed = admin.patch(&path, json!({"modes": ["amount"], "fixed_price": null})).await.expect(200).json;
    assert_eq!(
        changed,
        json!({"id": stall, "name": "面点", "number": 1, "modes": ["amount"], "fixed_price": null, "closed": false})
    );
    admin.patch(&path, json!({"modes": ["steal"]})).await.expect(422);

    let canteen_path = school.path(&format!("canteens/{canteen}"));
    assert_eq!(admin.delete(&canteen_path).await.expect(409).json["code"], "in_use");
    admin.delete(&path).await.expect(204);
    admin.delete(&canteen_path).await.expect(204);
    admin.delete(&canteen_path).await.expect(204);
    assert_eq!(admin.patch(&path, json!({"closed": false})).await.expect(409).json["code"], "closed_above");
    let places = admin.get(&school.path("places")).await.expect(200).json;
    assert_eq!(places["campuses"][0]["canteens"][0]["closed"], true);
    assert_eq!(places["campuses"][0]["canteens"][0]["stalls"][0]["closed"], true);

    let audit = admin.get(&school.path("audit?q=面点")).await.expect(200).json;
    let lines = audit["items"].as_array().expect("a list");
    // The test's clock stands still, so the lines of one moment come in any order.
    let mut actions: Vec<_> = lines.iter().filter_map(|line| line["action"].as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["stall.add", "stall.close", "stall.edit"], "refused edits leave no trace");
    let edit = lines.iter().find(|line| line["action"] == "stall.edit").expect("the edit is there");
    assert_eq!((&edit["before"]["fixed_price"], &edit["after"]["fixed_price"]), (&json!(800), &Value::Null));
}

#[tokio::test]
async fn a_place_of_another_school_looks_absent() {
    let (server, school, admin) = start().await;
    let other = server.school("10002").await;
    let stranger = server.signed_in("stranger", other, Role::SchoolAdmin).await;
    let campus = first_campus(&admin, school).await;
    let canteen = add(&admin, school.path("canteens"), json!({"campus": campus, "name": "一食堂"})).await;
    stranger.patch(&other.path(&format!("canteens/{canteen}")), json!({"name": "偷"})).await.expect(404);
    stranger.delete(&other.path(&format!("canteens/{canteen}"))).await.expect(404);
    let there = stranger.post(&other.path("canteens"), json!({"campus": campus, "name": "偷"})).await.expect(422);
    assert_eq!(there.json["code"], "unknown_campus");
    admin.patch(&school.path(&format!("campuses/{}", Uuid::new_v4())), json!({"name": "无"})).await.expect(404);
}

#[tokio::test]
async fn twins_made_at_once_are_one() {
    let (_server, school, admin) = start().await;
    let admin = std::sync::Arc::new(admin);
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (admin, path) = (admin.clone(), school.path("campuses"));
        asked.spawn(async move { admin.post(&path, json!({"name": "南校区"})).await.status });
    }
    let statuses = asked.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
}

fn period(name: &str, start: &str, end: &str, weekdays: &[u8]) -> Value {
    json!({"name_zh": name, "name_en": "", "start": start, "end": end, "fixed_price": null, "weekdays": weekdays, "free": false})
}

#[tokio::test]
async fn meal_periods_do_not_overlap_on_a_weekday() {
    let (_server, school, admin) = start().await;
    let path = school.path("meal-periods");
    let check = async |items: Vec<Value>, wanted: Result<(), (&str, &str)>| {
        let answer = admin.put(&path, json!({"items": items})).await;
        let told = (answer.json["code"].as_str().unwrap_or(""), answer.json["field"].as_str().unwrap_or(""));
        assert_eq!(if answer.status == 200 { Ok(()) } else { Err(told) }, wanted, "{items:?}");
    };
    let lunch = || period("午餐", "11:00", "13:00", &[1, 2, 3, 4, 5]);
    check(vec![lunch(), period("晚餐", "13:00", "24:00", &[1])], Ok(())).await;
    check(vec![lunch(), period("周末午餐", "11:00", "13:00", &[6, 7])], Ok(())).await;
    check(vec![lunch(), period("加餐", "12:59", "14:00", &[5])], Err(("periods_overlap", "items[1].start"))).await;
    check(vec![lunch(), period("午餐", "17:00", "18:00", &[5])], Err(("bad_meal_period", "items[1].name_zh"))).await;
    check(vec![period("午餐", "13:00", "11:00", &[1])], Err(("bad_meal_period", "items[0].end"))).await;
    for time in ["7:00", "+7:00", "24:01", "12:60", "noon", "1100"] {
        check(vec![period("午餐", time, "24:00", &[1])], Err(("bad_meal_period", "items[0].start"))).await;
    }
    check(vec![period("午餐", "11:00", "13:00", &[8])], Err(("bad_meal_period", "items[0].weekdays"))).await;
    check(vec![period("午餐", "11:00", "13:00", &[0])], Err(("bad_meal_period", "items[0].weekdays"))).await;
    check(vec![period("午餐", "11:00", "13:00", &[])], Err(("bad_meal_period", "items[0].weekdays"))).await;
    check(vec![period("", "11:00", "13:00", &[1])], Err(("bad_meal_period", "items[0].name_zh"))).await;
}

#[tokio::test]
async fn a_meal_period_keeps_its_id_through_an_edit() {
    let (_server, school, admin) = start().await;
    let path = school.path("meal-periods");
    let mut kept = admin.get(&path).await.expect(200).json;
    let id = kept["items"][1]["id"].clone();
    kept["items"][1]["start"] = "10:50".into();
    kept["items"][1]["fixed_price"] = json!({"fen": 1200});
    let after = admin.put(&path, kept).await.expect(200).json;
    assert_eq!((&after["items"][1]["id"], &after["items"][1]["start"]), (&id, &json!("10:50")));
    assert_eq!(after, admin.get(&path).await.expect(200).json);
}

#[tokio::test]
async fn the_calendar_says_what_kind_of_day_it_is() {
    let (server, school, admin) = start().await;
    let path = school.path("calendar");
    let ask = json!({
        "terms": [{"name": "秋季学期", "from": "2026-09-01", "to": "2027-01-22"}],
        "special_days": [{"day": "2026-10-01", "kind": "holiday", "name": "国庆节"}, {"day": "2026-10-10", "kind": "make_up", "name": "调休"}],
    });
    assert_eq!(admin.put(&path, ask.clone()).await.expect(200).json, ask);
    let facts = facts_of(&server.app, school.0).await.expect("the school is there");
    let check = |day: &str, kind| assert_eq!(facts.day_kind(day.parse().expect("a day")), kind, "{day}");
    check("2026-11-24", DayKind::Ordinary);
    check("2026-10-01", DayKind::Closed);
    check("2026-10-10", DayKind::MakeUp);
    check("2026-08-31", DayKind::Closed);
    check("2027-01-22", DayKind::Ordinary);

    let october = admin.get(&format!("{path}?from=2026-10-02&to=2026-10-31")).await.expect(200).json;
    assert_eq!(october["special_days"].as_array().map(Vec::len), Some(1));
    assert_eq!(october["terms"].as_array().map(Vec::len), Some(1));
    admin.get(&format!("{path}?from=yesterday")).await.expect(400);
    for wrong in [
        json!({"terms": [{"name": "x", "from": "2026-09-01", "to": "2026-08-01"}], "special_days": []}),
        json!({"terms": [], "special_days": [{"day": "2026-02-30", "kind": "holiday", "name": ""}]}),
        json!({"terms": [], "special_days": [{"day": "2026-02-03", "kind": "party", "name": ""}]}),
    ] {
        assert_eq!(admin.put(&path, wrong).await.expect(422).json["code"], "bad_calendar");
    }
}

#[tokio::test]
async fn facts_in_memory_are_believed_until_an_edit() {
    let (server, school, admin) = start().await;
    let before = facts_of(&server.app, school.0).await.expect("facts");
    let same = facts_of(&server.app, school.0).await.expect("facts");
    assert!(std::sync::Arc::ptr_eq(&before, &same), "nothing changed: not loaded again");
    admin.post(&school.path("campuses"), json!({"name": "南校区"})).await.expect(201);
    let after = facts_of(&server.app, school.0).await.expect("facts");
    assert_eq!((after.version, after.campuses.len()), (before.version + 1, before.campuses.len() + 1));
    admin.post(&school.path("campuses"), json!({"name": "南校区"})).await.expect(409);
    let refused = facts_of(&server.app, school.0).await.expect("facts");
    assert_eq!(refused.version, after.version, "a refused edit changes nothing");
}

#[tokio::test]
async fn the_school_itself_is_edited() {
    let (_server, school, admin) = start().await;
    let ask = json!({"name": " 第一中学 ", "address": "中山路 1 号"});
    let after = admin.patch(&school.path(""), ask).await.expect(200).json;
    assert_eq!(
        (&after["name"], &after["address"], &after["short"]),
        (&json!("第一中学"), &json!("中山路 1 号"), &json!("10001中"))
    );
    admin.patch(&school.path(""), json!({"short": "  "})).await.expect(422);
    admin.patch(&school.path(""), json!({"number": "99999"})).await.expect(400);
}
