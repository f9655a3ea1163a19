//! What the office does to bindings: answers a question, gives and takes rights, locks a guardian out, ends a binding.

use super::binding::{Binding, BindingState, Consents, Relation, Rights};
use super::office_http::{BindingPath, SchoolBinding, wire};
use super::office_store::{self as store, SchoolRow};
use super::signin_http::mobile;
use super::{bind, bindings_store, child, tell};
use crate::App;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::{Note, Subject};
use crate::signin::{Allowed, Pupils, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, GuardianId, PersonId, SchoolId};

const WORDS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(answer))
        .routes(routes!(set_rights))
        .routes(routes!(set_lock))
        .routes(routes!(end))
        .routes(routes!(lock_phone))
}

type Changed = Result<SchoolRow, Problem>;

/// Looks the binding up, changes it, and writes the line of the trail: before and after, without anybody's words.
fn change(
    tx: &mut Tx<'_>,
    (school, pupils): (SchoolId, Pupils),
    id: BindingId,
    (note, action): (&Note, &str),
    act: impl FnOnce(&mut Tx<'_>, &SchoolRow) -> Result<Result<Value, Problem>, DbError>,
) -> Result<Changed, DbError> {
    let Some(row) = store::find(tx, school, id, pupils)? else { return Ok(Err(Problem::absent())) };
    let more = match act(tx, &row)? {
        Ok(more) => more,
        Err(problem) => return Ok(Err(problem)),
    };
    let after =
        store::find(tx, school, id, Pupils::All)?.ok_or(DbError::Broken("a binding was just changed".into()))?;
    let name = after.person.as_ref().map_or("", |(_, name, ..)| name);
    let mut told = told(&after.binding);
    told["guardian"] = after.binding.guardian.to_string().into();
    for (key, value) in more.as_object().into_iter().flatten() {
        told[key] = value.clone();
    }
    note.record(tx, action, Subject("binding", &id.to_string(), name), self::told(&row.binding), told)?;
    Ok(Ok(after))
}

fn told(binding: &Binding) -> Value {
    let Rights { see, pay, control } = binding.rights;
    let rights = [("see", see), ("pay", pay), ("control", control)];
    let rights: Vec<_> = rights.iter().filter(|(_, has)| *has).map(|(word, _)| *word).collect();
    json!({"state": binding.state.word(), "rights": rights, "locked": binding.locked})
}

pub(super) fn words(field: &str, text: &str, needed: bool) -> Result<String, Problem> {
    let text = text.trim();
    let least = if needed { 2 } else { 0 };
    if (least..=WORDS_MAX).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    let (zh, en) = (format!("请填写 {least} 至 200 个字。"), format!("Write {least} to 200 characters."));
    Err(Problem::bad("words_missing", zh, en).field(field))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerBinding {
    approve: bool,
    /// Who is meant: only when approving.
    person: Option<Uuid>,
    /// The guardian reads it; needed when refusing.
    #[serde(default)]
    answer: String,
}

/// Answer a guardian's question; a class teacher, those of the own classes. Approving ties the guardian to the person that is named.
#[utoipa::path(put, path = "/schools/{school}/bindings/{id}/answer", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = AnswerBinding,
    responses((status = 200, body = SchoolBinding), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["bindings.approve"])))]
