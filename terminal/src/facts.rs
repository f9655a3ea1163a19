//! From what is known here to what the counter would do by itself: the server's own facts, less what this terminal sold
//! since, through the same rules. Pure.

use crate::checkout::{Local, LocalVerdict, Payer, Refused, Sale, Shown, words};
use crate::codes::Credential;
use crate::shop::Shop;
use yitong_purchase::{Counter, Malformed, Open, PricedLine};
use yitong_rules::{
    CopyPolicy, Counters, CredentialState, DayKind, GuardianRules, Known, LastPurchase, MealPeriod, PersonState,
    Policy, Refusal, Verdict, Wallet, Words,
};
use yitong_sync::Offline;
use yitong_sync::wire::people::Person;
use yitong_values::{Cents, MealPeriodId, StallId, Timestamp};

/// A list of lost cards older than this lets nobody pay who was only picked from the list of names.
const PICKED_AGE_MS_MAX: i64 = 72 * 3_600_000;

/// Who stands there, as far as the mirror knows.
#[derive(Clone, Copy, Debug)]
pub struct Someone<'a> {
    pub person: &'a Person,
    /// Oldest first.
    pub since: &'a [Uncounted],
}

/// A sale that the server had not counted when it said what it knows of this person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uncounted {
    pub at: Timestamp,
    pub charged: Cents,
    /// Of a neighbour; none: here.
    pub stall: Option<StallId>,
}

/// What a sale without the server is measured by.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    pub offline: Offline<'a>,
    /// Sum and number of this person's sales that the server has not heard of.
    pub unheard: (Cents, u32),
    /// None: there is no list of lost cards.
    pub list_age_ms: Option<i64>,
    /// There is hardly room on the disk: nothing is sold that the server has not confirmed.
    pub disk_low: bool,
}

/// The wallets in the order in which they are used, and arrears, after what was sold here since.
pub fn money(someone: &Someone<'_>) -> (Vec<Wallet>, Cents) {
    let mut wallets: Vec<Wallet> =
        someone.person.wallets.iter().map(|(slot, fen)| Wallet::free(*slot, Cents::new(*fen))).collect();
    if !wallets.iter().any(|wallet| wallet.slot == 0) {
        wallets.push(Wallet::free(0, Cents::ZERO));
    }
    // Of slots from the top, as at the server: cash is the last.
    wallets.sort_by_key(|wallet| std::cmp::Reverse(wallet.slot));
    let mut arrears = someone.person.arrears;
    for sale in someone.since {
        let mut left = sale.charged.fen();
        for wallet in &mut wallets {
            let part = left.min(wallet.balance.fen()).max(0);
            left -= part;
            *wallet = Wallet::free(wallet.slot, Cents::new(wallet.balance.fen() - part));
        }
        arrears = arrears.plus(Cents::new(left)).unwrap_or(arrears);
    }
    wallets.retain(|wallet| !wallet.balance.is_zero() || wallet.slot == 0);
    (wallets, arrears)
}

fn counters(someone: &Someone<'_>, shop: &Shop) -> Counters {
    let start = Counters::from_text(&someone.person.counters);
    someone.since.iter().fold(start, |counters, sale| {
        let meal = shop.period_at(sale.at).map(|period| period.id);
        let last = LastPurchase { stall: sale.stall.unwrap_or(shop.stall), amount: sale.charged, at: sale.at };
        counters.add(sale.at.china_day(), meal, last)
    })
}

/// As the server would know this person and code.
pub fn known(someone: &Someone<'_>, shop: &Shop, credential: CredentialState, copyable: bool) -> Known {
    let (wallets, arrears) = money(someone);
    let counters = counters(someone, shop);
    let near = |stall| stall == shop.stall || shop.near_stalls.contains(&stall);
    Known {
        credential,
        copyable,
        last_was_near: counters.last.is_some_and(|last| near(last.stall)),
        person: match someone.person.state.as_str() {
            "active" => PersonState::Active,
            "suspended" => PersonState::Suspended,
            _ => PersonState::Left,
        },
        frozen: someone.person.frozen,
        wallets,
        arrears,
        counters,
        allergens: someone.person.allergens.clone(),
    }
}

