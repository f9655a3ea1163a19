//! Why a phone gets no credential, in the order of precedence, in words that its owner can act on.

use crate::plumbing::http::Problem;
use axum::http::StatusCode;
use serde_json::json;
use yitong_values::{CredentialId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    TicketUnknown,
    TicketUsed,
    TicketExpired,
    /// Neither the key's signature nor the cookie names a phone. Which of the two is missing is not said.
    NotProved,
    /// The moment of the proof is too far from ours.
    ClockOff {
        now: Timestamp,
    },
    /// The proof, or a later one, was here before.
    ProofUsed,
    PhoneLost,
    PhoneRemoved,
    /// Not used for half a year.
    PhoneExpired,
    PersonLeft,
    NotAllowed,
    /// The person's phones, one of which has to give way.
    TooManyPhones(Vec<Held>),
    /// The credential before began in this very minute.
    TooSoon {
        seconds: i64,
    },
}

/// A phone that somebody has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: CredentialId,
    pub name: String,
    pub seen_at: Timestamp,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let (status, code, zh, en) = said(&refusal);
        let problem = Problem::refused(status, code, zh, en);
        match refusal {
            Refusal::TicketUnknown | Refusal::TicketUsed | Refusal::TicketExpired => problem.field("ticket"),
            Refusal::ClockOff { now } => problem.field("at").with("server_time", now.to_string()),
            Refusal::ProofUsed => problem.field("at"),
            Refusal::TooSoon { seconds } => problem.with("retry_after_s", seconds),
            Refusal::TooManyPhones(held) => {
                let phone = |of: &Held| json!({"id": of.id.uuid(), "name": of.name, "seen_at": of.seen_at.to_string()});
                problem.field("replace").with("phones", held.iter().map(phone).collect::<Vec<_>>())
            }
            _ => problem,
        }
    }
}

type Said = (StatusCode, &'static str, &'static str, &'static str);

fn said(refusal: &Refusal) -> Said {
    let bad = StatusCode::UNPROCESSABLE_ENTITY;
    let no = StatusCode::CONFLICT;
    match refusal {
        Refusal::TicketUnknown => (
            bad,
            "ticket_unknown",
            "绑定码不正确，或已被新的绑定码取代，请核对 12 位数字。",
            "There is no such ticket, or a newer one took its place; check the twelve digits.",
        ),
        Refusal::TicketUsed => (
            bad,
            "ticket_used",
            "此绑定码已用过，请到学校重新领取。",
            "This ticket was used already; ask the school for another.",
        ),
        Refusal::TicketExpired => (
            bad,
            "ticket_expired",
            "绑定码已过期（24 小时内有效），请到学校重新领取。",
            "The ticket is over (it lives 24 hours); ask the school for another.",
        ),
        Refusal::NotProved => (
            StatusCode::UNAUTHORIZED,
            "phone_not_proved",
            "无法确认是这部手机，请到学校领取绑定码重新绑定。",
            "This phone could not prove itself; enrol it again with a ticket from the school.",
        ),
        Refusal::ClockOff { .. } => (
            bad,
            "clock_off",
            "手机时间与服务器相差超过 5 分钟，请打开“自动设置时间”。",
            "The phone's clock is more than five minutes off; turn on automatic time.",
        ),
        Refusal::ProofUsed => {
            (no, "proof_used", "此次请求已处理过，请重试。", "This proof was used before; sign a later moment.")
        }
        Refusal::PhoneLost => (
            no,
            "phone_lost",
            "这部手机已挂失，找到后请到学校解挂。",
            "This phone was reported lost; when it is found, the school reinstates it.",
        ),
        Refusal::PhoneRemoved => (
            no,
            "phone_removed",
            "这部手机已解除绑定，需要时请到学校领取绑定码。",
            "This phone was removed; ask the school for a ticket if you need it again.",
        ),
        Refusal::PhoneExpired => (
            no,
            "phone_expired",
            "这部手机半年未使用，绑定已失效，请到学校领取绑定码。",
            "This phone was not used for half a year; ask the school for a ticket.",
        ),
        Refusal::PersonLeft => (
            no,
            "person_left",
            "此人不在校或已停用，不能使用手机码。",
            "The person is not at the school, or suspended.",
        ),
        Refusal::NotAllowed => (
            no,
            "phones_not_allowed",
            "学校规定此类人员不使用手机码，请使用打印的个人码。",
            "The school does not allow phones for this kind of person; use the printed code.",
        ),
        Refusal::TooManyPhones(_) => (
            no,
            "too_many_phones",
            "最多绑定 2 部手机，请选择一部解除。",
            "Two phones are enrolled already; choose one that gives way.",
        ),
        Refusal::TooSoon { .. } => (
            no,
            "too_soon",
            "请求过快，请稍候自动重试。",
            "The credential before began in this minute; ask again in the next.",
        ),
    }
}
