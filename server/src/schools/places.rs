//! What a campus, canteen or stall must be to stand in the tree, and which stalls a grant reaches.

use super::{Canteen, Facts, Stall};
use crate::signin::Scope;
use yitong_rules::Mode;
use yitong_values::{CampusId, CanteenId, Cents, StallId};

pub const NAME_CHARS_MAX: usize = 40;
pub const SEATS_MAX: i64 = 100_000;
pub const STALL_NUMBER_MAX: i64 = 999;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campus {
    pub id: CampusId,
    pub name: String,
    pub closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    BadName,
    NameTaken,
    NumberTaken,
    BadNumber,
    BadSeats,
    BadModes,
    BadPrice,
    NoPrice,
    UnknownCampus,
    UnknownCanteen,
    /// Something below it is still open.
    InUse,
    /// What it stands in is closed.
    Within,
}

fn name_fits(name: &str) -> Result<(), Refusal> {
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count()) && name.trim() == name;
    if fits { Ok(()) } else { Err(Refusal::BadName) }
}

fn refuse(when: bool, refusal: Refusal) -> Result<(), Refusal> {
    if when { Err(refusal) } else { Ok(()) }
}

/// A closed place gives its name and number free: the next one may carry them.
pub fn check_campus(facts: &Facts, new: &Campus) -> Result<(), Refusal> {
    name_fits(&new.name)?;
    if new.closed {
        let open_below = facts.canteens.values().any(|canteen| canteen.campus == new.id && !canteen.closed);
        return refuse(open_below, Refusal::InUse);
    }
    let same = |(id, name, closed): &(CampusId, String, bool)| *id != new.id && *name == new.name && !closed;
    refuse(facts.campuses.iter().any(same), Refusal::NameTaken)
}

pub fn check_canteen(facts: &Facts, new: &Canteen) -> Result<(), Refusal> {
    name_fits(&new.name)?;
    refuse(!(0..=SEATS_MAX).contains(&new.seats), Refusal::BadSeats)?;
    let campus = facts.campuses.iter().find(|(id, ..)| *id == new.campus).ok_or(Refusal::UnknownCampus)?;
    if new.closed {
        let open_below = facts.stalls.values().any(|stall| stall.canteen == new.id && !stall.closed);
        return refuse(open_below, Refusal::InUse);
    }
    refuse(campus.2, Refusal::Within)?;
    let same = |of: &Canteen| of.id != new.id && of.campus == new.campus && of.name == new.name && !of.closed;
    refuse(facts.canteens.values().any(same), Refusal::NameTaken)
}

pub fn check_stall(facts: &Facts, new: &Stall) -> Result<(), Refusal> {
    name_fits(&new.name)?;
    refuse(!(1..=STALL_NUMBER_MAX).contains(&new.number), Refusal::BadNumber)?;
    let twice = |(i, mode): (usize, &Mode)| new.modes[..i].contains(mode);
    refuse(new.modes.is_empty() || new.modes.iter().enumerate().any(twice), Refusal::BadModes)?;
    refuse(
        new.fixed_price.is_some_and(|price| !(Cents::new(1)..=Cents::INPUT_MAX).contains(&price)),
        Refusal::BadPrice,
    )?;
    refuse(new.modes.contains(&Mode::Fixed) && new.fixed_price.is_none(), Refusal::NoPrice)?;
    let canteen = facts.canteens.get(&new.canteen).ok_or(Refusal::UnknownCanteen)?;
    if new.closed {
        return Ok(());
    }
    refuse(canteen.closed, Refusal::Within)?;
    let beside = || facts.stalls.values().filter(|of| of.id != new.id && of.canteen == new.canteen && !of.closed);
    refuse(beside().any(|of| of.number == new.number), Refusal::NumberTaken)?;
    refuse(beside().any(|of| of.name == new.name), Refusal::NameTaken)
}

/// Whether grants reach a stall of this school: its own, its canteen's, its campus's, or the whole school's.
pub fn stall_scope(scopes: &[Scope], facts: &Facts, stall: StallId) -> bool {
    let Some((stall, canteen)) = facts.stall(stall) else { return false };
    let reaches = |scope: &Scope| match *scope {
        Scope::Stall(id) => id == stall.id.uuid(),
        scope => within_canteen(scope, facts, canteen),
    };
    scopes.iter().any(reaches)
}

/// Whether grants reach all of a canteen.
pub fn canteen_scope(scopes: &[Scope], facts: &Facts, canteen: CanteenId) -> bool {
    let Some(canteen) = facts.canteens.get(&canteen) else { return false };
    scopes.iter().any(|scope| within_canteen(*scope, facts, canteen))
}

