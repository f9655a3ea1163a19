//! A code for something grave, sent to the guardian's own phone: that a session is open on some device is not enough.

use super::guard::Guardian;
use super::limits::{Knock, too_often};
use super::signin_http::{CodeSent, notice};
use super::{erase, signin_code, store};
use crate::App;
use crate::notices;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::signin::peer;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(send_code))
}

/// Send a code to the own phone, with which the account can be erased. It does not sign in.
#[utoipa::path(post, path = "/guardian/account/codes", tag = "guardians",
    responses((status = 202, body = CodeSent), (status = 429)), security(("guardian" = [])))]
async fn send_code(
    State(app): State<App>,
    who: Guardian,
    parts: Parts,
) -> Result<(StatusCode, Json<CodeSent>), Problem> {
    app.guardians.doors.knock(peer(&parts), Knock::SendCode)?;
    let guardian = who.id();
    let kept = app.db.read(move |tx| store::phone_of(tx, guardian)).await?;
    let (sealed, phone_hash) = kept.ok_or_else(Problem::signed_out)?;
    let opened = app.seal.open(&store::phone_place(guardian), &sealed);
    let unreadable = |_| DbError::Broken("a guardian's phone can't be opened".into());
    let phone = String::from_utf8(opened.map_err(unreadable)?)
        .map_err(|_| DbError::Broken("a guardian's phone is no text".into()))?;
    let code = signin_code::fresh_digits();
    let code_hash = erase::code_hash(&app.seal, &phone_hash, &code);
    let (id, now) = (app.new_id(), app.now());
    let notice = notice(&app, &phone, &code, now);
    let write = move |tx: &mut Tx<'_>| {
        let put = signin_code::put(tx, id, &phone_hash, &code_hash, now)?;
        if put.is_ok() {
            notices::queue(tx, &notice)?;
        }
        Ok(put)
    };
    let put = app.db.write("send a code for erasing", write).await?;
    put.map_err(|wait_ms| too_often((wait_ms + 999) / 1_000))?;
    app.notices.wake();
    let (again_after_s, expires_s) = (signin_code::AGAIN_MS / 1_000, signin_code::LIFE_MS / 1_000);
    Ok((StatusCode::ACCEPTED, Json(CodeSent { sent_to: who.row.phone_mask, again_after_s, expires_s })))
}
