//! What is held ends in the same state whatever the network does, and only those are heard who should be.

use super::*;
use crate::DeviceKey;
use proptest::prelude::*;
use uuid::Uuid;
use yitong_values::{Cents, PersonId, TerminalId, Timestamp};

/// Tuesday 2026-11-24 12:00 in China.
const NOON: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn key(n: u8) -> DeviceKey {
    DeviceKey::from_seed(&[n; 32])
}

fn origin(n: u8) -> Origin {
    Origin { terminal: TerminalId::new(id(u128::from(n))), journal: 1 }
}

fn circle(members: &[u8]) -> Circle {
    let neighbour = |n: &u8| Neighbour {
        terminal: origin(*n).terminal,
        journal: 1,
        key: key(*n).public(),
        stall: id(200 + u128::from(*n)).into(),
        name: format!("{n}号机"),
    };
    Circle {
        school: id(100).into(),
        canteen: id(101).into(),
        key: RelayKey::from_bytes([9; 32]),
        neighbours: members.iter().map(neighbour).collect(),
    }
}

fn spent(seq: u64, fen: i64) -> Spent {
    Spent {
        seq,
        person: id(500 + u128::from(seq % 3)).into(),
        amount: Cents::new(fen),
        at: NOON.plus_ms(seq as i64),
        offline: true,
        known_at: None,
        undone: false,
        code: Some(CodeUse { serial: seq as u32, order: seq * 10 }),
    }
}

fn relay(n: u8, members: &[u8]) -> Relay {
    let mut relay = Relay::new(origin(n), key(n));
    relay.join(Some(circle(members)));
    relay
}

/// Nonces that are all different.
struct Nonces(u64);

impl Nonces {
    fn next(&mut self) -> [u8; NONCE_BYTES] {
        self.0 += 1;
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.0.to_be_bytes());
        nonce
    }
}

fn out(relay: &mut Relay, nonces: &mut Nonces) -> Vec<Vec<u8>> {
    relay.take_out(NOON, || nonces.next())
}

/// Everything that a relay knows of the persons of these tests, also of itself.
fn state(relay: &Relay) -> Vec<(Origin, u64)> {
    relay.rows()
}

fn fen_of(relay: &Relay, person: u128) -> i64 {
    let person: PersonId = id(person).into();
    relay.spent_by(person).filter(|(_, spent)| !spent.undone).map(|(_, spent)| spent.amount.fen()).sum()
}

#[test]
fn told_once_and_again_it_counts_once() {
    let mut nonces = Nonces(0);
    let (mut one, mut two) = (relay(1, &[1, 2]), relay(2, &[1, 2]));
    one.say(Spent { person: id(500).into(), ..spent(1, 1_200) }, NOON);
    let told = out(&mut one, &mut nonces);
    assert_eq!((two.hear(&told[0], NOON, 0), two.hear(&told[0], NOON, 0)), (Ok(News::Spent), Ok(News::Nothing)));
    assert_eq!((fen_of(&two, 500), two.heard(0), two.heard(HEARD_MS)), (1_200, 1, 0));
    assert_eq!(two.used_at(CodeUse { serial: 1, order: 10 }).map(|at| at.name.as_str()), Some("1号机"));
    assert!(two.used_at(CodeUse { serial: 1, order: 11 }).is_none(), "the phone's next code is a new one");
    assert!(one.used_at(CodeUse { serial: 1, order: 10 }).is_none(), "its own uses it knows otherwise");
    one.say(Spent { person: id(500).into(), undone: true, ..spent(1, 1_200) }, NOON);
    let undone = out(&mut one, &mut nonces);
    assert_eq!(two.hear(&undone[0], NOON, 0), Ok(News::Spent));
    assert_eq!(two.hear(&told[0], NOON, 0), Ok(News::Nothing), "the older word does not come back");
    assert_eq!(fen_of(&two, 500), 0);
    assert!(two.used_at(CodeUse { serial: 1, order: 10 }).is_some(), "an undone sale has used its code");
}

