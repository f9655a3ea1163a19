//! Automatic top-up as a guardian sets it up: the rule, pausing, and what happened.

use super::account_store;
use super::auto;
use super::auto_consent;
use super::auto_store::{self, RuleRow, TryRow};
use super::begin::may_clear;
use super::mandate_store::{self, MandateRow};
use super::mandates;
use crate::App;
use crate::guardians::{OfChild, right};
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Problem};
use crate::signin::audit::Subject;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_channels::pay::Presented;
use yitong_payment::{AutoRule, MONTH_CAP_MAX, MandateState, RuleRefusal, check_rule};
use yitong_values::Cents;

const TRIES_SHOWN: i64 = 5;
/// A page that asks more often hears the last word again.
pub(super) const ASK_AGAIN_MS: i64 = 3_000;
pub(super) const LOOK_WITHIN: Duration = Duration::from_secs(4);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, put)).routes(routes!(pause))
}

/// What may be set, what is set, and what became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct AutoTopup {
    /// on, paused, unsigned or refused; null when nothing is set up.
    state: Option<String>,
    /// Set up by another guardian, who alone sees the rest.
    by_other: bool,
    rule: Option<AutoTopupRule>,
    mandate: Option<AutoMandate>,
    /// Why nothing is debited now: enough_money, outside_window, tries_used, refused_lately, month_cap, caps,
    /// under_way, no_mandate, paused, suspended, person_gone or channel_gone.
    why: Option<String>,
    /// Why the last debit brought nothing: not_enough, mandate_gone, limit, refused or no_word.
    refused: Option<String>,
    tries: Vec<AutoTry>,
    /// Debited in this month, what is under way included.
    month: Money,
    caps: AutoTopupCaps,
    channels: Vec<MandateChannel>,
    consent: AutoConsent,
}

#[derive(Serialize, ToSchema)]
struct AutoTopupRule {
    floor: Money,
    target: Money,
    month_cap: Money,
    paused: bool,
    consent_version: i64,
    agreed_at: String,
}

#[derive(Serialize, ToSchema)]
struct AutoMandate {
    id: Uuid,
    account: Uuid,
    /// init, signing, signed, suspended, ending, terminated or expired
    state: String,
    /// How the browser goes on, while it can be agreed to.
    #[schema(value_type = Option<Object>)]
    presented: Option<Presented>,
    signed_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AutoTry {
    order: Uuid,
    at: String,
    amount: Money,
    /// As of a payment order.
    state: String,
    /// Null unless it brought nothing.
    refused: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AutoTopupCaps {
    min: Money,
    single: Money,
    balance: Money,
    month: Money,
}

#[derive(Serialize, ToSchema)]
struct MandateChannel {
    account: Uuid,
    /// wechat or alipay
    kind: String,
    name: String,
    /// in_app, mobile_web, qr
    scenes: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct AutoConsent {
    version: i64,
    zh: String,
    en: String,
}

fn wire_mandate(of: MandateRow) -> AutoMandate {
    AutoMandate {
        id: of.id.uuid(),
        account: of.account.uuid(),
        state: of.state.word().to_owned(),
        presented: of.presented.filter(|_| matches!(of.state, MandateState::Init | MandateState::Signing)),
        signed_at: of.signed_at.map(|at| at.to_string()),
    }
}

fn wire_try(of: TryRow) -> AutoTry {
    let refused = !of.state.is_open() && !of.state.is_paid();
    AutoTry {
        order: of.order.uuid(),
        at: of.at.to_string(),
        amount: of.amount.into(),
        state: of.state.word().to_owned(),
        refused: refused.then(|| auto::refusal(&of.word).to_owned()),
    }
}

async fn channels<R>(app: &App, of: &OfChild<R>) -> Result<Vec<MandateChannel>, Problem> {
    let school = of.school;
    let read = move |tx: &mut Tx<'_>| {
        let mut usable = Vec::new();
        for row in account_store::all(tx, school)?.into_iter().filter(|row| row.active) {
            if may_clear(tx, school, &row.clearing_org)? {
                usable.push(row);
            }
        }
        Ok(usable)
    };
    let mut offered = Vec::new();
    for row in app.db.read(read).await? {
        let Some(ready) = app.payments.connectors.get(app, row.id).await? else { continue };
        let Some(mandates) = ready.connector.mandates() else { continue };
        let scenes = mandates.mandate_scenes().iter().map(|scene| scene.word().to_owned()).collect();
        let (kind, name) = (row.kind.word().to_owned(), row.name);
        offered.push(MandateChannel { account: row.id.uuid(), kind, name, scenes });
    }
    Ok(offered)
}

pub(super) async fn page<R>(app: &App, of: &OfChild<R>) -> Result<Json<AutoTopup>, Problem> {
    let (school, person, guardian) = (of.school, of.person, of.guardian.id());
    let today = app.now().china_day();
    let read = move |tx: &mut Tx<'_>| {
        let state = auto::auto_state(tx, school, person)?;
        let caps = auto::caps(tx, school)?;
        let rule = auto_store::find_rule(tx, school, person)?;
        let by_other = rule.as_ref().is_some_and(|rule| rule.guardian != guardian);
        let own = rule.filter(|_| !by_other);
        let mandate = match own.as_ref().and_then(|rule| rule.mandate) {
            Some(id) => mandate_store::find(tx, school, id)?,
            None => None,
        };
        let (tries, month) = match &own {
            Some(_) => {
                (auto_store::latest(tx, school, person, TRIES_SHOWN)?, auto_store::spent(tx, school, person, today)?)
            }
            None => (Vec::new(), Cents::ZERO),
        };
        Ok((state, caps, by_other, own, mandate, tries, month))
    };
    let (state, caps, by_other, own, mandate, tries, month) = app.db.read(read).await?;
    Ok(Json(AutoTopup {
        state: state.map(str::to_owned),
        by_other,
        why: own.as_ref().map(|rule| rule.why.clone()).filter(|why| !why.is_empty()),
        refused: own.as_ref().and_then(|rule| rule.refused_why.clone()),
        rule: own.map(|of| AutoTopupRule {
            floor: of.rule.floor.into(),
            target: of.rule.target.into(),
            month_cap: of.rule.month_cap.into(),
            paused: of.rule.paused,
            consent_version: of.consent_version,
            agreed_at: of.agreed_at.to_string(),
        }),
        mandate: mandate.map(wire_mandate),
        tries: tries.into_iter().map(wire_try).collect(),
        month: month.into(),
        caps: AutoTopupCaps {
            min: caps.min.into(),
            single: caps.single.into(),
            balance: caps.balance.into(),
            month: MONTH_CAP_MAX.into(),
        },
        channels: channels(app, of).await?,
        consent: AutoConsent {
            version: auto_consent::VERSION,
            zh: auto_consent::ZH.to_owned(),
            en: auto_consent::EN.to_owned(),
        },
    }))
}

/// Automatic top-up of a child: what may be set, what is set, and what became of it. A mandate that waits to be agreed
/// to is asked about.
#[utoipa::path(get, path = "/guardian/children/{binding}/auto-topup", tag = "payments",
    params(("binding" = Uuid, Path)), responses((status = 200, body = AutoTopup), (status = 404)),
    security(("guardian" = ["pay"])))]
