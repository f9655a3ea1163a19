//! How values of the core look between machines: money as a whole number of fen, moments as ms UTC.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use yitong_values::{Cents, Timestamp};

pub mod fen {
    use super::*;

    pub fn serialize<S: Serializer>(amount: &Cents, to: S) -> Result<S::Ok, S::Error> {
        amount.fen().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Cents, D::Error> {
        i64::deserialize(from).map(Cents::new)
    }
}

pub mod fen_or_none {
    use super::*;

    pub fn serialize<S: Serializer>(amount: &Option<Cents>, to: S) -> Result<S::Ok, S::Error> {
        amount.map(Cents::fen).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cents>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.map(Cents::new))
    }
}

pub mod ms {
    use super::*;

    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        at.ms().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(from).map(Timestamp::from_ms)
    }
}

pub mod ms_or_none {
    use super::*;

    pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::ms).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.map(Timestamp::from_ms))
    }
}
