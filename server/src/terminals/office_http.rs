//! What the office asks of terminals, and what it has to look at: commands, alarms, and records that were put aside.

use super::alarm_store::{self, AlarmRow};
use super::commands_store::{self, CommandRow, KINDS};
use super::fleet_http::{TerminalPath, reaches};
use super::journal_store::{self, AsideRow, RecordRow};
use super::store;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::schools::{Facts, facts_of};
use crate::signin::audit::Subject;
use crate::signin::perm::Needed;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::TerminalId;

/// What nobody has done by then makes no sense any more.
const COMMAND_MS: i64 = 10 * 60_000;
const NOTE_CHARS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(read_log))
        .routes(routes!(history))
        .routes(routes!(settle_record))
        .routes(routes!(alarms))
        .routes(routes!(settle_alarm))
}

/// The terminal in the path, when these grants reach it.
pub(super) async fn own<P: Needed>(
    app: &App,
    who: &Allowed<P>,
    id: Uuid,
) -> Result<(super::fleet::Terminal, std::sync::Arc<Facts>), Problem> {
    let (school, id) = (who.school, TerminalId::new(id));
    let facts = facts_of(app, school).await?;
    let found = app.db.read(move |tx| store::find(tx, school, id)).await?;
    let found = found.filter(|of| reaches(&who.scopes(), &facts, of)).ok_or_else(Problem::absent)?;
    Ok((found, facts))
}

pub(super) fn note(text: &str) -> Result<String, Problem> {
    let text = text.trim().to_owned();
    if (2..=NOTE_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text);
    }
    let (zh, en) = ("请写明如何处理（2 至 200 个字）。", "Say what was done (2 to 200 characters).");
    Err(Problem::bad("note_missing", zh, en).field("note"))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCommand {
    /// restart, send_log, locate or pull_again
    kind: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TerminalCommand {
    id: Uuid,
    kind: String,
    made_at: String,
    expires_at: String,
    done_at: Option<String>,
    /// What the terminal said; it begins with `!` when it could not.
    result: Option<String>,
    has_log: bool,
}

fn command(row: CommandRow) -> TerminalCommand {
    TerminalCommand {
        id: row.id,
        kind: row.kind,
        made_at: row.made_at.to_string(),
        expires_at: row.expires_at.to_string(),
        done_at: row.done_at.map(|at| at.to_string()),
        result: row.result,
        has_log: row.has_log,
    }
}

/// Ask a terminal to do something. It hears of it within seconds when it is online; after ten minutes it is forgotten.
#[utoipa::path(post, path = "/schools/{school}/terminals/{id}/commands", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = NewCommand,
    responses((status = 201, body = TerminalCommand), (status = 404), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn ask(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<TerminalPath>,
    Body(ask): Body<NewCommand>,
) -> Result<(StatusCode, Json<TerminalCommand>), Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    if !KINDS.contains(&ask.kind.as_str()) {
        let (zh, en) = ("没有此命令。", "There is no such command.");
        return Err(Problem::bad("bad_command", zh, en).field("kind"));
    }
    let (school, id, now, by, note) = (who.school, app.new_id(), app.now(), who.principal.user, who.note(&app));
    let row = CommandRow {
        id,
        kind: ask.kind,
        made_at: now,
        expires_at: now.plus_ms(COMMAND_MS),
        done_at: None,
        result: None,
        has_log: false,
    };
    let new = row.clone();
    let write = move |tx: &mut Tx<'_>| {
        commands_store::insert(tx, (school, terminal.id), id, &new.kind, (by, now, new.expires_at))?;
        let subject = Subject("terminal", &terminal.id.to_string(), &terminal.name);
        note.record(tx, "terminal.command", subject, json!(null), json!({"kind": new.kind}))
    };
    app.db.write("ask a terminal", write).await?;
    Ok((StatusCode::CREATED, Json(command(row))))
}

#[derive(Deserialize)]
struct CommandPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
    command: Uuid,
}

