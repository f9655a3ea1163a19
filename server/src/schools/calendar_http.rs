//! Meal periods and the calendar of terms, holidays and make-up days.

use super::places_http::facts_of;
use super::{Facts, store};
use crate::App;
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Money, Params, Problem, day_param};
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_rules::MealPeriod;
use yitong_values::{BusinessDay, Cents, MealPeriodId};

const PERIODS_MAX: usize = 12;
const TERMS_MAX: usize = 40;
const SPECIAL_DAYS_MAX: usize = 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(periods, put_periods)).routes(routes!(calendar, put_calendar))
}

#[derive(Serialize, ToSchema)]
struct MealPeriods {
    items: Vec<MealPeriodWire>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = MealPeriod)]
#[serde(deny_unknown_fields)]
struct MealPeriodWire {
    /// Left out for a new one.
    id: Option<Uuid>,
    name_zh: String,
    name_en: String,
    /// `06:30`
    start: String,
    /// The first minute after.
    end: String,
    fixed_price: Option<Money>,
    /// 1 is Monday.
    weekdays: Vec<u8>,
    #[serde(default)]
    free: bool,
}

pub fn clock_text(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let two = |part: &str| digits(part).then(|| part.parse::<u16>().ok()).flatten();
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 24 && minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

fn period_wire(period: &MealPeriod) -> MealPeriodWire {
    MealPeriodWire {
        id: Some(period.id.uuid()),
        name_zh: period.name_zh.clone(),
        name_en: period.name_en.clone(),
        start: clock_text(period.start),
        end: clock_text(period.end),
        fixed_price: period.fixed_price.map(Money::from),
        weekdays: (1..=7).filter(|day| period.weekdays[usize::from(*day) - 1]).collect(),
        free: period.free,
    }
}

fn periods_wire(facts: &Facts) -> MealPeriods {
    MealPeriods { items: facts.periods.iter().map(period_wire).collect() }
}

/// The meal periods.
#[utoipa::path(get, path = "/schools/{school}/meal-periods", tag = "schools", params(("school" = Uuid, Path)),
    responses((status = 200, body = MealPeriods)), security(("session" = [])))]
