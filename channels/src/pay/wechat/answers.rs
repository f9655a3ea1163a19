//! Reads answers of WeChat Pay: verified first, understood second, and unknown otherwise.

use super::Wechat;
use super::config::same_serial;
use super::sign::{PROBE, Signed, answer_text};
use crate::pay::NotifyRefusal;
use crate::{Headers, Moment, Outcome, Reply};

pub(super) enum Answer<'a> {
    Body(&'a [u8]),
    Error(ChannelError),
    Unknown(String),
}

pub(super) struct ChannelError {
    pub status: u16,
    pub code: String,
    pub message: String,
}

#[derive(serde::Deserialize)]
struct ErrorBody {
    code: String,
    #[serde(default)]
    message: String,
}

/// Words with which WeChat says that it did not do it. What is missing here is unknown, among it `INVALID_REQUEST` (it
/// may mean that the number is known with other content), `ORDERPAID` and `OUT_TRADE_NO_USED`: all of them are asked
/// about. After `NOT_ENOUGH` the same refund may be sent again under its number.
const REFUSALS: [&str; 10] = [
    "PARAM_ERROR",
    "SIGN_ERROR",
    "NO_AUTH",
    "NOT_ENOUGH",
    "ORDER_CLOSED",
    "APPID_MCHID_NOT_MATCH",
    "MCH_NOT_EXISTS",
    "OPENID_MISMATCH",
    "RULE_LIMIT",
    "USER_ACCOUNT_ABNORMAL",
];

impl ChannelError {
    pub fn is_missing(&self) -> bool {
        self.status == 404 && ["ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"].contains(&self.code.as_str())
    }

    /// For requests that change something.
    pub fn outcome<T>(self) -> Outcome<T> {
        if REFUSALS.contains(&self.code.as_str()) {
            return Outcome::refused(self.code, self.message);
        }
        self.unknown()
    }

    /// For questions: one that was refused says nothing about what it asked for.
    pub fn unknown<T>(self) -> Outcome<T> {
        Outcome::unknown(format!("{} {}: {}", self.status, self.code, self.message))
    }
}

/// JSON, or where it could not be read: never what stood there, which may be somebody's.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|err| format!("JSON at line {}, column {}", err.line(), err.column()))
}

impl Wechat {
    /// A success must be signed. An error that is signed is verified too; one that is not signed at all comes from
    /// before the point where WeChat knows the merchant, and books nothing.
    pub(super) fn open<'a>(&self, reply: &'a Reply, at: &Moment) -> Answer<'a> {
        let bare = Signed::is_absent(&reply.headers);
        if (reply.is_success() || !bare)
            && let Err(refusal) = self.verify(&reply.headers, &reply.body, at)
        {
            return Answer::Unknown(format!("status {}: {refusal}", reply.status));
        }
        match reply.status {
            200..300 => Answer::Body(&reply.body),
            429 | 500.. => Answer::Unknown(format!("status {}", reply.status)),
            status => match serde_json::from_slice::<ErrorBody>(&reply.body) {
                Ok(ErrorBody { code, message }) => Answer::Error(ChannelError { status, code, message }),
                Err(_) => Answer::Unknown(format!("status {status}, and no error that can be read")),
            },
        }
    }

    /// An answer to a request that changes something, as JSON.
    pub(super) fn read<T: serde::de::DeserializeOwned>(&self, reply: &Reply, at: &Moment) -> Outcome<T> {
        match self.open(reply, at) {
            Answer::Body(body) => read_json(body).map_or_else(Outcome::unknown, Outcome::Done),
            Answer::Error(error) => error.outcome(),
            Answer::Unknown(why) => Outcome::Unknown { why },
        }
    }

    /// Time, key and signature of a body, in this order.
    pub(super) fn verify(&self, headers: &Headers, body: &[u8], at: &Moment) -> Result<(), NotifyRefusal> {
        let signed = Signed::read(headers)?;
        let mut known = self.trusted.iter().filter(|key| {
            key.is_active(at.now) && (key.what.id == signed.serial || same_serial(&key.what.id, signed.serial))
        });
        let Some(key) = known.next() else {
            // What it says is somebody else's text: only as much of it as a serial can be.
            let serial: String = signed.serial.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
            return Err(NotifyRefusal::UnknownKey(serial));
        };
        if !signed.is_fresh(at.seconds()) {
            return Err(NotifyRefusal::Stale);
        }
        let text = answer_text(signed.seconds, signed.nonce, body);
        let fits = !signed.signature.starts_with(PROBE) && key.what.verifier.verifies_base64(&text, signed.signature);
        if fits { Ok(()) } else { Err(NotifyRefusal::BadSignature) }
    }
}
