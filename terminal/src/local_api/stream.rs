//! The stream of pictures: the newest at once, then each that is another.

use super::Local;
use crate::agent::Pictures;
use crate::checkout::View;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

#[derive(Deserialize)]
pub(super) struct Side {
    #[serde(default)]
    screen: String,
}

struct Watching {
    pictures: watch::Receiver<Arc<Pictures>>,
    customer: bool,
    customers: Arc<AtomicUsize>,
    /// While it is held, the customer has a screen.
    _seat: Option<Seat>,
    /// Dishes of this version are on the screen already.
    dishes: Option<u64>,
    first: bool,
}

/// Server-sent events; each is a whole `View`. `dishes` is left out while it is as before.
#[utoipa::path(get, path = "/api/view",
    params(
        ("screen" = String, Query, description = "operator, customer, or turned: the one screen of both"),
        ("token" = String, Query)
    ),
    responses((status = 200, body = View, content_type = "text/event-stream"), (status = 401)))]
pub(super) async fn view(State(local): State<Local>, Query(side): Query<Side>) -> Response {
    let watching = Watching {
        pictures: local.pictures.clone(),
        customer: side.screen != "operator",
        customers: local.customers.clone(),
        _seat: (side.screen == "customer").then(|| Seat::take(local.customers)),
        dishes: None,
        first: true,
    };
    let events = stream::unfold(watching, |mut watching| async move {
        if !std::mem::take(&mut watching.first) && watching.pictures.changed().await.is_err() {
            return None;
        }
        let event = watching.event();
        Some((Ok::<_, Infallible>(event), watching))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (headers, Body::from_stream(events)).into_response()
}

struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(of: Arc<AtomicUsize>) -> Seat {
        of.fetch_add(1, Ordering::Relaxed);
        Seat(of)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watching {
    fn event(&mut self) -> Bytes {
        let pictures = self.pictures.borrow_and_update().clone();
        let mut view = if self.customer { pictures.customer.clone() } else { pictures.operator.clone() };
        view.customer_screen = self.customers.load(Ordering::Relaxed) > 0;
        if self.dishes == Some(view.dishes_version) {
            view.dishes = None;
        }
        self.dishes = Some(view.dishes_version);
        let json = serde_json::to_string(&view).expect("a view is plain JSON");
        format!("data: {json}\n\n").into()
    }
}
