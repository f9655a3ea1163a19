//! Issuing printed codes: one signing key a batch, whose secret exists only in this function and is never kept.

use super::keys::fresh_secret;
use super::store::{self, Kind, NewCredential, NewKey, Scope};
use crate::plumbing::db::{Db, DbError, Tx};
use crate::plumbing::seal::Seal;
use uuid::Uuid;
use yitong_code::{EPOCH_MS, Purpose, Signer, StaticFields, Suite};
use yitong_values::{BusinessDay, CredentialId, DAY_MS, PersonId, PrintBatchId, SchoolId, Timestamp};

/// Codes of one unit: signing takes a few milliseconds, and nobody at a counter waits for longer.
const SLICE_CODES: usize = 200;
/// A batch of this size is the whole of a large university.
pub const BATCH_CODES_MAX: usize = 100_000;

pub struct Issue {
    pub school: SchoolId,
    pub batch: PrintBatchId,
    pub class: Option<Uuid>,
    pub person: Option<Uuid>,
    pub expires_on: BusinessDay,
    pub suite: Suite,
    pub now: Timestamp,
}

pub(super) fn place(school: SchoolId, id: CredentialId) -> String {
    format!("credential.text/{school}/{id}")
}

fn days_since_epoch(day: BusinessDay) -> u16 {
    let days = day.epoch_days() - EPOCH_MS / DAY_MS;
    u16::try_from(days).unwrap_or(u16::MAX)
}

/// Issues to everyone of the scope who has no code. Says how many were issued, and how many people the scope has.
/// Asking again issues only what is missing, so a stopped batch is simply asked for again.
pub async fn issue_codes(db: &Db, seal: &Seal, ask: &Issue) -> Result<(usize, i64), DbError> {
    let suite = ask.suite;
    let secret = fresh_secret(suite);
    let scope = Scope { class: ask.class, person: ask.person };
    let (school, batch, now, expires_on) = (ask.school, ask.batch, ask.now, ask.expires_on);
    let people = db.read(move |tx| store::count_scope(tx, school, scope)).await?;
    let until = expires_on.plus_days(2).start();
    let kid = db
        .write("new signing key", move |tx| {
            let kid = store::next_kid(tx)?;
            let signer =
                Signer::new(kid, suite, &secret).ok_or(DbError::Broken("there are no key numbers left".into()))?;
            let new = NewKey {
                school,
                batch: Some(batch),
                kid,
                purpose: Purpose::PrintedCode.word(),
                key: signer.public_key(),
                secret_sealed: None,
                from: now.plus_ms(-DAY_MS),
                until,
            };
            store::insert_key(tx, &new)?;
            Ok(kid)
        })
        .await?;
    let mut issued = 0;
    while issued < BATCH_CODES_MAX {
        let seal = seal.clone();
        let fresh: Vec<Uuid> = (0..SLICE_CODES).map(|_| Uuid::now_v7()).collect();
        let slice = move |tx: &mut Tx<'_>| {
            let people = store::without_code(tx, school, scope, now.china_day(), SLICE_CODES as i64)?;
            let signer =
                Signer::new(kid, suite, &secret).ok_or(DbError::Broken("there are no key numbers left".into()))?;
            let card = Card { school, batch, now, expires_on, seal: &seal, signer: &signer };
            card.print(tx, &shuffled(people), &fresh)
        };
        let made = db.write("issue codes", slice).await?;
        issued += made;
        if made < SLICE_CODES {
            break;
        }
    }
    Ok((issued, people))
}

struct Card<'a> {
    school: SchoolId,
    batch: PrintBatchId,
    now: Timestamp,
    expires_on: BusinessDay,
    seal: &'a Seal,
    signer: &'a Signer,
}

impl Card<'_> {
    fn print(&self, tx: &mut Tx<'_>, people: &[PersonId], fresh: &[Uuid]) -> Result<usize, DbError> {
        let serial = store::next_serial(tx, self.school)?;
        let mut account = store::next_account(tx, self.school)?;
        for ((serial, person), id) in (serial..).zip(people).zip(fresh) {
            let id = CredentialId::new(*id);
            let before = store::account_of(tx, self.school, *person)?;
            let own = before.map_or(account, |(own, _)| own);
            account += i64::from(before.is_none());
            let number =
                |n: i64| u32::try_from(n).map_err(|_| DbError::Broken("there are no code numbers left".into()));
            let fields = StaticFields {
                account: number(own)?,
                serial: number(serial)?,
                class: 0,
                expiry: days_since_epoch(self.expires_on),
            };
            let text = self.signer.static_code(&fields);
            let new = NewCredential {
                id,
                person: *person,
                account: own,
                serial,
                issue_number: before.map_or(1, |(_, last)| last + 1),
                kind: Kind::Printed,
                batch: self.batch,
                fingerprint: None,
                sealed: self.seal.seal(&place(self.school, id), text.as_bytes()),
                issued_at: self.now,
                expires_on: self.expires_on,
            };
            store::insert(tx, self.school, &new)?;
        }
        Ok(people.len())
    }
}

/// Numbers are dense, and say nothing about who stands next to whom in a list.
fn shuffled(mut people: Vec<PersonId>) -> Vec<PersonId> {
    let mut noise = vec![0u8; 8 * people.len()];
    getrandom::fill(&mut noise).expect("the operating system gives random bytes");
    for (i, bytes) in noise.chunks_exact(8).enumerate().rev() {
        let random = u64::from_le_bytes(bytes.try_into().expect("chunks of eight"));
        people.swap(i, (random % (i as u64 + 1)) as usize);
    }
    people
}
