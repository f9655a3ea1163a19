//! The guard of terminals' routes: the request is signed by the key of the machine that stands at the till now.

use super::store::{self, Caller};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use yitong_sync::{AUTH_HEADERS, REQUEST, SIGNED_AT_MS_MAX, Signature, request_text};
use yitong_values::{SchoolId, StallId, TerminalId, Timestamp};

/// When a terminal was seen last is written no more often than this.
const SEEN_EVERY_MS: i64 = 20_000;

/// A terminal that proved itself. Requests without a body; see [`Signed`] for the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub(super) school: SchoolId,
    pub(super) id: TerminalId,
    pub(super) stall: StallId,
    pub(super) journal: u32,
    /// The moment that the terminal put into the request.
    pub(super) asked: Timestamp,
}

/// A terminal that proved itself, and the body that it signed.
pub(super) struct Signed<T>(pub(super) Device, pub(super) T);

/// The same, with whatever bytes it sent.
pub(super) struct SignedBytes(pub(super) Device, pub(super) Bytes);

struct Claim {
    id: TerminalId,
    at: Timestamp,
    signature: Signature,
}

fn claim(headers: &HeaderMap) -> Option<Claim> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let [id, at, signature] = AUTH_HEADERS.map(text);
    let at = Timestamp::from_ms(at?.parse().ok()?);
    Some(Claim { id: id?.parse().ok()?, at, signature: Signature::try_from(signature?.to_owned()).ok()? })
}

fn refused(code: &'static str, zh: &str, en: &str) -> Problem {
    Problem::refused(StatusCode::UNAUTHORIZED, code, zh, en)
}

async fn prove(parts: &mut Parts, app: &App, body: &[u8]) -> Result<Device, Problem> {
    let Some(claim) = claim(&parts.headers) else { return Err(Problem::signed_out()) };
    let now = app.now();
    if now.since(claim.at).abs() > SIGNED_AT_MS_MAX {
        let (zh, en) = ("终端时间与服务器相差超过 5 分钟。", "The terminal's clock is more than 5 minutes off.");
        return Err(refused("clock_drift", zh, en).with("server_ms", now.ms()));
    }
    let unknown = || refused("terminal_unknown", "终端未注册，请重新绑定。", "The terminal is not enrolled; enrol it.");
    let id = claim.id;
    let caller: Caller = app.db.read(move |tx| store::caller(tx, id)).await?.ok_or_else(unknown)?;
    let OriginalUri(uri) = OriginalUri::from_request_parts(parts, app).await.unwrap_or_else(|never| match never {});
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let text = request_text(parts.method.as_str(), target, claim.at, &Sha256::digest(body).into());
    // Of a machine that was swapped the key is another: it looks as unknown as a stranger.
    if !caller.key.verifies(REQUEST, &text, &claim.signature) {
        return Err(unknown());
    }
    if caller.revoked {
        let (zh, en) = ("终端已停用，请联系管理员。", "The terminal was revoked; ask the administrator.");
        return Err(refused("terminal_revoked", zh, en));
    }
    let Caller { school, stall, journal, .. } = caller;
    if caller.seen_at.is_none_or(|seen| now.since(seen) >= SEEN_EVERY_MS) {
        app.db.write("a terminal was seen", move |tx: &mut Tx<'_>| store::seen(tx, school, id, now)).await?;
    }
    Ok(Device { school, id, stall, journal, asked: claim.at })
}

impl FromRequestParts<App> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Device, Problem> {
        prove(parts, app, &[]).await
    }
}

impl FromRequest<App> for SignedBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<SignedBytes, Problem> {
        let (mut parts, body) = request.into_parts();
        // Nobody reads a body for a stranger who does not even say who it is.
        if claim(&parts.headers).is_none() {
            return Err(Problem::signed_out());
        }
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), app).await.map_err(|rejection| {
            let status = rejection.status();
            Problem::refused(
                status,
                "body_cut",
                "请求体过大或未收全。",
                "The body is too large or did not arrive whole.",
            )
        })?;
        Ok(SignedBytes(prove(&mut parts, app, &bytes).await?, bytes))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Signed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Signed<T>, Problem> {
        let SignedBytes(device, bytes) = SignedBytes::from_request(request, app).await?;
        let read = serde_json::from_slice(&bytes).map_err(|why| {
            let (zh, en) = (format!("请求体有误：{why}"), format!("The body is wrong: {why}"));
            Problem::refused(StatusCode::BAD_REQUEST, "malformed_body", zh, en)
        });
        Ok(Signed(device, read?))
    }
}
