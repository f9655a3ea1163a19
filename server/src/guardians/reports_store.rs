//! Rows of data reports.

use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::signin::Pupils;
use uuid::Uuid;
use yitong_values::{BindingId, DataReportId, GuardianId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    INSERT = "INSERT INTO data_report (id, school_id, person_id, binding_id, guardian_id, field, text, at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT r.id, r.school_id, r.person_id, r.binding_id, r.field, r.text, r.answer, r.at, \
            r.answered_at, p.name, p.number, k.name, g.phone_mask FROM data_report r \
            JOIN guardian g ON g.id = r.guardian_id \
            LEFT JOIN person p ON p.school_id = r.school_id AND p.id = r.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id WHERE r.id = $1";
    OF_BINDING = "SELECT id, school_id, person_id, binding_id, field, text, answer, at, answered_at, '', '', \
                  NULL, '' FROM data_report WHERE binding_id = $1 ORDER BY id DESC";
    LIST = "SELECT r.id, r.school_id, r.person_id, r.binding_id, r.field, r.text, r.answer, r.at, \
            r.answered_at, p.name, p.number, k.name, g.phone_mask FROM data_report r \
            JOIN guardian g ON g.id = r.guardian_id \
            LEFT JOIN person p ON p.school_id = r.school_id AND p.id = r.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            WHERE r.school_id = $1 AND (r.id < $2 OR $2 IS NULL) \
            AND ($3 = '' OR ($3 = 'open' AND r.answered_at IS NULL) OR ($3 = 'answered' AND r.answered_at IS NOT NULL)) \
            AND ($4 = '' OR p.name LIKE $4 ESCAPE '\\' OR p.number LIKE $4 ESCAPE '\\') \
            AND (EXISTS (SELECT 1 FROM grant_class t WHERE t.user_id = $6 AND t.school_id = $1 AND t.class_id = p.class_id) \
            OR $6 IS NULL) ORDER BY r.id DESC LIMIT $5";
    OPEN = "SELECT CAST(COUNT(*) AS BIGINT) FROM data_report r WHERE r.school_id = $1 AND r.answered_at IS NULL \
            AND (EXISTS (SELECT 1 FROM grant_class t JOIN person p ON p.school_id = t.school_id AND p.class_id = t.class_id \
            WHERE t.user_id = $2 AND t.school_id = $1 AND p.id = r.person_id) OR $2 IS NULL)";
    ANSWER = "UPDATE data_report SET answer = $2, answered_at = $3, answered_by = $4 WHERE id = $1";
}

pub struct NewReport {
    pub id: DataReportId,
    pub school: SchoolId,
    pub person: PersonId,
    pub binding: BindingId,
    pub guardian: GuardianId,
    pub field: &'static str,
    /// Sealed for the place of `reports::text_place`.
    pub text: Vec<u8>,
    pub at: Timestamp,
}

pub fn insert_report(tx: &mut Tx<'_>, new: &NewReport) -> Result<(), DbError> {
    let params: [Value; 8] = [
        new.id.into(),
        new.school.into(),
        new.person.into(),
        new.binding.into(),
        new.guardian.into(),
        new.field.into(),
        new.text.as_slice().into(),
        new.at.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub struct ReportRow {
    pub id: DataReportId,
    pub school: SchoolId,
    pub person: PersonId,
    pub binding: BindingId,
    pub field: String,
    pub text: Vec<u8>,
    pub answer: Option<Vec<u8>>,
    pub at: Timestamp,
    pub answered_at: Option<Timestamp>,
    pub name: String,
    pub number: String,
    pub class: Option<String>,
    pub phone_mask: String,
}

fn report(row: &Row) -> Result<ReportRow, DbError> {
    Ok(ReportRow {
        id: row.id(0)?.into(),
        school: row.id(1)?.into(),
        person: row.id(2)?.into(),
        binding: row.id(3)?.into(),
        field: row.text(4)?,
        text: row.blob(5)?,
        answer: row.opt_blob(6)?,
        at: row.time(7)?,
        answered_at: row.opt_time(8)?,
        name: row.opt_text(9)?.unwrap_or_default(),
        number: row.opt_text(10)?.unwrap_or_default(),
        class: row.opt_text(11)?,
        phone_mask: row.text(12)?,
    })
}

pub fn find_report(tx: &mut Tx<'_>, id: DataReportId) -> Result<Option<ReportRow>, DbError> {
    tx.opt(&FIND, &[id.into()])?.map(|row| report(&row)).transpose()
}

/// The newest first.
pub fn of_binding(tx: &mut Tx<'_>, binding: BindingId) -> Result<Vec<ReportRow>, DbError> {
    tx.query(&OF_BINDING, &[binding.into()])?.iter().map(report).collect()
}

pub struct Filter {
    /// open, answered, or empty for all
    pub state: String,
    pub like: String,
    pub before: Option<Uuid>,
    pub limit: i64,
    pub pupils: Pupils,
}

pub fn list(tx: &mut Tx<'_>, school: SchoolId, filter: &Filter) -> Result<Vec<ReportRow>, DbError> {
    let params: [Value; 6] = [
        school.into(),
        filter.before.into(),
        filter.state.as_str().into(),
        filter.like.as_str().into(),
        filter.limit.into(),
        filter.pupils.teacher().into(),
    ];
    tx.query(&LIST, &params)?.iter().map(report).collect()
}

/// How many wait for an answer.
pub fn open(tx: &mut Tx<'_>, school: SchoolId, pupils: Pupils) -> Result<i64, DbError> {
    tx.one(&OPEN, &[school.into(), pupils.teacher().into()])?.int(0)
}

pub fn answer(tx: &mut Tx<'_>, id: DataReportId, answer: &[u8], now: Timestamp, by: UserId) -> Result<(), DbError> {
    tx.execute(&ANSWER, &[id.into(), answer.into(), now.into(), by.into()]).map(|_| ())
}
