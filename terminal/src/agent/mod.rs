//! The agent: it owns the state machine, the journal, the mirror and the link, and does what they ask for. Events go
//! in, what is to be done comes out; it opens no socket, waits for nobody and has no clock, so many of them run in one
//! thread of a simulation. `shell` gives it sockets, threads and time.

mod around;
mod asking;
mod deciding;
mod linking;
mod neighbours;
mod opening;
mod pace;
mod resting;
mod selling;
pub mod shell;
mod writing;

pub use deciding::is_pin;
pub use opening::{Entering, OpenError};

use crate::checkout::{
    Act, BatteryView, Checkout, ClassView, DeviceKind, DeviceView, Effect, Facts, Input, Light, Payer, Receipt, View,
};
use crate::codes::{Codes, Credential};
use crate::home::{Identity, Settings};
use crate::link::{Heard, Request, Signer, Ticket};
use crate::mirror::Mirror;
use crate::own::Own;
use crate::shop::Shop;
use asking::Waiting;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;
use uuid::Uuid;
use yitong_journal::{Files, Journal};
use yitong_rules::Words;
use yitong_sync::relay::Relay;
use yitong_sync::wire::fleet::Versions;
use yitong_sync::{Clock, DeviceKey, Lease, Problem, Reading, link};
use yitong_values::{PersonId, Timestamp};

/// The screens hear something at least this often, so that they know that somebody is there.
const ALIVE_MS: u64 = 10_000;

/// What happened.
pub enum Event {
    Act {
        id: Uuid,
        act: Act,
    },
    /// What a device says, or a thread that was asked for something.
    Device(Input),
    /// The answer to the request of this number.
    Heard {
        id: u64,
        heard: Heard,
    },
    Photo {
        person: PersonId,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    /// What came over the canteen's own network; from whom, nobody knows yet.
    Neighbour(Vec<u8>),
    /// Enrolling did not work.
    NotEnrolled(Words),
    Machine(Machine),
    Tick,
}

impl Event {
    fn about(&self) -> &'static str {
        match self {
            Event::Act { act: Act::Scan { .. }, .. } | Event::Device(Input::Scan(_)) => "scan",
            Event::Act { act: Act::Search { .. }, .. } => "search",
            Event::Act { .. } => "act",
            Event::Device(_) | Event::Machine(_) => "device",
            Event::Heard { .. } => "answer",
            Event::Photo { .. } => "photo",
            Event::Neighbour(_) => "neighbour",
            Event::NotEnrolled(_) => "enrolling",
            Event::Tick => "tick",
        }
    }
}

/// What is to be done. Nothing of it is waited for.
#[derive(Debug)]
pub enum Do {
    Request {
        id: u64,
        server: String,
        request: Request,
        within_ms: u64,
    },
    /// To every terminal of the canteen, as one datagram. It may get lost.
    Tell(Vec<u8>),
    Enrol(Ticket),
    CheckPin {
        hash: String,
        pin: String,
    },
    KeepSettings(Settings),
    Show(Arc<Pictures>),
    Light(Light),
    Print(Receipt, Option<Arc<Shop>>),
    OpenDrawer,
    TestDevice(DeviceKind),
    /// Blink and beep, so that somebody finds it.
    Locate,
    Restart,
}

/// How the machine around is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Machine {
    pub devices: Vec<DeviceView>,
    pub battery: Option<BatteryView>,
    pub temperature_c: Option<i16>,
    pub disk_free_bytes: u64,
}

/// What the two screens draw.
#[derive(Clone, Debug)]
pub struct Pictures {
    pub operator: View,
    pub customer: View,
}

type NewId = Box<dyn FnMut() -> Uuid + Send>;

pub struct Agent<F: Files> {
    settings: Settings,
    /// Where to enrol when a code comes without an address.
    server: Option<String>,
    checkout: Checkout,
    shop: Option<Arc<Shop>>,
    clock: Clock,
    wall: Timestamp,
    mono_ms: u64,
    /// What has to be added to this device's clock to be heard; learned from a refusal.
    drift_ms: i64,
    inside: Option<Inside<F>>,
    enrolling: bool,
    /// Why the last try to enrol did not work.
    not_enrolled: Option<Words>,
    machine: Machine,
    /// What somebody looks for while the names are not all read.
    searching: Option<String>,
    new_id: NewId,
    request: u64,
    waiting: BTreeMap<u64, Waiting>,
    outbox: Vec<Do>,
    shown: Option<Arc<Pictures>>,
    shown_at_ms: u64,
    seq: u64,
    /// When somebody touched something last, and when what can wait was done last.
    touched_ms: u64,
    rested_ms: u64,
    /// What the step of now is about, for whoever measures how long it takes.
    about: &'static str,
}

