//! What a terminal says of itself each half minute, and what it is asked to do.

use super::alarm::{self, Alarm};
use super::authority::authority;
use super::behind::Mirror;
use super::commands_store::{self, CommandRow};
use super::guard::{Device, Signed, SignedBytes};
use super::lend_http::{Asked, renewed};
use super::{alarm_store, doorbell_http, store};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Path, Problem};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_sync::wire::fleet::{Command, CommandResult, Commands, Report, Reported};
use yitong_sync::{ClockToken, SealedToken};
use yitong_values::Timestamp;

const LOG_BYTES_MAX: usize = 1024 * 1024;
const RESULT_CHARS_MAX: usize = 500;
const PARTS_MAX: usize = 32;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(report))
        .routes(routes!(commands))
        .routes(routes!(done))
        .routes(routes!(put_log))
}

/// How a terminal is. The answer is the time, signed, and a new lease when one is due.
#[utoipa::path(post, path = "/terminal/report", tag = "terminals", request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn report(State(app): State<App>, Signed(device, said): Signed<Report>) -> Result<Json<Reported>, Problem> {
    let mut said = said;
    said.devices.truncate(PARTS_MAX);
    let (now, base, kept) = (app.now(), app.new_id(), said.clone());
    let there = doorbell_http::now(&app, &device).await?;
    let mirror = there.map(|there| app.terminals.marks.heard(device.id, said.held, there, now));
    let write = move |tx: &mut Tx<'_>| keep(tx, &device, (&kept, mirror), base, now);
    app.db.write("a terminal reported", write).await?;
    let lease = renewed(&app, &device, said.lease, said.head, Asked::InReport).await?;
    let key = authority(&app, device.school).await?;
    let token = ClockToken { terminal: device.id, asked: device.asked, server: app.now() };
    Ok(Json(Reported { token: SealedToken::seal(&token, &key), lease }))
}

fn keep(
    tx: &mut Tx<'_>,
    device: &Device,
    (said, mirror): (&Report, Option<Mirror>),
    base: Uuid,
    now: Timestamp,
) -> Result<(), DbError> {
    let of = (device.school, device.id);
    let text = serde_json::to_string(said).expect("a report is JSON");
    store::put_report(tx, device.school, device.id, &text, now)?;
    store::app_version(tx, device.school, device.id, device.journal, &said.version)?;
    for (alarm, detail) in wrong(said, now) {
        match detail {
            Some(detail) => alarm_store::raise(tx, of, alarm, base, &detail, now)?,
            None => drop(alarm_store::clear(tx, of, alarm, now)?),
        }
    }
    match mirror {
        Some(Mirror::Stale { minutes }) => {
            alarm_store::raise(tx, of, Alarm::Stale, base, &format!("{minutes} min"), now)
        }
        Some(Mirror::Follows) => alarm_store::clear(tx, of, Alarm::Stale, now).map(drop),
        Some(Mirror::Behind) | None => Ok(()),
    }
}

/// What a report says of each alarm that it can raise: what is wrong, or nothing.
fn wrong(said: &Report, now: Timestamp) -> [(Alarm, Option<String>); 6] {
    let drift = said.clock_drift_ms.abs() > alarm::DRIFT_MS;
    let waited = said.oldest_unsent.map(|at| now.since(at)).filter(|waited| *waited > alarm::UNSENT_MS);
    let low = said.disk_free_bytes < alarm::DISK_BYTES_MIN;
    let empty = said.battery_percent.filter(|percent| *percent < alarm::BATTERY_PERCENT_MIN);
    let part = said.devices.iter().find(|part| part.state == "trouble");
    [
        (Alarm::Silent, None),
        (Alarm::Drift, drift.then(|| format!("{} s", said.clock_drift_ms / 1000))),
        (Alarm::Unsent, waited.map(|waited| format!("{} records, {} min", said.unsent, waited / 60_000))),
        (Alarm::Disk, low.then(|| format!("{} MB", said.disk_free_bytes / 1_048_576))),
        (Alarm::Battery, empty.map(|percent| format!("{percent} %"))),
        (Alarm::Part, part.map(|part| format!("{}: {}", part.kind, part.name))),
    ]
}

