//! Printers at a serial line and in the network, and the drawer that hangs on them.

use crate::bench::{Counter, Plug, wait};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use yitong_devices::emulate::{Pty, Roll, serve_printer};
use yitong_devices::printer::Mark;
use yitong_devices::{Command, Config, Event, Kind, Receipt, State, Trouble};

fn lunch() -> Command {
    Command::Print(Receipt::default().title("第一食堂").pair("红烧肉 x1", "8.00").total("合计", "¥8.00"))
}

#[test]
fn a_receipt_is_printed_cut_and_the_drawer_opens() {
    let pty = Pty::open().expect("a terminal");
    let plug = Plug::put_in(pty, Roll::new(32));
    let counter = Counter::start(vec![Config::new(Kind::Printer, &plug.at()), Config::new(Kind::Drawer, "printer")]);
    counter.expect(&[Event::Plugged]);
    counter.devices.order(lunch()).expect("the printer is there");
    counter.devices.order(Command::OpenDrawer).expect("the printer is there");
    plug.shows("a drawer behind a receipt", |roll| roll.paper().marks() == [Mark::Cut, Mark::Drawer]);
    plug.shows("the total", |roll| {
        roll.paper().rows().iter().any(|row| row.starts_with("合计") && row.ends_with("￥8.00"))
    });
    assert_eq!(counter.devices.seen()[1].state, State::Ready);
}

#[test]
fn without_paper_nothing_is_printed_now_or_later() {
    let pty = Pty::open().expect("a terminal");
    let plug = Plug::put_in(pty, Roll::new(32));
    let counter = Counter::one(Config::new(Kind::Printer, &plug.at()));
    counter.expect(&[Event::Plugged]);
    plug.tell("paper out");
    counter.until(&Event::Trouble(Trouble::PaperOut));
    assert_eq!(counter.devices.order(lunch()), Err(Trouble::PaperOut));
    plug.tell("cover open");
    counter.until(&Event::Trouble(Trouble::CoverOpen));
    plug.tell("paper low");
    counter.until(&Event::Trouble(Trouble::PaperLow));
    // A warning does not stop a receipt.
    assert_eq!(counter.devices.order(lunch()), Ok(()));
    plug.shows("one receipt", |roll| roll.paper().marks() == [Mark::Cut]);
    plug.tell("well");
    counter.until(&Event::Well);
    assert_eq!(counter.devices.seen()[0].state, State::Ready);
}

#[test]
fn a_printer_that_answers_nothing_prints_all_the_same() {
    let pty = Pty::open().expect("a terminal");
    let counter = Counter::one(Config::new(Kind::Printer, &pty.path().to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    counter.devices.order(lunch()).expect("it may print");
    let got = Mutex::new(Vec::new());
    wait("the cut", || {
        let mut got = got.lock().expect("one thread");
        got.extend(pty.read(std::time::Duration::from_millis(10)).expect("read"));
        got.windows(2).any(|two| two == [0x1d, b'V'])
    });
    assert_eq!(counter.devices.seen()[0].state, State::Ready);
}

#[test]
fn a_network_printer_goes_and_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let counter = Counter::one(Config::new(Kind::Printer, &format!("tcp:{address}")));
    let roll = Arc::new(Mutex::new(Vec::<String>::new()));
    let play = |listener: TcpListener| {
        let (stop, rows) = (Arc::new(AtomicBool::new(false)), roll.clone());
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (_tell, told) = channel();
            let mut show = |row| rows.lock().expect("no panic while it is held").push(row);
            serve_printer(&listener, &mut Roll::new(32), &told, &stopped, &mut show).expect("served");
        });
        (stop, thread)
    };
    let printed = |count| {
        wait("a receipt", || {
            let rows = roll.lock().expect("no panic while it is held");
            rows.iter().filter(|row| row.as_str() == "--- cut ---").count() == count
        });
    };
    let (stop, thread) = play(listener);
    counter.expect(&[Event::Plugged]);
    counter.devices.order(lunch()).expect("it is there");
    printed(1);
    stop.store(true, Ordering::Release);
    thread.join().expect("ended");
    counter.until(&Event::Unplugged);
    assert!(counter.devices.order(lunch()).is_err());
    let (stop, thread) = play(TcpListener::bind(address).expect("the same port"));
    counter.until(&Event::Plugged);
    counter.devices.order(lunch()).expect("it is back");
    // The one that was refused is not printed late.
    printed(2);
    stop.store(true, Ordering::Release);
    thread.join().expect("ended");
}
