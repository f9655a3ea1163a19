//! Classes over HTTP. A class is known by the key of its name, so that 七年级（1）班 and 七(1)班 are one.

use super::http::IdPath;
use super::import::class::class_key;
use super::store::{self, ClassRow};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::ClassId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(classes, create_class)).routes(routes!(change_class))
}

#[derive(Serialize, ToSchema)]
struct Classes {
    items: Vec<Class>,
}

#[derive(Serialize, ToSchema)]
struct Class {
    id: Uuid,
    name: String,
    grade: String,
    year_of_entry: Option<i64>,
    teacher: String,
    students: i64,
}

fn class_wire(class: ClassRow) -> Class {
    Class {
        id: class.id.uuid(),
        name: class.name,
        grade: class.grade,
        year_of_entry: class.year_of_entry,
        teacher: class.teacher,
        students: class.students,
    }
}

/// The classes with the number of their pupils.
#[utoipa::path(get, path = "/schools/{school}/classes", tag = "people", params(("school" = Uuid, Path)),
    responses((status = 200, body = Classes)), security(("session" = ["people.read"])))]
async fn classes(State(app): State<App>, who: Allowed<perm::PeopleRead>) -> Result<Json<Classes>, Problem> {
    let mut found = app.db.read(move |tx| store::classes(tx, who.school)).await?;
    // 七年级10班 comes after 七年级9班: by the numbers inside the name, not by its letters.
    let numbers = |class: &ClassRow| class.key.split(' ').map(|w| w.parse().unwrap_or(999)).collect::<Vec<i64>>();
    found.sort_by_cached_key(|class| (numbers(class), class.name.clone()));
    Ok(Json(Classes { items: found.into_iter().map(class_wire).collect() }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutClass {
    name: Option<String>,
    grade: Option<String>,
    year_of_entry: Option<i64>,
    teacher: Option<String>,
}

fn bad_class() -> Problem {
    Problem::bad("bad_class", "班级名称为 1 至 40 个字。", "A class name has 1 to 40 characters.").field("name")
}

async fn put_class(
    app: &App,
    who: &Allowed<perm::PeopleEdit>,
    id: ClassId,
    is_new: bool,
    ask: PutClass,
) -> Result<Class, Problem> {
    let (school, note) = (who.school, who.note(app));
    let write = move |tx: &mut Tx<'_>| {
        let known = store::classes(tx, school)?.into_iter().find(|class| class.id == id);
        let Some(mut class) = known.clone().or(is_new.then(|| empty_class(id))) else {
            return Ok(Err(Problem::absent()));
        };
        let ask = ask.clone();
        class.name = ask.name.unwrap_or(class.name).trim().to_owned();
        class.grade = ask.grade.unwrap_or(class.grade).trim().chars().take(20).collect();
        class.teacher = ask.teacher.unwrap_or(class.teacher).trim().chars().take(40).collect();
        class.year_of_entry = ask.year_of_entry.or(class.year_of_entry);
        class.key = class_key(&class.name);
        if class.name.is_empty() || class.name.chars().count() > 40 {
            return Ok(Err(bad_class()));
        }
        if store::class_by_key(tx, school, &class.key)?.is_some_and(|other| other != id) {
            let (zh, en) = ("已有同名（或写法不同的同一）班级。", "There is such a class already.");
            return Ok(Err(Problem::conflict("class_exists", zh, en).field("name")));
        }
        store::put_class(tx, school, &class)?;
        let before = json!(known.map(|class| json!({"name": class.name, "teacher": class.teacher})));
        let after = json!({"name": class.name, "teacher": class.teacher});
        note.record(tx, "class.put", Subject("class", &id.to_string(), &class.name), before, after)?;
        Ok(Ok(class))
    };
    app.db.write("put class", write).await?.map(class_wire)
}

fn empty_class(id: ClassId) -> ClassRow {
    let nothing = String::new;
    ClassRow {
        id,
        name: nothing(),
        key: nothing(),
        grade: nothing(),
        year_of_entry: None,
        teacher: nothing(),
        students: 0,
    }
}

/// Add a class.
#[utoipa::path(post, path = "/schools/{school}/classes", tag = "people", params(("school" = Uuid, Path)),
    request_body = PutClass, responses((status = 201, body = Class), (status = 409), (status = 422)),
    security(("session" = ["people.edit"])))]
async fn create_class(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Body(ask): Body<PutClass>,
) -> Result<(StatusCode, Json<Class>), Problem> {
    let id = ClassId::new(app.new_id());
    put_class(&app, &who, id, true, ask).await.map(|class| (StatusCode::CREATED, Json(class)))
}

/// Change a class.
#[utoipa::path(patch, path = "/schools/{school}/classes/{id}", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutClass,
    responses((status = 200, body = Class), (status = 404), (status = 409)), security(("session" = ["people.edit"])))]
async fn change_class(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Path(path): Path<IdPath>,
    Body(ask): Body<PutClass>,
) -> Result<Json<Class>, Problem> {
    put_class(&app, &who, ClassId::new(path.id), false, ask).await.map(Json)
}
