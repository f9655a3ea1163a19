//! E-mail: the message as bytes and its envelope. SMTP is a conversation and no request, so whoever sends holds it
//! (`lettre`'s transport takes both as they are) and asks here what the answer means.

mod account;
mod page;

pub use account::{Account, Tls};

use super::answer::{not_sent, unknown};
use super::{ErrorClass, Message, Sent, text};
use crate::pay::Misuse;
use crate::{Moment, crypto};
use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// A subject that mail programs show whole.
const SUBJECT_CHARS_MAX: usize = 120;
const LINK_BYTES_MAX: usize = 1_024;
/// The field of a message that holds the address where one click ends such mail for this person (RFC 8058).
pub const UNSUBSCRIBE: &str = "unsubscribe_url";

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `实验小学 <notice@school.example>`
    pub from: String,
    pub reply_to: Option<String>,
    /// Where a person asks by mail to get none; mail programs show it as a button. `None`: where answers go.
    pub unsubscribe: Option<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mail::Config({})", self.from)
    }
}

#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    unsubscribe: lettre::Address,
}

/// Ready to be sent: the envelope that SMTP is told, and the bytes.
#[derive(Clone)]
pub struct Mail {
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mail({} bytes)", self.bytes.len())
    }
}

impl Mailer {
    pub fn new(config: &Config) -> Result<Mailer, Misuse> {
        let mailbox =
            |field, text: &str| text.parse::<Mailbox>().map_err(|_| Misuse::new(field, "it is not an e-mail address"));
        let reply_to = config.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?;
        let from = mailbox("from", &config.from)?;
        let unsubscribe = match &config.unsubscribe {
            Some(text) => text.parse().map_err(|_| Misuse::new("unsubscribe", "it is not an e-mail address"))?,
            None => reply_to.as_ref().unwrap_or(&from).email.clone(),
        };
        Ok(Mailer { from, reply_to, unsubscribe })
    }

    /// The same bytes for the same message: a server that sees its id twice can drop the repeat.
    pub fn build(&self, message: &Message, address: &str, at: &Moment) -> Result<Mail, Misuse> {
        let to = read_address(address).ok_or_else(|| Misuse::new("address", "it is not an e-mail address"))?;
        for link in [message.link.as_ref(), message.fields.get(UNSUBSCRIBE)].into_iter().flatten() {
            page::check(link, LINK_BYTES_MAX)?;
        }
        let name = hex::encode(&crypto::sha256(message.dedupe.as_bytes())[..NAME_BYTES]);
        let second = u64::try_from(at.seconds()).map_err(|_| Misuse::new("now", "it is before 1970"))?;
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(text::cut(&text::one_line(&message.title), SUBJECT_CHARS_MAX))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
            .message_id(Some(format!("<{name}@{}>", self.from.email.domain())))
            // Nobody's out-of-office answers it.
            .raw_header(header("Auto-Submitted", "auto-generated".into()));
        for line in self.unsubscribing(message) {
            mail = mail.raw_header(line);
        }
        if let Some(reply_to) = &self.reply_to {
            mail = mail.reply_to(reply_to.clone());
        }
        // By itself the boundary would be drawn by lot.
        let parts = MultiPart::alternative().boundary(format!("={name}")).build();
        let parts = parts.singlepart(part(ContentType::TEXT_PLAIN, page::plain(message)));
        let parts = parts.singlepart(part(ContentType::TEXT_HTML, page::html(message)));
        let mail = mail.multipart(parts).map_err(|why| Misuse::new("message", why.to_string()))?;
        Ok(Mail { envelope: mail.envelope().clone(), bytes: mail.formatted() })
    }

    /// RFC 2369, and RFC 8058 where the message has an address for one click.
    fn unsubscribing(&self, message: &Message) -> Vec<HeaderValue> {
        let mail = format!("<mailto:{}?subject=unsubscribe>", self.unsubscribe);
        match message.fields.get(UNSUBSCRIBE) {
            Some(url) => vec![
                header("List-Unsubscribe", format!("<{url}>, {mail}")),
                header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()),
            ],
            None => vec![header("List-Unsubscribe", mail)],
        }
    }
}

const ADDRESS_BYTES_MAX: usize = 254;

/// An address as it stands in an envelope. Signs beyond ASCII need servers that few people have.
fn read_address(text: &str) -> Option<lettre::Address> {
    let plain = text.is_ascii() && text.len() <= ADDRESS_BYTES_MAX && !text.contains(['[', '"']);
    text.parse::<lettre::Address>().ok().filter(|address| plain && address.domain().contains('.'))
}

/// Whether mail can be sent to this address.
pub fn is_address(text: &str) -> bool {
    read_address(text).is_some()
}

/// Bytes of a name, enough never to meet twice.
const NAME_BYTES: usize = 16;

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn part(kind: ContentType, content: String) -> SinglePart {
    SinglePart::builder().header(kind).body(content)
}

/// What the server was answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The greeting, the sign-in and the sender: what is refused there is about us.
    Opening,
    /// The recipient and the mail itself.
    Mail,
}

/// What the other server said at the end. `None`: the connection broke before it said anything, and the mail may have
/// been taken.
pub fn answered(part: Part, answer: Option<(u16, &str)>) -> Sent {
    let Some((code, words)) = answer else { return unknown("the connection broke before the answer") };
    let class = match (code, part) {
        (200..=299, Part::Mail) => return Sent::Accepted { provider_id: None },
        // 421 going down, 450 busy or greylisted, 451 an error inside, 452 full: all of them not now.
        (400..=499, _) => ErrorClass::Transient,
        (_, Part::Mail) => class(code, enhanced(words)),
        (_, Part::Opening) => ErrorClass::Permanent,
    };
    not_sent(class, code, words)
}

fn class(code: u16, (subject, detail): (u16, u16)) -> ErrorClass {
    match (code, subject, detail) {
        // 5.1.x: no such mailbox or domain; 5.2.1: the mailbox is switched off.
        (_, 1, 1 | 2 | 3 | 6 | 10) | (_, 2, 1) => ErrorClass::AddressGone,
        // Without a word why, these say that there is no such mailbox.
        (550 | 551 | 553, 0, _) => ErrorClass::AddressGone,
        _ => ErrorClass::Permanent,
    }
}

/// Subject and detail of an enhanced code (RFC 3463) like `5.1.1`; zeros where there is none.
fn enhanced(words: &str) -> (u16, u16) {
    let first = words.split_whitespace().next().unwrap_or_default();
    let numbers: Option<Vec<u16>> = first.split('.').map(|part| part.parse().ok()).collect();
    match numbers.as_deref() {
        Some([5, subject, detail]) => (*subject, *detail),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests;
