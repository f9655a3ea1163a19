//! The health page's answer, and the probes of a monitor.

use super::health::{self, Backups, Check, Facts, KeyFile};
use super::{jobs, manifest, store};
use crate::App;
use crate::plumbing::db::{DbError, Place, Tx, WRITE_QUEUE_MAX};
use crate::plumbing::http::Problem;
use crate::plumbing::machine;
use crate::plumbing::seal::Seal;
use crate::signin::Operator;
use crate::wallets;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A database that needs longer than this is not well.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health_now))
}

pub(super) fn probes() -> axum::Router<App> {
    axum::Router::new().route("/readyz", axum::routing::get(ready))
}

/// How the server is, in words for somebody who is no expert.
#[derive(Serialize, ToSchema)]
struct Health {
    /// ok, warn or bad: the worst of the checks. What can't be known is no alarm.
    state: String,
    at: String,
    version: String,
    uptime_seconds: i64,
    checks: Vec<HealthCheck>,
    /// Proven copies of the embedded database, newest first.
    backups: Vec<HealthBackup>,
}

#[derive(Serialize, ToSchema)]
struct HealthCheck {
    /// database_read, database_write, disk_space, backup, clock, queue, day_close, key_file, memory or version
    code: String,
    /// ok, warn, bad or unknown
    state: String,
    name_zh: String,
    name_en: String,
    says_zh: String,
    says_en: String,
    /// What to do; absent where all is well.
    advice_zh: Option<String>,
    advice_en: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct HealthBackup {
    file: String,
    made_at: String,
    bytes: i64,
    entries: i64,
}

fn wire(check: Check) -> HealthCheck {
    let (advice_zh, advice_en) = check.advice.unzip();
    HealthCheck {
        code: check.code.into(),
        state: check.level.word().into(),
        name_zh: check.name.0.into(),
        name_en: check.name.1.into(),
        says_zh: check.says.0,
        says_en: check.says.1,
        advice_zh,
        advice_en,
    }
}

/// How the server is: each thing that can go wrong, with what to do about it.
#[utoipa::path(get, path = "/health", tag = "upkeep", responses((status = 200, body = Health)),
    security(("session" = ["operate"])))]
async fn health_now(State(app): State<App>, _: Operator) -> Json<Health> {
    let facts = gather(&app).await;
    let checks = health::checks(&facts);
    let backup = |copy: manifest::Manifest| HealthBackup {
        made_at: copy.made_at().to_string(),
        file: copy.file,
        bytes: copy.bytes as i64,
        entries: copy.entries as i64,
    };
    Json(Health {
        state: health::worst(&checks).word().into(),
        at: facts.now.to_string(),
        version: env!("CARGO_PKG_VERSION").into(),
        uptime_seconds: facts.now.since(facts.started).max(0) / 1000,
        checks: checks.into_iter().map(wire).collect(),
        backups: manifest::list(&app.config.backup.folder).into_iter().map(backup).collect(),
    })
}

/// Asked by whoever sends requests here: may it? A server that can't write is not ready, though it lives.
async fn ready(State(app): State<App>) -> Result<Json<serde_json::Value>, Problem> {
    let ready = match app.upkeep.believed_ready() {
        Some(known) => known,
        None => {
            let found = reads(&app).await.is_ok() && writes(&app).await.is_ok();
            app.upkeep.is_ready(found);
            found
        }
    };
    if ready && !app.is_stopping() {
        return Ok(Json(serde_json::json!({"status": "ready"})));
    }
    let (zh, en) =
        ("服务器暂不能处理请求，请查看“系统状态”。", "The server can't take requests now; see its health page.");
    Err(Problem::refused(StatusCode::SERVICE_UNAVAILABLE, "not_ready", zh, en))
}

async fn bounded(work: impl Future<Output = Result<(), DbError>>) -> Result<u64, String> {
    let begun = Instant::now();
    match tokio::time::timeout(PROBE_TIMEOUT, work).await {
        Ok(Ok(())) => Ok(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!("{} s 内没有回答 / no answer within {0} s", PROBE_TIMEOUT.as_secs())),
    }
}

async fn reads(app: &App) -> Result<u64, String> {
    bounded(app.db.read(store::answers)).await
}

/// A real write with its sync, through the same queue as a purchase.
async fn writes(app: &App) -> Result<u64, String> {
    let now = app.now();
    bounded(app.db.write("probe", move |tx| store::put_mark(tx, jobs::CLOCK_MARK, now))).await
}

async fn gather(app: &App) -> Facts {
    let read_ms = reads(app).await;
    let write_ms = writes(app).await;
    let books = tokio::time::timeout(PROBE_TIMEOUT, app.db.read(books)).await;
    let (newest_entry, first_open_day) = books.ok().and_then(Result::ok).unwrap_or_default();
    let asked = app.clone();
    let outside = tokio::task::spawn_blocking(move || outside(&asked)).await.ok();
    let (space, database_bytes, newest, key_file, synchronised) =
        outside.unwrap_or((None, None, None, KeyFile::Missing, None));
    let backups = match (&app.config.database, app.config.backup.daily_at) {
        (Place::Postgres(_), _) => Backups::Elsewhere,
        (Place::File(_), None) if newest.is_none() => Backups::Off,
        (Place::File(_), _) => Backups::On { newest, failure: app.upkeep.backup_failure() },
    };
    Facts {
        now: app.now(),
        started: app.upkeep.started,
        read_ms,
        write_ms,
        space,
        database_bytes,
        backups,
        newest_entry,
        jump: app.upkeep.jump(),
        synchronised,
        waiting: app.db.stats().waiting(),
        waiting_max: WRITE_QUEUE_MAX as u64,
        first_open_day,
        late_messages: app.notices.seen().late,
        key_file,
        memory_bytes: machine::resident_bytes(),
    }
}

type Books = (Option<yitong_values::Timestamp>, Option<yitong_values::BusinessDay>);

/// The newest entry of any school, and the earliest day that is not closed.
fn books(tx: &mut Tx<'_>) -> Result<Books, DbError> {
    let (mut newest, mut open) = (None, None);
    for school in wallets::schools_with_books(tx)? {
        newest = newest.max(wallets::newest_entry(tx, school)?.map(|(_, at)| at));
        let first = wallets::first_open(tx, school)?;
        open = [open, first].into_iter().flatten().min();
    }
    Ok((newest, open))
}

type Outside = (Option<machine::Space>, Option<u64>, Option<yitong_values::Timestamp>, KeyFile, Option<bool>);

/// Files and programs, off the request threads.
fn outside(app: &App) -> Outside {
    let config = &app.config;
    let database_bytes = match &config.database {
        Place::File(path) => {
            let log = path.with_extension("db-wal");
            let length = |path: &std::path::Path| std::fs::metadata(path).map(|file| file.len()).ok();
            length(path).map(|bytes| bytes + length(&log).unwrap_or(0))
        }
        Place::Postgres(_) => None,
    };
    let newest = manifest::list(&config.backup.folder).first().map(manifest::Manifest::made_at);
    (machine::space(&config.data), database_bytes, newest, key_file(app), machine::clock_is_synchronised())
}

fn key_file(app: &App) -> KeyFile {
    let path = &app.config.key_file;
    if !path.exists() {
        return KeyFile::Missing;
    }
    match Seal::from_existing_file(path) {
        Ok(seal) if seal.fingerprint() == app.seal.fingerprint() => match machine::readable_by_others(path) {
            Ok(Some(mode)) => KeyFile::ReadableByOthers(mode),
            _ => KeyFile::Good,
        },
        _ => KeyFile::Other,
    }
}
