//! The lists that were published last, by school: a reader that has one of them gets only what changed since.

use super::store;
use crate::App;
use crate::credentials::{self, Use};
use crate::plumbing::changes;
use crate::plumbing::db::{DbError, Tx};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use yitong_code::{
    EPOCH_MS, LegacyHead, LegacyList, Purpose, Signer, StatusHead, StatusList, Trust, TrustHead, TrustedKey,
};
use yitong_values::{SchoolId, Timestamp};

/// A list of this age is given again: what was reported lost is known to readers that ask at most this much later.
const FRESH_MS: i64 = 5_000;
/// Lists of one school that changes are reckoned from. A reader that asks every minute is found for an hour and more,
/// because a list is only made when one asks.
const KEPT: usize = 96;

/// Keys of other schools in a trust list: 73 kB of it.
const OTHERS_KEYS_MAX: usize = 1_000;

#[derive(Default)]
pub struct Published(Mutex<HashMap<SchoolId, VecDeque<Arc<Listed>>>>);

/// A list, and the last change of lists that it knows.
pub(super) struct Listed {
    pub(super) list: StatusList,
    change: i64,
}

/// Seconds since 2020: rises by itself, also when the server was started again.
fn version(now: Timestamp) -> u32 {
    u32::try_from((now.ms() - EPOCH_MS) / 1_000).unwrap_or(0)
}

impl Published {
    fn newest(&self, school: SchoolId) -> Option<Arc<Listed>> {
        self.0.lock().expect("nobody panics with the lists").get(&school)?.back().cloned()
    }

    fn of_version(&self, school: SchoolId, version: u32) -> Option<Arc<Listed>> {
        let all = self.0.lock().expect("nobody panics with the lists");
        all.get(&school)?.iter().find(|kept| kept.list.head().version == version).cloned()
    }

    fn keep(&self, school: SchoolId, listed: &Arc<Listed>) {
        let mut all = self.0.lock().expect("nobody panics with the lists");
        let kept = all.entry(school).or_default();
        if kept.back().is_some_and(|last| last.list.head().version >= listed.list.head().version) {
            return;
        }
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(listed));
    }
}

/// How new a list has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Newness {
    /// A few seconds old is good enough for whoever asks each minute anyway.
    Seconds,
    /// Whoever was told of a change, and is not told of it again, gets a list that has it.
    EveryChange,
}

async fn status(app: &App, school: SchoolId, newness: Newness) -> Result<Arc<Listed>, DbError> {
    let Some(newest) = app.readers.newest(school) else { return status_of_now(app, school).await };
    // What a till may risk hangs on the age of its list, so one that is true but old is not given again.
    let fresh = (0..FRESH_MS).contains(&(app.now().ms() - newest.list.head().issued_at));
    let good = match newness {
        Newness::Seconds => fresh,
        Newness::EveryChange => fresh && newest.change == app.db.read(move |tx| last_change(tx, school)).await?,
    };
    if good { Ok(newest) } else { status_of_now(app, school).await }
}

fn last_change(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    changes::horizon(tx, school)?.lists(tx, school)
}

/// What is true at this moment, read from the database.
pub(super) async fn status_of_now(app: &App, school: SchoolId) -> Result<Arc<Listed>, DbError> {
    let now = app.now();
    // The change first: what is read after it has at least that.
    let read = move |tx: &mut Tx<'_>| Ok((last_change(tx, school)?, store::status(tx, school)?));
    let (change, found) = app.db.read(read).await?;
    let newest = app.readers.newest(school).map(|newest| (newest.list.head().version, newest.change));
    let version = match newest {
        // Two lists of one second that differ are two versions; otherwise a reader overlooks the second one.
        Some((last, known)) if last >= version(now) => last + u32::from(known != change),
        _ => version(now),
    };
    let head = StatusHead { school: *school.uuid().as_bytes(), version, issued_at: now.ms() };
    let list = StatusList::new(head, found.serials, found.accounts);
    let mut list = list.ok_or(DbError::Broken("a status list has no room for so many numbers".into()))?;
    found.changes.into_iter().for_each(|change| list.set(change));
    let listed = Arc::new(Listed { list, change });
    app.readers.keep(school, &listed);
    Ok(listed)
}

async fn signer(app: &App, school: SchoolId, of: Use) -> Result<Signer, DbError> {
    credentials::signer(&app.db, &app.seal, school, of, app.config.codes.suite, app.now()).await
}

/// The whole list, or only what changed since the version that the reader has. `None`: it has the newest.
pub async fn signed_status(
    app: &App,
    school: SchoolId,
    since: Option<u32>,
    newness: Newness,
) -> Result<Option<Vec<u8>>, DbError> {
    let listed = status(app, school, newness).await?;
    let list = &listed.list;
    if since == Some(list.head().version) {
        return Ok(None);
    }
    let signer = signer(app, school, Use::Of(Purpose::StatusList)).await?;
    let base = since.and_then(|since| app.readers.of_version(school, since));
    let delta = base.and_then(|base| list.sign_delta(&base.list, &signer));
    Ok(Some(delta.unwrap_or_else(|| list.sign(&signer))))
}

/// The keys of the school, and the newest of other schools of this server: a reader then says that a card is another
/// school's.
pub(super) async fn keys(app: &App, school: SchoolId) -> Result<Vec<TrustedKey>, DbError> {
    let keys = app.db.read(credentials::keys).await?;
    let own = |key: &TrustedKey| key.school == *school.uuid().as_bytes();
    let (mut keys, mut others): (Vec<_>, Vec<_>) = keys.into_iter().partition(own);
    others.sort_by_key(|key| std::cmp::Reverse(key.kid));
    keys.extend(others.into_iter().take(OTHERS_KEYS_MAX));
    Ok(keys)
}

pub async fn signed_trust(app: &App, school: SchoolId) -> Result<Vec<u8>, DbError> {
    // A list that names the keys of the other lists: they are made first.
    signer(app, school, Use::Of(Purpose::StatusList)).await?;
    let root = root(app, school).await?;
    let (keys, now) = (keys(app, school).await?, app.now());
    let head = TrustHead { version: version(now), issued_at: now.ms() };
    Trust::sign(&keys, head, &root).ok_or(DbError::Broken("a trust list has no room for so many keys".into()))
}

/// The key that is pinned in readers when they are set up.
pub async fn root(app: &App, school: SchoolId) -> Result<Signer, DbError> {
    signer(app, school, Use::Root).await
}

/// Another system's cards. `None`: the school took none over.
pub async fn signed_legacy(app: &App, school: SchoolId) -> Result<Option<Vec<u8>>, DbError> {
    let entries = app.db.read(move |tx| store::legacy(tx, school)).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    let signer = signer(app, school, Use::Of(Purpose::LegacyList)).await?;
    let now = app.now();
    let head = LegacyHead { school: *school.uuid().as_bytes(), version: version(now), issued_at: now.ms() };
    let list = LegacyList::sign(entries, head, &signer);
    list.map(Some).ok_or(DbError::Broken("a legacy list has no room for so many cards".into()))
}
