//! What a message of each kind can say: its variables, how each is kept and how it is written for people.

use super::{Kind, Locale};
use std::collections::BTreeMap;
use yitong_values::{Cents, Timestamp};

/// How a variable is kept in the params of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it stands; or one in each language, as `name_zh` and `name_en`.
    Text,
    /// Whole fen, written as 12.50; what was written so before is left.
    Money,
    /// Milliseconds, written as 11-24 12:05 in China; what was written for people before is left.
    Time,
}

#[derive(Clone, Copy, Debug)]
pub struct Variable {
    pub name: &'static str,
    pub form: Form,
    /// A text must have it: the message says nothing without it.
    pub required: bool,
}

const fn must(name: &'static str, form: Form) -> Variable {
    Variable { name, form, required: true }
}

const fn may(name: &'static str, form: Form) -> Variable {
    Variable { name, form, required: false }
}

use Form::{Money, Text, Time};

const CODE: &[Variable] = &[must("code", Text), may("minutes", Text)];
const PURCHASE: &[Variable] = &[
    must("child", Text),
    must("amount", Money),
    may("place", Text),
    may("period", Text),
    may("time", Time),
    may("balance", Money),
    may("dishes", Text),
    may("count", Text),
    SCHOOL,
];
const ARREARS: &[Variable] =
    &[must("child", Text), must("amount", Money), may("arrears", Money), may("time", Time), SCHOOL];
const MONEY: &[Variable] =
    &[must("child", Text), must("amount", Money), may("time", Time), may("balance", Money), may("place", Text), SCHOOL];
const UNDONE: &[Variable] = &[
    must("child", Text),
    must("amount", Money),
    may("why", Text),
    may("time", Time),
    may("balance", Money),
    may("place", Text),
    SCHOOL,
];
const REFUSED: &[Variable] =
    &[must("child", Text), must("why", Text), may("amount", Money), may("time", Time), may("balance", Money), SCHOOL];
const LOW: &[Variable] = &[must("child", Text), must("balance", Money), may("line", Money), SCHOOL];
const MEAL: &[Variable] = &[must("child", Text), must("meal", Text), may("day", Text), SCHOOL];
const SAFETY: &[Variable] = &[must("child", Text), may("by", Text), may("time", Time), SCHOOL];
const ASKED: &[Variable] = &[must("child", Text), must("who", Text), may("time", Time), SCHOOL];
const ANSWERED: &[Variable] =
    &[must("child", Text), must("answer", Text), may("field", Text), may("time", Time), SCHOOL];
const ALARM: &[Variable] = &[must("seconds", Text), may("time", Time), SCHOOL];
const MADE: &[Variable] = &[must("amount", Money), may("due", Text), may("time", Time), SCHOOL];
const REPORTED: &[Variable] = &[must("field", Text), may("time", Time), SCHOOL];
const REQUESTED: &[Variable] = &[must("who", Text), may("time", Time), SCHOOL];
const TO_DECIDE: &[Variable] = &[must("amount", Money), may("by", Text), may("time", Time), SCHOOL];
/// Filled in by the sender.
const SCHOOL: Variable = may("school", Text);

/// The variables of a kind. `by` of a safety message is who did it; `arrears` is what is to be collected in all.
pub fn of(kind: Kind) -> &'static [Variable] {
    match kind {
        Kind::SignInCode | Kind::MailCode => CODE,
        Kind::Purchase => PURCHASE,
        Kind::PurchaseUndone => UNDONE,
        Kind::Topup | Kind::TopupLate | Kind::AutoTopup | Kind::Refund => MONEY,
        Kind::AutoTopupRefused => REFUSED,
        Kind::Arrears => ARREARS,
        Kind::LowBalance => LOW,
        Kind::MealMissed => MEAL,
        Kind::LossReported | Kind::Frozen => SAFETY,
        Kind::BindingAsked => ASKED,
        Kind::BindingAnswered | Kind::DataReportAnswered | Kind::ComplaintAnswered => ANSWERED,
        Kind::CopyAlarm => ALARM,
        Kind::ComplaintMade => MADE,
        Kind::DataReportMade => REPORTED,
        Kind::BindingRequested => REQUESTED,
        Kind::RefundAsked | Kind::PaymentAlarm => TO_DECIDE,
    }
}

