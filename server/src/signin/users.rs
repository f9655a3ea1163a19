//! Users and their grants, for the pages of the administrator, the first-run set-up and the demo.
//! async because a new password is hashed off the request threads before the unit.

use super::roles::Role;
use super::store::GrantRow;
use super::{Permission, Principal, Scope, password, store, totp};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use axum::http::StatusCode;
use uuid::Uuid;
use yitong_values::{ClassId, SchoolId, Timestamp, UserId};

#[derive(Clone, Debug)]
pub struct NewGrant {
    pub role: Role,
    pub scope: Scope,
    /// The nil id when the scope lies above schools.
    pub school: SchoolId,
    /// Only of a role that is for classes; without one it says nothing about guardians.
    pub classes: Vec<ClassId>,
}

impl NewGrant {
    pub fn of(role: Role, scope: Scope, school: SchoolId) -> NewGrant {
        NewGrant { role, scope, school, classes: Vec::new() }
    }
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
    Ok(app.db.read(store::count_users).await? == 0)
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

/// A user whose words were checked and whose password was hashed: what a unit of work can insert.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(super) id: UserId,
    pub(super) username: String,
    pub(super) name: String,
    hash: String,
    grants: Vec<NewGrant>,
}

pub async fn prepare(new: NewUser) -> Result<Prepared, Problem> {
    let username = new.username.trim().to_lowercase();
    check_username(&username)?;
    password::check_new(&new.password, &username)?;
    let hash = password::hash(new.password).await;
    Ok(Prepared { id: new.id, username, name: new.name.trim().to_owned(), hash, grants: new.grants })
}

/// False when the user name is taken; repeating it with the same id changes nothing.
pub fn insert(tx: &mut Tx<'_>, new: &Prepared, now: Timestamp) -> Result<bool, DbError> {
    match store::find_username(tx, &new.username)? {
        Some(row) if row.id == new.id => {}
        Some(_) => return Ok(false),
        None => store::insert_user(tx, new.id, &new.username, &new.name, &new.hash, now)?,
    }
    add_grants(tx, new.id, &new.grants)?;
    Ok(true)
}

/// The first user of the server, in the unit that makes the first school. False for whoever comes second.
pub fn insert_first(tx: &mut Tx<'_>, new: &Prepared, now: Timestamp) -> Result<bool, DbError> {
    Ok(store::claim_setup(tx, now)? && store::count_users(tx)? == 0 && insert(tx, new, now)?)
}

pub(super) fn username_taken() -> Problem {
    Problem::conflict("username_taken", "用户名已被使用。", "The user name is taken.").field("username")
}

/// Repeating it with the same id changes nothing; a taken user name is refused.
pub async fn create_user(app: &App, new: NewUser) -> Result<UserId, Problem> {
    let (new, now) = (prepare(new).await?, app.now());
    let id = new.id;
    let created = app.db.write("create user", move |tx| insert(tx, &new, now)).await?;
    if created { Ok(id) } else { Err(username_taken()) }
}

pub(super) fn add_grants(tx: &mut Tx<'_>, user: UserId, grants: &[NewGrant]) -> Result<(), DbError> {
    grants.iter().try_for_each(|grant| {
        let row = grant_row(grant);
        store::add_grant(tx, user, &row)?;
        grant.classes.iter().try_for_each(|class| store::add_class(tx, user, &row, *class))
    })
}

/// Replaces what the user was granted in this school.
pub fn replace_grants(tx: &mut Tx<'_>, user: UserId, school: SchoolId, grants: &[NewGrant]) -> Result<(), DbError> {
    store::remove_grants(tx, user, school)?;
    add_grants(tx, user, grants)
}

/// For the demo: a confirmed second factor with a given secret.
pub async fn enrol_totp(app: &App, user: UserId, secret: &[u8]) -> Result<(), Problem> {
    let sealed = app.seal.seal(&super::http::totp_place(user), secret);
    let hashes: Vec<_> = totp::recovery_codes().iter().map(|code| super::http::recovery_hash(app, code)).collect();
    let enrol = move |tx: &mut Tx<'_>| {
        store::set_totp(tx, user, Some(sealed.clone()), true, 0)?;
        store::replace_recovery(tx, user, &hashes)
    };
    Ok(app.db.write("enrol totp", enrol).await?)
}

