//! Keys that sign again and again: for phones, for the lists that readers fetch, and the root that signs the trust
//! list. Their secrets are kept sealed. (A print batch has a key of its own, whose secret is never kept: `issue.rs`.)

use super::store::{self, NewKey};
use crate::plumbing::db::{Db, DbError};
use crate::plumbing::seal::Seal;
use uuid::Uuid;
use yitong_code::{Purpose, Signer, Suite};
use yitong_values::{DAY_MS, SchoolId, Timestamp};

/// A key signs for a year; then another takes its place.
const SIGNS_MS: i64 = 365 * DAY_MS;
/// What it signed stays good a while longer: a credential lives two days, a list's age is judged by itself.
const OUTLIVES_MS: i64 = 30 * DAY_MS;
/// A root is pinned in devices that somebody has to visit.
const ROOT_MS: i64 = 20 * 365 * DAY_MS;
/// A reader's clock may be a little behind when a key is new.
const EARLIER_MS: i64 = DAY_MS;
/// Two servers may make the first key at once; the one with the higher number then signs for both.
const TRIES: usize = 3;

/// What a key of the school is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Signs the trust list, for all schools of this server.
    Root,
    Of(Purpose),
}

impl Use {
    pub(super) fn word(self) -> &'static str {
        match self {
            Use::Root => "root",
            Use::Of(purpose) => purpose.word(),
        }
    }
}

fn place(school: SchoolId, word: &str, kid: u32) -> String {
    format!("signing_key.secret/{school}/{word}/{kid}")
}

/// The key that signs now; made when there is none, or when the one there was has signed for its time.
pub async fn signer(
    db: &Db,
    seal: &Seal,
    school: SchoolId,
    of: Use,
    suite: Suite,
    now: Timestamp,
) -> Result<Signer, DbError> {
    let school = if of == Use::Root { SchoolId::new(Uuid::nil()) } else { school };
    for _ in 0..TRIES {
        let word = of.word();
        let found = db.read(move |tx| store::current_key(tx, school, word, signs_after(now))).await?;
        if let Some(key) = found {
            let secret = seal.open(&place(school, word, key.kid), &key.secret_sealed);
            let secret = secret.ok().and_then(|bytes| bytes.try_into().ok());
            let signer = secret.and_then(|secret: [u8; 32]| Signer::new(key.kid, key.suite, &secret));
            return signer.ok_or(DbError::Broken("a signing key can't be opened with this key file".into()));
        }
        make(db, seal, school, of, suite, now).await?;
    }
    Err(DbError::Broken("a signing key was made and is not there".into()))
}

async fn make(db: &Db, seal: &Seal, school: SchoolId, of: Use, suite: Suite, now: Timestamp) -> Result<(), DbError> {
    let secret = fresh_secret(suite);
    let signs = if of == Use::Root { ROOT_MS } else { SIGNS_MS };
    let (seal, word) = (seal.clone(), of.word());
    db.write("new signing key", move |tx| {
        if store::current_key(tx, school, word, signs_after(now))?.is_some() {
            return Ok(());
        }
        let kid = store::next_kid(tx)?;
        let signer = Signer::new(kid, suite, &secret).ok_or(DbError::Broken("there are no key numbers left".into()))?;
        let new = NewKey {
            school,
            batch: None,
            kid,
            purpose: word,
            key: signer.public_key(),
            secret_sealed: Some(seal.seal(&place(school, word, kid), &secret)),
            from: now.plus_ms(-EARLIER_MS),
            until: now.plus_ms(signs + OUTLIVES_MS),
        };
        store::insert_key(tx, &new)
    })
    .await
}

/// Bytes that are a secret of the suite.
pub(super) fn fresh_secret(suite: Suite) -> [u8; 32] {
    loop {
        let mut secret = [0u8; 32];
        getrandom::fill(&mut secret).expect("the operating system gives random bytes");
        // One in 2^32 SM2 secrets is above the order.
        if Signer::new(0, suite, &secret).is_some() {
            return secret;
        }
    }
}

/// A key that is valid at this moment still signs now: it stops a while before its end.
fn signs_after(now: Timestamp) -> Timestamp {
    now.plus_ms(OUTLIVES_MS)
}
