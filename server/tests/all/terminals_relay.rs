//! Whom terminals of a canteen believe while nobody hears the server: its signed list, with their set-up.

use crate::agent::{Agent, key};
use crate::lunch::{Lunch, id_of};
use serde_json::json;
use yitong_sync::PublicKey;
use yitong_sync::relay::Circle;
use yitong_sync::wire::setup::Setup;

async fn setup(lunch: &Lunch, agent: &Agent) -> Setup {
    serde_json::from_slice(&agent.get(lunch, "setup").await.expect(200).bytes).expect("a set-up")
}

/// As this machine reads it; none: it is not meant to.
async fn circle(lunch: &Lunch, agent: &Agent, authority: &PublicKey) -> Option<Circle> {
    let sealed = setup(lunch, agent).await.relay.expect("every till has neighbours, if only itself");
    sealed.open(authority, lunch.school.0, &agent.key.public())
}

fn names(circle: &Circle) -> Vec<&str> {
    let mut names: Vec<_> = circle.neighbours.iter().map(|neighbour| neighbour.name.as_str()).collect();
    names.sort_unstable();
    names
}

/// Enrolled by hand, for its answer says who signs.
async fn first(lunch: &Lunch) -> (Agent, PublicKey) {
    let agent = Agent::enrolled(lunch, "面点机", 1).await;
    let code = crate::agent::code_for(lunch, &crate::agent::add(lunch, "另一台", &lunch.other_stall).await).await;
    let made = crate::agent::enrol(&lunch.server.visitor(), &code, &key(2)).await.expect(201).json;
    let authority = made["authority"].as_str().expect("a key").to_owned();
    (agent, PublicKey::try_from(authority).expect("a key"))
}

#[tokio::test]
async fn tills_of_one_canteen_are_in_one_circle() {
    let lunch = Lunch::start().await;
    let (agent, authority) = first(&lunch).await;
    let both = circle(&lunch, &agent, &authority).await.expect("a member");
    assert_eq!(names(&both), ["另一台", "面点机"], "two stalls, one canteen");
    assert!(both.neighbours.iter().any(|n| n.terminal == agent.id && n.key == agent.key.public() && n.journal == 1));
    assert_eq!(circle(&lunch, &agent, &key(1).public()).await, None, "signed by the server alone");

    // Another canteen of the same school: another circle, another key.
    let places = lunch.admin.get(&lunch.path("places")).await.expect(200).json;
    let ask = json!({"campus": places["campuses"][0]["id"], "name": "二食堂", "seats": 100});
    let canteen = id_of(&lunch.admin.post(&lunch.path("canteens"), ask).await.expect(201));
    let ask = json!({"canteen": canteen, "name": "面馆", "number": 3, "modes": ["amount"], "fixed_price": null});
    let stall = id_of(&lunch.admin.post(&lunch.path("stalls"), ask).await.expect(201));
    let id = crate::agent::add(&lunch, "面馆机", &stall).await;
    let far = Agent::at(&lunch, &id, 3).await;
    let theirs = circle(&lunch, &far, &authority).await.expect("a member");
    assert_eq!(names(&theirs), ["面馆机"]);
    assert_ne!(String::from(theirs.key), String::from(both.key));

    // Moved to the first canteen it is one of them, and they hear of it.
    let before = setup(&lunch, &agent).await.version;
    lunch.admin.patch(&lunch.path(&format!("terminals/{id}")), json!({"stall": lunch.stall})).await.expect(200);
    assert_ne!(setup(&lunch, &agent).await.version, before);
    let all = circle(&lunch, &agent, &authority).await.expect("a member");
    assert_eq!((names(&all).len(), all.key), (3, both.key), "nobody left, so the key stays");
}

#[tokio::test]
async fn whoever_left_is_not_believed_and_has_not_the_key() {
    let lunch = Lunch::start().await;
    let (agent, authority) = first(&lunch).await;
    let other = Agent::enrolled(&lunch, "丢失机", 4).await;
    let before = circle(&lunch, &agent, &authority).await.expect("a member");
    assert_eq!(before.neighbours.len(), 3);
    let rung = agent.get(&lunch, "doorbell?setup=0&people=0&lists=0&commands=0").await.expect(200).json;
    lunch.admin.post(&lunch.path(&format!("terminals/{}/revocation", other.id)), json!({})).await.expect(200);
    let after = circle(&lunch, &agent, &authority).await.expect("a member");
    assert!(after.neighbour(other.id).is_none());
    assert_ne!(String::from(after.key), String::from(before.key), "it can't read what is told from now on");
    let held = |part: &str| rung[part].as_i64().expect("a number");
    let path = format!("doorbell?setup={}&people={}&lists={}&commands=0", held("setup"), held("people"), held("lists"));
    let rung = agent.get(&lunch, &path).await.expect(200).json;
    assert_eq!(rung["setup"].as_i64(), Some(setup(&lunch, &agent).await.version), "and the bell says so");

    // A new machine at the till: the old one's key and journal are not believed.
    let next = Agent::at(&lunch, &other.id.to_string(), 5).await;
    let swapped = circle(&lunch, &agent, &authority).await.expect("a member");
    let there = swapped.neighbour(other.id).expect("back again");
    assert_eq!((there.journal, there.key), (2, next.key.public()));
    assert_eq!(swapped.key, after.key, "the revoked machine never had this key");
    assert_eq!(circle(&lunch, &next, &authority).await.map(|circle| circle.neighbours.len()), Some(3));
}
