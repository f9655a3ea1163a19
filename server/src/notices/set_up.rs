//! A channel of the server that a program sets up, as the operator does over HTTP.

use super::channels::{self, ChannelTemplate};
use super::queue_store::Account;
use super::settings_store::{self as rows, Setting};
use super::{Channel, Scope, accounts};
use crate::App;
use serde_json::Value as Json;

/// A template that was approved at the channel: the word of its kind, its id there, its fields with our variables.
pub type Approved<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// Switched on with these settings and templates.
pub async fn set_channel(
    app: &App,
    channel: Channel,
    provider: &str,
    config: &Json,
    templates: &[Approved<'_>],
) -> Result<(), Box<dyn std::error::Error>> {
    channels::open(channel, provider, config)?;
    let templates = templates.iter().map(|(kind, id, fields)| {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        ((*kind).to_owned(), ChannelTemplate { id: (*id).to_owned(), fields })
    });
    let scope = Scope::Server;
    let sealed = app.seal.seal(&accounts::place(scope.uuid(), channel), config.to_string().as_bytes());
    let (provider, templates) = (provider.to_owned(), templates.collect());
    let account = Account { scope, channel, provider, config: sealed, templates, version: 0 };
    let setting = Setting { account, on: true, changed_at: app.now() };
    app.db.write("set a message channel", move |tx| rows::put_setting(tx, &setting)).await?;
    Ok(())
}
