//! What a handle points to: lists, the versions below which none is taken, and the memory of uses.

use crate::answers::{Allowance, Kind, List, Problem, Reason};
use crate::written;
use yitong_code as code;
use yitong_code::{KeyBytes, LegacyList, Memory, Now, PairwiseKey, Replay, School, Status, StatusList, Suite, Trust};

/// Phones that a reader can remember: 40 MB.
pub const MEMORY_CAPACITY_MAX: usize = 1_000_000;
const ROOTS_MAX: usize = 16;

/// A public key that the reader is given when it is set up. It signs trust lists.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Root {
    pub kid: u32,
    /// 1: Ed25519, 2: SM2 with SM3.
    pub suite: i32,
    /// 32 bytes and a zero, or 33 bytes (compressed, SEC 1).
    pub key: [u8; 33],
}

impl Root {
    fn read(&self) -> Option<(u32, KeyBytes)> {
        let key = match self.suite {
            1 if self.key[32] == 0 => KeyBytes::new(Suite::Ed25519, &self.key[..32])?,
            2 => KeyBytes::new(Suite::Sm2, &self.key)?,
            _ => return None,
        };
        (self.kid < 1 << 24).then_some((self.kid, key))
    }
}

/// What may be known of a verified code. Not verified: kind 0, protection -1, allowance `IDENTITY_ONLY`, else zeros,
/// and `seconds` for the two reasons that have some.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The first moment at which the card or credential is no longer valid, Unix ms.
    pub ends_ms: i64,
    /// What may be spent in one use until the reader has asked the server again, fen.
    pub use_fen: u32,
    /// The same, all uses together.
    pub total_fen: u32,
    pub uses: u32,
    /// By how much the phone's clock and the reader's differ.
    pub seconds: u32,
    pub kind: Kind,
    /// How the phone keeps its key: 0 a script can read it, 1 it can't be copied, 2 a secure element; -1 for print.
    pub protection: i32,
    pub allowance: Allowance,
    /// Class of the holder; 0 where the school does not want it read.
    pub holder_class: u32,
    /// The same holder at the same integrator: the same bytes, whatever card or phone is shown.
    pub pairwise: [u8; 16],
}

impl Verified {
    fn none(seconds: u32) -> Verified {
        Verified {
            ends_ms: 0,
            use_fen: 0,
            total_fen: 0,
            uses: 0,
            seconds,
            kind: Kind::None,
            protection: -1,
            allowance: Allowance::IdentityOnly,
            holder_class: 0,
            pairwise: [0; 16],
        }
    }
}

/// Which list is held: version 0 for none.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The moment whose truth the list holds, Unix ms.
    pub issued_ms: i64,
    pub version: u32,
    /// The version that `yitong_require` was told; 0 for none.
    pub required: u32,
}

pub struct Reader {
    /// After a panic nothing here is certain any more.
    pub(crate) broken: bool,
    roots: Vec<(u32, KeyBytes)>,
    school: School,
    key: PairwiseKey,
    trust: Option<Trust>,
    /// With the key that signed it: when a newer trust list no longer has that key, the list is not believed either.
    status: Option<(StatusList, code::TrustedKey)>,
    required: [u32; 3],
    memory: Memory,
    capacity: usize,
}

impl Reader {
    /// `None`: no root, too many, two of one number, a suite that does not exist, or a key of zeros, which somebody
    /// forgot to set.
    pub fn new(roots: &[Root], school: School, key: [u8; 32], capacity: usize) -> Option<Reader> {
        let roots = roots.iter().map(Root::read).collect::<Option<Vec<_>>>()?;
        let mut kids: Vec<u32> = roots.iter().map(|root| root.0).collect();
        kids.sort();
        kids.dedup();
        let counted = (1..=ROOTS_MAX).contains(&roots.len()) && kids.len() == roots.len();
        if !counted || capacity > MEMORY_CAPACITY_MAX || key == [0; 32] {
            return None;
        }
        Some(Reader {
            broken: false,
            roots,
            school,
            key: PairwiseKey::new(key),
            trust: None,
            status: None,
            required: [0; 3],
            memory: Memory::new(capacity),
            capacity,
        })
    }

    /// From now on a list below this version is refused, also by a reader that was switched off meanwhile.
    pub fn require(&mut self, list: List, version: u32) {
        let held = &mut self.required[list as usize - 1];
        *held = version.max(*held);
    }

