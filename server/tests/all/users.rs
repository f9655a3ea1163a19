//! Who may appoint, change and shut out whom.

use crate::cast::{PASSWORD, School};
use crate::testkit::{Client, LUNCH, Server};
use serde_json::{Value, json};
use uuid::Uuid;
use yitong::schools::{Canteen, add_canteen};
use yitong::signin::{Scope, roles::Role};
use yitong_values::{CampusId, CanteenId};

async fn start() -> (Server, School, Client) {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    (server, school, admin)
}

fn grant(role: &str, kind: &str, id: Uuid) -> Value {
    json!({"role": role, "scope_kind": kind, "scope_id": id})
}

fn new_user(username: &str, grants: Value) -> Value {
    json!({"name": "某某", "username": username, "password": PASSWORD, "grants": grants})
}

async fn canteen(server: &Server, school: School) -> Uuid {
    let id = CanteenId::new(server.app.new_id());
    let campus = CampusId::new(server.app.new_id());
    let new = Canteen { id, campus, name: "一食堂".into(), seats: 100, closed: false };
    let made = server.app.db.write("canteen", move |tx| add_canteen(tx, school.0, &new)).await;
    made.expect("a canteen is made");
    id.uuid()
}

async fn code_of(client: &Client, method: &str, path: &str, body: Value) -> (u16, String) {
    let header = [("content-type", "application/json")];
    let answer = client.send(method, path, &header, body.to_string().into_bytes()).await;
    (answer.status, answer.json["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_administrator_appoints_and_the_trail_says_so() {
    let (server, school, admin) = start().await;
    let place = canteen(&server, school).await;
    let ask = new_user("Cook", json!([grant("canteen_manager", "canteen", place)]));
    let user = admin.post(&school.path("users"), ask.clone()).await.expect(201).json;
    assert_eq!(user["username"], "cook");
    assert_eq!(user["grants"][0]["scope_name"], "一食堂");
    let twin = admin.post(&school.path("users"), ask).await.expect(409);
    assert_eq!((&twin.json["code"], &twin.json["field"]), (&json!("username_taken"), &json!("username")));

    let path = school.path(&format!("users/{}", user["id"].as_str().expect("an id")));
    let changed = admin.patch(&path, json!({"name": "老王"})).await.expect(200).json;
    assert_eq!((&changed["name"], &changed["grants"]), (&json!("老王"), &user["grants"]));
    let audit = admin.get(&school.path("audit?action=user.edit")).await.expect(200).json;
    let line = &audit["items"][0];
    assert_eq!((&line["before"]["name"], &line["after"]["name"]), (&json!("某某"), &json!("老王")));
    assert_eq!((&line["actor"]["name"], &line["from_ip"]), (&json!("测试admin"), &json!("127.0.0.1")));
    assert_eq!(line["at"], LUNCH.to_string());
}

#[tokio::test]
async fn nobody_gives_more_than_they_have() {
    let (server, school, admin) = start().await;
    let other = server.school("10002").await;
    let place = canteen(&server, school).await;
    let (here, there) = (school.0.uuid(), other.0.uuid());
    let check = async |given: Value, status: u16, code: &str| {
        let ask = new_user(&format!("u{}", server.app.new_id().simple()), json!([given]));
        assert_eq!(code_of(&admin, "POST", &school.path("users"), ask).await, (status, code.into()), "{given}");
    };
    check(grant("school_admin", "school", here), 201, "").await;
    check(grant("finance", "school", here), 201, "").await;
    check(grant("cashier", "canteen", place), 201, "").await;
    check(grant("operator_admin", "school", here), 403, "grant_above_own").await;
    // At a canteen these would still open the whole school.
    for role in ["school_admin", "finance", "teacher", "auditor"] {
        check(grant(role, "canteen", place), 403, "grant_above_own").await;
    }
    for (kind, id) in [("operator", Uuid::nil()), ("district", Uuid::nil()), ("school", there), ("campus", here)] {
        check(grant("cashier", kind, id), 422, "unknown_grant").await;
    }
    check(grant("king", "school", here), 422, "unknown_grant").await;
}

#[tokio::test]
async fn no_one_takes_over_a_mightier_account() {
    let (server, school, admin) = start().await;
    let other = server.school("10002").await;
    let whole = (Role::SchoolAdmin, school.scope());
    let operator = server.user("operator", school, &[whole, (Role::OperatorAdmin, Scope::Operator)]).await;
    // One user of two schools: a grant here, one there.
    let both = server.user("both", school, &[(Role::Teacher, school.scope())]).await;
    let there = server.signed_in("there", other, Role::SchoolAdmin).await;
    let lend = move |tx: &mut yitong::plumbing::db::Tx<'_>| {
        tx.execute(&LEND, &[both.into(), "teacher".into(), "school".into(), other.0.into(), other.0.into()])
    };
    assert_eq!(server.app.db.write("lend", lend).await, Ok(1));

    let above = (403, "grant_above_own".to_owned());
    for user in [operator, both] {
        let path = school.path(&format!("users/{user}"));
        assert_eq!(code_of(&admin, "PATCH", &path, json!({"disabled": true})).await, above);
        assert_eq!(code_of(&admin, "PATCH", &path, json!({"name": "假"})).await, above);
        let password = json!({"password": "a better password 9"});
        assert_eq!(code_of(&admin, "POST", &format!("{path}/password"), password).await, above);
        assert_eq!(code_of(&admin, "DELETE", &format!("{path}/totp"), json!({})).await, above);
    }
    // The roles here are this school's own matter.
    let path = school.path(&format!("users/{both}"));
    let grants = json!({"grants": [grant("auditor", "school", school.0.uuid())]});
    admin.patch(&path, grants).await.expect(200);
    let seen = there.get(&other.path("users?q=both")).await.expect(200).json;
    assert_eq!(seen["items"][0]["grants"][0]["role"], "teacher", "the other school's role is untouched");
    // And whoever has no role here looks absent.
    let stranger = other.path(&format!("users/{operator}"));
    assert_eq!(code_of(&there, "PATCH", &stranger, json!({"name": "假"})).await, (404, "not_found".into()));
}

yitong::sql! {
    LEND = "INSERT INTO role_grant (user_id, role, scope_kind, scope_id, school_id) VALUES ($1, $2, $3, $4, $5)";
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (server, school, admin) = start().await;
    let second = server.user("second", school, &[(Role::SchoolAdmin, school.scope())]).await;
    let me = admin.get("/api/v1/session").await.expect(200).json["user"]["id"].clone();
    let my_path = school.path(&format!("users/{}", me.as_str().expect("an id")));
    assert_eq!(code_of(&admin, "PATCH", &my_path, json!({"disabled": true})).await, (409, "own_account".into()));
    let teacher = json!({"grants": [grant("teacher", "school", school.0.uuid())]});
    assert_eq!(code_of(&admin, "PATCH", &my_path, teacher.clone()).await, (409, "own_account".into()));
    assert_eq!(code_of(&admin, "PATCH", &my_path, json!({"grants": []})).await.0, 409);

    let path = school.path(&format!("users/{second}"));
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    // An operator is no administrator of the school, and may not leave it without one either.
    let operator = server.user("operator", school, &[(Role::OperatorAdmin, Scope::Operator)]).await;
    let client = server.visitor();
    client.post("/api/v1/session", json!({"username": "operator", "password": PASSWORD})).await.expect(200);
    assert_ne!(operator.to_string(), me);
    assert_eq!(code_of(&client, "PATCH", &my_path, json!({"disabled": true})).await, (409, "last_admin".into()));
    assert_eq!(code_of(&client, "PATCH", &my_path, teacher).await, (409, "last_admin".into()));
    client.patch(&path, json!({"disabled": false})).await.expect(200);
    client.patch(&my_path, json!({"disabled": true})).await.expect(200);
    admin.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn two_administrators_can_not_shut_each_other_out() {
    let (server, school, one) = start().await;
    let two = server.signed_in("second", school, Role::SchoolAdmin).await;
    let id = async |client: &Client| client.get("/api/v1/session").await.json["user"]["id"].as_str().map(str::to_owned);
    let (first, second) = (id(&one).await.expect("an id"), id(&two).await.expect("an id"));
    let path = |user: &str| school.path(&format!("users/{user}"));
    let (path_one, path_two) = (path(&first), path(&second));
    let ask = || json!({"disabled": true});
    let (a, b) = tokio::join!(one.patch(&path_two, ask()), two.patch(&path_one, ask()));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert!([401, 409].contains(&statuses[1]), "one of them stays: {statuses:?}");
}

#[tokio::test]
async fn a_user_who_is_disabled_or_demoted_loses_the_right_at_once() {
    let (server, school, admin) = start().await;
    let teacher = server.signed_in("teacher", school, Role::Teacher).await;
    teacher.get(&school.path("people")).await.expect(200);
    let users = admin.get(&school.path("users?q=teacher")).await.expect(200).json;
    let path = school.path(&format!("users/{}", users["items"][0]["id"].as_str().expect("an id")));
    let cashier = json!({"grants": [grant("cashier", "school", school.0.uuid())]});
    admin.patch(&path, cashier).await.expect(200);
    teacher.get(&school.path("people")).await.expect(403);
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    teacher.get("/api/v1/session").await.expect(401);
    let again = json!({"username": "teacher", "password": PASSWORD});
    let refused = teacher.post("/api/v1/session", again).await.expect(401);
    assert_eq!(refused.json["code"], "signin_failed", "a disabled user is answered like a wrong password");
}

#[tokio::test]
async fn a_given_password_ends_the_sessions() {
    let (server, school, admin) = start().await;
    let teacher = server.signed_in("teacher", school, Role::Teacher).await;
    let users = admin.get(&school.path("users?q=teacher")).await.expect(200).json;
    let path = school.path(&format!("users/{}/password", users["items"][0]["id"].as_str().expect("an id")));
    admin.post(&path, json!({"password": "short"})).await.expect(422);
    teacher.get("/api/v1/session").await.expect(200);
    admin.post(&path, json!({"password": "a better password 9"})).await.expect(204);
    teacher.get("/api/v1/session").await.expect(401);
    let ask = json!({"username": "teacher", "password": "a better password 9"});
    teacher.post("/api/v1/session", ask).await.expect(200);
}

#[tokio::test]
async fn users_come_in_pages_and_are_found() {
    let (server, school, admin) = start().await;
    for n in 0..5 {
        server.user(&format!("user{n}"), school, &[(Role::Teacher, school.scope())]).await;
    }
    let other = server.school("10002").await;
    server.user("user9", other, &[(Role::Teacher, other.scope())]).await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = admin.get(&school.path(&format!("users?q=user&limit=2{cursor}"))).await.expect(200).json;
        seen.extend(page["items"].as_array().expect("a list").iter().map(|user| user["username"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["user0", "user1", "user2", "user3", "user4"]);
    let odd = admin.get(&school.path("users?q=%25")).await.expect(200).json;
    assert_eq!(odd["items"], json!([]), "a sign of the pattern language is a plain sign");
}
