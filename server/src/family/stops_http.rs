//! Freezing and reporting lost, in two taps. What the school did, a guardian can't take back.

use crate::App;
use crate::credentials::loss_store::{self as loss, By, Turn};
use crate::guardians::{OfChild, right};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use crate::plumbing::outbox::{self, Happening};
use crate::policies::{KeptRule, guardian_rule, put_guardian_rule};
use crate::signin::audit::Subject;
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_values::{BusinessDay, PersonId, SchoolId};

const REASON_CHARS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(freeze)).routes(routes!(report_loss))
}

/// What stops the child's purchases now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianStops)]
struct Stops {
    /// By the school or a guardian.
    frozen: bool,
    frozen_by_school: bool,
    code_lost: bool,
    /// Then the school reinstates it.
    lost_by_school: bool,
}

fn stops(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, today: BusinessDay) -> Result<Stops, DbError> {
    let by_school = wallets::load_account(tx, school, person)?.is_some_and(|account| account.frozen);
    let rule = guardian_rule(tx, school, person)?.rule;
    let cards = loss::cards(tx, school, person, today)?;
    Ok(Stops {
        frozen: by_school || rule.frozen,
        frozen_by_school: by_school,
        code_lost: cards.lost(),
        lost_by_school: cards.lost_by_school > 0,
    })
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FreezeAsk {
    frozen: bool,
    /// For the school's trail of changes.
    reason: Option<String>,
}

/// Freeze the child's account, or unfreeze it. What the school froze stays frozen, and the answer says so.
#[utoipa::path(put, path = "/guardian/children/{binding}/freeze", tag = "family", params(("binding" = Uuid, Path)),
    request_body = FreezeAsk, responses((status = 200, body = Stops), (status = 409), (status = 422)),
    security(("guardian" = ["control"])))]
async fn freeze(
    State(app): State<App>,
    who: OfChild<right::Control>,
    Body(ask): Body<FreezeAsk>,
) -> Result<Json<Stops>, Problem> {
    let reason = ask.reason.unwrap_or_default().trim().to_owned();
    if reason.chars().count() > REASON_CHARS_MAX {
        let (zh, en) = ("原因不超过 100 个字。", "A reason has at most 100 characters.");
        return Err(Problem::bad("bad_reason", zh, en).field("reason"));
    }
    let (school, person, note, frozen) = (who.school, who.person, who.note(&app), ask.frozen);
    let happening = Happening {
        school,
        id: app.new_id(),
        topic: "freeze".into(),
        person: Some(person),
        body: json!({"frozen": frozen, "by": "guardian"}).to_string(),
        at: note.at,
    };
    let write = move |tx: &mut Tx<'_>| {
        let known = guardian_rule(tx, school, person)?;
        let now = stops(tx, school, person, note.at.china_day())?;
        if !frozen && !known.rule.frozen && now.frozen_by_school {
            let zh = "账户由学校冻结，请联系学校解除。";
            let en = "The school froze the account; please ask the school.";
            return Ok(Err(Problem::conflict("frozen_by_school", zh, en)));
        }
        if known.rule.frozen == frozen {
            return Ok(Ok(now));
        }
        let mut new: KeptRule = known.clone();
        new.rule.frozen = frozen;
        put_guardian_rule(tx, school, person, &new)?;
        outbox::queue(tx, std::slice::from_ref(&happening))?;
        let child = people::find_person(tx, school, person)?.map_or(String::new(), |row| row.name);
        let action = if frozen { "guardian.freeze" } else { "guardian.unfreeze" };
        let (before, after) = (json!({"frozen": known.rule.frozen}), json!({"frozen": frozen, "reason": reason}));
        note.record(tx, action, Subject("person", &person.to_string(), &child), before, after)?;
        stops(tx, school, person, note.at.china_day()).map(Ok)
    };
    app.db.write("guardian freezes", write).await?.map(Json)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LossAsk {
    lost: bool,
}

/// Report the child's cards lost, or take a guardian's report back. What the school reported, the school reinstates.
#[utoipa::path(put, path = "/guardian/children/{binding}/loss", tag = "family", params(("binding" = Uuid, Path)),
    request_body = LossAsk, responses((status = 200, body = Stops), (status = 409)),
    security(("guardian" = ["control"])))]
async fn report_loss(
    State(app): State<App>,
    who: OfChild<right::Control>,
    Body(ask): Body<LossAsk>,
) -> Result<Json<Stops>, Problem> {
    let (school, person, note) = (who.school, who.person, who.note(&app));
    let turn = if ask.lost { Turn::Lost } else { Turn::Reinstated };
    let happening = loss::happening(school, person, app.new_id(), turn, By::Guardian, note.at);
    let write = move |tx: &mut Tx<'_>| {
        let today = note.at.china_day();
        let cards = loss::cards(tx, school, person, today)?;
        let changed = match turn {
            Turn::Lost if cards.active == 0 && !cards.lost() => {
                let (zh, en) = ("孩子目前没有可挂失的码或卡。", "The child has no code or card that could be lost.");
                return Ok(Err(Problem::conflict("no_code", zh, en)));
            }
            Turn::Reinstated if cards.lost_by_guardian == 0 && cards.lost_by_school > 0 => {
                let zh = "由学校挂失，请到学校解挂或补办。";
                let en = "The school reported it lost; the school reinstates or reissues it.";
                return Ok(Err(Problem::conflict("lost_by_school", zh, en)));
            }
            Turn::Lost => loss::report(tx, school, person, note.at)?,
            Turn::Reinstated => loss::reinstate(tx, school, person)?,
        };
        if changed > 0 {
            outbox::queue(tx, std::slice::from_ref(&happening))?;
            let child = people::find_person(tx, school, person)?.map_or(String::new(), |row| row.name);
            let action = if turn == Turn::Lost { "guardian.report_lost" } else { "guardian.reinstate" };
            let subject = Subject("person", &person.to_string(), &child);
            note.record(tx, action, subject, json!(null), json!({"codes": changed}))?;
        }
        stops(tx, school, person, today).map(Ok)
    };
    app.db.write("guardian reports loss", write).await?.map(Json)
}