async fn answer(
    State(app): State<App>,
    who: Allowed<perm::BindingsApprove>,
    Path(path): Path<BindingPath>,
    Body(ask): Body<AnswerBinding>,
) -> Result<Json<SchoolBinding>, Problem> {
    let (school, id, note, pupils) = (who.school, BindingId::new(path.id), who.note(&app), who.pupils());
    let text = words("answer", &ask.answer, !ask.approve)?;
    let person = ask.person.filter(|_| ask.approve).map(PersonId::new);
    if ask.approve && person.is_none() {
        let (zh, en) = ("请选择是哪一位学生。", "Choose which person it is.");
        return Err(Problem::bad("person_missing", zh, en).field("person"));
    }
    let (seal, ids) = (app.seal.clone(), tell::notice_ids(&app));
    let write = move |tx: &mut Tx<'_>| {
        change(tx, (school, pupils), id, (&note, "binding.answer"), |tx, row| {
            let binding = &row.binding;
            if binding.state != BindingState::Pending {
                return Ok(Err(answered_before()));
            }
            let child = child::typed(&seal, binding).name;
            let Some((own, others)) = ids.split_first() else { return Err(DbError::Broken("no name".into())) };
            if let Some(person) = person {
                if let Err(problem) = approve(tx, row, (person, pupils), &text, (&note, others))? {
                    return Ok(Err(problem));
                }
            } else {
                store::refuse(tx, id, &text, note.at)?;
            }
            let outcome = if person.is_some() { tell::Outcome::Approved } else { tell::Outcome::Refused(&text) };
            tell::answered(tx, binding, &child, outcome, (*own, note.at))?;
            Ok(Ok(json!({})))
        })
    };
    app.db.write("answer a binding", write).await?.map(|row| Json(wire(row)))
}

fn answered_before() -> Problem {
    let (zh, en) = ("此申请已答复或已撤回。", "This question was answered or taken back.");
    Problem::conflict("already_answered", zh, en)
}

fn approve(
    tx: &mut Tx<'_>,
    row: &SchoolRow,
    (person, pupils): (PersonId, Pupils),
    text: &str,
    (note, others): (&Note, &[yitong_values::NoticeId]),
) -> Result<Result<(), Problem>, DbError> {
    let binding = &row.binding;
    let found = people::find_person(tx, binding.school, person)?.filter(|found| found.status != "left");
    // A pupil of another class is as absent to a class teacher as one who is not there.
    let found = if store::reaches(tx, pupils, binding.school, person)? { found } else { None };
    let Some(found) = found else {
        let (zh, en) = ("没有这个人，或已离校。", "There is no such person, or the person has left.");
        return Ok(Err(Problem::bad("unknown_person", zh, en).field("person")));
    };
    if bindings_store::kept_out(tx, binding.guardian, binding.school, person)? {
        let (zh, en) = (
            "此家长已被锁定，不能绑定这个孩子；请先解除锁定。",
            "This guardian is locked out of this child; unlock first.",
        );
        return Ok(Err(Problem::conflict("locked_out", zh, en)));
    }
    let bound = bindings_store::of_person(tx, binding.school, person)?;
    if bound.iter().any(|other| other.binding.guardian == binding.guardian) {
        let (zh, en) = ("此家长已绑定这个孩子。", "This guardian is bound to this child already.");
        return Ok(Err(Problem::conflict("already_bound", zh, en)));
    }
    let rights = bind::first_rights(tx, binding.school, person)?;
    let new = Binding { person: Some(person), ..binding.clone() };
    tell::others_of(tx, &new, &found.name, &row.phone_mask, others, note.at)?;
    store::approve(tx, binding.id, person, rights, text, note.at)?;
    Ok(Ok(()))
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PutRights {
    pub(super) see: bool,
    pub(super) pay: bool,
    pub(super) control: bool,
}

impl From<PutRights> for Rights {
    fn from(PutRights { see, pay, control }: PutRights) -> Rights {
        Rights { see, pay, control }
    }
}

fn not_active() -> Problem {
    let (zh, en) = ("此绑定未生效或已结束。", "This binding is not active.");
    Problem::conflict("not_active", zh, en)
}

/// Give and take a guardian's rights.
#[utoipa::path(put, path = "/schools/{school}/bindings/{id}/rights", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutRights,
    responses((status = 200, body = SchoolBinding), (status = 404), (status = 409)),
    security(("session" = ["bindings.manage"])))]
async fn set_rights(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<BindingPath>,
    Body(ask): Body<PutRights>,
) -> Result<Json<SchoolBinding>, Problem> {
    let (school, id, note) = (who.school, BindingId::new(path.id), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        change(tx, (school, Pupils::All), id, (&note, "binding.rights"), |tx, row| {
            if row.binding.state != BindingState::Active {
                return Ok(Err(not_active()));
            }
            bindings_store::set_rights(tx, id, ask.into())?;
            Ok(Ok(json!({})))
        })
    };
    app.db.write("rights of a binding", write).await?.map(|row| Json(wire(row)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutLock {
    locked: bool,
    /// Why, such as the number of a court's order; needed when locking. The trail keeps it, the guardian is not told.
    #[serde(default)]
    reason: String,
}

/// Lock a guardian out of one child, or let the guardian in again. A lock outlives the binding: no other code and no
/// other guardian gets round it.
#[utoipa::path(put, path = "/schools/{school}/bindings/{id}/lock", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutLock,
    responses((status = 200, body = SchoolBinding), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["bindings.manage"])))]
