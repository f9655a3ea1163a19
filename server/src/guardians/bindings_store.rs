//! Rows of bindings.

use super::binding::{Binding, BindingState, Consents, Relation, Rights};
use crate::people;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_values::{BindingId, GuardianId, PersonId, SchoolId, Timestamp};

crate::sql! {
    INSERT = "INSERT INTO binding (id, guardian_id, school_id, person_id, state, relation, may_see, may_pay, may_control, \
              locked, meals, messages, photo, typed, answer, asked_at, answered_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    FIND = "SELECT id, guardian_id, school_id, person_id, state, relation, may_see, may_pay, may_control, locked, meals, \
            messages, photo, typed, answer, asked_at, answered_at FROM binding WHERE id = $1";
    OF_GUARDIAN = "SELECT b.id, b.guardian_id, b.school_id, b.person_id, b.state, b.relation, b.may_see, b.may_pay, b.may_control, b.locked, \
                   b.meals, b.messages, b.photo, b.typed, b.answer, b.asked_at, b.answered_at, s.name, s.short, \
                   p.name, p.number, p.status, c.name FROM binding b JOIN school s ON s.id = b.school_id \
                   LEFT JOIN person p ON p.school_id = b.school_id AND p.id = b.person_id \
                   LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                   WHERE b.guardian_id = $1 AND b.state <> 'ended' ORDER BY b.id";
    OF_PERSON = "SELECT b.id, b.guardian_id, b.school_id, b.person_id, b.state, b.relation, b.may_see, b.may_pay, b.may_control, b.locked, \
                   b.meals, b.messages, b.photo, b.typed, b.answer, b.asked_at, b.answered_at, g.name, g.phone_mask \
                 FROM binding b JOIN guardian g ON g.id = b.guardian_id \
                 WHERE b.school_id = $1 AND b.person_id = $2 AND b.state = 'active' ORDER BY b.id";
    KEPT_OUT = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE guardian_id = $1 AND school_id = $2 AND person_id = $3 \
                AND locked = 1";
    ASKED_SINCE = "SELECT CAST(COUNT(*) AS BIGINT) FROM binding WHERE guardian_id = $1 AND asked_at > $2";
    /// The newest of a guardian and a person, whatever its state.
    ANY_OF = "SELECT id FROM binding WHERE guardian_id = $1 AND school_id = $2 AND person_id = $3 ORDER BY id DESC LIMIT 1";
    END = "UPDATE binding SET state = 'ended', ended_at = $2, typed = NULL, meant_id = NULL WHERE id = $1";
    SET_CONSENTS = "UPDATE binding SET meals = $2, messages = $3, photo = $4 WHERE id = $1";
    SET_RIGHTS = "UPDATE binding SET may_see = $2, may_pay = $3, may_control = $4 WHERE id = $1";
    /// In the order in which they were bound.
    WATCHERS = "SELECT b.guardian_id, b.id, b.may_see, b.may_pay, b.may_control, b.meals, b.messages, b.photo, g.locale \
                FROM binding b JOIN guardian g ON g.id = b.guardian_id WHERE b.school_id = $1 AND b.person_id = $2 \
                AND b.state = 'active' AND b.locked = 0 AND b.may_see = 1 ORDER BY b.id";
}

pub(super) fn binding(row: &Row) -> Result<Binding, DbError> {
    let unknown = |what: &str| DbError::Broken(format!("a binding has an unknown {what}"));
    Ok(Binding {
        id: row.id(0)?.into(),
        guardian: row.id(1)?.into(),
        school: row.id(2)?.into(),
        person: row.opt_id(3)?.map(PersonId::new),
        state: BindingState::from_word(&row.text(4)?).ok_or_else(|| unknown("state"))?,
        relation: Relation::from_word(&row.text(5)?).ok_or_else(|| unknown("relation"))?,
        rights: Rights { see: row.flag(6)?, pay: row.flag(7)?, control: row.flag(8)? },
        locked: row.flag(9)?,
        consents: Consents { meals: row.flag(10)?, messages: row.flag(11)?, photo: row.flag(12)? },
        typed: row.opt_blob(13)?,
        answer: row.text(14)?,
        asked_at: row.time(15)?,
        answered_at: row.opt_time(16)?,
    })
}

/// Whatever its state is.
pub fn find_binding(tx: &mut Tx<'_>, id: BindingId) -> Result<Option<Binding>, DbError> {
    tx.opt(&FIND, &[id.into()])?.map(|row| binding(&row)).transpose()
}

