//! Serial scanners: pieces, plugs, settings.

use crate::bench::{Counter, Plug, wait};
use std::time::{Duration, Instant};
use yitong_devices::emulate::{Pty, Scanner};
use yitong_devices::scan::Ends;
use yitong_devices::{Command, Config, Event, Kind, Receipt, State, Trouble};

fn scan(text: &str) -> Event {
    Event::Scan(text.into())
}

#[test]
fn a_code_arrives_whole_at_the_speed_of_the_line() {
    let pty = Pty::open().expect("a terminal");
    let mut config = Config::new(Kind::Scanner, &pty.path().to_string_lossy());
    config.baud = 115_200;
    let plug = Plug::put_in(pty, Scanner { end: "\r\n" });
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    let code = format!("97{}", "0123456789".repeat(46));
    plug.tell(&code);
    plug.tell("6901234567892");
    counter.expect(&[scan(&code), scan("6901234567892")]);
}

#[test]
fn split_joined_and_unended_scans() {
    let pty = Pty::open().expect("a terminal");
    let counter = Counter::one(Config::new(Kind::Scanner, &pty.path().to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    for piece in ["690", "1234", "567892\r", "\n97001122\r\n#S1|", "2#\r\n"] {
        pty.write(piece.as_bytes()).expect("written");
        std::thread::sleep(Duration::from_millis(30));
    }
    counter.expect(&[scan("6901234567892"), scan("97001122"), scan("#S1|2#")]);
    // Cut off in the middle: it must not become the beginning of the next one.
    pty.write(b"690123").expect("written");
    counter.expect(&[Event::Misread]);
    pty.write(b"6909999\r").expect("written");
    counter.expect(&[scan("6909999")]);
    // Noise without an end is one misread, and bounded.
    for _ in 0..20 {
        pty.write(&[b'9'; 500]).expect("written");
    }
    pty.write(b"\r690123\r").expect("written");
    counter.expect(&[Event::Misread, scan("690123")]);
}

#[test]
fn a_scanner_without_an_end_sign_is_ended_by_its_pause() {
    let pty = Pty::open().expect("a terminal");
    let mut config = Config::new(Kind::Scanner, &pty.path().to_string_lossy());
    config.ends = Ends::Pause;
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    pty.write(b"6901234567892").expect("written");
    counter.expect(&[scan("6901234567892")]);
    pty.write(b"6909999").expect("written");
    counter.expect(&[scan("6909999")]);
}

#[test]
fn a_scanner_is_pulled_out_and_put_in_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("scanner");
    let pty = Pty::open().expect("a terminal").linked(&link).expect("a link");
    let counter = Counter::one(Config::new(Kind::Scanner, &link.to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    pty.write(b"690123").expect("written");
    wait("the bytes are read", || counter.devices.seen()[0].state == State::Ready);
    drop(pty);
    // What was half read is gone with it.
    counter.expect(&[Event::Unplugged]);
    assert_eq!(counter.devices.seen()[0].state, State::Absent);
    let pty = Pty::open().expect("a terminal").linked(&link).expect("a link");
    counter.expect(&[Event::Plugged]);
    pty.write(b"456789\r").expect("written");
    counter.expect(&[scan("456789")]);
}

#[test]
fn what_does_not_fit_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "not a device").expect("written");
    let counter = Counter::one(Config::new(Kind::Scanner, &file.to_string_lossy()));
    counter.expect(&[Event::Trouble(Trouble::Unfit)]);
    counter.is_silent(Duration::from_millis(2500));
    assert_eq!(counter.devices.seen()[0].state, State::Trouble(Trouble::Unfit));
    assert_eq!(std::fs::read_to_string(&file).expect("still there"), "not a device");
}

#[test]
fn a_port_is_held_by_one_program() {
    // Root may open a held port; everybody else is told that it is in use.
    let pty = Pty::open().expect("a terminal");
    let at = pty.path().to_string_lossy().into_owned();
    let first = Counter::one(Config::new(Kind::Scanner, &at));
    first.expect(&[Event::Plugged]);
    if rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED as root: a second program is refused the port");
        return;
    }
    let second = Counter::one(Config::new(Kind::Scanner, &at));
    second.expect(&[Event::Trouble(Trouble::Busy)]);
}

#[test]
fn nobody_prints_on_a_scanner() {
    let counter = Counter::one(Config::new(Kind::Scanner, "/dev/nothing-here"));
    assert_eq!(counter.devices.order(Command::Print(Receipt::default())), Err(Trouble::Absent));
    assert_eq!(counter.devices.seen()[0].words.zh, "未连接，请检查插头");
}

/// A customer holds a code to the glass and waits for the beep; the wire must not be what they wait for.
#[test]
fn a_scan_is_told_at_once() {
    const SCANS: usize = 200;
    const LIMIT: Duration = Duration::from_millis(100);
    let pty = Pty::open().expect("a terminal");
    let counter = Counter::one(Config::new(Kind::Scanner, &pty.path().to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    let mut times: Vec<Duration> = Vec::with_capacity(SCANS);
    for n in 0..SCANS {
        let code = format!("97{n:0188}");
        let begun = Instant::now();
        pty.write(format!("{code}\r").as_bytes()).expect("written");
        counter.expect(&[scan(&code)]);
        times.push(begun.elapsed());
    }
    times.sort();
    let (middle, slow) = (times[SCANS / 2], times[SCANS * 99 / 100]);
    println!("from the wire to the event: p50 {middle:?}, p99 {slow:?}");
    assert!(middle < LIMIT, "half of the scans took longer than {middle:?}");
}