/// The log that a terminal sent.
#[utoipa::path(get, path = "/schools/{school}/terminals/{id}/commands/{command}/log", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("command" = Uuid, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404)),
    security(("session" = ["terminals.manage"])))]
async fn read_log(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<CommandPath>,
) -> Result<Response, Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    let school = who.school;
    let found = app.db.read(move |tx| commands_store::log(tx, school, terminal.id, path.command)).await?;
    let log = found.ok_or_else(Problem::absent)?;
    let name = format!("attachment; filename=\"terminal-{}.log\"", path.id);
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, log).into_response())
}

#[derive(Serialize, ToSchema)]
struct TerminalHistory {
    alarms: Vec<TerminalAlarm>,
    commands: Vec<TerminalCommand>,
    /// Records that were put aside, those that nobody has looked at first.
    aside: Vec<AsideRecord>,
    /// The last records of its journals, newest first.
    records: Vec<JournalRecord>,
}

#[derive(Serialize, ToSchema)]
struct AsideRecord {
    journal: i64,
    seq: i64,
    why: String,
    payload: String,
    at: String,
    settled_at: Option<String>,
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct JournalRecord {
    journal: i64,
    seq: i64,
    /// opened, intent, confirmed, sold, refused, given_up, undone, shift_opened, shift_closed, noted or aside
    kind: String,
    purchase: Option<Uuid>,
    taken_at: String,
    /// As the terminal signed it.
    payload: String,
}

fn aside(row: AsideRow) -> AsideRecord {
    AsideRecord {
        journal: row.journal,
        seq: row.seq,
        why: row.why,
        payload: row.payload,
        at: row.at.to_string(),
        settled_at: row.settled_at.map(|at| at.to_string()),
        note: row.note,
    }
}

fn record(row: RecordRow) -> JournalRecord {
    JournalRecord {
        journal: row.journal,
        seq: row.seq,
        kind: row.kind,
        purchase: row.purchase,
        taken_at: row.taken_at.to_string(),
        payload: row.payload,
    }
}

/// What a terminal went through lately.
#[utoipa::path(get, path = "/schools/{school}/terminals/{id}/history", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = TerminalHistory), (status = 404)), security(("session" = ["terminals.read"])))]
async fn history(
    State(app): State<App>,
    who: Allowed<perm::TerminalsRead>,
    Path(path): Path<TerminalPath>,
) -> Result<Json<TerminalHistory>, Problem> {
    const RECORDS: i64 = 50;
    let (terminal, _) = own(&app, &who, path.id).await?;
    let (school, id, name) = (who.school, terminal.id, terminal.name);
    let read = move |tx: &mut Tx<'_>| {
        Ok((
            alarm_store::of_terminal(tx, school, id)?,
            commands_store::last(tx, school, id)?,
            journal_store::aside(tx, school, id)?,
            journal_store::records(tx, (school, id), (i64::MAX, 0), RECORDS)?,
        ))
    };
    let (alarms, commands, put_aside, records) = app.db.read(read).await?;
    Ok(Json(TerminalHistory {
        alarms: alarms.into_iter().filter_map(|row| alarm(row, &name)).collect(),
        commands: commands.into_iter().map(command).collect(),
        aside: put_aside.into_iter().map(aside).collect(),
        records: records.into_iter().map(record).collect(),
    }))
}

#[derive(Deserialize)]
struct RecordPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
    journal: i64,
    seq: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settled {
    /// What was done about it.
    pub(super) note: String,
}

