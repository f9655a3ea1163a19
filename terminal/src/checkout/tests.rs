//! Conversations at a counter, as a head cook would tell them. long because they are one list on one pretend till.

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

#[test]
fn keyed_scanned_paid() {
    let mut till = Till::new();
    assert_eq!(till.phase(), Phase::Idle);
    till.keys("12.5");
    assert_eq!((till.phase(), till.view(Screen::Customer).total), (Phase::Pricing, 1250));
    till.keys("enter");
    assert_eq!(till.phase(), Phase::Present);
    till.scan("CODE");
    assert_eq!(till.result(), (ResultKind::Paid, "收款成功".into(), 1250));
    assert_eq!(till.kinds(), ["intent", "confirmed"]);
    till.wait(GOOD_MS);
    assert_eq!((till.phase(), till.view(Screen::Operator).total), (Phase::Idle, 0));
}

#[test]
fn a_scan_pays_without_a_further_key() {
    let mut till = Till::new();
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().2, 800);
}

/// What a scanner typed into the page reaches the agent as keys before it is known for what it is.
#[test]
fn digits_of_a_scanner_leave_the_amount() {
    let leaked = |till: &mut Till, key: &str| {
        till.keys(key);
        Some(id(till.names - 1))
    };
    let mut till = Till::new();
    till.keys("12.5");
    let since = leaked(&mut till, "9");
    till.keys("7");
    assert_eq!(till.view(Screen::Operator).keyed, "12.59");
    till.act(Act::Scan { text: "CODE".into(), not_keyed: since });
    assert_eq!(till.result(), (ResultKind::Paid, "收款成功".into(), 1250));

    // Confirmed by a hand in between: the price has to be confirmed again.
    let mut till = Till::new();
    till.keys("12.5");
    let since = leaked(&mut till, "9");
    till.keys("enter");
    till.act(Act::TakeBack { since });
    assert_eq!((till.phase(), till.view(Screen::Customer).total), (Phase::Pricing, 1250));
    till.act(Act::TakeBack { since: None });
    assert_eq!((till.phase(), till.view(Screen::Customer).total), (Phase::Idle, 0));
}

#[test]
fn digits_of_a_scanner_that_became_a_count_leave_nothing_to_pay() {
    let mut till = Till::new();
    till.act(Act::Mode { mode: CounterMode::Dish });
    till.keys("9");
    let since = Some(id(till.names - 1));
    till.act(Act::Dish { id: id(11), count: 1 });
    assert_eq!(till.view(Screen::Customer).total, 8100);
    till.act(Act::Scan { text: "CODE".into(), not_keyed: since });
    assert_eq!(till.result(), (ResultKind::Failed, words::muddled().zh, 0));
    assert!(till.view(Screen::Customer).lines.is_empty() && till.journal.is_empty());
}

#[test]
fn offline_it_sells_by_itself_and_says_so() {
    let mut till = Till::new().offline();
    till.keys("8");
    till.scan("CODE");
    let result = till.view(Screen::Customer).result.expect("shown");
    assert_eq!((result.kind, result.offline, result.zh.as_str()), (ResultKind::Paid, true, "收款成功（离线）"));
    assert_eq!(result.speak, ["离线收款", "8", "元"]);
    assert_eq!(till.kinds(), ["sale"]);
}

#[test]
fn a_silent_server_is_offline_under_the_same_name() {
    let mut till = Till { there: Box::new(|_| None), ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert!(till.view(Screen::Operator).result.expect("shown").offline);
    assert_eq!(till.kinds(), ["intent", "sale"]);
    assert_eq!(till.journal[0].purchase(), till.journal[1].purchase());
}

#[test]
fn refused_by_the_server_though_we_would_have_sold() {
    let refused = words::refused("account_frozen", "账户已冻结", "Account frozen");
    let there = move |_: &Sale| Some(Answer::Refused { refused: refused.clone(), payer: None, trace: String::new() });
    let mut till = Till { there: Box::new(there), ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().1, "账户已冻结");
    let public = till.view(Screen::Customer).result.expect("shown").zh;
    assert_eq!(public, "未完成，请看收银员", "the queue is not told why");
    assert_eq!(till.kinds(), ["intent", "refused"]);
}

#[test]
fn the_server_knows_better_than_an_old_list() {
    let refused = LocalVerdict::Refuse(words::refused("code_unknown", "无法识别此码", "Unknown code"));
    let here = move |_: &Sale| Local { payer: None, verdict: refused.clone(), trace: String::new() };
    let mut till = Till { here: Box::new(here.clone()), ..Till::new() };
    till.keys("8");
    till.scan("NEW CARD");
    assert_eq!(till.result().0, ResultKind::Paid, "online the fresher list counts");
    let mut till = Till { here: Box::new(here), there: Box::new(|_| None), ..Till::new() };
    till.keys("8");
    till.scan("NEW CARD");
    assert_eq!(till.result().1, "无法识别此码");
    assert_eq!(till.kinds(), ["intent", "refused", "given_up"], "the server may have booked it");
}

#[test]
fn no_lease_no_sale_offline() {
    let none = words::refused("no_lease", "本机没有离线额度", "No offline allowance");
    let here = move |sale: &Sale| Local {
        payer: Some(payer()),
        verdict: allow(sale.total, Err(none.clone())),
        trace: String::new(),
    };
    let mut till = Till { here: Box::new(here), ..Till::new() }.offline();
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().1, "本机没有离线额度");
    assert_eq!(till.kinds(), ["refused"]);
}

