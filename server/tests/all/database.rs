//! What every slice believes of the database, on both engines: units run to their end, once or not at all.

use crate::testkit::{Fresh, Server, on_server};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;
use uuid::Uuid;
use yitong::plumbing::db::{Column, Db, DbError, Place, Sql, Tx, Value, WRITE_QUEUE_MAX};

yitong::sql! {
    SET_COUNT = "INSERT INTO menu_version (school_id, version) VALUES ($1, $2) \
                 ON CONFLICT (school_id) DO UPDATE SET version = excluded.version";
    ADD_NEW = "INSERT INTO menu_version (school_id, version) VALUES ($1, $2)";
    COUNT = "SELECT version FROM menu_version WHERE school_id = $1";
    ADD_MANY = {
        sqlite: "INSERT INTO photo (school_id, person_id, kind, bytes) VALUES ($1, $2, $3, $4)",
        postgres: "INSERT INTO photo (school_id, person_id, kind, bytes) \
                   SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[])"
    };
    FIND_MANY = {
        sqlite: "SELECT person_id, kind, bytes, NULL FROM photo WHERE school_id = $1 AND person_id = $2",
        postgres: "SELECT p.person_id, p.kind, p.bytes, NULL::bigint FROM unnest($1::uuid[], $2::uuid[]) AS k(s, i) \
                   JOIN photo p ON p.school_id = k.s AND p.person_id = k.i"
    };
    OVERDRAW = "INSERT INTO account (school_id, person_id, wallet_0) VALUES ($1, $1, -1)";
    MAYBE = "SELECT version FROM menu_version WHERE (school_id = $1 OR $1 IS NULL) AND (version > $2 OR $2 IS NULL) \
             AND ($3 = '' OR $3 IS NULL)";
}

/// A database on the engine of this run, and what must live as long as it.
struct Bed {
    db: Db,
    place: Place,
    fresh: Option<Fresh>,
    _folder: tempfile::TempDir,
}

async fn bed() -> Bed {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let fresh = Fresh::make().await;
    let place = fresh.as_ref().map_or(Place::File(folder.path().join("yitong.db")), Fresh::place);
    let db = Db::open(&place).expect("a new database opens");
    Bed { db, place, fresh, _folder: folder }
}

fn count(key: Uuid) -> impl Fn(&mut Tx<'_>) -> Result<i64, DbError> + Send + 'static {
    move |tx| tx.opt(&COUNT, &[key.into()])?.map_or(Ok(-1), |row| row.int(0))
}

fn set(key: Uuid, to: i64) -> impl Fn(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static {
    move |tx| tx.execute(&SET_COUNT, &[key.into(), to.into()]).map(|_| ())
}

#[tokio::test]
async fn every_statement_of_the_program_is_understood() {
    let all = |tx: &mut Tx<'_>| {
        let mut wrong = Vec::new();
        for sql in Sql::all() {
            if let Err(why) = tx.prepare(sql) {
                wrong.push(why.to_string());
            }
        }
        // On PostgreSQL the first failure fails the transaction, and the unit is not asked any more.
        if wrong.is_empty() { Ok(Sql::all().count()) } else { Err(DbError::Broken(wrong.join("\n"))) }
    };
    let counted = bed().await.db.read(all).await.expect("all are prepared");
    assert!(counted > 100, "the statements of the slices are there, not only {counted}");
    // The other engine's texts are read in the other run; the embedded one needs no server, so it is always tried.
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let embedded = Db::open(&Place::File(folder.path().join("yitong.db"))).expect("it opens");
    assert_eq!(embedded.read(all).await, Ok(counted));
}

/// Steps of a plan: number, parent, words.
type Steps = Vec<(i64, i64, String)>;

/// What is looked for again for each row of something else must be found by more than its school: a school is the whole
/// table, and a hundred thousand times a hundred thousand rows are never read to their end.
fn school_by_school(steps: &Steps) -> Vec<&str> {
    let whole = |words: &str| words.starts_with("SCAN ") || words.ends_with("(school_id=?)");
    let named = |parent: i64| steps.iter().find(|(id, ..)| *id == parent).map_or("", |(_, _, words)| words.as_str());
    let mut found: Vec<&str> = Vec::new();
    for (i, (_, parent, words)) in steps.iter().enumerate().filter(|(_, (.., words))| whole(words)) {
        let inner = steps[..i].iter().any(|(_, other, before)| other == parent && before.starts_with("SEARCH "));
        let correlated = named(*parent).starts_with("CORRELATED");
        // The places of a school are a few dozen; a list that was computed just before is no table.
        let few = ["campus", "canteen", "stall", "class", "meal_period", "k ", "k2 "];
        let small = few.iter().any(|table| words.split_once(' ').is_some_and(|(_, of)| of.starts_with(table)));
        if (inner || correlated) && !small {
            found.push(words);
        }
    }
    found
}

#[tokio::test]
async fn no_statement_reads_more_than_it_must() {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let file = folder.path().join("yitong.db");
    let _open = Db::open(&Place::File(file.clone())).expect("it opens");
    let connection = rusqlite::Connection::open(file).expect("the file is there");
    let mut slow = Vec::new();
    for sql in Sql::all() {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.sqlite())).expect("a plan");
        let mut rows = plan.raw_query();
        let mut steps = Steps::new();
        while let Some(row) = rows.next().expect("a step") {
            let read = |i: usize| row.get(i).expect("a number");
            steps.push((read(0), read(1), row.get(3).expect("words")));
        }
        // A page of what grows for ever is read along an index; only what two indexes gave is put in order at the end.
        let text = sql.sqlite();
        let endless = ["FROM entry", "FROM topup", "FROM refused_purchase", "FROM audit"];
        if text.contains("LIMIT ?") && endless.iter().any(|table| text.contains(table)) {
            let sorts = steps.iter().filter(|(.., words)| words == "USE TEMP B-TREE FOR ORDER BY").count();
            assert!(sorts <= usize::from(text.contains("UNION ALL")), "{} sorts a history: {steps:?}", sql.name);
        }
        slow.extend(school_by_school(&steps).into_iter().map(|words| format!("{}: {words}", sql.name)));
    }
    assert!(
        slow.is_empty(),
        "an index over school and person, or whatever it looks for, is missing:\n{}",
        slow.join("\n")
    );
}

