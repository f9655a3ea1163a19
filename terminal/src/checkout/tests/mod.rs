//! Conversations at a counter, as a head cook would tell them, on one pretend till.

mod beside;
mod paying;
mod pricing;
mod scanner;

use super::*;
use crate::shop::{Cashier, Dish, Rules};
use yitong_rules::{Counters, Question, Split};
use yitong_values::{CanteenId, DishId, SchoolId, StallId};

/// Tuesday 2026-11-24 12:00 in China.
pub(super) const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(super) fn lunch() -> MealPeriod {
    MealPeriod {
        id: id(70).into(),
        name_zh: "午餐".into(),
        name_en: "Lunch".into(),
        start: 11 * 60,
        end: 13 * 60,
        weekdays: [true; 7],
        fixed_price: None,
        free: false,
    }
}

fn dish(n: u128, name: &str, price: i64, barcode: &str, weighed: bool) -> Dish {
    Dish {
        id: DishId::new(id(n)),
        revision: id(n + 1000).into(),
        name: name.into(),
        name_en: name.into(),
        category: "热菜".into(),
        price: Cents::new(price),
        barcode: Some(barcode.into()),
        allergens: vec![],
        periods: vec![],
        weighed,
    }
}

pub(super) fn shop() -> Shop {
    Shop {
        version: 1,
        school: SchoolId::new(id(1)),
        school_name: "实验学校".into(),
        canteen: CanteenId::new(id(2)),
        canteen_name: "一食堂".into(),
        stall: StallId::new(id(3)),
        stall_name: "套餐".into(),
        near_stalls: vec![],
        terminal_name: "一号机".into(),
        show_balance: true,
        keep_days: 30,
        modes: vec![CounterMode::Amount, CounterMode::Dish, CounterMode::Fixed, CounterMode::Count, CounterMode::Weigh],
        fixed_price: Some(Cents::new(1200)),
        periods: vec![lunch()],
        days: vec![],
        rules: Rules { undo_minutes: 5, purchase_cap: Cents::new(10_000), ..Rules::default() },
        dishes: vec![
            dish(10, "米饭", 150, "2000010", false),
            dish(11, "红烧肉", 900, "2000011", false),
            dish(12, "自选菜", 3000, "2000012", true),
        ],
        cashiers: vec![Cashier { id: id(50).into(), name: "王师傅".into(), pin_hash: None }],
        notices: vec![],
    }
}

fn payer() -> Payer {
    Payer {
        person: id(90),
        name: "李小明".into(),
        name_mask: "李**".into(),
        balance: Cents::new(5000),
        ..Payer::default()
    }
}

pub(super) fn allow(charged: Cents, offline: Result<(), Refused>) -> LocalVerdict {
    let (period, counters) = (Some(lunch().id), Counters::default());
    let split = Split { from: vec![(0, charged)], arrears: Cents::ZERO, charged, period, counters };
    let balance_after = Cents::new(5000).minus(charged).expect("small");
    LocalVerdict::Allow { split, balance_after, arrears_after: Cents::ZERO, offline }
}

type Server = Box<dyn Fn(&Sale) -> Option<Answer>>;

/// What plays the rest of the world: a child with a code, a server, a disk.
pub(super) struct Till {
    pub(super) checkout: Checkout,
    pub(super) shop: Shop,
    pub(super) now: Timestamp,
    pub(super) online: bool,
    doubt: bool,
    names: u128,
    /// What this terminal thinks of a code.
    here: Box<dyn Fn(&Sale) -> Local>,
    /// What the server says; `None`: nothing, in time.
    there: Server,
    disk: bool,
    pub(super) journal: Vec<Entry>,
    others: Vec<Effect>,
}

impl Till {
    pub(super) fn new() -> Till {
        let here = |sale: &Sale| Local {
            payer: Some(payer()),
            verdict: allow(if sale.mode == CounterMode::Count { Cents::ZERO } else { sale.total }, Ok(())),
            trace: String::new(),
        };
        let there = |sale: &Sale| {
            Some(Answer::Paid {
                amount: if sale.mode == CounterMode::Count { Cents::ZERO } else { sale.total },
                balance_after: Some(Cents::new(3000)),
                arrears_after: None,
                payer: None,
                trace: String::new(),
            })
        };
        Till {
            checkout: Checkout::default(),
            shop: shop(),
            now: LUNCH,
            online: true,
            doubt: false,
            names: 1_000_000,
            here: Box::new(here),
            there: Box::new(there),
            disk: true,
            journal: Vec::new(),
            others: Vec::new(),
        }
    }