#[test]
fn one_press_twice_is_one_press() {
    let mut till = Till::new();
    let press = |till: &mut Till, n| till.input(Input::Act(id(n), Act::Key { key: Key::Digit(5) }));
    press(&mut till, 7);
    press(&mut till, 7);
    assert_eq!(till.view(Screen::Operator).total, 500);
    press(&mut till, 8);
    assert_eq!(till.view(Screen::Operator).total, 5500);
}

#[test]
fn enter_on_the_green_leaves_it_there() {
    let mut till = Till::new();
    till.keys("8");
    till.scan("CODE");
    let green = till.result();
    till.act(Act::Pay);
    till.act(Act::Key { key: Key::Enter });
    assert_eq!(till.result(), green);
    till.keys("5");
    assert_eq!(till.phase(), Phase::Pricing, "a price is the next customer");
}

#[test]
fn a_card_that_stays_before_the_scanner_pays_once() {
    let mut till = Till::new();
    till.act(Act::Mode { mode: CounterMode::Fixed });
    assert_eq!(till.phase(), Phase::Present, "in a meal period the price stands");
    till.scan("CODE");
    till.wait(500);
    till.scan("CODE");
    assert_eq!(till.kinds(), ["intent", "confirmed"]);
    till.scan("ANOTHER CHILD");
    assert_eq!(till.kinds().len(), 4, "the next child need not wait for the result to go");
    till.wait(STILL_THERE_MS);
    till.scan("ANOTHER CHILD");
    assert_eq!(till.kinds().len(), 6, "later it is asked again; the rules say whether it is a duplicate");
}

#[test]
fn a_second_portion_is_asked_about() {
    let here = |sale: &Sale| Local {
        payer: Some(payer()),
        verdict: match sale.duplicate_confirmed {
            true => allow(sale.total, Ok(())),
            false => LocalVerdict::Ask(Question::Duplicate { seconds_ago: 8 }),
        },
        trace: String::new(),
    };
    let mut till = Till { here: Box::new(here), ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.phase(), Phase::Question);
    assert!(till.view(Screen::Operator).question.expect("asked").zh.contains("8 秒前"));
    assert!(till.view(Screen::Customer).question.expect("asked").choices.is_empty());
    till.act(Act::Answer { choice: "no".into() });
    assert_eq!((till.phase(), till.kinds().len()), (Phase::Pricing, 0), "nothing happened, the tray stays");
    till.scan("CODE");
    till.act(Act::Answer { choice: "yes".into() });
    assert_eq!(till.result().0, ResultKind::Paid);
}

#[test]
fn the_server_asks_and_the_cashier_says_no() {
    let there = |_: &Sale| Some(Answer::Ask { question: Question::PhotoCheck { seconds_ago: 30 }, payer: None });
    let mut till = Till { there: Box::new(there), ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.view(Screen::Operator).question.expect("asked").kind, QuestionKind::Photo);
    till.act(Act::Answer { choice: "no".into() });
    assert_eq!((till.kinds(), till.phase()), (vec!["intent", "given_up"], Phase::Pricing));
}

#[test]
fn let_eat_and_collect_later() {
    let here = |sale: &Sale| Local {
        payer: Some(payer()),
        verdict: match sale.collect_later {
            true => allow(sale.total, Ok(())),
            false => LocalVerdict::Refuse(Refused {
                may_collect_later: true,
                ..words::refused("too_little_money", "余额不足", "Too little")
            }),
        },
        trace: String::new(),
    };
    let mut till = Till { here: Box::new(here), ..Till::new() }.offline();
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.view(Screen::Operator).question.expect("asked").kind, QuestionKind::CollectLater);
    till.act(Act::Answer { choice: "yes".into() });
    assert_eq!((till.result().0, till.kinds()), (ResultKind::Paid, vec!["refused", "sale"]));
    assert_ne!(till.journal[0].purchase(), till.journal[1].purchase(), "a refused name stays refused");
}

