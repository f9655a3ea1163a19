//! Selling over HTTP: from what the cashier entered to the answer of the lane.

use super::ask::{Ask, Basis, Payer, Sent};
use super::book::answered_before;
use super::counter_http::{PayerWire, fixed_price, own_stall, payer_wire};
use super::http::{Purchase, RefusalWire, TraceWire, cashiers, refusal_wire, trace_wire, wire};
use super::list_store::{self, Listed};
use super::live::Sale;
use super::outcome::{Kept, KeptItem, Known, Outcome, Sold};
use crate::App;
use crate::credentials;
use crate::menu::Menu;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Path, Problem, named};
use crate::schools::{Canteen, Facts, Stall, facts_of};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_code::Reason;
use yitong_purchase::{Counter, Malformed, Open, PricedLine};
use yitong_rules::{CredentialState, Mode, Question, Trace};
use yitong_values::{Cents, DishId, EntryId, PersonId, SchoolId, StallId, Timestamp};

/// How far a counter's clock may be from ours before it is told.
const CLOCK_DRIFT_MAX_MS: i64 = 5 * 60_000;
/// How long a sale that was not answered may be asked again: a counter that could not reach us through a whole lunch
/// still gets its answer.
const SALE_LATE_MAX_MS: i64 = 12 * 3_600_000;
/// Reading what changed again and asking once more is enough unless it changes without pause.
const STALE_TRIES: usize = 4;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sell))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Sell {
    stall: Uuid,
    payer: PayerAsk,
    /// dish, amount, fixed or count
    mode: String,
    #[serde(default)]
    items: Vec<SellItem>,
    /// What the customer was shown; needed when keyed.
    amount: Option<Money>,
    /// "Yes, a second one."
    #[serde(default)]
    confirm_duplicate: bool,
    /// "I compared the photo with who stands here."
    #[serde(default)]
    confirm_photo: bool,
    /// "Let eat, collect later."
    #[serde(default)]
    collect_later: bool,
    /// When it was sold by the counter's clock, RFC 3339; kept through every retry.
    at: String,
    /// The counter's clock now, RFC 3339; another one at each retry. Left out: the same as `at`.
    sent_at: Option<String>,
}

/// One of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PayerAsk {
    /// The text of a scanned code.
    code: Option<String>,
    /// Somebody whom the cashier picked.
    person: Option<Uuid>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SellItem {
    dish: Uuid,
    revision: Uuid,
    count: u32,
}

#[derive(Serialize, ToSchema)]
struct SellOutcome {
    /// paid, refused or ask
    outcome: String,
    purchase: Option<Purchase>,
    refusal: Option<RefusalWire>,
    ask: Option<SellQuestion>,
    person: Option<PayerWire>,
    balance_after: Option<Money>,
    arrears_after: Option<Money>,
    trace: Vec<TraceWire>,
}

#[derive(Serialize, ToSchema)]
struct SellQuestion {
    /// duplicate (the same purchase a moment ago), or photo_check (the code was at another place a moment ago)
    code: String,
    seconds_ago: u32,
}

fn malformed(why: Malformed) -> Problem {
    match why {
        Malformed::NothingOnTheTray => {
            Problem::bad("empty_tray", "还没有菜品。", "There is nothing on the tray.").field("items")
        }
        Malformed::TooManyLines => {
            Problem::bad("too_many_lines", "一次最多 60 种菜品。", "At most 60 dishes at once.").field("items")
        }
        Malformed::BadCount => Problem::bad("bad_count", "份数为 1 至 99。", "A count is 1 to 99.").field("items"),
        Malformed::BadAmount => {
            Problem::bad("bad_amount", "金额须大于 0。", "An amount is above zero.").field("amount")
        }
        Malformed::AmountDiffers { sum } => {
            let (zh, en) = (
                format!("金额与菜品合计 ¥{sum} 不符，请刷新菜单。"),
                format!("The amount differs from the sum of ¥{sum}; reload the menu."),
            );
            Problem::conflict("amount_differs", zh, en).field("amount").with("sum", sum.fen())
        }
        Malformed::ModeNotAtThisStall => {
            Problem::bad("bad_mode", "此档口不使用该计价方式。", "The stall does not sell in this way.").field("mode")
        }
    }
}

/// A moment in RFC 3339, with any offset.
fn moment(field: &str, text: &str) -> Result<Timestamp, Problem> {
    let read = text.parse::<jiff::Timestamp>().map(|at| Timestamp::from_ms(at.as_millisecond()));
    let (zh, en) = ("时间应为 RFC 3339 格式。", "A time is written as in RFC 3339.");
    read.map_err(|_| Problem::bad("bad_time", zh, en).field(field))
}

