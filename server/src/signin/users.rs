//! Users and their grants, for the pages of the administrator, the first-run set-up and the demo.

use super::roles::Role;
use super::sessions::TokenHash;
use super::store::GrantRow;
use super::{Principal, Scope, password, sessions, store, totp};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use uuid::Uuid;
use yitong_values::{SchoolId, UserId};

#[derive(Clone, Debug)]
pub struct NewGrant {
    pub role: Role,
    pub scope: Scope,
    /// The nil id when the scope lies above schools.
    pub school: SchoolId,
}

#[derive(Clone, Debug)]
pub struct NewUser {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub password: String,
    pub grants: Vec<NewGrant>,
}

pub async fn no_user_yet(app: &App) -> Result<bool, Problem> {
    Ok(app.db.read(|tx| store::count_users(tx)).await? == 0)
}

pub const USERNAME_CHARS_MAX: usize = 40;

pub fn check_username(username: &str) -> Result<(), Problem> {
    let shaped = (2..=USERNAME_CHARS_MAX).contains(&username.chars().count())
        && username.chars().all(|c| c.is_alphanumeric() || "._-@".contains(c));
    if shaped {
        return Ok(());
    }
    let (zh, en) = ("用户名为 2 至 40 个字母、数字或 . _ - @。", "A user name has 2 to 40 letters, digits or . _ - @");
    Err(Problem::bad("bad_username", zh, en).field("username"))
}

fn grant_row(grant: &NewGrant) -> GrantRow {
    let (kind, id) = grant.scope.parts();
    GrantRow { role: grant.role.word().into(), scope_kind: kind.into(), scope_id: id, school: grant.school }
}

/// Repeating it with the same id changes nothing; a taken user name is refused.
pub async fn create_user(app: &App, new: NewUser) -> Result<UserId, Problem> {
    let username = new.username.trim().to_lowercase();
    check_username(&username)?;
    password::check_new(&new.password, &username)?;
    let hash = password::hash(new.password.clone()).await;
    let now = app.now();
    let create = move |tx: &mut Tx<'_>| -> Result<Result<(), ()>, DbError> {
        match store::find_username(tx, &username)? {
            Some(row) if row.id == new.id => {}
            Some(_) => return Ok(Err(())),
            None => store::insert_user(tx, new.id, &username, new.name.trim(), &hash, now)?,
        }
        for grant in &new.grants {
            store::add_grant(tx, new.id, &grant_row(grant))?;
        }
        Ok(Ok(()))
    };
    let id = new.id;
    let created = app.db.write("create user", create).await?;
    created.map(|()| id).map_err(|()| {
        Problem::conflict("username_taken", "用户名已被使用。", "The user name is taken.").field("username")
    })
}

/// Replaces what the user was granted in this school.
pub fn replace_grants(tx: &mut Tx<'_>, user: UserId, school: SchoolId, grants: &[NewGrant]) -> Result<(), DbError> {
    store::remove_grants(tx, user, school)?;
    for grant in grants {
        store::add_grant(tx, user, &grant_row(grant))?;
    }
    Ok(())
}

/// For the demo: a confirmed second factor with a given secret.
pub async fn enrol_totp(app: &App, user: UserId, secret: &[u8]) -> Result<(), Problem> {
    let sealed = app.seal.seal(&super::http::totp_place(user), secret);
    let hashes: Vec<TokenHash> = totp::recovery_codes().iter().map(|code| sessions::hash_token(code)).collect();
    let enrol = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, Some(sealed.clone()), true, 0)?;
        store::replace_recovery(tx, user, &hashes)
    };
    Ok(app.db.write("enrol totp", enrol).await?)
}

/// Nobody gives what they do not have, nor above their own place.
pub fn may_grant(who: &Principal, school: SchoolId, role: Role, scope: Scope) -> Result<(), Problem> {
    let missing = role.permissions().into_iter().find(|permission| {
        // A finance role gives rights that its giver need not use: an administrator of users appoints, and does not pay.
        let appoints = role == Role::Finance && who.may(super::Permission::UsersManage, school);
        !appoints && !who.may(*permission, school)
    });
    if !scope.below_school() || missing.is_some() {
        let (zh, en) = ("不能授予自己没有的权限。", "You can't grant what you do not have yourself.");
        return Err(Problem::refused(axum::http::StatusCode::FORBIDDEN, "grant_above_own", zh, en).field("grants"));
    }
    Ok(())
}

/// The scope that the words name, if such a place exists in the school.
pub fn scope_in(tx: &mut Tx<'_>, school: SchoolId, kind: &str, id: Uuid) -> Result<Option<Scope>, DbError> {
    let place = store::find_place(tx, school, id)?;
    Ok(place.filter(|(found, _)| found == kind).and_then(|_| Scope::from_parts(kind, id)))
}
