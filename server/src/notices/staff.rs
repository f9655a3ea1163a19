//! What users are told at work: each who holds the permission for it at the school, unless switched off. Their texts
//! name no child: they leave this server, and the page behind the link tells the rest.

use super::notice::name_of;
use super::queue_store::accounts;
use super::settings_store::{KnownAddress, known_addresses};
use super::{Channel, Kind, NewNotice, Reach, Recipient, Scope, Way, store};
use crate::plumbing::db::{DbError, Tx};
use crate::signin::{self, Permission};
use uuid::Uuid;
use yitong_channels::tell::mail;
use yitong_values::{DAY_MS, PersonId, SchoolId, Timestamp, UserId};

/// The ways that a user can switch.
pub const STAFF_WAYS: [Way; 4] =
    [Way::Inbox, Way::Channel(Channel::Mail), Way::Channel(Channel::Wecom), Way::Channel(Channel::Dingtalk)];

/// The channels on which a user has an address.
pub(super) const STAFF_CHANNELS: [Channel; 3] = [Channel::Mail, Channel::Wecom, Channel::Dingtalk];

/// Whoever has nothing to do with it for so long has seen it elsewhere.
const LIFE_MS: i64 = 3 * DAY_MS;
const MEMBER_SIGNS_MAX: usize = 64;

/// Who is told of a kind: who may do something about it. `None`: it is not for users.
pub fn permission(kind: Kind) -> Option<Permission> {
    Some(match kind {
        Kind::ComplaintMade => Permission::ComplaintsAnswer,
        Kind::DataReportMade | Kind::BindingRequested => Permission::BindingsManage,
        Kind::RefundAsked => Permission::RefundsApprove,
        Kind::PaymentAlarm => Permission::PaymentsManage,
        Kind::CopyAlarm => Permission::CredentialsManage,
        _ => return None,
    })
}

pub fn staff_kinds() -> impl Iterator<Item = (Kind, Permission)> {
    Kind::ALL.iter().filter_map(|kind| permission(*kind).map(|needed| (*kind, needed)))
}

/// Something that somebody at the school has to look at.
#[derive(Clone, Debug)]
pub struct Work {
    pub school: SchoolId,
    pub kind: Kind,
    /// The same whenever the same thing is told; the user is put behind it.
    pub cause: String,
    pub about: Option<PersonId>,
    pub params: Vec<(&'static str, String)>,
    /// A path of the office's pages.
    pub link: String,
    /// Who knows already: the one who caused it.
    pub except: Option<UserId>,
    pub at: Timestamp,
}

/// Queues it for each who holds the permission, in the unit of its cause.
pub fn tell_staff(tx: &mut Tx<'_>, work: &Work) -> Result<(), DbError> {
    let Some(needed) = permission(work.kind) else { return Ok(()) };
    for user in signin::holders(tx, work.school, needed)? {
        if work.except == Some(user) {
            continue;
        }
        let dedupe = format!("{}:{}:{user}", work.kind.word(), work.cause);
        let notice = NewNotice {
            id: name_of(&dedupe, work.at),
            dedupe,
            school: Some(work.school),
            to: Recipient::User(user),
            about: work.about,
            kind: work.kind,
            params: work.params.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
            reach: Reach::Channels,
            link: Some(work.link.clone()),
            at: work.at,
            not_before: None,
            expires_at: work.at.plus_ms(LIFE_MS),
        };
        store::queue(tx, &notice)?;
    }
    Ok(())
}

/// An address as somebody typed it; nothing when the channel knows no such one.
pub(super) fn address(channel: Channel, text: &str) -> Option<String> {
    let text = text.trim();
    let good = match channel {
        Channel::Mail => mail::is_address(text),
        Channel::Wecom => {
            let sign = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
            !text.is_empty() && text.len() <= MEMBER_SIGNS_MAX && text.chars().all(sign)
        }
        // The robot of a group names a member by the phone number.
        Channel::Dingtalk => text.len() == 11 && text.starts_with('1') && text.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    good.then(|| text.to_owned())
}

/// One channel as a user sees it.
pub(super) struct Reachable {
    pub(super) channel: Channel,
    pub(super) mask: Option<String>,
    /// Nothing arrives there any more.
    pub(super) gone: bool,
    /// Whether the school has such a channel.
    pub(super) available: bool,
}

/// Whose account would send to a user of the school: its own, or else the server's.
pub(super) fn scope_of(tx: &mut Tx<'_>, school: SchoolId, channel: Channel) -> Result<Option<Scope>, DbError> {
    for scope in [Scope::School(school), Scope::Server] {
        if accounts(tx, scope)?.iter().any(|account| account.channel == channel) {
            return Ok(Some(scope));
        }
    }
    Ok(None)
}

pub(super) fn reachable(tx: &mut Tx<'_>, school: SchoolId, owner: Uuid) -> Result<Vec<Reachable>, DbError> {
    let known = known_addresses(tx, owner)?;
    let mut found = Vec::new();
    for channel in STAFF_CHANNELS {
        let scope = scope_of(tx, school, channel)?;
        let place = address_scope(channel, scope);
        let own = known.iter().find(|of| of.channel == channel && of.scope == place);
        let (mask, gone) = own.map_or((None, false), |of: &KnownAddress| (Some(of.mask.clone()), of.gone));
        found.push(Reachable { channel, mask, gone, available: scope.is_some() });
    }
    Ok(found)
}

/// An e-mail address is the same for everybody; a member's id means something at one account only.
pub(super) fn address_scope(channel: Channel, account: Option<Scope>) -> Scope {
    if channel == Channel::Mail { Scope::Server } else { account.unwrap_or(Scope::Server) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_fits_its_channel() {
        let check = |channel, text: &str, good: bool| assert_eq!(address(channel, text).is_some(), good, "{text}");
        check(Channel::Mail, " wang@school.example ", true);
        check(Channel::Mail, "wang", false);
        check(Channel::Wecom, "WangLei", true);
        check(Channel::Wecom, "王磊", false);
        check(Channel::Wecom, "", false);
        check(Channel::Dingtalk, "13800138000", true);
        check(Channel::Dingtalk, "1380013800", false);
        check(Channel::Sms, "13800138000", false);
    }

    #[test]
    fn work_is_told_to_who_can_do_it() {
        let kinds: Vec<_> = staff_kinds().map(|(kind, _)| kind.word()).collect();
        let expected =
            ["copy_alarm", "complaint_made", "data_report_made", "binding_requested", "refund_asked", "payment_alarm"];
        assert_eq!(kinds, expected);
        assert_eq!(permission(Kind::Purchase), None);
    }
}