type Tray = (Vec<PricedLine>, Vec<KeptItem>);

/// The tray with the prices that the counter showed. A price that changed since is never charged.
fn tray(menu: &Menu, stall: &Stall, canteen: &Canteen, items: &[SellItem]) -> Result<Tray, Problem> {
    let (mut lines, mut kept) = (Vec::new(), Vec::new());
    for (i, item) in items.iter().enumerate() {
        let field = format!("items[{i}].dish");
        let dish = menu.dishes.get(&DishId::new(item.dish)).filter(|dish| dish.sold_at(stall.id, canteen.id));
        let dish = dish.ok_or_else(|| {
            Problem::bad(
                "dish_not_sold",
                "此档口不售该菜品，请刷新菜单。",
                "The dish is not sold here; reload the menu.",
            )
            .field(&field)
        })?;
        if dish.revision_id.uuid() != item.revision {
            let zh = format!("“{}”的价格已变为 ¥{}，请刷新菜单后重新确认。", dish.name, dish.price);
            let en = format!("The price of “{}” is ¥{} now; reload the menu.", dish.name, dish.price);
            return Err(Problem::conflict("price_changed", zh, en).field(&field).with("price", dish.price.fen()));
        }
        lines.push(PricedLine {
            category: dish.category.clone(),
            allergens: dish.allergens.clone(),
            price: dish.price,
            count: item.count,
        });
        let (d, r, n, p) = (item.dish, item.revision, dish.name.clone(), dish.price.fen());
        kept.push(KeptItem { d, r, n, c: item.count, p });
    }
    Ok((lines, kept))
}

/// The payer as text: what was scanned or picked.
fn payer_text(ask: &PayerAsk) -> Result<String, Problem> {
    match (&ask.code, ask.person) {
        (Some(code), None) => Ok(code.trim().to_owned()),
        (None, Some(person)) => Ok(person.to_string()),
        _ => {
            let (zh, en) = ("请扫码或选择人员之一。", "Scan a code or pick a person: one of the two.");
            Err(Problem::bad("bad_payer", zh, en).field("payer"))
        }
    }
}

/// The payer, with the signature of a code verified here: in the request's own task, never in the writer. And which
/// use of a phone it is. A dynamic code is judged by the moment of the sale: a counter that could not reach us asks
/// later.
async fn payer(app: &App, school: SchoolId, ask: &PayerAsk, at: Timestamp) -> Result<(Payer, Option<i64>), Problem> {
    if let Some(person) = ask.person {
        return Ok((Payer::Person(PersonId::new(person)), None));
    }
    let code = ask.code.as_deref().unwrap_or_default().trim();
    let refused = |state| Ok((Payer::Refused(state), None));
    let seconds = |reason: Reason| i32::try_from(reason.seconds().unwrap_or(0)).unwrap_or(i32::MAX);
    match app.credentials.verify(&app.db, school, code, at).await? {
        Ok(verified) => {
            let order = verified.use_order().and_then(|order| i64::try_from(order).ok());
            Ok((Payer::Serial(verified.serial()), order))
        }
        Err(Reason::NotACampusCode) => match credentials::legacy_serial(&app.db, school, code, at).await? {
            Some(serial) => Ok((Payer::Serial(serial), None)),
            None => refused(CredentialState::Unknown),
        },
        Err(Reason::Expired | Reason::KeyNotValidNow) => refused(CredentialState::Expired),
        Err(why @ Reason::Stale { .. }) => refused(CredentialState::Stale { seconds: seconds(why) }),
        Err(why @ Reason::FromTheFuture { .. }) => refused(CredentialState::Stale { seconds: -seconds(why) }),
        Err(_) => refused(CredentialState::Unknown),
    }
}

#[derive(Deserialize)]
struct PurchasePath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// Sell. The counter names the purchase; asking again with the same name gives the first answer.
#[utoipa::path(put, path = "/schools/{school}/purchases/{id}", tag = "purchases",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = Sell,
    responses((status = 200, body = SellOutcome), (status = 404), (status = 409), (status = 422)),
    security(("session" = ["counter.sell"])))]
