//! The server's key for pushes to browsers: made once, kept sealed. Pages subscribe with its public half, and a
//! subscription is bound to it.

use super::accounts::{self, place};
use super::settings_store as rows;
use super::{Channel, Scope};
use crate::App;
use crate::plumbing::http::Problem;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use yitong_channels::pay::Misuse;
use yitong_channels::tell::web_push::{Config, VapidKeys, WebPush};

pub(super) const PROVIDER: &str = "web_push";
/// Push services may write there; whoever runs the server sets the own address.
const SUBJECT: &str = "mailto:operator@yitong.example";
/// Browsers of one person.
pub const SUBSCRIPTIONS_MAX: usize = 10;

/// New keys, with the fields that an operator may set.
pub(super) fn fresh() -> Json {
    let (public, private) = VapidKeys::fresh().texts();
    json!({"public_key": public, "private_key": private, "subject": SUBJECT})
}

/// What an operator changes beside the keys, which stay.
pub(super) fn changed(mut kept: Json, asked: &Json) -> Result<Json, Misuse> {
    for (name, value) in asked.as_object().into_iter().flatten() {
        if !["subject", "allow_loopback"].contains(&name.as_str()) {
            return Err(Misuse::new("config", "the keys are made here; only subject and allow_loopback can be set"));
        }
        kept[name] = value.clone();
    }
    Ok(kept)
}

/// The account of pushes as it is, made when it is first needed.
async fn kept(app: &App) -> Result<WebPush, Problem> {
    let read = |tx: &mut crate::plumbing::db::Tx<'_>| rows::setting(tx, Scope::Server, Channel::Push);
    let found = match app.db.read(read).await? {
        Some(found) => found,
        None => {
            let text = fresh().to_string();
            let (sealed, now) = (app.seal.seal(&place(Uuid::nil(), Channel::Push), text.as_bytes()), app.now());
            let make = move |tx: &mut crate::plumbing::db::Tx<'_>| {
                rows::first_setting(tx, Channel::Push, PROVIDER, &sealed, now)?;
                rows::setting(tx, Scope::Server, Channel::Push)
            };
            app.db.write("make the push keys", make).await?.ok_or_else(unreadable)?
        }
    };
    let config = accounts::opened(&app.seal, Uuid::nil(), Channel::Push, &found.account.config);
    let config: Config = config.and_then(|json| serde_json::from_value(json).ok()).ok_or_else(unreadable)?;
    WebPush::new(config).map_err(|_| unreadable())
}

/// What pages subscribe with.
pub async fn push_key(app: &App) -> Result<String, Problem> {
    Ok(kept(app).await?.public_key())
}

/// Refuses a subscription that nothing may be sent to: it would lead into our own network, or its keys are no keys.
pub async fn check_subscription(app: &App, subscription: &str) -> Result<(), Problem> {
    kept(app).await?.check(subscription).map_err(|why| {
        let zh = "浏览器给出的推送订阅不可用，请更新浏览器后重试。";
        Problem::bad("bad_subscription", zh, format!("The subscription can't be used: {}.", why.why))
            .field("subscription")
    })
}

fn unreadable() -> Problem {
    let (zh, en) =
        ("推送密钥无法读取（可能换了密钥文件）。", "The push keys can't be read; the key file may have changed.");
    Problem::refused(axum::http::StatusCode::SERVICE_UNAVAILABLE, "push_unavailable", zh, en)
}
