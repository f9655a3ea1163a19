//! Editing a dish: what is asked is put over the dish as it is, inside the unit that keeps it, so that two people who
//! edit at the same time lose nothing.

use super::barcode;
use super::store::{self, DishRow};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Problem, present};
use crate::schools::{self, Facts, canteen_scope, stall_scope};
use crate::signin::audit::{Note, Subject};
use crate::signin::{Allowed, Scope, perm};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_rules::MealPeriod;
use yitong_values::{CanteenId, Cents, DishId, DishRevisionId, SchoolId, StallId, Timestamp, UserId};

pub const DISHES_MAX: usize = 5_000;
const PRICE_MAX: i64 = 1_000_000;
const NAME_EN_CHARS_MAX: usize = 60;
const ALLERGENS_MAX: usize = 20;

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PutDish {
    /// Made by the client, and only when adding: asking again with the same one adds nothing.
    id: Option<Uuid>,
    name: Option<String>,
    name_en: Option<String>,
    category: Option<String>,
    price: Option<Money>,
    /// Left out for a new dish: one is made.
    barcode: Option<String>,
    /// null: every canteen.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Uuid>)]
    canteen: Option<Option<Uuid>>,
    /// Empty: every stall.
    stalls: Option<Vec<Uuid>>,
    /// Empty: every meal period.
    periods: Option<Vec<Uuid>>,
    allergens: Option<Vec<String>>,
    /// Sold by weight: the price is for a kilogram.
    weighed: Option<bool>,
}

fn text(field: &'static str, value: &str, most: usize) -> Result<String, Problem> {
    let value = value.trim().to_owned();
    if (1..=most).contains(&value.chars().count()) && !value.contains(',') {
        return Ok(value);
    }
    let (zh, en) =
        (format!("应为 1 至 {most} 个字，不含逗号。"), format!("It has 1 to {most} characters and no comma."));
    Err(Problem::bad("bad_text", zh, en).field(field))
}

impl PutDish {
    /// The dish with what is asked put over it.
    fn over(&self, mut dish: DishRow) -> Result<DishRow, Problem> {
        if let Some(name) = &self.name {
            dish.name = text("name", name, 40)?;
        }
        if let Some(name) = self.name_en.as_deref().map(str::trim) {
            if name.chars().count() > NAME_EN_CHARS_MAX {
                let zh = format!("英文名最多 {NAME_EN_CHARS_MAX} 个字符。");
                let en = format!("An English name has at most {NAME_EN_CHARS_MAX} characters.");
                return Err(Problem::bad("bad_text", zh, en).field("name_en"));
            }
            dish.name_en = name.to_owned();
        }
        if let Some(category) = &self.category {
            dish.category = text("category", category, 20)?;
        }
        if let Some(price) = self.price {
            if !(0..=PRICE_MAX).contains(&price.fen) {
                let (zh, en) = ("价格须在 0 至 10000 元之间。", "A price is ¥0 to ¥10,000.");
                return Err(Problem::bad("bad_price", zh, en).field("price"));
            }
            dish.price = Cents::from(price);
        }
        if let Some(code) = self.barcode.as_deref().map(str::trim).filter(|code| !code.is_empty()) {
            if !barcode::acceptable(code) {
                let (zh, en) = (
                    "条形码应为校验位正确的 EAN-13，或 4 至 32 位字母数字。",
                    "A barcode is an EAN-13 with a right check digit, or 4 to 32 letters and digits.",
                );
                return Err(Problem::bad("bad_barcode", zh, en).field("barcode"));
            }
            dish.barcode = code.to_owned();
        }
        if let Some(allergens) = &self.allergens {
            if allergens.len() > ALLERGENS_MAX {
                let (zh, en) =
                    (format!("过敏原最多 {ALLERGENS_MAX} 项。"), format!("At most {ALLERGENS_MAX} allergens."));
                return Err(Problem::bad("bad_allergens", zh, en).field("allergens"));
            }
            dish.allergens = allergens.iter().map(|a| text("allergens", a, 20)).collect::<Result<_, _>>()?;
        }
        dish.canteen = self.canteen.map_or(dish.canteen, |canteen| canteen.map(CanteenId::new));
        dish.stalls = self.stalls.clone().unwrap_or(dish.stalls);
        dish.periods = self.periods.clone().unwrap_or(dish.periods);
        dish.weighed = self.weighed.unwrap_or(dish.weighed);
        Ok(dish)
    }
}

