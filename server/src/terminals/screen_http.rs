//! How terminals look: photos, balances, notices for the idle screen. It is the office's, not finance's.

use super::mirror_store;
use super::settings::{Screen, ScreenNotice};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

const NOTICES_MAX: usize = 10;
const NOTICE_CHARS_MAX: usize = 60;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(screen, put_screen))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TerminalScreen {
    /// Photos for the cashier's eyes.
    photos: bool,
    show_balance: bool,
    /// Days that a terminal keeps records which are booked.
    keep_days: u16,
    /// For the idle screen.
    notices: Vec<TerminalNotice>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TerminalNotice {
    zh: String,
    en: String,
}

/// How terminals look.
#[utoipa::path(get, path = "/schools/{school}/terminal-screen", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = TerminalScreen)), security(("session" = ["terminals.read"])))]
async fn screen(State(app): State<App>, who: Allowed<perm::TerminalsRead>) -> Result<Json<TerminalScreen>, Problem> {
    let school = who.school;
    let of = app.db.read(move |tx| mirror_store::settings(tx, school)).await?.screen;
    let notice = |of: ScreenNotice| TerminalNotice { zh: of.zh, en: of.en };
    Ok(Json(TerminalScreen {
        photos: of.photos,
        show_balance: of.show_balance,
        keep_days: of.keep_days,
        notices: of.notices.into_iter().map(notice).collect(),
    }))
}

/// Change how terminals look. They hear of it within seconds.
#[utoipa::path(put, path = "/schools/{school}/terminal-screen", tag = "terminals", params(("school" = Uuid, Path)),
    request_body = TerminalScreen, responses((status = 204), (status = 403), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn put_screen(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Body(ask): Body<TerminalScreen>,
) -> Result<StatusCode, Problem> {
    whole_school(&who)?;
    let fits = |of: &TerminalNotice| {
        [&of.zh, &of.en].iter().all(|text| text.chars().count() <= NOTICE_CHARS_MAX) && !of.zh.trim().is_empty()
    };
    if ask.notices.len() > NOTICES_MAX || !ask.notices.iter().all(fits) || !(7..=365).contains(&ask.keep_days) {
        let zh = "公告至多 10 条、每条 1 至 60 个字；流水在终端保留 7 至 365 天。";
        let en = "At most 10 notices of 1 to 60 characters; terminals keep records for 7 to 365 days.";
        return Err(Problem::bad("bad_screen", zh, en).field("notices"));
    }
    let notice =
        |of: TerminalNotice| ScreenNotice { zh: of.zh.trim().into(), en: of.en.trim().into(), from: None, to: None };
    let new = Screen {
        photos: ask.photos,
        show_balance: ask.show_balance,
        keep_days: ask.keep_days,
        notices: ask.notices.into_iter().map(notice).collect(),
    };
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let before = mirror_store::settings(tx, school)?.screen;
        if before == new {
            return Ok(());
        }
        mirror_store::put_screen(tx, school, &new)?;
        let subject = Subject("school", &school.to_string(), "终端画面");
        note.record(tx, "terminal.screen", subject, json!(before), json!(new))
    };
    app.db.write("change the screens", write).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is the whole school's is not for one canteen to change.
pub(super) fn whole_school(who: &Allowed<perm::TerminalsManage>) -> Result<(), Problem> {
    if who.scopes().iter().any(|scope| scope.whole_school()) {
        return Ok(());
    }
    Err(Problem::forbidden("terminals.manage"))
}
