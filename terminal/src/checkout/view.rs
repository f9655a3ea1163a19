//! Draws the picture: what each of the two screens may know of the state.

use super::picture::*;
use super::question::choices;
use super::selling::{Asked, Stage};
use super::words::{self, words};
use super::{Checkout, Facts, Payer, State, TrayLine};
use crate::shop::Shop;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use yitong_values::{Cents, Timestamp};

impl Checkout {
    pub fn view(&self, facts: &Facts<'_>, around: &Around, screen: Screen, seq: u64) -> View {
        let operator = screen == Screen::Operator;
        let shop = facts.shop;
        let period = facts.period(self.chosen());
        let dishes = shop.map(|shop| dishes(shop, period)).unwrap_or_default();
        let (payer, lines) = self.on_the_table();
        View {
            seq,
            screen: self.phase(facts, around),
            setup: Some(around.setup.clone()).filter(|_| operator && !around.enrolled),
            now: facts.now.ms(),
            language: self.language,
            training: self.training,
            link: around.link.clone(),
            lease: around.lease.clone().filter(|_| operator),
            shop: shop.map(shop_view).unwrap_or_default(),
            period: period.map(period_view),
            period_asked: (facts.clock_doubt && self.period.is_none() && operator)
                .then(|| shop.map(|shop| shop.periods.iter().map(period_view).collect()).unwrap_or_default()),
            cashier: self.cashier(shop).filter(|_| operator),
            cashiers: shop
                .filter(|_| operator)
                .map(|shop| shop.cashiers.iter().map(cashier).collect())
                .unwrap_or_default(),
            shift: self.shift_view().filter(|_| operator),
            closed: self.closed.clone().filter(|_| operator),
            mode: self.tray.mode,
            modes: shop.map(|shop| shop.modes.clone()).unwrap_or_default(),
            keyed: self.tray.keyed.text().to_owned(),
            total: self.shown_total(facts).fen(),
            lines: lines.iter().map(line).collect(),
            dishes_version: version_of(&dishes),
            dishes: operator.then_some(dishes),
            payer: payer.map(|payer| payer_view(payer, screen, shop)),
            question: self.question(shop, screen),
            result: self.result(screen, shop),
            recent: if operator { self.recent_view(shop, facts.now) } else { Vec::new() },
            found: self.found.iter().filter(|_| operator).map(|payer| payer_view(payer, screen, shop)).collect(),
            classes: if operator { around.classes.clone() } else { Vec::new() },
            roster: self.roster.as_ref().filter(|_| operator).map(roster),
            devices: if operator { around.devices.clone() } else { Vec::new() },
            scale: self.weight.map(|(grams, stable)| ScaleView { grams, stable }),
            weighing: self.tray.weighing.map(Into::into),
            battery: around.battery.clone(),
            asking: self.querying.then_some(Asking::Balance),
            customer_screen: false,
            notices: shop.map(|shop| notices(shop, facts.now)).unwrap_or_default(),
            volume: self.volume,
            alarms: if operator { around.alarms.clone() } else { Vec::new() },
        }
    }

    fn phase(&self, facts: &Facts<'_>, around: &Around) -> Phase {
        match &self.state {
            _ if around.broken => Phase::Broken,
            _ if !around.enrolled || facts.shop.is_none() => Phase::Setup,
            State::Showing(_) => Phase::Result,
            State::Selling(selling) if selling.is_asking() => Phase::Question,
            State::Selling(_) => Phase::Deciding,
            State::Presenting => Phase::Present,
            // The price stands without a key: whoever comes next just shows a code.
            State::Pricing if self.tray.mode.has_its_price() && facts.period(self.chosen()).is_some() => Phase::Present,
            State::Pricing if self.tray.is_empty() => Phase::Idle,
            State::Pricing => Phase::Pricing,
        }
    }

