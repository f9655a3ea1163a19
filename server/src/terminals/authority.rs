//! The key that signs leases and clock tokens for the terminals of a school: made once, its secret kept sealed.

use super::store;
use crate::App;
use crate::plumbing::db::DbError;
use yitong_sync::{DeviceKey, PublicKey};
use yitong_values::SchoolId;

fn place(school: SchoolId) -> String {
    format!("terminal_authority.secret/{school}")
}

/// Made when there is none yet.
pub(super) async fn authority(app: &App, school: SchoolId) -> Result<DeviceKey, DbError> {
    if let Some(key) = app.terminals.authority(school) {
        return Ok(key);
    }
    let mut kept = app.db.read(move |tx| store::authority(tx, school)).await?;
    if kept.is_none() {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).expect("the operating system gives random bytes");
        let (public, sealed) = (DeviceKey::from_seed(&seed).public(), app.seal.seal(&place(school), &seed));
        let now = app.now();
        let write = move |tx: &mut crate::plumbing::db::Tx<'_>| {
            store::put_authority(tx, school, &public, &sealed, now)?;
            // Another server may have been first.
            store::authority(tx, school)
        };
        kept = app.db.write("new terminal authority", write).await?;
    }
    let (public, sealed) = kept.ok_or(DbError::Broken("the authority was made and is not there".into()))?;
    let key = open(app, school, &public, &sealed)?;
    app.terminals.keep_authority(school, &key);
    Ok(key)
}

fn open(app: &App, school: SchoolId, public: &PublicKey, sealed: &[u8]) -> Result<DeviceKey, DbError> {
    let seed = app.seal.open(&place(school), sealed).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = seed.map(|seed| DeviceKey::from_seed(&seed)).filter(|key| key.public() == *public);
    key.ok_or(DbError::Broken("the terminals' authority can't be opened with this key file".into()))
}
