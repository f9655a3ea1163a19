//! Sockets, threads and time for an agent: messages come in from everywhere, one thread takes them in turn.

use super::pace::Pace;
use super::{Agent, Do, Entering, Event, OpenError, Pictures, is_pin};
use crate::checkout::Input;
use crate::home::{Home, Identity};
use crate::link::{Client, EnrolError, Ticket, enrol};
use crate::machines::Machines;
use crate::mirror::{Mirror, Sealer};
use crate::relay::{Meeting, Waiting, Wire};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use uuid::Uuid;
use yitong_journal::Folder;
use yitong_values::Timestamp;

/// Results go and the link is looked after at least this often.
const TICK: Duration = Duration::from_millis(100);
/// Sensors and devices are asked no more often.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub enum Msg {
    Event(Event),
    /// What came over the canteen's network; its place is given back when it was looked at.
    Neighbour(Vec<u8>, Waiting),
    Enrolled(Result<Box<Identity>, EnrolError>),
    Stop,
}

pub struct Shell {
    agent: Agent<Folder>,
    home: Home,
    machines: Machines,
    client: Client,
    /// None: this terminal is to be alone.
    relay: Option<Wire>,
    runtime: tokio::runtime::Handle,
    to_self: Sender<Msg>,
    pictures: watch::Sender<Arc<Pictures>>,
    started: Instant,
    looked_at: Option<Instant>,
    pace: Pace,
    restart: bool,
}

pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Shell {
    pub fn open(
        home: Home,
        server: Option<String>,
        meeting: Option<Meeting>,
        runtime: tokio::runtime::Handle,
        to_self: Sender<Msg>,
    ) -> Result<(Shell, watch::Receiver<Arc<Pictures>>), OpenError> {
        let mut settings = home.settings();
        settings.boot += 1;
        home.keep_settings(&settings).map_err(OpenError::Home)?;
        let (pictures, seen) = watch::channel(Arc::new(Pictures::blank()));
        let hears = to_self.clone();
        let hear = move |input: Input| {
            let _ = hears.send(Msg::Event(Event::Device(input)));
        };
        let machines = Machines::start(&home.devices(), hear);
        let neighbours = to_self.clone();
        let hear = move |datagram: Vec<u8>, place: Waiting| {
            let _ = neighbours.send(Msg::Neighbour(datagram, place));
        };
        let mut shell = Shell {
            relay: meeting.map(|meeting| Wire::start(meeting, hear)),
            agent: Agent::new(settings, server, Uuid::now_v7),
            machines,
            client: Client::default(),
            runtime,
            to_self,
            pictures,
            started: Instant::now(),
            looked_at: None,
            pace: Pace::default(),
            restart: false,
            home,
        };
        if let Some(identity) = shell.home.identity().map_err(OpenError::Home)? {
            shell.enter(identity)?;
        }
        Ok((shell, seen))
    }

    fn enter(&mut self, identity: Identity) -> Result<(), OpenError> {
        let sealer = Sealer::new(&self.home.mirror_key().map_err(OpenError::Home)?);
        let journal = self.home.journal();
        let with = Entering {
            identity,
            key: self.home.device_key().map_err(OpenError::Home)?,
            files: Box::new(move || Folder::open(&journal)),
            mirror: Mirror::open(&self.home.mirror(), sealer).map_err(OpenError::Mirror)?,
        };
        let all = self.agent.enter(wall(), self.mono_ms(), with)?;
        all.into_iter().for_each(|what| self.perform(what));
        Ok(())
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Until somebody says stop; `true`: the agent should be started again.
    pub fn run(mut self, from: &Receiver<Msg>) -> bool {
        let mut ticked = Instant::now();
        self.tick();
        loop {
            match from.recv_timeout(TICK) {
                Ok(Msg::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.pace.say();
                    return false;
                }
                Ok(Msg::Event(event)) => self.step(event),
                Ok(Msg::Neighbour(datagram, _place)) => self.step(Event::Neighbour(datagram)),
                Ok(Msg::Enrolled(outcome)) => self.enrolled(outcome),
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

    fn tick(&mut self) {
        if self.looked_at.is_none_or(|at| at.elapsed() > LOOK_EVERY) {
            self.looked_at = Some(Instant::now());
            let machine = self.machines.look(self.home.folder());
            self.step(Event::Machine(machine));
        }
        self.step(Event::Tick);
    }

    fn step(&mut self, event: Event) {
        let began = Instant::now();
        let all = self.agent.step(wall(), self.mono_ms(), event);
        self.pace.took(self.agent.last_step(), began.elapsed());
        all.into_iter().for_each(|what| self.perform(what));
    }

    fn enrolled(&mut self, outcome: Result<Box<Identity>, EnrolError>) {
        let identity = match outcome {
            Ok(identity) => *identity,
            Err(why) => return self.step(Event::NotEnrolled(why.words())),
        };
        let kept = self.home.keep_identity(&identity).map_err(OpenError::Home);
        if let Err(why) = kept.and_then(|()| self.enter(identity)) {
            tracing::error!(error = ?why, "the terminal was enrolled and can't be opened");
            self.step(Event::NotEnrolled(EnrolError::NotKept.words()));
        }
    }

    fn perform(&mut self, what: Do) {
        let said = match what {
            Do::Request { id, server, request, within_ms } => {
                let (client, to) = (self.client.clone(), self.to_self.clone());
                self.runtime.spawn(async move {
                    let heard = client.send(&server, request, Duration::from_millis(within_ms)).await;
                    let _ = to.send(Msg::Event(Event::Heard { id, heard }));
                });
                None
            }
            Do::Tell(datagram) => {
                self.relay.iter().for_each(|wire| wire.tell(&datagram));
                None
            }
            Do::Enrol(ticket) => {
                self.enrol(ticket);
                None
            }
            Do::CheckPin { hash, pin } => {
                let to = self.to_self.clone();
                self.runtime.spawn_blocking(move || {
                    let right = is_pin(&hash, &pin);
                    let _ = to.send(Msg::Event(Event::Device(Input::PinChecked(right))));
                });
                None
            }
            Do::KeepSettings(settings) => {
                if let Err(why) = self.home.keep_settings(&settings) {
                    tracing::warn!(error = %why, "settings can't be kept");
                }
                None
            }
            Do::Show(pictures) => {
                self.pictures.send_replace(pictures);
                None
            }
            Do::Light(light) => {
                self.machines.shine(light);
                None
            }
            Do::Print(receipt, shop) => self.machines.print(&receipt, shop.as_deref()),
            Do::OpenDrawer => {
                self.machines.open_drawer();
                None
            }
            Do::TestDevice(kind) => self.machines.test_device(kind),
            Do::Locate => {
                self.machines.locate();
                None
            }
            Do::Restart => {
                self.restart = true;
                None
            }
        };
        if let Some(input) = said {
            let _ = self.to_self.send(Msg::Event(Event::Device(input)));
        }
    }

    fn enrol(&self, ticket: Ticket) {
        let to = self.to_self.clone();
        let key = match self.home.device_key() {
            Ok(key) => key.public(),
            Err(why) => {
                tracing::error!(error = %why, "the device's key can't be read");
                let _ = to.send(Msg::Enrolled(Err(EnrolError::NotKept)));
                return;
            }
        };
        self.runtime.spawn(async move {
            let outcome = enrol(&ticket, key, &hardware()).await;
            let identity = outcome.map(|enrolment| Box::new(Identity::of(&ticket.server, enrolment)));
            let _ = to.send(Msg::Enrolled(identity));
        });
    }
}

/// Model and serial number, for people to know the device by.
pub fn hardware() -> String {
    let read =
        |path: &str| std::fs::read_to_string(path).ok().map(|text| text.trim_matches(['\0', '\n', ' ']).to_owned());
    let model = read("/sys/class/dmi/id/product_name").or_else(|| read("/proc/device-tree/model"));
    let name = read("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {name}", model.unwrap_or_else(|| std::env::consts::ARCH.into())).trim().chars().take(100).collect()
}
