//! The end of a day: sticks of dead machines are carried to the office, leases are recounted from the journals, and the
//! auditor reads the books, and again when the night has passed.

use super::{BEGIN, Day, Outcome};
use crate::auditor::Books;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong_sync::{Body, Record};
use yitong_values::Timestamp;

/// Wednesday 2026-11-25 02:05 in China: what was charged twice has been given back.
const NIGHT: i64 = 1_795_543_500_000;

impl Day {
    pub(super) async fn finish(mut self) -> Outcome {
        self.signed_in_at = i64::MIN / 2;
        self.office().await;
        for number in 0..self.counters.len() {
            if self.counters[number].dead {
                self.carry_the_stick(number).await;
            }
            self.recount_leases(number);
            if self.telling {
                self.print_journal(number);
            }
        }
        let evening = self.books().await;
        self.now = NIGHT - BEGIN;
        self.set_clock();
        self.office().await;
        yitong::terminals::look(&self.school().app).await.expect("a look at the terminals");
        let morning = self.books().await;
        self.outcome.given_back = morning.twice.len();
        self.outcome.greens = self.auditor.greens();
        self.outcome.reds = self.auditor.reds;
        self.outcome.worst_open = self.auditor.worst_open;
        self.outcome.went_away = self.counters.iter().map(|counter| counter.cashier.went_away).sum();
        self.outcome.story = self.story;
        self.outcome.violations = self.auditor.clone().evening(&evening);
        self.outcome.violations.extend(self.auditor.night(&evening, &morning));
        self.outcome
    }

    async fn books(&mut self) -> Books {
        let people: Vec<Uuid> = self.hall_diners.iter().map(|diner| diner.id).collect();
        let (school, today) = (self.school(), Timestamp::from_ms(BEGIN).china_day());
        let mut books = school.books(today, &people).await;
        let findings = school.get(&school.path("offline-findings?all=true&limit=200")).await.expect(200);
        let found = findings["items"].as_array().cloned().unwrap_or_default();
        let of_kind = |kind: &str| found.iter().filter(|of| of["kind"] == kind).filter_map(purchase_of).collect();
        (books.replays, books.unended, books.twice) = (of_kind("replay"), of_kind("unended"), of_kind("twice"));
        self.outcome.findings = found.len();
        books
    }

    /// A machine is dead: its disk is read elsewhere, and the office loads the file.
    pub(super) async fn carry_the_stick(&mut self, number: usize) {
        let till = &self.counters[number].till;
        let text = match till.export() {
            Ok(text) => text,
            Err(why) => return self.auditor.broken(format!("the journal of till {number} can't be read: {why}")),
        };
        let path = format!("terminals/{}/journal-file?apply=true", till.identity.terminal);
        let school = self.school();
        let plan = school.post_text(&school.path(&path), text).await.expect(200);
        if plan["problem"] != Value::Null {
            self.auditor.broken(format!("the file of till {number}: {plan}"));
        }
    }

    /// For whoever looks for the reason of a failed day.
    fn print_journal(&self, number: usize) {
        let Ok(text) = self.counters[number].till.export() else { return };
        for sealed in yitong_journal::parse(&text) {
            let Ok(record) = serde_json::from_str::<Record>(&sealed.payload) else { continue };
            let what = match &record.body {
                Body::Intent { sale } => format!("asks about {} for {}", sale.purchase, sale.amount),
                Body::Confirmed { purchase, .. } => format!("confirms {purchase}"),
                Body::Sold { sale, how } => {
                    format!("sells {} for {} on lease {:?}", sale.purchase, how.charged, how.lease)
                }
                Body::Refused { sale, code, online, .. } => {
                    format!("refuses {}: {code}{}", sale.purchase, if *online { ", says the server" } else { "" })
                }
                other => format!("{other:?}"),
            };
            println!("till {number}, record {} at {}: {what}", record.seq, record.stamp.at);
        }
    }

    /// From the journals themselves: no lease gave more than it had.
    pub(super) fn recount_leases(&mut self, number: usize) {
        let counter = &self.counters[number];
        let Ok(text) = counter.till.export() else { return };
        let mut used: BTreeMap<u32, i64> = BTreeMap::new();
        for sealed in yitong_journal::parse(&text) {
            let Ok(record) = serde_json::from_str::<Record>(&sealed.payload) else { continue };
            if let Body::Sold { how, .. } = record.body
                && how.charged.fen() > 0
            {
                *used.entry(how.lease.unwrap_or(0)).or_default() += how.charged.fen();
            }
        }
        for (serial, sold) in used {
            let lease = counter.leases.get(&serial).copied().unwrap_or(0);
            if sold > lease {
                self.auditor.over_lease(number, sold, lease);
            }
        }
    }
}

fn purchase_of(finding: &Value) -> Option<Uuid> {
    finding["purchase"].as_str()?.parse().ok()
}
