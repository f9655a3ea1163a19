//! Hands at a real agent: starts the program, reads its pictures, presses its keys, kills it.

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// For a program that was built for finding mistakes, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Hands {
    child: Child,
    base: String,
    token: String,
    http: reqwest::Client,
}

impl Hands {
    pub fn start(data: &Path) -> Hands {
        let mut child = Command::new(env!("CARGO_BIN_EXE_yitong-terminal"))
            .args(["--data", &data.display().to_string(), "run", "--listen", "127.0.0.1:0"])
            .env("YITONG_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the agent starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let line = lines.next().expect("a line").expect("text");
        let address = line.strip_prefix("operator: ").expect("the operator's address");
        let (base, token) = address.split_once("/operator/?token=").expect("a token");
        let http = reqwest::Client::builder().tls_backend_preconfigured(tls()).no_proxy().build().expect("a client");
        Hands { child, base: base.into(), token: token.into(), http }
    }

    /// As a power cut: nothing is asked, nothing is ended.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    pub async fn act(&self, act: Value) {
        self.act_named(Uuid::now_v7(), act).await;
    }

    pub async fn act_named(&self, id: Uuid, act: Value) {
        let url = format!("{}/api/acts?token={}", self.base, self.token);
        let body = json!({ "id": id, "act": act }).to_string();
        let sent = self.http.post(url).header("content-type", "application/json").body(body).send().await;
        assert_eq!(sent.expect("the agent answers").status(), 202);
    }

    pub async fn keys(&self, keys: &str) {
        for key in keys.chars() {
            self.act(json!({ "type": "key", "key": key.to_string() })).await;
        }
    }

    pub async fn scan(&self, text: &str) {
        self.act(json!({ "type": "scan", "text": text })).await;
    }

    /// The picture of now.
    pub async fn view(&self, screen: &str) -> Option<Value> {
        let url = format!("{}/api/view?screen={screen}&token={}", self.base, self.token);
        let mut answer = self.http.get(url).send().await.ok()?;
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            text.push_str(std::str::from_utf8(&answer.chunk().await.ok()??).ok()?);
        }
        serde_json::from_str(text.trim().strip_prefix("data: ")?).ok()
    }

    pub async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let view = self.view("operator").await;
            match view {
                Some(view) if is(&view) => return view,
                view if Instant::now() > end => panic!("{what} did not come: {view:?}"),
                _ => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// Keys, a card, and what the screen says of it.
    pub async fn sell(&self, keys: &str, card: &str) -> Value {
        self.keys(keys).await;
        self.scan(card).await;
        let fen = keys.parse::<yitong_values::Cents>().expect("an amount").fen();
        // Of this sale: the picture that was asked for first may be of the moment before.
        let is = |view: &Value| view["screen"] == "result" && view["result"]["amount"] == fen;
        self.until("a result", is).await["result"].clone()
    }

    pub async fn status_of(&self, path: &str) -> u16 {
        self.http.get(format!("{}{path}", self.base)).send().await.expect("an answer").status().as_u16()
    }

    pub async fn status_of_host(&self, host: &str) -> u16 {
        let url = format!("{}/operator/", self.base);
        self.http.get(url).header("host", host).send().await.expect("an answer").status().as_u16()
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tls() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}