    fn on_the_table(&self) -> (Option<&Payer>, &[TrayLine]) {
        match &self.state {
            State::Selling(selling) => (selling.payer.as_ref(), &selling.sale.lines),
            State::Showing(outcome) => (outcome.payer.as_ref(), &self.tray.lines),
            _ => (None, &self.tray.lines),
        }
    }

    /// What is to be paid, or was: the same number on both screens, and the one that is decided on.
    pub(super) fn shown_total(&self, facts: &Facts<'_>) -> Cents {
        match &self.state {
            State::Selling(selling) => selling.sale.total,
            State::Showing(outcome) => outcome.amount,
            _ => self.total(facts).unwrap_or(Cents::ZERO),
        }
    }

    fn cashier(&self, shop: Option<&Shop>) -> Option<CashierView> {
        let shift = self.shift.as_ref()?;
        let known = shop.and_then(|shop| shop.cashiers.iter().find(|known| known.id == shift.cashier));
        Some(known.map_or(CashierView { id: shift.cashier.into(), name: String::new(), pin: false }, cashier))
    }

    fn shift_view(&self) -> Option<ShiftView> {
        let shift = self.shift.as_ref()?;
        Some(ShiftView { since: shift.since.ms(), sales: shift.sales, total: shift.total.fen() })
    }

    fn question(&self, shop: Option<&Shop>, screen: Screen) -> Option<QuestionView> {
        let State::Selling(selling) = &self.state else { return None };
        let Stage::Question(asked) = &selling.stage else { return None };
        let (kind, said, seconds_ago) = choices(asked);
        if screen == Screen::Customer {
            let wait = words("请稍候", "One moment, please");
            return Some(QuestionView { kind, zh: wait.zh, en: wait.en, seconds_ago: None, choices: Vec::new() });
        }
        let choice = |act: &str, zh: &str, en: &str| ChoiceView { act: act.into(), zh: zh.into(), en: en.into() };
        let choices = match asked {
            Asked::Period => {
                let periods = shop.map(|shop| shop.periods.as_slice()).unwrap_or_default();
                periods.iter().map(|p| choice(&p.id.to_string(), &p.name_zh, &p.name_en)).collect()
            }
            Asked::CollectLater(_) => vec![choice("yes", "延迟扣款", "Collect later"), choice("no", "不", "No")],
            Asked::Rules(yitong_rules::Question::Duplicate { .. }) => {
                vec![choice("yes", "第二份，收款", "A second, charge"), choice("no", "取消", "Cancel")]
            }
            Asked::Person | Asked::Rules(_) => {
                vec![choice("yes", "是本人", "Yes, the person"), choice("no", "不是", "No")]
            }
        };
        Some(QuestionView { kind, zh: said.zh, en: said.en, seconds_ago, choices })
    }

    fn result(&self, screen: Screen, shop: Option<&Shop>) -> Option<ResultView> {
        let State::Showing(outcome) = &self.state else { return None };
        let customer = screen == Screen::Customer;
        let said = if customer { &outcome.public } else { &outcome.words };
        let hides = customer && shop.is_some_and(|shop| !shop.show_balance);
        let balance = outcome.balance_after.filter(|_| !hides || outcome.kind == ResultKind::Balance);
        Some(ResultView {
            kind: outcome.kind,
            zh: said.zh.clone(),
            en: said.en.clone(),
            detail_zh: if customer { String::new() } else { outcome.detail.zh.clone() },
            detail_en: if customer { String::new() } else { outcome.detail.en.clone() },
            amount: outcome.amount.fen(),
            balance_after: balance.map(Cents::fen),
            arrears_after: outcome.arrears_after.filter(|_| !customer).map(Cents::fen),
            offline: outcome.offline,
            speak: outcome.speak.clone(),
            until: outcome.until.ms(),
        })
    }

    fn recent_view(&self, shop: Option<&Shop>, now: Timestamp) -> Vec<RecentView> {
        let minutes = shop.map_or(0, |shop| shop.rules.undo_minutes);
        let view = |recent: &super::Recent| RecentView {
            purchase: recent.purchase.into(),
            at: recent.at.ms(),
            amount: recent.amount.fen(),
            name_mask: recent.name_mask.clone(),
            state: recent.state,
            undoable_until: recent.undoable_until(minutes).filter(|until| *until > now).map(Timestamp::ms),
        };
        self.recent.iter().map(view).collect()
    }
}

