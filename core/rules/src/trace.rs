//! The trace: each rule that was looked at, kept as codes and numbers, told in words when somebody asks why.

use crate::{By, Words};
use yitong_values::Cents;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    Meal,
    Day,
    Month,
}

impl Span {
    fn zh(self) -> &'static str {
        ["本餐", "今日", "本月"][self as usize]
    }

    fn en(self) -> &'static str {
        ["this meal", "today", "this month"][self as usize]
    }
}

/// A rule that was looked at. Which pocket paid is never in the trace: nobody can tell a subsidised child by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceLine {
    Credential {
        ok: bool,
        picked: bool,
    },
    Person {
        ok: bool,
    },
    Frozen {
        ok: bool,
        by: By,
    },
    SchoolDay {
        ok: bool,
    },
    MealPeriod {
        ok: bool,
        served: bool,
    },
    PurchaseCap {
        ok: bool,
        amount: Cents,
        cap: Cents,
        by: By,
    },
    Categories {
        ok: bool,
        by: By,
    },
    Allergens {
        ok: bool,
        by: By,
    },
    Count {
        ok: bool,
        span: Span,
        count: u32,
        limit: u32,
    },
    Amount {
        ok: bool,
        span: Span,
        spent: Cents,
        limit: Cents,
        by: By,
    },
    Duplicate {
        ok: bool,
        seconds: u32,
    },
    /// The same code at another place so many seconds ago.
    Elsewhere {
        ok: bool,
        seconds: u32,
    },
    Balance {
        ok: bool,
        balance: Cents,
        amount: Cents,
    },
    CollectLater {
        ok: bool,
        arrears: Cents,
        cap: Cents,
    },
    Free,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace(pub Vec<TraceLine>);

impl TraceLine {
    pub fn ok(self) -> bool {
        use TraceLine::*;
        match self {
            Credential { ok, .. } | Person { ok } | Frozen { ok, .. } | SchoolDay { ok } | MealPeriod { ok, .. } => ok,
            PurchaseCap { ok, .. }
            | Categories { ok, .. }
            | Allergens { ok, .. }
            | Count { ok, .. }
            | Amount { ok, .. } => ok,
            Duplicate { ok, .. } | Elsewhere { ok, .. } | Balance { ok, .. } | CollectLater { ok, .. } => ok,
            Free => true,
        }
    }