fn within_canteen(scope: Scope, facts: &Facts, canteen: &Canteen) -> bool {
    match scope {
        Scope::Stall(_) => false,
        Scope::Canteen(id) => id == canteen.id.uuid(),
        Scope::Campus(id) => id == canteen.campus.uuid(),
        Scope::School(id) => id == facts.school.uuid(),
        // The guard has looked whether the school lies below it.
        Scope::Operator | Scope::District(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;
    use yitong_values::SchoolId;

    fn id<T: From<Uuid>>(n: u128) -> T {
        T::from(Uuid::from_u128(n))
    }

    fn canteen(n: u128, campus: u128, name: &str, closed: bool) -> Canteen {
        Canteen { id: id(n), campus: id(campus), name: name.into(), seats: 100, closed }
    }

    fn stall(n: u128, canteen: u128, name: &str, number: i64, closed: bool) -> Stall {
        let modes = vec![Mode::Dish];
        Stall { id: id(n), canteen: id(canteen), name: name.into(), number, modes, fixed_price: None, closed }
    }

    /// Campus 1 with canteens 11 (stalls 111, 112, 113 closed) and 12 (closed), campus 2 with canteen 21 (stall 211).
    fn facts() -> Facts {
        let canteens =
            [canteen(11, 1, "一食堂", false), canteen(12, 1, "旧食堂", true), canteen(21, 2, "一食堂", false)];
        let stalls = [
            stall(111, 11, "面点", 1, false),
            stall(112, 11, "小炒", 2, false),
            stall(113, 11, "旧档", 3, true),
            stall(211, 21, "面点", 1, false),
        ];
        Facts {
            school: id::<SchoolId>(9),
            version: 1,
            name: "学校".into(),
            campuses: vec![(id(1), "东".into(), false), (id(2), "西".into(), false)],
            canteens: canteens.into_iter().map(|of| (of.id, of)).collect(),
            stalls: stalls.into_iter().map(|of| (of.id, of)).collect(),
            periods: Vec::new(),
            terms: Vec::new(),
            special_days: BTreeMap::new(),
        }
    }

    #[test]
    fn a_campus_has_its_own_name_and_closes_last() {
        let check = |n, name: &str, closed, wanted| {
            assert_eq!(check_campus(&facts(), &Campus { id: id(n), name: name.into(), closed }), wanted, "{name}");
        };
        check(3, "南", false, Ok(()));
        check(3, "东", false, Err(Refusal::NameTaken));
        check(1, "东", false, Ok(()));
        check(3, " 南", false, Err(Refusal::BadName));
        check(3, "", false, Err(Refusal::BadName));
        check(1, "东", true, Err(Refusal::InUse));
        check(3, "南", true, Ok(()));
    }

    #[test]
    fn a_canteen_stands_in_an_open_campus() {
        let check = |of: Canteen, wanted| assert_eq!(check_canteen(&facts(), &of), wanted, "{of:?}");
        check(canteen(13, 1, "二食堂", false), Ok(()));
        check(canteen(13, 1, "一食堂", false), Err(Refusal::NameTaken));
        check(canteen(13, 2, "旧食堂", false), Ok(()));
        check(canteen(13, 1, "旧食堂", false), Ok(()));
        check(canteen(13, 3, "二食堂", false), Err(Refusal::UnknownCampus));
        check(Canteen { seats: -1, ..canteen(13, 1, "二食堂", false) }, Err(Refusal::BadSeats));
        check(canteen(11, 1, "一食堂", true), Err(Refusal::InUse));
        let mut shut = facts();
        shut.campuses[0].2 = true;
        assert_eq!(check_canteen(&shut, &canteen(12, 1, "旧食堂", false)), Err(Refusal::Within));
    }

    #[test]
    fn a_stall_has_its_own_number_a_mode_and_a_price_where_it_needs_one() {
        let check = |of: Stall, wanted| assert_eq!(check_stall(&facts(), &of), wanted, "{of:?}");
        let new = || stall(114, 11, "水吧", 4, false);
        check(new(), Ok(()));
        check(Stall { number: 1, ..new() }, Err(Refusal::NumberTaken));
        check(Stall { number: 3, ..new() }, Ok(()));
        check(Stall { number: 0, ..new() }, Err(Refusal::BadNumber));
        check(Stall { name: "小炒".into(), ..new() }, Err(Refusal::NameTaken));
        check(Stall { modes: vec![], ..new() }, Err(Refusal::BadModes));
        check(Stall { modes: vec![Mode::Dish, Mode::Dish], ..new() }, Err(Refusal::BadModes));
        check(Stall { modes: vec![Mode::Fixed], ..new() }, Err(Refusal::NoPrice));
        check(Stall { fixed_price: Some(Cents::new(0)), ..new() }, Err(Refusal::BadPrice));
        check(Stall { fixed_price: Some(Cents::new(-1)), ..new() }, Err(Refusal::BadPrice));
        check(Stall { modes: vec![Mode::Fixed], fixed_price: Some(Cents::new(800)), ..new() }, Ok(()));
        check(stall(114, 12, "水吧", 4, false), Err(Refusal::Within));
        check(stall(114, 19, "水吧", 4, false), Err(Refusal::UnknownCanteen));
        check(Stall { closed: true, ..stall(111, 11, "面点", 1, false) }, Ok(()));
    }

    #[test]
    fn a_grant_reaches_what_lies_below_it() {
        let check = |scope: Scope, reached: &[u128]| {
            for n in [111, 112, 211] {
                assert_eq!(stall_scope(&[scope], &facts(), id(n)), reached.contains(&n), "{scope:?} and stall {n}");
            }
            assert!(!stall_scope(&[scope], &facts(), id(999)), "a stall of another school");
        };
        check(Scope::Stall(id(111)), &[111]);
        check(Scope::Canteen(id(11)), &[111, 112]);
        check(Scope::Campus(id(2)), &[211]);
        check(Scope::School(id(9)), &[111, 112, 211]);
        check(Scope::School(id(8)), &[]);
        check(Scope::Operator, &[111, 112, 211]);
        assert!(!stall_scope(&[], &facts(), id(111)));
        assert!(canteen_scope(&[Scope::Campus(id(1))], &facts(), id(11)));
        assert!(!canteen_scope(&[Scope::Stall(id(111)), Scope::Canteen(id(21))], &facts(), id(11)));
    }
}
