//! Tills of one canteen in this process: agents with their journals and mirrors, no server, and a network that carries
//! what the test lets through.

use crate::pretend::{now, person, setup};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;
use yitong_code::{
    Change, CredentialFields, Device, EPOCH_MS, Protection, Purpose, Signer, StaticFields, StatusHead, StatusList,
    Suite, Trust, TrustHead, TrustedKey,
};
use yitong_journal::Folder;
use yitong_sync::relay::{Circle, Neighbour, RelayKey, SealedCircle};
use yitong_sync::wire::fleet::RootKey;
use yitong_sync::wire::people::PeoplePage;
use yitong_sync::{DeviceKey, Lease, SealedLease};
use yitong_terminal::agent::{Agent, Do, Entering, Event};
use yitong_terminal::checkout::{Act, Input, Key};
use yitong_terminal::home::{Identity, Settings};
use yitong_terminal::link::Heard;
use yitong_terminal::mirror::{ListKind, Mirror, Sealer};
use yitong_values::{Cents, Timestamp};

const PEOPLE: u32 = 20;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn device_key(n: u8) -> DeviceKey {
    DeviceKey::from_seed(&[100 + n; 32])
}

fn authority() -> DeviceKey {
    DeviceKey::from_seed(&[9; 32])
}

/// The school: who signs what.
pub struct Canteen {
    pub school: Uuid,
    root: Signer,
    cards: Signer,
    phones: Signer,
    lists: Signer,
    phone: Device,
    began: Timestamp,
}

impl Canteen {
    pub fn new() -> Canteen {
        let signer = |kid, seed| Signer::new(kid, Suite::Ed25519, &[seed; 32]).expect("a small key number");
        let phone = Device::new(&[6; 32]).expect("below the order");
        let (root, cards, phones, lists) = (signer(1, 1), signer(2, 2), signer(4, 4), signer(3, 3));
        Canteen { school: id(77), root, cards, phones, lists, phone, began: now() }
    }

    /// The printed card of a person.
    pub fn card(&self, n: u32) -> String {
        self.cards.static_code(&StaticFields { account: n, serial: n, class: 0, expiry: u16::MAX })
    }

    /// What the phone of a person shows now, the `counter`th time.
    pub fn phone(&self, n: u32, counter: u16) -> String {
        let not_before = u32::try_from((self.began.ms() - EPOCH_MS) / 60_000 - 10).expect("after 2020");
        let fields = CredentialFields {
            account: n,
            serial: 1_000 + n,
            not_before,
            life_hours: 48,
            class: 0,
            use_cap_yuan: 50,
            total_cap_5yuan: 40,
            uses: 20,
            protection: Protection::Hardware,
            device_key: self.phone.public_key(),
        };
        let credential = self.phones.credential(&fields).expect("sound fields");
        self.phone.dynamic_code(&credential, fields.starts_ms(), self.began.ms(), counter).expect("it has begun")
    }

    fn trust(&self) -> Vec<u8> {
        let key = |signer: &Signer, purpose| TrustedKey {
            kid: signer.kid(),
            school: *self.school.as_bytes(),
            purpose,
            key: signer.public_key(),
            valid_from: 0,
            valid_until: self.began.ms() + 1_000_000_000,
            use_cap_yuan: 50,
            total_cap_5yuan: 100,
            uses: 200,
        };
        let keys = [
            key(&self.cards, Purpose::PrintedCode),
            key(&self.lists, Purpose::StatusList),
            key(&self.phones, Purpose::Credential),
        ];
        Trust::sign(&keys, TrustHead { version: 1, issued_at: self.began.ms() }, &self.root).expect("few keys")
    }

    /// Signed by the school, with these cards lost.
    pub fn status(&self, version: u32, lost: &[u32]) -> Vec<u8> {
        let head = StatusHead { school: *self.school.as_bytes(), version, issued_at: self.began.ms() };
        let mut list = StatusList::new(head, 100_000, PEOPLE + 10).expect("small");
        for serial in lost {
            list.set(Change::Card { serial: *serial, state: yitong_code::CardState::Lost });
        }
        list.sign(&self.lists)
    }

    pub fn circle(&self, tills: &[u8]) -> Circle {
        let neighbour = |n: &u8| Neighbour {
            terminal: id(50 + u128::from(*n)).into(),
            journal: 1,
            key: device_key(*n).public(),
            stall: id(3).into(),
            name: format!("{n}号机"),
        };
        let key = RelayKey::from_bytes([8; 32]);
        Circle {
            school: self.school.into(),
            canteen: id(2).into(),
            key,
            neighbours: tills.iter().map(neighbour).collect(),
        }
    }

