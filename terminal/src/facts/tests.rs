//! The same facts give the same decision as at the server, and a terminal alone risks no more than it may.

use super::*;
use crate::checkout::{CounterMode, Shown};
use crate::shop::Rules;
use uuid::Uuid;
use yitong_code::{Allowance, Caps};
use yitong_rules::{ArrearsPolicy, Ask, Limit, Mode};
use yitong_sync::{Lease, PersonUsed, Used};

/// Tuesday 2026-11-24 12:00 in China.
const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn shop() -> Shop {
    let lunch = MealPeriod {
        id: id(70).into(),
        name_zh: "午餐".into(),
        name_en: "Lunch".into(),
        start: 11 * 60,
        end: 13 * 60,
        weekdays: [true; 7],
        fixed_price: Some(Cents::new(1_500)),
        free: false,
    };
    let rules = Rules {
        require_meal_period: true,
        purchase_cap: Cents::new(5_000),
        arrears: ArrearsPolicy { allowed: true, cap: Cents::new(2_000) },
        duplicate_window_ms: 10_000,
        classes: vec![(id(60).into(), Default::default(), vec!["零食".into()])],
        limits: yitong_rules::Limits {
            day: Limit { amount: Some(Cents::new(4_000)), count: None },
            ..Default::default()
        },
        ..Rules::default()
    };
    Shop {
        version: 1,
        school: id(1).into(),
        school_name: String::new(),
        canteen: id(2).into(),
        canteen_name: String::new(),
        stall: id(3).into(),
        stall_name: String::new(),
        near_stalls: vec![id(4).into()],
        terminal_name: String::new(),
        show_balance: true,
        keep_days: 30,
        modes: vec![CounterMode::Amount, CounterMode::Dish, CounterMode::Fixed, CounterMode::Count],
        fixed_price: None,
        periods: vec![lunch],
        days: vec![],
        rules,
        dishes: vec![],
        cashiers: vec![],
        notices: vec![],
    }
}

fn person(fen: i64) -> Person {
    Person {
        id: id(90).into(),
        account: 7,
        name: "李小明".into(),
        number: "20260001".into(),
        class: Some(id(60).into()),
        class_name: Some("三年级1班".into()),
        kind: "student".into(),
        state: "active".into(),
        frozen: false,
        wallets: vec![(0, fen)],
        arrears: Cents::ZERO,
        counters: String::new(),
        limits: Default::default(),
        no_buy: vec![],
        allergens: vec![],
        cards: vec![],
        guardian: Default::default(),
        photo: None,
        as_of: LUNCH.plus_ms(-3_600_000),
    }
}

fn sale(total: i64) -> Sale {
    Sale {
        id: id(500).into(),
        at: LUNCH,
        mode: CounterMode::Amount,
        lines: vec![],
        total: Cents::new(total),
        shown: Shown::Code("CODE".into()),
        period: None,
        collect_later: false,
        duplicate_confirmed: false,
        photo_checked: false,
        training: false,
        cashier: None,
    }
}

fn own(minutes_ago: i64, charged: i64) -> Uncounted {
    Uncounted { at: LUNCH.plus_ms(-minutes_ago * 60_000), charged: Cents::new(charged), stall: None }
}

fn code() -> Credential {
    let caps = Some(Caps { use_fen: 3_000, total_fen: 6_000, uses: 4 });
    Credential { account: 7, serial: 9, use_order: None, copyable: true, allowance: Allowance::Full, caps }
}

fn lease() -> Lease {
    Lease {
        terminal: id(5).into(),
        serial: 1,
        sum: Cents::new(50_000),
        count: 100,
        person_meal: Cents::new(3_500),
        person_day: Cents::new(6_000),
        issued_at: LUNCH.plus_ms(-1_000),
        expires_at: LUNCH.plus_ms(1_000_000),
        policy: 1,
    }
}

fn limits(lease: Option<&Lease>) -> Limits<'_> {
    let (used, person) = (Used::default(), PersonUsed::default());
    let offline = Offline { lease, used, person, now: LUNCH };
    Limits { offline, unheard: (Cents::ZERO, 0), list_age_ms: Some(0), disk_low: false }
}

fn outcome(local: &Local) -> String {
    match &local.verdict {
        LocalVerdict::Allow { offline: Ok(()), balance_after, .. } => format!("sold, {balance_after} left"),
        LocalVerdict::Allow { offline: Err(why), .. } => format!("only online: {}", why.code),
        LocalVerdict::Ask(question) => format!("asks {question:?}"),
        LocalVerdict::Refuse(why) => format!("refused: {}", why.code),
    }
}

fn check(name: &str, sale: &Sale, person: &Person, since: &[Uncounted], expected: &str) {
    let (lease, code, shop) = (lease(), code(), shop());
    let someone = Someone { person, since };
    let local = judge(sale, &someone, Some(&code), &shop, &limits(Some(&lease)));
    assert_eq!(outcome(&local), expected, "{name}");
}

