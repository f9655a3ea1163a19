//! A message as a channel wants it: its words, and the values of the channel's own template.

use super::queue_store::Account;
use super::template::Template;
use super::texts::Texts;
use super::{Channel, Kind, Locale, variables};
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
pub(super) struct Envelope {
    pub(super) dedupe: String,
    pub(super) link: Option<String>,
    pub(super) life_ms: i64,
}

/// Where a tap leads as it leaves: a path of ours means something to our own pages only. Those show a push, and know
/// where they were opened from; everywhere else the public address stands before it, or there is nothing to tap.
pub(super) fn link(channel: Channel, public: Option<&str>, path: Option<&str>) -> Option<String> {
    let path = path.filter(|path| path.starts_with('/'))?;
    match channel {
        Channel::Push => Some(path.to_owned()),
        _ => public.map(|public| format!("{public}{path}")),
    }
}

pub(super) fn message(words: &Words<'_>, account: &Account, envelope: Envelope) -> Message {
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
        link: envelope.link,
        life_s: u32::try_from(envelope.life_ms.max(1_000) / 1_000).unwrap_or(u32::MAX),
        urgent: kind.any_hour(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leaves_with_the_public_address_or_not_at_all() {
        let check = |channel, public: Option<&str>, path: Option<&str>, expected: Option<&str>| {
            assert_eq!(link(channel, public, path).as_deref(), expected, "{channel:?} {public:?} {path:?}");
        };
        let (public, path) = (Some("https://pay.school.example"), Some("/parent/topup?child=1"));
        check(Channel::Mail, public, path, Some("https://pay.school.example/parent/topup?child=1"));
        check(Channel::Wecom, public, Some("/admin/complaints"), Some("https://pay.school.example/admin/complaints"));
        check(Channel::Mail, None, path, None);
        check(Channel::Mail, public, None, None);
        check(Channel::Mail, public, Some("javascript:alert(1)"), None);
        check(Channel::Push, None, path, path);
    }
}
