//! Signing in through WeChat and Alipay, both played on loopback: a state is good once and in one browser, and an
//! account that is nobody's is linked by the next sign-in on a phone.

use crate::lunch::Lunch;
use crate::testkit::{Answer, Client, Server};
use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use yitong::plumbing::config::{AlipaySignIn, Config, Secret, WechatSignIn};
use yitong_channels::crypto::{Signer, Verifier};
use yitong_channels::query_pairs;

/// Made for this test, and used for nothing else: the app's key and Alipay's are one here.
const PRIVATE: &str = "\
    MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDNy482kighuJBNewcS+1B1piT+vDZXuP6dGiigvh6e6QezWBz2Rgf9\
    iNN/F0nKqRC+MzzH2lVHHBTlAMgXS6hSbn+lvaIEwMg2BLMQT6NNRAdr75pkKI8GkaJtCRY1+w+cwouwHSjXAY6wH6iiazQBMw2svV6M\
    pm4bHG2n6forx8IApzNQXv8+VD128Ye7hx3vYyUzTdWg273CS7nmS/RRnwL2zG7ZFJT2RBpcJeE6StafGsb+xFShGsG7pnWxnYYkXw3Z\
    8oyFE50cwewguZuBvdcoQnDEcSfZTB1W6l7c5bcUwH899g/pYP+ocn3YR94sUfJmcQdh6b4TPijE6tJ5AgMBAAECggEAXSCFwWMoiAH2\
    QymuTNevVF4IFcJkMRRFHCDPS9ZdEvpPAsiX6pZMXV4Cn1uRiAUzz25uTd4ugwxhJDRTV79j/1GDsCP9Yns+3rsHsRToyDlFxoFZ84Mr\
    HgTfZMoc4/al3QFopxy683j/8hGRhVZP5U8OHCJh2/Igl2Io+Th3fkGJh0vBkX//7de8wQq8i7nx9X6Q+9pFFlr/OYO/PF2t8rl2vWtp\
    2MZ34FO6DJnXSUghBPJrmOR0bXisoTL8RQV3ExYf6FNSIHZDs68vyWfRXMBlfkWVpAnuUWY09FUPsvkQcjKJVXDdw+LEBXLsbbrYX7ST\
    ltgr+jHccC/HtkPiBQKBgQD8makoFP0vvGRZI3RDRKS4kk2PoHJU0lndeI5UlPbkHSZTSpz7hN/QmXOcSFPbNnBA51OOWgoKzWBV5n2V\
    /vJoAz10FPDW7KDqKJb1njOKtMCOiCIuUsdiDITFu4k/Y7rbgSmUAAmbZAvQBs57Daeq2ZLh6tdcik4VVkWSRxcnswKBgQDQkKF73ET+\
    QFheaSj85qFdb4SNsGKp96fM3I/spk6CRhGOLmyN58Jeq6DU8oKnKlCHvfJBf0pGxZ9ihREAkZEgNq8HH/Ok1X+9mPZ55I+fj5eExIbP\
    C7Jd+Jce48+CT0lv96knX25zokV3yxVgWTChciQ2QL/JtQnFvcoJRWuHIwKBgBV38dqIPiSKfHTfAIifEujk9laYql7vKdga4O3rYzhs\
    Cc/WbZUq6+LMx/imZQoijFPX1VAp8uSMI/3pAw92hZ+1dsmg5f8+SUbdgEcL1RGa3yq+Azmwq2V37ujnUXjjvwPc7G25uxdL330ktvPa\
    az+oEkXFMdyZnJ1PocYW6K7lAoGBAJjLHEKtYC4T3alsyQZdv6G/7RAQRHfYYyoF+7qXK7TsuDe9cvGS9CZ+/diDwYvNyClp0myBYFzw\
    so9uhMIx4mwDI77IfaoobujrgsZR15ZBj/NINqrAGvAVCkErC/6fL2HDwjyCAVzdaJ8WPJbVQHdGM5k7XkXbR0mCfNzF6ryZAoGBALSK\
    UjaGm9gV7G6jwz8t3xa/PfDHhMpO4C9jSRPMbkaxecD3CDrC1/BIvxO5fubaza7J1p6ajJCQWiszJG8cYuupGgTv16hEwefR7zFAvbBs\
    7llfzEtrJmrvnDvDSvgNuDfcuWF2wWT0bXB5Ixs9++LAMObCOwWzQKj9HymQYFnl";
