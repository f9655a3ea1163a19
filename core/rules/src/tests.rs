//! Examples that a head cook could read, in the order of precedence; and properties that hold for all of them.

use crate::*;
use proptest::prelude::*;
use uuid::Uuid;
use yitong_values::{CanteenId, Cents, MealPeriodId, StallId, Timestamp};

/// Tuesday 2026-11-24 12:00 in China.
const LUNCH: Timestamp = Timestamp::from_ms(1_795_492_800_000);

fn yuan(text: &str) -> Cents {
    text.parse().expect("an amount in a test is well written")
}

fn stall(n: u128) -> StallId {
    StallId::new(Uuid::from_u128(n))
}

fn lunch() -> MealPeriod {
    MealPeriod {
        id: MealPeriodId::new(Uuid::from_u128(1)),
        name_zh: "午餐".into(),
        name_en: "Lunch".into(),
        start: 11 * 60,
        end: 13 * 60,
        weekdays: [true, true, true, true, true, false, false],
        fixed_price: None,
        free: false,
    }
}

fn ask(price: &str) -> Ask {
    Ask {
        stall: stall(1),
        canteen: CanteenId::new(Uuid::from_u128(1)),
        at: LUNCH,
        mode: Mode::Dish,
        lines: vec![Line { category: "热菜".into(), allergens: vec!["花生".into()], amount: yuan(price) }],
        amount: yuan(price),
        collect_later: false,
        duplicate_confirmed: false,
        photo_checked: false,
    }
}

fn known(cash: &str) -> Known {
    Known {
        credential: CredentialState::Active,
        copyable: true,
        last_was_near: false,
        person: PersonState::Active,
        frozen: false,
        wallets: vec![Wallet::free(0, yuan(cash))],
        arrears: Cents::ZERO,
        counters: Counters::default(),
        allergens: vec![],
    }
}

fn policy(periods: &[MealPeriod]) -> Policy<'_> {
    Policy {
        periods,
        day: DayKind::Ordinary,
        require_meal_period: true,
        purchase_cap: yuan("100"),
        limits: Limits::default(),
        no_buy_categories: &[],
        arrears: ArrearsPolicy { allowed: true, cap: yuan("30") },
        duplicate_window_ms: 10_000,
        copies: CopyPolicy { window_ms: 300_000, near_window_ms: 15_000, photo_check: true },
        guardian: GuardianRules::default(),
    }
}

fn check(name: &str, ask: &Ask, known: &Known, policy: &Policy<'_>, expected: &str) {
    let decision = decide(ask, known, policy);
    let said = match &decision.verdict {
        Verdict::Allow(split) => {
            let from: Vec<_> = split.from.iter().map(|(slot, part)| format!("{slot}:{part}")).collect();
            format!("allow {} later {}", from.join(" "), split.arrears)
        }
        Verdict::Ask(Question::Duplicate { seconds_ago }) => format!("ask duplicate {seconds_ago}"),
        Verdict::Ask(Question::PhotoCheck { seconds_ago }) => format!("ask photo {seconds_ago}"),
        Verdict::Refuse(refusal) => refusal.code().to_owned(),
    };
    assert_eq!(said, expected, "{name}");
    assert_eq!(Trace::from_text(&decision.trace.text()), decision.trace, "{name}: the trace can be kept");
    assert!(decision.trace.0.iter().all(|line| !line.words().zh.is_empty() && !line.words().en.is_empty()));
}

