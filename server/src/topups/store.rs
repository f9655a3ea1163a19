//! A top-up as one unit: caps, arrears first, the entry, the receipt's number.

use crate::people;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::policies;
use crate::wallets::{self, BookError, Booking, Draft};
use serde_json::json;
use yitong_ledger::{Account, Kind, Posting, Postings, WalletSlot};
use yitong_rules::{TopupRefusal, decide_topup};
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    /// Receipts of a school are numbered one after the other; SQLite has one writer anyway.
    HOLD_RECEIPTS = {
        sqlite: "SELECT $1",
        postgres: "SELECT pg_advisory_xact_lock(hashtextextended('receipts' || $1::uuid::text, 0))::text"
    };
    NEXT_RECEIPT = "SELECT COALESCE(MAX(receipt), 0) + 1 FROM topup WHERE school_id = $1 AND day = $2";
    INSERT_TOPUP = "INSERT INTO topup (school_id, id, person_id, amount, repaid, balance_after, arrears_after, day, receipt, \
                    at, cashier, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    FIND_TOPUP = "SELECT t.id, t.person_id, p.name, p.number, t.amount, t.repaid, t.balance_after, t.arrears_after, t.day, \
                  t.receipt, t.at, t.cashier, u.name, t.note, t.reversed_by_id, c.name FROM topup t \
                  JOIN person p ON p.school_id = t.school_id AND p.id = t.person_id \
                  LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                  LEFT JOIN app_user u ON u.id = t.cashier WHERE t.school_id = $1 AND t.id = $2";
    /// Backwards along the receipts; the outer joins keep SQLite from beginning at the persons.
    LIST_TOPUPS = "SELECT t.id, t.person_id, p.name, p.number, t.amount, t.repaid, t.balance_after, t.arrears_after, t.day, \
                   t.receipt, t.at, t.cashier, u.name, t.note, t.reversed_by_id, c.name FROM topup t \
                   LEFT JOIN person p ON p.school_id = t.school_id AND p.id = t.person_id \
                   LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                   LEFT JOIN app_user u ON u.id = t.cashier \
                   WHERE t.school_id = $1 AND t.day >= $3 AND t.day <= $4 AND (t.day < $4 OR t.receipt < $2 OR $2 IS NULL) \
                   AND (t.person_id = $5 OR $5 IS NULL) AND ($6 = '' OR p.name LIKE $6 ESCAPE '\\' \
                   OR p.number LIKE $6 ESCAPE '\\') ORDER BY t.day DESC, t.receipt DESC LIMIT $7";
    MARK_REVERSED = "UPDATE topup SET reversed_by_id = $3 WHERE school_id = $1 AND id = $2";
}

