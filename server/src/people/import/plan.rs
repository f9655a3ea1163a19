//! The plan: what each row would do to the roster, decided before anything is written. The same file twice is no
//! change.

use super::class::{class_key, class_name};
use super::columns::{Field, Mapping};
use super::fields::{self, Reason, reason};
use super::sheet::{Cell, Sheet};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use yitong_values::PersonId;

/// A person as a row of a file wants it. Fields that the file does not have are left as they are.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wanted {
    pub number: String,
    pub name: String,
    pub class: Option<String>,
    pub gender: Option<String>,
    pub id_number: Option<String>,
    pub phone: Option<String>,
    pub joined_on: Option<i64>,
    /// The last day at the school: the person leaves.
    pub leaves_on: Option<i64>,
}

/// A person as the roster knows it. Personal fields are there as hashes only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    pub id: PersonId,
    pub kind: String,
    pub number: String,
    pub name: String,
    pub class: Option<String>,
    pub gender: Option<String>,
    pub left: bool,
    pub id_hash: Option<Vec<u8>>,
    pub phone_hash: Option<Vec<u8>>,
    pub joined_on: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Add,
    Change,
    Same,
    Refuse,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Add => "add",
            Verdict::Change => "change",
            Verdict::Same => "same",
            Verdict::Refuse => "refuse",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// One row of the file with its verdict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlannedRow {
    /// As the file counts, from 1.
    pub row: usize,
    pub verdict: Verdict,
    pub wanted: Wanted,
    pub changes: Vec<Change>,
    pub reasons: Vec<Reason>,
    /// The row as it stood, for the file of refused rows.
    pub cells: Vec<String>,
}

/// The roster that a plan is made against.
pub struct Roster {
    pub kind: String,
    by_number: HashMap<String, Known>,
    number_by_id: HashMap<Vec<u8>, String>,
}

impl Roster {
    pub fn new(kind: &str, known: Vec<Known>) -> Roster {
        let number_by_id = known.iter().filter_map(|k| Some((k.id_hash.clone()?, k.number.clone()))).collect();
        let by_number = known.into_iter().map(|k| (k.number.clone(), k)).collect();
        Roster { kind: kind.into(), by_number, number_by_id }
    }

    pub fn find(&self, number: &str) -> Option<&Known> {
        self.by_number.get(number)
    }
}

/// Keyed hashes of personal fields: handed in, because the key is the edge's.
pub type Hash<'a> = &'a dyn Fn(&str, &str) -> Vec<u8>;

pub fn plan(sheet: &Sheet, mapping: &Mapping, roster: &Roster, hash: Hash<'_>) -> Vec<PlannedRow> {
    let mut rows: Vec<PlannedRow> = Vec::new();
    let mapped: Vec<usize> = Field::ALL.into_iter().filter_map(|field| mapping.column(field)).collect();
    let blank = |cells: &[Cell]| {
        let empty = |c: &usize| cells.get(*c).is_none_or(|cell| cell.text.is_empty() && cell.flaw.is_none());
        mapped.iter().all(empty)
    };
    // Printed lists repeat their headers on every page.
    let headers = &sheet.rows[mapping.header_row.min(sheet.rows.len() - 1)];
    let repeats = |cells: &[Cell]| mapped.iter().all(|c| cells.get(*c) == headers.get(*c));
    for (i, cells) in sheet.rows.iter().enumerate().skip(mapping.header_row + 1) {
        // Numbered lines that nobody was written into are nobody.
        if blank(cells) || repeats(cells) {
            continue;
        }
        let (wanted, reasons) = read_row(cells, mapping, roster.kind == "student");
        let cells = cells.iter().map(|cell| cell.text.clone()).collect();
        rows.push(PlannedRow { row: i + 1, verdict: Verdict::Refuse, wanted, changes: vec![], reasons, cells });
    }
    refuse_repeats(&mut rows);
    for row in &mut rows {
        if row.reasons.is_empty() {
            judge(row, roster, hash);
        }
    }
    rows
}

fn read_row(cells: &[Cell], mapping: &Mapping, student: bool) -> (Wanted, Vec<Reason>) {
    let empty = Cell::default();
    let mut reasons = Vec::new();
    let cell = |field: Field| mapping.column(field).map(|column| cells.get(column).unwrap_or(&empty));
    let mut text = |field: Field| {
        let cell = cell(field)?;
        if let Some(flaw) = fields::flaw_of(cell, field.word()) {
            reasons.push(flaw);
            return None;
        }
        Some(cell.text.as_str())
    };
    let (number, name) = (text(Field::Number), text(Field::Name));
    let (class, grade) = (text(Field::Class), text(Field::Grade));
    let (gender, id, phone, joined) =
        (text(Field::Gender), text(Field::IdNumber), text(Field::Phone), text(Field::JoinedOn));
    let mut wanted = Wanted::default();
    let mut keep = |outcome: Result<(), Reason>| {
        if let Err(why) = outcome {
            reasons.push(why);
        }
    };
    // A cell whose flaw was said already is not complained about a second time.
    if let Some(text) = number {
        keep(fields::number(text).map(|number| wanted.number = number));
    }
    if let Some(text) = name {
        keep(fields::name(text).map(|name| wanted.name = name));
    }
    if let Some(class) = class {
        let class = class_name(grade.unwrap_or_default(), class);
        match class.is_empty() {
            true if student => keep(Err(reason(
                "class_missing",
                "class",
                "",
                "缺少班级：请补填。",
                "The class is missing: fill it in.",
            ))),
            true => {}
            false if class.chars().count() > 40 => {
                keep(Err(reason(
                    "class_too_long",
                    "class",
                    &class,
                    "班级名称超过 40 个字。",
                    "The class name is over 40 characters.",
                )));
            }
            false => wanted.class = Some(class),
        }
    }
    keep(fields::gender(gender.unwrap_or_default()).map(|gender| wanted.gender = gender));
    keep(fields::id_number(id.unwrap_or_default()).map(|id| wanted.id_number = id));
    keep(fields::phone(phone.unwrap_or_default()).map(|phone| wanted.phone = phone));
    keep(fields::day(joined.unwrap_or_default()).map(|day| wanted.joined_on = day.map(|day| day.number())));
    (wanted, reasons)
}