/// The school's rules with those of the class, the person and the guardians joined to them.
pub struct Joined<'a> {
    shop: &'a Shop,
    person: &'a Person,
    no_buy: Vec<String>,
    /// When the cashier said which meal it is: that one, all day.
    chosen: Option<[MealPeriod; 1]>,
}

impl<'a> Joined<'a> {
    pub fn new(shop: &'a Shop, person: &'a Person, chosen: Option<MealPeriodId>) -> Joined<'a> {
        let mut no_buy = person.no_buy.clone();
        let class = shop.rules.classes.iter().find(|(class, ..)| Some(*class) == person.class);
        no_buy.extend(class.iter().flat_map(|(.., listed)| listed.iter().cloned()));
        let all_day =
            |period: &MealPeriod| MealPeriod { start: 0, end: 24 * 60, weekdays: [true; 7], ..period.clone() };
        Joined { shop, person, no_buy, chosen: chosen.and_then(|id| shop.period(id)).map(|period| [all_day(period)]) }
    }

    pub fn policy(&self, at: Timestamp) -> Policy<'_> {
        let rules = &self.shop.rules;
        let class = rules.classes.iter().find(|(class, ..)| Some(*class) == self.person.class);
        let limits = class.map_or(rules.limits, |(_, limits, _)| rules.limits.and(*limits));
        let guardian = &self.person.guardian;
        Policy {
            periods: self.chosen.as_ref().map_or(&self.shop.periods[..], |chosen| &chosen[..]),
            day: if self.chosen.is_some() { DayKind::Ordinary } else { self.shop.day_kind(at.china_day()) },
            require_meal_period: rules.require_meal_period,
            purchase_cap: rules.purchase_cap,
            limits: limits.and(self.person.limits.rules()),
            no_buy_categories: &self.no_buy,
            arrears: rules.arrears,
            duplicate_window_ms: rules.duplicate_window_ms,
            copies: CopyPolicy { ..rules.copies },
            guardian: GuardianRules {
                frozen: guardian.frozen,
                purchase_cap: guardian.purchase_cap,
                meal: guardian.meal,
                day: guardian.day,
                no_buy_categories: &guardian.no_buy,
                allergens: &guardian.allergens,
            },
        }
    }
}

/// What the counter would do by itself. `credential`: none when the person was picked.
pub fn judge(
    sale: &Sale,
    someone: &Someone<'_>,
    credential: Option<&Credential>,
    shop: &Shop,
    limits: &Limits<'_>,
) -> Local {
    let state = if credential.is_some() { CredentialState::Active } else { CredentialState::PickedByCashier };
    let known = known(someone, shop, state, credential.is_some_and(|code| code.copyable));
    let payer = Some(payer(someone, &known));
    let refused =
        |refused: Refused| Local { payer: payer.clone(), verdict: LocalVerdict::Refuse(refused), trace: String::new() };
    if let Err(why) = card_may_pay(sale, shop) {
        return refused(why);
    }
    let open = match open(sale, shop) {
        Ok(open) => open,
        Err(why) => return refused(malformed(why)),
    };
    let joined = Joined::new(shop, someone.person, sale.period);
    let decided = open.decide(&known, &joined.policy(sale.at));
    let trace = decided.trace.text();
    let verdict = match decided.verdict {
        Verdict::Ask(question) => LocalVerdict::Ask(question),
        Verdict::Refuse(refusal) => {
            let mut refused = from_rules(&refusal);
            // Nobody is asked whether to collect later what would then be refused for another reason.
            refused.may_collect_later &= may_sell_alone(sale.total, credential, limits).is_ok();
            LocalVerdict::Refuse(refused)
        }
        Verdict::Allow(split) => {
            let balance = Cents::sum(known.wallets.iter().map(|wallet| wallet.balance)).unwrap_or(Cents::ZERO);
            let paid = Cents::sum(split.from.iter().map(|(_, part)| *part)).unwrap_or(split.charged);
            LocalVerdict::Allow {
                offline: may_sell_alone(split.charged, credential, limits),
                balance_after: balance.minus(paid).unwrap_or(Cents::ZERO),
                arrears_after: known.arrears.plus(split.arrears).unwrap_or(known.arrears),
                split,
            }
        }
    };
    Local { payer, verdict, trace }
}

