//! The cashier: where the payer pays, fails, or goes away.

use super::{Language, Width, escape, frame, is_foreign, overview, see_other};
use crate::Sandbox;
use crate::books::Order;
use crate::wire::{Incoming, Outgoing, is_loopback};
use yitong_channels::{percent_encode, query_pairs};

pub fn page(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let lang = Language::of(incoming);
    let now = sandbox.now();
    let found = sandbox.state().books.find_anywhere(&number(incoming), now).map(|order| {
        order.visited = true;
        order.clone()
    });
    let title = lang.say("收银台", "Cashier");
    let Some(order) = found else {
        let text = lang.say("没有这个订单。", "There is no such order.");
        let mut page = frame(incoming, Width::Narrow, title, &format!("<p class=\"note no\">{text}</p>"));
        page.status = 404;
        return page;
    };
    frame(incoming, Width::Narrow, title, &content(&order, incoming, lang))
}

fn content(order: &Order, incoming: &Incoming, lang: Language) -> String {
    let mut content = format!(
        "<div class=\"card\"><div class=\"amount\">¥{}</div><dl><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd>\
         <dt>{}</dt><dd>{}</dd><dt>{}</dt><dd>{}</dd></dl></div>",
        order.ask.amount,
        lang.say("商品", "For"),
        escape(&order.ask.description),
        lang.say("渠道", "Channel"),
        overview::channel(order.ask.channel, lang),
        lang.say("商户订单号", "Order"),
        escape(&order.ask.number),
        lang.say("状态", "State"),
        overview::tag(order, lang),
    );
    let note = match incoming.asked("did").as_deref() {
        Some("pay") => Some(("note", lang.say("支付成功，已通知商户。", "Paid; the merchant is told."))),
        Some("fail") => Some(("note no", lang.say("支付失败，可以再试。", "It failed; you may try again."))),
        Some("late") => Some(("note no", lang.say("订单已支付或已关闭。", "The order was paid or closed before."))),
        _ => None,
    };
    if let Some((class, text)) = note {
        content.push_str(&format!("<p class=\"{class}\" role=\"status\">{text}</p>"));
    }
    let back = back(order, incoming);
    if order.state_word() == "waiting" {
        for (deed, class, zh, en) in [("pay", "go", "支付", "Pay"), ("fail", "no", "让支付失败", "Make it fail")]
        {
            content.push_str(&form(deed, class, lang.say(zh, en), back.as_deref()));
        }
        // Going away is what a payer does without telling anybody.
        let text = lang.say("放弃支付", "Go away without paying");
        content.push_str(&form("abandon", "", text, back.as_deref()));
    } else if let Some(back) = back {
        let text = lang.say("返回商户", "Back to the merchant");
        content.push_str(&format!("<p><a class=\"button\" href=\"{}\">{text}</a></p>", escape(&back)));
    }
    content
}

/// Posts to the page itself; the language stays in its address.
pub(super) fn form(deed: &str, class: &str, text: &str, back: Option<&str>) -> String {
    let back = back.map(|back| format!("<input type=\"hidden\" name=\"redirect_url\" value=\"{}\">", escape(back)));
    format!(
        "<form method=\"post\">{}<button class=\"{class}\" name=\"deed\" value=\"{deed}\">{text}</button></form>",
        back.unwrap_or_default(),
    )
}

/// Where the merchant wants the browser back; nowhere but this machine.
fn back(order: &Order, incoming: &Incoming) -> Option<String> {
    let named = incoming.asked("redirect_url").or_else(|| order.ask.return_url.clone());
    named.filter(|url| is_loopback(url))
}

pub fn deed(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    if is_foreign(incoming) {
        return Outgoing::new(403, "text/plain; charset=utf-8", "不接受其他网站的表单。 A form of another site.");
    }
    let number = number(incoming);
    let fields = incoming.text().and_then(query_pairs).unwrap_or_default();
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let deed = field("deed").to_owned();
    let did = match sandbox.do_deed(&number, &deed) {
        Some(Ok(())) if deed == "abandon" => return see_other(&format!("/{}", Language::of(incoming).query())),
        Some(Ok(())) => deed,
        _ => "late".to_owned(),
    };
    let mut address = format!("/pay/{}?did={did}", percent_encode(&number));
    if Language::of(incoming) == Language::En {
        address.push_str("&lang=en");
    }
    if !field("redirect_url").is_empty() {
        address.push_str(&format!("&redirect_url={}", percent_encode(field("redirect_url"))));
    }
    see_other(&address)
}

/// What stands for the pay function of a web view: it gets the same arguments (`package` at WeChat, `tradeNO` at
/// Alipay), and leads to the cashier of that order.
pub fn bridge(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let prepaid = incoming.asked("package").and_then(|text| text.strip_prefix("prepay_id=wx").map(str::to_owned));
    let number = prepaid.or_else(|| incoming.asked("tradeNO")).unwrap_or_default();
    let now = sandbox.now();
    let mut state = sandbox.state();
    let found = state.books.all(now).find(|order| order.channel_number == number).map(|order| &order.ask.number);
    match found {
        Some(number) => {
            let back = incoming.asked("redirect_url").map(|url| format!("?redirect_url={}", percent_encode(&url)));
            see_other(&format!("/pay/{}{}", percent_encode(number), back.unwrap_or_default()))
        }
        None => Outgoing::new(404, "text/plain; charset=utf-8", "没有这个预支付单。 There is no such prepayment."),
    }
}

pub(super) fn number(incoming: &Incoming) -> String {
    let last = incoming.path.rsplit('/').next().unwrap_or_default();
    let pairs = query_pairs(last).unwrap_or_default();
    pairs.into_iter().next().map(|(name, _)| name).unwrap_or_default()
}
