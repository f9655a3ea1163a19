//! What was spent at one terminal, as its neighbours need it: ids and an amount, in 61 bytes. A sale changes twice at
//! the most, when the server has it and when it is undone, and each time its terminal signs it anew.

use super::message::{Reader, Unheard};
use crate::{DeviceKey, PublicKey, Signature};
use uuid::Uuid;
use yitong_values::{Cents, PersonId, TerminalId, Timestamp};

pub(super) const SPENT_BYTES: usize = 61;
pub(super) const TOLD_BYTES: usize = ORIGIN_BYTES + SPENT_BYTES + 64;
pub(super) const ORIGIN_BYTES: usize = 20;
const KIND: &str = "relay spent 1";

const OFFLINE: u8 = 1;
const KNOWN: u8 = 2;
const UNDONE: u8 = 4;
const CODE: u8 = 8;

/// Whose: a terminal, and which machine's journal of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Origin {
    pub terminal: TerminalId,
    pub journal: u32,
}

/// A use of a phone's credential.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeUse {
    pub serial: u32,
    pub order: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spent {
    /// Of the record in the terminal's journal.
    pub seq: u64,
    pub person: PersonId,
    pub amount: Cents,
    pub at: Timestamp,
    /// Without the server's word.
    pub offline: bool,
    /// The server had it at this moment of its clock.
    pub known_at: Option<Timestamp>,
    pub undone: bool,
    pub code: Option<CodeUse>,
}

impl Origin {
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.terminal.uuid().as_bytes());
        to.extend(self.journal.to_be_bytes());
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Origin, Unheard> {
        Ok(Origin { terminal: TerminalId::new(from.uuid()?), journal: u32::from_be_bytes(from.take()?) })
    }
}

impl Spent {
    pub(super) fn bytes(&self) -> [u8; SPENT_BYTES] {
        let flag = |on: bool, bit: u8| if on { bit } else { 0 };
        let mut bytes = Vec::with_capacity(SPENT_BYTES);
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.person.uuid().as_bytes());
        bytes.extend(self.amount.fen().to_be_bytes());
        bytes.extend(self.at.ms().to_be_bytes());
        bytes.push(
            flag(self.offline, OFFLINE)
                | flag(self.known_at.is_some(), KNOWN)
                | flag(self.undone, UNDONE)
                | flag(self.code.is_some(), CODE),
        );
        bytes.extend(self.known_at.map_or(0, Timestamp::ms).to_be_bytes());
        let code = self.code.unwrap_or(CodeUse { serial: 0, order: 0 });
        bytes.extend(code.serial.to_be_bytes());
        bytes.extend(code.order.to_be_bytes());
        bytes.try_into().expect("61 bytes were written")
    }

    /// One form for each: what is read is written again as it was.
    pub(super) fn read(bytes: &[u8; SPENT_BYTES]) -> Result<Spent, Unheard> {
        let mut from = Reader::new(bytes);
        let seq = u64::from_be_bytes(from.take()?);
        let person = PersonId::new(from.uuid()?);
        let amount = Cents::new(i64::from_be_bytes(from.take()?));
        let at = Timestamp::from_ms(i64::from_be_bytes(from.take()?));
        let [flags] = from.take()?;
        let known_at = i64::from_be_bytes(from.take()?);
        let (serial, order) = (u32::from_be_bytes(from.take()?), u64::from_be_bytes(from.take()?));
        let spent = Spent {
            seq,
            person,
            amount,
            at,
            offline: flags & OFFLINE != 0,
            known_at: (flags & KNOWN != 0).then_some(Timestamp::from_ms(known_at)),
            undone: flags & UNDONE != 0,
            code: (flags & CODE != 0).then_some(CodeUse { serial, order }),
        };
        // Nobody is given money by a neighbour.
        let sound = !amount.is_negative() && amount <= Cents::INPUT_MAX && spent.bytes() == *bytes;
        if sound { Ok(spent) } else { Err(Unheard::Malformed) }
    }

    /// Which of two of the same number counts. A terminal only ever says more of a sale; the rest is there so that all
    /// choose the same, also between two that no honest terminal says: the one by which it counts longer.
    pub(super) fn rank(&self) -> (u8, i64, [u8; SPENT_BYTES]) {
        let said = u8::from(self.known_at.is_some()) + u8::from(self.undone);
        (said, self.known_at.map_or(0, Timestamp::ms), self.bytes())
    }
}

/// Signed by the terminal that it happened at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    pub origin: Origin,
    pub spent: Spent,
    pub signature: Signature,
}

impl Told {
    pub fn sign(origin: Origin, spent: Spent, key: &DeviceKey) -> Told {
        let signature = key.sign(KIND, &signed(&origin, &spent));
        Told { origin, spent, signature }
    }

    pub(super) fn verifies(&self, key: &PublicKey) -> bool {
        key.verifies(KIND, &signed(&self.origin, &self.spent), &self.signature)
    }

    pub(super) fn write(&self, to: &mut Vec<u8>) {
        self.origin.write(to);
        to.extend(self.spent.bytes());
        to.extend(self.signature.as_bytes());
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Told, Unheard> {
        let origin = Origin::read(from)?;
        let spent = Spent::read(&from.take()?)?;
        Ok(Told { origin, spent, signature: Signature::from_bytes(from.take()?) })
    }
}

fn signed(origin: &Origin, spent: &Spent) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ORIGIN_BYTES + SPENT_BYTES);
    origin.write(&mut bytes);
    bytes.extend(spent.bytes());
    bytes
}

impl Reader<'_> {
    fn uuid(&mut self) -> Result<Uuid, Unheard> {
        self.take().map(Uuid::from_bytes)
    }
}
