//! Cards that another system printed, while a school moves to us: their texts never change, so they are known by a
//! hash.

use super::store;
use crate::plumbing::db::{Db, DbError};
use yitong_code::fingerprint;
use yitong_values::{SchoolId, Timestamp};

/// No text of another system's card is shorter; dishes and payment codes are not looked up.
pub const TEXT_MIN: usize = 26;

/// The serial of a card that another system printed, if this school took it over and it has not ended.
pub async fn legacy_serial(db: &Db, school: SchoolId, text: &str, at: Timestamp) -> Result<Option<u32>, DbError> {
    if text.len() < TEXT_MIN || text.len() > yitong_code::TEXT_MAX {
        return Ok(None);
    }
    let print = fingerprint(text);
    let found = db.read(move |tx| store::by_fingerprint(tx, school, &print)).await?;
    Ok(found.filter(|(_, last_day)| *last_day >= at.china_day()).map(|(serial, _)| serial))
}
