//! Complaints of a guardian over HTTP.

use super::complaint::{Complaint, Kind, due_at};
use super::complaints_store as store;
use crate::App;
use crate::guardians::{OfChild, right};
use crate::notices::{self, Work};
use crate::plumbing::db::Tx;
use crate::plumbing::http::{Body, Page, Path, Problem, named};
use crate::schools::facts_of;
use crate::signin::audit::Subject;
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_values::{Cents, ComplaintId, EntryId, SchoolId};

const TEXT_CHARS_MAX: usize = 500;
/// That many of one child wait for the school at the most.
const OPEN_MAX: i64 = 10;
const LISTED_MAX: i64 = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put))
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Complaint)]
pub(super) struct ComplaintWire {
    pub(super) id: Uuid,
    pub(super) purchase: Uuid,
    /// wrong_amount, not_mine, not_eaten, quality or other
    pub(super) kind: &'static str,
    pub(super) text: String,
    /// open, answered or refunded
    pub(super) state: &'static str,
    pub(super) answer: Option<String>,
    /// The school answers by then.
    pub(super) due_at: String,
    pub(super) at: String,
    pub(super) answered_at: Option<String>,
}

impl From<Complaint> for ComplaintWire {
    fn from(of: Complaint) -> ComplaintWire {
        let state = of.state();
        let (answer, answered_at) = of.answer.map(|answer| (answer.text, answer.at.to_string())).unzip();
        ComplaintWire {
            id: of.id.uuid(),
            purchase: of.purchase.uuid(),
            kind: of.kind.word(),
            text: of.text,
            state,
            answer,
            due_at: of.due_at.to_string(),
            at: of.at.to_string(),
            answered_at,
        }
    }
}

/// What this guardian objected to about this child's purchases, newest first.
#[utoipa::path(get, path = "/guardian/children/{binding}/complaints", tag = "family", params(("binding" = Uuid, Path)),
    responses((status = 200, body = Page<ComplaintWire>)), security(("guardian" = ["see"])))]
async fn list(State(app): State<App>, who: OfChild<right::See>) -> Result<Json<Page<ComplaintWire>>, Problem> {
    let (school, person, guardian) = (who.school, who.person, who.guardian.id());
    let read = move |tx: &mut Tx<'_>| store::of_guardian(tx, school, person, guardian, LISTED_MAX);
    let found = app.db.read(read).await?;
    Ok(Json(Page { items: found.into_iter().map(ComplaintWire::from).collect(), next: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintAsk {
    purchase: Uuid,
    /// wrong_amount, not_mine, not_eaten, quality or other
    kind: String,
    /// What is wrong, in the guardian's words; may be empty except for `other`.
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct ComplaintPath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    id: Uuid,
}

fn asked(ask: &ComplaintAsk) -> Result<(Kind, String), Problem> {
    let kind = Kind::from_word(&ask.kind).ok_or_else(|| {
        let (zh, en) = ("请选择投诉类型。", "Choose what is wrong.");
        Problem::bad("bad_kind", zh, en).field("kind")
    })?;
    let text = ask.text.trim().to_owned();
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Problem::bad("bad_text", "说明不超过 500 个字。", "At most 500 characters.").field("text"));
    }
    if kind == Kind::Other && text.chars().count() < 2 {
        return Err(Problem::bad("bad_text", "请说明情况。", "Say what is wrong.").field("text"));
    }
    Ok((kind, text))
}

/// Object to a purchase. The client names the complaint; the answer says by when the school answers.
#[utoipa::path(put, path = "/guardian/children/{binding}/complaints/{id}", tag = "family",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)), request_body = ComplaintAsk,
    responses((status = 200, body = ComplaintWire), (status = 404), (status = 409), (status = 422)),
    security(("guardian" = ["see"])))]
async fn put(
    State(app): State<App>,
    who: OfChild<right::See>,
    Path(path): Path<ComplaintPath>,
    Body(ask): Body<ComplaintAsk>,
) -> Result<Json<ComplaintWire>, Problem> {
    who.agreed_to_meals()?;
    let (kind, text) = asked(&ask)?;
    let id: ComplaintId = named("id", path.id)?;
    let (facts, policy) = (facts_of(&app, who.school).await?, app.policies.get(&app.db, who.school).await?);
    let now = app.now();
    let new = Complaint {
        id,
        person: who.person,
        guardian: who.guardian.id(),
        binding: who.binding,
        purchase: EntryId::new(ask.purchase),
        kind,
        text,
        at: now,
        due_at: due_at(&facts, now, policy.school.family.complaint_days),
        answer: None,
    };
    let (school, note) = (who.school, who.note(&app));
    let write = move |tx: &mut Tx<'_>| {
        if let Some(known) = store::find(tx, school, id)? {
            let same = (known.guardian, known.purchase, known.kind, &known.text)
                == (new.guardian, new.purchase, new.kind, &new.text);
            return Ok(if same { Ok(known) } else { Err(Problem::conflict("name_taken", NAME_ZH, NAME_EN)) });
        }
        let entry = wallets::find_entry(tx, school, new.purchase)?.map(|read| read.entry).transpose()?;
        let own = entry.filter(|of| of.person == Some(new.person) && of.kind == yitong_ledger::Kind::Purchase);
        let Some(bought) = own else { return Ok(Err(Problem::absent().field("purchase"))) };
        let before = store::newest_of(tx, school, new.purchase, new.guardian)?;
        if before.is_some_and(|of| of.answer.is_none()) {
            let (zh, en) = ("这笔消费的投诉正在处理中。", "The school is looking at your complaint about it.");
            return Ok(Err(Problem::conflict("complaint_open", zh, en)));
        }
        if store::open_of(tx, school, new.person, new.guardian)? >= OPEN_MAX {
            let zh = format!("已有 {OPEN_MAX} 件投诉等待学校答复，请稍后再提。");
            let en = format!("{OPEN_MAX} of your complaints wait for the school; please wait for its answers.");
            return Ok(Err(Problem::conflict("too_many_open", zh, en)));
        }
        store::insert(tx, school, &new)?;
        notices::tell_staff(tx, &work(school, &new, bought.amount))?;
        let after = json!({"purchase": new.purchase.to_string(), "kind": new.kind.word()});
        note.record(tx, "complaint.put", Subject("complaint", &id.to_string(), "投诉"), json!(null), after)?;
        Ok(Ok(new.clone()))
    };
    let kept = app.db.write("put a complaint", write).await??;
    Ok(Json(kept.into()))
}

/// For those who answer complaints.
fn work(school: SchoolId, new: &Complaint, amount: Cents) -> Work {
    // It is due at the end of that day.
    let due = new.due_at.plus_ms(-1).china_day().to_string()[5..].to_owned();
    Work {
        school,
        kind: notices::Kind::ComplaintMade,
        cause: new.id.to_string(),
        about: Some(new.person),
        params: vec![("amount", amount.fen().to_string()), ("due", due), ("time", new.at.ms().to_string())],
        link: format!("/admin/complaints/{}", new.id),
        except: None,
        at: new.at,
    }
}

const NAME_ZH: &str = "此编号已用于另一件投诉。";
const NAME_EN: &str = "This name belongs to another complaint.";
