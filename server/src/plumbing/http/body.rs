//! Bodies, queries and paths that say in two languages what is wrong with them.

use super::Problem;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;

/// NUL as JSON writes it. No text of ours holds one, and a database that keeps texts as C strings can't.
const NUL: &[u8] = b"\\u0000";

/// What a JSON body may hold; files come by other ways.
const JSON_BYTES_MAX: usize = 1024 * 1024;
/// Of what a caller sent, so much is repeated in an error.
const ECHO_CHARS_MAX: usize = 200;

/// A JSON body.
pub struct Body<T>(pub T);

/// The query.
pub struct Params<T>(pub T);

/// The parts of the path. A malformed id names nothing, so it is absent.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if !kind.starts_with("application/json") {
            return Err(Problem::refused(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "请求体须为 application/json。",
                "The body must be application/json.",
            ));
        }
        let bytes = axum::body::Bytes::from_request(request, state).await.map_err(too_large)?;
        if bytes.len() > JSON_BYTES_MAX {
            let (zh, en) = ("请求体过大，上限 1 MB。", "The body is too large: at most 1 MB are taken.");
            return Err(Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", zh, en));
        }
        // A list would be taken for an object's fields in their order, and nobody means that.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
            let (zh, en) = ("请求体应为 JSON 对象，不是数组。", "The body is a JSON object, not a list.");
            return Err(Problem::refused(StatusCode::BAD_REQUEST, "malformed_body", zh, en));
        }
        if bytes.windows(NUL.len()).any(|part| part == NUL) {
            let (zh, en) = ("请求体中有空字符（\\u0000），请删除。", "The body holds the NUL character; remove it.");
            return Err(Problem::refused(StatusCode::BAD_REQUEST, "malformed_body", zh, en));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        read.map(Body).map_err(|error| malformed(&error))
    }
}

fn too_large(rejection: BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let (zh, en) = ("请求体过大。", "The body is too large.");
        return Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", zh, en);
    }
    Problem::refused(StatusCode::BAD_REQUEST, "body_cut", "请求体未收全，请重试。", "The body did not arrive whole.")
}

fn malformed(error: &serde_json::Error) -> Problem {
    let why: String = error.to_string().chars().take(ECHO_CHARS_MAX).collect();
    let zh = format!("请求体有误：第 {} 行第 {} 列，{why}", error.line(), error.column());
    let en = format!("The body is wrong: {why}");
    Problem::refused(StatusCode::BAD_REQUEST, "malformed_body", zh, en)
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Params<T>, Problem> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            let (zh, en) = ("查询参数中有空字符。", "The query holds the NUL character.");
            return Err(Problem::refused(StatusCode::BAD_REQUEST, "malformed_query", zh, en));
        }
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Params(query.0)).map_err(|rejection: QueryRejection| {
            let why: String = rejection.body_text().chars().take(ECHO_CHARS_MAX).collect();
            let (zh, en) = (format!("查询参数有误：{why}"), format!("The query is wrong: {why}"));
            Problem::refused(StatusCode::BAD_REQUEST, "malformed_query", zh, en)
        })
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|path| Path(path.0)).map_err(|_: PathRejection| Problem::absent())
    }
}
