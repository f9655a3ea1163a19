//! Rows of complaints.

use super::complaint::{Answer, Complaint, Kind};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{ComplaintId, EntryId, GuardianId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    INSERT = "INSERT INTO complaint (school_id, id, person_id, guardian_id, binding_id, purchase_id, kind, text, state, at, \
              due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)";
    FIND = "SELECT id, person_id, guardian_id, binding_id, purchase_id, kind, text, at, due_at, answer, answered_at, \
            answered_by, refund_id FROM complaint WHERE school_id = $1 AND id = $2";
    NEWEST_OF = "SELECT id, person_id, guardian_id, binding_id, purchase_id, kind, text, at, due_at, answer, answered_at, \
                 answered_by, refund_id FROM complaint WHERE school_id = $1 AND person_id = \
                 (SELECT person_id FROM entry WHERE school_id = $1 AND id = $2) AND purchase_id = $2 AND guardian_id = $3 \
                 ORDER BY at DESC, id DESC LIMIT 1";
    OF_GUARDIAN = "SELECT id, person_id, guardian_id, binding_id, purchase_id, kind, text, at, due_at, answer, answered_at, \
                   answered_by, refund_id FROM complaint WHERE school_id = $1 AND person_id = $2 AND guardian_id = $3 \
                   ORDER BY at DESC, id DESC LIMIT $4";
    OPEN_OF = "SELECT CAST(COUNT(*) AS BIGINT) FROM complaint WHERE school_id = $1 AND person_id = $2 \
               AND guardian_id = $3 AND state = 'open'";
    ANSWER = "UPDATE complaint SET state = $3, answer = $4, answered_at = $5, answered_by = $6, refund_id = $7 \
              WHERE school_id = $1 AND id = $2 AND state = 'open'";
    LIST = "SELECT c.id, c.person_id, c.guardian_id, c.binding_id, c.purchase_id, c.kind, c.text, c.at, c.due_at, c.answer, \
            c.answered_at, c.answered_by, c.refund_id, p.name, p.number, k.name, g.name, g.phone_mask, b.relation, e.at, \
            e.amount, e.stall_id, e.detail, u.name FROM complaint c \
            JOIN person p ON p.school_id = c.school_id AND p.id = c.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            LEFT JOIN guardian g ON g.id = c.guardian_id LEFT JOIN binding b ON b.id = c.binding_id \
            LEFT JOIN entry e ON e.school_id = c.school_id AND e.id = c.purchase_id \
            LEFT JOIN app_user u ON u.id = c.answered_by \
            WHERE c.school_id = $1 AND (c.at < $2 OR (c.at = $2 AND c.id < $3) OR $2 IS NULL) \
            AND (c.state = $4 OR $4 = '') AND (c.due_at < $5 OR $5 IS NULL) AND (c.id = $6 OR $6 IS NULL) \
            AND ($7 = '' OR p.name LIKE $7 ESCAPE '\\' OR p.number LIKE $7 ESCAPE '\\' OR c.text LIKE $7 ESCAPE '\\') \
            ORDER BY c.at DESC, c.id DESC LIMIT $8";
    COUNT_OVERDUE = "SELECT CAST(COUNT(*) AS BIGINT), CAST(COUNT(CASE WHEN due_at < $2 THEN 1 END) AS BIGINT) \
                     FROM complaint WHERE school_id = $1 AND state = 'open'";
}

fn complaint(row: &Row) -> Result<Complaint, DbError> {
    let kind = Kind::from_word(&row.text(5)?);
    let answer = match (row.opt_text(9)?, row.opt_time(10)?, row.opt_id(11)?) {
        (Some(text), Some(at), Some(by)) => {
            Some(Answer { text, at, by: UserId::new(by), refund: row.opt_id(12)?.map(EntryId::new) })
        }
        _ => None,
    };
    Ok(Complaint {
        id: row.id(0)?.into(),
        person: row.id(1)?.into(),
        guardian: row.id(2)?.into(),
        binding: row.id(3)?.into(),
        purchase: row.id(4)?.into(),
        kind: kind.ok_or_else(|| DbError::Broken("a complaint has an unknown kind".into()))?,
        text: row.text(6)?,
        at: row.time(7)?,
        due_at: row.time(8)?,
        answer,
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, school: SchoolId, new: &Complaint) -> Result<(), DbError> {
    let params: [Value; 10] = [
        school.into(),
        new.id.into(),
        new.person.into(),
        new.guardian.into(),
        new.binding.into(),
        new.purchase.into(),
        new.kind.word().into(),
        new.text.as_str().into(),
        new.at.into(),
        new.due_at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: ComplaintId) -> Result<Option<Complaint>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| complaint(&row)).transpose()
}

/// What this guardian said last of a purchase.
pub(super) fn newest_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    purchase: EntryId,
    guardian: GuardianId,
) -> Result<Option<Complaint>, DbError> {
    let row = tx.opt(&NEWEST_OF, &[school.into(), purchase.into(), guardian.into()])?;
    row.map(|row| complaint(&row)).transpose()
}