const PUBLIC: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzcuPNpIoIbiQTXsHEvtQdaYk/rw2V7j+nRoooL4enukHs1gc9kYH/YjTfxdJ\
    yqkQvjM8x9pVRxwU5QDIF0uoUm5/pb2iBMDINgSzEE+jTUQHa++aZCiPBpGibQkWNfsPnMKLsB0o1wGOsB+ooms0ATMNrL1ejKZuGxxt\
    p+n6K8fCAKczUF7/PlQ9dvGHu4cd72MlM03VoNu9wku55kv0UZ8C9sxu2RSU9kQaXCXhOkrWnxrG/sRUoRrBu6Z1sZ2GJF8N2fKMhROd\
    HMHsILmbgb3XKEJwxHEn2UwdVupe3OW3FMB/PfYP6WD/qHJ92EfeLFHyZnEHYem+Ez4oxOrSeQIDAQAB";

type Codes = Arc<Mutex<BTreeMap<String, String>>>;

/// The channels: each code is good once, and names an account.
async fn channels() -> (String, Codes) {
    let codes = Codes::default();
    let take = |codes: &Codes, code: &str| codes.lock().expect("no test panics with the codes").remove(code);
    let wechat = move |State(codes): State<Codes>, Query(asked): Query<BTreeMap<String, String>>| async move {
        let known = asked["appid"] == "wx1" && asked["secret"] == "s1" && asked["grant_type"] == "authorization_code";
        assert!(known, "{asked:?}");
        Json(match take(&codes, &asked["code"]) {
            Some(account) => json!({"access_token": "t", "expires_in": 7200, "openid": account}),
            None => json!({"errcode": 40029, "errmsg": "invalid code"}),
        })
    };
    let alipay = move |State(codes): State<Codes>, body: String| async move {
        let asked: BTreeMap<_, _> = query_pairs(&body).expect("a form").into_iter().collect();
        let mut pairs: Vec<_> = asked.iter().filter(|(name, _)| *name != "sign").collect();
        pairs.sort();
        let text: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let ours =
            Verifier::read(PUBLIC).expect("a public key").verifies_base64(text.join("&").as_bytes(), &asked["sign"]);
        assert!(ours && asked["method"] == "alipay.system.oauth.token", "{asked:?}");
        match take(&codes, &asked["code"]) {
            None => {
                json!({"error_response": {"code": "40002", "sub_code": "isv.code-invalid"}, "sign": ""}).to_string()
            }
            Some(account) => {
                // A blank that writing the answer again would lose.
                let answer = format!("{{\"open_id\": \"{account}\",\"access_token\":\"t\"}}");
                let sign = Signer::read(PRIVATE).expect("a key").sign_base64(answer.as_bytes());
                let sign = if account == "forged" { sign.replace('A', "B") } else { sign };
                format!("{{\"alipay_system_oauth_token_response\":{answer},\"sign\":\"{sign}\"}}")
            }
        }
    };
    let router = Router::new()
        .route("/sns/oauth2/access_token", get(wechat))
        .route("/gateway.do", post(alipay))
        .with_state(codes.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, codes)
}

fn set_up(config: &mut Config, channels: &str) {
    let (app_id, secret) = ("wx1".into(), Secret::new("s1"));
    config.oauth.wechat = WechatSignIn { app_id, secret, api: channels.into(), ..WechatSignIn::default() };
    config.oauth.alipay = AlipaySignIn {
        app_id: "2021".into(),
        private_key: Secret::new(PRIVATE),
        public_key: PUBLIC.into(),
        gateway: format!("{channels}/gateway.do"),
        ..AlipaySignIn::default()
    };
}

struct Bed {
    lunch: Lunch,
    codes: Codes,
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.bytes));
    answer.headers["location"].to_str().expect("a text").to_owned()
}

impl Bed {
    async fn start() -> Bed {
        let (address, codes) = channels().await;
        let server = Server::start_with(|config| set_up(config, &address)).await;
        Bed { lunch: Lunch::on(server).await, codes }
    }

    /// The state that the channel is given.
    async fn begin(&self, browser: &Client, provider: &str, page: &str) -> String {
        let answer = browser.get(&format!("/api/v1/guardian/oauth/{provider}/start?return={page}")).await;
        let to = location(&answer);
        let (_, rest) = to.split_once("state=").expect("a state");
        rest.split(['&', '#']).next().unwrap_or_default().to_owned()
    }

    /// The channel names this account and sends the browser back.
    async fn back(&self, browser: &Client, provider: &str, state: &str, account: &str) -> String {
        let code = format!("code-{}", self.lunch.name());
        self.codes.lock().expect("no test panics with the codes").insert(code.clone(), account.to_owned());
        let name = if provider == "wechat" { "code" } else { "auth_code" };
        let path = format!("/api/v1/guardian/oauth/{provider}/done?{name}={code}&state={state}");
        location(&browser.get(&path).await)
    }

    async fn session(&self, browser: &Client) -> Value {
        browser.get("/api/v1/guardian/session").await.json
    }
}

