//! Live sales and the overview over HTTP.

use super::sums::{DaySums, Sum};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Money, Params, Problem, day_param};
use crate::purchases::stalls_below;
use crate::schools::{Canteen, Facts, Stall, clock_text, facts_of};
use crate::signin::{Allowed, Permission, Scope, TokenHash, perm, still};
use crate::{credentials, people, wallets};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BusinessDay, CanteenId, SchoolId, StallId};

const TOP_DISHES: usize = 10;
/// Totals are read again this often at the most, however many purchases arrive.
const TOTALS_EVERY: Duration = Duration::from_secs(1);
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sales)).routes(routes!(events)).routes(routes!(overview))
}

#[derive(Serialize, ToSchema)]
struct Sales {
    day: String,
    total: SalesTotal,
    canteens: Vec<CanteenSales>,
    periods: Vec<PeriodSales>,
    by_five_minutes: Vec<BucketSales>,
    refused: i64,
    /// To be collected later.
    arrears: Money,
    top_dishes: Vec<DishSales>,
}

#[derive(Serialize, ToSchema)]
struct SalesTotal {
    amount: Money,
    count: i64,
    people: usize,
}

#[derive(Serialize, ToSchema)]
struct CanteenSales {
    id: Uuid,
    name: String,
    amount: Money,
    count: i64,
    stalls: Vec<StallSales>,
}