fn command(row: CommandRow) -> Command {
    Command { id: row.id, kind: row.wire(), expires: row.expires_at }
}

/// What the office asks, and nobody has done yet.
#[utoipa::path(get, path = "/terminal/commands", tag = "terminals",
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn commands(State(app): State<App>, device: Device) -> Result<Json<Commands>, Problem> {
    let (school, id, now) = (device.school, device.id, app.now());
    let read = move |tx: &mut Tx<'_>| {
        Ok((commands_store::waiting(tx, school, id, now)?, commands_store::last_number(tx, school, id)?))
    };
    let (rows, version) = app.db.read(read).await?;
    Ok(Json(Commands { items: rows.into_iter().map(command).collect(), version }))
}

#[derive(Deserialize)]
struct CommandPath {
    id: Uuid,
}

/// What became of it. The first word counts; saying it again changes nothing.
#[utoipa::path(put, path = "/terminal/commands/{id}", tag = "terminals", params(("id" = Uuid, Path)),
    request_body = serde_json::Value, responses((status = 204), (status = 404)), security(("device" = [])))]
async fn done(
    State(app): State<App>,
    Path(path): Path<CommandPath>,
    Signed(device, said): Signed<CommandResult>,
) -> Result<StatusCode, Problem> {
    let text: String = said.text.chars().take(RESULT_CHARS_MAX).collect();
    let text = format!("{}{text}", if said.done { "" } else { "! " });
    let (school, id, now) = (device.school, device.id, app.now());
    let write = move |tx: &mut Tx<'_>| commands_store::done(tx, (school, id), path.id, &text, now);
    match app.db.write("a command was done", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

/// The log that was asked for, as text.
#[utoipa::path(put, path = "/terminal/commands/{id}/log", tag = "terminals", params(("id" = Uuid, Path)),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 204), (status = 404), (status = 413)), security(("device" = [])))]
async fn put_log(
    State(app): State<App>,
    Path(path): Path<CommandPath>,
    SignedBytes(device, bytes): SignedBytes,
) -> Result<StatusCode, Problem> {
    if bytes.len() > LOG_BYTES_MAX {
        let (zh, en) = ("日志最多 1 MB。", "A log has 1 MB at most.");
        return Err(Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "log_too_large", zh, en));
    }
    let (school, id) = (device.school, device.id);
    let write = move |tx: &mut Tx<'_>| commands_store::put_log(tx, (school, id), path.id, &bytes);
    match app.db.write("a log came", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yitong_sync::wire::fleet::{DeviceState, Versions};
    use yitong_values::Cents;

    #[test]
    fn a_report_raises_and_clears() {
        let now = Timestamp::from_ms(1_795_492_800_000);
        let well = Report {
            held: Versions::default(),
            head: 5,
            unsent: 0,
            oldest_unsent: None,
            lease: None,
            lease_left: Cents::ZERO,
            disk_free_bytes: 4 << 30,
            journal_bytes: 0,
            clock_drift_ms: 500,
            battery_percent: None,
            temperature_c: None,
            devices: vec![DeviceState { kind: "scanner".into(), name: "A".into(), state: "absent".into() }],
            version: "0.1.0".into(),
            uptime_s: 5,
        };
        let raised = |said: &Report| -> Vec<&str> {
            let open = wrong(said, now).into_iter().filter(|(_, detail)| detail.is_some());
            open.map(|(alarm, _)| alarm.word()).collect()
        };
        assert!(raised(&well).is_empty());
        assert_eq!(raised(&Report { clock_drift_ms: -121_000, ..well.clone() }), ["drift"]);
        let old = Some(now.plus_ms(-11 * 60_000));
        assert_eq!(raised(&Report { oldest_unsent: old, unsent: 3, ..well.clone() }), ["unsent"]);
        assert_eq!(raised(&Report { disk_free_bytes: 1 << 20, ..well.clone() }), ["disk"]);
        let mut broken = well;
        broken.devices[0].state = "trouble".into();
        assert_eq!(raised(&broken), ["part"]);
    }
}