fn open(sale: &Sale, shop: &Shop) -> Result<Open, Malformed> {
    let modes: Vec<_> = shop.modes.iter().map(|mode| mode.of_rules()).collect();
    let period = sale.period.and_then(|id| shop.period(id)).or_else(|| shop.period_at(sale.at));
    let counter =
        Counter { stall: shop.stall, canteen: shop.canteen, modes: &modes, fixed_price: shop.fixed_price(period) };
    let line = |line: &crate::checkout::TrayLine| PricedLine {
        category: line.category.clone(),
        allergens: line.allergens.clone(),
        // A weighed portion is one of its own price.
        price: if line.grams.is_some() { line.amount() } else { line.price },
        count: if line.grams.is_some() { 1 } else { line.count },
    };
    let lines: Vec<_> = sale.lines.iter().map(line).collect();
    let mut open = Open::new(&counter, sale.mode.of_rules(), &lines, Some(sale.total), sale.at)?;
    if sale.collect_later {
        open = open.collect_later();
    }
    if sale.duplicate_confirmed {
        open = open.duplicate_confirmed();
    }
    if sale.photo_checked {
        open = open.photo_checked();
    }
    Ok(open)
}

/// A card's number can be copied: it buys little, whether or not the server answers, which asks the same.
fn card_may_pay(sale: &Sale, shop: &Shop) -> Result<(), Refused> {
    let (Shown::Card(_), cap) = (&sale.shown, shop.rules.cards.cap) else { return Ok(()) };
    if cap.is_zero() {
        let (zh, en) = ("本校不用卡号付款，请出示二维码", "Card numbers are not taken here; show the code");
        return Err(words::refused("card_not_taken", zh, en));
    }
    if sale.total > cap {
        let (zh, en) =
            (format!("刷卡每次最多 ¥{cap}，请出示二维码"), format!("A card buys ¥{cap} at most; show the code"));
        return Err(words::refused("over_card_cap", &zh, &en));
    }
    Ok(())
}

/// Not bound to anybody, lost, or taken away: the mirror has only those that can be shown.
pub fn unknown_card() -> Refused {
    words::refused("card_unknown", "此卡未登记或已挂失，请出示二维码", "The card is not known, or was reported lost")
}

/// Beside the rules: what the school risks on a terminal that nobody hears.
fn may_sell_alone(charged: Cents, credential: Option<&Credential>, limits: &Limits<'_>) -> Result<(), Refused> {
    let no = |code: &str, zh: &str, en: &str| Err(words::refused(code, zh, en));
    if limits.disk_low {
        return no("disk_low", "本机存储将满，只能联网收款", "The disk is almost full; only online sales");
    }
    if charged.is_zero() {
        return Ok(());
    }
    match credential {
        Some(code) => {
            let Some(caps) = code.caps else {
                return no("list_too_old", "名单太旧，离线不能付款", "The lists are too old to pay offline");
            };
            let (spent, uses) = limits.unheard;
            let (use_cap, total) = (Cents::new(i64::from(caps.use_fen)), Cents::new(i64::from(caps.total_fen)));
            let after = spent.plus(charged).unwrap_or(Cents::INPUT_MAX);
            if charged > use_cap {
                let (zh, en) = (format!("离线每笔最多 ¥{use_cap}"), format!("Offline at most ¥{use_cap} a purchase"));
                return no("offline_use_cap", &zh, &en);
            }
            if after > total || uses >= u32::from(caps.uses) {
                return no("offline_code_cap", "此码离线可用额度已满", "This code has nothing left offline");
            }
        }
        None if limits.list_age_ms.is_none_or(|age| age > PICKED_AGE_MS_MAX) => {
            return no("list_too_old", "名单太旧，离线不能付款", "The lists are too old to pay offline");
        }
        None => {}
    }
    limits.offline.allows(charged).map(|_| ()).map_err(|why| Refused {
        code: why.code().into(),
        words: why.words(),
        public: words::not_paid(),
        may_collect_later: false,
    })
}

