//! Terminals without the office's pages: for the demo, the bench and the simulator, through the same store.

use super::doorbell_http;
use super::enrol::{Machine, enrol as enrol_machine};
use super::enrol_http::ticket_hash;
use super::fleet::Placed;
use super::guard::Device;
use super::journal_http::take_records;
use super::journal_store::Journal;
use super::store;
use super::ticket::{LIFE_MS, Ticket};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use std::sync::Arc;
use yitong_sync::wire::fleet::Versions;
use yitong_sync::{Head, PublicKey, Sealed};
use yitong_values::{SchoolId, StallId, TerminalId};

/// A terminal where nobody stands yet.
pub async fn add(app: &App, school: SchoolId, placed: Placed) -> Result<TerminalId, DbError> {
    let (id, now) = (TerminalId::new(app.new_id()), app.now());
    app.db.write("add a terminal", move |tx| store::insert(tx, school, id, &placed, now)).await?;
    Ok(id)
}

/// An enrolment code for it.
pub async fn code(app: &App, school: SchoolId, id: TerminalId) -> Result<Ticket, DbError> {
    let mut random = [0u8; 5];
    getrandom::fill(&mut random).expect("the operating system gives random bytes");
    let (made, now) = (Ticket::new(random), app.now());
    let hash = ticket_hash(app, &made);
    let write = move |tx: &mut Tx<'_>| store::put_ticket(tx, &hash, school, id, now, now.plus_ms(LIFE_MS));
    app.db.write("make an enrolment code", write).await?;
    Ok(made)
}

/// Those of a school that no machine stands at, with their names.
pub async fn waiting(app: &App, school: SchoolId) -> Result<Vec<(TerminalId, String)>, DbError> {
    let all = app.db.read(move |tx| store::all(tx, school)).await?;
    let waits = |of: &super::fleet::Terminal| of.journal == 0 && of.revoked_at.is_none();
    Ok(all.into_iter().filter(waits).map(|of| (of.id, of.name)).collect())
}

/// A machine with this key, by a code. The number of its journal; none when the code is not good.
pub async fn enrol(app: &App, ticket: &Ticket, key: PublicKey) -> Result<Option<u32>, DbError> {
    let (hash, now) = (ticket_hash(app, ticket), app.now());
    let machine = Machine { key, hardware: String::new(), version: env!("CARGO_PKG_VERSION").into() };
    let write = move |tx: &mut Tx<'_>| enrol_machine(tx, &hash, &machine, now);
    Ok(app.db.write("enrol a terminal", write).await?.ok().map(|made| made.journal))
}

/// What the doorbell would say to a terminal now; it waits for nothing.
pub async fn ring(app: &App, id: TerminalId) -> Result<Option<Versions>, DbError> {
    let Some(caller) = app.db.read(move |tx| store::caller(tx, id)).await? else { return Ok(None) };
    let (school, stall, journal) = (caller.school, caller.stall, caller.journal);
    let device = Device { school, id, stall, journal, asked: app.now() };
    doorbell_http::now(app, &device).await
}

/// Records of a journal, as if its terminal had sent them: how far it is booked then.
pub async fn take_journal(
    app: &App,
    (school, terminal, stall): (SchoolId, TerminalId, StallId),
    journal: u32,
    records: Vec<Sealed>,
) -> Result<Head, Problem> {
    let device = Device { school, id: terminal, stall, journal, asked: app.now() };
    let of = Journal { school, terminal, number: journal };
    Ok(take_records(app, of, device, Arc::new(records)).await?.head)
}
