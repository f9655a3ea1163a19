//! An e-mail address of a guardian's: a code is sent there, and whoever reads it says so here. Nothing else is sent
//! before that.

use super::limits::{Knock, too_often};
use super::signin_http::CodeSent;
use super::{BindingState, Guardian, bindings_store, signin_code};
use crate::App;
use crate::notices::{
    self, Channel, Confidential, Kind, NewAddress, NewNotice, Reach, Recipient, Scope, SealedAddress, is_mail_address,
};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use crate::plumbing::seal::Seal;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{GuardianId, NoticeId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, put, drop_own)).routes(routes!(send_code))
}

#[derive(Serialize, ToSchema)]
struct GuardianMail {
    /// w***@example.org; null: there is none.
    mask: Option<String>,
    /// Nothing arrives there any more.
    gone: bool,
    /// Whether the server or a school of the guardian's children can send mail.
    available: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailAsk {
    #[schema(max_length = 254)]
    address: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MailProof {
    #[schema(max_length = 254)]
    address: String,
    /// The six digits that were sent there.
    #[schema(max_length = 20)]
    code: String,
}

fn schools(tx: &mut Tx<'_>, guardian: GuardianId) -> Result<Vec<SchoolId>, DbError> {
    let own = bindings_store::of_guardian(tx, guardian)?.into_iter();
    let active = own.filter(|row| row.binding.state == BindingState::Active && !row.binding.locked);
    Ok(active.map(|row| row.binding.school).collect())
}

fn shown(tx: &mut Tx<'_>, guardian: GuardianId) -> Result<GuardianMail, DbError> {
    let schools = schools(tx, guardian)?;
    let own = notices::known_addresses(tx, guardian.uuid())?.into_iter().find(|of| of.channel == Channel::Mail);
    let (mask, gone) = own.map_or((None, false), |of| (Some(of.mask), of.gone));
    Ok(GuardianMail { mask, gone, available: notices::mail_sender(tx, &schools)?.is_some() })
}

/// The guardian's e-mail address.
#[utoipa::path(get, path = "/guardian/mail", tag = "guardian", responses((status = 200, body = GuardianMail)),
    security(("guardian" = [])))]
async fn show(State(app): State<App>, who: Guardian) -> Result<Json<GuardianMail>, Problem> {
    let guardian = who.id();
    Ok(Json(app.db.read(move |tx| shown(tx, guardian)).await?))
}

/// As it is written on an envelope; the case of its domain means nothing.
fn address(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let (name, domain) = text.rsplit_once('@').unwrap_or((text, ""));
    let written = format!("{name}@{}", domain.to_ascii_lowercase());
    if is_mail_address(&written) {
        return Ok(written);
    }
    Err(Problem::bad("bad_address", "请填写正确的邮箱地址。", "This is not an e-mail address.").field("address"))
}

/// Whose code it is: of this address, for this guardian. What others ask for at the same address does not open it.
struct Keys {
    address: Vec<u8>,
    guardian: Vec<u8>,
}

impl Keys {
    fn of(seal: &Seal, guardian: GuardianId, address: &str) -> Keys {
        let guardian = seal.search_hash("guardian_mail.guardian", &guardian.to_string());
        Keys { address: seal.search_hash(&format!("guardian_mail/{}", hex::encode(&guardian)), address), guardian }
    }

    fn code(&self, seal: &Seal, code: &str) -> Vec<u8> {
        signin_code::code_hash(seal, &self.address, code)
    }
}

fn notice(app: &App, address: &str, code: &str) -> NewNotice {
    let (id, now) = (NoticeId::new(app.new_id()), app.now());
    let minutes = (signin_code::LIFE_MS / 60_000).to_string();
    let secret = Confidential::mail(&app.seal, id, address, &[("code", code), ("minutes", &minutes)]);
    NewNotice {
        id,
        dedupe: format!("mail_code:{id}"),
        school: None,
        to: Recipient::Mail(secret),
        about: None,
        kind: Kind::MailCode,
        params: BTreeMap::new(),
        reach: Reach::Channels,
        link: None,
        at: now,
        not_before: None,
        expires_at: now.plus_ms(signin_code::LIFE_MS),
    }
}

/// Send a code to an e-mail address, to see whether the guardian reads there.
#[utoipa::path(post, path = "/guardian/mail/codes", tag = "guardian", request_body = MailAsk,
    responses((status = 202, body = CodeSent), (status = 409), (status = 422), (status = 429)),
    security(("guardian" = [])))]
