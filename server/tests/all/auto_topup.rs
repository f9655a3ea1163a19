//! Automatic top-up against the sandbox, over HTTP on both sides: agreed to, debited below the floor, booked once,
//! refused, ended, and a crash between.

use crate::lunch::{fen, told};
use crate::testkit::Answer;
use crate::till::Till;
use serde_json::{Value, json};
use std::time::Duration;
use yitong::family::tell_waiting;
use yitong::guardians::Rights;
use yitong_sandbox::{DebitFate, Outcome};

impl Till {
    fn auto(&self, rest: &str) -> String {
        format!("/api/v1/guardian/children/{}/{rest}", self.binding)
    }

    async fn set_rule(&self, floor: i64, target: i64, month: i64) -> Answer {
        let ask = json!({"floor": fen(floor), "target": fen(target), "month_cap": fen(month), "consent_version": 1});
        self.guardian.put(&self.auto("auto-topup"), ask).await
    }

    async fn auto_page(&self) -> Value {
        self.guardian.get(&self.auto("auto-topup")).await.expect(200).json
    }

    /// A mandate's name and its number at the channel.
    async fn begin_mandate(&self) -> (String, String) {
        let id = self.lunch.name().to_string();
        let ask = json!({"account": self.account, "scene": "mobile_web"});
        let page = self.guardian.put(&self.auto(&format!("mandates/{id}")), ask).await.expect(200).json;
        let url = page["mandate"]["presented"]["url"].as_str().unwrap_or_else(|| panic!("a page: {page}")).to_owned();
        // The payer's browser goes there.
        let opened = crate::testkit::Client::at("").get(&url).await;
        assert!([200, 303].contains(&opened.status), "{opened:?}");
        let all = self.outside.get("/mandates").await.expect(200).json;
        let number = all["mandates"].as_array().and_then(|all| all.last()).expect("a mandate")["number"].clone();
        (id, number.as_str().expect("a number").to_owned())
    }