    /// A till that has been told everything, except by `but`, and whose server has been gone since.
    pub fn till(&self, n: u8, circle: &Circle, but: impl FnOnce(&mut Lease, &mut Vec<u8>)) -> Till {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mirror = open(&folder);
        let mut setup = setup(self.school);
        setup.relay = Some(SealedCircle::seal(circle, &authority()));
        mirror.keep_setup(&setup).expect("kept");
        let mut items: Vec<_> = (1..=PEOPLE).map(person).collect();
        // The first has money for one meal.
        items[0].wallets = vec![(0, 1_500)];
        let page = PeoplePage { whole: true, items, gone: vec![], next: 1, more: false };
        mirror.apply(&page, 0).expect("kept");
        let mut lease = Lease {
            terminal: id(50 + u128::from(n)).into(),
            serial: 1,
            sum: Cents::new(50_000),
            count: 100,
            person_meal: Cents::new(10_000),
            person_day: Cents::new(10_000),
            issued_at: self.began.plus_ms(-1_000),
            expires_at: self.began.plus_ms(36_000_000),
            policy: 1,
        };
        let mut status = self.status(1, &[]);
        but(&mut lease, &mut status);
        mirror.keep_list(ListKind::Trust, &self.trust()).expect("kept");
        mirror.keep_list(ListKind::Status, &status).expect("kept");
        mirror.keep_lease(&SealedLease::seal(&lease, &authority())).expect("kept");
        mirror.keep_synced_at(self.began.ms()).expect("kept");
        drop(mirror);
        let root = match self.root.public_key() {
            yitong_code::KeyBytes::Ed25519(key) => hex::encode(key),
            _ => unreachable!("the root is Ed25519"),
        };
        let identity = Identity {
            server: "http://server.invalid".into(),
            terminal: lease.terminal,
            school: self.school.into(),
            journal: 1,
            authority: authority().public(),
            roots: vec![RootKey { kid: 1, suite: "ed25519".into(), key: root }],
        };
        let mut till = Till {
            agent: agent(1),
            n,
            identity,
            folder,
            wall: self.began,
            mono_ms: 0,
            view: Value::Null,
            told: Vec::new(),
        };
        till.enter();
        till
    }
}

fn agent(boot: u32) -> Agent<Folder> {
    Agent::new(Settings { boot, clock_offset_ms: Some(0), ..Settings::default() }, None, Uuid::now_v7)
}

fn open(folder: &TempDir) -> Mirror {
    Mirror::open(&folder.path().join("mirror.db"), Sealer::new(&[1; 32])).expect("a mirror")
}

pub struct Till {
    agent: Agent<Folder>,
    pub n: u8,
    identity: Identity,
    folder: TempDir,
    wall: Timestamp,
    mono_ms: u64,
    pub view: Value,
    /// What it said and the network has not carried yet.
    pub told: Vec<Vec<u8>>,
}

impl Till {
    fn enter(&mut self) {
        let journal = self.folder.path().join("journal");
        let with = Entering {
            identity: self.identity.clone(),
            key: device_key(self.n),
            files: Box::new(move || Folder::open(&journal)),
            mirror: open(&self.folder),
        };
        let all = self.agent.enter(self.wall, self.mono_ms, with).expect("entered");
        self.take(all);
        // The server is asked, and is not there.
        (0..3).for_each(|_| self.pass(1_000));
        assert_eq!(self.view["link"]["state"], "offline", "{}", self.view);
    }

    /// The power goes and comes: what is not on the disk is forgotten.
    pub fn restart(&mut self) {
        self.agent = agent(2);
        (self.mono_ms, self.view) = (0, Value::Null);
        self.enter();
    }

    pub fn step(&mut self, event: Event) {
        let all = self.agent.step(self.wall, self.mono_ms, event);
        self.take(all);
    }

    fn take(&mut self, all: Vec<Do>) {
        let mut silent = Vec::new();
        for what in all {
            match what {
                Do::Request { id, .. } => silent.push(id),
                Do::Tell(datagram) => self.told.push(datagram),
                Do::Show(pictures) => self.view = serde_json::to_value(&pictures.operator).expect("a view is JSON"),
                _ => {}
            }
        }
        silent.into_iter().for_each(|id| self.step(Event::Heard { id, heard: Heard::Silence }));
    }

    pub fn pass(&mut self, ms: u64) {
        self.mono_ms += ms;
        self.wall = self.wall.plus_ms(i64::try_from(ms).expect("seconds"));
        self.step(Event::Tick);
    }

    pub fn act(&mut self, act: Act) {
        self.step(Event::Act { id: Uuid::now_v7(), act });
    }

    /// Keys, a code, and what the operator's screen says of it.
    pub fn sell(&mut self, yuan: u8, code: &str) -> Value {
        // A price stays after a refusal, so that somebody else can pay it.
        self.step(Event::Device(Input::Key(Key::Clear)));
        for digit in yuan.to_string().bytes() {
            self.step(Event::Device(Input::Key(Key::Digit(digit - b'0'))));
        }
        self.step(Event::Device(Input::Scan(code.to_owned())));
        let result = &self.view["result"];
        assert_eq!((&self.view["screen"], &result["amount"]), (&"result".into(), &(i64::from(yuan) * 100).into()));
        result.clone()
    }
}

/// Everything that is said is carried to all others, until nobody says anything more.
pub fn carry(tills: &mut [&mut Till]) {
    for _ in 0..6 {
        let said: Vec<_> = tills.iter_mut().map(|till| std::mem::take(&mut till.told)).collect();
        for (from, datagrams) in said.iter().enumerate() {
            for datagram in datagrams {
                let others = tills.iter_mut().enumerate().filter(|(to, _)| *to != from);
                others.for_each(|(_, till)| till.step(Event::Neighbour(datagram.clone())));
            }
        }
    }
}
