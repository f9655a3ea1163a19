//! A request to send and the answer that came, as values.

use yitong_values::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    pub fn word(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// What the edge hands to everything that signs: its clock and its chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub now: Timestamp,
    pub nonce: [u8; 16],
}

impl Moment {
    /// 32 hex digits: every channel takes them as a nonce.
    pub fn nonce_text(&self) -> String {
        hex::encode(self.nonce)
    }

    pub fn seconds(&self) -> i64 {
        self.now.ms().div_euclid(1000)
    }
}

/// A request that is sent exactly as it stands: signatures cover these bytes. Its `Debug` shows neither headers nor
/// body, which hold secrets and personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn get(url: impl Into<String>) -> Call {
        Call { method: Method::Get, url: url.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Call {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Call { method: Method::Post, url: url.into(), headers, body: body.into() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Call {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Path and query as they go over the wire.
    pub fn path_and_query(&self) -> &str {
        let after_scheme = self.url.find("://").map_or(0, |at| at + 3);
        self.url[after_scheme..].find('/').map_or("/", |at| &self.url[after_scheme + at..])
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut address = self.url.split('?').next().unwrap_or_default();
        // What is encrypted for a browser goes to an address that stands for a person.
        if self.headers.contains(&("content-encoding".into(), "aes128gcm".into())) {
            let host = address.find("://").map_or(0, |at| at + 3);
            address = address[host..].find('/').map_or(address, |at| &address[..host + at]);
        }
        write!(f, "Call({} {address}, {} bytes)", self.method.word(), self.body.len())
    }
}

/// Headers of an answer or of a call-back, found without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Headers {
        Headers(pairs.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Headers({})", self.0.len())
    }
}

/// The answer to a `Call`, whole. One that was cut off never becomes a `Reply`.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn new(status: u16, headers: Headers, body: impl Into<Vec<u8>>) -> Reply {
        Reply { status, headers, body: body.into() }
    }

    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.body).ok()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// RFC 3986: everything but the unreserved characters.
pub fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The pairs of a query or of a form body, decoded once: `+` and `%20` are spaces. `None` when it is not UTF-8 or an
/// escape is broken.
pub fn query_pairs(text: &str) -> Option<Vec<(String, String)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((percent_decode(name)?, percent_decode(value)?))
    });
    decoded.collect()
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let mut one = [0u8; 1];
                hex::decode_to_slice(digits, &mut one).ok()?;
                out.push(one[0]);
            }
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_once() {
        let pairs = query_pairs("subject=%E9%A5%AD+%2525&empty=&flag").unwrap();
        let expected = [("subject", "饭 %25"), ("empty", ""), ("flag", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(query_pairs("broken=%4"), None);
        assert_eq!(query_pairs("not_text=%FF"), None);
        assert_eq!(percent_encode("饭 a-z~/"), "%E9%A5%AD%20a-z~%2F");
    }

    #[test]
    fn a_signature_covers_path_and_query() {
        assert_eq!(Call::get("https://api.example/v3/bill?a=1").path_and_query(), "/v3/bill?a=1");
        assert_eq!(Call::get("https://api.example").path_and_query(), "/");
        assert_eq!(format!("{:?}", Call::get("https://a/b?secret=1")), "Call(GET https://a/b, 0 bytes)");
        let push = |url: &str| Call::post(url, "application/octet-stream", "").header("content-encoding", "aes128gcm");
        assert_eq!(format!("{:?}", push("https://a/person?b")), "Call(POST https://a, 0 bytes)");
        assert_eq!(format!("{:?}", push("https://a")), "Call(POST https://a, 0 bytes)");
    }
}
