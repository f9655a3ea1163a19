//! Sign-in, lock-out, sessions, the second factor.

use crate::cast::{PASSWORD, School};
use crate::testkit::{Answer, Client, LUNCH, Server};
use serde_json::{Value, json};
use yitong::signin::{roles::Role, totp};

const SESSION: &str = "/api/v1/session";
const MINUTE: i64 = 60_000;

async fn start() -> (Server, School) {
    let server = Server::start().await;
    let school = server.school("10001").await;
    server.user("wangfang", school, &[(Role::Teacher, school.scope())]).await;
    (server, school)
}

async fn knock(client: &Client, username: &str, password: &str) -> Answer {
    client.post(SESSION, json!({"username": username, "password": password})).await
}

fn later(server: &Server, ms: i64) {
    server.app.clock.set(server.app.now().plus_ms(ms));
}

#[tokio::test]
async fn a_session_is_a_cookie_that_no_script_and_no_other_site_sees() {
    let (server, school) = start().await;
    let client = server.visitor();
    let answer = knock(&client, " WangFang ", PASSWORD).await.expect(200);
    let cookie = answer.headers["set-cookie"].to_str().expect("a cookie is text").to_owned();
    for part in ["yitong_session=", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "only where the server is told that it is behind https");
    let wanted = json!({
        "user": {"id": answer.json["user"]["id"], "name": "测试wangfang", "username": "wangfang", "locale": "zh"},
        "second_factor": {"enabled": false, "required": false, "satisfied": true},
        "schools": [{"id": school.0.to_string(), "name": "第10001中学", "short": "10001中", "roles": ["teacher"],
                     "permissions": ["bindings.approve", "bindings.read", "credentials.read", "people.read"]}],
    });
    assert_eq!(answer.json, wanted);
    assert_eq!(client.get(SESSION).await.expect(200).json, wanted);
    client.put("/api/v1/session/locale", json!({"locale": "en"})).await.expect(204);
    assert_eq!(client.get(SESSION).await.json["user"]["locale"], "en");
    client.put("/api/v1/session/locale", json!({"locale": "fr"})).await.expect(422);
    client.delete(SESSION).await.expect(204);
    client.get(SESSION).await.expect(401);
}

