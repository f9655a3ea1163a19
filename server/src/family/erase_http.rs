//! A guardian erases the own account. Money that is still on its way comes first: it could not be told apart later.

use crate::App;
use crate::guardians::{Going, Guardian, code_wrong, confirmed, erase, knock_with_code, signed_out};
use crate::payments;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(erase_account))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseAccount {
    /// The six digits that were sent for this.
    code: String,
}

/// Erase the own account: every binding ends, phone, name, addresses, messages and sessions are forgotten. Entries and
/// consents stay, under an id that says nothing.
#[utoipa::path(delete, path = "/guardian/account", tag = "family", request_body = EraseAccount,
    responses((status = 204), (status = 401), (status = 409), (status = 429)), security(("guardian" = [])))]
async fn erase_account(
    State(app): State<App>,
    who: Guardian,
    parts: Parts,
    Body(ask): Body<EraseAccount>,
) -> Result<Response, Problem> {
    knock_with_code(&app, &parts)?;
    let digits: String = ask.code.chars().filter(|c| !c.is_whitespace()).collect();
    let (guardian, going, seal) = (who.id(), Going::of(&app, &who), app.seal.clone());
    let now = app.now();
    let write = move |tx: &mut Tx<'_>| {
        // Before the code: it is good once.
        let open = payments::open_of_guardian(tx, guardian)?;
        if open > 0 {
            return Ok(Err(still_paying(open)));
        }
        if !confirmed(tx, &seal, guardian, &digits, now)? {
            return Ok(Err(code_wrong()));
        }
        erase(tx, &going)?;
        Ok(Ok(()))
    };
    app.db.write("erase a guardian", write).await??;
    Ok((StatusCode::NO_CONTENT, signed_out(&app)).into_response())
}

fn still_paying(open: i64) -> Problem {
    let zh = format!("还有 {open} 笔充值没有最终结果，请等到账或关闭后再注销。");
    let en = format!("Top-ups without a final answer yet: {open}. Wait for them, or close them, and then erase.");
    Problem::conflict("payments_open", &zh, &en).with("open", open)
}
