//! From a code to green or red.

use super::*;

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