#[test]
fn who_may_eat() {
    let periods = [lunch()];
    let p = policy(&periods);
    check("balance 12.00, price 12.00", &ask("12.00"), &known("12.00"), &p, "allow 0:12.00 later 0.00");
    check("balance 11.99, price 12.00", &ask("12.00"), &known("11.99"), &p, "too_little_money");
    let later = Ask { collect_later: true, ..ask("12.00") };
    check("let eat, collect later", &later, &known("11.99"), &p, "allow 0:11.99 later 0.01");
    check(
        "collect later up to the cap",
        &later,
        &Known { arrears: yuan("29.99"), ..known("11.99") },
        &p,
        "allow 0:11.99 later 0.01",
    );
    check(
        "collect later above the cap",
        &later,
        &Known { arrears: yuan("30.00"), ..known("11.99") },
        &p,
        "arrears_cap",
    );
    let strict = Policy { arrears: ArrearsPolicy::default(), ..p.clone() };
    check("the school does not let eat", &later, &known("11.99"), &strict, "too_little_money");
    let count = Ask { mode: Mode::Count, amount: Cents::ZERO, lines: vec![], ..ask("0") };
    check("identity only, nothing in the wallet", &count, &known("0"), &p, "allow  later 0.00");
    let free = [MealPeriod { free: true, ..lunch() }];
    check("a free period", &ask("12"), &known("0"), &policy(&free), "allow  later 0.00");
    let two = Known { wallets: vec![Wallet::free(1, yuan("5")), Wallet::free(0, yuan("20"))], ..known("0") };
    check("wallets in their order", &ask("12"), &two, &p, "allow 1:5.00 0:7.00 later 0.00");
    let scoped = Known {
        wallets: vec![Wallet { usable: yuan("2"), ..Wallet::free(1, yuan("5")) }, Wallet::free(0, yuan("20"))],
        ..known("0")
    };
    check("a wallet's own cap", &ask("12"), &scoped, &p, "allow 1:2.00 0:10.00 later 0.00");
}

#[test]
fn one_card_at_two_places() {
    let periods = [lunch()];
    let p = policy(&periods);
    let eaten = |seconds: i64, at: u128| {
        let last = LastPurchase { stall: stall(at), amount: yuan("8"), at: LUNCH.plus_ms(-seconds * 1000) };
        Known { counters: Counters::default().add(LUNCH.china_day(), Some(periods[0].id), last), ..known("50") }
    };
    let allowed = "allow 0:12.00 later 0.00";
    check("another canteen 299 s ago", &ask("12"), &eaten(299, 2), &p, "ask photo 299");
    check("another canteen 300 s ago", &ask("12"), &eaten(300, 2), &p, allowed);
    check("the same stall, another amount", &ask("12"), &eaten(20, 1), &p, allowed);
    let near = |seconds| Known { last_was_near: true, ..eaten(seconds, 2) };
    check("the next stall 14 s ago", &ask("12"), &near(14), &p, "ask photo 14");
    check("the next stall 15 s ago", &ask("12"), &near(15), &p, allowed);
    check("a phone", &ask("12"), &Known { copyable: false, ..eaten(20, 2) }, &p, allowed);
    let checked = Ask { photo_checked: true, ..ask("12") };
    check("the cashier compared the photo", &checked, &eaten(20, 2), &p, allowed);
    assert_eq!(decide(&checked, &eaten(20, 2), &p).trace.seen_elsewhere(), Some(20), "it is reported all the same");
    let trusting = Policy { copies: CopyPolicy { photo_check: false, ..p.copies }, ..p.clone() };
    check("a school that does not ask", &ask("12"), &eaten(20, 2), &trusting, allowed);
    assert_eq!(decide(&ask("12"), &eaten(20, 2), &trusting).trace.seen_elsewhere(), Some(20));
    let blind = Policy { copies: CopyPolicy::default(), ..p.clone() };
    assert_eq!(decide(&ask("12"), &eaten(0, 2), &blind).trace.seen_elsewhere(), None);
}

