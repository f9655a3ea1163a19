//! Makers of gates and buses that may read the school's codes: each with a token to fetch lists, and a key by which it
//! knows a person under a number of its own.

use super::lists_http::token_hash;
use super::{published, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Path, Problem};
use crate::plumbing::seal::Seal;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::SchoolId;

const NAME_SIGNS_MAX: usize = 40;
/// Of one school; enough for every maker of gates in a city.
const INTEGRATORS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(revoke))
}

#[derive(Serialize, ToSchema)]
struct Integrator {
    id: Uuid,
    name: String,
    made_at: String,
    last_seen_at: Option<String>,
    revoked_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Integrators {
    items: Vec<Integrator>,
    /// What every reader is given when it is set up.
    root: Root,
}

#[derive(Serialize, ToSchema)]
struct Root {
    kid: u32,
    /// ed25519 or sm2
    suite: String,
    /// The public key in hex.
    key: String,
}

fn wire(row: store::IntegratorRow) -> Integrator {
    Integrator {
        id: row.id,
        name: row.name,
        made_at: row.made_at.to_string(),
        last_seen_at: row.last_seen_at.map(|at| at.to_string()),
        revoked_at: row.revoked_at.map(|at| at.to_string()),
    }
}

/// Who may read codes beside our own pages, newest first; and the root key to pin.
#[utoipa::path(get, path = "/schools/{school}/integrators", tag = "readers", params(("school" = Uuid, Path)),
    responses((status = 200, body = Integrators)), security(("session" = ["credentials.manage"])))]
async fn list(State(app): State<App>, who: Allowed<perm::CredentialsManage>) -> Result<Json<Integrators>, Problem> {
    let school = who.school;
    let rows = app.db.read(move |tx| store::integrators(tx, school)).await?;
    let root = published::root(&app, school).await?;
    let key = root.public_key();
    let root = Root { kid: root.kid(), suite: key.suite().word().into(), key: hex::encode(key.as_bytes()) };
    Ok(Json(Integrators { items: rows.into_iter().map(wire).collect(), root }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegrator {
    name: String,
}

/// The two secrets are shown this once.
#[derive(Serialize, ToSchema)]
struct MadeIntegrator {
    id: Uuid,
    name: String,
    /// For the header `Authorization: Bearer …` when fetching lists.
    token: String,
    /// 32 bytes in hex, for the reader's pairwise ids.
    pairwise_key: String,
}

/// Both halves of a keyed hash: 32 bytes that only this server and this integrator know.
fn pairwise_key(seal: &Seal, school: SchoolId, id: Uuid) -> String {
    let half = |n: u8| seal.search_hash("pairwise", &format!("{n}/{school}/{id}"));
    hex::encode([half(1), half(2)].concat())
}

/// Let another maker's gates read the school's codes.
#[utoipa::path(post, path = "/schools/{school}/integrators", tag = "readers", params(("school" = Uuid, Path)),
    request_body = NewIntegrator, responses((status = 201, body = MadeIntegrator), (status = 409), (status = 422)),
    security(("session" = ["credentials.manage"])))]
async fn add(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Body(ask): Body<NewIntegrator>,
) -> Result<(StatusCode, Json<MadeIntegrator>), Problem> {
    let name = ask.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_SIGNS_MAX {
        let (zh, en) = ("名称为 1 至 40 个字。", "A name has 1 to 40 characters.");
        return Err(Problem::bad("bad_name", zh, en).field("name"));
    }
    let mut secret = [0u8; 32];
    getrandom::fill(&mut secret).expect("the operating system gives random bytes");
    let (token, id, school) = (hex::encode(secret), app.new_id(), who.school);
    let (hash, now, note, kept) = (token_hash(&token), app.now(), who.note(&app), name.clone());
    let write = move |tx: &mut Tx<'_>| {
        let standing = store::integrators(tx, school)?;
        if standing.iter().filter(|row| row.revoked_at.is_none()).count() >= INTEGRATORS_MAX {
            let (zh, en) = ("最多 100 个接入方，请先停用不用的。", "At most 100; revoke one that is not used.");
            return Ok(Err(Problem::conflict("too_many", zh, en)));
        }
        if standing.iter().any(|row| row.revoked_at.is_none() && row.name == kept) {
            let (zh, en) = ("已有同名接入方。", "There is one with this name.");
            return Ok(Err(Problem::conflict("name_taken", zh, en).field("name")));
        }
        store::insert_integrator(tx, school, id, &kept, &hash, now)?;
        note.record(tx, "integrator.add", Subject("integrator", &id.to_string(), &kept), json!(null), json!(null))?;
        Ok(Ok(()))
    };
    app.db.write("add an integrator", write).await??;
    let pairwise_key = pairwise_key(&app.seal, school, id);
    Ok((StatusCode::CREATED, Json(MadeIntegrator { id, name, token, pairwise_key })))
}

#[derive(Deserialize)]
struct IdPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

/// No lists for this maker from now on. What its readers hold grows old, and pays nothing after a week.
#[utoipa::path(delete, path = "/schools/{school}/integrators/{id}", tag = "readers",
    params(("school" = Uuid, Path), ("id" = Uuid, Path)), responses((status = 204), (status = 404)),
    security(("session" = ["credentials.manage"])))]
async fn revoke(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Path(path): Path<IdPath>,
) -> Result<StatusCode, Problem> {
    let (school, id, now, note) = (who.school, path.id, app.now(), who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let Some(row) = store::integrators(tx, school)?.into_iter().find(|row| row.id == id) else { return Ok(false) };
        if store::revoke(tx, school, id, now)? {
            let subject = Subject("integrator", &id.to_string(), &row.name);
            note.record(tx, "integrator.revoke", subject, json!(null), json!(null))?;
        }
        Ok(true)
    };
    match app.db.write("revoke an integrator", write).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}
