//! The first page: orders, newest first, and what became of the last notifications.

use super::{Language, Width, escape, frame};
use crate::Sandbox;
use crate::books::{Channel, Order};
use crate::control::{Delivery, Outcome};
use crate::mandates::Mandate;
use crate::wire::{Incoming, Outgoing};

const ORDERS_SHOWN: usize = 50;
const MANDATES_SHOWN: usize = 20;
const DELIVERIES_SHOWN: usize = 20;
const MESSAGES_SHOWN: usize = 3;

pub fn page(sandbox: &Sandbox, incoming: &Incoming) -> Outgoing {
    let lang = Language::of(incoming);
    let now = sandbox.now();
    let mut state = sandbox.state();
    let mut orders: Vec<Order> = state.books.all(now).cloned().collect();
    let deliveries: Vec<_> = state.deliveries.iter().rev().take(DELIVERIES_SHOWN).cloned().collect();
    let messages: Vec<_> = state.messages.iter().rev().take(MESSAGES_SHOWN).cloned().collect();
    let mandates: Vec<_> = state.mandates.all().cloned().collect();
    drop(state);
    orders.sort_by_key(|order| std::cmp::Reverse(order.made_at));
    let mut content = format!("<p class=\"soft\">{}</p>", lang.say(INTRODUCTION.0, INTRODUCTION.1));
    content.push_str(&format!("<h2>{}</h2>", lang.say("订单", "Orders")));
    if orders.is_empty() {
        content.push_str(&format!("<p class=\"card\">{}</p>", lang.say("还没有订单。", "No orders yet.")));
    }
    content.push_str("<ul>");
    orders.iter().take(ORDERS_SHOWN).for_each(|order| content.push_str(&row(order, lang)));
    content.push_str("</ul>");
    if !mandates.is_empty() {
        content.push_str(&format!("<h2>{}</h2><ul>", lang.say("免密代扣签约", "Mandates")));
        mandates.iter().rev().take(MANDATES_SHOWN).for_each(|of| content.push_str(&mandate(of, lang)));
        content.push_str("</ul>");
    }
    if !messages.is_empty() {
        content.push_str(&format!("<h2>{}</h2><ul>", lang.say("最近的消息", "Last messages")));
        messages.iter().for_each(|message| content.push_str(&super::messages::card(message, lang)));
        content.push_str("</ul>");
    }
    if !deliveries.is_empty() {
        content.push_str(&format!("<h2>{}</h2><ul class=\"card\">", lang.say("最近的通知", "Last notifications")));
        deliveries.iter().for_each(|delivery| content.push_str(&brought(delivery, lang)));
        content.push_str("</ul>");
    }
    frame(incoming, Width::Wide, lang.say("概览", "Overview"), &content)
}

const INTRODUCTION: (&str, &str) = (
    "这里没有真钱，也没有真短信：各支付与消息渠道都由本机扮演。",
    "No real money and no real messages: this machine plays all payment and message channels.",
);

fn row(order: &Order, lang: Language) -> String {
    let given_back = order.refunded();
    let back = match given_back.is_zero() {
        true => String::new(),
        false => format!(" <small>−¥{given_back}</small>"),
    };
    format!(
        "<li class=\"card row\"><span><a href=\"/pay/{number}{query}\">{number}</a> {tag}</span><b>¥{}{back}</b>\
         <small>{} · {} · {}</small></li>",
        order.ask.amount,
        channel(order.ask.channel, lang),
        escape(&order.ask.scene),
        escape(&order.ask.description),
        number = escape(&order.ask.number),
        query = lang.query(),
        tag = tag(order, lang),
    )
}

fn mandate(of: &Mandate, lang: Language) -> String {
    format!(
        "<li class=\"card row\"><span><a href=\"/mandate/{number}{query}\">{number}</a> {tag}</span>\
         <small>{} · {}</small></li>",
        channel(of.ask.channel, lang),
        escape(&of.ask.shown_as),
        number = escape(&of.ask.number),
        query = lang.query(),
        tag = super::agreement::tag(of, lang),
    )
}

pub fn tag(order: &Order, lang: Language) -> String {
    let word = order.state_word();
    let text = match word {
        "paid" => lang.say("已支付", "paid"),
        "closed" => lang.say("已关闭", "closed"),
        _ if order.failed_tries > 0 => lang.say("支付失败过", "failed before"),
        _ => lang.say("待支付", "waiting"),
    };
    format!("<span class=\"tag {word}\">{text}</span>")
}

pub fn channel(channel: Channel, lang: Language) -> &'static str {
    match channel {
        Channel::Wechat => lang.say("微信支付", "WeChat Pay"),
        Channel::Alipay => lang.say("支付宝", "Alipay"),
        Channel::Unionpay => lang.say("云闪付", "UnionPay"),
        Channel::Chinaums => lang.say("银联商务", "China UMS"),
    }
}

fn brought(delivery: &Delivery, lang: Language) -> String {
    let event = match delivery.event.strip_prefix("refund ") {
        Some(number) => format!("{} {}", lang.say("退款", "refund"), escape(number)),
        None if delivery.event.starts_with("mandate") => lang.say("签约", "mandate").to_owned(),
        None => lang.say("支付", "payment").to_owned(),
    };
    let outcome = match delivery.outcome {
        Outcome::Taken => lang.say("已接收", "taken"),
        Outcome::NotTaken => lang.say("未接收", "not taken"),
        Outcome::Lost => lang.say("丢失", "lost"),
        Outcome::HeldBack => lang.say("压后", "held back"),
        Outcome::NotReached => lang.say("连接不上", "not reached"),
        Outcome::NoAnswer => lang.say("五秒内无应答", "no answer in 5 s"),
        Outcome::NotLoopback => lang.say("不是本机地址", "not on this machine"),
    };
    let altered = match delivery.altered {
        Some("corrupted") => lang.say("（内容已损坏）", " (corrupted)"),
        Some(_) => lang.say("（验签探测）", " (a probe)"),
        None => "",
    };
    let order = escape(&delivery.order);
    let attempt = delivery.attempt + 1;
    format!("<li class=\"row\"><span>{order} · {event} #{attempt}</span><small>{outcome}{altered}</small></li>")
}
