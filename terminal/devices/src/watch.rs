//! All devices of a counter: one thread for each, which opens it, opens it again when it was pulled out, and says how
//! it is. Looking again is cheap and works in every container; no udev is needed.

use crate::config::Config;
use crate::drivers::{self, Session};
use crate::face::{Command, Event, Kind, State};
use crate::link::Bell;
use crate::words::{Trouble, Words};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How soon a device that was put in is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A lunch line gives at most one receipt a second; what waits longer than this is not wanted any more.
const ORDERS_MAX: usize = 8;
/// A drawer or buzzer at the printer.
const AT_PRINTER: &str = "printer";

/// Gets the place of the device among the settings, and what it says. It is called on the device's own thread and must
/// not wait for long: while it does, the device is not heard.
pub type Sink = Arc<dyn Fn(usize, Event) + Send + Sync>;

/// A device as the screen shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    pub kind: Kind,
    pub name: String,
    pub state: State,
    pub words: Words,
}

pub struct Devices {
    configs: Vec<Config>,
    each: Vec<Option<Running>>,
}

struct Running {
    shared: Arc<Shared>,
    orders: SyncSender<Command>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    bell: Bell,
    state: Mutex<State>,
    stop: AtomicBool,
}

impl Devices {
    pub fn start(configs: Vec<Config>, sink: Sink) -> std::io::Result<Self> {
        let mut each = Vec::new();
        for (place, config) in configs.iter().enumerate() {
            each.push(match config.at.as_str() {
                AT_PRINTER => None,
                _ => Some(Running::start(place, config.clone(), sink.clone())?),
            });
        }
        Ok(Devices { configs, each })
    }

    /// Gives an order to whoever can follow it. An order is followed now or refused: nothing is printed when the
    /// printer comes back after lunch.
    pub fn order(&self, command: Command) -> Result<(), Trouble> {
        let follow = |running: &Running| match running.state() {
            State::Ready => running.order(command.clone()),
            State::Trouble(trouble) if trouble.is_warning() => running.order(command.clone()),
            State::Trouble(trouble) => Err(trouble),
            State::Absent => Err(Trouble::Absent),
        };
        // One of several is enough; all are told.
        let heard: Vec<_> = self.who_can(&command).into_iter().map(follow).collect();
        heard.into_iter().reduce(Result::or).unwrap_or(Err(Trouble::Absent))
    }

    pub fn seen(&self) -> Vec<Seen> {
        let states = self.configs.iter().zip(&self.each).map(|(config, running)| {
            let printer = || self.of_kind(Kind::Printer).next().map_or(State::Absent, Running::state);
            (config, running.as_ref().map_or_else(printer, Running::state))
        });
        let seen = |(config, state): (&Config, State)| Seen {
            kind: config.kind,
            name: if config.name.is_empty() { config.kind.words().zh.into() } else { config.name.clone() },
            state,
            words: state.words(),
        };
        states.map(seen).collect()
    }

