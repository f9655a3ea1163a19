//! The office's list of messages with what became of each, and sending one again.

use super::log_store::{self, Filter, Logged, NotAgain, TryRow};
use super::{Channel, SealedAddress};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Page, Params, Path, Problem, day_param, like};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::NoticeId;

/// A message that is sent again is of use for so long.
const AGAIN_MS: i64 = 24 * 3_600_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(resend))
}

#[derive(Serialize, ToSchema)]
struct Notice {
    id: Uuid,
    /// RFC 3339.
    at: String,
    kind: String,
    /// waiting, sent, kept (in the inbox only), failed, unknown, expired, dropped (not true any more) or joined (told
    /// in another message)
    state: String,
    /// quiet (waits for the morning) or inbox_only; null where nothing is to be said
    why: Option<String>,
    /// guardian, user, phone or mail
    to: String,
    to_mask: String,
    about: Option<NoticeAbout>,
    title: String,
    text: String,
    expires_at: String,
    ended_at: Option<String>,
    read_at: Option<String>,
    resends: i64,
    deliveries: Vec<NoticeDelivery>,
}

#[derive(Serialize, ToSchema)]
struct NoticeAbout {
    id: Uuid,
    name: String,
    number: String,
}

#[derive(Serialize, ToSchema)]
struct NoticeDelivery {
    channel: String,
    /// waiting, accepted, failed, gone (the address) or unknown (it may have arrived)
    state: String,
    attempts: i64,
    /// permanent, address_gone, throttled, transient, token_stale, unknown, not_sent, held or settings
    class: Option<String>,
    /// The channel's own.
    code: Option<String>,
    words: Option<String>,
    provider_id: Option<String>,
    address_mask: Option<String>,
    first_at: String,
    last_at: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LogAsk {
    /// A name, a number, or a guardian's whole phone number.
    q: Option<String>,
    kind: Option<String>,
    state: Option<String>,
    /// Days.
    from: Option<String>,
    to: Option<String>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

/// Messages about the school's people, newest first.
#[utoipa::path(get, path = "/schools/{school}/notices", tag = "notices", params(("school" = Uuid, Path), LogAsk),
    responses((status = 200, body = Page<Notice>)), security(("session" = ["notices.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::NoticesRead>,
    Params(ask): Params<LogAsk>,
) -> Result<Json<Page<Notice>>, Problem> {
    let rows = ask.limit.unwrap_or(50).clamp(1, 200);
    let (from, to) = (day_param("from", ask.from.as_deref())?, day_param("to", ask.to.as_deref())?);
    let q = ask.q.as_deref().unwrap_or_default().trim();
    let filter = Filter {
        before: ask.cursor,
        kind: ask.kind.unwrap_or_default(),
        state: ask.state.unwrap_or_default(),
        from: from.map_or(0, |day| day.start().ms()),
        to: to.map_or(i64::MAX, |day| day.plus_days(1).start().ms()),
        like: like(Some(q)),
        phone_hash: SealedAddress::hash(&app.seal, Channel::Sms, q),
        limit: rows + 1,
    };
    let school = who.school;
    let found = app.db.read(move |tx| log_store::log(tx, school, &filter)).await?;
    Ok(Json(Page::cut(found.into_iter().map(wire).collect(), rows, |notice: &Notice| notice.id.to_string())))
}

fn wire(of: Logged) -> Notice {
    // A code is nobody's to read but its owner's; it is not among the values, and the text has a hole.
    let text = if of.kind.is_code() { String::new() } else { of.written.text };
    Notice {
        id: of.id,
        at: of.at.to_string(),
        kind: of.kind.word().to_owned(),
        state: of.state,
        why: of.why,
        to: of.to_kind,
        to_mask: of.to_mask,
        about: of.about.map(|(id, name, number)| NoticeAbout { id, name, number }),
        title: of.written.title,
        text,
        expires_at: of.expires_at.to_string(),
        ended_at: of.ended_at.map(|at| at.to_string()),
        read_at: of.read_at.map(|at| at.to_string()),
        resends: of.resends,
        deliveries: of.tries.into_iter().map(delivery).collect(),
    }
}

fn delivery(of: TryRow) -> NoticeDelivery {
    NoticeDelivery {
        channel: of.channel,
        state: of.state,
        attempts: of.attempts,
        class: of.class,
        code: of.code,
        words: of.words,
        provider_id: of.provider_id,
        address_mask: of.mask,
        first_at: of.first_at.to_string(),
        last_at: of.last_at.to_string(),
    }
}

#[derive(Deserialize)]
struct OfNotice {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Serialize, ToSchema)]
struct NoticeResent {
    /// waiting
    state: String,
}

/// Send a message again that is at its end.
#[utoipa::path(post, path = "/schools/{school}/notices/{id}/resend", tag = "notices",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 202, body = NoticeResent), (status = 404), (status = 409)),
    security(("session" = ["notices.manage"])))]
async fn resend(
    State(app): State<App>,
    who: Allowed<perm::NoticesManage>,
    Path(path): Path<OfNotice>,
) -> Result<(StatusCode, Json<NoticeResent>), Problem> {
    let (school, id, note, now) = (who.school, NoticeId::new(path.id), who.note(&app), app.now());
    let write = move |tx: &mut Tx<'_>| {
        let sent = log_store::send_again(tx, school, id, now, now.plus_ms(AGAIN_MS))?;
        if sent.is_ok() {
            let subject = Subject("notice", &id.to_string(), "");
            note.record(tx, "notices.resend", subject, Value::Null, json!({"resent": true}))?;
        }
        Ok(sent)
    };
    app.db.write("send a message again", write).await?.map_err(|why| match why {
        NotAgain::Absent => Problem::absent(),
        NotAgain::Waiting => {
            Problem::conflict("notice_waiting", "这条消息还在发送中。", "This message is still on its way.")
        }
        NotAgain::Never => Problem::conflict(
            "notice_not_again",
            "这条消息不能重发：内容已失效，或家长未同意接收。",
            "This message is not sent again: it is not true any more, or the guardian did not agree to such messages.",
        ),
    })?;
    app.notices.wake();
    Ok((StatusCode::ACCEPTED, Json(NoticeResent { state: "waiting".into() })))
}
