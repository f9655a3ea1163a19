//! The keys that are believed, in memory. A key that is not known is looked up once more before the code is refused.

use super::store;
use crate::plumbing::db::{Db, DbError};
use std::sync::{Arc, RwLock};
use yitong_code::{Reason, Replay, Status, Trust, Verified, verify};
use yitong_values::{SchoolId, Timestamp};

/// Made-up key numbers must not make us read the table for each.
const READ_AGAIN_MS: i64 = 1_000;

#[derive(Default)]
pub struct TrustCache(RwLock<(Arc<Trust>, Option<Timestamp>)>);

impl TrustCache {
    /// Checks the signature in the caller's own task: it costs more than all that the writer does for a purchase.
    /// Status and use are compared where the purchase is booked, in the same unit.
    pub async fn verify(
        &self,
        db: &Db,
        school: SchoolId,
        text: &str,
        now: Timestamp,
    ) -> Result<Result<Verified, Reason>, DbError> {
        let status = Status::Elsewhere(*school.uuid().as_bytes());
        let (keys, read_at) = self.0.read().expect("nobody panics with the keys").clone();
        let first = verify(text, &keys, status, Replay::Elsewhere, now.ms());
        let fresh = read_at.is_some_and(|at| now.since(at).abs() < READ_AGAIN_MS);
        if !matches!(first, Err(Reason::UnknownKey)) || fresh {
            return Ok(first);
        }
        let keys = Arc::new(Trust::new(db.read(store::keys).await?));
        *self.0.write().expect("nobody panics with the keys") = (Arc::clone(&keys), Some(now));
        Ok(verify(text, &keys, status, Replay::Elsewhere, now.ms()))
    }

    pub fn forget(&self) {
        *self.0.write().expect("nobody panics with the keys") = Default::default();
    }
}
