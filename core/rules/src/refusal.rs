//! Why a purchase is refused, in the order of precedence: when several reasons hold, the first one is said.

use crate::By;
use yitong_values::Cents;

/// A sentence in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

/// Ordered by precedence. A code is never reused.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refusal {
    CodeUnknown,
    CodeLost,
    CodeReplaced,
    CodeExpired,
    CodeStale { seconds: i32 },
    CodeUsed,
    PersonLeft,
    PersonSuspended,
    AccountFrozen { by: By },
    ClosedToday,
    OutsideMealPeriod,
    OverPurchaseCap { cap: Cents, by: By },
    CategoryNotAllowed { category: String, by: By },
    Allergen { allergen: String, by: By },
    OverMealCount { limit: u32 },
    OverDayCount { limit: u32 },
    OverMonthCount { limit: u32 },
    OverMealAmount { limit: Cents, spent: Cents, by: By },
    OverDayAmount { limit: Cents, spent: Cents, by: By },
    OverMonthAmount { limit: Cents, spent: Cents },
    ArrearsCap { cap: Cents },
    TooLittleMoney { missing: Cents, may_collect_later: bool },
}

impl Refusal {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::CodeUnknown => "code_unknown",
            Refusal::CodeLost => "code_lost",
            Refusal::CodeReplaced => "code_replaced",
            Refusal::CodeExpired => "code_expired",
            Refusal::CodeStale { .. } => "code_stale",
            Refusal::CodeUsed => "code_used",
            Refusal::PersonLeft => "person_left",
            Refusal::PersonSuspended => "person_suspended",
            Refusal::AccountFrozen { .. } => "account_frozen",
            Refusal::ClosedToday => "closed_today",
            Refusal::OutsideMealPeriod => "outside_meal_period",
            Refusal::OverPurchaseCap { .. } => "over_purchase_cap",
            Refusal::CategoryNotAllowed { .. } => "category_not_allowed",
            Refusal::Allergen { .. } => "allergen",
            Refusal::OverMealCount { .. } => "over_meal_count",
            Refusal::OverDayCount { .. } => "over_day_count",
            Refusal::OverMonthCount { .. } => "over_month_count",
            Refusal::OverMealAmount { .. } => "over_meal_amount",
            Refusal::OverDayAmount { .. } => "over_day_amount",
            Refusal::OverMonthAmount { .. } => "over_month_amount",
            Refusal::ArrearsCap { .. } => "arrears_cap",
            Refusal::TooLittleMoney { .. } => "too_little_money",
        }
    }

    /// Whose rule it was.
    pub fn by(&self) -> By {
        match self {
            Refusal::AccountFrozen { by }
            | Refusal::OverPurchaseCap { by, .. }
            | Refusal::CategoryNotAllowed { by, .. }
            | Refusal::Allergen { by, .. }
            | Refusal::OverMealAmount { by, .. }
            | Refusal::OverDayAmount { by, .. } => *by,
            _ => By::School,
        }
    }

    /// Short, to be read at arm's length, and for the cashier's eyes only.
    pub fn to_cashier(&self) -> Words {
        match self {
            Refusal::CodeUnknown => words("无法识别此码", "Unknown code"),
            Refusal::CodeLost => words("此码已挂失", "Code reported lost"),
            Refusal::CodeReplaced => words("旧码已作废，请用新码", "Old code, use the new one"),
            Refusal::CodeExpired => words("此码已过期", "Code expired"),
            Refusal::CodeStale { seconds } if *seconds < 0 => {
                let ahead = seconds.unsigned_abs();
                words(format!("手机时间快了 {ahead} 秒，请校准"), format!("Phone's clock {ahead} s ahead"))
            }
            Refusal::CodeStale { seconds } => {
                words(format!("动态码已过 {seconds} 秒，请刷新"), format!("Code is {seconds} s old, show a new one"))
            }
            Refusal::CodeUsed => words("此码已用过，请刷新", "Code used already, show a new one"),
            Refusal::PersonLeft => words("已离校", "No longer at this school"),
            Refusal::PersonSuspended => words("账户已停用", "Suspended"),
            Refusal::AccountFrozen { by: By::School } => words("账户已冻结", "Account frozen"),
            Refusal::AccountFrozen { by: By::Guardian } => words("账户已暂停（家长设置）", "Paused by the family"),
            Refusal::ClosedToday => words("今日不营业", "Closed today"),
            Refusal::OutsideMealPeriod => words("不在供餐时间", "Not a meal time"),
            Refusal::OverPurchaseCap { cap, by: By::School } => {
                words(format!("超过单笔上限 ¥{cap}"), format!("Over ¥{cap} a purchase"))
            }
            Refusal::OverPurchaseCap { cap, by: By::Guardian } => {
                words(format!("家长设置：单笔 ¥{cap} 以内"), format!("Family's setting: ¥{cap} a purchase"))
            }
            Refusal::CategoryNotAllowed { category, by: By::School } => {
                words(format!("不可购买：{category}"), format!("Not allowed: {category}"))
            }
            Refusal::CategoryNotAllowed { category, by: By::Guardian } => {
                words(format!("家长设置：不购买{category}"), format!("Family's setting: no {category}"))
            }
            Refusal::Allergen { allergen, by: By::School } => {
                words(format!("过敏原：{allergen}"), format!("Allergen: {allergen}"))
            }
            Refusal::Allergen { allergen, by: By::Guardian } => {
                words(format!("过敏原：{allergen}（家长登记）"), format!("Allergen: {allergen} (noted by the family)"))
            }
            Refusal::OverMealCount { limit } => {
                words(format!("本餐已满 {limit} 次"), format!("{limit} times this meal"))
            }
            Refusal::OverDayCount { limit } => words(format!("今日已满 {limit} 次"), format!("{limit} times today")),
            Refusal::OverMonthCount { limit } => {
                words(format!("本月已满 {limit} 次"), format!("{limit} times this month"))
            }
            Refusal::OverMealAmount { limit, by: By::Guardian, .. } => {
                words(format!("家长设置：本餐 ¥{limit} 以内"), format!("Family's setting: ¥{limit} this meal"))
            }
            Refusal::OverDayAmount { limit, by: By::Guardian, .. } => {
                words(format!("家长设置：今日 ¥{limit} 以内"), format!("Family's setting: ¥{limit} today"))
            }
            Refusal::OverMealAmount { limit, .. } => {
                words(format!("超过本餐限额 ¥{limit}"), format!("Over ¥{limit} this meal"))
            }
            Refusal::OverDayAmount { limit, .. } => {
                words(format!("超过今日限额 ¥{limit}"), format!("Over ¥{limit} today"))
            }
            Refusal::OverMonthAmount { limit, .. } => {
                words(format!("超过本月限额 ¥{limit}"), format!("Over ¥{limit} this month"))
            }
            Refusal::ArrearsCap { cap } => {
                words(format!("延迟扣款已达上限 ¥{cap}"), format!("Collect-later limit ¥{cap} reached"))
            }
            Refusal::TooLittleMoney { missing, .. } => {
                words(format!("余额不足，差 ¥{missing}"), format!("¥{missing} short"))
            }
        }
    }

    /// Whole and polite, for the guardian.
    pub fn to_guardian(&self) -> Words {
        match self {
            Refusal::CodeUnknown => words("出示的码无法识别。", "The code that was shown is not known."),
            Refusal::CodeLost => words(
                "此码已挂失。找回后可在学校解挂，或补办新码。",
                "This code was reported lost. The school can reinstate or reissue it.",
            ),
            Refusal::CodeReplaced => {
                words("此码已补办，请使用新码。", "This code was replaced; please use the new one.")
            }
            Refusal::CodeExpired => {
                words("此码已过有效期，请到学校换领。", "This code has expired; ask the school for a new one.")
            }
            Refusal::CodeStale { .. } => words(
                "出示的动态码不是当时的，请打开动态码页面刷新；若仍不行，请校准手机时间。",
                "The dynamic code was not of that moment. Open the page again; set the phone's clock if that does not help.",
            ),
            Refusal::CodeUsed => words(
                "这个动态码已经用过一次，请等下一个码出现。",
                "This dynamic code was used already; wait for the next one to appear.",
            ),
            Refusal::PersonLeft => words("该账户已办理离校。", "This account belongs to someone who has left."),
            Refusal::PersonSuspended => {
                words("该账户已停用，请联系学校。", "This account is suspended; please ask the school.")
            }
            Refusal::AccountFrozen { by: By::School } => {
                words("该账户已由学校冻结，请联系学校。", "This account was frozen by the school; please ask there.")
            }
            Refusal::AccountFrozen { by: By::Guardian } => words(
                "该账户已由家长冻结，可在“管理”中解除。",
                "This account was frozen by a guardian, who can unfreeze it.",
            ),
            Refusal::ClosedToday => words("今天食堂不营业。", "The canteen is closed today."),
            Refusal::OutsideMealPeriod => words("当时不在供餐时间。", "It was not a meal time."),
            Refusal::OverPurchaseCap { cap, by: By::Guardian } => words(
                format!("这笔消费超过家长设置的单笔上限 ¥{cap}。"),
                format!("The purchase was above the guardian's limit of ¥{cap} each."),
            ),
            Refusal::OverPurchaseCap { cap, by: By::School } => words(
                format!("这笔消费超过学校规定的单笔上限 ¥{cap}。"),
                format!("The purchase was above the school's limit of ¥{cap} each."),
            ),
            Refusal::CategoryNotAllowed { category, by: By::Guardian } => words(
                format!("“{category}”在家长设置的不购买类别中。"),
                format!("“{category}” is on the guardian's list of what is not bought."),
            ),
            Refusal::CategoryNotAllowed { category, by: By::School } => words(
                format!("“{category}”被设置为不可购买。"),
                format!("“{category}” is on the list of what may not be bought."),
            ),
            Refusal::Allergen { allergen, by: By::Guardian } => words(
                format!("所选菜品含有家长登记的过敏原“{allergen}”，已停止结算。"),
                format!("A dish contains “{allergen}”, which a guardian noted as an allergen; the sale was stopped."),
            ),
            Refusal::Allergen { allergen, by: By::School } => words(
                format!("所选菜品含有登记的过敏原“{allergen}”，已停止结算。"),
                format!("A dish contains the registered allergen “{allergen}”; the sale was stopped."),
            ),
            Refusal::OverMealCount { limit } => count_words("本餐", "this meal", *limit),
            Refusal::OverDayCount { limit } => count_words("今日", "today", *limit),
            Refusal::OverMonthCount { limit } => count_words("本月", "this month", *limit),
            Refusal::OverMealAmount { limit, spent, by } => amount_words("本餐", "this meal", *limit, *spent, *by),
            Refusal::OverDayAmount { limit, spent, by } => amount_words("今日", "today", *limit, *spent, *by),
            Refusal::OverMonthAmount { limit, spent } => amount_words("本月", "this month", *limit, *spent, By::School),
            Refusal::ArrearsCap { cap } => words(
                format!("延迟扣款已达到上限 ¥{cap}，请先充值。"),
                format!("The payments still to be collected have reached ¥{cap}; please top up."),
            ),
            Refusal::TooLittleMoney { missing, .. } => words(
                format!("余额不足，还差 ¥{missing}，请充值。"),
                format!("The balance was ¥{missing} short; please top up."),
            ),
        }
    }

    /// Whether asking again later, with nothing changed at the school, could be answered otherwise.
    pub fn transient(&self) -> bool {
        use Refusal::*;
        match self {
            ClosedToday | OutsideMealPeriod | OverMealCount { .. } | OverDayCount { .. } | OverMonthCount { .. } => {
                true
            }
            OverMealAmount { .. } | OverDayAmount { .. } | OverMonthAmount { .. } => true,
            ArrearsCap { .. } | TooLittleMoney { .. } | CodeStale { .. } | CodeUsed => true,
            CodeUnknown | CodeLost | CodeReplaced | CodeExpired | PersonLeft | PersonSuspended => false,
            AccountFrozen { .. } | OverPurchaseCap { .. } | CategoryNotAllowed { .. } | Allergen { .. } => false,
        }
    }
}

fn count_words(zh: &str, en: &str, limit: u32) -> Words {
    words(format!("{zh}消费次数已达上限 {limit} 次。"), format!("The limit of {limit} purchases {en} is reached."))
}

fn amount_words(zh: &str, en: &str, limit: Cents, spent: Cents, by: By) -> Words {
    let (whose_zh, whose_en) = match by {
        By::School => ("限额", "the limit"),
        By::Guardian => ("家长设置的限额", "the guardian's limit"),
    };
    words(
        format!("{zh}已消费 ¥{spent}，加上这笔将超过{whose_zh} ¥{limit}。"),
        format!("¥{spent} was spent {en}; with this purchase it would be above {whose_en} of ¥{limit}."),
    )
}
