//! What finance lets terminals sell while nobody hears them: the sums, and the most that could be lost, shown before
//! anybody raises them.

use super::fleet_http::TerminalPath;
use super::lend::{self, Lent};
use super::office_http::own;
use super::settings::{Lend, SchoolLend};
use super::{lend_store, mirror_store, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Params, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{Cents, SchoolId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, put)).routes(routes!(what_if)).routes(routes!(put_own))
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LendSums {
    /// All sales that the server has not confirmed, together; 0: it sells nothing by itself.
    sum: Money,
    count: u32,
    /// Of one person at one terminal, in a meal period and in a day.
    person_meal: Money,
    person_day: Money,
    /// How long it can be sold on.
    hours: u32,
}

impl LendSums {
    fn of(lend: &Lend) -> LendSums {
        let fen = |fen| Money { fen };
        LendSums {
            sum: fen(lend.sum),
            count: lend.count,
            person_meal: fen(lend.person_meal),
            person_day: fen(lend.person_day),
            hours: lend.hours,
        }
    }

    fn lend(self) -> Result<Lend, Problem> {
        let LendSums { sum, count, person_meal, person_day, hours } = self;
        let lend = Lend { sum: sum.fen, count, person_meal: person_meal.fen, person_day: person_day.fen, hours };
        if lend.is_sound() {
            return Ok(lend);
        }
        let zh = "额度须为：每台至多 10 万元、1 万笔，每人每餐不超过每人每天、至多 1,000 元，1 至 72 小时。";
        let en = "At most ¥100,000 and 10,000 sales a terminal; a person's meal within their day, at most ¥1,000; 1 to 72 h.";
        Err(Problem::bad("bad_lend", zh, en).field("each"))
    }
}

#[derive(Serialize, ToSchema)]
struct LendPolicy {
    version: i64,
    each: LendSums,
    /// All leases that may still be sold on, together; null: no bound of its own.
    ceiling: Option<Money>,
    own: Vec<OwnLend>,
    worst: WorstLoss,
}

/// What one terminal may that has its own sums.
#[derive(Serialize, ToSchema)]
struct OwnLend {
    terminal: Uuid,
    name: String,
    each: LendSums,
}

/// The most that the school can lose before anybody hears of it: for each lease what is left of it, but no more than
/// all persons together may buy there in a day.
#[derive(Serialize, ToSchema)]
struct WorstLoss {
    /// Over the leases that stand now.
    now: Money,
    /// When every terminal has a whole lease by these rules.
    whole: Money,
    leases: u32,
    terminals: u32,
    persons: u32,
}

/// What the bound is made of.
struct Bound {
    lent: Vec<Lent>,
    /// Whole leases of terminals that sell, by their rules.
    each: Vec<(Cents, Cents)>,
    persons: u32,
}

fn bound(tx: &mut Tx<'_>, id: SchoolId, school: SchoolLend) -> Result<Bound, DbError> {
    let own = mirror_store::own_lends(tx, id)?;
    let selling = store::all(tx, id)?.into_iter().filter(|of| of.revoked_at.is_none() && of.journal > 0);
    let each = selling.map(|of| {
        let lend = own.get(&of.id).copied().unwrap_or(school.each);
        (Cents::new(lend.sum), Cents::new(lend.person_day))
    });
    Ok(Bound {
        lent: lend_store::open(tx, id)?,
        each: each.collect(),
        persons: u32::try_from(mirror_store::count_active(tx, id)?).unwrap_or(u32::MAX),
    })
}

impl Bound {
    fn worst(&self, ceiling: Option<i64>) -> WorstLoss {
        let whole = yitong_sync::worst_loss(self.each.iter().copied(), self.persons);
        let whole = ceiling.map_or(whole, |ceiling| whole.min(Cents::new(ceiling)));
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        WorstLoss {
            now: lend::worst(&self.lent, self.persons).into(),
            whole: whole.into(),
            leases: count(self.lent.len()),
            terminals: count(self.each.len()),
            persons: self.persons,
        }
    }
}

/// What terminals may sell by themselves, and what that could cost.
#[utoipa::path(get, path = "/schools/{school}/terminal-lending", tag = "terminals", params(("school" = Uuid, Path)),
    responses((status = 200, body = LendPolicy)), security(("session" = ["terminals.read"])))]
