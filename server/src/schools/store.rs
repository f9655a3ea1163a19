//! Rows of schools, places, periods and calendar. Every change bumps the school's version.

use super::facts::{Canteen, Facts, Stall};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_rules::{MealPeriod, Mode};
use yitong_values::{BusinessDay, CampusId, Cents, MealPeriodId, SchoolId, Timestamp};

crate::sql! {
    INSERT_SCHOOL = "INSERT INTO school (id, district_id, name, short, number, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    FIND_SCHOOL = "SELECT id, name, short, number, district, address, phone, created_at FROM school WHERE id = $1";
    BY_NUMBER = "SELECT id, name FROM school WHERE number = $1";
    NAME_AND_PHONE = "SELECT name, phone FROM school WHERE id = $1";
    SEARCH_SCHOOLS = "SELECT id, name FROM school WHERE name LIKE $1 ESCAPE '\\' ORDER BY name, id LIMIT $2";
    UPDATE_SCHOOL = "UPDATE school SET name = $2, short = $3, address = $4, phone = $5, version = version + 1 WHERE id = $1";
    VERSION = "SELECT version FROM school WHERE id = $1";
    /// Edits of one school wait for each other; SQLite has one writer anyway.
    LOCK = {
        sqlite: "SELECT version FROM school WHERE id = $1",
        postgres: "SELECT version FROM school WHERE id = $1 FOR UPDATE"
    };
    BUMP = "UPDATE school SET version = version + 1 WHERE id = $1";
    CAMPUSES = "SELECT id, name, closed FROM campus WHERE school_id = $1 ORDER BY id";
    CANTEENS = "SELECT id, campus_id, name, seats, closed FROM canteen WHERE school_id = $1 ORDER BY id";
    STALLS = "SELECT id, canteen_id, name, number, modes, fixed_price, closed FROM stall WHERE school_id = $1 ORDER BY id";
    PERIODS = "SELECT id, name_zh, name_en, starts, ends, weekdays, fixed_price, free FROM meal_period \
               WHERE school_id = $1 ORDER BY starts, id";
    TERMS = "SELECT first_day, last_day, name FROM term WHERE school_id = $1 ORDER BY first_day";
    SPECIAL_DAYS = "SELECT day, kind, name FROM special_day WHERE school_id = $1 ORDER BY day";
    PUT_CAMPUS = "INSERT INTO campus (school_id, id, name, closed) VALUES ($1, $2, $3, $4) \
                  ON CONFLICT (school_id, id) DO UPDATE SET name = excluded.name, closed = excluded.closed";
    PUT_CANTEEN = "INSERT INTO canteen (school_id, id, campus_id, name, seats, closed) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (school_id, id) DO UPDATE SET campus_id = excluded.campus_id, name = excluded.name, \
                   seats = excluded.seats, closed = excluded.closed";
    PUT_STALL = "INSERT INTO stall (school_id, id, canteen_id, name, number, modes, fixed_price, closed) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (school_id, id) DO UPDATE SET \
                 canteen_id = excluded.canteen_id, name = excluded.name, number = excluded.number, \
                 modes = excluded.modes, fixed_price = excluded.fixed_price, closed = excluded.closed";
    PUT_PERIOD = "INSERT INTO meal_period (school_id, id, name_zh, name_en, starts, ends, weekdays, fixed_price, free) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (school_id, id) DO UPDATE SET \
                  name_zh = excluded.name_zh, name_en = excluded.name_en, starts = excluded.starts, \
                  ends = excluded.ends, weekdays = excluded.weekdays, fixed_price = excluded.fixed_price, \
                  free = excluded.free";
    DELETE_PERIODS = "DELETE FROM meal_period WHERE school_id = $1";
    ADD_TERM = "INSERT INTO term (school_id, first_day, last_day, name) VALUES ($1, $2, $3, $4)";
    DELETE_TERMS = "DELETE FROM term WHERE school_id = $1";
    ADD_SPECIAL_DAY = "INSERT INTO special_day (school_id, day, kind, name) VALUES ($1, $2, $3, $4)";
    DELETE_SPECIAL_DAYS = "DELETE FROM special_day WHERE school_id = $1";
}

pub(super) struct SchoolRow {
    pub(super) id: SchoolId,
    pub(super) name: String,
    pub(super) short: String,
    pub(super) number: String,
    pub(super) district: String,
    pub(super) address: String,
    pub(super) phone: String,
    pub(super) created_at: Timestamp,
}

