//! Charges that slipped past the guard against a second one, because two tills did not hear of each other: which of a
//! person's purchases are too many. The guard itself asks at the counter (`decide`).

use std::collections::BTreeMap;
use yitong_values::{Cents, EntryId, StallId, TerminalId, Timestamp};

/// A purchase that nobody has undone.
#[derive(Clone, Debug)]
pub struct Stands {
    pub id: EntryId,
    pub stall: StallId,
    pub fen: Cents,
    pub at: Timestamp,
    /// The till that sold it by itself.
    pub offline: Option<TerminalId>,
    pub confirmed: bool,
}

/// Two of which one is too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slip {
    pub stays: EntryId,
    /// The later one.
    pub goes: EntryId,
    pub fen: Cents,
    pub at: Timestamp,
    pub seconds: i64,
    pub terminal: TerminalId,
}

/// Which of a person's purchases are too many. Where a cashier confirmed either of two, both are meant.
pub fn slips_among(mut sales: Vec<Stands>, window_ms: i64) -> Vec<Slip> {
    sales.sort_by_key(|sale| (sale.at, sale.id));
    let mut stay: BTreeMap<(StallId, Cents), Stands> = BTreeMap::new();
    let mut slips = Vec::new();
    for sale in sales.into_iter().filter(|sale| !sale.fen.is_zero()) {
        let before = stay.get(&(sale.stall, sale.fen));
        let slip = before.and_then(|before| {
            let apart_ms = sale.at.since(before.at);
            let meant = sale.confirmed || before.confirmed;
            // Where both were heard at once, the guard asked.
            let terminal = sale.offline.or(before.offline).filter(|_| apart_ms < window_ms && !meant)?;
            let (stays, goes, seconds) = (before.id, sale.id, apart_ms / 1000);
            Some(Slip { stays, goes, fen: sale.fen, at: sale.at, seconds, terminal })
        });
        match slip {
            Some(slip) => slips.push(slip),
            None => drop(stay.insert((sale.stall, sale.fen), sale)),
        }
    }
    slips
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const WINDOW_MS: i64 = 10_000;

    fn sale(n: u128, at_s: i64, fen: i64) -> Stands {
        let at = Timestamp::from_ms(1_795_492_800_000 + at_s * 1000);
        let (id, stall) = (EntryId::new(Uuid::from_u128(n)), StallId::new(Uuid::from_u128(7)));
        let offline = Some(TerminalId::new(Uuid::from_u128(n)));
        Stands { id, stall, fen: Cents::new(fen), at, offline, confirmed: false }
    }

    fn heard(sale: Stands) -> Stands {
        Stands { offline: None, ..sale }
    }

    #[test]
    fn the_later_of_two_that_nobody_confirmed_goes() {
        let check = |name: &str, sales: Vec<Stands>, goes: &[u128]| {
            let found: Vec<u128> =
                slips_among(sales, WINDOW_MS).iter().map(|slip| slip.goes.uuid().as_u128()).collect();
            assert_eq!(found, goes, "{name}");
        };
        check("one", vec![sale(1, 0, 800)], &[]);
        check("two tills", vec![sale(1, 0, 800), sale(2, 4, 800)], &[2]);
        check("heard of in another order", vec![sale(1, 4, 800), sale(2, 0, 800)], &[1]);
        check("one was heard", vec![heard(sale(1, 0, 800)), sale(2, 4, 800)], &[2]);
        check("the later was heard", vec![sale(1, 0, 800), heard(sale(2, 4, 800))], &[2]);
        check("both were heard", vec![heard(sale(1, 0, 800)), heard(sale(2, 4, 800))], &[]);
        check("another amount", vec![sale(1, 0, 800), sale(2, 4, 900)], &[]);
        let elsewhere = Stands { stall: StallId::new(Uuid::from_u128(8)), ..sale(2, 4, 800) };
        check("another stall", vec![sale(1, 0, 800), elsewhere], &[]);
        check("later", vec![sale(1, 0, 800), sale(2, 10, 800)], &[]);
        check("something between", vec![sale(1, 0, 800), sale(2, 2, 300), sale(3, 4, 800)], &[3]);
        check("three", vec![sale(1, 0, 800), sale(2, 6, 800), sale(3, 12, 800)], &[2]);
        let second = |of: Stands| Stands { confirmed: true, ..of };
        check("the second was meant", vec![sale(1, 0, 800), second(sale(2, 4, 800))], &[]);
        check("by a till whose clock is behind", vec![second(sale(1, 0, 800)), sale(2, 4, 800)], &[]);
        check("nothing was paid", vec![sale(1, 0, 0), sale(2, 4, 0)], &[]);
    }
}
