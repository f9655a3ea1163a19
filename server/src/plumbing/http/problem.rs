//! RFC 9457 problem details with a stable code and words in Chinese and English.

use crate::plumbing::db::DbError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// An answer that is not what was asked for. Made where the refusal meets the wire; logged once, here.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    zh: String,
    en: String,
    more: Map<String, Value>,
}

/// The body of a problem, for the OpenAPI document.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemWire {
    /// `about:blank`: the code says more than a link would.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    pub detail_zh: String,
    pub detail_en: String,
    /// The field that is wrong, as a path into the body or query.
    pub field: Option<String>,
    pub request_id: Option<String>,
}

impl Problem {
    pub fn refused(status: StatusCode, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { status, code, zh: zh.into(), en: en.into(), more: Map::new() }
    }

    pub fn bad(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::refused(StatusCode::UNPROCESSABLE_ENTITY, code, zh, en)
    }

    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::refused(StatusCode::CONFLICT, code, zh, en)
    }

    /// Also said of what exists in another school: it must look absent.
    pub fn absent() -> Problem {
        Problem::refused(
            StatusCode::NOT_FOUND,
            "not_found",
            "没有找到，可能已被删除。",
            "Not found; it may have been removed.",
        )
    }

    pub fn method_not_allowed() -> Problem {
        let (zh, en) = ("此地址不支持该请求方法。", "This address does not take that method.");
        Problem::refused(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", zh, en)
    }

    pub fn signed_out() -> Problem {
        Problem::refused(StatusCode::UNAUTHORIZED, "signed_out", "请先登录。", "Please sign in first.")
    }

    pub fn forbidden(permission: &str) -> Problem {
        let zh = format!("您的角色没有此权限（{permission}），请联系学校管理员。");
        let en = format!("Your role lacks the permission {permission}; ask your school's administrator.");
        Problem::refused(StatusCode::FORBIDDEN, "forbidden", zh, en).with("permission", permission)
    }

    pub fn field(self, field: &str) -> Problem {
        self.with("field", field)
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Problem {
        self.more.insert(key.to_owned(), value.into());
        self
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Chinese and English.
    pub fn words(&self) -> (&str, &str) {
        (&self.zh, &self.en)
    }

    /// An answer about what was asked; not one about the state that we are in.
    pub fn is_refusal(&self) -> bool {
        self.status.is_client_error()
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Problem {
        match &error {
            DbError::Busy => Problem::refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "系统繁忙，请用同一编号重试。",
                "The system is busy; ask again with the same name.",
            ),
            DbError::Unavailable(_) | DbError::Conflict => {
                tracing::error!(error = %error, "the database did not take a unit");
                Problem::refused(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database_unavailable",
                    "数据库暂时不可用，结果未确认，请稍后用同一编号重试。",
                    "The database is not available and the outcome is not known; ask again with the same name.",
                )
            }
            DbError::Constraint(_) | DbError::Panicked(_) | DbError::Broken(_) => {
                tracing::error!(error = %error, "a unit is broken");
                Problem::refused(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "broken",
                    "系统内部错误，未作任何改动，已记录。",
                    "Something is broken on our side; nothing was changed, and it is logged.",
                )
            }
        }
    }
}

/// Travels with the answer to the edge, which adds the request's name.
#[derive(Clone)]
pub(super) struct Shown(pub(super) Map<String, Value>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        let again = body.get("retry_after_s").and_then(Value::as_i64).map(HeaderValue::from);
        body.insert("type".into(), "about:blank".into());
        body.insert("title".into(), self.status.canonical_reason().unwrap_or("Problem").into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("code".into(), self.code.into());
        body.insert("detail_zh".into(), self.zh.into());
        body.insert("detail_en".into(), self.en.into());
        let mut response = (self.status, Value::Object(body.clone()).to_string()).into_response();
        response.extensions_mut().insert(Shown(body));
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if let Some(again) = again {
            response.headers_mut().insert(header::RETRY_AFTER, again);
        }
        response
    }
}
