//! A record of the journal: what happened at the counter, numbered, chained and signed. Its payload is the JSON text
//! that was signed; nobody writes it again in another form, so its hash never depends on how somebody prints JSON.

use crate::wire::forms::{fen, fen_or_none, ms};
use crate::{DeviceKey, PublicKey, Signature};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use yitong_values::{
    CanteenId, Cents, DishId, DishRevisionId, EntryId, PersonId, StallId, TerminalId, Timestamp, UserId,
};

/// A payload is no longer; a sale of sixty lines has about 10 kB.
pub const PAYLOAD_BYTES_MAX: usize = 32 * 1024;
const KIND: &str = "journal record 1";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub [u8; 32]);

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", &hex::encode(self.0)[..8])
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> String {
        hex::encode(hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Hash, hex::FromHexError> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map(|()| Hash(hash))
    }
}

/// Where a journal ends: the number and hash of its last record. Number 0: nothing was written yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Head {
    pub seq: u64,
    pub hash: Hash,
}

/// When it happened, by everything that the terminal knows of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// By the terminal's best knowledge of the server's clock.
    #[serde(with = "ms")]
    pub at: Timestamp,
    /// By the device's own clock.
    #[serde(with = "ms")]
    pub wall: Timestamp,
    /// Rises with each start of the device's clock that never goes back.
    pub boot: u32,
    /// By that clock, since its start.
    pub mono_ms: u64,
    /// How old the last word of the server about the time is; none since the device started.
    pub token_age_ms: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    pub terminal: TerminalId,
    /// Which journal of the terminal: each device that is enrolled begins the next one at record 1.
    pub journal: u32,
    pub seq: u64,
    /// The hash of the record before; zeros for the first.
    pub prev: Hash,
    pub stamp: Stamp,
    pub body: Body,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// The first record of each journal.
    Opened {
        key: PublicKey,
        version: String,
    },
    /// The server is being asked about this sale. Nobody was told anything yet.
    Intent {
        sale: Sale,
    },
    /// The server said yes, and the customer saw it.
    Confirmed {
        purchase: EntryId,
        #[serde(with = "fen")]
        amount: Cents,
        /// Whom the terminal saw paying, so that it knows them after a restart. Records of earlier versions have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<PaidBy>,
    },
    /// Sold by what the terminal knew.
    Sold {
        sale: Sale,
        how: How,
    },
    /// Refused, by whomever; the customer was told.
    Refused {
        sale: Sale,
        code: String,
        trace: String,
        online: bool,
    },
    /// The server was asked and nobody heard its answer; the customer was told no, or went away. If it was booked, it
    /// is undone.
    GivenUp {
        purchase: EntryId,
    },
    /// A sale of this terminal was undone here.
    Undone {
        purchase: EntryId,
        by: Option<UserId>,
        #[serde(with = "fen")]
        amount: Cents,
    },
    ShiftOpened {
        shift: Shift,
        #[serde(with = "fen")]
        cash: Cents,
    },
    ShiftClosed {
        shift: Shift,
        count: CashCount,
    },
    /// Something that somebody should look at: a clock that jumped, a full disk, a torn record that was cut off.
    Noted {
        code: String,
        detail: String,
    },
}

/// Who paid, as the terminal saw it, and by which use of which code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PaidBy {
    pub person: PersonId,
    pub serial: Option<u32>,
    pub use_order: Option<u64>,
}

/// What is sold, to whom, and as the customer saw it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sale {
    pub purchase: EntryId,
    pub stall: StallId,
    pub canteen: CanteenId,
    pub payer: PayerShown,
    /// A word of [`yitong_rules::Mode`].
    pub mode: String,
    pub items: Vec<Item>,
    #[serde(with = "fen")]
    pub amount: Cents,
    #[serde(with = "ms")]
    pub at: Timestamp,
    #[serde(default)]
    pub collect_later: bool,
    #[serde(default)]
    pub duplicate_confirmed: bool,
    #[serde(default)]
    pub photo_checked: bool,
    pub cashier: Option<UserId>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayerShown {
    /// The whole text, as evidence.
    Code(String),
    /// Picked by the cashier.
    Person(PersonId),
    /// The number of a card, in hexadecimal: it names, and proves nothing.
    Card(String),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    pub dish: DishId,
    pub revision: DishRevisionId,
    pub name: String,
    pub category: String,
    #[serde(default)]
    pub allergens: Vec<String>,
    /// Of one, or of a kilogram where it was weighed.
    #[serde(with = "fen")]
    pub price: Cents,
    pub count: u32,
    /// What the scale said, where it was weighed.
    #[serde(default)]
    pub grams: Option<u32>,
    #[serde(with = "fen")]
    pub amount: Cents,
}

