//! A pretend server: it signs lists, leases and the time, checks every request's signature, judges the journal by the
//! same function as the real one, and can fall silent.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;
use yitong_code::{
    CredentialFields, Device, EPOCH_MS, KeyBytes, MINUTE_MS, Protection, Purpose, Signer, StaticFields, StatusHead,
    StatusList, Suite, Trust, TrustHead, TrustedKey,
};
use yitong_sync::wire::fleet::{Enrolment, EnrolmentAsk, LeaseAnswer, Reported, RootKey, Rung, Versions};
use yitong_sync::wire::journal::{Batch, Receipt};
use yitong_sync::wire::people::{PeoplePage, Person};
use yitong_sync::wire::purchase::{SaleAnswer, Verdict};
use yitong_sync::wire::setup::*;
use yitong_sync::{
    Body, ClockToken, DeviceKey, Fate, Hash, Head, Held, Lease, PublicKey, REQUEST, Record, Sale, SealedLease,
    SealedToken, Signature, receive, request_text,
};
use yitong_values::{Cents, TerminalId, Timestamp};

pub const ENROL_CODE: &str = "ABCD-EFGH";

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_ms(since.as_millis() as i64)
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// What the server has booked and taken.
#[derive(Default)]
pub struct Books {
    pub key: Option<PublicKey>,
    pub head: Head,
    pub records: Vec<Record>,
    /// Of every record that was taken, by its number.
    pub hashes: BTreeMap<u64, Hash>,
    /// By purchase: fen, and whether it was undone.
    pub booked: BTreeMap<Uuid, (i64, bool)>,
    pub lease: u32,
    pub refused_signatures: u32,
}

pub struct Server {
    pub address: String,
    pub terminal: TerminalId,
    pub books: Mutex<Books>,
    silent: AtomicBool,
    /// Online sales are booked, and their answers never arrive.
    pub deaf: AtomicBool,
    school: Uuid,
    authority: DeviceKey,
    cards: Signer,
    phones: Signer,
    trust: Vec<u8>,
    status: Vec<u8>,
    root: KeyBytes,
    people: Vec<Person>,
}

