//! Two tills and no server: what is told makes them careful together, and what is not told leaves them as they are
//! alone.

use crate::lan::{Canteen, Till, carry};
use serde_json::Value;
use yitong_sync::relay::{Circle, RelayKey};
use yitong_terminal::agent::Event;
use yitong_terminal::checkout::Act;

fn both(canteen: &Canteen) -> (Till, Till) {
    let circle = canteen.circle(&[1, 2]);
    (canteen.till(1, &circle, |_, _| {}), canteen.till(2, &circle, |_, _| {}))
}

fn kind(result: &Value) -> (&str, &str) {
    (result["kind"].as_str().unwrap_or_default(), result["zh"].as_str().unwrap_or_default())
}

#[test]
fn money_for_one_meal_buys_one_meal() {
    let canteen = Canteen::new();
    let (mut one, mut two) = both(&canteen);
    assert_eq!(kind(&one.sell(12, &canteen.card(1))).0, "paid");
    // Nothing was carried: each is as careful as alone, and its lease is the bound.
    assert_eq!(kind(&two.sell(12, &canteen.card(1))).0, "paid");

    let (mut one, mut two) = both(&canteen);
    assert_eq!(kind(&one.sell(12, &canteen.card(1))).0, "paid");
    carry(&mut [&mut one, &mut two]);
    let refused = two.sell(12, &canteen.card(1));
    assert_eq!(kind(&refused).0, "refused", "{refused}");
    assert!(kind(&refused).1.contains("余额"), "{refused}");
    assert_eq!(kind(&two.sell(3, &canteen.card(1))).0, "paid", "what is left");
    assert_eq!(kind(&two.sell(12, &canteen.card(2))).0, "paid", "others are not concerned");

    // Taken back at the first, it can be spent at the second again.
    let purchase = one.view["recent"][0]["purchase"].as_str().and_then(|id| id.parse().ok()).expect("a sale");
    one.act(Act::Undo { purchase });
    assert_eq!(one.view["result"]["kind"], "undone", "{}", one.view);
    carry(&mut [&mut one, &mut two]);
    assert_eq!(kind(&two.sell(12, &canteen.card(1))).0, "paid");
}

#[test]
fn the_caps_of_a_person_are_those_of_the_canteen() {
    let canteen = Canteen::new();
    let circle = canteen.circle(&[1, 2]);
    let lend = |lease: &mut yitong_sync::Lease, _: &mut Vec<u8>| lease.person_meal = yitong_values::Cents::new(2_000);
    let (mut one, mut two) = (canteen.till(1, &circle, lend), canteen.till(2, &circle, lend));
    assert_eq!(kind(&one.sell(12, &canteen.card(5))).0, "paid");
    carry(&mut [&mut one, &mut two]);
    let refused = two.sell(12, &canteen.card(5));
    assert_eq!(kind(&refused), ("refused", "此人本餐离线只剩 8.00 元可用"));
    assert_eq!(kind(&two.sell(8, &canteen.card(5))).0, "paid");
}

#[test]
fn a_phones_code_is_used_once_in_the_canteen() {
    let canteen = Canteen::new();
    let (mut one, mut two) = both(&canteen);
    let (shown, next) = (canteen.phone(7, 3), canteen.phone(7, 4));
    assert_eq!(kind(&one.sell(12, &shown)).0, "paid");
    carry(&mut [&mut one, &mut two]);
    assert_eq!(kind(&two.sell(12, &shown)), ("refused", "此码已在「1号机」使用，请刷新后再试"));
    assert_eq!(kind(&two.sell(12, &next)).0, "paid", "a new code of the same phone");

    let (mut one, mut two) = both(&canteen);
    assert_eq!((kind(&one.sell(12, &shown)).0, kind(&two.sell(12, &shown)).0), ("paid", "paid"), "as before, alone");
}

