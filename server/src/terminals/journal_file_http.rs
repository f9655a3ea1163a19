//! A journal that somebody brings in a file, because its machine is dead: verified and shown first, booked when that is
//! confirmed. What is booked is not booked again.

use super::guard::Device as Asker;
use super::journal_http::take_records;
use super::journal_store::{self, Finding, Journal};
use super::office_http::own;
use super::store;
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Params, Path, Problem};
use crate::purchases;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_sync::wire::journal::RECORDS_MAX;
use yitong_sync::{Body, Fate, Held, Received, Record, Sale, Sealed, receive};
use yitong_values::{Cents, EntryId, TerminalId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(load))
}

#[derive(Deserialize)]
struct TerminalPath {
    #[allow(dead_code, reason = "read by the guard")]
    school: Uuid,
    id: Uuid,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LoadAsk {
    /// Book it; left out: only say what would be booked.
    #[serde(default)]
    apply: bool,
}

/// What a file would book, or has booked.
#[derive(Serialize, ToSchema)]
struct JournalPlan {
    journal: u32,
    hardware: String,
    /// Records that are booked already.
    known: u32,
    /// Records that are new.
    fresh: u32,
    /// Offline sales among them, and their sum.
    sales: u32,
    amount: Money,
    /// Sales that were undone or given up.
    undone: u32,
    /// Records that can't be read and will be put aside.
    aside: u32,
    /// Sales that the server booked and of which the file does not say that anybody saw green: finance has to ask.
    unended: u32,
    /// Of the new records: the first and the last moment.
    from_at: Option<String>,
    to_at: Option<String>,
    /// The last record that can be believed.
    good_to: u64,
    /// fork, stranger, signature or gap: nothing after `good_to` can be believed.
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    terminal: TerminalId,
    journal: u32,
    seq: u64,
}

/// Number of each record; one that can't be read follows the one before it.
fn numbers(records: &[Sealed]) -> Vec<u64> {
    let mut last = 0;
    let number = |sealed: &Sealed| {
        last = serde_json::from_str::<Place>(&sealed.payload).map_or(last + 1, |place| place.seq);
        last
    };
    records.iter().map(number).collect()
}

fn plan(received: &Received, device: &super::fleet::Device) -> JournalPlan {
    let mut plan = JournalPlan {
        journal: device.journal,
        hardware: device.hardware.clone(),
        known: 0,
        fresh: 0,
        sales: 0,
        amount: Money { fen: 0 },
        undone: 0,
        aside: 0,
        unended: 0,
        from_at: None,
        to_at: None,
        good_to: received.head.seq,
        problem: received.problem.map(|problem| problem.word().to_owned()),
    };
    let mut sum = Cents::ZERO;
    for fate in &received.fates {
        match fate {
            Fate::Known { .. } => plan.known += 1,
            Fate::Quarantine { .. } => (plan.fresh, plan.aside) = (plan.fresh + 1, plan.aside + 1),
            Fate::Take(record) => {
                plan.fresh += 1;
                let at: Timestamp = record.stamp.at;
                plan.from_at.get_or_insert_with(|| at.to_string());
                plan.to_at = Some(at.to_string());
                match &record.body {
                    Body::Sold { how, .. } => {
                        plan.sales += 1;
                        sum = sum.plus(how.charged).unwrap_or(sum);
                    }
                    Body::Undone { .. } | Body::GivenUp { .. } => plan.undone += 1,
                    _ => {}
                }
            }
        }
    }
    plan.amount = sum.into();
    plan
}

/// What was asked about and has no ending in the file: the machine died before it showed anything, or the file is older
/// than its end.
fn unended(records: &[Sealed], good_to: u64) -> Vec<Sale> {
    let mut open: BTreeMap<EntryId, Sale> = BTreeMap::new();
    let read = records.iter().filter_map(|sealed| serde_json::from_str::<Record>(&sealed.payload).ok());
    for record in read.take_while(|record| record.seq <= good_to) {
        match record.body {
            Body::Intent { sale } => drop(open.insert(sale.purchase, sale)),
            Body::Sold { sale, .. } | Body::Refused { sale, online: true, .. } => drop(open.remove(&sale.purchase)),
            Body::Confirmed { purchase, .. } | Body::GivenUp { purchase } | Body::Undone { purchase, .. } => {
                open.remove(&purchase);
            }
            _ => {}
        }
    }
    open.into_values().collect()
}

/// Of these, what the server has booked and nobody undid.
fn charged(tx: &mut Tx<'_>, of: Journal, asked: &[Sale]) -> Result<Vec<Finding>, DbError> {
    let mut found = Vec::new();
    for sale in asked {
        let standing = purchases::standing(tx, of.school, sale.purchase)?;
        found.extend(standing.map(|(person, fen)| {
            let (purchase, sold_at, detail) = (sale.purchase, sale.at, String::new());
            Finding { purchase, kind: "unended", person, fen, sold_at, detail }
        }));
    }
    Ok(found)
}

/// Verify a journal's file (a record a line, its signature before it), say what it would book, and book it when asked.
#[utoipa::path(post, path = "/schools/{school}/terminals/{id}/journal-file", tag = "terminals",
    params(("school" = Uuid, Path), ("id" = Uuid, Path), LoadAsk),
    request_body(content = String, content_type = "text/plain"),
    responses((status = 200, body = JournalPlan), (status = 404), (status = 413), (status = 422)),
    security(("session" = ["terminals.manage"])))]