async fn sell(
    State(app): State<App>,
    who: Allowed<perm::CounterSell>,
    Path(path): Path<PurchasePath>,
    Body(body): Body<Sell>,
) -> Result<Json<SellOutcome>, Problem> {
    let at = moment("at", &body.at)?;
    let payer_text = payer_text(&body.payer)?;
    let items: Vec<_> = body.items.iter().map(|item| (item.dish, item.revision, item.count)).collect();
    let digest = Ask::digest_of(&Sent {
        stall: StallId::new(body.stall),
        payer: &payer_text,
        mode: &body.mode,
        items: &items,
        amount: body.amount.map(Cents::from),
        at,
        collect_later: body.collect_later,
    });
    let (school, id) = (who.school, named("id", path.id)?);
    let (outcome, facts) = match book(&app, &who, id, &body, at, digest).await {
        // The menu, a price or the clock may stand in the way now; what this name was answered with still stands.
        Err(problem) if problem.is_refusal() => {
            let before = app.db.read(move |tx| answered_before(tx, school, id, &digest)).await?;
            (before.ok_or(problem)?, facts_of(&app, school).await?)
        }
        booked => booked?,
    };
    let asked = Asked { who: &who, id, stall: StallId::new(body.stall), facts: &facts };
    answer(&app, &asked, outcome).await.map(Json)
}

/// Checks the counter's clock and the payer, and hands the purchase to its lane.
async fn book(
    app: &App,
    who: &Allowed<perm::CounterSell>,
    id: EntryId,
    body: &Sell,
    at: Timestamp,
    digest: [u8; 16],
) -> Result<(Outcome, Arc<Facts>), Problem> {
    let now = app.now();
    let mode = Mode::from_word(&body.mode).ok_or_else(|| malformed(Malformed::ModeNotAtThisStall))?;
    in_time(now, at, body.sent_at.as_deref().map(|sent| moment("sent_at", sent)).transpose()?)?;
    let (payer, use_order) = payer(app, who.school, &body.payer, at).await?;
    let request = Request { who, id, body, mode, payer, use_order, at, now, digest };
    // A refusal by what is in memory is believed only when it was read again.
    if let Some(basis) = Basis::in_memory(app, who.school)
        && let Ok(ask) = request.ask(&basis)
    {
        let outcome = app.lanes.book(ask).await?;
        if outcome != Outcome::Stale {
            return Ok((outcome, basis.facts));
        }
    }
    for _ in 0..STALE_TRIES {
        let basis = Basis::of_now(app, who.school).await?;
        let outcome = app.lanes.book(request.ask(&basis)?).await?;
        if outcome != Outcome::Stale {
            return Ok((outcome, basis.facts));
        }
    }
    Err(DbError::Conflict.into())
}

/// A purchase as it was asked for, with the payer known.
struct Request<'a> {
    who: &'a Allowed<perm::CounterSell>,
    id: EntryId,
    body: &'a Sell,
    mode: Mode,
    payer: Payer,
    use_order: Option<i64>,
    at: Timestamp,
    now: Timestamp,
    digest: [u8; 16],
}

impl Request<'_> {
    /// With the stall's way of selling and the prices of the menu.
    fn ask(&self, basis: &Basis) -> Result<Ask, Problem> {
        let (who, body, facts) = (self.who, self.body, &basis.facts);
        let (stall, canteen) = own_stall(facts, &who.scopes(), body.stall)?;
        if stall.closed {
            return Err(Problem::conflict("stall_closed", "此档口已停用。", "The stall is closed.").field("stall"));
        }
        let (lines, kept) = tray(&basis.menu, stall, canteen, &body.items)?;
        let place = Counter {
            stall: stall.id,
            canteen: canteen.id,
            modes: &stall.modes,
            fixed_price: fixed_price(facts, stall, self.at),
        };
        let open = Open::new(&place, self.mode, &lines, body.amount.map(Cents::from), self.at).map_err(malformed)?;
        Ok(Ask {
            school: who.school,
            id: self.id,
            stall: stall.id,
            payer: self.payer,
            use_order: self.use_order,
            mode: self.mode,
            open,
            items: serde_json::to_string(&kept).unwrap_or_else(|_| "[]".into()),
            collect_later: body.collect_later,
            duplicate_confirmed: body.confirm_duplicate,
            photo_checked: body.confirm_photo,
            cashier: who.principal.user,
            now: self.now,
            digest: self.digest,
            basis: basis.clone(),
        })
    }
}

