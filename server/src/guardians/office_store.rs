//! Rows of bindings as a school sees them.

use super::binding::{Binding, Rights, Typed};
use super::bindings_store::binding;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::signin::Pupils;
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
            AND (EXISTS (SELECT 1 FROM grant_class t JOIN person m ON m.school_id = t.school_id AND m.class_id = t.class_id \
            WHERE t.user_id = $9 AND t.school_id = $1 AND m.id = COALESCE(b.person_id, b.meant_id)) OR $9 IS NULL) \
            ORDER BY b.id DESC LIMIT $8";
    FIND = "SELECT b.id, b.guardian_id, b.school_id, b.person_id, b.state, b.relation, b.may_see, b.may_pay, \
            b.may_control, b.locked, b.meals, b.messages, b.photo, b.typed, b.answer, b.asked_at, b.answered_at, g.name, \
            g.phone_mask, p.name, p.number, k.name, p.status FROM binding b JOIN guardian g ON g.id = b.guardian_id \
            LEFT JOIN person p ON p.school_id = b.school_id AND p.id = b.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            WHERE b.school_id = $1 AND b.id = $2 \
            AND (EXISTS (SELECT 1 FROM grant_class t JOIN person m ON m.school_id = t.school_id AND m.class_id = t.class_id \
            WHERE t.user_id = $3 AND t.school_id = $1 AND m.id = COALESCE(b.person_id, b.meant_id)) OR $3 IS NULL)";
    PENDING = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding b WHERE b.school_id = $1 AND b.person_id IS NULL \
               AND b.state = 'pending' \
               AND (EXISTS (SELECT 1 FROM grant_class t JOIN person m ON m.school_id = t.school_id AND m.class_id = t.class_id \
               WHERE t.user_id = $2 AND t.school_id = $1 AND m.id = b.meant_id) OR $2 IS NULL)";
    /// Whether this pupil is in a class that this teacher's role is for.
    TEACHES = "SELECT CAST(COUNT(*) AS BIGINT) FROM grant_class t JOIN person m ON m.school_id = t.school_id \
               AND m.class_id = t.class_id WHERE t.user_id = $1 AND t.school_id = $2 AND m.id = $3";
    APPROVE = "UPDATE binding SET state = 'active', person_id = $2, may_see = $3, may_pay = $4, may_control = $5, \
               answer = $6, answered_at = $7, typed = NULL, meant_id = NULL WHERE id = $1";
    REFUSE = "UPDATE binding SET state = 'refused', answer = $2, answered_at = $3 WHERE id = $1";
    /// One statement whether somebody fits or not: the time it takes tells the guardian nothing.
    SET_MEANT = "UPDATE binding SET meant_id = (SELECT p.id FROM person p WHERE p.school_id = $2 AND p.name = $3 \
                 AND (p.number = $4 OR p.id_hash = $5) ORDER BY p.number LIMIT 1) WHERE id = $1";
    KNOWS = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE guardian_id = $1 AND school_id = $2";
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
    pub pupils: Pupils,
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
    let params: [Value; 9] = [
        school.into(),
        filter.before.into(),
        filter.person.into(),
        filter.class.into(),
        filter.state.clone().unwrap_or_default().into(),
        filter.like.as_str().into(),
        filter.phone_hash.as_slice().into(),
        filter.limit.into(),
        filter.pupils.teacher().into(),
    ];
    tx.query(&LIST, &params)?.iter().map(of_school).collect()
}

/// One of another class than the teacher's is not there.
pub fn find(tx: &mut Tx<'_>, school: SchoolId, id: BindingId, pupils: Pupils) -> Result<Option<SchoolRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into(), pupils.teacher().into()])?.map(|row| of_school(&row)).transpose()
}

/// How many questions wait.
pub fn pending(tx: &mut Tx<'_>, school: SchoolId, pupils: Pupils) -> Result<i64, DbError> {
    tx.one(&PENDING, &[school.into(), pupils.teacher().into()])?.int(0)
}

/// Whether these pupils hold this person.
pub fn reaches(tx: &mut Tx<'_>, pupils: Pupils, school: SchoolId, person: PersonId) -> Result<bool, DbError> {
    match pupils {
        Pupils::All => Ok(true),
        Pupils::OfClasses(user) => Ok(tx.one(&TEACHES, &[user.into(), school.into(), person.into()])?.int(0)? > 0),
    }
}

/// Whether this guardian is or was bound to somebody here, or asked to be.
pub fn knows(tx: &mut Tx<'_>, school: SchoolId, guardian: GuardianId) -> Result<bool, DbError> {
    Ok(tx.one(&KNOWS, &[guardian.into(), school.into()])?.int(0)? > 0)
}

/// Keeps whom a question means: the one whose name fits, and whose student number or ID number.
pub fn set_meant(
    tx: &mut Tx<'_>,
    id: BindingId,
    school: SchoolId,
    typed: &Typed,
    id_hash: &[u8],
) -> Result<(), DbError> {
    let params: [Value; 5] =
        [id.into(), school.into(), typed.name.as_str().into(), typed.number.as_str().into(), id_hash.into()];
    tx.execute(&SET_MEANT, &params).map(|_| ())
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
