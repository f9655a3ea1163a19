//! Taking records: each is booked and kept in one unit. What was sold and eaten is never decided again; what does not
//! fit is put aside with an alarm, and the rest goes on.

use super::alarm::Alarm;
use super::journal_store::{self, Finding, Journal, NewRecord, Shown};
use super::{alarm_store, lend_store, store};
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::purchases::{self, Booked, Eaten, TurnedAway};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;
use yitong_sync::{Body, Head, Problem, Sealed};
use yitong_values::{Cents, EntryId, PersonId, StallId, Timestamp};

/// A record with everything that can be known of it before the unit.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) seq: u64,
    pub(super) sealed: Sealed,
    pub(super) step: Step,
    /// Of an entry that it may make, made at the edge.
    pub(super) entry: EntryId,
}

/// What is to be done about a record.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Nothing but keeping it.
    Keep {
        kind: &'static str,
        purchase: Option<EntryId>,
    },
    /// The server said yes; should it have forgotten, the sale is booked as it was confirmed.
    Confirmed {
        purchase: EntryId,
        amount: Cents,
        forgotten: Option<Box<Eaten>>,
    },
    Sold(Box<Offline>),
    Refused(Box<TurnedAway>),
    GivenUp(Box<TurnedAway>),
    Undone {
        purchase: EntryId,
    },
    Noted {
        code: String,
        detail: String,
    },
    Aside {
        why: String,
    },
}

/// A sale that the terminal made by itself.
#[derive(Clone, Debug)]
pub(super) struct Offline {
    pub(super) eaten: Eaten,
    pub(super) lease: Option<u32>,
    pub(super) serial: Option<u32>,
    pub(super) use_order: Option<i64>,
    /// The keyed hash of the card whose number was read.
    pub(super) card: Option<Vec<u8>>,
}

impl Step {
    fn kind(&self) -> &'static str {
        match self {
            Step::Keep { kind, .. } => kind,
            Step::Confirmed { .. } => "confirmed",
            Step::Sold(_) => "sold",
            Step::Refused(_) => "refused",
            Step::GivenUp(_) => "given_up",
            Step::Undone { .. } => "undone",
            Step::Noted { .. } => "noted",
            Step::Aside { .. } => "aside",
        }
    }

    fn purchase(&self) -> Option<EntryId> {
        match self {
            Step::Keep { purchase, .. } => *purchase,
            Step::Confirmed { purchase, .. } | Step::Undone { purchase } => Some(*purchase),
            Step::Sold(sold) => Some(sold.eaten.id),
            Step::Refused(away) | Step::GivenUp(away) => Some(away.id),
            Step::Noted { .. } | Step::Aside { .. } => None,
        }
    }
}

/// The word under which a record is kept, and the purchase that it speaks of.
pub(super) fn plain(body: &Body) -> Step {
    let keep = |kind, purchase| Step::Keep { kind, purchase };
    match body {
        Body::Opened { .. } => keep("opened", None),
        Body::Intent { sale } => keep("intent", Some(sale.purchase)),
        Body::ShiftOpened { .. } => keep("shift_opened", None),
        Body::ShiftClosed { .. } => keep("shift_closed", None),
        Body::Noted { code, detail } => Step::Noted { code: code.clone(), detail: detail.clone() },
        Body::Confirmed { purchase, .. } | Body::GivenUp { purchase } | Body::Undone { purchase, .. } => {
            keep("other", Some(*purchase))
        }
        Body::Sold { sale, .. } | Body::Refused { sale, .. } => keep("other", Some(sale.purchase)),
    }
}

/// A batch that was judged: where its journal stood, and where it stands after it.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) journal: Journal,
    pub(super) before: Head,
    pub(super) after: Head,
    pub(super) problem: Option<Problem>,
    pub(super) records: Vec<Ready>,
    /// For alarms.
    pub(super) id: Uuid,
    pub(super) now: Timestamp,
}

/// What a sale or its undoing means for pages that look on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) stall: Option<StallId>,
    pub(super) fen: i64,
    pub(super) at: Timestamp,
    pub(super) outcome: &'static str,
}

#[derive(Debug)]
pub(super) enum Taken {
    Done {
        aside: Vec<(u64, String)>,
        told: Vec<Told>,
    },
    /// Another batch of this journal was faster: judge it again.
    Moved,
}