#[test]
fn a_newcomer_learns_from_anybody_what_it_missed() {
    let mut nonces = Nonces(0);
    let members = [1, 2, 3];
    let (mut one, mut two) = (relay(1, &members), relay(2, &members));
    for seq in 1..=700 {
        one.say(spent(seq, 100), NOON);
        for datagram in out(&mut one, &mut nonces) {
            two.hear(&datagram, NOON, 0).expect("heard");
        }
    }
    // The first is switched off. The third has just been switched on.
    drop(one);
    let mut three = relay(3, &members);
    let mut all = vec![two, three];
    for second in 0..40 {
        play(&mut all, second * 1_000, &mut nonces, |_| true);
    }
    three = all.pop().expect("the third");
    assert_eq!((three.held(), state(&three) == state(&all[0])), (700, true));
}

/// One round of everybody's time, and what follows from it; `arrives` says whether a datagram does.
fn play(all: &mut [Relay], mono_ms: u64, nonces: &mut Nonces, mut arrives: impl FnMut(usize) -> bool) {
    all.iter_mut().for_each(|relay| relay.tick(NOON, mono_ms, 0));
    let mut sent = 0;
    for _ in 0..4 {
        let said: Vec<_> = all.iter_mut().map(|relay| out(relay, nonces)).collect();
        for (from, datagrams) in said.iter().enumerate() {
            for datagram in datagrams {
                for (_, relay) in all.iter_mut().enumerate().filter(|(to, _)| *to != from) {
                    sent += 1;
                    if arrives(sent) {
                        relay.hear(datagram, NOON, mono_ms).expect("from a member");
                    }
                }
            }
        }
    }
}

#[test]
fn only_members_are_heard_as_they_said_it() {
    let mut nonces = Nonces(0);
    let mut one = relay(1, &[1, 2]);
    let mut say = |relay: &mut Relay, seq: u64| {
        relay.say(spent(seq, 100), NOON);
        out(relay, &mut nonces).remove(0)
    };
    let told = say(&mut one, 1);
    let fresh = || relay(2, &[1, 2]);
    assert_eq!(fresh().hear(&told, NOON, 0), Ok(News::Spent));
    assert_eq!(Relay::new(origin(2), key(2)).hear(&told, NOON, 0), Err(Unheard::Alone), "without a circle");
    assert_eq!(relay(2, &[2, 3]).hear(&told, NOON, 0), Err(Unheard::Stranger), "revoked: not in the list any more");
    assert_eq!(fresh().hear(&told, NOON.plus_ms(FRESH_MS + 1), 0), Err(Unheard::Stale));
    assert_eq!(fresh().hear(&told, NOON.plus_ms(-FRESH_MS - 1), 0), Err(Unheard::Stale), "from the future");
    assert_eq!(one.hear(&told, NOON, 0), Err(Unheard::Own));
    for at in 0..told.len() {
        let mut altered = told.clone();
        altered[at] ^= 1;
        assert_eq!(fresh().hear(&altered, NOON, 0), Err(Unheard::NotOurs), "byte {at}");
        assert!(fresh().hear(&told[..at], NOON, 0).is_err(), "cut at {at}");
    }

    let mut replaced = circle(&[1, 2]);
    replaced.neighbours[0].journal = 2;
    let mut two = fresh();
    two.join(Some(replaced));
    assert_eq!(two.hear(&told, NOON, 0), Err(Unheard::Stranger), "the machine before");
    for other in
        [Circle { school: id(7).into(), ..circle(&[1, 2]) }, Circle { canteen: id(7).into(), ..circle(&[1, 2]) }]
    {
        let mut two = fresh();
        two.join(Some(other));
        assert_eq!(two.hear(&told, NOON, 0), Err(Unheard::NotOurs), "with the same key");
    }
    // Who has the canteen's key, but not the device's: a neighbour that speaks for another.
    let mut liar = Relay::new(origin(1), key(5));
    liar.join(Some(circle(&[1, 2])));
    assert_eq!(fresh().hear(&say(&mut liar, 1), NOON, 0), Err(Unheard::Signature));
}

