//! The decision: every rule is looked at in the order of precedence, and the first refusal is the answer.

use crate::policy::stricter;
use crate::{
    Ask, By, Counters, CredentialState, DayKind, Known, LastPurchase, MealPeriod, Mode, PersonState, Policy, Refusal,
    Span, Trace, TraceLine, period_at,
};
use yitong_values::{Cents, MealPeriodId};

/// Where the money comes from, and what is true after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    /// Slot and amount, only what is above zero.
    pub from: Vec<(u8, Cents)>,
    pub arrears: Cents,
    pub charged: Cents,
    pub period: Option<MealPeriodId>,
    pub counters: Counters,
}

/// Something that the cashier has to say before it can be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    Duplicate {
        seconds_ago: u32,
    },
    /// The code was at another place just now: is this the person of the photo?
    PhotoCheck {
        seconds_ago: u32,
    },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Allow(Split),
    Ask(Question),
    Refuse(Refusal),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub verdict: Verdict,
    pub trace: Trace,
}

/// May this purchase be made, and from which wallets.
pub fn decide(ask: &Ask, known: &Known, policy: &Policy<'_>) -> Decision {
    let mut trace = Vec::with_capacity(14);
    let verdict = match look(ask, known, policy, &mut trace) {
        Ok(verdict) => verdict,
        Err(refusal) => Verdict::Refuse(refusal),
    };
    Decision { verdict, trace: Trace(trace) }
}

type Lines = Vec<TraceLine>;

fn look(ask: &Ask, known: &Known, policy: &Policy<'_>, trace: &mut Lines) -> Result<Verdict, Refusal> {
    credential(known.credential, trace)?;
    person(known, policy, trace)?;
    let period = when(ask, policy, trace)?;
    let charged = if ask.mode == Mode::Count || period.is_some_and(|p| p.free) { Cents::ZERO } else { ask.amount };
    what(ask, known, policy, charged, trace)?;
    let meal = period.map(|period| period.id);
    limits(ask, known, policy, meal, charged, trace)?;
    let (from, arrears) = pay(ask, known, policy, charged, trace)?;
    if let Some(question) = duplicate(ask, known, policy, charged, trace) {
        return Ok(Verdict::Ask(question));
    }
    if let Some(question) = copied(ask, known, policy, trace) {
        return Ok(Verdict::Ask(question));
    }
    let last = LastPurchase { stall: ask.stall, amount: charged, at: ask.at };
    let counters = known.counters.add(ask.at.china_day(), meal, last);
    Ok(Verdict::Allow(Split { from, arrears, charged, period: meal, counters }))
}

fn credential(state: CredentialState, trace: &mut Lines) -> Result<(), Refusal> {
    let refusal = match state {
        CredentialState::Active | CredentialState::PickedByCashier => None,
        CredentialState::Unknown => Some(Refusal::CodeUnknown),
        CredentialState::Lost => Some(Refusal::CodeLost),
        CredentialState::Replaced => Some(Refusal::CodeReplaced),
        CredentialState::Expired => Some(Refusal::CodeExpired),
        CredentialState::Stale { seconds } => Some(Refusal::CodeStale { seconds }),
        CredentialState::Used => Some(Refusal::CodeUsed),
    };
    let picked = state == CredentialState::PickedByCashier;
    trace.push(TraceLine::Credential { ok: refusal.is_none(), picked });
    refusal.map_or(Ok(()), Err)
}

fn person(known: &Known, policy: &Policy<'_>, trace: &mut Lines) -> Result<(), Refusal> {
    trace.push(TraceLine::Person { ok: known.person == PersonState::Active });
    match known.person {
        PersonState::Active => {}
        PersonState::Left => return Err(Refusal::PersonLeft),
        PersonState::Suspended => return Err(Refusal::PersonSuspended),
    }
    let frozen = match (known.frozen, policy.guardian.frozen) {
        (true, _) => Some(By::School),
        (false, true) => Some(By::Guardian),
        (false, false) => None,
    };
    trace.push(TraceLine::Frozen { ok: frozen.is_none(), by: frozen.unwrap_or_default() });
    frozen.map_or(Ok(()), |by| Err(Refusal::AccountFrozen { by }))
}

