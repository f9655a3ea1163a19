//! Rows of plans. Bodies are sealed before they come here.

use crate::plumbing::db::{DbError, Row, Tx};
use yitong_values::{PlanId, SchoolId, Timestamp, UserId};

crate::sql! {
    INSERT_PLAN = "INSERT INTO person_plan (school_id, id, kind, person_kind, state, file_name, sheets, mapping, summary, \
                   done_rows, total_rows, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12)";
    FIND_PLAN = "SELECT p.id, p.kind, p.person_kind, p.state, p.file_name, p.sheets, p.mapping, p.summary, p.done_rows, \
                 p.total_rows, p.created_at, p.created_by, u.name FROM person_plan p \
                 LEFT JOIN app_user u ON u.id = p.created_by WHERE p.school_id = $1 AND p.id = $2";
    LIST_PLANS = "SELECT p.id, p.kind, p.person_kind, p.state, p.file_name, NULL, p.mapping, p.summary, p.done_rows, \
                  p.total_rows, p.created_at, p.created_by, u.name FROM person_plan p \
                  LEFT JOIN app_user u ON u.id = p.created_by \
                  WHERE p.school_id = $1 AND (p.id < $2 OR $2 IS NULL) ORDER BY p.id DESC LIMIT $3";
    UPDATE_PLAN = "UPDATE person_plan SET state = $3, mapping = $4, summary = $5, total_rows = $6, done_rows = 0 \
                   WHERE school_id = $1 AND id = $2 AND state IN ('mapping', 'ready')";
    BEING_APPLIED = "SELECT school_id, id FROM person_plan WHERE state = 'applying' ORDER BY id";
    PROMOTIONS = "SELECT summary, created_at FROM person_plan WHERE school_id = $1 AND kind = 'promotion' \
                  AND state IN ('applying', 'applied') ORDER BY id DESC LIMIT 20";
    SET_PROGRESS = "UPDATE person_plan SET state = $3, done_rows = $4, summary = $5 WHERE school_id = $1 AND id = $2";
    FORGET_SHEETS = "UPDATE person_plan SET sheets = NULL WHERE school_id = $1 AND id = $2";
    INSERT_ROW = "INSERT INTO person_plan_row (school_id, plan_id, row_number, verdict, body) VALUES ($1, $2, $3, $4, $5)";
    DELETE_ROWS = "DELETE FROM person_plan_row WHERE school_id = $1 AND plan_id = $2";
    ROWS = "SELECT row_number, body FROM person_plan_row WHERE school_id = $1 AND plan_id = $2 AND row_number > $3 \
            AND (verdict = $4 OR $4 IS NULL) ORDER BY row_number LIMIT $5";
    OPEN_ROWS = "SELECT row_number, body FROM person_plan_row WHERE school_id = $1 AND plan_id = $2 AND applied = 0 \
                 AND verdict IN ('add', 'change') ORDER BY row_number LIMIT $3";
    MARK_ROW = "UPDATE person_plan_row SET applied = 1, verdict = $4, body = $5 \
                WHERE school_id = $1 AND plan_id = $2 AND row_number = $3";
    OLD_PLANS = "SELECT school_id, id FROM person_plan WHERE created_at < $1 AND state IN ('applied', 'discarded') \
                 AND id IN (SELECT plan_id FROM person_plan_row) LIMIT 100";
}

#[derive(Clone, Debug)]
pub(super) struct PlanRow {
    pub(super) id: PlanId,
    pub(super) kind: String,
    pub(super) person_kind: String,
    pub(super) state: String,
    pub(super) file_name: String,
    pub(super) sheets: Option<Vec<u8>>,
    pub(super) mapping: String,
    pub(super) summary: String,
    pub(super) done: i64,
    pub(super) total: i64,
    pub(super) created_at: Timestamp,
    pub(super) created_by: UserId,
    pub(super) created_by_name: String,
}

