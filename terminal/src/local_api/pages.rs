//! The pages of the two screens, embedded.

use super::Local;
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web/dist/kiosk"]
struct Files;

/// Scripts, styles and sounds come from here and nowhere else.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data: blob:; connect-src 'self'; media-src 'self' data: blob:; object-src 'none'; \
                      base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

pub(super) fn routes() -> Router<Local> {
    let index = |headers: HeaderMap| async move { file("index.html", &headers) };
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/operator/") }))
        .route("/operator/", get(index))
        .route("/customer/", get(index))
        .route(
            "/kiosk/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { file(&path, &headers) }),
        )
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let encoded = [("br", "br"), ("gzip", "gz")].into_iter().filter(|(coding, _)| accepts.contains(coding));
    let mut found = encoded.filter_map(|(coding, end)| Some((Files::get(&format!("{name}.{end}"))?, Some(coding))));
    let Some((file, coding)) = found.next().or_else(|| Some((Files::get(name)?, None))) else {
        let text =
            "The pages were not built into this program. Run `cargo xtask web`, then build again.\n页面尚未构建。\n";
        let status = if name == "index.html" { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NOT_FOUND };
        return (status, text).into_response();
    };
    let mut answer = file.data.into_owned().into_response();
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let set = answer.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(name)));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    set.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // The token stands in the address of the page.
    set.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(coding) = coding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answer
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        "ogg" => "audio/ogg",
        "m4a" => "audio/mp4",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}