/// Nobody gives what they do not have, nor above their own place.
pub fn may_grant(who: &Principal, school: SchoolId, role: Role, scope: Scope) -> Result<(), Problem> {
    // A finance role gives rights that its giver need not use: an administrator of users appoints, and does not pay.
    let appoints = role == Role::Finance && holds(who, Permission::UsersManage, school, scope);
    let has_all = role.permissions().into_iter().all(|permission| holds(who, permission, school, scope));
    if scope.below_school() && role.fits(scope) && (appoints || has_all) {
        return Ok(());
    }
    Err(above_own("不能授予自己没有的权限。", "You can't grant what you do not have yourself.").field("grants"))
}

fn holds(who: &Principal, permission: Permission, school: SchoolId, scope: Scope) -> bool {
    who.scopes(permission, school).into_iter().any(|own| own.whole_school() || own == scope)
}

fn above_own(zh: &str, en: &str) -> Problem {
    Problem::refused(StatusCode::FORBIDDEN, "grant_above_own", zh, en)
}

/// How far a change to a user reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Roles in this school alone.
    School,
    /// The name, the password, whether the user can sign in at all: every school that knows the user.
    Everywhere,
}

/// No one takes over or shuts out a mightier account: each role that the change reaches must be one that the asker
/// could have granted.
pub(super) fn may_touch(
    tx: &mut Tx<'_>,
    who: &Principal,
    school: SchoolId,
    user: UserId,
    reach: Reach,
) -> Result<Result<(), Problem>, DbError> {
    for row in store::grants_of(tx, user)? {
        let known = (Role::from_word(&row.role), Scope::from_parts(&row.scope_kind, row.scope_id));
        let (Some(role), Some(scope)) = known else { continue };
        let here = scope.below_school() && row.school == school;
        if !here && reach == Reach::School {
            continue;
        }
        let same_above = || who.grants.iter().any(|own| own.scope == Scope::Operator || own.scope == scope);
        let may = if scope.below_school() { may_grant(who, row.school, role, scope).is_ok() } else { same_above() };
        if !may {
            let zh = "此用户有您没有的权限或在其他学校也有角色，请由服务商处理。";
            return Ok(Err(above_own(zh, "This user has rights that you lack, or roles in other schools.")));
        }
    }
    Ok(Ok(()))
}

/// The name of a user of this school whom the asker may change.
pub fn changeable_user(
    tx: &mut Tx<'_>,
    who: &Principal,
    school: SchoolId,
    user: UserId,
) -> Result<Result<String, Problem>, DbError> {
    let here = store::grants_of(tx, user)?.iter().any(|grant| grant.school == school);
    let Some(row) = store::find_user(tx, user)?.filter(|_| here) else { return Ok(Err(Problem::absent())) };
    Ok(may_touch(tx, who, school, user, Reach::Everywhere)?.map(|()| row.name))
}

/// Users who hold a permission at this school by a role that was given there. A role that needs a second factor gives
/// nothing without it. Operators are not among them: the work of all schools is not theirs.
pub fn holders(tx: &mut Tx<'_>, school: SchoolId, permission: Permission) -> Result<Vec<UserId>, DbError> {
    let mut found: Vec<UserId> = Vec::new();
    for (user, role, second_factor) in store::holders(tx, school)? {
        let Some(role) = Role::from_word(&role) else { continue };
        let good = second_factor || !role.needs_second_factor();
        if good && role.permissions().contains(&permission) && found.last() != Some(&user) {
            found.push(user);
        }
    }
    Ok(found)
}

/// The scope that the words name, if such a place exists in the school.
pub fn scope_in(tx: &mut Tx<'_>, school: SchoolId, kind: &str, id: Uuid) -> Result<Option<Scope>, DbError> {
    let place = store::find_place(tx, school, id)?;
    Ok(place.filter(|(found, _)| found == kind).and_then(|_| Scope::from_parts(kind, id)))
}
