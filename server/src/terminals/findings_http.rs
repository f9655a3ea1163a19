//! What offline sales left to look at, for finance: shortfalls, lost cards, codes that paid twice.

use super::journal_store::{self, FindingRow};
use super::office_http::{Settled, note};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Page, Params, Path, Problem};
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

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(findings)).routes(routes!(settle_finding))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FindingsAsk {
    /// short, late_loss, replaced, risk, replay, unended or twice
    kind: Option<String>,
    /// Also those that were settled.
    #[serde(default)]
    all: bool,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Something to look at about an offline sale.
#[derive(Serialize, ToSchema)]
struct OfflineFinding {
    purchase: Uuid,
    /// short (a part is collected later), late_loss (sold after the card was reported lost), replaced (with a card that
    /// was replaced), risk (nobody can be charged), replay (one use of a phone's code at two
    /// tills), unended (booked, and the dead machine's journal does not say that anybody saw green), twice (the same
    /// again within seconds at a till that did not know of it: given back by itself)
    kind: String,
    terminal: Uuid,
    terminal_name: Option<String>,
    person: Option<FindingPerson>,
    amount: Money,
    sold_at: String,
    found_at: String,
    detail: String,
    settled_at: Option<String>,
    note: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct FindingPerson {
    id: Uuid,
    name: String,
    number: String,
}

fn finding(row: FindingRow) -> OfflineFinding {
    OfflineFinding {
        purchase: row.purchase,
        kind: row.kind,
        terminal: row.terminal,
        terminal_name: row.terminal_name,
        person: row.person.map(|(id, name, number)| FindingPerson { id, name, number }),
        amount: Money { fen: row.fen },
        sold_at: row.sold_at.to_string(),
        found_at: row.found_at.to_string(),
        detail: row.detail,
        settled_at: row.settled_at.map(|at| at.to_string()),
        note: row.note,
    }
}

/// What offline sales left to look at, newest first: for finance.
#[utoipa::path(get, path = "/schools/{school}/offline-findings", tag = "terminals",
    params(("school" = Uuid, Path), FindingsAsk), responses((status = 200, body = Page<OfflineFinding>)),
    security(("session" = ["terminals.lend"])))]
async fn findings(
    State(app): State<App>,
    who: Allowed<perm::TerminalsLend>,
    Params(ask): Params<FindingsAsk>,
) -> Result<Json<Page<OfflineFinding>>, Problem> {
    let (school, rows) = (who.school, ask.limit.unwrap_or(50).clamp(1, 200));
    let kind = ask.kind.unwrap_or_default();
    let read = move |tx: &mut Tx<'_>| journal_store::findings(tx, school, !ask.all, &kind, ask.cursor, rows + 1);
    let found = app.db.read(read).await?;
    Ok(Json(Page::cut(found, rows, |row| row.purchase.to_string()).map(finding)))
}

#[derive(Deserialize)]
struct FindingPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    purchase: Uuid,
    kind: String,
}

/// Finance has looked at it.
#[utoipa::path(put, path = "/schools/{school}/offline-findings/{purchase}/{kind}", tag = "terminals",
    params(("school" = Uuid, Path), ("purchase" = Uuid, Path), ("kind" = String, Path)), request_body = Settled,
    responses((status = 204), (status = 422)), security(("session" = ["terminals.lend"])))]
async fn settle_finding(
    State(app): State<App>,
    who: Allowed<perm::TerminalsLend>,
    Path(path): Path<FindingPath>,
    Body(ask): Body<Settled>,
) -> Result<StatusCode, Problem> {
    let (text, by, audit, school) = (note(&ask.note)?, (app.now(), who.principal.user), who.note(&app), who.school);
    let write = move |tx: &mut Tx<'_>| {
        if journal_store::settle_finding(tx, school, (path.purchase, &path.kind), &text, by)? {
            let subject = Subject("purchase", &path.purchase.to_string(), "离线消费");
            let after = json!({"kind": path.kind, "note": text});
            audit.record(tx, "terminal.finding_settled", subject, json!(null), after)?;
        }
        Ok(())
    };
    app.db.write("settle a finding", write).await?;
    Ok(StatusCode::NO_CONTENT)
}
