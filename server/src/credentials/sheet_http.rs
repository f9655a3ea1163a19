//! Codes on paper: the cards of a class, a person or a batch.

use super::issue::place;
use super::store::{self, CredentialRow};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Problem};
use crate::plumbing::qr;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::SchoolId;

/// Cards of one printable sheet.
const SHEET_CARDS_MAX: i64 = 2_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sheet))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SheetAsk {
    class: Option<Uuid>,
    person: Option<Uuid>,
    batch: Option<Uuid>,
}

#[derive(Serialize, ToSchema)]
struct Sheet {
    items: Vec<SheetCard>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SheetCard {
    credential: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    text: String,
    qr_svg: String,
}

pub(super) fn card(app: &App, school: SchoolId, row: CredentialRow) -> Option<SheetCard> {
    let plain = app.seal.open(&place(school, row.id), &row.sealed?).ok()?;
    let text = String::from_utf8(plain).ok()?;
    let qr_svg = qr::svg(&text)?;
    Some(SheetCard { credential: row.id.uuid(), name: row.name, number: row.number, class: row.class, text, qr_svg })
}

/// Codes to print. These are bearer codes: each look is kept in the audit trail.
#[utoipa::path(get, path = "/schools/{school}/credentials/sheet", tag = "credentials",
    params(("school" = Uuid, Path), SheetAsk), responses((status = 200, body = Sheet)),
    security(("session" = ["credentials.manage"])))]
async fn sheet(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Params(ask): Params<SheetAsk>,
) -> Result<Json<Sheet>, Problem> {
    let (school, note) = (who.school, who.note(&app));
    let params = [
        school.into(),
        app.now().china_day().into(),
        ask.class.into(),
        ask.person.into(),
        ask.batch.into(),
        SHEET_CARDS_MAX.into(),
    ];
    let write = move |tx: &mut Tx<'_>| {
        let rows = store::sheet(tx, &params)?;
        let after = json!({"cards": rows.len(), "class": ask.class, "person": ask.person, "batch": ask.batch});
        note.record(tx, "codes.print", Subject("sheet", "", "打印个人码"), json!(null), after)?;
        Ok(rows)
    };
    let rows = app.db.write("print codes", write).await?;
    let inner = app.clone();
    let draw = move || rows.into_iter().filter_map(|row| card(&inner, school, row)).collect();
    let items = tokio::task::spawn_blocking(draw).await.map_err(|_| DbError::Panicked("draw codes"))?;
    Ok(Json(Sheet { items }))
}
