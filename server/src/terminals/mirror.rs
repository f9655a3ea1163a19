//! What a terminal mirrors, made from rows: its set-up by content, and people in pages by cursor.

use super::mirror_store::{self, CashierRow, Mirrored};
use super::settings::Settings;
use crate::menu::Menu;
use crate::people;
use crate::plumbing::changes;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use crate::policies::Snapshot;
use crate::schools::{Facts, stall_scope};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use yitong_rules::{DayKind, MealPeriod, Mode};
use yitong_sync::relay::SealedCircle;
use yitong_sync::wire::people::{GuardianWire, PEOPLE_MAX, PeoplePage, Person};
use yitong_sync::wire::setup::{
    CanteenWire, CashierWire, ClassLimits, DayWire, DishWire, LimitsWire, NoticeWire, PeriodWire, PolicyWire,
    SchoolWire, Setup, StallWire, TerminalWire,
};
use yitong_values::{BusinessDay, Cents, MealPeriodId, SchoolId, Timestamp, UserId};

/// Days ahead of which a terminal knows whether the canteen is open.
const DAYS_AHEAD: i64 = 60;
/// People of one page, so that a page can say where it begins.
const OFFSET_BITS: u32 = 20;

/// Everything that a set-up is made of.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) facts: &'a Facts,
    pub(super) policy: &'a Snapshot,
    pub(super) menu: &'a Menu,
    pub(super) settings: &'a Settings,
    pub(super) cashiers: &'a [CashierRow],
    pub(super) terminal: &'a super::fleet::Terminal,
    pub(super) today: BusinessDay,
    pub(super) relay: Option<&'a SealedCircle>,
}

/// `None`: the stall is gone.
pub(super) fn setup(of: Sources<'_>) -> Option<Setup> {
    let (stall, canteen) = of.facts.stall(of.terminal.stall)?;
    let near = of.facts.stalls.values().filter(|other| other.canteen == canteen.id && other.id != stall.id);
    let class = |(class, own): (&yitong_values::ClassId, &crate::policies::OwnLimit)| ClassLimits {
        class: *class,
        limits: own.limits.rules().into(),
        no_buy: own.no_buy_categories.clone(),
    };
    let mut class_limits: Vec<_> = of.policy.classes.iter().map(class).collect();
    class_limits.sort_by_key(|limits| limits.class);
    let mut setup = Setup {
        version: 0,
        school: SchoolWire { id: of.facts.school, name: of.facts.name.clone() },
        canteen: CanteenWire { id: canteen.id, name: canteen.name.clone() },
        stall: StallWire { id: stall.id, name: stall.name.clone(), number: stall.number, closed: stall.closed },
        terminal: TerminalWire {
            name: of.terminal.name.clone(),
            mode: of.terminal.mode.clone(),
            screens: of.terminal.screens,
            show_balance: of.settings.screen.show_balance,
            keep_days: of.settings.screen.keep_days,
        },
        modes: stall.modes.iter().map(|mode: &Mode| mode.word().to_owned()).collect(),
        fixed_price: stall.fixed_price,
        periods: of.facts.periods.iter().map(period).collect(),
        days: days(of.facts, of.today),
        policy: policy(of.policy),
        class_limits,
        near_stalls: near.map(|stall| stall.id).collect(),
        dishes: dishes(of.menu, stall, canteen),
        cashiers: cashiers(of),
        notices: of.settings.screen.notices.iter().map(notice).collect(),
        relay: of.relay.cloned(),
    };
    let text = serde_json::to_vec(&setup).expect("a set-up is JSON");
    let hash: [u8; 32] = Sha256::digest(text).into();
    // Positive, and never the 0 that stands for nothing.
    setup.version = (i64::from_be_bytes(hash[..8].try_into().expect("eight bytes")) & i64::MAX).max(1);
    Some(setup)
}

fn period(of: &MealPeriod) -> PeriodWire {
    PeriodWire {
        id: of.id,
        name_zh: of.name_zh.clone(),
        name_en: of.name_en.clone(),
        start: of.start,
        end: of.end,
        weekdays: of.weekdays,
        fixed_price: of.fixed_price,
        free: of.free,
    }
}

