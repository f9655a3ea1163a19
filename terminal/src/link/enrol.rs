//! Enrolment: a code from the office page, once, and the device's own key from then on.

use super::http::{Heard, Request};
use super::socket::Client;
use crate::ENROL_PREFIX;
use std::time::Duration;
use yitong_rules::Words;
use yitong_sync::PublicKey;
use yitong_sync::wire::fleet::{Enrolment, EnrolmentAsk};

const WITHIN: Duration = Duration::from_secs(15);

/// What the office page shows, as a QR code or as a number to type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    pub server: String,
    pub code: String,
}

impl Ticket {
    /// `yitong-terminal:https://school.example#ABCD-EFGH`, or the code alone when the server is known.
    pub fn read(text: &str, server: Option<&str>) -> Result<Ticket, EnrolError> {
        let text = text.trim();
        let (server, code) = match text.strip_prefix(ENROL_PREFIX) {
            Some(rest) => rest.rsplit_once('#').ok_or(EnrolError::NotATicket)?,
            None => (server.unwrap_or_default(), text),
        };
        // The last sign of a code checks the others, and may be one of these.
        let plain = |sign: char| sign.is_ascii_alphanumeric() || "- *~$=".contains(sign);
        if code.is_empty() || code.len() > 40 || !code.chars().all(plain) {
            return Err(EnrolError::NotATicket);
        }
        if server.is_empty() {
            return Err(EnrolError::NoServer);
        }
        if !server.starts_with("https://") && !server.starts_with("http://") {
            return Err(EnrolError::NotATicket);
        }
        Ok(Ticket { server: server.trim_end_matches('/').to_owned(), code: code.to_owned() })
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnrolError {
    #[error("this is no enrolment code")]
    NotATicket,
    #[error("this is a code without an address, and no server is known")]
    NoServer,
    #[error("the server did not answer")]
    Silence,
    #[error("the server does not take this code")]
    Refused,
    #[error("too many tries, wait a little")]
    Busy,
    #[error("what the server said can't be kept on this device")]
    NotKept,
}

impl EnrolError {
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            EnrolError::NotATicket => ("这不是登记码", "This is no enrolment code"),
            EnrolError::NoServer => (
                "本机还不知道服务器地址，请扫后台的二维码",
                "This terminal does not know its server yet; scan the office’s QR code",
            ),
            EnrolError::Silence => ("连不上服务器，请检查网络", "The server can't be reached; check the network"),
            EnrolError::Refused => (
                "登记码不对、已用过或已过期，请核对，或在后台重新生成",
                "The code is wrong, used or expired; check it, or make a new one at the office",
            ),
            EnrolError::Busy => ("尝试过多，请稍候", "Too many tries; wait a little"),
            EnrolError::NotKept => (
                "登记无法保存在本机，请检查存储，或联系管理员",
                "The enrolment can’t be kept on this device; check its disk, or call the administrator",
            ),
        };
        Words { zh: zh.into(), en: en.into() }
    }
}

pub async fn enrol(ticket: &Ticket, key: PublicKey, hardware: &str) -> Result<Enrolment, EnrolError> {
    let ask = EnrolmentAsk {
        code: ticket.code.clone(),
        public_key: key,
        hardware: hardware.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let body = serde_json::to_vec(&ask).expect("plain JSON");
    let target = format!("{}/enrolment", yitong_sync::wire::BASE);
    let request = Request { method: "POST", target, headers: Vec::new(), body };
    match Client::default().send(&ticket.server, request, WITHIN).await {
        Heard::Good(bytes) => serde_json::from_slice(&bytes).map_err(|_| EnrolError::Silence),
        Heard::Busy { .. } => Err(EnrolError::Busy),
        Heard::Refused { .. } | Heard::Revoked | Heard::ClockDrift { .. } => Err(EnrolError::Refused),
        Heard::Silence => Err(EnrolError::Silence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, server: Option<&str>, expected: Option<(&str, &str)>) {
        let read = Ticket::read(text, server).ok();
        assert_eq!(read.as_ref().map(|ticket| (ticket.server.as_str(), ticket.code.as_str())), expected, "{text}");
    }

    #[test]
    fn what_the_office_page_shows() {
        let whole = "yitong-terminal:https://school.example/#ABCD-EFGH";
        check(whole, None, Some(("https://school.example", "ABCD-EFGH")));
        check(whole, Some("http://other"), Some(("https://school.example", "ABCD-EFGH")));
        check(" ABCDEFGH ", Some("http://127.0.0.1:8600/"), Some(("http://127.0.0.1:8600", "ABCDEFGH")));
        check("ABCD-EFGH-~", Some("http://127.0.0.1:8600"), Some(("http://127.0.0.1:8600", "ABCD-EFGH-~")));
        check("ABCDEFGH", None, None);
        check("yitong-terminal:ftp://x#ABCD", None, None);
        check("yitong-terminal:https://x", None, None);
        check("https://x#<script>", Some("http://x"), None);
        assert_eq!(Ticket::read("ABCDEFGH", None), Err(EnrolError::NoServer));
        assert_eq!(Ticket::read("你好", None), Err(EnrolError::NotATicket));
    }
}
