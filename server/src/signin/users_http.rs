//! The pages of users: who may do what in the school.

use super::audit::Subject;
use super::users::{self, NewGrant, NewUser, create_user};
use super::{Allowed, Principal, perm, roles::Role, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Page, Params, Path, Problem, like};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
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

fn wire(tx: &mut Tx<'_>, school: SchoolId, row: store::UserRow) -> Result<User, DbError> {
    let mut grants = Vec::new();
    for grant in store::grants_of(tx, row.id)?.into_iter().filter(|grant| grant.school == school) {
        let scope_name = store::find_place(tx, school, grant.scope_id)?.map_or(String::new(), |(_, name)| name);
        let (role, scope_kind, scope_id) = (grant.role, grant.scope_kind, grant.scope_id);
        grants.push(UserGrant { role, scope_kind, scope_id, scope_name });
    }
    Ok(User {
        id: row.id.uuid(),
        name: row.name,
        username: row.username,
        disabled: row.disabled,
        locked_until: (row.locked_until.ms() > 0).then(|| row.locked_until.to_string()),
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
    let (pattern, after) = (like(filter.q.as_deref()), filter.cursor.unwrap_or_default());
    let users = app
        .db
        .read(move |tx| {
            let found = store::list_users(tx, who.school, &pattern, &after, rows + 1)?;
            found.into_iter().map(|row| wire(tx, who.school, row)).collect::<Result<Vec<_>, _>>()
        })
        .await?;
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

async fn one(app: &App, school: SchoolId, user: UserId) -> Result<User, Problem> {
    let found = app
        .db
        .read(move |tx| match store::find_user(tx, user)? {
            Some(row) => wire(tx, school, row).map(Some),
            None => Ok(None),
        })
        .await?;
    // Somebody without a grant here belongs to another school, and looks absent.
    found.filter(|user| !user.grants.is_empty()).ok_or_else(Problem::absent)
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
    let new = NewUser { id, username: ask.username, name, password: ask.password, grants };
    create_user(&app, new).await?;
    let user = one(&app, who.school, id).await?;
    note(&app, &who, "user.create", &user, json!(null)).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

async fn note<P: perm::Needed>(
    app: &App,
    who: &Allowed<P>,
    action: &'static str,
    user: &User,
    before: serde_json::Value,
) -> Result<(), Problem> {
    let roles: Vec<_> = user.grants.iter().map(|g| format!("{}@{}", g.role, g.scope_name)).collect();
    let after = json!({"name": user.name, "username": user.username, "disabled": user.disabled, "roles": roles});
    let (note, id, name) = (who.note(app), user.id.to_string(), user.name.clone());
    let write =
        move |tx: &mut Tx<'_>| note.record(tx, action, Subject("user", &id, &name), before.clone(), after.clone());
    Ok(app.db.write("audit a user", write).await?)
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
    let id = UserId::new(path.id);
    let before = one(&app, who.school, id).await?;
    let name = ask.name.as_deref().map(name_of).transpose()?.unwrap_or_else(|| before.name.clone());
    let disabled = ask.disabled.unwrap_or(before.disabled);
    if id == who.principal.user && (disabled || ask.grants.is_some()) {
        let (zh, en) = ("不能停用自己或更改自己的角色。", "You can't disable yourself or change your own roles.");
        return Err(Problem::conflict("own_account", zh, en));
    }
    let grants = match &ask.grants {
        Some(asked) => Some(granted(&app, &who.principal, who.school, asked).await?),
        None => None,
    };
    let was_admin = before.grants.iter().any(|grant| grant.role == "school_admin");
    let stays = !disabled && grants.as_ref().is_none_or(|all| all.iter().any(|g| g.role == Role::SchoolAdmin));
    let school = who.school;
    let write = move |tx: &mut Tx<'_>| {
        if was_admin && !stays && store::other_admins(tx, school, id)? == 0 {
            return Ok(false);
        }
        store::update_user(tx, id, &name, disabled)?;
        if let Some(grants) = &grants {
            users::replace_grants(tx, id, school, grants)?;
        }
        if disabled {
            store::delete_sessions(tx, id)?;
        }
        Ok(true)
    };
    if !app.db.write("change user", write).await? {
        let (zh, en) = ("这是学校最后一位管理员，不能停用或移除。", "This is the school's last administrator.");
        return Err(Problem::conflict("last_admin", zh, en));
    }
    app.signin.sessions.forget_all();
    // A user whose last role here was replaced would look absent; grants are never empty, so one is there.
    let after = one(&app, who.school, id).await?;
    let roles: Vec<_> = before.grants.iter().map(|g| format!("{}@{}", g.role, g.scope_name)).collect();
    note(&app, &who, "user.edit", &after, json!({"name": before.name, "disabled": before.disabled, "roles": roles}))
        .await?;
    Ok(Json(after))
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
    let user = touchable(&app, &who, path.id).await?;
    super::password::check_new(&ask.password, &user.username)?;
    let hash = super::password::hash(ask.password).await;
    let id = UserId::new(path.id);
    let write = move |tx: &mut Tx<'_>| {
        store::set_password(tx, id, &hash)?;
        store::delete_sessions(tx, id)
    };
    app.db.write("give password", write).await?;
    app.signin.sessions.forget_all();
    note(&app, &who, "user.password", &user, json!(null)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user of this school whose rights are all within the asker's: no one takes over a mightier account.
async fn touchable<P: perm::Needed>(app: &App, who: &Allowed<P>, id: Uuid) -> Result<User, Problem> {
    let user = one(app, who.school, UserId::new(id)).await?;
    let other = app.db.read(move |tx| super::sessions::principal_of(tx, UserId::new(id))).await?;
    let mightier = other.is_some_and(|other| other.schools.iter().any(|school| !who.principal.knows(*school)));
    if mightier {
        let (zh, en) = ("此用户在其他学校也有角色，请由服务商处理。", "This user has roles in other schools, too.");
        return Err(Problem::refused(StatusCode::FORBIDDEN, "grant_above_own", zh, en));
    }
    Ok(user)
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
    let user = one(&app, who.school, UserId::new(path.id)).await?;
    let (id, never) = (UserId::new(path.id), yitong_values::Timestamp::from_ms(0));
    app.db.write("unlock user", move |tx| store::count_failure(tx, id, 0, never)).await?;
    note(&app, &who, "user.unlock", &user, json!(null)).await?;
    Ok(StatusCode::NO_CONTENT)
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
    let user = touchable(&app, &who, path.id).await?;
    let id = UserId::new(path.id);
    let write = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, id, None, false, 0)?;
        store::replace_recovery(tx, id, &[])
    };
    app.db.write("remove totp of user", write).await?;
    app.signin.sessions.forget_all();
    note(&app, &who, "user.totp_remove", &user, json!(null)).await?;
    Ok(StatusCode::NO_CONTENT)
}
