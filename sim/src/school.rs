//! The school of a simulated day: a whole server in this process, under a clock that the day moves, and the office that
//! speaks to it over HTTP like anybody else. No socket: requests go straight to the router.

use crate::auditor::{Account, Booked, Books};
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tower::ServiceExt as _;
use uuid::Uuid;
use yitong::App;
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::Db;
use yitong::plumbing::seal::Seal;
use yitong::schools::{NewSchool, create_school};
use yitong::signin::roles::Role;
use yitong::signin::{NewGrant, NewUser, Scope, create_user, enrol_totp, totp};
use yitong_values::{BusinessDay, SchoolId, Timestamp, UserId};

const PASSWORD: &str = "correct horse battery";
const TOTP_SECRET: &[u8; 20] = b"12345678901234567890";

/// An answer of the server: status and body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// What went wrong in the preparation of a day is a mistake of the simulation, not a finding.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self.json()
    }
}

#[derive(Clone, Debug)]
pub struct Pupil {
    pub id: Uuid,
    /// The text of the printed code.
    pub card: String,
}

pub struct School {
    pub app: App,
    pub id: SchoolId,
    router: axum::Router,
    cookies: Mutex<BTreeMap<String, String>>,
    folder: Option<tempfile::TempDir>,
}

impl School {
    /// An empty school at this moment. Must be called inside a runtime: purchases are grouped on it.
    pub async fn open(now: Timestamp) -> School {
        let folder = scratch();
        let id = SchoolId::new(Uuid::from_u128(0x0193_5f00_0000_7000_8000_0000_0000_0001));
        let school = School::on(Some(folder), id, Clock::by_hand(now));
        let new = NewSchool { id, name: "模拟中学".into(), short: "模拟".into(), number: "10001".into() };
        let made = school.app.db.write("school", move |tx| create_school(tx, &new, now)).await;
        made.expect("a school is made");
        school.hire().await;
        school
    }

    /// A school that runs already, with an office of our own.
    pub async fn around(app: App, id: SchoolId) -> School {
        let router = yitong::routes::router(app.clone());
        let school = School { app, id, router, cookies: Mutex::default(), folder: None };
        school.hire().await;
        school
    }

    /// Somebody for the office, who may do everything there.
    async fn hire(&self) {
        let (id, scope) = (self.id, Scope::School(self.id.uuid()));
        let grant = |role| NewGrant { role, scope, school: id, classes: vec![] };
        let new = NewUser {
            id: UserId::new(self.app.new_id()),
            username: "sim-office".into(),
            name: "教务".into(),
            password: PASSWORD.into(),
            grants: [Role::SchoolAdmin, Role::Finance].map(grant).into(),
        };
        let user = create_user(&self.app, new).await.expect("a user is made");
        enrol_totp(&self.app, user, TOTP_SECRET).await.expect("a second factor is set");
        self.sign_in().await;
    }

    /// The same school on a copy of its files, while nobody writes to them.
    pub fn copy(&self) -> School {
        let folder = scratch();
        for file in std::fs::read_dir(self.folder()).expect("a school has a folder") {
            let file = file.expect("a folder can be read");
            if file.path().is_file() {
                std::fs::copy(file.path(), folder.path().join(file.file_name())).expect("files can be copied");
            }
        }
        let cookies = Mutex::new(self.cookies.lock().expect("nobody panics with the cookies").clone());
        School { cookies, ..School::on(Some(folder), self.id, Clock::by_hand(self.app.now())) }
    }

    pub fn folder(&self) -> &std::path::Path {
        self.folder.as_ref().expect("a school of a day has a folder").path()
    }

    fn on(folder: Option<tempfile::TempDir>, id: SchoolId, clock: Clock) -> School {
        let config = Config::in_folder(folder.as_ref().expect("a day has a folder").path().to_owned());
        let db = Db::open(&config.database).expect("a database opens");
        let seal = Seal::from_file(&config.key_file).expect("a key file is made");
        let app = App::new(config, db, clock, seal);
        let router = yitong::routes::router(app.clone());
        School { app, id, router, cookies: Mutex::default(), folder }
    }

    /// The process dies and is started again on the same files.
    pub fn restart(self) -> School {
        let School { app, id, router, folder, cookies } = self;
        let clock = app.clock.clone();
        drop((app, router));
        School { cookies, ..School::on(folder, id, clock) }
    }

    /// A session ends when nobody uses it for a while.
    pub async fn sign_in(&self) {
        let totp = totp::code_at(TOTP_SECRET, self.app.now()).expect("a code");
        let ask = json!({"username": "sim-office", "password": PASSWORD, "totp": totp});
        self.post("/api/v1/session", ask).await.expect(200);
    }

    pub fn set_clock(&self, now: Timestamp) {
        self.app.clock.set(now);
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/schools/{}/{rest}", self.id)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.office("GET", path, Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.office("POST", path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.office("PUT", path, body).await
    }

    /// A file, as it is.
    pub async fn post_text(&self, path: &str, text: String) -> Answer {
        self.office_bytes("POST", path, "text/plain", text.into_bytes()).await
    }

    async fn office(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.office_bytes(method, path, "application/json", body).await
    }

    async fn office_bytes(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().expect("nobody panics with the cookies");
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let cookies = cookies.join("; ");
        let headers = [(header::COOKIE.as_str(), cookies.as_str()), ("content-type", kind)];
        self.send(method, path, &headers, body).await
    }

