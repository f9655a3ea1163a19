//! Whatever anybody does, in whatever order answers arrive: no name is sold twice, nothing is green that is not on
//! disk, both screens show the amount that was decided, and practice writes nothing.

use super::tests::{LUNCH, Till, allow, kind, lunch, shop};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use yitong_rules::Question;

/// What may happen next. Numbers choose among what waits.
#[derive(Clone, Debug)]
enum Happens {
    Act(Act),
    SameActAgain,
    Scan(u8),
    Weight(u32, bool),
    /// One of the effects that wait for an answer is answered.
    Answer {
        which: usize,
        how: u8,
    },
    Time(i64),
    Link(bool),
}

fn acts() -> impl Strategy<Value = Act> {
    let uuid = |n: u128| Uuid::from_u128(n);
    let keys = prop::sample::select(vec!["0", "1", "5", "00", ".", "back", "clear", "enter"]);
    let modes = prop::sample::select(CounterMode::ALL.to_vec());
    let choices = vec!["yes".to_owned(), "no".to_owned(), lunch().id.to_string()];
    prop_oneof![
        4 => keys.prop_map(|key| Act::Key { key: Key::from_word(key).expect("a key") }),
        1 => modes.prop_map(|mode| Act::Mode { mode }),
        2 => (10u128..13, 1u32..4).prop_map(move |(dish, count)| Act::Dish { id: uuid(dish), count }),
        2 => prop::sample::select(choices).prop_map(|choice| Act::Answer { choice }),
        1 => (1u128..200).prop_map(move |n| Act::TakeBack { since: n.is_multiple_of(5).then(|| uuid(n)) }),
        1 => (1u128..200).prop_map(move |n| Act::Scan { text: "CODE".into(), not_keyed: Some(uuid(n)) }),
        1 => Just(Act::Cancel),
        1 => Just(Act::Pay),
        1 => Just(Act::Balance),
        1 => any::<bool>().prop_map(|on| Act::Training { on }),
        1 => Just(Act::Pick { person: uuid(90) }),
        1 => (1_000_000u128..1_000_200).prop_map(move |n| Act::Undo { purchase: uuid(n) }),
        1 => Just(Act::ShiftOpen { cashier: uuid(50), pin: String::new(), cash: 100 }),
        1 => Just(Act::ShiftClose { cash_count: 100 }),
        1 => Just(Act::Roster { class: Some(uuid(60)), person: None }),
        1 => Just(Act::Roster { class: None, person: Some(uuid(90)) }),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => acts().prop_map(Happens::Act),
        1 => Just(Happens::SameActAgain),
        4 => (0u8..3).prop_map(Happens::Scan),
        1 => (0u32..500, any::<bool>()).prop_map(|(grams, stable)| Happens::Weight(grams, stable)),
        8 => (0usize..3, any::<u8>()).prop_map(|(which, how)| Happens::Answer { which, how }),
        2 => (0i64..8_000).prop_map(Happens::Time),
        1 => any::<bool>().prop_map(Happens::Link),
    ]
}

#[derive(Default)]
struct World {
    checkout: Checkout,
    now: i64,
    online: bool,
    names: u128,
    waiting: Vec<Effect>,
    /// On disk, by purchase.
    sold: BTreeMap<EntryId, Cents>,
    greens: usize,
    training_at: BTreeMap<EntryId, bool>,
    last_act: Option<(Uuid, Act)>,
}

impl World {
    fn input(&mut self, shop: &Shop, input: Input) -> Result<(), TestCaseError> {
        self.names += 1;
        let facts = Facts {
            now: LUNCH.plus_ms(self.now),
            shop: Some(shop),
            online: self.online,
            clock_doubt: self.names.is_multiple_of(7),
            fresh: Uuid::from_u128(1_000_000 + self.names).into(),
        };
        let was_green = self.is_green();
        let effects = self.checkout.step(input.clone(), &facts);
        if self.is_green() && !was_green && !self.checkout.training {
            // Green comes out of nothing but the acknowledgement of a sale.
            prop_assert!(matches!(input, Input::Written(Ok(()))), "green after {input:?}");
            self.greens += 1;
        }
        for effect in &effects {
            match effect {
                Effect::Write(entry) => self.written(entry)?,
                Effect::Ask(sale) => prop_assert!(!sale.training, "practice asks nobody"),
                Effect::Decide(sale) => {
                    self.training_at.insert(sale.id, sale.training);
                    prop_assert_eq!(self.checkout.shown_total(&facts), sale.total, "decided on what is shown");
                }
                _ => {}
            }
        }
        let wants = |effect: &Effect| !matches!(effect, Effect::Light(_) | Effect::Search(_) | Effect::Print(_));
        self.waiting.extend(effects.into_iter().filter(wants));
        Ok(())
    }

    fn is_green(&self) -> bool {
        matches!(&self.checkout.state, State::Showing(outcome) if outcome.kind == ResultKind::Paid)
    }

    fn written(&self, entry: &Entry) -> Result<(), TestCaseError> {
        if let Some(purchase) = entry.purchase() {
            prop_assert_ne!(self.training_at.get(&purchase), Some(&true), "practice writes nothing: {:?}", entry);
            let selling = matches!(entry, Entry::Sale { .. } | Entry::Confirmed { .. } | Entry::Intent { .. });
            prop_assert!(!selling || !self.sold.contains_key(&purchase), "{} of a sold name", kind(entry));
        }
        Ok(())
    }

