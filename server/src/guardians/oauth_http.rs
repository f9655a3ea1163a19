//! Signing in through a channel over HTTP: the browser goes there and comes back with a code. The state is good once,
//! and for the browser that began.

use super::guard::Guardian;
use super::limits::Knock;
use super::oauth::{self, NoAccount, Provider};
use super::oauth_store::{self as store, Account, Round};
use super::{session_http, sessions};
use crate::App;
use crate::notices::{self, Channel, NewAddress, Scope, SealedAddress};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Path, Problem};
use crate::plumbing::seal::Seal;
use crate::signin::{TokenHash, cookie, hash_token, peer, totp};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use subtle::ConstantTimeEq;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::crypto::{Signer, Verifier};
use yitong_values::{GuardianId, Timestamp};

/// Which browser began a round.
const ROUND_COOKIE: &str = "yitong_guardian_round";
/// Which account came back in this browser and is nobody's yet.
const UNLINKED_COOKIE: &str = "yitong_guardian_unlinked";
const ROUND_MS: i64 = 10 * 60_000;
const WITHIN: Duration = Duration::from_secs(10);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(offered)).routes(routes!(start)).routes(routes!(done)).routes(routes!(unlink))
}

/// The channels that are set up.
pub(super) fn providers(app: &App) -> Vec<String> {
    let set = |provider: &Provider| match provider {
        Provider::Wechat => app.config.oauth.wechat.is_set(),
        Provider::Alipay => app.config.oauth.alipay.is_set(),
    };
    Provider::ALL.into_iter().filter(set).map(|provider| provider.word().to_owned()).collect()
}

fn known(app: &App, word: &str) -> Result<Provider, Problem> {
    let set = providers(app).iter().any(|provider| provider == word);
    Provider::from_word(word).filter(|_| set).ok_or_else(Problem::absent)
}

/// The ways in that are set up.
#[derive(Serialize, ToSchema)]
struct OfferedProviders {
    /// wechat, alipay
    items: Vec<String>,
}

/// Which channels can be signed in through.
#[utoipa::path(get, path = "/guardian/oauth", tag = "guardians",
    responses((status = 200, body = OfferedProviders), (status = 429)))]
async fn offered(State(app): State<App>, parts: Parts) -> Result<Json<OfferedProviders>, Problem> {
    app.guardians.doors.knock(peer(&parts), Knock::FindSchool)?;
    Ok(Json(OfferedProviders { items: providers(&app) }))
}

#[derive(Deserialize)]
struct ProviderPath {
    provider: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StartQuery {
    /// A page below `/parent/` to come back to.
    r#return: Option<String>,
}

fn away(to: &str, mut headers: HeaderMap) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/parent/"));
    headers.insert(header::LOCATION, to);
    (StatusCode::FOUND, headers).into_response()
}

/// Goes to the channel and nowhere else; `Lax`, for the channel's link brings it back.
fn put_cookie(headers: &mut HeaderMap, name: &str, value: &str, path: &str, secure: bool) {
    let (secure, seconds) = (if secure { "; Secure" } else { "" }, if value.is_empty() { 0 } else { ROUND_MS / 1_000 });
    let line = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(line) = HeaderValue::from_str(&line) {
        headers.append(header::SET_COOKIE, line);
    }
}

/// Send the browser to the channel.
#[utoipa::path(get, path = "/guardian/oauth/{provider}/start", tag = "guardians",
    params(("provider" = String, Path), StartQuery), responses((status = 302), (status = 404), (status = 429)))]
async fn start(
    State(app): State<App>,
    parts: Parts,
    Path(path): Path<ProviderPath>,
    Params(query): Params<StartQuery>,
) -> Result<Response, Problem> {
    app.guardians.doors.knock(peer(&parts), Knock::TryCode)?;
    let provider = known(&app, &path.provider)?;
    let return_to = query.r#return.as_deref().and_then(oauth::return_to).unwrap_or("/parent/").to_owned();
    let [state, browser] = [0, 1].map(|_| hex::encode(totp::random(32)));
    let back = format!("{}/api/v1/guardian/oauth/{}/done", app.config.public_base(), provider.word());
    let page = match provider {
        Provider::Wechat => oauth::wechat_page(&app.config.oauth.wechat, &back, &state),
        Provider::Alipay => oauth::alipay_page(&app.config.oauth.alipay, &back, &state),
    };
    let (state, now) = (hash_token(&state), app.now());
    let (word, browser_hash) = (provider.word().to_owned(), hash_token(&browser).to_vec());
    let begin = move |tx: &mut Tx<'_>| {
        let (provider, return_to) = (word.clone(), return_to.clone());
        let round = Round { browser: browser_hash.clone(), provider, return_to, expires_at: now.plus_ms(ROUND_MS) };
        store::begin(tx, &state, &round, now)
    };
    app.db.write("guardian goes to a channel", begin).await?;
    let mut headers = HeaderMap::new();
    let secure = app.config.secure_cookies;
    put_cookie(&mut headers, ROUND_COOKIE, &browser, "/api/v1/guardian/oauth", secure);
    Ok(away(&page, headers))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DoneQuery {
    /// WeChat's name for it.
    code: Option<String>,
    /// Alipay's.
    auth_code: Option<String>,
    state: Option<String>,
}