#[test]
fn refusals_in_the_order_of_precedence() {
    let periods = [lunch()];
    let no_buy = ["热菜".to_owned()];
    // Everything is wrong at once; each step mends the first reason and meets the next.
    let evening = LUNCH.plus_ms(8 * 3_600_000);
    let mut a = Ask { at: evening, ..ask("120") };
    let mut k = Known { frozen: true, person: PersonState::Left, credential: CredentialState::Unknown, ..known("0") };
    k.allergens = vec!["花生".into()];
    let busy = LastPurchase { stall: stall(9), amount: yuan("50"), at: LUNCH };
    k.counters = Counters::default().add(LUNCH.china_day(), Some(periods[0].id), busy);
    let limit = Limit { amount: Some(yuan("60")), count: Some(1) };
    let mut p = Policy { day: DayKind::Closed, no_buy_categories: &no_buy, ..policy(&periods) };
    p.limits = Limits { meal: limit, day: limit, month: limit };
    let mut said = Vec::new();
    let mut step = |name: &str, a: &Ask, k: &Known, p: &Policy<'_>| {
        check(name, a, k, p, name);
        let Verdict::Refuse(refusal) = decide(a, k, p).verdict else { panic!("{name} is a refusal") };
        assert!(!refusal.to_cashier().zh.is_empty() && !refusal.to_guardian().en.is_empty());
        assert!(!refusal.to_guardian().zh.contains("欠款"));
        said.push(refusal);
    };
    step("code_unknown", &a, &k, &p);
    k.credential = CredentialState::Lost;
    step("code_lost", &a, &k, &p);
    k.credential = CredentialState::Replaced;
    step("code_replaced", &a, &k, &p);
    k.credential = CredentialState::Expired;
    step("code_expired", &a, &k, &p);
    k.credential = CredentialState::Stale { seconds: 61 };
    step("code_stale", &a, &k, &p);
    k.credential = CredentialState::Used;
    step("code_used", &a, &k, &p);
    k.credential = CredentialState::Active;
    step("person_left", &a, &k, &p);
    k.person = PersonState::Suspended;
    step("person_suspended", &a, &k, &p);
    k.person = PersonState::Active;
    step("account_frozen", &a, &k, &p);
    k.frozen = false;
    step("closed_today", &a, &k, &p);
    p.day = DayKind::Ordinary;
    step("outside_meal_period", &a, &k, &p);
    a.at = LUNCH.plus_ms(60_000);
    step("over_purchase_cap", &a, &k, &p);
    a.amount = yuan("20");
    step("category_not_allowed", &a, &k, &p);
    p.no_buy_categories = &[];
    step("allergen", &a, &k, &p);
    k.allergens.clear();
    step("over_meal_count", &a, &k, &p);
    p.limits.meal.count = None;
    step("over_day_count", &a, &k, &p);
    p.limits.day.count = None;
    step("over_month_count", &a, &k, &p);
    p.limits.month.count = None;
    step("over_meal_amount", &a, &k, &p);
    p.limits.meal.amount = None;
    step("over_day_amount", &a, &k, &p);
    p.limits.day.amount = None;
    step("over_month_amount", &a, &k, &p);
    p.limits.month.amount = None;
    step("too_little_money", &a, &k, &p);
    let mut sorted = said.clone();
    sorted.sort();
    // Too little money is the last of the enum; all others came in its order.
    assert_eq!(said, sorted);
}

