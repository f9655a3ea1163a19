//! Platform certificates: what merchants without the WeChat Pay public key verify with. They change by themselves, so
//! they are fetched every day and whenever an unknown serial arrives.

use super::Wechat;
use super::config::{VerifyKey, certificate, same_serial};
use super::notify::Sealed;
use super::sign::{PROBE, Signed, answer_text};
use crate::pay::Misuse;
use crate::{Call, Moment, Outcome, Reply};

#[derive(serde::Deserialize)]
struct List {
    data: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    serial_no: String,
    #[serde(default)]
    expire_time: Option<String>,
    encrypt_certificate: Sealed,
}

impl Wechat {
    pub fn certificates(&self, at: &Moment) -> Result<Call, Misuse> {
        self.get("/v3/certificates?algorithm_type=RSA", at)
    }

    /// The keys to hold from now on. The first list can't be verified with a key that is known: there the seal of the
    /// APIv3 key is the proof of the certificates, and the answer is then verified with the one that it names.
    pub fn certificates_read(&self, reply: &Reply, at: &Moment) -> Outcome<Vec<VerifyKey>> {
        if !reply.is_success() {
            return self.read::<serde::de::IgnoredAny>(reply, at).map(|_| Vec::new());
        }
        let Ok(signed) = Signed::read(&reply.headers) else {
            return Outcome::unknown("the list is not signed");
        };
        if !signed.is_fresh(at.seconds()) || signed.signature.starts_with(PROBE) {
            return Outcome::unknown("the list is not of now");
        }
        let Ok(list) = serde_json::from_slice::<List>(&reply.body) else {
            return Outcome::unknown("the list can't be read");
        };
        let Some(keys) = list.data.iter().map(|entry| self.unseal(entry)).collect::<Option<Vec<_>>>() else {
            return Outcome::unknown("a certificate does not open, or has another serial");
        };
        let text = answer_text(signed.seconds, signed.nonce, &reply.body);
        let fresh = keys.iter().filter_map(|key| key.read().ok());
        let mut named = fresh.chain(self.trusted.iter().cloned()).filter(|key| {
            key.is_active(at.now) && (key.what.id == signed.serial || same_serial(&key.what.id, signed.serial))
        });
        if named.any(|key| key.what.verifier.verifies_base64(&text, signed.signature)) {
            return Outcome::Done(keys);
        }
        Outcome::unknown("the list is signed with a key that is neither known nor in it")
    }

    fn unseal(&self, entry: &Entry) -> Option<VerifyKey> {
        let pem = String::from_utf8(entry.encrypt_certificate.open(&self.api_v3_keys)?).ok()?;
        let same = certificate(&pem).is_some_and(|found| same_serial(&found.serial, &entry.serial_no));
        let (id, not_after) = (entry.serial_no.clone(), entry.expire_time.clone());
        same.then_some(VerifyKey { id, key: pem, not_after })
    }
}
