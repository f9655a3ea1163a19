//! Rows of journals: records that were taken or put aside, and what offline sales left to look at.

use crate::plumbing::db::{Column, DbError, Row, Tx, Value};
use std::collections::HashMap;
use uuid::Uuid;
use yitong_sync::{Hash, Head, Sealed};
use yitong_values::{Cents, EntryId, PersonId, SchoolId, TerminalId, Timestamp, UserId};

crate::sql! {
    /// The row of the machine is the lock of its journal: batches of one journal come one after the other.
    LOCK = "UPDATE terminal_device SET taken = taken WHERE school_id = $1 AND terminal_id = $2 AND journal = $3";
    ADVANCE = "UPDATE terminal_device SET taken = $4, head = $5, trouble = COALESCE($6, trouble) \
               WHERE school_id = $1 AND terminal_id = $2 AND journal = $3";
    CALM = "UPDATE terminal_device SET trouble = NULL WHERE school_id = $1 AND terminal_id = $2";
    HASHES = "SELECT seq, hash FROM journal_record WHERE school_id = $1 AND terminal_id = $2 AND journal = $3 \
              AND seq >= $4 AND seq <= $5";
    INSERT_RECORD = {
        sqlite: "INSERT INTO journal_record (school_id, terminal_id, journal, seq, kind, purchase_id, hash, payload, \
                 signature, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        postgres: "INSERT INTO journal_record (school_id, terminal_id, journal, seq, kind, purchase_id, hash, payload, \
                   signature, taken_at) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], \
                   $5::text[], $6::uuid[], $7::bytea[], $8::text[], $9::bytea[], $10::bigint[])"
    };
    INTENTS = "SELECT payload FROM journal_record WHERE school_id = $1 AND purchase_id = $2 AND kind = 'intent' \
               ORDER BY taken_at LIMIT 1";
    OWN = "SELECT seq FROM journal_record WHERE school_id = $1 AND purchase_id = $2 AND terminal_id = $3 \
           AND kind IN ('intent', 'sold', 'confirmed') LIMIT 1";
    RECORDS = "SELECT journal, seq, kind, purchase_id, taken_at, payload FROM journal_record WHERE school_id = $1 \
               AND terminal_id = $2 AND (journal < $3 OR (journal = $3 AND seq < $4)) \
               ORDER BY journal DESC, seq DESC LIMIT $5";
    PUT_ASIDE = "INSERT INTO journal_aside (school_id, terminal_id, journal, seq, why, payload, at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    ASIDE = "SELECT journal, seq, why, payload, at, settled_at, note FROM journal_aside WHERE school_id = $1 \
             AND terminal_id = $2 ORDER BY CASE WHEN settled_at IS NULL THEN 0 ELSE 1 END, at DESC, seq DESC LIMIT 100";
    SETTLE_ASIDE = "UPDATE journal_aside SET settled_at = $5, settled_by = $6, note = $7 WHERE school_id = $1 \
                    AND terminal_id = $2 AND journal = $3 AND seq = $4 AND settled_at IS NULL";
    CREDENTIALS = {
        sqlite: "SELECT serial, person_id, status, lost_at, last_use FROM credential WHERE school_id = $1 AND serial = $2",
        postgres: "SELECT c.serial, c.person_id, c.status, c.lost_at, c.last_use \
                   FROM unnest($1::uuid[], $2::bigint[]) AS asked(s, n) \
                   JOIN credential c ON c.school_id = asked.s AND c.serial = asked.n"
    };
    USED_BEFORE = "SELECT purchase_id FROM offline_use WHERE school_id = $1 AND serial = $2 AND use_order = $3 \
                   AND purchase_id <> $4 LIMIT 1";
    USED = "INSERT INTO offline_use (school_id, serial, use_order, purchase_id) VALUES ($1, $2, $3, $4) \
            ON CONFLICT DO NOTHING";
    LAST_USE = "UPDATE credential SET last_use = $3 WHERE school_id = $1 AND serial = $2 AND last_use < $3";
    FOUND = "INSERT INTO offline_finding (school_id, purchase_id, kind, terminal_id, person_id, fen, sold_at, found_at, \
             detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    FINDINGS = "SELECT f.purchase_id, f.kind, f.terminal_id, t.name, f.person_id, p.name, p.number, f.fen, f.sold_at, \
                f.found_at, f.detail, f.settled_at, f.note FROM offline_finding f \
                LEFT JOIN terminal t ON t.school_id = f.school_id AND t.id = f.terminal_id \
                LEFT JOIN person p ON p.school_id = f.school_id AND p.id = f.person_id \
                WHERE f.school_id = $1 AND ($2 = 0 OR f.settled_at IS NULL) AND ($3 = '' OR f.kind = $3) \
                AND (f.purchase_id < $4 OR $4 IS NULL) ORDER BY f.purchase_id DESC, f.kind LIMIT $5";
    SETTLE_FINDING = "UPDATE offline_finding SET settled_at = $4, settled_by = $5, note = $6 WHERE school_id = $1 \
                      AND purchase_id = $2 AND kind = $3 AND settled_at IS NULL";
}

