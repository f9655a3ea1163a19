//! What our connectors send, for scripts of other languages to judge: one JSON array of requests, signed with the keys
//! of the sandbox in FOLDER, meant for the one at ADDRESS.

use serde_json::{Value, json};
use std::process::ExitCode;
use yitong_channels::pay::{Connector, Misuse, Order, OrderKey, Presented, Refund, Scene, Start};
use yitong_channels::pay::{alipay::Alipay, chinaums::ChinaUms, unionpay::UnionPay, wechat::Wechat};
use yitong_channels::{Call, Moment};
use yitong_sandbox::Sandbox;
use yitong_values::Cents;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, address, notify_url] = arguments.as_slice() else {
        eprintln!("emit FOLDER ADDRESS NOTIFY_URL");
        return ExitCode::FAILURE;
    };
    match run(folder, address, notify_url) {
        Ok(calls) => {
            println!("{}", Value::Array(calls));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("nothing can be emitted: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &str, address: &str, notify_url: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::open(std::path::Path::new(folder), address)?;
    let of = sandbox.settings();
    let connectors: [(&str, Box<dyn Connector>); 5] = [
        ("wechat", Box::new(Wechat::new(&serde_json::from_value(of.wechat)?)?)),
        ("alipay", Box::new(Alipay::new(&serde_json::from_value(of.alipay)?)?)),
        ("alipay_by_certificate", Box::new(Alipay::new(&serde_json::from_value(of.alipay_by_certificate)?)?)),
        ("unionpay", Box::new(UnionPay::read(&serde_json::from_value(of.unionpay)?)?)),
        ("chinaums", Box::new(ChinaUms::read(&serde_json::from_value(of.chinaums)?)?)),
    ];
    let at = Moment { now: sandbox.now(), nonce: 0x5EED_u128.to_be_bytes() };
    let mut calls = Vec::new();
    for (n, (channel, connector)) in connectors.iter().enumerate() {
        for scene in connector.scenes() {
            let order = order(&format!("EMIT2026112400{n}{}", *scene as u8), *scene, notify_url, &at);
            calls.extend(of_order(channel, connector.as_ref(), &order, &at)?);
        }
    }
    Ok(calls)
}

fn order(number: &str, scene: Scene, notify_url: &str, at: &Moment) -> Order {
    Order {
        number: number.to_owned(),
        scene,
        amount: Cents::new(1250),
        description: "充值 100% + 饭卡".to_owned(),
        made_at: at.now,
        expires_at: at.now.plus_ms(900_000),
        notify_url: notify_url.to_owned(),
        return_url: "http://127.0.0.1:9/paid".to_owned(),
        payer: Some("payer-open-id".to_owned()),
        payer_ip: "127.0.0.1".to_owned(),
    }
}

fn of_order(channel: &str, connector: &dyn Connector, order: &Order, at: &Moment) -> Result<Vec<Value>, Misuse> {
    let key = OrderKey {
        number: order.number.clone(),
        channel_number: Some("20261124000000000001".to_owned()),
        made_at: order.made_at,
        amount: order.amount,
    };
    let refund = Refund {
        order: key.clone(),
        number: format!("{}R1", order.number),
        amount: Cents::new(250),
        reason: "退款".to_owned(),
        made_at: at.now,
        notify_url: order.notify_url.clone(),
    };
    let create = match connector.create(order, at)? {
        Start::Send(call) => sent(channel, "create", &call),
        Start::Show(Presented::Redirect { url }) => sent(channel, "create", &Call::get(url)),
        Start::Show(Presented::Form { action, fields }) => {
            let body = yitong_channels::pay::unionpay::sign::form_text(&fields);
            sent(channel, "create", &Call::post(action, "application/x-www-form-urlencoded", body))
        }
        Start::Show(other) => return Err(Misuse::new("scene", format!("nothing is sent for {other:?}"))),
    };
    let query = sent(channel, "query", &connector.query(&key, at)?);
    Ok(vec![create, query, sent(channel, "refund", &connector.refund(&refund, at)?)])
}

fn sent(channel: &str, what: &str, call: &Call) -> Value {
    json!({
        "channel": channel,
        "what": what,
        "method": call.method.word(),
        "url": call.url,
        "path": call.path_and_query(),
        "headers": call.headers.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "body": String::from_utf8_lossy(&call.body),
    })
}
