//! What every operation of the API has in common, written into its document once: names, words for each status, and
//! the problems that the edge itself answers with.

use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, Response};

const PROBLEM: &str = "application/problem+json";

pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("yitong_session")));
    document.components.get_or_insert_default().add_security_scheme("session", cookie);
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for (method, operation) in [("get", get), ("put", put), ("post", post), ("patch", patch), ("delete", delete)] {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                problems(operation, path);
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

/// Statuses that the edge answers with, whatever the handler says of itself.
fn of_the_edge(operation: &Operation, path: &str) -> Vec<u16> {
    let guarded = operation.security.as_ref().is_some_and(|all| !all.is_empty());
    let in_query = |of: &RefOr<Parameter>| matches!(of, RefOr::T(of) if of.parameter_in == ParameterIn::Query);
    let query = operation.parameters.as_ref().is_some_and(|all| all.iter().any(in_query));
    let body = operation.request_body.is_some();
    let cases = [
        (400, query || body),
        (401, guarded),
        (403, guarded || body),
        (404, path.contains('{')),
        (413, body),
        (415, body),
        (429, true),
        (503, true),
    ];
    cases.into_iter().filter_map(|(status, answers)| answers.then_some(status)).collect()
}

fn problems(operation: &mut Operation, path: &str) {
    for status in of_the_edge(operation, path) {
        let known = &mut operation.responses.responses;
        known.entry(status.to_string()).or_insert_with(|| RefOr::T(Response::new("")));
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let status = status.parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok());
        let Some(status) = status else { continue };
        if response.description.is_empty() {
            response.description = status.canonical_reason().unwrap_or("Answer").to_owned();
        }
        if !status.is_success() && response.content.is_empty() {
            response.content.insert(PROBLEM.into(), RefOr::T(problem()));
        }
    }
}

fn problem() -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
}
