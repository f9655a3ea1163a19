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
    let server = Server::start().await;
    let health = operator(&server).await.get("/api/v1/health").await.expect(200).json;
    for code in ["database_read", "database_write", "backup", "queue", "day_close", "key_file", "memory", "version"] {
        assert_eq!(check(&health, code)["state"], "ok", "{health:#}");
    }
    assert!(check(&health, "database_write")["says_zh"].as_str().is_some_and(|zh| zh.contains("可以写入")));
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
    let server = Server::start().await;
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
