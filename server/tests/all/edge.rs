//! What every route shares.

use crate::testkit::Server;

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
