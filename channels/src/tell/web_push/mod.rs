//! Web Push (RFC 8030): a message to a browser that subscribed, encrypted for it (RFC 8291) and signed by us (RFC
//! 8292). The address is the subscription as the browser gave it, so where it leads is checked before anything is sent.

mod seal;
mod vapid;

pub use vapid::VapidKeys;

use super::answer::{not_sent, wait_s};
use super::host::Place;
use super::rate::Rate;
use super::{ErrorClass, Message, Messenger, Sent, text};
use crate::pay::Misuse;
use crate::{Call, Moment, Reply, crypto};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use serde_json::json;

pub use seal::WEB_PUSH_PLAIN_BYTES_MAX;

/// Push services keep a message for four weeks at most.
pub const WEB_PUSH_LIFE_S_MAX: u32 = 2_419_200;
const TITLE_CHARS_MAX: usize = 100;
const ENDPOINT_BYTES_MAX: usize = 2_048;

/// Base64 of addresses (RFC 4648, section 5): written without padding, read with and without.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The point on P-256, 65 bytes, base64url: what pages subscribe with.
    pub public_key: String,
    /// The number, 32 bytes, base64url.
    pub private_key: String,
    /// Whom a push service may write to about us: `mailto:…` or `https://…`.
    pub subject: String,
    /// Lets subscriptions lead to this machine over http, for tests and the sandbox. Nothing else of our network.
    #[serde(default)]
    pub allow_loopback: bool,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "web_push::Config({})", self.public_key)
    }
}

#[derive(Clone, Debug)]
pub struct WebPush {
    keys: VapidKeys,
    subject: String,
    allow_loopback: bool,
}

impl WebPush {
    pub fn new(config: Config) -> Result<WebPush, Misuse> {
        let keys = VapidKeys::read(&config.public_key, &config.private_key)?;
        let subject = config.subject;
        let is_mail = subject.strip_prefix("mailto:").is_some_and(|mail| mail.contains('@'));
        if !is_mail && Place::read(&subject).is_none_or(|place| !place.is_https()) {
            return Err(Misuse::new("subject", "it is neither mailto:… nor https://…"));
        }
        Ok(WebPush { keys, subject, allow_loopback: config.allow_loopback })
    }

    /// What a page subscribes with (`applicationServerKey`).
    pub fn public_key(&self) -> String {
        self.keys.public_text()
    }

    /// Whether a subscription can be sent to: asked before it is kept, and again before every message.
    pub fn check(&self, subscription: &str) -> Result<(), Misuse> {
        self.read(subscription).map(drop)
    }

    fn read(&self, address: &str) -> Result<Subscription, Misuse> {
        let wrong = |why: &'static str| Misuse::new("address", why);
        let given: Given = serde_json::from_str(address).map_err(|_| wrong("it is not a subscription"))?;
        let place = Place::read(&given.endpoint).ok_or_else(|| wrong("its endpoint is not an address"))?;
        let to_test = self.allow_loopback && place.is_loopback();
        let for_real = place.is_https() && place.is_public();
        if !to_test && !for_real {
            return Err(wrong("its endpoint is not https on the public internet"));
        }
        if given.endpoint.len() > ENDPOINT_BYTES_MAX {
            return Err(wrong("its endpoint is too long"));
        }
        let origin = place.origin();
        let public = URL_SAFE.decode(&given.keys.p256dh).ok().and_then(|bytes| bytes.try_into().ok());
        let public = public.filter(|key: &[u8; 65]| key[0] == 4).ok_or_else(|| wrong("its key p256dh is no point"))?;
        let auth = URL_SAFE.decode(&given.keys.auth).ok().and_then(|bytes| bytes.try_into().ok());
        let auth = auth.ok_or_else(|| wrong("its secret auth has not 16 bytes"))?;
        Ok(Subscription { endpoint: given.endpoint, origin, public, auth })
    }
}

/// `PushSubscription.toJSON()`; browsers add fields of their own.
#[derive(serde::Deserialize)]
struct Given {
    endpoint: String,
    keys: GivenKeys,
}

#[derive(serde::Deserialize)]
struct GivenKeys {
    p256dh: String,
    auth: String,
}

struct Subscription {
    endpoint: String,
    origin: String,
    public: [u8; 65],
    auth: [u8; 16],
}

impl Messenger for WebPush {
    fn rate(&self) -> Rate {
        Rate::UNLIMITED
    }

