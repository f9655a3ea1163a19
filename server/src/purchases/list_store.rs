//! Purchases as lists and details show them: booked, reversed and refused, newest first.

use super::outcome::{Kept, KeptItem, KeptRefusal, Sold};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use yitong_rules::Trace;
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, StallId, Timestamp};

crate::sql! {
    /// Both halves run backwards along their index of days and stop when the page is full, however long the history is.
    LIST = "SELECT x.id, x.at, x.day, x.person_id, p.name, p.number, c.name, x.stall_id, x.amount, x.detail, x.refused, \
            x.reversed_by FROM (SELECT * FROM (SELECT e.school_id, e.id, e.at, e.day, e.person_id, e.stall_id, e.amount, \
            e.detail, 0 AS refused, (SELECT r.id FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id) \
            AS reversed_by FROM entry e \
            WHERE e.school_id = $1 AND e.kind = 'purchase' AND e.day >= $2 AND e.day <= $3 \
            AND (e.day < $3 OR e.id < $4 OR $4 IS NULL) AND (e.stall_id = $5 OR $5 IS NULL) \
            AND (e.person_id = $6 OR $6 IS NULL) AND e.amount >= $7 AND e.amount <= $8 AND ($9 = '' OR EXISTS \
            (SELECT 1 FROM person q WHERE q.school_id = e.school_id AND q.id = e.person_id \
            AND (q.name LIKE $9 ESCAPE '\\' OR q.number LIKE $9 ESCAPE '\\'))) AND ($10 = '' OR ($10 = 'reversed' AND EXISTS \
            (SELECT 1 FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id)) OR ($10 = 'paid' AND NOT EXISTS \
            (SELECT 1 FROM entry r WHERE r.school_id = e.school_id AND r.corrects = e.id))) \
            ORDER BY e.day DESC, e.id DESC LIMIT $11) booked \
            UNION ALL SELECT * FROM (SELECT f.school_id, f.id, f.at, f.day, f.person_id, f.stall_id, f.amount, f.detail, 1, \
            CAST(NULL AS uuid) FROM refused_purchase f \
            WHERE f.school_id = $1 AND f.day >= $2 AND f.day <= $3 \
            AND (f.day < $3 OR f.id < $4 OR $4 IS NULL) AND (f.stall_id = $5 OR $5 IS NULL) \
            AND (f.person_id = $6 OR $6 IS NULL) AND f.amount >= $7 AND f.amount <= $8 AND ($9 = '' OR EXISTS \
            (SELECT 1 FROM person q WHERE q.school_id = f.school_id AND q.id = f.person_id \
            AND (q.name LIKE $9 ESCAPE '\\' OR q.number LIKE $9 ESCAPE '\\'))) AND ($10 = '' OR $10 = 'refused') \
            ORDER BY f.day DESC, f.id DESC LIMIT $11) refused) x \
            LEFT JOIN person p ON p.school_id = x.school_id AND p.id = x.person_id \
            LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
            ORDER BY x.day DESC, x.id DESC LIMIT $11";
    FIND = "SELECT x.id, x.at, x.day, x.person_id, p.name, p.number, c.name, x.stall_id, x.amount, x.detail, x.refused, \
            (SELECT r.id FROM entry r WHERE r.school_id = x.school_id AND r.corrects = x.id) FROM ( \
            SELECT school_id, id, at, day, person_id, stall_id, amount, detail, 0 AS refused FROM entry \
            WHERE school_id = $1 AND id = $2 AND kind = 'purchase' \
            UNION ALL SELECT school_id, id, at, day, person_id, stall_id, amount, detail, 1 FROM refused_purchase \
            WHERE school_id = $1 AND id = $2) x \
            LEFT JOIN person p ON p.school_id = x.school_id AND p.id = x.person_id \
            LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id";
    /// Of one person, newest first; the names are the asker's business.
    REFUSED_OF = "SELECT f.id, f.at, f.day, f.person_id, CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), \
                  f.stall_id, f.amount, f.detail, 1, CAST(NULL AS uuid) FROM refused_purchase f \
                  WHERE f.school_id = $1 AND f.person_id = $2 AND f.at >= $3 AND f.at <= $4 \
                  AND (f.at < $4 OR f.id < $5 OR $5 IS NULL) ORDER BY f.at DESC, f.id DESC LIMIT $6";
    USER_NAME = "SELECT name FROM app_user WHERE id = $1";
}

/// Id, name, number and class.
pub type Payer = (PersonId, String, String, Option<String>);

