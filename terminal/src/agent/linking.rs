//! The link's wishes become requests, and what comes back is kept: mirror, lease, clock, acknowledgements.

use super::asking::{For, Plain};
use super::{Agent, Do, Inside};
use crate::link::Heard;
use crate::mirror::ListKind;
use crate::shop::Shop;
use std::sync::Arc;
use yitong_journal::Files;
use yitong_sync::link::{Answer, Call, Effect, Input, State};
use yitong_sync::wire::fleet::{
    Command, CommandKind, CommandResult, Commands, DeviceState, LeaseAnswer, LeaseAsk, Report, Reported, Rung,
};
use yitong_sync::wire::journal::{BYTES_MAX, Batch, RECORDS_MAX, Receipt};
use yitong_sync::wire::people::{PeoplePage, Person};
use yitong_sync::wire::setup::Setup;
use yitong_sync::{SealedLease, left};
use yitong_values::{Cents, Timestamp};

const WITHIN_MS: u64 = 10_000;
/// The doorbell rings after 55 s at the latest.
const DOORBELL_WITHIN_MS: u64 = 65_000;
/// Small pages: the counter waits while one is kept.
const PEOPLE_PAGE: usize = 500;
/// A lease is renewed when less than this part of it is left.
const LEASE_PART: i64 = 2;
/// How often it is written down that the mirror is up to date.
const SYNCED_EVERY_MS: i64 = 60_000;
const OFFSET_CHANGE_MS: i64 = 1_000;

/// What a call brought.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) heard: Vec<Heard>,
    /// The moment that stood in the request, and the device's clock that never goes back when it was sent.
    pub(super) asked: Timestamp,
    pub(super) sent_mono_ms: u64,
}

impl Fetched {
    pub(super) fn last(mut self) -> Heard {
        self.heard.pop().unwrap_or(Heard::Silence)
    }
}

impl<F: Files> Agent<F> {
    pub(super) fn look_after_the_link(&mut self, input: Input) {
        let mono = self.mono_ms;
        let wanted = self.lease_wanted();
        let Some(inside) = &mut self.inside else { return };
        let mut effects = inside.link.step(mono, Input::LeaseWanted(wanted));
        effects.extend(inside.link.step(mono, input));
        for effect in effects {
            match effect {
                Effect::Call(call) => self.call(call),
                Effect::Went(state) => self.went(state),
                Effect::Stopped(problem) => {
                    tracing::error!(problem = problem.word(), "the server does not take the journal");
                    if let Some(inside) = &mut self.inside {
                        inside.stopped = Some(problem);
                    }
                }
            }
        }
    }

    fn went(&mut self, state: State) {
        let now = self.time().at;
        if let Some(inside) = &mut self.inside {
            inside.state_since = now;
        }
        tracing::info!(?state, "the link");
    }

    fn lease_wanted(&self) -> bool {
        let now = self.time().at;
        let Some(inside) = &self.inside else { return false };
        let Some(lease) = &inside.lease else { return true };
        let used = inside.own.used(lease.serial);
        let life = lease.expires_at.since(lease.issued_at);
        left(lease, used, now).fen() < lease.sum.fen() / LEASE_PART
            || used.count >= lease.count / 2
            || lease.expires_at.since(now) < life / LEASE_PART
    }

    fn call(&mut self, call: Call) {
        let Some(requests) = self.requests(call) else {
            return self.heard(call, Fetched { heard: vec![], asked: Timestamp::default(), sent_mono_ms: 0 });
        };
        let within = if matches!(call, Call::Doorbell { .. }) { DOORBELL_WITHIN_MS } else { WITHIN_MS };
        self.send(requests, within, For::Link(call));
    }