    /// The disk, the server and the look-ups answer, each in its own time; the disk in the order of its writes.
    fn answer(&mut self, shop: &Shop, which: usize, how: u8) -> Result<(), TestCaseError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let mut at = which % self.waiting.len();
        if matches!(self.waiting[at], Effect::Write(_)) {
            at = self.waiting.iter().position(|effect| matches!(effect, Effect::Write(_))).unwrap_or(at);
        }
        let input = match self.waiting.remove(at) {
            Effect::Write(entry) => {
                let fails = how.is_multiple_of(16);
                match (&entry, fails) {
                    (Entry::Sale { sale, split, .. }, false) => {
                        prop_assert!(self.sold.insert(sale.id, split.charged).is_none(), "sold twice");
                    }
                    (Entry::Confirmed { sale, amount }, false) => {
                        prop_assert!(self.sold.insert(sale.id, *amount).is_none(), "sold twice");
                    }
                    _ => {}
                }
                if fails {
                    // What waits behind a failed write is not written either.
                    self.waiting.retain(|effect| !matches!(effect, Effect::Write(_)));
                }
                Input::Written(if fails { Err(()) } else { Ok(()) })
            }
            Effect::Decide(sale) => Input::Decided(sale.id, Box::new(local(&sale, how))),
            Effect::Ask(sale) => Input::Answered(sale.id, server(&sale, how).map(Box::new)),
            Effect::AskUndo { purchase, .. } => {
                let why = words::too_late();
                Input::UndoAnswered(purchase, [Some(Ok(())), Some(Err(why)), None][usize::from(how % 3)].clone())
            }
            Effect::LookUp(_) => Input::Balance(Ok(Payer::default())),
            Effect::OpenRoster(_) => {
                let listed = Payer { person: Uuid::from_u128(90), ..Payer::default() };
                Input::Roster(vec![(listed, false)])
            }
            Effect::CheckPin { .. } => Input::PinChecked(how.is_multiple_of(2)),
            _ => Input::Tick,
        };
        self.input(shop, input)
    }
}

fn local(sale: &Sale, how: u8) -> Local {
    let refused =
        |later: bool| Refused { may_collect_later: later, ..words::refused("too_little_money", "余额不足", "") };
    let verdict = match how % 8 {
        0 => LocalVerdict::Ask(Question::Duplicate { seconds_ago: 3 }),
        1 => LocalVerdict::Ask(Question::PhotoCheck { seconds_ago: 3 }),
        2 => LocalVerdict::Refuse(refused(true)),
        3 => LocalVerdict::Refuse(refused(false)),
        4 => allow(sale.total, Err(refused(false))),
        _ => allow(sale.total, Ok(())),
    };
    let payer = Payer { person: Uuid::from_u128(90), ..Payer::default() };
    Local { payer: (!how.is_multiple_of(5)).then_some(payer), verdict, trace: String::new() }
}

fn server(sale: &Sale, how: u8) -> Option<Answer> {
    let (payer, trace) = (None, String::new());
    Some(match how % 6 {
        0 => return None,
        1 => Answer::Ask { question: Question::Duplicate { seconds_ago: 3 }, payer },
        2 => {
            let refused = Refused { may_collect_later: true, ..words::refused("too_little_money", "余额不足", "") };
            Answer::Refused { refused, payer, trace }
        }
        _ => Answer::Paid { amount: sale.total, balance_after: None, arrears_after: None, payer, trace },
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]
    #[test]
    fn promises_hold(all in prop::collection::vec(happens(), 1..120)) {
        let shop = shop();
        let mut world = World { online: true, ..World::default() };
        for happens in all {
            match happens {
                Happens::Act(act) => {
                    world.names += 1;
                    let id = Uuid::from_u128(world.names);
                    world.last_act = Some((id, act.clone()));
                    world.input(&shop, Input::Act(id, act))?;
                }
                Happens::SameActAgain => {
                    if let Some((id, act)) = world.last_act.clone() {
                        let before = world.waiting.len();
                        world.input(&shop, Input::Act(id, act))?;
                        prop_assert_eq!(world.waiting.len(), before, "a repeated act does nothing");
                    }
                }
                Happens::Scan(which) => world.input(&shop, Input::Scan(format!("CODE {which}")))?,
                Happens::Weight(grams, stable) => world.input(&shop, Input::Weight { grams, stable })?,
                Happens::Answer { which, how } => world.answer(&shop, which, how)?,
                Happens::Time(ms) => {
                    world.now += ms;
                    world.input(&shop, Input::Tick)?;
                }
                Happens::Link(up) => world.online = up,
            }
        }
        prop_assert!(world.greens <= world.sold.len(), "each green is a sale on disk");
    }
}

/// The generator really reaches sales of both kinds; else the promises above would be about nothing.
#[test]
fn the_world_can_sell() {
    let mut till = Till::new();
    till.input(Input::Act(Uuid::from_u128(1), Act::Key { key: Key::Digit(5) }));
    till.input(Input::Scan("CODE".into()));
    till.online = false;
    till.input(Input::Act(Uuid::from_u128(2), Act::Key { key: Key::Digit(5) }));
    till.input(Input::Scan("OTHER".into()));
    assert_eq!(till.journal.iter().map(kind).collect::<Vec<_>>(), ["intent", "confirmed", "sale"]);
}
