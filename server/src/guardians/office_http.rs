//! Bindings in the office: the list, one of them with what its guardian typed, and the answers to its consents.

use super::binding::{Binding, BindingState, Rights};
use super::child::{ChildRights, mask, typed};
use super::codes_store;
use super::consents_store;
use super::office_store::{self as store, Filter as StoreFilter, SchoolRow};
use crate::App;
use crate::people::{self, field_hash};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Path, Problem, like};
use crate::plumbing::seal::Seal;
use crate::signin::{Allowed, Pupils, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, ClassId, PersonId, SchoolId};

/// People who might be meant by a question.
const CANDIDATES_MAX: i64 = 5;
/// A number of so many signs is an ID number, and is shown masked.
const ID_NUMBER_SIGNS: usize = 15;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(consents))
}

#[derive(Deserialize)]
pub(super) struct BindingPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    pub(super) id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the child's name or number, or a guardian's whole phone number.
    q: Option<String>,
    /// pending, active, refused, ended or locked
    state: Option<String>,
    class: Option<Uuid>,
    person: Option<Uuid>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct SchoolBindings {
    items: Vec<SchoolBinding>,
    next: Option<String>,
    /// Questions that wait for an answer.
    pending: i64,
    /// Of the whole school, and for those alone who see the whole school.
    refused_today: Option<RefusedLookUps>,
}

/// Look-ups that did not fit, today: somebody may be guessing.
#[derive(Serialize, ToSchema)]
struct RefusedLookUps {
    /// With a code of this school.
    of_school: i64,
    /// With a code that no school of this server made.
    unknown_code: i64,
}

/// A guardian of a pupil, or somebody who asks to be one.
#[derive(Serialize, ToSchema)]
pub(super) struct SchoolBinding {
    id: Uuid,
    /// pending, active, refused, ended or locked
    state: String,
    locked: bool,
    person: Option<BoundPerson>,
    guardian: BoundGuardian,
    /// father, mother, grandparent or other
    relation: String,
    rights: ChildRights,
    consents: GivenConsents,
    asked_at: String,
    answered_at: Option<String>,
    answer: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct BoundPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    /// active, left or suspended
    status: String,
}

#[derive(Serialize, ToSchema)]
struct BoundGuardian {
    id: Uuid,
    /// What the guardian wants to be called; may be empty.
    name: String,
    phone_mask: String,
}

#[derive(Serialize, ToSchema)]
struct GivenConsents {
    meals: bool,
    messages: bool,
    photo: bool,
}

fn state_word(binding: &Binding) -> &'static str {
    match binding.state {
        BindingState::Active if binding.locked => "locked",
        state => state.word(),
    }
}

pub(super) fn wire(row: SchoolRow) -> SchoolBinding {
    let SchoolRow { binding, guardian_name, phone_mask, person } = row;
    let person = person.map(|(id, name, number, class, status)| {
        let id = id.uuid();
        BoundPerson { id, name, number, class, status }
    });
    SchoolBinding {
        id: binding.id.uuid(),
        state: state_word(&binding).to_owned(),
        locked: binding.locked,
        person,
        guardian: BoundGuardian { id: binding.guardian.uuid(), name: guardian_name, phone_mask },
        relation: binding.relation.word().to_owned(),
        rights: Rights::into(binding.rights),
        consents: GivenConsents {
            meals: binding.consents.meals,
            messages: binding.consents.messages,
            photo: binding.consents.photo,
        },
        asked_at: binding.asked_at.to_string(),
        answered_at: binding.answered_at.map(|at| at.to_string()),
        answer: Some(binding.answer).filter(|answer| !answer.is_empty()),
    }
}

/// Bindings, the newest first, with how many wait and how many look-ups were refused today.
#[utoipa::path(get, path = "/schools/{school}/bindings", tag = "guardians", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = SchoolBindings)), security(("session" = ["bindings.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::BindingsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<SchoolBindings>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let whole = people::import::sheet::clean(filter.q.as_deref().unwrap_or_default());
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let ask = StoreFilter {
        like: like(filter.q.as_deref()),
        phone_hash: super::store::phone_hash(&app.seal, &whole),
        state: given(filter.state),
        class: filter.class.map(ClassId::new),
        person: filter.person.map(PersonId::new),
        before: filter.cursor,
        limit: rows + 1,
        pupils: who.pupils(),
    };
    let (school, today) = (who.school, app.now().china_day());
    let read = move |tx: &mut Tx<'_>| {
        let refused = [school.uuid(), Uuid::nil()].map(|of| codes_store::refused_on(tx, of, today));
        let [of_school, unknown_code] = refused;
        let refused = RefusedLookUps { of_school: of_school?, unknown_code: unknown_code? };
        let refused = (ask.pupils == Pupils::All).then_some(refused);
        Ok((store::list(tx, school, &ask)?, store::pending(tx, school, ask.pupils)?, refused))
    };
    let (found, pending, refused_today) = app.db.read(read).await?;
    let items = found.into_iter().map(wire).collect();
    let page = crate::plumbing::http::Page::cut(items, rows, |one: &SchoolBinding| one.id.to_string());
    Ok(Json(SchoolBindings { items: page.items, next: page.next, pending, refused_today }))
}