impl Server {
    pub async fn start(people: u32) -> Arc<Server> {
        let school = id(77);
        let suite = Suite::Ed25519;
        let (root, cards) = (Signer::new(1, suite, &[1; 32]), Signer::new(2, suite, &[2; 32]));
        let (root, cards, lists) =
            (root.expect("root"), cards.expect("cards"), Signer::new(3, suite, &[3; 32]).expect("lists"));
        let phones = Signer::new(4, suite, &[4; 32]).expect("phones");
        let at = now().ms();
        let key = |signer: &Signer, purpose| TrustedKey {
            kid: signer.kid(),
            school: *school.as_bytes(),
            purpose,
            key: signer.public_key(),
            valid_from: 0,
            valid_until: at + 1_000_000_000_000,
            use_cap_yuan: 50,
            total_cap_5yuan: 100,
            uses: 200,
        };
        let keys =
            [key(&cards, Purpose::PrintedCode), key(&lists, Purpose::StatusList), key(&phones, Purpose::Credential)];
        let trust = Trust::sign(&keys, TrustHead { version: 1, issued_at: at }, &root).expect("few keys");
        let head = StatusHead { school: *school.as_bytes(), version: 1, issued_at: at };
        let status = StatusList::new(head, people + 10, people + 10).expect("small").sign(&lists);
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Arc::new(Server {
            address: format!("http://{}", socket.local_addr().expect("bound")),
            terminal: id(5).into(),
            books: Mutex::default(),
            silent: AtomicBool::new(false),
            deaf: AtomicBool::new(false),
            school,
            authority: DeviceKey::from_seed(&[9; 32]),
            root: root.public_key(),
            cards,
            phones,
            trust,
            status,
            people: (1..=people).map(person).collect(),
        });
        let app = axum::Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(socket, app).await });
        server
    }

    pub fn falls_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// The printed card of a person.
    pub fn card(&self, n: u32) -> String {
        self.cards.static_code(&StaticFields { account: n, serial: n, class: 0, expiry: u16::MAX })
    }

    /// What the phone of this person shows now, for the use of this number. Its serial follows those of the cards.
    pub fn phone(&self, n: u32, counter: u16) -> String {
        let device = Device::new(&[7; 32]).expect("a secret below the order");
        let minute = (now().ms() - EPOCH_MS) / MINUTE_MS - 1;
        let fields = CredentialFields {
            account: n,
            serial: self.people.len() as u32 + n,
            not_before: u32::try_from(minute).expect("24 bits"),
            life_hours: 24,
            class: 0,
            use_cap_yuan: 50,
            total_cap_5yuan: 20,
            uses: 20,
            protection: Protection::Browser,
            device_key: device.public_key(),
        };
        let credential = self.phones.credential(&fields).expect("sound fields");
        device.dynamic_code(&credential, fields.starts_ms(), now().ms(), counter).expect("a moment in its time")
    }

    pub fn ticket(&self) -> String {
        format!("yitong-terminal:{}#{ENROL_CODE}", self.address)
    }

    fn enrolment(&self, body: &[u8]) -> Response {
        let ask: EnrolmentAsk = serde_json::from_slice(body).expect("an enrolment");
        if ask.code != ENROL_CODE {
            return (StatusCode::NOT_FOUND, r#"{"code":"code_unknown"}"#).into_response();
        }
        self.books.lock().expect("books").key = Some(ask.public_key);
        let KeyBytes::Ed25519(root) = self.root else { unreachable!("the root is Ed25519") };
        let roots = vec![RootKey { kid: 1, suite: "ed25519".into(), key: hex::encode(root) }];
        let (terminal, school, authority) = (self.terminal, self.school.into(), self.authority.public());
        json(&Enrolment { terminal, school, journal: 1, authority, roots, server: now() })
    }

    fn sell(&self, sale: &Sale) -> Response {
        let mut books = self.books.lock().expect("books");
        let fen = sale.amount.fen();
        let known = books.booked.entry(sale.purchase.uuid()).or_insert((fen, false));
        assert_eq!(known.0, fen, "the same name with other content");
        let (amount, balance_after) = (sale.amount, Some(Cents::new(1_000)));
        let verdict = Verdict::Paid { amount, balance_after, arrears_after: None };
        json(&SaleAnswer { verdict, person: Some(id(1).into()), trace: String::new(), server: now() })
    }

    fn journal(&self, batch: &Batch) -> Response {
        let mut books = self.books.lock().expect("books");
        let key = books.key.expect("enrolled");
        let held = Held { terminal: self.terminal, journal: batch.journal, key, head: books.head };
        let received = receive(&held, &batch.records, |seq| books.hashes.get(&seq).copied());
        for (fate, sealed) in received.fates.into_iter().zip(&batch.records) {
            let Fate::Take(record) = fate else { continue };
            match &record.body {
                Body::Sold { sale, how } => {
                    let known = books.booked.entry(sale.purchase.uuid()).or_insert((how.charged.fen(), false));
                    assert!(!known.1, "sold after it was undone");
                }
                Body::GivenUp { purchase } | Body::Undone { purchase, .. } => {
                    if let Some(known) = books.booked.get_mut(&purchase.uuid()) {
                        known.1 = true;
                    }
                }
                _ => {}
            }
            books.hashes.insert(record.seq, sealed.hash());
            books.records.push(*record);
        }
        books.head = received.head;
        json(&Receipt { head: received.head, quarantined: vec![], problem: received.problem, server: now() })
    }

    fn lend(&self) -> SealedLease {
        let mut books = self.books.lock().expect("books");
        books.lease += 1;
        let lease = Lease {
            terminal: self.terminal,
            serial: books.lease,
            sum: Cents::new(500_000),
            count: 10_000,
            person_meal: Cents::new(100_000),
            person_day: Cents::new(200_000),
            issued_at: now(),
            expires_at: now().plus_ms(3_600_000),
            policy: 1,
        };
        SealedLease::seal(&lease, &self.authority)
    }

    fn page(&self, query: &str) -> Response {
        let number = |name: &str| {
            let found = query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
            found.and_then(|text| text.parse::<usize>().ok()).unwrap_or(0)
        };
        let (since, limit) = (number("since"), number("limit"));
        let items: Vec<_> = self.people.iter().skip(since).take(limit).cloned().collect();
        let next = since + items.len();
        let more = next < self.people.len();
        json(&PeoplePage { whole: true, items, gone: vec![], next: next as i64, more })
    }

    fn versions(&self) -> Versions {
        Versions { setup: 1, people: self.people.len() as i64, lists: 1, commands: 0 }
    }
}

fn json<T: Serialize>(what: &T) -> Response {
    ([("content-type", "application/json")], serde_json::to_vec(what).expect("plain JSON")).into_response()
}

