//! Call-backs of WeChat Pay: verified, decrypted, compared with our merchant, and only then read.

use super::Wechat;
use super::answers::read_json;
use super::mandates::Contract;
use super::orders::Transaction;
use super::refunds::ReadRefund;
use crate::crypto::{from_base64, gcm_open};
use crate::pay::{Event, Notice, NotifyRefusal};
use crate::{Headers, Moment, Reply};

#[derive(serde::Deserialize)]
pub(super) struct Envelope {
    pub id: String,
    pub event_type: String,
    pub resource: Sealed,
}

/// What is encrypted with the APIv3 key, in call-backs and in the list of certificates.
#[derive(serde::Deserialize)]
pub(super) struct Sealed {
    pub algorithm: String,
    pub ciphertext: String,
    #[serde(default)]
    pub associated_data: String,
    pub nonce: String,
}

impl Sealed {
    /// With whichever key fits: while the APIv3 key is changed, call-backs of both arrive.
    pub fn open(&self, keys: &[Vec<u8>]) -> Option<Vec<u8>> {
        if self.algorithm != "AEAD_AES_256_GCM" {
            return None;
        }
        let sealed = from_base64(&self.ciphertext)?;
        let (nonce, associated) = (self.nonce.as_bytes(), self.associated_data.as_bytes());
        keys.iter().find_map(|key| gcm_open(key, nonce, associated, &sealed))
    }
}

/// The merchant of whatever the call-back is about.
#[derive(serde::Deserialize)]
struct Whose {
    mchid: Option<String>,
    appid: Option<String>,
}

impl Wechat {
    pub(super) fn read_notice(&self, headers: &Headers, body: &[u8], at: &Moment) -> Result<Notice, NotifyRefusal> {
        self.verify(headers, body, at)?;
        let envelope: Envelope = read(body)?;
        if envelope.id.is_empty() {
            return Err(NotifyRefusal::Missing("id"));
        }
        let plain = envelope.resource.open(&self.api_v3_keys).ok_or(NotifyRefusal::BadCipher)?;
        let whose: Whose = read(&plain)?;
        if whose.mchid.is_some_and(|mchid| mchid != self.mchid) {
            return Err(NotifyRefusal::OtherMerchant("mchid"));
        }
        if whose.appid.is_some_and(|appid| appid != self.appid) {
            return Err(NotifyRefusal::OtherMerchant("appid"));
        }
        let what = match envelope.event_type.as_str() {
            // A debit that failed is told as well, under a name that is not certain: its state says what it is.
            event if event.starts_with("TRANSACTION.") => {
                let order = read::<Transaction>(&plain)?;
                if order.appid.is_none() {
                    return Err(NotifyRefusal::Missing("appid"));
                }
                Event::Order(order.into_order().map_err(NotifyRefusal::Unreadable)?)
            }
            "REFUND.SUCCESS" | "REFUND.CLOSED" | "REFUND.ABNORMAL" => {
                let refund = read::<ReadRefund>(&plain)?;
                if refund.mchid.is_none() {
                    return Err(NotifyRefusal::Missing("mchid"));
                }
                let order_number = refund.out_trade_no.clone();
                Event::Refund { order_number, refund: refund.into_refund().map_err(NotifyRefusal::Unreadable)? }
            }
            "ENTRUST.SIGN" | "ENTRUST.TERMINATE" if self.mandates.is_some() => {
                Event::Mandate(self.contract_of(read::<Contract>(&plain)?).map_err(NotifyRefusal::Unreadable)?)
            }
            _ => Event::Other { what: envelope.event_type },
        };
        Ok(Notice { event: envelope.id, what })
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, NotifyRefusal> {
    read_json(body).map_err(NotifyRefusal::Unreadable)
}

/// An empty answer means taken; anything of 4xx or 5xx is sent again for a day.
pub(super) fn acknowledgement(taken: bool) -> Reply {
    if taken {
        return Reply::new(204, Headers::default(), Vec::new());
    }
    let json = Headers::new([("content-type".to_owned(), "application/json".to_owned())]);
    Reply::new(500, json, r#"{"code":"FAIL","message":"失败"}"#)
}
