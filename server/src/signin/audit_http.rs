//! The audit trail as a searchable list.

use super::{Allowed, perm, store};
use crate::App;
use crate::plumbing::db::Row;
use crate::plumbing::http::{Page, Params, Problem, day_param, like};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// One change that somebody made.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    id: Uuid,
    at: String,
    actor: Actor,
    action: String,
    subject_kind: String,
    subject_id: String,
    subject_name: String,
    before: serde_json::Value,
    after: serde_json::Value,
    from_ip: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditActor)]
struct Actor {
    id: Uuid,
    name: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// A part of a name, an action or a subject.
    q: Option<String>,
    actor: Option<Uuid>,
    action: Option<String>,
    /// First day.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    limit: Option<i64>,
    cursor: Option<Uuid>,
}

fn wire(row: &Row) -> Result<AuditEntry, crate::plumbing::db::DbError> {
    let json = |i| row.text(i).map(|text| serde_json::from_str(&text).unwrap_or_default());
    Ok(AuditEntry {
        id: row.id(0)?,
        at: row.time(1)?.to_string(),
        actor: Actor { id: row.id(2)?, name: row.opt_text(3)?.unwrap_or_default() },
        action: row.text(4)?,
        subject_kind: row.text(5)?,
        subject_id: row.text(6)?,
        subject_name: row.text(7)?,
        before: json(8)?,
        after: json(9)?,
        from_ip: row.opt_text(10)?,
    })
}

/// Who changed what, when and from where.
#[utoipa::path(get, path = "/schools/{school}/audit", tag = "signin", params(("school" = Uuid, Path), Filter),
    responses((status = 200, body = Page<AuditEntry>)), security(("session" = ["audit.read"])))]
async fn list(
    State(app): State<App>,
    who: Allowed<perm::AuditRead>,
    Params(filter): Params<Filter>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let rows = filter.limit.unwrap_or(50).clamp(1, 200);
    let from = day_param("from", filter.from.as_deref())?.map(|day| day.start().ms());
    let to = day_param("to", filter.to.as_deref())?.map(|day| day.plus_days(1).start().ms());
    let params = [
        who.school.into(),
        filter.cursor.into(),
        filter.action.filter(|action| !action.is_empty()).into(),
        filter.actor.into(),
        from.into(),
        to.into(),
        like(filter.q.as_deref()).into(),
        (rows + 1).into(),
    ];
    let found =
        app.db.read(move |tx| store::list_audit(tx, &params)?.iter().map(wire).collect::<Result<Vec<_>, _>>()).await?;
    Ok(Json(Page::cut(found, rows, |entry| entry.id.to_string())))
}