#[tokio::test]
async fn each_sign_in_has_a_new_token_and_an_old_one_stays_dead() {
    let (server, _) = start().await;
    let first = server.visitor();
    let one = knock(&first, "wangfang", PASSWORD).await.expect(200);
    let two = knock(&server.visitor(), "wangfang", PASSWORD).await.expect(200);
    assert_ne!(one.headers["set-cookie"], two.headers["set-cookie"]);
    let stolen = one.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a pair").to_owned();
    let by_thief = || server.visitor();
    by_thief().send("GET", SESSION, &[("cookie", &stolen)], Vec::new()).await.expect(200);
    first.delete(SESSION).await.expect(204);
    by_thief().send("GET", SESSION, &[("cookie", &stolen)], Vec::new()).await.expect(401);
    by_thief().send("GET", SESSION, &[("cookie", "yitong_session=00")], Vec::new()).await.expect(401);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old() {
    let (server, _) = start().await;
    let hour = 60 * MINUTE;
    let idle = server.visitor();
    knock(&idle, "wangfang", PASSWORD).await.expect(200);
    later(&server, 12 * hour - MINUTE);
    idle.get(SESSION).await.expect(200);
    later(&server, 12 * hour + MINUTE);
    idle.get(SESSION).await.expect(401);
    let busy = server.visitor();
    knock(&busy, "wangfang", PASSWORD).await.expect(200);
    for _ in 0..(7 * 24 / 8) {
        busy.get(SESSION).await.expect(200);
        later(&server, 8 * hour);
    }
    later(&server, MINUTE);
    busy.get(SESSION).await.expect(401);
}

/// What an onlooker sees of an answer.
fn shape(answer: &Answer) -> (u16, Value) {
    let mut seen = answer.json.clone();
    seen.as_object_mut().expect("a problem is an object").remove("request_id");
    (answer.status, seen)
}

#[tokio::test]
async fn a_name_that_nobody_has_locks_like_any_other() {
    let (server, _) = start().await;
    let (known, unknown) = (server.visitor(), server.visitor());
    for attempt in 1..=7 {
        let (one, two) = (knock(&known, "wangfang", "wrong").await, knock(&unknown, "nobody", "wrong").await);
        assert_eq!(shape(&one), shape(&two), "attempt {attempt}");
        let wanted = if attempt <= 5 { (401, "signin_failed") } else { (429, "locked_out") };
        assert_eq!((one.status, one.json["code"].as_str()), (wanted.0, Some(wanted.1)), "attempt {attempt}");
    }
    let locked = knock(&known, "wangfang", PASSWORD).await.expect(429);
    assert_eq!(locked.json["retry_after_s"], 15 * 60 + 1);
    assert_eq!(locked.headers["retry-after"], "901");
    later(&server, 15 * MINUTE + 1);
    knock(&known, "wangfang", "wrong").await.expect(401);
    assert_eq!(knock(&known, "wangfang", PASSWORD).await.expect(429).json["retry_after_s"], 30 * 60 + 1);
    later(&server, 30 * MINUTE + 1);
    knock(&known, "wangfang", PASSWORD).await.expect(200);
    for _ in 0..4 {
        knock(&known, "wangfang", "wrong").await.expect(401);
    }
    knock(&known, "wangfang", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn guesses_side_by_side_are_counted_each() {
    let (server, _) = start().await;
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let client = server.visitor();
        asked.spawn(async move { knock(&client, "wangfang", "wrong").await.status });
    }
    asked.join_all().await;
    let locked = knock(&server.visitor(), "wangfang", PASSWORD).await.expect(429);
    assert_eq!(locked.json["retry_after_s"], 15 * 60 + 1, "and those that were under way do not lock it for longer");
}

#[tokio::test]
async fn an_administrator_unlocks() {
    let (server, school) = start().await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    for _ in 0..5 {
        knock(&server.visitor(), "wangfang", "wrong").await.expect(401);
    }
    let users = admin.get(&school.path("users?q=wangfang")).await.expect(200).json;
    assert!(users["items"][0]["locked_until"].is_string(), "{users}");
    let id = users["items"][0]["id"].as_str().expect("an id");
    admin.post(&school.path(&format!("users/{id}/unlock")), json!({})).await.expect(204);
    knock(&server.visitor(), "wangfang", PASSWORD).await.expect(200);
    let users = admin.get(&school.path("users?q=wangfang")).await.expect(200).json;
    assert_eq!(users["items"][0]["locked_until"], Value::Null);
}

#[tokio::test]
async fn another_site_can_not_ask() {
    let (server, school) = start().await;
    let client = server.visitor();
    knock(&client, "wangfang", PASSWORD).await.expect(200);
    let host = server.address.trim_start_matches("http://").to_owned();
    let own = format!("http://{host}");
    let check = async |method: &str, path: &str, origin: &str, refused: bool| {
        let headers = [("content-type", "application/json"), ("origin", origin)];
        let body = json!({"username": "wangfang", "password": PASSWORD}).to_string().into_bytes();
        let answer = client.send(method, path, &headers, body).await;
        assert_eq!(answer.json["code"] == "other_site", refused, "{method} {path} from {origin}: {}", answer.status);
    };
    for evil in ["https://evil.example", "null", "http://127.0.0.1.evil.example"] {
        check("POST", SESSION, evil, true).await;
        check("DELETE", SESSION, evil, true).await;
        check("POST", "/api/v1/session/totp", evil, true).await;
        check("PATCH", &school.path(""), evil, true).await;
        check("GET", SESSION, evil, false).await;
    }
    check("POST", SESSION, &own, false).await;
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let (server, school) = start().await;
    let (here, elsewhere) = (server.visitor(), server.visitor());
    let before = knock(&here, "wangfang", PASSWORD).await.expect(200);
    knock(&elsewhere, "wangfang", PASSWORD).await.expect(200);
    let path = "/api/v1/session/password";
    let check = async |old: &str, new: &str, status, field: &str| {
        let answer = here.post(path, json!({"old": old, "new": new})).await.expect(status);
        assert_eq!(answer.json["field"], field);
    };
    check("wrong", "a better password 9", 422, "old").await;
    check(PASSWORD, "short", 422, "new").await;
    check(PASSWORD, "1234567890", 422, "new").await;
    let changed = here.post(path, json!({"old": PASSWORD, "new": "a better password 9"})).await.expect(204);
    assert_ne!(changed.headers["set-cookie"], before.headers["set-cookie"]);
    here.get(SESSION).await.expect(200);
    elsewhere.get(SESSION).await.expect(401);
    knock(&elsewhere, "wangfang", PASSWORD).await.expect(401);
    knock(&elsewhere, "wangfang", "a better password 9").await.expect(200);
    let auditor = server.signed_in("auditor", school, Role::Auditor).await;
    let audit = auditor.get(&school.path("audit?action=user.own_password")).await.expect(200).json;
    assert_eq!(audit["items"][0]["actor"]["name"], "测试wangfang");
    assert!(!audit.to_string().contains("better"), "no password in the trail");
}

#[tokio::test]
async fn an_open_session_is_no_place_to_guess_the_password() {
    let (server, _) = start().await;
    let client = server.visitor();
    knock(&client, "wangfang", PASSWORD).await.expect(200);
    for _ in 0..5 {
        client
            .post("/api/v1/session/password", json!({"old": "guess", "new": "a better password 9"}))
            .await
            .expect(422);
    }
    let right = json!({"old": PASSWORD, "new": "a better password 9"});
    client.post("/api/v1/session/password", right).await.expect(429);
}

/// Somebody of finance with a password alone, and the secret after enrolment.
async fn enrolled(server: &Server, school: School) -> (Client, Vec<u8>, Vec<String>) {
    server.user("liming", school, &[(Role::Finance, school.scope())]).await;
    let client = server.visitor();
    let session = knock(&client, "liming", PASSWORD).await.expect(200).json;
    assert_eq!(session["schools"][0]["permissions"], json!([]), "finance gives nothing yet");
    let begun = client.post("/api/v1/session/totp", json!({})).await.expect(200).json;
    let text = begun["secret"].as_str().expect("a secret");
    assert!(begun["uri"].as_str().is_some_and(|uri| uri.contains(text)) && begun["qr_svg"].is_string());
    let secret = base32_bytes(text);
    client.put("/api/v1/session/totp", json!({"code": "000000"})).await.expect(422);
    let code = totp::code_at(&secret, server.app.now()).expect("a code");
    let done = client.put("/api/v1/session/totp", json!({"code": code})).await.expect(200).json;
    let codes: Vec<String> = serde_json::from_value(done["recovery_codes"].clone()).expect("a list of texts");
    assert_eq!(codes.len(), 8);
    (client, secret, codes)
}

/// As an authenticator app reads it.
fn base32_bytes(text: &str) -> Vec<u8> {
    let (mut kept, mut bits, mut bytes) = (0u32, 0, Vec::new());
    for sign in text.bytes() {
        let five = if sign.is_ascii_uppercase() { sign - b'A' } else { sign - b'2' + 26 };
        (kept, bits) = ((kept << 5 | u32::from(five)) & 0xfff, bits + 5);
        if bits >= 8 {
            bits -= 8;
            bytes.push((kept >> bits) as u8);
        }
    }
    bytes
}

#[tokio::test]
async fn finance_signs_in_with_a_second_factor_and_each_code_works_once() {
    let (server, school) = start().await;
    let (client, secret, recovery) = enrolled(&server, school).await;
    let session = client.get(SESSION).await.expect(200).json;
    assert_eq!(session["second_factor"], json!({"enabled": true, "required": true, "satisfied": true}));
    assert!(session["schools"][0]["permissions"].as_array().is_some_and(|all| all.contains(&json!("ledger.close"))));

    let with = async |code: Option<String>| {
        let ask = json!({"username": "liming", "password": PASSWORD, "totp": code});
        let answer = server.visitor().post(SESSION, ask).await;
        (answer.status, answer.json["code"].as_str().unwrap_or("").to_owned(), answer.json["wrong"] == true)
    };
    let refused = |wrong| (401, "totp_required".to_owned(), wrong);
    let now = || totp::code_at(&secret, server.app.now());
    assert_eq!(with(None).await, refused(false));
    assert_eq!(with(now()).await, refused(true), "this step enrolled the phone");
    later(&server, 30_000);
    assert_eq!(with(now()).await.0, 200);
    assert_eq!(with(now()).await, refused(true), "a code seen over the shoulder is worth nothing");
    assert_eq!(with(Some(recovery[0].to_uppercase())).await.0, 200);
    assert_eq!(with(Some(recovery[0].clone())).await, refused(true), "a recovery code works once");
    assert_eq!(with(Some(recovery[1].clone())).await.0, 200);
    for _ in 0..5 {
        assert_eq!(with(Some("123456".into())).await, refused(true));
    }
    assert_eq!(with(None).await.1, "locked_out", "codes are guessed no more often than passwords");
}

#[tokio::test]
async fn one_code_opens_one_session_even_when_asked_at_once() {
    let (server, school) = start().await;
    let (_, secret, _) = enrolled(&server, school).await;
    later(&server, 30_000);
    let code = totp::code_at(&secret, server.app.now());
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (client, ask) = (server.visitor(), json!({"username": "liming", "password": PASSWORD, "totp": code}));
        asked.spawn(async move { client.post(SESSION, ask).await.status });
    }
    let mut statuses = asked.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401]);
}

#[tokio::test]
async fn without_the_second_factor_finance_gives_nothing_again() {
    let (server, school) = start().await;
    let (client, ..) = enrolled(&server, school).await;
    client.get(&school.path("audit")).await.expect(200);
    let send = async |password: &str| {
        let body = json!({"password": password}).to_string().into_bytes();
        client.send("DELETE", "/api/v1/session/totp", &[("content-type", "application/json")], body).await
    };
    send("wrong").await.expect(422);
    send(PASSWORD).await.expect(204);
    client.get(&school.path("audit")).await.expect(403);
    assert_eq!(client.get(SESSION).await.json["second_factor"]["satisfied"], false);
    assert!(server.app.now().since(LUNCH) < 5_000, "at once, not when the memory of the session is over");
}