pub(super) fn insert_school(
    tx: &mut Tx<'_>,
    id: SchoolId,
    name: &str,
    short: &str,
    number: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let district = Value::Id(uuid::Uuid::nil());
    tx.execute(&INSERT_SCHOOL, &[id.into(), district, name.into(), short.into(), number.into(), now.into()]).map(|_| ())
}

/// The school with this number, as its operator gave it, and its name.
pub fn school_by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<(SchoolId, String)>, DbError> {
    tx.opt(&BY_NUMBER, &[number.into()])?.map(|row| Ok((row.id(0)?.into(), row.text(1)?))).transpose()
}

/// What people outside of it may know of a school: its name, and whom to call.
pub fn name_and_phone(tx: &mut Tx<'_>, id: SchoolId) -> Result<Option<(String, String)>, DbError> {
    tx.opt(&NAME_AND_PHONE, &[id.into()])?.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
}

/// Schools by a pattern of their name.
pub fn search_schools(tx: &mut Tx<'_>, pattern: &str, limit: i64) -> Result<Vec<(SchoolId, String)>, DbError> {
    let found = tx.query(&SEARCH_SCHOOLS, &[pattern.into(), limit.into()])?;
    found.iter().map(|row| Ok((row.id(0)?.into(), row.text(1)?))).collect()
}

pub(super) fn find_school(tx: &mut Tx<'_>, id: SchoolId) -> Result<Option<SchoolRow>, DbError> {
    let school = |row: Row| {
        Ok(SchoolRow {
            id: row.id(0)?.into(),
            name: row.text(1)?,
            short: row.text(2)?,
            number: row.text(3)?,
            district: row.text(4)?,
            address: row.text(5)?,
            phone: row.text(6)?,
            created_at: row.time(7)?,
        })
    };
    tx.opt(&FIND_SCHOOL, &[id.into()])?.map(school).transpose()
}

pub(super) fn update_school(tx: &mut Tx<'_>, school: &SchoolRow) -> Result<(), DbError> {
    let texts = [school.name.as_str(), &school.short, &school.address, &school.phone].map(Value::from);
    let mut params = vec![school.id.into()];
    params.extend(texts);
    tx.execute(&UPDATE_SCHOOL, &params).map(|_| ())
}

