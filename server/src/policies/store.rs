//! Rows of policies and limits. Every change adds one to the school's policy version.

use super::policy::{OwnLimit, SchoolPolicy, Snapshot};
use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Tx};
use uuid::Uuid;
use yitong_values::{ClassId, PersonId, SchoolId};

crate::sql! {
    VERSION = "SELECT version FROM policy WHERE school_id = $1";
    FIND_POLICY = "SELECT version, body FROM policy WHERE school_id = $1";
    PUT_POLICY = "INSERT INTO policy (school_id, version, body) VALUES ($1, 1, $2) \
                  ON CONFLICT (school_id) DO UPDATE SET version = policy.version + 1, body = excluded.body";
    LIMITS = "SELECT owner_kind, owner_id, body FROM own_limit WHERE school_id = $1";
    FIND_LIMIT = "SELECT body FROM own_limit WHERE school_id = $1 AND owner_kind = $2 AND owner_id = $3";
    PUT_LIMIT = "INSERT INTO own_limit (school_id, owner_kind, owner_id, body) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (school_id, owner_kind, owner_id) DO UPDATE SET body = excluded.body";
    DELETE_LIMIT = "DELETE FROM own_limit WHERE school_id = $1 AND owner_kind = $2 AND owner_id = $3";
}

/// Zero before the school has decided anything.
pub(super) fn version(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.opt(&VERSION, &[school.into()])?.map_or(Ok(0), |row| row.int(0))
}

fn broken(what: &str) -> impl FnOnce(serde_json::Error) -> DbError + '_ {
    move |why| DbError::Broken(format!("{what} can't be read: {why}"))
}

pub fn load(tx: &mut Tx<'_>, school: SchoolId) -> Result<Snapshot, DbError> {
    let mut snapshot = Snapshot::default();
    if let Some(row) = tx.opt(&FIND_POLICY, &[school.into()])? {
        snapshot.version = row.int(0)?;
        snapshot.school = serde_json::from_str(&row.text(1)?).map_err(broken("a policy"))?;
    }
    for row in tx.query(&LIMITS, &[school.into()])? {
        let own: OwnLimit = serde_json::from_str(&row.text(2)?).map_err(broken("a limit"))?;
        match row.text(0)?.as_str() {
            "class" => drop(snapshot.classes.insert(ClassId::new(row.id(1)?), own)),
            _ => drop(snapshot.persons.insert(PersonId::new(row.id(1)?), own)),
        }
    }
    Ok(snapshot)
}

pub fn put_policy(tx: &mut Tx<'_>, school: SchoolId, policy: &SchoolPolicy) -> Result<(), DbError> {
    let body = serde_json::to_string(policy).map_err(broken("a policy"))?;
    tx.execute(&PUT_POLICY, &[school.into(), body.into()]).map(|_| ())
}

pub(super) fn find_limit(tx: &mut Tx<'_>, school: SchoolId, kind: &str, owner: Uuid) -> Result<OwnLimit, DbError> {
    let found = tx.opt(&FIND_LIMIT, &[school.into(), kind.into(), owner.into()])?;
    found.map_or(Ok(OwnLimit::default()), |row| serde_json::from_str(&row.text(0)?).map_err(broken("a limit")))
}

pub(super) fn put_limit(
    tx: &mut Tx<'_>,
    school: SchoolId,
    kind: &str,
    owner: Uuid,
    own: &OwnLimit,
) -> Result<(), DbError> {
    if *own == OwnLimit::default() {
        tx.execute(&DELETE_LIMIT, &[school.into(), kind.into(), owner.into()])?;
    } else {
        let body = serde_json::to_string(own).map_err(broken("a limit"))?;
        tx.execute(&PUT_LIMIT, &[school.into(), kind.into(), owner.into(), body.into()])?;
    }
    if kind == "person" {
        changes::record(tx, school, [PersonId::new(owner)], Lists::Same)?;
    }
    // The snapshot holds the limits, too: putting the policy as it is tells that something changed.
    let policy = load(tx, school)?.school;
    put_policy(tx, school, &policy)
}
