//! A guardian's session over HTTP: who is signed in, with which children; settings; signing out.

use super::child::{Child, children};
use super::guard::Guardian;
use super::store::GuardianRow;
use super::{oauth_http, oauth_store, sessions, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem, present};
use crate::signin::SameSite;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

const NAME_CHARS_MAX: usize = 20;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, sign_out)).routes(routes!(settings))
}

/// Who is signed in, and whose guardian that is.
#[derive(Serialize, ToSchema)]
pub struct GuardianSession {
    guardian: GuardianWire,
    children: Vec<Child>,
    /// Other ways to sign in that are set up: wechat, alipay.
    providers: Vec<String>,
    /// Those of them that are tied to this guardian.
    linked: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Guardian)]
struct GuardianWire {
    id: Uuid,
    name: String,
    phone_mask: String,
    /// `zh` or `en`.
    locale: String,
    elder: bool,
    /// Messages wait from then on, 22:00; null: at no time.
    quiet_from: Option<String>,
    quiet_to: Option<String>,
}

fn minute_text(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn wire(row: &GuardianRow) -> GuardianWire {
    let (from, to) = row.quiet.unzip();
    GuardianWire {
        id: row.id.uuid(),
        name: row.name.clone(),
        phone_mask: row.phone_mask.clone(),
        locale: row.locale.clone(),
        elder: row.elder,
        quiet_from: from.map(minute_text),
        quiet_to: to.map(minute_text),
    }
}

pub(super) async fn session_of(app: &App, row: GuardianRow) -> Result<GuardianSession, Problem> {
    let (guardian, id, seal) = (wire(&row), row.id, app.seal.clone());
    let read = move |tx: &mut Tx<'_>| Ok((children(tx, &seal, id)?, oauth_store::linked(tx, id)?));
    let (children, linked) = app.db.read(read).await?;
    Ok(GuardianSession { guardian, children, providers: oauth_http::providers(app), linked })
}

/// The session of this cookie.
#[utoipa::path(get, path = "/guardian/session", tag = "guardians", responses((status = 200, body = GuardianSession)),
    security(("guardian" = [])))]
async fn show(State(app): State<App>, who: Guardian) -> Result<Json<GuardianSession>, Problem> {
    session_of(&app, who.row).await.map(Json)
}

/// Sign out. Also answers well when nobody was signed in.
#[utoipa::path(delete, path = "/guardian/session", tag = "guardians", responses((status = 204)))]
async fn sign_out(State(app): State<App>, _: SameSite, parts: Parts) -> Result<Response, Problem> {
    if let Some(hash) = sessions::token_of(&parts) {
        app.db.write("guardian signs out", move |tx| store::delete_session(tx, &hash)).await?;
    }
    Ok((StatusCode::NO_CONTENT, sessions::with_cookie("", app.config.secure_cookies)).into_response())
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuardianSettings {
    /// What the school and other guardians call you.
    name: Option<String>,
    locale: Option<String>,
    elder: Option<bool>,
    /// 22:00, or null for no quiet hours; both or none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    quiet_from: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    quiet_to: Option<Option<String>>,
}

fn minute_of(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| digits)
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

fn bad_quiet() -> Problem {
    let (zh, en) = ("免打扰时间应同时填写起止，如 22:00。", "Quiet hours have a beginning and an end, such as 22:00.");
    Problem::bad("bad_quiet_hours", zh, en).field("quiet_from")
}

/// The row as it would be.
fn merged(mut row: GuardianRow, ask: &GuardianSettings) -> Result<GuardianRow, Problem> {
    if let Some(name) = &ask.name {
        let name = name.trim();
        if name.chars().count() > NAME_CHARS_MAX {
            let (zh, en) = ("称呼不超过 20 个字。", "A name has 20 characters at most.");
            return Err(Problem::bad("bad_name", zh, en).field("name"));
        }
        row.name = name.to_owned();
    }
    if let Some(locale) = &ask.locale {
        if !["zh", "en"].contains(&locale.as_str()) {
            let (zh, en) = ("语言只能是 zh 或 en。", "The language is zh or en.");
            return Err(Problem::bad("unknown_locale", zh, en).field("locale"));
        }
        row.locale = locale.clone();
    }
    row.elder = ask.elder.unwrap_or(row.elder);
    row.quiet = match (&ask.quiet_from, &ask.quiet_to) {
        (None, None) => row.quiet,
        (Some(None), Some(None)) => None,
        (Some(Some(from)), Some(Some(to))) => {
            Some(minute_of(from).zip(minute_of(to)).filter(|(from, to)| from != to).ok_or_else(bad_quiet)?)
        }
        _ => return Err(bad_quiet()),
    };
    Ok(row)
}

/// Name, language, larger pages, quiet hours. What is left out stays.
#[utoipa::path(patch, path = "/guardian/settings", tag = "guardians", request_body = GuardianSettings,
    responses((status = 200, body = GuardianSession), (status = 422)), security(("guardian" = [])))]
async fn settings(
    State(app): State<App>,
    who: Guardian,
    Body(ask): Body<GuardianSettings>,
) -> Result<Json<GuardianSession>, Problem> {
    let id = who.id();
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = store::find_guardian(tx, id)? else { return Ok(Err(Problem::signed_out())) };
        let row = match merged(row, &ask) {
            Ok(row) => row,
            Err(problem) => return Ok(Err(problem)),
        };
        store::update_guardian(tx, &row)?;
        Ok(Ok(row))
    };
    let row = app.db.write("guardian settings", write).await??;
    session_of(&app, row).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::{minute_of, minute_text};

    #[test]
    fn a_time_of_day_is_read_and_written() {
        assert_eq!(["22:00", "07:05", "00:00"].map(minute_of), [Some(1_320), Some(425), Some(0)]);
        assert_eq!(["24:00", "7:00", "12:60", "+1:00", "", "12"].map(minute_of), [None; 6]);
        assert_eq!(minute_text(425), "07:05");
    }
}
