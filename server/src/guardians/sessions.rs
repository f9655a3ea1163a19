//! A guardian's session: an opaque token in a cookie of its own, its hash in the database.

use super::store::{self, GuardianRow};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::signin::{TokenHash, cookie, hash_token};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use yitong_values::{DAY_MS, GuardianId, Timestamp};

pub const COOKIE: &str = "yitong_guardian";
/// Without a request for so long a session is over.
pub const IDLE_MS: i64 = 30 * DAY_MS;
/// As long as browsers keep one: the server says when a session is over.
const COOKIE_S: i64 = 400 * 86_400;
/// How exactly the last use is kept.
const SEEN_EVERY_MS: i64 = 3_600_000;

/// The hash of the token in the request's cookie.
pub fn token_of(parts: &Parts) -> Option<TokenHash> {
    cookie(parts, COOKIE).filter(|token| !token.is_empty()).map(hash_token)
}

/// The cookie holds the token, which nobody can guess, and the database its hash.
pub fn open_session(tx: &mut Tx<'_>, token: &str, guardian: GuardianId, now: Timestamp) -> Result<(), DbError> {
    store::insert_session(tx, &hash_token(token), guardian, now, IDLE_MS)
}

/// Who is asking, with the moment of the use before.
pub fn find(tx: &mut Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<Option<(Timestamp, GuardianRow)>, DbError> {
    store::find_session(tx, hash, now.plus_ms(-IDLE_MS))
}

/// Keeps the use in mind. On a full disk reading goes on.
pub async fn touch(app: &App, hash: TokenHash, guardian: GuardianId, seen_at: Timestamp) {
    let now = app.now();
    if now.since(seen_at) < SEEN_EVERY_MS {
        return;
    }
    let seen = app.db.write("guardian seen", move |tx| store::touch_session(tx, &hash, guardian, now)).await;
    if let Err(error) = seen {
        tracing::warn!(%error, "a guardian session's last use was not written");
    }
}

/// The cookie of somebody who is signed in no more.
pub fn signed_out(app: &App) -> HeaderMap {
    with_cookie("", app.config.secure_cookies)
}

/// `Lax`, not `Strict`: payment and sign-in channels send the browser back by a link of theirs. Changing requests from
/// other sites are refused by their origin.
pub fn with_cookie(token: &str, secure: bool) -> HeaderMap {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = if token.is_empty() { 0 } else { COOKIE_S };
    let line = format!("{COOKIE}={token}; Path=/api/v1/guardian; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&line).expect("a token of hex digits is a header");
    HeaderMap::from_iter([(header::SET_COOKIE, value)])
}