/// One purchase of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: EntryId,
    pub at: Timestamp,
    pub day: BusinessDay,
    pub person: Option<Payer>,
    pub stall: StallId,
    pub stall_name: String,
    pub amount: Cents,
    pub mode: String,
    pub period: Option<uuid::Uuid>,
    pub items: Vec<KeptItem>,
    pub from: Vec<(u8, i64)>,
    pub arrears: i64,
    pub later: bool,
    pub cashier: uuid::Uuid,
    pub trace: Trace,
    pub refusal: Option<KeptRefusal>,
    pub reversed_by: Option<EntryId>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) from: i64,
    pub(super) to: i64,
    /// Of the day `to`, only what stands before this one.
    pub(super) before: Option<uuid::Uuid>,
    pub(super) stall: Option<uuid::Uuid>,
    pub(super) person: Option<uuid::Uuid>,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) like: String,
    pub(super) status: String,
    pub(super) limit: i64,
}

impl Listed {
    /// A purchase that was booked just now, from what its unit answered.
    pub(super) fn sold(sold: &Sold, kept: Kept, stall: StallId, person: Payer) -> Listed {
        Listed {
            id: sold.id,
            at: sold.at,
            day: sold.booked_at.china_day(),
            person: Some(person),
            stall,
            stall_name: kept.stall_name,
            amount: sold.amount,
            mode: kept.mode,
            period: kept.period,
            items: kept.items,
            from: kept.from,
            arrears: kept.arrears,
            later: kept.later,
            cashier: kept.cashier,
            trace: Trace::from_text(&kept.trace),
            refusal: None,
            reversed_by: None,
        }
    }
}

fn listed(row: &Row) -> Result<Listed, DbError> {
    let text = row.text(9)?;
    let refused = row.flag(10)?;
    let kept: Kept = if refused { Kept::default() } else { serde_json::from_str(&text).unwrap_or_default() };
    let refusal: Option<KeptRefusal> = refused.then(|| serde_json::from_str(&text).unwrap_or_default());
    let person = match row.opt_id(3)? {
        Some(id) => Some((
            PersonId::new(id),
            row.opt_text(4)?.unwrap_or_default(),
            row.opt_text(5)?.unwrap_or_default(),
            row.opt_text(6)?,
        )),
        None => None,
    };
    let of = refusal.as_ref();
    Ok(Listed {
        id: row.id(0)?.into(),
        at: row.time(1)?,
        day: row.day(2)?,
        person,
        stall: row.id(7)?.into(),
        stall_name: of.map_or(kept.stall_name, |r| r.stall_name.clone()),
        amount: row.cents(8)?,
        mode: of.map_or(kept.mode, |r| r.mode.clone()),
        period: kept.period,
        items: of.map_or(kept.items, |r| r.items.clone()),
        from: kept.from,
        arrears: kept.arrears,
        later: kept.later,
        cashier: of.map_or(kept.cashier, |r| r.cashier),
        trace: Trace::from_text(of.map_or(&kept.trace, |r| &r.trace)),
        refusal,
        reversed_by: row.opt_id(11)?.map(EntryId::new),
    })
}

pub(super) fn list(tx: &mut Tx<'_>, school: SchoolId, filter: &Filter) -> Result<Vec<Listed>, DbError> {
    let params: [Value; 11] = [
        school.into(),
        filter.from.into(),
        filter.to.into(),
        filter.before.into(),
        filter.stall.into(),
        filter.person.into(),
        filter.min.into(),
        filter.max.into(),
        filter.like.as_str().into(),
        filter.status.as_str().into(),
        filter.limit.into(),
    ];
    tx.query(&LIST, &params)?.iter().map(listed).collect()
}

/// The same of these stalls only: the newest of each, merged.
pub(super) fn list_at(
    tx: &mut Tx<'_>,
    school: SchoolId,
    filter: &Filter,
    own: Option<&[StallId]>,
) -> Result<Vec<Listed>, DbError> {
    let Some(own) = own else { return list(tx, school, filter) };
    let mut found = Vec::new();
    for stall in own.iter().map(|stall| stall.uuid()).filter(|id| filter.stall.is_none_or(|only| only == *id)) {
        found.extend(list(tx, school, &Filter { stall: Some(stall), ..filter.clone() })?);
    }
    found.sort_by_key(|row| std::cmp::Reverse((row.day, row.id)));
    found.truncate(usize::try_from(filter.limit).unwrap_or(0));
    Ok(found)
}

/// What was refused to one person from a moment on, newest first: before `until`, or at that moment before this name.
pub fn refused_of(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    since: Timestamp,
    until: (Timestamp, Option<uuid::Uuid>),
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    let (until, before) = until;
    let params = [school.into(), person.into(), since.into(), until.into(), before.into(), limit.into()];
    tx.query(&REFUSED_OF, &params)?.iter().map(listed).collect()
}

pub fn find(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<Listed>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| listed(&row)).transpose()
}

pub(super) fn user_name(tx: &mut Tx<'_>, user: uuid::Uuid) -> Result<String, DbError> {
    tx.opt(&USER_NAME, &[user.into()])?.map_or(Ok(String::new()), |row| row.text(0))
}
