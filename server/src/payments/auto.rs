//! Automatic top-up: the pure rule is asked after each happening and on a schedule; what is due becomes an ordinary
//! payment order whose way is a debit. The rule's row is held while it is decided, and the database lets a child have
//! one open automatic order at the most.

use super::auto_store::{self, RuleRow};
use super::begin::may_clear;
use super::mandate_store::{self, MandateRow};
use super::store::{self, AttemptRow, OrderRow};
use super::{account_store, engine, hear, numbers};
use crate::App;
use crate::guardians::watchers;
use crate::people;
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::outbox::{self, Happening};
use crate::policies;
use crate::schools::Facts;
use crate::wallets;
use serde_json::json;
use uuid::Uuid;
use yitong_channels::pay::Scene;
use yitong_payment::{
    AttemptState, AutoCaps, AutoFacts, MandateState, NotDue, ORDER_LIFE_MS, OrderState, RETRY_AFTER_MS, WINDOWS, due,
    next_look,
};
use yitong_rules::DayKind;
use yitong_values::{Cents, DAY_MS, PaymentOrderId, PersonId, SchoolId, Timestamp, Weekday};

const HOUR_MS: i64 = 3_600_000;
/// What nothing wakes is looked at again by then.
const LOOK_AGAIN_MS: i64 = 6 * HOUR_MS;
const UNDER_WAY_MS: i64 = 30 * 60_000;

/// A happening that may have lowered a balance: the rule is asked in the sweeper's next round.
pub fn wake_auto(tx: &mut Tx<'_>, school: SchoolId, person: PersonId, now: Timestamp) -> Result<(), DbError> {
    auto_store::wake(tx, school, person, now)
}

/// A day on which debits may be asked for: the school's calendar decides, and without one the days of the week.
fn is_workday(facts: Option<&Facts>, now: Timestamp) -> bool {
    let day = now.china_day();
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    match facts.map(|facts| facts.day_kind(day)) {
        Some(DayKind::MakeUp) => true,
        Some(DayKind::Closed) => false,
        Some(DayKind::Ordinary) | None => !weekend,
    }
}

/// The caps of the school.
pub(super) fn caps(tx: &mut Tx<'_>, school: SchoolId) -> Result<AutoCaps, DbError> {
    let policy = policies::load(tx, school)?.school.topup();
    Ok(AutoCaps { min: policy.min, single: policy.single_cap, balance: policy.balance_cap })
}

/// Everything that the rule wants to know, read in one unit.
fn facts(
    tx: &mut Tx<'_>,
    of: &RuleRow,
    mandate: Option<&MandateRow>,
    workday: bool,
    now: Timestamp,
) -> Result<AutoFacts, DbError> {
    let (school, person, day) = (of.school, of.person, now.china_day());
    let row = people::find_person(tx, school, person)?.filter(|row| row.status != "left");
    let account = wallets::load_account(tx, school, person)?;
    // Who is not tied to the child any more, or lost the right, pays for nothing.
    let may_pay =
        watchers(tx, school, person)?.iter().any(|of_child| of_child.guardian == of.guardian && of_child.rights.pay);
    let (coming, _) = store::coming(tx, school, person, PaymentOrderId::new(Uuid::nil()))?;
    let (tries_today, open) = auto_store::tries(tx, school, person, day)?;
    Ok(AutoFacts {
        person_here: row.is_some() && account.as_ref().is_some_and(|account| !account.frozen) && may_pay,
        mandate: mandate.map(|row| row.state),
        balance: account.as_ref().map_or(Cents::ZERO, |account| account.balance()),
        arrears: account.as_ref().map_or(Cents::ZERO, |account| account.arrears),
        coming,
        open,
        tries_today,
        refused_at: of.refused_at,
        month: auto_store::spent(tx, school, person, day)?,
        now,
        workday,
    })
}

/// When the rule is asked again if nothing wakes it.
fn look_after(why: NotDue, of: &RuleRow, now: Timestamp) -> Option<Timestamp> {
    match why {
        // Whoever changes it wakes the rule.
        NotDue::Paused | NotDue::NoMandate | NotDue::Suspended => None,
        NotDue::UnderWay => Some(now.plus_ms(UNDER_WAY_MS)),
        NotDue::EnoughMoney => Some(now.plus_ms(LOOK_AGAIN_MS)),
        NotDue::RefusedLately => Some(of.refused_at.unwrap_or(now).plus_ms(RETRY_AFTER_MS)),
        NotDue::OutsideWindow => Some(next_window(now)),
        NotDue::PersonGone | NotDue::TriesUsed | NotDue::MonthCap | NotDue::Caps => {
            Some(now.china_day().plus_days(1).start().plus_ms(WINDOWS[0].0 * HOUR_MS))
        }
    }
}

