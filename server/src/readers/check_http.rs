//! What is it with this card? The office scans a code and reads why it works or not: judged as a terminal judges it.

use super::{published, store};
use crate::App;
use crate::credentials;
use crate::people;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_code::{Reason, Replay, Status, Trust, Verified, verify};
use yitong_values::SchoolId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckAsk {
    /// What the scanner read.
    text: String,
}

#[derive(Serialize, ToSchema)]
struct CodeCheck {
    /// Null: the code is good. Else the reason, as in code/SPEC.md.
    reason: Option<String>,
    /// By how much the phone's clock is off, for from_the_future and stale.
    seconds: Option<u32>,
    /// static, dynamic or legacy; null when it could not be verified.
    kind: Option<String>,
    credential: Option<Uuid>,
    person: Option<CheckedPerson>,
    /// RFC 3339: when the card or credential ends.
    ends_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct CheckedPerson {
    id: Uuid,
    name: String,
    number: String,
    class: Option<String>,
}

/// The answer of a terminal with the newest lists; what a terminal remembers of phones is here the last booked use.
async fn judge(app: &App, school: SchoolId, text: &str) -> Result<Result<Verified, Reason>, Problem> {
    let listed = published::status_of_now(app, school).await?;
    let mut trust = Trust::new(published::keys(app, school).await?);
    if let Some(bytes) = published::signed_legacy(app, school).await? {
        // Its key may have been made for it just now.
        trust = Trust::new(published::keys(app, school).await?);
        if let Ok(legacy) = yitong_code::LegacyList::from_signed(&bytes, &trust, 0) {
            trust.add_legacy(legacy);
        }
    }
    let said = verify(text, &trust, Status::List(&listed.list), Replay::Elsewhere, app.now().ms());
    let Ok(verified) = said else { return Ok(said) };
    let serial = verified.serial();
    let last = app.db.read(move |tx| store::last_use(tx, school, serial)).await?;
    let replayed = verified.use_order().is_some_and(|order| i64::try_from(order).is_ok_and(|order| order <= last));
    Ok(if replayed { Err(Reason::Replayed) } else { Ok(verified) })
}

/// Check a code: whose it is and whether it works, or why not. Nothing is booked and no use is taken.
#[utoipa::path(post, path = "/schools/{school}/credentials/check", tag = "readers", params(("school" = Uuid, Path)),
    request_body = CheckAsk, responses((status = 200, body = CodeCheck)),
    security(("session" = ["credentials.read"])))]
async fn check(
    State(app): State<App>,
    who: Allowed<perm::CredentialsRead>,
    Body(ask): Body<CheckAsk>,
) -> Result<Json<CodeCheck>, Problem> {
    let school = who.school;
    let verified = match judge(&app, school, &ask.text).await? {
        Ok(verified) => verified,
        Err(reason) => {
            let (seconds, reason) = (reason.seconds(), Some(reason.code().to_owned()));
            return Ok(Json(CodeCheck { reason, seconds, kind: None, credential: None, person: None, ends_at: None }));
        }
    };
    let serial = verified.serial();
    let read = move |tx: &mut Tx<'_>| {
        let Some(facts) = credentials::find_by_serial(tx, school, serial)? else { return Ok(None) };
        let person = people::find_person(tx, school, facts.person)?;
        Ok(Some((facts, person)))
    };
    let found = app.db.read(read).await?;
    let person = found.as_ref().and_then(|(_, person)| person.as_ref()).map(|row| CheckedPerson {
        id: row.id.uuid(),
        name: row.name.clone(),
        number: row.number.clone(),
        class: row.class.as_ref().map(|(_, name)| name.clone()),
    });
    Ok(Json(CodeCheck {
        reason: None,
        seconds: None,
        kind: Some(verified.kind().word().into()),
        credential: found.map(|(facts, _)| facts.id.uuid()),
        person,
        ends_at: Some(yitong_values::Timestamp::from_ms(verified.ends_ms()).to_string()),
    }))
}