#[test]
fn what_was_sold_here_is_taken_off() {
    let child = person(3_000);
    check("enough", &sale(1_200), &child, &[], "sold, 18.00 left");
    check("after one of 25.00 here", &sale(500), &child, &[own(20, 2_500)], "sold, 0.00 left");
    check("not enough any more", &sale(501), &child, &[own(20, 2_500)], "refused: too_little_money");
    let later = Sale { collect_later: true, ..sale(1_000) };
    check("collect later", &later, &child, &[own(20, 2_500)], "sold, 0.00 left");
    check("the day's limit counts it too", &sale(1_600), &person(9_000), &[own(20, 2_500)], "refused: over_day_amount");
    let asks = "asks Duplicate { seconds_ago: 0 }";
    check("the same a moment ago, here", &sale(500), &person(9_000), &[own(0, 500)], asks);
    let arrears = Person { arrears: Cents::new(1_500), ..person(0) };
    let more = Sale { collect_later: true, ..sale(501) };
    check("arrears have a cap", &more, &arrears, &[], "refused: arrears_cap");
    check("what was sold beyond the balance is arrears", &more, &person(0), &[own(30, 1_600)], "refused: arrears_cap");
}

#[test]
fn nobody_is_asked_what_would_be_refused_next() {
    let (lease, code, shop, child) = (lease(), code(), shop(), person(3_000));
    let since = [own(20, 2_500)];
    let someone = Someone { person: &child, since: &since };
    let asks = |lease: Option<&Lease>| match judge(&sale(501), &someone, Some(&code), &shop, &limits(lease)).verdict {
        LocalVerdict::Refuse(why) => (why.code, why.may_collect_later),
        other => panic!("{other:?}"),
    };
    assert_eq!(asks(Some(&lease)), ("too_little_money".into(), true));
    assert_eq!(asks(None), ("too_little_money".into(), false), "without a lease there is nothing to collect later");
}

#[test]
fn rules_of_the_school_the_class_and_the_family() {
    let child = person(9_000);
    check(
        "frozen by the school",
        &sale(100),
        &Person { frozen: true, ..child.clone() },
        &[],
        "refused: account_frozen",
    );
    let mut family = child.clone();
    family.guardian.purchase_cap = Some(Cents::new(800));
    check("the family's cap", &sale(801), &family, &[], "refused: over_purchase_cap");
    check("left", &sale(100), &Person { state: "left".into(), ..child.clone() }, &[], "refused: person_left");
    check(
        "after hours",
        &Sale { at: LUNCH.plus_ms(3 * 3_600_000), ..sale(100) },
        &child,
        &[],
        "refused: outside_meal_period",
    );
    let chosen = Sale { at: LUNCH.plus_ms(3 * 3_600_000), period: Some(id(70).into()), ..sale(100) };
    check("the cashier says it is lunch", &chosen, &child, &[], "sold, 89.00 left");
    let fixed = Sale { mode: CounterMode::Fixed, ..sale(1_500) };
    check("the price of the period", &fixed, &child, &[], "sold, 75.00 left");
    let other = Sale { mode: CounterMode::Fixed, ..sale(1_400) };
    check("another price than the period's", &other, &child, &[], "refused: amount_differs");
}

#[test]
fn alone_it_risks_no_more_than_it_may() {
    let (lease, shop, child) = (lease(), shop(), person(9_000));
    let someone = Someone { person: &child, since: &[] };
    let check = |name: &str, total: i64, code: Option<Credential>, limits: Limits<'_>, expected: &str| {
        let local = judge(&sale(total), &someone, code.as_ref(), &shop, &limits);
        assert_eq!(outcome(&local), expected, "{name}");
    };
    let all = limits(Some(&lease));
    check("no lease", 100, Some(code()), limits(None), "only online: no_lease");
    let ended = Limits { offline: Offline { now: LUNCH.plus_ms(1_000_000), ..all.offline }, ..all };
    check("an ended lease", 100, Some(code()), ended, "only online: lease_expired");
    check("over the code's cap", 3_100, Some(code()), all, "only online: offline_use_cap");
    let third = Limits { unheard: (Cents::new(5_000), 2), ..all };
    check("over the code's sum", 1_100, Some(code()), third, "only online: offline_code_cap");
    let fourth = Limits { unheard: (Cents::new(400), 4), ..all };
    check("used four times", 100, Some(code()), fourth, "only online: offline_code_cap");
    let old = Credential { caps: None, allowance: Allowance::IdentityOnly, ..code() };
    check("lists of last month", 100, Some(old.clone()), all, "only online: list_too_old");
    check("picked, fresh lists", 100, None, all, "sold, 89.00 left");
    check("picked, old lists", 100, None, Limits { list_age_ms: None, ..all }, "only online: list_too_old");
    check("no room on the disk", 100, Some(code()), Limits { disk_low: true, ..all }, "only online: disk_low");
    let meal = PersonUsed { meal: Cents::new(3_450), day: Cents::new(3_450) };
    let eaten = Limits { offline: Offline { person: meal, ..all.offline }, ..all };
    check("enough for one meal", 100, Some(code()), eaten, "only online: offline_meal_cap");
    let free = Sale { mode: CounterMode::Count, ..sale(0) };
    let local = judge(&free, &someone, Some(&old), &shop, &limits(None));
    assert_eq!(outcome(&local), "sold, 90.00 left", "who somebody is can be said with any list");
}