#[test]
fn nobody_invents_what_happened_elsewhere() {
    let mut nonces = Nonces(0);
    let members = circle(&[1, 2, 3]);
    let mut said = |told: Told| {
        let message = Message { from: origin(2), sent_at: NOON, said: Said::Tell(vec![told]) };
        let datagram = message.seal(&members, &key(2), nonces.next());
        relay(3, &[1, 2, 3]).hear(&datagram, NOON, 0)
    };
    assert_eq!(said(Told::sign(origin(1), spent(1, 5), &key(1))), Ok(News::Spent), "passed on");
    assert_eq!(said(Told::sign(origin(1), spent(1, 5), &key(2))), Err(Unheard::Signature));
    assert_eq!(said(Told::sign(origin(4), spent(1, 5), &key(4))), Err(Unheard::Stranger));
    let other = Told { spent: spent(1, 6), ..Told::sign(origin(1), spent(1, 5), &key(1)) };
    assert_eq!(said(other), Err(Unheard::Signature));
    assert_eq!(said(Told::sign(origin(1), spent(1, -5), &key(1))), Err(Unheard::Malformed), "nobody is given money");
    let tomorrow = Spent { at: NOON.plus_ms(FRESH_MS + 1), ..spent(1, 5) };
    assert_eq!(said(Told::sign(origin(1), tomorrow, &key(1))), Err(Unheard::Stale));
    let old = Spent { at: NOON.plus_ms(-LIFE_MS - 1), ..spent(1, 5) };
    assert_eq!(said(Told::sign(origin(1), old, &key(1))), Ok(News::Nothing), "too old to count");
}

#[test]
fn a_circle_is_the_servers_word_for_its_members() {
    let (authority, school) = (key(77), circle(&[]).school);
    let sealed = SealedCircle::seal(&circle(&[1, 2]), &authority);
    let open = |sealed: &SealedCircle, school, own: u8| sealed.open(&authority.public(), school, &key(own).public());
    assert_eq!(open(&sealed, school, 1), Some(circle(&[1, 2])));
    assert_eq!(open(&sealed, school, 3), None, "not a member");
    assert_eq!(open(&sealed, id(8).into(), 1), None, "another school's");
    assert_eq!(open(&SealedCircle::seal(&circle(&[1, 2]), &key(1)), school, 1), None, "a device is not the server");
    assert!(!format!("{sealed:?} {:?}", circle(&[1])).contains("CQkJ"), "the key is in no log");
}

#[test]
fn what_is_held_has_a_limit() {
    let mut one = relay(1, &[1, 2]);
    for seq in 1..=RECORDS_SPAN + 500 {
        one.say(spent(seq, 1), NOON);
    }
    assert_eq!(one.held() as u64, RECORDS_SPAN);
    one.say(spent(3, 1), NOON);
    assert_eq!(one.held() as u64, RECORDS_SPAN, "a sale of long ago does not come back");
    let week = NOON.plus_ms(LIFE_MS + 60_000);
    one.tick(week, 10_000, 0);
    assert_eq!(one.held(), 0);
    let mut nonces = Nonces(0);
    assert!(one.take_out(week, || nonces.next()).len() < 300, "what waits to be sent has one as well");
    one.join(Some(circle(&[2])));
    assert_eq!((one.held(), one.heard(0)), (0, 0));
}

#[test]
fn a_newer_list_comes_from_a_neighbour_in_parts() {
    let mut nonces = Nonces(0);
    let (mut one, mut two) = (relay(1, &[1, 2]), relay(2, &[1, 2]));
    let list: Vec<u8> = (0..40_000u32).map(|n| (n % 251) as u8).collect();
    let (mut came, mut datagrams) = (None, 0);
    for round in 0..40u64 {
        let mono = round * 500;
        one.tick(NOON, mono, 8);
        two.tick(NOON, mono, if came.is_some() { 8 } else { 7 });
        for _ in 0..2 {
            for datagram in out(&mut one, &mut nonces) {
                datagrams += 1;
                // Each fifth is lost.
                if datagrams % 5 == 0 {
                    continue;
                }
                if let Ok(News::ListCame { from, version, bytes }) = two.hear(&datagram, NOON, mono) {
                    two.list_taken(from, version, true, mono);
                    came = Some((from, version, bytes));
                }
            }
            for datagram in out(&mut two, &mut nonces) {
                if let Ok(News::ListAsked { version: 8, from }) = one.hear(&datagram, NOON, mono) {
                    one.give_list(8, from, &list);
                }
            }
        }
    }
    assert_eq!(came, Some((origin(1).terminal, 8, list)));
}

