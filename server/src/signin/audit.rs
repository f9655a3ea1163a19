//! The audit trail: who changed what, from where, before and after. Written in the change's own transaction.

use super::Principal;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use serde_json::Value as Json;
use std::collections::BTreeSet;
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

/// The same for what somebody changes of the own account: one line in each school that granted them something, so that
/// its administrator sees it there, and one line above schools when none did.
#[derive(Clone, Debug)]
pub(super) struct OwnNote {
    rows: Vec<(AuditId, Option<SchoolId>)>,
    at: Timestamp,
    actor: Actor,
    name: String,
}

impl OwnNote {
    pub(super) fn of(app: &App, who: &Principal) -> OwnNote {
        let granted = who.grants.iter().filter(|grant| grant.scope.below_school());
        let schools: BTreeSet<SchoolId> = granted.flat_map(|grant| grant.schools.iter().copied()).collect();
        let mut rows: Vec<_> = schools.into_iter().map(|school| (app.new_id().into(), Some(school))).collect();
        if rows.is_empty() {
            rows.push((app.new_id().into(), None));
        }
        let actor = Actor { user: who.user, from: who.from };
        OwnNote { rows, at: app.now(), actor, name: who.name.clone() }
    }

    pub(super) fn record(&self, tx: &mut Tx<'_>, action: &str) -> Result<(), DbError> {
        let (at, actor, user) = (self.at, self.actor, self.actor.user.to_string());
        for (id, school) in &self.rows {
            let (subject_kind, subject_id, subject_name) = ("user", user.as_str(), self.name.as_str());
            let (before, after) = (Json::Null, Json::Null);
            let (id, school) = (*id, *school);
            record(
                tx,
                &Change { id, at, actor, school, action, subject_kind, subject_id, subject_name, before, after },
            )?;
        }
        Ok(())
    }
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
