//! What holds for every channel: whatever is sent to whomever, no log shows the address, the words or a secret, and
//! settings with a slip of the pen are refused.

use super::samples::{fields, message, moment};
use super::*;
use crate::Headers;
use serde_json::{Value, json};

type Open = fn(Value) -> Result<Box<dyn Messenger>, String>;

struct Sample {
    settings: Value,
    open: Open,
    /// `Debug` of the settings.
    shown: fn(Value) -> String,
    fields: BTreeMap<String, String>,
    template: &'static str,
}

macro_rules! opening {
    ($channel:path, $config:path) => {
        (
            |settings| {
                let config: $config = serde_json::from_value(settings).map_err(|why| why.to_string())?;
                <$channel>::new(config).map(|channel| Box::new(channel) as _).map_err(|why| why.to_string())
            },
            |settings| {
                let config: $config = serde_json::from_value(settings).expect("good settings");
                let shown = format!("{config:?}");
                format!("{shown} {:?}", <$channel>::new(config).expect("good settings"))
            },
        )
    };
}

/// Every channel behind the trait, with `secret` wherever it has one.
fn samples(secret: &str) -> Vec<Sample> {
    let no_fields = BTreeMap::new;
    let sample = |settings, (open, shown): (Open, fn(Value) -> String), fields, template| Sample {
        settings,
        open,
        shown,
        fields,
        template,
    };
    let (public, private) = web_push::VapidKeys::fresh().texts();
    vec![
        sample(
            json!({"access_key_id": "id", "access_key_secret": secret, "sign_name": "一通"}),
            opening!(sms_aliyun::AliyunSms, sms_aliyun::Config),
            fields([("code", "1")]),
            "SMS_1",
        ),
        sample(
            json!({"secret_id": "id", "secret_key": secret, "sdk_app_id": "1400", "sign_name": "一通"}),
            opening!(sms_tencent::TencentSms, sms_tencent::Config),
            fields([("1", "1")]),
            "1110",
        ),
        sample(
            json!({"app_id": "wx1", "app_secret": secret, "account": {"kind": "service_account"}}),
            opening!(wechat::Wechat, wechat::Config),
            fields([("thing1", "a")]),
            "t",
        ),
        sample(
            json!({"app_id": "2021", "private_key": include_str!("../../vectors/keys/app.pem"), "product": "mini_program",
                   "alipay_public_key": include_str!("../../vectors/keys/alipay.pub.pem"), "app_auth_token": secret}),
            opening!(alipay::Alipay, alipay::Config),
            fields([("keyword1", "a")]),
            "t",
        ),
        sample(
            json!({"corp_id": "ww1", "secret": secret, "agent_id": 1}),
            opening!(wecom::WecomApp, wecom::Config),
            no_fields(),
            "",
        ),
        sample(json!({"key": secret}), opening!(wecom::WecomRobot, wecom::RobotConfig), no_fields(), ""),
        sample(
            json!({"access_token": secret, "secret": secret}),
            opening!(dingtalk::DingtalkRobot, dingtalk::Config),
            no_fields(),
            "",
        ),
        sample(
            json!({"public_key": public, "private_key": private, "subject": "mailto:it@school.example"}),
            opening!(web_push::WebPush, web_push::Config),
            no_fields(),
            "",
        ),
    ]
}