pub(super) fn take(tx: &mut Tx<'_>, batch: &Batch) -> Result<Taken, DbError> {
    let of = batch.journal;
    journal_store::lock(tx, of)?;
    let device = store::find_device(tx, of.school, of.terminal, of.number)?;
    if device.is_none_or(|device| device.head != batch.before) {
        return Ok(Taken::Moved);
    }
    lock_all(tx, batch)?;
    let mut taking = Taking::new(tx, batch)?;
    let mut run: Vec<&Offline> = Vec::new();
    for record in &batch.records {
        // Sales are booked together; whatever else touches a purchase sees those before it booked.
        match &record.step {
            Step::Sold(sold) => run.push(sold),
            Step::Keep { .. } => {}
            _ => {
                taking.sell(tx, &std::mem::take(&mut run))?;
                taking.other(tx, record)?;
            }
        }
    }
    taking.sell(tx, &run)?;
    taking.finish(tx)
}

/// Sales that stand one after the other lock their payers together. Where others stand between them, all payers of the
/// batch are locked first: terminals that locked some, and then some more, would wait for each other.
fn lock_all(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), DbError> {
    let together = |record: &Ready| matches!(record.step, Step::Sold(_) | Step::Keep { .. });
    if batch.records.iter().all(together) {
        return Ok(());
    }
    let mut persons = Vec::with_capacity(batch.records.len());
    for record in &batch.records {
        persons.extend(match &record.step {
            Step::Sold(sold) => sold.eaten.person,
            Step::Confirmed { forgotten, .. } => forgotten.as_ref().and_then(|eaten| eaten.person),
            Step::Undone { purchase } => purchases::booked(tx, batch.journal.school, *purchase)?.and_then(|of| of.0),
            Step::GivenUp(away) => purchases::booked(tx, batch.journal.school, away.id)?.and_then(|of| of.0),
            _ => None,
        });
    }
    purchases::lock_accounts(tx, batch.journal.school, &persons)
}

struct Taking<'a> {
    batch: &'a Batch,
    shown: HashMap<u32, Shown>,
    /// Of records of this batch that hold a sale.
    seqs: HashMap<EntryId, u64>,
    aside: Vec<(u64, String)>,
    told: Vec<Told>,
    findings: Vec<Finding>,
    leases: BTreeMap<u32, (Cents, u32)>,
    alarms: BTreeMap<Alarm, String>,
}

