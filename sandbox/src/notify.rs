//! Bringing notifications to the merchant: on the channel's schedule of repeats, and losing, doubling, delaying,
//! holding back and corrupting them when told to.

use crate::Sandbox;
use crate::control::{DELIVERIES_MAX, Delivery};
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

    fn note(&self, parcel: &Parcel, attempt: usize, outcome: String) {
        let at = self.now();
        let (order, event) = (parcel.order.clone(), parcel.event.clone());
        let mut state = self.state();
        if state.deliveries.len() >= DELIVERIES_MAX {
            state.deliveries.pop_front();
        }
        state.deliveries.push_back(Delivery { order, event, attempt, at: at.to_string(), outcome });
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
    if strikes(faults.lost_percent, "lost") {
        sandbox.note(parcel, attempt, "lost".into());
        return false;
    }
    if strikes(faults.delayed_percent, "delayed") {
        tokio::time::sleep(Duration::from_millis(u64::from(faults.delay_ms))).await;
    }
    if strikes(faults.reordered_percent, "reordered") {
        sandbox.note(parcel, attempt, "held back".into());
        let overtaken = sandbox.0.gone.notified();
        let _ = tokio::time::timeout(Duration::from_millis(HELD_MS), overtaken).await;
    }
    let probe = strikes(faults.probe_percent, "probe");
    let mut letter = (parcel.seal)(sandbox.now(), if probe { Sealing::Probe } else { Sealing::Honest });
    let corrupted = strikes(faults.corrupted_percent, "corrupted");
    if corrupted {
        faults.corrupt(&name, &mut letter.body);
    }
    let times = if strikes(faults.doubled_percent, "doubled") { 2 } else { 1 };
    let mut taken = false;
    for _ in 0..times {
        let answer = post(sandbox, &parcel.url, &letter).await;
        taken = answer.as_ref().is_ok_and(|(status, body)| (parcel.taken)(*status, body));
        let how = match (corrupted, probe) {
            (true, _) => "corrupted: ",
            (_, true) => "probe: ",
            _ => "",
        };
        let outcome = match answer {
            Ok((status, _)) if taken => format!("{how}taken ({status})"),
            Ok((status, _)) => format!("{how}not taken ({status})"),
            Err(why) => format!("{how}{why}"),
        };
        sandbox.note(parcel, attempt, outcome);
    }
    sandbox.0.gone.notify_waiters();
    // A probe that is taken is still followed by the real one.
    taken && !probe
}

async fn post(sandbox: &Sandbox, url: &str, letter: &Letter) -> Result<(u16, Vec<u8>), &'static str> {
    if !is_loopback(url) {
        return Err("not loopback");
    }
    let mut request = hyper::Request::post(url).header("user-agent", "Mozilla/4.0");
    for (name, value) in &letter.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(letter.body.clone()))).map_err(|_| "no address")?;
    let exchange = async {
        let response = sandbox.0.http.request(request).await.map_err(|_| "not reached")?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|_| "cut off")?;
        Ok((status, body.to_bytes().to_vec()))
    };
    tokio::time::timeout(ANSWER_TIMEOUT, exchange).await.unwrap_or(Err("no answer in 5 s"))
}