    fn send(&self, message: &Message, address: &str, _token: Option<&str>, at: &Moment) -> Result<Call, Misuse> {
        let to = self.read(address)?;
        let sealed = seal::sealed(&plain(message)?, &to.public, &to.auth, &at.nonce)?;
        // Names what replaces what while the phone is off: a repeat replaces the first, and both are shown once.
        let topic = URL_SAFE.encode(&crypto::sha256(message.dedupe.as_bytes())[..TOPIC_BYTES]);
        let call = Call::post(to.endpoint, "application/octet-stream", sealed)
            .header("content-encoding", "aes128gcm")
            .header("ttl", message.life_s.min(WEB_PUSH_LIFE_S_MAX).to_string())
            .header("urgency", if message.urgent { "high" } else { "normal" })
            .header("topic", topic)
            .header("authorization", self.keys.authorization(&to.origin, &self.subject, at));
        Ok(call)
    }

    fn sent(&self, reply: &Reply) -> Sent {
        let words = reply.text().unwrap_or_default();
        let class = match reply.status {
            200..=299 => return Sent::Accepted { provider_id: None },
            // The person took it back, or the browser is gone: it will never exist again.
            404 | 410 => ErrorClass::AddressGone,
            429 => ErrorClass::Throttled { after_s: wait_s(reply) },
            503 if reply.headers.get("retry-after").is_some() => ErrorClass::Throttled { after_s: wait_s(reply) },
            // The browser subscribed with keys that we had before, and has to subscribe again.
            400 | 401 | 403 if OTHER_KEYS.iter().any(|known| words.contains(known)) => ErrorClass::AddressGone,
            // A repeat replaces what may have arrived.
            408 | 500..=599 => ErrorClass::Transient,
            _ => ErrorClass::Permanent,
        };
        not_sent(class, reply.status, words)
    }
}

/// How Google, Mozilla and Apple say that a subscription was made with another key.
const OTHER_KEYS: [&str; 3] = ["do not correspond", "public key mismatch", "VapidPkHashMismatch"];
/// 32 letters of base64, the most that a topic may have.
const TOPIC_BYTES: usize = 24;

