//! Rows of signin.

use super::audit::Change;
use crate::plumbing::db::{DbError, Tx};

crate::sql! {
    INSERT_AUDIT = "INSERT INTO audit (id, at, school_id, user_id, from_ip, action, subject_kind, subject_id, subject_name, before, after) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
}

pub(super) fn insert_audit(tx: &mut Tx<'_>, change: &Change<'_>) -> Result<(), DbError> {
    let from = change.actor.from.map(|ip| ip.to_string());
    tx.execute(
        &INSERT_AUDIT,
        &[
            change.id.into(),
            change.at.into(),
            change.school.into(),
            change.actor.user.into(),
            from.into(),
            change.action.into(),
            change.subject_kind.into(),
            change.subject_id.into(),
            change.subject_name.into(),
            change.before.to_string().into(),
            change.after.to_string().into(),
        ],
    )?;
    Ok(())
}
