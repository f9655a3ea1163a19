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
use tokio::sync::watch;

#[derive(Deserialize)]
pub(super) struct Side {
    #[serde(default)]
    screen: String,
}

struct Watching {
    pictures: watch::Receiver<Arc<Pictures>>,
    customer: bool,
    /// Dishes of this version are on the screen already.
    dishes: Option<u64>,
    first: bool,
}

/// Server-sent events; each is a whole `View`. `dishes` is left out while it is as before.
#[utoipa::path(get, path = "/api/view",
    params(("screen" = String, Query, description = "operator or customer"), ("token" = String, Query)),
    responses((status = 200, body = View, content_type = "text/event-stream"), (status = 401)))]
pub(super) async fn view(State(local): State<Local>, Query(side): Query<Side>) -> Response {
    let pictures = local.pictures.clone();
    let watching = Watching { pictures, customer: side.screen == "customer", dishes: None, first: true };
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

impl Watching {
    fn event(&mut self) -> Bytes {
        let pictures = self.pictures.borrow_and_update().clone();
        let mut view = if self.customer { pictures.customer.clone() } else { pictures.operator.clone() };
        if self.dishes == Some(view.dishes_version) {
            view.dishes = None;
        }
        self.dishes = Some(view.dishes_version);
        let json = serde_json::to_string(&view).expect("a view is plain JSON");
        format!("data: {json}\n\n").into()
    }
}
