//! What the counter says, in both languages.

use super::effect::Refused;
use yitong_rules::{Question, Words};
use yitong_values::Cents;

pub fn words(zh: impl Into<String>, en: impl Into<String>) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

pub fn paid(offline: bool) -> Words {
    if offline { words("收款成功（离线）", "Paid (offline)") } else { words("收款成功", "Paid") }
}

pub fn counted() -> Words {
    words("核验成功", "Checked")
}

pub fn undone() -> Words {
    words("已撤销", "Undone")
}

pub fn practice() -> Words {
    words("练习：未收款", "Practice: nothing charged")
}

pub fn no_price() -> Words {
    words("请先输入金额或菜品", "Enter the price first")
}

pub fn muddled() -> Words {
    words("按键和扫码混在一起，请重新输入", "Keys and a scan got mixed; enter the price again")
}

pub fn no_fixed_price() -> Words {
    words("此时段没有定价", "No price is set for this time")
}

pub fn not_recorded() -> Words {
    words("无法记录，未收款。请联系管理员", "Can't record; nothing was charged. Call the administrator")
}

pub fn undo_not_recorded() -> Words {
    words("无法记录撤销。请联系管理员", "Can't record the undo. Call the administrator")
}

pub fn shift_not_recorded() -> Words {
    words("无法记录班次。请联系管理员", "Can't record the shift. Call the administrator")
}

pub fn not_undone(why: &Words) -> Words {
    words(format!("未撤销：{}", why.zh), format!("Not undone: {}", why.en))
}

pub fn too_late() -> Words {
    words("已超过可撤销的时间", "Too late to undo")
}

pub fn wrong_pin() -> Words {
    words("密码不正确", "Wrong number")
}

pub fn too_many_pins(seconds: i64) -> Words {
    words(
        format!("密码错误次数过多，请 {seconds} 秒后再试"),
        format!("Too many wrong numbers; try again in {seconds} s"),
    )
}

pub fn pin_taken_back() -> Words {
    words("开班密码已重置，请先在管理后台设置", "Your number was reset; set a new one in the office page")
}

pub fn shift_opened() -> Words {
    words("已开班", "Shift opened")
}

pub fn shift_closed(difference: Cents) -> Words {
    if difference.is_zero() {
        return words("已交班，现金相符", "Shift closed, the cash is right");
    }
    let sign = if difference.is_negative() { "" } else { "+" };
    let shown = format!("{sign}{difference}");
    words(format!("已交班，现金差额 {shown}"), format!("Shift closed, cash differs by {shown}"))
}

pub fn question(question: &Question) -> Words {
    match question {
        Question::Duplicate { seconds_ago } => words(
            format!("{seconds_ago} 秒前刚付过同样的金额。是第二份吗？"),
            format!("The same was paid {seconds_ago} s ago. A second one?"),
        ),
        Question::PhotoCheck { seconds_ago } => words(
            format!("此码 {seconds_ago} 秒前在别处用过。照片与本人一致吗？"),
            format!("Used elsewhere {seconds_ago} s ago. Is this the person of the photo?"),
        ),
    }
}

pub fn is_this_the_person() -> Words {
    words("是照片上的本人吗？", "Is this the person of the photo?")
}

pub fn marked_later() -> Words {
    words("有延迟扣款", "Some is to be collected later")
}

pub fn which_period() -> Words {
    words("时间可能不准，请选择餐次", "The clock may be wrong; choose the meal")
}

pub fn collect_later() -> Words {
    words("余额不足。先用餐，延迟扣款？", "Balance too low. Let eat and collect later?")
}

/// What the queue may read: that it did not work, and whom to ask.
pub fn not_paid() -> Words {
    words("未完成，请看收银员", "Not done, please ask the cashier")
}

/// A code that has to be shown again is its owner's own business and says so; everything else is the cashier's.
pub fn public_of(code: &str) -> Words {
    match code {
        "code_stale" | "code_used" => words("请刷新二维码后重试", "Please refresh the code and try again"),
        "code_expired" | "code_replaced" => words("此码已失效", "This code is no longer valid"),
        _ => not_paid(),
    }
}

pub fn refused(code: &str, zh: &str, en: &str) -> Refused {
    Refused { code: code.into(), words: words(zh, en), public: not_paid(), may_collect_later: false }
}