    fn offline(mut self) -> Till {
        self.online = false;
        self
    }

    pub(super) fn input(&mut self, input: Input) {
        self.names += 1;
        let facts = Facts {
            now: self.now,
            shop: Some(&self.shop),
            online: self.online,
            clock_doubt: self.doubt,
            fresh: id(self.names).into(),
        };
        for effect in self.checkout.step(input, &facts) {
            self.happen(effect);
        }
    }

    fn happen(&mut self, effect: Effect) {
        match effect {
            Effect::Decide(sale) => {
                let local = (self.here)(&sale);
                self.input(Input::Decided(sale.id, Box::new(local)));
            }
            Effect::Write(entry) => {
                if self.disk {
                    self.journal.push(entry);
                }
                self.input(Input::Written(if self.disk { Ok(()) } else { Err(()) }));
            }
            Effect::Ask(sale) => {
                let answer = (self.there)(&sale).map(Box::new);
                self.input(Input::Answered(sale.id, answer));
            }
            Effect::AskUndo { purchase, .. } => self.input(Input::UndoAnswered(purchase, Some(Ok(())))),
            Effect::LookUp(_) => self.input(Input::Balance(Ok(payer()))),
            Effect::Light(_) => {}
            other => self.others.push(other),
        }
    }

    fn act(&mut self, act: Act) {
        self.names += 1;
        self.input(Input::Act(id(self.names), act));
    }

    /// `12.5 enter` presses five keys and then one.
    fn keys(&mut self, keys: &str) {
        for word in keys.split(' ') {
            let single = Key::from_word(word).is_some();
            let words = if single { vec![word.to_owned()] } else { word.chars().map(String::from).collect() };
            words.iter().for_each(|word| self.act(Act::Key { key: Key::from_word(word).expect("a key") }));
        }
    }

    fn scan(&mut self, text: &str) {
        self.input(Input::Scan(text.into()));
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        self.input(Input::Tick);
    }

    pub(super) fn view(&self, screen: Screen) -> View {
        let facts = Facts {
            now: self.now,
            shop: Some(&self.shop),
            online: self.online,
            clock_doubt: self.doubt,
            fresh: id(1).into(),
        };
        let state = if self.online { LinkState::Online } else { LinkState::Offline };
        let link = LinkView {
            state,
            since: 0,
            last_sync: None,
            unsent: 0,
            unsent_sales: 0,
            oldest_unsent: None,
            mirror_age_ms: 0,
            clock_doubt: self.doubt,
            neighbours: 0,
        };
        let around = Around {
            enrolled: true,
            setup: SetupView::default(),
            broken: false,
            link,
            lease: None,
            devices: vec![],
            battery: None,
            alarms: vec![],
            classes: vec![],
        };
        self.checkout.view(&facts, &around, screen, 1)
    }

    fn phase(&self) -> Phase {
        self.view(Screen::Operator).screen
    }

    /// kind, words, fen
    fn result(&self) -> (ResultKind, String, i64) {
        let result = self.view(Screen::Operator).result.expect("a result is shown");
        (result.kind, result.zh, result.amount)
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.journal.iter().map(kind).collect()
    }
}

pub(super) fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::Intent { .. } => "intent",
        Entry::Confirmed { .. } => "confirmed",
        Entry::Sale { .. } => "sale",
        Entry::Refused { .. } => "refused",
        Entry::GivenUp { .. } => "given_up",
        Entry::Undone { .. } => "undone",
        Entry::ShiftOpened { .. } => "shift_opened",
        Entry::ShiftClosed { .. } => "shift_closed",
    }
}

fn refuse(code: &str) -> LocalVerdict {
    LocalVerdict::Refuse(words::refused(code, "不行", "No"))
}
