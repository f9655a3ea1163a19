//! Scales of all three protocols, by hand and by plug.

use crate::bench::{Counter, Plug};
use std::time::Duration;
use yitong_devices::emulate::{Pty, Scale};
use yitong_devices::scale::Protocol;
use yitong_devices::{Config, Event, Kind, Trouble, Weight};

fn weight(grams: i32, stable: bool, tare: bool) -> Event {
    Event::Weight(Weight { grams, stable, tare })
}

fn counter(protocol: Protocol) -> (Plug<Scale>, Counter) {
    let pty = Pty::open().expect("a terminal");
    let mut config = Config::new(Kind::Scale, &pty.path().to_string_lossy());
    config.scale = protocol;
    let plug = Plug::put_in(pty, Scale::new(protocol));
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged, weight(0, true, false)]);
    (plug, counter)
}

#[test]
fn a_dish_is_weighed() {
    for protocol in [Protocol::Continuous, Protocol::Block] {
        let (plug, counter) = counter(protocol);
        plug.tell("120 ?");
        counter.expect(&[weight(120, false, false)]);
        plug.tell("250");
        counter.expect(&[weight(250, true, false)]);
        plug.tell("16000");
        counter.expect(&[Event::Trouble(Trouble::Overload)]);
        plug.tell("250");
        counter.expect(&[Event::Well, weight(250, true, false)]);
    }
}

#[test]
fn a_scale_that_is_asked_hides_a_weight_that_sways() {
    let (plug, counter) = counter(Protocol::Asked);
    plug.tell("120 ?");
    counter.expect(&[weight(0, false, false)]);
    plug.tell("250 t");
    counter.expect(&[weight(250, true, true)]);
    plug.tell("-20");
    counter.expect(&[Event::Trouble(Trouble::BelowZero)]);
    plug.tell("0");
    counter.expect(&[Event::Well, weight(0, true, false)]);
    // The same weight is told once, however often it is asked for.
    counter.is_silent(Duration::from_millis(700));
}

#[test]
fn a_scale_that_is_switched_off_or_misunderstood_says_so() {
    for protocol in [Protocol::Continuous, Protocol::Asked, Protocol::Block] {
        let pty = Pty::open().expect("a terminal");
        let mut config = Config::new(Kind::Scale, &pty.path().to_string_lossy());
        config.scale = protocol;
        let counter = Counter::one(config);
        counter.expect(&[Event::Plugged, Event::Trouble(Trouble::Silent)]);
    }
    let pty = Pty::open().expect("a terminal");
    let counter = Counter::one(Config::new(Kind::Scale, &pty.path().to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    pty.write(b"\x80\xf8\x80\r\x80\xf8\r\x7f\r").expect("written");
    counter.expect(&[Event::Trouble(Trouble::Noise)]);
    pty.write(b"ST,GS,+  0.250kg\r\n").expect("written");
    counter.expect(&[Event::Well, weight(250, true, false)]);
}
