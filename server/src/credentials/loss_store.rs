//! Loss as guardians report it: every card of a person at once. What they reported they may take back; what the school
//! reported stays the school's. A phone is no card: it is taken away where phones are.

use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::Happening;
use serde_json::json;
use uuid::Uuid;
use yitong_values::{BusinessDay, CredentialId, PersonId, SchoolId, Timestamp};

crate::sql! {
    CARDS = "SELECT CAST(COUNT(CASE WHEN status = 'active' THEN 1 END) AS BIGINT), \
             CAST(COUNT(CASE WHEN status = 'lost' AND lost_by = 'guardian' THEN 1 END) AS BIGINT), \
             CAST(COUNT(CASE WHEN status = 'lost' AND lost_by IS NULL THEN 1 END) AS BIGINT) FROM credential \
             WHERE school_id = $1 AND person_id = $2 AND kind <> 'dynamic_code' AND expires_on >= $3";
    REPORT = "UPDATE credential SET status = 'lost', lost_at = $3, lost_by = 'guardian' WHERE school_id = $1 \
              AND person_id = $2 AND kind <> 'dynamic_code' AND status = 'active'";
    REINSTATE = "UPDATE credential SET status = 'active', lost_at = NULL, lost_by = NULL WHERE school_id = $1 \
                 AND person_id = $2 AND kind <> 'dynamic_code' AND status = 'lost' AND lost_by = 'guardian'";
    TAKE_OVER = "UPDATE credential SET lost_by = NULL WHERE school_id = $1 AND id = $2 AND status = 'lost'";
}

/// The cards of a person that have not expired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cards {
    pub active: i64,
    pub lost_by_guardian: i64,
    pub lost_by_school: i64,
}

impl Cards {
    pub fn lost(self) -> bool {
        self.lost_by_guardian + self.lost_by_school > 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Lost,
    Reinstated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    School,
    Guardian,
}

pub fn cards(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, today: BusinessDay) -> Result<Cards, DbError> {
    let row = tx.one(&CARDS, &[school.into(), person.into(), today.into()])?;
    Ok(Cards { active: row.int(0)?, lost_by_guardian: row.int(1)?, lost_by_school: row.int(2)? })
}

/// How many were reported.
pub fn report(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, now: Timestamp) -> Result<u64, DbError> {
    changes::record(tx, school, [], Lists::Changed)?;
    tx.execute(&REPORT, &[school.into(), person.into(), now.into()])
}

/// How many were reinstated.
pub fn reinstate(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<u64, DbError> {
    changes::record(tx, school, [], Lists::Changed)?;
    tx.execute(&REINSTATE, &[school.into(), person.into()])
}

pub(super) fn take_over(tx: &mut Tx<'_>, school: SchoolId, id: CredentialId) -> Result<(), DbError> {
    tx.execute(&TAKE_OVER, &[school.into(), id.into()]).map(|_| ())
}

/// What the guardians hear of it.
pub fn happening(school: SchoolId, person: PersonId, id: Uuid, turn: Turn, by: By, at: Timestamp) -> Happening {
    let by = if by == By::Guardian { "guardian" } else { "school" };
    let body = json!({"lost": turn == Turn::Lost, "by": by}).to_string();
    Happening { school, id, topic: "loss".into(), person: Some(person), body, at }
}