fn when<'a>(ask: &Ask, policy: &Policy<'a>, trace: &mut Lines) -> Result<Option<&'a MealPeriod>, Refusal> {
    let open = policy.day != DayKind::Closed;
    trace.push(TraceLine::SchoolDay { ok: open || !policy.require_meal_period });
    if !open && policy.require_meal_period {
        return Err(Refusal::ClosedToday);
    }
    let period = period_at(policy.periods, policy.day, ask.at);
    let ok = period.is_some() || !policy.require_meal_period;
    trace.push(TraceLine::MealPeriod { ok, served: period.is_some() });
    if ok { Ok(period) } else { Err(Refusal::OutsideMealPeriod) }
}

fn what(ask: &Ask, known: &Known, policy: &Policy<'_>, charged: Cents, trace: &mut Lines) -> Result<(), Refusal> {
    if let Some((cap, by)) = stricter(Some(policy.purchase_cap), policy.guardian.purchase_cap) {
        let ok = charged <= cap;
        trace.push(TraceLine::PurchaseCap { ok, amount: charged, cap, by });
        if !ok {
            return Err(Refusal::OverPurchaseCap { cap, by });
        }
    }
    let listed = |lists: [(&[String], By); 2], words: &mut dyn Iterator<Item = &String>| {
        let words: Vec<_> = words.collect();
        let named = |(list, by): &(&[String], By)| words.iter().find(|w| list.contains(w)).map(|w| ((*w).clone(), *by));
        lists.iter().find_map(named)
    };
    let no_buy = [(policy.no_buy_categories, By::School), (policy.guardian.no_buy_categories, By::Guardian)];
    if no_buy.iter().any(|(list, _)| !list.is_empty()) {
        let found = listed(no_buy, &mut ask.lines.iter().map(|line| &line.category));
        let by = found.as_ref().map_or(By::School, |(_, by)| *by);
        trace.push(TraceLine::Categories { ok: found.is_none(), by });
        if let Some((category, by)) = found {
            return Err(Refusal::CategoryNotAllowed { category, by });
        }
    }
    let allergens = [(known.allergens.as_slice(), By::School), (policy.guardian.allergens, By::Guardian)];
    if allergens.iter().any(|(list, _)| !list.is_empty()) {
        let found = listed(allergens, &mut ask.lines.iter().flat_map(|line| &line.allergens));
        let by = found.as_ref().map_or(By::School, |(_, by)| *by);
        trace.push(TraceLine::Allergens { ok: found.is_none(), by });
        if let Some((allergen, by)) = found {
            return Err(Refusal::Allergen { allergen, by });
        }
    }
    Ok(())
}

fn limits(
    ask: &Ask,
    known: &Known,
    policy: &Policy<'_>,
    meal: Option<MealPeriodId>,
    charged: Cents,
    trace: &mut Lines,
) -> Result<(), Refusal> {
    let (meal_counter, day_counter, month_counter) = known.counters.at(ask.at.china_day(), meal);
    // Outside every meal period there is no meal to count.
    let (of_meal, guardian_meal) =
        if meal.is_some() { (policy.limits.meal, policy.guardian.meal) } else { Default::default() };
    let all = [
        (Span::Meal, meal_counter, of_meal, guardian_meal),
        (Span::Day, day_counter, policy.limits.day, policy.guardian.day),
        (Span::Month, month_counter, policy.limits.month, None),
    ];
    for (span, counter, limit, _) in all {
        let Some(limit) = limit.count else { continue };
        let ok = counter.count < limit;
        trace.push(TraceLine::Count { ok, span, count: counter.count, limit });
        if !ok {
            return Err(match span {
                Span::Meal => Refusal::OverMealCount { limit },
                Span::Day => Refusal::OverDayCount { limit },
                Span::Month => Refusal::OverMonthCount { limit },
            });
        }
    }
    for (span, counter, limit, guardian) in all {
        let Some((limit, by)) = stricter(limit.amount, guardian) else { continue };
        let spent = counter.amount;
        let ok = spent.plus(charged).is_ok_and(|after| after <= limit);
        trace.push(TraceLine::Amount { ok, span, spent, limit, by });
        if !ok {
            return Err(match span {
                Span::Meal => Refusal::OverMealAmount { limit, spent, by },
                Span::Day => Refusal::OverDayAmount { limit, spent, by },
                Span::Month => Refusal::OverMonthAmount { limit, spent },
            });
        }
    }
    Ok(())
}