/// The browser comes back. Whatever went wrong, it ends on a page of ours that can say so.
#[utoipa::path(get, path = "/guardian/oauth/{provider}/done", tag = "guardians",
    params(("provider" = String, Path), DoneQuery), responses((status = 302), (status = 404), (status = 429)))]
async fn done(
    State(app): State<App>,
    parts: Parts,
    Path(path): Path<ProviderPath>,
    Params(query): Params<DoneQuery>,
) -> Result<Response, Problem> {
    app.guardians.doors.knock(peer(&parts), Knock::TryCode)?;
    let provider = known(&app, &path.provider)?;
    let failed = || away("/parent/?signin=failed", HeaderMap::new());
    let Some(round) = round_of(&app, &parts, provider, query.state.as_deref()).await? else { return Ok(failed()) };
    let Some(code) = query.code.or(query.auth_code).filter(|code| !code.is_empty() && code.len() <= 512) else {
        return Ok(failed());
    };
    let id = match account_id(&app, provider, &code).await {
        Ok(id) => id,
        Err(why) => {
            tracing::warn!(provider = provider.word(), ?why, "a guardian came back and nobody is named");
            return Ok(failed());
        }
    };
    let hash = app.seal.search_hash(&format!("guardian_link.{}", provider.word()), &id);
    let sealed = app.seal.seal(&account_place(&hash), id.as_bytes());
    let account = Account { provider: provider.word().to_owned(), hash, sealed };
    arrive(&app, &parts, account, &round.return_to).await
}

/// Where the name of an account is sealed for.
fn account_place(hash: &[u8]) -> String {
    format!("guardian_link.account/{}", hex::encode(hash))
}

/// The round that this browser began, taken away.
async fn round_of(app: &App, parts: &Parts, provider: Provider, state: Option<&str>) -> Result<Option<Round>, Problem> {
    let Some(state) = state.map(hash_token) else { return Ok(None) };
    let (browser, now) = (cookie(parts, ROUND_COOKIE).map(hash_token), app.now());
    // Taken away also when somebody else brought it: it is known to one too many.
    let round = app.db.write("guardian comes back", move |tx| store::take_round(tx, &state)).await?;
    let own = |round: &Round| {
        let same = browser.is_some_and(|browser| bool::from(round.browser.ct_eq(&browser)));
        same && round.provider == provider.word()
    };
    Ok(round.filter(|round| own(round) && now < round.expires_at))
}

async fn account_id(app: &App, provider: Provider, code: &str) -> Result<String, NoAccount> {
    let unclear = |why: &dyn std::fmt::Display| {
        tracing::warn!(provider = provider.word(), %why, "a sign-in channel could not be asked");
        NoAccount::Unclear
    };
    match provider {
        Provider::Wechat => {
            let call = oauth::wechat_call(&app.config.oauth.wechat, code);
            let reply = app.outside.send(&call, WITHIN, ANSWER_BYTES_MAX).await.map_err(|why| unclear(&why))?;
            oauth::wechat_answer(&reply)
        }
        Provider::Alipay => {
            let of = &app.config.oauth.alipay;
            let signer = Signer::read(of.private_key.reveal()).map_err(|why| unclear(&why))?;
            let verifier = Verifier::read(&of.public_key).map_err(|why| unclear(&why))?;
            let call = oauth::alipay_call(of, &signer, code, app.now());
            let reply = app.outside.send(&call, WITHIN, ANSWER_BYTES_MAX).await.map_err(|why| unclear(&why))?;
            oauth::alipay_answer(&verifier, &reply)
        }
    }
}

