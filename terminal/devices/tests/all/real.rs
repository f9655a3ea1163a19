//! Other people's programs, where the machine has them; each test says aloud what it could not try.

use crate::bench::{Counter, wait};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command as Program, Stdio};
use std::time::Duration;
use yitong_devices::{Config, Event, Kind};

/// Ended with the test, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Gently, so that it takes its socket away.
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.0), rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

/// The port on which Debian's virtual reader (`vsmartcard-vpcd`) waits for a card.
const CARD_PORT: u16 = 35963;
const UID: [u8; 7] = [4, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0x80];

/// The real daemon with a virtual reader: our words are its words.
#[test]
fn the_real_pcscd_is_understood() {
    const WHY: &str = "NOT TESTED: the real pcscd (needs pcscd and vsmartcard-vpcd, root, and no pcscd running)";
    let have = ["/usr/sbin/pcscd", "/etc/reader.conf.d/vpcd"].iter().all(|path| std::path::Path::new(path).exists());
    let root = rustix::process::geteuid().is_root();
    if !have || !root || std::path::Path::new("/run/pcscd/pcscd.comm").exists() {
        return eprintln!("{WHY}");
    }
    // The port is the package's own; where it is taken, something else uses it.
    if TcpListener::bind(("127.0.0.1", CARD_PORT)).is_err() {
        return eprintln!("{WHY}");
    }
    let _ = std::fs::create_dir_all("/run/pcscd");
    let mut daemon = Program::new("/usr/sbin/pcscd");
    let daemon = daemon.args(["--foreground"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let daemon = Ended(daemon.expect("pcscd starts"));
    wait("the daemon's socket", || std::path::Path::new("/run/pcscd/pcscd.comm").exists());
    let counter = Counter::one(Config::new(Kind::Nfc, "pcsc"));
    counter.expect(&[Event::Plugged]);
    for _ in 0..2 {
        let card = lay_card();
        counter.expect(&[Event::Uid(UID.to_vec())]);
        counter.is_silent(Duration::from_millis(500));
        card.shutdown(std::net::Shutdown::Both).expect("taken away");
        std::thread::sleep(Duration::from_millis(1500));
    }
    drop(daemon);
    counter.expect(&[Event::Unplugged]);
}

/// A card that knows its number: the virtual reader asks for power, ATR and answers over a socket.
fn lay_card() -> TcpStream {
    let card = std::cell::OnceCell::new();
    wait("the virtual reader", || TcpStream::connect(("127.0.0.1", CARD_PORT)).is_ok_and(|on| card.set(on).is_ok()));
    let card = card.into_inner().expect("the wait ends with one");
    let mut wire = card.try_clone().expect("one socket, two hands");
    std::thread::spawn(move || {
        let mut head = [0; 2];
        while wire.read_exact(&mut head).is_ok() {
            let mut message = vec![0; u16::from_be_bytes(head).into()];
            if wire.read_exact(&mut message).is_err() {
                return;
            }
            const GET_ATR: &[u8] = &[4];
            let answer: Vec<u8> = match &message[..] {
                GET_ATR => vec![0x3b, 0x80, 0x80, 1, 1],
                [0xff, 0xca, 0, 0, 0] => [&UID[..], &[0x90, 0]].concat(),
                [_] => continue,
                _ => vec![0x6d, 0],
            };
            let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
            if wire.write_all(&[&length[..], &answer].concat()).is_err() {
                return;
            }
        }
    });
    card
}
