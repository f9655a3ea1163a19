//! Writing what happened: from an entry of the state machine to a signed record on the disk.

use super::{Agent, Inside};
use crate::checkout::{Entry, Sale, Shift, Shown, TrayLine};
use crate::codes::Credential;
use crate::own::Own;
use yitong_journal::{Files, Journal, JournalError, Room};
use yitong_sync::{Body, CashCount, How, Item, PaidBy, PayerShown, Record, Stamp, Story, link};
use yitong_values::Cents;

impl<F: Files> Agent<F> {
    /// Returns when it is on the disk.
    pub(super) fn write(&mut self, entry: &Entry) -> Result<(), ()> {
        let (Some(shop), Some(inside)) = (self.shop.clone(), &self.inside) else { return Err(()) };
        // What is under way can be ended on a full disk; nothing is begun.
        let begins = matches!(entry, Entry::Intent { .. } | Entry::Sale { .. });
        if begins && !inside.journal.room().is_ok_and(|room| room != Room::Full) {
            return Err(());
        }
        let body = inside.body(entry, &shop);
        let mut written = self.append(vec![body.clone()]);
        if let (Err(why), Entry::Undone { .. }) = (&written, entry) {
            // The server may have given the money back already, so the journal tries once more to say so.
            tracing::warn!(error = ?why, "an undo is written again");
            written = self.append(vec![body]);
        }
        written.map_err(|why| tracing::error!(error = ?why, "a record can't be written"))?;
        let inside = self.inside.as_mut().ok_or(())?;
        if matches!(entry, Entry::Sale { .. } | Entry::Confirmed { .. }) {
            inside.codes.settle();
        }
        Ok(())
    }

    pub(super) fn append(&mut self, bodies: Vec<Body>) -> Result<(), JournalError> {
        let stamp = self.stamp();
        let Some(inside) = &mut self.inside else { return Ok(()) };
        let records = bodies.iter().map(|body| (stamp, body.clone())).collect();
        let first = inside.journal.head().seq + 1;
        if let Err(why) = inside.journal.append_all(records) {
            inside.broken = !inside.reopen(stamp);
            // What the reopening gave up goes up like any other record.
            self.wrote(stamp);
            return Err(why);
        }
        for (seq, body) in (first..).zip(bodies) {
            inside.take(seq, stamp, body);
        }
        self.clock = self.clock.wrote(stamp.at);
        self.wrote(stamp);
        Ok(())
    }

    fn wrote(&mut self, stamp: Stamp) {
        let Some(inside) = &mut self.inside else { return };
        if inside.journal.unsent() > 0 && inside.unsent_since.is_none() {
            inside.unsent_since = Some(stamp.at);
        }
        let seq = inside.journal.head().seq;
        self.look_after_the_link(link::Input::Wrote { seq });
    }

    fn stamp(&self) -> Stamp {
        let reading = self.time();
        let (wall, boot, mono_ms) = (self.wall, self.settings.boot, self.mono_ms);
        Stamp { at: reading.at, wall, boot, mono_ms, token_age_ms: reading.token_age_ms }
    }
}

impl<F: Files> Inside<F> {
    fn take(&mut self, seq: u64, stamp: Stamp, body: Body) {
        if let (Body::Intent { sale }, Some(looked)) = (&body, &self.looked)
            && looked.purchase == sale.purchase
        {
            let code = looked.credential.as_ref().and_then(Credential::code_use);
            self.own.payer_is(sale.purchase, looked.payer.person.into(), code);
        }
        let (terminal, journal) = (self.identity.terminal, self.identity.journal);
        self.own.take(&Record { terminal, journal, seq, prev: Default::default(), stamp, body });
    }

    /// After a failed write nobody knows what is on the disk: it is read again. A sale that got there although nobody
    /// was told "paid" is given up.
    fn reopen(&mut self, stamp: Stamp) -> bool {
        let before = self.journal.head().seq;
        let mut own = Own::default();
        let mut extra = Vec::new();
        let opened = (|| {
            let (files, key) = ((self.files)().ok()?, self.key.clone());
            let (terminal, number) = (self.identity.terminal, self.identity.journal);
            Journal::open(files, terminal, number, key, |record| {
                own.take(&record);
                match &record.body {
                    Body::Sold { sale, .. } if record.seq > before => extra.push(sale.purchase),
                    _ => {}
                }
            })
            .ok()
        })();
        let Some(opened) = opened else { return false };
        let (known, known_at) = (self.journal.acknowledged(), self.journal.acknowledged_at());
        self.journal = opened.journal;
        // What is only in memory of it is as true as before.
        if known.seq > self.journal.acknowledged().seq {
            self.journal.acknowledge(known, known_at);
        }
        own.acknowledged(self.journal.acknowledged().seq, self.journal.acknowledged_at());
        self.own = own;
        extra.extend(self.own.open_intents());
        let bodies: Vec<Body> = extra.into_iter().map(|purchase| Body::GivenUp { purchase }).collect();
        let first = self.journal.head().seq + 1;
        if bodies.is_empty() {
            return true;
        }
        let written = self.journal.append_all(bodies.iter().map(|body| (stamp, body.clone())).collect());
        for (seq, body) in (first..).zip(bodies).filter(|_| written.is_ok()) {
            self.take(seq, stamp, body);
        }
        written.is_ok()
    }

