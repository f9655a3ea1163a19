//! A phone's place among the credentials: a serial of its own, which every credential that it fetches keeps, so that
//! reporting it lost is one bit for readers without a network.

use super::store::{self, Kind, NewCredential};
use crate::plumbing::db::{DbError, Tx};
use uuid::Uuid;
use yitong_code::{CredentialFields, EPOCH_MS, MINUTE_MS, Protection};
use yitong_values::{BusinessDay, CredentialId, PersonId, PrintBatchId, SchoolId, Timestamp};

/// The serial under which a phone shows codes, and the account of its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneNumbers {
    pub account: u32,
    pub serial: u32,
}

/// Gives a phone its serial. It is a credential like a card: reported lost, reinstated, listed.
pub fn enrol_phone(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: CredentialId,
    person: PersonId,
    now: Timestamp,
    expires_on: BusinessDay,
) -> Result<PhoneNumbers, DbError> {
    let serial = store::next_serial(tx, school)?;
    let before = store::account_of(tx, school, person)?;
    let account = match before {
        Some((own, _)) => own,
        None => store::next_account(tx, school)?,
    };
    let new = NewCredential {
        id,
        person,
        account,
        serial,
        issue_number: before.map_or(1, |(_, last)| last + 1),
        kind: Kind::Phone,
        batch: PrintBatchId::new(Uuid::nil()),
        sealed: Vec::new(),
        fingerprint: None,
        issued_at: now,
        expires_on,
    };
    store::insert(tx, school, &new)?;
    let number = |n: i64| u32::try_from(n).map_err(|_| DbError::Broken("there are no code numbers left".into()));
    Ok(PhoneNumbers { account: number(account)?, serial: number(serial)? })
}

/// A phone that is used goes on being one.
pub fn keep_phone(tx: &mut Tx<'_>, school: SchoolId, id: CredentialId, expires_on: BusinessDay) -> Result<(), DbError> {
    store::extend(tx, school, id, expires_on)
}

/// Takes a phone away: its serial is cancelled and never valid again.
pub fn cancel_phone(tx: &mut Tx<'_>, school: SchoolId, id: CredentialId) -> Result<(), DbError> {
    store::set_status(tx, school, id, "replaced", None)
}

/// What a phone may do, by the school's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneCaps {
    pub use_cap_yuan: u8,
    pub total_cap_5yuan: u8,
    pub uses: u8,
    pub life_hours: u8,
}

/// The fields of the next credential of a phone, from this minute on.
pub fn credential_fields(
    numbers: PhoneNumbers,
    caps: PhoneCaps,
    protection: Protection,
    device_key: [u8; 33],
    now: Timestamp,
) -> CredentialFields {
    CredentialFields {
        account: numbers.account,
        serial: numbers.serial,
        not_before: u32::try_from((now.ms() - EPOCH_MS) / MINUTE_MS).unwrap_or(0),
        life_hours: caps.life_hours,
        class: 0,
        use_cap_yuan: caps.use_cap_yuan,
        total_cap_5yuan: caps.total_cap_5yuan,
        uses: caps.uses,
        protection,
        device_key,
    }
}
