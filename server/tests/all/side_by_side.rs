//! Money that moves at the same moment: each name once, no account in the dark, no entry in a closed day.

use crate::testkit::Server;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;
use yitong::demo::{self, Size};
use yitong::plumbing::db::{DbError, Tx};
use yitong::topups::{TopupAsk, TopupOutcome, top_up};
use yitong::wallets::{self, close_day};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, Timestamp, UserId};

const AMOUNT: Cents = Cents::new(100);

struct Scene {
    server: Server,
    school: SchoolId,
    people: Vec<PersonId>,
}

async fn scene() -> Scene {
    let server = Server::start().await;
    demo::make(&server.app, Size { pupils: 12, days: 0 }).await.expect("a school is made");
    let school = server.app.db.read(wallets::schools_with_books).await.expect("schools are read")[0];
    let people = server.app.db.read(move |tx| wallets::everyone(tx, school)).await.expect("people are read");
    Scene { server, school, people }
}

impl Scene {
    fn ask(&self, person: usize, id: Uuid, now: Timestamp) -> TopupAsk {
        let cashier = UserId::new(Uuid::nil());
        let (school, person, id) = (self.school, self.people[person], EntryId::new(id));
        TopupAsk { school, id, person, amount: AMOUNT, note: String::new(), cashier, now }
    }

    /// What is there less what is to be collected: a top-up pays that first.
    async fn balance(&self, person: usize) -> i64 {
        let (school, person) = (self.school, self.people[person]);
        let read = move |tx: &mut Tx<'_>| wallets::load_account(tx, school, person);
        let state = self.server.app.db.read(read).await.expect("it is read").expect("there is an account");
        state.balance().fen() - state.arrears.fen()
    }

    async fn top_up_at_once(&self, asks: Vec<TopupAsk>) -> Vec<Result<TopupOutcome, DbError>> {
        let asking = asks.into_iter().map(|ask| {
            let db = self.server.app.db.clone();
            tokio::spawn(async move { db.write_locking("top up", move |tx| top_up(tx, &ask)).await })
        });
        let mut outcomes = Vec::new();
        for asked in asking.collect::<Vec<_>>() {
            outcomes.push(asked.await.expect("no panic"));
        }
        outcomes
    }

    async fn books_are_whole(&self) {
        let report = wallets::verify(&self.server.app.db, None).await.expect("they are verified");
        assert!(report.ok(), "{:?}", report.findings);
    }
}

#[tokio::test]
async fn one_name_asked_eight_times_at_once_is_booked_once() {
    let scene = scene().await;
    let (before, now) = (scene.balance(0).await, scene.server.app.now());
    let id = scene.server.app.new_id();
    let outcomes = scene.top_up_at_once((0..8).map(|_| scene.ask(0, id, now)).collect()).await;
    let count = |wanted: TopupOutcome| outcomes.iter().filter(|o| **o == Ok(wanted.clone())).count();
    assert_eq!((count(TopupOutcome::Booked), count(TopupOutcome::Again)), (1, 7), "{outcomes:?}");
    assert_eq!(scene.balance(0).await, before + AMOUNT.fen());
    scene.books_are_whole().await;
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let scene = scene().await;
    let (before, now) = (scene.balance(1).await, scene.server.app.now());
    let asks = (0..24).map(|i| scene.ask(1 + i % 2, scene.server.app.new_id(), now)).collect();
    for outcome in scene.top_up_at_once(asks).await {
        assert_eq!(outcome, Ok(TopupOutcome::Booked), "a receipt's number that was taken meanwhile is another one");
    }
    assert_eq!(scene.balance(1).await, before + 12 * AMOUNT.fen());
    scene.books_are_whole().await;
}

/// A top-up of yesterday arrives while yesterday is being closed: it waits, and is refused.
#[tokio::test]
async fn a_day_closes_alone() {
    let scene = scene().await;
    let (school, now) = (scene.school, scene.server.app.now());
    let day = now.china_day();
    let db = scene.server.app.db.clone();
    let asked = scene.top_up_at_once(vec![scene.ask(3, scene.server.app.new_id(), now)]).await;
    assert_eq!(asked, [Ok(TopupOutcome::Booked)]);
    let after_midnight = day.plus_days(1).start().plus_ms(3_600_000);
    let slow = move |tx: &mut Tx<'_>| {
        let closed = close_day(tx, school, day, UserId::new(Uuid::nil()), after_midnight)?;
        std::thread::sleep(Duration::from_millis(300));
        Ok(closed)
    };
    let closing = tokio::spawn(async move { db.write_locking("close", slow).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let asks = (4..8).map(|person| scene.ask(person, scene.server.app.new_id(), now)).collect();
    for outcome in scene.top_up_at_once(asks).await {
        assert!(matches!(outcome, Err(DbError::Constraint(_))), "{outcome:?}");
    }
    let closed = closing.await.expect("no panic").expect("it is written");
    assert!(closed.is_ok_and(|closed| closed.entries > 0));
    scene.books_are_whole().await;
}

/// On several writers, a unit that does not look anew might miss a day that was just closed.
#[tokio::test]
async fn an_entry_needs_a_unit_that_locks() {
    let scene = scene().await;
    let ask = scene.ask(5, scene.server.app.new_id(), scene.server.app.now());
    let outcome = scene.server.app.db.write("top up", move |tx| top_up(tx, &ask)).await;
    match scene.server.app.db.writers() {
        1 => assert_eq!(outcome, Ok(TopupOutcome::Booked)),
        _ => assert!(matches!(outcome, Err(DbError::Constraint(_))), "{outcome:?}"),
    }
}

/// Whatever was sold at once got a receipt of its own.
#[tokio::test]
async fn receipts_are_dense() {
    let scene = scene().await;
    let now = scene.server.app.now();
    let asks: Vec<_> = (0..10).map(|i| scene.ask(i, scene.server.app.new_id(), now)).collect();
    let ids: Vec<EntryId> = asks.iter().map(|ask| ask.id).collect();
    scene.top_up_at_once(asks).await;
    let school = scene.school;
    let read = move |tx: &mut Tx<'_>| {
        let mut receipts = BTreeSet::new();
        for id in &ids {
            let found = wallets::find_entry(tx, school, *id)?.ok_or(DbError::Broken("no entry".into()))?.entry?;
            let detail: serde_json::Value = serde_json::from_str(&found.detail).expect("a detail is JSON");
            receipts.insert(detail["receipt"].as_i64().expect("a receipt has a number"));
        }
        Ok(receipts)
    };
    let receipts: Vec<i64> = scene.server.app.db.read(read).await.expect("they are read").into_iter().collect();
    let first = receipts[0];
    assert_eq!(receipts, (first..first + 10).collect::<Vec<_>>());
}
