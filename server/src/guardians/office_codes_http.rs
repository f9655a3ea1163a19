//! Binding codes in the office: made for a class or for some people and shown once, to be printed; who has one waiting.

use super::codes_store::{self as store, CodeStatus, NewCode, StatusFilter};
use super::paper;
use crate::App;
use crate::people::{self, PersonRow};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{ClassId, DAY_MS, PersonId, SchoolId, Timestamp, UserId};

const DAYS_DEFAULT: i64 = 60;
const DAYS_MAX: i64 = 365;
/// Guardians of one child who get a paper of their own.
const COUNT_MAX: i64 = 4;
const PEOPLE_MAX: usize = 500;
/// So long an old code is kept, so that the list still says that it was used.
const KEPT_MS: i64 = 400 * DAY_MS;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make, list)).routes(routes!(revoke))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeCodes {
    /// All pupils of a class,
    class: Option<Uuid>,
    /// or these people.
    people: Option<Vec<Uuid>>,
    /// Codes for each of them, 1 to 4: one for each guardian. 1 when left out.
    count: Option<i64>,
    /// How many days they are good, 1 to 365. 60 when left out.
    days: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct MadeCodes {
    items: Vec<MadeCode>,
    expires_at: String,
}

/// The codes of one child. They are shown now and never again.
#[derive(Serialize, ToSchema)]
struct MadeCode {
    person: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    /// ABCD-EFGH-JKMN
    codes: Vec<String>,
}

fn within(field: &str, value: Option<i64>, default: i64, most: i64) -> Result<i64, Problem> {
    let value = value.unwrap_or(default);
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    let (zh, en) = (format!("应为 1 至 {most}。"), format!("It is 1 to {most}."));
    Err(Problem::bad("out_of_range", zh, en).field(field))
}

async fn asked_people(app: &App, school: SchoolId, ask: &MakeCodes) -> Result<Vec<PersonRow>, Problem> {
    let (class, people) = (ask.class.map(ClassId::new), ask.people.clone());
    let choose = || {
        let (zh, en) = ("请选择一个班级，或最多 500 个人。", "Choose a class, or 500 people at most.");
        Problem::bad("no_people", zh, en).field("people")
    };
    if class.is_some() == people.is_some() || people.as_ref().is_some_and(|people| people.len() > PEOPLE_MAX) {
        return Err(choose());
    }
    let read = move |tx: &mut Tx<'_>| match (&people, class) {
        (Some(people), _) => {
            let rows = people.iter().map(|id| people::find_person(tx, school, PersonId::new(*id)));
            rows.collect::<Result<Option<Vec<_>>, _>>()
        }
        (None, Some(class)) => people::pupils_of(tx, school, class).map(Some),
        (None, None) => Ok(None),
    };
    let mut rows = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    rows.retain(|row| row.status == "active");
    rows.sort_by(|a, b| a.number.cmp(&b.number));
    rows.dedup_by_key(|row| row.id);
    if rows.is_empty() { Err(choose()) } else { Ok(rows) }
}

/// Make codes. A child's older ones that nobody used are worth nothing from then on.
#[utoipa::path(post, path = "/schools/{school}/binding-codes", tag = "guardians", params(("school" = Uuid, Path)),
    request_body = MakeCodes, responses((status = 201, body = MadeCodes), (status = 404), (status = 422)),
    security(("session" = ["bindings.manage"])))]
async fn make(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Body(ask): Body<MakeCodes>,
) -> Result<(StatusCode, Json<MadeCodes>), Problem> {
    let count = within("count", ask.count, 1, COUNT_MAX)?;
    let days = within("days", ask.days, DAYS_DEFAULT, DAYS_MAX)?;
    let rows = asked_people(&app, who.school, &ask).await?;
    let (now, note, by) = (app.now(), who.note(&app), who.principal.user);
    let expires_at = now.china_day().plus_days(days + 1).start();
    let items: Vec<MadeCode> = rows.into_iter().map(|row| fresh(row, count)).collect();
    let kept = new_codes(&app, who.school, &items, by, now, expires_at);
    let (school, people) = (who.school, items.len());
    let about = ask.class.map_or_else(|| ("school", school.uuid()), |class| ("class", class));
    let write = move |tx: &mut Tx<'_>| {
        put_codes(tx, &kept, now)?;
        let after = json!({"people": people, "each": count, "expires_at": expires_at.to_string()});
        let (kind, id) = about;
        note.record(tx, "binding_code.make", Subject(kind, &id.to_string(), ""), json!(null), after)
    };
    app.db.write("make binding codes", write).await?;
    Ok((StatusCode::CREATED, Json(MadeCodes { items, expires_at: expires_at.to_string() })))
}

