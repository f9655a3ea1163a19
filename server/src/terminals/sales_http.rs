//! Sales of a terminal while the link is up: the same lane and the same rules as a cashier's page.

use super::guard::{Device, Signed};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Path, Problem, named};
use crate::purchases::{self, Known, Outcome, Picked, Selling, Shown, Undo, UndoOutcome, Until};
use crate::signin::Scope;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_purchase::UndoRefusal;
use yitong_rules::Question;
use yitong_sync::wire::purchase::{SaleAnswer, UndoAnswer, UndoAsk, Verdict};
use yitong_sync::{PayerShown, Sale};
use yitong_values::{Cents, EntryId, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sell)).routes(routes!(undo))
}

#[derive(Deserialize)]
struct PurchasePath {
    id: Uuid,
}

pub(super) fn lines(sale: &Sale) -> Vec<Picked> {
    let picked = |item: &yitong_sync::Item| Picked {
        dish: item.dish.uuid(),
        revision: item.revision.uuid(),
        count: item.count,
        grams: item.grams,
    };
    sale.items.iter().map(picked).collect()
}

/// The sale as the counter's lane takes it; the same one, whether it is asked for now or heard of in a journal.
pub(super) fn selling<'a>(device: &Device, sale: &'a Sale, lines: &'a [Picked], scopes: &'a [Scope]) -> Selling<'a> {
    Selling {
        school: device.school,
        id: sale.purchase,
        stall: sale.stall,
        scopes,
        payer: match &sale.payer {
            PayerShown::Code(code) => Shown::Code(code),
            PayerShown::Person(person) => Shown::Person(*person),
            PayerShown::Card(number) => Shown::Card(number),
        },
        mode: &sale.mode,
        items: lines,
        amount: Some(sale.amount),
        at: sale.at,
        // A terminal dates its sales by what it knows of our clock, and its requests by its own: the later one counts.
        sent_at: device.asked.max(sale.at),
        collect_later: sale.collect_later,
        duplicate_confirmed: sale.duplicate_confirmed,
        photo_checked: sale.photo_checked,
        cashier: sale.cashier.unwrap_or(UserId::new(Uuid::nil())),
    }
}

/// Sell. The terminal names the purchase; the same name again gives the first answer.
#[utoipa::path(put, path = "/terminal/purchases/{id}", tag = "terminals", params(("id" = Uuid, Path)),
    request_body = serde_json::Value, responses((status = 200, body = serde_json::Value), (status = 422)),
    security(("device" = [])))]
async fn sell(
    State(app): State<App>,
    Path(path): Path<PurchasePath>,
    Signed(device, sale): Signed<Sale>,
) -> Result<Json<SaleAnswer>, Problem> {
    let id: EntryId = named("id", path.id)?;
    if id != sale.purchase {
        let (zh, en) = ("编号与内容不符。", "The name in the path is not that of the sale.");
        return Err(Problem::bad("bad_name", zh, en).field("purchase"));
    }
    // A terminal that was just moved sells at its new stall only.
    let (lines, scopes) = (lines(&sale), [Scope::Stall(device.stall.uuid())]);
    let sold = purchases::sell(&app, &selling(&device, &sale, &lines, &scopes)).await;
    let (outcome, person, trace) = match sold {
        Ok((outcome, _)) => said(&app, &device, outcome)?,
        Err(problem) if problem.is_refusal() => {
            let (zh, en) = problem.words();
            (Verdict::Refused { code: problem.code().into(), zh: zh.into(), en: en.into() }, None, String::new())
        }
        Err(problem) => return Err(problem),
    };
    let person = person.map(|known| known.id);
    Ok(Json(SaleAnswer { verdict: outcome, person, trace, server: app.now() }))
}

type Said = (Verdict, Option<Known>, String);

