//! A signed request, and what came of it. Silence and answers that are not ours are the same: nobody was heard. Pure;
//! `link::socket` carries it.

use sha2::{Digest, Sha256};
use yitong_sync::wire::BASE;
use yitong_sync::{AUTH_HEADERS, DeviceKey, REQUEST, request_text};
use yitong_values::{TerminalId, Timestamp};

const BUSY_MS: u64 = 5_000;

/// What is sent, whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    pub method: &'static str,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What an answer was, before its content is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// 2xx, with the body; empty for 204.
    Good(Vec<u8>),
    /// 4xx: the server understood, and says no.
    Refused {
        status: u16,
        code: String,
    },
    /// Our moment is too far from the server's.
    ClockDrift {
        server_ms: i64,
    },
    Busy {
        retry_ms: u64,
    },
    Revoked,
    Silence,
}

/// A problem as the server writes it.
#[derive(serde::Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    server_ms: Option<i64>,
}

impl Heard {
    pub fn of(status: u16, body: Vec<u8>, retry_ms: Option<u64>) -> Heard {
        let problem: Option<Problem> = (status >= 400).then(|| serde_json::from_slice(&body).ok()).flatten();
        let code = problem.as_ref().map(|problem| problem.code.clone()).unwrap_or_default();
        match (status, problem.and_then(|problem| problem.server_ms)) {
            (200..=299, _) => Heard::Good(body),
            (429 | 503, _) => Heard::Busy { retry_ms: retry_ms.unwrap_or(BUSY_MS) },
            (401, Some(server_ms)) if code == "clock_drift" => Heard::ClockDrift { server_ms },
            (401, _) if ["terminal_revoked", "terminal_unknown"].contains(&code.as_str()) => Heard::Revoked,
            // A problem of ours has a code; what a proxy on the way says is no answer.
            (400..=499, _) if !code.is_empty() => Heard::Refused { status, code },
            _ => Heard::Silence,
        }
    }
}

/// Proves that a request is this device's.
#[derive(Clone, Debug)]
pub struct Signer {
    pub terminal: TerminalId,
    pub key: DeviceKey,
}

impl Signer {
    /// `path` follows the base, with its query.
    pub fn request(&self, method: &'static str, path: &str, body: Vec<u8>, at: Timestamp) -> Request {
        let target = format!("{BASE}{path}");
        let text = request_text(method, &target, at, &Sha256::digest(&body).into());
        let signature = self.key.sign(REQUEST, &text);
        let values = [self.terminal.to_string(), at.ms().to_string(), String::from(signature)];
        let headers = AUTH_HEADERS.into_iter().zip(values).collect();
        Request { method, target, headers, body }
    }
}
