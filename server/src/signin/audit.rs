//! The audit trail: who changed what, from where, before and after. Written in the change's own transaction.

use crate::plumbing::db::{DbError, Tx};
use serde_json::Value as Json;
use std::net::IpAddr;
use yitong_values::{AuditId, SchoolId, Timestamp, UserId};

/// Who acts, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    pub user: UserId,
    pub from: Option<IpAddr>,
}

/// One change. `before` and `after` hold no secret, ID number or phone.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: Actor,
    pub school: Option<SchoolId>,
    pub action: &'a str,
    pub subject_kind: &'a str,
    pub subject_id: &'a str,
    pub subject_name: &'a str,
    pub before: Json,
    pub after: Json,
}

pub fn record(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), DbError> {
    super::store::insert_audit(tx, change)
}

/// Who, where and when of a change that is about to be made: taken from the guard, carried into the unit.
#[derive(Clone, Copy, Debug)]
pub struct Note {
    pub id: AuditId,
    pub at: Timestamp,
    pub actor: Actor,
    pub school: SchoolId,
}

/// What was changed: its kind, its id, and its name for people.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a>(pub &'a str, pub &'a str, pub &'a str);

impl Note {
    pub fn record(
        &self,
        tx: &mut Tx<'_>,
        action: &str,
        subject: Subject<'_>,
        before: Json,
        after: Json,
    ) -> Result<(), DbError> {
        let Subject(subject_kind, subject_id, subject_name) = subject;
        let school = Some(self.school);
        let (id, at, actor) = (self.id, self.at, self.actor);
        record(tx, &Change { id, at, actor, school, action, subject_kind, subject_id, subject_name, before, after })
    }
}
