//! A payment order at its start: who may pay how much where, decided and written down before any channel hears of it.

use super::account_store;
use super::accounts::AccountKind;
use super::numbers;
use super::store::{self, AttemptRow, OrderRow};
use super::{engine, hear};
use crate::App;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::policies;
use crate::wallets;
use uuid::Uuid;
use yitong_channels::pay::Scene;
use yitong_payment::{AttemptState, ORDER_LIFE_MS, OrderState, next_look};
use yitong_rules::{TopupRefusal, decide_topup};
use yitong_values::{Cents, ChannelAccountId, GuardianId, PaymentOrderId, PersonId, SchoolId, Timestamp};

/// Orders of one person that may be open at once: somebody who tries another channel needs two or three.
pub const OPEN_ORDERS_MAX: i64 = 5;

#[derive(Clone, Debug)]
pub(super) struct Begin {
    pub(super) school: SchoolId,
    pub(super) id: PaymentOrderId,
    pub(super) person: PersonId,
    pub(super) guardian: Option<GuardianId>,
    pub(super) amount: Cents,
    pub(super) account: ChannelAccountId,
    pub(super) scene: Scene,
    /// What the connector of the account offers.
    pub(super) offered: &'static [Scene],
    /// The payer's id at the channel, where the scene needs it.
    pub(super) payer: Option<String>,
    pub(super) payer_ip: String,
    pub(super) now: Timestamp,
    pub(super) event: Uuid,
}

/// Ordered by precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BeginRefusal {
    NameTaken,
    NoSuchPerson,
    PersonLeft,
    NoSuchAccount,
    /// The school lets another organisation clear its payments.
    Clearing,
    Scene,
    /// Inside an app the channel must know who pays: sign in there first.
    PayerUnknown,
    TooManyOpen,
    Topup(TopupRefusal),
}

/// The order, made now or before, and the attempt that is to be presented.
pub(super) fn begin(tx: &mut Tx<'_>, ask: &Begin) -> Result<Result<(OrderRow, AttemptRow), BeginRefusal>, DbError> {
    if let Some(known) = store::hold_order(tx, ask.school, ask.id)? {
        return again(tx, ask, known);
    }
    if wallets::find_entry(tx, ask.school, ask.id.uuid().into())?.is_some() {
        return Ok(Err(BeginRefusal::NameTaken));
    }
    let Some(person) = people::find_person(tx, ask.school, ask.person)? else {
        return Ok(Err(BeginRefusal::NoSuchPerson));
    };
    if person.status == "left" {
        return Ok(Err(BeginRefusal::PersonLeft));
    }
    if let Err(refusal) = channel(tx, ask)? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = caps(tx, ask)? {
        return Ok(Err(refusal));
    }
    let expires_at = ask.now.plus_ms(ORDER_LIFE_MS);
    let order = OrderRow {
        school: ask.school,
        id: ask.id,
        person: ask.person,
        guardian: ask.guardian,
        amount: ask.amount,
        state: OrderState::Created,
        alarm: false,
        payer_ip: ask.payer_ip.clone(),
        made_at: ask.now,
        expires_at,
        paid_at: None,
        looks: 0,
        // Should nobody live to present it, it is asked about.
        next_look: Some(next_look(0, ask.now, expires_at)),
    };
    store::insert_order(tx, &order)?;
    let attempt = new_attempt(ask, 1);
    store::insert_attempt(tx, &attempt)?;
    hear::note(tx, &order, ask.event, ask.now, "made", OrderState::Created, "", None)?;
    Ok(Ok((order, attempt)))
}

fn new_attempt(ask: &Begin, seq: i64) -> AttemptRow {
    AttemptRow {
        order: ask.id,
        school: ask.school,
        seq,
        number: numbers::attempt(ask.id, seq),
        account: ask.account,
        scene: ask.scene,
        payer: ask.payer.clone(),
        // Written down as sent before it is: from now on the channel may know it.
        state: AttemptState::Sent,
        channel_number: None,
        presented: None,
        word: String::new(),
        heard_at: None,
    }
}

