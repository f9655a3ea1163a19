//! Rows of alarms: a printed code that was at two places too soon.

use super::ask::{Ask, Payer};
use crate::plumbing::db::{DbError, Row, Tx, Value};
use uuid::Uuid;
use yitong_values::{EntryId, PersonId, SchoolId, StallId, Timestamp, UserId};

crate::sql! {
    /// The same purchase, asked again after the photo was compared.
    RAISE = "INSERT INTO copy_alarm (school_id, id, person_id, serial, at, stall_id, last_stall_id, seconds, sold, \
             photo_checked) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (school_id, id) \
             DO UPDATE SET sold = excluded.sold, photo_checked = excluded.photo_checked";
    LIST = "SELECT a.id, a.person_id, p.name, p.number, k.name, a.serial, a.at, a.stall_id, a.last_stall_id, a.seconds, \
            a.sold, a.photo_checked, a.finding, a.note, a.found_at, c.id, c.status FROM copy_alarm a \
            JOIN person p ON p.school_id = a.school_id AND p.id = a.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            LEFT JOIN credential c ON c.school_id = a.school_id AND c.serial = a.serial \
            WHERE a.school_id = $1 AND (a.id < $2 OR $2 IS NULL) AND ($3 = 0 OR a.finding IS NULL) \
            AND (a.person_id = $4 OR $4 IS NULL) ORDER BY a.id DESC LIMIT $5";
    FIND = "SELECT a.id, a.person_id, p.name, p.number, k.name, a.serial, a.at, a.stall_id, a.last_stall_id, a.seconds, \
            a.sold, a.photo_checked, a.finding, a.note, a.found_at, c.id, c.status FROM copy_alarm a \
            JOIN person p ON p.school_id = a.school_id AND p.id = a.person_id \
            LEFT JOIN class k ON k.school_id = p.school_id AND k.id = p.class_id \
            LEFT JOIN credential c ON c.school_id = a.school_id AND c.serial = a.serial \
            WHERE a.school_id = $1 AND a.id = $2";
    SETTLE = "UPDATE copy_alarm SET finding = $3, note = $4, found_at = $5, found_by = $6 WHERE school_id = $1 AND id = $2";
}

pub(super) struct Alarm {
    pub(super) school: SchoolId,
    pub(super) id: EntryId,
    pub(super) person: PersonId,
    serial: u32,
    pub(super) at: Timestamp,
    stall: StallId,
    last_stall: StallId,
    pub(super) seconds: u32,
    sold: bool,
    photo_checked: bool,
}

impl Alarm {
    pub(super) fn of(ask: &Ask, person: PersonId, last_stall: StallId, seconds: u32, sold: bool) -> Alarm {
        let serial = match ask.payer {
            Payer::Serial(serial) => serial,
            Payer::Person(_) | Payer::Refused(_) => 0,
        };
        let (school, id, at, stall) = (ask.school, ask.id, ask.open.at(), ask.stall);
        Alarm { school, id, person, serial, at, stall, last_stall, seconds, sold, photo_checked: ask.photo_checked }
    }
}

pub(super) fn raise(tx: &mut Tx<'_>, alarms: &[Alarm]) -> Result<(), DbError> {
    for of in alarms {
        let params = [
            of.school.into(),
            of.id.into(),
            of.person.into(),
            of.serial.into(),
            of.at.into(),
            of.stall.into(),
            of.last_stall.into(),
            of.seconds.into(),
            of.sold.into(),
            of.photo_checked.into(),
        ];
        tx.execute(&RAISE, &params)?;
    }
    Ok(())
}

pub(super) struct AlarmRow {
    pub(super) id: Uuid,
    pub(super) person: Uuid,
    pub(super) name: String,
    pub(super) number: String,
    pub(super) class: Option<String>,
    pub(super) at: Timestamp,
    pub(super) stall: StallId,
    pub(super) last_stall: StallId,
    pub(super) seconds: i64,
    pub(super) sold: bool,
    pub(super) photo_checked: bool,
    pub(super) finding: Option<String>,
    pub(super) note: Option<String>,
    pub(super) found_at: Option<Timestamp>,
    pub(super) credential: Option<(Uuid, String)>,
}

fn alarm(row: &Row) -> Result<AlarmRow, DbError> {
    Ok(AlarmRow {
        id: row.id(0)?,
        person: row.id(1)?,
        name: row.text(2)?,
        number: row.text(3)?,
        class: row.opt_text(4)?,
        at: row.time(6)?,
        stall: StallId::new(row.id(7)?),
        last_stall: StallId::new(row.id(8)?),
        seconds: row.int(9)?,
        sold: row.flag(10)?,
        photo_checked: row.flag(11)?,
        finding: row.opt_text(12)?,
        note: row.opt_text(13)?,
        found_at: row.opt_time(14)?,
        credential: row.opt_id(15)?.map(|id| Ok((id, row.text(16)?))).transpose()?,
    })
}

pub(super) fn list(tx: &mut Tx<'_>, params: &[Value]) -> Result<Vec<AlarmRow>, DbError> {
    tx.query(&LIST, params)?.iter().map(alarm).collect()
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: Uuid) -> Result<Option<AlarmRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| alarm(&row)).transpose()
}

pub(super) fn settle(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: Uuid,
    finding: Option<&str>,
    note: Option<&str>,
    by: (Timestamp, UserId),
) -> Result<(), DbError> {
    let params = [school.into(), id.into(), finding.into(), note.into(), by.0.into(), by.1.into()];
    tx.execute(&SETTLE, &params).map(|_| ())
}
