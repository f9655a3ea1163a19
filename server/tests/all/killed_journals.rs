//! The real binary, killed at random moments while terminals send what they sold by themselves: what was acknowledged
//! is there, and in the end every sale is booked, once.

use crate::agent::{add_at, enrol, how, key};
use crate::killed::{Program, beside_postgresql, lasts, set_up};
use crate::testkit::Client;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;
use yitong_sync::{AUTH_HEADERS, Body, DeviceKey, Head, PayerShown, REQUEST, Sale, Sealed, Stamp, request_text};
use yitong_values::{CanteenId, Cents, EntryId, TerminalId, Timestamp};

const TERMINALS: u8 = 3;
const SALES: usize = 600;
const BATCH: usize = 25;
/// Each sale with such a number was undone at the counter.
const UNDONE_EVERY: usize = 9;

struct Machine {
    id: TerminalId,
    key: DeviceKey,
    client: Client,
    records: Vec<Sealed>,
}

/// What a person ate, by the journals: purchases and fen that stand.
type Eaten = BTreeMap<String, i64>;

fn now() -> Timestamp {
    Timestamp::from_ms(jiff::Timestamp::now().as_millisecond())
}

impl Machine {
    async fn enrolled(admin: &Client, program: &Program, school: &str, stall: &str, n: u8) -> Machine {
        let terminal = add_at(admin, school, &format!("{n} 号机"), stall).await;
        let made = admin.post(&format!("{school}/terminals/{terminal}/codes"), json!({})).await.expect(201).json;
        let (client, key) = (program.client(), key(n));
        enrol(&client, made["code"].as_str().expect("a code"), &key).await.expect(201);
        Machine { id: terminal.parse().expect("an id"), key, client, records: Vec::new() }
    }

    /// A lunch without the server.
    fn sell(&mut self, stall: &str, pupils: &[String], eaten: &mut Eaten) {
        let mut head = Head::default();
        let mut write = |body: Body, records: &mut Vec<Sealed>| {
            let stamp = Stamp { at: now(), wall: now(), boot: 1, mono_ms: 0, token_age_ms: Some(0) };
            let sealed = Sealed::seal(&head.next(self.id, 1, stamp, body), &self.key);
            head = Head { seq: head.seq + 1, hash: sealed.hash() };
            records.push(sealed);
        };
        write(Body::Opened { key: self.key.public(), version: "0.1.0".into() }, &mut self.records);
        for n in 1..=SALES {
            let (person, fen) = (&pupils[n % pupils.len()], (n % 40 + 1) as i64);
            let sale = sale(stall, person, fen);
            let (purchase, amount) = (sale.purchase, sale.amount);
            write(Body::Sold { sale, how: how(person, amount) }, &mut self.records);
            if n.is_multiple_of(UNDONE_EVERY) {
                write(Body::Undone { purchase, amount, by: None }, &mut self.records);
            } else {
                *eaten.entry(person.clone()).or_default() += fen;
            }
        }
    }

    /// Sends what is not acknowledged until all is, or the server is gone. Returns how far it came.
    async fn send(&self, mut acknowledged: usize) -> usize {
        while acknowledged < self.records.len() {
            let batch = &self.records[acknowledged..(acknowledged + BATCH).min(self.records.len())];
            let body = json!({"journal": 1, "records": batch}).to_string().into_bytes();
            let (path, at) = ("/api/v1/terminal/journal", now());
            let text = request_text("POST", path, at, &Sha256::digest(&body).into());
            let signed = [self.id.to_string(), at.ms().to_string(), self.key.sign(REQUEST, &text).into()];
            let mut headers: Vec<(&str, &str)> =
                AUTH_HEADERS.into_iter().zip(signed.iter().map(String::as_str)).collect();
            headers.push(("content-type", "application/json"));
            let Some(answer) = self.client.try_send("POST", path, &headers, body).await else { break };
            assert_eq!((answer.status, &answer.json["problem"]), (200, &Value::Null), "{}", answer.json);
            assert_eq!(answer.json["quarantined"], json!([]));
            let head = answer.json["head"]["seq"].as_u64().and_then(|seq| usize::try_from(seq).ok());
            let head = head.expect("a number");
            assert!(head >= acknowledged, "{acknowledged} were acknowledged, and it has {head}");
            acknowledged = head;
        }
        acknowledged
    }
}