/// An address that the channel takes, with the part that must not be seen.
fn address(sample: &Sample, person: &str, digits: u32) -> (String, String) {
    let phone = format!("138{digits:08}");
    match &sample.settings {
        settings if settings.get("sign_name").is_some() || settings.get("access_token").is_some() => {
            (phone.clone(), phone)
        }
        settings if settings.get("subject").is_some() => {
            let endpoint = format!("https://push.example/{person}");
            let p256dh = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
            let keys = json!({"p256dh": p256dh, "auth": "BTBZMqHH6r4Tts7J_aSIgg"});
            (json!({"endpoint": endpoint, "keys": keys}).to_string(), person.to_owned())
        }
        _ => (person.to_owned(), person.to_owned()),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn no_log_shows_whom_we_write_to(
        secret in "[a-z0-9]{24,32}",
        person in "[A-Za-z0-9][A-Za-z0-9_-]{27}",
        digits in 0u32..100_000_000,
        words in "[一-龥]{12}",
    ) {
        for sample in samples(&secret) {
            let channel = (sample.open)(sample.settings.clone()).expect("good settings");
            let (to, hidden) = address(&sample, &person, digits);
            let message = Message {
                title: words.clone(),
                text: words.clone(),
                template: Some(sample.template.to_owned()),
                link: Some("https://a.example/".into()),
                ..message(sample.fields.clone())
            };
            let call = channel.send(&message, &to, Some(&secret), &moment()).expect("a good address");
            let echo = format!("no {hidden}, no {secret}");
            let answers = [
                json!({"Code": "isv.X", "Message": echo}),
                json!({"Response": {"Error": {"Code": "X", "Message": echo}}}),
                json!({"errcode": 99, "errmsg": echo}),
                json!({"error_response": {"code": "40004", "sub_code": "X", "sub_msg": echo}}),
                json!({"error_response": {"code": "20000", "sub_code": hidden}}),
            ];
            let mut shown = format!("{call:?} {message:?} {}", (sample.shown)(sample.settings.clone()));
            for answer in answers {
                let reply = Reply::new(400, Headers::default(), answer.to_string());
                shown += &format!(" {reply:?} {:?} {:?}", channel.sent(&reply), channel.token_read(&reply));
            }
            shown += &format!("{:?}", Token { text: secret.clone(), life_s: 1 });
            for hidden in [&hidden, &secret, &words] {
                proptest::prop_assert!(!shown.contains(hidden.as_str()), "{hidden} in {shown}");
            }
        }
    }

    #[test]
    fn no_address_makes_a_channel_panic(text in "\\PC{0,40}|[0-9+ -]{0,20}|\\{\"endpoint\":\"\\PC{0,20}\"\\}") {
        for sample in samples("c0ffee") {
            let channel = (sample.open)(sample.settings.clone()).expect("good settings");
            let message = Message { template: Some(sample.template.to_owned()), ..message(sample.fields.clone()) };
            if let Err(why) = channel.send(&message, &text, Some("t"), &moment()) {
                proptest::prop_assert!(text.len() < 4 || !why.to_string().contains(&text), "{why}");
            }
        }
    }

    #[test]
    fn no_answer_makes_a_channel_panic(status in 100u16..600, body in "\\PC{0,60}|\\{\"errcode\":-?[0-9]{1,20}\\}") {
        for sample in samples("c0ffee") {
            let channel = (sample.open)(sample.settings.clone()).expect("good settings");
            let reply = Reply::new(status, Headers::default(), body.clone());
            let believed = matches!(channel.sent(&reply), Sent::Accepted { .. });
            // Push services alone answer by the status; everybody else has words for it.
            let may_be_believed = sample.settings.get("subject").is_some() && (200..300).contains(&status);
            proptest::prop_assert!(believed == may_be_believed || body.contains("errcode"), "{status} {body}");
            proptest::prop_assert!(channel.token_read(&reply).is_err());
        }
    }
}

#[test]
fn a_slip_in_the_settings_is_seen() {
    for sample in samples("c0ffee") {
        let mut more = sample.settings.clone();
        more["secert"] = json!("x");
        let why = (sample.open)(more).err().expect("an unknown field");
        assert!(why.contains("unknown field `secert`"), "{why}");
        let mut elsewhere = sample.settings.clone();
        elsewhere["base_url"] = json!("http://channel.example");
        let why = (sample.open)(elsewhere).err().expect("http to somewhere else");
        assert!(why.starts_with("base_url: http") || why.contains("unknown field `base_url`"), "{why}");
    }
}

#[test]
fn the_limits_are_those_of_the_channels() {
    let rates: Vec<Rate> =
        samples("c0ffee").into_iter().map(|sample| (sample.open)(sample.settings).unwrap().rate()).collect();
    let all = rates.iter().flat_map(|rate| rate.account.iter().chain(rate.address));
    assert!(all.clone().count() > 0 && all.clone().all(|limit| limit.most > 0 && limit.within_s > 0));
    assert_eq!(rates[4].address, [Limit::new(30, 60), Limit::new(1_000, 3_600)]);
    assert_eq!(rates[5].account, [Limit::new(20, 60)]);
}
