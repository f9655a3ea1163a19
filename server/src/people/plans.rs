//! Making plans: of a file, of a promotion, a transfer, a leaving. A plan is shown before it is applied.

use super::import::class::{class_key, school_year};
use super::import::columns::{Field, Mapping, propose};
use super::import::plan::{Known, PlannedRow, Roster, Verdict, Wanted, judge, plan};
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
use yitong_values::{PersonId, PlanId, SchoolId};

/// Rows of plans that are done are erased after so long: they hold personal data.
pub const PLAN_ROWS_KEPT_MS: i64 = 30 * 86_400_000;

/// What the page shows above the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) add: i64,
    pub(super) change: i64,
    pub(super) same: i64,
    pub(super) refuse: i64,
    pub(super) new_classes: Vec<String>,
    pub(super) warnings: Vec<(String, String)>,
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
        warnings: Vec::new(),
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

/// What moves people without a file.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// Every class goes up a year, named or by its number; `None` graduates.
    Promotion {
        on: i64,
        named: Vec<(String, Option<String>)>,
    },
    Transfer {
        people: Vec<PersonId>,
        to_class: String,
    },
    Leaving {
        people: Vec<PersonId>,
        on: i64,
    },
}

/// The last year of each kind of school, after which pupils leave: primary 6, junior 9, senior 12.
const LAST_YEARS: [u32; 3] = [6, 9, 12];

/// 七年级3班 becomes 八年级3班; the highest year that the school has leaves when it is a last one.
pub(super) fn promoted(class: &str, highest: u32) -> Option<String> {
    const HAN: [&str; 12] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
    let year = year_of(class)?;
    if year == highest && LAST_YEARS.contains(&year) {
        return None;
    }
    let next = year + 1;
    let han = |n: u32| HAN.get(n as usize - 1).copied().unwrap_or_default();
    let old = [format!("{}年级", han(year)), format!("{year}年级"), format!("{}(", han(year)), format!("{year}(")];
    let new = [format!("{}年级", han(next)), format!("{next}年级"), format!("{}(", han(next)), format!("{next}(")];
    let spelled = [("初一", 7), ("初二", 8), ("初三", 9), ("高一", 10), ("高二", 11), ("高三", 12)];
    let word = |n: u32| spelled.iter().find(|(_, of)| *of == n).map(|(word, _)| *word);
    if let (Some(from), Some(to)) = (word(year), word(next))
        && class.starts_with(from)
    {
        return Some(class.replacen(from, to, 1));
    }
    let found = old.iter().zip(&new).find(|(from, _)| class.starts_with(from.as_str()));
    found.map(|(from, to)| class.replacen(from.as_str(), to, 1))
}

pub(super) fn year_of(class: &str) -> Option<u32> {
    school_year(class)
}

/// The rows of a move, judged like those of a file.
pub(super) fn plan_move(moving: &Move, known: Vec<Known>) -> Vec<PlannedRow> {
    let students = || known.iter().filter(|k| k.kind == "student" && !k.left);
    let highest = students().filter_map(|k| year_of(k.class.as_deref()?)).max().unwrap_or(0);
    let mut wanted: Vec<Wanted> = Vec::new();
    let same = |k: &Known| Wanted { number: k.number.clone(), name: k.name.clone(), ..Wanted::default() };
    match moving {
        Move::Promotion { on, named } => {
            for k in students() {
                let Some(class) = &k.class else { continue };
                let by_name =
                    named.iter().find(|(from, _)| class_key(from) == class_key(class)).map(|(_, to)| to.clone());
                let next = by_name.or_else(|| year_of(class).map(|_| promoted(class, highest)));
                match next {
                    Some(Some(class)) => wanted.push(Wanted { class: Some(class), ..same(k) }),
                    Some(None) => wanted.push(Wanted { leaves_on: Some(*on), ..same(k) }),
                    // A class without a year in its name stays until somebody names its next one.
                    None => {}
                }
            }
        }
        Move::Transfer { people, to_class } => {
            let moved = known.iter().filter(|k| people.contains(&k.id));
            wanted.extend(moved.map(|k| Wanted { class: Some(to_class.clone()), ..same(k) }));
        }
        Move::Leaving { people, on } => {
            let leavers = known.iter().filter(|k| people.contains(&k.id));
            wanted.extend(leavers.map(|k| Wanted { leaves_on: Some(*on), ..same(k) }));
        }
    }
    let mut rows: Vec<PlannedRow> = Vec::new();
    for kind in ["student", "staff"] {
        let roster = Roster::new(kind, known.clone());
        let of_kind = wanted.iter().filter(|w| roster.find(&w.number).is_some_and(|k| k.kind == kind));
        for wanted in of_kind {
            let mut row = PlannedRow {
                row: rows.len() + 1,
                verdict: Verdict::Refuse,
                wanted: wanted.clone(),
                changes: vec![],
                reasons: vec![],
                cells: vec![wanted.number.clone(), wanted.name.clone()],
            };
            judge(&mut row, &roster, &|_, _| Vec::new());
            rows.push(row);
        }
    }
    rows
}

/// Keeps a plan with its rows.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    school: SchoolId,
    plan: &PlanRow,
    rows: &[SealedRow],
    is_new: bool,
) -> Result<(), DbError> {
    if is_new {
        // The unit may run again: the first run's row is then there.
        if plan_store::find(tx, school, plan.id)?.is_none() {
            plan_store::insert(tx, school, plan)?;
        }
    } else {
        plan_store::update(tx, school, plan)?;
    }
    plan_store::replace_rows(tx, school, plan.id, rows)
}

/// Erases what is no longer needed. Called once a day.
pub async fn forget_old_plans(app: &App) -> Result<u64, DbError> {
    let before = app.now().plus_ms(-PLAN_ROWS_KEPT_MS);
    app.db.write("forget old plans", move |tx| plan_store::erase_old_rows(tx, before)).await
}

pub(super) fn field_list(student: bool) -> Vec<(Field, bool)> {
    Field::ALL.into_iter().map(|field| (field, field.required(student))).collect()
}

#[cfg(test)]
mod tests {
    use super::promoted;

    #[test]
    fn a_class_goes_up_a_year() {
        let check = |class: &str, highest: u32, expected: Option<&str>| {
            assert_eq!(promoted(class, highest).as_deref(), expected, "{class}");
        };
        check("七年级3班", 9, Some("八年级3班"));
        check("7年级3班", 9, Some("8年级3班"));
        check("初一(3)班", 9, Some("初二(3)班"));
        check("九年级1班", 9, None);
        check("九年级1班", 12, Some("十年级1班"));
        check("初三(1)班", 12, Some("高一(1)班"));
        check("六年级2班", 6, None);
        check("舞蹈队", 9, None);
    }
}
