//! Journals over HTTP: records as a terminal sends them, or as somebody brings them in a file when it is dead.

use super::guard::{Device, Signed};
use super::journal::{self, Batch, Offline, Ready, Step, Taken, Told, plain, take};
use super::journal_store::{self, Journal};
use super::sales_http::{lines, selling};
use super::store;
use crate::App;
use crate::credentials;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::Problem;
use crate::plumbing::seal::Seal;
use crate::purchases::{self, Eaten, KeptItem, TurnedAway};
use crate::schools::{Facts, facts_of};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::{Trace, TraceLine, period_at};
use yitong_sync::wire::journal::{BYTES_MAX, Batch as SentBatch, Quarantined, RECORDS_MAX, Receipt};
use yitong_sync::{
    Body, Fate, Hash, Head, Held, How, PayerShown, Problem as Trouble, Received, Record, Sale, Sealed, receive,
};
use yitong_values::{Cents, EntryId, PersonId, UserId};

/// Another batch of the same journal is rare: a terminal that asks again because the answer was lost.
const TRIES: usize = 8;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(send))
}

/// Records up: taken in their order, each once. The answer says how far they are booked.
#[utoipa::path(post, path = "/terminal/journal", tag = "terminals", request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = 413), (status = 422)), security(("device" = [])))]
async fn send(State(app): State<App>, Signed(device, batch): Signed<SentBatch>) -> Result<Json<Receipt>, Problem> {
    let bytes: usize = batch.records.iter().map(|record| record.payload.len() + 100).sum();
    if batch.records.len() > RECORDS_MAX || bytes > BYTES_MAX {
        let (zh, en) = ("一次最多 500 条记录、1 MB。", "At most 500 records and 1 MB at once.");
        return Err(Problem::refused(StatusCode::PAYLOAD_TOO_LARGE, "batch_too_large", zh, en).field("records"));
    }
    let journal = Journal { school: device.school, terminal: device.id, number: batch.journal };
    let taken = take_records(&app, journal, device, Arc::new(batch.records)).await?;
    Ok(Json(receipt(&app, taken)))
}

fn receipt(app: &App, of: TakenRecords) -> Receipt {
    let quarantined = of.aside.into_iter().map(|(seq, why)| Quarantined { seq, why }).collect();
    Receipt { head: of.head, quarantined, problem: of.problem, server: app.now() }
}

/// How far a journal is booked, and what was put aside on the way.
#[derive(Debug)]
pub(super) struct TakenRecords {
    pub(super) head: Head,
    pub(super) aside: Vec<(u64, String)>,
    pub(super) problem: Option<Trouble>,
}

/// Judges and books records of one journal.
pub(super) async fn take_records(
    app: &App,
    of: Journal,
    device: Device,
    records: Arc<Vec<Sealed>>,
) -> Result<TakenRecords, Problem> {
    for _ in 0..TRIES {
        let (held, received) = judge(app, of, &records).await?;
        let batch = ready(app, of, device, &held, &received, &records).await?;
        if let Some(done) = book(app, batch, received.problem).await? {
            return Ok(done);
        }
    }
    Err(DbError::Conflict.into())
}

/// The chain, before anything is booked. A signature costs more than the booking, so it is verified on a thread of its
/// own.
async fn judge(app: &App, of: Journal, records: &Arc<Vec<Sealed>>) -> Result<(Held, Received), Problem> {
    #[derive(serde::Deserialize)]
    struct Numbered {
        seq: u64,
    }
    let first = records.iter().filter_map(|sealed| serde_json::from_str::<Numbered>(&sealed.payload).ok()).next();
    let from = first.map_or(u64::MAX, |first| first.seq);
    let read = move |tx: &mut Tx<'_>| {
        let device = store::find_device(tx, of.school, of.terminal, of.number)?;
        let Some(device) = device else { return Ok(None) };
        let known = match from <= device.head.seq {
            true => journal_store::hashes(tx, of, from, from.saturating_add(RECORDS_MAX as u64))?,
            false => HashMap::new(),
        };
        Ok(Some((device, known)))
    };
    let Some((device, known)) = app.db.read(read).await? else {
        let (zh, en) = ("终端没有这本流水。", "The terminal has no such journal.");
        return Err(Problem::conflict("journal_unknown", zh, en).field("journal"));
    };
    let held = Held { terminal: of.terminal, journal: of.number, key: device.key, head: device.head };
    let records = Arc::clone(records);
    let judged = tokio::task::spawn_blocking(move || {
        let hash_of = |seq: u64| -> Option<Hash> { known.get(&seq).copied() };
        (held, receive(&held, &records, hash_of))
    });
    judged.await.map_err(|_| DbError::Panicked("judge a journal").into())
}