    async fn until_mandate(&self, state: &str) {
        for _ in 0..200 {
            let mandates = self.finance.get(&self.lunch.path("mandates")).await.expect(200).json;
            if mandates["items"][0]["state"] == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the mandate never is {state}: {}", self.auto_page().await);
    }

    /// Floor 30, target 200, 800 a month; signed, and 50 in the wallet.
    async fn ready(kind: &str) -> Till {
        let till = Till::start(kind).await;
        till.faults(|_| {});
        till.lunch.top_up(&till.pupil, 5_000).await.expect(200);
        till.set_rule(3_000, 20_000, 80_000).await.expect(200);
        let (_, number) = till.begin_mandate().await;
        till.sandbox.agree(&number).expect("it can be agreed to");
        till.until_mandate("signed").await;
        till
    }

    /// What happened is told, which wakes the rule; then the sweeper looks.
    async fn round(&self) {
        tell_waiting(&self.lunch.server.app).await.expect("guardians are told");
        self.sweep_after(3).await;
    }

    async fn autos(&self) -> Vec<Value> {
        let orders = self.finance.get(&self.lunch.path("payment-orders")).await.expect(200).json;
        let items = orders["items"].as_array().expect("a list").iter();
        items.filter(|order| order["scene"] == "auto").cloned().collect()
    }

    async fn until_balance(&self, fen: i64) {
        for _ in 0..200 {
            if self.balance().await == fen {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the balance is {} and not {fen}", self.balance().await);
    }
}

#[tokio::test]
async fn below_the_floor_the_wallet_is_filled_once() {
    for kind in ["alipay", "alipay_by_certificate", "wechat"] {
        let till = Till::ready(kind).await;
        till.faults(|faults| faults.doubled_percent = 100);
        till.round().await;
        assert_eq!(till.autos().await.len(), 0, "{kind}: 50 is above the floor of 30");
        till.lunch.paid(&till.pupil, 2_500).await;
        till.round().await;
        till.until_balance(20_000).await;
        // Told twice, looked at again, asked again: still once.
        for _ in 0..3 {
            till.round().await;
        }
        let autos = till.autos().await;
        assert_eq!(autos.len(), 1, "{kind}: {autos:?}");
        assert_eq!((autos[0]["state"].as_str(), autos[0]["amount"]["fen"].as_i64()), (Some("success"), Some(17_500)));
        let number = autos[0]["number"].as_str().expect("a number");
        for _ in 0..200 {
            let taken = till.sandbox.deliveries(Some(number));
            if taken.iter().filter(|of| of.outcome == Outcome::Taken).count() >= 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!((till.balance().await, till.theirs().await, till.ours().await), (20_000, 17_500, 17_500));
        let page = till.auto_page().await;
        assert_eq!((page["state"].as_str(), page["month"]["fen"].as_i64()), (Some("on"), Some(17_500)));
        assert_eq!(page["tries"][0]["state"], "success");
        let home = till.guardian.get("/api/v1/guardian/home").await.expect(200).json;
        assert_eq!(home["children"][0]["auto_topup"], "on");
        till.lunch.books_are_whole().await;
    }
}

#[tokio::test]
async fn a_refused_debit_is_told_and_not_hammered() {
    for kind in ["alipay", "wechat"] {
        let till = Till::ready(kind).await;
        till.faults(|faults| faults.debit_fate = DebitFate::NotEnough);
        till.lunch.paid(&till.pupil, 2_500).await;
        till.round().await;
        // WeChat says so when it is asked.
        till.sweep_after(10).await;
        for _ in 0..5 {
            till.round().await;
        }
        let autos = till.autos().await;
        assert_eq!((autos.len(), autos[0]["state"].as_str()), (1, Some("failed")), "{kind}: {autos:?}");
        let page = till.auto_page().await;
        assert_eq!(page["state"], "refused", "{page}");
        if kind == "alipay" {
            assert_eq!((page["refused"].as_str(), page["tries"][0]["refused"].as_str()), {
                (Some("not_enough"), Some("not_enough"))
            });
        }
        assert_eq!(till.balance().await, 2_500);
        let inbox = till.guardian.get("/api/v1/guardian/notices").await.expect(200);
        let inbox = String::from_utf8_lossy(&inbox.bytes).into_owned();
        assert!(inbox.contains("auto_topup_refused"), "{inbox}");
        assert!(!inbox.contains("欠款"));
        // An hour later there is money, and it is inside of a window: 13 o'clock.
        till.faults(|_| {});
        till.sweep_after(3_600).await;
        till.until_balance(20_000).await;
        assert_eq!(till.auto_page().await["state"], "on");
        till.lunch.books_are_whole().await;
    }
}

#[tokio::test]
async fn a_mandate_that_ended_is_not_debited() {
    for kind in ["alipay", "wechat"] {
        let till = Till::ready(kind).await;
        // Ended at the channel, and the call-back is lost: the debit is refused, and the mandate is asked about.
        till.faults(|faults| faults.lost_percent = 100);
        let all = till.outside.get("/mandates").await.expect(200).json;
        till.sandbox.end_mandate(all["mandates"][0]["number"].as_str().expect("a number")).expect("it ends");
        till.lunch.paid(&till.pupil, 2_500).await;
        till.round().await;
        // WeChat's refusal is not in words that we know: the order is asked about until it can't arrive any more.
        for _ in 0..50 {
            till.sweep_after(60).await;
        }
        let autos = till.autos().await;
        assert_eq!(autos.len(), 1, "{autos:?}");
        assert!(["failed", "closed"].contains(&autos[0]["state"].as_str().expect("a state")), "{kind}: {autos:?}");
        till.until_mandate("terminated").await;
        assert_eq!((till.balance().await, till.theirs().await), (2_500, 0));
        assert_eq!(till.auto_page().await["state"], "unsigned");
        till.lunch.pass_s(3_600);
        till.round().await;
        assert_eq!(till.autos().await.len(), 1, "nothing is tried without a mandate");
    }
}

#[tokio::test]
async fn a_guardian_pauses_and_ends() {
    let till = Till::ready("alipay").await;
    till.guardian.put(&till.auto("auto-topup/pause"), json!({"paused": true})).await.expect(200);
    till.lunch.paid(&till.pupil, 2_500).await;
    till.round().await;
    let page = till.auto_page().await;
    assert_eq!((page["state"].as_str(), page["why"].as_str()), (Some("paused"), Some("paused")));
    assert_eq!(till.autos().await.len(), 0);
    // Ended here: the channel hears of it, and nothing is debited although the rule goes on.
    let id = page["mandate"]["id"].as_str().expect("a mandate").to_owned();
    let (other, _) = till.lunch.server.guardian("13800000002").await;
    assert_eq!(other.delete(&till.auto(&format!("mandates/{id}"))).await.status, 404);
    let ended = till.guardian.delete(&till.auto(&format!("mandates/{id}"))).await.expect(200).json;
    assert_eq!(ended["mandate"]["state"], "terminated", "{ended}");
    till.guardian.put(&till.auto("auto-topup/pause"), json!({"paused": false})).await.expect(200);
    till.round().await;
    assert_eq!((till.autos().await.len(), till.auto_page().await["why"].as_str()), (0, Some("no_mandate")));
    // Signed anew, it goes on.
    let (_, number) = till.begin_mandate().await;
    till.sandbox.agree(&number).expect("it can be agreed to");
    till.until_mandate("signed").await;
    till.round().await;
    till.until_balance(20_000).await;
}

#[tokio::test]
async fn the_office_stops_a_mandate_even_when_the_channel_is_silent() {
    let till = Till::ready("wechat").await;
    let mandates = till.finance.get(&till.lunch.path("mandates")).await.expect(200).json;
    let path = till.lunch.path(&format!("mandates/{}/end", mandates["items"][0]["id"].as_str().expect("an id")));
    assert_eq!(told(&till.finance.post(&path, json!({"reason": ""})).await), (422, "reason_missing", "reason"));
    till.faults(|faults| faults.server_error_percent = 100);
    let stopped = till.finance.post(&path, json!({"reason": "家长来电要求停止"})).await.expect(200).json;
    // The work was done although the answer was lost: asking says so.
    assert!(["ending", "terminated"].contains(&stopped["state"].as_str().expect("a state")), "{stopped}");
    till.lunch.paid(&till.pupil, 2_500).await;
    till.round().await;
    assert_eq!(till.autos().await.len(), 0, "nothing is debited from the moment it was said");
    till.faults(|_| {});
    till.sweep_after(60).await;
    till.until_mandate("terminated").await;
}

#[tokio::test]
async fn a_lost_answer_is_asked_about_and_never_debited_again() {
    let till = Till::ready("alipay").await;
    // The channel takes the money, and neither the answer nor the call-back arrives: as if we had died in between.
    till.faults(|faults| (faults.server_error_percent, faults.lost_percent) = (100, 100));
    till.lunch.paid(&till.pupil, 2_500).await;
    till.round().await;
    assert_eq!(till.balance().await, 2_500, "silence books nothing");
    till.lunch.paid(&till.pupil, 100).await;
    till.round().await;
    assert_eq!(till.autos().await.len(), 1, "one open order at the most");
    till.faults(|faults| faults.lost_percent = 100);
    till.sweep_after(600).await;
    till.until_balance(19_900).await;
    assert_eq!((till.theirs().await, till.ours().await), (17_500, 17_500));
    // The call was never made: the number is unknown there, and after its time the order is over without money.
    till.faults(|faults| (faults.server_error_percent, faults.debit_fate) = (100, DebitFate::NotEnough));
    till.lunch.paid(&till.pupil, 9_000).await;
    till.lunch.paid(&till.pupil, 8_500).await;
    till.round().await;
    till.faults(|_| {});
    for _ in 0..50 {
        till.sweep_after(60).await;
    }
    let autos = till.autos().await;
    assert_eq!((autos.len(), autos[0]["state"].as_str()), (2, Some("closed")), "{autos:?}");
    assert_eq!(till.auto_page().await["refused"], "no_word");
    till.lunch.books_are_whole().await;
}

#[tokio::test]
async fn a_rule_is_one_a_child_and_its_text_is_kept() {
    let till = Till::start("alipay").await;
    let rule = |floor: i64, target: i64, month: i64, version: i64| json!({"floor": fen(floor), "target": fen(target), "month_cap": fen(month), "consent_version": version});
    let put = async |ask: Value| till.guardian.put(&till.auto("auto-topup"), ask).await;
    assert_eq!(told(&put(rule(3_000, 20_000, 80_000, 0)).await).1, "consent_outdated");
    for (ask, code, field) in [
        (rule(0, 20_000, 80_000, 1), "auto_floor", "floor"),
        (rule(3_000, 3_000, 80_000, 1), "auto_target", "target"),
        (rule(3_000, 20_000, 100, 1), "auto_month_cap", "month_cap"),
    ] {
        assert_eq!(told(&put(ask).await), (422, code, field));
    }
    let mandate = till.auto(&format!("mandates/{}", till.lunch.name()));
    let ask = json!({"account": till.account, "scene": "mobile_web"});
    assert_eq!(told(&till.guardian.put(&mandate, ask.clone()).await).1, "auto_topup_not_set");
    assert_eq!(put(rule(3_000, 20_000, 80_000, 1)).await.expect(200).json["rule"]["consent_version"], 1);
    let bad = json!({"account": till.account, "scene": "auto"});
    assert_eq!(told(&till.guardian.put(&mandate, bad).await).1, "mandate_not_offered");
    // The other parent sees that there is one, and nothing of it.
    let (other, id) = till.lunch.server.guardian("13800000002").await;
    let person = till.pupil.parse().expect("an id");
    let binding = till.lunch.server.bound(id, till.lunch.school, person, Rights::ALL).await;
    let path = format!("/api/v1/guardian/children/{binding}/auto-topup");
    let page = other.get(&path).await.expect(200).json;
    assert_eq!((page["by_other"].as_bool(), &page["rule"], &page["mandate"]), (Some(true), &Value::Null, &Value::Null));
    assert_eq!(told(&other.put(&path, rule(3_000, 20_000, 80_000, 1)).await).1, "auto_topup_by_other");
    assert_eq!(told(&other.put(&format!("{path}/pause"), json!({"paused": true})).await).1, "auto_topup_not_set");
}
