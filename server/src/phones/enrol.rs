//! A browser becomes a person's phone, proves itself again and again, and may lose its key: the decisions, on a `Tx`.

use super::refusal::Refusal;
use super::store::{self, PhoneRow};
use crate::credentials;
use crate::people::{self, PersonRow};
use crate::plumbing::db::{DbError, Tx};
use crate::policies::CodePolicy;
use crate::signin::TokenHash;
use yitong_code::{EPOCH_MS, MINUTE_MS};
use yitong_values::{CredentialId, PersonId, SchoolId, Timestamp};

/// Live phones of one person.
pub const PHONES_MAX: usize = 2;
/// So long after it was last seen, a phone needs a new ticket.
pub const IDLE_DAYS: i64 = 180;
/// How far the moment of a proof may be from ours.
const PROOF_OFF_MS: i64 = 5 * 60_000;

/// Who may show a code on a phone. Visitors have printed codes.
pub fn allowed(policy: &CodePolicy, kind: &str) -> bool {
    match kind {
        "student" => policy.pupils_phone,
        "staff" => policy.staff_phone,
        _ => false,
    }
}

/// What a browser brings to become a phone.
#[derive(Clone, Debug)]
pub struct Browser {
    pub name: String,
    pub protection: String,
    pub device_key: [u8; 33],
}

/// Names that were made at the edge.
#[derive(Clone, Copy, Debug)]
pub struct New {
    pub id: CredentialId,
    pub cookie: TokenHash,
    pub now: Timestamp,
}

/// A new phone, and those that gave way to it.
#[derive(Clone, Debug)]
pub struct Enrolled {
    pub phone: PhoneRow,
    pub gone: Vec<CredentialId>,
}

/// Whose ticket it is, and still good.
pub fn ticket(tx: &mut Tx<'_>, hash: &[u8], now: Timestamp) -> Result<Result<(SchoolId, PersonId), Refusal>, DbError> {
    let Some(ticket) = store::find_ticket(tx, hash)? else { return Ok(Err(Refusal::TicketUnknown)) };
    Ok(match (ticket.used, ticket.expires_at <= now) {
        (true, _) => Err(Refusal::TicketUsed),
        (_, true) => Err(Refusal::TicketExpired),
        _ => Ok((ticket.school, ticket.person)),
    })
}

/// Takes the ticket and makes the phone. `own` is the phone that this browser was before: of the same person it gives way
/// without a question, and so does the one that is named to be replaced.
pub fn enrol(
    tx: &mut Tx<'_>,
    hash: &[u8],
    browser: &Browser,
    new: &New,
    replace: Option<CredentialId>,
    own: Option<TokenHash>,
    policy: &CodePolicy,
) -> Result<Result<Enrolled, Refusal>, DbError> {
    let (school, person) = match ticket(tx, hash, new.now)? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(row) = people::find_person(tx, school, person)? else { return Ok(Err(Refusal::PersonLeft)) };
    if let Some(refusal) = person_refused(&row, policy) {
        return Ok(Err(refusal));
    }
    let own = own.map(|cookie| store::find_by_cookie(tx, &cookie)).transpose()?.flatten();
    let own = own.filter(|phone| phone.person == person && phone.school == school).map(|phone| phone.id);
    let (away, held): (Vec<_>, Vec<_>) = store::held(tx, school, person, new.now.china_day())?
        .into_iter()
        .partition(|held| Some(held.id) == own || Some(held.id) == replace);
    if held.len() >= PHONES_MAX {
        return Ok(Err(Refusal::TooManyPhones(held)));
    }
    for phone in &away {
        credentials::cancel_phone(tx, school, phone.id)?;
    }
    store::use_ticket(tx, hash, new.now)?;
    let until = new.now.china_day().plus_days(IDLE_DAYS);
    let numbers = credentials::enrol_phone(tx, school, new.id, person, new.now, until)?;
    insert(tx, school, person, browser, new, numbers)?;
    let made = store::find_phone(tx, new.id)?.ok_or(DbError::Broken("a phone was just enrolled".into()))?;
    Ok(Ok(Enrolled { phone: made, gone: away.iter().map(|phone| phone.id).collect() }))
}

fn insert(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    browser: &Browser,
    new: &New,
    numbers: credentials::PhoneNumbers,
) -> Result<(), DbError> {
    let row = store::NewPhone {
        id: new.id,
        school,
        person,
        name: &browser.name,
        protection: &browser.protection,
        device_key: &browser.device_key,
        cookie: &new.cookie,
        account: numbers.account,
        serial: numbers.serial,
        not_before: minute(new.now),
        now: new.now,
    };
    store::insert_phone(tx, &row)
}

fn person_refused(person: &PersonRow, policy: &CodePolicy) -> Option<Refusal> {
    refused(&person.status, &person.kind, policy)
}