fn fresh(row: PersonRow, count: i64) -> MadeCode {
    let codes = (0..count).map(|_| paper::shown(&paper::fresh())).collect();
    let class = row.class.map(|(_, name)| name);
    MadeCode { person: row.id.uuid(), name: row.name, number: row.number, class, codes }
}

fn new_codes(
    app: &App,
    school: SchoolId,
    items: &[MadeCode],
    made_by: UserId,
    made_at: Timestamp,
    expires_at: Timestamp,
) -> Vec<NewCode> {
    let of = |item: &MadeCode| {
        let person = PersonId::new(item.person);
        let one = move |code: &String| NewCode {
            hash: paper::hash(&app.seal, code),
            school,
            person,
            made_by,
            made_at,
            expires_at,
        };
        item.codes.iter().map(one).collect::<Vec<_>>()
    };
    items.iter().flat_map(of).collect()
}

/// Puts codes in the place of those of the same people that nobody used.
pub(super) fn put_codes(tx: &mut Tx<'_>, codes: &[NewCode], now: Timestamp) -> Result<(), DbError> {
    let mut last = None;
    for code in codes {
        if last != Some(code.person) {
            store::forget_codes(tx, code.school, code.person, now.plus_ms(-KEPT_MS))?;
            store::revoke_unused(tx, code.school, code.person, now)?;
            last = Some(code.person);
        }
        store::insert_code(tx, code)?;
    }
    Ok(())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name or number.
    q: Option<String>,
    class: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Whether a pupil's guardians have a code, and how many are bound.
#[derive(Serialize, ToSchema)]
struct BindingCodeStatus {
    person: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    /// Codes that wait.
    open: i64,
    /// The last of them is good until then.
    expires_at: Option<String>,
    used: i64,
    guardians: i64,
}

fn wire(row: CodeStatus) -> BindingCodeStatus {
    BindingCodeStatus {
        person: row.person.uuid(),
        name: row.name,
        number: row.number,
        class: row.class,
        open: row.open,
        expires_at: row.expires_at.map(|at| at.to_string()),
        used: row.used,
        guardians: row.guardians,
    }
}

/// The pupils with their codes, in the order of their numbers. The codes themselves are not kept.
#[utoipa::path(get, path = "/schools/{school}/binding-codes", tag = "guardians",
    params(("school" = Uuid, Path), Filter), responses((status = 200, body = Page<BindingCodeStatus>)),
    security(("session" = ["bindings.manage"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<BindingCodeStatus>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let ask = StatusFilter {
        class: filter.class.map(ClassId::new),
        like: like(filter.q.as_deref()),
        after: filter.cursor.unwrap_or_default(),
        limit: rows + 1,
    };
    let (school, now) = (who.school, app.now());
    let found = app.db.read(move |tx| store::status(tx, school, &ask, now)).await?;
    Ok(Json(Page::cut(found.into_iter().map(wire).collect(), rows, |status| status.number.clone())))
}

#[derive(Deserialize)]
struct PersonPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Make a person's unused codes worthless: a paper was lost.
#[utoipa::path(delete, path = "/schools/{school}/people/{id}/binding-codes", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["bindings.manage"])))]
async fn revoke(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<PersonPath>,
) -> Result<StatusCode, Problem> {
    let (school, person, now, note) = (who.school, PersonId::new(path.id), app.now(), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = people::find_person(tx, school, person)? else { return Ok(false) };
        store::revoke_unused(tx, school, person, now)?;
        let subject = Subject("person", &person.to_string(), &row.name);
        note.record(tx, "binding_code.revoke", subject, json!(null), json!(null))?;
        Ok(true)
    };
    let known = app.db.write("revoke binding codes", write).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
