//! What somebody changes of the own account: language, password, second factor.

use super::audit::OwnNote;
use super::http::{failed, name_hash, recovery_hash, totp_place, with_cookie};
use super::sessions::{self, SESSION_LIFE_MS};
use super::{Principal, SignedIn, lockout, password, store, totp};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(set_locale)).routes(routes!(change_password)).routes(routes!(
        start_totp,
        confirm_totp,
        remove_totp
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Locale {
    /// `zh` or `en`.
    locale: String,
}

/// The language of the pages.
#[utoipa::path(put, path = "/session/locale", tag = "signin", request_body = Locale,
    responses((status = 204), (status = 401)), security(("session" = [])))]
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

/// Change one's password. All sessions end; this one goes on under a new cookie.
#[utoipa::path(post, path = "/session/password", tag = "signin", request_body = NewPassword,
    responses((status = 204), (status = 401), (status = 422), (status = 429)), security(("session" = [])))]
async fn change_password(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    parts: Parts,
    Body(ask): Body<NewPassword>,
) -> Result<Response, Problem> {
    app.signin.doors.knock(sessions::peer(&parts))?;
    let row = own_row(&app, &who).await?;
    let (zh, en) = ("原密码不正确。", "The old password is wrong.");
    own_password(&app, &row, ask.old, Problem::bad("wrong_password", zh, en).field("old")).await?;
    password::check_new(&ask.new, &row.username).map_err(|problem| problem.field("new"))?;
    let hash = password::hash(ask.new).await;
    let (user, note, now) = (who.user, OwnNote::of(&app, &who), app.now());
    let token = hex::encode(totp::random(32));
    let session = sessions::hash_token(&token);
    let change = move |tx: &mut Tx<'_>| {
        store::set_password(tx, user, &hash)?;
        store::delete_sessions(tx, user)?;
        store::insert_session(tx, &session, user, now)?;
        note.record(tx, "user.own_password")
    };
    app.db.write("change password", change).await?;
    app.signin.sessions.forget_all();
    let cookie = with_cookie(&token, SESSION_LIFE_MS / 1000, app.config.secure_cookies);
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// Whoever found an open session must not guess the password through it: these guesses count like those at the door.
async fn own_password(app: &App, row: &store::UserRow, given: String, wrong: Problem) -> Result<(), Problem> {
    let (name, now) = (name_hash(app, &row.username), app.now());
    let known = name.clone();
    let failures = app.db.read(move |tx| store::find_failures(tx, &known)).await?;
    if let Some(locked) = failures.filter(|failures| failures.locked(now)) {
        return Err(lockout::locked_out(&locked, now));
    }
    if password::verify(given, Some(row.password.clone())).await {
        return Ok(());
    }
    Err(failed(app, name, now, wrong).await?)
}

/// Whoever is signed in says it again before something that an open page alone must not change.
pub async fn confirm_password(app: &App, who: &Arc<Principal>, parts: &Parts, given: String) -> Result<(), Problem> {
    app.signin.doors.knock(sessions::peer(parts))?;
    let row = own_row(app, who).await?;
    own_password(app, &row, given, wrong_password()).await
}

fn wrong_password() -> Problem {
    Problem::bad("wrong_password", "密码不正确。", "The password is wrong.").field("password")
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
#[utoipa::path(post, path = "/session/totp", tag = "signin",
    responses((status = 200, body = TotpStart), (status = 401)), security(("session" = [])))]
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
    responses((status = 200, body = RecoveryCodes), (status = 401), (status = 422)), security(("session" = [])))]
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
    let hashes: Vec<_> = codes.iter().map(|code| recovery_hash(&app, code)).collect();
    let (user, note) = (who.user, OwnNote::of(&app, &who));
    let confirm = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, sealed.clone(), true, step)?;
        store::replace_recovery(tx, user, &hashes)?;
        note.record(tx, "user.own_totp")
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
    responses((status = 204), (status = 401), (status = 422), (status = 429)), security(("session" = [])))]
async fn remove_totp(
    State(app): State<App>,
    SignedIn(who): SignedIn,
    parts: Parts,
    Body(ask): Body<OwnPassword>,
) -> Result<StatusCode, Problem> {
    confirm_password(&app, &who, &parts, ask.password).await?;
    let (user, note) = (who.user, OwnNote::of(&app, &who));
    let remove = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, None, false, 0)?;
        store::replace_recovery(tx, user, &[])?;
        note.record(tx, "user.own_totp_remove")
    };
    app.db.write("remove totp", remove).await?;
    app.signin.sessions.forget_all();
    Ok(StatusCode::NO_CONTENT)
}
