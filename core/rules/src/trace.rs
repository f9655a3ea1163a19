//! The trace: each rule that was looked at, kept as codes and numbers, told in words when somebody asks why.

use crate::Words;
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
    },
    Categories {
        ok: bool,
    },
    Allergens {
        ok: bool,
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
            Credential { ok, .. } | Person { ok } | Frozen { ok } | SchoolDay { ok } | MealPeriod { ok, .. } => ok,
            PurchaseCap { ok, .. } | Categories { ok } | Allergens { ok } | Count { ok, .. } | Amount { ok, .. } => ok,
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
            Frozen { ok: true } => ("账户未冻结".into(), "The account is not frozen".into()),
            Frozen { ok: false } => ("账户已冻结".into(), "The account is frozen".into()),
            SchoolDay { ok: true } => ("营业日".into(), "The canteen is open on this day".into()),
            SchoolDay { ok: false } => ("非营业日".into(), "The canteen is closed on this day".into()),
            MealPeriod { served: true, .. } => ("供餐时间内".into(), "Within a meal period".into()),
            MealPeriod { ok: true, .. } => {
                ("餐次外，学校允许".into(), "Outside meal periods, which the school allows".into())
            }
            MealPeriod { ok: false, .. } => ("不在供餐时间".into(), "Outside meal periods".into()),
            PurchaseCap { amount, cap, .. } => {
                (format!("本笔 ¥{amount}，单笔上限 ¥{cap}"), format!("¥{amount}, at most ¥{cap} a purchase"))
            }
            Categories { ok: true } => ("无不可购买的类别".into(), "Nothing that may not be bought".into()),
            Categories { ok: false } => ("含不可购买的类别".into(), "Something that may not be bought".into()),
            Allergens { ok: true } => ("无登记的过敏原".into(), "No registered allergen".into()),
            Allergens { ok: false } => ("含登记的过敏原".into(), "A registered allergen".into()),
            Count { span, count, limit, .. } => (
                format!("{}已消费 {count} 次，限 {limit} 次", span.zh()),
                format!("{count} purchases {}, at most {limit}", span.en()),
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
    fn parts(self) -> (char, [Option<i64>; 3]) {
        use TraceLine::*;
        match self {
            Credential { picked, .. } => ('c', [Some(i64::from(picked)), None, None]),
            Person { .. } => ('p', [None; 3]),
            Frozen { .. } => ('f', [None; 3]),
            SchoolDay { .. } => ('s', [None; 3]),
            MealPeriod { served, .. } => ('m', [Some(i64::from(served)), None, None]),
            PurchaseCap { amount, cap, .. } => ('u', [Some(amount.fen()), Some(cap.fen()), None]),
            Categories { .. } => ('g', [None; 3]),
            Allergens { .. } => ('a', [None; 3]),
            Count { span, count, limit, .. } => {
                ('n', [Some(span as i64), Some(i64::from(count)), Some(i64::from(limit))])
            }
            Amount { span, spent, limit, .. } => ('l', [Some(span as i64), Some(spent.fen()), Some(limit.fen())]),
            Duplicate { seconds, .. } => ('d', [Some(i64::from(seconds)), None, None]),
            Elsewhere { seconds, .. } => ('e', [Some(i64::from(seconds)), None, None]),
            Balance { balance, amount, .. } => ('b', [Some(balance.fen()), Some(amount.fen()), None]),
            CollectLater { arrears, cap, .. } => ('r', [Some(arrears.fen()), Some(cap.fen()), None]),
            Free => ('0', [None; 3]),
        }
    }

    fn read(text: &str) -> Option<TraceLine> {
        use TraceLine::*;
        let mut parts = text.split('.');
        let head = parts.next()?;
        let mut letters = head.chars();
        let (letter, ok) = (letters.next()?, letters.next()? == '1');
        let mut int = || parts.next()?.parse::<i64>().ok();
        let span = |n: i64| [Span::Meal, Span::Day, Span::Month].get(usize::try_from(n).ok()?).copied();
        Some(match letter {
            'c' => Credential { ok, picked: int()? == 1 },
            'p' => Person { ok },
            'f' => Frozen { ok },
            's' => SchoolDay { ok },
            'm' => MealPeriod { ok, served: int()? == 1 },
            'u' => PurchaseCap { ok, amount: Cents::new(int()?), cap: Cents::new(int()?) },
            'g' => Categories { ok },
            'a' => Allergens { ok },
            'n' => {
                let span = span(int()?)?;
                Count { ok, span, count: u32::try_from(int()?).ok()?, limit: u32::try_from(int()?).ok()? }
            }
            'l' => Amount { ok, span: span(int()?)?, spent: Cents::new(int()?), limit: Cents::new(int()?) },
            'd' => Duplicate { ok, seconds: u32::try_from(int()?).ok()? },
            'e' => Elsewhere { ok, seconds: u32::try_from(int()?).ok()? },
            'b' => Balance { ok, balance: Cents::new(int()?), amount: Cents::new(int()?) },
            'r' => CollectLater { ok, arrears: Cents::new(int()?), cap: Cents::new(int()?) },
            '0' => Free,
            _ => return None,
        })
    }
}
