//! Codes over HTTP: issue, print, report lost, reinstate, reissue.

use super::issue::{Issue, issue_codes};
use super::loss_store as loss;
use super::sheet_http::{SheetCard, card};
use super::store::{self, CredentialRow};
use crate::App;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like};
use crate::plumbing::outbox;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BusinessDay, CredentialId, PrintBatchId, SchoolId};

/// A printed code lives so long at the most.
const LIFE_YEARS_MAX: i64 = 12;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(issue))
        .routes(routes!(code))
        .routes(routes!(report_lost))
        .routes(routes!(reinstate))
        .routes(routes!(reissue))
}

#[derive(Serialize, ToSchema)]
struct Credential {
    id: Uuid,
    person: CredentialPerson,
    /// printed_code, dynamic_code (a phone) or legacy_code (printed by the system before)
    kind: String,
    serial: i64,
    issue_number: i64,
    /// active, lost, replaced or expired
    status: String,
    issued_at: String,
    expires_on: String,
    lost_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CredentialPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

fn wire(row: CredentialRow, today: BusinessDay) -> Credential {
    let expired = row.status == "active" && row.expires_on < today;
    Credential {
        id: row.id.uuid(),
        person: CredentialPerson { id: row.person.uuid(), name: row.name, number: row.number, class: row.class },
        kind: row.kind,
        serial: row.serial,
        issue_number: row.issue_number,
        status: if expired { "expired".into() } else { row.status },
        issued_at: row.issued_at.to_string(),
        expires_on: row.expires_on.to_string(),
        lost_at: row.lost_at.map(|at| at.to_string()),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name or number.
    q: Option<String>,
    class: Option<Uuid>,
    person: Option<Uuid>,
    /// active, lost, replaced or expired
    status: Option<String>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Codes, newest first.
#[utoipa::path(get, path = "/schools/{school}/credentials", tag = "credentials", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<Credential>)), security(("session" = ["credentials.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Credential>>, Problem> {
    let (rows, today) = (filter.limit.unwrap_or(50).clamp(1, 200), app.now().china_day());
    let params = [
        who.school.into(),
        filter.cursor.into(),
        filter.class.into(),
        filter.person.into(),
        filter.status.unwrap_or_default().into(),
        today.into(),
        like(filter.q.as_deref()).into(),
        (rows + 1).into(),
    ];
    let found = app.db.read(move |tx| store::list(tx, &params)).await?;
    let items = found.into_iter().map(|row| wire(row, today)).collect();
    Ok(Json(Page::cut(items, rows, |credential| credential.id.to_string())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct IssueAsk {
    class: Option<Uuid>,
    person: Option<Uuid>,
    #[serde(default)]
    everyone: bool,
    /// The last day on which the codes are valid.
    expires_on: String,
}

#[derive(Serialize, ToSchema)]
struct Issued {
    batch: Uuid,
    issued: i64,
    /// Those who have a code already.
    skipped: i64,
}

fn expiry(text: &str, today: BusinessDay) -> Result<BusinessDay, Problem> {
    let day = text.parse::<BusinessDay>().ok();
    let good = day.filter(|day| *day >= today && day.epoch_days() - today.epoch_days() <= LIFE_YEARS_MAX * 366);
    good.ok_or_else(|| {
        let (zh, en) = (
            "有效期应为今天至 12 年内的日期，写作 2029-08-31。",
            "The last day is from today to 12 years on, like 2029-08-31.",
        );
        Problem::bad("bad_expiry", zh, en).field("expires_on")
    })
}

/// Issue codes to a class, a person or everyone who has none. Asking again issues only what is missing.
#[utoipa::path(post, path = "/schools/{school}/credentials/issue", tag = "credentials", params(("school" = Uuid, Path)),
    request_body = IssueAsk, responses((status = 200, body = Issued), (status = 422)),
    security(("session" = ["credentials.manage"])))]
async fn issue(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Body(ask): Body<IssueAsk>,
) -> Result<Json<Issued>, Problem> {
    let now = app.now();
    let expires_on = expiry(&ask.expires_on, now.china_day())?;
    let named = usize::from(ask.class.is_some()) + usize::from(ask.person.is_some()) + usize::from(ask.everyone);
    if named != 1 {
        let (zh, en) = ("请选择班级、人员或全校之一。", "Choose a class, a person or everyone.");
        return Err(Problem::bad("bad_scope", zh, en).field("class"));
    }
    let (school, class, person) = (who.school, ask.class, ask.person);
    let known = move |tx: &mut Tx<'_>| {
        let person = person.map(|id| people::find_person(tx, school, id.into())).transpose()?;
        let class = class.map(|id| Ok::<_, DbError>(people::classes(tx, school)?.iter().any(|of| of.id == id.into())));
        Ok((person.is_none_or(|found| found.is_some()), class.transpose()?.unwrap_or(true)))
    };
    match app.db.read(known).await? {
        (true, true) => {}
        (false, _) => return Err(Problem::absent().field("person")),
        (_, false) => return Err(Problem::absent().field("class")),
    }
    let batch = PrintBatchId::new(app.new_id());
    let todo = Issue {
        school: who.school,
        batch,
        class: ask.class,
        person: ask.person,
        expires_on,
        suite: app.config.codes.suite,
        now,
    };
    // The work goes on when the page is closed; what is missing then is issued by asking again.
    let (db, seal) = (app.db.clone(), app.seal.clone());
    let work = tokio::spawn(async move { issue_codes(&db, &seal, &todo).await });
    let (issued, people) = work.await.map_err(|_| DbError::Panicked("issue codes"))??;
    app.credentials.forget();
    let (note, issued) = (who.note(&app), issued as i64);
    let write = move |tx: &mut Tx<'_>| {
        let after = json!({"issued": issued, "expires_on": expires_on.to_string()});
        note.record(tx, "codes.issue", Subject("batch", &batch.to_string(), "个人码"), json!(null), after)
    };
    app.db.write("audit an issue", write).await?;
    Ok(Json(Issued { batch: batch.uuid(), issued, skipped: people - issued }))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// One code as text and picture.
#[utoipa::path(get, path = "/schools/{school}/credentials/{id}/code", tag = "credentials",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = SheetCard), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn code(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
) -> Result<Json<SheetCard>, Problem> {
    let (school, id, note) = (who.school, CredentialId::new(path.id), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let row = store::find(tx, school, id)?;
        if let Some(row) = &row {
            let subject = Subject("credential", &id.to_string(), &row.name);
            note.record(tx, "codes.show", subject, json!(null), json!(null))?;
        }
        Ok(row)
    };
    let row = app.db.write("show a code", write).await?.ok_or_else(Problem::absent)?;
    card(&app, school, row).map(Json).ok_or_else(Problem::absent)
}

/// Moves a credential from one of these states to another.
async fn turn(
    app: &App,
    who: &Allowed<perm::CredentialsManage>,
    id: Uuid,
    action: &'static str,
    from: &'static [&'static str],
    to: &'static str,
) -> Result<CredentialRow, Problem> {
    let (school, id, note, now) = (who.school, CredentialId::new(id), who.note(app), app.now());
    let happening = app.new_id();
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = store::find(tx, school, id)? else { return Ok(Err(Problem::absent())) };
        // Asking twice is safe: it is there already. What a guardian reported is the school's word from now on.
        if row.status == to {
            if to == "lost" {
                loss::take_over(tx, school, id)?;
            }
            return Ok(Ok(row));
        }
        if !from.contains(&row.status.as_str()) {
            let (zh, en) = ("此码当前状态不允许该操作。", "The code's state does not allow this.");
            return Ok(Err(Problem::conflict("bad_credential_state", zh, en).with("status", row.status)));
        }
        store::set_status(tx, school, id, to, (to == "lost").then_some(now))?;
        let subject = Subject("credential", &id.to_string(), &row.name);
        note.record(tx, action, subject, json!({"status": row.status}), json!({"status": to}))?;
        let turned = match (row.status.as_str(), to) {
            (_, "lost") => Some(loss::Turn::Lost),
            ("lost", "active") => Some(loss::Turn::Reinstated),
            _ => None,
        };
        if let Some(turn) = turned {
            outbox::queue(tx, &[loss::happening(school, row.person, happening, turn, loss::By::School, now)])?;
        }
        store::find(tx, school, id)?.ok_or(DbError::Broken("a credential was just changed".into())).map(Ok)
    };
    app.db.write(action, write).await?
}

