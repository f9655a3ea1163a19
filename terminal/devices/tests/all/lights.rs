//! Lights, buzzers and drawers on boards of relays and on the kernel's lamps.

use crate::bench::{Counter, Plug, wait};
use std::collections::BTreeMap;
use std::fs;
use yitong_devices::emulate::{Board, Pty};
use yitong_devices::relay::Protocol;
use yitong_devices::{Blink, Color, Command, Config, Event, Kind, State, Trouble};

fn lamps(names: [&str; 3]) -> BTreeMap<Color, String> {
    [Color::Red, Color::Yellow, Color::Blue].into_iter().zip(names.map(String::from)).collect()
}

#[test]
fn one_colour_burns_at_a_time() {
    for protocol in [Protocol::Lcus, Protocol::Modbus] {
        let pty = Pty::open().expect("a terminal");
        let plug = Plug::put_in(pty, Board::new(protocol, 1));
        let mut config = Config::new(Kind::Light, &plug.at());
        (config.relay, config.lamps, config.line) = (protocol, lamps(["1", "2", "3"]), "4".into());
        let counter = Counter::one(config);
        counter.expect(&[Event::Plugged]);
        counter.devices.order(Command::Light(Some(Color::Blue), Blink::Steady)).expect("it is there");
        plug.shows("blue", |board| board.on() == [3]);
        counter.devices.order(Command::Light(Some(Color::Red), Blink::Fast)).expect("it is there");
        plug.shows("red", |board| board.on() == [1]);
        plug.shows("dark between", |board| board.on().is_empty());
        plug.shows("red again", |board| board.on() == [1]);
        counter.devices.order(Command::Light(None, Blink::Steady)).expect("it is there");
        counter.devices.order(Command::Beep).expect("a buzzer is on the board");
        plug.shows("the buzzer", |board| board.on() == [4]);
        plug.shows("silence", |board| board.on().is_empty());
    }
}

#[test]
fn a_test_shows_every_colour_that_there_is() {
    let pty = Pty::open().expect("a terminal");
    let plug = Plug::put_in(pty, Board::new(Protocol::Lcus, 1));
    let mut config = Config::new(Kind::Light, &plug.at());
    config.lamps = lamps(["1", "2", "3"]);
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    let expected: [&[u8]; 5] = [&[1], &[2], &[3], &[], &[]];
    for (command, on) in Command::test(Kind::Light).into_iter().zip(expected) {
        counter.devices.order(command).expect("it is there");
        plug.shows("its lamp, or none where there is no such colour", |board| board.on() == on);
    }
}

#[test]
fn a_board_that_does_not_answer_is_in_trouble() {
    let pty = Pty::open().expect("a terminal");
    let mut config = Config::new(Kind::Light, &pty.path().to_string_lossy());
    (config.relay, config.lamps) = (Protocol::Modbus, lamps(["1", "2", "3"]));
    let counter = Counter::one(config);
    counter.expect(&[Event::Trouble(Trouble::Silent)]);
    assert_eq!(counter.devices.seen()[0].state, State::Trouble(Trouble::Silent));
}

#[test]
fn lamps_of_the_kernel_are_files() {
    let leds = tempfile::tempdir().expect("a folder");
    for lamp in ["r", "y", "b"] {
        fs::create_dir(leds.path().join(lamp)).expect("writable");
        fs::write(leds.path().join(lamp).join("brightness"), "7").expect("writable");
        fs::write(leds.path().join(lamp).join("max_brightness"), "255\n").expect("writable");
    }
    let mut config = Config::new(Kind::Light, &format!("leds:{}", leds.path().display()));
    config.lamps = lamps(["r", "y", "b"]);
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    counter.devices.order(Command::Light(Some(Color::Yellow), Blink::Steady)).expect("it is there");
    let brightness = |lamp: &str| fs::read_to_string(leds.path().join(lamp).join("brightness")).expect("there");
    wait("yellow alone", || ["r", "y", "b"].map(brightness) == ["0", "255", "0"]);
}

#[test]
fn a_drawer_gets_a_pulse_that_ends() {
    let gpio = tempfile::tempdir().expect("a folder");
    fs::create_dir(gpio.path().join("gpio17")).expect("writable");
    let value = gpio.path().join("gpio17/value");
    fs::write(&value, "1").expect("writable");
    let mut config = Config::new(Kind::Drawer, &format!("gpio:{}", gpio.path().display()));
    config.line = "gpio17".into();
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    let is = |wanted: &str| fs::read_to_string(&value).expect("there") == wanted;
    assert!(is("0"), "a magnet is off from the start");
    counter.devices.order(Command::OpenDrawer).expect("it is there");
    wait("the pulse", || is("1"));
    wait("its end", || is("0"));
}

#[test]
fn a_setting_leads_nowhere_else() {
    let leds = tempfile::tempdir().expect("a folder");
    let mut config = Config::new(Kind::Light, &format!("leds:{}", leds.path().display()));
    config.lamps = lamps(["../../etc", "y", "b"]);
    let counter = Counter::one(config);
    counter.expect(&[Event::Trouble(Trouble::Unfit)]);
}