    /// Any request, as it would arrive.
    pub async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let answer = self.begin(method, target, headers, body).await;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Answer { status, bytes }
    }

    /// A request whose answer waits for something: only whether it was let in.
    pub async fn knock(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Option<Answer> {
        let answer = self.begin(method, target, headers, Vec::new()).await;
        if answer.status().is_success() {
            return None;
        }
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Some(Answer { status, bytes })
    }

    async fn begin(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request with sound headers");
        let answer = self.router.clone().oneshot(request).await.expect("a router always answers");
        for line in answer.headers().get_all(header::SET_COOKIE) {
            let pair = line.to_str().ok().and_then(|line| line.split(';').next()).and_then(|pair| pair.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.lock().expect("nobody panics with the cookies").insert(name.into(), value.into());
            }
        }
        answer
    }

    /// A canteen with so many stalls that sell any amount.
    pub async fn stalls(&self, count: usize) -> Vec<Uuid> {
        let places = self.get(&self.path("places")).await.expect(200);
        let ask = json!({"campus": places["campuses"][0]["id"], "name": "一食堂", "seats": 300});
        let canteen = id_of(&self.post(&self.path("canteens"), ask).await.expect(201));
        let mut stalls = Vec::with_capacity(count);
        for number in 1..=count {
            let (name, modes) = (format!("{number} 号档口"), json!(["amount", "dish", "fixed", "count"]));
            let ask = json!({"canteen": canteen, "name": name, "number": number, "modes": modes,
                "fixed_price": {"fen": 800}});
            stalls.push(id_of(&self.post(&self.path("stalls"), ask).await.expect(201)));
        }
        stalls
    }

    /// Pupils with a printed card each and nothing in their wallets.
    pub async fn pupils(&self, count: usize) -> Vec<Pupil> {
        let class = id_of(&self.post(&self.path("classes"), json!({"name": "七年级1班"})).await.expect(201));
        let mut ids = Vec::with_capacity(count);
        for number in 1..=count {
            let ask = json!({"kind": "student", "number": number.to_string(), "name": "王小明", "class": class});
            ids.push(id_of(&self.post(&self.path("people"), ask).await.expect(201)));
        }
        let mut pupils = Vec::with_capacity(count);
        for id in ids {
            let card = self.card(id).await;
            pupils.push(Pupil { id, card });
        }
        pupils
    }

    /// The text of a new printed card of this person.
    pub async fn card(&self, person: Uuid) -> String {
        let ask = json!({"person": person, "expires_on": "2029-08-31"});
        self.post(&self.path("credentials/issue"), ask).await.expect(200);
        let sheet = self.get(&self.path(&format!("credentials/sheet?person={person}"))).await.expect(200);
        sheet["items"][0]["text"].as_str().expect("a card has its text").to_owned()
    }

    pub async fn top_up(&self, person: Uuid, fen: i64) {
        let path = self.path(&format!("topups/{}", self.app.new_id()));
        self.put(&path, json!({"person": person, "amount": {"fen": fen}})).await.expect(200);
    }

    /// What the books say, for the auditor: every purchase since a day, every account, and what `verify` finds.
    pub async fn books(&self, since: BusinessDay, people: &[Uuid]) -> Books {
        let mut books = Books::default();
        let mut cursor = String::new();
        loop {
            let page = self.get(&self.path(&format!("purchases?from={since}&limit=200{cursor}"))).await.expect(200);
            for item in page["items"].as_array().expect("a list").iter().filter(|item| item["status"] != "refused") {
                let person = item["person"]["id"].as_str().and_then(|id| id.parse().ok());
                let fen = item["amount"]["fen"].as_i64().expect("fen");
                let undone = !item["reversed_by"].is_null();
                books.purchases.insert(id_of(item), Booked { person, fen, undone });
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        for person in people {
            let account = self.get(&self.path(&format!("people/{person}/account"))).await.expect(200);
            let fen = |name: &str| account[name]["fen"].as_i64().expect("fen");
            books.accounts.insert(*person, Account { balance: fen("balance"), arrears: fen("arrears") });
        }
        let proof = self.post(&self.path("ledger/verifications"), json!({})).await.expect(200);
        if proof["ok"] != json!(true) {
            books.findings.push(proof["findings"].to_string());
        }
        books
    }
}

/// In memory where the machine has such a folder: a simulated disk needs no real one.
fn scratch() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a day has a temporary folder")
}

pub fn id_of(json: &Value) -> Uuid {
    json["id"].as_str().and_then(|id| id.parse().ok()).expect("what was made has an id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auditor::{Auditor, Green};

    /// Tuesday 2026-11-24 12:00 in China.
    const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    #[tokio::test]
    async fn the_auditor_reads_the_books() {
        let school = School::open(LUNCH).await;
        let (stalls, pupils) = (school.stalls(1).await, school.pupils(2).await);
        let mut auditor = Auditor::default();
        for pupil in &pupils {
            school.top_up(pupil.id, 5_000).await;
            auditor.paid_in(pupil.id, 5_000);
        }
        let id = school.app.new_id();
        let sale = json!({"stall": stalls[0], "payer": {"code": pupils[0].card}, "mode": "amount",
            "amount": {"fen": 1_250}, "at": school.app.now().to_string()});
        let sold = school.put(&school.path(&format!("purchases/{id}")), sale).await.expect(200);
        assert_eq!(sold["outcome"], "paid", "{sold}");
        let school = school.restart();
        let (person, fen, at_ms) = (pupils[0].id, 1_250, LUNCH.ms());
        let green = Green { till: 0, stall: 0, person, fen, offline: false, at_ms, asked: false, clock_good: true };
        let mut blind = auditor.clone();
        auditor.green(id, green);
        let books = school.books(LUNCH.china_day(), &[pupils[0].id, pupils[1].id]).await;
        assert_eq!(auditor.evening(&books), []);
        blind.green(id, Green { fen: 1_200, ..green });
        assert_eq!(blind.evening(&books).len(), 1, "the test can fail");
    }
}
