//! What is signed at Alipay's form gateway: the same maths for whoever asks and whoever answers.

use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The text of a request: all parameters, public ones and those of the business, sorted by their names' bytes, without
/// `sign` and without empty ones.
pub fn signing_text(pairs: &[(String, String)]) -> String {
    joined(pairs, |name, value| name != "sign" && !value.is_empty())
}

/// The texts that the signature of a notification may cover, in the order in which they are tried: notices about trades
/// don't sign `sign_type`, those of applications and agreements do; and by the documentation empty values count, while
/// Alipay's own libraries leave them out.
pub fn notice_texts(pairs: &[(String, String)]) -> Vec<String> {
    let mut texts = vec![
        joined(pairs, |name, value| name != "sign" && name != "sign_type" && !value.is_empty()),
        joined(pairs, |name, value| name != "sign" && !value.is_empty()),
        joined(pairs, |name, _| name != "sign" && name != "sign_type"),
        joined(pairs, |name, _| name != "sign"),
    ];
    texts.dedup();
    texts
}

fn joined(pairs: &[(String, String)], keep: impl Fn(&str, &str) -> bool) -> String {
    let mut kept: Vec<_> = pairs.iter().filter(|(name, value)| keep(name, value)).collect();
    kept.sort();
    let parts: Vec<String> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parts.join("&")
}

/// The name of the object in which a method is answered: `alipay.trade.query` → `alipay_trade_query_response`.
pub fn answer_name(method: &str) -> String {
    format!("{}_response", method.replace('.', "_"))
}

/// An answer taken apart without changing a byte of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The object exactly as it stands: the signature covers these bytes, spacing and escaped slashes included.
    pub raw: &'a str,
    /// It stands under the name of the method, not under that of an error.
    pub named: bool,
    pub sign: Option<String>,
    /// Which of Alipay's certificates signed it, where certificates are used.
    pub alipay_cert_sn: Option<String>,
}

impl<'a> Answer<'a> {
    /// `None`: cut off, not JSON, or not an answer to this method. A name that stands twice is refused, so that nobody
    /// signs one object and shows another.
    pub fn read(text: &'a str, method: &str) -> Option<Answer<'a>> {
        let Members(members) = serde_json::from_str(text).ok()?;
        let wanted = answer_name(method);
        let own = members.get(wanted.as_str());
        let raw = own.or_else(|| members.get("error_response"))?.get();
        let said = |name: &str| members.get(name).and_then(|value| serde_json::from_str::<String>(value.get()).ok());
        raw.starts_with('{').then(|| Answer {
            raw,
            named: own.is_some(),
            sign: said("sign"),
            alipay_cert_sn: said("alipay_cert_sn"),
        })
    }
}

/// The members of an object, each as its own text.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> serde::de::Visitor<'de> for Once {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object whose names are all different")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name stands twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_request_is_sorted_and_joined() {
        let asked = pairs(&[("method", "a.b"), ("sign", "x"), ("app_id", "1"), ("empty", ""), ("sign_type", "RSA2")]);
        assert_eq!(signing_text(&asked), "app_id=1&method=a.b&sign_type=RSA2");
        let texts = notice_texts(&asked);
        assert_eq!(texts[0], "app_id=1&method=a.b");
        assert_eq!(texts[1], "app_id=1&method=a.b&sign_type=RSA2");
        assert!(texts.contains(&"app_id=1&empty=&method=a.b&sign_type=RSA2".to_owned()));
    }

    #[test]
    fn an_answer_keeps_its_bytes() {
        let text = r#"{ "a_b_response" : {"url":"https:\/\/x", "n": "}\"{"} ,"sign":"c2ln","alipay_cert_sn":"7d"}"#;
        let answer = Answer::read(text, "a.b").unwrap();
        assert_eq!(answer.raw, r#"{"url":"https:\/\/x", "n": "}\"{"}"#);
        assert_eq!((answer.sign.as_deref(), answer.alipay_cert_sn.as_deref()), (Some("c2ln"), Some("7d")));
        assert!(answer.named);
        assert!(Answer::read(r#"{"error_response":{"code":"40002"}}"#, "a.b").is_some_and(|answer| !answer.named));
        for wrong in ["", "{}", &text[..text.len() - 1], r#"{"a_b_response":"{}"}"#, r#"{"c_d_response":{}}"#] {
            assert_eq!(Answer::read(wrong, "a.b"), None, "{wrong}");
        }
        let twice = r#"{"a_b_response":{},"a_b_response":{"code":"10000"},"sign":""}"#;
        assert_eq!(Answer::read(twice, "a.b"), None);
    }
}