/// What is not from a member, as it said it, changes nothing: the second till sells as if it were alone.
#[test]
fn altered_foreign_and_revoked_are_not_heard() {
    let canteen = Canteen::new();
    let ours = canteen.circle(&[1, 2]);
    let foreign = |change: fn(&mut Circle)| {
        let mut circle = ours.clone();
        change(&mut circle);
        circle
    };
    let other_canteens_key = foreign(|circle| circle.key = RelayKey::from_bytes([7; 32]));
    let revoked = foreign(|circle| circle.neighbours.retain(|n| n.name != "1号机"));
    let swapped = foreign(|circle| circle.neighbours[0].journal = 2);
    let cases = [
        ("with another key", &other_canteens_key, false),
        ("revoked", &revoked, false),
        ("swapped", &swapped, false),
        ("altered on its way", &ours, true),
    ];
    for (name, of_two, altered) in cases {
        let (mut one, mut two) = (canteen.till(1, &ours, |_, _| {}), canteen.till(2, of_two, |_, _| {}));
        assert_eq!(kind(&one.sell(12, &canteen.card(1))).0, "paid");
        for datagram in std::mem::take(&mut one.told) {
            for at in [4, 40, datagram.len() - 1] {
                let mut heard = datagram.clone();
                heard[at] ^= u8::from(altered);
                two.step(Event::Neighbour(heard));
            }
        }
        assert_eq!(two.view["link"]["neighbours"], 0, "{name}");
        assert_eq!(kind(&two.sell(12, &canteen.card(1))).0, "paid", "{name}");
    }
    // A list of terminals that the server did not sign is none.
    let mut forged = canteen.till(2, &canteen.circle(&[3]), |_, _| {});
    assert_eq!(kind(&forged.sell(12, &canteen.card(1))).0, "paid", "not in the list: alone");
    forged.pass(5_000);
    assert!(forged.told.is_empty(), "and tells nobody");
}

#[test]
fn a_till_that_was_off_asks_for_what_it_missed() {
    let canteen = Canteen::new();
    let (mut one, mut two) = both(&canteen);
    for person in 1..=20 {
        one.sell(12, &canteen.card(person));
    }
    // All of it was lost: the other was off.
    one.told.clear();
    two.restart();
    for _ in 0..4 {
        one.pass(2_000);
        two.pass(2_000);
        carry(&mut [&mut one, &mut two]);
    }
    assert_eq!((&one.view["link"]["neighbours"], &two.view["link"]["neighbours"]), (&1.into(), &1.into()));
    assert_eq!(kind(&two.sell(12, &canteen.card(1))).0, "refused");
    // It comes back with what it sold itself, and the other one learns that as well.
    assert_eq!(kind(&two.sell(3, &canteen.card(1))).0, "paid");
    two.told.clear();
    two.restart();
    for _ in 0..4 {
        one.pass(2_000);
        two.pass(2_000);
        carry(&mut [&mut one, &mut two]);
    }
    assert_eq!(kind(&one.sell(1, &canteen.card(1))).0, "refused", "nothing is left of 15");
    // Nobody says that it goes: silence does.
    two.pass(8_000);
    assert_eq!(two.view["link"]["neighbours"], 0);
}

#[test]
fn a_lost_card_is_known_to_all_when_one_knows_it() {
    let canteen = Canteen::new();
    let circle = canteen.circle(&[1, 2]);
    let newer = canteen.status(2, &[4]);
    let mut one = canteen.till(1, &circle, |_, status| *status = newer);
    let mut two = canteen.till(2, &circle, |_, _| {});
    assert_eq!(kind(&two.sell(1, &canteen.card(4))).0, "paid", "it does not know yet");
    for _ in 0..6 {
        one.pass(1_000);
        two.pass(1_000);
        carry(&mut [&mut one, &mut two]);
    }
    assert_eq!(kind(&two.sell(1, &canteen.card(4))), ("refused", kind(&one.sell(1, &canteen.card(4))).1));
    two.restart();
    assert_eq!(kind(&two.sell(1, &canteen.card(4))).0, "refused", "it kept the list");
}