fn plan(row: &Row) -> Result<PlanRow, DbError> {
    Ok(PlanRow {
        id: row.id(0)?.into(),
        kind: row.text(1)?,
        person_kind: row.text(2)?,
        state: row.text(3)?,
        file_name: row.text(4)?,
        sheets: row.opt_blob(5)?,
        mapping: row.text(6)?,
        summary: row.text(7)?,
        done: row.int(8)?,
        total: row.int(9)?,
        created_at: row.time(10)?,
        created_by: row.id(11)?.into(),
        created_by_name: row.opt_text(12)?.unwrap_or_default(),
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, school: SchoolId, plan: &PlanRow) -> Result<(), DbError> {
    let params = [
        school.into(),
        plan.id.into(),
        plan.kind.as_str().into(),
        plan.person_kind.as_str().into(),
        plan.state.as_str().into(),
        plan.file_name.as_str().into(),
        plan.sheets.clone().into(),
        plan.mapping.as_str().into(),
        plan.summary.as_str().into(),
        plan.total.into(),
        plan.created_at.into(),
        plan.created_by.into(),
    ];
    tx.execute(&INSERT_PLAN, &params).map(|_| ())
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: PlanId) -> Result<Option<PlanRow>, DbError> {
    tx.opt(&FIND_PLAN, &[school.into(), id.into()])?.map(|row| plan(&row)).transpose()
}

pub(super) fn list(
    tx: &mut Tx<'_>,
    school: SchoolId,
    before: Option<PlanId>,
    limit: i64,
) -> Result<Vec<PlanRow>, DbError> {
    tx.query(&LIST_PLANS, &[school.into(), before.into(), limit.into()])?.iter().map(plan).collect()
}

/// Changes a plan that was not begun; says whether it could.
pub(super) fn update_open(tx: &mut Tx<'_>, school: SchoolId, plan: &PlanRow) -> Result<bool, DbError> {
    let texts = [plan.state.as_str().into(), plan.mapping.as_str().into(), plan.summary.as_str().into()];
    let mut params = vec![school.into(), plan.id.into()];
    params.extend(texts);
    params.push(plan.total.into());
    tx.execute(&UPDATE_PLAN, &params).map(|changed| changed > 0)
}

/// Plans of every school that somebody asked to apply and that are not through.
pub(super) fn being_applied(tx: &mut Tx<'_>) -> Result<Vec<(SchoolId, PlanId)>, DbError> {
    tx.query(&BEING_APPLIED, &[])?.iter().map(|row| Ok((row.id(0)?.into(), row.id(1)?.into()))).collect()
}

/// Summary and making of the promotions that were begun, newest first.
pub(super) fn promotions(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<(String, Timestamp)>, DbError> {
    tx.query(&PROMOTIONS, &[school.into()])?.iter().map(|row| Ok((row.text(0)?, row.time(1)?))).collect()
}

pub(super) fn set_progress(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: PlanId,
    state: &str,
    done: i64,
    summary: &str,
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), state.into(), done.into(), summary.into()];
    tx.execute(&SET_PROGRESS, &params).map(|_| ())
}

/// The uploaded sheet is needed only until the plan is done.
pub(super) fn forget_sheets(tx: &mut Tx<'_>, school: SchoolId, id: PlanId) -> Result<(), DbError> {
    tx.execute(&FORGET_SHEETS, &[school.into(), id.into()]).map(|_| ())
}

/// Row number, verdict, sealed body.
pub(super) type SealedRow = (i64, &'static str, Vec<u8>);

pub(super) fn replace_rows(tx: &mut Tx<'_>, school: SchoolId, plan: PlanId, rows: &[SealedRow]) -> Result<(), DbError> {
    tx.execute(&DELETE_ROWS, &[school.into(), plan.into()])?;
    let rows: Vec<_> = rows
        .iter()
        .map(|(row, verdict, body)| {
            vec![school.into(), plan.into(), (*row).into(), (*verdict).into(), body.clone().into()]
        })
        .collect();
    tx.execute_many(&INSERT_ROW, &rows).map(|_| ())
}

fn numbered(row: &Row) -> Result<(i64, Vec<u8>), DbError> {
    Ok((row.int(0)?, row.blob(1)?))
}

pub(super) fn rows(
    tx: &mut Tx<'_>,
    school: SchoolId,
    plan: PlanId,
    after: i64,
    verdict: Option<&str>,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let params = [school.into(), plan.into(), after.into(), verdict.into(), limit.into()];
    tx.query(&ROWS, &params)?.iter().map(numbered).collect()
}

/// Rows that would change something and were not applied yet.
pub(super) fn open_rows(
    tx: &mut Tx<'_>,
    school: SchoolId,
    plan: PlanId,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    tx.query(&OPEN_ROWS, &[school.into(), plan.into(), limit.into()])?.iter().map(numbered).collect()
}

pub(super) fn mark_row(
    tx: &mut Tx<'_>,
    school: SchoolId,
    plan: PlanId,
    row: i64,
    verdict: &str,
    body: Vec<u8>,
) -> Result<(), DbError> {
    let params = [school.into(), plan.into(), row.into(), verdict.into(), body.into()];
    tx.execute(&MARK_ROW, &params).map(|_| ())
}

/// Erases the rows of plans that are done and older than this.
pub(super) fn erase_old_rows(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, DbError> {
    let mut erased = 0;
    for row in tx.query(&OLD_PLANS, &[before.into()])? {
        erased += tx.execute(&DELETE_ROWS, &[row.id(0)?.into(), row.id(1)?.into()])?;
    }
    Ok(erased)
}
