//! A reader that knows nothing but the file.

use crate::world::{hex, unhex};
use serde_json::{Value, json};
use yitong_code::*;

pub struct Reader {
    school: School,
    roots: Vec<(u32, KeyBytes)>,
    trust: Trust,
    status: Vec<(String, StatusList)>,
    key: PairwiseKey,
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_else(|| panic!("{name} of {of}"))
}

fn number(of: &Value, name: &str) -> i64 {
    of[name].as_i64().unwrap_or_else(|| panic!("{name} of {of}"))
}

impl Reader {
    pub fn new(file: &Value) -> Reader {
        let root = |of: &Value| {
            let suite = Suite::from_word(text(of, "suite")).expect("a suite");
            (number(of, "kid") as u32, KeyBytes::new(suite, &unhex(text(of, "key"))).expect("a key of the suite"))
        };
        let roots: Vec<_> = file["roots"].as_array().expect("roots").iter().map(root).collect();
        let mut trust = Trust::from_signed(&unhex(text(file, "trust")), &roots, 0).expect("a trust list");
        let status = file["status"].as_object().expect("lists").iter().map(|(name, bytes)| {
            let bytes = unhex(bytes.as_str().expect("hex"));
            (name.clone(), StatusList::from_signed(&bytes, &trust, 0).expect("a status list"))
        });
        let status = status.collect();
        trust.add_legacy(LegacyList::from_signed(&unhex(text(file, "legacy")), &trust, 0).expect("a legacy list"));
        let key = PairwiseKey::new(unhex(text(file, "integrator_key")).try_into().expect("32 bytes"));
        let school = unhex(text(file, "school")).try_into().expect("16 bytes");
        Reader { school, roots, trust, status, key }
    }

    /// What this reader says to a case, in the form of `expected`.
    pub fn expected(&self, case: &Value) -> Value {
        let name = text(case, "status");
        let list = self.status.iter().find(|(of, _)| of == name).map(|(_, list)| list);
        let status = list.map_or(Status::Elsewhere(self.school), Status::List);
        let mut memory = Memory::new(number(case, "memory") as usize);
        let mut say = |text: &str| {
            let now = Now { ms: number(case, "now"), uncertainty_ms: number(case, "uncertainty_ms") };
            verify(text, &self.trust, status, Replay::Here(&mut memory), now)
        };
        for text in case["before"].as_array().expect("texts") {
            let _ = say(text.as_str().expect("a text"));
        }
        match say(text(case, "text")) {
            Ok(verified) => self.wire(&verified),
            Err(reason) => json!({"reason": reason.code(), "seconds": reason.seconds()}),
        }
    }

    fn wire(&self, of: &Verified) -> Value {
        let caps = of.caps();
        json!({
            "kind": of.kind().word(),
            "kid": of.kid(),
            "account": of.account(),
            "serial": of.serial(),
            "class": of.class(),
            "ends_ms": of.ends_ms(),
            "protection": of.protection().map(|of| of as u8),
            "counter": of.counter(),
            "allowance": of.allowance().word(),
            "use_fen": caps.map_or(0, |caps| caps.use_fen),
            "total_fen": caps.map_or(0, |caps| caps.total_fen),
            "uses": caps.map_or(0, |caps| caps.uses),
            "pairwise": hex(&pairwise_id(&self.key, of)),
        })
    }

    /// `ok`, or why a list is not taken.
    pub fn list(&self, case: &Value) -> String {
        let (bytes, held) = (unhex(text(case, "bytes")), number(case, "held") as u32);
        let problem = match text(case, "kind") {
            "trust" => Trust::from_signed(&bytes, &self.roots, held).err(),
            "status" => StatusList::from_signed(&bytes, &self.trust, held).err(),
            "legacy" => LegacyList::from_signed(&bytes, &self.trust, held).err(),
            "delta" => {
                let base = StatusList::from_signed(&unhex(text(case, "base")), &self.trust, 0).expect("a base");
                base.with_delta(&bytes, &self.trust).err()
            }
            other => panic!("no list is called {other}"),
        };
        problem.map_or("ok", ListProblem::word).to_owned()
    }
}
