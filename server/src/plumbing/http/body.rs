//! Bodies, queries and paths that say in two languages what is wrong with them.

use super::Problem;
use axum::extract::rejection::{BytesRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{StatusCode, header, request::Parts};
use serde::de::DeserializeOwned;

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
        if let Some(at) = invisible(&bytes) {
            let zh = format!("请求体第 {at} 字节处有不可见字符（控制符、零宽或方向符），请删除。");
            let en = format!(
                "The body holds an invisible character (control, zero-width or direction) at byte {at}; remove it."
            );
            return Err(Problem::refused(StatusCode::BAD_REQUEST, "malformed_body", zh, en));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let read = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        read.map(Body).map_err(|error| malformed(&error))
    }
}

/// Where a character stands that nobody sees: two names that look alike must be alike, and a database that keeps texts
/// as C strings can't hold a NUL. Line breaks and tabs are seen.
fn invisible(json: &[u8]) -> Option<usize> {
    let hidden = |code: u32| matches!(code, 0..=8 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f..=0x9f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfeff);
    let mut at = 0;
    while at < json.len() {
        let (found, length) = match &json[at..] {
            // As JSON writes it.
            [b'\\', b'u', digits @ ..] => {
                let digits = digits.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                (code.is_some_and(hidden), 2)
            }
            [b'\\', _, ..] => (false, 2),
            // As itself, in UTF-8.
            [0xc2, low, ..] => (hidden(u32::from(*low)), 1),
            [0xe2, middle @ 0x80..=0x81, low, ..] => {
                (hidden(0x2000 + (u32::from(*middle) - 0x80) * 64 + (u32::from(*low) & 0x3f)), 1)
            }
            [0xef, 0xbb, 0xbf, ..] => (true, 1),
            _ => (false, 1),
        };
        if found {
            return Some(at);
        }
        at += length;
    }
    None
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

#[cfg(test)]
mod tests {
    use super::invisible;

    #[test]
    fn what_nobody_sees_is_found() {
        let check = |json: &str, at| assert_eq!(invisible(json.as_bytes()), at, "{json:?}");
        check("{\"name\": \"王小明\"}", None);
        check("{\"note\": \"a\\nb\\t\"}", None);
        check("\"\\u0000\"", Some(1));
        check("\"\\u001B\"", Some(1));
        check("\"\\u200b\"", Some(1));
        check("\"a\u{200b}\"", Some(2));
        check("\"\u{202e}\"", Some(1));
        check("\"\u{feff}\"", Some(1));
        check("\"\u{85}\"", Some(1));
        check("\"€ — “” … ′\"", None);
        check("\"é·\"", None);
        check("\"C:\\\\u0000\"", None);
        check("\"C:\\\\\\u0000\"", Some(5));
    }
}