/// A journal: its terminal, and which of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Journal {
    pub(super) school: SchoolId,
    pub(super) terminal: TerminalId,
    pub(super) number: u32,
}

impl Journal {
    fn key(self) -> [Value; 3] {
        [self.school.into(), self.terminal.into(), self.number.into()]
    }

    fn and<const N: usize>(self, more: [Value; N]) -> Vec<Value> {
        self.key().into_iter().chain(more).collect()
    }
}

fn number(n: u64) -> Value {
    i64::try_from(n).unwrap_or(i64::MAX).into()
}

pub(super) fn lock(tx: &mut Tx<'_>, of: Journal) -> Result<(), DbError> {
    tx.execute(&LOCK, &of.key()).map(|_| ())
}

/// How far it is taken now; a trouble that stands is not forgotten.
pub(super) fn advance(tx: &mut Tx<'_>, of: Journal, head: Head, trouble: Option<&str>) -> Result<(), DbError> {
    tx.execute(&ADVANCE, &of.and([number(head.seq), head.hash.0.as_slice().into(), trouble.into()])).map(|_| ())
}

/// Somebody has looked at what stopped the journals of a terminal.
pub(super) fn calm(tx: &mut Tx<'_>, school: SchoolId, terminal: TerminalId) -> Result<(), DbError> {
    tx.execute(&CALM, &[school.into(), terminal.into()]).map(|_| ())
}

/// Of records that were taken, by their numbers.
pub(super) fn hashes(tx: &mut Tx<'_>, of: Journal, from: u64, to: u64) -> Result<HashMap<u64, Hash>, DbError> {
    let read = |row: &Row| {
        let hash: Result<[u8; 32], _> = row.blob(1)?.try_into();
        let hash = hash.map_err(|_| DbError::Broken("the hash of a record has another length".into()))?;
        Ok((u64::try_from(row.int(0)?).unwrap_or(0), Hash(hash)))
    };
    tx.query(&HASHES, &of.and([number(from), number(to)]))?.iter().map(read).collect()
}

/// A record that was taken, as it is kept.
#[derive(Clone, Debug)]
pub(super) struct NewRecord<'a> {
    pub(super) seq: u64,
    pub(super) kind: &'static str,
    pub(super) purchase: Option<EntryId>,
    pub(super) sealed: &'a Sealed,
}

pub(super) fn insert_records(
    tx: &mut Tx<'_>,
    of: Journal,
    records: &[NewRecord<'_>],
    now: Timestamp,
) -> Result<(), DbError> {
    use Column::{Blob, Id, Int, Text};
    let row = |record: &NewRecord<'_>| {
        of.and([
            number(record.seq),
            record.kind.into(),
            record.purchase.into(),
            record.sealed.hash().0.as_slice().into(),
            record.sealed.payload.as_str().into(),
            record.sealed.signature.as_bytes().as_slice().into(),
            now.into(),
        ])
    };
    let rows: Vec<_> = records.iter().map(row).collect();
    tx.send_columns(&INSERT_RECORD, &[Id, Id, Int, Int, Text, Id, Blob, Text, Blob, Int], &rows)
}

