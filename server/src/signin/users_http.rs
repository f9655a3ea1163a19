//! The users of a school: the list, and a new one.

use super::http::name_hash;
use super::user_changes_http::Asked;
use super::users::{self, NewGrant, NewUser};
use super::{Allowed, Principal, perm, roles::Role, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Problem, like};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{ClassId, SchoolId, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create))
}

#[derive(Serialize, ToSchema)]
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) username: String,
    pub(super) disabled: bool,
    pub(super) locked_until: Option<String>,
    pub(super) last_signin_at: Option<String>,
    pub(super) second_factor: bool,
    pub(super) grants: Vec<UserGrant>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct UserGrant {
    pub(super) role: String,
    pub(super) scope_kind: String,
    pub(super) scope_id: Uuid,
    pub(super) scope_name: String,
    /// Of a class teacher: whose guardians the role may see and approve.
    pub(super) classes: Vec<GrantedClass>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct GrantedClass {
    id: Uuid,
    pub(super) name: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedGrant {
    role: String,
    /// school, campus, canteen or stall.
    scope_kind: String,
    scope_id: Uuid,
    /// Only of a class teacher; without one the role says nothing about guardians.
    #[serde(default)]
    classes: Vec<Uuid>,
}

/// Classes that one role may be for.
const CLASSES_MAX: usize = 60;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name or user name.
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The parts of a user's wire shape that are not in the row.
pub(super) fn wire(tx: &mut Tx<'_>, app: &App, school: SchoolId, row: store::UserRow) -> Result<User, DbError> {
    let mut grants = Vec::new();
    for grant in store::grants_of(tx, row.id)?.into_iter().filter(|grant| grant.school == school) {
        let scope_name = store::find_place(tx, school, grant.scope_id)?.map_or(String::new(), |(_, name)| name);
        let (role, scope_kind, scope_id) = (grant.role, grant.scope_kind, grant.scope_id);
        let classes = store::classes_of(tx, row.id, &role, school)?;
        let classes = classes.into_iter().map(|(id, name)| GrantedClass { id, name }).collect();
        grants.push(UserGrant { role, scope_kind, scope_id, scope_name, classes });
    }
    let failures = store::find_failures(tx, &name_hash(app, &row.username))?;
    let locked = failures.filter(|failures| failures.locked(app.now()));
    Ok(User {
        id: row.id.uuid(),
        name: row.name,
        username: row.username,
        disabled: row.disabled,
        locked_until: locked.map(|failures| failures.locked_until.to_string()),
        last_signin_at: row.last_signin_at.map(|at| at.to_string()),
        second_factor: row.totp_confirmed,
        grants,
    })
}

/// Users with a role in this school.
#[utoipa::path(get, path = "/schools/{school}/users", tag = "signin", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<User>)), security(("session" = ["users.manage"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<User>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let db = app.db.clone();
    let (pattern, after) = (like(filter.q.as_deref()), filter.cursor.unwrap_or_default());
    let list = move |tx: &mut Tx<'_>| {
        let found = store::list_users(tx, who.school, &pattern, &after, rows + 1)?;
        found.into_iter().map(|row| wire(tx, &app, who.school, row)).collect::<Result<Vec<_>, _>>()
    };
    let users = db.read(list).await?;
    Ok(Json(Page::cut(users, rows, |user| user.username.clone())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateUser {
    name: String,
    username: String,
    password: String,
    grants: Vec<AskedGrant>,
}

pub(super) async fn granted(
    app: &App,
    who: &Principal,
    school: SchoolId,
    asked: &[AskedGrant],
) -> Result<Vec<NewGrant>, Problem> {
    if asked.is_empty() {
        return Err(Problem::bad("no_grant", "请至少选择一个角色。", "Choose at least one role.").field("grants"));
    }
    let mut grants = Vec::new();
    for ask in asked {
        let unknown = || {
            let (zh, en) = ("角色或范围不存在。", "The role or its place does not exist.");
            Problem::bad("unknown_grant", zh, en).field("grants")
        };
        let role = Role::from_word(&ask.role).ok_or_else(unknown)?;
        let (kind, id) = (ask.scope_kind.clone(), ask.scope_id);
        let scope = app.db.read(move |tx| users::scope_in(tx, school, &kind, id)).await?.ok_or_else(unknown)?;
        users::may_grant(who, school, role, scope)?;
        let classes = classes_in(app, school, role, ask.classes.clone()).await?;
        grants.push(NewGrant { role, scope, school, classes });
    }
    Ok(grants)
}

/// The classes that were asked for, all of this school, and only of a role that is for classes.
async fn classes_in(app: &App, school: SchoolId, role: Role, asked: Vec<Uuid>) -> Result<Vec<ClassId>, Problem> {
    if asked.len() > CLASSES_MAX || (!role.of_classes() && !asked.is_empty()) {
        let (zh, en) = ("只有班主任可以指定班级，至多 60 个。", "Only a teacher is given classes, 60 at most.");
        return Err(Problem::bad("classes_unfit", zh, en).field("grants"));
    }
    let classes = asked.iter().copied().map(ClassId::new).collect();
    let all = move |tx: &mut Tx<'_>| {
        asked.iter().try_fold(true, |all, class| Ok(store::is_class(tx, school, *class)? && all))
    };
    if app.db.read(all).await? {
        return Ok(classes);
    }
    Err(Problem::bad("unknown_class", "没有这个班级。", "There is no such class.").field("grants"))
}

/// A user with a role in this school. Somebody without one belongs to another school, and looks absent.
pub(super) fn one(tx: &mut Tx<'_>, app: &App, school: SchoolId, user: UserId) -> Result<Option<User>, DbError> {
    let Some(row) = store::find_user(tx, user)? else { return Ok(None) };
    Ok(Some(wire(tx, app, school, row)?).filter(|user| !user.grants.is_empty()))
}

pub(super) fn name_of(name: &str) -> Result<String, Problem> {
    let name = name.trim().to_owned();
    if (1..=60).contains(&name.chars().count()) {
        return Ok(name);
    }
    Err(Problem::bad("bad_name", "姓名为 1 至 60 个字。", "A name has 1 to 60 characters.").field("name"))
}

/// Add a user.
#[utoipa::path(post, path = "/schools/{school}/users", tag = "signin", params(("school" = Uuid, Path)),
    request_body = CreateUser, responses((status = 201, body = User), (status = 409), (status = 422)),
    security(("session" = ["users.manage"])))]
async fn create(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Body(ask): Body<CreateUser>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let name = name_of(&ask.name)?;
    let grants = granted(&app, &who.principal, who.school, &ask.grants).await?;
    let id = UserId::new(app.new_id());
    let new = users::prepare(NewUser { id, username: ask.username, name, password: ask.password, grants }).await?;
    let (db, asked, now) = (app.db.clone(), Asked::of(&app, &who, id.uuid()), app.now());
    let create = move |tx: &mut Tx<'_>| {
        if !users::insert(tx, &new, now)? {
            return Ok(None);
        }
        let row = store::find_user(tx, id)?.ok_or_else(|| DbError::Broken("a new user is not there".into()))?;
        let user = wire(tx, &asked.app, asked.note.school, row)?;
        asked.record(tx, "user.create", None, &user)?;
        Ok(Some(user))
    };
    let user = db.write("create user", create).await?.ok_or_else(users::username_taken)?;
    Ok((StatusCode::CREATED, Json(user)))
}
