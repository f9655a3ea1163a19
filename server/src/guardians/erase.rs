//! A guardian goes: what is forgotten, what stays as proof. Entries, orders and consents name a guardian by an id that
//! says nothing; the custody lock outlives everything, by the keyed hash of the phone.

use super::guard::{Guardian, GuardianNote};
use super::{bind, bindings_store, signin_code, store, tell};
use crate::App;
use crate::notices;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use yitong_values::{AuditId, ConsentId, GuardianId, Timestamp};

/// A guardian has 20 open bindings at most; those that the school locked are ended, too.
const BINDINGS_MAX: usize = 64;

/// What a code that was sent for this is kept as: it does not sign in, and a sign-in code does not erase.
pub(super) fn code_hash(seal: &Seal, phone_hash: &[u8], digits: &str) -> Vec<u8> {
    signin_code::code_hash(seal, phone_hash, &format!("erase/{digits}"))
}

/// Whether this is the code that was sent to the guardian's own phone for this. Each guess counts.
pub fn confirmed(
    tx: &mut Tx<'_>,
    seal: &Seal,
    guardian: GuardianId,
    digits: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let Some((_, phone_hash)) = store::phone_of(tx, guardian)? else { return Ok(false) };
    signin_code::take(tx, &phone_hash, &code_hash(seal, &phone_hash, digits), now)
}

/// Who goes, with names for what is written down on the way.
#[derive(Clone, Debug)]
pub struct Going {
    who: tell::Who,
    ids: Vec<(ConsentId, AuditId)>,
}

impl Going {
    pub fn of(app: &App, guardian: &Guardian) -> Going {
        let ids = (0..BINDINGS_MAX).map(|_| (app.new_id().into(), app.new_id().into())).collect();
        Going { who: tell::Who::of(app, guardian), ids }
    }
}

/// Ends every binding, with the withdrawn consent as its proof, and forgets phone, name, addresses, messages, linked
/// accounts and sessions.
pub fn erase(tx: &mut Tx<'_>, going: &Going) -> Result<(), DbError> {
    let note = going.who.note;
    let mut ids = going.ids.iter();
    for row in bindings_store::of_guardian(tx, note.guardian)? {
        let (answer, audit) = ids.next().ok_or(DbError::Broken("a guardian has too many bindings".into()))?;
        let who = tell::Who { note: GuardianNote { id: *audit, ..note }, ..going.who.clone() };
        bind::end_own(tx, &who, &row.binding, *answer, row.name.as_deref().unwrap_or_default())?;
    }
    store::forget(tx, note.guardian, note.at)?;
    notices::forget_owner(tx, note.guardian.uuid(), None)
}
