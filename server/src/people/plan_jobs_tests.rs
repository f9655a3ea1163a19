//! One worker for each plan, and a plan that was begun while its columns were read.
//! async because workers meet at a database.

use super::import::plan::{PlannedRow, Verdict, Wanted};
use super::plan_jobs::begin;
use super::plan_store::{self, PlanRow};
use super::plans::{self, Summary};
use crate::App;
use crate::plumbing::clock::Clock;
use crate::plumbing::config::Config;
use crate::plumbing::db::{Db, Tx};
use crate::plumbing::seal::Seal;
use crate::signin::audit::{Actor, Note};
use uuid::Uuid;
use yitong_values::{PlanId, SchoolId, Timestamp, UserId};

const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);
const SCHOOL: SchoolId = SchoolId::new(Uuid::from_u128(1));
const USER: UserId = UserId::new(Uuid::from_u128(2));

fn row(n: usize) -> PlannedRow {
    let (number, class) = (n.to_string(), Some("七年级1班".to_owned()));
    let wanted = Wanted { number, name: "甲".into(), class, ..Wanted::default() };
    PlannedRow { row: n, verdict: Verdict::Add, wanted, changes: vec![], reasons: vec![], cells: vec![] }
}

fn plan_of(app: &App, state: &str, rows: usize) -> PlanRow {
    let summary = Summary { add: rows as i64, ..Summary::default() };
    PlanRow {
        id: PlanId::new(app.new_id()),
        kind: "import".into(),
        person_kind: "student".into(),
        state: state.into(),
        file_name: String::new(),
        sheets: None,
        mapping: String::new(),
        summary: summary.text(),
        done: 0,
        total: rows as i64,
        created_at: NOW,
        created_by: USER,
        created_by_name: String::new(),
    }
}

async fn app(folder: &tempfile::TempDir) -> App {
    let config = Config::in_folder(folder.path().to_owned());
    let db = Db::open(&config.database).expect("a new database opens");
    App::new(config, db, Clock::by_hand(NOW), Seal::from_key(&[7; 32]))
}

/// Keeps the plan; what came of it, and the rows that it has then.
async fn keep(app: &App, plan: &PlanRow, rows: usize, is_new: bool) -> (Result<(), String>, usize) {
    let (plan, id) = (plan.clone(), plan.id);
    let rows: Vec<PlannedRow> = (1..=rows).map(row).collect();
    let sealed = plans::sealed_rows(&app.seal, SCHOOL, id, &rows);
    let write = move |tx: &mut Tx<'_>| {
        let kept = plans::keep(tx, SCHOOL, &plan, &sealed, is_new)?;
        Ok((kept, plan_store::rows(tx, SCHOOL, id, 0, None, 1000)?.len()))
    };
    app.db.write("keep", write).await.expect("the unit runs")
}

fn note(app: &App) -> Note {
    Note { id: app.new_id().into(), at: NOW, actor: Actor { user: USER, from: None }, school: SCHOOL }
}

async fn found(app: &App, id: PlanId) -> PlanRow {
    let found = app.db.read(move |tx| plan_store::find(tx, SCHOOL, id)).await;
    found.expect("it is read").expect("it is there")
}

#[tokio::test]
async fn a_plan_has_one_worker() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = app(&folder).await;
    let (plan, other) = (plan_of(&app, "applying", 450), plan_of(&app, "applying", 0));
    keep(&app, &plan, 450, true).await.0.expect("it is new");
    keep(&app, &other, 0, true).await.0.expect("it is new");
    let begin = |plan: &PlanRow| begin(&app, SCHOOL, plan.id, note(&app));
    assert_eq!([begin(&plan), begin(&plan), begin(&other)], [true, false, true]);
    // A worker is let in again only after the first one went.
    while !begin(&plan) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let kept = found(&app, plan.id).await;
    assert_eq!((kept.state.as_str(), kept.done, Summary::of(&kept).add), ("applied", 450, 450));
}

#[tokio::test]
async fn only_an_open_plan_is_put_back() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let app = app(&folder).await;
    for (state, outcome) in
        [("mapping", Ok(())), ("ready", Ok(())), ("applying", Err("applying")), ("applied", Err("applied"))]
    {
        let plan = plan_of(&app, state, 3);
        keep(&app, &plan, 3, true).await.0.expect("it is new");
        let again = PlanRow { state: "ready".into(), ..plan };
        let (kept, rows) = keep(&app, &again, 1, false).await;
        assert_eq!(kept, outcome.map_err(str::to_owned), "{state}");
        assert_eq!(rows, if outcome.is_ok() { 1 } else { 3 }, "{state}");
    }
}