pub(super) fn version(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<i64>, DbError> {
    tx.opt(&VERSION, &[school.into()])?.map(|row| row.int(0)).transpose()
}

/// After a change to places, periods or calendar.
pub fn bump(tx: &mut Tx<'_>, school: SchoolId) -> Result<(), DbError> {
    tx.execute(&BUMP, &[school.into()]).map(|_| ())
}

/// For an edit: the facts as they are while nobody else edits them.
pub(super) fn lock_facts(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<Facts>, DbError> {
    match tx.opt(&LOCK, &[school.into()])? {
        Some(_) => load_facts(tx, school),
        None => Ok(None),
    }
}

pub(super) fn load_facts(tx: &mut Tx<'_>, school: SchoolId) -> Result<Option<Facts>, DbError> {
    let key = [school.into()];
    let (Some(row), Some(version)) = (find_school(tx, school)?, version(tx, school)?) else { return Ok(None) };
    let campus = |row: &Row| Ok((CampusId::new(row.id(0)?), row.text(1)?, row.flag(2)?));
    let campuses = tx.query(&CAMPUSES, &key)?.iter().map(campus).collect::<Result<_, DbError>>()?;
    let canteens = tx.query(&CANTEENS, &key)?.iter().map(canteen).collect::<Result<Vec<_>, _>>()?;
    let stalls = tx.query(&STALLS, &key)?.iter().map(stall).collect::<Result<Vec<_>, _>>()?;
    let periods = tx.query(&PERIODS, &key)?.iter().map(period).collect::<Result<_, _>>()?;
    let term = |row: &Row| Ok((row.day(0)?, row.day(1)?, row.text(2)?));
    let terms = tx.query(&TERMS, &key)?.iter().map(term).collect::<Result<_, DbError>>()?;
    let special = |row: &Row| Ok((row.day(0)?, (row.text(1)?, row.text(2)?)));
    let special_days = tx.query(&SPECIAL_DAYS, &key)?.iter().map(special).collect::<Result<_, DbError>>()?;
    Ok(Some(Facts {
        school,
        version,
        name: row.name,
        campuses,
        canteens: canteens.into_iter().map(|canteen| (canteen.id, canteen)).collect(),
        stalls: stalls.into_iter().map(|stall| (stall.id, stall)).collect(),
        periods,
        terms,
        special_days,
    }))
}

fn canteen(row: &Row) -> Result<Canteen, DbError> {
    Ok(Canteen {
        id: row.id(0)?.into(),
        campus: row.id(1)?.into(),
        name: row.text(2)?,
        seats: row.int(3)?,
        closed: row.flag(4)?,
    })
}

fn stall(row: &Row) -> Result<Stall, DbError> {
    Ok(Stall {
        id: row.id(0)?.into(),
        canteen: row.id(1)?.into(),
        name: row.text(2)?,
        number: row.int(3)?,
        modes: row.text(4)?.split(',').filter_map(Mode::from_word).collect(),
        fixed_price: row.opt_int(5)?.map(Cents::new),
        closed: row.flag(6)?,
    })
}

fn period(row: &Row) -> Result<MealPeriod, DbError> {
    let minute = |i| row.int(i).map(|minute| u16::try_from(minute).unwrap_or(0));
    let text = row.text(5)?;
    let mut weekdays = [false; 7];
    for (day, served) in weekdays.iter_mut().zip(text.bytes()) {
        *day = served == b'1';
    }
    Ok(MealPeriod {
        id: MealPeriodId::new(row.id(0)?),
        name_zh: row.text(1)?,
        name_en: row.text(2)?,
        start: minute(3)?,
        end: minute(4)?,
        weekdays,
        fixed_price: row.opt_int(6)?.map(Cents::new),
        free: row.flag(7)?,
    })
}

pub fn add_campus(tx: &mut Tx<'_>, school: SchoolId, id: CampusId, name: &str, closed: bool) -> Result<(), DbError> {
    tx.execute(&PUT_CAMPUS, &[school.into(), id.into(), name.into(), closed.into()]).map(|_| ())
}

pub fn add_canteen(tx: &mut Tx<'_>, school: SchoolId, canteen: &Canteen) -> Result<(), DbError> {
    let params = [
        school.into(),
        canteen.id.into(),
        canteen.campus.into(),
        canteen.name.as_str().into(),
        canteen.seats.into(),
        canteen.closed.into(),
    ];
    tx.execute(&PUT_CANTEEN, &params).map(|_| ())
}

pub fn add_stall(tx: &mut Tx<'_>, school: SchoolId, stall: &Stall) -> Result<(), DbError> {
    let modes: Vec<_> = stall.modes.iter().map(|mode| mode.word()).collect();
    let params = [
        school.into(),
        stall.id.into(),
        stall.canteen.into(),
        stall.name.as_str().into(),
        stall.number.into(),
        modes.join(",").into(),
        stall.fixed_price.into(),
        stall.closed.into(),
    ];
    tx.execute(&PUT_STALL, &params).map(|_| ())
}

pub fn put_period(tx: &mut Tx<'_>, school: SchoolId, period: &MealPeriod) -> Result<(), DbError> {
    let weekdays: String = period.weekdays.iter().map(|served| if *served { '1' } else { '0' }).collect();
    let params = [
        school.into(),
        period.id.into(),
        period.name_zh.as_str().into(),
        period.name_en.as_str().into(),
        i64::from(period.start).into(),
        i64::from(period.end).into(),
        weekdays.into(),
        period.fixed_price.into(),
        period.free.into(),
    ];
    tx.execute(&PUT_PERIOD, &params).map(|_| ())
}

pub(super) fn replace_periods(tx: &mut Tx<'_>, school: SchoolId, periods: &[MealPeriod]) -> Result<(), DbError> {
    tx.execute(&DELETE_PERIODS, &[school.into()])?;
    for period in periods {
        put_period(tx, school, period)?;
    }
    bump(tx, school)
}

pub fn add_term(
    tx: &mut Tx<'_>,
    school: SchoolId,
    from: BusinessDay,
    to: BusinessDay,
    name: &str,
) -> Result<(), DbError> {
    tx.execute(&ADD_TERM, &[school.into(), from.into(), to.into(), name.into()]).map(|_| ())
}

pub fn add_special_day(
    tx: &mut Tx<'_>,
    school: SchoolId,
    day: BusinessDay,
    kind: &str,
    name: &str,
) -> Result<(), DbError> {
    tx.execute(&ADD_SPECIAL_DAY, &[school.into(), day.into(), kind.into(), name.into()]).map(|_| ())
}

pub(super) fn clear_calendar(tx: &mut Tx<'_>, school: SchoolId) -> Result<(), DbError> {
    tx.execute(&DELETE_TERMS, &[school.into()])?;
    tx.execute(&DELETE_SPECIAL_DAYS, &[school.into()]).map(|_| ())
}
