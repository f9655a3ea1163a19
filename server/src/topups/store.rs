//! A top-up as one unit: caps, arrears first, the entry, the receipt's number.

use crate::people;
use crate::plumbing::db::{DbError, Row, Tx, Value};
use crate::plumbing::outbox::{self, Happening};
use crate::policies;
use crate::wallets::{self, BookError, Booking, Draft};
use serde_json::json;
use yitong_ledger::{Account, Kind, Posting, Postings, WalletSlot};
use yitong_rules::{TopupRefusal, decide_topup, split_topup};
use yitong_values::{BusinessDay, Cents, EntryId, PersonId, SchoolId, Timestamp, UserId};

crate::sql! {
    /// Receipts of a school are numbered one after the other; SQLite has one writer anyway.
    HOLD_RECEIPTS = {
        sqlite: "SELECT $1",
        postgres: "SELECT pg_advisory_xact_lock(hashtextextended('receipts' || $1::uuid::text, 0))::text"
    };
    NEXT_RECEIPT = "SELECT COALESCE(MAX(receipt), 0) + 1 FROM topup WHERE school_id = $1 AND day = $2";
    INSERT_TOPUP = "INSERT INTO topup (school_id, id, person_id, amount, repaid, balance_after, arrears_after, day, receipt, \
                    at, cashier, note, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    FIND_TOPUP = "SELECT t.id, t.person_id, p.name, p.number, t.amount, t.repaid, t.balance_after, t.arrears_after, t.day, \
                  t.receipt, t.at, t.cashier, u.name, t.note, t.reversed_by_id, c.name, t.source FROM topup t \
                  JOIN person p ON p.school_id = t.school_id AND p.id = t.person_id \
                  LEFT JOIN class c ON c.school_id = p.school_id AND c.id = p.class_id \
                  LEFT JOIN app_user u ON u.id = t.cashier WHERE t.school_id = $1 AND t.id = $2";
    /// Backwards along the receipts; the outer joins keep SQLite from beginning at the persons.
    LIST_TOPUPS = "SELECT t.id, t.person_id, p.name, p.number, t.amount, t.repaid, t.balance_after, t.arrears_after, t.day, \
                   t.receipt, t.at, t.cashier, u.name, t.note, t.reversed_by_id, c.name, t.source FROM topup t \
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
    pub(super) source: String,
}

impl TopupRow {
    pub(super) fn receipt_number(&self) -> String {
        format!("{:06}-{:04}", self.day.number() % 1_000_000, self.receipt)
    }
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
        source: row.text(16)?,
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
    let booking = Booking::load(tx, &[(ask.school, ask.person)])?;
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
    let from = Source::Desk { cashier: ask.cashier, note: &ask.note };
    let money = Money { school: ask.school, id: ask.id, person: ask.person, amount: ask.amount, now: ask.now };
    write(tx, booking, &money, &from, repaid, credited)?;
    let happening = Happening {
        school: ask.school,
        id: ask.id.uuid(),
        topic: "topup".into(),
        person: Some(ask.person),
        body: json!({"fen": ask.amount.fen()}).to_string(),
        at: ask.now,
    };
    outbox::queue(tx, &[happening])?;
    Ok(TopupOutcome::Booked)
}

/// Money that a payment channel took already: it is credited whatever the caps say, arrears first. The name is the
/// payment order's, and its entry can be booked once only.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    pub school: SchoolId,
    pub id: EntryId,
    pub person: PersonId,
    pub amount: Cents,
    /// Where the money stands now: the channel, or suspense when it came late.
    pub from: Account,
    pub now: Timestamp,
}

/// False: this person has no account here any more, and nothing was booked.
pub fn credit(tx: &mut Tx<'_>, credit: &Credit) -> Result<bool, DbError> {
    let booking = Booking::load(tx, &[(credit.school, credit.person)])?;
    let Some(state) = booking.state(credit.school, credit.person) else { return Ok(false) };
    let (repaid, credited) = split_topup(credit.amount, state.arrears);
    let &Credit { school, id, person, amount, from, now } = credit;
    write(tx, booking, &Money { school, id, person, amount, now }, &Source::Channel(from), repaid, credited)?;
    Ok(true)
}

/// What a top-up did to the account, for whoever shows its receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub repaid: Cents,
    pub balance_after: Cents,
    pub arrears_after: Cents,
    pub number: String,
}

pub fn receipt(tx: &mut Tx<'_>, school: SchoolId, id: EntryId) -> Result<Option<Receipt>, DbError> {
    Ok(find(tx, school, id)?.map(|row| Receipt {
        repaid: row.repaid,
        balance_after: row.balance_after,
        arrears_after: row.arrears_after,
        number: row.receipt_number(),
    }))
}

struct Money {
    school: SchoolId,
    id: EntryId,
    person: PersonId,
    amount: Cents,
    now: Timestamp,
}

enum Source<'a> {
    Desk { cashier: UserId, note: &'a str },
    Channel(Account),
}

/// The entry, and the top-up with its receipt.
fn write(
    tx: &mut Tx<'_>,
    mut booking: Booking,
    money: &Money,
    source: &Source<'_>,
    repaid: Cents,
    credited: Cents,
) -> Result<(), DbError> {
    let day = money.now.china_day();
    tx.one(&HOLD_RECEIPTS, &[money.school.into()])?;
    let receipt = tx.one(&NEXT_RECEIPT, &[money.school.into(), day.into()])?.int(0)?;
    let (cashier, note, word, from) = match *source {
        Source::Desk { cashier, note } => (cashier, note, "desk", Account::CashDesk),
        Source::Channel(from) => (UserId::new(uuid::Uuid::nil()), "", "channel", from),
    };
    let detail = json!({"receipt": receipt, "repaid": repaid.fen(), "cashier": cashier.to_string(), "source": word});
    booking
        .add(draft(money, from, repaid, credited, &detail.to_string())?)
        .map_err(|why| DbError::Broken(why.to_string()))?;
    let after = booking.state(money.school, money.person).expect("the account was loaded by the caller");
    let (balance_after, arrears_after) = (after.balance(), after.arrears);
    booking.write(tx)?;
    let params = [
        money.school.into(),
        money.id.into(),
        money.person.into(),
        money.amount.into(),
        repaid.into(),
        balance_after.into(),
        arrears_after.into(),
        day.into(),
        receipt.into(),
        money.now.into(),
        cashier.into(),
        note.into(),
        word.into(),
    ];
    tx.execute(&INSERT_TOPUP, &params).map(|_| ())
}

fn draft(money: &Money, from: Account, repaid: Cents, credited: Cents, detail: &str) -> Result<Draft, DbError> {
    let parts = [
        (Account::Wallet(money.person, WalletSlot::CASH), credited.fen()),
        (Account::Arrears(money.person), repaid.fen()),
        (from, -money.amount.fen()),
    ];
    let moved = parts.into_iter().filter(|(_, fen)| *fen != 0);
    let postings = moved.map(|(account, fen)| Posting { account, amount: Cents::new(fen) }).collect();
    let postings = Postings::new(postings).map_err(|why| DbError::Broken(why.to_string()))?;
    Ok(Draft {
        school: money.school,
        id: money.id,
        kind: Kind::Topup,
        at: money.now,
        now: money.now,
        person: Some(money.person),
        stall: None,
        amount: money.amount,
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
    /// A channel brought it: it goes back as a refund, through the channel.
    Channel,
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
        None if known.source != "desk" => return Ok(ReversalOutcome::Channel),
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
