//! What comes twice, or from a scanner that types.

use super::*;

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
