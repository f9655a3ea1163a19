//! A message as its cause asks for it.

use super::Kind;
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
}

/// A phone number with the values that nobody but its owner may see, sealed for one notice.
#[derive(Clone)]
pub struct Confidential {
    pub(super) sealed: Vec<u8>,
    pub(super) mask: String,
}

/// What is inside.
#[derive(Serialize, Deserialize)]
pub struct Opened {
    pub phone: String,
    pub params: BTreeMap<String, String>,
}

impl Confidential {
    /// `params` are variables of the template: `("code", "123456")`.
    pub fn new(seal: &Seal, notice: NoticeId, phone: &str, params: &[(&str, &str)]) -> Confidential {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let opened = Opened { phone: phone.to_owned(), params };
        let text = serde_json::to_vec(&opened).expect("texts are JSON");
        Confidential { sealed: seal.seal(&place(notice), &text), mask: super::address::mask_phone(phone) }
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

/// Keys are long and there are many of them; equal ones have equal hashes.
pub(super) fn dedupe_hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes())[..16].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_opened_for_its_notice_only() {
        let (seal, [a, b]) = (Seal::from_key(&[7; 32]), [1u128, 2].map(|n| NoticeId::new(uuid::Uuid::from_u128(n))));
        let kept = Confidential::new(&seal, a, "13800138000", &[("code", "246810")]);
        let opened = Confidential::open(&seal, a, &kept.sealed).expect("its own place");
        assert_eq!((opened.phone.as_str(), opened.params["code"].as_str()), ("13800138000", "246810"));
        assert!(Confidential::open(&seal, b, &kept.sealed).is_err());
        assert_eq!(format!("{kept:?}"), "Confidential(138****8000)");
    }
}