#[test]
fn nothing_is_green_that_is_not_on_disk() {
    let mut till = Till { disk: false, ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert_eq!((till.result().0, till.journal.len()), (ResultKind::Failed, 0));
    let mut till = Till { disk: false, ..Till::new() }.offline();
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().0, ResultKind::Failed);
}

#[test]
fn dishes_by_barcode_and_from_the_grid() {
    let mut till = Till::new();
    till.act(Act::Mode { mode: CounterMode::Dish });
    till.scan("2000010");
    till.scan("2000010");
    till.keys("3");
    till.act(Act::Dish { id: id(11), count: 1 });
    let view = till.view(Screen::Customer);
    assert_eq!((view.total, view.lines.len()), (2 * 150 + 3 * 900, 2));
    let key = view.lines[1].key.clone();
    till.act(Act::Line { key, count: 1 });
    assert_eq!(till.view(Screen::Operator).total, 1200);
    till.keys("back");
    assert_eq!(till.view(Screen::Operator).total, 300);
    till.scan("CODE");
    assert_eq!(till.result().2, 300);
}

#[test]
fn a_weighed_dish_waits_for_the_scale() {
    let mut till = Till::new();
    till.act(Act::Mode { mode: CounterMode::Weigh });
    till.input(Input::Weight { grams: 100, stable: false });
    till.act(Act::Dish { id: id(12), count: 1 });
    assert_eq!(till.view(Screen::Operator).total, 0);
    till.input(Input::Weight { grams: 255, stable: true });
    assert_eq!(till.view(Screen::Operator).total, 765, "30.00 a kilogram, 255 g");
    till.scan("CODE");
    assert_eq!(till.result().2, 765);
}

#[test]
fn counting_charges_nothing() {
    let mut till = Till::new();
    till.act(Act::Mode { mode: CounterMode::Count });
    till.scan("CODE");
    assert_eq!(till.result(), (ResultKind::Paid, "核验成功".into(), 0));
}

#[test]
fn no_price_no_sale() {
    let mut till = Till::new();
    till.scan("CODE");
    assert_eq!((till.result().1.as_str(), till.kinds().len()), ("请先输入金额或菜品", 0));
    till.keys("8");
    assert_eq!(till.phase(), Phase::Pricing, "a key takes the hint away");
}

#[test]
fn undone_within_minutes() {
    let mut till = Till::new();
    till.keys("8");
    till.scan("CODE");
    let purchase = till.view(Screen::Operator).recent[0].purchase;
    till.wait(4 * 60_000);
    till.act(Act::Undo { purchase });
    assert_eq!((till.result(), till.kinds().len()), ((ResultKind::Undone, "已撤销".into(), 800), 3));
    till.act(Act::Undo { purchase });
    assert_eq!(till.kinds().len(), 3, "once");
}

#[test]
fn too_late_to_undo() {
    let mut till = Till::new().offline();
    till.keys("8");
    till.scan("CODE");
    let purchase = till.view(Screen::Operator).recent[0].purchase;
    till.wait(5 * 60_000);
    assert_eq!(till.view(Screen::Operator).recent[0].undoable_until, None);
    till.act(Act::Undo { purchase });
    assert_eq!(till.kinds(), ["sale"]);
}

#[test]
fn the_balance_only() {
    let mut till = Till::new();
    till.act(Act::Balance);
    assert_eq!(till.view(Screen::Customer).asking, Some(Asking::Balance));
    till.scan("CODE");
    assert_eq!(till.result(), (ResultKind::Balance, "余额".into(), 5000));
    till.wait(BAD_MS);
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().0, ResultKind::Paid, "one look, then it sells again");
}

#[test]
fn practice_touches_no_money() {
    let mut till = Till::new();
    till.act(Act::Training { on: true });
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.result().1, "练习：未收款");
    assert!(till.view(Screen::Customer).training);
    assert_eq!((till.kinds().len(), till.view(Screen::Operator).recent.len()), (0, 0));
}

#[test]
fn a_picked_person_is_confirmed_by_the_photo() {
    let mut till = Till::new();
    till.keys("8");
    till.act(Act::Pick { person: id(90) });
    assert_eq!(till.view(Screen::Operator).question.expect("asked").kind, QuestionKind::Person);
    assert_eq!(till.kinds().len(), 0);
    till.act(Act::Answer { choice: "yes".into() });
    assert_eq!(till.result().0, ResultKind::Paid);
}