#[tokio::test]
async fn values_come_back_as_they_went() {
    let bed = bed().await;
    let school = Uuid::new_v4();
    let rows: Vec<Vec<Value>> = (0..50u8)
        .map(|i| vec![school.into(), Uuid::from_u128(i.into()).into(), format!("图 {i}").into(), vec![i; 3].into()])
        .collect();
    let kept = rows.clone();
    let write =
        move |tx: &mut Tx<'_>| tx.send_columns(&ADD_MANY, &[Column::Id, Column::Id, Column::Text, Column::Blob], &kept);
    bed.db.write("photos", write).await.expect("they are written");
    let read = move |tx: &mut Tx<'_>| {
        let keys: Vec<Vec<Value>> = rows.iter().map(|row| row[..2].to_vec()).collect();
        let found = tx.query_columns(&FIND_MANY, &[Column::Id, Column::Id], &keys)?;
        for (row, kept) in found.iter().zip(&rows) {
            let back = [Value::from(row.id(0)?), row.text(1)?.into(), row.blob(2)?.into(), row.opt_int(3)?.into()];
            assert_eq!(back, [kept[1].clone(), kept[2].clone(), kept[3].clone(), Value::Null]);
        }
        Ok(found.len())
    };
    assert_eq!(bed.db.read(read).await, Ok(50));
    let nulls = |tx: &mut Tx<'_>| tx.query(&MAYBE, &[Value::Null, Value::Null, Value::Null]).map(|rows| rows.len());
    assert_eq!(bed.db.read(nulls).await, Ok(0));
}

#[tokio::test]
async fn a_unit_runs_to_its_end_when_nobody_waits() {
    let bed = bed().await;
    let key = Uuid::new_v4();
    let slow = move |tx: &mut Tx<'_>| {
        std::thread::sleep(Duration::from_millis(100));
        set(key, 7)(tx)
    };
    let gone = tokio::time::timeout(Duration::from_millis(10), bed.db.write("slow", slow)).await;
    assert!(gone.is_err(), "the caller went away first");
    for _ in 0..100 {
        if bed.db.read(count(key)).await == Ok(7) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the unit did not run to its end");
}

