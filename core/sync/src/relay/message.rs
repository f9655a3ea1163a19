//! A datagram: sealed for the canteen, signed by who sends it. Its layout is fixed and big-endian; whatever is not
//! exactly of that form is not heard.

use super::circle::Circle;
use super::spent::{ORIGIN_BYTES, Origin, TOLD_BYTES, Told};
use crate::{DeviceKey, Signature};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use yitong_values::{TerminalId, Timestamp};

/// Below what every network carries in one piece.
pub const DATAGRAM_BYTES_MAX: usize = 1_400;
pub const NONCE_BYTES: usize = 24;
/// Facts in one message.
pub(super) const TOLD_MAX: usize = 8;
/// Origins in one greeting.
pub(super) const ROWS_MAX: usize = 40;
/// Of a question what is there already.
pub(super) const BLOCKS_MAX: usize = 40;
pub(super) const PART_BYTES: usize = 1_100;

const MAGIC: &[u8; 4] = b"YTR1";
const KIND: &str = "relay message 1";
const SIGNATURE_BYTES: usize = 64;

const HELLO: u8 = 1;
const TELL: u8 = 2;
const ASK: u8 = 3;
const ASK_LIST: u8 = 4;
const LIST_PART: u8 = 5;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub from: Origin,
    pub sent_at: Timestamp,
    pub said: Said,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// Every two seconds: I am here, and this is the sum of what I hold of each.
    Hello {
        /// Version of the list of lost cards.
        status: u32,
        rows: Vec<(Origin, u64)>,
    },
    Tell(Vec<Told>),
    /// Tell me what you hold of this terminal beyond these.
    Ask {
        to: TerminalId,
        origin: Origin,
        blocks: Vec<(u64, u64)>,
    },
    /// Give me the list of lost cards of this version, from this part on.
    AskList {
        to: TerminalId,
        version: u32,
        from: u16,
    },
    ListPart {
        version: u32,
        bytes: u32,
        index: u16,
        part: Vec<u8>,
    },
}

/// Why something that came is not heard, in the order of precedence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unheard {
    /// There is no circle, so nobody is believed.
    Alone,
    /// It opens with no key of this canteen: another school's, or altered.
    NotOurs,
    /// What this terminal sent itself came back.
    Own,
    /// Sealed with the key, by a machine that is not in the circle: revoked, replaced, or never there.
    Stranger,
    /// Not signed by who it says it is from.
    Signature,
    Malformed,
    /// Said long ago, or by a clock that is far off.
    Stale,
}

pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Unheard> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or(Unheard::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    /// So many of the same, after their number.
    fn list<T>(&mut self, max: usize, mut one: impl FnMut(&mut Self) -> Result<T, Unheard>) -> Result<Vec<T>, Unheard> {
        let [count] = self.take()?;
        if usize::from(count) > max {
            return Err(Unheard::Malformed);
        }
        (0..count).map(|_| one(self)).collect()
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn end(&self) -> Result<(), Unheard> {
        if self.0.is_empty() { Ok(()) } else { Err(Unheard::Malformed) }
    }
}

impl Said {
    fn write(&self, to: &mut Vec<u8>) {
        let count = |n: usize| u8::try_from(n).expect("no list in a message has more than its limit");
        match self {
            Said::Hello { status, rows } => {
                to.push(HELLO);
                to.extend(status.to_be_bytes());
                to.push(count(rows.len()));
                for (origin, digest) in rows {
                    origin.write(to);
                    to.extend(digest.to_be_bytes());
                }
            }
            Said::Tell(all) => {
                to.push(TELL);
                to.push(count(all.len()));
                all.iter().for_each(|told| told.write(to));
            }
            Said::Ask { to: whom, origin, blocks } => {
                to.push(ASK);
                to.extend(whom.uuid().as_bytes());
                origin.write(to);
                to.push(count(blocks.len()));
                for (block, digest) in blocks {
                    to.extend(block.to_be_bytes());
                    to.extend(digest.to_be_bytes());
                }
            }
            Said::AskList { to: whom, version, from } => {
                to.push(ASK_LIST);
                to.extend(whom.uuid().as_bytes());
                to.extend(version.to_be_bytes());
                to.extend(from.to_be_bytes());
            }
            Said::ListPart { version, bytes, index, part } => {
                to.push(LIST_PART);
                to.extend(version.to_be_bytes());
                to.extend(bytes.to_be_bytes());
                to.extend(index.to_be_bytes());
                to.extend(part);
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Said, Unheard> {
        let [kind] = from.take()?;
        let number = |from: &mut Reader<'_>| from.take().map(u64::from_be_bytes);
        Ok(match kind {
            HELLO => {
                let status = u32::from_be_bytes(from.take()?);
                let rows = from.list(ROWS_MAX, |from| Ok((Origin::read(from)?, number(from)?)))?;
                Said::Hello { status, rows }
            }
            TELL => Said::Tell(from.list(TOLD_MAX, Told::read)?),
            ASK => {
                let to = terminal(from)?;
                let origin = Origin::read(from)?;
                let blocks = from.list(BLOCKS_MAX, |from| Ok((number(from)?, number(from)?)))?;
                Said::Ask { to, origin, blocks }
            }
            ASK_LIST => Said::AskList {
                to: terminal(from)?,
                version: u32::from_be_bytes(from.take()?),
                from: u16::from_be_bytes(from.take()?),
            },
            LIST_PART => {
                let (version, bytes) = (u32::from_be_bytes(from.take()?), u32::from_be_bytes(from.take()?));
                let index = u16::from_be_bytes(from.take()?);
                let part = from.rest().to_vec();
                if part.is_empty() || part.len() > PART_BYTES {
                    return Err(Unheard::Malformed);
                }
                Said::ListPart { version, bytes, index, part }
            }
            _ => return Err(Unheard::Malformed),
        })
    }
}

fn terminal(from: &mut Reader<'_>) -> Result<TerminalId, Unheard> {
    from.take().map(|bytes| TerminalId::new(uuid::Uuid::from_bytes(bytes)))
}

/// Another school's circle opens nothing of ours, even with the same key.
fn place(circle: &Circle) -> Vec<u8> {
    [MAGIC.as_slice(), circle.school.uuid().as_bytes(), circle.canteen.uuid().as_bytes()].concat()
}

fn cipher(circle: &Circle) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*circle.key.as_bytes()))
}

fn signed(circle: &Circle, plain: &[u8]) -> Vec<u8> {
    [place(circle).as_slice(), plain].concat()
}

/// Whatever is said, as this member: also what none of ours would say.
#[doc(hidden)]
pub fn seal_said(
    circle: &Circle,
    key: &DeviceKey,
    (from, sent_at): (Origin, Timestamp),
    said: &[u8],
    nonce: [u8; NONCE_BYTES],
) -> Vec<u8> {
    let mut plain = Vec::with_capacity(DATAGRAM_BYTES_MAX);
    from.write(&mut plain);
    plain.extend(sent_at.ms().to_be_bytes());
    plain.extend(said);
    let signature = key.sign(KIND, &signed(circle, &plain));
    plain.extend(signature.as_bytes());
    let payload = Payload { msg: &plain, aad: &place(circle) };
    let sealed = cipher(circle).encrypt(&XNonce::from(nonce), payload).expect("a message is short");
    [MAGIC.as_slice(), &nonce, &sealed].concat()
}

impl Message {
    /// `nonce`: used for nothing else that is sealed with this key.
    pub fn seal(&self, circle: &Circle, key: &DeviceKey, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
        let mut said = Vec::with_capacity(DATAGRAM_BYTES_MAX);
        self.said.write(&mut said);
        let datagram = seal_said(circle, key, (self.from, self.sent_at), &said, nonce);
        debug_assert!(datagram.len() <= DATAGRAM_BYTES_MAX, "limits of messages fit a datagram: {}", datagram.len());
        datagram
    }

    pub fn open(datagram: &[u8], circle: &Circle, own: TerminalId) -> Result<Message, Unheard> {
        if datagram.len() > DATAGRAM_BYTES_MAX {
            return Err(Unheard::NotOurs);
        }
        let sealed = datagram.strip_prefix(MAGIC).ok_or(Unheard::NotOurs)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Unheard::NotOurs)?;
        let payload = Payload { msg: sealed, aad: &place(circle) };
        let plain = cipher(circle).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unheard::NotOurs)?;
        let (plain, signature) = plain.split_last_chunk::<SIGNATURE_BYTES>().ok_or(Unheard::Malformed)?;
        let mut reader = Reader::new(plain);
        let from = Origin::read(&mut reader)?;
        if from.terminal == own {
            return Err(Unheard::Own);
        }
        let known = circle.neighbour(from.terminal).filter(|known| known.journal == from.journal);
        let known = known.ok_or(Unheard::Stranger)?;
        if !known.key.verifies(KIND, &signed(circle, plain), &Signature::from_bytes(*signature)) {
            return Err(Unheard::Signature);
        }
        let sent_at = Timestamp::from_ms(i64::from_be_bytes(reader.take()?));
        let said = Said::read(&mut reader)?;
        reader.end()?;
        Ok(Message { from, sent_at, said })
    }
}

// What the limits promise: 48 of the envelope with its tag, 64 of the signature, 28 of who and when, and each kind.
const _: () = {
    let around = 4 + NONCE_BYTES + 16 + SIGNATURE_BYTES + ORIGIN_BYTES + 8 + 1;
    assert!(around + 1 + TOLD_MAX * TOLD_BYTES <= DATAGRAM_BYTES_MAX);
    assert!(around + 5 + ROWS_MAX * (ORIGIN_BYTES + 8) <= DATAGRAM_BYTES_MAX);
    assert!(around + 16 + ORIGIN_BYTES + 1 + BLOCKS_MAX * 16 <= DATAGRAM_BYTES_MAX);
    assert!(around + 10 + PART_BYTES <= DATAGRAM_BYTES_MAX);
};
