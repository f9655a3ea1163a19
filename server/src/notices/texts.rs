//! The built-in texts, in both languages: what is sent where a school wrote none of its own.

use super::template::Template;
use super::variables;
use super::{Kind, Locale};
use std::collections::BTreeMap;

/// A title and a text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    pub title: String,
    pub text: String,
}

/// What leaves or is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    pub title: String,
    pub text: String,
}

pub fn built_in(kind: Kind, locale: Locale) -> Texts {
    let (title, text) = match locale {
        Locale::Zh => chinese(kind),
        Locale::En => english(kind),
    };
    Texts { title: title.to_owned(), text: text.to_owned() }
}

fn chinese(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::SignInCode => ("登录验证码", "验证码 {code}[，{minutes} 分钟内有效]。请勿告诉他人。"),
        Kind::Purchase => {
            ("{child}消费 {amount} 元", "{child}[于 {time} ][在{place}]消费 {amount} 元[，余额 {balance} 元]。")
        }
        Kind::PurchaseUndone => {
            ("{child}的消费已撤销", "{child}[于 {time} ]的消费 {amount} 元[因{why}]已撤销并退回[，余额 {balance} 元]。")
        }
        Kind::Topup => ("充值到账 {amount} 元", "已为{child}充值 {amount} 元[，余额 {balance} 元]。"),
        Kind::TopupLate => (
            "充值已补入账",
            "{child}[于 {time} ]的充值 {amount} 元此前未能及时到账，现已补入账[，余额 {balance} 元]。给您带来不便，请谅解。",
        ),
        Kind::Refund => ("退款 {amount} 元", "{child}账户的退款 {amount} 元已原路退回，到账时间以支付渠道为准。"),
        Kind::AutoTopup => {
            ("自动充值到账 {amount} 元", "已按您的设置为{child}自动充值 {amount} 元[，余额 {balance} 元]。")
        }
        Kind::AutoTopupRefused => (
            "自动充值未成功",
            "{child}的自动充值[ {amount} 元]未成功：{why}[，余额 {balance} 元]。不影响用餐，您也可以手动充值。",
        ),
        Kind::LowBalance => ("余额提醒", "{child}的余额为 {balance} 元[，低于您设置的 {line} 元]。"),
        Kind::Arrears => ("延迟扣款提醒", "{child}有 {amount} 元延迟扣款，下次充值时自动扣除，不影响用餐。"),
        Kind::MealMissed => {
            ("{meal}暂无就餐记录", "{child}[ {day} ]的{meal}暂无就餐记录。也可能在校外用餐或请假，仅供参考。")
        }
        Kind::LossReported => {
            ("{child}的码已挂失", "{child}的码已挂失[，操作人：{by}][，时间 {time}]。如非您知情，请联系学校。")
        }
        Kind::Frozen => {
            ("{child}的账户已冻结", "{child}的账户已冻结[，操作人：{by}][，时间 {time}]。如非您知情，请联系学校。")
        }
        Kind::BindingAsked => {
            ("有人申请绑定{child}", "{who}申请绑定{child}[，时间 {time}]。如不认识此人，请联系学校。")
        }
        Kind::BindingAnswered => ("绑定申请有结果了", "{child}的绑定申请：{answer}。"),
        Kind::DataReportAnswered => ("学校已回复信息更正", "您报告的{child}[的{field}]有误，学校回复：{answer}"),
        Kind::ComplaintAnswered => ("学校已答复您的疑问", "关于{child}的消费疑问，学校答复：{answer}"),
        Kind::CopyAlarm => ("疑似复制码", "同一个码在 {seconds} 秒内出现在两处[（{time}）]，疑似被复制，请核实。"),
        Kind::MailCode => {
            ("邮箱验证码", "验证码 {code}[，{minutes} 分钟内有效]。用于确认接收消息的邮箱，如非本人操作请忽略。")
        }
        Kind::ComplaintMade => ("新的消费投诉", "家长对一笔 {amount} 元的消费有疑问[，请在 {due} 前答复]。"),
        Kind::DataReportMade => ("新的信息更正", "家长报告学生的{field}有误，请核对并答复。"),
        Kind::BindingRequested => ("新的绑定申请", "{who}申请绑定学生，请审核。"),
        Kind::RefundAsked => ("有退款待审批", "一笔 {amount} 元的退款等待审批[，申请人：{by}]。"),
        Kind::PaymentAlarm => ("支付告警", "一张支付单（{amount} 元）与渠道结果不符，请尽快核实。"),
    }
}