#[derive(Serialize, ToSchema)]
struct OneBinding {
    binding: SchoolBinding,
    /// Of a question that waits or was refused.
    typed: Option<TypedWire>,
    /// Who may be meant; the school decides.
    candidates: Vec<Candidate>,
}

#[derive(Serialize, ToSchema)]
struct TypedWire {
    name: String,
    /// An ID number is masked.
    number: String,
    message: String,
}

#[derive(Serialize, ToSchema)]
struct Candidate {
    person: BoundPerson,
    fits_name: bool,
    fits_number: bool,
    /// Guardians who are bound already.
    guardians: i64,
}

/// Whose student number or ID number this is.
fn numbered(tx: &mut Tx<'_>, seal: &Seal, school: SchoolId, number: &str) -> Result<Option<PersonId>, DbError> {
    let by_number = people::person_by_number(tx, school, number)?.map(|(id, _)| id);
    let by_id = people::person_by_id_hash(tx, school, &field_hash(seal, school, "id_number", number))?;
    Ok(by_number.or(by_id))
}

fn candidates(
    tx: &mut Tx<'_>,
    seal: &Seal,
    (school, pupils): (SchoolId, Pupils),
    binding: &Binding,
) -> Result<Vec<Candidate>, DbError> {
    let asked = typed(seal, binding);
    let numbered = numbered(tx, seal, school, &asked.number)?;
    let mut rows: Vec<_> =
        numbered.map(|id| people::find_person(tx, school, id)).transpose()?.flatten().into_iter().collect();
    for row in people::search_active(tx, school, &asked.name, CANDIDATES_MAX)? {
        if row.name == asked.name && !rows.iter().any(|known| known.id == row.id) {
            rows.push(row);
        }
    }
    let mut own = Vec::new();
    for row in rows {
        if store::reaches(tx, pupils, school, row.id)? {
            own.push(row);
        }
    }
    let candidate = |row: people::PersonRow| {
        let (fits_name, fits_number) = (row.name == asked.name, Some(row.id) == numbered);
        let guardians = i64::try_from(super::bindings_store::of_person(tx, school, row.id)?.len()).unwrap_or(0);
        let class = row.class.map(|(_, name)| name);
        let person = BoundPerson { id: row.id.uuid(), name: row.name, number: row.number, class, status: row.status };
        Ok(Candidate { person, fits_name, fits_number, guardians })
    };
    own.into_iter().map(candidate).collect()
}

/// One binding. Of a question: what was typed, and who may be meant.
#[utoipa::path(get, path = "/schools/{school}/bindings/{id}", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = OneBinding), (status = 404)),
    security(("session" = ["bindings.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::BindingsRead>,
    Path(path): Path<BindingPath>,
) -> Result<Json<OneBinding>, Problem> {
    let (school, id, seal, pupils) = (who.school, BindingId::new(path.id), app.seal.clone(), who.pupils());
    let read = move |tx: &mut Tx<'_>| {
        let Some(row) = store::find(tx, school, id, pupils)? else { return Ok(None) };
        let asked = row.binding.typed.is_some().then(|| typed(&seal, &row.binding));
        let typed = asked.map(|asked| {
            let long = asked.number.chars().count() >= ID_NUMBER_SIGNS;
            let number = if long { mask(&asked.number) } else { asked.number };
            TypedWire { name: asked.name, number, message: asked.message }
        });
        let waits = row.binding.state == BindingState::Pending;
        let candidates = if waits { candidates(tx, &seal, (school, pupils), &row.binding)? } else { Vec::new() };
        Ok(Some(OneBinding { binding: wire(row), typed, candidates }))
    };
    app.db.read(read).await?.map(Json).ok_or_else(Problem::absent)
}

#[derive(Serialize, ToSchema)]
struct ConsentAnswers {
    items: Vec<ConsentAnswer>,
}

/// One answer to one question of consent.
#[derive(Serialize, ToSchema)]
struct ConsentAnswer {
    id: Uuid,
    /// account, meals, messages or photo
    purpose: String,
    version: i64,
    given: bool,
    at: String,
}

/// Every answer that this guardian gave, the newest first.
#[utoipa::path(get, path = "/schools/{school}/bindings/{id}/consents", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = ConsentAnswers), (status = 404)), security(("session" = ["bindings.read"])))]
async fn consents(
    State(app): State<App>,
    who: Allowed<perm::BindingsRead>,
    Path(path): Path<BindingPath>,
) -> Result<Json<ConsentAnswers>, Problem> {
    let (school, id, pupils) = (who.school, BindingId::new(path.id), who.pupils());
    let read = move |tx: &mut Tx<'_>| match store::find(tx, school, id, pupils)? {
        None => Ok(None),
        Some(_) => consents_store::of_binding(tx, id).map(Some),
    };
    let rows = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let items = rows.into_iter().map(|row| ConsentAnswer {
        id: row.id.uuid(),
        purpose: row.purpose,
        version: row.version,
        given: row.given,
        at: row.at.to_string(),
    });
    Ok(Json(ConsentAnswers { items: items.collect() }))
}
