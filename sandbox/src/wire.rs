//! What comes over HTTP and what goes back, as values: a protocol is a plain function between the two.

use crate::Sandbox;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use yitong_channels::Headers;
use yitong_values::Timestamp;

pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Paths whose calls are counted; some name an order.
const PATHS_MAX: usize = 10_000;

pub struct Incoming {
    pub method: String,
    pub path: String,
    /// Without the question mark, as it came.
    pub query: String,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Incoming {
    /// As signatures cover it.
    pub fn path_and_query(&self) -> String {
        if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_default()
    }

    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    /// The first value of the name in the query.
    pub fn asked(&self, name: &str) -> Option<String> {
        let pairs = yitong_channels::query_pairs(&self.query)?;
        pairs.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

pub struct Outgoing {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Outgoing {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Outgoing {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Outgoing { status, headers, body: body.into() }
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Outgoing {
        Outgoing::new(status, "application/json; charset=utf-8", value.to_string())
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Outgoing {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl IntoResponse for Outgoing {
    fn into_response(self) -> Response {
        let mut response = self.body.into_response();
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().remove("content-type");
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// A file behind an address that is good for a while.
pub struct Kept {
    pub until: Timestamp,
    pub bytes: Vec<u8>,
}

/// Reads the request whole, lets the protocol answer, and may lose the answer on purpose after the work is done.
pub async fn speak(sandbox: Sandbox, request: Request, answer: fn(&Sandbox, &Incoming) -> Outgoing) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = Headers::new(parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))));
    let incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
    };
    let outgoing = answer(&sandbox, &incoming);
    if incoming.method == "POST" && sandbox.loses_the_answer(&incoming.path) {
        return Outgoing::json(500, &serde_json::json!({"code": "SYSTEM_ERROR", "message": "系统异常，请稍后重试"}))
            .into_response();
    }
    outgoing.into_response()
}

impl Sandbox {
    fn loses_the_answer(&self, path: &str) -> bool {
        // The payer's hand and the faults themselves are no channel.
        if ["/orders/", "/pay/", "/mandates/", "/mandate/", "/faults"].iter().any(|own| path.starts_with(own)) {
            return false;
        }
        let mut state = self.state();
        if state.calls.len() >= PATHS_MAX {
            state.calls.clear();
        }
        let count = state.calls.entry(path.to_owned()).or_default();
        *count += 1;
        let name = format!("{path} {count}");
        state.faults.strikes(state.faults.server_error_percent, "server_error", &name)
    }

    /// Keeps the file and returns the word for its address.
    pub(crate) fn keep_file(&self, bytes: Vec<u8>, life_ms: i64) -> String {
        let word = random_hex(16);
        let now = self.now();
        let mut state = self.state();
        state.files.retain(|_, kept| kept.until > now);
        state.files.insert(word.clone(), Kept { until: now.plus_ms(life_ms), bytes });
        word
    }

    pub(crate) fn kept_file(&self, word: &str) -> Option<Vec<u8>> {
        let now = self.now();
        self.state().files.get(word).filter(|kept| kept.until > now).map(|kept| kept.bytes.clone())
    }
}

pub fn random_hex(bytes: usize) -> String {
    let mut random = vec![0u8; bytes];
    getrandom::fill(&mut random).expect("the system gives random bytes");
    hex::encode(random)
}

/// A call-back goes to loopback only, so that nothing of the sandbox ever reaches a real server.
pub fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<hyper::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    uri.scheme_str() == Some("http") && local
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_loopback_is_called_back() {
        for good in ["http://127.0.0.1:80/x", "http://localhost:1/", "http://[::1]:9/x", "http://127.9.9.9/"] {
            assert!(super::is_loopback(good), "{good}");
        }
        let bad = ["https://127.0.0.1/x", "http://10.0.0.1/", "http://localhost.example/", "http://127.0.0.1.example/"];
        for bad in bad.into_iter().chain(["", "/x", "http://user@10.0.0.1/"]) {
            assert!(!super::is_loopback(bad), "{bad}");
        }
    }
}