fn english(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::SignInCode => {
            ("Sign-in code", "Your code is {code}[; it is good for {minutes} minutes]. Tell it to nobody.")
        }
        Kind::Purchase => {
            ("{child} spent ¥{amount}", "{child} spent ¥{amount}[ at {place}][, {time}].[ The balance is ¥{balance}.]")
        }
        Kind::PurchaseUndone => (
            "A purchase was undone",
            "{child}: ¥{amount}[ of {time}] was given back[: {why}].[ The balance is ¥{balance}.]",
        ),
        Kind::Topup => ("¥{amount} topped up", "¥{amount} was topped up for {child}.[ The balance is ¥{balance}.]"),
        Kind::TopupLate => (
            "A late top-up has arrived",
            "The top-up of ¥{amount} for {child}[ of {time}] was late and is now booked.[ The balance is ¥{balance}.] \
             We are sorry.",
        ),
        Kind::Refund => {
            ("¥{amount} refunded", "¥{amount} of {child}'s account goes back the way it came; the channel says when.")
        }
        Kind::AutoTopup => (
            "Automatic top-up of ¥{amount}",
            "¥{amount} was topped up for {child}, as you set it.[ The balance is ¥{balance}.]",
        ),
        Kind::AutoTopupRefused => (
            "An automatic top-up did not succeed",
            "The automatic top-up[ of ¥{amount}] for {child} did not succeed: {why}.[ The balance is ¥{balance}.] Lunch goes \
             on as usual; you can top up by hand.",
        ),
        Kind::LowBalance => ("Balance is low", "{child}'s balance is ¥{balance}[, below the ¥{line} that you set]."),
        Kind::Arrears => (
            "To be collected later",
            "{child} has ¥{amount} to be collected with the next top-up. Lunch goes on as usual.",
        ),
        Kind::MealMissed => (
            "No {meal} on record",
            "There is no {meal} on record for {child}[ on {day}]. They may have eaten elsewhere or be on leave.",
        ),
        Kind::LossReported => (
            "{child}'s code was reported lost",
            "{child}'s code was reported lost[ by {by}][, {time}]. Ask the school if you did not know of it.",
        ),
        Kind::Frozen => (
            "{child}'s account was frozen",
            "{child}'s account was frozen[ by {by}][, {time}]. Ask the school if you did not know of it.",
        ),
        Kind::BindingAsked => (
            "Somebody asks to be bound to {child}",
            "{who} asks to be bound to {child}[, {time}]. Ask the school if you do not know them.",
        ),
        Kind::BindingAnswered => ("Your binding was answered", "Binding of {child}: {answer}."),
        Kind::DataReportAnswered => {
            ("The school answered", "You reported wrong data of {child}[ ({field})]. The school says: {answer}")
        }
        Kind::ComplaintAnswered => ("The school answered", "Your complaint for {child}. The school says: {answer}"),
        Kind::CopyAlarm => (
            "A code may be copied",
            "A code was at two places within {seconds} s[ ({time})] and may be a copy. Please look.",
        ),
        Kind::MailCode => (
            "Code for your e-mail",
            "Your code is {code}[; it is good for {minutes} minutes]. It confirms where you get messages; ignore it if \
             you did not ask.",
        ),
        Kind::ComplaintMade => {
            ("A complaint", "A guardian complains about a purchase of ¥{amount}[; please answer by {due}].")
        }
        Kind::DataReportMade => {
            ("Wrong data reported", "A guardian says that a pupil's {field} is wrong. Please look.")
        }
        Kind::BindingRequested => ("A binding is asked for", "{who} asks to be bound to a pupil. Please decide."),
        Kind::RefundAsked => ("A refund to approve", "A refund of ¥{amount} waits for approval[; asked by {by}]."),
        Kind::PaymentAlarm => {
            ("Payment alarm", "A payment order of ¥{amount} differs from what the channel says. Please look soon.")
        }
    }
}

/// Several purchases of one child that waited for the morning.
pub fn digest(locale: Locale) -> Texts {
    let (title, text) = match locale {
        Locale::Zh => ("{child}有 {count} 笔消费", "{child}有 {count} 笔消费，共 {amount} 元[，余额 {balance} 元]。"),
        Locale::En => {
            ("{child}: {count} purchases", "{child} has {count} purchases, ¥{amount}.[ The balance is ¥{balance}.]")
        }
    };
    Texts { title: title.to_owned(), text: text.to_owned() }
}

impl Texts {
    /// A text that can't be read was checked when it was saved; should it be broken, it is sent as it stands.
    pub fn write(&self, kind: Kind, locale: Locale, params: &BTreeMap<String, String>) -> Written {
        let value = |name: &str| variables::value(kind, locale, params, name);
        let one = |text: &str| Template::read(text).map_or_else(|_| text.to_owned(), |read| read.write(&value));
        Written { title: one(&self.title), text: one(&self.text) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::template;
    use super::*;

    #[test]
    fn what_is_built_in_keeps_the_rules_for_schools() {
        for kind in Kind::ALL {
            for locale in [Locale::Zh, Locale::En] {
                let Texts { title, text } = built_in(*kind, locale);
                assert_eq!(template::check(*kind, &title, &text), Ok(()), "{kind:?} {locale:?}");
                let written = built_in(*kind, locale).write(*kind, locale, &variables::example(*kind));
                assert!(!written.text.contains(['{', '[', ']', '}']), "{}", written.text);
            }
        }
        for locale in [Locale::Zh, Locale::En] {
            let Texts { title, text } = digest(locale);
            assert_eq!(template::check(Kind::Purchase, &title, &text), Ok(()));
        }
    }

    #[test]
    fn a_lunch_is_told_in_one_sentence() {
        let check = |locale, params: &BTreeMap<String, String>, expected: &str| {
            assert_eq!(built_in(Kind::Purchase, locale).write(Kind::Purchase, locale, params).text, expected);
        };
        let params = variables::example(Kind::Purchase);
        check(Locale::Zh, &params, "张小明于 11-24 12:05 在第一食堂 · 1号档口消费 12.50 元，余额 86.40 元。");
        let least = BTreeMap::from([("child".into(), "王五".into()), ("amount".into(), "800".into())]);
        check(Locale::Zh, &least, "王五消费 8.00 元。");
        check(Locale::En, &least, "王五 spent ¥8.00.");
    }
}
