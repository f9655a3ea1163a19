//! The first school, and the first-run page that makes it together with its administrator.

use super::store;
use crate::App;
use crate::plumbing::changes::{self, Lists};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Body, Problem};
use crate::signin::audit::{Actor, Note, Subject};
use crate::signin::{self, NewGrant, NewUser, SameSite, Scope, Session, roles::Role};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use yitong_rules::MealPeriod;
use yitong_values::{CampusId, MealPeriodId, SchoolId, Timestamp, UserId};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(needed, set_up))
}

#[derive(Serialize, ToSchema)]
struct SetupNeeded {
    needed: bool,
}

/// Whether this server still waits for its first school and administrator.
#[utoipa::path(get, path = "/setup", tag = "schools", responses((status = 200, body = SetupNeeded)))]
async fn needed(State(app): State<App>) -> Result<Json<SetupNeeded>, Problem> {
    Ok(Json(SetupNeeded { needed: signin::no_user_yet(&app).await? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Setup {
    school_name: String,
    school_short: String,
    /// Five digits.
    school_number: String,
    admin_name: String,
    username: String,
    password: String,
}

#[derive(Clone, Debug)]
pub struct NewSchool {
    pub id: SchoolId,
    pub name: String,
    pub short: String,
    pub number: String,
}

pub fn check_school(name: &str, short: &str, number: &str) -> Result<(), Problem> {
    let fits = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
    if !fits(name, 60) {
        return Err(Problem::bad(
            "bad_school_name",
            "校名为 1 至 60 个字。",
            "A school's name has 1 to 60 characters.",
        )
        .field("school_name"));
    }
    if !fits(short, 20) {
        return Err(Problem::bad("bad_school_short", "简称为 1 至 20 个字。", "A short name has 1 to 20 characters.")
            .field("school_short"));
    }
    if number.len() != 5 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::bad("bad_school_number", "学校编号为 5 位数字。", "A school's number has five digits.")
            .field("school_number"));
    }
    Ok(())
}

/// A school with one campus and the usual meal periods, which the administrator then adapts.
pub fn create_school(tx: &mut Tx<'_>, new: &NewSchool, now: Timestamp) -> Result<(), DbError> {
    store::insert_school(tx, new.id, new.name.trim(), new.short.trim(), &new.number, now)?;
    // The feed of changes begins with the school, so that whoever mirrors it always has somewhere to go on from.
    changes::record(tx, new.id, [], Lists::Changed)?;
    // Ids that follow from the school's: running the unit again makes the same rows.
    let nth = |n: u128| uuid::Uuid::from_u128(new.id.uuid().as_u128() ^ n);
    store::add_campus(tx, new.id, CampusId::new(nth(1)), "本部", false)?;
    let periods = [("早餐", "Breakfast", 390, 500), ("午餐", "Lunch", 660, 800), ("晚餐", "Dinner", 1020, 1140)];
    for (i, (zh, en, start, end)) in (2u128..).zip(periods) {
        let period = MealPeriod {
            id: MealPeriodId::new(nth(i)),
            name_zh: zh.into(),
            name_en: en.into(),
            start,
            end,
            weekdays: [true, true, true, true, true, false, false],
            fixed_price: None,
            free: false,
        };
        store::put_period(tx, new.id, &period)?;
    }
    Ok(())
}

/// The first school and its administrator. Refused as soon as anybody can sign in.
#[utoipa::path(post, path = "/setup", tag = "schools", request_body = Setup,
    responses((status = 201, body = Session), (status = 409), (status = 422)))]
async fn set_up(State(app): State<App>, _: SameSite, Body(ask): Body<Setup>) -> Result<Response, Problem> {
    let done = || {
        let (zh, en) = ("系统已初始化，请直接登录。", "This server is set up already; please sign in.");
        Problem::conflict("already_set_up", zh, en)
    };
    if !signin::no_user_yet(&app).await? {
        return Err(done());
    }
    check_school(&ask.school_name, &ask.school_short, &ask.school_number)?;
    let admin_name = ask.admin_name.trim().to_owned();
    if !(1..=60).contains(&admin_name.chars().count()) {
        let (zh, en) = ("姓名为 1 至 60 个字。", "A name has 1 to 60 characters.");
        return Err(Problem::bad("bad_name", zh, en).field("admin_name"));
    }
    let school = NewSchool {
        id: SchoolId::new(app.new_id()),
        name: ask.school_name,
        short: ask.school_short,
        number: ask.school_number,
    };
    let (now, id, user) = (app.now(), school.id, UserId::new(app.new_id()));
    let grants = vec![
        NewGrant::of(Role::OperatorAdmin, Scope::Operator, SchoolId::new(uuid::Uuid::nil())),
        NewGrant::of(Role::SchoolAdmin, Scope::School(id.uuid()), id),
    ];
    let admin = NewUser { id: user, username: ask.username, name: admin_name, password: ask.password, grants };
    let admin = signin::prepare(admin).await?;
    let note = Note { id: app.new_id().into(), at: now, actor: Actor { user, from: None }, school: id };
    // School and administrator in one unit: half a set-up would leave a server that nobody can enter.
    let create = move |tx: &mut Tx<'_>| {
        if !signin::insert_first(tx, &admin, now)? {
            return Ok(false);
        }
        create_school(tx, &school, now)?;
        let after = json!({"name": school.name, "number": school.number});
        note.record(tx, "school.set_up", Subject("school", &id.to_string(), &school.name), json!(null), after)?;
        Ok(true)
    };
    if !app.db.write("set up", create).await? {
        return Err(done());
    }
    signin::open_session(&app, user, StatusCode::CREATED).await
}
