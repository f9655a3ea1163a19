//! Card readers, against a pretend pcscd.

use crate::bench::Counter;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use yitong_devices::emulate::serve_cards;
use yitong_devices::{Config, Event, Kind};

#[test]
fn a_card_is_read_once_and_the_daemon_may_go_and_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pcscd.comm");
    let counter = Counter::one(Config::new(Kind::Nfc, &format!("unix:{}", path.display())));
    for uid in [vec![4, 0xa1, 0xb2, 0xc3], vec![4, 1, 2, 3, 4, 5, 6]] {
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        let stop = Arc::new(AtomicBool::new(false));
        let (tell, told) = channel::<String>();
        let stopped = stop.clone();
        let daemon = std::thread::spawn(move || serve_cards(&listener, &told, &stopped).expect("served"));
        counter.until(&Event::Plugged);
        let hex: String = uid.iter().map(|byte| format!("{byte:02x}")).collect();
        tell.send(hex.clone()).expect("played");
        counter.expect(&[Event::Uid(uid.clone())]);
        counter.is_silent(Duration::from_millis(300));
        for line in ["", &hex] {
            tell.send(line.into()).expect("played");
        }
        counter.expect(&[Event::Uid(uid)]);
        stop.store(true, Ordering::Release);
        daemon.join().expect("ended");
        counter.until(&Event::Unplugged);
    }
}
