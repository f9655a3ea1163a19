//! The same purchases over HTTP: the server and its load on the same cores, codes scanned, signatures verified.

use super::{Failure, dice_of, ms};
use crate::App;
use crate::demo::{Dice, PASSWORD};
use crate::plumbing::http::serve::serve;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// Pupils whose codes are scanned: enough that nobody runs out of money within a minute.
const CODES: usize = 2_000;

pub(super) async fn measure(app: &App, engine: &str, callers: usize, window: Duration) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = crate::routes::router(app.clone());
    let serving = tokio::spawn(serve(app.clone(), router, listener, async {
        // Dropping the sender is the sign to stop, too.
        let _ = stopped.await;
    }));
    let load = Arc::new(Load::prepare(address).await?);
    let outcome = load.run(callers, window).await;
    drop(stop);
    serving.await??;
    let mut times = outcome?;
    let rate = times.len() as f32 / window.as_secs_f32();
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
    println!(
        "| purchase over HTTP, {engine}, code verified | {callers} | {rate:.0} | {} | {} |",
        ms(at(50)),
        ms(at(99))
    );
    Ok(())
}

/// What every request has in common.
struct Load {
    address: SocketAddr,
    cookie: String,
    school: String,
    tray: Value,
    codes: Vec<String>,
}

impl Load {
    async fn prepare(address: SocketAddr) -> Result<Load, Failure> {
        let mut admin = Connection::open(address).await?;
        let (admin_cookie, school) = admin.sign_in("admin").await?;
        let mut cashier = Connection::open(address).await?;
        let (cookie, _) = cashier.sign_in("cashier3").await?;
        let path = format!("/api/v1/schools/{school}");
        let stalls = cashier.ask("GET", &format!("{path}/counter/stalls"), &cookie, "").await?;
        let stall = stalls["items"][0]["id"].as_str().ok_or("the cashier has a stall")?.to_owned();
        let setup = cashier.ask("GET", &format!("{path}/counter/{stall}"), &cookie, "").await?;
        let dish = &setup["dishes"][0];
        let tray = json!({
            "stall": stall, "mode": "dish", "confirm_duplicate": true, "amount": dish["price"],
            "items": [{"dish": dish["id"], "revision": dish["revision"], "count": 1}],
        });
        let classes = admin.ask("GET", &format!("{path}/classes"), &admin_cookie, "").await?;
        let mut codes = Vec::new();
        for class in classes["items"].as_array().into_iter().flatten() {
            if codes.len() >= CODES {
                break;
            }
            let class = class["id"].as_str().unwrap_or_default();
            let sheet = format!("{path}/credentials/sheet?class={class}");
            let sheet = admin.ask("GET", &sheet, &admin_cookie, "").await?;
            let cards = sheet["items"].as_array().into_iter().flatten();
            codes.extend(cards.filter_map(|card| card["text"].as_str().map(str::to_owned)));
        }
        Ok(Load { address, cookie, school, tray, codes })
    }

    async fn run(self: &Arc<Self>, callers: usize, window: Duration) -> Result<Vec<u64>, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut working = Vec::new();
        for i in 0..callers {
            let (load, stop) = (Arc::clone(self), Arc::clone(&stop));
            working.push(tokio::spawn(async move {
                let mut times = Vec::new();
                let mut dice = dice_of(0x5_0000 + i as u64);
                let mut connection = Connection::open(load.address).await.map_err(|why| why.to_string())?;
                while !stop.load(Ordering::Relaxed) {
                    let (path, body) = load.purchase(&mut dice);
                    let asked = Instant::now();
                    let answer = connection.ask("PUT", &path, &load.cookie, &body).await;
                    let answer = answer.map_err(|why| why.to_string())?;
                    if answer["outcome"] != "paid" {
                        return Err(format!("a purchase of the bench was not paid: {answer}"));
                    }
                    times.push(asked.elapsed().as_micros() as u64);
                }
                Ok(times)
            }));
        }
        tokio::time::sleep(window).await;
        stop.store(true, Ordering::Relaxed);
        let mut times = Vec::new();
        for caller in working {
            times.extend(caller.await??);
        }
        Ok(times)
    }

    fn purchase(&self, dice: &mut Dice) -> (String, String) {
        let mut body = self.tray.clone();
        body["payer"] = json!({"code": dice.pick(&self.codes)});
        body["at"] = crate::plumbing::clock::Clock::System.now().to_string().into();
        (format!("/api/v1/schools/{}/purchases/{}", self.school, Uuid::now_v7()), body.to_string())
    }
}

/// HTTP/1.1 with keep-alive, by hand: a client's cost should not be measured as the server's.
pub(super) struct Connection {
    stream: TcpStream,
    host: SocketAddr,
    bytes: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, host: address, bytes: Vec::with_capacity(16 * 1024) })
    }

    pub(super) async fn sign_in(&mut self, username: &str) -> Result<(String, String), Failure> {
        let body = json!({"username": username, "password": PASSWORD}).to_string();
        let (head, session) = self.send("POST", "/api/v1/session", "", &body).await?;
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_default();
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let school = session["schools"][0]["id"].as_str().ok_or_else(|| format!("{username}: {session}"))?;
        Ok((cookie, school.to_owned()))
    }

    pub(super) async fn ask(&mut self, method: &str, path: &str, cookie: &str, body: &str) -> Result<Value, Failure> {
        self.send(method, path, cookie, body).await.map(|(_, answer)| answer)
    }

    async fn send(&mut self, method: &str, path: &str, cookie: &str, body: &str) -> Result<(String, Value), Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.bytes.clear();
        let head = loop {
            self.read().await?;
            if let Some(at) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.bytes[..head]).to_ascii_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.and_then(|n| n.trim().parse().ok()).ok_or("an answer without its length")?;
        while self.bytes.len() < head + length {
            self.read().await?;
        }
        let answer = serde_json::from_slice(&self.bytes[head..head + length]).unwrap_or(Value::Null);
        // Cookies keep their case.
        Ok((String::from_utf8_lossy(&self.bytes[..head]).into_owned(), answer))
    }

    async fn read(&mut self) -> Result<(), Failure> {
        let mut part = [0; 16 * 1024];
        let read = self.stream.read(&mut part).await?;
        if read == 0 {
            return Err("the server closed the connection".into());
        }
        self.bytes.extend_from_slice(&part[..read]);
        Ok(())
    }
}
