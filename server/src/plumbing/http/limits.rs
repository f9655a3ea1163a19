//! How much is taken on: from one address, at once, and for how long. What is over is told so, in words.

use super::Problem;
use crate::App;
use crate::plumbing::config::Config;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Addresses remembered before those that were quiet for long are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// A body of this size is read before anybody looks at it.
const SMALL_BODY_BYTES: u64 = 64 * 1024;

/// Who is asking, with a trusted proxy looked through.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub IpAddr);

pub struct Gate {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    /// Channels report at once what a noon brings, all from a few addresses: they have a limit of their own.
    call_backs: DefaultKeyedRateLimiter<IpAddr>,
    open: Semaphore,
}

impl Gate {
    pub fn new(config: &Config) -> Gate {
        let per_minute =
            |wanted| RateLimiter::keyed(Quota::per_minute(NonZeroU32::new(wanted).unwrap_or(NonZeroU32::MIN)));
        let open = Semaphore::new(config.limits.open_requests as usize);
        let limits = &config.limits;
        let (pages, call_backs) = (limits.requests_per_minute, limits.call_backs_per_minute);
        Gate { by_address: per_minute(pages), call_backs: per_minute(call_backs), open }
    }

    /// A proxy on this machine that is not named as trusted stands for everybody, so its address is not limited.
    fn too_many(&self, caller: IpAddr, path: &str) -> bool {
        let limiter = if is_call_back(path) { &self.call_backs } else { &self.by_address };
        if limiter.len() > ADDRESSES_MAX {
            limiter.retain_recent();
        }
        !caller.is_loopback() && limiter.check_key(&caller).is_err()
    }
}

/// What a payment channel asks; see `payments/notify_http.rs`.
fn is_call_back(path: &str) -> bool {
    let rest = path.strip_prefix("/api/v1/channels/");
    rest.and_then(|rest| rest.strip_suffix("/notify")).is_some_and(|account| !account.contains('/'))
}

/// The last address of the chain that no trusted proxy added for itself: earlier ones could be invented.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
    let chain: Vec<IpAddr> = lines.flat_map(|line| line.split(',')).filter_map(|ip| ip.trim().parse().ok()).collect();
    chain.into_iter().rev().find(|ip| !trusted.contains(ip)).unwrap_or(peer)
}

pub(super) async fn limit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if let Some(peer) = peer {
        let caller = caller(peer, request.headers(), &app.config.trusted_proxies);
        request.extensions_mut().insert(Caller(caller));
        if app.gate.too_many(caller, request.uri().path()) {
            app.traffic.limited();
            let (zh, en) = ("请求过于频繁，请稍后再试。", "Too many requests from your address; wait a moment.");
            return later(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", zh, en, "5");
        }
    }
    let limits = app.config.limits;
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > limits.body_bytes() as u64) {
        let zh = format!("请求体过大，上限 {} KiB。", limits.body_kib);
        let en = format!("The body is too large: at most {} KiB are taken.", limits.body_kib);
        return Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", zh, en).into_response();
    }
    // A full house must not look like a dead one.
    let _turn = match app.gate.open.try_acquire() {
        Ok(turn) => Some(turn),
        Err(_) if request.uri().path() == "/healthz" => None,
        Err(_) => {
            app.traffic.limited();
            let (zh, en) = ("系统繁忙，请用同一编号重试。", "The system is busy; ask again with the same name.");
            return later(StatusCode::SERVICE_UNAVAILABLE, "busy", zh, en, "1");
        }
    };
    let longest = Duration::from_secs(limits.request_seconds.into());
    let work = async {
        // A handler that answers without a look at the body would leave the connection in the middle of it.
        match taken_in(request, length).await {
            Ok(request) => next.run(request).await,
            Err(problem) => problem.into_response(),
        }
    };
    tokio::time::timeout(longest, work).await.unwrap_or_else(|_| {
        let zh = "处理超时；若为收银或充值，请用同一编号重试，不会重复入账。";
        let en = "It took too long; ask again with the same name, and nothing is booked twice.";
        later(StatusCode::SERVICE_UNAVAILABLE, "too_slow", zh, en, "1")
    })
}

/// The request with its body, when that is small, already read.
async fn taken_in(request: Request, length: Option<u64>) -> Result<Request, Problem> {
    if !length.is_some_and(|length| (1..=SMALL_BODY_BYTES).contains(&length)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let read = axum::body::to_bytes(body, SMALL_BODY_BYTES as usize).await;
    let (zh, en) = ("请求体未收全，请重试。", "The body did not arrive whole.");
    let bytes = read.map_err(|_| Problem::refused(StatusCode::BAD_REQUEST, "body_cut", zh, en))?;
    Ok(Request::from_parts(parts, bytes.into()))
}

fn later(status: StatusCode, code: &'static str, zh: &str, en: &str, seconds: &'static str) -> Response {
    let mut response = Problem::refused(status, code, zh, en).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_backs_have_a_limit_of_their_own() {
        let mut config = Config::in_folder("unused".into());
        (config.limits.requests_per_minute, config.limits.call_backs_per_minute) = (10, 20);
        let (gate, from) = (Gate::new(&config), "198.51.100.7".parse().expect("an address"));
        let taken = |path: &str| (0..100).filter(|_| !gate.too_many(from, path)).count();
        assert_eq!(taken("/api/v1/schools"), 10);
        assert_eq!(taken("/api/v1/channels/0190a0b0-0000-7000-8000-000000000000/notify"), 20);
        // Nothing else comes in by their door.
        for path in ["/api/v1/channels/a/b/notify", "/api/v1/channels/a/notify/x", "/x/api/v1/channels/a/notify"] {
            assert_eq!(taken(path), 0, "{path}");
        }
    }

    #[test]
    fn only_a_trusted_proxy_is_looked_through() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_static("1.1.1.1, 203.0.113.9, 10.0.0.2"));
        let (proxies, outside) = ([ip("10.0.0.1"), ip("10.0.0.2")], ip("198.51.100.7"));
        assert_eq!(caller(outside, &headers, &proxies), outside, "a stranger's own words");
        assert_eq!(caller(ip("10.0.0.1"), &headers, &proxies), ip("203.0.113.9"), "the first one is invented");
        assert_eq!(caller(ip("10.0.0.1"), &HeaderMap::new(), &proxies), ip("10.0.0.1"));
    }
}
