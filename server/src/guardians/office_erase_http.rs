//! A guardian asks the school to be forgotten: the school ends what ties the guardian to its own children, and no more.

use super::{bindings_store, office_store};
use crate::App;
use crate::notices;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::GuardianId;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(release))
}

#[derive(Deserialize)]
struct GuardianPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    guardian: Uuid,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReleaseGuardian {
    /// How the guardian asked for it. The trail keeps it.
    reason: String,
}

/// End everything that ties this guardian to children of this school, and forget the messages that the school sent.
/// The person stays for other schools; locks stay.
#[utoipa::path(delete, path = "/schools/{school}/guardians/{guardian}", tag = "guardians",
    params(("school" = Uuid, Path), ("guardian" = Uuid, Path)), request_body = ReleaseGuardian,
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["bindings.manage"])))]
async fn release(
    State(app): State<App>,
    who: Allowed<perm::BindingsManage>,
    Path(path): Path<GuardianPath>,
    Body(ask): Body<ReleaseGuardian>,
) -> Result<StatusCode, Problem> {
    let (school, guardian, note) = (who.school, GuardianId::new(path.guardian), who.note(&app));
    let reason = super::office_changes_http::words("reason", &ask.reason, true)?;
    let write = move |tx: &mut Tx<'_>| {
        if !office_store::knows(tx, school, guardian)? {
            return Ok(false);
        }
        let open: Vec<_> = bindings_store::of_guardian(tx, guardian)?;
        let mut ended = Vec::new();
        for binding in open.iter().map(|row| &row.binding).filter(|binding| binding.school == school) {
            bindings_store::end(tx, binding.id, note.at)?;
            ended.push(binding.id.to_string());
        }
        notices::forget_owner(tx, guardian.uuid(), Some(school))?;
        let subject = Subject("guardian", &guardian.to_string(), "");
        note.record(tx, "guardian.release", subject, json!({"bindings": ended}), json!({"reason": reason}))?;
        Ok(true)
    };
    let known = app.db.write("release a guardian", write).await?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
