//! A mail server that keeps what it gets: the part of SMTP that a school's mailer speaks, on loopback, without TLS.
//! Stricter than many: who sends has said hello and signed in, and lines end as they have to.

use super::Arrived;
use super::mime::{self, Mail};
use crate::Sandbox;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use yitong_channels::crypto::{from_base64, same};

const LINE_BYTES_MAX: u64 = 2048;
const MAIL_BYTES_MAX: usize = 1024 * 1024;
const RECIPIENTS_MAX: usize = 50;
const PATIENCE: Duration = Duration::from_secs(60);
pub const USER: &str = "sandbox";

impl Sandbox {
    /// Takes mail until it is dropped.
    pub async fn serve_mail(self, listener: TcpListener) -> std::io::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let sandbox = self.clone();
            // A conversation that breaks off has delivered what it had finished.
            tokio::spawn(async move { tokio::time::timeout(PATIENCE, talk(sandbox, stream)).await });
        }
    }
}

/// Where the conversation stands.
#[derive(Default)]
struct Talk {
    greeted: bool,
    signed_in: bool,
    envelope: Envelope,
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

async fn talk(sandbox: Sandbox, stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 sandbox ESMTP\r\n").await?;
    let mut talk = Talk::default();
    loop {
        let Some(line) = line(&mut stream).await? else { return Ok(()) };
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" if !rest.is_empty() => {
                talk = Talk { greeted: true, ..Talk::default() };
                "250-sandbox\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 SIZE 1048576"
            }
            "NOOP" => "250 ok",
            "RSET" => {
                talk.envelope = Envelope::default();
                "250 ok"
            }
            "AUTH" | "MAIL" if !talk.greeted => "503 EHLO first",
            "AUTH" => {
                let answer = authenticated(&sandbox, rest);
                talk.signed_in |= answer.starts_with("235");
                answer
            }
            "MAIL" if !talk.signed_in => "530 5.7.0 AUTH first",
            "MAIL" => match address(rest, "FROM:") {
                Some(from) => {
                    talk.envelope = Envelope { from: Some(from), to: Vec::new() };
                    "250 ok"
                }
                None => "501 MAIL FROM:<address>",
            },
            "RCPT" => recipient(&sandbox, &mut talk.envelope, rest),
            "DATA" if talk.envelope.to.is_empty() => "503 RCPT first",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let answer = match data(&mut stream).await? {
                    Some(bytes) => taken(&sandbox, &std::mem::take(&mut talk.envelope), &bytes),
                    None => "552 5.3.4 too large, or a line without its end",
                };
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
                continue;
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not here",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

fn authenticated(sandbox: &Sandbox, rest: &str) -> &'static str {
    let given = rest.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("PLAIN"));
    let Some(given) = given.and_then(|(_, text)| from_base64(text)) else { return "504 AUTH PLAIN <initial response>" };
    let expected = format!("\0{USER}\0{}", sandbox.id().message_secret);
    if same(&given, expected.as_bytes()) { "235 ok" } else { "535 wrong user or password" }
}

fn recipient(sandbox: &Sandbox, envelope: &mut Envelope, rest: &str) -> &'static str {
    if envelope.from.is_none() {
        return "503 MAIL first";
    }
    if envelope.to.len() >= RECIPIENTS_MAX {
        return "452 too many recipients";
    }
    match address(rest, "TO:") {
        Some(to) if sandbox.is_out_of_reach(&to) => "550 5.1.1 no such user",
        Some(to) if to.contains('@') => {
            envelope.to.push(to);
            "250 ok"
        }
        _ => "501 RCPT TO:<address>",
    }
}

/// `FROM:<a@b> SIZE=1`; an empty address is one that nothing comes back to.
fn address(rest: &str, word: &str) -> Option<String> {
    let start = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    let inner = rest[start.len()..].trim_start().strip_prefix('<')?;
    inner.split_once('>').map(|(address, _)| address.to_owned())
}

fn taken(sandbox: &Sandbox, envelope: &Envelope, bytes: &[u8]) -> &'static str {
    let Some(Mail { subject, text }) = mime::read(bytes) else { return "554 it can't be read" };
    for to in &envelope.to {
        let mut message = Arrived::new("mail", to);
        message.title.clone_from(&subject);
        message.text.clone_from(&text);
        sandbox.arrive(message);
    }
    "250 2.0.0 taken"
}

/// `None` at the end, or when a line is longer than a command can be.
async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    (&mut *stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await?;
    let whole = bytes.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(whole.map(|line| String::from_utf8_lossy(line).into_owned()))
}

/// Up to the line with a dot alone; `None` when it is too large, or a line ends with half of its end: two servers could
/// see two mails in it.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        let left = (MAIL_BYTES_MAX + 2).saturating_sub(bytes.len());
        let read = (&mut *stream).take(left as u64).read_until(b'\n', &mut line).await?;
        if line == b".\r\n" {
            return Ok(Some(bytes));
        }
        if read == 0 || bytes.len() + read > MAIL_BYTES_MAX || !line.ends_with(b"\r\n") {
            return Ok(None);
        }
        // A dot at the beginning was doubled by the sender.
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
