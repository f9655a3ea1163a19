//! What would have been sent to people, newest first: here a person reads the code to sign in with.

use super::{Language, Width, escape, frame, wants_page};
use crate::Sandbox;
use crate::tell::Arrived;
use crate::wire::{Incoming, Outgoing};
use serde_json::json;

const SHOWN: usize = 100;

/// `GET /messages?to=…`
pub fn page(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let messages = sandbox.messages(incoming.asked("to").as_deref());
    if !wants_page(incoming) {
        return Outgoing::json(200, &json!({ "messages": messages }));
    }
    let lang = Language::of(incoming);
    let mut content = String::new();
    if messages.is_empty() {
        let text = lang.say("还没有消息。", "No messages yet.");
        content.push_str(&format!("<p class=\"card\">{text}</p>"));
    }
    content.push_str("<ul>");
    messages.iter().take(SHOWN).for_each(|message| content.push_str(&card(message, lang)));
    content.push_str("</ul>");
    frame(incoming, Width::Wide, lang.say("消息", "Messages"), &content)
}

pub fn card(message: &Arrived, lang: Language) -> String {
    let mut card = format!(
        "<li class=\"card\"><div class=\"row\"><span><span class=\"tag\">{}</span> {}</span><small>{}</small></div>",
        channel(message.channel, lang),
        escape(&message.to),
        escape(&message.at),
    );
    if !message.title.is_empty() {
        card.push_str(&format!("<p class=\"message\"><b>{}</b></p>", escape(&message.title)));
    }
    if !message.text.is_empty() {
        card.push_str(&format!("<p class=\"message\">{}</p>", escape(&message.text)));
    }
    if !message.fields.is_empty() {
        card.push_str("<dl>");
        for (name, value) in &message.fields {
            card.push_str(&format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(value)));
        }
        card.push_str("</dl>");
    }
    if !message.template.is_empty() {
        let word = lang.say("模板", "Template");
        card.push_str(&format!("<small class=\"soft\">{word} {}</small>", escape(&message.template)));
    }
    // A link is shown as text: what it leads to is the merchant's page, maybe inside an app.
    if !message.link.is_empty() {
        card.push_str(&format!("<p class=\"message soft\">{}</p>", escape(&message.link)));
    }
    card + "</li>"
}

fn channel(word: &str, lang: Language) -> &'static str {
    match word {
        "sms_aliyun" => lang.say("短信（阿里云）", "SMS (Aliyun)"),
        "sms_tencent" => lang.say("短信（腾讯云）", "SMS (Tencent)"),
        "wechat" => lang.say("微信", "WeChat"),
        "alipay" => lang.say("支付宝", "Alipay"),
        "alipay_kids" => lang.say("支付宝校园", "Alipay for schools"),
        "wecom" => lang.say("企业微信", "WeCom"),
        "wecom_robot" => lang.say("企业微信群", "WeCom group"),
        "dingtalk" => lang.say("钉钉群", "DingTalk group"),
        _ => lang.say("邮件", "Mail"),
    }
}