/// What an enrolled terminal has.
struct Inside<F: Files> {
    identity: Identity,
    signer: Signer,
    key: DeviceKey,
    /// Opens the journal's folder again, after a write that failed.
    files: Box<dyn Fn() -> std::io::Result<F> + Send>,
    journal: Journal<F>,
    mirror: Mirror,
    codes: Codes,
    own: Own,
    /// What the neighbours sold.
    relay: Relay,
    link: link::Link,
    state_since: Timestamp,
    lease: Option<Lease>,
    /// As the doorbell said last.
    rung: Versions,
    /// When the server said so.
    rung_at: Option<i64>,
    held: Versions,
    synced_at: Option<i64>,
    unsent_since: Option<Timestamp>,
    /// Of the sale that is being decided: who, with what, and what would be left.
    looked: Option<Looked>,
    stopped: Option<Problem>,
    quarantined: usize,
    /// Of the people in the mirror, for ticking off.
    classes: Vec<ClassView>,
    /// A page of people named a class that is not among them.
    new_classes: bool,
    /// Something is only in memory, or in a log, that belongs into a file: see [`resting`].
    unkept: bool,
    /// Writing to the journal failed and opening it again did not help.
    broken: bool,
}

#[derive(Clone, Debug)]
struct Looked {
    purchase: yitong_values::EntryId,
    payer: Payer,
    credential: Option<Credential>,
    lease: Option<u32>,
    balance_after: Option<yitong_values::Cents>,
}

impl<F: Files> Agent<F> {
    /// `wall` is the device's clock, `mono_ms` the one that never goes back.
    pub fn step(&mut self, wall: Timestamp, mono_ms: u64, event: Event) -> Vec<Do> {
        (self.wall, self.mono_ms) = (wall, mono_ms);
        self.about = event.about();
        match event {
            Event::Act { id, act } => self.hands(Input::Act(id, act)),
            Event::Device(input) => self.hands(input),
            Event::Heard { id, heard } => self.answered(id, heard),
            Event::Photo { person, reply } => self.photo(person, reply),
            Event::Neighbour(datagram) => self.hear_neighbour(&datagram),
            Event::NotEnrolled(words) => {
                (self.enrolling, self.not_enrolled) = (false, Some(words));
                self.publish();
            }
            Event::Machine(machine) => self.machine = machine,
            Event::Tick => {
                self.look_after_the_link(link::Input::Tick);
                self.read_names();
                self.look_after_neighbours();
                self.input(Input::Tick);
                self.rest();
            }
        }
        self.tell_neighbours();
        std::mem::take(&mut self.outbox)
    }

    /// What the last step was about: what happened, or what an answer was for.
    pub fn last_step(&self) -> &'static str {
        self.about
    }

    /// Of a screen or a device.
    fn hands(&mut self, input: Input) {
        self.is_touched(&input);
        self.input(input);
    }

    /// One input, and everything that follows from it at once.
    fn input(&mut self, input: Input) {
        let mut queue = VecDeque::from([input]);
        while let Some(input) = queue.pop_front() {
            let shop = self.open_shop();
            let reading = self.time();
            let fresh = (self.new_id)();
            let facts = self.facts(shop.as_deref(), &reading, fresh);
            let effects = self.checkout.step(input, &facts);
            for effect in effects {
                queue.extend(self.happen(effect));
            }
        }
        self.publish();
    }

    fn facts<'a>(&self, shop: Option<&'a Shop>, reading: &Reading, fresh: Uuid) -> Facts<'a> {
        let state = self.inside.as_ref().map(|inside| inside.link.state());
        Facts {
            now: reading.at,
            shop,
            online: state == Some(link::State::Online),
            clock_doubt: reading.doubt,
            fresh: fresh.into(),
        }
    }

    /// The shop, while this terminal may sell at all.
    fn open_shop(&self) -> Option<Arc<Shop>> {
        let inside = self.inside.as_ref()?;
        let may = inside.link.state() != link::State::Revoked && !inside.broken;
        self.shop.clone().filter(|_| may)
    }

    fn time(&self) -> Reading {
        self.clock.read(self.wall, self.mono_ms)
    }

    /// Does it, and answers what can be answered at once.
    fn happen(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Decide(sale) => return Some(self.decide(&sale)),
            Effect::Write(entry) => return Some(Input::Written(self.write(&entry))),
            Effect::Ask(sale) => return self.ask(&sale),
            Effect::AskUndo { purchase, by } => return self.ask_undo(purchase, by),
            Effect::LookUp(shown) => return Some(Input::Balance(self.look_up(&shown))),
            Effect::Search(text) => return self.search(text),
            Effect::OpenRoster(class) => return Some(Input::Roster(self.roster(class))),
            Effect::Enrol(text) => return self.enrol(&text),
            Effect::CheckPin { cashier, pin } => self.check_pin(cashier, pin),
            Effect::TestDevice(kind) => self.outbox.push(Do::TestDevice(kind)),
            Effect::Print(receipt) => self.outbox.push(Do::Print(receipt, self.shop.clone())),
            Effect::Light(light) => self.outbox.push(Do::Light(light)),
            Effect::OpenDrawer => self.outbox.push(Do::OpenDrawer),
        }
        None
    }
}