#[tokio::test]
async fn an_account_is_linked_by_the_phone_and_opens_sessions_after() {
    let bed = Bed::start().await;
    let offered = bed.lunch.server.visitor().get("/api/v1/guardian/oauth").await.expect(200).json;
    assert_eq!(offered, json!({"items": ["wechat", "alipay"]}));
    for provider in ["wechat", "alipay"] {
        bed.lunch.pass_s(3_600);
        let browser = bed.lunch.server.visitor();
        let state = bed.begin(&browser, provider, "/parent/bind").await;
        let to = bed.back(&browser, provider, &state, &format!("{provider}-1")).await;
        assert_eq!(to, format!("/parent/?link={provider}"));
        assert_eq!(bed.session(&browser).await["code"], "signed_out");
        // The same browser signs in by phone.
        bed.lunch.ask_code(&browser, "13800000001").await.expect(202);
        let code = bed.lunch.sent_code("13800000001").await;
        let ask = json!({"phone": "13800000001", "code": code});
        let session = browser.post("/api/v1/guardian/session", ask).await.expect(200).json;
        assert_eq!(session["providers"], json!(["wechat", "alipay"]));
        assert!(session["linked"].to_string().contains(provider), "{session}");
        // Another browser of the same account needs no phone.
        let other = bed.lunch.server.visitor();
        let state = bed.begin(&other, provider, "/parent/bind").await;
        assert_eq!(bed.back(&other, provider, &state, &format!("{provider}-1")).await, "/parent/bind");
        assert_eq!(bed.session(&other).await["guardian"]["id"], session["guardian"]["id"]);
    }
    bed.lunch.pass_s(3_600);
    let browser = bed.lunch.parent("13800000001").await;
    let left = browser.delete("/api/v1/guardian/oauth/wechat").await.expect(200).json;
    assert_eq!(left["linked"], json!(["alipay"]));
    let fresh = bed.lunch.server.visitor();
    let state = bed.begin(&fresh, "wechat", "/parent/").await;
    assert_eq!(bed.back(&fresh, "wechat", &state, "wechat-1").await, "/parent/?link=wechat");
}

#[tokio::test]
async fn a_round_is_good_once_and_in_its_browser() {
    let bed = Bed::start().await;
    let failed = "/parent/?signin=failed";
    let (mine, other) = (bed.lunch.server.visitor(), bed.lunch.server.visitor());
    let state = bed.begin(&mine, "wechat", "/parent/").await;
    assert_eq!(bed.back(&other, "wechat", &state, "o1").await, failed, "another browser");
    assert_eq!(bed.back(&mine, "wechat", &state, "o1").await, failed, "the state was taken away");
    let state = bed.begin(&mine, "wechat", "/parent/").await;
    assert_eq!(bed.back(&mine, "alipay", &state, "o1").await, failed, "another channel");
    assert_eq!(bed.back(&mine, "wechat", "made-up", "o1").await, failed);
    let state = bed.begin(&mine, "wechat", "/parent/").await;
    bed.lunch.pass_s(600);
    assert_eq!(bed.back(&mine, "wechat", &state, "o1").await, failed, "too late");
    let state = bed.begin(&mine, "wechat", "/parent/").await;
    let used = format!("/api/v1/guardian/oauth/wechat/done?code=unknown&state={state}");
    assert_eq!(location(&mine.get(&used).await), failed, "the channel refuses the code");
    let state = bed.begin(&mine, "alipay", "/parent/").await;
    assert_eq!(bed.back(&mine, "alipay", &state, "forged").await, failed, "not signed by the channel");
    // Never to a page of somebody else.
    let state = bed.begin(&mine, "wechat", "https://evil.example/").await;
    let signed_in = bed.lunch.parent("13800000001").await;
    assert_eq!(bed.back(&mine, "wechat", &state, "o2").await, "/parent/?link=wechat");
    let state = bed.begin(&signed_in, "wechat", "//evil.example/").await;
    assert_eq!(bed.back(&signed_in, "wechat", &state, "o2").await, "/parent/");
    assert_eq!(bed.session(&signed_in).await["linked"], json!(["wechat"]), "who is signed in links at once");
}

#[tokio::test]
async fn a_channel_that_is_not_set_up_is_absent() {
    let lunch = Lunch::start().await;
    let offered = lunch.server.visitor().get("/api/v1/guardian/oauth").await.expect(200).json;
    assert_eq!(offered, json!({"items": []}));
    for provider in ["wechat", "alipay", "else"] {
        for rest in ["start", "done?code=1&state=2"] {
            let answer = lunch.server.visitor().get(&format!("/api/v1/guardian/oauth/{provider}/{rest}")).await;
            assert_eq!(answer.status, 404, "{provider} {rest}");
        }
    }
}
