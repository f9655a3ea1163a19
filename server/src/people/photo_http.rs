//! Photos: for the cashier and the school's own pages, never on a code or a receipt.

use super::store;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Path, Problem};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, Permission, perm};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::PersonId;

pub const PHOTO_BYTES_MAX: usize = 512 * 1024;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show, put, remove))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// The kind that the first bytes say, whatever the header claims.
fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

/// The photo of a person.
#[utoipa::path(get, path = "/schools/{school}/people/{id}/photo", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, content_type = "image/*"), (status = 404)), security(("session" = [])))]
async fn show(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Path(path): Path<IdPath>,
) -> Result<Response, Problem> {
    let school = who.school;
    let may = |permission| who.principal.may(permission, school);
    if !may(Permission::PeopleRead) && !may(Permission::CounterSell) {
        return Err(Problem::forbidden("people.read"));
    }
    let found = app.db.read(move |tx| store::find_photo(tx, school, PersonId::new(path.id))).await?;
    let (kind, bytes) = found.ok_or_else(Problem::absent)?;
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=300".into())], bytes).into_response())
}

/// Put a photo: JPEG, PNG or WebP of at most 512 KiB.
#[utoipa::path(put, path = "/schools/{school}/people/{id}/photo", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204), (status = 404), (status = 422)), security(("session" = ["people.edit"])))]
async fn put(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Path(path): Path<IdPath>,
    bytes: Bytes,
) -> Result<StatusCode, Problem> {
    if bytes.len() > PHOTO_BYTES_MAX {
        return Err(
            Problem::bad("photo_too_large", "照片不能超过 512 KB。", "A photo has at most 512 KB.").field("photo")
        );
    }
    let kind = kind_of(&bytes).ok_or_else(|| {
        Problem::bad("photo_unreadable", "请上传 JPEG、PNG 或 WebP 照片。", "Upload a JPEG, PNG or WebP photo.")
            .field("photo")
    })?;
    let (school, id, note) = (who.school, PersonId::new(path.id), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(person) = store::find_person(tx, school, id)? else { return Ok(false) };
        store::put_photo(tx, school, id, kind, &bytes)?;
        note.record(tx, "person.photo", Subject("person", &id.to_string(), &person.name), json!(null), json!("put"))?;
        Ok(true)
    };
    if app.db.write("put photo", write).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

/// Remove the photo.
#[utoipa::path(delete, path = "/schools/{school}/people/{id}/photo", tag = "people",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["people.edit"])))]
async fn remove(
    State(app): State<App>,
    who: Allowed<perm::PeopleEdit>,
    Path(path): Path<IdPath>,
) -> Result<StatusCode, Problem> {
    let (school, id, note) = (who.school, PersonId::new(path.id), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(person) = store::find_person(tx, school, id)? else { return Ok(false) };
        store::delete_photo(tx, school, id)?;
        let subject = Subject("person", &id.to_string(), &person.name);
        note.record(tx, "person.photo", subject, json!(null), json!("removed"))?;
        Ok(true)
    };
    if app.db.write("remove photo", write).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
