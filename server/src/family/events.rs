//! What happens to a guardian's children, told to open pages as it is told to the phones.

use crate::App;
use crate::guardians::{self, Guardian};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use axum::extract::State as Held;
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BindingId, BusinessDay, GuardianId, MealPeriodId, SchoolId};

/// Kept for a slow page; one that misses some reads the page again.
const TOLD_KEPT: usize = 1_024;
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Then the page connects again, and its session is looked at again.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// Something that a page of a guardian wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) guardian: GuardianId,
    pub(super) binding: BindingId,
    /// purchase, topup, undo, transfer, refund, loss, freeze, or notice
    pub(super) what: &'static str,
    pub(super) id: Uuid,
}

/// What the slice keeps in memory.
pub struct State {
    told: broadcast::Sender<Told>,
    /// Meal periods that were looked at for who did not eat.
    pub(super) meals_done: Mutex<HashSet<(SchoolId, BusinessDay, MealPeriodId)>>,
}

impl Default for State {
    fn default() -> State {
        State { told: broadcast::Sender::new(TOLD_KEPT), meals_done: Mutex::default() }
    }
}

impl State {
    pub(super) fn tell(&self, told: &[Told]) {
        for one in told {
            // Nobody may be looking.
            let _ = self.told.send(*one);
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// What happens, as it happens: `purchase`, `topup`, `undo`, `transfer`, `refund`, `loss`, `freeze` and `notice`, each
/// with its id and the binding; `refresh` when some were missed. Ends after a quarter of an hour: connect again.
#[utoipa::path(get, path = "/guardian/events", tag = "family",
    responses((status = 200, content_type = "text/event-stream")), security(("guardian" = [])))]
async fn events(Held(app): Held<App>, who: Guardian) -> Result<Response, Problem> {
    let (send, receive) = tokio::sync::mpsc::channel::<Event>(16);
    tokio::spawn(listen(app, who.id(), send));
    let stream = futures_util::stream::unfold(receive, |mut receive| async move {
        receive.recv().await.map(|event| (Ok::<_, std::convert::Infallible>(event), receive))
    });
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, sse).into_response())
}

/// Ends when the page is closed, the server stops, or its time is over. Who was locked out or unbound meanwhile hears
/// nothing more: that is asked before each event.
async fn listen(app: App, guardian: GuardianId, send: tokio::sync::mpsc::Sender<Event>) {
    let mut told = app.family.told.subscribe();
    let stopping = app.stopping().wait();
    let over = tokio::time::sleep(LIFE);
    tokio::pin!(stopping, over);
    loop {
        let next = async {
            loop {
                match told.recv().await {
                    Ok(one) if one.guardian != guardian => {}
                    other => return other,
                }
            }
        };
        let heard = tokio::select! {
            () = &mut stopping => return,
            () = &mut over => return,
            () = send.closed() => return,
            heard = next => heard,
        };
        let event = match heard {
            Ok(one) => match still(&app, one.binding).await {
                Ok(true) => Event::default().event(one.what).json_data(json!({"id": one.id, "binding": one.binding})),
                Ok(false) => continue,
                Err(_) => return,
            },
            Err(RecvError::Lagged(_)) => Event::default().event("refresh").json_data(json!({})),
            Err(RecvError::Closed) => return,
        };
        let Ok(event) = event else { return };
        if send.send(event).await.is_err() {
            return;
        }
    }
}

async fn still(app: &App, binding: BindingId) -> Result<bool, DbError> {
    let read = move |tx: &mut Tx<'_>| guardians::find_binding(tx, binding);
    Ok(app.db.read(read).await?.is_some_and(|binding| binding.open_child().is_some() && binding.rights.see))
}