#[tokio::test]
async fn a_failed_unit_keeps_nothing_and_stops_nobody() {
    let bed = bed().await;
    let key = Uuid::new_v4();
    // More often than there are writers: each of them survives.
    for _ in 0..20 {
        let panics = move |tx: &mut Tx<'_>| -> Result<(), DbError> {
            set(key, 1)(tx)?;
            panic!("a bug in a unit")
        };
        assert_eq!(bed.db.write("panics", panics).await, Err(DbError::Panicked("panics")));
    }
    let refuses = move |tx: &mut Tx<'_>| -> Result<(), DbError> {
        set(key, 2)(tx)?;
        Err(DbError::Broken("on purpose".into()))
    };
    assert_eq!(bed.db.write("refuses", refuses).await, Err(DbError::Broken("on purpose".into())));
    // A failure that the unit passes over is still a failure where the engine can't go on after it.
    let passes_over = move |tx: &mut Tx<'_>| {
        set(key, 3)(tx)?;
        let _ = tx.execute(&OVERDRAW, &[key.into()]);
        Err::<(), _>(DbError::Broken("passed over".into()))
    };
    assert!(bed.db.write("passes over", passes_over).await.is_err());
    assert_eq!(bed.db.read(count(key)).await, Ok(-1));
    assert_eq!(bed.db.write("set", set(key, 4)).await, Ok(()));
    assert_eq!(bed.db.read(count(key)).await, Ok(4));
}

#[tokio::test]
async fn a_rule_of_the_database_is_a_constraint() {
    let bed = bed().await;
    let key = Uuid::new_v4();
    let overdraws = move |tx: &mut Tx<'_>| tx.execute(&OVERDRAW, &[key.into()]).map(|_| ());
    assert!(matches!(bed.db.write("overdraws", overdraws).await, Err(DbError::Constraint(_))));
    let twice = move |tx: &mut Tx<'_>| tx.execute(&ADD_NEW, &[key.into(), 1.into()]).map(|_| ());
    assert_eq!(bed.db.write("first", twice).await, Ok(()));
    assert!(matches!(bed.db.write("second", twice).await, Err(DbError::Constraint(_))));
}

#[tokio::test]
async fn a_reader_can_not_write() {
    let bed = bed().await;
    let key = Uuid::new_v4();
    bed.db.read(set(key, 1)).await.expect_err("a reader wrote");
    assert_eq!(bed.db.read(count(key)).await, Ok(-1));
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let bed = bed().await;
    let stop = Arc::new(AtomicUsize::new(0));
    let mut waiting = Vec::new();
    let mut busy = 0;
    for _ in 0..WRITE_QUEUE_MAX + 1000 {
        let stop = Arc::clone(&stop);
        let held = move |_: &mut Tx<'_>| {
            while stop.load(Ordering::SeqCst) == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        };
        let mut asked = Box::pin(bed.db.write("held", held));
        match std::future::poll_fn(|cx| Poll::Ready(asked.as_mut().poll(cx))).await {
            Poll::Ready(Err(DbError::Busy)) => busy += 1,
            Poll::Ready(other) => panic!("answered before it could run: {other:?}"),
            Poll::Pending => waiting.push(asked),
        }
    }
    stop.store(1, Ordering::SeqCst);
    assert!(busy >= 400, "{busy} were refused");
    for asked in waiting {
        assert_eq!(asked.await, Ok(()), "what was taken in is done");
    }
}

/// Reads, decides, writes, without a lock: what only one after the other can get right.
#[tokio::test]
async fn units_run_as_if_one_after_the_other() {
    let bed = bed().await;
    let key = Uuid::new_v4();
    bed.db.write("set", set(key, 0)).await.expect("it is set");
    let runs = Arc::new(AtomicUsize::new(0));
    let adding = (0..40).map(|_| {
        let (db, runs) = (bed.db.clone(), Arc::clone(&runs));
        let add = move |tx: &mut Tx<'_>| {
            runs.fetch_add(1, Ordering::SeqCst);
            let now = count(key)(tx)?;
            std::thread::sleep(Duration::from_millis(1));
            set(key, now + 1)(tx)
        };
        tokio::spawn(async move {
            // Who gave way too often is told so, and asks again; nothing is added twice.
            while let Err(why) = db.write("add", add.clone()).await {
                assert_eq!(why, DbError::Conflict);
            }
        })
    });
    for added in adding.collect::<Vec<_>>() {
        added.await.expect("it is added");
    }
    assert_eq!(bed.db.read(count(key)).await, Ok(40));
    assert!(runs.load(Ordering::SeqCst) >= 40);
}

