//! The numbers with which cashiers open a shift at a terminal.

use super::mirror_store;
use super::screen_http::whole_school;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{self, Allowed, perm};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(put_pin))
}

#[derive(Deserialize)]
struct CashierPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CashierPin {
    /// 4 to 8 digits; null: no number is asked for.
    pin: Option<String>,
}

/// Set the number with which a cashier opens a shift at a terminal.
#[utoipa::path(put, path = "/schools/{school}/cashiers/{id}/pin", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = CashierPin,
    responses((status = 204), (status = 403), (status = 404), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn put_pin(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<CashierPath>,
    Body(ask): Body<CashierPin>,
) -> Result<StatusCode, Problem> {
    whole_school(&who)?;
    let digits = |pin: &String| (4..=8).contains(&pin.len()) && pin.bytes().all(|byte| byte.is_ascii_digit());
    if ask.pin.as_ref().is_some_and(|pin| !digits(pin)) {
        let (zh, en) = ("开班密码为 4 至 8 位数字。", "The number has 4 to 8 digits.");
        return Err(Problem::bad("bad_pin", zh, en).field("pin"));
    }
    let hash = match ask.pin {
        Some(pin) => Some(signin::hash_secret(pin).await),
        None => None,
    };
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(cashier) = mirror_store::cashiers(tx, school)?.into_iter().find(|of| of.id == path.id) else {
            return Ok(false);
        };
        mirror_store::put_pin(tx, school, path.id, hash.as_deref())?;
        let subject = Subject("user", &path.id.to_string(), &cashier.name);
        note.record(tx, "cashier.pin", subject, json!(null), json!({"set": hash.is_some()}))?;
        Ok(true)
    };
    match app.db.write("set a cashier's number", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}
