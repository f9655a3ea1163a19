//! A sandbox of the payment and message channels: it speaks their wire protocols on loopback, verifies the caller as
//! strictly as they do, signs its answers, shows a cashier to pay at, and goes wrong when it is told to. No money and
//! no message ever leaves it.

mod alipay;
mod bill_day;
mod books;
mod chinaums;
mod control;
mod der;
mod faults;
mod identity;
mod mandates;
mod notify;
mod pages;
mod settings;
mod signin;
mod tell;
mod unionpay;
mod wechat;
mod wire;
mod zip;

pub use books::{Channel, PayRefusal, RefundFate, Totals};
pub use control::{Delivery, Outcome};
pub use faults::{DebitFate, Faults};
pub use identity::OpenError;
pub use mandates::MandateRefusal;
pub use settings::Settings;
pub use tell::Arrived;

use axum::Router;
use axum::routing::any;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;
use yitong_values::Timestamp;

/// Where the sandbox reads the time; a test hands in one that stands still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// One sandbox; clones are the same one.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    /// `http://127.0.0.1:…`, without a slash at the end.
    address: String,
    id: identity::Identity,
    clock: Clock,
    shift_ms: AtomicI64,
    state: Mutex<State>,
    http: Client<HttpConnector, http_body_util::Full<hyper::body::Bytes>>,
    /// Told whenever a notification has gone, for those held back behind it.
    gone: tokio::sync::Notify,
}

#[derive(Default)]
struct State {
    books: books::Books,
    mandates: mandates::Mandates,
    faults: Faults,
    deliveries: VecDeque<Delivery>,
    /// How often each path was called, so that chance has a name for each call.
    calls: BTreeMap<String, u64>,
    /// Bill files by the word in their address.
    files: BTreeMap<String, wire::Kept>,
    messages: VecDeque<tell::Arrived>,
    tokens: BTreeMap<&'static str, tell::Token>,
    /// Codes of people who signed in, by the code.
    sign_ins: BTreeMap<String, signin::Given>,
}

impl Sandbox {
    /// With the clock of the system. `address` is where it will be reached: `http://127.0.0.1:4180`.
    pub fn open(folder: &Path, address: &str) -> Result<Sandbox, OpenError> {
        Sandbox::open_at(folder, address, Arc::new(system_now))
    }

    pub fn open_at(folder: &Path, address: &str, clock: Clock) -> Result<Sandbox, OpenError> {
        let id = identity::Identity::open(folder)?;
        Ok(Sandbox(Arc::new(Inner {
            address: address.trim_end_matches('/').to_owned(),
            id,
            clock,
            shift_ms: AtomicI64::new(0),
            state: Mutex::default(),
            http: Client::builder(TokioExecutor::new()).build_http(),
            gone: tokio::sync::Notify::new(),
        })))
    }

    pub fn address(&self) -> &str {
        &self.0.address
    }

    /// Where its mail server listens: at the port above its own.
    pub fn mail_port(&self) -> u16 {
        settings::mail_port(&self.0.address)
    }

    /// The settings of a channel account for each channel, as the connectors read them.
    pub fn settings(&self) -> Settings {
        Settings::of(&self.0.id, &self.0.address)
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/v3/{*rest}", any(wechat::speak))
            .merge(alipay::routes())
            .merge(unionpay::routes())
            .merge(chinaums::routes())
            .merge(tell::routes())
            .merge(signin::routes())
            .merge(control::routes())
            .merge(pages::routes())
            .layer(axum::extract::DefaultBodyLimit::max(wire::BODY_BYTES_MAX))
            .with_state(self.clone())
    }

    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        axum::serve(listener, self.router()).with_graceful_shutdown(stop).await
    }

    /// By its own clock, which a fault may have shifted.
    pub fn now(&self) -> Timestamp {
        (self.0.clock)().plus_ms(self.0.shift_ms.load(Ordering::Relaxed))
    }

    pub fn faults(&self) -> Faults {
        self.state().faults.clone()
    }

    pub fn set_faults(&self, faults: Faults) -> Result<(), &'static str> {
        faults.check()?;
        self.0.shift_ms.store(i64::from(faults.clock_shift_s) * 1000, Ordering::Relaxed);
        self.state().faults = faults;
        Ok(())
    }

    fn id(&self) -> &identity::Identity {
        &self.0.id
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nothing panics while it holds the sandbox's state")
    }
}

fn system_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
