//! Applying a plan in slices: each slice is one unit and keeps its progress, so going on after a stop loses nothing.

use super::class_year::grade_of;
use super::import::class::class_key;
use super::import::fields::reason;
use super::import::plan::{Change, PlannedRow, Roster, Verdict, judge};
use super::plan_store::{self, PlanRow};
use super::plans::{Summary, open_json, place, seal_json};
use super::store::{self, ClassRow, PutPerson};
use super::{seal_field, secrets};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use crate::signin::audit::{Note, Subject};
use crate::wallets;
use serde_json::json;
use uuid::Uuid;
use yitong_values::{ClassId, PersonId, PlanId, SchoolId, Timestamp};

/// Rows of one unit: small enough that a purchase in the queue behind it does not wait.
const SLICE_ROWS: i64 = 200;

/// Applies what is left of the plan, slice by slice, until it is through or the server stops. Runs on its own, whoever
/// asked may go away.
pub(super) async fn apply(app: &App, school: SchoolId, plan: PlanId, note: Note) -> Result<(), DbError> {
    while !app.is_stopping() {
        let (seal, now) = (app.seal.clone(), app.now());
        let fresh: Vec<Uuid> = (0..2 * SLICE_ROWS).map(|_| app.new_id()).collect();
        let slice =
            move |tx: &mut Tx<'_>| Slice { seal: &seal, school, plan, now, fresh: &fresh, used: 0 }.run(tx, note);
        if app.db.write("apply a plan", slice).await? == Left::Nothing {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether there is something left after a slice.
#[derive(PartialEq, Eq)]
enum Left {
    Rows,
    Nothing,
}

struct Slice<'a> {
    seal: &'a Seal,
    school: SchoolId,
    plan: PlanId,
    now: Timestamp,
    /// Ids made before the unit, so that running it again names the same people.
    fresh: &'a [Uuid],
    used: usize,
}

impl Slice<'_> {
    fn run(&mut self, tx: &mut Tx<'_>, note: Note) -> Result<Left, DbError> {
        let found = plan_store::find(tx, self.school, self.plan)?;
        let Some(plan) = found.filter(|plan| plan.state == "applying") else { return Ok(Left::Nothing) };
        let mut summary = Summary::of(&plan);
        let rows = plan_store::open_rows(tx, self.school, self.plan, SLICE_ROWS)?;
        let place = place(self.school, self.plan, "row");
        for (number, body) in &rows {
            let opened = open_json::<PlannedRow>(self.seal, &place, body);
            let mut row = opened.map_err(|_| DbError::Broken("a row of a plan can't be opened".into()))?;
            let shown = row.verdict;
            self.apply_row(tx, &plan, &mut row)?;
            summary.turned_out(shown, row.verdict);
            let sealed = seal_json(self.seal, &place, &row);
            plan_store::mark_row(tx, self.school, self.plan, *number, row.verdict.word(), sealed)?;
        }
        let after = plan.done + rows.len() as i64;
        if (rows.len() as i64) == SLICE_ROWS {
            plan_store::set_progress(tx, self.school, self.plan, "applying", after, &summary.text())?;
            return Ok(Left::Rows);
        }
        self.finish(tx, &plan, summary, after, note)?;
        Ok(Left::Nothing)
    }

    fn finish(
        &self,
        tx: &mut Tx<'_>,
        plan: &PlanRow,
        mut summary: Summary,
        done: i64,
        note: Note,
    ) -> Result<(), DbError> {
        summary.applied_at_ms = Some(self.now.ms());
        plan_store::set_progress(tx, self.school, self.plan, "applied", done, &summary.text())?;
        plan_store::forget_sheets(tx, self.school, self.plan)?;
        let counts =
            json!({"add": summary.add, "change": summary.change, "same": summary.same, "refuse": summary.refuse});
        note.record(tx, "plan.apply", Subject("plan", &self.plan.to_string(), &plan.file_name), json!(null), counts)
    }

    fn new_id(&mut self) -> Uuid {
        self.used += 1;
        self.fresh[self.used - 1]
    }

    /// The row is judged again: what changed since it was shown is refused and reported, not forced.
    fn apply_row(&mut self, tx: &mut Tx<'_>, plan: &PlanRow, row: &mut PlannedRow) -> Result<(), DbError> {
        let (seal, school) = (self.seal, self.school);
        let hash = |field: &str, plain: &str| secrets::hash(seal, school, field, plain);
        let id_hash = row.wanted.id_number.as_ref().map(|id| hash("id_number", id));
        let known = store::roster_of(tx, school, &row.wanted.number, id_hash)?;
        let old = known.iter().find(|k| k.number == row.wanted.number).cloned();
        // A file is about one kind of people; a move is about whoever was chosen.
        let moved = old.as_ref().filter(|_| plan.kind != "import");
        let kind = moved.map_or_else(|| plan.person_kind.clone(), |k| k.kind.clone());
        let shown = row.clone();
        judge(row, &Roster::new(&kind, known), &hash);
        refuse_stale(&shown, row);
        if matches!(row.verdict, Verdict::Refuse | Verdict::Same) {
            return Ok(());
        }
        let before = match &old {
            Some(known) => store::find_person(tx, school, known.id)?,
            None => None,
        };
        let id = old.as_ref().map_or_else(|| PersonId::new(self.new_id()), |known| known.id);
        let wanted = &row.wanted;
        let class = match &wanted.class {
            Some(name) => Some(self.class(tx, name)?),
            None => before.as_ref().and_then(|b| b.class.as_ref()).map(|(id, _)| *id),
        };
        let secret =
            |field: &str, plain: &Option<String>| plain.as_ref().map(|p| seal_field(seal, school, id, field, p));
        let person = PutPerson {
            id,
            kind,
            number: wanted.number.clone(),
            name: wanted.name.clone(),
            class,
            status: status_after(wanted.leaves_on.is_some(), before.as_ref().map(|b| b.status.as_str())).into(),
            gender: wanted.gender.clone().or_else(|| before.as_ref().and_then(|b| b.gender.clone())),
            id_number: secret("id_number", &wanted.id_number),
            phone: secret("phone", &wanted.phone),
            allergens: before.map(|b| b.allergens).unwrap_or_default(),
            joined_on: wanted.joined_on.or((old.is_none()).then(|| self.now.china_day().number())),
            left_on: wanted.leaves_on,
        };
        store::put_person(tx, school, &person)?;
        wallets::open_accounts(tx, school, &[id])
    }

    /// Classes are made on the way.
    fn class(&mut self, tx: &mut Tx<'_>, name: &str) -> Result<ClassId, DbError> {
        let key = class_key(name);
        if let Some(id) = store::class_by_key(tx, self.school, &key)? {
            return Ok(id);
        }
        let id = ClassId::new(self.new_id());
        let grade = grade_of(name);
        let class =
            ClassRow { id, name: name.into(), key, grade, year_of_entry: None, teacher: String::new(), students: 0 };
        store::put_class(tx, self.school, &class)?;
        Ok(id)
    }
}

/// What somebody agreed to is what they saw: a row that would do anything else by now does nothing.
fn refuse_stale(shown: &PlannedRow, row: &mut PlannedRow) {
    if matches!(row.verdict, Verdict::Refuse | Verdict::Same) {
        return;
    }
    let differs = |a: &[Change], b: &[Change]| a.iter().find(|change| !b.contains(change)).map(|c| c.field.clone());
    let differing = differs(&row.changes, &shown.changes).or_else(|| differs(&shown.changes, &row.changes));
    if row.verdict == shown.verdict && differing.is_none() {
        return;
    }
    let field = differing.unwrap_or_else(|| "number".into());
    let (zh, en) =
        ("预览之后此人的资料已被改动，请重新预览。", "This person was changed after the preview; make a new one.");
    row.verdict = Verdict::Refuse;
    row.changes.clear();
    row.reasons.push(reason("changed_since", &field, &row.wanted.number, zh, en));
}

/// Whoever stands in a list is at the school; a suspension ends only by hand.
fn status_after(leaves: bool, before: Option<&str>) -> &'static str {
    match before {
        _ if leaves => "left",
        Some("suspended") => "suspended",
        _ => "active",
    }
}