    pub fn words(self) -> Words {
        use TraceLine::*;
        let (zh, en) = match self {
            Credential { ok: true, picked: false } => ("码有效".into(), "The code is valid".into()),
            Credential { ok: true, picked: true } => {
                ("由收银员核对身份".into(), "The cashier checked the identity".into())
            }
            Credential { ok: false, .. } => ("码不可用".into(), "The code can't be used".into()),
            Person { ok: true } => ("在校".into(), "At the school".into()),
            Person { ok: false } => ("不在校或已停用".into(), "Not at the school, or suspended".into()),
            Frozen { ok: true, .. } => ("账户未冻结".into(), "The account is not frozen".into()),
            Frozen { ok: false, by: By::School } => {
                ("账户已由学校冻结".into(), "The account is frozen by the school".into())
            }
            Frozen { ok: false, by: By::Guardian } => {
                ("账户已由家长冻结".into(), "The account is frozen by a guardian".into())
            }
            SchoolDay { ok: true } => ("营业日".into(), "The canteen is open on this day".into()),
            SchoolDay { ok: false } => ("非营业日".into(), "The canteen is closed on this day".into()),
            MealPeriod { served: true, .. } => ("供餐时间内".into(), "Within a meal period".into()),
            MealPeriod { ok: true, .. } => {
                ("餐次外，学校允许".into(), "Outside meal periods, which the school allows".into())
            }
            MealPeriod { ok: false, .. } => ("不在供餐时间".into(), "Outside meal periods".into()),
            PurchaseCap { amount, cap, by: By::School, .. } => {
                (format!("本笔 ¥{amount}，单笔上限 ¥{cap}"), format!("¥{amount}, at most ¥{cap} a purchase"))
            }
            PurchaseCap { amount, cap, by: By::Guardian, .. } => (
                format!("本笔 ¥{amount}，家长设置的单笔上限 ¥{cap}"),
                format!("¥{amount}, at most ¥{cap} a purchase as a guardian set"),
            ),
            Categories { ok: true, .. } => ("无不可购买的类别".into(), "Nothing that may not be bought".into()),
            Categories { ok: false, by: By::School } => {
                ("含不可购买的类别".into(), "Something that may not be bought".into())
            }
            Categories { ok: false, by: By::Guardian } => {
                ("含家长设置的不购买类别".into(), "Something that a guardian does not want bought".into())
            }
            Allergens { ok: true, .. } => ("无登记的过敏原".into(), "No registered allergen".into()),
            Allergens { ok: false, by: By::School } => ("含登记的过敏原".into(), "A registered allergen".into()),
            Allergens { ok: false, by: By::Guardian } => {
                ("含家长登记的过敏原".into(), "An allergen that a guardian noted".into())
            }
            Count { span, count, limit, .. } => (
                format!("{}已消费 {count} 次，限 {limit} 次", span.zh()),
                format!("{count} purchases {}, at most {limit}", span.en()),
            ),
            Amount { span, spent, limit, by: By::Guardian, .. } => (
                format!("{}已消费 ¥{spent}，家长设置的限额 ¥{limit}", span.zh()),
                format!("¥{spent} spent {}, at most ¥{limit} as a guardian set", span.en()),
            ),
            Amount { span, spent, limit, .. } => (
                format!("{}已消费 ¥{spent}，限额 ¥{limit}", span.zh()),
                format!("¥{spent} spent {}, at most ¥{limit}", span.en()),
            ),
            Duplicate { ok: true, .. } => ("收银员确认第二份".into(), "The cashier confirmed a second one".into()),
            Duplicate { ok: false, seconds } => {
                (format!("{seconds} 秒前有相同的消费"), format!("The same purchase {seconds} s ago"))
            }
            Elsewhere { ok: true, seconds } => (
                format!("{seconds} 秒前在别处用过，收银员已核对照片"),
                format!("Used elsewhere {seconds} s ago; the cashier compared the photo"),
            ),
            Elsewhere { ok: false, seconds } => {
                (format!("{seconds} 秒前在别处用过"), format!("Used elsewhere {seconds} s ago"))
            }
            Balance { ok: true, balance, amount } => {
                (format!("余额 ¥{balance}，足够支付 ¥{amount}"), format!("Balance ¥{balance}, enough for ¥{amount}"))
            }
            Balance { ok: false, balance, amount } => {
                (format!("余额 ¥{balance}，不足 ¥{amount}"), format!("Balance ¥{balance}, less than ¥{amount}"))
            }
            CollectLater { arrears, cap, .. } => (
                format!("延迟扣款 ¥{arrears}，上限 ¥{cap}"),
                format!("¥{arrears} to be collected later, at most ¥{cap}"),
            ),
            Free => ("只核验身份，不扣费".into(), "Identity only, nothing is charged".into()),
        };
        Words { zh, en }
    }
}

impl Trace {
    /// The code was at another place so many seconds ago: it may have been copied.
    pub fn seen_elsewhere(&self) -> Option<u32> {
        self.0.iter().find_map(|line| match line {
            TraceLine::Elsewhere { seconds, .. } => Some(*seconds),
            _ => None,
        })
    }

    /// The cashier was asked whether it is meant to be a second one, and said yes.
    pub fn second_confirmed(&self) -> bool {
        self.0.iter().any(|line| matches!(line, TraceLine::Duplicate { ok: true, .. }))
    }

