//! Who pays, as the channel knows them: needed only inside the channel's own app.

use super::AccountKind;
use crate::App;
use crate::guardians::Guardian;
use crate::plumbing::db::DbError;
use yitong_channels::pay::Scene;

/// The guardian's id at the channel, once the guardian has signed in through it.
pub(super) async fn of(
    app: &App,
    guardian: &Guardian,
    kind: AccountKind,
    scene: Scene,
) -> Result<Option<String>, DbError> {
    let provider = match (scene, kind) {
        (Scene::InApp, AccountKind::Wechat | AccountKind::ChinaUms) => "wechat",
        (Scene::InApp, AccountKind::Alipay) => "alipay",
        _ => return Ok(None),
    };
    let _ = (app, guardian, provider);
    Ok(None)
}