fn days(facts: &Facts, today: BusinessDay) -> Vec<DayWire> {
    let day = |ahead: i64| {
        let day = today.plus_days(ahead);
        let kind = match facts.day_kind(day) {
            DayKind::Ordinary => "ordinary",
            DayKind::MakeUp => "make_up",
            DayKind::Closed => "closed",
        };
        DayWire { day: day.number(), kind: kind.into() }
    };
    (-1..=DAYS_AHEAD).map(day).collect()
}

fn policy(of: &Snapshot) -> PolicyWire {
    let school = &of.school;
    let copies = school.codes.copies();
    PolicyWire {
        version: of.version,
        require_meal_period: school.require_meal_period,
        purchase_cap: Cents::new(school.purchase_cap),
        limits: school.limits.rules().into(),
        arrears_allowed: school.arrears_allowed,
        arrears_cap: Cents::new(school.arrears_cap),
        duplicate_window_ms: school.duplicate_window_s * 1000,
        copy_window_ms: copies.window_ms,
        copy_near_window_ms: copies.near_window_ms,
        copy_photo_check: copies.photo_check,
        undo_minutes: school.undo_minutes,
        card_cap: Cents::new(school.codes.card_cap),
        card_photo_check: school.codes.card_photo_check,
    }
}

fn dishes(menu: &Menu, stall: &crate::schools::Stall, canteen: &crate::schools::Canteen) -> Vec<DishWire> {
    let here = menu.dishes.values().filter(|dish| dish.sold_at(stall.id, canteen.id));
    let dish = |dish: &crate::menu::DishRow| DishWire {
        id: dish.id,
        revision: dish.revision_id,
        name: dish.name.clone(),
        name_en: dish.name_en.clone(),
        category: dish.category.clone(),
        price: dish.price,
        barcode: dish.barcode.clone(),
        allergens: dish.allergens.clone(),
        periods: dish.periods.iter().map(|id| MealPeriodId::new(*id)).collect(),
        weighed: dish.weighed,
    };
    let mut dishes: Vec<_> = here.map(dish).collect();
    dishes.sort_by(|a, b| (&a.category, &a.name, a.id).cmp(&(&b.category, &b.name, b.id)));
    dishes
}

/// Those whose grants reach the stall, each once.
fn cashiers(of: Sources<'_>) -> Vec<CashierWire> {
    let reach = |row: &&CashierRow| {
        let scope = row.scope.as_slice();
        scope.iter().any(|scope| scope.whole_school()) || stall_scope(scope, of.facts, of.terminal.stall)
    };
    let one = |row: &CashierRow| {
        let cashier = CashierWire { id: UserId::new(row.id), name: row.name.clone(), pin: row.pin.clone() };
        ((row.name.clone(), row.id), cashier)
    };
    let each: BTreeMap<_, _> = of.cashiers.iter().filter(reach).map(one).collect();
    each.into_values().collect()
}

fn notice(of: &super::settings::ScreenNotice) -> NoticeWire {
    let at = |ms: Option<i64>| ms.map(Timestamp::from_ms);
    NoticeWire { zh: of.zh.clone(), en: of.en.clone(), from: at(of.from), to: at(of.to) }
}

/// Who a terminal mirrors: everybody who is here. Whoever left is gone.
fn person(of: Mirrored, own: &Snapshot, photos: bool, as_of: Timestamp, cards: Vec<String>) -> Person {
    let limits = own.persons.get(&of.id);
    let guardian = of.guardian;
    let hash = |hash: String| if hash.is_empty() { "1".to_owned() } else { hash };
    Person {
        id: of.id,
        account: of.account,
        name: of.name,
        number: of.number,
        class: of.class,
        class_name: of.class_name,
        kind: of.kind,
        state: of.state,
        frozen: of.frozen,
        wallets: of.wallets,
        arrears: of.arrears,
        counters: of.counters,
        limits: limits.map_or(LimitsWire::default(), |own| own.limits.rules().into()),
        no_buy: limits.map_or(Vec::new(), |own| own.no_buy_categories.clone()),
        allergens: of.allergens,
        guardian: GuardianWire {
            frozen: guardian.frozen,
            purchase_cap: guardian.purchase_cap.map(Cents::new),
            meal: guardian.meal.map(Cents::new),
            day: guardian.day.map(Cents::new),
            no_buy: guardian.no_buy_categories,
            allergens: guardian.allergens,
        },
        cards,
        photo: of.photo.filter(|_| photos).map(hash),
        as_of,
    }
}

