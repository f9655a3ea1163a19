//! A disk that takes nothing more, and later does again: a real server whose files may not grow.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The signal that a full file would raise is ignored, so that a write fails as on a full disk.
fn serve(folder: &Path, port: u16) -> Child {
    let script = "trap '' XFSZ; exec \"$0\" serve --data \"$1\" --listen \"127.0.0.1:$2\" --set metrics.listen=off";
    let mut server = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_yitong")])
        .arg(folder)
        .arg(port.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut said = String::new();
    let out = server.stdout.take().expect("its words are heard");
    BufReader::new(out).read_line(&mut said).expect("it says where it listens");
    server
}

/// The server is stopped also when the test fails.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn may_grow(server: &Child, bytes: &str) {
    let pid = server.id().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:unlimited")]).status();
    assert!(done.expect("prlimit is part of util-linux").success());
}

/// Status and whole answer, over one connection.
fn ask(port: u16, request: &str, body: &str) -> (u16, String) {
    ask_as(port, "nobody=", request, body)
}

fn ask_as(port: u16, cookie: &str, request: &str, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket takes a limit");
    let head = format!("{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n");
    let kind = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    socket.write_all((head + &kind + body).as_bytes()).expect("it is sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer comes");
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("it has a status");
    (status, answer)
}

fn eventually(port: u16, request: &str, status: u16) {
    let begun = Instant::now();
    loop {
        let (got, answer) = ask(port, request, "");
        if got == status {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{request}: {status} was awaited, not {answer}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

#[test]
fn a_full_disk_refuses_writes_in_words_and_mends_without_hands() {
    let folder = tempfile::tempdir().expect("a folder for the data");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let port = free.expect("loopback has a free port").port();
    let server = Stopped(serve(folder.path(), port));
    eventually(port, "GET /readyz", 200);
    let set_up = r#"{"school_name": "第一中学", "school_short": "一中", "school_number": "10001", "admin_name": "管理员",
        "username": "admin", "password": "correct horse battery"}"#;

    may_grow(&server.0, "0");
    let (status, answer) = ask(port, "POST /api/v1/setup", set_up);
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("\"code\":\"database_unavailable\"") && answer.contains("结果未确认"), "{answer}");
    eventually(port, "GET /readyz", 503);
    // It lives, reads, and nothing of the set-up was kept.
    assert_eq!(ask(port, "GET /healthz", "").0, 200);
    let (status, answer) = ask(port, "GET /api/v1/setup", "");
    assert!(status == 200 && answer.contains("{\"needed\":true}"), "{answer}");

    may_grow(&server.0, "unlimited");
    eventually(port, "GET /readyz", 200);
    let (status, answer) = ask(port, "POST /api/v1/setup", set_up);
    assert_eq!(status, 201, "{answer}");
    let session = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a session is opened");
    let session = session.split(';').next().unwrap_or_default();

    // The one who runs the server can read what is wrong while it is wrong.
    may_grow(&server.0, "0");
    let (status, answer) = ask_as(port, session, "GET /api/v1/health", "");
    assert_eq!(status, 200, "{answer}");
    let wrong = answer.split("\"code\":").find(|check| check.starts_with("\"database_write\"")).unwrap_or_default();
    assert!(wrong.contains("\"state\":\"bad\"") && wrong.contains("磁盘"), "{answer}");
    may_grow(&server.0, "unlimited");
    eventually(port, "GET /readyz", 200);
    drop(server);

    let verified = Command::new(env!("CARGO_BIN_EXE_yitong")).args(["verify", "--data"]).arg(folder.path()).status();
    assert!(verified.expect("verify runs").success(), "the books are whole after it");
}