/// What a purchase was meant to be, as its terminal wrote it down before it asked.
pub(super) fn intent(tx: &mut Tx<'_>, school: SchoolId, purchase: EntryId) -> Result<Option<String>, DbError> {
    tx.opt(&INTENTS, &[school.into(), purchase.into()])?.map(|row| row.text(0)).transpose()
}

/// Whether the terminal said before that it sells this, with whatever machine.
pub(super) fn is_own(tx: &mut Tx<'_>, of: Journal, purchase: EntryId) -> Result<bool, DbError> {
    Ok(tx.opt(&OWN, &[of.school.into(), purchase.into(), of.terminal.into()])?.is_some())
}

#[derive(Clone, Debug)]
pub(super) struct RecordRow {
    pub(super) journal: i64,
    pub(super) seq: i64,
    pub(super) kind: String,
    pub(super) purchase: Option<Uuid>,
    pub(super) taken_at: Timestamp,
    pub(super) payload: String,
}

/// The last ones before a place, newest first.
pub(super) fn records(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    before: (i64, i64),
    limit: i64,
) -> Result<Vec<RecordRow>, DbError> {
    let read = |row: &Row| {
        Ok(RecordRow {
            journal: row.int(0)?,
            seq: row.int(1)?,
            kind: row.text(2)?,
            purchase: row.opt_id(3)?,
            taken_at: row.time(4)?,
            payload: row.text(5)?,
        })
    };
    let params = [school.into(), terminal.into(), before.0.into(), before.1.into(), limit.into()];
    tx.query(&RECORDS, &params)?.iter().map(read).collect()
}

pub(super) fn put_aside(
    tx: &mut Tx<'_>,
    of: Journal,
    seq: u64,
    why: &str,
    payload: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(&PUT_ASIDE, &of.and([number(seq), why.into(), payload.into(), now.into()])).map(|_| ())
}

#[derive(Clone, Debug)]
pub(super) struct AsideRow {
    pub(super) journal: i64,
    pub(super) seq: i64,
    pub(super) why: String,
    pub(super) payload: String,
    pub(super) at: Timestamp,
    pub(super) settled_at: Option<Timestamp>,
    pub(super) note: Option<String>,
}

/// Those that nobody has looked at, then the last ones.
pub(super) fn aside(tx: &mut Tx<'_>, school: SchoolId, terminal: TerminalId) -> Result<Vec<AsideRow>, DbError> {
    let read = |row: &Row| {
        Ok(AsideRow {
            journal: row.int(0)?,
            seq: row.int(1)?,
            why: row.text(2)?,
            payload: row.text(3)?,
            at: row.time(4)?,
            settled_at: row.opt_time(5)?,
            note: row.opt_text(6)?,
        })
    };
    tx.query(&ASIDE, &[school.into(), terminal.into()])?.iter().map(read).collect()
}

pub(super) fn settle_aside(
    tx: &mut Tx<'_>,
    (school, terminal): (SchoolId, TerminalId),
    (journal, seq): (i64, i64),
    note: &str,
    by: (Timestamp, UserId),
) -> Result<bool, DbError> {
    let key = [school.into(), terminal.into(), journal.into(), seq.into()];
    let params: Vec<Value> = key.into_iter().chain([by.0.into(), by.1.into(), note.into()]).collect();
    Ok(tx.execute(&SETTLE_ASIDE, &params)? == 1)
}

/// A code as it stands now.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) person: PersonId,
    pub(super) status: String,
    pub(super) lost_at: Option<Timestamp>,
    pub(super) last_use: i64,
}

