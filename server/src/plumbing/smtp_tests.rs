//! Mail servers that say what a test wants, and what is known of a mail afterwards.

use super::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use yitong_channels::Moment;
use yitong_channels::tell::Message;
use yitong_values::Timestamp;

/// What a server says to the greeting and to each command, by its first word; an empty answer hangs up.
struct Script(Vec<(&'static str, &'static str)>);

impl Script {
    fn usual() -> Script {
        Script(vec![
            ("", "220 here"),
            ("EHLO", "250-here\r\n250 AUTH PLAIN"),
            ("AUTH", "235 ok"),
            ("MAIL", "250 ok"),
            ("RCPT", "250 ok"),
            ("DATA", "354 go on"),
            (".", "250 2.0.0 taken"),
            ("QUIT", "221 bye"),
        ])
    }

    fn but(mut self, word: &'static str, answer: &'static str) -> Script {
        self.0.retain(|(known, _)| *known != word);
        self.0.push((word, answer));
        self
    }
}

/// The port, and the lines that the server hears.
async fn server(script: Script) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&heard);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody connects");
        let mut stream = BufReader::new(stream);
        let (mut word, mut in_mail) = (String::new(), false);
        loop {
            let answer = script.0.iter().find(|(known, _)| *known == word).map_or("500 what", |(_, answer)| answer);
            if !in_mail || word == "." {
                if answer.is_empty() {
                    return;
                }
                stream.write_all(format!("{answer}\r\n").as_bytes()).await.expect("it is heard");
                in_mail = word == "DATA" && answer.starts_with("354");
            }
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            lines.lock().expect("no test panics with it").push(line.trim_end().to_owned());
            let first = line.split([' ', '\r']).next().unwrap_or_default().to_owned();
            word = if in_mail && first != "." { "a line of the mail".into() } else { first };
        }
    });
    (port, heard)
}

fn account(port: u16, tls: &str) -> Account {
    let settings = json!({"host": "127.0.0.1", "port": port, "tls": tls, "user": "notice", "password": "sesame",
        "from": "notice@school.example"});
    Account::read(&settings).expect("the settings are good")
}

fn mail(account: &Account) -> Mail {
    let message = Message {
        dedupe: "notice-1".into(),
        title: "午餐".into(),
        text: ".\n消费 12.50 元".into(),
        template: None,
        fields: BTreeMap::new(),
        link: None,
        life_s: 60,
        urgent: false,
    };
    let at = Moment { now: Timestamp::from_ms(1_795_492_800_000), nonce: [0; 16] };
    account.mailer.build(&message, "liu@example.org", &at).expect("it can be written")
}

async fn sent(script: Script, tls: &str) -> (Ended, Vec<String>) {
    let (port, heard) = server(script).await;
    let account = account(port, tls);
    let ended = send(&account, &mail(&account), Allowed::Anywhere).await;
    let heard = heard.lock().expect("no test panics with it").clone();
    (ended, heard)
}

#[tokio::test]
async fn where_a_conversation_ends_says_what_is_known() {
    let check = async |script: Script, expected: Ended| {
        let (ended, _) = sent(script, "none").await;
        assert_eq!(ended, expected);
    };
    let said = |part, code, words: &str| Ended::Said { part, code, words: words.into() };
    check(Script::usual(), said(Part::Mail, 250, "2.0.0 taken")).await;
    check(Script::usual().but("", "554 not today"), said(Part::Opening, 554, "not today")).await;
    check(Script::usual().but("AUTH", "535 5.7.8 no"), said(Part::Opening, 535, "5.7.8 no")).await;
    check(Script::usual().but("MAIL", "550 5.1.1 who"), said(Part::Opening, 550, "5.1.1 who")).await;
    check(Script::usual().but("RCPT", "450 4.2.0 later"), said(Part::Mail, 450, "4.2.0 later")).await;
    check(Script::usual().but("RCPT", "550 5.1.1 nobody"), said(Part::Mail, 550, "5.1.1 nobody")).await;
    check(Script::usual().but(".", "552 5.3.4 too big"), said(Part::Mail, 552, "5.3.4 too big")).await;
    for word in ["", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        let (ended, _) = sent(Script::usual().but(word, ""), "none").await;
        assert!(matches!(ended, Ended::NotSent(_)), "hung up at {word}: {ended:?}");
    }
    let (ended, _) = sent(Script::usual().but(".", ""), "none").await;
    assert!(matches!(ended, Ended::Lost(_)), "it had the whole mail: {ended:?}");
}

#[tokio::test]
async fn a_mail_is_heard_as_it_was_written() {
    let (ended, heard) = sent(Script::usual(), "none").await;
    assert!(matches!(ended, Ended::Said { code: 250, .. }), "{ended:?}");
    assert_eq!(heard[..2], ["EHLO school.example", "AUTH PLAIN AG5vdGljZQBzZXNhbWU="]);
    assert_eq!(heard[2..5], ["MAIL FROM:<notice@school.example>", "RCPT TO:<liu@example.org>", "DATA"]);
    assert_eq!(heard.iter().filter(|line| *line == ".").count(), 1, "only the end is a dot alone");
}

#[tokio::test]
async fn a_password_never_goes_in_the_clear() {
    // It does not offer TLS, or offers it and speaks none.
    let offers = Script::usual().but("EHLO", "250-here\r\n250 STARTTLS").but("STARTTLS", "220 go on");
    for (tls, script) in [("starttls", Script::usual()), ("starttls", offers), ("implicit", Script::usual())] {
        let (ended, heard) = sent(script, tls).await;
        assert!(matches!(ended, Ended::NotSent(_)), "{tls}: {ended:?}");
        assert!(!heard.iter().any(|line| line.starts_with("AUTH")), "{tls}: {heard:?}");
    }
}

#[tokio::test]
async fn a_school_does_not_reach_into_our_network() {
    let (port, heard) = server(Script::usual()).await;
    let account = account(port, "none");
    let ended = send(&account, &mail(&account), Allowed::Public).await;
    assert!(matches!(ended, Ended::NotSent(_)), "{ended:?}");
    assert!(heard.lock().expect("no test panics with it").is_empty());
}
