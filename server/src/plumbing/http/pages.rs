//! The pages, embedded: compressed files where the browser takes them, cached for ever when their name has a hash.

use super::Problem;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../web/dist"]
struct Files;

const APPS: [&str; 4] = ["admin", "counter", "code", "parent"];
/// Scripts and styles come from here and nowhere else.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
                      connect-src 'self'; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";
/// The counter's camera is read by a WebAssembly program of our own; it may be compiled, but no text becomes a script.
const COUNTER_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
                              style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
                              font-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
                              form-action 'self'";
/// Some channels want a form posted to a page of theirs (UnionPay); on loopback it is the sandbox's.
const PARENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                             img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; object-src 'none'; \
                             base-uri 'none'; frame-ancestors 'none'; \
                             form-action 'self' https: http://127.0.0.1:*";

pub fn routes() -> axum::Router<crate::App> {
    let mut router = axum::Router::new().route("/", get(|| async { Redirect::temporary("/admin/") }));
    for app in APPS {
        let home = move || async move { Redirect::permanent(&format!("/{app}/")) };
        let index = move |headers: HeaderMap| async move { page(app, "", &headers) };
        let file = move |Path(path): Path<String>, headers: HeaderMap| async move { page(app, &path, &headers) };
        let base = format!("/{app}");
        router = router
            .route(&base, get(home))
            .route(&format!("{base}/"), get(index))
            .route(&format!("{base}/{{*path}}"), get(file));
    }
    router
}

fn page(app: &str, path: &str, headers: &HeaderMap) -> Response {
    let asset = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    // A path without a file name is a place inside the app: the app itself finds it.
    let name = if asset { format!("{app}/{path}") } else { format!("{app}/index.html") };
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let encoded = [("br", "br"), ("gzip", "gz")].into_iter().filter(|(coding, _)| accepts.contains(coding));
    let mut found = encoded.filter_map(|(coding, end)| Some((Files::get(&format!("{name}.{end}"))?, Some(coding))));
    let Some((file, coding)) = found.next().or_else(|| Some((Files::get(&name)?, None))) else {
        return missing(asset);
    };
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    let mut answer = if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let cache = if name.contains("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let set = answer.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(&name)));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    set.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy(app)));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(header::ETAG, tag);
    }
    if let Some(coding) = coding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    answer
}

fn policy(app: &str) -> &'static str {
    match app {
        "counter" => COUNTER_POLICY,
        "parent" => PARENT_POLICY,
        _ => POLICY,
    }
}

fn missing(asset: bool) -> Response {
    if asset {
        return Problem::absent().into_response();
    }
    let text = "The pages were not built into this program. Run `cargo xtask web`, then build again.\n页面尚未构建。\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(policy: &str) -> Vec<&str> {
        let mut rules: Vec<_> = policy.split(';').map(str::trim).collect();
        rules.sort_unstable();
        rules
    }

    #[test]
    fn the_counter_may_run_its_reader_of_codes_and_nothing_else_more() {
        let plain = policy("counter").replace(" 'wasm-unsafe-eval'", "").replace("worker-src 'self'; ", "");
        assert_ne!(plain, policy("counter"));
        assert_eq!(rules(&plain), rules(policy("admin")));
        assert!(!policy("counter").contains(" 'unsafe-eval'"));
    }

    #[test]
    fn parents_may_post_a_form_to_a_channel_and_nothing_else_more() {
        let plain = policy("parent").replace(" https: http://127.0.0.1:*", "");
        assert_ne!(plain, policy("parent"));
        assert_eq!(rules(&plain), rules(policy("admin")));
    }
}
