//! Changes to a user: name, roles, disabling, password, lock, second factor; each in one unit with its audit line.

use super::audit::{Note, Subject};
use super::http::name_hash;
use super::users::{self, NewGrant, Reach};
use super::users_http::{AskedGrant, User, UserGrant, granted, name_of, one};
use super::{Allowed, Principal, perm, roles::Role, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::UserId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(set_password))
        .routes(routes!(unlock))
        .routes(routes!(remove_totp))
}

/// A user of this school whom the asker may change so far.
fn touchable(tx: &mut Tx<'_>, ask: &Asked, reach: Reach) -> Result<Result<User, Problem>, DbError> {
    let Some(user) = one(tx, &ask.app, ask.note.school, ask.user)? else { return Ok(Err(Problem::absent())) };
    Ok(users::may_touch(tx, &ask.who, ask.note.school, ask.user, reach)?.map(|()| user))
}

/// Who asks for a change to which user: what each unit below carries along.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) app: App,
    who: Arc<Principal>,
    pub(super) note: Note,
    user: UserId,
}

impl Asked {
    pub(super) fn of(app: &App, who: &Allowed<perm::UsersManage>, user: Uuid) -> Asked {
        let (note, user) = (who.note(app), UserId::new(user));
        Asked { app: app.clone(), who: Arc::clone(&who.principal), note, user }
    }

    pub(super) fn record(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        before: Option<&User>,
        after: &User,
    ) -> Result<(), DbError> {
        let told = |user: &User| {
            let role = |g: &UserGrant| {
                let classes: Vec<_> = g.classes.iter().map(|class| class.name.as_str()).collect();
                let at = if classes.is_empty() { g.scope_name.clone() } else { classes.join(" ") };
                format!("{}@{at}", g.role)
            };
            let roles: Vec<_> = user.grants.iter().map(role).collect();
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
