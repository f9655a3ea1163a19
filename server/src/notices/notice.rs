//! A message as its cause asks for it.

use super::{Channel, Kind};
use crate::plumbing::seal::{Seal, SealError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use yitong_values::{GuardianId, NoticeId, PersonId, SchoolId, Timestamp, UserId};

#[derive(Clone, Debug)]
pub struct NewNotice {
    pub id: NoticeId,
    /// The same for the same cause and recipient: `purchase:<entry>:<guardian>`. The second one is not queued.
    pub dedupe: String,
    pub school: Option<SchoolId>,
    pub to: Recipient,
    /// Whom it tells of; purchases of one child at night become one message.
    pub about: Option<PersonId>,
    pub kind: Kind,
    /// Values for the template's variables (`variables::of` lists them: money as fen, times as milliseconds, or both as
    /// people read them), and what a later look compares. No secret: those go into `Confidential`.
    pub params: BTreeMap<String, String>,
    pub reach: Reach,
    /// A path of ours that a tap opens, such as `/parent/purchases/<id>`.
    pub link: Option<String>,
    pub at: Timestamp,
    /// Not sent before; quiet hours are seen to by the worker.
    pub not_before: Option<Timestamp>,
    /// Nobody wants it after this.
    pub expires_at: Timestamp,
}

/// How far a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The inbox, and the channels that the person chose.
    Channels,
    /// The inbox: the guardian did not agree to messages that leave this server.
    Inbox,
}

#[derive(Clone, Debug)]
pub enum Recipient {
    Guardian(GuardianId),
    User(UserId),
    /// Somebody who is nobody yet: for the sign-in code only.
    Phone(Confidential),
    /// An e-mail address that nobody has proved to be theirs: for the code that does.
    Mail(Confidential),
}

/// A phone number or an e-mail address with the values that nobody but its owner may see, sealed for one notice.
#[derive(Clone)]
pub struct Confidential {
    pub(super) sealed: Vec<u8>,
    pub(super) mask: String,
}

/// What is inside.
#[derive(Serialize, Deserialize)]
pub struct Opened {
    /// The name under which earlier servers kept it.
    #[serde(rename = "phone")]
    pub address: String,
    pub params: BTreeMap<String, String>,
}

impl Confidential {
    /// `params` are variables of the template: `("code", "123456")`.
    pub fn new(seal: &Seal, notice: NoticeId, phone: &str, params: &[(&str, &str)]) -> Confidential {
        Confidential::at(seal, notice, Channel::Sms, phone, params)
    }

    pub fn mail(seal: &Seal, notice: NoticeId, address: &str, params: &[(&str, &str)]) -> Confidential {
        Confidential::at(seal, notice, Channel::Mail, address, params)
    }

    fn at(seal: &Seal, notice: NoticeId, channel: Channel, to: &str, params: &[(&str, &str)]) -> Confidential {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let text = serde_json::to_vec(&Opened { address: to.to_owned(), params }).expect("texts are JSON");
        Confidential { sealed: seal.seal(&place(notice), &text), mask: super::address::mask(channel, to) }
    }

    pub fn open(seal: &Seal, notice: NoticeId, sealed: &[u8]) -> Result<Opened, SealError> {
        let text = seal.open(&place(notice), sealed)?;
        serde_json::from_slice(&text).map_err(|_| SealError::Opening)
    }
}

fn place(notice: NoticeId) -> String {
    format!("notice.secret/{notice}")
}

impl std::fmt::Debug for Confidential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Confidential({})", self.mask)
    }
}

/// A unit can run again from its start, so the id of a notice is made from what is told: the same cause has the same
/// one, and ids are in the order of time.
pub fn name_of(dedupe: &str, at: Timestamp) -> NoticeId {
    let hash: [u8; 32] = Sha256::digest(dedupe.as_bytes()).into();
    let chance: [u8; 10] = hash[..10].try_into().expect("ten of thirty-two bytes");
    let ms = u64::try_from(at.ms()).unwrap_or(0);
    NoticeId::new(uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid())
}

/// Keys are long and there are many of them; equal ones have equal hashes.
pub(super) fn dedupe_hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes())[..16].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cause_has_the_same_name() {
        let at = Timestamp::from_ms(1_795_492_800_000);
        assert_eq!(name_of("purchase:1:2", at), name_of("purchase:1:2", at));
        assert_ne!(name_of("purchase:1:2", at), name_of("purchase:1:3", at));
        assert_eq!(name_of("purchase:1:2", at).uuid().get_version_num(), 7);
        assert!(name_of("z", at) < name_of("a", at.plus_ms(1)), "in time order");
    }

    #[test]
    fn a_code_is_opened_for_its_notice_only() {
        let (seal, [a, b]) = (Seal::from_key(&[7; 32]), [1u128, 2].map(|n| NoticeId::new(uuid::Uuid::from_u128(n))));
        let kept = Confidential::new(&seal, a, "13800138000", &[("code", "246810")]);
        let opened = Confidential::open(&seal, a, &kept.sealed).expect("its own place");
        assert_eq!((opened.address.as_str(), opened.params["code"].as_str()), ("13800138000", "246810"));
        assert!(Confidential::open(&seal, b, &kept.sealed).is_err());
        assert_eq!(format!("{kept:?}"), "Confidential(138****8000)");
    }
}