    pub fn head(&self, list: List) -> Head {
        let (version, issued_ms) = match list {
            List::Trust => self.trust.as_ref().map(|trust| (trust.head().version, trust.head().issued_at)),
            List::Status => self.status.as_ref().map(|(list, _)| (list.head().version, list.head().issued_at)),
            List::Legacy => self.legacy().map(|list| (list.head().version, list.head().issued_at)),
        }
        .unwrap_or_default();
        Head { issued_ms, version, required: self.required[list as usize - 1] }
    }

    fn legacy(&self) -> Option<&LegacyList> {
        self.trust.as_ref()?.legacy().first()
    }

    /// The version above which a list has to be.
    fn held(&self, list: List) -> u32 {
        let head = self.head(list);
        head.version.max(head.required.saturating_sub(1))
    }

    pub fn load_trust(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let newer = Trust::from_signed(bytes, &self.roots, self.held(List::Trust))?;
        let still = |key: &code::TrustedKey| newer.keys().any(|now| now.is_the_key(key));
        if self.status.as_ref().is_some_and(|(_, key)| !still(key)) {
            self.status = None;
        }
        self.trust = Some(self.trust.take().unwrap_or_default().renewed(newer));
        Ok(())
    }

    pub fn load_status(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let trust = self.trust.as_ref().ok_or(Problem::NoTrustList)?;
        let list = StatusList::from_signed(bytes, trust, self.held(List::Status))?;
        self.hold(list, bytes)
    }

    pub fn load_delta(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let trust = self.trust.as_ref().ok_or(Problem::NoTrustList)?;
        let (base, _) = self.status.as_ref().ok_or(Problem::NeedWhole)?;
        let list = base.with_delta(bytes, trust)?;
        if list.head().version <= self.held(List::Status) {
            return Err(Problem::NotNewer);
        }
        self.hold(list, bytes)
    }

    fn hold(&mut self, list: StatusList, bytes: &[u8]) -> Result<(), Problem> {
        if list.head().school != self.school {
            return Err(Problem::WrongSchool);
        }
        let signed_by = self.trust.iter().flat_map(Trust::keys).find(|key| key.kid == kid_of(bytes));
        let key = signed_by.expect("the list was verified with a key of the trust list").clone();
        self.status = Some((list, key));
        Ok(())
    }

    pub fn load_legacy(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let held = self.held(List::Legacy);
        let trust = self.trust.as_mut().ok_or(Problem::NoTrustList)?;
        let list = LegacyList::from_signed(bytes, trust, held)?;
        if list.head().school != self.school {
            return Err(Problem::WrongSchool);
        }
        trust.add_legacy(list);
        Ok(())
    }

    pub fn verify(&mut self, text: &[u8], now: Now) -> (Reason, Verified) {
        let Some(trust) = &self.trust else { return (Reason::NoTrustList, Verified::none(0)) };
        let Some((list, _)) = &self.status else { return (Reason::NoStatusList, Verified::none(0)) };
        // Every text of ours is UTF-8; what a scanner makes of other bytes is somebody else's code.
        let Ok(text) = core::str::from_utf8(text) else { return (Reason::NotACampusCode, Verified::none(0)) };
        match code::verify(text, trust, Status::List(list), Replay::Here(&mut self.memory), now) {
            Ok(verified) => (Reason::Verified, self.said(&verified)),
            Err(reason) => (reason.into(), Verified::none(reason.seconds().unwrap_or(0))),
        }
    }

    fn said(&self, of: &code::Verified) -> Verified {
        let caps = of.caps();
        Verified {
            ends_ms: of.ends_ms(),
            use_fen: caps.map_or(0, |caps| caps.use_fen),
            total_fen: caps.map_or(0, |caps| caps.total_fen),
            uses: caps.map_or(0, |caps| caps.uses.into()),
            seconds: 0,
            kind: of.kind().into(),
            protection: of.protection().map_or(-1, |of| of as i32),
            allowance: of.allowance().into(),
            holder_class: of.class().into(),
            pairwise: code::pairwise_id(&self.key, of),
        }
    }

    pub fn export(&self) -> Vec<u8> {
        written::write(self.school, &self.memory)
    }

    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.memory = written::read(bytes, self.school, &self.memory, self.capacity)?;
        Ok(())
    }
}

/// The number of the key in the head of a list whose signature was checked.
fn kid_of(list: &[u8]) -> u32 {
    u32::from_be_bytes([0, list[1], list[2], list[3]])
}
