//! Codes on paper: the cards of a class, a person, a batch, of chosen codes or of the whole school, page by page.

use super::issue::place;
use super::sheet_cursor::{Cursor, Place, Stale};
use super::store::{self, CredentialRow, PrintRow, PrintScope};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Params, Problem};
use crate::plumbing::qr;
use crate::signin::audit::Subject;
use crate::signin::{Allowed, perm};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{BusinessDay, CredentialId, SchoolId};

/// Cards of one answer, when none is asked for: each is drawn, and a page of paper takes ten.
const SHEET_CARDS_DEFAULT: i64 = 200;
const SHEET_CARDS_MAX: i64 = 500;
/// So many ids fit into an address.
const CHOSEN_CARDS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(sheet))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SheetAsk {
    class: Option<Uuid>,
    person: Option<Uuid>,
    batch: Option<Uuid>,
    /// At most 100 ids of codes with commas between them, instead of a class, a person or a batch.
    ids: Option<String>,
    /// Cards of a page, 1 to 500.
    limit: Option<i64>,
    /// `next` of the page before, within an hour of the first page.
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Sheet {
    items: Vec<PrintCard>,
    /// All cards of the sheet, on the first page.
    total: Option<i64>,
    next: Option<String>,
}

/// What a card needs beside its code.
#[derive(Serialize, ToSchema)]
struct PrintCard {
    person: Uuid,
    has_photo: bool,
    #[serde(flatten)]
    card: SheetCard,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SheetCard {
    credential: Uuid,
    name: String,
    number: String,
    class: Option<String>,
    text: String,
    qr_svg: String,
}

pub(super) fn card(app: &App, school: SchoolId, row: CredentialRow) -> Option<SheetCard> {
    let plain = app.seal.open(&place(school, row.id), &row.sealed?).ok()?;
    let text = String::from_utf8(plain).ok()?;
    let qr_svg = qr::svg(&text)?;
    Some(SheetCard { credential: row.id.uuid(), name: row.name, number: row.number, class: row.class, text, qr_svg })
}

/// Codes to print, in the order in which they were issued. These are bearer codes: each sheet is kept in the audit
/// trail, once for all of its pages.
#[utoipa::path(get, path = "/schools/{school}/credentials/sheet", tag = "credentials",
    params(("school" = Uuid, Path), SheetAsk), responses((status = 200, body = Sheet), (status = 422)),
    security(("session" = ["credentials.manage"])))]
async fn sheet(
    State(app): State<App>,
    who: Allowed<perm::CredentialsManage>,
    Params(ask): Params<SheetAsk>,
) -> Result<Json<Sheet>, Problem> {
    let (school, now, limit) =
        (who.school, app.now(), ask.limit.unwrap_or(SHEET_CARDS_DEFAULT).clamp(1, SHEET_CARDS_MAX));
    let wanted = Wanted::of(&ask)?;
    let scope = PrintScope { class: ask.class, person: ask.person, batch: ask.batch };
    let place = Place { school, user: who.actor().user, scope };
    let after = ask.cursor.as_deref().map(|text| Cursor::open(&app.seal, &place, text, now)).transpose();
    let (started, total, mut rows) = match after.map_err(not_this_sheet)? {
        Some(Cursor { started, last }) => {
            let read = move |tx: &mut Tx<'_>| store::sheet(tx, school, now.china_day(), &scope, Some(last), limit + 1);
            (started, None, app.db.read(read).await?)
        }
        None => {
            let (total, rows) = first(&app, &who, wanted, scope, limit + 1).await?;
            (now, Some(total), rows)
        }
    };
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more).map(|row| row.credential.id);
    let next = last.map(|last| Cursor { started, last }.text(&app.seal, &place));
    let inner = app.clone();
    let draw = move || rows.into_iter().filter_map(|row| print_card(&inner, school, row)).collect();
    let items = tokio::task::spawn_blocking(draw).await.map_err(|_| DbError::Panicked("draw codes"))?;
    Ok(Json(Sheet { items, total, next }))
}

/// The first page, how many cards there are in all, and the line of the audit trail that stands for all pages.
async fn first(
    app: &App,
    who: &Allowed<perm::CredentialsManage>,
    wanted: Wanted,
    scope: PrintScope,
    rows: i64,
) -> Result<(i64, Vec<PrintRow>), Problem> {
    let (school, note, today) = (who.school, who.note(app), app.now().china_day());
    let write = move |tx: &mut Tx<'_>| {
        let (total, rows) = wanted.read(tx, school, today, &scope, rows)?;
        let after = json!({"cards": total, "class": scope.class, "person": scope.person, "batch": scope.batch});
        note.record(tx, "codes.print", Subject("sheet", "", "打印个人码"), json!(null), after)?;
        Ok((total, rows))
    };
    Ok(app.db.write("print codes", write).await?)
}

fn print_card(app: &App, school: SchoolId, row: PrintRow) -> Option<PrintCard> {
    let (person, has_photo) = (row.credential.person.uuid(), row.has_photo);
    Some(PrintCard { person, has_photo, card: card(app, school, row.credential)? })
}

fn not_this_sheet(why: Stale) -> Problem {
    let (zh, en) = match why {
        Stale::Other => ("翻页参数不属于这次打印，请重新读取。", "The cursor is not of this sheet; read it again."),
        Stale::Late => ("读取超过一小时，请重新读取。", "The sheet was begun more than an hour ago; read it again."),
    };
    Problem::bad("bad_cursor", zh, en).field("cursor")
}

/// Everything within the scope, or the codes that somebody chose one by one.
enum Wanted {
    Scope,
    Chosen(Vec<CredentialId>),
}

impl Wanted {
    fn of(ask: &SheetAsk) -> Result<Wanted, Problem> {
        let Some(ids) = ask.ids.as_deref() else { return Ok(Wanted::Scope) };
        if ask.class.is_some() || ask.person.is_some() || ask.batch.is_some() || ask.cursor.is_some() {
            let (zh, en) = ("所选的码不能再与班级、人员、批次或翻页一起使用。", "Chosen codes are asked for alone.");
            return Err(Problem::bad("bad_scope", zh, en).field("ids"));
        }
        let ids: Result<Vec<CredentialId>, _> =
            ids.split(',').map(|id| id.trim().parse::<Uuid>().map(CredentialId::new)).collect();
        let few = ids.ok().filter(|ids| ids.len() <= CHOSEN_CARDS_MAX);
        few.map(Wanted::Chosen).ok_or_else(|| {
            let zh = format!("一次最多选 {CHOSEN_CARDS_MAX} 个码，编号之间用逗号。");
            let en = format!("At most {CHOSEN_CARDS_MAX} ids of codes, with commas between them.");
            Problem::bad("bad_ids", zh, en).field("ids")
        })
    }

    fn read(
        &self,
        tx: &mut Tx<'_>,
        school: SchoolId,
        today: BusinessDay,
        scope: &PrintScope,
        rows: i64,
    ) -> Result<(i64, Vec<PrintRow>), DbError> {
        match self {
            Wanted::Scope => {
                let total = store::count_sheet(tx, school, today, scope)?;
                Ok((total, store::sheet(tx, school, today, scope, None, rows)?))
            }
            Wanted::Chosen(ids) => {
                let mut found = Vec::new();
                for id in ids {
                    found.extend(store::sheet_one(tx, school, today, *id)?);
                }
                Ok((found.len() as i64, found))
            }
        }
    }
}
