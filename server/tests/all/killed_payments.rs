//! The real binary, killed at random moments while guardians pay through the sandbox: in the end our books and the
//! channel's are equal, and nothing was booked twice.

use crate::killed::{Program, lasts};
use crate::lunch::fen;
use crate::testkit::Client;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;
use yitong::App;
use yitong::demo::{Size, make};
use yitong::guardians::{self, Binding, BindingState, Consents, Relation, Rights};
use yitong::payments::{self, AccountKind};
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::{Db, Tx};
use yitong::plumbing::seal::Seal;
use yitong::wallets;
use yitong_sandbox::{Faults, Sandbox};
use yitong_values::{BindingId, GuardianId, SchoolId, Timestamp};

const PUPILS: usize = 10;
const PAYERS: usize = 4;
const TOKEN: &str = "a-session-of-the-guardian";
/// Until every open order was looked at again; before any of them is over.
const LATER_MS: i64 = 10 * 60_000;

fn open(folder: &Path, clock: Clock) -> App {
    let config = Config::in_folder(folder.to_owned());
    let db = Db::open(&config.database).expect("the database opens");
    let seal = Seal::from_file(&config.key_file).expect("the key file is there");
    App::new(config, db, clock, seal)
}

/// A school with pupils, an account at the sandbox, and one guardian who pays for all of them.
async fn set_up(folder: &Path, sandbox: &Sandbox) -> (SchoolId, String, Vec<BindingId>) {
    let app = open(folder, Clock::System);
    make(&app, Size { pupils: PUPILS, days: 0 }).await.expect("a small demo school is made");
    let school = app.db.read(wallets::schools_with_books).await.expect("schools")[0];
    let settings = sandbox.settings().wechat;
    let account = payments::open_account(&app, school, AccountKind::Wechat, "微信", &settings).await;
    let account = account.expect("an account").to_string();
    let (guardian, now, seal) = (GuardianId::new(app.new_id()), app.now(), app.seal.clone());
    let ids: Vec<BindingId> = (0..PUPILS).map(|_| BindingId::new(app.new_id())).collect();
    let bindings = ids.clone();
    let write = move |tx: &mut Tx<'_>| {
        let guardian = guardians::put_guardian(tx, &seal, guardian, "13800009999", now)?.id;
        guardians::open_session(tx, TOKEN, guardian, now)?;
        for (id, person) in bindings.iter().zip(wallets::everyone(tx, school)?) {
            let binding = Binding {
                id: *id,
                guardian,
                school,
                person: Some(person),
                state: BindingState::Active,
                relation: Relation::Mother,
                rights: Rights::ALL,
                locked: false,
                consents: Consents { meals: true, messages: true, photo: true },
                typed: None,
                answer: String::new(),
                asked_at: now,
                answered_at: Some(now),
            };
            guardians::insert_binding(tx, &binding)?;
        }
        Ok(())
    };
    app.db.write("guardian", write).await.expect("a guardian is made");
    (school, account, ids)
}

/// Begins orders and pays them at the channel until the server is gone. What was begun is kept before it is asked.
async fn pay(
    client: Arc<Client>,
    bindings: Vec<BindingId>,
    account: String,
    sandbox: Sandbox,
    begun: Arc<Mutex<Vec<String>>>,
) {
    loop {
        let id = Uuid::now_v7();
        let binding = bindings[id.as_u128() as usize % bindings.len()];
        let path = format!("/api/v1/guardian/children/{binding}/payment-orders/{id}");
        begun.lock().expect("no payer panics").push(path.clone());
        let ask = json!({"amount": fen(1_000), "account": account, "scene": "qr"}).to_string().into_bytes();
        let headers = [("content-type", "application/json")];
        let Some(answer) = client.try_send("PUT", &path, &headers, ask).await else { return };
        match answer.status {
            200 => {
                let number = answer.json["number"].as_str().expect("a number");
                // The channel may never have heard of it: the server was killed, or its answer was a 500.
                let _ = sandbox.pay(number);
            }
            // Too many open, or the balance is full: this child can wait.
            422 => tokio::time::sleep(Duration::from_millis(10)).await,
            other => panic!("{other} {}", answer.json),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_guardians_pay_the_books_end_equal_to_the_channels() {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    let ahead = Arc::new(AtomicI64::new(0));
    let theirs = Arc::clone(&ahead);
    let now = move || Clock::System.now().plus_ms(theirs.load(Ordering::SeqCst));
    let sandbox = Sandbox::open_at(&folder.path().join("sandbox"), &address, Arc::new(now)).expect("a sandbox");
    let faults = Faults {
        seed: 7,
        server_error_percent: 10,
        lost_percent: 20,
        doubled_percent: 20,
        schedule_scale: 0,
        ..Faults::default()
    };
    sandbox.set_faults(faults).expect("good faults");
    tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
    let (school, account, bindings) = set_up(folder.path(), &sandbox).await;
    let mut program = Program::at(vec!["--data".to_owned(), folder.path().display().to_string()]);
    let begun = Arc::new(Mutex::new(Vec::new()));
    let (start, mut kills) = (Instant::now(), 0);
    while start.elapsed() < lasts() || kills < 3 {
        program.start();
        program.ready().await;
        let mut paying = tokio::task::JoinSet::new();
        for _ in 0..PAYERS {
            let client = program.client();
            client.set_cookie(guardians::COOKIE, TOKEN);
            paying.spawn(pay(Arc::new(client), bindings.clone(), account.clone(), sandbox.clone(), Arc::clone(&begun)));
        }
        let moment = 200 + Uuid::new_v4().as_u128() as u64 % 900;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        program.kill();
        kills += 1;
        paying.join_all().await;
    }
    // Later, when the sweeper has looked at everything that is open.
    sandbox.set_faults(Faults { schedule_scale: 0, ..Faults::default() }).expect("good faults");
    ahead.store(LATER_MS, Ordering::SeqCst);
    let app = open(folder.path(), Clock::by_hand(Timestamp::from_ms(Clock::System.now().ms() + LATER_MS)));
    while payments::sweep_once(&app).await.expect("the sweeper looks") > 0 {}
    let outside = Client::at(&address);
    let orders = outside.get("/orders").await.expect(200).json;
    let paid =
        orders["orders"].as_array().expect("orders").iter().filter(|order| order["state"] == "paid").count() as i64;
    let booked = payments::paid_by(&app, school, account.parse().expect("an id")).await.expect("a count");
    let tried = begun.lock().expect("no payer panics").len();
    println!("killed {kills} times under {tried} orders; {paid} paid at the channel, {booked} booked");
    assert!(paid > 5, "enough was paid for the test to mean something: {paid}");
    assert_eq!(booked, paid);
    drop(app);
    program.verified();
}