#[test]
fn what_guardians_add() {
    let periods = [lunch()];
    let (sweets, peanuts) = (["甜品".to_owned()], ["花生".to_owned()]);
    let school = policy(&periods);
    let with = |guardian: GuardianRules<'static>| Policy { guardian, ..school.clone() };
    let allowed = "allow 0:12.00 later 0.00";
    let said = |name: &str, a: &Ask, k: &Known, p: &Policy<'_>, zh: &str| {
        let Verdict::Refuse(refusal) = decide(a, k, p).verdict else { panic!("{name} is a refusal") };
        assert_eq!(refusal.to_cashier().zh, zh, "{name}");
        let told = refusal.to_guardian();
        assert!(told.zh.contains("家长") && told.en.contains("guardian"), "{name}: {told:?}");
        let last = decide(a, k, p).trace.0.last().expect("the trace ends with the refusal").words();
        assert!(last.zh.contains("家长") && last.en.contains("guardian"), "{name}: {last:?}");
    };
    let k = known("50");
    let cap = |fen: &str| with(GuardianRules { purchase_cap: Some(yuan(fen)), ..GuardianRules::default() });
    check("twelve, at most twelve", &ask("12"), &k, &cap("12"), allowed);
    check("twelve, at most eleven", &ask("12"), &k, &cap("11"), "over_purchase_cap");
    said("at most eleven", &ask("12"), &k, &cap("11"), "家长设置：单笔 ¥11.00 以内");
    let Verdict::Refuse(refusal) = decide(&ask("120"), &known("500"), &cap("100")).verdict else { panic!("over both") };
    assert_eq!(refusal.to_cashier().zh, "超过单笔上限 ¥100.00", "the same on both sides: the school's is said");
    let spent = LastPurchase { stall: stall(9), amount: yuan("10"), at: LUNCH.plus_ms(-3_600_000) };
    let eaten =
        Known { counters: Counters::default().add(LUNCH.china_day(), Some(periods[0].id), spent), ..known("50") };
    let meal = |fen: &str| with(GuardianRules { meal: Some(yuan(fen)), ..GuardianRules::default() });
    let day = |fen: &str| with(GuardianRules { day: Some(yuan(fen)), ..GuardianRules::default() });
    check("22 of 22 this meal", &ask("12"), &eaten, &meal("22"), allowed);
    check("22 of 21.99 this meal", &ask("12"), &eaten, &meal("21.99"), "over_meal_amount");
    said("this meal", &ask("12"), &eaten, &meal("21.99"), "家长设置：本餐 ¥21.99 以内");
    check("22 of 21 today", &ask("12"), &eaten, &day("21"), "over_day_amount");
    said("today", &ask("12"), &eaten, &day("21"), "家长设置：今日 ¥21.00 以内");
    let mut strict = day("21");
    strict.limits.day.amount = Some(yuan("20"));
    let Verdict::Refuse(refusal) = decide(&ask("12"), &eaten, &strict).verdict else { panic!("over both") };
    assert_eq!(refusal.to_cashier().zh, "超过今日限额 ¥20.00", "the school is stricter");
    let outside = Policy { require_meal_period: false, ..meal("1") };
    let evening = Ask { at: LUNCH.plus_ms(8 * 3_600_000), ..ask("12") };
    check("outside meals there is no meal to limit", &evening, &k, &outside, allowed);
    let no_hot = with(GuardianRules { no_buy_categories: &[], allergens: &[], ..GuardianRules::default() });
    check("nothing set", &ask("12"), &k, &no_hot, allowed);
    let sweet = Ask { lines: vec![Line { category: "甜品".into(), ..ask("12").lines[0].clone() }], ..ask("12") };
    let no_sweets =
        Policy { guardian: GuardianRules { no_buy_categories: &sweets, ..Default::default() }, ..school.clone() };
    check("no sweets", &sweet, &k, &no_sweets, "category_not_allowed");
    said("no sweets", &sweet, &k, &no_sweets, "家长设置：不购买甜品");
    check("hot food instead", &ask("12"), &k, &no_sweets, allowed);
    let no_peanuts = Policy { guardian: GuardianRules { allergens: &peanuts, ..Default::default() }, ..school.clone() };
    check("peanuts", &ask("12"), &k, &no_peanuts, "allergen");
    said("peanuts", &ask("12"), &k, &no_peanuts, "过敏原：花生（家长登记）");
    let on_record = Known { allergens: peanuts.to_vec(), ..known("50") };
    let Verdict::Refuse(refusal) = decide(&ask("12"), &on_record, &no_peanuts).verdict else { panic!("peanuts") };
    assert_eq!(refusal.to_cashier().zh, "过敏原：花生", "on the school's record as well");
    let paused = with(GuardianRules { frozen: true, ..GuardianRules::default() });
    check("paused", &ask("12"), &k, &paused, "account_frozen");
    said("paused", &ask("12"), &k, &paused, "账户已暂停（家长设置）");
    let both = decide(&ask("12"), &Known { frozen: true, ..known("50") }, &paused).verdict;
    assert_eq!(both, Verdict::Refuse(Refusal::AccountFrozen { by: By::School }), "both froze it");
}

