//! The doorbell: a long poll that says only that something changed. One look-up each half second serves all terminals
//! of a school, however many processes write.

use super::bells::{Bell, Heard};
use super::guard::Device;
use super::mirror_http::{MadeOf, setup_of};
use super::mirror_store;
use crate::App;
use crate::plumbing::changes;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Problem};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_sync::wire::fleet::{Rung, Versions};
use yitong_values::SchoolId;

/// Then the answer comes though nothing changed: proxies close what is silent for a minute.
const LONGEST: Duration = Duration::from_secs(55);
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(doorbell))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Held {
    #[serde(default)]
    setup: i64,
    #[serde(default)]
    people: i64,
    #[serde(default)]
    lists: i64,
    #[serde(default)]
    commands: i64,
}

/// Answers when something differs from what the terminal has, at the latest after 55 s.
#[utoipa::path(get, path = "/terminal/doorbell", tag = "terminals", params(Held),
    responses((status = 200, body = serde_json::Value)), security(("device" = [])))]
async fn doorbell(State(app): State<App>, device: Device, Params(ask): Params<Held>) -> Result<Response, Problem> {
    let held = Versions { setup: ask.setup, people: ask.people, lists: ask.lists, commands: ask.commands };
    let (ear, bell) = app.terminals.bells.of(device.school);
    if let Some(bell) = bell {
        tokio::spawn(look(app.clone(), device.school, bell));
    }
    // The answer begins at once and its one part comes later: a waiting terminal takes nobody's turn.
    let answer = async move {
        let versions = wait(&app, &device, held, ear).await?;
        let rung = Rung { versions, server: app.now() };
        Ok::<Bytes, DbError>(serde_json::to_vec(&rung).expect("a ring is JSON").into())
    };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(stream::once(Box::pin(answer)))).into_response())
}

async fn wait(
    app: &App,
    device: &Device,
    held: Versions,
    mut ear: watch::Receiver<Option<Arc<Heard>>>,
) -> Result<Versions, DbError> {
    let (stopping, longest) = (app.stopping().wait(), tokio::time::sleep(LONGEST));
    tokio::pin!(stopping, longest);
    let mut known = held;
    loop {
        let heard = ear.borrow_and_update().clone();
        if let Some(heard) = heard {
            known = versions(app, device, &heard).await?;
            if known != held {
                return Ok(known);
            }
        }
        tokio::select! {
            changed = ear.changed() => if changed.is_err() { return Ok(known) },
            () = &mut longest => return Ok(known),
            () = &mut stopping => return Ok(known),
        }
    }
}

async fn versions(app: &App, device: &Device, heard: &Heard) -> Result<Versions, DbError> {
    // A terminal that is not there any more learns it from its next request.
    let (place, commands) = heard.terminals.get(&device.id).copied().unwrap_or_default();
    let made_of: MadeOf = (heard.stamp, place, app.now().china_day());
    let setup = match app.terminals.bells.setup(device.id) {
        Some((of, version)) if of == made_of => version,
        _ => match setup_of(app, device).await {
            Ok((setup, _)) => setup.version,
            Err(problem) if problem.is_refusal() => 0,
            Err(_) => return Err(DbError::Unavailable("the set-up can't be made now".into())),
        },
    };
    Ok(Versions { setup, people: heard.people, lists: heard.lists, commands })
}

/// What it would say at once.
pub(super) async fn now(app: &App, device: &Device) -> Result<Option<Versions>, DbError> {
    let school = device.school;
    match app.db.read(move |tx| hear(tx, school)).await? {
        Some(heard) => versions(app, device, &heard).await.map(Some),
        None => Ok(None),
    }
}

/// Looks for one school as long as somebody listens.
async fn look(app: App, school: SchoolId, bell: Bell) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        match app.db.read(move |tx| hear(tx, school)).await {
            Ok(Some(heard)) => {
                bell.send_if_modified(|kept| {
                    let changed = kept.as_deref() != Some(&heard);
                    if changed {
                        *kept = Some(Arc::new(heard));
                    }
                    changed
                });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "terminals were not told of changes; tried again"),
        }
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        if bell.receiver_count() == 0 && app.terminals.bells.stop(school) {
            return;
        }
    }
}

fn hear(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<Heard>, DbError> {
    let Some(stamp) = mirror_store::stamp(tx, school)? else { return Ok(None) };
    let horizon = changes::horizon(tx, school)?;
    let (people, lists) = (horizon.newest(tx, school)?, horizon.lists(tx, school)?);
    Ok(Some(Heard { stamp, people, lists, terminals: mirror_store::terminals(tx, school)? }))
}
