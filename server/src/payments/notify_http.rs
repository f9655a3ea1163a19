//! Call-backs of channels. Nobody is signed in: the signature says who speaks, and is verified before anything is read.
//! An event is written down once; the second one with its name is a repeat.

use super::accounts::Ready;
use super::engine::{self, names};
use super::hear::{self, Word};
use super::refunds;
use super::{mandate_store, mandates, refund_store, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Path, Problem};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::pay::mandate::ChannelMandate;
use yitong_channels::pay::{ChannelOrder, ChannelRefund, Event, Notice};
use yitong_channels::{Headers, Reply};
use yitong_payment::RefundSaid;
use yitong_values::{ChannelAccountId, EntryId};

/// Channels send a few kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;
const EVENT_CHARS_MAX: usize = 128;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(notify))
}

#[derive(Deserialize)]
struct AccountPath {
    account: Uuid,
}

/// A payment channel reports. The body and the answer are in the channel's own form.
#[utoipa::path(post, path = "/channels/{account}/notify", tag = "payments", params(("account" = Uuid, Path)),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 200), (status = 400), (status = 404)))]
async fn notify(
    State(app): State<App>,
    Path(path): Path<AccountPath>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let id = ChannelAccountId::new(path.account);
    let account = app.payments.connectors.get(&app, id).await?.ok_or_else(Problem::absent)?;
    if body.len() > BODY_BYTES_MAX {
        return Ok(answer(account.connector.acknowledge(false)));
    }
    let pairs = headers.iter();
    let pairs = pairs.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let at = engine::moment(&app);
    let notice = match account.connector.notified(&Headers::new(pairs), &body, &at) {
        Ok(notice) => notice,
        Err(why) => {
            app.payments.counts.refused();
            tracing::warn!(account = %id, %why, "a call-back was not believed");
            return Ok(answer(account.connector.acknowledge(false)));
        }
    };
    app.payments.counts.taken();
    take(&app, &account, notice).await?;
    Ok(answer(account.connector.acknowledge(true)))
}

fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = reply.headers.get("content-type").unwrap_or("text/plain; charset=utf-8").to_owned();
    (status, [("content-type", kind)], Body::from(reply.body)).into_response()
}

async fn take(app: &App, account: &Ready, notice: Notice) -> Result<(), DbError> {
    let event: String = notice.event.chars().take(EVENT_CHARS_MAX).collect();
    match notice.what {
        Event::Order(of) => take_order(app, account, event, of).await,
        Event::Mandate(of) => take_mandate(app, account, event, of).await,
        Event::Refund { refund, .. } => take_refund(app, account, event, refund).await,
        Event::Other { what } => {
            let (id, school, now) = (account.row.id, account.row.school, app.now());
            let keep = move |tx: &mut Tx<'_>| store::keep_notice(tx, id, school, &event, "", now, &what);
            app.db.write("keep a notice", keep).await.map(|_| ())
        }
    }
}

/// The event and what it does, in one unit: a repeat finds the event and does nothing.
async fn take_order(app: &App, account: &Ready, event: String, of: ChannelOrder) -> Result<(), DbError> {
    let (id, now, names) = (account.row.id, app.now(), names(app));
    let school = account.row.school;
    let unit = move |tx: &mut Tx<'_>| {
        let attempt = store::attempt_by_number(tx, &of.number)?.filter(|attempt| attempt.account == id);
        let result = if attempt.is_some() { "taken" } else { "no_such_order" };
        if !store::keep_notice(tx, id, school, &event, &of.number, now, result)? {
            return Ok(true);
        }
        let Some(attempt) = attempt else { return Ok(false) };
        let Some(order) = store::find_order(tx, attempt.school, attempt.order)? else { return Ok(false) };
        let word = Word {
            what: "notify",
            said: engine::said(&order, attempt.scene, &of, now),
            word: format!("{:?}", of.state),
            channel_number: of.channel_number.clone(),
            presented: None,
            paid_at: of.paid_at,
            now,
            names,
        };
        hear::take(tx, attempt.school, attempt.order, attempt.seq, &word).map(|order| order.is_some())
    };
    if !app.db.write_locking("take a notice", unit).await? {
        // Money for an order that we never made: the next bill shows it, and so does the log.
        tracing::error!(account = %id, "a channel reports an order that we don't know");
    }
    Ok(())
}

async fn take_mandate(app: &App, account: &Ready, event: String, of: ChannelMandate) -> Result<(), DbError> {
    let (id, school, now) = (account.row.id, account.row.school, app.now());
    let unit = move |tx: &mut Tx<'_>| {
        let mandate = mandate_store::by_number(tx, &of.number)?;
        let mandate = mandate.filter(|mandate| mandate.account == id && mandate.school == school);
        let result = if mandate.is_some() { "taken" } else { "no_such_mandate" };
        if !store::keep_notice(tx, id, school, &event, &of.number, now, result)? {
            return Ok(true);
        }
        let Some(mandate) = mandate else { return Ok(false) };
        let word = mandates::Word {
            said: mandates::said(&mandate, &of, now),
            word: format!("{:?}", of.state),
            channel_number: of.channel_number.clone(),
            presented: None,
            at: of.at,
            now,
        };
        mandates::take(tx, school, mandate.id, &word).map(|mandate| mandate.is_some())
    };
    if !app.db.write_locking("take a notice", unit).await? {
        tracing::warn!(account = %id, "a channel reports a mandate that we don't know");
    }
    Ok(())
}

async fn take_refund(app: &App, account: &Ready, event: String, of: ChannelRefund) -> Result<(), DbError> {
    let (id, school, now) = (account.row.id, account.row.school, app.now());
    let (entry, line) = (EntryId::new(app.new_id()), app.new_id());
    let unit = move |tx: &mut Tx<'_>| {
        let refund = refund_store::by_number(tx, &of.number)?;
        let result = if refund.is_some() { "taken" } else { "no_such_refund" };
        if !store::keep_notice(tx, id, school, &event, &of.number, now, result)? {
            return Ok(true);
        }
        let Some(refund) = refund.filter(|refund| refund.school == school) else { return Ok(false) };
        let said = match engine::refund_said(&of) {
            // A call-back that knows nothing says nothing.
            RefundSaid::Absent => RefundSaid::Nothing,
            said => said,
        };
        let word = format!("{:?}", of.state);
        let word = refunds::Word { said, word, channel_number: of.channel_number.clone(), now, entry, event: line };
        refunds::take(tx, school, refund.id, &word).map(|refund| refund.is_some())
    };
    if !app.db.write_locking("take a notice", unit).await? {
        tracing::error!(account = %id, "a channel reports a refund that we don't know");
    }
    Ok(())
}
