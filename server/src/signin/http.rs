//! Sign-in and sign-out.

use super::sessions::{self, COOKIE, SESSION_LIFE_MS, SameSite};
use super::{SignedIn, lockout, password, store, totp};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{Timestamp, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign_in, show, sign_out))
}

/// Who is signed in, and what they may do where.
#[derive(Serialize, ToSchema)]
pub struct Session {
    user: SessionUser,
    second_factor: SecondFactor,
    schools: Vec<SessionSchool>,
}

#[derive(Serialize, ToSchema)]
struct SessionUser {
    id: Uuid,
    name: String,
    username: String,
    /// `zh` or `en`.
    locale: String,
}

#[derive(Serialize, ToSchema)]
struct SecondFactor {
    enabled: bool,
    /// Some role gives nothing until a second factor is set up.
    required: bool,
    satisfied: bool,
}

#[derive(Serialize, ToSchema)]
struct SessionSchool {
    id: Uuid,
    name: String,
    short: String,
    roles: Vec<String>,
    permissions: Vec<String>,
}

fn session_of(tx: &mut Tx<'_>, user: UserId) -> Result<Option<Session>, DbError> {
    let Some(row) = store::find_user(tx, user)? else { return Ok(None) };
    let Some(who) = sessions::principal_of(tx, user)? else { return Ok(None) };
    let required = who.grants.iter().any(|grant| grant.role.needs_second_factor());
    let mut schools = Vec::new();
    for school in &who.schools {
        let (name, short) = store::school_name(tx, *school)?;
        let roles = who.roles(*school).iter().map(|role| role.word().to_owned()).collect();
        let permissions = who.permissions(*school).iter().map(|p| p.word().to_owned()).collect();
        schools.push(SessionSchool { id: school.uuid(), name, short, roles, permissions });
    }
    let second_factor =
        SecondFactor { enabled: row.totp_confirmed, required, satisfied: row.totp_confirmed || !required };
    let user = SessionUser { id: user.uuid(), name: row.name, username: row.username, locale: row.locale };
    Ok(Some(Session { user, second_factor, schools }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignIn {
    username: String,
    password: String,
    /// A code of the second factor, or a recovery code.
    totp: Option<String>,
}

fn wrong() -> Problem {
    let (zh, en) = ("用户名或密码不正确。", "The user name or the password is wrong.");
    Problem::refused(StatusCode::UNAUTHORIZED, "signin_failed", zh, en)
}

fn totp_needed() -> Problem {
    let (zh, en) = ("请输入动态验证码（或恢复码）。", "Enter the code of your second factor, or a recovery code.");
    Problem::refused(StatusCode::UNAUTHORIZED, "totp_required", zh, en)
}

/// Sign in.
#[utoipa::path(post, path = "/session", tag = "signin", request_body = SignIn,
    responses((status = 200, body = Session), (status = 401), (status = 429)))]
async fn sign_in(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Body(ask): Body<SignIn>,
) -> Result<Response, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let now = app.now();
    let username = ask.username.trim().to_lowercase();
    let name = name_hash(&app, &username);
    let known = name.clone();
    let find = move |tx: &mut Tx<'_>| Ok((store::find_failures(tx, &known)?, store::find_username(tx, &username)?));
    let (failures, found) = app.db.read(find).await?;
    if let Some(locked) = failures.filter(|failures| failures.locked(now)) {
        return Err(lockout::locked_out(&locked, now));
    }
    let right = password::verify(ask.password, found.as_ref().map(|row| row.password.clone())).await;
    let Some(row) = found.filter(|row| right && !row.disabled) else {
        return Err(failed(&app, name, now, wrong()).await?);
    };
    let proof = match ask.totp.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
        _ if !row.totp_confirmed => Proof::NotAsked,
        Some(code) => second_factor(&app, &row, code, now),
        None => return Err(totp_needed()),
    };
    let (user, known) = (row.id, name.clone());
    let admitted = app.db.write("sign in", move |tx| admit(tx, user, &known, &proof, now)).await?;
    match admitted {
        Admitted::Yes => open_session(&app, user, StatusCode::OK).await,
        Admitted::Locked(failures) => Err(lockout::locked_out(&failures, now)),
        Admitted::WrongCode => Err(failed(&app, name, now, totp_needed().with("wrong", true)).await?),
    }
}

