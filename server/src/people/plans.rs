//! Making plans: of a file, of a promotion, a transfer, a leaving. A plan is shown before it is applied.

use super::import::class::class_key;
use super::import::columns::{Field, Mapping, propose};
use super::import::plan::{PlannedRow, Roster, Verdict, plan};
use super::import::remarks::remarks;
use super::import::sheet::Sheet;
use super::plan_store::{self, PlanRow, SealedRow};
use super::{secrets, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::plumbing::seal::Seal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use yitong_values::{PlanId, SchoolId, UserId};

/// Rows of plans that are done are erased after so long: they hold personal data.
pub const PLAN_ROWS_KEPT_MS: i64 = 30 * 86_400_000;

/// What the page shows above the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Summary {
    pub(super) add: i64,
    pub(super) change: i64,
    pub(super) same: i64,
    pub(super) refuse: i64,
    pub(super) new_classes: Vec<String>,
    pub(super) warnings: Vec<(String, String)>,
    /// Rows that were shown as an addition or a change and were neither when their turn came.
    pub(super) fell_out: i64,
    /// Whoever asked to apply it: named in the audit trail also when a restart came between.
    pub(super) asked_by: Option<UserId>,
    pub(super) applied_at_ms: Option<i64>,
}

impl Summary {
    pub(super) fn of(plan: &PlanRow) -> Summary {
        serde_json::from_str(&plan.summary).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("our own summary is JSON")
    }

    /// A row was shown as the first and turned out as the second.
    pub(super) fn turned_out(&mut self, shown: Verdict, now: Verdict) {
        if shown == now {
            return;
        }
        *self.count(shown) -= 1;
        *self.count(now) += 1;
        self.fell_out += 1;
    }

    fn count(&mut self, verdict: Verdict) -> &mut i64 {
        match verdict {
            Verdict::Add => &mut self.add,
            Verdict::Change => &mut self.change,
            Verdict::Same => &mut self.same,
            Verdict::Refuse => &mut self.refuse,
        }
    }
}

pub(super) fn place(school: SchoolId, plan: PlanId, part: &str) -> String {
    format!("person_plan.{part}/{school}/{plan}")
}

pub(super) fn seal_json(seal: &Seal, place: &str, value: &impl Serialize) -> Vec<u8> {
    seal.seal(place, &serde_json::to_vec(value).expect("our own values are JSON"))
}

pub(super) fn open_json<T: serde::de::DeserializeOwned>(seal: &Seal, place: &str, sealed: &[u8]) -> Result<T, Problem> {
    let plain = seal.open(place, sealed).map_err(|why| {
        tracing::error!(%why, place, "a plan can't be opened");
        Problem::absent()
    })?;
    serde_json::from_slice(&plain).map_err(|_| Problem::absent())
}

/// The rows of a file under a mapping, judged against the roster of now.
pub(super) async fn plan_file(
    app: &App,
    school: SchoolId,
    person_kind: &str,
    sheets: Vec<Sheet>,
    mapping: Mapping,
) -> Result<(Vec<PlannedRow>, Summary), Problem> {
    let known = app.db.read(move |tx| store::roster(tx, school)).await?;
    let classes = app.db.read(move |tx| store::classes(tx, school)).await?;
    let (seal, kind) = (app.seal.clone(), person_kind.to_owned());
    let work = move || {
        let roster = Roster::new(&kind, known);
        let hash = |field: &str, plain: &str| secrets::hash(&seal, school, field, plain);
        let sheet = &sheets[mapping.sheet.min(sheets.len() - 1)];
        let rows = plan(sheet, &mapping, &roster, &hash);
        let mut summary = summary_of(&rows, &classes);
        summary.warnings = remarks(&sheets, &mapping, &rows);
        (rows, summary)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Problem::bad("file_unreadable", "无法读取此文件。", "The file can't be read."))
}

pub(super) fn summary_of(rows: &[PlannedRow], classes: &[store::ClassRow]) -> Summary {
    let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count() as i64;
    let known: BTreeSet<&str> = classes.iter().map(|class| class.key.as_str()).collect();
    let kept = rows.iter().filter(|row| matches!(row.verdict, Verdict::Add | Verdict::Change));
    let mut seen = BTreeSet::new();
    let mut new_classes = Vec::new();
    for class in kept.filter_map(|row| row.wanted.class.as_ref()) {
        let key = class_key(class);
        if !known.contains(key.as_str()) && seen.insert(key) {
            new_classes.push(class.clone());
        }
    }
    Summary {
        add: count(Verdict::Add),
        change: count(Verdict::Change),
        same: count(Verdict::Same),
        refuse: count(Verdict::Refuse),
        new_classes,
        ..Summary::default()
    }
}

pub(super) fn sealed_rows(seal: &Seal, school: SchoolId, plan: PlanId, rows: &[PlannedRow]) -> Vec<SealedRow> {
    let place = place(school, plan, "row");
    rows.iter().map(|row| (row.row as i64, row.verdict.word(), seal_json(seal, &place, row))).collect()
}

/// A mapping that is complete makes a plan at once; another one is asked for.
pub(super) fn state_after(mapping: &Mapping, student: bool) -> &'static str {
    if mapping.missing(student).is_empty() { "ready" } else { "mapping" }
}

pub(super) fn propose_mapping(sheets: &[Sheet]) -> Mapping {
    propose(sheets)
}

/// Keeps a plan with its rows. One that is not open any more stays as it is: its state comes back.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    school: SchoolId,
    plan: &PlanRow,
    rows: &[SealedRow],
    is_new: bool,
) -> Result<Result<(), String>, DbError> {
    if is_new {
        // The unit may run again: the first run's row is then there.
        if plan_store::find(tx, school, plan.id)?.is_none() {
            plan_store::insert(tx, school, plan)?;
        }
    } else if !plan_store::update_open(tx, school, plan)? {
        return Ok(Err(plan_store::find(tx, school, plan.id)?.map_or_else(String::new, |kept| kept.state)));
    }
    plan_store::replace_rows(tx, school, plan.id, rows)?;
    Ok(Ok(()))
}

/// Erases what is no longer needed. Called once a day.
pub async fn forget_old_plans(app: &App) -> Result<u64, DbError> {
    let before = app.now().plus_ms(-PLAN_ROWS_KEPT_MS);
    app.db.write("forget old plans", move |tx| plan_store::erase_old_rows(tx, before)).await
}

pub(super) fn field_list(student: bool) -> Vec<(Field, bool)> {
    Field::ALL.into_iter().map(|field| (field, field.required(student))).collect()
}
