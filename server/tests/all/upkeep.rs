//! How the server says that it is well, and that it is not.

use crate::testkit::{Client, Server};
use serde_json::{Value, json};
use yitong::plumbing::db::Place;
use yitong::signin::{Scope, roles::Role};

async fn operator(server: &Server) -> Client {
    let school = server.school("10001").await;
    server.user("operator", school, &[(Role::OperatorAdmin, Scope::Operator)]).await;
    let client = server.visitor();
    let ask = json!({"username": "operator", "password": crate::cast::PASSWORD});
    client.post("/api/v1/session", ask).await.expect(200);
    client
}

fn check<'a>(health: &'a Value, code: &str) -> &'a Value {
    let checks = health["checks"].as_array().expect("health has checks");
    checks.iter().find(|check| check["code"] == code).unwrap_or_else(|| panic!("no check {code}: {health}"))
}

#[tokio::test]
async fn the_operator_reads_how_the_server_is() {
    let server = Server::embedded().await;
    let health = operator(&server).await.get("/api/v1/health").await.expect(200).json;
    for code in ["database_read", "backup", "queue", "day_close", "key_file", "version"] {
        assert_eq!(check(&health, code)["state"], "ok", "{health:#}");
    }
    // All tests are one process, which may be large: its size is known, and is no failure.
    // From which size on it is told is tested beside the check.
    let memory = check(&health, "memory");
    assert!(["ok", "warn"].contains(&memory["state"].as_str().unwrap_or_default()), "{memory:#}");
    // How long it took is the machine's business; a busy one may be told that it is slow.
    let write = check(&health, "database_write");
    assert_ne!(write["state"], "bad", "{write:#}");
    assert!(write["says_zh"].as_str().is_some_and(|zh| zh.contains("毫秒")), "{write:#}");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["backups"], json!([]));
}

#[tokio::test]
async fn the_server_is_not_a_schools_business() {
    let server = Server::start().await;
    let school = server.school("10001").await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    let refused = admin.get("/api/v1/health").await.expect(403).json;
    assert_eq!((&refused["code"], &refused["permission"]), (&json!("forbidden"), &json!("operate")));
    server.visitor().get("/api/v1/health").await.expect(401);
}

#[tokio::test]
async fn a_missing_key_file_is_told_before_a_restart_makes_it_worse() {
    let server = Server::start().await;
    let operator = operator(&server).await;
    let key = server.app.config.key_file.clone();
    let kept = std::fs::read(&key).expect("the key file is there");
    std::fs::remove_file(&key).expect("a test may lose its key");
    let health = operator.get("/api/v1/health").await.expect(200).json;
    assert_eq!(check(&health, "key_file")["state"], "bad");
    assert_eq!(health["state"], "bad");
    assert!(!key.exists(), "looking at the key must not make a new one");
    std::fs::write(&key, kept).expect("the key comes back");
    let health = operator.get("/api/v1/health").await.expect(200).json;
    // Written by hand it has the usual mode, which others can read.
    assert_eq!(check(&health, "key_file")["state"], "warn");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_told_and_recovers() {
    let server = Server::embedded().await;
    let operator = operator(&server).await;
    server.visitor().get("/readyz").await.expect(200);
    let Place::File(path) = &server.app.config.database else { return };
    let other = rusqlite::Connection::open(path).expect("a second program opens the file");
    other.execute_batch("BEGIN IMMEDIATE").expect("it takes the only right to write");
    let health = operator.get("/api/v1/health").await.expect(200).json;
    let write = check(&health, "database_write");
    assert_eq!((&write["state"], &health["state"]), (&json!("bad"), &json!("bad")), "{write}");
    assert!(write["advice_en"].as_str().is_some_and(|en| en.contains("goes on by itself")), "{write}");
    assert_eq!(check(&health, "database_read")["state"], "ok");
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let refused = server.visitor().get("/readyz").await.expect(503);
    assert_eq!(refused.json["code"], "not_ready");
    other.execute_batch("ROLLBACK").expect("the other program lets go");
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    server.visitor().get("/readyz").await.expect(200);
    let health = operator.get("/api/v1/health").await.expect(200).json;
    assert_eq!(check(&health, "database_write")["state"], "ok", "{health:#}");
}

#[tokio::test]
async fn a_monitor_reads_numbers_and_no_names() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let listen = taken.local_addr().expect("a bound socket has an address");
    drop(taken);
    let server = Server::start_with(|config| config.metrics_listen = Some(listen)).await;
    let school = server.school("10001").await;
    let admin = server.signed_in("admin", school, Role::SchoolAdmin).await;
    admin.get(&school.path("")).await.expect(200);
    yitong::upkeep::start(&server.app);
    let monitor = crate::testkit::Client::at(&format!("http://{listen}"));
    let mut answer = None;
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if tokio::net::TcpStream::connect(listen).await.is_ok() {
            answer = Some(monitor.get("/metrics").await.expect(200));
            break;
        }
    }
    let text = String::from_utf8(answer.expect("the monitor's address listens").bytes).expect("text");
    let route = "method=\"GET\",route=\"/api/v1/schools/{school}\"";
    assert!(text.contains(&format!("yitong_http_requests_total{{{route},status=\"200\"}} 1")), "{text}");
    assert!(text.contains(&format!("yitong_http_answer_seconds_count{{{route}}} 1")), "{text}");
    for name in ["yitong_write_queue_units", "yitong_commit_seconds_bucket", "yitong_commit_units_count"] {
        assert!(text.contains(name), "{name} is missing:\n{text}");
    }
    assert!(text.contains("yitong_purchases_total{outcome=\"paid\"} 0"), "{text}");
    assert!(!text.contains(&school.0.to_string()) && !text.contains("admin\""), "{text}");
    // The pages' own address does not show them.
    server.visitor().get("/metrics").await.expect(404);
}