/// Somebody has looked at a record that was put aside.
#[utoipa::path(put, path = "/schools/{school}/terminals/{id}/aside/{journal}/{seq}", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("journal" = i64, Path), ("seq" = i64, Path)),
    request_body = Settled, responses((status = 204), (status = 404), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn settle_record(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<RecordPath>,
    Body(ask): Body<Settled>,
) -> Result<StatusCode, Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    let (text, by, audit, school) = (note(&ask.note)?, (app.now(), who.principal.user), who.note(&app), who.school);
    let write = move |tx: &mut Tx<'_>| {
        let at = (path.journal, path.seq);
        if journal_store::settle_aside(tx, (school, terminal.id), at, &text, by)? {
            let subject = Subject("terminal", &terminal.id.to_string(), &terminal.name);
            let after = json!({"journal": path.journal, "seq": path.seq, "note": text});
            audit.record(tx, "terminal.record_settled", subject, json!(null), after)?;
        }
        Ok(())
    };
    app.db.write("settle a record", write).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub(super) struct TerminalAlarm {
    id: Uuid,
    terminal: Uuid,
    terminal_name: String,
    /// silent, drift, unsent, stale, disk, battery, part, gap, fork, stranger, signature, aside, over_lease or noted
    kind: String,
    /// Numbers and words of machines.
    detail: String,
    /// It goes away when its reason does; the others stay until somebody has looked.
    clears_itself: bool,
    raised_at: String,
    last_at: String,
    cleared_at: Option<String>,
}

fn alarm(row: AlarmRow, name: &str) -> Option<TerminalAlarm> {
    let kind = row.alarm?;
    Some(TerminalAlarm {
        id: row.id,
        terminal: row.terminal.uuid(),
        terminal_name: name.to_owned(),
        kind: kind.word().into(),
        detail: row.detail,
        clears_itself: kind.clears_itself(),
        raised_at: row.raised_at.to_string(),
        last_at: row.last_at.to_string(),
        cleared_at: row.cleared_at.map(|at| at.to_string()),
    })
}

#[derive(Serialize, ToSchema)]
struct TerminalAlarms {
    items: Vec<TerminalAlarm>,
}

/// Alarms that are open, newest first.
#[utoipa::path(get, path = "/schools/{school}/terminal-alarms", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = TerminalAlarms)), security(("session" = ["terminals.read"])))]
async fn alarms(State(app): State<App>, who: Allowed<perm::TerminalsRead>) -> Result<Json<TerminalAlarms>, Problem> {
    let (school, scopes) = (who.school, who.scopes());
    let facts = facts_of(&app, school).await?;
    let (open, all) = app.db.read(move |tx| Ok((alarm_store::open(tx, school)?, store::all(tx, school)?))).await?;
    let named = |row: AlarmRow| {
        let of = all.iter().find(|of| of.id == row.terminal).filter(|of| reaches(&scopes, &facts, of))?;
        alarm(row, &of.name)
    };
    Ok(Json(TerminalAlarms { items: open.into_iter().filter_map(named).collect() }))
}

#[derive(Deserialize)]
struct AlarmPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
    alarm: Uuid,
}

/// Somebody has looked at an alarm. One whose reason stands is raised again.
#[utoipa::path(put, path = "/schools/{school}/terminals/{id}/alarms/{alarm}", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), ("alarm" = Uuid, Path)), request_body = Settled,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["terminals.manage"])))]
async fn settle_alarm(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<AlarmPath>,
    Body(ask): Body<Settled>,
) -> Result<StatusCode, Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    let (text, now, user, audit, school) =
        (note(&ask.note)?, app.now(), who.principal.user, who.note(&app), who.school);
    let write = move |tx: &mut Tx<'_>| {
        let found = alarm_store::find(tx, school, path.alarm)?.filter(|row| row.terminal == terminal.id);
        let Some(kind) = found.and_then(|row| row.alarm) else { return Ok(false) };
        if alarm_store::settle(tx, school, path.alarm, user, now)? {
            journal_store::calm(tx, school, terminal.id)?;
            let subject = Subject("terminal", &terminal.id.to_string(), &terminal.name);
            let after = json!({"kind": kind.word(), "note": text});
            audit.record(tx, "terminal.alarm_settled", subject, json!(null), after)?;
        }
        Ok(true)
    };
    match app.db.write("settle an alarm", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}