pub fn insert_binding(tx: &mut Tx<'_>, new: &Binding) -> Result<(), DbError> {
    let params: [Value; 17] = [
        new.id.into(),
        new.guardian.into(),
        new.school.into(),
        new.person.into(),
        new.state.word().into(),
        new.relation.word().into(),
        new.rights.see.into(),
        new.rights.pay.into(),
        new.rights.control.into(),
        new.locked.into(),
        new.consents.meals.into(),
        new.consents.messages.into(),
        new.consents.photo.into(),
        new.typed.clone().into(),
        new.answer.as_str().into(),
        new.asked_at.into(),
        new.answered_at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

/// Somebody who is told what happens to a child. What may be told hangs on the consents: a purchase on `meals`, a way
/// that leaves this server on `messages`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watcher {
    pub guardian: GuardianId,
    pub binding: BindingId,
    pub rights: Rights,
    pub consents: Consents,
    /// `zh` or `en`.
    pub locale: String,
}

/// The guardians who may see this person now.
pub fn watchers(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Vec<Watcher>, DbError> {
    let watcher = |row: &Row| {
        Ok(Watcher {
            guardian: row.id(0)?.into(),
            binding: row.id(1)?.into(),
            rights: Rights { see: row.flag(2)?, pay: row.flag(3)?, control: row.flag(4)? },
            consents: Consents { meals: row.flag(5)?, messages: row.flag(6)?, photo: row.flag(7)? },
            locale: row.text(8)?,
        })
    };
    tx.query(&WATCHERS, &[school.into(), person.into()])?.iter().map(watcher).collect()
}

/// A binding with its child and school.
pub(super) struct ChildRow {
    pub(super) binding: Binding,
    pub(super) school_name: String,
    pub(super) school_short: String,
    pub(super) name: Option<String>,
    pub(super) number: Option<String>,
    pub(super) status: Option<String>,
    pub(super) class: Option<String>,
}

/// All that is not ended.
pub(super) fn of_guardian(tx: &mut Tx<'_>, guardian: GuardianId) -> Result<Vec<ChildRow>, DbError> {
    let child = |row: &Row| {
        Ok(ChildRow {
            binding: binding(row)?,
            school_name: row.text(17)?,
            school_short: row.text(18)?,
            name: row.opt_text(19)?,
            number: row.opt_text(20)?,
            status: row.opt_text(21)?,
            class: row.opt_text(22)?,
        })
    };
    tx.query(&OF_GUARDIAN, &[guardian.into()])?.iter().map(child).collect()
}

/// A binding of a child, with its guardian.
pub(super) struct OtherRow {
    pub(super) binding: Binding,
    pub(super) name: String,
    pub(super) phone_mask: String,
}

/// The active bindings of a person, in the order in which they were made; locked ones, too.
pub(super) fn of_person(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Vec<OtherRow>, DbError> {
    let other = |row: &Row| Ok(OtherRow { binding: binding(row)?, name: row.text(17)?, phone_mask: row.text(18)? });
    tx.query(&OF_PERSON, &[school.into(), person.into()])?.iter().map(other).collect()
}

/// Whether the school locked this guardian out of this person, also by a binding that has ended since.
pub(super) fn kept_out(
    tx: &mut Tx<'_>,
    guardian: GuardianId,
    school: SchoolId,
    person: PersonId,
) -> Result<bool, DbError> {
    Ok(tx.one(&KEPT_OUT, &[guardian.into(), school.into(), person.into()])?.int(0)? > 0)
}

pub(super) fn end(tx: &mut Tx<'_>, id: BindingId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(&END, &[id.into(), now.into()]).map(|_| ())
}

pub(super) fn set_consents(tx: &mut Tx<'_>, id: BindingId, consents: Consents) -> Result<(), DbError> {
    let Consents { meals, messages, photo } = consents;
    tx.execute(&SET_CONSENTS, &[id.into(), meals.into(), messages.into(), photo.into()]).map(|_| ())
}

pub(super) fn set_rights(tx: &mut Tx<'_>, id: BindingId, rights: Rights) -> Result<(), DbError> {
    let Rights { see, pay, control } = rights;
    tx.execute(&SET_RIGHTS, &[id.into(), see.into(), pay.into(), control.into()]).map(|_| ())
}

/// The name of the person whom the school agreed to; empty before.
pub(super) fn name_of(tx: &mut Tx<'_>, binding: &Binding) -> Result<String, DbError> {
    let Some(person) = binding.person else { return Ok(String::new()) };
    Ok(people::find_person(tx, binding.school, person)?.map_or_else(String::new, |row| row.name))
}

pub(super) fn any_of(
    tx: &mut Tx<'_>,
    guardian: GuardianId,
    school: SchoolId,
    person: PersonId,
) -> Result<Option<BindingId>, DbError> {
    let found = tx.opt(&ANY_OF, &[guardian.into(), school.into(), person.into()])?;
    found.map(|row| row.id(0).map(BindingId::new)).transpose()
}

/// How many bindings and questions a guardian began since then, whatever became of them.
pub(super) fn asked_since(tx: &mut Tx<'_>, guardian: GuardianId, since: Timestamp) -> Result<i64, DbError> {
    tx.one(&ASKED_SINCE, &[guardian.into(), since.into()])?.int(0)
}
