//! Codes at the counter: the signed lists of the mirror, and the memory of which uses of phones were taken.

use crate::mirror::{ListKind, Mirror, MirrorError};
use yitong_code::{
    Allowance, Caps, KeyBytes, Kind, LegacyList, ListProblem, Memory, Now, Reason, Replay, Status, StatusList, Suite,
    Trust, Verified, verify,
};
use yitong_rules::{CredentialState, Words};
use yitong_sync::relay::CodeUse;
use yitong_sync::wire::fleet::RootKey;
use yitong_values::SchoolId;

#[cfg(test)]
mod tests;

/// As many phones as are used between two ends of credentials (48 h) at one counter.
const PHONES_MAX: usize = 20_000;

/// So long a sale may wait for an answer of the cashier without the phone having to show a new code.
const ASKING_MS_MAX: i64 = 60_000;

/// A code that was verified, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub account: u32,
    pub serial: u32,
    pub use_order: Option<u64>,
    /// Print, which whoever copies it can show.
    pub copyable: bool,
    pub allowance: Allowance,
    pub caps: Option<Caps>,
}

impl Credential {
    /// Of a phone: which use of it.
    pub fn code_use(&self) -> Option<CodeUse> {
        self.use_order.map(|order| CodeUse { serial: self.serial, order })
    }
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    Good(Credential),
    /// By the rules' own words.
    Refused(CredentialState),
    /// For reasons that no rule has: code, words.
    Trouble(&'static str, Words),
}

#[derive(Default)]
pub struct Codes {
    roots: Vec<(u32, KeyBytes)>,
    trust: Trust,
    status: Option<StatusList>,
    memory: Option<Memory>,
    school: [u8; 16],
    /// A code that was verified and not paid yet: asking again about the same sale is no second use.
    pending: Option<Pending>,
}

struct Pending {
    text: String,
    credential: Credential,
    since_ms: i64,
}

impl std::fmt::Debug for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Codes(status version {:?})", self.status.as_ref().map(|list| list.head().version))
    }
}

impl Codes {
    pub fn new(school: SchoolId, roots: &[RootKey]) -> Codes {
        let key = |root: &RootKey| {
            let bytes = hex::decode(&root.key).ok()?;
            Some((root.kid, KeyBytes::new(Suite::from_word(&root.suite)?, &bytes)?))
        };
        Codes {
            roots: roots.iter().filter_map(key).collect(),
            school: *school.uuid().as_bytes(),
            memory: Some(Memory::new(PHONES_MAX)),
            ..Codes::default()
        }
    }

    /// What the mirror holds, verified anew: a file that somebody altered is as good as none.
    pub fn load(&mut self, mirror: &Mirror) -> Result<(), MirrorError> {
        if let Some(bytes) = mirror.list(ListKind::Trust)? {
            let _ = self.take_trust(&bytes);
        }
        if let Some(bytes) = mirror.list(ListKind::Status)? {
            let _ = self.take_status(&bytes);
        }
        if let Some(bytes) = mirror.list(ListKind::Legacy)? {
            let _ = self.take_legacy(&bytes);
        }
        Ok(())
    }

    pub fn take_trust(&mut self, bytes: &[u8]) -> Result<(), ListProblem> {
        match Trust::from_signed(bytes, &self.roots, self.trust.head().version) {
            Ok(newer) => {
                self.trust = std::mem::take(&mut self.trust).renewed(newer);
                Ok(())
            }
            Err(ListProblem::NotNewer) => Ok(()),
            Err(why) => Err(why),
        }
    }

    pub fn take_status(&mut self, bytes: &[u8]) -> Result<(), ListProblem> {
        let held = self.status.as_ref().map_or(0, |list| list.head().version);
        match StatusList::from_signed(bytes, &self.trust, held) {
            Ok(list) if list.head().school == self.school => {
                self.status = Some(list);
                Ok(())
            }
            Ok(_) => Err(ListProblem::WrongPurpose),
            Err(ListProblem::NotNewer) => Ok(()),
            Err(why) => Err(why),
        }
    }

    pub fn take_legacy(&mut self, bytes: &[u8]) -> Result<(), ListProblem> {
        let held = self.trust.legacy().first().map_or(0, |list| list.head().version);
        match LegacyList::from_signed(bytes, &self.trust, held) {
            Ok(list) => {
                self.trust.add_legacy(list);
                Ok(())
            }
            Err(ListProblem::NotNewer) => Ok(()),
            Err(why) => Err(why),
        }
    }

