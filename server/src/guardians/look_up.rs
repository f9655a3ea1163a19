//! From a paper code, a name and a number to a child: one answer and one amount of work for everything that does not
//! fit, and few tries.

use super::codes_store::{self as store, CodeRow};
use super::{bindings_store, paper};
use crate::people::field_hash;
use crate::people::import::{fields, sheet};
use crate::plumbing::db::{DbError, Tx};
use crate::plumbing::seal::Seal;
use crate::signin::{FORGET_MS, Failures, after_failure_of, house_of};
use std::net::IpAddr;
use subtle::{Choice, ConstantTimeEq};
use uuid::Uuid;
use yitong_values::{GuardianId, PersonId, SchoolId, Timestamp};

/// Wrong look-ups of a guardian, of an address behind which many may stand, and with one code, before each waits for a
/// quarter of an hour, and then for twice as long each time.
const WRONG_MAX: [i64; 3] = [5, 40, 5];
/// Between the look-up and the binding.
pub const TICKET_MS: i64 = 15 * 60_000;

/// What a guardian typed, as hashes: the comparison takes as long for every text.
#[derive(Clone)]
pub struct Ask {
    pub guardian: GuardianId,
    pub code_hash: Vec<u8>,
    name: String,
    number: String,
    keys: [Vec<u8>; 3],
    pub now: Timestamp,
}

impl Ask {
    pub fn new(
        seal: &Seal,
        guardian: GuardianId,
        from: Option<IpAddr>,
        (name, number, code): (&str, &str, &str),
        now: Timestamp,
    ) -> Ask {
        let code_hash = paper::hash(seal, code);
        let address = from.map(|from| house_of(from).to_string()).unwrap_or_default();
        let key = |kind: &str, text: &str| seal.search_hash(&format!("binding_try.{kind}"), text);
        let keys =
            [key("guardian", &guardian.to_string()), key("address", &address), key("code", &hex::encode(&code_hash))];
        Ask { guardian, code_hash, name: folded_name(name), number: folded_number(number), keys, now }
    }
}

/// Names are one however they are spaced; what is no name at all is compared as it is.
fn folded_name(text: &str) -> String {
    let text = sheet::clean(text);
    fields::name(&text).unwrap_or(text)
}