/// Places and periods are the school's own, and the stalls are the canteen's.
fn places_fit(facts: &Facts, dish: &DishRow) -> Result<(), Problem> {
    if dish.canteen.is_some_and(|canteen| !facts.canteens.contains_key(&canteen)) {
        return Err(Problem::bad("unknown_canteen", "食堂不存在。", "There is no such canteen.").field("canteen"));
    }
    let fits = |stall: &Uuid| {
        let found = facts.stall(StallId::new(*stall));
        found.is_some_and(|(_, canteen)| dish.canteen.is_none_or(|of| of == canteen.id))
    };
    if !dish.stalls.iter().all(fits) {
        let (zh, en) = ("档口不存在，或不属于所选食堂。", "There is no such stall, or it is not in this canteen.");
        return Err(Problem::bad("unknown_stall", zh, en).field("stalls"));
    }
    let known = |period: &Uuid| facts.periods.iter().any(|of: &MealPeriod| of.id.uuid() == *period);
    if !dish.periods.iter().all(known) {
        return Err(Problem::bad("unknown_period", "餐段不存在。", "There is no such meal period.").field("periods"));
    }
    Ok(())
}

/// Whether all places where the dish is sold are among those of the grants.
fn reaches(scopes: &[Scope], facts: &Facts, dish: &DishRow) -> bool {
    if scopes.iter().any(|scope| scope.whole_school()) {
        return true;
    }
    match dish.canteen {
        _ if !dish.stalls.is_empty() => {
            dish.stalls.iter().all(|stall| stall_scope(scopes, facts, StallId::new(*stall)))
        }
        Some(canteen) => canteen_scope(scopes, facts, canteen),
        None => false,
    }
}

fn outside() -> Problem {
    let zh = "您只能管理自己食堂或档口的菜品。请选择所售档口；全校通售的菜品由学校管理员维护。";
    let en = "You manage the dishes of your own canteen or stalls: choose its stalls. Dishes sold everywhere are the \
              school administrator's.";
    Problem::refused(StatusCode::FORBIDDEN, "outside_your_place", zh, en).field("stalls")
}

/// What is done to a dish.
#[derive(Clone)]
pub(super) enum Change {
    Add(PutDish),
    Edit(PutDish),
    Withdraw,
    Restore,
}

impl Change {
    fn action(&self) -> &'static str {
        match self {
            Change::Add(_) => "dish.create",
            Change::Edit(_) => "dish.edit",
            Change::Withdraw => "dish.withdraw",
            Change::Restore => "dish.restore",
        }
    }
}

/// Somebody changing the menu of a school.
struct Editor {
    app: App,
    school: SchoolId,
    by: UserId,
    now: Timestamp,
    scopes: Vec<Scope>,
    note: Note,
    /// For a new revision.
    fresh: DishRevisionId,
}

/// Changes a dish, or adds one: then `id` is that of a new dish unless the client has named it.
pub(super) async fn change(
    app: &App,
    who: &Allowed<perm::MenuEdit>,
    id: Option<DishId>,
    change: Change,
) -> Result<DishRow, Problem> {
    let named = match &change {
        Change::Add(ask) => ask.id.map(DishId::new),
        Change::Edit(ask) if ask.id.is_some_and(|named| id != Some(DishId::new(named))) => {
            let (zh, en) = ("编号不能修改。", "An id can't be changed.");
            return Err(Problem::bad("bad_id", zh, en).field("id"));
        }
        _ => id,
    };
    if named.is_some_and(|id| id.uuid().is_nil()) {
        return Err(Problem::bad("bad_id", "编号无效。", "The id is not valid.").field("id"));
    }
    let id = named.unwrap_or_else(|| DishId::new(app.new_id()));
    let editor = Editor {
        app: app.clone(),
        school: who.school,
        by: who.principal.user,
        now: app.now(),
        scopes: who.scopes(),
        note: who.note(app),
        fresh: DishRevisionId::new(app.new_id()),
    };
    let action = change.action();
    app.db.write(action, move |tx| editor.work(tx, id, &change)).await?
}

