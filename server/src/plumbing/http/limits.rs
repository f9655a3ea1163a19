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
    open: Semaphore,
}

impl Gate {
    pub fn new(config: &Config) -> Gate {
        let per_minute = NonZeroU32::new(config.limits.requests_per_minute).unwrap_or(NonZeroU32::MIN);
        let open = Semaphore::new(config.limits.open_requests as usize);
        Gate { by_address: RateLimiter::keyed(Quota::per_minute(per_minute)), open }
    }

    /// A proxy on this machine that is not named as trusted stands for everybody, so its address is not limited.
    fn too_many(&self, caller: IpAddr) -> bool {
        if self.by_address.len() > ADDRESSES_MAX {
            self.by_address.retain_recent();
        }
        !caller.is_loopback() && self.by_address.check_key(&caller).is_err()
    }
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
        if app.gate.too_many(caller) {
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