async fn show(State(app): State<App>, who: Allowed<perm::TerminalsRead>) -> Result<Json<LendPolicy>, Problem> {
    let school = who.school;
    let settings = app.db.read(move |tx| mirror_store::settings(tx, school)).await?;
    let lend = settings.lend;
    let read = move |tx: &mut Tx<'_>| {
        let own = mirror_store::own_lends(tx, school)?;
        Ok((bound(tx, school, lend)?, store::all(tx, school)?, own))
    };
    let (bound, all, own) = app.db.read(read).await?;
    let own = all.into_iter().filter_map(|of| {
        let each = LendSums::of(own.get(&of.id)?);
        Some(OwnLend { terminal: of.id.uuid(), name: of.name, each })
    });
    Ok(Json(LendPolicy {
        version: settings.version,
        each: LendSums::of(&lend.each),
        ceiling: lend.ceiling.map(|fen| Money { fen }),
        own: own.collect(),
        worst: bound.worst(lend.ceiling),
    }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeLend {
    each: LendSums,
    ceiling: Option<Money>,
}

impl ChangeLend {
    fn lend(&self) -> Result<SchoolLend, Problem> {
        let ceiling = self.ceiling.map(|money| money.fen);
        if ceiling.is_some_and(|fen| !(0..=1_000_000_000).contains(&fen)) {
            let (zh, en) = ("总上限为 0 至 1,000 万元。", "A ceiling is ¥0 to ¥10,000,000.");
            return Err(Problem::bad("bad_ceiling", zh, en).field("ceiling"));
        }
        Ok(SchoolLend { each: self.each.lend()?, ceiling })
    }
}

/// Set what terminals may sell by themselves. Leases that stand go on until they are renewed.
#[utoipa::path(put, path = "/schools/{school}/terminal-lending", tag = "terminals", params(("school" = Uuid, Path)),
    request_body = ChangeLend, responses((status = 204), (status = 422)),
    security(("session" = ["terminals.lend"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::TerminalsLend>,
    Body(ask): Body<ChangeLend>,
) -> Result<StatusCode, Problem> {
    let (school, lend, note) = (who.school, ask.lend()?, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let before = mirror_store::settings(tx, school)?.lend;
        if before == lend {
            return Ok(());
        }
        mirror_store::put_school_lend(tx, school, &lend)?;
        let subject = Subject("school", &school.to_string(), "离线额度");
        note.record(tx, "terminal.lend", subject, json!(before), json!(lend))
    };
    app.db.write("set what is lent", write).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WhatIf {
    /// Fen a terminal.
    sum: i64,
    /// Fen a person a day.
    person_day: i64,
    /// Fen; left out: none.
    ceiling: Option<i64>,
}

/// What other sums could cost: shown before they are set.
#[utoipa::path(get, path = "/schools/{school}/terminal-lending/worst", tag = "terminals",
    params(("school" = Uuid, Path), WhatIf), responses((status = 200, body = WorstLoss)),
    security(("session" = ["terminals.read"])))]
async fn what_if(
    State(app): State<App>,
    who: Allowed<perm::TerminalsRead>,
    Params(ask): Params<WhatIf>,
) -> Result<Json<WorstLoss>, Problem> {
    let each = Lend { sum: ask.sum.max(0), person_day: ask.person_day.max(0), ..Lend::default() };
    let lend = SchoolLend { each, ceiling: ask.ceiling };
    let bound = app.db.read(move |tx| bound(tx, who.school, lend)).await?;
    Ok(Json(bound.worst(ask.ceiling)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeOwnLend {
    /// Null: the school's.
    each: Option<LendSums>,
}

/// Give one terminal sums of its own, or the school's again.
#[utoipa::path(put, path = "/schools/{school}/terminals/{id}/lending", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = ChangeOwnLend,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["terminals.lend"])))]
async fn put_own(
    State(app): State<App>,
    who: Allowed<perm::TerminalsLend>,
    Path(path): Path<TerminalPath>,
    Body(ask): Body<ChangeOwnLend>,
) -> Result<StatusCode, Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    let (school, lend, note) = (who.school, ask.each.map(LendSums::lend).transpose()?, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let before = mirror_store::own_lends(tx, school)?.get(&terminal.id).copied();
        if before == lend {
            return Ok(());
        }
        mirror_store::put_own_lend(tx, school, terminal.id, lend.as_ref())?;
        let subject = Subject("terminal", &terminal.id.to_string(), &terminal.name);
        note.record(tx, "terminal.lend", subject, json!(before), json!(lend))
    };
    app.db.write("set what one terminal may", write).await?;
    Ok(StatusCode::NO_CONTENT)
}
