//! A whole server for a test: its own database, a clock set by hand, clients that keep their cookies.

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::{Client as Http, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use yitong::App;
use yitong::plumbing::clock::Clock;
use yitong::plumbing::config::Config;
use yitong::plumbing::db::{Db, Place};
use yitong::plumbing::seal::Seal;
use yitong_values::Timestamp;

/// Tuesday 2026-11-24 12:00 in China: a school day, at lunch.
pub const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

pub struct Server {
    pub app: App,
    pub address: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    _folder: tempfile::TempDir,
    _database: Option<Fresh>,
}

impl Server {
    pub async fn start() -> Server {
        Server::start_with(|_| {}).await
    }

    /// With settings of its own.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Server {
        let folder = tempfile::tempdir().expect("a test has a temporary folder");
        let database = Fresh::make().await;
        Server::in_folder(folder, database, change).await
    }

    /// On the embedded database, whatever the other tests run on: for what is done with its file.
    pub async fn embedded() -> Server {
        Server::in_folder(tempfile::tempdir().expect("a test has a temporary folder"), None, |_| {}).await
    }

    /// Stops, and starts again on the same data.
    pub async fn restart(mut self) -> Server {
        let empty = tempfile::tempdir().expect("a test has a temporary folder");
        let folder = std::mem::replace(&mut self._folder, empty);
        let database = self._database.take();
        drop(self);
        Server::in_folder(folder, database, |_| {}).await
    }

    async fn in_folder(folder: tempfile::TempDir, database: Option<Fresh>, change: impl FnOnce(&mut Config)) -> Server {
        let mut config = Config::in_folder(folder.path().to_owned());
        if let Some(database) = &database {
            config.database = database.place();
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        config.listen = listener.local_addr().expect("a bound socket has an address");
        let address = format!("http://{}", config.listen);
        change(&mut config);
        let db = Db::open(&config.database).expect("a new database opens");
        let seal = Seal::from_file(&config.key_file).expect("a new key file is made");
        let app = App::new(config, db, Clock::by_hand(LUNCH), seal);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let router = yitong::routes::router(app.clone());
        tokio::spawn(yitong::plumbing::http::serve::serve(app.clone(), router, listener, async {
            // Dropping the server is the sign to stop, too.
            let _ = stopped.await;
        }));
        Server { app, address, stop: Some(stop), _folder: folder, _database: database }
    }

    /// Somebody without a session.
    pub fn visitor(&self) -> Client {
        Client::at(&self.address)
    }
}

/// A new database on the PostgreSQL of the tests, gone with the test.
pub struct Fresh {
    name: String,
    pub url: String,
}

impl Fresh {
    /// `None` where no PostgreSQL was brought: then the test runs on the embedded database alone.
    pub async fn make() -> Option<Fresh> {
        let server = std::env::var("YITONG_TEST_POSTGRES").ok()?;
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        on_server(&server, format!("CREATE DATABASE {name}")).await;
        let (head, _) = server.rsplit_once('/').expect("the address ends with a database");
        Some(Fresh { url: format!("{head}/{name}"), name })
    }

    pub fn place(&self) -> Place {
        Place::Postgres(self.url.clone())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let server = std::env::var("YITONG_TEST_POSTGRES").unwrap_or_default();
        let order = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
        // A thread of its own: a test's runtime can't be waited for from inside.
        let dropping = std::thread::spawn(move || runtime().map(|r| r.block_on(on_server(&server, order))));
        let _ = dropping.join();
    }
}

/// One order to the server itself, beside every database of a test.
pub async fn on_server(server: &str, order: String) {
    let connected = tokio_postgres::connect(server, tokio_postgres::NoTls).await;
    let (client, connection) = connected.expect("the PostgreSQL of the tests answers");
    let driving = tokio::spawn(connection);
    client.batch_execute(&order).await.expect("the order is obeyed");
    drop(client);
    let _ = driving.await;
}

impl Server {
    /// As a signal from outside would.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    address: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: hyper::HeaderMap,
    pub bytes: Vec<u8>,
    /// `Null` when the body is not JSON.
    pub json: Value,
}

impl Answer {
    /// Fails the test with the whole answer when the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }
}

impl Client {
    /// Somebody without a session, at this address.
    pub fn at(address: &str) -> Client {
        let http = Http::builder(TokioExecutor::new()).build_http();
        Client { http, address: address.to_owned(), cookies: Mutex::default() }
    }

    /// As if the server had set it.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("no test panics with the cookies").insert(name.to_owned(), value.to_owned());
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json("PUT", path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json("PATCH", path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], Vec::new()).await
    }

    async fn json(&self, method: &str, path: &str, body: Value) -> Answer {
        self.send(method, path, &[("content-type", "application/json")], body.to_string().into_bytes()).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.try_send(method, path, headers, body).await.expect("the server answers whole")
    }

    /// `None` when the server went away before its whole answer came.
    pub async fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Option<Answer> {
        let mut request = hyper::Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies = self.cookies.lock().expect("no test panics with the cookies").clone();
        if !cookies.is_empty() {
            let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        let request = request.body(Full::new(Bytes::from(body))).expect("a test's request is well formed");
        let response = self.http.request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all("set-cookie") {
            let pair = set.to_str().expect("a cookie is text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.set_cookie(name, value);
        }
        let bytes = body.collect().await.ok()?.to_bytes().to_vec();
        let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Some(Answer { status: parts.status.as_u16(), headers: parts.headers, bytes, json })
    }
}