fn folded_number(text: &str) -> String {
    sheet::clean(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// What a look-up comes to.
pub enum Found {
    Child(Box<CodeRow>),
    /// The same for every cause.
    Nothing,
    /// Too many wrong ones before.
    Locked {
        seconds: i64,
    },
}

/// What somebody should hear of who watches for guessing.
pub struct Refused {
    /// Of the code, when some school made it.
    pub school: Option<SchoolId>,
    /// This one was the last before a pause.
    pub now_locked: bool,
}

/// Looks for the child. Whatever is wrong, the same statements run in the same order.
pub fn look_up(tx: &mut Tx<'_>, seal: &Seal, ask: &Ask) -> Result<(Found, Option<Refused>), DbError> {
    let known = store::tries(tx, &ask.keys)?;
    let until = known.iter().flatten().map(|kept| kept.locked_until).max();
    if let Some(until) = until.filter(|until| *until > ask.now) {
        return Ok((Found::Locked { seconds: (until.since(ask.now) + 999) / 1_000 }, None));
    }
    let code = store::find_code(tx, &ask.code_hash)?;
    let of = code.clone().unwrap_or_else(nobody);
    let fits = fits(seal, ask, &of);
    let kept_out = bindings_store::kept_out(tx, ask.guardian, of.school, of.person)?;
    match code {
        Some(row) if fits && row.good(ask.now) && !kept_out => Ok((Found::Child(Box::new(row)), None)),
        code => {
            let school = code.map(|row| row.school);
            let now_locked = refuse(tx, ask, &known, school)?;
            Ok((Found::Nothing, Some(Refused { school, now_locked })))
        }
    }
}

/// Stands in for a code that no school made, so that it is compared like one.
fn nobody() -> CodeRow {
    let nothing = String::new;
    CodeRow {
        school: SchoolId::new(Uuid::nil()),
        person: PersonId::new(Uuid::nil()),
        expires_at: Timestamp::from_ms(0),
        used: false,
        revoked: false,
        name: nothing(),
        number: nothing(),
        id_hash: None,
        kind: nothing(),
        status: nothing(),
        class: None,
        school_name: nothing(),
    }
}

/// Name, and student number or ID number. Hashes of one length are compared, all of them in any case.
fn fits(seal: &Seal, ask: &Ask, row: &CodeRow) -> bool {
    let same = |field: &str, typed: &str, kept: &str| -> Choice {
        let of = |text: &str| seal.search_hash(&format!("binding_look_up.{field}"), text);
        of(typed).ct_eq(&of(kept))
    };
    let name = same("name", &ask.name, &folded_name(&row.name));
    let number = same("number", &ask.number, &folded_number(&row.number));
    let id_number = field_hash(seal, row.school, "id_number", &ask.number);
    let id_number = id_number.ct_eq(row.id_hash.as_deref().unwrap_or(&[0; 16]));
    // A number that was left empty fits nobody.
    bool::from(name & (number | id_number)) && !ask.number.is_empty() && !ask.name.is_empty()
}

/// Counts it for each of the three keys and for the day. True when one of them is locked from now on.
fn refuse(
    tx: &mut Tx<'_>,
    ask: &Ask,
    known: &[Option<Failures>; 3],
    school: Option<SchoolId>,
) -> Result<bool, DbError> {
    store::forget_tries(tx, ask.now.plus_ms(-FORGET_MS))?;
    let mut locked = false;
    for ((key, before), most) in ask.keys.iter().zip(known).zip(WRONG_MAX) {
        let after = after_failure_of(most, *before, ask.now);
        store::put_try(tx, key, &after)?;
        locked |= after.locked(ask.now);
    }
    store::count_refused(tx, school.map_or(Uuid::nil(), SchoolId::uuid), ask.now.china_day())?;
    Ok(locked)
}

/// Says that this guardian looked this code up and was believed: sealed, so that nothing need be kept.
pub fn ticket(seal: &Seal, guardian: GuardianId, code_hash: &[u8], now: Timestamp) -> String {
    let plain = [&now.plus_ms(TICKET_MS).ms().to_be_bytes(), code_hash].concat();
    hex::encode(seal.seal(&ticket_place(guardian), &plain))
}

/// The hash of the code, when the ticket is this guardian's and not over.
pub fn open_ticket(seal: &Seal, guardian: GuardianId, ticket: &str, now: Timestamp) -> Option<Vec<u8>> {
    let plain = seal.open(&ticket_place(guardian), &hex::decode(ticket).ok()?).ok()?;
    let (until, code_hash) = plain.split_at_checked(8)?;
    let until = i64::from_be_bytes(until.try_into().ok()?);
    (now.ms() < until).then(|| code_hash.to_vec())
}

fn ticket_place(guardian: GuardianId) -> String {
    format!("binding_ticket/{guardian}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_492_800_000);

    fn guardian(n: u128) -> GuardianId {
        GuardianId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_ticket_is_one_guardians_for_a_quarter_of_an_hour() {
        let seal = Seal::from_key(&[7; 32]);
        let given = ticket(&seal, guardian(1), &[9; 16], NOW);
        assert_eq!(open_ticket(&seal, guardian(1), &given, NOW), Some(vec![9; 16]));
        assert_eq!(open_ticket(&seal, guardian(1), &given, NOW.plus_ms(TICKET_MS - 1)), Some(vec![9; 16]));
        assert_eq!(open_ticket(&seal, guardian(1), &given, NOW.plus_ms(TICKET_MS)), None);
        assert_eq!(open_ticket(&seal, guardian(2), &given, NOW), None);
        for wrong in ["", "zz", &given[2..]] {
            assert_eq!(open_ticket(&seal, guardian(1), wrong, NOW), None, "{wrong}");
        }
    }

    #[test]
    fn a_child_is_known_by_name_and_number_together() {
        let seal = Seal::from_key(&[7; 32]);
        let school = SchoolId::new(Uuid::from_u128(5));
        let id_hash = Some(field_hash(&seal, school, "id_number", "11010519491231002X"));
        let row = CodeRow { school, name: "王小明".into(), number: "S2601".into(), id_hash, ..nobody() };
        let check = |name: &str, number: &str, expected: bool| {
            let ask = Ask::new(&seal, guardian(1), None, (name, number, "x"), NOW);
            assert_eq!(fits(&seal, &ask, &row), expected, "{name} {number}");
        };
        check("王小明", "S2601", true);
        check(" 王 小明", " s2601 ", true);
        check("王小明", "11010519491231002x", true);
        check("王小明", "110105 19491231 002X", true);
        check("王小红", "S2601", false);
        check("王小明", "S2602", false);
        check("王小明", "", false);
        check("", "S2601", false);
        let empty = Ask::new(&seal, guardian(1), None, ("", "", "x"), NOW);
        assert!(!fits(&seal, &empty, &nobody()), "nobody is nobody's child");
    }
}
