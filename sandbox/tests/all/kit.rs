//! A sandbox on a free port with a clock set by hand, a place that receives its notifications, and a client.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;
use yitong_channels::pay::{BillKind, BillStep, Connector, Event, Notice, Order, OrderKey, Presented, Scene, Start};
use yitong_channels::{Call, Headers, Method, Moment, Outcome, Reply};
use yitong_sandbox::{Faults, Sandbox};
use yitong_values::{BusinessDay, Cents, Timestamp};

/// Tuesday 2026-11-24 12:00 in China.
pub const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);
const PATIENCE: Duration = Duration::from_secs(10);

pub struct World {
    pub sandbox: Sandbox,
    now: Arc<AtomicI64>,
    calls: AtomicU64,
    http: Client<HttpConnector, Full<Bytes>>,
    inbox: tokio::sync::Mutex<mpsc::UnboundedReceiver<Letter>>,
    answer: Arc<Mutex<Reply>>,
    pub notify_url: String,
}

pub struct Letter {
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// The keys are made once for all tests.
fn keys() -> &'static std::path::Path {
    static KEYS: OnceLock<tempfile::TempDir> = OnceLock::new();
    KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a test has a temporary folder");
        Sandbox::open(folder.path(), "http://127.0.0.1:1").expect("keys can be made");
        folder
    })
    .path()
}

impl World {
    pub async fn start() -> World {
        let now = Arc::new(AtomicI64::new(LUNCH.ms()));
        let clock = now.clone();
        let (listener, address) = bind().await;
        let clock = Arc::new(move || Timestamp::from_ms(clock.load(Ordering::SeqCst)));
        let sandbox = Sandbox::open_at(keys(), &address, clock).expect("the sandbox opens");
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        let (sender, inbox) = mpsc::unbounded_channel();
        let answer = Arc::new(Mutex::new(Reply::new(204, Headers::default(), "")));
        let (listener, receiver) = bind().await;
        let state = (sender, answer.clone());
        tokio::spawn(async move {
            let router = axum::Router::new().fallback(receive).with_state(state);
            axum::serve(listener, router).await.expect("the receiver runs as long as the test");
        });
        let world = World {
            sandbox,
            now,
            calls: AtomicU64::new(0),
            http: Client::builder(TokioExecutor::new()).build_http(),
            inbox: tokio::sync::Mutex::new(inbox),
            answer,
            notify_url: format!("{receiver}/notify"),
        };
        // One try for each notification, unless a test wants more.
        world.faults(Faults { schedule_scale: 0, ..Faults::default() });
        world
    }

