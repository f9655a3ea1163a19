//! A child's purchases over HTTP: the list with what was refused, and one of them with the reasons in words.

use super::complaints_http::ComplaintWire;
use super::history::{End, Undone, Walk};
use super::lines::{self, PurchaseLine};
use super::{complaint::Complaint, complaints_store};
use crate::App;
use crate::guardians::{OfChild, right};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::http::{Money, Page, Params, Path, Problem, day_param};
use crate::purchases::{Listed, TraceWire, find_purchase, refused_of, trace_wire};
use crate::schools::facts_of;
use crate::wallets;
use axum::Json;
use axum::extract::State;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::ops::ControlFlow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;
use yitong_ledger::{Entry, Kind};
use yitong_rules::Trace;
use yitong_values::{BusinessDay, DAY_MS, EntryId, PersonId, SchoolId, Timestamp};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Where the list goes on: two streams, one along the chain of entries, one of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    /// The next entry; `None` at the beginning of the history.
    chain: Option<EntryId>,
    refused: (Timestamp, Option<Uuid>),
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = |id: Option<Uuid>| id.map_or("-".to_owned(), |id| id.simple().to_string());
        write!(out, "{}.{}.{}", id(self.chain.map(EntryId::uuid)), self.refused.0.ms(), id(self.refused.1))
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Cursor, D::Error> {
        let text = String::deserialize(from)?;
        let read = || {
            let id = |text: &str| if text == "-" { Some(None) } else { text.parse::<Uuid>().ok().map(Some) };
            let mut parts = text.split('.');
            let chain = id(parts.next()?)?.map(EntryId::new);
            let at = Timestamp::from_ms(parts.next()?.parse().ok()?);
            Some(Cursor { chain, refused: (at, id(parts.next()?)?) })
        };
        read().ok_or_else(|| D::Error::custom("a cursor is the `next` of the page before"))
    }
}

/// Purchases of some days.
pub(super) struct Part {
    pub(super) school: SchoolId,
    pub(super) person: PersonId,
    pub(super) from: Option<BusinessDay>,
    pub(super) to: Option<BusinessDay>,
    pub(super) rows: usize,
}

pub(super) enum Found {
    Booked(Box<Entry>, Undone),
    Refused(Box<Listed>),
}

impl Found {
    fn order(&self) -> (Timestamp, Uuid) {
        match self {
            Found::Booked(entry, _) => (entry.booked_at, entry.id.uuid()),
            Found::Refused(row) => (row.at, row.id.uuid()),
        }
    }

    pub(super) fn line(self, facts: &crate::schools::Facts, locale: crate::notices::Locale) -> PurchaseLine {
        match self {
            Found::Booked(entry, undone) => lines::booked(&entry, undone, facts, locale),
            Found::Refused(row) => lines::refused(*row, facts, locale),
        }
    }
}

/// Purchases along the chain, and where it goes on.
type Booked = (Vec<(Entry, Undone)>, Option<EntryId>);

impl Part {
    /// The newest ones, from the head of the statement.
    pub(super) fn newest(&self, tx: &mut Tx<'_>) -> Result<Vec<Found>, DbError> {
        self.read(tx, None).map(|(found, _)| found)
    }

    fn read(&self, tx: &mut Tx<'_>, cursor: Option<Cursor>) -> Result<(Vec<Found>, Option<Cursor>), DbError> {
        let end = self.to.map_or(i64::MAX, |day| day.start().ms() + DAY_MS - 1);
        let start = self.from.map_or(Timestamp::from_ms(0), BusinessDay::start);
        let cursor = match cursor {
            Some(cursor) => cursor,
            None => {
                let newest = wallets::load_account(tx, self.school, self.person)?.and_then(|state| state.last_entry);
                Cursor { chain: newest, refused: (Timestamp::from_ms(end), None) }
            }
        };
        let (booked, beyond) = self.booked(tx, cursor.chain)?;
        let limit = self.rows as i64 + 1;
        let refused = refused_of(tx, self.school, self.person, start, cursor.refused, limit)?;
        let booked = booked.into_iter().map(|(entry, undone)| Found::Booked(Box::new(entry), undone));
        let mut all: Vec<_> = booked.chain(refused.into_iter().map(|row| Found::Refused(Box::new(row)))).collect();
        all.sort_by_key(|found| std::cmp::Reverse(found.order()));
        let left = all.split_off(self.rows.min(all.len()));
        let mut next = Cursor { chain: beyond, refused: cursor.refused };
        for found in &all {
            if let Found::Refused(row) = found {
                next.refused = (row.at, Some(row.id.uuid()));
            }
        }
        let waiting = left.iter().find_map(|found| match found {
            Found::Booked(entry, _) => Some(entry.id),
            Found::Refused(_) => None,
        });
        next.chain = waiting.or(next.chain);
        Ok((all, (!left.is_empty() || beyond.is_some()).then_some(next)))
    }