#[derive(Serialize, ToSchema)]
struct StallSales {
    id: Uuid,
    name: String,
    amount: Money,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct PeriodSales {
    id: Option<Uuid>,
    name_zh: String,
    name_en: String,
    amount: Money,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct BucketSales {
    /// `11:50`
    at: String,
    amount: Money,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct DishSales {
    dish: Uuid,
    name: String,
    count: i64,
    amount: Money,
}

/// What of a school somebody looks at.
struct View {
    canteen: Option<CanteenId>,
    /// The stalls that the looker may see; `None` is all of them.
    own: Option<Vec<StallId>>,
}

impl View {
    fn shows(&self, facts: &Facts, stall: StallId) -> bool {
        let here = |only: CanteenId| facts.stall(stall).is_some_and(|(_, of)| of.id == only);
        self.canteen.is_none_or(here) && self.own.as_ref().is_none_or(|own| own.contains(&stall))
    }
}

/// Everything the page shows, from what the stalls sold.
fn shown(day: BusinessDay, sums: &DaySums, facts: &Facts, view: &View) -> Sales {
    let (mut total, mut arrears, mut refused) = (Sum::default(), 0, 0);
    let (mut periods, mut buckets) = (BTreeMap::<_, Sum>::new(), BTreeMap::<_, Sum>::new());
    let (mut dishes, mut eaters) = (BTreeMap::<_, (&str, Sum)>::new(), BTreeSet::<Uuid>::new());
    for (_, of) in sums.0.iter().filter(|(stall, _)| view.shows(facts, **stall)) {
        total.add(of.total.fen, of.total.count);
        (arrears, refused) = (arrears + of.arrears, refused + of.refused);
        of.periods.iter().for_each(|(id, sum)| periods.entry(*id).or_default().add(sum.fen, sum.count));
        of.buckets.iter().for_each(|(at, sum)| buckets.entry(*at).or_default().add(sum.fen, sum.count));
        for (dish, (name, sum)) in &of.dishes {
            dishes.entry(*dish).or_insert((name, Sum::default())).1.add(sum.fen, sum.count);
        }
        eaters.extend(&of.eaters);
    }
    let period = |(id, sum): (Option<Uuid>, Sum)| {
        let known = facts.periods.iter().find(|period| Some(period.id.uuid()) == id);
        let names = known.map_or(("其他".into(), "Other".into()), |p| (p.name_zh.clone(), p.name_en.clone()));
        PeriodSales { id, name_zh: names.0, name_en: names.1, amount: Money { fen: sum.fen }, count: sum.count }
    };
    // In the order of the day; what was sold outside every period comes last.
    let mut periods: Vec<_> = periods.into_iter().collect();
    let starts = |id: Option<Uuid>| facts.periods.iter().find(|of| Some(of.id.uuid()) == id).map(|of| of.start);
    periods.sort_by_key(|(id, _)| starts(*id).unwrap_or(u16::MAX));
    let mut top: Vec<_> = dishes.into_iter().collect();
    top.sort_by_key(|(_, (_, sum))| std::cmp::Reverse((sum.count, sum.fen)));
    let dish = |(dish, (name, sum)): (Uuid, (&str, Sum))| DishSales {
        dish,
        name: name.to_owned(),
        count: sum.count,
        amount: Money { fen: sum.fen },
    };
    let bucket =
        |(at, sum): (u16, Sum)| BucketSales { at: clock_text(at), amount: Money { fen: sum.fen }, count: sum.count };
    Sales {
        day: day.to_string(),
        total: SalesTotal { amount: Money { fen: total.fen }, count: total.count, people: eaters.len() },
        canteens: canteens(sums, facts, view),
        periods: periods.into_iter().map(period).collect(),
        by_five_minutes: buckets.into_iter().map(bucket).collect(),
        refused,
        arrears: Money { fen: arrears },
        top_dishes: top.into_iter().take(TOP_DISHES).map(dish).collect(),
    }
}

/// Also those that have sold nothing yet.
fn canteens(sums: &DaySums, facts: &Facts, view: &View) -> Vec<CanteenSales> {
    let canteen = |of: &Canteen| {
        let own = facts.stalls.values().filter(|stall| stall.canteen == of.id && view.shows(facts, stall.id));
        let mut own: Vec<_> =
            own.map(|stall| (stall, sums.0.get(&stall.id).map_or(Sum::default(), |of| of.total))).collect();
        own.sort_by_key(|(stall, _)| stall.number);
        let all = Sum::of(own.iter().map(|(_, sum)| *sum));
        let stall = |(stall, sum): &(&Stall, Sum)| StallSales {
            id: stall.id.uuid(),
            name: stall.name.clone(),
            amount: Money { fen: sum.fen },
            count: sum.count,
        };
        CanteenSales {
            id: of.id.uuid(),
            name: of.name.clone(),
            amount: Money { fen: all.fen },
            count: all.count,
            stalls: own.iter().map(stall).collect(),
        }
    };
    let asked = facts.canteens.values().filter(|of| view.canteen.is_none_or(|only| of.id == only));
    asked.map(canteen).filter(|of| view.own.is_none() || !of.stalls.is_empty()).collect()
}

async fn sales_of(
    app: &App,
    school: SchoolId,
    day: BusinessDay,
    canteen: Option<Uuid>,
    scopes: &[Scope],
) -> Result<Sales, Problem> {
    let facts = facts_of(app, school).await?;
    let view = View { canteen: canteen.map(CanteenId::new), own: stalls_below(scopes, &facts) };
    let sums = app.sales.get(&app.db, school, day).await?;
    Ok(shown(day, &sums, &facts, &view))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SalesAsk {
    /// Today when left out.
    day: Option<String>,
    canteen: Option<Uuid>,
}

/// Sales of a day by canteen, stall, meal period and five minutes.
#[utoipa::path(get, path = "/schools/{school}/sales", tag = "insights", params(("school" = Uuid, Path), SalesAsk),
    responses((status = 200, body = Sales)), security(("session" = ["sales.read"])))]
async fn sales(
    State(app): State<App>,
    who: Allowed<perm::SalesRead>,
    Params(ask): Params<SalesAsk>,
) -> Result<Json<Sales>, Problem> {
    let day = day_param("day", ask.day.as_deref())?.unwrap_or_else(|| app.now().china_day());
    sales_of(&app, who.school, day, ask.canteen, &who.scopes()).await.map(Json)
}

/// Sales as they happen: `totals` at first and after purchases, at most once a second. Ends when the server stops.
#[utoipa::path(get, path = "/schools/{school}/sales/events", tag = "insights", params(("school" = Uuid, Path)),
    responses((status = 200, content_type = "text/event-stream")), security(("session" = ["sales.read"])))]