pub(super) fn shown(tx: &mut Tx<'_>, school: SchoolId, serials: &[u32]) -> Result<HashMap<u32, Shown>, DbError> {
    let rows: Vec<_> = serials.iter().map(|serial| vec![Value::from(school), Value::from(*serial)]).collect();
    let read = |row: &Row| {
        let shown =
            Shown { person: row.id(1)?.into(), status: row.text(2)?, lost_at: row.opt_time(3)?, last_use: row.int(4)? };
        Ok((u32::try_from(row.int(0)?).unwrap_or(0), shown))
    };
    tx.query_columns(&CREDENTIALS, &[Column::Id, Column::Int], &rows)?.iter().map(read).collect()
}

/// Takes down a use of a phone's code. True: the same use paid for another purchase.
pub(super) fn used(
    tx: &mut Tx<'_>,
    school: SchoolId,
    serial: u32,
    order: i64,
    purchase: EntryId,
) -> Result<bool, DbError> {
    let params = [school.into(), serial.into(), order.into(), purchase.into()];
    let before = tx.opt(&USED_BEFORE, &params)?.is_some();
    tx.execute(&USED, &params)?;
    tx.execute(&LAST_USE, &[school.into(), serial.into(), order.into()])?;
    Ok(before)
}

/// Something to look at about an offline sale.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) purchase: EntryId,
    /// short, late_loss, replaced, risk, replay, unended, twice or over_lease
    pub(super) kind: &'static str,
    pub(super) person: Option<PersonId>,
    pub(super) fen: Cents,
    pub(super) sold_at: Timestamp,
    pub(super) detail: String,
}

pub(super) fn found(tx: &mut Tx<'_>, of: Journal, finding: &Finding, now: Timestamp) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        finding.purchase.into(),
        finding.kind.into(),
        of.terminal.into(),
        finding.person.into(),
        finding.fen.into(),
        finding.sold_at.into(),
        now.into(),
        finding.detail.as_str().into(),
    ];
    tx.execute(&FOUND, &params).map(|_| ())
}

#[derive(Clone, Debug)]
pub(super) struct FindingRow {
    pub(super) purchase: Uuid,
    pub(super) kind: String,
    pub(super) terminal: Uuid,
    pub(super) terminal_name: Option<String>,
    pub(super) person: Option<(Uuid, String, String)>,
    pub(super) fen: i64,
    pub(super) sold_at: Timestamp,
    pub(super) found_at: Timestamp,
    pub(super) detail: String,
    pub(super) settled_at: Option<Timestamp>,
    pub(super) note: Option<String>,
}

pub(super) fn findings(
    tx: &mut Tx<'_>,
    school: SchoolId,
    open: bool,
    kind: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<FindingRow>, DbError> {
    let read = |row: &Row| {
        let person = match (row.opt_id(4)?, row.opt_text(5)?) {
            (Some(id), Some(name)) => Some((id, name, row.text(6)?)),
            _ => None,
        };
        Ok(FindingRow {
            purchase: row.id(0)?,
            kind: row.text(1)?,
            terminal: row.id(2)?,
            terminal_name: row.opt_text(3)?,
            person,
            fen: row.int(7)?,
            sold_at: row.time(8)?,
            found_at: row.time(9)?,
            detail: row.text(10)?,
            settled_at: row.opt_time(11)?,
            note: row.opt_text(12)?,
        })
    };
    let params = [school.into(), open.into(), kind.into(), before.into(), limit.into()];
    tx.query(&FINDINGS, &params)?.iter().map(read).collect()
}

pub(super) fn settle_finding(
    tx: &mut Tx<'_>,
    school: SchoolId,
    (purchase, kind): (Uuid, &str),
    note: &str,
    by: (Timestamp, UserId),
) -> Result<bool, DbError> {
    let params = [school.into(), purchase.into(), kind.into(), by.0.into(), by.1.into(), note.into()];
    Ok(tx.execute(&SETTLE_FINDING, &params)? == 1)
}
