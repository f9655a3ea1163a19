//! Moving money from one child to another over HTTP.

use super::transfer::{Refusal, Transfer, transfer};
use crate::App;
use crate::guardians::{self, OfChild, right, right_missing};
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Path, Problem, named};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, Cents, EntryId};

const AMOUNT_MAX: i64 = 10_000_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(put))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TransferAsk {
    /// The binding of the other child, at the same school and with the right to pay.
    to: Uuid,
    amount: Money,
}

#[derive(Serialize, ToSchema)]
struct TransferDone {
    id: Uuid,
    balance_from: Money,
    balance_to: Money,
}

#[derive(Deserialize)]
struct TransferPath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    id: Uuid,
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NameTaken => {
            let (zh, en) = ("此编号已用于另一笔业务。", "This name belongs to something else.");
            Problem::conflict("name_taken", zh, en)
        }
        Refusal::Frozen => {
            let zh = "账户由学校冻结，暂不能转账。";
            let en = "The school froze one of the accounts; nothing can be moved.";
            Problem::conflict("frozen_by_school", zh, en)
        }
        Refusal::PersonLeft => {
            let (zh, en) = ("对方已离校，不能转入。", "That child has left the school.");
            Problem::conflict("person_left", zh, en)
        }
        Refusal::TooLittle { cash } => {
            let zh = format!("可转出的余额为 ¥{cash}。");
            let en = format!("¥{cash} can be moved.");
            Problem::bad("too_little_money", zh, en).field("amount").with("cash", cash.fen())
        }
        Refusal::OverBalanceCap { cap, room } => {
            let zh = format!("转入后将超过余额上限 ¥{cap}，最多可转入 ¥{room}。");
            let en = format!("The balance would be above ¥{cap}; at most ¥{room} can be moved.");
            let problem = Problem::bad("over_balance_cap", zh, en).field("amount");
            problem.with("cap", cap.fen()).with("room", room.fen())
        }
    }
}

/// Move money to another child of the same guardian. Asking again with the same name gives the first answer.
#[utoipa::path(put, path = "/guardian/children/{binding}/transfers/{id}", tag = "family",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)), request_body = TransferAsk,
    responses((status = 200, body = TransferDone), (status = 404), (status = 409), (status = 422)),
    security(("guardian" = ["pay"])))]
async fn put(
    State(app): State<App>,
    who: OfChild<right::Pay>,
    Path(path): Path<TransferPath>,
    Body(ask): Body<TransferAsk>,
) -> Result<Json<TransferDone>, Problem> {
    let id: EntryId = named("id", path.id)?;
    if !(1..=AMOUNT_MAX).contains(&ask.amount.fen) {
        let (zh, en) = ("金额须大于 0，不超过 10 万元。", "An amount is above zero and at most ¥100,000.");
        return Err(Problem::bad("bad_amount", zh, en).field("amount"));
    }
    let (guardian, school, from, note) = (who.guardian.id(), who.school, who.person, who.note(&app));
    let (incoming, now) = (EntryId::new(app.new_id()), app.now());
    let write = move |tx: &mut Tx<'_>| {
        let other = guardians::find_binding(tx, BindingId::new(ask.to))?.filter(|other| other.guardian == guardian);
        let open = other.and_then(|other| other.open_child().map(|person| (other, person)));
        let Some((other, to)) = open else { return Ok(Err(Problem::absent().field("to"))) };
        if !other.rights.pay {
            return Ok(Err(right_missing("pay").field("to")));
        }
        if other.school != school || to == from {
            let (zh, en) = ("只能在同一学校的两个孩子之间转账。", "Money moves between two children of one school.");
            return Ok(Err(Problem::bad("other_school", zh, en).field("to")));
        }
        let amount = Cents::from(ask.amount);
        let todo = Transfer { school, id, incoming, from, to, amount, guardian, now };
        let moved = match transfer(tx, &todo)? {
            Ok(moved) => moved,
            Err(refusal) => return Ok(Err(refused(refusal))),
        };
        let after = json!({"to": to.to_string(), "fen": amount.fen()});
        note.record(tx, "guardian.transfer", Subject("person", &from.to_string(), "家庭内转账"), json!(null), after)?;
        Ok(Ok(moved))
    };
    let moved = app.db.write_locking("family transfer", write).await??;
    Ok(Json(TransferDone { id: path.id, balance_from: moved.from.into(), balance_to: moved.to.into() }))
}
