//! The real program, driven through its screens' side, beside a pretend server.

mod copied;
mod hands;
mod lan;
mod neighbours;
mod pretend;

use hands::Hands;
use pretend::Server;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use yitong_sync::Body;

async fn ready(server: &Server, folder: &tempfile::TempDir) -> Hands {
    let hands = Hands::start(folder.path());
    hands.until("the first start", |view| view["screen"] == "setup").await;
    hands.act(json!({ "type": "enrol", "text": server.ticket() })).await;
    synced(&hands).await;
    hands
}

async fn synced(hands: &Hands) {
    let is = |view: &serde_json::Value| {
        view["link"]["state"] == "online"
            && view["screen"] != "setup"
            && !view["link"]["last_sync"].is_null()
            && view["lease"].is_object()
            && view["link"]["clock_doubt"] == false
    };
    hands.until("mirror, lease and time", is).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_it_was_not_enrolled_stays_on_the_screen() {
    let server = Server::start(5).await;
    let folder = tempfile::tempdir().expect("a folder");
    let hands = Hands::start(folder.path());
    hands.until("the first start", |view| view["screen"] == "setup" && view["setup"]["busy"] == false).await;
    let wrong = server.ticket().replace("ABCD", "WRNG");
    for (text, words) in [("ABCD-EFGH-~", "二维码"), ("不是", "不是登记码"), (wrong.as_str(), "登记码不对")]
    {
        hands.act(json!({ "type": "enrol", "text": text })).await;
        let said =
            |view: &serde_json::Value| view["setup"]["wrong"]["zh"].as_str().is_some_and(|zh| zh.contains(words));
        let view = hands.until(words, said).await;
        assert_eq!((&view["screen"], &view["setup"]["busy"]), (&json!("setup"), &json!(false)));
    }
    // Nobody has to read it within the time of a result.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let view = hands.view("operator").await.expect("a picture");
    assert!(view["setup"]["wrong"]["en"].as_str().is_some_and(|en| en.contains("expired")));
    let customer = hands.view("customer").await.expect("a picture");
    assert!(customer["setup"].is_null(), "that is for the cashier");
    hands.act(json!({ "type": "enrol", "text": server.ticket() })).await;
    synced(&hands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolled_synced_sold_online_and_offline() {
    let server = Server::start(50).await;
    let folder = tempfile::tempdir().expect("a folder");
    let hands = ready(&server, &folder).await;
    let paid = hands.sell("12.5", &server.card(1)).await;
    assert_eq!((&paid["kind"], &paid["amount"], &paid["offline"]), (&json!("paid"), &json!(1250), &json!(false)));
    let customer = hands.view("customer").await.expect("a picture");
    assert_eq!(customer["payer"]["name_mask"], "李**");
    assert!(customer["payer"]["name"].is_null() && customer["recent"].as_array().is_some_and(Vec::is_empty));

    server.falls_silent(true);
    let began = Instant::now();
    let paid = hands.sell("8", &server.card(2)).await;
    assert_eq!((&paid["kind"], &paid["offline"]), (&json!("paid"), &json!(true)));
    assert!(began.elapsed() < Duration::from_millis(2_500), "the budget is 800 ms: {:?}", began.elapsed());
    let began = Instant::now();
    let paid = hands.sell("9", &server.card(3)).await;
    assert_eq!(paid["amount"], 900);
    assert!(began.elapsed() < Duration::from_millis(700), "who is known to be silent is not waited for");
    let view = hands.until("offline", |view| view["link"]["state"] == "offline").await;
    let unsent = view["link"]["unsent"].as_u64().expect("a number");
    assert!((3..=5).contains(&unsent), "an intent and two sales, and of the sale before what was under way: {unsent}");
    let refused = hands.sell("1", "https://example.com/not-a-card").await;
    assert_eq!(refused["zh"], "无法识别此码");

    server.falls_silent(false);
    hands.until("all is sent", |view| view["link"]["unsent"] == 0 && view["link"]["state"] == "online").await;
    let books = server.books.lock().expect("books");
    let fen: Vec<i64> = books.booked.values().filter(|(_, undone)| !undone).map(|(fen, _)| *fen).collect();
    assert_eq!((fen.iter().sum::<i64>(), fen.len()), (1250 + 800 + 900, 3));
    assert_eq!(books.refused_signatures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_at_the_screens_door_get_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let hands = Hands::start(folder.path());
    assert_eq!(hands.status_of("/api/view?screen=operator").await, 401);
    assert_eq!(hands.status_of("/api/view?screen=operator&token=00").await, 401);
    assert_eq!(hands.status_of_host("evil.example").await, 421);
}

/// A code that was taken with the server's word is not taken again after a restart without it.
#[tokio::test(flavor = "multi_thread")]
async fn a_phones_code_is_taken_once_also_after_a_restart() {
    let server = Server::start(50).await;
    let folder = tempfile::tempdir().expect("a folder");
    let hands = ready(&server, &folder).await;
    let (first, next) = (server.phone(1, 5), server.phone(1, 6));
    let paid = hands.sell("5", &first).await;
    assert_eq!((&paid["kind"], &paid["offline"]), (&json!("paid"), &json!(false)));
    hands.kill();
    server.falls_silent(true);
    let hands = Hands::start(folder.path());
    let refused = hands.sell("6", &first).await;
    assert_eq!((&refused["kind"], &refused["zh"]), (&json!("refused"), &json!("此码已用过，请刷新")));
    // The first brings the price back, the second takes it away.
    for _ in 0..2 {
        hands.act(json!({ "type": "cancel" })).await;
    }
    let paid = hands.sell("7", &next).await;
    assert_eq!((&paid["kind"], &paid["offline"]), (&json!("paid"), &json!(true)), "{paid}");
}

/// Killed at any instant: what was green is in the journal once, and the server ends with the same books.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_nothing_is_lost_or_doubled() {
    let server = Server::start(200).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut hands = ready(&server, &folder).await;
    let (mut green, mut chance) = (BTreeSet::new(), 0x2545_f491_4f6c_dd1du64);
    let mut next = || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        chance
    };
    let mut n = 0;
    for round in 0..12 {
        server.falls_silent(round % 3 == 1);
        server.deaf.store(round % 3 == 2, Ordering::SeqCst);
        for _ in 0..next() % 4 {
            n += 1;
            let amount = 100 + n;
            let paid =
                hands.sell(&format!("{}.{:02}", amount / 100, amount % 100), &server.card(n as u32 % 200 + 1)).await;
            if paid["kind"] == "paid" {
                green.insert(amount);
            }
        }
        // One more that is cut somewhere between the scan and its result.
        n += 1;
        hands.keys(&format!("{}.{:02}", (100 + n) / 100, (100 + n) % 100)).await;
        hands.scan(&server.card(n as u32 % 200 + 1)).await;
        tokio::time::sleep(Duration::from_micros(next() % 30_000)).await;
        if let Some(view) = hands.view("operator").await
            && view["result"]["kind"] == "paid"
        {
            green.insert(view["result"]["amount"].as_i64().expect("fen"));
        }
        hands.kill();
        hands = Hands::start(folder.path());
    }
    server.falls_silent(false);
    server.deaf.store(false, Ordering::SeqCst);
    hands.until("all is sent", |view| view["link"]["unsent"] == 0 && view["link"]["state"] == "online").await;
    let books = server.books.lock().expect("books");
    let standing: Vec<i64> = books.booked.values().filter(|(_, undone)| !undone).map(|(fen, _)| *fen).collect();
    let once: BTreeSet<i64> = standing.iter().copied().collect();
    assert_eq!(once.len(), standing.len(), "nothing is booked twice: {standing:?}");
    assert!(green.is_subset(&once), "what was green is booked: {:?}", green.difference(&once));
    // What is booked and was not seen green here may have been green in the last instant; then its record says so.
    let recorded = |fen: &i64| {
        books.records.iter().any(|record| match &record.body {
            Body::Confirmed { amount, .. } => amount.fen() == *fen,
            Body::Sold { how, .. } => how.charged.fen() == *fen,
            _ => false,
        })
    };
    assert!(once.difference(&green).all(recorded), "nobody is charged who saw no green");
    assert!(green.len() >= 10, "the test sold something: {green:?}");
}