fn refused(status: &str, kind: &str, policy: &CodePolicy) -> Option<Refusal> {
    match (status, allowed(policy, kind)) {
        ("active", true) => None,
        ("active", false) => Some(Refusal::NotAllowed),
        _ => Some(Refusal::PersonLeft),
    }
}

/// Whether this phone may have a credential now.
pub fn stands(phone: &PhoneRow, policy: &CodePolicy, now: Timestamp) -> Result<(), Refusal> {
    match phone.status.as_str() {
        "active" => {}
        "lost" => return Err(Refusal::PhoneLost),
        _ => return Err(Refusal::PhoneRemoved),
    }
    if phone.expires_on < now.china_day() {
        return Err(Refusal::PhoneExpired);
    }
    refused(&phone.person_status, &phone.person_kind, policy).map_or(Ok(()), Err)
}

/// How a phone said that it is the one.
#[derive(Clone, Debug)]
pub enum Proof {
    /// By its key, whose signature was verified against this public key.
    Signed { id: CredentialId, at: i64, device_key: [u8; 33] },
    /// By the cookie; a new key takes the old one's place.
    Cookie { hash: TokenHash, renewed: Option<Browser> },
}

/// The minute from which the next credential counts. It is never earlier than the one before; with another key it is
/// later, because that key counts its codes from zero.
pub fn refresh(
    tx: &mut Tx<'_>,
    proof: &Proof,
    policy: &CodePolicy,
    now: Timestamp,
) -> Result<Result<PhoneRow, Refusal>, DbError> {
    let found = match proof {
        Proof::Signed { id, .. } => store::find_phone(tx, *id)?,
        Proof::Cookie { hash, .. } => store::find_by_cookie(tx, hash)?,
    };
    let Some(phone) = found else { return Ok(Err(Refusal::NotProved)) };
    let proved_at = match proved(&phone, proof, now) {
        Ok(at) => at,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = stands(&phone, policy, now) {
        return Ok(Err(refusal));
    }
    if let Proof::Cookie { renewed: Some(browser), .. } = proof {
        let seconds = starts_in(phone.not_before, now);
        if seconds > 0 {
            return Ok(Err(Refusal::TooSoon { seconds }));
        }
        store::renew_key(tx, phone.id, &browser.device_key, &browser.protection)?;
    }
    store::seen(tx, phone.id, minute(now).max(phone.not_before), proved_at, now)?;
    credentials::keep_phone(tx, phone.school, phone.id, now.china_day().plus_days(IDLE_DAYS))?;
    let after = store::find_phone(tx, phone.id)?;
    after.map(Ok).ok_or(DbError::Broken("a phone was just seen".into()))
}

/// The moment to keep, so that no proof is taken twice.
fn proved(phone: &PhoneRow, proof: &Proof, now: Timestamp) -> Result<i64, Refusal> {
    match proof {
        // The key may have been renewed since the signature was verified.
        Proof::Signed { device_key, .. } if *device_key != phone.device_key => Err(Refusal::NotProved),
        Proof::Signed { at, .. } if at.abs_diff(now.ms()) > PROOF_OFF_MS.unsigned_abs() => {
            Err(Refusal::ClockOff { now })
        }
        Proof::Signed { at, .. } if *at <= phone.proved_at => Err(Refusal::ProofUsed),
        Proof::Signed { at, .. } => Ok(*at),
        Proof::Cookie { renewed: Some(_), .. } => Ok(0),
        Proof::Cookie { renewed: None, .. } => Ok(phone.proved_at),
    }
}

fn minute(now: Timestamp) -> u32 {
    u32::try_from((now.ms() - EPOCH_MS) / MINUTE_MS).unwrap_or(0)
}

/// Seconds until a credential could begin later than this one.
fn starts_in(not_before: u32, now: Timestamp) -> i64 {
    let next = EPOCH_MS + (i64::from(not_before) + 1) * MINUTE_MS;
    (next - now.ms() + 999).div_euclid(1_000).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_who_may() {
        let of = |pupils_phone, staff_phone| CodePolicy { pupils_phone, staff_phone, ..CodePolicy::default() };
        let may = |policy: &CodePolicy| ["student", "staff", "visitor"].map(|kind| allowed(policy, kind));
        assert_eq!(may(&of(false, true)), [false, true, false]);
        assert_eq!(may(&of(true, false)), [true, false, false]);
        assert_eq!(refused("left", "staff", &of(false, false)), Some(Refusal::PersonLeft));
        assert_eq!(refused("active", "staff", &of(true, false)), Some(Refusal::NotAllowed));
    }

    #[test]
    fn another_key_waits_for_the_next_minute() {
        let at = |ms| Timestamp::from_ms(EPOCH_MS + ms);
        assert_eq!(starts_in(10, at(10 * MINUTE_MS)), 60);
        assert_eq!(starts_in(10, at(11 * MINUTE_MS - 1)), 1);
        assert_eq!(starts_in(10, at(11 * MINUTE_MS)), 0);
        assert_eq!(minute(at(11 * MINUTE_MS)), 11);
    }
}
