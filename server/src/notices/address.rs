//! Where somebody can be reached, and when somebody wants to be left alone.

use crate::plumbing::seal::{Seal, SealError};
use uuid::Uuid;
use yitong_values::{SchoolId, Timestamp};

/// Ways out, in the order in which they are tried. The inbox is none of them: a message lies there from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Push,
    Wechat,
    Alipay,
    Wecom,
    Dingtalk,
    Mail,
    Sms,
}

impl Channel {
    pub const ALL: [Channel; 7] = [
        Channel::Push,
        Channel::Wechat,
        Channel::Alipay,
        Channel::Wecom,
        Channel::Dingtalk,
        Channel::Mail,
        Channel::Sms,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Channel::Push => "push",
            Channel::Wechat => "wechat",
            Channel::Alipay => "alipay",
            Channel::Wecom => "wecom",
            Channel::Dingtalk => "dingtalk",
            Channel::Mail => "mail",
            Channel::Sms => "sms",
        }
    }

    pub fn from_word(word: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// A person has several browsers, and one of everything else: a new one takes the place of the old one.
    pub(super) fn many_addresses(self) -> bool {
        self == Channel::Push
    }
}

/// Whose account of a channel knows the address: an open id means nothing to another account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Server,
    School(SchoolId),
}

impl Scope {
    pub(super) fn uuid(self) -> Uuid {
        match self {
            Scope::Server => Uuid::nil(),
            Scope::School(school) => school.uuid(),
        }
    }

    pub fn of(id: Uuid) -> Scope {
        if id.is_nil() { Scope::Server } else { Scope::School(id.into()) }
    }
}

/// An address to keep. The id is that of the row, should there be none yet.
#[derive(Clone, Debug)]
pub struct NewAddress {
    pub id: Uuid,
    /// A guardian or a user.
    pub owner: Uuid,
    pub channel: Channel,
    pub scope: Scope,
    pub address: SealedAddress,
    pub at: Timestamp,
}

/// A phone number, an open id, a subscription: sealed for its owner, found again by a keyed hash.
#[derive(Clone)]
pub struct SealedAddress {
    pub(super) sealed: Vec<u8>,
    pub(super) hash: Vec<u8>,
    pub(super) mask: String,
}

impl SealedAddress {
    pub fn new(seal: &Seal, owner: Uuid, channel: Channel, plain: &str) -> SealedAddress {
        let hash = SealedAddress::hash(seal, channel, plain);
        SealedAddress { sealed: seal.seal(&place(owner, channel), plain.as_bytes()), hash, mask: mask(channel, plain) }
    }

    /// What may be shown of it.
    pub fn mask(&self) -> &str {
        &self.mask
    }

    /// What an address is found by.
    pub fn hash(seal: &Seal, channel: Channel, plain: &str) -> Vec<u8> {
        seal.search_hash(&format!("notice_address.{}", channel.word()), plain)
    }

    pub fn open(seal: &Seal, owner: Uuid, channel: Channel, sealed: &[u8]) -> Result<String, SealError> {
        String::from_utf8(seal.open(&place(owner, channel), sealed)?).map_err(|_| SealError::Opening)
    }
}

impl std::fmt::Debug for SealedAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedAddress({})", self.mask)
    }
}

fn place(owner: Uuid, channel: Channel) -> String {
    format!("notice_address.{}/{owner}", channel.word())
}

/// What may be shown of it: its owner knows it again, nobody else learns it.
pub(super) fn mask(channel: Channel, plain: &str) -> String {
    match channel {
        // 138****8000
        Channel::Sms => ends(plain, 3, 4),
        // The host is the maker of the browser; the rest is a secret.
        Channel::Push => plain.split('/').nth(2).unwrap_or_default().chars().take(60).collect(),
        Channel::Mail => {
            let (name, host) = plain.split_once('@').unwrap_or((plain, ""));
            format!("{}***@{host}", name.chars().take(1).collect::<String>())
        }
        _ => ends(plain, 2, 2),
    }
}