#[test]
fn a_list_that_is_not_believed_is_not_asked_for_again_at_once() {
    let mut nonces = Nonces(0);
    let (mut one, mut two) = (relay(1, &[1, 2]), relay(2, &[1, 2]));
    let mut asks = 0;
    for round in 0..100u64 {
        let mono = round * 500;
        one.tick(NOON, mono, 9);
        two.tick(NOON, mono, 7);
        for _ in 0..2 {
            for datagram in out(&mut one, &mut nonces) {
                if let Ok(News::ListCame { from, version, .. }) = two.hear(&datagram, NOON, mono) {
                    two.list_taken(from, version, false, mono);
                }
            }
            for datagram in out(&mut two, &mut nonces) {
                if let Ok(News::ListAsked { version, from }) = one.hear(&datagram, NOON, mono) {
                    asks += 1;
                    one.give_list(version, from, b"not a list");
                }
            }
        }
    }
    assert_eq!(asks, 1);
}

fn any_told() -> impl Strategy<Value = Told> {
    let known = proptest::option::of(0..1_000i64);
    (1..=3u8, 0..200u64, 0..5_000i64, known, any::<bool>()).prop_map(|(n, seq, late, known, undone)| {
        let known_at = known.map(|ms| NOON.plus_ms(ms));
        let at = NOON.plus_ms(-late);
        // Some numbers are far apart, so that the limits have something to do.
        let seq = if seq < 20 { seq * 300 } else { seq };
        Told::sign(origin(n), Spent { known_at, undone, at, ..spent(seq, 1 + seq as i64) }, &key(n))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_and_repetition_do_not_change_what_is_held(
        told in proptest::collection::vec(any_told(), 1..60),
        order in any::<prop::sample::Index>(),
        again in any::<prop::sample::Index>(),
    ) {
        let mut forward = super::board::Board::default();
        told.iter().for_each(|told| { forward.take(told, NOON); });
        let mut other = super::board::Board::default();
        let cut = order.index(told.len());
        let doubled = &told[..=again.index(told.len())];
        for told in doubled.iter().rev().chain(told[cut..].iter().rev()).chain(&told[..cut]).chain(doubled) {
            other.take(told, NOON);
        }
        prop_assert_eq!(forward, other);
    }

    #[test]
    fn after_any_loss_all_end_with_the_same(
        sales in proptest::collection::vec((0..3usize, 1..400u64, any::<bool>()), 1..40),
        lost in proptest::collection::vec(any::<bool>(), 97),
    ) {
        let members = [1, 2, 3];
        let mut nonces = Nonces(0);
        let mut all: Vec<_> = members.iter().map(|n| relay(*n, &members)).collect();
        for (round, (who, seq, undone)) in sales.iter().enumerate() {
            all[*who].say(Spent { undone: *undone, ..spent(*seq, 700) }, NOON);
            play(&mut all, round as u64 * 1_000, &mut nonces, |n| !lost[n % lost.len()]);
        }
        for second in 0..30 {
            play(&mut all, (1_000 + second) * 1_000, &mut nonces, |_| true);
        }
        prop_assert_eq!(state(&all[0]), state(&all[1]));
        prop_assert_eq!(state(&all[1]), state(&all[2]));
        prop_assert!(all[0].held() > 0);
    }

    #[test]
    fn what_is_read_is_written_the_same(bytes in proptest::array::uniform32(any::<u8>()), more in proptest::array::uniform29(any::<u8>())) {
        let all: [u8; 61] = [bytes.as_slice(), &more].concat().try_into().expect("61 bytes");
        if let Ok(spent) = Spent::read(&all) {
            prop_assert_eq!(spent.bytes(), all);
        }
    }
}
