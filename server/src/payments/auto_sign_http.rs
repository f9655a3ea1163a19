//! Agreeing to automatic top-up at a channel, and ending what was agreed, as a guardian does it.

use super::auto_http::{ASK_AGAIN_MS, AutoTopup, LOOK_WITHIN, no_rule, page};
use super::begin::may_clear;
use super::mandate_store::{self, MandateRow};
use super::{account_store, auto, auto_store, mandates, numbers};
use crate::App;
use crate::guardians::{OfChild, right};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Path, Problem, named};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::pay::Scene;
use yitong_payment::{MandateState, Wish};
use yitong_values::{ChannelAccountId, MandateId, PersonId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sign, end))
}

#[derive(Deserialize)]
struct MandatePath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    id: Uuid,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutMandate {
    /// The channel account.
    account: Uuid,
    /// in_app, mobile_web or qr
    scene: String,
}

fn not_offered() -> Problem {
    let zh = "此渠道不支持自动充值，请换一种。";
    Problem::bad("mandate_not_offered", zh, "This channel has no automatic top-up; choose another.")
}

type Begun = Result<MandateRow, Problem>;

/// The mandate that the rule of this child rests on from now on: the one of this name, a new one, or the one that the
/// guardian has signed at this account before.
fn begin(tx: &mut Tx<'_>, new: &MandateRow, of: (PersonId, Timestamp)) -> Result<Begun, DbError> {
    let (person, now) = of;
    let Some(mut rule) = auto_store::hold_rule(tx, new.school, person)?.filter(|of| of.guardian == new.guardian) else {
        return Ok(Err(no_rule()));
    };
    let account = account_store::find(tx, new.account)?.filter(|of| of.school == new.school && of.active);
    let Some(account) = account else { return Ok(Err(not_offered())) };
    if !may_clear(tx, new.school, &account.clearing_org)? {
        return Ok(Err(not_offered()));
    }
    let all = mandate_store::of_guardian(tx, new.school, new.guardian)?;
    let named = mandate_store::find(tx, new.school, new.id)?;
    if named.as_ref().is_some_and(|known| known.guardian != new.guardian || known.account != new.account) {
        let (zh, en) = ("此编号已用于另一份签约。", "This name belongs to another mandate.");
        return Ok(Err(Problem::conflict("name_taken", zh, en)));
    }
    let alive = all.into_iter().find(|known| known.account == new.account && known.state.is_alive());
    let row = match named.or(alive) {
        Some(row) => row,
        None => {
            mandate_store::insert(tx, new)?;
            new.clone()
        }
    };
    if rule.mandate != Some(row.id) {
        rule.mandate = Some(row.id);
        rule.next_look = Some(now);
        auto_store::put_rule(tx, &rule)?;
    }
    Ok(Ok(row))
}

/// Begin to agree at a channel; the answer's mandate says where the browser goes. A mandate that was signed before is used
/// again, and nothing has to be agreed to.
#[utoipa::path(put, path = "/guardian/children/{binding}/mandates/{id}", tag = "payments",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)), request_body = PutMandate,
    responses((status = 200, body = AutoTopup), (status = 404), (status = 409), (status = 422)),
    security(("guardian" = ["pay"])))]
async fn sign(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Path(path): Path<MandatePath>,
    Body(ask): Body<PutMandate>,
) -> Result<Json<AutoTopup>, Problem> {
    let id: MandateId = named("id", path.id)?;
    let account = app.payments.connectors.get(&app, ChannelAccountId::new(ask.account)).await?;
    let account = account.filter(|ready| ready.row.school == of.school).ok_or_else(not_offered)?;
    let scene = Scene::from_word(&ask.scene).ok_or_else(not_offered)?;
    let mandates = account.connector.mandates().ok_or_else(not_offered)?;
    if !mandates.mandate_scenes().contains(&scene) {
        return Err(not_offered());
    }
    let payer = super::payer::of(&app, &of.guardian, account.row.kind, scene).await?;
    if scene == Scene::InApp && account.row.kind == super::AccountKind::Wechat && payer.is_none() {
        let (zh, en) = ("请先用微信登录，再签约。", "Sign in through WeChat first, then agree.");
        return Err(Problem::bad("payer_unknown", zh, en));
    }
    let now = app.now();
    let new = MandateRow {
        school: of.school,
        id,
        guardian: of.guardian.id(),
        account: account.row.id,
        number: numbers::mandate(id),
        scene,
        state: MandateState::Init,
        channel_number: None,
        presented: None,
        word: String::new(),
        made_at: now,
        signed_at: None,
        ended_at: None,
        heard_at: None,
        looks: 0,
        next_look: Some(now.plus_ms(ASK_AGAIN_MS)),
    };
    let (person, school) = (of.person, of.school);
    let unit = move |tx: &mut Tx<'_>| Ok((begin(tx, &new, (person, now))?, auto::caps(tx, school)?));
    let (begun, caps) = app.db.write_locking("begin a mandate", unit).await?;
    let row = begun?;
    if matches!(row.state, MandateState::Init | MandateState::Signing) && row.presented.is_none() {
        // It goes on when the guardian's phone has gone: the mandate is written down.
        let (on, ready) = (app.clone(), account.clone());
        let back = format!("/children/{}/auto-topup", of.binding);
        let show = mandates::Show { payer, single_cap: caps.single, back };
        let told = tokio::spawn(async move { mandates::present(&on, &ready, &row, show).await });
        told.await.map_err(|_| Problem::from(DbError::Broken("a mandate was not presented".into())))??;
    }
    page(&app, &of).await
}

/// End what was agreed to. From now on nothing is debited; the channel is asked until it has said so, too.
#[utoipa::path(delete, path = "/guardian/children/{binding}/mandates/{id}", tag = "payments",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = AutoTopup), (status = 404)), security(("guardian" = ["pay"])))]
async fn end(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Path(path): Path<MandatePath>,
) -> Result<Json<AutoTopup>, Problem> {
    let (school, guardian, id, now, note) =
        (of.school, of.guardian.id(), MandateId::new(path.id), app.now(), of.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let own = mandate_store::find(tx, school, id)?.filter(|row| row.guardian == guardian);
        let Some(before) = own else { return Ok(false) };
        if let Some(after) = mandates::take_wish(tx, school, id, Wish::End, now)?
            && before.state != after.state
        {
            let state = |of: &MandateRow| json!({"state": of.state.word()});
            note.record(tx, "mandate.end", Subject("mandate", &id.to_string(), ""), state(&before), state(&after))?;
        }
        Ok(true)
    };
    if !app.db.write_locking("end a mandate", unit).await? {
        return Err(Problem::absent());
    }
    let on = app.clone();
    let look = tokio::spawn(async move { mandates::look_at(&on, school, id).await });
    if let Ok(Ok(Err(error))) = tokio::time::timeout(LOOK_WITHIN, look).await {
        return Err(error.into());
    }
    page(&app, &of).await
}