    pub fn trust_version(&self) -> u32 {
        self.trust.head().version
    }

    /// Version and moment of the list of lost cards.
    pub fn status_head(&self) -> Option<(u32, i64)> {
        self.status.as_ref().map(|list| (list.head().version, list.head().issued_at))
    }

    /// The age of the list of lost cards; none: there is no list.
    pub fn status_age_ms(&self, now: i64) -> Option<i64> {
        self.status_head().map(|(_, issued_at)| now.saturating_sub(issued_at))
    }

    /// After a restart: what the journal says was used.
    pub fn restore(&mut self, serial: u32, order: u64, ends_ms: i64) {
        let school = self.school;
        if let Some(memory) = &mut self.memory {
            memory.restore(school, serial, order, ends_ms);
        }
    }

    /// Verifies a text for paying. The same text again, while its sale has no end, is the same use.
    pub fn read(&mut self, text: &str, now: Now) -> Read {
        if let Some(pending) = self.pending.as_ref().filter(|pending| pending.text == text) {
            // That sale may have been refused, and the lists may be newer: only that the code was used is overlooked,
            // and for a while that it grew old.
            let asking = (0..ASKING_MS_MAX).contains(&(now.ms - pending.since_ms));
            return match self.look(text, now) {
                Read::Refused(CredentialState::Stale { .. }) if asking => Read::Good(pending.credential.clone()),
                read => read,
            };
        }
        let Some(status) = &self.status else { return no_lists() };
        let Some(memory) = &mut self.memory else { return no_lists() };
        let read = verdict(verify(text, &self.trust, Status::List(status), Replay::Here(memory), now));
        if let Read::Good(credential) = &read {
            let (text, credential) = (text.to_owned(), credential.clone());
            self.pending = Some(Pending { text, credential, since_ms: now.ms });
        }
        read
    }

    /// Whose code it is, without using it: for a balance, or in practice.
    pub fn look(&self, text: &str, now: Now) -> Read {
        let Some(status) = &self.status else { return no_lists() };
        verdict(verify(text, &self.trust, Status::List(status), Replay::Elsewhere, now))
    }

    /// The sale has its end: from now on the text is used.
    pub fn settle(&mut self) {
        self.pending = None;
    }
}

fn no_lists() -> Read {
    let words = Words {
        zh: "本机还没有下载名单，请联网".into(),
        en: "This terminal has no lists yet; connect it".into(),
    };
    Read::Trouble("no_lists", words)
}

fn verdict(verified: Result<Verified, Reason>) -> Read {
    let seconds = |seconds: u32| i32::try_from(seconds).unwrap_or(i32::MAX);
    match verified {
        Ok(code) => Read::Good(Credential {
            account: code.account(),
            serial: code.serial(),
            use_order: code.use_order(),
            copyable: code.kind() != Kind::Dynamic,
            allowance: code.allowance(),
            caps: code.caps(),
        }),
        Err(Reason::Lost) => Read::Refused(CredentialState::Lost),
        Err(Reason::Cancelled) => Read::Refused(CredentialState::Replaced),
        Err(Reason::Expired | Reason::KeyNotValidNow) => Read::Refused(CredentialState::Expired),
        Err(Reason::Stale { seconds: s }) => Read::Refused(CredentialState::Stale { seconds: seconds(s) }),
        Err(Reason::FromTheFuture { seconds: s }) => Read::Refused(CredentialState::Stale { seconds: -seconds(s) }),
        Err(Reason::Replayed) => Read::Refused(CredentialState::Used),
        Err(Reason::AccountStopped) => {
            Read::Trouble("account_frozen", Words { zh: "账户已冻结".into(), en: "Account frozen".into() })
        }
        Err(Reason::ClockWrong) => {
            let words = Words {
                zh: "本机时间不准，请联网校准".into(),
                en: "This terminal's clock is wrong; connect it".into(),
            };
            Read::Trouble("clock_wrong", words)
        }
        Err(Reason::MemoryFull) => {
            let words = Words {
                zh: "离线动态码已满，请联网".into(), en: "Too many phones offline; connect it".into()
            };
            Read::Trouble("memory_full", words)
        }
        Err(_) => Read::Refused(CredentialState::Unknown),
    }
}
