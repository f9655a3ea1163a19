//! What the screens speak with: pages, a stream of pictures, acts, photos. On loopback only, and with a token that the
//! screens were started with, so that no other program on this machine acts for a cashier.

mod document;
mod pages;
mod stream;

pub use document::document;

use crate::agent::shell::Msg;
use crate::agent::{Event, Pictures};
use crate::checkout::Act;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::Sender;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use utoipa::ToSchema;
use uuid::Uuid;

/// An act is short; so is everything that a page sends.
const BODY_BYTES_MAX: usize = 8 * 1024;
const PHOTO_WITHIN: Duration = Duration::from_secs(4);

#[derive(Clone)]
pub struct Local {
    pub to: Sender<Msg>,
    pub pictures: watch::Receiver<Arc<Pictures>>,
    pub token: Arc<str>,
    /// How many screens of the customer's side are open.
    pub customers: Arc<AtomicUsize>,
    /// Addresses that a page of ours may be called by: another name that leads here is somebody's trick.
    pub hosts: Arc<[String]>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
}

/// An act of somebody at a screen, with the id that makes it one act however often it arrives.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Named {
    pub id: Uuid,
    pub act: Act,
}

pub fn router(local: Local) -> Router {
    let guarded = Router::new()
        .route("/api/view", get(stream::view))
        .route("/api/acts", post(acts))
        .route("/api/photos/{person}", get(photo))
        .layer(from_fn_with_state(local.clone(), known));
    Router::new()
        .merge(pages::routes())
        .merge(guarded)
        .layer(from_fn_with_state(local.clone(), here))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(local)
}

/// The screen shows its token, which is compared in the same time whatever it is.
async fn known(State(local): State<Local>, Query(shown): Query<Token>, request: Request, next: Next) -> Response {
    let shown = shown.token.unwrap_or_default();
    let same: bool = subtle::ConstantTimeEq::ct_eq(shown.as_bytes(), local.token.as_bytes()).into();
    if same { next.run(request).await } else { StatusCode::UNAUTHORIZED.into_response() }
}

/// A page of somebody else's that was made to reach us by a name of its own gets nothing.
async fn here(State(local): State<Local>, headers: HeaderMap, request: Request, next: Next) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if local.hosts.iter().any(|known| known == host) {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

/// 202: it was heard. What came of it is in the next picture.
#[utoipa::path(post, path = "/api/acts", request_body = Named, params(("token" = String, Query)),
    responses((status = 202), (status = 401), (status = 422)))]
async fn acts(State(local): State<Local>, Json(named): Json<Named>) -> StatusCode {
    match local.to.send(Msg::Event(Event::Act { id: named.id, act: named.act })) {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// For the cashier's eyes: the customer's screen never asks for it.
#[utoipa::path(get, path = "/api/photos/{person}", params(("person" = Uuid, Path), ("token" = String, Query)),
    responses((status = 200, content_type = "image/*"), (status = 401), (status = 404)))]
async fn photo(State(local): State<Local>, Path(person): Path<Uuid>) -> Response {
    let (reply, answer) = oneshot::channel();
    if local.to.send(Msg::Event(Event::Photo { person: person.into(), reply })).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match tokio::time::timeout(PHOTO_WITHIN, answer).await {
        Ok(Ok(Some(bytes))) => {
            let kind = kind_of(&bytes);
            let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
            (headers, bytes).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn kind_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "application/octet-stream",
    }
}
