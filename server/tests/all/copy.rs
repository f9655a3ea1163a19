//! From the embedded database to PostgreSQL, with everything, and proved.

use crate::testkit::Fresh;
use std::path::Path;
use yitong::App;
use yitong::demo::{self, Size};
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::{Db, Place};
use yitong::plumbing::seal::Seal;
use yitong::{copy, wallets};

/// A small school with some days of lunch behind it.
async fn school(folder: &Path) -> Place {
    let config = Config::in_folder(folder.to_owned());
    let place = config.database.clone();
    let db = Db::open(&place).expect("a new database opens");
    let app = App::new(config, db, Clock::System, Seal::from_key(&[42; 32]));
    demo::make(&app, Size { pupils: 60, days: 5 }).await.expect("the demo is made");
    place
}

async fn refusal(folder: &Path, url: &str) -> String {
    let refused = copy::copy_to(folder.join("yitong.db"), url.to_owned(), |_, _| {}).await;
    refused.expect_err("it is refused").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_school_moves_and_its_books_stay_the_same() {
    let Some(fresh) = Fresh::make().await else { return };
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let place = school(folder.path()).await;
    let before = wallets::verify(&Db::open(&place).expect("it opens"), None).await.expect("it is verified");
    assert!(before.ok() && before.entries > 100 && before.days > 0, "{before:?}");

    let proof = copy::copy_to(folder.path().join("yitong.db"), fresh.url.clone(), |_, _| {}).await;
    let proof = proof.expect("it is copied");
    assert_eq!(proof.report, before);
    assert_eq!(proof.roots.len() as u64, before.days);
    let rows = |name: &str| proof.tables.iter().find(|table| table.name == name).map(|table| table.rows);
    assert_eq!(rows("entry"), Some(before.entries));
    assert_eq!(rows("account"), Some(before.accounts));
    assert!(rows("app_user").is_some_and(|users| users > 5));
    assert_eq!(rows("migration"), None);

    // The copy is a database like any other, and its guards still stand.
    let after = wallets::verify(&Db::open(&fresh.place()).expect("it opens"), None).await.expect("it is verified");
    assert_eq!(after, before);

    let again = refusal(folder.path(), &fresh.url).await;
    assert!(again.contains("不是空的") && again.contains("not empty"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_are_not_whole_stay_where_they_are() {
    let Some(fresh) = Fresh::make().await else { return };
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    school(folder.path()).await;
    let by_hand = rusqlite::Connection::open(folder.path().join("yitong.db")).expect("a stranger opens the file");
    let altered = by_hand.execute("UPDATE account SET wallet_0 = wallet_0 + 1 WHERE wallet_0 > 0", []);
    assert!(altered.is_ok_and(|rows| rows > 0));
    let why = refusal(folder.path(), &fresh.url).await;
    assert!(why.contains("not whole") && why.contains("未通过核对"), "{why}");
    let target = Db::open(&fresh.place()).expect("it opens");
    assert_eq!(target.read(wallets::schools_with_books).await, Ok(vec![]), "nothing was copied");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_folder_holds_nothing_to_copy() {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let why = refusal(folder.path(), "postgres://yitong@127.0.0.1:1/none").await;
    assert!(why.contains("没有数据库") && why.contains("no database"), "{why}");
    assert!(!folder.path().join("yitong.db").exists(), "looking makes nothing");
}