    fn requests(&self, call: Call) -> Option<Vec<Plain>> {
        let inside = self.inside.as_ref()?;
        let get = |path: String| Some(vec![("GET", path, Vec::new())]);
        let post = |path: &str, body: Vec<u8>| Some(vec![("POST", path.to_owned(), body)]);
        match call {
            Call::Journal { after } => {
                let records = inside.journal.read(after, RECORDS_MAX, BYTES_MAX / 2);
                let records =
                    records.inspect_err(|why| tracing::error!(error = ?why, "the journal can't be read")).ok()?;
                let batch = Batch { journal: inside.identity.journal, records };
                post("/journal", serde_json::to_vec(&batch).ok()?)
            }
            Call::Lease => {
                let held = inside.lease.as_ref().map(|lease| lease.serial);
                post("/lease", serde_json::to_vec(&LeaseAsk { held, head: inside.journal.head().seq }).ok()?)
            }
            Call::Report => post("/report", serde_json::to_vec(&self.report(inside)).ok()?),
            Call::Doorbell { held } => get(format!(
                "/doorbell?setup={}&people={}&lists={}&commands={}",
                held.setup, held.people, held.lists, held.commands
            )),
            Call::Setup => get("/setup".into()),
            Call::People { since } => get(format!("/people?since={since}&limit={PEOPLE_PAGE}")),
            Call::Lists => {
                Some(["trust", "status", "legacy"].map(|list| ("GET", format!("/lists/{list}"), Vec::new())).into())
            }
            Call::Commands => get("/commands".into()),
        }
    }

    fn report(&self, inside: &Inside<F>) -> Report {
        let reading = self.time();
        let lease = inside.lease.as_ref();
        let device = |device: crate::checkout::DeviceView| DeviceState {
            kind: device.kind.word().into(),
            name: device.name,
            state: device.state.word().into(),
        };
        Report {
            held: inside.held,
            head: inside.journal.head().seq,
            unsent: u32::try_from(inside.journal.unsent()).unwrap_or(u32::MAX),
            oldest_unsent: inside.unsent_since,
            lease: lease.map(|lease| lease.serial),
            lease_left: lease.map_or(Cents::ZERO, |lease| left(lease, inside.own.used(lease.serial), reading.at)),
            disk_free_bytes: self.machine.disk_free_bytes,
            journal_bytes: inside.journal.bytes(),
            clock_drift_ms: reading.drift_ms,
            battery_percent: self.machine.battery.as_ref().map(|battery| battery.percent),
            temperature_c: self.machine.temperature_c,
            devices: self.machine.devices.iter().cloned().map(device).collect(),
            version: env!("CARGO_PKG_VERSION").into(),
            uptime_s: self.mono_ms / 1_000,
        }
    }

    pub(super) fn heard(&mut self, call: Call, fetched: Fetched) {
        let answer = self.keep(call, &fetched);
        self.look_after_the_link(Input::Answered { call, answer });
        self.publish();
    }

    /// What the answer brought is kept before the link hears of it.
    fn keep(&mut self, call: Call, fetched: &Fetched) -> Answer {
        let mut bodies = Vec::new();
        for heard in &fetched.heard {
            match heard {
                Heard::Good(bytes) => bodies.push(bytes.as_slice()),
                Heard::Silence => return Answer::Silence,
                Heard::Busy { retry_ms } => return Answer::Busy { retry_ms: *retry_ms },
                Heard::Revoked => return Answer::Revoked,
                Heard::ClockDrift { .. } => return Answer::Refused,
                Heard::Refused { status, code } => {
                    tracing::warn!(?call, status, code, "the server refuses a call");
                    return Answer::Refused;
                }
            }
        }
        let kept = match call {
            Call::Lists => self.keep_lists(&bodies),
            _ => bodies.first().and_then(|body| self.keep_one(call, body, fetched)),
        };
        if let Some(inside) = &mut self.inside {
            inside.is_up_to_date();
        }
        // What can't be read is not an answer of ours.
        kept.unwrap_or(Answer::Refused)
    }