/// The same name again: the same way to pay is shown again, another way becomes another attempt of the same order.
fn again(
    tx: &mut Tx<'_>,
    ask: &Begin,
    known: OrderRow,
) -> Result<Result<(OrderRow, AttemptRow), BeginRefusal>, DbError> {
    if known.person != ask.person || known.amount != ask.amount || known.guardian != ask.guardian {
        return Ok(Err(BeginRefusal::NameTaken));
    }
    let attempts = store::attempts(tx, ask.school, ask.id)?;
    let same = attempts.iter().find(|attempt| attempt.account == ask.account && attempt.scene == ask.scene);
    if let Some(attempt) = same {
        return Ok(Ok((known, attempt.clone())));
    }
    let last = attempts.last().cloned().ok_or_else(|| DbError::Broken("a payment order has no attempt".into()))?;
    // An order that is over is shown as it is.
    if !known.state.is_open() || known.state == OrderState::Closing || ask.now >= known.expires_at {
        return Ok(Ok((known, last)));
    }
    if let Err(refusal) = channel(tx, ask)? {
        return Ok(Err(refusal));
    }
    if last.seq >= numbers::ATTEMPTS_MAX {
        return Ok(Err(BeginRefusal::TooManyOpen));
    }
    let attempt = new_attempt(ask, last.seq + 1);
    store::insert_attempt(tx, &attempt)?;
    let word = format!("{} {}", last.scene.word(), ask.scene.word());
    hear::note(tx, &known, ask.event, ask.now, "another_way", known.state, &word, None)?;
    Ok(Ok((known, attempt)))
}

fn channel(tx: &mut Tx<'_>, ask: &Begin) -> Result<Result<AccountKind, BeginRefusal>, DbError> {
    let account = account_store::find(tx, ask.account)?.filter(|of| of.school == ask.school && of.active);
    let Some(account) = account else { return Ok(Err(BeginRefusal::NoSuchAccount)) };
    if !may_clear(tx, ask.school, &account.clearing_org)? {
        return Ok(Err(BeginRefusal::Clearing));
    }
    if !ask.offered.contains(&ask.scene) {
        return Ok(Err(BeginRefusal::Scene));
    }
    if ask.scene == Scene::InApp && ask.payer.is_none() {
        return Ok(Err(BeginRefusal::PayerUnknown));
    }
    Ok(Ok(account.kind))
}

/// Whether the school lets this organisation clear its payments. No list: anybody.
pub(super) fn may_clear(tx: &mut Tx<'_>, school: SchoolId, clearing_org: &str) -> Result<bool, DbError> {
    let allowed = account_store::policy(tx, school)?.clearing_orgs;
    Ok(allowed.is_empty() || allowed.iter().any(|org| org == clearing_org))
}

/// The caps of a top-up, with what is on its way counted as if it were there.
fn caps(tx: &mut Tx<'_>, ask: &Begin) -> Result<Result<(), BeginRefusal>, DbError> {
    let (coming, open) = store::coming(tx, ask.school, ask.person, ask.id)?;
    if open >= OPEN_ORDERS_MAX {
        return Ok(Err(BeginRefusal::TooManyOpen));
    }
    let Some(state) = wallets::load_account(tx, ask.school, ask.person)? else {
        return Ok(Err(BeginRefusal::NoSuchPerson));
    };
    let policy = policies::load(tx, ask.school)?.school.topup();
    let balance = state.balance().plus(coming).map_err(|_| DbError::Broken("a balance is too large".into()))?;
    Ok(decide_topup(ask.amount, balance, state.arrears, &policy).map(|_| ()).map_err(BeginRefusal::Topup))
}

/// An order without a guardian, shown as a QR code: what a measurement pays. Its number at the channel.
pub async fn open_order(
    app: &App,
    school: SchoolId,
    person: PersonId,
    account: ChannelAccountId,
    amount: Cents,
) -> Result<String, Box<dyn std::error::Error>> {
    let ready = app.payments.connectors.get(app, account).await?.ok_or("there is no such channel account")?;
    let begin = Begin {
        school,
        id: PaymentOrderId::new(app.new_id()),
        person,
        guardian: None,
        amount,
        account,
        scene: Scene::Qr,
        offered: ready.connector.scenes(),
        payer: None,
        payer_ip: "127.0.0.1".to_owned(),
        now: app.now(),
        event: app.new_id(),
    };
    let begun = app.db.write_locking("begin a payment order", move |tx| self::begin(tx, &begin)).await?;
    let (order, attempt) = begun.map_err(|refusal| format!("an order was refused: {refusal:?}"))?;
    engine::present(app, &ready, &order, &attempt).await?;
    Ok(attempt.number)
}

/// How many orders of an account are paid and booked.
pub async fn paid_by(app: &App, school: SchoolId, account: ChannelAccountId) -> Result<i64, DbError> {
    app.db.read(move |tx| store::paid_by(tx, school, account)).await
}
