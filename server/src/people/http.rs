//! The roster over HTTP: search, look, add, change; personal fields masked, shown only with a reason that is logged.

use super::import::fields::{self, Reason};
use super::store::{self, PeopleFilter, PersonRow, PutPerson};
use super::{seal_field, secrets};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like, present};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use crate::wallets;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BusinessDay, ClassId, PersonId, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(show, change)).routes(routes!(reveal))
}

#[derive(Deserialize)]
pub(super) struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    pub(super) id: Uuid,
}

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
struct Person {
    id: Uuid,
    /// student, staff or visitor
    kind: String,
    number: String,
    name: String,
    class: Option<ClassName>,
    /// active, left or suspended
    status: String,
    /// m or f
    gender: Option<String>,
    id_number_masked: Option<String>,
    phone_masked: Option<String>,
    has_photo: bool,
    allergens: Vec<String>,
    joined_on: Option<String>,
    left_on: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ClassName {
    id: Uuid,
    name: String,
}

fn wire(row: PersonRow) -> Person {
    let day = |number: Option<i64>| number.and_then(|n| BusinessDay::from_number(n).ok()).map(|day| day.to_string());
    Person {
        id: row.id.uuid(),
        kind: row.kind,
        number: row.number,
        name: row.name,
        class: row.class.map(|(id, name)| ClassName { id: id.uuid(), name }),
        status: row.status,
        gender: row.gender,
        id_number_masked: row.id_mask,
        phone_masked: row.phone_mask,
        has_photo: row.has_photo,
        allergens: row.allergens,
        joined_on: day(row.joined_on),
        left_on: day(row.left_on),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name or number, or a whole ID or phone number.
    q: Option<String>,
    class: Option<Uuid>,
    /// student, staff or visitor
    kind: Option<String>,
    /// active, left or suspended
    status: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// People, in the order of their numbers.
#[utoipa::path(get, path = "/schools/{school}/people", tag = "people", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<Person>)), security(("session" = ["people.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::PeopleRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<Person>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let whole = filter.q.as_deref().unwrap_or_default().trim().to_uppercase();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let ask = PeopleFilter {
        like: like(filter.q.as_deref()),
        id_hash: secrets::hash(&app.seal, who.school, "id_number", &whole),
        phone_hash: secrets::hash(&app.seal, who.school, "phone", &whole),
        class: filter.class.map(ClassId::new),
        kind: given(filter.kind),
        status: given(filter.status),
        after: filter.cursor.unwrap_or_default(),
        limit: rows + 1,
    };
    let found = app.db.read(move |tx| store::people(tx, who.school, &ask)).await?;
    Ok(Json(Page::cut(found.into_iter().map(wire).collect(), rows, |person| person.number.clone())))
}

/// One person.
#[utoipa::path(get, path = "/schools/{school}/people/{id}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 200, body = Person), (status = 404)),
    security(("session" = ["people.read"])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::PeopleRead>,
    Path(path): Path<IdPath>,
) -> Result<Json<Person>, Problem> {
    let found = app.db.read(move |tx| store::find_person(tx, who.school, PersonId::new(path.id))).await?;
    found.map(|row| Json(wire(row))).ok_or_else(Problem::absent)
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutPersonWire {
    /// student, staff or visitor; only when adding.
    kind: Option<String>,
    number: Option<String>,
    name: Option<String>,
    /// null: none; a student has one.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    class: Option<Option<Uuid>>,
    gender: Option<String>,
    id_number: Option<String>,
    phone: Option<String>,
    allergens: Option<Vec<String>>,
    status: Option<String>,
}

fn refused(why: Reason) -> Problem {
    let code: &'static str = match why.field.as_str() {
        "number" => "bad_number",
        "name" => "bad_name",
        "gender" => "bad_gender",
        "id_number" => "bad_id_number",
        _ => "bad_phone",
    };
    Problem::bad(code, why.zh, why.en).field(&why.field)
}

/// The row as it would be: what is there, with what is asked put over it.
fn merged(app: &App, school: SchoolId, mut row: PutPerson, ask: &PutPersonWire) -> Result<PutPerson, Problem> {
    if let Some(number) = &ask.number {
        row.number = fields::number(&super::import::sheet::clean(number)).map_err(refused)?;
    }
    if let Some(name) = &ask.name {
        row.name = fields::name(&super::import::sheet::clean(name)).map_err(refused)?;
    }
    if let Some(gender) = &ask.gender {
        row.gender = fields::gender(gender).map_err(refused)?;
    }
    let secret =
        |field: &str, plain: Option<String>| plain.map(|plain| seal_field(&app.seal, school, row.id, field, &plain));
    if let Some(id) = &ask.id_number {
        row.id_number = secret("id_number", fields::id_number(id).map_err(refused)?);
    }
    if let Some(phone) = &ask.phone {
        row.phone = secret("phone", fields::phone(phone).map_err(refused)?);
    }
    if let Some(class) = ask.class {
        row.class = class.map(ClassId::new);
    }
    if let Some(allergens) = &ask.allergens {
        let good = allergens.len() <= 20
            && allergens.iter().all(|a| (1..=20).contains(&a.trim().chars().count()) && !a.contains(','));
        if !good {
            let (zh, en) = ("过敏原最多 20 项，每项 1 至 20 个字。", "At most 20 allergens of 1 to 20 characters.");
            return Err(Problem::bad("bad_allergens", zh, en).field("allergens"));
        }
        row.allergens = allergens.iter().map(|a| a.trim().to_owned()).collect();
    }
    if let Some(status) = &ask.status {
        if !["active", "left", "suspended"].contains(&status.as_str()) {
            let (zh, en) = ("状态为 active、left 或 suspended。", "A status is active, left or suspended.");
            return Err(Problem::bad("bad_status", zh, en).field("status"));
        }
        row.left_on = (status == "left").then(|| row.left_on.unwrap_or_else(|| app.now().china_day().number()));
        row.status = status.clone();
    }
    if row.kind == "student" && row.class.is_none() {
        return Err(Problem::bad("class_missing", "学生须有班级。", "A student has a class.").field("class"));
    }
    Ok(row)
}

/// Numbers and ID numbers are each given to one person.
fn taken(tx: &mut Tx<'_>, school: SchoolId, row: &PutPerson) -> Result<Option<Problem>, DbError> {
    if store::number_taken(tx, school, &row.number)?.is_some_and(|other| other != row.id) {
        let (zh, en) = ("此学号／工号已被使用。", "This number is taken.");
        return Ok(Some(Problem::conflict("number_taken", zh, en).field("number")));
    }
    if let Some(secret) = &row.id_number
        && let Some((other, number)) = store::id_taken(tx, school, &secret.hash)?
        && other != row.id
    {
        let zh = format!("此身份证号已登记在编号 {number} 名下。");
        let en = format!("This ID number belongs to number {number}.");
        return Ok(Some(Problem::conflict("id_number_taken", zh, en).field("id_number")));
    }
    if let Some(class) = row.class
        && !store::classes(tx, school)?.iter().any(|known| known.id == class)
    {
        return Ok(Some(Problem::bad("unknown_class", "班级不存在。", "There is no such class.").field("class")));
    }
    Ok(None)
}

/// Add a person by hand.
#[utoipa::path(post, path = "/schools/{school}/people", tag = "people", params(("school" = Uuid, Path)),
    request_body = PutPersonWire, responses((status = 201, body = Person), (status = 409), (status = 422)),
    security(("session" = ["people.edit"])))]