impl Editor {
    fn work(&self, tx: &mut Tx<'_>, id: DishId, change: &Change) -> Result<Result<DishRow, Problem>, DbError> {
        let all = store::dishes(tx, self.school)?;
        let Some(facts) = schools::facts(tx, &self.app.schools, self.school)? else {
            return Ok(Err(Problem::absent()));
        };
        let old = all.iter().find(|dish| dish.id == id);
        let new = match self.wanted(&all, &facts, id, old, change) {
            Ok(Some(new)) => new,
            Ok(None) => return Ok(old.cloned().ok_or_else(Problem::absent)),
            Err(problem) => return Ok(Err(problem)),
        };
        store::put_dish(tx, self.school, &new, self.by, self.now)?;
        let told = |dish: &DishRow| {
            json!({"name": dish.name, "price": dish.price.fen(), "category": dish.category,
                "withdrawn": dish.withdrawn, "weighed": dish.weighed, "revision": dish.revision})
        };
        let subject = id.to_string();
        let subject = Subject("dish", &subject, &new.name);
        self.note.record(tx, change.action(), subject, json!(old.map(told)), told(&new))?;
        Ok(Ok(new))
    }

    /// The dish as it is to be; `None` when it is so already.
    fn wanted(
        &self,
        all: &[DishRow],
        facts: &Facts,
        id: DishId,
        old: Option<&DishRow>,
        change: &Change,
    ) -> Result<Option<DishRow>, Problem> {
        let mut new = match (change, old) {
            (Change::Add(ask), Some(old)) => return self.added_before(ask, old).map(|()| None),
            (Change::Add(ask), None) => ask.whole().over(self.empty(all, id)?)?,
            (_, None) => return Err(Problem::absent()),
            (Change::Edit(ask), Some(old)) => ask.over(old.clone())?,
            (Change::Withdraw, Some(old)) => DishRow { withdrawn: true, ..old.clone() },
            (Change::Restore, Some(old)) => DishRow { withdrawn: false, ..old.clone() },
        };
        let mine = |dish: &DishRow| reaches(&self.scopes, facts, dish);
        if !old.is_none_or(mine) || !mine(&new) {
            return Err(outside());
        }
        if matches!(change, Change::Add(_) | Change::Edit(_)) {
            places_fit(facts, &new)?;
        }
        if all.iter().any(|other| other.id != id && other.barcode == new.barcode) {
            let (zh, en) = ("此条形码已用于其他菜品。", "The barcode belongs to another dish.");
            return Err(Problem::conflict("barcode_taken", zh, en).field("barcode"));
        }
        if old.is_none_or(|old| (&old.name, old.price, old.weighed) != (&new.name, new.price, new.weighed)) {
            new.revision += 1;
            new.revision_id = self.fresh;
        }
        Ok((old != Some(&new)).then_some(new))
    }

    /// A dish that was added under this name, as far as the one who asks again can know.
    fn added_before(&self, ask: &PutDish, old: &DishRow) -> Result<(), Problem> {
        if ask.whole().over(old.clone())? == *old {
            return Ok(());
        }
        let (zh, en) = ("此编号已用于另一菜品。", "The id belongs to another dish.");
        Err(Problem::conflict("name_taken", zh, en).field("id"))
    }

    fn empty(&self, all: &[DishRow], id: DishId) -> Result<DishRow, Problem> {
        if all.len() >= DISHES_MAX {
            return Err(Problem::bad("too_many", "菜品过多，请先停售不用的。", "There are too many dishes."));
        }
        let free = |code: &String| all.iter().all(|dish| dish.barcode != *code);
        let barcode = (all.len() as i64 + 1..).filter_map(barcode::made_code).find(free).unwrap_or_default();
        Ok(DishRow {
            id,
            name: String::new(),
            name_en: String::new(),
            category: String::new(),
            price: Cents::ZERO,
            barcode,
            canteen: None,
            stalls: Vec::new(),
            periods: Vec::new(),
            allergens: Vec::new(),
            revision: 0,
            revision_id: self.fresh,
            withdrawn: false,
            weighed: false,
        })
    }
}

impl PutDish {
    /// With what a new dish can't be without, so that its absence is refused by the field's own words.
    fn whole(&self) -> PutDish {
        let named = |text: &Option<String>| Some(text.clone().unwrap_or_default());
        let price = Some(self.price.unwrap_or(Money { fen: -1 }));
        PutDish { name: named(&self.name), category: named(&self.category), price, ..self.clone() }
    }
}