async fn events(State(app): State<App>, who: Allowed<perm::SalesRead>) -> Response {
    let (send, receive) = tokio::sync::mpsc::channel::<Event>(8);
    tokio::spawn(tell(app, who.school, who.principal.session, send));
    let stream = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|event| (Ok::<_, std::convert::Infallible>(event), receive))
    });
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    ([(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")], sse)
        .into_response()
}

/// Ends when the page is closed, the server stops, or who listens may no longer: that is asked before each event.
async fn tell(app: App, school: SchoolId, session: TokenHash, send: tokio::sync::mpsc::Sender<Event>) {
    let mut sales = app.live.listen();
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let Ok(Some(who)) = still(&app, session, Permission::SalesRead, school).await else { return };
        let scopes = who.scopes(Permission::SalesRead, school);
        let Ok(totals) = sales_of(&app, school, app.now().china_day(), None, &scopes).await else { return };
        let Ok(event) = Event::default().event("totals").json_data(totals) else { return };
        if send.send(event).await.is_err() {
            return;
        }
        // The next purchase of this school, then a moment for its neighbours.
        let next = async {
            loop {
                match sales.recv().await {
                    Ok((of, _)) if of != school => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                }
            }
        };
        tokio::select! {
            () = &mut stopping => return,
            () = send.closed() => return,
            more = next => if !more { return },
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(TOTALS_EVERY) => {}
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Overview {
    people: OverviewPeople,
    /// For those who may read sales.
    today: Option<OverviewToday>,
    /// For those who may read wallets.
    arrears: Option<OverviewArrears>,
    /// Accounts; for those who may read wallets.
    frozen: Option<i64>,
    lost_credentials_today: i64,
    /// For those who may read the ledger; empty for others.
    unclosed_days: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct OverviewPeople {
    students: i64,
    staff: i64,
    without_code: i64,
}

#[derive(Clone, Serialize, ToSchema)]
struct OverviewToday {
    amount: Money,
    count: i64,
    refused: i64,
}

#[derive(Serialize, ToSchema)]
struct OverviewArrears {
    amount: Money,
    people: i64,
}

/// The numbers of the first page, each for those who may read what it counts.
#[utoipa::path(get, path = "/schools/{school}/overview", tag = "insights", params(("school" = Uuid, Path)),
    responses((status = 200, body = Overview)), security(("session" = ["people.read"])))]
async fn overview(State(app): State<App>, who: Allowed<perm::PeopleRead>) -> Result<Json<Overview>, Problem> {
    let (school, today) = (who.school, app.now().china_day());
    let may = |permission| who.principal.may(permission, school);
    let today_sold = if may(Permission::SalesRead) {
        let sums = app.sales.get(&app.db, school, today).await?;
        let total = Sum::of(sums.0.values().map(|of| of.total));
        let refused = sums.0.values().map(|of| of.refused).sum();
        Some(OverviewToday { amount: Money { fen: total.fen }, count: total.count, refused })
    } else {
        None
    };
    let (wallets_read, ledger_read) = (may(Permission::WalletsRead), may(Permission::LedgerRead));
    let read = move |tx: &mut Tx<'_>| {
        let kinds = people::count_people(tx, school)?;
        let count = |kind: &str| kinds.iter().find(|(of, _)| of == kind).map_or(0, |(_, n)| *n);
        let without_code = credentials::count_without_code(tx, school, today)?;
        let sums = if wallets_read { Some(wallets::sums(tx, school)?) } else { None };
        let open = if ledger_read {
            let last = wallets::last_closed(tx, school)?;
            wallets::open_days(tx, school, last)?
        } else {
            Vec::new()
        };
        Ok(Overview {
            people: OverviewPeople { students: count("student"), staff: count("staff"), without_code },
            today: today_sold.clone(),
            arrears: sums.map(|(amount, people, _)| OverviewArrears { amount: amount.into(), people }),
            frozen: sums.map(|(.., frozen)| frozen),
            lost_credentials_today: credentials::lost_on(tx, school, today.start())?,
            unclosed_days: open.iter().filter(|(day, ..)| *day < today).map(|(day, ..)| day.to_string()).collect(),
        })
    };
    Ok(Json(app.db.read(read).await?))
}