async fn periods(State(app): State<App>, who: Allowed<perm::AnyGrant>) -> Result<Json<MealPeriods>, Problem> {
    Ok(Json(periods_wire(&*facts_of(&app, who.school).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PutMealPeriods {
    items: Vec<MealPeriodWire>,
}

fn period_of(app: &App, i: usize, ask: MealPeriodWire) -> Result<MealPeriod, Problem> {
    let wrong =
        |field: &str, zh: &str, en: &str| Problem::bad("bad_meal_period", zh, en).field(&format!("items[{i}].{field}"));
    let (start, end) = (minute_of(&ask.start), minute_of(&ask.end));
    let time = "时间应写作 06:30。";
    let start = start.ok_or_else(|| wrong("start", time, "A time is written like 06:30."))?;
    let end = end.ok_or_else(|| wrong("end", time, "A time is written like 06:30."))?;
    if ask.weekdays.is_empty() {
        return Err(wrong("weekdays", "请至少选择一天。", "Choose at least one weekday."));
    }
    if start >= end {
        return Err(wrong("end", "结束时间须晚于开始时间。", "The end comes after the start."));
    }
    let name_zh = ask.name_zh.trim().to_owned();
    if !(1..=20).contains(&name_zh.chars().count()) || ask.name_en.chars().count() > 40 {
        return Err(wrong("name_zh", "名称为 1 至 20 个字。", "A name has 1 to 20 characters."));
    }
    let mut weekdays = [false; 7];
    for day in &ask.weekdays {
        let known = weekdays.get_mut(usize::from(*day).wrapping_sub(1));
        *known.ok_or_else(|| wrong("weekdays", "星期为 1 至 7。", "Weekdays are 1 to 7."))? = true;
    }
    let fixed_price = ask.fixed_price.map(Cents::from);
    if fixed_price.is_some_and(|price| price.is_negative() || price > Cents::INPUT_MAX) {
        return Err(wrong("fixed_price", "价格不能为负。", "A price is not negative."));
    }
    let id = MealPeriodId::new(ask.id.unwrap_or_else(|| app.new_id()));
    let name_en = if ask.name_en.trim().is_empty() { name_zh.clone() } else { ask.name_en.trim().to_owned() };
    Ok(MealPeriod { id, name_zh, name_en, start, end, weekdays, fixed_price, free: ask.free })
}

/// Two periods that carry the same name or id.
fn same_name(periods: &[MealPeriod]) -> Option<usize> {
    (1..periods.len())
        .find(|b| periods[..*b].iter().any(|a| a.name_zh == periods[*b].name_zh || a.id == periods[*b].id))
}

/// Two periods of one weekday that share a minute.
fn overlap(periods: &[MealPeriod]) -> Option<(usize, usize)> {
    let pairs = (0..periods.len()).flat_map(|a| (a + 1..periods.len()).map(move |b| (a, b)));
    pairs.into_iter().find(|(a, b)| {
        let (a, b) = (&periods[*a], &periods[*b]);
        let same_day = a.weekdays.iter().zip(b.weekdays).any(|(a, b)| *a && b);
        same_day && a.start < b.end && b.start < a.end
    })
}

/// Replace the meal periods.
#[utoipa::path(put, path = "/schools/{school}/meal-periods", tag = "schools", params(("school" = Uuid, Path)),
    request_body = PutMealPeriods, responses((status = 200, body = MealPeriods), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn put_periods(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<PutMealPeriods>,
) -> Result<Json<MealPeriods>, Problem> {
    if ask.items.len() > PERIODS_MAX {
        let (zh, en) = (format!("最多 {PERIODS_MAX} 个餐次。"), format!("At most {PERIODS_MAX} meal periods."));
        return Err(Problem::bad("too_many", zh, en).field("items"));
    }
    let periods: Vec<_> =
        ask.items.into_iter().enumerate().map(|(i, ask)| period_of(&app, i, ask)).collect::<Result<_, _>>()?;
    if let Some(i) = same_name(&periods) {
        let (zh, en) = ("餐次名称重复。", "Two meal periods carry the same name.");
        return Err(Problem::bad("bad_meal_period", zh, en).field(&format!("items[{i}].name_zh")));
    }
    if let Some((a, b)) = overlap(&periods) {
        let (one, two) = (&periods[a], &periods[b]);
        let zh = format!("“{}”与“{}”的时间重叠。", one.name_zh, two.name_zh);
        let en = format!("“{}” and “{}” overlap.", one.name_en, two.name_en);
        return Err(Problem::bad("periods_overlap", zh, en).field(&format!("items[{b}].start")));
    }
    let after = json!(periods.iter().map(period_wire).collect::<Vec<_>>());
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        let before = store::lock_facts(tx, school)?.map(|facts| periods_wire(&facts).items);
        store::replace_periods(tx, school, &periods)?;
        let subject = Subject("meal_periods", &school.to_string(), "餐次");
        note.record(tx, "meal_periods.put", subject, json!(before), after.clone())
    };
    app.db.write("put meal periods", write).await?;
    Ok(Json(periods_wire(&*facts_of(&app, who.school).await?)))
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Calendar {
    terms: Vec<Term>,
    special_days: Vec<SpecialDay>,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Term {
    name: String,
    from: String,
    to: String,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SpecialDay {
    day: String,
    /// holiday, make_up or closed
    kind: String,
    name: String,
}

fn calendar_wire(facts: &Facts) -> Calendar {
    let term = |(from, to, name): &(BusinessDay, BusinessDay, String)| Term {
        name: name.clone(),
        from: from.to_string(),
        to: to.to_string(),
    };
    let special = |(day, (kind, name)): (&BusinessDay, &(String, String))| SpecialDay {
        day: day.to_string(),
        kind: kind.clone(),
        name: name.clone(),
    };
    Calendar {
        terms: facts.terms.iter().map(term).collect(),
        special_days: facts.special_days.iter().map(special).collect(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Between {
    /// First day; left out: from the beginning.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
}

/// Terms and special days, all or those that touch some days.
#[utoipa::path(get, path = "/schools/{school}/calendar", tag = "schools", params(("school" = Uuid, Path), Between),
    responses((status = 200, body = Calendar)), security(("session" = [])))]
async fn calendar(
    State(app): State<App>,
    who: Allowed<perm::AnyGrant>,
    Params(ask): Params<Between>,
) -> Result<Json<Calendar>, Problem> {
    let (from, to) = (day_param("from", ask.from.as_deref())?, day_param("to", ask.to.as_deref())?);
    let after = |day: BusinessDay| from.is_none_or(|from| from <= day);
    let before = |day: BusinessDay| to.is_none_or(|to| day <= to);
    let mut facts = Facts::clone(&*facts_of(&app, who.school).await?);
    facts.terms.retain(|(first, last, _)| after(*last) && before(*first));
    facts.special_days.retain(|day, _| after(*day) && before(*day));
    Ok(Json(calendar_wire(&facts)))
}

type Terms = Vec<(BusinessDay, BusinessDay, String)>;
type SpecialDays = Vec<(BusinessDay, String, String)>;

fn days_of(ask: &Calendar) -> Result<(Terms, SpecialDays), Problem> {
    let wrong = |field: String, zh: &str, en: &str| Problem::bad("bad_calendar", zh, en).field(&field);
    let day = |field: String, text: &str| {
        let parsed = text.parse::<BusinessDay>();
        parsed.map_err(|_| wrong(field, "日期应写作 2026-11-24。", "A day is written like 2026-11-24."))
    };
    if ask.terms.len() > TERMS_MAX || ask.special_days.len() > SPECIAL_DAYS_MAX {
        return Err(wrong("terms".into(), "学期或特殊日期过多。", "There are too many terms or special days."));
    }
    let mut terms: Terms = Vec::new();
    for (i, term) in ask.terms.iter().enumerate() {
        let (from, to) = (day(format!("terms[{i}].from"), &term.from)?, day(format!("terms[{i}].to"), &term.to)?);
        let clash = terms.iter().any(|(a, b, _)| *a <= to && from <= *b);
        if from > to || clash || term.name.trim().is_empty() || term.name.chars().count() > 40 {
            let (zh, en) = (
                "学期须有名称，结束不早于开始，且互不重叠。",
                "A term has a name, ends after it begins, and overlaps no other.",
            );
            return Err(wrong(format!("terms[{i}]"), zh, en));
        }
        terms.push((from, to, term.name.trim().to_owned()));
    }
    let mut seen = BTreeSet::new();
    let mut special = Vec::new();
    for (i, of) in ask.special_days.iter().enumerate() {
        let day = day(format!("special_days[{i}].day"), &of.day)?;
        let known = ["holiday", "make_up", "closed"].contains(&of.kind.as_str());
        if !known || !seen.insert(day) || of.name.chars().count() > 40 {
            let (zh, en) = ("每天一条：holiday、make_up 或 closed。", "One line a day: holiday, make_up or closed.");
            return Err(wrong(format!("special_days[{i}]"), zh, en));
        }
        special.push((day, of.kind.clone(), of.name.trim().to_owned()));
    }
    Ok((terms, special))
}

/// Replace terms and special days.
#[utoipa::path(put, path = "/schools/{school}/calendar", tag = "schools", params(("school" = Uuid, Path)),
    request_body = Calendar, responses((status = 200, body = Calendar), (status = 422)),
    security(("session" = ["school.edit"])))]
async fn put_calendar(
    State(app): State<App>,
    who: Allowed<perm::SchoolEdit>,
    Body(ask): Body<Calendar>,
) -> Result<Json<Calendar>, Problem> {
    let (terms, special) = days_of(&ask)?;
    let (school, note, after) = (who.school, who.note(&app), json!(ask));
    let write = move |tx: &mut Tx<'_>| {
        let before = store::lock_facts(tx, school)?.map(|facts| calendar_wire(&facts));
        store::clear_calendar(tx, school)?;
        for (from, to, name) in &terms {
            store::add_term(tx, school, *from, *to, name)?;
        }
        for (day, kind, name) in &special {
            store::add_special_day(tx, school, *day, kind, name)?;
        }
        store::bump(tx, school)?;
        let subject = Subject("calendar", &school.to_string(), "校历");
        note.record(tx, "calendar.put", subject, json!(before), after.clone())
    };
    app.db.write("put calendar", write).await?;
    Ok(Json(calendar_wire(&*facts_of(&app, who.school).await?)))
}
