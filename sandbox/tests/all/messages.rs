//! Messages as our connectors send them: verified, refused where the real ones refuse, and there to be read.

use crate::kit::{LUNCH, World};
use yitong_channels::tell::{ErrorClass, Message, Messenger, Sent};
use yitong_channels::tell::{alipay, dingtalk, sms_aliyun, sms_tencent, wechat, wecom};
use yitong_channels::{Call, Moment};
use yitong_sandbox::Faults;

const PHONE: &str = "+8613800138000";

fn message(template: &str, fields: &[(&str, &str)]) -> Message {
    Message {
        dedupe: "sign-in-1".to_owned(),
        title: "登录验证码".to_owned(),
        text: "您的验证码是 482913，五分钟内有效。".to_owned(),
        template: Some(template.to_owned()),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        link: None,
        life_s: 300,
        urgent: true,
    }
}

fn with_page(message: Message) -> Message {
    Message { link: Some("pages/today".to_owned()), ..message }
}

async fn token(world: &World, messenger: &dyn Messenger) -> Option<String> {
    let call = messenger.token(&world.moment())?;
    Some(messenger.token_read(&world.send(&call).await).expect("a token is given").text)
}

async fn sent(world: &World, messenger: &dyn Messenger, message: &Message, to: &str) -> Sent {
    let token = token(world, messenger).await;
    let call = messenger.send(message, to, token.as_deref(), &world.moment()).expect("a message that fits");
    messenger.sent(&world.send(&call).await)
}

fn settings<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).expect("these are a connector's settings")
}

#[tokio::test]
async fn every_channel_delivers_and_shows() {
    let world = World::start().await;
    let of = world.sandbox.settings();
    let aliyun = sms_aliyun::AliyunSms::new(settings(of.sms_aliyun)).unwrap();
    let tencent = sms_tencent::TencentSms::new(settings(of.sms_tencent)).unwrap();
    let wechat = wechat::Wechat::new(settings(of.wechat_messages)).unwrap();
    let alipay = alipay::Alipay::new(settings(of.alipay_messages)).unwrap();
    let app = wecom::WecomApp::new(settings(of.wecom_app)).unwrap();
    let robot = wecom::WecomRobot::new(settings(of.wecom_robot)).unwrap();
    let dingtalk = dingtalk::DingtalkRobot::new(settings(of.dingtalk)).unwrap();
    let all: [(&dyn Messenger, &str, Message, &str); 7] = [
        (&aliyun, PHONE, message("SMS_1001", &[("code", "482913")]), "sms_aliyun"),
        (&tencent, PHONE, message("1110", &[("1", "482913")]), "sms_tencent"),
        (&wechat, "oParent1", message("T1", &[("thing1", "午餐"), ("amount2", "12.50")]), "wechat"),
        (&alipay, "2088000000000099", with_page(message("U1", &[("keyword1", "午餐")])), "alipay"),
        (&app, "teacher-li", message("", &[]), "wecom"),
        (&robot, "", message("", &[]), "wecom_robot"),
        (&dingtalk, "", message("", &[]), "dingtalk"),
    ];
    for (messenger, to, message, channel) in &all {
        let sent = sent(&world, *messenger, message, to).await;
        assert!(matches!(sent, Sent::Accepted { .. }), "{channel}: {sent:?}");
    }
    let arrived: Vec<&str> = world.sandbox.messages(None).iter().rev().map(|message| message.channel).collect();
    assert_eq!(arrived, all.each_ref().map(|(_, _, _, channel)| *channel));
    let call = Call::get(format!("{}/messages", world.sandbox.address())).header("accept", "text/html");
    let page = String::from_utf8(world.send(&call).await.body).unwrap();
    assert!(page.contains("482913") && page.contains("teacher-li"));
    let one = world.get("/messages?to=13800138000").await;
    let one: serde_json::Value = serde_json::from_slice(&one.body).unwrap();
    assert_eq!(
        (&one["messages"][0]["fields"]["code"], one["messages"].as_array().map(Vec::len)),
        (&"482913".into(), Some(1))
    );
}

#[tokio::test]
async fn a_wrong_secret_sends_nothing() {
    let world = World::start().await;
    let of = world.sandbox.settings();
    let mut bad = of.sms_aliyun.clone();
    bad["access_key_secret"] = "another".into();
    let aliyun = sms_aliyun::AliyunSms::new(settings(bad)).unwrap();
    let refused = sent(&world, &aliyun, &message("SMS_1", &[]), PHONE).await;
    assert!(matches!(&refused, Sent::NotSent { class: ErrorClass::Permanent, .. }), "{refused:?}");
    let mut bad = of.sms_tencent.clone();
    bad["secret_key"] = "another".into();
    let tencent = sms_tencent::TencentSms::new(settings(bad)).unwrap();
    let refused = sent(&world, &tencent, &message("1110", &[]), PHONE).await;
    assert!(matches!(&refused, Sent::NotSent { class: ErrorClass::Permanent, .. }), "{refused:?}");
    let mut bad = of.dingtalk.clone();
    bad["secret"] = "another".into();
    let dingtalk = dingtalk::DingtalkRobot::new(settings(bad)).unwrap();
    let refused = sent(&world, &dingtalk, &message("", &[]), "").await;
    assert!(matches!(&refused, Sent::NotSent { .. }), "{refused:?}");
    assert!(world.sandbox.messages(None).is_empty());
}

