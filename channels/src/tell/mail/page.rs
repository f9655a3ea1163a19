//! The two faces of a mail: plain text, and a page that says the same.

use super::super::{Message, host::Place};
use super::UNSUBSCRIBE;
use crate::pay::Misuse;

/// A link is an address of the web and nothing that a mail program could run.
pub(super) fn check(link: &str, bytes_max: usize) -> Result<(), Misuse> {
    let is_web = Place::read(link).is_some() && !link.contains(['<', '>', '"', ',']);
    if is_web && link.len() <= bytes_max { Ok(()) } else { Err(Misuse::new("link", "it is not an address of the web")) }
}

pub(super) fn plain(message: &Message) -> String {
    let mut lines = vec![message.text.trim_end().to_owned()];
    lines.extend(message.link.clone());
    if let Some(url) = message.fields.get(UNSUBSCRIBE) {
        lines.push(format!("退订 / Unsubscribe: {url}"));
    }
    lines.join("\n\n") + "\n"
}

pub(super) fn html(message: &Message) -> String {
    let paragraphs = message.text.lines().filter(|line| !line.trim().is_empty());
    let mut body: String = paragraphs.map(|line| format!("<p>{}</p>\n", escaped(line))).collect();
    let anchor = |url: &str, words: &str| format!("<p><a href=\"{}\">{}</a></p>\n", escaped(url), escaped(words));
    if let Some(link) = &message.link {
        body += &anchor(link, link);
    }
    if let Some(url) = message.fields.get(UNSUBSCRIBE) {
        body += &anchor(url, "退订 / Unsubscribe");
    }
    let title = escaped(&message.title);
    // Mail programs know no style sheets to speak of; their own type is what the reader chose.
    format!(
        "<!doctype html>\n<html lang=\"zh\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body style=\"max-width:36em;line-height:1.6\">\n<h2>{title}</h2>\n{body}</body>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
