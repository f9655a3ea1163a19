//! How terminals look: photos, balances, notices for the idle screen. It is the office's, not finance's.

use super::mirror_store;
use super::settings::{Screen, ScreenNotice};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem, moment};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_values::Timestamp;

const NOTICES_MAX: usize = 10;
const NOTICE_CHARS_MAX: usize = 60;
/// The same takes more letters.
const NOTICE_EN_CHARS_MAX: usize = 120;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(screen, put_screen))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TerminalScreen {
    /// Of the terminals' settings. Given back with a change, it is refused when somebody else was faster; null: not
    /// asked.
    version: Option<i64>,
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
    /// Empty: there it is shown in Chinese.
    en: String,
    /// Shown from then on; null: at once.
    from: Option<String>,
    /// Not shown any more then; null: until it is removed.
    to: Option<String>,
}

impl TerminalNotice {
    fn kept(self) -> Result<ScreenNotice, Problem> {
        let at = |text: Option<String>| text.map(|text| moment("notices", &text).map(Timestamp::ms)).transpose();
        let (from, to) = (at(self.from)?, at(self.to)?);
        let (zh, en) = (self.zh.trim().to_owned(), self.en.trim().to_owned());
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            let (zh, en) = ("公告的结束时间须晚于开始时间。", "A notice ends after it begins.");
            return Err(Problem::bad("bad_screen", zh, en).field("notices"));
        }
        Ok(ScreenNotice { zh, en, from, to })
    }

    fn of(kept: ScreenNotice) -> TerminalNotice {
        let at = |ms: Option<i64>| ms.map(|ms| Timestamp::from_ms(ms).to_string());
        TerminalNotice { zh: kept.zh, en: kept.en, from: at(kept.from), to: at(kept.to) }
    }
}

/// How terminals look.
#[utoipa::path(get, path = "/schools/{school}/terminal-screen", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = TerminalScreen)), security(("session" = ["terminals.read"])))]
async fn screen(State(app): State<App>, who: Allowed<perm::TerminalsRead>) -> Result<Json<TerminalScreen>, Problem> {
    let school = who.school;
    let settings = app.db.read(move |tx| mirror_store::settings(tx, school)).await?;
    let of = settings.screen;
    Ok(Json(TerminalScreen {
        version: Some(settings.version),
        photos: of.photos,
        show_balance: of.show_balance,
        keep_days: of.keep_days,
        notices: of.notices.into_iter().map(TerminalNotice::of).collect(),
    }))
}

/// Change how terminals look. They hear of it within seconds.
#[utoipa::path(put, path = "/schools/{school}/terminal-screen", tag = "terminals", params(("school" = Uuid, Path)),
    request_body = TerminalScreen, responses((status = 204), (status = 403), (status = 409), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn put_screen(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Body(ask): Body<TerminalScreen>,
) -> Result<StatusCode, Problem> {
    whole_school(&who)?;
    let fits = |of: &TerminalNotice| {
        let short = |text: &String, max: usize| text.trim().chars().count() <= max;
        short(&of.zh, NOTICE_CHARS_MAX) && short(&of.en, NOTICE_EN_CHARS_MAX) && !of.zh.trim().is_empty()
    };
    if ask.notices.len() > NOTICES_MAX || !ask.notices.iter().all(fits) || !(7..=365).contains(&ask.keep_days) {
        let zh = "公告至多 10 条、每条 1 至 60 个字；流水在终端保留 7 至 365 天。";
        let en = "At most 10 notices of 60 characters (English: 120); terminals keep records for 7 to 365 days.";
        return Err(Problem::bad("bad_screen", zh, en).field("notices"));
    }
    let new = Screen {
        photos: ask.photos,
        show_balance: ask.show_balance,
        keep_days: ask.keep_days,
        notices: ask.notices.into_iter().map(TerminalNotice::kept).collect::<Result<_, _>>()?,
    };
    let (school, note, asked) = (who.school, who.note(&app), ask.version);
    let write = move |tx: &mut Tx<'_>| {
        let settings = mirror_store::settings(tx, school)?;
        if asked.is_some_and(|asked| asked != settings.version) {
            return Ok(false);
        }
        let before = settings.screen;
        if before == new {
            return Ok(true);
        }
        mirror_store::put_screen(tx, school, &new)?;
        let subject = Subject("school", &school.to_string(), "终端画面");
        note.record(tx, "terminal.screen", subject, json!(before), json!(new))?;
        Ok(true)
    };
    if app.db.write("change the screens", write).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let (zh, en) = ("刚刚有人修改了终端设置，请刷新后重试。", "Somebody changed the terminals' settings just now.");
    Err(Problem::conflict("changed_meanwhile", zh, en))
}

/// What is the whole school's is not for one canteen to change.
pub(super) fn whole_school(who: &Allowed<perm::TerminalsManage>) -> Result<(), Problem> {
    if who.scopes().iter().any(|scope| scope.whole_school()) {
        return Ok(());
    }
    Err(Problem::forbidden("terminals.manage"))
}
