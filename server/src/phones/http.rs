//! What a phone asks over HTTP. It has no session: a ticket, its key or its cookie says who it is.

use super::answer::{PhoneCredential, credential_of, protection_of};
use super::enrol::{self, Browser, New, Proof};
use super::refusal::Refusal;
use super::store;
use crate::App;
use crate::credentials;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::policies::CodePolicy;
use crate::signin::audit::{self, Actor, Change};
use crate::signin::{SameSite, TokenHash, cookie, hash_token, peer};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::json;
use std::net::IpAddr;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{AuditId, CredentialId, SchoolId, Timestamp, UserId};

/// Proves the phone when its browser has lost the key. Sent nowhere else.
const COOKIE: &str = "yitong_phone";
const COOKIE_S: i64 = enrol::IDLE_DAYS * 86_400;
const NAME_CHARS_MAX: usize = 40;
pub(super) const TICKET_DIGITS: usize = 12;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(enrol)).routes(routes!(refresh)).routes(routes!(remove))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnrolAsk {
    /// The twelve digits of the ticket; spaces and dashes are overlooked. Without one, the cookie says which phone
    /// it is, and the new key takes the old one's place.
    ticket: Option<String>,
    /// P-256, compressed (SEC 1): 33 bytes, base64.
    device_key: String,
    /// What its owner calls it.
    #[serde(default)]
    name: String,
    /// browser (WebCrypto, not extractable) or script (a script can read the key)
    protection: String,
    /// A phone of the same person that gives way.
    replace: Option<Uuid>,
}

fn browser(ask: &EnrolAsk) -> Result<Browser, Problem> {
    let bytes = BASE64.decode(&ask.device_key).ok().and_then(|bytes| <[u8; 33]>::try_from(bytes).ok());
    let device_key = bytes.filter(yitong_code::is_device_key).ok_or_else(|| {
        let (zh, en) = ("设备公钥无效。", "The device key is not a compressed point of P-256 in base64.");
        Problem::bad("bad_device_key", zh, en).field("device_key")
    })?;
    protection_of(&ask.protection).ok_or_else(|| {
        let (zh, en) = ("密钥保护方式应为 browser 或 script。", "The protection is browser or script.");
        Problem::bad("bad_protection", zh, en).field("protection")
    })?;
    let name = ask.name.trim();
    if name.chars().count() > NAME_CHARS_MAX {
        let (zh, en) = ("手机名称不超过 40 个字。", "The name of a phone has 40 characters at most.");
        return Err(Problem::bad("bad_phone_name", zh, en).field("name"));
    }
    Ok(Browser { name: name.to_owned(), protection: ask.protection.clone(), device_key })
}

/// What is kept of a ticket's digits. A keyed look-up takes the same time for every text.
pub(super) fn ticket_hash(app: &App, text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    app.seal.search_hash("phone_ticket.hash", &digits)
}

/// Make this browser a person's phone, with a ticket; or give a phone that lost its key a new one, by its cookie.
#[utoipa::path(post, path = "/phones/enrol", tag = "phones", request_body = EnrolAsk,
    responses((status = 200, body = PhoneCredential), (status = 401), (status = 409), (status = 422), (status = 429)))]
async fn enrol(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Body(ask): Body<EnrolAsk>,
) -> Result<Response, Problem> {
    app.phones.doors.knock(peer(&parts))?;
    let browser = browser(&ask)?;
    let held = cookie(&parts, COOKIE);
    let Some(ticket) = ask.ticket.as_deref() else {
        let token = held.ok_or(Refusal::NotProved)?;
        let proof = Proof::Cookie { hash: hash_token(token), renewed: Some(browser) };
        return next_credential(&app, proof, Some(token), peer(&parts)).await;
    };
    let (hash, now) = (ticket_hash(&app, ticket), app.now());
    app.phones.doors.try_ticket(&hash)?;
    let known = hash.clone();
    let (school, _) = app.db.read(move |tx| enrol::ticket(tx, &known, now)).await??;
    let policy = policy_of(&app, school).await?;
    let token = hex::encode(crate::signin::totp::random(32));
    let new = New { id: CredentialId::new(app.new_id()), cookie: hash_token(&token), now };
    let (replace, own) = (ask.replace.map(CredentialId::new), held.map(hash_token));
    let (line, asked) = (Line::of(&app, peer(&parts)), policy.clone());
    let write = move |tx: &mut Tx<'_>| {
        let made = enrol::enrol(tx, &hash, &browser, &new, replace, own, &asked)?;
        if let Ok(made) = &made {
            let gone: Vec<String> = made.gone.iter().map(CredentialId::to_string).collect();
            let after = json!({"protection": made.phone.protection, "gave_way": gone});
            line.record(tx, "phone.enrol", &made.phone, after)?;
        }
        Ok(made.map(|made| made.phone))
    };
    let phone = app.db.write("enrol a phone", write).await??;
    let answer = credential_of(&app, &phone, &policy, now).await?;
    Ok((with_cookie(&token, COOKIE_S, app.config.secure_cookies), Json(answer)).into_response())
}

async fn policy_of(app: &App, school: SchoolId) -> Result<CodePolicy, Problem> {
    Ok(app.policies.get(&app.db, school).await?.school.codes.clone())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RefreshAsk {
    device: Option<Uuid>,
    /// Milliseconds of the Unix clock, at most five minutes from the server's, and above those of earlier proofs.
    at: Option<i64>,
    /// The device's, name `refresh` of `code/SPEC.md`, over its id and `at`: 64 bytes, base64.
    signature: Option<String>,
}

/// The next credential of a phone, by a signature of its key; with an empty body by its cookie.
#[utoipa::path(post, path = "/phones/refresh", tag = "phones", request_body = RefreshAsk,
    responses((status = 200, body = PhoneCredential), (status = 401), (status = 409), (status = 422)))]
