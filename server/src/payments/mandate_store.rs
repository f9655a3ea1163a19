//! Rows of mandates.

use crate::plumbing::db::{DbError, Row, Tx};
use yitong_channels::pay::{Presented, Scene};
use yitong_payment::MandateState;
use yitong_values::{ChannelAccountId, GuardianId, MandateId, SchoolId, Timestamp};

crate::sql! {
    INSERT = "INSERT INTO mandate (school_id, id, guardian_id, account_id, number, scene, state, made_at, next_look) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND = "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, made_at, \
            signed_at, ended_at, heard_at, looks, next_look FROM mandate WHERE school_id = $1 AND id = $2";
    /// Whoever holds the row decides about the mandate.
    HOLD = {
        sqlite: "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, \
                 made_at, signed_at, ended_at, heard_at, looks, next_look FROM mandate WHERE school_id = $1 AND id = $2",
        postgres: "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, \
                   made_at, signed_at, ended_at, heard_at, looks, next_look FROM mandate WHERE school_id = $1 AND id = $2 \
                   FOR UPDATE"
    };
    BY_NUMBER = "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, \
                 made_at, signed_at, ended_at, heard_at, looks, next_look FROM mandate WHERE number = $1";
    OF_GUARDIAN = "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, \
                   made_at, signed_at, ended_at, heard_at, looks, next_look FROM mandate \
                   WHERE school_id = $1 AND guardian_id = $2 ORDER BY id DESC LIMIT 50";
    OF_SCHOOL = "SELECT school_id, id, guardian_id, account_id, number, scene, state, channel_number, presented, word, \
                 made_at, signed_at, ended_at, heard_at, looks, next_look FROM mandate \
                 WHERE school_id = $1 AND (id < $2 OR $2 IS NULL) ORDER BY id DESC LIMIT $3";
    MOVE = "UPDATE mandate SET state = $3, channel_number = $4, presented = $5, word = $6, signed_at = $7, ended_at = $8, \
            heard_at = $9, looks = $10, next_look = $11 WHERE school_id = $1 AND id = $2";
    DUE = "SELECT school_id, id, next_look FROM mandate WHERE next_look <= $1 ORDER BY next_look LIMIT $2";
    TAKE_DUE = "UPDATE mandate SET next_look = $4 WHERE school_id = $1 AND id = $2 AND next_look = $3";
}

#[derive(Clone, Debug)]
pub(super) struct MandateRow {
    pub(super) school: SchoolId,
    pub(super) id: MandateId,
    pub(super) guardian: GuardianId,
    pub(super) account: ChannelAccountId,
    pub(super) number: String,
    pub(super) scene: Scene,
    pub(super) state: MandateState,
    /// What debits name.
    pub(super) channel_number: Option<String>,
    pub(super) presented: Option<Presented>,
    /// The channel's last one, for people.
    pub(super) word: String,
    pub(super) made_at: Timestamp,
    pub(super) signed_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) heard_at: Option<Timestamp>,
    pub(super) looks: i64,
    pub(super) next_look: Option<Timestamp>,
}

fn broken(what: &str) -> DbError {
    DbError::Broken(format!("a mandate has an unreadable {what}"))
}

fn mandate(row: &Row) -> Result<MandateRow, DbError> {
    let presented = row.opt_text(8)?;
    let presented = presented.map(|text| serde_json::from_str(&text).map_err(|_| broken("presentation")));
    Ok(MandateRow {
        school: row.id(0)?.into(),
        id: row.id(1)?.into(),
        guardian: row.id(2)?.into(),
        account: row.id(3)?.into(),
        number: row.text(4)?,
        scene: Scene::from_word(&row.text(5)?).ok_or_else(|| broken("scene"))?,
        state: MandateState::from_word(&row.text(6)?).ok_or_else(|| broken("state"))?,
        channel_number: row.opt_text(7)?,
        presented: presented.transpose()?,
        word: row.text(9)?,
        made_at: row.time(10)?,
        signed_at: row.opt_time(11)?,
        ended_at: row.opt_time(12)?,
        heard_at: row.opt_time(13)?,
        looks: row.int(14)?,
        next_look: row.opt_time(15)?,
    })
}

pub(super) fn insert(tx: &mut Tx<'_>, of: &MandateRow) -> Result<(), DbError> {
    let params = [
        of.school.into(),
        of.id.into(),
        of.guardian.into(),
        of.account.into(),
        of.number.as_str().into(),
        of.scene.word().into(),
        of.state.word().into(),
        of.made_at.into(),
        of.next_look.into(),
    ];
    tx.execute(&INSERT, &params).map(|_| ())
}

pub(super) fn find(tx: &mut Tx<'_>, school: SchoolId, id: MandateId) -> Result<Option<MandateRow>, DbError> {
    tx.opt(&FIND, &[school.into(), id.into()])?.map(|row| mandate(&row)).transpose()
}

/// Held until the unit ends.
pub(super) fn hold(tx: &mut Tx<'_>, school: SchoolId, id: MandateId) -> Result<Option<MandateRow>, DbError> {
    tx.opt(&HOLD, &[school.into(), id.into()])?.map(|row| mandate(&row)).transpose()
}

pub(super) fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<MandateRow>, DbError> {
    tx.opt(&BY_NUMBER, &[number.into()])?.map(|row| mandate(&row)).transpose()
}

pub(super) fn of_guardian(tx: &mut Tx<'_>, school: SchoolId, guardian: GuardianId) -> Result<Vec<MandateRow>, DbError> {
    tx.query(&OF_GUARDIAN, &[school.into(), guardian.into()])?.iter().map(mandate).collect()
}

/// Newest first.
pub(super) fn of_school(
    tx: &mut Tx<'_>,
    school: SchoolId,
    before: Option<MandateId>,
    limit: i64,
) -> Result<Vec<MandateRow>, DbError> {
    tx.query(&OF_SCHOOL, &[school.into(), before.into(), limit.into()])?.iter().map(mandate).collect()
}

pub(super) fn put(tx: &mut Tx<'_>, of: &MandateRow) -> Result<(), DbError> {
    let presented =
        of.presented.as_ref().map(|shown| serde_json::to_string(shown).expect("what is shown has texts only"));
    let params = [
        of.school.into(),
        of.id.into(),
        of.state.word().into(),
        of.channel_number.clone().into(),
        presented.into(),
        of.word.as_str().into(),
        of.signed_at.into(),
        of.ended_at.into(),
        of.heard_at.into(),
        of.looks.into(),
        of.next_look.into(),
    ];
    tx.execute(&MOVE, &params).map(|_| ())
}

/// Mandates that should be asked about, each taken by one asker only until `until`.
pub(super) fn take_due(
    tx: &mut Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<(SchoolId, MandateId)>, DbError> {
    let mut taken = Vec::new();
    for row in tx.query(&DUE, &[now.into(), limit.into()])? {
        let (school, id, look): (SchoolId, MandateId, i64) = (row.id(0)?.into(), row.id(1)?.into(), row.int(2)?);
        if tx.execute(&TAKE_DUE, &[school.into(), id.into(), look.into(), until.into()])? == 1 {
            taken.push((school, id));
        }
    }
    Ok(taken)
}