fn sale(stall: &str, person: &str, fen: i64) -> Sale {
    Sale {
        purchase: EntryId::new(Uuid::now_v7()),
        stall: stall.parse().expect("an id"),
        canteen: CanteenId::new(Uuid::nil()),
        payer: PayerShown::Person(person.parse().expect("an id")),
        mode: "amount".into(),
        items: Vec::new(),
        amount: Cents::new(fen),
        at: now(),
        collect_later: false,
        duplicate_confirmed: false,
        photo_checked: false,
        cashier: None,
    }
}

async fn killed_while_journals_come(place: Vec<String>, lasts: Duration) {
    let mut program = Program::at(place);
    program.start();
    program.ready().await;
    let admin = program.client();
    let (school, stall, pupils) = set_up(&admin).await;
    let (mut kills, mut sold, mut spent, begun) = (0, 0, Eaten::new(), Instant::now());
    let mut named = 0;
    while begun.elapsed() < lasts || kills < 4 {
        let mut machines = Vec::new();
        for _ in 0..TERMINALS {
            named += 1;
            let mut machine = Machine::enrolled(&admin, &program, &school, &stall, named).await;
            machine.sell(&stall, &pupils, &mut spent);
            sold += SALES;
            machines.push((Arc::new(machine), 0));
        }
        while machines.iter().any(|(machine, sent)| *sent < machine.records.len()) {
            let mut sending = tokio::task::JoinSet::new();
            for (n, (machine, sent)) in machines.iter().enumerate() {
                let (machine, sent) = (machine.clone(), *sent);
                sending.spawn(async move { (n, machine.send(sent).await) });
            }
            let moment = 20 + Uuid::new_v4().as_u128() as u64 % 400;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            program.kill();
            kills += 1;
            for (n, sent) in sending.join_all().await {
                machines[n].1 = sent;
            }
            program.start();
            program.ready().await;
        }
    }
    let (booked, undone) = count(&admin, &school).await;
    let expected = (sold, sold / SALES * (SALES / UNDONE_EVERY));
    assert_eq!((booked, undone), expected, "lost or doubled");
    for person in &pupils {
        let account = admin.get(&format!("{school}/people/{person}/account")).await.expect(200).json;
        let fen = |name: &str| account[name]["fen"].as_i64().expect("fen");
        let left = 50_000 - spent.get(person).copied().unwrap_or(0);
        assert_eq!(fen("balance") - fen("arrears"), left);
    }
    program.kill();
    program.verified();
    println!("killed {kills} times under journals of {sold} sales");
}

async fn count(client: &Client, school: &str) -> (usize, usize) {
    let (mut booked, mut undone, mut cursor) = (0, 0, String::new());
    loop {
        let page = client.get(&format!("{school}/purchases?from=2020-01-01&limit=200{cursor}")).await.expect(200).json;
        let items = page["items"].as_array().expect("a list");
        booked += items.len();
        undone += items.iter().filter(|item| !item["reversed_by"].is_null()).count();
        let Some(next) = page["next"].as_str() else { return (booked, undone) };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_journals_come_every_sale_is_booked_once() {
    let folder = tempfile::tempdir().expect("a test has a temporary folder");
    let place = vec!["--data".to_owned(), folder.path().display().to_string()];
    killed_while_journals_come(place, lasts() / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_beside_postgresql_journals_are_whole_as_well() {
    if let Some((_folder, place)) = beside_postgresql().await {
        killed_while_journals_come(place, lasts() / 2).await;
    }
}
