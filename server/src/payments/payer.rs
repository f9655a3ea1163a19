//! Who pays, as the channel knows them: needed only inside the channel's own app.

use super::AccountKind;
use crate::App;
use crate::guardians::Guardian;
use crate::notices::{self, Channel, SealedAddress};
use crate::plumbing::db::DbError;
use yitong_channels::pay::Scene;

/// The guardian's id at the channel, once the guardian has signed in through it.
pub(super) async fn of(
    app: &App,
    guardian: &Guardian,
    kind: AccountKind,
    scene: Scene,
) -> Result<Option<String>, DbError> {
    let channel = match (scene, kind) {
        (Scene::InApp, AccountKind::Wechat | AccountKind::ChinaUms) => Channel::Wechat,
        (Scene::InApp, AccountKind::Alipay) => Channel::Alipay,
        _ => return Ok(None),
    };
    // Known since the guardian signed in through it; messages go to the same id.
    let owner = guardian.id().uuid();
    let sealed = app.db.read(move |tx| notices::address_at(tx, owner, channel)).await?;
    Ok(sealed.and_then(|sealed| SealedAddress::open(&app.seal, owner, channel, &sealed).ok()))
}