/// Report a code lost. It is refused from now on, and can be reinstated.
#[utoipa::path(post, path = "/schools/{school}/credentials/{id}/report-lost", tag = "credentials",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Credential), (status = 404), (status = 409)),
    security(("session" = ["credentials.manage"])))]
async fn report_lost(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
) -> Result<Json<Credential>, Problem> {
    let row = turn(&app, &who, path.id, "credential.report_lost", &["active"], "lost").await?;
    Ok(Json(wire(row, app.now().china_day())))
}

/// The code was found again.
#[utoipa::path(post, path = "/schools/{school}/credentials/{id}/reinstate", tag = "credentials",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Credential), (status = 404), (status = 409)),
    security(("session" = ["credentials.manage"])))]
async fn reinstate(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
) -> Result<Json<Credential>, Problem> {
    let row = turn(&app, &who, path.id, "credential.reinstate", &["lost"], "active").await?;
    Ok(Json(wire(row, app.now().china_day())))
}

/// Whoever has left would lose the old code and get none; a phone would lose its own and get one on paper.
async fn stays(app: &App, school: SchoolId, id: Uuid) -> Result<(), Problem> {
    let read = move |tx: &mut Tx<'_>| {
        let Some(row) = store::find(tx, school, CredentialId::new(id))? else { return Ok(None) };
        Ok(people::find_person(tx, school, row.person)?.map(|person| (person.status, row.kind)))
    };
    let (status, kind) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    if kind == store::Kind::Phone.word() {
        let zh = "手机码不补办：请在此人的页面生成新的绑定码。";
        let en = "A phone is not reissued; make a ticket on the person's page.";
        return Err(Problem::conflict("phone_not_reissued", zh, en));
    }
    match status.as_str() {
        "active" => Ok(()),
        _ => {
            let (zh, en) = ("此人不在校或已停用，不能补办。", "The person is not at the school, or suspended.");
            Err(Problem::conflict("person_left", zh, en))
        }
    }
}

