//! What every operation of the API has in common, written into its document once: names, words for each status, and
//! the problems that the edge itself answers with.

use axum::http::StatusCode;
use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response};

const PROBLEM: &str = "application/problem+json";

pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("yitong_session")));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", cookie);
    let guardian = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::guardians::COOKIE)));
    components.add_security_scheme("guardian", guardian);
    // With the terminal's id and the moment of the request: see core/sync/src/request.rs.
    let device = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("Yitong-Signature")));
    components.add_security_scheme("device", device);
    components.responses.extend(PROBLEMS.map(|status| (name(status), RefOr::T(problem(status)))));
    let mut known = BTreeSet::new();
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, put, post, patch, delete, .. } = item;
        for (method, operation) in [("get", get), ("put", put), ("post", post), ("patch", patch), ("delete", delete)] {
            if let Some(operation) = operation {
                let id = operation_id(method, path);
                // The server has some things beside each school.
                let id = if known.insert(id.clone()) { id } else { format!("{id}_of_school") };
                operation.operation_id = Some(id);
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
    let known = &mut operation.responses.responses;
    for (status, response) in known.iter_mut() {
        let (Some(status), RefOr::T(said)) = (status_of(status), &mut *response) else { continue };
        if status.is_success() || status.is_redirection() {
            if said.description.is_empty() {
                said.description = status.canonical_reason().unwrap_or("Done").to_owned();
            }
        } else if said.content.is_empty() {
            *response = shared(status);
        }
    }
    for status in of_the_edge(operation, path) {
        let known = &mut operation.responses.responses;
        if let Ok(status) = StatusCode::from_u16(status) {
            known.entry(status.as_str().to_owned()).or_insert_with(|| shared(status));
        }
    }
}

fn status_of(text: &str) -> Option<StatusCode> {
    StatusCode::from_bytes(text.as_bytes()).ok()
}

/// Every status that some operation refuses with: each is described once.
const PROBLEMS: [StatusCode; 10] = [
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::SERVICE_UNAVAILABLE,
];

fn name(status: StatusCode) -> String {
    format!("Problem{}", status.as_str())
}

fn shared(status: StatusCode) -> RefOr<Response> {
    RefOr::Ref(Ref::from_response_name(name(status)))
}

fn problem(status: StatusCode) -> Response {
    let mut response = Response::new(status.canonical_reason().unwrap_or("Problem"));
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    response.content.insert(PROBLEM.into(), RefOr::T(content));
    response
}
