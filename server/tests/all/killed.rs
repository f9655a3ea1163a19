//! The real binary, killed under load at random moments: what was answered is booked, once, with the same answer.

use crate::cast::PASSWORD;
use crate::lunch::{fen, id_of};
use crate::testkit::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

const CLIENTS: usize = 6;
const PUPILS: usize = 12;

/// The program, serving one database on a port of its own.
pub struct Program {
    place: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl Program {
    /// Not started yet.
    pub fn at(place: Vec<String>) -> Program {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = free.local_addr().expect("a bound socket has an address").port();
        Program { place, port, child: None }
    }

    pub fn start(&mut self) {
        let listen = format!("127.0.0.1:{}", self.port);
        let child = Command::new(env!("CARGO_BIN_EXE_yitong"))
            .arg("serve")
            .args(&self.place)
            .args(["--listen", &listen])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(child.expect("the program starts"));
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the program was running");
            child.wait().expect("it ends");
        }
    }

    pub fn client(&self) -> Client {
        Client::at(&format!("http://127.0.0.1:{}", self.port))
    }

    pub async fn ready(&self) {
        let client = self.client();
        for _ in 0..400 {
            if client.try_send("GET", "/api/v1/setup", &[], Vec::new()).await.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the program does not serve");
    }

    pub fn verified(&self) {
        let run = Command::new(env!("CARGO_BIN_EXE_yitong")).arg("verify").args(&self.place).output();
        let run = run.expect("the program runs");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What became of a name, as far as its client knows.
#[derive(Clone, Debug)]
struct Sale {
    ask: Value,
    answer: Option<Value>,
}

type Sales = Arc<Mutex<BTreeMap<Uuid, Sale>>>;

/// A school set up over HTTP alone, as a newcomer would: its path, the stall and the pupils.
pub async fn set_up(client: &Client) -> (String, String, Vec<String>) {
    let ask = json!({"school_name": "实验小学", "school_short": "实小", "school_number": "10001", "admin_name": "王芳",
                     "username": "admin", "password": PASSWORD});
    let session = client.post("/api/v1/setup", ask).await.expect(201).json;
    let school = format!("/api/v1/schools/{}", session["schools"][0]["id"].as_str().expect("an id"));
    let at = |rest: &str| format!("{school}/{rest}");
    let campus = client.get(&at("places")).await.expect(200).json["campuses"][0]["id"].clone();
    let canteen = id_of(&client.post(&at("canteens"), json!({"campus": campus, "name": "食堂"})).await.expect(201));
    let stall = json!({"canteen": canteen, "name": "面点", "number": 1, "modes": ["amount"]});
    let stall = id_of(&client.post(&at("stalls"), stall).await.expect(201));
    let mut policy = client.get(&at("policy")).await.expect(200).json;
    (policy["require_meal_period"], policy["duplicate_window_s"]) = (false.into(), 0.into());
    client.put(&at("policy"), policy).await.expect(200);
    let class = id_of(&client.post(&at("classes"), json!({"name": "七年级1班"})).await.expect(201));
    let mut pupils = Vec::new();
    for n in 0..PUPILS {
        let ask = json!({"kind": "student", "number": n.to_string(), "name": "学生甲", "class": class});
        let person = id_of(&client.post(&at("people"), ask).await.expect(201));
        let money = json!({"person": person, "amount": fen(50_000)});
        client.put(&at(&format!("topups/{}", Uuid::new_v4())), money).await.expect(200);
        pupils.push(person);
    }
    (school, stall, pupils)
}

/// Sells until the server is gone, each sale under a name that is kept before it is asked.
async fn sell(client: Arc<Client>, school: String, stall: String, pupils: Vec<String>, sales: Sales) {
    loop {
        let id = Uuid::now_v7();
        let pupil = &pupils[id.as_u128() as usize % pupils.len()];
        let at = jiff::Timestamp::now().to_string();
        let amount = fen((id.as_u128() >> 7) as u8 as i64 % 50 + 1);
        let ask = json!({"stall": stall, "payer": {"person": pupil}, "mode": "amount", "amount": amount, "at": at});
        sales.lock().expect("no client panics").insert(id, Sale { ask: ask.clone(), answer: None });
        let path = format!("{school}/purchases/{id}");
        let headers = [("content-type", "application/json")];
        let Some(answer) = client.try_send("PUT", &path, &headers, ask.to_string().into_bytes()).await else { return };
        assert_eq!(answer.status, 200, "{}", answer.json);
        sales.lock().expect("no client panics").get_mut(&id).expect("put above").answer = Some(answer.json);
    }
}

async fn killed_under_load(place: Vec<String>, lasts: Duration) {
    let mut program = Program::at(place);
    program.start();
    program.ready().await;
    let client = Arc::new(program.client());
    let (school, stall, pupils) = set_up(&client).await;
    let sales = Sales::default();
    let (begun, mut kills, mut unanswered) = (Instant::now(), 0, 0);
    while begun.elapsed() < lasts || kills < 3 {
        let mut selling = tokio::task::JoinSet::new();
        for _ in 0..CLIENTS {
            let (client, sales) = (Arc::clone(&client), Arc::clone(&sales));
            selling.spawn(sell(client, school.clone(), stall.clone(), pupils.clone(), sales));
        }
        let moment = 100 + Uuid::new_v4().as_u128() as u64 % 900;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        program.kill();
        kills += 1;
        selling.join_all().await;
        program.start();
        program.ready().await;
        unanswered += ask_again(&client, &school, &sales, false).await;
    }
    ask_again(&client, &school, &sales, true).await;
    booked_once(&client, &school, &sales, &pupils).await;
    program.kill();
    program.verified();
    let sold = sales.lock().expect("no client panics").len();
    println!("killed {kills} times under {sold} sales, {unanswered} of them asked again");
}

/// Asks the names without an answer again, or all of them: the first answer stands.
async fn ask_again(client: &Client, school: &str, sales: &Sales, all: bool) -> usize {
    let asked: Vec<(Uuid, Sale)> = {
        let sales = sales.lock().expect("no client panics");
        sales.iter().filter(|(_, sale)| all || sale.answer.is_none()).map(|(id, sale)| (*id, sale.clone())).collect()
    };
    let count = asked.len();
    for (id, sale) in asked {
        let answer = client.put(&format!("{school}/purchases/{id}"), sale.ask).await.expect(200).json;
        // In a long run the money ends; then a refusal is the answer that stands.
        assert!(answer["outcome"] == "paid" || answer["refusal"]["code"] == "too_little_money", "{answer}");
        if let Some(first) = sale.answer {
            assert_eq!(answer, first, "{id} was answered differently before the kill");
        }
        sales.lock().expect("no client panics").get_mut(&id).expect("known").answer = Some(answer);
    }
    count
}

/// Every name is in the ledger once, nothing else is, and each wallet holds what is left.
async fn booked_once(client: &Client, school: &str, sales: &Sales, pupils: &[String]) {
    let sales = sales.lock().expect("no client panics").clone();
    let mut spent: BTreeMap<String, i64> = BTreeMap::new();
    let paid = |sale: &&Sale| sale.answer.as_ref().is_some_and(|answer| answer["outcome"] == "paid");
    for sale in sales.values().filter(paid) {
        let person = sale.ask["payer"]["person"].as_str().expect("a person").to_owned();
        *spent.entry(person).or_default() += sale.ask["amount"]["fen"].as_i64().expect("fen");
    }
    let (mut booked, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{school}/purchases?from=2020-01-01&limit=200{cursor}")).await.expect(200).json;
        let ids = page["items"].as_array().expect("a list").iter().filter_map(|item| item["id"].as_str());
        booked.extend(ids.filter_map(|id| id.parse::<Uuid>().ok()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    booked.sort_unstable();
    assert_eq!(booked, sales.keys().copied().collect::<Vec<_>>());
    for person in pupils {
        let account = client.get(&format!("{school}/people/{person}/account")).await.expect(200).json;
        let left = 50_000 - spent.get(person).copied().unwrap_or(0);
        assert_eq!(
            account["balance"]["fen"].as_i64().map(|b| b - account["arrears"]["fen"].as_i64().unwrap_or(0)),
            Some(left)
        );
    }
}

/// Seconds of killing: a few in a build, hours by hand.
pub fn lasts() -> Duration {
    let told = std::env::var("YITONG_TEST_KILL_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(told.unwrap_or(8))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_answered_is_lost_and_nothing_doubled() {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let place = vec!["--data".to_owned(), folder.path().display().to_string()];
    killed_under_load(place, lasts()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_beside_postgresql_the_same_holds() {
    if let Some((_folder, place)) = beside_postgresql().await {
        killed_under_load(place, lasts()).await;
    }
}

/// A place in PostgreSQL, with a key file in a folder of its own; without it, why there is none.
pub async fn beside_postgresql() -> Option<(tempfile::TempDir, Vec<String>)> {
    let Ok(url) = std::env::var("YITONG_TEST_POSTGRES") else {
        eprintln!("SKIPPED: set YITONG_TEST_POSTGRES (cargo xtask pg -- …) to kill the server beside PostgreSQL");
        return None;
    };
    let Some(url) = own_database(&url).await else {
        eprintln!("SKIPPED: this build can't open PostgreSQL, or the database can't be reached");
        return None;
    };
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let key = folder.path().join("yitong.key").display().to_string();
    let place = ["--database", &url, "--key-file", &key].map(str::to_owned).to_vec();
    Some((folder, place))
}

/// A database of its own, so that neighbours are not killed with it.
async fn own_database(url: &str) -> Option<String> {
    let name = format!("killed_{}", Uuid::new_v4().simple());
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.ok()?;
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.ok()?;
    let (head, query) = url.split_once('?').map_or((url, String::new()), |(head, query)| (head, format!("?{query}")));
    let (server, _) = head.rsplit_once('/')?;
    let own = format!("{server}/{name}{query}");
    let place = yitong::plumbing::db::Place::Postgres(own.clone());
    let opened = tokio::task::spawn_blocking(move || yitong::plumbing::db::Db::open(&place).is_ok()).await;
    opened.unwrap_or(false).then_some(own)
}
