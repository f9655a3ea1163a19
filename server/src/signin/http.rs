//! Sign-in, sign-out, password and second factor, for whoever is signed in.

use super::sessions::{self, COOKIE, SESSION_LIFE_MS, TokenHash};
use super::{SignedIn, lockout, password, principal::Principal, store, totp};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{Timestamp, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, show, sign_out))
        .routes(routes!(set_locale))
        .routes(routes!(change_password))
        .routes(routes!(start_totp, confirm_totp, remove_totp))
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
async fn sign_in(State(app): State<App>, parts: Parts, Body(ask): Body<SignIn>) -> Result<Response, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let now = app.now();
    let username = ask.username.trim().to_lowercase();
    let found = app.db.read(move |tx| store::find_username(tx, &username)).await?;
    if let Some(row) = &found
        && row.locked_until > now
    {
        return Err(lockout::too_often(row.locked_until.since(now) / 1000 + 1));
    }
    let right = password::verify(ask.password, found.as_ref().map(|row| row.password.clone())).await;
    let Some(row) = found else { return Err(wrong()) };
    if !right || row.disabled {
        return Err(failed(&app, row.id, row.failures + 1, now).await?);
    }
    let mut step = row.totp_step;
    if row.totp_confirmed {
        let code = ask.totp.filter(|code| !code.trim().is_empty()).ok_or_else(totp_needed)?;
        match second_factor(&app, &row, code.trim(), now).await? {
            Some(used) => step = used,
            None => {
                failed(&app, row.id, row.failures + 1, now).await?;
                return Err(totp_needed().with("wrong", true));
            }
        }
    }
    let user = row.id;
    app.db.write("sign in", move |tx| store::signed_in(tx, user, now, step)).await?;
    open_session(&app, user, StatusCode::OK).await
}

/// Counts the failure; the answer is the same for a name that does not exist.
async fn failed(app: &App, user: UserId, failures: i64, now: Timestamp) -> Result<Problem, Problem> {
    let until = lockout::locked_until(failures, now);
    app.db.write("sign-in failed", move |tx| store::count_failure(tx, user, failures, until)).await?;
    tracing::warn!(user = %user, failures, "a sign-in failed");
    Ok(wrong())
}

