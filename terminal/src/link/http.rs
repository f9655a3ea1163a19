//! One signed request, and what came of it. Silence and answers that are not ours are the same: nobody was heard.

use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use yitong_sync::wire::BASE;
use yitong_sync::{AUTH_HEADERS, DeviceKey, REQUEST, request_text};
use yitong_values::{TerminalId, Timestamp};

const CONNECT: Duration = Duration::from_secs(3);
/// A page of people or a photo; nothing that a terminal asks for is longer.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Above this the server's clock and ours differ too much to be heard.
const BUSY_MS: u64 = 5_000;

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
    Busy {
        retry_ms: u64,
    },
    Revoked,
    Silence,
}

/// Proves that a request is this device's.
#[derive(Clone, Debug)]
pub struct Signer {
    pub terminal: TerminalId,
    pub key: DeviceKey,
}

#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    signer: Option<Arc<Signer>>,
    /// What has to be added to this device's clock to be heard; learned from a refusal.
    offset_ms: Arc<AtomicI64>,
}

/// A problem as the server writes it.
#[derive(serde::Deserialize)]
struct Problem {
    #[serde(default)]
    code: String,
    server_ms: Option<i64>,
}

impl Client {
    pub fn new(server: &str, signer: Option<Signer>) -> Client {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .user_agent(concat!("yitong-terminal/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client of fixed settings can be made");
        let server = server.trim_end_matches('/').to_owned();
        Client { http, server, signer: signer.map(Arc::new), offset_ms: Arc::default() }
    }

    /// `path` follows the base, with its query. `wall` is this device's clock. The moment that stood in the request
    /// comes back with the answer.
    pub async fn call(
        &self,
        method: &'static str,
        path: &str,
        body: Vec<u8>,
        wall: Timestamp,
        within: Duration,
    ) -> (Heard, Timestamp) {
        for again in [false, true] {
            let at = wall.plus_ms(self.offset_ms.load(Ordering::Relaxed));
            let answer = tokio::time::timeout(within, self.once(method, path, body.clone(), at)).await;
            let heard = answer.unwrap_or(Heard::Silence);
            match &heard {
                Heard::Refused { code, .. } if code == "clock_drift" && !again => {}
                _ => return (heard, at),
            }
        }
        unreachable!("the second try returns")
    }

    async fn once(&self, method: &'static str, path: &str, body: Vec<u8>, at: Timestamp) -> Heard {
        let target = format!("{BASE}{path}");
        let verb = method.parse().expect("methods here are written out");
        let mut request = self.http.request(verb, format!("{}{target}", self.server));
        if let Some(signer) = &self.signer {
            let text = request_text(method, &target, at, &Sha256::digest(&body).into());
            let signature = signer.key.sign(REQUEST, &text);
            let values = [signer.terminal.to_string(), at.ms().to_string(), String::from(signature)];
            for (name, value) in AUTH_HEADERS.iter().zip(values) {
                request = request.header(*name, value);
            }
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        let Ok(answer) = request.send().await else { return Heard::Silence };
        let (status, retry) = (answer.status().as_u16(), retry_ms(&answer));
        let Some(bytes) = whole(answer).await else { return Heard::Silence };
        self.judge(status, bytes, retry, at)
    }

    fn judge(&self, status: u16, bytes: Vec<u8>, retry_ms: u64, at: Timestamp) -> Heard {
        let problem: Option<Problem> = (status >= 400).then(|| serde_json::from_slice(&bytes).ok()).flatten();
        let code = problem.as_ref().map(|problem| problem.code.clone()).unwrap_or_default();
        match status {
            200..=299 => Heard::Good(bytes),
            429 | 503 => Heard::Busy { retry_ms },
            // A problem of ours has a code; what a proxy on the way says is no answer.
            400..=499 if !code.is_empty() => {
                if let Some(server) = problem.and_then(|problem| problem.server_ms) {
                    self.offset_ms.fetch_add(server - at.ms(), Ordering::Relaxed);
                }
                let revoked = status == 401 && ["terminal_revoked", "terminal_unknown"].contains(&code.as_str());
                if revoked { Heard::Revoked } else { Heard::Refused { status, code } }
            }
            _ => Heard::Silence,
        }
    }
}

fn retry_ms(answer: &reqwest::Response) -> u64 {
    let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    after.map_or(BUSY_MS, |seconds| seconds.saturating_mul(1_000))
}

async fn whole(mut answer: reqwest::Response) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_BYTES_MAX {
            return None;
        }
    }
    Some(bytes)
}