/// Where the browser stands now.
enum Arrived {
    /// Signed in before, and the account is now linked.
    Linked,
    /// The account is a guardian's: a session was opened.
    SignedIn,
    /// Nobody's: the phone sign-in links it.
    Unlinked,
}

async fn arrive(app: &App, parts: &Parts, account: Account, return_to: &str) -> Result<Response, Problem> {
    let (now, token, unlinked) = (app.now(), hex::encode(totp::random(32)), hex::encode(totp::random(32)));
    let (own, session, kept) = (sessions::token_of(parts), token.clone(), hash_token(&unlinked));
    let (address, seal, provider) = (app.new_id(), app.seal.clone(), account.provider.clone());
    let write = move |tx: &mut Tx<'_>| {
        let signed_in = own.map(|own| sessions::find(tx, &own, now)).transpose()?.flatten();
        if let Some((_, row)) = signed_in {
            link(tx, &seal, &account, row.id, (address, now))?;
            return Ok(Arrived::Linked);
        }
        if let Some(row) = store::linked_guardian(tx, &account.provider, &account.hash)? {
            sessions::open_session(tx, &session, row.id, now)?;
            return Ok(Arrived::SignedIn);
        }
        store::keep_unlinked(tx, &kept, &account, (now, now.plus_ms(ROUND_MS)))?;
        Ok(Arrived::Unlinked)
    };
    let secure = app.config.secure_cookies;
    Ok(match app.db.write("guardian arrives", write).await? {
        Arrived::Linked => away(return_to, HeaderMap::new()),
        Arrived::SignedIn => away(return_to, sessions::with_cookie(&token, secure)),
        Arrived::Unlinked => {
            let mut headers = HeaderMap::new();
            put_cookie(&mut headers, UNLINKED_COOKIE, &unlinked, "/api/v1/guardian", secure);
            away(&format!("/parent/?link={provider}"), headers)
        }
    })
}

/// Ties an account to a guardian, who can be written to there from now on.
fn link(
    tx: &mut Tx<'_>,
    seal: &Seal,
    account: &Account,
    guardian: GuardianId,
    (id, at): (Uuid, Timestamp),
) -> Result<(), DbError> {
    store::link(tx, account, guardian, at)?;
    let plain = seal.open(&account_place(&account.hash), &account.sealed).ok();
    let channel = Channel::from_word(&account.provider);
    if let (Some(plain), Some(channel)) = (plain.and_then(|plain| String::from_utf8(plain).ok()), channel) {
        let owner = guardian.uuid();
        let address = SealedAddress::new(seal, owner, channel, &plain);
        notices::put_address(tx, &NewAddress { id, owner, channel, scope: Scope::Server, address, at })?;
    }
    Ok(())
}

/// The account that came back in this browser, for a sign-in by phone.
pub(super) fn unlinked_of(parts: &Parts) -> Option<TokenHash> {
    cookie(parts, UNLINKED_COOKIE).filter(|token| !token.is_empty()).map(hash_token)
}

/// Links what came back in this browser to the guardian who has just signed in.
pub(super) fn link_unlinked(
    tx: &mut Tx<'_>,
    seal: &Seal,
    token: Option<TokenHash>,
    guardian: GuardianId,
    (id, now): (Uuid, Timestamp),
) -> Result<(), DbError> {
    let Some(token) = token else { return Ok(()) };
    match store::take_unlinked(tx, &token, now)? {
        Some(account) => link(tx, seal, &account, guardian, (id, now)),
        None => Ok(()),
    }
}

/// Forget a linked account; nothing is sent there any more.
#[utoipa::path(delete, path = "/guardian/oauth/{provider}", tag = "guardians", params(("provider" = String, Path)),
    responses((status = 200, body = session_http::GuardianSession), (status = 404)), security(("guardian" = [])))]
async fn unlink(
    State(app): State<App>,
    who: Guardian,
    Path(path): Path<ProviderPath>,
) -> Result<Json<session_http::GuardianSession>, Problem> {
    let provider = Provider::from_word(&path.provider).ok_or_else(Problem::absent)?;
    let guardian = who.id();
    let write = move |tx: &mut Tx<'_>| {
        store::unlink(tx, guardian, provider.word())?;
        if let Some(channel) = Channel::from_word(provider.word()) {
            notices::drop_addresses(tx, guardian.uuid(), channel)?;
        }
        Ok(())
    };
    app.db.write("unlink an account", write).await?;
    session_http::session_of(&app, who.row).await.map(Json)
}
