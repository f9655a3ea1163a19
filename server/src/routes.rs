//! Every slice's routes under one prefix, and the OpenAPI document that they make together.

use crate::App;
use crate::plumbing::http::{Problem, ProblemWire};
use axum::Router;
use utoipa::OpenApi;
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
        .merge(crate::notices::routes())
        .merge(crate::guardians::routes())
        .merge(crate::credentials::routes())
        .merge(crate::policies::routes())
        .merge(crate::phones::routes())
        .merge(crate::readers::routes())
        .merge(crate::menu::routes())
        .merge(crate::topups::routes())
        .merge(crate::payments::routes())
        .merge(crate::purchases::routes())
        .merge(crate::terminals::routes())
        .merge(crate::insights::routes())
        .merge(crate::family::routes())
        .merge(crate::upkeep::routes())
}

/// The document alone, for `yitong openapi` and the drift test.
pub fn openapi() -> utoipa::openapi::OpenApi {
    crate::document::complete(all().split_for_parts().1)
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
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(app)
}
