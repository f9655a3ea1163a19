//! Mandates for the office: who has agreed where, and stopping one.

use super::mandate_store::{self, MandateRow};
use super::{account_store, mandates};
use crate::App;
use crate::guardians;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Page, Params, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_payment::Wish;
use yitong_values::MandateId;

const REASON_CHARS: std::ops::RangeInclusive<usize> = 2..=200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(end))
}

#[derive(Serialize, ToSchema)]
struct MandateItem {
    id: Uuid,
    /// What the channel knows it by.
    number: String,
    channel_number: Option<String>,
    guardian: String,
    account: String,
    /// wechat or alipay
    kind: String,
    /// init, signing, signed, suspended, ending, terminated or expired
    state: String,
    made_at: String,
    signed_at: Option<String>,
    ended_at: Option<String>,
    /// The channel's last word.
    word: String,
}

fn item(tx: &mut Tx<'_>, of: MandateRow) -> Result<MandateItem, crate::plumbing::db::DbError> {
    let account = account_store::find(tx, of.account)?;
    let guardian = guardians::find_guardian(tx, of.guardian)?;
    Ok(MandateItem {
        id: of.id.uuid(),
        number: of.number,
        channel_number: of.channel_number,
        guardian: guardian.map_or_else(String::new, |row| row.name),
        kind: account.as_ref().map_or_else(String::new, |row| row.kind.word().to_owned()),
        account: account.map_or_else(String::new, |row| row.name),
        state: of.state.word().to_owned(),
        made_at: of.made_at.to_string(),
        signed_at: of.signed_at.map(|at| at.to_string()),
        ended_at: of.ended_at.map(|at| at.to_string()),
        word: of.word,
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<Uuid>,
}

/// Mandates of guardians, newest first.
#[utoipa::path(get, path = "/schools/{school}/mandates", tag = "payments", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<MandateItem>)), security(("session" = ["payments.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::PaymentsRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<MandateItem>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let (school, before) = (who.school, filter.cursor.map(MandateId::new));
    let read = move |tx: &mut Tx<'_>| {
        let found = mandate_store::of_school(tx, school, before, rows + 1)?;
        found.into_iter().map(|of| item(tx, of)).collect::<Result<Vec<_>, _>>()
    };
    Ok(Json(Page::cut(app.db.read(read).await?, rows, |of| of.id.to_string())))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndMandate {
    reason: String,
}

/// Stop a mandate: nothing is debited under it any more, and the channel is asked to end it.
#[utoipa::path(post, path = "/schools/{school}/mandates/{id}/end", tag = "payments",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body = EndMandate,
    responses((status = 200, body = MandateItem), (status = 404), (status = 422)),
    security(("session" = ["payments.manage"])))]
async fn end(
    State(app): State<App>,
    who: Allowed<perm::PaymentsManage>,
    Path(path): Path<IdPath>,
    Body(ask): Body<EndMandate>,
) -> Result<Json<MandateItem>, Problem> {
    let reason = ask.reason.trim().to_owned();
    if !REASON_CHARS.contains(&reason.chars().count()) {
        let (zh, en) = ("请写明原因（2 至 200 个字）。", "Say why (2 to 200 characters).");
        return Err(Problem::bad("reason_missing", zh, en).field("reason"));
    }
    let (school, id, note) = (who.school, MandateId::new(path.id), who.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let Some(before) = mandate_store::find(tx, school, id)? else { return Ok(false) };
        if let Some(after) = mandates::take_wish(tx, school, id, Wish::End, note.at)?
            && before.state != after.state
        {
            let after = json!({"state": after.state.word(), "reason": reason});
            let subject = Subject("mandate", &id.to_string(), "自动充值签约");
            note.record(tx, "mandate.end", subject, json!({"state": before.state.word()}), after)?;
        }
        Ok(true)
    };
    if !app.db.write_locking("end a mandate", unit).await? {
        return Err(Problem::absent());
    }
    mandates::look_at(&app, school, id).await?;
    let read = move |tx: &mut Tx<'_>| match mandate_store::find(tx, school, id)? {
        Some(of) => item(tx, of).map(Some),
        None => Ok(None),
    };
    app.db.read(read).await?.map(Json).ok_or_else(Problem::absent)
}
