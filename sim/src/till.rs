//! A machine at a counter: the real agent on a disk that fails, under a clock that is off, without sockets. What it
//! wants sent is handed to the day; what it shows is what people saw.

use crate::disk::Disk;
use crate::luck::Luck;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;
use yitong_journal::Journal;
use yitong_sync::DeviceKey;
use yitong_terminal::agent::{Agent, Do, Entering, Event, Pictures, is_pin};
use yitong_terminal::checkout::{Act, Input, View};
use yitong_terminal::home::{Identity, Settings};
use yitong_terminal::link::Request;
use yitong_terminal::mirror::{Mirror, Sealer};
use yitong_values::Timestamp;

/// A request that left the agent.
#[derive(Clone, Debug)]
pub struct Ask {
    pub id: u64,
    pub request: Request,
    pub within_ms: u64,
}

/// What came of a step, beside what the agent keeps for itself.
#[derive(Debug, Default)]
pub struct Came {
    pub asks: Vec<Ask>,
    pub shown: Vec<Arc<Pictures>>,
    /// For the neighbours in the canteen's own network.
    pub told: Vec<Vec<u8>>,
    pub restart: bool,
}

pub struct Till {
    pub identity: Identity,
    key: DeviceKey,
    pub disk: Disk,
    mirror: PathBuf,
    settings: Settings,
    agent: Option<Agent<Disk>>,
    /// Of this start; answers to requests of an earlier one find nobody.
    pub boot: u32,
    booted_ms: u64,
    /// How far the device's clock is from the truth.
    pub clock_off_ms: i64,
    names: Names,
    view: Option<Arc<Pictures>>,
}

/// Names for purchases: in time order, and the same at each run of the seed.
#[derive(Clone)]
struct Names {
    luck: Luck,
    now_ms: Arc<AtomicU64>,
}

impl Names {
    fn next(&mut self) -> Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.luck.any().to_be_bytes());
        random[8..].copy_from_slice(&self.luck.any().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(self.now_ms.load(Ordering::Relaxed), &random).into_uuid()
    }
}

impl Till {
    pub fn new(identity: Identity, key: DeviceKey, mirror: PathBuf, luck: Luck) -> Till {
        Till {
            identity,
            key,
            disk: Disk::default(),
            mirror,
            settings: Settings::default(),
            agent: None,
            boot: 0,
            booted_ms: 0,
            clock_off_ms: 0,
            names: Names { luck, now_ms: Arc::default() },
            view: None,
        }
    }

    pub fn is_on(&self) -> bool {
        self.agent.is_some()
    }

    /// What the cashier sees.
    pub fn view(&self) -> Option<&View> {
        self.view.as_ref().filter(|_| self.is_on()).map(|pictures| &pictures.operator)
    }

    /// Whoever presses the button again and again is let in when the disk can be read.
    pub fn power_on(&mut self, now_ms: i64) -> Result<Came, String> {
        self.boot += 1;
        self.settings.boot = self.boot;
        self.booted_ms = now_ms as u64;
        self.names.now_ms.store(now_ms as u64, Ordering::Relaxed);
        // Names of another start are others: what was drawn for a purchase that nobody wrote down is gone.
        let mut names = Names { luck: self.names.luck.of(&format!("start {}", self.boot)), ..self.names.clone() };
        let disk = self.disk.clone();
        let sealer = Sealer::new(&[7; 32]);
        let mirror = Mirror::open(&self.mirror, sealer).map_err(|why| format!("mirror: {why:?}"))?;
        let with = Entering {
            identity: self.identity.clone(),
            key: self.key.clone(),
            files: Box::new(move || Ok(disk.clone())),
            mirror,
        };
        let mut agent = Agent::new(self.settings.clone(), None, move || names.next());
        let all = agent.enter(self.wall(now_ms), 0, with).map_err(|why| format!("{why:?}"))?;
        self.agent = Some(agent);
        Ok(self.perform(all, now_ms))
    }

    /// The power goes, with so many bytes of what was not synced on the disk.
    pub fn power_off(&mut self, kept: usize) {
        (self.agent, self.view) = (None, None);
        self.disk.power_cut(kept);
    }

    /// Somebody threw the mirror away, or its file was damaged.
    pub fn lose_mirror(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut file = self.mirror.clone().into_os_string();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
    }

    pub fn act(&mut self, now_ms: i64, id: Uuid, act: Act) -> Came {
        self.step(now_ms, Event::Act { id, act })
    }

    pub fn step(&mut self, now_ms: i64, event: Event) -> Came {
        let (wall, mono) = (self.wall(now_ms), now_ms as u64 - self.booted_ms);
        self.names.now_ms.store(now_ms as u64, Ordering::Relaxed);
        let Some(agent) = &mut self.agent else { return Came::default() };
        let all = agent.step(wall, mono, event);
        self.perform(all, now_ms)
    }

    fn wall(&self, now_ms: i64) -> Timestamp {
        Timestamp::from_ms(now_ms + self.clock_off_ms)
    }

    fn perform(&mut self, all: Vec<Do>, now_ms: i64) -> Came {
        let mut came = Came::default();
        for what in all {
            match what {
                Do::Request { id, request, within_ms, .. } => came.asks.push(Ask { id, request, within_ms }),
                Do::Show(pictures) => {
                    self.view = Some(pictures.clone());
                    came.shown.push(pictures);
                }
                Do::KeepSettings(settings) => self.settings = settings,
                Do::CheckPin { hash, pin } => {
                    let right = is_pin(&hash, &pin);
                    let more = self.step(now_ms, Event::Device(Input::PinChecked(right)));
                    came.asks.extend(more.asks);
                    came.shown.extend(more.shown);
                }
                Do::Tell(datagram) => came.told.push(datagram),
                Do::Restart => came.restart = true,
                Do::Enrol(_) | Do::Light(_) | Do::Print(..) | Do::OpenDrawer | Do::TestDevice(_) | Do::Locate => {}
            }
        }
        came
    }

    /// What somebody carries away on a stick when the machine is dead.
    pub fn export(&self) -> Result<String, String> {
        let (terminal, number) = (self.identity.terminal, self.identity.journal);
        let opened = Journal::open(self.disk.clone(), terminal, number, self.key.clone(), |_| {});
        opened.map_err(|why| format!("{why:?}"))?.journal.export().map_err(|why| format!("{why:?}"))
    }
}