#[tokio::test]
async fn a_token_runs_out_and_a_new_one_is_given() {
    let world = World::start().await;
    let wechat = wechat::Wechat::new(settings(world.sandbox.settings().wechat_messages)).unwrap();
    let old = token(&world, &wechat).await;
    assert_eq!(token(&world, &wechat).await, old);
    world.pass(7_200_001);
    let message = message("T1", &[("thing1", "午餐")]);
    let call = wechat.send(&message, "oParent1", old.as_deref(), &world.moment()).unwrap();
    let stale = wechat.sent(&world.send(&call).await);
    assert!(matches!(stale, Sent::NotSent { class: ErrorClass::TokenStale, .. }), "{stale:?}");
    assert!(matches!(sent(&world, &wechat, &message, "oParent1").await, Sent::Accepted { .. }));
}

#[tokio::test]
async fn some_people_are_never_reached() {
    let world = World::start().await;
    world.faults(Faults { message_refused_percent: 100, ..Faults::default() });
    let of = world.sandbox.settings();
    let wechat = wechat::Wechat::new(settings(of.wechat_messages)).unwrap();
    let aliyun = sms_aliyun::AliyunSms::new(settings(of.sms_aliyun)).unwrap();
    let app = wecom::WecomApp::new(settings(of.wecom_app)).unwrap();
    let all: [(&dyn Messenger, &str, Message); 3] = [
        (&wechat, "oParent1", message("T1", &[("thing1", "午餐")])),
        (&aliyun, PHONE, message("SMS_1", &[("code", "1")])),
        (&app, "teacher-li", message("", &[])),
    ];
    for (messenger, to, message) in all {
        let refused = sent(&world, messenger, &message, to).await;
        assert!(matches!(&refused, Sent::NotSent { class: ErrorClass::AddressGone, .. }), "{refused:?}");
    }
    assert!(world.sandbox.messages(None).is_empty());
}

/// What our connector would never send, sent by hand: the sandbox is no softer than WeChat.
#[tokio::test]
async fn a_value_that_is_too_long_is_refused() {
    let world = World::start().await;
    let wechat = wechat::Wechat::new(settings(world.sandbox.settings().wechat_messages)).unwrap();
    let token = token(&world, &wechat).await;
    let at = Moment { now: LUNCH, nonce: [0; 16] };
    let good = wechat.send(&message("T1", &[("thing1", "午餐")]), "oParent1", token.as_deref(), &at).unwrap();
    let text = String::from_utf8(good.body.clone()).unwrap();
    let long = Call { body: text.replace("午餐", &"饭".repeat(21)).into_bytes(), ..good };
    let refused = wechat.sent(&world.send(&long).await);
    assert!(matches!(&refused, Sent::NotSent { code, .. } if code == "47003"), "{refused:?}");
}

/// What our mailer builds goes over a real conversation; what a server would see is the person's own text.
#[tokio::test]
async fn mail_arrives() {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    let world = World::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(world.sandbox.clone().serve_mail(listener));
    let from = "实验小学 <notice@school.example>".to_owned();
    let config = yitong_channels::tell::mail::Config { from, reply_to: None, unsubscribe: None };
    let mailer = yitong_channels::tell::mail::Mailer::new(&config).unwrap();
    let mail = mailer.build(&message("", &[]), "parent@example.org", &world.moment()).unwrap();
    let (reader, mut writer) = stream.split();
    let mut answers = BufReader::new(reader).lines();
    let mut say = async |line: &str, expected: &str| {
        writer.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        let mut answer = answers.next_line().await.unwrap().unwrap();
        while answer.as_bytes().get(3) == Some(&b'-') {
            answer = answers.next_line().await.unwrap().unwrap();
        }
        assert!(answer.starts_with(expected), "{line}: {answer}");
    };
    let secret = world.sandbox.settings().mail["password"].as_str().unwrap().to_owned();
    let signed = yitong_channels::crypto::base64(format!("\0sandbox\0{secret}").as_bytes());
    let sign_in = format!("AUTH PLAIN {signed}");
    let data = format!("{}\r\n.", String::from_utf8(mail.bytes).unwrap());
    // The greeting comes first, so each line is followed by the answer to the one before.
    for (line, answer_before) in [
        ("AUTH PLAIN AHNhbmRib3gAd3Jvbmc=", "220"),
        ("EHLO school.example", "503"),
        ("MAIL FROM:<notice@school.example>", "250"),
        ("AUTH PLAIN AHNhbmRib3gAd3Jvbmc=", "530"),
        ("RCPT TO:<parent@example.org>", "535"),
        (sign_in.as_str(), "503"),
        ("MAIL FROM:<notice@school.example>", "235"),
        ("RCPT TO:<parent@example.org>", "250"),
        ("DATA", "250"),
        (data.as_str(), "354"),
        ("NOOP", "250 2.0.0"),
        ("QUIT", "250"),
    ] {
        say(line, answer_before).await;
    }
    let arrived = world.sandbox.messages(Some("parent@example.org"));
    assert!(arrived[0].title == "登录验证码" && arrived[0].text.contains("482913"), "{}", arrived[0].text);
}