/// The counter's clock is right now, and the sale is not from the future or from another day's lunch.
fn in_time(now: Timestamp, at: Timestamp, sent_at: Option<Timestamp>) -> Result<(), Problem> {
    let sent_at = sent_at.unwrap_or(at);
    if now.since(sent_at).abs() > CLOCK_DRIFT_MAX_MS || at.since(sent_at) > 0 {
        let zh = "收银设备的时间与服务器相差超过 5 分钟，请校准时间。";
        let en = "The counter's clock is more than 5 minutes off; set its time.";
        return Err(Problem::bad("clock_drift", zh, en).field("at").with("server_time", now.to_string()));
    }
    if now.since(at) > SALE_LATE_MAX_MS {
        let zh = "这笔消费已超过 12 小时，未入账。请核对后重新结算。";
        let en = "The sale is more than 12 hours old and was not booked. Check it and sell again.";
        return Err(Problem::bad("sale_too_late", zh, en).field("at").with("server_time", now.to_string()));
    }
    Ok(())
}

/// What of the request its answer needs.
struct Asked<'a> {
    who: &'a Allowed<perm::CounterSell>,
    id: EntryId,
    stall: StallId,
    facts: &'a Facts,
}

async fn answer(app: &App, asked: &Asked<'_>, outcome: Outcome) -> Result<SellOutcome, Problem> {
    let school = asked.who.school;
    let empty = |outcome: &str, trace: &str| SellOutcome {
        outcome: outcome.into(),
        purchase: None,
        refusal: None,
        ask: None,
        person: None,
        balance_after: None,
        arrears_after: None,
        trace: trace_wire(&Trace::from_text(trace)),
    };
    let tell = |fen, at, outcome| app.live.tell(school, Sale { stall: Some(asked.stall), fen, at, outcome });
    match outcome {
        Outcome::Paid { sold, first } => {
            if first {
                tell(sold.amount.fen(), sold.at, "paid");
            }
            let person = seen(app, school, Some(&sold.payer)).await?;
            let kept = sold.kept();
            let after = [kept.balance_after, kept.arrears_after].map(|fen| Some(Money { fen }));
            let outcome = empty("paid", &kept.trace);
            let purchase = purchase(app, asked, &sold, kept, person.as_ref()).await?;
            Ok(SellOutcome { purchase, person, balance_after: after[0], arrears_after: after[1], ..outcome })
        }
        Outcome::Refused { refusal, trace, person, first } => {
            if first {
                tell(0, app.now(), "refused");
            }
            let person = seen(app, school, person.as_ref()).await?;
            Ok(SellOutcome { refusal: Some(refusal_wire(&refusal)), person, ..empty("refused", &trace) })
        }
        Outcome::Ask { question, person, trace } => {
            let person = seen(app, school, Some(&person)).await?;
            let (code, seconds_ago) = match question {
                Question::Duplicate { seconds_ago } => ("duplicate", seconds_ago),
                Question::PhotoCheck { seconds_ago } => ("photo_check", seconds_ago),
            };
            let ask = Some(SellQuestion { code: code.into(), seconds_ago });
            Ok(SellOutcome { ask, person, ..empty("ask", &trace) })
        }
        Outcome::NameTaken => {
            let (zh, en) =
                ("此编号已用于内容不同的另一笔业务。", "This name belongs to another purchase with other content.");
            Err(Problem::conflict("name_taken", zh, en))
        }
        Outcome::NoSuchPerson => Err(Problem::absent().field("payer.person")),
        Outcome::Stale => Err(DbError::Conflict.into()),
    }
}

/// The purchase as lists show it. One that was sold just now has no history that would have to be looked up.
async fn purchase(
    app: &App,
    asked: &Asked<'_>,
    sold: &Sold,
    kept: Kept,
    payer: Option<&PayerWire>,
) -> Result<Option<Purchase>, Problem> {
    let (school, id, cashier) = (asked.who.school, asked.id, &asked.who.principal);
    if let (Some(payer), true) = (payer, sold.payer.seen.is_some()) {
        let person = (sold.payer.id, payer.name.clone(), payer.number.clone(), payer.class.clone());
        let names = BTreeMap::from([(cashier.user.uuid(), cashier.name.clone())]);
        return Ok(Some(wire(Listed::sold(sold, kept, asked.stall, person), asked.facts, &names)));
    }
    let read = move |tx: &mut Tx<'_>| {
        let row = list_store::find(tx, school, id)?;
        let names = cashiers(tx, row.as_slice())?;
        Ok((row, names))
    };
    let (row, names) = app.db.read(read).await?;
    Ok(row.map(|row| wire(row, asked.facts, &names)))
}

async fn seen(app: &App, school: SchoolId, known: Option<&Known>) -> Result<Option<PayerWire>, Problem> {
    let Some(known) = known else { return Ok(None) };
    if let Some(seen) = &known.seen {
        return Ok(Some(PayerWire::of(known.id, seen)));
    }
    let id = known.id;
    Ok(app.db.read(move |tx| people::find_person(tx, school, id)).await?.map(payer_wire))
}
