//! The signed lists over HTTP, as bytes (code/SPEC.md). A reader shows its token; somebody of the office may fetch
//! them too, for a reader without a network.

use super::{published, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Params, Problem};
use crate::signin::{Allowed, perm};
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::SchoolId;

/// When a reader was seen last is written no more often than this.
const SEEN_EVERY_MS: i64 = 60_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trust)).routes(routes!(status)).routes(routes!(legacy))
}

/// The guard of the lists: an integrator's token, or somebody who may see codes.
struct Reader(SchoolId);

pub(super) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Reader, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(token) = header.and_then(|value| value.strip_prefix("Bearer ")).map(token_hash) else {
            let who = Allowed::<perm::CredentialsRead>::from_request_parts(parts, app).await?;
            return Ok(Reader(who.school));
        };
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::absent())?;
        let named = path.iter().find(|(name, _)| *name == "school").and_then(|(_, text)| text.parse::<Uuid>().ok());
        let school = SchoolId::new(named.ok_or_else(Problem::absent)?);
        // The hash is looked up, not compared: how long that takes says nothing about the token.
        let now = app.now();
        let known = app.db.read(move |tx| store::by_token(tx, school, &token)).await?;
        let id = known.ok_or_else(Problem::signed_out)?;
        let write = move |tx: &mut Tx<'_>| store::seen(tx, school, id, now, SEEN_EVERY_MS);
        app.db.write("a reader was seen", write).await?;
        Ok(Reader(school))
    }
}

fn bytes(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "no-store")], body).into_response()
}

/// The trust list: the school's keys, signed by the root that the reader was given.
#[utoipa::path(get, path = "/schools/{school}/lists/trust", tag = "readers", params(("school" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")),
    security(("session" = ["credentials.read"]), ("reader" = [])))]
async fn trust(State(app): State<App>, Reader(school): Reader) -> Result<Response, Problem> {
    Ok(bytes(published::signed_trust(&app, school).await?))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Since {
    /// The version that the reader has: only what changed since is sent when that is known here.
    since: Option<u32>,
}

/// Lost and cancelled cards, stopped accounts: the whole list (first byte 0x22) or a delta (0x23). 204: nothing newer
/// yet.
#[utoipa::path(get, path = "/schools/{school}/lists/status", tag = "readers", params(("school" = Uuid, Path), Since),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 204)),
    security(("session" = ["credentials.read"]), ("reader" = [])))]
async fn status(
    State(app): State<App>,
    Reader(school): Reader,
    Params(ask): Params<Since>,
) -> Result<Response, Problem> {
    let list = published::signed_status(&app, school, ask.since, published::Newness::Seconds).await?;
    Ok(list.map_or_else(|| StatusCode::NO_CONTENT.into_response(), bytes))
}

/// Another system's printed codes as hashes. 204: the school took none over.
#[utoipa::path(get, path = "/schools/{school}/lists/legacy", tag = "readers", params(("school" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 204)),
    security(("session" = ["credentials.read"]), ("reader" = [])))]
async fn legacy(State(app): State<App>, Reader(school): Reader) -> Result<Response, Problem> {
    let list = published::signed_legacy(&app, school).await?;
    Ok(list.map_or_else(|| StatusCode::NO_CONTENT.into_response(), bytes))
}