type Parts = (Vec<(u8, Cents)>, Cents);

fn pay(ask: &Ask, known: &Known, policy: &Policy<'_>, charged: Cents, trace: &mut Lines) -> Result<Parts, Refusal> {
    if charged.is_zero() {
        trace.push(TraceLine::Free);
        return Ok((Vec::new(), Cents::ZERO));
    }
    let mut left = charged.fen();
    let mut from = Vec::with_capacity(known.wallets.len());
    for wallet in &known.wallets {
        let part = left.min(wallet.usable.fen()).min(wallet.balance.fen()).max(0);
        if part > 0 {
            from.push((wallet.slot, Cents::new(part)));
            left -= part;
        }
    }
    let balance = Cents::new(charged.fen() - left);
    let missing = Cents::new(left);
    let shown = if left == 0 { known.wallets.iter().map(|w| w.usable.fen()).sum() } else { balance.fen() };
    trace.push(TraceLine::Balance { ok: left == 0, balance: Cents::new(shown), amount: charged });
    if left == 0 {
        return Ok((from, Cents::ZERO));
    }
    let after = known.arrears.plus(missing).unwrap_or(Cents::new(i64::MAX));
    let within = policy.arrears.allowed && after <= policy.arrears.cap;
    if !ask.collect_later {
        return Err(Refusal::TooLittleMoney { missing, may_collect_later: within });
    }
    trace.push(TraceLine::CollectLater { ok: within, arrears: after, cap: policy.arrears.cap });
    match (policy.arrears.allowed, within) {
        (false, _) => Err(Refusal::TooLittleMoney { missing, may_collect_later: false }),
        (true, false) => Err(Refusal::ArrearsCap { cap: policy.arrears.cap }),
        (true, true) => Ok((from, missing)),
    }
}

fn duplicate(ask: &Ask, known: &Known, policy: &Policy<'_>, charged: Cents, trace: &mut Lines) -> Option<Question> {
    let last = known.counters.last?;
    let ago = ask.at.since(last.at);
    let same = last.stall == ask.stall && last.amount == charged && ago.abs() < policy.duplicate_window_ms;
    if !same {
        return None;
    }
    let seconds_ago = u32::try_from(ago.abs() / 1000).unwrap_or(u32::MAX);
    trace.push(TraceLine::Duplicate { ok: ask.duplicate_confirmed, seconds: seconds_ago });
    (!ask.duplicate_confirmed).then_some(Question::Duplicate { seconds_ago })
}

/// One printed code at two places sooner than a child can walk.
fn copied(ask: &Ask, known: &Known, policy: &Policy<'_>, trace: &mut Lines) -> Option<Question> {
    let last = known.counters.last?;
    if !known.copyable || last.stall == ask.stall {
        return None;
    }
    let window = if known.last_was_near { policy.copies.near_window_ms } else { policy.copies.window_ms };
    let ago = ask.at.since(last.at).abs();
    if ago >= window {
        return None;
    }
    let seconds_ago = u32::try_from(ago / 1000).unwrap_or(u32::MAX);
    trace.push(TraceLine::Elsewhere { ok: ask.photo_checked, seconds: seconds_ago });
    (policy.copies.photo_check && !ask.photo_checked).then_some(Question::PhotoCheck { seconds_ago })
}