/// How a terminal decided by itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct How {
    pub person: PersonId,
    /// The lease that the amount was taken from; none where nothing was charged.
    pub lease: Option<u32>,
    /// What was charged: nothing in a free meal.
    #[serde(with = "fen")]
    pub charged: Cents,
    /// As the terminal saw the wallets; the server takes what is there.
    #[serde(with = "fen_or_none")]
    pub balance_after: Option<Cents>,
    /// Serial of the code and its use, so that one code at two counters is seen.
    pub serial: Option<u32>,
    pub use_order: Option<u64>,
    /// A word of `yitong_code::Allowance`: what the age of the list left of the code's caps.
    pub allowance: Option<String>,
    /// `yitong_rules::Trace::text`.
    pub trace: String,
    pub versions: Story,
}

/// On which versions a terminal decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Story {
    pub setup: i64,
    /// Cursor of the people.
    pub people: i64,
    /// Version of the status list.
    pub status: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shift {
    pub id: EntryId,
    pub cashier: Option<UserId>,
    #[serde(with = "ms")]
    pub opened: Timestamp,
}

/// At the end of a shift: what should be in the drawer, and what was counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CashCount {
    pub sales: u32,
    pub undone: u32,
    #[serde(with = "fen")]
    pub sold: Cents,
    #[serde(with = "fen")]
    pub expected: Cents,
    #[serde(with = "fen")]
    pub counted: Cents,
}

/// A record as it is kept and sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sealed {
    pub payload: String,
    pub signature: Signature,
}

/// Why a sealed record can't be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the record has more than {PAYLOAD_BYTES_MAX} bytes")]
    TooLong,
    #[error("the signature is not of this device")]
    Signature,
    /// Its number and place in the chain can't be read.
    #[error("the record has no head")]
    NoHead,
    /// The head is sound; what happened is not understood, perhaps because the terminal is newer than the server.
    #[error("the record {seq} says something unknown")]
    Body { seq: u64 },
}

/// What stands in a record beside its body: enough to follow the chain.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Place {
    pub terminal: TerminalId,
    pub journal: u32,
    pub seq: u64,
    pub prev: Hash,
}

impl Sealed {
    pub fn seal(record: &Record, key: &DeviceKey) -> Sealed {
        let payload = serde_json::to_string(record).expect("a record has no map with keys that are not texts");
        let signature = key.sign(KIND, payload.as_bytes());
        Sealed { payload, signature }
    }

    /// Names the record: what the next one points to.
    pub fn hash(&self) -> Hash {
        let hash = Sha256::new().chain_update(b"yitong journal 1\0").chain_update(&self.payload);
        Hash(hash.finalize().into())
    }

    /// Number and place, when the device really signed them.
    pub fn place(&self, key: &PublicKey) -> Result<Place, ReadError> {
        if self.payload.len() > PAYLOAD_BYTES_MAX {
            return Err(ReadError::TooLong);
        }
        if !key.verifies(KIND, self.payload.as_bytes(), &self.signature) {
            return Err(ReadError::Signature);
        }
        serde_json::from_str(&self.payload).map_err(|_| ReadError::NoHead)
    }

    pub fn open(&self, key: &PublicKey) -> Result<Record, ReadError> {
        let place = self.place(key)?;
        serde_json::from_str(&self.payload).map_err(|_| ReadError::Body { seq: place.seq })
    }
}

impl Head {
    /// The record that comes next.
    pub fn next(self, terminal: TerminalId, journal: u32, stamp: Stamp, body: Body) -> Record {
        Record { terminal, journal, seq: self.seq + 1, prev: self.hash, stamp, body }
    }
}
