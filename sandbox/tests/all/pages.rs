//! The pages: in two languages, without scripts, and the same deeds as over JSON.

use crate::journeys::wechat;
use crate::kit::World;
use serde_json::json;
use yitong_channels::pay::{Presented, Scene};
use yitong_channels::{Call, Method};

async fn page(world: &World, path: &str) -> String {
    let call = Call::get(format!("{}{path}", world.sandbox.address())).header("accept", "text/html");
    let reply = world.send(&call).await;
    let policy = reply.headers.get("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    let text = reply.text().expect("a page is text").to_owned();
    assert!(!text.contains("<script") && !text.contains("style=\""), "{path}");
    text
}

async fn submit(world: &World, path: &str, body: &str) -> String {
    let url = format!("{}{path}", world.sandbox.address());
    let reply = world.send(&Call::post(url, "application/x-www-form-urlencoded", body)).await;
    assert_eq!(reply.status, 303);
    reply.headers.get("location").expect("a place to go").to_owned()
}

#[tokio::test]
async fn a_payer_pays_at_the_cashier() {
    let world = World::start().await;
    let connector = wechat(&world);
    let order = world.order(&connector, "P20261124000001", Scene::InApp, 1250).await;
    let overview = page(&world, "/").await;
    assert!(overview.contains("P20261124000001") && overview.contains("12.50"));
    assert!(page(&world, "/?lang=en").await.contains("Payment sandbox"));

    let Presented::InApp { arguments, .. } = world.present(&connector, &order).await else { panic!("a web view") };
    let package = yitong_channels::percent_encode(&arguments["package"]);
    let reply = world.get(&format!("/bridge?package={package}")).await;
    assert_eq!((reply.status, reply.headers.get("location")), (303, Some("/pay/P20261124000001")));

    let cashier = page(&world, "/pay/P20261124000001").await;
    assert!(cashier.contains("¥12.50") && cashier.contains("充值,&quot;饭卡&quot;"), "{cashier}");
    assert!(page(&world, "/pay/P20261124000001?lang=en").await.contains("Make it fail"));
    let after = submit(&world, "/pay/P20261124000001?lang=en", "deed=fail").await;
    assert_eq!(after, "/pay/P20261124000001?did=fail&lang=en");
    let after = submit(&world, "/pay/P20261124000001", "deed=pay&redirect_url=http%3A%2F%2F127.0.0.1%3A9%2Fdone").await;
    let paid = page(&world, &after).await;
    assert!(paid.contains("已支付") && paid.contains("href=\"http://127.0.0.1:9/done\""), "{paid}");
    world.notice(&connector).await;
    let again = submit(&world, "/pay/P20261124000001", "deed=pay").await;
    assert_eq!(again, "/pay/P20261124000001?did=late");
}

#[tokio::test]
async fn faults_are_set_by_form_and_by_json() {
    let world = World::start().await;
    assert!(page(&world, "/faults").await.contains("name=\"lost_percent\""));
    let after = submit(&world, "/faults?lang=en", "lost_percent=30&seed=7&bill_cut=true&refund_fate=abnormal").await;
    assert_eq!(after, "/faults?saved=yes&lang=en");
    let faults = world.sandbox.faults();
    assert_eq!((faults.lost_percent, faults.seed, faults.bill_cut), (30, 7, true));
    assert_eq!(submit(&world, "/faults", "lost_percent=130").await, "/faults?saved=no");
    let (status, told) = world.json(Method::Put, "/faults", json!({"doubled_percent": 5})).await;
    assert_eq!((status, &told["doubled_percent"], &told["lost_percent"]), (200, &json!(5), &json!(0)));
    let (status, _) = world.json(Method::Put, "/faults", json!({"no_such_fault": 5})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_form_of_another_site_moves_nothing() {
    let world = World::start().await;
    let connector = wechat(&world);
    let order = world.order(&connector, "P20261124000002", Scene::Qr, 100).await;
    let url = format!("{}/pay/{}", world.sandbox.address(), order.number);
    let call = Call::post(url, "application/x-www-form-urlencoded", "deed=pay").header("sec-fetch-site", "cross-site");
    assert_eq!(world.send(&call).await.status, 403);
    let (_, orders) = world.json(Method::Get, "/orders?state=waiting", json!(null)).await;
    assert_eq!(orders["orders"][0]["number"], "P20261124000002");
}