async fn create(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Body(ask): Body<PutPersonWire>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    let kind = ask.kind.clone().unwrap_or_default();
    if !["student", "staff", "visitor"].contains(&kind.as_str()) {
        return Err(
            Problem::bad("bad_kind", "请选择学生、教职工或访客。", "Choose student, staff or visitor.").field("kind")
        );
    }
    let (number, name) = (ask.number.clone().unwrap_or_default(), ask.name.clone().unwrap_or_default());
    let ask = PutPersonWire { number: Some(number), name: Some(name), ..ask };
    let empty = PutPerson {
        id: PersonId::new(app.new_id()),
        kind,
        number: String::new(),
        name: String::new(),
        class: None,
        status: "active".into(),
        gender: None,
        id_number: None,
        phone: None,
        allergens: Vec::new(),
        joined_on: Some(app.now().china_day().number()),
        left_on: None,
    };
    let row = merged(&app, who.school, empty, &ask)?;
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        if let Some(problem) = taken(tx, school, &row)? {
            return Ok(Err(problem));
        }
        store::put_person(tx, school, &row)?;
        wallets::open_accounts(tx, school, &[row.id])?;
        let after = json!({"number": row.number, "name": row.name, "kind": row.kind});
        note.record(tx, "person.create", Subject("person", &row.id.to_string(), &row.name), json!(null), after)?;
        store::find_person(tx, school, row.id)?.ok_or(DbError::Broken("a person was just put".into())).map(Ok)
    };
    let row = app.db.write("create person", write).await??;
    Ok((StatusCode::CREATED, Json(wire(row))))
}

/// Change a person. Fields that are left out stay; an ID number or phone that is sent empty is forgotten.
#[utoipa::path(patch, path = "/schools/{school}/people/{id}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutPersonWire,
    responses((status = 200, body = Person), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["people.edit"])))]
