//! Builds pushes for somebody else to check (`channels/oracles/web_push.mjs`): reads one JSON line for each message,
//! with settings, subscription and time, and writes the request as one JSON line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use yitong_channels::tell::{Message, Messenger as _, web_push};
use yitong_channels::{Call, Moment};

fn main() {
    for line in std::io::stdin().lines() {
        let asked: Value = serde_json::from_str(&line.expect("a line of text")).expect("a line of JSON");
        let config = serde_json::from_value(asked["config"].clone()).expect("settings");
        let channel = web_push::WebPush::new(config).expect("good settings");
        let call = channel.send(&message(&asked), &asked["subscription"].to_string(), None, &moment(&asked));
        println!("{}", written(&call.expect("a subscription")));
    }
}

fn message(asked: &Value) -> Message {
    let text = |field: &str| asked[field].as_str().unwrap_or_default().to_owned();
    Message {
        dedupe: text("dedupe"),
        title: text("title"),
        text: text("text"),
        template: None,
        fields: Default::default(),
        link: asked["link"].as_str().map(str::to_owned),
        life_s: 3_600,
        urgent: asked["urgent"] == true,
    }
}

fn moment(asked: &Value) -> Moment {
    let nonce = STANDARD.decode(asked["nonce"].as_str().expect("a nonce")).expect("base64");
    let now = yitong_values::Timestamp::from_ms(asked["now_ms"].as_i64().expect("a time"));
    Moment { now, nonce: nonce.try_into().expect("16 bytes") }
}

fn written(call: &Call) -> Value {
    let headers: serde_json::Map<_, _> =
        call.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    json!({"method": call.method.word(), "url": call.url, "headers": headers, "body": STANDARD.encode(&call.body)})
}