/// What the page's worker shows. The text gives way where the whole would be too long.
fn plain(message: &Message) -> Result<Vec<u8>, Misuse> {
    let title = text::cut(&text::one_line(&message.title), TITLE_CHARS_MAX);
    let with = |body: &str| {
        let content = json!({"id": message.dedupe, "title": title, "body": body, "link": message.link});
        content.to_string().into_bytes()
    };
    let fits = |bytes: &Vec<u8>| bytes.len() <= WEB_PUSH_PLAIN_BYTES_MAX;
    let whole = with(&message.text);
    if fits(&whole) {
        return Ok(whole);
    }
    // JSON writes some letters longer than they are, so the longest beginning that fits is looked for.
    let (mut short, mut long) = (0, WEB_PUSH_PLAIN_BYTES_MAX.min(message.text.len()));
    while short < long {
        let middle = (short + long).div_ceil(2);
        if fits(&with(&text::cut_bytes(&message.text, middle))) {
            short = middle;
        } else {
            long = middle - 1;
        }
    }
    let cut = with(&text::cut_bytes(&message.text, short));
    if fits(&cut) { Ok(cut) } else { Err(Misuse::new("link", "it is too long for a push")) }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{message, moment};
    use super::*;
    use crate::Headers;
    use std::collections::BTreeMap;

    /// The browser's key of RFC 8291, appendix A.
    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

    fn channel(allow_loopback: bool) -> WebPush {
        let (public_key, private_key) = VapidKeys::fresh().texts();
        WebPush::new(Config { public_key, private_key, subject: "mailto:it@school.example".into(), allow_loopback })
            .unwrap()
    }

    fn subscription(endpoint: &str) -> String {
        json!({"endpoint": endpoint, "expirationTime": null,
               "keys": {"p256dh": P256DH, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}})
        .to_string()
    }

    #[test]
    fn only_the_public_internet_is_sent_to() {
        let outcome = |loopback, endpoint: &str| channel(loopback).check(&subscription(endpoint)).is_ok();
        for (endpoint, for_real, for_tests) in [
            ("https://fcm.googleapis.com/fcm/send/abc", true, true),
            ("https://web.push.apple.com/QGFo", true, true),
            ("http://127.0.0.1:9000/push", false, true),
            ("http://localhost/push", false, true),
            ("http://fcm.googleapis.com/fcm/send/abc", false, false),
            ("https://10.0.0.7/push", false, false),
            ("https://169.254.169.254/latest/meta-data", false, false),
            ("https://[fd00::1]/push", false, false),
            ("https://printer.local/push", false, false),
        ] {
            assert_eq!((outcome(false, endpoint), outcome(true, endpoint)), (for_real, for_tests), "{endpoint}");
        }
    }

    #[test]
    fn a_subscription_that_cannot_be_encrypted_for_is_refused_before() {
        let keys = |p256dh: &str, auth: &str| {
            json!({"endpoint": "https://push.example/a", "keys": {"p256dh": p256dh, "auth": auth}}).to_string()
        };
        let why = |address: &str| channel(false).check(address).unwrap_err().to_string();
        assert_eq!(why("{}"), "address: it is not a subscription");
        assert_eq!(why(&keys("AAAA", "BTBZMqHH6r4Tts7J_aSIgg")), "address: its key p256dh is no point");
        assert_eq!(why(&keys(P256DH, "BTBZ")), "address: its secret auth has not 16 bytes");
        // 65 bytes that are no point of the curve.
        let off_curve = keys(&URL_SAFE.encode([4u8; 65]), "BTBZMqHH6r4Tts7J_aSIgg");
        let refusal = channel(false).send(&message(BTreeMap::new()), &off_curve, None, &moment()).unwrap_err();
        assert_eq!(refusal.to_string(), "address: its key p256dh is no point");
    }

    #[test]
    fn a_message_always_fits() {
        for letter in ["字", "\"", "a", "🍚", "\n"] {
            let long = Message { text: letter.repeat(4_000), ..message(BTreeMap::new()) };
            let plain = plain(&long).unwrap();
            let full = WEB_PUSH_PLAIN_BYTES_MAX - 8..=WEB_PUSH_PLAIN_BYTES_MAX;
            assert!(full.contains(&plain.len()), "{letter}: {}", plain.len());
            let read: serde_json::Value = serde_json::from_slice(&plain).unwrap();
            assert!(read["body"].as_str().unwrap().ends_with('…'), "{letter}");
        }
        let too_long = Message { link: Some("l".repeat(5_000)), ..message(BTreeMap::new()) };
        assert_eq!(plain(&too_long).unwrap_err().field, "link");
    }

    #[test]
    fn a_repeat_replaces_the_first() {
        let of = |call: &Call, name: &str| call.headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let to = subscription("https://push.example/abc?d=e");
        let first = channel(false).send(&message(BTreeMap::new()), &to, None, &moment()).unwrap();
        let again = channel(false).send(&message(BTreeMap::new()), &to, None, &moment()).unwrap();
        assert_eq!(of(&first, "topic"), of(&again, "topic"));
        assert_eq!(of(&first, "topic").len(), 32);
        assert_ne!(first.body, again.body, "every message is sealed with a key of its own");
        assert_eq!((of(&first, "ttl"), of(&first, "urgency")), ("3600".into(), "normal".into()));
        let shown = format!("{first:?}");
        assert!(!shown.contains("abc") && shown.contains("push.example"), "{shown}");
    }

    #[test]
    fn every_answer_has_its_class() {
        let class = |reply: Reply| match channel(false).sent(&reply) {
            Sent::NotSent { class, .. } => Some(class),
            _ => None,
        };
        let sent = |status, wait: Option<&str>| {
            let wait = wait.map(|seconds| ("Retry-After".to_owned(), seconds.to_owned()));
            class(Reply::new(status, Headers::new(wait), ""))
        };
        let other_keys = "the VAPID credentials in the authorization header do not correspond to the credentials used";
        assert_eq!(class(Reply::new(403, Headers::default(), other_keys)), Some(ErrorClass::AddressGone));
        assert_eq!(sent(201, None), None);
        assert_eq!(sent(404, None), Some(ErrorClass::AddressGone));
        assert_eq!(sent(410, None), Some(ErrorClass::AddressGone));
        assert_eq!(sent(429, Some("7")), Some(ErrorClass::Throttled { after_s: 7 }));
        assert_eq!(sent(503, Some("120")), Some(ErrorClass::Throttled { after_s: 120 }));
        assert_eq!(sent(503, None), Some(ErrorClass::Transient));
        for status in [400, 401, 403, 413] {
            assert_eq!(sent(status, None), Some(ErrorClass::Permanent), "{status}");
        }
    }
}
