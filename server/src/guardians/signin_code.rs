//! A code on the phone says that it is the guardian's: how often one is sent, how long it is good, how often it is tried.

use super::signin_store as store;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use yitong_values::{DAY_MS, Timestamp};

pub const DIGITS: usize = 6;
pub const LIFE_MS: i64 = 5 * 60_000;
/// Wrong guesses of one code.
pub const TRIES_MAX: i64 = 5;
/// Between two codes of a phone.
pub const AGAIN_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// Codes for one phone within an hour, and within a day: each costs money, and wakes somebody.
const HOUR_MAX: usize = 5;
const DAY_MAX: usize = 10;

/// How long a phone waits for its next code; `asked` holds the moments of the last day, the newest first.
fn wait_ms(asked: &[Timestamp], now: Timestamp) -> i64 {
    let until = |nth: usize, span: i64| asked.get(nth).map_or(0, |at| span - now.since(*at));
    let waits = [until(0, AGAIN_MS), until(HOUR_MAX - 1, HOUR_MS), until(DAY_MAX - 1, DAY_MS)];
    waits.into_iter().max().unwrap_or(0).max(0)
}

/// What is kept of a code: it is good for its phone only.
pub fn code_hash(seal: &Seal, phone_hash: &[u8], code: &str) -> Vec<u8> {
    seal.search_hash(&format!("guardian_code.code/{}", hex::encode(phone_hash)), code)
}

/// Six digits, each of 10^6 as likely as the others.
pub fn fresh_digits() -> String {
    const ALL: u32 = 10u32.pow(DIGITS as u32);
    loop {
        let bytes = crate::signin::totp::random(4);
        let drawn = bytes.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
        // The last, cut piece of the range would make some digits likelier.
        if drawn < u32::MAX - u32::MAX % ALL {
            return format!("{:0width$}", drawn % ALL, width = DIGITS);
        }
    }
}

/// Puts a new code in the place of the one before; or says in how many milliseconds the phone may have one.
pub fn put(
    tx: &mut Tx<'_>,
    id: Uuid,
    phone_hash: &[u8],
    code_hash: &[u8],
    now: Timestamp,
) -> Result<Result<(), i64>, DbError> {
    let counted = count(tx, id, phone_hash, now)?;
    if counted.is_ok() {
        store::put_code(tx, phone_hash, code_hash, now.plus_ms(LIFE_MS))?;
    }
    Ok(counted)
}

/// Counts one more code for somebody; or says in how many milliseconds there may be one.
pub fn count(tx: &mut Tx<'_>, id: Uuid, of: &[u8], now: Timestamp) -> Result<Result<(), i64>, DbError> {
    store::forget_asks(tx, now.plus_ms(-DAY_MS))?;
    let wait = wait_ms(&store::asks(tx, of)?, now);
    if wait > 0 {
        return Ok(Err(wait));
    }
    store::insert_ask(tx, id, of, now)?;
    Ok(Ok(()))
}

/// Whether this is the phone's code. Each guess counts, and a good one is good once. A phone that asked for none is
/// answered by the same statements as one that did.
pub fn take(tx: &mut Tx<'_>, phone_hash: &[u8], code_hash: &[u8], now: Timestamp) -> Result<bool, DbError> {
    let kept = store::find_code(tx, phone_hash)?;
    let nobody = store::CodeRow { hash: vec![0; code_hash.len()], expires_at: Timestamp::from_ms(0), tries: TRIES_MAX };
    let kept = kept.unwrap_or(nobody);
    let same = bool::from(kept.hash.ct_eq(code_hash));
    let good = same && kept.tries < TRIES_MAX && now < kept.expires_at;
    store::count_try(tx, phone_hash)?;
    if good {
        store::delete_code(tx, phone_hash)?;
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asked so many seconds ago: how many seconds the phone waits.
    #[track_caller]
    fn check(ago_s: &[i64], waits_s: i64) {
        let now = Timestamp::from_ms(1_795_492_800_000);
        let asked: Vec<_> = ago_s.iter().map(|ago| now.plus_ms(-ago * 1_000)).collect();
        assert_eq!(wait_ms(&asked, now), waits_s * 1_000, "asked {ago_s:?} s ago");
    }

    #[test]
    fn a_phone_is_sent_only_so_many() {
        check(&[], 0);
        check(&[0], 60);
        check(&[59], 1);
        check(&[60], 0);
        check(&[61, 130, 200, 300], 0);
        check(&[61, 130, 200, 300, 400], 3_200);
        check(&[61, 130, 200, 300, 3_600], 0);
        let day: Vec<i64> = (1..=10).map(|n| n * 7_200).collect();
        check(&day, 14_400);
        check(&day[..9], 0);
    }

    #[test]
    fn codes_are_six_digits() {
        let codes: Vec<_> = (0..50).map(|_| fresh_digits()).collect();
        assert!(codes.iter().all(|code| code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.iter().any(|code| *code != codes[0]));
    }
}
