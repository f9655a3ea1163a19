//! Each request gets a name that is in its answer and in the logs, and is counted by its route.

use super::problem::Shown;
use crate::App;
use crate::plumbing::measure::Histogram;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument;

const ANSWER_BOUNDS_US: [u64; 11] =
    [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Requests by method and the template of their route: a template holds no id of anybody.
#[derive(Default)]
pub struct Traffic {
    routes: Mutex<BTreeMap<(String, String), Route>>,
    limited: AtomicU64,
}

pub struct Route {
    pub statuses: BTreeMap<u16, u64>,
    pub answer_us: Histogram<11>,
}

impl Traffic {
    fn count(&self, method: &Method, route: &str, status: u16, us: u64) {
        let mut routes = self.routes.lock().expect("nobody panics while counting");
        let key = (method.as_str().to_owned(), route.to_owned());
        let new = || Route { statuses: BTreeMap::new(), answer_us: Histogram::new(ANSWER_BOUNDS_US) };
        let route = routes.entry(key).or_insert_with(new);
        *route.statuses.entry(status).or_default() += 1;
        route.answer_us.add(us);
    }

    pub(super) fn limited(&self) {
        self.limited.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that were over a limit.
    pub fn limited_count(&self) -> u64 {
        self.limited.load(Ordering::Relaxed)
    }

    pub fn each(&self, mut look: impl FnMut(&str, &str, &Route)) {
        for ((method, route), counted) in self.routes.lock().expect("nobody panics while counting").iter() {
            look(method, route, counted);
        }
    }
}

pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = app.new_id().to_string();
    let begun = Instant::now();
    let method = known(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or("unmatched".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id, %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(status, us, "answered"));
    app.traffic.count(&method, &route, status, us);
    if let Some(Shown(mut body)) = response.extensions_mut().remove::<Shown>() {
        body.insert("request_id".into(), id.clone().into());
        *response.body_mut() = Body::from(serde_json::Value::Object(body).to_string());
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    response
}

/// A caller can't fill the memory with methods of its own making.
fn known(method: &Method) -> Method {
    let ours = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    ours.into_iter().find(|known| known == method).unwrap_or(Method::TRACE)
}