    fn body(&self, entry: &Entry, shop: &crate::shop::Shop) -> Body {
        match entry {
            Entry::Intent { sale } => Body::Intent { sale: record(sale, shop) },
            Entry::Confirmed { sale, amount } => {
                let looked = self.looked.as_ref().filter(|looked| looked.purchase == sale.id);
                let by = looked.map(|looked| PaidBy {
                    person: looked.payer.person.into(),
                    serial: looked.credential.as_ref().map(|code| code.serial),
                    use_order: looked.credential.as_ref().and_then(|code| code.use_order),
                });
                Body::Confirmed { purchase: sale.id, amount: *amount, by }
            }
            Entry::Sale { sale, person, split, trace } => {
                let looked = self.looked.as_ref().filter(|looked| looked.purchase == sale.id);
                let code = looked.and_then(|looked| looked.credential.as_ref());
                let how = How {
                    person: (*person).into(),
                    lease: looked.and_then(|looked| looked.lease),
                    charged: split.charged,
                    balance_after: looked.and_then(|looked| looked.balance_after),
                    serial: code.map(|code| code.serial),
                    use_order: code.and_then(|code| code.use_order),
                    allowance: code.map(|code| code.allowance.word().to_owned()),
                    trace: trace.clone(),
                    versions: Story {
                        setup: shop.version,
                        people: self.held.people,
                        status: self.codes.status_head().map_or(0, |(version, _)| version),
                    },
                };
                Body::Sold { sale: record(sale, shop), how }
            }
            Entry::Refused { sale, refused, trace, online } => Body::Refused {
                sale: record(sale, shop),
                code: refused.code.clone(),
                trace: trace.clone(),
                online: *online,
            },
            Entry::GivenUp { purchase } => Body::GivenUp { purchase: *purchase },
            Entry::Undone { purchase, amount, by } => Body::Undone { purchase: *purchase, by: *by, amount: *amount },
            Entry::ShiftOpened { shift } => Body::ShiftOpened { shift: shift_of(shift), cash: shift.cash },
            Entry::ShiftClosed { shift, counted } => {
                let (sales, undone, sold, expected) = (shift.sales, shift.undone, shift.total, shift.cash);
                let count = CashCount { sales, undone, sold, expected, counted: *counted };
                Body::ShiftClosed { shift: shift_of(shift), count }
            }
        }
    }
}

fn shift_of(shift: &Shift) -> yitong_sync::Shift {
    yitong_sync::Shift { id: shift.id, cashier: Some(shift.cashier), opened: shift.since }
}

/// The sale as it is written, and asked about.
pub(super) fn record(sale: &Sale, shop: &crate::shop::Shop) -> yitong_sync::Sale {
    let item = |line: &TrayLine| Item {
        dish: line.dish,
        revision: line.revision,
        name: line.name.clone(),
        category: line.category.clone(),
        allergens: line.allergens.clone(),
        price: line.price,
        count: line.count,
        grams: line.grams,
        amount: line.amount(),
    };
    yitong_sync::Sale {
        purchase: sale.id,
        stall: shop.stall,
        canteen: shop.canteen,
        payer: match &sale.shown {
            Shown::Code(text) => PayerShown::Code(text.clone()),
            Shown::Person(person) => PayerShown::Person(*person),
            Shown::Card(number) => PayerShown::Card(number.clone()),
        },
        mode: sale.mode.of_rules().word().to_owned(),
        items: sale.lines.iter().map(item).collect(),
        amount: if sale.mode == crate::checkout::CounterMode::Count { Cents::ZERO } else { sale.total },
        at: sale.at,
        collect_later: sale.collect_later,
        duplicate_confirmed: sale.duplicate_confirmed,
        photo_checked: sale.photo_checked,
        cashier: sale.cashier,
    }
}
