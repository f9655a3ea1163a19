//! What every test needs: a counter that listens, a plug that can be pulled, and patience with an end.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use yitong_devices::emulate::{Device, Pty, serve_pty};
use yitong_devices::{Config, Devices, Event};

/// A busy machine may need long; a test that is right waits only as long as it must.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Counter {
    pub devices: Devices,
    events: Receiver<(usize, Event)>,
}

impl Counter {
    pub fn start(configs: Vec<Config>) -> Self {
        let (tell, events) = channel();
        let tell = Mutex::new(tell);
        let sink = move |place, event| {
            // The test may have seen enough.
            let _ = tell.lock().expect("no test panics while it holds this").send((place, event));
        };
        Counter { devices: Devices::start(configs, Arc::new(sink)).expect("threads start"), events }
    }

    pub fn one(config: Config) -> Self {
        Counter::start(vec![config])
    }

    /// The next event, whosever it is.
    pub fn next(&self) -> Event {
        self.events.recv_timeout(PATIENCE).expect("an event in time").1
    }

    /// Skips events until this one comes.
    pub fn until(&self, wanted: &Event) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.next() == *wanted {
                return;
            }
        }
        panic!("no {wanted:?} in time");
    }

    pub fn expect(&self, expected: &[Event]) {
        for event in expected {
            assert_eq!(self.next(), *event);
        }
    }

    pub fn is_silent(&self, time: Duration) {
        if let Ok((_, event)) = self.events.recv_timeout(time) {
            panic!("{event:?} although nothing happened");
        }
    }
}

/// A pretend device at a pseudo terminal, played by a thread. Dropping it pulls the plug.
pub struct Plug<D> {
    pub device: Arc<Mutex<D>>,
    pub tell: Sender<String>,
    pub path: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Lets a test look into a device while a thread plays it.
struct Played<D>(Arc<Mutex<D>>);

impl<D: Device> Device for Played<D> {
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.0.lock().expect("no test panics while it holds this").hear(bytes)
    }

    fn by_itself(&mut self) -> Vec<u8> {
        self.0.lock().expect("no test panics while it holds this").by_itself()
    }

    fn told(&mut self, line: &str) -> Result<Vec<u8>, String> {
        self.0.lock().expect("no test panics while it holds this").told(line)
    }
}

impl<D: Device + Send + 'static> Plug<D> {
    pub fn put_in(pty: Pty, device: D) -> Self {
        let device = Arc::new(Mutex::new(device));
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, told) = channel();
        let path = pty.path().to_owned();
        let (mut played, stopped) = (Played(device.clone()), stop.clone());
        let play = move || {
            serve_pty(&pty, &mut played, &told, &stopped, &mut |wrong| panic!("{wrong}")).expect("the terminal works");
        };
        Plug { device, tell, path, stop, thread: Some(std::thread::spawn(play)) }
    }

    pub fn at(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    pub fn tell(&self, line: &str) {
        self.tell.send(line.into()).expect("the device is played");
    }

    /// Waits until the device looks as it should.
    pub fn shows(&self, what: &str, is: impl Fn(&D) -> bool) {
        wait(what, || is(&self.device.lock().expect("no test panics while it holds this")));
    }
}

impl<D> Drop for Plug<D> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed; a second one here would hide it.
            let _ = thread.join();
        }
    }
}

pub fn wait(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is() {
        assert!(Instant::now() < end, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
