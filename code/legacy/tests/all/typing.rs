//! What the check field finds when somebody types the number from a card: one wrong digit, two digits swapped.

use crate::Chance;
use yitong_legacy::Crc;
use yitong_legacy::rand_core::Rng;

/// The seventeen digits after the `S`.
const DIGITS: std::ops::Range<usize> = 1..18;
const CARDS: usize = 20_000;

#[derive(Default)]
struct Slips {
    all: usize,
    missed_by_hex: usize,
    missed_by_decimal: usize,
}

impl Slips {
    /// Compares what [`CheckForm`](yitong_legacy::CheckForm) prints, without printing it millions of times.
    fn see(&mut self, right: u16, crc: u16) {
        self.all += 1;
        self.missed_by_hex += usize::from(crc == right);
        self.missed_by_decimal += usize::from(crc % 10_000 == right % 10_000);
    }
}

/// One digit wrong, and two neighbours swapped.
fn count(crc: Crc) -> (Slips, Slips) {
    let mut chance = Chance(2026);
    let (mut singles, mut swaps) = (Slips::default(), Slips::default());
    for _ in 0..CARDS {
        let mut id = *b"S00000000000000000";
        for at in DIGITS {
            id[at] = b'0' + (chance.next_u32() % 10) as u8;
        }
        let right = crc.of(&id);
        for at in DIGITS {
            let digit = id[at];
            for other in (b'0'..=b'9').filter(|other| *other != digit) {
                id[at] = other;
                singles.see(right, crc.of(&id));
            }
            id[at] = digit;
        }
        for at in DIGITS.start..DIGITS.end - 1 {
            if id[at] != id[at + 1] {
                id.swap(at, at + 1);
                swaps.see(right, crc.of(&id));
                id.swap(at, at + 1);
            }
        }
    }
    (singles, swaps)
}

/// The table in LEGACY.md. The hex form can't miss: a slip changes fewer than 17 bits in a row, and any CRC of 16 bits
/// finds that.
#[test]
fn slips_that_the_check_field_misses() {
    let check = |crc: Crc, single_missed: usize, swap_missed: usize| {
        let (singles, swaps) = count(crc);
        assert_eq!((singles.all, swaps.all), (3_060_000, 287_752));
        assert_eq!((singles.missed_by_hex, swaps.missed_by_hex), (0, 0), "{}", crc.word());
        let decimal = (singles.missed_by_decimal, swaps.missed_by_decimal);
        assert_eq!(decimal, (single_missed, swap_missed), "{}", crc.word());
    };
    check(Crc::Xmodem, 146, 26);
    check(Crc::Modbus, 0, 2);
    check(Crc::Arc, 0, 2);
    check(Crc::Ibm3740, 155, 27);
}

#[test]
fn the_four_crcs_are_the_catalogued_ones() {
    let check = |crc: Crc, value| assert_eq!(crc.of(b"123456789"), value, "{}", crc.word());
    check(Crc::Xmodem, 0x31c3);
    check(Crc::Modbus, 0x4b37);
    check(Crc::Arc, 0xbb3d);
    check(Crc::Ibm3740, 0x29b1);
}
