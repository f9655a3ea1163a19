//! What a person sees: plain pages without scripts, in Chinese and English.

mod agreement;
mod cashier;
mod faults;
mod messages;
mod overview;

use crate::Sandbox;
use crate::control::json_of;
use crate::wire::{Incoming, Outgoing};
use axum::Router;
use axum::routing::get;
use yitong_channels::percent_encode;

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/", get(json_of(overview::page)).post(json_of(crate::tell::at_root)))
        .route("/messages", get(json_of(messages::page)))
        .route("/style.css", get(json_of(style)))
        .route("/pay/{number}", get(json_of(cashier::page)).post(json_of(cashier::deed)))
        .route("/mandate/{number}", get(json_of(agreement::page)).post(json_of(agreement::deed)))
        .route("/bridge", get(json_of(cashier::bridge)))
        .route("/faults", get(json_of(faults::page)).put(json_of(faults::put)).post(json_of(faults::form)))
}

/// No script, no frame, nothing from elsewhere.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Zh,
    En,
}

impl Language {
    /// Chinese, unless the address says otherwise.
    pub fn of(incoming: &Incoming) -> Language {
        if incoming.asked("lang").as_deref() == Some("en") { Language::En } else { Language::Zh }
    }

    pub fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Language::Zh => zh,
            Language::En => en,
        }
    }

    /// For links, so that the choice stays.
    pub fn query(self) -> &'static str {
        self.say("", "?lang=en")
    }

    fn other(self, incoming: &Incoming) -> String {
        let pairs = yitong_channels::query_pairs(&incoming.query).unwrap_or_default();
        let mut kept: Vec<String> = pairs
            .into_iter()
            .filter(|(name, _)| name != "lang")
            .map(|(name, value)| format!("{}={}", percent_encode(&name), percent_encode(&value)))
            .collect();
        if self == Language::Zh {
            kept.push("lang=en".to_owned());
        }
        format!("{}?{}", incoming.path, kept.join("&"))
    }
}

#[derive(Clone, Copy)]
pub enum Width {
    /// As wide as a phone: a cashier.
    Narrow,
    Wide,
}

/// A whole page around `content`, which is HTML already.
pub fn frame(incoming: &Incoming, width: Width, title: &str, content: &str) -> Outgoing {
    let lang = Language::of(incoming);
    let query = lang.query();
    let class = match width {
        Width::Narrow => " class=\"narrow\"",
        Width::Wide => "",
    };
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/style.css\"></head><body>\
         <header><strong>{}</strong><a href=\"/{query}\">{}</a><a href=\"/messages{query}\">{}</a>\
         <a href=\"/faults{query}\">{}</a><a href=\"{}\">{}</a></header>\
         <main{class}><h1>{title}</h1>{content}</main></body></html>\n",
        lang.say("zh-CN", "en"),
        lang.say("支付沙箱", "Payment sandbox"),
        lang.say("概览", "Overview"),
        lang.say("消息", "Messages"),
        lang.say("故障", "Faults"),
        escape(&lang.other(incoming)),
        lang.say("English", "中文"),
        title = escape(title),
    );
    Outgoing::new(200, "text/html; charset=utf-8", html)
        .header("content-security-policy", POLICY)
        .header("x-content-type-options", "nosniff")
        .header("referrer-policy", "no-referrer")
        .header("cache-control", "no-store")
}

/// Text into HTML, also inside quotes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Whether a browser asks, or a program.
pub fn wants_page(incoming: &Incoming) -> bool {
    incoming.header("accept").contains("text/html")
}

/// A form of another site must not move the sandbox's money.
pub fn is_foreign(incoming: &Incoming) -> bool {
    incoming.header("sec-fetch-site") == "cross-site"
}

pub fn see_other(address: &str) -> Outgoing {
    Outgoing::new(303, "text/plain", "").header("location", address)
}

fn style(_: &Sandbox, _: &Incoming) -> Outgoing {
    Outgoing::new(200, "text/css; charset=utf-8", include_str!("style.css"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(super::escape("<a href='x' title=\"&\">"), "&lt;a href=&#39;x&#39; title=&quot;&amp;&quot;&gt;");
    }
}