/// The step of the code, or the old step when a recovery code was used up.
async fn second_factor(app: &App, row: &store::UserRow, code: &str, now: Timestamp) -> Result<Option<i64>, Problem> {
    let sealed = row.totp_secret.as_deref().unwrap_or_default();
    let secret = app.seal.open(&totp_place(row.id), sealed).unwrap_or_default();
    if let Some(step) = totp::check(&secret, code, now, row.totp_step) {
        return Ok(Some(step));
    }
    let (user, hash) = (row.id, sessions::hash_token(&code.to_lowercase()));
    let used = app.db.write("recovery code", move |tx| store::use_recovery(tx, user, &hash)).await?;
    Ok(used.then_some(row.totp_step))
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

fn with_cookie(token: &str, seconds: i64, secure: bool) -> HeaderMap {
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
async fn sign_out(State(app): State<App>, parts: Parts) -> Result<Response, Problem> {
    if let Some(hash) = sessions::token_of(&parts) {
        app.db.write("sign out", move |tx| store::delete_session(tx, &hash)).await?;
        app.signin.sessions.forget_all();
    }
    Ok((StatusCode::NO_CONTENT, with_cookie("", 0, app.config.secure_cookies)).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Locale {
    /// `zh` or `en`.
    locale: String,
}

/// The language of the pages.
#[utoipa::path(put, path = "/session/locale", tag = "signin", request_body = Locale, responses((status = 204), (status = 401)))]
async fn set_locale(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    Body(ask): Body<Locale>,
) -> Result<StatusCode, Problem> {
    if !["zh", "en"].contains(&ask.locale.as_str()) {
        return Err(
            Problem::bad("unknown_locale", "语言只能是 zh 或 en。", "The language is zh or en.").field("locale")
        );
    }
    app.db.write("set locale", move |tx| store::set_locale(tx, who.user, &ask.locale)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    old: String,
    new: String,
}

/// Change one's password; all other sessions end.
#[utoipa::path(post, path = "/session/password", tag = "signin", request_body = NewPassword,
    responses((status = 200, body = Session), (status = 401), (status = 422)))]
async fn change_password(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    parts: Parts,
    Body(ask): Body<NewPassword>,
) -> Result<Response, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let row = own_row(&app, &who).await?;
    if !password::verify(ask.old, Some(row.password)).await {
        let (zh, en) = ("原密码不正确。", "The old password is wrong.");
        return Err(Problem::bad("wrong_password", zh, en).field("old"));
    }
    password::check_new(&ask.new, &row.username).map_err(|problem| problem.field("new"))?;
    let hash = password::hash(ask.new).await;
    let user = who.user;
    let change = move |tx: &mut Tx<'_>| {
        store::set_password(tx, user, &hash)?;
        store::delete_sessions(tx, user)
    };
    app.db.write("change password", change).await?;
    app.signin.sessions.forget_all();
    open_session(&app, user, StatusCode::OK).await
}

async fn own_row(app: &App, who: &Arc<Principal>) -> Result<store::UserRow, Problem> {
    let user = who.user;
    app.db.read(move |tx| store::find_user(tx, user)).await?.ok_or_else(Problem::signed_out)
}

#[derive(Serialize, ToSchema)]
struct TotpStart {
    /// Base32, to be typed where no camera is.
    secret: String,
    uri: String,
    /// The same as a QR code.
    qr_svg: String,
}

/// Begin to set up a second factor.
#[utoipa::path(post, path = "/session/totp", tag = "signin", responses((status = 200, body = TotpStart), (status = 401)))]
async fn start_totp(State(app): State<App>, SignedIn(who): SignedIn) -> Result<Json<TotpStart>, Problem> {
    let row = own_row(&app, &who).await?;
    if row.totp_confirmed {
        let (zh, en) = ("已启用二次验证，请先停用。", "A second factor is on; turn it off first.");
        return Err(Problem::conflict("totp_enabled", zh, en));
    }
    let secret = totp::new_secret();
    let sealed = app.seal.seal(&totp_place(who.user), &secret);
    let user = who.user;
    app.db.write("start totp", move |tx| store::set_totp(tx, user, Some(sealed.clone()), false, 0)).await?;
    let uri = totp::uri(&secret, &row.username);
    let qr_svg = crate::plumbing::qr::svg(&uri).ok_or_else(Problem::absent)?;
    Ok(Json(TotpStart { secret: totp::base32(&secret), uri, qr_svg }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TotpCode {
    code: String,
}

#[derive(Serialize, ToSchema)]
struct RecoveryCodes {
    /// Shown once; each works once.
    recovery_codes: Vec<String>,
}

/// Finish it with the first code of the app.
#[utoipa::path(put, path = "/session/totp", tag = "signin", request_body = TotpCode,
    responses((status = 200, body = RecoveryCodes), (status = 401), (status = 422)))]
async fn confirm_totp(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    parts: Parts,
    Body(ask): Body<TotpCode>,
) -> Result<Json<RecoveryCodes>, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let row = own_row(&app, &who).await?;
    let sealed = row.totp_secret.filter(|_| !row.totp_confirmed);
    let secret = sealed.as_deref().and_then(|sealed| app.seal.open(&totp_place(who.user), sealed).ok());
    let step = secret.and_then(|secret| totp::check(&secret, &ask.code, app.now(), 0));
    let Some(step) = step else {
        let (zh, en) = ("验证码不正确，请核对手机时间后重试。", "The code is wrong; check the time of your phone.");
        return Err(Problem::bad("wrong_totp", zh, en).field("code"));
    };
    let codes = totp::recovery_codes();
    let hashes: Vec<TokenHash> = codes.iter().map(|code| sessions::hash_token(code)).collect();
    let user = who.user;
    let confirm = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, sealed.clone(), true, step)?;
        store::replace_recovery(tx, user, &hashes)
    };
    app.db.write("confirm totp", confirm).await?;
    app.signin.sessions.forget_all();
    Ok(Json(RecoveryCodes { recovery_codes: codes }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnPassword {
    password: String,
}

/// Turn the second factor off.
#[utoipa::path(delete, path = "/session/totp", tag = "signin", request_body = OwnPassword,
    responses((status = 204), (status = 401), (status = 422)))]
async fn remove_totp(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    parts: Parts,
    Body(ask): Body<OwnPassword>,
) -> Result<StatusCode, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let row = own_row(&app, &who).await?;
    if !password::verify(ask.password, Some(row.password)).await {
        return Err(Problem::bad("wrong_password", "密码不正确。", "The password is wrong.").field("password"));
    }
    let user = who.user;
    let remove = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, None, false, 0)?;
        store::replace_recovery(tx, user, &[])
    };
    app.db.write("remove totp", remove).await?;
    app.signin.sessions.forget_all();
    Ok(StatusCode::NO_CONTENT)
}