/// A number or an ID number that stands twice says nothing about which row is right: all of them are refused.
fn refuse_repeats(rows: &mut [PlannedRow]) {
    let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut ids: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        if !row.wanted.number.is_empty() {
            numbers.entry(row.wanted.number.clone()).or_default().push(i);
        }
        if let Some(id) = &row.wanted.id_number {
            ids.entry(id.clone()).or_default().push(i);
        }
    }
    for (repeats, field, code) in [(numbers, "number", "number_repeated"), (ids, "id_number", "id_number_repeated")] {
        for (value, at) in repeats.into_iter().filter(|(_, at)| at.len() > 1) {
            let lines: Vec<String> = at.iter().map(|i| rows[*i].row.to_string()).collect();
            let (lines_zh, lines_en) = (lines.join("、"), lines.join(", "));
            for i in at {
                let what =
                    if field == "number" { ("学号／工号", "number") } else { ("身份证号", "ID number") };
                let zh = format!("{}在第 {lines_zh} 行重复：请保留一行或改正。", what.0);
                let en = format!("The {} stands in rows {lines_en}: keep one or correct it.", what.1);
                rows[i].reasons.push(reason(code, field, &value, zh, en));
            }
        }
    }
}

/// What the row means for the roster of this moment. Also asked again for each row when the plan is applied.
pub fn judge(row: &mut PlannedRow, roster: &Roster, hash: Hash<'_>) {
    let wanted = &row.wanted;
    row.changes.clear();
    let id_hash = wanted.id_number.as_ref().map(|id| hash("id_number", id));
    if let Some(other) = id_hash.as_ref().and_then(|id| roster.number_by_id.get(id)).filter(|n| **n != wanted.number) {
        let zh = format!("此身份证号已登记在编号 {other} 名下：若已换学号，请在人员页面修改，不要重复导入。");
        let en = format!("This ID number belongs to number {other}: change that person's number instead.");
        row.verdict = Verdict::Refuse;
        row.reasons.push(reason("id_number_taken", "id_number", &wanted.number, zh, en));
        return;
    }
    let Some(known) = roster.find(&wanted.number) else {
        row.verdict = Verdict::Add;
        return;
    };
    if known.kind != roster.kind {
        let (zh, en) = ("此编号已用于另一类人员（学生／教职工）。", "This number belongs to somebody of another kind.");
        row.verdict = Verdict::Refuse;
        row.reasons.push(reason("number_of_other_kind", "number", &wanted.number, zh, en));
        return;
    }
    if id_hash.is_some() && known.id_hash.is_some() && id_hash != known.id_hash && known.name != wanted.name {
        let zh = "此学号／工号已登记为另一人（姓名与身份证号都不同）：请核对，新生请使用未用过的号码。";
        let en = "This number belongs to somebody else, of another name and ID number: check it; a newcomer needs a number \
                  that was never used.";
        row.verdict = Verdict::Refuse;
        row.reasons.push(reason("number_of_another", "number", &wanted.number, zh, en));
        return;
    }
    let mut changes = Vec::new();
    let mut change = |field: &str, before: &str, after: &str| {
        changes.push(Change { field: field.into(), before: before.into(), after: after.into() });
    };
    if known.name != wanted.name {
        change("name", &known.name, &wanted.name);
    }
    if let Some(class) = &wanted.class {
        let before = known.class.as_deref().unwrap_or_default();
        if class_key(before) != class_key(class) {
            change("class", before, class);
        }
    }
    if let Some(gender) = wanted.gender.as_ref().filter(|gender| known.gender.as_ref() != Some(gender)) {
        change("gender", known.gender.as_deref().unwrap_or_default(), gender);
    }
    // Personal fields are compared by their hashes and shown as changed, not as what they are.
    if id_hash.is_some() && id_hash != known.id_hash {
        change("id_number", if known.id_hash.is_some() { "***" } else { "" }, "***");
    }
    let phone_hash = wanted.phone.as_ref().map(|phone| hash("phone", phone));
    if phone_hash.is_some() && phone_hash != known.phone_hash {
        change("phone", if known.phone_hash.is_some() { "***" } else { "" }, "***");
    }
    if let Some(day) = wanted.joined_on.filter(|day| known.joined_on != Some(*day)) {
        change("joined_on", &known.joined_on.map_or(String::new(), |d| d.to_string()), &day.to_string());
    }
    match (known.left, wanted.leaves_on) {
        (true, None) => change("status", "left", "active"),
        (false, Some(_)) => change("status", "active", "left"),
        _ => {}
    }
    row.verdict = if changes.is_empty() { Verdict::Same } else { Verdict::Change };
    row.changes = changes;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::import::columns::propose;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn hash(column: &str, plain: &str) -> Vec<u8> {
        format!("{column}:{plain}").into_bytes()
    }

    fn sheet(rows: &[String]) -> Sheet {
        let cell = |text: &str| Cell { text: text.into(), flaw: None };
        Sheet { rows: rows.iter().map(|row| row.split('|').map(cell).collect()).collect(), ..Sheet::default() }
    }

    fn roster(wanted: &[Wanted]) -> Roster {
        let known = |(i, w): (usize, &Wanted)| Known {
            id: PersonId::new(Uuid::from_u128(i as u128 + 1)),
            kind: "student".into(),
            number: w.number.clone(),
            name: w.name.clone(),
            class: w.class.clone(),
            gender: w.gender.clone(),
            left: false,
            id_hash: w.id_number.as_ref().map(|id| hash("id_number", id)),
            phone_hash: w.phone.as_ref().map(|phone| hash("phone", phone)),
            joined_on: w.joined_on,
        };
        Roster::new("student", wanted.iter().enumerate().map(known).collect())
    }

    fn rows_of(rows: &[&str], roster: &Roster) -> Vec<PlannedRow> {
        let mut all = vec!["学号|姓名|班级|身份证号|性别".to_owned()];
        all.extend(rows.iter().map(|row| (*row).to_owned()));
        let sheet = sheet(&all);
        plan(&sheet, &propose(std::slice::from_ref(&sheet)), roster, &hash)
    }

    fn check(name: &str, rows: &[&str], expected: &str) {
        let known =
            Wanted {
                number: "1".into(), name: "王小明".into(), class: Some("七年级3班".into()), ..Wanted::default()
            };
        let known = Wanted { id_number: Some("11010519491231002X".into()), ..known };
        let said: Vec<_> = rows_of(rows, &roster(&[known]))
            .iter()
            .map(|row| {
                let codes: Vec<_> = row.reasons.iter().map(|r| r.code.as_str()).collect();
                let changes: Vec<_> = row.changes.iter().map(|c| c.field.as_str()).collect();
                format!("{} {}{}", row.verdict.word(), codes.join("+"), changes.join("+")).trim().to_owned()
            })
            .collect();
        assert_eq!(said.join(" / "), expected, "{name}");
    }

    #[test]
    fn each_row_gets_its_verdict() {
        check("the same again", &["1|王小明|七(3)班|11010519491231002x|"], "same");
        check("another class and gender", &["1|王小明|七(4)班||男"], "change class+gender");
        check("somebody new", &["2|李雷|七(3)班||"], "add");
        check("no name", &["2||七(3)班||"], "refuse name_missing");
        check("no class", &["2|李雷|||"], "refuse class_missing");
        check(
            "everything wrong at once",
            &["|李3||1|x"],
            "refuse number_missing+name_malformed+class_missing+gender_unknown+id_number_malformed",
        );
        check(
            "one number twice",
            &["2|李雷|七(3)班||", "2|韩梅|七(3)班||"],
            "refuse number_repeated / refuse number_repeated",
        );
        check("an ID number under another number", &["9|王小明|七(3)班|11010519491231002X|"], "refuse id_number_taken");
        check("the number of somebody else", &["1|李雷|七(3)班|440524188001010014|"], "refuse number_of_another");
        check("a mistyped ID number mended", &["1|王小明|七(3)班|440524188001010014|"], "change id_number");
        check("numbered lines and a repeated header", &["学号|姓名|班级|身份证号|性别", "2|李雷|七(3)班||"], "add");
        check("blank rows between", &["||||", "2|李雷|七(3)班||"], "add");
    }

    proptest! {
        #[test]
        fn applying_and_planning_again_changes_nothing(numbers in proptest::collection::btree_set(1u32..500, 1..40), class in 1u8..9) {
            let rows: Vec<String> = numbers.iter().map(|n| format!("{n}|学生甲|七({class})班||男")).collect();
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let first = rows_of(&rows, &roster(&[]));
            prop_assert!(first.iter().all(|row| row.verdict == Verdict::Add));
            let applied: Vec<Wanted> = first.iter().map(|row| row.wanted.clone()).collect();
            prop_assert!(rows_of(&rows, &roster(&applied)).iter().all(|row| row.verdict == Verdict::Same));
            let mut turned = rows.clone();
            turned.reverse();
            prop_assert!(rows_of(&turned, &roster(&applied)).iter().all(|row| row.verdict == Verdict::Same));
        }
    }
}