fn said(app: &App, device: &Device, outcome: Outcome) -> Result<Said, Problem> {
    let tell = |fen, at, outcome| {
        app.live.tell(device.school, purchases::Sale { stall: Some(device.stall), fen, at, outcome });
    };
    Ok(match outcome {
        Outcome::Paid { sold, first } => {
            if first {
                tell(sold.amount.fen(), sold.at, "paid");
            }
            let kept = sold.kept();
            let verdict = Verdict::Paid {
                amount: sold.amount,
                balance_after: Some(Cents::new(kept.balance_after)),
                arrears_after: Some(Cents::new(kept.arrears_after)),
            };
            (verdict, Some(sold.payer), kept.trace)
        }
        Outcome::Refused { refusal, trace, person, first } => {
            if first {
                tell(0, app.now(), "refused");
            }
            let words = refusal.to_cashier();
            (Verdict::Refused { code: refusal.code().into(), zh: words.zh, en: words.en }, person, trace)
        }
        Outcome::Ask { question, person, trace } => {
            let (question, seconds_ago) = match question {
                Question::Duplicate { seconds_ago } => ("duplicate", seconds_ago),
                Question::PhotoCheck { seconds_ago } => ("photo_check", seconds_ago),
            };
            (Verdict::Ask { question: question.into(), seconds_ago }, Some(person), trace)
        }
        Outcome::NameTaken => {
            let (zh, en) =
                ("此编号已用于另一笔消费，请重新计价。", "This name belongs to another sale; price it again.");
            (Verdict::Refused { code: "name_taken".into(), zh: zh.into(), en: en.into() }, None, String::new())
        }
        Outcome::NoSuchPerson => {
            let (zh, en) = ("没有此人，请重新选择。", "There is no such person; pick again.");
            (Verdict::Refused { code: "person_unknown".into(), zh: zh.into(), en: en.into() }, None, String::new())
        }
        Outcome::Stale => return Err(DbError::Conflict.into()),
    })
}

fn not_undone(code: &str, zh: &str, en: &str) -> UndoAnswer {
    UndoAnswer { undone: false, code: Some(code.into()), zh: zh.into(), en: en.into(), balance_after: None }
}

/// Undo a sale of this stall, within the minutes that the school allows.
#[utoipa::path(put, path = "/terminal/purchases/{id}/undo", tag = "terminals", params(("id" = Uuid, Path)),
    request_body = serde_json::Value, responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn undo(
    State(app): State<App>,
    Path(path): Path<PurchasePath>,
    Signed(device, _): Signed<UndoAsk>,
) -> Result<Json<UndoAnswer>, Problem> {
    let policy = app.policies.get(&app.db, device.school).await?;
    let (school, purchase) = (device.school, EntryId::new(path.id));
    let ask = Undo {
        school,
        purchase,
        id: EntryId::new(app.new_id()),
        reason: "终端撤销".into(),
        now: app.now(),
        until: Until::Minutes(policy.school.undo_minutes),
        stalls: Some(vec![device.stall]),
    };
    let write = move |tx: &mut Tx<'_>| Ok((purchases::undo(tx, &ask)?, purchases::balance_of(tx, school, purchase)?));
    let (outcome, balance_after) = app.db.write_locking("undo at a terminal", write).await?;
    let undone = UndoAnswer { undone: true, code: None, zh: String::new(), en: String::new(), balance_after };
    Ok(Json(match outcome {
        UndoOutcome::Done { stall, fen } => {
            let sale = purchases::Sale { stall, fen: -fen, at: app.now(), outcome: "reversed" };
            app.live.tell(school, sale);
            undone
        }
        // The answer was lost, and the terminal asks again.
        UndoOutcome::Again | UndoOutcome::Refused(UndoRefusal::AlreadyReversed) => undone,
        UndoOutcome::Absent | UndoOutcome::OtherStall | UndoOutcome::NameTaken => {
            not_undone("not_found", "没有此笔消费。", "There is no such sale.")
        }
        UndoOutcome::Refused(UndoRefusal::DayOver) => {
            not_undone("too_late", "只能撤销当天的消费。", "Only a sale of today can be undone.")
        }
        UndoOutcome::Refused(UndoRefusal::TooLate { minutes }) => not_undone(
            "too_late",
            &format!("已超过 {minutes} 分钟，请联系财务撤销。"),
            &format!("More than {minutes} minutes have passed; ask the finance officer."),
        ),
    }))
}