#[derive(Clone, Debug)]
pub struct TopupAsk {
    pub school: SchoolId,
    pub id: EntryId,
    pub person: PersonId,
    pub amount: Cents,
    pub note: String,
    pub cashier: UserId,
    pub now: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopupRow {
    pub(super) id: EntryId,
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) amount: Cents,
    pub(super) repaid: Cents,
    pub(super) balance_after: Cents,
    pub(super) arrears_after: Cents,
    pub(super) day: BusinessDay,
    pub(super) receipt: i64,
    pub(super) at: Timestamp,
    pub(super) cashier: UserId,
    pub(super) cashier_name: String,
    pub(super) note: String,
    pub(super) reversed_by: Option<EntryId>,
    pub(super) class: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopupOutcome {
    Booked,
    /// The same name with the same content: nothing more happened.
    Again,
    NameTaken,
    NoSuchPerson,
    PersonLeft,
    Refused(TopupRefusal),
}

fn row(row: &Row) -> Result<TopupRow, DbError> {
    Ok(TopupRow {
        id: row.id(0)?.into(),
        person: row.id(1)?.into(),
        name: row.text(2)?,
        number: row.text(3)?,
        amount: row.cents(4)?,
        repaid: row.cents(5)?,
        balance_after: row.cents(6)?,
        arrears_after: row.cents(7)?,
        day: row.day(8)?,
        receipt: row.int(9)?,
        at: row.time(10)?,
        cashier: row.id(11)?.into(),
        cashier_name: row.opt_text(12)?.unwrap_or_default(),
        note: row.text(13)?,
        reversed_by: row.opt_id(14)?.map(EntryId::new),
        class: row.opt_text(15)?,
    })
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<TopupRow>, DbError> {
    tx.opt(&FIND_TOPUP, &[school.into(), id.into()])?.map(|found| row(&found)).transpose()
}

pub(super) fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<TopupRow>, DbError> {
    tx.query(&LIST_TOPUPS, params)?.iter().map(row).collect()
}

/// One unit; running it again with the same ask changes nothing.
pub fn top_up(tx: &mut Tx<'_>, ask: &TopupAsk) -> Result<TopupOutcome, DbError> {
    // Whoever held the lock may have booked this name: it is looked for afterwards.
    let mut booking = Booking::load(tx, &[(ask.school, ask.person)])?;
    if let Some(known) = find(tx, ask.school, ask.id)? {
        let same = known.person == ask.person && known.amount == ask.amount && known.note == ask.note;
        return Ok(if same { TopupOutcome::Again } else { TopupOutcome::NameTaken });
    }
    if wallets::find_entry(tx, ask.school, ask.id)?.is_some() {
        return Ok(TopupOutcome::NameTaken);
    }
    let Some(person) = people::find_person(tx, ask.school, ask.person)? else { return Ok(TopupOutcome::NoSuchPerson) };
    if person.status == "left" {
        return Ok(TopupOutcome::PersonLeft);
    }
    let Some(state) = booking.state(ask.school, ask.person) else { return Ok(TopupOutcome::NoSuchPerson) };
    let policy = policies::load(tx, ask.school)?.school.topup();
    let (repaid, credited) = match decide_topup(ask.amount, state.balance(), state.arrears, &policy) {
        Ok(parts) => parts,
        Err(refusal) => return Ok(TopupOutcome::Refused(refusal)),
    };
    let day = ask.now.china_day();
    tx.one(&HOLD_RECEIPTS, &[ask.school.into()])?;
    let receipt = tx.one(&NEXT_RECEIPT, &[ask.school.into(), day.into()])?.int(0)?;
    booking.add(draft(ask, repaid, credited, receipt)?).map_err(|why| DbError::Broken(why.to_string()))?;
    let after = booking.state(ask.school, ask.person).expect("the account was loaded above");
    let (balance_after, arrears_after) = (after.balance(), after.arrears);
    booking.write(tx)?;
    let params = [
        ask.school.into(),
        ask.id.into(),
        ask.person.into(),
        ask.amount.into(),
        repaid.into(),
        balance_after.into(),
        arrears_after.into(),
        day.into(),
        receipt.into(),
        ask.now.into(),
        ask.cashier.into(),
        ask.note.as_str().into(),
    ];
    tx.execute(&INSERT_TOPUP, &params)?;
    Ok(TopupOutcome::Booked)
}

fn draft(ask: &TopupAsk, repaid: Cents, credited: Cents, receipt: i64) -> Result<Draft, DbError> {
    let parts = [
        (Account::Wallet(ask.person, WalletSlot::CASH), credited.fen()),
        (Account::Arrears(ask.person), repaid.fen()),
        (Account::CashDesk, -ask.amount.fen()),
    ];
    let moved = parts.into_iter().filter(|(_, fen)| *fen != 0);
    let postings = moved.map(|(account, fen)| Posting { account, amount: Cents::new(fen) }).collect();
    let postings = Postings::new(postings).map_err(|why| DbError::Broken(why.to_string()))?;
    let detail = json!({"receipt": receipt, "repaid": repaid.fen(), "cashier": ask.cashier.to_string()}).to_string();
    Ok(Draft {
        school: ask.school,
        id: ask.id,
        kind: Kind::Topup,
        at: ask.now,
        now: ask.now,
        person: Some(ask.person),
        stall: None,
        amount: ask.amount,
        postings,
        corrects: None,
        detail: detail.trim_start_matches('{').trim_end_matches('}').to_owned(),
    })
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReversalOutcome {
    Booked,
    /// It was done under this name before.
    Again,
    /// The name belongs to something else.
    NameTaken,
    Absent,
    AlreadyReversed,
    DayOver,
    /// The money was spent already.
    Spent,
}

/// The exact opposite, on the same business day.
pub(super) fn reverse(
    tx: &mut Tx<'_>,
    school: SchoolId,
    topup: EntryId,
    id: EntryId,
    reason: &str,
    now: Timestamp,
) -> Result<ReversalOutcome, DbError> {
    let Some(known) = find(tx, school, topup)? else { return Ok(ReversalOutcome::Absent) };
    let mut booking = Booking::load(tx, &[(school, known.person)])?;
    // Whoever held the lock may have reversed it: looked at again, now that nobody can.
    let Some(known) = find(tx, school, topup)? else { return Ok(ReversalOutcome::Absent) };
    match known.reversed_by {
        Some(by) if by == id => return Ok(ReversalOutcome::Again),
        Some(_) => return Ok(ReversalOutcome::AlreadyReversed),
        None if known.day != now.china_day() => return Ok(ReversalOutcome::DayOver),
        None => {}
    }
    if wallets::find_entry(tx, school, id)?.is_some() {
        return Ok(ReversalOutcome::NameTaken);
    }
    let entry = wallets::find_entry(tx, school, topup)?.ok_or(DbError::Broken("a top-up has no entry".into()))?.entry?;
    let draft = Draft {
        school,
        id,
        kind: Kind::Reversal,
        at: now,
        now,
        person: Some(known.person),
        stall: None,
        amount: known.amount,
        postings: entry.postings.negated().map_err(|why| DbError::Broken(why.to_string()))?,
        corrects: Some(topup),
        detail: format!("\"reason\":{}", json!(reason)),
    };
    match booking.add(draft) {
        Ok(_) => {}
        Err(BookError::Overdrawn) => return Ok(ReversalOutcome::Spent),
        Err(why) => return Err(DbError::Broken(why.to_string())),
    }
    booking.write(tx)?;
    tx.execute(&MARK_REVERSED, &[school.into(), topup.into(), id.into()])?;
    Ok(ReversalOutcome::Booked)
}
