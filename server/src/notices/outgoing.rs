//! A message as a channel wants it: its words, and the values of the channel's own template.

use super::queue_store::Account;
use super::template::Template;
use super::texts::Texts;
use super::{Kind, Locale, variables};
use std::collections::BTreeMap;
use yitong_channels::tell::Message;

/// What a message says, to whom it may concern.
pub(super) struct Words<'a> {
    pub(super) kind: Kind,
    pub(super) locale: Locale,
    pub(super) texts: &'a Texts,
    pub(super) params: &'a BTreeMap<String, String>,
}

/// The name by which a channel drops repeats, where a tap leads, and how long it is of use.
pub(super) struct Envelope<'a> {
    pub(super) dedupe: String,
    pub(super) link: Option<&'a str>,
    pub(super) life_ms: i64,
}

pub(super) fn message(words: &Words<'_>, account: &Account, envelope: Envelope<'_>) -> Message {
    let Words { kind, locale, texts, params } = words;
    let written = texts.write(*kind, *locale, params);
    let own = account.templates.get(kind.word());
    let value = |text: &String| {
        let of = |name: &str| variables::value(*kind, *locale, params, name);
        Template::read(text).map_or_else(|_| text.clone(), |read| read.write(&of))
    };
    let fields = own.map(|own| own.fields.iter().map(|(name, text)| (name.clone(), value(text))).collect());
    Message {
        dedupe: envelope.dedupe,
        title: written.title,
        text: written.text,
        template: own.map(|own| own.id.clone()),
        fields: fields.unwrap_or_default(),
        link: envelope.link.map(str::to_owned),
        life_s: u32::try_from(envelope.life_ms.max(1_000) / 1_000).unwrap_or(u32::MAX),
        urgent: kind.any_hour(),
    }
}
