//! Selling over HTTP: from what the cashier entered to the answer of the lane.

use super::ask::Picked;
use super::counter_http::{PayerWire, payer_wire};
use super::http::{Purchase, RefusalWire, TraceWire, cashiers, refusal_wire, trace_wire, wire};
use super::list_store::{self, Listed};
use super::live::Sale;
use super::outcome::{Kept, Known, Outcome, Sold};
use super::selling::{self, Selling, Shown};
use crate::App;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Money, Path, Problem, moment, named};
use crate::schools::Facts;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::{Question, Trace};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, StallId};

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
    /// What the scale said, of a dish that is sold by weight.
    grams: Option<u32>,
}

impl SellItem {
    fn picked(&self) -> Picked {
        Picked { dish: self.dish, revision: self.revision, count: self.count, grams: self.grams }
    }
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

/// What was scanned or picked.
fn shown(ask: &PayerAsk) -> Result<Shown<'_>, Problem> {
    match (&ask.code, ask.person) {
        (Some(code), None) => Ok(Shown::Code(code)),
        (None, Some(person)) => Ok(Shown::Person(PersonId::new(person))),
        _ => {
            let (zh, en) = ("请扫码或选择人员之一。", "Scan a code or pick a person: one of the two.");
            Err(Problem::bad("bad_payer", zh, en).field("payer"))
        }
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
    let items: Vec<_> = body.items.iter().map(SellItem::picked).collect();
    let id = named("id", path.id)?;
    let selling = Selling {
        school: who.school,
        id,
        stall: StallId::new(body.stall),
        scopes: &who.scopes(),
        payer: shown(&body.payer)?,
        mode: &body.mode,
        items: &items,
        amount: body.amount.map(Cents::from),
        at,
        sent_at: body.sent_at.as_deref().map(|sent| moment("sent_at", sent)).transpose()?.unwrap_or(at),
        collect_later: body.collect_later,
        duplicate_confirmed: body.confirm_duplicate,
        photo_checked: body.confirm_photo,
        cashier: who.principal.user,
    };
    let (outcome, facts) = selling::sell(&app, &selling).await?;
    let asked = Asked { who: &who, id, stall: StallId::new(body.stall), facts: &facts };
    answer(&app, &asked, outcome).await.map(Json)
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
