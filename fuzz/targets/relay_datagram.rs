//! What a terminal hears over the canteen's network: no bytes may panic it, nothing is believed that no member said, and
//! whatever a member says, even a broken one that has the keys, leaves what is held within its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use yitong_sync::DeviceKey;
use yitong_sync::relay::*;
use yitong_values::{Cents, TerminalId, Timestamp};

const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn id<T: std::str::FromStr>(n: u8) -> T {
    let text = format!("0193a5c0-0000-7000-8000-0000000000{n:02x}");
    text.parse().unwrap_or_else(|_| panic!("{text} is an id"))
}

fn key(n: u8) -> DeviceKey {
    DeviceKey::from_seed(&[n; 32])
}

fn origin(n: u8) -> Origin {
    Origin { terminal: id::<TerminalId>(n), journal: 1 }
}

static CIRCLE: LazyLock<Circle> = LazyLock::new(|| {
    let neighbour = |n: u8| Neighbour {
        terminal: origin(n).terminal,
        journal: 1,
        key: key(n).public(),
        stall: id(9),
        name: "till".into(),
    };
    Circle {
        school: id(7),
        canteen: id(8),
        key: RelayKey::from_bytes([5; 32]),
        neighbours: vec![neighbour(1), neighbour(2)],
    }
});

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let spent = Spent {
        seq: 3,
        person: id(4),
        amount: Cents::new(1_200),
        at: NOW,
        offline: true,
        known_at: None,
        undone: false,
        code: Some(CodeUse { serial: 5, order: 6 }),
    };
    let said = Said::Tell(vec![Told::sign(origin(1), spent, &key(1))]);
    Message { from: origin(1), sent_at: NOW, said }.seal(&CIRCLE, &key(1), [1; NONCE_BYTES])
});

fn fresh() -> Relay {
    let mut relay = Relay::new(origin(2), key(2));
    relay.join(Some(CIRCLE.clone()));
    relay
}

fuzz_target!(|bytes: &[u8]| {
    // From outside, without the key.
    assert!(fresh().hear(bytes, NOW, 0).is_err() || bytes == GOOD.as_slice());
    // Altered on its way.
    let mut altered = GOOD.clone();
    for change in bytes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % altered.len();
        altered[at] = change[2];
    }
    assert_eq!(fresh().hear(&altered, NOW, 0).is_ok(), altered == *GOOD);
    // From a member whose program is broken: sealed and signed as it should be, around any bytes.
    let sealed = seal_said(&CIRCLE, &key(1), (origin(1), NOW), bytes, [2; NONCE_BYTES]);
    let mut relay = fresh();
    let heard = relay.hear(&sealed, NOW, 0);
    assert!(heard.is_ok() || heard.is_err_and(|why| why > Unheard::Own));
    assert!(relay.held() as u64 <= RECORDS_SPAN);
    relay.tick(NOW, 10_000, 1);
    for datagram in relay.take_out(NOW, || [3; NONCE_BYTES]) {
        assert!(datagram.len() <= DATAGRAM_BYTES_MAX);
    }
});