async fn answer(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if server.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let path = uri.path().strip_prefix(yitong_sync::wire::BASE).expect("the base of terminals").to_owned();
    if path == "/enrolment" {
        return server.enrolment(&body);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let asked = Timestamp::from_ms(text("yitong-at").parse().expect("a moment"));
    let signature = Signature::try_from(text("yitong-signature")).expect("a signature");
    let target = uri.path_and_query().expect("a path").as_str();
    let signed = request_text(method.as_str(), target, asked, &Sha256::digest(&body).into());
    let key = server.books.lock().expect("books").key.expect("enrolled");
    if !key.verifies(REQUEST, &signed, &signature) {
        server.books.lock().expect("books").refused_signatures += 1;
        return (StatusCode::UNAUTHORIZED, r#"{"code":"terminal_unknown"}"#).into_response();
    }
    match (method.as_str(), path.as_str()) {
        ("POST", "/report") => {
            let token = ClockToken { terminal: server.terminal, asked, server: now() };
            json(&Reported { token: SealedToken::seal(&token, &server.authority), lease: None })
        }
        ("POST", "/lease") => json(&LeaseAnswer { lease: Some(server.lend()) }),
        ("POST", "/journal") => server.journal(&serde_json::from_slice(&body).expect("a batch")),
        ("GET", "/doorbell") => {
            let held = format!("setup=1&people={}&lists=1&commands=0", server.people.len());
            if uri.query() == Some(&held) {
                // Long, as the real one is: nothing may wait for it.
                tokio::time::sleep(Duration::from_secs(55)).await;
            }
            json(&Rung { versions: server.versions(), server: now() })
        }
        ("GET", "/setup") => json(&setup(server.school)),
        ("GET", "/people") => server.page(uri.query().unwrap_or_default()),
        ("GET", "/lists/trust") => server.trust.clone().into_response(),
        ("GET", "/lists/status") => server.status.clone().into_response(),
        ("GET", "/lists/legacy") => StatusCode::NO_CONTENT.into_response(),
        ("PUT", path) if path.ends_with("/undo") => json(&serde_json::json!({"undone": true, "code": null})),
        ("PUT", path) if path.starts_with("/purchases/") => {
            let answer = server.sell(&serde_json::from_slice(&body).expect("a sale"));
            if server.deaf.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            answer
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

pub fn person(n: u32) -> Person {
    Person {
        id: id(u128::from(n)).into(),
        account: n,
        name: format!("李小{n}"),
        number: format!("2026{n:05}"),
        class: Some(id(600 + u128::from(n % 10)).into()),
        class_name: Some(format!("三年级{}班", n % 10)),
        kind: "student".into(),
        state: "active".into(),
        frozen: false,
        wallets: vec![(0, 100_000)],
        arrears: Cents::ZERO,
        counters: String::new(),
        limits: LimitsWire::default(),
        no_buy: vec![],
        allergens: vec![],
        cards: vec![],
        guardian: Default::default(),
        photo: None,
        as_of: now(),
    }
}

pub fn setup(school: Uuid) -> Setup {
    Setup {
        version: 1,
        school: SchoolWire { id: school.into(), name: "实验学校".into() },
        canteen: CanteenWire { id: id(2).into(), name: "一食堂".into() },
        stall: StallWire { id: id(3).into(), name: "套餐".into(), number: 1, closed: false },
        terminal: TerminalWire {
            name: "一号机".into(),
            mode: "amount".into(),
            screens: 2,
            show_balance: true,
            keep_days: 30,
        },
        modes: vec!["amount".into(), "dish".into(), "fixed".into(), "count".into()],
        fixed_price: Some(Cents::new(1_200)),
        periods: vec![PeriodWire {
            id: id(70).into(),
            name_zh: "全天".into(),
            name_en: "All day".into(),
            start: 0,
            end: 1_440,
            weekdays: [true; 7],
            fixed_price: None,
            free: false,
        }],
        days: vec![],
        policy: PolicyWire {
            version: 1,
            require_meal_period: false,
            purchase_cap: Cents::new(100_000),
            limits: LimitsWire::default(),
            arrears_allowed: false,
            arrears_cap: Cents::ZERO,
            duplicate_window_ms: 0,
            copy_window_ms: 0,
            copy_near_window_ms: 0,
            copy_photo_check: false,
            undo_minutes: 10,
            card_cap: Cents::new(2_000),
            card_photo_check: true,
        },
        class_limits: vec![],
        near_stalls: vec![],
        dishes: vec![],
        cashiers: vec![],
        notices: vec![],
        relay: None,
    }
}