    /// The kept form, about six bytes a line: a letter, a digit for yes or no, numbers after dots.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.len() * 8);
        for (i, line) in self.0.iter().enumerate() {
            if i > 0 {
                text.push(';');
            }
            let (letter, numbers) = line.parts();
            text.push(letter);
            text.push(if line.ok() { '1' } else { '0' });
            for number in numbers.into_iter().flatten() {
                text.push('.');
                text.push_str(&number.to_string());
            }
        }
        text
    }

    /// Lines that this version does not know are left out.
    pub fn from_text(text: &str) -> Trace {
        Trace(text.split(';').filter_map(TraceLine::read).collect())
    }
}

impl TraceLine {
    fn parts(self) -> (char, [Option<i64>; 4]) {
        use TraceLine::*;
        // The school is the rule and stays unsaid: a trace is kept with every purchase.
        let said = |by: By| (by == By::Guardian).then_some(1);
        let none = [None; 4];
        let one = |n: i64| [Some(n), None, None, None];
        let two = |a: Cents, b: Cents| [Some(a.fen()), Some(b.fen()), None, None];
        match self {
            Credential { picked, .. } => ('c', one(i64::from(picked))),
            Person { .. } => ('p', none),
            Frozen { by, .. } => ('f', [said(by), None, None, None]),
            SchoolDay { .. } => ('s', none),
            MealPeriod { served, .. } => ('m', one(i64::from(served))),
            PurchaseCap { amount, cap, by, .. } => ('u', [Some(amount.fen()), Some(cap.fen()), said(by), None]),
            Categories { by, .. } => ('g', [said(by), None, None, None]),
            Allergens { by, .. } => ('a', [said(by), None, None, None]),
            Count { span, count, limit, .. } => {
                ('n', [Some(span as i64), Some(i64::from(count)), Some(i64::from(limit)), None])
            }
            Amount { span, spent, limit, by, .. } => {
                ('l', [Some(span as i64), Some(spent.fen()), Some(limit.fen()), said(by)])
            }
            Duplicate { seconds, .. } => ('d', one(i64::from(seconds))),
            Elsewhere { seconds, .. } => ('e', one(i64::from(seconds))),
            Balance { balance, amount, .. } => ('b', two(balance, amount)),
            CollectLater { arrears, cap, .. } => ('r', two(arrears, cap)),
            Free => ('0', none),
        }
    }

    fn read(text: &str) -> Option<TraceLine> {
        use TraceLine::*;
        let mut parts = text.split('.');
        let head = parts.next()?;
        let mut letters = head.chars();
        let (letter, ok) = (letters.next()?, letters.next()? == '1');
        let mut int = || parts.next()?.parse::<i64>().ok();
        let by = |said: Option<i64>| if said == Some(1) { By::Guardian } else { By::School };
        let span = |n: i64| [Span::Meal, Span::Day, Span::Month].get(usize::try_from(n).ok()?).copied();
        Some(match letter {
            'c' => Credential { ok, picked: int()? == 1 },
            'p' => Person { ok },
            'f' => Frozen { ok, by: by(int()) },
            's' => SchoolDay { ok },
            'm' => MealPeriod { ok, served: int()? == 1 },
            'u' => PurchaseCap { ok, amount: Cents::new(int()?), cap: Cents::new(int()?), by: by(int()) },
            'g' => Categories { ok, by: by(int()) },
            'a' => Allergens { ok, by: by(int()) },
            'n' => {
                let span = span(int()?)?;
                Count { ok, span, count: u32::try_from(int()?).ok()?, limit: u32::try_from(int()?).ok()? }
            }
            'l' => {
                let (span, spent, limit) = (span(int()?)?, Cents::new(int()?), Cents::new(int()?));
                Amount { ok, span, spent, limit, by: by(int()) }
            }
            'd' => Duplicate { ok, seconds: u32::try_from(int()?).ok()? },
            'e' => Elsewhere { ok, seconds: u32::try_from(int()?).ok()? },
            'b' => Balance { ok, balance: Cents::new(int()?), amount: Cents::new(int()?) },
            'r' => CollectLater { ok, arrears: Cents::new(int()?), cap: Cents::new(int()?) },
            '0' => Free,
            _ => return None,
        })
    }
}
