//! What types: number pads and scanners that look like keyboards, through a pipe with the kernel's records, and through
//! the kernel itself where it lets us make a keyboard.

use crate::bench::Counter;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use yitong_devices::keys::{BACKSPACE, ESC, KP_ENTER, KP_POINT, stroke, typed};
use yitong_devices::{Config, Event, Key, Kind};

fn pipe(path: &Path) -> File {
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
    File::options().read(true).write(true).open(path).expect("open")
}

fn keys(text: &str) -> Vec<u8> {
    typed(text).expect("a US keyboard has these")
}

#[test]
fn a_number_pad_gives_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pad");
    let mut pad = pipe(&path);
    let counter = Counter::one(Config::new(Kind::Keypad, &format!("keys:{}", path.display())));
    counter.expect(&[Event::Plugged]);
    let pressed: Vec<u8> = [79, 80, KP_POINT, 76, BACKSPACE, ESC, KP_ENTER].into_iter().flat_map(stroke).collect();
    // In pieces that fit no record: a pipe promises nothing.
    pressed.chunks(11).for_each(|piece| pad.write_all(piece).expect("written"));
    let expected = [Key::Digit(1), Key::Digit(2), Key::Point, Key::Digit(5), Key::Back, Key::Clear, Key::Enter];
    counter.expect(&expected.map(Event::Key));
}

#[test]
fn a_scanner_that_types_gives_scans_and_no_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scanner");
    let mut scanner = pipe(&path);
    let counter = Counter::one(Config::new(Kind::Scanner, &format!("keys:{}", path.display())));
    counter.expect(&[Event::Plugged]);
    let legacy = "aGVsbG8+/w==Zz09";
    scanner.write_all(&[keys(legacy), stroke(KP_ENTER)].concat()).expect("written");
    counter.expect(&[Event::Scan(legacy.into())]);
    scanner.write_all(&keys("690123")).expect("written");
    counter.expect(&[Event::Misread]);
}

#[test]
fn one_plug_with_both_tells_them_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("both");
    let mut both = pipe(&path);
    let mut config = Config::new(Kind::Keypad, &format!("keys:{}", path.display()));
    config.mixed = true;
    let counter = Counter::one(config);
    counter.expect(&[Event::Plugged]);
    both.write_all(&keys("7")).expect("written");
    counter.expect(&[Event::Key(Key::Digit(7))]);
    both.write_all(&[keys("6901234567892"), stroke(KP_ENTER)].concat()).expect("written");
    counter.expect(&[Event::Scan("6901234567892".into())]);
    both.write_all(&stroke(KP_ENTER)).expect("written");
    counter.expect(&[Event::Key(Key::Enter)]);
    counter.is_silent(Duration::from_millis(400));
}

#[test]
fn a_keyboard_of_the_kernel_is_grabbed() {
    use evdev::uinput::VirtualDevice;
    use evdev::{AttributeSet, InputEvent, KeyCode};
    let all: AttributeSet<KeyCode> = (1..120).map(KeyCode::new).collect();
    let made = VirtualDevice::builder()
        .and_then(|builder| builder.name("Yitong pretend scanner").with_keys(&all))
        .and_then(evdev::uinput::VirtualDeviceBuilder::build);
    let mut made = match made {
        Ok(made) => made,
        Err(why) => return eprintln!("NOT TESTED, no /dev/uinput ({why}): a real keyboard is grabbed"),
    };
    let node = made.enumerate_dev_nodes_blocking().ok().and_then(|mut nodes| nodes.next()?.ok());
    let Some(node) = node else { return eprintln!("NOT TESTED, no /dev/input: a real keyboard is grabbed") };
    let counter = Counter::one(Config::new(Kind::Scanner, &node.to_string_lossy()));
    counter.expect(&[Event::Plugged]);
    let mut other = evdev::Device::open(&node).expect("opened beside it");
    assert!(other.grab().is_err(), "the counter holds it for itself");
    for code in [7, 10, 11, 2, 3, 4, 28] {
        for value in [1, 0] {
            made.emit(&[InputEvent::new(1, code, value)]).expect("typed");
        }
    }
    counter.expect(&[Event::Scan("690123".into())]);
}