    /// A drawer of its own before the printer's; a buzzer of its own before one on the light's board.
    fn who_can(&self, command: &Command) -> Vec<&Running> {
        let at_printer = |kind| self.configs.iter().any(|config| config.kind == kind && config.at == AT_PRINTER);
        let (own, printers) = match command {
            Command::Print(_) => (self.of_kind(Kind::Printer).collect(), false),
            Command::Light(..) => (self.of_kind(Kind::Light).collect(), false),
            Command::OpenDrawer => (self.of_kind(Kind::Drawer).collect(), at_printer(Kind::Drawer)),
            Command::Beep => {
                let mut own: Vec<&Running> = self.of_kind(Kind::Buzzer).collect();
                if own.is_empty() {
                    own = self.running(|config| config.kind == Kind::Light && !config.line.is_empty()).collect();
                }
                (own, at_printer(Kind::Buzzer))
            }
        };
        if own.is_empty() && printers { self.of_kind(Kind::Printer).collect() } else { own }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Running> {
        self.running(move |config| config.kind == kind)
    }

    fn running(&self, which: impl Fn(&Config) -> bool) -> impl Iterator<Item = &Running> {
        let all = self.configs.iter().zip(&self.each);
        all.filter(move |(config, _)| which(config)).filter_map(|(_, running)| running.as_ref())
    }
}

/// Ends the threads and waits for them, so that grabbed devices are free again.
impl Drop for Devices {
    fn drop(&mut self) {
        for running in self.each.iter().flatten() {
            running.shared.stop.store(true, Ordering::Release);
            running.shared.bell.ring();
        }
        for running in self.each.iter_mut().flatten() {
            // A thread that has panicked is gone, too.
            let _ = running.thread.take().map(JoinHandle::join);
        }
    }
}

impl Running {
    fn start(place: usize, config: Config, sink: Sink) -> std::io::Result<Self> {
        let shared = Shared { bell: Bell::new()?, state: Mutex::new(State::Absent), stop: AtomicBool::new(false) };
        let shared = Arc::new(shared);
        let (orders, to_follow) = sync_channel(ORDERS_MAX);
        let name = format!("device-{place}");
        let mut life = Life { place, config, sink, shared: shared.clone(), orders: to_follow, told: None };
        let thread = std::thread::Builder::new().name(name).spawn(move || life.live())?;
        Ok(Running { shared, orders, thread: Some(thread) })
    }

    /// A thread that has panicked looks after nothing any more.
    fn state(&self) -> State {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return State::Absent;
        }
        *self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, command: Command) -> Result<(), Trouble> {
        let sent = self.orders.try_send(command);
        self.shared.bell.ring();
        sent.map_err(|error| match error {
            TrySendError::Full(_) => Trouble::Behind,
            TrySendError::Disconnected(_) => Trouble::Absent,
        })
    }
}

/// The life of one device.
struct Life {
    place: usize,
    config: Config,
    sink: Sink,
    shared: Arc<Shared>,
    orders: Receiver<Command>,
    /// Why it does not open; said once, not every second.
    told: Option<Trouble>,
}

impl Life {
    fn live(&mut self) {
        while !self.stopped() {
            match drivers::open(&self.config) {
                Ok(session) => {
                    self.told = None;
                    self.is(State::Ready);
                    self.tell(Event::Plugged);
                    let why = self.serve(session);
                    self.is(state_of(why));
                    self.tell(Event::Unplugged);
                    self.why(why);
                }
                Err(why) => {
                    self.is(state_of(why));
                    self.why(why);
                }
            }
            // Orders of before: whoever gave them has been told that the device is gone.
            while self.orders.try_recv().is_ok() {}
            if !self.stopped() {
                let _ = self.shared.bell.wait(None, Some(LOOK_EVERY));
            }
        }
    }

    /// Until it is lost; gives why.
    fn serve(&mut self, mut session: Box<dyn Session>) -> Trouble {
        let (place, sink, shared) = (self.place, &self.sink, &self.shared);
        let mut tell = |event: Event| {
            match event {
                Event::Trouble(trouble) => set(shared, state_of(trouble)),
                Event::Well => set(shared, State::Ready),
                _ => {}
            }
            sink(place, event);
        };
        while !shared.stop.load(Ordering::Acquire) {
            while let Ok(command) = self.orders.try_recv() {
                if let Err(why) = session.obey(&command, &mut tell) {
                    return why;
                }
            }
            if let Err(why) = session.listen(&shared.bell, &mut tell) {
                return why;
            }
        }
        Trouble::Absent
    }

    fn stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Acquire)
    }

    fn is(&self, state: State) {
        set(&self.shared, state);
    }

    fn tell(&self, event: Event) {
        (self.sink)(self.place, event);
    }

    fn why(&mut self, why: Trouble) {
        if why != Trouble::Absent && self.told.replace(why) != Some(why) {
            self.tell(Event::Trouble(why));
        }
    }
}

fn set(shared: &Shared, state: State) {
    *shared.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
}

fn state_of(why: Trouble) -> State {
    match why {
        Trouble::Absent => State::Absent,
        other => State::Trouble(other),
    }
}
