//! Cards that another system printed, while a school moves to us: their texts never change, so they are known by a
//! hash.

use super::store::{self, Kind, NewCredential};
use crate::people;
use crate::plumbing::db::{Db, DbError, Tx};
use uuid::Uuid;
use yitong_code::fingerprint;
use yitong_values::{BusinessDay, CredentialId, PrintBatchId, SchoolId, Timestamp};

/// Cards of one unit: nobody at a counter waits for longer.
const SLICE_CARDS: usize = 200;

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

/// A card of the other system's list.
#[derive(Clone)]
pub struct LegacyCard {
    /// Of the list, from 1.
    pub line: usize,
    pub text: String,
    pub student: String,
    /// The last day of validity.
    pub last_day: BusinessDay,
}

/// What became of a list. Lines are those of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenOver {
    pub taken: usize,
    /// Known from an earlier time.
    pub known: usize,
    /// Nobody of this school has the student number.
    pub nobody: Vec<usize>,
    /// The person has left or is suspended.
    pub left: Vec<usize>,
    pub expired: Vec<usize>,
}

impl TakenOver {
    fn add(&mut self, other: TakenOver) {
        self.taken += other.taken;
        self.known += other.known;
        self.nobody.extend(other.nobody);
        self.left.extend(other.left);
        self.expired.extend(other.expired);
    }
}

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    LookOnly,
    Apply,
}

/// Takes cards over that another system printed, each as a credential of its person. The same list again changes
/// nothing, so a list that was stopped is simply given again. `told` hears how many cards were looked at.
pub async fn take_over(
    db: &Db,
    school: SchoolId,
    cards: &[LegacyCard],
    mode: Mode,
    now: Timestamp,
    mut told: impl FnMut(usize),
) -> Result<TakenOver, DbError> {
    let mut all = TakenOver::default();
    for (at, slice) in cards.chunks(SLICE_CARDS).enumerate() {
        let slice: Vec<_> = slice.iter().map(|card| (card.clone(), CredentialId::new(Uuid::now_v7()))).collect();
        let work = move |tx: &mut Tx<'_>| {
            let mut done = TakenOver::default();
            slice.iter().try_for_each(|(card, id)| take(tx, school, card, *id, mode, now, &mut done))?;
            Ok(done)
        };
        let done = match mode {
            Mode::LookOnly => db.read(work).await?,
            Mode::Apply => db.write("take over legacy cards", work).await?,
        };
        all.add(done);
        told(cards.len().min((at + 1) * SLICE_CARDS));
    }
    Ok(all)
}

fn take(
    tx: &mut Tx<'_>,
    school: SchoolId,
    card: &LegacyCard,
    id: CredentialId,
    mode: Mode,
    now: Timestamp,
    done: &mut TakenOver,
) -> Result<(), DbError> {
    let print = fingerprint(&card.text);
    if store::by_fingerprint(tx, school, &print)?.is_some() {
        done.known += 1;
        return Ok(());
    }
    if card.last_day < now.china_day() {
        done.expired.push(card.line);
        return Ok(());
    }
    // The code's number has ten digits; a school may write it without the zeros in front.
    let short = card.student.trim_start_matches('0');
    let person = match people::person_by_number(tx, school, &card.student)? {
        None if short != card.student => people::person_by_number(tx, school, short)?,
        found => found,
    };
    match person {
        None => done.nobody.push(card.line),
        Some((_, false)) => done.left.push(card.line),
        Some(_) if mode == Mode::LookOnly => done.taken += 1,
        Some((person, true)) => {
            let before = store::account_of(tx, school, person)?;
            let account = before.map_or_else(|| store::next_account(tx, school), |(own, _)| Ok(own))?;
            let new = NewCredential {
                id,
                person,
                account,
                serial: store::next_serial(tx, school)?,
                issue_number: before.map_or(1, |(_, last)| last + 1),
                kind: Kind::Legacy,
                batch: PrintBatchId::new(Uuid::nil()),
                sealed: Vec::new(),
                fingerprint: Some(print),
                issued_at: now,
                expires_on: card.last_day,
            };
            store::insert(tx, school, &new)?;
            done.taken += 1;
        }
    }
    Ok(())
}
