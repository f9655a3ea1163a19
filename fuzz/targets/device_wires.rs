//! What comes over the wires of a counter's devices: no bytes break a decoder, and it does not matter where they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;
use yitong_devices::keys::{Keyboard, Records};
use yitong_devices::nfc::{Pcsc, wire};
use yitong_devices::printer::{Paper, Statuses};
use yitong_devices::scan::{Ends, Lines, SCAN_BYTES_MAX};
use yitong_devices::{Event, Wedge, emulate, relay, scale};

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (which, cut, bytes) = input;
    let cut = usize::from(cut.max(1));
    match which % 12 {
        0 => scanner(bytes, cut, Ends::Line),
        1 => scanner(bytes, cut, Ends::Tab),
        2 => scanner(bytes, cut, Ends::Pause),
        3 => weight(bytes, cut, scale::Protocol::Continuous),
        4 => weight(bytes, cut, scale::Protocol::Asked),
        5 => weight(bytes, cut, scale::Protocol::Block),
        6 => keys(bytes, cut),
        7 => boards(bytes, cut),
        8 => statuses(bytes, cut),
        9 => paper(bytes, cut),
        10 => cards(bytes, cut),
        _ => emulators(bytes, cut),
    }
});

/// The same bytes in pieces and in one go.
fn same<T: PartialEq + Debug>(bytes: &[u8], cut: usize, read: impl Fn(&mut dyn Iterator<Item = &[u8]>) -> T) -> T {
    let whole = read(&mut std::iter::once(bytes));
    assert_eq!(read(&mut bytes.chunks(cut)), whole);
    whole
}

fn scanner(bytes: &[u8], cut: usize, ends: Ends) {
    let events = same(bytes, cut, |pieces| {
        let mut lines = Lines::new(ends);
        let mut events = Vec::new();
        pieces.for_each(|piece| lines.hear(piece, &mut |event| events.push(event)));
        lines.pause(&mut |event| events.push(event));
        events
    });
    for event in events {
        match event {
            Event::Scan(text) => assert!(!text.is_empty() && text.len() <= SCAN_BYTES_MAX && !text.contains('\u{1b}')),
            other => assert_eq!(other, Event::Misread),
        }
    }
}

fn weight(bytes: &[u8], cut: usize, protocol: scale::Protocol) {
    let readings = same(bytes, cut, |pieces| {
        let mut decoder = scale::Decoder::new(protocol);
        let mut readings = Vec::new();
        pieces.for_each(|piece| decoder.hear(piece, &mut |reading| readings.push(reading)));
        readings
    });
    for reading in readings {
        if let scale::Reading::Weight(weight) = reading {
            assert!(weight.grams.abs() <= 300_000);
        }
    }
}

fn keys(bytes: &[u8], cut: usize) {
    let turns = same(bytes, cut, |pieces| {
        let mut records = Records::default();
        let mut turns = Vec::new();
        pieces.for_each(|piece| records.hear(piece, &mut |turn| turns.push(turn)));
        turns
    });
    let (mut keyboard, mut wedge) = (Keyboard::default(), Wedge::mixed(60));
    for (at, turn) in turns.into_iter().enumerate() {
        if let Some(stroke) = keyboard.hear(turn) {
            let gap = bytes.get(at).map_or(1, |byte| u64::from(*byte));
            wedge.hear(stroke, at as u64 * gap);
        }
    }
    wedge.flush();
    assert!(!wedge.holding());
}

fn boards(bytes: &[u8], cut: usize) {
    for protocol in [relay::Protocol::Lcus, relay::Protocol::Modbus] {
        let switches = same(bytes, cut, |pieces| {
            let mut decoder = relay::Decoder::new(protocol, 1);
            let mut switches = Vec::new();
            pieces.for_each(|piece| decoder.hear(piece, &mut |switch, _| switches.push(switch)));
            switches
        });
        for switch in switches {
            let frame = protocol.frame(1, switch);
            assert!(bytes.windows(frame.len()).any(|window| window == frame));
        }
    }
}

fn statuses(bytes: &[u8], cut: usize) {
    same(bytes, cut, |pieces| {
        let mut statuses = Statuses::default();
        let mut heard = Vec::new();
        pieces.for_each(|piece| statuses.hear(piece, &mut |status| heard.push(status)));
        heard
    });
}

fn paper(bytes: &[u8], cut: usize) {
    same(bytes, cut, |pieces| {
        let mut paper = Paper::default();
        pieces.for_each(|piece| paper.hear(piece));
        (paper.rows().to_vec(), paper.marks().to_vec(), paper.questions())
    });
}

fn cards(bytes: &[u8], cut: usize) {
    assert!(wire::readers(bytes).len() <= wire::READERS_MAX);
    let _ = wire::uid(bytes);
    let turns = same(bytes, cut, |pieces| {
        let (mut pcsc, _) = Pcsc::new();
        // Past the greeting, where it gets interesting.
        pcsc.hear(&wire::words(&[4, 4, 0, 2, 7, 0]));
        let turns: Vec<_> = pieces.flat_map(|piece| pcsc.hear(piece)).collect();
        turns.into_iter().map(|turn| (turn.send, turn.uid, turn.readers, turn.over)).collect::<Vec<_>>()
    });
    assert!(turns.iter().flat_map(|(_, uid, ..)| uid).all(|uid| uid.len() <= wire::UID_BYTES_MAX));
}

fn emulators(bytes: &[u8], cut: usize) {
    same(bytes, cut, |pieces| {
        let mut cards = emulate::Cards::new();
        pieces.flat_map(|piece| cards.hear(piece)).collect::<Vec<u8>>()
    });
    for protocol in [scale::Protocol::Asked, scale::Protocol::Block] {
        same(bytes, cut, |pieces| {
            let mut scale = emulate::Scale::new(protocol);
            pieces.flat_map(|piece| scale.answer(piece)).collect::<Vec<u8>>()
        });
    }
}