/// A new code in place of this one, which is never valid again. The new one has the same last day unless that is over.
#[utoipa::path(post, path = "/schools/{school}/credentials/{id}/reissue", tag = "credentials",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = Credential), (status = 404), (status = 409)),
    security(("session" = ["credentials.manage"])))]
async fn reissue(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
) -> Result<Json<Credential>, Problem> {
    stays(&app, who.school, path.id).await?;
    let row = turn(&app, &who, path.id, "credential.reissue", &["active", "lost"], "replaced").await?;
    let now = app.now();
    let today = now.china_day();
    let expires_on = if row.expires_on > today { row.expires_on } else { today.plus_days(365) };
    let (school, batch) = (who.school, PrintBatchId::new(app.new_id()));
    let todo = Issue {
        school,
        batch,
        class: None,
        person: Some(row.person.uuid()),
        expires_on,
        suite: app.config.codes.suite,
        now,
    };
    issue_codes(&app.db, &app.seal, &todo).await?;
    app.credentials.forget();
    let null: Option<Uuid> = None;
    let person = row.person.uuid();
    let params =
        [school.into(), null.into(), null.into(), person.into(), "active".into(), today.into(), "".into(), 1i64.into()];
    let newest = app.db.read(move |tx| store::list(tx, &params)).await?.into_iter().next();
    newest.map(|row| Json(wire(row, today))).ok_or_else(Problem::absent)
}
