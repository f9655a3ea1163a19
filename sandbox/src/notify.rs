//! Bringing notifications to the merchant: on the channel's schedule of repeats, and losing, doubling, delaying,
//! holding back and corrupting them when told to.

use crate::Sandbox;
use crate::control::{DELIVERIES_MAX, Delivery, Outcome};
use crate::wire::is_loopback;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use std::time::Duration;
use yitong_values::Timestamp;

/// Seconds between the tries.
pub const WECHAT_SCHEDULE_S: &[u64] =
    &[15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];
pub const ALIPAY_SCHEDULE_S: &[u64] = &[240, 600, 600, 3600, 7200, 21_600, 54_000];
pub const UNIONPAY_SCHEDULE_S: &[u64] = &[60, 120, 240, 480, 900];

pub const CHINAUMS_SCHEDULE_S: &[u64] = &[60, 120, 300, 600, 1800, 3600];

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// So long at most is one held back for another to overtake it.
const HELD_MS: u64 = 2000;

pub struct Letter {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Letter {
    pub fn form(body: String) -> Letter {
        let kind = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
        Letter { headers: vec![("content-type".to_owned(), kind)], body: body.into_bytes() }
    }
}

/// How a letter is signed this time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sealing {
    Honest,
    /// With a signature that a receiver has to refuse.
    Probe,
}

pub struct Parcel {
    /// The merchant's number of the order.
    pub order: String,
    /// What happened, for the log and for chance: `paid`, `refund R1`.
    pub event: String,
    pub url: String,
    pub schedule_s: &'static [u64],
    /// Signed anew for each try, at its own time.
    pub seal: Box<dyn Fn(Timestamp, Sealing) -> Letter + Send + Sync>,
    /// Whether the merchant's answer means that it took it.
    pub taken: fn(u16, &[u8]) -> bool,
}

impl Sandbox {
    /// Returns at once; has to be called on a runtime.
    pub(crate) fn bring(&self, parcel: Parcel) {
        tokio::spawn(carry(self.clone(), parcel));
    }

    fn note(&self, delivery: Delivery) {
        let mut state = self.state();
        if state.deliveries.len() >= DELIVERIES_MAX {
            state.deliveries.pop_front();
        }
        state.deliveries.push_back(delivery);
    }
}

async fn carry(sandbox: Sandbox, parcel: Parcel) {
    for attempt in 0.. {
        if one_try(&sandbox, &parcel, attempt).await {
            return;
        }
        let scale = u64::from(sandbox.faults().schedule_scale);
        let Some(pause_s) = parcel.schedule_s.get(attempt).filter(|_| scale > 0) else { return };
        tokio::time::sleep(Duration::from_millis(pause_s * scale)).await;
    }
}

/// True when the merchant took it.
async fn one_try(sandbox: &Sandbox, parcel: &Parcel, attempt: usize) -> bool {
    let faults = sandbox.faults();
    let name = format!("{} {} {attempt}", parcel.order, parcel.event);
    let strikes = |percent, kind| faults.strikes(percent, kind, &name);
    let note = |outcome, status, altered| {
        let (order, event, at) = (parcel.order.clone(), parcel.event.clone(), sandbox.now().to_string());
        sandbox.note(Delivery { order, event, attempt, at, outcome, status, altered });
    };
    if strikes(faults.lost_percent, "lost") {
        note(Outcome::Lost, None, None);
        return false;
    }
    if strikes(faults.delayed_percent, "delayed") {
        tokio::time::sleep(Duration::from_millis(u64::from(faults.delay_ms))).await;
    }
    if strikes(faults.reordered_percent, "reordered") {
        let overtaken = sandbox.0.gone.notified();
        note(Outcome::HeldBack, None, None);
        let _ = tokio::time::timeout(Duration::from_millis(HELD_MS), overtaken).await;
    }
    let probe = strikes(faults.probe_percent, "probe");
    let mut letter = (parcel.seal)(sandbox.now(), if probe { Sealing::Probe } else { Sealing::Honest });
    let corrupted = strikes(faults.corrupted_percent, "corrupted");
    if corrupted {
        faults.corrupt(&name, &mut letter.body);
    }
    let altered = match (corrupted, probe) {
        (true, _) => Some("corrupted"),
        (false, true) => Some("probe"),
        (false, false) => None,
    };
    let times = if strikes(faults.doubled_percent, "doubled") { 2 } else { 1 };
    let mut taken = false;
    for _ in 0..times {
        match post(sandbox, &parcel.url, &letter).await {
            Ok((status, body)) => {
                taken = (parcel.taken)(status, &body);
                note(if taken { Outcome::Taken } else { Outcome::NotTaken }, Some(status), altered);
            }
            Err(outcome) => note(outcome, None, altered),
        }
    }
    sandbox.0.gone.notify_waiters();
    // A probe that is taken is still followed by the real one.
    taken && !probe
}

async fn post(sandbox: &Sandbox, url: &str, letter: &Letter) -> Result<(u16, Vec<u8>), Outcome> {
    if !is_loopback(url) {
        return Err(Outcome::NotLoopback);
    }
    let mut request = hyper::Request::post(url).header("user-agent", "Mozilla/4.0");
    for (name, value) in &letter.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(letter.body.clone()))).map_err(|_| Outcome::NotReached)?;
    let exchange = async {
        let response = sandbox.0.http.request(request).await.map_err(|_| Outcome::NotReached)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        Ok((status, body.map_err(|_| Outcome::NoAnswer)?.to_bytes().to_vec()))
    };
    tokio::time::timeout(ANSWER_TIMEOUT, exchange).await.unwrap_or(Err(Outcome::NoAnswer))
}
