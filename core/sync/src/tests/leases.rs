//! The ceiling of what can be lost.

use super::*;
use crate::{Lease, LeaseRefusal, Offline, PersonUsed, SealedLease, Used, left, worst_loss};
use proptest::prelude::*;
use std::collections::BTreeMap;
use yitong_values::Cents;

fn lease() -> Lease {
    Lease {
        terminal: terminal(),
        serial: 4,
        sum: Cents::new(10_000),
        count: 20,
        person_meal: Cents::new(1_500),
        person_day: Cents::new(3_000),
        issued_at: LUNCH,
        expires_at: LUNCH.plus_ms(3_600_000),
        policy: 1,
    }
}

fn check(
    name: &str,
    used: (i64, u32),
    person: (i64, i64),
    after_ms: i64,
    amount: i64,
    expected: Result<(), LeaseRefusal>,
) {
    let lease = lease();
    let offline = Offline {
        lease: Some(&lease),
        used: Used { sum: Cents::new(used.0), count: used.1 },
        person: PersonUsed { meal: Cents::new(person.0), day: Cents::new(person.1) },
        now: LUNCH.plus_ms(after_ms),
    };
    assert_eq!(offline.allows(Cents::new(amount)).map(|_| ()), expected, "{name}");
}

#[test]
fn what_a_lease_allows() {
    check("fresh", (0, 0), (0, 0), 0, 1_500, Ok(()));
    check("nothing charged", (10_000, 20), (0, 0), 9_000_000, 0, Ok(()));
    check("its last fen", (9_000, 3), (0, 0), 0, 1_000, Ok(()));
    check("a fen more", (9_000, 3), (0, 0), 0, 1_001, Err(LeaseRefusal::Sum { left: Cents::new(1_000) }));
    check("its last sale", (0, 19), (0, 0), 0, 100, Ok(()));
    check("one sale more", (0, 20), (0, 0), 0, 100, Err(LeaseRefusal::Count));
    check("the meal is used", (0, 1), (1_000, 1_000), 0, 501, Err(LeaseRefusal::PersonMeal { left: Cents::new(500) }));
    check("the day is used", (0, 1), (0, 2_900), 0, 101, Err(LeaseRefusal::PersonDay { left: Cents::new(100) }));
    check("over", (0, 0), (0, 0), 3_600_000, 100, Err(LeaseRefusal::Expired));
    let none = Offline { lease: None, used: Used::default(), person: PersonUsed::default(), now: LUNCH };
    assert_eq!(none.allows(Cents::new(1)).map(|_| ()), Err(LeaseRefusal::None));
}

#[test]
fn a_lease_is_of_the_server_and_for_one_terminal() {
    let authority = DeviceKey::from_seed(&[9; 32]);
    let sealed = SealedLease::seal(&lease(), &authority);
    assert_eq!(sealed.open(&authority.public(), terminal()), Some(lease()));
    assert_eq!(sealed.open(&key().public(), terminal()), None);
    assert_eq!(sealed.open(&authority.public(), TerminalId::new(Uuid::from_u128(8))), None);
    let raised = SealedLease { payload: sealed.payload.replace("10000", "90000"), ..sealed };
    assert_eq!(raised.open(&authority.public(), terminal()), None);
}

#[test]
fn the_worst_that_can_be_lost() {
    let each = [(Cents::new(10_000), Cents::new(3_000)), (Cents::new(4_000), Cents::new(3_000))];
    assert_eq!(worst_loss(each, 1_500), Cents::new(14_000));
    assert_eq!(worst_loss(each, 1), Cents::new(6_000));
    assert_eq!(worst_loss([], 1_500), Cents::ZERO);
    let used = Used { sum: Cents::new(9_999), count: 3 };
    assert_eq!(left(&lease(), used, LUNCH), Cents::new(1));
    assert_eq!(left(&lease(), used, LUNCH.plus_ms(3_600_000)), Cents::ZERO);
}

proptest! {
    /// Whatever is asked for by whom: what was sold stays under the lease and under each person's caps.
    #[test]
    fn never_more_than_the_ceiling(asks in prop::collection::vec((0u8..6, 1i64..4_000), 0..200)) {
        let lease = lease();
        let (mut used, mut persons) = (Used::default(), BTreeMap::<u8, PersonUsed>::new());
        for (who, amount) in asks {
            let (person, amount) = (persons.entry(who).or_default(), Cents::new(amount));
            let offline = Offline { lease: Some(&lease), used, person: *person, now: LUNCH };
            if offline.allows(amount).is_ok() {
                used = Used { sum: used.sum.plus(amount).expect("small"), count: used.count + 1 };
                *person = PersonUsed { meal: person.meal.plus(amount).expect("small"), day: person.day.plus(amount).expect("small") };
            }
        }
        let ceiling = worst_loss([(lease.sum, lease.person_day)], persons.len() as u32);
        prop_assert!(used.sum <= ceiling);
        prop_assert!(used.count <= lease.count);
        prop_assert!(persons.values().all(|person| person.meal <= lease.person_meal && person.day <= lease.person_day));
    }
}
