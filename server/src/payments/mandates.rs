//! Mandates at their channels: shown, asked about, ended. As with orders, each call is a unit before it, the call, and
//! a unit after it with what was heard.

use super::accounts::Ready;
use super::auto_store;
use super::engine::{call, moment, short};
use super::mandate_store::{self, MandateRow};
use crate::App;
use crate::plumbing::db::{DbError, Tx};
use yitong_channels::Outcome;
use yitong_channels::pay::mandate::{ChannelMandate, Mandate, MandateKey, MandateState as There, Mandates};
use yitong_channels::pay::{Presented, Start};
use yitong_payment::{
    EXPIRY_GRACE_MS, MandateSaid, MandateState, ORDER_LIFE_MS, Wish, hear_mandate, next_look, refund_look, wish,
};
use yitong_values::{Cents, DAY_MS, MandateId, SchoolId, Timestamp};

/// One that is signed is asked about so often: an end whose call-back was lost is noticed.
const SIGNED_LOOK_MS: i64 = DAY_MS;

#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) said: MandateSaid,
    pub(super) word: String,
    pub(super) channel_number: Option<String>,
    pub(super) presented: Option<Presented>,
    pub(super) at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

impl Word {
    fn nothing(word: impl Into<String>, now: Timestamp) -> Word {
        Word { said: MandateSaid::Nothing, word: word.into(), channel_number: None, presented: None, at: None, now }
    }
}

pub(super) fn key(of: &MandateRow) -> MandateKey {
    MandateKey { number: of.number.clone(), channel_number: of.channel_number.clone() }
}

/// Nobody can agree any more: the page was shown too long ago.
fn is_late(of: &MandateRow, now: Timestamp) -> bool {
    now.since(of.made_at) > ORDER_LIFE_MS + EXPIRY_GRACE_MS
}

/// What the channel's word about a mandate means to us.
pub(super) fn said(row: &MandateRow, of: &ChannelMandate, now: Timestamp) -> MandateSaid {
    let final_word = is_late(row, now);
    match of.state {
        There::Absent => MandateSaid::Absent { final_word },
        There::Waiting => MandateSaid::Waiting { final_word },
        There::Signed => MandateSaid::Signed,
        There::Ended => MandateSaid::Ended,
    }
}

/// What was heard becomes the next state. However it was heard: an answer, a call-back, a query.
pub(super) fn take(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: MandateId,
    word: &Word,
) -> Result<Option<MandateRow>, DbError> {
    let Some(mut row) = mandate_store::hold(tx, school, id)? else { return Ok(None) };
    let before = row.state;
    row.state = hear_mandate(before, word.said);
    row.heard_at = Some(word.now);
    if word.said != MandateSaid::Nothing || row.word.is_empty() {
        row.word = short(&word.word);
    }
    row.channel_number = word.channel_number.clone().or(row.channel_number);
    row.presented = word.presented.clone().or(row.presented).filter(|_| row.state.is_open());
    if row.state == MandateState::Signed && row.signed_at.is_none() {
        row.signed_at = Some(word.at.unwrap_or(word.now));
    }
    if row.state == MandateState::Terminated && row.ended_at.is_none() {
        row.ended_at = Some(word.at.filter(|_| word.said == MandateSaid::Ended).unwrap_or(word.now));
    }
    row.looks += 1;
    row.next_look = look_after(&row, word.now);
    mandate_store::put(tx, &row)?;
    if before != row.state {
        auto_store::wake_mandate(tx, school, id, word.now)?;
    }
    Ok(Some(row))
}

fn look_after(row: &MandateRow, now: Timestamp) -> Option<Timestamp> {
    match row.state {
        MandateState::Init | MandateState::Signing => {
            Some(next_look(row.looks, now, row.made_at.plus_ms(ORDER_LIFE_MS + EXPIRY_GRACE_MS + 1)))
        }
        MandateState::Signed | MandateState::Suspended => Some(now.plus_ms(SIGNED_LOOK_MS)),
        MandateState::Ending => Some(refund_look(row.looks, now)),
        MandateState::Terminated | MandateState::Expired => None,
    }
}

/// What somebody wants of it. `None`: it can't be done in its state.
pub(super) fn take_wish(
    tx: &mut Tx<'_>,
    school: SchoolId,
    id: MandateId,
    what: Wish,
    now: Timestamp,
) -> Result<Option<MandateRow>, DbError> {
    let Some(mut row) = mandate_store::hold(tx, school, id)? else { return Ok(None) };
    let Some(next) = wish(row.state, what) else { return Ok(None) };
    if next != row.state {
        row.state = next;
        row.looks = 0;
        row.next_look = if next == MandateState::Ending { Some(now) } else { look_after(&row, now) };
        mandate_store::put(tx, &row)?;
        auto_store::wake_mandate(tx, school, id, now)?;
    }
    Ok(Some(row))
}