/// What is kept of a user name that somebody tried.
pub(super) fn name_hash(app: &App, username: &str) -> Vec<u8> {
    app.seal.search_hash("signin_failure.name", username)
}

/// Counts the failure, for names that do not exist as well: the answers must not tell them apart.
pub(super) async fn failed(app: &App, name: Vec<u8>, now: Timestamp, answer: Problem) -> Result<Problem, Problem> {
    let failures = app.db.write("sign-in failed", move |tx| store::count_failure(tx, &name, now)).await?;
    tracing::warn!(failures = failures.count, "a sign-in failed");
    Ok(answer)
}

/// What was shown beside the password.
enum Proof {
    NotAsked,
    Step(i64),
    /// The keyed hash of what may be a recovery code.
    Recovery(Vec<u8>),
}

fn second_factor(app: &App, row: &store::UserRow, code: &str, now: Timestamp) -> Proof {
    let sealed = row.totp_secret.as_deref().unwrap_or_default();
    let secret = app.seal.open(&totp_place(row.id), sealed).unwrap_or_default();
    match totp::check(&secret, code, now, row.totp_step) {
        Some(step) => Proof::Step(step),
        None => Proof::Recovery(recovery_hash(app, code)),
    }
}

/// With the key, since fifty bits alone could be searched through by whoever reads the table.
pub(super) fn recovery_hash(app: &App, code: &str) -> Vec<u8> {
    app.seal.search_hash("recovery_code.hash", &code.to_lowercase())
}

enum Admitted {
    Yes,
    Locked(lockout::Failures),
    WrongCode,
}

/// The last word on a sign-in. Guesses that run side by side pass the first look at the lock together; only what comes
/// here before the fifth failure is let in, and a code or a recovery code only once.
fn admit(tx: &mut Tx<'_>, user: UserId, name: &[u8], proof: &Proof, now: Timestamp) -> Result<Admitted, DbError> {
    if let Some(locked) = store::find_failures(tx, name)?.filter(|failures| failures.locked(now)) {
        return Ok(Admitted::Locked(locked));
    }
    let proved = match proof {
        Proof::NotAsked => true,
        Proof::Step(step) => store::use_totp_step(tx, user, *step)?,
        Proof::Recovery(hash) => store::use_recovery(tx, user, hash)?,
    };
    if !proved {
        return Ok(Admitted::WrongCode);
    }
    store::forget_failures(tx, name)?;
    store::signed_in(tx, user, now)?;
    Ok(Admitted::Yes)
}

pub(super) fn totp_place(user: UserId) -> String {
    format!("user.totp/{user}")
}

/// A new session for a user whose word was checked, as a cookie.
pub async fn open_session(app: &App, user: UserId, status: StatusCode) -> Result<Response, Problem> {
    let token = hex::encode(totp::random(32));
    let (hash, now) = (sessions::hash_token(&token), app.now());
    app.db.write("open session", move |tx| store::insert_session(tx, &hash, user, now)).await?;
    let session = session_answer(app, user).await?;
    Ok((status, with_cookie(&token, SESSION_LIFE_MS / 1000, app.config.secure_cookies), Json(session)).into_response())
}

pub async fn session_answer(app: &App, user: UserId) -> Result<Session, Problem> {
    app.db.read(move |tx| session_of(tx, user)).await?.ok_or_else(Problem::signed_out)
}

pub(super) fn with_cookie(token: &str, seconds: i64, secure: bool) -> HeaderMap {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let value = HeaderValue::from_str(&cookie).expect("a token of hex digits is a header");
    HeaderMap::from_iter([(header::SET_COOKIE, value)])
}

/// The session of this cookie.
#[utoipa::path(get, path = "/session", tag = "signin", responses((status = 200, body = Session), (status = 401)))]
async fn show(State(app): State<App>, SignedIn(who): SignedIn) -> Result<Json<Session>, Problem> {
    session_answer(&app, who.user).await.map(Json)
}

/// Sign out. Also answers well when nobody was signed in.
#[utoipa::path(delete, path = "/session", tag = "signin", responses((status = 204)))]
async fn sign_out(State(app): State<App>, _: SameSite, parts: Parts) -> Result<Response, Problem> {
    if let Some(hash) = sessions::token_of(&parts) {
        app.db.write("sign out", move |tx| store::delete_session(tx, &hash)).await?;
        app.signin.sessions.forget_all();
    }
    Ok((StatusCode::NO_CONTENT, with_cookie("", 0, app.config.secure_cookies)).into_response())
}