/// Where a terminal is in its reading of the people. Below zero: in the middle of reading everybody, as the position of
/// the feed at which it began, and how many it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole { began: i64, passed: i64 },
    Since(i64),
}

impl Place {
    fn read(cursor: i64) -> Place {
        // The least of all numbers has no opposite: nobody was given it.
        match cursor.checked_neg() {
            None => Place::Since(0),
            Some(below @ 1..) => Place::Whole { began: below >> OFFSET_BITS, passed: below & ((1 << OFFSET_BITS) - 1) },
            Some(_) => Place::Since(cursor),
        }
    }

    fn whole(began: i64, passed: i64) -> i64 {
        -(began << OFFSET_BITS | passed)
    }
}

/// The next page: what changed since the cursor, or everybody when it is unknown or too old.
pub(super) fn people_page(
    tx: &mut Tx<'_>,
    school: SchoolId,
    cursor: i64,
    limit: i64,
    (own, photos, as_of): (&Snapshot, bool, Timestamp),
    seal: &Seal,
) -> Result<PeoplePage, DbError> {
    let limit = limit.clamp(1, PEOPLE_MAX as i64);
    let horizon = changes::horizon(tx, school)?;
    let sorted = |tx: &mut Tx<'_>, found: Vec<Mirrored>| {
        let (gone, here): (Vec<_>, Vec<_>) = found.into_iter().partition(|of| of.state == "left");
        let ids: Vec<_> = here.iter().map(|of| of.id).collect();
        let mut cards = people::cards_of(tx, seal, school, &ids)?;
        let one = |of: Mirrored| {
            let cards = cards.remove(&of.id).unwrap_or_default();
            person(of, own, photos, as_of, cards)
        };
        let items: Vec<_> = here.into_iter().map(one).collect();
        Ok::<_, DbError>((items, gone.into_iter().map(|of| of.id).collect::<Vec<_>>()))
    };
    let (began, passed) = match Place::read(cursor) {
        Place::Since(cursor) => {
            let from = horizon.resume(tx, school, cursor)?;
            let changed = match from {
                Some(from) => horizon.since(tx, school, from, limit as usize)?,
                None => None,
            };
            if let Some(changed) = changed {
                let found = mirror_store::people(tx, school, &changed.persons)?;
                let (items, gone) = sorted(tx, found)?;
                let next = horizon.cursor(tx, school, changed.next)?;
                return Ok(PeoplePage { whole: false, items, gone, next, more: changed.more });
            }
            (horizon.position, 0)
        }
        Place::Whole { began, passed } if began <= horizon.position => (began, passed),
        Place::Whole { .. } => (horizon.position, 0),
    };
    let found = mirror_store::people_page(tx, school, passed, limit)?;
    let read = found.len() as i64;
    let (items, gone) = sorted(tx, found)?;
    let more = read == limit;
    let next = if more { Place::whole(began, passed + read) } else { horizon.cursor(tx, school, began)? };
    Ok(PeoplePage { whole: true, items, gone, next, more })
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for (began, passed) in [(1, 0), (1, 1), (77, 50_000), (1 << 40, (1 << 20) - 1)] {
            assert_eq!(Place::read(Place::whole(began, passed)), Place::Whole { began, passed });
        }
        assert_eq!(Place::read(0), Place::Since(0));
        assert_eq!(Place::read(258), Place::Since(258));
    }
}
