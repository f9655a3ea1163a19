//! Sessions: an opaque token in a cookie, its hash in the database, the principal in memory for a few seconds.

use super::{Grant, Permission, Principal, Scope, roles::Role, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Caller, Problem};
use axum::http::{header, request::Parts};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use yitong_values::{SchoolId, Timestamp, UserId};

pub const COOKIE: &str = "yitong_session";
/// Without a request for so long, or so long after sign-in, a session is over.
pub const SESSION_IDLE_MS: i64 = 12 * 3_600_000;
pub const SESSION_LIFE_MS: i64 = 7 * 86_400_000;
/// How long a principal is believed without asking the database: a revoked right lives so long on other nodes.
const BELIEVED_MS: i64 = 5_000;
const REMEMBERED_MAX: usize = 10_000;
const SEEN_EVERY_MS: i64 = 60_000;

pub type TokenHash = [u8; 32];

#[derive(Default)]
pub struct Remembered(Mutex<HashMap<TokenHash, (Arc<Principal>, Timestamp)>>);

impl Remembered {
    fn find(&self, hash: &TokenHash, now: Timestamp) -> Option<Arc<Principal>> {
        let known = self.0.lock().expect("nobody panics while holding the sessions");
        known.get(hash).filter(|(_, at)| now.since(*at).abs() < BELIEVED_MS).map(|(who, _)| Arc::clone(who))
    }

    fn keep(&self, hash: TokenHash, who: &Arc<Principal>, now: Timestamp) {
        let mut known = self.0.lock().expect("nobody panics while holding the sessions");
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(hash, (Arc::clone(who), now));
    }

    /// After a sign-out or a change of rights.
    pub fn forget_all(&self) {
        self.0.lock().expect("nobody panics while holding the sessions").clear();
    }
}

pub fn hash_token(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of the token in the request's cookie.
pub fn token_of(parts: &Parts) -> Option<TokenHash> {
    cookie(parts, COOKIE).map(hash_token)
}

/// What a cookie of this name holds.
pub fn cookie<'a>(parts: &'a Parts, wanted: &str) -> Option<&'a str> {
    let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, token)| token)
}

pub fn peer(parts: &Parts) -> Option<std::net::IpAddr> {
    parts.extensions.get::<Caller>().map(|caller| caller.0)
}

/// A changing request that a browser sends from another site is refused, whatever its cookie.
fn refuse_other_sites(parts: &Parts) -> Result<(), Problem> {
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = header(header::ORIGIN) else { return Ok(()) };
    let host = header(header::HOST).or(parts.uri.authority().map(|a| a.as_str())).unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(_, of)| of == host);
    if parts.method.is_safe() || same {
        return Ok(());
    }
    let (zh, en) = ("请求来自其他网站，已拒绝。", "The request came from another site.");
    Err(Problem::refused(axum::http::StatusCode::FORBIDDEN, "other_site", zh, en))
}

/// Who is asking. Every guard goes through here.
pub async fn principal(app: &App, parts: &Parts) -> Result<Arc<Principal>, Problem> {
    refuse_other_sites(parts)?;
    let hash = token_of(parts).ok_or_else(Problem::signed_out)?;
    let now = app.now();
    let from = peer(parts);
    if let Some(known) = app.signin.sessions.find(&hash, now) {
        // The same session from another address: the audit trail must not name the first one.
        return Ok(if known.from == from { known } else { Arc::new(Principal { from, ..(*known).clone() }) });
    }
    let found = app.db.read(move |tx| load(tx, &hash, now)).await?;
    let (mut who, seen_at) = found.ok_or_else(Problem::signed_out)?;
    if now.since(seen_at) > SEEN_EVERY_MS {
        let seen = app.db.write("session seen", move |tx| store::touch_session(tx, &hash, now)).await;
        if let Err(error) = seen {
            // On a full disk reading goes on, above all the health page that says so.
            tracing::warn!(%error, "a session's last use was not written");
        }
    }
    who.from = from;
    let who = Arc::new(who);
    app.signin.sessions.keep(hash, &who, now);
    Ok(who)
}

/// Who it is now, from the database: for an answer that goes on long after its request. `None` when the session or the
/// permission is gone.
pub async fn still(
    app: &App,
    session: TokenHash,
    permission: Permission,
    school: SchoolId,
) -> Result<Option<Principal>, DbError> {
    let now = app.now();
    let found = app.db.read(move |tx| load(tx, &session, now)).await?;
    Ok(found.map(|(who, _)| who).filter(|who| who.may(permission, school)))
}

/// The guard of the few routes that have no session yet: they, too, are not for other sites.
pub struct SameSite;

impl axum::extract::FromRequestParts<App> for SameSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<SameSite, Problem> {
        refuse_other_sites(parts).map(|()| SameSite)
    }
}

fn load(tx: &mut Tx<'_>, hash: &TokenHash, now: Timestamp) -> Result<Option<(Principal, Timestamp)>, DbError> {
    let Some(session) = store::find_session(tx, hash)? else { return Ok(None) };
    let over = now.since(session.created_at) > SESSION_LIFE_MS || now.since(session.seen_at) > SESSION_IDLE_MS;
    if over {
        return Ok(None);
    }
    let who = principal_of(tx, session.user)?;
    Ok(who.map(|who| (Principal { session: *hash, ..who }, session.seen_at)))
}

/// What a user may do, from the rows of grants.
pub fn principal_of(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Principal>, DbError> {
    let Some(row) = store::find_user(tx, user)?.filter(|row| !row.disabled) else { return Ok(None) };
    let rows = store::grants_of(tx, user)?;
    let mut grants = Vec::new();
    let mut schools: Vec<SchoolId> = Vec::new();
    for kept in &rows {
        let Some(role) = Role::from_word(&kept.role) else { continue };
        let Some(scope) = Scope::from_parts(&kept.scope_kind, kept.scope_id) else { continue };
        // A row that should never have been written gives nothing.
        if !role.fits(scope) {
            continue;
        }
        let covered = match scope {
            Scope::Operator => store::all_schools(tx)?,
            Scope::District(district) => store::schools_of_district(tx, district)?,
            _ => vec![kept.school],
        };
        schools.extend(&covered);
        let withheld = role.needs_second_factor() && !row.totp_confirmed;
        let permissions: Vec<Permission> = if withheld { Vec::new() } else { role.permissions() };
        grants.push(Grant { schools: covered, scope, role, permissions });
    }
    schools.sort_unstable();
    schools.dedup();
    Ok(Some(Principal { user, name: row.name, grants, schools, from: None, session: [0; 32] }))
}
