//! A message channel on loopback: it keeps what it was asked and answers as the test says.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What was asked: the path with its query.
#[derive(Clone, Debug)]
pub struct Asked {
    pub uri: String,
}

impl Asked {
    /// A parameter of the query, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.uri.split_once('?')?;
        let pairs = yitong_channels::query_pairs(query)?;
        pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

#[derive(Clone)]
pub enum Answer {
    Say(u16, String),
    /// Hangs up after this long, without a word.
    Silence(Duration),
}

#[derive(Clone, Default)]
struct Inside(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    asked: Vec<Asked>,
    next: VecDeque<Answer>,
    usual: String,
}

pub struct FakeChannel {
    pub url: String,
    inside: Inside,
}

impl FakeChannel {
    /// `usual` is what it says when the test said nothing.
    pub async fn start(usual: &str) -> FakeChannel {
        let inside = Inside::default();
        inside.0.lock().expect("no test panics with it").usual = usual.to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let router = Router::new().fallback(answer).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        FakeChannel { url, inside }
    }

    /// The next answers, in their order.
    pub fn next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inside.0.lock().expect("no test panics with it").next.extend(answers);
    }

    pub fn say(&self, status: u16, body: &str) {
        self.next([Answer::Say(status, body.to_owned())]);
    }

    /// What it was asked since the last look.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inside.0.lock().expect("no test panics with it").asked)
    }
}

async fn answer(State(inside): State<Inside>, uri: Uri, _body: Bytes) -> (StatusCode, String) {
    let next = {
        let mut inside = inside.0.lock().expect("no test panics with it");
        inside.asked.push(Asked { uri: uri.to_string() });
        let usual = inside.usual.clone();
        inside.next.pop_front().unwrap_or(Answer::Say(200, usual))
    };
    match next {
        Answer::Say(status, body) => (StatusCode::from_u16(status).expect("a status"), body),
        Answer::Silence(long) => {
            tokio::time::sleep(long).await;
            (StatusCode::OK, String::new())
        }
    }
}