impl<'a> Taking<'a> {
    fn new(tx: &mut Tx<'_>, batch: &'a Batch) -> Result<Taking<'a>, DbError> {
        let sold = batch.records.iter().filter_map(|record| match &record.step {
            Step::Sold(sold) => Some((record.seq, sold)),
            _ => None,
        });
        let serials: BTreeSet<u32> = sold.clone().filter_map(|(_, sold)| sold.serial).collect();
        let serials: Vec<u32> = serials.into_iter().collect();
        Ok(Taking {
            batch,
            shown: journal_store::shown(tx, batch.journal.school, &serials)?,
            seqs: sold.map(|(seq, sold)| (sold.eaten.id, seq)).collect(),
            aside: Vec::new(),
            told: Vec::new(),
            findings: Vec::new(),
            leases: BTreeMap::new(),
            alarms: BTreeMap::new(),
        })
    }

    /// Books sales that stand one after the other.
    fn sell(&mut self, tx: &mut Tx<'_>, sold: &[&Offline]) -> Result<(), DbError> {
        if sold.is_empty() {
            return Ok(());
        }
        let mut sales = Vec::with_capacity(sold.len());
        for offline in sold {
            sales.push(self.charged_to(tx, offline)?);
        }
        let booked = purchases::book_eaten(tx, self.batch.journal.school, &sales, self.batch.now)?;
        for (offline, booked) in sold.iter().zip(booked) {
            self.sold(offline, booked);
        }
        Ok(())
    }

    /// Who pays: the person whom the terminal named, if the code is really theirs and was not reported lost before.
    fn charged_to(&mut self, tx: &mut Tx<'_>, offline: &Offline) -> Result<Eaten, DbError> {
        let mut eaten = offline.eaten.clone();
        if let Some(card) = &offline.card {
            self.card_is_theirs(tx, &mut eaten, card)?;
        }
        let Some(serial) = offline.serial else { return Ok(eaten) };
        let person = eaten.person;
        match self.shown.get(&serial) {
            None => {
                eaten.person = None;
                self.find(&eaten, "risk", person, eaten.charged, format!("no code {serial}"));
            }
            Some(shown) if Some(shown.person) != person => {
                eaten.person = None;
                self.find(&eaten, "risk", person, eaten.charged, format!("code {serial} is another person's"));
            }
            // Whoever reported it could do no more: the finder's lunch is not theirs, whether or not the terminal's list
            // knew it.
            Some(shown) if shown.lost_at.is_some_and(|lost| lost <= eaten.at) => {
                eaten.person = None;
                let late = shown.lost_at.map_or(0, |lost| eaten.at.since(lost) / 1000);
                self.find(&eaten, "late_loss", person, eaten.charged, format!("{late} s after code {serial} was lost"));
            }
            Some(shown) if shown.status == "replaced" => {
                self.find(&eaten, "replaced", person, eaten.charged, format!("code {serial} was replaced"));
            }
            Some(_) => {}
        }
        if let Some(order) = offline.use_order {
            let last = self.shown.get(&serial).map_or(-1, |shown| shown.last_use);
            let school = self.batch.journal.school;
            let mut again = journal_store::used(tx, school, serial, order, eaten.id)?;
            again |= order == last && purchases::booked(tx, school, eaten.id)?.is_none();
            // Used later as well: the last use says nothing of this one.
            if let (Some(person), true) = (person, !again && order < last) {
                again = purchases::paid_with(tx, school, person, (serial, order), eaten.id)?;
            }
            if again {
                self.find(&eaten, "replay", person, eaten.charged, format!("use {order} of code {serial} paid twice"));
            }
        }
        Ok(eaten)
    }

    /// The same of a card whose number named the payer.
    fn card_is_theirs(&mut self, tx: &mut Tx<'_>, eaten: &mut Eaten, card: &[u8]) -> Result<(), DbError> {
        let person = eaten.person;
        match people::card_holder(tx, self.batch.journal.school, card)? {
            Some(holder) if Some(holder.person) == person => {
                if let Some(lost) = holder.lost_at.filter(|lost| *lost <= eaten.at) {
                    eaten.person = None;
                    let late = eaten.at.since(lost) / 1000;
                    self.find(eaten, "late_loss", person, eaten.charged, format!("{late} s after the card was lost"));
                }
            }
            _ => {
                eaten.person = None;
                self.find(eaten, "risk", person, eaten.charged, "the card is another person's".into());
            }
        }
        Ok(())
    }

    fn find(&mut self, sale: &Eaten, kind: &'static str, person: Option<PersonId>, fen: Cents, detail: String) {
        self.findings.push(Finding { purchase: sale.id, kind, person, fen, sold_at: sale.at, detail });
    }

    fn sold(&mut self, offline: &Offline, booked: Booked) {
        let sale = &offline.eaten;
        match booked {
            Booked::Now { short, at_risk } => {
                if let Some(serial) = offline.lease {
                    let used = self.leases.entry(serial).or_default();
                    *used = (used.0.plus(sale.charged).unwrap_or(used.0), used.1 + 1);
                }
                let known = self.findings.iter().any(|found| found.purchase == sale.id && found.kind != "replay");
                if at_risk && !known {
                    self.find(sale, "risk", sale.person, sale.charged, "no such person".into());
                }
                if !at_risk && short > Cents::ZERO {
                    self.find(sale, "short", sale.person, short, "later".into());
                }
                let (stall, fen, at) = (Some(sale.stall), sale.charged.fen(), sale.at);
                self.told.push(Told { stall, fen, at, outcome: "paid" });
            }
            Booked::Before => self.findings.retain(|found| found.purchase != sale.id),
            Booked::Contradicts => {
                self.findings.retain(|found| found.purchase != sale.id);
                let seq = self.seqs.get(&sale.id).copied().unwrap_or(0);
                self.aside.push((seq, "its name was answered with another content".into()));
            }
        }
    }

    fn other(&mut self, tx: &mut Tx<'_>, record: &Ready) -> Result<(), DbError> {
        let (school, now) = (self.batch.journal.school, self.batch.now);
        match &record.step {
            Step::Confirmed { purchase, amount, forgotten } => {
                match (purchases::booked(tx, school, *purchase)?, forgotten) {
                    (Some((_, booked)), _) if booked == *amount => {}
                    (Some(_), _) => self.aside.push((record.seq, "it was booked with another amount".into())),
                    (None, Some(eaten)) => {
                        let offline = Offline {
                            eaten: (**eaten).clone(),
                            lease: None,
                            serial: None,
                            use_order: None,
                            card: None,
                        };
                        self.seqs.insert(*purchase, record.seq);
                        self.sell(tx, &[&offline])?;
                    }
                    (None, None) => self.aside.push((record.seq, "it is not booked, and nobody knows it".into())),
                }
            }
            Step::GivenUp(_) | Step::Undone { .. } if !self.is_own(tx, record)? => {
                self.aside.push((record.seq, "it is about a sale of another terminal".into()));
            }
            Step::GivenUp(away) => {
                self.take_back(tx, away.id, record.entry, "终端放弃：顾客未付款")?;
                purchases::keep_refused(tx, school, away, now)?;
            }
            Step::Undone { purchase } => self.take_back(tx, *purchase, record.entry, "终端撤销")?,
            Step::Refused(away) => {
                if purchases::keep_refused(tx, school, away, now)? {
                    let (stall, at) = (Some(away.stall), now);
                    self.told.push(Told { stall, fen: 0, at, outcome: "refused" });
                }
            }
            Step::Noted { code, detail } => {
                self.alarms.insert(Alarm::Noted, format!("{code}: {detail}"));
            }
            Step::Aside { why } => self.aside.push((record.seq, why.clone())),
            Step::Keep { .. } | Step::Sold(_) => {}
        }
        Ok(())
    }

    /// A terminal takes back what it sold, not what it heard of.
    fn is_own(&self, tx: &mut Tx<'_>, record: &Ready) -> Result<bool, DbError> {
        let Some(purchase) = record.step.purchase() else { return Ok(false) };
        let says = |of: &Ready| {
            of.step.purchase() == Some(purchase) && matches!(of.step.kind(), "intent" | "sold" | "confirmed")
        };
        let mut before = self.batch.records.iter().filter(|of| of.seq < record.seq);
        Ok(before.any(says) || journal_store::is_own(tx, self.batch.journal, purchase)?)
    }

    fn take_back(&mut self, tx: &mut Tx<'_>, purchase: EntryId, id: EntryId, why: &str) -> Result<(), DbError> {
        let (school, now) = (self.batch.journal.school, self.batch.now);
        if let Some((stall, fen)) = purchases::take_back(tx, school, purchase, id, why, now)? {
            self.told.push(Told { stall, fen: -fen, at: now, outcome: "reversed" });
        }
        Ok(())
    }

    fn finish(mut self, tx: &mut Tx<'_>) -> Result<Taken, DbError> {
        let (batch, of, now) = (self.batch, self.batch.journal, self.batch.now);
        let (school, terminal) = (of.school, of.terminal);
        let kept = batch.records.iter().map(|record| NewRecord {
            seq: record.seq,
            kind: record.step.kind(),
            purchase: record.step.purchase(),
            sealed: &record.sealed,
        });
        journal_store::insert_records(tx, of, &kept.collect::<Vec<_>>(), now)?;
        for (seq, why) in &self.aside {
            let payload = batch.records.iter().find(|record| record.seq == *seq);
            let payload = payload.map_or("", |record| record.sealed.payload.as_str());
            journal_store::put_aside(tx, of, *seq, why, payload, now)?;
            self.alarms.insert(Alarm::Aside, format!("record {seq}: {why}"));
        }
        self.leases(tx)?;
        for finding in &self.findings {
            journal_store::found(tx, of, finding, now)?;
        }
        let trouble = batch.problem.filter(|problem| *problem != Problem::Gap).map(Problem::word);
        journal_store::advance(tx, of, batch.after, trouble)?;
        match batch.problem {
            Some(problem) => {
                let detail = format!("journal {}, after record {}", of.number, batch.after.seq);
                self.alarms.insert(problem.into(), detail);
            }
            None if !batch.records.is_empty() => drop(alarm_store::clear(tx, (school, terminal), Alarm::Gap, now)?),
            None => {}
        }
        for (alarm, detail) in &self.alarms {
            alarm_store::raise(tx, (school, terminal), *alarm, batch.id, detail, now)?;
        }
        Ok(Taken::Done { aside: self.aside, told: self.told })
    }

    /// What was sold on each lease; one that gave more than it had is an alarm.
    fn leases(&mut self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let (school, terminal) = (self.batch.journal.school, self.batch.journal.terminal);
        for (serial, (fen, uses)) in std::mem::take(&mut self.leases) {
            lend_store::used(tx, (school, terminal), serial, fen, uses)?;
            let lease = lend_store::find(tx, school, terminal, serial)?;
            if lease.is_none_or(|lease| lease.used > lease.sum || lease.uses > lease.count) {
                self.alarms.insert(Alarm::OverLease, format!("lease {serial}"));
            }
        }
        Ok(())
    }
}
