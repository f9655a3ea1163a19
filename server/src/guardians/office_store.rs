//! Rows of bindings as a school sees them.

use super::binding::{Binding, Rights};
use super::bindings_store::binding;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{BindingId, ClassId, GuardianId, PersonId, SchoolId, Timestamp};

crate::sql! {
    LIST = "SELECT b.id, b.guardian_id, b.school_id, b.person_id, b.state, b.relation, b.may_see, b.may_pay, \
            b.may_control, b.locked, b.meals, b.messages, b.photo, b.typed, b.answer, b.asked_at, b.answered_at, g.name, \
            g.phone_mask, p.name, p.number, k.name, p.status FROM binding b JOIN guardian g ON g.id = b.guardian_id \
            LEFT JOIN person p ON p.school_id = b.school_id AND p.id = b.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            WHERE b.school_id = $1 AND (b.id < $2 OR $2 IS NULL) AND (b.person_id = $3 OR $3 IS NULL) \
            AND (p.class_id = $4 OR $4 IS NULL) \
            AND ($5 = '' OR ($5 = 'locked' AND b.locked = 1) OR ($5 = b.state AND NOT ($5 = 'active' AND b.locked = 1))) \
            AND ($6 = '' OR p.name LIKE $6 ESCAPE '\\' OR p.number LIKE $6 ESCAPE '\\' OR g.phone_hash = $7) \
            ORDER BY b.id DESC LIMIT $8";
    FIND = "SELECT b.id, b.guardian_id, b.school_id, b.person_id, b.state, b.relation, b.may_see, b.may_pay, \
            b.may_control, b.locked, b.meals, b.messages, b.photo, b.typed, b.answer, b.asked_at, b.answered_at, g.name, \
            g.phone_mask, p.name, p.number, k.name, p.status FROM binding b JOIN guardian g ON g.id = b.guardian_id \
            LEFT JOIN person p ON p.school_id = b.school_id AND p.id = b.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            WHERE b.school_id = $1 AND b.id = $2";
    PENDING = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE school_id = $1 AND person_id IS NULL \
               AND state = 'pending'";
    APPROVE = "UPDATE binding SET state = 'active', person_id = $2, may_see = $3, may_pay = $4, may_control = $5, \
               answer = $6, answered_at = $7, typed = NULL WHERE id = $1";
    REFUSE = "UPDATE binding SET state = 'refused', answer = $2, answered_at = $3 WHERE id = $1";
    LOCK = "UPDATE binding SET locked = $4 WHERE guardian_id = $1 AND school_id = $2 AND person_id = $3";
}

pub struct Filter {
    pub like: String,
    /// Of the whole search text.
    pub phone_hash: Vec<u8>,
    pub state: Option<String>,
    pub class: Option<ClassId>,
    pub person: Option<PersonId>,
    pub before: Option<Uuid>,
    pub limit: i64,
}

/// Id, name, number, class, status.
pub type BoundPerson = (PersonId, String, String, Option<String>, String);

pub struct SchoolRow {
    pub binding: Binding,
    pub guardian_name: String,
    pub phone_mask: String,
    pub person: Option<BoundPerson>,
}

fn of_school(row: &Row) -> Result<SchoolRow, DbError> {
    let binding = binding(row)?;
    let person = match (binding.person, row.opt_text(19)?) {
        (Some(id), Some(name)) => Some((id, name, row.text(20)?, row.opt_text(21)?, row.text(22)?)),
        _ => None,
    };
    Ok(SchoolRow { binding, guardian_name: row.text(17)?, phone_mask: row.text(18)?, person })
}

/// The newest first.
pub fn list(tx: &mut Tx<'_>, school: SchoolId, filter: &Filter) -> Result<Vec<SchoolRow>, DbError> {
    let params: [Value; 8] = [
        school.into(),
        filter.before.into(),
        filter.person.into(),
        filter.class.into(),
        filter.state.clone().unwrap_or_default().into(),
        filter.like.as_str().into(),
        filter.phone_hash.as_slice().into(),
        filter.limit.into(),
    ];
    tx.query(&LIST, &params)?.iter().map(of_school).collect()
}

pub fn find(tx: &mut Tx<'_>, school: SchoolId, id: BindingId) -> Result<Option<SchoolRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| of_school(&row)).transpose()
}

/// How many questions wait.
pub fn pending(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.one(&PENDING, &[school.into()])?.int(0)
}

pub fn approve(
    tx: &mut Tx<'_>,
    id: BindingId,
    person: PersonId,
    rights: Rights,
    answer: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let Rights { see, pay, control } = rights;
    let params: [Value; 7] =
        [id.into(), person.into(), see.into(), pay.into(), control.into(), answer.into(), now.into()];
    tx.execute(&APPROVE, &params).map(|_| ())
}

pub fn refuse(tx: &mut Tx<'_>, id: BindingId, answer: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&REFUSE, &[id.into(), answer.into(), now.into()]).map(|_| ())
}

/// Whatever ties this guardian to this person, now or before.
pub fn lock(
    tx: &mut Tx<'_>,
    guardian: GuardianId,
    school: SchoolId,
    person: PersonId,
    locked: bool,
) -> Result<(), DbError> {
    tx.execute(&LOCK, &[guardian.into(), school.into(), person.into(), locked.into()]).map(|_| ())
}