/// The next opening of a window; whether its day is a workday is asked then.
fn next_window(now: Timestamp) -> Timestamp {
    let start = now.china_day().start();
    let today = WINDOWS.iter().map(|(from, _)| start.plus_ms(from * HOUR_MS)).find(|at| *at > now);
    today.unwrap_or(start.plus_ms(DAY_MS + WINDOWS[0].0 * HOUR_MS))
}

/// What is to be debited, if anything is.
type Begun = Option<(OrderRow, AttemptRow, MandateRow)>;

struct Names {
    order: PaymentOrderId,
    event: Uuid,
}

fn begin(
    tx: &mut Tx<'_>,
    school: SchoolId,
    person: PersonId,
    workday: bool,
    now: Timestamp,
    names: &Names,
) -> Result<Begun, DbError> {
    let Some(mut of) = auto_store::hold_rule(tx, school, person)? else { return Ok(None) };
    let mandate = match of.mandate {
        Some(id) => mandate_store::find(tx, school, id)?,
        None => None,
    };
    let facts = facts(tx, &of, mandate.as_ref(), workday, now)?;
    let decided = due(&of.rule, &caps(tx, school)?, &facts);
    let mandate = match (decided, mandate) {
        (Ok(_), Some(mandate)) if can_be_debited(tx, school, &mandate)? => mandate,
        (decided, _) => {
            // An account that is paused or not allowed to clear any more is as good as no mandate; it is looked at
            // daily.
            let why = decided.err();
            of.why = why.map_or("channel_gone", NotDue::word).to_owned();
            of.next_look = why.map_or(Some(now.plus_ms(DAY_MS)), |why| look_after(why, &of, now));
            auto_store::put_rule(tx, &of)?;
            return Ok(None);
        }
    };
    let amount = decided.unwrap_or(Cents::ZERO);
    let expires_at = now.plus_ms(ORDER_LIFE_MS);
    let order = OrderRow {
        school,
        id: names.order,
        person,
        guardian: Some(of.guardian),
        amount,
        state: OrderState::Created,
        alarm: false,
        payer_ip: "127.0.0.1".to_owned(),
        made_at: now,
        expires_at,
        paid_at: None,
        looks: 0,
        next_look: Some(next_look(0, now, expires_at)),
    };
    let attempt = AttemptRow {
        order: names.order,
        school,
        seq: 1,
        number: numbers::attempt(names.order, 1),
        account: mandate.account,
        scene: Scene::Auto,
        payer: None,
        // Written down as sent before it is: from now on the channel may know it.
        state: AttemptState::Sent,
        channel_number: None,
        presented: None,
        word: String::new(),
        heard_at: None,
    };
    store::insert_order(tx, &order)?;
    store::insert_attempt(tx, &attempt)?;
    auto_store::insert_debit(tx, school, order.id, person, mandate.id, now.china_day(), amount)?;
    hear::note(tx, &order, names.event, now, "made", OrderState::Created, "auto", None)?;
    of.why = NotDue::UnderWay.word().to_owned();
    of.next_look = Some(now.plus_ms(UNDER_WAY_MS));
    auto_store::put_rule(tx, &of)?;
    Ok(Some((order, attempt, mandate)))
}

/// Its account takes orders, and may clear for this school.
fn can_be_debited(tx: &mut Tx<'_>, school: SchoolId, mandate: &MandateRow) -> Result<bool, DbError> {
    let account = account_store::find(tx, mandate.account)?.filter(|of| of.school == school && of.active);
    let Some(account) = account else { return Ok(false) };
    Ok(mandate.state == MandateState::Signed && may_clear(tx, school, &account.clearing_org)?)
}

