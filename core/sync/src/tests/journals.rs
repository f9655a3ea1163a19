//! Journals that are whole, repeated, cut, edited, copied and damaged.

use super::*;
use crate::{Fate, Held, Problem, Received, receive};
use proptest::prelude::*;

fn held(head: Head) -> Held {
    Held { terminal: terminal(), journal: 1, key: key().public(), head }
}

/// The server has the first `has` records of `all`.
fn arrives(all: &[Sealed], has: usize, batch: &[Sealed]) -> Received {
    let head = match has {
        0 => Head::default(),
        n => Head { seq: n as u64, hash: all[n - 1].hash() },
    };
    receive(&held(head), batch, |seq| all.get(seq as usize - 1).map(Sealed::hash))
}

fn check(name: &str, received: &Received, taken: usize, head: u64, problem: Option<Problem>) {
    let took = received.fates.iter().filter(|fate| matches!(fate, Fate::Take(_))).count();
    assert_eq!((took, received.head.seq, received.problem), (taken, head, problem), "{name}");
}

#[test]
fn what_arrives_is_taken_once_and_in_order() {
    let (all, head) = journal(10);
    let whole = arrives(&all, 0, &all);
    check("whole", &whole, 10, 10, None);
    assert_eq!(whole.head, head);
    check("nothing", &arrives(&all, 4, &[]), 0, 4, None);
    check("again", &arrives(&all, 10, &all), 0, 10, None);
    check("overlapping", &arrives(&all, 6, &all[3..]), 4, 10, None);
    check("the middle is missing", &arrives(&all, 0, &[&all[..3], &all[4..]].concat()), 3, 3, Some(Problem::Gap));
    check("the beginning is missing", &arrives(&all, 0, &all[2..]), 0, 0, Some(Problem::Gap));
    check("the wrong order", &arrives(&all, 0, &[all[1].clone(), all[0].clone()]), 0, 0, Some(Problem::Gap));
    check("the same twice", &arrives(&all, 0, &[&all[..5], &all[2..]].concat()), 10, 10, None);
}

#[test]
fn another_story_under_the_same_numbers_is_a_fork() {
    let (all, _) = journal(5);
    let (other, _) = continued(Head { seq: 3, hash: all[2].hash() }, 4, "other ");
    check("the last one told otherwise", &arrives(&all, 5, &other[1..]), 0, 5, Some(Problem::Fork));
    check("an older one told otherwise", &arrives(&all, 5, &other), 0, 5, Some(Problem::Fork));
    let (fresh, _) = continued(Head::default(), 7, "fresh ");
    check("set back and begun anew", &arrives(&all, 5, &fresh[5..]), 0, 5, Some(Problem::Fork));
}

#[test]
fn of_somebody_else() {
    let (all, head) = journal(2);
    let others = DeviceKey::from_seed(&[4; 32]);
    let record = head.next(terminal(), 1, stamp(3), Body::GivenUp { purchase: uuid::Uuid::from_u128(1).into() });
    check("another device's key", &arrives(&all, 2, &[Sealed::seal(&record, &others)]), 0, 2, Some(Problem::Signature));
    let record = crate::Record { journal: 2, ..record };
    check("the next journal", &arrives(&all, 2, &[Sealed::seal(&record, &key())]), 0, 2, Some(Problem::Stranger));
}

#[test]
fn a_damaged_record_is_put_aside_when_the_next_one_vouches_for_it() {
    let (mut all, head) = journal(6);
    let before = all.clone();
    all[2].payload = all[2].payload.replace("12", "13").replace("test", "tast");
    let received = arrives(&before, 0, &all);
    check("in the middle", &received, 5, 6, None);
    assert_eq!(received.head, head);
    assert!(matches!(received.fates[2], Fate::Quarantine { seq: 3, .. }));
    check("nobody vouches yet", &arrives(&before, 0, &all[..3]), 2, 2, Some(Problem::Signature));
    check("here before it was damaged", &arrives(&before, 4, &all[2..]), 2, 6, None);
}

#[test]
fn what_a_newer_terminal_says_is_put_aside_and_the_rest_goes_on() {
    let (mut all, head) = journal(1);
    let record = head.next(terminal(), 1, stamp(2), Body::Noted { code: "x".into(), detail: String::new() });
    let payload = serde_json::to_string(&record).expect("JSON").replace("\"noted\"", "\"sang\"");
    let signature = key().sign("journal record 1", payload.as_bytes());
    all.push(Sealed { payload, signature });
    let at = Head { seq: 2, hash: all[1].hash() };
    all.extend(continued(at, 2, "").0);
    let received = arrives(&all, 0, &all);
    check("an unknown body", &received, 3, 4, None);
    assert!(matches!(received.fates[1], Fate::Quarantine { seq: 2, .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However a journal is cut into batches, doubled and delayed: each record is taken once, in order, and none is
    /// lost.
    #[test]
    fn each_record_is_taken_once(records in 1usize..40, cuts in prop::collection::vec((0usize..40, 1usize..12), 1..60)) {
        let (all, last) = journal(records as u64);
        let (mut has, mut taken) = (0usize, Vec::new());
        let tail = (0..records).map(|from| (from, records));
        for (from, length) in cuts.into_iter().chain(tail) {
            let from = from.min(records);
            let batch = &all[from..(from + length).min(records)];
            let received = arrives(&all, has, batch);
            for fate in &received.fates {
                if let Fate::Take(record) = fate {
                    taken.push(record.seq);
                }
            }
            prop_assert!(received.problem.is_none_or(|problem| problem == Problem::Gap));
            has = received.head.seq as usize;
        }
        prop_assert_eq!(taken, (1..=records as u64).collect::<Vec<_>>());
        prop_assert_eq!(all[has - 1].hash(), last.hash);
    }

    /// Whatever byte of a payload is changed, the record is not taken.
    #[test]
    fn an_edit_is_never_taken(at in 0usize..200, with in any::<u8>()) {
        let (all, _) = journal(3);
        let mut edited = all.clone();
        let mut bytes = edited[1].payload.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != with);
        bytes[at] = with;
        let Ok(payload) = String::from_utf8(bytes) else { return Ok(()) };
        edited[1].payload = payload;
        let received = arrives(&all, 0, &edited);
        let took_it = received.fates.iter().any(|fate| matches!(fate, Fate::Take(record) if record.seq == 2));
        prop_assert!(!took_it);
    }
}

#[test]
fn a_confirmation_of_an_earlier_version_is_read() {
    let purchase = uuid::Uuid::from_u128(1);
    let old = format!(r#"{{"kind":"confirmed","purchase":"{purchase}","amount":500}}"#);
    let body = Body::Confirmed { purchase: purchase.into(), amount: yitong_values::Cents::new(500), by: None };
    assert_eq!(serde_json::from_str::<Body>(&old).expect("read"), body);
    assert_eq!(serde_json::to_string(&body).expect("written"), old, "nothing more is said than is known");
}
