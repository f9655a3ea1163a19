//! A purchase as its guardian reads it: place, dishes, what was left, and why.

use super::history::Undone;
use super::meals::{self, Eaten};
use crate::guardians::GuardianRow;
use crate::notices::Locale;
use crate::plumbing::http::Money;
use crate::purchases::{Kept, KeptItem, Listed};
use crate::schools::Facts;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use yitong_ledger::Entry;
use yitong_values::StallId;

pub(super) fn locale(guardian: &GuardianRow) -> Locale {
    Locale::from_word(&guardian.locale)
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianPurchase)]
pub(super) struct PurchaseLine {
    pub(super) id: Uuid,
    at: String,
    business_day: String,
    amount: Money,
    /// 第一食堂 · 面点
    place: String,
    /// The meal period's name.
    period: Option<String>,
    items: Vec<PurchaseLineItem>,
    /// As it stood right after; null when it was refused.
    balance_after: Option<Money>,
    /// booked, undone or refused
    state: &'static str,
    /// Why it was refused.
    reason_zh: Option<String>,
    reason_en: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = GuardianPurchaseItem)]
struct PurchaseLineItem {
    name: String,
    quantity: u32,
    amount: Money,
}

fn items(kept: Vec<KeptItem>) -> Vec<PurchaseLineItem> {
    let item = |item: KeptItem| PurchaseLineItem {
        name: item.n,
        quantity: item.c,
        amount: Money { fen: item.p * i64::from(item.c) },
    };
    kept.into_iter().map(item).collect()
}

/// Canteen and stall; the stall under the name that it had then.
pub(super) fn place(facts: &Facts, stall: Option<StallId>, stall_name: &str) -> String {
    match stall.and_then(|stall| facts.stall(stall)) {
        Some((_, canteen)) if !stall_name.is_empty() => format!("{} · {stall_name}", canteen.name),
        Some((stall, canteen)) => format!("{} · {}", canteen.name, stall.name),
        None => stall_name.to_owned(),
    }
}

fn period_name(facts: &Facts, id: Option<Uuid>, locale: Locale) -> Option<String> {
    let period = facts.periods.iter().find(|period| Some(period.id.uuid()) == id)?;
    Some(if locale == Locale::En { period.name_en.clone() } else { period.name_zh.clone() })
}

pub(super) fn kept(entry: &Entry) -> Kept {
    serde_json::from_str(&entry.detail).unwrap_or_default()
}

pub(super) fn eaten(entry: &Entry) -> Eaten {
    Eaten { at: entry.at, period: kept(entry).period, amount: entry.amount }
}

/// A purchase that was booked.
pub(super) fn booked(entry: &Entry, undone: Undone, facts: &Facts, locale: Locale) -> PurchaseLine {
    let kept = kept(entry);
    let of = Eaten { at: entry.at, period: kept.period, amount: entry.amount };
    PurchaseLine {
        id: entry.id.uuid(),
        at: entry.at.to_string(),
        business_day: entry.day.to_string(),
        amount: entry.amount.into(),
        place: place(facts, entry.stall, &kept.stall_name),
        period: period_name(facts, meals::period_of(facts, &of), locale),
        balance_after: Some(Money { fen: kept.balance_after }),
        items: items(kept.items),
        state: if undone == Undone::Yes { "undone" } else { "booked" },
        reason_zh: None,
        reason_en: None,
    }
}

/// One that was refused.
pub(super) fn refused(row: Listed, facts: &Facts, locale: Locale) -> PurchaseLine {
    let of = Eaten { at: row.at, period: None, amount: row.amount };
    let why = row.refusal.and_then(|kept| kept.refusal()).map(|refusal| refusal.to_guardian());
    let (reason_zh, reason_en) = why.map(|words| (words.zh, words.en)).unzip();
    PurchaseLine {
        id: row.id.uuid(),
        at: row.at.to_string(),
        business_day: row.day.to_string(),
        amount: row.amount.into(),
        place: place(facts, Some(row.stall), &row.stall_name),
        period: period_name(facts, meals::period_of(facts, &of), locale),
        items: items(row.items),
        balance_after: None,
        state: "refused",
        reason_zh,
        reason_en,
    }
}
