//! Somebody copies a terminal's folder, keys and journal and all, and starts both.

use crate::hands::Hands;
use crate::pretend::Server;
use crate::ready;
use serde_json::{Value, json};
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a file can be copied");
        }
    }
}

fn is_stopped(view: &Value) -> bool {
    view["alarms"].as_array().is_some_and(|all| all.iter().any(|alarm| alarm["code"] == "journal_stopped"))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_journal_and_its_copy_the_server_takes_the_first_and_the_other_says_so() {
    let server = Server::start(50).await;
    let (folder, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let first = ready(&server, &folder).await;
    assert_eq!(first.sell("3", &server.card(1)).await["offline"], json!(false));
    first.until("all is sent", |view| view["link"]["unsent"] == 0).await;
    first.kill();
    copy(folder.path(), other.path());

    // Without the server both go on by themselves.
    server.falls_silent(true);
    let (first, twin) = (Hands::start(folder.path()), Hands::start(other.path()));
    assert_eq!(first.sell("4", &server.card(2)).await["offline"], json!(true));
    assert_eq!(first.sell("5", &server.card(3)).await["offline"], json!(true));
    // The first is heard, then the copy.
    drop(twin);
    server.falls_silent(false);
    first.until("all is sent", |view| view["link"]["unsent"] == 0 && view["link"]["state"] == "online").await;
    server.falls_silent(true);
    let twin = Hands::start(other.path());
    assert_eq!(twin.sell("6", &server.card(4)).await["offline"], json!(true));
    server.falls_silent(false);
    let view = twin.until("the copy is not taken", is_stopped).await;
    assert!(view["link"]["unsent"].as_u64().is_some_and(|unsent| unsent > 0), "what it sold stays in its journal");

    assert_eq!(first.sell("7", &server.card(5)).await["kind"], "paid");
    let view = first.until("all is sent", |view| view["link"]["unsent"] == 0).await;
    assert!(!is_stopped(&view), "the first goes on");
    let books = server.books.lock().expect("books");
    let mut fen: Vec<i64> = books.booked.values().map(|(fen, _)| *fen).collect();
    fen.sort_unstable();
    assert_eq!(fen, [300, 400, 500, 700]);
}