    fn keep_one(&mut self, call: Call, body: &[u8], fetched: &Fetched) -> Option<Answer> {
        match call {
            Call::Journal { .. } => self.acknowledged(serde_json::from_slice(body).ok()?),
            Call::Lease => {
                let answer: LeaseAnswer = serde_json::from_slice(body).ok()?;
                let granted = answer.lease.is_some_and(|lease| self.keep_lease(&lease));
                Some(Answer::Lease { granted })
            }
            Call::Report => {
                let reported: Reported = serde_json::from_slice(body).ok()?;
                self.hear_the_time(&reported, fetched);
                if let Some(lease) = &reported.lease {
                    self.keep_lease(lease);
                }
                Some(Answer::Report)
            }
            Call::Doorbell { .. } => {
                let rung: Rung = serde_json::from_slice(body).ok()?;
                let inside = self.inside.as_mut()?;
                (inside.rung, inside.rung_at) = (rung.versions, Some(rung.server.ms()));
                Some(Answer::Doorbell { now: rung.versions })
            }
            Call::Setup => self.keep_setup(serde_json::from_slice(body).ok()?),
            Call::People { since } => {
                let page: PeoplePage = serde_json::from_slice(body).ok()?;
                let inside = self.inside.as_mut()?;
                let applied = inside.mirror.apply(&page, since);
                let applied = applied.inspect_err(|why| tracing::error!(error = ?why, "people can't be kept")).ok()?;
                (inside.held.people, inside.unkept) = (applied.next, true);
                inside.new_classes |= page.whole || page.items.iter().any(|person| !inside.knows_class(person));
                if !applied.more {
                    // What was fetched may be newer than what the doorbell said: that is all there is.
                    inside.rung.people = applied.next;
                }
                if !applied.more && std::mem::take(&mut inside.new_classes) {
                    inside.classes = super::opening::classes(&inside.mirror);
                }
                Some(Answer::People { next: applied.next, more: applied.more })
            }
            Call::Commands => {
                let commands: Commands = serde_json::from_slice(body).ok()?;
                let version = commands.version;
                commands.items.iter().for_each(|command| self.obey(command));
                let inside = self.inside.as_mut()?;
                (inside.held.commands, inside.rung.commands) = (version, version);
                Some(Answer::Commands { version })
            }
            Call::Lists => None,
        }
    }

    fn acknowledged(&mut self, receipt: Receipt) -> Option<Answer> {
        let Receipt { head, quarantined, problem, server } = receipt;
        let inside = self.inside.as_mut()?;
        if !quarantined.is_empty() {
            inside.quarantined += quarantined.len();
            tracing::error!(records = quarantined.len(), "the server put records aside");
        }
        if head.seq <= inside.journal.head().seq {
            inside.journal.acknowledge(head, server);
            inside.own.acknowledged(head.seq, server);
            inside.unkept = true;
        }
        inside.stopped = problem;
        inside.unsent_since = inside.oldest_unsent();
        Some(Answer::Journal { up_to: head.seq, problem })
    }

    fn keep_lease(&mut self, sealed: &SealedLease) -> bool {
        let Some(inside) = &mut self.inside else { return false };
        let Some(lease) = sealed.open(&inside.identity.authority, inside.identity.terminal) else { return false };
        let newer = inside.lease.as_ref().is_none_or(|held| held.serial < lease.serial);
        if newer {
            let _ = inside.mirror.keep_lease(sealed);
            inside.lease = Some(lease);
        }
        newer
    }

    fn hear_the_time(&mut self, reported: &Reported, fetched: &Fetched) {
        let mono = self.mono_ms;
        let Some(inside) = &self.inside else { return };
        let Some(token) = reported.token.open(&inside.identity.authority) else { return };
        if token.terminal != inside.identity.terminal {
            return;
        }
        self.clock = self.clock.hear(&token, fetched.asked, fetched.sent_mono_ms, mono);
        let drift = self.time().drift_ms;
        let known = self.settings.clock_offset_ms;
        if known.is_none_or(|known| (known - drift).abs() > OFFSET_CHANGE_MS) {
            self.settings.clock_offset_ms = Some(drift);
            self.keep_settings();
        }
    }

    pub(super) fn keep_settings(&mut self) {
        self.outbox.push(Do::KeepSettings(self.settings.clone()));
    }

    fn keep_setup(&mut self, setup: Setup) -> Option<Answer> {
        let version = setup.version;
        let inside = self.inside.as_mut()?;
        if let Err(why) = inside.mirror.keep_setup(&setup) {
            tracing::error!(error = ?why, "the set-up can't be kept");
        }
        inside.relay.join(super::neighbours::circle(&inside.identity, &inside.key, &setup));
        match Shop::try_from(setup) {
            Ok(shop) => self.shop = Some(Arc::new(shop)),
            Err(why) => tracing::error!(error = %why, "the set-up can't be used; the one before counts"),
        }
        (inside.held.setup, inside.rung.setup) = (version, version);
        Some(Answer::Setup { version })
    }