/// Asks the rule, and debits what is due.
pub(super) async fn consider(app: &App, school: SchoolId, person: PersonId) -> Result<(), DbError> {
    let facts = app.schools.get(&app.db, school).await?;
    let now = app.now();
    let workday = is_workday(facts.as_deref(), now);
    let names = Names { order: PaymentOrderId::new(app.new_id()), event: app.new_id() };
    let unit = move |tx: &mut Tx<'_>| begin(tx, school, person, workday, now, &names);
    let Some((order, attempt, mandate)) = app.db.write_locking("begin an automatic top-up", unit).await? else {
        return Ok(());
    };
    let Some(account) = app.payments.connectors.get(app, attempt.account).await? else { return Ok(()) };
    engine::debit(app, &account, &order, &attempt, &mandate).await.map(|_| ())
}

/// The first word of what a refused debit said; what we have no word for is silence.
pub(super) fn refusal(word: &str) -> &'static str {
    const KNOWN: [&str; 4] = ["not_enough", "mandate_gone", "limit", "refused"];
    let first = word.split(' ').next().unwrap_or_default();
    // A debit that was taken and failed later: its state says no more.
    let first = if first == "Failed" { "refused" } else { first };
    KNOWN.into_iter().find(|known| *known == first).unwrap_or("no_word")
}

/// An order was heard of: one that is over lets the next one begin, and one without money is told.
pub(super) fn heard(
    tx: &mut Tx<'_>,
    order: &OrderRow,
    attempt: &AttemptRow,
    now: Timestamp,
    happening: Uuid,
) -> Result<(), DbError> {
    if order.state.is_open() || !auto_store::close_debit(tx, order.school, order.id)? {
        return Ok(());
    }
    let Some(mut of) = auto_store::hold_rule(tx, order.school, order.person)? else { return Ok(()) };
    if order.state.is_paid() {
        (of.refused_at, of.refused_why, of.why) = (None, None, String::new());
        // The rest of what was missing, where a cap cut it.
        of.next_look = Some(now.plus_ms(UNDER_WAY_MS));
        return auto_store::put_rule(tx, &of);
    }
    let why = refusal(&attempt.word);
    of.refused_at = Some(now);
    of.refused_why = Some(why.to_owned());
    of.next_look = Some(now.plus_ms(RETRY_AFTER_MS));
    auto_store::put_rule(tx, &of)?;
    // The channel says more about the mandate than about the debit.
    if let Some(id) = auto_store::mandate_of(tx, order.school, order.id)?
        && let Some(mut mandate) = mandate_store::hold(tx, order.school, id)?
        && mandate.state.is_alive()
    {
        mandate.next_look = Some(now);
        mandate_store::put(tx, &mandate)?;
    }
    let body = json!({"order": order.id.to_string(), "fen": order.amount.fen(), "why": why});
    let told = Happening {
        school: order.school,
        id: happening,
        topic: "auto_refused".into(),
        person: Some(order.person),
        body: body.to_string(),
        at: now,
    };
    outbox::queue(tx, &[told])
}

/// What the first page shows: on, paused, unsigned, or refused.
pub fn auto_state(tx: &mut Tx<'_>, school: SchoolId, person: PersonId) -> Result<Option<&'static str>, DbError> {
    let Some(of) = auto_store::find_rule(tx, school, person)? else { return Ok(None) };
    let mandate = match of.mandate {
        Some(id) => mandate_store::find(tx, school, id)?.map(|row| row.state),
        None => None,
    };
    Ok(Some(match mandate {
        _ if of.rule.paused => "paused",
        Some(MandateState::Suspended) => "paused",
        Some(MandateState::Signed) if of.refused_at.is_some() => "refused",
        Some(MandateState::Signed) => "on",
        _ => "unsigned",
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_window_opens_today_or_tomorrow() {
        let start = Timestamp::from_ms(1_795_492_800_000).china_day().start();
        let check = |hour: i64, opens: i64| {
            assert_eq!(next_window(start.plus_ms(hour * HOUR_MS)), start.plus_ms(opens * HOUR_MS), "{hour}");
        };
        check(0, 6);
        check(8, 11);
        check(15, 16);
        check(21, 30);
    }

    #[test]
    fn a_refusal_is_its_first_word() {
        assert_eq!(refusal("not_enough ACQ.BUYER_BALANCE_NOT_ENOUGH …"), "not_enough");
        assert_eq!((refusal("Failed"), refusal("absent"), refusal("")), ("refused", "no_word", "no_word"));
    }
}
