//! Why a binding is not made, in words that a guardian can act on.

use crate::plumbing::http::Problem;
use axum::http::StatusCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Whatever did not fit: the code, the name, the number, or that the school keeps this guardian out.
    NotFound,
    /// The look-up was another guardian's, or too long ago.
    TicketOver,
    /// The name of the binding stands for something else.
    NameTaken,
    AlreadyBound,
    TooMany,
    AsksOpen,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let bad = StatusCode::UNPROCESSABLE_ENTITY;
        let (status, code, zh, en) = match refusal {
            Refusal::NotFound => (
                bad,
                "binding_not_found",
                "没有找到：请核对姓名、学号（或身份证号）和绑定码。绑定码只能用一次，过期或学校换发后作废；仍不行请联系学校。",
                "Nothing fits. Check the name, the student or ID number and the binding code. A code is good once, and not \
                 after its day or a newer one; if it still fails, ask the school.",
            ),
            Refusal::TicketOver => (
                bad,
                "ticket_over",
                "核对已超过 15 分钟，请重新输入绑定码。",
                "The check was more than 15 minutes ago; enter the code again.",
            ),
            Refusal::NameTaken => (
                StatusCode::CONFLICT,
                "name_taken",
                "此编号已用于另一个请求，请刷新页面重试。",
                "This name stands for another request; reload the page.",
            ),
            Refusal::AlreadyBound => {
                (StatusCode::CONFLICT, "already_bound", "您已绑定这个孩子。", "You are bound to this child already.")
            }
            Refusal::TooMany => (
                bad,
                "too_many_bindings",
                "绑定的孩子和申请已达 20 个（或一天内超过 20 次），请先解除不用的，或明天再试。",
                "You have 20 bindings and questions, or began 20 within a day; end one, or wait a day.",
            ),
            Refusal::AsksOpen => (
                bad,
                "too_many_asks",
                "这所学校还有 5 个申请没有答复，请等学校答复。",
                "Five of your questions wait for this school; wait for its answer.",
            ),
        };
        Problem::refused(status, code, zh, en)
    }
}