/// Everything that needs no transaction: places, dishes, names of entries to come.
async fn ready(
    app: &App,
    of: Journal,
    device: Device,
    held: &Held,
    received: &Received,
    records: &[Sealed],
) -> Result<Batch, Problem> {
    let facts = facts_of(app, of.school).await?;
    let mut ready = Vec::with_capacity(received.fates.len());
    let mut intents: HashMap<EntryId, Sale> = HashMap::new();
    for (fate, sealed) in received.fates.iter().zip(records) {
        let (seq, step) = match fate {
            Fate::Known { .. } => continue,
            Fate::Quarantine { seq, why } => (*seq, Step::Aside { why: why.to_string() }),
            Fate::Take(record) => {
                if let Body::Intent { sale } = &record.body {
                    intents.insert(sale.purchase, sale.clone());
                }
                (record.seq, step(app, &Seen { of, device, facts: &facts, seal: &app.seal }, record, &intents).await?)
            }
        };
        ready.push(Ready { seq, sealed: sealed.clone(), step, entry: EntryId::new(app.new_id()) });
    }
    let (id, now) = (app.new_id(), app.now());
    let (before, after, problem) = (held.head, received.head, received.problem);
    Ok(Batch { journal: of, before, after, problem, records: ready, id, now })
}

struct Seen<'a> {
    of: Journal,
    device: Device,
    facts: &'a Facts,
    seal: &'a Seal,
}

async fn step(app: &App, seen: &Seen<'_>, record: &Record, intents: &HashMap<EntryId, Sale>) -> Result<Step, Problem> {
    Ok(match &record.body {
        Body::Sold { sale, how } => Step::Sold(Box::new(seen.offline(sale, how))),
        Body::Confirmed { purchase, amount, .. } => {
            let (school, id) = (seen.of.school, *purchase);
            let booked = app.db.read(move |tx| purchases::booked(tx, school, id)).await?;
            // A copy of the database was put back: what it has forgotten stands in the journal.
            let forgotten = match booked {
                Some(_) => None,
                None => seen.forgotten(app, id, *amount, intents).await?,
            };
            Step::Confirmed { purchase: id, amount: *amount, forgotten: forgotten.map(Box::new) }
        }
        Body::GivenUp { purchase } => {
            let intent = intent(app, seen.of, *purchase, intents).await?;
            Step::GivenUp(Box::new(seen.turned_away(*purchase, intent.as_ref(), "given_up", "")))
        }
        Body::Undone { purchase, .. } => Step::Undone { purchase: *purchase },
        // The server's own refusal is known; the terminal's is kept, so that guardians can ask why.
        Body::Refused { sale, online: true, .. } => Step::Keep { kind: "refused", purchase: Some(sale.purchase) },
        Body::Refused { sale, code, trace, online: false } => {
            Step::Refused(Box::new(seen.turned_away(sale.purchase, Some(sale), code, trace)))
        }
        other => plain(other),
    })
}

/// What a purchase was meant to be: of this batch, else of an earlier one.
async fn intent(
    app: &App,
    of: Journal,
    purchase: EntryId,
    intents: &HashMap<EntryId, Sale>,
) -> Result<Option<Sale>, Problem> {
    if let Some(sale) = intents.get(&purchase) {
        return Ok(Some(sale.clone()));
    }
    let school = of.school;
    let payload = app.db.read(move |tx| journal_store::intent(tx, school, purchase)).await?;
    let record = payload.and_then(|payload| serde_json::from_str::<Record>(&payload).ok());
    Ok(record.and_then(|record| match record.body {
        Body::Intent { sale } => Some(sale),
        _ => None,
    }))
}

fn items(sale: &Sale) -> Vec<KeptItem> {
    let item = |item: &yitong_sync::Item| {
        let (d, r) = (item.dish.uuid(), item.revision.uuid());
        match item.grams {
            Some(grams) => KeptItem { d, r, n: format!("{} {grams}g", item.name), c: 1, p: item.amount.fen() },
            None => KeptItem { d, r, n: item.name.clone(), c: item.count, p: item.price.fen() },
        }
    };
    sale.items.iter().map(item).collect()
}

fn nobody() -> UserId {
    UserId::new(Uuid::nil())
}

