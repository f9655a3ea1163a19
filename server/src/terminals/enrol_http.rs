//! Enrolment over HTTP: the one request of a terminal that nothing signs. A code from the office proves it.

use super::authority::authority;
use super::enrol::{EnrolRefusal, Enrolled, Machine, enrol as enrol_machine};
use super::limits;
use super::ticket::Ticket;
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Problem};
use crate::readers;
use crate::signin::audit::{self, Actor, Change};
use crate::signin::peer;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, request::Parts};
use serde_json::json;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_sync::wire::fleet::{Enrolment, EnrolmentAsk, RootKey};
use yitong_values::{AuditId, UserId};

const HARDWARE_CHARS_MAX: usize = 80;
const VERSION_CHARS_MAX: usize = 40;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(enrol))
}

/// What is kept of a code. A keyed look-up takes the same time for every text.
pub(super) fn ticket_hash(app: &App, ticket: &Ticket) -> Vec<u8> {
    app.seal.search_hash("terminal_ticket.hash", ticket.as_str())
}

fn said(refusal: EnrolRefusal) -> Problem {
    let problem = match refusal {
        EnrolRefusal::CodeUnknown => {
            let (zh, en) = ("登记码不正确，请核对。", "The code is not known; look again.");
            Problem::refused(StatusCode::NOT_FOUND, "code_unknown", zh, en)
        }
        EnrolRefusal::CodeUsed => {
            let (zh, en) =
                ("登记码已被另一台设备使用，请重新生成。", "Another machine used this code; make a new one.");
            Problem::conflict("code_used", zh, en)
        }
        EnrolRefusal::CodeExpired => {
            let (zh, en) = ("登记码已过期，请重新生成。", "The code has expired; make a new one.");
            Problem::conflict("code_expired", zh, en)
        }
        EnrolRefusal::KeyTaken => {
            let (zh, en) = (
                "此设备密钥已绑定过，请让设备重新生成密钥。",
                "This key was enrolled before; let the machine make a new one.",
            );
            return Problem::conflict("key_taken", zh, en).field("public_key");
        }
    };
    problem.field("code")
}

fn machine(ask: &EnrolmentAsk) -> Result<Machine, Problem> {
    let (hardware, version) = (ask.hardware.trim().to_owned(), ask.version.trim().to_owned());
    if hardware.chars().count() > HARDWARE_CHARS_MAX || version.chars().count() > VERSION_CHARS_MAX {
        let (zh, en) = ("型号不超过 80 个字，版本不超过 40 个字。", "A model has 80 characters at most, a version 40.");
        return Err(Problem::bad("bad_hardware", zh, en).field("hardware"));
    }
    Ok(Machine { key: ask.public_key, hardware, version })
}

/// Make a machine a till's, with the code that the office page shows. The same key again gets the same answer.
#[utoipa::path(post, path = "/terminal/enrolment", tag = "terminals", request_body = serde_json::Value,
    responses((status = 201, body = serde_json::Value), (status = 404), (status = 409), (status = 422)))]
async fn enrol(
    State(app): State<App>,
    parts: Parts,
    Body(ask): Body<EnrolmentAsk>,
) -> Result<(StatusCode, Json<Enrolment>), Problem> {
    let doors: &limits::Doors = &app.terminals.doors;
    doors.knock(peer(&parts))?;
    let machine = machine(&ask)?;
    let ticket = Ticket::read(&ask.code).ok_or_else(|| said(EnrolRefusal::CodeUnknown))?;
    let (hash, now, line, from) = (ticket_hash(&app, &ticket), app.now(), AuditId::new(app.new_id()), peer(&parts));
    let write = move |tx: &mut Tx<'_>| {
        let made = enrol_machine(tx, &hash, &machine, now)?;
        if let Ok(Enrolled { terminal, journal, first: true }) = &made {
            let change = Change {
                id: line,
                at: now,
                actor: Actor { user: UserId::new(Uuid::nil()), from },
                school: Some(terminal.school),
                action: "terminal.enrol",
                subject_kind: "terminal",
                subject_id: &terminal.id.to_string(),
                subject_name: &terminal.name,
                before: json!({"journal": terminal.journal}),
                after: json!({"journal": journal, "hardware": machine.hardware, "version": machine.version}),
            };
            audit::record(tx, &change)?;
        }
        Ok(made)
    };
    let made = app.db.write("enrol a terminal", write).await?.map_err(said)?;
    let (school, id) = (made.terminal.school, made.terminal.id);
    let root = readers::root(&app, school).await?;
    let key = root.public_key();
    let roots = vec![RootKey { kid: root.kid(), suite: key.suite().word().into(), key: hex::encode(key.as_bytes()) }];
    let authority = authority(&app, school).await?.public();
    let answer = Enrolment { terminal: id, school, journal: made.journal, authority, roots, server: app.now() };
    Ok((StatusCode::CREATED, Json(answer)))
}
