//! How a price comes about.

use super::*;

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
