//! What goes over the wires: requests that reach the server, answers that reach a till, and what the auditor overhears
//! at the server's door.

use super::{DOORBELL_LOOK_MS, DOORBELL_MS, Day, Down, Listening, Up, WARM_UP_MS};
use crate::till::Ask;
use yitong_sync::wire::fleet::{LeaseAnswer, Reported, Rung, Versions};
use yitong_sync::wire::journal::{Batch, Receipt};
use yitong_sync::{Body, Lease, Record, SealedLease};
use yitong_terminal::agent::Event;
use yitong_terminal::link::Heard;

impl Day {
    /// What came over the wire.
    pub(super) async fn arrivals(&mut self, number: usize) {
        let now = self.net_now();
        for up in self.counters[number].up.arrived(now) {
            if self.now < self.server_up_at {
                // Nobody listens: some networks say so at once.
                if self.luck.permille(500) {
                    self.answer(number, Down { boot: up.boot, id: up.ask.id, heard: Heard::Silence });
                }
                continue;
            }
            self.server_hears(number, up).await;
        }
        self.doorbell(number).await;
        for down in self.counters[number].down.arrived(now) {
            let counter = &mut self.counters[number];
            if counter.till.boot != down.boot || !counter.till.is_on() {
                continue;
            }
            self.step(number, Event::Heard { id: down.id, heard: down.heard });
        }
        for datagram in self.counters[number].lan.arrived(now) {
            self.step(number, Event::Neighbour(datagram));
        }
        let counter = &mut self.counters[number];
        while let Some((at, boot, id)) = counter.timeouts.first().copied().filter(|(at, ..)| *at <= self.now) {
            counter.timeouts.remove(&(at, boot, id));
            if counter.till.boot == boot && counter.till.is_on() {
                self.step(number, Event::Heard { id, heard: Heard::Silence });
                return;
            }
        }
    }

    pub(super) fn net_now(&self) -> u64 {
        (self.now + WARM_UP_MS) as u64
    }

    pub(super) fn answer(&mut self, number: usize, down: Down) {
        let now = self.net_now();
        self.counters[number].down.send(now, down);
    }

    pub(super) async fn server_hears(&mut self, number: usize, up: Up) {
        let Up { boot, ask } = up;
        let headers: Vec<(&str, &str)> =
            ask.request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let target = &ask.request.target;
        if target.contains("/doorbell?") {
            match self.school().knock(ask.request.method, target, &headers).await {
                Some(answer) => {
                    let heard = Heard::of(answer.status, answer.bytes, None);
                    self.answer(number, Down { boot, id: ask.id, heard });
                }
                None => {
                    let (held, until) = (held_of(target), self.now + DOORBELL_MS);
                    let look_at = self.now;
                    self.counters[number].listening =
                        Some(Listening { boot, id: ask.id, held, until, look_at, looked: None });
                }
            }
            return;
        }
        let answer = self.school().send(ask.request.method, target, &headers, ask.request.body.clone()).await;
        self.requests += 1;
        if answer.status >= 500 {
            self.auditor.broken(format!("{} {target}: {}", answer.status, String::from_utf8_lossy(&answer.bytes)));
        }
        if (200..300).contains(&answer.status) {
            self.overhear(number, &ask, &answer.bytes);
        }
        let heard = Heard::of(answer.status, answer.bytes, None);
        self.answer(number, Down { boot, id: ask.id, heard });
    }

    /// What the auditor learns at the server's door: which sales are safe, and what was lent.
    pub(super) fn overhear(&mut self, number: usize, ask: &Ask, answer: &[u8]) {
        let target = ask.request.target.as_str();
        if target.ends_with("/journal") {
            let (Ok(batch), Ok(receipt)) =
                (serde_json::from_slice::<Batch>(&ask.request.body), serde_json::from_slice::<Receipt>(answer))
            else {
                return;
            };
            let records =
                batch.records.iter().filter_map(|sealed| serde_json::from_str::<Record>(&sealed.payload).ok());
            let sold = records.filter(|record| record.seq <= receipt.head.seq).filter_map(|record| match record.body {
                Body::Sold { sale, .. } => Some(sale.purchase.uuid()),
                _ => None,
            });
            self.auditor.acknowledged(number, sold.collect::<Vec<_>>());
            if let Some(problem) = receipt.problem {
                self.auditor.broken(format!("till {number}: {}", problem.word()));
            }
            for aside in receipt.quarantined {
                self.auditor.broken(format!("till {number}: record {} was put aside: {}", aside.seq, aside.why));
            }
            return;
        }
        let lease: Option<SealedLease> = match target.rsplit('/').next() {
            Some("lease") => serde_json::from_slice::<LeaseAnswer>(answer).ok().and_then(|answer| answer.lease),
            Some("report") => serde_json::from_slice::<Reported>(answer).ok().and_then(|answer| answer.lease),
            _ => None,
        };
        if let Some(lease) = lease.and_then(|sealed| serde_json::from_str::<Lease>(&sealed.payload).ok()) {
            self.counters[number].leases.insert(lease.serial, lease.sum.fen());
        }
    }

    /// The long poll, without holding a connection: it looks as often as the server does.
    pub(super) async fn doorbell(&mut self, number: usize) {
        let now = self.now;
        let Some(ear) = self.counters[number].listening.as_mut().filter(|ear| ear.look_at <= now) else { return };
        ear.look_at = now + DOORBELL_LOOK_MS;
        // Nothing came to the server since, so nothing changed there.
        if ear.looked.replace(self.requests) == Some(self.requests) && now < ear.until {
            return;
        }
        let (held, until, boot, id) = (ear.held, ear.until, ear.boot, ear.id);
        if self.now < self.server_up_at {
            self.counters[number].listening = None;
            return;
        }
        let terminal = self.counters[number].till.identity.terminal;
        let app = &self.school().app;
        let versions = yitong::terminals::ring(app, terminal).await.ok().flatten().unwrap_or(held);
        if versions == held && now < until {
            return;
        }
        let rung = Rung { versions, server: app.now() };
        self.counters[number].listening = None;
        let heard = Heard::Good(serde_json::to_vec(&rung).expect("a ring is JSON"));
        self.answer(number, Down { boot, id, heard });
    }
}

fn held_of(target: &str) -> Versions {
    let of = |name: &str| {
        let rest = target.split_once(&format!("{name}="))?.1;
        rest.split('&').next()?.parse().ok()
    };
    Versions {
        setup: of("setup").unwrap_or(0),
        people: of("people").unwrap_or(0),
        lists: of("lists").unwrap_or(0),
        commands: of("commands").unwrap_or(0),
    }
}
