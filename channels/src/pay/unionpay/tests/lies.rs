//! What was cut off, altered or signed by somebody else never means that money moved.

use super::*;
use crate::Outcome;
use crate::pay::{Connector, NotifyRefusal};
use proptest::prelude::*;

fn paid() -> Fields {
    about_order(&[&PAID[..], &[("origRespCode", "00")]].concat())
}

fn is_believed(fields: &Fields) -> bool {
    let read = unionpay().queried(&order_key(None), &answer(fields), &moment("20270301120500"));
    matches!(read, Outcome::Done(_))
}

fn refusal(body: &[u8]) -> Option<NotifyRefusal> {
    unionpay().notified(&Headers::default(), body, &moment("20270301120500")).err()
}

#[test]
fn only_unionpay_is_believed() {
    assert!(is_believed(&by_unionpay(paid())));
    assert!(!is_believed(&by(key!("stranger"), key!("stranger_key"), paid())));
    assert!(!is_believed(&by(key!("foreign"), key!("foreign_key"), paid())));
    assert!(!is_believed(&by(key!("unionpay"), key!("merchant_key"), paid())));
    assert!(!is_believed(&paid()), "without certificate and signature");
    let mut about_others = paid();
    set(&mut about_others, "merId", "700000000000002");
    assert!(!is_believed(&by_unionpay(about_others)));
    for (name, value) in [("orderId", "01J9ZB3Q7M5T2V8X"), ("txnTime", "20270301120001"), ("txnType", "04")] {
        let mut other = paid();
        set(&mut other, name, value);
        assert!(!is_believed(&by_unionpay(other)), "{name}");
    }
    let error = Reply { status: 502, ..answer(&by_unionpay(paid())) };
    let read = unionpay().queried(&order_key(None), &error, &moment("20270301120500"));
    assert!(matches!(read, Outcome::Unknown { .. }));
    let read = unionpay().queried(&order_key(None), &answer(&by_unionpay(paid())), &moment("20600301120500"));
    assert!(matches!(read, Outcome::Unknown { .. }), "the certificate has ended");
}

#[test]
fn a_call_back_is_refused_for_what_is_wrong() {
    let sent = |fields: &Fields| refusal(sign::form_text(fields).as_bytes());
    let good = || about_order(&PAID);
    assert_eq!(sent(&by_unionpay(good())), None);
    assert_eq!(sent(&good()), Some(NotifyRefusal::Missing(sign::CERTIFICATE)));
    let stranger = sent(&by(key!("stranger"), key!("stranger_key"), good()));
    assert!(matches!(stranger, Some(NotifyRefusal::UnknownKey(_))));
    let mut altered = by_unionpay(good());
    set(&mut altered, "txnAmt", "9999999");
    assert_eq!(sent(&altered), Some(NotifyRefusal::BadSignature));
    let mut others = good();
    set(&mut others, "merId", "700000000000002");
    assert_eq!(sent(&by_unionpay(others)), Some(NotifyRefusal::OtherMerchant("merId")));
    let mut method = good();
    set(&mut method, "signMethod", "11");
    assert!(matches!(sent(&by_unionpay(method)), Some(NotifyRefusal::Unreadable(_))));
    let twice = format!("{}&txnAmt=1", sign::form_text(&by_unionpay(good())));
    assert!(matches!(refusal(twice.as_bytes()), Some(NotifyRefusal::Unreadable(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_cut_off_is_not_believed(part in 0.0_f64..1.0) {
        let whole = sign::answer_text(&by_unionpay(paid()));
        let mut end = (whole.len() as f64 * part) as usize;
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        let reply = Reply::new(200, Headers::default(), &whole.as_bytes()[..end]);
        let read = unionpay().queried(&order_key(None), &reply, &moment("20270301120500"));
        let unknown = matches!(read, Outcome::Unknown { .. });
        prop_assert!(unknown);
        let form = sign::form_text(&by_unionpay(about_order(&PAID)));
        let end = (form.len() as f64 * part) as usize;
        prop_assert!(refusal(&form.as_bytes()[..end]).is_some());
    }

    #[test]
    fn what_was_altered_is_not_believed(place in any::<prop::sample::Index>(), byte in 0x20_u8..0x7F) {
        let mut body = sign::answer_text(&by_unionpay(paid())).into_bytes();
        let at = place.index(body.len());
        // A line break within the certificate is read over, but it was signed.
        prop_assume!(body[at] != byte);
        body[at] = byte;
        let reply = Reply::new(200, Headers::default(), body);
        let read = unionpay().queried(&order_key(None), &reply, &moment("20270301120500"));
        let unknown = matches!(read, Outcome::Unknown { .. });
        prop_assert!(unknown);
    }

    #[test]
    fn no_bytes_can_break_it(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let reply = Reply::new(200, Headers::default(), body.clone());
        let read = unionpay().queried(&order_key(None), &reply, &moment("20270301120500"));
        let unknown = matches!(read, Outcome::Unknown { .. });
        prop_assert!(unknown);
        prop_assert!(refusal(&body).is_some());
    }
}
