//! Workers that apply plans: begun when somebody asks, and again at a start for what a stop left half done.

use super::apply;
use super::plan_store;
use super::plans::Summary;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::signin::audit::{Actor, Note};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};
use yitong_values::{PlanId, SchoolId};

/// Plans that have a worker, each with the app that it works for: a process of tests has many.
static AT_WORK: Mutex<BTreeSet<(usize, PlanId)>> = Mutex::new(BTreeSet::new());

/// A worker's place at its plan, given up when the worker ends, however it ends.
struct Seat {
    key: (usize, PlanId),
    /// Kept, so that no other app comes to stand at the same address.
    app: App,
}

impl Seat {
    /// `None` where somebody sits already.
    fn take(app: &App, plan: PlanId) -> Option<Seat> {
        let key = (std::ptr::from_ref(&**app).addr(), plan);
        seats().insert(key).then(|| Seat { key, app: app.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        seats().remove(&self.key);
    }
}

fn seats() -> MutexGuard<'static, BTreeSet<(usize, PlanId)>> {
    AT_WORK.lock().expect("nobody panics while holding it")
}

/// Begins a worker, unless one is at this plan already: says whether it did.
pub(super) fn begin(app: &App, school: SchoolId, plan: PlanId, note: Note) -> bool {
    let Some(seat) = Seat::take(app, plan) else { return false };
    tokio::spawn(async move {
        if let Err(error) = apply::apply(&seat.app, school, plan, note).await {
            tracing::error!(%error, %plan, "a plan stopped; applying it again goes on");
        }
    });
    true
}

/// Takes up again what the last stop left half applied. Called once, when the server starts.
pub fn resume_plans(app: &App) {
    let app = app.clone();
    tokio::spawn(async move {
        match app.db.read(left_behind).await {
            Ok(plans) => plans.into_iter().for_each(|left| left.begin(&app)),
            Err(error) => tracing::error!(%error, "plans that were half applied can't be read"),
        }
    });
}

struct LeftBehind {
    school: SchoolId,
    plan: PlanId,
    actor: Actor,
}

impl LeftBehind {
    fn begin(self, app: &App) {
        let (id, at) = (app.new_id().into(), app.now());
        tracing::info!(plan = %self.plan, "a plan that was half applied is taken up again");
        begin(app, self.school, self.plan, Note { id, at, actor: self.actor, school: self.school });
    }
}

fn left_behind(tx: &mut Tx<'_>) -> Result<Vec<LeftBehind>, DbError> {
    let mut all = Vec::new();
    for (school, id) in plan_store::being_applied(tx)? {
        if let Some(plan) = plan_store::find(tx, school, id)? {
            let user = Summary::of(&plan).asked_by.unwrap_or(plan.created_by);
            all.push(LeftBehind { school, plan: id, actor: Actor { user, from: None } });
        }
    }
    Ok(all)
}
