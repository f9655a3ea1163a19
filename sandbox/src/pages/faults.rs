//! The form of the faults, and the same as JSON.

use super::{Language, Width, escape, frame, is_foreign, see_other, wants_page};
use crate::Sandbox;
use crate::control::read_faults;
use crate::faults::Faults;
use crate::wire::{Incoming, Outgoing};
use serde_json::{Map, Value, json};
use yitong_channels::query_pairs;

/// Field, Chinese, English; in the order of the form.
const FIELDS: &[(&str, &str, &str)] = &[
    ("lost_percent", "通知丢失 %", "notifications lost, %"),
    ("doubled_percent", "通知重复 %", "doubled, %"),
    ("delayed_percent", "通知延迟 %", "delayed, %"),
    ("delay_ms", "延迟多久（毫秒）", "by how many ms"),
    ("reordered_percent", "通知乱序 %", "overtaken by others, %"),
    ("corrupted_percent", "通知内容损坏 %", "corrupted, %"),
    ("probe_percent", "验签探测 %", "signature probes, %"),
    ("schedule_scale", "重发间隔（千分之几，1000 为真实，0 只发一次）", "repeats, thousandths of real time (0: once)"),
    ("server_error_percent", "办成了却答 500 的 %", "done, but answered 500, %"),
    ("message_refused_percent", "收不到消息的人 %", "people who can't be reached, %"),
    ("clock_shift_s", "时钟快多少秒", "clock ahead, s"),
    ("refund_fate", "退款结果", "how refunds end"),
    ("debit_fate", "代扣结果", "how debits end"),
    ("refund_ms", "退款处理多久（毫秒）", "refunds take, ms"),
    ("bills_at_once", "当天就出对账单", "bills of today at once"),
    ("bill_missing_line", "对账单少一行", "bill: a line is missing"),
    ("bill_extra_line", "对账单多一行", "bill: a line too many"),
    ("bill_other_amount", "对账单金额不同", "bill: another amount"),
    ("bill_other_fee", "对账单手续费不同", "bill: another fee"),
    ("bill_cut", "对账单被截断", "bill: cut off"),
    ("seed", "随机种子", "seed of chance"),
];

const FATES: [(&str, &str, &str); 3] =
    [("done", "成功", "done"), ("closed", "关闭", "closed"), ("abnormal", "异常", "abnormal")];

const DEBITS: [(&str, &str, &str); 3] =
    [("done", "成功", "done"), ("not_enough", "余额不足", "not enough money"), ("hang", "处理中", "no word")];

pub fn page(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let faults = sandbox.faults();
    if !wants_page(incoming) {
        return Outgoing::json(200, &json!(faults));
    }
    let lang = Language::of(incoming);
    let values = json!(faults);
    let mut content = String::new();
    match incoming.asked("saved").as_deref() {
        Some("yes") => {
            content.push_str(&format!("<p class=\"note\" role=\"status\">{}</p>", lang.say("已保存。", "Saved.")))
        }
        Some(_) => {
            let text = lang.say("没有保存：有的数字超出范围。", "Not saved: a number is out of range.");
            content.push_str(&format!("<p class=\"note no\" role=\"alert\">{text}</p>"));
        }
        None => {}
    }
    content.push_str("<form method=\"post\" class=\"card\">");
    for (name, zh, en) in FIELDS {
        let input = input(name, &values[*name], lang);
        content.push_str(&format!("<label><span>{}</span>{input}</label>", lang.say(zh, en)));
    }
    content.push_str(&format!("<p><button class=\"go\">{}</button></p></form>", lang.say("保存", "Save")));
    frame(incoming, Width::Wide, lang.say("故障", "Faults"), &content)
}

fn input(name: &str, value: &Value, lang: Language) -> String {
    match value {
        Value::Bool(on) => {
            let on = if *on { " checked" } else { "" };
            format!("<input type=\"checkbox\" name=\"{name}\" value=\"true\"{on}>")
        }
        Value::Number(number) => {
            // A seed may be larger than a page's own numbers.
            format!("<input inputmode=\"numeric\" pattern=\"-?[0-9]+\" required name=\"{name}\" value=\"{number}\">")
        }
        _ => {
            let fates = if name == "debit_fate" { DEBITS } else { FATES };
            let options = fates.map(|(word, zh, en)| {
                let chosen = if value == word { " selected" } else { "" };
                format!("<option value=\"{word}\"{chosen}>{}</option>", escape(lang.say(zh, en)))
            });
            format!("<select name=\"{name}\">{}</select>", options.concat())
        }
    }
}

pub fn put(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let outcome = read_faults(incoming).and_then(|faults| sandbox.set_faults(faults).map_err(str::to_owned));
    match outcome {
        Ok(()) => Outgoing::json(200, &json!(sandbox.faults())),
        Err(why) => Outgoing::json(400, &json!({"code": "bad_faults", "message": why})),
    }
}

pub fn form(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if is_foreign(incoming) {
        return Outgoing::new(403, "text/plain; charset=utf-8", "不接受其他网站的表单。 A form of another site.");
    }
    let fields = incoming.text().and_then(query_pairs).unwrap_or_default();
    let values: Map<String, Value> = fields.into_iter().map(|(name, text)| (name, value(&text))).collect();
    let faults = serde_json::from_value::<Faults>(Value::Object(values)).ok();
    let saved = faults.is_some_and(|faults| sandbox.set_faults(faults).is_ok());
    let lang = if Language::of(incoming) == Language::En { "&lang=en" } else { "" };
    see_other(&format!("/faults?saved={}{lang}", if saved { "yes" } else { "no" }))
}

fn value(text: &str) -> Value {
    match text {
        "true" => json!(true),
        text => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_stands_in_the_form() {
        let Value::Object(known) = json!(Faults::default()) else { panic!("faults are an object") };
        let mut shown: Vec<&str> = FIELDS.iter().map(|(name, _, _)| *name).collect();
        shown.sort_unstable();
        assert_eq!(shown, known.keys().map(String::as_str).collect::<Vec<_>>());
    }
}