    /// One more than a page of purchases along the chain, and where it would go on.
    fn booked(&self, tx: &mut Tx<'_>, chain: Option<EntryId>) -> Result<Booked, DbError> {
        let Some(first) = chain else { return Ok((Vec::new(), None)) };
        let (mut found, mut beyond) = (Vec::new(), None);
        let end = Walk::from(self.school, self.person, first).each(tx, |entry, undone| {
            if self.from.is_some_and(|from| entry.day < from) {
                beyond = None;
                return ControlFlow::Break(());
            }
            beyond = entry.previous;
            let wanted = entry.kind == Kind::Purchase && self.to.is_none_or(|to| entry.day <= to);
            if wanted {
                found.push((entry, undone));
            }
            if found.len() > self.rows { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if end == End::Beginning {
            beyond = None;
        }
        Ok((found, beyond))
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PurchasesAsk {
    /// First business day.
    from: Option<String>,
    /// Last business day.
    to: Option<String>,
    /// Lines of a page, 1 to 100.
    limit: Option<usize>,
    /// `next` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// The child's purchases, newest first; those that were refused, too, with the reason.
#[utoipa::path(get, path = "/guardian/children/{binding}/purchases", tag = "family",
    params(("binding" = Uuid, Path), PurchasesAsk), responses((status = 200, body = Page<PurchaseLine>)),
    security(("guardian" = ["see"])))]
async fn list(
    State(app): State<App>,
    who: OfChild<right::See>,
    Params(ask): Params<PurchasesAsk>,
) -> Result<Json<Page<PurchaseLine>>, Problem> {
    who.agreed_to_meals()?;
    let part = Part {
        school: who.school,
        person: who.person,
        from: day_param("from", ask.from.as_deref())?,
        to: day_param("to", ask.to.as_deref())?,
        rows: ask.limit.unwrap_or(20).clamp(1, 100),
    };
    let facts = facts_of(&app, who.school).await?;
    let (found, next) = app.db.read(move |tx| part.read(tx, ask.cursor)).await?;
    let locale = lines::locale(&who.guardian.row);
    let items = found.into_iter().map(|found| found.line(&facts, locale)).collect();
    Ok(Json(Page { items, next: next.map(|next| next.to_string()) }))
}

/// A purchase with everything that its guardian may ask about it.
#[derive(Serialize, ToSchema)]
#[schema(as = GuardianPurchaseDetail)]
struct PurchaseDetail {
    #[serde(flatten)]
    line: PurchaseLine,
    /// Every rule that was looked at, in its order.
    why: Vec<TraceWire>,
    /// What is paid later (延迟扣款).
    arrears_part: Money,
    /// What this guardian objected to, if anything: the newest.
    complaint: Option<ComplaintWire>,
}

#[derive(Deserialize)]
struct PurchasePath {
    #[allow(dead_code, reason = "read by the guard")]
    binding: Uuid,
    id: Uuid,
}

/// One purchase with its dishes, what was left, why it was allowed or refused, and the complaint about it.
#[utoipa::path(get, path = "/guardian/children/{binding}/purchases/{id}", tag = "family",
    params(("binding" = Uuid, Path), ("id" = Uuid, Path)),
    responses((status = 200, body = PurchaseDetail), (status = 404)), security(("guardian" = ["see"])))]
async fn show(
    State(app): State<App>,
    who: OfChild<right::See>,
    Path(path): Path<PurchasePath>,
) -> Result<Json<PurchaseDetail>, Problem> {
    who.agreed_to_meals()?;
    let (school, person, guardian, id) = (who.school, who.person, who.guardian.id(), EntryId::new(path.id));
    let facts = facts_of(&app, school).await?;
    let locale = lines::locale(&who.guardian.row);
    let read = move |tx: &mut Tx<'_>| -> Result<Option<(Found, Option<Complaint>)>, DbError> {
        let complaint = complaints_store::newest_of(tx, school, id, guardian)?;
        if let Some(read) = wallets::find_entry(tx, school, id)? {
            let entry = read.entry?;
            if entry.person != Some(person) || entry.kind != Kind::Purchase {
                return Ok(None);
            }
            let undone = wallets::correction_of(tx, school, id)?.map_or(Undone::No, |_| Undone::Yes);
            return Ok(Some((Found::Booked(Box::new(entry), undone), complaint)));
        }
        let row = find_purchase(tx, school, id)?;
        let own = row.filter(|row| row.person.as_ref().is_some_and(|(of, ..)| *of == person));
        Ok(own.map(|row| (Found::Refused(Box::new(row)), complaint)))
    };
    let (found, complaint) = app.db.read(read).await?.ok_or_else(Problem::absent)?;
    let (trace, arrears) = match &found {
        Found::Booked(entry, _) => {
            let kept = lines::kept(entry);
            (Trace::from_text(&kept.trace), kept.arrears)
        }
        Found::Refused(row) => (row.trace.clone(), 0),
    };
    Ok(Json(PurchaseDetail {
        line: found.line(&facts, locale),
        why: trace_wire(&trace),
        arrears_part: Money { fen: arrears },
        complaint: complaint.map(ComplaintWire::from),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_its_text() {
        let id = Uuid::from_u128(0x1234);
        for chain in [None, Some(EntryId::new(id))] {
            for before in [None, Some(id)] {
                let cursor = Cursor { chain, refused: (Timestamp::from_ms(1_795_492_800_000), before) };
                let read: Cursor = serde_json::from_value(cursor.to_string().into()).expect("its own text");
                assert_eq!(read, cursor);
            }
        }
        for text in ["", "-", "-.1", "x.1.-", "-.y.-"] {
            assert!(serde_json::from_value::<Cursor>(text.into()).is_err(), "{text}");
        }
    }
}