/// Facts put together by hand, as the server has them in its own tables, decide the same.
#[test]
fn the_server_would_say_the_same() {
    let shop = shop();
    let (lease, code) = (lease(), code());
    let amounts = [0, 1, 700, 1_200, 2_999, 3_000, 3_001, 4_001, 5_001];
    let histories: [&[Uncounted]; 4] = [&[], &[own(0, 700)], &[own(30, 700)], &[own(300, 2_000), own(20, 900)]];
    let mut seen = std::collections::HashSet::new();
    for amount in amounts {
        for history in histories {
            for (collect_later, fen) in [(false, 3_000), (true, 3_000), (false, 20_000), (true, 0)] {
                let child = person(fen);
                let asked = Sale { collect_later, ..sale(amount) };
                let local = judge(
                    &asked,
                    &Someone { person: &child, since: history },
                    Some(&code),
                    &shop,
                    &limits(Some(&lease)),
                );
                let spent: i64 = history.iter().map(|sale| sale.charged.fen()).sum();
                let mut counters = Counters::default();
                for sale in history {
                    let last = LastPurchase { stall: shop.stall, amount: sale.charged, at: sale.at };
                    counters = counters.add(sale.at.china_day(), shop.period_at(sale.at).map(|p| p.id), last);
                }
                let known = Known {
                    credential: CredentialState::Active,
                    copyable: true,
                    last_was_near: true,
                    person: PersonState::Active,
                    frozen: false,
                    wallets: vec![Wallet::free(0, Cents::new((fen - spent).max(0)))],
                    arrears: Cents::new((spent - fen).max(0)),
                    counters,
                    allergens: vec![],
                };
                let policy = Policy {
                    periods: &shop.periods,
                    day: DayKind::Ordinary,
                    require_meal_period: true,
                    purchase_cap: shop.rules.purchase_cap,
                    limits: shop.rules.limits,
                    no_buy_categories: &["零食".to_owned()],
                    arrears: shop.rules.arrears,
                    duplicate_window_ms: shop.rules.duplicate_window_ms,
                    copies: shop.rules.copies,
                    guardian: GuardianRules::default(),
                };
                let ask = Ask {
                    stall: shop.stall,
                    canteen: shop.canteen,
                    at: LUNCH,
                    mode: Mode::Amount,
                    lines: vec![],
                    amount: Cents::new(amount),
                    collect_later,
                    duplicate_confirmed: false,
                    photo_checked: false,
                };
                if amount == 0 {
                    assert_eq!(outcome(&local), "refused: bad_amount");
                    continue;
                }
                let server = yitong_rules::decide(&ask, &known, &policy);
                assert_eq!(local.trace, server.trace.text());
                let same = match (&local.verdict, &server.verdict) {
                    (LocalVerdict::Allow { split, .. }, Verdict::Allow(theirs)) => split == theirs,
                    (LocalVerdict::Ask(ours), Verdict::Ask(theirs)) => ours == theirs,
                    (LocalVerdict::Refuse(ours), Verdict::Refuse(theirs)) => ours.code == theirs.code(),
                    _ => false,
                };
                assert!(same, "{amount} {history:?}: {:?} and {:?}", local.verdict, server.verdict);
                seen.insert(std::mem::discriminant(&local.verdict));
            }
        }
    }
    assert_eq!(seen.len(), 3, "allowed, asked and refused all occurred");
}

#[test]
fn masks() {
    assert_eq!(["李小明", "欧", "", "阿依努尔·买买提"].map(mask_name), ["李**", "欧*", "", "阿***"]);
    assert_eq!(["20260001", "2601", "12"].map(mask_number), ["20****01", "2**1", "**"]);
}

#[test]
fn a_cards_number_buys_little() {
    let of = |shop: &Shop, total: i64| {
        let sale = Sale { shown: Shown::Card("04A23B1C".into()), ..sale(total) };
        let (child, lease) = (person(9_000), lease());
        let someone = Someone { person: &child, since: &[] };
        outcome(&judge(&sale, &someone, None, shop, &limits(Some(&lease))))
    };
    let mut counter = shop();
    assert_eq!(of(&counter, 100), "refused: card_not_taken", "a school that knows nothing of cards takes none");
    counter.rules.cards.cap = Cents::new(2_000);
    assert_eq!(of(&counter, 2_000), "sold, 70.00 left");
    assert_eq!(of(&counter, 2_001), "refused: over_card_cap");
}