fn ends(plain: &str, head: usize, tail: usize) -> String {
    let signs: Vec<char> = plain.chars().collect();
    if signs.len() <= head + tail {
        return "****".into();
    }
    let (first, last) = (&signs[..head], &signs[signs.len() - tail..]);
    first.iter().chain(&['*'; 4]).chain(last).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    Zh,
    En,
}

impl Locale {
    pub fn word(self) -> &'static str {
        match self {
            Locale::Zh => "zh",
            Locale::En => "en",
        }
    }

    /// Who asked for something else reads Chinese.
    pub fn from_word(word: &str) -> Locale {
        if word == "en" { Locale::En } else { Locale::Zh }
    }
}

/// The language of a guardian and the hours in which nothing may ring. Whoever keeps guardians says when they change;
/// until then the ones of `Default` hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    pub locale: Locale,
    /// Minutes of the day in China; equal ones mean that no hour is quiet.
    pub quiet_from: u16,
    pub quiet_to: u16,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits { locale: Locale::Zh, quiet_from: 22 * 60, quiet_to: 7 * 60 }
    }
}

impl Habits {
    /// When a message may ring that could be sent now.
    pub fn rings_at(&self, now: Timestamp) -> Timestamp {
        const DAY: i64 = 1440;
        let midnight = now.china_day().start();
        let minute = now.since(midnight).div_euclid(60_000);
        let (from, to) = (i64::from(self.quiet_from), i64::from(self.quiet_to));
        let quiet = if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to };
        if !quiet {
            return now;
        }
        let end = if minute < to { to } else { to + DAY };
        midnight.plus_ms(end * 60_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_rings_in_quiet_hours() {
        // 2026-11-24 12:00 in China.
        let noon = Timestamp::from_ms(1_795_492_800_000);
        let at = |hours: i64| noon.plus_ms(hours * 3_600_000);
        let check = |habits: Habits, hours: i64, rings: i64| {
            assert_eq!(habits.rings_at(at(hours)), at(rings), "{habits:?} at {hours} h from noon");
        };
        let usual = Habits::default();
        check(usual, 0, 0);
        check(usual, 9, 9);
        check(usual, 10, 19);
        check(usual, 12, 19);
        check(usual, 18, 19);
        check(usual, 19, 19);
        let nap = Habits { quiet_from: 12 * 60, quiet_to: 14 * 60, ..usual };
        check(nap, -1, -1);
        check(nap, 0, 2);
        check(nap, 1, 2);
        check(nap, 2, 2);
        let never = Habits { quiet_from: 0, quiet_to: 0, ..usual };
        check(never, 12, 12);
    }

    #[test]
    fn a_mask_tells_its_owner_only() {
        let check = |channel, plain: &str, shown: &str| assert_eq!(mask(channel, plain), shown);
        check(Channel::Sms, "13800138000", "138****8000");
        check(Channel::Sms, "110", "****");
        check(Channel::Wechat, "oQ1-abcdefgh", "oQ****gh");
        check(Channel::Mail, "wang@example.org", "w***@example.org");
        check(Channel::Push, "{\"endpoint\":\"https://push.example/secret\"}", "push.example");
    }

    #[test]
    fn an_address_opens_for_its_owner() {
        let (seal, owner) = (Seal::from_key(&[7; 32]), Uuid::from_u128(1));
        let kept = SealedAddress::new(&seal, owner, Channel::Sms, "13800138000");
        assert_eq!(SealedAddress::open(&seal, owner, Channel::Sms, &kept.sealed).expect("its own"), "13800138000");
        assert!(SealedAddress::open(&seal, Uuid::from_u128(2), Channel::Sms, &kept.sealed).is_err());
        assert!(SealedAddress::open(&seal, owner, Channel::Wechat, &kept.sealed).is_err());
        assert_eq!(kept.hash, SealedAddress::hash(&seal, Channel::Sms, "13800138000"));
    }
}