async fn refresh(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Body(ask): Body<RefreshAsk>,
) -> Result<Response, Problem> {
    let held = cookie(&parts, COOKIE);
    let proof = match ask {
        RefreshAsk { device: None, at: None, signature: None } => {
            Proof::Cookie { hash: hash_token(held.ok_or(Refusal::NotProved)?), renewed: None }
        }
        ask => signed(&app, &ask).await?,
    };
    next_credential(&app, proof, held, peer(&parts)).await
}

/// The base point of the curve: a key of nobody. A device that does not exist is verified with it, so that the answer
/// takes as long as for one that does.
const NOBODY: [u8; 33] = [
    0x03, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03,
    0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
];

/// The signature costs more than the look-up, so it is verified outside of the unit.
async fn signed(app: &App, ask: &RefreshAsk) -> Result<Proof, Problem> {
    let signature = ask.signature.as_deref().and_then(|text| BASE64.decode(text).ok());
    let signature = signature.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let (Some(device), Some(at), Some(signature)) = (ask.device, ask.at, signature) else {
        return Err(Refusal::NotProved.into());
    };
    let id = CredentialId::new(device);
    let found = app.db.read(move |tx| store::find_phone(tx, id)).await?;
    let device_key = found.map(|phone| phone.device_key);
    let key = device_key.as_ref().unwrap_or(&NOBODY);
    let good = yitong_code::refresh_signed(key, device.as_bytes(), at, &signature);
    let device_key = device_key.filter(|_| good);
    device_key.map(|device_key| Proof::Signed { id, at, device_key }).ok_or_else(|| Refusal::NotProved.into())
}

async fn next_credential(
    app: &App,
    proof: Proof,
    token: Option<&str>,
    from: Option<IpAddr>,
) -> Result<Response, Problem> {
    let (known, now) = (proof.clone(), app.now());
    let find = move |tx: &mut Tx<'_>| match &known {
        Proof::Signed { id, .. } => store::find_phone(tx, *id),
        Proof::Cookie { hash, .. } => store::find_by_cookie(tx, hash),
    };
    let school = app.db.read(find).await?.ok_or(Refusal::NotProved)?.school;
    let policy = policy_of(app, school).await?;
    let (line, asked) = (Line::of(app, from), policy.clone());
    let renewed = matches!(proof, Proof::Cookie { renewed: Some(_), .. });
    let write = move |tx: &mut Tx<'_>| {
        let made = enrol::refresh(tx, &proof, &asked, now)?;
        if let (Ok(phone), true) = (&made, renewed) {
            line.record(tx, "phone.renew_key", phone, json!({"protection": phone.protection}))?;
        }
        Ok(made)
    };
    let phone = app.db.write("refresh a phone", write).await??;
    let answer = Json(credential_of(app, &phone, &policy, now).await?);
    // The cookie lives on with the phone.
    Ok(match token {
        Some(token) => (with_cookie(token, COOKIE_S, app.config.secure_cookies), answer).into_response(),
        None => answer.into_response(),
    })
}

fn with_cookie(token: &str, seconds: i64, secure: bool) -> HeaderMap {
    let secure = if secure { "; Secure" } else { "" };
    let path = "Path=/api/v1/phones; HttpOnly; SameSite=Strict";
    let line = format!("{COOKIE}={token}; {path}; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&line)
        .map_or_else(|_| HeaderMap::new(), |value| HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}

#[derive(Deserialize)]
struct DevicePath {
    device: Uuid,
}

/// This browser stops being a phone, by its cookie. What it fetched is worth nothing where there is a network.
#[utoipa::path(delete, path = "/phones/{device}", tag = "phones", params(("device" = Uuid, Path)),
    responses((status = 204), (status = 401)))]
async fn remove(
    State(app): State<App>,
    _: SameSite,
    parts: Parts,
    Path(path): Path<DevicePath>,
) -> Result<Response, Problem> {
    let hash: TokenHash = hash_token(cookie(&parts, COOKIE).ok_or(Refusal::NotProved)?);
    let line = Line::of(&app, peer(&parts));
    let write = move |tx: &mut Tx<'_>| {
        let phone = store::find_by_cookie(tx, &hash)?.filter(|phone| phone.id.uuid() == path.device);
        let Some(phone) = phone else { return Ok(Err(Refusal::NotProved)) };
        if phone.status != "replaced" {
            credentials::cancel_phone(tx, phone.school, phone.id)?;
            line.record(tx, "phone.remove", &phone, json!(null))?;
        }
        Ok(Ok(()))
    };
    app.db.write("remove a phone", write).await??;
    Ok((StatusCode::NO_CONTENT, with_cookie("", 0, app.config.secure_cookies)).into_response())
}

/// A line of the audit trail about what a phone did itself: no user did it.
struct Line {
    id: AuditId,
    at: Timestamp,
    from: Option<IpAddr>,
}

impl Line {
    fn of(app: &App, from: Option<IpAddr>) -> Line {
        Line { id: app.new_id().into(), at: app.now(), from }
    }

    fn record(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        phone: &store::PhoneRow,
        after: serde_json::Value,
    ) -> Result<(), crate::plumbing::db::DbError> {
        let change = Change {
            id: self.id,
            at: self.at,
            actor: Actor { user: UserId::new(Uuid::nil()), from: self.from },
            school: Some(phone.school),
            action,
            subject_kind: "phone",
            subject_id: &phone.id.to_string(),
            subject_name: &phone.person_name,
            before: json!(null),
            after,
        };
        audit::record(tx, &change)
    }
}
