//! Shapes that many routes share: money, pages of a list.

use super::Problem;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use yitong_values::{BusinessDay, Cents, Timestamp};

/// An amount in whole fen. Never a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[schema(example = 1250)]
    pub fen: i64,
}

impl From<Cents> for Money {
    fn from(cents: Cents) -> Money {
        Money { fen: cents.fen() }
    }
}

impl From<Money> for Cents {
    fn from(money: Money) -> Cents {
        Cents::new(money.fen)
    }
}

/// A moment in RFC 3339, with any offset.
pub fn moment(field: &str, text: &str) -> Result<Timestamp, Problem> {
    let read = text.parse::<jiff::Timestamp>().map(|at| Timestamp::from_ms(at.as_millisecond()));
    let (zh, en) = ("时间应为 RFC 3339 格式。", "A time is written as in RFC 3339.");
    read.map_err(|_| Problem::bad("bad_time", zh, en).field(field))
}

/// For a field that may be left out, or be null to be emptied: `None` and `Some(None)`. With `#[serde(default)]`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// One page of a list; `next` is the cursor of the following one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

pub const PAGE_ROWS_DEFAULT: i64 = 50;
pub const PAGE_ROWS_MAX: i64 = 200;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageAsk {
    /// Rows of a page, 1 to 200.
    pub limit: Option<i64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl PageAsk {
    pub fn rows(&self) -> i64 {
        self.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS_MAX)
    }
}

impl<T> Page<T> {
    /// From one row more than the page holds: the extra row only says that there is a next page.
    pub fn cut(mut items: Vec<T>, rows: i64, cursor: impl Fn(&T) -> String) -> Page<T> {
        let rows = usize::try_from(rows).unwrap_or(1);
        let more = items.len() > rows;
        items.truncate(rows);
        let next = if more { items.last().map(cursor) } else { None };
        Page { items, next }
    }

    pub fn map<U>(self, each: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(each).collect(), next: self.next }
    }
}

/// Where a list that runs backwards through the days was left: the day, and what orders the rows within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCursor<K> {
    pub day: BusinessDay,
    pub key: K,
}

impl<K: fmt::Display> fmt::Display for DayCursor<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.day.number(), self.key)
    }
}

impl<'de, K: FromStr> Deserialize<'de> for DayCursor<K> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<DayCursor<K>, D::Error> {
        let text = String::deserialize(from)?;
        let read = text.split_once('.').and_then(|(day, key)| {
            let day = BusinessDay::from_number(day.parse().ok()?).ok()?;
            Some(DayCursor { day, key: key.parse().ok()? })
        });
        read.ok_or_else(|| D::Error::custom("a cursor is the `next` of the page before"))
    }
}

/// A search text as a pattern that finds it anywhere; empty finds everything.
pub fn like(q: Option<&str>) -> String {
    let q = q.unwrap_or_default().trim();
    if q.is_empty() {
        return String::new();
    }
    let escaped = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

/// The name that a client gives to what it asks for. The nil id names nothing, and would stand before the first entry.
pub fn named<T: From<Uuid>>(field: &str, id: Uuid) -> Result<T, Problem> {
    if [4, 7].contains(&id.get_version_num()) {
        return Ok(T::from(id));
    }
    let (zh, en) = ("编号应为 UUID（版本 7 或 4）。", "A name is a UUID of version 7 or 4.");
    Err(Problem::bad("bad_name", zh, en).field(field))
}

/// A day in a query.
pub fn day_param(name: &str, text: Option<&str>) -> Result<Option<BusinessDay>, Problem> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let (zh, en) = ("日期应写作 2026-11-24。", "A day is written like 2026-11-24.");
        Problem::refused(axum::http::StatusCode::BAD_REQUEST, "malformed_query", zh, en).field(name)
    })
}
