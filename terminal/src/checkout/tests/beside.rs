//! What a counter does beside selling.

use super::*;

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
fn an_undo_that_is_not_on_disk_is_not_called_unpaid() {
    let mut till = Till::new();
    till.keys("8");
    till.scan("CODE");
    till.wait(10_000);
    let purchase = till.view(Screen::Operator).recent[0].purchase;
    till.disk = false;
    till.act(Act::Undo { purchase });
    assert_eq!((till.result().0, till.result().1.as_str()), (ResultKind::Failed, "无法记录撤销。请联系管理员"));
}

#[test]
fn numbers_are_not_found_by_trying() {
    let mut till = Till::new();
    till.shop.cashiers[0].pin_hash = Some("a hash".into());
    let try_one = |till: &mut Till, right: bool| {
        till.others.clear();
        till.act(Act::ShiftOpen { cashier: id(50), pin: "1234".into(), cash: 0 });
        let checked = till.others.iter().any(|effect| matches!(effect, Effect::CheckPin { .. }));
        if checked {
            till.input(Input::PinChecked(right));
        }
        checked
    };
    for n in 1..=5 {
        assert!(try_one(&mut till, false), "number {n} is looked at");
        assert_eq!(till.result().1, "密码不正确");
    }
    assert!(!try_one(&mut till, true), "not even the right one");
    assert_eq!(till.result().1, "密码错误次数过多，请 30 秒后再试");
    till.wait(30_000);
    assert!(try_one(&mut till, false));
    till.wait(30_000);
    assert!(!try_one(&mut till, true), "the next wait is twice as long");
    till.wait(30_000);
    assert!(try_one(&mut till, true) && till.view(Screen::Operator).shift.is_some());
}

#[test]
fn after_a_restart_it_prices_as_before() {
    let check = |mode, expected: CounterMode| {
        let checkout = Checkout::restored(vec![], None, mode);
        let mut till = Till { checkout, ..Till::new() };
        till.wait(100);
        assert_eq!((till.checkout.mode(), till.view(Screen::Operator).mode), (Some(expected), expected));
    };
    check(None, CounterMode::Amount);
    check(Some(CounterMode::Count), CounterMode::Count);
    assert_eq!(Checkout::default().mode(), None, "without a stall nothing is kept");
}
