//! async because several channels are asked at once.
//!
//! The sweeper: every order, refund and mandate without a final word is asked about, ever more seldom and never not at
//! all. It is what makes a lost call-back harmless.

use super::{auto, auto_store, engine, mandate_store, mandates, refund_store, store};
use crate::App;
use crate::plumbing::db::DbError;
use futures_util::{StreamExt, stream};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(2);
/// Taken at once; a crash delays these by the lease.
const TAKE_MAX: i64 = 64;
const LEASE_MS: i64 = 60_000;
/// Calls at the same time.
const AT_ONCE: usize = 8;

pub(super) async fn run(app: App) {
    let stopping = app.stopping().wait();
    tokio::pin!(stopping);
    loop {
        let pause = match once(&app).await {
            Ok(0) => PAUSE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "payment orders were not looked at");
                PAUSE
            }
        };
        tokio::select! {
            () = &mut stopping => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// How many were looked at. Also called by tests, whose clock is set by hand.
pub async fn once(app: &App) -> Result<usize, DbError> {
    let now = app.now();
    let until = now.plus_ms(LEASE_MS);
    let orders = app.db.write("take due payment orders", move |tx| store::take_due(tx, now, until, TAKE_MAX)).await?;
    let refunds = app.db.write("take due refunds", move |tx| refund_store::take_due(tx, now, until, TAKE_MAX)).await?;
    let mandates =
        app.db.write("take due mandates", move |tx| mandate_store::take_due(tx, now, until, TAKE_MAX)).await?;
    let rules = app.db.write("take due rules", move |tx| auto_store::take_due(tx, now, until, TAKE_MAX)).await?;
    let looked = orders.len() + refunds.len() + mandates.len() + rules.len();
    stream::iter(orders)
        .for_each_concurrent(AT_ONCE, |(school, id)| async move {
            if let Err(error) = engine::look_at(app, school, id).await {
                tracing::warn!(order = %id, %error, "a payment order was not looked at");
            }
        })
        .await;
    stream::iter(refunds)
        .for_each_concurrent(AT_ONCE, |(school, id)| async move {
            if let Err(error) = engine::push_refund(app, school, id).await {
                tracing::warn!(refund = %id, %error, "a refund was not sent or asked about");
            }
        })
        .await;
    stream::iter(mandates)
        .for_each_concurrent(AT_ONCE, |(school, id)| async move {
            if let Err(error) = mandates::look_at(app, school, id).await {
                tracing::warn!(mandate = %id, %error, "a mandate was not looked at");
            }
        })
        .await;
    stream::iter(rules)
        .for_each_concurrent(AT_ONCE, |(school, person)| async move {
            if let Err(error) = auto::consider(app, school, person).await {
                tracing::warn!(%error, "a rule of automatic top-up was not asked");
            }
        })
        .await;
    Ok(looked)
}