    pub fn faults(&self, faults: Faults) {
        self.sandbox.set_faults(faults).expect("a test's faults are in range");
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now.load(Ordering::SeqCst))
    }

    pub fn pass(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn moment(&self) -> Moment {
        let count = self.calls.fetch_add(1, Ordering::SeqCst);
        Moment { now: self.now(), nonce: (u128::from(count) + (1 << 100)).to_be_bytes() }
    }

    pub async fn send(&self, call: &Call) -> Reply {
        let mut request = hyper::Request::builder().method(call.method.word()).uri(&call.url);
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(call.body.clone()))).expect("a call is well formed");
        let response = self.http.request(request).await.expect("the sandbox answers");
        let (parts, body) = response.into_parts();
        let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        Reply::new(parts.status.as_u16(), Headers::new(headers), body.to_vec())
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(&Call::get(format!("{}{path}", self.sandbox.address()))).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.address());
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let reply = self.send(&Call { method, url, headers, body: body.to_string().into_bytes() }).await;
        (reply.status, serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }

    /// How the merchant answers notifications from now on.
    pub fn answer_with(&self, reply: Reply) {
        *self.answer.lock().expect("no test panics with the answer") = reply;
    }

    pub async fn letter(&self) -> Letter {
        let mut inbox = self.inbox.lock().await;
        tokio::time::timeout(PATIENCE, inbox.recv()).await.expect("a notification comes").expect("the receiver runs")
    }

    /// Nothing more has come, and nothing comes soon.
    pub async fn silence(&self) -> bool {
        let mut inbox = self.inbox.lock().await;
        tokio::time::timeout(Duration::from_millis(150), inbox.recv()).await.is_err()
    }

    pub async fn notice(&self, connector: &dyn Connector) -> Notice {
        let letter = self.letter().await;
        let read = connector.notified(&letter.headers, &letter.body, &self.moment());
        read.expect("a notification of the sandbox is believed")
    }

    /// An order that can be paid: made at the channel, or brought there by the payer's browser.
    pub async fn order(&self, connector: &dyn Connector, number: &str, scene: Scene, fen: i64) -> Order {
        let order = Order {
            number: number.to_owned(),
            scene,
            amount: Cents::new(fen),
            description: "充值,\"饭卡\"".to_owned(),
            made_at: self.now(),
            expires_at: self.now().plus_ms(15 * 60_000),
            notify_url: self.notify_url.clone(),
            return_url: "http://127.0.0.1:9/paid".to_owned(),
            payer: Some("payer-open-id".to_owned()),
            payer_ip: "127.0.0.1".to_owned(),
        };
        self.present(connector, &order).await;
        order
    }

    pub async fn present(&self, connector: &dyn Connector, order: &Order) -> Presented {
        let at = self.moment();
        let presented = match connector.create(order, &at).expect("the order is well formed") {
            Start::Show(presented) => presented,
            Start::Send(call) => match connector.created(order, &self.send(&call).await, &at) {
                Outcome::Done(presented) => presented,
                other => panic!("{} was not created: {other:?}", order.number),
            },
        };
        let opened = match &presented {
            Presented::Redirect { url } => self.send(&Call::get(url)).await,
            Presented::Form { action, fields } => {
                let form = "application/x-www-form-urlencoded";
                let body = yitong_channels::pay::unionpay::sign::form_text(fields);
                self.send(&Call::post(action, form, body)).await
            }
            // A web view or a scanner opens nothing that could fail here.
            Presented::InApp { .. } | Presented::Qr { .. } => return presented,
        };
        assert!([200, 303].contains(&opened.status), "the payer sees {opened:?}");
        if let Some(cashier) = opened.headers.get("location") {
            assert_eq!(self.send(&Call::get(cashier)).await.status, 200);
        }
        presented
    }

    /// The bill file of a day, through all its steps.
    pub async fn bill(&self, connector: &dyn Connector, day: BusinessDay, kind: BillKind) -> BillStep {
        let mut so_far = Vec::new();
        loop {
            match connector.bill(day, kind, &so_far, &self.moment()) {
                BillStep::Send(call) => so_far.push(self.send(&call).await),
                other => return other,
            }
        }
    }
}

pub fn key_of(order: &Order, channel_number: Option<String>) -> OrderKey {
    OrderKey { number: order.number.clone(), channel_number, made_at: order.made_at, amount: order.amount }
}

#[track_caller]
pub fn done<T: std::fmt::Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Done(done) => done,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub fn order_in(notice: &Notice) -> &yitong_channels::pay::ChannelOrder {
    match &notice.what {
        Event::Order(order) => order,
        other => panic!("{other:?}"),
    }
}

async fn bind() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    (listener, address)
}

type Receiver = (mpsc::UnboundedSender<Letter>, Arc<Mutex<Reply>>);

async fn receive(State((sender, answer)): State<Receiver>, request: Request) -> (StatusCode, Vec<u8>) {
    let (parts, body) = request.into_parts();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = Headers::new(parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))));
    let body = body.collect().await.expect("a notification is whole").to_bytes().to_vec();
    // A test that has ended does not listen any more.
    let _ = sender.send(Letter { headers, body });
    let answer = answer.lock().expect("no test panics with the answer").clone();
    (StatusCode::from_u16(answer.status).expect("a status"), answer.body)
}
