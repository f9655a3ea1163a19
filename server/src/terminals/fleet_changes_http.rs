//! What the office does to terminals: add one, place it elsewhere, let a machine in, shut it out.

use super::enrol_http::ticket_hash;
use super::fleet::{Placed, Refusal, TERMINALS_MAX, Terminal};
use super::fleet_http::{TerminalDetail, TerminalPath, TerminalProfile, TerminalWire, detail, reaches, wire};
use super::ticket::{self, Ticket};
use super::{mirror_store, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::plumbing::qr;
use crate::schools::{Facts, facts, stall_scope};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, Scope, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{DAY_MS, StallId, TerminalId};

/// So long whoever comes too late hears why.
const TICKET_KEPT_MS: i64 = 7 * DAY_MS;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(change)).routes(routes!(make_code)).routes(routes!(revoke))
}

fn said(refusal: Refusal) -> Problem {
    let (code, field, zh, en) = match refusal {
        Refusal::BadName => ("bad_name", "name", "名称为 1 至 40 个字。", "A name has 1 to 40 characters."),
        Refusal::UnknownStall => ("unknown_stall", "stall", "没有此档口。", "There is no such stall."),
        Refusal::StallClosed => ("stall_closed", "stall", "此档口已停用。", "The stall is closed."),
        Refusal::BadMode => ("bad_mode", "mode", "没有此计价方式。", "There is no such way of selling."),
        Refusal::ModeNotAtThisStall => {
            ("bad_mode", "mode", "此档口不使用该计价方式。", "The stall does not sell in this way.")
        }
        Refusal::BadScreens => ("bad_screens", "screens", "屏幕为 1 块或 2 块。", "A terminal has 1 or 2 screens."),
        Refusal::BadMount => ("bad_mount", "profile.mount", "没有此安装方式。", "There is no such way of mounting."),
        Refusal::BadProofs => {
            ("bad_proofs", "profile.proofs", "没有此防护，或重复。", "No such protection, or named twice.")
        }
        Refusal::BadNote => ("bad_note", "profile.note", "备注不超过 200 字。", "A note has 200 characters at most."),
        Refusal::NameTaken => {
            return Problem::conflict("name_taken", "已有同名终端。", "There is a terminal with this name.")
                .field("name");
        }
        Refusal::TooMany => {
            let (zh, en) = ("终端已达 2000 台，请先停用不用的。", "There are 2,000 terminals; revoke some first.");
            return Problem::conflict("too_many", zh, en);
        }
    };
    Problem::bad(code, zh, en).field(field)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTerminal {
    name: String,
    stall: Uuid,
    /// dish, amount, fixed, count, weigh or roster
    mode: String,
    /// 1 or 2
    screens: u8,
    #[serde(default)]
    profile: TerminalProfile,
}

/// The stall must lie within the grants, and the name be free.
fn placed(
    tx: &mut Tx<'_>,
    facts: &Facts,
    scopes: &[Scope],
    id: TerminalId,
    new: &Placed,
) -> Result<Result<(), Problem>, crate::plumbing::db::DbError> {
    let own = scopes.iter().any(|scope| scope.whole_school()) || stall_scope(scopes, facts, new.stall);
    if let Err(refusal) = new.check(facts) {
        return Ok(Err(said(refusal)));
    }
    if !own {
        return Ok(Err(said(Refusal::UnknownStall)));
    }
    if store::name_taken(tx, facts.school, &new.name, id)? {
        return Ok(Err(said(Refusal::NameTaken)));
    }
    Ok(Ok(()))
}

fn told(of: &Placed) -> Value {
    json!({"name": of.name, "stall": of.stall.to_string(), "mode": of.mode, "screens": of.screens,
        "profile": of.profile})
}

/// Add a terminal. A machine is let in with a code afterwards.
#[utoipa::path(post, path = "/schools/{school}/terminals", tag = "terminals", params(("school" = Uuid, Path)),
    request_body = NewTerminal, responses((status = 201, body = TerminalWire), (status = 409), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn add(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Body(ask): Body<NewTerminal>,
) -> Result<(StatusCode, Json<TerminalWire>), Problem> {
    let (school, id, now, scopes, note) =
        (who.school, TerminalId::new(app.new_id()), app.now(), who.scopes(), who.note(&app));
    let new = Placed {
        name: ask.name.trim().to_owned(),
        stall: StallId::new(ask.stall),
        mode: ask.mode,
        screens: ask.screens,
        profile: ask.profile.read(),
    };
    let within = app.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Some(facts) = facts(tx, &within.schools, school)? else { return Ok(Err(Problem::absent())) };
        if let Err(problem) = placed(tx, &facts, &scopes, id, &new)? {
            return Ok(Err(problem));
        }
        if store::count(tx, school)? >= TERMINALS_MAX {
            return Ok(Err(said(Refusal::TooMany)));
        }
        store::insert(tx, school, id, &new, now)?;
        note.record(tx, "terminal.add", Subject("terminal", &id.to_string(), &new.name), json!(null), told(&new))?;
        Ok(Ok((store::find(tx, school, id)?, facts)))
    };
    let (made, facts) = app.db.write("add a terminal", write).await??;
    let made = made.ok_or_else(Problem::absent)?;
    Ok((StatusCode::CREATED, Json(wire(made, &facts, now))))
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeTerminal {
    name: Option<String>,
    stall: Option<Uuid>,
    mode: Option<String>,
    screens: Option<u8>,
    profile: Option<TerminalProfile>,
}

impl ChangeTerminal {
    fn of(&self, before: &Terminal) -> Placed {
        Placed {
            name: self.name.as_ref().map_or_else(|| before.name.clone(), |name| name.trim().to_owned()),
            stall: self.stall.map_or(before.stall, StallId::new),
            mode: self.mode.clone().unwrap_or_else(|| before.mode.clone()),
            screens: self.screens.unwrap_or(before.screens),
            profile: self.profile.as_ref().map_or_else(|| before.profile.clone(), TerminalProfile::read),
        }
    }
}

/// Rename a terminal or let it stand at another stall. What it sold stays where it was sold.
#[utoipa::path(patch, path = "/schools/{school}/terminals/{id}", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeTerminal,
    responses((status = 200, body = TerminalDetail), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn change(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<TerminalPath>,
    Body(ask): Body<ChangeTerminal>,
) -> Result<Json<TerminalDetail>, Problem> {
    let (school, id, scopes, note) = (who.school, TerminalId::new(path.id), who.scopes(), who.note(&app));
    let within = app.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Some(facts) = facts(tx, &within.schools, school)? else { return Ok(Err(Problem::absent())) };
        let found = store::find(tx, school, id)?.filter(|of| reaches(&scopes, &facts, of));
        let Some(before) = found else { return Ok(Err(Problem::absent())) };
        let (was, new) = (ChangeTerminal::default().of(&before), ask.of(&before));
        if new == was {
            return Ok(Ok(()));
        }
        if let Err(problem) = placed(tx, &facts, &scopes, id, &new)? {
            return Ok(Err(problem));
        }
        store::change(tx, school, id, &new)?;
        mirror_store::bump(tx, school)?;
        let subject = Subject("terminal", &id.to_string(), &new.name);
        note.record(tx, "terminal.change", subject, told(&was), told(&new))?;
        Ok(Ok(()))
    };
    app.db.write("change a terminal", write).await??;
    detail(&app, (school, who.scopes()), id).await.map(Json)
}

#[derive(Serialize, ToSchema)]
struct EnrolmentCode {
    /// To be typed at the machine. Shown now and never again.
    code: String,
    /// What the picture says: our address and the code.
    text: String,
    /// An SVG picture, to be scanned by the machine.
    qr: String,
    expires_at: String,
}

/// Make an enrolment code: used once, within half an hour. It cancels the one before. With a machine at the till it is
/// a swap: the new machine takes its place.
#[utoipa::path(post, path = "/schools/{school}/terminals/{id}/codes", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 201, body = EnrolmentCode), (status = 404)), security(("session" = ["terminals.manage"])))]
async fn make_code(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<TerminalPath>,
) -> Result<(StatusCode, Json<EnrolmentCode>), Problem> {
    let mut random = [0u8; 5];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let made = Ticket::new(random);
    let (school, id, now, scopes, note) =
        (who.school, TerminalId::new(path.id), app.now(), who.scopes(), who.note(&app));
    let (hash, expires_at, within) = (ticket_hash(&app, &made), now.plus_ms(ticket::LIFE_MS), app.clone());
    let write = move |tx: &mut Tx<'_>| {
        let Some(facts) = facts(tx, &within.schools, school)? else { return Ok(false) };
        let found = store::find(tx, school, id)?.filter(|of| reaches(&scopes, &facts, of));
        let Some(terminal) = found else { return Ok(false) };
        store::forget_tickets(tx, now.plus_ms(-TICKET_KEPT_MS))?;
        store::put_ticket(tx, &hash, school, id, now, expires_at)?;
        let subject = Subject("terminal", &id.to_string(), &terminal.name);
        note.record(tx, "terminal.code", subject, json!(null), json!({"expires_at": expires_at.to_string()}))?;
        Ok(true)
    };
    if !app.db.write("make an enrolment code", write).await? {
        return Err(Problem::absent());
    }
    let text = format!("yitong-terminal:{}#{}", app.config.public_base(), made.as_str());
    let qr = qr::svg(&text).unwrap_or_default();
    let answer = EnrolmentCode { code: made.shown(), text, qr, expires_at: expires_at.to_string() };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Shut the machine out at once. What it sold and did not send can still be brought as a file; a new code lets a
/// machine in again.
#[utoipa::path(post, path = "/schools/{school}/terminals/{id}/revocation", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = TerminalDetail), (status = 404)), security(("session" = ["terminals.manage"])))]
async fn revoke(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<TerminalPath>,
) -> Result<Json<TerminalDetail>, Problem> {
    let (school, id, now, scopes, note) =
        (who.school, TerminalId::new(path.id), app.now(), who.scopes(), who.note(&app));
    let within = app.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Some(facts) = facts(tx, &within.schools, school)? else { return Ok(false) };
        let found = store::find(tx, school, id)?.filter(|of| reaches(&scopes, &facts, of));
        let Some(terminal) = found else { return Ok(false) };
        store::drop_tickets(tx, school, id)?;
        if store::revoke(tx, school, id, now)? {
            // Nobody of its canteen believes it any more.
            mirror_store::bump(tx, school)?;
            let unsent = terminal.report.as_ref().map(|kept| kept.said.unsent);
            let subject = Subject("terminal", &id.to_string(), &terminal.name);
            note.record(tx, "terminal.revoke", subject, json!(null), json!({"unsent": unsent}))?;
        }
        Ok(true)
    };
    if !app.db.write("revoke a terminal", write).await? {
        return Err(Problem::absent());
    }
    detail(&app, (school, who.scopes()), id).await.map(Json)
}
