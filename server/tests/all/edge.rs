//! What every route shares.

use crate::lunch::Lunch;
use crate::testkit::Server;
use serde_json::json;
use std::sync::Arc;
use yitong::plumbing::config::Limits;
use yitong::plumbing::db::Place;
use yitong::signin::roles::Role;

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let server = Server::start().await;
    let answer = server.visitor().get("/api/v1/nowhere").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json["code"], "not_found");
    assert!(answer.json["detail_zh"].as_str().is_some_and(|zh| zh.contains("没有找到")));
}

#[tokio::test]
async fn the_document_is_served() {
    let server = Server::start().await;
    let answer = server.visitor().get("/api/v1/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
}

#[tokio::test]
async fn each_answer_has_a_name_of_its_own() {
    let server = Server::start().await;
    let visitor = server.visitor();
    let (a, b) = (visitor.get("/api/v1/nowhere").await, visitor.get("/healthz").await);
    let id = a.headers["x-request-id"].to_str().expect("an id is text");
    assert_eq!(a.json["request_id"], id);
    assert_eq!(a.headers["content-type"], "application/problem+json");
    assert_ne!(a.headers["x-request-id"], b.headers["x-request-id"]);
}

#[tokio::test]
async fn an_answer_can_not_be_run_framed_or_kept() {
    let server = Server::start().await;
    let headers = server.visitor().get("/api/v1/setup").await.expect(200).headers;
    assert!(headers["content-security-policy"].to_str().is_ok_and(|policy| policy.starts_with("default-src 'none'")));
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(!headers.contains_key("strict-transport-security"), "plain http on a school's own network");
    let secure = Server::start_with(|config| config.secure_cookies = true).await;
    let headers = secure.visitor().get("/healthz").await.expect(200).headers;
    assert_eq!(headers["strict-transport-security"], "max-age=31536000");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_words() {
    let server = Server::start_with(|config| config.limits = Limits { body_kib: 64, ..config.limits }).await;
    let body = json!({"username": "a".repeat(70_000), "password": "b"});
    let answer = server.visitor().post("/api/v1/session", body).await.expect(413);
    assert_eq!(answer.json["code"], "body_too_large");
    assert!(answer.json["detail_zh"].as_str().is_some_and(|zh| zh.contains("64 KiB")));
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits_and_its_neighbour_does_not() {
    let server = Server::start_with(|config| {
        config.limits = Limits { requests_per_minute: 10, ..config.limits };
        config.trusted_proxies = vec![std::net::Ipv4Addr::LOCALHOST.into()];
    })
    .await;
    let visitor = server.visitor();
    let from = async |address: &str| visitor.send("GET", "/healthz", &[("x-forwarded-for", address)], vec![]).await;
    for _ in 0..10 {
        from("203.0.113.9").await.expect(200);
    }
    let refused = from("203.0.113.9").await.expect(429);
    assert_eq!(refused.json["code"], "too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
    from("203.0.113.10").await.expect(200);
    // The machine's own: a proxy that nobody named stands for everybody.
    for _ in 0..30 {
        visitor.get("/healthz").await.expect(200);
    }
}

#[tokio::test]
async fn a_full_house_is_told_and_still_alive() {
    let server = Server::start_with(|config| config.limits = Limits { open_requests: 0, ..config.limits }).await;
    let busy = server.visitor().get("/api/v1/setup").await.expect(503);
    assert_eq!(busy.json["code"], "busy");
    assert_eq!(busy.headers["retry-after"], "1");
    server.visitor().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let server = Server::start_with(|config| config.limits = Limits { request_seconds: 1, ..config.limits }).await;
    let Place::File(path) = &server.app.config.database else { return };
    let other = rusqlite::Connection::open(path).expect("a second program opens the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it takes the only right to write");
    let slow = server.visitor().get("/readyz").await.expect(503);
    assert_eq!(slow.json["code"], "too_slow");
}

#[tokio::test]
async fn an_event_stream_ends_when_the_server_stops() {
    let mut server = Server::start().await;
    let school = server.school("10001").await;
    let manager = server.signed_in("manager", school, Role::SchoolAdmin).await;
    let stream = tokio::spawn(async move { manager.get(&school.path("sales/events")).await });
    let begun = std::time::Instant::now();
    while server.app.live.listeners() == 0 {
        assert!(begun.elapsed().as_secs() < 10 && !stream.is_finished(), "the stream begins");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    server.stop();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), stream).await;
    let answer = ended.expect("the stream ends soon").expect("and does not panic").expect(200);
    assert!(String::from_utf8_lossy(&answer.bytes).contains("event: totals"));
}

#[tokio::test]
async fn an_event_stream_ends_with_the_session_that_opened_it() {
    let lunch = Lunch::start().await;
    let person = lunch.rich_pupil("1", "王小明", 1_000).await;
    let scope = lunch.school.scope();
    lunch.server.user("manager", lunch.school, &[(Role::CanteenManager, scope)]).await;
    let manager = Arc::new(lunch.server.visitor());
    let ask = json!({"username": "manager", "password": crate::cast::PASSWORD});
    manager.post("/api/v1/session", ask).await.expect(200);
    let (listener, school) = (Arc::clone(&manager), lunch.school);
    let stream = tokio::spawn(async move { listener.get(&school.path("sales/events")).await });
    let begun = std::time::Instant::now();
    while lunch.server.app.live.listeners() == 0 {
        assert!(begun.elapsed().as_secs() < 10 && !stream.is_finished(), "the stream begins");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    manager.delete("/api/v1/session").await.expect(204);
    lunch.paid(&person, 500).await;
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), stream).await;
    let answer = ended.expect("the stream ends").expect("and does not panic").expect(200);
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert!(!text.contains("500"), "nothing is told after the sign-out: {text}");
}

#[tokio::test]
async fn what_the_edge_refuses_is_a_problem_too() {
    let server = Server::embedded().await;
    let visitor = server.visitor();
    let wrong = visitor.patch("/api/v1/session", json!({})).await.expect(405);
    assert_eq!((wrong.json["code"].as_str(), wrong.headers.contains_key("allow")), (Some("method_not_allowed"), true));
    let json = [("content-type", "application/json")];
    let list = visitor.send("POST", "/api/v1/session", &json, b"[\"a\", \"b\", null]".to_vec()).await.expect(400);
    assert_eq!(list.json["code"], "malformed_body");
    let long = json!({"username": "a", "password": "b", "x".repeat(500_000): 1});
    let echo = visitor.post("/api/v1/session", long).await.expect(400);
    assert!(echo.bytes.len() < 2_000, "what was sent is not sent back: {} bytes", echo.bytes.len());
    let large = json!({"username": "x".repeat(1_100_000), "password": "b"});
    assert_eq!(visitor.post("/api/v1/session", large).await.expect(413).json["code"], "body_too_large");
}

#[test]
fn the_document_says_how_errors_look() {
    let document = serde_json::to_value(yitong::routes::openapi()).expect("the document is JSON");
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let Some(responses) = operation["responses"].as_object() else { continue };
            for (status, said) in responses {
                let shared = said["$ref"].as_str().and_then(|named| document.pointer(named.trim_start_matches('#')));
                let response = shared.unwrap_or(said);
                let described = response["description"].as_str().is_some_and(|text| !text.is_empty());
                assert!(described, "{method} {path} {status}");
                if status.starts_with(['4', '5']) {
                    let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 300, "{seen}");
}