#[test]
fn a_class_is_ticked_off() {
    let mut till = Till::new();
    till.act(Act::Roster { class: Some(id(60)), person: None });
    assert_eq!(till.others, [Effect::OpenRoster(id(60))]);
    till.input(Input::Roster(vec![(payer(), false)]));
    till.act(Act::Roster { class: None, person: Some(id(90)) });
    assert_eq!((till.result().1.as_str(), till.kinds()), ("核验成功", vec!["intent", "confirmed"]));
    assert!(till.view(Screen::Operator).roster.expect("open").people[0].ticked);
    till.act(Act::Roster { class: None, person: Some(id(90)) });
    assert_eq!(till.kinds().len(), 2, "ticked is ticked");
}

#[test]
fn a_shift_from_cash_to_difference() {
    let mut till = Till::new();
    till.act(Act::ShiftOpen { cashier: id(50), pin: String::new(), cash: 20_000 });
    till.keys("8");
    till.scan("CODE");
    let shift = till.view(Screen::Operator).shift.expect("open");
    assert_eq!((shift.sales, shift.total), (1, 800));
    till.act(Act::ShiftClose { cash_count: 19_950 });
    let closed = till.view(Screen::Operator).closed.expect("closed");
    assert_eq!((closed.expected, closed.counted, closed.difference), (20_000, 19_950, -50));
    assert_eq!(till.result().1, "已交班，现金差额 -0.50");
    assert_eq!(till.kinds(), ["shift_opened", "intent", "confirmed", "shift_closed"]);
}

#[test]
fn a_number_that_was_taken_back_opens_nothing() {
    let mut till = Till::new();
    till.shop.cashiers[0].pin_hash = Some(String::new());
    till.act(Act::ShiftOpen { cashier: id(50), pin: "4827".into(), cash: 20_000 });
    assert!(till.view(Screen::Operator).shift.is_none() && till.kinds().is_empty());
    assert_eq!(till.result().1, "开班密码已重置，请先在管理后台设置");
}

#[test]
fn a_card_names_and_somebody_looks() {
    let mut till = Till::new();
    till.shop.rules.cards = crate::shop::CardRules { cap: Cents::new(2_000), photo_check: true };
    let card = || Input::Card("04A23B1C".into());
    till.keys("8");
    till.input(card());
    assert_eq!(till.view(Screen::Operator).question.expect("asked").kind, QuestionKind::Person);
    assert!(till.kinds().is_empty(), "nothing is written before somebody looked");
    till.act(Act::Answer { choice: "no".into() });
    assert!(till.kinds().is_empty());
    till.input(card());
    till.act(Act::Answer { choice: "yes".into() });
    assert_eq!((till.result().0, till.result().2), (ResultKind::Paid, 800));
    let Entry::Intent { sale } = &till.journal[0] else { panic!("the intent comes first") };
    assert!(sale.photo_checked && sale.shown == Shown::Card("04A23B1C".into()), "{sale:?}");
    // It lies on the reader still.
    till.input(card());
    assert_eq!(till.kinds(), ["intent", "confirmed"]);
    // What is refused needs no photo, and a school may do without.
    let mut till = Till::new();
    till.shop.rules.cards.photo_check = true;
    till.here = Box::new(|_| Local { payer: Some(payer()), verdict: refuse("over_card_cap"), trace: String::new() });
    till.online = false;
    till.keys("8");
    till.input(card());
    assert_eq!(till.result().0, ResultKind::Refused);
    let mut till = Till::new();
    till.keys("8");
    till.input(card());
    assert_eq!(till.result().0, ResultKind::Paid);
}

fn refuse(code: &str) -> LocalVerdict {
    LocalVerdict::Refuse(words::refused(code, "不行", "No"))
}

#[test]
fn a_doubtful_clock_asks_for_the_meal() {
    let mut till = Till { doubt: true, ..Till::new() };
    till.keys("8");
    till.scan("CODE");
    assert_eq!(till.view(Screen::Operator).question.expect("asked").kind, QuestionKind::Period);
    till.act(Act::Answer { choice: lunch().id.to_string() });
    assert_eq!(till.result().0, ResultKind::Paid);
    till.keys("9");
    till.scan("ANOTHER CHILD");
    assert_eq!(till.result().2, 900, "asked once a meal");
}

#[test]
fn the_customer_sees_what_a_customer_may() {
    let mut till = Till::new();
    till.keys("8");
    till.scan("CODE");
    let text = serde_json::to_string(&till.view(Screen::Customer)).expect("plain");
    assert!(text.contains("李**") && !text.contains("李小明"));
}
