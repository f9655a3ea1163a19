//! Who is believed on a canteen's network, and the key that they all seal with: signed by the server, given with the
//! set-up. A machine that was revoked or replaced is not in the next one, and does not get its key.

use crate::{DeviceKey, PublicKey, Signature};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use yitong_values::{CanteenId, SchoolId, StallId, TerminalId};

/// Terminals of one canteen that hear each other; what is remembered of them all has its bound by it.
pub const NEIGHBOURS_MAX: usize = 64;
const KIND: &str = "relay circle 1";

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Circle {
    pub school: SchoolId,
    pub canteen: CanteenId,
    pub key: RelayKey,
    /// With the terminal itself.
    pub neighbours: Vec<Neighbour>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Neighbour {
    pub terminal: TerminalId,
    pub journal: u32,
    pub key: PublicKey,
    pub stall: StallId,
    /// For the cashier: where a code was used.
    pub name: String,
}

impl Circle {
    pub fn neighbour(&self, terminal: TerminalId) -> Option<&Neighbour> {
        self.neighbours.iter().find(|neighbour| neighbour.terminal == terminal)
    }
}

/// Seals what is told; known to the terminals of one canteen. It is nobody's proof: signatures are.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayKey([u8; 32]);

impl RelayKey {
    pub fn from_bytes(bytes: [u8; 32]) -> RelayKey {
        RelayKey(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RelayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayKey")
    }
}

impl From<RelayKey> for String {
    fn from(key: RelayKey) -> String {
        URL_SAFE_NO_PAD.encode(key.0)
    }
}

impl TryFrom<String> for RelayKey {
    type Error = crate::key::NotBytes;

    fn try_from(text: String) -> Result<RelayKey, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(RelayKey).ok_or(crate::key::NotBytes)
    }
}

/// Its text is for the terminals of the canteen only: the key is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCircle {
    pub payload: String,
    pub signature: Signature,
}

impl fmt::Debug for SealedCircle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedCircle({:?})", self.signature)
    }
}

impl SealedCircle {
    pub fn seal(circle: &Circle, authority: &DeviceKey) -> SealedCircle {
        let payload = serde_json::to_string(circle).expect("a circle is plain JSON");
        let signature = authority.sign(KIND, payload.as_bytes());
        SealedCircle { payload, signature }
    }

    /// The circle, if the server made it and this machine is in it.
    pub fn open(&self, authority: &PublicKey, school: SchoolId, own: &PublicKey) -> Option<Circle> {
        if !authority.verifies(KIND, self.payload.as_bytes(), &self.signature) {
            return None;
        }
        let circle: Circle = serde_json::from_str(&self.payload).ok()?;
        let ours = circle.school == school && circle.neighbours.iter().any(|neighbour| neighbour.key == *own);
        (ours && circle.neighbours.len() <= NEIGHBOURS_MAX).then_some(circle)
    }
}
