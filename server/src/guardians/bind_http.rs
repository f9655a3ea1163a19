//! Binding a child over HTTP: the school is found, a paper code looked up, the binding made or asked for, and ended.

use super::bind::{self, Answered, Said};
use super::binding::{Binding, BindingState, Relation, Typed};
use super::child::{Child, children, mask, mask_name};
use super::consents::{ConsentText, Purpose, TEXTS, text_of, texts};
use super::guard::Guardian;
use super::limits::{Knock, too_often};
use super::look_up::{self, Ask, Found, TICKET_MS};
use super::refusal::Refusal;
use super::{bindings_store, tell};
use crate::App;
use crate::people::import::{fields, sheet::clean};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Params, Path, Problem, like, named};
use crate::schools;
use crate::signin::audit::{self, Actor, Change};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, SchoolId, UserId};

const SCHOOLS_MAX: i64 = 20;
const MESSAGE_CHARS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find_schools))
        .routes(routes!(consent_texts))
        .routes(routes!(look_up_child))
        .routes(routes!(put, end))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SchoolQuery {
    /// A part of the name, two signs at least.
    q: String,
}

#[derive(Serialize, ToSchema)]
struct FoundSchools {
    items: Vec<FoundSchool>,
}

#[derive(Serialize, ToSchema)]
struct FoundSchool {
    id: Uuid,
    name: String,
}

/// Schools by a part of their name.
#[utoipa::path(get, path = "/guardian/schools", tag = "guardians", params(SchoolQuery),
    responses((status = 200, body = FoundSchools), (status = 422), (status = 429)), security(("guardian" = [])))]
async fn find_schools(
    State(app): State<App>,
    who: Guardian,
    Params(query): Params<SchoolQuery>,
) -> Result<Json<FoundSchools>, Problem> {
    app.guardians.doors.knock(who.from, Knock::FindSchool)?;
    let q = clean(&query.q);
    if q.chars().count() < 2 {
        let (zh, en) = ("请至少输入学校名称的两个字。", "Enter two signs of the school's name at least.");
        return Err(Problem::bad("too_short", zh, en).field("q"));
    }
    let pattern = like(Some(&q));
    let found = app.db.read(move |tx| schools::search_schools(tx, &pattern, SCHOOLS_MAX)).await?;
    let wire = |(id, name): (SchoolId, String)| FoundSchool { id: id.uuid(), name };
    Ok(Json(FoundSchools { items: found.into_iter().map(wire).collect() }))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TextsQuery {
    school: Uuid,
}

#[derive(Serialize, ToSchema)]
struct ConsentTexts {
    items: Vec<ConsentText>,
}

pub(super) async fn texts_of(app: &App, school: SchoolId) -> Result<Vec<ConsentText>, Problem> {
    let found = app.db.read(move |tx| schools::name_and_phone(tx, school)).await?;
    found.map(|(name, phone)| texts(&name, &phone)).ok_or_else(Problem::absent)
}

/// What a guardian of a school is asked to agree to.
#[utoipa::path(get, path = "/guardian/consent-texts", tag = "guardians", params(TextsQuery),
    responses((status = 200, body = ConsentTexts), (status = 404)), security(("guardian" = [])))]
