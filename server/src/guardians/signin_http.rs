//! Signing in over HTTP: a code is sent to a phone, and opens a session.

use super::limits::{Knock, too_often};
use super::session_http::{GuardianSession, session_of};
use super::store::{self, GuardianRow};
use super::{oauth_http, sessions, signin_code};
use crate::App;
use crate::notices::{
    self, Channel, Confidential, Kind, NewAddress, NewNotice, Reach, Recipient, Scope, SealedAddress,
};
use crate::people::import::fields;
use crate::people::import::sheet::clean;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use crate::signin::{SameSite, peer, totp};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_values::{GuardianId, NoticeId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(send_code)).routes(routes!(sign_in))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneAsk {
    /// A mobile number of the mainland.
    phone: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CodeSent {
    /// 138****8000
    pub(super) sent_to: String,
    pub(super) again_after_s: i64,
    pub(super) expires_s: i64,
}

impl CodeSent {
    pub(super) fn to(mask: String) -> CodeSent {
        let (again_after_s, expires_s) = (signin_code::AGAIN_MS / 1_000, signin_code::LIFE_MS / 1_000);
        CodeSent { sent_to: mask, again_after_s, expires_s }
    }
}

/// Eleven digits that begin with 1, however they were written.
pub(super) fn mobile(text: &str) -> Result<String, Problem> {
    let phone = fields::phone(&clean(text)).ok().flatten();
    phone.filter(|phone| phone.len() == 11 && phone.starts_with('1')).ok_or_else(|| {
        let (zh, en) = ("请填写 11 位手机号。", "Enter a mobile number of eleven digits.");
        Problem::bad("bad_phone", zh, en).field("phone")
    })
}

pub(super) fn notice(app: &App, phone: &str, code: &str, now: Timestamp) -> NewNotice {
    let id = NoticeId::new(app.new_id());
    let minutes = (signin_code::LIFE_MS / 60_000).to_string();
    let secret = Confidential::new(&app.seal, id, phone, &[("code", code), ("minutes", &minutes)]);
    NewNotice {
        id,
        dedupe: format!("sign_in_code:{id}"),
        school: None,
        to: Recipient::Phone(secret),
        about: None,
        kind: Kind::SignInCode,
        params: BTreeMap::new(),
        reach: Reach::Channels,
        link: None,
        at: now,
        not_before: None,
        expires_at: now.plus_ms(signin_code::LIFE_MS),
    }
}

/// Send a sign-in code. The answer is the same for every phone: whether somebody is a guardian is not said.
#[utoipa::path(post, path = "/guardian/signin/codes", tag = "guardians", request_body = PhoneAsk,
    responses((status = 202, body = CodeSent), (status = 422), (status = 429)))]
async fn send_code(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Body(ask): Body<PhoneAsk>,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    app.guardians.doors.knock(peer(&parts), Knock::SendCode)?;
    let phone = mobile(&ask.phone)?;
    let code = signin_code::fresh_digits();
    let phone_hash = store::phone_hash(&app.seal, &phone);
    let code_hash = signin_code::code_hash(&app.seal, &phone_hash, &code);
    let (id, now) = (app.new_id(), app.now());
    let notice = notice(&app, &phone, &code, now);
    let write = move |tx: &mut Tx<'_>| {
        let put = signin_code::put(tx, id, &phone_hash, &code_hash, now)?;
        if put.is_ok() {
            notices::queue(tx, &notice)?;
        }
        Ok(put)
    };
    let put = app.db.write("send a sign-in code", write).await?;
    put.map_err(|wait_ms| too_often((wait_ms + 999) / 1_000))?;
    app.notices.wake();
    Ok((StatusCode::ACCEPTED, Json(CodeSent::to(store::phone_mask(&phone)))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuardianSignIn {
    phone: String,
    /// The six digits.
    code: String,
}

/// One answer for a wrong code, one that is over, and a phone that asked for none.
pub fn code_wrong() -> Problem {
    let zh = "验证码不正确或已过期，请核对，或重新获取。";
    let en = "The code is wrong or over; check it, or ask for another.";
    Problem::refused(StatusCode::UNAUTHORIZED, "signin_failed", zh, en).field("code")
}

/// Before a code is tried.
pub fn knock_with_code(app: &App, parts: &Parts) -> Result<(), Problem> {
    app.guardians.doors.knock(peer(parts), Knock::TryCode)
}

/// Sign in with the code that was sent. A phone that comes for the first time is a new guardian.
#[utoipa::path(post, path = "/guardian/session", tag = "guardians", request_body = GuardianSignIn,
    responses((status = 200, body = GuardianSession), (status = 401), (status = 422), (status = 429)))]
async fn sign_in(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Body(ask): Body<GuardianSignIn>,
) -> Result<Response, Problem> {
    knock_with_code(&app, &parts)?;
    let phone = mobile(&ask.phone)?;
    let digits: String = clean(&ask.code).chars().filter(|c| !c.is_whitespace()).collect();
    let phone_hash = store::phone_hash(&app.seal, &phone);
    let code_hash = signin_code::code_hash(&app.seal, &phone_hash, &digits);
    let (now, new) = (app.now(), NewGuardian::of(&app, phone));
    let token = hex::encode(totp::random(32));
    let (kept, seal) = (token.clone(), app.seal.clone());
    let (unlinked, link) = (oauth_http::unlinked_of(&parts), app.new_id());
    let write = move |tx: &mut Tx<'_>| {
        if !signin_code::take(tx, &phone_hash, &code_hash, now)? {
            return Ok(None);
        }
        let row = new.put(tx, &seal, now)?;
        oauth_http::link_unlinked(tx, &seal, unlinked, row.id, (link, now))?;
        sessions::open_session(tx, &kept, row.id, now)?;
        Ok(Some(row))
    };
    let row = app.db.write("guardian signs in", write).await?.ok_or_else(code_wrong)?;
    let session = session_of(&app, row).await?;
    Ok((sessions::with_cookie(&token, app.config.secure_cookies), Json(session)).into_response())
}

/// Names for a guardian and an address that may be new.
pub(super) struct NewGuardian {
    id: GuardianId,
    address: uuid::Uuid,
    phone: String,
}

impl NewGuardian {
    pub(super) fn of(app: &App, phone: String) -> NewGuardian {
        NewGuardian { id: app.new_id().into(), address: app.new_id(), phone }
    }

    /// Whoever proved a phone can be reached there.
    pub(super) fn put(
        &self,
        tx: &mut Tx<'_>,
        seal: &crate::plumbing::seal::Seal,
        now: Timestamp,
    ) -> Result<GuardianRow, DbError> {
        let row = store::put_guardian(tx, seal, self.id, &self.phone, now)?;
        let owner = row.id.uuid();
        let address = SealedAddress::new(seal, owner, Channel::Sms, &self.phone);
        let (id, channel, scope) = (self.address, Channel::Sms, Scope::Server);
        notices::put_address(tx, &NewAddress { id, owner, channel, scope, address, at: now })?;
        Ok(row)
    }
}