async fn show(State(app): State<App>, of: OfChild<right::Pay>) -> Result<Json<AutoTopup>, Problem> {
    let (school, person, guardian, now) = (of.school, of.person, of.guardian.id(), app.now());
    let waiting = move |tx: &mut Tx<'_>| {
        let rule = auto_store::find_rule(tx, school, person)?.filter(|rule| rule.guardian == guardian);
        let Some(id) = rule.and_then(|rule| rule.mandate) else { return Ok(None) };
        let mandate = mandate_store::find(tx, school, id)?;
        let old = |row: &MandateRow| row.heard_at.is_none_or(|at| now.since(at) >= ASK_AGAIN_MS);
        Ok(mandate.filter(|row| row.state.is_open() && old(row)).map(|row| row.id))
    };
    if let Some(id) = app.db.read(waiting).await? {
        let on = app.clone();
        let look = tokio::spawn(async move { mandates::look_at(&on, school, id).await });
        // A slow channel is heard when it speaks; the page asks again.
        if let Ok(Ok(Err(error))) = tokio::time::timeout(LOOK_WITHIN, look).await {
            return Err(error.into());
        }
    }
    page(&app, &of).await
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutAutoTopup {
    floor: Money,
    target: Money,
    month_cap: Money,
    /// Of the text that was shown and agreed to.
    consent_version: i64,
}

fn wrong(refusal: RuleRefusal) -> Problem {
    let between = |code, field: &str, min: Cents, max: Cents| {
        let (zh, en) = (format!("请填 ¥{min} 到 ¥{max} 之间的金额。"), format!("Between ¥{min} and ¥{max}, please."));
        Problem::bad(code, zh, en).field(field).with("min", min.fen()).with("cap", max.fen())
    };
    match refusal {
        RuleRefusal::Floor { max } => between("auto_floor", "floor", Cents::new(1), max),
        RuleRefusal::Target { min, max } => between("auto_target", "target", min, max),
        RuleRefusal::MonthCap { min, max } => between("auto_month_cap", "month_cap", min, max),
    }
}

