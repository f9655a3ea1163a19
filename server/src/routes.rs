//! Every slice's routes under one prefix, and the OpenAPI document that they make together.

use crate::App;
use crate::plumbing::http::{Problem, ProblemWire};
use axum::Router;
use utoipa::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(title = "Yitong", description = "The open campus pass-and-pay platform.", license(name = "Apache-2.0")),
    components(schemas(ProblemWire))
)]
struct Document;

fn all() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", slices())
}

/// In reading order. A slice brings its own routes; nothing else is listed here.
fn slices() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(crate::signin::routes())
        .merge(crate::schools::routes())
        .merge(crate::wallets::routes())
        .merge(crate::people::routes())
        .merge(crate::credentials::routes())
        .merge(crate::policies::routes())
        .merge(crate::menu::routes())
        .merge(crate::topups::routes())
        .merge(crate::purchases::routes())
        .merge(crate::insights::routes())
        .merge(crate::upkeep::routes())
}

/// The document alone, for `yitong openapi` and the drift test.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = all().split_for_parts().1;
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("yitong_session")));
    document.components.get_or_insert_default().add_security_scheme("session", cookie);
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for (method, operation) in [("get", get), ("put", put), ("post", post), ("patch", patch), ("delete", delete)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
            }
        }
    }
    document
}

/// Handlers of two slices may have one name; an operation may not, or generated clients confuse them.
fn operation_id(method: &str, path: &str) -> String {
    let place = path.trim_start_matches("/api/v1").trim_start_matches("/schools/{school}");
    let place = if place.is_empty() { "/school" } else { place };
    let words = place.replace("/{", "/by_").replace('}', "").replace(['/', '-', '.'], "_");
    format!("{method}{words}")
}

pub fn router(app: App) -> Router {
    let (router, _) = all().split_for_parts();
    let document = axum::routing::get(|| async { axum::Json(openapi()) });
    let alive = axum::routing::get(|| async { axum::Json(serde_json::json!({"status": "ok"})) });
    router
        .route("/api/v1/openapi.json", document)
        .route("/healthz", alive)
        .merge(crate::upkeep::probes())
        .merge(crate::plumbing::http::pages::routes())
        .fallback(|| async { Problem::absent() })
        .with_state(app)
}