/// The value of a variable as people read it. What is kept in another form is written as it stands.
pub fn value(kind: Kind, locale: Locale, params: &BTreeMap<String, String>, name: &str) -> Option<String> {
    let own = params.get(&format!("{name}_{}", locale.word()));
    let kept = own.or_else(|| params.get(name))?;
    let form = of(kind).iter().find(|variable| variable.name == name).map_or(Form::Text, |variable| variable.form);
    let number = kept.parse::<i64>().ok();
    Some(match (form, number) {
        (Form::Money, Some(fen)) => Cents::new(fen).to_string(),
        (Form::Time, Some(ms)) => minute(Timestamp::from_ms(ms)),
        _ => kept.clone(),
    })
}

fn minute(at: Timestamp) -> String {
    let (day, minute) = (at.china_day(), at.china_minute());
    format!("{:02}-{:02} {:02}:{:02}", day.month(), day.day(), minute / 60, minute % 60)
}

/// What a preview is written with.
pub fn example(kind: Kind) -> BTreeMap<String, String> {
    // Tuesday 2026-11-24 12:05 in China.
    let time = "1795493100000";
    let [why_zh, why_en] = match kind {
        Kind::PurchaseUndone => ["重复扣款", "it was charged twice"],
        _ => ["支付账户可用金额不足", "there was not enough money in the paying account"],
    };
    let all = [
        ("code", "246810"),
        ("minutes", "5"),
        ("child_zh", "张小明"),
        ("child_en", "Zhang Xiaoming"),
        ("amount", "1250"),
        ("balance", "8640"),
        ("line", "2000"),
        ("place_zh", "第一食堂 · 1号档口"),
        ("place_en", "Canteen 1 · Stall 1"),
        ("period_zh", "午餐"),
        ("period_en", "Lunch"),
        ("time", time),
        ("day", "11-24"),
        ("due", "11-30"),
        ("seconds", "40"),
        ("meal_zh", "午餐"),
        ("meal_en", "lunch"),
        ("dishes", "米饭×1、红烧肉×1"),
        ("arrears", "1250"),
        ("by_zh", "家长"),
        ("by_en", "a guardian"),
        ("who_zh", "138****8000 的家长"),
        ("who_en", "the guardian 138****8000"),
        ("answer_zh", "已核实"),
        ("answer_en", "checked and confirmed"),
        ("field_zh", "姓名"),
        ("field_en", "name"),
        ("why_zh", why_zh),
        ("why_en", why_en),
        ("school_zh", "实验中学"),
        ("school_en", "Experimental School"),
    ];
    let known = of(kind);
    let stem = |name: &str| name.trim_end_matches("_zh").trim_end_matches("_en").to_owned();
    let fits = |name: &str| known.iter().any(|variable| variable.name == stem(name));
    all.into_iter().filter(|(name, _)| fits(name)).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_for_people() {
        let params = example(Kind::Purchase);
        let check = |locale, name: &str, expected: Option<&str>| {
            assert_eq!(value(Kind::Purchase, locale, &params, name).as_deref(), expected, "{name}");
        };
        check(Locale::Zh, "amount", Some("12.50"));
        check(Locale::Zh, "time", Some("11-24 12:05"));
        check(Locale::Zh, "place", Some("第一食堂 · 1号档口"));
        check(Locale::En, "place", Some("Canteen 1 · Stall 1"));
        check(Locale::En, "answer", None);
    }

    #[test]
    fn every_required_variable_has_an_example() {
        for kind in Kind::ALL {
            let params = example(*kind);
            for variable in of(*kind).iter().filter(|variable| variable.required) {
                assert!(value(*kind, Locale::En, &params, variable.name).is_some(), "{kind:?} {}", variable.name);
            }
        }
    }
}
