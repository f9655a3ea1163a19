//! The page on which somebody agrees to debits, refuses, or ends what was agreed.

use super::{Language, Width, cashier, escape, frame, is_foreign, overview, see_other};
use crate::Sandbox;
use crate::mandates::{Mandate, MandateState};
use crate::wire::{Incoming, Outgoing, is_loopback};
use yitong_channels::{percent_encode, query_pairs};
use yitong_values::Timestamp;

pub fn page(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let lang = Language::of(incoming);
    let title = lang.say("免密代扣签约", "Agree to debits");
    let found = sandbox.state().mandates.find_anywhere(&cashier::number(incoming)).cloned();
    let Some(of) = found else {
        let text = lang.say("没有这个签约。", "There is no such mandate.");
        let mut page = frame(incoming, Width::Narrow, title, &format!("<p class=\"note no\">{text}</p>"));
        page.status = 404;
        return page;
    };
    frame(incoming, Width::Narrow, title, &content(&of, incoming, lang, sandbox.now()))
}

pub fn tag(of: &Mandate, lang: Language) -> String {
    let (class, text) = match of.state {
        MandateState::Waiting => ("waiting", lang.say("待签约", "waiting")),
        MandateState::Signed { .. } => ("paid", lang.say("已签约", "signed")),
        MandateState::Ended { .. } => ("closed", lang.say("已解约", "ended")),
    };
    format!("<span class=\"tag {class}\">{text}</span>")
}

fn content(of: &Mandate, incoming: &Incoming, lang: Language, now: Timestamp) -> String {
    let mut content = format!(
        "<div class=\"card\"><dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd>\
         <dt>{}</dt><dd>{}</dd></dl></div>",
        lang.say("开通账号", "Account"),
        escape(&of.ask.shown_as),
        lang.say("渠道", "Channel"),
        overview::channel(of.ask.channel, lang),
        lang.say("商户签约号", "Mandate"),
        escape(&of.ask.number),
        lang.say("状态", "State"),
        tag(of, lang),
    );
    let note = match incoming.asked("did").as_deref() {
        Some("agree") => Some(("note", lang.say("签约成功，已通知商户。", "Signed; the merchant is told."))),
        Some("end") => Some(("note", lang.say("已解约，已通知商户。", "Ended; the merchant is told."))),
        Some("late") => Some(("note no", lang.say("不能再这样操作。", "That can't be done any more."))),
        _ => None,
    };
    if let Some((class, text)) = note {
        content.push_str(&format!("<p class=\"{class}\" role=\"status\">{text}</p>"));
    }
    let back = incoming.asked("redirect_url").or_else(|| of.ask.return_url.clone()).filter(|url| is_loopback(url));
    let form = |deed: &str, class: &str, text: &str| cashier::form(deed, class, text, back.as_deref());
    if of.can_be_agreed_to(now) {
        content.push_str(&form("agree", "go", lang.say("同意协议并开通", "Agree")));
        content.push_str(&form("refuse", "", lang.say("不同意", "Refuse")));
        return content;
    }
    if matches!(of.state, MandateState::Signed { .. }) {
        content.push_str(&form("end", "no", lang.say("关闭免密代扣", "End it")));
    }
    if let Some(back) = back {
        let text = lang.say("返回商户", "Back to the merchant");
        content.push_str(&format!("<p><a class=\"button\" href=\"{}\">{text}</a></p>", escape(&back)));
    }
    content
}

pub fn deed(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if is_foreign(incoming) {
        return Outgoing::new(403, "text/plain; charset=utf-8", "不接受其他网站的表单。 A form of another site.");
    }
    let number = cashier::number(incoming);
    let fields = incoming.text().and_then(query_pairs).unwrap_or_default();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let (deed, back) = (field("deed").to_owned(), field("redirect_url").to_owned());
    let did = match sandbox.do_mandate_deed(&number, &deed) {
        // Who refuses goes back without a word.
        Some(Ok(())) if deed == "refuse" && is_loopback(&back) => return see_other(&back),
        Some(Ok(())) => deed,
        _ => "late".to_owned(),
    };
    let mut address = format!("/mandate/{}?did={did}", percent_encode(&number));
    if Language::of(incoming) == Language::En {
        address.push_str("&lang=en");
    }
    if !back.is_empty() {
        address.push_str(&format!("&redirect_url={}", percent_encode(&back)));
    }
    see_other(&address)
}
