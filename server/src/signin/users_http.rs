//! The pages of users: who may do what in the school.

use super::audit::{Note, Subject};
use super::http::name_hash;
use super::users::{self, NewGrant, NewUser, Reach};
use super::{Allowed, Principal, perm, roles::Role, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{SchoolId, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(set_password))
        .routes(routes!(unlock))
        .routes(routes!(remove_totp))
}

#[derive(Serialize, ToSchema)]
struct User {
    id: Uuid,
    name: String,
    username: String,
    disabled: bool,
    locked_until: Option<String>,
    last_signin_at: Option<String>,
    second_factor: bool,
    grants: Vec<UserGrant>,
}

#[derive(Serialize, ToSchema)]
struct UserGrant {
    role: String,
    scope_kind: String,
    scope_id: Uuid,
    scope_name: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AskedGrant {
    role: String,
    /// school, campus, canteen or stall.
    scope_kind: String,
    scope_id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of the name or user name.
    q: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The parts of a user's wire shape that are not in the row.
fn wire(tx: &mut Tx<'_>, app: &App, school: SchoolId, row: store::UserRow) -> Result<User, DbError> {
    let mut grants = Vec::new();
    for grant in store::grants_of(tx, row.id)?.into_iter().filter(|grant| grant.school == school) {
        let scope_name = store::find_place(tx, school, grant.scope_id)?.map_or(String::new(), |(_, name)| name);
        let (role, scope_kind, scope_id) = (grant.role, grant.scope_kind, grant.scope_id);
        grants.push(UserGrant { role, scope_kind, scope_id, scope_name });
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

async fn granted(app: &App, who: &Principal, school: SchoolId, asked: &[AskedGrant]) -> Result<Vec<NewGrant>, Problem> {
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
        grants.push(NewGrant { role, scope, school });
    }
    Ok(grants)
}

/// A user with a role in this school. Somebody without one belongs to another school, and looks absent.
fn one(tx: &mut Tx<'_>, app: &App, school: SchoolId, user: UserId) -> Result<Option<User>, DbError> {
    let Some(row) = store::find_user(tx, user)? else { return Ok(None) };
    Ok(Some(wire(tx, app, school, row)?).filter(|user| !user.grants.is_empty()))
}

/// The same for a change that reaches so far.
fn touchable(tx: &mut Tx<'_>, ask: &Asked, reach: Reach) -> Result<Result<User, Problem>, DbError> {
    let Some(user) = one(tx, &ask.app, ask.note.school, ask.user)? else { return Ok(Err(Problem::absent())) };
    Ok(users::may_touch(tx, &ask.who, ask.note.school, ask.user, reach)?.map(|()| user))
}

/// Who asks for a change to which user: what each unit below carries along.
#[derive(Clone)]
struct Asked {
    app: App,
    who: Arc<Principal>,
    note: Note,
    user: UserId,
}

impl Asked {
    fn of(app: &App, who: &Allowed<perm::UsersManage>, user: Uuid) -> Asked {
        let (note, user) = (who.note(app), UserId::new(user));
        Asked { app: app.clone(), who: Arc::clone(&who.principal), note, user }
    }

    fn record(&self, tx: &mut Tx<'_>, action: &str, before: Option<&User>, after: &User) -> Result<(), DbError> {
        let told = |user: &User| {
            let roles: Vec<_> = user.grants.iter().map(|g| format!("{}@{}", g.role, g.scope_name)).collect();
            json!({"name": user.name, "username": user.username, "disabled": user.disabled, "roles": roles})
        };
        let subject = Subject("user", &after.id.to_string(), &after.name);
        self.note.record(tx, action, subject, json!(before.map(told)), told(after))
    }

    /// One unit: look whether the asker may, change, note it. Afterwards no remembered session is believed.
    async fn change(
        self,
        name: &'static str,
        action: &'static str,
        reach: Reach,
        work: impl Fn(&mut Tx<'_>, &User) -> Result<(), DbError> + Send + 'static,
    ) -> Result<StatusCode, Problem> {
        let app = self.app.clone();
        let unit = move |tx: &mut Tx<'_>| {
            let user = match touchable(tx, &self, reach)? {
                Ok(user) => user,
                Err(problem) => return Ok(Err(problem)),
            };
            work(tx, &user)?;
            self.record(tx, action, None, &user).map(Ok)
        };
        app.db.write(name, unit).await??;
        app.signin.sessions.forget_all();
        Ok(StatusCode::NO_CONTENT)
    }
}

fn name_of(name: &str) -> Result<String, Problem> {
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    name: Option<String>,
    disabled: Option<bool>,
    grants: Option<Vec<AskedGrant>>,
}

#[derive(Deserialize)]
struct UserPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Change a user's name or roles, or disable the user.
#[utoipa::path(patch, path = "/schools/{school}/users/{id}", tag = "signin",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeUser,
    responses((status = 200, body = User), (status = 404), (status = 409)), security(("session" = ["users.manage"])))]
async fn change(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<UserPath>,
    Body(ask): Body<ChangeUser>,
) -> Result<Json<User>, Problem> {
    if path.id == who.principal.user.uuid() && (ask.disabled == Some(true) || ask.grants.is_some()) {
        let (zh, en) = ("不能停用自己或更改自己的角色。", "You can't disable yourself or change your own roles.");
        return Err(Problem::conflict("own_account", zh, en));
    }
    let name = ask.name.as_deref().map(name_of).transpose()?;
    let grants = match &ask.grants {
        Some(asked) => Some(granted(&app, &who.principal, who.school, asked).await?),
        None => None,
    };
    let change = Change { asked: Asked::of(&app, &who, path.id), name, disabled: ask.disabled, grants };
    let after = app.db.write("change user", move |tx| change.apply(tx)).await??;
    app.signin.sessions.forget_all();
    Ok(Json(after))
}

struct Change {
    asked: Asked,
    name: Option<String>,
    disabled: Option<bool>,
    grants: Option<Vec<NewGrant>>,
}

impl Change {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<Result<User, Problem>, DbError> {
        let (school, user) = (self.asked.note.school, self.asked.user);
        let everywhere = self.name.is_some() || self.disabled.is_some();
        let before = match touchable(tx, &self.asked, if everywhere { Reach::Everywhere } else { Reach::School })? {
            Ok(user) => user,
            Err(problem) => return Ok(Err(problem)),
        };
        let disabled = self.disabled.unwrap_or(before.disabled);
        let was_admin = !before.disabled && before.grants.iter().any(|grant| grant.role == Role::SchoolAdmin.word());
        let kept = self.grants.as_ref().is_none_or(|all| all.iter().any(|g| g.role == Role::SchoolAdmin));
        if was_admin && (disabled || !kept) && store::other_admins(tx, school, user)? == 0 {
            let (zh, en) = ("这是学校最后一位管理员，不能停用或移除。", "This is the school's last administrator.");
            return Ok(Err(Problem::conflict("last_admin", zh, en)));
        }
        store::update_user(tx, user, self.name.as_deref().unwrap_or(&before.name), disabled)?;
        if let Some(grants) = &self.grants {
            users::replace_grants(tx, user, school, grants)?;
        }
        if disabled {
            store::delete_sessions(tx, user)?;
        }
        let after = one(tx, &self.asked.app, school, user)?;
        // Grants that were asked for are never empty, so the user still has one here.
        let after = after.ok_or_else(|| DbError::Broken("a changed user has no role".into()))?;
        self.asked.record(tx, "user.edit", Some(&before), &after)?;
        Ok(Ok(after))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GivenPassword {
    password: String,
}

/// Give a user a new password; the user's sessions end.
#[utoipa::path(post, path = "/schools/{school}/users/{id}/password", tag = "signin",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = GivenPassword,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["users.manage"])))]
async fn set_password(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<UserPath>,
    Body(ask): Body<GivenPassword>,
) -> Result<StatusCode, Problem> {
    let (db, asked) = (app.db.clone(), Asked::of(&app, &who, path.id));
    let find = asked.clone();
    let user = db.read(move |tx| touchable(tx, &find, Reach::Everywhere)).await??;
    super::password::check_new(&ask.password, &user.username)?;
    let hash = super::password::hash(ask.password).await;
    let id = asked.user;
    let set = move |tx: &mut Tx<'_>, _: &User| {
        store::set_password(tx, id, &hash)?;
        store::delete_sessions(tx, id)
    };
    asked.change("give password", "user.password", Reach::Everywhere, set).await
}

/// Unlock a user name after too many wrong passwords.
#[utoipa::path(post, path = "/schools/{school}/users/{id}/unlock", tag = "signin",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["users.manage"])))]
async fn unlock(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<UserPath>,
) -> Result<StatusCode, Problem> {
    let unlock_app = app.clone();
    let work = move |tx: &mut Tx<'_>, user: &User| store::forget_failures(tx, &name_hash(&unlock_app, &user.username));
    Asked::of(&app, &who, path.id).change("unlock user", "user.unlock", Reach::School, work).await
}

/// Take away a lost second factor.
#[utoipa::path(delete, path = "/schools/{school}/users/{id}/totp", tag = "signin",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["users.manage"])))]
async fn remove_totp(
    State(app): State<App>,
    who: Allowed<perm::UsersManage>,
    Path(path): Path<UserPath>,
) -> Result<StatusCode, Problem> {
    let id = UserId::new(path.id);
    let remove = move |tx: &mut Tx<'_>, _: &User| {
        store::set_totp(tx, id, None, false, 0)?;
        store::replace_recovery(tx, id, &[])
    };
    Asked::of(&app, &who, path.id).change("remove totp", "user.totp_remove", Reach::Everywhere, remove).await
}
