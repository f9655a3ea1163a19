//! Plans and their rows as the pages see them.

use super::import::columns::{Field, Mapping};
use super::import::plan::PlannedRow;
use super::import::sheet::Sheet;
use super::plan_store::PlanRow;
use super::plans::{self, Summary, open_json, place};
use crate::App;
use crate::plumbing::http::Problem;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_values::SchoolId;

#[derive(Serialize, ToSchema)]
pub(super) struct Plan {
    pub(super) id: Uuid,
    /// import, promotion, transfer or leaving
    kind: String,
    person_kind: String,
    /// mapping, ready, applying, applied or discarded
    state: String,
    file_name: String,
    sheet_name: String,
    sheets: Vec<String>,
    /// The row of the headers, from 1.
    header_row: usize,
    created_at: String,
    created_by: String,
    columns: Vec<PlanColumn>,
    fields: Vec<PlanField>,
    missing: Vec<String>,
    counts: PlanCounts,
    progress: PlanProgress,
    new_classes: Vec<String>,
    warnings: Vec<PlanWarning>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanColumn {
    index: usize,
    header: String,
    sample: Vec<String>,
    field: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanField {
    key: String,
    zh: String,
    en: String,
    required: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanCounts {
    add: i64,
    change: i64,
    same: i64,
    refuse: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanProgress {
    done: i64,
    total: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanWarning {
    zh: String,
    en: String,
}

const SAMPLES: usize = 3;

pub(super) fn wire(app: &App, school: SchoolId, row: PlanRow) -> Result<Plan, Problem> {
    let summary = Summary::of(&row);
    let student = row.person_kind == "student";
    let mapping: Option<Mapping> = serde_json::from_str(&row.mapping).ok();
    let sheets: Vec<Sheet> = match &row.sheets {
        Some(sealed) => open_json(&app.seal, &place(school, row.id, "sheets"), sealed)?,
        None => Vec::new(),
    };
    let (columns, sheet_name) = match (&mapping, mapping.as_ref().and_then(|m| sheets.get(m.sheet))) {
        (Some(mapping), Some(sheet)) => (columns(sheet, mapping), sheet.name.clone()),
        _ => (Vec::new(), String::new()),
    };
    let missing = mapping.as_ref().filter(|_| row.kind == "import").map_or(Vec::new(), |m| m.missing(student));
    let field = |(field, required): (Field, bool)| {
        let (zh, en) = field.names();
        PlanField { key: field.word().into(), zh: zh.into(), en: en.into(), required }
    };
    Ok(Plan {
        id: row.id.uuid(),
        kind: row.kind,
        person_kind: row.person_kind,
        state: row.state,
        file_name: row.file_name,
        sheet_name,
        sheets: sheets.iter().map(|sheet| sheet.name.clone()).collect(),
        header_row: mapping.map_or(1, |m| m.header_row + 1),
        created_at: row.created_at.to_string(),
        created_by: row.created_by_name,
        columns,
        fields: plans::field_list(student).into_iter().map(field).collect(),
        missing: missing.iter().map(|field| field.word().to_owned()).collect(),
        counts: PlanCounts { add: summary.add, change: summary.change, same: summary.same, refuse: summary.refuse },
        progress: PlanProgress { done: row.done, total: summary.add + summary.change + summary.fell_out },
        new_classes: summary.new_classes,
        warnings: summary.warnings.into_iter().map(|(zh, en)| PlanWarning { zh, en }).collect(),
    })
}

fn columns(sheet: &Sheet, mapping: &Mapping) -> Vec<PlanColumn> {
    let text = |row: usize, column: usize| {
        sheet.rows.get(row).and_then(|row| row.get(column)).map_or(String::new(), |cell| cell.text.clone())
    };
    let width = sheet.rows.iter().skip(mapping.header_row).take(200).map(Vec::len).max().unwrap_or(0);
    let column = |index| PlanColumn {
        index,
        header: text(mapping.header_row, index),
        sample: (1..=SAMPLES).map(|i| text(mapping.header_row + i, index)).filter(|text| !text.is_empty()).collect(),
        field: mapping.columns.get(index).cloned().flatten(),
    };
    (0..width).map(column).collect()
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanRowWire {
    /// As the file counts, from 1.
    pub(super) row: usize,
    verdict: String,
    person: PlanPerson,
    changes: Vec<PlanChange>,
    reasons: Vec<PlanReason>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanPerson {
    number: String,
    name: String,
    class: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanChange {
    field: String,
    before: String,
    after: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct PlanReason {
    code: String,
    field: String,
    value: String,
    zh: String,
    en: String,
}

/// ID numbers and phones are shown to those who mend the file only as far as the file itself shows them.
pub(super) fn row_wire(row: PlannedRow) -> PlanRowWire {
    let change = |c: super::import::plan::Change| PlanChange { field: c.field, before: c.before, after: c.after };
    let reason = |r: super::import::fields::Reason| PlanReason {
        code: r.code,
        field: r.field,
        value: r.value,
        zh: r.zh,
        en: r.en,
    };
    let wanted = row.wanted;
    PlanRowWire {
        row: row.row,
        verdict: row.verdict.word().into(),
        person: PlanPerson { number: wanted.number, name: wanted.name, class: wanted.class },
        changes: row.changes.into_iter().map(change).collect(),
        reasons: row.reasons.into_iter().map(reason).collect(),
    }
}