fn shop_view(shop: &Shop) -> ShopView {
    ShopView {
        school: shop.school_name.clone(),
        canteen: shop.canteen_name.clone(),
        stall: shop.stall_name.clone(),
        terminal: shop.terminal_name.clone(),
    }
}

fn period_view(period: &yitong_rules::MealPeriod) -> PeriodView {
    let (zh, en) = (period.name_zh.clone(), period.name_en.clone());
    PeriodView { id: period.id.into(), zh, en, ends: period.end }
}

fn cashier(cashier: &crate::shop::Cashier) -> CashierView {
    CashierView { id: cashier.id.into(), name: cashier.name.clone(), pin: cashier.pin_hash.is_some() }
}

fn line(line: &TrayLine) -> LineView {
    LineView {
        key: line.key(),
        name: line.name.clone(),
        name_en: line.name_en.clone(),
        count: line.count,
        price: line.price.fen(),
        amount: line.amount().fen(),
        grams: line.grams,
    }
}

fn dishes(shop: &Shop, period: Option<&yitong_rules::MealPeriod>) -> Vec<DishView> {
    let view = |dish: &crate::shop::Dish| DishView {
        id: dish.id.into(),
        name: dish.name.clone(),
        name_en: dish.name_en.clone(),
        category: dish.category.clone(),
        price: dish.price.fen(),
        barcode: dish.barcode.clone().unwrap_or_default(),
        available: dish.sold_in(period),
        weighed: dish.weighed,
    };
    shop.dishes.iter().map(view).collect()
}

fn version_of(dishes: &[DishView]) -> u64 {
    let mut hash = DefaultHasher::new();
    for dish in dishes {
        (dish.id, &dish.name, dish.price, dish.available, &dish.barcode, &dish.category).hash(&mut hash);
    }
    // A page reads numbers exactly up to 2^53.
    hash.finish() >> 12
}

fn payer_view(payer: &Payer, screen: Screen, shop: Option<&Shop>) -> PayerView {
    let shows = shop.is_none_or(|shop| shop.show_balance);
    if screen == Screen::Customer {
        let balance = Some(payer.balance.fen()).filter(|_| shows);
        return PayerView { name_mask: payer.name_mask.clone(), balance, ..PayerView::default() };
    }
    let later = words::marked_later();
    let later = WordsView { zh: later.zh, en: later.en };
    PayerView {
        person: Some(payer.person),
        name: Some(payer.name.clone()),
        name_mask: payer.name_mask.clone(),
        number_mask: Some(payer.number_mask.clone()),
        class: payer.class.clone(),
        kind: Some(payer.kind.clone()),
        photo: payer.photo,
        balance: Some(payer.balance.fen()),
        arrears: Some(payer.arrears.fen()),
        allergens: payer.allergens.clone(),
        marks: Some(later).filter(|_| !payer.arrears.is_zero()).into_iter().collect(),
    }
}

fn roster(roster: &super::rest::Roster) -> RosterView {
    let person = |(payer, ticked): &(Payer, bool)| RosterPerson {
        person: payer.person,
        name: payer.name.clone(),
        ticked: *ticked,
    };
    RosterView { class: roster.class, people: roster.people.iter().map(person).collect() }
}

fn notices(shop: &Shop, now: Timestamp) -> Vec<WordsView> {
    let now_shown = |notice: &&crate::shop::Notice| {
        notice.from.is_none_or(|from| from <= now) && notice.to.is_none_or(|to| now < to)
    };
    let view = |notice: &crate::shop::Notice| WordsView { zh: notice.zh.clone(), en: notice.en.clone() };
    shop.notices.iter().filter(now_shown).map(view).collect()
}
