//! What a mail looks like, and what servers answer.

use super::super::samples::{fields, message, moment};
use super::*;
use std::collections::BTreeMap;

fn mailer() -> Mailer {
    let settings = r#"{"from": "实验小学 <notice@school.example>", "unsubscribe": "stop@school.example"}"#;
    Mailer::new(&serde_json::from_str(settings).unwrap()).unwrap()
}

fn sent(message: &Message) -> String {
    String::from_utf8(mailer().build(message, "liu@example.org", &moment()).unwrap().bytes).unwrap()
}

/// The headers, unfolded.
fn headers(mail: &str) -> Vec<String> {
    mail.split_once("\r\n\r\n").unwrap().0.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
}

#[test]
fn a_mail_has_two_faces_and_a_way_out() {
    let link = Some("https://yitong.example/parent/?a=1&b=2".to_owned());
    let url = "https://yitong.example/stop/x";
    let mail = sent(&Message { link, ..message(fields([(UNSUBSCRIBE, url)])) });
    let headers = headers(&mail);
    for expected in [
        "Date: Fri, 27 Nov 2026 04:00:00 +0000",
        "To: liu@example.org",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <https://yitong.example/stop/x>, <mailto:stop@school.example?subject=unsubscribe>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
    ] {
        assert!(headers.contains(&expected.to_owned()), "{expected}\n{headers:#?}");
    }
    let id = headers.iter().find(|line| line.starts_with("Message-ID: <")).unwrap();
    assert!(id.ends_with("@school.example>"), "{id}");
    assert!(mail.contains("Content-Type: text/plain") && mail.contains("Content-Type: text/html"));
    assert!(headers.iter().any(|line| line.contains("multipart/alternative")));
    assert!(mail.lines().all(|line| line.len() <= 998), "a line is at most 998 bytes (RFC 5322)");
    let without = sent(&message(BTreeMap::new()));
    assert!(without.contains("List-Unsubscribe: <mailto:") && !without.contains("One-Click"));
}

#[test]
fn the_same_message_is_the_same_mail() {
    assert_eq!(sent(&message(BTreeMap::new())), sent(&message(BTreeMap::new())));
    let other = Message { dedupe: "notice-2".into(), ..message(BTreeMap::new()) };
    let id = |mail: &str| headers(mail).into_iter().find(|line| line.starts_with("Message-ID"));
    assert_ne!(id(&sent(&other)), id(&sent(&message(BTreeMap::new()))));
}

#[test]
fn nothing_in_a_message_becomes_a_header_or_a_script() {
    let title = "午餐\r\nBcc: all@example.org\r\n\r\n<script>";
    let mail = sent(&Message { title: title.into(), ..message(BTreeMap::new()) });
    assert!(!headers(&mail).iter().any(|line| line.starts_with("Bcc")));
    let bad =
        Message { title: "<b>".into(), text: "<img src=x onerror='a'>\nb & c".into(), ..message(BTreeMap::new()) };
    let page = page::html(&bad);
    assert!(
        page.contains("<h2>&lt;b&gt;</h2>\n<p>&lt;img src=x onerror=&#39;a&#39;&gt;</p>\n<p>b &amp; c</p>"),
        "{page}"
    );
    for link in ["javascript:alert(1)", "https://a.example/\"><script>", "data:text/html,x", "/parent/"] {
        let linked = Message { link: Some(link.into()), ..message(BTreeMap::new()) };
        let refusal = mailer().build(&linked, "liu@example.org", &moment()).unwrap_err();
        assert_eq!(refusal.to_string(), "link: it is not an address of the web", "{link}");
    }
    for address in [
        "",
        "liu",
        "liu@",
        "liu@localhost",
        "李@example.org",
        "a@b.example, c@d.example",
        "liu@example.org\r\nBcc: x@y.example",
        "李 <liu@example.org>",
    ] {
        let refusal = mailer().build(&message(BTreeMap::new()), address, &moment()).unwrap_err();
        assert_eq!(refusal.to_string(), "address: it is not an e-mail address");
    }
    let mail = mailer().build(&message(BTreeMap::new()), "liu@example.org", &moment()).unwrap();
    assert!(!format!("{mail:?}").contains("liu"));
    assert_eq!(mail.envelope.to().len(), 1);
}

#[test]
fn every_answer_has_its_class() {
    let class = |code, words| match answered(Part::Mail, Some((code, words))) {
        Sent::NotSent { class, .. } => Some(class),
        _ => None,
    };
    assert_eq!(class(250, "2.0.0 Ok: queued as 1"), None);
    assert_eq!(class(421, "4.3.2 shutting down"), Some(ErrorClass::Transient));
    assert_eq!(class(450, "4.2.0 greylisted"), Some(ErrorClass::Transient));
    assert_eq!(class(452, "4.2.2 mailbox full"), Some(ErrorClass::Transient));
    assert_eq!(class(550, "5.1.1 <liu@example.org>: user unknown"), Some(ErrorClass::AddressGone));
    assert_eq!(class(550, "No such user here"), Some(ErrorClass::AddressGone));
    assert_eq!(class(550, "5.2.1 mailbox disabled"), Some(ErrorClass::AddressGone));
    assert_eq!(class(550, "5.7.1 blocked by policy"), Some(ErrorClass::Permanent));
    assert_eq!(class(552, "5.3.4 message too big"), Some(ErrorClass::Permanent));
    assert_eq!(class(535, "5.7.8 authentication failed"), Some(ErrorClass::Permanent));
    assert_eq!(class(554, "transaction failed"), Some(ErrorClass::Permanent));
    // The sender is us: the person can still be reached.
    let ours = answered(Part::Opening, Some((550, "5.1.1 sender unknown")));
    assert!(matches!(ours, Sent::NotSent { class: ErrorClass::Permanent, .. }), "{ours:?}");
    let said = answered(Part::Mail, Some((550, "5.1.1 <liu@example.org>: user unknown")));
    assert!(!format!("{said:?}").contains("liu"), "{said:?}");
    assert_eq!(answered(Part::Mail, None), unknown("the connection broke before the answer"));
}