async fn load(
    State(app): State<App>,
    who: Allowed<perm::TerminalsManage>,
    Path(path): Path<TerminalPath>,
    Params(ask): Params<LoadAsk>,
    bytes: axum::body::Bytes,
) -> Result<Json<JournalPlan>, Problem> {
    let (terminal, _) = own(&app, &who, path.id).await?;
    let (school, id) = (who.school, terminal.id);
    // A stick may have bad spots: what is not text is a damaged record, and the others are read.
    let read = move || yitong_journal::parse(&String::from_utf8_lossy(&bytes));
    let records = tokio::task::spawn_blocking(read).await;
    let records = records.map_err(|_| DbError::Panicked("read a journal's file"))?;
    let place = records.iter().find_map(|sealed| serde_json::from_str::<Place>(&sealed.payload).ok());
    let unreadable = || {
        let (zh, en) = ("不是终端的流水文件。", "This is not a terminal's journal.");
        Problem::bad("not_a_journal", zh, en).field("file")
    };
    let place = place.ok_or_else(unreadable)?;
    if place.terminal != id {
        let (zh, en) =
            ("这是另一台终端的流水，请到那台终端的页面补录。", "This is another terminal's journal; load it there.");
        return Err(Problem::bad("other_terminal", zh, en).field("file"));
    }
    let read = move |tx: &mut Tx<'_>| {
        let device = store::find_device(tx, school, id, place.journal)?;
        let of = Journal { school, terminal: id, number: place.journal };
        let known = match &device {
            Some(device) => journal_store::hashes(tx, of, 1, device.head.seq)?,
            None => Default::default(),
        };
        Ok(device.map(|device| (device, known)))
    };
    let (device, known) = app.db.read(read).await?.ok_or_else(unreadable)?;
    let held = Held { terminal: id, journal: device.journal, key: device.key, head: device.head };
    let judge = move || {
        let received = receive(&held, &records, |seq| known.get(&seq).copied());
        let asked = unended(&records, received.head.seq);
        (received, records, asked)
    };
    let judged = tokio::task::spawn_blocking(judge).await;
    let (received, records, asked) = judged.map_err(|_| DbError::Panicked("judge a journal's file"))?;
    let (mut plan, now) = (plan(&received, &device), app.now());
    let of = Journal { school, terminal: id, number: device.journal };
    if ask.apply {
        let asker = Asker { school, id, stall: terminal.stall, journal: device.journal, asked: app.now() };
        book(&app, of, asker, records, device.head.seq).await?;
        let note = who.note(&app);
        let after = json!({"journal": plan.journal, "fresh": plan.fresh, "sales": plan.sales, "fen": plan.amount.fen});
        let (name, asked) = (terminal.name, asked.clone());
        let write = move |tx: &mut Tx<'_>| {
            for finding in charged(tx, of, &asked)? {
                journal_store::found(tx, of, &finding, now)?;
            }
            let subject = Subject("terminal", &id.to_string(), &name);
            note.record(tx, "terminal.journal_loaded", subject, json!(null), after.clone())
        };
        app.db.write("a journal was loaded", write).await?;
    }
    let still = app.db.read(move |tx| charged(tx, of, &asked)).await?;
    plan.unended = u32::try_from(still.len()).unwrap_or(u32::MAX);
    Ok(Json(plan))
}

/// In parts, each of which begins behind what is booked.
async fn book(app: &App, of: Journal, asker: Asker, records: Vec<Sealed>, head: u64) -> Result<(), Problem> {
    let seqs = numbers(&records);
    let mut head = head;
    while let Some(at) = seqs.iter().position(|seq| *seq > head) {
        let part: Vec<Sealed> = records.iter().skip(at).take(RECORDS_MAX).cloned().collect();
        let taken = take_records(app, of, asker, Arc::new(part)).await?;
        if taken.head.seq <= head {
            break;
        }
        head = taken.head.seq;
    }
    Ok(())
}