/// Newest first.
pub(super) fn of_guardian(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    guardian: GuardianId,
    limit: i64,
) -> Result<Vec<Complaint>, DbError> {
    let params = [school.into(), person.into(), guardian.into(), limit.into()];
    tx.query(&OF_GUARDIAN, &params)?.iter().map(complaint).collect()
}

pub(super) fn open_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    guardian: GuardianId,
) -> Result<i64, DbError> {
    tx.one(&OPEN_OF, &[school.into(), person.into(), guardian.into()])?.int(0)
}

/// False: it was answered before.
pub(super) fn answer(tx: &mut Tx<'_>, school: SchoolId, id: ComplaintId, answer: &Answer) -> Result<bool, DbError> {
    let state = if answer.refund.is_some() { "refunded" } else { "answered" };
    let params: [Value; 7] = [
        school.into(),
        id.into(),
        state.into(),
        answer.text.as_str().into(),
        answer.at.into(),
        answer.by.into(),
        answer.refund.into(),
    ];
    Ok(tx.execute(&ANSWER, &params)? == 1)
}

/// Which complaints the office looks at.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) before: Option<(Timestamp, Uuid)>,
    /// open, answered or refunded; empty for all.
    pub(super) state: String,
    pub(super) due_before: Option<Timestamp>,
    pub(super) id: Option<ComplaintId>,
    pub(super) like: String,
    pub(super) limit: i64,
}

/// A complaint with what the office knows of it.
#[derive(Clone, Debug)]
pub(super) struct OfficeRow {
    pub(super) complaint: Complaint,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<String>,
    pub(super) guardian_name: String,
    pub(super) phone_mask: String,
    pub(super) relation: String,
    pub(super) bought_at: Option<Timestamp>,
    pub(super) amount: i64,
    pub(super) stall: Option<Uuid>,
    /// Of the entry, as it is kept.
    pub(super) detail: String,
    pub(super) answered_by: Option<String>,
}

pub(super) fn list(tx: &mut Tx<'_>, school: SchoolId, filter: &Filter) -> Result<Vec<OfficeRow>, DbError> {
    let (at, id) = filter.before.unzip();
    let params: [Value; 8] = [
        school.into(),
        at.into(),
        id.into(),
        filter.state.as_str().into(),
        filter.due_before.into(),
        filter.id.into(),
        filter.like.as_str().into(),
        filter.limit.into(),
    ];
    let row = |row: &Row| {
        Ok(OfficeRow {
            complaint: complaint(row)?,
            name: row.text(13)?,
            number: row.text(14)?,
            class: row.opt_text(15)?,
            guardian_name: row.opt_text(16)?.unwrap_or_default(),
            phone_mask: row.opt_text(17)?.unwrap_or_default(),
            relation: row.opt_text(18)?.unwrap_or_default(),
            bought_at: row.opt_time(19)?,
            amount: row.opt_int(20)?.unwrap_or(0),
            stall: row.opt_id(21)?,
            detail: row.opt_text(22)?.unwrap_or_default(),
            answered_by: row.opt_text(23)?,
        })
    };
    tx.query(&LIST, &params)?.iter().map(row).collect()
}

/// How many are open, and how many of them are overdue.
pub(super) fn open(tx: &mut Tx<'_>, school: SchoolId, now: Timestamp) -> Result<(i64, i64), DbError> {
    let row = tx.one(&COUNT_OVERDUE, &[school.into(), now.into()])?;
    Ok((row.int(0)?, row.int(1)?))
}
