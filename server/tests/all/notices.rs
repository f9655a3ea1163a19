//! Messages to people: queued once, sent over the channels that each reads, at hours when they may ring.

use crate::testkit::{LUNCH, Server};
use std::collections::BTreeMap;
use uuid::Uuid;
use yitong::notices::{self, Channel, Kind, NewAddress, NewNotice, Reach, Recipient, Scope, SealedAddress};
use yitong_values::{GuardianId, NoticeId};

fn notice(server: &Server, dedupe: &str, to: GuardianId) -> NewNotice {
    NewNotice {
        id: NoticeId::new(server.app.new_id()),
        dedupe: dedupe.into(),
        school: None,
        to: Recipient::Guardian(to),
        about: None,
        kind: Kind::Purchase,
        params: BTreeMap::from([("child".into(), "张三".into()), ("amount".into(), "12.50".into())]),
        reach: Reach::Channels,
        link: None,
        at: LUNCH,
        not_before: None,
        expires_at: LUNCH.plus_ms(86_400_000),
    }
}

impl Server {
    async fn queue(&self, new: NewNotice) -> bool {
        let queued = self.app.db.write("queue", move |tx| notices::queue(tx, &new)).await;
        queued.expect("a message is queued")
    }
}

#[tokio::test]
async fn a_cause_that_is_told_twice_is_one_message() {
    let server = Server::start().await;
    let [mother, father] = [1, 2].map(|n| GuardianId::new(Uuid::from_u128(n)));
    assert!(server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(!server.queue(notice(&server, "purchase:1:mother", mother)).await);
    assert!(server.queue(notice(&server, "purchase:1:father", father)).await);
    let unread = server.app.db.read(move |tx| notices::unread(tx, mother.uuid())).await;
    assert_eq!(unread, Ok(1));
}

#[tokio::test]
async fn a_new_number_takes_the_place_of_the_old_one() {
    let server = Server::start().await;
    let owner = Uuid::from_u128(1);
    let seal = &server.app.seal;
    let at = |n: u32| SealedAddress::new(seal, owner, Channel::Sms, &format!("1380013800{n}"));
    let put = |address: SealedAddress| {
        let id = server.app.new_id();
        let new = NewAddress { id, owner, channel: Channel::Sms, scope: Scope::Server, address, at: LUNCH };
        server.app.db.write("address", move |tx| notices::put_address(tx, &new))
    };
    for n in [1, 1, 2] {
        put(at(n)).await.expect("it is kept");
    }
    let dropped = server.app.db.write("drop", move |tx| notices::drop_addresses(tx, owner, Channel::Sms)).await;
    assert_eq!(dropped, Ok(1), "the last one only");
}
