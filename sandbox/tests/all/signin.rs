//! Signing in: a person agrees at the channel's page, and the merchant exchanges the code once.

use crate::kit::World;
use serde_json::Value;
use yitong_channels::crypto::{Signer, Verifier};
use yitong_channels::{Call, Reply, percent_encode};

const BACK: &str = "http://127.0.0.1:8640/api/v1/guardian/oauth/x/done";

async fn get(world: &World, path: &str) -> Reply {
    world.send(&Call::get(format!("{}{path}", world.sandbox.address())).header("accept", "text/html")).await
}

/// Agrees as the first person whom the page offers, and brings back the code that the browser carries.
async fn agree(world: &World, page: &str, name: &str) -> String {
    let html = get(world, page).await;
    assert_eq!(html.status, 200);
    let html = html.text().expect("a page").to_owned();
    let link = html.split("href=\"").find(|part| part.starts_with("/signin/agreed")).expect("a link");
    let link = link.split('"').next().expect("its end").replace("&amp;", "&");
    let away = get(world, &link).await;
    let to = away.headers.get("location").expect("a place to go").to_owned();
    assert!(to.starts_with(&format!("{BACK}?{name}=")) && to.contains("state=st%201"), "{to}");
    to.split(&format!("{name}=")).nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned()
}

#[tokio::test]
async fn a_guardian_signs_in_with_wechat() {
    let world = World::start().await;
    let of = world.sandbox.settings().wechat_sign_in;
    let text = |name: &str| of[name].as_str().expect("a setting").to_owned();
    let (app, secret) = (text("app_id"), text("secret"));
    let page = |back: &str| {
        let back = percent_encode(back);
        format!(
            "/connect/oauth2/authorize?appid={app}&redirect_uri={back}&response_type=code&scope=snsapi_base&state=st%201"
        )
    };
    assert_eq!(get(&world, &page("https://evil.example/")).await.status, 400);
    let code = agree(&world, &page(BACK), "code").await;
    let exchange = |secret: &str, code: &str| {
        format!("/sns/oauth2/access_token?appid={app}&secret={secret}&code={code}&grant_type=authorization_code")
    };
    let json = |reply: Reply| serde_json::from_slice::<Value>(&reply.body).expect("JSON");
    assert_eq!(json(get(&world, &exchange("guess", &code)).await)["errcode"], 40125);
    let who = json(get(&world, &exchange(&secret, &code)).await);
    assert_eq!(who["openid"], "oSandboxPerson001", "{who}");
    assert_eq!(json(get(&world, &exchange(&secret, &code)).await)["errcode"], 40163);
    assert_eq!(json(get(&world, &exchange(&secret, "none")).await)["errcode"], 40029);
}

#[tokio::test]
async fn a_guardian_signs_in_with_alipay() {
    let world = World::start().await;
    let of = world.sandbox.settings().alipay_sign_in;
    let text = |name: &str| of[name].as_str().expect("a setting").to_owned();
    let page = format!(
        "/oauth2/publicAppAuthorize.htm?app_id={}&scope=auth_base&redirect_uri={}&state=st%201",
        text("app_id"),
        percent_encode(BACK)
    );
    let code = agree(&world, &page, "auth_code").await;
    let signer = Signer::read(&text("private_key")).expect("a key");
    let verifier = Verifier::read(&text("public_key")).expect("a key");
    let exchange = |code: &str| {
        let pairs = [
            ("app_id", text("app_id")),
            ("charset", "utf-8".into()),
            ("code", code.to_owned()),
            ("format", "JSON".into()),
            ("grant_type", "authorization_code".into()),
            ("method", "alipay.system.oauth.token".into()),
            ("sign_type", "RSA2".into()),
            ("timestamp", "2026-11-24 12:00:00".into()),
            ("version", "1.0".into()),
        ];
        let join = |encode: fn(&str) -> String| {
            pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
        };
        let sign = signer.sign_base64(join(str::to_owned).as_bytes());
        let body = format!("{}&sign={}", join(percent_encode), percent_encode(&sign));
        Call::post(text("gateway"), "application/x-www-form-urlencoded; charset=utf-8", body)
    };
    let good = world.send(&exchange(&code)).await;
    let said = good.text().expect("text").to_owned();
    let json: Value = serde_json::from_str(&said).expect("JSON");
    let who = &json["alipay_system_oauth_token_response"];
    assert_eq!(who["open_id"], "2088000000000001", "{said}");
    assert!(who["code"].is_null());
    let raw = said.split("_response\":").nth(1).and_then(|rest| rest.split(",\"sign\"").next()).expect("the answer");
    assert!(verifier.verifies_base64(raw.as_bytes(), json["sign"].as_str().expect("a signature")));
    let again: Value = serde_json::from_slice(&world.send(&exchange(&code)).await.body).expect("JSON");
    assert_eq!(again["error_response"]["sub_code"], "isv.code-invalid");
}