pub fn from_rules(refusal: &Refusal) -> Refused {
    let later = matches!(refusal, Refusal::TooLittleMoney { may_collect_later: true, .. });
    Refused {
        code: refusal.code().into(),
        words: refusal.to_cashier(),
        public: words::public_of(refusal.code()),
        may_collect_later: later,
    }
}

fn malformed(why: Malformed) -> Refused {
    let (code, zh, en) = match why {
        Malformed::AmountDiffers { .. } => {
            ("amount_differs", "价格已变，请重新结算", "The price changed; enter it again")
        }
        Malformed::ModeNotAtThisStall => ("bad_mode", "此档口不使用该计价方式", "The stall does not sell in this way"),
        _ => ("bad_amount", "金额不正确", "That is no amount"),
    };
    words::refused(code, zh, en)
}

fn payer(someone: &Someone<'_>, known: &Known) -> Payer {
    let balance = Cents::sum(known.wallets.iter().map(|wallet| wallet.balance)).unwrap_or(Cents::ZERO);
    Payer { balance, arrears: known.arrears, ..shown(someone.person) }
}

/// Somebody of the mirror, for the screens; the balance as the server said it.
pub fn shown(person: &Person) -> Payer {
    let mut allergens = person.allergens.clone();
    let noted = person.guardian.allergens.iter().filter(|noted| !person.allergens.contains(noted));
    allergens.extend(noted.cloned());
    Payer {
        person: person.id.into(),
        name: person.name.clone(),
        name_mask: mask_name(&person.name),
        number_mask: mask_number(&person.number),
        class: person.class_name.clone(),
        kind: person.kind.clone(),
        photo: person.photo.is_some(),
        balance: Cents::sum(person.wallets.iter().map(|(_, fen)| Cents::new(*fen))).unwrap_or(Cents::ZERO),
        arrears: person.arrears,
        allergens,
    }
}

/// 李**: enough for somebody to know that it is meant.
pub fn mask_name(name: &str) -> String {
    let mut signs = name.chars();
    signs.next().map_or(String::new(), |first| format!("{first}{}", "*".repeat(signs.count().clamp(1, 3))))
}

fn mask_number(number: &str) -> String {
    let signs: Vec<char> = number.chars().collect();
    let shown = if signs.len() > 6 { 2 } else { usize::from(signs.len() > 3) };
    let hide = |(at, sign): (usize, &char)| if at >= shown && at + shown < signs.len() { '*' } else { *sign };
    signs.iter().enumerate().map(hide).collect()
}

pub fn unknown_code(state: CredentialState) -> Refused {
    let refusal = match state {
        CredentialState::Lost => Refusal::CodeLost,
        CredentialState::Replaced => Refusal::CodeReplaced,
        CredentialState::Expired => Refusal::CodeExpired,
        CredentialState::Stale { seconds } => Refusal::CodeStale { seconds },
        CredentialState::Used => Refusal::CodeUsed,
        _ => Refusal::CodeUnknown,
    };
    from_rules(&refusal)
}

/// Used at a neighbour, which is known only because it told us.
pub fn used_at(name: &str) -> Refused {
    let said = Words {
        zh: format!("此码已在「{name}」使用，请刷新后再试"),
        en: format!("This code was used at \u{201c}{name}\u{201d}; refresh it"),
    };
    Refused { words: said, ..from_rules(&Refusal::CodeUsed) }
}

pub fn trouble(code: &str, said: Words) -> Refused {
    Refused { code: code.into(), public: words::not_paid(), words: said, may_collect_later: false }
}

#[cfg(test)]
mod tests;
