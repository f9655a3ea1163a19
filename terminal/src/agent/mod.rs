//! The agent: one thread that owns the state machine, the journal, the mirror and the link, and does what they ask for.
//! Whatever happens arrives here as a message; nothing else writes, so nothing has to be locked.

mod around;
mod deciding;
mod linking;
mod machines;
mod opening;
mod selling;
mod writing;

pub use opening::{OpenError, hardware};

use crate::checkout::{Act, Checkout, ClassView, Effect, Facts, Input, Payer, View};
use crate::codes::{Codes, Credential};
use crate::home::{Home, Identity, Settings};
use crate::link::{Client, EnrolError};
use crate::mirror::Mirror;
use crate::own::Own;
use crate::shop::Shop;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{oneshot, watch};
use uuid::Uuid;
use yitong_journal::{Folder, Journal};
use yitong_rules::Words;
use yitong_sync::wire::fleet::Versions;
use yitong_sync::wire::purchase::{SaleAnswer, UndoAnswer};
use yitong_sync::{Clock, Lease, Problem, Reading, link};
use yitong_values::{EntryId, PersonId, Timestamp};

/// Results go and the link is looked after at least this often.
const TICK: Duration = Duration::from_millis(100);
/// The screens hear something at least this often, so that they know that somebody is there.
const ALIVE: Duration = Duration::from_secs(10);

pub enum Msg {
    Act {
        id: Uuid,
        act: Act,
    },
    /// What a device says.
    Device(Input),
    Heard {
        call: link::Call,
        fetched: linking::Fetched,
    },
    SaleHeard {
        purchase: EntryId,
        answer: Option<Box<SaleAnswer>>,
    },
    UndoHeard {
        purchase: EntryId,
        answer: Option<UndoAnswer>,
    },
    Enrolled(Result<Box<Identity>, EnrolError>),
    PinChecked(bool),
    Photo {
        person: PersonId,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    PhotoHeard {
        person: PersonId,
        hash: String,
        bytes: Option<Vec<u8>>,
        reply: oneshot::Sender<Option<Vec<u8>>>,
    },
    Stop,
}

/// What the two screens draw.
#[derive(Clone, Debug)]
pub struct Pictures {
    pub operator: View,
    pub customer: View,
}

pub struct Agent {
    home: Home,
    settings: Settings,
    /// Where to enrol when a code comes without an address.
    server: Option<String>,
    checkout: Checkout,
    shop: Option<Arc<Shop>>,
    clock: Clock,
    started: Instant,
    inside: Option<Inside>,
    machines: machines::Machines,
    enrolling: bool,
    runtime: tokio::runtime::Handle,
    to_self: Sender<Msg>,
    pictures: watch::Sender<Arc<Pictures>>,
    published: Instant,
    seq: u64,
    restart: bool,
}

/// What an enrolled terminal has.
struct Inside {
    identity: Identity,
    client: Client,
    journal: Journal<Folder>,
    mirror: Mirror,
    codes: Codes,
    own: Own,
    link: link::Link,
    state_since: Timestamp,
    lease: Option<Lease>,
    /// As the doorbell said last.
    rung: Versions,
    held: Versions,
    synced_at: Option<i64>,
    unsent_since: Option<Timestamp>,
    /// Of the sale that is being decided: who, with what, and what would be left.
    looked: Option<Looked>,
    stopped: Option<Problem>,
    quarantined: usize,
    /// Of the people in the mirror, for ticking off.
    classes: Vec<ClassView>,
    /// Writing to the journal failed and opening it again did not help.
    broken: bool,
}

#[derive(Clone, Debug)]
struct Looked {
    purchase: EntryId,
    payer: Payer,
    credential: Option<Credential>,
    lease: Option<u32>,
    balance_after: Option<yitong_values::Cents>,
}

impl Agent {
    /// Until somebody says stop; `true`: the agent should be started again.
    pub fn run(mut self, from: &Receiver<Msg>) -> bool {
        let mut ticked = Instant::now();
        self.tick();
        loop {
            match from.recv_timeout(TICK) {
                Ok(Msg::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
                Ok(msg) => self.take(msg),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.restart {
                return true;
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                self.tick();
            }
        }
    }

    fn take(&mut self, msg: Msg) {
        match msg {
            Msg::Act { id, act } => self.input(Input::Act(id, act)),
            Msg::Device(input) => self.input(input),
            Msg::Heard { call, fetched } => self.heard(call, fetched),
            Msg::SaleHeard { purchase, answer } => self.sale_heard(purchase, answer.map(|answer| *answer)),
            Msg::UndoHeard { purchase, answer } => self.undo_heard(purchase, answer),
            Msg::Enrolled(outcome) => self.enrolled(outcome),
            Msg::PinChecked(right) => self.input(Input::PinChecked(right)),
            Msg::Photo { person, reply } => self.photo(person, reply),
            Msg::PhotoHeard { person, hash, bytes, reply } => self.photo_heard(person, &hash, bytes, reply),
            // The loop has ended before.
            Msg::Stop => {}
        }
    }

    fn tick(&mut self) {
        self.look_at_health();
        self.look_after_the_link(link::Input::Tick);
        self.input(Input::Tick);
    }

    /// One input, and everything that follows from it at once.
    fn input(&mut self, input: Input) {
        let mut queue = VecDeque::from([input]);
        while let Some(input) = queue.pop_front() {
            let shop = self.open_shop();
            let reading = self.time();
            let facts = self.facts(shop.as_deref(), &reading);
            let effects = self.checkout.step(input, &facts);
            for effect in effects {
                queue.extend(self.happen(effect));
            }
        }
        self.publish();
    }

    fn facts<'a>(&self, shop: Option<&'a Shop>, reading: &Reading) -> Facts<'a> {
        let state = self.inside.as_ref().map(|inside| inside.link.state());
        Facts {
            now: reading.at,
            shop,
            online: state == Some(link::State::Online),
            clock_doubt: reading.doubt,
            fresh: Uuid::now_v7().into(),
        }
    }

    /// The shop, while this terminal may sell at all.
    fn open_shop(&self) -> Option<Arc<Shop>> {
        let inside = self.inside.as_ref()?;
        let may = inside.link.state() != link::State::Revoked && !inside.broken;
        self.shop.clone().filter(|_| may)
    }

    fn wall() -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn time(&self) -> Reading {
        self.clock.read(Agent::wall(), self.mono_ms())
    }

    /// Does it, and answers what can be answered at once.
    fn happen(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Decide(sale) => Some(self.decide(&sale)),
            Effect::Write(entry) => Some(Input::Written(self.write(&entry))),
            Effect::Ask(sale) => self.ask(&sale),
            Effect::AskUndo { purchase, by } => self.ask_undo(purchase, by),
            Effect::LookUp(shown) => Some(Input::Balance(self.look_up(&shown))),
            Effect::Search(text) => Some(Input::Found(self.search(&text))),
            Effect::OpenRoster(class) => Some(Input::Roster(self.roster(class))),
            Effect::CheckPin { cashier, pin } => {
                self.check_pin(cashier, pin);
                None
            }
            Effect::Enrol(text) => self.enrol(&text),
            Effect::TestDevice(kind) => self.test_device(&kind),
            Effect::Print(receipt) => self.print(&receipt),
            Effect::Light(light) => {
                self.shine(light);
                None
            }
            Effect::OpenDrawer => {
                self.open_drawer();
                None
            }
        }
    }

    fn say(&mut self, words: Words) {
        self.input(Input::Say(words));
    }
}