async fn change(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Path(path): Path<IdPath>,
    Body(ask): Body<PutPersonWire>,
) -> Result<Json<Person>, Problem> {
    let (school, id, note) = (who.school, PersonId::new(path.id), who.note(&app));
    let inner = app.clone();
    let write = move |tx: &mut Tx<'_>| {
        let Some(before) = store::find_person(tx, school, id)? else { return Ok(Err(Problem::absent())) };
        let known = PutPerson {
            id,
            kind: before.kind.clone(),
            number: before.number.clone(),
            name: before.name.clone(),
            class: before.class.as_ref().map(|(id, _)| *id),
            status: before.status.clone(),
            gender: before.gender.clone(),
            id_number: None,
            phone: None,
            allergens: before.allergens.clone(),
            joined_on: before.joined_on,
            left_on: before.left_on,
        };
        if ask.kind.as_ref().is_some_and(|kind| *kind != before.kind) {
            let (zh, en) = ("人员类别不能修改，请新建人员。", "A kind can't be changed; add a new person.");
            return Ok(Err(Problem::bad("bad_kind", zh, en).field("kind")));
        }
        let row = match merged(&inner, school, known, &ask) {
            Ok(row) => row,
            Err(problem) => return Ok(Err(problem)),
        };
        if let Some(problem) = taken(tx, school, &row)? {
            return Ok(Err(problem));
        }
        store::put_person(tx, school, &row)?;
        if ask.id_number.is_some() && row.id_number.is_none() {
            store::forget_id_number(tx, school, id)?;
        }
        if ask.phone.is_some() && row.phone.is_none() {
            store::forget_phone(tx, school, id)?;
        }
        let after = store::find_person(tx, school, id)?.ok_or(DbError::Broken("a person was just put".into()))?;
        let told = |row: &PersonRow| {
            let class = row.class.as_ref().map(|(_, name)| name);
            json!({"number": row.number, "name": row.name, "class": class, "status": row.status, "allergens": row.allergens})
        };
        let mut new = told(&after);
        // That a personal field changed is said; what it says is not.
        new["id_number"] = json!(ask.id_number.is_some().then_some("changed"));
        new["phone"] = json!(ask.phone.is_some().then_some("changed"));
        note.record(tx, "person.edit", Subject("person", &id.to_string(), &after.name), told(&before), new)?;
        Ok(Ok(after))
    };
    app.db.write("change person", write).await?.map(|row| Json(wire(row)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reveal {
    /// id_number or phone
    field: String,
    /// Why it has to be seen.
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct Revealed {
    value: Option<String>,
}

/// Show a masked field. Who, when and why are kept.
#[utoipa::path(post, path = "/schools/{school}/people/{id}/reveal", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = Reveal,
    responses((status = 200, body = Revealed), (status = 404), (status = 422)),
    security(("session" = ["people.reveal"])))]
async fn reveal(
    State(app): State<App>,
    who: Allowed<perm::PeopleReveal>,
    Path(path): Path<IdPath>,
    Body(ask): Body<Reveal>,
) -> Result<Json<Revealed>, Problem> {
    if !["id_number", "phone"].contains(&ask.field.as_str()) {
        return Err(
            Problem::bad("bad_field", "字段为 id_number 或 phone。", "The field is id_number or phone.").field("field")
        );
    }
    let reason = ask.reason.trim().to_owned();
    if !(2..=200).contains(&reason.chars().count()) {
        return Err(Problem::bad(
            "reason_missing",
            "请填写查看原因（2 至 200 个字）。",
            "Say why (2 to 200 characters).",
        )
        .field("reason"));
    }
    let (school, id, note, field) = (who.school, PersonId::new(path.id), who.note(&app), ask.field.clone());
    // Kept before it is shown: no look without a trace.
    let write = move |tx: &mut Tx<'_>| {
        let Some(person) = store::find_person(tx, school, id)? else { return Ok(None) };
        let after = json!({"field": field, "reason": reason});
        note.record(tx, "person.reveal", Subject("person", &id.to_string(), &person.name), json!(null), after)?;
        store::sealed_fields(tx, school, id)
    };
    let (id_sealed, phone_sealed) = app.db.write("reveal a field", write).await?.ok_or_else(Problem::absent)?;
    let sealed = if ask.field == "id_number" { id_sealed } else { phone_sealed };
    let open = |sealed: Vec<u8>| {
        let plain = app.seal.open(&secrets::place(school, id, &ask.field), &sealed);
        plain.ok().and_then(|plain| String::from_utf8(plain).ok())
    };
    Ok(Json(Revealed { value: sealed.and_then(open) }))
}
