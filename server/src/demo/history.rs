//! A month of meals: who eats when, what is on the tray, who tops up, which days were closed. Booked by the real path.

use super::dishes::sold_at;
use super::roster::Eater;
use super::{Dice, School, id_at};
use crate::App;
use crate::menu::DishRow;
use crate::plumbing::db::{DbError, Tx};
use crate::purchases::{Ask, Basis, Outcome, Payer, Picked, Sent, book};
use crate::topups::{TopupAsk, top_up};
use crate::wallets;
use yitong_purchase::{Counter, Open, PricedLine};
use yitong_rules::{DayKind, Mode};
use yitong_values::{BusinessDay, Cents, EntryId, Timestamp, Weekday};

/// Purchases of one unit.
const BATCH: usize = 256;
const MINUTE: i64 = 60_000;

type Failure = Box<dyn std::error::Error>;

struct Meal {
    /// Minutes since midnight: the first and the length of the rush.
    from: i64,
    long: i64,
    /// Of a hundred pupils, so many eat.
    share: usize,
    lines: usize,
}

const MEALS: [Meal; 3] = [
    Meal { from: 400, long: 60, share: 35, lines: 2 },
    Meal { from: 700, long: 50, share: 86, lines: 3 },
    Meal { from: 1050, long: 60, share: 30, lines: 3 },
];

pub(super) async fn play(
    app: &App,
    school: &School,
    dishes: &[DishRow],
    people: &[Eater],
    begin: BusinessDay,
    now: Timestamp,
) -> Result<usize, Failure> {
    let facts = app.schools.get(&app.db, school.id).await?.ok_or("the demo school is there")?;
    let policy = app.policies.get(&app.db, school.id).await?;
    let basis = Basis { facts, policy, menu: app.menu.get(&app.db, school.id).await? };
    let menus: Vec<Vec<DishRow>> = school.stalls.iter().map(|stall| sold_at(dishes, *stall)).collect();
    let mut dice = Dice::new(7);
    let mut sold = 0;
    let mut day = begin;
    while day <= now.china_day() {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let open = basis.facts.day_kind(day) != DayKind::Closed;
        if open && (!weekend || day == now.china_day()) {
            top_ups(app, school, people, day, begin, now, &mut dice).await?;
            let mut asks = Vec::new();
            for meal in &MEALS {
                for eater in people {
                    let share = if eater.staff { meal.share / 2 } else { meal.share };
                    if dice.roll(100) >= share {
                        continue;
                    }
                    let at = day.start().plus_ms(
                        (meal.from + dice.roll(meal.long as usize) as i64) * MINUTE + dice.roll(60_000) as i64,
                    );
                    if at > now {
                        continue;
                    }
                    let place = [0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5][dice.roll(12)];
                    asks.extend(ask(school, &basis, &menus[place], place, eater, meal, at, &mut dice));
                }
            }
            asks.sort_by_key(|ask: &Ask| ask.now);
            sold += sell(app, asks).await?;
        }
        if day < now.china_day().plus_days(-1) {
            close(app, school, day).await?;
        }
        day = day.plus_days(1);
    }
    Ok(sold)
}