impl Seen<'_> {
    fn eaten(&self, sale: &Sale, person: Option<PersonId>, charged: Cents, trace: &str) -> Eaten {
        let lines = lines(sale);
        let period = period_at(&self.facts.periods, self.facts.day_kind(sale.at.china_day()), sale.at);
        Eaten {
            id: sale.purchase,
            terminal: self.of.terminal,
            person,
            stall: sale.stall,
            stall_name: self.facts.stall(sale.stall).map_or(String::new(), |(stall, _)| stall.name.clone()),
            charged,
            at: sale.at,
            mode: sale.mode.clone(),
            period: period.map(|period| period.id),
            items: items(sale),
            later: sale.collect_later,
            cashier: sale.cashier.unwrap_or_else(nobody),
            trace: trace.to_owned(),
            digest: selling(&self.device, sale, &lines, &[]).digest(),
        }
    }

    fn offline(&self, sale: &Sale, how: &How) -> Offline {
        Offline {
            eaten: self.eaten(sale, Some(how.person), how.charged, &how.trace),
            lease: how.lease,
            serial: how.serial,
            use_order: how.use_order.and_then(|order| i64::try_from(order).ok()),
            card: match &sale.payer {
                PayerShown::Card(number) => Some(people::card_hash(self.seal, self.of.school, number)),
                PayerShown::Code(_) | PayerShown::Person(_) => None,
            },
        }
    }

    /// A sale that was confirmed, and that the server does not have.
    async fn forgotten(
        &self,
        app: &App,
        purchase: EntryId,
        amount: Cents,
        intents: &HashMap<EntryId, Sale>,
    ) -> Result<Option<Eaten>, Problem> {
        let Some(sale) = intent(app, self.of, purchase, intents).await? else { return Ok(None) };
        let school = self.of.school;
        let person = match &sale.payer {
            PayerShown::Person(person) => Some(*person),
            PayerShown::Card(number) => {
                let hash = people::card_hash(&app.seal, school, number);
                app.db.read(move |tx| people::card_holder(tx, school, &hash)).await?.map(|holder| holder.person)
            }
            PayerShown::Code(code) => match app.credentials.verify(&app.db, school, code.trim(), sale.at).await? {
                Ok(verified) => {
                    let serial = verified.serial();
                    let found = app.db.read(move |tx| credentials::find_by_serial(tx, school, serial)).await?;
                    found.map(|facts| facts.person)
                }
                Err(_) => None,
            },
        };
        let second = sale.duplicate_confirmed.then_some(TraceLine::Duplicate { ok: true, seconds: 0 });
        let trace = Trace(second.into_iter().collect()).text();
        Ok(Some(self.eaten(&sale, person, amount, &trace)))
    }

    fn turned_away(&self, id: EntryId, sale: Option<&Sale>, code: &str, trace: &str) -> TurnedAway {
        let stall = sale.map_or(self.device.stall, |sale| sale.stall);
        TurnedAway {
            id,
            person: sale.and_then(|sale| match sale.payer {
                PayerShown::Person(person) => Some(person),
                PayerShown::Code(_) | PayerShown::Card(_) => None,
            }),
            stall,
            stall_name: self.facts.stall(stall).map_or(String::new(), |(stall, _)| stall.name.clone()),
            amount: sale.map_or(Cents::ZERO, |sale| sale.amount),
            code: code.to_owned(),
            trace: trace.to_owned(),
            mode: sale.map_or_else(|| "amount".into(), |sale| sale.mode.clone()),
            items: sale.map_or_else(Vec::new, items),
            cashier: sale.and_then(|sale| sale.cashier).unwrap_or_else(nobody),
        }
    }
}

/// Books a batch; `None` when another was faster. A record that can't be booked does not take its neighbours with it: it
/// is put aside, and the rest goes on.
async fn book(app: &App, batch: Batch, problem: Option<Trouble>) -> Result<Option<TakenRecords>, Problem> {
    let (school, head) = (batch.journal.school, batch.after);
    let taken = batch.records.len();
    let whole = batch.clone();
    let booked = app.db.write_locking("take a journal", move |tx| take(tx, &whole)).await;
    let (aside, told) = match booked {
        Ok(Taken::Moved) => return Ok(None),
        Ok(Taken::Done { aside, told }) => (aside, told),
        Err(DbError::Constraint(_) | DbError::Broken(_) | DbError::Panicked(_)) if taken > 0 => {
            match one_by_one(app, batch).await? {
                Some(done) => done,
                None => return Ok(None),
            }
        }
        Err(why) => return Err(why.into()),
    };
    for Told { stall, fen, at, outcome } in told {
        app.live.tell(school, purchases::Sale { stall, fen, at, outcome });
    }
    Ok(Some(TakenRecords { head, aside, problem }))
}

type Done = (Vec<(u64, String)>, Vec<Told>);

async fn one_by_one(app: &App, batch: Batch) -> Result<Option<Done>, Problem> {
    let (mut aside, mut told) = (Vec::new(), Vec::new());
    let mut before = batch.before;
    let last = batch.records.len() - 1;
    for (i, record) in batch.records.iter().enumerate() {
        let after = if i == last { batch.after } else { Head { seq: record.seq, hash: record.sealed.hash() } };
        let problem = batch.problem.filter(|_| i == last);
        let mut one = Batch { before, after, problem, records: vec![record.clone()], ..batch.clone() };
        for _ in 0..2 {
            let unit = one.clone();
            match app.db.write_locking("take a record", move |tx| journal::take(tx, &unit)).await {
                Ok(Taken::Moved) => return Ok(None),
                Ok(Taken::Done { aside: put, told: heard }) => {
                    aside.extend(put);
                    told.extend(heard);
                    break;
                }
                Err(why @ (DbError::Constraint(_) | DbError::Broken(_) | DbError::Panicked(_))) => {
                    tracing::error!(error = %why, seq = record.seq, "a record can't be booked, and is put aside");
                    one.records[0].step = Step::Aside { why: "it can't be booked".into() };
                }
                Err(why) => return Err(why.into()),
            }
        }
        before = after;
    }
    Ok(Some((aside, told)))
}
