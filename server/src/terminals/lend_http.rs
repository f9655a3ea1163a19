//! Leases over HTTP: the terminal's side, in its reports and when it asks.

use super::authority::authority;
use super::guard::{Device, Signed};
use super::lend::{self, Lent, Wish};
use super::{lend_store, mirror_store, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use axum::Json;
use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_sync::SealedLease;
use yitong_sync::wire::fleet::{LeaseAnswer, LeaseAsk};
use yitong_values::Timestamp;

/// A terminal's clock may be so far behind when its lease ends.
const END_MARGIN_MS: i64 = 5 * 60_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(lease))
}

/// A lease, when the server has all records of the terminal.
#[utoipa::path(post, path = "/terminal/lease", tag = "terminals", request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn lease(State(app): State<App>, Signed(device, ask): Signed<LeaseAsk>) -> Result<Json<LeaseAnswer>, Problem> {
    let lease = renewed(&app, &device, ask.held, ask.head, Asked::Outright).await?;
    Ok(Json(LeaseAnswer { lease }))
}

/// How a terminal came to a new lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Outright,
    /// In passing: it gets one only when the one that it has is worn.
    InReport,
}

/// The terminal says which lease it has and how far its journal goes. What that settles is settled, and the next lease
/// is made if it is due.
pub(super) async fn renewed(
    app: &App,
    device: &Device,
    held: Option<u32>,
    head: u64,
    asked: Asked,
) -> Result<Option<SealedLease>, DbError> {
    let authority = authority(app, device.school).await?;
    let (device, now) = (*device, app.now());
    let write = move |tx: &mut Tx<'_>| settle(tx, &device, held, head, asked, now);
    let made = app.db.write("renew a lease", write).await?;
    Ok(made.map(|lent| SealedLease::seal(&lent.lease(), &authority)))
}

fn settle(
    tx: &mut Tx<'_>,
    device: &Device,
    held: Option<u32>,
    head: u64,
    asked: Asked,
    now: Timestamp,
) -> Result<Option<Lent>, DbError> {
    let (school, id) = (device.school, device.id);
    let machine = store::find_device(tx, school, id, device.journal)?;
    if let Some(serial) = held {
        lend_store::held(tx, school, id, serial, now)?;
    }
    // As long as something is on its way, nobody knows what is left of the leases.
    if machine.is_none_or(|machine| machine.head.seq < head) {
        return Ok(None);
    }
    let key = (school, id, device.journal);
    lend_store::close_expired(tx, key, now.plus_ms(-END_MARGIN_MS), now)?;
    if let Some(serial) = held {
        lend_store::close_before(tx, key, serial, now)?;
    }
    let settings = mirror_store::settings(tx, school)?;
    let own = mirror_store::own_lends(tx, school)?.get(&id).copied();
    let all = lend_store::open(tx, school)?;
    let has = all.iter().find(|lent| lent.terminal == id && Some(lent.serial) == held);
    let due = has.is_none_or(|has| lend::worn(has, settings.version, now));
    if asked == Asked::InReport && !due {
        return Ok(None);
    }
    let wish = Wish { terminal: id, journal: device.journal, policy: settings.version, now };
    let last = lend_store::last_serial(tx, school, id)?;
    // One that was made a moment ago and that the terminal does not have yet is given again, not made again.
    if let Some(waiting) =
        all.iter().find(|lent| lent.terminal == id && lent.serial == last && waits(lent, held, &wish))
    {
        return Ok(Some(*waiting));
    }
    let next = lend::next(&wish, settings.lend_of(own), settings.lend, &all, last);
    if let Some(next) = &next {
        lend_store::insert(tx, school, next)?;
    }
    Ok(next)
}

fn waits(lent: &Lent, held: Option<u32>, wish: &Wish) -> bool {
    Some(lent.serial) != held
        && lent.journal == wish.journal
        && lent.held_at.is_none()
        && !lend::worn(lent, wish.policy, wish.now)
}