#[allow(clippy::too_many_arguments, reason = "one tray needs all of the canteen")]
fn ask(
    school: &School,
    basis: &Basis,
    menu: &[DishRow],
    place: usize,
    eater: &Eater,
    meal: &Meal,
    at: Timestamp,
    dice: &mut Dice,
) -> Option<Ask> {
    let stall = basis.facts.stalls.get(&school.stalls[place])?;
    let lines = 1 + dice.roll(meal.lines);
    let mut chosen: Vec<&DishRow> = Vec::new();
    for _ in 0..lines {
        let dish = dice.pick(menu);
        if !chosen.iter().any(|known| known.id == dish.id) {
            chosen.push(dish);
        }
    }
    let priced = |dish: &&DishRow| PricedLine {
        category: dish.category.clone(),
        allergens: dish.allergens.clone(),
        price: dish.price,
        count: 1,
    };
    let lines: Vec<PricedLine> = chosen.iter().map(priced).collect();
    let counter =
        Counter { stall: stall.id, canteen: stall.canteen, modes: &stall.modes, fixed_price: stall.fixed_price };
    let open = Open::new(&counter, Mode::Dish, &lines, None, at).ok()?;
    let items: Vec<_> = chosen
        .iter()
        .map(|dish| serde_json::json!({"d": dish.id.uuid(), "r": dish.revision_id.uuid(), "n": dish.name, "c": 1, "p": dish.price.fen()}))
        .collect();
    let items = serde_json::Value::Array(items).to_string();
    let payer = eater.id.to_string();
    let later = dice.roll(3) == 0;
    let picked =
        |dish: &&DishRow| Picked { dish: dish.id.uuid(), revision: dish.revision_id.uuid(), count: 1, grams: None };
    let sent: Vec<_> = chosen.iter().map(picked).collect();
    let digest = Ask::digest_of(&Sent {
        stall: stall.id,
        payer: &payer,
        mode: Mode::Dish.word(),
        items: &sent,
        amount: Some(open.amount()),
        at,
        collect_later: later,
    });
    Some(Ask {
        school: school.id,
        id: EntryId::new(id_at(at)),
        stall: stall.id,
        payer: Payer::Person(eater.id),
        mode: Mode::Dish,
        open,
        items,
        collect_later: later,
        duplicate_confirmed: true,
        photo_checked: true,
        use_order: None,
        cashier: school.cashiers[place % school.cashiers.len()],
        now: at,
        digest,
        basis: basis.clone(),
    })
}

async fn sell(app: &App, asks: Vec<Ask>) -> Result<usize, DbError> {
    let mut sold = 0;
    let mut asks = asks.into_iter().peekable();
    while asks.peek().is_some() {
        let batch: Vec<Ask> = asks.by_ref().take(BATCH).collect();
        let outcomes = app.db.write_locking("demo purchases", move |tx| book(tx, &batch)).await?;
        sold += outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Paid { .. })).count();
    }
    Ok(sold)
}

/// On the first day nearly everyone; later one in twelve a day.
async fn top_ups(
    app: &App,
    school: &School,
    people: &[Eater],
    day: BusinessDay,
    begin: BusinessDay,
    now: Timestamp,
    dice: &mut Dice,
) -> Result<(), DbError> {
    let first = day.epoch_days() - begin.epoch_days() < 3;
    let mut asks = Vec::new();
    for eater in people {
        let comes = if first { dice.roll(100) < 60 } else { dice.roll(12) == 0 };
        let at = day.start().plus_ms((390 + dice.roll(10) as i64) * MINUTE);
        if comes && at <= now {
            let amount = [100, 200, 200, 300, 500][dice.roll(5)] * 100;
            asks.push(TopupAsk {
                school: school.id,
                id: EntryId::new(id_at(at)),
                person: eater.id,
                amount: Cents::new(amount),
                note: String::new(),
                cashier: school.admin,
                now: at,
            });
        }
    }
    asks.sort_by_key(|ask| ask.now);
    for slice in asks.chunks(BATCH) {
        let slice = slice.to_vec();
        let write = move |tx: &mut Tx<'_>| slice.iter().try_for_each(|ask| top_up(tx, ask).map(|_| ()));
        app.db.write_locking("demo top-ups", write).await?;
    }
    Ok(())
}

async fn close(app: &App, school: &School, day: BusinessDay) -> Result<(), DbError> {
    let (id, by) = (school.id, school.admin);
    let at = day.plus_days(1).start().plus_ms(wallets::CLOSE_GRACE_MS + MINUTE);
    app.db.write_locking("demo day close", move |tx| wallets::close_day(tx, id, day, by, at)).await.map(|_| ())
}