    fn keep_lists(&mut self, bodies: &[&[u8]]) -> Option<Answer> {
        let inside = self.inside.as_mut()?;
        let kinds = [ListKind::Trust, ListKind::Status, ListKind::Legacy];
        for (kind, bytes) in kinds.into_iter().zip(bodies).filter(|(_, bytes)| !bytes.is_empty()) {
            let taken = match kind {
                ListKind::Trust => inside.codes.take_trust(bytes),
                ListKind::Status => inside.codes.take_status(bytes),
                ListKind::Legacy => inside.codes.take_legacy(bytes),
            };
            match taken {
                Ok(()) => {
                    let kept = inside.mirror.keep_list(kind, bytes);
                    kept.inspect_err(|why| tracing::error!(error = ?why, "a list can't be kept")).ok();
                }
                Err(why) => tracing::error!(?kind, problem = why.word(), "a list is not believed"),
            }
        }
        let version = inside.rung.lists;
        let _ = inside.mirror.keep_lists_version(version);
        inside.held.lists = version;
        Some(Answer::Lists { version })
    }

    /// Each command is answered; one that is not known is answered with no.
    fn obey(&mut self, command: &Command) {
        let (done, text) = match command.kind {
            CommandKind::PullAgain => self.pull_again(),
            CommandKind::Restart => {
                self.outbox.push(Do::Restart);
                (true, "restarting".into())
            }
            CommandKind::Locate => {
                self.outbox.push(Do::Locate);
                (true, String::new())
            }
            CommandKind::SendLog => (true, String::new()),
            CommandKind::Unknown => (false, "this version does not know the command".to_owned()),
        };
        let (id, mut requests) = (command.id, Vec::new());
        if command.kind == CommandKind::SendLog {
            requests.push(("PUT", format!("/commands/{id}/log"), crate::log::recent().into_bytes()));
        }
        let result = serde_json::to_vec(&CommandResult { done, text }).expect("plain JSON");
        requests.push(("PUT", format!("/commands/{id}"), result));
        self.send(requests, WITHIN_MS, For::Nobody);
    }

    fn pull_again(&mut self) -> (bool, String) {
        let Some(inside) = &mut self.inside else { return (false, String::new()) };
        if let Err(why) = inside.mirror.clear() {
            return (false, why.to_string());
        }
        (inside.held, inside.rung_at) = (Default::default(), None);
        let seed = u64::from(self.settings.boot);
        let (written, known) = (inside.journal.head().seq, inside.journal.acknowledged().seq);
        inside.link = yitong_sync::link::Link::new(inside.held, written, known, seed);
        (true, String::new())
    }
}

impl<F: Files> Inside<F> {
    /// Counting all classes anew for everybody who bought lunch would be most of the work.
    fn knows_class(&self, of: &Person) -> bool {
        let Some((id, name)) = of.class.zip(of.class_name.as_ref()) else { return true };
        self.classes.iter().any(|known| known.id == id.uuid() && known.name == *name)
    }

    /// With everything that the doorbell named, the mirror is as new as its ringing. It must not wait for the next one,
    /// which may be a minute away: a terminal that loses network and power in that minute would know nothing.
    fn is_up_to_date(&mut self) {
        let Some(at) = self.rung_at.filter(|at| self.held == self.rung && self.synced_at != Some(*at)) else { return };
        if self.synced_at.is_none_or(|before| at - before > SYNCED_EVERY_MS) {
            let _ = self.mirror.keep_synced_at(at);
        }
        self.synced_at = Some(at);
    }

    fn oldest_unsent(&self) -> Option<Timestamp> {
        if self.journal.unsent() == 0 {
            return None;
        }
        let next = self.journal.read(self.journal.acknowledged().seq, 1, BYTES_MAX).ok()?;
        let record: yitong_sync::Record = serde_json::from_str(&next.first()?.payload).ok()?;
        Some(record.stamp.at)
    }
}
