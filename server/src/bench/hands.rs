//! Hands at an agent of a counter: a real process, driven through what its screens speak with.

use super::Failure;
use super::http::Connection;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(240);

pub(super) struct Hands {
    child: Child,
    acts: Connection,
    token: String,
    pictures: watch::Receiver<Value>,
    log: PathBuf,
}

impl Hands {
    /// Enrols an agent in a folder that has none.
    pub(super) fn enrol(agent: &Path, data: &Path, server: &str, code: &str) -> Result<(), Failure> {
        let done = Command::new(agent).arg("--data").arg(data).args(["--server", server, "enrol", code]).output()?;
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        if done.status.success() { Ok(()) } else { Err(said.into()) }
    }

    pub(super) async fn start(agent: &Path, data: &Path) -> Result<Hands, Failure> {
        let log = data.with_extension("log");
        let mut command = Command::new(agent);
        command.arg("--data").arg(data).args(["run", "--listen", "127.0.0.1:0"]);
        command.env("YITONG_LOG", "warn,yitong_terminal=info");
        let mut child = command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?).spawn()?;
        let said = child.stdout.take().ok_or("an agent without a standard output")?;
        let line = tokio::task::spawn_blocking(|| BufReader::new(said).lines().next()).await?;
        let line = line.ok_or("the agent ended at once")??;
        let address = line.strip_prefix("operator: http://").and_then(|rest| rest.split_once("/operator/?token="));
        let (address, token) = address.ok_or("the agent says no address")?;
        let (address, token): (SocketAddr, _) = (address.parse()?, token.to_owned());
        let pictures = watch_pictures(address, &token).await?;
        Ok(Hands { child, acts: Connection::open(address).await?, token, pictures, log })
    }

    /// Every act is heard before the next is sent.
    pub(super) async fn act(&mut self, act: Value) -> Result<(), Failure> {
        let body = json!({"id": Uuid::now_v7(), "act": act}).to_string();
        self.acts.ask("POST", &format!("/api/acts?token={}", self.token), "", &body).await.map(|_| ())
    }

    pub(super) async fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        match tokio::time::timeout(PATIENCE, self.pictures.wait_for(|view| is(view))).await {
            Ok(Ok(view)) => Ok(view.clone()),
            Ok(Err(_)) => Err(format!("the agent went away before {what}").into()),
            Err(_) => Err(format!("{what} did not come").into()),
        }
    }

    pub(super) fn view(&self) -> Value {
        self.pictures.borrow().clone()
    }

    /// One yuan, a code, and how long it took from the scan to the result on the screen.
    pub(super) async fn sell(&mut self, code: &str) -> Result<(Duration, Value), Failure> {
        self.act(json!({"type": "key", "key": "1"})).await?;
        self.until("the price", |view| view["screen"] == "pricing").await?;
        let began = Instant::now();
        self.act(json!({"type": "scan", "text": code})).await?;
        let done = |view: &Value| view["screen"] == "result" || view["screen"] == "question";
        let view = self.until("a result", done).await?;
        Ok((began.elapsed(), view))
    }

    pub(super) fn memory_mib(&self) -> Result<f64, Failure> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find(|line| line.starts_with("VmRSS:")).ok_or("a process without memory")?;
        let kib: f64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).ok_or("memory that is no number")?;
        Ok(kib / 1024.0)
    }

    /// Asks it to end; what it says of its longest steps.
    pub(super) fn stop(mut self) -> Result<Vec<String>, Failure> {
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(id.ok_or("a process without a number")?, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        let said = std::fs::read_to_string(&self.log)?;
        Ok(said.lines().filter(|line| line.contains("longest step")).map(str::to_owned).collect())
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The newest picture of the operator's screen, for as long as the agent lives.
async fn watch_pictures(address: SocketAddr, token: &str) -> Result<watch::Receiver<Value>, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let ask = format!("GET /api/view?screen=operator&token={token} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await?;
    let (show, pictures) = watch::channel(Value::Null);
    tokio::spawn(async move {
        let mut lines = tokio::io::BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // A chunk holds one event; its length stands in a line of its own.
            if let Some(view) = line.strip_prefix("data: ").and_then(|json| serde_json::from_str(json).ok()) {
                show.send_replace(view);
            }
        }
    });
    Ok(pictures)
}