fn others() -> Problem {
    let zh = "另一位家长已为这个孩子设置了自动充值。";
    let en = "Another guardian has set up automatic top-up for this child.";
    Problem::conflict("auto_topup_by_other", zh, en)
}

pub(super) fn no_rule() -> Problem {
    let (zh, en) = ("请先设置自动充值的金额。", "Set the amounts of the automatic top-up first.");
    Problem::conflict("auto_topup_not_set", zh, en)
}

fn shown(of: &RuleRow) -> serde_json::Value {
    json!({
        "floor": of.rule.floor.fen(), "target": of.rule.target.fen(), "month_cap": of.rule.month_cap.fen(),
        "paused": of.rule.paused, "consent_version": of.consent_version,
    })
}

/// Set when and how much is fetched. Whoever sends it has agreed to the text of that version, which is kept.
#[utoipa::path(put, path = "/guardian/children/{binding}/auto-topup", tag = "payments",
    params(("binding" = Uuid, Path)), request_body = PutAutoTopup,
    responses((status = 200, body = AutoTopup), (status = 404), (status = 409), (status = 422)),
    security(("guardian" = ["pay"])))]
async fn put(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Body(ask): Body<PutAutoTopup>,
) -> Result<Json<AutoTopup>, Problem> {
    if ask.consent_version != auto_consent::VERSION {
        let (zh, en) = ("协议内容已更新，请重新阅读并同意。", "The text has changed; read it and agree again.");
        return Err(Problem::conflict("consent_outdated", zh, en));
    }
    let (school, person, guardian, now, note) = (of.school, of.person, of.guardian.id(), app.now(), of.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let known = auto_store::hold_rule(tx, school, person)?;
        // A rule of somebody who is not tied to the child any more is nobody's.
        if let Some(known) = known.as_ref().filter(|known| known.guardian != guardian)
            && crate::guardians::watchers(tx, school, person)?.iter().any(|other| other.guardian == known.guardian)
        {
            return Ok(Err(others()));
        }
        let own = known.filter(|known| known.guardian == guardian);
        let rule = AutoRule {
            floor: ask.floor.into(),
            target: ask.target.into(),
            month_cap: ask.month_cap.into(),
            paused: own.as_ref().is_some_and(|own| own.rule.paused),
        };
        if let Err(refusal) = check_rule(&rule, &auto::caps(tx, school)?) {
            return Ok(Err(wrong(refusal)));
        }
        let before = own.as_ref().map_or(json!(null), shown);
        let new = RuleRow {
            school,
            person,
            guardian,
            mandate: own.as_ref().and_then(|own| own.mandate),
            rule,
            consent_version: ask.consent_version,
            agreed_at: now,
            refused_at: own.as_ref().and_then(|own| own.refused_at),
            refused_why: own.as_ref().and_then(|own| own.refused_why.clone()),
            why: own.map_or(String::new(), |own| own.why),
            next_look: Some(now),
        };
        auto_store::put_rule(tx, &new)?;
        note.record(tx, "auto_topup.put", Subject("person", &person.to_string(), ""), before, shown(&new))?;
        Ok(Ok(()))
    };
    app.db.write_locking("set automatic top-up", unit).await??;
    page(&app, &of).await
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PauseAutoTopup {
    paused: bool,
}

/// Pause it, or let it go on. The mandate stays as it is.
#[utoipa::path(put, path = "/guardian/children/{binding}/auto-topup/pause", tag = "payments",
    params(("binding" = Uuid, Path)), request_body = PauseAutoTopup,
    responses((status = 200, body = AutoTopup), (status = 404), (status = 409)), security(("guardian" = ["pay"])))]
async fn pause(
    State(app): State<App>,
    of: OfChild<right::Pay>,
    Body(ask): Body<PauseAutoTopup>,
) -> Result<Json<AutoTopup>, Problem> {
    let (school, person, guardian, now, note) = (of.school, of.person, of.guardian.id(), app.now(), of.note(&app));
    let unit = move |tx: &mut Tx<'_>| {
        let known = auto_store::hold_rule(tx, school, person)?.filter(|known| known.guardian == guardian);
        let Some(mut own) = known else { return Ok(Err(no_rule())) };
        if own.rule.paused != ask.paused {
            let before = shown(&own);
            own.rule.paused = ask.paused;
            own.next_look = Some(now);
            auto_store::put_rule(tx, &own)?;
            note.record(tx, "auto_topup.pause", Subject("person", &person.to_string(), ""), before, shown(&own))?;
        }
        Ok(Ok(()))
    };
    app.db.write_locking("pause automatic top-up", unit).await??;
    page(&app, &of).await
}