async fn send_code(
    State(app): State<App>,
    who: Guardian,
    Body(ask): Body<MailAsk>,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    app.guardians.doors.knock(who.from, Knock::SendCode)?;
    let (address, guardian, now) = (address(&ask.address)?, who.id(), app.now());
    let code = signin_code::fresh_digits();
    let keys = Keys::of(&app.seal, guardian, &address);
    // Whoever owns an address is not to be written to by many guardians either.
    let anybody = app.seal.search_hash("guardian_mail.anybody", &address);
    let code_hash = keys.code(&app.seal, &code);
    let notice = notice(&app, &address, &code);
    let ids: [Uuid; 3] = std::array::from_fn(|_| app.new_id());
    let mask = SealedAddress::new(&app.seal, guardian.uuid(), Channel::Mail, &address).mask().to_owned();
    let write = move |tx: &mut Tx<'_>| {
        let schools = schools(tx, guardian)?;
        let Some(sender) = notices::mail_sender(tx, &schools)? else { return Ok(Err(unavailable())) };
        for (id, key) in ids[1..].iter().zip([&keys.guardian, &anybody]) {
            if let Err(wait_ms) = signin_code::count(tx, *id, key, now)? {
                return Ok(Err(too_often((wait_ms + 999) / 1_000)));
            }
        }
        if let Err(wait_ms) = signin_code::put(tx, ids[0], &keys.address, &code_hash, now)? {
            return Ok(Err(too_often((wait_ms + 999) / 1_000)));
        }
        notices::queue(tx, &NewNotice { school: sender, ..notice.clone() })?;
        Ok(Ok(()))
    };
    app.db.write("send a code by mail", write).await??;
    app.notices.wake();
    Ok((StatusCode::ACCEPTED, Json(CodeSent::to(mask))))
}

fn unavailable() -> Problem {
    let (zh, en) = ("学校尚未开通邮件通知。", "The school can't send mail yet.");
    Problem::conflict("mail_unavailable", zh, en)
}

/// Keep the address to which the code was sent; it takes the place of the one before.
#[utoipa::path(put, path = "/guardian/mail", tag = "guardian", request_body = MailProof,
    responses((status = 200, body = GuardianMail), (status = 422), (status = 429)), security(("guardian" = [])))]
async fn put(State(app): State<App>, who: Guardian, Body(ask): Body<MailProof>) -> Result<Json<GuardianMail>, Problem> {
    app.guardians.doors.knock(who.from, Knock::TryCode)?;
    let (plain, guardian, now) = (address(&ask.address)?, who.id(), app.now());
    let digits: String = ask.code.chars().filter(char::is_ascii_digit).collect();
    let keys = Keys::of(&app.seal, guardian, &plain);
    let code_hash = keys.code(&app.seal, &digits);
    let (id, owner, channel) = (app.new_id(), guardian.uuid(), Channel::Mail);
    let address = SealedAddress::new(&app.seal, owner, channel, &plain);
    let new = NewAddress { id, owner, channel, scope: Scope::Server, address, at: now };
    let write = move |tx: &mut Tx<'_>| {
        // A wrong guess is counted, so it is kept and no error.
        if !signin_code::take(tx, &keys.address, &code_hash, now)? {
            return Ok(None);
        }
        notices::put_address(tx, &new)?;
        shown(tx, guardian).map(Some)
    };
    let kept = app.db.write("keep a mail address", write).await?;
    kept.map(Json).ok_or_else(|| {
        let zh = "验证码不正确或已过期，请核对，或重新获取。";
        Problem::bad("wrong_code", zh, "The code is wrong or over; check it, or ask for another.").field("code")
    })
}

/// Forget the address.
#[utoipa::path(delete, path = "/guardian/mail", tag = "guardian", responses((status = 200, body = GuardianMail)),
    security(("guardian" = [])))]
async fn drop_own(State(app): State<App>, who: Guardian) -> Result<Json<GuardianMail>, Problem> {
    let guardian = who.id();
    let write = move |tx: &mut Tx<'_>| {
        notices::drop_addresses(tx, guardian.uuid(), Channel::Mail)?;
        shown(tx, guardian)
    };
    Ok(Json(app.db.write("forget a mail address", write).await?))
}