#[test]
fn a_trace_of_earlier_days_is_the_schools() {
    let kept = "c1.0;p1;f1;s1;m1.1;u1.1200.10000;g1;a1;l1.1.500.2000;b1.5000.1200";
    assert_eq!(Trace::from_text(kept).text(), kept);
    assert!(Trace::from_text(kept).0.contains(&TraceLine::Allergens { ok: true, by: By::School }));
}

#[test]
fn a_second_identical_purchase_asks_first() {
    let periods = [lunch()];
    let p = Policy { copies: CopyPolicy::default(), ..policy(&periods) };
    let first = LastPurchase { stall: stall(1), amount: yuan("12"), at: LUNCH };
    let again = |ms: i64| Ask { at: LUNCH.plus_ms(ms), ..ask("12") };
    let k = Known { counters: Counters::default().add(LUNCH.china_day(), None, first), ..known("50") };
    check("three seconds later", &again(3_000), &k, &p, "ask duplicate 3");
    check("ten seconds later", &again(10_000), &k, &p, "allow 0:12.00 later 0.00");
    check("confirmed", &Ask { duplicate_confirmed: true, ..again(3_000) }, &k, &p, "allow 0:12.00 later 0.00");
    check("another price", &Ask { at: LUNCH.plus_ms(3_000), ..ask("13") }, &k, &p, "allow 0:13.00 later 0.00");
    check("another stall", &Ask { stall: stall(2), ..again(3_000) }, &k, &p, "allow 0:12.00 later 0.00");
}

#[test]
fn days_of_the_calendar() {
    let periods = [lunch()];
    let saturday = LUNCH.plus_ms(4 * 86_400_000);
    let weekend = Ask { at: saturday, ..ask("12") };
    check("a Saturday", &weekend, &known("50"), &policy(&periods), "outside_meal_period");
    let make_up = Policy { day: DayKind::MakeUp, ..policy(&periods) };
    check("a make-up Saturday", &weekend, &known("50"), &make_up, "allow 0:12.00 later 0.00");
}

#[test]
fn topups_within_their_caps() {
    let policy = TopupPolicy { min: yuan("1"), single_cap: yuan("500"), balance_cap: yuan("1000") };
    let say =
        |amount: &str, balance: &str, arrears: &str| decide_topup(yuan(amount), yuan(balance), yuan(arrears), &policy);
    assert_eq!(say("100", "0", "0"), Ok((yuan("0"), yuan("100"))));
    assert_eq!(say("100", "0", "30"), Ok((yuan("30"), yuan("70"))));
    assert_eq!(say("0.99", "0", "0"), Err(TopupRefusal::UnderMinimum { min: yuan("1") }));
    assert_eq!(say("500.01", "0", "0"), Err(TopupRefusal::OverSingleCap { cap: yuan("500") }));
    assert_eq!(say("200.01", "800", "0"), Err(TopupRefusal::OverBalanceCap { cap: yuan("1000"), room: yuan("200") }));
}

fn any_counters() -> impl Strategy<Value = Counters> {
    proptest::collection::vec((0i64..3_000, 0i64..40, proptest::bool::ANY), 0..6).prop_map(|purchases| {
        purchases.iter().fold(Counters::default(), |counters, (fen, days, meal)| {
            let at = LUNCH.plus_ms(days * 86_400_000);
            let last = LastPurchase { stall: stall(1), amount: Cents::new(*fen), at };
            counters.add(at.china_day(), meal.then_some(lunch().id), last)
        })
    })
}