async fn consent_texts(
    State(app): State<App>,
    _who: Guardian,
    Params(query): Params<TextsQuery>,
) -> Result<Json<ConsentTexts>, Problem> {
    Ok(Json(ConsentTexts { items: texts_of(&app, query.school.into()).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookUpAsk {
    name: String,
    /// Student number or ID number.
    number: String,
    /// The twelve signs on the paper; case, dashes and spaces are overlooked.
    code: String,
}

#[derive(Serialize, ToSchema)]
struct LookedUp {
    /// To bind with, once, within `expires_s`.
    ticket: String,
    school: FoundSchool,
    child: LookedUpChild,
    expires_s: i64,
    consents: Vec<ConsentText>,
}

#[derive(Serialize, ToSchema)]
struct LookedUpChild {
    name_mask: String,
    number_mask: String,
    class: Option<String>,
    /// student, staff or visitor
    kind: String,
}

/// Look a child up by its paper code. What does not fit gets one answer, whatever it is.
#[utoipa::path(post, path = "/guardian/bindings/look-up", tag = "guardians", request_body = LookUpAsk,
    responses((status = 200, body = LookedUp), (status = 422), (status = 429)), security(("guardian" = [])))]
async fn look_up_child(
    State(app): State<App>,
    who: Guardian,
    Body(ask): Body<LookUpAsk>,
) -> Result<Json<LookedUp>, Problem> {
    let (now, audit_id) = (app.now(), app.new_id());
    let asked = Ask::new(&app.seal, who.id(), who.from, (&ask.name, &ask.number, &ask.code), now);
    let (guardian, from, code_hash) = (who.id(), who.from, asked.code_hash.clone());
    let seal = app.seal.clone();
    let write = move |tx: &mut Tx<'_>| {
        let (found, refused) = look_up::look_up(tx, &seal, &asked)?;
        if let Some(refused) = refused.filter(|refused| refused.now_locked) {
            let change = Change {
                id: audit_id.into(),
                at: now,
                actor: Actor { user: UserId::new(Uuid::nil()), from },
                school: refused.school,
                action: "binding.too_many_tries",
                subject_kind: "guardian",
                subject_id: &guardian.to_string(),
                subject_name: "",
                before: json!(null),
                after: json!(null),
            };
            audit::record(tx, &change)?;
        }
        Ok(found)
    };
    let row = match app.db.write("look a child up", write).await? {
        Found::Child(row) => *row,
        Found::Nothing => return Err(Refusal::NotFound.into()),
        Found::Locked { seconds } => return Err(too_often(seconds)),
    };
    let ticket = look_up::ticket(&app.seal, guardian, &code_hash, now);
    let consents = texts_of(&app, row.school).await?;
    let (name_mask, number_mask) = (mask_name(&row.name), mask(&row.number));
    let child = LookedUpChild { name_mask, number_mask, class: row.class, kind: row.kind };
    let school = FoundSchool { id: row.school.uuid(), name: row.school_name };
    Ok(Json(LookedUp { ticket, school, child, expires_s: TICKET_MS / 1_000, consents }))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutBinding {
    /// Of the look-up. Without one the school is asked, and the four fields below say what about.
    ticket: Option<String>,
    school: Option<Uuid>,
    name: Option<String>,
    /// Student number or ID number.
    number: Option<String>,
    message: Option<String>,
    /// father, mother, grandparent or other
    relation: String,
    /// An answer to every purpose.
    consents: Vec<PutConsent>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutConsent {
    /// account, meals, messages or photo
    purpose: String,
    /// Of the text that was shown.
    version: i64,
    given: bool,
}

pub(super) fn outdated() -> Problem {
    let (zh, en) = ("授权说明已更新，请重新阅读后选择。", "The text of consent has changed; read it again and choose.");
    Problem::conflict("consent_outdated", zh, en).field("consents")
}

/// Every purpose once, in the version of now; the required ones given.
fn answers(app: &App, asked: &[PutConsent]) -> Result<Vec<Answered>, Problem> {
    let one = |purpose: Purpose| {
        let mut of = asked.iter().filter(|consent| consent.purpose == purpose.word());
        let (Some(consent), None) = (of.next(), of.next()) else {
            let (zh, en) = ("请对每一项授权选择同意或不同意。", "Answer each question of consent with yes or no.");
            return Err(Problem::bad("consents_incomplete", zh, en).field("consents"));
        };
        if consent.version != text_of(purpose).version {
            return Err(outdated());
        }
        if purpose.required() && !consent.given {
            let (zh, en) = ("不同意这一项就不能绑定。", "Without this consent there is no binding.");
            return Err(Problem::bad("consent_required", zh, en).field("consents").with("purpose", purpose.word()));
        }
        Ok(Answered { id: app.new_id().into(), purpose, given: consent.given })
    };
    let answered = Purpose::ALL.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    if asked.len() > TEXTS.len() {
        let (zh, en) = ("有未知的授权项。", "There is an unknown purpose.");
        return Err(Problem::bad("unknown_purpose", zh, en).field("consents"));
    }
    Ok(answered)
}

fn typed(ask: &PutBinding) -> Result<(SchoolId, Typed), Problem> {
    let missing = |field: &str, zh: &str, en: &str| Problem::bad("field_missing", zh, en).field(field);
    let school = ask.school.ok_or_else(|| missing("school", "请选择学校。", "Choose the school."))?;
    let name = fields::name(&clean(ask.name.as_deref().unwrap_or_default()))
        .map_err(|why| Problem::bad("bad_name", why.zh, why.en).field("name"))?;
    let number = clean(ask.number.as_deref().unwrap_or_default()).to_uppercase();
    if !(1..=32).contains(&number.chars().count()) {
        return Err(missing("number", "请填写学号或身份证号。", "Enter the student number or the ID number."));
    }
    let message = ask.message.as_deref().unwrap_or_default().trim().to_owned();
    if message.chars().count() > MESSAGE_CHARS_MAX {
        let (zh, en) = ("留言不超过 200 个字。", "A message has 200 characters at most.");
        return Err(Problem::bad("too_long", zh, en).field("message"));
    }
    Ok((SchoolId::new(school), Typed { name, number, message }))
}

#[derive(Deserialize)]
struct BindingPath {
    id: Uuid,
}

/// Bind a child by the ticket of a look-up, or ask its school. The answer to a question says nothing about whether
/// there is such a child.
#[utoipa::path(put, path = "/guardian/bindings/{id}", tag = "guardians", params(("id" = Uuid, Path)),
    request_body = PutBinding, responses((status = 200, body = Child), (status = 409), (status = 422)),
    security(("guardian" = [])))]
async fn put(
    State(app): State<App>,
    who: Guardian,
    Path(path): Path<BindingPath>,
    Body(ask): Body<PutBinding>,
) -> Result<Json<Child>, Problem> {
    let id: BindingId = named("id", path.id)?;
    let relation = Relation::from_word(&ask.relation).ok_or_else(|| {
        let (zh, en) = ("请选择与孩子的关系。", "Choose how you are related to the child.");
        Problem::bad("unknown_relation", zh, en).field("relation")
    })?;
    let said = Said { id, relation, answers: answers(&app, &ask.consents)? };
    let (acting, seal) = (tell::Who::of(&app, &who), app.seal.clone());
    let made = match ask.ticket.clone() {
        Some(ticket) => {
            let ids = tell::notice_ids(&app);
            let write = move |tx: &mut Tx<'_>| bind::by_ticket(tx, &seal, &acting, &ticket, &said, &ids);
            app.db.write("bind a child", write).await?
        }
        None => {
            let (school, typed) = typed(&ask)?;
            let known = app.db.read(move |tx| schools::name_and_phone(tx, school)).await?;
            if known.is_none() {
                return Err(
                    Problem::bad("unknown_school", "没有这所学校。", "There is no such school.").field("school")
                );
            }
            let write = move |tx: &mut Tx<'_>| bind::ask_school(tx, &seal, &acting, school, &typed, &said);
            app.db.write("ask a school", write).await?
        }
    };
    made?;
    child_of(&app, &who, id).await.map(Json)
}

async fn child_of(app: &App, who: &Guardian, id: BindingId) -> Result<Child, Problem> {
    let (guardian, seal) = (who.id(), app.seal.clone());
    let all = app.db.read(move |tx| children(tx, &seal, guardian)).await?;
    all.into_iter().find(|child| child.binding == id.uuid()).ok_or_else(Problem::absent)
}

/// End a binding, take a question back, or put an answered one away.
#[utoipa::path(delete, path = "/guardian/bindings/{id}", tag = "guardians", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404)), security(("guardian" = [])))]
async fn end(State(app): State<App>, who: Guardian, Path(path): Path<BindingPath>) -> Result<StatusCode, Problem> {
    let (id, guardian, acting) = (BindingId::new(path.id), who.id(), tell::Who::of(&app, &who));
    let answer = app.new_id().into();
    let write = move |tx: &mut Tx<'_>| {
        let own = bindings_store::find_binding(tx, id)?.filter(|own| own.guardian == guardian && !own.locked);
        match own {
            None => Ok::<_, DbError>(false),
            Some(Binding { state: BindingState::Ended, .. }) => Ok(true),
            Some(own) => {
                let name = bindings_store::name_of(tx, &own)?;
                bind::end_own(tx, &acting, &own, answer, &name)?;
                Ok(true)
            }
        }
    };
    let ended = app.db.write("end a binding", write).await?;
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
