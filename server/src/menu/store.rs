//! Rows of dishes and revisions, and the whole menu of a school in memory at one version.

use crate::people::allergens_of;
use crate::plumbing::db::{Db, DbError, Row, Tx};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use uuid::Uuid;
use yitong_values::{CanteenId, Cents, DishId, DishRevisionId, SchoolId, StallId, Timestamp, UserId};

crate::sql! {
    DISHES = "SELECT id, name, name_en, category, price, barcode, canteen_id, stalls, periods, allergens, revision, \
              revision_id, withdrawn, weighed FROM dish WHERE school_id = $1 ORDER BY category, name, id";
    PUT_DISH = "INSERT INTO dish (school_id, id, name, name_en, category, price, barcode, canteen_id, stalls, periods, \
                allergens, revision, revision_id, withdrawn, weighed) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
                ON CONFLICT (school_id, id) DO UPDATE SET \
                name = excluded.name, name_en = excluded.name_en, category = excluded.category, \
                price = excluded.price, barcode = excluded.barcode, canteen_id = excluded.canteen_id, stalls = excluded.stalls, \
                periods = excluded.periods, allergens = excluded.allergens, revision = excluded.revision, \
                revision_id = excluded.revision_id, withdrawn = excluded.withdrawn, weighed = excluded.weighed";
    ADD_REVISION = "INSERT INTO dish_revision (school_id, id, dish_id, revision, name, price, changed_at, changed_by, \
                    weighed) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    REVISIONS = "SELECT r.id, r.revision, r.name, r.price, r.changed_at, u.name, r.dish_id, r.weighed \
                 FROM dish_revision r \
                 LEFT JOIN app_user u ON u.id = r.changed_by WHERE r.school_id = $1 AND r.dish_id = $2 \
                 ORDER BY r.revision DESC";
    MENU_VERSION = "SELECT version FROM menu_version WHERE school_id = $1";
    BUMP_MENU = "INSERT INTO menu_version (school_id, version) VALUES ($1, 1) \
                 ON CONFLICT (school_id) DO UPDATE SET version = menu_version.version + 1";
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DishRow {
    pub id: DishId,
    pub name: String,
    pub name_en: String,
    pub category: String,
    pub price: Cents,
    pub barcode: String,
    pub canteen: Option<CanteenId>,
    /// Empty: sold at every stall.
    pub stalls: Vec<Uuid>,
    /// Empty: sold in every period.
    pub periods: Vec<Uuid>,
    pub allergens: Vec<String>,
    pub revision: i64,
    pub revision_id: DishRevisionId,
    pub withdrawn: bool,
    /// Its price is for a kilogram.
    pub weighed: bool,
}

impl DishRow {
    pub fn sold_at(&self, stall: StallId, canteen: CanteenId) -> bool {
        let here = self.canteen.is_none_or(|of| of == canteen);
        here && !self.withdrawn && (self.stalls.is_empty() || self.stalls.contains(&stall.uuid()))
    }

    pub fn sold_in(&self, period: Option<Uuid>) -> bool {
        self.periods.is_empty() || period.is_some_and(|period| self.periods.contains(&period))
    }
}

fn ids(text: &str) -> Vec<Uuid> {
    text.split(',').filter_map(|id| id.parse().ok()).collect()
}

fn ids_text(ids: &[Uuid]) -> String {
    ids.iter().map(|id| id.simple().to_string()).collect::<Vec<_>>().join(",")
}

fn dish(row: &Row) -> Result<DishRow, DbError> {
    Ok(DishRow {
        id: row.id(0)?.into(),
        name: row.text(1)?,
        name_en: row.text(2)?,
        category: row.text(3)?,
        price: row.cents(4)?,
        barcode: row.text(5)?,
        canteen: row.opt_id(6)?.map(CanteenId::new),
        stalls: ids(&row.text(7)?),
        periods: ids(&row.text(8)?),
        allergens: allergens_of(&row.text(9)?),
        revision: row.int(10)?,
        revision_id: row.id(11)?.into(),
        withdrawn: row.flag(12)?,
        weighed: row.flag(13)?,
    })
}

pub fn dishes(tx: &mut Tx<'_>, school: SchoolId) -> Result<Vec<DishRow>, DbError> {
    tx.query(&DISHES, &[school.into()])?.iter().map(dish).collect()
}

/// Keeps the dish, and its revision when that is a new one.
pub fn put_dish(tx: &mut Tx<'_>, school: SchoolId, dish: &DishRow, by: UserId, now: Timestamp) -> Result<(), DbError> {
    let params = [
        school.into(),
        dish.id.into(),
        dish.name.as_str().into(),
        dish.name_en.as_str().into(),
        dish.category.as_str().into(),
        dish.price.into(),
        dish.barcode.as_str().into(),
        dish.canteen.into(),
        ids_text(&dish.stalls).into(),
        ids_text(&dish.periods).into(),
        dish.allergens.join(",").into(),
        dish.revision.into(),
        dish.revision_id.into(),
        dish.withdrawn.into(),
        dish.weighed.into(),
    ];
    tx.execute(&PUT_DISH, &params)?;
    let revision = [
        school.into(),
        dish.revision_id.into(),
        dish.id.into(),
        dish.revision.into(),
        dish.name.as_str().into(),
        dish.price.into(),
        now.into(),
        by.into(),
        dish.weighed.into(),
    ];
    tx.execute(&ADD_REVISION, &revision)?;
    tx.execute(&BUMP_MENU, &[school.into()]).map(|_| ())
}

pub(super) struct RevisionRow {
    pub(super) id: DishRevisionId,
    pub(super) revision: i64,
    pub(super) name: String,
    pub(super) price: Cents,
    pub(super) weighed: bool,
    pub(super) from: Timestamp,
    pub(super) by: String,
}

pub(super) fn revisions(tx: &mut Tx<'_>, school: SchoolId, dish: DishId) -> Result<Vec<RevisionRow>, DbError> {
    let revision = |row: &Row| {
        Ok(RevisionRow {
            id: row.id(0)?.into(),
            revision: row.int(1)?,
            name: row.text(2)?,
            price: row.cents(3)?,
            from: row.time(4)?,
            by: row.opt_text(5)?.unwrap_or_default(),
            weighed: row.flag(7)?,
        })
    };
    tx.query(&REVISIONS, &[school.into(), dish.into()])?.iter().map(revision).collect()
}

fn version(tx: &mut Tx<'_>, school: SchoolId) -> Result<i64, DbError> {
    tx.opt(&MENU_VERSION, &[school.into()])?.map_or(Ok(0), |row| row.int(0))
}

/// The menu of a school at one version.
#[derive(Clone, Debug, Default)]
pub struct Menu {
    pub version: i64,
    pub dishes: HashMap<DishId, DishRow>,
}

fn load(tx: &mut Tx<'_>, school: SchoolId) -> Result<Menu, DbError> {
    let version = version(tx, school)?;
    let dishes = dishes(tx, school)?.into_iter().map(|dish| (dish.id, dish)).collect();
    Ok(Menu { version, dishes })
}

#[derive(Default)]
pub struct MenuCache(Mutex<HashMap<SchoolId, Arc<Menu>>>);

impl MenuCache {
    /// As last seen; whoever decides with it compares the version inside the transaction.
    pub fn known(&self, school: SchoolId) -> Option<Arc<Menu>> {
        self.0.lock().expect("nobody panics with the menus").get(&school).cloned()
    }

    /// The menu of now: one small question says whether the one in memory still stands.
    pub async fn get(&self, db: &Db, school: SchoolId) -> Result<Arc<Menu>, DbError> {
        let known = self.known(school);
        let kept = known.as_ref().map(|menu| menu.version);
        let fresh = db
            .read(move |tx| if Some(version(tx, school)?) == kept { Ok(None) } else { load(tx, school).map(Some) })
            .await?;
        match (fresh, known) {
            (None, Some(known)) => Ok(known),
            (None, None) => Err(DbError::Broken("a menu can't be unchanged when none is known".into())),
            (Some(fresh), _) => {
                let fresh = Arc::new(fresh);
                self.0.lock().expect("nobody panics with the menus").insert(school, Arc::clone(&fresh));
                Ok(fresh)
            }
        }
    }
}