async fn set_lock(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<BindingPath>,
    Body(ask): Body<PutLock>,
) -> Result<Json<SchoolBinding>, Problem> {
    let (school, id, note) = (who.school, BindingId::new(path.id), who.note(&app));
    let (locked, reason) = (ask.locked, words("reason", &ask.reason, ask.locked)?);
    let write = move |tx: &mut Tx<'_>| {
        change(tx, (school, Pupils::All), id, (&note, "binding.lock"), |tx, row| {
            let Some(person) = row.binding.person else { return Ok(Err(not_active())) };
            store::lock(tx, row.binding.guardian, school, person, locked)?;
            Ok(Ok(json!({"reason": reason})))
        })
    };
    app.db.write("lock a binding", write).await?.map(|row| Json(wire(row)))
}

/// End a binding.
#[utoipa::path(delete, path = "/schools/{school}/bindings/{id}", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["bindings.manage"])))]
async fn end(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<BindingPath>,
) -> Result<StatusCode, Problem> {
    let (school, id, note) = (who.school, BindingId::new(path.id), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        change(tx, (school, Pupils::All), id, (&note, "binding.end"), |tx, row| {
            if row.binding.state != BindingState::Ended {
                bindings_store::end(tx, id, note.at)?;
            }
            Ok(Ok(json!({})))
        })
    };
    app.db.write("end a binding", write).await?.map(|_| StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct PersonPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LockPhone {
    phone: String,
    reason: String,
}

/// Lock a phone out of one child before its owner ever came.
#[utoipa::path(post, path = "/schools/{school}/people/{id}/guardian-locks", tag = "guardians",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = LockPhone,
    responses((status = 201, body = SchoolBinding), (status = 404), (status = 422)),
    security(("session" = ["bindings.manage"])))]
async fn lock_phone(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<PersonPath>,
    Body(ask): Body<LockPhone>,
) -> Result<(StatusCode, Json<SchoolBinding>), Problem> {
    let (phone, reason) = (mobile(&ask.phone)?, words("reason", &ask.reason, true)?);
    let (school, person, note) = (who.school, PersonId::new(path.id), who.note(&app));
    let (guardian, id, seal) = (GuardianId::new(app.new_id()), BindingId::new(app.new_id()), app.seal.clone());
    let write = move |tx: &mut Tx<'_>| {
        let Some(_) = people::find_person(tx, school, person)? else { return Ok(Err(Problem::absent())) };
        let guardian = super::store::put_guardian(tx, &seal, guardian, &phone, note.at)?.id;
        let known = bindings_store::any_of(tx, guardian, school, person)?;
        let id = known.unwrap_or(id);
        if known.is_none() {
            bindings_store::insert_binding(tx, &ended(id, guardian, school, person, &note))?;
        }
        let reason = reason.clone();
        change(tx, (school, Pupils::All), id, (&note, "binding.lock"), |tx, row| {
            store::lock(tx, row.binding.guardian, school, person, true)?;
            Ok(Ok(json!({"reason": reason})))
        })
    };
    app.db.write("lock a phone out", write).await?.map(|row| (StatusCode::CREATED, Json(wire(row))))
}

/// A binding that never was, for the lock to hang on.
fn ended(id: BindingId, guardian: GuardianId, school: SchoolId, person: PersonId, note: &Note) -> Binding {
    Binding {
        id,
        guardian,
        school,
        person: Some(person),
        state: BindingState::Ended,
        relation: Relation::Other,
        rights: Rights::NONE,
        locked: false,
        consents: Consents::default(),
        typed: None,
        answer: String::new(),
        asked_at: note.at,
        answered_at: None,
    }
}