/// Two of the same name at once: the one that comes second finds the first, and says so.
#[tokio::test]
async fn a_key_taken_meanwhile_is_seen_by_the_next_run() {
    let bed = bed().await;
    for _ in 0..20 {
        let key = Uuid::new_v4();
        let claim = move |tx: &mut Tx<'_>| {
            if count(key)(tx)? >= 0 {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(2));
            tx.execute(&ADD_NEW, &[key.into(), 1.into()])?;
            Ok(true)
        };
        let (a, b) = tokio::join!(bed.db.write_locking("claim", claim), bed.db.write_locking("claim", claim));
        let mut both = [a.expect("an answer"), b.expect("an answer")];
        both.sort_unstable();
        assert_eq!(both, [false, true]);
    }
}

#[tokio::test]
async fn two_servers_may_start_at_once() {
    let bed = bed().await;
    let Some(_) = &bed.fresh else { return };
    let fresh = Fresh::make().await.expect("there is a PostgreSQL");
    let openings = (0..4).map(|_| {
        let place = fresh.place();
        std::thread::spawn(move || Db::open(&place).map(|_| ()))
    });
    for opening in openings.collect::<Vec<_>>() {
        assert_eq!(opening.join().expect("no panic"), Ok(()));
    }
}

/// The server throws everybody out, again and again, while units are written: each happens once.
#[tokio::test]
async fn lost_connections_are_made_again() {
    let bed = bed().await;
    let Some(fresh) = &bed.fresh else { return };
    let keys: Vec<Uuid> = (0..200).map(|_| Uuid::new_v4()).collect();
    let writing = keys.iter().map(|key| {
        let (db, key) = (bed.db.clone(), *key);
        tokio::spawn(async move {
            db.write("set", move |tx| {
                std::thread::sleep(Duration::from_millis(5));
                set(key, 1)(tx)
            })
            .await
        })
    });
    let writing: Vec<_> = writing.collect();
    let name = fresh.url.rsplit('/').next().expect("it has a name");
    let server = std::env::var("YITONG_TEST_POSTGRES").expect("there is a PostgreSQL");
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(30)).await;
        let order = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        on_server(&server, order).await;
    }
    for written in writing {
        assert_eq!(written.await.expect("no panic"), Ok(()));
    }
    for key in keys {
        assert_eq!(bed.db.read(count(key)).await, Ok(1));
    }
}

/// The server goes away and comes back: what could not wait is refused and not done, what could is done once.
#[tokio::test]
async fn an_outage_ends_by_itself() {
    let bed = bed().await;
    let Some(fresh) = &bed.fresh else { return };
    let (late, soon) = (Uuid::new_v4(), Uuid::new_v4());
    bed.db.write("set", set(late, 1)).await.expect("all is well");
    let name = fresh.url.rsplit('/').next().expect("it has a name").to_owned();
    let server = std::env::var("YITONG_TEST_POSTGRES").expect("there is a PostgreSQL");
    on_server(&server, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    on_server(&server, end).await;
    let begun = std::time::Instant::now();
    let refused = bed.db.write("set", set(late, 2)).await;
    assert!(matches!(refused, Err(DbError::Unavailable(_))), "{refused:?}");
    assert!(begun.elapsed() < Duration::from_secs(13), "who waits is told in time");
    let db = bed.db.clone();
    let waiting = tokio::spawn(async move { db.write("set", set(soon, 3)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    on_server(&server, format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    assert_eq!(waiting.await.expect("no panic"), Ok(()));
    assert_eq!((bed.db.read(count(late)).await, bed.db.read(count(soon)).await), (Ok(1), Ok(3)));
}

/// A server that is not there is said so within a bounded time.
#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let place = Place::Postgres("postgres://yitong@127.0.0.1:1/nowhere?connect_timeout=1".into());
    let begun = std::time::Instant::now();
    let opened = tokio::task::spawn_blocking(move || Db::open(&place).map(|_| ())).await.expect("no panic");
    assert!(matches!(opened, Err(DbError::Unavailable(_))), "{opened:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn an_altered_migration_stops_the_start() {
    let bed = bed().await;
    yitong::sql! {
        ALTER = "UPDATE migration SET checksum = 'other' WHERE name = '0050_wallets_ledger'";
    }
    let changed = bed.db.write("alter", |tx| tx.execute(&ALTER, &[])).await;
    assert_eq!(changed, Ok(1));
    let why = Db::open(&bed.place).err().expect("it does not open");
    assert!(why.to_string().contains("0050_wallets_ledger"), "{why}");
}

#[tokio::test]
async fn the_whole_server_runs_on_this_engine() {
    let server = Server::start().await;
    let writers = if std::env::var_os("YITONG_TEST_POSTGRES").is_some() { 8 } else { 1 };
    assert_eq!(server.app.db.writers(), writers);
}