async fn write(app: &App, of: &MandateRow, word: Word) -> Result<Option<MandateRow>, DbError> {
    let (school, id) = (of.school, of.id);
    app.db.write_locking("hear about a mandate", move |tx| take(tx, school, id, &word)).await
}

/// What the channel's page is told beside the mandate.
pub(super) struct Show {
    pub(super) payer: Option<String>,
    pub(super) single_cap: Cents,
    /// The page of the parents' app that the browser comes back to.
    pub(super) back: String,
}

/// Shows the channel's page, or shows it again under the same number.
pub(super) async fn present(
    app: &App,
    account: &Ready,
    row: &MandateRow,
    show: Show,
) -> Result<Option<MandateRow>, DbError> {
    let at = moment(app);
    let Some(mandates) = account.connector.mandates() else { return Ok(None) };
    let base = app.config.public_base();
    let asked = Mandate {
        number: row.number.clone(),
        scene: row.scene,
        shown_as: format!("校园一通 {}", &row.number[row.number.len().saturating_sub(6)..]),
        single_cap: show.single_cap,
        made_at: row.made_at,
        notify_url: format!("{base}/api/v1/channels/{}/notify", row.account),
        return_url: format!("{base}/parent{}", show.back),
        payer: show.payer,
    };
    let shown = |presented| Word {
        said: MandateSaid::Waiting { final_word: false },
        presented: Some(presented),
        ..Word::nothing("", at.now)
    };
    let refused = |word: String| Word { said: MandateSaid::Refused, ..Word::nothing(word, at.now) };
    let word = match mandates.sign(&asked, &at) {
        Err(why) => refused(format!("misuse {why}")),
        Ok(Start::Show(presented)) => shown(presented),
        Ok(Start::Send(request)) => match call(app, Ok(request)).await {
            Err(why) => Word::nothing(why, at.now),
            Ok(reply) => match mandates.sign_begun(&asked, &reply, &at) {
                Outcome::Done(presented) => shown(presented),
                Outcome::Refused { code, message } => refused(format!("{code} {message}")),
                Outcome::Unknown { why } => Word::nothing(why, at.now),
            },
        },
    };
    write(app, row, word).await
}

async fn ask(app: &App, mandates: &dyn Mandates, row: &MandateRow) -> Word {
    let at = moment(app);
    match call(app, mandates.query_mandate(&key(row), &at)).await {
        Err(why) => Word::nothing(why, at.now),
        Ok(reply) => match mandates.mandate_queried(&key(row), &reply, &at) {
            Outcome::Done(of) => Word {
                said: said(row, &of, at.now),
                word: format!("{:?}", of.state),
                channel_number: of.channel_number.clone(),
                presented: None,
                at: of.at,
                now: at.now,
            },
            Outcome::Refused { code, message } => Word::nothing(format!("{code} {message}"), at.now),
            Outcome::Unknown { why } => Word::nothing(why, at.now),
        },
    }
}

/// Asks to end it. What the channel refuses or leaves open is asked about instead.
async fn end(app: &App, mandates: &dyn Mandates, row: &MandateRow) -> Word {
    let at = moment(app);
    let outcome = match call(app, mandates.end_mandate(&key(row), &at)).await {
        Err(_) => None,
        Ok(reply) => match mandates.mandate_ended(&key(row), &reply, &at) {
            Outcome::Done(There::Ended) => Some(MandateSaid::Ended),
            _ => None,
        },
    };
    match outcome {
        Some(said) => Word { said, ..Word::nothing("ended", at.now) },
        None => ask(app, mandates, row).await,
    }
}

/// Asks the channel about a mandate, or to end one that is to be ended.
pub(super) async fn look_at(app: &App, school: SchoolId, id: MandateId) -> Result<Option<MandateRow>, DbError> {
    let Some(row) = app.db.read(move |tx| mandate_store::find(tx, school, id)).await? else { return Ok(None) };
    let Some(account) = app.payments.connectors.get(app, row.account).await? else {
        tracing::error!(mandate = %id, account = %row.account, "a mandate's channel account can't be used");
        return Ok(Some(row));
    };
    let Some(mandates) = account.connector.mandates() else {
        tracing::error!(mandate = %id, account = %row.account, "the settings of a mandate's account name no product");
        return Ok(Some(row));
    };
    let word = match row.state {
        MandateState::Ending => end(app, mandates, &row).await,
        _ => ask(app, mandates, &row).await,
    };
    write(app, &row, word).await
}
