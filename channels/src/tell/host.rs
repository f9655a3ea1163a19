//! Where a request may go: a channel's own address over https, a sandbox on this machine, and for pushes whatever
//! browsers bring, but never into our own network.

use crate::pay::Misuse;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Scheme, host, port and the rest of an address.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    scheme: &'a str,
    /// Host and port as they stand in the address.
    authority: &'a str,
    host: &'a str,
}

impl<'a> Place<'a> {
    /// Stricter than browsers: no user, no backslash, nothing that two readers could read in two ways.
    pub(super) fn read(url: &'a str) -> Option<Place<'a>> {
        let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
        let (scheme, rest) = url.split_once("://").filter(|_| plain)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let (host, port) = match authority.strip_prefix('[') {
            Some(inner) => inner.split_once(']').map(|(host, port)| (host, port.strip_prefix(':')))?,
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
        let shaped = !host.is_empty() && is_name(host) && port.is_none_or(is_port);
        (shaped && (scheme == "https" || scheme == "http")).then_some(Place { scheme, authority, host })
    }

    pub(super) fn is_https(&self) -> bool {
        self.scheme == "https"
    }

    /// `https://host:port`, which a push service expects in the token that is meant for it.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority())
    }

    /// Host and port as whoever sends writes them in the header `host`, which signatures cover: small letters, and no
    /// port that goes without saying.
    pub(super) fn authority(&self) -> String {
        let usual = if self.is_https() { ":443" } else { ":80" };
        self.authority.strip_suffix(usual).unwrap_or(self.authority).to_ascii_lowercase()
    }

    pub(super) fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    }

    /// A name of the public internet, or a public address. What the name resolves to is for whoever sends to check,
    /// with `is_public`, when it connects.
    pub(super) fn is_public(&self) -> bool {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return is_public(address);
        }
        const OURS: [&str; 6] = ["localhost", "local", "internal", "lan", "home", "arpa"];
        let name = self.host.trim_end_matches('.').to_ascii_lowercase();
        let Some((_, last)) = name.rsplit_once('.') else { return false };
        // `127.1` and `0x7f.1` are addresses to some resolvers: a top-level domain begins with a letter.
        last.starts_with(|c: char| c.is_ascii_alphabetic()) && !OURS.contains(&last)
    }
}

/// Whether an address belongs to the public internet: neither this machine, nor a network of ours, nor one that is set
/// aside for something else.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (18..20).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let own = address.is_private() || address.is_loopback() || address.is_link_local();
    let other = address.is_documentation() || address.is_broadcast() || address.is_multicast();
    !(own || other || shared || benchmark || protocols || a == 0 || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // Written as IPv6, meant as IPv4: mapped, translated (NAT64), 6to4.
        (0, 0) => [c, d, e] == [0, 0, 0] && f == 0xffff && inner(g, h),
        (0x64, 0xff9b) => [c, d, e, f] == [0, 0, 0, 0] && inner(g, h),
        (0x2002, _) => inner(b, c),
        // Documentation and Teredo.
        (0x2001, 0xdb8 | 0) => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

/// The address of a channel without the slash at its end: https, or http to a sandbox on this machine.
pub(super) fn base(url: &str) -> Result<String, Misuse> {
    let wrong = |why: &str| Misuse::new("base_url", why);
    let place = Place::read(url).ok_or_else(|| wrong("it is not an address"))?;
    if !place.is_https() && !place.is_loopback() {
        return Err(wrong("http is for a sandbox on this machine; anything else is https"));
    }
    if url.contains('?') {
        return Err(wrong("it has a query"));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_never_goes_into_our_own_network() {
        let public = |url: &str| Place::read(url).is_some_and(|place| place.is_public());
        for good in ["https://fcm.googleapis.com/fcm/send/x", "https://8.8.8.8:8443/", "https://[2606:4700::1111]/a"] {
            assert!(public(good), "{good}");
        }
        let own = [
            "https://localhost/",
            "https://LOCALHOST:1/",
            "https://db.internal/",
            "https://printer.local./",
            "https://nas/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0.0.0.0/",
            "https://10.1.2.3/",
            "https://172.16.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest",
            "https://100.64.0.1/",
            "https://192.0.2.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[::7f00:1]/",
            "https://user@8.8.8.8/",
            "https://8.8.8.8\\@10.0.0.1/",
            "https://a.example#@b",
            "ftp://a.example/",
            "https:///x",
            "https://a.example:0/",
            "https://a.example:99999/",
            "https://bücher.example/",
            "",
        ];
        for bad in own {
            assert!(!public(bad), "{bad}");
        }
    }

    #[test]
    fn a_sandbox_is_on_this_machine() {
        assert_eq!(base("http://127.0.0.1:9000/alipay/").as_deref(), Ok("http://127.0.0.1:9000/alipay"));
        assert_eq!(base("https://api.weixin.qq.com").as_deref(), Ok("https://api.weixin.qq.com"));
        for bad in ["http://api.weixin.qq.com", "api.weixin.qq.com", "https://a.example/?b=c", "http://10.0.0.1"] {
            assert!(base(bad).is_err(), "{bad}");
        }
        let place = Place::read("https://push.example:8443/a?b").unwrap();
        assert_eq!(place.origin(), "https://push.example:8443");
        let authority = |url: &str| Place::read(url).map(|place| place.authority());
        assert_eq!(authority("https://Push.example:443/A").as_deref(), Some("push.example"));
        assert_eq!(authority("http://127.0.0.1:443/").as_deref(), Some("127.0.0.1:443"));
    }
}
