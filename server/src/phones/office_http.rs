//! What the office does over HTTP: tickets, the list of phones, taking one away. (Reporting one lost and reinstating
//! it is done where every credential is: a phone has its credential's id.)

use super::enrol;
use super::http::{TICKET_DIGITS, ticket_hash};
use super::refusal::Refusal;
use super::store::{self, PhoneRow};
use crate::App;
use crate::credentials;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Page, Params, Path, Problem, like};
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
use yitong_values::{BusinessDay, CredentialId, DAY_MS, PersonId};

const TICKET_MS: i64 = DAY_MS;
/// So long whoever comes too late hears why.
const TICKET_KEPT_MS: i64 = 30 * DAY_MS;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(make_ticket)).routes(routes!(list)).routes(routes!(remove))
}

#[derive(Deserialize)]
struct PersonPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Serialize, ToSchema)]
struct PhoneTicket {
    /// Twelve digits. Shown now and never again.
    ticket: String,
    expires_at: String,
}

/// Twelve digits, each of 10^12 as likely as the others.
fn fresh_digits() -> String {
    let all = 10u64.pow(TICKET_DIGITS as u32);
    loop {
        let bytes = crate::signin::totp::random(8);
        let drawn = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        // The last, cut piece of the range would make some digits likelier.
        if drawn < u64::MAX - u64::MAX % all {
            return format!("{:0width$}", drawn % all, width = TICKET_DIGITS);
        }
    }
}

/// Make a ticket for a person. It can be used once, within a day, and cancels the one before.
#[utoipa::path(post, path = "/schools/{school}/people/{id}/phone-tickets", tag = "phones",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 201, body = PhoneTicket), (status = 404), (status = 409)),
    security(("session" = ["credentials.manage"])))]
async fn make_ticket(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<PersonPath>,
) -> Result<(StatusCode, Json<PhoneTicket>), Problem> {
    let (school, person, now) = (who.school, PersonId::new(path.id), app.now());
    let policy = app.policies.get(&app.db, school).await?.school.codes.clone();
    let ticket = fresh_digits();
    let (hash, expires_at, note) = (ticket_hash(&app, &ticket), now.plus_ms(TICKET_MS), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = people::find_person(tx, school, person)? else { return Ok(Err(Problem::absent())) };
        if row.status != "active" {
            return Ok(Err(Refusal::PersonLeft.into()));
        }
        if !enrol::allowed(&policy, &row.kind) {
            return Ok(Err(Refusal::NotAllowed.into()));
        }
        store::forget_tickets(tx, now.plus_ms(-TICKET_KEPT_MS))?;
        store::put_ticket(tx, &hash, school, person, now, expires_at)?;
        let subject = Subject("person", &person.to_string(), &row.name);
        note.record(tx, "phone.ticket", subject, json!(null), json!({"expires_at": expires_at.to_string()}))?;
        Ok(Ok(()))
    };
    app.db.write("make a phone ticket", write).await??;
    Ok((StatusCode::CREATED, Json(PhoneTicket { ticket, expires_at: expires_at.to_string() })))
}

#[derive(Serialize, ToSchema)]
struct Phone {
    /// Also the id of its credential.
    id: Uuid,
    name: String,
    person: PhonePerson,
    /// browser or script
    protection: String,
    enrolled_at: String,
    seen_at: String,
    /// active, lost, replaced (taken away) or expired
    status: String,
}

#[derive(Serialize, ToSchema)]
struct PhonePerson {
    id: Uuid,
    name: String,
    number: String,
}

fn wire(row: PhoneRow, today: BusinessDay) -> Phone {
    let expired = row.status == "active" && row.expires_on < today;
    Phone {
        id: row.id.uuid(),
        name: row.name,
        person: PhonePerson { id: row.person.uuid(), name: row.person_name, number: row.person_number },
        protection: row.protection,
        enrolled_at: row.enrolled_at.to_string(),
        seen_at: row.seen_at.to_string(),
        status: if expired { "expired".into() } else { row.status },
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the person's name or number.
    q: Option<String>,
    person: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Phones, newest first.
#[utoipa::path(get, path = "/schools/{school}/phones", tag = "phones", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<Phone>)), security(("session" = ["credentials.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Phone>>, Problem> {
    let (rows, today) = (filter.limit.unwrap_or(50).clamp(1, 200), app.now().china_day());
    let params = [
        who.school.into(),
        filter.cursor.into(),
        filter.person.into(),
        like(filter.q.as_deref()).into(),
        (rows + 1).into(),
    ];
    let found = app.db.read(move |tx| store::list(tx, &params)).await?;
    let items = found.into_iter().map(|row| wire(row, today)).collect();
    Ok(Json(Page::cut(items, rows, |phone| phone.id.to_string())))
}

#[derive(Deserialize)]
struct PhonePath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    device: Uuid,
}

/// Take a phone away: its codes are never taken again.
#[utoipa::path(delete, path = "/schools/{school}/phones/{device}", tag = "phones",
    params(("school" = Uuid, Path), ("device" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn remove(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<PhonePath>,
) -> Result<StatusCode, Problem> {
    let (school, id, note) = (who.school, CredentialId::new(path.device), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(phone) = store::find_phone(tx, id)?.filter(|phone| phone.school == school) else {
            return Ok::<_, DbError>(Err(Problem::absent()));
        };
        if phone.status != "replaced" {
            credentials::cancel_phone(tx, school, id)?;
            let subject = Subject("phone", &id.to_string(), &phone.person_name);
            note.record(tx, "phone.remove", subject, json!({"status": phone.status}), json!(null))?;
        }
        Ok(Ok(()))
    };
    app.db.write("remove a phone", write).await??;
    Ok(StatusCode::NO_CONTENT)
}