proptest! {
    #[test]
    fn counters_can_be_kept(counters in any_counters()) {
        prop_assert_eq!(Counters::from_text(&counters.text()), counters);
    }

    #[test]
    fn money_is_conserved_and_nothing_goes_below_zero(
        price in 0i64..20_000, cash in 0i64..20_000, other in 0i64..5_000, arrears in 0i64..4_000, later: bool,
    ) {
        let periods = [lunch()];
        let p = policy(&periods);
        let wallets = vec![Wallet::free(1, Cents::new(other)), Wallet::free(0, Cents::new(cash))];
        let k = Known { wallets: wallets.clone(), arrears: Cents::new(arrears), ..known("0") };
        let a = Ask { amount: Cents::new(price), collect_later: later, ..ask("0") };
        let decision = decide(&a, &k, &p);
        prop_assert_eq!(&decision, &decide(&a, &k, &p));
        if let Verdict::Allow(split) = decision.verdict {
            let paid: i64 = split.from.iter().map(|(_, part)| part.fen()).sum();
            prop_assert_eq!(paid + split.arrears.fen(), price);
            for (slot, part) in &split.from {
                let wallet = wallets.iter().find(|w| w.slot == *slot).expect("a known wallet");
                prop_assert!(part.fen() > 0 && *part <= wallet.balance);
            }
            prop_assert!(split.arrears.is_zero() || (later && arrears + split.arrears.fen() <= p.arrears.cap.fen()));
        }
    }

    #[test]
    fn more_money_or_a_smaller_price_never_refuses(
        price in 1i64..9_000, less in 0i64..9_000, cash in 0i64..9_000, more in 0i64..9_000, counters in any_counters(),
        day_limit in 1i64..20_000, own in proptest::option::of(1i64..20_000),
    ) {
        let periods = [lunch()];
        let mut p = policy(&periods);
        p.limits.day.amount = Some(Cents::new(day_limit));
        p.guardian = GuardianRules { day: own.map(Cents::new), purchase_cap: own.map(Cents::new), ..Default::default() };
        p.duplicate_window_ms = 0;
        let k = Known { counters, ..known("0") };
        let with = |cash: i64| Known { wallets: vec![Wallet::free(0, Cents::new(cash))], ..k.clone() };
        let at = |fen: i64| Ask { amount: Cents::new(fen), ..ask("0") };
        let allowed = |a: &Ask, k: &Known| matches!(decide(a, k, &p).verdict, Verdict::Allow(_));
        if allowed(&at(price), &with(cash)) {
            prop_assert!(allowed(&at(price), &with(cash + more)));
            prop_assert!(allowed(&at(less.min(price)), &with(cash)));
        }
    }

    #[test]
    fn guardians_only_make_it_stricter(
        price in 1i64..9_000, cash in 0i64..9_000, meal in proptest::option::of(0i64..9_000),
        cap in proptest::option::of(0i64..9_000), frozen: bool, counters in any_counters(),
    ) {
        let periods = [lunch()];
        let p = Policy { duplicate_window_ms: 0, copies: CopyPolicy::default(), ..policy(&periods) };
        let (meal, purchase_cap) = (meal.map(Cents::new), cap.map(Cents::new));
        let own = Policy { guardian: GuardianRules { frozen, meal, purchase_cap, ..Default::default() }, ..p.clone() };
        let (a, k) = (Ask { amount: Cents::new(price), ..ask("0") }, Known { counters, ..known("0") });
        let k = Known { wallets: vec![Wallet::free(0, Cents::new(cash))], ..k };
        if let Verdict::Allow(split) = decide(&a, &k, &own).verdict {
            prop_assert_eq!(Verdict::Allow(split), decide(&a, &k, &p).verdict);
        }
    }

    #[test]
    fn no_sequence_of_purchases_passes_a_limit(
        prices in proptest::collection::vec(0i64..3_000, 1..40), amount in 0i64..20_000, count in 0u32..20,
    ) {
        let periods = [lunch()];
        let mut p = policy(&periods);
        p.limits.day = Limit { amount: Some(Cents::new(amount)), count: Some(count) };
        p.duplicate_window_ms = 0;
        let mut k = known("1000");
        let (mut spent, mut times) = (0, 0);
        for price in prices {
            let a = Ask { amount: Cents::new(price), ..ask("0") };
            if let Verdict::Allow(split) = decide(&a, &k, &p).verdict {
                k.counters = split.counters;
                spent += price;
                times += 1;
            }
            prop_assert!(spent <= amount && times <= count);
        }
    }
}
